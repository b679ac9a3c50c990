//! Versions of a description: what operators do with them, and what readers see meanwhile.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aforo_core::{OsEntropy, SpecId, TenantScope, Timestamp};
use aforo_docs::search::{Search, SearchRequest};
use aforo_tests::{
    hosts::Host,
    http::{Answer, Call},
    world::{Store, World, string},
};
use serde_json::{Value, json};

const SPECS: &str = "/api/v1/docs/api-specs";

/// A document in which everything that readers see carries the same word.
fn document(word: &str) -> Vec<u8> {
    let schema = json!({"type": "object", "properties": {word: {"type": "string", "example": format!("sample-{word}")}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": format!("Title {word}"), "version": word, "description": format!("About {word}.")},
        "tags": [{"name": "things", "description": format!("Things of {word}.")}],
        "paths": {"/things": {"post": {
            "operationId": "makeThing", "tags": ["things"], "summary": format!("Make a thing, {word}"),
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"description": format!("Made, {word}."), "content": {"application/json": {"schema": schema}}}},
        }}, "/same": {"get": {
            "operationId": "getSame", "summary": format!("The same, {word}"),
            "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
            "responses": {"200": {"description": "Fine."}},
        }}},
    })
    .to_string()
    .into_bytes()
}

async fn import(world: &World, word: &str, publish: &str) -> Value {
    let product = world.acme.product.to_string();
    let fields = [("productId", &*product), ("publish", publish), ("note", word)];
    let call = world
        .admin
        .asks(Call::post(SPECS).upload(&fields, Some(&document(word))));
    let answer = world.send_quietly(&call).await;
    answer.ok(201)
}

fn publish(world: &World, id: &str, body: &Value) -> Call {
    world
        .admin
        .asks(Call::post(format!("{SPECS}/{id}/publish")).json(body))
}

pub(crate) async fn versions_are_compared_published_and_rolled_back(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let first = world.acme.spec.to_string();
    let made = import(&world, "alpha", "false").await;
    assert_eq!(
        (&made["number"], &made["published"], &made["unchanged"]),
        (&json!(2), &json!(false), &json!(false))
    );
    assert_ne!(made["breakingChanges"], 0);
    let second = string(&made["id"]);
    let product = format!("/api/v1/products/{}", world.acme.product);
    let shown = async || world.send(world.dev.asks(Call::get(&*product))).await.ok(200)["specId"].clone();
    assert_eq!(shown().await, *first);
    // What it changes, for those who may publish it.
    let diff = |id: &str| Call::get(format!("{SPECS}/{id}/diff"));
    let changes = world.send(world.admin.asks(diff(&second))).await.ok(200);
    assert_eq!(changes["breaking"], made["breakingChanges"]);
    assert_eq!(changes["changes"][0]["rule"], "operation-removed");
    world
        .send(world.dev.asks(diff(&second)))
        .await
        .problem(403, "role_required");
    // Conditions.
    let careful = publish(&world, &second, &json!({"allowBreaking": false}));
    world.send(careful).await.problem(409, "breaking_changes");
    let stale = publish(&world, &second, &json!({"expectedSpecId": second}));
    world.send(stale).await.problem(409, "published_changed");
    assert_eq!(shown().await, *first);
    let done = publish(&world, &second, &json!({"expectedSpecId": first}));
    let done = world.send(done).await.ok(200);
    assert_eq!(
        (&done["number"], &done["previousSpecId"]),
        (&json!(2), &json!(first))
    );
    assert_eq!(shown().await, *second);
    // Again says that nothing happened.
    assert_eq!(
        world.send(publish(&world, &second, &json!({}))).await.ok(200)["id"],
        Value::Null
    );
    // And back.
    world.send(publish(&world, &first, &json!({}))).await.ok(200);
    assert_eq!(shown().await, *first);
    let log = world
        .send(world.dev.asks(Call::get(format!("{product}/publications"))))
        .await
        .ok(200);
    let numbers: Vec<&Value> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["number"])
        .collect();
    assert_eq!(numbers, [1, 2, 1]);
    // The same document once more is no new version.
    let fields = [
        ("productId", &*world.acme.product.to_string()),
        ("publish", "false"),
    ];
    let again = Call::post(SPECS).upload(&fields, Some(&document("alpha")));
    let again = world.send(world.admin.asks(again)).await.ok(200);
    assert_eq!(
        (&again["unchanged"], &again["id"]),
        (&json!(true), &json!(second))
    );
    world
}

pub(crate) async fn readers_follow_the_changelog(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    import(&world, "alpha", "true").await;
    import(&world, "beta", "true").await;
    let never = import(&world, "gamma", "false").await;
    let page = async |path: &str| world.send_quietly(&Call::get(path)).await;
    let log = page("/changelog").await;
    assert_eq!(log.status, 200);
    let text = log.text();
    let (newest, oldest) = (
        text.find("Echo API version 3").unwrap(),
        text.find("Echo API version 1").unwrap(),
    );
    assert!(newest < oldest && !text.contains("gamma"));
    assert!(text.contains("breaking change"));
    assert!(text.contains("application/atom+xml"));
    let feed = page("/changelog/echo-api/feed.xml").await;
    assert_eq!(
        feed.header("content-type"),
        Some("application/atom+xml; charset=utf-8")
    );
    let feed = feed.text();
    assert_eq!(feed.matches("<entry>").count(), 3, "{feed}");
    assert!(
        feed.contains("https://dev.acme.test/developers/changelog/echo-api"),
        "{feed}"
    );
    // An older version can be read, and says what it is; what was never published cannot.
    let older = page("/reference/echo-api?version=2").await.text();
    assert!(
        older.contains("Title alpha") || older.contains("alpha"),
        "{older}"
    );
    assert!(older.contains("You are reading version 2") && !older.contains("beta"));
    assert!(older.contains("/reference/echo-api/makeThing?version=2"));
    let operation = page("/reference/echo-api/makeThing?version=2").await.text();
    assert!(operation.contains("sample-alpha") && operation.contains("older version"));
    let number = never["number"].as_u64().unwrap();
    let hidden = format!("/reference/echo-api?version={number}");
    assert_eq!(page(&hidden).await.status, 404);
    assert_eq!(
        world
            .send_quietly(&world.admin.browses(Call::get(&*hidden)))
            .await
            .status,
        200
    );
    for wrong in [
        "/reference/echo-api?version=99",
        "/changelog/nothing",
        "/changelog/nothing/feed.xml",
    ] {
        assert_eq!(page(wrong).await.status, 404, "{wrong}");
    }
    world
}

/// A page stays open while another version is published.
pub(crate) async fn an_open_page_goes_on_or_says_why(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    world.subscribe(&world.dev).await;
    let alpha = string(&import(&world, "alpha", "true").await["id"]);
    let call = |operation: &str| json!({"specId": alpha, "operationId": operation, "environment": "test"});
    world.attempt(&world.dev, call("getSame")).await.ok(200);
    let beta = string(&import(&world, "beta", "true").await["id"]);
    // Only a text of it changed.
    world.attempt(&world.dev, call("getSame")).await.ok(200);
    world
        .attempt(&world.dev, call("makeThing"))
        .await
        .problem(409, "spec_changed");
    // What readers have never seen is not there for them.
    let gamma = string(&import(&world, "gamma", "false").await["id"]);
    let hidden = json!({"specId": gamma, "operationId": "getSame", "environment": "test"});
    world.attempt(&world.dev, hidden).await.problem(404, "not_found");
    assert_ne!(alpha, beta);
    world
}

/// A version that was only stored is there for administrators; for everybody else it is like one that does not exist.
pub(crate) async fn what_was_never_published_is_not_there(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let alpha = string(&import(&world, "alpha", "true").await["id"]);
    let beta = string(&import(&world, "beta", "true").await["id"]);
    let gamma = string(&import(&world, "gamma", "false").await["id"]);
    let unknown = SpecId::new(Timestamp::from_millis(1_795_373_283_123), &OsEntropy).to_string();
    let got = async |call: Call| world.send_quietly(&call).await;
    for path in ["", "/operations"] {
        let at = |id: &str| Call::get(format!("{SPECS}/{id}{path}"));
        for id in [&alpha, &beta] {
            got(world.dev.asks(at(id))).await.ok(200);
        }
        got(world.admin.asks(at(&gamma))).await.ok(200);
        let hidden = got(world.dev.asks(at(&gamma))).await.problem(404, "not_found");
        let missing = got(world.dev.asks(at(&unknown))).await.problem(404, "not_found");
        assert_eq!(
            (&hidden["title"], &hidden["detail"]),
            (&missing["title"], &missing["detail"])
        );
    }
    // Lists leave it out, and their pages are full all the same.
    let list = async |who: &aforo_tests::world::Person, query: &str| {
        let list = got(who.asks(Call::get(format!("{SPECS}{query}")))).await.ok(200);
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|spec| string(&spec["version"]))
            .collect::<Vec<_>>()
    };
    let of_product = format!("?productId={}", world.acme.product);
    for query in ["?limit=100", &of_product] {
        let (seen, all) = (list(&world.dev, query).await, list(&world.admin, query).await);
        assert!(
            seen.contains(&"alpha".to_owned()) && seen.contains(&"beta".to_owned()),
            "{seen:?}"
        );
        assert!(
            !seen.contains(&"gamma".to_owned()) && all.contains(&"gamma".to_owned()),
            "{seen:?}"
        );
    }
    // Samples and previews are of what readers see now, for anybody.
    let call = |id: &str, operation: &str| json!({"specId": id, "operationId": operation});
    let route = |id: &str| json!({"specId": id, "method": "GET", "path": "/same"});
    for kind in ["samples", "preview"] {
        let ask = |body: &Value| Call::post(format!("/api/v1/playground/{kind}")).json(body);
        for body in [call(&beta, "getSame"), call(&alpha, "getSame"), route(&beta)] {
            got(ask(&body)).await.ok(200);
            got(world.dev.asks(ask(&body))).await.ok(200);
        }
        for body in [
            call(&gamma, "getSame"),
            route(&gamma),
            call(&unknown, "getSame"),
            route(&alpha),
        ] {
            got(ask(&body)).await.problem(404, "not_found");
            got(world.dev.asks(ask(&body))).await.problem(404, "not_found");
        }
        got(ask(&call(&alpha, "makeThing")))
            .await
            .problem(409, "spec_changed");
        got(world.admin.asks(ask(&call(&gamma, "makeThing"))))
            .await
            .ok(200);
    }
    let stored = got(world.admin.asks(Call::get(format!("{SPECS}/{gamma}"))))
        .await
        .ok(200);
    let number = stored["number"].as_u64().unwrap();
    for path in ["/reference/echo-api", "/reference/echo-api/makeThing"] {
        let hidden = Call::get(format!("{path}?version={number}"));
        assert_eq!(got(world.dev.browses(hidden)).await.status, 404, "{path}");
    }
    for path in [
        "/changelog",
        "/changelog/echo-api/feed.xml",
        "/search?q=gamma",
        "/api/v1/search?q=gamma",
        "/sitemap.xml",
        "/llms-full.txt",
    ] {
        let answer = got(Call::get(path)).await;
        let text = answer
            .text()
            .replace("q=gamma", "")
            .replace("value=\"gamma\"", "");
        assert!(
            !text.contains("sample-gamma") && !text.contains("thing, gamma") && !text.contains("Title gamma"),
            "{path}"
        );
    }
    world
}

/// Characters that databases and XML refuse, wherever a document may have them.
pub(crate) async fn control_characters_do_no_harm(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let bad = "a\u{0}b\u{1}c";
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": bad, "version": bad, "description": bad},
        "servers": [{"url": "https://api.acme.test", "description": bad}],
        "tags": [{"name": bad, "description": bad}],
        "paths": {"/things": {"get": {
            "operationId": bad, "tags": [bad], "summary": bad, "description": bad,
            "parameters": [{"name": "q", "in": "query", "description": bad, "example": bad, "schema": {"type": "string", "default": bad}}],
            "responses": {"200": {"description": bad, "content": {"application/json": {
                "schema": {"$ref": format!("#/components/schemas/{bad}")}, "example": {"x": bad}}}}},
        }}, "/other": {"get": {"operationId": "abc", "responses": {"200": {"description": bad}}}}},
        "components": {"schemas": {
            bad: {"type": "object", "title": bad, "properties": {bad: {"type": "string", "description": bad, "enum": [bad]}}},
            "abc": {"type": "string"}, "ab\u{0}c": {"type": "integer"},
        }},
    });
    let product = world.acme.product.to_string();
    for title in ["one", bad] {
        let mut document = document.clone();
        document["info"]["title"] = json!(title);
        let call =
            Call::post(SPECS).upload(&[("productId", &*product)], Some(document.to_string().as_bytes()));
        let made = world.send_quietly(&world.admin.asks(call)).await.ok(201);
        assert_eq!(made["published"], true);
        assert!(
            made["warnings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|w| w["code"] == "control-characters"),
            "{made}"
        );
    }
    for path in [
        "/reference/echo-api",
        "/reference/echo-api/schemas",
        "/reference/echo-api/abc",
        "/reference/echo-api/openapi.json",
        "/reference/echo-api/openapi.yaml",
        "/changelog/echo-api",
        "/changelog/echo-api/feed.xml",
        "/sitemap.xml",
        "/llms-full.txt",
        "/search?q=abc",
    ] {
        let answer = world.send_quietly(&Call::get(path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(
            path.contains("openapi.") || !answer.text().contains(['\0', '\u{1}']),
            "{path}"
        );
    }
    world
}

/// Pages, documents and machine-readable texts.
const SURFACES: [&str; 6] = [
    "/reference/echo-api",
    "/reference/echo-api/makeThing",
    "/reference/echo-api/makeThing.md",
    "/reference/echo-api/openapi.json",
    "/llms.txt",
    "/llms-full.txt",
];

/// Which of the two versions an answer was made of. Panics if of both.
fn version(path: &str, answer: &Answer, ids: &[(String, &'static str)]) -> Option<&'static str> {
    let text = answer.text();
    assert_eq!(answer.status, 200, "{path}: {text}");
    let held: Vec<&'static str> = ids
        .iter()
        .map(|(_, word)| *word)
        .filter(|word| text.contains(word))
        .collect();
    assert!(held.len() < 2, "{path} mixes {held:?}:\n{text}");
    if let Some(id) = answer.header("x-spec-id") {
        let said = ids.iter().find(|(known, _)| known == id).map(|(_, word)| *word);
        assert_eq!(
            said,
            held.first().copied(),
            "{path} is of another version than it says:\n{text}"
        );
    }
    held.first().copied()
}

/// Readers look while one version takes the other's place 200 times.
pub(crate) async fn no_reader_sees_two_versions(host: Host, store: Store) -> World {
    let world = Arc::new(World::new(host, store).await);
    let alpha = string(&import(&world, "alpha", "true").await["id"]);
    let beta = string(&import(&world, "beta", "true").await["id"]);
    let ids = Arc::new([(alpha, "alpha"), (beta, "beta")]);
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = SURFACES
        .iter()
        .map(|path| {
            let (world, ids, over) = (world.clone(), ids.clone(), over.clone());
            tokio::spawn(async move {
                let mut seen = std::collections::BTreeMap::<&str, u32>::new();
                while !over.load(Ordering::Relaxed) {
                    let answer = world.send_quietly(&Call::get(*path)).await;
                    if let Some(word) = version(path, &answer, &*ids) {
                        *seen.entry(word).or_default() += 1;
                    }
                }
                seen
            })
        })
        .collect();
    let searcher = {
        let (world, over) = (world.clone(), over.clone());
        tokio::spawn(async move {
            let scope = TenantScope::tenant_wide(world.acme.tenant);
            let request = SearchRequest {
                text: "thing".to_owned(),
                kind: None,
                product: Some(world.acme.product),
                limit: 50,
                counts: false,
            };
            let mut seen = std::collections::BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let search = Search::new(world.stores.docs.clone());
                let hits = search.find(scope, &request).await.unwrap().hits;
                let text: String = hits.iter().map(|hit| format!("{:?}", hit.entry)).collect();
                let held: Vec<&str> = ["alpha", "beta"]
                    .into_iter()
                    .filter(|word| text.contains(word))
                    .collect();
                assert_eq!(held.len(), 1, "search found {held:?} at once: {text}");
                seen.extend(held);
            }
            seen
        })
    };
    for round in 0..200 {
        let call = publish(&world, &ids[round % 2].0, &json!({}));
        world.send_quietly(&call).await.ok(200);
    }
    over.store(true, Ordering::Relaxed);
    for (path, reader) in SURFACES.iter().zip(readers) {
        let seen = reader.await.unwrap();
        // Both were there to be seen, or the test looked at nothing.
        assert!(seen.len() == 2, "{path} was seen as {seen:?}");
    }
    assert_eq!(searcher.await.unwrap().len(), 2);
    Arc::into_inner(world).unwrap()
}
