//! Was this helpful?

use aforo_core::{PageId, Timestamp};

/// Characters of what a reader adds.
pub const MAX_COMMENT: usize = 1_000;

/// What one visitor says about one version of a page. Saying something again replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// The page.
    pub page: PageId,
    /// The version that the visitor read.
    pub version: u32,
    /// Who said it, as a hash: see [`Guides::give_feedback`](super::Guides::give_feedback).
    pub visitor: [u8; 32],
    /// Whether it was helpful.
    pub helpful: bool,
    /// What the visitor added; may be empty.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// What all visitors say about a page, over all its versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedbackCounts {
    /// Found it helpful.
    pub yes: u64,
    /// Did not.
    pub no: u64,
}
