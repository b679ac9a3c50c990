//! The session cookie: HttpOnly, SameSite=Lax, and `__Host-` with Secure when the console is served over TLS.

use http::{HeaderMap, HeaderValue, header};

/// The value of a cookie. If the name is given twice, which a neighbour on a parent domain can do, neither is
/// believed.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(given, _)| *given == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// How the session cookie is named and scoped.
#[derive(Clone, Debug)]
pub(crate) struct SessionCookie {
    pub(crate) secure: bool,
}

impl SessionCookie {
    pub(crate) fn name(&self) -> &'static str {
        // A `__Host-` cookie cannot be set by a sibling domain or over plain HTTP.
        if self.secure {
            "__Host-console_session"
        } else {
            "console_session"
        }
    }
    pub(crate) fn set(&self, token: &str, seconds: u64) -> HeaderValue {
        self.text(token, seconds)
    }
    pub(crate) fn clear(&self) -> HeaderValue {
        self.text("", 0)
    }
    fn text(&self, token: &str, seconds: u64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
            self.name()
        );
        // A token is base64url and dots: always a valid header value.
        let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_given_twice_is_not_believed() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; console_session=x; b=2"),
        );
        assert_eq!(value(&headers, "console_session"), Some("x"));
        assert_eq!(value(&headers, "session"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("console_session=y"));
        assert_eq!(value(&headers, "console_session"), None);
    }
}
