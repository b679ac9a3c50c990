//! The search page.

use std::sync::Arc;

use aforo_docs::{search::Kind, spec::model::Method as CallMethod};
use axum::{extract::State, response::Response};
use http::{Method, StatusCode};

use super::{chrome, page};
use crate::{
    api::{self, SearchQuery},
    console::Shared,
    extract::{Ctx, Query},
    pages::{self, Facet, FoundRow, SearchView},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Hits of one page.
const LIMIT: usize = 50;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let route = Route::page(
        Method::GET,
        "/search",
        Plane::Public,
        "Search guides, operations and schemas",
    );
    routes.add(
        route.query(&[
            ("q", "What to look for"),
            ("product", "Only this product, by its slug"),
            ("kind", "Only `guide`, `operation` or `schema`"),
        ]),
        search,
    );
}

async fn search(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(mut query): Query<SearchQuery>,
) -> Result<Response, Problem> {
    query.limit = Some(LIMIT);
    let answer = api::answer(&shared, &context, &query, true).await?;
    let entries = |wanted: &dyn Fn(&aforo_docs::search::Count) -> bool| -> u64 {
        answer
            .results
            .counts
            .iter()
            .filter(|count| wanted(count))
            .map(|count| count.entries)
            .sum()
    };
    let chosen = answer
        .products
        .iter()
        .find(|product| product.slug == query.product)
        .map(|product| product.id);
    let of_product = |count: &aforo_docs::search::Count| chosen.is_none_or(|id| count.product == Some(id));
    let kind = Kind::parse(&query.kind);
    let of_kind = |count: &aforo_docs::search::Count| kind.is_none_or(|kind| count.kind == kind);
    let kinds = Kind::ALL.map(|kind| Facet {
        value: kind.as_str().to_owned(),
        label: pages::kind_label(kind).to_owned(),
        entries: entries(&|count| count.kind == kind && of_product(count)),
    });
    let products = answer.products.iter().map(|product| Facet {
        value: product.slug.clone(),
        label: product.name.clone(),
        entries: entries(&|count| count.product == Some(product.id) && of_kind(count)),
    });
    let rows = answer.results.hits.iter().filter_map(|hit| {
        let product = hit.entry.product.and_then(|id| answer.product(id));
        Some(FoundRow {
            kind: hit.entry.kind,
            href: answer.href(&context, hit)?,
            title: hit.title.clone(),
            excerpt: hit.excerpt.clone(),
            method: hit.entry.method.as_deref().and_then(CallMethod::parse),
            path: hit.entry.path.clone(),
            trail: hit.entry.trail.clone(),
            product: product.map(|product| product.name.clone()),
        })
    });
    let view = SearchView {
        total: entries(&|count| of_kind(count) && of_product(count)),
        everywhere: entries(&|_| true),
        rows: rows.collect(),
        kinds: kinds.into(),
        products: products
            .filter(|facet| facet.entries > 0 || facet.value == query.product)
            .collect(),
        suggestion: answer.results.suggestion.clone(),
        partial: answer.results.partial,
        text: query.q,
        kind: query.kind,
        product: query.product,
    };
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, pages::search(&chrome, &view)))
}
