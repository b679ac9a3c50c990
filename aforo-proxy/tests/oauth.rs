//! Tokens of an authorization server: what a browser may see of them, and what a hostile way back may do.

#![allow(clippy::unwrap_used)] // what these tests unwrap is what they claim

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use aforo_core::{
    Clock, CustomerId, ManualClock, OsEntropy, ProductId, Secret, Store, TenantId, TenantScope, Timestamp,
    UserId,
    domain::{session::Principal, user::Role},
    kernel::{audit::Actor, egress},
};
use aforo_docs::store::{ConsoleTx, Stores};
use aforo_proxy::oauth::{Client, FlowKind, Holder, OAuth, OAuthError, Standing};
use aforo_vault::{Vault, kek::KeyRing};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

type Form = HashMap<String, String>;

/// A small authorization server: remembers what it was asked, gives the tokens that it should give.
#[derive(Clone, Default)]
struct Server {
    origin: String,
    seen: Arc<Mutex<Vec<Form>>>,
    /// Challenge by code.
    codes: Arc<Mutex<HashMap<String, String>>>,
    /// Refuses everything from now on.
    closed: Arc<Mutex<bool>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            ..Self::default()
        };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    let (mut text, mut part) = (String::new(), [0; 4096]);
                    let (head, body) = loop {
                        let n = stream.read(&mut part).await.unwrap();
                        text.push_str(&String::from_utf8_lossy(&part[..n]));
                        if let Some((head, body)) = text.split_once("\r\n\r\n") {
                            let head = head.to_lowercase();
                            let length = head
                                .lines()
                                .find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
                            if body.len() >= length.unwrap_or(0) {
                                break (text.split_once("\r\n\r\n").unwrap().0.to_owned(), body.to_owned());
                            }
                        }
                        assert!(n > 0, "the request ended early");
                    };
                    let form: Form = url::form_urlencoded::parse(body.as_bytes())
                        .into_owned()
                        .collect();
                    let (status, answer) = own.answer(&head, form);
                    let length = answer.len();
                    let head = format!(
                        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}"
                    );
                    stream
                        .write_all(format!("{head}\r\n\r\n{answer}").as_bytes())
                        .await
                        .unwrap();
                });
            }
        });
        server
    }

    fn answer(&self, head: &str, form: Form) -> (u16, String) {
        let mut seen = self.seen.lock().unwrap();
        seen.push(form.clone());
        let n = seen.len();
        let refused = |why: &str| {
            (
                400,
                format!(r#"{{"error":"{why}","error_description":"with the code in it"}}"#),
            )
        };
        let basic = format!("Basic {}", BASE64_STANDARD.encode("console:s%3Acret"));
        if *self.closed.lock().unwrap() || !head.starts_with("POST /token ") || !head.contains(&basic) {
            return refused("invalid_grant");
        }
        match form["grant_type"].as_str() {
            "authorization_code" => {
                let challenge = self.codes.lock().unwrap().remove(&form["code"]);
                let verified = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
                if challenge != Some(verified) {
                    return refused("invalid_grant");
                }
            }
            "refresh_token" if form["refresh_token"].starts_with("refresh-") => {}
            "client_credentials" => {
                return (
                    200,
                    format!(r#"{{"access_token":"app-{n}","token_type":"bearer","expires_in":60}}"#),
                );
            }
            _ => return refused("unsupported_grant_type"),
        }
        let token =
            format!(r#""access_token":"user-access-token-{n}","token_type":"Bearer","expires_in":120"#);
        (
            200,
            format!(r#"{{{token},"refresh_token":"refresh-{n}","scope":"read"}}"#),
        )
    }

    /// What the person's browser does there: looks at the address, and comes back with a code.
    fn consent(&self, url: &str) -> (Form, String) {
        let url = Url::parse(url).unwrap();
        let query: Form = url.query_pairs().into_owned().collect();
        assert!(url.as_str().starts_with(&format!("{}/authorize?", self.origin)));
        assert_eq!(
            (
                query["response_type"].as_str(),
                query["code_challenge_method"].as_str()
            ),
            ("code", "S256")
        );
        let mut codes = self.codes.lock().unwrap();
        let code = format!("code-{}", query["state"]);
        codes.insert(code.clone(), query["code_challenge"].clone());
        (query, code)
    }
    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

struct World {
    oauth: OAuth,
    clock: Arc<ManualClock>,
    store: Arc<dyn Store<dyn ConsoleTx>>,
    server: Server,
    person: Principal,
    product: ProductId,
}

const BACK: &str = "https://console.test/oauth/callback";

impl World {
    async fn new(flow: FlowKind) -> Self {
        let server = Server::start().await;
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_760_000_000_000)));
        let stores = Stores::of(aforo_memory::Store::new());
        let keks = Arc::new(KeyRing::generate(&OsEntropy));
        let (rows, credentials) = (stores.vault.clone(), stores.credentials.clone());
        let vault = Arc::new(Vault::new(
            rows,
            credentials,
            keks,
            clock.clone(),
            Arc::new(OsEntropy),
        ));
        let egress = egress::Client::with_system_resolver(egress::Policy::default()).unwrap();
        let private = vec!["127.0.0.1/32".parse().unwrap()];
        let console = stores.console.clone();
        let oauth = OAuth::new(
            console,
            vault,
            egress,
            clock.clone(),
            Arc::new(OsEntropy),
            private,
        );
        let now = clock.now();
        let person = Principal {
            tenant: TenantId::new(now, &OsEntropy),
            user: UserId::new(now, &OsEntropy),
            customer: CustomerId::new(now, &OsEntropy),
            role: Role::Developer,
            name: "Nia".into(),
            session: None,
            agent: None,
        };
        let product = ProductId::new(now, &OsEntropy);
        let client = Client {
            flow,
            id: "console".into(),
            secret: Some(Secret::new("s:cret".to_owned())),
            authorize_url: format!("{}/authorize", server.origin),
            token_url: format!("{}/token", server.origin),
            scopes: "read write".into(),
        };
        let set = oauth.set_client(person.tenant, Actor::System, product, client);
        set.await.unwrap();
        Self {
            oauth,
            clock,
            store: stores.console,
            server,
            person,
            product,
        }
    }
    fn holder<'a>(&'a self, session: &'a str) -> Holder<'a> {
        Holder {
            person: &self.person,
            session,
        }
    }
    async fn begin(&self, session: &str) -> (Form, String) {
        let holder = self.holder(session);
        let url = self.oauth.begin(&holder, self.product, BACK, "/here").await;
        self.server.consent(&url.unwrap())
    }
    async fn finish(
        &self,
        session: &str,
        state: &str,
        code: Result<&str, &str>,
    ) -> Result<String, OAuthError> {
        self.oauth
            .finish(&self.holder(session), self.product, state, code)
            .await
    }
    async fn sign_in(&self, session: &str) {
        let (query, code) = self.begin(session).await;
        assert_eq!(
            self.finish(session, &query["state"], Ok(&code)).await.unwrap(),
            "/here"
        );
    }
    async fn token(&self, session: &str) -> Result<String, OAuthError> {
        let token = self
            .oauth
            .token(&self.holder(session), self.product, "listPets")
            .await?;
        Ok(token.expose().clone())
    }
    async fn standing(&self, session: &str) -> Option<Standing> {
        self.oauth
            .standing(&self.holder(session), self.product)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_person_signs_in_and_the_token_stays_here() {
    let w = World::new(FlowKind::AuthorizationCode).await;
    assert_eq!(w.standing("s").await, Some(Standing::Needed));
    assert!(matches!(w.token("s").await, Err(OAuthError::Needed)));
    let (query, code) = w.begin("s").await;
    let asked = (
        query["client_id"].as_str(),
        query["redirect_uri"].as_str(),
        query["scope"].as_str(),
    );
    assert_eq!(asked, ("console", BACK, "read write"));
    assert!(query["state"].len() >= 43 && !query.values().any(|v| v.contains("s:cret")));
    assert_eq!(w.finish("s", &query["state"], Ok(&code)).await.unwrap(), "/here");
    // The redirect URI is the very one of the beginning; the verifier was never in an address.
    let form = w.server.seen.lock().unwrap()[0].clone();
    assert_eq!(form["redirect_uri"], BACK);
    assert!(!query.values().any(|v| *v == form["code_verifier"]));
    assert!(w.token("s").await.unwrap().starts_with("user-access-token-"));
    let until = w.clock.now() + Duration::from_secs(120);
    let scope = Some("read".to_owned());
    assert_eq!(w.standing("s").await, Some(Standing::Granted { until, scope }));
    // Another session of the same person has none; forgetting forgets.
    assert!(matches!(w.token("other").await, Err(OAuthError::Needed)));
    w.oauth.forget(&w.holder("s"), w.product).await.unwrap();
    assert!(matches!(w.token("s").await, Err(OAuthError::Needed)));
    // Nothing that is stored shows a secret.
    w.sign_in("s").await;
    let mut tx = w.store.read().await.unwrap();
    let (wide, name) = (
        TenantScope::tenant_wide(w.person.tenant),
        format!("{}:s", w.product),
    );
    let item = tx
        .sealed(wide)
        .find("oauth.token", &name, w.clock.now())
        .await
        .unwrap()
        .unwrap();
    assert!(!String::from_utf8_lossy(&item.ciphertext).contains("access"));
}

#[tokio::test]
async fn a_way_back_belongs_to_one_sign_in_of_one_session_for_one_product() {
    let w = World::new(FlowKind::AuthorizationCode).await;
    let state = |result: Result<String, OAuthError>| matches!(result, Err(OAuthError::State));
    assert!(
        state(w.finish("victim", "made-up", Ok("code-0")).await),
        "a state that nobody made"
    );
    let (query, code) = w.begin("victim").await;
    assert!(
        state(w.finish("attacker", &query["state"], Ok(&code)).await),
        "another session"
    );
    assert!(
        state(w.finish("victim", &query["state"], Ok(&code)).await),
        "and used up by that"
    );
    let (query, code) = w.begin("victim").await;
    let other = ProductId::new(w.clock.now(), &OsEntropy);
    let elsewhere = w
        .oauth
        .finish(&w.holder("victim"), other, &query["state"], Ok(&code))
        .await;
    assert!(state(elsewhere), "another product");
    let (query, code) = w.begin("victim").await;
    w.clock.advance(Duration::from_secs(601));
    assert!(
        state(w.finish("victim", &query["state"], Ok(&code)).await),
        "too late"
    );
    assert_eq!(w.server.calls(), 0, "no code was traded");
    let (query, code) = w.begin("victim").await;
    w.finish("victim", &query["state"], Ok(&code)).await.unwrap();
    assert!(
        state(w.finish("victim", &query["state"], Ok(&code)).await),
        "twice"
    );
    // A code of another sign-in does not fit this one's verifier.
    let ((first, _), (_, second)) = (w.begin("victim").await, w.begin("victim").await);
    let mixed = w.finish("victim", &first["state"], Ok(&second)).await;
    assert!(matches!(mixed, Err(OAuthError::Refused(why)) if why == "invalid_grant"));
    // Denied, in the server's word or in one that is not to be shown.
    for (said, told) in [
        ("access_denied", "access_denied"),
        ("<b>no</b>", "no reason that can be shown"),
    ] {
        let (query, _) = w.begin("victim").await;
        let denied = w.finish("victim", &query["state"], Err(said)).await;
        assert!(matches!(denied, Err(OAuthError::Refused(why)) if why == told));
    }
}

#[tokio::test]
async fn a_token_is_refreshed_once_however_many_ask() {
    let w = Arc::new(World::new(FlowKind::AuthorizationCode).await);
    w.sign_in("s").await;
    let first = w.token("s").await.unwrap();
    assert_eq!(w.token("s").await.unwrap(), first);
    w.clock.advance(Duration::from_secs(100));
    let before = w.server.calls();
    let one = |w: Arc<World>| tokio::spawn(async move { w.token("s").await.unwrap() });
    let asked: Vec<_> = (0..50).map(|_| one(w.clone())).collect();
    for one in asked {
        assert_eq!(one.await.unwrap(), format!("user-access-token-{}", before + 1));
    }
    assert_eq!(w.server.calls(), before + 1, "one call of the token endpoint");
    // A refresh that is refused ends the sign-in.
    *w.server.closed.lock().unwrap() = true;
    w.clock.advance(Duration::from_secs(100));
    assert!(matches!(w.token("s").await, Err(OAuthError::Needed)));
    assert_eq!(w.standing("s").await, Some(Standing::Needed));
}

#[tokio::test]
async fn the_console_gets_tokens_for_itself() {
    let w = World::new(FlowKind::ClientCredentials).await;
    assert_eq!(w.standing("s").await, Some(Standing::Automatic));
    let first = w.token("s").await.unwrap();
    assert_eq!(
        (first.as_str(), w.token("another").await.unwrap()),
        ("app-1", first.clone()),
        "one for all"
    );
    w.clock.advance(Duration::from_secs(45));
    assert_eq!(w.token("s").await.unwrap(), "app-2");
    assert_eq!(w.server.seen.lock().unwrap()[0]["scope"], "read write");
}

#[tokio::test]
async fn clients_are_checked_and_addresses_judged() {
    let w = World::new(FlowKind::AuthorizationCode).await;
    let set = async |change: &dyn Fn(&mut Client)| {
        let mut client = Client {
            flow: FlowKind::AuthorizationCode,
            id: "console".into(),
            secret: None,
            authorize_url: "https://login.test/authorize".into(),
            token_url: "https://login.test/token".into(),
            scopes: String::new(),
        };
        change(&mut client);
        w.oauth
            .set_client(w.person.tenant, Actor::System, w.product, client)
            .await
    };
    type Change = dyn Fn(&mut Client);
    let bad: [(&str, &Change); 6] = [
        ("clientId", &|c| c.id = " ".into()),
        ("tokenUrl", &|c| c.token_url = "ftp://login.test/token".into()),
        ("tokenUrl", &|c| {
            c.token_url = "https://u:p@login.test/token".into()
        }),
        ("authorizeUrl", &|c| {
            c.authorize_url = "javascript:alert(1)".into()
        }),
        ("scopes", &|c| c.scopes = "a\r\nb".into()),
        ("clientSecret", &|c| c.flow = FlowKind::ClientCredentials),
    ];
    for (field, change) in bad {
        match set(change).await {
            Err(OAuthError::Invalid { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {:?}", other.err()),
        }
    }
    // An address within the network that nobody opened is not dialled.
    let inside: &Change = &|c| {
        c.flow = FlowKind::ClientCredentials;
        c.secret = Some(Secret::new("x".to_owned()));
        c.token_url = "https://169.254.169.254/token".into();
    };
    if set(inside).await.is_ok() {
        assert!(matches!(w.token("s").await, Err(OAuthError::Egress(_))));
    }
    // The secret stays where the client and its server stay the same.
    set(&|c| c.secret = Some(Secret::new("kept".to_owned())))
        .await
        .unwrap();
    set(&|c| c.scopes = "more".into()).await.unwrap();
    let client = async || w.oauth.client(w.person.tenant, w.product).await.unwrap();
    assert_eq!(client().await.unwrap().secret.unwrap().expose(), "kept");
    set(&|c| c.token_url = "https://other.test/token".into())
        .await
        .unwrap();
    assert!(
        client().await.unwrap().secret.is_none(),
        "a secret is not shown to another server"
    );
    w.oauth
        .remove_client(w.person.tenant, Actor::System, w.product)
        .await
        .unwrap();
    assert!(matches!(w.token("s").await, Err(OAuthError::NotSetUp)));
}
