//! What a storage implementation gives the documentation: the imported API descriptions.

use aforo_core::{
    Page, PageRequest, ProductId, SpecId, StoreError, TenantId, TenantScope, Timestamp, domain::store::CoreTx,
};
use async_trait::async_trait;

/// An imported API description, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSpec {
    /// Its id. A description never changes under its id; a new version is a new description.
    pub id: SpecId,
    /// The tenant.
    pub tenant: TenantId,
    /// The product it describes.
    pub product: ProductId,
    /// `OPENAPI_3` (DOCS-5).
    pub format: String,
    /// The document's own title.
    pub title: String,
    /// The document's own version.
    pub version: String,
    /// How many operations it has.
    pub operations: u32,
    /// Where it was fetched from; `None` for an upload.
    pub source_url: Option<String>,
    /// SHA-256 of the text.
    pub sha256: [u8; 32],
    /// When it was imported.
    pub created_at: Timestamp,
}

/// Keeps the API descriptions of one tenant.
#[async_trait]
pub trait SpecRepository: Send {
    /// Adds a description with its text as it was given.
    async fn insert(&mut self, spec: &ApiSpec, source: &[u8]) -> Result<(), StoreError>;
    /// The description with this id.
    async fn find(&mut self, id: SpecId) -> Result<Option<ApiSpec>, StoreError>;
    /// The text of a description.
    async fn source(&mut self, id: SpecId) -> Result<Option<Vec<u8>>, StoreError>;
    /// The descriptions of a product, or of all products, in id order.
    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError>;
}

/// A transaction over the documentation and the core.
pub trait DocsTx: CoreTx {
    /// The API descriptions of a tenant.
    fn specs(&mut self, scope: TenantScope) -> Box<dyn SpecRepository + '_>;
}
