//! JavaScript: a module for Node.js 18 and later, with the built-in `fetch`.

use serde_json::Value;

use super::{Body, Call, Generator, KeyForm, Text, base64};

pub(super) struct JavaScript;

impl Generator for JavaScript {
    fn id(&self) -> &'static str {
        "javascript"
    }
    fn label(&self) -> &'static str {
        "JavaScript"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut options = Vec::new();
        if call.method != "GET" {
            options.push(format!("  method: {},\n", string(call.method)));
        }
        if !call.headers.is_empty() {
            let headers: String = call
                .headers
                .iter()
                .map(|(name, text)| format!("    {}: {},\n", string(name), expression(text, call.variable)))
                .collect();
            options.push(format!("  headers: {{\n{headers}  }},\n"));
        }
        let mut note = "";
        match &call.body {
            // `fetch` throws for these.
            Some(_) if matches!(call.method, "GET" | "HEAD") => {
                note = "// fetch sends no body with this method; use another HTTP client for that.\n";
            }
            None => {}
            Some(Body::Json(value)) if is_same_in_javascript(value) => {
                let literal = literal(value, 1);
                options.push(format!("  body: JSON.stringify({literal}),\n"));
            }
            Some(Body::Json(value)) => options.push(format!("  body: {},\n", string(&value.to_string()))),
            Some(Body::Text(text)) => options.push(format!("  body: {},\n", string(text))),
            Some(Body::Bytes(bytes)) => {
                options.push(format!(
                    "  body: Buffer.from({}, \"base64\"),\n",
                    string(&base64(bytes))
                ));
            }
        }
        let url = expression(&call.url, call.variable);
        let call = match options.is_empty() {
            true => format!("fetch({url})"),
            false => format!("fetch({url}, {{\n{}}})", options.concat()),
        };
        format!(
            "{note}const response = await {call};\n\nconsole.log(response.status, await response.text());"
        )
    }
}

fn expression(text: &Text, variable: &str) -> String {
    match text.key {
        KeyForm::None => string(&text.literal),
        KeyForm::Plain if text.literal.is_empty() => format!("process.env.{variable}"),
        KeyForm::Plain => format!("{} + process.env.{variable}", string(&text.literal)),
        KeyForm::Basic => format!("{} + btoa(process.env.{variable} + \":\")", string(&text.literal)),
    }
}

/// A string literal. What could end it, hide in it or reorder the text around it is escaped.
fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut previous = ' ';
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // `</script` and `<!--` mean something in a page.
            '/' | '!' if previous == '<' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() || is_invisible(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
        previous = c;
    }
    out.push('"');
    out
}

/// Line separators, marks that change the direction of text, and characters without a width.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0x00ad | 0x061c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
        | 0xe0000..=0xe007f)
}

/// Whether an object literal of JavaScript keeps the value as it is: `__proto__` and names that look like numbers
/// do not stay what or where they are, and numbers have 53 bits.
fn is_same_in_javascript(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().all(|(name, inner)| {
            name != "__proto__" && !name.bytes().all(|b| b.is_ascii_digit()) && is_same_in_javascript(inner)
        }),
        Value::Array(items) => items.iter().all(is_same_in_javascript),
        Value::Number(n) => {
            let text = n.to_string();
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            digits <= 15 && !text.contains(['e', 'E']) && !text.ends_with(".0") && text != "-0"
        }
        _ => true,
    }
}

fn literal(value: &Value, level: usize) -> String {
    let (inner, outer) = ("  ".repeat(level + 1), "  ".repeat(level));
    match value {
        Value::String(text) => string(text),
        Value::Array(items) if !items.is_empty() => {
            let items: String = items
                .iter()
                .map(|item| format!("{inner}{},\n", literal(item, level + 1)))
                .collect();
            format!("[\n{items}{outer}]")
        }
        Value::Object(fields) if !fields.is_empty() => {
            let field = |(name, value): (&String, &Value)| {
                let name = if is_identifier(name) {
                    name.clone()
                } else {
                    string(name)
                };
                format!("{inner}{name}: {},\n", literal(value, level + 1))
            };
            format!("{{\n{}{outer}}}", fields.iter().map(field).collect::<String>())
        }
        other => other.to_string(),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
}
