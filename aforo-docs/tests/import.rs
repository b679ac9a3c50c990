//! Reading documents: what imports, what is refused, and what is said about it.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use aforo_docs::spec::{
    diagnostic::{Diagnostic, ImportError, Severity},
    model::{AlternativeKind, Method, ParameterPlace, SchemaView, SecurityScheme, Style},
    openapi::{ApiDescription, Limits, Parsed, SourceFormat},
};
use aforo_docs::{
    request,
    sample::{self, Context, Language},
};
use proptest::prelude::*;
use serde_json::json;

const BOOKSHOP: &str = include_str!("fixtures/bookshop.yaml");
const ODD: &str = include_str!("fixtures/odd.yaml");

fn parse(text: &str) -> Parsed {
    ApiDescription::parse(text.as_bytes()).unwrap()
}

fn refusal(text: &[u8]) -> Diagnostic {
    let error = ApiDescription::parse(text).unwrap_err();
    let first = error.diagnostics()[0].clone();
    assert_eq!(first.severity, Severity::Error);
    assert!(error.to_string().contains(&first.message), "{error}");
    first
}

fn property<'s>(schema: &'s SchemaView, name: &str) -> &'s SchemaView {
    &schema
        .properties
        .iter()
        .find(|p| p.name == name)
        .unwrap_or_else(|| panic!("{name} in {schema:?}"))
        .schema
}

#[test]
fn the_index_and_the_front_page_come_from_the_document() {
    let Parsed {
        description: api,
        warnings,
        ..
    } = parse(BOOKSHOP);
    assert_eq!(warnings, []);
    assert_eq!(
        (api.title().as_str(), api.version().as_str()),
        ("Bookshop", "1.4.0")
    );
    assert_eq!(api.description(), "Sells *books*.");
    assert_eq!(api.source_format(), SourceFormat::Yaml);
    assert_eq!(api.servers()[0].url, "https://eu.api.bookshop.example/v1");
    let ids: Vec<&str> = api.operations().iter().map(|o| o.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "listBooks",
            "addBook",
            "getBook",
            "removeBook",
            "put-books-bookId-cover",
            "featured"
        ]
    );
    let tags: Vec<(&str, &str)> = api
        .tags()
        .iter()
        .map(|t| (t.name.as_str(), t.description.as_str()))
        .collect();
    assert_eq!(tags, [("books", "What we sell."), ("orders", ""), ("extras", "")]);
    assert!(api.operation("removeBook").unwrap().summary.deprecated);
    assert_eq!(api.operation("addBook").unwrap().summary.summary, "POST /books");
}

#[test]
fn an_operation_shows_all_that_applies_to_it() {
    let api = parse(BOOKSHOP).description;
    let op = api.operation("listBooks").unwrap();
    let names: Vec<(&str, ParameterPlace)> =
        op.parameters.iter().map(|p| (p.name.as_str(), p.place)).collect();
    // The credential is no parameter; the path item's own parameter is one.
    assert_eq!(
        names,
        [
            ("limit", ParameterPlace::Query),
            ("genre", ParameterPlace::Query),
            ("price", ParameterPlace::Query),
            ("X-Trace", ParameterPlace::Header)
        ]
    );
    assert_eq!(op.parameters[0].schema.constraints, [">= 1", "<= 100"]);
    assert_eq!(op.parameters[0].schema.default, Some(json!(20)));
    assert_eq!(
        (op.parameters[1].style, op.parameters[1].explode),
        (Style::Form, false)
    );
    assert_eq!(op.parameters[2].style, Style::DeepObject);
    assert_eq!(op.security, [vec![SecurityScheme::HttpBearer]]);
    assert_eq!(op.servers[0].url, "https://eu.api.bookshop.example/v1");
    assert_eq!(op.responses[0].status, "200");
    let next = &op.responses[0].headers[0];
    assert_eq!(
        (next.name.as_str(), next.description.as_str()),
        ("X-Next", "Where the next page is.")
    );
    assert_eq!(
        (
            op.responses[1].status.as_str(),
            op.responses[1].description.as_str()
        ),
        ("default", "What went wrong.")
    );
    assert!(api.operation("getBook").unwrap().security.is_empty());
    assert_eq!(
        api.operation_by_method_and_path(Method::Get, "/books/{bookId}")
            .unwrap()
            .summary
            .id,
        "getBook"
    );
    assert!(
        api.operation_by_method_and_path(Method::Patch, "/books/{bookId}")
            .is_none()
    );
    assert!(api.operation("nothing").is_none());
}

#[test]
fn all_of_is_merged_and_a_recurring_schema_is_cut_where_it_recurs() {
    let api = parse(BOOKSHOP).description;
    let op = api.operation("getBook").unwrap();
    let book = op.responses[0].contents[0].schema.as_ref().unwrap();
    assert_eq!(book.name.as_deref(), Some("Book"));
    assert_eq!(book.types, ["object"]);
    let names: Vec<(&str, bool)> = book
        .properties
        .iter()
        .map(|p| (p.name.as_str(), p.required))
        .collect();
    assert_eq!(
        names,
        [
            ("title", true),
            ("genre", true),
            ("pages", false),
            ("sequelTo", false),
            ("id", true),
            ("related", false)
        ]
    );
    assert_eq!(property(book, "title").constraints, ["1 to 200 characters"]);
    assert_eq!(property(book, "pages").constraints, ["> 0"]);
    assert!(property(book, "pages").nullable);
    assert!(property(book, "id").read_only);
    let again = property(book, "related").items.as_ref().unwrap();
    assert!(again.cut && again.properties.is_empty());
    assert_eq!(again.name.as_deref(), Some("Book"));
    assert_eq!(
        op.responses[0].contents[0].example,
        Some(json!({"id": "b7", "title": "Momo", "genre": "novel"}))
    );
}

#[test]
fn an_example_is_made_from_the_schema_and_never_changes() {
    let api = parse(BOOKSHOP).description;
    let example = || {
        api.operation("addBook").unwrap().body.unwrap().contents[0]
            .example
            .clone()
            .unwrap()
    };
    let made = example();
    assert_eq!(made["title"], "string");
    assert_eq!(made["genre"], "novel");
    assert_eq!(made["pages"], 1);
    assert_eq!(
        made["sequelTo"].get("id"),
        None,
        "read-only values are not sent: {made}"
    );
    assert_eq!(made, example());
}

#[test]
fn odd_but_legal_documents_import() {
    let Parsed {
        description: api,
        warnings,
        ..
    } = parse(ODD);
    assert_eq!(api.version(), "2024-01-01");
    let ids: Vec<&str> = api.operations().iter().map(|o| o.id.as_str()).collect();
    assert_eq!(ids, ["get-things-id", "put-the-thing", "same", "same-2", "chain"]);

    let thing = api.operation("get-things-id").unwrap();
    // The variable that nothing describes can be filled all the same.
    assert_eq!(
        (thing.parameters[0].name.as_str(), thing.parameters[0].required),
        ("id", true)
    );
    let country = &thing.parameters[1].schema;
    assert_eq!(
        country.enumeration,
        [json!("NO"), json!("no"), json!("yes"), json!("on")],
        "NO is Norway"
    );
    assert!(country.nullable);
    assert_eq!(country.types, ["string"]);
    let statuses: Vec<&str> = thing.responses.iter().map(|r| r.status.as_str()).collect();
    assert_eq!(statuses, ["200", "4XX"]);

    let put = api.operation("put-the-thing").unwrap();
    let node = put.body.as_ref().unwrap().contents[0].schema.as_ref().unwrap();
    assert_eq!(node.name.as_deref(), Some("Node"));
    assert!(node.nullable && node.alternatives.is_none());
    assert_eq!(property(node, "value").constraints, ["> 0"]);
    assert!(property(node, "next").cut);

    let chain = api.operation("chain").unwrap();
    let schema = chain.responses[0].contents[0].schema.as_ref().unwrap();
    assert_eq!(property(schema, "deep").description, "Said beside the reference.");
    assert_eq!(property(schema, "deep").enumeration, [json!("end")]);
    assert!(property(schema, "far").cut && property(schema, "gone").cut && property(schema, "loop").cut);
    assert_eq!(property(schema, "never").constraints, ["no value is valid"]);

    let codes = |code: &str| warnings.iter().filter(|w| w.code == code).count();
    for (code, count) in [
        ("duplicate-operation-id", 1),
        ("internal-operation", 1),
        ("bad-path", 1),
        ("remote-ref", 1),
        ("broken-ref", 1),
        ("endless-ref", 2),
        ("undescribed-path-variable", 4),
    ] {
        assert_eq!(codes(code), count, "{code}: {warnings:#?}");
    }
    let far = warnings.iter().find(|w| w.code == "remote-ref").unwrap();
    let line = ODD.lines().position(|l| l.contains("far:")).unwrap() as u32 + 1;
    assert_eq!(far.line, Some(line));
    assert!(far.pointer.as_deref().unwrap().ends_with("/properties/far"));
}

#[test]
fn alternatives_are_listed_with_their_names() {
    let api = parse(
        "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n          \
         description: ok\n          content:\n            application/json:\n              schema:\n                oneOf: \
         [{$ref: '#/components/schemas/Cat'}, {title: Dog, type: object, properties: {bark: {type: string}}}]\ncomponents: \
         {schemas: {Cat: {type: object, properties: {purr: {type: boolean}}}}}",
    )
    .description;
    let op = api.operation("get-a").unwrap();
    let (kind, members) = op.responses[0].contents[0]
        .schema
        .as_ref()
        .unwrap()
        .alternatives
        .as_ref()
        .unwrap();
    assert_eq!(*kind, AlternativeKind::OneOf);
    let names: Vec<Option<&str>> = members.iter().map(|m| m.name.as_deref()).collect();
    assert_eq!(names, [Some("Cat"), Some("Dog")]);
    assert_eq!(op.responses[0].contents[0].example, Some(json!({"purr": true})));
}

#[test]
fn webhooks_alone_are_a_document() {
    let parsed = parse(r#"{"openapi": "3.1.0", "info": {"title": "Hooks", "version": "1"}, "webhooks": {}}"#);
    assert!(parsed.description.operations().is_empty());
    assert_eq!(parsed.description.source_format(), SourceFormat::Json);
    assert_eq!(parsed.warnings[0].code, "no-operations");
    assert_eq!(parsed.description.servers()[0].url, "/");
}

#[test]
fn newer_minors_import_with_a_warning_and_other_majors_do_not() {
    for (version, code) in [("3.3.0", "newer-version"), ("3.9", "newer-version")] {
        let parsed = parse(&format!(
            "openapi: {version}\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {{query: {{}}}}}}"
        ));
        assert_eq!(parsed.warnings[0].code, code);
        assert_eq!(parsed.description.operations()[0].method, Method::Query);
    }
    assert_eq!(refusal(b"openapi: 4.0.0\npaths: {}").code, "unsupported-version");
    assert_eq!(refusal(b"openapi: three\npaths: {}").code, "unsupported-version");
    let swagger = refusal(b"swagger: '1.2'\napis: []");
    assert_eq!((swagger.code, swagger.line), ("old-swagger", Some(1)));
    assert!(swagger.message.contains("Convert it first"));
    assert_eq!(refusal(b"title: hello").code, "no-version");
    assert_eq!(refusal(b"[1, 2]").code, "not-an-object");
    assert_eq!(refusal(b"just text").code, "not-an-object");
    assert_eq!(refusal(b"openapi: 3.0.0\npaths: []").code, "bad-paths");
}

#[test]
fn broken_text_is_refused_with_its_place() {
    let at = |text: &[u8]| {
        let d = refusal(text);
        (d.code, d.line, d.column)
    };
    assert_eq!(
        at(b"{\n  \"openapi\": \"3.0.0\",\n  \"paths\": {,}\n}"),
        ("json-syntax", Some(3), Some(13))
    );
    assert_eq!(
        at(b"{\"openapi\": \"3.0.0\"} x"),
        ("json-syntax", Some(1), Some(22))
    );
    assert_eq!(at(b"{\"a\": 1,\n \"a\": 2}").0, "duplicate-key");
    assert_eq!(at(b"{\"a\": 1,\n \"a\": 2}").1, Some(2));
    let (code, line, _) = at(b"openapi: 3.0.0\ninfo:\n  title: 'x\npaths: {}\n");
    assert_eq!(code, "yaml-syntax");
    assert!(line.is_some());
    assert_eq!(
        at(b"openapi: 3.0.0\ninfo:\n  title: a\n  title: b\n").0,
        "duplicate-key"
    );
    assert_eq!(at(b"openapi: 3.0.0\ninfo:\n  title: a\n  title: b\n").1, Some(4));
    assert_eq!(at(b"openapi: 3.0.0\nx: {200: a, '200': b}\n").0, "duplicate-key");
    assert_eq!(at(b"a: 1\n---\nb: 2\n").0, "several-documents");
    assert_eq!(at(b"open\xffapi: 1"), ("not-utf8", Some(1), Some(5)));
    assert_eq!(at(b"a: 1\nb: \0"), ("nul-byte", Some(2), Some(4)));
    assert_eq!(at(b" \n\t\n").0, "empty");
    assert_eq!(at(b"").0, "empty");
    assert_eq!(at(&[0x1f, 0x8b, 8, 0]).0, "not-utf8");
    assert_eq!(at(b"openapi: 3.0.0\npaths: *missing\n").0, "yaml-syntax");
}

#[test]
fn a_duplicate_key_is_named_with_its_pointer() {
    let d = refusal(br#"{"paths": {"/a/b": {"get": {"x": 1, "x": 2}}}}"#);
    assert_eq!(d.pointer.as_deref(), Some("/paths/~1a~1b/get/x"));
    assert!(d.message.contains("\"x\""), "{}", d.message);
}

#[test]
fn limits_hold() {
    let mut limits = Limits::default();
    limits.max_bytes = 100;
    let error = ApiDescription::parse_within(BOOKSHOP.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "too-large");
    let mut limits = Limits::default();
    limits.max_operations = 5;
    let error = ApiDescription::parse_within(BOOKSHOP.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "too-many-operations");
    assert!(error.diagnostics()[0].line.is_some());

    for depth in [99_usize, 101] {
        let json = format!(
            "{{\"openapi\":\"3.0.0\",\"paths\":{{}},\"x\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let yaml = format!(
            "openapi: 3.0.0\npaths: {{}}\nx: {}{}\n",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        for text in [json, yaml] {
            match ApiDescription::parse(text.as_bytes()) {
                Ok(_) => assert_eq!(depth, 99),
                Err(e) => assert_eq!((depth, e.diagnostics()[0].code), (101, "too-deep")),
            }
        }
    }
    for deep in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        "- ".repeat(50_000),
        "{a: ".repeat(50_000),
    ] {
        assert!(ApiDescription::parse(deep.as_bytes()).is_err());
    }
}

#[test]
fn an_alias_bomb_is_refused_and_modest_aliases_are_not() {
    let mut bomb = String::from(
        "openapi: 3.0.0\npaths: {}\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n",
    );
    for i in 1..30 {
        let refs = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{refs}]\n"));
    }
    assert_eq!(refusal(bomb.as_bytes()).code, "too-much-expansion");
    let mut merge = String::from("openapi: 3.0.0\npaths: {}\nm0: &m0 {a: 1, b: 2, c: 3, d: 4}\n");
    for i in 1..30 {
        merge.push_str(&format!(
            "m{i}: &m{i} {{<<: [*m{0}, *m{0}], x{i}: {{<<: *m{0}}}}}\n",
            i - 1
        ));
    }
    assert!(ApiDescription::parse(merge.as_bytes()).is_err());
    let long = format!(
        "openapi: 3.0.0\npaths: {{}}\nt: &t {}\nall: [{}]\n",
        "x".repeat(10_000),
        vec!["*t"; 100].join(",")
    );
    assert_eq!(refusal(long.as_bytes()).code, "too-much-expansion");
    parse(
        "openapi: 3.0.0\ninfo: &i {title: T, version: '1'}\npaths: {}\nx-info: *i\nx-more: {<<: *i, y: 1}\n",
    );
}

#[test]
fn at_most_fifty_findings_are_told() {
    let mut text = String::from("openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n");
    for i in 0..200 {
        text.push_str(&format!("  bad{i}: {{}}\n"));
    }
    assert_eq!(parse(&text).warnings.len(), ImportError::MAX_DIAGNOSTICS);
}

#[test]
fn thousands_of_equal_ids_become_unique() {
    let paths: serde_json::Map<String, serde_json::Value> = (0..5_000)
        .map(|i| (format!("/r{i}"), json!({"get": {"operationId": "same"}})))
        .collect();
    let doc = json!({"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": paths});
    let api = ApiDescription::parse(doc.to_string().as_bytes())
        .unwrap()
        .description;
    assert_eq!(api.operation("same-5000").unwrap().summary.path, "/r4999");
}

#[test]
fn flow_style_and_a_byte_order_mark_are_yaml_and_json() {
    let flow = parse("{openapi: 3.0.0, info: {title: T, version: '1'}, paths: {}}");
    assert_eq!(flow.description.source_format(), SourceFormat::Yaml);
    let bom = parse("\u{feff}{\"openapi\": \"3.0.0\", \"paths\": {}}");
    assert_eq!(bom.description.source_format(), SourceFormat::Json);
}

#[test]
fn ten_megabytes_import_and_a_page_stays_small() {
    let mut paths = serde_json::Map::new();
    let filler = "word ".repeat(200);
    for i in 0..4000 {
        paths.insert(
            format!("/r{i}/{{id}}"),
            json!({"get": {"operationId": format!("op{i}"), "description": filler, "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"200": {"description": filler,
                    "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/S{}", i % 100)}}}}}}}),
        );
    }
    // Every schema refers to ten others: resolved in full, this would be 10^100 nodes.
    let mut schemas = serde_json::Map::new();
    for i in 0..100 {
        let properties: serde_json::Map<String, serde_json::Value> = (0..10)
            .map(|p| {
                (
                    format!("p{p}"),
                    json!({"$ref": format!("#/components/schemas/S{}", (i * 7 + p * 13 + 1) % 100)}),
                )
            })
            .collect();
        schemas.insert(
            format!("S{i}"),
            json!({"type": "object", "properties": properties}),
        );
    }
    let doc = json!({"openapi": "3.0.3", "info": {"title": "Big", "version": "1"}, "paths": paths,
        "components": {"schemas": schemas}});
    let bytes = serde_json::to_vec(&doc).unwrap();
    assert!(
        bytes.len() > 9_000_000 && bytes.len() < 10 << 20,
        "{}",
        bytes.len()
    );
    let api = ApiDescription::parse(&bytes).unwrap().description;
    assert_eq!(api.operations().len(), 4000);
    let op = api.operation("op3999").unwrap();
    let nodes = count(op.responses[0].contents[0].schema.as_ref().unwrap());
    assert!((100..=1_500).contains(&nodes), "{nodes}");
    assert_eq!(api.match_path(Method::Get, "/r3999/7").unwrap().0.id, "op3999");
}

fn count(schema: &SchemaView) -> usize {
    1 + schema.properties.iter().map(|p| count(&p.schema)).sum::<usize>()
        + schema.items.as_deref().map_or(0, count)
        + schema.additional.as_deref().map_or(0, count)
        + schema
            .alternatives
            .as_ref()
            .map_or(0, |(_, members)| members.iter().map(count).sum())
}

/// Renders all of a description, as pages, samples and the playground would.
fn render_all(api: &ApiDescription) {
    for summary in api.operations() {
        let op = api.operation(&summary.id).unwrap();
        assert_eq!(op.summary, *summary);
        let inputs = request::example_inputs(&op);
        if let Ok(plain) = request::build(&op, &inputs) {
            assert!(plain.path.starts_with('/'));
            let context = Context {
                base_url: "https://a.example",
                security: &[],
                key_variable: "K",
            };
            for language in Language::AVAILABLE {
                assert!(!sample::render(*language, &plain, &context).is_empty());
            }
            let _ = api.match_path(summary.method, &plain.path);
        }
        if let Some(body) = &inputs.body {
            let _ = request::body_warnings(api, &summary.id, "application/json", body);
        }
    }
    let _ = (
        api.title(),
        api.version(),
        api.description(),
        api.servers(),
        api.tags(),
    );
}

/// Values built from the words of OpenAPI, put together wrongly more often than not.
fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let word = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "$ref",
        "allOf",
        "oneOf",
        "anyOf",
        "enum",
        "required",
        "schema",
        "content",
        "name",
        "in",
        "path",
        "query",
        "object",
        "array",
        "string",
        "null",
        "#/paths",
        "#/components/schemas/A",
        "#",
        "example",
        "application/json",
        "multipart/form-data",
        "style",
        "deepObject",
        "additionalProperties",
        "prefixItems",
        "minimum",
        "exclusiveMinimum",
        "parameters",
        "requestBody",
        "responses",
        "200",
        "get",
        "/{a}",
        "default",
        "examples",
        "value",
        "servers",
        "url",
        "variables",
        "security",
        "tags",
        "encoding",
        "format",
        "binary",
        "minLength",
        "minItems",
    ]);
    let leaf = prop_oneof![
        word.clone().prop_map(|w| json!(w)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        Just(json!(null)),
        ".{0,8}".prop_map(|t| json!(t)),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_schema_parameter_and_body_can_be_shown(a in any_value(), b in any_value(), c in any_value(), d in any_value()) {
        let doc = json!({"openapi": "3.1.0", "info": a, "servers": b, "tags": c,
            "components": {"schemas": {"A": a, "B": b}, "securitySchemes": {"s": d}},
            "security": [{"s": []}],
            "paths": {"/{a}/b": {"parameters": [c, {"name": "a", "in": "path", "schema": d}, {"name": "q", "in": "query", "schema": a, "example": b}],
                "post": {"requestBody": {"required": true, "content": {"application/json": {"schema": b}, "multipart/form-data": c}},
                    "responses": {"200": {"description": 1, "content": {"a/b": {"schema": {"allOf": [a, c, {"$ref": "#/components/schemas/A"}]}}}, "headers": d}}},
                "get": c, "put": {"requestBody": d, "responses": a, "security": b, "servers": c, "parameters": d}}}});
        if let Ok(parsed) = ApiDescription::parse(doc.to_string().as_bytes()) {
            render_all(&parsed.description);
        }
    }

    #[test]
    fn damaged_documents_are_read_or_refused(at in prop::collection::vec((0usize..BOOKSHOP.len(), any::<u8>(), 0u8..3), 1..8), odd in any::<bool>()) {
        let mut bytes = if odd { ODD } else { BOOKSHOP }.as_bytes().to_vec();
        for (place, byte, kind) in at {
            let place = place % bytes.len();
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte % 128),
                _ => drop(bytes.drain(place..(place + usize::from(byte)).min(bytes.len()))),
            }
            if bytes.is_empty() {
                break;
            }
        }
        match ApiDescription::parse(&bytes) {
            Ok(parsed) => render_all(&parsed.description),
            Err(error) => prop_assert!(!error.diagnostics().is_empty()),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-{}\\[\\]:,&*!|>'\"%@`#a-c0 \n\t?~.<]{0,120}") {
        let with_head = format!("openapi: 3.0.0\npaths: {{}}\n{text}");
        for text in [text, with_head] {
            if let Err(error) = ApiDescription::parse(text.as_bytes()) {
                prop_assert!(!error.diagnostics().is_empty());
            }
        }
    }

    #[test]
    fn json_and_yaml_are_the_same_document(value in any_value()) {
        let doc = json!({"openapi": "3.0.0", "paths": {}, "x": value});
        let Ok(yaml) = serde_saphyr::to_string(&doc) else { return Ok(()) };
        let json = ApiDescription::parse(doc.to_string().as_bytes()).unwrap();
        let yaml = ApiDescription::parse(yaml.as_bytes()).unwrap();
        prop_assert_eq!(json.description.document(), yaml.description.document());
    }
}
