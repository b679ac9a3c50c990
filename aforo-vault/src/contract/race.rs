//! Rotations, creations and cancellations at the same time, in many orders.
//!
//! Each round is a seed: how often each task lets the others run between its steps. A store that keeps a cancel
//! waiting while a subscription is held passes whatever the order.

use aforo_core::{
    contract::yield_now,
    kernel::entropy::{Entropy, SeededEntropy},
};
use futures_util::future::{join, join_all};

use super::*;

const ROUNDS: u64 = 40;

/// Lets others run, more or less often.
async fn pause(seed: &SeededEntropy) {
    let mut byte = [0];
    seed.fill(&mut byte);
    for _ in 0..byte[0] % 32 {
        yield_now().await;
    }
}

/// Makes a key and binds it, as the vault does: under a held, active subscription. True if it was committed.
async fn create(
    subject: &Subject,
    owner: &Owner,
    to: SubscriptionId,
    key: &ApiKey,
    seed: &SeededEntropy,
) -> bool {
    pause(seed).await;
    let mut tx = subject.begin().await;
    pause(seed).await;
    let held = tx.subscriptions(owner.own()).lock(to).await.unwrap().unwrap();
    if held.status != SubscriptionStatus::Active {
        return false;
    }
    pause(seed).await;
    tx.keys(owner.own()).insert(key).await.unwrap();
    tx.keys(owner.own()).bind(key.id, to).await.unwrap();
    pause(seed).await;
    tx.commit().await.unwrap();
    true
}

/// Replaces a key, as the vault does. True if it was committed.
async fn rotate(subject: &Subject, owner: &Owner, old: KeyId, new: &ApiKey, seed: &SeededEntropy) -> bool {
    pause(seed).await;
    let mut tx = subject.begin().await;
    let bound = tx.keys(owner.own()).bindings(old).await.unwrap();
    pause(seed).await;
    for subscription in &bound {
        let held = tx
            .subscriptions(owner.own())
            .lock(*subscription)
            .await
            .unwrap()
            .unwrap();
        if held.status != SubscriptionStatus::Active {
            return false;
        }
    }
    let held = tx.keys(owner.own()).lock(old).await.unwrap().unwrap();
    if held.revoked_at.is_some() || held.grace_until.is_some() {
        return false;
    }
    pause(seed).await;
    if !tx
        .keys(owner.own())
        .begin_grace(old, later(300_000), new.id)
        .await
        .unwrap()
    {
        return false;
    }
    tx.keys(owner.own()).insert(new).await.unwrap();
    for subscription in bound {
        tx.keys(owner.own()).bind(new.id, subscription).await.unwrap();
    }
    pause(seed).await;
    tx.commit().await.unwrap();
    true
}

async fn cancel_in_turn(
    subject: &Subject,
    owner: &Owner,
    subscription: SubscriptionId,
    seed: &SeededEntropy,
) {
    pause(seed).await;
    let mut tx = subject.begin().await;
    pause(seed).await;
    assert!(
        tx.subscriptions(owner.own())
            .cancel(subscription, later(1))
            .await
            .unwrap()
    );
    pause(seed).await;
    tx.keys(owner.own())
        .end_bindings_to(subscription, later(1))
        .await
        .unwrap();
    pause(seed).await;
    tx.commit().await.unwrap();
}

/// However creations and rotations meet a cancellation, no unrevoked key is left on the cancelled subscription.
pub async fn no_key_outlives_its_subscription_in_any_interleaving(subject: &Subject) {
    let owner = owner(subject).await;
    let (mut before, mut after) = (0, 0);
    for round in 0..ROUNDS {
        let subscription = subscribe(subject, &owner).await;
        let old = sample_key(&owner);
        add(subject, &owner, &old, &[subscription]).await;
        let (new, created) = (
            ApiKey {
                lineage: old.id,
                ..sample_key(&owner)
            },
            sample_key(&owner),
        );
        let seeds: Vec<_> = (0..3).map(|n| SeededEntropy::new(round * 3 + n)).collect();
        let (rotated, (made, ())) = join(
            rotate(subject, &owner, old.id, &new, &seeds[0]),
            join(
                create(subject, &owner, subscription, &created, &seeds[1]),
                cancel_in_turn(subject, &owner, subscription, &seeds[2]),
            ),
        )
        .await;
        let mut keys = vec![&old];
        keys.extend(rotated.then_some(&new));
        keys.extend(made.then_some(&created));
        for key in keys {
            let record = subject.record(key).await;
            assert!(record.subscriptions.is_empty(), "round {round}");
            assert_eq!(record.key.revoked_at, Some(later(1)), "round {round}");
        }
        for won in [rotated, made] {
            *(if won { &mut before } else { &mut after }) += 1;
        }
    }
    assert!(
        before > 0 && after > 0,
        "the orders were all alike: {before} before, {after} after the cancel"
    );
}

/// Two subscriptions that share a key, cancelled at once: the key dies with whichever is last.
pub async fn two_cancels_that_share_a_key_leave_no_survivor(subject: &Subject) {
    let owner = owner(subject).await;
    for round in 0..ROUNDS {
        let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
        let (shared, other) = (sample_key(&owner), sample_key(&owner));
        add(subject, &owner, &shared, &[s, t]).await;
        add(subject, &owner, &other, &[t, s]).await;
        let seeds = (SeededEntropy::new(round), SeededEntropy::new(round + 1000));
        join(
            cancel_in_turn(subject, &owner, s, &seeds.0),
            cancel_in_turn(subject, &owner, t, &seeds.1),
        )
        .await;
        for key in [&shared, &other] {
            let record = subject.record(key).await;
            assert!(
                record.key.revoked_at.is_some() && record.subscriptions.is_empty(),
                "round {round}"
            );
        }
    }
}

/// Of many that rotate one key at once, one succeeds: never more than two keys of a lineage live.
pub async fn of_many_rotations_at_once_one_wins(subject: &Subject) {
    let owner = owner(subject).await;
    for round in 0..5 {
        let subscription = subscribe(subject, &owner).await;
        let old = sample_key(&owner);
        add(subject, &owner, &old, &[subscription]).await;
        let rotations = (0..5).map(|n| {
            let (owner, old) = (&owner, &old);
            async move {
                let new = ApiKey {
                    lineage: old.id,
                    ..sample_key(owner)
                };
                rotate(subject, owner, old.id, &new, &SeededEntropy::new(round * 5 + n)).await
            }
        });
        assert_eq!(
            join_all(rotations).await.into_iter().filter(|won| *won).count(),
            1
        );
        let lineage = subject
            .read()
            .await
            .keys(owner.own())
            .unrevoked_in_lineage(old.id)
            .await;
        assert_eq!(lineage.unwrap().len(), 2);
    }
}
