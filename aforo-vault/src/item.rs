//! Sealing what is no key: the caller says what it is and where it belongs, and it opens nowhere else.

use aforo_core::Secret;

use crate::{Vault, error::VaultError, seal};

/// Something sealed, as storage keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBytes {
    /// Which key encryption key wraps the data key.
    pub kek_id: String,
    /// The data key, wrapped.
    pub wrapped_dek: Vec<u8>,
    /// What is sealed.
    pub ciphertext: Vec<u8>,
}

impl Vault {
    /// Seals a text for a place: tenant, kind, name. All of it is authenticated.
    pub fn seal_item(&self, place: &[&str], plain: &Secret<String>) -> Result<SealedBytes, VaultError> {
        let (kek_id, wrapped_dek, ciphertext) = seal::seal_for(place, plain, &*self.keks, &*self.entropy)?;
        Ok(SealedBytes {
            kek_id,
            wrapped_dek,
            ciphertext,
        })
    }

    /// Opens what was sealed for this very place.
    pub fn open_item(
        &self,
        place: &[&str],
        kek_id: &str,
        wrapped_dek: &[u8],
        ciphertext: &[u8],
    ) -> Result<Secret<String>, VaultError> {
        Ok(seal::open_for(
            place,
            kek_id,
            wrapped_dek,
            ciphertext,
            &*self.keks,
        )?)
    }
}
