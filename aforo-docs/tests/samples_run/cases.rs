//! The requests: every style of a parameter, every kind of body, every place of a credential, and hostile texts.

use aforo_docs::{
    request::{self, PlainRequest, TryInputs},
    spec::{
        model::{Method, SecurityScheme},
        openapi::ApiDescription,
    },
};
use serde_json::{Map, Value, json};

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) request: PlainRequest,
    pub(crate) security: Vec<SecurityScheme>,
}

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = parameters();
    cases.extend(bodies());
    cases.extend(credentials());
    cases.push(everything());
    cases.extend(made_by_hand());
    cases.extend(super::hostile::all());
    cases
}

/// The request that the Try form makes of these inputs.
pub(crate) fn built(
    name: &str,
    path: &str,
    method: &str,
    operation: Value,
    document: Value,
    inputs: Value,
) -> Case {
    let mut whole = json!({
        "openapi": "3.1.0",
        "info": { "title": "T", "version": "1" },
        "paths": { path: { method: operation } },
    });
    whole
        .as_object_mut()
        .unwrap()
        .extend(document.as_object().unwrap().clone());
    let api = ApiDescription::parse(whole.to_string().as_bytes())
        .unwrap()
        .description;
    let id = &api.operations()[0].id;
    let operation = api.operation(id).unwrap();
    let inputs: TryInputs = serde_json::from_value(inputs).unwrap();
    let request = request::build(&operation, &inputs).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    Case {
        name: name.to_owned(),
        request,
        security: operation.security.first().cloned().unwrap_or_default(),
    }
}

fn parameters() -> Vec<Case> {
    let text = json!("a/b c?d&e=f#g'\"%2F+;é😀$x`{y}[z]|\\");
    let list = json!(["x y", "z,w", "é&=", "1"]);
    let object = json!({ "k 1": "v/1", "é": "&'=", "n": 2 });
    let typed = [("string", &text), ("array", &list), ("object", &object)];
    let mut cases = Vec::new();
    let mut add = |place: &str, style: &str, explode: bool, reserved: bool, kind: &str, value: &Value| {
        let name = format!("{place} {style} explode={explode} reserved={reserved} {kind}");
        let mut parameter = json!({
            "name": "v", "in": place, "style": style, "explode": explode, "required": true,
            "schema": { "type": kind },
        });
        if reserved {
            parameter["allowReserved"] = json!(true);
        }
        let path = if place == "path" {
            "/items/{v}/end"
        } else {
            "/items"
        };
        let operation = json!({ "parameters": [parameter], "responses": {} });
        cases.push(built(
            &name,
            path,
            "get",
            operation,
            json!({}),
            json!({ place: { "v": value } }),
        ));
    };
    for explode in [false, true] {
        for (kind, value) in typed {
            for style in ["simple", "label", "matrix"] {
                add("path", style, explode, false, kind, value);
            }
            add("query", "form", explode, false, kind, value);
            add("query", "form", explode, true, kind, value);
            add("cookie", "form", explode, false, kind, value);
        }
        for style in ["spaceDelimited", "pipeDelimited"] {
            add("query", style, explode, false, "array", &list);
            add("query", style, explode, false, "object", &object);
        }
        // Headers are ASCII.
        add(
            "header",
            "simple",
            explode,
            false,
            "string",
            &json!("a 'b' \"c\" $d `e` #{f} \\ %g @h"),
        );
        add("header", "simple", explode, false, "array", &json!(["a", "b c"]));
        add(
            "header",
            "simple",
            explode,
            false,
            "object",
            &json!({ "a": "b", "c": 1 }),
        );
    }
    add(
        "query",
        "deepObject",
        true,
        false,
        "object",
        &json!({ "a b": "c", "d": { "é": ["1", "2"] } }),
    );
    for place in ["query", "header", "cookie"] {
        let operation = json!({
            "parameters": [{ "name": "v", "in": place, "content": { "application/json": { "schema": {} } } }],
            "responses": {},
        });
        let value = json!({ place: { "v": { "a": [1, "b'\"$"] } } });
        cases.push(built(
            &format!("{place} content"),
            "/items",
            "get",
            operation,
            json!({}),
            value,
        ));
    }
    cases
}

/// A text with what languages give a meaning.
const NASTY: &str = "O'Hara \"quoted\" `id` $HOME ${x} #{x} #$x #@x {$x} $(id) \\u0041 \\n %d {0} </script><!-- ?> é 日本 😀 \
                     \u{202e}\u{2028}\u{feff}\u{0}\u{85}";

fn bodies() -> Vec<Case> {
    let body = |name: &str, media: &str, schema: Value, encoding: Value, value: Value| {
        let operation = json!({
            "requestBody": { "content": { media: { "schema": schema, "encoding": encoding } } },
            "responses": { "200": { "content": { "application/json": {} } } },
        });
        built(
            name,
            "/things",
            "post",
            operation,
            json!({}),
            json!({ "body": value }),
        )
    };
    let any = |name: &str, media: &str, value: Value| body(name, media, json!({}), json!({}), value);
    let object = json!({ "type": "object" });
    let base64 = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        any(
            "json",
            "application/json",
            json!({ "text": "Hello", "n": [1, -2.5, true, false, null, {}, []], "deep": { "a": [{ "b": "c" }] } }),
        ),
        any(
            "json nasty",
            "application/json",
            json!({ NASTY: [NASTY], "lines": "a\nb\r\nc\td", "\"": "\"\"\"" }),
        ),
        any(
            "json names",
            "application/json",
            json!({ "__proto__": { "a": 1 }, "2": "b", "1": "a", "constructor": 1, "": 0 }),
        ),
        any("json array", "application/json", json!([{ "a": 1 }, "b"])),
        any("json empty object", "application/json", json!({})),
        any("json empty array", "application/json", json!([])),
        any("json text", "application/json", json!("@file")),
        any("json vendor", "application/vnd.shop.v2+json", json!({ "a": 1 })),
        any(
            "json safe integers",
            "application/json",
            json!({ "a": 9007199254740993_u64, "b": 123456789012345_u64, "c": 1.5e300 }),
        ),
        body(
            "json big numbers",
            "application/json",
            object.clone(),
            json!({}),
            json!("{\"big\": 12345678901234567890123, \"one\": 1.0, \"e\": 1.50e300}"),
        ),
        body(
            "json as written",
            "application/json",
            object.clone(),
            json!({}),
            json!("{ \"a\" : \"\\u00e9\\/\", \"a\":1 }"),
        ),
        body(
            "form",
            "application/x-www-form-urlencoded",
            object.clone(),
            json!({}),
            json!({ "a b": NASTY, "list": ["1", "2"], "o": { "x": 1 } }),
        ),
        body(
            "form empty",
            "application/x-www-form-urlencoded",
            object.clone(),
            json!({}),
            json!({}),
        ),
        any(
            "multipart",
            "multipart/form-data",
            json!({
                "title": "Hello there", "tags": ["a", "b"],
                "photo": { "$base64": base64(&every_byte), "filename": "photo.png", "contentType": "image/png" },
            }),
        ),
        any(
            "multipart simple",
            "multipart/form-data",
            json!({
                "title": NASTY.replace(char::is_control, ""), "note": "=@<;type=x",
                "file": { "$base64": base64(b"a,b\r\n"), "filename": "my data.csv", "contentType": "text/csv" },
            }),
        ),
        any(
            "multipart texts",
            "multipart/form-data",
            json!({ "lines": "one\ntwo\r\nthree\n", "nasty": NASTY, "@at": "<less", "a": "" }),
        ),
        any(
            "multipart parts",
            "multipart/form-data",
            json!({
                "meta": { "a": "é'\"\\", "b": [1] }, "one": "1",
                "files": [
                    { "$base64": base64(b"first"), "filename": "a.txt", "contentType": "text/plain; charset=utf-8" },
                    { "$base64": base64(b""), "filename": "A.TXT" },
                    { "$base64": base64(b"\r\n--form\r\n"), "filename": "../../etc/pass'wd\"$(id)é😀 .sh" },
                ],
            }),
        ),
        any(
            "multipart names",
            "multipart/form-data",
            json!({ "a=b": "1", "é \"q\" \\ ; %22": "2", "$x#{y}'": "3", NASTY: "4" }),
        ),
        body(
            "multipart encoding",
            "multipart/form-data",
            object.clone(),
            json!({ "x": { "contentType": "application/xml" } }),
            json!({ "x": "<a b='c'>\"\\</a>", "y": "2" }),
        ),
        any("multipart empty", "multipart/form-data", json!({})),
        any(
            "binary",
            "application/octet-stream",
            json!({ "$base64": base64(&every_byte) }),
        ),
        any(
            "image",
            "image/png",
            json!({ "$base64": base64(b"\x89PNG\r\n\x1a\n\0\xff") }),
        ),
        any(
            "binary that is text",
            "application/octet-stream",
            json!("plain\ntext"),
        ),
        any(
            "xml",
            "application/xml",
            json!("<?xml version=\"1.0\"?>\n<order id='7'>\n  <item>\"é\" ]]> ${x}</item>\n\n</order>\n"),
        ),
        any(
            "text",
            "text/plain",
            json!("one\n  two 'three'\n\"four\" \\five\n"),
        ),
        any("text nasty", "text/plain; charset=utf-8", json!(NASTY)),
        any(
            "text of quotes",
            "text/plain",
            json!("\"\"\"\"\n'''\n\"\"\"\\\"\n\"\"\""),
        ),
        any("text like an option", "text/plain", json!("-x @file %s\u{1}")),
        any("text of space", "text/plain", json!("  \n a \n\n\t\n")),
        any(
            "text of controls",
            "text/plain",
            json!("\r\n\u{1}\u{1a}\u{1b}[0m\u{7f}\u{9b}\u{e0041}\u{fffe}7\\1"),
        ),
        any("text of lines", "text/csv", json!("a,b\r\n1,2\r\n")),
        any(
            "text long",
            "text/plain",
            json!("0123456789abcdé\n".repeat(4_000)),
        ),
        any(
            "json long",
            "application/json",
            json!({ "a": "'\"é".repeat(20_000) }),
        ),
        any(
            "json of many lines",
            "application/json",
            json!(vec![json!([[[1]]]); 3_000]),
        ),
        any(
            "text of bytes that grow",
            "text/plain",
            json!("\u{0}😀".repeat(4_800)),
        ),
        any(
            "multipart long",
            "multipart/form-data",
            json!({ "a": "x'".repeat(9_000), "b": "y\"".repeat(9_000) }),
        ),
        any("yaml", "application/yaml", json!("a: 1\nb:\n  - '2'\n")),
        any(
            "json lines",
            "application/x-ndjson",
            json!([{ "a": 1 }, { "b": "\n'" }]),
        ),
        built(
            "no body",
            "/things",
            "post",
            json!({ "responses": {} }),
            json!({}),
            json!({}),
        ),
    ]
}

fn credentials() -> Vec<Case> {
    let schemes = json!({ "components": { "securitySchemes": {
        "bearer": { "type": "http", "scheme": "bearer" },
        "basic": { "type": "http", "scheme": "basic" },
        "header": { "type": "apiKey", "in": "header", "name": "X-Api-Key" },
        "query": { "type": "apiKey", "in": "query", "name": "api_key" },
        "cookie": { "type": "apiKey", "in": "cookie", "name": "session" },
        "oauth": { "type": "oauth2", "flows": { "clientCredentials": { "tokenUrl": "https://a.example/t", "scopes": {} } } },
    } } });
    let mut cases = Vec::new();
    for which in [
        &["bearer"][..],
        &["basic"],
        &["header"],
        &["query"],
        &["cookie"],
        &["oauth"],
        &["header", "query", "cookie"],
    ] {
        let needed: Map<String, Value> = which.iter().map(|s| ((*s).to_owned(), json!([]))).collect();
        for method in ["get", "delete"] {
            let operation = json!({
                "security": [needed],
                "parameters": [
                    { "name": "q", "in": "query", "schema": { "type": "string" } },
                    { "name": "c", "in": "cookie", "schema": { "type": "string" } },
                ],
                "responses": {},
            });
            let inputs = match method {
                "get" => json!({ "query": { "q": "a b" }, "cookie": { "c": "d;e" } }),
                _ => json!({}),
            };
            let name = format!("credential {which:?} {method}");
            cases.push(built(
                &name,
                "/secret",
                method,
                operation,
                schemes.clone(),
                inputs,
            ));
        }
    }
    cases
}

/// One operation with a parameter of each place and style at once, a body and a credential.
fn everything() -> Case {
    let parameter = |name: &str, place: &str, style: &str, explode: bool, kind: &str| json!({ "name": name, "in": place, "style": style, "explode": explode, "required": true, "schema": { "type": kind } });
    let operation = json!({
        "security": [{ "bearer": [] }],
        "parameters": [
            parameter("simple", "path", "simple", false, "string"),
            parameter("label", "path", "label", true, "array"),
            parameter("matrix", "path", "matrix", true, "object"),
            parameter("form", "query", "form", true, "array"),
            parameter("space", "query", "spaceDelimited", false, "array"),
            parameter("pipe", "query", "pipeDelimited", false, "array"),
            parameter("deep", "query", "deepObject", true, "object"),
            parameter("X-One", "header", "simple", false, "array"),
            parameter("theme", "cookie", "form", false, "string"),
        ],
        "requestBody": { "content": { "application/json": {} } },
        "responses": { "200": { "content": { "application/json": {} } } },
    });
    let schemes =
        json!({ "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } } });
    let inputs = json!({
        "path": { "simple": "a b/c", "label": ["d", "e f"], "matrix": { "g": "h" } },
        "query": { "form": ["1", "2"], "space": ["3", "4"], "pipe": ["5", "6"], "deep": { "i": "j k" } },
        "header": { "X-One": ["l", "m"] }, "cookie": { "theme": "dark & light" }, "body": { "text": "é'\"" },
    });
    built(
        "everything",
        "/v1/{simple}/{label}/{matrix}",
        "put",
        operation,
        schemes,
        inputs,
    )
}

fn plain(method: Method, path: &str) -> PlainRequest {
    PlainRequest {
        method,
        path: path.to_owned(),
        query: None,
        headers: Vec::new(),
        cookies: Vec::new(),
        content_type: None,
        body: None,
    }
}

/// The methods, and what a form does not make but a request may be.
fn made_by_hand() -> Vec<Case> {
    let case = |name: &str, request: PlainRequest| Case {
        name: name.to_owned(),
        request,
        security: vec![SecurityScheme::HttpBearer],
    };
    let with_body = |method: Method| PlainRequest {
        content_type: Some("application/json".to_owned()),
        body: Some(b"{\"a\":1}".to_vec()),
        ..plain(method, "/m")
    };
    let mut cases: Vec<Case> = [
        Method::Get,
        Method::Put,
        Method::Post,
        Method::Delete,
        Method::Options,
        Method::Head,
    ]
    .into_iter()
    .chain([Method::Patch, Method::Trace, Method::Query])
    .chain(
        ["PROPFIND", "PURGE", "LINK"]
            .into_iter()
            .filter_map(Method::parse),
    )
    .map(|method| case(&format!("method {}", method.as_str()), plain(method, "/m")))
    .collect();
    for method in [
        Method::Get,
        Method::Put,
        Method::Delete,
        Method::Options,
        Method::Patch,
        Method::Query,
    ] {
        cases.push(case(&format!("body with {}", method.as_str()), with_body(method)));
    }
    cases.push(case(
        "empty body",
        PlainRequest {
            content_type: Some("text/plain".to_owned()),
            body: Some(Vec::new()),
            ..plain(Method::Post, "/m")
        },
    ));
    cases.push(case(
        "headers",
        PlainRequest {
            headers: vec![
                ("X-Empty".into(), String::new()),
                ("x-Lower".into(), "a".into()),
                ("X_Y!#$%&'*+-.^`|~".into(), "odd".into()),
                ("Accept".into(), "application/json, */*;q=0.1".into()),
                ("Accept-Language".into(), "de".into()),
                ("Content-Language".into(), "de".into()),
                ("If-None-Match".into(), "W/\"x\"".into()),
                ("Range".into(), "bytes=0-9".into()),
                ("User-Agent".into(), "sample/1 (é)".replace('é', "e")),
            ],
            ..with_body(Method::Post)
        },
    ));
    cases
}
