//! Agents: list, let in, end.

use std::sync::Arc;

use aforo_core::{SessionId, domain::session::Session};
use axum::{extract::State, response::Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::{chrome, field_errors, form::Form, page, redirect, takes_form};
use crate::{
    api::AgentInput,
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::Context,
    pages::{self, AgentRow, AgentTokenView, AgentsView},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

#[derive(Deserialize)]
struct ListQuery {
    done: Option<String>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let session = |method, path, summary| takes_form(Route::page(method, path, Plane::Session, summary));
    routes.add(session(Method::GET, "/agents", "Agents that act for you"), list);
    routes.add(
        session(
            Method::POST,
            "/agents",
            "Let an agent in, and show its token once",
        ),
        create,
    );
    routes.add(
        session(Method::POST, "/agents/{id}/end", "End an agent at once"),
        end,
    );
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let notice = match query.done.as_deref() {
        Some("ended") => Some("The agent is ended. Its token is refused from now on."),
        _ => None,
    };
    let view = AgentsView::default();
    shown(&shared, &context, StatusCode::OK, view, notice).await
}

async fn shown(
    shared: &Shared,
    context: &Context,
    status: StatusCode,
    mut view: AgentsView,
    notice: Option<&str>,
) -> Result<Response, Problem> {
    let agents = shared.accounts.agents(context.person()?).await?;
    view.agents = agents.iter().map(row).collect();
    view.endpoint = endpoint(context);
    let mut chrome = chrome(shared, context).await?;
    chrome.notice = notice.map(str::to_owned);
    Ok(page(status, pages::agents(&chrome, &view)))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    form: Form,
) -> Result<Response, Problem> {
    let entered = AgentsView {
        name: form.text("name").to_owned(),
        days: form.text("days").to_owned(),
        live: form.text("live") == "on",
        ..AgentsView::default()
    };
    let input = AgentInput {
        name: entered.name.clone(),
        live: entered.live,
        // What is no number is out of range, too.
        days: Some(entered.days.parse().unwrap_or(0)),
    };
    let (grant, lifetime) = input.grant();
    let new = match shared
        .accounts
        .add_agent(context.person()?, grant, lifetime)
        .await
    {
        Ok(new) => new,
        Err(error) => {
            let problem = Problem::from(error);
            if problem.status != StatusCode::UNPROCESSABLE_ENTITY {
                return Err(problem);
            }
            let errors = field_errors(&problem, |field| match field {
                "name" => "name",
                "days" => "days",
                _ => "",
            });
            let view = AgentsView { errors, ..entered };
            return shown(&shared, &context, StatusCode::UNPROCESSABLE_ENTITY, view, None).await;
        }
    };
    let view = AgentTokenView {
        name: entered.name,
        expires: new.session.expires_at,
        token: new.token,
        endpoint: endpoint(&context),
    };
    let chrome = chrome(&shared, &context).await?;
    let mut response = page(StatusCode::CREATED, pages::agent_token(&chrome, &view));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn end(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SessionId>,
    _: Form,
) -> Result<Response, Problem> {
    if !shared.accounts.end_agent(context.person()?, id).await? {
        return Err(Problem::not_found("agent"));
    }
    redirect(&format!("{}?done=ended", context.urls.agents()))
}

fn row(session: &Session) -> AgentRow {
    let grant = session.agent.as_ref();
    AgentRow {
        id: session.id.to_string(),
        name: grant.map(|grant| grant.name.clone()).unwrap_or_default(),
        live: grant.is_some_and(|grant| grant.live),
        created: session.created_at,
        expires: session.expires_at,
    }
}

fn endpoint(context: &Context) -> Option<String> {
    cfg!(feature = "mcp").then(|| context.absolute(&context.urls.mcp()))
}
