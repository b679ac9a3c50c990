//! Go with `net/http`.

use super::{
    Generator,
    body::{Body, Content, Form, Part, json_text},
    call::{Call, KeyForm, Text},
    text::{Escapes, is_readable, long_escape},
};

pub(super) struct Go;

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
const CHECK: &str = "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n";

impl Generator for Go {
    fn id(&self) -> &'static str {
        "go"
    }
    fn label(&self) -> &'static str {
        "Go"
    }
    fn render(&self, call: &Call<'_>) -> String {
        let mut imports = vec!["fmt", "io", "log", "net/http"];
        if call.has_key() {
            imports.push("os");
        }
        let mut before = String::new();
        let mut own_type = false;
        let reader = match &call.body {
            None => "nil",
            Some(Body::File(file)) => {
                imports.push("os");
                before.push_str(&format!(
                    "\tbody, err := os.Open({})\n{CHECK}",
                    string(&file.path)
                ));
                "body"
            }
            Some(Body::Json(value)) => {
                imports.push("strings");
                before.push_str(&format!(
                    "\tbody := strings.NewReader({})\n",
                    block(&json_text(value))
                ));
                "body"
            }
            Some(Body::Text(text)) => {
                imports.push("strings");
                before.push_str(&format!("\tbody := strings.NewReader({})\n", block(text)));
                "body"
            }
            Some(Body::Multipart(form)) => {
                own_type = true;
                multipart(form, &mut before, &mut imports);
                "&body"
            }
        };
        imports.sort_unstable();
        imports.dedup();
        let mut out = String::from("package main\n\nimport (\n");
        for import in imports {
            out.push_str(&format!("\t\"{import}\"\n"));
        }
        out.push_str(")\n\n");
        if let Some(note) = call.files_note() {
            out.push_str(&format!("// {note}\n"));
        }
        out.push_str("func main() {\n");
        out.push_str(&before);
        out.push_str(&format!(
            "\trequest, err := http.NewRequest({}, {}, {reader})\n{CHECK}",
            string(call.method),
            expression(&call.url, call.variable)
        ));
        for (name, text) in call.headers(!own_type) {
            out.push_str(&match text.key {
                KeyForm::Basic => format!("\trequest.SetBasicAuth(os.Getenv(\"{}\"), \"\")\n", call.variable),
                _ => format!(
                    "\trequest.Header.Set({}, {})\n",
                    string(name),
                    expression(text, call.variable)
                ),
            });
        }
        if own_type {
            out.push_str("\trequest.Header.Set(\"Content-Type\", form.FormDataContentType())\n");
        }
        out.push_str(&format!(
            "\n\tresponse, err := http.DefaultClient.Do(request)\n{CHECK}\tdefer response.Body.Close()\n\
             \ttext, err := io.ReadAll(response.Body)\n{CHECK}\tfmt.Println(response.Status, string(text))\n}}"
        ));
        out
    }
}

fn multipart(form: &Form<'_>, out: &mut String, imports: &mut Vec<&'static str>) {
    imports.extend(["bytes", "mime/multipart"]);
    out.push_str("\tvar body bytes.Buffer\n\tform := multipart.NewWriter(&body)\n");
    let is_field = |part: &Part<'_>| part.filename.is_none() && part.media_type.is_none() && part.is_plain();
    // Go refuses a variable that is declared twice.
    let mut declared = false;
    for part in &form.parts {
        let bytes = match &part.content {
            Content::Text(text) if is_field(part) => {
                out.push_str(&format!(
                    "\tif err := form.WriteField({}, {}); err != nil {{\n\t\tlog.Fatal(err)\n\t}}\n",
                    string(part.name),
                    block(text)
                ));
                continue;
            }
            Content::Text(text) => format!("[]byte({})", block(text)),
            Content::File(file) => {
                imports.push("os");
                let is = if declared { "=" } else { ":=" };
                declared = true;
                out.push_str(&format!(
                    "\tcontent, err {is} os.ReadFile({})\n{CHECK}",
                    string(&file.path)
                ));
                "content".to_owned()
            }
        };
        imports.push("net/textproto");
        // `gofmt` aligns the values.
        let head = match part.media_type {
            None => format!(
                "\t\t\"Content-Disposition\": {{{}}},\n",
                block(&part.disposition())
            ),
            Some(media_type) => format!(
                "\t\t\"Content-Disposition\": {{{}}},\n\t\t\"Content-Type\":        {{{}}},\n",
                block(&part.disposition()),
                string(media_type)
            ),
        };
        out.push_str(&format!(
            "\tif part, err := form.CreatePart(textproto.MIMEHeader{{\n{head}\t}}); err != nil {{\n\t\tlog.Fatal(err)\n\
             \t}} else if _, err := part.Write({bytes}); err != nil {{\n\t\tlog.Fatal(err)\n\t}}\n"
        ));
    }
    out.push_str("\tform.Close()\n\n");
}

fn expression(text: &Text, variable: &str) -> String {
    match text.key {
        KeyForm::None => string(&text.literal),
        _ if text.literal.is_empty() => format!("os.Getenv(\"{variable}\")"),
        _ => format!("{}+os.Getenv(\"{variable}\")", string(&text.literal)),
    }
}

/// A literal that reads well for texts with quotes or lines.
fn block(text: &str) -> String {
    match text.contains(['"', '\n', '\\']) && is_readable(text) && !text.contains('`') {
        true => format!("`{text}`"),
        false => string(text),
    }
}

fn string(text: &str) -> String {
    format!("\"{}\"", ESCAPES.apply(text))
}
