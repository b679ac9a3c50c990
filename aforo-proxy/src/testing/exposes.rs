//! An oracle for tests, written without the scrubber: does this output show the secret?

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use base64::{Engine, prelude::*};

use crate::scrub::base32;

/// Characters of a secret that must never be seen together.
const FRAGMENT: usize = 16;

/// Knows every fragment of 16 characters of some secrets, in every usual encoding.
pub struct Oracle(AhoCorasick);

impl Oracle {
    /// An oracle for these secrets.
    ///
    /// # Errors
    /// If there are more forms than an automaton can hold.
    pub fn new(secrets: &[&str]) -> Result<Self, BuildError> {
        let forms = secrets.iter().flat_map(|secret| forms(secret));
        let mut builder = AhoCorasick::builder();
        builder
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::NoncontiguousNFA));
        builder.build(forms).map(Self)
    }

    /// Whether `output` shows 16 characters of a secret, plain or encoded.
    pub fn sees(&self, output: &[u8]) -> bool {
        let without_nul: Vec<u8> = output.iter().copied().filter(|&b| b != 0).collect();
        self.0.is_match(output) || self.0.is_match(&without_nul)
    }
}

/// Whether `output` shows any 16 characters of `secret`, plain or in a usual encoding. For many outputs of the
/// same secret an [`Oracle`] is faster.
pub fn exposes(output: &[u8], secret: &str) -> bool {
    let output = output.to_ascii_lowercase();
    let without_nul: Vec<u8> = output.iter().copied().filter(|&b| b != 0).collect();
    forms(secret).iter().any(|form| {
        let form = form.to_ascii_lowercase();
        [&output, &without_nul]
            .iter()
            .any(|output| memchr::memmem::find(output, &form).is_some())
    })
}

fn forms(secret: &str) -> Vec<Vec<u8>> {
    let whole = secret.as_bytes();
    let mut forms = Vec::new();
    for fragment in whole.windows(FRAGMENT.min(whole.len()).max(1)) {
        let list = |separator: &str, write: &dyn Fn(u8) -> String| {
            fragment
                .iter()
                .map(|&b| write(b))
                .collect::<Vec<_>>()
                .join(separator)
                .into_bytes()
        };
        forms.extend([
            fragment.to_vec(),
            list("", &|b| format!("{b:02x}")),
            list("", &|b| format!("%{b:02x}")),
            list("", &|b| format!("%25{b:02x}")),
            list("", &|b| format!("\\u{b:04x}")),
            list("", &|b| format!("\\x{b:02x}")),
            list("", &|b| format!("\\{b:03o}")),
            list("", &|b| format!("&#{b};")),
            list("", &|b| format!("&#x{b:x};")),
            list("", &|b| format!("={b:02x}")),
            list(" ", &|b| format!("{b:02x}")),
            list(":", &|b| format!("{b:02x}")),
            list(",", &|b| b.to_string()),
            list(", ", &|b| b.to_string()),
            list(", ", &|b| format!("{b:#x}")),
            list(",", &|b| format!("\"{}\"", b as char)),
            list(", ", &|b| format!("\"{}\"", b as char)),
        ]);
        let shifted = |offset: usize| [&b"aaaa"[..offset], fragment].concat();
        for offset in 0..3_usize {
            let text = BASE64_STANDARD_NO_PAD.encode(shifted(offset)).into_bytes();
            let inner = text[(offset * 8).div_ceil(6)..(offset + fragment.len()) * 8 / 6].to_vec();
            let url = |b: &u8| match b {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            };
            forms.push(inner.iter().map(url).collect());
            forms.push(inner);
        }
        for offset in 0..5_usize {
            let text = base32(&shifted(offset));
            forms.push(text[(offset * 8).div_ceil(5)..(offset + fragment.len()) * 8 / 5].to_vec());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_sees_what_is_there() {
        let secret = "q8Zk3LmNp0RtVx5YbC7dEf2G";
        assert!(exposes(format!("x{}y", &secret[4..20]).as_bytes(), secret));
        assert!(!exposes(format!("x{}y", &secret[4..19]).as_bytes(), secret));
        assert!(exposes(
            BASE64_URL_SAFE.encode(format!("abc {secret}")).as_bytes(),
            secret
        ));
        assert!(exposes(&base32(format!("ab {secret}").as_bytes()), secret));
        assert!(exposes(
            &secret.bytes().flat_map(|b| [0, b]).collect::<Vec<_>>(),
            secret
        ));
        assert!(exposes(secret.to_uppercase().as_bytes(), secret));
        assert!(!exposes(b"nothing to see here, nothing at all", secret));
    }
}
