//! Products, their plans, and where their calls go.

use std::sync::Arc;

use aforo_core::{
    PlanId, ProductId,
    domain::{
        plan::Plan,
        product::{Product, Upstream},
    },
    kernel::egress::EgressError,
};
use aforo_docs::service::{NewProduct, upstream_of};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// A product to add.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProductInput {
    /// What people call it.
    pub(crate) name: String,
    /// Where its calls go: an absolute URL. Left out, the origin that its API description names must be
    /// approved first.
    #[serde(alias = "upstreamUrl")]
    pub(crate) upstream: Option<String>,
    /// The name of its plan; `Standard` if left out.
    pub(crate) plan: Option<String>,
    /// Whether new accounts get the plan when they sign up.
    #[serde(default)]
    pub(crate) auto_subscribe: bool,
}

/// An origin to approve.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApproveInput {
    /// The origin, exactly as proposed: `https://api.example.com`. It repeats the proposal, so that nobody
    /// approves one that changed in between.
    origin: String,
}

/// A product.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProductView {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// Its part of page addresses.
    slug: String,
    /// Where its calls go; null until approved.
    upstream: Option<String>,
    /// An origin that its description names and an administrator has not approved.
    proposed_upstream: Option<String>,
    /// The description that readers see.
    spec_id: Option<String>,
    /// When it was made, RFC 3339.
    created_at: String,
    /// The plan that was made with it; only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<String>,
}

/// A plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanView {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// The products that a subscription to it covers.
    product_ids: Vec<String>,
    /// Whether new accounts get it.
    auto_subscribe: bool,
}

fn view(product: Product) -> ProductView {
    let url = |u: Upstream| format!("{}{}", u.origin, u.base_path);
    ProductView {
        id: product.id.to_string(),
        name: product.name,
        slug: product.slug,
        upstream: product.upstream.map(url),
        proposed_upstream: product.proposed_upstream.map(url),
        spec_id: product.published_spec.map(|id| id.to_string()),
        created_at: product.created_at.to_rfc3339(),
        plan_id: None,
    }
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        api(Method::GET, "/api/v1/products", "Products, oldest first")
            .query(PAGE_PARAMETERS)
            .gives::<List<ProductView>>(200),
        list,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/products",
            "Add a product, with a plan of its own",
        )
        .admin()
        .takes::<NewProductInput>()
        .gives::<ProductView>(201),
        create,
    );
    routes.add(
        api(Method::GET, "/api/v1/products/{id}", "One product").gives::<ProductView>(200),
        find,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/products/{id}/approve-upstream",
            "Send calls, with their credential, to the proposed origin from now on",
        )
        .admin()
        .takes::<ApproveInput>()
        .gives::<ProductView>(200),
        approve,
    );
    routes.add(
        api(Method::GET, "/api/v1/plans", "Plans to subscribe to").gives::<List<PlanView>>(200),
        plans,
    );
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<ProductView>>, Problem> {
    let page = page.read::<ProductId>()?;
    let found = shared
        .stores
        .core
        .read()
        .await?
        .products(context.tenant_scope())
        .list(page)
        .await?;
    Ok(Json(List::of(found, view)))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<NewProductInput>,
) -> Result<(StatusCode, Json<ProductView>), Problem> {
    let (product, plan) = create_product(&shared, &context, input).await?;
    let mut shown = view(product);
    shown.plan_id = Some(plan.id.to_string());
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Adds a product for the caller.
pub(crate) async fn create_product(
    shared: &Shared,
    context: &crate::guard::Context,
    input: NewProductInput,
) -> Result<(Product, Plan), Problem> {
    let upstream = match &input.upstream {
        Some(url) => Some(checked_upstream(shared, url).await?),
        None => None,
    };
    let plan = input.plan.as_deref().unwrap_or("Standard").trim();
    if plan.is_empty() || plan.chars().count() > 100 || plan.chars().any(char::is_control) {
        return Err(Problem::invalid("/plan", "Enter a name of 1 to 100 characters."));
    }
    let new = NewProduct {
        name: input.name,
        upstream,
        private_ranges: Vec::new(),
        plan: plan.to_owned(),
        auto_subscribe: input.auto_subscribe,
    };
    let (scope, actor) = (context.tenant_scope(), context.actor());
    Ok(shared.specs.add_product(scope, actor, new).await?)
}

/// An upstream that the console may connect to, by the same rules as every call (E1 to E4).
async fn checked_upstream(shared: &Shared, url: &str) -> Result<Upstream, Problem> {
    check_reachable(shared, "/upstream", url, &shared.settings.private_upstreams).await?;
    upstream_of(url).ok_or_else(|| Problem::invalid("/upstream", "Enter an absolute http or https URL."))
}

/// Refuses an address that no call could go to. A name that does not resolve now is not refused: every call
/// looks it up and judges it again.
pub(super) async fn check_reachable(
    shared: &Shared,
    pointer: &str,
    url: &str,
    allowed: &[ipnet::IpNet],
) -> Result<(), Problem> {
    match shared.egress.target(url, allowed).await {
        Err(error @ EgressError::Denied(_)) => {
            let detail = format!("{error}. Private addresses need a range that the operator allows.");
            Err(Problem::invalid(pointer, detail).with("reason", error.code()))
        }
        _ => Ok(()),
    }
}

async fn find(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ProductId>,
) -> Result<Json<ProductView>, Problem> {
    let found = shared
        .stores
        .core
        .read()
        .await?
        .products(context.tenant_scope())
        .find(id)
        .await?;
    found
        .map(|product| Json(view(product)))
        .ok_or_else(|| Problem::not_found("product"))
}

async fn approve(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ProductId>,
    Json(input): Json<ApproveInput>,
) -> Result<Json<ProductView>, Problem> {
    approve_upstream(&shared, &context, id, &input.origin).await?;
    find(State(shared), Ctx(context), Id(id)).await
}

/// Approves the proposed origin, if it is still the one that the administrator saw.
pub(crate) async fn approve_upstream(
    shared: &Shared,
    context: &crate::guard::Context,
    id: ProductId,
    origin: &str,
) -> Result<(), Problem> {
    let scope = context.tenant_scope();
    let product = shared.stores.core.read().await?.products(scope).find(id).await?;
    let product = product.ok_or_else(|| Problem::not_found("product"))?;
    let proposed = product.proposed_upstream.filter(|p| p.origin == origin);
    let Some(proposed) = proposed else {
        let detail = "This origin is not the proposed one. Look at the product again.";
        return Err(Problem::conflict("origin_not_proposed", detail));
    };
    let mut allowed = shared.settings.private_upstreams.clone();
    allowed.extend(&product.private_ranges);
    check_reachable(shared, "/origin", &proposed.origin, &allowed).await?;
    let (mut tx, actor) = (shared.stores.console.begin().await?, context.actor());
    shared
        .specs
        .approve_upstream_in(&mut *tx, scope, actor, id, &proposed)
        .await?;
    shared.vault.revoke_twins_in(&mut *tx, scope, actor, id).await?;
    tx.commit().await?;
    Ok(())
}

async fn plans(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
) -> Result<Json<List<PlanView>>, Problem> {
    let plans = shared
        .stores
        .core
        .read()
        .await?
        .plans(context.tenant_scope())
        .list()
        .await?;
    let show = |plan: Plan| PlanView {
        id: plan.id.to_string(),
        name: plan.name,
        product_ids: plan.products.iter().map(ToString::to_string).collect(),
        auto_subscribe: plan.auto_subscribe,
    };
    let page = aforo_core::Page::<Plan, PlanId> {
        items: plans,
        next: None,
    };
    Ok(Json(List::of(page, show)))
}
