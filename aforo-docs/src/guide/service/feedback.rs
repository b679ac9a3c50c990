//! Was this helpful?

use aforo_core::{PageId, TenantScope};

use super::{Guides, live_in, version_in};
use crate::{
    error::DocsError,
    guide::{
        feedback::{Feedback, FeedbackCounts, MAX_COMMENT},
        page,
    },
};

/// What a visitor says.
#[derive(Clone, Debug)]
pub struct NewFeedback {
    /// The version that the visitor read.
    pub version: u32,
    /// Who says it: a keyed hash of the person's id or, of somebody who is not signed in, of the address. The same
    /// visitor gives the same hash; nobody can tell the visitor from it.
    pub visitor: [u8; 32],
    /// Whether the page was helpful.
    pub helpful: bool,
    /// At most 1,000 characters; may be empty.
    pub comment: String,
}

impl Guides {
    /// Keeps what a visitor says about a version that is or was published, in the place of what the same visitor
    /// said about it before. There is no audit entry: nothing but a count changes.
    pub async fn give_feedback(
        &self,
        scope: TenantScope,
        page: PageId,
        new: NewFeedback,
    ) -> Result<(), DocsError> {
        let comment = page::note("comment", &new.comment, MAX_COMMENT)?;
        // Its tree is kept, so this costs one small statement.
        let shown = self.published_version(scope, page).await?;
        if new.version > shown {
            return Err(DocsError::VersionNotFound {
                page,
                number: new.version,
            });
        }
        let mut tx = self.store.begin().await?;
        version_in(&mut *tx, scope, page, new.version).await?;
        let feedback = Feedback {
            page,
            version: new.version,
            visitor: new.visitor,
            helpful: new.helpful,
            comment,
            at: self.clock.now(),
        };
        tx.feedback(scope).put(&feedback).await?;
        Ok(tx.commit().await?)
    }

    /// What this visitor said about a version of a page.
    pub async fn feedback_of(
        &self,
        scope: TenantScope,
        page: PageId,
        version: u32,
        visitor: &[u8; 32],
    ) -> Result<Option<Feedback>, DocsError> {
        Ok(self
            .store
            .read()
            .await?
            .feedback(scope)
            .find(page, version, visitor)
            .await?)
    }

    /// What all visitors say about a page, and the last comments, newest first.
    pub async fn feedback(
        &self,
        scope: TenantScope,
        page: PageId,
        comments: u32,
    ) -> Result<(FeedbackCounts, Vec<Feedback>), DocsError> {
        let mut tx = self.store.read().await?;
        live_in(&mut *tx, scope, page).await?;
        let counts = tx.feedback(scope).counts(page).await?;
        let comments = tx.feedback(scope).comments(page, comments).await?;
        Ok((counts, comments))
    }

    /// The sums of each page that has any.
    pub async fn all_feedback(&self, scope: TenantScope) -> Result<Vec<(PageId, FeedbackCounts)>, DocsError> {
        Ok(self.store.read().await?.feedback(scope).all_counts().await?)
    }

    async fn published_version(&self, scope: TenantScope, page: PageId) -> Result<u32, DocsError> {
        let mut tx = self.store.read().await?;
        let tree = self.trees_in(&mut *tx, scope).await?.readers;
        let shown = tree.node(page).and_then(|node| node.page.published_version);
        shown.ok_or(DocsError::PageNotFound(page))
    }
}
