//! End-to-end, contract and fault suites of Aforo Console.

pub mod binary;
pub mod hosts;
pub mod http;
pub mod postgres;
pub mod transcript;
pub mod upstream;
pub mod world;
