//! A host that joins its own transaction, and one that chooses its database by address.

use aforo_core::{
    OsEntropy,
    contract::{NOW, later, world},
    domain::store::{CoreTx, SubscriptionTx},
    kernel::audit::{Actor, AuditEntry},
};
use aforo_sql::{postgres, sqlite};
use aforo_tests::postgres::Database;

macro_rules! joins {
    ($name:ident, $pool:expr, $store:expr, $tx:path) => {
        #[tokio::test]
        async fn $name() {
            let (pool, store, _guard) = $pool.await;
            sqlx::raw_sql("CREATE TABLE host_orders (id INTEGER)")
                .execute(&pool)
                .await
                .unwrap();
            let world = world(&store).await;
            for commit in [false, true] {
                let mut theirs = pool.begin().await.unwrap();
                sqlx::query("INSERT INTO host_orders VALUES (7)")
                    .execute(&mut *theirs)
                    .await
                    .unwrap();
                let mut ours = <$tx>::from_transaction(theirs);
                assert!(
                    ours.subscriptions(world.own)
                        .cancel(world.subscription, later(1))
                        .await
                        .unwrap()
                );
                let entry = AuditEntry::new(world.own, Actor::System, "order.ended", NOW, &OsEntropy);
                ours.audit(world.own).append(&entry).await.unwrap();
                let mut theirs = ours.into_transaction();
                sqlx::query("INSERT INTO host_orders VALUES (8)")
                    .execute(&mut *theirs)
                    .await
                    .unwrap();
                if commit {
                    theirs.commit().await.unwrap()
                } else {
                    theirs.rollback().await.unwrap()
                }

                let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM host_orders")
                    .fetch_one(&pool)
                    .await
                    .unwrap();
                let mut tx: Box<dyn CoreTx> = aforo_core::Store::read(&store).await.unwrap();
                let found = tx
                    .subscriptions(world.own)
                    .find(world.subscription)
                    .await
                    .unwrap()
                    .unwrap();
                assert_eq!(
                    (orders, found.cancelled_at),
                    if commit {
                        (2, Some(later(1)))
                    } else {
                        (0, None)
                    }
                );
            }
        }
    };
}

joins!(
    a_sqlite_host_joins_its_own_transaction,
    async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("host.db").display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let store = sqlite::Store::from_pool(pool.clone());
        store.migrate().await.unwrap();
        (pool, store, folder)
    },
    sqlite::Store,
    sqlite::Tx
);

joins!(
    a_postgres_host_joins_its_own_transaction,
    async {
        let database = Database::new().await;
        let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
        (pool.clone(), postgres::Store::from_pool(pool), database)
    },
    postgres::Store,
    postgres::Tx
);

#[tokio::test]
async fn an_address_chooses_the_database() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::empty().await);
    let file = format!("sqlite:{}", folder.path().join("console.db").display());
    for url in [file, database.url.clone()] {
        let store = aforo_sql::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        store.ping().await.unwrap();
        assert!(store.shred().await.unwrap());
        let stores = store.stores();
        assert!(
            stores
                .credentials
                .find_credential(&[0; 32])
                .await
                .unwrap()
                .is_none()
        );
        let mut tx = stores.console.begin().await.unwrap();
        assert!(tx.tenants().list().await.unwrap().is_empty());
        drop(tx);
        store.close().await;
        assert!(store.ping().await.is_err());
    }
}
