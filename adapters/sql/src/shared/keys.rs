//! Keys, what they are bound to, and their sealed copies.

use aforo_core::{KeyId, Page, PageRequest, StoreError, SubscriptionId, Timestamp};
use aforo_vault::{
    key::{ApiKey, Environment, KeyOrigin},
    seal::{PURPOSE_INJECT, SealedCredential},
    store::{KeyFilter, KeyRepository},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Db, Keys,
    row::{KeyRow, SealedRow, key_columns, sealed_columns},
    store_error,
};
use crate::{error::outside, read};

/// A twin with its sealed copy.
#[derive(sqlx::FromRow)]
struct TwinRow {
    #[sqlx(flatten)]
    key: KeyRow,
    #[sqlx(flatten)]
    sealed: SealedRow,
}

const NO_SUCH_PAIR: &str = "the scope has no such key and subscription of one customer";

impl Keys<'_> {
    async fn find_by(&mut self, statement: &'static str, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        sqlx::query_as::<Db, KeyRow>(statement)
            .bind(self.scope.tenant)
            .bind(self.scope.customer)
            .bind(id.as_uuid())
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)?
            .map(ApiKey::try_from)
            .transpose()
    }
}

#[async_trait]
impl KeyRepository for Keys<'_> {
    async fn insert(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        self.scope.admit(key.tenant, key.customer)?;
        sqlx::query::<Db>(
            "INSERT INTO api_keys (tenant_id, id, customer_id, created_by, origin, format, client_id, environment,
                name, hash, hint, lineage_id, successor_id, products, ip_ranges, rate_limit, permissions,
                created_at, expires_at, grace_until, revoked_at, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22)",
        )
        .bind(self.scope.tenant)
        .bind(key.id.as_uuid())
        .bind(key.customer.map(|id| id.as_uuid()))
        .bind(key.created_by.map(|id| id.as_uuid()))
        .bind(key.origin.as_str())
        .bind(key.format.as_str())
        .bind(&key.client_id)
        .bind(key.environment.as_str())
        .bind(&key.name)
        .bind(&key.hash[..])
        .bind(&key.hint)
        .bind(key.lineage.as_uuid())
        .bind(key.successor.map(KeyId::as_uuid))
        .bind(read::json(&key.products))
        .bind(read::json(&key.ip_ranges))
        .bind(key.rate_limit.map(i64::from))
        .bind(read::json(&key.permissions))
        .bind(key.created_at.as_millis())
        .bind(key.expires_at.map(Timestamp::as_millis))
        .bind(key.grace_until.map(Timestamp::as_millis))
        .bind(key.revoked_at.map(Timestamp::as_millis))
        .bind(key.last_used_at.map(Timestamp::as_millis))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn bind(&mut self, key: KeyId, subscription: SubscriptionId) -> Result<(), StoreError> {
        // A binding that is there already is "updated" to itself, so that no row always means no such pair.
        let done = sqlx::query::<Db>(
            "INSERT INTO key_subscription_bindings AS b (tenant_id, key_id, subscription_id)
             SELECT k.tenant_id, k.id, s.id FROM api_keys k
             JOIN subscriptions s ON s.tenant_id = k.tenant_id AND s.customer_id = k.customer_id
             WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND k.id = $3 AND s.id = $4
             ON CONFLICT (tenant_id, key_id, subscription_id) DO UPDATE SET ended_at = b.ended_at",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(key.as_uuid())
        .bind(subscription.as_uuid())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        if done.rows_affected() == 0 {
            return Err(outside(NO_SUCH_PAIR));
        }
        Ok(())
    }

    async fn find(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        const FIND: &str = concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_keys k WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND k.id = $3
                AND k.origin <> 'playground'"
        );
        self.find_by(FIND, id).await
    }

    async fn lock(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        const LOCK: &str = concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_keys k WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND k.id = $3
                AND k.origin <> 'playground'",
            hold!()
        );
        self.find_by(LOCK, id).await
    }

    async fn list(
        &mut self,
        filter: KeyFilter,
        page: PageRequest<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, StoreError> {
        let rows = sqlx::query_as::<Db, KeyRow>(concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_keys k
              WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND ($3 IS NULL OR k.id > $3)
                AND k.origin <> 'playground'
                AND ($4 IS NULL OR k.id IN (SELECT b.key_id FROM key_subscription_bindings b
                                            WHERE b.tenant_id = $1 AND b.subscription_id = $4))
                AND (NOT $5 OR k.revoked_at IS NULL)
                AND ($6 IS NULL OR k.environment = $6)
              ORDER BY k.id LIMIT $7"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(page.after.map(KeyId::as_uuid))
        .bind(filter.subscription.map(SubscriptionId::as_uuid))
        .bind(filter.unrevoked_only)
        .bind(filter.environment.map(Environment::as_str))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let keys = rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(keys, page.limit, |key: &ApiKey| key.id))
    }

    async fn bindings(&mut self, id: KeyId) -> Result<Vec<SubscriptionId>, StoreError> {
        let ids = sqlx::query_scalar::<Db, Uuid>(
            "SELECT b.subscription_id FROM key_subscription_bindings b
             JOIN api_keys k ON k.tenant_id = b.tenant_id AND k.id = b.key_id
             WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND k.id = $3 AND b.ended_at IS NULL
             ORDER BY b.subscription_id",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(ids.into_iter().map(SubscriptionId::from_uuid).collect())
    }

    async fn unrevoked_in_lineage(&mut self, lineage: KeyId) -> Result<Vec<ApiKey>, StoreError> {
        let rows = sqlx::query_as::<Db, KeyRow>(concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_keys k
              WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND k.lineage_id = $3
                AND k.revoked_at IS NULL
              ORDER BY k.id"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(lineage.as_uuid())
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    async fn begin_grace(
        &mut self,
        id: KeyId,
        until: Timestamp,
        successor: KeyId,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE api_keys SET grace_until = $4, successor_id = $5
             WHERE tenant_id = $1 AND ($2 IS NULL OR customer_id = $2) AND id = $3
                AND revoked_at IS NULL AND grace_until IS NULL",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .bind(until.as_millis())
        .bind(successor.as_uuid())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn revoke(&mut self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE api_keys SET revoked_at = $4
             WHERE tenant_id = $1 AND ($2 IS NULL OR customer_id = $2) AND id = $3 AND revoked_at IS NULL",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query::<Db>("DELETE FROM sealed_credentials WHERE tenant_id = $1 AND key_id = $2")
            .bind(self.scope.tenant)
            .bind(id.as_uuid())
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(true)
    }

    async fn end_bindings_to(
        &mut self,
        subscription: SubscriptionId,
        at: Timestamp,
    ) -> Result<Vec<(KeyId, KeyOrigin)>, StoreError> {
        // Holding the keys first makes two cancellations that share a key take turns. Otherwise each would see
        // the other's binding still alive, and the key would survive both.
        let bound = sqlx::query_scalar::<Db, Uuid>(concat!(
            "SELECT k.id FROM api_keys k
             WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2)
                AND k.id IN (SELECT b.key_id FROM key_subscription_bindings b
                             WHERE b.tenant_id = $1 AND b.subscription_id = $3 AND b.ended_at IS NULL)
             ORDER BY k.id",
            hold!()
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(subscription.as_uuid())
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        sqlx::query::<Db>(
            "UPDATE key_subscription_bindings SET ended_at = $4
             WHERE tenant_id = $1 AND subscription_id = $3 AND ended_at IS NULL
                AND key_id IN (SELECT k.id FROM api_keys k
                               WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2))",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(subscription.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let mut dead = Vec::with_capacity(bound.len());
        for id in bound {
            // The statement decides whether another live binding keeps the key alive.
            let origin = sqlx::query_scalar::<Db, String>(
                "UPDATE api_keys SET revoked_at = $3
                 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM key_subscription_bindings b
                                    WHERE b.tenant_id = $1 AND b.key_id = $2 AND b.ended_at IS NULL)
                 RETURNING origin",
            )
            .bind(self.scope.tenant)
            .bind(id)
            .bind(at.as_millis())
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)?;
            let Some(origin) = origin else { continue };
            sqlx::query::<Db>("DELETE FROM sealed_credentials WHERE tenant_id = $1 AND key_id = $2")
                .bind(self.scope.tenant)
                .bind(id)
                .execute(&mut *self.conn)
                .await
                .map_err(store_error)?;
            dead.push((KeyId::from_uuid(id), read::word("api_keys.origin", &origin)?));
        }
        Ok(dead)
    }

    async fn twin(
        &mut self,
        subscription: SubscriptionId,
        environment: Environment,
        integration: &str,
    ) -> Result<Option<(ApiKey, SealedCredential)>, StoreError> {
        let row = sqlx::query_as::<Db, TwinRow>(concat!(
            "SELECT ",
            key_columns!(),
            ", ",
            sealed_columns!(),
            " FROM sealed_credentials c JOIN api_keys k ON k.tenant_id = c.tenant_id AND k.id = c.key_id
              WHERE c.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND c.subscription_id = $3
                AND c.environment = $4 AND c.purpose = $5 AND c.integration = $6
                AND k.origin = 'playground' AND k.revoked_at IS NULL"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(subscription.as_uuid())
        .bind(environment.as_str())
        .bind(PURPOSE_INJECT)
        .bind(integration)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.key.try_into()?, row.sealed.try_into()?)))
    }

    async fn revoke_twins_for(&mut self, integration: &str, at: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let wanted: Vec<Uuid> = sqlx::query_scalar::<Db, Uuid>(
            "SELECT k.id FROM sealed_credentials c JOIN api_keys k ON k.tenant_id = c.tenant_id AND k.id = c.key_id
             WHERE c.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND c.integration = $3
                AND c.purpose = $4 AND k.origin = 'playground' AND k.revoked_at IS NULL
             ORDER BY k.id",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(integration)
        .bind(PURPOSE_INJECT)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let mut revoked = Vec::new();
        for id in wanted.into_iter().map(KeyId::from_uuid) {
            if self.revoke(id, at).await? {
                revoked.push(id);
            }
        }
        Ok(revoked)
    }

    async fn insert_sealed(&mut self, sealed: &SealedCredential) -> Result<(), StoreError> {
        let context = &sealed.context;
        let done = sqlx::query::<Db>(
            "INSERT INTO sealed_credentials (tenant_id, key_id, subscription_id, purpose, environment,
                integration, origin, kek_id, wrapped_dek, ciphertext)
             SELECT k.tenant_id, k.id, s.id, $6, $7, $8, $9, $10, $11, $12 FROM api_keys k
             JOIN subscriptions s ON s.tenant_id = k.tenant_id AND s.customer_id = k.customer_id
             WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.customer_id = $2) AND k.tenant_id = $3 AND k.id = $4
                AND s.id = $5",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(context.tenant.as_uuid())
        .bind(context.key.as_uuid())
        .bind(context.subscription.as_uuid())
        .bind(&context.purpose)
        .bind(context.environment.as_str())
        .bind(&context.integration)
        .bind(&context.origin)
        .bind(&sealed.kek_id)
        .bind(&sealed.wrapped_dek)
        .bind(&sealed.ciphertext)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        if done.rows_affected() == 0 {
            return Err(outside(NO_SUCH_PAIR));
        }
        Ok(())
    }
}
