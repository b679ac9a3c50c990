//! One operation: what it takes and gives, Try it, samples.

use aforo_docs::spec::model::{Content, Operation, Parameter, ParameterPlace, Response, ResponseHeader, SecurityScheme};
use maud::{Markup, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, document},
        parts::{copy_button, crumbs, icon_sm, method_badge, status_class},
    },
    Markdown, ProductRef, ReferenceNav, TryAccess, TryOutcome, TryValues, highlight,
    nav::{previous_next, sheet, side},
    panel, prose, response,
    schema::{Schemas, slug, value_text},
    without_images,
};

/// The page of one operation.
#[derive(Clone, Debug)]
pub struct OperationView<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Its description as sanitised HTML; may be empty.
    pub description_html: String,
    /// Renders the other texts of the specification.
    pub markdown: Markdown,
    /// The product.
    pub product: ProductRef,
    /// Identifies the published document in Try it.
    pub spec_id: String,
    /// Operations by tag.
    pub nav: ReferenceNav,
    /// What the playground needs to know of the visitor.
    pub access: TryAccess,
    /// What the form holds, when it was sent without JavaScript; `None` fills it from the specification.
    pub values: Option<TryValues>,
    /// Code samples of the form as it stands.
    pub samples: Vec<SampleView>,
}

/// A code sample in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleView {
    /// Such as `python`; the value of the language cookie.
    pub id: String,
    /// Such as `Python`.
    pub label: String,
    /// The code.
    pub code: String,
}

/// The page of one operation.
pub fn operation(c: &Chrome, view: &OperationView<'_>) -> Markup {
    let summary = &view.operation.summary;
    let title = format!("{} · {}", summary.summary, view.product.name);
    let description = format!(
        "{} {}. {}",
        summary.method.as_str(),
        summary.path,
        summary.summary
    );
    let page = Page {
        title: &title,
        description: Some(&description),
        section: Section::Reference,
        module: Some("try-it.js"),
        sheet: Some(sheet(c, &view.product, &view.nav, summary)),
        error: false,
    };
    let body = html! {
        div.ref.page {
            (side(c, &view.product, &view.nav, Some(summary)))
            main #main { (main(c, view)) }
            aside.try aria-label="Playground and code samples" {
                (panel::form(c, view))
                (panel::subscribe_form(c, view))
                (response::panel(c, None))
                (samples(c, &view.samples))
            }
        }
    };
    document(c, page, &body)
}

/// What Try it answered, as a page of its own: for visitors without JavaScript. Below it, the form as it was.
pub fn try_result(c: &Chrome, view: &OperationView<'_>, outcome: &TryOutcome) -> Markup {
    let summary = &view.operation.summary;
    let title = format!("Response · {}", summary.summary);
    let href = c.urls.operation(&view.product.slug, &summary.id);
    let page = Page {
        title: &title,
        description: None,
        section: Section::Reference,
        module: Some("try-it.js"),
        sheet: Some(sheet(c, &view.product, &view.nav, summary)),
        error: matches!(outcome, TryOutcome::Failed(_)),
    };
    let body = html! {
        div.ref.page {
            (side(c, &view.product, &view.nav, Some(summary)))
            main #main {
                (crumbs(&[(c.urls.references(), "API reference"), (c.urls.reference(&view.product.slug), &view.product.name),
                          (href, &summary.summary)]))
                div.titlerow { h1 { (summary.summary) } }
                (endpoint(c, view))
                div.sect.tight { (response::panel(c, Some(outcome))) }
            }
            aside.try aria-label="Playground and code samples" {
                (panel::form(c, view))
                (panel::subscribe_form(c, view))
                (samples(c, &view.samples))
            }
        }
    };
    document(c, page, &body)
}

fn main(c: &Chrome, view: &OperationView<'_>) -> Markup {
    let operation = view.operation;
    let summary = &operation.summary;
    let tag = ReferenceNav::tag_of(summary);
    let product = &view.product;
    let schemas = Schemas::new(view.markdown);
    html! {
        (crumbs(&[(c.urls.references(), "API reference"), (c.urls.reference(&product.slug), &product.name),
                  (c.urls.reference_tag(&product.slug, tag), tag)]))
        div.titlerow {
            h1 { (summary.summary) }
            @if summary.deprecated { span.badge.b-warn { (super::super::parts::icon(c, "warn")) "Deprecated" } }
        }
        @if !view.description_html.is_empty() { div.prose.lede { (without_images(&view.description_html)) } }
        div.sect.tight { (endpoint(c, view))
            p.meta.fs12 { span { (security_text(&operation.security)) }
                @for scheme in operation.security.iter().flatten() { span { code { (scheme_label(scheme)) } } } }
        }
        @for (place, heading) in PLACES { (parameters(&schemas, operation, place, heading)) }
        (request_body(&schemas, view.markdown, operation))
        (responses(&schemas, view.markdown, &operation.responses))
        p.meta.sect {
            @if !product.version.is_empty() { span { "From specification v" (product.version) } }
            a href=(c.urls.spec_document(&product.slug)) download { "Download specification" }
        }
        (previous_next(c, product, &view.nav, &summary.id))
        a.btn.btn-primary.tryjump.no-print href="#try" { "Try it" }
    }
}

/// Where parameters go, in the order that pages list them.
pub(super) const PLACES: [(ParameterPlace, &str); 4] = [
    (ParameterPlace::Path, "Path parameters"),
    (ParameterPlace::Query, "Query parameters"),
    (ParameterPlace::Header, "Headers"),
    (ParameterPlace::Cookie, "Cookies"),
];

/// `path`, `query`, `header`, `cookie`.
pub(super) const fn place_name(place: ParameterPlace) -> &'static str {
    match place {
        ParameterPlace::Path => "path",
        ParameterPlace::Query => "query",
        ParameterPlace::Header => "header",
        ParameterPlace::Cookie => "cookie",
    }
}

fn endpoint(c: &Chrome, view: &OperationView<'_>) -> Markup {
    let summary = &view.operation.summary;
    let host = view
        .operation
        .servers
        .first()
        .map_or("", |server| server.url.trim_end_matches('/'));
    html! {
        div.endpoint {
            (method_badge(summary.method))
            span.trunc #endpoint-url { span.host { (host) } span.path { (summary.path) } }
            span.grow {}
            (copy_button(c, "endpoint-url", "Copy URL"))
        }
    }
}

fn parameters(schemas: &Schemas, operation: &Operation, place: ParameterPlace, heading: &str) -> Markup {
    let list: Vec<&Parameter> = operation.parameters.iter().filter(|p| p.place == place).collect();
    if list.is_empty() {
        return html! {};
    }
    let anchor = place_name(place);
    html! {
        section.sect aria-labelledby=(anchor) {
            (heading_row(anchor, heading, None))
            @for p in list {
                @let text = if p.description.is_empty() { &p.schema.description } else { &p.description };
                (schemas.named(&p.name, p.required, &p.schema, text, anchor, 0))
                @if p.deprecated { p.fs12.muted { "Deprecated: " (p.name) " may go away." } }
            }
        }
    }
}

fn request_body(schemas: &Schemas, markdown: Markdown, operation: &Operation) -> Markup {
    html! {
        @if let Some(body) = &operation.body {
            section.sect aria-labelledby="body" {
                @let only = match body.contents.as_slice() { [one] => Some(one.media_type.as_str()), _ => None };
                (heading_row("body", "Request body", only))
                @if let Some(text) = prose(markdown, &body.description) { div.prose.small { (text) } }
                @if !body.required { p.fs12.muted { "Optional." } }
                (contents(schemas, &body.contents, "body"))
            }
        }
    }
}

/// One media type shows its schema; several fold, the first open.
fn contents(schemas: &Schemas, contents: &[Content], anchor: &str) -> Markup {
    html! {
        @if let [one] = contents {
            @if let Some(schema) = &one.schema { (schemas.body(schema, anchor)) }
        } @else {
            @for (i, content) in contents.iter().enumerate() {
                details.nest.media open[i == 0] {
                    summary { code { (content.media_type) } }
                    div { @match &content.schema {
                        Some(schema) => (schemas.body(schema, &format!("{anchor}-{i}"))),
                        None => p.fs12.muted { "No schema given." },
                    } }
                }
            }
        }
    }
}

fn responses(schemas: &Schemas, markdown: Markdown, responses: &[Response]) -> Markup {
    html! {
        @if !responses.is_empty() {
            section.sect aria-labelledby="responses" {
                (heading_row("responses", "Responses", None))
                div.resps { @for r in responses {
                    @let anchor = format!("r-{}", slug(&r.status));
                    @let more = !r.headers.is_empty() || !r.contents.is_empty();
                    div.resp id=(anchor) {
                        span class=(status_class(&r.status)) { (r.status) }
                        div {
                            @if let Some(reason) = r.status.parse().ok().and_then(reason) { h3 { (reason) } }
                            @match prose(markdown, &r.description) {
                                Some(text) => div.prose.small { (text) },
                                None => p.muted { "No description." },
                            }
                            @if more { details.nest { summary { "Fields" span.muted { (media_types(r)) } } div {
                                (response_headers(&r.headers))
                                (contents(schemas, &r.contents, &anchor))
                                (examples(&r.contents))
                            } } }
                        }
                    }
                } }
            }
        }
    }
}

fn media_types(response: &Response) -> String {
    response
        .contents
        .iter()
        .map(|content| content.media_type.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn response_headers(headers: &[ResponseHeader]) -> Markup {
    html! { @for h in headers {
        div.prop { div.head { span.name { (h.name) } span.type { "header" } } @if !h.description.is_empty() { p { (h.description) } } }
    } }
}

fn examples(contents: &[Content]) -> Markup {
    html! { @for content in contents { @if let Some(value) = &content.example {
        p.alt { "Example" }
        div.code.boxed tabindex="0" role="region" aria-label={ "Example, " (content.media_type) } {
            pre { @match value {
                serde_json::Value::String(_) => (value_text(value)),
                _ => (highlight::json(&serde_json::to_string_pretty(value).unwrap_or_default())),
            } }
        }
    } } }
}

fn heading_row(id: &str, text: &str, note: Option<&str>) -> Markup {
    html! {
        h2 id=(id) { (text) a.anchor href={ "#" (id) } aria-label={ "Link to " (text) } { "#" }
            @if let Some(note) = note { span.fs12 { (note) } } }
    }
}

/// The reason phrase of a common status (RFC 9110).
pub(super) fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

/// How a credential is presented, for people.
pub(super) fn scheme_label(scheme: &SecurityScheme) -> String {
    match scheme {
        SecurityScheme::HttpBearer => "Bearer key".to_owned(),
        SecurityScheme::HttpBasic => "HTTP Basic".to_owned(),
        SecurityScheme::ApiKey { place, name } => format!("{name} ({})", place_name(*place)),
        SecurityScheme::OAuth2 => "OAuth 2".to_owned(),
        SecurityScheme::OpenIdConnect => "OpenID Connect".to_owned(),
        SecurityScheme::MutualTls => "Mutual TLS".to_owned(),
        SecurityScheme::Other(name) => name.clone(),
        _ => "Other".to_owned(),
    }
}

/// Whether a credential is needed, in one short sentence.
pub(super) fn security_text(security: &[Vec<SecurityScheme>]) -> &'static str {
    match security {
        [] => "No credential needed",
        list if list.iter().any(Vec::is_empty) => "Credential optional",
        [_] => "Needs a credential",
        _ => "Needs one of these credentials",
    }
}

/// Tabs of languages. Without JavaScript the tabs are links that reload the page in the other language.
fn samples(c: &Chrome, samples: &[SampleView]) -> Markup {
    let chosen = samples.iter().position(|s| s.id == c.language).unwrap_or(0);
    html! {
        @if !samples.is_empty() {
            code-tabs.card #samples {
                h2.sr { "Code samples" }
                div.card-h.tabrow {
                    div.tabs { @for (i, sample) in samples.iter().enumerate() {
                        a id={ "tab-" (sample.id) } href={ "?lang=" (sample.id) "#samples" } data-v=(sample.id)
                            aria-controls={ "code-" (sample.id) } aria-current=[(i == chosen).then_some("true")] {
                            (sample.label)
                        }
                    } }
                    copy-button for-visible="samples" {
                        button.btn.btn-ghost.btn-icon.btn-sm type="button" aria-label="Copy code" {
                            svg.i.i-sm.idle aria-hidden="true" { use href=(c.urls.icon("copy")) {} }
                            svg.i.i-sm.done aria-hidden="true" { use href=(c.urls.icon("check")) {} }
                        }
                    }
                }
                @for (i, sample) in samples.iter().enumerate() {
                    div.code id={ "code-" (sample.id) } tabindex="0" role="region" aria-label={ (sample.label) " sample" }
                        hidden[i != chosen] { pre { (highlight::code(&sample.code)) } }
                }
                p.samplef { (icon_sm(c, "lock")) span { "Reads the key from " code { "$" (c.brand.key_variable) } ". The page holds none." } }
            }
        }
    }
}
