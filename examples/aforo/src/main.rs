//! Aforo Console as a program. Without a command it starts a demonstration on this machine.

// A program talks to its user.
#![allow(clippy::print_stdout)]

mod anchor;
mod commands;
mod demo;
mod folder;
mod phrasebook;
mod server;
mod setup;
mod upstream;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use setup::Global;

/// An API developer console: keys, docs and a playground that no key leaves.
///
/// Without a command: a demonstration with an embedded database, a demo tenant and a demo API.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    demo: demo::DemoArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a console.
    Serve(server::ServeArgs),
    /// Import an API description and publish it as a product.
    Import(commands::import::ImportArgs),
    /// Publish a stored version of an API description; an older one to roll back.
    Publish(commands::publish::PublishArgs),
    /// Export the guides to a folder of Markdown, and import one.
    Docs(commands::docs::DocsArgs),
    /// Make, list, rotate, revoke and verify API keys.
    Keys(commands::keys::KeysArgs),
    /// Look at the audit log, and verify its chain.
    Audit(commands::audit::AuditArgs),
    /// Add tenants and list them.
    Tenants(commands::tenants::TenantsArgs),
    /// Add people.
    Users(commands::users::UsersArgs),
    /// Rotate the key encryption keys.
    Kek(commands::kek::KekArgs),
}

/// What a command may fail with: a sentence for the person who typed it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let global = cli.global;
    let Some(command) = cli.command else {
        return ended(demo::run(global, cli.demo).await);
    };
    ended(match command {
        Command::Serve(args) => server::run(global, args).await,
        Command::Import(args) => commands::import::run(global, args).await,
        Command::Publish(args) => commands::publish::run(global, args).await,
        Command::Docs(args) => commands::docs::run(global, args).await,
        Command::Keys(args) => commands::keys::run(global, args).await,
        Command::Audit(args) => commands::audit::run(global, args).await,
        Command::Tenants(args) => commands::tenants::run(global, args).await,
        Command::Users(args) => commands::users::run(global, args).await,
        Command::Kek(args) => commands::kek::run(global, args).await,
    })
}

fn ended(done: Result<ExitCode, Failure>) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("aforo: {}", sentence(&*failure));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, in one line.
fn sentence(failure: &(dyn std::error::Error + 'static)) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
