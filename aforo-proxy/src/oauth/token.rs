//! The token endpoint: one form there, one answer back.

use aforo_core::{Secret, kernel::egress};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Method, StatusCode, header};
use ipnet::IpNet;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use zeroize::Zeroize;

use super::{Client, OAuthError};

/// Largest answer of a token endpoint, in bytes.
const MOST: u64 = 64 * 1024;

/// What a token endpoint gave.
pub(super) struct Tokens {
    pub(super) access: Secret<String>,
    pub(super) refresh: Option<Secret<String>>,
    pub(super) seconds: Option<u64>,
    pub(super) scope: Option<String>,
}

/// As it came; wiped when it was read.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
    expires_in: Option<serde_json::Value>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// Asks for tokens. The client proves itself by HTTP Basic (RFC 6749 section 2.3.1), a public one names itself.
pub(super) async fn request(
    egress: &egress::Client,
    allow: &[IpNet],
    client: &Client,
    form: &[(&str, &str)],
) -> Result<Tokens, OAuthError> {
    let target = egress.target(&client.token_url, allow).await?;
    let mut request = egress::Request::new(Method::POST);
    if let Some(secret) = &client.secret {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut pair = format!("{}:{}", encode(&client.id), encode(secret.expose()));
        let value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(&pair)));
        pair.zeroize();
        let mut value = value.map_err(|_| OAuthError::Answer("the client's secret cannot be sent".into()))?;
        value.set_sensitive(true);
        request.headers.insert(header::AUTHORIZATION, value);
    }
    let public = client
        .secret
        .is_none()
        .then_some(("client_id", client.id.as_str()));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .extend_pairs(public)
        .finish();
    request.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    request
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    request.body = Some(body.into());
    let limits = egress::Limits {
        body_bytes: MOST,
        ..egress::Limits::default()
    };
    let answer = egress.send(&target, request, &limits).await?;
    let status = answer.status;
    let bytes = answer.body.bytes().await?;
    read(status, &bytes)
}

fn read(status: StatusCode, bytes: &[u8]) -> Result<Tokens, OAuthError> {
    if status != StatusCode::OK {
        // Its own words may hold what was sent; the error's name is one of a list (RFC 6749 section 5.2).
        let name = serde_json::from_slice::<Refused>(bytes).map(|r| r.error);
        let known = name
            .ok()
            .filter(|n| n.len() <= 40 && n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        return Err(OAuthError::Refused(
            known.unwrap_or_else(|| format!("status {}", status.as_u16())),
        ));
    }
    let odd = |what: &str| OAuthError::Answer(what.to_owned());
    let answer: Answer =
        serde_json::from_slice(bytes).map_err(|_| odd("it is not what RFC 6749 asks for"))?;
    let (access, refresh) = (
        Secret::new(answer.access_token),
        answer.refresh_token.map(Secret::new),
    );
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(odd("its token is no bearer token"));
    }
    let sane =
        |token: &str| (1..=8192).contains(&token.len()) && token.bytes().all(|b| (0x21..0x7f).contains(&b));
    if !sane(access.expose()) || refresh.as_ref().is_some_and(|token| !sane(token.expose())) {
        return Err(odd("its token cannot be sent"));
    }
    // Some servers write the number as a text.
    let seconds = answer
        .expires_in
        .and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
    Ok(Tokens {
        access,
        refresh,
        seconds,
        scope: answer.scope.filter(|s| s.len() <= 500),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_strictly() {
        let ok = |text: &str| read(StatusCode::OK, text.as_bytes());
        let tokens =
            ok(r#"{"access_token":"abc","token_type":"Bearer","expires_in":"60","refresh_token":"r"}"#)
                .ok()
                .unwrap();
        assert_eq!(
            (tokens.access.expose().as_str(), tokens.seconds),
            ("abc", Some(60))
        );
        assert_eq!(tokens.refresh.unwrap().expose(), "r");
        for odd in [
            "",
            "{}",
            r#"{"access_token":"abc","token_type":"mac"}"#,
            r#"{"access_token":"","token_type":"bearer"}"#,
            r#"{"access_token":"a\r\nx: y","token_type":"bearer"}"#,
            r#"{"access_token":"a b","token_type":"bearer"}"#,
        ] {
            assert!(matches!(ok(odd), Err(OAuthError::Answer(_))), "{odd}");
        }
        let refused = |text: &str| match read(StatusCode::BAD_REQUEST, text.as_bytes()) {
            Err(OAuthError::Refused(why)) => why,
            _ => panic!("{text}"),
        };
        assert_eq!(
            refused(r#"{"error":"invalid_grant","error_description":"code abc"}"#),
            "invalid_grant"
        );
        assert_eq!(refused(r#"{"error":"<script>"}"#), "status 400");
        assert_eq!(refused("no"), "status 400");
    }
}
