//! Schemas as a page shows them: trees, cut where they recur or grow too large.

use serde_json::{Map, Value};

use super::{
    flag,
    reference::{component_name, field, resolve},
    text,
};
use crate::spec::model::{AlternativeKind, PropertyView, SchemaView};

/// Members of `allOf` (and schemas they refer to) that are merged into one view at most.
const MAX_PARTS: usize = 64;
/// Values of an `enum` that are shown at most.
const MAX_ENUM: usize = 500;

/// The view of a schema with at most `depth` levels below its own and about `budget` nodes: as many levels as
/// the budget allows, so that a large first property does not starve the others.
pub(super) fn view(root: &Value, schema: &Value, depth: u32, budget: usize) -> (SchemaView, usize) {
    // Each further level costs a multiple of the last, so trying them in turn costs little more than the last one.
    let mut best: Option<(SchemaView, usize)> = None;
    for levels in 1..=depth.max(1) {
        let mut builder = Builder {
            root,
            levels,
            left: budget,
            over: false,
            deeper: false,
            stack: Vec::new(),
        };
        let view = builder.view(&[schema], 0, None);
        let used = budget - builder.left;
        if builder.over {
            return best.unwrap_or((view, used));
        }
        if !builder.deeper {
            return (view, used);
        }
        best = Some((view, used));
    }
    best.unwrap_or_default()
}

struct Builder<'a> {
    root: &'a Value,
    levels: u32,
    left: usize,
    /// The budget did not do.
    over: bool,
    /// Something was cut that one more level would show.
    deeper: bool,
    /// The schemas that are being built, outermost first, by their address in the document.
    stack: Vec<*const Value>,
}

/// The schemas that together say what a value is: a schema, what it refers to, members of its `allOf`.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) all: Vec<&'a Map<String, Value>>,
    addresses: Vec<*const Value>,
    pub(super) name: Option<String>,
    pub(super) nullable: bool,
    /// A reference that cannot be followed.
    pub(super) broken: bool,
    /// `false`: no value is valid.
    pub(super) never: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn of(root: &'a Value, schemas: &[&'a Value]) -> Self {
        let mut parts = Self::default();
        for schema in schemas {
            parts.add(root, schema, schemas.len() == 1);
        }
        parts
    }

    fn add(&mut self, root: &'a Value, schema: &'a Value, names: bool) {
        let found = resolve(root, schema);
        if names && self.name.is_none() {
            self.name = found.name();
        }
        if let Some(Value::Object(siblings)) = found.siblings {
            self.all.push(siblings); // says more than `$ref`: its words come first
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
        let members: Vec<&Value> = list(object, "allOf").collect();
        // A reference in an `allOf` of its own is how 3.0 adds a description to it.
        let alone = names && members.len() == 1 && field(object, "properties").is_none();
        for member in members {
            self.add(root, member, alone);
        }
        // `anyOf: [X, {type: "null"}]` is how 3.1 says "X or null".
        for key in ["anyOf", "oneOf"] {
            let (nulls, others): (Vec<&Value>, Vec<&Value>) = list(object, key).partition(|m| is_null(m));
            self.nullable |= !nulls.is_empty();
            if let [only] = others.as_slice() {
                self.add(root, only, names);
            }
        }
    }

    /// The first part that has this field.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.all.iter().find_map(|part| field(part, name))
    }
    fn text(&self, name: &str) -> String {
        self.all
            .iter()
            .map(|part| field_text(part, name))
            .find(|t| !t.is_empty())
            .unwrap_or_default()
    }
    fn flag(&self, name: &str) -> bool {
        self.all
            .iter()
            .any(|part| field(part, name).and_then(Value::as_bool) == Some(true))
    }

    /// The types it takes, `null` apart. Empty: any.
    pub(super) fn types(&self) -> Vec<String> {
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
    pub(super) fn takes_null(&self) -> bool {
        let typed = self.all.iter().any(|part| match field(part, "type") {
            Some(Value::Array(names)) => names.iter().any(|n| n == "null"),
            Some(name) => name == "null",
            None => false,
        });
        self.nullable || typed || self.flag("nullable")
    }
    /// Properties with all that the parts say about each, in order, and whether they must be given.
    pub(super) fn properties(&self) -> Vec<(&'a str, Vec<&'a Value>, bool)> {
        let mut names: Vec<&str> = Vec::new();
        let mut by_name: std::collections::HashMap<&str, Vec<&Value>> = std::collections::HashMap::new();
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
        let required: std::collections::HashSet<&str> = self
            .all
            .iter()
            .flat_map(|part| list(part, "required"))
            .filter_map(Value::as_str)
            .collect();
        names
            .into_iter()
            .map(|name| {
                (
                    name,
                    by_name.remove(name).unwrap_or_default(),
                    required.contains(name),
                )
            })
            .collect()
    }
    /// `oneOf` or `anyOf` with at least two members beside `null`.
    pub(super) fn alternatives(&self) -> Option<(AlternativeKind, Vec<&'a Value>)> {
        for part in &self.all {
            for (key, kind) in [
                ("oneOf", AlternativeKind::OneOf),
                ("anyOf", AlternativeKind::AnyOf),
            ] {
                let members: Vec<&Value> = list(part, key).filter(|m| !is_null(m)).collect();
                if members.len() > 1 {
                    return Some((kind, members));
                }
            }
        }
        None
    }
    pub(super) fn enumeration(&self) -> Vec<Value> {
        match (self.get("enum"), self.get("const")) {
            (_, Some(only)) => vec![only.clone()],
            (Some(Value::Array(values)), None) => values.iter().take(MAX_ENUM).cloned().collect(),
            _ => Vec::new(),
        }
    }
    /// The first example that a part gives.
    pub(super) fn example(&self) -> Option<&'a Value> {
        self.get("example").or_else(|| match self.get("examples") {
            Some(Value::Array(examples)) => examples.first(),
            // Some documents use the form of media types here.
            Some(Value::Object(examples)) => examples.values().next().map(|e| e.get("value").unwrap_or(e)),
            _ => None,
        })
    }
}

fn list<'a>(object: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    field(object, name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn is_null(schema: &Value) -> bool {
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

impl<'a> Builder<'a> {
    fn view(&mut self, schemas: &[&'a Value], level: u32, hint: Option<&str>) -> SchemaView {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.over = true,
        }
        if self.over {
            return SchemaView {
                cut: true,
                ..SchemaView::default()
            }; // the whole view is given up
        }
        // A schema that is being built further out is named, not shown again.
        if let [only] = schemas
            && let found = resolve(self.root, only)
            && let Some(target) = found.value
            && self.stack.iter().any(|a| std::ptr::eq(*a, target))
        {
            let description = found
                .siblings
                .map(|s| text(s, "description"))
                .filter(|d| !d.is_empty());
            return SchemaView {
                name: found.name().or_else(|| hint.map(str::to_owned)),
                types: Parts::of(self.root, &[target]).types(),
                description: description.unwrap_or_else(|| text(target, "description")),
                deprecated: flag(target, "deprecated"),
                cut: true,
                ..SchemaView::default()
            };
        }
        let parts = Parts::of(self.root, schemas);
        let mut view = plain(&parts);
        if parts.broken {
            view.cut = true;
        }
        let has_more = parts.get("properties").is_some_and(|p| !is_trivial(p))
            || parts.get("items").is_some_and(|i| !is_trivial(i))
            || parts.get("prefixItems").is_some()
            || parts
                .get("additionalProperties")
                .is_some_and(|a| a.is_object() && !is_trivial(a))
            || parts.alternatives().is_some();
        if level >= self.levels || self.over {
            // A list is as deep as its items are.
            let only_items = has_more && parts.get("properties").is_none() && parts.alternatives().is_none();
            match parts.get("items").filter(|i| only_items && !i.is_boolean()) {
                Some(items) => {
                    let depth = self.stack.len();
                    self.stack.extend(&parts.addresses);
                    view.items = Some(Box::new(self.view(&[items], level, None)));
                    self.stack.truncate(depth);
                }
                None => {
                    view.cut |= has_more;
                    self.deeper |= has_more;
                }
            }
            return view;
        }
        if has_more {
            let depth = self.stack.len();
            self.stack.extend(&parts.addresses);
            self.children(&parts, level + 1, &mut view);
            self.stack.truncate(depth);
        }
        view
    }

    fn children(&mut self, parts: &Parts<'a>, level: u32, view: &mut SchemaView) {
        for (name, schemas, required) in parts.properties() {
            if self.left == 0 {
                self.over = true;
                view.cut = true;
                return;
            }
            let schema = self.view(&schemas, level, None);
            view.properties.push(PropertyView {
                name: name.to_owned(),
                required,
                schema,
            });
        }
        match parts.get("items") {
            Some(items) if !items.is_boolean() => {
                view.items = Some(Box::new(self.view(&[items], level, None)))
            }
            _ => {
                if let Some(Value::Array(fixed)) = parts.get("prefixItems") {
                    let members = fixed.iter().map(|item| self.view(&[item], level, None)).collect();
                    let items = SchemaView {
                        alternatives: Some((AlternativeKind::AnyOf, members)),
                        ..SchemaView::default()
                    };
                    view.constraints.push(format!("{} fixed positions", fixed.len()));
                    view.items = Some(Box::new(items));
                }
            }
        }
        if let Some(additional) = parts
            .get("additionalProperties")
            .filter(|a| a.is_object() && !is_trivial(a))
        {
            view.additional = Some(Box::new(self.view(&[additional], level, None)));
        }
        if let Some((kind, members)) = parts.alternatives() {
            let names = discriminator_names(parts);
            let mut views = Vec::new();
            for member in members {
                if self.left == 0 {
                    self.over = true;
                    view.cut = true;
                    break;
                }
                let reference = member.get("$ref").and_then(Value::as_str);
                let hint = names
                    .iter()
                    .find(|(_, r)| Some(r.as_str()) == reference)
                    .map(|(name, _)| name.as_str());
                let mut alternative = self.view(&[member], level, hint);
                if alternative.name.is_none() {
                    alternative.name = hint.map(str::to_owned).or_else(|| {
                        let title = text(member, "title");
                        (!title.is_empty()).then_some(title)
                    });
                }
                views.push(alternative);
            }
            view.alternatives = Some((kind, views));
        }
    }
}

/// Value to reference, as `discriminator.mapping` says.
fn discriminator_names(parts: &Parts<'_>) -> Vec<(String, String)> {
    let mapping = parts
        .get("discriminator")
        .and_then(|d| d.get("mapping"))
        .and_then(Value::as_object);
    let pair = |(name, to): (&String, &Value)| Some((name.clone(), to.as_str()?.to_owned()));
    mapping.into_iter().flatten().filter_map(pair).collect()
}

fn is_trivial(schema: &Value) -> bool {
    schema.as_object().is_none_or(Map::is_empty)
}

/// Everything about a schema but its children.
fn plain(parts: &Parts<'_>) -> SchemaView {
    let mut view = SchemaView {
        name: parts.name.clone(),
        types: parts.types(),
        nullable: parts.takes_null(),
        format: parts.get("format").and_then(Value::as_str).map(str::to_owned),
        description: parts.text("description"),
        constraints: constraints(parts),
        enumeration: parts.enumeration(),
        default: parts.get("default").cloned(),
        example: parts.example().cloned(),
        deprecated: parts.flag("deprecated"),
        read_only: parts.flag("readOnly"),
        write_only: parts.flag("writeOnly"),
        ..SchemaView::default()
    };
    if view.description.is_empty() {
        view.description = parts.text("title");
    }
    if view.format.is_none() {
        // 3.1 describes files by these two words.
        view.format = match (parts.get("contentEncoding"), parts.get("contentMediaType")) {
            (Some(Value::String(encoding)), _) => Some(encoding.clone()),
            (None, Some(Value::String(media))) if media == "application/octet-stream" => {
                Some("binary".to_owned())
            }
            _ => None,
        };
    }
    if parts.never {
        view.constraints.push("no value is valid".to_owned());
    }
    view
}

fn constraints(parts: &Parts<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let count = |field| parts.get(field).and_then(Value::as_u64);
    for (min, max, one, many) in [
        ("minLength", "maxLength", "character", "characters"),
        ("minItems", "maxItems", "item", "items"),
        ("minProperties", "maxProperties", "property", "properties"),
    ] {
        let unit = |n: u64| if n == 1 { one } else { many };
        match (count(min).filter(|n| *n > 0), count(max)) {
            (Some(a), Some(b)) if a == b => out.push(format!("exactly {a} {}", unit(a))),
            (Some(a), Some(b)) => out.push(format!("{a} to {b} {}", unit(b))),
            (Some(a), None) => out.push(format!("at least {a} {}", unit(a))),
            (None, Some(b)) => out.push(format!("at most {b} {}", unit(b))),
            (None, None) => {}
        }
    }
    for (bound, exclusive, open, closed) in [
        ("minimum", "exclusiveMinimum", ">", ">="),
        ("maximum", "exclusiveMaximum", "<", "<="),
    ] {
        match (parts.get(bound), parts.get(exclusive)) {
            (_, Some(Value::Number(n))) => out.push(format!("{open} {n}")), // 3.1
            (Some(Value::Number(n)), Some(Value::Bool(true))) => out.push(format!("{open} {n}")), // 3.0
            (Some(Value::Number(n)), _) => out.push(format!("{closed} {n}")),
            _ => {}
        }
    }
    if let Some(Value::Number(n)) = parts.get("multipleOf") {
        out.push(format!("multiple of {n}"));
    }
    if let Some(Value::String(pattern)) = parts.get("pattern") {
        out.push(format!("pattern {pattern}"));
    }
    if parts.flag("uniqueItems") {
        out.push("no item twice".to_owned());
    }
    out
}

/// The name of the component that a schema is, when it is a reference.
pub(super) fn name_of(schema: &Value) -> Option<String> {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(component_name)
}
