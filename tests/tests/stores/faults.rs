//! Databases that are full, busy, gone, and back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use aforo_core::{
    Store as StoreOf, StoreErrorKind,
    contract::{begin, read, sample_tenant, world},
    domain::store::CoreTx,
};
use aforo_docs::store::DocsTx;
use aforo_sql::{Settings, postgres, sqlite};
use aforo_tests::postgres::{Database, Server};
use aforo_vault::store::CredentialStore;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

/// The kind of the error, if it is one.
fn kind<T>(outcome: Result<T, aforo_core::StoreError>) -> Option<StoreErrorKind> {
    outcome.err().map(|e| e.kind())
}
async fn try_begin(store: &impl StoreOf<dyn CoreTx>) -> Option<StoreErrorKind> {
    kind(store.begin().await)
}

#[tokio::test]
async fn a_full_disk_stops_writers_only_and_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("console.db"))
        .create_if_missing(true)
        .foreign_keys(true);
    // The limit on pages belongs to a connection, so each new one is told.
    let pages = Arc::new(AtomicU32::new(100_000));
    let limit = pages.clone();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .after_connect(move |connection, _| {
            let limit = format!("PRAGMA max_page_count = {}", limit.load(Ordering::SeqCst));
            Box::pin(async move {
                sqlx::raw_sql(AssertSqlSafe(limit)).execute(connection).await?;
                Ok(())
            })
        });
    let pool = pool.connect_with(options).await.unwrap();
    let store = sqlite::Store::from_pool(pool.clone());
    store.migrate().await.unwrap();
    let world = world(&store).await;
    pages.store(150, Ordering::SeqCst);
    sqlx::raw_sql("PRAGMA max_page_count = 150")
        .execute(&pool)
        .await
        .unwrap();

    let spec = |n: u8| aforo_docs::store::ApiSpec {
        id: aforo_core::SpecId::new(aforo_core::contract::NOW, &aforo_core::OsEntropy),
        tenant: world.tenant,
        product: world.product,
        number: u32::from(n) + 1,
        note: String::new(),
        imported_by: "operator".into(),
        format: "OPENAPI_3".into(),
        title: "Big".into(),
        version: n.to_string(),
        operations: 1,
        source_url: None,
        sha256: [n; 32],
        created_at: aforo_core::contract::NOW,
    };
    let insert = async |n: u8| {
        let mut tx: Box<dyn DocsTx> = store.begin().await?;
        tx.specs(world.wide).insert(&spec(n), &[n; 40_000]).await?;
        tx.commit().await
    };
    let mut stored = 0;
    let failed = loop {
        match insert(stored).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "the disk is never full");
    };
    assert_eq!(failed.kind(), StoreErrorKind::Unavailable);
    assert!(stored > 0 && failed.is_retryable());
    assert_eq!(kind(insert(stored).await), Some(StoreErrorKind::Unavailable));
    // Readers and verification go on.
    assert!(store.find_credential(&[1; 32]).await.unwrap().is_none());
    assert!(
        read(&store)
            .await
            .products(world.wide)
            .find(world.product)
            .await
            .unwrap()
            .is_some()
    );
    let mut tx: Box<dyn DocsTx> = store.read().await.unwrap();
    let page = tx
        .specs(world.wide)
        .list(None, aforo_core::PageRequest::first(200))
        .await
        .unwrap();
    assert_eq!(page.items.len(), usize::from(stored));
    drop(tx);
    sqlx::raw_sql("PRAGMA max_page_count = 100000")
        .execute(&pool)
        .await
        .unwrap();
    insert(stored).await.unwrap();
}

#[tokio::test]
async fn a_writer_that_holds_on_makes_others_busy_and_then_lets_them_go() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("console.db");
    let settings = Settings {
        connections: 2,
        acquire_timeout: Duration::from_millis(100),
    };
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true);
    let store = sqlite::Store::open_with(options, settings).await.unwrap();
    store.migrate().await.unwrap();
    let held = begin(&store).await;
    assert_eq!(try_begin(&store).await, Some(StoreErrorKind::Busy));
    store.ping().await.unwrap();
    drop(held);
    assert_eq!(try_begin(&store).await, None);

    // The same with a writer of another process, which SQLite's own lock keeps out.
    let pool = SqlitePoolOptions::new().connect_with(
        SqliteConnectOptions::new()
            .filename(&file)
            .busy_timeout(Duration::from_millis(50)),
    );
    let other = sqlite::Store::from_pool(pool.await.unwrap());
    let held = begin(&store).await;
    assert_eq!(try_begin(&other).await, Some(StoreErrorKind::Busy));
    drop(held);
    assert_eq!(try_begin(&other).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sqlite_writer_is_turned_away() {
    let (store, _folder) = crate::sqlite().await;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    let mut tx = begin(&store).await;
                    tx.tenants().list().await.unwrap();
                    tokio::task::yield_now().await;
                    tx.tenants().insert(&sample_tenant()).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(read(&store).await.tenants().list().await.unwrap().len(), 200);
}

#[tokio::test]
async fn what_was_revoked_is_not_left_in_the_sqlite_files() {
    let (store, folder) = crate::sqlite().await;
    let needle = [0xa7; 76];
    let mut raw = SqliteConnection::connect_with(
        &SqliteConnectOptions::new()
            .filename(folder.path().join("console.db"))
            .foreign_keys(false),
    )
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO sealed_credentials (tenant_id, key_id, subscription_id, purpose, environment, integration,
            origin, kek_id, wrapped_dek, ciphertext)
         VALUES (x'01', x'02', x'03', 'inject', 'live', 'i', 'o', 'k1', zeroblob(60), $1)",
    )
    .bind(&needle[..])
    .execute(&mut raw)
    .await
    .unwrap();
    raw.close().await.unwrap();
    let left = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        let mut contents = files.map(|f| std::fs::read(f.unwrap().path()).unwrap());
        contents.any(|bytes| bytes.windows(needle.len()).any(|w| w == needle))
    };
    assert!(left());
    let deleted = sqlx::query("DELETE FROM sealed_credentials");
    let mut tx: Box<dyn CoreTx> = store.begin().await.unwrap();
    tx.tenants().insert(&sample_tenant()).await.unwrap();
    drop(tx);
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("console.db"))
        .pragma("secure_delete", "ON");
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    deleted.execute(&mut raw).await.unwrap();
    assert!(store.shred().await.unwrap());
    assert!(!left());
}

#[tokio::test]
async fn postgres_gone_is_said_quickly_and_postgres_back_is_found() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let store = postgres::Store::open(&server.url("postgres")).await.unwrap();
    store.migrate().await.unwrap();
    let world = world(&store).await;
    let open = begin(&store).await;

    server.stop();
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(
            kind(store.find_credential(&[1; 32]).await),
            Some(StoreErrorKind::Unavailable)
        );
        assert_eq!(try_begin(&store).await, Some(StoreErrorKind::Unavailable));
        assert_eq!(kind(store.ping().await), Some(StoreErrorKind::Unavailable));
        assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    }
    assert!(open.commit().await.is_err());

    server.start_again();
    let began = Instant::now();
    while let Some(kind) = kind(store.ping().await) {
        assert_eq!(kind, StoreErrorKind::Unavailable);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    assert!(
        read(&store)
            .await
            .customers(world.wide)
            .find(world.customer)
            .await
            .unwrap()
            .is_some()
    );
    aforo_core::contract::world(&store).await;
}

#[tokio::test]
async fn connections_that_an_operator_ends_are_replaced() {
    let (store, database) = crate::postgres().await;
    let world = world(&store).await;
    let mut operator = PgConnection::connect(&database.url).await.unwrap();
    for _ in 0..3 {
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .execute(&mut operator)
        .await
        .unwrap();
        let mut failures = 0;
        while let Some(kind) = kind(store.find_credential(&[1; 32]).await) {
            assert_eq!(kind, StoreErrorKind::Unavailable);
            failures += 1;
            assert!(failures <= 10, "more failures than connections");
        }
        assert!(
            read(&store)
                .await
                .plans(world.wide)
                .find(world.plan)
                .await
                .unwrap()
                .is_some()
        );
    }
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_unavailable() {
    let database = Database::new().await;
    let settings = Settings {
        connections: 1,
        acquire_timeout: Duration::from_millis(200),
    };
    let store = postgres::Store::open_with(database.url.parse().unwrap(), settings)
        .await
        .unwrap();
    let held = begin(&store).await;
    assert_eq!(try_begin(&store).await, Some(StoreErrorKind::Unavailable));
    assert_eq!(
        kind(store.find_credential(&[1; 32]).await),
        Some(StoreErrorKind::Unavailable)
    );
    drop(held);
    assert_eq!(try_begin(&store).await, None);
}

#[tokio::test]
async fn who_waits_too_long_for_a_row_is_busy() {
    let (store, database) = crate::postgres().await;
    let world = world(&store).await;
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    let mut other = other.begin().await.unwrap();
    let hold = "SELECT 1 FROM subscriptions FOR UPDATE";
    sqlx::raw_sql(AssertSqlSafe(hold))
        .execute(&mut *other)
        .await
        .unwrap();
    let mut tx = begin(&store).await;
    let began = Instant::now();
    let outcome = tx.subscriptions(world.own).lock(world.subscription).await;
    assert_eq!(kind(outcome), Some(StoreErrorKind::Busy));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_no_database_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("console.db");
    std::fs::write(&file, [b'x'; 8192]).unwrap();
    let corrupt = sqlite::Store::open_file(&file).await;
    assert_eq!(kind(corrupt), Some(StoreErrorKind::Corrupt));
    let nowhere = sqlite::Store::open_file(folder.path().join("no/such/folder/console.db")).await;
    assert_eq!(kind(nowhere), Some(StoreErrorKind::Unavailable));
    assert_eq!(
        kind(aforo_sql::connect("sqlite::memory:").await),
        Some(StoreErrorKind::Other)
    );
    assert_eq!(
        kind(aforo_sql::connect("mysql://host/name").await),
        Some(StoreErrorKind::Other)
    );
    let refused = aforo_sql::connect("postgres://u:p@127.0.0.1:1/name").await;
    assert_eq!(kind(refused), Some(StoreErrorKind::Unavailable));
}
