//! A document for the sample pages.

use aforo_docs::spec::model::{
    AlternativeKind, Content, Method, Operation, OperationSummary, Parameter, ParameterPlace, PropertyView,
    RequestBody, Response, ResponseHeader, SchemaView, SecurityScheme, Server, Style,
};
use serde_json::{Value, json};

/// The operations of the sample document.
pub(super) fn index() -> Vec<OperationSummary> {
    [
        (
            "createTranslation",
            Method::Post,
            "/v1/translate",
            "Translate text",
            "Translations",
            false,
        ),
        (
            "createBatch",
            Method::Post,
            "/v1/batches",
            "Translate a batch",
            "Translations",
            false,
        ),
        (
            "getTranslation",
            Method::Get,
            "/v1/translations/{id}",
            "Retrieve a translation",
            "Translations",
            false,
        ),
        (
            "listLanguages",
            Method::Get,
            "/v1/languages",
            "List languages",
            "Translations",
            false,
        ),
        (
            "listGlossaries",
            Method::Get,
            "/v1/glossaries",
            "List glossaries",
            "Glossaries",
            false,
        ),
        (
            "createGlossary",
            Method::Post,
            "/v1/glossaries",
            "Create a glossary",
            "Glossaries",
            false,
        ),
        (
            "replaceEntries",
            Method::Put,
            "/v1/glossaries/{id}/entries",
            "Replace entries",
            "Glossaries",
            false,
        ),
        (
            "updateGlossary",
            Method::Patch,
            "/v1/glossaries/{id}",
            "Update a glossary",
            "Glossaries",
            false,
        ),
        (
            "deleteGlossary",
            Method::Delete,
            "/v1/glossaries/{id}",
            "Delete a glossary",
            "Glossaries",
            true,
        ),
    ]
    .map(|(id, method, path, summary, tag, deprecated)| OperationSummary {
        id: id.into(),
        method,
        path: path.into(),
        summary: summary.into(),
        tags: vec![tag.into()],
        deprecated,
    })
    .into()
}

/// A document too large for one page.
pub(super) fn many(count: usize) -> Vec<OperationSummary> {
    (0..count)
        .map(|i| OperationSummary {
            id: format!("operation{i}"),
            method: if i % 3 == 0 { Method::Post } else { Method::Get },
            path: format!("/v1/group{}/things/{{id}}/{i}", i % 40),
            summary: format!("Do thing {i}"),
            tags: vec![format!("Group {}", i % 40)],
            deprecated: false,
        })
        .collect()
}

fn string(description: &str) -> SchemaView {
    SchemaView {
        types: vec!["string".into()],
        description: description.into(),
        ..SchemaView::default()
    }
}

fn property(name: &str, required: bool, schema: SchemaView) -> PropertyView {
    PropertyView {
        name: name.into(),
        required,
        schema,
    }
}

fn object(name: &str, properties: Vec<PropertyView>) -> SchemaView {
    SchemaView {
        name: Some(name.into()),
        types: vec!["object".into()],
        properties,
        ..SchemaView::default()
    }
}

fn parameter(name: &str, place: ParameterPlace, required: bool, schema: SchemaView) -> Parameter {
    Parameter {
        name: name.into(),
        place,
        required,
        deprecated: false,
        description: schema.description.clone(),
        style: Style::Simple,
        explode: false,
        allow_reserved: false,
        media_type: None,
        schema,
        example: None,
        examples: Vec::new(),
    }
}

fn content(media_type: &str, schema: Option<SchemaView>, example: Option<Value>) -> Content {
    Content {
        media_type: media_type.into(),
        schema,
        example,
        examples: Vec::new(),
        sequence: false,
        encoding: Vec::new(),
    }
}

fn response(status: &str, description: &str, contents: Vec<Content>) -> Response {
    let headers = if status == "429" {
        vec![ResponseHeader {
            name: "Retry-After".to_owned(),
            required: false,
            deprecated: false,
            description: "Seconds to wait.".to_owned(),
            schema: SchemaView {
                types: vec!["integer".into()],
                ..SchemaView::default()
            },
            example: None,
        }]
    } else {
        Vec::new()
    };
    Response {
        status: status.into(),
        description: description.into(),
        headers,
        contents,
        links: Vec::new(),
    }
}

/// An operation with a nested body.
pub(super) fn translate() -> Operation {
    let languages = ["es", "de", "fr", "ja", "pt-BR", "it", "nl", "pl", "sv", "da"]
        .map(|l| json!(l))
        .to_vec();
    let entry = object(
        "Entry",
        vec![
            property("from", true, string("Source term.")),
            property("to", true, string("Its translation.")),
        ],
    );
    let glossary = object(
        "GlossaryRef",
        vec![
            property("id", true, string("Identifies the glossary.")),
            property(
                "entries",
                false,
                SchemaView {
                    types: vec!["array".into()],
                    items: Some(Box::new(entry)),
                    ..SchemaView::default()
                },
            ),
            property(
                "parent",
                false,
                SchemaView {
                    name: Some("GlossaryRef".into()),
                    cut: true,
                    ..SchemaView::default()
                },
            ),
        ],
    );
    let either = SchemaView {
        alternatives: Some((
            AlternativeKind::OneOf,
            vec![
                string(""),
                object("Formality", vec![property("level", true, string("How formal."))]),
            ],
        )),
        description: "How formal the result is.".into(),
        ..SchemaView::default()
    };
    let body = object(
        "TranslationRequest",
        vec![
            property(
                "text",
                true,
                SchemaView {
                    constraints: vec!["1 to 5000 characters".into()],
                    ..string("The text to translate. Plain text or HTML.")
                },
            ),
            property(
                "target_lang",
                true,
                SchemaView {
                    enumeration: languages,
                    format: Some("bcp-47".into()),
                    ..string("Language to translate into.")
                },
            ),
            property(
                "source_lang",
                false,
                SchemaView {
                    nullable: true,
                    ..string("Leave it out to detect the language.")
                },
            ),
            property(
                "model",
                false,
                SchemaView {
                    default: Some(json!("nmt-3")),
                    deprecated: true,
                    ..string("Which model does the work.")
                },
            ),
            property("glossary", false, glossary),
            property("formality", false, either),
        ],
    );
    let result = object(
        "Translation",
        vec![
            property(
                "id",
                true,
                SchemaView {
                    read_only: true,
                    ..string("Identifies the translation.")
                },
            ),
            property("text", true, string("The translated text.")),
        ],
    );
    let example = json!({"source_lang": "en", "target_lang": "es", "text": "Good morning"});
    let mut summary = index().remove(0);
    summary.tags = vec!["Translations".into()];
    Operation {
        summary,
        description: String::new(),
        parameters: vec![
            parameter(
                "dry_run",
                ParameterPlace::Query,
                false,
                SchemaView {
                    types: vec!["boolean".into()],
                    ..string("Check only; nothing is billed.")
                },
            ),
            parameter(
                "Idempotency-Key",
                ParameterPlace::Header,
                true,
                SchemaView {
                    example: Some(json!("a1b2")),
                    ..string("Repeats with the same value have one effect.")
                },
            ),
        ]
        .into_iter()
        .map(|mut p| {
            if p.name == "dry_run" {
                p.schema.types = vec!["boolean".into()];
            }
            p
        })
        .collect(),
        body: Some(RequestBody {
            required: true,
            description: String::new(),
            contents: vec![
                content("application/json", Some(body), Some(example)),
                content(
                    "text/plain",
                    Some(string("The text alone.")),
                    Some(json!("Good morning")),
                ),
            ],
        }),
        responses: vec![
            response(
                "200",
                "The finished translation.",
                vec![content(
                    "application/json",
                    Some(result),
                    Some(json!({"id": "trn_1", "text": "Buenos días"})),
                )],
            ),
            response("422", "Unsupported language pair.", Vec::new()),
            response("429", "Rate limited.", Vec::new()),
            response("default", "Any other error.", Vec::new()),
        ],
        security: vec![vec![SecurityScheme::HttpBearer]],
        servers: vec![Server {
            url: "https://api.example.com".into(),
            description: "Production".into(),
        }],
        webhook: false,
        callbacks: Vec::new(),
        external_docs: None,
        author_samples: Vec::new(),
        deprecation: String::new(),
    }
}

/// A safe operation without a body.
pub(super) fn list_languages() -> Operation {
    let mut operation = translate();
    let mut index = index();
    operation.summary = index.remove(3);
    operation.body = None;
    operation.parameters = vec![
        parameter(
            "tags",
            ParameterPlace::Query,
            false,
            SchemaView {
                types: vec!["array".into()],
                items: Some(Box::new(string(""))),
                ..string("Only languages with these tags.")
            },
        ),
        parameter(
            "limit",
            ParameterPlace::Query,
            false,
            SchemaView {
                types: vec!["integer".into()],
                constraints: vec!["1 to 100".into()],
                default: Some(json!(20)),
                ..string("Most results.")
            },
        ),
    ];
    operation
}
