//! What can go wrong in storage.

/// The kinds of storage failure that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// A unique value is taken.
    Conflict,
    /// Another writer was in the way; the same call may succeed.
    Busy,
    /// The database cannot be reached, or its disk is full; it may come back.
    Unavailable,
    /// What is stored does not have the form that it should have.
    Corrupt,
    /// Anything else.
    Other,
}

/// A failure of storage. The text names the kind; the cause is in the error chain.
#[derive(Debug, thiserror::Error)]
#[error("storage failed ({kind:?})")]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// A failure of this kind with its cause.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }
    /// What kind of failure it is.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Busy | StoreErrorKind::Unavailable)
    }
}
