//! Rate limits: the generic cell rate algorithm (GCRA), one cell of state a key.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// At most `count` in each span of `per`, which may all come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

impl Quota {
    /// So many a minute.
    pub const fn per_minute(count: u32) -> Self {
        Self {
            count,
            per: Duration::from_secs(60),
        }
    }
}

/// Counts by key, in this process: with several replicas each allows its share. What must hold across
/// replicas does not rest on it.
#[derive(Debug)]
pub struct RateLimiter<K> {
    shards: Vec<Mutex<Shard<K>>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Shard<K> {
    cells: HashMap<K, i64>,
    /// At this size the keys that are back at rest are forgotten; grows with those that are not, so that a
    /// crowd is not swept through at every call.
    sweep_at: usize,
}

impl<K> Default for Shard<K> {
    fn default() -> Self {
        Self {
            cells: HashMap::new(),
            sweep_at: SWEEP_AT,
        }
    }
}

const SHARDS: usize = 16;
const SWEEP_AT: usize = 8192;

impl<K: Eq + Hash> Default for RateLimiter<K> {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// Takes one from the quota of `key`. `Err` says how long until the next one is free, and takes nothing.
    pub fn take(&self, key: K, quota: Quota, now: Timestamp) -> Result<(), Duration> {
        // Microseconds, so that quotas above 1,000 a second stay exact enough.
        let now = now.as_millis().saturating_mul(1000);
        let per = i64::try_from(quota.per.as_micros())
            .unwrap_or(i64::MAX / 4)
            .min(i64::MAX / 4);
        if quota.count == 0 {
            return Err(quota.per);
        }
        let step = (per / i64::from(quota.count)).max(1);
        let shard = &self.shards[self.hasher.hash_one(&key) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.cells.len() >= shard.sweep_at {
            shard.cells.retain(|_, free_at| *free_at > now);
            shard.sweep_at = SWEEP_AT.max(2 * shard.cells.len());
        }
        let free_at = shard.cells.entry(key).or_insert(now);
        // A clock that was set back must not lock a key out for longer than one full quota.
        let theoretical = (*free_at).clamp(now, now.saturating_add(per)).max(now);
        let wait = theoretical + step - per - now;
        if wait > 0 {
            return Err(Duration::from_micros(wait as u64));
        }
        *free_at = theoretical + step;
        Ok(())
    }

    /// Gives one back that was taken from the same quota.
    pub fn give_back(&self, key: &K, quota: Quota) {
        let per = i64::try_from(quota.per.as_micros())
            .unwrap_or(i64::MAX / 4)
            .min(i64::MAX / 4);
        let shard = &self.shards[self.hasher.hash_one(key) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(free_at) = shard.cells.get_mut(key) {
            *free_at -= (per / i64::from(quota.count.max(1))).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_760_000_000_000 + ms)
    }

    #[test]
    fn a_full_quota_at_once_then_one_each_step() {
        let limiter = RateLimiter::default();
        let quota = Quota::per_minute(3);
        for _ in 0..3 {
            assert_eq!(limiter.take("a", quota, at(0)), Ok(()));
        }
        assert_eq!(limiter.take("a", quota, at(0)), Err(Duration::from_secs(20)));
        assert_eq!(limiter.take("b", quota, at(0)), Ok(()));
        assert!(limiter.take("a", quota, at(19_999)).is_err());
        assert_eq!(limiter.take("a", quota, at(20_000)), Ok(()));
        assert!(limiter.take("a", quota, at(20_000)).is_err());
        limiter.give_back(&"a", quota);
        assert_eq!(limiter.take("a", quota, at(20_000)), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_two_quotas_in_one_span(count in 1u32..50, steps in prop::collection::vec(0i64..5000, 1..300)) {
            let limiter = RateLimiter::default();
            let (mut now, mut taken) = (0, Vec::new());
            for step in steps {
                now += step;
                if limiter.take((), Quota::per_minute(count), at(now)).is_ok() {
                    taken.push(now);
                }
            }
            for &start in &taken {
                let inside = taken.iter().filter(|&&t| t >= start && t < start + 60_000).count();
                prop_assert!(inside <= 2 * count as usize);
            }
        }
    }
}
