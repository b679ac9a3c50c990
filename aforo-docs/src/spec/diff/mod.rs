//! What changed between two versions of an API description, and which of it breaks clients.
//!
//! Operations are matched by method and path (names of path parameters do not matter), schemas through their
//! references. Each pair of schemas is compared once for requests and once for responses, however many
//! operations use it, so the cost grows with the documents and not with what they expand to. Texts and examples
//! are not compared: they change what people read, not what programs do.
//!
//! The rules follow one idea. What a client **sends** must not be narrowed: yesterday's request must be good
//! today. What a client **receives** must not be widened or thinned out: today's response must be one that it
//! could read yesterday.
//!
//! | rule | about | class | why |
//! |---|---|---|---|
//! | `operation-removed` | operation | breaking | calls to it fail |
//! | `operation-added` | operation | info | nobody calls it yet |
//! | `operation-deprecated`, `operation-undeprecated` | operation | info | it still works |
//! | `operation-id-changed` | operation | warning | generated clients rename the method |
//! | `webhook-removed`, `webhook-added` | webhook | breaking, info | receivers wait in vain |
//! | `parameter-added-required` | request | breaking | yesterday's call lacks it |
//! | `parameter-added` | request | info | it may be left out |
//! | `parameter-removed` | request | breaking | it is ignored or refused |
//! | `parameter-became-required`, `parameter-became-optional` | request | breaking, info | as above |
//! | `parameter-style-changed` | request | breaking | the same value is written differently |
//! | `parameter-deprecated` | request | info | it still works |
//! | `body-added-required`, `body-added` | request | breaking, info | yesterday's call has no body |
//! | `body-removed` | request | breaking | what it said is ignored or refused |
//! | `body-became-required`, `body-became-optional` | request | breaking, info | as above |
//! | `request-media-type-removed`, `request-media-type-added` | request | breaking, info | that body is refused |
//! | `request-property-added-required` | request | breaking | yesterday's body lacks it |
//! | `request-property-added` | request | info | it may be left out |
//! | `request-property-removed` | request | warning | it is ignored |
//! | `request-property-refused` | request | breaking | removed, and the object takes no other properties |
//! | `request-property-became-required`, `…-became-optional` | request | breaking, info | as above |
//! | `request-property-became-read-only` | request | warning | what is sent is ignored |
//! | `request-type-changed`, `request-type-narrowed` | request | breaking | yesterday's value has the wrong type |
//! | `request-type-widened` | request | info | yesterday's value is still good |
//! | `request-null-refused`, `request-null-allowed` | request | breaking, info | as above |
//! | `request-enum-value-removed`, `request-enum-value-added` | request | breaking, info | that value is refused |
//! | `request-format-changed` | request | breaking | yesterday's text is malformed |
//! | `request-format-added`, `request-format-removed` | request | warning, info | yesterday's text may be malformed |
//! | `request-constraint-tightened`, `request-constraint-loosened` | request | breaking, info | yesterday's value is out of range |
//! | `request-default-changed` | request | warning | leaving it out means something else |
//! | `request-variant-removed`, `request-variant-added` | request | breaking, info | that form is refused |
//! | `request-object-closed`, `request-object-opened` | request | breaking, info | further properties are refused |
//! | `response-success-removed` | response | breaking | the success that clients wait for is gone |
//! | `response-success-added` | response | warning | clients do not know this success |
//! | `response-error-removed`, `response-error-added` | response | info | clients handle errors they do not know |
//! | `response-media-type-removed`, `response-media-type-added` | response | breaking, info | clients ask for it in vain |
//! | `response-header-removed`, `response-header-added` | response | breaking, info | clients read it |
//! | `response-property-removed` | response | breaking | clients read it |
//! | `response-property-added` | response | info | clients skip what they do not know |
//! | `response-property-became-optional` | response | breaking | clients rely on it |
//! | `response-property-became-required` | response | info | it comes more often |
//! | `response-type-changed`, `response-type-widened` | response | breaking | clients get a type they cannot read |
//! | `response-type-narrowed` | response | info | clients can read it |
//! | `response-null-allowed`, `response-null-gone` | response | breaking, info | clients do not expect null |
//! | `response-enum-value-added`, `response-enum-value-removed` | response | warning, info | careful clients have a case for others |
//! | `response-format-changed` | response | breaking | clients parse it differently |
//! | `response-format-removed`, `response-format-added` | response | warning, info | clients may parse it |
//! | `response-constraint-loosened`, `response-constraint-tightened` | response | info | few clients check |
//! | `response-variant-added`, `response-variant-removed` | response | warning, info | careful clients have a case for others |
//! | `security-added` | security | breaking | calls without a credential fail |
//! | `security-alternative-removed`, `security-alternative-added` | security | breaking, info | that credential is refused |
//! | `security-removed` | security | info | a credential is needed no more |
//! | `security-scope-added`, `security-scope-removed` | security | breaking, info | tokens lack it |
//! | `server-removed`, `server-added` | server | warning, info | clients call it by its address |

mod operation;
mod rules;
mod schema;
mod walk;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

pub use self::rules::{RULES, Rule};
use super::{model::Method, openapi::ApiDescription};

/// Operations that a change names at most; [`Change::affected`] counts all.
const NAMED: usize = 20;

/// How much a change matters to clients that work today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Clients that did nothing wrong fail.
    Breaking,
    /// Some clients may notice.
    Warning,
    /// Nobody who does not look notices.
    Info,
}

/// What happened to the part that a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum ChangeKind {
    Added,
    Changed,
    Removed,
}

/// An operation that a change reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OperationRef {
    /// `GET`, `POST`…
    pub method: String,
    /// The path template.
    pub path: String,
    /// Its id in the newer document; for a removed one, in the older.
    pub id: String,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The rule that found it: see the table of this module.
    pub rule: String,
    /// Whether something came, went, or is different.
    pub kind: ChangeKind,
    /// How much it matters.
    pub severity: Severity,
    /// JSON pointer into the newer document; for what was removed, into the older.
    pub pointer: String,
    /// Where in the operation or schema, for people: `query parameter limit`, `Pet › owner › name`.
    pub place: String,
    /// What happened, one sentence without its end: `the property was removed`.
    pub message: String,
    /// Operations that it reaches, in document order, 20 at most; empty for what concerns the whole document.
    pub operations: Vec<OperationRef>,
    /// How many operations it reaches.
    pub affected: u32,
}

impl Change {
    /// Whether clients that work today fail.
    pub fn is_breaking(&self) -> bool {
        self.severity == Severity::Breaking
    }
}

/// What changed from one version to the next, breaking changes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecDiff {
    /// The changes, breaking ones first.
    pub changes: Vec<Change>,
    /// How many changes there are of each class, whether listed or not.
    pub totals: Totals,
}

/// Changes by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Totals {
    pub breaking: u32,
    pub warnings: u32,
    pub infos: u32,
}

impl SpecDiff {
    /// Whether any change breaks clients.
    pub fn is_breaking(&self) -> bool {
        self.totals.breaking > 0
    }
    /// Whether programs notice nothing at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
    /// The same with at most this many changes listed; the totals stay. For storage.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        self.changes.truncate(most);
        self
    }
}

/// What changed from `old` to `new` for readers: what is internal is not compared. Heavy for large documents: call it
/// off the async threads.
pub fn compare(old: &ApiDescription, new: &ApiDescription) -> SpecDiff {
    let (before, after) = (old.public_document(), new.public_document());
    let mut walk = walk::Walk::new(&before, &after);
    operation::documents(&mut walk, old, new);
    walk.run();
    let mut changes = walk.finish();
    changes.sort_by_key(|change| change.severity);
    let count = |severity| {
        let number = changes
            .iter()
            .filter(|change| change.severity == severity)
            .count();
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    SpecDiff {
        totals: Totals {
            breaking: count(Severity::Breaking),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        },
        changes,
    }
}

/// Whether a call of this operation, made by what `old` says of it, is as good by what `new` says: nothing that
/// it sends or expects has changed. An operation that either document lacks is not the same.
pub fn same_operation(old: &ApiDescription, new: &ApiDescription, id: &str) -> bool {
    let summary = |api: &ApiDescription| api.operations().iter().find(|o| o.id == id).cloned();
    let (Some(before), Some(after)) = (summary(old), summary(new)) else {
        return false;
    };
    if (before.method, &before.path) != (after.method, &after.path) {
        return false;
    }
    let (was, is) = (old.public_document(), new.public_document());
    let mut walk = walk::Walk::new(&was, &is);
    operation::operations(&mut walk, &before, &after);
    walk.run();
    walk.finish().is_empty()
}

/// Method and path without the names of its parameters.
fn route(method: Method, path: &str) -> (Method, String) {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => {
                inside = true;
                plain.push_str("{}");
            }
            '}' => inside = false,
            _ if !inside => plain.push(c),
            _ => {}
        }
    }
    (method, plain)
}

/// The names in a path template, in order.
fn path_names(path: &str) -> Vec<&str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .collect()
}

/// The first of each, in order.
fn distinct<T: std::hash::Hash + Eq + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items
        .into_iter()
        .filter(|item| seen.insert(item.clone()))
        .collect()
}
