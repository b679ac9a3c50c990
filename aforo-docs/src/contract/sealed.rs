//! Sealed items.

use aforo_core::{
    TenantId,
    contract::{NOW, later, world},
};

use super::{DocsStore, begin, read};
use crate::sealed::SealedItem;

fn item(tenant: TenantId, kind: &str, name: &str) -> SealedItem {
    SealedItem {
        tenant,
        kind: kind.into(),
        name: name.into(),
        kek_id: "k1".into(),
        wrapped_dek: vec![1, 0, 255],
        ciphertext: vec![2; 400],
        created_at: NOW,
        expires_at: None,
    }
}

/// An item comes back whole, and a second one with its name takes its place.
pub async fn a_sealed_item_comes_back(store: &impl DocsStore) {
    let w = world(store).await;
    let first = item(w.tenant, "client", "a");
    let mut tx = begin(store).await;
    tx.sealed(w.wide).put(&first).await.unwrap();
    tx.commit().await.unwrap();
    let found = read(store)
        .await
        .sealed(w.wide)
        .find("client", "a", NOW)
        .await
        .unwrap();
    assert!(found == Some(first));
    let second = SealedItem {
        kek_id: "k2".into(),
        wrapped_dek: vec![3],
        ciphertext: vec![4],
        created_at: later(1),
        expires_at: Some(later(10)),
        ..item(w.tenant, "client", "a")
    };
    let mut tx = begin(store).await;
    tx.sealed(w.wide).put(&second).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert!(tx.sealed(w.wide).find("client", "a", later(9)).await.unwrap() == Some(second));
    assert!(
        tx.sealed(w.wide)
            .find("client", "a", later(10))
            .await
            .unwrap()
            .is_none(),
        "it has expired"
    );
    assert!(
        tx.sealed(w.wide).find("token", "a", NOW).await.unwrap().is_none(),
        "kinds are apart"
    );
}

/// Of two that take an item, one gets it; what has expired nobody gets.
pub async fn a_sealed_item_is_taken_once(store: &impl DocsStore) {
    let w = world(store).await;
    let mut tx = begin(store).await;
    for (name, expires_at) in [("a", None), ("b", Some(later(5)))] {
        let one = SealedItem {
            expires_at,
            ..item(w.tenant, "attempt", name)
        };
        tx.sealed(w.wide).put(&one).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = begin(store).await;
    assert!(
        tx.sealed(w.wide)
            .take("attempt", "a", NOW)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        tx.sealed(w.wide)
            .take("attempt", "a", NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        tx.sealed(w.wide)
            .take("attempt", "b", later(5))
            .await
            .unwrap()
            .is_none()
    );
    tx.commit().await.unwrap();
}

/// Items go by the beginning of their names, letter by letter, and when their time is over.
pub async fn sealed_items_are_forgotten(store: &impl DocsStore) {
    let w = world(store).await;
    let mut tx = begin(store).await;
    for name in ["a:1", "a:2", "ab:1", "A:1", "%:1"] {
        tx.sealed(w.wide)
            .put(&item(w.tenant, "token", name))
            .await
            .unwrap();
    }
    tx.sealed(w.wide)
        .put(&item(w.tenant, "client", "a:1"))
        .await
        .unwrap();
    assert_eq!(tx.sealed(w.wide).forget("token", "a:").await.unwrap(), 2);
    assert_eq!(
        tx.sealed(w.wide).forget("token", "%").await.unwrap(),
        1,
        "no wild cards"
    );
    for name in ["ab:1", "A:1"] {
        assert!(
            tx.sealed(w.wide)
                .find("token", name, NOW)
                .await
                .unwrap()
                .is_some(),
            "{name}"
        );
    }
    assert!(
        tx.sealed(w.wide)
            .find("client", "a:1", NOW)
            .await
            .unwrap()
            .is_some()
    );
    let old = SealedItem {
        expires_at: Some(later(5)),
        ..item(w.tenant, "token", "old")
    };
    tx.sealed(w.wide).put(&old).await.unwrap();
    assert_eq!(tx.sealed(w.wide).purge(later(4)).await.unwrap(), 0);
    assert_eq!(tx.sealed(w.wide).purge(later(5)).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

/// Another tenant's items are out of reach.
pub async fn sealed_items_of_another_tenant_are_out_of_reach(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let mut tx = begin(store).await;
    tx.sealed(a.wide)
        .put(&item(a.tenant, "client", "x"))
        .await
        .unwrap();
    assert!(
        tx.sealed(b.wide)
            .put(&item(a.tenant, "client", "y"))
            .await
            .is_err()
    );
    drop(tx);
    let mut tx = begin(store).await;
    tx.sealed(a.wide)
        .put(&item(a.tenant, "client", "x"))
        .await
        .unwrap();
    assert!(
        tx.sealed(b.wide)
            .find("client", "x", NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        tx.sealed(b.wide)
            .take("client", "x", NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(tx.sealed(b.wide).forget("client", "").await.unwrap(), 0);
    assert_eq!(tx.sealed(b.wide).purge(later(1_000_000)).await.unwrap(), 0);
    assert!(
        tx.sealed(a.wide)
            .find("client", "x", NOW)
            .await
            .unwrap()
            .is_some()
    );
    tx.commit().await.unwrap();
}
