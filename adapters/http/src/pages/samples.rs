//! One filled view of each page: what tests render and what the gallery shows.

use std::{sync::LazyLock, time::Duration};

use aforo_core::Timestamp;
use aforo_docs::spec::model::{Operation, SecurityScheme};

use super::*;

mod spec;

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
            tagline: "Translate text and documents into 74 languages. One key, one bill, answers in 150 ms.".into(),
            key_variable: "ACME_KEY".into(),
        },
        urls: Urls::new(prefix),
        theme,
        csrf: "tYQ1s9Jc".into(),
        viewer: Some(Viewer { name: "Mira Rao".into(), email: "mira@example.com".into(), operator: true }),
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
    pages.extend(reference_pages(c));
    pages
}

fn signed_out(c: &Chrome) -> Vec<Rendered> {
    let guest = Chrome { viewer: None, ..c.clone() };
    let wrong = vec![FieldError::new("", "The e-mail address or the password is not right.")];
    let short = vec![
        FieldError::new("email", "Enter an e-mail address, such as name@example.com."),
        FieldError::new("password", "Use at least 12 characters."),
    ];
    vec![
        ("home", home(&guest, &HomeView::sample()).into_string()),
        ("home-signed-in", home(c, &HomeView { has_key: true, ..HomeView::sample() }).into_string()),
        ("home-empty", home(&guest, &HomeView::default()).into_string()),
        ("references", references(c, &HomeView::sample()).into_string()),
        ("sign-up", sign_up(&guest, &SignUpView::sample()).into_string()),
        ("sign-up-errors", sign_up(&guest, &SignUpView { errors: short, ..SignUpView::sample() }).into_string()),
        ("sign-in", sign_in(&guest, &SignInView::sample()).into_string()),
        ("sign-in-error", sign_in(&guest, &SignInView { errors: wrong, ..SignInView::sample() }).into_string()),
        ("problem", problem(c, &ProblemView::sample()).into_string()),
        ("problem-401", problem(&guest, &ProblemView { status: 401, ..ProblemView::sample() }).into_string()),
    ]
}

fn key_pages(c: &Chrome) -> Vec<Rendered> {
    let sample = NewKeyView::sample();
    let errors = vec![
        FieldError::new("name", "Give the key a name."),
        FieldError::new("ip_ranges", "Line 1: 300.0.0.1 is not an address or CIDR range."),
    ];
    let refused = NewKeyView {
        form: NewKeyForm { name: String::new(), ip_ranges: "300.0.0.1".into(), ..sample.form.clone() },
        errors,
        ..sample.clone()
    };
    let noticed = Chrome { notice: Some("Key ci-smoke revoked".into()), ..c.clone() };
    let empty = KeysView { can_create: true, ..KeysView::default() };
    let wrong = RevokeView { typed: "prod".into(), errors: wrong_confirm("prod-key-v2"), ..RevokeView::sample() };
    vec![
        ("keys", keys(c, &KeysView::sample()).into_string()),
        ("keys-notice", keys(&noticed, &KeysView { next_page: Some("after=x".into()), ..KeysView::sample() }).into_string()),
        ("keys-empty", keys(c, &empty).into_string()),
        ("keys-no-subscription", keys(c, &KeysView::default()).into_string()),
        ("key", key_detail(c, &KeyDetailView::sample()).into_string()),
        ("key-new", new_key(c, &sample).into_string()),
        ("key-new-errors", new_key(c, &refused).into_string()),
        ("key-new-no-subscription", new_key(c, &NewKeyView::default()).into_string()),
        ("key-revealed", key_revealed(c, &RevealView::sample()).into_string()),
        ("key-rotated", key_revealed(c, &RevealView::sample_rotated()).into_string()),
        ("key-revealed-client", key_revealed(c, &RevealView::sample_client()).into_string()),
        ("key-revoke", revoke_key(c, &RevokeView::sample()).into_string()),
        ("key-revoke-wrong", revoke_key(c, &wrong).into_string()),
    ]
}

fn subscription_pages(c: &Chrome) -> Vec<Rendered> {
    let sample = SubscriptionsView::sample();
    let none = SubscriptionsView { subscriptions: Vec::new(), ..sample.clone() };
    vec![
        ("subscriptions", subscriptions(c, &sample).into_string()),
        ("subscriptions-empty", subscriptions(c, &none).into_string()),
        ("subscription-cancel", cancel_subscription(c, &CancelView::sample()).into_string()),
    ]
}

fn reference_pages(c: &Chrome) -> Vec<Rendered> {
    let guest = Chrome { viewer: None, ..c.clone() };
    let operation_view = OperationView::sample();
    let read = OperationView { operation: &READ, values: None, ..OperationView::sample() };
    let sign_in = OperationView { access: TryAccess::SignIn, ..OperationView::sample() };
    let plans = vec![PlanChoice { id: "plan_1".into(), name: "Free".into() }, PlanChoice { id: "plan_2".into(), name: "Pro".into() }];
    let subscribe = OperationView { access: TryAccess::Subscribe { plans }, ..OperationView::sample() };
    let reason = "Sending starts when an operator approves the server of this version.".to_owned();
    let waiting = OperationView { access: TryAccess::Unavailable { reason }, ..OperationView::sample() };
    let large = ReferenceView { nav: ReferenceNav::new(&spec::many(640), Some("Group 3")), tag: None, ..ReferenceView::sample() };
    let unpublished = ReferenceView { published: false, nav: ReferenceNav::default(), approval: None, ..ReferenceView::sample() };
    let failed = TryOutcome::Failed(ProblemView { fault: Fault::Upstream, status: 504, title: "The API did not answer in time".into(), ..ProblemView::sample() });
    vec![
        ("reference", reference(c, &ReferenceView { approval: None, ..ReferenceView::sample() }).into_string()),
        ("reference-approval", reference(c, &ReferenceView::sample()).into_string()),
        ("reference-large", reference(&guest, &large).into_string()),
        ("reference-unpublished", reference(&guest, &unpublished).into_string()),
        ("operation", operation(c, &operation_view).into_string()),
        ("operation-read", operation(c, &read).into_string()),
        ("operation-signed-out", operation(&guest, &sign_in).into_string()),
        ("operation-subscribe", operation(c, &subscribe).into_string()),
        ("operation-unavailable", operation(c, &waiting).into_string()),
        ("try-result", try_result(c, &operation_view, &TryOutcome::sample()).into_string()),
        ("try-result-failed", try_result(c, &operation_view, &failed).into_string()),
    ]
}

fn wrong_confirm(phrase: &str) -> Vec<FieldError> {
    vec![FieldError::new("confirm", format!("Type {phrase} exactly."))]
}

fn minutes(minutes: u64) -> Timestamp {
    NOW - Duration::from_secs(minutes * 60)
}

/// 40 characters that no scanner takes for a key that works.
fn secret(environment: &str) -> String {
    format!("sk_{environment}_{}", "Qv7Lr2Xw9Z".repeat(4))
}

fn row(name: &str, masked: &str, environment: Environment, last_used: Option<Timestamp>, status: KeyStatus) -> KeyRow {
    KeyRow {
        id: format!("key_{name}"),
        name: name.into(),
        masked: masked.into(),
        environment,
        scope: "Translation API, Pro".into(),
        last_used,
        created: minutes(60 * 24 * 40),
        status,
        dormant: false,
    }
}

impl HomeView {
    /// Two products.
    pub fn sample() -> Self {
        let product = |slug: &str, name: &str, summary: &str, operations| ProductCard {
            slug: slug.into(),
            name: name.into(),
            summary: summary.into(),
            version: Some("2.3.1".into()),
            operations,
        };
        let products = vec![
            product("translation", "Translation API", "Text and whole documents, 74 languages, glossaries.", 14),
            product("documents", "Documents API", "Upload, convert and store documents up to 200 MB.", 9),
            product("speech", "Speech API", "Live captions and transcripts with speaker names.", 1),
        ];
        Self { products, has_key: false }
    }
}

impl SignUpView {
    /// A form as it opens.
    pub fn sample() -> Self {
        Self { minimum_password: 12, next: "/keys/new".into(), ..Self::default() }
    }
}

impl SignInView {
    /// A form with a kept address.
    pub fn sample() -> Self {
        Self { email: "mira@example.com".into(), next: "/keys".into(), errors: Vec::new() }
    }
}

impl ProblemView {
    /// A full rate limit.
    pub fn sample() -> Self {
        Self {
            status: 429,
            title: "Too many calls".into(),
            detail: "The plan allows 600 calls a minute. Wait, then send again.".into(),
            code: "rate_limited".into(),
            fault: Fault::Request,
            request_id: Some("req_01J9Z3".into()),
            retry_after: Some(12),
        }
    }
}

impl KeysView {
    /// Keys in every state.
    pub fn sample() -> Self {
        let grace = KeyStatus::Grace { until: NOW + Duration::from_secs(272), replaced_by: Some("prod-key-v2".into()) };
        let keys = vec![
            row("prod-key-v2", "sk_live_…n3p4", Environment::Live, None, KeyStatus::Active),
            row("prod-key-v1", "sk_live_…i2h1", Environment::Live, Some(NOW - Duration::from_secs(3)), grace),
            KeyRow { scope: "All products".into(), ..row("ci-smoke", "sk_test_…9f02", Environment::Sandbox, Some(minutes(12)), KeyStatus::Active) },
            KeyRow { dormant: true, ..row("partner-import", "client_7Hd… + secret", Environment::Live, Some(minutes(60 * 24 * 94)), KeyStatus::Active) },
            row("batch", "sk_live_…77aa", Environment::Live, Some(minutes(60 * 30)), KeyStatus::Suspended),
            row("trial", "sk_test_…02bc", Environment::Sandbox, Some(minutes(60 * 24 * 12)), KeyStatus::Expired),
            row("laptop", "sk_test_…k1m9", Environment::Sandbox, Some(minutes(60 * 5)), KeyStatus::Revoked),
        ];
        Self { keys, next_page: None, can_create: true }
    }
}

impl KeyDetailView {
    /// A key that was never used.
    pub fn sample() -> Self {
        Self {
            key: row("prod-key-v2", "sk_live_…n3p4", Environment::Live, None, KeyStatus::Active),
            subscription: "Translation API, Pro".into(),
            products: vec!["Translation API".into()],
            ip_ranges: vec!["203.0.113.0/24".into(), "2001:db8::/32".into()],
            rate_limit: Some(1200),
            expires: Some(NOW + Duration::from_secs(90 * 86_400)),
            events: vec![
                KeyEvent { at: minutes(4), text: "Rotated from prod-key-v1 by Mira Rao".into() },
                KeyEvent { at: minutes(60 * 26), text: "Rate limit set to 1,200 calls a minute by Mira Rao".into() },
            ],
            first_call: Some("curl https://api.example.com/v1/languages \\\n  -H \"Authorization: Bearer $ACME_KEY\"".into()),
        }
    }
}

impl NewKeyView {
    /// The form as it opens.
    pub fn sample() -> Self {
        let product = |id: &str, name: &str| ProductOption { id: id.into(), name: name.into() };
        let subscriptions = vec![
            SubscriptionOption {
                id: "sub_1".into(),
                label: "Translation API, Pro".into(),
                products: vec![product("prod_1", "Translation API"), product("prod_2", "Glossary API")],
            },
            SubscriptionOption {
                id: "sub_2".into(),
                label: "Documents API, Team".into(),
                products: vec![product("prod_3", "Documents API")],
            },
        ];
        let form = NewKeyForm { environment: "sandbox".into(), kind: "api_key".into(), name: "ci-smoke".into(), ..NewKeyForm::default() };
        Self { subscriptions, form, errors: Vec::new() }
    }
}

impl RevealView {
    /// A new key.
    pub fn sample() -> Self {
        Self {
            secret: RevealedSecret::ApiKey(secret("test")),
            name: "ci-smoke".into(),
            environment: Environment::Sandbox,
            scope: "Translation API, Pro".into(),
            grace: None,
        }
    }
    /// The successor of a rotated key.
    pub fn sample_rotated() -> Self {
        Self {
            secret: RevealedSecret::ApiKey(secret("live")),
            name: "prod-key-v2".into(),
            environment: Environment::Live,
            grace: Some(GraceNote { old_name: "prod-key-v1".into(), until: NOW + Duration::from_secs(288) }),
            ..Self::sample()
        }
    }
    /// A client id and its secret.
    pub fn sample_client() -> Self {
        let client_id = format!("client_{}", "7Hd2".repeat(5));
        Self { secret: RevealedSecret::ClientCredentials { client_id, secret: secret("live") }, name: "agent".into(), ..Self::sample() }
    }
}

impl RevokeView {
    /// A key in use.
    pub fn sample() -> Self {
        let key = row("prod-key-v2", "sk_live_…n3p4", Environment::Live, Some(minutes(1)), KeyStatus::Active);
        Self { key, typed: String::new(), errors: Vec::new() }
    }
}

impl SubscriptionsView {
    /// One active, one cancelled, three plans.
    pub fn sample() -> Self {
        let bound = |name: &str, masked: &str, environment, last_used| BoundKey {
            id: format!("key_{name}"),
            name: name.into(),
            masked: masked.into(),
            environment,
            last_used,
        };
        let keys = vec![
            bound("prod-key-v2", "sk_live_…n3p4", Environment::Live, Some(minutes(1))),
            bound("ci-smoke", "sk_test_…9f02", Environment::Sandbox, None),
        ];
        let subscription = |id: &str, product: &str, plan: &str, active, keys| SubscriptionRow {
            id: id.into(),
            product: product.into(),
            plan: plan.into(),
            active,
            since: minutes(60 * 24 * 120),
            keys,
        };
        let plan = |id: &str, name: &str, text: &str, limit: &str, subscribed| PlanCard {
            id: id.into(),
            product: "Translation API".into(),
            name: name.into(),
            description: text.into(),
            limits: vec![limit.into(), "Sandbox included".into()],
            subscribed,
        };
        Self {
            subscriptions: vec![
                subscription("sub_1", "Translation API", "Pro", true, keys),
                subscription("sub_2", "Documents API", "Team", false, Vec::new()),
            ],
            plans: vec![
                plan("plan_1", "Free", "To try things out.", "60 calls a minute", false),
                plan("plan_2", "Pro", "For products in use.", "600 calls a minute", true),
                plan("plan_3", "Scale", "For large volumes.", "6,000 calls a minute", false),
            ],
        }
    }
}

impl CancelView {
    /// A subscription with two keys.
    pub fn sample() -> Self {
        let subscription = SubscriptionsView::sample().subscriptions.remove(0);
        Self { subscription, phrase: "Pro".into(), typed: String::new(), errors: Vec::new() }
    }
}

impl ReferenceView {
    /// A published document whose server waits for approval.
    pub fn sample() -> Self {
        Self {
            product: ProductRef { slug: "translation".into(), name: "Translation API".into(), version: "2.3.1".into() },
            spec_id: "spec_1".into(),
            description_html: "<p>Translate text, batches and documents. Every call is answered in JSON.</p>".into(),
            servers: spec::translate().servers,
            security: vec![vec![SecurityScheme::HttpBearer]],
            nav: ReferenceNav::new(&spec::index(), None),
            tag: None,
            approval: Some(OriginApproval { waiting: "https://api.new.example".into(), current: Some("https://api.example.com".into()) }),
            published: true,
        }
    }
}

impl OperationView<'static> {
    /// An operation with a nested body.
    pub fn sample() -> Self {
        let reference = ReferenceView::sample();
        let sample = |id: &str, label: &str, code: &str| SampleView { id: id.into(), label: label.into(), code: code.into() };
        let curl = "curl -X POST https://api.example.com/v1/translate \\\n  -H \"Authorization: Bearer $ACME_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\"source_lang\":\"en\",\"target_lang\":\"es\",\"text\":\"Good morning\"}'";
        let python = "import os, httpx\n\nresponse = httpx.post(\n    \"https://api.example.com/v1/translate\",\n    headers={\"Authorization\": f\"Bearer {os.environ['ACME_KEY']}\"},\n    json={\"target_lang\": \"es\", \"text\": \"Good morning\"},\n)\nprint(response.json())";
        Self {
            operation: &OPERATION,
            description_html: "<p>Translates one string and returns the result at once. Send up to 5,000 characters. For longer \
                input, use <a href=\"#\">Translate a batch</a>.</p>".into(),
            markdown: plain_text,
            product: reference.product,
            spec_id: reference.spec_id,
            nav: reference.nav,
            access: TryAccess::Ready { environments: Environment::ALL.to_vec(), run_as: "Mira Rao, Pro plan".into() },
            values: None,
            samples: vec![
                sample("curl", "cURL", curl),
                sample("javascript", "JavaScript", "const response = await fetch(\"https://api.example.com/v1/translate\", { method: \"POST\" });"),
                sample("python", "Python", python),
                sample("go", "Go", "package main"),
                sample("java", "Java", "var client = HttpClient.newHttpClient();"),
                sample("ruby", "Ruby", "require \"net/http\""),
                sample("php", "PHP", "<?php\n$ch = curl_init();"),
                sample("csharp", "C#", "using System.Net.Http;"),
            ],
        }
    }
}

impl TryOutcome {
    /// A JSON answer.
    pub fn sample() -> Self {
        let body = "{\"id\":\"trn_8Kd02LmQ\",\"text\":\"Buenos días\",\"source_lang\":\"en\",\"usage\":{\"characters\":12,\"credits\":1}}";
        TryOutcome::Answer(TryAnswer {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into()), ("x-request-id".into(), "f00d".into())],
            body: body.into(),
            body_encoding: BodyEncoding::Text,
            content_type: Some("application/json".into()),
            size: body.len() as u64,
            truncated: false,
            redactions: 1,
            timing: TryTiming { session: 0.6, vault: 2.1, connect: 3.8, ttfb: 124.8, download: 9.4, strip: 1.3, total: 142.0 },
        })
    }
}
