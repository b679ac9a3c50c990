//! Bodies as bytes.

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    FileInput, InputError, TryInputs,
    text::{encode, form_pairs},
    value::{plain, types},
};
use crate::spec::model::{Content, Operation, SchemaView};

/// How a body of some media type is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    JsonLines,
    Form,
    Multipart,
    Text,
    Bytes,
}

/// `type/subtype`, lower case, without parameters.
pub(super) fn essence(media_type: &str) -> String {
    media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

pub(super) fn kind(media_type: &str) -> Kind {
    let media = essence(media_type);
    match media.as_str() {
        "application/x-www-form-urlencoded" => Kind::Form,
        "multipart/form-data" => Kind::Multipart,
        "application/x-ndjson" | "application/jsonl" | "application/json-seq" | "application/x-jsonlines" => {
            Kind::JsonLines
        }
        "application/json" | "*/*" | "application/*" => Kind::Json,
        "application/graphql" | "application/javascript" | "application/x-yaml" | "application/yaml" => {
            Kind::Text
        }
        m if m.ends_with("+json") || m.ends_with("/json") => Kind::Json,
        m if m.starts_with("text/") || m.ends_with("+xml") || m.ends_with("/xml") || m.ends_with("+yaml") => {
            Kind::Text
        }
        _ => Kind::Bytes,
    }
}

/// Media type and bytes of the body; `None` when there is none to send.
pub(super) fn write(
    operation: &Operation,
    inputs: &TryInputs,
) -> Result<Option<(String, Vec<u8>)>, InputError> {
    let composed = super::form::composed(operation, inputs);
    let written = composed.as_ref().or(inputs.body.as_ref());
    let given = written.filter(|body| !body.is_null() && body.as_str() != Some(""));
    let Some(body) = &operation.body else {
        return match given {
            None if inputs.files.is_empty() => Ok(None),
            _ => Err(InputError::new(
                "/body",
                "unexpected-body",
                "this operation takes no body",
            )),
        };
    };
    // `null` can be a body of its own where the schema takes it.
    let null = Value::Null;
    let given = given.or_else(
        || match (&written, body.contents.first().and_then(|c| c.schema.as_ref())) {
            (Some(Value::Null), Some(schema)) if schema.nullable && body.required => Some(&null),
            _ => None,
        },
    );
    if given.is_none() && inputs.files.is_empty() {
        return match body.required {
            true => Err(InputError::new(
                "/body",
                "missing-body",
                "this operation requires a body",
            )),
            false => Ok(None),
        };
    }
    let (media_type, content) = choose(&body.contents, inputs.content_type.as_deref())?;
    let multipart_form = kind(&media_type) == Kind::Multipart;
    if let Some(file) = inputs.files.iter().find(|f| f.field.is_empty() == multipart_form) {
        let message = format!("a file is not taken here: {:?}", file.filename);
        return Err(InputError::new("/body", "unexpected-file", message));
    }
    if let [file] = inputs.files.as_slice()
        && !multipart_form
    {
        return Ok(Some((media_type, file.bytes.to_vec())));
    }
    let nothing = Value::Object(Map::new());
    // A form may consist of files alone.
    let given = given.unwrap_or(&nothing);
    let bad = |code, message: &str| Err(InputError::new("/body", code, message));
    let kind = match kind(&media_type) {
        // A vendor's own media type for something with fields: JSON in another name.
        Kind::Bytes
            if (given.is_object() || given.is_array()) && file(given).is_none() && is_structured(content) =>
        {
            Kind::Json
        }
        kind => kind,
    };
    let bytes = match kind {
        Kind::Json => json(content.schema.as_ref(), given)?,
        Kind::JsonLines => match given {
            Value::Array(items) => items
                .iter()
                .map(|item| format!("{item}\n"))
                .collect::<String>()
                .into_bytes(),
            Value::String(text) => text.clone().into_bytes(),
            other => format!("{other}\n").into_bytes(),
        },
        Kind::Form => match given {
            Value::Object(fields) => form(content, fields).into_bytes(),
            Value::String(text) => match serde_json::from_str::<Map<String, Value>>(text) {
                Ok(fields) => form(content, &fields).into_bytes(),
                Err(_) if text.bytes().all(|b| b.is_ascii_graphic()) => text.clone().into_bytes(), // written already
                Err(_) => {
                    return bad(
                        "bad-body",
                        "a form is an object of fields, or text such as a=1&b=2",
                    );
                }
            },
            _ => return bad("bad-body", "a form is an object of fields"),
        },
        Kind::Multipart => {
            let fields = match given {
                Value::Object(fields) => fields.clone(),
                Value::String(text) => match serde_json::from_str(text) {
                    Ok(fields) => fields,
                    Err(_) => return bad("bad-body", "a form is an object of fields"),
                },
                _ => return bad("bad-body", "a form is an object of fields"),
            };
            let (boundary, bytes) = multipart(content, &fields, &inputs.files)?;
            return Ok(Some((format!("multipart/form-data; boundary={boundary}"), bytes)));
        }
        Kind::Text => match given {
            Value::String(text) => text.clone().into_bytes(),
            Value::Number(_) | Value::Bool(_) => given.to_string().into_bytes(),
            other => match file(other) {
                Some(file) => file?.bytes,
                None => return bad("bad-body", "a body of this media type is given as a text"),
            },
        },
        Kind::Bytes => match given {
            Value::String(text) => text.clone().into_bytes(),
            other => match file(other) {
                Some(file) => file?.bytes,
                None => {
                    return bad(
                        "bad-body",
                        "a body of this media type is given as {\"$base64\": \"…\"} or as a text",
                    );
                }
            },
        },
    };
    Ok(Some((media_type, bytes)))
}

fn is_structured(content: &Content) -> bool {
    let types = content.schema.as_ref().and_then(types).unwrap_or_default();
    types.contains(&"object") || types.contains(&"array")
}

/// The content that the inputs ask for, and the media type to send.
pub(super) fn choose<'o>(
    contents: &'o [Content],
    asked: Option<&str>,
) -> Result<(String, &'o Content), InputError> {
    let error = |message: String| InputError::new("/contentType", "unknown-content-type", message);
    let Some(asked) = asked.map(str::trim).filter(|a| !a.is_empty()) else {
        let first = contents
            .first()
            .ok_or_else(|| error("this operation names no media type".to_owned()))?;
        return Ok((concrete(&first.media_type), first));
    };
    let wanted = essence(asked);
    let exact = contents.iter().find(|c| c.media_type.eq_ignore_ascii_case(asked));
    let exact = exact.or_else(|| contents.iter().find(|c| essence(&c.media_type) == wanted));
    if let Some(content) = exact {
        return Ok((concrete(asked), content));
    }
    if !is_media_type(asked) {
        return Err(error(format!("{asked:?} is not a media type")));
    }
    let family = wanted.split('/').next().unwrap_or_default();
    let covers = |c: &&Content| {
        let media = essence(&c.media_type);
        media == "*/*"
            || media.strip_suffix("/*") == Some(family)
            || media == "application/*+json" && (wanted.ends_with("+json") || wanted == "application/json")
    };
    match contents.iter().find(covers) {
        Some(content) if !wanted.contains('*') => Ok((asked.to_owned(), content)),
        _ => {
            let known: Vec<&str> = contents.iter().map(|c| c.media_type.as_str()).collect();
            Err(error(format!(
                "{asked:?} is not taken; known are: {}",
                known.join(", ")
            )))
        }
    }
}

/// A media type that can be sent: ranges stand for their most usual member, broken ones for bytes.
fn concrete(media_type: &str) -> String {
    match essence(media_type).as_str() {
        "" | "*/*" | "application/*" | "application/*+json" => "application/json".to_owned(),
        "application/*+xml" => "application/xml".to_owned(),
        "text/*" => "text/plain".to_owned(),
        media if media.contains('*') => "application/octet-stream".to_owned(),
        _ if is_media_type(media_type) => media_type.to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

fn is_media_type(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
        && text.bytes().all(|b| (0x20..0x7f).contains(&b))
        && text.len() <= 200
}

fn json(schema: Option<&SchemaView>, given: &Value) -> Result<Vec<u8>, InputError> {
    let Value::String(text) = given else {
        return Ok(given.to_string().into_bytes());
    };
    let taken = schema.and_then(types);
    match taken {
        Some(types) if types.contains(&"string") => Ok(given.to_string().into_bytes()),
        Some(_) => match serde_json::from_str::<Value>(text) {
            Ok(_) => Ok(text.trim().as_bytes().to_vec()),
            Err(e) => {
                let message = format!(
                    "the body is not valid JSON (line {}, column {})",
                    e.line(),
                    e.column()
                );
                Err(InputError::new("/body", "invalid-json", message))
            }
        },
        // Anything is taken: a text that is a JSON object or list means that.
        None => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(_) | Value::Array(_)) => Ok(text.trim().as_bytes().to_vec()),
            _ => Ok(given.to_string().into_bytes()),
        },
    }
}

/// A form body. Without an `encoding`, objects are JSON and lists repeat the name (OpenAPI 3.1, Encoding Object).
fn form(content: &Content, fields: &Map<String, Value>) -> String {
    let mut pairs = Vec::new();
    for (name, value) in fields.iter().filter(|(_, v)| !v.is_null()) {
        let encoding = content.encoding.iter().find(|e| e.name == *name);
        match encoding.and_then(|e| e.style) {
            Some((style, explode)) => {
                let reserved = encoding.is_some_and(|e| e.allow_reserved);
                form_pairs(name, style, explode, reserved, value, &mut pairs);
            }
            None => match value {
                Value::Array(items) => {
                    pairs.extend(
                        items
                            .iter()
                            .map(|item| format!("{}={}", encode(name), encode(&plain(item)))),
                    );
                }
                other => pairs.push(format!("{}={}", encode(name), encode(&plain(other)))),
            },
        }
    }
    pairs.join("&")
}

struct File {
    bytes: Vec<u8>,
    name: Option<String>,
    media_type: Option<String>,
}

/// Bytes given as `{"$base64": "…", "filename"?: "…", "contentType"?: "…"}`.
fn file(value: &Value) -> Option<Result<File, InputError>> {
    let text = value.as_object()?.get("$base64")?;
    let decode = |text: &str| {
        let clean: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        base64::engine::general_purpose::STANDARD.decode(clean).ok()
    };
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(match text.as_str().and_then(decode) {
        Some(bytes) => Ok(File {
            bytes,
            name: field("filename"),
            media_type: field("contentType"),
        }),
        None => Err(InputError::new(
            "/body",
            "bad-base64",
            "$base64 is not valid base64",
        )),
    })
}

struct Part<'f> {
    head: String,
    bytes: Cow<'f, [u8]>,
}

/// Boundary and bytes. The boundary follows from the content, so that equal inputs give equal requests.
fn multipart(
    content: &Content,
    fields: &Map<String, Value>,
    files: &[FileInput],
) -> Result<(String, Vec<u8>), InputError> {
    let mut parts = Vec::new();
    // A file that was chosen stands for what the fields say of it.
    let chosen = |name: &str| files.iter().any(|file| file.field == name);
    for (name, value) in fields.iter().filter(|(n, v)| !v.is_null() && !chosen(n)) {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let encoding = content.encoding.iter().find(|e| e.name == *name);
        let said = encoding
            .and_then(|e| e.content_type.as_deref())
            .map(|t| t.split(',').next().unwrap_or_default());
        let said = said
            .map(str::trim)
            .filter(|t| is_media_type(t) && !t.contains('*'));
        let is_file = content.schema.as_ref().is_some_and(|s| takes_files(s, name));
        for item in items {
            parts.push(part(name, item, said, is_file)?);
        }
    }
    for file in files {
        let media_type = file.content_type.as_deref().filter(|t| is_media_type(t));
        let head = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n",
            in_quotes(&file.field),
            in_quotes(&file.filename),
            media_type.unwrap_or("application/octet-stream"),
        );
        let bytes = Cow::Borrowed(&*file.bytes);
        parts.push(Part { head, bytes });
    }
    let mut hash = Sha256::new();
    for part in &parts {
        hash.update(part.head.as_bytes());
        hash.update(&part.bytes);
    }
    let digest: String = hash
        .finalize()
        .iter()
        .take(12)
        .map(|b| format!("{b:02x}"))
        .collect();
    let mut boundary = format!("form-{digest}");
    while parts
        .iter()
        .any(|p| p.bytes.windows(boundary.len()).any(|w| w == boundary.as_bytes()))
    {
        boundary.push('x');
    }
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.head).as_bytes());
        bytes.extend_from_slice(&part.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((boundary, bytes))
}

pub(super) fn takes_files(schema: &SchemaView, name: &str) -> bool {
    let binary = |s: &SchemaView| s.format.as_deref() == Some("binary");
    let property = schema.properties.iter().find(|p| p.name == name);
    property.is_some_and(|p| binary(&p.schema) || p.schema.items.as_deref().is_some_and(binary))
}

fn part(name: &str, value: &Value, said: Option<&str>, is_file: bool) -> Result<Part<'static>, InputError> {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", in_quotes(name));
    let mut media_type = said.map(str::to_owned);
    let bytes = match file(value) {
        Some(file) => {
            let file = file?;
            let filename = file.name.unwrap_or_else(|| "file".to_owned());
            head.push_str(&format!("; filename=\"{}\"", in_quotes(&filename)));
            let given = file.media_type.filter(|t| is_media_type(t));
            media_type = given
                .or(media_type)
                .or_else(|| Some("application/octet-stream".to_owned()));
            file.bytes
        }
        None => {
            if is_file {
                head.push_str("; filename=\"file\"");
                media_type = media_type.or_else(|| Some("application/octet-stream".to_owned()));
            }
            if value.is_object() || value.is_array() {
                media_type = media_type.or_else(|| Some("application/json".to_owned()));
            }
            plain(value).into_bytes()
        }
    };
    head.push_str("\r\n");
    if let Some(media_type) = media_type {
        head.push_str(&format!("Content-Type: {media_type}\r\n"));
    }
    let bytes = Cow::Owned(bytes);
    Ok(Part { head, bytes })
}

/// A name in `Content-Disposition`, as browsers write it.
fn in_quotes(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '"' => out.push_str("%22"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
