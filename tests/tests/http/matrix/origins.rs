//! Who may call at all, and from which page.

use aforo_tests::{
    http::Call,
    world::{ACME, World},
};

use super::{Operation, PLACES, Things, state};

/// What browsers say of a request that another site makes.
const ELSEWHERE: [&[(&str, &str)]; 10] = [
    &[("origin", "https://evil.test")],
    &[("origin", "null")],
    &[("origin", "https://acme.test")],
    &[("origin", "https://blog.acme.test")],
    &[("origin", "https://evil.dev.acme.test")],
    &[("origin", "https://dev.acme.test.evil.test")],
    &[("origin", "https://dev.acme.test:8443")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://dev.acme.test"),
    ],
];

/// What readers who have not signed in may ask: the published guides, the reference, and how a call would look.
const EVERYBODYS: [&str; 6] = [
    "/api/v1/docs/pages/{id}/feedback",
    "/api/v1/docs/published",
    "/api/v1/docs/tree",
    "/api/v1/playground/preview",
    "/api/v1/playground/samples",
    "/api/v1/search",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_calls_what_needs_somebody() {
    for (host, store) in PLACES {
        let world = World::new(host, store).await;
        let things = Things::of(&world, &world.dev).await;
        let operations = Operation::all(&world).await;
        let before = state(&world).await;
        for operation in operations.iter().filter(|o| !o.security.is_empty()) {
            let call = operation.call(&world, &things);
            let (head, _) = world.dev.token.rsplit_once('.').unwrap();
            let unknown_key = format!("sk_{}_{}", "live", "Q7".repeat(20));
            let credentials = [
                ("x-nothing", String::new()),
                ("authorization", "Bearer".to_owned()),
                ("authorization", "Bearer x".to_owned()),
                ("authorization", format!("Bearer {head}.AAAA")),
                // A token without a signature, by its own word.
                (
                    "authorization",
                    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.".to_owned(),
                ),
                ("authorization", "Basic YTpi".to_owned()),
                ("authorization", format!("Bearer {}", world.gus.token)),
                ("authorization", format!("Bearer {unknown_key}")),
                ("x-api-key", unknown_key),
                ("cookie", "__Host-console_session=x".to_owned()),
                ("cookie", format!("console_session={}", world.dev.token)),
                ("cookie", format!("__Host-console_session={}", world.gus.token)),
            ];
            for (name, value) in credentials {
                let answer = world.send(call.clone().header(name, &*value)).await;
                assert_eq!(
                    answer.status,
                    401,
                    "{operation:?} {name}: {value}: {}",
                    answer.text()
                );
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
            // Only where keys are taken does a key get another answer than nothing at all.
            let takes_keys = operation.security.iter().any(|s| s == "apiKey");
            assert_eq!(takes_keys, operation.path.starts_with("/api/v1/api-keys"));
        }
        assert_eq!(state(&world).await, before, "something had an effect");
        for operation in operations.iter().filter(|o| o.security.is_empty()) {
            let known = operation.is_for_gateways()
                || operation.path.starts_with("/api/v1/auth/sign-")
                || EVERYBODYS.contains(&&*operation.path);
            assert!(known, "{operation:?} is for everybody: is it meant to be?");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_cannot_use_a_visitors_session() {
    for (host, store) in PLACES {
        let world = World::new(host, store).await;
        let things = Things::of(&world, &world.admin).await;
        let operations = Operation::all(&world).await;
        let before = state(&world).await;
        for operation in operations.iter().filter(|o| o.is_unsafe()) {
            let call = operation.call(&world, &things);
            for headers in ELSEWHERE {
                let with = |call: Call| {
                    headers
                        .iter()
                        .fold(call, |c, (name, value)| c.header(name, *value))
                };
                let answer = world.send(world.admin.browses(with(call.clone()))).await;
                if operation.is_for_gateways() {
                    // It takes keys only; a cookie is nothing to it.
                    answer.problem(401, "key_invalid");
                    continue;
                }
                answer.problem(403, "cross_site");
                // Nor does a form that signs the visitor in as somebody else.
                if operation.security.is_empty() {
                    world.send(with(call.clone())).await.problem(403, "cross_site");
                }
            }
        }
        assert_eq!(state(&world).await, before, "something had an effect");
        // The console's own pages, and programs that hold the token on purpose, do get through.
        let own: [&[(&str, &str)]; 4] = [
            &[
                ("origin", "https://dev.acme.test"),
                ("sec-fetch-site", "same-origin"),
            ],
            &[("origin", "https://dev.acme.test")],
            &[("sec-fetch-site", "none")],
            &[],
        ];
        for operation in operations
            .iter()
            .filter(|o| o.is_unsafe() && !o.is_for_gateways())
        {
            let ends = operation.method == "DELETE" || operation.path.ends_with("/sign-out");
            for headers in own {
                let call = operation.call(&world, &things);
                let call = headers
                    .iter()
                    .fold(call, |c, (name, value)| c.header(name, *value));
                if !ends {
                    let answer = world.send(world.admin.browses(call)).await;
                    assert!(!answer.text().contains("cross_site"), "{operation:?} {headers:?}");
                }
            }
            let call = operation
                .call(&world, &things)
                .header("origin", "https://evil.test");
            if !ends {
                let answer = world.send(call.at(ACME).bearer(&world.admin.token)).await;
                assert!(!answer.text().contains("cross_site"), "{operation:?} by bearer");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn developers_do_not_do_what_administrators_do() {
    for (host, store) in PLACES {
        let world = World::new(host, store).await;
        let things = Things::of(&world, &world.dev).await;
        let mut refused = Vec::new();
        for operation in Operation::all(&world).await {
            if operation.path.ends_with("/sign-out") || operation.path.ends_with("/account") {
                continue;
            }
            let answer = world.send(world.dev.asks(operation.call(&world, &things))).await;
            if answer.status == 403 {
                answer.problem(403, "role_required");
                refused.push(format!("{} {}", operation.method, operation.path));
            }
        }
        refused.sort();
        let admin_only = [
            "DELETE /api/v1/docs/pages/{id}",
            "DELETE /api/v1/docs/pages/{id}/draft",
            "DELETE /api/v1/products/{id}/spec-watch",
            "GET /api/v1/audit",
            "GET /api/v1/docs/api-specs/{id}/diff",
            "GET /api/v1/docs/deleted-pages",
            "GET /api/v1/docs/export",
            "GET /api/v1/docs/images",
            "GET /api/v1/docs/pages",
            "GET /api/v1/docs/pages/{id}",
            "GET /api/v1/docs/pages/{id}/draft",
            "GET /api/v1/docs/pages/{id}/feedback",
            "GET /api/v1/docs/pages/{id}/versions",
            "GET /api/v1/docs/pages/{id}/versions/{number}",
            "GET /api/v1/docs/suggestions/{id}",
            "GET /api/v1/products/{id}/spec-watch",
            "POST /api/v1/docs/api-specs",
            "POST /api/v1/docs/api-specs/{id}/publish",
            "POST /api/v1/docs/images",
            "POST /api/v1/docs/import",
            "POST /api/v1/docs/pages",
            "POST /api/v1/docs/pages/{id}/move",
            "POST /api/v1/docs/pages/{id}/publish",
            "POST /api/v1/docs/pages/{id}/undelete",
            "POST /api/v1/docs/pages/{id}/unpublish",
            "POST /api/v1/docs/pages/{id}/versions",
            "POST /api/v1/docs/pages/{id}/versions/{number}/restore",
            "POST /api/v1/docs/suggestions/{id}/review",
            "POST /api/v1/products",
            "POST /api/v1/products/{id}/approve-upstream",
            "PUT /api/v1/docs/pages/{id}/draft",
            "PUT /api/v1/products/{id}/spec-watch",
        ];
        assert_eq!(refused, admin_only);
    }
}
