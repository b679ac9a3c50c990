//! Subscriptions.

use aforo_core::{
    Page, PageRequest, StoreError, SubscriptionId, Timestamp,
    domain::subscription::{Subscription, SubscriptionFilter, SubscriptionRepository},
};
use async_trait::async_trait;

use super::{
    Db, Subscriptions,
    row::{SubscriptionRow, subscription_columns},
    store_error,
};
use crate::read;

impl Subscriptions<'_> {
    async fn find_by(
        &mut self,
        statement: &'static str,
        id: SubscriptionId,
    ) -> Result<Option<Subscription>, StoreError> {
        sqlx::query_as::<Db, SubscriptionRow>(statement)
            .bind(self.scope.tenant)
            .bind(self.scope.customer)
            .bind(id.as_uuid())
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)?
            .map(Subscription::try_from)
            .transpose()
    }
}

#[async_trait]
impl SubscriptionRepository for Subscriptions<'_> {
    async fn insert(&mut self, subscription: &Subscription) -> Result<(), StoreError> {
        self.scope
            .admit(subscription.tenant, Some(subscription.customer))?;
        sqlx::query::<Db>(
            "INSERT INTO subscriptions (tenant_id, id, customer_id, plan_id, plan_name, products, status,
                created_at, cancelled_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(self.scope.tenant)
        .bind(subscription.id.as_uuid())
        .bind(subscription.customer.as_uuid())
        .bind(subscription.plan.as_uuid())
        .bind(&subscription.plan_name)
        .bind(read::json(&subscription.products))
        .bind(subscription.status.as_str())
        .bind(subscription.created_at.as_millis())
        .bind(subscription.cancelled_at.map(Timestamp::as_millis))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        const FIND: &str = concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s WHERE s.tenant_id = $1 AND ($2 IS NULL OR s.customer_id = $2) AND s.id = $3"
        );
        self.find_by(FIND, id).await
    }

    async fn lock(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        const LOCK: &str = concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s WHERE s.tenant_id = $1 AND ($2 IS NULL OR s.customer_id = $2) AND s.id = $3",
            hold!()
        );
        self.find_by(LOCK, id).await
    }

    async fn list(
        &mut self,
        filter: SubscriptionFilter,
        page: PageRequest<SubscriptionId>,
    ) -> Result<Page<Subscription, SubscriptionId>, StoreError> {
        let rows = sqlx::query_as::<Db, SubscriptionRow>(concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s
              WHERE s.tenant_id = $1 AND ($2 IS NULL OR s.customer_id = $2) AND ($3 IS NULL OR s.id > $3)
                AND (NOT $4 OR s.status = 'active') AND ($5 IS NULL OR s.products LIKE $5)
              ORDER BY s.id LIMIT $6"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(page.after.map(SubscriptionId::as_uuid))
        .bind(filter.active_only)
        // An id in the JSON text of the list; it has no wildcard besides the `_` after its prefix.
        .bind(filter.product.map(|id| format!("%\"{id}\"%")))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let subscriptions = rows
            .into_iter()
            .map(Subscription::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(subscriptions, page.limit, |s: &Subscription| {
            s.id
        }))
    }

    async fn cancel(&mut self, id: SubscriptionId, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE subscriptions SET status = 'cancelled', cancelled_at = $4
             WHERE tenant_id = $1 AND ($2 IS NULL OR customer_id = $2) AND id = $3 AND status = 'active'",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}
