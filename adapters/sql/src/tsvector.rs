//! Full text in PostgreSQL: tsvector.

use std::collections::BTreeMap;

use aforo_docs::search::{
    query::{Alternative, Asked},
    store::Indexed,
};
use serde_json::{Value, json};

/// Rows of a JSON list.
macro_rules! json_rows {
    ($parameter:literal) => {
        concat!(
            "jsonb_array_elements(CAST(",
            $parameter,
            " AS jsonb)) AS rows (value)"
        )
    };
}
pub(crate) use json_rows;

/// A UUID that a JSON list holds as 32 hexadecimal digits.
macro_rules! json_uuid {
    ($field:literal) => {
        concat!("CAST(rows.value ->> '", $field, "' AS uuid)")
    };
}
pub(crate) use json_uuid;

/// Numbers of the entries that match, the best first: `$2` is the question, `$3` how many, `$4` the question without
/// its scope, which has no places to rank by.
macro_rules! matching {
    () => {
        "SELECT number FROM search_index WHERE lexemes @@ CAST($2 AS tsquery)
         ORDER BY ts_rank_cd('{0.1, 0.1, 0.4, 1.0}', lexemes, CAST($4 AS tsquery)) DESC, number LIMIT $3"
    };
}
pub(crate) use matching;

/// Numbers of all entries that match.
macro_rules! all_matching {
    () => {
        "SELECT number FROM search_index WHERE lexemes @@ CAST($2 AS tsquery)"
    };
}
pub(crate) use all_matching;

/// Writes the index of entries: `$1` is the tenant, `$2` a list of what [`index_row`] makes.
pub(crate) const PUT: &str = "INSERT INTO search_index (number, lexemes)
     SELECT e.number, CAST(rows.value ->> 'lexemes' AS tsvector)
     FROM jsonb_array_elements(CAST($2 AS jsonb)) AS rows (value)
     JOIN search_entries e ON e.tenant_id = $1 AND e.key = rows.value ->> 'key'";
/// Removes the index of entries: `$2` is a list of keys.
pub(crate) const DELETE: &str = "DELETE FROM search_index WHERE number IN (
         SELECT e.number FROM jsonb_array_elements(CAST($2 AS jsonb)) AS rows (value)
         JOIN search_entries e ON e.tenant_id = $1 AND e.key = rows.value ->> 'key')";

/// Positions that a tsvector can hold, and how many of them for one lexeme.
const MAX_POSITION: usize = 16_383;
const MAX_POSITIONS: usize = 255;

/// What [`PUT`] reads.
pub(crate) fn index_row(indexed: &Indexed, scope: &[String]) -> Value {
    let mut places: BTreeMap<&str, Vec<(usize, char)>> = BTreeMap::new();
    let mut offset = 1;
    for (field, weight) in indexed.fields().into_iter().zip(['A', 'B', 'C']) {
        let words = field
            .words
            .iter()
            .enumerate()
            .chain(field.more.iter().map(|(at, word)| (*at, word)));
        for (at, word) in words {
            places
                .entry(word)
                .or_default()
                .push(((offset + at).min(MAX_POSITION), weight));
        }
        // Phrases do not reach from one field into the next.
        offset += field.words.len() + 10;
    }
    let mut lexemes = String::new();
    for word in scope {
        lexemes.push_str(&format!("{} ", quoted(word)));
    }
    for (word, mut at) in places {
        at.sort_unstable();
        at.dedup_by_key(|(at, _)| *at);
        at.truncate(MAX_POSITIONS);
        let at: Vec<String> = at
            .into_iter()
            .map(|(at, weight)| format!("{at}{weight}"))
            .collect();
        lexemes.push_str(&format!("{}:{} ", quoted(word), at.join(",")));
    }
    json!({"key": indexed.entry.key, "lexemes": lexemes})
}

/// A question. Words have letters and digits only, and stand in quotes: nothing in them is syntax.
pub(crate) fn expression(asked: &Asked, scope: &[String]) -> String {
    let clauses: Vec<String> = asked
        .clauses
        .iter()
        .map(|clause| {
            let any: Vec<String> = clause.iter().map(alternative).collect();
            format!("({})", any.join(" | "))
        })
        .collect();
    let clauses = clauses.join(if asked.any { " | " } else { " & " });
    let mut all: Vec<String> = scope.iter().map(|word| quoted(word)).collect();
    if !clauses.is_empty() {
        all.push(format!("({clauses})"));
    }
    all.join(" & ")
}

fn alternative(alternative: &Alternative) -> String {
    match alternative {
        Alternative::All(words) => {
            let words: Vec<String> = words
                .iter()
                .map(|(word, prefix)| format!("{}{}", quoted(word), if *prefix { ":*" } else { "" }))
                .collect();
            format!("({})", words.join(" & "))
        }
        Alternative::Phrase(words) => {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            format!("({})", words.join(" <-> "))
        }
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}
