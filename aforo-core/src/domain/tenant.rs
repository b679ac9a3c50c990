//! Tenants: companies that run a console.

use async_trait::async_trait;

use crate::{StoreError, TenantId, Timestamp};

/// A company that runs a console. Everything else belongs to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it; shown as the brand.
    pub name: String,
    /// Unique among tenants: lower-case letters, digits and hyphens.
    pub slug: String,
    /// Host names (no port) that lead to this tenant when one console serves several; lower case.
    pub hosts: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Keeps tenants. The one repository besides verification that works without a scope: it is how a scope is
/// found.
#[async_trait]
pub trait TenantRepository: Send {
    /// Adds a tenant. [`StoreErrorKind::Conflict`](crate::StoreErrorKind) if the slug is taken.
    async fn insert(&mut self, tenant: &Tenant) -> Result<(), StoreError>;
    /// The tenant with this id.
    async fn find(&mut self, id: TenantId) -> Result<Option<Tenant>, StoreError>;
    /// The tenant with this slug.
    async fn find_by_slug(&mut self, slug: &str) -> Result<Option<Tenant>, StoreError>;
    /// All tenants, oldest first.
    async fn list(&mut self) -> Result<Vec<Tenant>, StoreError>;
}
