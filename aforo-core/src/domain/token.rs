//! Session tokens (JWT): ours, and those of a host that signs people in itself (PROXY-7).
//!
//! Every key has exactly one algorithm, so that a token cannot choose how it is checked. Times are compared
//! with the injected clock, and must be whole numbers.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::user::{Identity, Role};
use crate::{Secret, SessionId, TenantId, Timestamp, UserId};

/// A token that is not accepted. Callers learn no more than that; the reason is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a token, or its claims are missing or of the wrong type.
    #[error("the token is malformed")]
    Malformed,
    /// No key of ours checks it, or the signature is wrong.
    #[error("the token's signature is not accepted")]
    Signature,
    /// Its time is over or has not come.
    #[error("the token is not valid now")]
    Time,
    /// It was made by or for somebody else.
    #[error("the token was made by or for somebody else")]
    Audience,
}

/// What our own tokens say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClaims {
    iss: String,
    aud: String,
    /// The person.
    pub sub: UserId,
    /// The tenant.
    pub ten: TenantId,
    /// The session; signing out ends it at once.
    pub sid: SessionId,
    /// Issued at, in seconds since 1970.
    pub iat: i64,
    /// Not valid from then on, in seconds since 1970.
    pub exp: i64,
}

const ISSUER: &str = "aforo-console";

/// Whom a token of ours is for. Says so in its header, so that neither passes for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// A person at the console.
    Session,
    /// A program that acts for a person.
    Agent,
}

impl TokenUse {
    const fn header_type(self) -> &'static str {
        match self {
            TokenUse::Session => "at+jwt",
            TokenUse::Agent => "agent+jwt",
        }
    }
}

/// Signs and checks our own session tokens: HS256 with one secret.
pub struct SessionSigner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    audience: String,
}

impl SessionSigner {
    /// A signer with a secret of 32 random bytes. Tokens are for `audience` only, so that two consoles that
    /// share a secret by mistake do not share sessions.
    pub fn new(secret: &Secret<[u8; 32]>, audience: impl Into<String>) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret.expose()),
            decoding: DecodingKey::from_secret(secret.expose()),
            audience: audience.into(),
        }
    }

    /// A token for a session.
    pub fn issue(
        &self,
        used_by: TokenUse,
        user: UserId,
        tenant: TenantId,
        session: SessionId,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<String, TokenError> {
        let claims = SessionClaims {
            iss: ISSUER.to_owned(),
            aud: self.audience.clone(),
            sub: user,
            ten: tenant,
            sid: session,
            iat: now.as_secs(),
            exp: expires.as_secs(),
        };
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(used_by.header_type().to_owned());
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|_| TokenError::Malformed)
    }

    /// The claims of a token of ours that is valid at `now`, and made for this use.
    pub fn check(&self, used_by: TokenUse, token: &str, now: Timestamp) -> Result<SessionClaims, TokenError> {
        let header = header(token)?;
        if header.typ.as_deref() != Some(used_by.header_type()) {
            return Err(TokenError::Malformed);
        }
        let claims: SessionClaims = decode(token, &self.decoding, Algorithm::HS256)?;
        if claims.iss != ISSUER || claims.aud != self.audience {
            return Err(TokenError::Audience);
        }
        if claims.exp <= now.as_secs() || claims.iat > now.as_secs() + 60 {
            return Err(TokenError::Time);
        }
        Ok(claims)
    }
}

/// Reads the header and refuses what asks to be checked in a way we do not offer.
fn header(token: &str) -> Result<Header, TokenError> {
    if token.len() > 16 * 1024 {
        return Err(TokenError::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
    // `crit` names extensions that must be understood (RFC 7515 section 4.1.11): we know none. Keys come from
    // configuration, never from the token.
    if header.crit.is_some() || header.zip.is_some() || header.enc.is_some() {
        return Err(TokenError::Malformed);
    }
    Ok(header)
}

/// Checks the signature only: times and audience are compared by the callers, with our clock.
fn decode<T: DeserializeOwned>(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<T, TokenError> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    match jsonwebtoken::decode::<T>(token, key, &validation) {
        Ok(data) => Ok(data.claims),
        Err(error) => Err(match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => TokenError::Malformed,
            _ => TokenError::Signature,
        }),
    }
}

/// Who a host says is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostIdentity {
    /// Issuer and subject.
    pub identity: Identity,
    /// Lower-case address, if the token carries one.
    pub email: Option<String>,
    /// What to call the person.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Signs people in for a host that has its own login, so that one session serves host and console (PROXY-7).
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Who presents `token` (a bearer token, or the value of the host's cookie). `Err` if it is not accepted.
    async fn identify(&self, token: &str, now: Timestamp) -> Result<HostIdentity, TokenError>;
    /// The cookie in which the host keeps the token; `None` if only bearer tokens are used.
    fn cookie_name(&self) -> Option<&str>;
    /// Where to send people who are not signed in: a path or address of the host.
    fn sign_in_url(&self) -> Option<&str>;
}

/// One key that checks host tokens. It serves one algorithm only.
#[derive(Clone)]
pub struct HostKey {
    /// The `kid` that tokens name; `None` fits tokens without one.
    pub kid: Option<String>,
    /// The only algorithm this key is used with.
    pub algorithm: Algorithm,
    /// The key.
    pub key: DecodingKey,
}

/// Which claims say what.
#[derive(Clone, Debug)]
pub struct ClaimMapping {
    /// The address: `email`.
    pub email: String,
    /// What to call the person: `name`.
    pub name: String,
    /// The claim that makes somebody an administrator, a string or a list of strings: `role`.
    pub role: String,
    /// The value in it that does so: `admin`.
    pub admin: String,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            email: own("email"),
            name: own("name"),
            role: own("role"),
            admin: own("admin"),
        }
    }
}

/// How the tokens of a host look.
#[derive(Clone, Debug)]
pub struct JwtHostConfig {
    /// The only accepted `iss`.
    pub issuer: String,
    /// What `aud` must be or contain.
    pub audience: String,
    /// Which claims say what.
    pub claims: ClaimMapping,
    /// The host's cookie.
    pub cookie_name: Option<String>,
    /// The host's sign-in page.
    pub sign_in_url: Option<String>,
    /// Seconds by which the host's clock may differ; at most 60 is wise.
    pub leeway: u32,
}

/// The [`IdentityProvider`] for hosts whose sessions are JWTs (HS, RS, PS, ES or EdDSA).
pub struct JwtHost {
    config: JwtHostConfig,
    keys: RwLock<Arc<[HostKey]>>,
}

impl JwtHost {
    /// A provider with fixed keys; [`replace_keys`](Self::replace_keys) follows a rotation.
    pub fn new(config: JwtHostConfig, keys: impl Into<Arc<[HostKey]>>) -> Self {
        Self {
            config,
            keys: RwLock::new(keys.into()),
        }
    }

    /// Uses these keys from now on.
    pub fn replace_keys(&self, keys: impl Into<Arc<[HostKey]>>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
    }

    fn check(&self, token: &str, now: Timestamp) -> Result<HostIdentity, TokenError> {
        let header = header(token)?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut candidates = keys
            .iter()
            .filter(|k| k.algorithm == header.alg && (k.kid.is_none() || k.kid == header.kid));
        // One candidate only: trying several keys in turn would let a token choose.
        let key = candidates.next().ok_or(TokenError::Signature)?;
        if candidates.next().is_some() {
            return Err(TokenError::Signature);
        }
        let claims: Map<String, Value> = decode(token, &key.key, key.algorithm)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(&*self.config.issuer) || !contains(claims.get("aud"), &self.config.audience) {
            return Err(TokenError::Audience);
        }
        let leeway = i64::from(self.config.leeway);
        let exp = claims
            .get("exp")
            .and_then(Value::as_i64)
            .ok_or(TokenError::Malformed)?;
        let not_before = match claims.get("nbf") {
            Some(nbf) => nbf.as_i64().ok_or(TokenError::Malformed)?,
            None => i64::MIN,
        };
        if exp.saturating_add(leeway) <= now.as_secs() || not_before.saturating_sub(leeway) > now.as_secs() {
            return Err(TokenError::Time);
        }
        let subject = text("sub")
            .filter(|s| !s.is_empty() && s.len() <= 255)
            .ok_or(TokenError::Malformed)?;
        let mapping = &self.config.claims;
        let email = text(&mapping.email).map(str::to_lowercase);
        let name = text(&mapping.name).map(str::to_owned).or_else(|| email.clone());
        let admin = contains(claims.get(&mapping.role), &mapping.admin);
        Ok(HostIdentity {
            identity: Identity {
                issuer: self.config.issuer.clone(),
                subject: subject.to_owned(),
            },
            name: name.unwrap_or_else(|| subject.to_owned()),
            email,
            role: if admin { Role::Admin } else { Role::Developer },
        })
    }
}

/// Whether a claim is this string, or a list that has it.
fn contains(claim: Option<&Value>, wanted: &str) -> bool {
    match claim {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().any(|v| v.as_str() == Some(wanted)),
        _ => false,
    }
}

#[async_trait]
impl IdentityProvider for JwtHost {
    async fn identify(&self, token: &str, now: Timestamp) -> Result<HostIdentity, TokenError> {
        self.check(token, now)
    }
    fn cookie_name(&self) -> Option<&str> {
        self.config.cookie_name.as_deref()
    }
    fn sign_in_url(&self) -> Option<&str> {
        self.config.sign_in_url.as_deref()
    }
}

/// The usable keys of a JSON Web Key Set. Keys that are not for signatures, that name no algorithm we know, or
/// that are symmetric (a published one is no secret) are left out.
pub fn keys_from_jwks(json: &[u8]) -> Result<Vec<HostKey>, TokenError> {
    let set: JwkSet = serde_json::from_slice(json).map_err(|_| TokenError::Malformed)?;
    let usable = set.keys.iter().filter_map(|jwk| {
        if jwk
            .common
            .public_key_use
            .as_ref()
            .is_some_and(|u| *u != jsonwebtoken::jwk::PublicKeyUse::Signature)
        {
            return None;
        }
        let algorithm = algorithm_of(jwk)?;
        if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            return None;
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(HostKey {
            kid: jwk.common.key_id.clone(),
            algorithm,
            key,
        })
    });
    Ok(usable.collect())
}

/// The one algorithm of a published key. `alg` is optional (RFC 7517 section 4.4): then the kind of key says it,
/// and an RSA key is taken as RS256, as the providers that leave it out mean it.
fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    if let Some(named) = jwk.common.key_algorithm {
        return named.to_string().parse().ok();
    }
    match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Some(Algorithm::ES256),
            EllipticCurve::P384 => Some(Algorithm::ES384),
            _ => None,
        },
        AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
        AlgorithmParameters::OctetKeyPair(_) => Some(Algorithm::EdDSA),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::OsEntropy;

    const NOW: Timestamp = Timestamp::from_millis(1_795_373_283_000);

    fn signer(byte: u8) -> SessionSigner {
        SessionSigner::new(&Secret::new([byte; 32]), "acme")
    }
    fn ids() -> (UserId, TenantId, SessionId) {
        (
            UserId::new(NOW, &OsEntropy),
            TenantId::new(NOW, &OsEntropy),
            SessionId::new(NOW, &OsEntropy),
        )
    }
    fn hour() -> std::time::Duration {
        std::time::Duration::from_secs(3600)
    }

    #[test]
    fn our_token_is_accepted_until_its_end_and_by_its_audience_only() {
        let (user, tenant, session) = ids();
        let token = signer(1)
            .issue(TokenUse::Session, user, tenant, session, NOW, NOW + hour())
            .unwrap();
        let claims = signer(1).check(TokenUse::Session, &token, NOW).unwrap();
        assert_eq!((claims.sub, claims.ten, claims.sid), (user, tenant, session));
        assert_eq!(
            signer(1).check(TokenUse::Session, &token, NOW + hour()),
            Err(TokenError::Time)
        );
        assert_eq!(
            signer(2).check(TokenUse::Session, &token, NOW),
            Err(TokenError::Signature)
        );
        let other = SessionSigner::new(&Secret::new([1; 32]), "globex");
        assert_eq!(
            other.check(TokenUse::Session, &token, NOW),
            Err(TokenError::Audience)
        );
        // A session's token is no agent's, and the other way round.
        assert!(signer(1).check(TokenUse::Agent, &token, NOW).is_err());
        let agent = signer(1)
            .issue(TokenUse::Agent, user, tenant, session, NOW, NOW + hour())
            .unwrap();
        assert!(signer(1).check(TokenUse::Session, &agent, NOW).is_err());
        assert!(signer(1).check(TokenUse::Agent, &agent, NOW).is_ok());
        for end in 0..token.len() {
            assert!(signer(1).check(TokenUse::Session, &token[..end], NOW).is_err());
        }
    }

    fn host(keys: Vec<HostKey>) -> JwtHost {
        JwtHost::new(
            JwtHostConfig {
                issuer: "https://acme.test".into(),
                audience: "developers".into(),
                claims: ClaimMapping::default(),
                cookie_name: None,
                sign_in_url: None,
                leeway: 5,
            },
            keys,
        )
    }
    fn hs(secret: &[u8]) -> HostKey {
        HostKey {
            kid: None,
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(secret),
        }
    }
    fn token(header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(b"host")).unwrap()
    }
    fn claims() -> Value {
        json!({"iss": "https://acme.test", "aud": ["developers", "x"], "sub": "u1", "exp": NOW.as_secs() + 60,
               "email": "Mara@Acme.test", "name": "Mara", "role": ["dev", "admin"]})
    }

    #[test]
    fn host_token_maps_to_an_identity() {
        let who = host(vec![hs(b"host")])
            .check(&token(&Header::default(), &claims()), NOW)
            .unwrap();
        assert_eq!(who.identity.subject, "u1");
        assert_eq!(
            (who.email.as_deref(), &*who.name, who.role),
            (Some("mara@acme.test"), "Mara", Role::Admin)
        );
    }

    #[test]
    fn host_token_is_refused_when_anything_is_off() {
        let host = host(vec![hs(b"host")]);
        let with = |name: &str, value: Value| {
            let mut c = claims();
            c[name] = value;
            host.check(&token(&Header::default(), &c), NOW)
        };
        assert_eq!(with("iss", json!("https://evil.test")), Err(TokenError::Audience));
        assert_eq!(with("aud", json!("other")), Err(TokenError::Audience));
        assert_eq!(with("exp", json!(NOW.as_secs() - 6)), Err(TokenError::Time));
        assert_eq!(with("exp", json!("9999999999")), Err(TokenError::Malformed));
        assert_eq!(with("exp", Value::Null), Err(TokenError::Malformed));
        assert_eq!(with("nbf", json!(NOW.as_secs() + 60)), Err(TokenError::Time));
        assert_eq!(with("nbf", json!("0")), Err(TokenError::Malformed));
        assert_eq!(with("sub", json!(7)), Err(TokenError::Malformed));
        let crit = Header {
            crit: Some(vec!["exp".into()]),
            ..Header::default()
        };
        assert_eq!(
            host.check(&token(&crit, &claims()), NOW),
            Err(TokenError::Malformed)
        );
        assert_eq!(
            host.check(&token(&Header::new(Algorithm::HS512), &claims()), NOW),
            Err(TokenError::Signature)
        );
        // alg none, by hand
        let parts: Vec<_> = token(&Header::default(), &claims())
            .split('.')
            .map(str::to_owned)
            .collect();
        use base64::Engine;
        let none = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert!(host.check(&format!("{none}.{}.", parts[1]), NOW).is_err());
    }

    #[test]
    fn a_public_key_is_no_hmac_secret() {
        // The classic confusion: the server checks RS256, the attacker signs HS256 with the public key's text.
        let host = host(vec![HostKey {
            kid: None,
            algorithm: Algorithm::RS256,
            key: DecodingKey::from_rsa_components("sXch", "AQAB").unwrap(),
        }]);
        assert_eq!(
            host.check(&token(&Header::default(), &claims()), NOW),
            Err(TokenError::Signature)
        );
    }
}
