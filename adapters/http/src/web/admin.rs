//! The start page of the operator console: what waits for a decision.

use std::{collections::BTreeMap, sync::Arc};

use aforo_core::{PageRequest, ProductId, SpecId};
use aforo_docs::guide::tree::Audience;
use axum::{extract::State, response::Response};
use http::{Method, StatusCode};

use super::{admin_docs::OPEN, catalog::Catalog, chrome, page};
use crate::{
    console::Shared,
    extract::Ctx,
    guard::Context,
    pages::admin::{self, AdminOverviewView, OriginWaiting},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Descriptions asked for at once.
const BATCH: u32 = 200;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let route = Route::page(
        Method::GET,
        "/admin",
        Plane::Session,
        "What waits for an operator",
    );
    routes.add(route.admin(), overview);
}

async fn overview(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let view = view(&shared, &context).await?;
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, admin::admin_overview(&chrome, &view)))
}

async fn view(shared: &Shared, context: &Context) -> Result<AdminOverviewView, Problem> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let catalog = Catalog::read(&mut *tx.products(scope)).await?;
    let mut newest = BTreeMap::<ProductId, SpecId>::new();
    let mut after = None;
    loop {
        let found = tx
            .specs(scope)
            .list(None, PageRequest { after, limit: BATCH })
            .await?;
        for spec in &found.items {
            newest
                .entry(spec.product)
                .and_modify(|id| *id = spec.id.max(*id))
                .or_insert(spec.id);
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    drop(tx);
    let tree = shared.guides.tree(scope, Audience::Authors).await?;
    let pages = || tree.nodes().iter().map(|node| &node.page);
    let unpublished = pages().filter(|page| page.published_version != Some(page.latest_version));
    let mut view = AdminOverviewView {
        unpublished_pages: unpublished.count(),
        open_suggestions: shared.guides.count_suggestions(scope, OPEN).await?,
        fresh: pages().all(|page| page.published_version.is_none()),
        ..AdminOverviewView::default()
    };
    for product in catalog.products() {
        view.fresh &= product.published_spec.is_none();
        let unpublished = newest
            .get(&product.id)
            .is_some_and(|id| product.published_spec.is_none_or(|published| *id > published));
        if unpublished {
            view.unpublished_specs.push(product.name.clone());
        }
        if let Some(proposed) = &product.proposed_upstream {
            view.origins.push(OriginWaiting {
                product: product.slug.clone(),
                name: product.name.clone(),
                origin: proposed.origin.clone(),
            });
        }
    }
    Ok(view)
}
