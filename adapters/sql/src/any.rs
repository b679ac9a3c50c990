//! The database that an address names.

use aforo_core::{StoreError, StoreErrorKind};
use aforo_docs::store::Stores;

/// A store whose database was chosen at run time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyStore {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(crate::sqlite::Store),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(crate::postgres::Store),
}

/// Opens the database at `sqlite:path` or `postgres://user@host/name`. Addresses may hold a password: never log
/// them.
pub async fn connect(url: &str) -> Result<AnyStore, StoreError> {
    match url.split(':').next() {
        #[cfg(feature = "sqlite")]
        Some("sqlite") => Ok(AnyStore::Sqlite(crate::sqlite::Store::open(url).await?)),
        #[cfg(feature = "postgres")]
        Some("postgres" | "postgresql") => Ok(AnyStore::Postgres(crate::postgres::Store::open(url).await?)),
        _ => Err(StoreError::new(
            StoreErrorKind::Other,
            "a database address begins with sqlite: or postgres://, and its feature is switched on",
        )),
    }
}

macro_rules! each {
    ($any:expr, $store:ident => $call:expr) => {
        match $any {
            #[cfg(feature = "sqlite")]
            AnyStore::Sqlite($store) => $call,
            #[cfg(feature = "postgres")]
            AnyStore::Postgres($store) => $call,
        }
    };
}

impl AnyStore {
    /// Creates and updates the tables. Safe to call at every start, by several processes at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        each!(self, store => store.migrate().await)
    }
    /// Asks the database for an answer: whether the console is ready.
    pub async fn ping(&self) -> Result<(), StoreError> {
        each!(self, store => store.ping().await)
    }
    /// Overwrites what deleted credentials left behind, as far as the database can: see the concrete stores.
    pub async fn shred(&self) -> Result<bool, StoreError> {
        each!(self, store => store.shred().await)
    }
    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        each!(self, store => store.close().await)
    }
    /// The views of this storage that services ask for.
    pub fn stores(&self) -> Stores {
        each!(self, store => Stores::of(store.clone()))
    }
}
