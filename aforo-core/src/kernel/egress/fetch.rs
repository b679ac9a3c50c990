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
    /// The document.
    pub body: Bytes,
}

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
        let deadline = Instant::now() + limits.total;
        timeout_at(deadline, self.follow(url, extra_allow, limits, deadline))
            .await
            .unwrap_or(Err(EgressError::Timeout(Phase::Total)))
    }

    async fn follow(
        &self,
        url: &str,
        extra_allow: &[IpNet],
        limits: &FetchLimits,
        deadline: Instant,
    ) -> Result<Fetched, EgressError> {
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
            let content_type = response.headers.get(header::CONTENT_TYPE);
            let content_type = content_type
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            return Ok(Fetched {
                url: location.url,
                content_type,
                body: response.body.bytes().await?,
            });
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
