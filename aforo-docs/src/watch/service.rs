//! Looking at watched addresses: who sets them, and the look itself.

use std::{sync::Arc, time::Duration};

use aforo_core::{
    Clock, Entropy, LeaseId, ProductId, SpecId, Store, StoreError, TenantScope,
    kernel::audit::{Actor, AuditEntry},
};
use async_trait::async_trait;
use url::Url;

use super::{MAX_INTERVAL_MINUTES, MIN_INTERVAL_MINUTES, SpecWatch, Validators, WatchPublish};
use crate::{
    error::DocsError,
    service::{NewVersion, PublishWhen, Specs},
    store::DocsTx,
};

/// How long one look may take before another process may begin it anew.
const LEASE: Duration = Duration::from_secs(180);
/// Characters of an error that are kept.
const ERROR_CHARS: usize = 500;

/// Where documents come from: the outbound client, or a test.
#[async_trait]
pub trait Source: Send + Sync {
    /// Gets the document at this address, unless it is still the one that was `seen`.
    async fn look(&self, url: &str, seen: &Validators) -> Result<SourceAnswer, SourceFailure>;
}

/// What a look brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceAnswer {
    /// The document that was seen is still the one.
    Unchanged,
    /// A document, and how its server names it.
    Document(Vec<u8>, Validators),
}

/// Why a look failed, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceFailure(pub String);

/// A watch to set.
#[derive(Clone, Debug)]
pub struct NewWatch {
    /// Where the description is: an absolute https URL (http only inside ranges that the operator allows).
    pub url: String,
    /// How often to look: 5 minutes to 30 days.
    pub interval_minutes: u32,
    /// What happens to what is found.
    pub publish: WatchPublish,
}

/// What one look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The address still has the newest version.
    Unchanged,
    /// A new version was stored; the flag says whether readers see it.
    Stored(SpecId, bool),
    /// It failed; the watch keeps why.
    Failed(String),
    /// The watch was changed, ended or taken over meanwhile: nothing of this look was kept.
    Abandoned,
}

/// Sets watches, and looks at what is due.
pub struct Watches {
    store: Arc<dyn Store<dyn DocsTx>>,
    specs: Arc<Specs>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Watches {
    /// The service over a store and the descriptions.
    pub fn new(
        store: Arc<dyn Store<dyn DocsTx>>,
        specs: Arc<Specs>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            specs,
            clock,
            entropy,
        }
    }

    /// Watches an address for a product, from now on.
    pub async fn set(
        &self,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
        new: NewWatch,
    ) -> Result<SpecWatch, DocsError> {
        let invalid = |field, reason: &str| {
            Err(DocsError::Invalid {
                field,
                reason: reason.to_owned(),
            })
        };
        let url = new.url.trim();
        let is_web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_web || url.chars().count() > 2000 || url.chars().any(char::is_control) {
            return invalid("url", "Enter the absolute https address of the document.");
        }
        if !(MIN_INTERVAL_MINUTES..=MAX_INTERVAL_MINUTES).contains(&new.interval_minutes) {
            return invalid("intervalMinutes", "Choose 5 minutes to 30 days (43200 minutes).");
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if tx.products(scope).find(product).await?.is_none() {
            return Err(DocsError::ProductNotFound(product));
        }
        let old = tx.watches(scope).find(product).await?;
        // The same address goes on where it was.
        let kept = old.filter(|old| old.url == url);
        let watch = SpecWatch {
            tenant: scope.tenant(),
            product,
            url: url.to_owned(),
            interval_minutes: new.interval_minutes,
            publish: new.publish,
            created_by: actor.to_string(),
            created_at: now,
            seen: kept.as_ref().map(|k| k.seen.clone()).unwrap_or_default(),
            next_at: now,
            last_checked: kept.as_ref().and_then(|k| k.last_checked),
            last_changed: kept.as_ref().and_then(|k| k.last_changed),
            last_error: None,
            failures: 0,
        };
        tx.watches(scope).set(&watch).await?;
        let entry = AuditEntry::new(scope, actor, "spec_watch.set", now, &*self.entropy)
            .target(product)
            .detail("interval_minutes", watch.interval_minutes)
            .detail("publish", watch.publish);
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;
        Ok(watch)
    }

    /// Watches no longer.
    pub async fn remove(
        &self,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
    ) -> Result<(), DocsError> {
        let mut tx = self.store.begin().await?;
        if !tx.watches(scope).remove(product).await? {
            return Err(DocsError::WatchNotFound(product));
        }
        let now = self.clock.now();
        let entry = AuditEntry::new(scope, actor, "spec_watch.removed", now, &*self.entropy).target(product);
        tx.audit(scope).append(&entry).await?;
        Ok(tx.commit().await?)
    }

    /// The watch of a product.
    pub async fn find(&self, scope: TenantScope, product: ProductId) -> Result<Option<SpecWatch>, DocsError> {
        Ok(self.store.read().await?.watches(scope).find(product).await?)
    }

    /// Looks at one address that is due, if there is one. No connection to the database is held meanwhile, and
    /// no two processes look at the same address at once.
    pub async fn check_next(
        &self,
        scope: TenantScope,
        source: &dyn Source,
    ) -> Result<Option<(ProductId, Checked)>, DocsError> {
        let now = self.clock.now();
        let lease = LeaseId::new(now, &*self.entropy);
        let mut tx = self.store.begin().await?;
        let Some(mut watch) = tx.watches(scope).claim(now, lease, now + LEASE).await? else {
            return Ok(None);
        };
        tx.commit().await?;
        let looked = self.look(scope, &watch, lease, source).await;
        if let Ok((checked @ (Checked::Abandoned | Checked::Stored(..)), _)) = looked {
            return Ok(Some((watch.product, checked))); // kept with the version, or not at all
        }
        let now = self.clock.now();
        let checked = match looked {
            Ok((checked, seen)) => {
                watch.seen = seen;
                watch.failures = 0;
                watch.last_error = None;
                checked
            }
            Err(why) => {
                watch.failures = watch.failures.saturating_add(1);
                let why: String = why
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(ERROR_CHARS)
                    .collect();
                watch.last_error = Some(why.clone());
                Checked::Failed(why)
            }
        };
        watch.last_checked = Some(now);
        watch.next_at = now + watch.pause();
        let mut tx = self.store.begin().await?;
        let kept = tx.watches(scope).finish(lease, &watch).await?;
        tx.commit().await?;
        let checked = if kept { checked } else { Checked::Abandoned };
        Ok(Some((watch.product, checked)))
    }

    async fn look(
        &self,
        scope: TenantScope,
        watch: &SpecWatch,
        lease: LeaseId,
        source: &dyn Source,
    ) -> Result<(Checked, Validators), String> {
        let (document, seen) = match source.look(&watch.url, &watch.seen).await {
            Ok(SourceAnswer::Unchanged) => return Ok((Checked::Unchanged, watch.seen.clone())),
            Ok(SourceAnswer::Document(document, seen)) => (document, seen),
            Err(SourceFailure(why)) => return Err(why),
        };
        let now = self.clock.now();
        let mut found = SpecWatch {
            seen: seen.clone(),
            failures: 0,
            last_error: None,
            last_checked: Some(now),
            last_changed: Some(now),
            ..watch.clone()
        };
        found.next_at = now + found.pause();
        let version = NewVersion {
            source: document,
            source_url: Some(watch.url.clone()),
            note: "Found at its watched address".to_owned(),
            publish: match watch.publish {
                WatchPublish::Never => PublishWhen::Never,
                WatchPublish::Compatible => PublishWhen::Compatible,
                WatchPublish::Always => PublishWhen::Always,
            },
            only_new: true,
        };
        match self
            .specs
            .import_watched(scope, watch.product, version, (lease, &found))
            .await
        {
            Ok(imported) if imported.unchanged => Ok((Checked::Unchanged, seen)),
            Ok(imported) => Ok((Checked::Stored(imported.spec.id, imported.published), seen)),
            Err(DocsError::Import(error)) => {
                let first = error
                    .diagnostics()
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                Err(format!("The document cannot be imported: {first}"))
            }
            Err(DocsError::WatchNotFound(_)) => Ok((Checked::Abandoned, seen)),
            Err(DocsError::Store(error)) => Err(stored(&error)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What people are told when the database was in the way; the reason is for the log.
fn stored(error: &StoreError) -> String {
    tracing::warn!(%error, "a watched description could not be stored");
    "The new version could not be stored; the next look tries again.".to_owned()
}
