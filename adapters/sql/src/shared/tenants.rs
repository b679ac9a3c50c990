//! Tenants: the one table that needs no scope.

use aforo_core::{
    StoreError, TenantId, Timestamp,
    domain::tenant::{Tenant, TenantRepository},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Tenants, store_error};
use crate::read;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    slug: String,
    hosts: String,
    created_at: i64,
}

impl TryFrom<Row> for Tenant {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Tenant {
            id: TenantId::from_uuid(row.id),
            name: row.name,
            slug: row.slug,
            hosts: read::list("tenants.hosts", &row.hosts)?,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[async_trait]
impl TenantRepository for Tenants<'_> {
    async fn insert(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        sqlx::query::<Db>(
            "INSERT INTO tenants (id, name, slug, hosts, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(tenant.id.as_uuid())
        .bind(&tenant.name)
        .bind(&tenant.slug)
        .bind(read::json(&tenant.hosts))
        .bind(tenant.created_at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        sqlx::query_as::<Db, Row>("SELECT id, name, slug, hosts, created_at FROM tenants WHERE id = $1")
            .bind(id.as_uuid())
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)?
            .map(Tenant::try_from)
            .transpose()
    }

    async fn find_by_slug(&mut self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        if !read::is_storable(slug) {
            return Ok(None);
        }
        sqlx::query_as::<Db, Row>("SELECT id, name, slug, hosts, created_at FROM tenants WHERE slug = $1")
            .bind(slug)
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)?
            .map(Tenant::try_from)
            .transpose()
    }

    async fn list(&mut self) -> Result<Vec<Tenant>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(
            "SELECT id, name, slug, hosts, created_at FROM tenants ORDER BY created_at, id",
        )
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(Tenant::try_from).collect()
    }
}
