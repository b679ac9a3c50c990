#![allow(clippy::unwrap_used)] // a test that cannot read its own fixture has failed

//! A body as fields: both views are of one body, and nothing that was typed is lost.

use aforo_docs::{
    request::{
        self, FileInput, TryInputs,
        form::{self, Edit, FormNode, NodeKind},
    },
    spec::{model::Operation, openapi::ApiDescription},
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn operation(media_type: &str, schema: &Value) -> Operation {
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"post": {"operationId": "a", "requestBody": {"content": {media_type: {"schema": schema}}},
            "responses": {"200": {"description": "ok"}}}}},
    });
    let text = document.to_string();
    let imported = ApiDescription::parse(text.as_bytes()).unwrap();
    imported.description.operation("a").unwrap()
}

fn pet() -> Value {
    json!({"type": "object", "required": ["name", "kind"], "properties": {
        "name": {"type": "string"},
        "kind": {"type": "string", "enum": ["cat", "dog"]},
        "age": {"type": "integer"},
        "weight": {"type": "number"},
        "vaccinated": {"type": "boolean"},
        "a/b~c": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "toys": {"type": "array", "items": {"type": "object", "properties": {"label": {"type": "string"}}}},
        "owner": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}},
        "extra": {},
        "home": {"oneOf": [
            {"type": "object", "required": ["rooms"], "properties": {"rooms": {"type": "integer"}}},
            {"type": "object", "required": ["floor"], "properties": {"floor": {"type": "integer"}}},
        ]},
    }})
}

/// The body that these fields make of that one.
fn compose(base: &Value, fields: &[(&str, &str)], alternatives: &[(&str, usize)]) -> Value {
    let inputs = TryInputs {
        body: Some(Value::String(base.to_string())),
        fields: fields
            .iter()
            .map(|(p, v)| ((*p).to_owned(), (*v).to_owned()))
            .collect(),
        alternatives: alternatives.iter().map(|(p, n)| ((*p).to_owned(), *n)).collect(),
        ..TryInputs::default()
    };
    form::composed(&operation("application/json", &pet()), &inputs).unwrap()
}

/// Every field of a form with its text, as a browser sends them.
fn sent(node: &FormNode<'_>, out: &mut Vec<(String, String)>) {
    match &node.kind {
        NodeKind::Group { fields: inner, .. } | NodeKind::List { items: inner } => {
            inner.iter().for_each(|node| sent(node, out));
        }
        NodeKind::OneOf { inner, .. } => sent(inner, out),
        NodeKind::Text { value, .. }
        | NodeKind::Number { value }
        | NodeKind::Choice { value, .. }
        | NodeKind::Json { value } => out.push((node.pointer.clone(), value.clone())),
        _ => {}
    }
}

#[test]
fn fields_make_the_values_that_the_schema_asks_for() {
    let fields = [
        ("/name", "Tom"),
        ("/kind", "cat"),
        ("/age", "3"),
        ("/weight", "4.50"),
        ("/vaccinated", "false"),
        ("/a~1b~0c", "x"),
        ("/owner/email", "a@b.test"),
        ("/extra", "{\"deep\": [1]}"),
    ];
    assert_eq!(
        compose(&json!({}), &fields, &[]),
        json!({"name": "Tom", "kind": "cat", "age": 3, "weight": 4.5, "vaccinated": false, "a/b~c": "x",
            "owner": {"email": "a@b.test"}, "extra": {"deep": [1]}})
    );
}

#[test]
fn what_no_field_shows_and_what_nobody_touched_stays() {
    let base =
        json!({"name": "Tom", "unknown": {"kept": [1, null]}, "weight": 1.50, "age": null, "a/b~c": ""});
    let untouched = [
        ("/name", "Tom"),
        ("/weight", "1.5"),
        ("/age", ""),
        ("/a~1b~0c", ""),
        ("/kind", ""),
    ];
    assert_eq!(compose(&base, &untouched, &[]), base);
    // An emptied field is left out; a field of a place that the form does not have is not taken.
    let emptied = compose(
        &base,
        &[("/name", ""), ("/nothing", "x"), ("/unknown/kept/0", "2")],
        &[],
    );
    assert_eq!(
        emptied,
        json!({"unknown": {"kept": [1, null]}, "weight": 1.5, "age": null, "a/b~c": ""})
    );
}

#[test]
fn what_is_no_such_value_stays_a_text_for_the_check_to_tell() {
    let body = compose(&json!({}), &[("/age", "many"), ("/extra", "{not json")], &[]);
    assert_eq!(body, json!({"age": "many", "extra": "{not json"}));
    // More digits than a number type holds would come out as another number.
    let body = compose(&json!({}), &[("/age", "123456789012345678901234567890")], &[]);
    assert_eq!(body, json!({"age": "123456789012345678901234567890"}));
}

#[test]
fn items_come_and_go_by_their_buttons() {
    let operation = operation("application/json", &pet());
    let content = &operation.body.as_ref().unwrap().contents[0];
    let mut body = json!({"tags": ["a"]});
    form::edit(content, &mut body, &[], &Edit::Add("/tags".into()));
    form::edit(content, &mut body, &[], &Edit::Add("/toys".into()));
    assert_eq!(body, json!({"tags": ["a", ""], "toys": [{}]}));
    assert_eq!(
        compose(
            &body,
            &[("/tags/0", "a"), ("/tags/1", "b"), ("/toys/0/label", "ball")],
            &[]
        ),
        json!({"tags": ["a", "b"], "toys": [{"label": "ball"}]})
    );
    form::edit(content, &mut body, &[], &Edit::Remove("/tags/0".into()));
    assert_eq!(body["tags"], json!([""]));
    // What does not fit changes nothing.
    let before = body.clone();
    for edit in [
        Edit::Remove("/tags/7".into()),
        Edit::Remove("/name".into()),
        Edit::Remove(String::new()),
        Edit::Add("/name".into()),
        Edit::Add("/nothing".into()),
        Edit::Add("/tags/0/0".into()),
    ] {
        form::edit(content, &mut body, &[], &edit);
        assert_eq!(body, before, "{edit:?}");
    }
}

#[test]
fn the_alternative_is_told_by_the_body_or_chosen() {
    let chosen = |body: Value, asked: &[(String, usize)]| {
        let operation = operation("application/json", &pet());
        let form = form::form(&operation.body.as_ref().unwrap().contents[0], &body, asked).unwrap();
        let NodeKind::Group { fields, .. } = form.kind else {
            panic!("an object is a group");
        };
        let home = fields.into_iter().find(|f| f.name == "home").unwrap();
        match home.kind {
            NodeKind::OneOf { chosen, .. } => chosen,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(chosen(json!({}), &[]), 0);
    assert_eq!(chosen(json!({"home": {"rooms": 2}}), &[]), 0);
    assert_eq!(chosen(json!({"home": {"floor": 2}}), &[]), 1);
    assert_eq!(chosen(json!({"home": {"rooms": 2}}), &[("/home".into(), 1)]), 1);
    assert_eq!(chosen(json!({"home": {"rooms": 2}}), &[("/home".into(), 9)]), 0);
    assert_eq!(
        compose(
            &json!({}),
            &[("/home/floor", "3"), ("/home/rooms", "1")],
            &[("/home", 1)]
        ),
        json!({"home": {"floor": 3}}),
        "fields of the other alternative are not taken"
    );
}

#[test]
fn files_are_parts_of_a_form_or_the_body_itself() {
    let file = |field: &str| FileInput {
        field: field.into(),
        filename: "a \"b\".png".into(),
        content_type: Some("image/png".into()),
        bytes: vec![0, 255, b'\r', b'\n'].into(),
    };
    let upload = operation(
        "multipart/form-data",
        &json!({"type": "object", "properties": {"title": {"type": "string"}, "photo": {"type": "string", "format": "binary"}}}),
    );
    let inputs = TryInputs {
        fields: vec![("/title".into(), "hi".into())],
        files: vec![file("photo")],
        ..TryInputs::default()
    };
    let request = request::build(&upload, &inputs).unwrap();
    let body = request.body.unwrap();
    let text = String::from_utf8_lossy(&body);
    assert!(text.contains("name=\"title\"\r\n\r\nhi\r\n"), "{text}");
    assert!(
        text.contains("name=\"photo\"; filename=\"a %22b%22.png\"\r\nContent-Type: image/png\r\n\r\n"),
        "{text}"
    );
    assert!(body.windows(6).any(|w| w == [0, 255, b'\r', b'\n', b'\r', b'\n']));

    let raw = operation("image/png", &json!({"type": "string", "format": "binary"}));
    let inputs = TryInputs {
        files: vec![file("")],
        ..TryInputs::default()
    };
    let request = request::build(&raw, &inputs).unwrap();
    assert_eq!(
        (request.content_type.as_deref(), request.body.unwrap()),
        (Some("image/png"), vec![0, 255, 13, 10])
    );

    for (operation, file) in [(&raw, file("photo")), (&upload, file(""))] {
        let inputs = TryInputs {
            files: vec![file],
            ..TryInputs::default()
        };
        assert_eq!(
            request::build(operation, &inputs).unwrap_err()[0].code,
            "unexpected-file"
        );
    }
}

proptest! {
    /// Looking at a body as fields and going back changes nothing, whatever the body is.
    #[test]
    fn a_form_that_is_not_touched_gives_back_its_body(body in any_json(4)) {
        let operation = operation("application/json", &pet());
        let content = &operation.body.as_ref().unwrap().contents[0];
        let base = form::read(Some(&Value::String(body.to_string())));
        let mut fields = Vec::new();
        sent(&form::form(content, &base, &[]).unwrap(), &mut fields);
        let inputs = TryInputs { body: Some(body.clone()), fields, ..TryInputs::default() };
        if let Some(composed) = form::composed(&operation, &inputs) {
            prop_assert_eq!(composed, form::read(Some(&body)));
        }
    }
    /// No pointer and no value panics, or gets out of its place.
    #[test]
    fn fields_of_anybody_are_harmless(pointers in prop::collection::vec("(/(name|tags|toys|home|owner|0|1|-|~1|x)){0,4}", 0..6), value in "\\PC{0,20}", body in any_json(3)) {
        let operation = operation("application/json", &pet());
        let content = &operation.body.as_ref().unwrap().contents[0];
        let fields = pointers.iter().map(|p| (p.clone(), value.clone())).collect();
        let inputs = TryInputs { body: Some(body.clone()), fields, ..TryInputs::default() };
        let _ = form::composed(&operation, &inputs);
        let mut body = body;
        for pointer in pointers {
            form::edit(content, &mut body, &[], &Edit::Add(pointer.clone()));
            form::edit(content, &mut body, &[], &Edit::Remove(pointer));
        }
    }
}

/// Bodies with the names of the schema in all the wrong places.
fn any_json(depth: u32) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9f64..1e9).prop_map(Value::from),
        "[a-c \"\\\\é]{0,4}".prop_map(Value::from),
        Just(json!("cat")),
        Just(json!("")),
    ];
    leaf.prop_recursive(depth, 24, 4, |inner| {
        let name = prop_oneof![
            Just("name"),
            Just("kind"),
            Just("age"),
            Just("tags"),
            Just("toys"),
            Just("owner"),
            Just("email"),
            Just("home"),
            Just("rooms"),
            Just("floor"),
            Just("label"),
            Just("extra"),
            Just("a/b~c"),
            Just("z"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..5).prop_map(|pairs| pairs
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Value>()),
        ]
    })
}
