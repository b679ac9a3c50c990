//! The credential, placed once, where the gateway integration says (P6).

use std::fmt;

use aforo_core::{Secret, kernel::egress};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, header, uri::PathAndQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::request::{CleanRequest, canonical, without};

/// Where a credential goes. It comes from the gateway integration, never from the document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// `Authorization: Bearer <secret>`
    Bearer,
    /// `Authorization: Basic <client_id:secret>`
    Basic {
        /// The user name; public.
        client_id: String,
    },
    /// `Authorization: Basic <secret:>`, the key as the user name and no password.
    BasicUser,
    /// A header of its own, such as `X-Api-Key: <secret>`.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// What stands before the secret, such as `Token `; usually empty.
        prefix: String,
    },
    /// A pair of the query.
    Query {
        /// The name of the pair.
        name: String,
    },
    /// A cookie.
    Cookie {
        /// The name of the cookie.
        name: String,
    },
}

/// Why a credential cannot be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InjectError {
    /// The integration names a place where no credential may go.
    #[error("the credential cannot be placed under this name")]
    Name,
    /// The secret holds characters that do not fit the place.
    #[error("the credential does not fit its place")]
    Value,
}

/// A credential and where it goes. It has no `Debug`.
///
/// ```compile_fail
/// fn debug<T: std::fmt::Debug>() {}
/// debug::<aforo_proxy::inject::Credential<'static>>();
/// ```
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    /// Where it goes.
    pub placement: &'a Placement,
    /// What goes there.
    pub secret: &'a Secret<String>,
}

/// A request with its credential. It is made and sent inside [`Upstream`](crate::upstream::Upstream), and has
/// no `Debug`.
pub(crate) struct Prepared {
    pub(crate) request: egress::Request,
    /// Client parameters that made way for the credential.
    pub(crate) dropped: Vec<String>,
}

impl fmt::Display for Placement {
    /// What a person may see of it: the place, never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("Authorization: Bearer"),
            Self::Basic { .. } | Self::BasicUser => f.write_str("Authorization: Basic"),
            Self::Header { name, .. } => write!(f, "header {name}"),
            Self::Query { name } => write!(f, "query parameter {name}"),
            Self::Cookie { name } => write!(f, "cookie {name}"),
        }
    }
}

/// Characters of a query value that need no escape.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Places the credential. Whatever the client sent under the same name is left out, so that exactly one
/// credential goes out.
///
/// # Errors
/// [`InjectError`]; the request is not sent then.
pub(crate) fn inject(
    request: CleanRequest,
    Credential { placement, secret }: Credential<'_>,
) -> Result<Prepared, InjectError> {
    let CleanRequest {
        method,
        url,
        mut headers,
        cookies,
        body,
        mut dropped,
    } = request;
    let secret = secret.expose();
    let mut query = Zeroizing::new(url.query().unwrap_or_default().to_owned());
    let mut cookie = Zeroizing::new(String::new());
    let append_cookie = |cookie: &mut String, name: &str, value: &str| {
        if !cookie.is_empty() {
            cookie.push_str("; ");
        }
        cookie.push_str(name);
        cookie.push('=');
        cookie.push_str(value);
    };
    for (name, value) in &cookies {
        match placement {
            Placement::Cookie { name: own } if canonical(own) == canonical(name) => {
                dropped.push(name.clone());
            }
            _ => append_cookie(&mut cookie, name, value),
        }
    }

    match placement {
        Placement::Bearer => {
            headers.insert(header::AUTHORIZATION, sensitive("Bearer ", secret)?);
        }
        Placement::Basic { client_id } => {
            if client_id.contains(':') || client_id.chars().any(char::is_control) {
                return Err(InjectError::Value);
            }
            headers.insert(
                header::AUTHORIZATION,
                sensitive("Basic ", &basic(client_id, secret))?,
            );
        }
        Placement::BasicUser => {
            if secret.contains(':') {
                return Err(InjectError::Value);
            }
            headers.insert(header::AUTHORIZATION, sensitive("Basic ", &basic(secret, ""))?);
        }
        Placement::Header { name, prefix } => {
            if is_unfit(name) {
                return Err(InjectError::Name);
            }
            // `x_api_key` and `X-Api-Key` are one header behind CGI.
            let own = canonical(name.as_str());
            let same = headers
                .keys()
                .filter(|n| canonical(n.as_str()) == own)
                .cloned()
                .collect::<Vec<_>>();
            for name in same {
                headers.remove(&name);
                dropped.push(name.as_str().to_owned());
            }
            headers.insert(name.clone(), sensitive(prefix, secret)?);
        }
        Placement::Query { name } => {
            if name.is_empty() {
                return Err(InjectError::Name);
            }
            let (mut rest, found) = without(&query, name);
            if found {
                dropped.push(name.clone());
            }
            if !rest.is_empty() {
                rest.push('&');
            }
            // One allocation, so that growing leaves no copy behind.
            let value = Zeroizing::new(utf8_percent_encode(secret, QUERY_VALUE).to_string());
            let name = utf8_percent_encode(name, QUERY_VALUE).to_string();
            rest.reserve_exact(name.len() + 1 + value.len());
            rest.push_str(&name);
            rest.push('=');
            rest.push_str(&value);
            query = Zeroizing::new(rest);
        }
        Placement::Cookie { name } => {
            let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if name.is_empty() || !name.bytes().all(token) {
                return Err(InjectError::Name);
            }
            if !secret
                .bytes()
                .all(|b| (0x21..=0x7e).contains(&b) && !b"\",;\\".contains(&b))
            {
                return Err(InjectError::Value);
            }
            append_cookie(&mut cookie, name, secret);
        }
    }
    if !cookie.is_empty() {
        headers.insert(header::COOKIE, sensitive("", &cookie)?);
    }
    let path_and_query = Some(path_and_query(url.path(), &query)?);
    Ok(Prepared {
        request: egress::Request {
            method,
            path_and_query,
            headers,
            body,
        },
        dropped,
    })
}

/// A request for an operation that needs no credential.
pub(crate) fn without_credential(request: CleanRequest) -> Result<Prepared, InjectError> {
    let CleanRequest {
        method,
        url,
        mut headers,
        cookies,
        body,
        dropped,
    } = request;
    if !cookies.is_empty() {
        let pairs = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        headers.insert(header::COOKIE, sensitive("", &pairs.join("; "))?);
    }
    let path_and_query = Some(path_and_query(url.path(), url.query().unwrap_or_default())?);
    Ok(Prepared {
        request: egress::Request {
            method,
            path_and_query,
            headers,
            body,
        },
        dropped,
    })
}

fn path_and_query(path: &str, query: &str) -> Result<PathAndQuery, InjectError> {
    let mut target = Zeroizing::new(String::with_capacity(path.len() + 1 + query.len()));
    target.push_str(path);
    if !query.is_empty() {
        target.push('?');
        target.push_str(query);
    }
    PathAndQuery::try_from(target.as_str()).map_err(|_| InjectError::Value)
}

/// `user:password` as the Basic scheme writes it.
pub(crate) fn basic(user: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()))
}

fn sensitive(prefix: &str, value: &str) -> Result<HeaderValue, InjectError> {
    if value.is_empty()
        || !value
            .bytes()
            .chain(prefix.bytes())
            .all(|b| (0x20..=0x7e).contains(&b))
    {
        return Err(InjectError::Value);
    }
    let text = Zeroizing::new([prefix, value].concat());
    let mut value = HeaderValue::from_str(&text).map_err(|_| InjectError::Value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Names that steer the connection or the request and so cannot hold a credential.
fn is_unfit(name: &HeaderName) -> bool {
    const UNFIT: &[&str] = &[
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "keep-alive",
        "cookie",
        "accept",
        "accept-encoding",
        "range",
        "proxy-connection",
        "forwarded",
        "via",
    ];
    UNFIT.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded")
}

#[cfg(test)]
mod tests {
    use aforo_docs::spec::model::Method;

    use super::*;
    use crate::request::{ApprovedBase, PlainRequest};

    fn secret() -> Secret<String> {
        Secret::new(format!("sk_{}_{}", "test", "aB3".repeat(13) + "z"))
    }
    fn clean(query: Option<&str>, headers: &[(&str, &str)], cookies: &[(&str, &str)]) -> CleanRequest {
        let pairs = |list: &[(&str, &str)]| list.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let plain = PlainRequest {
            method: Method::Get,
            path: "/pets".into(),
            query: query.map(Into::into),
            headers: pairs(headers),
            cookies: pairs(cookies),
            content_type: None,
            body: None,
        };
        let declared: Vec<&str> = headers.iter().map(|(n, _)| *n).collect();
        CleanRequest::new(
            plain,
            &ApprovedBase::new("https://api.example.com", "").unwrap(),
            &declared,
        )
        .unwrap()
    }
    fn put(
        request: CleanRequest,
        placement: &Placement,
        secret: &Secret<String>,
    ) -> Result<Prepared, InjectError> {
        inject(request, Credential { placement, secret })
    }
    fn header(prepared: &Prepared, name: &str) -> String {
        prepared.request.headers[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn every_placement_places_it_once() {
        let key = secret();
        let place = |placement| put(clean(None, &[], &[]), &placement, &key).unwrap();
        let bearer = place(Placement::Bearer);
        assert_eq!(
            header(&bearer, "authorization"),
            format!("Bearer {}", key.expose())
        );
        assert!(bearer.request.headers["authorization"].is_sensitive());
        let basic = place(Placement::Basic {
            client_id: "app".into(),
        });
        let want = BASE64_STANDARD.encode(format!("app:{}", key.expose()));
        assert_eq!(header(&basic, "authorization"), format!("Basic {want}"));
        let user = place(Placement::BasicUser);
        let want = BASE64_STANDARD.encode(format!("{}:", key.expose()));
        assert_eq!(header(&user, "authorization"), format!("Basic {want}"));
        let own = place(Placement::Header {
            name: "x-api-key".parse().unwrap(),
            prefix: "Token ".into(),
        });
        assert_eq!(header(&own, "x-api-key"), format!("Token {}", key.expose()));
        let query = place(Placement::Query {
            name: "api_key".into(),
        });
        let sent = query.request.path_and_query.as_ref().unwrap().as_str();
        assert_eq!(sent, format!("/pets?api_key={}", key.expose()));
        let cookie = place(Placement::Cookie { name: "key".into() });
        assert_eq!(header(&cookie, "cookie"), format!("key={}", key.expose()));
    }

    #[test]
    fn a_clients_value_under_the_same_name_makes_way() {
        let key = secret();
        let name: HeaderName = "x-acme-key".parse().unwrap();
        let request = clean(None, &[("X-Acme-Key", "mine"), ("x_acme_key", "mine")], &[]);
        let own = put(
            request,
            &Placement::Header {
                name: name.clone(),
                prefix: String::new(),
            },
            &key,
        )
        .unwrap();
        assert_eq!(own.request.headers.get_all(&name).iter().count(), 1);
        assert_eq!(header(&own, "x-acme-key"), *key.expose());
        assert!(!own.request.headers.contains_key("x_acme_key"));
        assert_eq!(own.dropped.len(), 2);

        let request = clean(Some("API_KEY=mine&a=1&api%5Fkey=2"), &[], &[]);
        let query = put(
            request,
            &Placement::Query {
                name: "api_key".into(),
            },
            &key,
        )
        .unwrap();
        let sent = query.request.path_and_query.as_ref().unwrap().as_str();
        assert_eq!(sent, format!("/pets?a=1&api_key={}", key.expose()));

        let request = clean(None, &[], &[("KEY", "mine"), ("a", "1")]);
        let cookie = put(request, &Placement::Cookie { name: "key".into() }, &key).unwrap();
        assert_eq!(header(&cookie, "cookie"), format!("a=1; key={}", key.expose()));
    }

    #[test]
    fn places_and_values_that_do_not_fit_are_refused() {
        let key = secret();
        for name in [
            "host",
            "content-length",
            "transfer-encoding",
            "cookie",
            "x-forwarded-for",
        ] {
            let placement = Placement::Header {
                name: name.parse().unwrap(),
                prefix: String::new(),
            };
            assert_eq!(
                put(clean(None, &[], &[]), &placement, &key).err(),
                Some(InjectError::Name),
                "{name}"
            );
        }
        for bad in ["", "a\r\nb", "a\0", "é"] {
            let bad = Secret::new(bad.to_owned());
            let result = put(clean(None, &[], &[]), &Placement::Bearer, &bad);
            assert_eq!(result.err(), Some(InjectError::Value));
        }
        let placement = Placement::Basic {
            client_id: "a:b".into(),
        };
        assert_eq!(
            put(clean(None, &[], &[]), &placement, &key).err(),
            Some(InjectError::Value)
        );
    }
}
