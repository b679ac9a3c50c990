//! Following the key set (JWKS) that a host publishes, so that a rotation there needs no restart here.

use std::time::Duration;

use ipnet::IpNet;

use super::token::{JwtHost, TokenError, keys_from_jwks};
use crate::kernel::egress::{Client, EgressError, FetchLimits};

/// Why a key set was not taken over. The keys used so far stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// It cannot be fetched.
    #[error("the key set cannot be fetched")]
    Fetch(#[from] EgressError),
    /// It is no key set.
    #[error("the answer is no key set")]
    Malformed(#[from] TokenError),
    /// It holds no key that checks signatures.
    #[error("the key set holds no key that can be used")]
    Empty,
}

/// Fetches a key set once and uses its keys from now on; returns how many there are. `allow` names private
/// ranges in which the host may be. Call it at start and every few minutes; a set that cannot be had changes
/// nothing.
pub async fn refresh(
    host: &JwtHost,
    client: &Client,
    url: &str,
    allow: &[IpNet],
) -> Result<usize, JwksError> {
    let mut limits = FetchLimits::default();
    (limits.bytes, limits.total, limits.redirects) = (256 * 1024, Duration::from_secs(10), 0);
    let document = client.fetch(url, allow, &limits).await?;
    let keys = keys_from_jwks(&document.body)?;
    if keys.is_empty() {
        return Err(JwksError::Empty);
    }
    let count = keys.len();
    host.replace_keys(keys);
    Ok(count)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        Timestamp,
        domain::token::{ClaimMapping, IdentityProvider, JwtHostConfig},
        kernel::egress::Policy,
    };

    /// An Ed25519 key pair from RFC 8037, appendix A.
    const PRIVATE: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    async fn serve(body: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 1024];
                let _ = stream.read(&mut head).await;
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        url
    }

    fn host() -> JwtHost {
        let config = JwtHostConfig {
            issuer: "https://acme.test".into(),
            audience: "developers".into(),
            claims: ClaimMapping::default(),
            cookie_name: None,
            sign_in_url: None,
            leeway: 0,
        };
        JwtHost::new(config, [])
    }

    #[tokio::test]
    async fn a_published_key_checks_tokens_and_a_broken_set_changes_nothing() {
        let good = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "a", "x": PUBLIC},
            {"kty": "oct", "alg": "HS256", "kid": "b", "k": "AAAA"},
        ]});
        let (host, now) = (host(), Timestamp::from_millis(1_795_373_283_000));
        let client = Client::with_system_resolver(Policy::default()).unwrap();
        let allow = ["127.0.0.1/32".parse().unwrap()];
        let url = serve(good.to_string()).await;
        // The symmetric key is left out: what is published is no secret.
        assert_eq!(refresh(&host, &client, &url, &allow).await.unwrap(), 1);

        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("a".into());
        let claims =
            json!({"iss": "https://acme.test", "aud": "developers", "sub": "u1", "exp": now.as_secs() + 60});
        // PKCS #8 of an Ed25519 seed (RFC 8410): a fixed head, then the 32 bytes.
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ];
        der.extend(URL_SAFE_NO_PAD.decode(PRIVATE).unwrap());
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&der)).unwrap();
        assert_eq!(host.identify(&token, now).await.unwrap().identity.subject, "u1");

        for bad in ["{}", "{\"keys\":[]}", "<html>"] {
            let url = serve(bad.to_owned()).await;
            assert!(refresh(&host, &client, &url, &allow).await.is_err());
        }
        assert!(host.identify(&token, now).await.is_ok());
        // Not on a private address unless allowed.
        assert!(matches!(
            refresh(&host, &client, &url, &[]).await,
            Err(JwksError::Fetch(EgressError::Denied(_)))
        ));
    }
}
