//! Publications, and watched addresses.

use aforo_core::{LeaseId, Page, PageRequest, ProductId, PublicationId, SpecId, StoreError, Timestamp};
use aforo_docs::{
    publication::{Publication, PublicationRepository},
    watch::{SpecWatch, WatchRepository},
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

#[async_trait]
impl PublicationRepository for Scoped<'_> {
    async fn insert(&mut self, publication: &Publication) -> Result<(), StoreError> {
        within(self.scope, publication.tenant, self.scope.customer())?;
        let specs = self.data.specs.rows();
        let is_of_product = |id| {
            specs
                .get(&id)
                .is_some_and(|(s, _)| s.tenant == publication.tenant && s.product == publication.product)
        };
        if !is_of_product(publication.spec) || !publication.previous.is_none_or(is_of_product) {
            return Err(conflict("this product has no such description"));
        }
        self.data.publications.insert(publication.id, publication.clone())
    }
    async fn find(&mut self, id: PublicationId) -> Result<Option<Publication>, StoreError> {
        let tenant = self.scope.tenant();
        Ok(self.data.publications.find(id, |p| p.tenant == tenant))
    }
    async fn is_published(&mut self, spec: SpecId) -> Result<bool, StoreError> {
        let tenant = self.scope.tenant();
        let mut all = self.data.publications.rows().values();
        Ok(all.any(|p| p.tenant == tenant && p.spec == spec))
    }
    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<PublicationId>,
    ) -> Result<Page<Publication, PublicationId>, StoreError> {
        let tenant = self.scope.tenant();
        let rows = self.data.publications.rows().iter().rev();
        let wanted = rows
            .filter(|(id, p)| {
                page.after.is_none_or(|after| **id < after)
                    && p.tenant == tenant
                    && product.is_none_or(|product| p.product == product)
            })
            .take(page.limit as usize + 1)
            .map(|(_, p)| p.clone())
            .collect();
        Ok(Page::from_rows(wanted, page.limit, |p: &Publication| p.id))
    }
}

#[async_trait]
impl WatchRepository for Scoped<'_> {
    async fn set(&mut self, watch: &SpecWatch) -> Result<(), StoreError> {
        within(self.scope, watch.tenant, self.scope.customer())?;
        let product = self.data.products.rows().get(&watch.product);
        if product.is_none_or(|p| p.tenant != watch.tenant) {
            return Err(conflict("the tenant has no such product"));
        }
        self.data
            .watches
            .rows_mut()
            .insert(watch.product, (watch.clone(), None));
        Ok(())
    }
    async fn find(&mut self, product: ProductId) -> Result<Option<SpecWatch>, StoreError> {
        let tenant = self.scope.tenant();
        let found = self.data.watches.find(product, |(w, _)| w.tenant == tenant);
        Ok(found.map(|(watch, _)| watch))
    }
    async fn list(&mut self) -> Result<Vec<SpecWatch>, StoreError> {
        let tenant = self.scope.tenant();
        let all = self.data.watches.rows().values();
        Ok(all
            .filter(|(w, _)| w.tenant == tenant)
            .map(|(w, _)| w.clone())
            .collect())
    }
    async fn remove(&mut self, product: ProductId) -> Result<bool, StoreError> {
        let tenant = self.scope.tenant();
        if self
            .data
            .watches
            .find(product, |(w, _)| w.tenant == tenant)
            .is_none()
        {
            return Ok(false);
        }
        self.data.watches.rows_mut().remove(&product);
        Ok(true)
    }
    async fn claim(
        &mut self,
        now: Timestamp,
        lease: LeaseId,
        until: Timestamp,
    ) -> Result<Option<SpecWatch>, StoreError> {
        let tenant = self.scope.tenant();
        let due = self
            .data
            .watches
            .rows()
            .values()
            .filter(|(w, held)| {
                w.tenant == tenant && w.next_at <= now && held.is_none_or(|(_, until)| until <= now)
            })
            .min_by_key(|(w, _)| (w.next_at, w.product))
            .map(|(w, _)| w.product);
        let Some(product) = due else { return Ok(None) };
        let row = self.data.watches.find_mut(product, |_| true);
        Ok(row.map(|(watch, held)| {
            *held = Some((lease, until));
            watch.clone()
        }))
    }
    async fn finish(&mut self, lease: LeaseId, watch: &SpecWatch) -> Result<bool, StoreError> {
        within(self.scope, watch.tenant, self.scope.customer())?;
        let tenant = self.scope.tenant();
        let held = |(w, held): &(SpecWatch, Option<(LeaseId, Timestamp)>)| {
            w.tenant == tenant && held.is_some_and(|(id, _)| id == lease)
        };
        let Some(row) = self.data.watches.find_mut(watch.product, held) else {
            return Ok(false);
        };
        let old = row.0.clone();
        // What a person decided is not the look's to change.
        row.0 = SpecWatch {
            url: old.url,
            interval_minutes: old.interval_minutes,
            publish: old.publish,
            created_by: old.created_by,
            created_at: old.created_at,
            ..watch.clone()
        };
        row.1 = None;
        Ok(true)
    }
}
