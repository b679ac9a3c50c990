//! Subscriptions, plans, and cancelling (VAULT-7).

use aforo_core::Timestamp;
use maud::{Markup, html};

use super::{
    chrome::{Chrome, Page, Section, account_page, csrf_field},
    format,
    parts::{
        Environment, FieldError, crumbs, empty_state, environment_badge, error_summary, icon, icon_sm,
        page_head, typed_confirm,
    },
};

/// Subscriptions and the plans to subscribe to.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionsView {
    /// Of this viewer, active ones first.
    pub subscriptions: Vec<SubscriptionRow>,
    /// Every plan on offer.
    pub plans: Vec<PlanCard>,
}

/// One subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// `sub_…`.
    pub id: String,
    /// Product, or several.
    pub product: String,
    /// Plan.
    pub plan: String,
    /// Not cancelled.
    pub active: bool,
    /// When it began.
    pub since: Timestamp,
    /// Working keys that are bound to it.
    pub keys: Vec<BoundKey>,
}

/// A key that stops with its subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundKey {
    /// `key_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Such as `sk_live_…n3p4`.
    pub masked: String,
    /// Where it works.
    pub environment: Environment,
    /// Last accepted call.
    pub last_used: Option<Timestamp>,
}

/// A plan on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanCard {
    /// `plan_…`.
    pub id: String,
    /// Product it opens.
    pub product: String,
    /// Its name.
    pub name: String,
    /// Plain text.
    pub description: String,
    /// Such as `600 calls a minute`.
    pub limits: Vec<String>,
    /// The viewer has it.
    pub subscribed: bool,
}

/// Asks before a subscription is cancelled.
#[derive(Clone, Debug)]
pub struct CancelView {
    /// What is cancelled, with the keys that die with it.
    pub subscription: SubscriptionRow,
    /// What must be typed, such as the plan's name (field `confirm`).
    pub phrase: String,
    /// What was typed.
    pub typed: String,
    /// What was wrong.
    pub errors: Vec<FieldError>,
}

/// Subscriptions and plans.
pub fn subscriptions(c: &Chrome, view: &SubscriptionsView) -> Markup {
    let page = Page {
        title: "Subscriptions",
        description: None,
        section: Section::Subscriptions,
        module: None,
        sheet: None,
        error: false,
    };
    let lead = html! { "A subscription opens a product to you. Keys are bound to it and stop with it." };
    let main = html! {
        (page_head("Subscriptions", &lead, &html! {}))
        @if view.subscriptions.is_empty() {
            (empty_state(c, "box", "No subscription yet", "Choose a plan below. You can create a key right after.",
                &html! {}))
        }
        @for subscription in &view.subscriptions { (subscription_card(c, subscription)) }
        section aria-labelledby="plans-h" {
            div.shead { h2 #plans-h { "Plans" } }
            @if view.plans.is_empty() { p.muted { "No plan is on offer." } }
            ul.cards role="list" { @for plan in &view.plans { (plan_card(c, plan)) } }
        }
    };
    account_page(c, page, &main)
}

/// Lists the keys that stop at once, and asks for the plan's name.
pub fn cancel_subscription(c: &Chrome, view: &CancelView) -> Markup {
    let subscription = &view.subscription;
    let page = Page {
        title: "Cancel subscription",
        description: None,
        section: Section::Subscriptions,
        module: None,
        sheet: None,
        error: !view.errors.is_empty(),
    };
    let dead = subscription.keys.len();
    let main = html! {
        (crumbs(&[(c.urls.subscriptions(), "Subscriptions")]))
        div.narrowcol {
            (error_summary(c, &view.errors))
            form.card.reveal method="post" action=(c.urls.cancel_subscription(&subscription.id)) novalidate {
                (csrf_field(c))
                div.dlg-h { div.grow { h1 { "Cancel " (subscription.product) ", " (subscription.plan) "?" }
                    p.t2 { "It ends now. It cannot be undone; you can subscribe again with new keys." } } }
                div.dlg-b.stackf {
                    @if dead == 0 { p { "No key is bound to it." } } @else {
                        div.banner.banner-err { (icon(c, "warn")) div {
                            b { (format::count(dead, "key stops", "keys stop")) " in the same moment. " }
                            span.t2 { "Programs that use them get 401 from their next call on." }
                        } }
                        (bound_keys(c, &subscription.keys))
                    }
                    (typed_confirm(c, &view.phrase, &view.typed, &view.errors))
                }
                div.dlg-f {
                    a.btn.btn-ghost href=(c.urls.subscriptions()) { "Keep the subscription" }
                    button.btn.btn-danger-fill { "Cancel subscription" }
                }
            }
        }
    };
    account_page(c, page, &main)
}

fn subscription_card(c: &Chrome, subscription: &SubscriptionRow) -> Markup {
    let heading = format!("s-{}", subscription.id);
    html! {
        section.card.subcard aria-labelledby=(heading) {
            div.card-h {
                h2 id=(heading) { (subscription.product) }
                span.badge.b-accent { (subscription.plan) }
                @if subscription.active { span.badge.b-ok { (icon(c, "check")) "ACTIVE" } }
                @else { span.badge { (icon(c, "x")) "CANCELLED" } }
                span.fs12.muted { "since " (format::time_on(subscription.since)) }
                span.grow {}
                @if subscription.active {
                    a.btn.btn-sm.btn-danger href=(c.urls.cancel_subscription(&subscription.id))
                        aria-label={ "Cancel " (subscription.product) ", " (subscription.plan) } { "Cancel" }
                }
            }
            @if subscription.keys.is_empty() {
                p.pad.muted { "No key is bound to it. "
                    @if subscription.active { a href=(c.urls.new_key()) { "Create a key" } } }
            } @else { (bound_keys(c, &subscription.keys)) }
        }
    }
}

fn bound_keys(c: &Chrome, keys: &[BoundKey]) -> Markup {
    html! {
        ul.bound role="list" { @for key in keys { li {
            (icon_sm(c, "key"))
            a.strong href=(c.urls.key(&key.id)) { (key.name) }
            code.muted { (key.masked) }
            (environment_badge(key.environment))
            span.fs12.muted.end { @match key.last_used {
                Some(at) => { "used " (format::time_ago(at, c.now)) },
                None => "never used",
            } }
        } } }
    }
}

fn plan_card(c: &Chrome, plan: &PlanCard) -> Markup {
    html! {
        li.card.pcard {
            p.fs12.muted { (plan.product) }
            h3 { (plan.name) }
            p { (plan.description) }
            ul.ticks role="list" { @for limit in &plan.limits { li { (icon_sm(c, "check")) (limit) } } }
            @if plan.subscribed { p.have { (icon_sm(c, "check")) "You have this plan" } } @else {
                form method="post" action=(c.urls.subscriptions()) {
                    (csrf_field(c))
                    input type="hidden" name="plan" value=(plan.id);
                    button.btn.btn-primary aria-label={ "Subscribe to " (plan.product) ", " (plan.name) } { "Subscribe" }
                }
            }
        }
    }
}
