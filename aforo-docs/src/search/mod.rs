//! Full-text search over guides, operations and schemas.
//!
//! All that is language lives here, in Rust: how a text becomes words ([`text`]), how a question is read ([`query`]),
//! what a typing error is ([`typo`]), and in which order hits are shown ([`rank`]). A store keeps an index (FTS5,
//! tsvector), finds the entries that match with its own ranking, and this module orders the best of them; so all
//! stores answer alike.
//!
//! Only what readers see is in the index: entries are written in the transaction that publishes, and an entry belongs
//! to a *source* (a published description, a published page) that is replaced or removed as a whole.

mod entries;
pub mod query;
pub mod rank;
mod service;
pub mod store;
mod sync;
pub mod text;
pub mod typo;

use aforo_core::ProductId;
use serde::{Deserialize, Serialize};

pub use self::{
    entries::{entries_of, entries_of_page},
    rank::Marked,
    service::{Hit, Search, SearchRequest, SearchResults},
    store::{Count, SearchRepository},
    sync::{forget, index_spec_in, refresh, sync_guides_in},
};

/// Which analysis wrote an index. Raise it whenever [`text`] or [`entries_of`] changes what is written: sources of an
/// older one are written again by [`refresh`].
pub const ANALYSIS: u32 = 1;

/// Characters of a body that are kept and searched. What a reader looks for in a longer section is in a heading of it.
pub const MAX_BODY: usize = 8_000;

/// What a hit leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A section of a guide.
    Guide,
    /// An operation of an API.
    Operation,
    /// A named schema of an API.
    Schema,
}

impl Kind {
    /// Every kind, in the order in which pages show them.
    pub const ALL: [Kind; 3] = [Kind::Guide, Kind::Operation, Kind::Schema];
    /// `guide`, `operation`, `schema`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Guide => "guide",
            Kind::Operation => "operation",
            Kind::Schema => "schema",
        }
    }
    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        Kind::parse(name).ok_or_else(|| format!("{name:?} is no kind of entry"))
    }
}

/// Something that can be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Unique among the entries of a tenant, and the same whenever the same thing is indexed again.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// The product that it belongs to.
    pub product: Option<ProductId>,
    /// What it is called; weighs most.
    pub title: String,
    /// Further exact names: an `operationId`, the name of a schema. Weigh like the title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What it is part of, from the outside in: pages above, tags. Weighs more than the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<String>,
    /// The HTTP method of an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path template of an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Plain text. At most [`MAX_BODY`] characters are kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Where it is: the path of a page, the id of an operation, the name of a schema.
    pub address: String,
    /// The heading of a page, for links: `#` and this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
}
