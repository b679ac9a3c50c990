//! Python 3 with `requests`, the library that its documentation recommends.

use super::{
    Generator,
    body::{Body, Content, Form, Part, Piece, json_text},
    call::{Call, KeyForm, Text},
    text::{Escapes, Literals, in_three_quotes, is_readable, is_same_as_literal, is_simple, long_escape},
};

pub(super) struct Python;

const ESCAPES: Escapes<'_> = Escapes {
    special: &[
        ('\\', "\\\\"),
        ('"', "\\\""),
        ('\n', "\\n"),
        ('\r', "\\r"),
        ('\t', "\\t"),
    ],
    code: long_escape,
};
const LITERALS: Literals = Literals {
    null: "None",
    yes: "True",
    no: "False",
    string,
    name: |name| format!("{}: ", string(name)),
    object: ["{", "}"],
    empty_object: "{}",
    indent: "    ",
};

impl Generator for Python {
    fn id(&self) -> &'static str {
        "python"
    }
    fn label(&self) -> &'static str {
        "Python"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut own_type = false;
        let body = match &call.body {
            None => None,
            Some(Body::Json(value)) if is_same_as_literal(value) => {
                own_type = call.content_type() == "application/json";
                // `json=None` and `json={}` send nothing in some versions.
                match value
                    .as_object()
                    .map_or(value.is_null(), |fields| fields.is_empty())
                {
                    true => {
                        own_type = false;
                        Some(format!("data={}", string(&value.to_string())))
                    }
                    false => Some(format!("json={}", LITERALS.write(value, 1))),
                }
            }
            Some(Body::Json(value)) => Some(format!("data={}", bytes(&json_text(value)))),
            Some(Body::Text(text)) => Some(format!("data={}", bytes(text))),
            Some(Body::File(file)) => Some(format!("data=open({}, \"rb\")", string(&file.path))),
            Some(Body::Multipart(form)) if form.parts.iter().all(fits_files) => {
                own_type = true;
                Some(format!("files=[\n{}    ]", files(form)))
            }
            Some(Body::Multipart(form)) => Some(format!("data=b\"\".join([\n{}    ])", joined(form))),
        };
        let mut out = String::new();
        if let Some(note) = call.files_note() {
            out.push_str(&format!("# {note}\n"));
        }
        if call.has_key() {
            out.push_str("import os\n\n");
        }
        out.push_str("import requests\n\n");
        let url = expression(&call.url, call.variable);
        let short = matches!(
            call.method,
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS"
        );
        match short {
            true => out.push_str(&format!("response = requests.{}(\n", call.method.to_lowercase())),
            false => out.push_str(&format!(
                "response = requests.request(\n    {},\n",
                string(call.method)
            )),
        }
        out.push_str(&format!("    {url},\n"));
        if call.is_basic() {
            out.push_str(&format!(
                "    auth=(os.environ[{}], \"\"),\n",
                string(call.variable)
            ));
        }
        let headers: String = call
            .headers(!own_type)
            .filter(|(_, text)| text.key != KeyForm::Basic)
            .map(|(name, text)| format!("        {}: {},\n", string(name), expression(text, call.variable)))
            .collect();
        if !headers.is_empty() {
            out.push_str(&format!("    headers={{\n{headers}    }},\n"));
        }
        if let Some(body) = body {
            out.push_str(&format!("    {body},\n"));
        }
        out.push_str(")\n\nprint(response.status_code, response.text)");
        out
    }
}

fn fits_files(part: &Part<'_>) -> bool {
    let content = match part.content {
        Content::Text(_) => part.filename.is_none(),
        Content::File(_) => part.filename.is_some() && part.media_type.is_some(),
    };
    content && part.is_plain()
}

fn files(form: &Form<'_>) -> String {
    let mut out = String::new();
    for part in &form.parts {
        let filename = part.filename.map_or_else(|| "None".to_owned(), string);
        let content = match &part.content {
            Content::Text(text) => block(text),
            Content::File(file) => format!("open({}, \"rb\")", string(&file.path)),
        };
        let media_type = part
            .media_type
            .map_or_else(String::new, |m| format!(", {}", string(m)));
        out.push_str(&format!(
            "        ({}, ({filename}, {content}{media_type})),\n",
            string(part.name)
        ));
    }
    out
}

fn joined(form: &Form<'_>) -> String {
    let mut out = String::new();
    for piece in form.pieces() {
        match piece {
            Piece::Text(text) => text
                .split_inclusive("\r\n")
                .for_each(|line| out.push_str(&format!("        {},\n", bytes(line)))),
            Piece::File(path) => out.push_str(&format!("        open({}, \"rb\").read(),\n", string(path))),
        }
    }
    out
}

fn expression(text: &Text, variable: &str) -> String {
    if text.key == KeyForm::None {
        return string(&text.literal);
    }
    if text.literal.is_empty() {
        return format!("os.environ[{}]", string(variable));
    }
    match is_simple(&text.literal) {
        true => format!("f\"{}{{os.environ['{variable}']}}\"", text.literal),
        false => format!("{} + os.environ[{}]", string(&text.literal), string(variable)),
    }
}

/// The text as bytes in UTF-8; a `str` would be sent as Latin-1.
fn bytes(text: &str) -> String {
    match text.is_ascii() {
        true if !text.contains('\n') => format!("b{}", string(text)),
        true => {
            let block = block(text);
            format!("b{block}")
        }
        false => format!("{}.encode()", block(text)),
    }
}

/// A literal of a text that may have several lines.
fn block(text: &str) -> String {
    if !text.contains('\n') || text.trim_end_matches('\n').lines().count() < 2 || !is_readable(text) {
        return string(text);
    }
    let inner = in_three_quotes(text);
    format!("\"\"\"{inner}\"\"\"")
}

fn string(text: &str) -> String {
    format!("\"{}\"", ESCAPES.apply(text))
}
