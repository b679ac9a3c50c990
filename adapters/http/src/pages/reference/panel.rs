//! The Try it form: a plain form that posts to its own page, made live by `try-it.js`.

use aforo_docs::{
    request::form,
    spec::model::{Parameter, ParameterPlace, SchemaView},
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    super::{
        chrome::{Chrome, csrf_field},
        parts::{Environment, icon, icon_sm},
    },
    OperationView, fields,
    operation::{PLACES, place_name},
    schema::{type_label, value_text},
};

/// What the playground needs to know of the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryAccess {
    /// Calls can be sent.
    Ready {
        /// Environments to choose from; the first is preselected.
        environments: Vec<Environment>,
        /// The one that is preselected.
        chosen: Environment,
        /// Whose subscription the call counts for, such as `Pro plan`.
        run_as: String,
        /// Calls that change something may go to Live without asking.
        live_confirmed: bool,
    },
    /// Signed out.
    SignIn,
    /// No subscription to the product.
    Subscribe {
        /// Plans that open it.
        plans: Vec<PlanChoice>,
    },
    /// Nobody can send now.
    Unavailable {
        /// Why, one sentence.
        reason: String,
    },
}

/// A plan to subscribe to from the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChoice {
    /// `plan_…`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What the form held when it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TryValues {
    /// Field `environment`.
    pub environment: String,
    /// Fields `p.{place}.{name}`: place, name, value.
    pub parameters: Vec<(String, String, String)>,
    /// Field `contentType`.
    pub content_type: String,
    /// Field `body`.
    pub body: String,
    /// Fields `alt.{pointer}`: which alternative the fields of the body are of.
    pub alternatives: Vec<(String, usize)>,
    /// How the body is shown.
    pub view: BodyView,
    /// What the description says against the body.
    pub findings: Vec<Finding>,
    /// Something to know about the body as it stands.
    pub note: Option<String>,
}

/// How the body is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyView {
    /// As JSON, or whatever text it is.
    #[default]
    Json,
    /// As fields.
    Fields,
}

/// What is wrong with one place of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `/body` and a JSON pointer below it.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// The line of the body's text, counted from 1.
    pub line: Option<u32>,
}

impl Finding {
    /// Whether it is about this place of the body. What is missing is told at the object that misses it.
    pub(super) fn is_at(&self, pointer: &str) -> bool {
        self.pointer.strip_prefix("/body") == Some(pointer)
    }
}

/// The cookie that keeps the environment for the session.
pub const ENVIRONMENT_COOKIE: &str = "environment";

/// The Try it card.
pub(super) fn form(c: &Chrome, view: &OperationView<'_>) -> Markup {
    let summary = &view.operation.summary;
    html! {
        form.card.tryform #try method="post" action=(c.urls.operation(&view.product.slug, &summary.id))
            aria-labelledby="try-h" data-spec=(view.spec_id) data-operation=(summary.id)
            data-safe=[summary.method.is_safe().then_some("")] data-try=(c.urls.api_try())
            data-preview=(c.urls.api_preview()) enctype=[takes_files(view).then_some("multipart/form-data")]
            data-live=[live_confirmed(view).then_some("")] {
            (csrf_field(c))
            div.card-h {
                h2 #try-h { "Try it" }
                span.badge.b-ok { (icon(c, "shield")) "Key stays on the server" }
                span.grow {}
                @if let TryAccess::Ready { environments, chosen, .. } = &view.access { (environments_choice(view, environments, *chosen)) }
            }
            @if let TryAccess::Ready { run_as, .. } = &view.access {
                dl.kv { dt.lab { "Run as" } dd { (run_as) } }
            }
            div.locked { (icon_sm(c, "lock")) code { "Authorization" } span.grow {} span.strong { "injected server-side" } }
            (parameters(view))
            (fields::body(c, view))
            (send(c, view))
            @if !summary.method.is_safe() { (live_dialog(c, view)) }
        }
    }
}

fn live_confirmed(view: &OperationView) -> bool {
    matches!(
        view.access,
        TryAccess::Ready {
            live_confirmed: true,
            ..
        }
    )
}

/// Whether a body of the operation can hold files, so that the form must be sent in parts.
fn takes_files(view: &OperationView) -> bool {
    let contents = view.operation.body.iter().flat_map(|body| &body.contents);
    contents
        .into_iter()
        .any(|content| form::is_file(content) || form::is_multipart(content))
}

fn environments_choice(view: &OperationView, environments: &[Environment], chosen: Environment) -> Markup {
    let sent = view
        .values
        .as_ref()
        .and_then(|v| Environment::parse(&v.environment));
    let chosen = sent
        .filter(|e| environments.contains(e))
        .or_else(|| environments.contains(&chosen).then_some(chosen))
        .or_else(|| environments.first().copied());
    html! {
        fieldset.seg { legend.sr { "Environment" }
            @for environment in environments {
                label { input type="radio" name="environment" value=(environment.as_str()) checked[Some(*environment) == chosen];
                    @if *environment == Environment::Live { span.dot.dot-warn {} }
                    (environment.label()) }
            }
        }
    }
}

fn parameters(view: &OperationView<'_>) -> Markup {
    // A credential is not the visitor's to fill in.
    let own =
        |p: &&Parameter| !(p.place == ParameterPlace::Header && p.name.eq_ignore_ascii_case("authorization"));
    let list: Vec<_> = PLACES
        .iter()
        .flat_map(|(place, _)| {
            view.operation
                .parameters
                .iter()
                .filter(own)
                .filter(move |p| p.place == *place)
        })
        .collect();
    html! {
        @if !list.is_empty() {
            div.card-h.sub { h3 { "Parameters" } }
            div.params { @for (i, p) in list.iter().enumerate() { (parameter(view, p, i)) } }
        }
    }
}

fn parameter(view: &OperationView<'_>, p: &Parameter, i: usize) -> Markup {
    let place = place_name(p.place);
    let (id, name) = (format!("p{i}"), format!("p.{place}.{}", p.name));
    let value = value_of(view, p, place);
    let choices = choices(&p.schema);
    html! {
        label.lab for=(id) title=(p.name) { span.trunc { (p.name) } @if p.required { span.req aria-hidden="true" { "*" } }
            span.where { (place) } }
        @if !choices.is_empty() {
            select.in id=(id) name=(name) required[p.required] {
                @if !p.required || value.is_empty() { option value="" { "Not sent" } }
                @for choice in &choices { option value=(choice) selected[*choice == value] { (choice) } }
            }
        } @else if is_object(&p.schema) {
            textarea.in.mono id=(id) name=(name) rows="2" required[p.required] placeholder="JSON" spellcheck="false" { "\n" (value) }
        } @else {
            input.in.mono id=(id) name=(name) type="text" value=(value) required[p.required] autocomplete="off"
                spellcheck="false" autocapitalize="off" placeholder=(placeholder(&p.schema))
                inputmode=[p.schema.types.iter().any(|t| t == "integer" || t == "number").then_some("decimal")];
        }
    }
}

/// As sent before, else the example or default of the specification when the parameter is required.
fn value_of(view: &OperationView<'_>, p: &Parameter, place: &str) -> String {
    if let Some(values) = &view.values {
        let sent = values
            .parameters
            .iter()
            .find(|(at, name, _)| at == place && *name == p.name);
        return sent.map(|(_, _, value)| value.clone()).unwrap_or_default();
    }
    let given = p.example.as_ref().or(p.schema.example.as_ref());
    let fallback = if p.required {
        p.schema.default.as_ref().or(p.schema.enumeration.first())
    } else {
        None
    };
    given
        .filter(|_| p.required)
        .or(fallback)
        .map(field_text)
        .unwrap_or_default()
}

/// Lists are written `a,b,c`; the server splits them by the parameter's style.
fn field_text(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(value_text).collect::<Vec<_>>().join(",")
        }
        other => value_text(other),
    }
}

fn choices(schema: &SchemaView) -> Vec<String> {
    match schema.types.as_slice() {
        [only] if only == "boolean" && schema.enumeration.is_empty() => vec!["true".into(), "false".into()],
        _ => schema.enumeration.iter().map(value_text).collect(),
    }
}

fn is_object(schema: &SchemaView) -> bool {
    !schema.properties.is_empty() || schema.types.iter().any(|t| t == "object")
}

fn placeholder(schema: &SchemaView) -> String {
    if schema.items.is_some() {
        "a,b,c".to_owned()
    } else {
        type_label(schema)
    }
}

fn send(c: &Chrome, view: &OperationView<'_>) -> Markup {
    html! {
        @match &view.access {
            TryAccess::Ready { environments, .. } => div.sendrow {
                span.fs12.muted.grow {
                    @if environments.contains(&Environment::Live) { span.onlive { "Live calls are metered and act on real data" } }
                    span.onsandbox { "Sandbox: no charges" }
                }
                button.btn.js type="button" data-cancel hidden { "Cancel" }
                button.btn.btn-primary data-send { (icon_sm(c, "send")) "Send" kbd.js { "Ctrl ↵" } }
            },
            TryAccess::SignIn => div.sendrow {
                span.fs13.t2.grow { "Sign in to send this call" }
                a.btn.btn-primary href=(c.urls.sign_in_then(&c.here)) { "Sign in" }
            },
            TryAccess::Subscribe { plans } => div.sendrow {
                span.fs13.t2.grow { "Choose a plan to send this call" }
                @if plans.is_empty() { a.btn.btn-primary href=(c.urls.subscriptions()) { "See plans" } }
                @for plan in plans.iter().take(3) {
                    button.btn.btn-primary form="subscribe" name="plan" value=(plan.id) { (plan.name) }
                }
            },
            TryAccess::Unavailable { reason } => div.sendrow { (icon_sm(c, "warn")) span.fs13.t2.grow { (reason) } },
        }
    }
}

/// The form that the Subscribe buttons send; forms cannot nest, so it stands beside.
pub(super) fn subscribe_form(c: &Chrome, view: &OperationView<'_>) -> Markup {
    html! { @if matches!(view.access, TryAccess::Subscribe { .. }) {
        form #subscribe method="post" action=(c.urls.subscriptions()) hidden {
            (csrf_field(c))
            input type="hidden" name="next" value=(c.here);
        }
    } }
}

/// Asked once a session before a live call that may change something.
fn live_dialog(c: &Chrome, view: &OperationView<'_>) -> Markup {
    html! {
        dialog #live-confirm aria-labelledby="live-h" {
            div.dlg-h { div.grow {
                h2 #live-h { "Send to Live?" }
                p.fs13.t2 { (view.operation.summary.method.as_str()) " " code { (view.operation.summary.path) }
                    " may change real data. Live calls are metered and billed." }
            } }
            div.dlg-b { p.fs12.muted { (icon(c, "clock")) "You are asked once in this browser session." } }
            div.dlg-f {
                button.btn type="button" data-no autofocus { "Keep in the form" }
                button.btn.btn-primary type="button" data-yes { "Send to Live" }
            }
        }
    }
}
