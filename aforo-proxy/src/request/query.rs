//! Query strings and cookies.

use percent_encoding::percent_decode_str;

use super::{
    RequestError,
    path::{hex, push_encoded},
};

/// Longest query that is accepted, in bytes as it was written.
pub const MAX_QUERY: usize = 8 * 1024;

/// The query in the form that is sent. What came encoded stays so; what the URL standard would encode is
/// encoded here, so that what is checked is what goes out.
pub(super) fn clean_query(raw: &str) -> Result<String, RequestError> {
    if raw.len() > MAX_QUERY {
        return Err(RequestError::QueryTooLong);
    }
    let bytes = raw.as_bytes();
    let mut clean = String::with_capacity(raw.len());
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'%' => {
                let digit = |offset| bytes.get(index + offset).copied().and_then(hex);
                match digit(1).zip(digit(2)) {
                    None | Some((0, 0)) => return Err(RequestError::Query),
                    Some(_) => clean.push('%'),
                }
            }
            0..=0x1f | 0x7f | b'#' => return Err(RequestError::Query),
            b' ' | b'"' | b'<' | b'>' | b'\'' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
                push_encoded(&mut clean, byte);
            }
            _ => clean.push(byte as char),
        }
    }
    Ok(clean)
}

/// The query without the pairs of this name, and whether there were any.
pub(crate) fn without(query: &str, name: &str) -> (String, bool) {
    let same = |pair: &&str| {
        let key = pair.split('=').next().unwrap_or_default().replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8_lossy().into_owned();
        // `name[]` and `name[0]` reach the same variable in some frameworks.
        let stem = key.split('[').next().unwrap_or_default();
        !stem.trim().eq_ignore_ascii_case(name) && !key.eq_ignore_ascii_case(name)
    };
    // Some servers split at `;` as well, so the comparison does too.
    let mut found = false;
    let kept = query.split('&').filter(|pair| {
        let keep = pair.split(';').all(|part| same(&part));
        found |= !keep;
        keep
    });
    (kept.collect::<Vec<_>>().join("&"), found)
}

/// Names are tokens; values hold no separator.
pub(super) fn check_cookie(name: &str, value: &str) -> Result<(), RequestError> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let octet = |b: u8| (0x21..=0x7e).contains(&b) && !b"\",;\\".contains(&b);
    if name.is_empty()
        || name.len() + value.len() > 4096
        || !name.bytes().all(token)
        || !value.bytes().all(octet)
    {
        return Err(RequestError::Cookie);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_keep_their_encoding() {
        for (raw, want) in [
            ("a=b&c=%2B", "a=b&c=%2B"),
            ("a=+&b=%20", "a=+&b=%20"),
            ("a='x'", "a=%27x%27"),
            ("a=é|{}", "a=%C3%A9%7C%7B%7D"),
            ("a=x%0Ay", "a=x%0Ay"),
            ("a[]=1&b=?/:@", "a[]=1&b=?/:@"),
        ] {
            assert_eq!(clean_query(raw).unwrap(), want);
            let url = url::Url::parse(&format!("https://x.example.com/?{want}")).unwrap();
            assert_eq!(url.query(), Some(want));
        }
        for bad in [
            "a=%",
            "a=%0",
            "a=%zz",
            "a=%00",
            "a#b",
            "a=\r\n",
            "a=\0",
            &"a".repeat(MAX_QUERY + 1),
        ] {
            assert!(clean_query(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_found_in_every_spelling() {
        for query in [
            "api_key=x",
            "API_KEY=x",
            "api%5Fkey=x",
            "%61pi_key=x",
            "api_key",
            "api_key[]=x",
            "z;api_key=x",
        ] {
            assert_eq!(
                without(&format!("a=1&{query}&b=2"), "api_key"),
                ("a=1&b=2".into(), true),
                "{query}"
            );
        }
        assert_eq!(without("a=1&b=2", "api_key"), ("a=1&b=2".into(), false));
    }
}
