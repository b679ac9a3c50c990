//! `aforo keys`

use std::{io::Read, process::ExitCode};

use aforo_core::{
    CustomerId, KeyId, PageRequest, ProductId, SubscriptionId, TenantScope, kernel::audit::Actor,
};
use aforo_vault::{
    KeyOwner, NewKey,
    key::{CredentialFormat, Environment, Permission},
    store::KeyFilter,
    verify::{Presented, Purpose},
};
use clap::{Args, Subcommand};
use ipnet::IpNet;

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// API keys.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum KeysCommand {
    /// Make a key and print it, once. Without --subscription it is an operator key of the tenant.
    Create {
        /// What people call it.
        #[arg(long)]
        name: String,
        /// `live` or `test`.
        #[arg(long, default_value = "live")]
        environment: String,
        /// `bearer` or `client_credentials`.
        #[arg(long, default_value = "bearer")]
        format: String,
        /// The subscription that keeps it alive.
        #[arg(long)]
        subscription: Option<SubscriptionId>,
        /// A product it may call (may be repeated).
        #[arg(long)]
        product: Vec<ProductId>,
        /// A range it may be used from (CIDR; may be repeated).
        #[arg(long, value_name = "CIDR")]
        ip_range: Vec<IpNet>,
        /// Calls a minute.
        #[arg(long)]
        rate_limit: Option<u32>,
    },
    /// List keys.
    List,
    /// Replace a key: the old one works 300 more seconds. Prints the new one, once.
    Rotate {
        /// The key.
        id: KeyId,
    },
    /// Revoke a key at once.
    Revoke {
        /// The key.
        id: KeyId,
    },
    /// Verify a key that is read from standard input. Exits with 1 if it is not accepted.
    Verify {
        /// The product that is called.
        #[arg(long)]
        product: Option<ProductId>,
    },
}

pub(crate) async fn run(global: Global, args: KeysArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let tenant = setup.tenant(&global).await?;
    let vault = setup.vault()?;
    let (scope, actor) = (TenantScope::tenant_wide(tenant.id), Actor::Operator);
    match args.command {
        KeysCommand::Create {
            name,
            environment,
            format,
            subscription,
            product,
            ip_range,
            rate_limit,
        } => {
            let owner = match subscription {
                None => KeyOwner::Operator,
                Some(id) => {
                    let customer = customer_of(&setup, scope, id).await?;
                    KeyOwner::Customer {
                        customer,
                        subscriptions: vec![id],
                    }
                }
            };
            let permissions = match owner {
                KeyOwner::Operator => vec![Permission::KeysWrite],
                KeyOwner::Customer { .. } => Vec::new(),
            };
            let new = NewKey {
                name,
                environment: environment.parse::<Environment>()?,
                format: format.parse::<CredentialFormat>()?,
                created_by: None,
                owner,
                products: product,
                ip_ranges: ip_range,
                rate_limit,
                expires_at: None,
                permissions,
            };
            let made = vault.create(scope, actor, new).await?;
            println!("{}", made.key.id);
            if let Some(id) = made.key.client_id {
                println!("{id}");
            }
            println!("{}", made.secret.expose());
            eprintln!("This is shown once. Store it now.");
        }
        KeysCommand::List => {
            let (now, mut after) = (setup.clock.now(), None);
            loop {
                let page = PageRequest { after, limit: 100 };
                let page = vault.list(scope, KeyFilter::default(), page).await?;
                for key in page.items {
                    let used = key
                        .last_used_at
                        .map_or_else(|| "never used".to_owned(), |at| at.to_rfc3339());
                    let (status, hint) = (key.status(now).as_str(), key.display_hint());
                    println!("{}  {status:8}  {hint}  {used}  {}", key.id, key.name);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        KeysCommand::Rotate { id } => {
            let rotated = vault.rotate(scope, actor, id).await?;
            println!("{}", rotated.created.key.id);
            println!("{}", rotated.created.secret.expose());
            eprintln!("This is shown once. The old key works for 300 more seconds.");
        }
        KeysCommand::Revoke { id } => {
            vault.revoke(scope, actor, id).await?;
            println!("{id} is revoked");
        }
        KeysCommand::Verify { product } => {
            let mut text = String::new();
            std::io::stdin().lock().take(1024).read_to_string(&mut text)?;
            let presented = Presented::bearer(text.trim());
            let verified = vault
                .verify(
                    &presented,
                    Purpose {
                        product,
                        ..Purpose::default()
                    },
                )
                .await;
            match verified.map_err(|error| (error.code(), error)) {
                Ok(verified) => {
                    vault.flush_last_used().await?;
                    println!("accepted: {} ({})", verified.key, verified.environment);
                }
                Err((code, error)) => {
                    println!("refused: {code} ({error})");
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn customer_of(setup: &Setup, scope: TenantScope, id: SubscriptionId) -> Result<CustomerId, Failure> {
    let found = setup
        .stores
        .core
        .read()
        .await?
        .subscriptions(scope)
        .find(id)
        .await?;
    Ok(found
        .ok_or_else(|| format!("there is no subscription {id}"))?
        .customer)
}
