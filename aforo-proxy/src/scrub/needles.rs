//! Finding a secret in any of its literal forms: a q-gram index.
//!
//! Each form of the secret is cut into overlapping grams of eight bytes. A text is then probed at every eighth
//! byte only: a stretch of at least fifteen bytes of any form must contain one aligned gram. A probe that
//! hits is extended both ways, and counts if enough of the secret lies bare. This finds cut-off echoes as
//! well as whole ones, is built in microseconds for every call (so nothing is cached beyond it), and reads a
//! text faster than an automaton would.

use std::ops::Range;

use base64::{Engine, prelude::*};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

const GRAM: usize = 8;
/// How much of a secret, in its own characters, may never be seen.
pub(super) const FRAGMENT: usize = 16;
const BUCKETS: usize = 4096;
const EMPTY: u32 = u32::MAX;

/// What our own keys look like: whose ever they are, they are removed (R8).
const TOKEN_PREFIXES: [&[u8]; 2] = [b"sk_live_", b"sk_test_"];
const TOKEN_LENGTH: usize = 48;

/// One literal form of a secret, in lower case: comparison folds ASCII case.
struct Form {
    text: Vec<u8>,
    /// A stretch of this many bytes shows [`FRAGMENT`] characters of the secret.
    least: usize,
}

struct Gram {
    key: u64,
    form: u32,
    position: u32,
    next: u32,
}

/// The literal forms of some secrets. Wiped when dropped; has no `Debug`.
pub(super) struct Needles {
    forms: Vec<Form>,
    grams: Vec<Gram>,
    buckets: Vec<u32>,
}

impl Drop for Needles {
    fn drop(&mut self) {
        for form in &mut self.forms {
            form.text.zeroize();
        }
        for gram in &mut self.grams {
            gram.key.zeroize();
        }
    }
}

impl Needles {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut needles = Self {
            forms: Vec::new(),
            grams: Vec::new(),
            buckets: vec![EMPTY; BUCKETS],
        };
        for secret in secrets {
            needles.add_forms(secret);
        }
        needles.index();
        needles
    }

    fn add_forms(&mut self, secret: &[u8]) {
        let whole = secret.len().min(FRAGMENT);
        let mut units = |write: &dyn Fn(u8, &mut Vec<u8>)| {
            let mut text = Vec::with_capacity(secret.len() * 8);
            let mut ends = vec![0];
            for &byte in secret {
                write(byte, &mut text);
                ends.push(text.len());
            }
            // The shortest stretch that shows enough.
            let least = ends
                .windows(whole + 1)
                .map(|w| w[whole] - w[0])
                .min()
                .unwrap_or(text.len());
            self.add(text, least);
        };
        units(&|b, out| out.push(b));
        units(&|b, out| push_hex(out, b"", b, b""));
        units(&|b, out| push_hex(out, b"%", b, b""));
        units(&|b, out| push_hex(out, b"\\x", b, b""));
        units(&|b, out| push_hex(out, b"\\u00", b, b""));
        units(&|b, out| push_hex(out, b"&#x", b, b";"));
        units(&|b, out| out.extend_from_slice(format!("&#{b};").as_bytes()));
        units(&|b, out| out.extend_from_slice(&[b, 0]));
        units(&|b, out| out.extend_from_slice(&[0, b]));
        // What the usual encoders do: escape only what needs it.
        units(&|b, out| match b {
            _ if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => out.push(b),
            _ => push_hex(out, b"%", b, b""),
        });
        units(&|b, out| match b {
            b'"' | b'\\' | b'/' => out.extend_from_slice(&[b'\\', b]),
            _ => out.push(b),
        });
        units(&|b, out| match b {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            _ => out.push(b),
        });
        // Base64 and base32 of a text that holds the secret: where it starts modulo the group decides the
        // letters, and the first and last ones mix with what stands around.
        for offset in 0..3 {
            for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
                let padded = Zeroizing::new([&[0; 2][..offset], secret].concat());
                let mut text = engine.encode(&*padded).into_bytes();
                let first = (offset * 8).div_ceil(6);
                let last = (padded.len() * 8) / 6;
                let inner = text[first..last.max(first)].to_vec();
                text.zeroize();
                self.add(inner, whole * 8 / 6 - 1);
            }
        }
        for offset in 0..5 {
            let padded = Zeroizing::new([&[0; 4][..offset], secret].concat());
            let mut text = base32(&padded);
            let inner = text[(offset * 8).div_ceil(5)..(padded.len() * 8) / 5].to_vec();
            text.zeroize();
            self.add(inner, whole * 8 / 5 - 1);
        }
        let hash = Sha256::digest(secret);
        let hex = hash.iter().fold(Vec::new(), |mut out, &b| {
            push_hex(&mut out, b"", b, b"");
            out
        });
        self.add(hex, 32);
        self.add(BASE64_STANDARD_NO_PAD.encode(hash).into_bytes(), 22);
        self.add(BASE64_URL_SAFE_NO_PAD.encode(hash).into_bytes(), 22);
    }

    fn add(&mut self, mut text: Vec<u8>, least: usize) {
        text.make_ascii_lowercase();
        if self.forms.iter().any(|form| form.text == text) {
            text.zeroize();
        } else {
            let least = least.clamp(2 * GRAM - 1, text.len().max(2 * GRAM - 1));
            self.forms.push(Form { text, least });
        }
    }

    fn index(&mut self) {
        // One allocation, so that growing leaves no copy behind.
        self.grams
            .reserve_exact(self.forms.iter().map(|form| form.text.len()).sum());
        for (number, form) in self.forms.iter().enumerate() {
            for position in 0..form.text.len() {
                let Some(key) = key_at(&form.text, position) else {
                    break;
                };
                let bucket = &mut self.buckets[bucket_of(key)];
                // Secrets are bounded, so these numbers stay below 2^17.
                let index = self.grams.len() as u32;
                self.grams.push(Gram {
                    key,
                    form: number as u32,
                    position: position as u32,
                    next: *bucket,
                });
                *bucket = index;
            }
        }
    }

    /// Adds to `found` where the text, in lower case, shows a secret or a key of ours. Ranges may overlap.
    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let mut at = 0;
        while let Some(key) = key_at(text, at) {
            let mut next = self.buckets[bucket_of(key)];
            let mut step = at + GRAM;
            while let Some(gram) = self.grams.get(next as usize) {
                next = gram.next;
                if gram.key == key {
                    let form = &self.forms[gram.form as usize];
                    let hit = extend(text, at, &form.text, gram.position as usize);
                    if hit.len() >= form.least {
                        step = step.max((hit.end + 1).saturating_sub(GRAM));
                        found.push(hit);
                    }
                }
            }
            at = step;
        }
        for prefix in TOKEN_PREFIXES {
            for start in memchr::memmem::find_iter(text, prefix) {
                if token_at(&text[start..]) {
                    found.push(start..start + TOKEN_LENGTH);
                }
            }
        }
    }

    /// How many bytes at the end of the text, in lower case, could be the beginning of something to remove.
    pub(super) fn undecided(&self, text: &[u8]) -> usize {
        let mut longest = 0;
        for form in &self.forms {
            for end in 1..form.text.len() {
                if form.text[end - 1] == *text.last().unwrap_or(&b'\n') {
                    longest = longest.max(common_suffix(text, &form.text[..end]));
                }
            }
        }
        let earliest = text.len().saturating_sub(TOKEN_LENGTH - 1);
        let token = (earliest..text.len()).find(|&start| begins_token(&text[start..]));
        longest.max(token.map_or(0, |start| text.len() - start))
    }
}

/// The whole stretch that text and form share around a common gram.
fn extend(text: &[u8], at: usize, form: &[u8], position: usize) -> Range<usize> {
    let before = common_suffix(&text[..at], &form[..position]);
    let after = text[at..]
        .iter()
        .zip(&form[position..])
        .take_while(|(a, b)| a == b)
        .count();
    at - before..at + after
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    a.iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count()
}

fn token_at(text: &[u8]) -> bool {
    text.get(8..TOKEN_LENGTH)
        .is_some_and(|body| body.iter().all(u8::is_ascii_alphanumeric))
}

/// Whether a key of ours could start here and go on past the end.
fn begins_token(text: &[u8]) -> bool {
    TOKEN_PREFIXES.iter().any(|prefix| {
        let head = text.len().min(prefix.len());
        text[..head] == prefix[..head] && text[head..].iter().all(u8::is_ascii_alphanumeric)
    })
}

fn key_at(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?
        .first_chunk::<GRAM>()
        .map(|gram| u64::from_le_bytes(*gram))
}

fn bucket_of(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize
}

fn push_hex(out: &mut Vec<u8>, before: &[u8], byte: u8, after: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(before);
    out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    out.extend_from_slice(after);
}

/// RFC 4648 base32 without padding.
pub(crate) fn base32(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = Vec::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut bits, mut held) = (0_u32, 0);
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            out.push(ALPHABET[(bits >> held & 31) as usize]);
        }
    }
    if held > 0 {
        out.push(ALPHABET[(bits << (5 - held) & 31) as usize]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_of_known_values() {
        for (plain, want) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), want.as_bytes());
        }
    }

    #[test]
    fn any_sixteen_characters_are_found_wherever_they_stand() {
        let secret = b"q8Zk3LmNp0RtVx5YbC7dEf2GhJ4sWu6A";
        let needles = Needles::new([&secret[..]]);
        for start in 0..=secret.len() - FRAGMENT {
            for pad in 0..20 {
                let text = [&vec![b'.'; pad], &secret[start..start + FRAGMENT], b"...."].concat();
                let mut found = Vec::new();
                needles.find(&text.to_ascii_lowercase(), &mut found);
                assert_eq!(found, [pad..pad + FRAGMENT], "{start} {pad}");
                let fifteen = [&vec![b'.'; pad], &secret[start..start + FRAGMENT - 1], b"...."].concat();
                found.clear();
                needles.find(&fifteen.to_ascii_lowercase(), &mut found);
                assert!(found.is_empty());
            }
        }
    }
}
