//! A strict tree: like `serde_json::Value` reads itself, but duplicate keys, deep nesting and expansion
//! beyond a budget are refused, and an error knows the JSON pointer of its place.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What reading may cost, and what went wrong. Shared by all nodes of one document.
#[derive(Debug)]
pub(super) struct Reading {
    max_depth: u32,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    /// Nodes and bytes of text that may still come out of the document.
    budget: usize,
    /// Steps from the place of the error outwards.
    trail: Vec<String>,
    code: Option<&'static str>,
}

impl Reading {
    pub(super) fn new(max_depth: u32, budget: usize) -> Self {
        Self {
            max_depth,
            state: RefCell::new(State {
                budget,
                trail: Vec::new(),
                code: None,
            }),
        }
    }
    /// The seed of the root.
    pub(super) fn root(&self) -> Node<'_> {
        Node {
            reading: self,
            depth: 0,
        }
    }
    /// The code of the rule of ours that was broken, if one was.
    pub(super) fn code(&self) -> Option<&'static str> {
        self.state.borrow().code
    }
    /// Where reading stopped.
    pub(super) fn pointer(&self) -> String {
        let state = self.state.borrow();
        state
            .trail
            .iter()
            .rev()
            .map(|step| format!("/{}", super::reference::escape(step)))
            .collect()
    }
    fn fail<E: serde::de::Error>(&self, code: &'static str, message: impl fmt::Display) -> E {
        self.state.borrow_mut().code = Some(code);
        E::custom(message)
    }
    fn leave(&self, step: impl Into<String>) {
        let mut state = self.state.borrow_mut();
        if state.trail.len() < 256 {
            state.trail.push(step.into());
        }
    }
    fn spend<E: serde::de::Error>(&self, units: usize) -> Result<(), E> {
        let mut state = self.state.borrow_mut();
        match state.budget.checked_sub(units) {
            Some(left) => {
                state.budget = left;
                Ok(())
            }
            None => {
                drop(state);
                Err(self.fail(
                    "too-much-expansion",
                    "aliases make the document more than twice its size; write the repeated parts out, or use $ref",
                ))
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'r> {
    reading: &'r Reading,
    depth: u32,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Node<'_> {
    fn child<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.reading.max_depth {
            let message = format!("nested more than {} levels deep", self.reading.max_depth);
            return Err(self.reading.fail("too-deep", message));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
    fn number<E: serde::de::Error>(self, number: Option<Number>) -> Result<Value, E> {
        self.reading.spend(1)?;
        Ok(number.map_or(Value::Null, Value::Number)) // .inf and .nan of YAML have no JSON form
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can hold")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.reading.spend(1)?;
        Ok(Value::Null)
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.reading.spend(1)?;
        Ok(Value::Bool(value))
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.number(Some(value.into()))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.number(Some(value.into()))
    }
    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Value, E> {
        self.number(Number::from_i128(value).or_else(|| Number::from_f64(value as f64)))
    }
    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Value, E> {
        self.number(Number::from_u128(value).or_else(|| Number::from_f64(value as f64)))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.number(Number::from_f64(value))
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }
    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.reading.spend(1 + value.len())?;
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let child = self.child()?;
        self.reading.spend(1)?;
        let mut items = Vec::new();
        loop {
            match seq.next_element_seed(child) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => return Ok(Value::Array(items)),
                Err(e) => {
                    self.reading.leave(items.len().to_string());
                    return Err(e);
                }
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let child = self.child()?;
        self.reading.spend(1)?;
        let mut map = Map::new();
        while let Some(key) = access.next_key_seed(Key)? {
            self.reading.spend(key.len())?;
            if map.contains_key(&key) {
                let message = format!("the key {key:?} is given twice");
                self.reading.leave(key);
                return Err(self.reading.fail("duplicate-key", message));
            }
            match access.next_value_seed(child) {
                Ok(value) => {
                    map.insert(key, value);
                }
                Err(e) => {
                    self.reading.leave(key);
                    return Err(e);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

/// A key as text: YAML's `200:` and `true:` are the names `200` and `true`.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text as key")
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<String, E> {
        Ok(value.to_owned())
    }
    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<String, E> {
        Ok(value)
    }
}
