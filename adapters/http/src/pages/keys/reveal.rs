//! The one page that shows a secret, once (VAULT-5). Answer it with `Cache-Control: no-store`.

use aforo_core::Timestamp;
use maud::{Markup, html};

use super::super::{
    chrome::{Chrome, Page, Section, account_page},
    parts::{Environment, countdown, crumbs, environment_badge, icon, icon_sm},
};

/// A new key, or the successor of a rotated one. Has no `Debug`: it holds the secret.
#[derive(Clone)]
pub struct RevealView {
    /// What is shown once.
    pub secret: RevealedSecret,
    /// The key's name.
    pub name: String,
    /// Where it works.
    pub environment: Environment,
    /// Such as `Translation API, Pro`.
    pub scope: String,
    /// Set after a rotation: the old key works a while longer.
    pub grace: Option<GraceNote>,
}

/// What is shown once.
#[derive(Clone)]
pub enum RevealedSecret {
    /// A bearer key.
    ApiKey(String),
    /// A client id, which is public, and its secret.
    ClientCredentials {
        /// The public half.
        client_id: String,
        /// The secret half.
        secret: String,
    },
}

/// The old key of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraceNote {
    /// Its name.
    pub old_name: String,
    /// When it stops (VAULT-13: 300 s after the rotation).
    pub until: Timestamp,
}

/// Shows the secret, with copy, download and "I have stored this key".
///
/// The page works without JavaScript; with it, the secret leaves the document when it was copied, after 60
/// seconds, and when the page is left. Nothing goes to web storage.
pub fn key_revealed(c: &Chrome, view: &RevealView) -> Markup {
    let page = Page {
        title: "Save your new key",
        description: None,
        section: Section::Keys,
        module: Some("reveal.js"),
        sheet: None,
        error: false,
    };
    let (client_id, secret) = match &view.secret {
        RevealedSecret::ApiKey(secret) => (None, secret),
        RevealedSecret::ClientCredentials { client_id, secret } => (Some(client_id), secret),
    };
    let main = html! {
        (crumbs(&[(c.urls.keys(), "API keys")]))
        key-reveal.card.reveal data-variable=(c.brand.key_variable) {
            div.dlg-h { div.grow {
                h1 { "Save your new key now" }
                p.fs13.t2 { "This is the only time it is shown. We keep a hash to check it and cannot show it again." }
            } }
            div.dlg-b {
                @if let Some(id) = client_id {
                    p.lab #cid-l { "Client id" }
                    div.keybox { code #client-id tabindex="0" aria-labelledby="cid-l" role="textbox" aria-readonly="true" { (id) }
                        copy-button for="client-id" { button.btn type="button" {
                            svg.i.i-sm.idle aria-hidden="true" { use href=(c.urls.icon("copy")) {} }
                            svg.i.i-sm.done aria-hidden="true" { use href=(c.urls.icon("check")) {} }
                            "Copy id"
                        } }
                    }
                    p.lab #sec-l { "Client secret" }
                }
                div.keybox {
                    code #secret tabindex="0" role="textbox" aria-readonly="true"
                        aria-label=(if client_id.is_some() { "Client secret" } else { "API key" }) { (secret) }
                    button.btn.btn-primary.js type="button" data-copy { (icon_sm(c, "copy")) "Copy" }
                }
                p.fs12.muted.js data-wipe role="timer" aria-live="off" {
                    "Leaves this page when copied or in " b data-left { "60" } " s. "
                    button.linkb type="button" data-more { "Keep it for 60 s more" }
                }
                p.row.fs12.muted.kmeta {
                    b.t2 { (view.name) } (environment_badge(view.environment)) span { (view.scope) }
                    span { (secret.chars().count()) " characters" }
                }
                @if let Some(grace) = &view.grace {
                    div.banner { (icon(c, "clock")) div {
                        b { (grace.old_name) " keeps working for " (countdown(grace.until, c.now)) ". " }
                        span.t2 { "Both keys are accepted and rated the same. Deploy the new one; the old one is then \
                                   revoked by itself." }
                    } }
                }
                div.banner.banner-info { (icon(c, "shield")) div.t2 {
                    "Keep it in a secrets manager or in your CI's secret store. A " code { ".env" }
                    " file is for your own machine only, and belongs in " code { ".gitignore" } "."
                } }
            }
            form.dlg-f method="get" action=(c.urls.keys()) {
                label.ack.grow.js { input type="checkbox" data-ack; span { "I have stored this key" } }
                button.btn.js type="button" data-env { "Download .env" }
                button.btn.btn-primary data-done { "Done" }
            }
        }
    };
    account_page(c, page, &main)
}
