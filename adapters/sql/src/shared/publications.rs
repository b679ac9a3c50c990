//! Publications of API descriptions.

use aforo_core::{Page, PageRequest, ProductId, PublicationId, SpecId, StoreError, TenantId, Timestamp};
use aforo_docs::publication::{Publication, PublicationRepository};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Publications, store_error};
use crate::{error::corrupt, read};

macro_rules! columns {
    () => {
        "tenant_id, id, product_id, spec_id, previous_spec_id, number, version, published_at, published_by,
         changes"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    product_id: Uuid,
    spec_id: Uuid,
    previous_spec_id: Option<Uuid>,
    number: i64,
    version: String,
    published_at: i64,
    published_by: String,
    changes: String,
}

impl TryFrom<Row> for Publication {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Publication {
            id: PublicationId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            product: ProductId::from_uuid(row.product_id),
            spec: SpecId::from_uuid(row.spec_id),
            previous: row.previous_spec_id.map(SpecId::from_uuid),
            number: read::count("spec_publications.number", row.number)?,
            version: row.version,
            published_at: Timestamp::from_millis(row.published_at),
            published_by: row.published_by,
            changes: serde_json::from_str(&row.changes)
                .map_err(|e| corrupt("spec_publications.changes", e))?,
        })
    }
}

#[async_trait]
impl PublicationRepository for Publications<'_> {
    async fn insert(&mut self, publication: &Publication) -> Result<(), StoreError> {
        self.scope.admit_tenant(publication.tenant)?;
        let changes = serde_json::to_string(&publication.changes)
            .map_err(|e| corrupt("spec_publications.changes", e))?;
        sqlx::query::<Db>(concat!(
            "INSERT INTO spec_publications (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ))
        .bind(self.scope.tenant)
        .bind(publication.id.as_uuid())
        .bind(publication.product.as_uuid())
        .bind(publication.spec.as_uuid())
        .bind(publication.previous.map(SpecId::as_uuid))
        .bind(i64::from(publication.number))
        .bind(&publication.version)
        .bind(publication.published_at.as_millis())
        .bind(&publication.published_by)
        .bind(changes)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: PublicationId) -> Result<Option<Publication>, StoreError> {
        sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM spec_publications WHERE tenant_id = $1 AND id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(Publication::try_from)
        .transpose()
    }

    async fn is_published(&mut self, spec: SpecId) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar::<Db, Uuid>(
            "SELECT id FROM spec_publications WHERE tenant_id = $1 AND spec_id = $2 LIMIT 1",
        )
        .bind(self.scope.tenant)
        .bind(spec.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(found.is_some())
    }

    async fn list(
        &mut self,
        product: Option<ProductId>,
        page: PageRequest<PublicationId>,
    ) -> Result<Page<Publication, PublicationId>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(concat!(
            "SELECT ",
            columns!(),
            " FROM spec_publications
              WHERE tenant_id = $1 AND ($2 IS NULL OR product_id = $2) AND ($3 IS NULL OR id < $3)
              ORDER BY id DESC LIMIT $4"
        ))
        .bind(self.scope.tenant)
        .bind(product.map(ProductId::as_uuid))
        .bind(page.after.map(PublicationId::as_uuid))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let found = rows
            .into_iter()
            .map(Publication::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(found, page.limit, |p: &Publication| p.id))
    }
}
