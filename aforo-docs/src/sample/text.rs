//! What the string literals and object literals of the languages have in common.

use serde_json::Value;

/// How a language escapes within one kind of string literal.
pub(super) struct Escapes<'a> {
    /// Characters that mean something there, and what to write for them.
    pub(super) special: &'a [(char, &'a str)],
    /// Writes a character that cannot be seen.
    pub(super) code: fn(char, &mut String),
}

impl Escapes<'_> {
    /// The inner part of a literal that stands for `text`.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        self.apply_to(text, &mut out);
        out
    }
    pub(super) fn apply_to(&self, text: &str, out: &mut String) {
        // Most of a text is copied as it stands, a run at a time.
        let mut odd = [false; 128];
        odd[..32].fill(true);
        odd[127] = true;
        for (special, _) in self.special {
            if let Some(slot) = odd.get_mut(*special as usize) {
                *slot = true;
            }
        }
        let mut rest = text;
        while let Some(at) = rest
            .bytes()
            .position(|b| odd.get(usize::from(b)).is_none_or(|odd| *odd))
        {
            let (plain, from) = rest.split_at(at);
            out.push_str(plain);
            let Some(c) = from.chars().next() else { return };
            match self.special.iter().find(|(special, _)| *special == c) {
                Some((_, escape)) => out.push_str(escape),
                None if is_invisible(c) => (self.code)(c, out),
                None => out.push(c),
            }
            rest = &from[c.len_utf8()..];
        }
        out.push_str(rest);
    }
}

/// Controls, line separators, marks that change the direction of text, characters without a width, and those that
/// are none: all that a literal would hide or that would end its line.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
        | 0xfffe..=0xffff | 0xe0000..=0xe0fff)
}

/// Whether a literal of this text can be written as it is over several lines.
pub(super) fn is_readable(text: &str) -> bool {
    !text.chars().any(|c| c != '\n' && is_invisible(c))
}

/// Whether the text means nothing to any language's interpolation, format or escape.
pub(super) fn is_simple(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b" -_.:/?=&%~+,;@".contains(&b))
}

/// The inner part of a literal between three double quotes, where `\"` is a quote and backslashes are doubled.
pub(super) fn in_three_quotes(text: &str) -> String {
    let head = text.trim_end_matches('"');
    let at_end = text.len() - head.len();
    let head = head.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    format!("{head}{}", "\\\"".repeat(at_end))
}

/// `\u202e`, a pair of them beyond the first plane: Java, JavaScript, JSON.
pub(super) fn utf16_escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// `\x01`, `\u202e`, `\U000e0001`: Python, Go. Up to U+007F for `\x`, where it means the same in both.
pub(super) fn long_escape(c: char, out: &mut String) {
    match u32::from(c) {
        code @ ..0x80 => out.push_str(&format!("\\x{code:02x}")),
        code @ ..0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
        code => out.push_str(&format!("\\U{code:08x}")),
    }
}

/// `\u{202e}`: Ruby, PHP.
pub(super) fn brace_escape(c: char, out: &mut String) {
    out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
}

/// Whether object, list and number literals of every scripting language keep the value as it is: names that look
/// like numbers, and `__proto__`, do not stay what or where they are, and numbers have 53 bits.
pub(super) fn is_same_as_literal(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().all(|(name, inner)| {
            name != "__proto__"
                && !name.bytes().all(|b| b.is_ascii_digit() || b == b'-')
                && is_same_as_literal(inner)
        }),
        Value::Array(items) => items.iter().all(is_same_as_literal),
        Value::Number(n) => {
            let text = n.to_string();
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            digits <= 15 && !text.contains(['e', 'E']) && !text.ends_with(".0") && text != "-0"
        }
        _ => true,
    }
}

/// How a language writes the values of JSON.
pub(super) struct Literals {
    pub(super) null: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) string: fn(&str) -> String,
    /// A name of an object, and what stands between it and its value.
    pub(super) name: fn(&str) -> String,
    pub(super) object: [&'static str; 2],
    pub(super) empty_object: &'static str,
    pub(super) indent: &'static str,
}

impl Literals {
    /// The literal; its first line is not indented, the others are by `level` and more.
    pub(super) fn write(&self, value: &Value, level: usize) -> String {
        let mut out = String::new();
        self.write_to(value, level, &mut out);
        out
    }
    /// Whether a list reads well in one line.
    fn is_short(&self, items: &[Value]) -> bool {
        let width = |item: &Value| match item {
            Value::Array(_) | Value::Object(_) => None,
            Value::String(text) if text.len() > 40 => None,
            other => Some(self.write(other, 0).len() + 2),
        };
        let total: Option<usize> = items.iter().take(16).map(width).sum();
        items.len() <= 16 && total.is_some_and(|total| total <= 64)
    }
    fn write_to(&self, value: &Value, level: usize, out: &mut String) {
        let line = |out: &mut String, level: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n(self.indent, level));
        };
        match value {
            Value::Null => out.push_str(self.null),
            Value::Bool(true) => out.push_str(self.yes),
            Value::Bool(false) => out.push_str(self.no),
            Value::Number(n) => out.push_str(&n.to_string()),
            Value::String(text) => out.push_str(&(self.string)(text)),
            Value::Array(items) if items.is_empty() => out.push_str("[]"),
            Value::Array(items) if self.is_short(items) => {
                let items: Vec<String> = items.iter().map(|item| self.write(item, 0)).collect();
                out.push_str(&format!("[{}]", items.join(", ")));
            }
            Value::Array(items) => {
                out.push('[');
                for item in items {
                    line(out, level + 1);
                    self.write_to(item, level + 1, out);
                    out.push(',');
                }
                line(out, level);
                out.push(']');
            }
            Value::Object(fields) if fields.is_empty() => out.push_str(self.empty_object),
            Value::Object(fields) => {
                out.push_str(self.object[0]);
                for (name, inner) in fields {
                    line(out, level + 1);
                    out.push_str(&(self.name)(name));
                    self.write_to(inner, level + 1, out);
                    out.push(',');
                }
                line(out, level);
                out.push_str(self.object[1]);
            }
        }
    }
}
