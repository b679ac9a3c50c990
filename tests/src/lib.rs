//! End-to-end, contract and fault suites of Aforo Console.

pub mod hosts;
pub mod postgres;
