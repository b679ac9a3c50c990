//! Subscriptions: list, subscribe, cancel with the keys that die.

use std::sync::Arc;

use aforo_core::{
    PageRequest, PlanId, SubscriptionId, TenantScope,
    domain::subscription::{Subscription, SubscriptionFilter, SubscriptionStatus},
};
use aforo_vault::store::KeyFilter;
use axum::{extract::State, response::Response};
use http::{Method, StatusCode};
use serde::Deserialize;

use super::{
    catalog::{self, Catalog, active_subscriptions},
    chrome,
    form::Form,
    local::local,
    page, redirect, takes_form,
};
use crate::{
    api::{self, Wanted},
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::Context,
    pages::{self, BoundKey, CancelView, FieldError, PlanCard, SubscriptionRow, SubscriptionsView},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Keys asked for at once.
const BATCH: u32 = 200;

#[derive(Deserialize)]
struct ListQuery {
    done: Option<String>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let session = |method, path, summary| takes_form(Route::page(method, path, Plane::Session, summary));
    routes.add(
        session(Method::GET, "/subscriptions", "Subscriptions and plans"),
        list,
    );
    routes.add(
        session(Method::POST, "/subscriptions", "Subscribe to a plan"),
        subscribe,
    );
    routes.add(
        session(Method::GET, "/subscriptions/{id}/cancel", "Ask before cancelling"),
        ask_cancel,
    );
    routes.add(
        session(
            Method::POST,
            "/subscriptions/{id}/cancel",
            "Cancel; its keys die with it",
        ),
        cancel,
    );
}

/// The account's own subscriptions, for administrators too: those of others are found through the API.
async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let own = context.person()?.own_scope();
    let mut tx = shared.stores.console.read().await?;
    let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
    let mut all = catalog::subscriptions(&mut *tx, own, SubscriptionFilter::default()).await?;
    let plans = tx.plans(context.tenant_scope()).list().await?;
    drop(tx);
    all.sort_by_key(|s| std::cmp::Reverse((s.status == SubscriptionStatus::Active, s.id)));
    let has = |plan: PlanId| {
        all.iter()
            .any(|s| s.plan == plan && s.status == SubscriptionStatus::Active)
    };
    let plans = plans
        .iter()
        .map(|plan| PlanCard {
            id: plan.id.to_string(),
            product: catalog.list(&plan.products),
            name: plan.name.clone(),
            description: "Opens every operation in Sandbox and Live.".to_owned(),
            limits: Vec::new(),
            subscribed: has(plan.id),
        })
        .collect();
    let mut subscriptions = Vec::with_capacity(all.len());
    for subscription in &all {
        let keys = match subscription.status {
            SubscriptionStatus::Active => bound_keys(&shared, own, subscription.id, Which::Bound).await?,
            SubscriptionStatus::Cancelled => Vec::new(),
        };
        subscriptions.push(row(subscription, &catalog, keys));
    }
    let mut chrome = chrome(&shared, &context).await?;
    chrome.notice = match query.done.as_deref() {
        Some("subscribed") => Some("Subscribed. You can create a key for it now.".to_owned()),
        Some("cancelled") => Some("Subscription cancelled. Its keys are refused from now on.".to_owned()),
        _ => None,
    };
    if chrome.notice.is_some() {
        chrome.here = context.urls.subscriptions();
    }
    Ok(page(
        StatusCode::OK,
        pages::subscriptions(&chrome, &SubscriptionsView { subscriptions, plans }),
    ))
}

/// Which keys of a subscription.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those bound to it.
    Bound,
    /// Those that nothing else keeps alive.
    Dying,
}

/// The working keys that live by a subscription.
async fn bound_keys(
    shared: &Shared,
    scope: TenantScope,
    id: SubscriptionId,
    which: Which,
) -> Result<Vec<BoundKey>, Problem> {
    let filter = KeyFilter {
        subscription: Some(id),
        unrevoked_only: true,
        environment: None,
    };
    let now = shared.clock.now();
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let found = shared
            .vault
            .list(scope, filter, PageRequest { after, limit: BATCH })
            .await?;
        for key in found.items.iter().filter(|key| key.status(now).is_live()) {
            let bindings = shared.vault.bindings(scope, key.id).await?;
            let counts = match which {
                Which::Bound => bindings.contains(&id),
                Which::Dying => bindings == [id],
            };
            if counts {
                keys.push(BoundKey {
                    id: key.id.to_string(),
                    name: key.name.clone(),
                    masked: catalog::masked(key),
                    environment: catalog::environment(key.environment),
                    last_used: key.last_used_at,
                });
            }
        }
        after = found.next;
        if after.is_none() {
            return Ok(keys);
        }
    }
}

fn row(subscription: &Subscription, catalog: &Catalog, keys: Vec<BoundKey>) -> SubscriptionRow {
    SubscriptionRow {
        id: subscription.id.to_string(),
        product: catalog.list(&subscription.products),
        plan: subscription.plan_name.clone(),
        active: subscription.status == SubscriptionStatus::Active,
        since: subscription.created_at,
        keys,
    }
}

async fn subscribe(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    form: Form,
) -> Result<Response, Problem> {
    let person = context.person()?;
    let plan: PlanId = form
        .text("plan")
        .parse()
        .map_err(|_| Problem::not_found("plan"))?;
    // A form that is sent twice subscribes once.
    let mut tx = shared.stores.console.read().await?;
    let active = active_subscriptions(&mut *tx, person.own_scope()).await?;
    drop(tx);
    if !active.iter().any(|subscription| subscription.plan == plan) {
        api::subscribe(&shared, &context, person.customer, Wanted::Plan(plan)).await?;
    }
    match local(&context.urls, form.text("next")) {
        Some(next) => redirect(next),
        None => redirect(&format!("{}?done=subscribed", context.urls.subscriptions())),
    }
}

async fn ask_cancel(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SubscriptionId>,
) -> Result<Response, Problem> {
    let view = cancel_view(&shared, &context, id).await?;
    if !view.subscription.active {
        return redirect(&context.urls.subscriptions());
    }
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, pages::cancel_subscription(&chrome, &view)))
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SubscriptionId>,
    form: Form,
) -> Result<Response, Problem> {
    let mut view = cancel_view(&shared, &context, id).await?;
    let typed = form.text("confirm");
    if typed.trim() != view.phrase.trim() {
        view.typed = typed.to_owned();
        let message = format!("Type the plan's name, {}, exactly as shown.", view.phrase);
        view.errors.push(FieldError::new("confirm", message));
        let chrome = chrome(&shared, &context).await?;
        return Ok(page(
            StatusCode::UNPROCESSABLE_ENTITY,
            pages::cancel_subscription(&chrome, &view),
        ));
    }
    shared
        .vault
        .cancel_subscription(context.person()?.scope(), context.actor(), id)
        .await?;
    redirect(&format!("{}?done=cancelled", context.urls.subscriptions()))
}

async fn cancel_view(shared: &Shared, context: &Context, id: SubscriptionId) -> Result<CancelView, Problem> {
    let scope = context.person()?.scope();
    let mut tx = shared.stores.console.read().await?;
    let subscription = tx.subscriptions(scope).find(id).await?;
    let subscription = subscription.ok_or_else(|| Problem::not_found("subscription"))?;
    let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
    drop(tx);
    let keys = bound_keys(shared, scope, id, Which::Dying).await?;
    Ok(CancelView {
        phrase: subscription.plan_name.clone(),
        subscription: row(&subscription, &catalog, keys),
        typed: String::new(),
        errors: Vec::new(),
    })
}
