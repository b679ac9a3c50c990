//! OpenAPI 3.0, 3.1, 3.2 and later 3.x documents, and Swagger 2.0, as one lazy model.
//!
//! The document is parsed once, to one `serde_json::Value` tree, and indexed: one line an operation. All else
//! is built when asked for, and costs what one page shows.
//!
//! Why not the typed tree of the `openapiv3` crate: it holds OpenAPI 3.0 only, and refuses whole documents for
//! one odd but harmless spot (a `nullable` beside a 3.1 type list, a boolean schema, a missing `responses`, an
//! unknown parameter style). Real documents have such spots, and a page that shows all the rest is worth more
//! than none. `tests/openapiv3.rs` compares this model with that crate on documents that both can read.
//!
//! Nothing here fetches anything: a `$ref` to another file is shown as a schema that is cut there, unless
//! [`bundle`](super::bundle) has put the files together before.

mod characters;
mod check;
mod content;
mod example;
#[cfg(feature = "graphql")]
mod graphql;
mod index;
mod locate;
mod operation;
mod parse;
mod public;
pub(crate) mod reference;
mod response;
mod schema;
mod swagger;
mod tags;
pub(crate) mod template;
mod tree;

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

#[cfg(feature = "graphql")]
use super::graphql::{GraphqlFormat, GraphqlSchema};
use super::{
    diagnostic::{Diagnostic, Findings, ImportError},
    model::{ExternalDocs, Method, Operation, OperationSummary, SchemaView, Server},
};
use index::{Index, Place};

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
    /// Its name, as operations give it.
    pub name: String,
    /// What people call it: `x-displayName`, `summary` (OpenAPI 3.2), or the name.
    pub display_name: String,
    /// CommonMark; empty when the document says nothing.
    pub description: String,
    /// The tag that it is a part of (OpenAPI 3.2).
    pub parent: Option<String>,
    /// What sort of tag it is, such as `nav` (OpenAPI 3.2).
    pub kind: Option<String>,
    /// More to read elsewhere.
    pub external_docs: Option<ExternalDocs>,
}

/// Tags under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagGroup {
    /// The heading; empty for tags that no group names.
    pub name: String,
    /// Names of tags. Each is in one group only.
    pub tags: Vec<String>,
}

/// Levels and nodes of the page of a component schema, and values in its example.
const SCHEMA_LEVELS: u32 = 8;
const SCHEMA_NODES: usize = 500;
const SCHEMA_EXAMPLE: usize = 200;

/// What came out of an import.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The description.
    pub description: ApiDescription,
    /// What readers will miss, in document order. At most [`ImportError::MAX_DIAGNOSTICS`].
    pub warnings: Vec<Diagnostic>,
    /// How many warnings there are beside those.
    pub warnings_left_out: usize,
}

/// One imported API description. Cheap to clone.
#[derive(Clone)]
pub struct ApiDescription {
    inner: Arc<Inner>,
}

struct Inner {
    root: Value,
    format: SourceFormat,
    swagger: Option<String>,
    #[cfg(feature = "graphql")]
    graphql: Option<(GraphqlFormat, GraphqlSchema)>,
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
        #[cfg(feature = "graphql")]
        if let Some(parsed) = graphql::parse(bytes, limits) {
            return parsed;
        }
        let (text, format, mut root) = parse::parse(bytes, limits)?;
        let mut findings = Findings::default();
        let swagger = swagger::version(&root);
        let mut failed = None;
        if let Some(version) = &swagger {
            match swagger::convert(root, version, &mut findings) {
                Ok(converted) => root = converted,
                Err(fatal) => (root, failed) = (Value::Null, Some(fatal)),
            }
        }
        characters::replace(&mut root, &mut findings);
        let index = match failed {
            None => Index::build(&root, limits, &mut findings),
            Some(fatal) => Err(fatal),
        };
        let (mut first, total) = findings.first();
        let index = index.map_err(|mut fatal| {
            if swagger.is_some() {
                fatal.pointer = fatal.pointer.map(|pointer| swagger::origin(&pointer));
            }
            fatal
        });
        if swagger.is_some() {
            for finding in &mut first {
                finding.pointer = finding.pointer.take().map(|pointer| swagger::origin(&pointer));
            }
        }
        match index {
            Ok(index) => {
                locate::fill(text, format, &mut first);
                Ok(Parsed {
                    warnings_left_out: total - first.len(),
                    warnings: first,
                    description: Self {
                        inner: Arc::new(Inner {
                            root,
                            format,
                            swagger,
                            #[cfg(feature = "graphql")]
                            graphql: None,
                            index,
                        }),
                    },
                })
            }
            Err(fatal) => {
                first.insert(0, fatal);
                locate::fill(text, format, &mut first);
                Err(ImportError::new(first, total + 1))
            }
        }
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
    /// The version of Swagger that it was converted from, such as `2.0`; `None` for OpenAPI.
    pub fn swagger_version(&self) -> Option<&str> {
        self.inner.swagger.as_deref()
    }
    /// The kind of document, as imports name it (DOCS-5, C23): `OPENAPI_3`, `GRAPHQL_SDL`, `GRAPHQL_INTROSPECTION`.
    pub fn spec_format(&self) -> &'static str {
        #[cfg(feature = "graphql")]
        match self.inner.graphql {
            Some((GraphqlFormat::Sdl, _)) => return "GRAPHQL_SDL",
            Some((GraphqlFormat::Introspection, _)) => return "GRAPHQL_INTROSPECTION",
            None => {}
        }
        "OPENAPI_3"
    }
    /// The schema that queries are checked against; `None` for a document that is not GraphQL.
    #[cfg(feature = "graphql")]
    pub fn graphql(&self) -> Option<&GraphqlSchema> {
        self.inner.graphql.as_ref().map(|(_, schema)| schema)
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
    /// The webhooks: calls that the API makes to the reader's server. Their `path` is the webhook's name.
    pub fn webhooks(&self) -> &[OperationSummary] {
        &self.inner.index.webhooks
    }
    /// The webhook with this id. Ids are unique among operations and webhooks together.
    pub fn webhook(&self, id: &str) -> Option<Operation> {
        let index = &self.inner.index;
        let at = *index.webhooks_by_id.get(id)?;
        self.build(index.webhooks.get(at)?, index.webhook_places.get(at)?)
    }
    /// Names of the component schemas in document order. Those marked `x-internal` are left out.
    pub fn schemas(&self) -> impl Iterator<Item = &str> {
        let all = self.component_schemas().into_iter().flatten();
        all.filter(|(_, schema)| !schema::is_internal(self.root(), schema))
            .map(|(name, _)| name.as_str())
    }
    /// The component schema with this name, references resolved as deep as a page shows.
    pub fn schema(&self, name: &str) -> Option<SchemaView> {
        let schema = self.component_schemas()?.get(name)?;
        if schema::is_internal(self.root(), schema) {
            return None;
        }
        let mut view = schema::view(self.root(), schema, SCHEMA_LEVELS, SCHEMA_NODES).0;
        view.name = Some(name.to_owned());
        view.listed = true;
        Some(view)
    }
    /// An example of the component schema with this name, as a response would hold it.
    pub fn schema_example(&self, name: &str) -> Option<Value> {
        let schema = self.component_schemas()?.get(name)?;
        example::from_schema(self.root(), schema, example::Purpose::Response, SCHEMA_EXAMPLE)
    }
    /// Headings over tags, for documents that have them (`x-tagGroups`, or `parent` of OpenAPI 3.2); else empty.
    pub fn tag_groups(&self) -> &[TagGroup] {
        &self.inner.index.groups
    }
    /// More to read elsewhere, as the document says.
    pub fn external_docs(&self) -> Option<ExternalDocs> {
        external_docs(self.root().get("externalDocs")?)
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
        let body = reference::resolve(root, place.find(root)?.1.get("requestBody")?).value?;
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
        let index = &self.inner.index;
        self.build(index.operations.get(at)?, index.places.get(at)?)
    }
    fn build(&self, summary: &OperationSummary, place: &Place) -> Option<Operation> {
        operation::build(self.root(), summary, place, &|link| self.linked(link))
    }
    /// The id of the operation that a link means, by `operationId` or `operationRef`.
    fn linked(&self, link: &Value) -> Option<String> {
        let (id, pointer) = (text(link, "operationId"), text(link, "operationRef"));
        let index = &self.inner.index;
        let mut all = index.operations.iter().zip(&index.places);
        if !id.is_empty() {
            let given = |place: &Place| place.find(self.root())?.1.get("operationId")?.as_str();
            return Some(
                all.find(|(_, place)| given(place) == Some(id.as_str()))?
                    .0
                    .id
                    .clone(),
            );
        }
        let pointer = pointer.strip_prefix('#')?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
        Some(all.find(|(_, place)| place.pointer() == pointer)?.0.id.clone())
    }
    fn component_schemas(&self) -> Option<&Map<String, Value>> {
        self.root().get("components")?.get("schemas")?.as_object()
    }
    fn root(&self) -> &Value {
        &self.inner.root
    }
    fn info(&self) -> &Value {
        self.root().get("info").unwrap_or(&Value::Null)
    }
}

/// The tree of a document, within limits.
pub(super) fn parse_tree(bytes: &[u8], limits: &Limits) -> Result<Value, ImportError> {
    Ok(parse::parse(bytes, limits)?.2)
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

/// An `externalDocs` object with an address that a browser can be sent to.
fn external_docs(object: &Value) -> Option<ExternalDocs> {
    let url = text(object, "url");
    is_web(&url).then(|| ExternalDocs {
        url,
        description: text(object, "description"),
    })
}

/// Whether this is an `http` or `https` URL.
fn is_web(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
