//! Background work of a console: last-used times, the audit chain, re-wrapping, and forgetting old sessions.
//! All of it may run in several processes at once.

use std::{panic::AssertUnwindSafe, time::Duration};

use aforo_core::{
    ProductId, StoreError, TenantId, TenantScope,
    kernel::{
        audit::{self, ChainHead},
        egress,
    },
};
use aforo_docs::{
    error::DocsError,
    watch::{Checked, Source, SourceAnswer, SourceFailure, Validators},
};
use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::{task::JoinHandle, time::MissedTickBehavior};

use crate::{
    console::{Console, Shared},
    problem::chain,
};

/// How often due addresses are looked for.
const WATCH_TICK: Duration = Duration::from_secs(10);
/// Addresses of one tenant that are looked at in one go, so that others get their turn.
const LOOKS: u32 = 20;

/// Keeps heads of audit chains outside the database, so that `verify` finds a chain that was cut or rolled
/// back together with its database.
#[async_trait]
pub trait AuditAnchor: Send + Sync {
    /// The head that was kept last.
    async fn load(&self, tenant: TenantId) -> Option<ChainHead>;
    /// Keeps how far a tenant's chain reached. Only called when the head kept last is part of the chain.
    async fn store(&self, tenant: TenantId, head: ChainHead);
}

impl Console {
    /// Runs the background work until `shutdown` ends, then writes what is still in memory. `anchor` gets the
    /// head of each tenant's audit chain every minute.
    pub async fn run_workers(
        &self,
        anchor: Option<&dyn AuditAnchor>,
        shutdown: impl Future<Output = ()> + Send,
    ) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks: u64 = 0;
        // Other servers may take their time: the chain does not wait for them.
        let _watching = Watching::start(self.clone());
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                _ = second.tick() => {}
            }
            self.log(
                "audit seal",
                self.seal_audit(anchor.filter(|_| ticks.is_multiple_of(60))).await,
            );
            if ticks.is_multiple_of(600) {
                // At the start, for what another version of the program published.
                self.refresh_search().await;
            }
            if ticks.is_multiple_of(30) {
                self.log(
                    "last-used times",
                    self.shared.vault.flush_last_used().await.map(drop),
                );
            }
            if ticks.is_multiple_of(60) {
                if let Err(error) = self.shared.vault.rewrap(100).await {
                    tracing::warn!(worker = "re-wrap", error = %chain(&error), "background work failed; it will be tried again");
                }
                self.log("old sessions", self.purge_sessions().await);
            }
            if ticks.is_multiple_of(3600) {
                self.purge_pages().await;
            }
            ticks += 1;
        }
        self.log(
            "last-used times",
            self.shared.vault.flush_last_used().await.map(drop),
        );
        self.log("audit seal", self.seal_audit(anchor).await);
    }

    /// Looks at every watched address of an API description that is due, and stores what is new there. Says what
    /// each look came to. Several processes share the work: none looks where another does.
    pub async fn check_watches(&self) -> Result<Vec<(ProductId, Checked)>, StoreError> {
        let tenants = self.shared.stores.core.read().await?.tenants().list().await?;
        let source = Outbound(&self.shared);
        let mut all = Vec::new();
        for tenant in tenants {
            let scope = TenantScope::tenant_wide(tenant.id);
            for _ in 0..LOOKS {
                let look = AssertUnwindSafe(self.shared.watches.check_next(scope, &source)).catch_unwind();
                let Ok(looked) = look.await else {
                    // Its lease keeps it from the next looks for a while.
                    tracing::error!(worker = "watched descriptions", tenant = %tenant.id, "a look at a watched address panicked; the others go on");
                    continue;
                };
                match looked {
                    Ok(Some(found)) => all.push(found),
                    Ok(None) => break,
                    // One tenant's trouble must not end the others' looks.
                    Err(error) => {
                        tracing::warn!(worker = "watched descriptions", error = %chain(&error), "background work failed; it will be tried again");
                        break;
                    }
                }
            }
        }
        Ok(all)
    }

    /// Links the audit entries of every tenant that have no link yet.
    pub async fn seal_audit(&self, anchor: Option<&dyn AuditAnchor>) -> Result<(), StoreError> {
        let tenants = self.shared.stores.core.read().await?.tenants().list().await?;
        let store = &*self.shared.stores.subscriptions;
        let mut failed = Ok(());
        for tenant in tenants {
            // One tenant's trouble must not keep the others' chains from growing.
            match audit::seal(store, tenant.id).await {
                Ok(head) => {
                    if let Some(anchor) = anchor
                        && let Err(error) = self.anchor_head(anchor, tenant.id, head).await
                    {
                        failed = Err(error);
                    }
                }
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    /// Moves an anchor forward, unless the head it keeps is no part of the chain any more: then it is the proof
    /// that the chain was cut or rolled back, and stays.
    async fn anchor_head(
        &self,
        anchor: &dyn AuditAnchor,
        tenant: TenantId,
        head: ChainHead,
    ) -> Result<(), StoreError> {
        if let Some(kept) = anchor.load(tenant).await {
            if !audit::contains(&*self.shared.stores.subscriptions, tenant, kept).await? {
                tracing::error!(%tenant, seq = kept.seq, "the audit chain was cut or rolled back: its anchor is no part of it");
                return Ok(());
            }
            if kept.seq >= head.seq {
                return Ok(());
            }
        }
        anchor.store(tenant, head).await;
        Ok(())
    }

    /// Writes the search index of every tenant anew where another version of the program wrote it, or none did.
    /// Publishing keeps it in step; this is for what was published before.
    pub async fn refresh_search(&self) {
        let tenants = async { self.shared.stores.core.read().await?.tenants().list().await };
        let tenants = match tenants.await {
            Ok(tenants) => tenants,
            Err(error) => return self.log("search index", Err(error)),
        };
        for tenant in tenants {
            let scope = TenantScope::tenant_wide(tenant.id);
            let (store, specs) = (&self.shared.stores.docs, &self.shared.specs);
            if let Err(error) = aforo_docs::search::refresh(store, scope, specs).await {
                tracing::warn!(worker = "search index", error = %chain(&error), "background work failed; it will be tried again");
            }
        }
    }

    /// Sessions that ended a day ago are of no use to anybody.
    async fn purge_sessions(&self) -> Result<(), StoreError> {
        let before = self.shared.clock.now() - Duration::from_secs(24 * 60 * 60);
        let mut tx = self.shared.stores.core.begin().await?;
        let tenants = tx.tenants().list().await?;
        for tenant in tenants {
            tx.sessions(TenantScope::tenant_wide(tenant.id))
                .purge(before)
                .await?;
        }
        tx.commit().await
    }

    /// Deleted pages of the guides that cannot be brought back any more.
    async fn purge_pages(&self) {
        let purge = async {
            let tenants = self.shared.stores.core.read().await?.tenants().list().await?;
            for tenant in tenants {
                self.shared
                    .guides
                    .purge(TenantScope::tenant_wide(tenant.id))
                    .await?;
            }
            Ok::<_, DocsError>(())
        };
        if let Err(error) = purge.await {
            tracing::warn!(worker = "deleted pages", error = %chain(&error), "background work failed; it will be tried again");
        }
    }

    fn log(&self, worker: &str, done: Result<(), StoreError>) {
        if let Err(error) = done {
            tracing::warn!(worker, error = %chain(&error), "background work failed; it will be tried again");
        }
    }
}

/// The looks at watched addresses, ended when this is dropped.
struct Watching(JoinHandle<()>);

impl Watching {
    fn start(console: Console) -> Self {
        Self(tokio::spawn(async move {
            let mut tick = tokio::time::interval(WATCH_TICK);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                match console.check_watches().await {
                    Ok(looks) => {
                        for (product, checked) in looks {
                            tracing::info!(%product, ?checked, "looked at a watched description");
                        }
                    }
                    Err(error) => console.log("watched descriptions", Err(error)),
                }
            }
        }))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Documents by the one outbound client: every look is judged anew (E5, E7).
struct Outbound<'a>(&'a Shared);

#[async_trait]
impl Source for Outbound<'_> {
    async fn look(&self, url: &str, seen: &Validators) -> Result<SourceAnswer, SourceFailure> {
        let known = egress::Known {
            url: seen.url.as_deref(),
            etag: seen.etag.as_deref(),
            last_modified: seen.last_modified.as_deref(),
        };
        let limits = egress::FetchLimits::default();
        let allowed = &self.0.settings.private_upstreams;
        match self.0.egress.fetch_changed(url, allowed, &limits, known).await {
            Ok(None) => Ok(SourceAnswer::Unchanged),
            Ok(Some(fetched)) => {
                let seen = Validators {
                    url: Some(fetched.url.to_string()),
                    etag: fetched.etag,
                    last_modified: fetched.last_modified,
                };
                Ok(SourceAnswer::Document(fetched.body.to_vec(), seen))
            }
            Err(error) => Err(SourceFailure(error.to_string())),
        }
    }
}
