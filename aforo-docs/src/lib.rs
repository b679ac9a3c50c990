//! OpenAPI documents read lazily into one reference model: operations, schemas, code samples.

pub mod spec;
pub mod store;
