//! Suggested edits.

use std::sync::Arc;

use aforo_core::{PageId, SuggestionId, domain::user::Role};
use aforo_docs::guide::{
    service::{Decision, NewSuggestion},
    store::SuggestionFilter,
    suggestion::Suggestion,
};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::VersionView;
use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// An edit to suggest.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SuggestionInput {
    /// The version that was changed.
    base_version: u32,
    /// The whole text, changed.
    body: String,
    /// Why.
    note: Option<String>,
}

/// A suggested edit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SuggestionView {
    /// Its id.
    id: String,
    /// The page.
    page_id: String,
    /// Who suggests it.
    author_id: String,
    /// The version that was changed.
    base_version: u32,
    /// The whole text, changed.
    body: String,
    /// Why.
    note: String,
    /// `open`, `accepted` or `rejected`.
    status: &'static str,
    /// Who decided.
    reviewer_id: Option<String>,
    /// What the reviewer says to the author.
    review_note: String,
    /// The version it became.
    accepted_version: Option<u32>,
    /// When it was sent, RFC 3339.
    created_at: String,
    /// When it was decided.
    decided_at: Option<String>,
}

/// A suggested edit with what is needed to decide on it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReviewView {
    /// The suggestion.
    suggestion: SuggestionView,
    /// The version that its author changed.
    base: VersionView,
    /// The latest version.
    latest: VersionView,
    /// The text with both changes, with marks (`<<<<<<<`) where both changed the same lines.
    merged: String,
    /// Whether there are such marks.
    conflict: bool,
}

/// What a reviewer decides.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DecisionInput {
    /// Whether it becomes a version.
    accept: bool,
    /// The latest version that the reviewer has seen; needed to accept.
    latest_version: Option<u32>,
    /// The text to save, if the reviewer put it together.
    body: Option<String>,
    /// Whether to publish it at once.
    publish: Option<bool>,
    /// What to say to the author.
    note: Option<String>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/suggestions",
            "Suggest an edit of a published page",
        )
        .takes::<SuggestionInput>()
        .gives::<SuggestionView>(201),
        suggest,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/suggestions",
            "Suggested edits, oldest first: mine or, for administrators, all",
        )
        .query(PAGE_PARAMETERS)
        .gives::<List<SuggestionView>>(200),
        list,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/suggestions/{id}",
            "A suggested edit and what accepting it would save",
        )
        .admin()
        .gives::<ReviewView>(200),
        find,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/suggestions/{id}/review",
            "Accept or reject a suggested edit",
        )
        .admin()
        .takes::<DecisionInput>()
        .gives::<SuggestionView>(200),
        review,
    );
}

async fn suggest(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<SuggestionInput>,
) -> Result<(StatusCode, Json<SuggestionView>), Problem> {
    let new = NewSuggestion {
        base_version: input.base_version,
        body: input.body,
        note: input.note.unwrap_or_default(),
    };
    let author = context.person()?.user;
    let suggestion = shared
        .guides
        .suggest(context.tenant_scope(), author, page, new)
        .await?;
    Ok((StatusCode::CREATED, Json(SuggestionView::of(suggestion))))
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<SuggestionView>>, Problem> {
    let person = context.person()?;
    let author = (person.role != Role::Admin).then_some(person.user);
    let filter = SuggestionFilter {
        author,
        ..SuggestionFilter::default()
    };
    let found = shared
        .guides
        .suggestions(context.tenant_scope(), filter, query.read()?)
        .await?;
    Ok(Json(List::of(found, SuggestionView::of)))
}

async fn find(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SuggestionId>,
) -> Result<Json<ReviewView>, Problem> {
    let review = shared.guides.suggestion(context.tenant_scope(), id).await?;
    let conflict = review.merged.is_err();
    let (Ok(merged) | Err(merged)) = review.merged;
    Ok(Json(ReviewView {
        suggestion: SuggestionView::of(review.suggestion),
        base: VersionView::of(&review.base),
        latest: VersionView::of(&review.latest),
        merged,
        conflict,
    }))
}

async fn review(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SuggestionId>,
    Json(input): Json<DecisionInput>,
) -> Result<Json<SuggestionView>, Problem> {
    let decision = if input.accept {
        let missing = || {
            Problem::invalid(
                "/latestVersion",
                "Say which version you compared the suggestion with.",
            )
        };
        Decision::Accept {
            latest: input.latest_version.ok_or_else(missing)?,
            body: input.body,
            publish: input.publish.unwrap_or(false),
        }
    } else {
        Decision::Reject
    };
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let note = input.note.unwrap_or_default();
    let decided = shared.guides.review(scope, actor, id, decision, &note).await?;
    Ok(Json(SuggestionView::of(decided)))
}

impl SuggestionView {
    fn of(suggestion: Suggestion) -> Self {
        Self {
            id: suggestion.id.to_string(),
            page_id: suggestion.page.to_string(),
            author_id: suggestion.author.to_string(),
            base_version: suggestion.base_version,
            body: suggestion.body,
            note: suggestion.note,
            status: suggestion.status.as_str(),
            reviewer_id: suggestion.reviewer.map(|id| id.to_string()),
            review_note: suggestion.review_note,
            accepted_version: suggestion.accepted_version,
            created_at: suggestion.created_at.to_rfc3339(),
            decided_at: suggestion.decided_at.map(|at| at.to_rfc3339()),
        }
    }
}
