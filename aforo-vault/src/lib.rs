//! API keys that die with their subscription: mint, verify, rotate, revoke, and credentials sealed with AES-256-GCM.

pub mod key;
pub mod seal;
pub mod store;
