//! The data folder: database, key file, session secret, and the audit anchor.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use aforo_core::{OsEntropy, Secret, kernel::entropy};
use aforo_vault::kek::{KekError, KeyRing};
use base64::{Engine, engine::general_purpose::STANDARD};

/// `./aforo-data`, or where `--data` says.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Opens the folder, or makes it for its owner only.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The address of the embedded database.
    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.0.join("console.db").display())
    }

    pub(crate) fn kek_file(&self) -> PathBuf {
        self.0.join("keys.json")
    }

    pub(crate) fn anchor_file(&self) -> PathBuf {
        self.0.join("audit-anchor.json")
    }

    /// The key encryption keys; made on first use, readable by the owner only.
    pub(crate) fn keks(&self) -> Result<KeyRing, KekError> {
        KeyRing::read_or_create(&self.kek_file(), &OsEntropy)
    }

    /// The secret that signs sessions; made on first use, readable by the owner only.
    pub(crate) fn session_secret(&self) -> io::Result<Secret<[u8; 32]>> {
        let path = self.0.join("session.key");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let text = Secret::new(text);
                let bytes = Secret::new(STANDARD.decode(text.expose().trim()).unwrap_or_default());
                let bytes: [u8; 32] = bytes.expose().as_slice().try_into().map_err(|_| {
                    io::Error::other("session.key is not 32 bytes in base64; delete it to make a new one")
                })?;
                Ok(Secret::new(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = Secret::new(entropy::bytes::<32>(&OsEntropy));
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&path)?;
                file.write_all(STANDARD.encode(secret.expose()).as_bytes())?;
                file.sync_all()?;
                Ok(secret)
            }
            Err(error) => Err(error),
        }
    }
}
