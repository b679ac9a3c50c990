//! What a body consists of, as samples tell it: JSON, text, the parts of a form, files.

use memchr::memmem;
use serde_json::Value;

use super::text::is_invisible;
use crate::request::PlainRequest;

/// A text longer than this is read from a file: nobody reads it in a sample, and an argument of a program or a
/// constant of Java holds no more than 64 to 128 KiB, in an encoding that may take twice the bytes.
const LONGEST_TEXT: usize = 24 * 1024;
/// JSON nested deeper than this is written as text: Ruby's and Python's own limits are not far above.
const DEEPEST: usize = 60;

#[derive(Debug)]
pub(super) enum Body<'a> {
    /// JSON that loses nothing when it is read and written again.
    Json(Value),
    Text(&'a str),
    Multipart(Form<'a>),
    File(File<'a>),
}

/// A `multipart/form-data` body.
#[derive(Debug)]
pub(super) struct Form<'a> {
    pub(super) boundary: &'a str,
    pub(super) parts: Vec<Part<'a>>,
}

/// One part of a form. Name and filename are as they stand between the quotes: never with a quote or a control.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) filename: Option<&'a str>,
    pub(super) media_type: Option<&'a str>,
    pub(super) content: Content<'a>,
}

#[derive(Debug)]
pub(super) enum Content<'a> {
    Text(&'a str),
    File(File<'a>),
}

/// Bytes that a sample reads from a file.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// A plain name, the same in every shell and file system.
    pub(super) path: String,
    pub(super) bytes: &'a [u8],
}

/// A body in the order of its bytes, for languages that have no form of their own.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'f> {
    Text(String),
    /// The path of a file.
    File(&'f str),
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a PlainRequest) -> Option<Self> {
        let bytes = request.body.as_deref()?;
        let content_type = request.content_type.as_deref().unwrap_or_default();
        let essence = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if let Some(form) = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .and_then(|boundary| Form::parse(boundary, bytes))
        {
            return Some(Body::Multipart(form));
        }
        let file = |extension: &str| {
            Body::File(File {
                path: format!("body.{extension}"),
                bytes,
            })
        };
        let is_json = essence == "application/json" || essence.ends_with("+json");
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= LONGEST_TEXT => text,
            Ok(_) if is_json => return Some(file("json")),
            Ok(_) if essence.ends_with("xml") => return Some(file("xml")),
            Ok(_) if essence.starts_with("text/") => return Some(file("txt")),
            _ => return Some(file("bin")),
        };
        if is_json
            && let Ok(value) = serde_json::from_str::<Value>(text)
            && is_lossless(text, &value)
            && depth(&value) <= DEEPEST
            && (text.len() < 200 || json_text(&value).len() <= LONGEST_TEXT)
        {
            return Some(Body::Json(value));
        }
        Some(Body::Text(text))
    }

    /// The files that the body is read from, in order.
    pub(super) fn files(&self) -> impl Iterator<Item = &File<'a>> {
        let (whole, parts): (_, &[Part<'a>]) = match self {
            Body::File(file) => (Some(file), &[]),
            Body::Multipart(form) => (None, &form.parts),
            Body::Json(_) | Body::Text(_) => (None, &[]),
        };
        let of_parts = parts.iter().filter_map(|part| match &part.content {
            Content::File(file) => Some(file),
            Content::Text(_) => None,
        });
        whole.into_iter().chain(of_parts)
    }
}

impl<'a> Form<'a> {
    /// The parts of a body that [`crate::request::build`] wrote; `None` for any other, and for more than reads well.
    fn parse(boundary: &'a str, bytes: &'a [u8]) -> Option<Self> {
        let sane = |b: u8| b.is_ascii_alphanumeric() || b"-_'()+,./:=?".contains(&b);
        if boundary.is_empty() || boundary.len() > 70 || !boundary.bytes().all(sane) {
            return None;
        }
        let mut parts: Vec<Part<'a>> = Vec::new();
        let open = format!("--{boundary}\r\n");
        let (next, last) = (format!("\r\n--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"));
        let mut rest = bytes.strip_prefix(open.as_bytes())?;
        loop {
            let (head, body) = rest.split_at(memmem::find(rest, b"\r\n\r\n")?);
            let body = body.get(4..)?;
            let (content, more) = match memmem::find(body, next.as_bytes()) {
                Some(end) => (body.get(..end)?, body.get(end + next.len()..)),
                None => (body.strip_suffix(last.as_bytes())?, None),
            };
            let taken: Vec<&str> = parts
                .iter()
                .filter_map(|part| match &part.content {
                    Content::File(file) => Some(file.path.as_str()),
                    Content::Text(_) => None,
                })
                .collect();
            let part = part(std::str::from_utf8(head).ok()?, content, &taken)?;
            parts.push(part);
            match more {
                Some(more) => rest = more,
                None => break,
            }
        }
        let form = Self { boundary, parts };
        let written: usize = form
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.len(),
                Piece::File(path) => path.len(),
            })
            .sum();
        (written <= LONGEST_TEXT).then_some(form)
    }

    /// The whole body as sent.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(&format!("--{}\r\n{}\r\n\r\n", self.boundary, part.head()));
            match &part.content {
                Content::Text(content) => text.push_str(content),
                Content::File(file) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::File(&file.path));
                }
            }
            text.push_str("\r\n");
        }
        text.push_str(&format!("--{}--\r\n", self.boundary));
        pieces.push(Piece::Text(text));
        pieces
    }
}

impl Part<'_> {
    /// The value of `Content-Disposition`.
    pub(super) fn disposition(&self) -> String {
        match self.filename {
            Some(filename) => format!("form-data; name=\"{}\"; filename=\"{filename}\"", self.name),
            None => format!("form-data; name=\"{}\"", self.name),
        }
    }
    fn head(&self) -> String {
        let disposition = format!("Content-Disposition: {}", self.disposition());
        match self.media_type {
            Some(media_type) => format!("{disposition}\r\nContent-Type: {media_type}"),
            None => disposition,
        }
    }
    /// Whether name and filename are letters, digits and the like: every library writes those alike.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b" -_.[]".contains(&b))
        };
        let media_type = self.media_type.is_none_or(|media_type| {
            let (kind, sub) = media_type.split_once('/').unwrap_or_default();
            let token = |text: &str| {
                !text.is_empty()
                    && text.len() < 64
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.+".contains(&b))
            };
            token(kind) && token(sub)
        });
        plain(self.name) && self.filename.is_none_or(plain) && media_type
    }
}

fn part<'a>(head: &'a str, content: &'a [u8], taken: &[&str]) -> Option<Part<'a>> {
    let rest = head.strip_prefix("Content-Disposition: form-data; name=\"")?;
    let (disposition, media_type) = match rest.split_once("\r\nContent-Type: ") {
        Some((disposition, media_type)) => (disposition, Some(media_type)),
        None => (rest, None),
    };
    let (name, filename) = match disposition.split_once("\"; filename=\"") {
        Some((name, filename)) => (name, Some(filename.strip_suffix('"')?)),
        None => (disposition.strip_suffix('"')?, None),
    };
    let texts = [Some(name), filename, media_type];
    let odd = |text: &str| text.contains('"') || text.chars().any(char::is_control);
    if texts.iter().take(2).flatten().any(|text| odd(text))
        || media_type.is_some_and(|m| m.contains(['\r', '\n']))
    {
        return None;
    }
    let text = std::str::from_utf8(content)
        .ok()
        .filter(|text| filename.is_none() && text.len() <= LONGEST_TEXT);
    let content = match text {
        Some(text) => Content::Text(text),
        None => Content::File(File {
            path: path(filename.unwrap_or(name), taken),
            bytes: content,
        }),
    };
    Some(Part {
        name,
        filename,
        media_type,
        content,
    })
}

/// A file name that is a plain word everywhere, unlike all that are taken.
fn path(wanted: &str, taken: &[&str]) -> String {
    let word: String = wanted
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') => c,
            _ => '-',
        })
        .fold(String::new(), |mut word, c| {
            if word.len() < 80 && !(c == '-' && word.ends_with('-')) {
                word.push(c);
            }
            word
        });
    let word = word.trim_matches(['.', '-', '_']);
    let word = if word.is_empty() { "file" } else { word };
    // Two names that differ in case only are one file on some systems.
    let is_free = |name: &str| !taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    let (stem, extension) = match word.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
        _ => (word, String::new()),
    };
    let mut name = word.to_owned();
    let mut number = 1;
    while !is_free(&name) {
        number += 1;
        name = format!("{stem}-{number}{extension}");
    }
    name
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether a JSON text, read and written again, is the same but for white space.
fn is_lossless(text: &str, value: &Value) -> bool {
    let mut compact = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string || !c.is_ascii_whitespace() {
            compact.push(c);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    let written = value.to_string();
    written == compact
}

/// JSON laid out for reading; what cannot be seen in it is escaped, which JSON can do in its strings.
pub(super) fn json_text(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    if !text.chars().any(|c| c != '\n' && is_invisible(c)) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_invisible(c) {
            super::text::utf16_escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    out
}
