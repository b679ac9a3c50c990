//! JSON pointers and local `$ref`s.

use serde_json::{Map, Value};

/// How many `$ref`s may follow each other before one gives up.
pub(super) const MAX_HOPS: usize = 32;

/// A step of a JSON pointer, escaped (RFC 6901).
pub(super) fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// A field of an object. Schemas are small and asked for dozens of fields that they do not have: comparing names is
/// several times faster than hashing each of them.
pub(super) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
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
pub(super) struct Resolved<'a> {
    /// What is there; `None` for a remote, broken or endless reference.
    pub(super) value: Option<&'a Value>,
    /// The last reference followed; `None` when there was none to follow.
    pub(super) reference: Option<&'a str>,
    /// The first object on the way that says more than `$ref`.
    pub(super) siblings: Option<&'a Value>,
}

impl<'a> Resolved<'a> {
    /// The name under which the target is known: the last step of the reference.
    pub(super) fn name(&self) -> Option<String> {
        component_name(self.reference?)
    }
}

/// Why a `$ref` leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Remote,
    Missing,
    Endless,
}

/// The name that a reference gives to a schema: `Pet` of `#/components/schemas/Pet`.
pub(super) fn component_name(reference: &str) -> Option<String> {
    let (_, last) = reference.rsplit_once(['/', '#'])?;
    let name = unescape(&percent_encoding::percent_decode_str(last).decode_utf8_lossy());
    let name = name
        .trim_end_matches(".json")
        .trim_end_matches(".yaml")
        .trim_end_matches(".yml");
    (!name.is_empty()).then(|| name.to_owned())
}

/// What a local reference such as `#/components/schemas/Pet` points to.
fn target<'a>(root: &'a Value, reference: &str) -> Result<&'a Value, Broken> {
    let pointer = reference.strip_prefix('#').ok_or(Broken::Remote)?;
    if pointer.is_empty() {
        return Ok(root);
    }
    if let Some(found) = root.pointer(pointer) {
        return Ok(found);
    }
    let decoded = percent_encoding::percent_decode_str(pointer)
        .decode_utf8()
        .map_err(|_| Broken::Missing)?;
    root.pointer(&decoded).ok_or(Broken::Missing)
}

/// Follows `$ref` from `value` to what it stands for.
pub(super) fn resolve<'a>(root: &'a Value, value: &'a Value) -> Resolved<'a> {
    follow(root, value).0
}

/// As [`resolve`], and why it led nowhere, if it did.
pub(super) fn follow<'a>(root: &'a Value, mut value: &'a Value) -> (Resolved<'a>, Option<Broken>) {
    let mut found = Resolved {
        value: None,
        reference: None,
        siblings: None,
    };
    for _ in 0..=MAX_HOPS {
        let object = value.as_object();
        let Some(reference) = object.and_then(|o| field(o, "$ref")?.as_str()) else {
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
