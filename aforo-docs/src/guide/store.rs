//! What a storage implementation gives the guides. Each repository is handed out for a scope and sees only what
//! that tenant has; the guides belong to the whole tenant, so a customer's scope sees them as well.

use aforo_core::{Page, PageId, PageRequest, StoreError, SuggestionId, Timestamp, UserId};
use async_trait::async_trait;

use super::{
    draft::PageDraft,
    feedback::{Feedback, FeedbackCounts},
    image::{DocImage, ImageId},
    page::DocPage,
    suggestion::{Suggestion, SuggestionStatus},
    version::{PageVersion, VersionSummary},
};

/// Keeps pages, their versions, and the addresses they had.
#[async_trait]
pub trait PageRepository: Send {
    /// Holds the tenant's tree until the transaction ends: others that want to hold it wait. Everything that
    /// changes a page holds it first, before any other row. Counts the revision up, and returns it.
    async fn lock_tree(&mut self) -> Result<u64, StoreError>;
    /// How often the tree was held for a change that was committed. What was made from the tree at this
    /// revision is still right.
    async fn revision(&mut self) -> Result<u64, StoreError>;
    /// All pages that are not deleted, in no particular order.
    async fn list(&mut self) -> Result<Vec<DocPage>, StoreError>;
    /// The deleted pages, the last deleted first.
    async fn deleted(&mut self) -> Result<Vec<DocPage>, StoreError>;
    /// The page with this id, deleted or not.
    async fn find(&mut self, id: PageId) -> Result<Option<DocPage>, StoreError>;
    /// Adds a page with its first version. A conflict if a sibling has the slug, or if parent, product or author
    /// are not the tenant's.
    async fn insert(&mut self, page: &DocPage, first: &PageVersion) -> Result<(), StoreError>;
    /// Writes everything of a page. False if there is no such page. A conflict as for [`insert`](Self::insert);
    /// and, here or when the transaction is committed, for a version that the page does not have.
    async fn update(&mut self, page: &DocPage) -> Result<bool, StoreError>;
    /// Adds a version. A conflict if the number is taken or the page is not the tenant's. Versions never change.
    async fn add_version(&mut self, version: &PageVersion) -> Result<(), StoreError>;
    /// One version with its text.
    async fn version(&mut self, page: PageId, number: u32) -> Result<Option<PageVersion>, StoreError>;
    /// The versions of a page, the newest first; the next page starts below the last number seen.
    async fn versions(
        &mut self,
        page: PageId,
        request: PageRequest<u32>,
    ) -> Result<Page<VersionSummary, u32>, StoreError>;
    /// Notes that readers found this page at this path. A path leads to the page that was there last.
    async fn add_redirect(&mut self, path: &str, page: PageId, at: Timestamp) -> Result<(), StoreError>;
    /// The page that readers found at this path at some time, which may be deleted by now.
    async fn redirect(&mut self, path: &str) -> Result<Option<PageId>, StoreError>;
    /// Forgets the pages that were deleted before this moment, with everything about them. Returns how many.
    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Keeps each person's unsaved work.
#[async_trait]
pub trait DraftRepository: Send {
    /// Keeps this work in the place of what that person had on that page. A conflict if page, person or version
    /// are not the tenant's.
    async fn put(&mut self, draft: &PageDraft) -> Result<(), StoreError>;
    /// One person's work on a page.
    async fn find(&mut self, page: PageId, user: UserId) -> Result<Option<PageDraft>, StoreError>;
    /// Which pages that are not deleted this person has unsaved work on.
    async fn pages_of(&mut self, user: UserId) -> Result<Vec<PageId>, StoreError>;
    /// Forgets one person's work on a page. False if there was none.
    async fn delete(&mut self, page: PageId, user: UserId) -> Result<bool, StoreError>;
}

/// Which suggestions are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SuggestionFilter {
    /// Only those in this state.
    pub status: Option<SuggestionStatus>,
    /// Only those for this page.
    pub page: Option<PageId>,
    /// Only those of this person.
    pub author: Option<UserId>,
}

/// Keeps suggested edits. Those for deleted pages are neither listed nor counted.
#[async_trait]
pub trait SuggestionRepository: Send {
    /// Adds a suggestion. A conflict if the id is taken, or page, version or author are not the tenant's.
    async fn insert(&mut self, suggestion: &Suggestion) -> Result<(), StoreError>;
    /// The suggestion with this id.
    async fn find(&mut self, id: SuggestionId) -> Result<Option<Suggestion>, StoreError>;
    /// Suggestions, oldest first.
    async fn list(
        &mut self,
        filter: SuggestionFilter,
        page: PageRequest<SuggestionId>,
    ) -> Result<Page<Suggestion, SuggestionId>, StoreError>;
    /// How many there are.
    async fn count(&mut self, filter: SuggestionFilter) -> Result<u64, StoreError>;
    /// Writes the decision on an open suggestion: status, reviewer, note, version and time. False if it is not
    /// open (any more).
    async fn decide(&mut self, suggestion: &Suggestion) -> Result<bool, StoreError>;
}

/// Keeps what visitors found helpful.
#[async_trait]
pub trait FeedbackRepository: Send {
    /// Keeps this in the place of what that visitor said about that version. A conflict if the version is not the
    /// tenant's.
    async fn put(&mut self, feedback: &Feedback) -> Result<(), StoreError>;
    /// What one visitor said about a version.
    async fn find(
        &mut self,
        page: PageId,
        version: u32,
        visitor: &[u8; 32],
    ) -> Result<Option<Feedback>, StoreError>;
    /// The sums of a page over all its versions.
    async fn counts(&mut self, page: PageId) -> Result<FeedbackCounts, StoreError>;
    /// The sums of each page that has any and is not deleted.
    async fn all_counts(&mut self) -> Result<Vec<(PageId, FeedbackCounts)>, StoreError>;
    /// The last comments on a page, newest first.
    async fn comments(&mut self, page: PageId, limit: u32) -> Result<Vec<Feedback>, StoreError>;
}

/// Keeps images under the hash of their content.
#[async_trait]
pub trait ImageRepository: Send {
    /// Adds an image; nothing happens if it is there already. False then.
    async fn insert(&mut self, image: &DocImage, data: &[u8]) -> Result<bool, StoreError>;
    /// An image with its content.
    async fn find(&mut self, id: ImageId) -> Result<Option<(DocImage, Vec<u8>)>, StoreError>;
    /// The images without their content, in id order.
    async fn list(&mut self, page: PageRequest<ImageId>) -> Result<Page<DocImage, ImageId>, StoreError>;
    /// How many images there are, and their bytes together.
    async fn usage(&mut self) -> Result<(u64, u64), StoreError>;
}
