//! `aforo users`

use std::{process::ExitCode, sync::Arc};

use aforo_core::{
    OsEntropy, Secret,
    domain::{
        account::{AccountSettings, Accounts, SignUp},
        token::SessionSigner,
        user::Role,
    },
    kernel::audit::Actor,
};
use clap::{Args, Subcommand};

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// People.
#[derive(Args, Clone, Debug)]
pub(crate) struct UsersArgs {
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum UsersCommand {
    /// Add a person. The password is read from standard input, so that it is in no list of processes.
    Create {
        /// Address.
        #[arg(long)]
        email: String,
        /// What to call them.
        #[arg(long)]
        name: String,
        /// May run the tenant.
        #[arg(long)]
        admin: bool,
    },
}

pub(crate) async fn run(global: Global, args: UsersArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let tenant = setup.tenant(&global).await?;
    let UsersCommand::Create { email, name, admin } = args.command;
    eprintln!("Password:");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let password = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
    drop(Secret::new(line));
    let signer = SessionSigner::new(&setup.folder.session_secret()?, "setup");
    let (store, clock) = (setup.stores.core.clone(), setup.clock.clone());
    let accounts = Accounts::new(
        store,
        clock,
        Arc::new(OsEntropy),
        signer,
        AccountSettings::default(),
    );
    let role = if admin { Role::Admin } else { Role::Developer };
    let form = SignUp {
        email,
        password,
        name,
        role,
    };
    let user = accounts.create(tenant.id, form, Actor::Operator).await?;
    println!("{user}  {role}");
    Ok(ExitCode::SUCCESS)
}
