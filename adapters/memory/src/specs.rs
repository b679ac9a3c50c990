//! Imported API descriptions.

use std::collections::HashSet;

use aforo_core::{Page, PageRequest, ProductId, SpecId, StoreError};
use aforo_docs::store::{ApiSpec, SpecRepository};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

#[async_trait]
impl SpecRepository for Scoped<'_> {
    async fn insert(&mut self, spec: &ApiSpec, source: &[u8]) -> Result<(), StoreError> {
        within(self.scope, spec.tenant, self.scope.customer())?;
        let product = self.data.products.rows().get(&spec.product);
        if product.is_none_or(|p| p.tenant != spec.tenant) {
            return Err(conflict("the tenant has no such product"));
        }
        let taken = |(s, _): &(ApiSpec, _)| s.product == spec.product && s.number == spec.number;
        if self.data.specs.rows().values().any(taken) {
            return Err(conflict("the product has a version of this number"));
        }
        self.data.specs.insert(spec.id, (spec.clone(), source.into()))
    }
    async fn find(&mut self, id: SpecId) -> Result<Option<ApiSpec>, StoreError> {
        let tenant = self.scope.tenant();
        let found = self.data.specs.find(id, |(s, _)| s.tenant == tenant);
        Ok(found.map(|(spec, _)| spec))
    }
    async fn find_by_number(
        &mut self,
        product: ProductId,
        number: u32,
    ) -> Result<Option<ApiSpec>, StoreError> {
        let tenant = self.scope.tenant();
        let mut specs = self.data.specs.rows().values();
        let found = specs.find(|(s, _)| s.tenant == tenant && s.product == product && s.number == number);
        Ok(found.map(|(spec, _)| spec.clone()))
    }
    async fn latest(&mut self, product: ProductId) -> Result<Option<ApiSpec>, StoreError> {
        let tenant = self.scope.tenant();
        let specs = self.data.specs.rows().values();
        let of_product = specs.filter(|(s, _)| s.tenant == tenant && s.product == product);
        Ok(of_product
            .max_by_key(|(s, _)| s.number)
            .map(|(spec, _)| spec.clone()))
    }
    async fn lock(&mut self, product: ProductId) -> Result<bool, StoreError> {
        // Writers take turns anyway.
        let tenant = self.scope.tenant();
        Ok(self.data.products.find(product, |p| p.tenant == tenant).is_some())
    }
    async fn source(&mut self, id: SpecId) -> Result<Option<Vec<u8>>, StoreError> {
        let tenant = self.scope.tenant();
        let found = self.data.specs.find(id, |(s, _)| s.tenant == tenant);
        Ok(found.map(|(_, source)| source.to_vec()))
    }
    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError> {
        let tenant = self.scope.tenant();
        let wanted = |(s, _): &(ApiSpec, _)| s.tenant == tenant && product.is_none_or(|p| s.product == p);
        let page = self.data.specs.page(page, wanted);
        Ok(Page {
            items: page.items.into_iter().map(|(spec, _)| spec).collect(),
            next: page.next,
        })
    }
    async fn list_published(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError> {
        let tenant = self.scope.tenant();
        let publications = self.data.publications.rows().values();
        let seen: HashSet<SpecId> = publications
            .filter(|p| p.tenant == tenant)
            .map(|p| p.spec)
            .collect();
        let wanted = |(s, _): &(ApiSpec, _)| {
            s.tenant == tenant && product.is_none_or(|p| s.product == p) && seen.contains(&s.id)
        };
        let page = self.data.specs.page(page, wanted);
        Ok(Page {
            items: page.items.into_iter().map(|(spec, _)| spec).collect(),
            next: page.next,
        })
    }
}
