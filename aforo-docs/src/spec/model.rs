//! The reference model: what a page, a code sample and the proxy know of one operation.
//!
//! Everything here is built on demand from the stored document; nothing holds a whole resolved document.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// An HTTP method that an API description can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// Another registered method of `additionalOperations` (OpenAPI 3.2), by its name.
    Other(&'static str),
}

/// One line of the operation index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationSummary {
    /// Unique in the document and safe in a URL: the `operationId`, or one made from method and path.
    pub id: String,
    /// The method.
    pub method: Method,
    /// The path template, such as `/v1/pets/{petId}`; the name of a webhook.
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
    /// The API calls the reader's server, not the other way round: nothing to try.
    pub webhook: bool,
    /// Calls that the API makes in answer to this one.
    pub callbacks: Vec<Callback>,
    /// More to read elsewhere.
    pub external_docs: Option<ExternalDocs>,
    /// Samples that the author wrote (`x-codeSamples`).
    pub author_samples: Vec<AuthorSample>,
    /// What the author says about the deprecation (`x-deprecated-reason` and its like).
    pub deprecation: String,
}

/// A link to more documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalDocs {
    /// An `http` or `https` URL.
    pub url: String,
    /// CommonMark; may be empty.
    pub description: String,
}

/// A code sample that the document brings along. Shown as it is, never run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorSample {
    /// The language as the author names it, such as `Python`.
    pub language: String,
    /// The tab's label; the language when the author gives none.
    pub label: String,
    /// The code.
    pub source: String,
}

/// A call that the API makes to the reader's server, in answer to an operation.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Its name in the document.
    pub name: String,
    /// Where it goes: a runtime expression, such as `{$request.body#/callbackUrl}`.
    pub expression: String,
    /// The method.
    pub method: Method,
    /// One line; may be empty.
    pub summary: String,
    /// CommonMark.
    pub description: String,
    /// What it sends.
    pub body: Option<RequestBody>,
    /// What the reader's server should answer.
    pub responses: Vec<Response>,
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
    /// Further examples with names, when the document gives several.
    pub examples: Vec<NamedExample>,
}

/// An example with a name (`examples`).
#[derive(Clone, Debug, PartialEq)]
pub struct NamedExample {
    /// Its name in the document.
    pub name: String,
    /// One line; may be empty.
    pub summary: String,
    /// CommonMark.
    pub description: String,
    /// The value; `None` when it is kept elsewhere.
    pub value: Option<Value>,
    /// Where the value is kept: an `http` or `https` URL.
    pub external: Option<String>,
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
    /// All examples with names, when the document gives more than one or says something about it.
    pub examples: Vec<NamedExample>,
    /// The schema is of each item of a sequence, such as an event of a stream (`itemSchema`).
    pub sequence: bool,
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
    /// Its headers.
    pub headers: Vec<ResponseHeader>,
    /// One entry a media type.
    pub contents: Vec<Content>,
    /// Operations that can follow, with values of this response.
    pub links: Vec<ResponseLink>,
}

/// A header of a response.
#[derive(Clone, Debug)]
pub struct ResponseHeader {
    /// Its name.
    pub name: String,
    /// Always sent.
    pub required: bool,
    /// Marked deprecated.
    pub deprecated: bool,
    /// CommonMark.
    pub description: String,
    /// What values it takes.
    pub schema: SchemaView,
    /// An example.
    pub example: Option<Value>,
}

/// An operation that can follow a response (OpenAPI `links`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseLink {
    /// Its name in the document.
    pub name: String,
    /// The operation's id in this document, if it is there.
    pub operation: Option<String>,
    /// The operation as the document names it: `operationId` or `operationRef`.
    pub target: String,
    /// CommonMark.
    pub description: String,
    /// Parameters of that operation and where their values come from, such as `$response.body#/id`.
    pub parameters: Vec<(String, String)>,
    /// Where its body comes from.
    pub body: Option<String>,
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
    /// `name` is one of [`ApiDescription::schemas`](super::openapi::ApiDescription::schemas): it has a page.
    pub listed: bool,
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
    /// What each value of `enumeration` means (CommonMark); empty when the document does not say.
    pub enum_descriptions: Vec<String>,
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
    /// Properties whose names match a pattern.
    pub pattern_properties: Vec<PropertyView>,
    /// Values of further properties, if allowed and described.
    pub additional: Option<Box<SchemaView>>,
    /// Further properties are refused.
    pub closed: bool,
    /// Items of an array; after `prefix`, the others.
    pub items: Option<Box<SchemaView>>,
    /// Items by position (`prefixItems`).
    pub prefix: Vec<SchemaView>,
    /// `oneOf` or `anyOf`, with its alternatives.
    pub alternatives: Option<(AlternativeKind, Vec<SchemaView>)>,
    /// Which property tells alternatives apart.
    pub discriminator: Option<DiscriminatorView>,
    /// What a value must not be.
    pub not: Option<Box<SchemaView>>,
    /// Further demands that hold under a condition: `if`/`then`/`else`, `dependentSchemas`.
    pub conditions: Vec<ConditionView>,
    /// More to read elsewhere.
    pub external_docs: Option<ExternalDocs>,
    /// The schema goes on, but a page shows no more of it: it recurs (`name` says to what) or is too deep.
    pub cut: bool,
}

/// The property that says which alternative a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscriminatorView {
    /// The property.
    pub property: String,
    /// Its values and the schema that each stands for, where the document says so.
    pub mapping: Vec<(String, String)>,
}

/// A demand that holds under a condition.
#[derive(Clone, Debug)]
pub struct ConditionView {
    /// When it holds, for people: `If it matches`, `If "card" is given`.
    pub label: String,
    /// What is demanded, or the condition itself.
    pub schema: SchemaView,
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
    /// Every method that a path item can name, in the order that OpenAPI lists them.
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
    /// Further methods that `additionalOperations` may name: those of IANA's registry, and a few in common use.
    const FURTHER: [&str; 40] = [
        "ACL",
        "BAN",
        "BASELINE-CONTROL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "COPY",
        "LABEL",
        "LINK",
        "LIST",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "MOVE",
        "M-SEARCH",
        "NOTIFY",
        "ORDERPATCH",
        "PROPFIND",
        "PROPPATCH",
        "PURGE",
        "REBIND",
        "REPORT",
        "SEARCH",
        "SUBSCRIBE",
        "UNBIND",
        "UNCHECKOUT",
        "UNLINK",
        "UNLOCK",
        "UNSUBSCRIBE",
        "UPDATE",
        "UPDATEREDIRECTREF",
        "VERSION-CONTROL",
        "VIEW",
        "CREATE",
        "INVOKE",
        "WATCH",
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
            Method::Other(name) => name,
        }
    }
    /// The method of this name, in any case.
    pub fn parse(name: &str) -> Option<Method> {
        let common = Method::ALL
            .into_iter()
            .find(|m| m.as_str().eq_ignore_ascii_case(name));
        common.or_else(|| {
            let further = Method::FURTHER.into_iter().find(|m| m.eq_ignore_ascii_case(name));
            further.map(Method::Other)
        })
    }
    /// Whether a call may change something (RFC 9110 section 9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(
            self,
            Method::Get | Method::Head | Method::Options | Method::Trace | Method::Query
        )
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
