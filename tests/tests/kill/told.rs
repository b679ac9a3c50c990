//! What children were told is committed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aforo_core::{KeyId, SubscriptionId, kernel::audit::ChainHead};

use crate::protocol::{Line, Outcome, Verb};

/// Everything that a database must remember for ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) subscribed: BTreeSet<SubscriptionId>,
    pub(crate) cancelled: BTreeSet<SubscriptionId>,
    /// Keys with the SHA-256 of each.
    pub(crate) keys: BTreeMap<KeyId, String>,
    pub(crate) bound: Vec<(KeyId, SubscriptionId)>,
    /// Predecessors with their successors.
    pub(crate) rotated: Vec<(KeyId, KeyId)>,
    pub(crate) revoked: BTreeSet<KeyId>,
    /// How often the twin with this hash was opened, and for which subscription.
    pub(crate) opened: HashMap<(SubscriptionId, String), usize>,
    /// The furthest head of the audit chain.
    pub(crate) head: Option<ChainHead>,
}

/// What went on around the kills.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: usize,
    /// Operations that were told to be committed.
    pub(crate) done: BTreeMap<Verb, usize>,
    /// Operations that a kill cut off: begun, and nothing said of their end.
    pub(crate) cut_off: BTreeMap<Verb, usize>,
    pub(crate) refused: usize,
    pub(crate) unavailable: usize,
}

impl Told {
    /// Takes in what a child said until it was killed, and what was open then.
    pub(crate) fn hear(&mut self, lines: &[Line], tally: &mut Tally) {
        let mut open = BTreeMap::new();
        for line in lines {
            match line {
                Line::Ready | Line::Migrated => {}
                Line::Begin(number, verb) => assert_eq!(open.insert(*number, *verb), None),
                Line::Done(number, outcome) => {
                    let verb = open.remove(number).unwrap();
                    *tally.done.entry(verb).or_default() += 1;
                    self.note(outcome);
                }
                Line::Refused(number) => {
                    open.remove(number).unwrap();
                    tally.refused += 1;
                }
                Line::Unavailable(number) => {
                    open.remove(number).unwrap();
                    tally.unavailable += 1;
                }
                Line::Broken(why) => panic!("{why}"),
            }
        }
        for verb in open.into_values() {
            *tally.cut_off.entry(verb).or_default() += 1;
        }
    }

    fn note(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Subscribed(id) => {
                self.subscribed.insert(*id);
            }
            Outcome::Created {
                key,
                hash,
                subscriptions,
            } => {
                self.keys.insert(*key, hash.clone());
                self.bound.extend(subscriptions.iter().map(|s| (*key, *s)));
            }
            Outcome::Rotated { old, key, hash } => {
                self.keys.insert(*key, hash.clone());
                self.rotated.push((*old, *key));
            }
            Outcome::Revoked(key) => {
                self.revoked.insert(*key);
            }
            Outcome::Cancelled { subscription, keys } => {
                self.cancelled.insert(*subscription);
                self.revoked.extend(keys);
            }
            Outcome::Opened { subscription, hash } => {
                *self.opened.entry((*subscription, hash.clone())).or_default() += 1;
            }
            Outcome::Sealed { seq, hash } => {
                if self.head.is_none_or(|head| head.seq < *seq) {
                    let text = format!(r#"{{"seq":{seq},"hash":"{hash}"}}"#);
                    self.head = Some(serde_json::from_str(&text).unwrap());
                }
            }
        }
    }
}

impl Tally {
    #[allow(clippy::print_stdout)] // for whoever runs the suite with --nocapture
    pub(crate) fn print(&self) {
        println!("{self:?}");
    }
    pub(crate) fn cut_off(&self, verb: Verb) -> usize {
        self.cut_off.get(&verb).copied().unwrap_or_default()
    }
    pub(crate) fn done(&self, verb: Verb) -> usize {
        self.done.get(&verb).copied().unwrap_or_default()
    }
}
