//! curl in a POSIX shell.

use super::{
    Generator,
    body::{Body, Content, Form, Part, Piece, json_text},
    call::{Call, KeyForm, Text},
    text::{is_invisible, is_simple},
};

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
        let form = match &call.body {
            Some(Body::Multipart(form)) if form.parts.iter().all(fits_option) => Some(form),
            _ => None,
        };
        for (name, text) in call.headers(form.is_none()) {
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
        if let Some(note) = call.files_note() {
            before.push_str(&format!("# {note}\n"));
        }
        match &call.body {
            None => {}
            Some(Body::Json(value)) => lines.push(format!("--data-raw {}", quote(&json_text(value)))),
            // The shell has no escapes in its strings, and an argument holds no NUL; `printf` has them.
            Some(Body::Text(text)) if text.chars().any(|c| c != '\n' && c != '\t' && is_invisible(c)) => {
                before.push_str(&format!("printf {} |\n", format_of(text)));
                lines.push("--data-binary @-".to_owned());
            }
            Some(Body::Text(text)) => lines.push(format!("--data-raw {}", quote(text))),
            Some(Body::File(file)) => lines.push(format!("--data-binary @{}", file.path)),
            Some(Body::Multipart(form)) if form.parts.iter().all(fits_option) => {
                lines.extend(form.parts.iter().map(option));
            }
            Some(Body::Multipart(form)) => {
                before.push_str(&format!("{{\n{}}} |\n", commands(form)));
                lines.push("--data-binary @-".to_owned());
            }
        }
        format!("{before}{}", lines.join(" \\\n  "))
    }
}

/// Whether `--form` writes this part as it is. A text must not hold what the shell's strings cannot.
fn fits_option(part: &Part<'_>) -> bool {
    let content = match &part.content {
        Content::Text(text) => part.filename.is_none() && !text.chars().any(|c| c != '\n' && is_invisible(c)),
        Content::File(_) => part.filename.is_some() && part.media_type.is_some(),
    };
    content && part.is_plain()
}

fn option(part: &Part<'_>) -> String {
    match (&part.content, part.media_type) {
        (Content::Text(text), None) => format!("--form-string {}", quote(&format!("{}={text}", part.name))),
        (Content::Text(text), Some(media_type)) => {
            let inner = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!(
                "--form {}",
                quote(&format!("{}=\"{inner}\";type={media_type}", part.name))
            )
        }
        (Content::File(file), media_type) => {
            let filename = part.filename.unwrap_or_default();
            let named = match filename == file.path {
                true => String::new(),
                false => format!(";filename=\"{filename}\""),
            };
            let media_type = media_type.unwrap_or_default();
            let text = format!("{}=@{}{named};type={media_type}", part.name, file.path);
            format!("--form {}", quote(&text))
        }
    }
}

/// Commands of the shell that write the body.
fn commands(form: &Form<'_>) -> String {
    let mut out = String::new();
    for piece in form.pieces() {
        match piece {
            Piece::Text(text) => text
                .split_inclusive("\r\n")
                .for_each(|line| out.push_str(&format!("  printf {}\n", format_of(line)))),
            Piece::File(path) => out.push_str(&format!("  cat {path}\n")),
        }
    }
    out
}

/// A format of `printf` that stands for exactly this text.
fn format_of(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '%' => out.push_str("%%"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if is_invisible(c) => c
                .encode_utf8(&mut [0; 4])
                .bytes()
                .for_each(|byte| out.push_str(&format!("\\{byte:03o}"))),
            c => out.push(c),
        }
    }
    // A format that begins with a dash would be an option.
    match out.strip_prefix('-') {
        Some(rest) => quote(&format!("\\055{rest}")),
        None => quote(&out),
    }
}

/// One argument: a literal, and the key behind it where it belongs.
fn argument(head: &str, text: &Text, variable: &str) -> String {
    let literal = format!("{head}{}", text.literal);
    if text.key == KeyForm::None {
        return quote(&literal);
    }
    // Double quotes read better, and are safe for what cannot mean anything within them.
    if is_simple(&literal) {
        return format!("\"{literal}${variable}\"");
    }
    format!("{}\"${variable}\"", quote(&literal))
}

/// A word of the shell that stands for exactly this text.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
