//! What callers do with the guides.

mod drafts;
mod feedback;
mod images;
mod placing;
mod suggestions;
mod transfer;
mod writing;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aforo_core::{
    Clock, Entropy, Page, PageId, PageRequest, Store, TenantId, TenantScope, Timestamp, UserId,
    kernel::audit::{Actor, AuditEntry},
};

pub use feedback::NewFeedback;
pub use placing::Deleted;
pub use suggestions::{Decision, NewSuggestion, SuggestionReview};
pub use writing::{Edit, NewPage, Saved};

use super::{
    forest::Forest,
    page::DocPage,
    tree::{Audience, Tree, left_paths},
    version::{PageVersion, VersionSummary},
};
use crate::{error::DocsError, store::DocsTx};

/// How long a deleted page can be brought back.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Tenants whose trees are kept at hand, least recently used first.
const KEPT: usize = 64;

/// The guides of all tenants. Reading is cheap: the tree is kept until it changes.
pub struct Guides {
    store: Arc<dyn Store<dyn DocsTx>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    // Looked up by the tree's revision, so what is kept here cannot be stale.
    kept: Mutex<VecDeque<(TenantId, Trees)>>,
    #[cfg(feature = "images")]
    pictures: tokio::sync::Semaphore,
}

/// The tree of one tenant at one revision.
#[derive(Clone)]
struct Trees {
    revision: u64,
    readers: Arc<Tree>,
    authors: Arc<Tree>,
}

/// What readers find at a path.
#[derive(Clone, Debug)]
pub enum Found {
    /// A page.
    Page(Box<Reading>),
    /// A page that was at this path and is at that one now.
    Moved(String),
    /// Nothing.
    Nothing,
}

/// A page as readers see it, from one moment.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The readers' tree that the page is in: its neighbours, the pages above and below it.
    pub tree: Arc<Tree>,
    /// The page, with title and slug of its published version.
    pub page: DocPage,
    /// Where it is: `keys/rotation`.
    pub path: String,
    /// The published version.
    pub version: PageVersion,
}

impl Guides {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store<dyn DocsTx>>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            clock,
            entropy,
            kept: Mutex::default(),
            #[cfg(feature = "images")]
            pictures: tokio::sync::Semaphore::new(2),
        }
    }

    /// All pages in their places, as this audience sees them.
    pub async fn tree(&self, scope: TenantScope, audience: Audience) -> Result<Arc<Tree>, DocsError> {
        let mut tx = self.store.read().await?;
        let trees = self.trees_in(&mut *tx, scope).await?;
        Ok(match audience {
            Audience::Readers => trees.readers,
            Audience::Authors => trees.authors,
        })
    }

    /// What readers find at a path (`keys/rotation`; slashes around it do not matter). A path that a page had, and
    /// one in capital letters, lead to where the page is.
    pub async fn page_by_path(&self, scope: TenantScope, path: &str) -> Result<Found, DocsError> {
        let path = path.trim_matches('/');
        let mut tx = self.store.read().await?;
        let tree = self.trees_in(&mut *tx, scope).await?.readers;
        if let Some(node) = tree.at_path(path) {
            let (page, path) = (node.page.clone(), node.path.clone());
            let version = published_in(&mut *tx, scope, &page).await?;
            return Ok(Found::Page(Box::new(Reading {
                tree,
                page,
                path,
                version,
            })));
        }
        let lower = path.to_ascii_lowercase();
        let now = match tree.at_path(&lower) {
            Some(node) => Some(node),
            None => tx
                .pages(scope)
                .redirect(&lower)
                .await?
                .and_then(|page| tree.node(page)),
        };
        Ok(now.map_or(Found::Nothing, |node| Found::Moved(node.path.clone())))
    }

    /// A page as readers see it, by its id. Not found if they do not see it.
    pub async fn published(&self, scope: TenantScope, page: PageId) -> Result<Reading, DocsError> {
        let mut tx = self.store.read().await?;
        let tree = self.trees_in(&mut *tx, scope).await?.readers;
        let node = tree.node(page).ok_or(DocsError::PageNotFound(page))?;
        let (page, path) = (node.page.clone(), node.path.clone());
        let version = published_in(&mut *tx, scope, &page).await?;
        Ok(Reading {
            tree,
            page,
            path,
            version,
        })
    }

    /// A page that is not deleted, with its latest version, as authors see it.
    pub async fn page(&self, scope: TenantScope, page: PageId) -> Result<(DocPage, PageVersion), DocsError> {
        let mut tx = self.store.read().await?;
        let page = live_in(&mut *tx, scope, page).await?;
        let version = version_in(&mut *tx, scope, page.id, page.latest_version).await?;
        Ok((page, version))
    }

    /// The versions of a page, newest first; the next page of them starts below the last number seen.
    pub async fn history(
        &self,
        scope: TenantScope,
        page: PageId,
        request: PageRequest<u32>,
    ) -> Result<Page<VersionSummary, u32>, DocsError> {
        let mut tx = self.store.read().await?;
        live_in(&mut *tx, scope, page).await?;
        Ok(tx.pages(scope).versions(page, request).await?)
    }

    /// One version of a page, for authors.
    pub async fn version(
        &self,
        scope: TenantScope,
        page: PageId,
        number: u32,
    ) -> Result<PageVersion, DocsError> {
        let mut tx = self.store.read().await?;
        live_in(&mut *tx, scope, page).await?;
        version_in(&mut *tx, scope, page, number).await
    }

    async fn trees_in(&self, tx: &mut dyn DocsTx, scope: TenantScope) -> Result<Trees, DocsError> {
        let revision = tx.pages(scope).revision().await?;
        let tenant = scope.tenant();
        let keep = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut kept = keep();
            if let Some(at) = kept
                .iter()
                .position(|(t, trees)| *t == tenant && trees.revision == revision)
                && let Some(entry) = kept.remove(at)
            {
                let trees = entry.1.clone();
                kept.push_back(entry);
                return Ok(trees);
            }
        }
        let pages = tx.pages(scope).list().await?;
        let trees = Trees {
            revision,
            readers: Arc::new(Tree::of(pages.iter().cloned(), Audience::Readers)),
            authors: Arc::new(Tree::of(pages, Audience::Authors)),
        };
        let mut kept = keep();
        // Another reader may have been quicker, with a later revision.
        let newer = kept
            .iter()
            .any(|(t, other)| *t == tenant && other.revision > revision);
        if !newer {
            kept.retain(|(t, _)| *t != tenant);
            kept.push_back((tenant, trees.clone()));
            while kept.len() > KEPT {
                kept.pop_front();
            }
        }
        Ok(trees)
    }

    fn entry(&self, change: &Change, action: &str) -> AuditEntry {
        AuditEntry::new(change.scope, change.actor, action, change.now, &*self.entropy)
    }

    /// Begins to change the tree: nobody else does until the transaction ends.
    async fn change_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
    ) -> Result<Change, DocsError> {
        tx.pages(scope).lock_tree().await?;
        let pages = tx.pages(scope).list().await?;
        Ok(Change {
            scope,
            actor,
            now: self.clock.now(),
            before: Tree::of(pages.iter().cloned(), Audience::Readers),
            forest: Forest::of(pages),
        })
    }
}

/// One change of a tree, between [`Guides::change_in`] and [`Change::finish_in`].
struct Change {
    scope: TenantScope,
    actor: Actor,
    now: Timestamp,
    /// What readers saw.
    before: Tree,
    /// The pages, as the change leaves them.
    forest: Forest,
}

impl Change {
    /// Who did it, if a person did.
    fn author(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) => Some(user),
            _ => None,
        }
    }

    /// Writes the pages that differ, and lets what is made from the published pages follow.
    async fn finish_in(self, tx: &mut dyn DocsTx) -> Result<(), DocsError> {
        for page in self.forest.changed() {
            tx.pages(self.scope).update(page).await?;
        }
        let after = Tree::of(self.forest.pages().cloned(), Audience::Readers);
        follow_in(tx, self.scope, &self.before, &after, self.now).await
    }
}

/// Everything that depends on what readers see follows here, in the transaction of the change: `before` and
/// `after` are the readers' trees. Each change of the guides ends with this.
async fn follow_in(
    tx: &mut dyn DocsTx,
    scope: TenantScope,
    before: &Tree,
    after: &Tree,
    now: Timestamp,
) -> Result<(), DocsError> {
    for (page, path) in left_paths(before, after) {
        tx.pages(scope).add_redirect(&path, page, now).await?;
    }
    crate::search::sync_guides_in(tx, scope, after).await
}

/// The page, if it is there and not deleted.
async fn live_in(tx: &mut dyn DocsTx, scope: TenantScope, id: PageId) -> Result<DocPage, DocsError> {
    let found = tx.pages(scope).find(id).await?;
    found
        .filter(|page| page.deleted.is_none())
        .ok_or(DocsError::PageNotFound(id))
}

async fn version_in(
    tx: &mut dyn DocsTx,
    scope: TenantScope,
    page: PageId,
    number: u32,
) -> Result<PageVersion, DocsError> {
    let found = tx.pages(scope).version(page, number).await?;
    found.ok_or(DocsError::VersionNotFound { page, number })
}

async fn published_in(
    tx: &mut dyn DocsTx,
    scope: TenantScope,
    page: &DocPage,
) -> Result<PageVersion, DocsError> {
    let number = page.published_version.ok_or(DocsError::PageNotFound(page.id))?;
    version_in(tx, scope, page.id, number).await
}
