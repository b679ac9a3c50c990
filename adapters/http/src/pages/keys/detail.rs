//! One key.

use aforo_core::Timestamp;
use maud::{Markup, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, account_page},
        format,
        parts::{copy_button, crumbs, environment_badge, icon},
    },
    KeyRow, actions, status_badges,
};

/// One key with its limits and what happened to it.
#[derive(Clone, Debug)]
pub struct KeyDetailView {
    /// The key.
    pub key: KeyRow,
    /// Such as `Translation API, Pro`.
    pub subscription: String,
    /// Products it is limited to; empty means all of the subscription.
    pub products: Vec<String>,
    /// Addresses it is accepted from; empty means any.
    pub ip_ranges: Vec<String>,
    /// Calls a minute; `None` means the plan's limit.
    pub rate_limit: Option<u32>,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// Newest first.
    pub events: Vec<KeyEvent>,
    /// A first call to copy, shown while the key was never used. Holds the variable, never the key.
    pub first_call: Option<String>,
}

/// Something that happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// When.
    pub at: Timestamp,
    /// Such as `Created by Mira Rao`.
    pub text: String,
}

/// One key.
pub fn key_detail(c: &Chrome, view: &KeyDetailView) -> Markup {
    let key = &view.key;
    let page = Page {
        title: &key.name,
        description: None,
        section: Section::Keys,
        module: None,
        sheet: None,
        error: false,
    };
    let main = html! {
        (crumbs(&[(c.urls.keys(), "API keys")]))
        div.ph {
            div.grow { h1 { (key.name) }
                div.row.keyline { code { (key.masked) } (environment_badge(key.environment)) (status_badges(c, key)) } }
            (actions(c, key))
        }
        div.two {
            section.card aria-labelledby="about-h" {
                div.card-h { h2 #about-h { "About" } }
                (facts(c, view))
            }
            section.card aria-labelledby="events-h" {
                div.card-h { h2 #events-h { "Events" } }
                @if view.events.is_empty() { p.pad.muted { "No events yet." } }
                ol.events role="list" { @for event in &view.events { li {
                    (format::time_ago(event.at, c.now)) span { (event.text) }
                } } }
            }
        }
        @if let Some(code) = &view.first_call {
            section.card aria-labelledby="first-h" {
                div.card-h { (icon(c, "send")) h2 #first-h { "Your first call" } span.grow {}
                    (copy_button(c, "first-call", "Copy the call")) }
                div.code tabindex="0" role="region" aria-label="First call" { pre #first-call { (code) } }
            }
        }
    };
    account_page(c, page, &main)
}

fn facts(c: &Chrome, view: &KeyDetailView) -> Markup {
    let key = &view.key;
    html! {
        dl.kvl {
            div { dt { "Id" } dd { code #key-id { (key.id) } (copy_button(c, "key-id", "Copy id")) } }
            div { dt { "Subscription" } dd { (view.subscription) } }
            div { dt { "Products" } dd {
                @if view.products.is_empty() { "All of the subscription" } @else { (view.products.join(", ")) } } }
            div { dt { "Created" } dd { (format::time_on(key.created)) } }
            div { dt { "Last used" } dd { @match key.last_used {
                Some(at) => (format::time_ago(at, c.now)),
                None => "Never used",
            } } }
            div { dt { "Expires" } dd { @match view.expires {
                Some(at) => (format::time_on(at)),
                None => "Never",
            } } }
            div { dt { "Rate limit" } dd { @match view.rate_limit {
                Some(limit) => { (format::thousands(u64::from(limit))) " calls a minute" },
                None => "The plan's limit",
            } } }
            div { dt { "IP ranges" } dd {
                @if view.ip_ranges.is_empty() { "Any address" }
                @for range in &view.ip_ranges { code.chip { (range) } " " } } }
        }
    }
}
