//! Keys by themselves.

use aforo_core::{KeyId, OsEntropy, PageRequest};

use super::*;
use crate::store::KeyFilter;

/// Every field of a key comes back as it was inserted, through each way to read it.
pub async fn a_key_comes_back_field_by_field(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    for key in [sample_key(&owner), bare_key(&owner)] {
        add(subject, &owner, &key, &[subscription]).await;
        let mut tx = subject.begin().await;
        let mut keys = tx.keys(owner.own());
        assert_eq!(keys.find(key.id).await.unwrap(), Some(key.clone()));
        assert_eq!(keys.lock(key.id).await.unwrap(), Some(key.clone()));
        assert_eq!(
            keys.unrevoked_in_lineage(key.id).await.unwrap(),
            std::slice::from_ref(&key)
        );
        let page = PageRequest {
            after: None,
            limit: 50,
        };
        assert!(
            keys.list(KeyFilter::default(), page)
                .await
                .unwrap()
                .items
                .contains(&key)
        );
        drop(keys);
        drop(tx);
        assert_eq!(subject.record(&key).await.key, key);
    }
    let unknown = KeyId::new(NOW, &OsEntropy);
    let mut tx = subject.begin().await;
    assert_eq!(tx.keys(owner.wide()).find(unknown).await.unwrap(), None);
    assert_eq!(tx.keys(owner.wide()).lock(unknown).await.unwrap(), None);
}

/// Two keys cannot have one hash, wherever they are, nor one client id.
pub async fn a_taken_hash_or_client_id_is_a_conflict(subject: &Subject) {
    let (a, b) = (owner(subject).await, owner(subject).await);
    let key = sample_key(&a);
    add(subject, &a, &key, &[]).await;
    let same_hash = ApiKey {
        hash: key.hash,
        ..sample_key(&a)
    };
    assert_conflict(subject.begin().await.keys(a.wide()).insert(&same_hash).await);
    let same_hash_elsewhere = ApiKey {
        hash: key.hash,
        ..sample_key(&b)
    };
    assert_conflict(
        subject
            .begin()
            .await
            .keys(b.wide())
            .insert(&same_hash_elsewhere)
            .await,
    );
    let same_client = ApiKey {
        client_id: key.client_id.clone(),
        ..sample_key(&a)
    };
    assert_conflict(subject.begin().await.keys(a.wide()).insert(&same_client).await);
}

/// Binding twice is binding once; `bindings` follows the id.
pub async fn binding_again_is_harmless_and_bindings_are_in_order(subject: &Subject) {
    let owner = owner(subject).await;
    let mut bound = vec![subscribe(subject, &owner).await, subscribe(subject, &owner).await];
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[bound[1], bound[0], bound[1]]).await;
    bound.sort_unstable();
    let mut tx = subject.read().await;
    assert_eq!(tx.keys(owner.own()).bindings(key.id).await.unwrap(), bound);
    let unknown = KeyId::new(NOW, &OsEntropy);
    assert_eq!(tx.keys(owner.own()).bindings(unknown).await.unwrap(), []);
}

/// Binding a key again to a subscription that was cancelled does not bring it back to life.
pub async fn a_binding_that_ended_stays_ended(subject: &Subject) {
    let owner = owner(subject).await;
    let (first, second) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[first, second]).await;
    cancel(subject, owner.own(), first, later(1)).await;
    let mut tx = subject.begin().await;
    tx.keys(owner.own()).bind(key.id, first).await.unwrap();
    assert_eq!(tx.keys(owner.own()).bindings(key.id).await.unwrap(), [second]);
}

/// A customer's key belongs with that customer's subscriptions; an operator key with none.
pub async fn a_key_is_bound_to_subscriptions_of_its_own_customer_only(subject: &Subject) {
    let a = owner(subject).await;
    let (neighbour, foreign) = (customer_of(subject, a.tenant).await, owner(subject).await);
    let (key, operator) = (sample_key(&a), operator_key(&a));
    add(subject, &a, &key, &[]).await;
    add(subject, &a, &operator, &[]).await;
    let own = subscribe(subject, &a).await;
    let unknown = SubscriptionId::new(NOW, &OsEntropy);
    let of_neighbour = subscribe(subject, &neighbour).await;
    let of_foreign = subscribe(subject, &foreign).await;
    for (id, subscription) in [
        (key.id, of_neighbour),
        (key.id, of_foreign),
        (key.id, unknown),
        (operator.id, own),
        (KeyId::new(NOW, &OsEntropy), own),
    ] {
        for scope in [a.wide(), a.own(), foreign.wide(), neighbour.own()] {
            let mut tx = subject.begin().await;
            assert_conflict(tx.keys(scope).bind(id, subscription).await);
        }
    }
    assert_eq!(
        subject
            .read()
            .await
            .keys(a.wide())
            .bindings(key.id)
            .await
            .unwrap(),
        []
    );
}

/// By subscription (ended bindings count), by revocation, by environment, and all together.
pub async fn keys_are_filtered(subject: &Subject) {
    let owner = owner(subject).await;
    let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let (live, test, both) = (sample_key(&owner), bare_key(&owner), sample_key(&owner));
    add(subject, &owner, &live, &[s]).await;
    add(subject, &owner, &test, &[t]).await;
    add(subject, &owner, &both, &[s, t]).await;
    cancel(subject, owner.own(), s, later(1)).await; // kills `live`; `both` lives on by `t`
    let mut tx = subject.read().await;
    for (subscription, unrevoked_only, environment, expected) in [
        (None, false, None, vec![&live, &test, &both]),
        (Some(s), false, None, vec![&live, &both]),
        (Some(t), false, None, vec![&test, &both]),
        (None, true, None, vec![&test, &both]),
        (None, false, Some(Environment::Test), vec![&test]),
        (Some(s), true, None, vec![&both]),
        (Some(t), true, Some(Environment::Live), vec![&both]),
        (Some(s), true, Some(Environment::Test), vec![]),
        (Some(SubscriptionId::new(NOW, &OsEntropy)), false, None, vec![]),
    ] {
        let filter = KeyFilter {
            subscription,
            unrevoked_only,
            environment,
        };
        let page = tx
            .keys(owner.own())
            .list(filter, PageRequest::first(50))
            .await
            .unwrap();
        let mut expected: Vec<KeyId> = expected.into_iter().map(|k| k.id).collect();
        expected.sort_unstable();
        assert_eq!(
            page.items.iter().map(|k| k.id).collect::<Vec<_>>(),
            expected,
            "{filter:?}"
        );
    }
}

/// Pages follow the id and miss nothing, also with a filter and in a customer's scope.
pub async fn pages_of_keys_cover_each_once(subject: &Subject) {
    let owner = owner(subject).await;
    let neighbour = customer_of(subject, owner.tenant).await;
    let subscription = subscribe(subject, &owner).await;
    let mut expected = Vec::new();
    for _ in 0..7 {
        let key = sample_key(&owner);
        add(subject, &owner, &key, &[subscription]).await;
        add(subject, &owner, &bare_key(&owner), &[]).await;
        add(subject, &neighbour, &sample_key(&neighbour), &[]).await;
        expected.push(key.id);
    }
    expected.sort_unstable();
    let filter = KeyFilter {
        subscription: Some(subscription),
        unrevoked_only: true,
        environment: Some(Environment::Live),
    };
    let mut tx = subject.read().await;
    for limit in [1, 3, 7, 50] {
        let all = all_pages(limit, async |page| tx.keys(owner.own()).list(filter, page).await).await;
        assert_eq!(all.iter().map(|k| k.id).collect::<Vec<_>>(), expected, "{limit}");
    }
    let all = all_pages(4, async |page| {
        tx.keys(owner.wide()).list(KeyFilter::default(), page).await
    })
    .await;
    assert_eq!(all.len(), 21);
}

/// Adds a key that could be the successor of another.
async fn successor_of(subject: &Subject, owner: &Owner, key: &ApiKey) -> KeyId {
    let successor = ApiKey {
        lineage: key.lineage,
        ..bare_key(owner)
    };
    add(subject, owner, &successor, &[]).await;
    successor.id
}

/// The first call names end and successor; the second changes nothing.
pub async fn grace_begins_once(subject: &Subject) {
    let owner = owner(subject).await;
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[]).await;
    let successor = successor_of(subject, &owner, &key).await;
    let mut tx = subject.begin().await;
    assert!(
        tx.keys(owner.own())
            .begin_grace(key.id, later(300), successor)
            .await
            .unwrap()
    );
    assert!(
        !tx.keys(owner.own())
            .begin_grace(key.id, later(900), successor)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let found = subject.read().await.keys(owner.own()).find(key.id).await.unwrap();
    let expected = ApiKey {
        grace_until: Some(later(300)),
        successor: Some(successor),
        ..key
    };
    assert_eq!(found, Some(expected));
    let unknown = KeyId::new(NOW, &OsEntropy);
    let mut tx = subject.begin().await;
    assert!(
        !tx.keys(owner.own())
            .begin_grace(unknown, later(1), successor)
            .await
            .unwrap()
    );
}

/// Revocation is final.
pub async fn a_revoked_key_cannot_begin_grace(subject: &Subject) {
    let owner = owner(subject).await;
    let key = sample_key(&owner);
    add(subject, &owner, &key, &[]).await;
    let successor = successor_of(subject, &owner, &key).await;
    let mut tx = subject.begin().await;
    assert!(tx.keys(owner.own()).revoke(key.id, later(1)).await.unwrap());
    assert!(
        !tx.keys(owner.own())
            .begin_grace(key.id, later(300), successor)
            .await
            .unwrap()
    );
    let found = tx.keys(owner.own()).find(key.id).await.unwrap();
    assert_eq!(
        found,
        Some(ApiKey {
            revoked_at: Some(later(1)),
            ..key
        })
    );
}

/// The first revocation counts; what was sealed is gone with it. A key in grace can be revoked.
pub async fn a_key_is_revoked_once_with_its_sealed_copy(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    let (twin, _) = add_twin(subject, &owner, Environment::Live, subscription).await;
    let graced = sample_key(&owner);
    add(subject, &owner, &graced, &[subscription]).await;
    let successor = successor_of(subject, &owner, &graced).await;
    let mut tx = subject.begin().await;
    let mut keys = tx.keys(owner.own());
    assert!(keys.revoke(twin.id, later(1)).await.unwrap());
    assert!(!keys.revoke(twin.id, later(2)).await.unwrap());
    assert!(
        keys.twin(subscription, Environment::Live, INTEGRATION)
            .await
            .unwrap()
            .is_none()
    );
    assert!(keys.begin_grace(graced.id, later(300), successor).await.unwrap());
    assert!(keys.revoke(graced.id, later(3)).await.unwrap());
    assert!(!keys.revoke(KeyId::new(NOW, &OsEntropy), later(1)).await.unwrap());
    drop(keys);
    tx.commit().await.unwrap();
    assert_eq!(subject.record(&twin).await.key.revoked_at, Some(later(1)));
    assert_eq!(subject.record(&graced).await.key.revoked_at, Some(later(3)));
    let left = subject.credentials.wrapped_by_other("none", 1000).await.unwrap();
    assert!(left.iter().all(|sealed| sealed.context.key != twin.id));
}

/// A lineage is what shares its first key; revoked ones are left out.
pub async fn a_lineage_shows_its_unrevoked_keys_in_order(subject: &Subject) {
    let owner = owner(subject).await;
    let first = sample_key(&owner);
    add(subject, &owner, &first, &[]).await;
    add(subject, &owner, &sample_key(&owner), &[]).await;
    let (second, third) = (
        successor_of(subject, &owner, &first).await,
        successor_of(subject, &owner, &first).await,
    );
    let mut tx = subject.begin().await;
    assert!(tx.keys(owner.own()).revoke(second, later(1)).await.unwrap());
    let lineage = tx.keys(owner.own()).unrevoked_in_lineage(first.id).await.unwrap();
    let mut expected = vec![first.id, third];
    expected.sort_unstable();
    assert_eq!(lineage.iter().map(|k| k.id).collect::<Vec<_>>(), expected);
    assert_eq!(
        tx.keys(owner.own()).unrevoked_in_lineage(second).await.unwrap(),
        []
    );
}

/// `twin` finds it with its sealed copy, byte by byte; nothing else shows it.
pub async fn twins_are_found_by_subscription_and_environment_and_never_listed(subject: &Subject) {
    let owner = owner(subject).await;
    let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let (key, sealed) = add_twin(subject, &owner, Environment::Test, s).await;
    let mut tx = subject.begin().await;
    let mut keys = tx.keys(owner.own());
    let found = keys
        .twin(s, Environment::Test, INTEGRATION)
        .await
        .unwrap()
        .unwrap();
    assert!(found == (key.clone(), sealed));
    assert!(
        keys.twin(s, Environment::Live, INTEGRATION)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        keys.twin(t, Environment::Test, INTEGRATION)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(keys.find(key.id).await.unwrap(), None);
    assert_eq!(keys.lock(key.id).await.unwrap(), None);
    let filter = KeyFilter {
        subscription: Some(s),
        ..KeyFilter::default()
    };
    assert_eq!(keys.list(filter, PageRequest::first(50)).await.unwrap().items, []);
    drop(keys);
    assert_eq!(tx.keys(owner.wide()).find(key.id).await.unwrap(), None);
}

/// `revoke_twins_for` ends the twins of one integration, of all customers in the scope, with their sealed copies;
/// other integrations, other tenants and ordinary keys are left alone.
pub async fn twins_of_an_integration_are_revoked_together(subject: &Subject) {
    let (owner, stranger) = (owner(subject).await, self::owner(subject).await);
    let (s, t) = (subscribe(subject, &owner).await, subscribe(subject, &owner).await);
    let foreign = subscribe(subject, &stranger).await;
    let mut wanted = vec![
        add_twin(subject, &owner, Environment::Live, s).await.0.id,
        add_twin(subject, &owner, Environment::Test, s).await.0.id,
        add_twin(subject, &owner, Environment::Live, t).await.0.id,
    ];
    wanted.sort_unstable();
    add_twin(subject, &stranger, Environment::Live, foreign).await;
    let mut tx = subject.begin().await;
    let mut keys = tx.keys(owner.wide());
    let at = Timestamp::from_millis(1_760_000_000_777);
    assert_eq!(keys.revoke_twins_for("prod_other", at).await.unwrap(), []);
    assert_eq!(keys.revoke_twins_for(INTEGRATION, at).await.unwrap(), wanted);
    assert_eq!(keys.revoke_twins_for(INTEGRATION, at).await.unwrap(), []);
    for (subscription, environment) in [
        (s, Environment::Live),
        (s, Environment::Test),
        (t, Environment::Live),
    ] {
        assert!(
            keys.twin(subscription, environment, INTEGRATION)
                .await
                .unwrap()
                .is_none()
        );
    }
    drop(keys);
    let other = tx
        .keys(stranger.wide())
        .twin(foreign, Environment::Live, INTEGRATION)
        .await
        .unwrap();
    assert!(other.is_some());
}

/// A second unrevoked twin for the same integration cannot be sealed; after the first is revoked, it can. Nor has
/// a key two copies.
pub async fn a_subscription_has_one_twin_for_each_environment_and_integration(subject: &Subject) {
    let owner = owner(subject).await;
    let subscription = subscribe(subject, &owner).await;
    let (first, sealed) = add_twin(subject, &owner, Environment::Live, subscription).await;
    add_twin(subject, &owner, Environment::Test, subscription).await;
    assert_conflict(
        subject
            .begin()
            .await
            .keys(owner.own())
            .insert_sealed(&sealed)
            .await,
    );
    let second = twin_key(&owner, Environment::Live);
    add(subject, &owner, &second, &[subscription]).await;
    let sealed = sealed_for(&second, subscription);
    assert_conflict(
        subject
            .begin()
            .await
            .keys(owner.own())
            .insert_sealed(&sealed)
            .await,
    );
    let mut tx = subject.begin().await;
    assert!(tx.keys(owner.own()).revoke(first.id, later(1)).await.unwrap());
    tx.keys(owner.own()).insert_sealed(&sealed).await.unwrap();
    let twin = tx
        .keys(owner.own())
        .twin(subscription, Environment::Live, INTEGRATION)
        .await
        .unwrap();
    assert_eq!(twin.unwrap().0.id, second.id);
    let elsewhere = twin_key(&owner, Environment::Live);
    let mut sealed = sealed_for(&elsewhere, subscription);
    sealed.context.integration = "prod_b".into();
    tx.keys(owner.own()).insert(&elsewhere).await.unwrap();
    tx.keys(owner.own()).insert_sealed(&sealed).await.unwrap();
    for (integration, id) in [(INTEGRATION, second.id), ("prod_b", elsewhere.id)] {
        let twin = tx
            .keys(owner.own())
            .twin(subscription, Environment::Live, integration)
            .await;
        assert_eq!(twin.unwrap().unwrap().0.id, id);
    }
    let other = tx
        .keys(owner.own())
        .twin(subscription, Environment::Live, "prod_c")
        .await;
    assert!(other.unwrap().is_none());
}
