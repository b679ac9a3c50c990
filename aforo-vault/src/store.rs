//! What a storage implementation gives the vault.

use aforo_core::{
    KeyId, Page, PageRequest, StoreError, SubscriptionId, TenantId, TenantScope, Timestamp,
    domain::store::SubscriptionTx, domain::subscription::Subscription,
};
use async_trait::async_trait;

use crate::{
    key::{ApiKey, Environment, KeyOrigin},
    seal::SealedCredential,
};

/// Which keys to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyFilter {
    /// Only those bound to this subscription (bindings that have ended count, too).
    pub subscription: Option<SubscriptionId>,
    /// Only those not revoked.
    pub unrevoked_only: bool,
    /// Only those of this environment.
    pub environment: Option<Environment>,
}

/// Keeps the keys of one scope, and what they are bound to.
///
/// A customer scope covers the keys of that customer; operator keys have no customer and are covered by
/// tenant-wide scopes only. Playground twins are found by [`twin`](KeyRepository::twin) and never listed.
#[async_trait]
pub trait KeyRepository: Send {
    /// Adds a key. [`StoreErrorKind::Conflict`](aforo_core::StoreErrorKind) if its hash or client id is taken.
    async fn insert(&mut self, key: &ApiKey) -> Result<(), StoreError>;
    /// Binds a key to a subscription of the same tenant (VAULT-6); again is harmless.
    async fn bind(&mut self, key: KeyId, subscription: SubscriptionId) -> Result<(), StoreError>;
    /// The key with this id, if the scope covers it and it is no twin.
    async fn find(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError>;
    /// As `find`, and holds the key unchanged until this transaction ends.
    async fn lock(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError>;
    /// Keys in id order, without twins.
    async fn list(
        &mut self,
        filter: KeyFilter,
        page: PageRequest<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, StoreError>;
    /// The subscriptions to which a key is bound now, in id order.
    async fn bindings(&mut self, id: KeyId) -> Result<Vec<SubscriptionId>, StoreError>;
    /// The keys of a lineage that are not revoked, in id order (twins never have lineages of several keys).
    async fn unrevoked_in_lineage(&mut self, lineage: KeyId) -> Result<Vec<ApiKey>, StoreError>;
    /// Starts the grace of a rotated key. False if it is revoked or in grace already.
    async fn begin_grace(
        &mut self,
        id: KeyId,
        until: Timestamp,
        successor: KeyId,
    ) -> Result<bool, StoreError>;
    /// Revokes a key and deletes its sealed copy, if there is one. False if it was revoked before.
    async fn revoke(&mut self, id: KeyId, at: Timestamp) -> Result<bool, StoreError>;
    /// Ends every binding to a subscription, and revokes the keys and twins that no other live binding keeps
    /// alive, deleting their sealed copies (VAULT-7, C6). Returns the keys it revoked, twins included.
    async fn end_bindings_to(
        &mut self,
        subscription: SubscriptionId,
        at: Timestamp,
    ) -> Result<Vec<(KeyId, KeyOrigin)>, StoreError>;
    /// The unrevoked playground twin of a subscription for one integration, with its sealed copy.
    async fn twin(
        &mut self,
        subscription: SubscriptionId,
        environment: Environment,
        integration: &str,
    ) -> Result<Option<(ApiKey, SealedCredential)>, StoreError>;
    /// Revokes every unrevoked playground twin that is sealed for an integration, with its sealed copy; returns
    /// them in id order.
    async fn revoke_twins_for(&mut self, integration: &str, at: Timestamp) -> Result<Vec<KeyId>, StoreError>;
    /// Stores the sealed copy of a key. [`StoreErrorKind::Conflict`](aforo_core::StoreErrorKind) if it has one.
    async fn insert_sealed(&mut self, sealed: &SealedCredential) -> Result<(), StoreError>;
}

/// A transaction over keys, subscriptions and the audit log.
pub trait VaultTx: SubscriptionTx {
    /// The keys of a scope.
    fn keys(&mut self, scope: TenantScope) -> Box<dyn KeyRepository + '_>;
}

/// A key with the subscriptions that keep it alive, as one statement read them.
#[derive(Clone, Debug)]
pub struct CredentialRecord {
    /// The key.
    pub key: ApiKey,
    /// The active subscriptions to which it is bound now. A customer key without any is dead, whatever its
    /// own row says.
    pub subscriptions: Vec<Subscription>,
}

/// What verification and maintenance need of a storage: single statements outside of transactions, and without
/// a scope, since the secret itself says whose it is.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// The key with this hash, joined with its live bindings and their active subscriptions in ONE statement.
    async fn find_credential(&self, hash: &[u8; 32]) -> Result<Option<CredentialRecord>, StoreError>;
    /// Moves the last-used times of keys forward, never back, in one transaction (VAULT-17).
    async fn record_use(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError>;
    /// Up to `limit` sealed credentials whose data key is wrapped by another key than `current_kek`.
    async fn wrapped_by_other(
        &self,
        current_kek: &str,
        limit: u32,
    ) -> Result<Vec<SealedCredential>, StoreError>;
    /// Replaces the wrapping of one sealed credential, if it is still `old_kek` that wraps it.
    async fn rewrap(
        &self,
        tenant: TenantId,
        key: KeyId,
        old_kek: &str,
        new_kek: &str,
        wrapped_dek: &[u8],
    ) -> Result<bool, StoreError>;
}
