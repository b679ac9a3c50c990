//! One page of the guides, and what its parts may be.

use std::{fmt, str::FromStr};

use aforo_core::{PageId, ProductId, TenantId, Timestamp, domain::user::UnknownWord};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::error::DocsError;

/// Levels of the tree: a page at the root is on level 1 (DOCS-7, C21).
pub const MAX_LEVELS: usize = 3;
/// Pages that are not deleted, of one tenant.
pub const MAX_PAGES: usize = 5_000;
/// Characters of a title.
pub const MAX_TITLE: usize = 200;
/// Characters of a slug.
pub const MAX_SLUG: usize = 80;
/// Bytes of a page's text.
pub const MAX_BODY: usize = 256 * 1024;
/// Characters of a note, of whoever writes one.
pub const MAX_NOTE: usize = 500;

/// Parts of an address that the console needs for itself.
const RESERVED: [&str; 3] = ["images", "suggest", "feedback"];

/// Whether readers may see a page. They do see it if the pages above it are published as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageStatus {
    /// Only authors see it.
    Draft,
    /// One of its versions is published; a later one may be in the works.
    Published,
}

impl PageStatus {
    /// The word that storage and the API use.
    pub const fn as_str(self) -> &'static str {
        match self {
            PageStatus::Draft => "draft",
            PageStatus::Published => "published",
        }
    }
}
impl fmt::Display for PageStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for PageStatus {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "draft" => Ok(PageStatus::Draft),
            "published" => Ok(PageStatus::Published),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// A page, without its text: that is in its versions (C22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocPage {
    /// Its id.
    pub id: PageId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The product it is about, if it is about one.
    pub product: Option<ProductId>,
    /// The page above it; `None` at the root.
    pub parent: Option<PageId>,
    /// The title of the latest version; in the readers' tree, of the published one.
    pub title: String,
    /// Its part of the address, likewise.
    pub slug: String,
    /// Its place among its siblings, counted from 0 without gaps.
    pub sort_order: i64,
    /// Whether a version is published.
    pub status: PageStatus,
    /// The number of the latest version.
    pub latest_version: u32,
    /// The number of the published version.
    pub published_version: Option<u32>,
    /// Title and slug of the published version.
    pub published: Option<PublishedName>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its latest version was saved.
    pub updated_at: Timestamp,
    /// When its published version was published.
    pub published_at: Option<Timestamp>,
    /// Set if it is deleted, and can still be brought back.
    pub deleted: Option<Deletion>,
}

/// What readers see of a page's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedName {
    /// Title of the published version.
    pub title: String,
    /// Slug of the published version.
    pub slug: String,
}

/// When and with what a page was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When.
    pub at: Timestamp,
    /// The page that was deleted, with this one below it; or this one itself. Bringing it back brings all back.
    pub root: PageId,
}

/// Checks a title and returns it without the space around it.
pub(crate) fn title(text: &str) -> Result<String, DocsError> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > MAX_TITLE || text.chars().any(char::is_control) {
        let reason = format!("Enter a title of 1 to {MAX_TITLE} characters on one line.");
        return Err(DocsError::Invalid {
            field: "title",
            reason,
        });
    }
    Ok(text.to_owned())
}

/// Checks a slug that somebody chose.
pub(crate) fn slug(text: &str) -> Result<String, DocsError> {
    let invalid = |reason: String| {
        Err(DocsError::Invalid {
            field: "slug",
            reason,
        })
    };
    let well_formed = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if text.is_empty()
        || text.len() > MAX_SLUG
        || !well_formed
        || text.starts_with('-')
        || text.ends_with('-')
    {
        return invalid(format!(
            "Use 1 to {MAX_SLUG} lower-case letters, digits and hyphens, without a hyphen at either end."
        ));
    }
    if RESERVED.contains(&text) {
        return invalid(format!(
            "The console itself uses the address “{text}”. Choose another."
        ));
    }
    Ok(text.to_owned())
}

/// Checks a text. Line ends become `\n`, as Markdown counts them.
pub(crate) fn body(text: &str) -> Result<String, DocsError> {
    let invalid = |reason: String| {
        Err(DocsError::Invalid {
            field: "body",
            reason,
        })
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.len() > MAX_BODY {
        return invalid(format!(
            "The text has {} KiB; a page has at most {}. Divide it into several pages.",
            text.len().div_ceil(1024),
            MAX_BODY / 1024
        ));
    }
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        return invalid(format!(
            "Line {line} has a NUL character, which cannot be stored. Remove it."
        ));
    }
    Ok(text)
}

/// Checks a note. Empty is fine.
pub(crate) fn note(field: &'static str, text: &str, max: usize) -> Result<String, DocsError> {
    let text = text.trim();
    if text.chars().count() > max || text.contains('\0') {
        let reason = format!("Enter at most {max} characters.");
        return Err(DocsError::Invalid { field, reason });
    }
    Ok(text.to_owned())
}

/// The slug that a title stands for: `Über die Schlüssel (neu)` becomes `uber-die-schlussel-neu`. Letters that
/// have no Latin base are left out; a title of nothing else gives `page`.
pub fn slug_of(title: &str) -> String {
    let mut slug = String::new();
    let folded = title
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase);
    for c in folded {
        let part: &str = match c {
            'ß' => "ss",
            'æ' => "ae",
            'ø' => "o",
            'đ' => "d",
            'ł' => "l",
            'œ' => "oe",
            // An apostrophe is within a word.
            '\'' | '’' => "",
            c if c.is_ascii_alphanumeric() => {
                slug.push(c);
                ""
            }
            _ if slug.is_empty() || slug.ends_with('-') => "",
            _ => "-",
        };
        slug.push_str(part);
    }
    // Only ASCII was pushed, so that bytes are characters.
    slug.truncate(MAX_SLUG);
    let slug = slug.trim_end_matches('-');
    match slug {
        "" => "page".to_owned(),
        reserved if RESERVED.contains(&reserved) => format!("{reserved}-page"),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_of_titles() {
        for (title, expected) in [
            ("Getting started", "getting-started"),
            ("Über die Schlüssel (neu)", "uber-die-schlussel-neu"),
            ("What's new in 2.0?", "whats-new-in-2-0"),
            ("Straße & Łódź", "strasse-lodz"),
            ("日本語", "page"),
            ("---", "page"),
            ("Images", "images-page"),
            ("ﬁrst ½", "first-1-2"),
        ] {
            assert_eq!(slug_of(title), expected);
        }
    }

    #[test]
    fn texts_that_cannot_be_stored_say_where() {
        let Err(DocsError::Invalid { field, reason }) = body("one\r\ntwo\r\n\0") else {
            panic!("a NUL was taken");
        };
        assert_eq!(field, "body");
        assert!(reason.starts_with("Line 3 "), "{reason}");
        assert_eq!(body("a\r\nb\rc").unwrap(), "a\nb\nc");
        assert!(body(&"x".repeat(MAX_BODY)).is_ok());
        assert!(body(&"x".repeat(MAX_BODY + 1)).is_err());
    }

    #[test]
    fn refused_slugs() {
        for bad in [
            "",
            "-a",
            "a-",
            "A",
            "a b",
            "ä",
            "a/b",
            ".",
            "..",
            "a.md",
            "images",
            "suggest",
            &"a".repeat(81),
        ] {
            assert!(slug(bad).is_err(), "{bad}");
        }
        for good in ["a", "0", "a-b", "image", &"a".repeat(80)] {
            assert!(slug(good).is_ok(), "{good}");
        }
    }

    proptest! {
        /// Whatever a page is called, it gets an address.
        #[test]
        fn every_title_has_a_slug(title in "\\PC{0,300}") {
            let made = slug_of(&title);
            prop_assert!(slug(&made).is_ok(), "{made:?}");
        }
    }
}
