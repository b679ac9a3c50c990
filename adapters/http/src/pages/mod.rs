//! The pages: pure functions from a view to HTML.
//!
//! A page knows no storage and no request. A route fills a view struct, builds one [`Chrome`] for the request
//! and calls the page's function. Text in views is plain and gets escaped; fields that hold HTML end in
//! `_html` and must come sanitised. Every form posts to the URL that [`Urls`] names, with the token of
//! [`Chrome::csrf`] in the field [`CSRF_FIELD`], and expects a 303 or the same page with its errors.

mod account;
pub mod admin;
mod agents;
mod changelog;
mod chrome;
mod docs;
mod format;
mod home;
mod keys;
mod parts;
mod problem;
mod reference;
mod search;
mod subscriptions;
mod urls;

#[doc(hidden)]
pub mod samples;

pub use self::{
    account::{SignInView, SignUpView, sign_in, sign_up},
    agents::{AgentRow, AgentTokenView, AgentsView, agent_token, agents},
    changelog::{ChangelogEntry, ChangelogView, changelog, changelog_feed},
    chrome::{Brand, CSRF_FIELD, CSRF_HEADER, Chrome, LANGUAGE_COOKIE, THEME_COOKIE, Theme, Viewer},
    docs::{
        DocLink, DocView, DocsNav, DocsView, Helpful, MissingView, NavNode, Section as DocsSection,
        SuggestView, TocEntry, doc, docs, missing as doc_missing, suggest as suggest_edit,
    },
    home::{HomeView, ProductCard, home, references},
    keys::{
        GraceNote, KeyDetailView, KeyEvent, KeyRow, KeyStatus, KeysView, NewKeyForm, NewKeyView,
        ProductOption, RevealView, RevealedSecret, RevokeView, SubscriptionOption, key_detail, key_revealed,
        keys, new_key, revoke_key,
    },
    parts::{Environment, FieldError},
    problem::{Fault, ProblemView, problem},
    reference::{
        BodyEncoding, BodyView, ENVIRONMENT_COOKIE, Finding, Markdown, NavGroup, OperationView,
        OriginApproval, PAGE_LIMIT, PlanChoice, ProductRef, ReferenceNav, ReferenceView, SampleView,
        SchemaPageView, SchemasView, TryAccess, TryAnswer, TryOutcome, TryTiming, TryValues, operation,
        plain_text, reference, schema, schemas, try_result,
    },
    search::{Facet, FoundRow, SearchView, kind_label, search},
    subscriptions::{
        BoundKey, CancelView, PlanCard, SubscriptionRow, SubscriptionsView, cancel_subscription,
        subscriptions,
    },
    urls::Urls,
};
pub(crate) use reference::AUTHOR_SAMPLE;

#[cfg(test)]
mod tests;
