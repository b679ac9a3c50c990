//! The allow-list that all HTML passes on its way into a page.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use super::{callout, embed, highlight};

/// What ids begin with, so that a text can neither take the ids of the page around it nor shadow what scripts look up.
pub const ID_PREFIX: &str = "user-";

/// Lets through what the pages know.
pub(super) fn clean(html: &str, nofollow: bool) -> String {
    let builder = if nofollow { &STRANGERS } else { &OURS };
    builder.clean(&in_parts(html)).to_string()
}

/// Up to how much text is one node while it is cleaned.
const MAX_NODE: usize = 1024;

/// Cuts long texts with comments, which the allow-list drops. The serialiser searches the rest of a text anew at each
/// ampersand and at each character such as `©`, so that its work grows with the square of a node.
fn in_parts(html: &str) -> Cow<'_, str> {
    let (mut cut, mut done) = (String::new(), 0);
    // Where the text began; `None` inside of a tag.
    let mut text = Some(0);
    for (at, byte) in html.bytes().enumerate() {
        match (byte, text) {
            (b'<', _) => text = None,
            (b'>', _) => text = Some(at + 1),
            (b'&' | 0xC2, Some(began)) if at - began >= MAX_NODE => {
                cut.push_str(html.get(done..at).unwrap_or_default());
                cut.push_str("<!---->");
                (done, text) = (at, Some(at));
            }
            _ => {}
        }
    }
    if done == 0 {
        return html.into();
    }
    cut.push_str(html.get(done..).unwrap_or_default());
    cut.into()
}

static OURS: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| builder("noopener"));
static STRANGERS: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| builder("nofollow noopener"));

const TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Tags whose content is no text.
const NO_TEXT: &[&str] = &[
    "script", "style", "svg", "math", "template", "noscript", "iframe", "title", "textarea", "xmp",
];

fn builder(rel: &'static str) -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(NO_TEXT.iter().copied().collect())
        .generic_attributes(["id"].into())
        .tag_attributes(
            [
                ("a", ["href", "title", "aria-label"].into()),
                ("abbr", ["title"].into()),
                ("code", ["class"].into()),
                ("details", ["open"].into()),
                ("img", ["src", "alt", "title", "width", "height"].into()),
                ("input", ["checked", "disabled", "aria-label"].into()),
                ("ol", ["start"].into()),
                ("td", ["colspan", "rowspan"].into()),
                ("th", ["colspan", "rowspan"].into()),
            ]
            .into(),
        )
        .tag_attribute_values(
            [
                ("input", [("type", ["checkbox"].into())].into()),
                ("img", [("loading", ["lazy"].into())].into()),
                ("pre", [("tabindex", ["0"].into())].into()),
                (
                    "div",
                    [("tabindex", ["0"].into()), ("role", ["note"].into())].into(),
                ),
                ("td", [("align", ["left", "center", "right"].into())].into()),
                ("th", [("align", ["left", "center", "right"].into())].into()),
            ]
            .into(),
        )
        .allowed_classes(
            [
                ("a", ["anchor", "fn-back"].into()),
                ("div", classes(&[callout::CLASSES, embed::CLASSES, &["tablew"]])),
                ("figure", ["snippet"].into()),
                ("li", ["task"].into()),
                ("ol", ["steps"].into()),
                ("p", ["callout-l"].into()),
                ("section", ["footnotes"].into()),
                ("span", classes(&[highlight::CLASSES, embed::BADGES])),
                ("sup", ["fn"].into()),
            ]
            .into(),
        )
        .url_schemes(SCHEMES.iter().copied().collect())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .attribute_filter(attribute)
        .id_prefix(Some(ID_PREFIX))
        .link_rel(Some(rel))
        .strip_comments(true);
    builder
}

fn classes(lists: &[&[&'static str]]) -> HashSet<&'static str> {
    lists.iter().flat_map(|list| list.iter().copied()).collect()
}

const SCHEMES: &[&str] = &["http", "https", "mailto", "tel"];

/// Anchors follow the prefix of the ids; images are those that the console keeps; no address begins with `//` or a backslash,
/// which leave the site without looking like it.
fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match (element, name) {
        ("a", "href") => {
            if let Some(anchor) = value.strip_prefix('#') {
                if anchor.is_empty() || anchor.starts_with(ID_PREFIX) {
                    return Some(value.into());
                }
                return Some(format!("#{ID_PREFIX}{anchor}").into());
            }
            is_harmless(value).then(|| value.into())
        }
        ("img", "src") => is_our_image(value).then(|| value.into()),
        ("img", "width" | "height") | (_, "colspan" | "rowspan") => {
            let sound = value.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit());
            sound.then(|| value.into())
        }
        // The language of a code block.
        ("code", "class") => {
            let language = value.strip_prefix("language-")?;
            let sound = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
            (language.len() <= 40 && language.chars().all(sound)).then(|| value.into())
        }
        _ => Some(value.into()),
    }
}

/// As browsers read it: they drop tabs and line breaks, and take backslashes for slashes.
fn as_read(address: &str) -> String {
    address
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .map(|c| if c == '\\' { '/' } else { c })
        .collect()
}

fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    scheme.chars().all(sound).then_some(scheme)
}

/// A relative address on this site, or one with a scheme that we know.
pub(super) fn is_harmless(address: &str) -> bool {
    let seen = as_read(address);
    match scheme(&seen) {
        Some(scheme) => SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)),
        None => !seen.starts_with("//"),
    }
}

/// An image that the console keeps, wherever it is mounted: `…/docs/images/` and the hash of the image, written as the
/// console writes it, so that it leads nowhere else however a browser or a proxy reads it.
pub(super) fn is_our_image(address: &str) -> bool {
    let Some((mount, hash)) = address.rsplit_once(IMAGES) else {
        return false;
    };
    let sound = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        !part.is_empty() && part.bytes().all(plain) && part.bytes().any(|b| b != b'.')
    };
    let mounted = match mount.strip_prefix('/') {
        Some(path) => path.split('/').all(sound),
        None => mount.is_empty(),
    };
    mounted && hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What the path of an image has before its hash.
const IMAGES: &str = "/docs/images/";
