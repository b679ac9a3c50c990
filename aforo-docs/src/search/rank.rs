//! In which order hits are shown, and what of them is marked: the same for every store.

use std::ops::Range;

use super::{
    Entry, Kind,
    query::{Clause, Query},
    text::{Run, fold_into, runs, squeezed, stem},
};

/// What a word in the title, in keys (trail, method, path) and in the body is worth.
const TITLE: f64 = 10.0;
const KEYS: f64 = 4.0;
const BODY: f64 = 1.0;
/// The whole question is the title, a name or the path.
const EXACT: f64 = 1_000.0;
/// The words of the question stand together in the title, or in the body.
const TOGETHER: f64 = 4.0;
/// Characters of an excerpt, and how many of them come before the first match.
const EXCERPT: usize = 180;
const LEAD: usize = 40;

/// A text with the words that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// Plain text.
    pub text: String,
    /// What matches, in bytes; in order, apart from each other.
    pub marks: Vec<Range<usize>>,
}

impl Marked {
    /// The text in pieces, each with whether it is marked.
    pub fn pieces(&self) -> impl Iterator<Item = (&str, bool)> {
        let mut at = 0;
        let ends = self
            .marks
            .iter()
            .flat_map(|mark| [(mark.start, false), (mark.end, true)]);
        ends.chain([(self.text.len(), false)])
            .filter_map(move |(end, marked)| {
                let piece = self.text.get(at..end)?;
                at = end;
                Some((piece, marked))
            })
            .filter(|(piece, _)| !piece.is_empty())
    }
}

/// Orders entries by one question.
pub struct Ranker<'q> {
    query: &'q Query,
    clauses: Vec<Ranked<'q>>,
}

/// A clause, with what is needed for each comparison.
struct Ranked<'q> {
    clause: &'q Clause,
    whole: String,
    stems: Vec<String>,
    meant: Vec<(&'q str, String)>,
    /// Rare words say more.
    weight: f64,
}

/// How well one place of a text fits one word of a clause.
#[derive(Clone, Copy)]
struct Fit {
    /// Which word of the clause; `None` for all of them.
    word: Option<usize>,
    quality: f64,
    /// Only the beginning fits.
    begins: bool,
}

impl<'q> Ranker<'q> {
    /// For a question; `entries` says in how many entries each clause is, as far as that is known.
    pub fn new(query: &'q Query, entries: impl Fn(&Clause) -> u32) -> Self {
        let ranked = |clause: &'q Clause| Ranked {
            whole: clause.whole(),
            stems: clause.words.iter().map(|word| stem(word).into_owned()).collect(),
            meant: clause
                .meant
                .iter()
                .map(|word| (word.as_str(), stem(word).into_owned()))
                .collect(),
            weight: 1.0 / (1.0 + 0.25 * (1.0 + f64::from(entries(clause))).ln()),
            clause,
        };
        Self {
            query,
            clauses: query.clauses.iter().map(ranked).collect(),
        }
    }

    /// How well the entry answers the question, and how many of its clauses it has. 0 clauses: it does not match.
    pub fn score(&self, entry: &Entry) -> (usize, f64) {
        let title = runs(&entry.title);
        let names: Vec<Vec<Run>> = entry.names.iter().map(|name| runs(name)).collect();
        let keys: Vec<Vec<Run>> = keys(entry).map(runs).collect();
        let body = runs(&entry.body);
        let (mut found, mut score) = (0, 0.0);
        let mut in_title = 0;
        for ranked in &self.clauses {
            let titled = ranked.best(&title);
            let named = names.iter().map(|name| ranked.best(name)).fold(0.0, f64::max);
            let keyed = keys.iter().map(|key| ranked.best(key)).fold(0.0, f64::max);
            let (fits, times) = ranked.best_and_times(&body);
            let bodied = fits * (0.6 + 0.4 * (times / (times + 3.0)));
            in_title += usize::from(titled > 0.0);
            // A word of several parts may have them in different places.
            let spread = if titled.max(named).max(keyed).max(bodied) == 0.0 {
                ranked.spread(&[&title[..], &body[..]], &names, &keys)
            } else {
                0.0
            };
            let value = TITLE * titled.max(0.9 * named) + KEYS * keyed + BODY * bodied + BODY * spread;
            found += usize::from(value > 0.0);
            score += ranked.weight * value;
        }
        if found == 0 && self.is_exact(entry) {
            found = self.clauses.len();
        }
        let words = title.iter().map(|run| run.words.len()).sum::<usize>().max(1);
        // Of two titles with the words, the one that has little else.
        #[allow(clippy::cast_precision_loss)] // words of a title
        let covered = in_title as f64 / words.max(in_title) as f64;
        score *= 1.0 + 0.3 * covered;
        if self.clauses.len() > 1 {
            score += TOGETHER * self.together(&title) + BODY * self.together(&body);
        }
        if self.is_exact(entry) {
            score += EXACT;
        }
        (
            found,
            if entry.kind == Kind::Schema {
                score * 0.9
            } else {
                score
            },
        )
    }

    /// Whether the question is the entry's title, one of its names, or its path.
    fn is_exact(&self, entry: &Entry) -> bool {
        !self.query.squeezed.is_empty() && exact_names(entry).any(|name| name == self.query.squeezed)
    }

    /// 1 when the clauses stand in this order without anything between them.
    fn together(&self, field: &[Run]) -> f64 {
        let flat: Vec<&Run> = field.iter().collect();
        let fits = |ranked: &Ranked<'_>, run: &Run| ranked.best(std::slice::from_ref(run)) > 0.0;
        let found = flat.windows(self.clauses.len()).any(|window| {
            self.clauses
                .iter()
                .zip(window)
                .all(|(ranked, run)| fits(ranked, run))
        });
        f64::from(u8::from(found))
    }

    /// The text, with what was asked for marked.
    pub fn mark(&self, text: &str) -> Marked {
        let mut marks = Vec::new();
        self.marks(text, &runs(text), &mut marks);
        Marked {
            text: text.to_owned(),
            marks: merged(marks),
        }
    }

    /// The part of a text that has most of what was asked for; `None` when it has nothing.
    pub fn excerpt(&self, text: &str) -> Option<Marked> {
        let mut marks = Vec::new();
        self.marks(text, &runs(text), &mut marks);
        let marks = merged(marks);
        // The window that has most marks; the first of those.
        let (mut best, mut most) = (marks.first()?.start, 0);
        for (n, mark) in marks.iter().enumerate() {
            let inside = marks[n..]
                .iter()
                .take_while(|m| m.end <= mark.start + EXCERPT - LEAD);
            let mut seen: Vec<&str> = inside.filter_map(|m| text.get(m.clone())).collect();
            seen.sort_unstable();
            seen.dedup();
            if seen.len() > most {
                (best, most) = (mark.start, seen.len());
            }
        }
        let start = window_start(text, best);
        let end = text[start..]
            .char_indices()
            .nth(EXCERPT)
            .map_or(text.len(), |(at, _)| start + at);
        let end = if end == text.len() {
            end
        } else {
            text[start..end]
                .rfind(char::is_whitespace)
                .map_or(end, |at| start + at)
        };
        let mut excerpt = Marked::default();
        if start > 0 {
            excerpt.text.push('…');
        }
        let shift = excerpt.text.len();
        // Line ends are blanks of the same length.
        excerpt
            .text
            .extend(text[start..end].chars().map(|c| if c == '\n' { ' ' } else { c }));
        if end < text.len() {
            excerpt.text.push('…');
        }
        let inside = marks
            .into_iter()
            .filter(|mark| mark.start >= start && mark.end <= end);
        excerpt.marks = inside
            .map(|mark| mark.start - start + shift..mark.end - start + shift)
            .collect();
        Some(excerpt)
    }

    fn marks(&self, text: &str, field: &[Run], marks: &mut Vec<Range<usize>>) {
        for ranked in &self.clauses {
            if ranked.clause.phrase && ranked.clause.words.len() > 1 {
                let words: Vec<_> = field.iter().flat_map(|run| &run.words).collect();
                for window in words.windows(ranked.clause.words.len()) {
                    if window
                        .iter()
                        .zip(&ranked.clause.words)
                        .all(|(word, asked)| word.text == *asked)
                    {
                        marks.extend(window.iter().map(|word| word.start..word.end));
                    }
                }
                continue;
            }
            for run in field {
                for word in run.whole.iter().chain(&run.words) {
                    if let Some(fit) = ranked.fit(&word.text) {
                        let end = if fit.begins {
                            let asked = match fit.word {
                                Some(n) => ranked.clause.words[n].len(),
                                None => ranked.whole.len(),
                            };
                            beginning(text, word.start, word.end, asked)
                        } else {
                            word.end
                        };
                        marks.push(word.start..end);
                    }
                }
            }
        }
    }
}

impl Ranked<'_> {
    /// How a word of a text fits.
    fn fit(&self, word: &str) -> Option<Fit> {
        let all = |quality, begins| {
            Some(Fit {
                word: None,
                quality,
                begins,
            })
        };
        if word == self.whole {
            return all(1.0, false);
        }
        if self.clause.phrase {
            return None;
        }
        let words = &self.clause.words;
        let several = words.len() > 1;
        let last = words.len() - 1;
        for (n, (asked, stemmed)) in words.iter().zip(&self.stems).enumerate() {
            let fit = |quality, begins| {
                Some(Fit {
                    word: several.then_some(n),
                    quality,
                    begins,
                })
            };
            if word == asked || word == stemmed {
                return fit(if word == asked { 1.0 } else { 0.85 }, false);
            }
            // Stems are only made of words that could share one.
            let shared = stemmed.as_bytes().first() == word.as_bytes().first();
            if shared && stem(word) == *stemmed {
                return fit(0.85, false);
            }
            if self.clause.prefix && n == last && word.starts_with(asked.as_str()) {
                return fit(0.7, true);
            }
        }
        if self.clause.prefix && several && word.starts_with(&self.whole) {
            return all(0.7, true);
        }
        for (meant, stemmed) in &self.meant {
            if word == *meant
                || (stemmed.as_bytes().first() == word.as_bytes().first() && stem(word) == *stemmed)
            {
                return all(0.5, false);
            }
        }
        None
    }

    fn best(&self, field: &[Run]) -> f64 {
        self.best_and_times(field).0
    }

    /// How well the best place of a field fits, and how often it does.
    fn best_and_times(&self, field: &[Run]) -> (f64, f64) {
        let words = &self.clause.words;
        if self.clause.phrase && words.len() > 1 {
            let flat: Vec<&str> = field
                .iter()
                .flat_map(|run| &run.words)
                .map(|word| word.text.as_str())
                .collect();
            let times = flat
                .windows(words.len())
                .filter(|window| window.iter().zip(words).all(|(word, asked)| word == asked))
                .count();
            #[allow(clippy::cast_precision_loss)] // words of a text
            return (f64::from(u8::from(times > 0)), times as f64);
        }
        let (mut best, mut times) = (0.0_f64, 0.0);
        let mut parts = vec![0.0_f64; words.len()];
        for run in field {
            for word in run.whole.iter().chain(&run.words) {
                if let Some(fit) = self.fit(&word.text) {
                    times += 1.0;
                    match fit.word {
                        None => best = best.max(fit.quality),
                        Some(n) => parts[n] = parts[n].max(fit.quality),
                    }
                }
            }
        }
        if parts.iter().all(|quality| *quality > 0.0) {
            let least = parts.iter().copied().fold(1.0, f64::min);
            best = best.max(0.9 * least);
        }
        (best, times)
    }

    /// Whether all parts are somewhere.
    fn spread(&self, fields: &[&[Run]], names: &[Vec<Run>], keys: &[Vec<Run>]) -> f64 {
        if self.clause.phrase || self.clause.words.len() < 2 {
            return 0.0;
        }
        let mut parts = vec![false; self.clause.words.len()];
        let all = fields
            .iter()
            .copied()
            .chain(names.iter().chain(keys).map(Vec::as_slice));
        for word in all.flatten().flat_map(|run| &run.words) {
            if let Some(Fit { word: Some(n), .. }) = self.fit(&word.text) {
                parts[n] = true;
            }
        }
        f64::from(u8::from(parts.iter().all(|found| *found)))
    }
}

/// What an entry is called exactly: title, names, path, and path with method; squeezed.
pub fn exact_names(entry: &Entry) -> impl Iterator<Item = String> {
    let plain = std::iter::once(&entry.title)
        .chain(&entry.names)
        .chain(&entry.path)
        .map(|name| squeezed(name));
    let called = entry
        .method
        .iter()
        .zip(&entry.path)
        .map(|(method, path)| squeezed(&format!("{method} {path}")));
    plain.chain(called).filter(|name| !name.is_empty())
}

/// The texts that weigh between title and body.
pub fn keys(entry: &Entry) -> impl Iterator<Item = &str> {
    let all = entry.trail.iter().chain(&entry.method).chain(&entry.path);
    all.map(String::as_str)
}

/// Where an excerpt begins: some words before `at`, at the start of a word.
fn window_start(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let from = before.char_indices().rev().nth(LEAD).map_or(0, |(at, _)| at);
    if from == 0 {
        return 0;
    }
    before[from..].find(char::is_whitespace).map_or(at, |blank| {
        let start = from + blank;
        start + text[start..].chars().next().map_or(0, char::len_utf8)
    })
}

/// Where the first `asked` bytes of the folded word end in the text.
fn beginning(text: &str, start: usize, end: usize, asked: usize) -> usize {
    let mut folded = String::new();
    for (at, c) in text[start..end].char_indices() {
        if folded.len() >= asked {
            return start + at;
        }
        if c.is_alphanumeric() {
            fold_into(&mut folded, c);
        }
    }
    end
}

fn merged(mut marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match merged.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => merged.push(mark),
        }
    }
    merged
}
