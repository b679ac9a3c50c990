//! An API that does everything to show the credential: nothing of it comes through.

use std::time::Duration;

use aforo_core::kernel::{egress, rate::Quota};
use aforo_docs::service::{NewProduct, Specs, upstream_of};
use aforo_proxy::{
    service::SandboxSettings,
    testing::{Expect, HostileUpstream, MODES, Oracle, expectation, handle},
    upstream,
};
use aforo_tests::{
    hosts::Host,
    http::Call,
    world::{Store, World},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

fn document(origin: &str) -> String {
    let paths: serde_json::Map<String, Value> = MODES
        .iter()
        .map(|mode| {
            (
                format!("/hostile/{mode}"),
                json!({"get": {"operationId": mode, "responses": {}}}),
            )
        })
        .collect();
    json!({
        "openapi": "3.1.0", "info": {"title": "Hostile API", "version": "1"}, "servers": [{"url": origin}],
        "security": [{"key": []}], "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    })
    .to_string()
}

fn settings() -> SandboxSettings {
    let limits = egress::Limits {
        first_byte: Duration::from_secs(5),
        idle: Duration::from_secs(5),
        total: Duration::from_secs(8),
        ..egress::Limits::default()
    };
    SandboxSettings {
        per_person: Quota::per_minute(10_000),
        per_tenant: Quota::per_minute(10_000),
        call: upstream::Settings {
            limits,
            ..upstream::Settings::default()
        },
        ..SandboxSettings::default()
    }
}

async fn nothing_comes_through(host: Host, store: Store) {
    let world = World::with(host, store, |console| console.sandbox(settings())).await;
    let hostile = HostileUpstream::spawn().await.unwrap();
    // Compressing the bombs takes longer than a call may.
    tokio::task::spawn_blocking(|| handle("/bomb-gzip", "Bearer x"))
        .await
        .unwrap();
    let clock = world.clock.clone();
    let specs = Specs::new(
        world.stores.docs.clone(),
        clock,
        std::sync::Arc::new(aforo_core::OsEntropy),
    );
    let scope = aforo_core::TenantScope::tenant_wide(world.acme.tenant);
    let actor = aforo_core::kernel::audit::Actor::Operator;
    let new = NewProduct {
        name: "Hostile API".to_owned(),
        upstream: upstream_of(&hostile.origin()),
        private_ranges: vec!["127.0.0.1/32".parse().unwrap()],
        plan: "Hostile".to_owned(),
        auto_subscribe: false,
    };
    let (product, _) = specs.add_product(scope, actor, new).await.unwrap();
    let document = document(&hostile.origin()).into_bytes();
    let spec = specs
        .import(scope, actor, product.id, document, None)
        .await
        .unwrap()
        .spec
        .id;
    let body = json!({"productId": product.id.to_string()});
    world
        .send(world.dev.asks(Call::post("/api/v1/subscriptions").json(&body)))
        .await
        .ok(201);

    let call = |mode: &str| {
        let body = json!({"specId": spec.to_string(), "operationId": mode});
        world.dev.asks(Call::post("/api/v1/playground/try").json(&body))
    };
    // One first, so that all get the same twin and it can be read off the wire.
    world.send_quietly(&call("plain")).await.ok(200);
    let request = String::from_utf8(hostile.requests().remove(0)).unwrap();
    let line = request
        .lines()
        .find(|l| l.to_ascii_lowercase().starts_with("authorization:"));
    let twin = line.and_then(|l| l.rsplit(' ').next()).unwrap().to_owned();
    assert!(twin.starts_with("sk_live_") && twin.len() == 48);
    let oracle = Oracle::new(&[&twin]).unwrap();

    let answers = stream::iter(MODES).map(|mode| {
        let call = call(mode);
        let world = &world;
        async move { (mode, world.send_quietly(&call).await) }
    });
    let answers: Vec<_> = answers.buffer_unordered(12).collect().await;
    for (mode, answer) in &answers {
        let head: String = answer
            .headers
            .iter()
            .map(|(n, v)| format!("{n}: {v}\n"))
            .collect();
        for part in [head.as_bytes(), &answer.body] {
            assert!(!oracle.sees(part), "{mode} on {world:?}: {answer:?}");
        }
        // What the API sent is data in the envelope, never a header or a status of ours.
        assert!(answer.header("set-cookie").is_none(), "{mode}");
        assert!(answer.header("location").is_none(), "{mode}");
        let is_events = answer.header("content-type") == Some("text/event-stream");
        let fits = match expectation(mode).unwrap() {
            Expect::Redacted | Expect::Clean => answer.status == 200,
            Expect::Withheld => answer.status == 502 && !is_events,
            Expect::Refused => matches!(answer.status, 403 | 502),
            Expect::Slow => matches!(answer.status, 502 | 504),
            _ => false,
        };
        assert!(fits, "{mode} on {world:?}: {answer:?}");
        if expectation(mode) == Some(Expect::Redacted) && !is_events {
            let envelope: Value = serde_json::from_slice(&answer.body).unwrap();
            assert!(
                envelope["redactions"].as_u64().unwrap_or(0) >= 1,
                "{mode}: {envelope}"
            );
        }
    }
    assert_eq!(answers.len(), MODES.len());
    // Nothing else was called: no redirect was followed, no call repeated.
    assert_eq!(hostile.connects(), MODES.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mode_of_a_hostile_api_shows_the_credential() {
    nothing_comes_through(Host::Axum, Store::Memory).await;
    nothing_comes_through(Host::Actix, Store::Sqlite).await;
}
