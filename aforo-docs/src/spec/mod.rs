//! API descriptions: reading them and asking them questions.

pub mod bundle;
pub mod diagnostic;
pub mod diff;
#[cfg(feature = "graphql")]
pub mod graphql;
pub mod model;
pub mod openapi;
