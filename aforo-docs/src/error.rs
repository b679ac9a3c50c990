//! Why the documentation refuses.

use aforo_core::{ProductId, SpecId, StoreError};

use crate::spec::diagnostic::ImportError;

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
    /// The reader stopped; the cause is in the log.
    #[error("the document could not be read")]
    Reader,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
