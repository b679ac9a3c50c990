//! JavaScript: a module for Node.js 18 and later, with the built-in `fetch`.

use super::{
    Generator,
    body::{Body, Content, Form, Part, Piece},
    call::{Call, KeyForm, Text},
    text::{Literals, is_invisible, is_readable, is_same_as_literal, utf16_escape},
};

pub(super) struct JavaScript;

const LITERALS: Literals = Literals {
    null: "null",
    yes: "true",
    no: "false",
    string,
    name: |name| match is_identifier(name) {
        true => format!("{name}: "),
        false => format!("{}: ", string(name)),
    },
    object: ["{", "}"],
    empty_object: "{}",
    indent: "  ",
};

impl Generator for JavaScript {
    fn id(&self) -> &'static str {
        "javascript"
    }
    fn label(&self) -> &'static str {
        "JavaScript"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut out = String::new();
        // `fetch` throws for these.
        if matches!(call.method, "CONNECT" | "TRACE" | "TRACK") {
            out.push_str("// fetch refuses this method; use another HTTP client for it.\n");
        }
        let body = call.body.as_ref().filter(|_| {
            let sent = !matches!(call.method, "GET" | "HEAD");
            if !sent {
                out.push_str("// fetch sends no body with this method; use another HTTP client for that.\n");
            }
            sent
        });
        let mut form = None;
        let mut body_option = None;
        match body {
            None => {}
            Some(Body::Json(value)) if is_same_as_literal(value) => {
                body_option = Some(format!("JSON.stringify({})", LITERALS.write(value, 1)));
            }
            Some(Body::Json(value)) => body_option = Some(block(&super::body::json_text(value))),
            Some(Body::Text(text)) => body_option = Some(block(text)),
            Some(Body::File(file)) => body_option = Some(format!("await readFile({})", string(&file.path))),
            Some(Body::Multipart(parts)) if parts.parts.iter().all(fits_form_data) => {
                form = Some(form_data(parts));
                body_option = Some("form".to_owned());
            }
            Some(Body::Multipart(parts)) => body_option = Some(blob(parts)),
        }
        if let Some(note) = call.files_note().filter(|_| body.is_some()) {
            out.push_str(&format!(
                "// {note}\nimport {{ readFile }} from \"node:fs/promises\";\n\n"
            ));
        }
        let mut options = String::new();
        if call.method != "GET" {
            options.push_str(&format!("  method: {},\n", string(call.method)));
        }
        let headers: String = call
            .headers(form.is_none())
            .map(|(name, text)| format!("    {}: {},\n", string(name), expression(text, call.variable)))
            .collect();
        if !headers.is_empty() {
            options.push_str(&format!("  headers: {{\n{headers}  }},\n"));
        }
        if let Some(body) = body_option {
            options.push_str(&format!("  body: {body},\n"));
        }
        if let Some(form) = form {
            out.push_str(&form);
        }
        let url = expression(&call.url, call.variable);
        match options.is_empty() {
            true => out.push_str(&format!("const response = await fetch({url});")),
            false => out.push_str(&format!("const response = await fetch({url}, {{\n{options}}});")),
        }
        out.push_str("\n\nconsole.log(response.status, await response.text());");
        out
    }
}

/// `FormData` breaks lines its own way in texts, and gives no text a media type.
fn fits_form_data(part: &Part<'_>) -> bool {
    let content = match &part.content {
        Content::Text(text) => {
            part.filename.is_none() && part.media_type.is_none() && !text.contains(['\r', '\n'])
        }
        Content::File(_) => part.filename.is_some() && part.media_type.is_some(),
    };
    content && part.is_plain()
}

fn form_data(form: &Form<'_>) -> String {
    let mut out = "const form = new FormData();\n".to_owned();
    for part in &form.parts {
        let name = string(part.name);
        match &part.content {
            Content::Text(text) => out.push_str(&format!("form.append({name}, {});\n", string(text))),
            Content::File(file) => out.push_str(&format!(
                "form.append({name}, new Blob([await readFile({})], {{ type: {} }}), {});\n",
                string(&file.path),
                string(part.media_type.unwrap_or_default()),
                string(part.filename.unwrap_or_default())
            )),
        }
    }
    out.push('\n');
    out
}

fn blob(form: &Form<'_>) -> String {
    let pieces = form.pieces();
    let mut out = "new Blob([\n".to_owned();
    for piece in &pieces {
        match piece {
            Piece::Text(text) => text
                .split_inclusive('\n')
                .for_each(|line| out.push_str(&format!("    {},\n", string(line)))),
            Piece::File(path) => out.push_str(&format!("    await readFile({}),\n", string(path))),
        }
    }
    out.push_str("  ])");
    out
}

fn expression(text: &Text, variable: &str) -> String {
    match text.key {
        KeyForm::None => string(&text.literal),
        KeyForm::Plain if text.literal.is_empty() => format!("process.env.{variable}"),
        KeyForm::Plain => format!("{} + process.env.{variable}", string(&text.literal)),
        KeyForm::Basic => format!("{} + btoa(process.env.{variable} + \":\")", string(&text.literal)),
    }
}

/// A literal of a text that may have several lines.
fn block(text: &str) -> String {
    if !text.contains('\n') || !is_readable(text) {
        return string(text);
    }
    let mut inner = text.to_owned();
    for (mark, escape) in [
        ("\\", "\\\\"),
        ("`", "\\`"),
        ("${", "\\${"),
        ("</", "<\\/"),
        ("<!", "<\\!"),
    ] {
        inner = inner.replace(mark, escape);
    }
    format!("`{inner}`")
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
            '/' | '!' if previous == '<' => {
                out.push('\\');
                out.push(c);
            }
            c if is_invisible(c) => utf16_escape(c, &mut out),
            c => out.push(c),
        }
        previous = c;
    }
    out.push('"');
    out
}

fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
}
