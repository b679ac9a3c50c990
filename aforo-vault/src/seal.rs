//! Envelope encryption with AES-256-GCM: a credential under a data key of its own, the data key under a key
//! encryption key that lives outside the database.
//!
//! The additional authenticated data names tenant, key, subscription, environment, integration and origin, so
//! a sealed row that is copied, swapped or pointed at another server does not open (threats 1 and 27).

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use aforo_core::{Entropy, KeyId, Secret, SubscriptionId, TenantId, kernel::entropy};
use sha2::{Digest, Sha256};

use crate::{kek::KeyEncryptionKeys, key::Environment};

/// A sealed credential, as storage keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    /// What is sealed and where it may go; all of it is authenticated.
    pub context: SealContext,
    /// Which key encryption key wraps the data key.
    pub kek_id: String,
    /// The data key, wrapped: nonce (12 bytes), ciphertext (32), tag (16).
    pub wrapped_dek: Vec<u8>,
    /// The credential: nonce (12 bytes), ciphertext (48), tag (16).
    pub ciphertext: Vec<u8>,
}

/// What is sealed and where it may go. All fields are ids and may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealContext {
    /// What it was sealed for: [`PURPOSE_INJECT`].
    pub purpose: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The key.
    pub key: KeyId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The environment.
    pub environment: Environment,
    /// The integration that takes the credential: a product's upstream, or a gateway.
    pub integration: String,
    /// The only origin that may receive it: `https://api.acme.test`.
    pub origin: String,
}

/// Sealed to be injected into playground calls.
pub const PURPOSE_INJECT: &str = "inject";

/// A sealed credential that does not open, or cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The key encryption key it names is not there (any more).
    #[error("key encryption key {0:?} is not available")]
    UnknownKek(String),
    /// The row was changed, moved or cut, or the key is another one.
    #[error("the sealed credential does not open: it was changed, or belongs elsewhere")]
    DoesNotOpen,
}

const NONCE: usize = 12;

impl SealContext {
    /// The additional authenticated data of the credential. Each part has its length before it: `a|bc` must not
    /// be `ab|c`.
    fn payload_aad(&self) -> Vec<u8> {
        let mut out = b"aforo.seal.v1".to_vec();
        let (tenant, key, subscription) = (
            self.tenant.as_uuid(),
            self.key.as_uuid(),
            self.subscription.as_uuid(),
        );
        let parts: [&[u8]; 7] = [
            self.purpose.as_bytes(),
            tenant.as_bytes(),
            key.as_bytes(),
            subscription.as_bytes(),
            self.environment.as_str().as_bytes(),
            self.integration.as_bytes(),
            self.origin.as_bytes(),
        ];
        for part in parts {
            out.extend((part.len() as u64).to_be_bytes());
            out.extend(part);
        }
        out
    }
}

/// The additional authenticated data of a wrapped data key.
fn wrap_aad(kek_id: &str, payload_aad: &[u8]) -> Vec<u8> {
    let mut out = b"aforo.wrap.v1".to_vec();
    out.extend((kek_id.len() as u64).to_be_bytes());
    out.extend(kek_id.as_bytes());
    out.extend(Sha256::digest(payload_aad));
    out
}

/// Seals a credential to its context.
pub fn seal(
    context: SealContext,
    plain: &Secret<String>,
    keks: &dyn KeyEncryptionKeys,
    entropy: &dyn Entropy,
) -> Result<SealedCredential, SealError> {
    let dek = Secret::new(entropy::bytes::<32>(entropy));
    let aad = context.payload_aad();
    let ciphertext = encrypt(dek.expose(), plain.expose().as_bytes(), &aad, entropy)?;
    let kek_id = keks.current().to_owned();
    let kek = keks
        .find(&kek_id)
        .ok_or_else(|| SealError::UnknownKek(kek_id.clone()))?;
    let wrapped_dek = encrypt(kek.expose(), dek.expose(), &wrap_aad(&kek_id, &aad), entropy)?;
    Ok(SealedCredential {
        context,
        kek_id,
        wrapped_dek,
        ciphertext,
    })
}

/// Opens a credential for `wanted`: what the caller believes it to be, never what the row says of itself.
pub(crate) fn open(
    sealed: &SealedCredential,
    wanted: &SealContext,
    keks: &dyn KeyEncryptionKeys,
) -> Result<Secret<String>, SealError> {
    let aad = wanted.payload_aad();
    let dek = unwrap(sealed, &aad, keks)?;
    let plain = decrypt(dek.expose(), &sealed.ciphertext, &aad)?;
    match String::from_utf8(plain) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            drop(Secret::new(error.into_bytes()));
            Err(SealError::DoesNotOpen)
        }
    }
}

/// Wraps the data key by the current key encryption key; the credential itself stays closed.
pub(crate) fn rewrap(
    sealed: &SealedCredential,
    keks: &dyn KeyEncryptionKeys,
    entropy: &dyn Entropy,
) -> Result<(String, Vec<u8>), SealError> {
    let aad = sealed.context.payload_aad();
    let dek = unwrap(sealed, &aad, keks)?;
    let kek_id = keks.current().to_owned();
    let kek = keks
        .find(&kek_id)
        .ok_or_else(|| SealError::UnknownKek(kek_id.clone()))?;
    let wrapped = encrypt(kek.expose(), dek.expose(), &wrap_aad(&kek_id, &aad), entropy)?;
    Ok((kek_id, wrapped))
}

/// The additional authenticated data of what is no credential of ours: what it is and where it belongs.
fn place_aad(place: &[&str]) -> Vec<u8> {
    let mut out = b"aforo.item.v1".to_vec();
    for part in place {
        out.extend((part.len() as u64).to_be_bytes());
        out.extend(part.as_bytes());
    }
    out
}

/// Seals a text for a place: id of the key encryption key, wrapped data key, ciphertext.
pub(crate) fn seal_for(
    place: &[&str],
    plain: &Secret<String>,
    keks: &dyn KeyEncryptionKeys,
    entropy: &dyn Entropy,
) -> Result<(String, Vec<u8>, Vec<u8>), SealError> {
    let dek = Secret::new(entropy::bytes::<32>(entropy));
    let aad = place_aad(place);
    let ciphertext = encrypt(dek.expose(), plain.expose().as_bytes(), &aad, entropy)?;
    let kek_id = keks.current().to_owned();
    let kek = keks
        .find(&kek_id)
        .ok_or_else(|| SealError::UnknownKek(kek_id.clone()))?;
    let wrapped_dek = encrypt(kek.expose(), dek.expose(), &wrap_aad(&kek_id, &aad), entropy)?;
    Ok((kek_id, wrapped_dek, ciphertext))
}

/// Opens what was sealed for this very place.
pub(crate) fn open_for(
    place: &[&str],
    kek_id: &str,
    wrapped_dek: &[u8],
    ciphertext: &[u8],
    keks: &dyn KeyEncryptionKeys,
) -> Result<Secret<String>, SealError> {
    let aad = place_aad(place);
    let dek = unwrap_dek(kek_id, wrapped_dek, &aad, keks)?;
    let plain = decrypt(dek.expose(), ciphertext, &aad)?;
    match String::from_utf8(plain) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            drop(Secret::new(error.into_bytes()));
            Err(SealError::DoesNotOpen)
        }
    }
}

fn unwrap(
    sealed: &SealedCredential,
    payload_aad: &[u8],
    keks: &dyn KeyEncryptionKeys,
) -> Result<Secret<[u8; 32]>, SealError> {
    unwrap_dek(&sealed.kek_id, &sealed.wrapped_dek, payload_aad, keks)
}

fn unwrap_dek(
    kek_id: &str,
    wrapped_dek: &[u8],
    payload_aad: &[u8],
    keks: &dyn KeyEncryptionKeys,
) -> Result<Secret<[u8; 32]>, SealError> {
    let kek = keks
        .find(kek_id)
        .ok_or_else(|| SealError::UnknownKek(kek_id.to_owned()))?;
    let dek = Secret::new(decrypt(
        kek.expose(),
        wrapped_dek,
        &wrap_aad(kek_id, payload_aad),
    )?);
    let dek: [u8; 32] = dek
        .expose()
        .as_slice()
        .try_into()
        .map_err(|_| SealError::DoesNotOpen)?;
    Ok(Secret::new(dek))
}

/// Nonce, ciphertext and tag. The nonce is random: each data key seals one message, and a key encryption key is
/// rotated long before 2^32 wraps.
fn encrypt(key: &[u8; 32], plain: &[u8], aad: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealError> {
    let nonce = entropy::bytes::<NONCE>(entropy);
    let cipher = Aes256Gcm::new(key.into());
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| SealError::DoesNotOpen)?;
    Ok([&nonce[..], &sealed].concat())
}

fn decrypt(key: &[u8; 32], sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, rest) = sealed
        .split_first_chunk::<NONCE>()
        .ok_or(SealError::DoesNotOpen)?;
    let cipher = Aes256Gcm::new(key.into());
    cipher
        .decrypt(&Nonce::from(*nonce), Payload { msg: rest, aad })
        .map_err(|_| SealError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use aforo_core::{OsEntropy, Timestamp};

    use super::*;
    use crate::{kek::KeyRing, mint::mint};

    #[test]
    fn an_item_opens_in_its_place_alone() {
        let keks = KeyRing::generate(&OsEntropy);
        let plain = Secret::new("refresh token".to_owned());
        let (kek, dek, sealed) = seal_for(&["t", "token", "a"], &plain, &keks, &OsEntropy).unwrap();
        assert_eq!(
            open_for(&["t", "token", "a"], &kek, &dek, &sealed, &keks)
                .unwrap()
                .expose(),
            "refresh token"
        );
        for place in [
            &["t", "token", "b"][..],
            &["u", "token", "a"],
            &["t", "tokena"],
            &["tt", "oken", "a"],
        ] {
            assert_eq!(
                open_for(place, &kek, &dek, &sealed, &keks).err(),
                Some(SealError::DoesNotOpen),
                "{place:?}"
            );
        }
        let mut touched = sealed.clone();
        touched[14] ^= 1;
        assert!(open_for(&["t", "token", "a"], &kek, &dek, &touched, &keks).is_err());
    }

    fn context() -> SealContext {
        let now = Timestamp::from_millis(1_760_000_000_000);
        SealContext {
            purpose: PURPOSE_INJECT.into(),
            tenant: TenantId::new(now, &OsEntropy),
            key: KeyId::new(now, &OsEntropy),
            subscription: SubscriptionId::new(now, &OsEntropy),
            environment: Environment::Live,
            integration: "prod_a".into(),
            origin: "https://api.acme.test".into(),
        }
    }

    #[test]
    fn opens_in_its_context_and_in_no_other() {
        let ring = KeyRing::generate(&OsEntropy);
        let plain = mint(Environment::Live, &OsEntropy);
        let context = context();
        let sealed = seal(context.clone(), &plain, &ring, &OsEntropy).unwrap();
        assert_eq!((sealed.wrapped_dek.len(), sealed.ciphertext.len()), (60, 76));
        assert_eq!(
            open(&sealed, &context, &ring).ok().unwrap().expose(),
            plain.expose()
        );

        let other = self::context();
        let moved = [
            SealContext {
                purpose: "provision".into(),
                ..context.clone()
            },
            SealContext {
                tenant: other.tenant,
                ..context.clone()
            },
            SealContext {
                key: other.key,
                ..context.clone()
            },
            SealContext {
                subscription: other.subscription,
                ..context.clone()
            },
            SealContext {
                environment: Environment::Test,
                ..context.clone()
            },
            SealContext {
                integration: "prod_b".into(),
                ..context.clone()
            },
            SealContext {
                origin: "https://evil.test".into(),
                ..context.clone()
            },
            // Lengths are part of what is authenticated.
            SealContext {
                integration: "prod_ah".into(),
                origin: "ttps://api.acme.test".into(),
                ..context.clone()
            },
        ];
        for wrong in moved {
            assert_eq!(
                open(&sealed, &wrong, &ring).err(),
                Some(SealError::DoesNotOpen),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_found() {
        let ring = KeyRing::generate(&OsEntropy);
        let context = context();
        let sealed = seal(
            context.clone(),
            &mint(Environment::Live, &OsEntropy),
            &ring,
            &OsEntropy,
        )
        .unwrap();
        for bit in 0..sealed.ciphertext.len() * 8 {
            let mut bad = sealed.clone();
            bad.ciphertext[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, &context, &ring).is_err());
        }
        for bit in 0..sealed.wrapped_dek.len() * 8 {
            let mut bad = sealed.clone();
            bad.wrapped_dek[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, &context, &ring).is_err());
        }
        for end in 0..sealed.ciphertext.len() {
            let mut bad = sealed.clone();
            bad.ciphertext.truncate(end);
            assert!(open(&bad, &context, &ring).is_err());
        }
        for end in 0..sealed.wrapped_dek.len() {
            let mut bad = sealed.clone();
            bad.wrapped_dek.truncate(end);
            assert!(open(&bad, &context, &ring).is_err());
        }
    }

    #[test]
    fn parts_of_two_rows_do_not_mix() {
        let ring = KeyRing::generate(&OsEntropy);
        let (a, b) = (context(), context());
        let sealed_a = seal(a.clone(), &mint(Environment::Live, &OsEntropy), &ring, &OsEntropy).unwrap();
        let sealed_b = seal(b, &mint(Environment::Live, &OsEntropy), &ring, &OsEntropy).unwrap();
        let spliced = SealedCredential {
            ciphertext: sealed_b.ciphertext.clone(),
            ..sealed_a.clone()
        };
        assert!(open(&spliced, &a, &ring).is_err());
        let spliced = SealedCredential {
            wrapped_dek: sealed_b.wrapped_dek,
            ciphertext: sealed_b.ciphertext,
            ..sealed_a
        };
        assert!(open(&spliced, &a, &ring).is_err());
    }

    #[test]
    fn rewrapping_keeps_it_openable_without_the_old_key() {
        let mut ring = KeyRing::generate(&OsEntropy);
        let context = context();
        let plain = mint(Environment::Live, &OsEntropy);
        let mut sealed = seal(context.clone(), &plain, &ring, &OsEntropy).unwrap();
        ring.rotate(&OsEntropy);
        let (kek_id, wrapped_dek) = rewrap(&sealed, &ring, &OsEntropy).unwrap();
        let old = sealed.clone();
        sealed = SealedCredential {
            kek_id,
            wrapped_dek,
            ..sealed
        };
        ring.retire_old();
        assert_eq!(
            open(&sealed, &context, &ring).ok().unwrap().expose(),
            plain.expose()
        );
        assert_eq!(
            open(&old, &context, &ring).err(),
            Some(SealError::UnknownKek(old.kek_id.clone()))
        );
    }
}
