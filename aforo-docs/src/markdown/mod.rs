//! CommonMark from people we do not trust, as HTML that is safe in our pages.
//!
//! Three walls: our writer escapes whatever it writes, and knows only a few tags of raw HTML, without classes or
//! handlers (`raw`); what it writes passes an allow-list (`sanitise`); and the pages' own policy runs no script
//! that is not ours.
//!
//! Beyond CommonMark: tables, strikethrough, task lists and footnotes as GitHub has them, `> [!NOTE]` callouts, titles
//! of code blocks, and links such as `[Create a key](operation:vault/createKey)` ([`embed`]). Each of them reads well
//! where only CommonMark is known.

pub mod callout;
pub mod code;
pub mod embed;
pub mod heading;
pub mod highlight;
mod raw;
mod sanitise;
mod write;

use pulldown_cmark::Parser;

pub use self::{
    embed::{EmbeddedField, EmbeddedOperation, EmbeddedSchema, Embeds, NoEmbeds},
    heading::Heading,
    highlight::highlight,
    sanitise::ID_PREFIX,
};

/// Markdown longer than this is cut: as long as a guide may be.
pub const MAX_BYTES: usize = crate::guide::page::MAX_BODY;

/// How fast people read, in words a minute.
const WORDS_PER_MINUTE: u32 = 200;

/// Where an address of a text leads, such as one that is relative to the folder of the text.
pub trait Links: Send + Sync {
    /// The address to write instead of `address`; `None` leaves it as it is. What comes back is checked like any other.
    fn resolve(&self, address: &str) -> Option<String>;
}

/// Addresses stay as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsWritten;

impl Links for AsWritten {
    fn resolve(&self, _: &str) -> Option<String> {
        None
    }
}

/// Who reads what [`render`] makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Sees plain text in the place of what cannot be shown.
    #[default]
    Reader,
    /// Is told what is wrong, in its place.
    Writer,
}

/// Which levels headings get. A page has its own `h1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Levels {
    /// The highest one becomes `h2`, and none is left out on the way down, as readers by ear expect.
    #[default]
    Fit,
    /// Each is one lower than written.
    Lower,
}

/// How to render a text.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Operations and schemas that the text may refer to.
    pub embeds: &'a dyn Embeds,
    /// Where addresses lead.
    pub links: &'a dyn Links,
    /// Who reads it.
    pub audience: Audience,
    /// Levels of headings.
    pub levels: Levels,
    /// Headings get a link to themselves.
    pub permalinks: bool,
    /// Code gets colours.
    pub highlight: bool,
    /// Links tell search engines that we do not vouch for them.
    pub nofollow: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            embeds: &NoEmbeds,
            links: &AsWritten,
            audience: Audience::Reader,
            levels: Levels::Fit,
            permalinks: true,
            highlight: true,
            nofollow: false,
        }
    }
}

/// A rendered text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML.
    pub html: String,
    /// The headings in their order, for a table of contents.
    pub headings: Vec<Heading>,
    /// Words, those of code blocks left out.
    pub words: u32,
    /// Minutes to read them, at least one.
    pub minutes: u32,
    /// The text without markup, code included, a line a block: for search and summaries.
    pub text: String,
    /// Addresses that links and images lead to, as they were written.
    pub links: Vec<String>,
    /// References to operations and schemas that were not found, as they were written.
    pub unknown: Vec<String>,
}

impl Rendered {
    /// The first words of the text, at most `most` characters, for a summary. Ends between words.
    pub fn summary(&self, most: usize) -> String {
        let mut summary = String::new();
        for word in self.text.split_whitespace() {
            if summary.chars().count() + word.chars().count() + 1 >= most {
                summary.push('…');
                break;
            }
            if !summary.is_empty() {
                summary.push(' ');
            }
            summary.push_str(word);
        }
        summary
    }
}

/// Renders a text, of which at most [`MAX_BYTES`] are read. Takes a few milliseconds of CPU for a long page and, for
/// the worst text of that length, a few times what short paragraphs take: servers call it outside of their event loop,
/// and not often at once.
pub fn render(markdown: &str, options: &Options<'_>) -> Rendered {
    let markdown = cut(markdown);
    let events: Vec<_> = Parser::new_ext(markdown, syntax()).collect();
    let written = write::Writer::new(options, markdown.len()).write(&events);
    let minutes = (written.words + WORDS_PER_MINUTE / 2) / WORDS_PER_MINUTE;
    Rendered {
        html: sanitise::clean(&written.html, options.nofollow),
        headings: written.headings,
        words: written.words,
        minutes: minutes.max(1),
        text: written.text,
        links: written.links,
        unknown: written.unknown,
    }
}

/// The first paragraph of a text without its markup, at most about `most` characters, ending between words. Reads the
/// beginning of the text only.
pub fn excerpt(markdown: &str, most: usize) -> String {
    let mut end = markdown.len().min(4 * 1024);
    while !markdown.is_char_boundary(end) {
        end -= 1;
    }
    let (mut text, mut depth) = (String::new(), 0_usize);
    for event in Parser::new_ext(markdown.get(..end).unwrap_or_default(), syntax()) {
        use pulldown_cmark::{Event, Tag, TagEnd};
        match event {
            Event::Start(Tag::Paragraph) if depth == 0 => depth = 1,
            Event::Start(_) if depth == 0 => {}
            Event::End(TagEnd::Paragraph) if depth > 0 => {
                if !text.trim().is_empty() {
                    break;
                }
                depth = 0;
            }
            Event::Text(part) | Event::Code(part) if depth > 0 => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak if depth > 0 => text.push(' '),
            _ => {}
        }
    }
    Rendered {
        text,
        ..Rendered::default()
    }
    .summary(most)
}

/// The references to operations and schemas in a text, as they were written; each once, at most 200.
pub fn references(markdown: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // Most texts have none, and need no reading for it.
    if !markdown.contains("operation:") && !markdown.contains("schema:") {
        return found;
    }
    for event in Parser::new_ext(cut(markdown), syntax()) {
        if let pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) = event
            && embed::Reference::parse(&dest_url).is_some()
            && found.len() < 200
            && !found.iter().any(|known| **known == *dest_url)
        {
            found.push(dest_url.to_string());
        }
    }
    found
}

/// Renders a description of an API: what [`render`] does with links that nobody vouches for, headings one level lower
/// and without links to themselves.
pub fn to_safe_html(markdown: &str) -> String {
    let options = Options {
        levels: Levels::Lower,
        permalinks: false,
        nofollow: true,
        ..Options::default()
    };
    render(markdown, &options).html
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

/// What is read beyond CommonMark.
fn syntax() -> pulldown_cmark::Options {
    use pulldown_cmark::Options as Syntax;
    Syntax::ENABLE_TABLES
        | Syntax::ENABLE_STRIKETHROUGH
        | Syntax::ENABLE_TASKLISTS
        | Syntax::ENABLE_FOOTNOTES
        | Syntax::ENABLE_GFM
}

fn cut(markdown: &str) -> &str {
    let mut end = markdown.len().min(MAX_BYTES);
    while !markdown.is_char_boundary(end) {
        end -= 1;
    }
    markdown.get(..end).unwrap_or_default()
}

/// Text for the inside of elements and of quoted attributes.
fn escape(text: &str, out: &mut String) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        out.push_str(entity);
        plain = at + 1;
    }
    out.push_str(text.get(plain..).unwrap_or_default());
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    escape(text, &mut out);
    out
}
