//! Colours for code, chosen on the server: spans with the classes of the pages' code tokens.
//!
//! `k` names a key or a function, `s` a string, `n` a number, `w` a word of the language, `c` a comment. Grammars are
//! read when the first code needs one. Without the feature `highlight` code stays plain.

use super::escaped;

/// Code longer than this stays plain.
const MAX_BYTES: usize = 64 * 1024;
/// Code with a longer line stays plain: grammars look at whole lines, again and again.
const MAX_LINE: usize = 2_000;

/// Every class that code can get.
pub(super) const CLASSES: &[&str] = &["k", "s", "n", "w", "c"];

/// Escaped code with spans around what has a colour. A language that nobody knows gives plain code; so does code of
/// more than 64 KiB.
pub fn highlight(language: &str, code: &str) -> String {
    let short = code.len() <= MAX_BYTES && code.lines().all(|line| line.len() <= MAX_LINE);
    if short && let Some(html) = engine::highlight(&language.to_ascii_lowercase(), code) {
        return html;
    }
    escaped(code)
}

#[cfg(not(feature = "highlight"))]
mod engine {
    pub(super) fn highlight(_: &str, _: &str) -> Option<String> {
        None
    }
}

#[cfg(feature = "highlight")]
mod engine {
    use std::{
        sync::LazyLock,
        time::{Duration, Instant},
    };

    use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

    use super::super::escape;

    /// Hostile code can make a grammar slow. What is left after this stays plain.
    const MAX_TIME: Duration = Duration::from_millis(250);

    static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

    /// Which class a scope gets: the first that fits, from the innermost scope outwards.
    static CLASS_OF: LazyLock<Vec<(Scope, Option<&'static str>)>> = LazyLock::new(|| {
        [
            ("comment", Some("c")),
            ("meta.mapping.key string", Some("k")),
            ("string", Some("s")),
            ("constant.character.escape", Some("s")),
            ("constant.numeric", Some("n")),
            ("constant.language", Some("w")),
            ("constant.other.symbol", Some("s")),
            ("keyword.operator", None),
            ("keyword", Some("w")),
            ("storage", Some("w")),
            ("variable.language", Some("w")),
            ("entity.name.tag", Some("k")),
            ("entity.other.attribute-name", Some("n")),
            ("entity.name.function", Some("k")),
            ("support.function", Some("k")),
            ("support.type.property-name", Some("k")),
            ("variable.function", Some("k")),
        ]
        .into_iter()
        .filter_map(|(name, class)| Some((Scope::new(name.split(' ').next()?).ok()?, class)))
        .collect()
    });

    /// Names in the blocks that people write, and what the grammar is called.
    fn grammar(language: &str) -> Option<&'static SyntaxReference> {
        let name = match language {
            "" | "text" | "txt" | "plain" | "plaintext" | "console" | "output" | "none" => return None,
            "shell" | "sh" | "zsh" | "shellsession" | "curl" => "bash",
            "ts" | "typescript" | "jsx" | "tsx" | "mjs" | "cjs" | "node" | "nodejs" => "js",
            "json5" | "jsonc" | "jsonl" | "ndjson" => "json",
            "yml" => "yaml",
            "golang" => "go",
            "c#" | "csharp" | "dotnet" => "cs",
            "py3" | "python3" => "py",
            "c++" => "cpp",
            "htm" | "vue" | "svelte" => "html",
            "kotlin" | "kt" => "java",
            "postgres" | "postgresql" | "mysql" | "sqlite" => "sql",
            "make" => "makefile",
            "md" => "markdown",
            "patch" => "diff",
            other => other,
        };
        GRAMMARS.find_syntax_by_token(name)
    }

    pub(super) fn highlight(language: &str, code: &str) -> Option<String> {
        let mut state = ParseState::new(grammar(language)?);
        let mut stack = ScopeStack::new();
        let mut painter = Painter {
            out: String::with_capacity(code.len() * 2),
            open: None,
        };
        // PHP's grammar expects to be inside of a page.
        if language == "php" && !code.contains("<?") {
            let ops = state.parse_line("<?php\n", &GRAMMARS).ok()?;
            for (_, op) in &ops {
                stack.apply(op).ok()?;
            }
        }
        let began = Instant::now();
        let mut rest = code;
        for line in lines(code) {
            if began.elapsed() > MAX_TIME {
                break;
            }
            rest = rest.get(line.len()..).unwrap_or_default();
            let ops = state.parse_line(line, &GRAMMARS).ok()?;
            let mut from = 0;
            for (at, op) in &ops {
                painter.text(line.get(from..*at).unwrap_or_default(), class_of(&stack));
                from = *at;
                stack.apply(op).ok()?;
            }
            painter.text(line.get(from..).unwrap_or_default(), class_of(&stack));
        }
        painter.text(rest, None);
        Some(painter.end())
    }

    /// Lines with their line breaks.
    fn lines(code: &str) -> impl Iterator<Item = &str> {
        code.split_inclusive('\n')
    }

    fn class_of(stack: &ScopeStack) -> Option<&'static str> {
        let key = LazyLock::force(&KEYS);
        let scopes = stack.as_slice();
        for scope in scopes.iter().rev() {
            let Some((_, class)) = CLASS_OF.iter().find(|(wide, _)| wide.is_prefix_of(*scope)) else {
                continue;
            };
            // A string that is the key of a mapping; JSON and YAML grammars say so outside of it.
            if *class == Some("s")
                && scopes
                    .iter()
                    .any(|outer| key.iter().any(|k| k.is_prefix_of(*outer)))
            {
                return Some("k");
            }
            return *class;
        }
        None
    }

    static KEYS: LazyLock<Vec<Scope>> = LazyLock::new(|| {
        [
            "meta.structure.dictionary.key",
            "meta.mapping.key",
            "entity.name.tag",
        ]
        .into_iter()
        .filter_map(|name| Scope::new(name).ok())
        .collect()
    });

    /// Writes spans, neighbours of one class in one.
    struct Painter {
        out: String,
        open: Option<&'static str>,
    }

    impl Painter {
        fn text(&mut self, text: &str, class: Option<&'static str>) {
            if text.is_empty() {
                return;
            }
            // Space has no colour.
            let class = if text.trim().is_empty() { self.open } else { class };
            if class != self.open {
                self.close();
                if let Some(class) = class {
                    self.out.push_str("<span class=\"");
                    self.out.push_str(class);
                    self.out.push_str("\">");
                }
                self.open = class;
            }
            escape(text, &mut self.out);
        }
        fn close(&mut self) {
            if self.open.take().is_some() {
                self.out.push_str("</span>");
            }
        }
        fn end(mut self) -> String {
            self.close();
            self.out
        }
    }
}
