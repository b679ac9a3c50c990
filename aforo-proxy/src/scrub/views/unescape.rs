//! Escapes undone: each function returns the text without one kind of escape, or `None` if it has none.

use super::View;

/// Undoes one kind of escape.
type Undo = fn(&[u8]) -> Option<View>;

pub(super) const ALL: [Undo; 5] = [percent, backslash, entity, without_nul, quoted_printable];

/// What an escape stands for, and how long it is. `None` stands for nothing.
type Escape = (Option<u8>, usize);

/// Copies a text, replacing what `undo` recognises at each `mark`.
fn rewrite(text: &[u8], mark: u8, undo: impl Fn(&[u8]) -> Option<Escape>) -> Option<View> {
    let mut marks = memchr::memchr_iter(mark, text);
    let first = marks.find(|&at| undo(&text[at..]).is_some())?;
    let mut view = View::new(text.len());
    let mut copied = 0;
    let mut at = first;
    loop {
        if let Some((byte, length)) = undo(&text[at..]) {
            view.bytes.extend_from_slice(&text[copied..at]);
            view.map.extend(copied as u32..at as u32);
            if let Some(byte) = byte {
                view.push(byte, at);
            }
            copied = at + length;
        }
        let from = copied.max(at + 1);
        match text.get(from..).and_then(|rest| memchr::memchr(mark, rest)) {
            Some(next) => at = from + next,
            None => break,
        }
    }
    view.bytes.extend_from_slice(&text[copied..]);
    view.map.extend(copied as u32..text.len() as u32);
    view.end(text.len());
    Some(view)
}

/// Up to `most` hexadecimal digits, at least `least`: their value, and how many.
fn hex(text: &[u8], least: usize, most: usize) -> Option<(u32, usize)> {
    let digits = text.iter().take(most).map_while(|&b| (b as char).to_digit(16));
    let (value, count) = digits.fold((0_u32, 0), |(value, count), d| (value << 4 | d, count + 1));
    (count >= least).then_some((value, count))
}

/// A secret is ASCII; any other character only has to be something else.
fn byte(code: u32) -> Option<u8> {
    Some(u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(0xff))
}

fn percent(text: &[u8]) -> Option<View> {
    rewrite(text, b'%', |rest| match rest.get(1) {
        Some(b'u' | b'U') => hex(&rest[2..], 4, 4).map(|(code, _)| (byte(code), 6)),
        _ => hex(rest.get(1..)?, 2, 2).map(|(code, _)| (Some(code as u8), 3)),
    })
}

/// JavaScript, JSON, C and shell.
fn backslash(text: &[u8]) -> Option<View> {
    rewrite(text, b'\\', |rest| match *rest.get(1)? {
        b'u' if rest.get(2) == Some(&b'{') => {
            let (code, count) = hex(&rest[3..], 1, 8)?;
            (rest.get(3 + count) == Some(&b'}')).then_some((byte(code), count + 4))
        }
        b'u' => hex(&rest[2..], 4, 4).map(|(code, _)| (byte(code), 6)),
        b'U' => hex(&rest[2..], 8, 8).map(|(code, _)| (byte(code), 10)),
        b'x' => hex(&rest[2..], 1, 2).map(|(code, count)| (byte(code), 2 + count)),
        b'n' => Some((Some(b'\n'), 2)),
        b'r' => Some((Some(b'\r'), 2)),
        b't' => Some((Some(b'\t'), 2)),
        b'\n' => Some((None, 2)),
        b'0'..=b'7' => {
            let digits = rest[1..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(b));
            let (code, count) = digits.fold((0, 0), |(code, n), b| (code * 8 + u32::from(b - b'0'), n + 1));
            Some((byte(code), 1 + count))
        }
        other => Some((Some(other), 2)),
    })
}

/// HTML and XML.
fn entity(text: &[u8]) -> Option<View> {
    rewrite(text, b'&', |rest| {
        if rest.get(1) != Some(&b'#') {
            const NAMED: &[(&[u8], u8)] = &[
                (b"&amp;", b'&'),
                (b"&lt;", b'<'),
                (b"&gt;", b'>'),
                (b"&quot;", b'"'),
                (b"&apos;", b'\''),
                (b"&lowbar;", b'_'),
                (b"&UnderBar;", b'_'),
                (b"&plus;", b'+'),
                (b"&sol;", b'/'),
                (b"&equals;", b'='),
                (b"&period;", b'.'),
                (b"&colon;", b':'),
                (b"&percnt;", b'%'),
                (b"&bsol;", b'\\'),
                (b"&NewLine;", b'\n'),
                (b"&shy;", 0xff),
                (b"&ZeroWidthSpace;", 0xff),
            ];
            let (name, byte) = NAMED.iter().find(|(name, _)| rest.starts_with(name))?;
            return Some((Some(*byte).filter(|byte| *byte != 0xff), name.len()));
        }
        let (code, digits, start) = match rest.get(2)? {
            b'x' | b'X' => {
                let (code, count) = hex(&rest[3..], 1, 8)?;
                (code, count, 3)
            }
            _ => {
                let digits = rest[2..].iter().take(10).take_while(|b| b.is_ascii_digit());
                let add = |(code, count): (u32, usize), b: &u8| {
                    (
                        code.saturating_mul(10).saturating_add(u32::from(b - b'0')),
                        count + 1,
                    )
                };
                let (code, count) = digits.fold((0, 0), add);
                (code, count, 2)
            }
        };
        let length = start + digits + usize::from(rest.get(start + digits) == Some(&b';'));
        (digits > 0).then(|| (byte(code), length))
    })
}

/// UTF-16 and UTF-32 of ASCII.
fn without_nul(text: &[u8]) -> Option<View> {
    rewrite(text, 0, |_| Some((None, 1)))
}

/// RFC 2045.
fn quoted_printable(text: &[u8]) -> Option<View> {
    rewrite(text, b'=', |rest| match rest {
        [_, b'\n', ..] => Some((None, 2)),
        [_, b'\r', b'\n', ..] => Some((None, 3)),
        _ => hex(rest.get(1..)?, 2, 2).map(|(code, _)| (Some(code as u8), 3)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(view: Option<View>) -> Option<String> {
        view.map(|view| {
            assert_eq!(view.map.len(), view.bytes.len() + 1);
            assert!(view.map.is_sorted());
            String::from_utf8_lossy(&view.bytes).into_owned()
        })
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(text(percent(b"a%73%6Bb%")).as_deref(), Some("askb%"));
        assert_eq!(text(percent(b"%u0073%zz")).as_deref(), Some("s%zz"));
        assert_eq!(text(percent(b"100%")), None);
        assert_eq!(
            text(backslash(br#"\u0073\x6b\137\u{6c}\/\"\U00000069"#)).as_deref(),
            Some("sk_l/\"i")
        );
        assert_eq!(
            text(entity(b"&#115;&#x6b&#0095;&lowbar;l&amp;&nope;")).as_deref(),
            Some("sk__l&&nope;")
        );
        assert_eq!(text(without_nul(b"s\0k\0")).as_deref(), Some("sk"));
        assert_eq!(
            text(quoted_printable(b"s=6B=\r\n_=5F=zz")).as_deref(),
            Some("sk__=zz")
        );
        assert_eq!(text(backslash(b"plain")), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_maps_onto_itself(bytes in "[%\\\\&#;=0-9a-fux\\{\\}\r\n\u{0}]{0,40}") {
            for undo in ALL {
                if let Some(view) = undo(bytes.as_bytes()) {
                    proptest::prop_assert_eq!(view.map.len(), view.bytes.len() + 1);
                    proptest::prop_assert!(view.map.is_sorted());
                    proptest::prop_assert_eq!(*view.map.last().unwrap() as usize, bytes.len());
                }
            }
        }
    }
}
