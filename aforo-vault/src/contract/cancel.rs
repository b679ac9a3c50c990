//! What dies with a subscription (VAULT-7).

use super::*;

fn sorted(mut dead: Vec<(KeyId, KeyOrigin)>) -> Vec<(KeyId, KeyOrigin)> {
    dead.sort_unstable_by_key(|(id, _)| *id);
    dead
}

/// Keys and twins die with the subscription, and their sealed copies with them; operator keys, keys of other
/// subscriptions and keys that were dead before are not named.
pub async fn a_cancel_kills_the_keys_that_nothing_else_keeps_alive(subject: &Subject) {
    let owner = owner(subject).await;
    let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let (key, elsewhere, dead) = (sample_key(&owner), sample_key(&owner), sample_key(&owner));
    add(subject, &owner, &key, &[s]).await;
    add(subject, &owner, &elsewhere, &[t]).await;
    add(subject, &owner, &dead, &[s]).await;
    add(subject, &owner, &operator_key(&owner), &[]).await;
    let (live_twin, _) = add_twin(subject, &owner, Environment::Live, s).await;
    let (test_twin, _) = add_twin(subject, &owner, Environment::Test, s).await;
    let (other_twin, _) = add_twin(subject, &owner, Environment::Live, t).await;
    let mut tx = subject.begin().await;
    assert!(tx.keys(owner.own()).revoke(dead.id, later(1)).await.unwrap());
    tx.commit().await.unwrap();

    let killed = cancel(subject, owner.own(), s, later(5)).await;
    let expected = vec![
        (key.id, KeyOrigin::Customer),
        (live_twin.id, KeyOrigin::Playground),
        (test_twin.id, KeyOrigin::Playground),
    ];
    assert_eq!(sorted(killed), sorted(expected));
    for (key, revoked_at) in [
        (&key, Some(later(5))),
        (&live_twin, Some(later(5))),
        (&test_twin, Some(later(5))),
        (&dead, Some(later(1))),
        (&elsewhere, None),
        (&other_twin, None),
    ] {
        assert_eq!(subject.record(key).await.key.revoked_at, revoked_at);
    }
    let mut tx = subject.read().await;
    let mut keys = tx.keys(owner.own());
    assert_eq!(keys.bindings(key.id).await.unwrap(), []);
    assert!(
        keys.twin(s, Environment::Live, INTEGRATION)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        keys.twin(s, Environment::Test, INTEGRATION)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        keys.twin(t, Environment::Live, INTEGRATION)
            .await
            .unwrap()
            .is_some()
    );
    drop(keys);
    let left = subject.credentials.wrapped_by_other("none", 1000).await.unwrap();
    assert!(left.iter().all(|sealed| sealed.context.subscription != s));
}

/// A key that is bound to several subscriptions dies with the last of them.
pub async fn a_key_with_another_live_binding_survives_until_that_ends(subject: &Subject) {
    let owner = owner(subject).await;
    let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let (shared, single) = (sample_key(&owner), sample_key(&owner));
    add(subject, &owner, &shared, &[s, t]).await;
    add(subject, &owner, &single, &[s]).await;
    let killed = cancel(subject, owner.wide(), s, later(1)).await;
    assert_eq!(killed, [(single.id, KeyOrigin::Customer)]);
    let record = subject.record(&shared).await;
    assert_eq!((record.key.revoked_at, record.subscriptions.len()), (None, 1));
    assert_eq!(record.subscriptions[0].id, t);
    assert_eq!(
        subject
            .read()
            .await
            .keys(owner.own())
            .bindings(shared.id)
            .await
            .unwrap(),
        [t]
    );
    let mut tx = subject.begin().await;
    // Ending bindings that have ended kills nothing more.
    assert_eq!(
        tx.keys(owner.own()).end_bindings_to(s, later(2)).await.unwrap(),
        []
    );
    tx.commit().await.unwrap();
    let killed = cancel(subject, owner.own(), t, later(3)).await;
    assert_eq!(killed, [(shared.id, KeyOrigin::Customer)]);
    assert_eq!(subject.record(&shared).await.key.revoked_at, Some(later(3)));
}

/// A scope ends bindings of what it covers, and no other.
pub async fn a_cancel_in_a_scope_that_does_not_cover_it_ends_nothing(subject: &Subject) {
    let (a, foreign) = (owner(subject).await, owner(subject).await);
    let neighbour = customer_of(subject, a.tenant).await;
    let subscription = subscribe(subject, &a).await;
    let key = sample_key(&a);
    add(subject, &a, &key, &[subscription]).await;
    for scope in [foreign.wide(), foreign.own(), neighbour.own()] {
        let mut tx = subject.begin().await;
        assert!(
            !tx.subscriptions(scope)
                .cancel(subscription, later(1))
                .await
                .unwrap()
        );
        assert_eq!(
            tx.keys(scope)
                .end_bindings_to(subscription, later(1))
                .await
                .unwrap(),
            []
        );
        tx.commit().await.unwrap();
    }
    let record = subject.record(&key).await;
    assert_eq!((record.key.revoked_at, record.subscriptions.len()), (None, 1));
}

/// Nothing of a cancellation that was not committed remains.
pub async fn a_cancel_that_is_dropped_kills_nothing(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[subscription]).await;
    let (twin, _) = add_twin(subject, &owner, Environment::Live, subscription).await;
    let mut tx = subject.begin().await;
    assert!(
        tx.subscriptions(owner.own())
            .cancel(subscription, later(1))
            .await
            .unwrap()
    );
    assert_eq!(
        tx.keys(owner.own())
            .end_bindings_to(subscription, later(1))
            .await
            .unwrap()
            .len(),
        2
    );
    drop(tx);
    for key in [&key, &twin] {
        let record = subject.record(key).await;
        assert_eq!((record.key.revoked_at, record.subscriptions.len()), (None, 1));
    }
    let mut tx = subject.read().await;
    assert!(
        tx.keys(owner.own())
            .twin(subscription, Environment::Live, INTEGRATION)
            .await
            .unwrap()
            .is_some()
    );
}
