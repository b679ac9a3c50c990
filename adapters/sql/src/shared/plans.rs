//! Plans.

use aforo_core::{
    PlanId, StoreError, TenantId, Timestamp,
    domain::plan::{Plan, PlanRepository},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Plans, store_error};
use crate::read;

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    name: String,
    products: String,
    auto_subscribe: bool,
    created_at: i64,
}

impl TryFrom<Row> for Plan {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Plan {
            id: PlanId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            name: row.name,
            products: read::list("plans.products", &row.products)?,
            auto_subscribe: row.auto_subscribe,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[async_trait]
impl PlanRepository for Plans<'_> {
    async fn insert(&mut self, plan: &Plan) -> Result<(), StoreError> {
        self.scope.admit_tenant(plan.tenant)?;
        sqlx::query::<Db>(
            "INSERT INTO plans (tenant_id, id, name, products, auto_subscribe, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.scope.tenant)
        .bind(plan.id.as_uuid())
        .bind(&plan.name)
        .bind(read::json(&plan.products))
        .bind(plan.auto_subscribe)
        .bind(plan.created_at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        sqlx::query_as::<Db, Row>(
            "SELECT tenant_id, id, name, products, auto_subscribe, created_at FROM plans
             WHERE tenant_id = $1 AND id = $2",
        )
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(Plan::try_from)
        .transpose()
    }

    async fn list(&mut self) -> Result<Vec<Plan>, StoreError> {
        let rows = sqlx::query_as::<Db, Row>(
            "SELECT tenant_id, id, name, products, auto_subscribe, created_at FROM plans
             WHERE tenant_id = $1 ORDER BY id",
        )
        .bind(self.scope.tenant)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(Plan::try_from).collect()
    }
}
