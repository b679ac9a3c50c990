//! How a text becomes words. Both databases and the memory store are given the words that this makes.

use std::{borrow::Cow, sync::LazyLock};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Characters of a word that count. Longer ones are no words.
const MAX_WORD: usize = 64;

/// Words that say nothing beside others. They stay in the index, so that phrases find them.
const STOP: [&str; 24] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "do", "does", "for", "from", "how", "i", "in", "is",
    "it", "my", "of", "on", "or", "the", "to", "with",
];

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// One word as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it begins in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Folded: lower case, without accents.
    pub text: String,
}

/// Words that are written as one: `createTranslation`, `page_size`, `rate-limit`. Most have one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its words, in order.
    pub words: Vec<Word>,
    /// All of them together, folded: `createtranslation`. `None` when there is only one word.
    pub whole: Option<Word>,
    /// It follows the run before without anything between them, as letters of scripts without spaces do.
    pub joined: bool,
}

/// The runs of a text.
pub fn runs(text: &str) -> Vec<Run> {
    let mut all = Vec::new();
    let mut scan = Scan::default();
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        if is_ideographic(c) {
            let joined = scan.words.is_empty() && is_ideographic(before);
            scan.finish(at, &mut all);
            scan.begin(at, c);
            scan.finish(at + c.len_utf8(), &mut all);
            if let Some(run) = all.last_mut() {
                run.joined = joined;
            }
        } else if c.is_alphanumeric() || (is_combining_mark(c) && scan.open) {
            let upper = c.is_uppercase();
            let hump = upper && before.is_lowercase();
            // HTTPServer: the S begins a word. APIs: the s does not.
            let after = chars.clone().nth(1).map_or(' ', |(_, c)| c);
            let plural = next == 's' && !after.is_alphanumeric();
            let acronym_ends = upper && before.is_uppercase() && next.is_lowercase() && !plural;
            if !scan.open || hump || acronym_ends {
                scan.end_word(at);
                scan.begin(at, c);
            } else {
                scan.push(c);
            }
        } else if matches!(c, '\'' | '’') && scan.open && next.is_alphanumeric() {
            // don't
        } else if matches!(c, '_' | '-' | '\u{2011}')
            && scan.open
            && next.is_alphanumeric()
            && !is_ideographic(next)
        {
            scan.end_word(at);
        } else {
            scan.finish(at, &mut all);
        }
        before = c;
    }
    scan.finish(text.len(), &mut all);
    all
}

/// The run that is being read.
#[derive(Default)]
struct Scan {
    words: Vec<Word>,
    open: bool,
    length: usize,
}

impl Scan {
    fn begin(&mut self, at: usize, c: char) {
        self.words.push(Word {
            start: at,
            end: at,
            text: String::new(),
        });
        (self.open, self.length) = (true, 0);
        self.push(c);
    }
    fn push(&mut self, c: char) {
        if let Some(word) = self.words.last_mut()
            && self.length < MAX_WORD
        {
            fold_into(&mut word.text, c);
            self.length += 1;
        }
    }
    fn end_word(&mut self, at: usize) {
        if self.open
            && let Some(word) = self.words.last_mut()
        {
            word.end = at;
        }
        self.open = false;
    }
    fn finish(&mut self, at: usize, all: &mut Vec<Run>) {
        self.end_word(at);
        let mut words = std::mem::take(&mut self.words);
        words.retain(|word| !word.text.is_empty());
        let whole = match words.as_slice() {
            [] => return,
            [_] => None,
            [first, .., last] => Some(Word {
                start: first.start,
                end: last.end,
                text: words
                    .iter()
                    .flat_map(|word| word.text.chars())
                    .take(MAX_WORD)
                    .collect(),
            }),
        };
        all.push(Run {
            words,
            whole,
            joined: false,
        });
    }
}

/// Lower case without accents, as far as letters and digits go.
pub(super) fn fold_into(folded: &mut String, c: char) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
        return;
    }
    for c in std::iter::once(c).nfkd().flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'þ' => folded.push_str("th"),
            c if c.is_alphanumeric() && !is_combining_mark(c) => folded.push(c),
            _ => {}
        }
    }
}

/// A folded word without its ending, if it is an English one: `translating` and `translation` become `translat`.
pub fn stem(word: &str) -> Cow<'_, str> {
    if word.len() < 4 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return Cow::Borrowed(word);
    }
    ENGLISH.stem(word)
}

/// Whether the word says nothing beside others.
pub fn is_stop(word: &str) -> bool {
    STOP.binary_search(&word).is_ok()
}

/// All letters and digits of a text, folded, with nothing between them: how exact names are compared.
pub fn squeezed(text: &str) -> String {
    let mut folded = String::new();
    for c in text.chars().filter(|c| c.is_alphanumeric()).take(200) {
        fold_into(&mut folded, c);
    }
    folded
}

/// What an index holds of a text: its words in order, and beside them stems and wholes. Words have a blank between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The words, in order.
    pub words: Vec<String>,
    /// Other forms, each with the place of its word in `words`.
    pub more: Vec<(usize, String)>,
}

/// The tokens of a text.
pub fn tokens(text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.add(text);
    tokens
}

impl Tokens {
    /// Adds a text behind what there is.
    pub fn add(&mut self, text: &str) {
        for run in runs(text) {
            let first = self.words.len();
            for word in run.words {
                let stem = stem(&word.text);
                if *stem != *word.text {
                    self.more.push((self.words.len(), stem.into_owned()));
                }
                self.words.push(word.text);
            }
            if let Some(whole) = run.whole {
                let stem = stem(&whole.text);
                if *stem != *whole.text {
                    self.more.push((first, stem.into_owned()));
                }
                self.more.push((first, whole.text));
            }
        }
    }
}

/// Letters of scripts that put no blanks between words: each is a word, and a phrase of them finds them together.
fn is_ideographic(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9D | 0x20000..=0x3FFFF)
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).words
    }
    fn more(text: &str) -> Vec<String> {
        tokens(text).more.into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP.is_sorted());
        assert!(is_stop("the") && !is_stop("get"));
    }

    #[test]
    fn identifiers_are_words_and_a_whole() {
        for (text, parts, whole) in [
            (
                "createTranslation",
                vec!["create", "translation"],
                "createtranslation",
            ),
            ("page_size", vec!["page", "size"], "pagesize"),
            ("X-Rate-Limit", vec!["x", "rate", "limit"], "xratelimit"),
            ("HTTPServer", vec!["http", "server"], "httpserver"),
            ("getAPIs", vec!["get", "apis"], "getapis"),
            ("PetsAPIKeys", vec!["pets", "api", "keys"], "petsapikeys"),
        ] {
            assert_eq!(words(text), parts, "{text}");
            assert!(
                more(text).iter().any(|word| word == whole),
                "{text}: {:?}",
                more(text)
            );
        }
        assert_eq!(words("/v1/pets/{petId}"), ["v1", "pets", "pet", "id"]);
        assert_eq!(words("api.acme.com don’t"), ["api", "acme", "com", "dont"]);
    }

    #[test]
    fn letters_are_folded() {
        assert_eq!(
            words("Größe ÜBERSETZUNG Łódź ﬁnd e\u{301}té"),
            ["grosse", "ubersetzung", "lodz", "find", "ete"]
        );
        assert_eq!(words("翻訳API"), ["翻", "訳", "api"]);
        assert_eq!(words("🦀 -- ''"), Vec::<String>::new());
        assert_eq!(words("ключ API-ключа"), ["ключ", "api", "ключа"]);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        assert_eq!(stem("translating"), stem("translation"));
        assert_eq!(stem("keys"), stem("key"));
        assert_eq!(stem("oauth2"), "oauth2");
        assert_eq!(stem("größe"), "größe");
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "Über createTranslation, don't 翻訳";
        for run in runs(text) {
            for word in run.words.iter().chain(&run.whole) {
                assert!(
                    text.get(word.start..word.end)
                        .is_some_and(|piece| !piece.is_empty())
                );
            }
        }
        let all = runs(text);
        assert_eq!(&text[all[1].words[1].start..all[1].words[1].end], "Translation");
        assert_eq!(&text[all[2].words[0].start..all[2].words[0].end], "don't");
        assert!(!all[3].joined && all[4].joined);
    }

    proptest::proptest! {
        #[test]
        fn words_have_only_letters_and_digits(text in ".{0,60}") {
            for run in runs(&text) {
                for word in run.words.iter().chain(&run.whole) {
                    proptest::prop_assert!(word.text.chars().all(char::is_alphanumeric), "{:?}", word.text);
                    proptest::prop_assert!(!word.text.is_empty());
                    proptest::prop_assert!(text.get(word.start..word.end).is_some());
                    proptest::prop_assert!(stem(&word.text).chars().all(char::is_alphanumeric));
                }
            }
        }
    }
}
