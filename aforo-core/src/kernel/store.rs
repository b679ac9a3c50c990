//! Transactions, composed by trait: each crate asks for the repositories it needs and no more.

use async_trait::async_trait;

use super::error::StoreError;

/// Ends a transaction. Dropping it without `commit` rolls everything back.
#[async_trait]
pub trait Transaction: Send {
    /// Makes everything done in this transaction durable, at once.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A place where transactions begin: `dyn Store<dyn VaultTx>` is what the vault asks for.
#[async_trait]
pub trait Store<T: ?Sized>: Send + Sync {
    /// Begins a transaction that may write.
    async fn begin(&self) -> Result<Box<T>, StoreError>;
    /// Begins a transaction that only reads. It sees everything committed before, and waits for no writer.
    async fn read(&self) -> Result<Box<T>, StoreError>;
}
