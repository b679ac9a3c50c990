//! Mounts Aforo Console into an axum application.
//!
//! ```
//! # use std::convert::Infallible;
//! # use aforo_http::mount::{ConsoleBody, RequestBody};
//! # fn host<C, F>(console: C)
//! # where
//! #     C: tower_service::Service<http::Request<RequestBody>, Response = http::Response<ConsoleBody>, Error = Infallible, Future = F>,
//! #     C: Clone + Send + Sync + 'static,
//! #     F: Future + Send + 'static,
//! # {
//! use axum::{Router, routing::get};
//!
//! let app: Router = Router::new()
//!     .route("/health", get(|| async { "ok" }))
//!     .merge(aforo_axum::mount("/developers", console));
//!
//! // Serve it with the caller's address, which rate limits and IP rules of keys go by:
//! let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
//! # }
//! ```

use std::{convert::Infallible, net::SocketAddr};

use aforo_http::mount::{BoxError, MountedAt, PeerAddr, Prefix, RequestBody};
use axum::{
    Router,
    extract::{ConnectInfo, OriginalUri, Request},
};
use http_body::Body;
use tower::ServiceExt;
use tower_service::Service;

/// A router that hands everything under `prefix` to `console`; merge it into yours.
///
/// The rest of your router is not touched. At the root (`"/"`), the console is the fallback: it gets what
/// none of your routes match, and your router can have no fallback of its own.
///
/// The service sees the requests that [`aforo_http::mount`] describes. [`PeerAddr`] is set if you serve with
/// `into_make_service_with_connect_info::<SocketAddr>()` and absent otherwise. Your layers reach the console
/// if you add them after merging; one that compresses or collects bodies delays streamed answers.
///
/// # Panics
/// If `prefix` is none that [`Prefix::parse`] accepts (use that to check one that comes from outside the
/// program), or if the host's router has a route there already.
pub fn mount<C, B, S>(prefix: &str, console: C) -> Router<S>
where
    C: Service<http::Request<RequestBody>, Response = http::Response<B>, Error = Infallible>,
    C: Clone + Send + Sync + 'static,
    C::Future: Send + 'static,
    B: Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    S: Clone + Send + Sync + 'static,
{
    let prefix = Prefix::parse(prefix).unwrap_or_else(|error| panic!("cannot mount at {prefix:?}: {error}"));
    let at = prefix.clone();
    let console = console.map_request(move |request| translate(&at, request));
    if prefix.is_root() {
        return Router::new().fallback_service(console);
    }
    // Not `nest_service`: that takes `/developers//x` for `/developers/` and `/x`.
    Router::new()
        .route_service(prefix.as_str(), console.clone())
        .route_service(&format!("{prefix}/"), console.clone())
        .route_service(&format!("{prefix}/{{*rest}}"), console)
}

/// Starts over with the extensions: those of the host's router, such as its path parameters, would mix with
/// those of a router inside the console.
fn translate(prefix: &Prefix, request: Request) -> http::Request<RequestBody> {
    let (mut parts, body) = request.into_parts();
    let host = std::mem::take(&mut parts.extensions);
    let full = match host.get::<OriginalUri>() {
        Some(OriginalUri(full)) => full.clone(),
        None => parts.uri.clone(),
    };
    parts.uri = without(prefix, &parts.uri);
    let mounted = MountedAt::from_rest(full.clone(), parts.uri.path()).unwrap_or_else(|| MountedAt {
        prefix: prefix.as_str().to_owned(),
        full,
    });
    parts.extensions.insert(mounted);
    if let Some(ConnectInfo(peer)) = host.get::<ConnectInfo<SocketAddr>>() {
        parts.extensions.insert(PeerAddr(*peer));
    }
    http::Request::from_parts(parts, RequestBody::new(body))
}

fn without(prefix: &Prefix, uri: &http::Uri) -> http::Uri {
    let Some(rest) = uri.path().strip_prefix(prefix.as_str()) else {
        return uri.clone();
    };
    let rest = if rest.is_empty() { "/" } else { rest };
    let path = match uri.query() {
        Some(query) => format!("{rest}?{query}").parse(),
        None => rest.parse(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.ok();
    // The end of a valid path that starts with a slash is one, so this is never the URI as it was.
    http::Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}
