//! The tree: new pages, moves, deletions.

use std::sync::Arc;

use aforo_core::{PageId, PageRequest, ProductId, domain::product::Product};
use aforo_docs::{
    error::DocsError,
    guide::{
        service::NewPage,
        tree::{Audience, Tree},
    },
};
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;

use super::{get, post, read};
use crate::{
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::Context,
    pages::{
        FieldError,
        admin::{self, GuidesView, MovePageView, NewPageView, Undo},
    },
    problem::Problem,
    route::RoutesBuilder,
    web::{chrome, form::Form, local::local, page, redirect},
};

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(get("/admin/docs", "All pages of the guides"), list);
    routes.add(get("/admin/docs/new", "Form for a new page"), ask_new);
    routes.add(post("/admin/docs/new", "Add a page"), create);
    routes.add(get("/admin/docs/{page}/move", "Form for another place"), ask_move);
    routes.add(post("/admin/docs/{page}/move", "Move a page"), move_to);
    routes.add(
        post("/admin/docs/{page}/delete", "Delete a page with those below it"),
        delete,
    );
    routes.add(
        post("/admin/docs/{page}/undelete", "Bring a deleted page back"),
        undelete,
    );
}

#[derive(Deserialize)]
struct ListQuery {
    done: Option<String>,
    deleted: Option<String>,
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let tree = shared.guides.tree(scope, Audience::Authors).await?;
    let mut view = GuidesView {
        rows: read::rows(&tree),
        undo: None,
    };
    if let Some(id) = query.deleted.and_then(|id| id.parse::<PageId>().ok()) {
        let deleted = shared.guides.deleted(scope).await?;
        let with = |page: &&aforo_docs::guide::page::DocPage| page.deleted.is_some_and(|d| d.root == id);
        let below = deleted.iter().filter(with).count().saturating_sub(1);
        view.undo = deleted.iter().find(|page| page.id == id).map(|page| Undo {
            id: id.to_string(),
            title: page.title.clone(),
            below,
        });
    }
    let mut chrome = chrome(&shared, &context).await?;
    chrome.notice = match query.done.as_deref() {
        Some("moved") => Some("Page moved.".to_owned()),
        Some("undeleted") => Some("The page is back.".to_owned()),
        _ => None,
    };
    if chrome.notice.is_some() || view.undo.is_some() {
        chrome.here = context.urls.admin_docs();
    }
    Ok(page(StatusCode::OK, admin::guides(&chrome, &view)))
}

async fn ask_new(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    new_page(&shared, &context, NewPageView::default()).await
}

async fn new_page(shared: &Shared, context: &Context, mut view: NewPageView) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let tree = shared.guides.tree(scope, Audience::Authors).await?;
    view.places = read::places(&tree, None);
    let mut tx = shared.stores.docs.read().await?;
    let products = tx.products(scope).list(PageRequest::first(100)).await?;
    view.products = products
        .items
        .into_iter()
        .map(|Product { id, name, .. }| (id.to_string(), name))
        .collect();
    drop(tx);
    let status = if view.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let chrome = chrome(shared, context).await?;
    Ok(page(status, admin::new_page(&chrome, &view)))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    form: Form,
) -> Result<Response, Problem> {
    let view = NewPageView {
        title: form.text("name").to_owned(),
        parent: form.text("parent").to_owned(),
        product: form.text("product").to_owned(),
        ..NewPageView::default()
    };
    let new = NewPage {
        parent: id_of(&view.parent, "page")?,
        product: id_of::<ProductId>(&view.product, "product")?,
        title: view.title.clone(),
        ..NewPage::default()
    };
    let made = shared
        .guides
        .create(context.tenant_scope(), context.actor(), new)
        .await;
    let error = match made {
        Ok(saved) => {
            let editor = context.urls.admin_page(&saved.page.id.to_string());
            return redirect(&format!("{editor}?done=created"));
        }
        Err(DocsError::Invalid { field, reason }) => {
            FieldError::new(if field == "title" { "name" } else { "" }, reason)
        }
        Err(error) => place_error(error)?,
    };
    let view = NewPageView {
        errors: vec![error],
        ..view
    };
    new_page(&shared, &context, view).await
}

/// An id from a select; empty for none.
fn id_of<T: std::str::FromStr>(text: &str, what: &str) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Problem::not_found(what))
}

/// What is wrong with a place, at its field.
fn place_error(error: DocsError) -> Result<FieldError, Problem> {
    let message = match error {
        DocsError::PageTooDeep => "Pages nest three levels deep at most. Choose a page further up.",
        DocsError::PageCycle => "A page cannot be below itself. Choose another page.",
        DocsError::PageNotFound(_) | DocsError::ParentDeleted(_) => {
            "That page was deleted meanwhile. Choose another."
        }
        DocsError::SlugTaken { .. } => {
            "A page there has the same address. Change the address of one of them first."
        }
        other => return Err(other.into()),
    };
    Ok(FieldError::new("parent", message))
}

#[derive(Deserialize)]
struct NextQuery {
    next: Option<String>,
}

async fn ask_move(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    Query(query): Query<NextQuery>,
) -> Result<Response, Problem> {
    let tree = shared
        .guides
        .tree(context.tenant_scope(), Audience::Authors)
        .await?;
    let node = tree.node(id).ok_or_else(|| Problem::not_found("page"))?;
    let siblings: Vec<_> = tree.children(node.page.parent).map(|node| node.page.id).collect();
    let at = siblings.iter().position(|sibling| *sibling == id).unwrap_or(0);
    let place = match at.checked_sub(1) {
        None => "first".to_owned(),
        Some(before) => siblings[before].to_string(),
    };
    let parent = node.page.parent.map_or_else(String::new, |id| id.to_string());
    let next = query.next.unwrap_or_default();
    move_page(&shared, &context, &tree, id, [parent, place, next], Vec::new()).await
}

async fn move_page(
    shared: &Shared,
    context: &Context,
    tree: &Tree,
    id: PageId,
    [parent, place, next]: [String; 3],
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let node = tree.node(id).ok_or_else(|| Problem::not_found("page"))?;
    let view = MovePageView {
        id: id.to_string(),
        title: node.page.title.clone(),
        places: read::places(tree, Some(id)),
        parent,
        place,
        next: local(&context.urls, &next).map_or_else(|| context.urls.admin_docs(), str::to_owned),
        errors,
    };
    let status = if view.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let chrome = chrome(shared, context).await?;
    Ok(page(status, admin::move_page(&chrome, &view)))
}

async fn move_to(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    form: Form,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let [parent, place, next] = ["parent", "place", "next"].map(|name| form.text(name).to_owned());
    let above = id_of::<PageId>(&parent, "page")?;
    let tree = shared.guides.tree(scope, Audience::Authors).await?;
    let error = match position(&tree, id, above, &place) {
        None => FieldError::new("place", "Choose a position directly below the chosen page."),
        Some(position) => {
            let moved = shared
                .guides
                .move_page(scope, context.actor(), id, above, position)
                .await;
            match moved {
                Ok(_) => {
                    let back =
                        local(&context.urls, &next).map_or_else(|| context.urls.admin_docs(), str::to_owned);
                    let (path, _) = back.split_once('?').unwrap_or((&back, ""));
                    return redirect(&format!("{path}?done=moved"));
                }
                Err(error) => place_error(error)?,
            }
        }
    };
    move_page(&shared, &context, &tree, id, [parent, place, next], vec![error]).await
}

/// Which place among its siblings: the first, the last, or behind one of them.
fn position(tree: &Tree, id: PageId, parent: Option<PageId>, place: &str) -> Option<usize> {
    let mut siblings = tree
        .children(parent)
        .map(|node| node.page.id)
        .filter(|sibling| *sibling != id);
    match place {
        "first" => Some(0),
        "last" | "" => Some(usize::MAX),
        after => {
            let after: PageId = after.parse().ok()?;
            siblings.position(|sibling| sibling == after).map(|at| at + 1)
        }
    }
}

async fn delete(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    _: Form,
) -> Result<Response, Problem> {
    shared
        .guides
        .delete(context.tenant_scope(), context.actor(), id, true)
        .await?;
    redirect(&format!("{}?deleted={id}", context.urls.admin_docs()))
}

async fn undelete(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    _: Form,
) -> Result<Response, Problem> {
    shared
        .guides
        .undelete(context.tenant_scope(), context.actor(), id)
        .await?;
    redirect(&format!("{}?done=undeleted", context.urls.admin_docs()))
}
