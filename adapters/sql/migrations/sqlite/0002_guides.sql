-- The guides: pages in a tree, their versions, and what readers say about them.

-- One row a tenant: whoever changes a page holds it, so that two changes of one tree follow each other. The
-- revision says whether what was made from the tree is still right.
CREATE TABLE doc_trees (
    tenant_id  BLOB    NOT NULL PRIMARY KEY REFERENCES tenants (id),
    revision   INTEGER NOT NULL CHECK (revision >= 1)
) STRICT;

CREATE TABLE doc_pages (
    tenant_id          BLOB    NOT NULL REFERENCES tenants (id),
    id                 BLOB    NOT NULL,
    parent_id          BLOB,
    product_id         BLOB,
    -- Title and slug of the latest version, and those of the published one.
    title              TEXT    NOT NULL,
    slug               TEXT    NOT NULL,
    sort_order         INTEGER NOT NULL CHECK (sort_order >= 0),
    status             TEXT    NOT NULL CHECK (status IN ('draft', 'published')),
    latest_version     INTEGER NOT NULL,
    published_version  INTEGER,
    published_title    TEXT,
    published_slug     TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    published_at       INTEGER,
    -- Set with the page whose deletion took this one along; bringing that one back clears both.
    deleted_at         INTEGER,
    deleted_with       BLOB,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES doc_pages (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    -- A page names its first version before that exists, in the same transaction.
    FOREIGN KEY (tenant_id, id, latest_version) REFERENCES doc_page_versions (tenant_id, page_id, number)
        DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (tenant_id, id, published_version) REFERENCES doc_page_versions (tenant_id, page_id, number)
        DEFERRABLE INITIALLY DEFERRED,
    CHECK (parent_id <> id),
    CHECK ((status = 'published') = (published_version IS NOT NULL)),
    CHECK ((published_version IS NULL) = (published_title IS NULL)),
    CHECK ((published_version IS NULL) = (published_slug IS NULL)),
    CHECK ((published_version IS NULL) = (published_at IS NULL)),
    CHECK (published_version <= latest_version),
    CHECK ((deleted_at IS NULL) = (deleted_with IS NULL))
) STRICT;
CREATE INDEX doc_pages_parent ON doc_pages (tenant_id, parent_id);
CREATE INDEX doc_pages_deleted ON doc_pages (tenant_id, deleted_at) WHERE deleted_at IS NOT NULL;
-- Siblings share no address. NULLs differ from each other, so the root needs its own index.
CREATE UNIQUE INDEX doc_pages_slug ON doc_pages (tenant_id, parent_id, slug) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX doc_pages_root_slug ON doc_pages (tenant_id, slug)
    WHERE parent_id IS NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX doc_pages_published_slug ON doc_pages (tenant_id, parent_id, published_slug)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX doc_pages_published_root_slug ON doc_pages (tenant_id, published_slug)
    WHERE parent_id IS NULL AND deleted_at IS NULL;

CREATE TABLE doc_page_versions (
    tenant_id   BLOB    NOT NULL,
    page_id     BLOB    NOT NULL,
    number      INTEGER NOT NULL CHECK (number >= 1),
    title       TEXT    NOT NULL,
    slug        TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    author_id   BLOB,
    note        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, page_id) REFERENCES doc_pages (tenant_id, id),
    FOREIGN KEY (tenant_id, author_id) REFERENCES users (tenant_id, id)
) STRICT;

CREATE TRIGGER doc_page_versions_immutable BEFORE UPDATE ON doc_page_versions
BEGIN SELECT RAISE(ABORT, 'a version of a page does not change'); END;

CREATE TABLE doc_page_drafts (
    tenant_id     BLOB    NOT NULL,
    page_id       BLOB    NOT NULL,
    user_id       BLOB    NOT NULL,
    base_version  INTEGER NOT NULL,
    title         TEXT    NOT NULL,
    slug          TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    saved_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, page_id, user_id),
    FOREIGN KEY (tenant_id, page_id, base_version) REFERENCES doc_page_versions (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
) STRICT;
CREATE INDEX doc_page_drafts_user ON doc_page_drafts (tenant_id, user_id);

-- Paths at which readers found a page before. They lead to the page, not to its next path, so that a page that
-- moves twice needs one step.
CREATE TABLE doc_redirects (
    tenant_id   BLOB    NOT NULL,
    path        TEXT    NOT NULL,
    page_id     BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, path),
    FOREIGN KEY (tenant_id, page_id) REFERENCES doc_pages (tenant_id, id)
) STRICT;
CREATE INDEX doc_redirects_page ON doc_redirects (tenant_id, page_id);

CREATE TABLE doc_suggestions (
    tenant_id         BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    page_id           BLOB    NOT NULL,
    author_id         BLOB    NOT NULL,
    base_version      INTEGER NOT NULL,
    body              TEXT    NOT NULL,
    note              TEXT    NOT NULL,
    status            TEXT    NOT NULL CHECK (status IN ('open', 'accepted', 'rejected')),
    reviewer_id       BLOB,
    review_note       TEXT    NOT NULL,
    accepted_version  INTEGER,
    created_at        INTEGER NOT NULL,
    decided_at        INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, page_id, base_version) REFERENCES doc_page_versions (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, page_id, accepted_version) REFERENCES doc_page_versions (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, author_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, reviewer_id) REFERENCES users (tenant_id, id),
    CHECK ((status = 'open') = (decided_at IS NULL)),
    CHECK ((status = 'accepted') = (accepted_version IS NOT NULL)),
    CHECK (status <> 'open' OR reviewer_id IS NULL)
) STRICT;
CREATE INDEX doc_suggestions_page ON doc_suggestions (tenant_id, page_id);
CREATE INDEX doc_suggestions_author ON doc_suggestions (tenant_id, author_id, status);

CREATE TABLE doc_feedback (
    tenant_id  BLOB    NOT NULL,
    page_id    BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    visitor    BLOB    NOT NULL CHECK (length(visitor) = 32),
    helpful    INTEGER NOT NULL CHECK (helpful IN (0, 1)),
    comment    TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, page_id, version, visitor),
    FOREIGN KEY (tenant_id, page_id, version) REFERENCES doc_page_versions (tenant_id, page_id, number)
) STRICT;

CREATE TABLE doc_images (
    tenant_id   BLOB    NOT NULL REFERENCES tenants (id),
    sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
    media_type  TEXT    NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/gif', 'image/webp')),
    width       INTEGER NOT NULL CHECK (width >= 1),
    height      INTEGER NOT NULL CHECK (height >= 1),
    bytes       INTEGER NOT NULL CHECK (bytes = length(data)),
    data        BLOB    NOT NULL,
    created_by  BLOB,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, sha256),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
) STRICT;
