//! PostgreSQL and SQLite storage for Aforo Console, from one source.
//!
//! ```no_run
//! # async fn example() -> Result<(), aforo_core::StoreError> {
//! let store = aforo_sql::connect("sqlite:console.db").await?;
//! store.migrate().await?;
//! let stores = store.stores(); // what the vault, the documentation and a console ask for
//! # Ok(())
//! # }
//! ```
//!
//! A host that has a database already gives its pool to [`postgres::Store::from_pool`] or
//! [`sqlite::Store::from_pool`], and joins its own transaction by `Tx::from_transaction`. The tables have plain
//! names (`users`, `sessions`): give the console a database or, on PostgreSQL, a schema of its own
//! (`postgres://…?options=-csearch_path%3Dconsole`). Migrations are recorded in `_aforo_migrations`, so that
//! they do not meet the host's.

// The files in shared/ are compiled once for each database.
#![allow(clippy::duplicate_mod)]

mod any;
mod error;
#[cfg(feature = "sqlite")]
mod fts5;
#[cfg(feature = "postgres")]
pub mod postgres;
mod read;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(feature = "postgres")]
mod tsvector;

use std::time::Duration;

pub use any::{AnyStore, connect};

/// How many connections a store opens, and how long it waits for one.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Connections at most; on SQLite these read, and one more writes.
    pub connections: u32,
    /// How long a call waits for a free connection before it gives up: with
    /// [`Unavailable`](aforo_core::StoreErrorKind::Unavailable) on PostgreSQL, with
    /// [`Busy`](aforo_core::StoreErrorKind::Busy) on SQLite.
    pub acquire_timeout: Duration,
}
