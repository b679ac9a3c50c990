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
    clean_path_with(raw, &[])
}

/// The same, for a path that may hold these path parameters in matrix style: each is the very text, such as
/// `;colour=blue`, that the document's style made of a value, and stands only where it was put. A semicolon
/// that is not part of one of them is refused, as is one that came encoded.
///
/// Servers that know matrix parameters cut them off before they look at a segment, others keep them; what is
/// left must be no dot segment in either reading.
///
/// # Errors
/// Those of [`clean_path`].
pub fn clean_path_with(raw: &str, matrix: &[String]) -> Result<String, PathError> {
    if raw.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    if !raw.starts_with('/') || raw.starts_with("//") {
        return Err(PathError::NotRooted);
    }
    let mut clean = String::with_capacity(raw.len());
    let mut decoded = Vec::with_capacity(raw.len());
    // What is left for a server that cuts matrix parameters off.
    let mut cut = Vec::with_capacity(raw.len());
    let mut matrix_end = 0;
    let mut bytes = raw.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == b';' && at >= matrix_end {
            let here = &raw.as_bytes()[at..];
            let longest = matrix
                .iter()
                .filter(|m| is_matrix(m) && here.starts_with(m.as_bytes()));
            let length = longest.map(String::len).max().ok_or(PathError::Separator)?;
            matrix_end = at + length;
        }
        let in_matrix = at < matrix_end;
        if byte != b'%' {
            match byte {
                b';' if in_matrix => clean.push(';'),
                b'?' | b'#' => return Err(PathError::Delimiter),
                b'\\' | b';' => return Err(PathError::Separator),
                0..=0x1f | 0x7f => return Err(PathError::Character),
                b'/' => clean.push('/'),
                _ if is_path_char(byte) => clean.push(byte as char),
                _ => push_encoded(&mut clean, byte),
            }
            decoded.push(byte);
            if !in_matrix {
                cut.push(byte);
            }
            continue;
        }
        let (Some((_, high)), Some((_, low))) = (bytes.next(), bytes.next()) else {
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
        if !in_matrix {
            cut.push(value);
        }
    }
    // Strict UTF-8: overlong forms fall here.
    check_decoded(std::str::from_utf8(&decoded).map_err(|_| PathError::Encoding)?)?;
    // A parameter between the bytes of one character would join what was apart.
    let cut = std::str::from_utf8(&cut).map_err(|_| PathError::Encoding)?;
    if cut.split('/').any(is_dots) {
        return Err(PathError::DotSegment);
    }
    Ok(clean)
}

/// `;name=value`, once or several times: names and values of unreserved and encoded characters, values with the
/// commas that the style puts between the items of a list.
fn is_matrix(text: &str) -> bool {
    let part = |text: &str, more: &[u8]| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| is_unreserved(b) || b == b'%' || more.contains(&b))
    };
    let pair = |pair: &str| {
        pair.split_once('=')
            .is_some_and(|(name, value)| part(name, b"") && (value.is_empty() || part(value, b",")))
    };
    text.strip_prefix(';')
        .is_some_and(|pairs| pairs.split(';').all(pair))
}

/// Also "...", ". " and " ": some file systems drop final dots and spaces.
fn is_dots(segment: &str) -> bool {
    !segment.is_empty() && segment.trim().bytes().all(|b| b == b'.')
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
        if is_dots(segment) {
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

    #[test]
    fn matrix_parameters_stand_where_the_document_puts_them() {
        use PathError::*;
        for (raw, matrix, want) in [
            ("/cars/;id=5", &[";id=5"][..], Ok("/cars/;id=5")),
            ("/cars/;id=5/wheels", &[";id=5"], Ok("/cars/;id=5/wheels")),
            ("/cars;id=3,4,5", &[";id=3,4,5"], Ok("/cars;id=3,4,5")),
            ("/x;id=3;id=4", &[";id=3;id=4"], Ok("/x;id=3;id=4")),
            (
                "/x;R=1;G=2/y;z=a%20b",
                &[";R=1;G=2", ";z=a%20b"],
                Ok("/x;R=1;G=2/y;z=a%20b"),
            ),
            ("/x;id=", &[";id="], Ok("/x;id=")),
            // The longest one counts.
            ("/x;id=5;v=2", &[";id=5", ";id=5;v=2"], Ok("/x;id=5;v=2")),
            // Not what was made of the value, or more of it.
            ("/x;id=6", &[";id=5"], Err(Separator)),
            ("/x;id=5;jsessionid=1", &[";id=5"], Err(Separator)),
            ("/x;", &[";id=5"], Err(Separator)),
            ("/x;id=5", &[], Err(Separator)),
            ("/x;id=5", &[";"], Err(Separator)),
            ("/x;id", &[";id"], Err(Separator)),
            ("/x;=5", &[";=5"], Err(Separator)),
            ("/x;a=b=c", &[";a=b=c"], Err(Separator)),
            ("/x;a=b/c", &[";a=b/c"], Err(Separator)),
            ("/x;a=b?c", &[";a=b?c"], Err(Separator)),
            // Encoded separators and controls stay refused within a value.
            ("/x;a=b%3Bc", &[";a=b%3Bc"], Err(Separator)),
            ("/x;a=b%2Fc", &[";a=b%2Fc"], Err(Separator)),
            ("/x;a=b%5Cc", &[";a=b%5Cc"], Err(Separator)),
            ("/x;a=%00", &[";a=%00"], Err(Character)),
            ("/x;a=%252e", &[";a=%252e"], Err(Encoding)),
            ("/x;a=%zz", &[";a=%zz"], Err(Encoding)),
            // Dots that a server sees once it has cut the parameter off.
            ("/..;a=1/admin", &[";a=1"], Err(DotSegment)),
            ("/.;a=1./admin", &[";a=1"], Err(DotSegment)),
            ("/%2e%2e;a=1/admin", &[";a=1"], Err(DotSegment)),
        ] {
            let matrix: Vec<String> = matrix.iter().map(|m| (*m).to_owned()).collect();
            assert_eq!(clean_path_with(raw, &matrix), want.map(str::to_owned), "{raw}");
        }
    }

    proptest::proptest! {
        /// Whatever is typed and whatever the document allows: a semicolon that goes out is one of a parameter
        /// in matrix style, and without them the path obeys the rules for all other paths.
        #[test]
        fn no_other_semicolon_passes(
            raw in "/([a-c.;=,%/]|;id=5|;a=b%20c|%3[bB]|%2[eEfF]){0,12}",
            matrix in proptest::collection::vec("(;id=5|;a=b%20c|;a=|;|;x|;;a=b|;a=b;id=5|;../x=1|;a=/)", 0..3),
        ) {
            if let Ok(clean) = clean_path_with(&raw, &matrix) {
                let mut rest = clean.as_str();
                let mut without = String::new();
                while let Some(at) = rest.find(';') {
                    without.push_str(&rest[..at]);
                    let fits = |m: &&String| is_matrix(m) && rest[at..].starts_with(m.as_str());
                    let longest = matrix.iter().filter(fits).map(String::len).max();
                    proptest::prop_assert!(longest.is_some(), "{clean} of {raw}");
                    rest = &rest[at + longest.unwrap_or(1)..];
                }
                without.push_str(rest);
                // Only the empty segment that a parameter stands in alone is new.
                let error = clean_path(&without).err();
                proptest::prop_assert!(matches!(error, None | Some(PathError::EmptySegment | PathError::NotRooted)), "{without}: {error:?}");
                proptest::prop_assert!(!without.split('/').any(is_dots));
                let url = url::Url::parse(&format!("https://a.example.com{clean}")).unwrap();
                proptest::prop_assert_eq!(url.path(), clean.as_str());
            }
        }
        /// With nothing allowed the rule is the one for plain paths.
        #[test]
        fn nothing_is_allowed_by_itself(raw in "/([a-c.;=%/]|;id=5){0,12}") {
            proptest::prop_assert_eq!(clean_path_with(&raw, &[]), clean_path(&raw));
            if raw.contains(';') {
                proptest::prop_assert!(clean_path(&raw).is_err());
            }
        }
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
