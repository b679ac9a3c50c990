//! Every repository, once. `super::Db` is the database for which this copy is compiled.
//!
//! Each statement binds the scope first: `$1` is the tenant and, where the table has a customer, `$2` the
//! customer or NULL for all of them.

mod audit;
mod credentials;
mod customers;
mod guides;
mod keys;
mod migrate;
mod plans;
mod products;
mod publications;
mod readers;
mod row;
mod sealed;
mod search;
mod sessions;
mod specs;
mod subscriptions;
mod tenants;
mod users;
mod watches;

use aforo_core::{
    CustomerId, Store as StoreOf, StoreError, TenantId, TenantScope, Transaction,
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
use aforo_docs::guide::store::{
    DraftRepository, FeedbackRepository, ImageRepository, PageRepository, SuggestionRepository,
};
use aforo_docs::{
    publication::PublicationRepository,
    sealed::SealedItemRepository,
    search::SearchRepository,
    store::{ConsoleTx, DocsTx, SpecRepository},
    watch::WatchRepository,
};
use aforo_vault::store::{KeyRepository, VaultTx};
use async_trait::async_trait;
use sqlx::{Connection as _, Pool, Transaction as SqlTransaction};
use uuid::Uuid;

use super::{
    BEFORE_COMMIT, BEGIN, BEGIN_READ, Connection, Db, MIGRATION_LOCK, MIGRATIONS, TIMED_OUT, full_text,
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
        begin_on(&self.writers, BEGIN).await
    }
    async fn read_tx(&self) -> Result<Tx, StoreError> {
        begin_on(&self.readers, BEGIN_READ).await
    }
}

/// When a disk is full or fails, SQLite ends a transaction by itself, and sqlx goes on counting it: that
/// connection never begins another. It is closed here, and a fresh one takes its place.
async fn begin_on(pool: &Pool<Db>, begin: &'static str) -> Result<Tx, StoreError> {
    for _ in 0..=pool.options().get_max_connections() {
        match pool.begin_with(begin).await {
            Ok(tx) => return Ok(Tx { tx }),
            Err(sqlx::Error::InvalidSavePointStatement) => {
                let connection = pool.acquire().await.map_err(store_error)?;
                if connection.is_in_transaction() {
                    connection.close().await.map_err(store_error)?;
                }
            }
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(store_error(sqlx::Error::InvalidSavePointStatement))
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
repositories!(Audit Customers Drafts Images Keys Opinions Pages Plans Products Publications SealedItems Search Sessions Specs Subscriptions Suggestions Users Watches);

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
    fn sealed(&mut self, scope: TenantScope) -> Box<dyn SealedItemRepository + '_> {
        SealedItems::over(self, scope)
    }
    fn specs(&mut self, scope: TenantScope) -> Box<dyn SpecRepository + '_> {
        Specs::over(self, scope)
    }
    fn pages(&mut self, scope: TenantScope) -> Box<dyn PageRepository + '_> {
        Pages::over(self, scope)
    }
    fn page_drafts(&mut self, scope: TenantScope) -> Box<dyn DraftRepository + '_> {
        Drafts::over(self, scope)
    }
    fn suggestions(&mut self, scope: TenantScope) -> Box<dyn SuggestionRepository + '_> {
        Suggestions::over(self, scope)
    }
    fn feedback(&mut self, scope: TenantScope) -> Box<dyn FeedbackRepository + '_> {
        Opinions::over(self, scope)
    }
    fn images(&mut self, scope: TenantScope) -> Box<dyn ImageRepository + '_> {
        Images::over(self, scope)
    }
    fn publications(&mut self, scope: TenantScope) -> Box<dyn PublicationRepository + '_> {
        Publications::over(self, scope)
    }
    fn search(&mut self, scope: TenantScope) -> Box<dyn SearchRepository + '_> {
        Search::over(self, scope)
    }
    fn watches(&mut self, scope: TenantScope) -> Box<dyn WatchRepository + '_> {
        Watches::over(self, scope)
    }
}

pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    crate::error::store_error(error, TIMED_OUT)
}
