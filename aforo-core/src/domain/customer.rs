//! Customers of a tenant: the accounts that own subscriptions and keys.

use async_trait::async_trait;

use crate::{CustomerId, StoreError, TenantId, Timestamp};

/// An account that owns subscriptions and keys. People belong to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Whose customer it is.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Keeps the customers of one scope.
#[async_trait]
pub trait CustomerRepository: Send {
    /// Adds a customer.
    async fn insert(&mut self, customer: &Customer) -> Result<(), StoreError>;
    /// The customer with this id, if the scope covers it.
    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError>;
}
