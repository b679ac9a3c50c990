-- Versions of API descriptions, when each was published, and addresses that are looked at regularly.

ALTER TABLE api_specs ADD COLUMN number BIGINT NOT NULL DEFAULT 0 CHECK (number >= 0);
ALTER TABLE api_specs ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE api_specs ADD COLUMN imported_by TEXT NOT NULL DEFAULT 'system';
-- Descriptions from before count in the order in which they came.
UPDATE api_specs SET number = (
    SELECT COUNT(*) FROM api_specs earlier
    WHERE earlier.tenant_id = api_specs.tenant_id AND earlier.product_id = api_specs.product_id
        AND earlier.id <= api_specs.id
);
CREATE UNIQUE INDEX api_specs_number ON api_specs (tenant_id, product_id, number);

CREATE TABLE spec_publications (
    tenant_id         UUID   NOT NULL,
    id                UUID   NOT NULL,
    product_id        UUID   NOT NULL,
    spec_id           UUID   NOT NULL,
    -- What readers saw before; nothing before the first publication.
    previous_spec_id  UUID,
    number            BIGINT NOT NULL CHECK (number >= 1),
    version           TEXT   NOT NULL,
    published_at      BIGINT NOT NULL,
    published_by      TEXT   NOT NULL,
    -- What changed, computed once.
    changes           TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id, spec_id) REFERENCES api_specs (tenant_id, product_id, id),
    FOREIGN KEY (tenant_id, product_id, previous_spec_id) REFERENCES api_specs (tenant_id, product_id, id)
);
CREATE INDEX spec_publications_product ON spec_publications (tenant_id, product_id, id);
INSERT INTO spec_publications
    SELECT s.tenant_id, s.id, s.product_id, s.id, NULL, s.number, s.version, s.created_at, 'system',
        '{"changes":[],"totals":{"breaking":0,"warnings":0,"infos":0}}'
    FROM products p JOIN api_specs s ON s.tenant_id = p.tenant_id AND s.id = p.published_spec_id;

CREATE TABLE spec_watches (
    tenant_id         UUID   NOT NULL,
    product_id        UUID   NOT NULL,
    url               TEXT   NOT NULL,
    interval_minutes  BIGINT NOT NULL CHECK (interval_minutes >= 5),
    publish           TEXT   NOT NULL CHECK (publish IN ('never', 'compatible', 'always')),
    created_by        TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    -- What the last answer said of itself, and where it came from in the end.
    fetched_url       TEXT,
    etag              TEXT,
    last_modified     TEXT,
    next_at           BIGINT NOT NULL,
    lease_id          UUID,
    leased_until      BIGINT,
    last_checked      BIGINT,
    last_changed      BIGINT,
    last_error        TEXT,
    failures          BIGINT NOT NULL CHECK (failures >= 0),
    PRIMARY KEY (tenant_id, product_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    CHECK ((lease_id IS NULL) = (leased_until IS NULL))
);
CREATE INDEX spec_watches_due ON spec_watches (tenant_id, next_at);
