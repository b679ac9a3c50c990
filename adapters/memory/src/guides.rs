//! The guides: pages and their versions.

use aforo_core::{Page, PageId, PageRequest, ProductId, StoreError, TenantId, Timestamp, UserId};
use aforo_docs::guide::{
    page::DocPage,
    store::PageRepository,
    version::{PageVersion, VersionSummary},
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

impl Scoped<'_> {
    pub(crate) fn has_page(&self, id: PageId) -> bool {
        let tenant = self.scope.tenant();
        self.data
            .pages
            .rows()
            .get(&id)
            .is_some_and(|page| page.tenant == tenant)
    }
    pub(crate) fn is_live(&self, id: PageId) -> bool {
        let tenant = self.scope.tenant();
        let page = self.data.pages.rows().get(&id);
        page.is_some_and(|page| page.tenant == tenant && page.deleted.is_none())
    }
    pub(crate) fn require_version(&self, page: PageId, number: u32) -> Result<(), StoreError> {
        if self.has_page(page) && self.data.page_versions.rows().contains_key(&(page, number)) {
            Ok(())
        } else {
            Err(conflict("the tenant has no such version of a page"))
        }
    }
    pub(crate) fn require_user(&self, user: Option<UserId>) -> Result<(), StoreError> {
        let Some(user) = user else { return Ok(()) };
        let found = self.data.users.rows().get(&user);
        match found.is_some_and(|found| found.tenant == self.scope.tenant()) {
            true => Ok(()),
            false => Err(conflict("the tenant has no such person")),
        }
    }
    fn require_product(&self, product: Option<ProductId>) -> Result<(), StoreError> {
        let Some(product) = product else { return Ok(()) };
        let found = self.data.products.rows().get(&product);
        match found.is_some_and(|found| found.tenant == self.scope.tenant()) {
            true => Ok(()),
            false => Err(conflict("the tenant has no such product")),
        }
    }
    /// What a database's references and unique indexes say about a page.
    fn admit_page(&self, page: &DocPage) -> Result<(), StoreError> {
        within(self.scope, page.tenant, self.scope.customer())?;
        if page
            .parent
            .is_some_and(|parent| parent == page.id || !self.has_page(parent))
        {
            return Err(conflict("the tenant has no such parent"));
        }
        self.require_product(page.product)?;
        let published = |page: &DocPage| page.published.as_ref().map(|name| name.slug.clone());
        let rival = |other: &&DocPage| {
            other.id != page.id
                && other.tenant == page.tenant
                && other.parent == page.parent
                && other.deleted.is_none()
                && (other.slug == page.slug
                    || published(other).is_some_and(|slug| Some(slug) == published(page)))
        };
        if page.deleted.is_none() && self.data.pages.rows().values().any(|other| rival(&other)) {
            return Err(conflict("this slug is taken"));
        }
        Ok(())
    }
}

#[async_trait]
impl PageRepository for Scoped<'_> {
    async fn lock_tree(&mut self) -> Result<u64, StoreError> {
        let tenant = self.scope.tenant();
        if !self.data.tenants.rows().contains_key(&tenant) {
            return Err(conflict("there is no such tenant"));
        }
        let revision = self.data.trees.rows_mut().entry(tenant).or_insert(0);
        *revision += 1;
        Ok(*revision)
    }
    async fn revision(&mut self) -> Result<u64, StoreError> {
        Ok(self.data.trees.find(self.scope.tenant(), |_| true).unwrap_or(0))
    }
    async fn list(&mut self) -> Result<Vec<DocPage>, StoreError> {
        let tenant = self.scope.tenant();
        let pages = self.data.pages.rows().values();
        Ok(pages
            .filter(|p| p.tenant == tenant && p.deleted.is_none())
            .cloned()
            .collect())
    }
    async fn deleted(&mut self) -> Result<Vec<DocPage>, StoreError> {
        let tenant = self.scope.tenant();
        let pages = self.data.pages.rows().values();
        let mut found: Vec<DocPage> = pages
            .filter(|p| p.tenant == tenant && p.deleted.is_some())
            .cloned()
            .collect();
        found.sort_by_key(|page| std::cmp::Reverse((page.deleted.map(|d| d.at), page.id)));
        Ok(found)
    }
    async fn find(&mut self, id: PageId) -> Result<Option<DocPage>, StoreError> {
        let tenant = self.scope.tenant();
        Ok(self.data.pages.find(id, |page| page.tenant == tenant))
    }
    async fn insert(&mut self, page: &DocPage, first: &PageVersion) -> Result<(), StoreError> {
        self.admit_page(page)?;
        if (first.page, first.number) != (page.id, page.latest_version) {
            return Err(conflict("the page has no such version"));
        }
        self.data.pages.insert(page.id, page.clone())?;
        self.add_version(first).await
    }
    async fn update(&mut self, page: &DocPage) -> Result<bool, StoreError> {
        if !self.has_page(page.id) {
            return Ok(false);
        }
        self.admit_page(page)?;
        for number in [Some(page.latest_version), page.published_version]
            .into_iter()
            .flatten()
        {
            self.require_version(page.id, number)?;
        }
        self.data.pages.rows_mut().insert(page.id, page.clone());
        Ok(true)
    }
    async fn add_version(&mut self, version: &PageVersion) -> Result<(), StoreError> {
        if !self.has_page(version.page) {
            return Err(conflict("the tenant has no such page"));
        }
        self.require_user(version.author)?;
        self.data
            .page_versions
            .insert((version.page, version.number), version.clone())
    }
    async fn version(&mut self, page: PageId, number: u32) -> Result<Option<PageVersion>, StoreError> {
        let mine = self.has_page(page);
        Ok(self.data.page_versions.find((page, number), |_| mine))
    }
    async fn versions(
        &mut self,
        page: PageId,
        request: PageRequest<u32>,
    ) -> Result<Page<VersionSummary, u32>, StoreError> {
        if !self.has_page(page) {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        let below = request.after.unwrap_or(u32::MAX);
        let found = self
            .data
            .page_versions
            .rows()
            .range((page, 0)..(page, below))
            .rev();
        let rows = found
            .take(request.limit as usize + 1)
            .map(|(_, version)| version.into());
        Ok(Page::from_rows(
            rows.collect(),
            request.limit,
            |v: &VersionSummary| v.number,
        ))
    }
    async fn add_redirect(&mut self, path: &str, page: PageId, at: Timestamp) -> Result<(), StoreError> {
        if !self.has_page(page) {
            return Err(conflict("the tenant has no such page"));
        }
        let tenant: TenantId = self.scope.tenant();
        let paths = self.data.redirects.rows_mut().entry(tenant).or_default();
        paths.insert(path.to_owned(), (page, at));
        Ok(())
    }
    async fn redirect(&mut self, path: &str) -> Result<Option<PageId>, StoreError> {
        let paths = self.data.redirects.rows().get(&self.scope.tenant());
        Ok(paths.and_then(|paths| paths.get(path)).map(|(page, _)| *page))
    }
    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.scope.tenant();
        let gone: std::collections::BTreeSet<PageId> = {
            let pages = self.data.pages.rows().values();
            let old = pages.filter(|p| p.tenant == tenant && p.deleted.is_some_and(|d| d.at < before));
            old.map(|page| page.id).collect()
        };
        if gone.is_empty() {
            return Ok(0);
        }
        self.data
            .page_drafts
            .rows_mut()
            .retain(|(page, _), _| !gone.contains(page));
        self.data
            .feedback
            .rows_mut()
            .retain(|(page, ..), _| !gone.contains(page));
        self.data
            .suggestions
            .rows_mut()
            .retain(|_, suggestion| !gone.contains(&suggestion.page));
        if let Some(paths) = self.data.redirects.rows_mut().get_mut(&tenant) {
            paths.retain(|_, (page, _)| !gone.contains(page));
        }
        self.data
            .page_versions
            .rows_mut()
            .retain(|(page, _), _| !gone.contains(page));
        self.data.pages.rows_mut().retain(|page, _| !gone.contains(page));
        Ok(gone.len() as u64)
    }
}
