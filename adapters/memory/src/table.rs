//! Tables that are shared until they are written.

use std::{collections::BTreeMap, sync::Arc};

use aforo_core::{
    AuditId, CustomerId, KeyId, LeaseId, Page, PageId, PageRequest, PlanId, ProductId, PublicationId,
    SessionId, SpecId, StoreError, StoreErrorKind, SubscriptionId, SuggestionId, TenantId, TenantScope,
    Timestamp, UserId,
    domain::{
        customer::Customer, plan::Plan, product::Product, session::Session, subscription::Subscription,
        tenant::Tenant, user::User,
    },
    kernel::audit::{AuditEntry, Seal},
};
use aforo_docs::guide::{
    draft::PageDraft,
    feedback::Feedback,
    image::{DocImage, ImageId},
    page::DocPage,
    suggestion::Suggestion,
    version::PageVersion,
};
use aforo_docs::{publication::Publication, sealed::SealedItem, store::ApiSpec, watch::SpecWatch};
use aforo_vault::{key::ApiKey, seal::SealedCredential};

/// An image with its bytes.
pub(crate) type StoredImage = (DocImage, Arc<[u8]>);

/// Everything. A clone shares all tables.
#[derive(Clone, Default)]
pub(crate) struct Data {
    pub(crate) tenants: Table<TenantId, Tenant>,
    pub(crate) customers: Table<CustomerId, Customer>,
    pub(crate) users: Table<UserId, User>,
    pub(crate) sessions: Table<SessionId, Session>,
    pub(crate) products: Table<ProductId, Product>,
    pub(crate) plans: Table<PlanId, Plan>,
    pub(crate) subscriptions: Table<SubscriptionId, Subscription>,
    pub(crate) keys: Table<KeyId, ApiKey>,
    pub(crate) key_by_hash: Table<[u8; 32], KeyId>,
    /// When each binding ended; `None` while it lives.
    pub(crate) bindings: Table<(KeyId, SubscriptionId), Option<Timestamp>>,
    pub(crate) sealed: Table<KeyId, SealedCredential>,
    pub(crate) sealed_items: Table<TenantId, BTreeMap<(String, String), SealedItem>>,
    pub(crate) search: crate::search::SearchData,
    pub(crate) specs: Table<SpecId, (ApiSpec, Arc<[u8]>)>,
    pub(crate) publications: Table<PublicationId, Publication>,
    /// With the lease of whoever looks at it, and until when.
    pub(crate) watches: Table<ProductId, (SpecWatch, Option<(LeaseId, Timestamp)>)>,
    /// How often each tenant's tree of pages was held.
    pub(crate) trees: Table<TenantId, u64>,
    pub(crate) pages: Table<PageId, DocPage>,
    pub(crate) page_versions: Table<(PageId, u32), PageVersion>,
    pub(crate) page_drafts: Table<(PageId, UserId), PageDraft>,
    pub(crate) redirects: Table<TenantId, BTreeMap<String, (PageId, Timestamp)>>,
    pub(crate) suggestions: Table<SuggestionId, Suggestion>,
    pub(crate) feedback: Table<(PageId, u32, [u8; 32]), Feedback>,
    pub(crate) images: Table<(TenantId, ImageId), StoredImage>,
    pub(crate) audit: Table<AuditId, AuditEntry>,
    pub(crate) seals: Table<(TenantId, i64), Seal>,
}

/// One table, in the order of its ids.
pub(crate) struct Table<K, V>(Arc<BTreeMap<K, V>>);

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
impl<K: Ord + Copy, V: Clone> Table<K, V> {
    pub(crate) fn rows(&self) -> &BTreeMap<K, V> {
        &self.0
    }
    /// For writing: copies the table if anybody else holds it.
    pub(crate) fn rows_mut(&mut self) -> &mut BTreeMap<K, V> {
        Arc::make_mut(&mut self.0)
    }
    /// Adds a row; a conflict if the id is taken.
    pub(crate) fn insert(&mut self, id: K, row: V) -> Result<(), StoreError> {
        if self.0.contains_key(&id) {
            return Err(conflict("this id is taken"));
        }
        self.rows_mut().insert(id, row);
        Ok(())
    }
    /// The row, if `visible` says so.
    pub(crate) fn find(&self, id: K, visible: impl FnOnce(&V) -> bool) -> Option<V> {
        self.0.get(&id).filter(|row| visible(row)).cloned()
    }
    /// The row for writing, if `visible` says so.
    pub(crate) fn find_mut(&mut self, id: K, visible: impl FnOnce(&V) -> bool) -> Option<&mut V> {
        if !self.0.get(&id).is_some_and(visible) {
            return None;
        }
        self.rows_mut().get_mut(&id)
    }
    /// One page of the rows that `wanted` keeps.
    pub(crate) fn page(&self, page: PageRequest<K>, wanted: impl Fn(&V) -> bool) -> Page<V, K> {
        let rows = self
            .0
            .iter()
            .filter(|(id, row)| page.after.is_none_or(|after| **id > after) && wanted(row))
            .take(page.limit as usize + 1)
            .map(|(id, row)| (*id, row.clone()))
            .collect();
        let page = Page::from_rows(rows, page.limit, |(id, _)| *id);
        Page {
            items: page.items.into_iter().map(|(_, row)| row).collect(),
            next: page.next,
        }
    }
}

pub(crate) fn conflict(what: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, what)
}

/// Refuses to write what the scope does not cover.
pub(crate) fn within(
    scope: TenantScope,
    tenant: TenantId,
    customer: Option<CustomerId>,
) -> Result<(), StoreError> {
    if scope.covers(tenant, customer) {
        Ok(())
    } else {
        Err(conflict("the scope does not cover this row"))
    }
}
