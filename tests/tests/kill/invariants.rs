//! What must be true of every database at every moment, whatever was killed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aforo_core::{KeyId, SubscriptionId, kernel::audit::hex};
use serde_json::Value;

use crate::{
    state::{Key, State},
    told::Told,
};

/// Everything that is wrong, in words. The marks in front say what for.
pub(crate) fn violations(state: &State, told: &Told) -> Vec<String> {
    let view = View::of(state);
    let mut found: Vec<String> = state
        .damage
        .iter()
        .map(|what| format!("damage: {what}"))
        .collect();
    view.cancellation(&mut found);
    view.halves(&mut found);
    view.audit(&mut found);
    view.durability(told, &mut found);
    found
}

struct View<'s> {
    state: &'s State,
    keys: BTreeMap<KeyId, &'s Key>,
    cancelled: BTreeMap<SubscriptionId, bool>,
    bound: BTreeMap<KeyId, Vec<(SubscriptionId, bool)>>,
    /// The details of the entries of each action, by target.
    entries: BTreeMap<&'s str, HashMap<&'s str, Vec<Value>>>,
}

impl<'s> View<'s> {
    fn of(state: &'s State) -> Self {
        let mut bound: BTreeMap<KeyId, Vec<(SubscriptionId, bool)>> = BTreeMap::new();
        for binding in &state.bindings {
            let of_key = bound.entry(binding.key).or_default();
            of_key.push((binding.subscription, binding.has_ended));
        }
        let mut entries: BTreeMap<_, HashMap<_, Vec<_>>> = BTreeMap::new();
        for entry in &state.audit {
            let detail = serde_json::from_str(&entry.detail).unwrap_or_default();
            let of_action = entries.entry(&*entry.action).or_default();
            of_action.entry(&*entry.target).or_default().push(detail);
        }
        Self {
            state,
            keys: state.keys.iter().map(|key| (key.id, key)).collect(),
            cancelled: state
                .subscriptions
                .iter()
                .map(|s| (s.id, s.is_cancelled))
                .collect(),
            bound,
            entries,
        }
    }

    fn is_cancelled(&self, id: SubscriptionId) -> bool {
        self.cancelled.get(&id).copied().unwrap_or(true)
    }
    fn bound(&self, id: KeyId) -> &[(SubscriptionId, bool)] {
        self.bound.get(&id).map_or(&[], Vec::as_slice)
    }
    fn entries(&self, action: &str, target: impl ToString) -> &[Value] {
        let of_action = self.entries.get(action);
        let of_target = of_action.and_then(|entries| entries.get(&*target.to_string()));
        of_target.map_or(&[], Vec::as_slice)
    }

    /// I1 and I2: keys die with their subscriptions.
    fn cancellation(&self, found: &mut Vec<String>) {
        for key in &self.state.keys {
            let is_kept = self
                .bound(key.id)
                .iter()
                .any(|(subscription, has_ended)| !has_ended && !self.is_cancelled(*subscription));
            if !key.is_revoked && !is_kept {
                found.push(format!("I1: {} lives without an active subscription", key.id));
            }
            if key.is_revoked && is_kept && self.is_dead_by_cancellation_only(key) {
                found.push(format!("I1: {} died, and a subscription keeps it alive", key.id));
            }
        }
        for binding in &self.state.bindings {
            if !binding.has_ended && self.is_cancelled(binding.subscription) {
                let (key, subscription) = (binding.key, binding.subscription);
                found.push(format!(
                    "I2: {key} is bound to {subscription}, which is cancelled"
                ));
            }
            if binding.has_ended && !self.is_cancelled(binding.subscription) {
                let (key, subscription) = (binding.key, binding.subscription);
                found.push(format!(
                    "I2: {key} is unbound from {subscription}, which is active"
                ));
            }
        }
    }

    fn is_dead_by_cancellation_only(&self, key: &Key) -> bool {
        !key.is_twin && self.entries("key.revoked", key.id).is_empty() && !self.is_replaced(key)
    }

    /// Whether the key's successor was rotated in turn, which ends the key's grace.
    fn is_replaced(&self, key: &Key) -> bool {
        let successor = key.successor.and_then(|id| self.keys.get(&id));
        successor.is_some_and(|key| key.successor.is_some())
    }

    /// I4: nothing is written by half.
    fn halves(&self, found: &mut Vec<String>) {
        let mut predecessors: BTreeMap<KeyId, usize> = BTreeMap::new();
        let mut lineages: BTreeMap<KeyId, (usize, usize)> = BTreeMap::new();
        let mut twins: HashMap<_, usize> = HashMap::new();
        let mut sealed: BTreeMap<KeyId, Vec<SubscriptionId>> = BTreeMap::new();
        for row in &self.state.sealed {
            sealed.entry(row.key).or_default().push(row.subscription);
        }
        for key in &self.state.keys {
            let id = key.id;
            if self.bound(id).is_empty() {
                found.push(format!("I4: {id} is bound to nothing"));
            }
            if let Some(successor) = key.successor {
                *predecessors.entry(successor).or_default() += 1;
                match self.keys.get(&successor) {
                    None => found.push(format!("I4: {successor}, the successor of {id}, is missing")),
                    Some(next) if next.lineage != key.lineage => {
                        found.push(format!(
                            "I4: {successor}, the successor of {id}, has another lineage"
                        ));
                    }
                    Some(_) => {}
                }
                if !key.in_grace && !key.is_revoked {
                    found.push(format!("I4: {id} was rotated and has no end"));
                }
            } else if key.in_grace {
                found.push(format!("I4: {id} is in grace without a successor"));
            }
            if !key.is_revoked {
                let (live, latest) = lineages.entry(key.lineage).or_default();
                *live += 1;
                *latest += usize::from(key.successor.is_none());
            }
            let copies = sealed.remove(&id).unwrap_or_default();
            let own: Vec<SubscriptionId> = self.bound(id).iter().map(|(s, _)| *s).collect();
            match (key.is_twin, key.is_revoked) {
                (true, false) => {
                    if copies != own || own.len() != 1 {
                        found.push(format!("I4: twin {id} of {own:?} has copies for {copies:?}"));
                    }
                    *twins.entry(self.place_of(key)).or_default() += 1;
                }
                _ if !copies.is_empty() => found.push(format!("I4: {id} is no live twin, and sealed")),
                _ => {}
            }
        }
        found.extend(
            sealed
                .keys()
                .map(|id| format!("I4: a copy of {id}, which is missing")),
        );
        for (lineage, (live, latest)) in lineages {
            if live > 2 || latest > 1 {
                found.push(format!(
                    "I4: lineage {lineage} has {live} live keys, {latest} of them latest"
                ));
            }
        }
        for (place, count) in twins.into_iter().filter(|(_, count)| *count > 1) {
            found.push(format!("I4: {count} live twins of {place:?}"));
        }
        for key in &self.state.keys {
            let wanted = usize::from(key.lineage != key.id);
            let is = predecessors.remove(&key.id).unwrap_or_default();
            if is != wanted {
                found.push(format!(
                    "I4: {} has {is} predecessors instead of {wanted}",
                    key.id
                ));
            }
        }
    }

    /// I5: every change has exactly one entry, and every entry its change.
    fn audit(&self, found: &mut Vec<String>) {
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        let mut lacking = Vec::new();
        let mut expect = |action: &'static str, target: String, holds: &dyn Fn(&Value) -> bool| {
            *expected.entry(action).or_default() += 1;
            let entries = self.entries(action, &target);
            if entries.len() != 1 || !entries.iter().all(holds) {
                lacking.push(format!("I5: {target} has these entries {action}: {entries:?}"));
            }
        };
        for subscription in &self.state.subscriptions {
            expect("subscription.created", subscription.id.to_string(), &|_| true);
            if subscription.is_cancelled {
                expect("subscription.cancelled", subscription.id.to_string(), &|detail| {
                    listed(detail).iter().all(|id| {
                        let is_bound = self.bound(*id).iter().any(|(s, _)| *s == subscription.id);
                        is_bound && self.keys.get(id).is_some_and(|key| key.is_revoked)
                    })
                });
            }
        }
        for key in &self.state.keys {
            if key.is_twin {
                expect("twin.created", key.id.to_string(), &|_| true);
            } else if key.lineage == key.id {
                expect("key.created", key.id.to_string(), &|_| true);
            }
            if let Some(successor) = key.successor {
                let successor = successor.to_string();
                expect("key.rotated", key.id.to_string(), &|detail| {
                    detail["successor"] == *successor
                });
            }
        }
        let mut revoked = self.dead_with_subscriptions(found);
        for target in self
            .entries
            .get("key.revoked")
            .into_iter()
            .flat_map(HashMap::keys)
        {
            expect("key.revoked", (*target).to_owned(), &|_| true);
            let id = target.parse().unwrap();
            if !revoked.insert(id) {
                found.push(format!("I5: {id} died twice"));
            }
        }
        for target in self
            .entries
            .get("twin.revoked")
            .into_iter()
            .flat_map(HashMap::keys)
        {
            expect("twin.revoked", (*target).to_owned(), &|_| true);
            let twin = target.parse().ok().and_then(|id| self.keys.get(&id));
            if !twin.is_some_and(|key| key.is_twin && key.is_revoked) {
                found.push(format!("I5: {target} is no twin that was revoked"));
            }
        }
        found.extend(lacking);
        let mut twins: HashMap<_, usize> = HashMap::new();
        for twin in self.state.keys.iter().filter(|key| key.is_twin) {
            *twins.entry(self.place_of(twin)).or_default() += 1;
        }
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in self
            .state
            .audit
            .iter()
            .filter(|entry| entry.action != "twin.opened")
        {
            *counted.entry(&entry.action).or_default() += 1;
        }
        if counted != expected {
            found.push(format!("I5: entries {counted:?} instead of {expected:?}"));
        }
        for key in &self.state.keys {
            let is_explained = if key.is_twin {
                twins[&self.place_of(key)] > 1
                    || self.bound(key.id).iter().any(|(s, _)| self.is_cancelled(*s))
            } else {
                revoked.contains(&key.id) || self.is_replaced(key)
            };
            if key.is_revoked && !is_explained {
                found.push(format!("I5: nothing says why {} died", key.id));
            }
            if !key.is_revoked && revoked.contains(&key.id) {
                found.push(format!("I5: {} was reported dead, and lives", key.id));
            }
        }
    }

    /// The keys that entries of cancellations list, each once.
    fn dead_with_subscriptions(&self, found: &mut Vec<String>) -> BTreeSet<KeyId> {
        let mut dead = BTreeSet::new();
        let entries = self.entries.get("subscription.cancelled").into_iter();
        for details in entries.flat_map(HashMap::values) {
            for id in details.iter().flat_map(listed) {
                if !dead.insert(id) {
                    found.push(format!("I5: {id} died with two subscriptions"));
                }
            }
        }
        dead
    }

    /// What a twin is for: there is one at a time for each of these.
    fn place_of(&self, twin: &'s Key) -> (Option<SubscriptionId>, &'s str, &'s str) {
        let subscription = self.bound(twin.id).first().map(|(s, _)| *s);
        (subscription, &*twin.environment, &*twin.products)
    }

    /// I3: what a child was told is committed is there.
    fn durability(&self, told: &Told, found: &mut Vec<String>) {
        for id in &told.subscribed {
            if !self.cancelled.contains_key(id) {
                found.push(format!("I3: {id} was subscribed, and is missing"));
            }
        }
        for id in &told.cancelled {
            if self.cancelled.get(id) != Some(&true) {
                found.push(format!("I3: {id} was cancelled, and is not"));
            }
        }
        for (id, hash) in &told.keys {
            if self.keys.get(id).is_none_or(|key| hex(&key.hash) != *hash) {
                found.push(format!("I3: {id} was made, and is missing or another"));
            }
        }
        for (id, subscription) in &told.bound {
            if !self.bound(*id).iter().any(|(s, _)| s == subscription) {
                found.push(format!("I3: {id} was bound to {subscription}, and is not"));
            }
        }
        for (id, successor) in &told.rotated {
            if self
                .keys
                .get(id)
                .is_none_or(|key| key.successor != Some(*successor))
            {
                found.push(format!("I3: {id} was rotated to {successor}, and is not"));
            }
        }
        for id in &told.revoked {
            if self.keys.get(id).is_none_or(|key| !key.is_revoked) {
                found.push(format!("I3: {id} was revoked, and is not"));
            }
        }
        let twins: HashMap<String, KeyId> = self
            .state
            .keys
            .iter()
            .filter(|key| key.is_twin)
            .map(|key| (hex(&key.hash), key.id))
            .collect();
        for ((subscription, hash), times) in &told.opened {
            let twin = twins
                .get(hash)
                .filter(|id| self.bound(**id).iter().any(|(s, _)| s == subscription));
            let entries = twin.map_or(0, |id| self.entries("twin.opened", id).len());
            if entries < *times {
                found.push(format!(
                    "I3: {twin:?} of {subscription} was opened {times} times; {entries} entries"
                ));
            }
        }
    }
}

/// The keys that the entry of a cancellation lists.
fn listed(detail: &Value) -> Vec<KeyId> {
    let words = detail["keys"].as_str().unwrap_or_default().split_whitespace();
    words.map(|id| id.parse().unwrap()).collect()
}
