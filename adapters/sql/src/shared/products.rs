//! Products.

use aforo_core::{
    Page, PageRequest, ProductId, SpecId, StoreError, TenantId, Timestamp,
    domain::product::{Product, ProductRepository, Upstream},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Products, store_error};
use crate::read;

macro_rules! columns {
    () => {
        "tenant_id, id, name, slug, upstream_origin, upstream_base_path, private_ranges, proposed_origin,
         proposed_base_path, published_spec_id, created_at"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    name: String,
    slug: String,
    upstream_origin: Option<String>,
    upstream_base_path: Option<String>,
    private_ranges: String,
    proposed_origin: Option<String>,
    proposed_base_path: Option<String>,
    published_spec_id: Option<Uuid>,
    created_at: i64,
}

impl TryFrom<Row> for Product {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let upstream = |(origin, base_path)| Upstream { origin, base_path };
        Ok(Product {
            id: ProductId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            name: row.name,
            slug: row.slug,
            upstream: row.upstream_origin.zip(row.upstream_base_path).map(upstream),
            private_ranges: read::list("products.private_ranges", &row.private_ranges)?,
            proposed_upstream: row.proposed_origin.zip(row.proposed_base_path).map(upstream),
            published_spec: row.published_spec_id.map(SpecId::from_uuid),
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[async_trait]
impl ProductRepository for Products<'_> {
    async fn insert(&mut self, product: &Product) -> Result<(), StoreError> {
        self.scope.admit_tenant(product.tenant)?;
        let (upstream, proposed) = (product.upstream.as_ref(), product.proposed_upstream.as_ref());
        sqlx::query::<Db>(concat!(
            "INSERT INTO products (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ))
        .bind(self.scope.tenant)
        .bind(product.id.as_uuid())
        .bind(&product.name)
        .bind(&product.slug)
        .bind(upstream.map(|u| &u.origin))
        .bind(upstream.map(|u| &u.base_path))
        .bind(read::json(&product.private_ranges))
        .bind(proposed.map(|u| &u.origin))
        .bind(proposed.map(|u| &u.base_path))
        .bind(product.published_spec.map(SpecId::as_uuid))
        .bind(product.created_at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM products WHERE tenant_id = $1 AND id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(Product::try_from)
        .transpose()
    }

    async fn find_by_slug(&mut self, slug: &str) -> Result<Option<Product>, StoreError> {
        if !read::is_storable(slug) {
            return Ok(None);
        }
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM products WHERE tenant_id = $1 AND slug = $2"
        ))
        .bind(self.scope.tenant)
        .bind(slug)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(Product::try_from)
        .transpose()
    }

    async fn list(&mut self, page: PageRequest<ProductId>) -> Result<Page<Product, ProductId>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM products WHERE tenant_id = $1 AND ($2 IS NULL OR id > $2) ORDER BY id LIMIT $3"
        ))
        .bind(self.scope.tenant)
        .bind(page.after.map(ProductId::as_uuid))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let products = rows
            .into_iter()
            .map(Product::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(products, page.limit, |p: &Product| p.id))
    }

    async fn approve_upstream(&mut self, id: ProductId, upstream: &Upstream) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE products SET upstream_origin = $3, upstream_base_path = $4, proposed_origin = NULL,
                proposed_base_path = NULL
             WHERE tenant_id = $1 AND id = $2",
        )
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .bind(&upstream.origin)
        .bind(&upstream.base_path)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn publish(
        &mut self,
        id: ProductId,
        spec: SpecId,
        proposed: Option<&Upstream>,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE products SET published_spec_id = $3, proposed_origin = $4, proposed_base_path = $5
             WHERE tenant_id = $1 AND id = $2",
        )
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .bind(spec.as_uuid())
        .bind(proposed.map(|u| &u.origin))
        .bind(proposed.map(|u| &u.base_path))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}
