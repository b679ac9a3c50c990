//! `http` 1 response to actix response.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::{ConnectionType, StatusCode, header},
};
use aforo_http::mount::BoxError;
use bytes::Bytes;
use http_body::Body;

/// What the shape of an answer depends on, of the request.
pub(crate) struct Asked {
    head_only: bool,
    /// HTTP/1.0 has no chunks; such a body ends with the connection. (actix would send them.)
    knows_chunks: bool,
}

impl Asked {
    pub(crate) fn by<T>(request: &http::Request<T>) -> Self {
        Self {
            head_only: request.method() == http::Method::HEAD,
            knows_chunks: request.version() > http::Version::HTTP_10,
        }
    }
}

pub(crate) fn translate<B>(response: http::Response<B>, asked: Asked) -> HttpResponse
where
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<BoxError>,
{
    let (parts, body) = response.into_parts();
    // Both types hold 100 to 999, so the second choice is never taken.
    let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut out = HttpResponse::new(status);
    for (name, value) in &parts.headers {
        if let (Ok(name), Ok(value)) = (
            header::HeaderName::from_bytes(name.as_str().as_bytes()),
            header::HeaderValue::from_bytes(value.as_bytes()),
        ) {
            out.headers_mut().append(name, value);
        }
    }
    // How the body is framed is for actix to say, from its size; these would contradict it.
    out.headers_mut().remove(header::TRANSFER_ENCODING);
    let declared = parts.headers.get(http::header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok());
    let length = declared.or(body.size_hint().exact());
    let until_closed = length.is_none() && !asked.knows_chunks;
    if until_closed || closes(&parts.headers) {
        out.head_mut().set_connection_type(ConnectionType::Close);
        out.head_mut().no_chunking(until_closed);
    }
    match asked.head_only {
        true => out.set_body(Headless { length }).map_into_boxed_body(),
        false => out
            .set_body(Streamed {
                body: Box::pin(body),
                length,
            })
            .map_into_boxed_body(),
    }
}

fn closes(headers: &http::HeaderMap) -> bool {
    let values = headers
        .get_all(http::header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// The body of an answer to HEAD: says how long it would be, and is empty.
struct Headless {
    length: Option<u64>,
}

impl MessageBody for Headless {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.length.map_or(BodySize::None, BodySize::Sized)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

struct Streamed<B> {
    body: Pin<Box<B>>,
    /// Of the whole body. Asked once, before the first chunk.
    length: Option<u64>,
}

impl<B> MessageBody for Streamed<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.length.map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        loop {
            let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            match frame.map(http_body::Frame::into_data) {
                // actix writes an empty chunk as the end of the body.
                Ok(Ok(data)) if data.is_empty() => {}
                Ok(Ok(data)) => return Poll::Ready(Some(Ok(data))),
                Ok(Err(_trailers)) => {} // actix cannot send them
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }
}
