//! What readers suggest: the queue, and the decision.

use std::sync::Arc;

use aforo_core::{PageRequest, SuggestionId};
use aforo_docs::{
    error::DocsError,
    guide::{
        service::{Decision, SuggestionReview},
        store::SuggestionFilter,
        suggestion::{Suggestion, SuggestionStatus},
        tree::Audience,
    },
};
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;

use super::{
    get, post,
    read::{self, People},
};
use crate::{
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::Context,
    pages::{
        FieldError,
        admin::{self, SuggestionRow, SuggestionView, SuggestionsView},
    },
    problem::Problem,
    route::RoutesBuilder,
    web::{chrome, form::Form, page, redirect},
};

/// Suggestions on one page of the queue.
const LISTED: u32 = 50;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let query = &[("after", "The `next` of the page before")];
    routes.add(
        get("/admin/suggestions", "Suggested edits that wait").query(query),
        queue,
    );
    routes.add(get("/admin/suggestions/{id}", "One suggested edit"), open);
    routes.add(
        post("/admin/suggestions/{id}", "Accept or reject a suggested edit"),
        decide,
    );
}

/// Suggestions that nobody has decided.
pub(crate) const OPEN: SuggestionFilter = SuggestionFilter {
    status: Some(SuggestionStatus::Open),
    page: None,
    author: None,
};

#[derive(Deserialize)]
struct QueueQuery {
    after: Option<String>,
    done: Option<String>,
}

async fn queue(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<QueueQuery>,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let request = PageRequest {
        after: query.after.and_then(|id| id.parse().ok()),
        limit: LISTED,
    };
    let found = shared.guides.suggestions(scope, OPEN, request).await?;
    let authors = found.items.iter().map(|suggestion| suggestion.author).collect();
    let people = People::read(&shared, &context, authors).await?;
    let tree = shared.guides.tree(scope, Audience::Authors).await?;
    let title = |suggestion: &Suggestion| {
        let node = tree.node(suggestion.page);
        node.map_or_else(String::new, |node| node.page.title.clone())
    };
    let view = SuggestionsView {
        open: found.items.iter().map(|s| row(s, title(s), &people)).collect(),
        next_page: found.next.map(|id| format!("after={id}")),
    };
    let mut chrome = chrome(&shared, &context).await?;
    chrome.notice = match query.done.as_deref() {
        Some("accepted") => Some("Accepted as a new version. Readers see it once you publish it.".to_owned()),
        Some("published") => Some("Accepted and published.".to_owned()),
        Some("rejected") => Some("Rejected. The reader sees your note.".to_owned()),
        _ => None,
    };
    if chrome.notice.is_some() {
        chrome.here = context.urls.admin_suggestions();
    }
    Ok(page(StatusCode::OK, admin::suggestions(&chrome, &view)))
}

fn row(suggestion: &Suggestion, page: String, people: &People) -> SuggestionRow {
    SuggestionRow {
        id: suggestion.id.to_string(),
        page,
        author: people.name(Some(suggestion.author)),
        note: suggestion.note.clone(),
        at: suggestion.created_at,
    }
}

async fn open(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SuggestionId>,
) -> Result<Response, Problem> {
    let view = view(&shared, &context, id).await?;
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, admin::review_suggestion(&chrome, &view)))
}

async fn view(shared: &Shared, context: &Context, id: SuggestionId) -> Result<SuggestionView, Problem> {
    let SuggestionReview {
        suggestion,
        base,
        latest,
        merged,
    } = shared.guides.suggestion(context.tenant_scope(), id).await?;
    let involved = [Some(suggestion.author), suggestion.reviewer];
    let people = People::read(shared, context, involved.into_iter().flatten().collect()).await?;
    let open = suggestion.status == SuggestionStatus::Open;
    let changes = match &merged {
        // Once accepted, the latest version has it already: what it changed then is what can be shown.
        Ok(merged) if open => read::changes(&latest.body, merged).await?,
        _ => read::changes(&base.body, &suggestion.body).await?,
    };
    Ok(SuggestionView {
        row: row(&suggestion, latest.title, &people),
        page_id: suggestion.page.to_string(),
        changes,
        latest: latest.number,
        versions_since: if open { latest.number - base.number } else { 0 },
        contradicts: open && merged.is_err(),
        answer: String::new(),
        decided: decided(&suggestion, &people),
        errors: Vec::new(),
    })
}

fn decided(suggestion: &Suggestion, people: &People) -> Option<String> {
    let who = people.name(suggestion.reviewer);
    let what = match (suggestion.status, suggestion.accepted_version) {
        (SuggestionStatus::Open, _) => return None,
        (SuggestionStatus::Accepted, Some(version)) => format!("Accepted by {who} as version {version}."),
        (SuggestionStatus::Accepted, None) => format!("Accepted by {who}."),
        (SuggestionStatus::Rejected, _) => format!("Rejected by {who}."),
    };
    Some(format!("{what} {}", suggestion.review_note).trim_end().to_owned())
}

async fn decide(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SuggestionId>,
    form: Form,
) -> Result<Response, Problem> {
    let note = form.text("note");
    let verb = form.text("do");
    let (decision, done) = match verb {
        "reject" if note.trim().is_empty() => {
            let error = FieldError::new("note", "Say why, so that the reader learns from it.");
            return again(&shared, &context, id, note, error).await;
        }
        "reject" => (Decision::Reject, "rejected"),
        _ => {
            let publish = verb == "publish";
            let decision = Decision::Accept {
                latest: form.text("latest").parse().unwrap_or(0),
                body: None,
                publish,
            };
            (decision, if publish { "published" } else { "accepted" })
        }
    };
    let reviewed = shared
        .guides
        .review(context.tenant_scope(), context.actor(), id, decision, note)
        .await;
    let error = match reviewed {
        Ok(_) => return redirect(&format!("{}?done={done}", context.urls.admin_suggestions())),
        Err(DocsError::VersionConflict { .. }) => FieldError::new(
            "",
            "The page was saved since you looked. This is what accepting changes now.",
        ),
        Err(DocsError::SuggestionConflict { .. }) => FieldError::new(
            "",
            "The page has changed in the same lines. Take what is right into the editor.",
        ),
        Err(DocsError::SuggestionDecided) => FieldError::new("", "Somebody was quicker and has decided."),
        Err(DocsError::Invalid { reason, .. }) => FieldError::new("note", reason),
        Err(other) => return Err(other.into()),
    };
    again(&shared, &context, id, note, error).await
}

async fn again(
    shared: &Shared,
    context: &Context,
    id: SuggestionId,
    note: &str,
    error: FieldError,
) -> Result<Response, Problem> {
    let status = if error.field.is_empty() {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = SuggestionView {
        answer: note.to_owned(),
        errors: vec![error],
        ..view(shared, context, id).await?
    };
    let chrome = chrome(shared, context).await?;
    Ok(page(status, admin::review_suggestion(&chrome, &view)))
}
