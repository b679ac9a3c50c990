//! The audit log, and what the console says of itself.

use std::collections::BTreeSet;

use aforo_tests::{
    hosts::Host,
    http::Call,
    world::{Store, World, echo_document, string},
};
use serde_json::{Value, json};

use crate::accounts::audit;

/// Every action that the product writes.
const ACTIONS: [&str; 15] = [
    "account.closed",
    "account.created",
    "key.created",
    "key.revoked",
    "key.rotated",
    "product.created",
    "session.created",
    "session.ended",
    "spec.imported",
    "spec.published",
    "subscription.cancelled",
    "subscription.created",
    "twin.created",
    "twin.opened",
    "upstream.approved",
];

pub(crate) async fn everything_is_in_the_audit_log(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let dev = &world.dev;
    let mut secrets = vec![dev.token.clone()];
    let password = "a password for one day";
    let form = json!({"email": "nora@acme.test", "password": password, "name": "Nora"});
    let nora = world
        .send(Call::post("/api/v1/auth/sign-up").json(&form))
        .await
        .ok(201);
    let token = string(&nora["token"]);
    secrets.extend([password.to_owned(), token.clone()]);
    let subscription = world.subscribe(dev).await;
    let key = world.make_key(dev, json!({"name": "Audited"})).await;
    let id = string(&key["id"]);
    let rotate = Call::post(format!("/api/v1/api-keys/{id}/rotate"));
    let rotated = world.send(dev.asks(rotate)).await.ok(201);
    secrets.extend([string(&key["key"]), string(&rotated["key"])]);
    world
        .send(dev.asks(Call::delete(format!("/api/v1/api-keys/{id}"))))
        .await
        .ok(204);
    world
        .attempt(dev, json!({"operationId": "listItems"}))
        .await
        .ok(200);
    secrets.extend(world.upstream.last().bearer());
    let cancel = Call::post(format!("/api/v1/subscriptions/{subscription}/cancel"));
    world.send(dev.asks(cancel)).await.ok(200);
    let product = json!({"name": "Payments"});
    let product = world
        .send(world.admin.asks(Call::post("/api/v1/products").json(&product)))
        .await
        .ok(201);
    let product = string(&product["id"]);
    let document = echo_document("https://192.0.1.7"); // public, and never called
    let upload =
        Call::post("/api/v1/docs/api-specs").upload(&[("productId", &product)], Some(document.as_bytes()));
    world.send(world.admin.asks(upload)).await.ok(201);
    let approve = Call::post(format!("/api/v1/products/{product}/approve-upstream"));
    let approve = approve.json(&json!({"origin": "https://192.0.1.7"}));
    let approved = world.send(world.admin.asks(approve)).await;
    let again = world.sign_in_again(dev).await;
    world
        .send(again.asks(Call::post("/api/v1/auth/sign-out")))
        .await
        .ok(204);
    world
        .send(Call::delete("/api/v1/account").bearer(&token))
        .await
        .ok(204);
    approved.ok(200);

    let entries = audit(&world, &world.admin).await;
    let actions: BTreeSet<&str> = entries.iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions, BTreeSet::from(ACTIONS));
    let log = Value::from(entries.clone()).to_string();
    for secret in &secrets {
        assert!(
            !aforo_proxy::testing::exposes(log.as_bytes(), secret),
            "{secret} is in the log"
        );
    }
    assert!(
        !log.contains("nora@acme.test"),
        "an address is in a log that is never wiped"
    );
    let of = |action: &str| {
        entries
            .iter()
            .filter(|e| e["action"] == action)
            .cloned()
            .collect::<Vec<_>>()
    };
    let opened = &of("twin.opened")[0];
    assert_eq!(opened["actor"], dev.id.to_string());
    assert_eq!(opened["detail"]["operation"], "listItems");
    assert_eq!(of("key.revoked")[0]["target"], *id);
    assert_eq!(of("subscription.cancelled")[0]["detail"]["keys"], rotated["id"]);
    assert_eq!(of("upstream.approved")[0]["actor"], world.admin.id.to_string());
    // Newest first.
    let times: Vec<&str> = entries.iter().filter_map(|e| e["at"].as_str()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");

    world
        .send(dev.asks(Call::get("/api/v1/audit")))
        .await
        .problem(403, "role_required");
    let theirs = audit(&world, &world.gus).await;
    assert!(
        theirs
            .iter()
            .all(|e| e["detail"]["product"] != product && e["target"] != *id)
    );
    // What a key does is written under the key.
    let operator = world.make_key(&world.admin, json!({"operator": true})).await;
    let call = json!({"name": "By a key", "environment": "live"});
    let call = Call::post("/api/v1/api-keys")
        .json(&call)
        .bearer(operator["key"].as_str().unwrap());
    let made = world.send(call).await.ok(201);
    let entries = audit(&world, &world.admin).await;
    let entry = entries.iter().find(|e| e["target"] == made["id"]).unwrap();
    assert_eq!(entry["actor"], operator["id"]);
    world
}

pub(crate) async fn the_console_describes_itself(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let health = world.send(Call::get("/healthz")).await;
    assert_eq!(health.ok(200), json!({"status": "ok"}));
    assert_eq!(
        world.send(Call::get("/readyz")).await.ok(200),
        json!({"status": "ready"})
    );
    let head = world.send(Call::new("HEAD", "/healthz")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));

    let answer = world.send(Call::get("/api/openapi.json")).await;
    let document = answer.ok(200);
    assert_eq!(document["openapi"], "3.1.0");
    // Our own reader takes it, without a warning.
    let parsed = aforo_docs::spec::openapi::ApiDescription::parse(&answer.body).unwrap();
    assert_eq!(parsed.warnings.len(), 0, "{:?}", parsed.warnings);
    let operations = parsed.description.operations().len();
    let ids: BTreeSet<&str> = parsed.description.operations().iter().map(|o| &*o.id).collect();
    assert_eq!(ids.len(), operations, "operation ids repeat");
    // And so does the console's own import.
    let product = world.acme.product.to_string();
    let upload = Call::post("/api/v1/docs/api-specs").upload(&[("productId", &product)], Some(&answer.body));
    let imported = world.send(world.admin.asks(upload)).await.ok(201);
    assert_eq!(imported["operations"], operations);
    let listed: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let mut expected: BTreeSet<String> = [
        "POST /api/v1/auth/sign-up",
        "POST /api/v1/auth/sign-in",
        "POST /api/v1/auth/sign-out",
        "GET /api/v1/account",
        "DELETE /api/v1/account",
        "GET /api/v1/products",
        "POST /api/v1/products",
        "GET /api/v1/products/{id}",
        "POST /api/v1/products/{id}/approve-upstream",
        "GET /api/v1/plans",
        "GET /api/v1/docs/api-specs",
        "POST /api/v1/docs/api-specs",
        "GET /api/v1/docs/api-specs/{id}",
        "GET /api/v1/docs/api-specs/{id}/operations",
        "GET /api/v1/subscriptions",
        "POST /api/v1/subscriptions",
        "GET /api/v1/subscriptions/{id}",
        "POST /api/v1/subscriptions/{id}/cancel",
        "GET /api/v1/api-keys",
        "POST /api/v1/api-keys",
        "GET /api/v1/api-keys/{id}",
        "DELETE /api/v1/api-keys/{id}",
        "POST /api/v1/api-keys/{id}/rotate",
        "POST /api/v1/api-keys/verify",
        "POST /api/v1/playground/try",
        "POST /api/v1/playground/samples",
        "GET /api/v1/audit",
        "GET /api/v1/agents",
        "POST /api/v1/agents",
        "DELETE /api/v1/agents/{id}",
        "GET /api/v1/docs/api-specs/{id}/diff",
        "POST /api/v1/docs/api-specs/{id}/publish",
        "GET /api/v1/products/{id}/publications",
        "GET /api/v1/products/{id}/spec-watch",
        "PUT /api/v1/products/{id}/spec-watch",
        "DELETE /api/v1/products/{id}/spec-watch",
        "GET /api/v1/docs/deleted-pages",
        "GET /api/v1/docs/export",
        "POST /api/v1/docs/images",
        "GET /api/v1/docs/images",
        "POST /api/v1/docs/import",
        "GET /api/v1/docs/pages",
        "POST /api/v1/docs/pages",
        "GET /api/v1/docs/pages/{id}",
        "DELETE /api/v1/docs/pages/{id}",
        "GET /api/v1/docs/pages/{id}/draft",
        "PUT /api/v1/docs/pages/{id}/draft",
        "DELETE /api/v1/docs/pages/{id}/draft",
        "POST /api/v1/docs/pages/{id}/feedback",
        "GET /api/v1/docs/pages/{id}/feedback",
        "POST /api/v1/docs/pages/{id}/move",
        "POST /api/v1/docs/pages/{id}/publish",
        "POST /api/v1/docs/pages/{id}/suggestions",
        "POST /api/v1/docs/pages/{id}/undelete",
        "POST /api/v1/docs/pages/{id}/unpublish",
        "POST /api/v1/docs/pages/{id}/versions",
        "GET /api/v1/docs/pages/{id}/versions",
        "GET /api/v1/docs/pages/{id}/versions/{number}",
        "POST /api/v1/docs/pages/{id}/versions/{number}/restore",
        "GET /api/v1/docs/published",
        "GET /api/v1/docs/suggestions",
        "GET /api/v1/docs/suggestions/{id}",
        "POST /api/v1/docs/suggestions/{id}/review",
        "GET /api/v1/docs/tree",
        "GET /api/v1/search",
        "POST /api/v1/playground/preview",
    ]
    .map(str::to_owned)
    .into();
    // Gateways forward their caller's method.
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        expected.insert(format!("{method} /api/v1/authz"));
        expected.insert(format!("{method} /api/v1/ext-authz/{{product}}/{{environment}}"));
    }
    assert_eq!(listed, expected);

    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }

    world.verify("nonsense").await.problem(401, "key_invalid");
    let metrics = world.send_quietly(&Call::get("/metrics")).await;
    assert_eq!(metrics.status, 200);
    let text = metrics.text();
    assert!(
        text.contains("aforo_key_verifications_total{outcome=\"key_invalid\"} 1"),
        "{text}"
    );
    assert!(
        text.contains(
            "aforo_http_responses_total{route=\"/api/openapi.json\",method=\"GET\",status=\"200\"} 1"
        )
    );
    assert!(text.ends_with("# EOF\n"));

    world
        .send(Call::get("/api/v1/nothing"))
        .await
        .problem(404, "not_found");
    world
        .send(Call::post("/api/v1/../v1/account"))
        .await
        .problem(404, "not_found");
    let wrong = world.send(Call::delete("/api/v1/audit")).await;
    wrong.problem(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), Some("GET,HEAD"));
    world
}
