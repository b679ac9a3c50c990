//! Unsaved work.

use aforo_core::{PageId, TenantScope, UserId};

use super::{Guides, live_in, version_in};
use crate::{
    error::DocsError,
    guide::draft::{self, PageDraft},
};

impl Guides {
    /// What this person was writing on a page and has not saved.
    pub async fn draft(
        &self,
        scope: TenantScope,
        page: PageId,
        user: UserId,
    ) -> Result<Option<PageDraft>, DocsError> {
        let mut tx = self.store.read().await?;
        live_in(&mut *tx, scope, page).await?;
        Ok(tx.page_drafts(scope).find(page, user).await?)
    }

    /// The pages that this person has unsaved work on.
    pub async fn drafts_of(&self, scope: TenantScope, user: UserId) -> Result<Vec<PageId>, DocsError> {
        Ok(self.store.read().await?.page_drafts(scope).pages_of(user).await?)
    }

    /// Keeps unsaved work, in the place of what was kept before. `saved_at` is set here; it is returned with the
    /// work. Title and slug need not be complete. There is no audit entry: nobody else sees it.
    pub async fn save_draft(&self, scope: TenantScope, draft: PageDraft) -> Result<PageDraft, DocsError> {
        draft::check(&draft.title, &draft.slug, &draft.body)?;
        let draft = PageDraft {
            saved_at: self.clock.now(),
            ..draft
        };
        let mut tx = self.store.begin().await?;
        live_in(&mut *tx, scope, draft.page).await?;
        version_in(&mut *tx, scope, draft.page, draft.base_version).await?;
        tx.page_drafts(scope).put(&draft).await?;
        tx.commit().await?;
        Ok(draft)
    }

    /// Forgets unsaved work. False if there was none.
    pub async fn discard_draft(
        &self,
        scope: TenantScope,
        page: PageId,
        user: UserId,
    ) -> Result<bool, DocsError> {
        let mut tx = self.store.begin().await?;
        let done = tx.page_drafts(scope).delete(page, user).await?;
        tx.commit().await?;
        Ok(done)
    }
}
