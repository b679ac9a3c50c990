//! What machines ask of the console itself: health, metrics, and its own API description.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde_json::json;

use crate::{
    console::Shared,
    extract::Json,
    problem::Problem,
    route::{Route, RoutesBuilder},
};

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    routes.add(Route::file("/healthz", "The process answers").open(), healthy);
    routes.add(Route::file("/readyz", "The database answers").open(), ready);
    routes.add(
        Route::file("/metrics", "Counters in the Prometheus text format").open(),
        metrics,
    );
    routes.add(
        Route::file("/api/openapi.json", "This API, described").open(),
        openapi,
    );
}

async fn healthy() -> Response {
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"status": "ok"})),
    )
        .into_response()
}

async fn ready(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let mut tx = shared.stores.core.read().await?;
    tx.tenants().list().await?;
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"status": "ready"})),
    )
        .into_response())
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")],
        shared.metrics.text(),
    )
        .into_response()
}

async fn openapi(State(shared): State<Arc<Shared>>) -> Response {
    let document = shared.openapi.get().cloned().unwrap_or_default();
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        document,
    )
        .into_response()
}
