//! Watched addresses of API descriptions.

use aforo_core::{LeaseId, ProductId, StoreError, TenantId, Timestamp};
use aforo_docs::watch::{SpecWatch, Validators, WatchRepository};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Watches, store_error};
use crate::read;

macro_rules! columns {
    () => {
        "tenant_id, product_id, url, interval_minutes, publish, created_by, created_at, fetched_url, etag,
         last_modified, next_at, last_checked, last_changed, last_error, failures"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    product_id: Uuid,
    url: String,
    interval_minutes: i64,
    publish: String,
    created_by: String,
    created_at: i64,
    fetched_url: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    next_at: i64,
    last_checked: Option<i64>,
    last_changed: Option<i64>,
    last_error: Option<String>,
    failures: i64,
}

impl TryFrom<Row> for SpecWatch {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(SpecWatch {
            tenant: TenantId::from_uuid(row.tenant_id),
            product: ProductId::from_uuid(row.product_id),
            url: row.url,
            interval_minutes: read::count("spec_watches.interval_minutes", row.interval_minutes)?,
            publish: read::word("spec_watches.publish", &row.publish)?,
            created_by: row.created_by,
            created_at: Timestamp::from_millis(row.created_at),
            seen: Validators {
                url: row.fetched_url,
                etag: row.etag,
                last_modified: row.last_modified,
            },
            next_at: Timestamp::from_millis(row.next_at),
            last_checked: read::time(row.last_checked),
            last_changed: read::time(row.last_changed),
            last_error: row.last_error,
            failures: read::count("spec_watches.failures", row.failures)?,
        })
    }
}

#[async_trait]
impl WatchRepository for Watches<'_> {
    async fn set(&mut self, watch: &SpecWatch) -> Result<(), StoreError> {
        self.scope.admit_tenant(watch.tenant)?;
        sqlx::query::<Db>(concat!(
            "INSERT INTO spec_watches (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (tenant_id, product_id) DO UPDATE SET url = $3, interval_minutes = $4, publish = $5,
                created_by = $6, created_at = $7, fetched_url = $8, etag = $9, last_modified = $10, next_at = $11,
                last_checked = $12, last_changed = $13, last_error = $14, failures = $15, lease_id = NULL,
                leased_until = NULL"
        ))
        .bind(self.scope.tenant)
        .bind(watch.product.as_uuid())
        .bind(&watch.url)
        .bind(i64::from(watch.interval_minutes))
        .bind(watch.publish.as_str())
        .bind(&watch.created_by)
        .bind(watch.created_at.as_millis())
        .bind(&watch.seen.url)
        .bind(&watch.seen.etag)
        .bind(&watch.seen.last_modified)
        .bind(watch.next_at.as_millis())
        .bind(watch.last_checked.map(Timestamp::as_millis))
        .bind(watch.last_changed.map(Timestamp::as_millis))
        .bind(&watch.last_error)
        .bind(i64::from(watch.failures))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, product: ProductId) -> Result<Option<SpecWatch>, StoreError> {
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM spec_watches WHERE tenant_id = $1 AND product_id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(product.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(SpecWatch::try_from)
        .transpose()
    }

    async fn list(&mut self) -> Result<Vec<SpecWatch>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM spec_watches WHERE tenant_id = $1 ORDER BY product_id"
        ))
        .bind(self.scope.tenant)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(SpecWatch::try_from).collect()
    }

    async fn remove(&mut self, product: ProductId) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>("DELETE FROM spec_watches WHERE tenant_id = $1 AND product_id = $2")
            .bind(self.scope.tenant)
            .bind(product.as_uuid())
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn claim(
        &mut self,
        now: Timestamp,
        lease: LeaseId,
        until: Timestamp,
    ) -> Result<Option<SpecWatch>, StoreError> {
        // The outer condition repeats the inner one: whoever waited for the row finds that it is taken, or asks
        // for the next one.
        sqlx::query_as::<Db, Row>(concat!(
            "UPDATE spec_watches SET lease_id = $3, leased_until = $4
             WHERE tenant_id = $1 AND next_at <= $2 AND (leased_until IS NULL OR leased_until <= $2)
                AND product_id = (
                    SELECT due.product_id FROM spec_watches due
                    WHERE due.tenant_id = $1 AND due.next_at <= $2
                        AND (due.leased_until IS NULL OR due.leased_until <= $2)
                    ORDER BY due.next_at, due.product_id LIMIT 1
                )
             RETURNING ",
            columns!()
        ))
        .bind(self.scope.tenant)
        .bind(now.as_millis())
        .bind(lease.as_uuid())
        .bind(until.as_millis())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(SpecWatch::try_from)
        .transpose()
    }

    async fn finish(&mut self, lease: LeaseId, watch: &SpecWatch) -> Result<bool, StoreError> {
        self.scope.admit_tenant(watch.tenant)?;
        let done = sqlx::query::<Db>(
            "UPDATE spec_watches SET fetched_url = $4, etag = $5, last_modified = $6, next_at = $7,
                last_checked = $8, last_changed = $9, last_error = $10, failures = $11, lease_id = NULL,
                leased_until = NULL
             WHERE tenant_id = $1 AND product_id = $2 AND lease_id = $3",
        )
        .bind(self.scope.tenant)
        .bind(watch.product.as_uuid())
        .bind(lease.as_uuid())
        .bind(&watch.seen.url)
        .bind(&watch.seen.etag)
        .bind(&watch.seen.last_modified)
        .bind(watch.next_at.as_millis())
        .bind(watch.last_checked.map(Timestamp::as_millis))
        .bind(watch.last_changed.map(Timestamp::as_millis))
        .bind(&watch.last_error)
        .bind(i64::from(watch.failures))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}
