//! End-to-end, contract and fault suites of Aforo Console.
