//! Tokens of an API's own authorization server, got and kept by the server: authorization code with PKCE, and client
//! credentials (RFC 6749, 7636, 9700). A browser sees the authorization server's page and the way back; it never
//! sees a token, and neither does an answer: the scrubber looks for the token as for any other credential.

mod flow;
mod token;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aforo_core::{
    Clock, Entropy, ProductId, Secret, Store, StoreError, TenantId, TenantScope, Timestamp,
    domain::session::Principal,
    kernel::{
        audit::{Actor, AuditEntry, hex},
        egress, entropy,
    },
};
use aforo_docs::{sealed::SealedItem, store::ConsoleTx};
use aforo_vault::{Vault, VaultError};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

pub use flow::{Flow, FlowKind, flows};
use token::Tokens;

/// How long somebody may take at the authorization server.
const ATTEMPT: Duration = Duration::from_secs(10 * 60);
/// A token with less than this left is refreshed first.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a token is kept whose server does not say how long it lasts.
const UNKNOWN: Duration = Duration::from_secs(60 * 60);
/// How long a refresh token is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

const CLIENT: &str = "oauth.client";
const ATTEMPTED: &str = "oauth.attempt";
const TOKEN: &str = "oauth.token";

/// The client that the console is at a product's authorization server.
pub struct Client {
    /// How it gets tokens.
    pub flow: FlowKind,
    /// Its id there.
    pub id: String,
    /// Its secret there; a public client has none.
    pub secret: Option<Secret<String>>,
    /// Where people sign in; empty for client credentials.
    pub authorize_url: String,
    /// Where tokens come from.
    pub token_url: String,
    /// What is asked for, with spaces between.
    pub scopes: String,
}

/// A client as it is sealed.
#[derive(Serialize, Deserialize)]
struct SealedClient {
    flow: FlowKind,
    id: String,
    secret: Option<String>,
    authorize_url: String,
    token_url: String,
    scopes: String,
}

/// A sign-in on its way, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Attempt {
    session: String,
    product: ProductId,
    verifier: String,
    redirect_uri: String,
    back: String,
}

/// A token as it is sealed.
#[derive(Serialize, Deserialize)]
struct SealedToken {
    access: String,
    refresh: Option<String>,
    until: i64,
    scope: Option<String>,
}

/// Whose token, for what.
#[derive(Clone, Debug)]
pub struct Holder<'a> {
    /// The person.
    pub person: &'a Principal,
    /// Stands for the session: tokens die with it.
    pub session: &'a str,
}

/// What a session may do with a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The console gets tokens by itself.
    Automatic,
    /// The person has to sign in at the authorization server.
    Needed,
    /// The person has signed in.
    Granted {
        /// Until when the token lasts; it may be refreshed then.
        until: Timestamp,
        /// What it is good for, if the server said so.
        scope: Option<String>,
    },
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// The product has no client at an authorization server.
    #[error("this product is not set up for OAuth")]
    NotSetUp,
    /// Nobody has signed in, or the sign-in has ended.
    #[error("sign in at the API's authorization server first")]
    Needed,
    /// A setting of the client is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which one.
        field: &'static str,
        /// Why, for people.
        reason: &'static str,
    },
    /// The way back does not belong to a sign-in of this session.
    #[error("this sign-in was not begun here, was used before, or took longer than ten minutes")]
    State,
    /// The authorization server, or the person there, said no.
    #[error("the authorization server refused: {0}")]
    Refused(String),
    /// The authorization server's answer is of no use.
    #[error("the authorization server's answer cannot be used: {0}")]
    Answer(String),
    /// The token endpoint may not be called, or does not answer.
    #[error("the authorization server cannot be asked: {0}")]
    Egress(#[from] egress::EgressError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OAuthError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSetUp => "oauth_not_set_up",
            Self::Needed => "authorization_needed",
            Self::Invalid { .. } => "invalid_input",
            Self::State => "oauth_state",
            Self::Refused(_) => "oauth_refused",
            Self::Answer(_) => "oauth_answer",
            Self::Egress(_) => "oauth_unreachable",
            Self::Vault(_) => "vault",
            Self::Store(_) => "storage_unavailable",
        }
    }
}

/// Gets and keeps tokens.
pub struct OAuth {
    store: Arc<dyn Store<dyn ConsoleTx>>,
    vault: Arc<Vault>,
    egress: egress::Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    private: Vec<IpNet>,
    /// One refresh at a time for each token of this process.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl OAuth {
    /// Over a store and a vault. `private` are ranges in which authorization servers may be.
    pub fn new(
        store: Arc<dyn Store<dyn ConsoleTx>>,
        vault: Arc<Vault>,
        egress: egress::Client,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        private: Vec<IpNet>,
    ) -> Self {
        Self {
            store,
            vault,
            egress,
            clock,
            entropy,
            private,
            turns: Mutex::default(),
        }
    }

    /// The client of a product, if it has one.
    pub async fn client(&self, tenant: TenantId, product: ProductId) -> Result<Option<Client>, OAuthError> {
        let Some(text) = self.opened(tenant, CLIENT, &product.to_string()).await? else {
            return Ok(None);
        };
        let sealed: SealedClient = from_json(&text)?;
        Ok(Some(Client {
            flow: sealed.flow,
            id: sealed.id,
            secret: sealed.secret.map(Secret::new),
            authorize_url: sealed.authorize_url,
            token_url: sealed.token_url,
            scopes: sealed.scopes,
        }))
    }

    /// Sets the client of a product. Without a secret the one that is there stays. Tokens of the old one are
    /// forgotten.
    pub async fn set_client(
        &self,
        tenant: TenantId,
        actor: Actor,
        product: ProductId,
        mut client: Client,
    ) -> Result<(), OAuthError> {
        check(&client)?;
        if client.secret.is_none()
            && let Some(old) = self.client(tenant, product).await?
            && old.id == client.id
            && old.token_url == client.token_url
        {
            client.secret = old.secret;
        }
        if client.flow == FlowKind::ClientCredentials && client.secret.is_none() {
            let (field, reason) = ("clientSecret", "Client credentials need a secret.");
            return Err(OAuthError::Invalid { field, reason });
        }
        let sealed = SealedClient {
            flow: client.flow,
            id: client.id.clone(),
            secret: client.secret.as_ref().map(|secret| secret.expose().clone()),
            authorize_url: client.authorize_url,
            token_url: client.token_url.clone(),
            scopes: client.scopes,
        };
        let item = self.sealed(tenant, CLIENT, &product.to_string(), &sealed, None)?;
        let scope = TenantScope::tenant_wide(tenant);
        let entry = self.entry(scope, actor, "oauth.client_set", product);
        let entry = entry
            .detail("client", client.id)
            .detail("tokenUrl", client.token_url);
        let mut tx = self.store.begin().await?;
        tx.sealed(scope).put(&item).await?;
        tx.sealed(scope).forget(TOKEN, &format!("{product}:")).await?;
        tx.audit(scope).append(&entry).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets the client of a product, and all tokens that it got.
    pub async fn remove_client(
        &self,
        tenant: TenantId,
        actor: Actor,
        product: ProductId,
    ) -> Result<(), OAuthError> {
        let scope = TenantScope::tenant_wide(tenant);
        let entry = self.entry(scope, actor, "oauth.client_removed", product);
        let mut tx = self.store.begin().await?;
        tx.sealed(scope).forget(CLIENT, &product.to_string()).await?;
        tx.sealed(scope).forget(TOKEN, &format!("{product}:")).await?;
        tx.audit(scope).append(&entry).await?;
        Ok(tx.commit().await?)
    }

    /// How a session stands with a product; `None` if the product is not set up.
    pub async fn standing(
        &self,
        holder: &Holder<'_>,
        product: ProductId,
    ) -> Result<Option<Standing>, OAuthError> {
        let tenant = holder.person.tenant;
        let Some(client) = self.client(tenant, product).await? else {
            return Ok(None);
        };
        if client.flow == FlowKind::ClientCredentials {
            return Ok(Some(Standing::Automatic));
        }
        Ok(Some(
            match self.kept(tenant, &name(product, holder.session)).await? {
                None => Standing::Needed,
                Some(token) => Standing::Granted {
                    until: Timestamp::from_millis(token.until),
                    scope: token.scope,
                },
            },
        ))
    }

    /// Begins a sign-in: the address at the authorization server to send the person to. `redirect_uri` is where the
    /// person comes back, and `back` where to go from there.
    pub async fn begin(
        &self,
        holder: &Holder<'_>,
        product: ProductId,
        redirect_uri: &str,
        back: &str,
    ) -> Result<String, OAuthError> {
        let tenant = holder.person.tenant;
        let client = self.client(tenant, product).await?.ok_or(OAuthError::NotSetUp)?;
        let mut url = Url::parse(&client.authorize_url).map_err(|_| OAuthError::NotSetUp)?;
        let random = || BASE64_URL_SAFE_NO_PAD.encode(entropy::bytes::<32>(&*self.entropy));
        let (state, verifier) = (random(), random());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &client.id)
                .append_pair("redirect_uri", redirect_uri)
                .append_pair("state", &state)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            if !client.scopes.is_empty() {
                query.append_pair("scope", &client.scopes);
            }
        }
        let attempt = Attempt {
            session: holder.session.to_owned(),
            product,
            verifier,
            redirect_uri: redirect_uri.to_owned(),
            back: back.to_owned(),
        };
        let until = self.clock.now() + ATTEMPT;
        let item = self.sealed(tenant, ATTEMPTED, &hash(&state), &attempt, Some(until))?;
        let scope = TenantScope::tenant_wide(tenant);
        let entry = self.entry(scope, Actor::User(holder.person.user), "oauth.begun", product);
        let mut tx = self.store.begin().await?;
        tx.sealed(scope).purge(self.clock.now()).await?;
        tx.sealed(scope).put(&item).await?;
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;
        Ok(url.into())
    }

    /// Ends a sign-in: trades the code for a token, and keeps that. Returns where to go from here. `product` is the one
    /// in the address that the person came back to: each has its own, so that no server's code reaches another's
    /// token endpoint.
    pub async fn finish(
        &self,
        holder: &Holder<'_>,
        product: ProductId,
        state: &str,
        code: Result<&str, &str>,
    ) -> Result<String, OAuthError> {
        let tenant = holder.person.tenant;
        let scope = TenantScope::tenant_wide(tenant);
        let now = self.clock.now();
        let named = hash(state);
        let mut tx = self.store.begin().await?;
        // Used or not, it is used up.
        let taken = tx.sealed(scope).take(ATTEMPTED, &named, now).await?;
        tx.commit().await?;
        let item = taken.ok_or(OAuthError::State)?;
        let attempt: Attempt = from_json(&self.open(&item, ATTEMPTED, &named)?)?;
        if attempt.session != holder.session || attempt.product != product {
            return Err(OAuthError::State);
        }
        let code = code.map_err(|why| {
            let known = why.len() <= 40 && why.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            OAuthError::Refused(if known {
                why.to_owned()
            } else {
                "no reason that can be shown".to_owned()
            })
        })?;
        let client = self.client(tenant, product).await?.ok_or(OAuthError::NotSetUp)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &attempt.redirect_uri),
            ("code_verifier", &attempt.verifier),
        ];
        let tokens = token::request(&self.egress, &self.private, &client, &form).await?;
        let actor = Actor::User(holder.person.user);
        self.keep(
            tenant,
            actor,
            product,
            holder.session,
            &tokens,
            None,
            "oauth.granted",
        )
        .await?;
        Ok(attempt.back)
    }

    /// Forgets a session's token.
    pub async fn forget(&self, holder: &Holder<'_>, product: ProductId) -> Result<(), OAuthError> {
        let scope = TenantScope::tenant_wide(holder.person.tenant);
        let entry = self.entry(scope, Actor::User(holder.person.user), "oauth.forgotten", product);
        let mut tx = self.store.begin().await?;
        tx.sealed(scope)
            .forget(TOKEN, &name(product, holder.session))
            .await?;
        tx.audit(scope).append(&entry).await?;
        Ok(tx.commit().await?)
    }

    /// The token for a call, refreshed if its time is nearly over. An audit entry that says who uses it for what is
    /// committed before it is opened.
    pub async fn token(
        &self,
        holder: &Holder<'_>,
        product: ProductId,
        operation: &str,
    ) -> Result<Secret<String>, OAuthError> {
        let tenant = holder.person.tenant;
        let client = self.client(tenant, product).await?.ok_or(OAuthError::NotSetUp)?;
        // The console's own token is everybody's.
        let session = match client.flow {
            FlowKind::AuthorizationCode => holder.session,
            FlowKind::ClientCredentials => "",
        };
        let scope = TenantScope::tenant_wide(tenant);
        let actor = Actor::User(holder.person.user);
        let entry = self
            .entry(scope, actor, "oauth.token_opened", product)
            .detail("operation", operation);
        let mut tx = self.store.begin().await?;
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;

        let name = name(product, session);
        let soon = (self.clock.now() + MARGIN).as_millis();
        if let Some(token) = self.kept(tenant, &name).await?
            && token.until > soon
        {
            return Ok(Secret::new(token.access));
        }
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(format!("{tenant}:{name}")).or_default().clone()
        };
        let _mine = turn.lock().await;
        // Somebody else may have refreshed it in the meantime.
        let kept = self.kept(tenant, &name).await?;
        let refresh = match kept {
            Some(token) if token.until > soon => return Ok(Secret::new(token.access)),
            Some(token) => token.refresh.map(Secret::new),
            None => None,
        };
        let tokens = match (client.flow, &refresh) {
            (FlowKind::AuthorizationCode, None) => return Err(OAuthError::Needed),
            (FlowKind::AuthorizationCode, Some(refresh)) => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh.expose().as_str()),
                ];
                match token::request(&self.egress, &self.private, &client, &form).await {
                    Err(OAuthError::Refused(_)) => {
                        // It is over: revoked, or its time has passed.
                        self.forget(holder, product).await?;
                        return Err(OAuthError::Needed);
                    }
                    other => other?,
                }
            }
            (FlowKind::ClientCredentials, _) => {
                let mut form = vec![("grant_type", "client_credentials")];
                if !client.scopes.is_empty() {
                    form.push(("scope", &client.scopes));
                }
                token::request(&self.egress, &self.private, &client, &form).await?
            }
        };
        self.keep(
            tenant,
            actor,
            product,
            session,
            &tokens,
            refresh,
            "oauth.refreshed",
        )
        .await?;
        Ok(tokens.access)
    }

    #[allow(clippy::too_many_arguments)] // one caller says each of them
    async fn keep(
        &self,
        tenant: TenantId,
        actor: Actor,
        product: ProductId,
        session: &str,
        tokens: &Tokens,
        refresh: Option<Secret<String>>,
        action: &str,
    ) -> Result<(), OAuthError> {
        let now = self.clock.now();
        let span = tokens.seconds.map_or(UNKNOWN, |seconds| {
            Duration::from_secs(seconds.min(KEPT.as_secs()))
        });
        let refresh = tokens.refresh.as_ref().or(refresh.as_ref());
        let kept = SealedToken {
            access: tokens.access.expose().clone(),
            refresh: refresh.map(|token| token.expose().clone()),
            until: (now + span).as_millis(),
            scope: tokens.scope.clone(),
        };
        let until = now + if refresh.is_some() { KEPT } else { span };
        let item = self.sealed(tenant, TOKEN, &name(product, session), &kept, Some(until))?;
        let scope = TenantScope::tenant_wide(tenant);
        let entry = self.entry(scope, actor, action, product);
        let mut tx = self.store.begin().await?;
        tx.sealed(scope).put(&item).await?;
        tx.audit(scope).append(&entry).await?;
        Ok(tx.commit().await?)
    }

    async fn kept(&self, tenant: TenantId, name: &str) -> Result<Option<SealedToken>, OAuthError> {
        match self.opened(tenant, TOKEN, name).await? {
            Some(text) => from_json(&text).map(Some),
            None => Ok(None),
        }
    }

    fn entry(&self, scope: TenantScope, actor: Actor, action: &str, product: ProductId) -> AuditEntry {
        AuditEntry::new(scope, actor, action, self.clock.now(), &*self.entropy).target(product)
    }

    /// Seals a value for its place: in another it does not open.
    fn sealed(
        &self,
        tenant: TenantId,
        kind: &str,
        name: &str,
        value: &impl Serialize,
        expires_at: Option<Timestamp>,
    ) -> Result<SealedItem, OAuthError> {
        let text = serde_json::to_string(value).map_err(|e| OAuthError::Answer(e.to_string()))?;
        let sealed = self
            .vault
            .seal_item(&[&tenant.to_string(), kind, name], &Secret::new(text))?;
        Ok(SealedItem {
            tenant,
            kind: kind.to_owned(),
            name: name.to_owned(),
            kek_id: sealed.kek_id,
            wrapped_dek: sealed.wrapped_dek,
            ciphertext: sealed.ciphertext,
            created_at: self.clock.now(),
            expires_at,
        })
    }

    async fn opened(
        &self,
        tenant: TenantId,
        kind: &str,
        name: &str,
    ) -> Result<Option<Secret<String>>, OAuthError> {
        let scope = TenantScope::tenant_wide(tenant);
        let mut tx = self.store.read().await?;
        let item = tx.sealed(scope).find(kind, name, self.clock.now()).await?;
        drop(tx);
        item.map(|item| self.open(&item, kind, name)).transpose()
    }

    fn open(&self, item: &SealedItem, kind: &str, name: &str) -> Result<Secret<String>, OAuthError> {
        let place = [&*item.tenant.to_string(), kind, name];
        Ok(self
            .vault
            .open_item(&place, &item.kek_id, &item.wrapped_dek, &item.ciphertext)?)
    }
}

fn name(product: ProductId, session: &str) -> String {
    format!("{product}:{session}")
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn from_json<T: for<'de> Deserialize<'de>>(text: &Secret<String>) -> Result<T, OAuthError> {
    serde_json::from_str(text.expose())
        .map_err(|_| OAuthError::Answer("what was kept cannot be read".to_owned()))
}

/// What an administrator may set. The rules of outgoing calls judge the token endpoint again at every call.
fn check(client: &Client) -> Result<(), OAuthError> {
    let invalid = |field, reason| Err(OAuthError::Invalid { field, reason });
    let plain = |text: &str| text.len() <= 2000 && !text.chars().any(char::is_control);
    if client.id.trim().is_empty() || !plain(&client.id) {
        return invalid(
            "clientId",
            "Enter the client's id, as the authorization server knows it.",
        );
    }
    if client
        .secret
        .as_ref()
        .is_some_and(|s| s.expose().len() > 2000 || !s.expose().bytes().all(|b| (0x20..0x7f).contains(&b)))
    {
        return invalid("clientSecret", "A secret is of printable ASCII characters.");
    }
    if egress::check_url(&client.token_url).is_err() {
        return invalid(
            "tokenUrl",
            "Enter an https address without user name and fragment.",
        );
    }
    let code = client.flow == FlowKind::AuthorizationCode;
    if code && egress::check_url(&client.authorize_url).is_err() {
        return invalid(
            "authorizeUrl",
            "Enter an https address without user name and fragment.",
        );
    }
    if !plain(&client.scopes) || !client.scopes.is_ascii() {
        return invalid("scopes", "Scopes are words with spaces between.");
    }
    Ok(())
}
