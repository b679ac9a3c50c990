//! Calling an API from the browser with a credential that never comes near it.

use std::time::{Duration, Instant};

use aforo_core::kernel::rate::Quota;
use aforo_proxy::service::SandboxSettings;
use aforo_tests::{
    hosts::Host,
    http::Call,
    upstream::Upstream,
    world::{ACME, Store, World, echo_document, string},
};
use serde_json::{Value, json};

/// What the API said it was sent.
fn echoed(envelope: &Value) -> Value {
    serde_json::from_str(envelope["body"].as_str().unwrap()).unwrap()
}

pub(crate) async fn calls_carry_a_credential_that_nobody_sees(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let subscription = world.subscribe(&world.dev).await;
    let inputs = json!({"operationId": "getItem", "parameters": {
        "path": {"itemId": 7}, "query": {"mode": "full", "tags": ["a b", "c&d"]}, "header": {"X-Trace": "t-1"},
    }});
    let answer = world.attempt(&world.dev, inputs).await;
    let envelope = answer.ok(200);
    assert_eq!(
        (&envelope["status"], &envelope["bodyEncoding"]),
        (&json!(200), &json!("text"))
    );
    assert!(envelope["redactions"].as_u64().unwrap() >= 1, "{envelope}");
    assert!(envelope["timing"]["total"].as_f64().unwrap() > 0.0);
    assert!(answer.header("server-timing").unwrap().contains("vault;dur="));
    let said = echoed(&envelope);
    assert_eq!(said["method"], "GET");
    let target = string(&said["target"]);
    assert!(
        target.starts_with("/v1/items/7?") && target.contains("mode=full"),
        "{target}"
    );
    assert!(
        target.contains("tags=a%20b") && target.contains("tags=c%26d"),
        "{target}"
    );
    assert_eq!(said["trace"], "t-1");
    assert_eq!(
        (&said["cookie"], &said["forwarded"]),
        (&Value::Null, &Value::Null)
    );

    // What the API got is a key of the subscription, that the gateway before it accepts.
    let twin = world.upstream.last().bearer().unwrap();
    assert!(twin.starts_with("sk_live_") && twin.len() == 48);
    assert!(!answer.text().contains(&twin[8..]));
    let verified = world.verify(&twin).await.ok(200);
    assert_eq!(
        (&verified["origin"], &verified["subscriptionId"]),
        (&json!("playground"), &json!(subscription))
    );
    assert_eq!(verified["customerId"], world.dev.customer.to_string());
    // It is in no list, and at the console's own API it is nobody.
    let list = world.send(world.admin.asks(Call::get("/api/v1/api-keys"))).await;
    assert_eq!(list.ok(200)["items"], json!([]));
    let found = world
        .send(world.dev.asks(Call::get(format!(
            "/api/v1/api-keys/{}",
            string(&verified["keyId"])
        ))))
        .await;
    found.problem(404, "not_found");
    let itself = world
        .send(Call::get("/api/v1/api-keys").at(ACME).bearer(&twin))
        .await;
    assert!(matches!(itself.status, 401 | 403), "{}", itself.text());

    // The same twin again; another for the other environment.
    let by_path = json!({"method": "get", "path": "/items/8"});
    let said = echoed(&world.attempt(&world.dev, by_path).await.ok(200));
    assert_eq!(said["target"], "/v1/items/8");
    assert_eq!(world.upstream.last().bearer(), Some(twin.clone()));
    let template =
        json!({"method": "GET", "path": "/items/{itemId}", "parameters": {"path": {"itemId": "9"}}});
    assert_eq!(
        echoed(&world.attempt(&world.dev, template).await.ok(200))["target"],
        "/v1/items/9"
    );
    let test = json!({"operationId": "listItems", "environment": "test"});
    world.attempt(&world.dev, test).await.ok(200);
    assert!(world.upstream.last().bearer().unwrap().starts_with("sk_test_"));

    let body = json!({"operationId": "addItem", "body": {"name": "Ünal \"Rex\""}});
    let said = echoed(&world.attempt(&world.dev, body).await.ok(200));
    assert_eq!(
        (&said["method"], &said["contentType"]),
        (&json!("POST"), &json!("application/json"))
    );
    let sent: Value = serde_json::from_slice(&world.upstream.last().body).unwrap();
    assert_eq!(sent, json!({"name": "Ünal \"Rex\""}));
    // An operation without security gets none.
    let open = echoed(
        &world
            .attempt(&world.dev, json!({"operationId": "getOpen"}))
            .await
            .ok(200),
    );
    assert_eq!(
        (&open["authorization"], world.upstream.last().bearer()),
        (&json!("none"), None)
    );
    // What the API answers is data: its status is in the envelope.
    let teapot = json!({"operationId": "getStatus", "parameters": {"path": {"code": 418}}});
    assert_eq!(world.attempt(&world.dev, teapot).await.ok(200)["status"], 418);

    // A redirect is shown and not followed: whoever followed it would carry the credential along.
    let trap = Upstream::spawn().await;
    let moved = json!({"operationId": "getMoved", "parameters": {"query": {"to": trap.origin()}}});
    let call = json!({"specId": world.acme.spec.to_string()});
    let mut call = call.as_object().unwrap().clone();
    call.extend(moved.as_object().unwrap().clone());
    let call = Call::post("/api/v1/playground/try").json(&Value::Object(call));
    let envelope = world.send_quietly(&world.dev.asks(call)).await.ok(200);
    assert_eq!(envelope["status"], 307);
    assert!(trap.seen().is_empty());

    // A day later the twin is another one. The old one is dead.
    world.wait(Duration::from_secs(25 * 3600));
    let dev = world.sign_in_again(&world.dev).await;
    world
        .attempt(&dev, json!({"operationId": "listItems"}))
        .await
        .ok(200);
    assert_ne!(world.upstream.last().bearer(), Some(twin.clone()));
    world.verify(&twin).await.problem(401, "key_invalid");
    // And it dies with the subscription.
    let twin = world.upstream.last().bearer().unwrap();
    world.verify(&twin).await.ok(200);
    let cancel = Call::post(format!("/api/v1/subscriptions/{subscription}/cancel"));
    let cancelled = world.send(dev.asks(cancel)).await.ok(200);
    assert_eq!(cancelled["revokedKeys"], json!([]), "twins are not for people");
    world.verify(&twin).await.problem(401, "key_invalid");
    let refused = world.attempt(&dev, json!({"operationId": "listItems"})).await;
    refused.problem(403, "no_subscription");
    world
}

pub(crate) async fn inputs_that_do_not_fit_are_pointed_at(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    for (input, pointers) in [
        (json!({"operationId": "getItem"}), vec!["/parameters/path/itemId"]),
        (
            json!({"operationId": "getItem", "parameters": {"path": {"itemId": "x"}, "query": {"mode": "odd"}}}),
            vec!["/parameters/path/itemId", "/parameters/query/mode"],
        ),
        (
            json!({"operationId": "getItem", "parameters": {"path": {"itemId": 1}, "query": {"nothing": 1}}}),
            vec!["/parameters/query/nothing"],
        ),
        (
            json!({"operationId": "getItem", "parameters": {"path": {"itemId": 1}, "header": {"X-Trace": "a\r\nb: c"}}}),
            vec!["/parameters/header/X-Trace"],
        ),
        (
            json!({"operationId": "getItem", "parameters": {"path": {"itemId": 1},
                "header": {"Authorization": "Bearer mine"}}}),
            vec!["/parameters/header/Authorization"],
        ),
        (
            json!({"operationId": "getItem", "parameters": {"path": {"itemId": 1}, "cookie": {"session": "x"}}}),
            vec!["/parameters/cookie/session"],
        ),
        (
            json!({"operationId": "getFile", "parameters": {"path": {"name": ".."}}}),
            vec!["/parameters/path/name"],
        ),
        (
            json!({"operationId": "getFile", "parameters": {"path": {"name": ""}}}),
            vec!["/parameters/path/name"],
        ),
        (json!({"operationId": "addItem"}), vec!["/body"]),
        (
            json!({"operationId": "addItem", "body": {}, "contentType": "text/plain"}),
            vec!["/contentType"],
        ),
    ] {
        let answer = world.attempt(&world.dev, input.clone()).await;
        let problem = answer.problem(422, "invalid_parameters");
        let found: Vec<&str> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|e| e["pointer"].as_str())
            .collect();
        assert_eq!(found, pointers, "{input}");
    }
    for input in [
        json!({}),
        json!({"operationId": "getItem", "method": "GET", "path": "/items"}),
        json!({"method": "GET"}),
        json!({"operationId": "listItems", "environment": "prod"}),
        json!({"operationId": "listItems", "url": "http://169.254.169.254/"}),
        json!({"operationId": "listItems", "headers": {"authorization": "x"}}),
        json!({"operationId": "listItems", "parameters": {"url": {}}}),
    ] {
        world
            .attempt(&world.dev, input)
            .await
            .problem(422, "invalid_input");
    }
    for input in [
        json!({"operationId": "nothing"}),
        json!({"operationId": ""}),
        json!({"method": "DELETE", "path": "/items"}),
        json!({"method": "BREW", "path": "/items"}),
        json!({"method": "GET", "path": "/nothing"}),
        json!({"method": "GET", "path": "/items/7/8"}),
    ] {
        world.attempt(&world.dev, input).await.problem(404, "not_found");
    }
    // Paths that would leave the description's.
    for path in [
        "/items/../admin",
        "/items/%2e%2e/admin",
        "//evil.test/items",
        "/items/7?x=1",
        "/items\\..",
        "/items/%00",
    ] {
        let answer = world
            .attempt(&world.dev, json!({"method": "GET", "path": path}))
            .await;
        assert!(
            matches!(answer.status, 400 | 404 | 422),
            "{path}: {}",
            answer.text()
        );
    }
    assert!(world.upstream.seen().is_empty(), "{:?}", world.upstream.seen());
    // What may be in a value stays in its segment.
    let input = json!({"operationId": "getFile", "parameters": {"path": {"name": "a/b?c#d%2F"}}});
    let answer = world.attempt(&world.dev, input).await;
    answer.problem(400, "request_refused"); // servers disagree on what an encoded slash means
    let input = json!({"operationId": "getFile", "parameters": {"path": {"name": "b?c#d e"}}});
    world.attempt(&world.dev, input).await.ok(200);
    assert_eq!(world.upstream.last().target, "/v1/files/b%3Fc%23d%20e");
    world
}

pub(crate) async fn calls_that_may_not_be_made(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let list = json!({"operationId": "listItems"});
    // No subscription; somebody else's does not help.
    world.subscribe(&world.eve).await;
    world
        .attempt(&world.dev, list.clone())
        .await
        .problem(403, "no_subscription");
    world
        .attempt(&world.admin, list.clone())
        .await
        .problem(403, "no_subscription");
    // Another company's description is none.
    let spec = world.globex.spec.to_string();
    let foreign = world
        .attempt(&world.eve, json!({"specId": spec, "operationId": "listItems"}))
        .await;
    foreign.problem(404, "not_found");
    for spec in ["", "spec_x", &world.acme.product.to_string()] {
        let unknown = world
            .attempt(&world.eve, json!({"specId": spec, "operationId": "listItems"}))
            .await;
        assert_eq!(unknown.body, foreign.body);
    }
    // A description that was never published is not for developers.
    let document = echo_document(&world.upstream.origin()).replacen("1.0.0", "1.0.1", 1);
    let upload = Call::post("/api/v1/docs/api-specs").upload(
        &[
            ("productId", &world.acme.product.to_string()),
            ("publish", "false"),
        ],
        Some(document.as_bytes()),
    );
    let hidden = world.send(world.admin.asks(upload)).await.ok(201);
    world
        .attempt(
            &world.eve,
            json!({"specId": hidden["id"], "operationId": "listItems"}),
        )
        .await
        .problem(404, "not_found");
    world.attempt(&world.eve, list.clone()).await.ok(200);
    let newer = json!({"id": world.acme.spec.to_string()});
    let nobody = Call::post("/api/v1/playground/try")
        .json(&json!({"specId": newer["id"], "operationId": "listItems"}));
    world.send(nobody).await.problem(401, "unauthenticated");
    assert_eq!(world.upstream.seen().len(), 1);
    // Samples are for everybody, and hold no credential.
    let call =
        json!({"specId": newer["id"], "operationId": "getItem", "parameters": {"path": {"itemId": 5}}});
    let samples = world
        .send(Call::post("/api/v1/playground/samples").json(&call))
        .await;
    let lines = samples.ok(200)["samples"].as_array().unwrap().clone();
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line["code"].as_str().unwrap().contains("/v1/items/5"), "{line}");
    }
    world
}

pub(crate) async fn playground_calls_have_a_budget(host: Host, store: Store) -> World {
    let world = World::with(host, store, |console| {
        console.sandbox(SandboxSettings {
            per_person: Quota::per_minute(4),
            per_tenant: Quota::per_minute(6),
            ..SandboxSettings::default()
        })
    })
    .await;
    world.subscribe(&world.dev).await;
    world.subscribe(&world.eve).await;
    let list = json!({"operationId": "listItems"});
    world.wait(Duration::from_secs(60));
    for _ in 0..4 {
        world.attempt(&world.dev, list.clone()).await.ok(200);
    }
    let refused = world.attempt(&world.dev, list.clone()).await;
    let problem = refused.problem(429, "playground_budget");
    assert_eq!(refused.header("retry-after"), Some("15"));
    assert_eq!(problem["retryAfter"], 15);
    // The tenant's is shared.
    for _ in 0..2 {
        world.attempt(&world.eve, list.clone()).await.ok(200);
    }
    world
        .attempt(&world.eve, list.clone())
        .await
        .problem(429, "playground_budget");
    assert_eq!(world.upstream.seen().len(), 6);
    world.wait(Duration::from_secs(15));
    world.attempt(&world.dev, list).await.ok(200);
    world
}

pub(crate) async fn a_new_origin_waits_for_approval(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let list = json!({"operationId": "listItems"});
    world.attempt(&world.dev, list.clone()).await.ok(200);
    let twin = world.upstream.last().bearer().unwrap();

    // Whoever may change the description cannot make the credential go elsewhere.
    let elsewhere = Upstream::spawn().await;
    let product = world.acme.product.to_string();
    let document = echo_document(&elsewhere.origin());
    let upload =
        Call::post("/api/v1/docs/api-specs").upload(&[("productId", &product)], Some(document.as_bytes()));
    // The port of the other API differs each time, so this part is not for the transcript.
    let imported = world.send_quietly(&world.admin.asks(upload)).await.ok(201);
    assert_eq!(imported["proposedOrigin"], elsewhere.origin());
    let call = json!({"specId": imported["id"], "operationId": "listItems"});
    for _ in 0..3 {
        world.attempt(&world.dev, call.clone()).await.ok(200);
    }
    assert_eq!((elsewhere.seen().len(), world.upstream.seen().len()), (0, 4));
    assert_eq!(world.upstream.last().bearer(), Some(twin.clone()));
    let path = format!("/api/v1/products/{product}");
    let shown = world
        .send_quietly(&world.dev.asks(Call::get(&*path)))
        .await
        .ok(200);
    assert_eq!(shown["proposedUpstream"], format!("{}/v1", elsewhere.origin()));

    let approve =
        |origin: &str| Call::post(format!("{path}/approve-upstream")).json(&json!({"origin": origin}));
    let by_developer = world
        .send_quietly(&world.dev.asks(approve(&elsewhere.origin())))
        .await;
    by_developer.problem(403, "role_required");
    let by_stranger = world
        .send_quietly(&world.gus.asks(approve(&elsewhere.origin())))
        .await;
    by_stranger.problem(404, "not_found");
    for other in [
        "http://127.0.0.1:1",
        "https://evil.test",
        "",
        &world.upstream.origin(),
    ] {
        let refused = world.send_quietly(&world.admin.asks(approve(other))).await;
        refused.problem(409, "origin_not_proposed");
    }
    world.attempt(&world.dev, call.clone()).await.ok(200);
    assert_eq!((elsewhere.seen().len(), world.upstream.seen().len()), (0, 5));

    let approved = world
        .send_quietly(&world.admin.asks(approve(&elsewhere.origin())))
        .await
        .ok(200);
    assert_eq!(approved["upstream"], format!("{}/v1", elsewhere.origin()));
    world.attempt(&world.dev, call).await.ok(200);
    assert_eq!((elsewhere.seen().len(), world.upstream.seen().len()), (1, 5));
    // A new credential for the new place; the one that the old place knows is dead.
    let renewed = elsewhere.last().bearer().unwrap();
    assert_ne!(renewed, twin);
    world.verify(&twin).await.problem(401, "key_invalid");
    world.verify(&renewed).await.ok(200);
    world
}

pub(crate) async fn events_are_streamed(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let began = Instant::now();
    let answer = world
        .attempt(&world.dev, json!({"operationId": "streamItems"}))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("x-upstream-status"), Some("200"));
    assert!(answer.header("server-timing").is_some());
    let text = answer.text();
    let events: Vec<&str> = text.split("\n\n").filter(|e| !e.is_empty()).collect();
    assert_eq!(events.len(), 3, "{text:?}");
    assert_eq!((events[0], events[2]), ("data: first", "data: last"));
    assert!(
        events[1].starts_with("data: Bearer ") && !events[1].contains("sk_"),
        "{text:?}"
    );
    assert!(began.elapsed() >= Duration::from_millis(100));

    // The first event is there before the last was made.
    let call = json!({"specId": world.acme.spec.to_string(), "operationId": "streamItems"});
    let call = world.dev.asks(Call::post("/api/v1/playground/try").json(&call));
    let (first, last) = world.first_and_last(&call, b"data: first").await;
    assert!(last - first >= Duration::from_millis(50), "{first:?} {last:?}");
    world
}
