//! Versions of a page: list, look at one, compare two, restore.

use std::sync::Arc;

use aforo_core::{PageId, PageRequest};
use aforo_docs::guide::version::{PageVersion, VersionSummary};
use axum::{
    extract::{Path, State},
    response::Response,
};
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
    pages::admin::{self, HistoryView, VersionRow, VersionView, VersionsView},
    problem::Problem,
    route::RoutesBuilder,
    web::{chrome, form::Form, page, redirect},
};

/// Versions on one page of the list.
const LISTED: u32 = 50;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let query = &[
        ("after", "The number of the last version of the page before"),
        ("from", "Compare this version …"),
        ("to", "… with this one"),
    ];
    routes.add(
        get("/admin/docs/{page}/history", "Versions of a page").query(query),
        list,
    );
    routes.add(
        get(
            "/admin/docs/{page}/history/{range}",
            "One version (`3`), or what changed (`2..3`)",
        ),
        show,
    );
    routes.add(
        post("/admin/docs/{page}/restore", "Save an old version again"),
        restore,
    );
}

#[derive(Deserialize)]
struct HistoryQuery {
    after: Option<u32>,
    from: Option<u32>,
    to: Option<u32>,
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    if let (Some(from), Some(to)) = (query.from, query.to) {
        return redirect(&context.urls.admin_page_compare(&id.to_string(), from, to));
    }
    let scope = context.tenant_scope();
    let (doc, _) = shared.guides.page(scope, id).await?;
    let request = PageRequest {
        after: query.after,
        limit: LISTED,
    };
    let found = shared.guides.history(scope, id, request).await?;
    let authors = found.items.iter().filter_map(|version| version.author).collect();
    let people = People::read(&shared, &context, authors).await?;
    let row = |version: &VersionSummary| read::version_row(version, &people, doc.published_version);
    let view = HistoryView {
        id: id.to_string(),
        title: doc.title,
        versions: found.items.iter().map(row).collect(),
        latest: doc.latest_version,
        next_page: found.next.map(|number| format!("after={number}")),
    };
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, admin::history(&chrome, &view)))
}

/// `3` or `2..3`.
fn range(text: &str) -> Option<(u32, Option<u32>)> {
    match text.split_once("..") {
        None => Some((text.parse().ok()?, None)),
        Some((from, to)) => Some((from.parse().ok()?, Some(to.parse().ok()?))),
    }
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Path((id, text)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id: PageId = id.parse()?;
    let (first, second) = range(&text).ok_or_else(|| Problem::not_found("version"))?;
    let scope = context.tenant_scope();
    let (doc, _) = shared.guides.page(scope, id).await?;
    let first = shared.guides.version(scope, id, first).await?;
    let chrome = chrome(&shared, &context).await?;
    let markup = match second {
        None => {
            let view = VersionView {
                id: id.to_string(),
                title: doc.title,
                version: row(&shared, &context, &first, doc.published_version).await?,
                latest: doc.latest_version,
                preview: read::preview(&shared, &context, id, &first.title, &first.body).await?,
            };
            admin::version(&chrome, &view)
        }
        Some(second) => {
            let second = shared.guides.version(scope, id, second).await?;
            let view = VersionsView {
                id: id.to_string(),
                title: doc.title,
                old: row(&shared, &context, &first, doc.published_version).await?,
                new: row(&shared, &context, &second, doc.published_version).await?,
                latest: doc.latest_version,
                changes: read::changes(&first.body, &second.body).await?,
            };
            admin::compare_versions(&chrome, &view)
        }
    };
    Ok(page(StatusCode::OK, markup))
}

async fn row(
    shared: &Shared,
    context: &Context,
    version: &PageVersion,
    published: Option<u32>,
) -> Result<VersionRow, Problem> {
    let people = People::read(shared, context, version.author.into_iter().collect()).await?;
    Ok(read::version_row(
        &VersionSummary::from(version),
        &people,
        published,
    ))
}

async fn restore(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    form: Form,
) -> Result<Response, Problem> {
    let number = form.text("version").parse();
    let number = number.map_err(|_| Problem::not_found("version"))?;
    shared
        .guides
        .restore(context.tenant_scope(), context.actor(), id, number)
        .await?;
    redirect(&format!(
        "{}?done=restored",
        context.urls.admin_page(&id.to_string())
    ))
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges() {
        assert_eq!(range("3"), Some((3, None)));
        assert_eq!(range("2..10"), Some((2, Some(10))));
        for bad in ["", "..", "2..", "..3", "a..b", "-1", "1...2", "4294967296"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
