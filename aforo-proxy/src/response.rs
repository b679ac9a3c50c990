//! What a browser gets: data about a response, never the response itself.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::Stream;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::error::{ProxyError, Withheld};

/// How long each part of a call took, in milliseconds. The proxy fills in what it does itself; `session`,
/// `grant` and `vault` are the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Who is asking.
    pub session: f64,
    /// Whether they may: subscription, budget, audit.
    pub grant: f64,
    /// Opening the credential.
    pub vault: f64,
    /// Resolving the API's name.
    pub dns: f64,
    /// Connecting to it.
    pub connect: f64,
    /// The TLS handshake.
    pub tls: f64,
    /// From sending the request to the head of the response.
    pub ttfb: f64,
    /// The body.
    pub download: f64,
    /// Decoding it and removing the credential.
    pub strip: f64,
    /// Everything.
    pub total: f64,
}

impl Timing {
    /// The value of a `Server-Timing` header.
    pub fn server_timing(&self) -> String {
        let parts = [
            ("session", self.session),
            ("grant", self.grant),
            ("vault", self.vault),
            ("dns", self.dns),
            ("connect", self.connect),
            ("tls", self.tls),
            ("ttfb", self.ttfb),
            ("download", self.download),
            ("strip", self.strip),
            ("total", self.total),
        ];
        parts.map(|(name, ms)| format!("{name};dur={ms:.3}")).join(", ")
    }
}

/// Milliseconds with three decimals.
pub(crate) fn millis(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CleanBody {
    /// Valid UTF-8 without NUL.
    Text(String),
    /// Anything else.
    Binary(Bytes),
    /// Not shown.
    Withheld(Withheld),
}

/// A response without the credential. Only the proxy makes one, from what the scrubber let through.
///
/// It serialises to the envelope that the browser gets; nothing of it is ever a header or a page of our
/// origin:
///
/// ```json
/// { "status": 200, "headers": [["content-type", "application/json"]], "body": "{}", "bodyEncoding": "text",
///   "contentType": "application/json", "size": 2, "truncated": false, "redactions": 0,
///   "timing": { "session": 0.0, "ttfb": 12.5, "total": 20.1 } }
/// ```
///
/// `bodyEncoding` is `text`, `base64` or `none`; a withheld body adds `"withheld": "<reason>"`.
#[derive(Clone, Debug)]
pub struct CleanResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: CleanBody,
    pub(crate) size: usize,
    pub(crate) truncated: bool,
    pub(crate) redactions: usize,
    pub(crate) dropped: Vec<String>,
    pub(crate) timing: Timing,
}

impl CleanResponse {
    /// The upstream's status.
    pub fn status(&self) -> u16 {
        self.status
    }
    /// The headers that were kept.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
    /// The body.
    pub fn body(&self) -> &CleanBody {
        &self.body
    }
    /// Bytes of the whole body after decoding and removal; 0 if it was withheld.
    pub fn size(&self) -> usize {
        self.size
    }
    /// Whether only the beginning of the body is here.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
    /// How often a credential was removed. Above 0, the owner of the API should hear of it.
    pub fn redactions(&self) -> usize {
        self.redactions
    }
    /// Names of client parameters that were not sent.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }
    /// How long it took.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }
    /// For the caller's own parts.
    pub fn timing_mut(&mut self) -> &mut Timing {
        &mut self.timing
    }
    /// The status for the envelope: 502 if the body had to be withheld, else 200.
    pub fn http_status(&self) -> u16 {
        if matches!(self.body, CleanBody::Withheld(_)) {
            502
        } else {
            200
        }
    }
}

impl Serialize for CleanResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let withheld = match self.body {
            CleanBody::Withheld(reason) => Some(reason),
            _ => None,
        };
        let fields = 9 + usize::from(withheld.is_some()) + usize::from(!self.dropped.is_empty());
        let mut out = serializer.serialize_struct("CleanResponse", fields)?;
        out.serialize_field("status", &self.status)?;
        out.serialize_field("headers", &self.headers)?;
        match &self.body {
            CleanBody::Text(text) => out.serialize_field("body", text)?,
            CleanBody::Binary(bytes) => out.serialize_field("body", &BASE64_STANDARD.encode(bytes))?,
            CleanBody::Withheld(_) => out.serialize_field("body", &None::<&str>)?,
        }
        let encoding = match &self.body {
            CleanBody::Text(_) => "text",
            CleanBody::Binary(_) => "base64",
            CleanBody::Withheld(_) => "none",
        };
        out.serialize_field("bodyEncoding", encoding)?;
        let content_type = self.headers.iter().find(|(name, _)| name == "content-type");
        out.serialize_field("contentType", &content_type.map(|(_, value)| value))?;
        out.serialize_field("size", &self.size)?;
        out.serialize_field("truncated", &self.truncated)?;
        out.serialize_field("redactions", &self.redactions)?;
        if let Some(reason) = withheld {
            out.serialize_field("withheld", &reason)?;
        }
        if !self.dropped.is_empty() {
            out.serialize_field("dropped", &self.dropped)?;
        }
        out.serialize_field("timing", &self.timing)?;
        out.end()
    }
}

/// A stream of server-sent events without the credential. Each item is made of whole events.
pub struct CleanStream {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timing: Timing,
    pub(crate) redactions: Arc<AtomicUsize>,
    pub(crate) events: Pin<Box<dyn Stream<Item = Result<Bytes, ProxyError>> + Send>>,
}

impl CleanStream {
    /// The upstream's status.
    pub fn status(&self) -> u16 {
        self.status
    }
    /// The headers that were kept.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
    /// How long it took to the head; `download` and `strip` are not known yet.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }
    /// For the caller's own parts.
    pub fn timing_mut(&mut self) -> &mut Timing {
        &mut self.timing
    }
    /// How often a credential was removed so far; can be read while the stream is being sent.
    pub fn redactions(&self) -> Redactions {
        Redactions(self.redactions.clone())
    }
}

impl fmt::Debug for CleanStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CleanStream")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Stream for CleanStream {
    type Item = Result<Bytes, ProxyError>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

/// Counts removals of a stream under way.
#[derive(Clone, Debug)]
pub struct Redactions(Arc<AtomicUsize>);

impl Redactions {
    /// How many there were so far.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What an upstream sent back.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reply {
    /// A whole response.
    Whole(CleanResponse),
    /// Server-sent events.
    Events(CleanStream),
}
