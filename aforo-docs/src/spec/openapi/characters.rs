//! Characters that databases and XML refuse: U+0000 and its like have no place in names and texts.

use serde_json::Value;

use super::reference::escape;
use crate::spec::diagnostic::{Diagnostic, Findings};

/// Stands in for what is replaced.
const INSTEAD: char = '\u{FFFD}';

/// Replaces them in names and texts, and says where. Data - examples, defaults, allowed values, patterns - stays as it
/// is: it is what callers send.
pub(super) fn replace(root: &mut Value, findings: &mut Findings) {
    if dirty(root) {
        clean(root, &mut String::new(), false, findings);
    }
}

fn refused(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if refused(c) { INSTEAD } else { c })
        .collect()
}

fn is_data(key: &str) -> bool {
    matches!(
        key,
        "example" | "examples" | "default" | "enum" | "const" | "value" | "dataValue" | "pattern"
    )
}

/// Documents without any are not walked in detail.
fn dirty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(refused),
        Value::Array(items) => items.iter().any(dirty),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.contains(refused) || dirty(value)),
        _ => false,
    }
}

/// `names`: the keys are names that the author chose, so none of them is a keyword.
fn clean(value: &mut Value, pointer: &mut String, names: bool, findings: &mut Findings) {
    let tell = |findings: &mut Findings, pointer: &str, what: &str| {
        let message = format!("{what} has control characters, which are shown as {INSTEAD}");
        findings.push(Diagnostic::warning("control-characters", message).at(pointer));
    };
    let length = pointer.len();
    match value {
        Value::String(text) if text.contains(refused) => {
            tell(findings, pointer, "this text");
            *text = plain(text);
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{at}"));
                clean(item, pointer, false, findings);
                pointer.truncate(length);
            }
        }
        Value::Object(map) => {
            if map.keys().any(|key| key.contains(refused)) {
                tell(findings, pointer, "a name in here");
                for (key, value) in std::mem::take(map) {
                    let (mut free, base) = (plain(&key), plain(&key));
                    let mut number = 2;
                    while map.contains_key(&free) {
                        free = format!("{base}-{number}");
                        number += 1;
                    }
                    map.insert(free, value);
                }
            }
            for (key, child) in map.iter_mut() {
                if !names && is_data(key) {
                    continue;
                }
                pointer.push('/');
                pointer.push_str(&escape(key));
                let chosen = !names
                    && matches!(
                        key.as_str(),
                        "properties"
                            | "patternProperties"
                            | "schemas"
                            | "parameters"
                            | "responses"
                            | "$defs"
                            | "definitions"
                    );
                clean(child, pointer, chosen, findings);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_texts_are_cleaned_and_data_stays() {
        let mut document = json!({"a\u{0}": "x\u{1}y\n", "a\u{FFFD}": 1, "example": "\u{0}",
            "properties": {"example": {"description": "\u{0}"}}, "list": ["\u{7}"]});
        let mut findings = Findings::default();
        replace(&mut document, &mut findings);
        assert_eq!(
            document,
            json!({"a\u{FFFD}": "x\u{FFFD}y\n", "a\u{FFFD}-2": 1, "example": "\u{0}",
                "properties": {"example": {"description": "\u{FFFD}"}}, "list": ["\u{FFFD}"]})
        );
        let places: Vec<_> = findings.first().0.into_iter().filter_map(|d| d.pointer).collect();
        assert_eq!(
            places,
            ["", "/a\u{FFFD}", "/properties/example/description", "/list/0"]
        );
    }
}
