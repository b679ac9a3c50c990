//! The client: check, connect, send once, hand back a limited body.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Version,
    header::{self, HeaderName},
    uri::PathAndQuery,
};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::time::{Instant, timeout_at};

use super::{
    connect::connect,
    error::{EgressError, Phase},
    policy::{Limits, Policy},
    resolve::{Resolver, SystemResolver},
    response::{Body, ConnectionTask, Response, Timings},
    target::Target,
};

const USER_AGENT: &str = concat!("aforo-console/", env!("CARGO_PKG_VERSION"));

/// The outbound HTTP client. Cheap to clone; the TLS settings are shared, connections are not.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    policy: Policy,
    resolver: Arc<dyn Resolver>,
    tls: Arc<rustls::ClientConfig>,
}

/// What to send to a [`Target`]. Host, Content-Length and everything about the connection is written by the
/// client. It has no `Debug`: its headers and query may hold a credential.
///
/// ```compile_fail
/// let request = aforo_core::kernel::egress::Request::new(http::Method::GET);
/// println!("{request:?}");
/// ```
pub struct Request {
    /// The method. CONNECT and TRACE are refused.
    pub method: Method,
    /// Replaces the path and query that the target was made with.
    pub path_and_query: Option<PathAndQuery>,
    /// Headers; those about the connection are dropped.
    pub headers: HeaderMap,
    /// The body; `None` sends none.
    pub body: Option<Bytes>,
}

impl Request {
    /// A request for the target's own path, without headers or body.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            path_and_query: None,
            headers: HeaderMap::new(),
            body: None,
        }
    }
}

/// Headers that belong to a connection or that the client writes itself.
const OWN_HEADERS: [HeaderName; 10] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

impl Client {
    /// A client with these rules that asks this resolver.
    ///
    /// # Errors
    /// [`EgressError::Tls`] if one of `policy.extra_roots` is not a certificate.
    pub fn new(policy: Policy, resolver: Arc<dyn Resolver>) -> Result<Self, EgressError> {
        let invalid = |error| EgressError::Tls(std::io::Error::other(error));
        let mut roots = rustls::RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        for root in &policy.extra_roots {
            roots.add(root.clone()).map_err(invalid)?;
        }
        // The provider is named here: a host that links a second one must not change ours.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(invalid)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Inner {
            policy,
            resolver,
            tls: Arc::new(tls),
        })))
    }

    /// A client with these rules that asks the operating system's resolver.
    ///
    /// # Errors
    /// Those of [`Client::new`].
    pub fn with_system_resolver(policy: Policy) -> Result<Self, EgressError> {
        Self::new(policy, Arc::new(SystemResolver))
    }

    /// Checks a URL and resolves its host, once. `extra_allow` opens private ranges for this call alone (E6).
    ///
    /// # Errors
    /// [`EgressError::Denied`] by the rules, [`EgressError::Dns`] or a time-out of the name server. Nothing is
    /// dialled.
    pub async fn target(&self, url: &str, extra_allow: &[IpNet]) -> Result<Target, EgressError> {
        Target::resolve(&self.0.policy, &*self.0.resolver, url, extra_allow).await
    }

    /// Sends one request over a connection of its own and returns once the head of the response is there.
    /// Redirects are answers like any other.
    ///
    /// # Errors
    /// Any [`EgressError`] but `Denied` for an address, `Dns` and `Status`.
    pub async fn send(
        &self,
        target: &Target,
        request: Request,
        limits: &Limits,
    ) -> Result<Response, EgressError> {
        let deadline = Instant::now() + limits.total;
        let exchange = self.exchange(target, request, limits, deadline);
        timeout_at(deadline, exchange)
            .await
            .unwrap_or(Err(EgressError::Timeout(Phase::Total)))
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request,
        limits: &Limits,
        deadline: Instant,
    ) -> Result<Response, EgressError> {
        let message = build(target, request)?;
        let connected = connect(target, &self.0.policy, &self.0.tls).await?;
        let sent = Instant::now();
        let first_byte = Phase::FirstByte;
        let (response, connection) = timeout_at(sent + limits.first_byte, async {
            let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
                .max_headers(limits.head_lines)
                .max_header_size(limits.head_bytes)
                .max_buf_size(limits.head_bytes.max(8 * 1024))
                .handshake(TokioIo::new(connected.stream))
                .await?;
            let connection = ConnectionTask::spawn(connection);
            Ok((sender.send_request(message).await?, connection))
        })
        .await
        .map_err(|_| EgressError::Timeout(first_byte))?
        .map_err(from_hyper)?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS || response.status().is_informational() {
            return Err(EgressError::Protocol("an interim status as the final one", None));
        }
        let timings = Timings {
            dns: target.dns,
            connect: connected.connect,
            tls: connected.tls,
            first_byte: sent.elapsed(),
        };
        let (head, body) = response.into_parts();
        let body = Body::new(body, connection, *limits, deadline);
        if body.announced().is_some_and(|length| length > limits.body_bytes) {
            return Err(EgressError::TooLarge);
        }
        Ok(Response {
            status: head.status,
            headers: head.headers,
            peer: connected.peer,
            timings,
            body,
        })
    }
}

fn build(target: &Target, request: Request) -> Result<hyper::Request<Full<Bytes>>, EgressError> {
    let Request {
        method,
        path_and_query,
        mut headers,
        body,
    } = request;
    if method == Method::CONNECT || method == Method::TRACE {
        return Err(EgressError::Request("CONNECT and TRACE are never sent"));
    }
    for name in &OWN_HEADERS {
        headers.remove(name);
    }
    let host = HeaderValue::from_str(&target.authority)
        .map_err(|_| EgressError::Request("the host is not a header value"))?;
    headers.insert(header::HOST, host);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers
        .entry(header::USER_AGENT)
        .or_insert(HeaderValue::from_static(USER_AGENT));
    if body.is_some() || matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(
            header::CONTENT_LENGTH,
            HeaderValue::from(body.as_ref().map_or(0, Bytes::len)),
        );
    }
    let mut message = hyper::Request::new(Full::new(body.unwrap_or_default()));
    *message.method_mut() = method;
    *message.uri_mut() = path_and_query
        .unwrap_or_else(|| target.path_and_query.clone())
        .into();
    *message.version_mut() = Version::HTTP_11;
    *message.headers_mut() = headers;
    Ok(message)
}

pub(super) fn from_hyper(error: hyper::Error) -> EgressError {
    if error.is_parse_too_large() {
        EgressError::TooLarge
    } else if error.is_incomplete_message() {
        EgressError::Protocol(
            "the connection closed before the response was complete",
            Some(error.into()),
        )
    } else {
        EgressError::Protocol("the response is malformed", Some(error.into()))
    }
}

/// What is left until `deadline`.
pub(super) fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
