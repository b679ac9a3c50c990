//! In-memory storage with real transactions for Aforo Console.
