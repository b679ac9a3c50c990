//! Paths that every server between here and the operation reads alike (P2, P4).

/// Longest path that is accepted, in bytes as it was written.
pub const MAX_PATH: usize = 2048;

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Over [`MAX_PATH`] bytes.
    #[error("the path is longer than 2,048 bytes")]
    TooLong,
    /// It does not start with exactly one `/`: an absolute URL, an authority, a relative path.
    #[error("the path must start with one slash")]
    NotRooted,
    /// `?` or `#`, which end a path.
    #[error("the path must not hold '?' or '#'")]
    Delimiter,
    /// A slash, backslash or semicolon in disguise, or a backslash or semicolon at all.
    #[error("the path must not hold a backslash, a semicolon, or an encoded slash")]
    Separator,
    /// A control character, an invisible character, or one that looks like `.`, `/`, `\` or `%`.
    #[error("the path holds a character that is not allowed")]
    Character,
    /// `%` without two hexadecimal digits, encoded twice, or bytes that are not UTF-8.
    #[error("the path is not properly percent-encoded")]
    Encoding,
    /// `.` or `..`, in any spelling.
    #[error("the path must not hold dot segments")]
    DotSegment,
    /// `//`.
    #[error("the path must not hold empty segments")]
    EmptySegment,
}

/// The path in the one form that is sent: unreserved characters plain, everything that came encoded still
/// encoded (`%2B` stays `%2B`, another name than `+` for some servers), everything else encoded.
///
/// # Errors
/// What makes two servers read the path differently; nothing is repaired. See [`PathError`].
pub fn clean_path(raw: &str) -> Result<String, PathError> {
    if raw.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    if !raw.starts_with('/') || raw.starts_with("//") {
        return Err(PathError::NotRooted);
    }
    let mut clean = String::with_capacity(raw.len());
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            match byte {
                b'?' | b'#' => return Err(PathError::Delimiter),
                b'\\' | b';' => return Err(PathError::Separator),
                0..=0x1f | 0x7f => return Err(PathError::Character),
                b'/' => clean.push('/'),
                _ if is_path_char(byte) => clean.push(byte as char),
                _ => push_encoded(&mut clean, byte),
            }
            decoded.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else {
            return Err(PathError::Encoding);
        };
        let value = hex(high)
            .zip(hex(low))
            .map(|(h, l)| h * 16 + l)
            .ok_or(PathError::Encoding)?;
        match value {
            b'/' | b'\\' | b';' => return Err(PathError::Separator),
            0..=0x1f | 0x7f => return Err(PathError::Character),
            _ if is_unreserved(value) => clean.push(value as char),
            _ => clean.extend(['%', high as char, low as char]),
        }
        decoded.push(value);
    }
    // Strict UTF-8: overlong forms fall here.
    check_decoded(std::str::from_utf8(&decoded).map_err(|_| PathError::Encoding)?)?;
    Ok(clean)
}

/// What the path says once its escapes are undone.
fn check_decoded(decoded: &str) -> Result<(), PathError> {
    if decoded.chars().any(is_look_alike) {
        return Err(PathError::Character);
    }
    let bytes = decoded.as_bytes();
    if bytes
        .windows(3)
        .any(|w| w[0] == b'%' && hex(w[1]).is_some() && hex(w[2]).is_some())
    {
        return Err(PathError::Encoding);
    }
    let mut segments = decoded[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if segment.is_empty() && !last {
            return Err(PathError::EmptySegment);
        }
        let bare = segment.trim();
        if !segment.is_empty() && bare.bytes().all(|b| b == b'.') {
            // Also "...", ". " and " ": some file systems drop final dots and spaces.
            return Err(PathError::DotSegment);
        }
    }
    Ok(())
}

/// Characters that Unicode normalisation or a lenient decoder turns into `.`, `/`, `\`, `%`, `;` and the
/// like, or that it drops.
fn is_look_alike(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{37e}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2024}'..='\u{2026}' | '\u{2028}'..='\u{202e}' | '\u{2044}' | '\u{2060}'..='\u{206f}'
        | '\u{2215}' | '\u{2216}' | '\u{29f5}' | '\u{29f8}' | '\u{29f9}' | '\u{3002}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe19}' | '\u{fe30}' | '\u{fe52}' | '\u{fe54}' | '\u{fe5f}' | '\u{fe68}'
        | '\u{fe6a}' | '\u{feff}' | '\u{ff01}'..='\u{ff5e}' | '\u{ff61}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32 & 0xfffe) == 0xfffe
}

pub(crate) fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|d| d as u8)
}

pub(crate) fn push_encoded(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.extend([
        '%',
        DIGITS[usize::from(byte >> 4)] as char,
        DIGITS[usize::from(byte & 15)] as char,
    ]);
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 `pchar` without `%` and `;`.
fn is_path_char(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_came() {
        for (raw, want) in [
            ("/", "/"),
            ("/pets", "/pets"),
            ("/pets/", "/pets/"),
            ("/pets/a%2Bb", "/pets/a%2Bb"),
            ("/pets/a+b", "/pets/a+b"),
            ("/pets/a%2bb", "/pets/a%2bb"),
            ("/pets/%41%7e%2D%5F", "/pets/A~-_"),
            ("/pets/a%20b", "/pets/a%20b"),
            ("/pets/a b", "/pets/a%20b"),
            ("/pets/caf%C3%A9", "/pets/caf%C3%A9"),
            ("/pets/café", "/pets/caf%C3%A9"),
            ("/pets/{id}|\"<>^`[]", "/pets/%7Bid%7D%7C%22%3C%3E%5E%60%5B%5D"),
            ("/a:b@c!$&'()*,=", "/a:b@c!$&'()*,="),
            ("/v1.2/a..b/.well-known/x.json", "/v1.2/a..b/.well-known/x.json"),
            ("/a%3Fb%23c", "/a%3Fb%23c"),
            ("/100%25", "/100%25"),
            ("/100%25x", "/100%25x"),
            ("/%E2%82%AC", "/%E2%82%AC"),
            ("/日本", "/%E6%97%A5%E6%9C%AC"),
        ] {
            assert_eq!(clean_path(raw).as_deref(), Ok(want), "{raw}");
        }
    }

    #[test]
    fn what_two_servers_could_read_differently_is_refused() {
        use PathError::*;
        for (raw, want) in [
            ("", NotRooted),
            ("pets", NotRooted),
            ("*", NotRooted),
            ("//evil.test/x", NotRooted),
            ("https://evil.test/x", NotRooted),
            ("@evil.test", NotRooted),
            ("/a?b", Delimiter),
            ("/a#b", Delimiter),
            ("/a%2fb", Separator),
            ("/a%2Fb", Separator),
            ("/a%5cb", Separator),
            ("/a\\b", Separator),
            ("/a;b=c", Separator),
            ("/a%3Bb", Separator),
            ("/..;/admin", Separator),
            ("/a%00", Character),
            ("/a%0d%0aX: y", Character),
            ("/a\r\nX: y", Character),
            ("/a%7f", Character),
            ("/a\t", Character),
            ("/a%", Encoding),
            ("/a%4", Encoding),
            ("/a%zz", Encoding),
            ("/a%+1", Encoding),
            ("/a%252e%252e", Encoding),
            ("/a%252fb", Encoding),
            ("/a%25%32%66b", Encoding),
            ("/a%2%35", Encoding),
            ("/a%c0%ae", Encoding),
            ("/a%c0%af", Encoding),
            ("/a%e0%80%af", Encoding),
            ("/a%ff", Encoding),
            ("/a%ed%a0%80", Encoding),
            ("/.", DotSegment),
            ("/..", DotSegment),
            ("/a/../b", DotSegment),
            ("/a/./b", DotSegment),
            ("/a/%2e%2e/b", DotSegment),
            ("/a/.%2E/b", DotSegment),
            ("/a/%2e", DotSegment),
            ("/a/..%20/b", DotSegment),
            ("/a/%20/b", DotSegment),
            ("/a/.../b", DotSegment),
            ("/a//b", EmptySegment),
            ("/a//", EmptySegment),
            ("/a/．．/b", Character),
            ("/a/%EF%BC%8E%EF%BC%8E/b", Character),
            ("/a\u{ff0f}b", Character),
            ("/a\u{2215}b", Character),
            ("/a\u{2024}\u{2024}/b", Character),
            ("/a/.\u{200b}./b", Character),
            ("/a\u{ff05}2fb", Character),
            ("/a\u{feff}", Character),
        ] {
            assert_eq!(clean_path(raw), Err(want), "{raw:?}");
        }
        assert_eq!(
            clean_path(&format!("/{}", "a".repeat(MAX_PATH - 1))).map(|p| p.len()),
            Ok(MAX_PATH)
        );
        assert_eq!(clean_path(&format!("/{}", "a".repeat(MAX_PATH))), Err(TooLong));
    }

    proptest::proptest! {
        /// Cleaning is stable, and the URL library reads back exactly what is sent.
        #[test]
        fn clean_paths_are_a_fixed_point(raw in "/([a-zA-Z0-9.~%/+; é\\\\]|%[0-9a-fA-F]{2}){0,40}") {
            if let Ok(clean) = clean_path(&raw) {
                let again = clean_path(&clean);
                proptest::prop_assert_eq!(again.as_deref(), Ok(clean.as_str()));
                let url = url::Url::parse(&format!("https://a.example.com{clean}")).unwrap();
                proptest::prop_assert_eq!(url.path(), clean.as_str());
                proptest::prop_assert!(clean.split('/').all(|segment| segment != "." && segment != ".."));
            }
        }
        #[test]
        fn no_text_panics(raw in "\\PC{0,80}") {
            let _ = clean_path(&raw);
            let _ = clean_path(&format!("/{raw}"));
        }
    }
}
