//! What was asked and answered, without what differs from run to run, so that two runs can be compared.

use std::collections::HashMap;

use crate::http::{Answer, Call};

/// Headers that servers may set as they like.
const OF_THE_SERVER: [&str; 6] = [
    "date",
    "connection",
    "keep-alive",
    "content-length",
    "transfer-encoding",
    "server",
];
/// Headers whose presence matters, and whose value differs each time.
const DIFFERENT: [&str; 2] = ["x-request-id", "server-timing"];

/// A conversation with one console.
#[derive(Default)]
pub struct Transcript {
    names: Names,
    lines: Vec<String>,
    raw: Vec<Vec<u8>>,
}

impl Transcript {
    /// Notes one exchange. `places` are texts of this run alone, such as addresses, and what to call them.
    pub fn note(&mut self, call: &Call, answer: &Answer, places: &[(String, &str)]) {
        let mut line = format!("{} {} -> {}\n", call.method, call.path, answer.status);
        let mut headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| !OF_THE_SERVER.contains(&&**name))
            .map(|(name, value)| match DIFFERENT.contains(&&**name) {
                true => format!("  {name}\n"),
                false => format!("  {name}: {value}\n"),
            })
            .collect();
        headers.sort();
        line.extend(headers);
        line.push_str(&without_timing(&answer.text()));
        for (text, name) in places {
            line = line.replace(text, name);
        }
        self.lines.push(self.names.normalise(&line));
        self.raw.push(answer.body.clone());
    }

    /// The exchanges, normalised.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The bodies as they came.
    #[must_use]
    pub fn bodies(&self) -> &[Vec<u8>] {
        &self.raw
    }
}

/// How long things took is nobody's promise.
fn without_timing(body: &str) -> String {
    match body.split_once("\"timing\":{") {
        Some((before, after)) => {
            let rest = after.split_once('}').map_or("", |(_, rest)| rest);
            format!("{before}\"timing\":{{}}{rest}")
        }
        None => body.to_owned(),
    }
}

/// Names for ids and secrets, by the order in which they appear.
#[derive(Default)]
struct Names {
    known: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl Names {
    fn normalise(&mut self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut after_ellipsis = false;
        while let Some(first) = rest.chars().next() {
            let length = match is_word(first) {
                true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (word, tail) = rest.split_at(length);
            rest = tail;
            match kind(word) {
                _ if after_ellipsis && word.len() == 4 => out.push_str("hint"),
                Some(kind) => out.push_str(&self.name(word, &kind)),
                None => out.push_str(word),
            }
            after_ellipsis = word == "…";
        }
        out
    }

    fn name(&mut self, word: &str, kind: &str) -> String {
        if let Some(name) = self.known.get(word) {
            return name.clone();
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let name = format!("<{kind} {count}>");
        self.known.insert(word.to_owned(), name.clone());
        name
    }
}

/// What sort of id or secret a word is.
fn kind(word: &str) -> Option<String> {
    if word.starts_with("eyJ") && word.matches('.').count() == 2 {
        return Some("session token".to_owned());
    }
    let (prefix, rest) = word.rsplit_once('_')?;
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match (prefix, rest.len()) {
        ("sk_live" | "sk_test", 40) => Some(prefix.to_owned()),
        ("client", 24) => Some(prefix.to_owned()),
        (_, 32) if is_hex(rest) => Some(prefix.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_named() {
        let mut names = Names::default();
        let (key, other) = (
            format!("key_{}", "0a".repeat(16)),
            format!("key_{}", "1b".repeat(16)),
        );
        let secret = format!("sk_{}_{}", "live", "x".repeat(40));
        let text =
            format!("{{\"id\":\"{key}\",\"next\":\"{other}\",\"again\":\"{key}\",\"key\":\"{secret}\"}}");
        assert_eq!(
            names.normalise(&text),
            r#"{"id":"<key 1>","next":"<key 2>","again":"<key 1>","key":"<sk_live 1>"}"#
        );
        assert_eq!(
            names.normalise("sk_live_…aB3d, key_in_grace"),
            "sk_live_…hint, key_in_grace"
        );
        assert_eq!(
            without_timing(r#"{"a":1,"timing":{"x":1.5},"b":2}"#),
            r#"{"a":1,"timing":{},"b":2}"#
        );
    }
}
