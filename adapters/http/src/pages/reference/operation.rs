//! One operation: what it takes and gives, Try it, samples.

use aforo_docs::spec::model::{Operation, Parameter, ParameterPlace, SecurityScheme};
use maud::{Markup, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, document},
        parts::{copy_button, crumbs, method_badge},
    },
    Markdown, ProductRef, ReferenceNav, TryAccess, TryOutcome, TryValues,
    code::{AUTHOR, samples},
    content::{contents, examples, named},
    nav::{previous_next, sheet, side},
    panel, prose, response,
    responses::{callbacks, responses},
    schema::{Schemas, more_to_read},
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
        module: Some(if view.operation.webhook {
            "reference.js"
        } else {
            "try-it.js"
        }),
        sheet: Some(sheet(c, &view.product, &view.nav, summary)),
        error: false,
    };
    let all = with_author_samples(view);
    let body = html! {
        div.ref.page {
            (side(c, &view.product, &view.nav, Some(summary)))
            main #main { (main(c, view)) }
            @if !view.operation.webhook {
                aside.try aria-label="Playground and code samples" {
                    (panel::form(c, view))
                    (panel::subscribe_form(c, view))
                    (response::panel(c, None))
                    (samples(c, &all))
                }
            } @else if !all.is_empty() { aside.try aria-label="Code samples" { (samples(c, &all)) } }
        }
    };
    document(c, page, &body)
}

/// Ours, which follow the form, then the author's.
fn with_author_samples(view: &OperationView<'_>) -> Vec<SampleView> {
    let ours = view.samples.iter().filter(|_| !view.operation.webhook).cloned();
    let authors = view.operation.author_samples.iter().enumerate();
    let authors = authors.map(|(i, sample)| SampleView {
        id: format!("{AUTHOR}{i}"),
        label: format!("{} (author)", sample.label),
        code: sample.source.clone(),
    });
    ours.chain(authors).collect()
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
                (samples(c, &with_author_samples(view)))
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
    let schemas = Schemas::new(c, &product.slug, view.markdown);
    let group = match operation.webhook {
        true => (c.urls.reference_webhooks(&product.slug), "Webhooks"),
        false => (c.urls.reference_tag(&product.slug, tag), view.nav.label_of(tag)),
    };
    html! {
        (crumbs(&[(c.urls.references(), "API reference"), (c.urls.reference(&product.slug), &product.name), group]))
        div.titlerow {
            h1 { (summary.summary) }
            @if summary.deprecated { span.badge.b-warn { (super::super::parts::icon(c, "warn")) "Deprecated" } }
        }
        @if let Some(why) = prose(view.markdown, &operation.deprecation) { div.prose.small { (why) } }
        @if !view.description_html.is_empty() { div.prose.lede { (without_images(&view.description_html)) } }
        (more_to_read(view.markdown, operation.external_docs.as_ref()))
        div.sect.tight {
            @if operation.webhook {
                div.endpoint { (method_badge(summary.method)) span.trunc { span.path { (summary.path) } } }
                p.meta.fs12 { span { "The API sends this request to your server." } }
            } @else {
                (endpoint(c, view))
                p.meta.fs12 { span { (security_text(&operation.security)) }
                    @for scheme in operation.security.iter().flatten() { span { code { (scheme_label(scheme)) } } } }
            }
        }
        @for (place, heading) in PLACES { (parameters(&schemas, operation, place, heading)) }
        (request_body(&schemas, operation))
        (responses(&schemas, &operation.responses))
        (callbacks(&schemas, &operation.callbacks))
        (source(c, product))
        (previous_next(c, product, &view.nav, &summary.id))
        @if !operation.webhook { a.btn.btn-primary.tryjump.no-print href="#try" { "Try it" } }
    }
}

/// Which document a page is from, and the way to have it.
pub(super) fn source(c: &Chrome, product: &ProductRef) -> Markup {
    html! {
        p.meta.sect {
            @if !product.version.is_empty() { span { "From specification v" (product.version) } }
            @if product.graphql {
                a href=(c.urls.graphql_schema(&product.slug)) download { "Download schema" }
            } @else {
                a href=(c.urls.spec_document(&product.slug)) download { "Download JSON" }
                a href=(c.urls.spec_document_yaml(&product.slug)) download { "Download YAML" }
            }
        }
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

fn parameters(schemas: &Schemas<'_>, operation: &Operation, place: ParameterPlace, heading: &str) -> Markup {
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
                @if p.deprecated && !p.schema.deprecated { p.fs12.muted { "Deprecated: " (p.name) " may go away." } }
                @if p.examples.len() > 1 || p.examples.iter().any(|e| e.external.is_some() || !e.description.is_empty()) {
                    details.nest { summary { "Examples" } div { @for example in &p.examples {
                        p.alt { (if example.summary.is_empty() { &example.name } else { &example.summary }) }
                        (named(schemas, example, &p.name))
                    } } }
                }
            }
        }
    }
}

fn request_body(schemas: &Schemas<'_>, operation: &Operation) -> Markup {
    let heading = if operation.webhook {
        "Payload"
    } else {
        "Request body"
    };
    html! {
        @if let Some(body) = &operation.body {
            section.sect aria-labelledby="body" {
                @let only = match body.contents.as_slice() { [one] => Some(one.media_type.as_str()), _ => None };
                (heading_row("body", heading, only))
                @if let Some(text) = prose(schemas.markdown, &body.description) { div.prose.small { (text) } }
                @if !body.required && !operation.webhook { p.fs12.muted { "Optional." } }
                (contents(schemas, &body.contents, "body"))
                // One example is what the form is filled with.
                @if operation.webhook || body.contents.iter().any(|content| !content.examples.is_empty()) {
                    (examples(schemas, &body.contents))
                }
            }
        }
    }
}

pub(super) fn heading_row(id: &str, text: &str, note: Option<&str>) -> Markup {
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
