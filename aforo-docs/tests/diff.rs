//! What changed between two versions: each rule of the table, and what must hold whatever the documents say.

#![allow(clippy::unwrap_used)] // helpers of a test: what they unwrap is what they claim

use std::collections::BTreeSet;

use aforo_docs::spec::{
    diff::{ChangeKind, RULES, Severity, SpecDiff, compare, same_operation},
    openapi::ApiDescription,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(document: &Value) -> ApiDescription {
    let text = document.to_string();
    let parsed = ApiDescription::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    parsed.description
}

fn diff(old: &Value, new: &Value) -> SpecDiff {
    compare(&read(old), &read(new))
}

/// A document with these fields beside the ones that every document has.
fn document(fields: Value) -> Value {
    let mut document = json!({"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": {}});
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

/// One operation, `GET /pets`, with these fields.
fn operation(fields: Value) -> Value {
    let mut operation = json!({"operationId": "list", "responses": {"200": {"description": "ok"}}});
    for (name, value) in fields.as_object().unwrap() {
        operation[name] = value.clone();
    }
    document(json!({"paths": {"/pets": {"get": operation}}}))
}

fn parameters(all: Value) -> Value {
    operation(json!({"parameters": all}))
}

/// An operation that takes this.
fn sent(schema: Value) -> Value {
    operation(json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}))
}

/// An operation that gives this.
fn received(schema: Value) -> Value {
    operation(json!({"responses": {"200": {"description": "ok",
        "content": {"application/json": {"schema": schema}}}}}))
}

/// Rules that one step reports, and the other way round.
struct Case {
    old: Value,
    new: Value,
    there: &'static [&'static str],
    back: &'static [&'static str],
}

fn case(old: Value, new: Value, there: &'static [&'static str], back: &'static [&'static str]) -> Case {
    Case {
        old,
        new,
        there,
        back,
    }
}

fn rules_of(diff: &SpecDiff) -> Vec<&str> {
    diff.changes.iter().map(|change| change.rule.as_str()).collect()
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// Operations, parameters and what the document says as a whole.
fn cases_of_operations() -> Vec<Case> {
    let none = document(json!({}));
    let header = |names: &[&str]| {
        let headers: serde_json::Map<String, Value> = names
            .iter()
            .map(|n| ((*n).to_owned(), json!({"schema": {"type": "string"}})))
            .collect();
        operation(json!({"responses": {"200": {"description": "ok", "headers": headers}}}))
    };
    let limit = |fields: Value| {
        let mut parameter = json!({"name": "limit", "in": "query", "schema": {"type": "integer"}});
        for (name, value) in fields.as_object().unwrap() {
            parameter[name] = value.clone();
        }
        parameters(json!([parameter]))
    };
    let body = |fields: Value| {
        let mut body = json!({"content": {"application/json": {"schema": {"type": "object"}}}});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        operation(json!({"requestBody": body}))
    };
    let types = |names: &[&str]| {
        let contents: serde_json::Map<String, Value> =
            names.iter().map(|n| ((*n).to_owned(), json!({}))).collect();
        json!({"description": "ok", "content": contents})
    };
    let statuses = |names: &[&str]| {
        let all: serde_json::Map<String, Value> = names
            .iter()
            .map(|n| ((*n).to_owned(), json!({"description": "?"})))
            .collect();
        operation(json!({"responses": all}))
    };
    let secured = |security: Value| {
        let mut document = operation(json!({"security": security}));
        document["components"] = json!({"securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
            "oauth": {"type": "oauth2", "flows": {}},
        }});
        document
    };
    vec![
        case(
            operation(json!({})),
            none,
            &["operation-removed"],
            &["operation-added"],
        ),
        case(
            operation(json!({})),
            operation(json!({"deprecated": true})),
            &["operation-deprecated"],
            &["operation-undeprecated"],
        ),
        case(
            operation(json!({})),
            operation(json!({"operationId": "listPets"})),
            &["operation-id-changed"],
            &["operation-id-changed"],
        ),
        case(
            document(json!({"webhooks": {"born": {"post": {"responses": {}}}}})),
            document(json!({"webhooks": {}})),
            &["webhook-removed"],
            &["webhook-added"],
        ),
        case(
            parameters(json!([])),
            limit(json!({"required": true})),
            &["parameter-added-required"],
            &["parameter-removed"],
        ),
        case(
            parameters(json!([])),
            limit(json!({})),
            &["parameter-added"],
            &["parameter-removed"],
        ),
        case(
            limit(json!({})),
            limit(json!({"required": true})),
            &["parameter-became-required"],
            &["parameter-became-optional"],
        ),
        case(
            limit(json!({"schema": {"type": "array", "items": {"type": "string"}}})),
            limit(json!({"explode": false, "schema": {"type": "array", "items": {"type": "string"}}})),
            &["parameter-style-changed"],
            &["parameter-style-changed"],
        ),
        case(
            limit(json!({})),
            limit(json!({"deprecated": true})),
            &["parameter-deprecated"],
            &[],
        ),
        case(
            limit(json!({})),
            limit(json!({"schema": {"type": "integer", "maximum": 100}})),
            &["request-constraint-tightened"],
            &["request-constraint-loosened"],
        ),
        case(
            operation(json!({})),
            body(json!({"required": true})),
            &["body-added-required"],
            &["body-removed"],
        ),
        case(
            operation(json!({})),
            body(json!({})),
            &["body-added"],
            &["body-removed"],
        ),
        case(
            body(json!({})),
            body(json!({"required": true})),
            &["body-became-required"],
            &["body-became-optional"],
        ),
        case(
            body(json!({"content": {"application/json": {}, "text/csv": {}}})),
            body(json!({"content": {"application/json": {}}})),
            &["request-media-type-removed"],
            &["request-media-type-added"],
        ),
        case(
            operation(json!({"responses": {"200": types(&["application/json", "text/csv"])}})),
            operation(json!({"responses": {"200": types(&["application/json; charset=utf-8"])}})),
            &["response-media-type-removed"],
            &["response-media-type-added"],
        ),
        case(
            statuses(&["200", "201"]),
            statuses(&["200"]),
            &["response-success-removed"],
            &["response-success-added"],
        ),
        case(
            statuses(&["200", "404"]),
            statuses(&["200"]),
            &["response-error-removed"],
            &["response-error-added"],
        ),
        case(
            header(&["X-Total"]),
            header(&[]),
            &["response-header-removed"],
            &["response-header-added"],
        ),
        // The same headers and parameters in other spellings are the same.
        case(header(&["X-Total"]), header(&["x-total"]), &[], &[]),
        case(
            secured(json!([])),
            secured(json!([{"key": []}])),
            &["security-added"],
            &["security-removed"],
        ),
        case(
            secured(json!([{"key": []}, {"bearer": []}])),
            secured(json!([{"key": []}])),
            &["security-alternative-removed"],
            &["security-alternative-added"],
        ),
        case(
            secured(json!([{"oauth": ["read"]}])),
            secured(json!([{"oauth": ["read", "write"]}])),
            &["security-scope-added"],
            &["security-scope-removed"],
        ),
        case(
            document(json!({"servers": [{"url": "https://a.test"}]})),
            document(json!({"servers": [{"url": "https://b.test"}]})),
            &["server-removed", "server-added"],
            &["server-removed", "server-added"],
        ),
    ]
}

/// Schemas, sent and received: the old one, the new one, rules when sent (there and back) and when received.
type SchemaCase = (
    Value,
    Value,
    [&'static [&'static str]; 2],
    [&'static [&'static str]; 2],
);

fn cases_of_schemas() -> Vec<SchemaCase> {
    let text = || json!({"type": "string"});
    vec![
        (
            object(json!({"a": text()})),
            object(json!({"a": text(), "b": text()})),
            [&["request-property-added"], &["request-property-removed"]],
            [&["response-property-added"], &["response-property-removed"]],
        ),
        (
            object(json!({"a": text()})),
            json!({"type": "object", "properties": {"a": text(), "b": text()}, "required": ["b"]}),
            [
                &["request-property-added-required"],
                &["request-property-removed"],
            ],
            [&["response-property-added"], &["response-property-removed"]],
        ),
        (
            json!({"type": "object", "additionalProperties": false, "properties": {"a": text()}}),
            json!({"type": "object", "additionalProperties": false, "properties": {"a": text(), "b": text()}}),
            [&["request-property-added"], &["request-property-refused"]],
            [&["response-property-added"], &["response-property-removed"]],
        ),
        (
            object(json!({"a": text()})),
            json!({"type": "object", "properties": {"a": text()}, "required": ["a"]}),
            [
                &["request-property-became-required"],
                &["request-property-became-optional"],
            ],
            [
                &["response-property-became-required"],
                &["response-property-became-optional"],
            ],
        ),
        (
            object(json!({"a": text()})),
            object(json!({"a": {"type": "string", "readOnly": true}})),
            [
                &["request-property-became-read-only"],
                &["request-property-added"],
            ],
            [&[], &[]],
        ),
        (
            object(json!({"a": text()})),
            object(json!({"a": {"type": "string", "writeOnly": true}})),
            [&[], &[]],
            [&["response-property-removed"], &["response-property-added"]],
        ),
        (
            text(),
            json!({"type": "integer"}),
            [&["request-type-changed"], &["request-type-changed"]],
            [&["response-type-changed"], &["response-type-changed"]],
        ),
        (
            json!({"type": "integer"}),
            json!({"type": "number"}),
            [&["request-type-widened"], &["request-type-narrowed"]],
            [&["response-type-widened"], &["response-type-narrowed"]],
        ),
        (
            text(),
            json!({}),
            [&["request-type-widened"], &["request-type-narrowed"]],
            [&["response-type-widened"], &["response-type-narrowed"]],
        ),
        (
            text(),
            json!({"type": ["string", "null"]}),
            [&["request-null-allowed"], &["request-null-refused"]],
            [&["response-null-allowed"], &["response-null-gone"]],
        ),
        (
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["b", "a", "c"]}),
            [&["request-enum-value-added"], &["request-enum-value-removed"]],
            [&["response-enum-value-added"], &["response-enum-value-removed"]],
        ),
        (
            text(),
            json!({"type": "string", "enum": ["a"]}),
            [&["request-enum-value-removed"], &["request-enum-value-added"]],
            [&["response-enum-value-removed"], &["response-enum-value-added"]],
        ),
        (
            json!({"type": "string", "format": "date"}),
            json!({"type": "string", "format": "date-time"}),
            [&["request-format-changed"], &["request-format-changed"]],
            [&["response-format-changed"], &["response-format-changed"]],
        ),
        (
            text(),
            json!({"type": "string", "format": "uuid"}),
            [&["request-format-added"], &["request-format-removed"]],
            [&["response-format-added"], &["response-format-removed"]],
        ),
        (
            json!({"type": "string", "maxLength": 10}),
            json!({"type": "string", "maxLength": 9}),
            [
                &["request-constraint-tightened"],
                &["request-constraint-loosened"],
            ],
            [
                &["response-constraint-tightened"],
                &["response-constraint-loosened"],
            ],
        ),
        (
            json!({"type": "integer", "minimum": 1}),
            json!({"type": "integer", "exclusiveMinimum": 1}),
            [
                &["request-constraint-tightened"],
                &["request-constraint-loosened"],
            ],
            [
                &["response-constraint-tightened"],
                &["response-constraint-loosened"],
            ],
        ),
        (
            json!({"type": "integer", "maximum": 1}),
            json!({"type": "integer", "exclusiveMaximum": 1}),
            [
                &["request-constraint-tightened"],
                &["request-constraint-loosened"],
            ],
            [
                &["response-constraint-tightened"],
                &["response-constraint-loosened"],
            ],
        ),
        (
            text(),
            json!({"type": "string", "pattern": "^a"}),
            [
                &["request-constraint-tightened"],
                &["request-constraint-loosened"],
            ],
            [
                &["response-constraint-tightened"],
                &["response-constraint-loosened"],
            ],
        ),
        (
            json!({"type": "array", "items": text()}),
            json!({"type": "array", "items": text(), "uniqueItems": true, "minItems": 0}),
            [
                &["request-constraint-tightened"],
                &["request-constraint-loosened"],
            ],
            [
                &["response-constraint-tightened"],
                &["response-constraint-loosened"],
            ],
        ),
        (
            json!({"type": "integer", "default": 10}),
            json!({"type": "integer", "default": 20}),
            [&["request-default-changed"], &["request-default-changed"]],
            [&[], &[]],
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}),
            [&["request-variant-added"], &["request-variant-removed"]],
            [&["response-variant-added"], &["response-variant-removed"]],
        ),
        (
            text(),
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
            [&["request-variant-added"], &["request-variant-removed"]],
            [&["response-variant-added"], &["response-variant-removed"]],
        ),
        (
            object(json!({"a": text()})),
            json!({"type": "object", "properties": {"a": text()}, "additionalProperties": false}),
            [&["request-object-closed"], &["request-object-opened"]],
            [&[], &[]],
        ),
        // Deeper: items, further properties, members of an allOf.
        (
            json!({"type": "array", "items": object(json!({"a": text()}))}),
            json!({"type": "array", "items": object(json!({}))}),
            [&["request-property-removed"], &["request-property-added"]],
            [&["response-property-removed"], &["response-property-added"]],
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            [&["request-type-changed"], &["request-type-changed"]],
            [&["response-type-changed"], &["response-type-changed"]],
        ),
        // The same said otherwise is the same.
        (
            object(json!({"a": text(), "b": text()})),
            json!({"allOf": [object(json!({"a": text()})), object(json!({"b": text()}))]}),
            [&[], &[]],
            [&[], &[]],
        ),
        (
            json!({"type": ["string", "null"]}),
            json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
            [&[], &[]],
            [&[], &[]],
        ),
        (
            json!({"type": "string", "description": "one", "example": "x"}),
            json!({"type": "string", "description": "two", "example": "y", "title": "T"}),
            [&[], &[]],
            [&[], &[]],
        ),
    ]
}

fn every_case() -> Vec<Case> {
    let mut all = cases_of_operations();
    for (old, new, [sent_there, sent_back], [received_there, received_back]) in cases_of_schemas() {
        all.push(case(sent(old.clone()), sent(new.clone()), sent_there, sent_back));
        all.push(case(received(old), received(new), received_there, received_back));
    }
    all
}

#[test]
fn each_rule_reports_what_it_is_for() {
    let mut reported = BTreeSet::new();
    for case in every_case() {
        for (old, new, expected) in [
            (&case.old, &case.new, case.there),
            (&case.new, &case.old, case.back),
        ] {
            let found = diff(old, new);
            let (mut rules, mut expected) = (rules_of(&found), expected.to_vec());
            reported.extend(rules.iter().map(|rule| (*rule).to_owned()));
            rules.sort_unstable();
            expected.sort_unstable();
            assert_eq!(rules, expected, "from {old}\nto {new}");
        }
    }
    let missing: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !reported.contains(*id))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "rules without a case");
}

#[test]
fn what_came_on_the_way_there_goes_on_the_way_back() {
    for case in every_case() {
        // A parameter that is deprecated no more is no news.
        if case.there == ["parameter-deprecated"] {
            continue;
        }
        let kinds = |diff: &SpecDiff, reverse: bool| {
            let mut kinds: Vec<(ChangeKind, String)> = diff
                .changes
                .iter()
                .map(|change| {
                    let kind = match (change.kind, reverse) {
                        (ChangeKind::Added, true) => ChangeKind::Removed,
                        (ChangeKind::Removed, true) => ChangeKind::Added,
                        (kind, _) => kind,
                    };
                    (kind, change.place.clone())
                })
                .collect();
            kinds.sort();
            kinds
        };
        let (there, back) = (diff(&case.old, &case.new), diff(&case.new, &case.old));
        assert_eq!(
            kinds(&there, false),
            kinds(&back, true),
            "from {}\nto {}",
            case.old,
            case.new
        );
    }
}

#[test]
fn each_document_is_like_itself() {
    for case in every_case() {
        assert_eq!(diff(&case.old, &case.old), SpecDiff::default());
        assert_eq!(diff(&case.new, &case.new), SpecDiff::default());
    }
}

#[test]
fn breaking_changes_come_first_and_are_counted() {
    let old = received(object(json!({"a": {"type": "string"}, "b": {"enum": ["x"]}})));
    let new = received(object(
        json!({"b": {"enum": ["x", "y"]}, "c": {"type": "string"}}),
    ));
    let found = diff(&old, &new);
    let classes: Vec<Severity> = found.changes.iter().map(|change| change.severity).collect();
    assert_eq!(classes, [Severity::Breaking, Severity::Warning, Severity::Info]);
    let totals = found.totals;
    assert_eq!((totals.breaking, totals.warnings, totals.infos), (1, 1, 1));
    let first = &found.changes[0];
    assert_eq!(first.place, "response 200 › a");
    assert_eq!(
        first.pointer,
        "/paths/~1pets/get/responses/200/content/application~1json/schema/properties/a"
    );
    assert!(found.clone().shortened(1).is_breaking());
    assert_eq!(found.shortened(1).totals, totals);
}

/// Names of path parameters are nobody's business; the order of operations neither.
#[test]
fn what_does_not_matter_is_not_reported() {
    let path = |name: &str| {
        let parameter = json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
        let operation = json!({"parameters": [parameter], "responses": {"200": {"description": "ok"}}});
        document(json!({"paths": {
            format!("/pets/{{{name}}}"): {"get": operation, "delete": {"responses": {}}},
        }}))
    };
    assert_eq!(diff(&path("id"), &path("petId")), SpecDiff::default());
}

/// Two components that refer to each other, used by three operations.
fn circular(name_type: &str) -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let gives = |schema: Value| json!({"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}});
    document(json!({
        "paths": {
            "/pets": gives(json!({"type": "array", "items": reference("Pet")})),
            "/owners": gives(reference("Owner")),
            "/other": gives(json!({"type": "string"})),
        },
        "components": {"schemas": {
            "Pet": object(json!({"name": {"type": name_type}, "owner": reference("Owner"), "self": reference("Pet")})),
            "Owner": object(json!({"pets": {"type": "array", "items": {"allOf": [reference("Pet")], "description": "x"}}})),
        }},
    }))
}

#[test]
fn a_changed_component_is_reported_once_with_every_operation_that_it_reaches() {
    let found = diff(&circular("string"), &circular("integer"));
    assert_eq!(rules_of(&found), ["response-type-changed"]);
    let change = &found.changes[0];
    assert_eq!((change.place.as_str(), change.affected), ("Pet › name", 2));
    assert_eq!(change.pointer, "/components/schemas/Pet/properties/name");
    let paths: Vec<&str> = change.operations.iter().map(|o| o.path.as_str()).collect();
    assert_eq!(paths, ["/pets", "/owners"]);
}

#[test]
fn an_operation_is_the_same_when_nothing_that_it_uses_changed() {
    let (old, new) = (read(&circular("string")), read(&circular("integer")));
    let id = |path: &str| {
        old.operations()
            .iter()
            .find(|o| o.path == path)
            .unwrap()
            .id
            .clone()
    };
    assert!(same_operation(&old, &new, &id("/other")));
    assert!(!same_operation(&old, &new, &id("/pets")));
    assert!(!same_operation(&old, &new, "unknown"));
}

/// A chain of 20,000 components does not use up the stack, and pairs are compared once each.
#[test]
fn long_chains_and_many_uses_are_compared_in_time() {
    let chain = |last: &str| {
        let mut schemas = serde_json::Map::new();
        for n in 0..20_000 {
            let next = json!({"$ref": format!("#/components/schemas/S{}", n + 1)});
            schemas.insert(format!("S{n}"), object(json!({"a": next, "b": next, "c": next})));
        }
        schemas.insert("S20000".into(), json!({"type": last}));
        let schema = json!({"$ref": "#/components/schemas/S0"});
        document(json!({
            "paths": {"/a": {"get": {"responses": {"200": {"description": "ok",
                "content": {"application/json": {"schema": schema}}}}}}},
            "components": {"schemas": schemas},
        }))
    };
    let (old, new) = (read(&chain("string")), read(&chain("integer")));
    let began = std::time::Instant::now();
    assert_eq!(rules_of(&compare(&old, &new)), ["response-type-changed"]);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

/// Schemas with references into each other, of every shape.
fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!({"type": "string"})),
        Just(json!({"type": ["integer", "null"], "minimum": 3})),
        Just(json!({"enum": ["a", 1, null]})),
        (0..4).prop_map(|n| json!({"$ref": format!("#/components/schemas/S{n}")})),
        Just(json!({"$ref": "#/nowhere"})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::btree_map("[abc]", inner.clone(), 0..4)
                .prop_map(|p| json!({"type": "object", "properties": p, "required": ["a"]})),
            inner.clone().prop_map(|i| json!({"type": "array", "items": i})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|all| json!({"allOf": all})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"oneOf": all})),
            inner.prop_map(|i| json!({"type": "object", "additionalProperties": i})),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Value> {
    (prop::collection::vec(any_schema(), 4), any_schema(), any_schema()).prop_map(|(schemas, takes, gives)| {
        let mut document = operation(json!({
            "requestBody": {"content": {"application/json": {"schema": takes}}},
            "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": gives}}}},
        }));
        let named: serde_json::Map<String, Value> =
            schemas.into_iter().enumerate().map(|(n, schema)| (format!("S{n}"), schema)).collect();
        document["components"] = json!({"schemas": named});
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_document_differs_from_itself(document in any_document()) {
        prop_assert_eq!(diff(&document, &document), SpecDiff::default());
    }
    #[test]
    fn any_two_documents_are_compared_and_both_ways_agree_on_whether_they_differ(
        old in any_document(),
        new in any_document(),
    ) {
        let (there, back) = (diff(&old, &new), diff(&new, &old));
        // Only a default, or a property that is read-only, is seen from one side only.
        prop_assert_eq!(there.is_empty(), back.is_empty());
        let count = |diff: &SpecDiff, kind| diff.changes.iter().filter(|c| c.kind == kind).count();
        prop_assert_eq!(count(&there, ChangeKind::Added) == 0, count(&back, ChangeKind::Removed) == 0);
    }
}

/// What readers do not see is not told in the changelog either.
#[test]
fn what_is_internal_stays_out() {
    let secret = |kind: &str| {
        json!({"type": "object", "properties": {
            "name": {"type": "string"},
            "secretField": {"type": kind, "x-internal": true, "enum": [kind]},
            "nested": {"type": "object", "properties": {"secretInner": {"x-internal": true, "type": kind}}},
        }, "required": ["name", "secretField"]})
    };
    let without = json!({"type": "object", "properties": {"name": {"type": "string"},
        "nested": {"type": "object"}}, "required": ["name"]});
    for make in [sent, received] {
        for (old, new) in [
            (secret("string"), secret("integer")),
            (secret("string"), without.clone()),
            (without.clone(), secret("string")),
        ] {
            let changes = diff(&make(old), &make(new)).changes;
            let text = format!("{changes:?}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
    let parameter = |kind: &str| {
        parameters(
            json!([{"name": "secretDebug", "in": "query", "x-internal": true, "schema": {"type": kind}}]),
        )
    };
    assert!(diff(&parameter("string"), &parameter("integer")).is_empty());
    assert!(diff(&parameters(json!([])), &parameter("integer")).is_empty());
    let hook = |internal: bool| {
        document(json!({"webhooks": {"secretHook": {"x-internal": internal, "post": {"responses": {}}}}}))
    };
    assert!(diff(&document(json!({})), &hook(true)).is_empty());
    assert_eq!(diff(&document(json!({})), &hook(false)).changes.len(), 1);
    // Made internal is gone for readers; made public is new.
    let shown = |internal: bool| {
        received(json!({"type": "object", "properties": {"id": {"type": "string", "x-internal": internal}}}))
    };
    assert_eq!(
        diff(&shown(false), &shown(true)).changes[0].rule,
        "response-property-removed"
    );
    assert_eq!(
        diff(&shown(true), &shown(false)).changes[0].rule,
        "response-property-added"
    );
    // A component that is internal is no property's business.
    let component = |internal: bool| {
        let mut document = received(
            json!({"type": "object", "properties": {"secretRef": {"$ref": "#/components/schemas/Hidden"}}}),
        );
        document["components"] = json!({"schemas": {"Hidden": {"type": "object", "x-internal": internal, "properties": {"a": {"type": "string"}}}}});
        document
    };
    let changed = {
        let mut document = component(true);
        document["components"]["schemas"]["Hidden"]["properties"] = json!({"secretB": {"type": "integer"}});
        document
    };
    assert!(diff(&component(true), &changed).is_empty());
}
