//! `aforo docs`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use aforo_core::{TenantScope, kernel::audit::Actor};
use aforo_docs::{
    error::DocsError,
    guide::{
        page::PageStatus,
        transfer::{ImportOptions, MAX_BYTES, MAX_FILES, TransferFile},
    },
};
use clap::{Args, Subcommand};

use crate::{
    Failure,
    setup::{Global, Setup},
};

/// Export the guides to a folder of Markdown, and import one.
#[derive(Args, Clone, Debug)]
pub(crate) struct DocsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Make pages of the Markdown files of a folder, or new versions of the pages that are there.
    Import {
        /// The folder.
        folder: PathBuf,
        /// Publish pages whose file says nothing of it; they become drafts otherwise.
        #[arg(long)]
        publish: bool,
    },
    /// Write all pages and their images to a folder.
    Export {
        /// The folder; made if there is none, and empty if there is one.
        folder: PathBuf,
    },
}

pub(crate) async fn run(global: Global, args: DocsArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let scope = TenantScope::tenant_wide(setup.tenant(&global).await?.id);
    match args.command {
        Command::Import { folder, publish } => import(&setup, scope, &folder, publish).await,
        Command::Export { folder } => export(&setup, scope, &folder).await,
    }
}

async fn import(
    setup: &Setup,
    scope: TenantScope,
    folder: &Path,
    publish: bool,
) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    read_folder(folder, "", &mut files)?;
    let status = if publish {
        PageStatus::Published
    } else {
        PageStatus::Draft
    };
    match setup
        .guides()
        .import(scope, Actor::Operator, files, ImportOptions { status })
        .await
    {
        Ok(report) => {
            println!(
                "{} pages added, {} changed, {} as they were; {} images",
                report.created, report.updated, report.unchanged, report.images
            );
            for warning in &report.warnings {
                println!("  warning  {warning}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(DocsError::ImportRefused { problems }) => {
            eprintln!("aforo: the folder cannot be imported, and nothing was changed:");
            for problem in &problems {
                eprintln!("  {problem}");
            }
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads all files of a folder. Links out of it are not followed.
fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<TransferFile>) -> Result<(), Failure> {
    let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| told(folder, e))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        let name = name
            .to_str()
            .ok_or_else(|| format!("{}: its name is not UTF-8", path.display()))?;
        if name.starts_with('.') || name == "node_modules" {
            continue;
        }
        let kind = entry.file_type().map_err(|e| told(&path, e))?;
        if kind.is_dir() {
            read_folder(&path, &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).map_err(|e| told(&path, e))?;
            files.push(TransferFile {
                path: format!("{prefix}{name}"),
                bytes,
            });
        }
        let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
        if files.len() > MAX_FILES || bytes > MAX_BYTES {
            let most = MAX_BYTES / 1024 / 1024;
            return Err(format!(
                "the folder has more than {MAX_FILES} files or {most} MiB; import it in parts"
            )
            .into());
        }
    }
    Ok(())
}

async fn export(setup: &Setup, scope: TenantScope, folder: &Path) -> Result<ExitCode, Failure> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(format!("{} is not empty; name a new folder", folder.display()).into());
    }
    let files = setup.guides().export(scope).await?;
    for file in &files {
        // Our own names: slugs, numbers and hashes.
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.bytes)?;
    }
    println!("{} files in {}", files.len(), folder.display());
    Ok(ExitCode::SUCCESS)
}
