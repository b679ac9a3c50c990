//! What gateways ask: is this key good, for this, from there?

use std::time::Duration;

use aforo_tests::{
    hosts::Host,
    http::{Answer, Call},
    world::{GLOBEX, Store, World, string},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const VERIFY: &str = "/api/v1/api-keys/verify";

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn authz(key: &str) -> Call {
    Call::get("/api/v1/authz").bearer(key)
}

fn key_of(made: &Value) -> String {
    string(&made["key"])
}

pub(crate) async fn client_credentials_need_both_halves(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let made = world
        .make_key(&world.dev, json!({"format": "client_credentials"}))
        .await;
    let (client, secret) = (string(&made["clientId"]), key_of(&made));
    assert!(client.starts_with("client_") && client.len() == 31, "{client}");
    assert_eq!(made["format"], "client_credentials");
    let verify = |body: Value| world.send(Call::post(VERIFY).json(&body));
    let good = verify(json!({"key": secret, "clientId": client})).await.ok(200);
    assert_eq!((&good["valid"], &good["keyId"]), (&json!(true), &made["id"]));
    let other = world
        .make_key(&world.dev, json!({"format": "client_credentials"}))
        .await;
    let bearer = world.make_key(&world.dev, json!({})).await;
    for wrong in [
        json!({"key": secret}),
        json!({"key": secret, "clientId": ""}),
        json!({"key": secret, "clientId": string(&other["clientId"])}),
        json!({"key": key_of(&other), "clientId": client}),
        json!({"key": key_of(&bearer), "clientId": client}),
        json!({"key": client, "clientId": client}),
    ] {
        verify(wrong).await.problem(401, "key_invalid");
    }
    let by = |value: String| world.send(Call::get("/api/v1/authz").header("authorization", value));
    by(basic(&client, &secret)).await.ok_empty();
    by(basic(&client, &secret).replace("Basic", "bAsIc"))
        .await
        .ok_empty();
    // A bearer key in the user name's place is how some clients present it.
    by(basic(&key_of(&bearer), "")).await.ok_empty();
    for wrong in [
        basic(&client, &key_of(&other)),
        basic(&client, ""),
        basic(&secret, ""),
        basic(&secret, &client),
        basic("", &secret),
        format!("Bearer {secret}"),
        "Basic !!!".to_owned(),
        "Basic".to_owned(),
        format!("Basic {}", STANDARD.encode(client.as_bytes())),
    ] {
        by(wrong).await.problem(401, "key_invalid");
    }
    // Rotating renews both halves.
    let rotate = Call::post(format!("/api/v1/api-keys/{}/rotate", string(&made["id"])));
    let rotated = world.send(world.dev.asks(rotate)).await.ok(201);
    assert_ne!(rotated["clientId"], made["clientId"]);
    by(basic(&string(&rotated["clientId"]), &key_of(&rotated)))
        .await
        .ok_empty();
    by(basic(&client, &secret)).await.ok_empty();
    by(basic(&client, &key_of(&rotated)))
        .await
        .problem(401, "key_invalid");
    world
}

pub(crate) async fn gateways_ask_in_their_own_way(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let subscription = world.subscribe(&world.dev).await;
    let made = world.make_key(&world.dev, json!({"environment": "test"})).await;
    let key = key_of(&made);
    let facts = |answer: &Answer| {
        answer.ok_empty();
        let header = |name: &str| answer.header(name).map(str::to_owned);
        assert_eq!(header("x-aforo-key-id"), Some(string(&made["id"])));
        assert_eq!(header("x-aforo-lineage-id"), Some(string(&made["id"])));
        assert_eq!(
            header("x-aforo-customer-id"),
            Some(world.dev.customer.to_string())
        );
        assert_eq!(header("x-aforo-subscription-id"), Some(subscription.clone()));
        assert_eq!(header("x-aforo-environment").as_deref(), Some("test"));
        assert_eq!(header("x-aforo-origin").as_deref(), Some("customer"));
    };
    // nginx asks by GET at one place; Envoy by the caller's method, with the caller's path behind ours.
    for path in [
        "/api/v1/authz",
        "/api/v1/authz/v1/items/7?x=1",
        "/api/v1/authz/a/b%2Fc//d/",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            facts(&world.send(Call::new(method, path).bearer(&key)).await);
            let by_header = Call::new(method, path).header("x-api-key", &*key);
            facts(&world.send(by_header).await);
            let without = world.send(Call::new(method, path)).await;
            without.problem(401, "key_invalid");
            assert_eq!(without.header("www-authenticate"), Some("Bearer"));
        }
        let head = world.send(Call::new("HEAD", path).bearer(&key)).await;
        assert_eq!(head.status, 200);
        assert_eq!(world.send(Call::new("HEAD", path)).await.status, 401);
    }
    // Envoy says the product and the environment in the path that it puts before the caller's.
    let product = world.acme.product;
    let asks = |place: String| world.send(Call::post(format!("/api/v1/ext-authz/{place}")).bearer(&key));
    for (place, code) in [
        (format!("{product}/test"), ""),
        (format!("{product}/any/v1/items/7?environment=live"), ""),
        ("any/any/a//b/".to_owned(), ""),
        (format!("{product}/live"), "wrong_environment"),
        (format!("{}/test", world.globex.product), "product_not_covered"),
        // The caller's query must not choose what it is asked for.
        (format!("{product}/live?environment=test"), "wrong_environment"),
    ] {
        let answer = asks(place).await;
        match code {
            "" => facts(&answer),
            code => drop(answer.problem(403, code)),
        }
    }
    asks("x/test".to_owned()).await.problem(422, "invalid_input");
    asks(format!("{product}/prod"))
        .await
        .problem(422, "invalid_input");
    let callers_query = Call::get("/api/v1/authz/v1/items?environment=live&product=x").bearer(&key);
    facts(&world.send(callers_query).await);
    // The body of the caller is nothing to the console.
    let with_body = Call::post("/api/v1/authz")
        .bearer(&key)
        .body("text/plain", "anything at all");
    facts(&world.send(with_body).await);
    // A session is no key, and its cookie is not looked at.
    world
        .send(world.dev.asks(Call::get("/api/v1/authz")))
        .await
        .problem(401, "key_invalid");
    world
        .send(world.dev.browses(Call::get("/api/v1/authz")))
        .await
        .problem(401, "key_invalid");
    facts(
        &world
            .send(authz(&key).header("cookie", "__Host-console_session=x"))
            .await,
    );
    // Authorization counts if it is there, whatever else is.
    let both = Call::get("/api/v1/authz")
        .bearer("nonsense")
        .header("x-api-key", &*key);
    world.send(both).await.problem(401, "key_invalid");

    let verified = world.verify(&key).await.ok(200);
    assert_eq!(verified["customerId"], world.dev.customer.to_string());
    assert_eq!(verified["subscriptionIds"], json!([subscription]));
    assert_eq!(verified["productIds"], json!([world.acme.product.to_string()]));
    assert_eq!(
        (&verified["environment"], &verified["origin"]),
        (&json!("test"), &json!("customer"))
    );
    for wrong in [
        "",
        " ",
        "sk_live_",
        &key[..47],
        &format!("{key}x"),
        &key.to_uppercase(),
        &format!(" {key}"),
        "\u{0}",
        &"s".repeat(100_000),
        &key.replace("test", "live"),
    ] {
        world.verify(wrong).await.problem(401, "key_invalid");
    }
    // Another company's console does not know the key.
    let elsewhere = Call::post(VERIFY).at(GLOBEX).json(&json!({"key": key}));
    let elsewhere = world.send(elsewhere).await;
    elsewhere.problem(401, "key_invalid");
    world
        .send(authz(&key).at(GLOBEX))
        .await
        .problem(401, "key_invalid");
    world
}

pub(crate) async fn address_ranges_go_by_the_connection(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let near = world
        .make_key(&world.dev, json!({"ipRanges": ["10.0.0.0/8", "127.0.0.1"]}))
        .await;
    assert_eq!(near["ipRanges"], json!(["10.0.0.0/8", "127.0.0.1/32"]));
    let far = world
        .make_key(&world.dev, json!({"ipRanges": ["203.0.113.9", "2001:db8::/32"]}))
        .await;
    let (near, far) = (key_of(&near), key_of(&far));
    world.verify(&near).await.ok(200);
    world.send(authz(&near)).await.ok_empty();
    world.verify(&far).await.problem(403, "address_not_allowed");
    world.send(authz(&far)).await.problem(403, "address_not_allowed");
    // Whatever the caller says about itself.
    for header in [
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "client-ip",
        "true-client-ip",
        "x-client-ip",
    ] {
        let value = if header == "forwarded" {
            "for=203.0.113.9"
        } else {
            "203.0.113.9"
        };
        let claimed = world.send(authz(&far).header(header, value)).await;
        claimed.problem(403, "address_not_allowed");
        world.send(authz(&near).header(header, value)).await.ok_empty();
    }
    let body = json!({"key": far, "clientIp": "203.0.113.9"});
    let claimed = world.send(Call::post(VERIFY).json(&body)).await;
    claimed.problem(403, "address_not_allowed");
    let body = json!({"key": near, "clientIp": "203.0.113.9"});
    world.send(Call::post(VERIFY).json(&body)).await.ok(200);
    world
}

pub(crate) async fn trusted_proxies_say_where_a_caller_is(host: Host, store: Store) -> World {
    let world = World::with(host, store, |console| {
        console.trusted_proxies(["127.0.0.0/8", "10.0.0.0/8"].map(|r| r.parse().unwrap()))
    })
    .await;
    world.subscribe(&world.dev).await;
    let made = world
        .make_key(&world.dev, json!({"ipRanges": ["203.0.113.9", "2001:db8::/32"]}))
        .await;
    let key = key_of(&made);
    for (forwarded, status) in [
        ("203.0.113.9", 200),
        ("2001:db8::7", 200),
        ("[2001:db8::7]:4711", 200),
        ("::ffff:203.0.113.9", 200),
        ("203.0.113.9, 10.1.2.3", 200),
        ("198.51.100.1, 203.0.113.9", 200),
        // The caller wrote the first; the proxy saw the second.
        ("203.0.113.9, 198.51.100.1", 403),
        ("198.51.100.1", 403),
        ("unknown", 403),
        ("203.0.113.9, unknown", 403),
        ("", 403),
        ("10.1.2.3", 403),
    ] {
        let answer = world.send(authz(&key).header("x-forwarded-for", forwarded)).await;
        assert_eq!(answer.status, status, "{forwarded:?}");
    }
    let twice = authz(&key)
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-for", "198.51.100.1");
    assert_eq!(world.send(twice).await.status, 403);
    assert_eq!(world.send(authz(&key)).await.status, 403);
    // A trusted gateway may say it in the body.
    for (ip, status) in [("203.0.113.9", 200), ("198.51.100.1", 403), ("somewhere", 422)] {
        let body = json!({"key": key, "clientIp": ip});
        assert_eq!(
            world.send(Call::post(VERIFY).json(&body)).await.status,
            status,
            "{ip}"
        );
    }
    world
}

pub(crate) async fn a_rate_limit_is_kept(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let made = world.make_key(&world.dev, json!({"rateLimit": 5})).await;
    let (id, key) = (string(&made["id"]), key_of(&made));
    let free = key_of(&world.make_key(&world.dev, json!({})).await);
    world.wait(Duration::from_secs(60));
    for _ in 0..5 {
        world.verify(&key).await.ok(200);
    }
    let refused = world.verify(&key).await;
    let problem = refused.problem(429, "rate_limited");
    assert_eq!(
        (refused.header("retry-after"), &problem["retryAfter"]),
        (Some("12"), &json!(12))
    );
    let refused = world.send(authz(&key)).await;
    refused.problem(429, "rate_limited");
    // nginx knows 401 and 403 only.
    let refused = world
        .send(Call::get("/api/v1/authz?limitAs=403").bearer(&key))
        .await;
    assert_eq!((refused.status, refused.header("retry-after")), (403, Some("12")));
    for _ in 0..20 {
        world.verify(&free).await.ok(200);
    }
    // Rotating gives no second helping.
    let rotate = Call::post(format!("/api/v1/api-keys/{id}/rotate"));
    let rotated = world.send(world.dev.asks(rotate)).await.ok(201);
    world.verify(&key_of(&rotated)).await.problem(429, "rate_limited");
    world.wait(Duration::from_secs(12));
    world.verify(&key_of(&rotated)).await.ok(200);
    world.verify(&key).await.problem(429, "rate_limited");
    world.wait(Duration::from_secs(60));
    for _ in 0..5 {
        world.verify(&key).await.ok(200);
    }
    world.verify(&key).await.problem(429, "rate_limited");
    world
}

pub(crate) async fn a_key_opens_what_it_was_made_for(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let new = json!({"name": "Payments"});
    let payments = world
        .send(world.admin.asks(Call::post("/api/v1/products").json(&new)))
        .await
        .ok(201);
    let (echo, payments) = (world.acme.product.to_string(), string(&payments["id"]));
    let body = json!({"productId": payments});
    world
        .send(world.dev.asks(Call::post("/api/v1/subscriptions").json(&body)))
        .await
        .ok(201);
    let ask = |key: &str, purpose: Value| {
        let mut body = json!({"key": key});
        body.as_object_mut()
            .unwrap()
            .extend(purpose.as_object().unwrap().clone());
        world.send(Call::post(VERIFY).json(&body))
    };
    // A key of one product.
    let narrow = key_of(&world.make_key(&world.dev, json!({"productId": echo})).await);
    ask(&narrow, json!({"productId": echo, "environment": "live"}))
        .await
        .ok(200);
    ask(&narrow, json!({})).await.ok(200);
    for other in [&*payments, &world.globex.product.to_string()] {
        let refused = ask(&narrow, json!({"productId": other})).await;
        refused.problem(403, "product_not_covered");
        let refused = world
            .send(Call::get(format!("/api/v1/authz?product={other}")).bearer(&narrow))
            .await;
        refused.problem(403, "product_not_covered");
    }
    let refused = ask(&narrow, json!({"environment": "test"})).await;
    refused.problem(403, "wrong_environment");
    let refused = world
        .send(Call::get("/api/v1/authz?environment=test").bearer(&narrow))
        .await;
    refused.problem(403, "wrong_environment");
    world
        .send(Call::get(format!("/api/v1/authz?productId={echo}&environment=live")).bearer(&narrow))
        .await
        .ok_empty();
    for nonsense in [
        json!({"productId": "x"}),
        json!({"environment": "prod"}),
        json!({"clientIp": "x"}),
    ] {
        ask(&narrow, nonsense).await.problem(422, "invalid_input");
    }
    // A dead key says nothing of what it was for: being dead comes first.
    let made = world.make_key(&world.dev, json!({"productId": echo})).await;
    let revoke = Call::delete(format!("/api/v1/api-keys/{}", string(&made["id"])));
    world.send(world.dev.asks(revoke)).await.ok(204);
    let refused = ask(
        &key_of(&made),
        json!({"productId": payments, "environment": "test"}),
    )
    .await;
    refused.problem(401, "key_invalid");

    // An operator key covers everything of its tenant, unless it names products.
    let operator = world.make_key(&world.admin, json!({"operator": true})).await;
    let verified = ask(&key_of(&operator), json!({"productId": payments}))
        .await
        .ok(200);
    assert_eq!(
        (&verified["origin"], &verified["customerId"]),
        (&json!("operator"), &Value::Null)
    );

    // It stops by itself, to the millisecond, however the moment was written.
    let until = world
        .make_key(&world.dev, json!({"expiresAt": "2026-11-22T19:00:00.250Z"}))
        .await;
    assert_eq!(until["expiresAt"], "2026-11-22T19:00:00.250Z");
    let same = world
        .make_key(&world.dev, json!({"expiresAt": 1_795_374_000_250_i64}))
        .await;
    assert_eq!(same["expiresAt"], until["expiresAt"]);
    let (until, same) = (key_of(&until), key_of(&same));
    world
        .clock
        .set(aforo_core::Timestamp::from_millis(1_795_374_000_249));
    for key in [&until, &same] {
        assert_eq!(
            world.verify(key).await.ok(200)["expiresAt"],
            "2026-11-22T19:00:00.250Z"
        );
    }
    world.wait(Duration::from_millis(1));
    for key in [&until, &same] {
        world.verify(key).await.problem(401, "key_invalid");
    }
    world.verify(&narrow).await.ok(200);
    world
}
