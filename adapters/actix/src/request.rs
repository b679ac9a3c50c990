//! actix request to `http` 1 request.
//!
//! actix speaks `http` 0.2, so names and values are converted by their bytes. Its payload is not `Send`,
//! and the console may hand the body to a connection that another worker's thread drives; so a task on
//! this worker pumps the payload into a bounded channel.

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use actix_web::{HttpRequest, dev::Payload, http::Version, http::header, web};
use aforo_http::mount::{BoxError, MountedAt, PeerAddr, Prefix, RequestBody};
use bytes::Bytes;
use futures_util::{StreamExt, future};
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

/// How many chunks wait between the connection and the reader. One is at most 128 KiB (actix's read buffer).
const CHUNKS_IN_FLIGHT: usize = 4;

pub(crate) enum Untranslatable {
    /// actix matched a prefix that was spelled with percent-encoding; no other host would have.
    Elsewhere,
    /// Something that `http` 0.2 lets pass and `http` 1 does not.
    Malformed,
}

impl From<http::Error> for Untranslatable {
    fn from(_: http::Error) -> Self {
        Self::Malformed
    }
}

pub(crate) fn translate(
    at: &Prefix,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<http::Request<RequestBody>, Untranslatable> {
    let full: http::Uri = request.uri().to_string().parse().map_err(http::Error::from)?;
    let (prefix, rest) = split(request, &full);
    if !prefix.ends_with(at.as_str()) {
        return Err(Untranslatable::Elsewhere);
    }
    let mounted = MountedAt {
        prefix: prefix.to_owned(),
        full: full.clone(),
    };
    let seen = with_path(&full, rest)?;

    let body = body(request, payload);
    let mut out = http::Request::builder()
        .method(request.method().as_str())
        .uri(seen)
        .body(body)?;
    *out.version_mut() = match request.version() {
        Version::HTTP_09 => http::Version::HTTP_09,
        Version::HTTP_10 => http::Version::HTTP_10,
        Version::HTTP_2 => http::Version::HTTP_2,
        Version::HTTP_3 => http::Version::HTTP_3,
        _ => http::Version::HTTP_11,
    };
    out.headers_mut().reserve(request.headers().len());
    for (name, value) in request.headers() {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes()).map_err(http::Error::from)?;
        let value = http::HeaderValue::from_bytes(value.as_bytes()).map_err(http::Error::from)?;
        out.headers_mut().append(name, value);
    }
    out.extensions_mut().insert(mounted);
    if let Some(peer) = request.peer_addr() {
        out.extensions_mut().insert(PeerAddr(peer));
    }
    Ok(out)
}

/// Cuts the path into what actix matched and the rest, both raw.
///
/// actix matches on the decoded path, so its offset is of no use here; but it leaves `%2F` alone, so the
/// number of segments is the same in both.
fn split<'a>(request: &HttpRequest, full: &'a http::Uri) -> (&'a str, &'a str) {
    let decoded = request.match_info().as_str();
    let matched = decoded
        .strip_suffix(request.match_info().unprocessed())
        .unwrap_or(decoded);
    let depth = matched.matches('/').count();
    let path = full.path();
    path.split_at(
        path.match_indices('/')
            .nth(depth)
            .map_or(path.len(), |(at, _)| at),
    )
}

fn with_path(full: &http::Uri, path: &str) -> Result<http::Uri, Untranslatable> {
    let path = if path.is_empty() { "/" } else { path };
    let mut parts = full.clone().into_parts();
    parts.path_and_query = Some(match full.query() {
        Some(query) => format!("{path}?{query}").parse().map_err(http::Error::from)?,
        None => path.parse().map_err(http::Error::from)?,
    });
    Ok(http::Uri::from_parts(parts).map_err(http::Error::from)?)
}

fn body(request: &HttpRequest, payload: web::Payload) -> RequestBody {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let left = length.and_then(|length| length.to_str().ok()?.parse().ok());
    match payload.into_inner() {
        Payload::None => RequestBody::empty(),
        _ if left == Some(0) => RequestBody::empty(),
        payload => {
            let (sender, chunks) = mpsc::channel(CHUNKS_IN_FLIGHT);
            actix_web::rt::spawn(pump(payload, sender));
            RequestBody::new(Pumped {
                chunks,
                left,
                done: false,
            })
        }
    }
}

enum Chunk {
    Data(Bytes),
    /// Said aloud, so that a pump that was stopped is not taken for a body that ended.
    End,
    Failed(BoxError),
}

async fn pump(mut payload: Payload, sender: mpsc::Sender<Chunk>) {
    // Room first, then the chunk: nothing is read off the connection that has nowhere to go.
    while let Ok(room) = sender.reserve().await {
        let chunk = match future::select(payload.next(), pin!(sender.closed())).await {
            future::Either::Left((Some(Ok(data)), _)) => Chunk::Data(data),
            future::Either::Left((Some(Err(error)), _)) => Chunk::Failed(error.into()),
            future::Either::Left((None, _)) => Chunk::End,
            future::Either::Right(((), _)) => return, // the reader went away, and a stalled client must not keep us
        };
        let last = !matches!(chunk, Chunk::Data(_));
        room.send(chunk);
        if last {
            return;
        }
    }
}

/// The reading end of the pump. It knows what is left of Content-Length, without which a body that is
/// forwarded would turn chunked.
struct Pumped {
    chunks: mpsc::Receiver<Chunk>,
    left: Option<u64>,
    done: bool,
}

impl http_body::Body for Pumped {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.chunks.poll_recv(cx));
        if let Some(Chunk::Data(data)) = chunk {
            self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        self.done = true;
        Poll::Ready(match chunk {
            Some(Chunk::Failed(error)) => Some(Err(error)),
            Some(Chunk::End) if matches!(self.left, None | Some(0)) => None,
            _ => Some(Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())),
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.left == Some(0)
    }
}
