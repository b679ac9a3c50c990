//! Parameters of Swagger 2.0: bodies and form fields become request bodies, the others change their shape.

use serde_json::{Map, Value, json};

use super::{JSON, Object, required, rewrite, schema, text_of};
use crate::spec::{
    diagnostic::{Diagnostic, Findings},
    openapi::reference::escape,
};

/// Fields of a parameter that are not part of its schema.
const OWN: [&str; 9] = [
    "name",
    "in",
    "description",
    "required",
    "allowEmptyValue",
    "collectionFormat",
    "x-example",
    "x-examples",
    "schema",
];

/// The shared parameters of a document.
pub(super) struct Parameters(Object);

/// A list of parameters, sorted by what becomes of them.
#[derive(Default)]
pub(super) struct Read {
    /// For `parameters` of OpenAPI 3.
    pub(super) plain: Vec<Value>,
    body: Option<Object>,
    form: Vec<Object>,
}

impl Parameters {
    pub(super) fn new(shared: Object) -> Self {
        Self(shared)
    }

    /// The shared ones that stay parameters.
    pub(super) fn components(self, findings: &mut Findings) -> Value {
        let mut out = Map::new();
        for (name, parameter) in self.0 {
            if let Value::Object(parameter) = parameter
                && !is_body(&parameter)
            {
                let at = format!("/parameters/{}", escape(&name));
                out.insert(name, plain(parameter, &at, findings));
            }
        }
        Value::Object(out)
    }

    pub(super) fn read(&self, list: Option<&Value>, at: &str, findings: &mut Findings) -> Read {
        let mut read = Read::default();
        for (i, parameter) in list.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let Some(mut object) = parameter.as_object() else {
                continue;
            };
            let at = format!("{at}/{i}");
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let name = reference.strip_prefix("#/parameters/");
                let name = name.map(|name| name.replace("~1", "/").replace("~0", "~"));
                let shared = name.and_then(|name| self.0.get(&name)?.as_object());
                match shared.filter(|shared| is_body(shared)) {
                    Some(shared) => object = shared,
                    None => {
                        let mut parameter = parameter.clone();
                        if let Some(reference) = parameter.get_mut("$ref") {
                            rewrite(reference);
                        }
                        read.plain.push(parameter);
                        continue;
                    }
                }
            }
            match text_of(object, "in").as_str() {
                "body" if read.body.is_some() => {
                    let message = "an operation has one body; this second one is left out";
                    findings.push(Diagnostic::warning("second-body", message).at(at));
                }
                "body" => read.body = Some(object.clone()),
                "formData" => read.form.push(object.clone()),
                _ => read.plain.push(plain(object.clone(), &at, findings)),
            }
        }
        read
    }
}

impl Read {
    /// The request body that these parameters and those of the path item make.
    pub(super) fn body_with(
        &self,
        shared: &Self,
        consumes: &[String],
        at: &str,
        findings: &mut Findings,
    ) -> Option<Value> {
        let body = self.body.as_ref().or(shared.body.as_ref());
        let mut form: Vec<&Object> = self.form.iter().collect();
        for field in &shared.form {
            if !form.iter().any(|own| own.get("name") == field.get("name")) {
                form.push(field);
            }
        }
        match (body, form.is_empty()) {
            (Some(body), is_alone) => {
                if !is_alone {
                    let message =
                        "an operation has a body or form fields, not both; the form fields are left out";
                    findings.push(Diagnostic::warning("body-and-form", message).at(at));
                }
                Some(whole_body(body, consumes))
            }
            (None, false) => Some(form_body(&form, consumes, at, findings)),
            (None, true) => None,
        }
    }
}

fn is_body(parameter: &Object) -> bool {
    matches!(
        parameter.get("in").and_then(Value::as_str),
        Some("body" | "formData")
    )
}

fn whole_body(parameter: &Object, consumes: &[String]) -> Value {
    let mut body_schema = parameter
        .get("schema")
        .cloned()
        .unwrap_or_else(|| value_schema(parameter));
    schema(&mut body_schema);
    let examples = parameter.get("x-examples").and_then(Value::as_object);
    let example = parameter
        .get("x-example")
        .or_else(|| examples?.get(consumes.first().map_or(JSON, String::as_str)));
    let fallback = [JSON.to_owned()];
    // Form types cannot hold a body parameter, though some documents list them for all operations.
    let forms = |media: &&String| {
        !media.starts_with("multipart/") && media.as_str() != "application/x-www-form-urlencoded"
    };
    let mut types: Vec<&String> = consumes.iter().filter(forms).collect();
    if types.is_empty() {
        types = fallback.iter().collect();
    }
    let mut content = Map::new();
    for media in types {
        let mut entry = json!({ "schema": body_schema });
        if let Some(example) = example {
            entry["example"] = example.clone();
        }
        content.insert(media.clone(), entry);
    }
    described(parameter, content, required(parameter))
}

fn form_body(fields: &[&Object], consumes: &[String], at: &str, findings: &mut Findings) -> Value {
    let is_file = |field: &&Object| field.get("type").and_then(Value::as_str) == Some("file");
    let mut properties = Map::new();
    let mut needed = Vec::new();
    let mut encoding = Map::new();
    for field in fields {
        let name = text_of(field, "name");
        let mut property = value_schema(field);
        if let Some(description) = field.get("description") {
            property["description"] = description.clone();
        }
        if let Some(example) = field.get("x-example") {
            property["example"] = example.clone();
        }
        if let Some(style) = style(field, "formData", at, findings) {
            encoding.insert(name.clone(), style);
        }
        if required(field) {
            needed.push(Value::String(name.clone()));
        }
        properties.insert(name, property);
    }
    let files = fields.iter().any(is_file);
    let is_required = !needed.is_empty();
    let mut form = json!({ "type": "object", "properties": properties });
    if is_required {
        form["required"] = Value::Array(needed);
    }
    let mut types: Vec<String> = consumes
        .iter()
        .filter(|media| {
            media.starts_with("multipart/form-data")
                || !files && media.starts_with("application/x-www-form-urlencoded")
        })
        .cloned()
        .collect();
    if types.is_empty() {
        let media = if files {
            "multipart/form-data"
        } else {
            "application/x-www-form-urlencoded"
        };
        types.push(media.to_owned());
    }
    let mut content = Map::new();
    for media in types {
        let mut entry = json!({ "schema": form });
        if !encoding.is_empty() && !media.starts_with("multipart/") {
            entry["encoding"] = Value::Object(encoding.clone());
        }
        content.insert(media, entry);
    }
    described(&Map::new(), content, is_required)
}

fn described(parameter: &Object, content: Object, required: bool) -> Value {
    let mut body = json!({ "content": content });
    if required {
        body["required"] = true.into();
    }
    for (name, value) in parameter {
        if name == "description" || name.starts_with("x-") && !OWN.contains(&name.as_str()) {
            body[name] = value.clone();
        }
    }
    body
}

/// A parameter that stays one.
fn plain(mut old: Object, at: &str, findings: &mut Findings) -> Value {
    let place = text_of(&old, "in");
    let style = style(&old, &place, at, findings);
    let mut new = Map::new();
    new.insert("schema".to_owned(), value_schema(&old));
    for field in ["name", "in", "description", "required", "allowEmptyValue"] {
        if let Some(value) = old.remove(field) {
            new.insert(field.to_owned(), value);
        }
    }
    if let Some(example) = old.remove("x-example") {
        new.insert("example".to_owned(), example);
    }
    if let Some(Value::Object(style)) = style {
        new.extend(style);
    }
    let others = old
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-") || name == "deprecated");
    new.extend(others);
    Value::Object(new)
}

/// The schema that a parameter, form field or header is, by its own fields.
pub(super) fn value_schema(object: &Object) -> Value {
    let mut out = match object.get("schema") {
        Some(Value::Object(given)) => given.clone(), // not Swagger 2.0, but met
        _ => Map::new(),
    };
    for (name, value) in object {
        let of_tools = name.starts_with("x-") && !name.starts_with("x-enum");
        if !of_tools && !OWN.contains(&name.as_str()) {
            out.insert(name.clone(), value.clone());
        }
    }
    if object.get("x-nullable").and_then(Value::as_bool) == Some(true) {
        out.insert("nullable".to_owned(), true.into());
    }
    out.remove("deprecated");
    let mut out = Value::Object(out);
    schema(&mut out);
    out
}

/// How a list is written. Swagger's default is commas, that of OpenAPI 3 is repetition.
fn style(parameter: &Object, place: &str, at: &str, findings: &mut Findings) -> Option<Value> {
    if parameter.get("type").and_then(Value::as_str) != Some("array") {
        return None;
    }
    let format = text_of(parameter, "collectionFormat");
    let is_query = matches!(place, "query" | "formData");
    Some(match format.as_str() {
        "multi" if is_query => json!({ "style": "form", "explode": true }),
        "ssv" if is_query => json!({ "style": "spaceDelimited", "explode": false }),
        "pipes" if is_query => json!({ "style": "pipeDelimited", "explode": false }),
        "" | "csv" => match is_query {
            true => json!({ "style": "form", "explode": false }),
            false => json!({ "style": "simple" }),
        },
        other => {
            let message =
                format!("OpenAPI 3 has no form for the collectionFormat {other:?} here; commas are used");
            findings.push(Diagnostic::warning("collection-format", message).at(at));
            match is_query {
                true => json!({ "style": "form", "explode": false }),
                false => json!({ "style": "simple" }),
            }
        }
    })
}
