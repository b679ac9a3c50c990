//! What is kept sealed for the playground: the clients that a console is at authorization servers, sign-ins on their
//! way, and the tokens that came of them. Storage sees ciphertext and names.

use aforo_core::{StoreError, TenantId, Timestamp};
use async_trait::async_trait;

/// One sealed item.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedItem {
    /// The tenant.
    pub tenant: TenantId,
    /// What it is, such as `oauth.token`.
    pub kind: String,
    /// Which one: an id, or a hash; never a secret.
    pub name: String,
    /// Which key encryption key wraps the data key.
    pub kek_id: String,
    /// The data key, wrapped.
    pub wrapped_dek: Vec<u8>,
    /// What is sealed.
    pub ciphertext: Vec<u8>,
    /// When it was sealed.
    pub created_at: Timestamp,
    /// From when on it is of no use; `None` for ever.
    pub expires_at: Option<Timestamp>,
}

/// Keeps the sealed items of one tenant.
#[async_trait]
pub trait SealedItemRepository: Send {
    /// Keeps an item, in the place of the one with its kind and name.
    async fn put(&mut self, item: &SealedItem) -> Result<(), StoreError>;
    /// The item of this kind and name that is of use at `now`.
    async fn find(
        &mut self,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SealedItem>, StoreError>;
    /// As `find`, and forgets it: of two that take it, one gets it.
    async fn take(
        &mut self,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SealedItem>, StoreError>;
    /// Forgets the items of a kind whose names begin with this. Returns how many.
    async fn forget(&mut self, kind: &str, beginning: &str) -> Result<u64, StoreError>;
    /// Forgets what is of no use any more at `now`. Returns how many.
    async fn purge(&mut self, now: Timestamp) -> Result<u64, StoreError>;
}
