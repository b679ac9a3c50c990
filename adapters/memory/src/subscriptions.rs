//! Subscriptions.

use aforo_core::{
    Page, PageRequest, StoreError, SubscriptionId, Timestamp,
    domain::subscription::{Subscription, SubscriptionFilter, SubscriptionRepository, SubscriptionStatus},
};
use async_trait::async_trait;

use crate::{Scoped, table::within};

#[async_trait]
impl SubscriptionRepository for Scoped<'_> {
    async fn insert(&mut self, subscription: &Subscription) -> Result<(), StoreError> {
        within(self.scope, subscription.tenant, Some(subscription.customer))?;
        self.data
            .subscriptions
            .insert(subscription.id, subscription.clone())
    }
    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let scope = self.scope;
        Ok(self
            .data
            .subscriptions
            .find(id, |s| scope.covers(s.tenant, Some(s.customer))))
    }
    /// Writers take turns, so nothing needs to be held.
    async fn lock(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        SubscriptionRepository::find(self, id).await
    }
    async fn list(
        &mut self,
        filter: SubscriptionFilter,
        page: PageRequest<SubscriptionId>,
    ) -> Result<Page<Subscription, SubscriptionId>, StoreError> {
        let scope = self.scope;
        Ok(self.data.subscriptions.page(page, |s| {
            scope.covers(s.tenant, Some(s.customer))
                && (!filter.active_only || s.status == SubscriptionStatus::Active)
                && filter.product.is_none_or(|p| s.products.contains(&p))
        }))
    }
    async fn cancel(&mut self, id: SubscriptionId, at: Timestamp) -> Result<bool, StoreError> {
        let scope = self.scope;
        let active = |s: &Subscription| {
            scope.covers(s.tenant, Some(s.customer)) && s.status == SubscriptionStatus::Active
        };
        let Some(subscription) = self.data.subscriptions.find_mut(id, active) else {
            return Ok(false);
        };
        subscription.status = SubscriptionStatus::Cancelled;
        subscription.cancelled_at = Some(at);
        Ok(true)
    }
}
