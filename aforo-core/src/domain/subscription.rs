//! Subscriptions of customers to plans. A key lives only as long as a subscription it is bound to (VAULT-7).

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use serde::Serialize;

use super::{plan::Plan, store::CoreTx, user::UnknownWord};
use crate::{
    CustomerId, Entropy, Page, PageRequest, PlanId, ProductId, StoreError, SubscriptionId, TenantId,
    TenantScope, Timestamp,
    kernel::audit::{Actor, AuditEntry},
};

/// Whether a subscription gives access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// Gives access.
    Active,
    /// Gave access once; final.
    Cancelled,
}

impl SubscriptionStatus {
    /// The word that storage uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::Cancelled => "cancelled",
        }
    }
}
impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for SubscriptionStatus {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "active" => Ok(SubscriptionStatus::Active),
            "cancelled" => Ok(SubscriptionStatus::Cancelled),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// A customer's subscription to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The tenant.
    pub tenant: TenantId,
    /// Who subscribed.
    pub customer: CustomerId,
    /// To what.
    pub plan: PlanId,
    /// The plan's name when it was subscribed to.
    pub plan_name: String,
    /// The plan's products when it was subscribed to: a later change of the plan does not widen old keys.
    pub products: Vec<ProductId>,
    /// Whether it gives access.
    pub status: SubscriptionStatus,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

/// Which subscriptions to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubscriptionFilter {
    /// Only those that give access.
    pub active_only: bool,
    /// Only those that cover this product.
    pub product: Option<ProductId>,
}

/// Keeps the subscriptions of one scope.
#[async_trait]
pub trait SubscriptionRepository: Send {
    /// Adds a subscription.
    async fn insert(&mut self, subscription: &Subscription) -> Result<(), StoreError>;
    /// The subscription with this id, if the scope covers it.
    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError>;
    /// As `find`, and holds it unchanged until this transaction ends: a concurrent cancel waits, and so
    /// cannot miss a key that this transaction binds.
    async fn lock(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError>;
    /// Subscriptions in id order.
    async fn list(
        &mut self,
        filter: SubscriptionFilter,
        page: PageRequest<SubscriptionId>,
    ) -> Result<Page<Subscription, SubscriptionId>, StoreError>;
    /// Cancels. False when the scope covers no such active subscription.
    async fn cancel(&mut self, id: SubscriptionId, at: Timestamp) -> Result<bool, StoreError>;
}

/// Subscribes a customer to a plan, in the caller's transaction.
pub async fn subscribe_in(
    tx: &mut dyn CoreTx,
    plan: &Plan,
    customer: CustomerId,
    actor: Actor,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Subscription, StoreError> {
    subscribe_as_in(
        tx,
        SubscriptionId::new(now, entropy),
        plan,
        customer,
        actor,
        now,
        entropy,
    )
    .await
}

/// As [`subscribe_in`], under an id that the caller made.
pub(crate) async fn subscribe_as_in(
    tx: &mut dyn CoreTx,
    id: SubscriptionId,
    plan: &Plan,
    customer: CustomerId,
    actor: Actor,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Subscription, StoreError> {
    let subscription = Subscription {
        id,
        tenant: plan.tenant,
        customer,
        plan: plan.id,
        plan_name: plan.name.clone(),
        products: plan.products.clone(),
        status: SubscriptionStatus::Active,
        created_at: now,
        cancelled_at: None,
    };
    let scope = TenantScope::of_customer(plan.tenant, customer);
    tx.subscriptions(scope).insert(&subscription).await?;
    let entry = AuditEntry::new(scope, actor, "subscription.created", now, entropy)
        .target(subscription.id)
        .detail("plan", plan.id);
    tx.audit(scope).append(&entry).await?;
    Ok(subscription)
}
