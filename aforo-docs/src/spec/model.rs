//! The reference model: what a page, a code sample and the proxy know of one operation.
//!
//! Everything here is built on demand from the stored document; nothing holds a whole resolved document.

use serde::Serialize;
use serde_json::Value;

/// An HTTP method that an API description can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // the names are the documentation
pub enum Method {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
    Query,
}

/// One line of the operation index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationSummary {
    /// Unique in the document and safe in a URL: the `operationId`, or one made from method and path.
    pub id: String,
    /// The method.
    pub method: Method,
    /// The path template, such as `/v1/pets/{petId}`.
    pub path: String,
    /// One line; falls back to method and path.
    pub summary: String,
    /// Tags in document order.
    pub tags: Vec<String>,
    /// Marked deprecated.
    pub deprecated: bool,
}

/// One operation, with references resolved as deep as a page shows.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its line in the index.
    pub summary: OperationSummary,
    /// CommonMark.
    pub description: String,
    /// Parameters of the path item and of the operation; the operation's win.
    pub parameters: Vec<Parameter>,
    /// The request body.
    pub body: Option<RequestBody>,
    /// Responses in document order.
    pub responses: Vec<Response>,
    /// Any one of these sets of schemes is enough; an empty set means "no credential needed". Empty when the
    /// document asks for no security.
    pub security: Vec<Vec<SecurityScheme>>,
    /// The servers that apply to this operation, variables replaced by their defaults.
    pub servers: Vec<Server>,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum ParameterPlace {
    Path,
    Query,
    Header,
    Cookie,
}

/// How a parameter's value is written (OpenAPI `style`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
}

/// One parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it goes.
    pub place: ParameterPlace,
    /// Must be given.
    pub required: bool,
    /// Marked deprecated.
    pub deprecated: bool,
    /// CommonMark.
    pub description: String,
    /// How its value is written.
    pub style: Style,
    /// Arrays and objects are written as several values.
    pub explode: bool,
    /// Reserved characters stay as they are (query only).
    pub allow_reserved: bool,
    /// Set when the value is a document of this media type (`content` instead of `schema`).
    pub media_type: Option<String>,
    /// What values it takes.
    pub schema: SchemaView,
    /// A value to show and to prefill.
    pub example: Option<Value>,
}

/// The request body.
#[derive(Clone, Debug)]
pub struct RequestBody {
    /// Must be given.
    pub required: bool,
    /// CommonMark.
    pub description: String,
    /// One entry a media type, in document order.
    pub contents: Vec<Content>,
}

/// A body in one media type.
#[derive(Clone, Debug)]
pub struct Content {
    /// Such as `application/json`.
    pub media_type: String,
    /// What it consists of.
    pub schema: Option<SchemaView>,
    /// The document's example, or one made from the schema.
    pub example: Option<Value>,
    /// How form fields are written, where the document says so (`encoding`).
    pub encoding: Vec<PropertyEncoding>,
}

/// How one field of a form body is written (OpenAPI `encoding`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyEncoding {
    /// The field.
    pub name: String,
    /// The media type of its part.
    pub content_type: Option<String>,
    /// How its value is written, and whether arrays and objects become several values.
    pub style: Option<(Style, bool)>,
    /// Reserved characters stay as they are.
    pub allow_reserved: bool,
}

/// One response of an operation.
#[derive(Clone, Debug)]
pub struct Response {
    /// `200`, `4XX` or `default`.
    pub status: String,
    /// CommonMark.
    pub description: String,
    /// Response headers: name and description.
    pub headers: Vec<(String, String)>,
    /// One entry a media type.
    pub contents: Vec<Content>,
}

/// A way to present a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum SecurityScheme {
    HttpBearer,
    HttpBasic,
    ApiKey {
        place: ParameterPlace,
        name: String,
    },
    OAuth2,
    OpenIdConnect,
    MutualTls,
    /// A scheme that the document names and we do not know, such as `http` with `digest`.
    Other(String),
}

/// A server of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    /// As the document gives it, variables replaced by their defaults; may be relative.
    pub url: String,
    /// Plain text.
    pub description: String,
}

/// A schema as a page shows it: a tree, cut where it recurs or grows too deep.
#[derive(Clone, Debug, Default)]
pub struct SchemaView {
    /// The component's name, when the schema was a reference.
    pub name: Option<String>,
    /// `string`, `integer`, `object`… empty means any type.
    pub types: Vec<String>,
    /// `null` is a value, too.
    pub nullable: bool,
    /// Such as `date-time`.
    pub format: Option<String>,
    /// CommonMark.
    pub description: String,
    /// For people: `1 to 5000 characters`, `>= 0`, `pattern ^a`.
    pub constraints: Vec<String>,
    /// The only values it takes.
    pub enumeration: Vec<Value>,
    /// Used when the value is left out.
    pub default: Option<Value>,
    /// An example.
    pub example: Option<Value>,
    /// Marked deprecated.
    pub deprecated: bool,
    /// Only in responses.
    pub read_only: bool,
    /// Only in requests.
    pub write_only: bool,
    /// Properties of an object, `allOf` merged in.
    pub properties: Vec<PropertyView>,
    /// Values of further properties, if allowed and described.
    pub additional: Option<Box<SchemaView>>,
    /// Items of an array.
    pub items: Option<Box<SchemaView>>,
    /// `oneOf` or `anyOf`, with its alternatives.
    pub alternatives: Option<(AlternativeKind, Vec<SchemaView>)>,
    /// The schema goes on, but a page shows no more of it: it recurs (`name` says to what) or is too deep.
    pub cut: bool,
}

/// `oneOf` or `anyOf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AlternativeKind {
    OneOf,
    AnyOf,
}

/// One property of an object schema.
#[derive(Clone, Debug)]
pub struct PropertyView {
    /// Its name.
    pub name: String,
    /// Must be given.
    pub required: bool,
    /// What it is.
    pub schema: SchemaView,
}

impl Method {
    /// Every method, in the order that OpenAPI lists them.
    pub const ALL: [Method; 9] = [
        Method::Get,
        Method::Put,
        Method::Post,
        Method::Delete,
        Method::Options,
        Method::Head,
        Method::Patch,
        Method::Trace,
        Method::Query,
    ];
    /// `GET`, `POST`…
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Put => "PUT",
            Method::Post => "POST",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Head => "HEAD",
            Method::Patch => "PATCH",
            Method::Trace => "TRACE",
            Method::Query => "QUERY",
        }
    }
    /// The method of this name, in any case.
    pub fn parse(name: &str) -> Option<Method> {
        Method::ALL
            .into_iter()
            .find(|m| m.as_str().eq_ignore_ascii_case(name))
    }
    /// Whether a call may change something (RFC 9110 section 9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(
            self,
            Method::Get | Method::Head | Method::Options | Method::Trace | Method::Query
        )
    }
}
