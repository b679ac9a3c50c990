//! Plans: what customers subscribe to.

use async_trait::async_trait;

use crate::{PlanId, ProductId, StoreError, TenantId, Timestamp};

/// What customers subscribe to: one or more products under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Whose plan it is.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// The products a subscription to it covers.
    pub products: Vec<ProductId>,
    /// New accounts are subscribed to it when they sign up.
    pub auto_subscribe: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Keeps the plans of one tenant.
#[async_trait]
pub trait PlanRepository: Send {
    /// Adds a plan.
    async fn insert(&mut self, plan: &Plan) -> Result<(), StoreError>;
    /// The plan with this id.
    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError>;
    /// All plans in id order.
    async fn list(&mut self) -> Result<Vec<Plan>, StoreError>;
}
