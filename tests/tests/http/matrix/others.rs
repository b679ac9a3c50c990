//! Somebody else's things are things that do not exist.

use aforo_core::{
    Clock, KeyId, OsEntropy, PageId, ProductId, SessionId, SpecId, SubscriptionId, SuggestionId,
};
use aforo_tests::{
    http::Call,
    world::{Person, World, string},
};
use serde_json::json;

use super::{Operation, PLACES, Things, said, state};

/// An id that nothing has.
fn unused(world: &World, resource: &str) -> String {
    let now = world.clock.now();
    match resource {
        "products" => ProductId::new(now, &OsEntropy).to_string(),
        "api-specs" => SpecId::new(now, &OsEntropy).to_string(),
        "subscriptions" => SubscriptionId::new(now, &OsEntropy).to_string(),
        "api-keys" => KeyId::new(now, &OsEntropy).to_string(),
        "agents" => SessionId::new(now, &OsEntropy).to_string(),
        "pages" => PageId::new(now, &OsEntropy).to_string(),
        "suggestions" => SuggestionId::new(now, &OsEntropy).to_string(),
        other => panic!("say what an id of {other} is"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_ids_answer_as_unknown_ones() {
    for (host, store) in PLACES {
        let world = World::new(host, store).await;
        let mine = Things::of(&world, &world.dev).await;
        let eves = Things::of(&world, &world.eve).await;
        let globex = Things::of(&world, &world.gus).await;
        let permitted = json!({"permissions": ["keys:write"], "name": "Manager"});
        let manager = string(&world.make_key(&world.dev, permitted).await["key"]);
        let before = state(&world).await;
        let mut asked = 0;
        for operation in Operation::all(&world).await {
            let Some(resource) = operation.resource() else {
                continue;
            };
            let of_customers = matches!(resource, "subscriptions" | "api-keys" | "agents");
            let call = |id: &str| operation.call_with(&world, Some(id));
            let as_key = |call: Call| call.bearer(&manager);
            // Who asks, and whose things.
            let mut questions: Vec<(&Person, &Things)> = vec![
                (&world.dev, &globex),
                (&world.admin, &globex),
                (&world.gus, &mine),
            ];
            if of_customers {
                questions.extend([(&world.dev, &eves), (&world.eve, &mine)]);
            }
            for (person, things) in questions {
                let foreign = world.send(person.asks(call(&things.id(resource)))).await;
                let unknown = world.send(person.asks(call(&unused(&world, resource)))).await;
                assert!(
                    matches!(foreign.status, 403 | 404),
                    "{operation:?}: {}",
                    foreign.text()
                );
                assert_eq!(
                    said(&foreign),
                    said(&unknown),
                    "{operation:?} by {}",
                    person.email
                );
                asked += 1;
            }
            if operation.security.iter().any(|s| s == "apiKey") {
                for things in [&eves, &globex] {
                    let foreign = world.send(as_key(call(&things.id(resource)))).await;
                    let unknown = world.send(as_key(call(&unused(&world, resource)))).await;
                    foreign.problem(404, "not_found");
                    assert_eq!(said(&foreign), said(&unknown), "{operation:?} by a key");
                }
            }
            // Ids of another kind, and no ids.
            let unknown = world
                .send(world.admin.asks(call(&unused(&world, resource))))
                .await;
            let other_kind = if resource == "api-keys" {
                &mine.product
            } else {
                &mine.key
            };
            for odd in [
                &**other_kind,
                "x",
                "%20",
                "%00",
                "%FF",
                "..%2F",
                "%2e%2e",
                "key_",
                "null",
                "0",
                "%F0%9F%97%9D",
            ] {
                let answer = world.send(world.admin.asks(call(odd))).await;
                assert_eq!(
                    answer.status,
                    unknown.status,
                    "{operation:?} {odd}: {}",
                    answer.text()
                );
            }
        }
        assert!(asked >= 30, "{asked}");
        assert_eq!(state(&world).await, before, "something had an effect");
    }
}
