//! Whose data a query may touch.

use super::id::{CustomerId, TenantId};

/// Whose data a query may touch. Repositories are only handed out for a scope, so a query without a tenant
/// cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TenantScope {
    tenant: TenantId,
    customer: Option<CustomerId>,
}

impl TenantScope {
    /// Everything of one tenant: what its operators see.
    pub const fn tenant_wide(tenant: TenantId) -> Self {
        Self {
            tenant,
            customer: None,
        }
    }
    /// What belongs to one customer of a tenant: what a developer sees.
    pub const fn of_customer(tenant: TenantId, customer: CustomerId) -> Self {
        Self {
            tenant,
            customer: Some(customer),
        }
    }
    /// The tenant.
    pub const fn tenant(self) -> TenantId {
        self.tenant
    }
    /// The customer, if the scope is that narrow.
    pub const fn customer(self) -> Option<CustomerId> {
        self.customer
    }
    /// Whether something of this owner may be seen.
    pub fn covers(self, tenant: TenantId, customer: Option<CustomerId>) -> bool {
        self.tenant == tenant && (self.customer.is_none() || self.customer == customer)
    }
}
