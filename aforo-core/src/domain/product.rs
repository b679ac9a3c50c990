//! Products: the APIs that customers subscribe to.

use async_trait::async_trait;
use ipnet::IpNet;

use crate::{Page, PageRequest, ProductId, SpecId, StoreError, TenantId, Timestamp};

/// An API that customers subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Whose product it is.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// Unique in the tenant; part of page addresses.
    pub slug: String,
    /// Where calls go. Only an administrator sets it; credentials are sealed to its origin.
    pub upstream: Option<Upstream>,
    /// Private address ranges that the operator allows for this product's upstream, and for nothing else (E6).
    pub private_ranges: Vec<IpNet>,
    /// An origin that the published description names and nobody approved yet.
    pub proposed_upstream: Option<Upstream>,
    /// The description that readers see.
    pub published_spec: Option<SpecId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where a product's calls go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Scheme, host and port, as a browser writes an origin: `https://api.acme.test`.
    pub origin: String,
    /// What comes before every path: empty, or starts with `/` and does not end with one.
    pub base_path: String,
}

/// Keeps the products of one tenant.
#[async_trait]
pub trait ProductRepository: Send {
    /// Adds a product. [`StoreErrorKind::Conflict`](crate::StoreErrorKind) if the slug is taken.
    async fn insert(&mut self, product: &Product) -> Result<(), StoreError>;
    /// The product with this id.
    async fn find(&mut self, id: ProductId) -> Result<Option<Product>, StoreError>;
    /// The product with this slug.
    async fn find_by_slug(&mut self, slug: &str) -> Result<Option<Product>, StoreError>;
    /// All products in id order.
    async fn list(&mut self, page: PageRequest<ProductId>) -> Result<Page<Product, ProductId>, StoreError>;
    /// Makes `upstream` the approved one and drops the proposal. False if there is no such product.
    async fn approve_upstream(&mut self, id: ProductId, upstream: &Upstream) -> Result<bool, StoreError>;
    /// Shows `spec` to readers from now on, with what it proposes as upstream. False if there is no such product.
    async fn publish(
        &mut self,
        id: ProductId,
        spec: SpecId,
        proposed: Option<&Upstream>,
    ) -> Result<bool, StoreError>;
}
