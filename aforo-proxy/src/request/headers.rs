//! Which headers a person may send along (P5).

use http::{HeaderMap, HeaderName, HeaderValue};

use super::RequestError;

/// Most header lines from the client.
const MAX_LINES: usize = 64;
/// Longest value.
const MAX_VALUE: usize = 4 * 1024;
/// All names and values together.
const MAX_TOTAL: usize = 16 * 1024;

/// Headers that may be sent although the document does not declare them.
const ALLOWED: &[&str] = &[
    "accept",
    "accept-language",
    "content-language",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "idempotency-key",
    "prefer",
    "range",
    "user-agent",
    "x-request-id",
    "x-correlation-id",
];

/// Never sent for a client, declared or not: credentials, what belongs to the connection, what tells a
/// gateway who is calling or where from, what replaces method or path.
const DENIED: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "proxy-authenticate",
    "www-authenticate",
    "authentication-info",
    "cookie",
    "cookie2",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-apikey",
    "x-auth-token",
    "x-access-token",
    "x-session-token",
    "x-amz-security-token",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "client-id",
    "client-secret",
    "x-client-id",
    "x-client-secret",
    "authorization-info",
    "x-authorization",
    "x-jwt-assertion",
    "x-id-token",
    "dpop",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "host",
    "content-length",
    "content-encoding",
    "content-transfer-encoding",
    "expect",
    "date",
    "origin",
    "referer",
    "accept-encoding",
    "accept-charset",
    "max-forwards",
    "early-data",
    "alt-used",
    "priority",
    "forwarded",
    "via",
    "from",
    "x-real-ip",
    "true-client-ip",
    "client-ip",
    "x-client-ip",
    "x-host",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-remote-user",
    "remote-user",
    "remote-addr",
    "x-server-name",
    "x-url-scheme",
    "front-end-https",
    "x-proxyuser-ip",
    "wl-proxy-client-ip",
    "x-method-override",
    "x-http-method",
    "x-http-method-override",
    "x-http-path-override",
    "x-override-url",
    "x-userinfo",
    "x-anonymous-consumer",
    "x-wap-profile",
    "surrogate-capability",
];

/// Families of the same.
const DENIED_PREFIXES: &[&str] = &[
    "proxy-",
    "sec-",
    "x-forwarded",
    "x-original-",
    "x-rewrite-",
    "x-consumer-",
    "x-credential-",
    "x-kong-",
    "x-envoy-",
    "x-apigee-",
    "x-amzn-",
    "x-amz-cf-",
    "x-apigateway-",
    "x-ms-client-",
    "x-arr-",
    "x-azure-",
    "x-appengine-",
    "x-cloud-trace-",
    "x-goog-authenticated-",
    "x-goog-iap-",
    "x-auth-request-",
    "x-authenticated-",
    "x-authentik-",
    "x-middleware-",
    "x-vercel-",
    "x-nginx-",
    "x-accel-",
    "x-sendfile",
    "x-ssl-",
    "ssl-",
    "x-client-cert",
    "x-client-dn",
    "x-client-verify",
    "x-mule-",
    "x-internal-",
    "x-aforo-",
    "cf-",
    "cdn-",
    "fastly-",
    "akamai-",
    "x-akamai-",
    "x-varnish",
    "x-traefik-",
    "x-linkerd-",
    "l5d-",
    "x-istio-",
    "access-control-",
    "x-jwt-",
];

/// What became of a client's headers.
pub(super) struct Sorted {
    pub(super) kept: HeaderMap,
    pub(super) dropped: Vec<String>,
}

/// Keeps what may go out; names what may not.
pub(super) fn sort(headers: Vec<(String, String)>, declared: &[&str]) -> Result<Sorted, RequestError> {
    if headers.len() > MAX_LINES || headers.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() > MAX_TOTAL
    {
        return Err(RequestError::HeadersTooLarge);
    }
    let mut sorted = Sorted {
        kept: HeaderMap::new(),
        dropped: Vec::new(),
    };
    for (name, value) in headers {
        // A malformed header is refused, not dropped: it is never a mistake of a form.
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| RequestError::HeaderName)?;
        let value = header_value(&value).ok_or(RequestError::HeaderValue)?;
        let declared = declared.iter().any(|d| d.eq_ignore_ascii_case(&name));
        if parsed == http::header::CONTENT_TYPE {
            continue; // it comes with the body
        }
        if is_denied(parsed.as_str()) || !(declared || ALLOWED.contains(&parsed.as_str())) {
            sorted.dropped.push(parsed.as_str().to_owned());
        } else {
            sorted.kept.append(parsed, value);
        }
    }
    Ok(sorted)
}

/// Whether a header is never sent for a client. Underscores count as hyphens, as they do behind CGI.
fn is_denied(name: &str) -> bool {
    let name = canonical(name);
    DENIED.contains(&name.as_str()) || DENIED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A header name as CGI compares it.
pub(crate) fn canonical(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// Visible ASCII, spaces and tabs.
pub(super) fn header_value(value: &str) -> Option<HeaderValue> {
    let plain = value.len() <= MAX_VALUE && value.bytes().all(|b| b == b'\t' || (0x20..=0x7e).contains(&b));
    if plain {
        HeaderValue::from_str(value.trim_matches([' ', '\t'])).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(name: &str, declared: &[&str]) -> Sorted {
        sort(vec![(name.into(), "v".into())], declared).unwrap()
    }

    #[test]
    fn declared_and_harmless_headers_go_out() {
        assert_eq!(send("Accept", &[]).kept["accept"], "v");
        assert_eq!(send("X-Pet-Color", &["x-pet-color"]).kept["x-pet-color"], "v");
        assert_eq!(send("X-Pet-Color", &[]).dropped, ["x-pet-color"]);
    }

    #[test]
    fn what_speaks_for_a_gateway_or_a_caller_never_does_even_when_declared() {
        for name in [
            "Authorization",
            "authorization",
            "AUTHORIZATION",
            "Proxy-Authorization",
            "Cookie",
            "X-Api-Key",
            "X_Api_Key",
            "x_forwarded_for",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded",
            "Forwarded",
            "X-Consumer-ID",
            "X-Consumer-Username",
            "X-Credential-Identifier",
            "X-Kong-Anything",
            "Host",
            "Connection",
            "Transfer-Encoding",
            "Content-Length",
            "TE",
            "Upgrade",
            "Expect",
            "Keep-Alive",
            "X-HTTP-Method-Override",
            "X-HTTP-Method",
            "X-Method-Override",
            "X-Original-URL",
            "X-Rewrite-URL",
            "X-Real-IP",
            "Via",
            "CF-Connecting-IP",
            "Sec-Fetch-Site",
            "Origin",
            "Content-Encoding",
            "Accept-Encoding",
            "Proxy-Connection",
            "X-MS-Client-Principal",
            "X-Amzn-Oidc-Data",
            "Remote-User",
        ] {
            let sorted = send(name, &[name]);
            assert!(sorted.kept.is_empty() && sorted.dropped.len() == 1, "{name}");
        }
    }

    #[test]
    fn a_malformed_header_refuses_the_request() {
        for (name, value) in [
            ("x-a", "a\r\nauthorization: b"),
            ("x-a", "a\nb"),
            ("x-a", "a\0b"),
            ("x-a", "é"),
            ("x-a", "\u{7f}"),
            ("x a", "b"),
            ("x-a:", "b"),
            ("x-a\r\n", "b"),
            ("", "b"),
        ] {
            assert!(
                sort(vec![(name.into(), value.into())], &[name]).is_err(),
                "{name:?} {value:?}"
            );
        }
        assert!(sort(vec![("accept".into(), "a".repeat(5000))], &[]).is_err());
        assert!(sort(vec![("accept".into(), "a".into()); 65], &[]).is_err());
    }
}
