//! OpenAPI 3.0, 3.1 and later 3.x documents as one lazy model.
//!
//! The document is parsed once, to one `serde_json::Value` tree, and indexed: one line an operation. All else
//! is built when asked for, and costs what one page shows.
//!
//! Why not the typed tree of the `openapiv3` crate: it holds OpenAPI 3.0 only, and refuses whole documents for
//! one odd but harmless spot (a `nullable` beside a 3.1 type list, a boolean schema, a missing `responses`, an
//! unknown parameter style). Real documents have such spots, and a page that shows all the rest is worth more
//! than none. `tests/openapiv3.rs` compares this model with that crate on documents that both can read.
//!
//! Nothing here fetches anything: a `$ref` to another file is shown as a schema that is cut there.

mod content;
mod example;
mod index;
mod locate;
mod operation;
mod parse;
mod reference;
mod schema;
pub(crate) mod template;
mod tree;

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use super::{
    diagnostic::{Diagnostic, ImportError},
    model::{Method, Operation, OperationSummary, Server},
};
use index::Index;

/// Whether a document was written in JSON or YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SourceFormat {
    Json,
    Yaml,
}

/// What a document may cost to import (E7).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Its size in bytes. 16 MiB: GitHub publishes 13.
    pub max_bytes: usize,
    /// How many operations it may have. 5,000.
    pub max_operations: usize,
    /// How deep objects and arrays may nest. 100.
    pub max_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 16 << 20,
            max_operations: 5_000,
            max_depth: 100,
        }
    }
}

/// A tag of the document, as a heading over operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// CommonMark; empty when the document says nothing.
    pub description: String,
}

/// What came out of an import.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The description.
    pub description: ApiDescription,
    /// What readers will miss, in document order. At most [`ImportError::MAX_DIAGNOSTICS`].
    pub warnings: Vec<Diagnostic>,
}

/// One imported API description. Cheap to clone.
#[derive(Clone)]
pub struct ApiDescription {
    inner: Arc<Inner>,
}

struct Inner {
    root: Value,
    format: SourceFormat,
    index: Index,
}

impl fmt::Debug for ApiDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiDescription")
            .field("title", &self.title())
            .field("operations", &self.operations().len())
            .finish_non_exhaustive()
    }
}

impl ApiDescription {
    /// Reads a document, JSON or YAML by its content, within the default [`Limits`].
    ///
    /// # Errors
    /// When it is no OpenAPI 3 document or passes a limit. Legal but odd documents import, with warnings.
    pub fn parse(bytes: &[u8]) -> Result<Parsed, ImportError> {
        Self::parse_within(bytes, &Limits::default())
    }

    /// As [`ApiDescription::parse`], within limits of one's own.
    ///
    /// # Errors
    /// As [`ApiDescription::parse`].
    pub fn parse_within(bytes: &[u8], limits: &Limits) -> Result<Parsed, ImportError> {
        let (text, format, root) = parse::parse(bytes, limits)?;
        let mut findings = Vec::new();
        let index = match Index::build(&root, limits, &mut findings) {
            Ok(index) => index,
            Err(fatal) => {
                findings.insert(0, fatal);
                locate::fill(text, format, &mut findings);
                return Err(ImportError::new(findings));
            }
        };
        findings.truncate(ImportError::MAX_DIAGNOSTICS);
        locate::fill(text, format, &mut findings);
        let description = Self {
            inner: Arc::new(Inner { root, format, index }),
        };
        Ok(Parsed {
            description,
            warnings: findings,
        })
    }

    /// The API's name; `Untitled API` when the document gives none.
    pub fn title(&self) -> String {
        let title = text(self.info(), "title");
        if title.is_empty() {
            "Untitled API".to_owned()
        } else {
            title
        }
    }
    /// The API's version, as the document writes it; may be empty.
    pub fn version(&self) -> String {
        text(self.info(), "version")
    }
    /// What the API is for. CommonMark; may be empty.
    pub fn description(&self) -> String {
        let description = text(self.info(), "description");
        if description.is_empty() {
            text(self.info(), "summary")
        } else {
            description
        }
    }
    /// The document's `openapi` field, such as `3.0.3`.
    pub fn openapi_version(&self) -> &str {
        &self.inner.index.openapi
    }
    /// Whether the document was JSON or YAML.
    pub fn source_format(&self) -> SourceFormat {
        self.inner.format
    }
    /// The servers of the document, variables replaced by their defaults. `/` when it names none.
    pub fn servers(&self) -> Vec<Server> {
        operation::servers(&[Some(self.root())])
    }
    /// The index of operations, in document order. Operations marked `x-internal` are left out.
    pub fn operations(&self) -> &[OperationSummary] {
        &self.inner.index.operations
    }
    /// The tags: those that the document describes, in its order, then others in order of first use.
    pub fn tags(&self) -> &[Tag] {
        &self.inner.index.tags
    }
    /// The operation with this id, references resolved as deep as a page shows. Costs what it shows.
    pub fn operation(&self, id: &str) -> Option<Operation> {
        let at = *self.inner.index.by_id.get(id)?;
        self.operation_at(at)
    }
    /// The operation with this method and exactly this path template.
    pub fn operation_by_method_and_path(&self, method: Method, template: &str) -> Option<Operation> {
        self.operation_at(self.inner.index.by_route(method, template)?)
    }
    /// The operation that a concrete path such as `/pets/7` belongs to, and its percent-decoded path values.
    /// Concrete segments win over variables; a variable matches one segment, or part of one, and never nothing.
    pub fn match_path(&self, method: Method, path: &str) -> Option<(&OperationSummary, Map<String, Value>)> {
        let (at, values) = self.inner.index.routes.find(method, path)?;
        Some((self.operations().get(at)?, values))
    }
    /// The tree that was parsed. For storage, comparison and search.
    pub fn document(&self) -> &Value {
        &self.inner.root
    }

    /// The schema of an operation's request body in one media type, given as `type/subtype`.
    pub(crate) fn body_schema(&self, id: &str, media_type: &str) -> Option<&Value> {
        let place = self.inner.index.places.get(*self.inner.index.by_id.get(id)?)?;
        let root = self.root();
        let item = reference::resolve(root, root.get("paths")?.get(&place.path)?).value?;
        let body = reference::resolve(root, item.get(&place.method)?.get("requestBody")?).value?;
        let contents = body.get("content")?.as_object()?;
        let essence = |name: &str| {
            name.split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        };
        let exact = contents.iter().find(|(name, _)| essence(name) == media_type);
        exact
            .or_else(|| contents.iter().find(|(name, _)| name.contains('*')))?
            .1
            .get("schema")
    }

    fn operation_at(&self, at: usize) -> Option<Operation> {
        let summary = self.inner.index.operations.get(at)?;
        let place = self.inner.index.places.get(at)?;
        operation::build(&self.inner.root, summary, place)
    }
    fn root(&self) -> &Value {
        &self.inner.root
    }
    fn info(&self) -> &Value {
        self.root().get("info").unwrap_or(&Value::Null)
    }
}

/// A text field; numbers and booleans that YAML made of it are written as text again.
fn text(object: &Value, field: &str) -> String {
    match object.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

fn flag(object: &Value, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or(false)
}
