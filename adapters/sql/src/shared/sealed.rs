//! Sealed items.

use aforo_core::{StoreError, TenantId, Timestamp};
use aforo_docs::sealed::{SealedItem, SealedItemRepository};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, SealedItems, store_error};
use crate::read;

macro_rules! columns {
    () => {
        "tenant_id, kind, name, kek_id, wrapped_dek, ciphertext, created_at, expires_at"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    kind: String,
    name: String,
    kek_id: String,
    wrapped_dek: Vec<u8>,
    ciphertext: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
}

impl From<Row> for SealedItem {
    fn from(row: Row) -> Self {
        Self {
            tenant: TenantId::from_uuid(row.tenant_id),
            kind: row.kind,
            name: row.name,
            kek_id: row.kek_id,
            wrapped_dek: row.wrapped_dek,
            ciphertext: row.ciphertext,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: read::time(row.expires_at),
        }
    }
}

#[async_trait]
impl SealedItemRepository for SealedItems<'_> {
    async fn put(&mut self, item: &SealedItem) -> Result<(), StoreError> {
        self.scope.admit_tenant(item.tenant)?;
        sqlx::query::<Db>(concat!(
            "INSERT INTO sealed_items (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (tenant_id, kind, name) DO UPDATE SET kek_id = excluded.kek_id,
                wrapped_dek = excluded.wrapped_dek, ciphertext = excluded.ciphertext,
                created_at = excluded.created_at, expires_at = excluded.expires_at"
        ))
        .bind(self.scope.tenant)
        .bind(&item.kind)
        .bind(&item.name)
        .bind(&item.kek_id)
        .bind(&item.wrapped_dek)
        .bind(&item.ciphertext)
        .bind(item.created_at.as_millis())
        .bind(item.expires_at.map(Timestamp::as_millis))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(
        &mut self,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SealedItem>, StoreError> {
        let row = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM sealed_items WHERE tenant_id = $1 AND kind = $2 AND name = $3
                AND (expires_at IS NULL OR expires_at > $4)"
        ))
        .bind(self.scope.tenant)
        .bind(kind)
        .bind(name)
        .bind(now.as_millis())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(row.map(SealedItem::from))
    }

    async fn take(
        &mut self,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SealedItem>, StoreError> {
        let row = sqlx::query_as::<Db, Row>(concat!(
            "DELETE FROM sealed_items WHERE tenant_id = $1 AND kind = $2 AND name = $3 RETURNING ",
            columns!()
        ))
        .bind(self.scope.tenant)
        .bind(kind)
        .bind(name)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let item = row.map(SealedItem::from);
        Ok(item.filter(|item| item.expires_at.is_none_or(|end| now < end)))
    }

    async fn forget(&mut self, kind: &str, beginning: &str) -> Result<u64, StoreError> {
        let done = sqlx::query::<Db>(
            "DELETE FROM sealed_items WHERE tenant_id = $1 AND kind = $2 AND substr(name, 1, $4) = $3",
        )
        .bind(self.scope.tenant)
        .bind(kind)
        .bind(beginning)
        .bind(i32::try_from(beginning.chars().count()).unwrap_or(i32::MAX))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected())
    }

    async fn purge(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query::<Db>("DELETE FROM sealed_items WHERE tenant_id = $1 AND expires_at <= $2")
            .bind(self.scope.tenant)
            .bind(now.as_millis())
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}
