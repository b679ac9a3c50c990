//! What every page has around its content: head, top bar, navigation, theme.

use std::sync::LazyLock;

use aforo_core::Timestamp;
use maud::{DOCTYPE, Markup, html};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{
    parts::{icon, icon_sm},
    urls::Urls,
};

/// The name of the hidden field that carries the CSRF token in every form.
pub const CSRF_FIELD: &str = "csrf";
/// The request header that carries the CSRF token in calls of our own scripts.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// The cookie that keeps the colour theme: `light`, `dark`, or absent for the system's.
pub const THEME_COOKIE: &str = "theme";
/// The cookie that keeps the language of code samples: the id of a sample, such as `python`.
pub const LANGUAGE_COOKIE: &str = "lang";

/// Whose console this is. Nothing else puts a product name into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The name, such as `Acme`.
    pub name: String,
    /// What stands behind the name in the bar, such as `Developers`; may be empty.
    pub tag: String,
    /// One sentence for the home page.
    pub tagline: String,
    /// The environment variable that samples and `.env` files keep the key in.
    pub key_variable: String,
}

/// Colours of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the visitor's system is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Who looks at the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Shown name.
    pub name: String,
    /// Address of the account.
    pub email: String,
    /// May operate the console (approve origins, publish).
    pub operator: bool,
}

/// What every page needs besides its own view.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// Whose console this is.
    pub brand: Brand,
    /// Where links lead.
    pub urls: Urls,
    /// Colours.
    pub theme: Theme,
    /// The CSRF token of this session or of this anonymous form.
    pub csrf: String,
    /// Who looks; `None` when signed out.
    pub viewer: Option<Viewer>,
    /// Language of code samples (the id of a sample, such as `python`); empty for the first.
    pub language: String,
    /// Path and query of this page, prefix included: where sign-in and theme switch lead back to.
    pub here: String,
    /// The present moment.
    pub now: Timestamp,
    /// A message from the action that led here, such as `Key revoked`.
    pub notice: Option<String>,
}

impl Theme {
    /// From the value of the theme cookie.
    pub fn from_cookie(value: &str) -> Self {
        match value {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }
    /// For the cookie and for `data-theme`; `None` for the system's.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }
}

/// Which link of the navigation is the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Docs,
    Reference,
    Keys,
    Subscriptions,
    Agents,
    Account,
    Admin,
}

/// One page, ready to be wrapped.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// For search engines; pages without one are not indexed.
    pub(crate) description: Option<&'a str>,
    pub(crate) section: Section,
    /// The page's own module, besides `core.js`.
    pub(crate) module: Option<&'static str>,
    /// Links for the navigation sheet of small screens, below the primary ones.
    pub(crate) sheet: Option<Markup>,
    /// The form came back with errors.
    pub(crate) error: bool,
}

/// The favicon in the page itself: one request less on every first visit.
static FAVICON: LazyLock<String> = LazyLock::new(|| {
    const MARKUP: &AsciiSet = &CONTROLS.add(b'"').add(b'#').add(b'%').add(b'<').add(b'>');
    let svg = include_str!("../../assets/favicon.svg").trim();
    format!("data:image/svg+xml,{}", utf8_percent_encode(svg, MARKUP))
});

/// The whole document. `body` brings its own `<main id="main">`.
pub(crate) fn document(c: &Chrome, page: Page<'_>, body: &Markup) -> Markup {
    document_with(c, page, &html! {}, body)
}

/// The same with more in its head: a feed, a version.
pub(crate) fn document_with(c: &Chrome, page: Page<'_>, head: &Markup, body: &Markup) -> Markup {
    let title = format!(
        "{}{} · {}",
        if page.error { "Error: " } else { "" },
        page.title,
        c.brand.name
    );
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[c.theme.as_str()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                @match page.description {
                    Some(text) => meta name="description" content=(text);,
                    None => meta name="robots" content="noindex";,
                }
                meta name="color-scheme" content=(c.theme.as_str().unwrap_or("light dark"));
                link rel="preload" href=(c.urls.asset("inter.woff2")) as="font" type="font/woff2" crossorigin;
                link rel="stylesheet" href=(c.urls.asset("console.css"));
                link rel="icon" href=(*FAVICON) type="image/svg+xml";
                (head)
                script type="module" src=(c.urls.asset("core.js")) {}
                @if let Some(module) = page.module { script type="module" src=(c.urls.asset(module)) {} }
            }
            body data-cookie-path=(c.urls.cookie_path()) {
                a.skip href="#main" { "Skip to content" }
                (bar(c, page.section, page.sheet.as_ref()))
                @if let Some(notice) = &c.notice {
                    div.notice role="status" { (icon(c, "check")) (notice) }
                }
                (body)
                div.sr #live role="status" aria-live="polite" {}
            }
        }
    }
}

/// A page of the signed-in area: side navigation and content.
pub(crate) fn account_page(c: &Chrome, page: Page<'_>, main: &Markup) -> Markup {
    let section = page.section;
    let body = html! {
        div.ops.page {
            nav.side aria-label="Account" {
                ul {
                    (side_link(c, c.urls.keys(), "key", "API keys", section == Section::Keys))
                    (side_link(c, c.urls.subscriptions(), "box", "Subscriptions", section == Section::Subscriptions))
                    (side_link(c, c.urls.agents(), "spark", "Agents", section == Section::Agents))
                }
                h2 { "Build" }
                ul {
                    (side_link(c, c.urls.docs(), "doc", "Guides", false))
                    (side_link(c, c.urls.references(), "spec", "API reference", false))
                }
            }
            main #main { (main) }
        }
    };
    document(c, page, &body)
}

/// A page with nothing beside its content.
pub(crate) fn plain_page(c: &Chrome, page: Page<'_>, main: &Markup) -> Markup {
    document(c, page, &html! { main.plainmain.page #main { (main) } })
}

/// The hidden field that each POST form carries.
pub(crate) fn csrf_field(c: &Chrome) -> Markup {
    html! { input type="hidden" name=(CSRF_FIELD) value=(c.csrf); }
}

/// One link of a side navigation.
pub(super) fn side_link(c: &Chrome, href: String, symbol: &str, label: &str, current: bool) -> Markup {
    html! { li { a href=(href) aria-current=[current.then_some("page")] { (icon(c, symbol)) span { (label) } } } }
}

fn primary_links(c: &Chrome, section: Section) -> Markup {
    let links = [
        (c.urls.docs(), "Guides", Section::Docs),
        (c.urls.references(), "API reference", Section::Reference),
        (c.urls.keys(), "API keys", Section::Keys),
        (c.urls.subscriptions(), "Subscriptions", Section::Subscriptions),
    ];
    html! {
        ul { @for (href, label, of) in links {
            li { a href=(href) aria-current=[(of == section).then_some("page")] { (label) } }
        }
        @if c.viewer.as_ref().is_some_and(|viewer| viewer.operator) {
            li { a href=(c.urls.admin()) aria-current=[(section == Section::Admin).then_some("page")] { "Admin" } }
        } }
    }
}

fn bar(c: &Chrome, section: Section, sheet: Option<&Markup>) -> Markup {
    html! {
        header.bar {
            details.sheet data-menu {
                summary.btn.btn-ghost.btn-icon aria-label="Navigation" { (icon(c, "menu")) }
                nav.sheet-b aria-label="Menu" {
                    (primary_links(c, section))
                    @if let Some(links) = sheet { (links) }
                }
            }
            a.brand href=(c.urls.home()) {
                span.mark aria-hidden="true" { (initials(&c.brand.name, 1)) }
                span { (c.brand.name) }
                @if !c.brand.tag.is_empty() { span.tag { (c.brand.tag) } }
            }
            nav.primary aria-label="Primary" { (primary_links(c, section)) }
            span.grow {}
            (search_link(c))
            (theme_switch(c))
            @match &c.viewer {
                Some(viewer) => (account_menu(c, viewer)),
                None => {
                    a.btn.btn-sm.btn-ghost href=(c.urls.sign_in_then(&c.here)) { "Sign in" }
                    a.btn.btn-sm.btn-primary.signup href=(c.urls.sign_up()) { "Sign up" }
                }
            }
        }
    }
}

/// Leads to the search page; with JavaScript it opens the palette, which finds here where things are.
fn search_link(c: &Chrome) -> Markup {
    let new_key = c.viewer.as_ref().map(|_| c.urls.new_key());
    html! {
        a.searchb href=(c.urls.search()) data-palette=(c.urls.api_search()) data-docs=(c.urls.docs())
            data-reference=(c.urls.references()) data-keys=(c.urls.keys()) data-new-key=[new_key] {
            (icon(c, "search")) span aria-hidden="true" { "Search docs, operations" } span.sr { "Search" }
            kbd.js aria-hidden="true" { "Ctrl K" }
        }
    }
}

fn theme_switch(c: &Chrome) -> Markup {
    // Without JavaScript the system's colours are unknown; "dark" is the likelier wish.
    let other = if c.theme == Theme::Dark { "light" } else { "dark" };
    html! {
        theme-toggle {
            form method="post" action=(c.urls.theme()) {
                (csrf_field(c))
                input type="hidden" name="next" value=(c.here);
                button.btn.btn-ghost.btn-icon name="theme" value=(other) aria-label="Switch colour theme" {
                    (icon(c, "sun"))
                }
            }
        }
    }
}

fn account_menu(c: &Chrome, viewer: &Viewer) -> Markup {
    html! {
        details.menu data-menu {
            summary {
                span.sr { "Account of " (viewer.name) }
                span.avatar aria-hidden="true" { (initials(&viewer.name, 2)) }
            }
            div.menu-b {
                p.who { b { (viewer.name) } span { (viewer.email) } }
                ul role="list" {
                    li { a href=(c.urls.keys()) { (icon_sm(c, "key")) "API keys" } }
                    li { a href=(c.urls.subscriptions()) { (icon_sm(c, "box")) "Subscriptions" } }
                    li { a href=(c.urls.agents()) { (icon_sm(c, "spark")) "Agents" } }
                }
                form method="post" action=(c.urls.sign_out()) {
                    (csrf_field(c))
                    button { (icon_sm(c, "ext")) "Sign out" }
                }
            }
        }
    }
}

/// First letters of the first words, upper case.
fn initials(name: &str, most: usize) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(most)
        .flat_map(char::to_uppercase)
        .collect()
}
