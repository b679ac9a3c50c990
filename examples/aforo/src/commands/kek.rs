//! `aforo kek`

use std::process::ExitCode;

use aforo_core::OsEntropy;
use aforo_vault::kek::KeyEncryptionKeys;
use clap::{Args, Subcommand};

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// Key encryption keys.
#[derive(Args, Clone, Debug)]
pub(crate) struct KekArgs {
    #[command(subcommand)]
    command: KekCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum KekCommand {
    /// Add a new key, make it current, and wrap every data key by it. Restart running servers afterwards, then
    /// retire the old keys.
    Rotate,
    /// Forget all keys but the current one, once nothing is wrapped by them.
    Retire,
}

pub(crate) async fn run(global: Global, args: KekArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let mut ring = setup.folder.keks()?;
    match args.command {
        KekCommand::Rotate => {
            ring.rotate(&OsEntropy);
            // The file first: a data key that is wrapped by a key nobody kept would be lost.
            ring.write(&setup.folder.kek_file())?;
            let vault = setup.vault()?;
            let mut total = 0;
            loop {
                let done = vault.rewrap(100).await?;
                total += done;
                if done == 0 {
                    break;
                }
            }
            println!("{} is current; {total} data keys re-wrapped", ring.current());
        }
        KekCommand::Retire => {
            if !setup
                .stores
                .credentials
                .wrapped_by_other(ring.current(), 1)
                .await?
                .is_empty()
            {
                return Err("some data keys are wrapped by older keys; run `aforo kek rotate` first".into());
            }
            ring.retire_old();
            ring.write(&setup.folder.kek_file())?;
            println!("only {} is left", ring.current());
        }
    }
    Ok(ExitCode::SUCCESS)
}
