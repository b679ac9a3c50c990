//! The service under the mounts: tells what it was given, and misbehaves on request.

use std::{
    convert::Infallible,
    fmt::Write as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use aforo_http::mount::{BoxError, ConsoleBody, MountedAt, PeerAddr, RequestBody};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use tokio::sync::mpsc;
use tower_service::Service;

#[derive(Clone)]
pub(crate) struct Probe(Arc<State>);

pub(crate) struct State {
    /// Futures and bodies that have not been dropped yet.
    pub(crate) alive: AtomicUsize,
    /// Bytes that the endless body at `/flood` was asked for.
    pub(crate) flooded: AtomicU64,
    /// How uploads to `/count` ended: their length, or why they broke off.
    ended: mpsc::UnboundedSender<Result<u64, String>>,
}

impl Probe {
    pub(crate) fn new() -> (Self, Arc<State>, mpsc::UnboundedReceiver<Result<u64, String>>) {
        let (ended, endings) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            alive: AtomicUsize::new(0),
            flooded: AtomicU64::new(0),
            ended,
        });
        (Self(state.clone()), state, endings)
    }
}

impl Service<Request<RequestBody>> for Probe {
    type Response = Response<ConsoleBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let state = self.0.clone();
        Box::pin(async move { Ok(answer(state, request).await) })
    }
}

async fn answer(state: Arc<State>, request: Request<RequestBody>) -> Response<ConsoleBody> {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        // Straight back, with the length that the request's body knows.
        "/echo" => Response::new(ConsoleBody::new(request.into_body())),
        // On a task of its own, which sees the upload's end even if the host drops this future first.
        "/count" => {
            let counting = tokio::spawn(async move { count(&state, request.into_body()).await });
            counting.await.expect("counting does not panic")
        }
        // Leaves the request's body alone until it is dropped with the future.
        "/ignore" => {
            let _request = request;
            std::future::pending().await
        }
        // Takes the request in and never answers.
        "/ponder" => {
            let alive = Alive::new(state);
            let body = request.into_body().collect().await;
            std::future::pending::<()>().await;
            drop((alive, body));
            unreachable!("pending is pending")
        }
        "/ticks" => {
            let alive = Alive::new(state);
            let ticks = stream::unfold((0, alive), async |(n, alive)| {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((format!("data: {n}\n\n").into(), (n + 1, alive)))
            });
            let mut response = streamed(ticks);
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream"),
            );
            response
        }
        "/flood" => {
            let block = Bytes::from(vec![b'~'; 16 << 10]);
            streamed(stream::repeat(block).inspect(move |block| {
                state.flooded.fetch_add(block.len() as u64, Ordering::Relaxed);
            }))
        }
        "/pieces" => streamed(stream::iter(["one,", "", "two,", "", "three"]).map(Bytes::from)),
        "/trailers" => {
            let mut trailers = http::HeaderMap::new();
            trailers.insert("x-late", HeaderValue::from_static("yes"));
            let frames =
                [Frame::data(Bytes::from("early")), Frame::trailers(trailers)].map(Ok::<_, BoxError>);
            Response::new(ConsoleBody::new(StreamBody::new(stream::iter(frames))))
        }
        "/breaks" => {
            let pieces = pausing([Ok("all is "), Ok("well, "), Err("or not")]);
            let pieces = pieces.map(|piece| {
                piece
                    .map(|text| Frame::data(Bytes::from(text)))
                    .map_err(BoxError::from)
            });
            Response::new(ConsoleBody::new(StreamBody::new(pieces)))
        }
        // A length in the head that the body itself does not know, as an upstream's answer has.
        "/declared" => with_length(streamed(stream::iter(["five", "!"]).map(Bytes::from)), "5"),
        "/short" => with_length(streamed(pausing(["five", "!", ""]).map(Bytes::from)), "10"),
        "/closes" => {
            let mut response = Response::new(ConsoleBody::from("bye".to_owned()));
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
        _ => match path
            .strip_prefix("/status/")
            .and_then(|code| code.parse::<StatusCode>().ok())
        {
            Some(status) => with_status(status),
            None => facts(request).await,
        },
    }
}

/// Everything the service was told, one fact a line.
async fn facts(request: Request<RequestBody>) -> Response<ConsoleBody> {
    let (parts, body) = request.into_parts();
    let mut text = String::new();
    let mut line = |name: &str, value: String| writeln!(text, "{name}: {value}").unwrap();
    line("method", parts.method.to_string());
    line("version", format!("{:?}", parts.version));
    line("uri", format!("{:?}", parts.uri));
    let at = parts.extensions.get::<MountedAt>();
    line("prefix", format!("{:?}", at.map(|at| &at.prefix)));
    line("full", format!("{:?}", at.map(|at| &at.full)));
    line(
        "peer",
        format!("{:?}", parts.extensions.get::<PeerAddr>().map(|peer| peer.0.ip())),
    );
    line("extensions", parts.extensions.len().to_string());
    let mut headers: Vec<_> = parts.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str()); // stable: values of one name keep their order
    headers
        .into_iter()
        .for_each(|(name, value)| line("header", format!("{name}: {value:?}")));
    line(
        "body hint",
        format!("{:?} {}", body.size_hint().exact(), body.is_end_stream()),
    );
    let body = body.collect().await.map(|body| body.to_bytes());
    line("body", format!("{body:?}"));

    let mut response = Response::new(ConsoleBody::from(text));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert("x-obs-text", HeaderValue::from_bytes(b"caf\xe9").unwrap());
    headers.insert("x-empty", HeaderValue::from_static(""));
    headers.append(header::SET_COOKIE, HeaderValue::from_static("a=1; Path=/"));
    headers.append(header::SET_COOKIE, HeaderValue::from_static("b=2; Path=/"));
    response
}

async fn count(state: &State, mut body: RequestBody) -> Response<ConsoleBody> {
    let mut length = 0;
    let mut ending = Ok(());
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => length += frame.data_ref().map_or(0, |data| data.len() as u64),
            Err(error) => {
                ending = Err(error.to_string());
                break;
            }
        }
    }
    let ending = ending.map(|()| length);
    let _ = state.ended.send(ending.clone());
    Response::new(ConsoleBody::from(format!("{ending:?}")))
}

fn with_status(status: StatusCode) -> Response<ConsoleBody> {
    let empty = matches!(status.as_u16(), 204 | 304);
    let body = if empty {
        ConsoleBody::empty()
    } else {
        ConsoleBody::from(status.to_string())
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::ETAG, HeaderValue::from_static("\"v1\""));
    response
}

fn streamed(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response<ConsoleBody> {
    let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    Response::new(ConsoleBody::new(StreamBody::new(frames)))
}

/// With a pause before each, so that what came before the last is on the wire when that goes wrong.
fn pausing<T: Send, const N: usize>(pieces: [T; N]) -> impl Stream<Item = T> + Send {
    stream::iter(pieces).then(async |piece| {
        tokio::time::sleep(Duration::from_millis(50)).await;
        piece
    })
}

fn with_length(mut response: Response<ConsoleBody>, length: &'static str) -> Response<ConsoleBody> {
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static(length));
    response
}

/// Counts itself among the living until it is dropped.
struct Alive(Arc<State>);

impl Alive {
    fn new(state: Arc<State>) -> Self {
        state.alive.fetch_add(1, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}
