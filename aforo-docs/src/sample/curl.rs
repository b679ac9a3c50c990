//! curl in a POSIX shell.

use super::{Body, Call, Generator, KeyForm, Text, base64};

pub(super) struct Curl;

impl Generator for Curl {
    fn id(&self) -> &'static str {
        "curl"
    }
    fn label(&self) -> &'static str {
        "cURL"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut lines = Vec::new();
        let mut before = String::new();
        let mut first = String::from("curl");
        match (call.method, &call.body) {
            ("GET", None) => {}
            ("HEAD", None) => first.push_str(" --head"),
            (method, _) => first.push_str(&format!(" --request {method}")),
        }
        // Brackets and braces are a pattern language to curl.
        if call.url.literal.contains(['[', ']', '{', '}']) {
            first.push_str(" --globoff");
        }
        lines.push(format!(
            "{first} --url {}",
            argument("", &call.url, call.variable)
        ));
        for (name, text) in &call.headers {
            // `Name:` without a value would remove a header; `Name;` sends an empty one.
            let empty = text.literal.is_empty() && text.key == KeyForm::None;
            if text.key == KeyForm::Basic {
                lines.push(format!("--user \"${}:\"", call.variable));
                continue;
            }
            let head = if empty {
                format!("{name};")
            } else {
                format!("{name}: ")
            };
            lines.push(format!("--header {}", argument(&head, text, call.variable)));
        }
        match &call.body {
            None => {}
            Some(Body::Json(value)) => {
                let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
                lines.push(format!("--data-raw {}", quote(&text)));
            }
            Some(Body::Text(text)) => lines.push(format!("--data-raw {}", quote(text))),
            Some(Body::Bytes(bytes)) => {
                before = format!("printf %s {} | base64 --decode |\n", quote(&base64(bytes)));
                lines.push("--data-binary @-".to_owned());
            }
        }
        format!("{before}{}", lines.join(" \\\n  "))
    }
}

/// One argument: a literal, and the key behind it where it belongs.
fn argument(head: &str, text: &Text, variable: &str) -> String {
    let literal = format!("{head}{}", text.literal);
    if text.key == KeyForm::None {
        return quote(&literal);
    }
    // Double quotes read better, and are safe for what cannot mean anything within them.
    if literal
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b" -_.:/?=&%~+,;@".contains(&b))
    {
        let brace = format!("\"{literal}${variable}\"");
        return brace;
    }
    format!("{}\"${variable}\"", quote(&literal))
}

/// A word of the shell that stands for exactly this text.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
