//! Keys: list, detail, new, revealed, revoke.

mod detail;
mod list;
mod new;
mod reveal;
mod revoke;

use aforo_core::Timestamp;
use maud::{Markup, html};

pub use self::{
    detail::{KeyDetailView, KeyEvent, key_detail},
    list::{KeysView, keys},
    new::{NewKeyForm, NewKeyView, ProductOption, SubscriptionOption, new_key},
    reveal::{GraceNote, RevealView, RevealedSecret, key_revealed},
    revoke::{RevokeView, revoke_key},
};
use super::{
    chrome::Chrome,
    parts::{Environment, countdown, icon},
};

/// One key as lists show it. Never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// `key_…`.
    pub id: String,
    /// Given by its owner.
    pub name: String,
    /// What it can be told by: `sk_live_…n3p4`, or `client_7Hd… + secret`.
    pub masked: String,
    /// Where it works.
    pub environment: Environment,
    /// Product and plan, or `All products`, such as `Translation API, Pro`.
    pub scope: String,
    /// Last accepted call (VAULT-17); `None` if there was none.
    pub last_used: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// Its state.
    pub status: KeyStatus,
    /// Unused for 90 days or more (VAULT-19).
    pub dormant: bool,
}

/// State of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// Works.
    Active,
    /// Rotated: works until the end of the grace period (VAULT-13).
    Grace {
        /// When it stops.
        until: Timestamp,
        /// Name of the successor.
        replaced_by: Option<String>,
    },
    /// Switched off for the time being.
    Suspended,
    /// Past its expiry.
    Expired,
    /// Stopped for ever.
    Revoked,
}

impl KeyStatus {
    /// Whether it can be revoked: everything that works or may work again.
    pub const fn can_be_revoked(&self) -> bool {
        matches!(
            self,
            KeyStatus::Active | KeyStatus::Grace { .. } | KeyStatus::Suspended
        )
    }
}

/// Badge with a word, and a shape where colour alone would tell; the grace period ticks.
fn status_badges(c: &Chrome, key: &KeyRow) -> Markup {
    html! {
        @match &key.status {
            KeyStatus::Active if key.dormant => span.badge.b-warn { (icon(c, "warn")) "UNUSED 90+ DAYS" },
            KeyStatus::Active => span.badge.b-ok { (icon(c, "check")) "ACTIVE" },
            KeyStatus::Grace { until, replaced_by } => {
                span.badge.b-warn { (icon(c, "clock")) "GRACE " (countdown(*until, c.now)) }
                span.badge data-after hidden { (icon(c, "x")) "REVOKED" }
                @if let Some(name) = replaced_by { div.sub { "Replaced by " (name) } }
            }
            KeyStatus::Suspended => span.badge.b-warn { (icon(c, "stop")) "SUSPENDED" },
            KeyStatus::Expired => span.badge { (icon(c, "clock")) "EXPIRED" },
            KeyStatus::Revoked => span.badge { (icon(c, "x")) "REVOKED" },
        }
    }
}

/// What can be done to a key in its state: rotate is a form, revoking asks first.
fn actions(c: &Chrome, key: &KeyRow) -> Markup {
    html! {
        div.row.nowrap.jend {
            @if key.status == KeyStatus::Active {
                form method="post" action=(c.urls.rotate_key(&key.id)) {
                    (super::chrome::csrf_field(c))
                    button.btn.btn-sm aria-label={ "Rotate " (key.name) } { (super::parts::icon_sm(c, "sync")) "Rotate" }
                }
            }
            @if key.status.can_be_revoked() {
                @let word = if matches!(key.status, KeyStatus::Grace { .. }) { "Revoke now" } else { "Revoke" };
                a.btn.btn-sm.btn-danger data-action href=(c.urls.revoke_key(&key.id))
                    aria-label={ (word) " " (key.name) } { (word) }
            }
        }
    }
}
