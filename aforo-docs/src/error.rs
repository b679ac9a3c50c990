//! Why the documentation refuses.

use aforo_core::{PageId, ProductId, SpecId, StoreError, SuggestionId};

use crate::{
    guide::{transfer::TransferProblem, version::PageVersion},
    spec::diagnostic::ImportError,
};

/// Why an import or a look-up was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocsError {
    /// There is no such product.
    #[error("there is no product {0}")]
    ProductNotFound(ProductId),
    /// There is no such description.
    #[error("there is no API description {0}")]
    SpecNotFound(SpecId),
    /// The product's name or another field is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which one, as the API calls it.
        field: &'static str,
        /// Why, for people.
        reason: String,
    },
    /// The document cannot be read. Nothing was changed.
    #[error("the document cannot be imported")]
    Import(#[from] ImportError),
    /// Another version was published, or added, in the meantime: look again.
    #[error("another version was published in the meantime")]
    PublishedChanged,
    /// The version breaks clients of the published one, and the caller wants none that does.
    #[error("the version has {0} breaking changes")]
    BreakingChanges(u32),
    /// The product's description is not watched.
    #[error("the description of product {0} is not watched")]
    WatchNotFound(ProductId),
    /// There is no such page, or it is deleted, or readers do not see it.
    #[error("there is no page {0}")]
    PageNotFound(PageId),
    /// The page has no such version.
    #[error("the page {page} has no version {number}")]
    VersionNotFound {
        /// The page.
        page: PageId,
        /// The number that was asked for.
        number: u32,
    },
    /// Somebody else saved the page in the meantime. Nothing was changed.
    #[error("version {} was saved in the meantime", latest.number)]
    VersionConflict {
        /// What they saved.
        latest: Box<PageVersion>,
    },
    /// The page, or one below it, would be on a fourth level.
    #[error("the tree has three levels")]
    PageTooDeep,
    /// The page would be below itself.
    #[error("a page cannot be below itself")]
    PageCycle,
    /// A sibling has this address.
    #[error("the address {slug:?} is that of {by}")]
    SlugTaken {
        /// The address.
        slug: String,
        /// Whose it is.
        by: PageId,
    },
    /// The tenant has as many pages as one may have.
    #[error("there are too many pages")]
    TooManyPages,
    /// The page has pages below it, and the caller did not say that they may go with it.
    #[error("the page has {count} pages below it")]
    PageHasChildren {
        /// How many, on all levels.
        count: usize,
    },
    /// The page above the one to bring back is deleted itself.
    #[error("the page {0} above it is deleted")]
    ParentDeleted(PageId),
    /// There is no such suggestion, or its page is deleted.
    #[error("there is no suggestion {0}")]
    SuggestionNotFound(SuggestionId),
    /// Somebody has decided on the suggestion already.
    #[error("the suggestion is decided")]
    SuggestionDecided,
    /// The person has as many open suggestions as one may have.
    #[error("too many suggestions are open")]
    TooManySuggestions,
    /// The suggestion and the page since changed the same lines. Nothing was changed.
    #[error("the suggestion and version {} change the same lines", latest.number)]
    SuggestionConflict {
        /// The page's latest version.
        latest: Box<PageVersion>,
        /// The text with both, and marks (`<<<<<<<`) where they differ.
        marked: String,
    },
    /// The image cannot be kept.
    #[error("the image cannot be kept: {reason}")]
    ImageRefused {
        /// Why, for people.
        reason: String,
    },
    /// The files cannot be imported. Nothing was changed.
    #[error("the files cannot be imported: {} problems", problems.len())]
    ImportRefused {
        /// Everything that is wrong, as far as it could be seen.
        problems: Vec<TransferProblem>,
    },
    /// The tenant has as many images, or as many bytes of them, as one may have.
    #[error("there are too many images")]
    TooManyImages,
    /// The reader stopped; the cause is in the log.
    #[error("the document could not be read")]
    Reader,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
