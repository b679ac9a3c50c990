//! Mounts Aforo Console into an actix-web application.
//!
//! ```no_run
//! # use std::convert::Infallible;
//! # use aforo_http::mount::{ConsoleBody, RequestBody};
//! # async fn host<C>(console: C) -> std::io::Result<()>
//! # where
//! #     C: tower_service::Service<http::Request<RequestBody>, Response = http::Response<ConsoleBody>, Error = Infallible>,
//! #     C: Clone + Send + 'static,
//! # {
//! use actix_web::{App, HttpServer, web};
//!
//! HttpServer::new(move || {
//!     App::new()
//!         .route("/health", web::get().to(|| async { "ok" }))
//!         .service(aforo_actix::mount("/developers", console.clone()))
//! })
//! .h1_allow_half_closed(false) // a client that leaves cancels its request
//! .bind("127.0.0.1:8080")?
//! .run()
//! .await
//! # }
//! ```

mod request;
mod response;

use std::convert::Infallible;

use actix_web::{HttpRequest, HttpResponse, Scope, web};
use aforo_http::mount::{BoxError, Prefix, RequestBody};
use bytes::Bytes;
use http_body::Body;
use tower::ServiceExt;
use tower_service::Service;

/// A scope that hands everything under `prefix` to `console`; register it on your `App` or in a scope.
///
/// The rest of your application is not touched. At the root (`"/"`) a scope catches every request, so
/// register it after your own routes.
///
/// The service sees the requests that [`aforo_http::mount`] describes. It runs on the actix worker that
/// accepted the connection, which is one thread: work of more than a millisecond belongs in
/// `tokio::task::spawn_blocking`. By default, actix lets a request run on when its client has closed
/// the connection, until an answer cannot be written; `HttpServer::h1_allow_half_closed(false)` makes
/// it drop the request at once, as axum does.
///
/// # Panics
/// If `prefix` is none that [`Prefix::parse`] accepts; use that to check one that comes from outside the
/// program.
pub fn mount<C, B>(prefix: &str, console: C) -> Scope
where
    C: Service<http::Request<RequestBody>, Response = http::Response<B>, Error = Infallible>,
    C: Clone + 'static,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<BoxError>,
{
    let prefix = Prefix::parse(prefix).unwrap_or_else(|error| panic!("cannot mount at {prefix:?}: {error}"));
    let at = prefix.clone();
    let handler = move |request: HttpRequest, payload: web::Payload| {
        let translated = request::translate(&at, &request, payload);
        let console = console.clone();
        async move {
            match translated {
                Ok(request) => {
                    let asked = response::Asked::by(&request);
                    let Ok(response) = console.oneshot(request).await;
                    response::translate(response, asked)
                }
                Err(request::Untranslatable::Elsewhere) => HttpResponse::NotFound().finish(),
                Err(request::Untranslatable::Malformed) => HttpResponse::BadRequest().finish(),
            }
        }
    };
    web::scope(prefix.as_str()).default_service(web::to(handler))
}
