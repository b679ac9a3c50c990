//! Products and plans.

use aforo_core::{
    Page, PageRequest, PlanId, ProductId, SpecId, StoreError,
    domain::{
        plan::{Plan, PlanRepository},
        product::{Product, ProductRepository, Upstream},
    },
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

#[async_trait]
impl ProductRepository for Scoped<'_> {
    async fn insert(&mut self, product: &Product) -> Result<(), StoreError> {
        within(self.scope, product.tenant, self.scope.customer())?;
        let mut products = self.data.products.rows().values();
        if products.any(|p| p.tenant == product.tenant && p.slug == product.slug) {
            return Err(conflict("this slug is taken"));
        }
        self.data.products.insert(product.id, product.clone())
    }
    async fn find(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        let tenant = self.scope.tenant();
        Ok(self.data.products.find(id, |p| p.tenant == tenant))
    }
    async fn find_by_slug(&mut self, slug: &str) -> Result<Option<Product>, StoreError> {
        let tenant = self.scope.tenant();
        let mut products = self.data.products.rows().values();
        Ok(products.find(|p| p.tenant == tenant && p.slug == slug).cloned())
    }
    async fn list(&mut self, page: PageRequest<ProductId>) -> Result<Page<Product, ProductId>, StoreError> {
        let tenant = self.scope.tenant();
        Ok(self.data.products.page(page, |p| p.tenant == tenant))
    }
    async fn approve_upstream(&mut self, id: ProductId, upstream: &Upstream) -> Result<bool, StoreError> {
        let tenant = self.scope.tenant();
        let Some(product) = self.data.products.find_mut(id, |p| p.tenant == tenant) else {
            return Ok(false);
        };
        product.upstream = Some(upstream.clone());
        product.proposed_upstream = None;
        Ok(true)
    }
    async fn publish(
        &mut self,
        id: ProductId,
        spec: SpecId,
        proposed: Option<&Upstream>,
    ) -> Result<bool, StoreError> {
        let tenant = self.scope.tenant();
        let Some(product) = self.data.products.find_mut(id, |p| p.tenant == tenant) else {
            return Ok(false);
        };
        if !(self.data.specs.rows().get(&spec)).is_some_and(|(s, _)| s.tenant == tenant && s.product == id) {
            return Err(conflict("this product has no such description"));
        }
        product.published_spec = Some(spec);
        product.proposed_upstream = proposed.cloned();
        Ok(true)
    }
}

#[async_trait]
impl PlanRepository for Scoped<'_> {
    async fn insert(&mut self, plan: &Plan) -> Result<(), StoreError> {
        within(self.scope, plan.tenant, self.scope.customer())?;
        self.data.plans.insert(plan.id, plan.clone())
    }
    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let tenant = self.scope.tenant();
        Ok(self.data.plans.find(id, |p| p.tenant == tenant))
    }
    async fn list(&mut self) -> Result<Vec<Plan>, StoreError> {
        let tenant = self.scope.tenant();
        let plans = self.data.plans.rows().values();
        Ok(plans.filter(|p| p.tenant == tenant).cloned().collect())
    }
}
