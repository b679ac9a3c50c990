//! The search index. What differs between the databases is in `full_text`.

use std::collections::HashMap;

use aforo_core::{ProductId, StoreError};
use aforo_docs::search::{
    Count, Entry, Kind, SearchRepository,
    query::Asked,
    store::{Changes, Indexed, Plan, TermChanges, Wanted},
    text::stem,
};
use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;

use super::{Db, Scope, Search, full_text, store_error};
use crate::{error::corrupt, read};

/// Rows of one statement.
const BATCH: usize = 500;
/// Begins what no word begins with: it is neither letter nor digit, and FTS5's tokenizer takes it for a letter.
const SIGN: char = '§';

/// The words by which one lookup stays within a tenant, and within a kind and a product.
fn scope_words(scope: Scope, kind: Option<Kind>, product: Option<ProductId>) -> Vec<String> {
    let mut words = vec![format!("{SIGN}t{}", scope.tenant.simple())];
    words.extend(kind.map(|kind| format!("{SIGN}k{}", kind.as_str())));
    words.extend(product.map(|product| format!("{SIGN}p{}", product.as_uuid().simple())));
    words
}

fn exact_word(squeezed: &str) -> String {
    format!("{SIGN}n{squeezed}")
}

impl Search<'_> {
    async fn entries(
        &mut self,
        asked: &Asked,
        scope: &[String],
        most: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query_scalar::<Db, String>(concat!(
            "SELECT e.entry FROM (",
            full_text::matching!(),
            ") AS found JOIN search_entries e ON e.number = found.number WHERE e.tenant_id = $1"
        ))
        .bind(self.scope.tenant)
        .bind(full_text::expression(asked, scope))
        .bind(i64::from(most))
        .bind(full_text::expression(asked, &[]))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.iter().map(|json| entry(json)).collect()
    }

    /// The entries with these keys.
    async fn by_keys(&mut self, keys: &str) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query_scalar::<Db, String>(concat!(
            "SELECT e.entry FROM ",
            full_text::json_rows!("$2"),
            " JOIN search_entries e ON e.tenant_id = $1 AND e.key = rows.value ->> 'key'"
        ))
        .bind(self.scope.tenant)
        .bind(keys)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.iter().map(|json| entry(json)).collect()
    }

    async fn delete(&mut self, keys: &[String], terms: &mut TermChanges) -> Result<(), StoreError> {
        for keys in keys.chunks(BATCH) {
            let rows: Vec<_> = keys.iter().map(|key| json!({"key": key})).collect();
            let rows = read::json(&rows);
            for entry in self.by_keys(&rows).await? {
                terms.remove(&entry);
            }
            self.run(full_text::DELETE, &rows).await?;
            self.run(
                concat!(
                    "DELETE FROM search_entries WHERE tenant_id = $1 AND key IN (SELECT rows.value ->> 'key' FROM ",
                    full_text::json_rows!("$2"),
                    ")"
                ),
                &rows,
            )
            .await?;
        }
        Ok(())
    }

    async fn put(
        &mut self,
        source: &str,
        put: &[&Indexed],
        terms: &mut TermChanges,
    ) -> Result<(), StoreError> {
        for batch in put.chunks(BATCH) {
            let mut rows = Vec::with_capacity(batch.len());
            let mut index = Vec::with_capacity(batch.len());
            for indexed in batch {
                let entry = &indexed.entry;
                terms.add(entry);
                // An entry of texts always serialises.
                let text = serde_json::to_string(entry).unwrap_or_default();
                rows.push(json!({
                    "source": source,
                    "key": entry.key,
                    "kind": entry.kind.as_str(),
                    "product": entry.product.map(|product| product.as_uuid().simple().to_string()),
                    "hash": indexed.hash,
                    "entry": text,
                }));
                let mut scope = scope_words(self.scope, Some(entry.kind), entry.product);
                scope.extend(indexed.exact.iter().map(|name| exact_word(name)));
                index.push(full_text::index_row(indexed, &scope));
            }
            self.run(
                concat!(
                    "INSERT INTO search_entries (tenant_id, source, key, kind, product_id, hash, entry)
                     SELECT $1, rows.value ->> 'source', rows.value ->> 'key', rows.value ->> 'kind', ",
                    full_text::json_uuid!("product"),
                    ", rows.value ->> 'hash', rows.value ->> 'entry' FROM ",
                    full_text::json_rows!("$2")
                ),
                &read::json(&rows),
            )
            .await?;
            self.run(full_text::PUT, &read::json(&index)).await?;
        }
        Ok(())
    }

    async fn change_terms(&mut self, terms: &TermChanges) -> Result<(), StoreError> {
        let changed: Vec<_> = terms
            .changed()
            .map(|(term, stem, characters, by)| {
                json!({"term": term, "stem": stem, "characters": characters, "by": by})
            })
            .collect();
        for batch in changed.chunks(2 * BATCH) {
            let rows = read::json(batch);
            self.run(
                concat!(
                    "INSERT INTO search_terms (tenant_id, term, stem, characters, entries)
                     SELECT $1, rows.value ->> 'term', rows.value ->> 'stem',
                            CAST(rows.value ->> 'characters' AS BIGINT), CAST(rows.value ->> 'by' AS BIGINT)
                     FROM ",
                    full_text::json_rows!("$2"),
                    " WHERE true
                     ON CONFLICT (tenant_id, term) DO UPDATE SET entries = search_terms.entries + excluded.entries"
                ),
                &rows,
            )
            .await?;
            self.run(
                concat!(
                    "DELETE FROM search_terms WHERE tenant_id = $1 AND entries <= 0
                     AND term IN (SELECT rows.value ->> 'term' FROM ",
                    full_text::json_rows!("$2"),
                    ")"
                ),
                &rows,
            )
            .await?;
        }
        Ok(())
    }

    async fn run(&mut self, sql: &'static str, rows: &str) -> Result<(), StoreError> {
        sqlx::query::<Db>(sql)
            .bind(self.scope.tenant)
            .bind(rows)
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn stored(&mut self, source: &str) -> Result<Vec<(String, String)>, StoreError> {
        sqlx::query_as::<Db, (String, String)>(
            "SELECT key, hash FROM search_entries WHERE tenant_id = $1 AND source = $2",
        )
        .bind(self.scope.tenant)
        .bind(source)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)
    }
}

fn entry(json: &str) -> Result<Entry, StoreError> {
    serde_json::from_str(json).map_err(|error| corrupt("search_entries.entry", error))
}

#[async_trait]
impl SearchRepository for Search<'_> {
    async fn lock(&mut self) -> Result<(), StoreError> {
        sqlx::query::<Db>(concat!("SELECT id FROM tenants WHERE id = $1", hold!()))
            .bind(self.scope.tenant)
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn sources(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        sqlx::query_as::<Db, (String, String)>(
            "SELECT source, state FROM search_sources WHERE tenant_id = $1 ORDER BY source",
        )
        .bind(self.scope.tenant)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)
    }

    async fn replace(&mut self, source: &str, state: &str, entries: &[Entry]) -> Result<Changes, StoreError> {
        let stored = self.stored(source).await?;
        let wanted: Vec<Indexed> = entries.iter().map(Indexed::of).collect();
        let plan = Plan::of(stored, &wanted);
        sqlx::query::<Db>(
            "INSERT INTO search_sources (tenant_id, source, state) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, source) DO UPDATE SET state = excluded.state",
        )
        .bind(self.scope.tenant)
        .bind(source)
        .bind(state)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let mut terms = TermChanges::default();
        self.delete(&plan.gone, &mut terms).await?;
        self.put(source, &plan.put, &mut terms).await?;
        self.change_terms(&terms).await?;
        Ok(plan.changes())
    }

    async fn remove(&mut self, source: &str) -> Result<usize, StoreError> {
        let keys: Vec<String> = self
            .stored(source)
            .await?
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let mut terms = TermChanges::default();
        self.delete(&keys, &mut terms).await?;
        self.change_terms(&terms).await?;
        sqlx::query::<Db>("DELETE FROM search_sources WHERE tenant_id = $1 AND source = $2")
            .bind(self.scope.tenant)
            .bind(source)
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(keys.len())
    }

    async fn find(&mut self, asked: &Asked, most: u32) -> Result<Vec<Entry>, StoreError> {
        if asked.clauses.is_empty() {
            return Ok(Vec::new());
        }
        let scope = scope_words(self.scope, asked.kind, asked.product);
        self.entries(asked, &scope, most).await
    }

    async fn find_exact(
        &mut self,
        squeezed: &str,
        kind: Option<Kind>,
        product: Option<ProductId>,
        most: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut scope = scope_words(self.scope, kind, product);
        scope.push(exact_word(squeezed));
        let rows = sqlx::query_scalar::<Db, String>(concat!(
            "SELECT e.entry FROM (",
            full_text::all_matching!(),
            " LIMIT $3) AS found JOIN search_entries e ON e.number = found.number WHERE e.tenant_id = $1"
        ))
        .bind(self.scope.tenant)
        .bind(full_text::expression(&Asked::default(), &scope))
        .bind(i64::from(most))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.iter().map(|json| entry(json)).collect()
    }

    async fn count(&mut self, asked: &Asked) -> Result<Vec<Count>, StoreError> {
        if asked.clauses.is_empty() {
            return Ok(Vec::new());
        }
        let scope = scope_words(self.scope, asked.kind, asked.product);
        let rows = sqlx::query_as::<Db, (String, Option<Uuid>, i64)>(concat!(
            "SELECT e.kind, e.product_id, count(*) FROM (",
            full_text::all_matching!(),
            ") AS found JOIN search_entries e ON e.number = found.number WHERE e.tenant_id = $1
             GROUP BY e.kind, e.product_id ORDER BY e.kind, e.product_id"
        ))
        .bind(self.scope.tenant)
        .bind(full_text::expression(asked, &scope))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|(kind, product, entries)| {
                Ok(Count {
                    kind: read::word("search_entries.kind", &kind)?,
                    product: product.map(ProductId::from_uuid),
                    entries: entries.unsigned_abs(),
                })
            })
            .collect()
    }

    async fn usage(&mut self, words: &[Wanted]) -> Result<Vec<u32>, StoreError> {
        // A word that goes on lies between itself and the same with the greatest letter behind it; one that does not
        // go on is found by its stem alone.
        let rows: Vec<_> = (0..)
            .zip(words)
            .map(|(n, wanted): (i64, _)| {
                let after = if wanted.prefix {
                    format!("{}\u{10FFFF}", wanted.word)
                } else {
                    wanted.word.clone()
                };
                json!({"n": n, "word": wanted.word, "after": after, "stem": stem(&wanted.word)})
            })
            .collect();
        let rows = sqlx::query_as::<Db, (i64, i64)>(concat!(
            "SELECT CAST(rows.value ->> 'n' AS BIGINT), CAST(
                 COALESCE((SELECT SUM(t.entries) FROM search_terms t
                           WHERE t.tenant_id = $1 AND t.stem = rows.value ->> 'stem'), 0)
                 + COALESCE((SELECT SUM(t.entries) FROM search_terms t
                             WHERE t.tenant_id = $1 AND t.term >= rows.value ->> 'word'
                             AND t.term < rows.value ->> 'after'), 0) AS BIGINT)
             FROM ",
            full_text::json_rows!("$2")
        ))
        .bind(self.scope.tenant)
        .bind(read::json(&rows))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let found: HashMap<i64, i64> = rows.into_iter().collect();
        let count = |n| {
            found
                .get(&n)
                .map_or(0, |count| u32::try_from(*count).unwrap_or(u32::MAX))
        };
        Ok((0..).zip(words).map(|(n, _)| count(n)).collect())
    }

    async fn vocabulary(
        &mut self,
        least: usize,
        most: Option<usize>,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        // One long text instead of a row a word: ten thousand rows take far longer.
        let list = sqlx::query_scalar::<Db, Option<String>>(
            "SELECT string_agg(term || ' ' || CAST(entries AS TEXT), ' ') FROM search_terms
             WHERE tenant_id = $1 AND characters BETWEEN $2 AND $3",
        )
        .bind(self.scope.tenant)
        .bind(i64::try_from(least).unwrap_or(i64::MAX))
        .bind(most.map_or(i64::MAX, |most| i64::try_from(most).unwrap_or(i64::MAX)))
        .fetch_one(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let list = list.unwrap_or_default();
        let mut words = list.split(' ');
        let mut vocabulary = Vec::new();
        while let (Some(term), Some(entries)) = (words.next(), words.next()) {
            vocabulary.push((term.to_owned(), read::word("search_terms.entries", entries)?));
        }
        Ok(vocabulary)
    }
}
