//! Bodies in their media types, and their examples.

use aforo_docs::spec::model::{Content, NamedExample};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    highlight, prose,
    schema::{Schemas, is_web, value_text},
};

/// One media type shows its schema; several fold, the first open.
pub(super) fn contents(schemas: &Schemas<'_>, contents: &[Content], anchor: &str) -> Markup {
    html! {
        @if let [one] = contents {
            (body(schemas, one, anchor))
        } @else {
            @for (i, content) in contents.iter().enumerate() {
                details.nest.media open[i == 0] {
                    summary { code { (content.media_type) } }
                    div { @match &content.schema {
                        Some(_) => (body(schemas, content, &format!("{anchor}-{i}"))),
                        None => p.fs12.muted { "No schema given." },
                    } }
                }
            }
        }
    }
}

fn body(schemas: &Schemas<'_>, content: &Content, anchor: &str) -> Markup {
    html! { @if let Some(schema) = &content.schema {
        @if content.sequence { p.fs12.muted { "A sequence; each item of it:" } }
        (schemas.body(schema, anchor))
    } }
}

/// The examples of each media type: the author's with their names, else the one that there is.
pub(super) fn examples(schemas: &Schemas<'_>, contents: &[Content]) -> Markup {
    let several = contents.len() > 1;
    html! { @for content in contents {
        @if !content.examples.is_empty() {
            p.alt { "Examples" @if several { ", " (content.media_type) } }
            @for (i, example) in content.examples.iter().enumerate() {
                details.nest open[i == 0] {
                    summary { (if example.summary.is_empty() { &example.name } else { &example.summary }) }
                    div { (named(schemas, example, &content.media_type)) }
                }
            }
        } @else if let Some(value) = &content.example {
            p.alt { "Example" @if several { ", " (content.media_type) } }
            (value_block(schemas, value, &content.media_type))
        }
    } }
}

/// An example with a name: what is said of it, and its value or where it is.
pub(super) fn named(schemas: &Schemas<'_>, example: &NamedExample, label: &str) -> Markup {
    html! {
        @if let Some(text) = prose(schemas.markdown, &example.description) { div.prose.small { (text) } }
        @if let Some(value) = &example.value { (value_block(schemas, value, label)) }
        @if let Some(url) = example.external.as_deref().filter(|url| is_web(url)) {
            p.fs12 { a href=(url) rel="nofollow noopener" { "Example at " (url) } }
        }
    }
}

/// A value as code.
pub(super) fn value_block(schemas: &Schemas<'_>, value: &Value, label: &str) -> Markup {
    let text = match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    html! {
        @if schemas.room_for(text.len()) {
            div.code.boxed tabindex="0" role="region" aria-label={ "Example, " (label) } {
                pre { @match value { Value::String(_) => (value_text(value)), _ => (highlight::json(&text)) } }
            }
        } @else { p.fs12.muted { "The example is in the downloadable specification." } }
    }
}
