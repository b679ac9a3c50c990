//! Headings: what they are called in links, and on which level they stand.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{Event, HeadingLevel, Tag};

use super::Levels;

/// One heading of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Of the element: 2 to 6.
    pub level: u8,
    /// The id of the element, for links: `#` and this. It begins with [`ID_PREFIX`](super::ID_PREFIX), so that a text
    /// cannot take the ids of the page around it.
    pub id: String,
    /// Without markup.
    pub text: String,
}

/// Names for headings, none twice.
#[derive(Default)]
pub(super) struct Anchors {
    taken: HashSet<String>,
    numbers: HashMap<String, usize>,
}

impl Anchors {
    /// The name of a heading with this text: the same on every rendering, whatever changes below it.
    pub(super) fn name(&mut self, text: &str) -> String {
        let base = slug(text);
        let mut name = base.clone();
        let number = self.numbers.entry(base.clone()).or_insert(2_usize);
        while !self.taken.insert(name.clone()) {
            name = format!("{base}-{number}");
            *number += 1;
        }
        name
    }
}

/// Letters and digits of any script in lower case, hyphens between them.
pub fn slug(text: &str) -> String {
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

/// Chooses levels.
pub(super) struct Outline {
    levels: Levels,
    /// The highest level of the text.
    top: u8,
    /// Of the heading before.
    last: u8,
}

impl Outline {
    pub(super) fn of(levels: Levels, events: &[Event<'_>]) -> Self {
        let all = events.iter().filter_map(|event| match event {
            Event::Start(Tag::Heading { level, .. }) => Some(number(*level)),
            _ => None,
        });
        Self {
            levels,
            top: all.min().unwrap_or(1),
            last: 1,
        }
    }

    pub(super) fn level(&mut self, written: HeadingLevel) -> u8 {
        let written = number(written);
        let level = match self.levels {
            Levels::Lower => (written + 1).min(6),
            Levels::Fit => (written - self.top + 2).min(self.last + 1).min(6),
        };
        self.last = level;
        level
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
