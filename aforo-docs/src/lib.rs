//! OpenAPI documents read lazily into one reference model: operations, schemas, code samples.

pub mod markdown;
pub mod request;
pub mod sample;
pub mod spec;
pub mod store;
