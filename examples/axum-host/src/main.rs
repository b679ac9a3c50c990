//! An axum application that had routes and a login of its own before, and now mounts a developer console.
//!
//! `cargo run -p axum-host`, then open <http://127.0.0.1:3000>. Signing in there signs in to the console under
//! `/developers`, too: the console reads the application's own JWT cookie.

// An example talks to its reader.
#![allow(clippy::print_stdout)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use aforo_core::{
    Clock, OsEntropy, Secret, SystemClock,
    domain::{
        tenant::ensure_tenant,
        token::{ClaimMapping, HostKey, JwtHost, JwtHostConfig},
    },
};
use aforo_http::{Console, Tenancy};
use aforo_vault::kek::KeyRing;
use axum::{
    Form, Router,
    http::header,
    response::{Html, IntoResponse, Redirect},
    routing::get,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Deserialize;
use serde_json::json;

/// The application's own signing secret; a real one comes from its configuration.
const HOST_SECRET: &[u8] = b"the application's own secret, at least 32 bytes of it";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // --- The console: this is all of it. ---
    let database = aforo_sql::connect("sqlite:axum-host.db").await?;
    database.migrate().await?;
    let stores = database.stores();
    let tenant = ensure_tenant(
        &*stores.core,
        "acme",
        "Acme",
        Vec::new(),
        &SystemClock,
        &OsEntropy,
    )
    .await?;
    let keks = Arc::new(KeyRing::read_or_create(
        "axum-host-keys.json".as_ref(),
        &OsEntropy,
    )?);
    let host = JwtHost::new(
        JwtHostConfig {
            issuer: "https://acme.test".into(),
            audience: "acme".into(),
            claims: ClaimMapping::default(),
            cookie_name: Some("acme_session".into()),
            sign_in_url: Some("/login".into()),
            leeway: 5,
        },
        [HostKey {
            kid: None,
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(HOST_SECRET),
        }],
    );
    // The console's own sessions are not used here; their secret only has to be unguessable.
    let secret = Secret::new(aforo_core::kernel::entropy::bytes::<32>(&OsEntropy));
    let console = Console::builder(stores, Tenancy::Single(tenant.id), keks, secret)
        .identity(Arc::new(host))
        .build()?;
    let workers = console.clone();
    tokio::spawn(async move { workers.run_workers(None, std::future::pending()).await });

    // --- The application, as it was, with one line more. ---
    let app = Router::new()
        .route("/", get(home))
        .route("/login", get(login_form).post(login))
        .merge(aforo_axum::mount("/developers", console.service()));
    let address = SocketAddr::from(([127, 0, 0, 1], 3000));
    println!("http://{address} (sign in as anybody; as `admin` to run the console)");
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

async fn home() -> Html<&'static str> {
    Html("<h1>Acme</h1><p><a href=/login>Sign in</a> · <a href=/developers>Developers</a></p>")
}

async fn login_form() -> Html<&'static str> {
    Html("<form method=post><label>Name <input name=name></label> <button>Sign in</button></form>")
}

#[derive(Deserialize)]
struct Login {
    name: String,
}

/// A real application would check a password here.
async fn login(Form(login): Form<Login>) -> impl IntoResponse {
    let claims = json!({
        "iss": "https://acme.test",
        "aud": "acme",
        "sub": login.name,
        "name": login.name,
        "role": if login.name == "admin" { "admin" } else { "developer" },
        "exp": (SystemClock.now() + Duration::from_secs(3600)).as_secs(),
    });
    let token = jsonwebtoken::encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(HOST_SECRET),
    );
    let cookie = format!(
        "acme_session={}; Path=/; HttpOnly; SameSite=Lax",
        token.unwrap_or_default()
    );
    ([(header::SET_COOKIE, cookie)], Redirect::to("/developers"))
}
