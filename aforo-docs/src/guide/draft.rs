//! What somebody is writing and has not saved: kept on the server, so that a closed tab loses nothing.

use aforo_core::{PageId, Timestamp, UserId};

use super::page::{MAX_BODY, MAX_TITLE};
use crate::error::DocsError;

/// One person's unsaved work on a page. It is gone after that person saves the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageDraft {
    /// The page.
    pub page: PageId,
    /// Whose work it is. Nobody else sees it.
    pub user: UserId,
    /// The version that the work began with.
    pub base_version: u32,
    /// The title so far; may be empty.
    pub title: String,
    /// The address so far; may be empty or not allowed yet.
    pub slug: String,
    /// The text so far.
    pub body: String,
    /// When it was kept.
    pub saved_at: Timestamp,
}

/// Unsaved work need not be complete, but it must be storable.
pub(crate) fn check(title: &str, slug: &str, body: &str) -> Result<(), DocsError> {
    for (field, text, max) in [
        ("title", title, 4 * MAX_TITLE),
        ("slug", slug, 4 * MAX_TITLE),
        ("body", body, 2 * MAX_BODY),
    ] {
        let reason = if text.contains('\0') {
            "A NUL character cannot be stored. Remove it.".to_owned()
        } else if text.len() > max {
            format!("This is longer than the {max} bytes that are kept.")
        } else {
            continue;
        };
        return Err(DocsError::Invalid { field, reason });
    }
    Ok(())
}
