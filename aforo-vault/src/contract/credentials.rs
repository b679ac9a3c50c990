//! What verification and maintenance ask for.

use aforo_core::{KeyId, OsEntropy};

use super::*;

/// One key, all active subscriptions to which it is bound, in id order, field by field.
pub async fn a_credential_is_found_with_its_active_subscriptions(subject: &Subject) {
    let owner = owner(subject).await;
    let mut subscriptions = vec![sample_subscription(&owner), sample_subscription(&owner)];
    subscriptions[1].products.clear();
    let unrelated = sample_subscription(&owner);
    let key = sample_key(&owner);
    let mut tx = subject.begin().await;
    for subscription in subscriptions.iter().chain([&unrelated]) {
        tx.subscriptions(owner.own()).insert(subscription).await.unwrap();
    }
    tx.commit().await.unwrap();
    subscriptions.sort_unstable_by_key(|s| s.id);
    add(subject, &owner, &key, &[subscriptions[1].id, subscriptions[0].id]).await;
    let record = subject.record(&key).await;
    assert_eq!((record.key, record.subscriptions), (key, subscriptions));
    let unknown = [9; 32];
    assert!(
        subject
            .credentials
            .find_credential(&unknown)
            .await
            .unwrap()
            .is_none()
    );
}

/// A key without live subscription is found all the same: the vault says why it is refused.
pub async fn a_credential_without_live_subscription_is_found_with_none(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    let (bound, unbound, operator) = (sample_key(&owner), bare_key(&owner), operator_key(&owner));
    add(subject, &owner, &bound, &[subscription]).await;
    add(subject, &owner, &unbound, &[]).await;
    add(subject, &owner, &operator, &[]).await;
    cancel(subject, owner.own(), subscription, later(1)).await;
    for key in [&bound, &unbound, &operator] {
        let record = subject.record(key).await;
        assert_eq!((record.key.id, record.subscriptions), (key.id, vec![]));
    }
}

/// The read after the commit sees it, from whatever connection.
pub async fn a_cancel_is_seen_at_once(subject: &Subject) {
    let owner = owner(subject).await;
    for n in 0..20 {
        let subscription = subscribe(subject, &owner).await;
        let key = sample_key(&owner);
        add(subject, &owner, &key, &[subscription]).await;
        assert_eq!(subject.record(&key).await.subscriptions.len(), 1);
        cancel(subject, owner.own(), subscription, later(n)).await;
        let record = subject.record(&key).await;
        assert_eq!(
            (record.key.revoked_at, record.subscriptions),
            (Some(later(n)), vec![])
        );
    }
}

/// A key is dead by its subscription, even if nobody ended its bindings or revoked it.
pub async fn the_subscription_alone_decides_even_if_the_cascade_was_forgotten(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[subscription]).await;
    let mut tx = subject.begin().await;
    assert!(
        tx.subscriptions(owner.own())
            .cancel(subscription, later(1))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let record = subject.record(&key).await;
    assert_eq!((record.key.revoked_at, record.subscriptions), (None, vec![]));
}

/// A binding that ended gives nothing, even to a subscription that is active.
pub async fn an_ended_binding_gives_no_subscription(subject: &Subject) {
    let owner = owner(subject).await;
    let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[s, t]).await;
    let mut tx = subject.begin().await;
    assert_eq!(
        tx.keys(owner.own()).end_bindings_to(s, later(1)).await.unwrap(),
        []
    );
    tx.commit().await.unwrap();
    let record = subject.record(&key).await;
    let alive: Vec<_> = record.subscriptions.iter().map(|s| s.id).collect();
    assert_eq!((record.key.revoked_at, alive), (None, vec![t]));
}

/// Earlier times and unknown keys change nothing.
pub async fn last_used_times_only_move_forward(subject: &Subject) {
    let owner = owner(subject).await;
    let (key, other) = (sample_key(&owner), sample_key(&owner));
    add(subject, &owner, &key, &[]).await;
    add(subject, &owner, &other, &[]).await;
    let unknown = KeyId::new(NOW, &OsEntropy);
    let used = async |uses: &[(KeyId, Timestamp)]| subject.credentials.record_use(uses).await.unwrap();
    used(&[]).await;
    used(&[(key.id, later(10)), (unknown, later(10))]).await;
    assert_eq!(subject.record(&key).await.key.last_used_at, Some(later(10)));
    used(&[(key.id, later(5)), (other.id, later(7))]).await;
    assert_eq!(subject.record(&key).await.key.last_used_at, Some(later(10)));
    assert_eq!(subject.record(&other).await.key.last_used_at, Some(later(7)));
    used(&[(key.id, later(11))]).await;
    assert_eq!(subject.record(&key).await.key.last_used_at, Some(later(11)));
    let many: Vec<_> = (0..1200).map(|_| (KeyId::new(NOW, &OsEntropy), NOW)).collect();
    used(&many).await;
}

/// Only what another key wraps is listed, and only who names the present wrapping replaces it.
pub async fn sealed_credentials_are_rewrapped_by_compare_and_set(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    let (twin, sealed) = add_twin(subject, &owner, Environment::Live, subscription).await;
    add_twin(subject, &owner, Environment::Test, subscription).await;
    let store = &subject.credentials;
    let ours = async |kek: &str| {
        let listed = store.wrapped_by_other(kek, 1000).await.unwrap();
        listed
            .into_iter()
            .filter(|s| s.context.tenant == owner.tenant)
            .collect::<Vec<_>>()
    };
    assert_eq!(ours("k1").await.len(), 0);
    assert!(ours("k2").await.contains(&sealed));
    assert_eq!(store.wrapped_by_other("k2", 1).await.unwrap().len(), 1);

    let (new, elsewhere) = ([7; 60], TenantId::new(NOW, &OsEntropy));
    assert!(
        !store
            .rewrap(owner.tenant, twin.id, "k0", "k2", &new)
            .await
            .unwrap()
    );
    assert!(!store.rewrap(elsewhere, twin.id, "k1", "k2", &new).await.unwrap());
    assert!(
        store
            .rewrap(owner.tenant, twin.id, "k1", "k2", &new)
            .await
            .unwrap()
    );
    assert!(
        !store
            .rewrap(owner.tenant, twin.id, "k1", "k3", &[8; 60])
            .await
            .unwrap()
    );
    let found = subject
        .read()
        .await
        .keys(owner.own())
        .twin(subscription, Environment::Live, INTEGRATION)
        .await;
    let expected = SealedCredential {
        kek_id: "k2".into(),
        wrapped_dek: new.to_vec(),
        ..sealed
    };
    assert!(found.unwrap().unwrap().1 == expected);
    assert_eq!(ours("k2").await.len(), 1);
}
