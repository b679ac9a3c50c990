//! Components that several pages use.

use aforo_core::Timestamp;
use aforo_docs::spec::model::Method;
use maud::{Markup, html};

use super::{chrome::Chrome, format};

/// Where a credential works (VAULT-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// `sk_test_`: no charges.
    Sandbox,
    /// `sk_live_`: real data, real billing.
    Live,
}

impl Environment {
    /// Both, in the order that forms show them.
    pub const ALL: [Environment; 2] = [Environment::Sandbox, Environment::Live];
    /// The value of the form field `environment` and of the JSON interface: `test`, `live`, as the vault writes them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Environment::Sandbox => "test",
            Environment::Live => "live",
        }
    }
    /// From the form field.
    pub fn parse(value: &str) -> Option<Self> {
        Environment::ALL.into_iter().find(|e| e.as_str() == value)
    }
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Environment::Sandbox => "Sandbox",
            Environment::Live => "Live",
        }
    }
}

/// What is wrong with one field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name; empty when the error belongs to the whole form.
    pub field: String,
    /// What is wrong and what to do, one sentence.
    pub message: String,
}

impl FieldError {
    /// An error of one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// An icon of the sheet, 16 px.
pub(crate) fn icon(c: &Chrome, symbol: &str) -> Markup {
    html! { svg.i aria-hidden="true" { use href=(c.urls.icon(symbol)) {} } }
}

/// An icon of the sheet, 14 px.
pub(crate) fn icon_sm(c: &Chrome, symbol: &str) -> Markup {
    html! { svg.i.i-sm aria-hidden="true" { use href=(c.urls.icon(symbol)) {} } }
}

/// Copies the text of the element `target`. Invisible without JavaScript.
pub(crate) fn copy_button(c: &Chrome, target: &str, label: &str) -> Markup {
    html! {
        copy-button for=(target) {
            button.btn.btn-ghost.btn-icon.btn-sm type="button" aria-label=(label) {
                svg.i.i-sm.idle aria-hidden="true" { use href=(c.urls.icon("copy")) {} }
                svg.i.i-sm.done aria-hidden="true" { use href=(c.urls.icon("check")) {} }
            }
        }
    }
}

/// `GET`, coloured by method.
pub(crate) fn method_badge(method: Method) -> Markup {
    let class = match method {
        Method::Post => "m m-post",
        Method::Put => "m m-put",
        Method::Patch => "m m-patch",
        Method::Delete => "m m-del",
        _ => "m m-get",
    };
    html! { span class=(class) { (if method == Method::Delete { "DEL" } else { method.as_str() }) } }
}

/// `Live` or `Sandbox`.
pub(crate) fn environment_badge(environment: Environment) -> Markup {
    match environment {
        Environment::Live => html! { span.badge.b-violet { "Live" } },
        Environment::Sandbox => html! { span.badge.b-line { "Sandbox" } },
    }
}

/// The class of a status badge: 2xx green, 3xx blue, 4xx amber, 5xx red.
pub(crate) fn status_class(status: &str) -> &'static str {
    match status.as_bytes().first() {
        Some(b'2') => "badge b-ok",
        Some(b'3' | b'1') => "badge b-info",
        Some(b'4') => "badge b-warn",
        Some(b'5') => "badge b-err",
        _ => "badge b-line",
    }
}

/// `4:32`, ticking with JavaScript. The time left is the server's, so the visitor's clock does not matter.
pub(crate) fn countdown(end: Timestamp, now: Timestamp) -> Markup {
    let (seconds, text) = format::minutes_left(end, now);
    html! { count-down seconds=(seconds) { (text) } }
}

/// Title, sentence below it, buttons at the right.
pub(crate) fn page_head(title: &str, lead: &Markup, actions: &Markup) -> Markup {
    html! { div.ph { div.grow { h1 { (title) } p { (lead) } } (actions) } }
}

/// `A / B`, the current page left out.
pub(crate) fn crumbs(links: &[(String, &str)]) -> Markup {
    html! {
        nav.crumbs aria-label="Breadcrumb" { ol { @for (href, label) in links { li { a href=(href) { (label) } } } } }
    }
}

/// The list of what is wrong, at the top of a form that came back: focused, each line leads to its field.
pub(crate) fn error_summary(c: &Chrome, errors: &[FieldError]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.errsum #errors role="alert" tabindex="-1" autofocus aria-labelledby="errors-h" {
                h2 #errors-h { (icon(c, "warn")) "There is a problem" }
                ul { @for error in errors { li {
                    @if error.field.is_empty() { (error.message) }
                    @else { a href={ "#f-" (error.field) } { (error.message) } }
                } } }
            }
        }
    }
}

/// One labelled text field.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) kind: &'a str,
    pub(crate) value: &'a str,
    pub(crate) required: bool,
    pub(crate) autocomplete: Option<&'a str>,
    pub(crate) placeholder: Option<&'a str>,
}

impl<'a> Field<'a> {
    pub(crate) fn text(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Field {
            name,
            label,
            value,
            hint: None,
            kind: "text",
            required: false,
            autocomplete: Some("off"),
            placeholder: None,
        }
    }

    pub(crate) fn render(&self, c: &Chrome, errors: &[FieldError]) -> Markup {
        let id = format!("f-{}", self.name);
        let note = Notes::of(self.name, self.hint, errors);
        html! {
            div.field.bad[note.error.is_some()] {
                label for=(id) { (self.label) @if !self.required { span.opt { "optional" } } }
                (note.before(c))
                @if self.kind == "textarea" {
                    textarea.in id=(id) name=(self.name) rows="3" placeholder=[self.placeholder] spellcheck="false"
                        aria-describedby=[note.described_by()] aria-invalid=[note.invalid()] { "\n" (self.value) }
                } @else {
                    input.in id=(id) name=(self.name) type=(self.kind) value=(self.value) required[self.required]
                        autocomplete=[self.autocomplete] placeholder=[self.placeholder]
                        aria-describedby=[note.described_by()] aria-invalid=[note.invalid()];
                }
            }
        }
    }
}

/// Hint and error of one field, and how the field points to them.
pub(crate) struct Notes<'a> {
    name: &'a str,
    hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
}

impl<'a> Notes<'a> {
    pub(crate) fn of(name: &'a str, hint: Option<&'a str>, errors: &'a [FieldError]) -> Self {
        let error = errors
            .iter()
            .find(|e| e.field == name)
            .map(|e| e.message.as_str());
        Self { name, hint, error }
    }
    pub(crate) fn before(&self, c: &Chrome) -> Markup {
        html! {
            @if let Some(hint) = self.hint { p.hint id={ "h-" (self.name) } { (hint) } }
            @if let Some(error) = self.error { p.err id={ "e-" (self.name) } { (icon_sm(c, "warn")) (error) } }
        }
    }
    pub(crate) fn described_by(&self) -> Option<String> {
        let hint = self.hint.map(|_| format!("h-{}", self.name));
        let error = self.error.map(|_| format!("e-{}", self.name));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (hint, error) => hint.or(error),
        }
    }
    pub(crate) fn invalid(&self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }
}

/// Type this to go on: the button stays off until the text matches (with JavaScript; the server checks again).
pub(crate) fn typed_confirm(c: &Chrome, phrase: &str, typed: &str, errors: &[FieldError]) -> Markup {
    let note = Notes::of("confirm", None, errors);
    html! {
        div.field.bad[note.error.is_some()] {
            label for="f-confirm" { "Type " b.phrase { (phrase) } " to confirm" }
            (note.before(c))
            input.in #f-confirm name="confirm" type="text" value=(typed) autocomplete="off" spellcheck="false"
                autocapitalize="off" data-confirm=(phrase)
                aria-describedby=[note.described_by()] aria-invalid=[note.invalid()];
        }
    }
}

/// Nothing here yet: what it would be, and the one thing to do.
pub(crate) fn empty_state(c: &Chrome, symbol: &str, title: &str, text: &str, action: &Markup) -> Markup {
    html! {
        section.card.empty {
            span.emptyi { (icon(c, symbol)) }
            h2 { (title) }
            p { (text) }
            (action)
        }
    }
}
