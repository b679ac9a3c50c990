-- Everything a console keeps. Times are Unix milliseconds, ids are UUIDs (version 7), lists are JSON text.
-- Every key and every reference carries the tenant, so that a row cannot point into another tenant.

CREATE TABLE tenants (
    id          UUID   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    slug        TEXT   NOT NULL UNIQUE,
    hosts       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE customers (
    tenant_id   UUID   NOT NULL REFERENCES tenants (id),
    id          UUID   NOT NULL,
    name        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE users (
    tenant_id         UUID   NOT NULL,
    id                UUID   NOT NULL,
    customer_id       UUID   NOT NULL,
    email             TEXT,
    name              TEXT   NOT NULL,
    role              TEXT   NOT NULL CHECK (role IN ('developer', 'admin')),
    password_hash     TEXT,
    identity_issuer   TEXT,
    identity_subject  TEXT,
    created_at        BIGINT NOT NULL,
    closed_at         BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    CHECK ((identity_issuer IS NULL) = (identity_subject IS NULL)),
    -- A closed account keeps nothing personal.
    CHECK (closed_at IS NULL OR (email IS NULL AND password_hash IS NULL AND identity_issuer IS NULL AND name = ''))
);
CREATE UNIQUE INDEX users_email ON users (tenant_id, email);
CREATE UNIQUE INDEX users_identity ON users (tenant_id, identity_issuer, identity_subject);

CREATE TABLE sessions (
    tenant_id   UUID   NOT NULL,
    id          UUID   NOT NULL,
    user_id     UUID   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX sessions_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_expiry ON sessions (tenant_id, expires_at);

CREATE TABLE products (
    tenant_id           UUID   NOT NULL REFERENCES tenants (id),
    id                  UUID   NOT NULL,
    name                TEXT   NOT NULL,
    slug                TEXT   NOT NULL,
    upstream_origin     TEXT,
    upstream_base_path  TEXT,
    private_ranges      TEXT   NOT NULL,
    proposed_origin     TEXT,
    proposed_base_path  TEXT,
    published_spec_id   UUID,
    created_at          BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((upstream_origin IS NULL) = (upstream_base_path IS NULL)),
    CHECK ((proposed_origin IS NULL) = (proposed_base_path IS NULL))
);
CREATE UNIQUE INDEX products_slug ON products (tenant_id, slug);

CREATE TABLE api_specs (
    tenant_id   UUID   NOT NULL,
    id          UUID   NOT NULL,
    product_id  UUID   NOT NULL,
    format      TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    version     TEXT   NOT NULL,
    operations  BIGINT NOT NULL CHECK (operations >= 0),
    source_url  TEXT,
    source      BYTEA  NOT NULL,
    sha256      BYTEA  NOT NULL CHECK (octet_length(sha256) = 32),
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);

-- Only a description of this very product can be published.
ALTER TABLE products ADD FOREIGN KEY (tenant_id, id, published_spec_id)
    REFERENCES api_specs (tenant_id, product_id, id);

CREATE TABLE plans (
    tenant_id       UUID    NOT NULL REFERENCES tenants (id),
    id              UUID    NOT NULL,
    name            TEXT    NOT NULL,
    products        TEXT    NOT NULL,
    auto_subscribe  BOOLEAN NOT NULL,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE subscriptions (
    tenant_id     UUID   NOT NULL,
    id            UUID   NOT NULL,
    customer_id   UUID   NOT NULL,
    plan_id       UUID   NOT NULL,
    plan_name     TEXT   NOT NULL,
    products      TEXT   NOT NULL,
    status        TEXT   NOT NULL CHECK (status IN ('active', 'cancelled')),
    created_at    BIGINT NOT NULL,
    cancelled_at  BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
);
CREATE INDEX subscriptions_customer ON subscriptions (tenant_id, customer_id, id);

CREATE TABLE api_keys (
    tenant_id     UUID   NOT NULL REFERENCES tenants (id),
    -- Unique by itself: last-used times are written by id alone.
    id            UUID   NOT NULL UNIQUE,
    customer_id   UUID,
    created_by    UUID,
    origin        TEXT   NOT NULL CHECK (origin IN ('customer', 'operator', 'playground')),
    format        TEXT   NOT NULL CHECK (format IN ('bearer', 'client_credentials')),
    client_id     TEXT,
    environment   TEXT   NOT NULL CHECK (environment IN ('test', 'live')),
    name          TEXT   NOT NULL,
    -- SHA-256 of the key: how verification finds it, whatever the tenant.
    hash          BYTEA  NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    hint          TEXT   NOT NULL,
    lineage_id    UUID   NOT NULL,
    successor_id  UUID,
    products      TEXT   NOT NULL,
    ip_ranges     TEXT   NOT NULL,
    rate_limit    BIGINT CHECK (rate_limit >= 0),
    permissions   TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT,
    grace_until   BIGINT,
    revoked_at    BIGINT,
    last_used_at  BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, lineage_id) REFERENCES api_keys (tenant_id, id),
    -- A rotation names the successor before it exists, in the same transaction.
    FOREIGN KEY (tenant_id, successor_id) REFERENCES api_keys (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((origin = 'operator') = (customer_id IS NULL)),
    CHECK ((format = 'client_credentials') = (client_id IS NOT NULL)),
    CHECK ((grace_until IS NULL) = (successor_id IS NULL))
);
CREATE UNIQUE INDEX api_keys_client ON api_keys (tenant_id, client_id);
CREATE INDEX api_keys_customer ON api_keys (tenant_id, customer_id, id);
CREATE INDEX api_keys_lineage ON api_keys (tenant_id, lineage_id);

CREATE TABLE key_subscription_bindings (
    tenant_id        UUID   NOT NULL,
    key_id           UUID   NOT NULL,
    subscription_id  UUID   NOT NULL,
    ended_at         BIGINT,
    PRIMARY KEY (tenant_id, key_id, subscription_id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
);
CREATE INDEX bindings_subscription ON key_subscription_bindings (tenant_id, subscription_id, key_id);

-- Credentials that are presented to other servers, sealed. A row goes when its key is revoked; so "one copy to
-- inject for each subscription, environment and integration" is also "at most one unrevoked playground twin", without a
-- second column that could disagree with this one.
CREATE TABLE sealed_credentials (
    tenant_id        UUID   NOT NULL,
    key_id           UUID   NOT NULL,
    subscription_id  UUID   NOT NULL,
    purpose          TEXT   NOT NULL,
    environment      TEXT   NOT NULL CHECK (environment IN ('test', 'live')),
    integration      TEXT   NOT NULL,
    origin           TEXT   NOT NULL,
    kek_id           TEXT   NOT NULL,
    wrapped_dek      BYTEA  NOT NULL CHECK (octet_length(wrapped_dek) = 60),
    ciphertext       BYTEA  NOT NULL CHECK (octet_length(ciphertext) >= 28),
    PRIMARY KEY (tenant_id, key_id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
);
CREATE UNIQUE INDEX sealed_twin ON sealed_credentials (tenant_id, subscription_id, environment, integration)
    WHERE purpose = 'inject';

-- The audit log, and the chain of hashes over it. Both only grow.
CREATE TABLE audit_entries (
    tenant_id  UUID   NOT NULL REFERENCES tenants (id),
    id         UUID   NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE audit_seals (
    tenant_id  UUID   NOT NULL REFERENCES tenants (id),
    seq        BIGINT NOT NULL CHECK (seq >= 1),
    entry_id   UUID   NOT NULL,
    hash       BYTEA  NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (tenant_id, seq),
    UNIQUE (tenant_id, entry_id)
);

CREATE FUNCTION aforo_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION aforo_append_only();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION aforo_append_only();
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION aforo_append_only();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION aforo_append_only();
