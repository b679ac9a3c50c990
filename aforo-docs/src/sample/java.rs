//! Java 17 with `java.net.http`, in one file that `java Sample.java` runs.

use super::{
    Generator,
    body::{Body, Piece, json_text},
    call::{Call, KeyForm, Text},
    text::{Escapes, in_three_quotes, is_readable, utf16_escape},
};

pub(super) struct Java;

/// `\u` is read before anything else in Java, but not behind a second backslash.
const ESCAPES: Escapes<'_> = Escapes {
    special: &[
        ('\\', "\\\\"),
        ('"', "\\\""),
        ('\n', "\\n"),
        ('\r', "\\r"),
        ('\t', "\\t"),
    ],
    code: |c, out| match u32::from(c) {
        // Octal: an escaped line break or quote would take effect before the string is read.
        code @ ..0x80 => out.push_str(&format!("\\{code:03o}")),
        _ => utf16_escape(c, out),
    },
};

impl Generator for Java {
    fn id(&self) -> &'static str {
        "java"
    }
    fn label(&self) -> &'static str {
        "Java"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut imports = vec![
            "java.net.URI",
            "java.net.http.HttpClient",
            "java.net.http.HttpRequest",
        ];
        let publisher = match &call.body {
            None => "HttpRequest.BodyPublishers.noBody()".to_owned(),
            Some(Body::Json(value)) => of_string(&json_text(value)),
            Some(Body::Text(text)) => of_string(text),
            Some(Body::File(file)) => of_file(&file.path),
            Some(Body::Multipart(form)) => {
                let pieces: Vec<String> = form
                    .pieces()
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(text) => {
                            let lines: Vec<String> = text.split_inclusive("\r\n").map(string).collect();
                            format!(
                                "HttpRequest.BodyPublishers.ofString({})",
                                lines.join("\n                    + ")
                            )
                        }
                        Piece::File(path) => of_file(path),
                    })
                    .collect();
                match pieces.as_slice() {
                    [one] => one.clone(),
                    several => format!(
                        "HttpRequest.BodyPublishers.concat(\n                {})",
                        several.join(",\n                ")
                    ),
                }
            }
        };
        if publisher.contains("Path.of(") && call.files_note().is_some() {
            imports.push("java.nio.file.Path");
        }
        if call.is_basic() {
            imports.push("java.util.Base64");
        }
        imports.push("java.net.http.HttpResponse");
        imports.sort_unstable();
        let mut out: String = imports
            .iter()
            .map(|import| format!("import {import};\n"))
            .collect();
        out.push('\n');
        if let Some(note) = call.files_note() {
            out.push_str(&format!("// {note}\n"));
        }
        out.push_str(&format!(
            "public class Sample {{\n    public static void main(String[] args) throws Exception {{\n        \
             var request = HttpRequest.newBuilder(URI.create({}))\n",
            expression(&call.url, call.variable)
        ));
        for (name, text) in call.headers(true) {
            out.push_str(&format!(
                "            .header({}, {})\n",
                string(name),
                expression(text, call.variable)
            ));
        }
        match (call.method, &call.body) {
            ("GET", None) => out.push_str("            .GET()\n"),
            (method, _) => out.push_str(&format!("            .method({}, {publisher})\n", string(method))),
        }
        out.push_str(
            "            .build();\n        var response = HttpClient.newHttpClient()\n            \
             .send(request, HttpResponse.BodyHandlers.ofString());\n\n        \
             System.out.println(response.statusCode() + \" \" + response.body());\n    }\n}",
        );
        out
    }
}

fn of_string(text: &str) -> String {
    format!("HttpRequest.BodyPublishers.ofString({})", block(text))
}

fn of_file(path: &str) -> String {
    format!("HttpRequest.BodyPublishers.ofFile(Path.of({}))", string(path))
}

fn expression(text: &Text, variable: &str) -> String {
    let key = format!("System.getenv(\"{variable}\")");
    let key = match text.key {
        KeyForm::None => return string(&text.literal),
        KeyForm::Plain => key,
        KeyForm::Basic => format!("Base64.getEncoder().encodeToString(({key} + \":\").getBytes())"),
    };
    match text.literal.is_empty() {
        true => key,
        false => format!("{} + {key}", string(&text.literal)),
    }
}

/// A text block, where it keeps the text: it takes the common indent off, and white space at the ends of lines.
fn block(text: &str) -> String {
    const INDENT: &str = "                ";
    let is_kept = text.starts_with(|c: char| !c.is_whitespace())
        && text.split('\n').all(|line| !line.ends_with(char::is_whitespace));
    if !text.contains('\n') || !is_readable(text) || !is_kept {
        return string(text);
    }
    let inner = in_three_quotes(text);
    let mut out = String::from("\"\"\"\n");
    let mut lines = inner.split('\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        if !line.is_empty() || is_last {
            out.push_str(INDENT);
        }
        out.push_str(line);
        if !is_last {
            out.push('\n');
        }
    }
    out.push_str("\"\"\"");
    out
}

fn string(text: &str) -> String {
    format!("\"{}\"", ESCAPES.apply(text))
}
