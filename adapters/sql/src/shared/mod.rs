//! Every repository, once. `super::Db` is the database for which this copy is compiled.
//!
//! Each statement binds the scope first: `$1` is the tenant and, where the table has a customer, `$2` the
//! customer or NULL for all of them.

mod audit;
mod credentials;
mod customers;
mod keys;
mod plans;
mod products;
mod row;
mod sessions;
mod specs;
mod subscriptions;
mod tenants;
mod users;

use aforo_core::{
    CustomerId, Store as StoreOf, StoreError, StoreErrorKind, TenantId, TenantScope, Transaction,
    domain::{
        customer::CustomerRepository,
        plan::PlanRepository,
        product::ProductRepository,
        session::SessionRepository,
        store::{CoreTx, SubscriptionTx},
        subscription::SubscriptionRepository,
        tenant::TenantRepository,
        user::UserRepository,
    },
    kernel::audit::AuditRepository,
};
use aforo_docs::store::{ConsoleTx, DocsTx, SpecRepository};
use aforo_vault::store::{KeyRepository, VaultTx};
use async_trait::async_trait;
use sqlx::{
    Pool, SqlSafeStr, SqlStr, Transaction as SqlTransaction,
    migrate::{Migration, MigrationType, Migrator},
};
use uuid::Uuid;

use super::{
    AFTER_MIGRATION, BEFORE_COMMIT, BEFORE_MIGRATION, BEGIN, BEGIN_READ, Connection, Db, MIGRATIONS,
    TIMED_OUT,
};
use crate::error::outside;

/// A database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    readers: Pool<Db>,
    writers: Pool<Db>,
}

impl Store {
    pub(super) fn new(readers: Pool<Db>, writers: Pool<Db>) -> Self {
        Self { readers, writers }
    }
    pub(super) fn writers(&self) -> &Pool<Db> {
        &self.writers
    }

    /// Creates and updates the tables. Safe to call at every start, by several processes at once. A database
    /// that a newer version updated is refused.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migrations = MIGRATIONS.iter().map(|(number, name, sql)| {
            let sql = SqlStr::from_static(sql);
            Migration::new(*number, (*name).into(), MigrationType::Simple, sql, false)
        });
        let mut migrator = Migrator::with_migrations(migrations.collect());
        migrator.dangerous_set_table_name("_aforo_migrations");
        let mut connection = self.writers.acquire().await.map_err(store_error)?;
        let set = |sql: &'static str| sqlx::raw_sql(sql.into_sql_str());
        set(BEFORE_MIGRATION)
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
        let outcome = migrator.run(&mut *connection).await;
        set(AFTER_MIGRATION)
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
        outcome.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => store_error(error),
            other => StoreError::new(StoreErrorKind::Other, other),
        })
    }

    /// Asks the database for an answer: whether the console is ready.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let one = sqlx::query_scalar::<Db, i64>("SELECT CAST(1 AS BIGINT)");
        one.fetch_one(&self.readers).await.map_err(store_error)?;
        Ok(())
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }

    async fn begin_tx(&self) -> Result<Tx, StoreError> {
        let tx = self.writers.begin_with(BEGIN).await.map_err(store_error)?;
        Ok(Tx { tx })
    }
    async fn read_tx(&self) -> Result<Tx, StoreError> {
        let tx = self.readers.begin_with(BEGIN_READ).await.map_err(store_error)?;
        Ok(Tx { tx })
    }
}

macro_rules! begins {
    ($($tx:ident)*) => {$(
        #[async_trait]
        impl StoreOf<dyn $tx> for Store {
            async fn begin(&self) -> Result<Box<dyn $tx>, StoreError> {
                Ok(Box::new(self.begin_tx().await?))
            }
            async fn read(&self) -> Result<Box<dyn $tx>, StoreError> {
                Ok(Box::new(self.read_tx().await?))
            }
        }
    )*};
}
begins!(SubscriptionTx CoreTx VaultTx DocsTx ConsoleTx);

/// One open transaction; gives out every repository itself.
pub struct Tx {
    tx: SqlTransaction<'static, Db>,
}

impl Tx {
    /// Joins a transaction of the host: everything done by this is committed, or rolled back, with it.
    pub fn from_transaction(tx: SqlTransaction<'static, Db>) -> Self {
        Self { tx }
    }
    /// Gives the host its transaction back, to go on with or to commit.
    pub fn into_transaction(self) -> SqlTransaction<'static, Db> {
        self.tx
    }
}

#[async_trait]
impl Transaction for Tx {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(probe) = BEFORE_COMMIT {
            let alive = sqlx::query::<Db>(probe).execute(&mut *self.tx).await;
            alive.map_err(store_error)?;
        }
        self.tx.commit().await.map_err(store_error)
    }
}

/// One struct for each table family: the connection, and whose data it may touch.
macro_rules! repositories {
    ($($name:ident)*) => {$(
        struct $name<'t> {
            conn: &'t mut Connection,
            scope: Scope,
        }
        impl<'t> $name<'t> {
            fn over(tx: &'t mut Tx, scope: TenantScope) -> Box<Self> {
                Box::new(Self { conn: &mut tx.tx, scope: Scope::of(scope) })
            }
        }
    )*};
}
repositories!(Audit Customers Keys Plans Products Sessions Specs Subscriptions Users);

struct Tenants<'t> {
    conn: &'t mut Connection,
}

/// A scope as statements bind it.
#[derive(Clone, Copy)]
struct Scope {
    tenant: Uuid,
    customer: Option<Uuid>,
    scope: TenantScope,
}

impl Scope {
    fn of(scope: TenantScope) -> Self {
        Self {
            tenant: scope.tenant().as_uuid(),
            customer: scope.customer().map(CustomerId::as_uuid),
            scope,
        }
    }
    /// Refuses to write a row that the scope does not cover.
    fn admit(self, tenant: TenantId, customer: Option<CustomerId>) -> Result<(), StoreError> {
        if self.scope.covers(tenant, customer) {
            Ok(())
        } else {
            Err(outside("the scope does not cover this row"))
        }
    }
    /// As [`admit`](Self::admit), for rows that belong to no customer.
    fn admit_tenant(self, tenant: TenantId) -> Result<(), StoreError> {
        self.admit(tenant, self.scope.customer())
    }
}

impl SubscriptionTx for Tx {
    fn subscriptions(&mut self, scope: TenantScope) -> Box<dyn SubscriptionRepository + '_> {
        Subscriptions::over(self, scope)
    }
    fn audit(&mut self, scope: TenantScope) -> Box<dyn AuditRepository + '_> {
        Audit::over(self, scope)
    }
}

impl CoreTx for Tx {
    fn tenants(&mut self) -> Box<dyn TenantRepository + '_> {
        Box::new(Tenants { conn: &mut self.tx })
    }
    fn users(&mut self, scope: TenantScope) -> Box<dyn UserRepository + '_> {
        Users::over(self, scope)
    }
    fn sessions(&mut self, scope: TenantScope) -> Box<dyn SessionRepository + '_> {
        Sessions::over(self, scope)
    }
    fn customers(&mut self, scope: TenantScope) -> Box<dyn CustomerRepository + '_> {
        Customers::over(self, scope)
    }
    fn products(&mut self, scope: TenantScope) -> Box<dyn ProductRepository + '_> {
        Products::over(self, scope)
    }
    fn plans(&mut self, scope: TenantScope) -> Box<dyn PlanRepository + '_> {
        Plans::over(self, scope)
    }
}

impl VaultTx for Tx {
    fn keys(&mut self, scope: TenantScope) -> Box<dyn KeyRepository + '_> {
        Keys::over(self, scope)
    }
}

impl DocsTx for Tx {
    fn specs(&mut self, scope: TenantScope) -> Box<dyn SpecRepository + '_> {
        Specs::over(self, scope)
    }
}

pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    crate::error::store_error(error, TIMED_OUT)
}
