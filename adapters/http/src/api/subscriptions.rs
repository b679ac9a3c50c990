//! Subscriptions: subscribe, list, cancel with the keys that die.

use std::sync::Arc;

use aforo_core::{
    CustomerId, PlanId, ProductId, SubscriptionId, TenantScope,
    domain::{
        plan::Plan,
        subscription::{Subscription, SubscriptionFilter, subscribe_in},
    },
};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    guard::Context,
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// What to subscribe to: a plan, or a product whose first plan is meant.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SubscribeInput {
    /// The plan.
    plan_id: Option<String>,
    /// A product instead of a plan.
    product_id: Option<String>,
    /// For administrators: on whose behalf. Your own account if left out.
    customer_id: Option<String>,
}

/// A subscription.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionView {
    /// Its id.
    id: String,
    /// Who subscribed.
    customer_id: String,
    /// To which plan.
    plan_id: String,
    /// That plan's name.
    plan_name: String,
    /// The products it covers.
    product_ids: Vec<String>,
    /// `active` or `cancelled`.
    status: String,
    /// When it began, RFC 3339.
    created_at: String,
    /// When it was cancelled, RFC 3339.
    cancelled_at: Option<String>,
}

/// A cancelled subscription.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelledView {
    /// Its id.
    id: String,
    /// `cancelled`.
    status: String,
    /// The keys that died in the same transaction.
    revoked_keys: Vec<String>,
}

fn view(subscription: Subscription) -> SubscriptionView {
    SubscriptionView {
        id: subscription.id.to_string(),
        customer_id: subscription.customer.to_string(),
        plan_id: subscription.plan.to_string(),
        plan_name: subscription.plan_name,
        product_ids: subscription.products.iter().map(ToString::to_string).collect(),
        status: subscription.status.to_string(),
        created_at: subscription.created_at.to_rfc3339(),
        cancelled_at: subscription.cancelled_at.map(|at| at.to_rfc3339()),
    }
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        api(
            Method::GET,
            "/api/v1/subscriptions",
            "Subscriptions, oldest first; all of the tenant for administrators",
        )
        .query(PAGE_PARAMETERS)
        .gives::<List<SubscriptionView>>(200),
        list,
    );
    routes.add(
        api(Method::POST, "/api/v1/subscriptions", "Subscribe to a plan")
            .takes::<SubscribeInput>()
            .gives::<SubscriptionView>(201),
        create,
    );
    routes.add(
        api(Method::GET, "/api/v1/subscriptions/{id}", "One subscription").gives::<SubscriptionView>(200),
        find,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/subscriptions/{id}/cancel",
            "Cancel; its keys die in the same transaction",
        )
        .gives::<CancelledView>(200),
        cancel,
    );
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<SubscriptionView>>, Problem> {
    let page = page.read::<SubscriptionId>()?;
    let scope = context.person()?.scope();
    let mut tx = shared.stores.core.read().await?;
    let found = tx
        .subscriptions(scope)
        .list(SubscriptionFilter::default(), page)
        .await?;
    Ok(Json(List::of(found, view)))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<SubscribeInput>,
) -> Result<(StatusCode, Json<SubscriptionView>), Problem> {
    let person = context.person()?;
    let customer = match &input.customer_id {
        None => person.customer,
        Some(id) => {
            let id: CustomerId = id.parse().map_err(|_| Problem::not_found("customer"))?;
            let mut tx = shared.stores.core.read().await?;
            let found = tx.customers(person.scope()).find(id).await?;
            found.ok_or_else(|| Problem::not_found("customer"))?.id
        }
    };
    let wanted = match (&input.plan_id, &input.product_id) {
        (Some(plan), None) => Wanted::Plan(plan.parse().map_err(|_| Problem::not_found("plan"))?),
        (None, Some(product)) => Wanted::Product(product.parse().map_err(|_| Problem::not_found("product"))?),
        _ => {
            return Err(Problem::invalid(
                "/planId",
                "Name a plan in planId, or a product in productId.",
            ));
        }
    };
    let subscription = subscribe(&shared, &context, customer, wanted).await?;
    Ok((StatusCode::CREATED, Json(view(subscription))))
}

pub(crate) enum Wanted {
    Plan(PlanId),
    Product(ProductId),
}

/// Subscribes a customer to a plan, or to the first plan of a product.
pub(crate) async fn subscribe(
    shared: &Shared,
    context: &Context,
    customer: CustomerId,
    wanted: Wanted,
) -> Result<Subscription, Problem> {
    let scope = TenantScope::tenant_wide(context.tenant.id);
    let mut tx = shared.stores.core.begin().await?;
    let plan: Option<Plan> = match wanted {
        Wanted::Plan(id) => tx.plans(scope).find(id).await?,
        Wanted::Product(id) => tx
            .plans(scope)
            .list()
            .await?
            .into_iter()
            .find(|p| p.products.contains(&id)),
    };
    let plan = plan.ok_or_else(|| Problem::not_found("plan"))?;
    let now = shared.clock.now();
    let subscription =
        subscribe_in(&mut *tx, &plan, customer, context.actor(), now, &*shared.entropy).await?;
    tx.commit().await?;
    Ok(subscription)
}

async fn find(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<SubscriptionView>, Problem> {
    let scope = context.person()?.scope();
    let found = shared
        .stores
        .core
        .read()
        .await?
        .subscriptions(scope)
        .find(id)
        .await?;
    found
        .map(|s| Json(view(s)))
        .ok_or_else(|| Problem::not_found("subscription"))
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<CancelledView>, Problem> {
    let scope = context.person()?.scope();
    let cancelled = shared
        .vault
        .cancel_subscription(scope, context.actor(), id)
        .await?;
    Ok(Json(CancelledView {
        id: id.to_string(),
        status: "cancelled".to_owned(),
        revoked_keys: cancelled.keys.iter().map(ToString::to_string).collect(),
    }))
}
