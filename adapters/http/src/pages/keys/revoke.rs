//! Asks before a key is revoked (VAULT-15).

use maud::{Markup, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, account_page, csrf_field},
        format,
        parts::{FieldError, crumbs, environment_badge, error_summary, icon, typed_confirm},
    },
    KeyRow,
};

/// Asks before a key is revoked.
#[derive(Clone, Debug)]
pub struct RevokeView {
    /// The key.
    pub key: KeyRow,
    /// What was typed (field `confirm`).
    pub typed: String,
    /// What was wrong.
    pub errors: Vec<FieldError>,
}

/// Says what revoking does and asks for the key's name.
pub fn revoke_key(c: &Chrome, view: &RevokeView) -> Markup {
    let key = &view.key;
    let title = format!("Revoke {}", key.name);
    let page = Page {
        title: &title,
        description: None,
        section: Section::Keys,
        module: None,
        sheet: None,
        error: !view.errors.is_empty(),
    };
    let main = html! {
        (crumbs(&[(c.urls.keys(), "API keys"), (c.urls.key(&key.id), &key.name)]))
        div.narrowcol {
            (error_summary(c, &view.errors))
            form.card.reveal method="post" action=(c.urls.revoke_key(&key.id)) novalidate {
                (csrf_field(c))
                div.dlg-h { div.grow { h1 { "Revoke " (key.name) "?" }
                    p.t2 { "Stops at once. There is no grace, and it cannot be undone." } } }
                div.dlg-b.stackf {
                    p.row.fs13 { code { (key.masked) } (environment_badge(key.environment)) span { (key.scope) } }
                    div.banner.banner-err { (icon(c, "warn")) div {
                        b { @match key.last_used {
                            Some(at) => { "Last used " (format::time_ago(at, c.now)) ". " },
                            None => "Never used. ",
                        } }
                        span.t2 { "Programs that send it get 401 from their next call on. To replace a key without a \
                                   gap, rotate it: the old one then works for 5 minutes more." }
                    } }
                    (typed_confirm(c, &key.name, &view.typed, &view.errors))
                }
                div.dlg-f {
                    a.btn.btn-ghost href=(c.urls.keys()) { "Keep the key" }
                    button.btn.btn-danger-fill { "Revoke key" }
                }
            }
        }
    };
    account_page(c, page, &main)
}
