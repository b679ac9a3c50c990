//! PHP 8 with the curl extension.

use super::{
    Generator,
    body::{Body, Content, Form, Piece, json_text},
    call::{Call, KeyForm, Text},
    text::{Escapes, Literals, brace_escape, is_readable, is_same_as_literal},
};

pub(super) struct Php;

const ESCAPES: Escapes<'_> = Escapes {
    special: &[
        ('\\', "\\\\"),
        ('"', "\\\""),
        ('$', "\\$"),
        ('\n', "\\n"),
        ('\r', "\\r"),
        ('\t', "\\t"),
    ],
    code: brace_escape,
};
const LITERALS: Literals = Literals {
    null: "null",
    yes: "true",
    no: "false",
    string,
    name: |name| format!("{} => ", string(name)),
    object: ["[", "]"],
    empty_object: "new stdClass()",
    indent: "    ",
};

impl Generator for Php {
    fn id(&self) -> &'static str {
        "php"
    }
    fn label(&self) -> &'static str {
        "PHP"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut own_type = false;
        let fields = match &call.body {
            None => None,
            Some(Body::Json(value)) if is_same_as_literal(value) => {
                Some(format!("json_encode({})", LITERALS.write(value, 1)))
            }
            Some(Body::Json(value)) => Some(block(&json_text(value))),
            Some(Body::Text(text)) => Some(block(text)),
            Some(Body::File(file)) => Some(format!("file_get_contents({})", string(&file.path))),
            Some(Body::Multipart(form)) if fits_array(form) => {
                own_type = true;
                Some(format!("[\n{}    ]", array(form)))
            }
            Some(Body::Multipart(form)) => Some(format!("implode(\"\", [\n{}    ])", joined(form))),
        };
        let mut out = String::from("<?php\n\n");
        if let Some(note) = call.files_note() {
            out.push_str(&format!("// {note}\n"));
        }
        out.push_str(&format!(
            "$curl = curl_init({});\n\ncurl_setopt_array($curl, [\n",
            expression("", &call.url, call.variable)
        ));
        match (call.method, &call.body) {
            ("GET", None) => {}
            ("HEAD", None) => out.push_str("    CURLOPT_NOBODY => true,\n"),
            (method, _) => out.push_str(&format!("    CURLOPT_CUSTOMREQUEST => {},\n", string(method))),
        }
        out.push_str("    CURLOPT_RETURNTRANSFER => true,\n");
        if call.is_basic() {
            out.push_str(&format!(
                "    CURLOPT_USERPWD => getenv(\"{}\") . \":\",\n",
                call.variable
            ));
        }
        let headers: String = call
            .headers(!own_type)
            .filter(|(_, text)| text.key != KeyForm::Basic)
            .map(|(name, text)| {
                // `Name:` without a value would remove a header; `Name;` sends an empty one.
                let empty = text.literal.is_empty() && text.key == KeyForm::None;
                let head = if empty {
                    format!("{name};")
                } else {
                    format!("{name}: ")
                };
                format!("        {},\n", expression(&head, text, call.variable))
            })
            .collect();
        if !headers.is_empty() {
            out.push_str(&format!("    CURLOPT_HTTPHEADER => [\n{headers}    ],\n"));
        }
        if let Some(fields) = fields {
            out.push_str(&format!("    CURLOPT_POSTFIELDS => {fields},\n"));
        }
        out.push_str(
            "]);\n\n$body = curl_exec($curl);\n\necho curl_getinfo($curl, CURLINFO_RESPONSE_CODE), \" \", $body, \"\\n\";",
        );
        out
    }
}

/// An array holds each name once, a file always has a media type and a text never.
fn fits_array(form: &Form<'_>) -> bool {
    form.parts.iter().enumerate().all(|(i, part)| {
        let content = match part.content {
            Content::Text(_) => part.filename.is_none() && part.media_type.is_none(),
            Content::File(_) => part.filename.is_some() && part.media_type.is_some(),
        };
        content && part.is_plain() && form.parts.iter().take(i).all(|other| other.name != part.name)
    })
}

fn array(form: &Form<'_>) -> String {
    let mut out = String::new();
    for part in &form.parts {
        let value = match &part.content {
            Content::Text(text) => block(text),
            Content::File(file) => format!(
                "new CURLFile({}, {}, {})",
                string(&file.path),
                string(part.media_type.unwrap_or_default()),
                string(part.filename.unwrap_or_default())
            ),
        };
        out.push_str(&format!("        {} => {value},\n", string(part.name)));
    }
    out
}

fn joined(form: &Form<'_>) -> String {
    let mut out = String::new();
    for piece in form.pieces() {
        match piece {
            Piece::Text(text) => text
                .split_inclusive("\r\n")
                .for_each(|line| out.push_str(&format!("        {},\n", string(line)))),
            Piece::File(path) => out.push_str(&format!("        file_get_contents({}),\n", string(path))),
        }
    }
    out
}

fn expression(head: &str, text: &Text, variable: &str) -> String {
    let literal = format!("{head}{}", text.literal);
    match text.key {
        KeyForm::None => string(&literal),
        _ if literal.is_empty() => format!("getenv(\"{variable}\")"),
        _ => format!("{} . getenv(\"{variable}\")", string(&literal)),
    }
}

/// A literal of a text that may have several lines. Single quotes interpolate nothing.
fn block(text: &str) -> String {
    if !is_readable(text) {
        return string(text);
    }
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn string(text: &str) -> String {
    format!("\"{}\"", ESCAPES.apply(text))
}
