//! What the child and the suite that kills it agree on: randomness that both can repeat, and the lines that the
//! child writes.
//!
//! Each file that includes this uses its own half.
#![allow(dead_code)]

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use aforo_core::{Entropy, KeyId, SubscriptionId};
use aforo_vault::mint;

/// Randomness whose every draw follows from a seed and a number. So the suite can mint the keys of a child again
/// and present them, and the child never has to let one out.
pub(crate) struct Derived {
    seed: u64,
    draws: AtomicU64,
}

impl Derived {
    /// The source of this seed, which goes on with the draw of this number.
    pub(crate) fn new(seed: u64, draw: u64) -> Self {
        Self {
            seed,
            draws: AtomicU64::new(draw),
        }
    }
}

impl Entropy for Derived {
    fn fill(&self, bytes: &mut [u8]) {
        let draw = self.draws.fetch_add(1, Ordering::Relaxed);
        for (block, chunk) in bytes.chunks_mut(32).enumerate() {
            let hash = mint::hash(&format!("{}.{draw}.{block}", self.seed));
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
    }
}

/// Choices that a seed repeats (SplitMix64).
pub(crate) struct Choices(u64);

impl Choices {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
    /// One of these; `None` if there are none.
    pub(crate) fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(items.len()).ok().filter(|n| *n > 0)?;
        items.get(usize::try_from(self.below(count)).ok()?)
    }
}

/// What the child is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Subscribe,
    Create,
    Rotate,
    Revoke,
    Cancel,
    Open,
    Seal,
}

impl Verb {
    pub(crate) const ALL: [Self; 7] = [
        Self::Subscribe,
        Self::Create,
        Self::Rotate,
        Self::Revoke,
        Self::Cancel,
        Self::Open,
        Self::Seal,
    ];
    const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Create => "create",
            Self::Rotate => "rotate",
            Self::Revoke => "revoke",
            Self::Cancel => "cancel",
            Self::Open => "open",
            Self::Seal => "seal",
        }
    }
}

/// One line of the child. Hashes are SHA-256 of keys in hexadecimal digits; a key itself never leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The store is open and the work begins.
    Ready,
    /// The tables are there (the child was asked for that only).
    Migrated,
    /// Operation number `0` begins.
    Begin(u64, Verb),
    /// An operation ended, and the store said that this is committed.
    Done(u64, Outcome),
    /// An operation was refused by a rule, or was in another's way: nothing is said about it.
    Refused(u64),
    /// The store was gone, so nobody knows what became of the operation.
    Unavailable(u64),
    /// Something that must not happen.
    Broken(String),
}

/// What an operation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Subscribed(SubscriptionId),
    Created {
        key: KeyId,
        hash: String,
        subscriptions: Vec<SubscriptionId>,
    },
    Rotated {
        old: KeyId,
        key: KeyId,
        hash: String,
    },
    Revoked(KeyId),
    Cancelled {
        subscription: SubscriptionId,
        keys: Vec<KeyId>,
    },
    /// A twin was opened: a key with this hash, for this subscription.
    Opened {
        subscription: SubscriptionId,
        hash: String,
    },
    Sealed {
        seq: i64,
        hash: String,
    },
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    items.iter().try_for_each(|item| write!(f, " {item}"))
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Migrated => f.write_str("migrated"),
            Self::Begin(n, verb) => write!(f, "begin {n} {}", verb.as_str()),
            Self::Refused(n) => write!(f, "refused {n}"),
            Self::Unavailable(n) => write!(f, "unavailable {n}"),
            Self::Broken(why) => write!(f, "broken {}", why.escape_debug()),
            Self::Done(n, outcome) => {
                write!(f, "done {n} ")?;
                match outcome {
                    Outcome::Subscribed(id) => write!(f, "subscribed {id}"),
                    Outcome::Created {
                        key,
                        hash,
                        subscriptions,
                    } => {
                        write!(f, "created {key} {hash}")?;
                        list(f, subscriptions)
                    }
                    Outcome::Rotated { old, key, hash } => write!(f, "rotated {old} {key} {hash}"),
                    Outcome::Revoked(key) => write!(f, "revoked {key}"),
                    Outcome::Cancelled { subscription, keys } => {
                        write!(f, "cancelled {subscription}")?;
                        list(f, keys)
                    }
                    Outcome::Opened { subscription, hash } => write!(f, "opened {subscription} {hash}"),
                    Outcome::Sealed { seq, hash } => write!(f, "sealed {seq} {hash}"),
                }
            }
        }
    }
}

impl Line {
    /// Reads a line that the child wrote whole. `None` for anything else.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let kind = words.next()?;
        Some(match kind {
            "ready" => Self::Ready,
            "migrated" => Self::Migrated,
            "broken" => Self::Broken(line.to_owned()),
            _ => {
                let n: u64 = words.next()?.parse().ok()?;
                match kind {
                    "begin" => {
                        let word = words.next()?;
                        Self::Begin(n, Verb::ALL.into_iter().find(|verb| verb.as_str() == word)?)
                    }
                    "refused" => Self::Refused(n),
                    "unavailable" => Self::Unavailable(n),
                    "done" => Self::Done(n, Outcome::parse(words.next()?, words)?),
                    _ => return None,
                }
            }
        })
    }
}

impl Outcome {
    fn parse<'a>(kind: &str, mut words: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some(match kind {
            "subscribed" => Self::Subscribed(words.next()?.parse().ok()?),
            "created" => Self::Created {
                key: words.next()?.parse().ok()?,
                hash: words.next()?.to_owned(),
                subscriptions: words.map(str::parse).collect::<Result<_, _>>().ok()?,
            },
            "rotated" => Self::Rotated {
                old: words.next()?.parse().ok()?,
                key: words.next()?.parse().ok()?,
                hash: words.next()?.to_owned(),
            },
            "revoked" => Self::Revoked(words.next()?.parse().ok()?),
            "cancelled" => Self::Cancelled {
                subscription: words.next()?.parse().ok()?,
                keys: words.map(str::parse).collect::<Result<_, _>>().ok()?,
            },
            "opened" => Self::Opened {
                subscription: words.next()?.parse().ok()?,
                hash: words.next()?.to_owned(),
            },
            "sealed" => Self::Sealed {
                seq: words.next()?.parse().ok()?,
                hash: words.next()?.to_owned(),
            },
            _ => return None,
        })
    }
}
