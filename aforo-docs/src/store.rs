//! What a storage implementation gives the documentation: the imported API descriptions.

#[cfg(feature = "console")]
use std::sync::Arc;

use aforo_core::{
    Page, PageRequest, ProductId, SpecId, StoreError, TenantId, TenantScope, Timestamp, domain::store::CoreTx,
};
#[cfg(feature = "console")]
use aforo_core::{Store, domain::store::SubscriptionTx};
#[cfg(feature = "console")]
use aforo_vault::store::{CredentialStore, VaultTx};
use async_trait::async_trait;

use crate::guide::store::{
    DraftRepository, FeedbackRepository, ImageRepository, PageRepository, SuggestionRepository,
};

use crate::{
    publication::PublicationRepository, sealed::SealedItemRepository, search::SearchRepository,
    watch::WatchRepository,
};

/// An imported API description, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSpec {
    /// Its id. A description never changes under its id; a new version is a new description.
    pub id: SpecId,
    /// The tenant.
    pub tenant: TenantId,
    /// The product it describes.
    pub product: ProductId,
    /// Counts the versions of a product, from 1.
    pub number: u32,
    /// What the person who imported it says about it; may be empty.
    pub note: String,
    /// Who imported it: the text form of an [`Actor`](aforo_core::kernel::audit::Actor).
    pub imported_by: String,
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
    /// Adds a description with its text as it was given. [`StoreErrorKind::Conflict`](aforo_core::StoreErrorKind)
    /// if the product has a version of this number.
    async fn insert(&mut self, spec: &ApiSpec, source: &[u8]) -> Result<(), StoreError>;
    /// The description with this id.
    async fn find(&mut self, id: SpecId) -> Result<Option<ApiSpec>, StoreError>;
    /// The version of a product with this number.
    async fn find_by_number(
        &mut self,
        product: ProductId,
        number: u32,
    ) -> Result<Option<ApiSpec>, StoreError>;
    /// The newest version of a product.
    async fn latest(&mut self, product: ProductId) -> Result<Option<ApiSpec>, StoreError>;
    /// Makes others that want to add or publish a version of this product wait until the transaction ends. False
    /// if there is no such product.
    async fn lock(&mut self, product: ProductId) -> Result<bool, StoreError>;
    /// The text of a description.
    async fn source(&mut self, id: SpecId) -> Result<Option<Vec<u8>>, StoreError>;
    /// The descriptions of a product, or of all products, in id order.
    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError>;
    /// As [`list`](Self::list), but only those that readers see or have seen: the ones with a publication.
    async fn list_published(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError>;
}

/// A transaction over the documentation and the core.
pub trait DocsTx: CoreTx {
    /// The API descriptions of a tenant.
    fn specs(&mut self, scope: TenantScope) -> Box<dyn SpecRepository + '_>;
    /// The pages of the guides of a tenant.
    fn pages(&mut self, scope: TenantScope) -> Box<dyn PageRepository + '_>;
    /// What people of a tenant are writing and have not saved.
    fn page_drafts(&mut self, scope: TenantScope) -> Box<dyn DraftRepository + '_>;
    /// The suggested edits of a tenant.
    fn suggestions(&mut self, scope: TenantScope) -> Box<dyn SuggestionRepository + '_>;
    /// What a tenant's visitors found helpful.
    fn feedback(&mut self, scope: TenantScope) -> Box<dyn FeedbackRepository + '_>;
    /// The images of the guides of a tenant.
    fn images(&mut self, scope: TenantScope) -> Box<dyn ImageRepository + '_>;
    /// When which of them was published.
    fn publications(&mut self, scope: TenantScope) -> Box<dyn PublicationRepository + '_>;
    /// The search index of a tenant.
    fn search(&mut self, scope: TenantScope) -> Box<dyn SearchRepository + '_>;
    /// What the playground keeps sealed.
    fn sealed(&mut self, scope: TenantScope) -> Box<dyn SealedItemRepository + '_>;
    /// Addresses from which new versions come by themselves.
    fn watches(&mut self, scope: TenantScope) -> Box<dyn WatchRepository + '_>;
}

/// A transaction over everything a console keeps.
#[cfg(feature = "console")]
pub trait ConsoleTx: DocsTx + VaultTx {}

#[cfg(feature = "console")]
impl<T: DocsTx + VaultTx + ?Sized> ConsoleTx for T {}

/// One storage, seen by each service as it asks for it. Cheap to clone.
#[cfg(feature = "console")]
#[derive(Clone)]
pub struct Stores {
    /// Everything in one transaction.
    pub console: Arc<dyn Store<dyn ConsoleTx>>,
    /// What the vault asks for.
    pub vault: Arc<dyn Store<dyn VaultTx>>,
    /// What the documentation asks for.
    pub docs: Arc<dyn Store<dyn DocsTx>>,
    /// What accounts ask for.
    pub core: Arc<dyn Store<dyn CoreTx>>,
    /// What the audit chain asks for.
    pub subscriptions: Arc<dyn Store<dyn SubscriptionTx>>,
    /// What verification asks for.
    pub credentials: Arc<dyn CredentialStore>,
}

#[cfg(feature = "console")]
impl Stores {
    /// The views of one storage.
    pub fn of<S>(store: S) -> Self
    where
        S: Store<dyn ConsoleTx>
            + Store<dyn VaultTx>
            + Store<dyn DocsTx>
            + Store<dyn CoreTx>
            + Store<dyn SubscriptionTx>
            + CredentialStore
            + 'static,
    {
        let store = Arc::new(store);
        Self {
            console: store.clone(),
            vault: store.clone(),
            docs: store.clone(),
            core: store.clone(),
            subscriptions: store.clone(),
            credentials: store,
        }
    }
}
