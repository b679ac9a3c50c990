//! Raw HTML in a text.
//!
//! People write `<br>`, `<kbd>`, `<details>` and whole paragraphs in HTML. The tags of [`TAGS`] go through with a few
//! attributes; every other one, such as `<script>` or the placeholder `<your-key>`, is shown as text. Tags are
//! balanced here: nothing that is opened in a block can close, or stay open beyond, what the Markdown around it opened,
//! and nothing nests deeper than [`MAX_OPEN`]. That keeps the sanitiser's work in proportion to the text as well.

use super::escape;

/// What a tag may do to those around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Has no content.
    Void,
    /// Stands in a line.
    Inline,
    /// A block that holds lines only.
    Leaf,
    /// A block that holds blocks.
    Block,
    Table,
    Section,
    Row,
    Cell,
}

const TAGS: &[(&str, Kind)] = &[
    ("a", Kind::Inline),
    ("abbr", Kind::Inline),
    ("b", Kind::Inline),
    ("blockquote", Kind::Block),
    ("br", Kind::Void),
    ("cite", Kind::Inline),
    ("code", Kind::Inline),
    ("dd", Kind::Block),
    ("del", Kind::Inline),
    ("details", Kind::Block),
    ("div", Kind::Block),
    ("dl", Kind::Block),
    ("dt", Kind::Block),
    ("em", Kind::Inline),
    ("hr", Kind::Void),
    ("i", Kind::Inline),
    ("img", Kind::Void),
    ("ins", Kind::Inline),
    ("kbd", Kind::Inline),
    ("li", Kind::Block),
    ("mark", Kind::Inline),
    ("ol", Kind::Block),
    ("p", Kind::Leaf),
    ("q", Kind::Inline),
    ("s", Kind::Inline),
    ("samp", Kind::Inline),
    ("small", Kind::Inline),
    ("span", Kind::Inline),
    ("strong", Kind::Inline),
    ("sub", Kind::Inline),
    ("summary", Kind::Leaf),
    ("sup", Kind::Inline),
    ("table", Kind::Table),
    ("tbody", Kind::Section),
    ("td", Kind::Cell),
    ("tfoot", Kind::Section),
    ("th", Kind::Cell),
    ("thead", Kind::Section),
    ("tr", Kind::Row),
    ("u", Kind::Inline),
    ("ul", Kind::Block),
    ("var", Kind::Inline),
    ("wbr", Kind::Void),
];

/// How many raw tags may be open at once. What nests deeper loses its tag.
const MAX_OPEN: usize = 24;

/// One tag as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawTag<'a> {
    pub(super) name: &'static str,
    /// All of it.
    pub(super) source: &'a str,
    attributes: Vec<(String, &'a str)>,
    kind: Kind,
    closes: bool,
}

impl RawTag<'_> {
    /// The value of an attribute as it was written.
    pub(super) fn source_of(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(value)
    }
    /// The value of an attribute, with the usual entities read.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        Some(
            self.source_of(name)?
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&"),
        )
    }
}

/// What raw HTML consists of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Tag(RawTag<'a>),
}

/// Cuts raw HTML into tags that we know and text. Comments are left out.
pub(super) fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    // Where the end of a comment was looked for in vain, so that it is looked for once.
    let mut comments_end = true;
    // What may still be read in vain: once it is spent, a `<` is text. That bounds the work by the length.
    let mut patience = html.len().saturating_mul(PATIENCE).saturating_add(MAX_TAG);
    while let Some(found) = html.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + found;
        let rest = html.get(start..).unwrap_or_default();
        let end_of_comment = rest
            .strip_prefix("<!--")
            .filter(|_| comments_end)
            .map(|body| body.find("-->").map(|end| start + 4 + end + 3));
        comments_end &= end_of_comment != Some(None);
        let (tag, end) = match end_of_comment.flatten() {
            Some(end) => (None, end),
            None if patience == 0 => break,
            None => match tag(rest) {
                Ok((tag, length)) => (Some(tag), start + length),
                Err(read) => {
                    patience = patience.saturating_sub(read);
                    at = start + 1;
                    continue;
                }
            },
        };
        push_text(&mut pieces, html.get(plain..start).unwrap_or_default());
        pieces.extend(tag.map(Piece::Tag));
        (plain, at) = (end, end);
    }
    push_text(&mut pieces, html.get(plain..).unwrap_or_default());
    pieces
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// The longest tag that is read as one.
const MAX_TAG: usize = 4 * 1024;
/// How often the text is read over for what looks like a tag and is none.
const PATIENCE: usize = 4;

/// The tag that `text` begins with, if we know it, and its length; or how many bytes were read in vain.
fn tag(text: &str) -> Result<(RawTag<'_>, usize), usize> {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..bytes.len().min(MAX_TAG)).unwrap_or_default();
    let mut read = 1;
    read_tag(text, bytes, &mut read).ok_or(read)
}

/// `read` becomes how far it came.
fn read_tag<'a>(text: &'a str, bytes: &[u8], read: &mut usize) -> Option<(RawTag<'a>, usize)> {
    let closes = bytes.get(1) == Some(&b'/');
    let from = if closes { 2 } else { 1 };
    let until = skip(bytes, from, |b| b.is_ascii_alphanumeric() || b == b'-');
    *read = until;
    let written = text.get(from..until)?;
    let mut known = TAGS.iter().copied();
    let (name, kind) = known.find(|(name, _)| name.eq_ignore_ascii_case(written))?;
    let (mut attributes, mut at) = (Vec::new(), until);
    loop {
        at = skip(bytes, at, |b| b.is_ascii_whitespace() || b == b'/');
        *read = at;
        if *bytes.get(at)? == b'>' {
            let tag = RawTag {
                name,
                source: text.get(..=at)?,
                attributes,
                kind,
                closes,
            };
            return Some((tag, at + 1));
        }
        let end = skip(bytes, at, |b| {
            !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'/' | b'<')
        });
        // Another tag begins: this one has no end.
        if bytes.get(end) == Some(&b'<') {
            *read = end;
            return None;
        }
        if end == at {
            // A sign that begins no attribute, such as a second `=`.
            at += 1;
            continue;
        }
        let attribute = text.get(at..end)?.to_ascii_lowercase();
        at = skip(bytes, end, |b| b.is_ascii_whitespace());
        let mut value = "";
        if bytes.get(at) == Some(&b'=') {
            at = skip(bytes, at + 1, |b| b.is_ascii_whitespace());
            match *bytes.get(at)? {
                quote @ (b'"' | b'\'') => {
                    let close = skip(bytes, at + 1, |b| b != quote);
                    *read = close;
                    bytes.get(close)?;
                    value = text.get(at + 1..close)?;
                    at = close + 1;
                }
                _ => {
                    let close = skip(bytes, at, |b| {
                        !b.is_ascii_whitespace() && !matches!(b, b'>' | b'<')
                    });
                    value = text.get(at..close)?;
                    at = close;
                }
            }
        }
        attributes.push((attribute, value));
    }
}

fn skip(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|b| !wanted(*b)).unwrap_or(rest.len())
}

/// The raw tags that are open.
#[derive(Default)]
pub(super) struct Open {
    tags: Vec<(&'static str, Kind)>,
    /// What was open when the innermost block of the Markdown began.
    floor: usize,
}

impl Open {
    /// A block of the Markdown begins: what is open now stays open until it ends. Gives what [`Self::leave`] takes.
    pub(super) fn enter(&mut self, out: &mut String) -> usize {
        self.make_room(out);
        std::mem::replace(&mut self.floor, self.tags.len())
    }

    /// The block ends, and with it the tags that were opened in it.
    pub(super) fn leave(&mut self, before: usize, out: &mut String) {
        self.close_to(self.floor, out);
        self.floor = before;
    }

    /// A block of raw HTML ends: blocks may go on in the next one, lines may not.
    pub(super) fn end_of_block(&mut self, out: &mut String) {
        self.close_while(|kind| matches!(kind, Kind::Inline | Kind::Leaf), out);
    }

    /// Whether a link is open.
    pub(super) fn in_link(&self) -> bool {
        self.tags.iter().any(|(name, _)| *name == "a")
    }

    /// Writes a tag with these attributes. False if it cannot stand here and has to be shown as text.
    pub(super) fn write(
        &mut self,
        tag: &RawTag<'_>,
        attributes: &[(&str, String)],
        in_block: bool,
        out: &mut String,
    ) -> bool {
        let inline = matches!(tag.kind, Kind::Inline | Kind::Void);
        if !inline && !in_block {
            return false;
        }
        if tag.closes {
            let inner = self.tags.get(self.floor..).unwrap_or_default();
            if let Some(at) = inner.iter().rposition(|(name, _)| *name == tag.name) {
                self.close_to(self.floor + at, out);
            }
            return true;
        }
        let full = self.tags.len() >= MAX_OPEN;
        if tag.kind == Kind::Void || full {
            if tag.kind == Kind::Void {
                self.make_room(out);
                start(tag.name, attributes, out);
            }
            return true;
        }
        if !self.prepare(tag, out) {
            return false;
        }
        start(tag.name, attributes, out);
        self.tags.push((tag.name, tag.kind));
        true
    }

    /// Text or an inline element comes: tables take it in cells only.
    pub(super) fn make_room(&mut self, out: &mut String) {
        if let Some((_, Kind::Table | Kind::Section)) = self.tags.last() {
            self.imply("tr", Kind::Row, out);
        }
        if let Some((_, Kind::Row)) = self.tags.last() {
            self.imply("td", Kind::Cell, out);
        }
    }

    fn imply(&mut self, name: &'static str, kind: Kind, out: &mut String) {
        start(name, &[], out);
        self.tags.push((name, kind));
    }

    /// Closes what this tag ends without saying so.
    fn prepare(&mut self, tag: &RawTag<'_>, out: &mut String) -> bool {
        match tag.kind {
            Kind::Inline | Kind::Void => {
                if tag.name == "a" && self.in_link() {
                    let at = self.tags.iter().rposition(|(name, _)| *name == "a").unwrap_or(0);
                    if at < self.floor {
                        return false;
                    }
                    self.close_to(at, out);
                }
                self.make_room(out);
            }
            Kind::Leaf | Kind::Block | Kind::Table => {
                self.close_while(|kind| matches!(kind, Kind::Inline | Kind::Leaf), out);
                let siblings: &[&str] = match tag.name {
                    "li" => &["li"],
                    "dt" | "dd" => &["dt", "dd"],
                    _ => &[],
                };
                if let Some((top, _)) = self.tags.get(self.floor..).and_then(<[_]>::last)
                    && siblings.contains(top)
                {
                    self.close_to(self.tags.len() - 1, out);
                }
                self.make_room(out);
            }
            Kind::Section | Kind::Row | Kind::Cell => {
                let inner = self.tags.get(self.floor..).unwrap_or_default();
                let Some(table) = inner.iter().rposition(|(_, kind)| *kind == Kind::Table) else {
                    return false;
                };
                let table = self.floor + table;
                // What may stay open between the table and this tag.
                let keep: &[Kind] = match tag.kind {
                    Kind::Section => &[],
                    Kind::Row => &[Kind::Section],
                    _ => &[Kind::Section, Kind::Row],
                };
                let mut until = table + 1;
                while self.tags.get(until).is_some_and(|(_, kind)| keep.contains(kind)) {
                    until += 1;
                }
                self.close_to(until, out);
                if tag.kind == Kind::Cell && !matches!(self.tags.last(), Some((_, Kind::Row))) {
                    self.imply("tr", Kind::Row, out);
                }
            }
        }
        true
    }

    fn close_while(&mut self, wanted: impl Fn(Kind) -> bool, out: &mut String) {
        while self.tags.len() > self.floor && self.tags.last().is_some_and(|(_, kind)| wanted(*kind)) {
            self.close_to(self.tags.len() - 1, out);
        }
    }

    fn close_to(&mut self, length: usize, out: &mut String) {
        while self.tags.len() > length {
            if let Some((name, _)) = self.tags.pop() {
                out.push_str("</");
                out.push_str(name);
                out.push('>');
            }
        }
    }
}

fn start(name: &str, attributes: &[(&str, String)], out: &mut String) {
    out.push('<');
    out.push_str(name);
    for (name, value) in attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape_raw(value, out);
        out.push('"');
    }
    out.push('>');
}

/// As [`escape`], but for HTML, whose entities the browser is to read.
pub(super) fn escape_raw(text: &str, out: &mut String) {
    for (n, part) in text.split('&').enumerate() {
        if n > 0 {
            out.push_str(if is_entity(part) { "&" } else { "&amp;" });
        }
        escape(part, out);
    }
}

/// `amp;…`, `#39;…`: what follows the `&` of an entity.
fn is_entity(rest: &str) -> bool {
    let Some(end) = rest.bytes().take(32).position(|b| b == b';') else {
        return false;
    };
    let name = rest.get(..end).unwrap_or_default();
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
}
