//! Responses of an operation: their bodies, headers and links; and the calls that it makes in turn.

use aforo_docs::spec::model::{Callback, Response, ResponseHeader, ResponseLink};
use maud::{Markup, html};

use super::{
    super::parts::{method_badge, status_class},
    content::{contents, examples, value_block},
    operation::{heading_row, reason},
    prose,
    schema::{Schemas, slug},
};

/// The section with all responses.
pub(super) fn responses(schemas: &Schemas<'_>, responses: &[Response]) -> Markup {
    html! {
        @if !responses.is_empty() {
            section.sect aria-labelledby="responses" {
                (heading_row("responses", "Responses", None))
                (list(schemas, responses, "r"))
            }
        }
    }
}

fn list(schemas: &Schemas<'_>, responses: &[Response], prefix: &str) -> Markup {
    html! {
        div.resps { @for r in responses {
            @let anchor = format!("{prefix}-{}", slug(&r.status));
            @let more = !r.headers.is_empty() || !r.contents.is_empty() || !r.links.is_empty();
            div.resp id=(anchor) {
                span class=(status_class(&r.status)) { (r.status) }
                div {
                    @if let Some(reason) = r.status.parse().ok().and_then(reason) { h3 { (reason) } }
                    @match prose(schemas.markdown, &r.description) {
                        Some(text) => div.prose.small { (text) },
                        None => p.muted { "No description." },
                    }
                    @if more { details.nest { summary { "Fields" span.muted { (media_types(r)) } } div {
                        (headers(schemas, &r.headers, &anchor))
                        (contents(schemas, &r.contents, &anchor))
                        (examples(schemas, &r.contents))
                        (links(schemas, &r.links))
                    } } }
                }
            }
        } }
    }
}

fn media_types(response: &Response) -> String {
    let types = response
        .contents
        .iter()
        .map(|content| content.media_type.as_str());
    types.collect::<Vec<_>>().join(", ")
}

fn headers(schemas: &Schemas<'_>, headers: &[ResponseHeader], anchor: &str) -> Markup {
    html! { @if !headers.is_empty() {
        p.alt { "Headers" }
        @for h in headers {
            (schemas.named(&h.name, h.required, &h.schema, &h.description, &format!("{anchor}-header"), 1))
            @if h.deprecated && !h.schema.deprecated { p.fs12.muted { "Deprecated: " (h.name) " may go away." } }
            @if let Some(example) = h.example.as_ref().filter(|_| h.schema.example.is_none()) { (value_block(schemas, example, &h.name)) }
        }
    } }
}

/// Operations that can follow.
fn links(schemas: &Schemas<'_>, links: &[ResponseLink]) -> Markup {
    let (c, product) = schemas.links;
    html! { @if !links.is_empty() {
        p.alt { "What can follow" }
        @for link in links { div.prop {
            div.head {
                span.name { (link.name) }
                @match &link.operation {
                    Some(id) => a.fs12 href=(c.urls.operation(product, id)) { (if link.target.is_empty() { id } else { &link.target }) },
                    None => code.fs12 { (link.target) },
                }
            }
            @if let Some(text) = prose(schemas.markdown, &link.description) { div.prose.small { (text) } }
            @if !link.parameters.is_empty() || link.body.is_some() {
                dl.means {
                    @for (name, from) in &link.parameters { dt { code { (name) } } dd { code { (from) } } }
                    @if let Some(from) = &link.body { dt { "Body" } dd { code { (from) } } }
                }
            }
        } }
    } }
}

/// Calls that the API makes in answer: shown, not tried.
pub(super) fn callbacks(schemas: &Schemas<'_>, callbacks: &[Callback]) -> Markup {
    html! { @if !callbacks.is_empty() {
        section.sect aria-labelledby="callbacks" {
            (heading_row("callbacks", "Callbacks", Some("sent to your server")))
            @for (i, callback) in callbacks.iter().enumerate() {
                @let anchor = format!("callback-{i}");
                details.nest open[i == 0] {
                    summary { (method_badge(callback.method)) " " (callback.name)
                        @if !callback.summary.is_empty() { span.muted { (callback.summary) } } }
                    div {
                        p.fs12 { "To " code { (callback.expression) } }
                        @if let Some(text) = prose(schemas.markdown, &callback.description) { div.prose.small { (text) } }
                        @if let Some(body) = &callback.body {
                            p.alt { "Body" }
                            @if let Some(text) = prose(schemas.markdown, &body.description) { div.prose.small { (text) } }
                            (contents(schemas, &body.contents, &format!("{anchor}-body")))
                            (examples(schemas, &body.contents))
                        }
                        @if !callback.responses.is_empty() { p.alt { "Your server answers" } (list(schemas, &callback.responses, &anchor)) }
                    }
                }
            }
        }
    } }
}
