//! A body as fields: the form that a reader fills in instead of writing JSON.
//!
//! Form and JSON are two views of one body. [`form`] lays a body out as fields, [`composed`] puts fields back into
//! the body, and what no field shows stays as it was. [`edit`] adds and removes items of lists.

use serde_json::{Map, Value};

use super::{
    TryInputs,
    body::{Kind, choose, kind, takes_files},
    value::{plain, types},
};
use crate::spec::model::{Content, Operation, PropertyView, SchemaView};

/// Fields deeper than this, or beyond this many, are one field of JSON.
const MAX_DEPTH: usize = 6;
const MAX_NODES: usize = 400;

/// One field of a body's form, or a group of them.
#[derive(Clone, Debug)]
pub struct FormNode<'s> {
    /// JSON pointer into the body; empty for the body itself.
    pub pointer: String,
    /// The property's name; an item's number, counted from 1; empty for the body itself.
    pub name: String,
    /// Must be given.
    pub required: bool,
    /// What it is.
    pub schema: &'s SchemaView,
    /// How it is filled in.
    pub kind: NodeKind<'s>,
}

/// How a field is filled in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NodeKind<'s> {
    /// A text.
    Text {
        /// As it stands in the body.
        value: String,
        /// It may have several lines.
        lines: bool,
    },
    /// A number, kept as it was written.
    Number {
        /// As it stands in the body.
        value: String,
    },
    /// One of a few values.
    Choice {
        /// All of them, as they are written.
        options: Vec<String>,
        /// The chosen one; empty for none.
        value: String,
    },
    /// A list whose items are fields.
    List {
        /// One each.
        items: Vec<FormNode<'s>>,
    },
    /// An object whose properties are fields.
    Group {
        /// One each.
        fields: Vec<FormNode<'s>>,
        /// The object is in the body.
        present: bool,
        /// Properties of the object that have no field.
        others: usize,
    },
    /// One of several schemas.
    OneOf {
        /// Their names.
        options: Vec<String>,
        /// Which one the fields are of.
        chosen: usize,
        /// Its fields.
        inner: Box<FormNode<'s>>,
    },
    /// A file.
    File {
        /// Several may be chosen.
        many: bool,
    },
    /// Anything else, as JSON.
    Json {
        /// As it stands in the body.
        value: String,
    },
}

/// A change to a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Adds an item to the list at this pointer.
    Add(String),
    /// Removes the item at this pointer.
    Remove(String),
}

/// Whether a body of this media type has a form: one that is described as JSON.
pub fn has_form(content: &Content) -> bool {
    let structured = matches!(
        kind(&content.media_type),
        Kind::Json | Kind::Form | Kind::Multipart
    );
    structured
        && content.schema.as_ref().is_some_and(|schema| {
            !schema.properties.is_empty() || schema.items.is_some() || schema.alternatives.is_some()
        })
}

/// Whether a body of this media type is one file.
pub fn is_file(content: &Content) -> bool {
    kind(&content.media_type) == Kind::Bytes && !has_form(content)
}

/// Whether the fields of a body of this media type may be files.
pub fn is_multipart(content: &Content) -> bool {
    kind(&content.media_type) == Kind::Multipart
}

/// The body laid out as fields. `alternatives` are those that were chosen on purpose; others are told by the body.
pub fn form<'s>(
    content: &'s Content,
    body: &Value,
    alternatives: &[(String, usize)],
) -> Option<FormNode<'s>> {
    let schema = content.schema.as_ref().filter(|_| has_form(content))?;
    let mut layout = Layout {
        alternatives,
        files: (kind(&content.media_type) == Kind::Multipart).then_some(schema),
        left: MAX_NODES,
    };
    Some(layout.node(schema, Some(body), String::new(), String::new(), true, 0))
}

/// The body that the inputs make once their fields are put into it; `None` if there are no fields, or the body has
/// no form.
pub fn composed(operation: &Operation, inputs: &TryInputs) -> Option<Value> {
    if inputs.fields.is_empty() {
        return None;
    }
    let contents = &operation.body.as_ref()?.contents;
    let (_, content) = choose(contents, inputs.content_type.as_deref()).ok()?;
    let base = read(inputs.body.as_ref());
    let mut body = base.clone();
    // A field may make room for others, such as the first of an object that was not there.
    let form = form(content, &base, &inputs.alternatives)?;
    apply(&form, &inputs.fields, &mut body);
    Some(body)
}

/// A body as JSON: a text is read, nothing is an empty object.
pub fn read(body: Option<&Value>) -> Value {
    let value = match body {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    if value.is_null() {
        Value::Object(Map::new())
    } else {
        value
    }
}

/// Makes a change to the body. What does not fit the body or the schema changes nothing.
pub fn edit(content: &Content, body: &mut Value, alternatives: &[(String, usize)], edit: &Edit) {
    match edit {
        Edit::Remove(pointer) => {
            let Some((list, index)) = pointer.rsplit_once('/') else {
                return;
            };
            if let (Some(Value::Array(items)), Ok(index)) = (body.pointer_mut(list), index.parse::<usize>())
                && index < items.len()
            {
                items.remove(index);
            }
        }
        Edit::Add(pointer) => {
            let Some(form) = form(content, body, alternatives) else {
                return;
            };
            let Some(schema) = find(&form, pointer).and_then(|node| node.schema.items.as_deref()) else {
                return;
            };
            let item = empty_item(schema);
            let mut list = body
                .pointer(pointer)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            list.push(item);
            set(body, pointer, Value::Array(list));
        }
    }
}

/// What a new item of a list is.
fn empty_item(schema: &SchemaView) -> Value {
    if let Some(first) = schema.enumeration.first() {
        return first.clone();
    }
    match types(schema).unwrap_or_default().first() {
        Some(&"object") => Value::Object(Map::new()),
        Some(&"array") => Value::Array(Vec::new()),
        Some(&"string") | None => Value::String(String::new()),
        Some(&"boolean") => Value::Bool(false),
        _ => Value::Null,
    }
}

fn find<'n, 's>(node: &'n FormNode<'s>, pointer: &str) -> Option<&'n FormNode<'s>> {
    if let NodeKind::OneOf { inner, .. } = &node.kind {
        return find(inner, pointer);
    }
    if node.pointer == pointer {
        return Some(node);
    }
    match &node.kind {
        NodeKind::Group { fields: list, .. } | NodeKind::List { items: list } => {
            list.iter().find_map(|inner| find(inner, pointer))
        }
        _ => None,
    }
}

struct Layout<'a, 's> {
    alternatives: &'a [(String, usize)],
    /// The schema of a multipart body.
    files: Option<&'s SchemaView>,
    left: usize,
}

impl<'s> Layout<'_, 's> {
    fn node(
        &mut self,
        schema: &'s SchemaView,
        value: Option<&Value>,
        pointer: String,
        name: String,
        required: bool,
        depth: usize,
    ) -> FormNode<'s> {
        let kind = self.kind(schema, value, &pointer, &name, depth);
        FormNode {
            pointer,
            name,
            required,
            schema,
            kind,
        }
    }

    fn kind(
        &mut self,
        schema: &'s SchemaView,
        value: Option<&Value>,
        pointer: &str,
        name: &str,
        depth: usize,
    ) -> NodeKind<'s> {
        self.left = self.left.saturating_sub(1);
        let json = |value: Option<&Value>| NodeKind::Json {
            value: value.map(json_text).unwrap_or_default(),
        };
        if self.left == 0 || depth > MAX_DEPTH {
            return json(value);
        }
        if depth == 1 && self.files.is_some_and(|whole| takes_files(whole, name)) {
            let many = schema.items.is_some();
            return NodeKind::File { many };
        }
        if !schema.enumeration.is_empty() {
            return choice(
                schema
                    .enumeration
                    .iter()
                    .filter(|v| !v.is_null())
                    .map(plain)
                    .collect(),
                value,
            );
        }
        if let Some((_, members)) = &schema.alternatives
            && schema.properties.is_empty()
            && !members.is_empty()
            && !members.iter().all(is_plain)
        {
            let asked = self
                .alternatives
                .iter()
                .find(|(at, _)| at == pointer)
                .map(|(_, n)| *n);
            let chosen = asked
                .filter(|n| *n < members.len())
                .unwrap_or_else(|| best(members, value));
            let options = members.iter().enumerate().map(|(i, m)| label(m, i)).collect();
            let Some(member) = members.get(chosen) else {
                return json(value);
            };
            let inner = self.node(
                member,
                value,
                pointer.to_owned(),
                name.to_owned(),
                true,
                depth + 1,
            );
            return NodeKind::OneOf {
                options,
                chosen,
                inner: Box::new(inner),
            };
        }
        let fields: Vec<&PropertyView> = schema.properties.iter().filter(|p| !p.schema.read_only).collect();
        if !fields.is_empty() {
            if value.is_some_and(|v| !v.is_object() && !v.is_null()) {
                return json(value);
            }
            let of = |name: &str| value.and_then(|v| v.get(name));
            let others = value.and_then(Value::as_object).map_or(0, |given| {
                given
                    .keys()
                    .filter(|key| !fields.iter().any(|p| p.name == **key))
                    .count()
            });
            let fields = fields
                .iter()
                .map(|p| {
                    let at = format!("{pointer}/{}", escaped(&p.name));
                    self.node(&p.schema, of(&p.name), at, p.name.clone(), p.required, depth + 1)
                })
                .collect();
            return NodeKind::Group {
                fields,
                present: value.is_some_and(Value::is_object),
                others,
            };
        }
        if let Some(item) = schema.items.as_deref().filter(|_| !schema.cut) {
            let given = match value {
                None | Some(Value::Null) => &[][..],
                Some(Value::Array(items)) => items.as_slice(),
                Some(_) => return json(value),
            };
            let items = given.iter().enumerate().map(|(i, value)| {
                self.node(
                    item,
                    Some(value),
                    format!("{pointer}/{i}"),
                    (i + 1).to_string(),
                    false,
                    depth + 1,
                )
            });
            return NodeKind::List {
                items: items.collect(),
            };
        }
        let types = types(schema).unwrap_or_default();
        let scalar = value.is_none_or(|v| !v.is_object() && !v.is_array());
        match types.iter().find(|t| **t != "null") {
            _ if !scalar => json(value),
            Some(&"boolean") => choice(vec!["true".to_owned(), "false".to_owned()], value),
            Some(&("integer" | "number")) if !types.contains(&"string") => NodeKind::Number {
                value: value.map(plain).unwrap_or_default(),
            },
            Some(&"string") => {
                let text = value.map(plain).unwrap_or_default();
                let long = schema.constraints.iter().any(|c| is_long(c));
                NodeKind::Text {
                    lines: long || text.contains('\n') || text.len() > 80,
                    value: text,
                }
            }
            _ => json(value),
        }
    }
}

/// `1 to 5000 characters`: more than fits a line.
fn is_long(constraint: &str) -> bool {
    let most = constraint
        .strip_suffix(" characters")
        .and_then(|c| c.rsplit(' ').next());
    most.and_then(|n| n.replace(',', "").parse::<u64>().ok())
        .is_some_and(|n| n > 200)
}

fn choice<'s>(options: Vec<String>, value: Option<&Value>) -> NodeKind<'s> {
    let value = value.map(plain).unwrap_or_default();
    if !value.is_empty() && !options.contains(&value) {
        // Not for us to drop: it is shown as it is.
        return NodeKind::Text { value, lines: false };
    }
    NodeKind::Choice { options, value }
}

/// A schema that is one value, such as the members of `oneOf: [string, integer]`.
fn is_plain(schema: &SchemaView) -> bool {
    schema.properties.is_empty() && schema.items.is_none() && schema.alternatives.is_none()
}

/// The alternative that a value looks like: most of its properties are known to it, and none that it requires is
/// missing.
fn best(members: &[SchemaView], value: Option<&Value>) -> usize {
    let score = |member: &SchemaView| -> i64 {
        let Some(value) = value else { return 0 };
        let fits = |p: &PropertyView| match value.get(&p.name) {
            Some(given) if p.schema.enumeration.is_empty() || p.schema.enumeration.contains(given) => 2,
            Some(_) => -20,
            None if p.required => -3,
            None => 0,
        };
        let typed = match types(member) {
            None => 0,
            Some(types) if types.iter().any(|t| is_of(value, t)) => 1,
            Some(_) => -50,
        };
        member.properties.iter().map(fits).sum::<i64>() + typed
    };
    // Of equals the first.
    let scores = members.iter().map(score).enumerate();
    scores
        .max_by_key(|(i, score)| (*score, std::cmp::Reverse(*i)))
        .map_or(0, |(i, _)| i)
}

fn is_of(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(_) => name == "object",
        Value::Array(_) => name == "array",
        Value::String(_) => name == "string",
        Value::Bool(_) => name == "boolean",
        Value::Number(_) => matches!(name, "number" | "integer"),
        Value::Null => name == "null",
    }
}

fn label(schema: &SchemaView, i: usize) -> String {
    match (&schema.name, types(schema).as_deref()) {
        (Some(name), _) => name.clone(),
        (None, Some([one])) => format!("{one} ({})", i + 1),
        _ => format!("Alternative {}", i + 1),
    }
}

/// Puts fields into the body. Fields that the form does not have are left out.
fn apply(node: &FormNode<'_>, fields: &[(String, String)], body: &mut Value) {
    match &node.kind {
        NodeKind::Group { fields: inner, .. } | NodeKind::List { items: inner } => {
            for node in inner {
                apply(node, fields, body);
            }
            return;
        }
        NodeKind::OneOf { inner, .. } => return apply(inner, fields, body),
        NodeKind::File { .. } => return,
        _ => {}
    }
    let Some((_, text)) = fields.iter().find(|(pointer, _)| *pointer == node.pointer) else {
        return;
    };
    let item = node
        .pointer
        .rsplit_once('/')
        .is_some_and(|(list, _)| body.pointer(list).is_some_and(Value::is_array));
    let kept = body.pointer(&node.pointer);
    if text.is_empty() {
        // What was empty stays as it was; what was not is left out. Items go by their own button.
        match kept {
            None | Some(Value::Null) => {}
            Some(Value::String(old)) if old.is_empty() => {}
            Some(old) if item => {
                let empty = if old.is_string() {
                    Value::String(String::new())
                } else {
                    Value::Null
                };
                set(body, &node.pointer, empty);
            }
            Some(_) => remove(body, &node.pointer),
        }
        return;
    }
    // A field that nobody touched keeps its value to the last digit.
    if kept.is_some_and(|old| shown(node, old) == *text) {
        return;
    }
    set(body, &node.pointer, value_of(node, text));
}

/// How a value stands in its field.
fn shown(node: &FormNode<'_>, value: &Value) -> String {
    match node.kind {
        NodeKind::Json { .. } => json_text(value),
        _ => plain(value),
    }
}

/// The value that a text stands for. What is no such value stays a text, so that nothing is lost; checking against
/// the schema tells what is wrong with it.
fn value_of(node: &FormNode<'_>, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match &node.kind {
        NodeKind::Number { .. } => match serde_json::from_str::<Value>(text.trim()) {
            // A number that no number type can hold would come out as another one.
            Ok(Value::Number(n)) if n.to_string() == text.trim() || n.is_f64() && !is_long_integer(text) => {
                Value::Number(n)
            }
            _ => as_text(),
        },
        NodeKind::Choice { .. } => {
            let known = node.schema.enumeration.iter().find(|v| plain(v) == text).cloned();
            known.unwrap_or_else(|| match (text, node.schema.enumeration.is_empty()) {
                ("true", true) => Value::Bool(true),
                ("false", true) => Value::Bool(false),
                _ => as_text(),
            })
        }
        NodeKind::Json { .. } => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        _ => as_text(),
    }
}

fn is_long_integer(text: &str) -> bool {
    text.trim()
        .trim_start_matches('-')
        .bytes()
        .all(|b| b.is_ascii_digit())
}

fn json_text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Sets the value at a pointer; objects on the way are made.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for step in pointer.split('/').skip(1) {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(fields) => fields.entry(unescaped(step)).or_insert(Value::Null),
            Value::Array(items) => match step.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                Some(item) => item,
                None => return,
            },
            _ => return,
        };
    }
    *at = value;
}

fn remove(body: &mut Value, pointer: &str) {
    let Some((parent, step)) = pointer.rsplit_once('/') else {
        *body = Value::Object(Map::new());
        return;
    };
    if let Some(Value::Object(fields)) = body.pointer_mut(parent) {
        fields.shift_remove(&unescaped(step));
    }
}
