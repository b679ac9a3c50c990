//! What a page said at some time. A version never changes; every save makes one (DOCS-9).

use aforo_core::{PageId, Timestamp, UserId};

/// One version with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageVersion {
    /// The page.
    pub page: PageId,
    /// Counts from 1 without gaps.
    pub number: u32,
    /// The title.
    pub title: String,
    /// The page's part of the address.
    pub slug: String,
    /// The text: CommonMark.
    pub body: String,
    /// Who wrote it; `None` if no person did (the command line, a program with a key).
    pub author: Option<UserId>,
    /// What the author said about the change; may be empty.
    pub note: String,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// One version without its text, as histories list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Counts from 1 without gaps.
    pub number: u32,
    /// The title.
    pub title: String,
    /// The page's part of the address.
    pub slug: String,
    /// Who wrote it.
    pub author: Option<UserId>,
    /// What the author said about the change.
    pub note: String,
    /// When it was saved.
    pub created_at: Timestamp,
}

impl From<&PageVersion> for VersionSummary {
    fn from(version: &PageVersion) -> Self {
        Self {
            number: version.number,
            title: version.title.clone(),
            slug: version.slug.clone(),
            author: version.author,
            note: version.note.clone(),
            created_at: version.created_at,
        }
    }
}
