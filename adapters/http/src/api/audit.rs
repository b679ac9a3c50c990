//! The audit log, newest first, for administrators.

use std::sync::Arc;

use aforo_core::{AuditId, kernel::audit::AuditEntry};
use axum::extract::State;
use http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// One thing that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditView {
    /// Its id.
    id: String,
    /// When, RFC 3339.
    at: String,
    /// Who: an id, `operator` or `system`.
    actor: String,
    /// What, as `noun.verb`.
    action: String,
    /// To what.
    target: String,
    /// Ids and settings.
    detail: serde_json::Value,
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let route = Route::api(
        Method::GET,
        "/api/v1/audit",
        Plane::Session,
        "The audit log, newest first",
    );
    routes.add(
        route.admin().query(PAGE_PARAMETERS).gives::<List<AuditView>>(200),
        list,
    );
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<AuditView>>, Problem> {
    let page = page.read::<AuditId>()?;
    let found = shared
        .stores
        .core
        .read()
        .await?
        .audit(context.tenant_scope())
        .list(page)
        .await?;
    Ok(Json(List::of(found, view)))
}

fn view(entry: AuditEntry) -> AuditView {
    AuditView {
        id: entry.id.to_string(),
        at: entry.at.to_rfc3339(),
        actor: entry.actor,
        action: entry.action,
        target: entry.target,
        detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
    }
}
