//! Passwords of people: argon2id, a few at a time.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::{Entropy, Secret, kernel::entropy};

/// Hashes and checks passwords off the async threads, at most a few at once: each takes 19 MiB and some
/// 20 ms, so an unbounded crowd of sign-ins would take the host's memory.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// Checked when the account does not exist, so that the answer takes as long (threat 19).
    dummy: Arc<str>,
}

impl Passwords {
    /// Up to `at_once` hashes at the same time.
    pub fn new(at_once: usize, entropy: &dyn Entropy) -> Self {
        let salt = entropy::bytes::<16>(entropy);
        let nobody = entropy::bytes::<16>(entropy);
        Self {
            permits: Arc::new(Semaphore::new(at_once.max(1))),
            dummy: hash(&nobody, &salt).into(),
        }
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: Secret<String>, entropy: &dyn Entropy) -> String {
        let salt = entropy::bytes::<16>(entropy);
        self.run(move || hash(password.expose().as_bytes(), &salt))
            .await
            .unwrap_or_default()
    }

    /// Whether the password is right. Takes as long when there is no hash to compare with.
    pub async fn check(&self, password: Secret<String>, stored: Option<String>) -> bool {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.to_string());
        let fits = self.run(move || {
            PasswordHash::new(&stored).is_ok_and(|parsed| {
                Argon2::default()
                    .verify_password(password.expose().as_bytes(), &parsed)
                    .is_ok()
            })
        });
        fits.await.unwrap_or(false) && known
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = self.permits.clone().acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit; // held until the work ends, even if the caller goes away
            work()
        });
        done.await.ok()
    }
}

/// An empty string if the library refuses, which it does for overlong passwords only; it matches nothing.
fn hash(password: &[u8], salt: &[u8]) -> String {
    Argon2::default()
        .hash_password_with_salt(password, salt)
        .map_or_else(|_| String::new(), |h| h.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[tokio::test]
    async fn right_wrong_and_unknown() {
        let passwords = Passwords::new(2, &OsEntropy);
        let secret = |text: &str| Secret::new(text.to_owned());
        let stored = passwords.hash(secret("correct horse"), &OsEntropy).await;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(
            passwords
                .check(secret("correct horse"), Some(stored.clone()))
                .await
        );
        assert!(
            !passwords
                .check(secret("correct horsf"), Some(stored.clone()))
                .await
        );
        assert!(!passwords.check(secret("correct horse"), None).await);
        assert!(!passwords.check(secret(""), Some(String::new())).await);
        assert_ne!(stored, passwords.hash(secret("correct horse"), &OsEntropy).await);
    }
}
