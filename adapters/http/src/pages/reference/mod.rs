//! Reference of a product: index, operation, Try it.

mod code;
mod content;
mod fields;
mod highlight;
mod index;
mod nav;
mod operation;
mod panel;
mod response;
mod responses;
mod schema;
mod schemas;

pub(crate) use self::code::AUTHOR as AUTHOR_SAMPLE;
pub use self::{
    index::{OriginApproval, ReferenceView, reference},
    nav::{NavGroup, PAGE_LIMIT, ReferenceNav},
    operation::{OperationView, SampleView, operation, try_result},
    panel::{BodyView, ENVIRONMENT_COOKIE, Finding, PlanChoice, TryAccess, TryValues},
    response::{BodyEncoding, TryAnswer, TryOutcome, TryTiming},
    schemas::{SchemaPageView, SchemasView, schema, schemas},
};
use maud::{Markup, PreEscaped};

/// Turns CommonMark of the specification into HTML that is safe to show: raw HTML off, links checked.
///
/// What it returns goes into pages as it is.
pub type Markdown = fn(&str) -> String;

/// Which product a reference page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRef {
    /// Its part of the URL.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Version of the published document; may be empty.
    pub version: String,
    /// It is a GraphQL schema: there is no OpenAPI document to download.
    pub graphql: bool,
}

/// Shows a text as it is, for documents whose Markdown is not to be rendered.
pub fn plain_text(text: &str) -> String {
    maud::html! { p { (text) } }.into_string()
}

/// Puts sanitised HTML into a page. `None` for an empty text, so that no empty element remains.
fn prose(markdown: Markdown, text: &str) -> Option<Markup> {
    (!text.trim().is_empty()).then(|| without_images(&markdown(text)))
}

/// Puts a link in the place of each image, or its text where it has no address or is in a link already: the
/// policy of the pages loads nothing from elsewhere, and a visitor's browser tells nobody what it reads. `html`
/// is sanitised, so that every `<` begins a tag and attributes are quoted.
fn without_images(html: &str) -> Markup {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut in_link = false;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let tag = &rest[start..start + end_of_tag(&rest[start..])];
        rest = &rest[start + tag.len()..];
        if !tag.starts_with("<img") {
            in_link = tag.starts_with("<a ") || in_link && tag != "</a>";
            out.push_str(tag);
            continue;
        }
        let text = match attribute(tag, "alt") {
            None | Some("") => "Image",
            Some(text) => text,
        };
        match attribute(tag, "src") {
            Some(address) if !in_link => {
                out.push_str(&format!(
                    r#"<a href="{address}" rel="nofollow noopener">{text}</a>"#
                ));
            }
            _ => out.push_str(text),
        }
    }
    out.push_str(rest);
    PreEscaped(out)
}

/// The length of the tag that `html` begins with. A `>` in quotes does not end it.
fn end_of_tag(html: &str) -> usize {
    let mut quoted = false;
    let end = html.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    end.map_or(html.len(), |end| end + 1)
}

/// The value of an attribute, escaped as it stands.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_become_links() {
        let cases = [
            ("<p>a &lt;img&gt; b</p>", "<p>a &lt;img&gt; b</p>"),
            (
                r#"<p><img src="https://x.example/a.png?b=1&amp;c" alt="A > &quot;B&quot;" title="t"> end</p>"#,
                r#"<p><a href="https://x.example/a.png?b=1&amp;c" rel="nofollow noopener">A > &quot;B&quot;</a> end</p>"#,
            ),
            (r#"<img alt="no address">"#, "no address"),
            (
                r#"<img src="https://x.example/a.png" alt="">"#,
                r#"<a href="https://x.example/a.png" rel="nofollow noopener">Image</a>"#,
            ),
            (
                r#"<a href="/x"><em><img src="https://x.example/badge.svg" alt="build"></em></a><b>c</b>"#,
                r#"<a href="/x"><em>build</em></a><b>c</b>"#,
            ),
            (
                r#"<img src="https://x.example"#,
                r#"<a href="https://x.example" rel="nofollow noopener">Image</a>"#,
            ),
        ];
        for (html, wanted) in cases {
            assert_eq!(without_images(html).into_string(), wanted);
        }
        let read = without_images(&aforo_docs::markdown::to_safe_html(
            "[![b](https://x.example/b.svg)](https://x.example/) ![c](https://x.example/c.png)",
        ))
        .into_string();
        assert!(
            !read.contains("<img") && read.contains(">b</a>") && read.contains(">c</a>"),
            "{read}"
        );
    }
}
