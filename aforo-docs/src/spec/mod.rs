//! API descriptions: reading them and asking them questions.

pub mod model;
