//! OpenAPI documents read lazily into one reference model: operations, schemas, code samples.

pub mod compare;
#[cfg(feature = "contract")]
pub mod contract;
pub mod error;
pub mod guide;
pub mod machine;
pub mod markdown;
pub mod publication;
pub mod request;
pub mod sample;
pub mod sealed;
pub mod search;
pub mod service;
pub mod spec;
pub mod store;
pub mod watch;
