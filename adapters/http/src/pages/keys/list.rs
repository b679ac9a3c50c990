//! The list of keys.

use maud::{Markup, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, account_page},
        format,
        parts::{empty_state, environment_badge, icon_sm, page_head},
    },
    KeyRow, KeyStatus, actions, status_badges,
};

/// The list of keys.
#[derive(Clone, Debug, Default)]
pub struct KeysView {
    /// Keys of this viewer, newest first; working ones before dead ones.
    pub keys: Vec<KeyRow>,
    /// Link to the next page of the list.
    pub next_page: Option<String>,
    /// The viewer has a subscription that a key can be bound to.
    pub can_create: bool,
}

/// List of keys with rotate and revoke.
pub fn keys(c: &Chrome, view: &KeysView) -> Markup {
    let page = Page {
        title: "API keys",
        description: None,
        section: Section::Keys,
        module: None,
        sheet: None,
        error: false,
    };
    let lead = html! { "Keys are bound to a subscription. Cancel it and its keys stop in the same moment." };
    let create = html! {
        a.btn.btn-primary href=(c.urls.new_key()) { (icon_sm(c, "plus")) "Create key" }
    };
    let main = html! {
        @if view.keys.is_empty() {
            (page_head("API keys", &lead, &html! {}))
            @if view.can_create {
                (empty_state(c, "key", "Create your first key", "A key identifies your program to the API. Your \
                    program sends it with every call; start with a Sandbox key, which costs nothing.", &create))
            } @else {
                @let plans = html! { a.btn.btn-primary href=(c.urls.subscriptions()) { "See plans" } };
                (empty_state(c, "box", "Subscribe first", "A key belongs to a subscription. Choose a plan, then \
                    create a key for it.", &plans))
            }
        } @else {
            (page_head("API keys", &lead, &create))
            div.card.scroll tabindex="0" role="region" aria-label="API keys table" { (table(c, &view.keys)) }
            @if let Some(token) = &view.next_page {
                nav.pager aria-label="Pages" { a.btn href={ (c.urls.keys()) "?" (token) } { "Next page" } }
            }
        }
    };
    account_page(c, page, &main)
}

fn table(c: &Chrome, keys: &[KeyRow]) -> Markup {
    html! {
        table.table.stack {
            caption.sr { "Your API keys" }
            thead { tr {
                th scope="col" { "Key" }
                th scope="col" { "Environment" }
                th scope="col" { "Scope" }
                th scope="col" { "Last used" }
                th scope="col" { "Status" }
                th scope="col" { span.sr { "Actions" } }
            } }
            tbody { @for key in keys {
                tr.rotating[matches!(key.status, KeyStatus::Grace { .. })]
                   .dead[matches!(key.status, KeyStatus::Revoked | KeyStatus::Expired)] {
                    th scope="row" {
                        a.strong href=(c.urls.key(&key.id)) { (key.name) }
                        div.sub { code { (key.masked) } }
                    }
                    td data-l="Environment" { (environment_badge(key.environment)) }
                    td data-l="Scope" { span { (key.scope) } }
                    td.num data-l="Last used" {
                        @match key.last_used {
                            Some(at) => (format::time_ago(at, c.now)),
                            None => span.muted { "Never used" },
                        }
                    }
                    td data-l="Status" { (status_badges(c, key)) }
                    td.r { (actions(c, key)) }
                }
            } }
        }
    }
}
