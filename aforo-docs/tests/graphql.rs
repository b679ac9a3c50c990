//! GraphQL schemas read into the reference model.
#![cfg(feature = "graphql")]
#![allow(clippy::unwrap_used)] // a test that unwraps nothing fails with the reason

use aforo_docs::{
    request::{TryInputs, body_warnings, build, example_inputs},
    spec::{model::Method, openapi::ApiDescription},
};
use serde_json::{Value, json};

const SDL: &str = r#"
"""Books and their authors."""
schema { query: Query mutation: Mutation subscription: Subscription }

type Query {
  "Finds a book. By its id."
  book(id: ID!): Book
  search(text: String!, first: Int = 10, filter: BookFilter): [SearchResult!]!
  node(id: ID!): Node
  oldBooks: [Book!] @deprecated(reason: "Use `search`.")
}
type Mutation {
  addBook(input: AddBook!): Book!
  book(id: ID!): Boolean
}
type Subscription { bookAdded: Book! }
interface Node { id: ID! }
"A book."
type Book implements Node { id: ID!  title: String!  pages: Int  price: Float  genre: Genre!  author: Author  reviews(first: Int!): [String!] }
type Author implements Node { id: ID!  name: String!  books: [Book!]! }
union SearchResult = Book | Author
enum Genre { "Made up" FICTION  POETRY @deprecated(reason: "No more.") }
input BookFilter { genre: Genre = FICTION  minPages: Int }
input AddBook { title: String!  genre: Genre!  tags: [String!]!  nested: BookFilter }
scalar DateTime @specifiedBy(url: "https://example.test/dt")
"#;

fn read(text: &str) -> ApiDescription {
    let parsed = ApiDescription::parse(text.as_bytes()).unwrap();
    assert_eq!(parsed.warnings, [], "{text}");
    parsed.description
}

#[test]
fn every_root_field_is_an_operation_that_posts_a_query() {
    let api = read(SDL);
    assert_eq!(api.spec_format(), "GRAPHQL_SDL");
    let ids: Vec<&str> = api.operations().iter().map(|o| o.id.as_str()).collect();
    let expected = [
        "book",
        "search",
        "node",
        "oldBooks",
        "addBook",
        "mutation-book",
        "bookAdded",
        "run-query",
    ];
    assert_eq!(ids, expected);
    for operation in api.operations() {
        assert_eq!(
            (operation.method, operation.path.as_str()),
            (Method::Post, "/graphql")
        );
    }
    let book = &api.operations()[0];
    assert_eq!(
        (book.summary.as_str(), book.tags.as_slice()),
        ("Finds a book", &["Queries".to_owned()][..])
    );
    assert!(api.operations()[3].deprecated);
    let search = api.operation("search").unwrap();
    let content = &search.body.unwrap().contents[0];
    assert_eq!(content.media_type, "application/json");
    let variables = content
        .schema
        .as_ref()
        .unwrap()
        .properties
        .iter()
        .find(|p| p.name == "variables")
        .unwrap();
    assert!(variables.required);
    let names: Vec<_> = variables
        .schema
        .properties
        .iter()
        .map(|p| (p.name.as_str(), p.required))
        .collect();
    assert_eq!(names, [("text", true), ("first", false), ("filter", false)]);
    let first = &variables.schema.properties[1].schema;
    assert_eq!(first.default, Some(json!(10)));
}

#[test]
fn every_type_is_a_component_schema() {
    let api = read(SDL);
    let names: Vec<&str> = api.schemas().collect();
    assert_eq!(
        names,
        [
            "Node",
            "Book",
            "Author",
            "SearchResult",
            "Genre",
            "BookFilter",
            "AddBook",
            "DateTime"
        ]
    );
    let book = api.schema("Book").unwrap();
    let fields: Vec<_> = book
        .properties
        .iter()
        .map(|p| (p.name.as_str(), p.required))
        .collect();
    assert!(
        fields.contains(&("title", true)) && fields.contains(&("pages", false)),
        "{fields:?}"
    );
    assert_eq!(
        api.schema("Genre").unwrap().enumeration,
        [json!("FICTION"), json!("POETRY")]
    );
    assert!(api.schema("SearchResult").unwrap().alternatives.is_some());
    assert!(
        api.schema("Node")
            .unwrap()
            .description
            .contains("`Book`, `Author`")
    );
}

/// The body of the example request, as it would be sent.
fn sent(api: &ApiDescription, id: &str) -> Value {
    let operation = api.operation(id).unwrap();
    let request = build(&operation, &example_inputs(&operation)).unwrap();
    assert_eq!(request.path, "/graphql");
    serde_json::from_slice(&request.body.unwrap()).unwrap()
}

#[test]
fn every_example_is_a_query_that_the_schema_accepts() {
    let api = read(SDL);
    let schema = api.graphql().unwrap();
    for operation in api.operations() {
        let body = sent(&api, &operation.id);
        let query = body["query"].as_str().unwrap();
        assert_eq!(schema.check(query), [], "{}: {query}", operation.id);
    }
    let body = sent(&api, "addBook");
    assert_eq!(
        body["variables"],
        json!({"input": {"title": "string", "genre": "FICTION", "tags": ["string"]}})
    );
    assert!(
        body["query"]
            .as_str()
            .unwrap()
            .starts_with("mutation AddBook($input: AddBook!) {\n  addBook(input: $input) {")
    );
}

#[test]
fn a_query_is_checked_with_the_place_of_each_problem() {
    let api = read(SDL);
    let schema = api.graphql().unwrap();
    let problems = schema.check("query {\n  book(id: \"1\") {\n    titel\n  }\n}");
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].line, problems[0].column), (Some(3), Some(5)));
    assert!(problems[0].message.contains("titel"), "{problems:?}");
    assert!(!schema.check("query {").is_empty());
    assert!(!schema.check("").is_empty());
    assert_eq!(schema.check("{ __schema { types { name } } }"), []);
}

#[test]
fn the_form_is_told_of_both_schema_and_query() {
    let api = read(SDL);
    let told = |body: Value| -> Vec<(String, String)> {
        body_warnings(&api, "book", "application/json", &body)
            .into_iter()
            .map(|e| (e.pointer, e.message))
            .collect()
    };
    let wrong = told(json!({"query": "query Q($id: ID!) {\n  book(id: $id) { titel }\n}", "variables": {}}));
    let pointers: Vec<&str> = wrong.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/body/variables", "/body/query"], "{wrong:?}");
    assert!(wrong[1].1.starts_with("line 2, column 19: "), "{wrong:?}");
    assert_eq!(told(sent(&api, "book")), []);
}

const INTROSPECTION: &str = r#"{"data": {"__schema": {
  "queryType": {"name": "Query"}, "mutationType": null, "subscriptionType": null,
  "types": [
    {"kind": "OBJECT", "name": "Query", "description": "Root \"quoted\" \\ text", "fields": [
      {"name": "user", "description": null, "args": [
        {"name": "id", "description": "Which", "type": {"kind": "NON_NULL", "name": null, "ofType": {"kind": "SCALAR", "name": "ID", "ofType": null}}, "defaultValue": null},
        {"name": "first", "description": null, "type": {"kind": "SCALAR", "name": "Int", "ofType": null}, "defaultValue": "10"}],
       "type": {"kind": "OBJECT", "name": "User", "ofType": null}, "isDeprecated": true, "deprecationReason": "line\nbreak"}],
     "inputFields": null, "interfaces": [], "enumValues": null, "possibleTypes": null},
    {"kind": "OBJECT", "name": "User", "description": "", "fields": [
      {"name": "tags", "description": null, "args": [], "type": {"kind": "NON_NULL", "name": null, "ofType": {"kind": "LIST", "name": null, "ofType": {"kind": "SCALAR", "name": "String", "ofType": null}}}, "isDeprecated": false, "deprecationReason": null}],
     "inputFields": null, "interfaces": [], "enumValues": null, "possibleTypes": null},
    {"kind": "SCALAR", "name": "ID", "description": null}, {"kind": "SCALAR", "name": "Int", "description": null}, {"kind": "SCALAR", "name": "String", "description": null},
    {"kind": "ENUM", "name": "__TypeKind", "description": null, "enumValues": [{"name": "SCALAR", "description": null, "isDeprecated": false, "deprecationReason": null}]}
  ], "directives": []}}, "endpoint": "/api/graphql"}"#;

#[test]
fn introspection_reads_as_its_schema_would() {
    let api = read(INTROSPECTION);
    assert_eq!(api.spec_format(), "GRAPHQL_INTROSPECTION");
    let ids: Vec<_> = api
        .operations()
        .iter()
        .map(|o| (o.id.as_str(), o.path.as_str(), o.deprecated))
        .collect();
    assert_eq!(
        ids,
        [
            ("user", "/api/graphql", true),
            ("run-query", "/api/graphql", false)
        ]
    );
    let user = api.operation("user").unwrap();
    assert!(user.description.contains("line\nbreak"), "{}", user.description);
    assert_eq!(api.schemas().collect::<Vec<_>>(), ["User"]);
}

#[test]
fn the_schema_can_be_had_again_and_reads_the_same() {
    for text in [SDL, INTROSPECTION] {
        let api = read(text);
        let sdl = api.graphql().unwrap().to_sdl();
        let again = read(&sdl);
        let ids = |api: &ApiDescription| api.operations().iter().map(|o| o.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&api), ids(&again));
        assert_eq!(
            api.schemas().collect::<Vec<_>>(),
            again.schemas().collect::<Vec<_>>()
        );
        assert!(!api.is_public_as_imported());
    }
}

#[test]
fn what_is_no_schema_is_refused_with_its_place() {
    let refuse = |text: &str| ApiDescription::parse(text.as_bytes()).unwrap_err().to_string();
    let broken = ApiDescription::parse(b"type Query {\n  a: Int\n  b(: Int\n}").unwrap_err();
    assert_eq!(broken.diagnostics()[0].code, "graphql-syntax");
    assert_eq!(broken.diagnostics()[0].line, Some(3));
    assert!(refuse("type Book { id: ID }").contains("no query, mutation or subscription"));
    assert!(refuse("# endpoint: https://evil.test\ntype Query { a: Int }").contains("is no path"));
    assert!(refuse(r#"{"__schema": null}"#).contains("__schema"));
    assert!(refuse(r#"{"__schema": {"types": [{"kind": "OBJECT", "name": "a b { evil }"}], "queryType": {"name": "Q"}}}"#).contains("no GraphQL name"));
}

#[test]
fn odd_schemas_import_with_warnings() {
    let parsed = ApiDescription::parse(b"type Query { a: Missing  b: Int @unknown }\ntype Empty\n").unwrap();
    assert!(!parsed.warnings.is_empty());
    assert!(
        parsed
            .warnings
            .iter()
            .all(|w| w.code == "graphql-schema" && w.line.is_some()),
        "{:?}",
        parsed.warnings
    );
    assert_eq!(parsed.description.operations().len(), 3);
}

#[test]
fn bombs_are_refused_or_cheap() {
    let deep = format!(
        "type Query {{ a: {}Int{} }}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(ApiDescription::parse(deep.as_bytes()).is_err());
    let nested = format!(
        "type Query {{ a(x: Int = {}1{}): Int }}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    let _ = ApiDescription::parse(nested.as_bytes());
    let quotes = format!("type Query {{ a: Int }} {}", "\"\"\"".repeat(10_001));
    let _ = ApiDescription::parse(quotes.as_bytes());
    // Types that refer to each other: examples and pages stay finite.
    let ring: String = (0..300)
        .map(|i| {
            format!(
                "type T{i} {{ a: T{} b: T{} c: Int }}\ninput I{i} {{ x: I{}! }}\n",
                (i + 1) % 300,
                (i + 7) % 300,
                (i + 1) % 300
            )
        })
        .collect();
    let api = ApiDescription::parse(format!("type Query {{ t(i: I0!): T0 }}\n{ring}").as_bytes())
        .unwrap()
        .description;
    let body = sent(&api, "t");
    assert!(body.to_string().len() < 2_000, "{body}");
    let schema = api.graphql().unwrap();
    assert!(
        !schema
            .check(&format!("{{ t {}", "{ a ".repeat(10_000)))
            .is_empty()
    );
}

#[test]
fn a_query_of_ones_own_is_sent_as_it_is() {
    let api = read(SDL);
    let operation = api.operation("run-query").unwrap();
    let inputs = TryInputs {
        body: Some(
            json!({"query": "query Q($id: ID!) { book(id: $id) { title } }", "variables": {"id": "7"}}),
        ),
        ..TryInputs::default()
    };
    let request = build(&operation, &inputs).unwrap();
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    assert_eq!(body["variables"]["id"], "7");
}
