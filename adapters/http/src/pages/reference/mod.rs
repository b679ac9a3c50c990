//! Reference of a product: index, operation, Try it.

mod highlight;
mod index;
mod nav;
mod operation;
mod panel;
mod response;
mod schema;

pub use self::{
    index::{OriginApproval, ReferenceView, reference},
    nav::{NavGroup, PAGE_LIMIT, ReferenceNav},
    operation::{OperationView, SampleView, operation, try_result},
    panel::{PlanChoice, TryAccess, TryValues},
    response::{BodyEncoding, TryAnswer, TryOutcome, TryTiming},
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
}

/// Shows a text as it is, for documents whose Markdown is not to be rendered.
pub fn plain_text(text: &str) -> String {
    maud::html! { p { (text) } }.into_string()
}

/// Puts sanitised HTML into a page. `None` for an empty text, so that no empty element remains.
fn prose(markdown: Markdown, text: &str) -> Option<Markup> {
    (!text.trim().is_empty()).then(|| PreEscaped(markdown(text)))
}
