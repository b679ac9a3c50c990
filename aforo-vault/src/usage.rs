//! Last-used times: kept in memory and written in batches, so that a busy key is no hot row (VAULT-17).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use aforo_core::{KeyId, StoreError, Timestamp};

use crate::Vault;

/// When keys were last accepted, since the last flush.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<KeyId, Timestamp>>);

impl Uses {
    pub(crate) fn note(&self, key: KeyId, at: Timestamp) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = uses.entry(key).or_insert(at);
        *last = (*last).max(at);
    }
    pub(crate) fn of(&self, key: KeyId) -> Option<Timestamp> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .copied()
    }
    fn take(&self) -> Vec<(KeyId, Timestamp)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain()
            .collect()
    }
}

impl Vault {
    /// Writes the last-used times noted since the last call; returns how many. Call it every 30 seconds and at
    /// shutdown. What a crash loses is at most that much of a display value.
    pub async fn flush_last_used(&self) -> Result<usize, StoreError> {
        let mut uses = self.uses.take();
        if uses.is_empty() {
            return Ok(0);
        }
        uses.sort_unstable(); // one order for all writers: no deadlock
        match self.credentials.record_use(&uses).await {
            Ok(()) => Ok(uses.len()),
            Err(error) => {
                uses.into_iter().for_each(|(key, at)| self.uses.note(key, at));
                Err(error)
            }
        }
    }
}
