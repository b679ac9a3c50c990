-- What the playground keeps sealed: clients at authorization servers, sign-ins on their way, tokens.
CREATE TABLE sealed_items (
    tenant_id    BLOB    NOT NULL REFERENCES tenants (id),
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    kek_id       TEXT    NOT NULL,
    wrapped_dek  BLOB    NOT NULL,
    ciphertext   BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    PRIMARY KEY (tenant_id, kind, name)
) STRICT;
CREATE INDEX sealed_items_by_end ON sealed_items (tenant_id, expires_at);
