//! Finding.

use std::{collections::HashMap, sync::Arc};

use aforo_core::{ProductId, Store, StoreError, TenantScope};

use super::{
    Entry, Kind, Marked,
    query::{Clause, Query},
    rank::Ranker,
    store::{Count, SearchRepository, Wanted},
    typo,
};
use crate::store::DocsTx;

/// Entries of an index that are put in order. Beyond that, the store's own ranking has decided.
const CANDIDATES: u32 = 120;
/// With fewer hits than this for all words, those with some of the words follow.
const FEW: usize = 5;
/// Hits of one page among the first, so that one guide does not fill the list.
const OF_ONE_PAGE: usize = 3;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    /// As the reader typed it.
    pub text: String,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this product.
    pub product: Option<ProductId>,
    /// How many hits, at most.
    pub limit: usize,
    /// Whether to count all that matches, by kind and product.
    pub counts: bool,
}

/// One hit.
#[derive(Clone, Debug)]
pub struct Hit {
    /// What was found.
    pub entry: Entry,
    /// Its title, marked.
    pub title: Marked,
    /// The part of its body that has most of the words; `None` when they are elsewhere.
    pub excerpt: Option<Marked>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct SearchResults {
    /// The best hits, best first.
    pub hits: Vec<Hit>,
    /// How many entries match, by kind and product, whatever kind and product were asked for. Empty unless asked for.
    pub counts: Vec<Count>,
    /// The question as it was probably meant.
    pub suggestion: Option<String>,
    /// Some hits have only some of the words.
    pub partial: bool,
}

/// Search over everything that readers see.
#[derive(Clone)]
pub struct Search {
    store: Arc<dyn Store<dyn DocsTx>>,
}

impl Search {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store<dyn DocsTx>>) -> Self {
        Self { store }
    }

    /// Answers a question from one moment.
    pub async fn find(
        &self,
        scope: TenantScope,
        request: &SearchRequest,
    ) -> Result<SearchResults, StoreError> {
        let mut tx = self.store.read().await?;
        Self::find_in(&mut *tx, scope, request).await
    }

    /// As [`Search::find`], in the caller's transaction.
    pub async fn find_in(
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        request: &SearchRequest,
    ) -> Result<SearchResults, StoreError> {
        let mut query = Query::parse(&request.text);
        if query.clauses.is_empty() || request.limit == 0 {
            return Ok(SearchResults::default());
        }
        let mut index = tx.search(scope);
        let usage = correct(&mut *index, &mut query).await?;
        let (kind, product) = (request.kind, request.product);
        let mut found = Found::default();
        if !query.squeezed.is_empty() {
            found.add(
                index
                    .find_exact(&query.squeezed, kind, product, CANDIDATES)
                    .await?,
            );
        }
        let called_so = !found.entries.is_empty();
        found.add(index.find(&query.asked(false, kind, product), CANDIDATES).await?);
        let partial = !called_so && found.entries.len() < FEW && query.clauses.len() > 1;
        if partial {
            found.add(index.find(&query.asked(true, kind, product), CANDIDATES).await?);
        }
        let counts = if request.counts {
            index.count(&query.asked(partial, None, None)).await?
        } else {
            Vec::new()
        };
        let suggestion = query.suggestion();
        drop(index);
        let limit = request.limit;
        // Reading words out of a hundred texts takes more than a millisecond.
        let ordering = tokio::task::spawn_blocking(move || {
            let ranker = Ranker::new(&query, |clause| usage.get(&clause.place.0).copied().unwrap_or(0));
            ordered(&ranker, found.entries, query.clauses.len(), limit)
        });
        let (hits, some) = ordering
            .await
            .map_err(|error| StoreError::new(aforo_core::StoreErrorKind::Other, error))?;
        Ok(SearchResults {
            hits,
            counts,
            suggestion,
            partial: some,
        })
    }
}

/// Entries, each once.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    seen: std::collections::HashSet<String>,
}

impl Found {
    fn add(&mut self, entries: Vec<Entry>) {
        let fresh = entries
            .into_iter()
            .filter(|entry| self.seen.insert(entry.key.clone()));
        self.entries.extend(fresh);
    }
}

/// The best hits in order, and whether some of them have only some of the words.
fn ordered(ranker: &Ranker<'_>, entries: Vec<Entry>, clauses: usize, limit: usize) -> (Vec<Hit>, bool) {
    let mut scored: Vec<_> = entries
        .into_iter()
        .map(|entry| (ranker.score(&entry), entry))
        .filter(|((matched, _), _)| *matched > 0)
        .collect();
    scored.sort_by(|((a_has, a), a_entry), ((b_has, b), b_entry)| {
        b_has
            .cmp(a_has)
            .then(b.total_cmp(a))
            .then_with(|| (a_entry.kind, &a_entry.key).cmp(&(b_entry.kind, &b_entry.key)))
    });
    // What follows of a page goes behind what other pages have.
    let mut of_page: HashMap<String, usize> = HashMap::new();
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for (score, entry) in scored {
        if entry.kind == Kind::Guide {
            let times = of_page.entry(entry.address.clone()).or_default();
            *times += 1;
            if *times > OF_ONE_PAGE {
                later.push((score, entry));
                continue;
            }
        }
        first.push((score, entry));
    }
    first.append(&mut later);
    let mut some = false;
    let hit = |((matched, _), entry): ((usize, f64), Entry)| {
        some |= matched < clauses;
        Hit {
            title: ranker.mark(&entry.title),
            excerpt: ranker.excerpt(&entry.body),
            entry,
        }
    };
    let hits = first.into_iter().take(limit).map(hit).collect();
    (hits, some)
}

/// Gives words that no entry has the words that were probably meant. In how many entries each clause is, by its place.
async fn correct(
    index: &mut (dyn SearchRepository + '_),
    query: &mut Query,
) -> Result<HashMap<usize, u32>, StoreError> {
    let wanted: Vec<Wanted> = query
        .clauses
        .iter()
        .map(|clause| Wanted {
            word: clause.whole(),
            prefix: clause.prefix,
        })
        .collect();
    let usage = index.usage(&wanted).await?;
    let by_place = query
        .clauses
        .iter()
        .map(|clause| clause.place.0)
        .zip(usage.iter().copied())
        .collect();
    let unknown: Vec<&mut Clause> = query
        .clauses
        .iter_mut()
        .zip(usage)
        .filter(|(clause, usage)| {
            let characters: usize = clause.words.iter().map(|word| word.chars().count()).sum();
            *usage == 0 && clause.words.len() == 1 && typo::allowed(characters) > 0
        })
        .map(|(clause, _)| clause)
        .collect();
    if unknown.is_empty() {
        return Ok(by_place);
    }
    let lengths = unknown.iter().map(|clause| {
        let characters = clause
            .words
            .iter()
            .map(|word| word.chars().count())
            .sum::<usize>();
        let allowed = typo::allowed(characters);
        (
            characters - allowed,
            if clause.prefix {
                None
            } else {
                Some(characters + allowed)
            },
        )
    });
    let (mut least, mut most) = (usize::MAX, Some(0));
    for (from, to) in lengths {
        least = least.min(from);
        most = most.zip(to).map(|(most, to)| most.max(to));
    }
    let vocabulary = index.vocabulary(least, most).await?;
    for clause in unknown {
        let word = clause.whole();
        let words = || vocabulary.iter().map(|(word, entries)| (word.as_str(), *entries));
        let mut nearest = typo::nearest(&word, false, words());
        if nearest.is_empty() && clause.prefix {
            nearest = typo::nearest(&word, true, words());
        }
        clause.meant = nearest.into_iter().map(|(word, _)| word.to_owned()).collect();
    }
    Ok(by_place)
}
