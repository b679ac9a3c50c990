//! What verification and maintenance need, outside of transactions.

use aforo_core::{
    CustomerId, KeyId, PlanId, StoreError, SubscriptionId, TenantId, Timestamp,
    domain::subscription::{Subscription, SubscriptionStatus},
};
use aforo_vault::{
    key::ApiKey,
    seal::SealedCredential,
    store::{CredentialRecord, CredentialStore},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Db, Store,
    row::{KeyRow, SealedRow, key_columns, sealed_columns},
    store_error,
};
use crate::read;

/// A key with one of the active subscriptions to which it is bound, or with none.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    key: KeyRow,
    s_id: Option<Uuid>,
    s_customer_id: Option<Uuid>,
    s_plan_id: Option<Uuid>,
    s_plan_name: Option<String>,
    s_products: Option<String>,
    s_created_at: Option<i64>,
}

impl Row {
    fn into_parts(self) -> Result<(KeyRow, Option<Subscription>), StoreError> {
        let tenant = TenantId::from_uuid(self.key.tenant_id);
        let columns = (self.s_id, self.s_customer_id, self.s_plan_id);
        let more = (self.s_plan_name, self.s_products, self.s_created_at);
        let ((Some(id), Some(customer), Some(plan)), (Some(plan_name), Some(products), Some(created_at))) =
            (columns, more)
        else {
            return Ok((self.key, None));
        };
        let subscription = Subscription {
            id: SubscriptionId::from_uuid(id),
            tenant,
            customer: CustomerId::from_uuid(customer),
            plan: PlanId::from_uuid(plan),
            plan_name,
            products: read::list("subscriptions.products", &products)?,
            status: SubscriptionStatus::Active,
            created_at: Timestamp::from_millis(created_at),
            cancelled_at: None,
        };
        Ok((self.key, Some(subscription)))
    }
}

#[async_trait]
impl CredentialStore for Store {
    async fn find_credential(&self, hash: &[u8; 32]) -> Result<Option<CredentialRecord>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            key_columns!(),
            ", s.id AS s_id, s.customer_id AS s_customer_id, s.plan_id AS s_plan_id,
               s.plan_name AS s_plan_name, s.products AS s_products, s.created_at AS s_created_at
             FROM api_keys k
             LEFT JOIN key_subscription_bindings b
                ON b.tenant_id = k.tenant_id AND b.key_id = k.id AND b.ended_at IS NULL
             LEFT JOIN subscriptions s
                ON s.tenant_id = b.tenant_id AND s.id = b.subscription_id AND s.status = 'active'
             WHERE k.hash = $1"
        ))
        .bind(&hash[..])
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        let (mut key, mut subscriptions) = (None, Vec::new());
        for row in rows {
            let (row, subscription) = row.into_parts()?;
            key = Some(row);
            subscriptions.extend(subscription);
        }
        let Some(key) = key else { return Ok(None) };
        subscriptions.sort_unstable_by_key(|s| s.id);
        Ok(Some(CredentialRecord {
            key: ApiKey::try_from(key)?,
            subscriptions,
        }))
    }

    async fn record_use(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError> {
        let mut tx = self.begin_tx().await?.into_transaction();
        for (id, at) in uses {
            sqlx::query::<Db>(
                "UPDATE api_keys SET last_used_at = $2
                 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
            )
            .bind(id.as_uuid())
            .bind(at.as_millis())
            .execute(&mut *tx)
            .await
            .map_err(store_error)?;
        }
        tx.commit().await.map_err(store_error)
    }

    async fn wrapped_by_other(
        &self,
        current_kek: &str,
        limit: u32,
    ) -> Result<Vec<SealedCredential>, StoreError> {
        let rows = sqlx::query_as::<Db, SealedRow>(concat!(
            "SELECT ",
            sealed_columns!(),
            " FROM sealed_credentials c WHERE c.kek_id <> $1 ORDER BY c.tenant_id, c.key_id LIMIT $2"
        ))
        .bind(current_kek)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(SealedCredential::try_from).collect()
    }

    async fn rewrap(
        &self,
        tenant: TenantId,
        key: KeyId,
        old_kek: &str,
        new_kek: &str,
        wrapped_dek: &[u8],
    ) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE sealed_credentials SET kek_id = $4, wrapped_dek = $5
             WHERE tenant_id = $1 AND key_id = $2 AND kek_id = $3",
        )
        .bind(tenant.as_uuid())
        .bind(key.as_uuid())
        .bind(old_kek)
        .bind(new_kek)
        .bind(wrapped_dek)
        .execute(&self.writers)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}
