//! CommonMark from people we do not trust, as HTML that is safe in our pages.
//!
//! Two walls: raw HTML never leaves the Markdown parser, and what the parser writes passes an allow-list.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Markdown longer than this is cut. Longer texts belong on a page of their own.
const MAX_BYTES: usize = 512 * 1024;

/// Renders CommonMark with tables, strikethrough, task lists and footnotes.
///
/// Raw HTML is shown as text; links go to `http`, `https` and `mailto` addresses, to relative ones or to an anchor,
/// and carry `rel="nofollow noopener"`; images come from `https` only; headings begin at `h2` and get anchors that
/// begin with `user-`, so that neither a page's own `h1` nor its ids are taken over.
pub fn to_safe_html(markdown: &str) -> String {
    let markdown = cut(markdown);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let events = Parser::new_ext(markdown, options).map(escape_html);
    let events = with_anchors(flatten(events));
    let mut unsafe_html = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut unsafe_html, events.into_iter());
    SANITISER.clean(&unsafe_html).to_string()
}

/// As [`to_safe_html`], for one line: the paragraph around it is taken off.
pub fn to_safe_inline_html(markdown: &str) -> String {
    let html = to_safe_html(markdown);
    let trimmed = html.trim();
    match trimmed
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"))
    {
        Some(inner) if !inner.contains("<p>") => inner.to_owned(),
        _ => html,
    }
}

fn cut(markdown: &str) -> &str {
    let mut end = markdown.len().min(MAX_BYTES);
    while !markdown.is_char_boundary(end) {
        end -= 1;
    }
    markdown.get(..end).unwrap_or_default()
}

fn escape_html(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::Heading {
            level,
            classes,
            attrs,
            ..
        }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes,
            attrs,
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        // A raw block has become text, which wants a paragraph around it.
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        other => other,
    }
}

/// How deep quotes, lists and emphasis may nest. The sanitiser's tree takes quadratic time in the depth.
const MAX_NESTING: usize = 40;

/// Leaves out what would nest deeper than that, and keeps its content.
fn flatten<'m>(events: impl Iterator<Item = Event<'m>>) -> Vec<Event<'m>> {
    let mut depth = 0_usize;
    let mut kept = Vec::new();
    for event in events {
        match &event {
            Event::Start(_) => {
                depth += 1;
                if depth > MAX_NESTING {
                    continue;
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth >= MAX_NESTING {
                    continue;
                }
            }
            _ => {}
        }
        kept.push(event);
    }
    kept
}

/// One level down: the page has its own `h1`.
fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// Gives every heading an id made from its text, unique on the page.
fn with_anchors(mut events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut taken = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut start = None;
    let mut text = String::new();
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { .. }) => {
                start = Some(at);
                text.clear();
            }
            Event::Text(part) | Event::Code(part) if start.is_some() => text.push_str(part),
            Event::End(TagEnd::Heading(_)) => {
                let Some(start) = start.take() else { continue };
                let base = slug(&text);
                let mut name = base.clone();
                let number = numbers.entry(base.clone()).or_insert(2_usize);
                while !taken.insert(name.clone()) {
                    name = format!("{base}-{number}");
                    *number += 1;
                }
                if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(start) {
                    *id = Some(CowStr::from(name));
                }
            }
            _ => {}
        }
    }
    events
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(80) {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "section".to_owned()
    } else {
        slug.to_owned()
    }
}

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "input",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        "div",
        "span",
    ];
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(tags.into())
        .clean_content_tags(["script", "style", "svg", "math", "template", "noscript", "iframe"].into())
        .tag_attributes(
            [
                ("a", ["href", "title"].into()),
                ("img", ["src", "alt", "title"].into()),
                ("ol", ["start"].into()),
                ("code", ["class"].into()),
                ("input", ["checked", "disabled"].into()),
                ("h2", ["id"].into()),
                ("h3", ["id"].into()),
                ("h4", ["id"].into()),
                ("h5", ["id"].into()),
                ("h6", ["id"].into()),
                ("div", ["id"].into()),
            ]
            .into(),
        )
        .tag_attribute_values([("input", [("type", ["checkbox"].into())].into())].into())
        .allowed_classes(
            [
                ("sup", ["footnote-reference", "footnote-definition-label"].into()),
                ("div", ["footnote-definition"].into()),
            ]
            .into(),
        )
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .attribute_filter(attribute)
        .id_prefix(Some("user-"))
        .link_rel(Some("nofollow noopener"))
        .strip_comments(true);
    builder
});

/// Anchors follow the prefix of the ids; images come from https only; no address begins with `//` or a backslash,
/// which leave the site without looking like it.
fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<std::borrow::Cow<'v, str>> {
    match (element, name) {
        ("a", "href") => {
            if let Some(anchor) = value.strip_prefix('#') {
                return Some(format!("#user-{}", anchor.trim_start_matches("user-")).into());
            }
            is_harmless(value).then(|| value.into())
        }
        ("img", "src") => value
            .get(..8)
            .is_some_and(|s| s.eq_ignore_ascii_case("https://"))
            .then(|| value.into()),
        // The language of a code block, for the highlighter.
        ("code", "class") => {
            let language = value.strip_prefix("language-")?;
            let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
            (language.len() <= 40 && language.chars().all(sound)).then(|| value.into())
        }
        _ => Some(value.into()),
    }
}

/// A relative address on this site, or one with a scheme that we know. Browsers drop tabs and line breaks, and read
/// backslashes as slashes.
fn is_harmless(address: &str) -> bool {
    let seen: String = address
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    let seen = seen.replace('\\', "/");
    let head = seen.split(['/', '?', '#']).next().unwrap_or_default();
    match head.split_once(':') {
        Some((scheme, _)) => ["http", "https", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known)),
        None => !seen.starts_with("//"),
    }
}
