//! Views of API descriptions and the changelog.

use std::{sync::Arc, time::Duration};

use aforo_core::Timestamp;
use aforo_docs::spec::diff::{Change, ChangeKind, OperationRef, Severity, SpecDiff, Totals};

use super::{
    super::{admin::*, *},
    NOW, Rendered,
};

fn hours(hours: u64) -> Timestamp {
    NOW - Duration::from_secs(hours * 60 * 60)
}

fn version(number: u32) -> VersionLine {
    VersionLine {
        id: format!("spec_{number}"),
        number,
        title: "Translation API".into(),
        version: format!("2.{number}.0"),
        operations: 38 + number,
        at: hours(u64::from(9 - number) * 31),
    }
}

fn change(
    rule: &str,
    kind: ChangeKind,
    severity: Severity,
    place: &str,
    message: &str,
    affected: u32,
) -> Change {
    let operation = |n: u32| OperationRef {
        method: if n == 0 { "POST" } else { "GET" }.into(),
        path: [
            "/v2/translations",
            "/v2/translations/{id}",
            "/v2/glossaries/{glossaryId}/entries",
        ][n as usize % 3]
            .into(),
        id: ["createTranslation", "getTranslation", "listEntries"][n as usize % 3].into(),
    };
    Change {
        rule: rule.into(),
        kind,
        severity,
        pointer: "/components/schemas/Translation/properties/detected".into(),
        place: place.into(),
        message: message.into(),
        operations: (0..affected.min(5)).map(operation).collect(),
        affected,
    }
}

fn diff() -> SpecDiff {
    use ChangeKind::{Added, Changed, Removed};
    use Severity::{Breaking, Info, Warning};
    SpecDiff {
        changes: vec![
            change(
                "response-property-removed",
                Removed,
                Breaking,
                "Translation › detected",
                "the property was removed",
                7,
            ),
            change(
                "parameter-became-required",
                Changed,
                Breaking,
                "query parameter target",
                "the parameter became required",
                1,
            ),
            change(
                "response-enum-value-added",
                Added,
                Warning,
                "Translation › status",
                "`queued` is a value now",
                3,
            ),
            change("operation-added", Added, Info, "", "the operation was added", 1),
            change(
                "request-constraint-loosened",
                Changed,
                Info,
                "request body › text",
                "`maxLength` 5000 became 10000",
                1,
            ),
        ],
        totals: Totals {
            breaking: 2,
            warnings: 1,
            infos: 2,
        },
    }
}

impl SpecsView {
    /// A quiet product, one with a version that waits, and one with nothing.
    pub fn sample() -> Self {
        let row = |id: &str, name: &str| SpecProductRow {
            id: id.into(),
            name: name.into(),
            slug: "translation".into(),
            published: Some(version(4)),
            waiting: None,
            versions: 4,
            watched: None,
        };
        Self {
            products: vec![
                SpecProductRow {
                    waiting: Some(version(5)),
                    versions: 5,
                    watched: Some((
                        "https://api.acme-translate.com/openapi.yaml".into(),
                        Some(hours(1)),
                        None,
                    )),
                    ..row("prod_1", "Translation API")
                },
                SpecProductRow {
                    watched: Some((
                        "https://docs.acme.com/documents.json".into(),
                        Some(hours(3)),
                        Some("the server answered with status 404".into()),
                    )),
                    ..row("prod_2", "Documents API")
                },
                SpecProductRow {
                    published: None,
                    versions: 0,
                    ..row("prod_3", "Speech API")
                },
            ],
        }
    }
}

impl NewSpecView {
    /// The form for one of two products.
    pub fn sample() -> Self {
        Self {
            products: vec![
                ("prod_1".into(), "Translation API".into()),
                ("prod_2".into(), "Documents API".into()),
            ],
            product: "prod_1".into(),
            ..Self::default()
        }
    }
}

impl SpecView {
    /// A version that breaks clients and waits.
    pub fn sample() -> Self {
        let publication = |number: u32, previous: Option<u32>, breaking| PublicationLine {
            number,
            previous,
            at: hours(u64::from(9 - number) * 30),
            by: "Mira Rao".into(),
            breaking,
        };
        Self {
            product: ("prod_1".into(), "translation".into(), "Translation API".into()),
            version: version(5),
            source_url: Some("https://api.acme-translate.com/openapi.yaml".into()),
            note: "Glossaries are their own resource now.".into(),
            imported_by: "Mira Rao".into(),
            published: Some(version(4)),
            changes: Some(Arc::new(diff())),
            compared_with: Some(4),
            warnings: vec![FindingLine {
                line: Some((412, 15)),
                pointer: "/components/schemas/Glossary/properties/owner/$ref".into(),
                message: "the reference leads nowhere".into(),
            }],
            versions: (1..=5).rev().map(version).collect(),
            log: vec![
                publication(4, Some(3), 0),
                publication(3, Some(4), 1),
                publication(2, Some(1), 2),
                publication(1, None, 0),
            ],
            watch: WatchView {
                active: true,
                url: "https://api.acme-translate.com/openapi.yaml".into(),
                interval: "60".into(),
                publish: "compatible".into(),
                last_checked: Some(hours(1)),
                last_changed: Some(hours(26)),
                last_error: Some("the server answered with status 503".into()),
                next: Some(NOW),
            },
            errors: Vec::new(),
        }
    }
}

impl ChangelogView {
    /// Three versions of one product.
    pub fn sample() -> Self {
        let entry = |number: u32, previous, changes| ChangelogEntry {
            id: format!("pub_{number}"),
            slug: "translation".into(),
            product: "Translation API".into(),
            number,
            version: format!("2.{number}.0"),
            previous,
            at: hours(u64::from(9 - number) * 100),
            current: number == 5,
            changes,
        };
        Self {
            product: None,
            entries: vec![
                entry(5, Some(4), diff()),
                entry(4, Some(3), SpecDiff::default()),
                entry(1, None, SpecDiff::default()),
            ],
            next_page: Some("after=pub_1".into()),
        }
    }
}

pub(super) fn pages(c: &Chrome) -> Vec<Rendered> {
    let sample = SpecView::sample();
    let unconfirmed = SpecView {
        errors: vec![FieldError::new(
            "confirm",
            "2 changes break programs that work today. Confirm that you know.",
        )],
        ..sample.clone()
    };
    let published = SpecView {
        published: Some(version(5)),
        changes: Some(Arc::default()),
        warnings: Vec::new(),
        note: String::new(),
        source_url: None,
        watch: WatchView {
            interval: "60".into(),
            publish: "compatible".into(),
            ..WatchView::default()
        },
        ..sample.clone()
    };
    let first = SpecView {
        published: None,
        changes: None,
        compared_with: None,
        log: Vec::new(),
        ..sample.clone()
    };
    let invalid = NewSpecView {
        text: "openapi: 3.1.0\ninfo:\n  title: Translation\n paths: {}\n".into(),
        errors: vec![FieldError::new(
            "",
            "The document cannot be imported, and nothing was published.",
        )],
        findings: vec![FindingLine {
            line: Some((4, 2)),
            pointer: "/info".into(),
            message: "did not find expected key while parsing a block mapping".into(),
        }],
        ..NewSpecView::sample()
    };
    let blocked = NewSpecView {
        url: "https://10.0.0.7/openapi.yaml".into(),
        errors: vec![FieldError::new(
            "url",
            "The document cannot be fetched from 10.0.0.7: destination refused: the host leads to an address that is not allowed (private). Nothing was changed.",
        )],
        ..NewSpecView::sample()
    };
    let product = ChangelogView {
        product: Some(("translation".into(), "Translation API".into())),
        next_page: None,
        ..ChangelogView::sample()
    };
    vec![
        ("admin-specs", specs(c, &SpecsView::sample()).into_string()),
        ("admin-specs-empty", specs(c, &SpecsView::default()).into_string()),
        (
            "admin-spec-new",
            new_spec(c, &NewSpecView::sample()).into_string(),
        ),
        (
            "admin-spec-new-first",
            new_spec(c, &NewSpecView::default()).into_string(),
        ),
        ("admin-spec-new-invalid", new_spec(c, &invalid).into_string()),
        ("admin-spec-new-blocked", new_spec(c, &blocked).into_string()),
        ("admin-spec", spec(c, &sample).into_string()),
        ("admin-spec-unconfirmed", spec(c, &unconfirmed).into_string()),
        ("admin-spec-published", spec(c, &published).into_string()),
        ("admin-spec-first", spec(c, &first).into_string()),
        ("changelog", changelog(c, &ChangelogView::sample()).into_string()),
        ("changelog-product", changelog(c, &product).into_string()),
        (
            "changelog-empty",
            changelog(c, &ChangelogView::default()).into_string(),
        ),
    ]
}
