//! Credentials sealed with AES-256-GCM.
use crate::key::Environment;
use aforo_core::{KeyId, SubscriptionId, TenantId};
/// A sealed credential, as storage keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    /// What is sealed and where it may go; all of it is authenticated.
    pub context: SealContext,
    /// Which key encryption key wraps the data key.
    pub kek_id: String,
    /// The data key, wrapped: nonce (12 bytes), ciphertext (32), tag (16).
    pub wrapped_dek: Vec<u8>,
    /// The credential: nonce (12 bytes), ciphertext (48), tag (16).
    pub ciphertext: Vec<u8>,
}
/// What is sealed and where it may go. All fields are ids and may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealContext {
    /// What it was sealed for: `inject`.
    pub purpose: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The key.
    pub key: KeyId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The environment.
    pub environment: Environment,
    /// The integration that takes the credential: a product's upstream, or a gateway.
    pub integration: String,
    /// The only origin that may receive it: `https://api.acme.test`.
    pub origin: String,
}
