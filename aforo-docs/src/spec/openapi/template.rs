//! Path templates: their parts, and which one a concrete path belongs to.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::spec::model::Method;

/// A part of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    Literal(&'t str),
    /// The text between the braces.
    Variable(&'t str),
}

/// The template's path without a query string or fragment, which some documents append to tell operations apart.
pub(crate) fn split(template: &str) -> (&str, Option<&str>) {
    let template = template.split_once('#').map_or(template, |(path, _)| path);
    match template.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (template, None),
    }
}

/// Literals and variables of a template or of one segment. A brace without a partner is a literal.
pub(crate) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        if name.is_empty() || name.contains(['{', '/']) {
            let (literal, behind) = rest.split_at(before.len() + 1);
            parts.push(Part::Literal(literal));
            rest = behind;
            continue;
        }
        if !before.is_empty() {
            parts.push(Part::Literal(before));
        }
        parts.push(Part::Variable(name));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest));
    }
    parts
}

/// How concrete a segment is: a literal before a mixture before a bare variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Literal,
    Mixed,
    Variable,
}

#[derive(Debug)]
struct Route {
    kinds: Vec<Kind>,
    segments: Vec<Segment>,
    operation: usize,
}

#[derive(Debug)]
enum Segment {
    Literal(String),
    Pattern(Vec<Owned>),
}

#[derive(Debug)]
enum Owned {
    Literal(String),
    Variable(String),
}

/// Finds the operation of a concrete path.
#[derive(Debug, Default)]
pub(super) struct Routes {
    by_length: HashMap<(Method, usize), Vec<Route>>,
}

impl Routes {
    pub(super) fn add(&mut self, method: Method, template: &str, operation: usize) {
        let (path, _) = split(template);
        let segments: Vec<Segment> = path.split('/').map(segment).collect();
        let kinds = segments.iter().map(kind).collect();
        let route = Route {
            kinds,
            segments,
            operation,
        };
        self.by_length
            .entry((method, route.segments.len()))
            .or_default()
            .push(route);
    }
    /// Call once after the last `add`: puts concrete templates before others.
    pub(super) fn sort(&mut self) {
        for routes in self.by_length.values_mut() {
            routes.sort_by(|a, b| a.kinds.cmp(&b.kinds)); // stable: document order otherwise
        }
    }
    pub(super) fn find(&self, method: Method, path: &str) -> Option<(usize, Map<String, Value>)> {
        let segments: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
        let routes = self.by_length.get(&(method, segments.len()))?;
        routes
            .iter()
            .find_map(|route| Some((route.operation, values(route, &segments)?)))
    }
}

fn segment(text: &str) -> Segment {
    let parts = parts(text);
    if parts.iter().all(|p| matches!(p, Part::Literal(_))) {
        return Segment::Literal(decode(text).unwrap_or_else(|| text.to_owned()));
    }
    let owned = |part: &Part<'_>| match part {
        Part::Literal(text) => Owned::Literal(decode(text).unwrap_or_else(|| (*text).to_owned())),
        Part::Variable(name) => Owned::Variable((*name).to_owned()),
    };
    Segment::Pattern(parts.iter().map(owned).collect())
}

fn kind(segment: &Segment) -> Kind {
    match segment {
        Segment::Literal(_) => Kind::Literal,
        Segment::Pattern(parts) if parts.len() == 1 => Kind::Variable,
        Segment::Pattern(_) => Kind::Mixed,
    }
}

fn decode(segment: &str) -> Option<String> {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

fn values(route: &Route, segments: &[String]) -> Option<Map<String, Value>> {
    let mut values = Map::new();
    for (pattern, text) in route.segments.iter().zip(segments) {
        match pattern {
            Segment::Literal(literal) if literal == text => {}
            Segment::Literal(_) => return None,
            Segment::Pattern(parts) => take(parts, text, &mut values)?,
        }
    }
    Some(values)
}

/// Matches one segment; a variable takes as little as the literal after it allows, and at least a character.
fn take(parts: &[Owned], mut text: &str, values: &mut Map<String, Value>) -> Option<()> {
    for (i, part) in parts.iter().enumerate() {
        match part {
            Owned::Literal(literal) => text = text.strip_prefix(literal.as_str())?,
            Owned::Variable(name) => {
                let first = text.chars().next()?.len_utf8();
                let end = match parts.get(i + 1) {
                    None => text.len(),
                    Some(Owned::Variable(_)) => first,
                    Some(Owned::Literal(next)) if i + 2 == parts.len() => {
                        text.strip_suffix(next.as_str())?.len()
                    }
                    Some(Owned::Literal(next)) => first + text.get(first..)?.find(next.as_str())?,
                };
                let value = text
                    .get(..end)
                    .filter(|v| !v.is_empty() && *v != "." && *v != "..")?;
                values.insert(name.clone(), Value::String(value.to_owned()));
                text = text.get(end..)?;
            }
        }
    }
    text.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn routes(templates: &[&str]) -> Routes {
        let mut routes = Routes::default();
        for (i, template) in templates.iter().enumerate() {
            routes.add(Method::Get, template, i);
        }
        routes.sort();
        routes
    }

    #[test]
    fn a_concrete_path_wins_over_a_template() {
        let routes = routes(&["/pets/{id}", "/pets/mine", "/{kind}/mine", "/pets/{id}.json", "/"]);
        let found = |path| {
            routes
                .find(Method::Get, path)
                .map(|(at, values)| (at, Value::Object(values)))
        };
        assert_eq!(found("/pets/mine"), Some((1, json!({}))));
        assert_eq!(found("/pets/7"), Some((0, json!({"id": "7"}))));
        assert_eq!(found("/pets/7.json"), Some((3, json!({"id": "7"}))));
        assert_eq!(found("/dogs/mine"), Some((2, json!({"kind": "dogs"}))));
        assert_eq!(found("/pets/a%2Fb"), Some((0, json!({"id": "a/b"}))));
        assert_eq!(found("/"), Some((4, json!({}))));
        for none in [
            "/pets/",
            "/pets",
            "/pets/7/",
            "/pets//",
            "//mine",
            "/pets/..",
            "/pets/%2e%2e",
            "/pets/%ff",
            "",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
        assert_eq!(routes.find(Method::Post, "/pets/7"), None);
    }

    #[test]
    fn several_variables_share_a_segment() {
        let routes = routes(&["/Users('{id}')/x", "/range/{from}..{to}"]);
        let found = |path| {
            routes
                .find(Method::Get, path)
                .map(|(_, values)| Value::Object(values))
        };
        assert_eq!(found("/Users('a')/x"), Some(json!({"id": "a"})));
        assert_eq!(found("/range/1..9"), Some(json!({"from": "1", "to": "9"})));
        assert_eq!(found("/range/1.."), None);
    }

    #[test]
    fn odd_braces_are_literals() {
        assert_eq!(parts("a{b"), [Part::Literal("a{b")]);
        assert_eq!(parts("{}"), [Part::Literal("{"), Part::Literal("}")]);
        assert_eq!(
            parts("a{b}{c}d"),
            [
                Part::Literal("a"),
                Part::Variable("b"),
                Part::Variable("c"),
                Part::Literal("d")
            ]
        );
        assert_eq!(split("/a?x=1#y"), ("/a", Some("x=1")));
    }
}
