//! What the reference model reads beyond the plain: newer OpenAPI, extensions that people rely on, Swagger 2.0.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use aforo_docs::spec::{
    diagnostic::Severity,
    model::{Method, SchemaView, SecurityScheme, Style},
    openapi::{ApiDescription, Parsed, SourceFormat},
};
use serde_json::json;

const WIDE: &str = include_str!("fixtures/wide.yaml");
const SWAGGER: &str = include_str!("fixtures/swagger.yaml");

fn parse(text: &str) -> Parsed {
    ApiDescription::parse(text.as_bytes()).unwrap()
}

fn wide() -> ApiDescription {
    let parsed = parse(WIDE);
    let said: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    assert!(
        parsed.warnings.iter().all(|w| w.severity == Severity::Info),
        "{said:#?}"
    );
    parsed.description
}

fn property<'s>(schema: &'s SchemaView, name: &str) -> &'s SchemaView {
    let found = schema.properties.iter().find(|p| p.name == name);
    &found.unwrap_or_else(|| panic!("{name} in {schema:#?}")).schema
}

#[test]
fn webhooks_have_an_index_of_their_own_and_cannot_be_called() {
    let api = wide();
    let hooks: Vec<(&str, &str)> = api
        .webhooks()
        .iter()
        .map(|w| (w.id.as_str(), w.path.as_str()))
        .collect();
    assert_eq!(
        hooks,
        [
            ("orderShipped", "order.shipped"),
            ("post-order.lost", "order.lost")
        ]
    );
    assert!(
        api.operation("orderShipped").is_none(),
        "it is no operation to try"
    );
    let hook = api.webhook("orderShipped").unwrap();
    assert!(hook.webhook && hook.body.unwrap().contents[0].schema.is_some());
    assert!(api.operations().iter().all(|o| o.id != "orderShipped"));
}

#[test]
fn methods_of_3_2_are_read() {
    let api = wide();
    let methods: Vec<(&str, Method)> = api
        .operations()
        .iter()
        .map(|o| (o.id.as_str(), o.method))
        .collect();
    assert!(methods.contains(&("searchOrders", Method::Query)), "{methods:?}");
    assert!(
        methods.contains(&("copyOrder", Method::Other("COPY"))),
        "{methods:?}"
    );
    let copy = api.operation("copyOrder").unwrap();
    assert_eq!(
        copy.parameters[0].name, "id",
        "parameters of the path item apply to it"
    );
    let parsed = parse(
        "openapi: 3.2.0\ninfo: {title: T, version: '1'}\npaths: {/a: {additionalOperations: {frob: {}}, get: {}}}",
    );
    assert_eq!(parsed.warnings[0].code, "unknown-method");
    assert_eq!(
        parsed.warnings[0].pointer.as_deref(),
        Some("/paths/~1a/additionalOperations/frob")
    );
}

#[test]
fn callbacks_links_and_headers_are_shown_with_the_operation() {
    let api = wide();
    let order = api.operation("createOrder").unwrap();
    let callback = &order.callbacks[0];
    assert_eq!(
        (
            callback.name.as_str(),
            callback.expression.as_str(),
            callback.method
        ),
        ("progress", "{$request.body#/callbackUrl}", Method::Post)
    );
    assert!(callback.body.is_some() && callback.responses[0].status == "204");
    let created = &order.responses[0];
    assert_eq!(created.headers[0].name, "Location");
    assert_eq!(created.headers[0].schema.format.as_deref(), Some("uri"));
    assert!(created.headers[0].required);
    let [by_id, by_ref, gone] = created.links.as_slice() else {
        panic!("{:?}", created.links)
    };
    assert_eq!(by_id.operation.as_deref(), Some("getOrder"));
    assert_eq!(
        by_id.parameters,
        [("id".to_owned(), "$response.body#/id".to_owned())]
    );
    assert_eq!(by_ref.operation.as_deref(), Some("getOrder"));
    assert_eq!(
        (gone.operation.as_deref(), gone.target.as_str()),
        (None, "nothing")
    );
}

#[test]
fn named_examples_keep_their_words() {
    let api = wide();
    let order = api.operation("createOrder").unwrap();
    let content = &order.body.as_ref().unwrap().contents[0];
    let names: Vec<(&str, &str)> = content
        .examples
        .iter()
        .map(|e| (e.name.as_str(), e.summary.as_str()))
        .collect();
    assert_eq!(
        names,
        [("small", "One book"), ("large", ""), ("elsewhere", "A file")]
    );
    assert_eq!(content.example, Some(json!({"kind": "book", "id": "1"})));
    assert_eq!(
        content.examples[2].external.as_deref(),
        Some("https://example.com/order.json")
    );
    assert!(content.examples[2].value.is_none());
}

#[test]
fn schemas_of_2020_12_are_shown_whole() {
    let api = wide();
    let all = api.schema("Everything").unwrap();
    assert!(all.closed);
    assert_eq!(property(&all, "pair").prefix.len(), 2);
    assert_eq!(property(&all, "pair").items.as_ref().unwrap().types, ["boolean"]);
    assert_eq!(property(&all, "fixed").enumeration, [json!("only")]);
    assert_eq!(all.pattern_properties[0].name, "^x-");
    let labels: Vec<&str> = all.conditions.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(
        labels,
        ["If the value matches", "then", "otherwise", "If card is given"]
    );
    assert_eq!(property(&all, "notText").not.as_ref().unwrap().types, ["string"]);
    assert!(
        all.constraints.contains(&"card requires billing".to_owned()),
        "{:?}",
        all.constraints
    );
    assert_eq!(property(&all, "never").constraints, ["no value is valid"]);
    assert!(property(&all, "anything").types.is_empty());
    let refined = property(&all, "refined");
    assert_eq!(refined.name.as_deref(), Some("Id"));
    assert!(refined.listed && refined.deprecated);
    assert_eq!(refined.description, "Said beside the reference.");
    assert_eq!(
        refined.constraints,
        ["1 to 8 characters"],
        "3.1: rules beside a $ref count"
    );
    let state = property(&all, "state");
    assert_eq!(state.enum_descriptions, ["Not paid yet.", ""]);
    let level = property(&all, "level");
    assert_eq!(level.enum_descriptions, ["LOW", "HIGH"]);
    assert_eq!(property(&all, "anchored").name.as_deref(), Some("money"));
}

#[test]
fn rules_beside_a_reference_do_not_count_in_3_0_and_a_warning_says_so() {
    let text = WIDE.replace("openapi: 3.2.0", "openapi: 3.0.3");
    let parsed = parse(&text);
    let all = parsed.description.schema("Everything").unwrap();
    let refined = property(&all, "refined");
    assert_eq!(refined.constraints, ["at most 20 characters"]);
    assert_eq!(
        refined.description, "Said beside the reference.",
        "words are shown all the same"
    );
    let warning = parsed
        .warnings
        .iter()
        .find(|w| w.code == "ignored-beside-ref")
        .unwrap();
    assert_eq!(
        warning.pointer.as_deref(),
        Some("/components/schemas/Everything/properties/refined")
    );
    let line = usize::try_from(warning.line.unwrap()).unwrap();
    assert!(text.lines().nth(line - 1).unwrap().contains("refined:"));
}

#[test]
fn a_discriminator_names_its_alternatives() {
    let api = wide();
    let item = api.schema("Item").unwrap();
    let discriminator = item.discriminator.unwrap();
    assert_eq!(discriminator.property, "kind");
    assert_eq!(
        discriminator.mapping,
        [
            ("book".to_owned(), "Book".to_owned()),
            ("disc".to_owned(), "Disc".to_owned())
        ]
    );
    let names: Vec<Option<&str>> = item
        .alternatives
        .iter()
        .flat_map(|(_, all)| all)
        .map(|a| a.name.as_deref())
        .collect();
    assert_eq!(names, [Some("Book"), Some("Disc")]);
}

#[test]
fn what_is_internal_is_nowhere() {
    let api = wide();
    let ids: Vec<&str> = api.operations().iter().map(|o| o.id.as_str()).collect();
    assert!(!ids.contains(&"hiddenOperation"));
    let order = api.operation("getOrder").unwrap();
    assert!(order.parameters.iter().all(|p| p.name != "debug"));
    assert!(api.schemas().all(|name| name != "Hidden"));
    assert!(api.schema("Hidden").is_none());
    let all = api.schema("Everything").unwrap();
    assert!(
        all.properties
            .iter()
            .all(|p| p.name != "hidden" && p.name != "byReference")
    );
    for format in [SourceFormat::Json, SourceFormat::Yaml] {
        let text = api.to_text(format);
        assert!(!text.contains("SECRET"), "{text}");
        let again = parse(&text).description;
        assert_eq!(again.operations(), api.operations());
        assert_eq!(again.source_format(), format);
    }
    assert!(!api.is_public_as_imported());
}

#[test]
fn tags_have_names_groups_and_parents() {
    let api = wide();
    let tags: Vec<(&str, &str)> = api
        .tags()
        .iter()
        .map(|t| (t.name.as_str(), t.display_name.as_str()))
        .collect();
    assert_eq!(tags[..2], [("orders", "Your orders"), ("returns", "Returns")]);
    assert_eq!(api.tags()[1].parent.as_deref(), Some("orders"));
    let groups: Vec<(&str, Vec<&str>)> = api
        .tag_groups()
        .iter()
        .map(|g| (g.name.as_str(), g.tags.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        groups,
        [("Selling", vec!["orders", "returns"]), ("", vec!["misc"])]
    );
    let by_parent = parse(&WIDE.replace("x-tagGroups", "x-other")).description;
    assert_eq!(by_parent.tag_groups()[0].name, "Your orders");
    assert_eq!(by_parent.tag_groups()[0].tags, ["orders", "returns"]);
}

#[test]
fn authors_samples_and_reasons_are_kept() {
    let api = wide();
    let order = api.operation("getOrder").unwrap();
    assert_eq!(order.author_samples[0].label, "Our SDK");
    assert_eq!(order.author_samples[0].source, "client.orders.get('1')");
    assert_eq!(order.deprecation, "Use the query instead.");
    assert_eq!(order.external_docs.unwrap().url, "https://example.com/orders");
    assert!(
        api.operation("createOrder").unwrap().external_docs.is_none(),
        "a script is no address"
    );
}

#[test]
fn an_id_never_names_another_page() {
    let api =
        parse("openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {operationId: schemas}}}")
            .description;
    assert_eq!(api.operations()[0].id, "schemas-2");
}

#[test]
fn streams_show_their_items() {
    let api = wide();
    let content = &api.operation("searchOrders").unwrap().responses[0].contents[0];
    assert!(content.sequence);
    assert_eq!(content.schema.as_ref().unwrap().name.as_deref(), Some("Book"));
}

#[test]
fn the_first_fifty_findings_are_told_and_the_rest_counted() {
    let paths: String = (0..80).map(|i| format!("  nowhere{i}: {{}}\n")).collect();
    let parsed = parse(&format!(
        "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}"
    ));
    assert_eq!(parsed.warnings.len(), 50);
    assert_eq!(parsed.warnings_left_out, 31, "80 paths, and no operation");
    assert_eq!(parsed.warnings[49].line, Some(53));
}

#[test]
fn swagger_2_becomes_openapi_3() {
    let parsed = parse(SWAGGER);
    let api = parsed.description;
    assert_eq!(
        (api.openapi_version(), api.swagger_version()),
        ("3.0.3", Some("2.0"))
    );
    let urls: Vec<String> = api.servers().into_iter().map(|s| s.url).collect();
    assert_eq!(
        urls,
        ["https://api.shop.example/v2", "http://api.shop.example/v2"]
    );

    let list = api.operation("listPets").unwrap();
    let styles: Vec<(&str, Style, bool)> = list
        .parameters
        .iter()
        .map(|p| (p.name.as_str(), p.style, p.explode))
        .collect();
    assert_eq!(
        styles,
        [
            ("tags", Style::Form, false),
            ("ids", Style::Form, true),
            ("sizes", Style::PipeDelimited, false),
            ("limit", Style::Form, true),
            ("X-Parts", Style::Simple, false),
        ]
    );
    assert_eq!(list.parameters[3].schema.constraints, [">= 1", "<= 50"]);
    assert_eq!(list.security, [vec![SecurityScheme::HttpBasic]]);
    let ok = &list.responses[0];
    assert_eq!(ok.contents[0].media_type, "application/json");
    assert_eq!(ok.contents[0].example, Some(json!([{"name": "Tom"}])));
    assert_eq!(ok.headers[0].schema.types, ["integer"]);
    let item = ok.contents[0].schema.as_ref().unwrap().items.as_ref().unwrap();
    assert_eq!((item.name.as_deref(), item.listed), (Some("Pet"), true));
    assert!(property(item, "owner").nullable);

    let add = api.operation("addPet").unwrap();
    let body = add.body.unwrap();
    assert!(body.required);
    let types: Vec<&str> = body.contents.iter().map(|c| c.media_type.as_str()).collect();
    assert_eq!(types, ["application/json", "application/xml"]);

    let upload = api.operation("uploadPhoto").unwrap();
    assert_eq!(upload.parameters[0].name, "petId");
    let form = &upload.body.as_ref().unwrap().contents[0];
    assert_eq!(form.media_type, "multipart/form-data");
    let fields = form.schema.as_ref().unwrap();
    assert_eq!(property(fields, "photo").format.as_deref(), Some("binary"));
    assert!(fields.properties[0].required);
    assert!(
        upload.responses[0].contents[0]
            .schema
            .as_ref()
            .unwrap()
            .format
            .as_deref()
            == Some("binary")
    );

    let edit = api.operation("editPet").unwrap();
    let form = &edit.body.as_ref().unwrap().contents[0];
    assert_eq!(form.media_type, "application/x-www-form-urlencoded");
    assert_eq!(form.encoding[0].style, Some((Style::Form, true)));
    assert_eq!(edit.servers[0].url, "https://api.shop.example/v2");
    assert_eq!(edit.security, [vec![SecurityScheme::OAuth2]]);
    let flows = &api.document()["components"]["securitySchemes"]["oauth"]["flows"];
    assert_eq!(
        flows["authorizationCode"]["tokenUrl"],
        "https://shop.example/token"
    );
}

#[test]
fn what_does_not_convert_is_told_where_it_stands_in_the_swagger() {
    let parsed = parse(SWAGGER);
    let told: Vec<(&str, Option<&str>)> = parsed
        .warnings
        .iter()
        .map(|w| (w.code, w.pointer.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("converted-swagger", Some("/swagger")),
            ("unsupported-scheme", Some("/schemes")),
            ("collection-format", Some("/paths/~1pets/get/parameters/4")),
            ("broken-ref", Some("/definitions/Pet/properties/lost")),
        ]
    );
    for warning in &parsed.warnings {
        let line = usize::try_from(warning.line.unwrap()).unwrap();
        let last = warning.pointer.as_deref().unwrap().rsplit('/').next().unwrap();
        let text = SWAGGER.lines().nth(line - 1).unwrap();
        assert!(
            text.contains(last) || last == "4" && text.contains("- "),
            "{warning}: {text}"
        );
    }
    let as_json = serde_json::to_string_pretty(
        &serde_json::json!({"swagger": "2.0", "info": {"title": "T", "version": "1"},
        "paths": {}, "definitions": {"A": {"$ref": "#/definitions/B"}}}),
    )
    .unwrap();
    let parsed = parse(&as_json);
    let broken = parsed.warnings.iter().find(|w| w.code == "broken-ref").unwrap();
    assert_eq!(broken.pointer.as_deref(), Some("/definitions/A"));
    assert_eq!(broken.line, Some(9));
}
