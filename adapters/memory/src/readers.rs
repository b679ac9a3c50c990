//! What people add to the guides: unsaved work, suggestions, feedback and images.

use std::{cmp::Reverse, sync::Arc};

use aforo_core::{Page, PageId, PageRequest, StoreError, SuggestionId, UserId};
use aforo_docs::guide::{
    draft::PageDraft,
    feedback::{Feedback, FeedbackCounts},
    image::{DocImage, ImageId},
    store::{DraftRepository, FeedbackRepository, ImageRepository, SuggestionFilter, SuggestionRepository},
    suggestion::{Suggestion, SuggestionStatus},
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

#[async_trait]
impl DraftRepository for Scoped<'_> {
    async fn put(&mut self, draft: &PageDraft) -> Result<(), StoreError> {
        self.require_version(draft.page, draft.base_version)?;
        self.require_user(Some(draft.user))?;
        let drafts = self.data.page_drafts.rows_mut();
        drafts.insert((draft.page, draft.user), draft.clone());
        Ok(())
    }
    async fn find(&mut self, page: PageId, user: UserId) -> Result<Option<PageDraft>, StoreError> {
        let mine = self.has_page(page);
        Ok(self.data.page_drafts.find((page, user), |_| mine))
    }
    async fn pages_of(&mut self, user: UserId) -> Result<Vec<PageId>, StoreError> {
        let drafts = self.data.page_drafts.rows().keys();
        let pages = drafts.filter(|(page, who)| *who == user && self.is_live(*page));
        Ok(pages.map(|(page, _)| *page).collect())
    }
    async fn delete(&mut self, page: PageId, user: UserId) -> Result<bool, StoreError> {
        let mine = self.has_page(page) && self.data.page_drafts.rows().contains_key(&(page, user));
        if mine {
            self.data.page_drafts.rows_mut().remove(&(page, user));
        }
        Ok(mine)
    }
}

impl Scoped<'_> {
    fn wants(&self, filter: SuggestionFilter, suggestion: &Suggestion) -> bool {
        self.is_live(suggestion.page)
            && filter.status.is_none_or(|status| suggestion.status == status)
            && filter.page.is_none_or(|page| suggestion.page == page)
            && filter.author.is_none_or(|author| suggestion.author == author)
    }
}

#[async_trait]
impl SuggestionRepository for Scoped<'_> {
    async fn insert(&mut self, suggestion: &Suggestion) -> Result<(), StoreError> {
        within(self.scope, suggestion.tenant, self.scope.customer())?;
        self.require_version(suggestion.page, suggestion.base_version)?;
        self.require_user(Some(suggestion.author))?;
        self.data.suggestions.insert(suggestion.id, suggestion.clone())
    }
    async fn find(&mut self, id: SuggestionId) -> Result<Option<Suggestion>, StoreError> {
        let tenant = self.scope.tenant();
        Ok(self
            .data
            .suggestions
            .find(id, |suggestion| suggestion.tenant == tenant))
    }
    async fn list(
        &mut self,
        filter: SuggestionFilter,
        page: PageRequest<SuggestionId>,
    ) -> Result<Page<Suggestion, SuggestionId>, StoreError> {
        Ok(self
            .data
            .suggestions
            .page(page, |suggestion| self.wants(filter, suggestion)))
    }
    async fn count(&mut self, filter: SuggestionFilter) -> Result<u64, StoreError> {
        let all = self.data.suggestions.rows().values();
        Ok(all.filter(|suggestion| self.wants(filter, suggestion)).count() as u64)
    }
    async fn decide(&mut self, decided: &Suggestion) -> Result<bool, StoreError> {
        let tenant = self.scope.tenant();
        let open = |s: &Suggestion| s.tenant == tenant && s.status == SuggestionStatus::Open;
        if self.data.suggestions.find(decided.id, open).is_none() {
            return Ok(false);
        }
        self.require_user(decided.reviewer)?;
        if let Some(number) = decided.accepted_version {
            self.require_version(decided.page, number)?;
        }
        let Some(suggestion) = self.data.suggestions.find_mut(decided.id, open) else {
            return Ok(false);
        };
        suggestion.status = decided.status;
        suggestion.reviewer = decided.reviewer;
        suggestion.review_note.clone_from(&decided.review_note);
        suggestion.accepted_version = decided.accepted_version;
        suggestion.decided_at = decided.decided_at;
        Ok(true)
    }
}

fn add(counts: &mut FeedbackCounts, feedback: &Feedback) {
    match feedback.helpful {
        true => counts.yes += 1,
        false => counts.no += 1,
    }
}

#[async_trait]
impl FeedbackRepository for Scoped<'_> {
    async fn put(&mut self, feedback: &Feedback) -> Result<(), StoreError> {
        self.require_version(feedback.page, feedback.version)?;
        let key = (feedback.page, feedback.version, feedback.visitor);
        self.data.feedback.rows_mut().insert(key, feedback.clone());
        Ok(())
    }
    async fn find(
        &mut self,
        page: PageId,
        version: u32,
        visitor: &[u8; 32],
    ) -> Result<Option<Feedback>, StoreError> {
        let mine = self.has_page(page);
        Ok(self.data.feedback.find((page, version, *visitor), |_| mine))
    }
    async fn counts(&mut self, page: PageId) -> Result<FeedbackCounts, StoreError> {
        let mut counts = FeedbackCounts::default();
        if self.has_page(page) {
            let all = self.data.feedback.rows().values();
            all.filter(|f| f.page == page).for_each(|f| add(&mut counts, f));
        }
        Ok(counts)
    }
    async fn all_counts(&mut self) -> Result<Vec<(PageId, FeedbackCounts)>, StoreError> {
        let mut counts = std::collections::BTreeMap::<PageId, FeedbackCounts>::new();
        for feedback in self
            .data
            .feedback
            .rows()
            .values()
            .filter(|f| self.is_live(f.page))
        {
            add(counts.entry(feedback.page).or_default(), feedback);
        }
        Ok(counts.into_iter().collect())
    }
    async fn comments(&mut self, page: PageId, limit: u32) -> Result<Vec<Feedback>, StoreError> {
        if !self.has_page(page) {
            return Ok(Vec::new());
        }
        let all = self.data.feedback.rows().values();
        let mut found: Vec<&Feedback> = all.filter(|f| f.page == page && !f.comment.is_empty()).collect();
        found.sort_by_key(|f| Reverse((f.at, f.version, f.visitor)));
        Ok(found.into_iter().take(limit as usize).cloned().collect())
    }
}

#[async_trait]
impl ImageRepository for Scoped<'_> {
    async fn insert(&mut self, image: &DocImage, data: &[u8]) -> Result<bool, StoreError> {
        within(self.scope, image.tenant, self.scope.customer())?;
        self.require_user(image.created_by)?;
        if data.len() != image.bytes as usize {
            return Err(conflict("the image has another size than it says"));
        }
        let images = self.data.images.rows_mut();
        let key = (image.tenant, image.id);
        if images.contains_key(&key) {
            return Ok(false);
        }
        images.insert(key, (image.clone(), Arc::from(data)));
        Ok(true)
    }
    async fn find(&mut self, id: ImageId) -> Result<Option<(DocImage, Vec<u8>)>, StoreError> {
        let found = self.data.images.find((self.scope.tenant(), id), |_| true);
        Ok(found.map(|(image, data)| (image, data.to_vec())))
    }
    async fn list(&mut self, page: PageRequest<ImageId>) -> Result<Page<DocImage, ImageId>, StoreError> {
        let tenant = self.scope.tenant();
        let images = self.data.images.rows().values().map(|(image, _)| image);
        let wanted = images.filter(|i| i.tenant == tenant && page.after.is_none_or(|after| i.id > after));
        let rows = wanted.take(page.limit as usize + 1).cloned().collect();
        Ok(Page::from_rows(rows, page.limit, |image: &DocImage| image.id))
    }
    async fn usage(&mut self) -> Result<(u64, u64), StoreError> {
        let tenant = self.scope.tenant();
        let images = self
            .data
            .images
            .rows()
            .values()
            .filter(|(image, _)| image.tenant == tenant);
        Ok(images.fold((0, 0), |(n, bytes), (image, _)| {
            (n + 1, bytes + u64::from(image.bytes))
        }))
    }
}
