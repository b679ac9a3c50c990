-- What can be found: entries, each of a source (a published description or page), and the words that are in them.

CREATE TABLE search_sources (
    tenant_id  BLOB NOT NULL REFERENCES tenants (id),
    source     TEXT NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, source)
) STRICT;

CREATE TABLE search_entries (
    number      INTEGER NOT NULL PRIMARY KEY,
    tenant_id   BLOB    NOT NULL,
    source      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    product_id  BLOB,
    key         TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    entry       TEXT    NOT NULL,
    UNIQUE (tenant_id, key),
    FOREIGN KEY (tenant_id, source) REFERENCES search_sources (tenant_id, source),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
) STRICT;
CREATE INDEX search_entries_source ON search_entries (tenant_id, source);

-- Words in order, and beside them other forms of them. Words are made by the program, so the tokenizer only splits at
-- blanks. `scope` has the tenant, the kind, the product and exact names, each marked by a sign that no word has.
CREATE VIRTUAL TABLE search_index USING fts5 (
    scope, title, title_forms, keys, keys_forms, body, body_forms,
    content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3'
);

-- Words of a tenant, for typing errors.
CREATE TABLE search_terms (
    tenant_id   BLOB    NOT NULL REFERENCES tenants (id),
    term        TEXT    NOT NULL,
    stem        TEXT    NOT NULL,
    characters  INTEGER NOT NULL,
    entries     INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, term)
) STRICT;
CREATE INDEX search_terms_stem ON search_terms (tenant_id, stem);
CREATE INDEX search_terms_characters ON search_terms (tenant_id, characters);
