//! Ruby with `net/http`.

use super::{
    Generator,
    body::{Body, Content, Form, Part, Piece, json_text},
    call::{Call, KeyForm, Text},
    text::{Literals, brace_escape, is_invisible, is_same_as_literal, is_simple},
};

pub(super) struct Ruby;

const LITERALS: Literals = Literals {
    null: "nil",
    yes: "true",
    no: "false",
    string,
    name: |name| format!("{} => ", string(name)),
    object: ["{", "}"],
    empty_object: "{}",
    indent: "  ",
};

impl Generator for Ruby {
    fn id(&self) -> &'static str {
        "ruby"
    }
    fn label(&self) -> &'static str {
        "Ruby"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut own_type = false;
        let mut needs_json = false;
        let body = match &call.body {
            None => String::new(),
            Some(Body::Json(value)) if is_same_as_literal(value) => {
                needs_json = true;
                format!("request.body = JSON.generate({})\n", LITERALS.write(value, 0))
            }
            Some(Body::Json(value)) => format!("request.body = {}\n", block(&json_text(value))),
            Some(Body::Text(text)) => format!("request.body = {}\n", block(text)),
            Some(Body::File(file)) => format!("request.body = File.binread({})\n", string(&file.path)),
            Some(Body::Multipart(form)) if form.parts.iter().all(fits_set_form) => {
                own_type = true;
                format!(
                    "request.set_form([\n{}], \"multipart/form-data\")\n",
                    fields(form)
                )
            }
            Some(Body::Multipart(form)) => format!("request.body = [\n{}].join\n", joined(form)),
        };
        let mut out = String::new();
        if let Some(note) = call.files_note() {
            out.push_str(&format!("# {note}\n"));
        }
        if needs_json {
            out.push_str("require \"json\"\n");
        }
        out.push_str(&format!(
            "require \"net/http\"\n\nuri = URI({})\n",
            expression(&call.url, call.variable)
        ));
        let class = match call.method {
            "GET" => "Get",
            "POST" => "Post",
            "PUT" => "Put",
            "PATCH" => "Patch",
            "DELETE" => "Delete",
            "HEAD" => "Head",
            "OPTIONS" => "Options",
            "TRACE" => "Trace",
            _ => "",
        };
        out.push_str(&match class {
            "" => format!(
                "request = Net::HTTPGenericRequest.new({}, {}, true, uri)\n",
                string(call.method),
                call.body.is_some()
            ),
            class => format!("request = Net::HTTP::{class}.new(uri)\n"),
        });
        for (name, text) in call.headers(!own_type) {
            out.push_str(&match text.key {
                KeyForm::Basic => format!("request.basic_auth ENV.fetch(\"{}\"), \"\"\n", call.variable),
                _ => format!(
                    "request[{}] = {}\n",
                    string(name),
                    expression(text, call.variable)
                ),
            });
        }
        out.push_str(&body);
        out.push_str(
            "\nresponse = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == \"https\") do |http|\n  \
             http.request(request)\nend\n\nputs response.code, response.body",
        );
        out
    }
}

/// `set_form` gives no text a media type.
fn fits_set_form(part: &Part<'_>) -> bool {
    let content = match part.content {
        Content::Text(_) => part.filename.is_none() && part.media_type.is_none(),
        Content::File(_) => part.filename.is_some() && part.media_type.is_some(),
    };
    content && part.is_plain()
}

fn fields(form: &Form<'_>) -> String {
    let mut out = String::new();
    for part in &form.parts {
        let name = string(part.name);
        match &part.content {
            Content::Text(text) => out.push_str(&format!("  [{name}, {}],\n", block(text))),
            Content::File(file) => out.push_str(&format!(
                "  [{name}, File.open({}, \"rb\"), {{ filename: {}, content_type: {} }}],\n",
                string(&file.path),
                string(part.filename.unwrap_or_default()),
                string(part.media_type.unwrap_or_default())
            )),
        }
    }
    out
}

fn joined(form: &Form<'_>) -> String {
    let mut out = String::new();
    for piece in form.pieces() {
        match piece {
            // Bytes beside the bytes of files: two encodings do not join.
            Piece::Text(text) => text
                .split_inclusive("\r\n")
                .for_each(|line| out.push_str(&format!("  {}.b,\n", string(line)))),
            Piece::File(path) => out.push_str(&format!("  File.binread({}),\n", string(path))),
        }
    }
    out
}

fn expression(text: &Text, variable: &str) -> String {
    match text.key {
        KeyForm::None => string(&text.literal),
        _ if text.literal.is_empty() => format!("ENV.fetch(\"{variable}\")"),
        _ if is_simple(&text.literal) => format!("\"{}#{{ENV.fetch(\"{variable}\")}}\"", text.literal),
        _ => format!("{} + ENV.fetch(\"{variable}\")", string(&text.literal)),
    }
}

/// A literal over several lines if the text has them.
fn block(text: &str) -> String {
    literal(text, true)
}

fn string(text: &str) -> String {
    literal(text, false)
}

fn literal(text: &str, lines: bool) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' if lines => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '#' if matches!(rest.peek(), Some('{' | '$' | '@')) => out.push_str("\\#"),
            c if is_invisible(c) => brace_escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
