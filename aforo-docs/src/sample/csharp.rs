//! C# with `HttpClient`, as top-level statements (.NET 6 and later).

use super::{
    Generator,
    body::{Body, Content, Form, Piece, json_text},
    call::{Call, KeyForm, Text},
    text::{Escapes, is_readable, is_simple},
};

pub(super) struct CSharp;

const ESCAPES: Escapes<'_> = Escapes {
    special: &[
        ('\\', "\\\\"),
        ('"', "\\\""),
        ('\n', "\\n"),
        ('\r', "\\r"),
        ('\t', "\\t"),
    ],
    code: |c, out| match u32::from(c) {
        code @ ..0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
        code => out.push_str(&format!("\\U{code:08x}")),
    },
};
/// Headers that .NET keeps with the content.
const OF_CONTENT: [&str; 11] = [
    "allow",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "expires",
    "last-modified",
];

impl Generator for CSharp {
    fn id(&self) -> &'static str {
        "csharp"
    }
    fn label(&self) -> &'static str {
        "C#"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut usings = vec!["System", "System.Net.Http"];
        let mut own_type = false;
        let mut before = String::new();
        let content = match &call.body {
            None => None,
            Some(Body::Json(value)) => Some(bytes_of(&json_text(value), &mut usings)),
            Some(Body::Text(text)) => Some(bytes_of(text, &mut usings)),
            Some(Body::File(file)) => Some(bytes_of_file(&file.path, &mut usings)),
            // Heads of parts are written as Latin-1.
            Some(Body::Multipart(form)) if form.parts.iter().all(|part| part.is_plain()) => {
                own_type = true;
                multipart(form, &mut before, &mut usings);
                Some("form".to_owned())
            }
            Some(Body::Multipart(form)) => {
                joined(form, &mut before, &mut usings);
                Some("new ByteArrayContent(body.ToArray())".to_owned())
            }
        };
        if call.is_basic() {
            usings.push("System.Text");
        }
        usings.sort_unstable();
        usings.dedup();
        let mut out = String::new();
        if let Some(note) = call.files_note() {
            out.push_str(&format!("// {note}\n"));
        }
        out.extend(usings.iter().map(|using| format!("using {using};\n")));
        out.push('\n');
        if call.has_key() {
            out.push_str(&format!(
                "var key = Environment.GetEnvironmentVariable(\"{}\");\n",
                call.variable
            ));
        }
        // The handler would replace a header of ours by the cookies that it keeps.
        let has_cookie = call
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        out.push_str(match has_cookie {
            true => "var client = new HttpClient(new HttpClientHandler { UseCookies = false });\n",
            false => "var client = new HttpClient();\n",
        });
        out.push_str(&before);
        let method = match call.method {
            "GET" => "HttpMethod.Get".to_owned(),
            "POST" => "HttpMethod.Post".to_owned(),
            "PUT" => "HttpMethod.Put".to_owned(),
            "DELETE" => "HttpMethod.Delete".to_owned(),
            "HEAD" => "HttpMethod.Head".to_owned(),
            other => format!("new HttpMethod({})", string(other)),
        };
        out.push_str(&format!(
            "var request = new HttpRequestMessage({method}, {});\n",
            expression(&call.url)
        ));
        let (mut of_request, mut of_content) = (String::new(), String::new());
        for (name, text) in call.headers(!own_type) {
            let is_of_content = OF_CONTENT.contains(&name.to_ascii_lowercase().as_str()) && content.is_some();
            let (place, holder) = match is_of_content {
                true => (&mut of_content, "request.Content.Headers"),
                false => (&mut of_request, "request.Headers"),
            };
            let add = if is_usual(name, text) {
                "Add"
            } else {
                "TryAddWithoutValidation"
            };
            place.push_str(&format!(
                "{holder}.{add}({}, {});\n",
                string(name),
                expression(text)
            ));
        }
        out.push_str(&of_request);
        if let Some(content) = content {
            out.push_str(&format!("request.Content = {content};\n"));
        }
        out.push_str(&of_content);
        out.push_str(
            "\nvar response = await client.SendAsync(request);\n\
             Console.WriteLine($\"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}\");",
        );
        out
    }
}

/// Whether .NET takes the header and sends it as it is; it refuses or rewrites some.
fn is_usual(name: &str, text: &Text) -> bool {
    let known = ["accept", "authorization", "content-type"].contains(&name.to_ascii_lowercase().as_str());
    let own = name.starts_with("X-") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let plain = text
        .literal
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b" /+.-_,".contains(&b));
    (known || own) && plain
}

fn bytes_of(text: &str, usings: &mut Vec<&'static str>) -> String {
    usings.push("System.Text");
    format!("new ByteArrayContent(Encoding.UTF8.GetBytes({}))", block(text))
}

fn bytes_of_file(path: &str, usings: &mut Vec<&'static str>) -> String {
    usings.push("System.IO");
    format!("new ByteArrayContent(File.ReadAllBytes({}))", string(path))
}

fn multipart(form: &Form<'_>, out: &mut String, usings: &mut Vec<&'static str>) {
    out.push_str("\nvar form = new MultipartFormDataContent();\n");
    for (i, part) in form.parts.iter().enumerate() {
        let variable = format!("part{}", i + 1);
        let content = match &part.content {
            Content::Text(text) => bytes_of(text, usings),
            Content::File(file) => bytes_of_file(&file.path, usings),
        };
        out.push_str(&format!("var {variable} = {content};\n"));
        let mut header = |name: &str, value: &str| {
            out.push_str(&format!(
                "{variable}.Headers.TryAddWithoutValidation(\"{name}\", {});\n",
                string(value)
            ));
        };
        header("Content-Disposition", &part.disposition());
        if let Some(media_type) = part.media_type {
            header("Content-Type", media_type);
        }
        out.push_str(&format!("form.Add({variable});\n"));
    }
    out.push('\n');
}

fn joined(form: &Form<'_>, out: &mut String, usings: &mut Vec<&'static str>) {
    usings.extend(["System.Collections.Generic", "System.Text"]);
    out.push_str("\nvar body = new List<byte>();\n");
    for piece in form.pieces() {
        match piece {
            Piece::Text(text) => text.split_inclusive("\r\n").for_each(|line| {
                out.push_str(&format!(
                    "body.AddRange(Encoding.UTF8.GetBytes({}));\n",
                    string(line)
                ));
            }),
            Piece::File(path) => {
                usings.push("System.IO");
                out.push_str(&format!("body.AddRange(File.ReadAllBytes({}));\n", string(path)));
            }
        }
    }
    out.push('\n');
}

fn expression(text: &Text) -> String {
    let basic = "Convert.ToBase64String(Encoding.UTF8.GetBytes(key + \":\"))";
    match text.key {
        KeyForm::None => string(&text.literal),
        KeyForm::Basic => format!("{} + {basic}", string(&text.literal)),
        KeyForm::Plain if text.literal.is_empty() => "key".to_owned(),
        KeyForm::Plain if is_simple(&text.literal) => format!("$\"{}{{key}}\"", text.literal),
        KeyForm::Plain => format!("{} + key", string(&text.literal)),
    }
}

/// A literal of a text that may have several lines.
fn block(text: &str) -> String {
    match text.contains('\n') && is_readable(text) {
        true => format!("@\"{}\"", text.replace('"', "\"\"")),
        false => string(text),
    }
}

fn string(text: &str) -> String {
    format!("\"{}\"", ESCAPES.apply(text))
}
