//! Addresses that are looked at regularly, so that a description that changed there becomes a version here.

mod service;

use std::{fmt, str::FromStr, time::Duration};

use aforo_core::{LeaseId, ProductId, StoreError, TenantId, Timestamp};
use async_trait::async_trait;

pub use self::service::{Checked, NewWatch, Source, SourceAnswer, SourceFailure, Watches};

/// The shortest time between two looks.
pub const MIN_INTERVAL_MINUTES: u32 = 5;
/// The longest: 30 days.
pub const MAX_INTERVAL_MINUTES: u32 = 30 * 24 * 60;

/// What happens to a new version that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchPublish {
    /// It is stored, and waits for somebody to publish it.
    Never,
    /// It is published unless it breaks clients.
    Compatible,
    /// It is published.
    Always,
}

impl WatchPublish {
    /// All of them, the careful ones first.
    pub const ALL: [Self; 3] = [Self::Never, Self::Compatible, Self::Always];
    /// As storage and the interface write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Compatible => "compatible",
            Self::Always => "always",
        }
    }
}

impl fmt::Display for WatchPublish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// None of `never`, `compatible` and `always`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected never, compatible or always")]
pub struct UnknownWord;

impl FromStr for WatchPublish {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|w| w.as_str() == text)
            .ok_or(UnknownWord)
    }
}

/// A watched address. A product has one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecWatch {
    /// The tenant.
    pub tenant: TenantId,
    /// The product whose description is there.
    pub product: ProductId,
    /// Where to look.
    pub url: String,
    /// How often.
    pub interval_minutes: u32,
    /// What happens to what is found.
    pub publish: WatchPublish,
    /// Who set it: the text form of an actor.
    pub created_by: String,
    /// When it was set.
    pub created_at: Timestamp,
    /// What the last answer was, as its server names it.
    pub seen: Validators,
    /// When to look next.
    pub next_at: Timestamp,
    /// When it was last looked at.
    pub last_checked: Option<Timestamp>,
    /// When a look last brought a new version.
    pub last_changed: Option<Timestamp>,
    /// Why the last look failed; `None` if it did not.
    pub last_error: Option<String>,
    /// How many looks failed since the last one that did not.
    pub failures: u32,
}

/// What an answer says of itself, to ask later whether it is still the same (RFC 9110 section 8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Where the answer came from, redirects followed. They are shown to this address only.
    pub url: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

impl SpecWatch {
    /// How long to wait after this many failures in a row: twice as long each time, a day at most.
    pub fn pause(&self) -> Duration {
        let interval = Duration::from_secs(u64::from(self.interval_minutes) * 60);
        let day = Duration::from_secs(24 * 60 * 60).max(interval);
        interval.saturating_mul(1 << self.failures.min(16)).min(day)
    }
}

/// Keeps the watched addresses of one tenant.
#[async_trait]
pub trait WatchRepository: Send {
    /// Adds the watch of a product, or takes its place. Whoever looks at the old one loses its lease.
    async fn set(&mut self, watch: &SpecWatch) -> Result<(), StoreError>;
    /// The watch of a product.
    async fn find(&mut self, product: ProductId) -> Result<Option<SpecWatch>, StoreError>;
    /// All watches, in the order of their products.
    async fn list(&mut self) -> Result<Vec<SpecWatch>, StoreError>;
    /// Ends a watch. False if there was none.
    async fn remove(&mut self, product: ProductId) -> Result<bool, StoreError>;
    /// Takes one watch that is due and that nobody looks at. Nobody else gets it before `until`.
    async fn claim(
        &mut self,
        now: Timestamp,
        lease: LeaseId,
        until: Timestamp,
    ) -> Result<Option<SpecWatch>, StoreError>;
    /// Keeps what a look found, and gives the watch back. False if this lease does not hold it any more, because
    /// it ran out or because the watch was changed: then nothing is written.
    async fn finish(&mut self, lease: LeaseId, watch: &SpecWatch) -> Result<bool, StoreError>;
}
