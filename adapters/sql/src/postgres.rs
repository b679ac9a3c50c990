//! Storage in PostgreSQL.
//!
//! Writing transactions are READ COMMITTED: each statement sees what was committed before it, so whoever holds
//! a row (see `hold!`) and then looks again sees everything that happened while it waited. Reading
//! transactions are REPEATABLE READ: one snapshot for all their statements.

use std::time::Duration;

use aforo_core::{StoreError, StoreErrorKind};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::{Settings, tsvector as full_text};

pub(crate) type Db = sqlx::Postgres;
type Connection = sqlx::PgConnection;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// To COMMIT a transaction in which a statement failed is answered with "ROLLBACK", not with an error. A statement
/// before it finds out, so that no caller is told that something was stored when nothing was.
const BEFORE_COMMIT: Option<&str> = Some("SELECT 1");
const TIMED_OUT: StoreErrorKind = StoreErrorKind::Unavailable;
const SETTINGS: Settings = Settings {
    connections: 10,
    acquire_timeout: Duration::from_secs(2),
};
/// One process migrates at a time, for as long as it takes. The number is "aforo" in ASCII.
const MIGRATION_LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
    SELECT pg_advisory_xact_lock(418330407535)";
const MIGRATIONS: &[(i32, &str, &str)] = &[
    (
        1,
        "console",
        include_str!("../migrations/postgres/0001_console.sql"),
    ),
    (
        2,
        "guides",
        include_str!("../migrations/postgres/0002_guides.sql"),
    ),
    (
        3,
        "search",
        include_str!("../migrations/postgres/0003_search.sql"),
    ),
    (
        4,
        "publishing",
        include_str!("../migrations/postgres/0004_publishing.sql"),
    ),
    (
        5,
        "sealed_items",
        include_str!("../migrations/postgres/0005_sealed_items.sql"),
    ),
    (
        6,
        "agents",
        include_str!("../migrations/postgres/0006_agents.sql"),
    ),
];

/// Holds the rows of a SELECT unchanged until the transaction ends: other writers of these rows wait, and so do
/// others that want to hold them; readers and rows that refer to these do not.
macro_rules! hold {
    () => {
        " FOR NO KEY UPDATE"
    };
}

#[path = "shared/mod.rs"]
mod shared;
pub use shared::{Store, Tx};

impl Store {
    /// Connects to the database at `postgres://user:password@host/name`. What the address leaves out is taken
    /// from libpq's environment variables, as every PostgreSQL client does.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(shared::store_error)?;
        Self::open_with(options, SETTINGS).await
    }
    /// Connects as the host wants it. Timeouts are set here: no statement runs, and no lock is waited for,
    /// without an end.
    pub async fn open_with(options: PgConnectOptions, settings: Settings) -> Result<Self, StoreError> {
        let options = options.application_name("aforo-console").options([
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(settings.acquire_timeout)
            .test_before_acquire(false)
            // A connection that was used a moment ago is not asked whether it lives: that would double the cost
            // of every verification. One that idled is: so a database that came back is found at once.
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > Duration::from_secs(1) {
                        sqlx::Connection::ping(connection).await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .map_err(shared::store_error)?;
        Ok(Self::from_pool(pool))
    }
    /// Takes over a host's pool.
    pub fn from_pool(pool: sqlx::PgPool) -> Self {
        Self::new(pool.clone(), pool)
    }
    /// Gives back the space of revoked credentials, so that it is written over. Ciphertext stays in the
    /// write-ahead log and in backups; there it ends with its key encryption key. Maintenance calls it after
    /// revocations.
    pub async fn shred(&self) -> Result<bool, StoreError> {
        sqlx::query("VACUUM sealed_credentials")
            .execute(self.writers())
            .await
            .map_err(shared::store_error)?;
        Ok(true)
    }
}
