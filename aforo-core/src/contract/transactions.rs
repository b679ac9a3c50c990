//! Transactions.

use futures_util::future::join_all;

use super::{
    CoreStore, assert_conflict, begin, later, read, sample_customer, sample_plan, sample_tenant, world,
};

/// What a transaction committed is seen by those that begin afterwards, writing or reading.
pub async fn what_is_committed_is_seen(store: &impl CoreStore) {
    let tenant = sample_tenant();
    let mut tx = begin(store).await;
    tx.tenants().insert(&tenant).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        read(store).await.tenants().find(tenant.id).await.unwrap(),
        Some(tenant.clone())
    );
    assert_eq!(
        begin(store).await.tenants().find(tenant.id).await.unwrap(),
        Some(tenant)
    );
}

/// A transaction that is dropped leaves nothing, and is in nobody's way.
pub async fn what_is_dropped_leaves_nothing(store: &impl CoreStore) {
    let (kept, dropped) = (sample_tenant(), sample_tenant());
    let mut tx = begin(store).await;
    tx.tenants().insert(&dropped).await.unwrap();
    drop(tx);
    let mut tx = begin(store).await;
    assert_eq!(tx.tenants().find(dropped.id).await.unwrap(), None);
    tx.tenants().insert(&kept).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(tx.tenants().find(dropped.id).await.unwrap(), None);
    assert!(tx.tenants().find(kept.id).await.unwrap().is_some());
}

/// What is not committed is seen by its own transaction only.
pub async fn nothing_is_seen_before_the_commit(store: &impl CoreStore) {
    let tenant = sample_tenant();
    let mut tx = begin(store).await;
    tx.tenants().insert(&tenant).await.unwrap();
    assert!(tx.tenants().find(tenant.id).await.unwrap().is_some());
    assert_eq!(read(store).await.tenants().find(tenant.id).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert!(
        read(store)
            .await
            .tenants()
            .find(tenant.id)
            .await
            .unwrap()
            .is_some()
    );
}

/// A reading transaction sees one moment, and begins while somebody writes.
pub async fn a_reader_sees_one_snapshot_and_waits_for_no_writer(store: &impl CoreStore) {
    let (first, second) = (sample_tenant(), sample_tenant());
    let mut writer = begin(store).await;
    writer.tenants().insert(&first).await.unwrap();
    let mut reader = read(store).await;
    assert_eq!(reader.tenants().find(first.id).await.unwrap(), None);
    writer.tenants().insert(&second).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(reader.tenants().find(first.id).await.unwrap(), None);
    assert_eq!(reader.tenants().find(second.id).await.unwrap(), None);
    drop(reader);
    assert!(
        read(store)
            .await
            .tenants()
            .find(second.id)
            .await
            .unwrap()
            .is_some()
    );
}

/// Whatever is tried in a reading transaction, nothing is stored.
pub async fn a_reading_transaction_writes_nothing(store: &impl CoreStore) {
    let tenant = sample_tenant();
    let mut tx = read(store).await;
    let _ = tx.tenants().insert(&tenant).await;
    let _ = tx.commit().await;
    assert_eq!(read(store).await.tenants().find(tenant.id).await.unwrap(), None);
}

/// After a failed call, a commit either fails or keeps all that was done before: it never says yes and forgets.
pub async fn a_commit_never_forgets_what_it_confirmed(store: &impl CoreStore) {
    let (first, mut second) = (sample_tenant(), sample_tenant());
    second.slug = first.slug.clone();
    let mut tx = begin(store).await;
    tx.tenants().insert(&first).await.unwrap();
    assert_conflict(tx.tenants().insert(&second).await);
    let committed = tx.commit().await.is_ok();
    let found = read(store).await.tenants().find(first.id).await.unwrap();
    assert_eq!(found.is_some(), committed);
    // The connection is good for others.
    world(store).await;
}

/// Many that write at once all succeed.
pub async fn many_writers_lose_nothing(store: &impl CoreStore) {
    let world = world(store).await;
    let writers = (0..20).map(|n| async move {
        let mut tx = begin(store).await;
        let mut customer = sample_customer(world.tenant);
        customer.created_at = later(n);
        tx.customers(world.wide).insert(&customer).await.unwrap();
        tx.plans(world.wide)
            .insert(&sample_plan(world.tenant, vec![world.product]))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        customer
    });
    let customers = join_all(writers).await;
    let mut tx = read(store).await;
    for customer in customers {
        assert_eq!(
            tx.customers(world.wide).find(customer.id).await.unwrap(),
            Some(customer)
        );
    }
    assert_eq!(tx.plans(world.wide).list().await.unwrap().len(), 21);
}
