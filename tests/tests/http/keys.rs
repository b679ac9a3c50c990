//! API keys: made, listed, rotated, revoked, by people and by keys.

use std::time::Duration;

use aforo_tests::{
    hosts::Host,
    http::Call,
    world::{ACME, Person, Store, World, string},
};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/api-keys";

fn authz(key: &str) -> Call {
    Call::get("/api/v1/authz").bearer(key)
}

pub(crate) async fn a_key_is_shown_once(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let call = Call::post(PATH).json(&json!({"name": "CI", "environment": "live"}));
    world
        .send(world.dev.asks(call))
        .await
        .problem(409, "no_subscription");
    let subscription = world.subscribe(&world.dev).await;
    let mut secrets = Vec::new();
    for environment in ["live", "test"] {
        let settings = json!({"name": "  Büro  ", "environment": environment});
        let made = world.make_key(&world.dev, settings).await;
        let key = string(&made["key"]);
        assert_eq!(key.len(), 48);
        assert!(key.starts_with(&format!("sk_{environment}_")));
        assert_eq!(made["hint"], format!("sk_{environment}_…{}", &key[44..]));
        assert_eq!(
            (&made["name"], &made["status"]),
            (&json!("Büro"), &json!("active"))
        );
        assert_eq!(made["subscriptionIds"], json!([subscription]));
        assert_eq!(made["permissions"], json!([]));
        assert_eq!(made["lineageId"], made["id"]);
        world.verify(&key).await.ok(200);
        let id = string(&made["id"]);
        let found = world
            .send(world.dev.asks(Call::get(format!("{PATH}/{id}"))))
            .await;
        assert_eq!(found.ok(200)["lastUsedAt"].as_str().map(|t| t.len()), Some(24));
        let list = world.send(world.dev.asks(Call::get(PATH))).await;
        secrets.push((id, key));
        assert_eq!(list.ok(200)["items"].as_array().unwrap().len(), secrets.len());
        for answer in [found, list, world.send(world.admin.asks(Call::get(PATH))).await] {
            for (_, key) in &secrets {
                // Not the key, and not enough of it to be of use.
                assert!(!answer.text().contains(&key[8..24]), "{}", answer.text());
            }
        }
    }
    let list = world.send(world.eve.asks(Call::get(PATH))).await.ok(200);
    assert_eq!(list["items"], json!([]));
    for stranger in [&world.eve, &world.gus] {
        for (id, _) in &secrets {
            for call in [
                Call::get(format!("{PATH}/{id}")),
                Call::delete(format!("{PATH}/{id}")),
                Call::post(format!("{PATH}/{id}/rotate")),
            ] {
                world.send(stranger.asks(call)).await.problem(404, "not_found");
            }
        }
    }
    for (_, key) in &secrets {
        world.verify(key).await.ok(200);
    }
    world
}

pub(crate) async fn what_a_key_may_not_be(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let own = world.subscribe(&world.dev).await;
    let other = world.subscribe(&world.eve).await;
    let long = "k".repeat(101);
    let many = vec!["192.0.2.0/24"; 101];
    for (settings, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": " "}), "/name"),
        (json!({"name": long}), "/name"),
        (json!({"name": "a\u{0}"}), "/name"),
        (json!({"name": "a\u{85}b"}), "/name"),
        (json!({"environment": "prod"}), "/environment"),
        (json!({"environment": ""}), "/environment"),
        (json!({"format": "jwt"}), "/format"),
        (
            json!({"ipRanges": ["192.0.2.0/24", "192.0.2.0/33"]}),
            "/ipRanges/1",
        ),
        (json!({"ipRanges": ["example.com"]}), "/ipRanges/0"),
        (json!({"ipRanges": many}), "/ipRanges"),
        (json!({"rateLimit": 0}), "/rateLimit"),
        (json!({"expiresAt": "2026-11-22T18:48:03Z"}), "/expiresAt"),
        (json!({"expiresAt": "tomorrow"}), "/expiresAt"),
        (json!({"expiresAt": "2027-01-01T00:00:00+01:00"}), "/expiresAt"),
        (json!({"expiresAt": 0}), "/expiresAt"),
        (json!({"permissions": ["keys:read"]}), "/permissions/0"),
        (json!({"productId": "prod_x"}), "/productIds"),
        (
            json!({"productIds": [world.globex.product.to_string()]}),
            "/productIds",
        ),
        (json!({"secret": "mine"}), "/secret"),
    ] {
        let mut input = json!({"name": "CI", "environment": "live"});
        input
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let answer = world.send(world.dev.asks(Call::post(PATH).json(&input))).await;
        let problem = answer.problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{settings}");
    }
    let refused = async |settings: Value| {
        let mut input = json!({"name": "CI", "environment": "live"});
        input
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        world.send(world.dev.asks(Call::post(PATH).json(&input))).await
    };
    refused(json!({"operator": true}))
        .await
        .problem(403, "role_required");
    for id in [&*other, "sub_x", ""] {
        let settings = json!({"subscriptionId": id});
        refused(settings).await.problem(404, "not_found");
        let settings = json!({"subscriptionIds": [own, id]});
        refused(settings).await.problem(404, "not_found");
    }
    let cancel = Call::post(format!("/api/v1/subscriptions/{own}/cancel"));
    world.send(world.dev.asks(cancel)).await.ok(200);
    let settings = json!({"subscriptionId": own});
    refused(settings).await.problem(409, "subscription_not_active");
    refused(json!({})).await.problem(409, "no_subscription");
    let list = world.send(world.dev.asks(Call::get(PATH))).await.ok(200);
    assert_eq!(list["items"], json!([]), "a refused key was stored");
    world
}

pub(crate) async fn a_rotated_key_works_three_hundred_seconds(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let settings = json!({"ipRanges": ["127.0.0.1"], "rateLimit": 1000, "name": "Rotated"});
    let made = world.make_key(&world.dev, settings).await;
    let (id, old) = (string(&made["id"]), string(&made["key"]));
    let rotate = |id: &str| world.dev.asks(Call::post(format!("{PATH}/{id}/rotate")));
    let rotated = world.send(rotate(&id)).await.ok(201);
    let new = string(&rotated["key"]);
    assert_ne!(new, old);
    for same in [
        "name",
        "environment",
        "ipRanges",
        "rateLimit",
        "lineageId",
        "subscriptionIds",
        "permissions",
    ] {
        assert_eq!(rotated[same], made[same], "{same}");
    }
    assert_eq!(rotated["predecessor"]["id"], made["id"]);
    assert_eq!(rotated["predecessor"]["status"], "grace");
    assert_eq!(rotated["predecessor"]["successorId"], rotated["id"]);
    // The clock stands: only calls that change something move it.
    world.wait(Duration::from_millis(299_998));
    let again = world.send(rotate(&id)).await.problem(409, "key_in_grace"); // takes a millisecond
    assert_eq!(again["successorId"], rotated["id"]);
    world.send(authz(&old)).await.ok_empty();
    world.send(authz(&new)).await.ok_empty();
    world.wait(Duration::from_millis(1));
    world.send(authz(&old)).await.problem(401, "key_invalid");
    world.send(authz(&new)).await.ok_empty();
    let expired = world.send(rotate(&id)).await;
    expired.problem(409, "key_not_active");
    let found = world
        .send(world.dev.asks(Call::get(format!("{PATH}/{id}"))))
        .await
        .ok(200);
    assert_ne!(found["status"], "active");

    // At most two of a lineage live: rotating the successor at once ends the first.
    let first = world.make_key(&world.dev, json!({})).await;
    let second = world.send(rotate(&string(&first["id"]))).await.ok(201);
    let third = world.send(rotate(&string(&second["id"]))).await.ok(201);
    assert_eq!(third["lineageId"], first["id"]);
    for (key, status) in [(&first, 401), (&second, 200), (&third, 200)] {
        assert_eq!(world.verify(&string(&key["key"])).await.status, status);
    }
    world
}

pub(crate) async fn a_revoked_key_is_dead_at_once(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let made = world.make_key(&world.dev, json!({})).await;
    let (id, key) = (string(&made["id"]), string(&made["key"]));
    world.verify(&key).await.ok(200);
    let revoke = world.dev.asks(Call::delete(format!("{PATH}/{id}")));
    world.send(revoke.clone()).await.ok(204);
    let dead = world.verify(&key).await;
    let unknown = format!("sk_{}_{}", "live", "Z9".repeat(20));
    let unknown = world.verify(&unknown).await;
    // A key that died and one that never was are told apart by nothing.
    assert_eq!(dead.body, unknown.body);
    dead.problem(401, "key_invalid");
    world.send(revoke).await.problem(409, "key_not_active");
    let rotate = Call::post(format!("{PATH}/{id}/rotate"));
    world
        .send(world.dev.asks(rotate))
        .await
        .problem(409, "key_not_active");
    let found = world
        .send(world.dev.asks(Call::get(format!("{PATH}/{id}"))))
        .await
        .ok(200);
    assert_eq!(found["status"], "revoked");
    assert!(found["revokedAt"].is_string());

    // Also both halves of a rotation, each by itself.
    let made = world.make_key(&world.dev, json!({})).await;
    let rotate = Call::post(format!("{PATH}/{}/rotate", string(&made["id"])));
    let rotated = world.send(world.dev.asks(rotate)).await.ok(201);
    let revoke = Call::delete(format!("{PATH}/{}", string(&made["id"])));
    world.send(world.dev.asks(revoke)).await.ok(204);
    world
        .verify(&string(&made["key"]))
        .await
        .problem(401, "key_invalid");
    world.verify(&string(&rotated["key"])).await.ok(200);
    // An administrator may revoke what belongs to any customer of the tenant.
    let revoke = Call::delete(format!("{PATH}/{}", string(&rotated["id"])));
    world.send(world.admin.asks(revoke)).await.ok(204);
    world
        .verify(&string(&rotated["key"]))
        .await
        .problem(401, "key_invalid");
    world
}

pub(crate) async fn keys_manage_keys(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let by = |key: &Value, call: Call| call.at(ACME).bearer(key["key"].as_str().unwrap());
    let create = |settings: Value| {
        let mut input = json!({"name": "Made by a key", "environment": "test"});
        input
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        Call::post(PATH).json(&input)
    };
    let (mine, other) = (
        world.subscribe(&world.dev).await,
        world.subscribe(&world.dev).await,
    );
    let body = json!({"name": "Payments"});
    let payments = world
        .send(world.admin.asks(Call::post("/api/v1/products").json(&body)))
        .await
        .ok(201);
    let payments = string(&payments["id"]);
    let eves = world.subscribe(&world.eve).await;
    let eves_key = world.make_key(&world.eve, json!({})).await;
    let sibling = world.make_key(&world.dev, json!({"subscriptionId": other})).await;
    let weak = world.make_key(&world.dev, json!({"subscriptionId": mine})).await;
    let strong = json!({"subscriptionId": mine, "permissions": ["keys:write"]});
    let strong = world.make_key(&world.dev, strong).await;
    let operator = world.make_key(&world.admin, json!({"operator": true})).await;
    assert_eq!(operator["origin"], "operator");
    assert_eq!(operator["permissions"], json!(["keys:write"]));

    // Without the permission: nothing.
    for call in [
        Call::get(PATH),
        create(json!({})),
        Call::delete(format!("{PATH}/{}", string(&weak["id"]))),
    ] {
        world
            .send(by(&weak, call))
            .await
            .problem(403, "permission_required");
    }
    // With it: its own subscription, and nothing beyond.
    let made = world.send(by(&strong, create(json!({})))).await.ok(201);
    assert_eq!(made["subscriptionIds"], json!([mine]));
    assert_eq!(made["permissions"], json!([]));
    assert_eq!(
        world.verify(&string(&made["key"])).await.ok(200)["subscriptionId"],
        *mine
    );
    for settings in [
        json!({"subscriptionId": other}),
        json!({"subscriptionId": eves}),
        json!({"subscriptionIds": [mine, other]}),
    ] {
        world
            .send(by(&strong, create(settings)))
            .await
            .problem(404, "not_found");
    }
    let refused = world.send(by(&strong, create(json!({"operator": true})))).await;
    refused.problem(403, "role_required");
    let list = world.send(by(&strong, Call::get(PATH))).await.ok(200);
    let listed: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| string(&k["id"]))
        .collect();
    assert_eq!(listed, [&weak, &strong, &made].map(|k| string(&k["id"])));
    for outside in [&sibling, &eves_key, &operator] {
        let id = string(&outside["id"]);
        for call in [
            Call::get(format!("{PATH}/{id}")),
            Call::delete(format!("{PATH}/{id}")),
            Call::post(format!("{PATH}/{id}/rotate")),
        ] {
            world.send(by(&strong, call)).await.problem(404, "not_found");
        }
    }
    let id = string(&made["id"]);
    let rotated = world
        .send(by(&strong, Call::post(format!("{PATH}/{id}/rotate"))))
        .await
        .ok(201);
    let successor = format!("{PATH}/{}", string(&rotated["id"]));
    world.send(by(&strong, Call::delete(successor))).await.ok(204);
    world
        .verify(&string(&rotated["key"]))
        .await
        .problem(401, "key_invalid");

    // A key makes no key that can do more than itself, and rotating is a way of making one.
    let weaker = [
        (json!({"environment": "test"}), "/environment"),
        (json!({"ipRanges": ["127.0.0.0/8"]}), "/ipRanges"),
        (json!({"rateLimit": 100}), "/rateLimit"),
        (json!({"expiresAt": "2026-12-01T00:00:00Z"}), "/expiresAt"),
        (
            json!({"productId": world.acme.product.to_string()}),
            "/productIds",
        ),
    ];
    let more = json!({
        "environment": "live", "ipRanges": ["10.0.0.0/8"], "rateLimit": 101, "expiresAt": "2026-12-02",
        "productIds": [payments],
    });
    for (limit, pointer) in weaker {
        let mut settings = json!({"subscriptionId": mine, "permissions": ["keys:write"], "name": "Weaker"});
        settings
            .as_object_mut()
            .unwrap()
            .extend(limit.as_object().unwrap().clone());
        let weaker = world.make_key(&world.dev, settings).await;
        let rotate = Call::post(format!("{PATH}/{}/rotate", string(&strong["id"])));
        let refused = world.send(by(&weaker, rotate)).await.problem(403, "exceeds_key");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
        let field = pointer.trim_start_matches('/');
        let settings = json!({"environment": weaker["environment"], field: more[field]});
        let refused = world
            .send(by(&weaker, create(settings)))
            .await
            .problem(403, "exceeds_key");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
        // What is left out is handed down.
        let child = world
            .send(by(&weaker, create(json!({"environment": "test"}))))
            .await
            .ok(201);
        for field in ["ipRanges", "rateLimit", "expiresAt", "productIds"] {
            assert_eq!(child[field], weaker[field], "{field}");
        }
        let itself = Call::post(format!("{PATH}/{}/rotate", string(&weaker["id"])));
        world.send(by(&weaker, itself)).await.ok(201);
    }
    world.verify(&string(&strong["key"])).await.ok(200);

    // An operator key reaches every customer of its tenant, and no other tenant.
    let list = world.send(by(&operator, Call::get(PATH))).await.ok(200);
    assert!(list["items"].as_array().unwrap().len() >= 6);
    let for_eve = world
        .send(by(&operator, create(json!({"subscriptionId": eves}))))
        .await
        .ok(201);
    let found = world
        .send(
            world
                .eve
                .asks(Call::get(format!("{PATH}/{}", string(&for_eve["id"])))),
        )
        .await;
    found.ok(200);
    let another = world.send(by(&operator, create(json!({})))).await.ok(201);
    assert_eq!(another["origin"], "operator");
    let elsewhere = Call::get(PATH)
        .at(world.gus.host)
        .bearer(operator["key"].as_str().unwrap());
    world.send(elsewhere).await.problem(401, "key_invalid");
    // Sessions only, whatever the key may do.
    let person_only = [
        Call::get("/api/v1/account"),
        Call::delete("/api/v1/account"),
        Call::get("/api/v1/subscriptions"),
        Call::get("/api/v1/audit"),
        Call::post("/api/v1/playground/try").json(&json!({"specId": world.acme.spec.to_string()})),
    ];
    for call in person_only {
        world
            .send(by(&operator, call))
            .await
            .problem(401, "unauthenticated");
    }
    // A key that may manage keys dies with its subscription like every key.
    let cancel = Call::post(format!("/api/v1/subscriptions/{mine}/cancel"));
    world.send(world.dev.asks(cancel)).await.ok(200);
    world
        .send(by(&strong, Call::get(PATH)))
        .await
        .problem(401, "key_invalid");
    let dev: &Person = &world.dev;
    world.send(dev.asks(Call::get(PATH))).await.ok(200);
    world
}
