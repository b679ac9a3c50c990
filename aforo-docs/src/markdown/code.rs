//! What the line that opens a code block says.
//!
//! The language comes first. A title can follow in each of the forms that people bring along:
//!
//! ````text
//! ```json title="key-format.txt"     ```json {title="key-format.txt"}     ```json filename=key-format.txt
//! ```json key-format.txt             ```json:src/key-format.txt
//! ````
//!
//! Everything else on the line, such as `{1,3-5}` or `showLineNumbers`, is skipped.

/// Language and title of a code block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// As it was written, such as `js`; may be empty.
    pub language: String,
    /// What stands above the code.
    pub title: Option<String>,
}

const MAX_TITLE: usize = 120;

impl Info {
    /// Reads the line after the backticks.
    pub fn parse(line: &str) -> Self {
        let line = line.trim();
        let first = line
            .find(|c: char| c.is_whitespace() || c == '{' || c == ',')
            .unwrap_or(line.len());
        let (mut language, rest) = line.split_at(first);
        let mut title = None;
        if language.contains('=') {
            language = "";
        } else if let Some((name, path)) = language.split_once(':') {
            title = (!path.is_empty()).then(|| path.to_owned());
            language = name;
        }
        let rest = if language.is_empty() && title.is_none() {
            line
        } else {
            rest
        };
        let title = title
            .or_else(|| named(rest))
            .or_else(|| bare(rest))
            .filter(|title| !title.is_empty() && title.chars().count() <= MAX_TITLE);
        Self {
            language: language.to_owned(),
            title,
        }
    }

    /// The class that says the language, if it is written with the characters of one.
    pub(super) fn class(&self) -> Option<String> {
        let sound = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
        (!self.language.is_empty() && self.language.len() <= 40 && self.language.chars().all(sound))
            .then(|| format!("language-{}", self.language))
    }
}

/// `title="…"`, `filename=…`, in braces or not.
fn named(rest: &str) -> Option<String> {
    for name in ["title=", "filename=", "file=", "name="] {
        let Some(at) = rest.find(name) else { continue };
        let before = rest.get(..at).unwrap_or_default();
        if !before.ends_with(|c: char| c.is_whitespace() || matches!(c, '{' | ',')) && !before.is_empty() {
            continue;
        }
        let value = rest.get(at + name.len()..).unwrap_or_default();
        let mut chars = value.chars();
        let title = match chars.next() {
            Some(quote @ ('"' | '\'')) => chars.as_str().split(quote).next().unwrap_or_default(),
            _ => value
                .split(|c: char| c.is_whitespace() || matches!(c, '}' | ','))
                .next()
                .unwrap_or_default(),
        };
        return Some(title.trim().to_owned());
    }
    None
}

/// A second word that looks like the name of a file.
fn bare(rest: &str) -> Option<String> {
    let word = rest.split_whitespace().next()?;
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '@' | '[' | ']');
    let (stem, ending) = word.rsplit_once('.')?;
    let ends = (1..=10).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric());
    (ends && word.chars().all(sound) && (!stem.is_empty() || ending.len() > 1)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_in_the_forms_that_people_write() {
        let cases = [
            ("", "", None),
            ("json", "json", None),
            ("json title=\"key format.txt\"", "json", Some("key format.txt")),
            ("json title='a'", "json", Some("a")),
            ("json {title=\"a.txt\"}", "json", Some("a.txt")),
            ("json{1,3-5} title=a.txt", "json", Some("a.txt")),
            ("json filename=\"src/a.rs\" {1}", "json", Some("src/a.rs")),
            ("js src/app.js", "js", Some("src/app.js")),
            ("js .env", "js", Some(".env")),
            ("js:src/app.js", "js", Some("src/app.js")),
            ("title=\"only.txt\"", "", Some("only.txt")),
            ("{title=\"only.txt\"}", "", Some("only.txt")),
            ("js showLineNumbers {1,3}", "js", None),
            ("rust,ignore", "rust", None),
            ("rust subtitle=\"x\"", "rust", None),
            ("json title=\"\"", "json", None),
            ("json title=", "json", None),
            ("c++", "c++", None),
        ];
        for (line, language, title) in cases {
            let info = Info::parse(line);
            assert_eq!(
                (info.language.as_str(), info.title.as_deref()),
                (language, title),
                "{line}"
            );
        }
    }

    #[test]
    fn a_language_cannot_break_out_of_its_class() {
        assert_eq!(Info::parse("\"><img").class(), None);
        assert_eq!(Info::parse("c++").class().as_deref(), Some("language-c++"));
    }
}
