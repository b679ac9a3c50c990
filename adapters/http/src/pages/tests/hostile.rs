//! Text from others in every field of every view: it must come out as text.

use aforo_docs::spec::model::{
    AlternativeKind, AuthorSample, Callback, ConditionView, Content, DiscriminatorView, ExternalDocs, Method,
    NamedExample, Operation, OperationSummary, Parameter, ParameterPlace, PropertyView, RequestBody,
    Response, ResponseHeader, ResponseLink, SchemaView, SecurityScheme, Server, Style,
};
use serde_json::json;

use aforo_core::Timestamp;

use super::*;

const EVIL: &[&str] = &[
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</title></textarea></template><script>alert(1)</script>",
    "<svg/onload=alert(1)>&lt;img&gt;",
    "https://evil.example/\" autofocus onfocus=alert(1) x=\"",
    "../../../etc",
    "\u{202e}\u{0}\n\r\t",
];

#[test]
fn text_of_others_stays_text_on_every_page() {
    for evil in EVIL {
        for (name, html) in pages_full_of(evil) {
            super::check(name, &html);
            assert!(
                !html.contains("<img") && !html.contains("<svg/"),
                "{name} with {evil:?}"
            );
            assert!(!html.contains("<script>"), "{name} with {evil:?}");
        }
    }
}

fn pages_full_of(evil: &str) -> Vec<samples::Rendered> {
    let s = || evil.to_owned();
    let at = Timestamp::from_millis(1_795_373_283_123);
    let c = Chrome {
        brand: Brand {
            name: s(),
            tag: s(),
            tagline: s(),
            key_variable: s(),
        },
        urls: Urls::new(PREFIX),
        theme: Theme::Dark,
        csrf: s(),
        viewer: Some(Viewer {
            name: s(),
            email: s(),
            operator: true,
        }),
        language: s(),
        here: s(),
        now: at,
        notice: Some(s()),
    };
    let guest = Chrome {
        viewer: None,
        ..c.clone()
    };
    let errors = || {
        vec![
            FieldError::new("", evil),
            FieldError::new("name", evil),
            FieldError::new("confirm", evil),
        ]
    };
    let card = ProductCard {
        slug: s(),
        name: s(),
        summary: s(),
        version: Some(s()),
        operations: 3,
    };
    let key = |status| KeyRow {
        id: s(),
        name: s(),
        masked: s(),
        environment: Environment::Live,
        scope: s(),
        last_used: Some(at),
        created: at,
        status,
        dormant: false,
    };
    let detail = KeyDetailView {
        key: key(KeyStatus::Active),
        subscription: s(),
        products: vec![s()],
        ip_ranges: vec![s()],
        rate_limit: Some(1),
        expires: Some(at),
        events: vec![KeyEvent { at, text: s() }],
        first_call: Some(s()),
    };
    let form = NewKeyForm {
        environment: s(),
        name: s(),
        kind: s(),
        subscription: s(),
        products: vec![s()],
        ip_ranges: s(),
        rate_limit: s(),
        expires_days: s(),
    };
    let option = ProductOption { id: s(), name: s() };
    let subscription = SubscriptionOption {
        id: s(),
        label: s(),
        products: vec![option.clone(), option],
    };
    let new = NewKeyView {
        subscriptions: vec![subscription.clone(), subscription],
        form,
        errors: errors(),
    };
    let reveal = RevealView {
        secret: RevealedSecret::ClientCredentials {
            client_id: s(),
            secret: s(),
        },
        name: s(),
        environment: Environment::Live,
        scope: s(),
        grace: Some(GraceNote {
            old_name: s(),
            until: at,
        }),
    };
    let grace = KeyStatus::Grace {
        until: at,
        replaced_by: Some(s()),
    };
    let bound = BoundKey {
        id: s(),
        name: s(),
        masked: s(),
        environment: Environment::Sandbox,
        last_used: None,
    };
    let row = SubscriptionRow {
        id: "sub_1".into(),
        product: s(),
        plan: s(),
        active: true,
        since: at,
        keys: vec![bound],
    };
    let plan = PlanCard {
        id: s(),
        product: s(),
        name: s(),
        description: s(),
        limits: vec![s()],
        subscribed: false,
    };
    let cancel = CancelView {
        subscription: row.clone(),
        phrase: s(),
        typed: s(),
        errors: errors(),
    };
    let trouble = ProblemView {
        status: 500,
        title: s(),
        detail: s(),
        code: s(),
        fault: Fault::Console,
        request_id: Some(s()),
        retry_after: Some(1),
    };
    let listed = KeysView {
        keys: vec![key(grace)],
        next_page: Some(s()),
        can_create: true,
    };
    let mut pages = vec![
        (
            "home",
            home(
                &c,
                &HomeView {
                    products: vec![card],
                    has_key: false,
                },
            )
            .into_string(),
        ),
        (
            "sign-up",
            sign_up(
                &guest,
                &SignUpView {
                    name: s(),
                    email: s(),
                    next: s(),
                    minimum_password: 12,
                    errors: errors(),
                },
            )
            .into_string(),
        ),
        (
            "sign-in",
            sign_in(
                &guest,
                &SignInView {
                    email: s(),
                    next: s(),
                    errors: errors(),
                },
            )
            .into_string(),
        ),
        ("keys", keys(&c, &listed).into_string()),
        ("key", key_detail(&c, &detail).into_string()),
        ("new", new_key(&c, &new).into_string()),
        ("reveal", key_revealed(&c, &reveal).into_string()),
        (
            "revoke",
            revoke_key(
                &c,
                &RevokeView {
                    key: key(KeyStatus::Active),
                    typed: s(),
                    errors: errors(),
                },
            )
            .into_string(),
        ),
        (
            "subscriptions",
            subscriptions(
                &c,
                &SubscriptionsView {
                    subscriptions: vec![row],
                    plans: vec![plan],
                },
            )
            .into_string(),
        ),
        ("cancel", cancel_subscription(&c, &cancel).into_string()),
        ("problem", problem(&c, &trouble).into_string()),
    ];
    pages.extend(references_full_of(evil, &c, trouble));
    pages
}

fn references_full_of(evil: &str, c: &Chrome, trouble: ProblemView) -> Vec<samples::Rendered> {
    let s = || evil.to_owned();
    let operation_full = operation_full_of(evil);
    let product = ProductRef {
        slug: s(),
        name: s(),
        version: s(),
        graphql: false,
    };
    let summaries = std::slice::from_ref(&operation_full.summary);
    let mut nav = ReferenceNav::new(summaries, None);
    nav.webhooks = summaries.to_vec();
    (nav.webhook_count, nav.schemas) = (1, 1);
    for group in &mut nav.groups {
        (group.label, group.section, group.description) = (s(), s(), s());
    }
    let index = ReferenceView {
        product: product.clone(),
        spec_id: s(),
        description_html: String::new(),
        servers: operation_full.servers.clone(),
        security: operation_full.security.clone(),
        markdown: plain_text,
        external_docs: Some(ExternalDocs {
            url: s(),
            description: s(),
        }),
        nav: nav.clone(),
        webhooks: vec![operation_full.summary.clone()],
        tag: None,
        approval: Some(OriginApproval {
            waiting: s(),
            current: Some(s()),
        }),
        published: true,
    };
    let mut view = OperationView {
        operation: &operation_full,
        description_html: String::new(),
        markdown: plain_text,
        product,
        spec_id: s(),
        nav,
        access: TryAccess::Ready {
            environments: Environment::ALL.to_vec(),
            chosen: Environment::Live,
            run_as: s(),
            live_confirmed: false,
        },
        values: None,
        samples: vec![SampleView {
            id: "curl".into(),
            label: s(),
            code: s(),
        }],
    };
    let answer = TryOutcome::Answer(TryAnswer {
        status: 200,
        headers: vec![(s(), s())],
        body: json!({ evil: evil }).to_string(),
        body_encoding: BodyEncoding::Text,
        content_type: Some(format!("{evil}json")),
        size: 1,
        truncated: true,
        redactions: 2,
        timing: TryTiming::default(),
    });
    let mut pages = vec![
        ("reference", reference(c, &index).into_string()),
        ("operation", operation(c, &view).into_string()),
        ("try", try_result(c, &view, &answer).into_string()),
        (
            "try-failed",
            try_result(c, &view, &TryOutcome::Failed(trouble)).into_string(),
        ),
    ];
    view.values = Some(TryValues {
        environment: s(),
        parameters: vec![("query".into(), s(), s())],
        content_type: s(),
        body: s(),
        alternatives: vec![(s(), 1)],
        view: BodyView::Fields,
        findings: vec![Finding {
            pointer: s(),
            message: s(),
            line: Some(1),
        }],
        note: Some(s()),
    });
    view.access = TryAccess::Subscribe {
        plans: vec![PlanChoice { id: s(), name: s() }],
    };
    pages.push(("operation-kept", operation(c, &view).into_string()));
    let mut webhook = operation_full_of(evil);
    webhook.webhook = true;
    let called = OperationView {
        operation: &webhook,
        ..view.clone()
    };
    pages.push(("webhook", operation(c, &called).into_string()));
    let listed = SchemasView {
        product: view.product.clone(),
        nav: view.nav.clone(),
        names: vec![s()],
    };
    pages.push(("schemas", schemas(c, &listed).into_string()));
    if let Some(body) = webhook
        .body
        .as_ref()
        .and_then(|body| body.contents[0].schema.as_ref())
    {
        let page = SchemaPageView {
            product: view.product.clone(),
            nav: view.nav.clone(),
            name: s(),
            schema: body,
            example: Some(json!({ evil: evil })),
            markdown: plain_text,
        };
        pages.push(("schema", schema(c, &page).into_string()));
    }
    view.access = TryAccess::Unavailable { reason: s() };
    pages.push(("operation-unavailable", operation(c, &view).into_string()));
    pages
}

fn operation_full_of(evil: &str) -> Operation {
    let s = || evil.to_owned();
    let docs = || ExternalDocs {
        url: s(),
        description: s(),
    };
    let named = |value| NamedExample {
        name: s(),
        summary: s(),
        description: s(),
        value,
        external: Some(s()),
    };
    let leaf = SchemaView {
        name: Some(s()),
        types: vec![s()],
        nullable: true,
        format: Some(s()),
        description: s(),
        constraints: vec![s()],
        enumeration: vec![json!(evil); 12],
        default: Some(json!(evil)),
        example: Some(json!(evil)),
        enum_descriptions: vec![s(); 12],
        external_docs: Some(docs()),
        cut: true,
        ..SchemaView::default()
    };
    let property = |schema| PropertyView {
        name: s(),
        required: true,
        schema,
    };
    let schema = SchemaView {
        name: Some(s()),
        description: s(),
        properties: vec![property(leaf.clone())],
        items: Some(Box::new(leaf.clone())),
        additional: Some(Box::new(leaf.clone())),
        alternatives: Some((AlternativeKind::AnyOf, vec![leaf.clone(), leaf.clone()])),
        listed: true,
        pattern_properties: vec![property(leaf.clone())],
        prefix: vec![leaf.clone()],
        discriminator: Some(DiscriminatorView {
            property: s(),
            mapping: vec![(s(), s())],
        }),
        not: Some(Box::new(leaf.clone())),
        conditions: vec![ConditionView {
            label: s(),
            schema: leaf.clone(),
        }],
        ..SchemaView::default()
    };
    let content = |media: &str| Content {
        media_type: media.to_owned(),
        schema: Some(schema.clone()),
        example: Some(json!({ evil: evil })),
        examples: vec![named(Some(json!(evil))), named(None)],
        sequence: true,
        encoding: Vec::new(),
    };
    let parameter = |place, schema: &SchemaView| Parameter {
        name: s(),
        place,
        required: true,
        deprecated: true,
        description: s(),
        style: Style::Simple,
        explode: false,
        allow_reserved: false,
        media_type: None,
        schema: schema.clone(),
        example: Some(json!(evil)),
        examples: vec![named(Some(json!(evil)))],
    };
    let response = || Response {
        status: s(),
        description: s(),
        headers: vec![ResponseHeader {
            name: s(),
            required: true,
            deprecated: true,
            description: s(),
            schema: leaf.clone(),
            example: Some(json!(evil)),
        }],
        contents: vec![content("application/json")],
        links: vec![ResponseLink {
            name: s(),
            operation: Some(s()),
            target: s(),
            description: s(),
            parameters: vec![(s(), s())],
            body: Some(s()),
        }],
    };
    Operation {
        summary: OperationSummary {
            id: s(),
            method: Method::Post,
            path: s(),
            summary: s(),
            tags: vec![s()],
            deprecated: true,
        },
        description: s(),
        parameters: vec![
            parameter(ParameterPlace::Path, &leaf),
            parameter(ParameterPlace::Query, &schema),
            parameter(
                ParameterPlace::Header,
                &SchemaView {
                    items: Some(Box::default()),
                    ..SchemaView::default()
                },
            ),
        ],
        body: Some(RequestBody {
            required: false,
            description: s(),
            contents: vec![content(evil), content("text/plain")],
        }),
        responses: vec![response()],
        security: vec![vec![
            SecurityScheme::ApiKey {
                place: ParameterPlace::Header,
                name: s(),
            },
            SecurityScheme::Other(s()),
        ]],
        servers: vec![Server {
            url: s(),
            description: s(),
        }],
        webhook: false,
        callbacks: vec![Callback {
            name: s(),
            expression: s(),
            method: Method::Other("NOTIFY"),
            summary: s(),
            description: s(),
            body: Some(RequestBody {
                required: true,
                description: s(),
                contents: vec![content("application/json")],
            }),
            responses: vec![response()],
        }],
        external_docs: Some(docs()),
        author_samples: vec![AuthorSample {
            language: s(),
            label: s(),
            source: s(),
        }],
        deprecation: s(),
    }
}
