//! What authors do.

use std::sync::Arc;

use aforo_core::{PageId, ProductId, Timestamp};
use aforo_docs::guide::{
    draft::PageDraft,
    service::{Edit, NewPage},
    tree::Audience,
};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NodeView, PageAndNumber, PageView, SavedView, VersionLine, VersionView, problem::not_found};
use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// A page to add.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPageInput {
    /// The page above it; left out for the root.
    parent_id: Option<String>,
    /// Its place among its siblings, from 0; left out for the last one.
    position: Option<u32>,
    /// The product it is about.
    product_id: Option<String>,
    /// Its title: 1 to 200 characters.
    title: String,
    /// Its part of the address; left out to make one of the title.
    slug: Option<String>,
    /// Its text: CommonMark, at most 256 KiB.
    body: Option<String>,
    /// A note for the history.
    note: Option<String>,
    /// Whether to publish it at once.
    publish: Option<bool>,
}

/// A new version of a page.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EditInput {
    /// The version that was changed. If it is not the latest any more, nothing is saved.
    base_version: u32,
    /// The title: 1 to 200 characters.
    title: String,
    /// The page's part of the address; left out to keep it.
    slug: Option<String>,
    /// The text: CommonMark, at most 256 KiB.
    body: String,
    /// A note for the history.
    note: Option<String>,
    /// Whether to publish it at once.
    publish: Option<bool>,
}

/// Which version to publish.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PublishPageInput {
    /// Its number.
    version: u32,
}

/// Where to move a page.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MoveInput {
    /// The page above it; null or left out for the root.
    parent_id: Option<String>,
    /// Its place among its new siblings, from 0, counted without the page itself.
    position: u32,
}

/// Whether pages below go with it.
#[derive(Deserialize)]
struct DeleteQuery {
    children: Option<bool>,
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedView {
    /// How many pages.
    pages: usize,
    /// Until when they can be brought back, RFC 3339.
    undelete_until: String,
}

/// A deleted page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedPage {
    /// When it was deleted, RFC 3339.
    deleted_at: String,
    /// The page whose deletion took it along; or itself.
    deleted_with: String,
    /// The page.
    page: PageView,
}

/// Unsaved work to keep.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DraftInput {
    /// The version that the work began with.
    base_version: u32,
    /// The title so far.
    title: String,
    /// The address so far.
    slug: Option<String>,
    /// The text so far.
    body: String,
}

/// Unsaved work.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DraftView {
    /// The version that the work began with.
    base_version: u32,
    /// The title so far.
    title: String,
    /// The address so far.
    slug: String,
    /// The text so far.
    body: String,
    /// When it was kept, RFC 3339.
    saved_at: String,
}

/// What visitors say about a page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FeedbackView {
    /// Found it helpful.
    yes: u64,
    /// Did not.
    no: u64,
    /// The last 50 comments, newest first.
    comments: Vec<CommentView>,
}

/// What one visitor says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CommentView {
    /// The version that was read.
    version: u32,
    /// Whether it was helpful.
    helpful: bool,
    /// What else there was to say.
    comment: String,
    /// When, RFC 3339.
    at: String,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary).admin();
    let pages = "/api/v1/docs/pages";
    routes.add(
        api(
            Method::GET,
            pages,
            "All pages with their latest titles, in the order of the tree",
        )
        .gives::<List<NodeView>>(200),
        tree,
    );
    routes.add(
        api(Method::POST, pages, "Add a page")
            .takes::<NewPageInput>()
            .gives::<SavedView>(201),
        create,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/deleted-pages",
            "Deleted pages that can be brought back, newest first",
        )
        .gives::<List<DeletedPage>>(200),
        deleted,
    );
    let page = "/api/v1/docs/pages/{id}";
    routes.add(
        api(Method::GET, page, "A page with its latest version").gives::<SavedView>(200),
        find,
    );
    routes.add(
        api(
            Method::DELETE,
            page,
            "Delete a page; it can be brought back for 30 days",
        )
        .query(&[("children", "`true` to delete the pages below it as well")])
        .gives::<DeletedView>(200),
        delete,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/undelete",
            "Bring a deleted page back",
        )
        .gives::<PageView>(200),
        undelete,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/move",
            "Move a page with all pages below it",
        )
        .takes::<MoveInput>()
        .gives::<PageView>(200),
        move_page,
    );
    let versions = "/api/v1/docs/pages/{id}/versions";
    routes.add(
        api(Method::POST, versions, "Save a new version")
            .takes::<EditInput>()
            .gives::<SavedView>(201),
        save,
    );
    routes.add(
        api(Method::GET, versions, "Versions of a page, newest first")
            .query(PAGE_PARAMETERS)
            .gives::<List<VersionLine>>(200),
        history,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/pages/{id}/versions/{number}",
            "One version",
        )
        .gives::<VersionView>(200),
        version,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/versions/{number}/restore",
            "Make an old version the latest one again, as a new version",
        )
        .gives::<SavedView>(201),
        restore,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/publish",
            "Show a version to readers",
        )
        .takes::<PublishPageInput>()
        .gives::<PageView>(200),
        publish,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/pages/{id}/unpublish",
            "Hide a page from readers",
        )
        .gives::<PageView>(200),
        unpublish,
    );
    let draft = "/api/v1/docs/pages/{id}/draft";
    routes.add(
        api(Method::GET, draft, "My unsaved work on a page").gives::<DraftView>(200),
        find_draft,
    );
    routes.add(
        api(Method::PUT, draft, "Keep my unsaved work on a page")
            .takes::<DraftInput>()
            .gives::<DraftView>(200),
        save_draft,
    );
    routes.add(
        api(Method::DELETE, draft, "Forget my unsaved work on a page"),
        discard_draft,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/pages/{id}/feedback",
            "What visitors say about a page",
        )
        .gives::<FeedbackView>(200),
        feedback,
    );
}

async fn tree(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Json<List<NodeView>>, Problem> {
    let tree = shared
        .guides
        .tree(context.tenant_scope(), Audience::Authors)
        .await?;
    Ok(Json(NodeView::list(&tree)))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<NewPageInput>,
) -> Result<(StatusCode, Json<SavedView>), Problem> {
    let product = input.product_id.as_deref().map(product).transpose()?;
    let new = NewPage {
        parent: input.parent_id.as_deref().map(parent).transpose()?,
        position: input.position.map(|position| position as usize),
        product,
        title: input.title,
        slug: input.slug,
        body: input.body.unwrap_or_default(),
        note: input.note.unwrap_or_default(),
        publish: input.publish.unwrap_or(false),
    };
    let saved = shared
        .guides
        .create(context.tenant_scope(), context.actor(), new)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(SavedView::of(&saved.page, &saved.version)),
    ))
}

async fn find(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
) -> Result<Json<SavedView>, Problem> {
    let (page, version) = shared.guides.page(context.tenant_scope(), page).await?;
    Ok(Json(SavedView::of(&page, &version)))
}

async fn delete(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Query(query): Query<DeleteQuery>,
) -> Result<Json<DeletedView>, Problem> {
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let done = shared
        .guides
        .delete(scope, actor, page, query.children.unwrap_or(false))
        .await?;
    Ok(Json(DeletedView {
        pages: done.pages,
        undelete_until: done.until.to_rfc3339(),
    }))
}

async fn deleted(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
) -> Result<Json<List<DeletedPage>>, Problem> {
    let pages = shared.guides.deleted(context.tenant_scope()).await?;
    let items = pages.iter().filter_map(|page| {
        let deletion = page.deleted?;
        Some(DeletedPage {
            deleted_at: deletion.at.to_rfc3339(),
            deleted_with: deletion.root.to_string(),
            page: PageView::of(page),
        })
    });
    Ok(Json(List {
        items: items.collect(),
        next: None,
    }))
}

async fn undelete(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
) -> Result<Json<PageView>, Problem> {
    let page = shared
        .guides
        .undelete(context.tenant_scope(), context.actor(), page)
        .await?;
    Ok(Json(PageView::of(&page)))
}

async fn move_page(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<MoveInput>,
) -> Result<Json<PageView>, Problem> {
    let parent = input.parent_id.as_deref().map(parent).transpose()?;
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let page = shared
        .guides
        .move_page(scope, actor, page, parent, input.position as usize)
        .await?;
    Ok(Json(PageView::of(&page)))
}

async fn save(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<EditInput>,
) -> Result<(StatusCode, Json<SavedView>), Problem> {
    let edit = Edit {
        base_version: input.base_version,
        title: input.title,
        slug: input.slug,
        body: input.body,
        note: input.note.unwrap_or_default(),
        publish: input.publish.unwrap_or(false),
    };
    let saved = shared
        .guides
        .save(context.tenant_scope(), context.actor(), page, edit)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(SavedView::of(&saved.page, &saved.version)),
    ))
}

async fn history(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<VersionLine>>, Problem> {
    let found = shared
        .guides
        .history(context.tenant_scope(), page, query.read::<u32>()?)
        .await?;
    Ok(Json(List::of(found, |version| VersionLine::of(&version))))
}

async fn version(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    PageAndNumber(page, number): PageAndNumber,
) -> Result<Json<VersionView>, Problem> {
    let version = shared
        .guides
        .version(context.tenant_scope(), page, number)
        .await?;
    Ok(Json(VersionView::of(&version)))
}

async fn restore(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    PageAndNumber(page, number): PageAndNumber,
) -> Result<(StatusCode, Json<SavedView>), Problem> {
    let saved = shared
        .guides
        .restore(context.tenant_scope(), context.actor(), page, number)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(SavedView::of(&saved.page, &saved.version)),
    ))
}

async fn publish(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<PublishPageInput>,
) -> Result<Json<PageView>, Problem> {
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let page = shared.guides.publish(scope, actor, page, input.version).await?;
    Ok(Json(PageView::of(&page)))
}

async fn unpublish(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
) -> Result<Json<PageView>, Problem> {
    let page = shared
        .guides
        .unpublish(context.tenant_scope(), context.actor(), page)
        .await?;
    Ok(Json(PageView::of(&page)))
}

async fn find_draft(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
) -> Result<Json<DraftView>, Problem> {
    let user = context.person()?.user;
    let draft = shared.guides.draft(context.tenant_scope(), page, user).await?;
    draft
        .map(|draft| Json(DraftView::of(draft)))
        .ok_or_else(|| Problem::not_found("draft"))
}

async fn save_draft(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
    Json(input): Json<DraftInput>,
) -> Result<Json<DraftView>, Problem> {
    let draft = PageDraft {
        page,
        user: context.person()?.user,
        base_version: input.base_version,
        title: input.title,
        slug: input.slug.unwrap_or_default(),
        body: input.body,
        saved_at: Timestamp::from_millis(0),
    };
    let kept = shared.guides.save_draft(context.tenant_scope(), draft).await?;
    Ok(Json(DraftView::of(kept)))
}

async fn discard_draft(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
) -> Result<StatusCode, Problem> {
    let user = context.person()?.user;
    match shared
        .guides
        .discard_draft(context.tenant_scope(), page, user)
        .await?
    {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("draft")),
    }
}

async fn feedback(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(page): Id<PageId>,
) -> Result<Json<FeedbackView>, Problem> {
    let (counts, comments) = shared.guides.feedback(context.tenant_scope(), page, 50).await?;
    let comments = comments.into_iter().map(|said| CommentView {
        version: said.version,
        helpful: said.helpful,
        comment: said.comment,
        at: said.at.to_rfc3339(),
    });
    Ok(Json(FeedbackView {
        yes: counts.yes,
        no: counts.no,
        comments: comments.collect(),
    }))
}

impl DraftView {
    fn of(draft: PageDraft) -> Self {
        Self {
            base_version: draft.base_version,
            title: draft.title,
            slug: draft.slug,
            body: draft.body,
            saved_at: draft.saved_at.to_rfc3339(),
        }
    }
}

fn parent(text: &str) -> Result<PageId, Problem> {
    text.parse().map_err(|_| not_found())
}
fn product(text: &str) -> Result<ProductId, Problem> {
    text.parse().map_err(|_| Problem::not_found("product"))
}
