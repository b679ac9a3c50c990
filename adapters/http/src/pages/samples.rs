//! One filled view of each page: what tests render and what the gallery shows.

use std::sync::LazyLock;

use aforo_core::Timestamp;
use aforo_docs::spec::model::Operation;

use super::*;

mod admin;
mod docs;
mod search;
mod spec;
mod specs;
mod views;

/// When the samples play: 22 Nov 2026, 18:48 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_373_283_123);

static OPERATION: LazyLock<Operation> = LazyLock::new(spec::translate);
static READ: LazyLock<Operation> = LazyLock::new(spec::list_languages);

/// A page with its name.
pub type Rendered = (&'static str, String);

/// What surrounds the samples; `prefix` is where they are mounted.
pub fn chrome(prefix: &str, theme: Theme) -> Chrome {
    Chrome {
        brand: Brand {
            name: "Acme".into(),
            tag: "Developers".into(),
            tagline: "Translate text and documents into 74 languages. One key, one bill, answers in 150 ms."
                .into(),
            key_variable: "ACME_KEY".into(),
        },
        urls: Urls::new(prefix),
        theme,
        csrf: "tYQ1s9Jc".into(),
        viewer: Some(Viewer {
            name: "Mira Rao".into(),
            email: "mira@example.com".into(),
            operator: true,
        }),
        language: "curl".into(),
        here: format!("{prefix}/keys"),
        now: NOW,
        notice: None,
    }
}

/// Every page and every state worth looking at.
pub fn all(c: &Chrome) -> Vec<Rendered> {
    let mut pages = signed_out(c);
    pages.extend(key_pages(c));
    pages.extend(subscription_pages(c));
    pages.extend(specs::pages(c));
    pages.extend(reference_pages(c));
    pages.extend(admin::pages(c));
    pages.extend(docs::pages(c));
    pages.extend(search::pages(c));
    pages
}

fn signed_out(c: &Chrome) -> Vec<Rendered> {
    let guest = Chrome {
        viewer: None,
        ..c.clone()
    };
    let wrong = vec![FieldError::new(
        "",
        "The e-mail address or the password is not right.",
    )];
    let short = vec![
        FieldError::new("email", "Enter an e-mail address, such as name@example.com."),
        FieldError::new("password", "Use at least 12 characters."),
    ];
    vec![
        ("home", home(&guest, &HomeView::sample()).into_string()),
        (
            "home-signed-in",
            home(
                c,
                &HomeView {
                    has_key: true,
                    ..HomeView::sample()
                },
            )
            .into_string(),
        ),
        ("home-empty", home(&guest, &HomeView::default()).into_string()),
        ("references", references(c, &HomeView::sample()).into_string()),
        ("sign-up", sign_up(&guest, &SignUpView::sample()).into_string()),
        (
            "sign-up-errors",
            sign_up(
                &guest,
                &SignUpView {
                    errors: short,
                    ..SignUpView::sample()
                },
            )
            .into_string(),
        ),
        ("sign-in", sign_in(&guest, &SignInView::sample()).into_string()),
        (
            "sign-in-error",
            sign_in(
                &guest,
                &SignInView {
                    errors: wrong,
                    ..SignInView::sample()
                },
            )
            .into_string(),
        ),
        ("problem", problem(c, &ProblemView::sample()).into_string()),
        (
            "problem-401",
            problem(
                &guest,
                &ProblemView {
                    status: 401,
                    ..ProblemView::sample()
                },
            )
            .into_string(),
        ),
    ]
}

fn key_pages(c: &Chrome) -> Vec<Rendered> {
    let sample = NewKeyView::sample();
    let errors = vec![
        FieldError::new("name", "Give the key a name."),
        FieldError::new("ip_ranges", "Line 1: 300.0.0.1 is not an address or CIDR range."),
    ];
    let refused = NewKeyView {
        form: NewKeyForm {
            name: String::new(),
            ip_ranges: "300.0.0.1".into(),
            ..sample.form.clone()
        },
        errors,
        ..sample.clone()
    };
    let noticed = Chrome {
        notice: Some("Key ci-smoke revoked".into()),
        ..c.clone()
    };
    let empty = KeysView {
        can_create: true,
        ..KeysView::default()
    };
    let wrong = RevokeView {
        typed: "prod".into(),
        errors: wrong_confirm("prod-key-v2"),
        ..RevokeView::sample()
    };
    vec![
        ("keys", keys(c, &KeysView::sample()).into_string()),
        (
            "keys-notice",
            keys(
                &noticed,
                &KeysView {
                    next_page: Some("after=x".into()),
                    ..KeysView::sample()
                },
            )
            .into_string(),
        ),
        ("keys-empty", keys(c, &empty).into_string()),
        (
            "keys-no-subscription",
            keys(c, &KeysView::default()).into_string(),
        ),
        ("key", key_detail(c, &KeyDetailView::sample()).into_string()),
        ("key-new", new_key(c, &sample).into_string()),
        ("key-new-errors", new_key(c, &refused).into_string()),
        (
            "key-new-no-subscription",
            new_key(c, &NewKeyView::default()).into_string(),
        ),
        (
            "key-revealed",
            key_revealed(c, &RevealView::sample()).into_string(),
        ),
        (
            "key-rotated",
            key_revealed(c, &RevealView::sample_rotated()).into_string(),
        ),
        (
            "key-revealed-client",
            key_revealed(c, &RevealView::sample_client()).into_string(),
        ),
        ("key-revoke", revoke_key(c, &RevokeView::sample()).into_string()),
        ("key-revoke-wrong", revoke_key(c, &wrong).into_string()),
    ]
}

fn subscription_pages(c: &Chrome) -> Vec<Rendered> {
    let sample = SubscriptionsView::sample();
    let none = SubscriptionsView {
        subscriptions: Vec::new(),
        ..sample.clone()
    };
    vec![
        ("subscriptions", subscriptions(c, &sample).into_string()),
        ("subscriptions-empty", subscriptions(c, &none).into_string()),
        (
            "subscription-cancel",
            cancel_subscription(c, &CancelView::sample()).into_string(),
        ),
    ]
}

fn reference_pages(c: &Chrome) -> Vec<Rendered> {
    let guest = Chrome {
        viewer: None,
        ..c.clone()
    };
    let operation_view = OperationView::sample();
    let read = OperationView {
        operation: &READ,
        values: None,
        ..OperationView::sample()
    };
    let sign_in = OperationView {
        access: TryAccess::SignIn,
        ..OperationView::sample()
    };
    let plans = vec![
        PlanChoice {
            id: "plan_1".into(),
            name: "Free".into(),
        },
        PlanChoice {
            id: "plan_2".into(),
            name: "Pro".into(),
        },
    ];
    let subscribe = OperationView {
        access: TryAccess::Subscribe { plans },
        ..OperationView::sample()
    };
    let reason = "Sending starts when an operator approves the server of this version.".to_owned();
    let waiting = OperationView {
        access: TryAccess::Unavailable { reason },
        ..OperationView::sample()
    };
    let large = ReferenceView {
        nav: ReferenceNav::new(&spec::many(640), Some("Group 3")),
        tag: None,
        ..ReferenceView::sample()
    };
    let unpublished = ReferenceView {
        published: false,
        nav: ReferenceNav::default(),
        approval: None,
        ..ReferenceView::sample()
    };
    let failed = TryOutcome::Failed(ProblemView {
        fault: Fault::Upstream,
        status: 504,
        title: "The API did not answer in time".into(),
        ..ProblemView::sample()
    });
    vec![
        (
            "reference",
            reference(
                c,
                &ReferenceView {
                    approval: None,
                    ..ReferenceView::sample()
                },
            )
            .into_string(),
        ),
        (
            "reference-approval",
            reference(c, &ReferenceView::sample()).into_string(),
        ),
        ("reference-large", reference(&guest, &large).into_string()),
        (
            "reference-unpublished",
            reference(&guest, &unpublished).into_string(),
        ),
        ("operation", operation(c, &operation_view).into_string()),
        ("operation-read", operation(c, &read).into_string()),
        ("operation-signed-out", operation(&guest, &sign_in).into_string()),
        ("operation-subscribe", operation(c, &subscribe).into_string()),
        ("operation-unavailable", operation(c, &waiting).into_string()),
        (
            "try-result",
            try_result(c, &operation_view, &TryOutcome::sample()).into_string(),
        ),
        (
            "try-result-failed",
            try_result(c, &operation_view, &failed).into_string(),
        ),
    ]
}

fn wrong_confirm(phrase: &str) -> Vec<FieldError> {
    vec![FieldError::new("confirm", format!("Type {phrase} exactly."))]
}
