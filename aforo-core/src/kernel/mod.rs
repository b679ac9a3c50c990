//! What is independent of any business.

pub mod audit;
#[cfg(feature = "egress")]
pub mod egress;
pub mod entropy;
pub mod error;
pub mod id;
pub mod page;
pub mod rate;
pub mod scope;
pub mod secret;
pub mod store;
pub mod time;
