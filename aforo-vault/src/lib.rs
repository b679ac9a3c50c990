//! API keys that die with their subscription.
//!
//! - A key is shown once and stored as SHA-256 only ([`mint`]).
//! - [`Vault::verify`] accepts it by one read that joins key, binding and subscription.
//! - [`Vault::create`], [`Vault::rotate`] (300 s grace) and [`Vault::revoke`] (at once) are three operations;
//!   [`Vault::cancel_subscription`] kills the keys in the same transaction.
//! - Credentials that a program must present later are sealed to their destination with AES-256-GCM
//!   ([`seal`](mod@seal)), under keys that live outside the database ([`kek`]).
//!
//! Storage comes in through [`store`]: use `aforo-sql` or `aforo-memory`, or implement four small repositories
//! (see `examples/vault-only`).

#[cfg(feature = "contract")]
pub mod contract;
pub mod error;
mod item;
pub mod kek;
pub mod key;
pub mod mint;
pub mod seal;
mod service;
pub mod store;
mod twin;
mod usage;
pub mod verify;

pub use error::{VaultError, VerifyError};
pub use item::SealedBytes;
pub use service::{CancelledSubscription, CreatedKey, KeyOwner, NewKey, RotatedKey, Vault};
pub use twin::{TWIN_LIFETIME, TwinUse};
