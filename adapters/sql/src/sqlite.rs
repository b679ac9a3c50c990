//! Storage in one SQLite file.
//!
//! One connection writes, others read (WAL mode), so writers queue in the order in which they came instead of
//! failing with `SQLITE_BUSY`, and readers wait for nobody. Commits are synced to disk before they are
//! acknowledged (`synchronous = FULL`), and deleted content is overwritten (`secure_delete`).

use std::{path::Path, time::Duration};

use aforo_core::{StoreError, StoreErrorKind};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::{Settings, fts5 as full_text};

pub(crate) type Db = sqlx::Sqlite;
type Connection = sqlx::SqliteConnection;

/// A deferred transaction that reads and then writes can fail with BUSY at once; this one waits its turn.
const BEGIN: &str = "BEGIN IMMEDIATE";
const BEGIN_READ: &str = "BEGIN DEFERRED";
/// A failed statement undoes itself only, and what was done before it is committed; or, when the disk is full,
/// everything is undone, and COMMIT fails.
const BEFORE_COMMIT: Option<&str> = None;
/// One writer at a time is SQLite's nature: waiting for it in vain means that others were in the way.
const TIMED_OUT: StoreErrorKind = StoreErrorKind::Busy;
const SETTINGS: Settings = Settings {
    connections: 4,
    acquire_timeout: Duration::from_secs(5),
};
/// The transaction itself keeps others out.
const MIGRATION_LOCK: &str = "";
const MIGRATIONS: &[(i32, &str, &str)] = &[
    (
        1,
        "console",
        include_str!("../migrations/sqlite/0001_console.sql"),
    ),
    (2, "guides", include_str!("../migrations/sqlite/0002_guides.sql")),
    (3, "search", include_str!("../migrations/sqlite/0003_search.sql")),
    (
        4,
        "publishing",
        include_str!("../migrations/sqlite/0004_publishing.sql"),
    ),
    (
        5,
        "sealed_items",
        include_str!("../migrations/sqlite/0005_sealed_items.sql"),
    ),
    (6, "agents", include_str!("../migrations/sqlite/0006_agents.sql")),
];

/// Holds the rows of a SELECT unchanged until the transaction ends. Nothing to say here: the writer is alone.
macro_rules! hold {
    () => {
        ""
    };
}

#[path = "shared/mod.rs"]
mod shared;
pub use shared::{Store, Tx};

/// How often opening is tried, 20 ms apart, while others are at it.
const OPEN_TRIES: u32 = 250;

impl Store {
    /// Opens the database at `sqlite:path`, creating the file if there is none.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options: SqliteConnectOptions = url.parse().map_err(shared::store_error)?;
        Self::open_with(options.create_if_missing(true), SETTINGS).await
    }
    /// Opens the database in this file, creating it if there is none.
    pub async fn open_file(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        Self::open_with(options, SETTINGS).await
    }
    /// Opens a database as the host wants it; journal, durability, foreign keys and secure deletion are set here.
    pub async fn open_with(options: SqliteConnectOptions, settings: Settings) -> Result<Self, StoreError> {
        // Switching a new file to WAL does not wait for others that do the same: SQLite turns them away at once.
        let mut tries = 0;
        loop {
            match Self::open_once(options.clone(), settings).await {
                Err(error) if error.kind() == StoreErrorKind::Busy && tries < OPEN_TRIES => tries += 1,
                other => return other,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn open_once(options: SqliteConnectOptions, settings: Settings) -> Result<Self, StoreError> {
        let writing = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("secure_delete", "ON")
            // INSERT OR REPLACE must not pass the audit log's triggers by.
            .pragma("recursive_triggers", "ON");
        let reading = writing.clone().pragma("query_only", "ON");
        let writers = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(writing)
            .await
            .map_err(shared::store_error)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(settings.acquire_timeout)
            .test_before_acquire(false)
            .connect_with(reading)
            .await
            .map_err(shared::store_error)?;
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(&writers)
            .await
            .map_err(shared::store_error)?;
        if journal != "wal" {
            return Err(StoreError::new(
                StoreErrorKind::Other,
                "SQLite needs a file on a local disk here; in memory, use aforo-memory",
            ));
        }
        Ok(Self::new(readers, writers))
    }
    /// Takes over a host's pool, for reading and writing. Writers then queue by the pool's `busy_timeout`; set
    /// that, WAL mode, `foreign_keys`, `secure_delete` and `recursive_triggers` on it.
    pub fn from_pool(pool: sqlx::SqlitePool) -> Self {
        Self::new(pool.clone(), pool)
    }
    /// Empties the write-ahead log, so that revoked credentials are not left in it. False if readers were in the
    /// way; then try again later. Maintenance calls it after revocations.
    pub async fn shred(&self) -> Result<bool, StoreError> {
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(self.writers())
            .await
            .map_err(shared::store_error)?;
        Ok(busy == 0)
    }
}
