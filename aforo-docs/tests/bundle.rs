//! Documents in several files become one when they are imported.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use std::{collections::HashMap, sync::Mutex};

use aforo_docs::spec::{
    bundle::{BundleLimits, Bundled, RemoteDocuments, bundle, has_remote_references},
    openapi::ApiDescription,
};
use async_trait::async_trait;
use url::Url;

struct Files {
    by_url: HashMap<String, String>,
    asked: Mutex<Vec<String>>,
    own: Mutex<Vec<String>>,
}

#[async_trait]
impl RemoteDocuments for Files {
    async fn fetch(&self, url: &Url, _: usize, own: bool) -> Result<Vec<u8>, String> {
        if own {
            self.own.lock().unwrap().push(url.to_string());
        }
        self.asked.lock().unwrap().push(url.to_string());
        let found = self.by_url.get(url.as_str());
        found
            .map(|text| text.clone().into_bytes())
            .ok_or_else(|| "it is not there".to_owned())
    }
}

const MAIN: &str = "openapi: 3.1.0
info: {title: Many files, version: '1'}
paths:
  /pets:
    $ref: 'paths/pets.yaml#/pets'
  /gone:
    get:
      responses:
        '200': {$ref: 'gone.yaml'}
components:
  schemas:
    Pet: {type: object, properties: {name: {type: string}, tag: {$ref: 'schemas/Tag.json'}}}
";

fn files() -> Files {
    let at = |path: &str| format!("https://docs.example/api/{path}");
    Files {
        by_url: HashMap::from([
            (
                at("paths/pets.yaml"),
                "pets:\n  get:\n    operationId: listPets\n    responses:\n      '200':\n        description: D\n        \
                 content: {application/json: {schema: {type: array, items: {$ref: '../openapi.yaml#/components/schemas/Pet'}}}}\n      \
                 '400': {$ref: '#/bad'}\nbad: {description: Bad, content: {application/json: {schema: {$ref: '../schemas/Tag.json'}}}}\n"
                    .to_owned(),
            ),
            (
                at("schemas/Tag.json"),
                r#"{"type": "object", "properties": {"label": {"type": "string"}, "parent": {"$ref": "Tag.json"}}}"#.to_owned(),
            ),
        ]),
        asked: Mutex::default(),
        own: Mutex::default(),
    }
}

async fn bundled(files: &Files, main: &str, limits: &BundleLimits) -> Bundled {
    let base = Url::parse("https://docs.example/api/openapi.yaml").unwrap();
    bundle(main.as_bytes().to_vec(), Some(&base), files, limits)
        .await
        .unwrap()
}

#[tokio::test]
async fn each_file_is_fetched_once_and_the_result_needs_nothing_else() {
    let files = files();
    let bundled = bundled(&files, MAIN, &BundleLimits::default()).await;
    assert_eq!(files.asked.lock().unwrap().len(), 3, "{:?}", files.asked);
    assert!(has_remote_references(MAIN.as_bytes()));
    assert_eq!(bundled.warnings.len(), 1);
    assert!(
        bundled.warnings[0]
            .message
            .contains("gone.yaml cannot be included: it is not there")
    );
    assert_eq!(bundled.documents.len(), 2);
    assert!(!has_remote_references(&bundled.source));

    let api = ApiDescription::parse(&bundled.source).unwrap().description;
    let list = api.operation("listPets").unwrap();
    let pets = list.responses[0].contents[0].schema.as_ref().unwrap();
    let pet = pets.items.as_ref().unwrap();
    assert_eq!(
        (pet.name.as_deref(), pet.listed),
        (Some("Pet"), true),
        "back in the first file"
    );
    let tag = &pet.properties[1].schema;
    assert_eq!(tag.name.as_deref(), Some("Tag"));
    assert!(tag.properties[1].schema.cut, "it holds itself");
    assert_eq!(list.responses[1].description, "Bad");
}

#[tokio::test]
async fn limits_leave_references_as_they_are_and_say_so() {
    let files = files();
    let mut limits = BundleLimits::default();
    limits.max_documents = 1;
    let few = bundled(&files, MAIN, &limits).await;
    assert!(
        few.warnings
            .iter()
            .any(|w| w.message.contains("one document too many")),
        "{:?}",
        few.warnings
    );
    assert!(has_remote_references(&few.source));
    limits = BundleLimits::default();
    limits.max_depth = 1;
    let near = bundled(&files, MAIN.split("components:").next().unwrap(), &limits).await;
    assert!(
        near.warnings.iter().any(|w| w.message.contains("documents away")),
        "{:?}",
        near.warnings
    );
    limits.max_bytes = MAIN.len() + 100;
    let small = bundled(&files, MAIN, &limits).await;
    assert!(
        small.warnings.iter().any(|w| w.message.contains("larger than")),
        "{:?}",
        small.warnings
    );
}

#[tokio::test]
async fn an_upload_without_an_address_can_follow_absolute_references_only() {
    let files = files();
    let text = MAIN.replace("'gone.yaml'", "'https://docs.example/api/schemas/Tag.json'");
    let bundled = bundle(text.into_bytes(), None, &files, &BundleLimits::default())
        .await
        .unwrap();
    assert_eq!(
        *files.asked.lock().unwrap(),
        ["https://docs.example/api/schemas/Tag.json"]
    );
    let first = &bundled.warnings[0];
    assert!(first.message.contains("import it by its URL"), "{first}");
    assert_eq!(first.pointer.as_deref(), Some("/paths/~1pets/$ref"));
    let hostile = MAIN.replace("'gone.yaml'", "'file:///etc/passwd'");
    let bundled = bundle(hostile.into_bytes(), None, &files, &BundleLimits::default())
        .await
        .unwrap();
    assert!(bundled.documents.is_empty());
}

#[tokio::test]
async fn only_the_origin_that_was_named_is_its_own() {
    let text = MAIN
        .replace("'gone.yaml'", "'https://elsewhere.example/gone.yaml'")
        .replace(
            "openapi: 3.1.0",
            "openapi: 3.2.0\n$self: https://elsewhere.example/api/openapi.yaml",
        );
    let files = files();
    bundled(&files, &text, &BundleLimits::default()).await;
    assert!(
        files
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|url| url.starts_with("https://elsewhere.example/"))
    );
    assert!(
        files.own.lock().unwrap().is_empty(),
        "a document does not say where it came from"
    );
    let files = self::files();
    bundled(&files, MAIN, &BundleLimits::default()).await;
    assert_eq!(files.own.lock().unwrap().len(), 3);
    let files = self::files();
    let text = MAIN.replace("'gone.yaml'", "'https://docs.example:8443/gone.yaml'");
    bundled(&files, &text, &BundleLimits::default()).await;
    assert_eq!(
        (files.asked.lock().unwrap().len(), files.own.lock().unwrap().len()),
        (3, 2)
    );
}

/// Thousands of references that lead nowhere, deep down: the message of each would be built for nobody.
#[tokio::test]
async fn only_so_many_warnings_are_made() {
    let gone: Vec<String> = (0..20_000)
        .map(|n| format!("S{n}: {{$ref: 'ftp://x/{n}'}}"))
        .collect();
    let text = format!(
        "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths: {{}}\ncomponents: {{schemas: {{{}}}}}\n",
        gone.join(", ")
    );
    let bundled = bundled(&files(), &text, &BundleLimits::default()).await;
    assert_eq!(bundled.warnings.len(), 50);
}

#[tokio::test]
async fn one_file_stays_byte_for_byte() {
    let files = files();
    let text = "openapi: 3.1.0\ninfo: {title: T, version: '1'} # kept\npaths: {}\n";
    let bundled = bundled(&files, text, &BundleLimits::default()).await;
    assert_eq!(bundled.source, text.as_bytes());
    assert!(files.asked.lock().unwrap().is_empty() && bundled.warnings.is_empty());
}
