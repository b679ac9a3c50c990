//! Subscribing, cancelling, and lists in pages.

use aforo_tests::{
    hosts::Host,
    http::Call,
    world::{Store, World, string},
};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/subscriptions";

pub(crate) async fn subscriptions_begin_and_end(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let (plan, product) = (world.acme.plan.to_string(), world.acme.product.to_string());
    let ask = |body: Value| world.send(world.dev.asks(Call::post(PATH).json(&body)));
    let made = ask(json!({"planId": plan})).await.ok(201);
    assert_eq!(made["status"], "active");
    assert_eq!(made["customerId"], world.dev.customer.to_string());
    assert_eq!(made["productIds"], json!([product]));
    assert_eq!(made["cancelledAt"], Value::Null);
    let by_product = ask(json!({"productId": product})).await.ok(201);
    assert_eq!(by_product["planId"], plan);

    for neither in [json!({}), json!({"planId": plan, "productId": product})] {
        ask(neither).await.problem(422, "invalid_input");
    }
    let strange = [
        json!({"planId": world.globex.plan.to_string()}),
        json!({"productId": world.globex.product.to_string()}),
        json!({"planId": product}),
        json!({"planId": ""}),
        // On somebody else's behalf.
        json!({"planId": plan, "customerId": world.eve.customer.to_string()}),
        json!({"planId": plan, "customerId": world.gus.customer.to_string()}),
    ];
    for body in strange {
        ask(body).await.problem(404, "not_found");
    }
    // An administrator may do that, within the tenant.
    let body = json!({"planId": plan, "customerId": world.eve.customer.to_string()});
    let for_eve = world
        .send(world.admin.asks(Call::post(PATH).json(&body)))
        .await
        .ok(201);
    assert_eq!(for_eve["customerId"], world.eve.customer.to_string());
    let body = json!({"planId": plan, "customerId": world.gus.customer.to_string()});
    let refused = world.send(world.admin.asks(Call::post(PATH).json(&body))).await;
    refused.problem(404, "not_found");

    // Everybody sees their own; administrators see their tenant's.
    for (person, count) in [
        (&world.dev, 2),
        (&world.eve, 1),
        (&world.admin, 3),
        (&world.gus, 0),
    ] {
        let list = world.send(person.asks(Call::get(PATH))).await.ok(200);
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{}", person.email);
    }

    let id = string(&made["id"]);
    let other = string(&by_product["id"]);
    let bound = json!({"subscriptionId": id});
    let first = world.make_key(&world.dev, bound.clone()).await;
    let second = world.make_key(&world.dev, bound).await;
    let both = world
        .make_key(&world.dev, json!({"subscriptionIds": [id, other]}))
        .await;
    let cancel = Call::post(format!("{PATH}/{id}/cancel"));
    for stranger in [&world.eve, &world.gus] {
        world
            .send(stranger.asks(cancel.clone()))
            .await
            .problem(404, "not_found");
    }
    let cancelled = world.send(world.dev.asks(cancel.clone())).await.ok(200);
    assert_eq!(cancelled["status"], "cancelled");
    let mut dead: Vec<String> = cancelled["revokedKeys"]
        .as_array()
        .unwrap()
        .iter()
        .map(string)
        .collect();
    dead.sort();
    assert_eq!(dead, [string(&first["id"]), string(&second["id"])]);
    for (key, status) in [(&first, 401), (&second, 401), (&both, 200)] {
        assert_eq!(world.verify(&string(&key["key"])).await.status, status);
    }
    let again = world.send(world.dev.asks(cancel)).await;
    again.problem(409, "subscription_not_active");
    let found = world
        .send(world.dev.asks(Call::get(format!("{PATH}/{id}"))))
        .await
        .ok(200);
    assert_eq!(found["status"], "cancelled");
    assert!(found["cancelledAt"].is_string());

    // The last of its subscriptions takes a key along.
    let last = Call::post(format!("{PATH}/{other}/cancel"));
    let cancelled = world.send(world.admin.asks(last)).await.ok(200);
    assert_eq!(cancelled["revokedKeys"], json!([both["id"]]));
    world
        .verify(&string(&both["key"]))
        .await
        .problem(401, "key_invalid");
    world
}

pub(crate) async fn lists_come_in_pages(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(world.subscribe(&world.dev).await);
    }
    world.subscribe(&world.eve).await; // not in dev's pages
    for limit in [1, 3, 7, 8] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("{PATH}?limit={limit}&after={after}");
            let page = world.send(world.dev.asks(Call::get(path))).await.ok(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            found.extend(items.iter().map(|item| string(&item["id"])));
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, made, "in pages of {limit}");
    }
    let lists = [
        PATH,
        "/api/v1/api-keys",
        "/api/v1/products",
        "/api/v1/docs/api-specs",
        "/api/v1/audit",
    ];
    for path in lists {
        let ask =
            |query: &str| world.send_quietly_owned(world.admin.asks(Call::get(format!("{path}?{query}"))));
        for good in ["limit=1", "limit=100", "after=", "unknown=1", ""] {
            assert_eq!(ask(good).await.status, 200, "{path}?{good}");
        }
        for bad in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=4294967296",
            "limit=1e1",
            "after=x",
            "after=%00",
            "after=key_",
            "after=%FF",
            "limit=1&limit=2",
            "after=ten_00000000000000000000000000000000",
        ] {
            let answer = ask(bad).await;
            answer.problem(422, "invalid_input");
        }
    }
    world
}
