//! Whose keys a scope reaches.

use aforo_core::{KeyId, OsEntropy, PageRequest};

use super::*;
use crate::store::KeyFilter;

/// The tenant and the customer see a key; other tenants and customers see nothing of it.
pub async fn keys_are_seen_by_their_scopes_only(subject: &Subject) {
    let a = owner(subject).await;
    let (neighbour, foreign) = (customer_of(subject, a.tenant).await, owner(subject).await);
    let subscription = subscribe(subject, &a).await;
    let key = sample_key(&a);
    add(subject, &a, &key, &[subscription]).await;
    add_twin(subject, &a, Environment::Live, subscription).await;
    let by_subscription = KeyFilter {
        subscription: Some(subscription),
        ..KeyFilter::default()
    };
    let mut tx = subject.begin().await;
    for scope in [a.wide(), a.own()] {
        let mut keys = tx.keys(scope);
        assert!(keys.find(key.id).await.unwrap().is_some());
        assert_eq!(keys.bindings(key.id).await.unwrap(), [subscription]);
        assert!(
            keys.twin(subscription, Environment::Live, INTEGRATION)
                .await
                .unwrap()
                .is_some()
        );
    }
    for scope in [neighbour.own(), foreign.wide(), foreign.own()] {
        let mut keys = tx.keys(scope);
        assert_eq!(keys.find(key.id).await.unwrap(), None);
        assert_eq!(keys.lock(key.id).await.unwrap(), None);
        for filter in [KeyFilter::default(), by_subscription] {
            assert_eq!(keys.list(filter, PageRequest::first(50)).await.unwrap().items, []);
        }
        assert_eq!(keys.bindings(key.id).await.unwrap(), []);
        assert_eq!(keys.unrevoked_in_lineage(key.lineage).await.unwrap(), []);
        assert!(
            keys.twin(subscription, Environment::Live, INTEGRATION)
                .await
                .unwrap()
                .is_none()
        );
    }
}

/// Operator keys belong to the tenant, not to a customer.
pub async fn operator_keys_are_for_tenant_wide_scopes(subject: &Subject) {
    let owner = owner(subject).await;
    let key = operator_key(&owner);
    add(subject, &owner, &key, &[]).await;
    let mut tx = subject.begin().await;
    assert_eq!(
        tx.keys(owner.wide()).find(key.id).await.unwrap(),
        Some(key.clone())
    );
    assert_eq!(tx.keys(owner.own()).find(key.id).await.unwrap(), None);
    let listed = tx
        .keys(owner.own())
        .list(KeyFilter::default(), PageRequest::first(9))
        .await;
    assert_eq!(listed.unwrap().items, []);
    assert!(!tx.keys(owner.own()).revoke(key.id, NOW).await.unwrap());
    assert!(tx.keys(owner.own()).insert(&operator_key(&owner)).await.is_err());
}

/// Another tenant changes nothing, whatever ids it guesses.
pub async fn nothing_of_another_tenant_can_be_touched(subject: &Subject) {
    let (victim, attacker) = (owner(subject).await, owner(subject).await);
    for scope in [attacker.wide(), attacker.own()] {
        untouched(subject, &victim, scope, &attacker).await;
    }
}

/// Another customer of the same tenant changes nothing, whatever ids it guesses.
pub async fn nothing_of_another_customer_can_be_touched(subject: &Subject) {
    let victim = owner(subject).await;
    let attacker = customer_of(subject, victim.tenant).await;
    untouched(subject, &victim, attacker.own(), &attacker).await;
}

async fn untouched(subject: &Subject, victim: &Owner, scope: TenantScope, attacker: &Owner) {
    let (subscription, other) = (subscribe(subject, victim).await, subscribe(subject, victim).await);
    let key = sample_key(victim);
    add(subject, victim, &key, &[subscription]).await;
    let (twin, sealed) = add_twin(subject, victim, Environment::Live, subscription).await;
    let (own_key, own_subscription) = (sample_key(attacker), subscribe(subject, attacker).await);
    add(subject, attacker, &own_key, &[own_subscription]).await;

    let mut tx = subject.begin().await;
    let mut keys = tx.keys(scope);
    assert!(!keys.begin_grace(key.id, later(1), own_key.id).await.unwrap());
    assert!(!keys.revoke(key.id, later(1)).await.unwrap());
    assert!(!keys.revoke(twin.id, later(1)).await.unwrap());
    assert_eq!(keys.end_bindings_to(subscription, later(1)).await.unwrap(), []);
    drop(keys);
    assert!(
        !tx.subscriptions(scope)
            .cancel(subscription, later(1))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();

    // Whatever is refused with an error gets a transaction of its own.
    for (key, subscription) in [
        (key.id, other),
        (key.id, own_subscription),
        (own_key.id, subscription),
    ] {
        assert_conflict(subject.begin().await.keys(scope).bind(key, subscription).await);
    }
    let planted = ApiKey {
        id: KeyId::new(NOW, &OsEntropy),
        lineage: key.id,
        ..sample_key(victim)
    };
    assert!(subject.begin().await.keys(scope).insert(&planted).await.is_err());
    let provisioned = |key: &ApiKey, subscription| {
        let mut sealed = sealed_for(key, subscription);
        sealed.context.purpose = "provision".into();
        sealed
    };
    for sealed in [
        provisioned(&key, subscription),
        provisioned(&own_key, subscription),
        provisioned(&key, own_subscription),
    ] {
        assert!(
            subject
                .begin()
                .await
                .keys(scope)
                .insert_sealed(&sealed)
                .await
                .is_err()
        );
    }

    let mut tx = subject.read().await;
    assert_eq!(
        tx.keys(victim.own()).find(key.id).await.unwrap(),
        Some(key.clone())
    );
    assert_eq!(
        tx.keys(victim.own()).bindings(key.id).await.unwrap(),
        [subscription]
    );
    let found = tx
        .keys(victim.own())
        .twin(subscription, Environment::Live, INTEGRATION)
        .await
        .unwrap();
    assert!(found.unwrap() == (twin, sealed));
    assert_eq!(
        tx.keys(scope).bindings(own_key.id).await.unwrap(),
        [own_subscription]
    );
}
