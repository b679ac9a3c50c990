//! Key encryption keys: where they come from. They never live in the database.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Write},
    path::Path,
};

use aforo_core::{
    Entropy, Secret,
    kernel::{audit::hex, entropy},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A set of 256-bit keys that wrap data keys: one is current and wraps new data keys, the others only unwrap
/// what they wrapped before. Ids may be logged.
pub trait KeyEncryptionKeys: Send + Sync {
    /// The id of the key that wraps new data keys.
    fn current(&self) -> &str;
    /// The key of this id. Exactly one is ever tried: GCM does not commit to a key, so trying several would be
    /// a mistake.
    fn find(&self, id: &str) -> Option<&Secret<[u8; 32]>>;
}

/// What is wrong with a set of key encryption keys. Never carries key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KekError {
    /// The file cannot be read or written.
    #[error("the key file cannot be used")]
    Io(#[from] io::Error),
    /// Others than the owner may read the file.
    #[error("the key file is readable by others than its owner (mode {mode:o}); set it to 0600")]
    TooOpen {
        /// Its permission bits.
        mode: u32,
    },
    /// Not of the form that we write.
    #[error("the key file is malformed: {0}")]
    Malformed(&'static str),
}

/// Keys held in memory: from a file, an environment variable, or a host's own key management.
pub struct KeyRing {
    current: String,
    keys: BTreeMap<String, Secret<[u8; 32]>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

impl KeyEncryptionKeys for KeyRing {
    fn current(&self) -> &str {
        &self.current
    }
    fn find(&self, id: &str) -> Option<&Secret<[u8; 32]>> {
        self.keys.get(id)
    }
}

/// The text form: `{"current":"k2","keys":{"k1":"<base64>","k2":"<base64>"}}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    current: String,
    keys: BTreeMap<String, String>,
}

impl Drop for Text {
    fn drop(&mut self) {
        self.keys.values_mut().for_each(zeroize::Zeroize::zeroize);
    }
}

/// The id of a key: two different keys never share one, not even when two machines make them.
fn fingerprint(key: &Secret<[u8; 32]>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"aforo.kek-id.v1");
    hash.update(key.expose());
    format!("k{}", hex(&hash.finalize()[..8]))
}

impl KeyRing {
    /// A ring with one new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut ring = Self {
            current: String::new(),
            keys: BTreeMap::new(),
        };
        ring.rotate(entropy);
        ring
    }

    /// Adds a new random key and makes it the current one. Older keys stay until nothing is wrapped by them:
    /// see [`Vault::rewrap`](crate::Vault::rewrap).
    pub fn rotate(&mut self, entropy: &dyn Entropy) {
        let key = Secret::new(entropy::bytes::<32>(entropy));
        self.current = fingerprint(&key);
        self.keys.insert(self.current.clone(), key);
    }

    /// Forgets every key but the current one. What they wrapped can never be opened again, in any backup.
    pub fn retire_old(&mut self) {
        let current = self.current.clone();
        self.keys.retain(|id, _| *id == current);
    }

    /// Reads a ring from a file that only its owner may read.
    pub fn read(path: &Path) -> Result<Self, KekError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KekError::TooOpen { mode });
            }
        }
        let text = Secret::new(fs::read_to_string(path)?);
        Self::parse(&text)
    }

    /// Reads a ring from a file, or makes one with a new key and mode 0600 if there is none.
    pub fn read_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KekError> {
        match Self::read(path) {
            Err(KekError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                let ring = Self::generate(entropy);
                ring.write(path)?;
                Ok(ring)
            }
            other => other,
        }
    }

    /// Writes the ring with mode 0600: to a new file beside it first, so that a crash leaves the old one whole.
    pub fn write(&self, path: &Path) -> Result<(), KekError> {
        let text = Text {
            current: self.current.clone(),
            keys: self
                .keys
                .iter()
                .map(|(id, key)| (id.clone(), STANDARD.encode(key.expose())))
                .collect(),
        };
        let json = serde_json::to_string(&text).map_err(|_| KekError::Malformed("cannot be written"))?;
        let json = Secret::new(json);
        let temporary = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(json.expose().as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        Ok(())
    }

    /// Reads a ring from an environment variable in the text form of the file. The environment of a process can
    /// be read by its user, so a file or a key service is better; say so in your logs.
    pub fn from_environment(variable: &str) -> Result<Self, KekError> {
        let text = std::env::var(variable)
            .map_err(|_| KekError::Malformed("the environment variable is not set or not text"))?;
        Self::parse(&Secret::new(text))
    }

    fn parse(text: &Secret<String>) -> Result<Self, KekError> {
        let text: Text = serde_json::from_str(text.expose())
            .map_err(|_| KekError::Malformed("expected {\"current\":id,\"keys\":{id:base64}}"))?;
        if !text.keys.contains_key(&text.current) {
            return Err(KekError::Malformed("`current` names no key"));
        }
        let mut keys = BTreeMap::new();
        for (id, encoded) in &text.keys {
            let bytes = Secret::new(
                STANDARD
                    .decode(encoded)
                    .map_err(|_| KekError::Malformed("a key is not base64"))?,
            );
            let key: [u8; 32] = bytes
                .expose()
                .as_slice()
                .try_into()
                .map_err(|_| KekError::Malformed("a key is not 32 bytes"))?;
            keys.insert(id.clone(), Secret::new(key));
        }
        Ok(Self {
            current: text.current.clone(),
            keys,
        })
    }
}

#[cfg(test)]
mod tests {
    use aforo_core::OsEntropy;

    use super::*;

    #[test]
    fn a_file_is_made_once_for_its_owner_only_and_keeps_old_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let mut ring = KeyRing::read_or_create(&path, &OsEntropy).unwrap();
        let first_id = ring.current().to_owned();
        let first = *ring.find(&first_id).unwrap().expose();
        ring.rotate(&OsEntropy);
        ring.write(&path).unwrap();
        let again = KeyRing::read_or_create(&path, &OsEntropy).unwrap();
        assert_eq!(again.current(), ring.current());
        assert_ne!(again.current(), first_id);
        assert_eq!(*again.find(&first_id).unwrap().expose(), first);
        assert_ne!(*again.find(again.current()).unwrap().expose(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(
                KeyRing::read(&path),
                Err(KekError::TooOpen { mode: 0o640 })
            ));
        }
    }

    #[test]
    fn malformed_rings_are_refused_and_errors_show_no_key() {
        let key = STANDARD.encode([7; 32]);
        for bad in [
            "".to_owned(),
            "{}".to_owned(),
            format!(r#"{{"current":"k2","keys":{{"k1":"{key}"}}}}"#),
            r#"{"current":"k1","keys":{"k1":"AAAA"}}"#.to_owned(),
            format!(r#"{{"current":"k1","keys":{{"k1":"{key}"}},"extra":1}}"#),
        ] {
            let error = KeyRing::parse(&Secret::new(bad)).unwrap_err();
            assert!(!format!("{error:?}").contains(&key));
        }
        let ring = KeyRing::parse(&Secret::new(format!(
            r#"{{"current":"k1","keys":{{"k1":"{key}"}}}}"#
        )))
        .unwrap();
        assert!(!format!("{ring:?}").contains(&key[..8]));
    }
}
