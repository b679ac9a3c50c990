//! `aforo tenants`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// Tenants.
#[derive(Args, Clone, Debug)]
pub(crate) struct TenantsArgs {
    #[command(subcommand)]
    command: TenantsCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum TenantsCommand {
    /// Add a tenant.
    Create {
        /// What people call it.
        name: String,
        /// A host name that leads to it (may be repeated).
        #[arg(long)]
        host: Vec<String>,
    },
    /// List tenants.
    List,
}

pub(crate) async fn run(global: Global, args: TenantsArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    match args.command {
        TenantsCommand::Create { name, host } => {
            let hosts = host.iter().map(|h| h.to_lowercase()).collect();
            let tenant = setup.ensure_tenant(&name, hosts).await?;
            println!("{}  {}  {}", tenant.id, tenant.slug, tenant.name);
        }
        TenantsCommand::List => {
            for tenant in setup.stores.core.read().await?.tenants().list().await? {
                println!(
                    "{}  {}  {}  {}",
                    tenant.id,
                    tenant.slug,
                    tenant.name,
                    tenant.hosts.join(" ")
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
