//! Views of the operator console.

use std::time::Duration;

use aforo_core::Timestamp;
use aforo_docs::{
    compare::{Markers, merge, words},
    markdown,
};

use super::{
    super::{admin::*, *},
    NOW, Rendered,
};

const BODY: &str = include_str!("guide.md");

fn minutes(minutes: u64) -> Timestamp {
    NOW - Duration::from_secs(minutes * 60)
}

/// What somebody else made of the sample text, and what I did.
fn theirs() -> String {
    BODY.replace("**300 seconds**", "**five minutes**").replace(
        "Roll out the deployment.",
        "Roll out the deployment, one region at a time.",
    )
}
fn mine() -> String {
    BODY.replace(
        "Create the new key.",
        "Create the new key and store it in your secret manager.",
    )
    .replace("**300 seconds**", "**300 seconds** (`GRACE` in the list)")
}

fn rows() -> Vec<GuideRow> {
    let row = |(id, level, title, path, status): (&str, usize, &str, &str, GuideStatus)| GuideRow {
        id: format!("page_{id}"),
        title: title.into(),
        path: path.into(),
        level,
        status,
        hidden: false,
        updated: minutes(60 * 26 * level as u64),
    };
    use GuideStatus::{Changed, Draft, Published};
    let mut rows: Vec<_> = [
        ("start", 1, "Getting started", "getting-started", Published),
        (
            "auth",
            2,
            "Authentication & API keys",
            "getting-started/authentication",
            Changed(3),
        ),
        (
            "first",
            2,
            "Your first call",
            "getting-started/your-first-call",
            Published,
        ),
        (
            "errors",
            2,
            "Errors and retries",
            "getting-started/errors-and-retries",
            Published,
        ),
        ("guides", 1, "Guides", "guides", Published),
        (
            "docs",
            2,
            "Translate documents",
            "guides/translate-documents",
            Published,
        ),
        (
            "large",
            3,
            "Large files",
            "guides/translate-documents/large-files",
            Published,
        ),
        (
            "hooks",
            3,
            "Webhooks from uploads",
            "guides/translate-documents/webhooks-from-uploads",
            Published,
        ),
        ("glossaries", 2, "Glossaries", "guides/glossaries", Published),
        ("agents", 1, "Agents", "agents", Draft),
        ("mcp", 2, "MCP sidecar", "agents/mcp-sidecar", Published),
        ("notes", 1, "Release notes", "release-notes", Published),
    ]
    .into_iter()
    .map(row)
    .collect();
    rows[10].hidden = true;
    rows
}

fn version_row(number: u32, author: &str, note: &str) -> VersionRow {
    VersionRow {
        number,
        title: "Authentication & API keys".into(),
        slug: "authentication".into(),
        author: author.into(),
        note: note.into(),
        at: minutes(u64::from(13 - number.min(12)) * 47),
        published: number == 9,
    }
}

fn places() -> Vec<PlaceChoice> {
    let rows = rows();
    let root = PlaceChoice {
        id: String::new(),
        title: "Top level".into(),
        level: 0,
        refused: None,
        children: rows
            .iter()
            .filter(|r| r.level == 1)
            .map(|r| (r.id.clone(), r.title.clone()))
            .collect(),
    };
    let place = |(at, row): (usize, &GuideRow)| PlaceChoice {
        id: row.id.clone(),
        title: row.title.clone(),
        level: row.level,
        refused: (row.level == 3).then_some("on the lowest level already"),
        children: rows[at + 1..]
            .iter()
            .take_while(|below| below.level > row.level)
            .filter(|below| below.level == row.level + 1 && below.id != "page_auth")
            .map(|below| (below.id.clone(), below.title.clone()))
            .collect(),
    };
    std::iter::once(root)
        .chain(rows.iter().enumerate().map(place))
        .collect()
}

impl AdminOverviewView {
    /// One of each thing that can wait.
    pub fn sample() -> Self {
        Self {
            unpublished_pages: 3,
            open_suggestions: 1,
            unpublished_specs: vec!["Documents API".into()],
            origins: vec![OriginWaiting {
                product: "translation".into(),
                name: "Translation API".into(),
                origin: "https://api.acme-translate.com".into(),
            }],
            fresh: false,
        }
    }
}

impl GuidesView {
    /// Twelve pages on three levels.
    pub fn sample() -> Self {
        Self {
            rows: rows(),
            undo: None,
        }
    }
}

impl PreviewView {
    /// The sample text.
    pub fn sample() -> Self {
        Self {
            title: "Authentication & API keys".into(),
            body_html: markdown::to_safe_html(BODY),
            words: 118,
            minutes: 1,
        }
    }
}

impl EditorView {
    /// A published page with three unpublished versions.
    pub fn sample() -> Self {
        Self {
            rows: rows(),
            id: "page_auth".into(),
            above: vec![("Getting started".into(), "page_start".into())],
            title: "Authentication & API keys".into(),
            slug: "authentication".into(),
            folder: "/docs/getting-started/".into(),
            body: BODY.into(),
            note: String::new(),
            base_version: 12,
            versions: 12,
            status: GuideStatus::Changed(3),
            saved: minutes(47),
            draft: Draft::None,
            reader_path: Some("getting-started/authentication".into()),
            preview: PreviewView::sample(),
            errors: Vec::new(),
            owner: "user_1".into(),
        }
    }
}

impl ConflictView {
    /// Two places to merge, one of them to be decided.
    pub fn sample() -> Self {
        let markers = Markers {
            mine: "Your text",
            theirs: "Version 13",
        };
        let merged = merge(BODY, &mine(), &theirs(), markers);
        Self {
            id: "page_auth".into(),
            base: 12,
            theirs: VersionRow {
                at: minutes(3),
                ..version_row(13, "Alex Doe", "Five minutes reads better")
            },
            next_base: 13,
            title: "Authentication & API keys".into(),
            slug: "authentication".into(),
            body: mine(),
            note: "How rotation works".into(),
            their_changes: words(BODY, &theirs()),
            my_changes: words(BODY, &mine()),
            contradictions: merged.conflicts,
            merged: merged.text,
            errors: Vec::new(),
            publish: false,
        }
    }
}

impl HistoryView {
    /// Four of twelve versions.
    pub fn sample() -> Self {
        Self {
            id: "page_auth".into(),
            title: "Authentication & API keys".into(),
            versions: vec![
                version_row(12, "Mira Rao", "How long the old key works"),
                version_row(11, "Mira Rao", ""),
                version_row(10, "Alex Doe", "Table of prefixes"),
                version_row(9, "Program", "Imported"),
            ],
            latest: 12,
            next_page: Some("after=9".into()),
        }
    }
}

impl VersionView {
    /// An old version.
    pub fn sample() -> Self {
        Self {
            id: "page_auth".into(),
            title: "Authentication & API keys".into(),
            version: version_row(9, "Alex Doe", "Table of prefixes"),
            latest: 12,
            preview: PreviewView::sample(),
        }
    }
}

impl VersionsView {
    /// Words, whole lines and the title changed.
    pub fn sample() -> Self {
        let old = VersionRow {
            title: "Authentication".into(),
            slug: "auth".into(),
            ..version_row(9, "Alex Doe", "")
        };
        let new = format!(
            "{}\nAsk us when something is unclear.\n",
            mine().replace("| `sk_live_` | Production | Real billing |\n", "")
        );
        Self {
            id: "page_auth".into(),
            title: "Authentication & API keys".into(),
            old,
            new: version_row(12, "Mira Rao", "How long the old key works"),
            latest: 12,
            changes: words(BODY, &new),
        }
    }
}

impl SuggestionRow {
    /// A small correction.
    pub fn sample() -> Self {
        Self {
            id: "sug_1".into(),
            page: "Authentication & API keys".into(),
            author: "Nia Newcomer".into(),
            note: "Five minutes is easier to remember than 300 seconds.".into(),
            at: minutes(200),
        }
    }
}

impl SuggestionView {
    /// A small correction of a published page.
    pub fn sample() -> Self {
        Self {
            row: SuggestionRow::sample(),
            page_id: "page_auth".into(),
            changes: words(BODY, &theirs()),
            versions_since: 0,
            contradicts: false,
            latest: 12,
            answer: String::new(),
            decided: None,
            errors: Vec::new(),
        }
    }
}

/// Every page of the operator console.
pub(super) fn pages(c: &Chrome) -> Vec<Rendered> {
    let mut all = overview_pages(c);
    all.extend(guide_pages(c));
    all.extend(history_pages(c));
    all.extend(suggestion_pages(c));
    all
}

fn overview_pages(c: &Chrome) -> Vec<Rendered> {
    let (sample, quiet) = (AdminOverviewView::sample(), AdminOverviewView::default());
    let fresh = AdminOverviewView {
        fresh: true,
        ..AdminOverviewView::default()
    };
    vec![
        ("admin", admin_overview(c, &sample).into_string()),
        ("admin-quiet", admin_overview(c, &quiet).into_string()),
        ("admin-fresh", admin_overview(c, &fresh).into_string()),
    ]
}

fn guide_pages(c: &Chrome) -> Vec<Rendered> {
    let undo = Undo {
        id: "page_old".into(),
        title: "Old page".into(),
        below: 2,
    };
    let deleted = GuidesView {
        undo: Some(undo),
        ..GuidesView::sample()
    };
    let overtaken = EditorView {
        draft: Draft::Kept {
            at: minutes(7),
            overtaken_by: Some("Alex Doe".into()),
        },
        errors: vec![FieldError::new(
            "slug",
            "Another page below “Getting started” has this address. Choose another.",
        )],
        ..EditorView::sample()
    };
    let draft = EditorView {
        status: GuideStatus::Draft,
        versions: 1,
        base_version: 1,
        reader_path: None,
        draft: Draft::Kept {
            at: minutes(2),
            overtaken_by: None,
        },
        ..EditorView::sample()
    };
    let fits = ConflictView {
        contradictions: 0,
        publish: true,
        ..ConflictView::sample()
    };
    let new = NewPageView {
        places: places(),
        products: vec![("prod_1".into(), "Translation API".into())],
        ..NewPageView::default()
    };
    let moved = MovePageView {
        id: "page_auth".into(),
        title: "Authentication & API keys".into(),
        places: places(),
        parent: "page_start".into(),
        place: "first".into(),
        next: c.urls.admin_docs(),
        errors: Vec::new(),
    };
    let refused = MovePageView {
        errors: vec![FieldError::new(
            "place",
            "Choose a page that is directly below “Guides”.",
        )],
        ..moved.clone()
    };
    let image = ImageView {
        id: "page_auth".into(),
        title: "Authentication & API keys".into(),
        ..ImageView::default()
    };
    let added = ImageView {
        markdown: Some("![](/docs/images/3f2a.png)".into()),
        ..image.clone()
    };
    vec![
        ("admin-docs", guides(c, &GuidesView::sample()).into_string()),
        ("admin-docs-deleted", guides(c, &deleted).into_string()),
        (
            "admin-docs-empty",
            guides(c, &GuidesView::default()).into_string(),
        ),
        ("admin-editor", editor(c, &EditorView::sample()).into_string()),
        ("admin-editor-errors", editor(c, &overtaken).into_string()),
        ("admin-editor-draft", editor(c, &draft).into_string()),
        (
            "admin-conflict",
            conflict(c, &ConflictView::sample()).into_string(),
        ),
        ("admin-conflict-fits", conflict(c, &fits).into_string()),
        ("admin-page-new", new_page(c, &new).into_string()),
        ("admin-page-move", move_page(c, &moved).into_string()),
        ("admin-page-move-errors", move_page(c, &refused).into_string()),
        ("admin-image", add_image(c, &image).into_string()),
        ("admin-image-added", add_image(c, &added).into_string()),
    ]
}

fn history_pages(c: &Chrome) -> Vec<Rendered> {
    let sample = HistoryView::sample();
    let one = HistoryView {
        versions: vec![version_row(1, "Mira Rao", "")],
        latest: 1,
        next_page: None,
        ..sample.clone()
    };
    let same = VersionsView {
        changes: words(BODY, BODY),
        old: version_row(9, "Alex Doe", ""),
        ..VersionsView::sample()
    };
    vec![
        ("admin-history", history(c, &sample).into_string()),
        ("admin-history-one", history(c, &one).into_string()),
        ("admin-version", version(c, &VersionView::sample()).into_string()),
        (
            "admin-compare",
            compare_versions(c, &VersionsView::sample()).into_string(),
        ),
        ("admin-compare-same", compare_versions(c, &same).into_string()),
    ]
}

fn suggestion_pages(c: &Chrome) -> Vec<Rendered> {
    let queue = SuggestionsView {
        open: vec![SuggestionRow::sample()],
        next_page: Some("after=x".into()),
    };
    let sample = SuggestionView::sample();
    let contradicts = SuggestionView {
        versions_since: 2,
        contradicts: true,
        errors: vec![FieldError::new(
            "note",
            "Say why, so that the reader learns from it.",
        )],
        ..sample.clone()
    };
    let decided = SuggestionView {
        decided: Some("Accepted by Mira Rao as version 13.".into()),
        versions_since: 1,
        ..sample.clone()
    };
    vec![
        ("admin-suggestions", suggestions(c, &queue).into_string()),
        (
            "admin-suggestions-none",
            suggestions(c, &SuggestionsView::default()).into_string(),
        ),
        ("admin-suggestion", review_suggestion(c, &sample).into_string()),
        (
            "admin-suggestion-contradicts",
            review_suggestion(c, &contradicts).into_string(),
        ),
        (
            "admin-suggestion-decided",
            review_suggestion(c, &decided).into_string(),
        ),
    ]
}
