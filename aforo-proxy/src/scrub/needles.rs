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
/// All forms of a secret take at most this many bytes for each of its own.
const ROOM: usize = 64;

/// What our own keys look like: whose ever they are, they are removed (R8).
const TOKEN_PREFIXES: [&[u8]; 2] = [b"sk_live_", b"sk_test_"];
const TOKEN_LENGTH: usize = 48;

/// The literal forms of some secrets, in lower case since comparison folds ASCII case. Wiped when dropped; has
/// no `Debug`.
pub(super) struct Needles {
    /// All forms, one after another.
    text: Vec<u8>,
    forms: Vec<Form>,
    /// The last place in `text` where a gram of this bucket begins, and the one before it.
    buckets: Vec<u32>,
    next: Vec<u32>,
}

struct Form {
    start: usize,
    end: usize,
    /// A stretch of this many bytes shows [`FRAGMENT`] characters of the secret.
    least: usize,
}

impl Drop for Needles {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl Needles {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]> + Clone) -> Self {
        // One allocation, so that growing leaves no copy behind.
        let room = secrets
            .clone()
            .into_iter()
            .map(|secret| secret.len() * ROOM + 1024)
            .sum();
        let mut needles = Self {
            text: Vec::with_capacity(room),
            forms: Vec::with_capacity(32),
            buckets: vec![EMPTY; BUCKETS],
            next: Vec::new(),
        };
        for secret in secrets {
            needles.add_forms(secret);
        }
        needles.index();
        needles
    }

    fn add_forms(&mut self, secret: &[u8]) {
        self.add_units(secret, |b, out| out.push(b));
        self.add_units(secret, |b, out| push_hex(out, b"", b, b""));
        self.add_units(secret, |b, out| push_hex(out, b"%", b, b""));
        self.add_units(secret, |b, out| push_hex(out, b"\\x", b, b""));
        self.add_units(secret, |b, out| push_hex(out, b"\\u00", b, b""));
        self.add_units(secret, |b, out| push_hex(out, b"&#x", b, b";"));
        self.add_units(secret, |b, out| {
            out.extend_from_slice(b"&#");
            for power in [100, 10, 1] {
                if b >= power {
                    out.push(b'0' + b / power % 10);
                }
            }
            out.push(b';');
        });
        // UTF-16 in either order: the one is the other, shifted by a byte.
        self.add_units(secret, |b, out| out.extend_from_slice(&[b, 0]));
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
        if !secret.iter().all(plain) {
            // What the usual encoders do: escape only what needs it.
            self.add_units(secret, |b, out| {
                if plain(&b) {
                    out.push(b)
                } else {
                    push_hex(out, b"%", b, b"")
                }
            });
            self.add_units(secret, |b, out| match b {
                b'"' | b'\\' | b'/' => out.extend_from_slice(&[b'\\', b]),
                _ => out.push(b),
            });
            self.add_units(secret, |b, out| match b {
                b'&' => out.extend_from_slice(b"&amp;"),
                b'<' => out.extend_from_slice(b"&lt;"),
                b'>' => out.extend_from_slice(b"&gt;"),
                b'"' => out.extend_from_slice(b"&quot;"),
                b'\'' => out.extend_from_slice(b"&#39;"),
                _ => out.push(b),
            });
        }
        // Base64 and base32 of a text that holds the secret: where it starts modulo the group decides the
        // letters, and the first and last ones mix with what stands around.
        let whole = secret.len().min(FRAGMENT);
        let mut padded = Zeroizing::new([&[0; 4], secret].concat());
        for offset in 0..3 {
            let padded = &padded[4 - offset..];
            let inner = (offset * 8).div_ceil(6)..padded.len() * 8 / 6;
            for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
                let text = Zeroizing::new(engine.encode(padded));
                self.add(&text.as_bytes()[inner.clone()], whole * 8 / 6 - 1);
            }
        }
        for offset in 0..5 {
            let padded = &padded[4 - offset..];
            let text = Zeroizing::new(base32(padded));
            self.add(
                &text[(offset * 8).div_ceil(5)..padded.len() * 8 / 5],
                whole * 8 / 5 - 1,
            );
        }
        padded.zeroize();
        let hash = Sha256::digest(secret);
        self.add_units(&hash, |b, out| push_hex(out, b"", b, b""));
        self.add(BASE64_STANDARD_NO_PAD.encode(hash).as_bytes(), 22);
        self.add(BASE64_URL_SAFE_NO_PAD.encode(hash).as_bytes(), 22);
    }

    /// Adds the form in which each byte is written by itself.
    fn add_units(&mut self, secret: &[u8], write: impl Fn(u8, &mut Vec<u8>)) {
        let whole = secret.len().min(FRAGMENT);
        let start = self.text.len();
        let mut ends = Vec::with_capacity(secret.len() + 1);
        ends.push(start);
        for &byte in secret {
            write(byte, &mut self.text);
            ends.push(self.text.len());
        }
        // The shortest stretch that shows enough.
        let least = ends
            .windows(whole + 1)
            .map(|w| w[whole] - w[0])
            .min()
            .unwrap_or(usize::MAX);
        self.close(start, least);
    }

    fn add(&mut self, form: &[u8], least: usize) {
        let start = self.text.len();
        self.text.extend_from_slice(form);
        self.close(start, least);
    }

    /// Makes a form of what was written last.
    fn close(&mut self, start: usize, least: usize) {
        self.text[start..].make_ascii_lowercase();
        let (before, form) = self.text.split_at(start);
        if self
            .forms
            .iter()
            .any(|other| before[other.start..other.end] == *form)
        {
            self.text[start..].zeroize();
            self.text.truncate(start);
            return;
        }
        let least = least.clamp(2 * GRAM - 1, form.len().max(2 * GRAM - 1));
        self.forms.push(Form {
            start,
            end: self.text.len(),
            least,
        });
    }

    fn index(&mut self) {
        self.next = vec![EMPTY; self.text.len()];
        for form in &self.forms {
            for at in form.start..=form.end.saturating_sub(GRAM) {
                let Some(key) = key_at(&self.text, at) else { break };
                // Secrets are bounded, so all forms together stay far below 2^32 bytes.
                let bucket = &mut self.buckets[bucket_of(key)];
                self.next[at] = std::mem::replace(bucket, at as u32);
            }
        }
    }

    /// Adds to `found` where the text, in lower case, shows a secret or a key of ours. Ranges may overlap.
    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let mut at = 0;
        while let Some(key) = key_at(text, at) {
            let mut place = self.buckets[bucket_of(key)];
            let mut step = at + GRAM;
            while place != EMPTY {
                let start = place as usize;
                place = self.next[start];
                if key_at(&self.text, start) != Some(key) {
                    continue;
                }
                let number = self.forms.partition_point(|form| form.end <= start);
                let Some(form) = self.forms.get(number) else {
                    continue;
                };
                let hit = extend(text, at, &self.text[form.start..form.end], start - form.start);
                if hit.len() >= form.least {
                    step = step.max((hit.end + 1).saturating_sub(GRAM));
                    found.push(hit);
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
        let Some(&last) = text.last() else { return 0 };
        for form in &self.forms {
            let form = &self.text[form.start..form.end];
            for end in memchr::memchr_iter(last, &form[..form.len().saturating_sub(1)]) {
                longest = longest.max(common_suffix(text, &form[..=end]));
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
                assert_eq!(
                    (found.len(), found[0].clone()),
                    (1, pad..pad + FRAGMENT),
                    "{start} {pad}"
                );
                let fifteen = [&vec![b'.'; pad], &secret[start..start + FRAGMENT - 1], b"...."].concat();
                found.clear();
                needles.find(&fifteen.to_ascii_lowercase(), &mut found);
                assert!(found.is_empty());
            }
        }
    }
}
