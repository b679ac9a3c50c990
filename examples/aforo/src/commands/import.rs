//! `aforo import`

use std::{io::Read, process::ExitCode, time::Instant};

use aforo_core::{
    PageRequest, TenantScope,
    kernel::{audit::Actor, egress},
};
use aforo_docs::{
    error::DocsError,
    service::{NewProduct, NewVersion, PublishWhen, upstream_of},
};
use clap::Args;
use ipnet::IpNet;

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// Import an API description and publish it.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImportArgs {
    /// OpenAPI document: a file, `-` for standard input, or an https URL.
    #[arg(value_name = "FILE_OR_URL")]
    source: String,
    /// The product it describes; made if there is none of this name.
    #[arg(long, value_name = "NAME")]
    product: String,
    /// Where the product's calls go. Naming it here approves it, private addresses included.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// New accounts are not subscribed to a product made here.
    #[arg(long)]
    no_auto_subscribe: bool,
    /// Store the version without publishing it: `aforo publish` does that later.
    #[arg(long)]
    no_publish: bool,
    /// What to remember about this version.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Private ranges from which the document may be fetched (CIDR; may be repeated).
    #[arg(long, value_name = "CIDR")]
    allow_private: Vec<IpNet>,
}

const LIMIT: u64 = 16 * 1024 * 1024;

pub(crate) async fn run(global: Global, args: ImportArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let tenant = match setup.tenant(&global).await {
        Ok(tenant) => tenant,
        Err(failure) if global.tenant.is_some() => return Err(failure),
        Err(failure) => {
            let none = setup.stores.core.read().await?.tenants().list().await?.is_empty();
            if none {
                setup.ensure_tenant("Acme", Vec::new()).await?
            } else {
                return Err(failure);
            }
        }
    };
    let scope = TenantScope::tenant_wide(tenant.id);
    let (upstream, private_ranges) = match &args.upstream {
        None => (None, Vec::new()),
        Some(url) => {
            let upstream = upstream_of(url).ok_or("--upstream must be an absolute http or https URL")?;
            (Some(upstream), private_ranges(url).await?)
        }
    };
    let (source, source_url) = read(&args).await?;
    let specs = setup.specs();
    let known = setup
        .stores
        .core
        .read()
        .await?
        .products(scope)
        .list(PageRequest::first(1000))
        .await?;
    let known = known
        .items
        .into_iter()
        .find(|p| p.name == args.product || p.slug == args.product);
    let (product, made) = match known {
        Some(product) => (product, false),
        None => {
            // Read it first: a document that cannot be imported makes no product.
            if let Err(error) = aforo_docs::spec::openapi::ApiDescription::parse(&source) {
                return Ok(refused(&error));
            }
            let new = NewProduct {
                name: args.product.clone(),
                upstream: upstream.clone(),
                private_ranges,
                plan: "Free".to_owned(),
                auto_subscribe: !args.no_auto_subscribe,
            };
            (specs.add_product(scope, Actor::Operator, new).await?.0, true)
        }
    };
    let began = Instant::now();
    let version = NewVersion {
        source,
        source_url,
        note: args.note.clone(),
        publish: if args.no_publish {
            PublishWhen::Never
        } else {
            PublishWhen::Always
        },
        only_new: false,
    };
    let imported = match specs
        .import_version(scope, Actor::Operator, product.id, version)
        .await
    {
        Ok(imported) => imported,
        Err(DocsError::Import(error)) => return Ok(refused(&error)),
        Err(error) => return Err(error.into()),
    };
    if let Some(upstream) = upstream.filter(|u| !made && product.upstream.as_ref() != Some(u)) {
        setup.approve_upstream(scope, product.id, &upstream).await?;
    }
    let spec = &imported.spec;
    println!(
        "{} {} ({} operations, {} ms)",
        spec.title,
        spec.version,
        spec.operations,
        began.elapsed().as_millis()
    );
    println!("  spec     {}", spec.id);
    println!("  product  {} ({})", product.id, product.slug);
    println!(
        "  version  {}{}{}",
        spec.number,
        if imported.unchanged { ", unchanged" } else { "" },
        if imported.published {
            ", published"
        } else {
            ", not published"
        }
    );
    if let Some(changes) = &imported.changes {
        let totals = changes.totals;
        println!(
            "  changes  {} breaking, {} to look at, {} other",
            totals.breaking, totals.warnings, totals.infos
        );
        for change in changes
            .changes
            .iter()
            .filter(|change| change.is_breaking())
            .take(20)
        {
            let at = change
                .operations
                .first()
                .map(|o| format!(" ({} {})", o.method, o.path));
            println!(
                "  breaking {}: {}{}",
                change.place,
                change.message,
                at.unwrap_or_default()
            );
        }
    }
    for warning in &imported.warnings {
        println!("  warning  {warning}");
    }
    if let Some(proposed) = imported.proposed.filter(|_| args.upstream.is_none()) {
        println!(
            "  The document names {}. Calls go there once an administrator approves it.",
            proposed.origin
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn refused(error: &aforo_docs::spec::diagnostic::ImportError) -> ExitCode {
    eprintln!("aforo: the document cannot be imported, and nothing was changed:");
    for finding in error.diagnostics() {
        eprintln!("  {finding}");
    }
    ExitCode::FAILURE
}

async fn read(args: &ImportArgs) -> Result<(Vec<u8>, Option<String>), Failure> {
    if args.source.starts_with("http://") || args.source.starts_with("https://") {
        let client = egress::Client::with_system_resolver(egress::Policy::default())?;
        let limits = egress::FetchLimits::default();
        let fetched = client.fetch(&args.source, &args.allow_private, &limits).await?;
        return Ok((fetched.body.to_vec(), Some(args.source.clone())));
    }
    let mut bytes = Vec::new();
    if args.source == "-" {
        std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(&args.source).map_err(|e| format!("{}: {e}", args.source))?;
        file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    }
    Ok((bytes, None))
}

/// The addresses of an upstream that are not public. Whoever has this command line runs the server, so naming
/// the upstream allows them, for this product only (E6).
async fn private_ranges(url: &str) -> Result<Vec<IpNet>, Failure> {
    let everywhere: [IpNet; 2] = ["0.0.0.0/0".parse()?, "::/0".parse()?];
    let client = egress::Client::with_system_resolver(egress::Policy::default())?;
    let target = match client.target(url, &everywhere).await {
        Ok(target) => target,
        Err(error @ egress::EgressError::Denied(_)) => return Err(error.into()),
        Err(error) => {
            eprintln!("aforo: {url} cannot be looked up now ({error}); each call will look it up again");
            return Ok(Vec::new());
        }
    };
    let private = target.addresses().iter().map(std::net::SocketAddr::ip);
    Ok(private
        .filter(|ip| egress::classify(*ip) != egress::AddressClass::Global)
        .map(IpNet::from)
        .collect())
}
