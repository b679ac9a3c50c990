//! Parameters as text: the OpenAPI styles, percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{InputError, value::plain};
use crate::spec::{
    model::{Parameter, Style},
    openapi::template::{Part, parts, split},
};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// What a path template may hold as it is: `pchar` of RFC 3986, and what is encoded already.
const IN_PATH: &AsciiSet = &RESERVED
    .remove(b'/')
    .remove(b'%')
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');
/// `allowReserved`: what may stand in a query and cannot end it, nor split it into other pairs.
const IN_QUERY: &AsciiSet = &IN_PATH
    .remove(b'?')
    .remove(b'[')
    .remove(b']')
    .add(b'&')
    .add(b'=')
    .add(b'+')
    .add(b'%');
/// A query that the document wrote itself.
const IN_STATIC_QUERY: &AsciiSet = &IN_QUERY.remove(b'&').remove(b'=').remove(b'+').remove(b'%');

/// One value, percent-encoded down to the unreserved characters.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The template with its values, percent-encoded. The error names the parameters of a segment that came out empty,
/// `.` or `..`.
pub(super) fn fill_path(template: &str, values: &[(String, String)]) -> Result<String, Vec<String>> {
    let (template, _) = split(template);
    let mut path = String::new();
    let mut bad = Vec::new();
    for segment in template.split('/').skip(1) {
        path.push('/');
        let start = path.len();
        let mut names = Vec::new();
        for part in parts(segment) {
            match part {
                Part::Literal(text) => path.extend(utf8_percent_encode(text, IN_PATH)),
                Part::Variable(name) => {
                    names.push(name.to_owned());
                    if let Some((_, value)) = values.iter().find(|(n, _)| n == name) {
                        path.push_str(value);
                    }
                }
            }
        }
        if !names.is_empty() && matches!(path.get(start..), Some("" | "." | "..")) {
            bad.extend(names);
        }
    }
    if bad.is_empty() { Ok(path) } else { Err(bad) }
}

/// The query that some documents put into the path itself.
pub(super) fn static_query(template: &str) -> Vec<String> {
    let (_, query) = split(template);
    let whole = query.filter(|q| !q.is_empty() && !q.contains('{'));
    whole
        .map(|q| utf8_percent_encode(q, IN_STATIC_QUERY).to_string())
        .into_iter()
        .collect()
}

/// What a value consists of.
enum Shape {
    One(String),
    Many(Vec<String>),
    Pairs(Vec<(String, String)>),
}

fn shape(parameter: &Parameter, value: &Value) -> Shape {
    if parameter.media_type.is_some() {
        return Shape::One(document(value));
    }
    match value {
        Value::Array(items) => Shape::Many(items.iter().map(plain).collect()),
        Value::Object(fields) => {
            let given = fields.iter().filter(|(_, v)| !v.is_null());
            Shape::Pairs(given.map(|(name, v)| (name.clone(), plain(v))).collect())
        }
        other => Shape::One(plain(other)),
    }
}

/// A `content` parameter: a text that is JSON already stays as it is.
fn document(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_ok() => text.clone(),
        other => other.to_string(),
    }
}

/// A path value in the parameter's style.
pub(super) fn path_value(parameter: &Parameter, value: &Value) -> Result<String, InputError> {
    let error = |code, message: &str| Err(InputError::of(parameter, code, message));
    let name = encode(&parameter.name);
    let (prefix, explode) = (parameter.style, parameter.explode);
    let shape = shape(parameter, value);
    match &shape {
        Shape::One(text) if text.is_empty() => {
            return error("empty-path-value", "a path value cannot be empty");
        }
        Shape::One(text) if text == "." || text == ".." => {
            return error(
                "bad-path-value",
                "a path value cannot be `.` or `..`: that would lead to another path",
            );
        }
        Shape::Many(items) if items.is_empty() => return error("empty-path-value", "the list is empty"),
        Shape::Pairs(pairs) if pairs.is_empty() => return error("empty-path-value", "the object is empty"),
        _ => {}
    }
    let joined = |between: &str| match &shape {
        Shape::One(text) => encode(text),
        Shape::Many(items) => items.iter().map(|i| encode(i)).collect::<Vec<_>>().join(between),
        Shape::Pairs(pairs) => {
            let is = if explode { "=" } else { "," };
            pairs
                .iter()
                .map(|(k, v)| format!("{}{is}{}", encode(k), encode(v)))
                .collect::<Vec<_>>()
                .join(between)
        }
    };
    Ok(match prefix {
        Style::Label => format!(".{}", joined(if explode { "." } else { "," })),
        Style::Matrix => match &shape {
            Shape::Many(items) if explode => items
                .iter()
                .map(|item| format!(";{name}={}", encode(item)))
                .collect(),
            Shape::Pairs(pairs) if explode => pairs
                .iter()
                .map(|(k, v)| format!(";{}={}", encode(k), encode(v)))
                .collect(),
            _ => format!(";{name}={}", joined(",")),
        },
        _ => joined(","),
    })
}

/// Appends the pairs of a query parameter.
pub(super) fn query_pairs(parameter: &Parameter, value: &Value, pairs: &mut Vec<String>) {
    let write = |text: &str| {
        if parameter.allow_reserved {
            utf8_percent_encode(text, IN_QUERY).to_string()
        } else {
            encode(text)
        }
    };
    if parameter.style == Style::DeepObject && value.is_object() && parameter.media_type.is_none() {
        deep(&encode(&parameter.name), value, &write, pairs);
        return;
    }
    styled(
        &parameter.name,
        parameter.style,
        parameter.explode,
        &shape(parameter, value),
        &write,
        pairs,
    );
}

/// The pairs of one field of a form body, in a style of the document.
pub(super) fn form_pairs(
    name: &str,
    style: Style,
    explode: bool,
    reserved: bool,
    value: &Value,
    out: &mut Vec<String>,
) {
    let write = |text: &str| {
        if reserved {
            utf8_percent_encode(text, IN_QUERY).to_string()
        } else {
            encode(text)
        }
    };
    if style == Style::DeepObject && (value.is_object() || value.is_array()) {
        deep(&encode(name), value, &write, out);
        return;
    }
    let shape = match value {
        Value::Array(items) => Shape::Many(items.iter().map(plain).collect()),
        Value::Object(fields) => Shape::Pairs(fields.iter().map(|(k, v)| (k.clone(), plain(v))).collect()),
        other => Shape::One(plain(other)),
    };
    styled(name, style, explode, &shape, &write, out);
}

fn styled(
    name: &str,
    style: Style,
    explode: bool,
    shape: &Shape,
    write: &dyn Fn(&str) -> String,
    out: &mut Vec<String>,
) {
    let name = encode(name);
    let between = match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    match shape {
        Shape::One(text) => out.push(format!("{name}={}", write(text))),
        Shape::Many(items) if explode => {
            out.extend(items.iter().map(|item| format!("{name}={}", write(item))))
        }
        Shape::Many(items) if items.is_empty() => {}
        Shape::Many(items) => {
            out.push(format!(
                "{name}={}",
                items.iter().map(|i| write(i)).collect::<Vec<_>>().join(between)
            ));
        }
        Shape::Pairs(pairs) if explode => {
            out.extend(pairs.iter().map(|(k, v)| format!("{}={}", encode(k), write(v))));
        }
        Shape::Pairs(pairs) if pairs.is_empty() => {}
        Shape::Pairs(pairs) => {
            let flat: Vec<String> = pairs.iter().flat_map(|(k, v)| [write(k), write(v)]).collect();
            out.push(format!("{name}={}", flat.join(between)));
        }
    }
}

/// `name[key]=value`, deeper objects as `name[key][inner]`, lists as `name[key][0]`. Brackets are encoded: RFC 3986
/// allows them in no query.
fn deep(name: &str, value: &Value, write: &dyn Fn(&str) -> String, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields.iter().filter(|(_, v)| !v.is_null()) {
                deep(&format!("{name}%5B{}%5D", encode(key)), inner, write, out);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                deep(&format!("{name}%5B{i}%5D"), item, write, out);
            }
        }
        other => out.push(format!("{name}={}", write(&plain(other)))),
    }
}

/// A header's value: style `simple`, not percent-encoded.
pub(super) fn header_value(parameter: &Parameter, value: &Value) -> Result<String, InputError> {
    let name_is_token = parameter.name.bytes().all(is_token) && !parameter.name.is_empty();
    if !name_is_token {
        return Err(InputError::of(
            parameter,
            "bad-header",
            "this is not a name that a header can have",
        ));
    }
    let text = match shape(parameter, value) {
        Shape::One(text) => text,
        Shape::Many(items) => items.join(","),
        Shape::Pairs(pairs) => {
            let is = if parameter.explode { "=" } else { "," };
            pairs
                .iter()
                .map(|(k, v)| format!("{k}{is}{v}"))
                .collect::<Vec<_>>()
                .join(",")
        }
    };
    let text = text.trim_matches([' ', '\t']);
    if !text.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\t') {
        let message = "a header takes printable ASCII characters only, and no line breaks";
        return Err(InputError::of(parameter, "bad-header", message));
    }
    Ok(text.to_owned())
}

/// `tchar` of RFC 9110.
fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

/// Appends a cookie parameter: style `form`, values percent-encoded.
pub(super) fn cookie_pairs(
    parameter: &Parameter,
    value: &Value,
    out: &mut Vec<(String, String)>,
) -> Result<(), InputError> {
    if parameter.name.is_empty() || !parameter.name.bytes().all(is_token) {
        return Err(InputError::of(
            parameter,
            "bad-cookie",
            "this is not a name that a cookie can have",
        ));
    }
    let name = parameter.name.clone();
    match shape(parameter, value) {
        Shape::One(text) => out.push((name, encode(&text))),
        Shape::Many(items) if parameter.explode => {
            out.extend(items.iter().map(|i| (name.clone(), encode(i))))
        }
        Shape::Many(items) => out.push((
            name,
            items.iter().map(|i| encode(i)).collect::<Vec<_>>().join(","),
        )),
        Shape::Pairs(pairs) if parameter.explode => {
            out.extend(pairs.iter().map(|(k, v)| (encode(k), encode(v))))
        }
        Shape::Pairs(pairs) => {
            let flat: Vec<String> = pairs.iter().flat_map(|(k, v)| [encode(k), encode(v)]).collect();
            out.push((name, flat.join(",")));
        }
    }
    Ok(())
}
