//! The search index: every entry of a tenant is looked at.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use aforo_core::{ProductId, StoreError, TenantId};
use aforo_docs::search::{
    Count, Entry, Kind, SearchRepository,
    query::Asked,
    store::{Changes, Indexed, Plan, Wanted},
    text::stem,
};
use async_trait::async_trait;

use crate::{Scoped, table::conflict};

/// A row with its source.
type Row = (String, Arc<Indexed>);

/// What a store keeps for search. A clone shares it.
#[derive(Clone, Default)]
pub(crate) struct SearchData {
    sources: Arc<BTreeMap<(TenantId, String), String>>,
    entries: Arc<BTreeMap<(TenantId, String), Row>>,
}

impl Scoped<'_> {
    fn indexed(&self) -> impl Iterator<Item = &Row> {
        let tenant = self.scope.tenant();
        let from = self.data.search.entries.range((tenant, String::new())..);
        from.take_while(move |((of, _), _)| *of == tenant)
            .map(|(_, row)| row)
    }
    /// In how many entries each word is.
    fn words(&self) -> HashMap<String, u32> {
        let mut words = HashMap::new();
        for (_, indexed) in self.indexed() {
            for term in indexed.terms() {
                *words.entry(term).or_default() += 1;
            }
        }
        words
    }
    fn stored(&self, source: &str) -> Vec<(String, String)> {
        let rows = self.indexed().filter(|(of, _)| of == source);
        rows.map(|(_, indexed)| (indexed.entry.key.clone(), indexed.hash.clone()))
            .collect()
    }
}

#[async_trait]
impl SearchRepository for Scoped<'_> {
    async fn lock(&mut self) -> Result<(), StoreError> {
        // A transaction that writes is alone.
        Ok(())
    }
    async fn sources(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let tenant = self.scope.tenant();
        let all = self
            .data
            .search
            .sources
            .iter()
            .filter(|((of, _), _)| *of == tenant);
        Ok(all
            .map(|((_, source), state)| (source.clone(), state.clone()))
            .collect())
    }
    async fn replace(&mut self, source: &str, state: &str, entries: &[Entry]) -> Result<Changes, StoreError> {
        let tenant = self.scope.tenant();
        if !self.data.tenants.rows().contains_key(&tenant) {
            return Err(conflict("there is no such tenant"));
        }
        let wanted: Vec<Indexed> = entries.iter().map(Indexed::of).collect();
        let plan = Plan::of(self.stored(source), &wanted);
        let products = self.data.products.rows();
        let mut kept = (*self.data.search.entries).clone();
        for key in &plan.gone {
            kept.remove(&(tenant, key.clone()));
        }
        for indexed in &plan.put {
            let product = indexed.entry.product;
            if product.is_some_and(|id| products.get(&id).is_none_or(|product| product.tenant != tenant)) {
                return Err(conflict("the tenant has no such product"));
            }
            let key = (tenant, indexed.entry.key.clone());
            let row = (source.to_owned(), Arc::new((*indexed).clone()));
            if kept.insert(key, row).is_some() {
                return Err(conflict("this key is taken"));
            }
        }
        self.data.search.entries = Arc::new(kept);
        Arc::make_mut(&mut self.data.search.sources).insert((tenant, source.to_owned()), state.to_owned());
        Ok(plan.changes())
    }
    async fn remove(&mut self, source: &str) -> Result<usize, StoreError> {
        let tenant = self.scope.tenant();
        let keys = self.stored(source);
        let entries = Arc::make_mut(&mut self.data.search.entries);
        for (key, _) in &keys {
            entries.remove(&(tenant, key.clone()));
        }
        Arc::make_mut(&mut self.data.search.sources).remove(&(tenant, source.to_owned()));
        Ok(keys.len())
    }
    async fn find(&mut self, asked: &Asked, most: u32) -> Result<Vec<Entry>, StoreError> {
        let mut matching: Vec<(usize, &Indexed)> = self
            .indexed()
            .filter(|(_, indexed)| indexed.matches(asked))
            .map(|(_, indexed)| (weight(indexed, asked), &**indexed))
            .collect();
        matching.sort_by(|(a, a_entry), (b, b_entry)| {
            b.cmp(a).then_with(|| a_entry.entry.key.cmp(&b_entry.entry.key))
        });
        let best = matching.into_iter().take(most as usize);
        Ok(best.map(|(_, indexed)| indexed.entry.clone()).collect())
    }
    async fn find_exact(
        &mut self,
        squeezed: &str,
        kind: Option<Kind>,
        product: Option<ProductId>,
        most: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let wanted = |indexed: &Indexed| {
            kind.is_none_or(|kind| kind == indexed.entry.kind)
                && product.is_none_or(|product| Some(product) == indexed.entry.product)
                && indexed.exact.contains(squeezed)
        };
        let found = self
            .indexed()
            .filter(|(_, indexed)| wanted(indexed))
            .take(most as usize);
        Ok(found.map(|(_, indexed)| indexed.entry.clone()).collect())
    }
    async fn count(&mut self, asked: &Asked) -> Result<Vec<Count>, StoreError> {
        let mut counts: BTreeMap<(&str, Option<ProductId>), Count> = BTreeMap::new();
        for (_, indexed) in self.indexed().filter(|(_, indexed)| indexed.matches(asked)) {
            let (kind, product) = (indexed.entry.kind, indexed.entry.product);
            let count = counts.entry((kind.as_str(), product)).or_insert(Count {
                kind,
                product,
                entries: 0,
            });
            count.entries += 1;
        }
        Ok(counts.into_values().collect())
    }
    async fn usage(&mut self, words: &[Wanted]) -> Result<Vec<u32>, StoreError> {
        let known = self.words();
        let usage = |wanted: &Wanted| {
            let stemmed = stem(&wanted.word);
            let fits =
                |word: &str| stem(word) == stemmed || (wanted.prefix && word.starts_with(&wanted.word));
            known
                .iter()
                .filter(|(word, _)| fits(word))
                .map(|(_, entries)| entries)
                .sum()
        };
        Ok(words.iter().map(usage).collect())
    }
    async fn vocabulary(
        &mut self,
        least: usize,
        most: Option<usize>,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        let within = |word: &str| {
            let characters = word.chars().count();
            characters >= least && most.is_none_or(|most| characters <= most)
        };
        Ok(self
            .words()
            .into_iter()
            .filter(|(word, _)| within(word))
            .collect())
    }
}

/// How many clauses are in the title, then in the keys.
fn weight(indexed: &Indexed, asked: &Asked) -> usize {
    let only = |title: bool| Indexed {
        title: if title {
            indexed.title.clone()
        } else {
            Default::default()
        },
        keys: if title {
            Default::default()
        } else {
            indexed.keys.clone()
        },
        body: Default::default(),
        ..indexed.clone()
    };
    let (title, keys) = (only(true), only(false));
    let one = |fields: &Indexed, clause| {
        fields.matches(&Asked {
            clauses: vec![clause],
            ..asked.clone()
        })
    };
    let value = |clause: &Vec<_>| {
        10 * usize::from(one(&title, clause.clone())) + 4 * usize::from(one(&keys, clause.clone()))
    };
    asked.clauses.iter().map(value).sum()
}
