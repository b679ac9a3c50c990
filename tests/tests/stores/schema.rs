//! The tables: alike in both databases, updated safely, and strict by themselves.

use std::collections::BTreeMap;

use aforo_core::{
    CustomerId, OsEntropy, StoreErrorKind, TenantScope,
    contract::{NOW, begin, sample_plan, sample_subscription, world},
};
use aforo_sql::{postgres, sqlite};
use aforo_tests::postgres::Database;
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::{postgres, sqlite};

/// Table, column, and whether it may be NULL.
type Columns = BTreeMap<(String, String), bool>;

async fn sqlite_pool(folder: &tempfile::TempDir) -> SqlitePool {
    let file = folder.path().join("console.db");
    SqlitePool::connect(&format!("sqlite:{}", file.display()))
        .await
        .unwrap()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let ((_lite, folder), (_big, database)) = (sqlite().await, postgres().await);
    let lite: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT t.name, c.name, NOT c.\"notnull\" FROM pragma_table_list t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
    )
    .fetch_all(&sqlite_pool(&folder).await)
    .await
    .unwrap();
    let big: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> 'search_index'",
    )
    .fetch_all(&PgPool::connect(&database.url).await.unwrap())
    .await
    .unwrap();
    let by_name = |rows: Vec<(String, String, bool)>| -> Columns {
        // The table of migrations is sqlx's own matter; the full-text index is each database's own.
        let ours = rows
            .into_iter()
            .filter(|(table, ..)| table != "_aforo_migrations");
        ours.map(|(table, column, null)| ((table, column), null))
            .collect()
    };
    let (lite, big) = (by_name(lite), by_name(big));
    assert!(lite.len() > 80, "{}", lite.len());
    assert_eq!(lite, big);
}

#[tokio::test]
async fn every_sqlite_table_is_strict() {
    let (_store, folder) = sqlite().await;
    let loose: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict
         AND name NOT LIKE 'sqlite%' AND name <> '_aforo_migrations'",
    )
    .fetch_all(&sqlite_pool(&folder).await)
    .await
    .unwrap();
    assert_eq!(loose, Vec::<String>::new());
}

#[tokio::test]
async fn both_databases_have_the_same_migrations() {
    const APPLIED: &str = "SELECT number, name FROM _aforo_migrations ORDER BY number";
    let ((_lite, folder), (_big, database)) = (sqlite().await, postgres().await);
    let lite: Vec<(i32, String)> = sqlx::query_as(APPLIED)
        .fetch_all(&sqlite_pool(&folder).await)
        .await
        .unwrap();
    let big: Vec<(i32, String)> = sqlx::query_as(APPLIED)
        .fetch_all(&PgPool::connect(&database.url).await.unwrap())
        .await
        .unwrap();
    assert!(!lite.is_empty());
    assert_eq!(lite, big);
}

#[tokio::test]
async fn processes_that_start_at_once_migrate_once() {
    for round in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let starts = (0..4).map(|_| async {
            let store = sqlite::Store::open_file(folder.path().join("console.db"))
                .await
                .unwrap_or_else(|error| panic!("round {round}: {error:?}"));
            store.migrate().await.unwrap();
            store.migrate().await.unwrap();
        });
        join_all(starts).await;
    }
    let database = Database::empty().await;
    let starts = (0..4).map(|_| async {
        let store = postgres::Store::open(&database.url).await.unwrap();
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        world(&store).await;
    });
    join_all(starts).await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let ((lite, folder), (big, database)) = (sqlite().await, postgres().await);
    const LATER: &str = "INSERT INTO _aforo_migrations (number, name, checksum) VALUES (9999, 'later', '')";
    sqlx::query(LATER)
        .execute(&sqlite_pool(&folder).await)
        .await
        .unwrap();
    sqlx::query(LATER)
        .execute(&PgPool::connect(&database.url).await.unwrap())
        .await
        .unwrap();
    assert_eq!(lite.migrate().await.unwrap_err().kind(), StoreErrorKind::Other);
    assert_eq!(big.migrate().await.unwrap_err().kind(), StoreErrorKind::Other);
}

#[tokio::test]
async fn a_migration_that_was_edited_is_refused() {
    let ((lite, folder), (big, database)) = (sqlite().await, postgres().await);
    const EDITED: &str = "UPDATE _aforo_migrations SET checksum = 'another'";
    sqlx::query(EDITED)
        .execute(&sqlite_pool(&folder).await)
        .await
        .unwrap();
    sqlx::query(EDITED)
        .execute(&PgPool::connect(&database.url).await.unwrap())
        .await
        .unwrap();
    assert_eq!(lite.migrate().await.unwrap_err().kind(), StoreErrorKind::Other);
    assert_eq!(big.migrate().await.unwrap_err().kind(), StoreErrorKind::Other);
}

/// Statements that write what no code of ours would.
const NONSENSE: [&str; 9] = [
    "UPDATE subscriptions SET status = 'paused'",
    "UPDATE subscriptions SET status = 'cancelled'", // without its time
    "UPDATE users SET role = 'root'",
    "UPDATE users SET closed_at = 1", // with its address
    "UPDATE users SET customer_id = id",
    "UPDATE products SET upstream_origin = NULL",
    "UPDATE products SET published_spec_id = id",
    "UPDATE plans SET tenant_id = id",
    "DELETE FROM customers",
];

#[tokio::test]
async fn the_databases_refuse_nonsense_by_themselves() {
    let ((lite, folder), (big, database)) = (sqlite().await, postgres().await);
    world(&lite).await;
    world(&big).await;
    let lite = sqlite_pool(&folder).await;
    let big = PgPool::connect(&database.url).await.unwrap();
    for statement in NONSENSE {
        let sql = || sqlx::raw_sql(AssertSqlSafe(statement));
        assert!(sql().execute(&lite).await.is_err(), "SQLite took {statement}");
        assert!(sql().execute(&big).await.is_err(), "PostgreSQL took {statement}");
    }
}

#[tokio::test]
async fn a_reference_to_nothing_is_a_conflict() {
    let ((lite, _folder), (big, _database)) = (sqlite().await, postgres().await);
    async fn refused(store: &impl aforo_core::contract::CoreStore) {
        let world = world(store).await;
        let plan = sample_plan(world.tenant, Vec::new());
        let stranger = CustomerId::new(NOW, &OsEntropy);
        let subscription = sample_subscription(&plan, stranger);
        let scope = TenantScope::of_customer(world.tenant, stranger);
        let outcome = begin(store)
            .await
            .subscriptions(scope)
            .insert(&subscription)
            .await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Conflict);
        assert!(std::error::Error::source(&error).is_some());
    }
    refused(&lite).await;
    refused(&big).await;
}
