//! Subscriptions.

use std::{future::poll_fn, task::Poll};

use futures_util::future::{join, join_all};

use super::{
    CoreStore, NOW, World, all_pages, begin, later, other_customer, read, sample_subscription, world,
};
use crate::{
    CustomerId, OsEntropy, PageRequest, ProductId, SubscriptionId,
    domain::subscription::{Subscription, SubscriptionFilter, SubscriptionStatus},
};

async fn add_subscription(
    store: &impl CoreStore,
    world: &World,
    customer: CustomerId,
    products: Vec<ProductId>,
) -> Subscription {
    let mut tx = begin(store).await;
    let plan = tx.plans(world.wide).find(world.plan).await.unwrap().unwrap();
    let subscription = Subscription {
        products,
        ..sample_subscription(&plan, customer)
    };
    tx.subscriptions(world.wide).insert(&subscription).await.unwrap();
    tx.commit().await.unwrap();
    subscription
}
fn ids(subscriptions: &[Subscription]) -> Vec<SubscriptionId> {
    subscriptions.iter().map(|s| s.id).collect()
}

/// `find`, `lock` and `list` give a subscription to its tenant and its customer, and to nobody else.
pub async fn subscriptions_are_found_and_locked_by_their_scopes_only(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let neighbour = other_customer(store, a.tenant).await;
    let expected = add_subscription(store, &a, a.customer, vec![a.product]).await;
    let everything = SubscriptionFilter::default();
    let mut tx = begin(store).await;
    for scope in [a.wide, a.own] {
        assert_eq!(
            tx.subscriptions(scope).find(expected.id).await.unwrap(),
            Some(expected.clone())
        );
        assert_eq!(
            tx.subscriptions(scope).lock(expected.id).await.unwrap(),
            Some(expected.clone())
        );
        let listed = tx
            .subscriptions(scope)
            .list(everything, PageRequest::first(9))
            .await
            .unwrap();
        assert_eq!(listed.items.len(), 2);
    }
    for scope in [b.wide, b.own, neighbour] {
        assert_eq!(tx.subscriptions(scope).find(expected.id).await.unwrap(), None);
        assert_eq!(tx.subscriptions(scope).lock(expected.id).await.unwrap(), None);
        assert!(!tx.subscriptions(scope).cancel(expected.id, NOW).await.unwrap());
        let listed = tx
            .subscriptions(scope)
            .list(everything, PageRequest::first(9))
            .await
            .unwrap();
        assert!(!ids(&listed.items).contains(&expected.id));
        let stranger = Subscription {
            id: SubscriptionId::new(NOW, &OsEntropy),
            ..expected.clone()
        };
        assert!(tx.subscriptions(scope).insert(&stranger).await.is_err());
        // A database may refuse to go on after a failed statement.
        drop(tx);
        tx = begin(store).await;
    }
    let unknown = SubscriptionId::new(NOW, &OsEntropy);
    assert_eq!(tx.subscriptions(a.wide).find(unknown).await.unwrap(), None);
}

/// Only active ones, only those of a product, and both.
pub async fn subscriptions_are_filtered(store: &impl CoreStore) {
    let a = world(store).await;
    let other = ProductId::new(NOW, &OsEntropy);
    let both = add_subscription(store, &a, a.customer, vec![other, a.product])
        .await
        .id;
    let only_other = add_subscription(store, &a, a.customer, vec![other]).await.id;
    let none = add_subscription(store, &a, a.customer, Vec::new()).await.id;
    let mut tx = begin(store).await;
    assert!(tx.subscriptions(a.wide).cancel(both, later(1)).await.unwrap());
    for (active_only, product, expected) in [
        (false, None, vec![a.subscription, both, only_other, none]),
        (true, None, vec![a.subscription, only_other, none]),
        (false, Some(other), vec![both, only_other]),
        (true, Some(other), vec![only_other]),
        (false, Some(a.product), vec![a.subscription, both]),
        (true, Some(ProductId::new(NOW, &OsEntropy)), vec![]),
    ] {
        let filter = SubscriptionFilter { active_only, product };
        let page = tx
            .subscriptions(a.own)
            .list(filter, PageRequest::first(50))
            .await
            .unwrap();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(ids(&page.items), expected, "{filter:?}");
    }
}

/// Pages follow the id and miss nothing, also with a filter and in a customer's scope.
pub async fn pages_of_subscriptions_cover_each_once(store: &impl CoreStore) {
    let a = world(store).await;
    let neighbour = other_customer(store, a.tenant).await;
    let mut expected = vec![a.subscription];
    for _ in 0..6 {
        expected.push(add_subscription(store, &a, a.customer, vec![a.product]).await.id);
        add_subscription(store, &a, neighbour.customer().unwrap(), vec![a.product]).await;
    }
    expected.sort_unstable();
    let filter = SubscriptionFilter {
        active_only: true,
        product: Some(a.product),
    };
    let mut tx = read(store).await;
    for limit in [1, 2, 7, 50] {
        let all = all_pages(limit, async |page| {
            tx.subscriptions(a.own).list(filter, page).await
        })
        .await;
        assert_eq!(ids(&all), expected, "{limit}");
    }
}

/// Cancelling says whether it was this call that did it, and is final.
pub async fn a_subscription_is_cancelled_once(store: &impl CoreStore) {
    let a = world(store).await;
    let mut tx = begin(store).await;
    assert!(
        tx.subscriptions(a.own)
            .cancel(a.subscription, later(7))
            .await
            .unwrap()
    );
    assert!(
        !tx.subscriptions(a.own)
            .cancel(a.subscription, later(8))
            .await
            .unwrap()
    );
    let unknown = SubscriptionId::new(NOW, &OsEntropy);
    assert!(!tx.subscriptions(a.wide).cancel(unknown, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let found = read(store).await.subscriptions(a.own).find(a.subscription).await;
    let found = found.unwrap().unwrap();
    assert_eq!(
        (found.status, found.cancelled_at),
        (SubscriptionStatus::Cancelled, Some(later(7)))
    );
}

/// However many cancel at once, exactly one is told that it did.
pub async fn of_two_concurrent_cancels_one_wins(store: &impl CoreStore) {
    for _ in 0..5 {
        let a = world(store).await;
        let cancels = (0..4).map(|n| async move {
            let mut tx = begin(store).await;
            let won = tx
                .subscriptions(a.own)
                .cancel(a.subscription, later(n))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            won
        });
        assert_eq!(join_all(cancels).await.into_iter().filter(|won| *won).count(), 1);
    }
}

/// Who holds a subscription sees it active until its own end; a cancel comes before or after, never between.
pub async fn a_locked_subscription_keeps_a_cancel_waiting(store: &impl CoreStore) {
    for _ in 0..5 {
        let a = world(store).await;
        let holder = async {
            let mut tx = begin(store).await;
            let held = tx
                .subscriptions(a.own)
                .lock(a.subscription)
                .await
                .unwrap()
                .unwrap();
            for _ in 0..50 {
                yield_now().await;
            }
            let again = tx
                .subscriptions(a.own)
                .find(a.subscription)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(held, again);
            tx.commit().await.unwrap();
        };
        let canceller = async {
            yield_now().await;
            let mut tx = begin(store).await;
            assert!(
                tx.subscriptions(a.own)
                    .cancel(a.subscription, later(1))
                    .await
                    .unwrap()
            );
            tx.commit().await.unwrap();
        };
        join(holder, canceller).await;
    }
}

/// Lets others run.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
