//! Every store: one contract for all of them, and what only holds for databases.

#![allow(clippy::unwrap_used)] // what these tests unwrap is what they claim

mod faults;
mod guides;
mod hosts;
mod races;
mod schema;
mod tampering;

use aforo_tests::postgres::Database;
use aforo_vault::contract::Subject;
use tempfile::TempDir;

/// A SQLite database in a file of its own.
async fn sqlite() -> (aforo_sql::sqlite::Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = aforo_sql::sqlite::Store::open_file(folder.path().join("console.db"))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

/// A PostgreSQL database of its own.
async fn postgres() -> (aforo_sql::postgres::Store, Database) {
    let database = Database::new().await;
    (
        aforo_sql::postgres::Store::open(&database.url).await.unwrap(),
        database,
    )
}

aforo_core::core_contract!(memory_core, async { (aforo_memory::Store::new(), ()) });
aforo_core::core_contract!(sqlite_core, sqlite());
aforo_core::core_contract!(postgres_core, postgres());

aforo_vault::vault_contract!(memory_vault, async {
    (Subject::of(aforo_memory::Store::new()), ())
});
aforo_vault::vault_contract!(sqlite_vault, async {
    let (store, folder) = sqlite().await;
    (Subject::of(store), folder)
});
aforo_vault::vault_contract!(postgres_vault, async {
    let (store, database) = postgres().await;
    (Subject::of(store), database)
});

aforo_docs::docs_contract!(memory_docs, async { (aforo_memory::Store::new(), ()) });
aforo_docs::docs_contract!(sqlite_docs, sqlite());
aforo_docs::docs_contract!(postgres_docs, postgres());

aforo_docs::search_contract!(memory_search, async { (aforo_memory::Store::new(), ()) });
aforo_docs::search_contract!(sqlite_search, sqlite());
aforo_docs::search_contract!(postgres_search, postgres());
