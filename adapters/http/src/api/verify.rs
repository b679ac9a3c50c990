//! Verification for gateways: as JSON, and in the form that nginx `auth_request` and Envoy `ext_authz` call.

use std::{collections::HashMap, sync::Arc};

use aforo_core::ProductId;
use aforo_vault::{
    VerifyError,
    key::{Environment, KeyOrigin},
    verify::{Presented, Purpose, Verified},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Json, Query},
    guard::{Context, presented_key},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// A key to verify.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VerifyInput {
    /// The key as its holder presented it.
    key: String,
    /// The client id, when it came with one.
    client_id: Option<String>,
    /// The product that is called; then the key must cover it.
    product_id: Option<String>,
    /// The environment that is called; then the key must belong to it.
    environment: Option<String>,
    /// The address of the key's holder. Believed from trusted proxies only; from others the connection's
    /// address counts.
    client_ip: Option<String>,
}

/// An accepted key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedView {
    /// Always true: a key that is not accepted answers 401, 403 or 429.
    valid: bool,
    /// The key.
    key_id: String,
    /// The first key of its chain of rotations: count usage by this.
    lineage_id: String,
    /// `customer`, `operator` or `playground`.
    origin: &'static str,
    /// The customer; null for operator keys.
    customer_id: Option<String>,
    /// The active subscription it lives by; the first, if there are several.
    subscription_id: Option<String>,
    /// All active subscriptions it lives by.
    subscription_ids: Vec<String>,
    /// The products it may call.
    product_ids: Vec<String>,
    /// `live` or `test`.
    environment: &'static str,
    /// Calls a minute.
    rate_limit: Option<u32>,
    /// When it stops by itself, RFC 3339.
    expires_at: Option<String>,
}

/// What the gateway knows of the call.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthzQuery {
    #[serde(alias = "productId")]
    product: Option<String>,
    environment: Option<String>,
    limit_as: Option<String>,
}

const AUTHZ_PARAMETERS: &[(&str, &str)] = &[
    (
        "product",
        "The product that is called; then the key must cover it",
    ),
    ("environment", "`live` or `test`; then the key must belong to it"),
    (
        "limitAs",
        "`403` to answer a used-up rate limit with 403 in place of 429, for nginx",
    ),
];

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    routes.add(
        Route::api(
            Method::POST,
            "/api/v1/api-keys/verify",
            Plane::Machine,
            "Verify a key",
        )
        .takes::<VerifyInput>()
        .gives::<VerifiedView>(200),
        verify,
    );
    // Gateways forward the caller's own method, and Envoy its path behind ours.
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ] {
        let route = |path, summary| Route::api(method.clone(), path, Plane::Machine, summary);
        let summary = "Verify the key in Authorization or X-API-Key: for nginx auth_request";
        routes.add(route("/api/v1/authz", summary).query(AUTHZ_PARAMETERS), authz);
        let summary =
            "Verify the key of any product: for Envoy ext_authz, which puts the caller's path behind";
        routes.add(route("/api/v1/authz/{*rest}", summary), authz_any);
        let summary =
            "Verify the key for a product and an environment (`any` for either): for Envoy ext_authz";
        routes.add(
            route("/api/v1/ext-authz/{product}/{environment}", summary),
            authz_named,
        );
        routes.add(
            route("/api/v1/ext-authz/{product}/{environment}/{*rest}", summary),
            authz_named,
        );
    }
}

async fn verify(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<VerifyInput>,
) -> Result<Json<VerifiedView>, Problem> {
    let asserted = match input.client_ip.as_deref() {
        Some(ip) => Some(
            ip.parse()
                .map_err(|_| Problem::invalid("/clientIp", "Enter an IP address."))?,
        ),
        None => None,
    };
    // As with X-Forwarded-For: only a proxy that the operator trusts may say where somebody else is.
    let client = match (context.client, asserted) {
        (Some(peer), Some(asserted)) if shared.settings.trusted_proxies.iter().any(|r| r.contains(&peer)) => {
            Some(asserted)
        }
        (peer, _) => peer,
    };
    let purpose = Purpose {
        tenant: None,
        product: product(input.product_id.as_deref())?,
        environment: environment(input.environment.as_deref())?,
        client,
        dry_run: false,
    };
    let presented = Presented {
        client_id: input.client_id,
        key: input.key.into(),
    };
    let verified = check(&shared, &context, &presented, purpose).await?;
    Ok(Json(VerifiedView {
        valid: true,
        key_id: verified.key.to_string(),
        lineage_id: verified.lineage.to_string(),
        origin: verified.origin.as_str(),
        customer_id: verified.customer.map(|id| id.to_string()),
        subscription_id: verified.subscriptions.first().map(ToString::to_string),
        subscription_ids: verified.subscriptions.iter().map(ToString::to_string).collect(),
        product_ids: verified.products.iter().map(ToString::to_string).collect(),
        environment: verified.environment.as_str(),
        rate_limit: verified.rate_limit,
        expires_at: verified.expires_at.map(|at| at.to_rfc3339()),
    }))
}

async fn authz(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<AuthzQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (product, environment) = (
        product(query.product.as_deref())?,
        environment(query.environment.as_deref())?,
    );
    let mut answer = judged(&shared, &context, &headers, product, environment).await;
    if let Err(problem) = &mut answer
        && problem.status == StatusCode::TOO_MANY_REQUESTS
        && query.limit_as.as_deref() == Some("403")
    {
        // nginx takes every answer but 2xx, 401 and 403 for a failure of its own.
        problem.status = StatusCode::FORBIDDEN;
    }
    answer
}

/// The query here is the caller's own, and says nothing to us.
async fn authz_any(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    judged(&shared, &context, &headers, None, None).await
}

async fn authz_named(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Path(names): Path<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let named = |name: &str| names.get(name).map(String::as_str).filter(|word| *word != "any");
    let (product, environment) = (product(named("product"))?, environment(named("environment"))?);
    judged(&shared, &context, &headers, product, environment).await
}

async fn judged(
    shared: &Shared,
    context: &Context,
    headers: &HeaderMap,
    product: Option<ProductId>,
    environment: Option<Environment>,
) -> Result<Response, Problem> {
    let presented = presented_key(headers).ok_or(VerifyError::Malformed)?;
    // The connection's peer is the gateway; who called it stands in X-Forwarded-For, if we trust it.
    let purpose = Purpose {
        tenant: None,
        product,
        environment,
        client: context.client,
        dry_run: false,
    };
    let verified = check(shared, context, &presented, purpose).await?;
    Ok((StatusCode::OK, facts(&verified)).into_response())
}

/// What the gateway may pass on to its upstream.
fn facts(verified: &Verified) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: Option<String>| {
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(&v).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-aforo-key-id", Some(verified.key.to_string()));
    set("x-aforo-lineage-id", Some(verified.lineage.to_string()));
    set("x-aforo-origin", Some(verified.origin.to_string()));
    set("x-aforo-customer-id", verified.customer.map(|id| id.to_string()));
    set(
        "x-aforo-subscription-id",
        verified.subscriptions.first().map(ToString::to_string),
    );
    set("x-aforo-environment", Some(verified.environment.to_string()));
    headers
}

async fn check(
    shared: &Shared,
    context: &Context,
    presented: &Presented,
    purpose: Purpose,
) -> Result<Verified, VerifyError> {
    // Another tenant's key is an unknown key here.
    let found = shared
        .vault
        .verify(
            presented,
            Purpose {
                tenant: Some(context.tenant.id),
                ..purpose
            },
        )
        .await;
    let outcome = match &found {
        Ok(verified) if verified.origin == KeyOrigin::Playground => "accepted_playground",
        Ok(_) => "accepted",
        Err(error) => error.code(),
    };
    shared.metrics.verified(outcome);
    found
}

fn product(text: Option<&str>) -> Result<Option<ProductId>, Problem> {
    let unknown = |_| Problem::invalid("/productId", "There is no such product.");
    text.filter(|t| !t.is_empty())
        .map(|t| t.parse().map_err(unknown))
        .transpose()
}

fn environment(text: Option<&str>) -> Result<Option<Environment>, Problem> {
    let unknown = |_| Problem::invalid("/environment", "Choose `live` or `test`.");
    text.filter(|t| !t.is_empty())
        .map(|t| t.parse().map_err(unknown))
        .transpose()
}
