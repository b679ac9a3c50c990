//! The documentation for agents, over the Model Context Protocol (streamable HTTP): search, read pages and
//! operations, and call an operation through the same sandbox as people do. An agent presents a token of its
//! own ([`aforo_core::domain::account::NewAgent`]); it never holds an API key.
//!
//! Without a token an agent reads what is public. Nothing is kept between two messages, so that any replica
//! answers any of them.

mod answer;
mod operations;
mod tools;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::Method;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};

use crate::{
    console::Shared,
    problem::Problem,
    route::{Kind, Plane, Route, RoutesBuilder},
};
use tools::DocsServer;

/// The largest message that is read: a call with its body.
const MESSAGE_LIMIT: usize = 2 * 1024 * 1024;

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let protocol = |method, summary| Route {
        kind: Kind::Protocol,
        body_limit: MESSAGE_LIMIT,
        ..Route::api(method, "/mcp", Plane::Agent, summary)
    };
    routes.add(
        protocol(Method::POST, "The documentation for agents (MCP)"),
        serve,
    );
    // Clients ask for a stream of messages that nobody asked for; there are none.
    routes.add(
        protocol(Method::GET, "No stream: messages are answered one by one"),
        serve,
    );
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let config = StreamableHttpServerConfig::default()
        // The guard has judged host and origin.
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MESSAGE_LIMIT);
    let server = DocsServer::new(shared);
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let (head, body) = service.handle(request).await.into_parts();
    Ok(Response::from_parts(head, Body::new(body)).into_response())
}
