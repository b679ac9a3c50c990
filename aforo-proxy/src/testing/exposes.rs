//! An oracle for tests, written without the scrubber: does this output show the secret?

use base64::{Engine, prelude::*};

use crate::scrub::base32;

/// Characters of a secret that must never be seen together.
const FRAGMENT: usize = 16;

/// Whether `output` shows any 16 characters of `secret`, plain or in a usual encoding. Works by encoding every
/// fragment and searching for it.
pub fn exposes(output: &[u8], secret: &str) -> bool {
    let whole = secret.as_bytes();
    let output = output.to_ascii_lowercase();
    let without_nul: Vec<u8> = output.iter().copied().filter(|&b| b != 0).collect();
    let shows = |text: &[u8]| {
        let text = text.to_ascii_lowercase();
        !text.is_empty()
            && [&output, &without_nul]
                .iter()
                .any(|o| memchr::memmem::find(o, &text).is_some())
    };
    let fragments = whole.windows(FRAGMENT.min(whole.len()));
    fragments.into_iter().any(|fragment| {
        let each = |write: &dyn Fn(u8) -> String| fragment.iter().map(|&b| write(b)).collect::<String>();
        let list = |separator: &str, write: &dyn Fn(u8) -> String| {
            fragment
                .iter()
                .map(|&b| write(b))
                .collect::<Vec<_>>()
                .join(separator)
        };
        let simple = [
            String::from_utf8_lossy(fragment).into_owned(),
            each(&|b| format!("{b:02x}")),
            each(&|b| format!("%{b:02x}")),
            each(&|b| format!("%25{b:02x}")),
            each(&|b| format!("\\u{b:04x}")),
            each(&|b| format!("\\x{b:02x}")),
            each(&|b| format!("\\{b:03o}")),
            each(&|b| format!("&#{b};")),
            each(&|b| format!("&#x{b:x};")),
            each(&|b| format!("={b:02x}")),
            list(" ", &|b| format!("{b:02x}")),
            list(":", &|b| format!("{b:02x}")),
            list(",", &|b| b.to_string()),
            list(", ", &|b| b.to_string()),
            list(", ", &|b| format!("{b:#x}")),
            list(",", &|b| format!("\"{}\"", b as char)),
            list(", ", &|b| format!("\"{}\"", b as char)),
        ];
        let shifted = |offset: usize| [&b"aaaa"[..offset], fragment].concat();
        let base64 = (0..3).flat_map(|offset| {
            let text = BASE64_STANDARD_NO_PAD.encode(shifted(offset)).into_bytes();
            let inner = text[(offset * 8_usize).div_ceil(6)..(offset + fragment.len()) * 8 / 6].to_vec();
            let url = inner
                .iter()
                .map(|&b| {
                    if b == b'+' {
                        b'-'
                    } else if b == b'/' {
                        b'_'
                    } else {
                        b
                    }
                })
                .collect();
            [inner, url]
        });
        let base32 = (0..5).map(|offset| {
            base32(&shifted(offset))[(offset * 8).div_ceil(5)..(offset + fragment.len()) * 8 / 5].to_vec()
        });
        simple.iter().any(|text| shows(text.as_bytes())) || base64.chain(base32).any(|text| shows(&text))
    })
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
        assert!(!exposes(b"nothing to see here, nothing at all", secret));
    }
}
