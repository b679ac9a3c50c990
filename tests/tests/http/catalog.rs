//! Products and their API descriptions.

use aforo_tests::{
    hosts::Host,
    http::{Answer, Call},
    world::{Store, World, echo_document, string},
};
use serde_json::{Value, json};

const PRODUCTS: &str = "/api/v1/products";
const SPECS: &str = "/api/v1/docs/api-specs";

fn upload(world: &World, document: &[u8]) -> Call {
    let product = world.acme.product.to_string();
    world
        .admin
        .asks(Call::post(SPECS).upload(&[("productId", &product)], Some(document)))
}

/// The description that readers of Acme's product see, and how many there are.
async fn published(world: &World) -> (Value, usize) {
    let product = format!("{PRODUCTS}/{}", world.acme.product);
    let product = world.send(world.dev.asks(Call::get(product))).await.ok(200);
    let list = world.send(world.dev.asks(Call::get(SPECS))).await.ok(200);
    (product["specId"].clone(), list["items"].as_array().unwrap().len())
}

pub(crate) async fn administrators_add_products(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let add = |body: Value| world.send(world.admin.asks(Call::post(PRODUCTS).json(&body)));
    let made = add(json!({"name": " Payments ", "plan": "Gold"})).await.ok(201);
    assert_eq!(
        (&made["name"], &made["slug"]),
        (&json!("Payments"), &json!("payments"))
    );
    assert_eq!((&made["upstream"], &made["specId"]), (&Value::Null, &Value::Null));
    let twin = add(json!({"name": "Payments"})).await.ok(201);
    assert_eq!(twin["slug"], "payments-2");
    let long = "ä".repeat(100);
    assert_eq!(add(json!({"name": long})).await.ok(201)["name"], long);
    for name in ["", "  ", "a\u{0}b", "a\nb", &"ä".repeat(101)] {
        let problem = add(json!({"name": name})).await.problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["pointer"], "/name");
        let problem = add(json!({"name": "Named", "plan": name}))
            .await
            .problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["pointer"], "/plan");
    }
    // No product leads into the operator's network.
    let origin = world.upstream.origin();
    for url in [
        &*origin,
        "http://169.254.169.254/latest",
        "https://localhost",
        "https://[::1]",
        "https://10.0.0.1",
        "https://2130706433",
        "https://0x7f.1",
        "file:///etc/passwd",
        "https://user:password@example.com",
        "example.com",
        "",
    ] {
        let refused = add(json!({"name": "Inside", "upstream": url})).await;
        let problem = refused.problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["pointer"], "/upstream", "{url}");
        assert!(!refused.text().contains("password@"), "{url}");
    }
    assert!(world.upstream.seen().is_empty());
    let refused = world
        .send(
            world
                .dev
                .asks(Call::post(PRODUCTS).json(&json!({"name": "Mine"}))),
        )
        .await;
    refused.problem(403, "role_required");

    let list = world.send(world.dev.asks(Call::get(PRODUCTS))).await.ok(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 4);
    let list = world.send(world.gus.asks(Call::get(PRODUCTS))).await.ok(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "another tenant's");
    let plans = world
        .send(world.dev.asks(Call::get("/api/v1/plans")))
        .await
        .ok(200);
    let gold = plans["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["name"] == "Gold");
    assert_eq!(gold.unwrap()["productIds"], json!([made["id"]]));
    assert_eq!(gold.unwrap()["id"], made["planId"]);
    world
}

pub(crate) async fn documents_are_uploaded(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let demo = include_str!("../../../examples/aforo/demo/translate.yaml");
    let answer = world.send(upload(&world, demo.as_bytes())).await.ok(201);
    assert_eq!(answer["operations"], 4);
    assert_eq!(
        (&answer["title"], &answer["version"]),
        (&json!("Translation API"), &json!("2.3.1"))
    );
    assert_eq!(answer["proposedOrigin"], "http://127.0.0.1:8081");
    let id = string(&answer["id"]);
    assert_eq!(published(&world).await, (json!(id), 2));
    let found = world
        .send(world.dev.asks(Call::get(format!("{SPECS}/{id}"))))
        .await
        .ok(200);
    assert_eq!(
        (&found["specFormat"], &found["sourceUrl"]),
        (&json!("OPENAPI_3"), &Value::Null)
    );
    let operations = Call::get(format!("{SPECS}/{id}/operations"));
    let list = world.send(world.dev.asks(operations)).await.ok(200);
    let ids: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|o| o["operationId"].as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "translateText",
            "streamTranslation",
            "getTranslation",
            "listLanguages"
        ]
    );

    // The same as JSON, and with the format named.
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "Small", "version": "1"},
        "paths": {"/a": {"get": {"responses": {}}}},
    });
    let product = world.acme.product.to_string();
    let fields = [("specFormat", "OPENAPI_3"), ("productId", &product)];
    let call = Call::post(SPECS).upload(&fields, Some(document.to_string().as_bytes()));
    let small = world.send(world.admin.asks(call)).await.ok(201);
    assert_eq!(small["operations"], 1);

    let refused = world
        .send(
            world
                .dev
                .asks(Call::post(SPECS).upload(&[("productId", &product)], Some(b"{}"))),
        )
        .await;
    refused.problem(403, "role_required");
    let file = demo.as_bytes();
    let globex = world.globex.product.to_string();
    for (fields, file, status) in [
        (vec![("productId", &*globex)], Some(file), 404),
        (vec![("productId", "x")], Some(file), 404),
        (vec![], Some(file), 404),
        (vec![("productId", &*product)], None, 422),
        (
            vec![("productId", &*product), ("specFormat", "WSDL")],
            Some(file),
            422,
        ),
        (
            vec![("productId", &*product), ("file", "and another")],
            Some(file),
            422,
        ),
        (vec![("productId", &*"x".repeat(2000))], Some(file), 413),
    ] {
        let call = Call::post(SPECS).upload(&fields, file);
        let answer = world.send(world.admin.asks(call)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(published(&world).await, (small["id"].clone(), 3));
    world
}

pub(crate) async fn broken_documents_change_nothing(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let before = published(&world).await;
    let refused = async |document: Vec<u8>| {
        let answer = world.send(upload(&world, &document)).await;
        answer.problem(422, "invalid_document")
    };
    let text = "openapi: 3.1.0\ninfo:\n  title: Broken\n  version: '1'\npaths:\n  /a: [\n  /b: }\n";
    let problem = refused(text.into()).await;
    let first = &problem["errors"][0];
    assert!(
        first["line"].as_u64().is_some_and(|l| (6..=8).contains(&l)),
        "{problem}"
    );
    assert!(first["column"].is_u64(), "{problem}");

    // Nine levels of nine: a billion strings.
    let mut bomb = "openapi: 3.1.0\ninfo: {title: Bomb, version: '1'}\npaths: {}\na0: &a0 [lol]\n".to_owned();
    for n in 1..10 {
        let list = format!("*a{}, ", n - 1).repeat(9);
        bomb.push_str(&format!("a{n}: &a{n} [{list}]\n"));
    }
    refused(bomb.into()).await;
    for document in [
        "".to_owned(),
        "\0\0\0".to_owned(),
        "[]".to_owned(),
        "openapi: 2.0.0\ninfo: {title: Old, version: '1'}\npaths: {}\n".to_owned(),
        "swagger: '1.2'\ninfo: {title: Old, version: '1'}\npaths: {}\n".to_owned(),
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "a:\n ".repeat(20_000),
    ] {
        refused(document.into()).await;
    }
    refused(vec![0xff; 1000]).await;
    assert_eq!(published(&world).await, before);

    // Too large is refused while it is read, and the connection still gets its answer.
    refused(vec![b'#'; 16 * 1024 * 1024]).await;
    let huge = vec![b'#'; 17 * 1024 * 1024];
    let answer = world.send(upload(&world, &huge)).await;
    answer.problem(413, "body_too_large");
    let claimed = world
        .admin
        .asks(Call::post("/api/v1/products").body("application/json", huge));
    world.send(claimed).await.problem(413, "body_too_large");
    assert_eq!(published(&world).await, before);

    // A title that no database would store is still only a title.
    let odd = json!({"openapi": "3.1.0", "info": {"title": "a\u{0}b\u{1b}[31m", "version": "\u{0}"}, "paths": {
        "/a\u{0}": {"get": {"operationId": "a\u{0}b", "summary": "\u{0}", "responses": {}}}}});
    let odd = world.send(upload(&world, odd.to_string().as_bytes())).await;
    assert!(matches!(odd.status, 201 | 422), "{}", odd.text());

    // References in circles are no harm: schemas of trees have them.
    let circle = json!({
        "openapi": "3.1.0", "info": {"title": "Circle", "version": "1"},
        "paths": {
            "/a": {"post": {"operationId": "a", "requestBody": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Tree"}}}}}},
            "/b": {"get": {"operationId": "b", "parameters": [{"$ref": "#/components/parameters/One"}]}}
        },
        "components": {
            "schemas": {
                "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}},
                "Self": {"$ref": "#/components/schemas/Self"}
            },
            "parameters": {
                "One": {"$ref": "#/components/parameters/Two"},
                "Two": {"$ref": "#/components/parameters/One"}
            }
        }
    });
    let imported = world
        .send(upload(&world, circle.to_string().as_bytes()))
        .await
        .ok(201);
    assert_eq!(imported["operations"], 2);
    for operation in ["a", "b"] {
        let body = json!({"specId": imported["id"], "operationId": operation, "body": {}});
        let call = Call::post("/api/v1/playground/samples").json(&body);
        let status = world.send(call).await.status;
        assert!(matches!(status, 200 | 422), "{operation}: {status}");
    }
    world
}

pub(crate) async fn documents_are_not_fetched_from_private_addresses(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let before = published(&world).await;
    let fetch = |body: Value| world.send(world.admin.asks(Call::post(SPECS).json(&body)));
    let origin = world.upstream.origin();
    let port = origin.rsplit_once(':').unwrap().1.to_owned();
    let mut urls = vec![format!("{origin}/openapi.yaml")];
    for host in [
        "localhost",
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
        "localhost.",
        "127.0.0.1.",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "metadata.google.internal",
    ] {
        urls.push(format!("https://{host}/openapi.yaml"));
        urls.push(format!("https://{host}:{port}/openapi.yaml"));
        urls.push(format!("http://{host}:{port}/openapi.yaml"));
    }
    urls.extend(
        [
            "file:///etc/passwd",
            "gopher://127.0.0.1/x",
            "",
            "//127.0.0.1/",
            "https://",
        ]
        .map(str::to_owned),
    );
    for url in urls {
        let body = json!({"productId": world.acme.product.to_string(), "sourceUrl": url});
        // Names are resolved by the machine, whose words differ.
        let call = world.admin.asks(Call::post(SPECS).json(&body));
        let answer: Answer = world.send_quietly(&call).await;
        let problem = answer.problem(422, "source_unreachable");
        assert_eq!(problem["errors"][0]["pointer"], "/sourceUrl", "{url}");
        let code = problem["errors"][0]["code"].as_str().unwrap();
        let named = url.contains("metadata.google");
        assert!(
            code == "egress_denied" || (named && code == "egress_dns"),
            "{url}: {problem}"
        );
    }
    assert!(world.upstream.seen().is_empty(), "something was dialled");
    assert_eq!(published(&world).await, before);

    let product = world.acme.product.to_string();
    let source = "https://127.0.0.1/";
    for (body, status) in [
        (json!({"productId": product}), 422),
        (json!({"sourceUrl": source}), 422),
        (
            json!({"productId": product, "sourceUrl": source, "specFormat": "WSDL"}),
            422,
        ),
        (json!({"productId": "prod_x", "sourceUrl": source}), 404),
        // Nothing is fetched for a product that is not there.
        (
            json!({"productId": world.globex.product.to_string(), "sourceUrl": source}),
            404,
        ),
    ] {
        let answer = fetch(body.clone()).await;
        assert_eq!(answer.status, status, "{body}");
    }
    // What the console itself would serve is a document, too; only the way in is closed. It is the newest version
    // already.
    let answer = world
        .send(upload(&world, echo_document(&origin).as_bytes()))
        .await;
    assert_eq!(answer.ok(200)["unchanged"], true);
    world
}
