//! Heads of audit chains in a file beside the database, not in it: a chain that is cut off or rolled back
//! together with the database is found by `aforo audit verify`.

use std::{collections::BTreeMap, fs, io, path::PathBuf, sync::Mutex};

use aforo_core::{TenantId, kernel::audit::ChainHead};
use aforo_http::AuditAnchor;
use async_trait::async_trait;

/// The anchor file.
pub(crate) struct AnchorFile {
    path: PathBuf,
    heads: Mutex<BTreeMap<String, ChainHead>>,
}

impl AnchorFile {
    /// Reads the file; an absent one is empty.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let heads = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            heads: Mutex::new(heads),
        })
    }

    fn write(&self, tenant: TenantId, head: ChainHead) -> io::Result<()> {
        let mut heads = self
            .heads
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        heads.insert(tenant.to_string(), head);
        let temporary = self.path.with_extension("new");
        fs::write(&temporary, serde_json::to_vec_pretty(&*heads)?)?;
        fs::rename(temporary, &self.path)
    }
}

#[async_trait]
impl AuditAnchor for AnchorFile {
    async fn load(&self, tenant: TenantId) -> Option<ChainHead> {
        let heads = self
            .heads
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        heads.get(&tenant.to_string()).copied()
    }
    async fn store(&self, tenant: TenantId, head: ChainHead) {
        if let Err(error) = self.write(tenant, head) {
            tracing::warn!(%error, "the audit anchor cannot be written");
        }
    }
}
