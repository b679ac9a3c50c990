//! Agents that act for the signed-in person: list, let in, end.

use std::{sync::Arc, time::Duration};

use aforo_core::{
    SessionId,
    domain::session::{AgentGrant, Session},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Id, Json},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// An agent to let in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AgentInput {
    /// What you call it: 1 to 100 characters.
    pub(crate) name: String,
    /// Whether it may call the Live environment. Sandbox it may always.
    #[serde(default)]
    pub(crate) live: bool,
    /// After how many days its token ends: 1 to 365, 30 if left out.
    pub(crate) days: Option<u16>,
}

/// An agent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentView {
    /// Its id.
    id: String,
    /// What you call it.
    name: String,
    /// Whether it may call the Live environment.
    live: bool,
    /// When it was let in, RFC 3339.
    created_at: String,
    /// When its token ends, RFC 3339.
    expires_at: String,
}

/// All agents of a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentList {
    /// Oldest first.
    items: Vec<AgentView>,
}

/// A new agent with its token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewAgentView {
    /// The agent.
    agent: AgentView,
    /// What it sends as `Authorization: Bearer …` to the MCP endpoint. Shown once.
    token: String,
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let session = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        session(Method::GET, "/api/v1/agents", "Agents that act for you").gives::<AgentList>(200),
        list,
    );
    routes.add(
        session(Method::POST, "/api/v1/agents", "Let an agent act for you")
            .takes::<AgentInput>()
            .gives::<NewAgentView>(201),
        create,
    );
    routes.add(
        session(Method::DELETE, "/api/v1/agents/{id}", "End an agent at once"),
        end,
    );
}

impl AgentInput {
    /// What the vault of sessions asks for.
    pub(crate) fn grant(self) -> (AgentGrant, Duration) {
        let days = u64::from(self.days.unwrap_or(30));
        let grant = AgentGrant {
            name: self.name,
            live: self.live,
        };
        (grant, Duration::from_secs(days * 24 * 60 * 60))
    }
}

impl AgentView {
    fn of(session: &Session) -> Self {
        let grant = session.agent.as_ref();
        Self {
            id: session.id.to_string(),
            name: grant.map(|grant| grant.name.clone()).unwrap_or_default(),
            live: grant.is_some_and(|grant| grant.live),
            created_at: session.created_at.to_rfc3339(),
            expires_at: session.expires_at.to_rfc3339(),
        }
    }
}

async fn list(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Json<AgentList>, Problem> {
    let agents = shared.accounts.agents(context.person()?).await?;
    Ok(Json(AgentList {
        items: agents.iter().map(AgentView::of).collect(),
    }))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<AgentInput>,
) -> Result<Response, Problem> {
    let (grant, lifetime) = input.grant();
    let new = shared
        .accounts
        .add_agent(context.person()?, grant, lifetime)
        .await?;
    let view = NewAgentView {
        agent: AgentView::of(&new.session),
        token: new.token,
    };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

async fn end(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    match shared.accounts.end_agent(context.person()?, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("agent")),
    }
}
