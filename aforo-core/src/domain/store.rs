//! What a storage implementation gives the core: repositories, each handed out for a scope.

use super::{
    customer::CustomerRepository, plan::PlanRepository, product::ProductRepository,
    session::SessionRepository, subscription::SubscriptionRepository, tenant::TenantRepository,
    user::UserRepository,
};
use crate::{TenantScope, Transaction, kernel::audit::AuditRepository};

/// A transaction over subscriptions and the audit log: all that a library consumer of the vault alone needs
/// to provide besides keys.
pub trait SubscriptionTx: Transaction {
    /// The subscriptions of a scope.
    fn subscriptions(&mut self, scope: TenantScope) -> Box<dyn SubscriptionRepository + '_>;
    /// The audit log of a tenant.
    fn audit(&mut self, scope: TenantScope) -> Box<dyn AuditRepository + '_>;
}

/// A transaction over everything in this crate.
pub trait CoreTx: SubscriptionTx {
    /// The tenants.
    fn tenants(&mut self) -> Box<dyn TenantRepository + '_>;
    /// The people of a tenant.
    fn users(&mut self, scope: TenantScope) -> Box<dyn UserRepository + '_>;
    /// The sessions of a tenant.
    fn sessions(&mut self, scope: TenantScope) -> Box<dyn SessionRepository + '_>;
    /// The customers of a scope.
    fn customers(&mut self, scope: TenantScope) -> Box<dyn CustomerRepository + '_>;
    /// The products of a tenant.
    fn products(&mut self, scope: TenantScope) -> Box<dyn ProductRepository + '_>;
    /// The plans of a tenant.
    fn plans(&mut self, scope: TenantScope) -> Box<dyn PlanRepository + '_>;
}
