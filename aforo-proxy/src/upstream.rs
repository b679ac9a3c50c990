//! The call itself: send within limits, keep little, show nothing that was not checked (R1 to R5, R10).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aforo_core::kernel::egress;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, StatusCode, header};
use ipnet::IpNet;

use crate::{
    decode::{Coding, DecodeLimits, decode},
    error::{ProxyError, Withheld},
    inject::{Credential, inject, without_credential},
    request::CleanRequest,
    response::{CleanBody, CleanResponse, CleanStream, Reply, Timing, millis},
    scrub::{EventScrubber, ScrubError, Scrubbed, Scrubber},
};

/// How a call is limited.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of the exchange (R1).
    pub limits: egress::Limits,
    /// Of decoding (R2).
    pub decode: DecodeLimits,
    /// Of a stream of events: bytes, pause between two parts, time in all.
    pub events: EventLimits,
    /// Response headers that are kept besides the usual ones.
    pub keep_headers: Vec<HeaderName>,
    /// How much of a body is shown, in bytes; the rest is cut off after it was checked.
    pub shown_bytes: usize,
    /// How long decoding and checking one body may take (R10).
    pub scrub_time: Duration,
}

/// How a stream of events is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventLimits {
    /// Bytes in all.
    pub bytes: u64,
    /// Between two parts.
    pub idle: Duration,
    /// In all.
    pub total: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: egress::Limits::default(),
            decode: DecodeLimits::default(),
            events: EventLimits {
                bytes: 20 * 1024 * 1024,
                idle: Duration::from_secs(30),
                total: Duration::from_secs(300),
            },
            keep_headers: Vec::new(),
            shown_bytes: 5 * 1024 * 1024,
            scrub_time: Duration::from_secs(3),
        }
    }
}

/// Response headers that are kept (R3).
const KEPT: &[&str] = &[
    "content-type",
    "etag",
    "last-modified",
    "cache-control",
    "retry-after",
    "content-language",
    "x-request-id",
    "location",
];
const KEPT_PREFIXES: &[&str] = &["ratelimit-", "x-ratelimit-"];
/// Never kept, whatever the operator adds.
const NEVER_KEPT: &[&str] = &[
    "set-cookie",
    "set-cookie2",
    "www-authenticate",
    "proxy-authenticate",
    "refresh",
    "link",
];
/// Up to this size a body is checked where it is; a larger one goes to a thread that may block.
const INLINE: usize = 64 * 1024;

/// Calls APIs.
#[derive(Clone)]
pub struct Upstream {
    client: egress::Client,
    settings: Arc<Settings>,
}

/// A request whose address was resolved and judged, and that has no credential yet.
#[derive(Debug)]
pub struct Checked {
    request: CleanRequest,
    target: egress::Target,
}

impl Checked {
    /// The request.
    pub fn request(&self) -> &CleanRequest {
        &self.request
    }
}

impl Upstream {
    /// Calls through this client, within these limits.
    pub fn new(client: egress::Client, settings: Settings) -> Self {
        Self {
            client,
            settings: Arc::new(settings),
        }
    }

    /// Resolves and judges the address. To be called before the credential is opened (P8). `allow` are the
    /// private ranges that the gateway integration may reach (E6).
    ///
    /// # Errors
    /// [`ProxyError::Egress`]: refused, or not resolved.
    pub async fn check(&self, request: CleanRequest, allow: &[IpNet]) -> Result<Checked, ProxyError> {
        let target = self.client.target(request.url().as_str(), allow).await?;
        Ok(Checked { request, target })
    }

    /// Places the credential, sends, and brings back what may be shown. A redirect is a response; it is not
    /// followed.
    ///
    /// # Errors
    /// See [`ProxyError`]. A body that cannot be shown is no error but a response with
    /// [`CleanBody::Withheld`].
    pub async fn send(
        &self,
        checked: Checked,
        credential: Option<Credential<'_>>,
    ) -> Result<Reply, ProxyError> {
        let started = Instant::now();
        let Checked { request, target } = checked;
        let scrubber = match credential {
            Some(credential) => Scrubber::for_credential(credential.placement, credential.secret),
            None => Scrubber::new(&[]),
        };
        let scrubber = scrubber.map_err(ProxyError::Unsafe)?;
        let prepared = match credential {
            Some(credential) => inject(request, credential)?,
            None => without_credential(request)?,
        };
        let response = self
            .client
            .send(&target, prepared.request, &self.settings.limits)
            .await?;
        if response.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(ProxyError::ProxyAuthentication);
        }
        let mut timing = Timing {
            dns: millis(response.timings.dns),
            connect: millis(response.timings.connect),
            tls: response.timings.tls.map_or(0.0, millis),
            ttfb: millis(response.timings.first_byte),
            ..Timing::default()
        };
        let (headers, redactions) = self.keep(&response.headers, &scrubber);
        let coding = Coding::parse(
            response
                .headers
                .get_all(header::CONTENT_ENCODING)
                .iter()
                .map(|v| v.as_bytes()),
        );
        let status = response.status.as_u16();

        if let Some(lines) = streamed(&response.headers)
            && coding == Ok(Coding::Identity)
        {
            timing.total = millis(started.elapsed());
            // As with whole responses: what is neither network nor waiting is the price of the credential.
            timing.strip = (timing.total - timing.connect - timing.tls - timing.ttfb).max(0.0);
            let counter = Arc::new(AtomicUsize::new(redactions));
            let cleaner = if lines {
                scrubber.lines()
            } else {
                scrubber.events()
            };
            let events = self.events(response.body, cleaner, counter.clone());
            return Ok(Reply::Events(CleanStream {
                status,
                headers,
                timing,
                redactions: counter,
                events,
            }));
        }

        let downloading = Instant::now();
        let wire = response.body.bytes().await?;
        timing.download = millis(downloading.elapsed());
        let body = match coding {
            Ok(coding) => self.strip(coding, wire, scrubber).await,
            Err(error) => Err(error.into()),
        };
        timing.total = millis(started.elapsed());
        // What is neither network nor waiting is the price of keeping the credential in: placing it, looking for
        // it in headers and body. So the parts add up.
        let network = timing.connect + timing.tls + timing.ttfb + timing.download;
        timing.strip = (timing.total - network).max(0.0);
        let (body, size, truncated, removed) = match body {
            Err(reason) => (CleanBody::Withheld(reason), 0, false, 0),
            Ok(clean) => {
                let (body, truncated) = shown(clean.bytes.clone(), self.settings.shown_bytes);
                (body, clean.bytes.len(), truncated, clean.redactions)
            }
        };
        let redactions = redactions + removed;
        if redactions > 0 {
            tracing::warn!(
                upstream = target.authority(),
                redactions,
                "an upstream showed a credential; it was removed"
            );
        }
        let dropped = prepared.dropped;
        Ok(Reply::Whole(CleanResponse {
            status,
            headers,
            body,
            size,
            truncated,
            redactions,
            dropped,
            timing,
        }))
    }

    /// Decodes and scrubs a body, bounded in time; a panic or a time-out withholds it.
    async fn strip(&self, coding: Coding, wire: Bytes, scrubber: Scrubber) -> Result<Scrubbed, Withheld> {
        let limits = self.settings.decode;
        let time = self.settings.scrub_time;
        let deadline = Instant::now() + time;
        let inline = coding == Coding::Identity && wire.len() <= INLINE;
        let work = move || {
            guarded(|| {
                let body = decode(coding, wire, limits)?;
                Ok(scrubber.scrub(body, deadline)?)
            })
        };
        if inline {
            return work();
        }
        match tokio::time::timeout(time, tokio::task::spawn_blocking(work)).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Withheld::NotChecked),
        }
    }

    /// The headers that are kept, scrubbed, and how often a credential was in them.
    fn keep(&self, headers: &HeaderMap, scrubber: &Scrubber) -> (Vec<(String, String)>, usize) {
        let mut kept = Vec::new();
        let mut redactions = 0;
        let deadline = Instant::now() + Duration::from_millis(500);
        for (name, value) in headers {
            if !self.is_kept(name) {
                continue;
            }
            let text: String = String::from_utf8_lossy(value.as_bytes())
                .chars()
                .filter(|c| !c.is_control())
                .collect();
            let text = if name == header::LOCATION {
                without_userinfo(&text)
            } else {
                text
            };
            let clean = |text: &str| {
                guarded(|| Ok(scrubber.scrub(Bytes::copy_from_slice(text.as_bytes()), deadline)?))
            };
            // A name can carry as much as a value.
            let named = !scrubber.finds(name.as_str().as_bytes());
            match clean(&text) {
                Ok(clean) if named => {
                    redactions += clean.redactions;
                    let value = String::from_utf8_lossy(&clean.bytes).into_owned();
                    kept.push((name.as_str().to_owned(), value));
                }
                _ => redactions += 1,
            }
        }
        (kept, redactions)
    }

    fn is_kept(&self, name: &HeaderName) -> bool {
        let text = name.as_str();
        let listed = KEPT.contains(&text) || KEPT_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
        (listed || self.settings.keep_headers.contains(name)) && !NEVER_KEPT.contains(&text)
    }

    fn events(
        &self,
        mut body: egress::Body,
        cleaner: EventScrubber,
        redactions: Arc<AtomicUsize>,
    ) -> std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, ProxyError>> + Send>> {
        let EventLimits { bytes, idle, total } = self.settings.events;
        body.set_limits(bytes, idle, total);
        let before = redactions.load(Ordering::Relaxed);
        let state = Some((body, cleaner));
        Box::pin(stream::unfold(state, move |state| {
            let redactions = redactions.clone();
            async move {
                let (mut body, mut scrubber) = state?;
                loop {
                    let (clean, over) = match body.chunk().await {
                        Ok(Some(part)) => (guarded_events(&mut scrubber, |s| s.push(&part)), false),
                        Ok(None) => (guarded_events(&mut scrubber, EventScrubber::finish), true),
                        // What is held back of a broken stream is never shown.
                        Err(error) => return Some((Err(error.into()), None)),
                    };
                    redactions.store(before + scrubber.redactions(), Ordering::Relaxed);
                    match clean {
                        Err(error) => return Some((Err(ProxyError::Stream(error)), None)),
                        Ok(clean) if over && clean.is_empty() => return None,
                        Ok(clean) if over => return Some((Ok(clean.into()), None)),
                        Ok(clean) if clean.is_empty() => {}
                        Ok(clean) => return Some((Ok(clean.into()), Some((body, scrubber)))),
                    }
                }
            }
        }))
    }
}

/// Runs a check; a panic in it withholds (R10).
fn guarded(work: impl FnOnce() -> Result<Scrubbed, Withheld>) -> Result<Scrubbed, Withheld> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Withheld::NotChecked))
}

fn guarded_events(
    scrubber: &mut EventScrubber,
    work: impl FnOnce(&mut EventScrubber) -> Result<Vec<u8>, ScrubError>,
) -> Result<Vec<u8>, ScrubError> {
    catch_unwind(AssertUnwindSafe(|| work(scrubber))).unwrap_or(Err(ScrubError::Failed))
}

/// Whether a response is shown as it comes, and if so whether its parts are lines. Other bodies can only be
/// checked as a whole.
fn streamed(headers: &HeaderMap) -> Option<bool> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/event-stream" => Some(false),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/json-seq"
        | "application/x-jsonlines"
        | "application/stream+json" => Some(true),
        _ => None,
    }
}

/// The beginning of a checked body, and whether there is more.
fn shown(bytes: Bytes, most: usize) -> (CleanBody, bool) {
    let truncated = bytes.len() > most;
    match std::str::from_utf8(&bytes) {
        Ok(text) if !text.contains('\0') => {
            let end = (0..=most.min(text.len()))
                .rev()
                .find(|&at| text.is_char_boundary(at))
                .unwrap_or(0);
            (CleanBody::Text(text[..end].to_owned()), truncated)
        }
        _ => (CleanBody::Binary(bytes.slice(..most.min(bytes.len()))), truncated),
    }
}

/// A URL without user name and password, as text.
fn without_userinfo(location: &str) -> String {
    let Some(start) = location.find("//").map(|at| at + 2) else {
        return location.to_owned();
    };
    let end = location[start..]
        .find(['/', '?', '#', '\\'])
        .map_or(location.len(), |at| start + at);
    match location[start..end].rfind('@') {
        Some(at) => format!("{}{}", &location[..start], &location[start + at + 1..]),
        None => location.to_owned(),
    }
}

#[cfg(test)]
mod tests;
