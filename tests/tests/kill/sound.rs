//! The checks find what they look for: each of these databases is wrong in one way.

use aforo_core::{KeyId, OsEntropy, SubscriptionId, Timestamp};

use crate::{
    invariants::violations,
    state::{Binding, Entry, Key, Sealed, State, Subscription},
    told::Told,
};

fn key(n: u8, lineage: KeyId, successor: Option<KeyId>, id: KeyId) -> Key {
    Key {
        id,
        is_twin: false,
        environment: "live".to_owned(),
        products: "[]".to_owned(),
        hash: vec![n; 32],
        lineage,
        successor,
        in_grace: successor.is_some(),
        is_revoked: false,
    }
}

fn entry(action: &str, target: impl ToString, detail: &str) -> Entry {
    Entry {
        action: action.to_owned(),
        target: target.to_string(),
        detail: detail.to_owned(),
    }
}

/// An active subscription 0 with key 0, rotated to key 1, and twin 3; a cancelled subscription 1 with the dead key 2
/// and the dead twin 4.
fn good() -> (State, Told) {
    let now = Timestamp::from_millis(1_795_373_283_123);
    let k: Vec<KeyId> = (0..5).map(|_| KeyId::new(now, &OsEntropy)).collect();
    let s: Vec<SubscriptionId> = (0..2).map(|_| SubscriptionId::new(now, &OsEntropy)).collect();
    let mut keys = vec![
        key(0, k[0], Some(k[1]), k[0]),
        key(1, k[0], None, k[1]),
        key(2, k[2], None, k[2]),
        key(3, k[3], None, k[3]),
        key(4, k[4], None, k[4]),
    ];
    (keys[2].is_revoked, keys[4].is_revoked) = (true, true);
    (keys[3].is_twin, keys[4].is_twin) = (true, true);
    let binding = |key: usize, subscription: usize| Binding {
        key: k[key],
        subscription: s[subscription],
        has_ended: subscription == 1,
    };
    let state = State {
        subscriptions: vec![
            Subscription {
                id: s[0],
                is_cancelled: false,
            },
            Subscription {
                id: s[1],
                is_cancelled: true,
            },
        ],
        keys,
        bindings: vec![
            binding(0, 0),
            binding(1, 0),
            binding(2, 1),
            binding(3, 0),
            binding(4, 1),
        ],
        sealed: vec![Sealed {
            key: k[3],
            subscription: s[0],
        }],
        audit: vec![
            entry("subscription.created", s[0], "{}"),
            entry("subscription.created", s[1], "{}"),
            entry("key.created", k[0], "{}"),
            entry("key.rotated", k[0], &format!(r#"{{"successor":"{}"}}"#, k[1])),
            entry("key.created", k[2], "{}"),
            entry("twin.created", k[3], "{}"),
            entry("twin.opened", k[3], "{}"),
            entry("twin.created", k[4], "{}"),
            entry(
                "subscription.cancelled",
                s[1],
                &format!(r#"{{"keys":"{}"}}"#, k[2]),
            ),
        ],
        damage: Vec::new(),
    };
    let hash = |n: u8| aforo_core::kernel::audit::hex(&[n; 32]);
    let told = Told {
        subscribed: s.iter().copied().collect(),
        cancelled: [s[1]].into(),
        keys: [(k[0], hash(0)), (k[1], hash(1)), (k[2], hash(2))].into(),
        bound: vec![(k[0], s[0]), (k[2], s[1])],
        rotated: vec![(k[0], k[1])],
        revoked: [k[2]].into(),
        opened: [((s[0], hash(3)), 1)].into(),
        head: None,
    };
    (state, told)
}

#[track_caller]
fn finds(marks: &[&str], spoil: impl FnOnce(&mut State, &mut Told)) {
    let (mut state, mut told) = good();
    spoil(&mut state, &mut told);
    let found = violations(&state, &told);
    for mark in marks {
        assert!(
            found.iter().any(|text| text.starts_with(mark)),
            "no {mark} in {found:#?}"
        );
    }
}

#[test]
fn nothing_is_wrong_with_a_good_database() {
    let (state, told) = good();
    assert_eq!(violations(&state, &told), [""; 0]);
}

#[test]
fn a_cancellation_by_half_is_found() {
    finds(&["I1", "I2", "I5"], |state, _| {
        state.subscriptions[0].is_cancelled = true
    });
    finds(&["I2"], |state, _| state.bindings[2].has_ended = false);
    finds(&["I1", "I5"], |state, _| state.keys[2].is_revoked = false);
    finds(&["I1", "I4"], |state, _| state.keys[4].is_revoked = false);
    finds(&["I2", "I3", "I5"], |state, _| {
        state.subscriptions[1].is_cancelled = false
    });
    finds(&["I1", "I5"], |state, _| state.keys[1].is_revoked = true);
}

#[test]
fn what_is_written_by_half_is_found() {
    finds(&["I4"], |state, _| {
        state.bindings.remove(2);
    });
    finds(&["I4"], |state, _| {
        state.keys.remove(1);
    });
    finds(&["I4"], |state, _| state.keys[0].in_grace = false);
    finds(&["I4"], |state, _| state.keys[1].in_grace = true);
    finds(&["I3", "I4"], |state, _| state.keys[0].successor = None);
    finds(&["I4"], |state, _| state.keys[1].lineage = state.keys[2].lineage);
    finds(&["I4"], |state, _| {
        state.sealed.remove(0);
    });
    finds(&["I4"], |state, _| state.sealed[0].key = state.keys[4].id);
    finds(&["I4"], |state, _| {
        state.keys[4].is_revoked = false;
        (state.bindings[4].subscription, state.bindings[4].has_ended) =
            (state.bindings[0].subscription, false);
        state.sealed.push(Sealed {
            key: state.keys[4].id,
            subscription: state.bindings[0].subscription,
        });
    });
}

#[test]
fn every_missing_and_every_surplus_entry_is_found() {
    for n in 0..good().0.audit.len() {
        let is_opening = good().0.audit[n].action == "twin.opened";
        finds(&[if is_opening { "I3" } else { "I5" }], |state, _| {
            drop(state.audit.remove(n))
        });
        if !is_opening {
            finds(&["I5"], |state, _| state.audit.push(state.audit[n].clone()));
        }
    }
    finds(&["I5"], |state, _| {
        let alive = state.keys[1].id;
        state.audit.push(entry("key.revoked", alive, "{}"));
    });
    finds(&["I5"], |state, _| {
        let dead = state.keys[2].id;
        state.audit.push(entry("key.revoked", dead, "{}"));
    });
}

#[test]
fn what_is_forgotten_is_found() {
    finds(&["I3"], |state, _| {
        state.subscriptions.remove(0);
    });
    finds(&["I3"], |state, _| {
        state.keys.remove(0);
    });
    finds(&["I3"], |state, _| state.keys[1].hash[0] ^= 1);
    finds(&["I3"], |state, _| {
        state.bindings[0].subscription = state.bindings[2].subscription
    });
    finds(&["I3"], |state, told| told.revoked.extend([state.keys[1].id]));
    finds(&["I3"], |state, told| {
        told.cancelled.extend([state.subscriptions[0].id])
    });
    finds(&["I3"], |_, told| {
        told.opened.values_mut().for_each(|times| *times += 1)
    });
    finds(&["I3"], |_, told| {
        let opened = std::mem::take(&mut told.opened).into_iter();
        told.opened = opened
            .map(|((s, _), times)| ((s, "of nothing".to_owned()), times))
            .collect();
    });
    finds(&["damage"], |state, _| state.damage.push("a page".to_owned()));
}
