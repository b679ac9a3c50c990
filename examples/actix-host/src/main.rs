//! An actix-web application that had routes and a login of its own before, and now mounts a developer console.
//!
//! `cargo run -p actix-host`, then open <http://127.0.0.1:3001>. Signing in there signs in to the console under
//! `/developers`, too: the console reads the application's own JWT cookie.

// An example talks to its reader.
#![allow(clippy::print_stdout)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::header,
    web::{self, Form},
};
use aforo_core::{
    Clock, OsEntropy, Secret, SystemClock,
    domain::{
        tenant::ensure_tenant,
        token::{ClaimMapping, HostKey, JwtHost, JwtHostConfig},
    },
};
use aforo_http::{Console, Tenancy};
use aforo_vault::kek::KeyRing;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Deserialize;
use serde_json::json;

/// The application's own signing secret; a real one comes from its configuration.
const HOST_SECRET: &[u8] = b"the application's own secret, at least 32 bytes of it";

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // --- The console: this is all of it. ---
    let database = aforo_sql::connect("sqlite:actix-host.db").await?;
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
        "actix-host-keys.json".as_ref(),
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
    actix_web::rt::spawn(async move { workers.run_workers(None, std::future::pending()).await });

    // --- The application, as it was, with one line more. ---
    let address = SocketAddr::from(([127, 0, 0, 1], 3001));
    println!("http://{address} (sign in as anybody; as `admin` to run the console)");
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(home))
            .route("/login", web::get().to(login_form))
            .route("/login", web::post().to(login))
            .service(aforo_actix::mount("/developers", console.service()))
    });
    // A client that goes away ends its request, as on other hosts.
    server.h1_allow_half_closed(false).bind(address)?.run().await?;
    Ok(())
}

async fn home() -> HttpResponse {
    page("<h1>Acme</h1><p><a href=/login>Sign in</a> · <a href=/developers>Developers</a></p>")
}

async fn login_form() -> HttpResponse {
    page("<form method=post><label>Name <input name=name></label> <button>Sign in</button></form>")
}

fn page(html: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(html)
}

#[derive(Deserialize)]
struct Login {
    name: String,
}

/// A real application would check a password here.
async fn login(Form(login): Form<Login>) -> HttpResponse {
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
    HttpResponse::SeeOther()
        .insert_header((header::SET_COOKIE, cookie))
        .insert_header((header::LOCATION, "/developers"))
        .finish()
}
