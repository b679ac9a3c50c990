//! In-memory storage with real transactions for Aforo Console: for tests, and for the first steps of library
//! consumers. What it holds is gone with the process.
//!
//! Writers take turns, in the order in which they asked. Each works on a copy; `commit` puts the copy in the
//! place of what was there, and a dropped transaction leaves nothing. Readers see what was committed when they
//! began. Tables are shared until they are written, so that beginning costs nothing.

mod accounts;
mod audit;
mod catalog;
mod credentials;
mod guides;
mod keys;
mod publishing;
mod readers;
mod sealed;
mod search;
mod specs;
mod subscriptions;
mod table;

use std::sync::{Arc, PoisonError, RwLock};

use aforo_core::{
    Store as StoreOf, StoreError, TenantScope, Transaction,
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
use table::Data;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Storage in memory. Clones share what they hold.
#[derive(Clone, Default)]
pub struct Store {
    committed: Arc<RwLock<Data>>,
    writer: Arc<Mutex<()>>,
}

impl Store {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn snapshot(&self) -> Data {
        self.committed
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
    fn replace(&self, data: Data) {
        *self.committed.write().unwrap_or_else(PoisonError::into_inner) = data;
    }
    async fn write(&self) -> Tx {
        let turn = self.writer.clone().lock_owned().await;
        Tx {
            data: self.snapshot(),
            target: Some((self.clone(), turn)),
        }
    }
}

/// One open transaction; gives out every repository itself.
struct Tx {
    data: Data,
    /// Where a commit goes; `None` for a transaction that only reads.
    target: Option<(Store, OwnedMutexGuard<()>)>,
}

/// A repository: the transaction's data, as far as the scope goes.
struct Scoped<'t> {
    data: &'t mut Data,
    scope: TenantScope,
}

impl Tx {
    fn scoped(&mut self, scope: TenantScope) -> Box<Scoped<'_>> {
        Box::new(Scoped {
            data: &mut self.data,
            scope,
        })
    }
}

#[async_trait]
impl Transaction for Tx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        if let Some((store, turn)) = self.target {
            store.replace(self.data);
            drop(turn);
        }
        Ok(())
    }
}

impl SubscriptionTx for Tx {
    fn subscriptions(&mut self, scope: TenantScope) -> Box<dyn SubscriptionRepository + '_> {
        self.scoped(scope)
    }
    fn audit(&mut self, scope: TenantScope) -> Box<dyn AuditRepository + '_> {
        self.scoped(scope)
    }
}

impl CoreTx for Tx {
    fn tenants(&mut self) -> Box<dyn TenantRepository + '_> {
        Box::new(accounts::Tenants(&mut self.data))
    }
    fn users(&mut self, scope: TenantScope) -> Box<dyn UserRepository + '_> {
        self.scoped(scope)
    }
    fn sessions(&mut self, scope: TenantScope) -> Box<dyn SessionRepository + '_> {
        self.scoped(scope)
    }
    fn customers(&mut self, scope: TenantScope) -> Box<dyn CustomerRepository + '_> {
        self.scoped(scope)
    }
    fn products(&mut self, scope: TenantScope) -> Box<dyn ProductRepository + '_> {
        self.scoped(scope)
    }
    fn plans(&mut self, scope: TenantScope) -> Box<dyn PlanRepository + '_> {
        self.scoped(scope)
    }
}

impl VaultTx for Tx {
    fn keys(&mut self, scope: TenantScope) -> Box<dyn KeyRepository + '_> {
        self.scoped(scope)
    }
}

impl DocsTx for Tx {
    fn sealed(&mut self, scope: TenantScope) -> Box<dyn SealedItemRepository + '_> {
        self.scoped(scope)
    }
    fn specs(&mut self, scope: TenantScope) -> Box<dyn SpecRepository + '_> {
        self.scoped(scope)
    }
    fn pages(&mut self, scope: TenantScope) -> Box<dyn PageRepository + '_> {
        self.scoped(scope)
    }
    fn page_drafts(&mut self, scope: TenantScope) -> Box<dyn DraftRepository + '_> {
        self.scoped(scope)
    }
    fn suggestions(&mut self, scope: TenantScope) -> Box<dyn SuggestionRepository + '_> {
        self.scoped(scope)
    }
    fn feedback(&mut self, scope: TenantScope) -> Box<dyn FeedbackRepository + '_> {
        self.scoped(scope)
    }
    fn images(&mut self, scope: TenantScope) -> Box<dyn ImageRepository + '_> {
        self.scoped(scope)
    }
    fn publications(&mut self, scope: TenantScope) -> Box<dyn PublicationRepository + '_> {
        self.scoped(scope)
    }
    fn search(&mut self, scope: TenantScope) -> Box<dyn SearchRepository + '_> {
        self.scoped(scope)
    }
    fn watches(&mut self, scope: TenantScope) -> Box<dyn WatchRepository + '_> {
        self.scoped(scope)
    }
}

macro_rules! begins {
    ($($tx:ident)*) => {$(
        #[async_trait]
        impl StoreOf<dyn $tx> for Store {
            async fn begin(&self) -> Result<Box<dyn $tx>, StoreError> {
                Ok(Box::new(self.write().await))
            }
            async fn read(&self) -> Result<Box<dyn $tx>, StoreError> {
                Ok(Box::new(Tx { data: self.snapshot(), target: None }))
            }
        }
    )*};
}
begins!(SubscriptionTx CoreTx VaultTx DocsTx ConsoleTx);
