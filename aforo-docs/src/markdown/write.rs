//! From the events of the parser to HTML. Everything that comes from the text is escaped here.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Tag, TagEnd};

use super::{
    Options, callout,
    code::Info,
    embed::Reference,
    escape, escaped,
    heading::{Anchors, Heading, Outline},
    highlight::highlight,
    raw::{Open, Piece, RawTag, escape_raw, pieces},
    sanitise::{ID_PREFIX, is_harmless, is_our_image},
};

/// How deep quotes, lists and emphasis may nest. The sanitiser's tree takes quadratic time in the depth.
const MAX_NESTING: usize = 40;
/// A table needs three levels below its own.
const MAX_NESTING_OF_TABLES: usize = MAX_NESTING - 4;
/// How many headings get a link to themselves.
const MAX_PERMALINKS: usize = 500;
/// How long an address may be; it is what all browsers and servers agree on. A link with a longer one is text.
const MAX_ADDRESS: usize = 2 * 1024;
/// How long a title or a description of an image may be. What is longer is cut.
const MAX_LABEL: usize = 1024;
/// How much code of one text gets colours.
const MAX_COLOURED: usize = 256 * 1024;

/// What a text became, before the sanitiser.
#[derive(Default)]
pub(super) struct Written {
    pub(super) html: String,
    pub(super) headings: Vec<Heading>,
    pub(super) words: u32,
    pub(super) text: String,
    pub(super) links: Vec<String>,
    pub(super) unknown: Vec<String>,
}

pub(super) struct Writer<'o> {
    options: &'o Options<'o>,
    done: Written,
    raw: Open,
    /// What [`Open::leave`] takes, for each open block.
    floors: Vec<usize>,
    depth: usize,
    /// Tags are left out from this depth on.
    flat: Option<usize>,
    anchors: HashSet<String>,
    next_heading: usize,
    /// Whether the open links were written.
    links: Vec<bool>,
    image: Option<Image>,
    code: Option<(Info, String)>,
    raw_block: Option<String>,
    cells: Cells,
    notes: Notes,
    coloured: usize,
    /// Where the text of the current block begins.
    block_text: usize,
}

struct Image {
    src: Option<String>,
    title: String,
    alt: String,
    /// Images in the description of an image.
    inner: usize,
}

#[derive(Default)]
struct Cells {
    alignments: Vec<Alignment>,
    column: usize,
    head: bool,
}

/// Footnotes by their labels.
#[derive(Default)]
struct Notes {
    numbers: HashMap<String, usize>,
    references: Vec<usize>,
    bodies: HashMap<usize, String>,
    /// What was written before the definitions that are open, and their numbers.
    outside: Vec<(String, usize)>,
}

impl<'o> Writer<'o> {
    pub(super) fn new(options: &'o Options<'o>, length: usize) -> Self {
        let done = Written {
            html: String::with_capacity(length * 3 / 2),
            ..Written::default()
        };
        Self {
            options,
            done,
            raw: Open::default(),
            floors: Vec::new(),
            depth: 0,
            flat: None,
            anchors: HashSet::new(),
            next_heading: 0,
            links: Vec::new(),
            image: None,
            code: None,
            raw_block: None,
            cells: Cells::default(),
            notes: Notes::default(),
            coloured: 0,
            block_text: 0,
        }
    }

    pub(super) fn write(mut self, events: &[Event<'_>]) -> Written {
        self.outline(events);
        let mut at = 0;
        while let Some(event) = events.get(at) {
            at = match self.card(events, at) {
                Some(next) => next,
                None => {
                    self.event(event, events, at);
                    at + 1
                }
            };
        }
        self.end();
        self.done
    }

    /// Names and levels of all headings, before links to them are met.
    fn outline(&mut self, events: &[Event<'_>]) {
        let mut outline = Outline::of(self.options.levels, events);
        let mut anchors = Anchors::default();
        let mut open = None;
        for event in events {
            match event {
                Event::Start(Tag::Heading { level, .. }) => open = Some((*level, String::new())),
                Event::Text(part) | Event::Code(part) => {
                    if let Some((_, text)) = &mut open {
                        text.push_str(part);
                    }
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some((_, text)) = &mut open {
                        text.push(' ');
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((level, text)) = open.take() {
                        let name = anchors.name(&text);
                        self.done.headings.push(Heading {
                            level: outline.level(level),
                            id: format!("{ID_PREFIX}{name}"),
                            text: text.trim().to_owned(),
                        });
                        self.anchors.insert(name);
                    }
                }
                _ => {}
            }
        }
    }

    /// A reference alone in its paragraph: writes its card and gives the place after it.
    fn card(&mut self, events: &[Event<'_>], at: usize) -> Option<usize> {
        let (Event::Start(Tag::Paragraph), Event::Start(Tag::Link { dest_url, .. })) =
            (events.get(at)?, events.get(at + 1)?)
        else {
            return None;
        };
        let reference = Reference::parse(dest_url)?;
        let (mut label, mut end) = (String::new(), at + 2);
        loop {
            match events.get(end)? {
                Event::End(TagEnd::Link) => break,
                Event::Text(part) | Event::Code(part) => label.push_str(part),
                Event::SoftBreak | Event::HardBreak => label.push(' '),
                _ => {}
            }
            end += 1;
        }
        matches!(events.get(end + 1)?, Event::End(TagEnd::Paragraph)).then_some(())?;
        if self.depth >= MAX_NESTING || self.flat.is_some() {
            return None;
        }
        self.raw.make_room(&mut self.done.html);
        match reference.card(self.options.embeds) {
            Some(card) => self.done.html.push_str(&card),
            None => {
                self.done.unknown.push(dest_url.to_string());
                reference.note(&label, self.options.audience, &mut self.done.html);
            }
        }
        self.done.text.push_str(&label);
        self.end_text(true);
        Some(end + 2)
    }

    fn event(&mut self, event: &Event<'_>, events: &[Event<'_>], at: usize) {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                let table = matches!(tag, Tag::Table(_));
                if self.flat.is_none()
                    && (self.depth > MAX_NESTING || table && self.depth > MAX_NESTING_OF_TABLES)
                {
                    self.flat = Some(self.depth);
                }
                if self.flat.is_none() {
                    self.start(tag, events, at);
                }
            }
            Event::End(tag) => {
                match self.flat {
                    Some(from) => {
                        if from == self.depth {
                            self.flat = None;
                        }
                        self.done.text.push(' ');
                    }
                    None => self.stop(*tag),
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Text(text) => self.text(text),
            Event::Code(code) => {
                self.done.text.push_str(code);
                match &mut self.image {
                    Some(image) => image.alt.push_str(code),
                    None => {
                        self.raw.make_room(&mut self.done.html);
                        self.tagged("code", code);
                    }
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => match (&mut self.raw_block, &self.image) {
                (Some(block), _) => block.push_str(html),
                (None, None) => self.raw_html(html, false),
                (None, Some(_)) => {}
            },
            Event::SoftBreak | Event::HardBreak => {
                self.done.text.push(' ');
                match &mut self.image {
                    Some(image) => image.alt.push(' '),
                    None if *event == Event::HardBreak => self.put("<br>\n"),
                    None => self.put("\n"),
                }
            }
            Event::Rule => {
                self.raw.make_room(&mut self.done.html);
                self.put("<hr>\n");
            }
            Event::TaskListMarker(done) => self.put(if *done {
                "<input type=\"checkbox\" disabled checked aria-label=\"Done\"> "
            } else {
                "<input type=\"checkbox\" disabled aria-label=\"To do\"> "
            }),
            Event::FootnoteReference(label) => self.note_reference(label),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(text),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
            return;
        }
        self.done.text.push_str(text);
        match &mut self.image {
            Some(image) => image.alt.push_str(text),
            None => {
                self.raw.make_room(&mut self.done.html);
                escape(text, &mut self.done.html);
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>, events: &[Event<'_>], at: usize) {
        // The description of an image is text.
        if let Some(image) = &mut self.image {
            image.inner += usize::from(matches!(tag, Tag::Image { .. }));
            return;
        }
        if is_block(&tag.to_end()) {
            let floor = self.raw.enter(&mut self.done.html);
            self.floors.push(floor);
        }
        match tag {
            Tag::Paragraph => self.put("<p>"),
            Tag::Heading { .. } => {
                if let Some(heading) = self.done.headings.get(self.next_heading) {
                    let tag = format!("<h{} id=\"{}\">", heading.level, escaped(&heading.id));
                    self.put(&tag);
                }
            }
            Tag::BlockQuote(None) => self.put("<blockquote>\n"),
            Tag::BlockQuote(Some(kind)) => {
                let (label, class) = callout::label(*kind);
                let html =
                    format!("<div class=\"{class}\" role=\"note\"><p class=\"callout-l\">{label}</p>\n");
                self.put(&html);
            }
            Tag::CodeBlock(kind) => {
                let info = match kind {
                    CodeBlockKind::Fenced(line) => Info::parse(line),
                    CodeBlockKind::Indented => Info::default(),
                };
                self.code = Some((info, String::new()));
            }
            Tag::HtmlBlock => self.raw_block = Some(String::new()),
            Tag::List(Some(start)) => {
                let steps = self.depth == 1 && are_steps(events, at);
                self.put("<ol");
                if *start != 1 {
                    self.put(&format!(" start=\"{start}\""));
                }
                self.put(if steps { " class=\"steps\">\n" } else { ">\n" });
            }
            Tag::List(None) => self.put("<ul>\n"),
            Tag::Item => {
                let task = matches!(events.get(at + 1), Some(Event::TaskListMarker(_)));
                self.put(if task { "<li class=\"task\">" } else { "<li>" });
            }
            Tag::Table(alignments) => {
                self.cells = Cells {
                    alignments: alignments.clone(),
                    ..Cells::default()
                };
                self.put("<div class=\"tablew\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                self.cells.head = true;
                self.put("<thead><tr>");
            }
            Tag::TableRow => self.put("<tr>"),
            Tag::TableCell => {
                let align = match self.cells.alignments.get(self.cells.column) {
                    Some(Alignment::Left) => " align=\"left\"",
                    Some(Alignment::Center) => " align=\"center\"",
                    Some(Alignment::Right) => " align=\"right\"",
                    _ => "",
                };
                self.cells.column += 1;
                self.put(if self.cells.head { "<th" } else { "<td" });
                self.put(align);
                self.put(">");
            }
            Tag::Emphasis => self.inline("<em>"),
            Tag::Strong => self.inline("<strong>"),
            Tag::Strikethrough => self.inline("<del>"),
            Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            } => {
                let address = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}"),
                    _ => dest_url.to_string(),
                };
                self.raw.make_room(&mut self.done.html);
                let href = self.address(&address).filter(|_| !self.raw.in_link());
                self.links.push(href.is_some());
                if let Some(href) = href {
                    self.put("<a href=\"");
                    self.put(&href);
                    self.title(title);
                    self.put("\">");
                }
            }
            Tag::Image { dest_url, title, .. } => {
                self.image = Some(Image {
                    src: self.address(dest_url),
                    title: title.to_string(),
                    alt: String::new(),
                    inner: 0,
                });
            }
            Tag::FootnoteDefinition(label) => {
                let number = self.notes.number(label);
                let before = std::mem::take(&mut self.done.html);
                self.notes.outside.push((before, number));
            }
            _ => {}
        }
    }

    fn stop(&mut self, tag: TagEnd) {
        if let Some(image) = &mut self.image {
            if tag == TagEnd::Image {
                match image.inner {
                    0 => self.end_image(),
                    _ => image.inner -= 1,
                }
            }
            return;
        }
        if tag == TagEnd::HtmlBlock {
            self.end_raw_block();
        }
        if is_block(&tag)
            && let Some(floor) = self.floors.pop()
        {
            self.raw.leave(floor, &mut self.done.html);
        }
        match tag {
            TagEnd::Paragraph => self.put("</p>\n"),
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::BlockQuote(None) => self.put("</blockquote>\n"),
            TagEnd::BlockQuote(Some(_)) => self.put("</div>\n"),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(true) => self.put("</ol>\n"),
            TagEnd::List(false) => self.put("</ul>\n"),
            TagEnd::Item => self.put("</li>\n"),
            TagEnd::Table => self.put("</tbody></table></div>\n"),
            TagEnd::TableHead => {
                self.cells = Cells {
                    column: 0,
                    head: false,
                    ..std::mem::take(&mut self.cells)
                };
                self.put("</tr></thead><tbody>\n");
            }
            TagEnd::TableRow => {
                self.cells.column = 0;
                self.put("</tr>\n");
            }
            TagEnd::TableCell => {
                self.put(if self.cells.head { "</th>" } else { "</td>" });
                self.done.text.push(' ');
            }
            TagEnd::Emphasis => self.put("</em>"),
            TagEnd::Strong => self.put("</strong>"),
            TagEnd::Strikethrough => self.put("</del>"),
            TagEnd::Link => {
                let written = self.links.pop();
                if written == Some(true) {
                    self.put("</a>");
                }
            }
            TagEnd::FootnoteDefinition => {
                if let Some((outside, number)) = self.notes.outside.pop() {
                    let body = std::mem::replace(&mut self.done.html, outside);
                    self.notes.bodies.entry(number).or_insert(body);
                }
            }
            _ => {}
        }
        match tag {
            TagEnd::CodeBlock => self.end_text(false),
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::Item
            | TagEnd::TableRow
            | TagEnd::TableHead
            | TagEnd::HtmlBlock => self.end_text(true),
            _ => {}
        }
    }

    fn end(&mut self) {
        self.raw.leave(0, &mut self.done.html);
        let order = std::mem::take(&mut self.notes);
        let mut noted: Vec<_> = order
            .bodies
            .iter()
            .filter(|(number, _)| order.references.get(**number - 1).is_some_and(|times| *times > 0))
            .collect();
        noted.sort();
        if noted.is_empty() {
            return;
        }
        self.put("<section class=\"footnotes\"><ol>\n");
        for (number, body) in noted {
            self.put(&format!("<li id=\"{ID_PREFIX}fn-{number}\">"));
            let back = format!(
                " <a class=\"fn-back\" href=\"#{ID_PREFIX}fnref-{number}\" aria-label=\"Back to the text\">↩</a>"
            );
            match body.trim_end().strip_suffix("</p>") {
                Some(body) => self.put(&format!("{body}{back}</p>")),
                None => self.put(&format!("{body}{back}")),
            }
            self.put("</li>\n");
        }
        self.put("</ol></section>\n");
    }

    fn end_heading(&mut self) {
        let Some(heading) = self.done.headings.get(self.next_heading) else {
            return;
        };
        self.next_heading += 1;
        let mut html = String::new();
        if self.options.permalinks && self.next_heading <= MAX_PERMALINKS {
            let (id, text) = (escaped(&heading.id), escaped(label(&heading.text)));
            html = format!(" <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to “{text}”\">#</a>");
        }
        html.push_str(&format!("</h{}>\n", heading.level));
        self.put(&html);
    }

    fn end_code(&mut self) {
        let Some((info, code)) = self.code.take() else {
            return;
        };
        self.done.text.push_str(&code);
        self.put("<figure class=\"snippet\">");
        if let Some(title) = &info.title {
            self.tagged("figcaption", title);
        }
        self.put("<pre tabindex=\"0\"><code");
        if let Some(class) = info.class() {
            self.put(&format!(" class=\"{}\"", escaped(&class)));
        }
        self.put(">");
        self.coloured += code.len();
        if self.options.highlight && self.coloured <= MAX_COLOURED {
            let html = highlight(&info.language, &code);
            self.put(&html);
        } else {
            escape(&code, &mut self.done.html);
        }
        self.put("</code></pre></figure>\n");
    }

    fn end_image(&mut self) {
        let Some(image) = self.image.take() else { return };
        self.raw.make_room(&mut self.done.html);
        let in_link = self.links.contains(&true) || self.raw.in_link();
        match image.src {
            Some(src) if is_our_image(&src) => {
                self.put("<img src=\"");
                self.put(&src);
                self.put("\" alt=\"");
                escape(label(&image.alt), &mut self.done.html);
                self.title(&image.title);
                self.put("\" loading=\"lazy\">");
            }
            // Pages load nothing from elsewhere: a visitor's browser tells nobody what it reads.
            Some(src) if !in_link => {
                self.put("<a href=\"");
                self.put(&src);
                self.title(&image.title);
                self.put("\">");
                let text = if image.alt.trim().is_empty() {
                    "Image"
                } else {
                    &image.alt
                };
                escape(text, &mut self.done.html);
                self.put("</a>");
            }
            _ => escape(
                if image.alt.trim().is_empty() {
                    "Image"
                } else {
                    &image.alt
                },
                &mut self.done.html,
            ),
        }
    }

    fn end_raw_block(&mut self) {
        let Some(html) = self.raw_block.take() else { return };
        let pieces = pieces(&html);
        let known = pieces.iter().any(|piece| matches!(piece, Piece::Tag(_)));
        let blank = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if text.trim().is_empty());
        if pieces.iter().all(blank) {
            return;
        }
        if !known {
            // What is shown as text wants a paragraph around it.
            self.put("<p>");
        }
        self.raw_html(&html, true);
        self.raw.end_of_block(&mut self.done.html);
        self.put(if known { "\n" } else { "</p>\n" });
    }

    fn raw_html(&mut self, html: &str, in_block: bool) {
        for piece in pieces(html) {
            match piece {
                Piece::Text(text) => {
                    if !text.trim().is_empty() {
                        self.raw.make_room(&mut self.done.html);
                    }
                    self.done.text.push_str(text);
                    escape_raw(text, &mut self.done.html);
                }
                Piece::Tag(tag) => {
                    if tag.name == "img" {
                        self.raw_image(&tag);
                        continue;
                    }
                    let attributes = self.raw_attributes(&tag);
                    if !self.raw.write(&tag, &attributes, in_block, &mut self.done.html) {
                        self.text(tag.source);
                    }
                }
            }
        }
    }

    fn raw_image(&mut self, tag: &RawTag<'_>) {
        let src = tag.value("src").and_then(|src| self.address(&src));
        // A file that lay beside somebody's page is not beside ours.
        let src = src.filter(|src| is_our_image(src) || src.starts_with("http"));
        self.image = Some(Image {
            src,
            title: tag.value("title").unwrap_or_default(),
            alt: tag.value("alt").unwrap_or_default(),
            inner: 0,
        });
        self.end_image();
    }

    fn raw_attributes(&mut self, tag: &RawTag<'_>) -> Vec<(&'static str, String)> {
        let known: &[&'static str] = match tag.name {
            "a" => &["href", "title", "id", "name"],
            "abbr" => &["title"],
            "ol" => &["start"],
            "td" | "th" => &["colspan", "rowspan", "align"],
            "details" => &["open"],
            "div" | "span" | "p" => &["id"],
            _ => &[],
        };
        let mut attributes = Vec::new();
        for name in known {
            let Some(value) = tag.source_of(name) else {
                continue;
            };
            match *name {
                "href" => attributes.extend(self.decoded_address(value).map(|href| ("href", href))),
                // Several descriptions stand on one page: only a text of its own names places, and none twice.
                "id" | "name" => {
                    if self.options.permalinks && self.anchors.insert(value.to_owned()) {
                        attributes.push(("id", format!("{ID_PREFIX}{value}")));
                    }
                }
                name => attributes.push((name, value.to_owned())),
            }
        }
        attributes
    }

    fn note_reference(&mut self, label: &str) {
        let number = self.notes.number(label);
        let times = self.notes.references.get_mut(number - 1);
        let first = times.map(|times| {
            *times += 1;
            *times == 1
        });
        self.put("<sup class=\"fn\"");
        if first == Some(true) {
            self.put(&format!(" id=\"{ID_PREFIX}fnref-{number}\""));
        }
        self.put(&format!(
            "><a href=\"#{ID_PREFIX}fn-{number}\">{number}</a></sup>"
        ));
    }

    /// Where a link leads, escaped for an attribute; `None` if nowhere.
    fn address(&mut self, written: &str) -> Option<String> {
        let address = self.decoded_address(written)?;
        let address = encoded(&address);
        if address.len() > MAX_ADDRESS {
            return None;
        }
        let mut out = String::with_capacity(address.len());
        escape(&address, &mut out);
        Some(out)
    }

    fn decoded_address(&mut self, written: &str) -> Option<String> {
        if written.len() > MAX_ADDRESS {
            return None;
        }
        if let Some(reference) = Reference::parse(written) {
            let href = reference.href(self.options.embeds);
            if href.is_none() {
                self.done.unknown.push(written.to_owned());
            }
            return href;
        }
        if let Some(anchor) = written.strip_prefix('#') {
            let known = anchor.is_empty() || !self.anchors.contains(anchor) && anchor.starts_with(ID_PREFIX);
            return Some(if known {
                written.to_owned()
            } else {
                format!("#{ID_PREFIX}{anchor}")
            });
        }
        let address = self
            .options
            .links
            .resolve(written)
            .unwrap_or_else(|| written.to_owned());
        if !is_harmless(&address) {
            return None;
        }
        self.done.links.push(written.to_owned());
        Some(address)
    }

    fn title(&mut self, title: &str) {
        if !title.is_empty() {
            self.put("\" title=\"");
            escape(label(title), &mut self.done.html);
        }
    }

    /// A block of text ends: counts its words.
    fn end_text(&mut self, prose: bool) {
        let block = self.done.text.get(self.block_text..).unwrap_or_default();
        if prose {
            let words = block.split_whitespace().count();
            self.done.words = self
                .done
                .words
                .saturating_add(u32::try_from(words).unwrap_or(u32::MAX));
        }
        if !block.is_empty() && !block.ends_with('\n') {
            self.done.text.push('\n');
        }
        self.block_text = self.done.text.len();
    }

    fn inline(&mut self, html: &str) {
        self.raw.make_room(&mut self.done.html);
        self.put(html);
    }

    fn tagged(&mut self, name: &str, text: &str) {
        self.put("<");
        self.put(name);
        self.put(">");
        escape(text, &mut self.done.html);
        self.put("</");
        self.put(name);
        self.put(">");
    }

    fn put(&mut self, html: &str) {
        self.done.html.push_str(html);
    }
}

impl Notes {
    /// Numbers in the order of the first mention.
    fn number(&mut self, label: &str) -> usize {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(label.to_owned()).or_insert(next);
        if self.references.len() < number {
            self.references.push(0);
        }
        number
    }
}

/// Whether raw tags that are opened in it end with it.
fn is_block(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::Table
            | TagEnd::TableCell
            | TagEnd::FootnoteDefinition
    )
}

/// A numbered list whose every item begins with a line in bold: instructions to follow.
fn are_steps(events: &[Event<'_>], at: usize) -> bool {
    let (mut depth, mut items) = (0_usize, 0_usize);
    for (n, event) in events.iter().enumerate().skip(at) {
        match event {
            Event::Start(tag) => {
                if depth == 1 && matches!(tag, Tag::Item) {
                    let begins = (events.get(n + 1), events.get(n + 2));
                    let bold = matches!(
                        begins,
                        (
                            Some(Event::Start(Tag::Paragraph)),
                            Some(Event::Start(Tag::Strong))
                        ) | (Some(Event::Start(Tag::Strong)), _)
                    );
                    if !bold {
                        return false;
                    }
                    items += 1;
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    items > 1
}

/// As much of a text as an attribute takes.
fn label(text: &str) -> &str {
    let mut end = MAX_LABEL.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// What may not stand in an address is percent-encoded, as CommonMark's own examples have it.
fn encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for c in address.chars() {
        if c.is_ascii_alphanumeric() || "-_.+!*'(),%#@?=;:/$&~".contains(c) {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    out
}
