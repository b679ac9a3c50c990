//! What a person asks for, reduced to what may be sent (rules P1 to P8, P10).
//!
//! [`CleanRequest`] can only be made here: whoever holds one knows that its URL lies under the approved base,
//! that its headers speak for nobody, and that it carries no credential yet.

mod headers;
mod path;
mod query;

use aforo_core::kernel::egress::check_url;
pub use aforo_docs::request::PlainRequest;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;

pub(crate) use headers::canonical;
pub use path::{MAX_PATH, PathError, clean_path, clean_path_with};
pub use query::MAX_QUERY;
pub(crate) use query::without;

/// Largest body that is sent, in bytes (P7).
pub const MAX_BODY: usize = 1024 * 1024;

/// Why a request is refused before anything is opened or dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The path could be read in two ways.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A query that is not properly encoded.
    #[error("the query is not properly encoded")]
    Query,
    /// Over [`MAX_QUERY`].
    #[error("the query is longer than 8,192 bytes")]
    QueryTooLong,
    /// TRACE.
    #[error("the method is not allowed")]
    Method,
    /// A header name that is not a token.
    #[error("a header name is malformed")]
    HeaderName,
    /// A header value with line ends, control characters or non-ASCII text, or over 4,096 bytes.
    #[error("a header value is malformed or too long")]
    HeaderValue,
    /// More than 64 lines, or over 16,384 bytes.
    #[error("the headers are too large")]
    HeadersTooLarge,
    /// A cookie with characters that cookies cannot hold.
    #[error("a cookie is malformed")]
    Cookie,
    /// Over [`MAX_BODY`], or a body with HEAD.
    #[error("the body is larger than 1 MiB or not allowed with this method")]
    Body,
    /// The base that the gateway integration approved is not an https (or allowed http) origin and a path.
    #[error("the approved address of the API is malformed")]
    Base,
    /// The rebuilt URL left the approved base, or two parsers would read it differently.
    #[error("the request does not stay under the approved address of the API")]
    Escape,
}

/// Where an API may be called: an origin and a base path that an operator approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedBase {
    origin: String,
    base_path: String,
}

impl ApprovedBase {
    /// `origin` is scheme, host and perhaps a port; `base_path` is empty, `/`, or a clean path.
    ///
    /// # Errors
    /// [`RequestError::Base`].
    pub fn new(origin: &str, base_path: &str) -> Result<Self, RequestError> {
        let url = check_url(origin).map_err(|_| RequestError::Base)?;
        if url.path() != "/" || url.query().is_some() {
            return Err(RequestError::Base);
        }
        let base_path = match base_path {
            "" => String::new(),
            path => clean_path(path)
                .map_err(|_| RequestError::Base)?
                .trim_end_matches('/')
                .to_owned(),
        };
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            base_path,
        })
    }

    /// Scheme, host and port, as a credential is sealed to it.
    pub fn origin(&self) -> &str {
        &self.origin
    }
    /// The path that every operation's path is appended to, without a final slash.
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// The URL of an operation, asserted to lie under this base and to be read alike by every parser (P4).
    fn join(&self, path: &str, query: Option<&str>) -> Result<Url, RequestError> {
        let mut text = format!("{}{}{path}", self.origin, self.base_path);
        if let Some(query) = query {
            text.push('?');
            text.push_str(query);
        }
        let url = Url::parse(&text).map_err(|_| RequestError::Escape)?;
        let below = url
            .path()
            .strip_prefix(&self.base_path)
            .is_some_and(|rest| rest == path);
        let same = url.origin().ascii_serialization() == self.origin;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if url.as_str() != text || !same || !below || !path.starts_with('/') || !bare {
            return Err(RequestError::Escape);
        }
        Ok(url)
    }
}

/// A request that may be sent once a credential is placed. Made by [`CleanRequest::new`] alone.
#[derive(Clone, Debug)]
pub struct CleanRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) dropped: Vec<String>,
}

impl CleanRequest {
    /// Reduces a request to what may be sent to `base`. `declared` are the header names that the stored
    /// document declares for the operation; others go out only if they are on a short list of harmless ones.
    /// Headers that may not go out are left out and named by [`CleanRequest::dropped`].
    ///
    /// # Errors
    /// Whatever cannot be a slip of a form refuses the request; see [`RequestError`].
    pub fn new(plain: PlainRequest, base: &ApprovedBase, declared: &[&str]) -> Result<Self, RequestError> {
        Self::with_matrix(plain, base, declared, &[])
    }

    /// The same, for an operation whose document writes path parameters in matrix style: `matrix` are the very
    /// texts that were made of their values, see [`aforo_docs::request::matrix_parts`].
    ///
    /// # Errors
    /// Those of [`CleanRequest::new`].
    pub fn with_matrix(
        plain: PlainRequest,
        base: &ApprovedBase,
        declared: &[&str],
        matrix: &[String],
    ) -> Result<Self, RequestError> {
        // What a document can name, without TRACE, which would show the credential; CONNECT has no name there.
        let method = match plain.method {
            aforo_docs::spec::model::Method::Trace => return Err(RequestError::Method),
            other => Method::from_bytes(other.as_str().as_bytes()).map_err(|_| RequestError::Method)?,
        };
        if plain
            .body
            .as_ref()
            .is_some_and(|body| body.len() > MAX_BODY || method == Method::HEAD)
        {
            return Err(RequestError::Body);
        }
        let path = clean_path_with(&plain.path, matrix)?;
        let query = plain.query.as_deref().filter(|query| !query.is_empty());
        let query = query.map(query::clean_query).transpose()?;
        let url = base.join(&path, query.as_deref())?;

        let headers::Sorted {
            kept: mut headers,
            dropped,
        } = headers::sort(plain.headers, declared)?;
        if let (Some(content_type), Some(_)) = (&plain.content_type, &plain.body) {
            let value = headers::header_value(content_type).filter(|_| content_type.len() <= 256);
            headers.insert(
                http::header::CONTENT_TYPE,
                value.ok_or(RequestError::HeaderValue)?,
            );
        }
        headers.insert(
            http::header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        if plain.cookies.len() > 32 {
            return Err(RequestError::HeadersTooLarge);
        }
        for (name, value) in &plain.cookies {
            query::check_cookie(name, value)?;
        }
        Ok(Self {
            method,
            url,
            headers,
            cookies: plain.cookies,
            body: plain.body.map(Bytes::from),
            dropped,
        })
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }
    /// The URL, without any credential.
    pub fn url(&self) -> &Url {
        &self.url
    }
    /// The headers, without any credential.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
    /// The body.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }
    /// The names of headers that were left out because a client may not send them.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(path: &str) -> PlainRequest {
        PlainRequest {
            method: aforo_docs::spec::model::Method::Get,
            path: path.into(),
            query: None,
            headers: vec![],
            cookies: vec![],
            content_type: None,
            body: None,
        }
    }
    fn base() -> ApprovedBase {
        ApprovedBase::new("https://api.example.com", "/v1").unwrap()
    }

    #[test]
    fn the_url_is_rebuilt_under_the_approved_base() {
        for (path, query, want) in [
            ("/pets", None, "https://api.example.com/v1/pets"),
            (
                "/pets/a%2Bb",
                Some("x=%2B&y=+"),
                "https://api.example.com/v1/pets/a%2Bb?x=%2B&y=+",
            ),
            ("/", None, "https://api.example.com/v1/"),
            (
                "/a@evil.test:80",
                None,
                "https://api.example.com/v1/a@evil.test:80",
            ),
            ("/pets", Some(""), "https://api.example.com/v1/pets"),
        ] {
            let request = PlainRequest {
                query: query.map(Into::into),
                ..plain(path)
            };
            assert_eq!(
                CleanRequest::new(request, &base(), &[]).unwrap().url().as_str(),
                want
            );
        }
        let refused = CleanRequest::new(plain("/../admin"), &base(), &[]);
        assert_eq!(refused.unwrap_err(), RequestError::Path(PathError::DotSegment));
    }

    /// The assertions hold on their own, without the path rules before them.
    #[test]
    fn nothing_leaves_the_base_even_if_the_path_rules_fail() {
        for path in [
            "/../admin",
            "/a/../../x",
            "@evil.test/",
            ".evil.test/",
            ":80/",
            "/\\evil.test",
            "/a\tb",
            "/a#b",
            "x",
        ] {
            assert_eq!(
                base().join(path, None).unwrap_err(),
                RequestError::Escape,
                "{path}"
            );
            let root = ApprovedBase::new("https://api.example.com", "").unwrap();
            if path != "/a/../../x" {
                assert_eq!(root.join(path, None).unwrap_err(), RequestError::Escape, "{path}");
            }
        }
    }

    #[test]
    fn bases_are_an_origin_and_a_path() {
        for (origin, path) in [
            ("https://api.example.com/x", ""),
            ("https://api.example.com?x", ""),
            ("https://u@api.example.com", ""),
            ("ftp://api.example.com", ""),
            ("https://api.example.com", "v1"),
            ("https://api.example.com", "/v1/.."),
            ("https://api.example.com", "/v1?x"),
        ] {
            assert!(ApprovedBase::new(origin, path).is_err(), "{origin} {path}");
        }
        let base = ApprovedBase::new("HTTPS://API.example.com:443/", "/v1/").unwrap();
        assert_eq!(
            (base.origin(), base.base_path()),
            ("https://api.example.com", "/v1")
        );
    }

    #[test]
    fn methods_bodies_and_cookies_have_limits() {
        let with = |change: &dyn Fn(&mut PlainRequest)| {
            let mut request = plain("/pets");
            change(&mut request);
            CleanRequest::new(request, &base(), &[]).err()
        };
        use aforo_docs::spec::model::Method;
        for method in Method::ALL {
            let refused = (method == Method::Trace).then_some(RequestError::Method);
            assert_eq!(with(&|r| r.method = method), refused);
        }
        let head = with(&|r| {
            r.method = Method::Head;
            r.body = Some(vec![]);
        });
        assert_eq!(head, Some(RequestError::Body));
        assert_eq!(with(&|r| r.body = Some(vec![0; MAX_BODY])), None);
        assert_eq!(
            with(&|r| r.body = Some(vec![0; MAX_BODY + 1])),
            Some(RequestError::Body)
        );
        assert_eq!(
            with(&|r| r.cookies = vec![("a".into(), "b; c=d".into())]),
            Some(RequestError::Cookie)
        );
        let injected = with(&|r| {
            r.body = Some(vec![]);
            r.content_type = Some("text/plain\r\nx: y".into());
        });
        assert_eq!(injected, Some(RequestError::HeaderValue));
    }
}
