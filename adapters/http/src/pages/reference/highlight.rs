//! Colours for code: strings, numbers, comments, key words. Only ever wraps escaped text in `<span>`.

use maud::{Markup, html};

const WORDS: &[&str] = &[
    "await", "class", "const", "curl", "def", "defer", "end", "err", "false", "for", "from", "func", "fetch",
    "function", "if", "import", "int", "let", "new", "nil", "none", "null", "package", "print", "public",
    "require", "return", "static", "string", "true", "try", "using", "var", "void", "None", "True", "False",
];

/// Code in any of the sample languages.
pub(super) fn code(text: &str) -> Markup {
    html! { @for (class, part) in split(text) {
        @match class { Some(class) => span class=(class) { (part) }, None => (part) }
    } }
}

/// A JSON text; keys differ from other strings.
pub(super) fn json(text: &str) -> Markup {
    let parts = split(text);
    html! { @for (i, (class, part)) in parts.iter().enumerate() {
        @let key = *class == Some("s") && parts.get(i + 1).is_some_and(|(_, next)| next.trim_start().starts_with(':'));
        @match class { Some(class) => span class=(if key { "k" } else { class }) { (part) }, None => (part) }
    } }
}

/// The text cut into parts with their classes; the parts in order are the text.
fn split(text: &str) -> Vec<(Option<&'static str>, &str)> {
    let bytes = text.as_bytes();
    let (mut parts, mut plain, mut at) = (Vec::new(), 0, 0);
    while let Some(&byte) = bytes.get(at) {
        let after_word = at > 0 && bytes.get(at - 1).is_some_and(|b| is_word(*b));
        let (class, end) = match byte {
            b'"' | b'\'' => (Some("s"), end_of_string(bytes, at)),
            b'#' if at == 0 || bytes.get(at - 1) == Some(&b'\n') => (Some("c"), end_of_line(bytes, at)),
            b'/' if bytes.get(at + 1) == Some(&b'/') && bytes.get(at.wrapping_sub(1)) != Some(&b':') => {
                (Some("c"), end_of_line(bytes, at))
            }
            b'0'..=b'9' if !after_word => (Some("n"), end_of(bytes, at, |b| is_word(b) || b == b'.')),
            byte if is_word(byte) && !after_word => {
                let end = end_of(bytes, at, is_word);
                (
                    text.get(at..end).filter(|word| WORDS.contains(word)).map(|_| "w"),
                    end,
                )
            }
            _ => (None, at + 1),
        };
        if let (Some(class), Some(before), Some(part)) = (class, text.get(plain..at), text.get(at..end)) {
            if !before.is_empty() {
                parts.push((None, before));
            }
            parts.push((Some(class), part));
            plain = end;
        }
        at = end;
    }
    if let Some(rest) = text.get(plain..).filter(|rest| !rest.is_empty()) {
        parts.push((None, rest));
    }
    parts
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

fn end_of(bytes: &[u8], from: usize, inside: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .skip(from)
        .position(|b| !inside(*b))
        .map_or(bytes.len(), |n| from + n)
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    end_of(bytes, from, |b| b != b'\n')
}

/// After the closing quote; a string that does not close ends with the text (shell bodies span lines).
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let quote = bytes.get(from).copied();
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if Some(byte) == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_markup_stays_text() {
        for text in [
            "",
            "é\"ü\\",
            "a 'b\" \"c' <img onerror=x>",
            "// x\n\"y\"",
            "\"\\",
            "https://a/b",
            "x1 12e3é",
        ] {
            assert_eq!(
                split(text).iter().map(|(_, part)| *part).collect::<String>(),
                text
            );
        }
        assert!(!code("\"<img onerror=x>\"").into_string().contains("<img"));
    }

    #[test]
    fn json_keys_differ_from_strings() {
        let html = json("{\"a\": \"b\", \"c\" : 1}").into_string();
        assert!(
            html.contains("<span class=\"k\">&quot;a&quot;</span>: <span class=\"s\">&quot;b&quot;</span>"),
            "{html}"
        );
        assert!(
            html.contains("<span class=\"k\">&quot;c&quot;</span> : <span class=\"n\">1</span>"),
            "{html}"
        );
    }
}
