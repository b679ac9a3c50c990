//! An API behind a product: it says what it was sent, credential included, and counts who connects.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

/// A request as the API got it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The bearer credential that came with it.
    #[must_use]
    pub fn bearer(&self) -> Option<String> {
        let value = self.headers.get("authorization")?.to_str().ok()?;
        value.strip_prefix("Bearer ").map(str::to_owned)
    }
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// A small API on a free port of the loopback. It stops when dropped.
pub struct Upstream {
    addr: SocketAddr,
    seen: Log,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts it.
    ///
    /// # Panics
    /// If no port can be bound.
    pub async fn spawn() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("a bound address");
        let seen = Log::default();
        let app = Router::new().fallback(answer).with_state(seen.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the API runs");
        });
        Self { addr, seen, task }
    }
    /// `http://127.0.0.1:…`
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.addr)
    }
    /// All requests so far, oldest first.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// The newest request.
    ///
    /// # Panics
    /// If there was none.
    #[must_use]
    pub fn last(&self) -> Seen {
        self.seen().pop().expect("a request that reached the API")
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(seen): State<Log>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let this = Seen {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: body.to_vec(),
    };
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(this.clone());
    let header = |name: &str| this.headers.get(name).and_then(|v| v.to_str().ok());
    let credential = header("authorization").unwrap_or("none").to_owned();
    let path = head.uri.path();
    if path.ends_with("/stream") {
        return events(credential);
    }
    let status = path
        .rsplit_once("/status/")
        .and_then(|(_, code)| code.parse().ok())
        .unwrap_or(200);
    let mut response = Response::builder().header("content-type", "application/json");
    if path.ends_with("/moved") {
        // Whoever follows this carries the credential to another server.
        let place = head.uri.query().unwrap_or_default();
        response = response
            .status(307)
            .header("location", place.trim_start_matches("to="));
    } else {
        response = response.status(status);
    }
    let echo = json!({
        "method": this.method,
        "target": this.target,
        "authorization": credential,
        "trace": header("x-trace"),
        "contentType": header("content-type"),
        "cookie": header("cookie"),
        "forwarded": header("x-forwarded-for"),
        "body": String::from_utf8_lossy(&this.body),
    });
    response
        .body(Body::from(echo.to_string()))
        .expect("a response of valid parts")
}

/// Three events with a pause before each; the second shows the credential.
fn events(credential: String) -> Response {
    let parts = [
        "data: first\n\n".to_owned(),
        format!("data: {credential}\n\n"),
        "data: last\n\n".to_owned(),
    ];
    let body = stream::iter(parts).then(|part| async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        Ok::<_, Infallible>(Bytes::from(part))
    });
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from_stream(body))
        .expect("a response of valid parts")
}
