//! `aforo audit`

use std::process::ExitCode;

use aforo_core::{PageRequest, TenantScope, kernel::audit};
use aforo_http::AuditAnchor;
use clap::{Args, Subcommand};

use crate::{
    Failure,
    anchor::AnchorFile,
    setup::{Global, Setup},
};

/// The audit log.
#[derive(Args, Clone, Debug)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum AuditCommand {
    /// Walk the hash chain, and compare it with the anchor file. Exits with 1 if anything was changed.
    Verify,
    /// Show the newest entries.
    List {
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

pub(crate) async fn run(global: Global, args: AuditArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let tenant = setup.tenant(&global).await?;
    match args.command {
        AuditCommand::Verify => {
            let anchors = AnchorFile::open(setup.folder.anchor_file())?;
            let anchor = anchors.load(tenant.id).await;
            let report = audit::verify(&*setup.stores.subscriptions, tenant.id, anchor).await?;
            if let Some(broken) = report.broken {
                println!("BROKEN: {broken}");
                println!("{} links before it are whole", report.head.seq);
                return Ok(ExitCode::FAILURE);
            }
            println!(
                "whole: {} links, head {}",
                report.head.seq,
                audit::hex(&report.head.hash)
            );
            if report.unsealed > 0 {
                println!(
                    "{} newer entries have no link yet; a running server adds it within a second",
                    report.unsealed
                );
            }
            match anchor {
                Some(anchor) => println!("the anchor at link {} is part of the chain", anchor.seq),
                None => println!("no anchor: a chain that was cut off would not be found"),
            }
        }
        AuditCommand::List { limit } => {
            let scope = TenantScope::tenant_wide(tenant.id);
            let page = PageRequest::first(limit.clamp(1, 1000));
            for entry in setup
                .stores
                .core
                .read()
                .await?
                .audit(scope)
                .list(page)
                .await?
                .items
            {
                let (at, target) = (entry.at.to_rfc3339(), entry.target);
                println!(
                    "{at}  {}  {}  {target}  {}",
                    entry.actor, entry.action, entry.detail
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
