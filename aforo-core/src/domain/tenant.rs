//! Tenants: companies that run a console.

use async_trait::async_trait;

use super::store::CoreTx;
use crate::{
    Clock, Entropy, Store, StoreError, TenantId, TenantScope, Timestamp,
    kernel::audit::{Actor, AuditEntry},
};

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

/// The tenant with this slug, made under this name if there is none: what an embedding application calls when
/// it starts. Two processes that start at once get the same tenant, or one of them a conflict to retry.
pub async fn ensure_tenant(
    store: &dyn Store<dyn CoreTx>,
    slug: &str,
    name: &str,
    hosts: Vec<String>,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Tenant, StoreError> {
    let known = store.read().await?.tenants().find_by_slug(slug).await?;
    if let Some(tenant) = known {
        return Ok(tenant);
    }
    let now = clock.now();
    let id = TenantId::new(now, entropy);
    let tenant = Tenant {
        id,
        name: name.to_owned(),
        slug: slug.to_owned(),
        hosts,
        created_at: now,
    };
    let mut tx = store.begin().await?;
    tx.tenants().insert(&tenant).await?;
    let scope = TenantScope::tenant_wide(id);
    let entry = AuditEntry::new(scope, Actor::Operator, "tenant.created", now, entropy).target(id);
    tx.audit(scope).append(&entry).await?;
    tx.commit().await?;
    Ok(tenant)
}
