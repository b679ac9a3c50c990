//! The schemas that together say what a value is.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::super::reference::{component_name, field, is_listed, resolve};
use crate::spec::model::AlternativeKind;

/// Members of `allOf` (and schemas they refer to) that are merged into one view at most.
const MAX_PARTS: usize = 64;
/// Values of an `enum` that are shown at most.
const MAX_ENUM: usize = 500;
/// What counts beside a `$ref` of OpenAPI 3.0: words about the schema, but no rules for its values. By the letter of
/// 3.0 nothing beside a `$ref` counts; authors mean the words all the same.
const WORDS: [&str; 13] = [
    "title",
    "summary",
    "description",
    "deprecated",
    "example",
    "examples",
    "default",
    "nullable",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "x-internal",
    "x-enumDescriptions",
];

/// The schemas that together say what a value is: a schema, what it refers to, members of its `allOf`.
pub(in super::super) struct Parts<'a> {
    root: &'a Value,
    pub(in super::super) all: Vec<&'a Map<String, Value>>,
    /// Objects beside a `$ref` of which only the words count.
    words: Vec<&'a Map<String, Value>>,
    pub(super) addresses: Vec<*const Value>,
    pub(super) name: Option<String>,
    /// The name is that of a component.
    pub(super) listed: bool,
    nullable: bool,
    /// A reference that cannot be followed.
    pub(in super::super) broken: bool,
    /// `false`: no value is valid.
    pub(super) never: bool,
}

impl<'a> Parts<'a> {
    pub(in super::super) fn of(root: &'a Value, schemas: &[&'a Value]) -> Self {
        let mut parts = Self {
            root,
            all: Vec::new(),
            words: Vec::new(),
            addresses: Vec::new(),
            name: None,
            listed: false,
            nullable: false,
            broken: false,
            never: false,
        };
        for schema in schemas {
            parts.add(schema, schemas.len() == 1);
        }
        parts
    }

    fn add(&mut self, schema: &'a Value, names: bool) {
        let found = resolve(self.root, schema);
        if names && self.name.is_none() {
            self.name = found.name();
            self.listed = found.reference.is_some_and(is_listed);
        }
        if let Some(Value::Object(siblings)) = found.siblings {
            // Says more than `$ref`: its words come first.
            if only_words(self.root) {
                self.words.push(siblings);
            } else {
                self.all.push(siblings);
                self.add_members(siblings, false);
            }
        }
        let Some(target) = found.value else {
            self.broken = true;
            return;
        };
        let object = match target {
            Value::Object(object) => object,
            Value::Bool(false) => {
                self.never = true;
                return;
            }
            _ => return,
        };
        if self.all.len() >= MAX_PARTS || self.addresses.iter().any(|a| std::ptr::eq(*a, target)) {
            return;
        }
        self.addresses.push(target);
        self.all.push(object);
        self.add_members(object, names);
    }

    /// Takes in what an object says by naming other schemas.
    fn add_members(&mut self, object: &'a Map<String, Value>, names: bool) {
        let members: Vec<&Value> = list(object, "allOf").collect();
        // A reference in an `allOf` of its own is how 3.0 adds a description to it.
        let alone = names && members.len() == 1 && field(object, "properties").is_none();
        for member in members {
            if self.all.len() >= MAX_PARTS {
                return;
            }
            self.add(member, alone);
        }
        // `anyOf: [X, {type: "null"}]` is how 3.1 says "X or null".
        for key in ["anyOf", "oneOf"] {
            let (nulls, others): (Vec<&Value>, Vec<&Value>) = list(object, key).partition(|m| is_null(m));
            self.nullable |= !nulls.is_empty();
            if let [only] = others.as_slice() {
                self.add(only, names);
            }
        }
    }

    /// The first part that has this field.
    pub(in super::super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.saying(name).find_map(|part| field(part, name))
    }
    /// The objects that may say this.
    fn saying(&self, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> + use<'a, '_> {
        let words = if WORDS.contains(&name) {
            self.words.as_slice()
        } else {
            &[]
        };
        words.iter().chain(&self.all).copied()
    }
    pub(super) fn text(&self, name: &str) -> String {
        self.saying(name)
            .map(|part| field_text(part, name))
            .find(|t| !t.is_empty())
            .unwrap_or_default()
    }
    pub(super) fn flag(&self, name: &str) -> bool {
        self.saying(name)
            .any(|part| field(part, name).and_then(Value::as_bool) == Some(true))
    }

    /// The types it takes, `null` apart. Empty: any.
    pub(in super::super) fn types(&self) -> Vec<String> {
        let names = match self.get("type") {
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(|n| n.as_str().map(str::to_owned))
                .collect(),
            _ if self.get("properties").is_some() => vec!["object".to_owned()],
            _ if self.get("items").is_some() || self.get("prefixItems").is_some() => vec!["array".to_owned()],
            _ => Vec::new(),
        };
        names.into_iter().filter(|name| name != "null").collect()
    }
    /// Whether `null` is a value of it.
    pub(in super::super) fn takes_null(&self) -> bool {
        let typed = self.all.iter().any(|part| match field(part, "type") {
            Some(Value::Array(names)) => names.iter().any(|n| n == "null"),
            Some(name) => name == "null",
            None => false,
        });
        self.nullable || typed || self.flag("nullable")
    }
    /// Properties with all that the parts say about each, in order, and whether they must be given.
    /// Those marked `x-internal` are left out.
    pub(in super::super) fn properties(&self) -> Vec<(&'a str, Vec<&'a Value>, bool)> {
        let mut names: Vec<&str> = Vec::new();
        let mut by_name: HashMap<&str, Vec<&Value>> = HashMap::new();
        for part in &self.all {
            for (name, schema) in field(part, "properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let said = by_name.entry(name).or_default();
                if said.is_empty() {
                    names.push(name);
                }
                said.push(schema);
            }
        }
        let required: HashSet<&str> = self.required().collect();
        let mut out = Vec::new();
        for name in names {
            let schemas = by_name.remove(name).unwrap_or_default();
            if !schemas.iter().any(|schema| is_internal(self.root, schema)) {
                out.push((name, schemas, required.contains(name)));
            }
        }
        out
    }
    /// Names of properties that must be given.
    pub(super) fn required(&self) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        self.all
            .iter()
            .flat_map(|part| list(part, "required"))
            .filter_map(Value::as_str)
    }
    /// Each `oneOf` or `anyOf` with at least two members beside `null`.
    pub(super) fn choices(&self) -> Vec<(AlternativeKind, Vec<&'a Value>)> {
        let mut out = Vec::new();
        for part in &self.all {
            for (key, kind) in [
                ("oneOf", AlternativeKind::OneOf),
                ("anyOf", AlternativeKind::AnyOf),
            ] {
                let shown = |m: &&Value| !is_null(m) && !is_internal(self.root, m);
                let members: Vec<&Value> = list(part, key).filter(shown).collect();
                if members.len() > 1 {
                    out.push((kind, members));
                }
            }
        }
        out
    }
    /// The first of them.
    pub(in super::super) fn alternatives(&self) -> Option<(AlternativeKind, Vec<&'a Value>)> {
        self.choices().into_iter().next()
    }
    pub(in super::super) fn enumeration(&self) -> Vec<Value> {
        match (self.get("enum"), self.get("const")) {
            (_, Some(only)) => vec![only.clone()],
            (Some(Value::Array(values)), None) => values.iter().take(MAX_ENUM).cloned().collect(),
            _ => Vec::new(),
        }
    }
    /// The first example that a part gives.
    pub(in super::super) fn example(&self) -> Option<&'a Value> {
        self.get("example").or_else(|| match self.get("examples") {
            Some(Value::Array(examples)) => examples.first(),
            // Some documents use the form of media types here.
            Some(Value::Object(examples)) => examples.values().next().map(|e| e.get("value").unwrap_or(e)),
            _ => None,
        })
    }
}

pub(super) fn list<'a>(
    object: &'a Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    field(object, name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

pub(super) fn is_null(schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else {
        return false;
    };
    match (field(schema, "type"), field(schema, "enum")) {
        (Some(Value::String(name)), _) => name == "null",
        (Some(Value::Array(names)), _) => names.iter().all(|n| n == "null") && !names.is_empty(),
        (_, Some(Value::Array(values))) => matches!(values.as_slice(), [Value::Null]),
        _ => false,
    }
}

fn field_text(object: &Map<String, Value>, name: &str) -> String {
    field(object, name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Whether a schema, or what it refers to, is marked `x-internal`.
pub(in super::super) fn is_internal(root: &Value, schema: &Value) -> bool {
    let marked = |v: &Value| {
        v.as_object()
            .and_then(|o| field(o, "x-internal"))
            .and_then(Value::as_bool)
            == Some(true)
    };
    marked(schema)
        || schema.as_object().is_some_and(|o| field(o, "$ref").is_some())
            && resolve(root, schema).value.is_some_and(marked)
}

/// OpenAPI 3.0: beside a `$ref` only words count.
fn only_words(root: &Value) -> bool {
    root.get("openapi")
        .and_then(Value::as_str)
        .is_some_and(|version| version.starts_with("3.0"))
}

/// The name of the component that a schema is, when it is a reference.
pub(in super::super) fn name_of(schema: &Value) -> Option<String> {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(component_name)
}
