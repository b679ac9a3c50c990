//! The views of the sample pages.

use std::time::Duration;

use aforo_core::Timestamp;
use aforo_docs::spec::model::SecurityScheme;

use super::{super::*, NOW, OPERATION, spec};

fn minutes(minutes: u64) -> Timestamp {
    NOW - Duration::from_secs(minutes * 60)
}

/// 40 characters that no scanner takes for a key that works.
fn secret(environment: &str) -> String {
    format!("sk_{environment}_{}", "Qv7Lr2Xw9Z".repeat(4))
}

fn row(
    name: &str,
    masked: &str,
    environment: Environment,
    last_used: Option<Timestamp>,
    status: KeyStatus,
) -> KeyRow {
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
            product(
                "translation",
                "Translation API",
                "Text and whole documents, 74 languages, glossaries.",
                14,
            ),
            product(
                "documents",
                "Documents API",
                "Upload, convert and store documents up to 200 MB.",
                9,
            ),
            product(
                "speech",
                "Speech API",
                "Live captions and transcripts with speaker names.",
                1,
            ),
        ];
        Self {
            products,
            has_key: false,
        }
    }
}

impl SignUpView {
    /// A form as it opens.
    pub fn sample() -> Self {
        Self {
            minimum_password: 12,
            next: "/keys/new".into(),
            ..Self::default()
        }
    }
}

impl SignInView {
    /// A form with a kept address.
    pub fn sample() -> Self {
        Self {
            email: "mira@example.com".into(),
            next: "/keys".into(),
            errors: Vec::new(),
        }
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
        let grace = KeyStatus::Grace {
            until: NOW + Duration::from_secs(272),
            replaced_by: Some("prod-key-v2".into()),
        };
        let keys = vec![
            row(
                "prod-key-v2",
                "sk_live_…n3p4",
                Environment::Live,
                None,
                KeyStatus::Active,
            ),
            row(
                "prod-key-v1",
                "sk_live_…i2h1",
                Environment::Live,
                Some(NOW - Duration::from_secs(3)),
                grace,
            ),
            KeyRow {
                scope: "All products".into(),
                ..row(
                    "ci-smoke",
                    "sk_test_…9f02",
                    Environment::Sandbox,
                    Some(minutes(12)),
                    KeyStatus::Active,
                )
            },
            KeyRow {
                dormant: true,
                ..row(
                    "partner-import",
                    "client_7Hd… + secret",
                    Environment::Live,
                    Some(minutes(60 * 24 * 94)),
                    KeyStatus::Active,
                )
            },
            row(
                "batch",
                "sk_live_…77aa",
                Environment::Live,
                Some(minutes(60 * 30)),
                KeyStatus::Suspended,
            ),
            row(
                "trial",
                "sk_test_…02bc",
                Environment::Sandbox,
                Some(minutes(60 * 24 * 12)),
                KeyStatus::Expired,
            ),
            row(
                "laptop",
                "sk_test_…k1m9",
                Environment::Sandbox,
                Some(minutes(60 * 5)),
                KeyStatus::Revoked,
            ),
        ];
        Self {
            keys,
            next_page: None,
            can_create: true,
        }
    }
}

impl KeyDetailView {
    /// A key that was never used.
    pub fn sample() -> Self {
        Self {
            key: row(
                "prod-key-v2",
                "sk_live_…n3p4",
                Environment::Live,
                None,
                KeyStatus::Active,
            ),
            subscription: "Translation API, Pro".into(),
            products: vec!["Translation API".into()],
            ip_ranges: vec!["203.0.113.0/24".into(), "2001:db8::/32".into()],
            rate_limit: Some(1200),
            expires: Some(NOW + Duration::from_secs(90 * 86_400)),
            events: vec![
                KeyEvent {
                    at: minutes(4),
                    text: "Rotated from prod-key-v1 by Mira Rao".into(),
                },
                KeyEvent {
                    at: minutes(60 * 26),
                    text: "Rate limit set to 1,200 calls a minute by Mira Rao".into(),
                },
            ],
            first_call: Some(
                "curl https://api.example.com/v1/languages \\\n  -H \"Authorization: Bearer $ACME_KEY\""
                    .into(),
            ),
        }
    }
}

impl NewKeyView {
    /// The form as it opens.
    pub fn sample() -> Self {
        let product = |id: &str, name: &str| ProductOption {
            id: id.into(),
            name: name.into(),
        };
        let subscriptions = vec![
            SubscriptionOption {
                id: "sub_1".into(),
                label: "Translation API, Pro".into(),
                products: vec![
                    product("prod_1", "Translation API"),
                    product("prod_2", "Glossary API"),
                ],
            },
            SubscriptionOption {
                id: "sub_2".into(),
                label: "Documents API, Team".into(),
                products: vec![product("prod_3", "Documents API")],
            },
        ];
        let form = NewKeyForm {
            environment: "test".into(),
            kind: "bearer".into(),
            name: "ci-smoke".into(),
            ..NewKeyForm::default()
        };
        Self {
            subscriptions,
            form,
            errors: Vec::new(),
        }
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
            grace: Some(GraceNote {
                old_name: "prod-key-v1".into(),
                until: NOW + Duration::from_secs(288),
            }),
            ..Self::sample()
        }
    }
    /// A client id and its secret.
    pub fn sample_client() -> Self {
        let client_id = format!("client_{}", "7Hd2".repeat(5));
        Self {
            secret: RevealedSecret::ClientCredentials {
                client_id,
                secret: secret("live"),
            },
            name: "agent".into(),
            ..Self::sample()
        }
    }
}

impl RevokeView {
    /// A key in use.
    pub fn sample() -> Self {
        let key = row(
            "prod-key-v2",
            "sk_live_…n3p4",
            Environment::Live,
            Some(minutes(1)),
            KeyStatus::Active,
        );
        Self {
            key,
            typed: String::new(),
            errors: Vec::new(),
        }
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
            bound(
                "prod-key-v2",
                "sk_live_…n3p4",
                Environment::Live,
                Some(minutes(1)),
            ),
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
                plan(
                    "plan_2",
                    "Pro",
                    "For products in use.",
                    "600 calls a minute",
                    true,
                ),
                plan(
                    "plan_3",
                    "Scale",
                    "For large volumes.",
                    "6,000 calls a minute",
                    false,
                ),
            ],
        }
    }
}

impl CancelView {
    /// A subscription with two keys.
    pub fn sample() -> Self {
        let subscription = SubscriptionsView::sample().subscriptions.remove(0);
        Self {
            subscription,
            phrase: "Pro".into(),
            typed: String::new(),
            errors: Vec::new(),
        }
    }
}

impl ReferenceView {
    /// A published document whose server waits for approval.
    pub fn sample() -> Self {
        Self {
            product: ProductRef {
                slug: "translation".into(),
                name: "Translation API".into(),
                version: "2.3.1".into(),
                graphql: false,
            },
            spec_id: "spec_1".into(),
            description_html: "<p>Translate text, batches and documents. Every call is answered in JSON.</p>"
                .into(),
            servers: spec::translate().servers,
            security: vec![vec![SecurityScheme::HttpBearer]],
            markdown: plain_text,
            external_docs: None,
            nav: ReferenceNav {
                schemas: 2,
                ..ReferenceNav::new(&spec::index(), None)
            },
            webhooks: Vec::new(),
            tag: None,
            approval: Some(OriginApproval {
                waiting: "https://api.new.example".into(),
                current: Some("https://api.example.com".into()),
            }),
            published: true,
        }
    }
}

impl OperationView<'static> {
    /// An operation with a nested body.
    pub fn sample() -> Self {
        let reference = ReferenceView::sample();
        let sample = |id: &str, label: &str, code: &str| SampleView {
            id: id.into(),
            label: label.into(),
            code: code.into(),
        };
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
            access: TryAccess::Ready {
                environments: Environment::ALL.to_vec(),
                chosen: Environment::Live,
                run_as: "Mira Rao, Pro plan".into(),
                live_confirmed: true,
            },
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
            headers: vec![
                ("content-type".into(), "application/json".into()),
                ("x-request-id".into(), "f00d".into()),
            ],
            body: body.into(),
            body_encoding: BodyEncoding::Text,
            content_type: Some("application/json".into()),
            size: body.len() as u64,
            truncated: false,
            redactions: 1,
            timing: TryTiming {
                session: 0.6,
                vault: 2.1,
                connect: 3.8,
                ttfb: 124.8,
                download: 9.4,
                strip: 1.3,
                total: 142.0,
            },
        })
    }
}
