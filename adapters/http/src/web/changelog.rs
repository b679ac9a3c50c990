//! The changelog of published versions, as a page and as a feed. Public, as documentation is.

use std::{collections::HashMap, sync::Arc};

use aforo_core::{PageRequest, PublicationId, SpecId};
use aforo_docs::store::DocsTx;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};

use super::{catalog::Catalog, chrome, page, plain_chrome, reference::Names};
use crate::{
    console::Shared,
    extract::{Ctx, PageQuery, Query},
    guard::Context,
    pages::{self, ChangelogEntry, ChangelogView},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Entries of a page, and of a feed.
const ENTRIES: u32 = 20;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let public = |path, summary| Route::page(Method::GET, path, Plane::Public, summary);
    routes.add(public("/changelog", "What published versions changed"), all);
    routes.add(
        Route::file("/changelog/feed.xml", "The changelog as an Atom feed"),
        feed_of_all,
    );
    routes.add(
        public(
            "/changelog/{product}",
            "What a product's published versions changed",
        ),
        of_product,
    );
    routes.add(
        Route::file(
            "/changelog/{product}/feed.xml",
            "A product's changelog as an Atom feed",
        ),
        feed_of_product,
    );
}

async fn all(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    show(&shared, &context, None, &query).await
}

async fn of_product(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    show(&shared, &context, Some(&slug), &query).await
}

async fn show(
    shared: &Shared,
    context: &Context,
    slug: Option<&str>,
    query: &PageQuery,
) -> Result<Response, Problem> {
    let asked = query.read::<PublicationId>()?;
    let wanted = PageRequest {
        limit: asked.limit.min(ENTRIES),
        ..asked
    };
    let view = view(shared, context, slug, wanted).await?;
    let chrome = chrome(shared, context).await?;
    Ok(page(StatusCode::OK, pages::changelog(&chrome, &view)))
}

async fn feed_of_all(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    feed(&shared, &context, None).await
}

async fn feed_of_product(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
) -> Result<Response, Problem> {
    feed(&shared, &context, Some(&slug)).await
}

async fn feed(shared: &Shared, context: &Context, slug: Option<&str>) -> Result<Response, Problem> {
    let view = view(shared, context, slug, PageRequest::first(ENTRIES)).await?;
    let chrome = plain_chrome(shared, context);
    let kind = HeaderValue::from_static("application/atom+xml; charset=utf-8");
    let fresh = HeaderValue::from_static("no-cache");
    let text = pages::changelog_feed(&chrome, &context.origin, &view);
    Ok((
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, fresh)],
        text,
    )
        .into_response())
}

/// All of it from one snapshot.
async fn view(
    shared: &Shared,
    context: &Context,
    slug: Option<&str>,
    wanted: PageRequest<PublicationId>,
) -> Result<ChangelogView, Problem> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let catalog = Catalog::read(&mut *tx.products(scope)).await?;
    let product = match slug {
        None => None,
        Some(slug) => {
            let found = catalog.products().iter().find(|product| product.slug == slug);
            Some(found.ok_or_else(|| Problem::not_found("product"))?)
        }
    };
    let found = tx.publications(scope).list(product.map(|p| p.id), wanted).await?;
    let mut numbers = HashMap::new();
    for publication in &found.items {
        if let Some(previous) = publication.previous {
            number(&mut *tx, context, previous, &mut numbers).await?;
        }
    }
    let mut entries = Vec::new();
    for publication in found.items {
        let Some(product) = catalog.find(publication.product) else {
            continue;
        };
        entries.push(ChangelogEntry {
            id: publication.id.to_string(),
            slug: product.slug.clone(),
            product: product.name.clone(),
            number: publication.number,
            version: publication.version,
            previous: publication.previous.and_then(|id| numbers.get(&id).copied()),
            at: publication.published_at,
            current: product.published_spec == Some(publication.spec),
            changes: publication.changes,
        });
    }
    Ok(ChangelogView {
        product: product.map(|product| (product.slug.clone(), product.name.clone())),
        entries,
        next_page: found.next.map(|id| format!("after={id}")),
    })
}

async fn number(
    tx: &mut dyn DocsTx,
    context: &Context,
    id: SpecId,
    numbers: &mut HashMap<SpecId, u32>,
) -> Result<(), Problem> {
    if let std::collections::hash_map::Entry::Vacant(entry) = numbers.entry(id)
        && let Some(spec) = tx.specs(context.tenant_scope()).find(id).await?
    {
        entry.insert(spec.number);
    }
    Ok(())
}
