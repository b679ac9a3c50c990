//! A document from an address that a person typed in.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use ipnet::IpNet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    client::{Client, Request, remaining},
    error::{DenyReason, EgressError, Phase},
    location::Location,
    policy::Limits,
};

/// How much a fetch may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of the document.
    pub bytes: u64,
    /// The whole fetch, redirects and name resolution included.
    pub total: Duration,
    /// How many redirects are followed.
    pub redirects: u8,
}

impl Default for FetchLimits {
    /// 16 MiB, 20 s, 3 redirects (E5, E7).
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            total: Duration::from_secs(20),
            redirects: 3,
        }
    }
}

/// A document that was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it came from in the end.
    pub url: Url,
    /// What the server calls it.
    pub content_type: Option<String>,
    /// The server's name for this very content (`ETag`).
    pub etag: Option<String>,
    /// When the server says that it changed last (`Last-Modified`).
    pub last_modified: Option<String>,
    /// The document.
    pub body: Bytes,
}

/// What is known of a document from an earlier fetch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Where it came from in the end. No other address is told the rest.
    pub url: Option<&'a str>,
    /// Its `ETag`.
    pub etag: Option<&'a str>,
    /// Its `Last-Modified`.
    pub last_modified: Option<&'a str>,
}

/// Header values longer than this are not kept.
const VALIDATOR_BYTES: usize = 512;

impl Client {
    /// Gets a document. Each redirect is checked like a new address, and carries nothing over.
    ///
    /// # Errors
    /// Any [`EgressError`]; [`EgressError::Status`] for a status other than 200.
    pub async fn fetch(
        &self,
        url: &str,
        extra_allow: &[IpNet],
        limits: &FetchLimits,
    ) -> Result<Fetched, EgressError> {
        let fetched = self
            .fetch_changed(url, extra_allow, limits, Known::default())
            .await?;
        fetched.ok_or(EgressError::Status(StatusCode::NOT_MODIFIED.as_u16()))
    }

    /// Gets a document as [`Client::fetch`] does, unless it is still the one that is known: then `None`.
    ///
    /// # Errors
    /// As [`Client::fetch`].
    pub async fn fetch_changed(
        &self,
        url: &str,
        extra_allow: &[IpNet],
        limits: &FetchLimits,
        known: Known<'_>,
    ) -> Result<Option<Fetched>, EgressError> {
        let deadline = Instant::now() + limits.total;
        timeout_at(deadline, self.follow(url, extra_allow, limits, known, deadline))
            .await
            .unwrap_or(Err(EgressError::Timeout(Phase::Total)))
    }

    async fn follow(
        &self,
        url: &str,
        extra_allow: &[IpNet],
        limits: &FetchLimits,
        known: Known<'_>,
        deadline: Instant,
    ) -> Result<Option<Fetched>, EgressError> {
        let mut location = Location::parse(url)?;
        for _ in 0..=limits.redirects {
            let target = self.target(location.url.as_str(), extra_allow).await?;
            let mut request = Request::new(Method::GET);
            request
                .headers
                .insert(header::ACCEPT, HeaderValue::from_static("*/*"));
            request
                .headers
                .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            let asks = known.url == Some(location.url.as_str());
            for (name, value) in [
                (header::IF_NONE_MATCH, known.etag),
                (header::IF_MODIFIED_SINCE, known.last_modified),
            ] {
                if let Some(value) = value.filter(|_| asks).and_then(|v| HeaderValue::from_str(v).ok()) {
                    request.headers.insert(name, value);
                }
            }
            let asks = request.headers.contains_key(header::IF_NONE_MATCH)
                || request.headers.contains_key(header::IF_MODIFIED_SINCE);
            let total = remaining(deadline);
            let bounds = Limits {
                body_bytes: limits.bytes,
                first_byte: total,
                total,
                ..Limits::default()
            };
            let response = self.send(&target, request, &bounds).await?;
            match response.status {
                StatusCode::OK => {}
                StatusCode::NOT_MODIFIED if asks => return Ok(None),
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    location = redirected(&location, response.headers.get(header::LOCATION))?;
                    continue;
                }
                status => return Err(EgressError::Status(status.as_u16())),
            }
            if response
                .headers
                .get_all(header::CONTENT_ENCODING)
                .iter()
                .any(|value| value != "identity")
            {
                return Err(EgressError::Protocol(
                    "a content coding that was not asked for",
                    None,
                ));
            }
            let text = |name| {
                let value = response.headers.get(name)?.to_str().ok()?;
                (value.len() <= VALIDATOR_BYTES).then(|| value.to_owned())
            };
            return Ok(Some(Fetched {
                url: location.url,
                content_type: text(header::CONTENT_TYPE),
                etag: text(header::ETAG),
                last_modified: text(header::LAST_MODIFIED),
                body: response.body.bytes().await?,
            }));
        }
        Err(DenyReason::Redirect.into())
    }
}

/// Where a redirect leads. An absolute address is judged as it is written, before any parser tidies it.
fn redirected(from: &Location, to: Option<&HeaderValue>) -> Result<Location, EgressError> {
    let text = to
        .and_then(|value| value.to_str().ok())
        .ok_or(DenyReason::Redirect)?;
    let text = text.split('#').next().unwrap_or_default();
    if !text.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\') {
        return Err(DenyReason::Redirect.into());
    }
    let relative = Url::parse(text) == Err(url::ParseError::RelativeUrlWithoutBase);
    let to = if !relative {
        Location::parse(text)?
    } else if text.starts_with("//") {
        Location::parse(&format!("{}:{text}", from.url.scheme()))?
    } else {
        Location::parse(from.url.join(text).map_err(|_| DenyReason::Redirect)?.as_str())?
    };
    if from.is_https() && !to.is_https() {
        return Err(DenyReason::Redirect.into());
    }
    Ok(to)
}
