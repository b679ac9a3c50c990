//! Suggested edits and their review.

use aforo_core::{
    Page, PageId, PageRequest, SuggestionId, TenantScope, UserId,
    kernel::audit::{Actor, AuditEntry},
};

use super::{Guides, live_in, version_in};
use crate::{
    error::DocsError,
    guide::{
        page::{self, MAX_NOTE},
        store::SuggestionFilter,
        suggestion::{MAX_OPEN, Suggestion, SuggestionStatus, merge},
        tree::Audience,
        version::PageVersion,
    },
};

/// An edit to suggest.
#[derive(Clone, Debug, Default)]
pub struct NewSuggestion {
    /// The version that the reader changed: the published one, or one before it.
    pub base_version: u32,
    /// The whole text as the reader would have it.
    pub body: String,
    /// Why; may be empty.
    pub note: String,
}

/// What a reviewer decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The suggestion becomes a version by its author.
    Accept {
        /// The latest version that the reviewer has seen.
        latest: u32,
        /// The text to save, if the reviewer put it together; `None` to merge the suggestion with what changed
        /// since.
        body: Option<String>,
        /// Whether to publish it at once. What else was saved and not published before goes with it.
        publish: bool,
    },
    /// Nothing changes.
    Reject,
}

/// A suggestion with what is needed to decide on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestionReview {
    /// The suggestion.
    pub suggestion: Suggestion,
    /// The version that its author changed.
    pub base: PageVersion,
    /// The latest version.
    pub latest: PageVersion,
    /// What accepting would save; or, as an error, the text with marks where both changed the same lines.
    pub merged: Result<String, String>,
}

impl Guides {
    /// Sends a suggestion to the authors.
    pub async fn suggest(
        &self,
        scope: TenantScope,
        author: UserId,
        page: PageId,
        new: NewSuggestion,
    ) -> Result<Suggestion, DocsError> {
        let (body, note) = (page::body(&new.body)?, page::note("note", &new.note, MAX_NOTE)?);
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        // Held so that two at once do not both find room for one.
        tx.pages(scope).lock_tree().await?;
        let pages = tx.pages(scope).list().await?;
        let tree = crate::guide::tree::Tree::of(pages, Audience::Readers);
        let shown = tree.node(page).and_then(|node| node.page.published_version);
        let shown = shown.ok_or(DocsError::PageNotFound(page))?;
        if new.base_version > shown {
            return Err(DocsError::VersionNotFound {
                page,
                number: new.base_version,
            });
        }
        let base = version_in(&mut *tx, scope, page, new.base_version).await?;
        if base.body == body {
            let reason = "Nothing is changed yet. Edit the text, then send it.".to_owned();
            return Err(DocsError::Invalid {
                field: "body",
                reason,
            });
        }
        let open = SuggestionFilter {
            status: Some(SuggestionStatus::Open),
            page: None,
            author: Some(author),
        };
        if tx.suggestions(scope).count(open).await? >= u64::from(MAX_OPEN) {
            return Err(DocsError::TooManySuggestions);
        }
        let suggestion = Suggestion {
            id: SuggestionId::new(now, &*self.entropy),
            tenant: scope.tenant(),
            page,
            author,
            base_version: new.base_version,
            body,
            note,
            status: SuggestionStatus::Open,
            reviewer: None,
            review_note: String::new(),
            accepted_version: None,
            created_at: now,
            decided_at: None,
        };
        tx.suggestions(scope).insert(&suggestion).await?;
        let entry = AuditEntry::new(scope, Actor::User(author), "suggestion.sent", now, &*self.entropy)
            .target(suggestion.id)
            .detail("page", page);
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;
        Ok(suggestion)
    }

    /// Suggestions for pages that are not deleted, oldest first.
    pub async fn suggestions(
        &self,
        scope: TenantScope,
        filter: SuggestionFilter,
        page: PageRequest<SuggestionId>,
    ) -> Result<Page<Suggestion, SuggestionId>, DocsError> {
        Ok(self
            .store
            .read()
            .await?
            .suggestions(scope)
            .list(filter, page)
            .await?)
    }

    /// How many suggestions there are.
    pub async fn count_suggestions(
        &self,
        scope: TenantScope,
        filter: SuggestionFilter,
    ) -> Result<u64, DocsError> {
        Ok(self.store.read().await?.suggestions(scope).count(filter).await?)
    }

    /// One suggestion with the versions to compare it with, and what accepting it would save.
    pub async fn suggestion(
        &self,
        scope: TenantScope,
        id: SuggestionId,
    ) -> Result<SuggestionReview, DocsError> {
        let mut tx = self.store.read().await?;
        let found = tx.suggestions(scope).find(id).await?;
        let suggestion = found.ok_or(DocsError::SuggestionNotFound(id))?;
        let not_found = |_| DocsError::SuggestionNotFound(id);
        let page = live_in(&mut *tx, scope, suggestion.page)
            .await
            .map_err(not_found)?;
        let base = version_in(&mut *tx, scope, page.id, suggestion.base_version).await?;
        let latest = version_in(&mut *tx, scope, page.id, page.latest_version).await?;
        drop(tx);
        let merged = merged(&base, &latest, &suggestion).await?;
        Ok(SuggestionReview {
            suggestion,
            base,
            latest,
            merged,
        })
    }

    /// Accepts or rejects an open suggestion. An accepted one becomes a version whose author is whoever suggested
    /// it. Returns the suggestion with the decision.
    ///
    /// [`DocsError::VersionConflict`] if the page was saved since the reviewer looked;
    /// [`DocsError::SuggestionConflict`] if page and suggestion changed the same lines and the reviewer gave no
    /// text; [`DocsError::SuggestionDecided`] if somebody was quicker.
    pub async fn review(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: SuggestionId,
        decision: Decision,
        note: &str,
    ) -> Result<Suggestion, DocsError> {
        let review_note = page::note("note", note, MAX_NOTE)?;
        let mut tx = self.store.begin().await?;
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        let found = tx.suggestions(scope).find(id).await?;
        let suggestion = found.ok_or(DocsError::SuggestionNotFound(id))?;
        if suggestion.status != SuggestionStatus::Open {
            return Err(DocsError::SuggestionDecided);
        }
        let current = change
            .forest
            .page(suggestion.page)
            .map_err(|_| DocsError::SuggestionNotFound(id))?;
        let mut decided = Suggestion {
            status: SuggestionStatus::Rejected,
            reviewer: change.author(),
            review_note,
            decided_at: Some(change.now),
            ..suggestion
        };
        let mut action = "suggestion.rejected";
        if let Decision::Accept {
            latest: seen,
            body,
            publish,
        } = decision
        {
            let latest = version_in(&mut *tx, scope, current.id, current.latest_version).await?;
            if latest.number != seen {
                return Err(DocsError::VersionConflict {
                    latest: Box::new(latest),
                });
            }
            let body = match body {
                Some(body) => body,
                None => {
                    let base = version_in(&mut *tx, scope, current.id, decided.base_version).await?;
                    match merged(&base, &latest, &decided).await? {
                        Ok(body) => body,
                        Err(marked) => {
                            let latest = Box::new(latest);
                            return Err(DocsError::SuggestionConflict { latest, marked });
                        }
                    }
                }
            };
            let note = if decided.note.is_empty() {
                "Suggested edit"
            } else {
                &decided.note
            };
            let written = PageVersion {
                number: latest.number + 1,
                body: page::body(&body)?,
                author: Some(decided.author),
                note: note.to_owned(),
                created_at: change.now,
                ..latest
            };
            let version = self
                .write_in(&mut *tx, &mut change, written, "page.saved")
                .await?;
            if publish {
                self.show_in(&mut *tx, &mut change, &version).await?;
            }
            decided.status = SuggestionStatus::Accepted;
            decided.accepted_version = Some(version.number);
            action = "suggestion.accepted";
        }
        if !tx.suggestions(scope).decide(&decided).await? {
            return Err(DocsError::SuggestionDecided);
        }
        let mut entry = self
            .entry(&change, action)
            .target(id)
            .detail("page", decided.page);
        if let Some(version) = decided.accepted_version {
            entry = entry.detail("version", version);
        }
        tx.audit(scope).append(&entry).await?;
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(decided)
    }
}

/// Merges off the async threads: two texts of 256 KiB that have little in common take a while.
async fn merged(
    base: &PageVersion,
    latest: &PageVersion,
    suggestion: &Suggestion,
) -> Result<Result<String, String>, DocsError> {
    if base.body == latest.body {
        return Ok(Ok(suggestion.body.clone()));
    }
    let (base, latest, suggested) = (base.body.clone(), latest.body.clone(), suggestion.body.clone());
    let done = tokio::task::spawn_blocking(move || merge(&base, &latest, &suggested));
    done.await.map_err(|_| DocsError::Reader)
}
