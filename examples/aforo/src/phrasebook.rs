//! The demo API's GraphQL side: the same phrases, run by a real GraphQL executor.

use std::sync::{Arc, Mutex, PoisonError};

use apollo_compiler::{
    ExecutableDocument, Schema,
    request::RequestError,
    resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue},
    validation::Valid,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::upstream::{WORDS, in_language};

/// What the product's description is made of.
pub(crate) const SDL: &str = include_str!("../demo/phrasebook.graphql");

const LANGUAGES: [(&str, &str); 3] = [("es", "Spanish"), ("de", "German"), ("fr", "French")];

/// The book, with what readers added.
#[derive(Clone)]
pub(crate) struct Phrasebook {
    schema: Arc<Valid<Schema>>,
    added: Arc<Mutex<Vec<Phrase>>>,
}

#[derive(Clone)]
struct Phrase {
    /// English, Spanish, German, French.
    words: [String; 4],
    added: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    query: String,
    #[serde(default)]
    variables: Option<Value>,
    #[serde(default)]
    operation_name: Option<String>,
}

impl Phrasebook {
    pub(crate) fn new() -> Result<Self, crate::Failure> {
        let schema = Schema::parse_and_validate(SDL, "phrasebook.graphql").map_err(|e| e.to_string())?;
        Ok(Self {
            schema: Arc::new(schema),
            added: Arc::default(),
        })
    }

    fn phrases(&self) -> Vec<Phrase> {
        let book = WORDS.iter().map(|words| Phrase {
            words: words.map(str::to_owned),
            added: false,
        });
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        book.chain(added.iter().cloned()).collect()
    }

    fn run(&self, body: &[u8]) -> Result<Value, String> {
        let asked: Query = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        let document = ExecutableDocument::parse_and_validate(&self.schema, asked.query, "query.graphql")
            .map_err(|broken| {
                let first = broken.errors.iter().next();
                first.map_or_else(String::new, |error| error.error.to_string())
            })?;
        let refused = |error: RequestError| error.message().to_string();
        // The executor's own JSON type; it reads like any other.
        let variables = serde_json::from_value(asked.variables.unwrap_or_else(|| json!({})))
            .map_err(|e| format!("variables: {e}"))?;
        let execution = Execution::new(&self.schema, &document)
            .operation_name(asked.operation_name.as_deref())
            .map_err(refused)?
            .raw_variable_values(&variables)
            .enable_schema_introspection(true);
        let is_mutation = document
            .operations
            .get(asked.operation_name.as_deref())
            .is_ok_and(|operation| operation.is_mutation());
        let root = Root {
            book: self,
            name: if is_mutation { "Mutation" } else { "Query" },
        };
        let answer = execution.execute_sync(&root).map_err(refused)?;
        serde_json::to_value(answer).map_err(|e| e.to_string())
    }
}

/// `POST /graphql`.
pub(crate) async fn answer(State(book): State<Phrasebook>, body: axum::body::Bytes) -> Response {
    match book.run(&body) {
        Ok(answer) => Json(answer).into_response(),
        Err(message) => {
            let errors = json!({"errors": [{"message": message}]});
            (StatusCode::BAD_REQUEST, Json(errors)).into_response()
        }
    }
}

struct Root<'b> {
    book: &'b Phrasebook,
    name: &'static str,
}

#[derive(Clone, Copy)]
struct Language<'b> {
    book: &'b Phrasebook,
    /// In [`LANGUAGES`].
    at: usize,
}

struct Shown<'b> {
    book: &'b Phrasebook,
    phrase: Phrase,
}

struct Translation<'b> {
    language: Language<'b>,
    text: String,
}

fn text<'a>(info: &ResolveInfo<'a>, name: &str) -> Option<&'a str> {
    info.arguments().get(name)?.as_str()
}

/// The first phrases that fit.
fn listed<'a>(book: &'a Phrasebook, info: &ResolveInfo<'_>) -> Result<ResolvedValue<'a>, FieldError> {
    let first = info
        .arguments()
        .get("first")
        .and_then(|n| n.as_i64())
        .unwrap_or(5);
    let first = usize::try_from(first).ok().filter(|n| (1..=50).contains(n));
    let first = first.ok_or_else(|| failed("`first` must be 1 to 50"))?;
    let wanted = text(info, "containing").unwrap_or_default().to_lowercase();
    let phrases = book.phrases().into_iter();
    let fit = phrases.filter(move |phrase| {
        phrase
            .words
            .iter()
            .any(|word| word.to_lowercase().contains(&wanted))
    });
    Ok(ResolvedValue::list(
        fit.take(first)
            .map(|phrase| ResolvedValue::object(Shown { book, phrase })),
    ))
}

fn failed(message: &str) -> FieldError {
    FieldError {
        message: message.to_owned(),
    }
}

impl<'b> Language<'b> {
    fn find(book: &'b Phrasebook, code: Option<&str>) -> Option<Self> {
        let at = LANGUAGES.iter().position(|(known, _)| Some(*known) == code)?;
        Some(Self { book, at })
    }
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        self.name
    }
    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let book = self.book;
        match info.field_name() {
            "languages" => {
                let all = (0..LANGUAGES.len()).map(|at| ResolvedValue::object(Language { book, at }));
                Ok(ResolvedValue::list(all))
            }
            "language" => Ok(ResolvedValue::nullable_object(Language::find(
                book,
                text(info, "code"),
            ))),
            "phrases" => listed(book, info),
            "translate" => {
                let source = text(info, "text").unwrap_or_default();
                if source.is_empty() || source.chars().count() > 5000 {
                    return Err(failed("`text` must have 1 to 5,000 characters"));
                }
                let language = Language::find(book, text(info, "to"));
                let translated = language.and_then(|language| {
                    let text = in_language(source, LANGUAGES[language.at].0)?;
                    Some(Translation { language, text })
                });
                match translated {
                    Some(translation) => Ok(ResolvedValue::object(translation)),
                    None => Err(failed("`to` must be es, de or fr")),
                }
            }
            "addPhrase" => {
                let input = info.arguments().get("input").and_then(|input| input.as_object());
                let word = |name: &str| {
                    let word = input
                        .and_then(|input| input.get(name))
                        .and_then(|word| word.as_str());
                    word.unwrap_or_default().chars().take(100).collect::<String>()
                };
                let phrase = Phrase {
                    words: ["english", "spanish", "german", "french"].map(word),
                    added: true,
                };
                let mut added = book.added.lock().unwrap_or_else(PoisonError::into_inner);
                if added.len() >= 100 {
                    return Err(failed("the book is full"));
                }
                added.push(phrase.clone());
                Ok(ResolvedValue::object(Shown { book, phrase }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Language<'_> {
    fn type_name(&self) -> &str {
        "Language"
    }
    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "code" => Ok(ResolvedValue::leaf(LANGUAGES[self.at].0)),
            "name" => Ok(ResolvedValue::leaf(LANGUAGES[self.at].1)),
            "phrases" => listed(self.book, info),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Shown<'_> {
    fn type_name(&self) -> &str {
        "Phrase"
    }
    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "english" => Ok(ResolvedValue::leaf(self.phrase.words[0].as_str())),
            "translations" => Ok(ResolvedValue::list((0..LANGUAGES.len()).map(|at| {
                ResolvedValue::object(Translation {
                    language: Language { book: self.book, at },
                    text: self.phrase.words[at + 1].clone(),
                })
            }))),
            "source" => Ok(ResolvedValue::leaf(if self.phrase.added {
                "READER"
            } else {
                "BOOK"
            })),
            "category" => Ok(ResolvedValue::leaf("everyday")),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Translation<'_> {
    fn type_name(&self) -> &str {
        "Translation"
    }
    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "language" => Ok(ResolvedValue::object(self.language)),
            "text" => Ok(ResolvedValue::leaf(self.text.as_str())),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str, variables: Value) -> Value {
        let body = json!({"query": query, "variables": variables}).to_string();
        Phrasebook::new().unwrap().run(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_query_with_variables_runs() {
        let answer = ask(
            "query Q($text: String!) { translate(text: $text, to: \"es\") { text language { name } } }",
            json!({"text": "Good morning, world."}),
        );
        let expected = json!({"text": "Buenos días, mundo.", "language": {"name": "Spanish"}});
        assert_eq!(answer["data"]["translate"], expected);
        assert_eq!(
            ask("{ phrases(first: 2) { english source } }", json!({}))["data"]["phrases"][1]["source"],
            "BOOK"
        );
        assert!(ask("{ phrases(first: 99) { english } }", json!({}))["errors"][0]["message"].is_string());
    }

    #[test]
    fn a_mutation_adds_a_phrase_and_a_wrong_query_is_told() {
        let book = Phrasebook::new().unwrap();
        let input = json!({"english": "tea", "spanish": "té", "german": "Tee", "french": "thé"});
        let body = json!({"query": "mutation M($i: AddPhrase!) { addPhrase(input: $i) { source } }", "variables": {"i": input}});
        assert_eq!(
            book.run(body.to_string().as_bytes()).unwrap()["data"]["addPhrase"]["source"],
            "READER"
        );
        let body = json!({"query": "{ phrases(containing: \"tee\") { english } }"});
        assert_eq!(
            book.run(body.to_string().as_bytes()).unwrap()["data"]["phrases"][0]["english"],
            "tea"
        );
        assert!(
            book.run(b"{\"query\": \"{ nothing }\"}")
                .unwrap_err()
                .contains("nothing")
        );
    }
}
