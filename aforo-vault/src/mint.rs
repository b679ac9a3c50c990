//! Making keys, and recognising their form (VAULT-2, 3, 4).

use aforo_core::{Entropy, Secret};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::key::Environment;

/// Characters of a whole key: `sk_live_` or `sk_test_` and 40 random ones.
pub const KEY_LENGTH: usize = 48;
const BODY_LENGTH: usize = 40;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new key: about 238 bits of randomness. It is shown once and never stored.
pub fn mint(environment: Environment, entropy: &dyn Entropy) -> Secret<String> {
    let mut key = String::with_capacity(KEY_LENGTH); // never grows: no unwiped copy is left behind
    key.push_str(prefix(environment));
    push_base62(&mut key, BODY_LENGTH, entropy);
    Secret::new(key)
}

/// A new client id: public, and unique by its 24 random characters.
pub fn mint_client_id(entropy: &dyn Entropy) -> String {
    let mut id = String::from("client_");
    push_base62(&mut id, 24, entropy);
    id
}

const fn prefix(environment: Environment) -> &'static str {
    match environment {
        Environment::Test => "sk_test_",
        Environment::Live => "sk_live_",
    }
}

/// Appends `count` characters, each of the 62 equally likely: bytes of 248 and more are thrown away, since
/// 248 = 4 × 62 and a plain remainder would favour the first characters.
fn push_base62(out: &mut String, count: usize, entropy: &dyn Entropy) {
    let mut left = count;
    let mut bytes = [0u8; 64];
    while left > 0 {
        entropy.fill(&mut bytes);
        for byte in bytes.iter().filter(|b| **b < 248).take(left) {
            out.push(BASE62[usize::from(*byte % 62)] as char);
            left -= 1;
        }
    }
    bytes.zeroize();
}

/// The environment of a text that has the form of a key; `None` for anything else. Looks at length, prefix and
/// alphabet only, before anything is hashed or looked up.
pub fn parse(presented: &str) -> Option<Environment> {
    if presented.len() != KEY_LENGTH {
        return None;
    }
    let environment = [Environment::Test, Environment::Live]
        .into_iter()
        .find(|e| presented.starts_with(prefix(*e)))?;
    let body = &presented.as_bytes()[KEY_LENGTH - BODY_LENGTH..];
    body.iter().all(u8::is_ascii_alphanumeric).then_some(environment)
}

/// SHA-256 of a key: all that is stored of it. 238 random bits need no salt and no slow hash.
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use aforo_core::{OsEntropy, kernel::entropy::SeededEntropy};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_48_characters_with_its_prefix() {
        for (environment, prefix) in [(Environment::Live, "sk_live_"), (Environment::Test, "sk_test_")] {
            let key = mint(environment, &OsEntropy);
            assert_eq!(key.expose().len(), 48);
            assert!(key.expose().starts_with(prefix));
            assert_eq!(parse(key.expose()), Some(environment));
        }
    }

    #[test]
    fn every_character_is_equally_likely() {
        // Chi-square over 400,000 characters; 61 degrees of freedom, 1 in 10^6 is about 134. A plain
        // remainder of a byte gives over 1,000 here.
        let entropy = SeededEntropy::new(7);
        let mut counts = [0u32; 128];
        for _ in 0..10_000 {
            mint(Environment::Live, &entropy).expose()[8..]
                .bytes()
                .for_each(|b| counts[usize::from(b)] += 1);
        }
        let expected = 400_000.0 / 62.0;
        let chi: f64 = BASE62
            .iter()
            .map(|b| (f64::from(counts[usize::from(*b)]) - expected).powi(2) / expected)
            .sum();
        assert!(chi < 134.0, "{chi}");
    }

    #[test]
    fn misprinted_samples_are_refused() {
        // C2: the seed's live sample has 38 characters after its prefix.
        assert_eq!(parse(&format!("sk_{}_{}", "live", "a".repeat(38))), None);
        assert_eq!(parse(&format!("sk_{}_{}", "prod", "a".repeat(40))), None);
        assert_eq!(parse(&format!("SK_{}_{}", "live", "a".repeat(40))), None);
        assert_eq!(parse(&format!("sk_{}_{}-", "live", "a".repeat(39))), None);
        assert_eq!(parse(&format!("sk_{}_{}é", "live", "a".repeat(38))), None);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_accepts_only_the_form(text in "\\PC{0,60}") {
            if parse(&text).is_some() {
                prop_assert_eq!(text.len(), 48);
                prop_assert!(text.is_ascii());
            }
        }
    }
}
