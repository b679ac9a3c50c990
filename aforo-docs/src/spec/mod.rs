//! API descriptions: reading them and asking them questions.

pub mod bundle;
pub mod diagnostic;
pub mod diff;
pub mod model;
pub mod openapi;
