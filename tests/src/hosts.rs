//! Real servers, one per kind of host, each with a console mounted and a route of its own.
//!
//! ```
//! use aforo_tests::hosts::{Console, Host};
//!
//! async fn answers_everywhere(console: impl Console) {
//!     for host in Host::ALL {
//!         let server = host.serve(console.clone(), "/developers").await;
//!         println!("{host:?} listens at {}", server.url("/developers/"));
//!     }
//! }
//! ```

use std::{convert::Infallible, net::SocketAddr, thread};

use actix_web::{App, HttpServer, dev::ServerHandle as ActixHandle, rt::System, web};
use aforo_http::mount::{ConsoleBody, RequestBody};
use tokio::{net::TcpListener, sync::oneshot};
use tower_service::Service;

/// A path that each host answers itself, with [`OWN_ANSWER`], whatever is mounted.
pub const OWN_PATH: &str = "/of-the-host";
/// What a host answers at [`OWN_PATH`].
pub const OWN_ANSWER: &str = "this is the host";

/// What can be mounted: `ConsoleService`, or a test's own service.
pub trait Console:
    Service<
        http::Request<RequestBody>,
        Response = http::Response<ConsoleBody>,
        Error = Infallible,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> Console for T where
    T: Service<
            http::Request<RequestBody>,
            Response = http::Response<ConsoleBody>,
            Error = Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// A kind of host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// axum, on the runtime of the test.
    Axum,
    /// actix-web with two workers, on threads of its own.
    Actix,
}

impl Host {
    /// Every kind of host.
    pub const ALL: [Self; 2] = [Self::Axum, Self::Actix];

    /// Starts a server of this kind.
    pub async fn serve(self, console: impl Console, prefix: &str) -> ServerHandle {
        match self {
            Self::Axum => serve_axum(console, prefix).await,
            Self::Actix => serve_actix(console, prefix).await,
        }
    }
}

/// A running server; it stops when this is dropped.
pub struct ServerHandle {
    /// Where it listens: a free port of 127.0.0.1.
    pub addr: SocketAddr,
    _stop: Stop,
}

impl ServerHandle {
    /// The absolute URL of a path on this server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
}

enum Stop {
    /// The server waits for the other end; dropping this is the signal.
    Axum {
        _signal: oneshot::Sender<Infallible>,
    },
    Actix(ActixHandle),
}

impl Drop for Stop {
    fn drop(&mut self) {
        if let Self::Actix(server) = self {
            drop(server.stop(false)); // the command is sent; the future only waits for it
        }
    }
}

/// Serves `console` at `prefix` of an axum application.
///
/// # Panics
/// If no port can be bound.
pub async fn serve_axum(console: impl Console, prefix: &str) -> ServerHandle {
    let app = axum::Router::new()
        .route(OWN_PATH, axum::routing::get(async || OWN_ANSWER))
        .merge(aforo_axum::mount(prefix, console))
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("a bound address");
    let (signal, stopped) = oneshot::channel::<Infallible>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async { drop(stopped.await) });
    tokio::spawn(async { server.await });
    ServerHandle {
        addr,
        _stop: Stop::Axum { _signal: signal },
    }
}

/// Serves `console` at `prefix` of an actix-web application.
///
/// # Panics
/// If no port can be bound.
pub async fn serve_actix(console: impl Console, prefix: &str) -> ServerHandle {
    let (started, starting) = oneshot::channel();
    let prefix = prefix.to_owned();
    thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || {
                App::new()
                    .route(OWN_PATH, web::get().to(async || OWN_ANSWER))
                    .service(aforo_actix::mount(&prefix, console.clone()))
            };
            let server = HttpServer::new(app)
                .workers(2)
                .disable_signals()
                .h1_allow_half_closed(false)
                .bind("127.0.0.1:0")
                .expect("a free port");
            let addr = server.addrs()[0];
            let server = server.run();
            if started.send((addr, server.handle())).is_ok() {
                server.await.expect("a server that runs until it is stopped");
            }
        });
    });
    let (addr, server) = starting.await.expect("a server that started");
    ServerHandle {
        addr,
        _stop: Stop::Actix(server),
    }
}
