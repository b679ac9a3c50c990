//! Where forms may lead on to: pages of this console, and nothing else.

use url::form_urlencoded;

use crate::pages::Urls;

/// Longer addresses are none of ours.
const LONGEST: usize = 2048;

/// `to`, if it is a path of this console that every browser reads the same way.
pub(super) fn local<'t>(urls: &Urls, to: &'t str) -> Option<&'t str> {
    let rest = to.strip_prefix(urls.prefix())?;
    let inside =
        rest.starts_with('/') || (!urls.prefix().is_empty() && (rest.is_empty() || rest.starts_with('?')));
    // Browsers drop tabs and line ends, and take a backslash for a slash.
    let plain = to.len() <= LONGEST && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let path = to.split(['?', '#']).next().unwrap_or("");
    // `//host` is another site, and `..` may leave the mount.
    let stays = !path.contains("//") && !path.split('/').any(is_dots);
    (inside && plain && stays).then_some(to)
}

/// Where to go after signing in: `next`, unless it leads to another site or in a circle.
pub(super) fn after_sign_in(urls: &Urls, next: &str) -> Option<String> {
    let mut next = next.to_owned();
    for _ in 0..4 {
        local(urls, &next)?;
        let (path, query) = next.split_once('?').unwrap_or((&next, ""));
        if path != urls.sign_in() && path != urls.sign_up() {
            return Some(next);
        }
        let inner = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "next")?
            .1
            .into_owned();
        next = inner;
    }
    None
}

/// `.` and `..` in any spelling.
fn is_dots(segment: &str) -> bool {
    matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_pages_of_this_console() {
        let urls = Urls::new("/d");
        for good in [
            "/d",
            "/d/",
            "/d/keys",
            "/d/keys?after=key_1&x=%2F%2Fy",
            "/d?x",
            "/d/reference/a/b%2Fc#try",
        ] {
            assert_eq!(local(&urls, good), Some(good));
        }
        let long = format!("/d/{}", "a".repeat(LONGEST));
        for bad in [
            "",
            "/",
            "/dx",
            "/keys",
            "//evil.test",
            "//evil.test/d/",
            "https://evil.test/d/",
            "/d/../admin",
            "/d/%2e%2E/admin",
            "/d/./keys",
            "/d//evil.test",
            "/d/\\evil.test",
            "\\/d/",
            "/\t/d/",
            "/d/\n",
            "/d/ä",
            " /d/",
            "javascript:alert(1)",
            "/d/a b",
            &long,
        ] {
            assert_eq!(local(&urls, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn at_the_root_too() {
        let urls = Urls::new("");
        assert_eq!(local(&urls, "/keys?x=1"), Some("/keys?x=1"));
        for bad in [
            "",
            "?x",
            "//evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "https://evil.test",
            "evil",
            "/a//b",
        ] {
            assert_eq!(local(&urls, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn signing_in_does_not_lead_in_a_circle() {
        let urls = Urls::new("/d");
        let to = |next: &str| after_sign_in(&urls, next);
        assert_eq!(to("/d/keys").as_deref(), Some("/d/keys"));
        assert_eq!(to("/d/sign-in"), None);
        assert_eq!(
            to(&urls.sign_in_then("/d/keys?a=b")).as_deref(),
            Some("/d/keys?a=b")
        );
        assert_eq!(to(&urls.sign_up_then("https://evil.test")), None);
        let deep = (0..9).fold("/d/keys".to_owned(), |next, _| urls.sign_in_then(&next));
        assert_eq!(to(&deep), None);
    }

    proptest! {
        /// Whatever is let through, a browser resolves it to the same origin and below the prefix.
        #[test]
        fn what_is_local_stays(to in "[/\\\\.%2eEdk?#:a@\t -]{0,14}", prefix in prop::sample::select(vec!["", "/d"])) {
            let urls = Urls::new(prefix);
            if local(&urls, &to).is_some() {
                let base = url::Url::parse("https://dev.acme.test/d/keys").unwrap();
                let joined = base.join(&to).unwrap();
                prop_assert_eq!(joined.origin(), base.origin());
                let below = format!("{prefix}/");
                prop_assert!(joined.path() == prefix || joined.path().starts_with(&below));
            }
        }
    }
}
