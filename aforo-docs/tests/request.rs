//! From form inputs to a request: every style, every kind of body, and everything that is refused.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use aforo_docs::{
    request::{self, InputError, PlainRequest, TryInputs},
    spec::{model::Method, openapi::ApiDescription},
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn api(paths: Value) -> ApiDescription {
    let doc = json!({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths});
    ApiDescription::parse(doc.to_string().as_bytes())
        .unwrap()
        .description
}

/// An operation `GET /x` or `GET /x/{p}` with one parameter `p`.
fn with_parameter(parameter: Value) -> ApiDescription {
    let path = if parameter["in"] == "path" { "/x/{p}" } else { "/x" };
    api(json!({path: {"get": {"operationId": "op", "parameters": [parameter]}}}))
}

fn with_body(method: &str, content: Value) -> ApiDescription {
    api(json!({"/x": {method: {"operationId": "op", "requestBody": {"required": true, "content": content}}}}))
}

fn build(api: &ApiDescription, inputs: Value) -> Result<PlainRequest, Vec<InputError>> {
    request::build(
        &api.operation("op").unwrap(),
        &serde_json::from_value::<TryInputs>(inputs).unwrap(),
    )
}

fn codes(result: Result<PlainRequest, Vec<InputError>>) -> Vec<(String, &'static str)> {
    result
        .unwrap_err()
        .into_iter()
        .map(|e| (e.pointer, e.code))
        .collect()
}

fn refused(result: Result<PlainRequest, Vec<InputError>>, pointer: &str, code: &str) {
    let errors = codes(result);
    assert_eq!(
        errors.iter().map(|(p, c)| (p.as_str(), *c)).collect::<Vec<_>>(),
        [(pointer, code)]
    );
}

#[test]
fn every_path_style_is_written_as_openapi_says() {
    let list = json!(["blue", "black"]);
    let object = json!({"R": 100, "G": 200});
    for (style, explode, value, want) in [
        ("simple", false, json!("blue"), "/x/blue"),
        ("simple", false, list.clone(), "/x/blue,black"),
        ("simple", true, list.clone(), "/x/blue,black"),
        ("simple", false, object.clone(), "/x/R,100,G,200"),
        ("simple", true, object.clone(), "/x/R=100,G=200"),
        ("label", false, json!("blue"), "/x/.blue"),
        ("label", false, list.clone(), "/x/.blue,black"),
        ("label", true, list.clone(), "/x/.blue.black"),
        ("label", false, object.clone(), "/x/.R,100,G,200"),
        ("label", true, object.clone(), "/x/.R=100.G=200"),
        ("matrix", false, json!("blue"), "/x/;p=blue"),
        ("matrix", false, list.clone(), "/x/;p=blue,black"),
        ("matrix", true, list.clone(), "/x/;p=blue;p=black"),
        ("matrix", false, object.clone(), "/x/;p=R,100,G,200"),
        ("matrix", true, object.clone(), "/x/;R=100;G=200"),
    ] {
        let api = with_parameter(
            json!({"name": "p", "in": "path", "required": true, "style": style, "explode": explode}),
        );
        let got = build(&api, json!({"path": {"p": value}})).unwrap().path;
        assert_eq!(got, want, "{style} {explode}");
    }
}

#[test]
fn every_query_style_is_written_as_openapi_says() {
    let list = json!(["blue", "black"]);
    let object = json!({"R": 100, "G": 200});
    for (style, explode, value, want) in [
        ("form", true, json!("blue"), "p=blue"),
        ("form", true, list.clone(), "p=blue&p=black"),
        ("form", false, list.clone(), "p=blue,black"),
        ("form", true, object.clone(), "R=100&G=200"),
        ("form", false, object.clone(), "p=R,100,G,200"),
        ("spaceDelimited", false, list.clone(), "p=blue%20black"),
        ("spaceDelimited", false, object.clone(), "p=R%20100%20G%20200"),
        ("pipeDelimited", false, list.clone(), "p=blue%7Cblack"),
        ("pipeDelimited", true, list.clone(), "p=blue&p=black"),
        ("deepObject", true, object.clone(), "p%5BR%5D=100&p%5BG%5D=200"),
        (
            "deepObject",
            true,
            json!({"a": {"b": [1, 2]}}),
            "p%5Ba%5D%5Bb%5D%5B0%5D=1&p%5Ba%5D%5Bb%5D%5B1%5D=2",
        ),
    ] {
        let api = with_parameter(json!({"name": "p", "in": "query", "style": style, "explode": explode}));
        assert_eq!(
            build(&api, json!({"query": {"p": value}}))
                .unwrap()
                .query
                .as_deref(),
            Some(want),
            "{style} {explode}"
        );
    }
    let api = with_parameter(json!({"name": "p", "in": "query", "allowReserved": true}));
    let query = |v: &str| build(&api, json!({"query": {"p": v}})).unwrap().query.unwrap();
    assert_eq!(query("a/b?c:d@e"), "p=a/b?c:d@e");
    assert_eq!(
        query("a&b=c#d%e f+g"),
        "p=a%26b%3Dc%23d%25e%20f%2Bg",
        "a value cannot leave its pair"
    );
    let api = with_parameter(json!({"name": "p", "in": "query", "content": {"application/json": {}}}));
    assert_eq!(
        build(&api, json!({"query": {"p": {"a": [1]}}}))
            .unwrap()
            .query
            .unwrap(),
        "p=%7B%22a%22%3A%5B1%5D%7D"
    );
    assert_eq!(
        build(&api, json!({"query": {"p": "{\"a\": 1}"}}))
            .unwrap()
            .query
            .unwrap(),
        "p=%7B%22a%22%3A%201%7D"
    );
}

#[test]
fn headers_and_cookies_are_written_and_cannot_break_out() {
    let header = |schema: Value| with_parameter(json!({"name": "X-P", "in": "header", "schema": schema}));
    let got = build(
        &header(json!({"type": "array"})),
        json!({"header": {"x-p": ["a", "b"]}}),
    )
    .unwrap();
    assert_eq!(got.headers, [("X-P".to_owned(), "a,b".to_owned())]);
    for bad in ["a\r\nEvil: 1", "a\nb", "a\0b", "ü", "\u{7f}"] {
        refused(
            build(&header(json!({})), json!({"header": {"X-P": bad}})),
            "/parameters/header/X-P",
            "bad-header",
        );
    }
    let api = with_parameter(json!({"name": "X\nP", "in": "header"}));
    refused(
        build(&api, json!({"header": {"X\nP": "1"}})),
        "/parameters/header/X\nP",
        "bad-header",
    );
    let api = with_parameter(json!({"name": "c", "in": "cookie"}));
    let got = build(&api, json!({"cookie": {"c": "a; admin=1"}})).unwrap();
    assert_eq!(got.cookies, [("c".to_owned(), "a%3B%20admin%3D1".to_owned())]);
}

#[test]
fn a_path_value_stays_one_segment() {
    let api =
        with_parameter(json!({"name": "p", "in": "path", "required": true, "schema": {"type": "string"}}));
    let path = |v: &str| build(&api, json!({"path": {"p": v}})).unwrap().path;
    assert_eq!(path("a/b?c#d"), "/x/a%2Fb%3Fc%23d");
    assert_eq!(path("a b-._~ü"), "/x/a%20b-._~%C3%BC");
    assert_eq!(path("%2e%2e"), "/x/%252e%252e");
    assert_eq!(path("..."), "/x/...");
    for (value, code) in [
        ("", "empty-path-value"),
        (".", "bad-path-value"),
        ("..", "bad-path-value"),
    ] {
        refused(
            build(&api, json!({"path": {"p": value}})),
            "/parameters/path/p",
            code,
        );
    }
    refused(build(&api, json!({})), "/parameters/path/p", "missing-parameter");
    refused(
        build(&api, json!({"path": {"p": null}})),
        "/parameters/path/p",
        "missing-parameter",
    );
    // Two values that are harmless apart.
    let api = self::api(json!({"/x/{a}{b}/y": {"get": {"operationId": "op"}}}));
    assert_eq!(
        build(&api, json!({"path": {"a": "1", "b": "2"}})).unwrap().path,
        "/x/12/y"
    );
    let label = json!({"name": "p", "in": "path", "required": true, "style": "label"});
    assert_eq!(
        build(&with_parameter(label.clone()), json!({"path": {"p": "a"}}))
            .unwrap()
            .path,
        "/x/.a"
    );
    assert!(build(&with_parameter(label), json!({"path": {"p": [""]}})).is_err());
}

#[test]
fn literal_parts_of_a_template_are_encoded_and_its_query_is_kept() {
    let api = self::api(
        json!({"/a b/%7e/{p}.json?mode=x#frag": {"get": {"operationId": "op",
        "parameters": [{"name": "q", "in": "query"}]}}}),
    );
    let got = build(&api, json!({"path": {"p": 7}, "query": {"q": "1"}})).unwrap();
    assert_eq!(
        (got.path.as_str(), got.query.as_deref()),
        ("/a%20b/%7e/7.json", Some("mode=x&q=1"))
    );
}

#[test]
fn inputs_are_checked_against_the_operation() {
    let op = |schema: Value| with_parameter(json!({"name": "p", "in": "query", "schema": schema}));
    for (schema, value, query) in [
        (json!({"type": "integer"}), json!("12"), Some("p=12")),
        (json!({"type": "integer"}), json!(12.0), Some("p=12")),
        (
            json!({"type": "integer"}),
            json!("123456789012345678901234567890"),
            Some("p=123456789012345678901234567890"),
        ),
        (json!({"type": "integer"}), json!(""), None),
        (json!({"type": "number"}), json!("1.50"), Some("p=1.50")),
        (json!({"type": "boolean"}), json!("true"), Some("p=true")),
        (json!({"type": "string"}), json!(12), Some("p=12")),
        (json!({"type": ["string", "null"]}), json!(null), None),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            json!("1,2"),
            Some("p=1&p=2"),
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            json!("[1,2]"),
            Some("p=1&p=2"),
        ),
        (
            json!({"type": "array", "items": {"enum": ["a", "b"]}}),
            json!(["a"]),
            Some("p=a"),
        ),
        (json!({"type": "object"}), json!("{\"a\": 1}"), Some("a=1")),
        (json!({"enum": [1, "two"]}), json!("1"), Some("p=1")),
        (
            json!({"oneOf": [{"type": "integer"}, {"type": "string", "format": "uuid"}]}),
            json!("x"),
            Some("p=x"),
        ),
        (json!({"type": "file"}), json!("x"), Some("p=x")),
        (json!(true), json!({"a": 1}), Some("a=1")),
    ] {
        let got = build(&op(schema.clone()), json!({"query": {"p": value}}));
        assert_eq!(got.unwrap().query.as_deref(), query, "{schema} {value}");
    }
    for (schema, value, code) in [
        (json!({"type": "integer"}), json!("1.5"), "wrong-type"),
        (json!({"type": "integer"}), json!("abc"), "wrong-type"),
        (json!({"type": "integer"}), json!(true), "wrong-type"),
        (json!({"type": "number"}), json!("NaN"), "wrong-type"),
        (json!({"type": "boolean"}), json!("yes"), "wrong-type"),
        (json!({"type": "string"}), json!({"a": 1}), "wrong-type"),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            json!("1,x"),
            "wrong-type",
        ),
        (json!({"type": "object"}), json!("a"), "wrong-type"),
        (json!({"enum": ["a", "b"]}), json!("c"), "not-in-enum"),
        (
            json!({"type": "array", "items": {"enum": ["a"]}}),
            json!(["a", "c"]),
            "not-in-enum",
        ),
    ] {
        refused(
            build(&op(schema), json!({"query": {"p": value}})),
            "/parameters/query/p",
            code,
        );
    }
    let any = op(json!({}));
    refused(
        build(&any, json!({"query": {"P": 1}})),
        "/parameters/query/P",
        "unknown-parameter",
    );
    refused(
        build(&any, json!({"path": {"a/b": 1}})),
        "/parameters/path/a~1b",
        "unknown-parameter",
    );
    refused(build(&any, json!({"body": {"a": 1}})), "/body", "unexpected-body");
    let required = with_parameter(json!({"name": "p", "in": "header", "required": true}));
    refused(
        build(&required, json!({"header": {"p": ""}})),
        "/parameters/header/p",
        "missing-parameter",
    );
    // All that is wrong is told at once.
    let all = build(
        &any,
        json!({"query": {"p": 1, "q": 2}, "cookie": {"c": 1}, "body": 1}),
    );
    assert_eq!(codes(all).len(), 3);
    assert!(serde_json::from_value::<TryInputs>(json!({"url": "https://evil.example"})).is_err());
}

#[test]
fn json_bodies_are_values_or_texts_of_json() {
    let body = |schema: Value, body: Value| {
        build(
            &with_body("post", json!({"application/json": {"schema": schema}})),
            json!({"body": body}),
        )
        .map(|r| String::from_utf8(r.body.unwrap()).unwrap())
    };
    let object = json!({"type": "object"});
    assert_eq!(
        body(object.clone(), json!({"b": 1, "a": [true, null]})).unwrap(),
        r#"{"b":1,"a":[true,null]}"#
    );
    // The text of a text area, with its own spacing and numbers that no float holds.
    let text = "{ \"n\": 12345678901234567890123 }";
    assert_eq!(body(object.clone(), json!(text)).unwrap(), text);
    assert_eq!(body(json!({"type": "string"}), json!("[1]")).unwrap(), "\"[1]\"");
    assert_eq!(body(json!({}), json!("[1]")).unwrap(), "[1]");
    assert_eq!(body(json!({}), json!("hello")).unwrap(), "\"hello\"");
    let error = body(object, json!("{\n\"a\": }")).unwrap_err();
    assert_eq!(
        (error[0].code, error[0].pointer.as_str()),
        ("invalid-json", "/body")
    );
    assert!(error[0].message.contains("line 2"), "{}", error[0].message);
    refused(
        build(&with_body("post", json!({"application/json": {}})), json!({})),
        "/body",
        "missing-body",
    );
}

#[test]
fn the_content_type_is_one_of_the_document() {
    let api = with_body(
        "post",
        json!({"application/json": {}, "text/plain": {}, "image/*": {}}),
    );
    let sent = |kind: &str, body: Value| {
        build(&api, json!({"body": body, "contentType": kind})).map(|r| r.content_type.unwrap())
    };
    assert_eq!(sent("", json!({})).unwrap(), "application/json");
    assert_eq!(sent("text/plain", json!("hi")).unwrap(), "text/plain");
    assert_eq!(
        sent("TEXT/plain; charset=utf-8", json!("hi")).unwrap(),
        "TEXT/plain; charset=utf-8"
    );
    assert_eq!(
        sent("image/png", json!({"$base64": "AAE="})).unwrap(),
        "image/png"
    );
    for bad in ["text/html", "image/*", "x", "text/plain\r\nEvil: 1;", "a/b\n"] {
        let got = sent(bad, json!("hi"));
        assert!(
            got.is_err() || !got.as_ref().unwrap().contains(['\r', '\n']),
            "{bad:?}: {got:?}"
        );
    }
    refused(
        build(&api, json!({"body": "x", "contentType": "text/html"})),
        "/contentType",
        "unknown-content-type",
    );
    refused(
        build(&api, json!({"body": {"a": 1}, "contentType": "text/plain"})),
        "/body",
        "bad-body",
    );
    refused(
        build(
            &api,
            json!({"body": {"$base64": "%"}, "contentType": "image/png"}),
        ),
        "/body",
        "bad-base64",
    );
    let aspnet = with_body(
        "post",
        json!({"application/*+json": {"schema": {"type": "object"}}}),
    );
    let got = build(&aspnet, json!({"body": {"a": 1}})).unwrap();
    assert_eq!(got.content_type.as_deref(), Some("application/json"));
    let vendor = with_body(
        "post",
        json!({"application/vnd.acme.v2": {"schema": {"type": "object"}}}),
    );
    let got = build(&vendor, json!({"body": {"a": 1}})).unwrap();
    assert_eq!(
        (got.content_type.as_deref(), got.body.as_deref()),
        (Some("application/vnd.acme.v2"), Some(&b"{\"a\":1}"[..]))
    );
}

#[test]
fn form_bodies_follow_their_encoding() {
    let form = "application/x-www-form-urlencoded";
    let api = with_body(
        "post",
        json!({form: {"encoding": {
        "metadata": {"style": "deepObject", "explode": true}, "ids": {"style": "form", "explode": false}}}}),
    );
    let got = build(
        &api,
        json!({"body": {
        "name": "a&b=c d", "metadata": {"k": {"x": 1}}, "ids": [1, 2], "tags": ["x", "y"], "o": {"a": 1}, "none": null}}),
    );
    let got = got.unwrap();
    assert_eq!(got.content_type.as_deref(), Some(form));
    assert_eq!(
        String::from_utf8(got.body.unwrap()).unwrap(),
        "name=a%26b%3Dc%20d&metadata%5Bk%5D%5Bx%5D=1&ids=1,2&tags=x&tags=y&o=%7B%22a%22%3A1%7D"
    );
    let typed = build(&api, json!({"body": "a=1&b=%20"})).unwrap();
    assert_eq!(typed.body.as_deref(), Some(&b"a=1&b=%20"[..]));
    refused(build(&api, json!({"body": [1]})), "/body", "bad-body");
}

#[test]
fn multipart_bodies_hold_fields_and_files() {
    let api = with_body(
        "post",
        json!({"multipart/form-data": {"schema": {"type": "object", "properties": {
        "image": {"type": "string", "format": "binary"}}}, "encoding": {"meta": {"contentType": "application/json"}}}}),
    );
    let inputs = json!({"body": {"caption": "Hi", "tags": ["a", "b"], "meta": {"x": 1},
        "image": {"$base64": "AP8=", "filename": "a\"b\r\n.png", "contentType": "image/png"}, "ev\"il\r\nX: 1": "v"}});
    let got = build(&api, inputs.clone()).unwrap();
    let content_type = got.content_type.clone().unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let body = got.body.clone().unwrap();
    let text = String::from_utf8_lossy(&body);
    for part in [
        "Content-Disposition: form-data; name=\"caption\"\r\n\r\nHi\r\n",
        "name=\"tags\"\r\n\r\na\r\n",
        "name=\"tags\"\r\n\r\nb\r\n",
        "name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{\"x\":1}\r\n",
        "name=\"image\"; filename=\"a%22b%0D%0A.png\"\r\nContent-Type: image/png\r\n\r\n",
        "name=\"ev%22il%0D%0AX: 1\"\r\n\r\nv\r\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(body.windows(2).any(|w| w == [0x00, 0xff]));
    assert!(text.ends_with(&format!("--{boundary}--\r\n")));
    assert_eq!(text.matches(&format!("--{boundary}\r\n")).count(), 6);
    assert_eq!(
        build(&api, inputs).unwrap(),
        got,
        "equal inputs give equal requests"
    );
}

#[test]
fn other_bodies_are_text_and_bytes() {
    let xml = with_body("put", json!({"application/xml": {"schema": {"type": "object"}}}));
    assert_eq!(
        build(&xml, json!({"body": "<a/>"})).unwrap().body.as_deref(),
        Some(&b"<a/>"[..])
    );
    refused(build(&xml, json!({"body": {"a": 1}})), "/body", "bad-body");
    let bytes = with_body("put", json!({"application/octet-stream": {}}));
    assert_eq!(
        build(&bytes, json!({"body": {"$base64": "AAEC"}}))
            .unwrap()
            .body
            .as_deref(),
        Some(&[0, 1, 2][..])
    );
    let lines = with_body("post", json!({"application/x-ndjson": {}}));
    assert_eq!(
        build(&lines, json!({"body": [{"a": 1}, 2]}))
            .unwrap()
            .body
            .as_deref(),
        Some(&b"{\"a\":1}\n2\n"[..])
    );
}

#[test]
fn what_the_responses_offer_is_accepted() {
    let api = self::api(json!({"/x": {"get": {"operationId": "op", "responses": {
        "200": {"description": "ok", "content": {"application/json": {}, "text/csv": {}, "a/b\r\nX: 1": {}}},
        "400": {"description": "no", "content": {"application/problem+json": {}}}}}}}));
    assert_eq!(
        build(&api, json!({})).unwrap().headers,
        [("Accept".to_owned(), "application/json, text/csv".to_owned())]
    );
}

#[test]
fn a_credential_is_never_an_input() {
    let doc = json!({"openapi": "3.0.0", "info": {"title": "T", "version": "1"},
        "security": [{"key": []}], "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "paths": {"/x": {"get": {"operationId": "op", "parameters": [
            {"name": "x-key", "in": "header", "required": true}, {"name": "authorization", "in": "header", "required": true},
            {"name": "Content-Type", "in": "header", "required": true}]}}}});
    let api = ApiDescription::parse(doc.to_string().as_bytes())
        .unwrap()
        .description;
    assert_eq!(build(&api, json!({})).unwrap().headers, []);
    for name in ["x-key", "Authorization", "content-type"] {
        let got = build(&api, json!({"header": {name: "1"}}));
        refused(got, &format!("/parameters/header/{name}"), "unknown-parameter");
    }
}

#[test]
fn a_concrete_path_leads_back_to_its_operation() {
    let api = self::api(
        json!({"/a/{id}": {"get": {"operationId": "one"}}, "/a/b": {"get": {"operationId": "two"}}}),
    );
    let found = request::match_path(&api, Method::Get, "/a/x%2Fy");
    assert_eq!(
        found.map(|(id, values)| (id, Value::Object(values))),
        Some(("one".to_owned(), json!({"id": "x/y"})))
    );
    assert_eq!(request::match_path(&api, Method::Get, "/a/b").unwrap().0, "two");
    assert!(request::match_path(&api, Method::Get, "/a/").is_none());
    assert!(request::match_path(&api, Method::Delete, "/a/b").is_none());
}

#[test]
fn body_warnings_are_hints_from_the_schema() {
    let doc = json!({"openapi": "3.0.0", "info": {"title": "T", "version": "1"},
        "components": {"schemas": {"Pet": {"type": "object", "required": ["name", "id"], "properties": {
            "id": {"type": "integer", "readOnly": true},
            "name": {"type": "string", "nullable": true, "minLength": 2}, "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": true},
            "friend": {"$ref": "#/components/schemas/Pet"}}}}},
        "paths": {"/x": {"post": {"operationId": "op", "requestBody": {"content": {"application/json; charset=utf-8":
            {"schema": {"$ref": "#/components/schemas/Pet"}}}}}}}});
    let api = ApiDescription::parse(doc.to_string().as_bytes())
        .unwrap()
        .description;
    let said = |value: Value| -> Vec<String> {
        let found = request::body_warnings(&api, "op", "application/json", &value);
        assert!(found.iter().all(|w| w.code == "schema"));
        found.into_iter().map(|w| w.pointer).collect()
    };
    assert_eq!(
        said(json!({"name": "Rex"})),
        Vec::<String>::new(),
        "a read-only id is not asked for"
    );
    assert_eq!(said(json!({"name": null, "age": 1})), Vec::<String>::new());
    assert_eq!(said(json!({"name": "R"})), ["/body/name"]);
    assert_eq!(said(json!({"name": "Rex", "age": 0})), ["/body/age"]);
    assert_eq!(said(json!({})), ["/body"]);
    assert_eq!(
        said(json!({"name": "Rex", "friend": {"name": 1}})),
        ["/body/friend/name"]
    );
    assert_eq!(
        said(json!("{\"name\": 1}")),
        ["/body/name"],
        "a text is read as the JSON that it is"
    );
    assert!(request::body_warnings(&api, "nothing", "application/json", &json!({})).is_empty());
    assert!(request::body_warnings(&api, "op", "text/plain", &json!({})).is_empty());
}

#[test]
fn odd_schemas_warn_of_nothing_and_break_nothing() {
    for schema in [
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"$ref": "#/components/schemas/Gone"}),
        json!({"type": 7}),
        json!({"properties": []}),
        json!({"pattern": "(?<=a)b("}),
        json!({"type": "nothing"}),
        json!({"required": true, "minimum": "x"}),
        json!(true),
    ] {
        let api = with_body("post", json!({"application/json": {"schema": schema}}));
        assert_eq!(
            request::body_warnings(&api, "op", "application/json", &json!({"a": "b"})),
            []
        );
    }
}

#[test]
fn a_pattern_that_we_cannot_read_costs_no_other_hint() {
    let schema =
        json!({"properties": {"a": {"type": "string", "pattern": "(?<=x)y"}, "b": {"type": "integer"}}});
    let api = with_body("post", json!({"application/json": {"schema": schema}}));
    let found = request::body_warnings(&api, "op", "application/json", &json!({"a": "z", "b": "z"}));
    assert_eq!(
        found.iter().map(|w| w.pointer.as_str()).collect::<Vec<_>>(),
        ["/body/b"]
    );
}

proptest! {
    #[test]
    fn no_path_value_leaves_its_segment(value in ".{1,40}", style in prop::sample::select(vec!["simple", "label", "matrix"])) {
        let api = with_parameter(json!({"name": "p", "in": "path", "required": true, "style": style}));
        if let Ok(request) = build(&api, json!({"path": {"p": value}})) {
            let segments: Vec<&str> = request.path.split('/').collect();
            prop_assert_eq!(segments.len(), 3);
            prop_assert!(!["", ".", ".."].contains(&segments[2]));
            prop_assert!(request.path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\\"<>".contains(&b)));
            let url = url::Url::parse(&format!("https://a.example{}", request.path)).unwrap();
            prop_assert_eq!(url.path(), request.path.as_str(), "a URL parser changes nothing");
        }
    }

    #[test]
    fn a_simple_path_value_comes_back_from_the_path(value in ".{1,40}") {
        let api = with_parameter(json!({"name": "p", "in": "path", "required": true}));
        if let Ok(request) = build(&api, json!({"path": {"p": value.clone()}})) {
            let (_, values) = request::match_path(&api, Method::Get, &request.path).unwrap();
            prop_assert_eq!(values.get("p"), Some(&json!(value)));
        }
    }

    #[test]
    fn a_query_value_comes_back_from_the_query(value in ".{1,40}", reserved in any::<bool>()) {
        let api = with_parameter(json!({"name": "p", "in": "query", "allowReserved": reserved}));
        let query = build(&api, json!({"query": {"p": value.clone()}})).unwrap().query.unwrap();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        prop_assert_eq!(pairs, vec![("p".to_owned(), value)]);
    }
}
