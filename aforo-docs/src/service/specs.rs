//! Versions of a description: adding one, publishing one, and what lies between two.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use aforo_core::{
    LeaseId, Page, PageRequest, ProductId, PublicationId, SpecId, TenantScope,
    domain::product::{Product, Upstream},
    kernel::audit::{Actor, AuditEntry},
};
use sha2::{Digest, Sha256};

use super::{KEPT, Specs, named_upstream, path_of, printable, read};
use crate::{
    error::DocsError,
    publication::Publication,
    search,
    spec::{
        bundle,
        diagnostic::{Diagnostic, ImportError},
        diff::{self, SpecDiff},
        model::Server,
        openapi::ApiDescription,
    },
    store::{ApiSpec, DocsTx},
    watch::SpecWatch,
};

/// Changes that a publication lists; it counts all.
const LISTED: usize = 200;
/// Operations that a listed change names.
const NAMED: usize = 5;
/// How long the files that a document refers to may take together: less than a look at a watched address may.
const FETCHING: Duration = Duration::from_secs(60);
/// How often somebody else may publish in between before one gives up.
const TRIES: u32 = 8;

/// Whether a new version is published at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishWhen {
    /// It is only stored.
    Never,
    /// It is published unless it breaks clients; then it is only stored.
    Compatible,
    /// It is published.
    #[default]
    Always,
}

/// A version to add.
#[derive(Clone, Debug, Default)]
pub struct NewVersion {
    /// The document.
    pub source: Vec<u8>,
    /// Where it was fetched from.
    pub source_url: Option<String>,
    /// What to remember about it: at most 500 characters.
    pub note: String,
    /// Whether readers see it at once.
    pub publish: PublishWhen,
    /// Leaves the published version alone when the document is the newest version already: for programs that
    /// look regularly, so that they do not undo a rollback.
    pub only_new: bool,
}

/// An imported description.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What is kept of it.
    pub spec: ApiSpec,
    /// What readers will miss.
    pub warnings: Vec<Diagnostic>,
    /// An origin that the description names and nobody approved: calls do not go there.
    pub proposed: Option<Upstream>,
    /// The document is byte for byte the newest version: no version was added.
    pub unchanged: bool,
    /// Readers see it.
    pub published: bool,
    /// What it changes for clients of the version that readers saw before; `None` for the first.
    pub changes: Option<Arc<SpecDiff>>,
}

/// What must hold for a version to be published.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// The version that readers must still see: the one that the person compared with. `Some(None)` for nothing.
    pub published: Option<Option<SpecId>>,
    /// Refuses a version that breaks clients.
    pub compatible_only: bool,
}

/// A description to work with in one transaction.
struct Candidate<'a> {
    spec: &'a ApiSpec,
    servers: Vec<Server>,
    changes: Option<Arc<SpecDiff>>,
}

impl Specs {
    /// Reads a document, stores it as a new version and publishes that, in one transaction: readers see the old
    /// version or the new one. A document that cannot be read changes nothing; one that is the newest version
    /// already adds none. An origin that differs from the approved one is only proposed: calls stay where they
    /// were (security decision 2).
    pub async fn import(
        &self,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
        source: Vec<u8>,
        source_url: Option<String>,
    ) -> Result<Imported, DocsError> {
        let version = NewVersion {
            source,
            source_url,
            ..NewVersion::default()
        };
        self.import_version(scope, actor, product, version).await
    }

    /// The document with all that it refers to, where that is allowed; else as it is.
    async fn self_contained(
        &self,
        source: Vec<u8>,
        url: Option<&str>,
    ) -> Result<(Vec<u8>, Vec<Diagnostic>), DocsError> {
        let Some(remote) = &self.remote else {
            return Ok((source, Vec::new()));
        };
        let looked =
            tokio::task::spawn_blocking(move || (bundle::has_remote_references(&source), source)).await;
        let (remote_references, source) = looked.map_err(|_| DocsError::Reader)?;
        if !remote_references {
            return Ok((source, Vec::new()));
        }
        let base = url.and_then(|url| url::Url::parse(url).ok());
        let remote = remote.clone();
        let runtime = tokio::runtime::Handle::current();
        // Reading, rewriting and writing the documents is work for a thread of its own.
        let work = tokio::task::spawn_blocking(move || {
            let limits = bundle::BundleLimits::default();
            let bundled = bundle::bundle(source, base.as_ref(), &*remote, &limits);
            runtime.block_on(async { tokio::time::timeout(FETCHING, bundled).await })
        });
        match work.await.map_err(|_| DocsError::Reader)? {
            Ok(bundled) => bundled
                .map(|bundled| (bundled.source, bundled.warnings))
                .map_err(DocsError::from),
            Err(_) => {
                let message = "the files that the document refers to could not be fetched within a minute";
                Err(DocsError::from(ImportError::from(Diagnostic::error(
                    "remote-ref",
                    message,
                ))))
            }
        }
    }

    /// As [`Specs::import`], with a note, and published as the caller says.
    pub async fn import_version(
        &self,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
        version: NewVersion,
    ) -> Result<Imported, DocsError> {
        self.add(scope, actor, product, version, None).await
    }

    /// As [`Specs::import_version`], and keeps what the look found in the same transaction, if this lease still holds
    /// the watch; else [`DocsError::WatchNotFound`], and nothing is stored.
    pub(crate) async fn import_watched(
        &self,
        scope: TenantScope,
        product: ProductId,
        version: NewVersion,
        (lease, found): (LeaseId, &SpecWatch),
    ) -> Result<Imported, DocsError> {
        self.add(scope, Actor::System, product, version, Some((lease, found)))
            .await
    }

    async fn add(
        &self,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
        version: NewVersion,
        look: Option<(LeaseId, &SpecWatch)>,
    ) -> Result<Imported, DocsError> {
        let note = version.note.trim();
        if note.chars().count() > 500 || note.chars().any(|c| c.is_control() && c != '\n') {
            let reason = "Keep the note to 500 characters.".to_owned();
            return Err(DocsError::Invalid {
                field: "note",
                reason,
            });
        }
        self.product(scope, product).await?;
        let (source, left) = self
            .self_contained(version.source, version.source_url.as_deref())
            .await?;
        let (source, parsed) = read(source).await?;
        let mut parsed = parsed?;
        parsed.warnings.splice(0..0, left);
        parsed.warnings.truncate(ImportError::MAX_DIAGNOSTICS);
        let description = parsed.description;
        let sha256: [u8; 32] = Sha256::digest(&source).into();
        for _ in 0..TRIES {
            let mut tx = self.store.read().await?;
            let seen = tx
                .products(scope)
                .find(product)
                .await?
                .ok_or(DocsError::ProductNotFound(product))?;
            let latest = tx.specs(scope).latest(product).await?;
            drop(tx);
            let same = latest.as_ref().filter(|latest| latest.sha256 == sha256);
            let now = self.clock.now();
            let spec = same.cloned().unwrap_or_else(|| ApiSpec {
                id: SpecId::new(now, &*self.entropy),
                tenant: scope.tenant(),
                product,
                number: latest.as_ref().map_or(0, |latest| latest.number) + 1,
                note: note.to_owned(),
                imported_by: actor.to_string(),
                format: description.spec_format().to_owned(),
                title: printable(&description.title()),
                version: printable(&description.version()),
                operations: u32::try_from(description.operations().len()).unwrap_or(u32::MAX),
                source_url: version.source_url.clone(),
                sha256,
                created_at: now,
            });
            let changes = match seen.published_spec {
                Some(base) if base != spec.id => {
                    let base = self.description(scope, base).await?;
                    Some(Arc::new(compare(base, description.clone()).await?))
                }
                _ => None,
            };
            let wanted = match version.publish {
                PublishWhen::Never => false,
                PublishWhen::Compatible => changes.as_ref().is_none_or(|changes| !changes.is_breaking()),
                PublishWhen::Always => true,
            };
            let publishes =
                wanted && seen.published_spec != Some(spec.id) && !(version.only_new && same.is_some());
            let mut imported = Imported {
                warnings: parsed.warnings.clone(),
                proposed: seen.proposed_upstream.clone(),
                unchanged: same.is_some(),
                published: publishes || seen.published_spec == Some(spec.id),
                changes: changes.clone(),
                spec,
            };
            if imported.unchanged && !publishes {
                return Ok(imported);
            }
            let mut tx = self.store.begin().await?;
            let Some(current) = self.locked(&mut *tx, scope, product, seen.published_spec).await? else {
                continue;
            };
            let newest = tx.specs(scope).latest(product).await?;
            if newest.map(|newest| newest.id) != latest.map(|latest| latest.id) {
                continue; // the number is taken
            }
            if let Some((lease, found)) = look
                && !tx.watches(scope).finish(lease, found).await?
            {
                return Err(DocsError::WatchNotFound(product));
            }
            if !imported.unchanged {
                tx.specs(scope).insert(&imported.spec, &source).await?;
                let entry = AuditEntry::new(scope, actor, "spec.imported", now, &*self.entropy)
                    .target(imported.spec.id)
                    .detail("product", product)
                    .detail("number", imported.spec.number)
                    .detail("operations", imported.spec.operations);
                tx.audit(scope).append(&entry).await?;
            }
            if publishes {
                let candidate = Candidate {
                    spec: &imported.spec,
                    servers: description.servers(),
                    changes,
                };
                imported.proposed = self
                    .publish_in(&mut *tx, scope, actor, &current, &description, candidate)
                    .await?
                    .1;
            }
            tx.commit().await?;
            self.keep(imported.spec.tenant, imported.spec.id, description);
            return Ok(imported);
        }
        Err(DocsError::PublishedChanged)
    }

    /// Publishes a stored version, older ones included: that is a rollback. `None` if readers see it already.
    pub async fn publish(
        &self,
        scope: TenantScope,
        actor: Actor,
        spec: SpecId,
    ) -> Result<Option<Publication>, DocsError> {
        self.publish_if(scope, actor, spec, Conditions::default()).await
    }

    /// As [`Specs::publish`], if these conditions hold when it happens.
    pub async fn publish_if(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: SpecId,
        conditions: Conditions,
    ) -> Result<Option<Publication>, DocsError> {
        for _ in 0..TRIES {
            let (spec, product) = self.version(scope, id).await?;
            if conditions
                .published
                .is_some_and(|expected| expected != product.published_spec)
            {
                return Err(DocsError::PublishedChanged);
            }
            if product.published_spec == Some(id) {
                return Ok(None);
            }
            let description = self.description(scope, id).await?;
            let changes = match product.published_spec {
                Some(base) => Some(self.changes(scope, base, id).await?),
                None => None,
            };
            if let Some(changes) = changes
                .as_ref()
                .filter(|c| conditions.compatible_only && c.is_breaking())
            {
                return Err(DocsError::BreakingChanges(changes.totals.breaking));
            }
            let mut tx = self.store.begin().await?;
            let locked = self
                .locked(&mut *tx, scope, spec.product, product.published_spec)
                .await?;
            let Some(current) = locked else { continue };
            let candidate = Candidate {
                spec: &spec,
                servers: description.servers(),
                changes,
            };
            let (publication, _) = self
                .publish_in(&mut *tx, scope, actor, &current, &description, candidate)
                .await?;
            tx.commit().await?;
            return Ok(Some(publication));
        }
        Err(DocsError::PublishedChanged)
    }

    /// The product, held until the transaction ends, if readers still see this version of it.
    async fn locked(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        product: ProductId,
        published: Option<SpecId>,
    ) -> Result<Option<Product>, DocsError> {
        if !tx.specs(scope).lock(product).await? {
            return Err(DocsError::ProductNotFound(product));
        }
        let current = tx.products(scope).find(product).await?;
        let current = current.ok_or(DocsError::ProductNotFound(product))?;
        Ok(Some(current).filter(|current| current.published_spec == published))
    }

    /// All that makes a version the published one, in the caller's transaction. The product is held.
    async fn publish_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        current: &Product,
        description: &ApiDescription,
        candidate: Candidate<'_>,
    ) -> Result<(Publication, Option<Upstream>), DocsError> {
        let (spec, product, now) = (candidate.spec, current.id, self.clock.now());
        let mut approved = current.upstream.clone();
        if let (Some(upstream), Some(first), None) =
            (&mut approved, candidate.servers.first(), current.published_spec)
            && upstream.base_path.is_empty()
        {
            // The administrator gave an origin without a path, and now its first description: the path is part of
            // what this approves. Later documents only propose.
            upstream.base_path = path_of(&first.url);
            if current.upstream.as_ref() != Some(upstream) {
                tx.products(scope).approve_upstream(product, upstream).await?;
            }
        }
        let proposed = named_upstream(&candidate.servers, approved.as_ref())
            .filter(|named| approved.as_ref() != Some(named));
        tx.products(scope)
            .publish(product, spec.id, proposed.as_ref())
            .await?;
        let mut listed = candidate
            .changes
            .as_deref()
            .cloned()
            .unwrap_or_default()
            .shortened(LISTED);
        for change in &mut listed.changes {
            change.operations.truncate(NAMED);
        }
        // Later publications sort later, whatever the clocks of several processes say.
        let last = tx
            .publications(scope)
            .list(Some(product), PageRequest::first(1))
            .await?;
        let at = last
            .items
            .first()
            .map_or(now, |last| now.max(last.published_at + Duration::from_millis(1)));
        let publication = Publication {
            id: PublicationId::new(at, &*self.entropy),
            tenant: scope.tenant(),
            product,
            spec: spec.id,
            previous: current.published_spec,
            number: spec.number,
            version: spec.version.clone(),
            published_at: at,
            published_by: actor.to_string(),
            changes: listed,
        };
        tx.publications(scope).insert(&publication).await?;
        let mut entry = AuditEntry::new(scope, actor, "spec.published", now, &*self.entropy)
            .target(spec.id)
            .detail("product", product)
            .detail("number", spec.number)
            .detail("operations", spec.operations)
            .detail("breaking", publication.changes.totals.breaking);
        if let Some(proposed) = &proposed {
            entry = entry.detail("proposed_origin", &proposed.origin);
        }
        tx.audit(scope).append(&entry).await?;
        search::index_spec_in(tx, scope, product, spec.id, description).await?;
        Ok((publication, proposed))
    }

    /// The versions of a product, oldest first.
    pub async fn versions(
        &self,
        scope: TenantScope,
        product: ProductId,
        page: PageRequest<SpecId>,
    ) -> Result<Page<ApiSpec, SpecId>, DocsError> {
        let mut tx = self.store.read().await?;
        Ok(tx.specs(scope).list(Some(product), page).await?)
    }

    /// One version, and its product.
    pub async fn version(&self, scope: TenantScope, id: SpecId) -> Result<(ApiSpec, Product), DocsError> {
        let mut tx = self.store.read().await?;
        let spec = tx
            .specs(scope)
            .find(id)
            .await?
            .ok_or(DocsError::SpecNotFound(id))?;
        let product = tx.products(scope).find(spec.product).await?;
        let product = product.ok_or(DocsError::ProductNotFound(spec.product))?;
        Ok((spec, product))
    }

    /// As [`Specs::version`], for readers: a version that was never published is not there for them.
    pub async fn version_for_readers(
        &self,
        scope: TenantScope,
        id: SpecId,
    ) -> Result<(ApiSpec, Product), DocsError> {
        let (spec, product) = self.version(scope, id).await?;
        if product.published_spec != Some(id) {
            let mut tx = self.store.read().await?;
            if !tx.publications(scope).is_published(id).await? {
                return Err(DocsError::SpecNotFound(id));
            }
        }
        Ok((spec, product))
    }

    /// The version of a product with this number, and whether readers have ever seen it.
    pub async fn find_version(
        &self,
        scope: TenantScope,
        product: ProductId,
        number: u32,
    ) -> Result<Option<(ApiSpec, bool)>, DocsError> {
        let mut tx = self.store.read().await?;
        let Some(spec) = tx.specs(scope).find_by_number(product, number).await? else {
            return Ok(None);
        };
        let published = tx.publications(scope).is_published(spec.id).await?;
        Ok(Some((spec, published)))
    }

    /// The published version in which an operation is still what the holder of an older page saw; itself if it is
    /// the published one. `None` if the operation has changed, or readers have never seen that version.
    pub async fn current_for(
        &self,
        scope: TenantScope,
        seen: SpecId,
        operation: &str,
    ) -> Result<Option<SpecId>, DocsError> {
        let (_, product) = self.version(scope, seen).await?;
        let Some(current) = product.published_spec else {
            return Ok(None);
        };
        if current == seen {
            return Ok(Some(current));
        }
        if !self
            .store
            .read()
            .await?
            .publications(scope)
            .is_published(seen)
            .await?
        {
            return Err(DocsError::SpecNotFound(seen));
        }
        let (old, new) = (
            self.description(scope, seen).await?,
            self.description(scope, current).await?,
        );
        let operation = operation.to_owned();
        let same = tokio::task::spawn_blocking(move || diff::same_operation(&old, &new, &operation)).await;
        Ok(Some(current).filter(|_| matches!(same, Ok(true))))
    }

    /// Publications of a product, or of all, newest first.
    pub async fn publications(
        &self,
        scope: TenantScope,
        product: Option<ProductId>,
        page: PageRequest<PublicationId>,
    ) -> Result<Page<Publication, PublicationId>, DocsError> {
        let mut tx = self.store.read().await?;
        Ok(tx.publications(scope).list(product, page).await?)
    }

    /// What changed from one stored version to another. Computed once and kept for a while.
    pub async fn changes(
        &self,
        scope: TenantScope,
        old: SpecId,
        new: SpecId,
    ) -> Result<Arc<SpecDiff>, DocsError> {
        let key = (scope.tenant(), old, new);
        let known = {
            let kept = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
            kept.iter().find(|(k, _)| *k == key).map(|(_, diff)| diff.clone())
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let (before, after) = (
            self.description(scope, old).await?,
            self.description(scope, new).await?,
        );
        let diff = Arc::new(compare(before, after).await?);
        let mut kept = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((key, diff.clone()));
        while kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(diff)
    }

    async fn product(&self, scope: TenantScope, id: ProductId) -> Result<Product, DocsError> {
        let found = self.store.read().await?.products(scope).find(id).await?;
        found.ok_or(DocsError::ProductNotFound(id))
    }
}

/// Off the async threads: large documents take a second.
async fn compare(old: ApiDescription, new: ApiDescription) -> Result<SpecDiff, DocsError> {
    let done = tokio::task::spawn_blocking(move || diff::compare(&old, &new)).await;
    done.map_err(|_| DocsError::Reader)
}
