//! Creates and updates the tables, all in one transaction.

use aforo_core::{StoreError, StoreErrorKind, kernel::audit::hex};
use sha2::{Digest, Sha256};

use super::{Db, MIGRATION_LOCK, MIGRATIONS, Store, store_error};

impl Store {
    /// Creates and updates the tables. Safe to call at every start, by several processes at once: it happens as
    /// a whole or not at all. A database that a newer version updated is refused, and so is one whose
    /// migrations are not those of this version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut tx = self.begin_tx().await?.into_transaction();
        sqlx::raw_sql(MIGRATION_LOCK)
            .execute(&mut *tx)
            .await
            .map_err(store_error)?;
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS _aforo_migrations
             (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)",
        )
        .execute(&mut *tx)
        .await
        .map_err(store_error)?;
        let applied = sqlx::query_as::<Db, (i32, String)>(
            "SELECT number, checksum FROM _aforo_migrations ORDER BY number",
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(store_error)?;
        if let Some((number, _)) = applied.get(MIGRATIONS.len()) {
            return Err(refuse(format!(
                "the database has migration {number}, which this version does not know"
            )));
        }
        for (at, (number, name, sql)) in MIGRATIONS.iter().enumerate() {
            let checksum = hex(&Sha256::digest(sql.as_bytes()));
            match applied.get(at) {
                Some((applied, known)) if applied == number && *known == checksum => continue,
                Some(_) => {
                    return Err(refuse(format!(
                        "migration {number} is not the one that was applied"
                    )));
                }
                None => {}
            }
            sqlx::raw_sql(*sql).execute(&mut *tx).await.map_err(store_error)?;
            sqlx::query::<Db>("INSERT INTO _aforo_migrations (number, name, checksum) VALUES ($1, $2, $3)")
                .bind(number)
                .bind(*name)
                .bind(checksum)
                .execute(&mut *tx)
                .await
                .map_err(store_error)?;
        }
        tx.commit().await.map_err(store_error)
    }
}

fn refuse(why: String) -> StoreError {
    StoreError::new(StoreErrorKind::Other, why)
}
