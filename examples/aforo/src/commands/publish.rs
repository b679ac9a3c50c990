//! `aforo publish`

use std::process::ExitCode;

use aforo_core::{SpecId, TenantScope, kernel::audit::Actor};
use aforo_docs::{error::DocsError, service::Conditions};
use clap::Args;

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// Publish a stored version of an API description; an older one to roll back.
#[derive(Args, Clone, Debug)]
pub(crate) struct PublishArgs {
    /// The version, as `aforo import` names it.
    #[arg(value_name = "SPEC")]
    spec: SpecId,
    /// Publish it although it breaks clients of the published version.
    #[arg(long)]
    allow_breaking: bool,
}

pub(crate) async fn run(global: Global, args: PublishArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let tenant = setup.tenant(&global).await?;
    let scope = TenantScope::tenant_wide(tenant.id);
    let conditions = Conditions {
        compatible_only: !args.allow_breaking,
        ..Conditions::default()
    };
    match setup
        .specs()
        .publish_if(scope, Actor::Operator, args.spec, conditions)
        .await
    {
        Ok(Some(publication)) => {
            let totals = publication.changes.totals;
            println!("Version {} is published.", publication.number);
            println!(
                "  changes  {} breaking, {} to look at, {} other",
                totals.breaking, totals.warnings, totals.infos
            );
            Ok(ExitCode::SUCCESS)
        }
        Ok(None) => {
            println!("This version is published already.");
            Ok(ExitCode::SUCCESS)
        }
        Err(DocsError::BreakingChanges(count)) => {
            eprintln!(
                "aforo: {count} changes break clients of the published version; --allow-breaking publishes it"
            );
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}
