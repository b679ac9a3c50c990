//! Cross-site request forgery: an unsafe request that a cookie authenticates must come from our own pages.
//!
//! Two walls. The browser's own word: `Sec-Fetch-Site`, and where that is missing `Origin`. A browser sends at
//! least one of them with every unsafe request to another site; a program that sends neither is no browser and
//! holds the cookie on purpose. And for forms a token bound to the session.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, header};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use aforo_core::{Secret, kernel::audit::hex};

/// Whether the browser, if it is one, says that the request comes from this very origin.
pub(crate) fn same_origin(method: &Method, headers: &HeaderMap, host: Option<&str>) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: header::HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let origin = text(header::ORIGIN);
    match headers.get("sec-fetch-site").map(|v| v.as_bytes()) {
        Some(b"same-origin" | b"none") => return true,
        Some(_) => return false,
        None => {}
    }
    match (origin, host) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    }
}

/// Makes and checks the tokens of forms.
pub(crate) struct CsrfTokens(Secret<[u8; 32]>);

impl CsrfTokens {
    pub(crate) fn new(secret: Secret<[u8; 32]>) -> Self {
        Self(secret)
    }
    /// The token for forms that this credential sees: a session id, a host subject, or nobody.
    pub(crate) fn token(&self, bearer: &str) -> String {
        let mut mac = match Hmac::<Sha256>::new_from_slice(self.0.expose()) {
            Ok(mac) => mac,
            Err(_) => return String::new(), // HMAC takes keys of any length
        };
        mac.update(b"aforo.csrf.v1");
        mac.update(bearer.as_bytes());
        hex(&mac.finalize().into_bytes()[..16])
    }
    pub(crate) fn fits(&self, bearer: &str, given: &str) -> bool {
        let token = self.token(bearer);
        !token.is_empty() && bool::from(token.as_bytes().ct_eq(given.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        same_origin(&Method::POST, &headers, Some("dev.acme.test"))
    }

    #[test]
    fn only_our_own_origin_passes() {
        assert!(check(&[]));
        assert!(check(&[("origin", "https://dev.acme.test")]));
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("origin", "null")]));
        assert!(!check(&[("origin", "https://evil.test")]));
        assert!(!check(&[("origin", "https://dev.acme.test.evil.test")]));
        assert!(!check(&[("origin", "https://acme.test")]));
        assert!(!check(&[("sec-fetch-site", "same-site")]));
        assert!(!check(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://dev.acme.test")
        ]));
    }

    #[test]
    fn tokens_belong_to_one_session() {
        let tokens = CsrfTokens::new(Secret::new([1; 32]));
        assert!(tokens.fits("ses_a", &tokens.token("ses_a")));
        assert!(!tokens.fits("ses_b", &tokens.token("ses_a")));
        assert!(!tokens.fits("ses_a", ""));
    }
}
