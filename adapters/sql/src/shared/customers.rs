//! Customers.

use aforo_core::{
    CustomerId, StoreError, TenantId, Timestamp,
    domain::customer::{Customer, CustomerRepository},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Customers, Db, store_error};

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    id: Uuid,
    name: String,
    created_at: i64,
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        Customer {
            id: CustomerId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            name: row.name,
            created_at: Timestamp::from_millis(row.created_at),
        }
    }
}

#[async_trait]
impl CustomerRepository for Customers<'_> {
    async fn insert(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.scope.admit(customer.tenant, Some(customer.id))?;
        sqlx::query::<Db>("INSERT INTO customers (tenant_id, id, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(self.scope.tenant)
            .bind(customer.id.as_uuid())
            .bind(&customer.name)
            .bind(customer.created_at.as_millis())
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let row = sqlx::query_as::<Db, Row>(
            "SELECT tenant_id, id, name, created_at FROM customers
             WHERE tenant_id = $1 AND ($2 IS NULL OR id = $2) AND id = $3",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(row.map(Customer::from))
    }
}
