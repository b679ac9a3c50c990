-- The guides: pages in a tree, their versions, and what readers say about them.

-- One row a tenant: whoever changes a page holds it, so that two changes of one tree follow each other. The
-- revision says whether what was made from the tree is still right.
CREATE TABLE doc_trees (
    tenant_id  UUID   NOT NULL PRIMARY KEY REFERENCES tenants (id),
    revision   BIGINT NOT NULL CHECK (revision >= 1)
);

CREATE TABLE doc_pages (
    tenant_id          UUID   NOT NULL REFERENCES tenants (id),
    id                 UUID   NOT NULL,
    parent_id          UUID,
    product_id         UUID,
    -- Title and slug of the latest version, and those of the published one.
    title              TEXT   NOT NULL,
    slug               TEXT   NOT NULL,
    sort_order         BIGINT NOT NULL CHECK (sort_order >= 0),
    status             TEXT   NOT NULL CHECK (status IN ('draft', 'published')),
    latest_version     BIGINT NOT NULL,
    published_version  BIGINT,
    published_title    TEXT,
    published_slug     TEXT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    published_at       BIGINT,
    -- Set with the page whose deletion took this one along; bringing that one back clears both.
    deleted_at         BIGINT,
    deleted_with       UUID,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES doc_pages (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CHECK (parent_id <> id),
    CHECK ((status = 'published') = (published_version IS NOT NULL)),
    CHECK ((published_version IS NULL) = (published_title IS NULL)),
    CHECK ((published_version IS NULL) = (published_slug IS NULL)),
    CHECK ((published_version IS NULL) = (published_at IS NULL)),
    CHECK (published_version <= latest_version),
    CHECK ((deleted_at IS NULL) = (deleted_with IS NULL))
);
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
    tenant_id   UUID   NOT NULL,
    page_id     UUID   NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    title       TEXT   NOT NULL,
    slug        TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    author_id   UUID,
    note        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, page_id) REFERENCES doc_pages (tenant_id, id),
    FOREIGN KEY (tenant_id, author_id) REFERENCES users (tenant_id, id)
);

-- A page names its first version before that exists, in the same transaction.
ALTER TABLE doc_pages ADD FOREIGN KEY (tenant_id, id, latest_version)
    REFERENCES doc_page_versions (tenant_id, page_id, number) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE doc_pages ADD FOREIGN KEY (tenant_id, id, published_version)
    REFERENCES doc_page_versions (tenant_id, page_id, number) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION aforo_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a page does not change' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER doc_page_versions_immutable BEFORE UPDATE ON doc_page_versions
    FOR EACH ROW EXECUTE FUNCTION aforo_immutable();

CREATE TABLE doc_page_drafts (
    tenant_id     UUID   NOT NULL,
    page_id       UUID   NOT NULL,
    user_id       UUID   NOT NULL,
    base_version  BIGINT NOT NULL,
    title         TEXT   NOT NULL,
    slug          TEXT   NOT NULL,
    body          TEXT   NOT NULL,
    saved_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, page_id, user_id),
    FOREIGN KEY (tenant_id, page_id, base_version) REFERENCES doc_page_versions (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX doc_page_drafts_user ON doc_page_drafts (tenant_id, user_id);

-- Paths at which readers found a page before. They lead to the page, not to its next path, so that a page that
-- moves twice needs one step.
CREATE TABLE doc_redirects (
    tenant_id   UUID   NOT NULL,
    path        TEXT   NOT NULL,
    page_id     UUID   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, path),
    FOREIGN KEY (tenant_id, page_id) REFERENCES doc_pages (tenant_id, id)
);
CREATE INDEX doc_redirects_page ON doc_redirects (tenant_id, page_id);

CREATE TABLE doc_suggestions (
    tenant_id         UUID   NOT NULL,
    id                UUID   NOT NULL,
    page_id           UUID   NOT NULL,
    author_id         UUID   NOT NULL,
    base_version      BIGINT NOT NULL,
    body              TEXT   NOT NULL,
    note              TEXT   NOT NULL,
    status            TEXT   NOT NULL CHECK (status IN ('open', 'accepted', 'rejected')),
    reviewer_id       UUID,
    review_note       TEXT   NOT NULL,
    accepted_version  BIGINT,
    created_at        BIGINT NOT NULL,
    decided_at        BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, page_id, base_version) REFERENCES doc_page_versions (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, page_id, accepted_version) REFERENCES doc_page_versions (tenant_id, page_id, number),
    FOREIGN KEY (tenant_id, author_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, reviewer_id) REFERENCES users (tenant_id, id),
    CHECK ((status = 'open') = (decided_at IS NULL)),
    CHECK ((status = 'accepted') = (accepted_version IS NOT NULL)),
    CHECK (status <> 'open' OR reviewer_id IS NULL)
);
CREATE INDEX doc_suggestions_page ON doc_suggestions (tenant_id, page_id);
CREATE INDEX doc_suggestions_author ON doc_suggestions (tenant_id, author_id, status);

CREATE TABLE doc_feedback (
    tenant_id  UUID    NOT NULL,
    page_id    UUID    NOT NULL,
    version    BIGINT  NOT NULL,
    visitor    BYTEA   NOT NULL CHECK (octet_length(visitor) = 32),
    helpful    BOOLEAN NOT NULL,
    comment    TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, page_id, version, visitor),
    FOREIGN KEY (tenant_id, page_id, version) REFERENCES doc_page_versions (tenant_id, page_id, number)
);

CREATE TABLE doc_images (
    tenant_id   UUID   NOT NULL REFERENCES tenants (id),
    sha256      BYTEA  NOT NULL CHECK (octet_length(sha256) = 32),
    media_type  TEXT   NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/gif', 'image/webp')),
    width       BIGINT NOT NULL CHECK (width >= 1),
    height      BIGINT NOT NULL CHECK (height >= 1),
    bytes       BIGINT NOT NULL CHECK (bytes = octet_length(data)),
    data        BYTEA  NOT NULL,
    created_by  UUID,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sha256),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);
