-- Everything a console keeps. Times are Unix milliseconds, ids are UUIDs (version 7) as 16 bytes, lists are JSON text.
-- Every key and every reference carries the tenant, so that a row cannot point into another tenant.

CREATE TABLE tenants (
    id          BLOB    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    slug        TEXT    NOT NULL UNIQUE,
    hosts       TEXT    NOT NULL CHECK (json_valid(hosts)),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE customers (
    tenant_id   BLOB    NOT NULL REFERENCES tenants (id),
    id          BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE users (
    tenant_id         BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    customer_id       BLOB    NOT NULL,
    email             TEXT,
    name              TEXT    NOT NULL,
    role              TEXT    NOT NULL CHECK (role IN ('developer', 'admin')),
    password_hash     TEXT,
    identity_issuer   TEXT,
    identity_subject  TEXT,
    created_at        INTEGER NOT NULL,
    closed_at         INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    CHECK ((identity_issuer IS NULL) = (identity_subject IS NULL)),
    -- A closed account keeps nothing personal.
    CHECK (closed_at IS NULL OR (email IS NULL AND password_hash IS NULL AND identity_issuer IS NULL AND name = ''))
) STRICT;
CREATE UNIQUE INDEX users_email ON users (tenant_id, email);
CREATE UNIQUE INDEX users_identity ON users (tenant_id, identity_issuer, identity_subject);

CREATE TABLE sessions (
    tenant_id   BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    user_id     BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
) STRICT;
CREATE INDEX sessions_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_expiry ON sessions (tenant_id, expires_at);

CREATE TABLE products (
    tenant_id           BLOB    NOT NULL REFERENCES tenants (id),
    id                  BLOB    NOT NULL,
    name                TEXT    NOT NULL,
    slug                TEXT    NOT NULL,
    upstream_origin     TEXT,
    upstream_base_path  TEXT,
    private_ranges      TEXT    NOT NULL CHECK (json_valid(private_ranges)),
    proposed_origin     TEXT,
    proposed_base_path  TEXT,
    published_spec_id   BLOB,
    created_at          INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    -- Only a description of this very product can be published.
    FOREIGN KEY (tenant_id, id, published_spec_id) REFERENCES api_specs (tenant_id, product_id, id),
    CHECK ((upstream_origin IS NULL) = (upstream_base_path IS NULL)),
    CHECK ((proposed_origin IS NULL) = (proposed_base_path IS NULL))
) STRICT;
CREATE UNIQUE INDEX products_slug ON products (tenant_id, slug);

CREATE TABLE api_specs (
    tenant_id   BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    product_id  BLOB    NOT NULL,
    format      TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    operations  INTEGER NOT NULL CHECK (operations >= 0),
    source_url  TEXT,
    source      BLOB  NOT NULL,
    sha256      BLOB  NOT NULL CHECK (length(sha256) = 32),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
) STRICT;

CREATE TABLE plans (
    tenant_id       BLOB    NOT NULL REFERENCES tenants (id),
    id              BLOB    NOT NULL,
    name            TEXT    NOT NULL,
    products        TEXT    NOT NULL CHECK (json_valid(products)),
    auto_subscribe  INTEGER NOT NULL CHECK (auto_subscribe IN (0, 1)),
    created_at      INTEGER  NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE subscriptions (
    tenant_id     BLOB    NOT NULL,
    id            BLOB    NOT NULL,
    customer_id   BLOB    NOT NULL,
    plan_id       BLOB    NOT NULL,
    plan_name     TEXT    NOT NULL,
    products      TEXT    NOT NULL CHECK (json_valid(products)),
    status        TEXT    NOT NULL CHECK (status IN ('active', 'cancelled')),
    created_at    INTEGER NOT NULL,
    cancelled_at  INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
) STRICT;
CREATE INDEX subscriptions_customer ON subscriptions (tenant_id, customer_id, id);

CREATE TABLE api_keys (
    tenant_id     BLOB    NOT NULL REFERENCES tenants (id),
    -- Unique by itself: last-used times are written by id alone.
    id            BLOB    NOT NULL UNIQUE,
    customer_id   BLOB,
    created_by    BLOB,
    origin        TEXT    NOT NULL CHECK (origin IN ('customer', 'operator', 'playground')),
    format        TEXT    NOT NULL CHECK (format IN ('bearer', 'client_credentials')),
    client_id     TEXT,
    environment   TEXT    NOT NULL CHECK (environment IN ('test', 'live')),
    name          TEXT    NOT NULL,
    -- SHA-256 of the key: how verification finds it, whatever the tenant.
    hash          BLOB  NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint          TEXT    NOT NULL,
    lineage_id    BLOB    NOT NULL,
    successor_id  BLOB,
    products      TEXT    NOT NULL CHECK (json_valid(products)),
    ip_ranges     TEXT    NOT NULL CHECK (json_valid(ip_ranges)),
    rate_limit    INTEGER CHECK (rate_limit >= 0),
    permissions   TEXT    NOT NULL CHECK (json_valid(permissions)),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    grace_until   INTEGER,
    revoked_at    INTEGER,
    last_used_at  INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, lineage_id) REFERENCES api_keys (tenant_id, id),
    -- A rotation names the successor before it exists, in the same transaction.
    FOREIGN KEY (tenant_id, successor_id) REFERENCES api_keys (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((origin = 'operator') = (customer_id IS NULL)),
    CHECK ((format = 'client_credentials') = (client_id IS NOT NULL)),
    CHECK ((grace_until IS NULL) = (successor_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX api_keys_client ON api_keys (tenant_id, client_id);
CREATE INDEX api_keys_customer ON api_keys (tenant_id, customer_id, id);
CREATE INDEX api_keys_lineage ON api_keys (tenant_id, lineage_id);

CREATE TABLE key_subscription_bindings (
    tenant_id        BLOB    NOT NULL,
    key_id           BLOB    NOT NULL,
    subscription_id  BLOB    NOT NULL,
    ended_at         INTEGER,
    PRIMARY KEY (tenant_id, key_id, subscription_id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
) STRICT;
CREATE INDEX bindings_subscription ON key_subscription_bindings (tenant_id, subscription_id, key_id);

-- Credentials that are presented to other servers, sealed. A row goes when its key is revoked; so "one copy to
-- inject for each subscription, environment and integration" is also "at most one unrevoked playground twin", without a
-- second column that could disagree with this one.
CREATE TABLE sealed_credentials (
    tenant_id        BLOB    NOT NULL,
    key_id           BLOB    NOT NULL,
    subscription_id  BLOB    NOT NULL,
    purpose          TEXT    NOT NULL,
    environment      TEXT    NOT NULL CHECK (environment IN ('test', 'live')),
    integration      TEXT    NOT NULL,
    origin           TEXT    NOT NULL,
    kek_id           TEXT    NOT NULL,
    wrapped_dek      BLOB  NOT NULL CHECK (length(wrapped_dek) = 60),
    ciphertext       BLOB  NOT NULL CHECK (length(ciphertext) >= 28),
    PRIMARY KEY (tenant_id, key_id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX sealed_twin ON sealed_credentials (tenant_id, subscription_id, environment, integration)
    WHERE purpose = 'inject';

-- The audit log, and the chain of hashes over it. Both only grow.
CREATE TABLE audit_entries (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id),
    id         BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE TABLE audit_seals (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id),
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    entry_id   BLOB    NOT NULL,
    hash       BLOB  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, seq),
    UNIQUE (tenant_id, entry_id)
) STRICT;

CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_seals_no_update BEFORE UPDATE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_seals_no_delete BEFORE DELETE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
