//! Stretches of base64, hexadecimal, base32, and lists of numbers or characters, decoded.

use super::View;

/// A decoder of long runs. `decode(text, offset)` reads every run from its `offset`-th digit on, since what
/// stands before a secret may belong to the same run.
pub(super) struct Decoder {
    pub(super) offsets: usize,
    bits: usize,
    least: usize,
    value: fn(u8) -> Option<u8>,
    gap: fn(&[u8], usize) -> bool,
}

/// Base64 in both alphabets, broken into lines; hexadecimal, also `73:6b`, `73 6b`; base32; lists.
pub(super) const ALL: [Decoder; 4] = [
    Decoder {
        offsets: 4,
        bits: 6,
        least: 20,
        value: base64,
        gap: line_break,
    },
    Decoder {
        offsets: 2,
        bits: 4,
        least: 32,
        value: hexadecimal,
        gap: one_separator,
    },
    Decoder {
        offsets: 8,
        bits: 5,
        least: 24,
        value: base32,
        gap: line_break,
    },
    Decoder {
        offsets: 1,
        bits: 8,
        least: 12,
        value: base64,
        gap: line_break,
    },
];

impl Decoder {
    /// `None` if the text has no run that is long enough.
    pub(super) fn decode(&self, text: &[u8], offset: usize) -> Option<View> {
        if self.bits == 8 {
            return lists(text, self.least);
        }
        let mut view = View::new(0);
        let mut digits: Vec<(u8, u32)> = Vec::new();
        let mut at = 0;
        while at < text.len() {
            // A run that is long enough covers the byte `least` places on; if that cannot be part of one,
            // everything up to it can be passed over.
            match text.get(at + self.least - 1) {
                None => break,
                Some(&b) if (self.value)(b).is_none() && !b"\r\n \t:-,.".contains(&b) => {
                    at += self.least;
                    continue;
                }
                Some(_) => {}
            }
            digits.clear();
            while at < text.len() {
                match (self.value)(text[at]) {
                    Some(value) => digits.push((value, at as u32)),
                    None if !digits.is_empty() && (self.gap)(text, at) => {}
                    None => break,
                }
                at += 1;
            }
            if digits.len() >= self.least + offset {
                self.append(&digits[offset..], &mut view);
            }
            at += 1;
        }
        if view.bytes.is_empty() {
            return None;
        }
        view.end(text.len());
        view.shared = true;
        Some(view)
    }

    /// Adds what a run says, as far as it reads as text.
    fn append(&self, digits: &[(u8, u32)], view: &mut View) {
        let mark = view.bytes.len();
        let mut stretch = mark;
        let (mut held, mut bits) = (0_u32, 0);
        for (number, &(value, _)) in digits.iter().enumerate() {
            held = held << self.bits | u32::from(value);
            bits += self.bits;
            if bits < 8 {
                continue;
            }
            bits -= 8;
            let byte = (held >> bits & 0xff) as u8;
            // The digit in which this byte begins.
            let first = ((number + 1) * self.bits - bits - 8) / self.bits;
            if is_textual(byte) {
                view.push(byte, digits[first].1 as usize);
            } else {
                stretch = close(view, stretch, digits[first].1 as usize);
            }
        }
        let end = digits.last().map_or(0, |&(_, at)| at as usize + 1);
        close(view, stretch, end);
    }
}

/// Ends a stretch of text: one that is too short to show anything is taken back. Returns where the next one
/// begins.
fn close(view: &mut View, stretch: usize, end: usize) -> usize {
    const LEAST: usize = 10;
    if view.bytes.len() - stretch < LEAST {
        view.bytes.truncate(stretch);
        view.map.truncate(stretch);
    } else {
        view.push(b'\n', end);
    }
    view.bytes.len()
}

fn is_textual(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7e)
}

/// What of a binary body reads as text.
pub(super) fn printable(body: &[u8]) -> View {
    let mut view = View::new(0);
    let mut stretch = 0;
    for (at, &byte) in body.iter().enumerate() {
        if is_textual(byte) {
            view.push(byte, at);
        } else if view.bytes.len() > stretch {
            stretch = close(&mut view, stretch, at);
        }
    }
    view.end(body.len());
    view
}

fn base64(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn hexadecimal(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

fn base32(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    })
}

/// A line end, or blanks that indent the next line.
fn line_break(text: &[u8], at: usize) -> bool {
    match text[at] {
        b'\r' | b'\n' => true,
        b' ' | b'\t' => {
            let before = text[..at]
                .iter()
                .rev()
                .take(64)
                .find(|b| !matches!(b, b' ' | b'\t'));
            matches!(before, Some(b'\r' | b'\n'))
        }
        _ => false,
    }
}

/// One separator between digits, or a line end.
fn one_separator(text: &[u8], at: usize) -> bool {
    let digit = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(|&b| hexadecimal(b).is_some() || b == b'\r' || b == b'\n')
    };
    match text[at] {
        b'\r' | b'\n' => true,
        b':' | b' ' | b'-' | b',' | b'.' => digit(at.checked_sub(1)) && digit(at.checked_add(1)),
        _ => false,
    }
}

/// Lists of character codes or of single characters: `[115,107]`, `0x73, 0x6b`, `["s","k"]`, `'s'+'k'`,
/// `{"0":115,"1":107}`.
fn lists(text: &[u8], least: usize) -> Option<View> {
    let mut view = View::new(0);
    let mut at = 0;
    while at < text.len() {
        let begins = matches!(text[at], b'0'..=b'9' | b'"' | b'\'')
            && (at == 0 || !text[at - 1].is_ascii_alphanumeric());
        if !begins {
            at += 1;
            continue;
        }
        let stretch = view.bytes.len();
        let mut end = at;
        let mut next = at;
        while let Some((byte, length)) = item(&text[next..]) {
            view.push(byte, next);
            end = next + length;
            let gap = text[end..]
                .iter()
                .take(16)
                .take_while(|b| b" \t\r\n,;+.|[]".contains(b))
                .count();
            next = end + gap;
            if gap == 0 {
                break;
            }
        }
        if view.bytes.len() - stretch < least {
            view.bytes.truncate(stretch);
            view.map.truncate(stretch);
        } else {
            view.push(b'\n', end);
        }
        at = end.max(at + 1);
    }
    if view.bytes.is_empty() {
        return None;
    }
    view.end(text.len());
    Some(view)
}

/// One item of a list, with its index if it has one: the byte it stands for, and its length.
fn item(text: &[u8]) -> Option<(u8, usize)> {
    let key = index(text).unwrap_or(0);
    let rest = &text[key..];
    let (byte, length) = match rest {
        [quote @ (b'"' | b'\''), c, close, ..] if quote == close => (*c, 3),
        [quote @ (b'"' | b'\''), inner @ ..] => {
            let (byte, length) = number(inner)?;
            (inner.get(length) == Some(quote)).then_some((byte, length + 2))?
        }
        _ => number(rest)?,
    };
    Some((byte, key + length))
}

/// The length of `"12":` or `12:` with blanks.
fn index(text: &[u8]) -> Option<usize> {
    let quote = usize::from(matches!(text.first(), Some(b'"' | b'\'')));
    let digits = text[quote..]
        .iter()
        .take(6)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let mut at = quote + digits;
    if digits == 0 || (quote == 1 && text.get(at) != text.first()) {
        return None;
    }
    at += quote;
    at += text[at..].iter().take(4).take_while(|b| **b == b' ').count();
    if text.get(at) != Some(&b':') {
        return None;
    }
    at += 1;
    Some(at + text[at..].iter().take(4).take_while(|b| **b == b' ').count())
}

fn number(text: &[u8]) -> Option<(u8, usize)> {
    if let [b'0', b'x' | b'X', high, rest @ ..] = text {
        let high = hexadecimal(*high)?;
        return match rest.first().copied().and_then(hexadecimal) {
            Some(low) => Some((high << 4 | low, 4)),
            None => Some((high, 3)),
        };
    }
    let digits = text.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let value = text[..digits]
        .iter()
        .fold(0_u32, |value, b| value * 10 + u32::from(b - b'0'));
    (digits > 0)
        .then(|| u8::try_from(value).ok().map(|value| (value, digits)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(decoder: usize, text: &str) -> Vec<String> {
        let decoder = &ALL[decoder];
        (0..decoder.offsets)
            .filter_map(|offset| decoder.decode(text.as_bytes(), offset))
            .map(|view| {
                assert_eq!(view.map.len(), view.bytes.len() + 1);
                assert!(view.map.is_sorted(), "{:?}", view.map);
                String::from_utf8(view.bytes).unwrap()
            })
            .collect()
    }

    #[test]
    fn runs_are_decoded_wherever_they_start() {
        let plain = "the quick brown fox jumps over";
        let base64 = "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVy";
        let hex = plain.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>();
        let found = |decoder, text: &str| decoded(decoder, text).iter().any(|d| d.contains(plain));
        for before in ["", "x", "xy", "xyz", "\"", "a/b/c/"] {
            assert!(found(0, &format!("{before}{base64}")), "{before}");
            assert!(found(
                1,
                &format!(
                    "{}{}",
                    before.replace(['x', 'y', 'z', 'b', 'c'], "a"),
                    hex.concat()
                )
            ));
        }
        assert!(
            found(0, &format!("{}\r\n  {}", &base64[..13], &base64[13..])),
            "broken into lines"
        );
        assert!(found(1, &hex.join(":")) && found(1, &hex.join(" ")) && found(1, &hex.join("\n")));
        let base32 = String::from_utf8(crate::scrub::base32(plain.as_bytes())).unwrap();
        assert!(found(2, &base32) && found(2, &format!("abc{}", base32.to_lowercase())));
    }

    #[test]
    fn lists_are_decoded() {
        let plain = "the quick brown fox";
        let list = |separator: &str, write: &dyn Fn(usize, u8) -> String| {
            let items = plain
                .bytes()
                .enumerate()
                .map(|(i, b)| write(i, b))
                .collect::<Vec<_>>();
            format!("[{}]", items.join(separator))
        };
        for text in [
            list(",", &|_, b| b.to_string()),
            list(", ", &|_, b| format!("{b:#x}")),
            list(",\n  ", &|_, b| format!("\"{}\"", b as char)),
            list(",", &|_, b| format!("'{b}'")),
            list(" + ", &|_, b| format!("'{}'", b as char)),
            list(",", &|i, b| format!("\"{i}\":{b}")),
            list(", ", &|i, b| format!("\"{i}\": \"{}\"", b as char)),
            list(" ", &|_, b| b.to_string()),
        ] {
            assert!(
                decoded(3, &text).iter().any(|d| d.contains(plain)),
                "{text}: {:?}",
                decoded(3, &text)
            );
        }
        for text in [
            "[1,2,3]",
            "[1000,2000,3000,1000,2000,3000,1000,2000,3000,1000,2000,3000,4000]",
        ] {
            assert!(decoded(3, text).is_empty());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-fA-Z0-9+/=\"',:x \r\n\\[\\]]{0,120}") {
            for decoder in &ALL {
                for offset in 0..decoder.offsets {
                    if let Some(view) = decoder.decode(text.as_bytes(), offset) {
                        proptest::prop_assert_eq!(view.map.len(), view.bytes.len() + 1);
                        proptest::prop_assert!(view.map.is_sorted());
                        proptest::prop_assert!(*view.map.last().unwrap() as usize <= text.len());
                    }
                }
            }
        }
    }
}
