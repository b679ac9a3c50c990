//! Where in the text a JSON pointer is: line and column, for findings that came from the tree.

use std::collections::HashMap;

use granit_parser::{Event, Parser};

use super::SourceFormat;
use crate::spec::diagnostic::Diagnostic;

/// Gives line and column to every finding that has a pointer and no line yet. One pass over the text.
pub(super) fn fill(text: &str, format: SourceFormat, findings: &mut [Diagnostic]) {
    let mut wanted = Wanted::default();
    for (i, finding) in findings.iter().enumerate() {
        if let (Some(pointer), None) = (&finding.pointer, finding.line) {
            wanted.add(pointer, i);
        }
    }
    if wanted.is_empty() {
        return;
    }
    let mut found = Vec::new();
    match format {
        SourceFormat::Json => {
            let mut scan = Json {
                text: text.as_bytes(),
                at: 0,
                found: &mut found,
            };
            let _ = scan.value(Some(&wanted), 0);
            found.sort_unstable(); // by offset, so that lines are counted once
            give_lines(text, &found, findings);
        }
        SourceFormat::Yaml => {
            let mut parser = Parser::new_from_str(text);
            let mut found = Vec::new();
            let _ = yaml_value(&mut parser, Some(&wanted), &mut found);
            for (i, line, column) in found {
                if let Some(finding) = findings.get_mut(i) {
                    *finding = finding.clone().on(line, column);
                }
            }
        }
    }
}

/// The pointers that are looked for, as a tree of their steps.
#[derive(Debug, Default)]
struct Wanted {
    findings: Vec<usize>,
    steps: HashMap<String, Wanted>,
}

impl Wanted {
    fn add(&mut self, pointer: &str, finding: usize) {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            node = node
                .steps
                .entry(step.replace("~1", "/").replace("~0", "~"))
                .or_default();
        }
        node.findings.push(finding);
    }
    fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.steps.is_empty()
    }
}

fn give_lines(text: &str, found: &[(usize, usize)], findings: &mut [Diagnostic]) {
    let (mut line, mut line_start, mut at) = (1, 0, 0);
    for (offset, i) in found {
        for (n, byte) in text.as_bytes().iter().enumerate().take(*offset).skip(at) {
            if *byte == b'\n' {
                (line, line_start) = (line + 1, n + 1);
            }
        }
        at = *offset;
        let column = text
            .get(line_start..*offset)
            .map_or(1, |t| t.chars().count() as u64 + 1);
        if let Some(finding) = findings.get_mut(*i) {
            *finding = finding.clone().on(line, column);
        }
    }
}

/// A scanner over JSON that is known to be valid. `None` at any surprise, which ends the search.
struct Json<'t> {
    text: &'t [u8],
    at: usize,
    found: &'t mut Vec<(usize, usize)>,
}

impl Json<'_> {
    fn value(&mut self, wanted: Option<&Wanted>, depth: u32) -> Option<()> {
        self.space();
        match self.text.get(self.at)? {
            b'{' => self.members(wanted, depth, true),
            b'[' => self.members(wanted, depth, false),
            b'"' => self.string().map(|_| ()),
            _ => {
                while self
                    .text
                    .get(self.at)
                    .is_some_and(|b| !matches!(b, b',' | b'}' | b']') && !b.is_ascii_whitespace())
                {
                    self.at += 1;
                }
                Some(())
            }
        }
    }
    fn members(&mut self, wanted: Option<&Wanted>, depth: u32, named: bool) -> Option<()> {
        if depth > 128 {
            return None;
        }
        self.at += 1;
        for i in 0usize.. {
            self.space();
            if matches!(self.text.get(self.at)?, b'}' | b']') {
                self.at += 1;
                return Some(());
            }
            if self.text.get(self.at)? == &b',' {
                self.at += 1;
                self.space();
            }
            let start = self.at;
            let step = if named { self.string()? } else { i.to_string() };
            let inner = wanted.and_then(|w| w.steps.get(&step));
            if let Some(inner) = inner {
                self.found
                    .extend(inner.findings.iter().map(|finding| (start, *finding)));
            }
            if named {
                self.space();
                self.at += 1; // the colon
            }
            self.value(inner, depth + 1)?;
        }
        None
    }
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let raw = self.text.get(start..self.at)?;
        match raw.contains(&b'\\') {
            true => serde_json::from_slice(raw).ok(),
            false => Some(String::from_utf8_lossy(raw.get(1..raw.len() - 1)?).into_owned()),
        }
    }
    fn space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

type Found = Vec<(usize, u64, u64)>;

/// Follows the events of a YAML document without recursion; aliases are not followed.
fn yaml_value<'t>(
    parser: &mut Parser<'t, granit_parser::StrInput<'t>>,
    wanted: Option<&Wanted>,
    found: &mut Found,
) -> Option<()> {
    struct Level<'w> {
        wanted: Option<&'w Wanted>,
        /// In a mapping, the key whose value comes next; in a sequence, the position.
        key: Option<String>,
        next: usize,
        mapping: bool,
        /// A collection as a key: skipped.
        in_key: bool,
    }
    let mut levels: Vec<Level<'_>> = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.ok()?;
        let (line, column) = (span.start.line() as u64, span.start.col() as u64 + 1);
        if matches!(event, Event::MappingEnd | Event::SequenceEnd) {
            levels.pop();
            continue;
        }
        let opens = match &event {
            Event::MappingStart(..) => Some(true),
            Event::SequenceStart(..) => Some(false),
            Event::Scalar(..) | Event::Alias(..) => None,
            _ => continue,
        };
        // What this node is to its parent: a key, or the value under some step.
        let mut inner = None;
        let mut is_key = false;
        match levels.last_mut() {
            None => inner = wanted,
            Some(level) if level.mapping && level.key.is_none() => {
                is_key = true;
                let name = match &event {
                    Event::Scalar(text, ..) => text.to_string(),
                    _ => String::new(),
                };
                if let Some(node) = level.wanted.and_then(|w| w.steps.get(&name)) {
                    found.extend(node.findings.iter().map(|finding| (*finding, line, column)));
                }
                level.key = Some(name);
            }
            Some(level) => {
                let step = if level.mapping {
                    level.key.take().unwrap_or_default()
                } else {
                    level.next.to_string()
                };
                level.next += 1;
                inner = level
                    .wanted
                    .filter(|_| !level.in_key)
                    .and_then(|w| w.steps.get(&step));
                if let Some(node) = inner.filter(|_| !level.mapping) {
                    found.extend(node.findings.iter().map(|finding| (*finding, line, column)));
                }
            }
        }
        if let Some(mapping) = opens {
            levels.push(Level {
                wanted: inner,
                key: None,
                next: 0,
                mapping,
                in_key: is_key,
            });
        }
    }
    Some(())
}
