//! The demonstration: an embedded database, the tenant Acme, a demo API, and two accounts.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use aforo_core::{
    OsEntropy, ProductId, Secret, TenantScope,
    domain::{
        account::{AccountSettings, Accounts, SignUp},
        tenant::Tenant,
        token::SessionSigner,
        user::Role,
    },
    kernel::audit::Actor,
};
use aforo_docs::{
    guide::{
        transfer::{ImportOptions, TransferFile},
        tree::Audience,
    },
    service::{NewProduct, upstream_of},
};
use aforo_proxy::testing::HostileUpstream;
use clap::Args;
use tokio::net::TcpListener;

use crate::{
    Failure,
    phrasebook::{self, Phrasebook},
    server::{self, ServeArgs},
    setup::{Global, Setup},
    upstream,
};

/// How the demonstration runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArgs {
    /// Address of the console. A loopback address: the demo accounts have known passwords.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address of the demo API.
    #[arg(long, default_value = "127.0.0.1:8081")]
    upstream_listen: SocketAddr,
    /// Let the demo API echo the credential in every way it can, as a second product, to see that the console
    /// removes it.
    #[arg(long)]
    hostile: bool,
    /// Path under which the console is mounted.
    #[arg(long, default_value = "/")]
    prefix: String,
    /// The server that the console is mounted in.
    #[arg(long, value_enum, default_value_t = server::Server::Axum)]
    server: server::Server,
    /// Private ranges in which further products may have their upstream (CIDR; may be repeated).
    #[arg(long, value_name = "CIDR")]
    allow_private: Vec<ipnet::IpNet>,
    /// Playground calls a minute for one person.
    #[arg(long, default_value_t = 600)]
    try_per_person: u32,
    /// Seconds that a playground call waits for the head of an answer.
    #[arg(long, default_value_t = 10)]
    try_timeout: u64,
}

const OPENAPI: &str = include_str!("../demo/translate.yaml");
/// The guides, as `aforo docs export` would write them.
const GUIDES: [(&str, &str); 8] = [
    (
        "01-getting-started.md",
        include_str!("../demo/docs/01-getting-started.md"),
    ),
    ("02-keys/index.md", include_str!("../demo/docs/02-keys/index.md")),
    (
        "02-keys/01-restrictions.md",
        include_str!("../demo/docs/02-keys/01-restrictions.md"),
    ),
    (
        "02-keys/02-rotation/index.md",
        include_str!("../demo/docs/02-keys/02-rotation/index.md"),
    ),
    (
        "02-keys/02-rotation/01-automation.md",
        include_str!("../demo/docs/02-keys/02-rotation/01-automation.md"),
    ),
    (
        "03-translating/index.md",
        include_str!("../demo/docs/03-translating/index.md"),
    ),
    (
        "03-translating/01-streaming.md",
        include_str!("../demo/docs/03-translating/01-streaming.md"),
    ),
    ("04-errors.md", include_str!("../demo/docs/04-errors.md")),
];
const PRODUCT: &str = "Translation API";
const PHRASEBOOK: &str = "Phrasebook";
const HOSTILE_PRODUCT: &str = "Hostile API";
const PASSWORD: &str = "acme-demo-password";
const PEOPLE: [(&str, &str, Role); 2] = [
    ("admin@acme.test", "Ada Admin", Role::Admin),
    ("dev@acme.test", "Devi Developer", Role::Developer),
];

pub(crate) async fn run(global: Global, args: DemoArgs) -> Result<ExitCode, Failure> {
    if !args.listen.ip().is_loopback() || !args.upstream_listen.ip().is_loopback() {
        return Err(
            "the demonstration has known passwords and listens on loopback addresses only; \
                    use `aforo serve` for others"
                .into(),
        );
    }
    let setup = Setup::open(&global).await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|e| taken(args.listen, e))?;
    let api = TcpListener::bind(args.upstream_listen)
        .await
        .map_err(|e| taken(args.upstream_listen, e))?;
    let (address, api_address) = (listener.local_addr()?, api.local_addr()?);

    refuse_foreign_data(&setup).await?;
    let tenant = setup.ensure_tenant("Acme", Vec::new()).await?;
    let product = ensure_product(&setup, &tenant, PRODUCT, OPENAPI, api_address).await?;
    let phrasebook = ensure_product(&setup, &tenant, PHRASEBOOK, phrasebook::SDL, api_address).await?;
    let hostile = if args.hostile {
        Some(HostileUpstream::spawn().await?)
    } else {
        None
    };
    if let Some(hostile) = &hostile {
        let document = upstream::hostile_openapi();
        ensure_product(&setup, &tenant, HOSTILE_PRODUCT, &document, hostile.address()).await?;
    }
    for (email, name, role) in PEOPLE {
        ensure_person(&setup, &tenant, email, name, role).await?;
    }
    ensure_guides(&setup, &tenant, api_address).await?;
    let verifier = upstream::Verifier::new(address, &args.prefix, product)?;
    let phrases = upstream::Verifier::new(address, &args.prefix, phrasebook)?;
    tokio::spawn(upstream::serve(api, verifier, Phrasebook::new()?, phrases));

    let serve = ServeArgs {
        listen: args.listen,
        server: args.server,
        prefix: args.prefix.clone(),
        insecure_cookies: true,
        trusted_proxy: Vec::new(),
        allow_private: args.allow_private,
        allow_port: Vec::new(),
        try_per_person: args.try_per_person,
        try_per_tenant: args.try_per_person.saturating_mul(10),
        try_timeout: args.try_timeout,
    };
    let console = server::console(&setup, tenant.id, &serve)?;
    let base = format!("http://{address}{}", args.prefix.trim_end_matches('/'));
    println!("The Acme developer console is ready: {base}/");
    println!();
    println!("  Sign up as a new developer:  {base}/sign-up");
    println!("  Or sign in:                  dev@acme.test    {PASSWORD}");
    println!("  As the administrator:        admin@acme.test  {PASSWORD}");
    println!("  Demo API:                    http://{api_address}/v1/translate");
    if let Some(hostile) = &hostile {
        println!("  Hostile API:                 {}", hostile.origin());
    }
    println!("  Data:                        {}", global.data.display());
    println!();
    println!("Stop with Ctrl C.");
    server::serve(&setup, console, listener, &serve).await?;
    Ok(ExitCode::SUCCESS)
}

/// The demonstration adds accounts with known passwords: only to a database that is empty, or its own.
async fn refuse_foreign_data(setup: &Setup) -> Result<(), Failure> {
    let tenants = setup.stores.core.read().await?.tenants().list().await?;
    let mut people = 0;
    for tenant in &tenants {
        people += usize::from(has_demo_accounts(setup, tenant).await?);
    }
    let only_imports = tenants.len() == 1 && tenants[0].slug == "acme";
    if tenants.is_empty() || people > 0 || only_imports {
        return Ok(());
    }
    Err("this database is not the demonstration's; use `aforo serve`, or another folder with --data".into())
}

/// Whether the demonstration's accounts, with their known passwords, are in this tenant.
pub(crate) async fn has_demo_accounts(setup: &Setup, tenant: &Tenant) -> Result<bool, Failure> {
    let scope = TenantScope::tenant_wide(tenant.id);
    let mut tx = setup.stores.core.read().await?;
    for (email, _, _) in PEOPLE {
        if tx.users(scope).find_by_email(email).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn taken(address: SocketAddr, error: std::io::Error) -> Failure {
    format!("cannot listen on {address}: {error}; choose another with --listen and --upstream-listen").into()
}

/// The product of this name, with its description and the demo API as its upstream.
async fn ensure_product(
    setup: &Setup,
    tenant: &Tenant,
    name: &str,
    document: &str,
    api: SocketAddr,
) -> Result<ProductId, Failure> {
    let scope = TenantScope::tenant_wide(tenant.id);
    let url = format!("http://{api}");
    let upstream = upstream_of(&url).ok_or("the demo API has no address")?;
    let specs = setup.specs();
    let mut tx = setup.stores.core.read().await?;
    let known = tx
        .products(scope)
        .list(aforo_core::PageRequest::first(100))
        .await?;
    drop(tx);
    let known = known.items.into_iter().find(|p| p.name == name);
    let product = match known {
        Some(product) => {
            // Another port than last time: the person who starts the program moves its own demo API.
            if product.upstream.as_ref() != Some(&upstream) {
                setup.approve_upstream(scope, product.id, &upstream).await?;
            }
            product
        }
        None => {
            let new = NewProduct {
                name: name.to_owned(),
                upstream: Some(upstream),
                private_ranges: vec![ipnet::IpNet::from(api.ip())],
                plan: "Free".to_owned(),
                auto_subscribe: true,
            };
            specs.add_product(scope, Actor::Operator, new).await?.0
        }
    };
    if product.published_spec.is_none() {
        let source = document.replace("http://127.0.0.1:8081", &url).into_bytes();
        specs
            .import(scope, Actor::Operator, product.id, source, None)
            .await?;
    }
    Ok(product.id)
}

/// The demo's guides, unless somebody has written or deleted some.
async fn ensure_guides(setup: &Setup, tenant: &Tenant, api: SocketAddr) -> Result<(), Failure> {
    let scope = TenantScope::tenant_wide(tenant.id);
    let guides = setup.guides();
    let untouched =
        guides.tree(scope, Audience::Authors).await?.is_empty() && guides.deleted(scope).await?.is_empty();
    if untouched {
        let url = format!("http://{api}");
        let files = GUIDES.map(|(path, text)| TransferFile {
            path: path.to_owned(),
            bytes: text.replace("http://127.0.0.1:8081", &url).into_bytes(),
        });
        guides
            .import(scope, Actor::Operator, files.into(), ImportOptions::default())
            .await?;
    }
    Ok(())
}

/// The account with this address.
async fn ensure_person(
    setup: &Setup,
    tenant: &Tenant,
    email: &str,
    name: &str,
    role: Role,
) -> Result<(), Failure> {
    let scope = TenantScope::tenant_wide(tenant.id);
    let known = setup
        .stores
        .core
        .read()
        .await?
        .users(scope)
        .find_by_email(email)
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let signer = SessionSigner::new(&setup.folder.session_secret()?, "setup");
    let accounts = Accounts::new(
        setup.stores.core.clone(),
        setup.clock.clone(),
        Arc::new(OsEntropy),
        signer,
        AccountSettings::default(),
    );
    let form = SignUp {
        email: email.to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        name: name.to_owned(),
        role,
    };
    accounts.create(tenant.id, form, Actor::Operator).await?;
    Ok(())
}
