//! How a question is read. There is no syntax that could be wrong: quotes make phrases, all else is words.

use super::{
    Kind,
    text::{Run, is_stop, runs, squeezed, stem},
};
use aforo_core::ProductId;

/// Characters of a question that are read.
pub const MAX_CHARS: usize = 200;
/// Words and phrases of a question that are looked for.
const MAX_CLAUSES: usize = 10;

/// A question, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// As it was asked, shortened.
    pub text: String,
    /// What is looked for. Empty when there is no word in the question.
    pub clauses: Vec<Clause>,
    /// All letters and digits: for exact names and paths.
    pub squeezed: String,
}

/// One word or phrase of a question, in any of several forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Where it stands in [`Query::text`], in bytes.
    pub place: (usize, usize),
    /// Its words, folded.
    pub words: Vec<String>,
    /// The words must follow each other.
    pub phrase: bool,
    /// The last word may go on: it is being typed.
    pub prefix: bool,
    /// Words that were probably meant instead, nearest first.
    pub meant: Vec<String>,
}

/// What an index is asked for in the place of a clause: any of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// All of these words; of those marked, words that begin so.
    All(Vec<(String, bool)>),
    /// These words, one after the other.
    Phrase(Vec<String>),
}

/// What an index is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Each clause as its alternatives.
    pub clauses: Vec<Vec<Alternative>>,
    /// One clause is enough.
    pub any: bool,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this product.
    pub product: Option<ProductId>,
}

impl Query {
    /// Reads a question.
    pub fn parse(question: &str) -> Self {
        let text: String = question.trim_start().chars().take(MAX_CHARS).collect();
        let mut clauses = Vec::new();
        for (number, part) in text.split('"').enumerate() {
            // The pieces are slices of the text, so their places in it are where they begin.
            let offset = part.as_ptr() as usize - text.as_ptr() as usize;
            let runs = runs(part);
            if number % 2 == 1 {
                clauses.extend(phrase(runs, offset));
            } else {
                clauses.extend(loose(runs, offset));
            }
        }
        let quoted = text.matches('"').count() >= 2;
        if let Some(last) = clauses.last_mut()
            && !last.phrase
            && last.place.1 == text.len()
        {
            last.prefix = last.words.iter().map(|word| word.chars().count()).sum::<usize>() >= 2;
        }
        let says_nothing = |clause: &Clause| !clause.phrase && clause.words.iter().all(|word| is_stop(word));
        if !clauses.iter().all(says_nothing) {
            // A last word that is still being typed may become another.
            clauses.retain(|clause| !says_nothing(clause));
        }
        clauses.truncate(MAX_CLAUSES);
        Self {
            squeezed: if quoted { String::new() } else { squeezed(&text) },
            clauses,
            text,
        }
    }

    /// The question for an index.
    pub fn asked(&self, any: bool, kind: Option<Kind>, product: Option<ProductId>) -> Asked {
        Asked {
            clauses: self.clauses.iter().map(Clause::alternatives).collect(),
            any,
            kind,
            product,
        }
    }

    /// The question with what was probably meant, if that differs.
    pub fn suggestion(&self) -> Option<String> {
        let mut text = String::new();
        let mut end = 0;
        for clause in &self.clauses {
            if let Some(meant) = clause.meant.first() {
                text.push_str(self.text.get(end..clause.place.0)?);
                text.push_str(meant);
                end = clause.place.1;
            }
        }
        (end > 0).then(|| {
            (text + self.text.get(end..).unwrap_or_default())
                .trim_end()
                .to_owned()
        })
    }
}

fn phrase(runs: Vec<Run>, offset: usize) -> Option<Clause> {
    let words: Vec<_> = runs.into_iter().flat_map(|run| run.words).collect();
    let place = (words.first()?.start + offset, words.last()?.end + offset);
    Some(Clause {
        place,
        words: words.into_iter().map(|word| word.text).collect(),
        phrase: true,
        prefix: false,
        meant: Vec::new(),
    })
}

fn loose(runs: Vec<Run>, offset: usize) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    for run in runs {
        let Some((start, end)) = run
            .words
            .first()
            .zip(run.words.last())
            .map(|(a, b)| (a.start, b.end))
        else {
            continue;
        };
        let words = run.words.into_iter().map(|word| word.text);
        match clauses.last_mut() {
            Some(before) if run.joined => {
                before.words.extend(words);
                before.place.1 = end + offset;
                before.phrase = true;
            }
            _ => clauses.push(Clause {
                place: (start + offset, end + offset),
                words: words.collect(),
                phrase: false,
                prefix: false,
                meant: Vec::new(),
            }),
        }
    }
    clauses
}

impl Clause {
    /// The words as one: `createtranslation`.
    pub fn whole(&self) -> String {
        self.words.concat()
    }

    /// What an index is asked for.
    pub fn alternatives(&self) -> Vec<Alternative> {
        if self.phrase && self.words.len() > 1 {
            return vec![Alternative::Phrase(self.words.clone())];
        }
        let exact = |word: &str| Alternative::All(vec![(word.to_owned(), false)]);
        let whole = self.whole();
        let mut all = vec![Alternative::All(vec![(whole.clone(), self.prefix)])];
        if self.phrase {
            return vec![exact(&whole)];
        }
        if self.words.len() > 1 {
            let last = self.words.len() - 1;
            let part = |(n, word): (usize, &String)| (word.clone(), self.prefix && n == last);
            all.push(Alternative::All(
                self.words.iter().enumerate().map(part).collect(),
            ));
            let stems = self
                .words
                .iter()
                .map(|word| (stem(word).into_owned(), false))
                .collect();
            all.push(Alternative::All(stems));
        } else {
            all.push(exact(&stem(&whole)));
        }
        for meant in &self.meant {
            all.push(exact(meant));
            all.push(exact(&stem(meant)));
        }
        let mut seen: Vec<Alternative> = Vec::new();
        for alternative in all {
            // A word that may go on finds itself, too.
            let covered = |a: &Alternative| match (a, &alternative) {
                (Alternative::All(a), Alternative::All(b)) if a.len() == 1 && b.len() == 1 => {
                    a[0].0 == b[0].0 && (a[0].1 || !b[0].1)
                }
                _ => *a == alternative,
            };
            if !seen.iter().any(covered) {
                seen.push(alternative);
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(question: &str) -> Vec<(String, bool, bool)> {
        let clauses = Query::parse(question).clauses;
        clauses
            .into_iter()
            .map(|c| (c.words.join("+"), c.phrase, c.prefix))
            .collect()
    }
    fn clause(text: &str, phrase: bool, prefix: bool) -> (String, bool, bool) {
        (text.to_owned(), phrase, prefix)
    }

    #[test]
    fn words_phrases_and_what_is_being_typed() {
        assert_eq!(
            words("how do I rotate a key"),
            [clause("rotate", false, false), clause("key", false, true)]
        );
        assert_eq!(words("the"), [clause("the", false, true)]);
        assert_eq!(
            words(r#""rate limit" key "#),
            [clause("rate+limit", true, false), clause("key", false, false)]
        );
        assert_eq!(
            words(r#"key "rate lim"#),
            [clause("key", false, false), clause("rate+lim", true, false)]
        );
        assert_eq!(
            words("createTranslation"),
            [clause("create+translation", false, true)]
        );
        assert_eq!(
            words("POST /v1/translate"),
            [
                clause("post", false, false),
                clause("v1", false, false),
                clause("translate", false, true)
            ]
        );
        assert_eq!(
            words("翻訳する key"),
            [clause("翻+訳+す+る", true, false), clause("key", false, true)]
        );
        assert_eq!(words("🦀 \" ' ( * : -"), []);
        assert!(words(&"many words ".repeat(300)).len() <= MAX_CLAUSES);
    }

    #[test]
    fn alternatives_hold_forms_and_parts() {
        let one = |question: &str| Query::parse(question).clauses[0].alternatives();
        let all = |words: &[(&str, bool)]| {
            Alternative::All(
                words
                    .iter()
                    .map(|(word, prefix)| ((*word).to_owned(), *prefix))
                    .collect(),
            )
        };
        assert_eq!(one("keys"), [all(&[("keys", true)]), all(&[("key", false)])]);
        assert_eq!(one("key"), [all(&[("key", true)])]);
        assert_eq!(
            one("createPet"),
            [
                all(&[("createpet", true)]),
                all(&[("create", false), ("pet", true)]),
                all(&[("creat", false), ("pet", false)])
            ]
        );
        assert_eq!(one(r#""keys" x"#), [all(&[("keys", false)])]);
    }

    #[test]
    fn a_suggestion_keeps_the_rest() {
        let mut query = Query::parse("POST tanslate now");
        assert_eq!(query.suggestion(), None);
        query.clauses[1].meant = vec!["translate".into(), "translated".into()];
        assert_eq!(query.suggestion().as_deref(), Some("POST translate now"));
    }

    proptest::proptest! {
        #[test]
        fn any_question_is_read(question in ".{0,300}") {
            let query = Query::parse(&question);
            for clause in &query.clauses {
                proptest::prop_assert!(query.text.get(clause.place.0..clause.place.1).is_some());
                proptest::prop_assert!(!clause.alternatives().is_empty());
            }
            proptest::prop_assert_eq!(query.suggestion(), None);
        }
    }
}
