//! The console's own origin as its readers see it: for feeds, sitemaps, and addresses that people copy.

use std::net::IpAddr;

use http::{HeaderMap, uri::Authority};
use ipnet::IpNet;

use crate::console::Settings;

/// Scheme and authority, such as `https://dev.acme.com`. What the host configured wins; else the name that the
/// request is for, which its sender chose: nothing may depend on it but addresses shown to that sender.
pub(crate) fn public_origin(
    settings: &Settings,
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    host: Option<&str>,
) -> String {
    if let Some(origin) = &settings.public_origin {
        return origin.clone();
    }
    let forwarded = headers
        .get("x-forwarded-proto")
        .filter(|_| peer.is_some_and(|peer| is_trusted(&settings.trusted_proxies, peer)))
        .and_then(|value| value.to_str().ok());
    let scheme = match forwarded {
        Some("https") => "https",
        Some("http") => "http",
        _ if settings.secure_cookies => "https",
        _ => "http",
    };
    let host = host
        .and_then(|host| host.parse::<Authority>().ok())
        .filter(|host| !host.as_str().contains('@'));
    let host = host.as_ref().map_or("localhost", Authority::as_str);
    format!("{scheme}://{host}")
}

fn is_trusted(ranges: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    ranges.iter().any(|range| range.contains(&peer))
}

#[cfg(test)]
mod tests {
    use aforo_core::TenantId;

    use super::*;
    use crate::Tenancy;

    fn settings(secure_cookies: bool) -> Settings {
        Settings {
            tenancy: Tenancy::Single(TenantId::new(
                aforo_core::Timestamp::from_millis(0),
                &aforo_core::OsEntropy,
            )),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            private_upstreams: Vec::new(),
            secure_cookies,
            session_length: std::time::Duration::from_secs(60),
            public_origin: None,
            remote_references: false,
        }
    }

    #[test]
    fn a_proxy_that_is_trusted_names_the_scheme_and_nobody_else() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        let of = |peer: &str, secure, headers: &HeaderMap| {
            public_origin(
                &settings(secure),
                Some(peer.parse().unwrap()),
                headers,
                Some("dev.acme.test:8080"),
            )
        };
        assert_eq!(of("10.1.2.3", false, &headers), "https://dev.acme.test:8080");
        assert_eq!(of("192.0.2.1", false, &headers), "http://dev.acme.test:8080");
        assert_eq!(
            of("192.0.2.1", true, &HeaderMap::new()),
            "https://dev.acme.test:8080"
        );
    }

    #[test]
    fn what_was_configured_wins_and_odd_names_go_nowhere() {
        let none = HeaderMap::new();
        let mut set = settings(true);
        for odd in ["a b", "user@evil.test", "<script>", ""] {
            assert_eq!(
                public_origin(&set, None, &none, Some(odd)),
                "https://localhost",
                "{odd}"
            );
        }
        set.public_origin = Some("https://dev.acme.com".into());
        assert_eq!(
            public_origin(&set, None, &none, Some("evil.test")),
            "https://dev.acme.com"
        );
    }
}
