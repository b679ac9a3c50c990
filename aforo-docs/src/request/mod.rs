//! From the inputs of a form to a request. Code samples and the playground both use this, so that a sample shows
//! the very request that is sent.

mod body;
pub mod form;
mod lines;
mod text;
mod validate;
mod value;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::spec::{
    model::{Method, Operation, Parameter, ParameterPlace, Style},
    openapi::ApiDescription,
};

pub use lines::line_of;
pub use validate::body_warnings;

/// What a person entered for one operation. Values are JSON; a text that stands for a number, a boolean, a list
/// (`["a"]` or `a,b`) or an object (`{"a": 1}`) is taken as such where the parameter asks for it. `null` and an
/// empty text mean "left out".
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TryInputs {
    /// Path parameters by name.
    pub path: Map<String, Value>,
    /// Query parameters by name.
    pub query: Map<String, Value>,
    /// Header parameters by name, in any case.
    pub header: Map<String, Value>,
    /// Cookie parameters by name.
    pub cookie: Map<String, Value>,
    /// The body: JSON for JSON and forms, a text for XML and text, `{"$base64": "…"}` for bytes. A text for a JSON
    /// body that does not take a text is read as the JSON itself.
    pub body: Option<Value>,
    /// Which of the body's media types; the first one if left out.
    pub content_type: Option<String>,
    /// Fields of the body's form by JSON pointer, laid over `body`; see [`form`](mod@form).
    pub fields: Vec<(String, String)>,
    /// Which alternative of a `oneOf` or `anyOf` the fields are of, by JSON pointer.
    pub alternatives: Vec<(String, usize)>,
    /// Files for the body, as they were chosen.
    #[serde(skip)]
    pub files: Vec<FileInput>,
}

/// A file of a form: a part of a `multipart` body, or the body itself.
#[derive(Clone, PartialEq, Eq)]
pub struct FileInput {
    /// The part's name; empty for the body itself.
    pub field: String,
    /// As the browser names it.
    pub filename: String,
    /// Its media type, if the browser knows it.
    pub content_type: Option<String>,
    /// What is in it; shared, never copied before the body is written.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for FileInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.bytes.len();
        f.debug_struct("FileInput")
            .field("field", &self.field)
            .field("filename", &self.filename)
            .field("size", &size)
            .finish_non_exhaustive()
    }
}

/// A request without origin and credential: what goes behind the base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRequest {
    /// The method.
    pub method: Method,
    /// Begins with `/`; percent-encoded, each value within the segment that its template gives it.
    pub path: String,
    /// Percent-encoded, without the `?`.
    pub query: Option<String>,
    /// Names as the document writes them; values are printable ASCII.
    pub headers: Vec<(String, String)>,
    /// Ready to be written as `name=value`.
    pub cookies: Vec<(String, String)>,
    /// The body's media type, with the boundary for `multipart`.
    pub content_type: Option<String>,
    /// The body as sent.
    pub body: Option<Vec<u8>>,
}

/// Something wrong with one input.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InputError {
    /// Which input: `/parameters/path/petId`, `/contentType`, `/body` or a JSON pointer below it.
    pub pointer: String,
    /// For people.
    pub message: String,
    /// For programs; stable, such as `missing-parameter`.
    pub code: &'static str,
}

impl InputError {
    pub(crate) fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
            code,
        }
    }
    fn of(parameter: &Parameter, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(pointer(parameter.place, &parameter.name), code, message)
    }
}

/// The inputs that an operation's examples suggest: each required parameter, and the body if there is one.
pub fn example_inputs(operation: &Operation) -> TryInputs {
    let mut inputs = TryInputs::default();
    for parameter in operation.parameters.iter().filter(|p| p.required) {
        if let Some(example) = &parameter.example {
            let values = match parameter.place {
                ParameterPlace::Path => &mut inputs.path,
                ParameterPlace::Query => &mut inputs.query,
                ParameterPlace::Header => &mut inputs.header,
                ParameterPlace::Cookie => &mut inputs.cookie,
            };
            values.insert(parameter.name.clone(), example.clone());
        }
    }
    if let Some(content) = operation.body.as_ref().and_then(|body| body.contents.first()) {
        inputs.body = content.example.clone();
        inputs.content_type = Some(content.media_type.clone()).filter(|m| !m.contains('*'));
    }
    inputs
}

/// The same, with the example of one of the body's media types.
pub fn example_inputs_of(operation: &Operation, media_type: &str) -> TryInputs {
    let mut inputs = example_inputs(operation);
    let contents = operation.body.iter().flat_map(|body| &body.contents);
    if let Some(content) = contents
        .into_iter()
        .find(|content| content.media_type == media_type)
    {
        inputs.body = content.example.clone();
        inputs.content_type = Some(content.media_type.clone()).filter(|m| !m.contains('*'));
    }
    inputs
}

/// Builds the request that these inputs describe.
///
/// # Errors
/// Everything that is wrong with the inputs, in form order: an unknown or missing parameter, a value of the wrong
/// type or outside of an `enum`, a path value that would change the path's structure, a body that cannot be
/// written in its media type. Whether a body fits its schema is for the API to judge; see [`body_warnings`].
pub fn build(operation: &Operation, inputs: &TryInputs) -> Result<PlainRequest, Vec<InputError>> {
    let mut errors = Vec::new();
    for (place, values) in [
        (ParameterPlace::Path, &inputs.path),
        (ParameterPlace::Query, &inputs.query),
        (ParameterPlace::Header, &inputs.header),
        (ParameterPlace::Cookie, &inputs.cookie),
    ] {
        for name in values.keys() {
            if find(operation, place, name).is_none() {
                let message = format!("this operation has no {} parameter {name:?}", place_name(place));
                errors.push(InputError::new(
                    pointer(place, name),
                    "unknown-parameter",
                    message,
                ));
            }
        }
    }
    let mut written = Written::default();
    for parameter in &operation.parameters {
        if let Err(error) = add_parameter(parameter, inputs, &mut written) {
            errors.push(error);
        }
    }
    let mut path = String::new();
    match text::fill_path(&operation.summary.path, &written.path) {
        Ok(filled) => path = filled,
        Err(names) => {
            for pointer in names.iter().map(|name| pointer(ParameterPlace::Path, name)) {
                if !errors.iter().any(|e| e.pointer == pointer) {
                    let message = "these values would leave a part of the path empty, or make it `.` or `..`";
                    errors.push(InputError::new(pointer, "bad-path-value", message));
                }
            }
        }
    }
    let (content_type, body) = match body::write(operation, inputs) {
        Ok(Some((content_type, body))) => (Some(content_type), Some(body)),
        Ok(None) => (None, None),
        Err(error) => {
            errors.push(error);
            (None, None)
        }
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut query = text::static_query(&operation.summary.path);
    query.extend(written.query);
    if !written
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("accept"))
        && let Some(accept) = accept(operation)
    {
        written.headers.push(("Accept".to_owned(), accept));
    }
    Ok(PlainRequest {
        method: operation.summary.method,
        path,
        query: (!query.is_empty()).then(|| query.join("&")),
        headers: written.headers,
        cookies: written.cookies,
        content_type,
        body,
    })
}

/// The very texts, such as `;colour=blue`, that path parameters in matrix style put into the path of [`build`].
/// Nothing else may put a semicolon there.
pub fn matrix_parts(operation: &Operation, inputs: &TryInputs) -> Vec<String> {
    let matrix = |p: &&Parameter| p.place == ParameterPlace::Path && p.style == Style::Matrix;
    let text = |p: &Parameter| {
        let given = inputs.path.get(&p.name)?;
        text::path_value(p, &value::read(p, given).ok()?).ok()
    };
    operation
        .parameters
        .iter()
        .filter(matrix)
        .filter_map(text)
        .collect()
}

/// The operation that a concrete path belongs to: its id and the percent-decoded path values. Concrete segments win
/// over variables; a variable matches one segment or a part of one, never nothing.
pub fn match_path(
    description: &ApiDescription,
    method: Method,
    path: &str,
) -> Option<(String, Map<String, Value>)> {
    description
        .match_path(method, path)
        .map(|(summary, values)| (summary.id.clone(), values))
}

/// Parameters as written, by place.
#[derive(Debug, Default)]
struct Written {
    path: Vec<(String, String)>,
    /// `name=value` pairs and the like.
    query: Vec<String>,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
}

fn add_parameter(parameter: &Parameter, inputs: &TryInputs, written: &mut Written) -> Result<(), InputError> {
    let values = match parameter.place {
        ParameterPlace::Path => &inputs.path,
        ParameterPlace::Query => &inputs.query,
        ParameterPlace::Header => &inputs.header,
        ParameterPlace::Cookie => &inputs.cookie,
    };
    let given = match parameter.place {
        ParameterPlace::Header => values
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(&parameter.name))
            .map(|(_, value)| value),
        _ => values.get(&parameter.name),
    };
    let Some(given) = given.filter(|v| !v.is_null() && v.as_str() != Some("")) else {
        if parameter.place == ParameterPlace::Path && given.and_then(Value::as_str) == Some("") {
            return Err(InputError::of(
                parameter,
                "empty-path-value",
                "a path value cannot be empty",
            ));
        }
        return if parameter.required {
            let message = format!(
                "the {} parameter {:?} is required",
                place_name(parameter.place),
                parameter.name
            );
            Err(InputError::of(parameter, "missing-parameter", message))
        } else {
            Ok(())
        };
    };
    let value = value::read(parameter, given)?;
    match parameter.place {
        ParameterPlace::Path => {
            let text = text::path_value(parameter, &value)?;
            written.path.push((parameter.name.clone(), text));
        }
        ParameterPlace::Query => text::query_pairs(parameter, &value, &mut written.query),
        ParameterPlace::Header => {
            let text = text::header_value(parameter, &value)?;
            written.headers.push((parameter.name.clone(), text));
        }
        ParameterPlace::Cookie => text::cookie_pairs(parameter, &value, &mut written.cookies)?,
    }
    Ok(())
}

fn find<'o>(operation: &'o Operation, place: ParameterPlace, name: &str) -> Option<&'o Parameter> {
    let same = |p: &&Parameter| match place {
        ParameterPlace::Header => p.name.eq_ignore_ascii_case(name),
        _ => p.name == name,
    };
    operation
        .parameters
        .iter()
        .filter(|p| p.place == place)
        .find(same)
}

/// What the responses offer: media types of successes, else of all; at most six.
fn accept(operation: &Operation) -> Option<String> {
    let mut types: Vec<&str> = Vec::new();
    for success in [true, false] {
        for response in operation
            .responses
            .iter()
            .filter(|r| r.status.starts_with('2') == success)
        {
            for content in &response.contents {
                let media = content.media_type.as_str();
                let sane =
                    media.contains('/') && media.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b',');
                if sane && !types.contains(&media) && types.len() < 6 {
                    types.push(media);
                }
            }
        }
        if !types.is_empty() {
            break;
        }
    }
    (!types.is_empty()).then(|| types.join(", "))
}

fn pointer(place: ParameterPlace, name: &str) -> String {
    format!(
        "/parameters/{}/{}",
        place_name(place),
        name.replace('~', "~0").replace('/', "~1")
    )
}

fn place_name(place: ParameterPlace) -> &'static str {
    match place {
        ParameterPlace::Path => "path",
        ParameterPlace::Query => "query",
        ParameterPlace::Header => "header",
        ParameterPlace::Cookie => "cookie",
    }
}
