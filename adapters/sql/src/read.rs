//! From columns to values. A word or list that we did not write is corruption, not a panic.

use std::{fmt::Display, str::FromStr};

use aforo_core::{StoreError, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::corrupt;

pub(crate) fn word<T: FromStr<Err: Display>>(column: &'static str, word: &str) -> Result<T, StoreError> {
    word.parse().map_err(|e| corrupt(column, e))
}
pub(crate) fn list<T: DeserializeOwned>(column: &'static str, json: &str) -> Result<Vec<T>, StoreError> {
    serde_json::from_str(json).map_err(|e| corrupt(column, e))
}
pub(crate) fn hash(column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes
        .try_into()
        .map_err(|_| corrupt(column, format_args!("{} bytes instead of 32", bytes.len())))
}
pub(crate) fn count(column: &'static str, n: i64) -> Result<u32, StoreError> {
    n.try_into().map_err(|e| corrupt(column, e))
}
pub(crate) fn time(ms: Option<i64>) -> Option<Timestamp> {
    ms.map(Timestamp::from_millis)
}
/// Whether a column can hold this text: PostgreSQL has no NUL, so that nothing is found by one.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}
/// A list, as it is written.
pub(crate) fn json<T: Serialize>(list: &[T]) -> String {
    // Lists of ids, words and address ranges always serialise.
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}
