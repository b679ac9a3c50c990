//! Search: one answer for the page, the palette and programs.

use std::{collections::HashMap, sync::Arc};

use aforo_core::{PageRequest, ProductId, domain::product::Product, kernel::rate::Quota};
use aforo_docs::search::{Hit, Kind, Marked, Search, SearchRequest, SearchResults};
use axum::extract::State;
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Json, Query},
    guard::Context,
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Questions that a visitor may ask: several while typing one word.
const QUOTA: Quota = Quota::per_minute(600);
/// Hits of one answer.
const MAX_LIMIT: usize = 50;

/// What is asked.
#[derive(Default, Deserialize)]
pub(crate) struct SearchQuery {
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) product: String,
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) limit: Option<usize>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SearchView {
    /// The best hits, best first.
    hits: Vec<HitView>,
    /// How many entries match.
    total: u64,
    /// The question as it was probably meant.
    suggestion: Option<String>,
    /// Some hits have only some of the words.
    partial: bool,
}

/// One hit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HitView {
    /// `guide`, `operation` or `schema`.
    kind: &'static str,
    /// What it is called, in pieces.
    title: Vec<PieceView>,
    /// The part of its text that has most of the words, in pieces.
    excerpt: Vec<PieceView>,
    /// The HTTP method of an operation.
    method: Option<String>,
    /// The path of an operation.
    path: Option<String>,
    /// What it is part of: pages above, tags.
    trail: Vec<String>,
    /// The name of its product.
    product: Option<String>,
    /// Its page, on this host.
    href: String,
}

/// A piece of a text.
#[derive(Serialize, ToSchema)]
struct PieceView {
    /// Plain text.
    text: String,
    /// Whether it is what was asked for.
    marked: bool,
}

/// An answer with what is needed to show it.
pub(crate) struct Answer {
    pub(crate) results: SearchResults,
    pub(crate) products: Vec<Product>,
    slugs: HashMap<ProductId, usize>,
}

impl Answer {
    /// The product of this id.
    pub(crate) fn product(&self, id: ProductId) -> Option<&Product> {
        self.products.get(*self.slugs.get(&id)?)
    }
    /// The page of a hit. `None` when its product is gone.
    pub(crate) fn href(&self, context: &Context, hit: &Hit) -> Option<String> {
        let (urls, entry) = (&context.urls, &hit.entry);
        let slug = || Some(&*self.product(entry.product?)?.slug);
        Some(match (entry.kind, &entry.anchor) {
            (Kind::Guide, None) => urls.doc(&entry.address),
            (Kind::Guide, Some(anchor)) => urls.doc_section(&entry.address, anchor),
            (Kind::Operation, _) => urls.operation(slug()?, &entry.address),
            (Kind::Schema, _) => urls.schema(slug()?, &entry.address),
            _ => return None,
        })
    }
}

/// Answers a question, with the products, from one read.
pub(crate) async fn answer(
    shared: &Shared,
    context: &Context,
    query: &SearchQuery,
    counts: bool,
) -> Result<Answer, Problem> {
    if let Err(wait) = shared
        .searches
        .take(shared.visitors.of(context), QUOTA, shared.clock.now())
    {
        return Err(Problem::throttled(
            "too_many_requests",
            "Too many questions at once.",
            wait,
        ));
    }
    let limit = query.limit.unwrap_or(20);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("Ask for 1 to {MAX_LIMIT} hits."),
        ));
    }
    let kind = match query.kind.as_str() {
        "" => None,
        name => Some(
            Kind::parse(name)
                .ok_or_else(|| Problem::invalid("kind", "Ask for guide, operation or schema."))?,
        ),
    };
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let (mut products, mut after) = (Vec::new(), None);
    loop {
        let page = tx.products(scope).list(PageRequest { after, limit: 200 }).await?;
        products.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let product = match query.product.as_str() {
        "" => None,
        slug => {
            let found = products.iter().find(|product| product.slug == slug);
            Some(
                found
                    .ok_or_else(|| Problem::invalid("product", "There is no such product."))?
                    .id,
            )
        }
    };
    let request = SearchRequest {
        text: query.q.clone(),
        kind,
        product,
        limit,
        counts,
    };
    let results = Search::find_in(&mut *tx, scope, &request).await?;
    let slugs = products
        .iter()
        .enumerate()
        .map(|(at, product)| (product.id, at))
        .collect();
    Ok(Answer {
        results,
        products,
        slugs,
    })
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    routes.add(
        Route::api(
            Method::GET,
            "/api/v1/search",
            Plane::Public,
            "Search guides, operations and schemas",
        )
        .query(&[
            (
                "q",
                "What to look for: words, \"phrases\", a path, an operation's id",
            ),
            ("product", "Only this product, by its slug"),
            ("kind", "Only `guide`, `operation` or `schema`"),
            ("limit", "How many hits, 1 to 50; 20 if left out"),
        ])
        .gives::<SearchView>(200),
        search,
    );
}

async fn search(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchView>, Problem> {
    let answer = answer(&shared, &context, &query, true).await?;
    let pieces = |marked: &Marked| {
        let pieces = marked.pieces();
        let piece = |(text, marked): (&str, bool)| PieceView {
            text: text.to_owned(),
            marked,
        };
        pieces.map(piece).collect()
    };
    let hits = answer.results.hits.iter().filter_map(|hit| {
        Some(HitView {
            kind: hit.entry.kind.as_str(),
            title: pieces(&hit.title),
            excerpt: hit.excerpt.as_ref().map(pieces).unwrap_or_default(),
            method: hit.entry.method.clone(),
            path: hit.entry.path.clone(),
            trail: hit.entry.trail.clone(),
            product: hit
                .entry
                .product
                .and_then(|id| answer.product(id))
                .map(|product| product.name.clone()),
            href: answer.href(&context, hit)?,
        })
    });
    Ok(Json(SearchView {
        hits: hits.collect(),
        total: answer.results.counts.iter().map(|count| count.entries).sum(),
        suggestion: answer.results.suggestion.clone(),
        partial: answer.results.partial,
    }))
}
