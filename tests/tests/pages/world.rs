//! A console over memory at `/developers` of an axum host, with products, an API behind one of them, and an
//! administrator.

use std::sync::Arc;

use aforo_core::{
    Clock, Entropy, OsEntropy, Secret, SystemClock, TenantId, TenantScope,
    domain::{
        account::{AccountSettings, Accounts, SignUp},
        tenant::Tenant,
        token::{IdentityProvider, SessionSigner},
        user::Role,
    },
    kernel::audit::Actor,
};
use aforo_docs::{
    service::{NewProduct, Specs, upstream_of},
    store::Stores,
};
use aforo_http::{Console, Tenancy};
use aforo_tests::hosts::{ServerHandle, serve_axum};
use aforo_vault::kek::KeyRing;
use axum::{Json, Router, extract::Request};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};

pub(crate) const PREFIX: &str = "/developers";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ADMIN: &str = "ada@acme.test";

/// Names that would run if any page took them for markup.
pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&</title><script>alert(2)</script>";

pub(crate) struct World {
    pub(crate) server: ServerHandle,
    pub(crate) document: String,
    _api: tokio::task::JoinHandle<()>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(None).await
    }

    /// A console that takes the sign-in of its host, if one is given.
    pub(crate) async fn with(host: Option<Arc<dyn IdentityProvider>>) -> Self {
        let (api, origin) = api().await;
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock), Arc::new(OsEntropy));
        let stores = Stores::of(aforo_memory::Store::new());
        let now = clock.now();
        let tenant = Tenant {
            id: TenantId::new(now, &OsEntropy),
            name: "Acme".to_owned(),
            slug: "acme".to_owned(),
            hosts: Vec::new(),
            created_at: now,
        };
        let mut tx = stores.core.begin().await.unwrap();
        tx.tenants().insert(&tenant).await.unwrap();
        tx.commit().await.unwrap();

        let secret = || Secret::new([7; 32]);
        let scope = TenantScope::tenant_wide(tenant.id);
        let signer = SessionSigner::new(&secret(), tenant.id.to_string());
        let settings = AccountSettings::default();
        let accounts = Accounts::new(
            stores.core.clone(),
            clock.clone(),
            entropy.clone(),
            signer,
            settings,
        );
        let admin = SignUp {
            email: ADMIN.to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
            name: "Ada".to_owned(),
            role: Role::Admin,
        };
        accounts.sign_up(tenant.id, admin, None).await.unwrap();

        let specs = Specs::new(stores.docs.clone(), clock.clone(), entropy.clone());
        let document = document(&origin, "Pets API", "Keeps pets.");
        let product = |name: &str, upstream: Option<&str>| NewProduct {
            name: name.to_owned(),
            upstream: upstream.and_then(upstream_of),
            private_ranges: vec!["127.0.0.1/32".parse().unwrap()],
            plan: "Standard".to_owned(),
            auto_subscribe: false,
        };
        for (new, text) in [
            (product("Pets API", Some(&origin)), document.clone()),
            (
                product(HOSTILE, None),
                self::document("https://new.example", HOSTILE, HOSTILE),
            ),
        ] {
            let (made, _) = specs.add_product(scope, Actor::System, new).await.unwrap();
            // Ids of one moment sort by chance, and the plans are listed by id.
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            specs
                .import(scope, Actor::System, made.id, text.into_bytes(), None)
                .await
                .unwrap();
        }
        specs
            .add_product(scope, Actor::System, product("Unpublished", None))
            .await
            .unwrap();

        let keks = Arc::new(KeyRing::generate(&OsEntropy));
        let mut console =
            Console::builder(stores, Tenancy::Single(tenant.id), keks, secret()).secure_cookies(false);
        if let Some(host) = host {
            console = console.identity(host);
        }
        let console = console.build().unwrap();
        let server = serve_axum(console.service(), PREFIX).await;
        Self {
            server,
            document,
            _api: api,
        }
    }

    pub(crate) fn visitor(&self) -> Browser {
        Browser::new(self.server.addr)
    }

    /// Somebody with a new account.
    pub(crate) async fn developer(&self, email: &str, name: &str) -> Browser {
        let browser = self.visitor();
        let form = browser.get(&at("/sign-up")).await.page(200).form(&at("/sign-up"));
        let form = form
            .with("name", name)
            .with("email", email)
            .with("password", PASSWORD);
        assert_eq!(browser.submit(&form).await.location(), at("/keys"));
        browser
    }

    pub(crate) async fn admin(&self) -> Browser {
        let browser = self.visitor();
        let form = browser.get(&at("/sign-in")).await.page(200).form(&at("/sign-in"));
        let form = form.with("email", ADMIN).with("password", PASSWORD);
        assert_eq!(browser.submit(&form).await.location(), at("/keys"));
        browser
    }
}

/// A path of the console as links give it.
pub(crate) fn at(path: &str) -> String {
    format!("{PREFIX}{path}")
}

/// Subscribes to the first plan on offer.
pub(crate) async fn subscribe(browser: &Browser) -> Answer {
    let form = browser
        .get(&at("/subscriptions"))
        .await
        .page(200)
        .form(&at("/subscriptions"));
    let answer = browser.submit(&form).await;
    browser.follow(&answer).await.page(200)
}

/// Makes a key, and returns the page that shows it.
pub(crate) async fn make_key(browser: &Browser, name: &str) -> Answer {
    let form = browser
        .get(&at("/keys/new"))
        .await
        .page(200)
        .form(&at("/keys/new"));
    browser.submit(&form.with("name", name)).await.page(200)
}

/// The key that a page shows.
pub(crate) fn revealed(page: &Answer) -> String {
    let rest = page
        .text()
        .split("id=\"secret\"")
        .nth(1)
        .expect("a page that shows a key");
    rest.split_once('>')
        .unwrap()
        .1
        .split('<')
        .next()
        .unwrap()
        .to_owned()
}

fn document(origin: &str, title: &str, text: &str) -> String {
    json!({
        "openapi": "3.0.3",
        "info": {"title": title, "version": "1.2.0", "description": text},
        "servers": [{"url": format!("{origin}/v1"), "description": text}],
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/pets/{petId}": {
                "get": {
                    "operationId": "getPet", "tags": [title], "summary": title, "description": text,
                    "parameters": [
                        {"name": "petId", "in": "path", "required": true, "description": text,
                            "schema": {"type": "integer"}},
                        {"name": "fields", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
                    ],
                    "responses": {"200": {"description": text, "content": {"application/json": {
                        "schema": {"type": "object", "properties": {"name": {"type": "string", "description": text}}}
                    }}}}
                }
            },
            "/pets": {
                "post": {
                    "operationId": "addPet", "tags": ["Other things"], "summary": "Add a pet",
                    "requestBody": {"required": true, "content": {"application/json": {
                        "schema": {"type": "object"}, "example": {"name": "Rex"}
                    }}},
                    "responses": {"201": {"description": "Added."}}
                }
            }
        }
    })
    .to_string()
}

/// An API that answers with what it was sent, credential included.
async fn api() -> (tokio::task::JoinHandle<()>, String) {
    async fn echo(request: Request) -> Json<Value> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let bearer = parts
            .headers
            .get("authorization")
            .and_then(|v| v.to_str().ok())
            .unwrap_or("none");
        Json(json!({
            "method": parts.method.as_str(),
            "target": parts.uri.to_string(),
            "authorization": bearer,
            "cookie": parts.headers.contains_key("cookie"),
            "body": String::from_utf8_lossy(&body),
        }))
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async { axum::serve(listener, Router::new().fallback(echo)).await.unwrap() });
    (server, origin)
}
