//! PostgreSQL and SQLite storage for Aforo Console, from one source.
