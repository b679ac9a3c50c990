//! Bodies that are not what an operation takes.

use aforo_tests::world::World;
use serde_json::{Value, json};

use super::{Operation, PLACES, Things};

/// Bodies that no operation takes, and their type.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    let json = |body: &str| ("application/json", body.as_bytes().to_vec());
    let mut all: Vec<_> = [
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "1",
        "\"text\"",
        "{\"a\"}",
        "{'a': 1}",
        "{\"a\": NaN}",
        "{}{}",
        "\u{feff}{}",
        "{\"unknownField\": 1}",
        "{\"__proto__\": {}}",
        "{\"\": \"\"}",
        "{\"\\ud800\": 1}",
        "true",
    ]
    .into_iter()
    .map(json)
    .collect();
    all.push(("application/json", b"{\"name\": \"\xff\xfe\"}".to_vec()));
    all.push(("application/json", b"\x1f\x8b\x08\x00\x00".to_vec()));
    all.push(("application/json", "[".repeat(50_000).into_bytes()));
    all.push(("application/json", "{\"a\":".repeat(50_000).into_bytes()));
    for kind in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "",
        "*/*",
        "json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
    ] {
        all.push((kind, b"{}".to_vec()));
    }
    all
}

/// One value of each JSON type.
fn values() -> [(&'static str, Value); 6] {
    [
        ("string", json!("text")),
        ("number", json!(1.5)),
        ("integer", json!(7)),
        ("boolean", json!(true)),
        ("array", json!([{}])),
        ("object", json!({"a": {}})),
    ]
}

/// Whether a schema takes values of a type, as far as its `type` says.
fn takes(schema: &Value, kind: &str) -> bool {
    let named = |name: &str| name == kind || (name == "number" && kind == "integer");
    match &schema["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(named),
        // A reference, a choice, or anything at all: the operation itself must say.
        _ => true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_body_that_does_not_fit_is_refused_with_a_reason() {
    for (host, store) in PLACES {
        let world = World::new(host, store).await;
        let things = Things::of(&world, &world.admin).await;
        let (mut asked, mut wrong_types) = (0, 0);
        for operation in Operation::all(&world).await {
            let Some(properties) = &operation.body else {
                continue;
            };
            let as_admin = |kind: &str, body: Vec<u8>| {
                let mut call = operation.call(&world, &things);
                call.headers.clear();
                world.admin.asks(call.body(kind, body))
            };
            for (kind, body) in nonsense() {
                let sent = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
                let answer = world.send(as_admin(kind, body)).await;
                let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                assert!(
                    (400..500).contains(&answer.status),
                    "{operation:?} {kind} {sent}: {}",
                    answer.text()
                );
                assert!(
                    problem["code"].as_str().is_some_and(|c| !c.is_empty()),
                    "{operation:?} {kind} {sent}"
                );
                asked += 1;
            }
            let good = operation.body_for(&world).unwrap();
            for (name, schema) in properties {
                for (kind, value) in values() {
                    let mut body = good.clone();
                    body[name] = value;
                    let answer = world
                        .send(as_admin("application/json", body.to_string().into_bytes()))
                        .await;
                    if !takes(schema, kind) {
                        let what = format!("{operation:?} {name}: {kind}: {}", answer.text());
                        assert!(matches!(answer.status, 400 | 422), "{what}");
                        wrong_types += 1;
                    }
                }
            }
            // A field that is there twice: which of them counts is not for the reader to guess.
            if let Some((name, value)) = good.as_object().unwrap().iter().next() {
                let twice = format!("{{\"{name}\": {value}, {}", &good.to_string()[1..]);
                let answer = world.send(as_admin("application/json", twice.into_bytes())).await;
                assert!(
                    (400..500).contains(&answer.status),
                    "{operation:?}: {}",
                    answer.text()
                );
            }
        }
        assert!(asked >= 250 && wrong_types >= 80, "{asked} {wrong_types}");
    }
}
