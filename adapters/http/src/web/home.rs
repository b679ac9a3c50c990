//! Home, and the list of products with a reference.

use std::sync::Arc;

use aforo_core::PageRequest;
use aforo_vault::store::KeyFilter;
use axum::{extract::State, response::Response};
use http::{Method, StatusCode};

use super::{catalog::Catalog, chrome, page};
use crate::{
    console::Shared,
    extract::Ctx,
    guard::{Caller, Context},
    pages::{self, HomeView, ProductCard},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(Route::page(Method::GET, "/", Plane::Public, "Home"), home);
    routes.add(
        Route::page(
            Method::GET,
            "/reference",
            Plane::Public,
            "Products with a reference",
        ),
        references,
    );
}

async fn home(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let mut view = view(&shared, &context).await?;
    if let Caller::Person(person) = &context.caller {
        let filter = KeyFilter {
            unrevoked_only: true,
            ..KeyFilter::default()
        };
        let keys = shared
            .vault
            .list(person.own_scope(), filter, PageRequest::first(1))
            .await?;
        view.has_key = !keys.items.is_empty();
    }
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, pages::home(&chrome, &view)))
}

async fn references(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let view = view(&shared, &context).await?;
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, pages::references(&chrome, &view)))
}

/// The products that have a published description. Descriptions themselves are not read for this: only what
/// was noted of them at import.
async fn view(shared: &Shared, context: &Context) -> Result<HomeView, Problem> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let catalog = Catalog::read(&mut *tx.products(scope)).await?;
    let mut products = Vec::new();
    for product in catalog.products() {
        let Some(id) = product.published_spec else {
            continue;
        };
        let Some(spec) = tx.specs(scope).find(id).await? else {
            continue;
        };
        let told = spec.title.eq_ignore_ascii_case(&product.name);
        products.push(ProductCard {
            slug: product.slug.clone(),
            name: product.name.clone(),
            summary: if told {
                "Reference, code samples and playground.".to_owned()
            } else {
                spec.title
            },
            version: Some(spec.version).filter(|version| !version.is_empty()),
            operations: spec.operations as usize,
        });
    }
    Ok(HomeView {
        products,
        has_key: false,
    })
}
