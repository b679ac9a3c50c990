//! Pairs of schemas, in one direction.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    rules::*,
    walk::{At, Direction, Walk, listed},
};
use crate::spec::openapi::reference::{component_name, escape, field, resolve};

/// Members of `allOf`, and schemas that they refer to, that are read as one at most.
const MAX_PARTS: usize = 64;

/// Compares two schemas: at once if both stand where they are used, else when their turn comes.
pub(super) fn compare<'a>(
    walk: &mut Walk<'a>,
    at: &At,
    old: &'a Value,
    new: &'a Value,
    direction: Direction,
) {
    let (was, is) = (strip(walk.old, old), strip(walk.new, new));
    let (Some(was_target), Some(is_target)) = (was.target, is.target) else {
        return; // a reference that leads nowhere says nothing to compare
    };
    let shared = was.reference.is_some() || is.reference.is_some();
    if shared || composed(was_target) || composed(is_target) {
        walk.meet(at.node, (was_target, is_target), direction, || {
            match is.reference.or(was.reference) {
                // `#/components/schemas/Pet` is a pointer behind its `#`.
                Some(reference) => (
                    reference.trim_start_matches('#').to_owned(),
                    component_name(reference).unwrap_or_default(),
                ),
                None => (at.pointer.clone(), at.place.clone()),
            }
        });
    } else {
        compare_here(walk, at, was_target, is_target, direction);
    }
}

/// A schema behind the references that only name it.
struct Stripped<'a> {
    target: Option<&'a Value>,
    reference: Option<&'a str>,
}

fn strip<'a>(root: &'a Value, mut schema: &'a Value) -> Stripped<'a> {
    let mut reference = None;
    for _ in 0..8 {
        let found = resolve(root, schema);
        reference = found.reference.or(reference);
        let Some(target) = found.value else {
            return Stripped {
                target: None,
                reference,
            };
        };
        // `allOf: [X]` is how 3.0 adds words to a reference.
        match target.as_object().and_then(only_wraps) {
            Some(inner) => schema = inner,
            None => {
                return Stripped {
                    target: Some(target),
                    reference,
                };
            }
        }
    }
    Stripped {
        target: None,
        reference,
    }
}

/// The single member of an `allOf` beside which nothing is said that is compared.
fn only_wraps(object: &Map<String, Value>) -> Option<&Value> {
    const WORDS: [&str; 9] = [
        "allOf",
        "description",
        "title",
        "example",
        "examples",
        "deprecated",
        "externalDocs",
        "xml",
        "summary",
    ];
    let [only] = field(object, "allOf")?.as_array()?.as_slice() else {
        return None;
    };
    object
        .keys()
        .all(|key| WORDS.contains(&key.as_str()) || key.starts_with("x-"))
        .then_some(only)
}

fn composed(schema: &Value) -> bool {
    schema.as_object().is_some_and(|object| {
        ["allOf", "oneOf", "anyOf", "$ref"]
            .iter()
            .any(|key| field(object, key).is_some())
    })
}

/// A schema with what it is composed of.
#[derive(Default)]
struct Shape<'a> {
    parts: Vec<&'a Map<String, Value>>,
    seen: Vec<*const Value>,
    null: bool,
    never: bool,
}

impl<'a> Shape<'a> {
    fn of(root: &'a Value, schema: &'a Value) -> Self {
        let mut shape = Self::default();
        shape.add(root, schema);
        shape
    }

    fn add(&mut self, root: &'a Value, schema: &'a Value) {
        let found = resolve(root, schema);
        if let Some(Value::Object(siblings)) = found.siblings {
            self.parts.push(siblings);
        }
        let Some(target) = found.value else { return };
        let object = match target {
            Value::Object(object) => object,
            Value::Bool(false) => return self.never = true,
            _ => return,
        };
        if self.parts.len() >= MAX_PARTS || self.seen.iter().any(|a| std::ptr::eq(*a, target)) {
            return;
        }
        self.seen.push(target);
        self.parts.push(object);
        for member in list(object, "allOf") {
            self.add(root, member);
        }
        for key in ["anyOf", "oneOf"] {
            let members: Vec<&Value> = list(object, key).collect();
            let others: Vec<&Value> = members.iter().copied().filter(|m| !is_null(m)).collect();
            self.null |= others.len() < members.len();
            if let [only] = others.as_slice() {
                self.add(root, only);
            }
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.parts.iter().find_map(|part| field(part, name))
    }
    fn flag(&self, name: &str) -> bool {
        self.parts
            .iter()
            .any(|part| field(part, name).and_then(Value::as_bool) == Some(true))
    }
    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The types it takes, null apart; empty for any.
    fn types(&self) -> BTreeSet<&'a str> {
        let named: BTreeSet<&str> = match self.get("type") {
            Some(Value::String(name)) => BTreeSet::from([name.as_str()]),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ if self.get("properties").is_some() => BTreeSet::from(["object"]),
            _ if self.get("items").is_some() => BTreeSet::from(["array"]),
            _ => BTreeSet::new(),
        };
        named.into_iter().filter(|name| *name != "null").collect()
    }
    fn takes_null(&self) -> bool {
        let typed = self.parts.iter().any(|part| match field(part, "type") {
            Some(Value::Array(names)) => names.iter().any(|n| n == "null"),
            Some(name) => name == "null",
            None => false,
        });
        self.null || typed || self.flag("nullable")
    }
    /// The only values it takes; `None` for any.
    fn values(&self) -> Option<Vec<&'a Value>> {
        match (self.get("const"), self.get("enum")) {
            (Some(only), _) => Some(vec![only]),
            (None, Some(Value::Array(values))) => Some(values.iter().filter(|v| !v.is_null()).collect()),
            _ => None,
        }
    }
    /// Each property: where it stands first, whether that is the schema itself, and whether it must be given.
    fn properties(&self) -> Vec<Property<'a>> {
        let required: HashSet<&str> = self
            .parts
            .iter()
            .flat_map(|part| list(part, "required"))
            .filter_map(Value::as_str)
            .collect();
        let mut seen = HashSet::new();
        let mut out = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            let all = field(part, "properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            for (name, schema) in all {
                if seen.insert(name.as_str()) {
                    out.push(Property {
                        name,
                        schema,
                        required: required.contains(name.as_str()),
                        own: at == 0,
                    });
                }
            }
        }
        out
    }
    /// Further properties are refused.
    fn closed(&self) -> bool {
        self.parts
            .iter()
            .any(|part| field(part, "additionalProperties") == Some(&Value::Bool(false)))
    }
    /// Values of further properties, if they are described.
    fn further(&self) -> Option<&'a Value> {
        self.get("additionalProperties")
            .filter(|schema| schema.is_object())
    }
    /// `oneOf` or `anyOf` with at least two members beside null.
    fn variants(&self) -> Option<(&'static str, Vec<&'a Value>)> {
        for part in &self.parts {
            for key in ["oneOf", "anyOf"] {
                let members: Vec<&Value> = list(part, key).filter(|m| !is_null(m)).collect();
                if members.len() > 1 {
                    return Some((key, members));
                }
            }
        }
        None
    }
}

struct Property<'a> {
    name: &'a str,
    schema: &'a Value,
    required: bool,
    own: bool,
}

fn list<'a>(object: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    field(object, name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
        || schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|v| matches!(v.as_slice(), [Value::Null]))
}

/// Compares two schemas that no reference stands before.
pub(super) fn compare_here<'a>(
    walk: &mut Walk<'a>,
    at: &At,
    old: &'a Value,
    new: &'a Value,
    direction: Direction,
) {
    let (was, is) = (Shape::of(walk.old, old), Shape::of(walk.new, new));
    let sent = direction == Direction::Request;
    let pick = |request: Rule, response: Rule| if sent { request } else { response };
    if was.never != is.never {
        let rule = match (sent, is.never) {
            (true, true) => REQUEST_TYPE_NARROWED,
            (true, false) => REQUEST_TYPE_WIDENED,
            (false, true) => RESPONSE_TYPE_NARROWED,
            (false, false) => RESPONSE_TYPE_WIDENED,
        };
        return walk.found(
            at,
            rule,
            if is.never {
                "no value is valid any more"
            } else {
                "values are valid now"
            },
        );
    }
    types(walk, at, &was, &is, sent);
    match (was.takes_null(), is.takes_null()) {
        (true, false) => walk.found(
            at,
            pick(REQUEST_NULL_REFUSED, RESPONSE_NULL_GONE),
            "null is no longer a value",
        ),
        (false, true) => walk.found(
            at,
            pick(REQUEST_NULL_ALLOWED, RESPONSE_NULL_ALLOWED),
            "null is a value now",
        ),
        _ => {}
    }
    enumerations(walk, at, &was, &is, sent);
    match (was.text("format"), is.text("format")) {
        (Some(a), Some(b)) if a != b => {
            let message = format!("the format `{a}` became `{b}`");
            walk.found(at, pick(REQUEST_FORMAT_CHANGED, RESPONSE_FORMAT_CHANGED), message);
        }
        (None, Some(b)) => {
            walk.found(
                at,
                pick(REQUEST_FORMAT_ADDED, RESPONSE_FORMAT_ADDED),
                format!("the format `{b}` was added"),
            );
        }
        (Some(a), None) => {
            let message = format!("the format `{a}` was removed");
            walk.found(at, pick(REQUEST_FORMAT_REMOVED, RESPONSE_FORMAT_REMOVED), message);
        }
        _ => {}
    }
    constraints(walk, at, &was, &is, sent);
    if sent
        && was.get("default") != is.get("default")
        && (was.get("default").is_some() || is.get("default").is_some())
    {
        let word =
            |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), |v| format!("`{}`", brief(v)));
        let message = format!(
            "the default {} became {}",
            word(was.get("default")),
            word(is.get("default"))
        );
        walk.found(at, REQUEST_DEFAULT_CHANGED, message);
    }
    properties(walk, at, &was, &is, direction);
    if let (Some(old), Some(new)) = (was.get("items"), is.get("items")) {
        compare(walk, &at.step("/items", "items"), old, new, direction);
    }
    if let (Some(old), Some(new)) = (was.further(), is.further()) {
        compare(
            walk,
            &at.step("/additionalProperties", "any other property"),
            old,
            new,
            direction,
        );
    }
    variants(walk, at, &was, &is, (old, new), direction);
}

fn types(walk: &mut Walk<'_>, at: &At, was: &Shape<'_>, is: &Shape<'_>, sent: bool) {
    let (a, b) = (was.types(), is.types());
    if a == b {
        return;
    }
    // An integer is a number.
    let covers = |wide: &BTreeSet<&str>, narrow: &BTreeSet<&str>| {
        let takes = |t: &&str| wide.contains(t) || (*t == "integer" && wide.contains("number"));
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(takes))
    };
    // Between alternatives and a plain schema the variants say what changed.
    if (a.is_empty() && was.variants().is_some()) || (b.is_empty() && is.variants().is_some()) {
        return;
    }
    let rule = match (covers(&b, &a), covers(&a, &b), sent) {
        (true, _, true) => REQUEST_TYPE_WIDENED,
        (true, _, false) => RESPONSE_TYPE_WIDENED,
        (_, true, true) => REQUEST_TYPE_NARROWED,
        (_, true, false) => RESPONSE_TYPE_NARROWED,
        (_, _, true) => REQUEST_TYPE_CHANGED,
        (_, _, false) => RESPONSE_TYPE_CHANGED,
    };
    let words = |types: &BTreeSet<&str>| {
        if types.is_empty() {
            "any type".to_owned()
        } else {
            let names: Vec<String> = types.iter().map(|t| format!("`{t}`")).collect();
            names.join(" or ")
        }
    };
    walk.found(at, rule, format!("the type {} became {}", words(&a), words(&b)));
}

fn enumerations(walk: &mut Walk<'_>, at: &At, was: &Shape<'_>, is: &Shape<'_>, sent: bool) {
    let pick = |request: Rule, response: Rule| if sent { request } else { response };
    let removed = pick(REQUEST_ENUM_VALUE_REMOVED, RESPONSE_ENUM_VALUE_REMOVED);
    let added = pick(REQUEST_ENUM_VALUE_ADDED, RESPONSE_ENUM_VALUE_ADDED);
    match (was.values(), is.values()) {
        (Some(old), Some(new)) => {
            let texts = |values: &[&Value]| values.iter().map(|v| v.to_string()).collect::<HashSet<String>>();
            let (known, wanted) = (texts(&old), texts(&new));
            let gone: Vec<String> = old
                .iter()
                .filter(|v| !wanted.contains(&v.to_string()))
                .map(|v| brief(v))
                .collect();
            let come: Vec<String> = new
                .iter()
                .filter(|v| !known.contains(&v.to_string()))
                .map(|v| brief(v))
                .collect();
            if !gone.is_empty() {
                walk.found(at, removed, format!("{} is no longer a value", listed(&gone)));
            }
            if !come.is_empty() {
                walk.found(at, added, format!("{} is a value now", listed(&come)));
            }
        }
        // From any value to a list of some, and back.
        (None, Some(new)) => {
            let names: Vec<String> = new.iter().map(|v| brief(v)).collect();
            walk.found(at, removed, format!("only {} are values now", listed(&names)));
        }
        (Some(_), None) => walk.found(at, added, "any value is good now"),
        (None, None) => {}
    }
}

fn constraints(walk: &mut Walk<'_>, at: &At, was: &Shape<'_>, is: &Shape<'_>, sent: bool) {
    let mut report = |tighter: bool, message: String| {
        let rule = match (sent, tighter) {
            (true, true) => REQUEST_CONSTRAINT_TIGHTENED,
            (true, false) => REQUEST_CONSTRAINT_LOOSENED,
            (false, true) => RESPONSE_CONSTRAINT_TIGHTENED,
            (false, false) => RESPONSE_CONSTRAINT_LOOSENED,
        };
        walk.found(at, rule, message);
    };
    for (name, lower) in [
        ("minimum", true),
        ("maximum", false),
        ("minLength", true),
        ("maxLength", false),
        ("minItems", true),
        ("maxItems", false),
        ("minProperties", true),
        ("maxProperties", false),
    ] {
        let (a, b) = (bound(was, name), bound(is, name));
        if a == b {
            continue;
        }
        let tighter = match (a, b) {
            (None, _) => true,
            (_, None) => false,
            // An exclusive bound is a little tighter than the same number.
            (Some(a), Some(b)) if lower => b > a,
            (Some((a, ax)), Some((b, bx))) => (b, !bx) < (a, !ax),
        };
        let word = |bound: Option<(f64, bool)>| match bound {
            None => "none".to_owned(),
            Some((n, exclusive)) => format!("{n}{}", if exclusive { " (exclusive)" } else { "" }),
        };
        report(tighter, format!("`{name}` {} became {}", word(a), word(b)));
    }
    for name in ["pattern", "multipleOf"] {
        let (a, b) = (was.get(name), is.get(name));
        if a == b {
            continue;
        }
        let word =
            |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), |v| format!("`{}`", brief(v)));
        report(b.is_some(), format!("`{name}` {} became {}", word(a), word(b)));
    }
    let (a, b) = (was.flag("uniqueItems"), is.flag("uniqueItems"));
    if a != b {
        report(
            b,
            if b {
                "no item may come twice"
            } else {
                "items may come twice"
            }
            .to_owned(),
        );
    }
}

/// A bound and whether it is exclusive, as 3.0 and as 3.1 write it. Nothing is a lower bound of lengths, and 0 is.
fn bound(shape: &Shape<'_>, name: &str) -> Option<(f64, bool)> {
    let plain = shape.get(name).and_then(Value::as_f64);
    let other = match name {
        "minimum" => shape.get("exclusiveMinimum"),
        "maximum" => shape.get("exclusiveMaximum"),
        _ => {
            return plain
                .filter(|n| *n != 0.0 || name.starts_with("max"))
                .map(|n| (n, false));
        }
    };
    match other {
        Some(Value::Number(number)) => number.as_f64().map(|n| (n, true)),
        Some(Value::Bool(true)) => plain.map(|n| (n, true)),
        _ => plain.map(|n| (n, false)),
    }
}

fn properties<'a>(walk: &mut Walk<'a>, at: &At, was: &Shape<'a>, is: &Shape<'a>, direction: Direction) {
    let sent = direction == Direction::Request;
    // What only comes back is never sent, and the other way round.
    let hidden = if sent { "readOnly" } else { "writeOnly" };
    let shown = |root: &Value, schema: &Value| {
        let marked = |value: &Value| value.get(hidden).and_then(Value::as_bool) == Some(true);
        !marked(schema) && !resolve(root, schema).value.is_some_and(marked)
    };
    let (old, new) = (was.properties(), is.properties());
    let by_name: HashMap<&str, &Property<'a>> = new.iter().map(|p| (p.name, p)).collect();
    let old_names: HashSet<&str> = old
        .iter()
        .filter(|p| shown(walk.old, p.schema))
        .map(|p| p.name)
        .collect();
    let step = |property: &Property<'_>| {
        let pointer = if property.own {
            format!("/properties/{}", escape(property.name))
        } else {
            String::new()
        };
        at.step(&pointer, property.name)
    };
    for before in old.iter().filter(|p| old_names.contains(p.name)) {
        let Some(after) = by_name.get(before.name) else {
            let rule = match (sent, is.closed()) {
                (false, _) => RESPONSE_PROPERTY_REMOVED,
                (true, true) => REQUEST_PROPERTY_REFUSED,
                (true, false) => REQUEST_PROPERTY_REMOVED,
            };
            walk.found(&step(before), rule, "the property was removed");
            continue;
        };
        let here = step(after);
        if !shown(walk.new, after.schema) {
            if sent {
                walk.found(
                    &here,
                    REQUEST_PROPERTY_BECAME_READ_ONLY,
                    "the property became read-only",
                );
            } else {
                walk.found(&here, RESPONSE_PROPERTY_REMOVED, "the property became write-only");
            }
            continue;
        }
        let rule = match (before.required, after.required, sent) {
            (false, true, true) => Some((REQUEST_PROPERTY_BECAME_REQUIRED, "the property became required")),
            (true, false, true) => Some((REQUEST_PROPERTY_BECAME_OPTIONAL, "the property became optional")),
            (true, false, false) => Some((RESPONSE_PROPERTY_BECAME_OPTIONAL, "the property became optional")),
            (false, true, false) => Some((RESPONSE_PROPERTY_BECAME_REQUIRED, "the property became required")),
            _ => None,
        };
        if let Some((rule, message)) = rule {
            walk.found(&here, rule, message);
        }
        compare(walk, &here, before.schema, after.schema, direction);
    }
    for after in new.iter().filter(|p| !old_names.contains(p.name)) {
        if !shown(walk.new, after.schema) {
            continue;
        }
        let (rule, message) = match (sent, after.required) {
            (true, true) => (REQUEST_PROPERTY_ADDED_REQUIRED, "a required property was added"),
            (true, false) => (REQUEST_PROPERTY_ADDED, "an optional property was added"),
            (false, _) => (RESPONSE_PROPERTY_ADDED, "a property was added"),
        };
        walk.found(&step(after), rule, message);
    }
    if sent {
        match (was.closed(), is.closed()) {
            (false, true) => walk.found(at, REQUEST_OBJECT_CLOSED, "other properties are refused now"),
            (true, false) => walk.found(at, REQUEST_OBJECT_OPENED, "other properties are accepted now"),
            _ => {}
        }
    }
}

/// Alternatives are matched by the name of their component, then by being equal, then by their types.
fn variants<'a>(
    walk: &mut Walk<'a>,
    at: &At,
    was: &Shape<'a>,
    is: &Shape<'a>,
    (old, new): (&'a Value, &'a Value),
    direction: Direction,
) {
    let (key, before, after) = match (was.variants(), is.variants()) {
        (None, None) => return,
        // A plain schema is the only variant of itself.
        (Some((key, members)), None) => (key, members, vec![new]),
        (None, Some((key, members))) => (key, vec![old], members),
        (Some((_, before)), Some((key, after))) => (key, before, after),
    };
    let (removed, added) = match direction {
        Direction::Request => (REQUEST_VARIANT_REMOVED, REQUEST_VARIANT_ADDED),
        Direction::Response => (RESPONSE_VARIANT_REMOVED, RESPONSE_VARIANT_ADDED),
    };
    let names = |root: &'a Value, members: &[&'a Value]| -> Vec<Option<String>> {
        let name = |member: &&'a Value| {
            let reference = strip(root, member).reference.and_then(component_name);
            reference.or_else(|| member.get("title").and_then(Value::as_str).map(str::to_owned))
        };
        members.iter().map(name).collect()
    };
    let (old_names, new_names) = (names(walk.old, &before), names(walk.new, &after));
    let mut partner: Vec<Option<usize>> = vec![None; before.len()];
    let mut taken = vec![false; after.len()];
    for pass in 0..3 {
        for (at_old, member) in before.iter().enumerate() {
            if partner[at_old].is_some() {
                continue;
            }
            let fits = |at_new: usize| match pass {
                0 => old_names[at_old].is_some() && old_names[at_old] == new_names[at_new],
                1 => *member == after[at_new],
                _ => {
                    let nameless = old_names[at_old].is_none() || new_names[at_new].is_none();
                    nameless
                        && Shape::of(walk.old, member).types() == Shape::of(walk.new, after[at_new]).types()
                }
            };
            if let Some(at_new) = (0..after.len()).find(|n| !taken[*n] && fits(*n)) {
                partner[at_old] = Some(at_new);
                taken[at_new] = true;
            }
        }
    }
    let word = |names: &[Option<String>], members: &[&Value], n: usize| {
        names[n].clone().unwrap_or_else(|| {
            let kind = members[n].get("type").and_then(Value::as_str);
            kind.map_or_else(
                || format!("alternative {}", n + 1),
                |kind| format!("alternative {} ({kind})", n + 1),
            )
        })
    };
    for (at_old, partner) in partner.iter().enumerate() {
        match partner {
            None => {
                let message = format!(
                    "the alternative `{}` was removed",
                    word(&old_names, &before, at_old)
                );
                walk.found(at, removed, message);
            }
            Some(at_new) => {
                let (member, other) = (before[at_old], after[*at_new]);
                // The schema itself is being compared already.
                if std::ptr::eq(member, old) || std::ptr::eq(other, new) {
                    continue;
                }
                let here = at.step(&format!("/{key}/{at_new}"), &word(&new_names, &after, *at_new));
                compare(walk, &here, member, other, direction);
            }
        }
    }
    for at_new in (0..after.len()).filter(|n| !taken[*n]) {
        let message = format!("the alternative `{}` was added", word(&new_names, &after, at_new));
        walk.found(at, added, message);
    }
}

/// A value in a message.
fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 60 {
        text.chars().take(60).chain(['…']).collect()
    } else {
        text
    }
}
