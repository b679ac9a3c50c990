//! Views of search.

use aforo_docs::{
    search::{Kind, Marked},
    spec::model::Method,
};

use super::{super::*, Rendered};

fn marked(text: &str, word: &str) -> Marked {
    let marks = text
        .match_indices(word)
        .map(|(at, word)| at..at + word.len())
        .collect();
    Marked {
        text: text.to_owned(),
        marks,
    }
}

impl SearchView {
    /// A question with hits of each kind.
    pub fn sample() -> Self {
        let facet = |value: &str, label: &str, entries| Facet {
            value: value.into(),
            label: label.into(),
            entries,
        };
        Self {
            text: "Translate".into(),
            rows: vec![
                FoundRow {
                    kind: Kind::Operation,
                    href: "/a/b/reference/translation-api/createTranslation".into(),
                    title: marked("Translate text", "Translate"),
                    excerpt: Some(marked(
                        "Translates a text into one language. The detected source language is returned.",
                        "Translate",
                    )),
                    method: Some(Method::Post),
                    path: Some("/v1/translate".into()),
                    trail: vec!["Translations".into()],
                    product: Some("Translation API".into()),
                },
                FoundRow {
                    kind: Kind::Guide,
                    href: "/a/b/docs/long-documents".into(),
                    title: marked("Translate long documents", "Translate"),
                    excerpt: Some(marked(
                        "…split at headings. Translate each part, then put them together again…",
                        "Translate",
                    )),
                    method: None,
                    path: None,
                    trail: vec!["Getting started".into()],
                    product: None,
                },
                FoundRow {
                    kind: Kind::Schema,
                    href: "/a/b/reference/translation-api/schemas/TranslationRequest".into(),
                    title: marked("TranslationRequest", "Translation"),
                    excerpt: Some(marked("text: what to translate", "translate")),
                    method: None,
                    path: None,
                    trail: Vec::new(),
                    product: Some("Translation API".into()),
                },
            ],
            total: 3,
            everywhere: 3,
            kinds: vec![
                facet("guide", "Guides", 1),
                facet("operation", "Operations", 1),
                facet("schema", "Schemas", 1),
            ],
            products: vec![
                facet("translation-api", "Translation API", 2),
                facet("documents-api", "Documents API", 1),
            ],
            ..Self::default()
        }
    }
}

pub(super) fn pages(c: &Chrome) -> Vec<Rendered> {
    let none = SearchView {
        text: "tranlsator".into(),
        suggestion: Some("translator".into()),
        ..SearchView::default()
    };
    vec![
        ("search", search(c, &SearchView::sample()).into_string()),
        ("search-empty", search(c, &SearchView::default()).into_string()),
        ("search-nothing", search(c, &none).into_string()),
    ]
}
