//! Errors, as a page and as part of one.

use maud::{Markup, html};

use super::{
    chrome::{Chrome, Page, Section, plain_page},
    parts::{copy_button, icon},
};

/// Whose turn it is to put something right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request: change it and send it again.
    Request,
    /// This console: try again later, or report the request id.
    Console,
    /// The API behind the playground.
    Upstream,
}

/// An error (RFC 9457), in words for its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemView {
    /// HTTP status.
    pub status: u16,
    /// What happened, a few words.
    pub title: String,
    /// What to do about it; may be empty.
    pub detail: String,
    /// Stable word for programs, such as `subscription_required`; may be empty.
    pub code: String,
    /// Whose turn it is.
    pub fault: Fault,
    /// Finds the request in the log.
    pub request_id: Option<String>,
    /// Seconds to wait, for 429 and 503.
    pub retry_after: Option<u64>,
}

impl Fault {
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Fault::Request => "In the request",
            Fault::Console => "On our side",
            Fault::Upstream => "At the API",
        }
    }
}

/// A page that only says what went wrong.
pub fn problem(c: &Chrome, view: &ProblemView) -> Markup {
    let page = Page {
        title: &view.title,
        description: None,
        section: Section::Home,
        module: None,
        sheet: None,
        error: true,
    };
    let main = html! {
        div.problem {
            p.pstatus { (view.status) }
            h1 { (view.title) }
            @if !view.detail.is_empty() { p.lede { (view.detail) } }
            (facts(c, view))
            div.row {
                @if view.status == 401 {
                    a.btn.btn-primary href=(c.urls.sign_in_then(&c.here)) { "Sign in" }
                } @else {
                    a.btn.btn-primary href=(c.urls.home()) { "Go to the home page" }
                }
                a.btn href=(c.urls.references()) { "Open the reference" }
            }
        }
    };
    plain_page(c, page, &main)
}

/// The same inside another page, such as the response panel.
pub(crate) fn problem_box(c: &Chrome, view: &ProblemView) -> Markup {
    html! {
        div.banner.banner-err.inset { (icon(c, "warn")) div {
            b { (view.title) }
            @if !view.detail.is_empty() { p.t2 { (view.detail) } }
            (facts(c, view))
        } }
    }
}

fn facts(c: &Chrome, view: &ProblemView) -> Markup {
    html! {
        dl.facts {
            div { dt { "Where" } dd { (view.fault.label()) } }
            @if !view.code.is_empty() { div { dt { "Code" } dd { code { (view.code) } } } }
            @if let Some(seconds) = view.retry_after { div { dt { "Try again in" } dd { (seconds) " s" } } }
            @if let Some(id) = &view.request_id {
                div { dt { "Request" } dd { code #request-id { (id) } (copy_button(c, "request-id", "Copy request id")) } }
            }
        }
    }
}
