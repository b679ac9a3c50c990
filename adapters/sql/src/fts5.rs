//! Full text in SQLite: FTS5.

use aforo_docs::search::{
    query::{Alternative, Asked},
    store::Indexed,
    text::Tokens,
};
use serde_json::{Value, json};

/// Rows of a JSON list.
macro_rules! json_rows {
    ($parameter:literal) => {
        concat!("json_each(", $parameter, ") AS rows")
    };
}
pub(crate) use json_rows;

/// A UUID that a JSON list holds as 32 hexadecimal digits.
macro_rules! json_uuid {
    ($field:literal) => {
        concat!("unhex(rows.value ->> '", $field, "')")
    };
}
pub(crate) use json_uuid;

/// Numbers of the entries that match, the best first: `$2` is the question, `$3` how many.
macro_rules! matching {
    () => {
        "SELECT rowid AS number FROM search_index
         WHERE search_index MATCH $2 AND rank MATCH 'bm25(0.0, 10.0, 8.0, 4.0, 3.2, 1.0, 0.8)'
         ORDER BY rank LIMIT $3"
    };
}
pub(crate) use matching;

/// Numbers of all entries that match.
macro_rules! all_matching {
    () => {
        "SELECT rowid AS number FROM search_index WHERE search_index MATCH $2"
    };
}
pub(crate) use all_matching;

/// Writes the index of entries: `$1` is the tenant, `$2` a list of what [`index_row`] makes.
pub(crate) const PUT: &str =
    "INSERT INTO search_index (rowid, scope, title, title_forms, keys, keys_forms, body, body_forms)
     SELECT e.number, rows.value ->> 'scope', rows.value ->> 'title', rows.value ->> 'titleForms',
            rows.value ->> 'keys', rows.value ->> 'keysForms', rows.value ->> 'body', rows.value ->> 'bodyForms'
     FROM json_each($2) AS rows JOIN search_entries e ON e.tenant_id = $1 AND e.key = rows.value ->> 'key'";
/// Removes the index of entries: `$2` is a list of keys.
pub(crate) const DELETE: &str = "DELETE FROM search_index WHERE rowid IN (
         SELECT e.number FROM json_each($2) AS rows
         JOIN search_entries e ON e.tenant_id = $1 AND e.key = rows.value ->> 'key')";

/// What [`PUT`] reads.
pub(crate) fn index_row(indexed: &Indexed, scope: &[String]) -> Value {
    let words = |tokens: &Tokens| tokens.words.join(" ");
    let forms = |tokens: &Tokens| {
        let forms: Vec<&str> = tokens.more.iter().map(|(_, word)| word.as_str()).collect();
        forms.join(" ")
    };
    json!({
        "key": indexed.entry.key,
        "scope": scope.join(" "),
        "title": words(&indexed.title),
        "titleForms": forms(&indexed.title),
        "keys": words(&indexed.keys),
        "keysForms": forms(&indexed.keys),
        "body": words(&indexed.body),
        "bodyForms": forms(&indexed.body),
    })
}

/// A question. Words have letters and digits only, and stand in quotes: nothing in them is syntax.
pub(crate) fn expression(asked: &Asked, scope: &[String]) -> String {
    let clauses: Vec<String> = asked
        .clauses
        .iter()
        .map(|clause| {
            let any: Vec<String> = clause.iter().map(alternative).collect();
            format!("({})", any.join(" OR "))
        })
        .collect();
    let clauses = clauses.join(if asked.any { " OR " } else { " AND " });
    let mut all: Vec<String> = scope.iter().map(|word| quoted(word)).collect();
    if !clauses.is_empty() {
        all.push(format!("({clauses})"));
    }
    all.join(" AND ")
}

fn alternative(alternative: &Alternative) -> String {
    match alternative {
        Alternative::All(words) => {
            let words: Vec<String> = words
                .iter()
                .map(|(word, prefix)| format!("{}{}", quoted(word), if *prefix { "*" } else { "" }))
                .collect();
            format!("({})", words.join(" AND "))
        }
        Alternative::Phrase(words) => format!("({{title keys body}} : {})", quoted(&words.join(" "))),
    }
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}
