//! Why the vault refuses.

use std::time::Duration;

use aforo_core::{KeyId, StoreError, SubscriptionId};

use crate::seal::SealError;

/// Why a change to keys or subscriptions was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The scope covers no such key.
    #[error("there is no key {0}")]
    KeyNotFound(KeyId),
    /// The scope covers no such subscription.
    #[error("there is no subscription {0}")]
    SubscriptionNotFound(SubscriptionId),
    /// The subscription does not give access any more.
    #[error("subscription {0} is not active")]
    SubscriptionNotActive(SubscriptionId),
    /// A customer key needs a subscription to live by, and there is none.
    #[error("there is no active subscription to bind the key to")]
    NoSubscription,
    /// The key is revoked or expired, so there is nothing to rotate or revoke.
    #[error("key {0} is not active")]
    NotActive(KeyId),
    /// The key was rotated already: its successor can be rotated, it cannot (C3).
    #[error("key {key} is in its rotation grace; rotate its successor instead")]
    InGrace {
        /// The key.
        key: KeyId,
        /// The key that replaced it.
        successor: Option<KeyId>,
    },
    /// A setting of the new key is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which one, as the API calls it.
        field: &'static str,
        /// Why, for people.
        reason: String,
    },
    /// A sealed credential does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a presented credential was not accepted. What the caller may be told is less: see
/// [`code`](VerifyError::code).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Not of the form of a key.
    #[error("the credential does not have the form of a key")]
    Malformed,
    /// No key has this hash.
    #[error("no key has this hash")]
    Unknown,
    /// A client id that does not belong to the secret, or a key presented in another way than it was made for.
    #[error("the key was presented in another way than it was made for")]
    WrongPresentation,
    /// Revoked, rotated away, or expired.
    #[error("the key is {0}")]
    Dead(&'static str),
    /// No live binding to an active subscription.
    #[error("no active subscription keeps the key alive")]
    NoSubscription,
    /// A sandbox key where production is asked for, or the reverse.
    #[error("the key belongs to the other environment")]
    WrongEnvironment,
    /// The key does not cover the product.
    #[error("the key does not cover this product")]
    ProductNotCovered,
    /// The key may not be used from this address.
    #[error("the key may not be used from this address")]
    AddressNotAllowed,
    /// The key's own rate limit is used up.
    #[error("the key's rate limit is used up")]
    RateLimited {
        /// Until the next call is allowed.
        retry_after: Duration,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VerifyError {
    /// The stable word for the caller. Everything that would tell an unknown key from a dead one is
    /// `key_invalid` (threat 20).
    pub const fn code(&self) -> &'static str {
        match self {
            VerifyError::Malformed
            | VerifyError::Unknown
            | VerifyError::WrongPresentation
            | VerifyError::Dead(_)
            | VerifyError::NoSubscription => "key_invalid",
            VerifyError::WrongEnvironment => "wrong_environment",
            VerifyError::ProductNotCovered => "product_not_covered",
            VerifyError::AddressNotAllowed => "address_not_allowed",
            VerifyError::RateLimited { .. } => "rate_limited",
            VerifyError::Store(_) => "unavailable",
        }
    }
}
