//! Schemas as a page shows them: trees, cut where they recur or grow too large.

mod parts;
mod words;

use serde_json::{Map, Value};

use super::{
    flag,
    reference::{is_listed, resolve},
    text,
};
use crate::spec::model::{ConditionView, PropertyView, SchemaView};

pub(super) use parts::{Parts, is_internal, name_of};
use words::{discriminator, discriminator_names, plain};

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
                listed: found.reference.is_some_and(is_listed),
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
        let has_more = has_more(&parts);
        if level >= self.levels || self.over {
            // A list is as deep as its items are.
            let only_items = has_more && parts.get("properties").is_none() && parts.alternatives().is_none();
            match parts.get("items").filter(|i| only_items && i.is_object()) {
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
            match self.child(&schemas, level) {
                Some(schema) => view.properties.push(PropertyView {
                    name: name.to_owned(),
                    required,
                    schema,
                }),
                None => {
                    view.cut = true;
                    return;
                }
            }
        }
        let patterns = parts.get("patternProperties").and_then(Value::as_object);
        for (pattern, schema) in patterns.into_iter().flatten() {
            let Some(schema) = self.child(&[schema], level) else {
                return;
            };
            view.pattern_properties.push(PropertyView {
                name: pattern.clone(),
                required: false,
                schema,
            });
        }
        // Before OpenAPI 3.1 a list of schemas was written as `items`.
        let lists = [parts.get("prefixItems"), parts.get("items")];
        let fixed = lists.into_iter().flatten().find_map(Value::as_array);
        for schema in fixed.into_iter().flatten() {
            let Some(schema) = self.child(&[schema], level) else {
                return;
            };
            view.prefix.push(schema);
        }
        if let Some(items) = parts.get("items").filter(|items| items.is_object()) {
            view.items = Some(Box::new(self.view(&[items], level, None)));
        }
        let additional = ["additionalProperties", "unevaluatedProperties"];
        let additional = additional.iter().filter_map(|field| parts.get(field));
        if let Some(additional) = additional.filter(|a| !is_trivial(a)).find(|a| a.is_object()) {
            view.additional = Some(Box::new(self.view(&[additional], level, None)));
        }
        view.discriminator = discriminator(parts);
        for (i, (kind, members)) in parts.choices().into_iter().enumerate() {
            let alternatives = Some((kind, self.alternatives(parts, &members, level)));
            if i == 0 {
                view.alternatives = alternatives;
            } else {
                view.conditions.push(ConditionView {
                    label: "And".to_owned(),
                    schema: SchemaView {
                        alternatives,
                        ..SchemaView::default()
                    },
                });
            }
        }
        self.conditions(parts, level, view);
    }

    /// One more schema, unless the budget is used up.
    fn child(&mut self, schemas: &[&'a Value], level: u32) -> Option<SchemaView> {
        if self.left == 0 {
            self.over = true;
            return None;
        }
        Some(self.view(schemas, level, None))
    }

    fn alternatives(&mut self, parts: &Parts<'a>, members: &[&'a Value], level: u32) -> Vec<SchemaView> {
        let names = discriminator_names(parts);
        let mut views = Vec::new();
        for member in members {
            if self.left == 0 {
                self.over = true;
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
        views
    }

    /// `not`, `if` with `then` and `else`, and schemas that hold when a property is given.
    fn conditions(&mut self, parts: &Parts<'a>, level: u32, view: &mut SchemaView) {
        if let Some(not) = parts.get("not").filter(|not| not.is_object() && !is_trivial(not)) {
            view.not = Some(Box::new(self.view(&[not], level, None)));
        }
        for (field, label) in CONDITIONS {
            let condition = parts.get(field).filter(|schema| !is_trivial(schema));
            if let Some(schema) = condition.and_then(|schema| self.child(&[schema], level)) {
                let label = label.to_owned();
                view.conditions.push(ConditionView { label, schema });
            }
        }
        for field in ["dependentSchemas", "dependencies"] {
            let schemas = parts.get(field).and_then(Value::as_object);
            for (name, schema) in schemas.into_iter().flatten().filter(|(_, s)| s.is_object()) {
                let Some(schema) = self.child(&[schema], level) else {
                    return;
                };
                let label = format!("If {name} is given");
                view.conditions.push(ConditionView { label, schema });
            }
        }
    }
}

/// Fields that hold one schema under a condition, and how people say it.
const CONDITIONS: [(&str, &str); 5] = [
    ("if", "If the value matches"),
    ("then", "then"),
    ("else", "otherwise"),
    ("contains", "At least one item is"),
    ("contentSchema", "Decoded, the text is"),
];

/// Whether there is something below a schema to show.
fn has_more(parts: &Parts<'_>) -> bool {
    let present = |field: &str| parts.get(field).is_some_and(|p| !is_trivial(p));
    [
        "properties",
        "patternProperties",
        "items",
        "not",
        "discriminator",
        "dependentSchemas",
        "if",
        "then",
        "else",
        "contains",
        "contentSchema",
    ]
    .into_iter()
    .any(present)
        || ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|field| parts.get(field).is_some_and(|a| a.is_object() && !is_trivial(a)))
        || ["prefixItems", "items"]
            .iter()
            .any(|field| parts.get(field).is_some_and(Value::is_array))
        || parts.alternatives().is_some()
}

fn is_trivial(schema: &Value) -> bool {
    schema.as_object().is_none_or(Map::is_empty)
}
