//! What readers read, and what they say about it.

use std::sync::Arc;

use aforo_core::{PageId, kernel::rate::Quota};
use aforo_docs::guide::{
    page::DocPage,
    service::{Found, NewFeedback},
    tree::{Audience, Node},
};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::not_found;
use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, Query},
    guard::Context,
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Which page is wanted.
#[derive(Deserialize)]
struct PathQuery {
    path: String,
}

/// A page as readers see it. What authors are at, and what they said to each other, is not in it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReaderPage {
    /// Its id.
    id: String,
    /// The page above it; null at the root.
    parent_id: Option<String>,
    /// The product it is about.
    product_id: Option<String>,
    /// The title of the published version.
    title: String,
    /// The published version's part of the address.
    slug: String,
    /// The number of the published version.
    published_version: Option<u32>,
    /// When it was published, RFC 3339.
    published_at: Option<String>,
}

/// A page of the readers' tree.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReaderNode {
    /// 1 at the root, at most 3.
    level: usize,
    /// Slugs from the root: `keys/rotation`.
    path: String,
    /// The page.
    page: ReaderPage,
}

/// What a published version says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReaderVersion {
    /// Counts from 1.
    number: u32,
    /// The title.
    title: String,
    /// The text: CommonMark.
    body: String,
}

/// A published page with its text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublishedView {
    /// Where it is: `keys/rotation`. Not the path that was asked for, if the page has moved.
    path: String,
    /// The page.
    page: ReaderPage,
    /// Its published version.
    version: ReaderVersion,
}

impl ReaderPage {
    fn of(page: &DocPage) -> Self {
        Self {
            id: page.id.to_string(),
            parent_id: page.parent.map(|id| id.to_string()),
            product_id: page.product.map(|id| id.to_string()),
            title: page.title.clone(),
            slug: page.slug.clone(),
            published_version: page.published_version,
            published_at: page.published_at.map(|at| at.to_rfc3339()),
        }
    }
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

/// What a visitor may say about guides.
const FEEDBACK: Quota = Quota::per_minute(20);

/// Lets a visitor say something, unless they said much just now.
pub(crate) fn feedback_turn(shared: &Shared, context: &Context) -> Result<(), Problem> {
    let visitor = shared.visitors.of(context);
    let taken = shared.feedback.take(visitor, FEEDBACK, shared.clock.now());
    taken.map_err(|wait| Problem::throttled("too_many_requests", "Too much feedback at once.", wait))
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Public, summary);
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/tree",
            "The published pages, in the order of the tree",
        )
        .gives::<List<ReaderNode>>(200),
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

async fn tree(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
) -> Result<Json<List<ReaderNode>>, Problem> {
    let tree = shared
        .guides
        .tree(context.tenant_scope(), Audience::Readers)
        .await?;
    let of = |node: &Node| ReaderNode {
        level: node.level,
        path: node.path.clone(),
        page: ReaderPage::of(&node.page),
    };
    Ok(Json(List {
        items: tree.nodes().iter().map(of).collect(),
        next: None,
    }))
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
    Ok(Json(PublishedView {
        page: ReaderPage::of(&reading.page),
        version: ReaderVersion {
            number: reading.version.number,
            title: reading.version.title,
            body: reading.version.body,
        },
        path: reading.path,
    }))
}

async fn feedback(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<FeedbackInput>,
) -> Result<StatusCode, Problem> {
    feedback_turn(&shared, &context)?;
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
