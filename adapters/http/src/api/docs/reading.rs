//! What readers read, and what they say about it.

use std::sync::Arc;

use aforo_core::PageId;
use aforo_docs::guide::{
    service::{Found, NewFeedback},
    tree::Audience,
};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NodeView, SavedView, problem::not_found};
use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, Query},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Which page is wanted.
#[derive(Deserialize)]
struct PathQuery {
    path: String,
}

/// A page as readers see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublishedView {
    /// Where it is: `keys/rotation`. Not the path that was asked for, if the page has moved.
    path: String,
    /// The page and its published version.
    #[serde(flatten)]
    saved: SavedView,
}

/// Whether a page was helpful.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FeedbackInput {
    /// The version that was read.
    version: u32,
    /// Whether it was helpful.
    helpful: bool,
    /// What else there is to say: at most 1,000 characters.
    comment: Option<String>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Public, summary);
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/tree",
            "The published pages, in the order of the tree",
        )
        .gives::<List<NodeView>>(200),
        tree,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/published",
            "A published page by its path",
        )
        .query(&[(
            "path",
            "Slugs from the root: `keys/rotation`. A former path finds the page as well",
        )])
        .gives::<PublishedView>(200),
        published,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/feedback",
            "Say whether a page was helpful",
        )
        .takes::<FeedbackInput>(),
        feedback,
    );
}

async fn tree(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Json<List<NodeView>>, Problem> {
    let tree = shared
        .guides
        .tree(context.tenant_scope(), Audience::Readers)
        .await?;
    Ok(Json(NodeView::list(&tree)))
}

async fn published(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<PathQuery>,
) -> Result<Json<PublishedView>, Problem> {
    let scope = context.tenant_scope();
    let mut found = shared.guides.page_by_path(scope, &query.path).await?;
    if let Found::Moved(path) = &found {
        found = shared.guides.page_by_path(scope, path).await?;
    }
    let Found::Page(reading) = found else {
        return Err(not_found());
    };
    let saved = SavedView::of(&reading.page, &reading.version);
    Ok(Json(PublishedView {
        path: reading.path,
        saved,
    }))
}

async fn feedback(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<FeedbackInput>,
) -> Result<StatusCode, Problem> {
    let new = NewFeedback {
        version: input.version,
        visitor: shared.visitors.of(&context),
        helpful: input.helpful,
        comment: input.comment.unwrap_or_default(),
    };
    shared
        .guides
        .give_feedback(context.tenant_scope(), page, new)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
