//! Imported API descriptions.

use aforo_core::{Page, PageRequest, ProductId, SpecId, StoreError, TenantId, Timestamp};
use aforo_docs::store::{ApiSpec, SpecRepository};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Specs, store_error};
use crate::read;

macro_rules! columns {
    () => {
        "tenant_id, id, product_id, number, note, imported_by, format, title, version, operations, source_url,
         sha256, created_at"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    product_id: Uuid,
    number: i64,
    note: String,
    imported_by: String,
    format: String,
    title: String,
    version: String,
    operations: i64,
    source_url: Option<String>,
    sha256: Vec<u8>,
    created_at: i64,
}

impl TryFrom<Row> for ApiSpec {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(ApiSpec {
            id: SpecId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            product: ProductId::from_uuid(row.product_id),
            number: read::count("api_specs.number", row.number)?,
            note: row.note,
            imported_by: row.imported_by,
            format: row.format,
            title: row.title,
            version: row.version,
            operations: read::count("api_specs.operations", row.operations)?,
            source_url: row.source_url,
            sha256: read::hash("api_specs.sha256", &row.sha256)?,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[async_trait]
impl SpecRepository for Specs<'_> {
    async fn insert(&mut self, spec: &ApiSpec, source: &[u8]) -> Result<(), StoreError> {
        self.scope.admit_tenant(spec.tenant)?;
        sqlx::query::<Db>(concat!(
            "INSERT INTO api_specs (",
            columns!(),
            ", source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        ))
        .bind(self.scope.tenant)
        .bind(spec.id.as_uuid())
        .bind(spec.product.as_uuid())
        .bind(i64::from(spec.number))
        .bind(&spec.note)
        .bind(&spec.imported_by)
        .bind(&spec.format)
        .bind(&spec.title)
        .bind(&spec.version)
        .bind(i64::from(spec.operations))
        .bind(&spec.source_url)
        .bind(&spec.sha256[..])
        .bind(spec.created_at.as_millis())
        .bind(source)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: SpecId) -> Result<Option<ApiSpec>, StoreError> {
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM api_specs WHERE tenant_id = $1 AND id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(ApiSpec::try_from)
        .transpose()
    }

    async fn find_by_number(
        &mut self,
        product: ProductId,
        number: u32,
    ) -> Result<Option<ApiSpec>, StoreError> {
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM api_specs WHERE tenant_id = $1 AND product_id = $2 AND number = $3"
        ))
        .bind(self.scope.tenant)
        .bind(product.as_uuid())
        .bind(i64::from(number))
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(ApiSpec::try_from)
        .transpose()
    }

    async fn latest(&mut self, product: ProductId) -> Result<Option<ApiSpec>, StoreError> {
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM api_specs WHERE tenant_id = $1 AND product_id = $2 ORDER BY number DESC LIMIT 1"
        ))
        .bind(self.scope.tenant)
        .bind(product.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(ApiSpec::try_from)
        .transpose()
    }

    async fn lock(&mut self, product: ProductId) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar::<Db, Uuid>(concat!(
            "SELECT id FROM products WHERE tenant_id = $1 AND id = $2",
            hold!()
        ))
        .bind(self.scope.tenant)
        .bind(product.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(found.is_some())
    }

    async fn source(&mut self, id: SpecId) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar::<Db, Vec<u8>>("SELECT source FROM api_specs WHERE tenant_id = $1 AND id = $2")
            .bind(self.scope.tenant)
            .bind(id.as_uuid())
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)
    }

    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM api_specs
              WHERE tenant_id = $1 AND ($2 IS NULL OR product_id = $2) AND ($3 IS NULL OR id > $3)
              ORDER BY id LIMIT $4"
        ))
        .bind(self.scope.tenant)
        .bind(product.map(ProductId::as_uuid))
        .bind(page.after.map(SpecId::as_uuid))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let specs = rows
            .into_iter()
            .map(ApiSpec::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(specs, page.limit, |spec: &ApiSpec| spec.id))
    }

    async fn list_published(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM api_specs
              WHERE tenant_id = $1 AND ($2 IS NULL OR product_id = $2) AND ($3 IS NULL OR id > $3)
                AND EXISTS (SELECT 1 FROM spec_publications p
                            WHERE p.tenant_id = api_specs.tenant_id AND p.spec_id = api_specs.id)
              ORDER BY id LIMIT $4"
        ))
        .bind(self.scope.tenant)
        .bind(product.map(ProductId::as_uuid))
        .bind(page.after.map(SpecId::as_uuid))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let specs = rows
            .into_iter()
            .map(ApiSpec::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(specs, page.limit, |spec: &ApiSpec| spec.id))
    }
}
