//! JSON pointers and local `$ref`s.

use serde_json::{Map, Value};

/// How many `$ref`s may follow each other before one gives up.
pub(crate) const MAX_HOPS: usize = 32;

/// A step of a JSON pointer, escaped (RFC 6901).
pub(crate) fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// A field of an object. Schemas are small and asked for dozens of fields that they do not have: comparing names is
/// several times faster than hashing each of them.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if object.len() > 24 {
        return object.get(name);
    }
    object
        .iter()
        .find(|(key, _)| key.as_str() == name)
        .map(|(_, value)| value)
}

/// Where following a `$ref` led to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolved<'a> {
    /// What is there; `None` for a remote, broken or endless reference.
    pub(crate) value: Option<&'a Value>,
    /// The last reference followed; `None` when there was none to follow.
    pub(crate) reference: Option<&'a str>,
    /// The first object on the way that says more than `$ref`.
    pub(crate) siblings: Option<&'a Value>,
}

impl<'a> Resolved<'a> {
    /// The name under which the target is known: the last step of the reference.
    pub(crate) fn name(&self) -> Option<String> {
        component_name(self.reference?)
    }
}

/// Why a `$ref` leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Remote,
    Missing,
    Endless,
}

/// The name that a reference gives to a schema: `Pet` of `#/components/schemas/Pet`.
pub(crate) fn component_name(reference: &str) -> Option<String> {
    let (_, last) = reference.rsplit_once(['/', '#'])?;
    let name = unescape(&percent_encoding::percent_decode_str(last).decode_utf8_lossy());
    let name = name
        .trim_end_matches(".json")
        .trim_end_matches(".yaml")
        .trim_end_matches(".yml");
    (!name.is_empty()).then(|| name.to_owned())
}

/// Whether a reference names a schema among the components.
pub(super) fn is_listed(reference: &str) -> bool {
    let name = reference
        .split_once('#')
        .and_then(|(_, p)| p.strip_prefix("/components/schemas/"));
    name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// What a local reference such as `#/components/schemas/Pet` points to.
fn target<'a>(root: &'a Value, reference: &str) -> Result<&'a Value, Broken> {
    let pointer = match reference.strip_prefix('#') {
        Some(pointer) => pointer,
        None => {
            // OpenAPI 3.2: the document may say what its own address is.
            let own = root
                .get("$self")
                .and_then(Value::as_str)
                .filter(|own| !own.is_empty());
            let pointer = own
                .and_then(|own| reference.strip_prefix(own))
                .ok_or(Broken::Remote)?;
            match pointer.strip_prefix('#') {
                Some(pointer) => pointer,
                None if pointer.is_empty() => "",
                None => return Err(Broken::Remote),
            }
        }
    };
    if pointer.is_empty() {
        return Ok(root);
    }
    if !pointer.starts_with('/') {
        return anchor(root, pointer).ok_or(Broken::Missing);
    }
    if let Some(found) = root.pointer(pointer) {
        return Ok(found);
    }
    let decoded = percent_encoding::percent_decode_str(pointer)
        .decode_utf8()
        .map_err(|_| Broken::Missing)?;
    root.pointer(&decoded).ok_or(Broken::Missing)
}

/// A schema among the components, or in its `$defs`, that calls itself by this `$anchor` (JSON Schema 2020-12).
fn anchor<'a>(root: &'a Value, name: &str) -> Option<&'a Value> {
    let schemas = root.get("components")?.get("schemas")?.as_object()?;
    let called = |schema: &&Value| {
        ["$anchor", "$dynamicAnchor"]
            .iter()
            .any(|field| schema.get(field).and_then(Value::as_str) == Some(name))
    };
    schemas.values().find(called).or_else(|| {
        let inner = schemas
            .values()
            .filter_map(|schema| schema.get("$defs")?.as_object());
        inner.flat_map(Map::values).find(called)
    })
}

/// Follows `$ref` from `value` to what it stands for.
pub(crate) fn resolve<'a>(root: &'a Value, value: &'a Value) -> Resolved<'a> {
    follow(root, value).0
}

/// As [`resolve`], and why it led nowhere, if it did.
pub(crate) fn follow<'a>(root: &'a Value, mut value: &'a Value) -> (Resolved<'a>, Option<Broken>) {
    let mut found = Resolved {
        value: None,
        reference: None,
        siblings: None,
    };
    for _ in 0..=MAX_HOPS {
        let object = value.as_object();
        let Some(reference) =
            object.and_then(|o| field(o, "$ref").or_else(|| field(o, "$dynamicRef"))?.as_str())
        else {
            found.value = Some(value);
            return (found, None);
        };
        found.reference = Some(reference);
        if found.siblings.is_none() && object.is_some_and(|o| o.len() > 1) {
            found.siblings = Some(value);
        }
        match target(root, reference) {
            Ok(next) => value = next,
            Err(broken) => return (found, Some(broken)),
        }
    }
    (found, Some(Broken::Endless))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chain_is_followed_to_its_end_and_an_endless_one_is_given_up() {
        let root = json!({
            "a": {"$ref": "#/b", "description": "said here"},
            "b": {"$ref": "#/c~1d"},
            "c/d": {"type": "string"},
            "loop": {"$ref": "#/loop"},
            "far": {"$ref": "other.yaml#/x"},
            "gone": {"$ref": "#/nowhere"},
        });
        let (found, broken) = follow(&root, &root["a"]);
        assert_eq!((found.value, broken), (Some(&root["c/d"]), None));
        assert_eq!(found.siblings, Some(&root["a"]));
        assert_eq!(found.name().as_deref(), Some("c/d"));
        for (name, why) in [
            ("loop", Broken::Endless),
            ("far", Broken::Remote),
            ("gone", Broken::Missing),
        ] {
            let (found, broken) = follow(&root, &root[name]);
            assert_eq!((found.value, broken), (None, Some(why)), "{name}");
        }
    }

    #[test]
    fn a_reference_may_be_percent_encoded() {
        let root = json!({"paths": {"/a/{b}": {"x": 1}}});
        let by_ref = json!({"$ref": "#/paths/~1a~1%7Bb%7D/x"});
        let found = follow(&root, &by_ref);
        assert_eq!(found.1, None);
    }
}
