//! How many calls are under way. Budgets count beginnings; a stream or a slow API holds memory and a connection
//! for as long as it lasts.

use std::{
    collections::HashMap,
    ops::Deref,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use aforo_core::UserId;
use bytes::Bytes;
use futures_util::Stream;

use crate::{error::ProxyError, response::CleanStream};

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_person: HashMap<UserId, usize>,
}

/// Counts the calls of one process.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlight(Arc<Mutex<Counts>>);

/// One call under way; over when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    counts: InFlight,
    person: UserId,
}

impl InFlight {
    /// Begins a call, if fewer than `most` are under way, and fewer than `most_of_one` of this person.
    pub(crate) fn begin(&self, person: UserId, most: usize, most_of_one: usize) -> Option<Held> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.by_person.get(&person).copied().unwrap_or(0);
        if counts.all >= most || own >= most_of_one {
            return None;
        }
        counts.all += 1;
        counts.by_person.insert(person, own + 1);
        Some(Held {
            counts: self.clone(),
            person,
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        match counts.by_person.get_mut(&self.person) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                counts.by_person.remove(&self.person);
            }
        }
    }
}

/// A stream of events that counts as a call under way until it is dropped.
#[derive(Debug)]
pub struct HeldStream {
    stream: CleanStream,
    _held: Held,
}

impl HeldStream {
    pub(crate) fn new(stream: CleanStream, held: Held) -> Self {
        Self { stream, _held: held }
    }
}

impl Deref for HeldStream {
    type Target = CleanStream;
    fn deref(&self) -> &CleanStream {
        &self.stream
    }
}

impl Stream for HeldStream {
    type Item = Result<Bytes, ProxyError>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.stream).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use aforo_core::{OsEntropy, Timestamp};

    use super::*;

    #[test]
    fn places_are_given_back() {
        let person = || UserId::new(Timestamp::from_millis(1_760_000_000_000), &OsEntropy);
        let (a, b, c) = (person(), person(), person());
        let counts = InFlight::default();
        let first = counts.begin(a, 3, 2).unwrap();
        let second = counts.begin(a, 3, 2).unwrap();
        assert!(counts.begin(a, 3, 2).is_none(), "a person has two places");
        let third = counts.begin(b, 3, 2).unwrap();
        assert!(counts.begin(c, 3, 2).is_none(), "all have three");
        drop(first);
        assert!(counts.begin(c, 3, 2).is_some());
        drop((second, third));
        assert!(counts.0.lock().unwrap().by_person.is_empty());
        assert_eq!(counts.0.lock().unwrap().all, 0);
    }
}
