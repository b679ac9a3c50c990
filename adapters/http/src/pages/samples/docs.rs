//! Views of the guides.

use std::time::Duration;

use aforo_docs::markdown::{self, EmbeddedOperation, EmbeddedSchema, Embeds, Options};

use super::{super::*, NOW, Rendered};

const BODY: &str = include_str!("docs.md");

/// The operation that the sample's text refers to.
struct Known<'c>(&'c Chrome);

impl Embeds for Known<'_> {
    fn operation(&self, _: &str) -> Option<EmbeddedOperation> {
        Some(EmbeddedOperation {
            method: "POST".into(),
            path: "/v1/translate".into(),
            title: "Translate text".into(),
            summary: "Translates one string and returns the result synchronously.".into(),
            href: self.0.urls.operation("translation-api", "translateText"),
            deprecated: false,
        })
    }
    fn schema(&self, _: &str) -> Option<EmbeddedSchema> {
        None
    }
}

impl markdown::Links for Known<'_> {
    fn resolve(&self, address: &str) -> Option<String> {
        address
            .starts_with('/')
            .then(|| format!("{}{address}", self.0.urls.prefix()))
    }
}

fn nav(current: &str) -> DocsNav {
    let node = |title: &str, path: &str, below: Vec<NavNode>| NavNode {
        title: title.into(),
        path: path.into(),
        draft: false,
        below,
    };
    DocsNav {
        current: current.into(),
        nodes: vec![
            node(
                "Getting started",
                "getting-started",
                vec![
                    node(
                        "Authentication & API keys",
                        "getting-started/authentication",
                        Vec::new(),
                    ),
                    node("Your first call", "getting-started/first-call", Vec::new()),
                    node(
                        "Errors",
                        "getting-started/errors",
                        vec![node("Retries", "getting-started/errors/retries", Vec::new())],
                    ),
                ],
            ),
            node(
                "Glossaries",
                "glossaries",
                vec![node("Import a glossary", "glossaries/import", Vec::new())],
            ),
            NavNode {
                draft: true,
                ..node("Webhooks", "webhooks", Vec::new())
            },
        ],
    }
}

fn link(title: &str, path: &str) -> DocLink {
    DocLink {
        title: title.into(),
        path: path.into(),
    }
}

impl DocView {
    /// A guide with everything in it that a guide can have.
    pub fn sample(c: &Chrome) -> Self {
        let known = Known(c);
        let options = Options {
            embeds: &known,
            links: &known,
            ..Options::default()
        };
        let rendered = markdown::render(BODY, &options);
        let toc = rendered.headings.into_iter().map(|heading| TocEntry {
            level: heading.level,
            id: heading.id,
            text: heading.text,
        });
        Self {
            nav: nav("getting-started/authentication"),
            above: vec![link("Getting started", "getting-started")],
            title: "Authentication & API keys".into(),
            summary: markdown::excerpt(BODY, 160),
            toc: toc.collect(),
            content_html: rendered.html,
            minutes: rendered.minutes,
            updated: NOW - Duration::from_secs(160 * 24 * 3600),
            version: 3,
            draft: false,
            below: Vec::new(),
            previous: Some(link("Getting started", "getting-started")),
            next: Some(link("Your first call", "getting-started/first-call")),
            helpful: None,
            edit: None,
            canonical: c.urls.doc("getting-started/authentication"),
        }
    }
}

impl SuggestView {
    /// A suggestion before it is sent.
    pub fn sample() -> Self {
        let body = BODY
            .replace("**300 seconds**", "**five minutes**")
            .replace("Revoke it.", "Revoke it at once.");
        Self {
            nav: nav("getting-started/authentication"),
            title: "Authentication & API keys".into(),
            base_version: 3,
            changes: Some(aforo_docs::compare::words(BODY, &body)),
            preview_html: markdown::to_safe_html("The old key keeps working for **five minutes**."),
            body,
            note: "Minutes read easier than seconds".into(),
            errors: Vec::new(),
            sent: false,
        }
    }
}

pub(super) fn pages(c: &Chrome) -> Vec<Rendered> {
    let guest = Chrome {
        viewer: None,
        ..c.clone()
    };
    let sections = nav("").nodes.into_iter().map(|node| DocsSection {
        summary: "Every request carries a key. Its first characters say where it works.".into(),
        node,
    });
    let overview = DocsView {
        nav: nav(""),
        sections: sections.collect(),
        canonical: c.urls.docs(),
    };
    let nothing = DocsView {
        canonical: c.urls.docs(),
        ..DocsView::default()
    };
    let missing_view = MissingView {
        nav: nav(""),
        words: "rotate keys".into(),
        nearest: vec![link(
            "Authentication & API keys",
            "getting-started/authentication",
        )],
    };
    let sample = DocView::sample(c);
    let parent = DocView {
        nav: nav("getting-started"),
        above: Vec::new(),
        title: "Getting started".into(),
        content_html: "<p>From nothing to a first call.</p>".into(),
        toc: Vec::new(),
        below: vec![link("Your first call", "getting-started/first-call")],
        previous: None,
        helpful: Some(Helpful::No),
        ..sample.clone()
    };
    let draft = DocView {
        draft: true,
        edit: Some("page_1".into()),
        nav: nav("webhooks"),
        title: "Webhooks".into(),
        ..sample.clone()
    };
    let thanked = DocView {
        helpful: Some(Helpful::Commented),
        ..sample.clone()
    };
    let refused = SuggestView {
        errors: vec![FieldError::new(
            "body",
            "Nothing is changed yet. Edit the text, then send it.",
        )],
        changes: None,
        ..SuggestView::sample()
    };
    let sent = SuggestView {
        sent: true,
        ..SuggestView::sample()
    };
    vec![
        ("docs", docs(&guest, &overview).into_string()),
        ("docs-empty", docs(&guest, &nothing).into_string()),
        ("docs-empty-operator", docs(c, &nothing).into_string()),
        ("doc", doc(&guest, &sample).into_string()),
        ("doc-parent", doc(&guest, &parent).into_string()),
        ("doc-draft", doc(c, &draft).into_string()),
        ("doc-thanks", doc(c, &thanked).into_string()),
        ("doc-missing", doc_missing(&guest, &missing_view).into_string()),
        (
            "doc-suggest",
            suggest_edit(c, &SuggestView::sample()).into_string(),
        ),
        ("doc-suggest-errors", suggest_edit(c, &refused).into_string()),
        ("doc-suggest-sent", suggest_edit(c, &sent).into_string()),
    ]
}
