//! Moving pages, deleting them, and bringing them back.

use aforo_core::{PageId, TenantScope, Timestamp, kernel::audit::Actor};

use super::{Guides, RETENTION};
use crate::{
    error::DocsError,
    guide::page::{Deletion, DocPage},
    store::DocsTx,
};

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// How many pages: the page and all below it.
    pub pages: usize,
    /// Until when they can be brought back.
    pub until: Timestamp,
}

impl Guides {
    /// Moves a page, with all pages below it, under `parent` (or to the root), to this place among its siblings,
    /// counted from 0 without the page itself; a place behind the last one is the last one.
    ///
    /// [`DocsError::PageTooDeep`] for a fourth level, [`DocsError::PageCycle`] if the page would be below itself,
    /// [`DocsError::SlugTaken`] if a sibling there has its address.
    pub async fn move_page(
        &self,
        scope: TenantScope,
        actor: Actor,
        page: PageId,
        parent: Option<PageId>,
        position: usize,
    ) -> Result<DocPage, DocsError> {
        let mut tx = self.store.begin().await?;
        let page = self
            .move_page_in(&mut *tx, scope, actor, page, parent, position)
            .await?;
        tx.commit().await?;
        Ok(page)
    }

    /// As [`move_page`](Self::move_page), in the caller's transaction.
    pub async fn move_page_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
        parent: Option<PageId>,
        position: usize,
    ) -> Result<DocPage, DocsError> {
        let mut change = self.change_in(tx, scope, actor).await?;
        change.forest.move_page(id, parent, position)?;
        let page = change.forest.page(id)?.clone();
        if change.forest.changed().next().is_none() {
            // It is where it was.
            return Ok(page);
        }
        let mut entry = self
            .entry(&change, "page.moved")
            .target(id)
            .detail("position", page.sort_order);
        if let Some(parent) = parent {
            entry = entry.detail("parent", parent);
        }
        tx.audit(scope).append(&entry).await?;
        change.finish_in(tx).await?;
        Ok(page)
    }

    /// Deletes a page. One with pages below it is only deleted `with_children`, and takes them along; otherwise
    /// [`DocsError::PageHasChildren`]. It can be brought back for [`RETENTION`].
    pub async fn delete(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
        with_children: bool,
    ) -> Result<Deleted, DocsError> {
        let mut tx = self.store.begin().await?;
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        let title = change.forest.page(id)?.title.clone();
        let below = change.forest.descendants(id);
        if below > 0 && !with_children {
            return Err(DocsError::PageHasChildren { count: below });
        }
        let removed = change.forest.remove(id)?;
        let deleted = Some(Deletion {
            at: change.now,
            root: id,
        });
        for page in &removed {
            tx.pages(scope)
                .update(&DocPage {
                    deleted,
                    ..page.clone()
                })
                .await?;
        }
        let entry = self
            .entry(&change, "page.deleted")
            .target(id)
            .detail("title", title)
            .detail("pages", removed.len());
        tx.audit(scope).append(&entry).await?;
        let until = change.now + RETENTION;
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(Deleted {
            pages: removed.len(),
            until,
        })
    }

    /// Brings a deleted page back, with all pages that were deleted with it, to where it was: below the same
    /// parent, at the same place as far as that is there. A page that is not deleted stays as it is.
    ///
    /// [`DocsError::ParentDeleted`] if the page above it is deleted as well, and [`DocsError::SlugTaken`] if its
    /// address is another's by now.
    pub async fn undelete(&self, scope: TenantScope, actor: Actor, id: PageId) -> Result<DocPage, DocsError> {
        let mut tx = self.store.begin().await?;
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        let page = tx
            .pages(scope)
            .find(id)
            .await?
            .ok_or(DocsError::PageNotFound(id))?;
        let Some(deletion) = page.deleted else {
            return Ok(page);
        };
        if deletion.at + RETENTION < change.now {
            return Err(DocsError::PageNotFound(id));
        }
        let mut together = tx.pages(scope).deleted().await?;
        together.retain(|page| page.deleted.is_some_and(|d| d.root == deletion.root));
        together.sort_by_key(|page| page.id != deletion.root);
        together.iter_mut().for_each(|page| page.deleted = None);
        let count = together.len();
        change.forest.put_back(together)?;
        let page = change.forest.page(id)?.clone();
        let entry = self
            .entry(&change, "page.undeleted")
            .target(deletion.root)
            .detail("title", &page.title)
            .detail("pages", count);
        tx.audit(scope).append(&entry).await?;
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(page)
    }

    /// The deleted pages that can be brought back, the last deleted first.
    pub async fn deleted(&self, scope: TenantScope) -> Result<Vec<DocPage>, DocsError> {
        let oldest = self.clock.now() - RETENTION;
        let mut pages = self.store.read().await?.pages(scope).deleted().await?;
        pages.retain(|page| page.deleted.is_some_and(|deletion| deletion.at >= oldest));
        Ok(pages)
    }

    /// Forgets the pages that cannot be brought back any more, with their versions. Returns how many.
    pub async fn purge(&self, scope: TenantScope) -> Result<u64, DocsError> {
        let before = self.clock.now() - RETENTION;
        let old = |page: &DocPage| page.deleted.is_some_and(|deletion| deletion.at < before);
        if !self
            .store
            .read()
            .await?
            .pages(scope)
            .deleted()
            .await?
            .iter()
            .any(old)
        {
            return Ok(0);
        }
        let mut tx = self.store.begin().await?;
        tx.pages(scope).lock_tree().await?;
        let gone = tx.pages(scope).purge(before).await?;
        tx.commit().await?;
        Ok(gone)
    }
}
