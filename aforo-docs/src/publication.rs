//! Publications: which version of a description readers saw, from when, by whom, and what it changed.

use aforo_core::{Page, PageRequest, ProductId, PublicationId, SpecId, StoreError, TenantId, Timestamp};
use async_trait::async_trait;

use crate::spec::diff::SpecDiff;

/// One publication. It never changes: to roll back is to publish the older version again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its id; later publications sort later.
    pub id: PublicationId,
    /// The tenant.
    pub tenant: TenantId,
    /// The product.
    pub product: ProductId,
    /// The version that readers see from then on.
    pub spec: SpecId,
    /// The version that they saw before; `None` for the first.
    pub previous: Option<SpecId>,
    /// The number of the published version.
    pub number: u32,
    /// The document's own version.
    pub version: String,
    /// When.
    pub published_at: Timestamp,
    /// Who: the text form of an [`Actor`](aforo_core::kernel::audit::Actor).
    pub published_by: String,
    /// What changed for clients, computed when it was published; the first changes are listed, all are counted.
    pub changes: SpecDiff,
}

/// Keeps the publications of one tenant.
#[async_trait]
pub trait PublicationRepository: Send {
    /// Adds one.
    async fn insert(&mut self, publication: &Publication) -> Result<(), StoreError>;
    /// The publication with this id.
    async fn find(&mut self, id: PublicationId) -> Result<Option<Publication>, StoreError>;
    /// Whether readers have ever seen this version.
    async fn is_published(&mut self, spec: SpecId) -> Result<bool, StoreError>;
    /// The publications of a product, or of all, newest first: `after` is the last one of the page before.
    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<PublicationId>,
    ) -> Result<Page<Publication, PublicationId>, StoreError>;
}
