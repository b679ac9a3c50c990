-- What the playground keeps sealed: clients at authorization servers, sign-ins on their way, tokens.
CREATE TABLE sealed_items (
    tenant_id    UUID   NOT NULL REFERENCES tenants (id),
    kind         TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    kek_id       TEXT   NOT NULL,
    wrapped_dek  BYTEA  NOT NULL,
    ciphertext   BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    PRIMARY KEY (tenant_id, kind, name)
);
CREATE INDEX sealed_items_by_end ON sealed_items (tenant_id, expires_at);
