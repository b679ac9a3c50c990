//! What a store gives search: an index over entries, and the vocabulary of each tenant.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aforo_core::{ProductId, StoreError};
use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{
    Entry, Kind, MAX_BODY,
    query::{Alternative, Asked},
    rank::{exact_names, keys},
    text::{Tokens, runs, stem},
};

/// How many entries of a kind and a product match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The kind.
    pub kind: Kind,
    /// The product; `None` for what belongs to none.
    pub product: Option<ProductId>,
    /// How many.
    pub entries: u64,
}

/// A word whose use is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The word, folded.
    pub word: String,
    /// It may go on.
    pub prefix: bool,
}

/// What a replacement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Entries that were written.
    pub written: usize,
    /// Entries that were removed, those that were written anew among them.
    pub removed: usize,
}

/// Keeps the search index of one tenant.
#[async_trait]
pub trait SearchRepository: Send {
    /// Makes other transactions that want to change this tenant's index wait until this one ends. The last lock that a
    /// transaction takes.
    async fn lock(&mut self) -> Result<(), StoreError>;
    /// Every source with the state in which it was indexed, in the order of names.
    async fn sources(&mut self) -> Result<Vec<(String, String)>, StoreError>;
    /// Makes these the entries of a source, and notes its state. Entries that are the same stay untouched; keys are
    /// unique over all sources. The index is locked.
    async fn replace(&mut self, source: &str, state: &str, entries: &[Entry]) -> Result<Changes, StoreError>;
    /// Forgets a source with its entries; how many there were.
    async fn remove(&mut self, source: &str) -> Result<usize, StoreError>;
    /// The entries that match, at most `most`; when there are more, those that weigh most by the store's own ranking.
    /// In no order.
    async fn find(&mut self, asked: &Asked, most: u32) -> Result<Vec<Entry>, StoreError>;
    /// The entries that are called exactly so: see [`exact_names`]. At most `most`.
    async fn find_exact(
        &mut self,
        squeezed: &str,
        kind: Option<Kind>,
        product: Option<ProductId>,
        most: u32,
    ) -> Result<Vec<Entry>, StoreError>;
    /// How many entries match, by kind and product.
    async fn count(&mut self, asked: &Asked) -> Result<Vec<Count>, StoreError>;
    /// In how many entries each word is about, in any form; 0 only for a word that is in none.
    async fn usage(&mut self, words: &[Wanted]) -> Result<Vec<u32>, StoreError>;
    /// The vocabulary: words of at least this many characters (and at most that many), with how many entries have them.
    async fn vocabulary(
        &mut self,
        least: usize,
        most: Option<usize>,
    ) -> Result<Vec<(String, u32)>, StoreError>;
}

/// An entry as an index holds it.
#[derive(Clone, Debug)]
pub struct Indexed {
    /// The entry, fit to be stored.
    pub entry: Entry,
    /// SHA-256 of all of it: tells whether it changed.
    pub hash: String,
    /// What it is called exactly, squeezed.
    pub exact: BTreeSet<String>,
    /// Title and names.
    pub title: Tokens,
    /// Trail, method and path.
    pub keys: Tokens,
    /// The body.
    pub body: Tokens,
}

impl Indexed {
    /// Analyses an entry.
    pub fn of(entry: &Entry) -> Self {
        let entry = storable(entry);
        let mut title = Tokens::default();
        for text in std::iter::once(&entry.title).chain(&entry.names) {
            title.add(text);
        }
        let mut key = Tokens::default();
        for text in keys(&entry) {
            key.add(text);
        }
        let mut body = Tokens::default();
        body.add(&entry.body);
        Self {
            hash: hash(&entry),
            exact: exact_names(&entry).collect(),
            title,
            keys: key,
            body,
            entry,
        }
    }

    /// The fields, the one that weighs most first.
    pub fn fields(&self) -> [&Tokens; 3] {
        [&self.title, &self.keys, &self.body]
    }

    /// Whether it matches, as a database would say.
    pub fn matches(&self, asked: &Asked) -> bool {
        if asked.kind.is_some_and(|kind| kind != self.entry.kind)
            || asked
                .product
                .is_some_and(|product| Some(product) != self.entry.product)
            || asked.clauses.is_empty()
        {
            return false;
        }
        let has = |clause: &Vec<Alternative>| clause.iter().any(|alternative| self.has(alternative));
        if asked.any {
            asked.clauses.iter().any(has)
        } else {
            asked.clauses.iter().all(has)
        }
    }

    fn has(&self, alternative: &Alternative) -> bool {
        match alternative {
            Alternative::All(words) => words.iter().all(|(word, prefix)| {
                let all = self.fields().into_iter();
                let mut all = all.flat_map(|f| f.words.iter().chain(f.more.iter().map(|(_, word)| word)));
                all.any(|w| {
                    if *prefix {
                        w.starts_with(word.as_str())
                    } else {
                        w == word
                    }
                })
            }),
            Alternative::Phrase(words) => {
                let mut fields = self.fields().into_iter();
                fields.any(|field| field.words.windows(words.len()).any(|window| window == words))
            }
        }
    }

    /// The words of its vocabulary.
    pub fn terms(&self) -> BTreeSet<String> {
        terms(&self.entry)
    }
}

/// The words that an entry adds to the vocabulary: those that a person would type, with wholes and without stems.
pub fn terms(entry: &Entry) -> BTreeSet<String> {
    let fields = std::iter::once(entry.title.as_str()).chain(entry.names.iter().map(String::as_str));
    let fields = fields.chain(keys(entry)).chain([entry.body.as_str()]);
    let runs = fields.flat_map(runs);
    runs.flat_map(|run| run.words.into_iter().chain(run.whole))
        .map(|word| word.text)
        .collect()
}

/// How a vocabulary changes: words with how many entries more or fewer have them.
#[derive(Debug, Default)]
pub struct TermChanges(BTreeMap<String, i64>);

impl TermChanges {
    /// This entry comes.
    pub fn add(&mut self, entry: &Entry) {
        self.count(entry, 1);
    }
    /// This entry goes.
    pub fn remove(&mut self, entry: &Entry) {
        self.count(entry, -1);
    }
    fn count(&mut self, entry: &Entry, by: i64) {
        for term in terms(entry) {
            *self.0.entry(term).or_default() += by;
        }
    }
    /// The words that change, in their order: word, its stem, its characters, by how many entries.
    pub fn changed(&self) -> impl Iterator<Item = (&str, String, usize, i64)> {
        let changed = self.0.iter().filter(|(_, by)| **by != 0);
        changed.map(|(term, by)| (term.as_str(), stem(term).into_owned(), term.chars().count(), *by))
    }
}

/// What has to be done so that `wanted` is what is kept.
#[derive(Debug, Default)]
pub struct Plan<'e> {
    /// Keys to remove.
    pub gone: Vec<String>,
    /// Entries to add, those whose old form is removed among them.
    pub put: Vec<&'e Indexed>,
}

impl<'e> Plan<'e> {
    /// Compares what is stored (key and hash) with what is wanted.
    pub fn of(stored: Vec<(String, String)>, wanted: &'e [Indexed]) -> Self {
        let mut stored: HashMap<String, String> = stored.into_iter().collect();
        let mut plan = Self::default();
        let mut met: HashSet<&str> = HashSet::new();
        for indexed in wanted {
            // Names that differ only in what is not kept have one key: the first entry has it.
            if !met.insert(&indexed.entry.key) {
                continue;
            }
            match stored.remove(&indexed.entry.key) {
                Some(hash) if hash == indexed.hash => {}
                Some(_) => {
                    plan.gone.push(indexed.entry.key.clone());
                    plan.put.push(indexed);
                }
                None => plan.put.push(indexed),
            }
        }
        plan.gone.extend(stored.into_keys());
        plan.gone.sort_unstable();
        plan
    }
    /// What it comes to.
    pub fn changes(&self) -> Changes {
        Changes {
            written: self.put.len(),
            removed: self.gone.len(),
        }
    }
}

/// Without what databases refuse, and no longer than is kept.
fn storable(entry: &Entry) -> Entry {
    let clean =
        |text: &String, most: usize| text.chars().filter(|c| *c != '\0').take(most).collect::<String>();
    let all = |texts: &[String]| texts.iter().map(|text| clean(text, 500)).collect();
    Entry {
        key: clean(&entry.key, 1_000),
        kind: entry.kind,
        product: entry.product,
        title: clean(&entry.title, 500),
        names: all(&entry.names),
        trail: all(&entry.trail),
        method: entry.method.as_ref().map(|method| clean(method, 50)),
        path: entry.path.as_ref().map(|path| clean(path, 1_000)),
        body: clean(&entry.body, MAX_BODY),
        address: clean(&entry.address, 1_000),
        anchor: entry.anchor.as_ref().map(|anchor| clean(anchor, 500)),
    }
}

fn hash(entry: &Entry) -> String {
    // An entry of texts always serialises.
    let json = serde_json::to_vec(&(super::ANALYSIS, entry)).unwrap_or_default();
    aforo_core::kernel::audit::hex(&Sha256::digest(&json))
}
