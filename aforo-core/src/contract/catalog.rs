//! Products and plans. What needs an API description is in the suite of `aforo-docs`.

use super::{CoreStore, NOW, all_pages, assert_conflict, begin, read, sample_plan, sample_product, world};
use crate::{
    OsEntropy, PageRequest, PlanId, ProductId,
    domain::product::{Product, Upstream},
};

/// `find` and `find_by_slug` give back what was inserted, field by field.
pub async fn products_are_found_by_id_and_slug(store: &impl CoreStore) {
    let a = world(store).await;
    let mut tx = begin(store).await;
    let full = sample_product(a.tenant, "full");
    let bare = Product {
        upstream: None,
        proposed_upstream: None,
        private_ranges: Vec::new(),
        ..sample_product(a.tenant, "bare")
    };
    for product in [&full, &bare] {
        tx.products(a.wide).insert(product).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    for scope in [a.wide, a.own] {
        assert_eq!(
            tx.products(scope).find(full.id).await.unwrap(),
            Some(full.clone())
        );
        assert_eq!(
            tx.products(scope).find_by_slug("bare").await.unwrap(),
            Some(bare.clone())
        );
        assert_eq!(tx.products(scope).find_by_slug("none").await.unwrap(), None);
        let unknown = ProductId::new(NOW, &OsEntropy);
        assert_eq!(tx.products(scope).find(unknown).await.unwrap(), None);
    }
}

/// A slug belongs to one product of a tenant, and is free in every other tenant.
pub async fn a_taken_slug_of_a_product_is_a_conflict_within_a_tenant(store: &impl CoreStore) {
    let a = world(store).await;
    world(store).await; // the same slug in another tenant
    let second = sample_product(a.tenant, "weather");
    assert_conflict(begin(store).await.products(a.wide).insert(&second).await);
}

/// What is approved counts, and nothing is proposed any more.
pub async fn approving_an_upstream_drops_the_proposal(store: &impl CoreStore) {
    let a = world(store).await;
    let approved = Upstream {
        origin: "https://new.acme.test".into(),
        base_path: String::new(),
    };
    let mut tx = begin(store).await;
    assert!(
        tx.products(a.wide)
            .approve_upstream(a.product, &approved)
            .await
            .unwrap()
    );
    let product = tx.products(a.wide).find(a.product).await.unwrap().unwrap();
    assert_eq!(
        (product.upstream, product.proposed_upstream),
        (Some(approved.clone()), None)
    );
    let unknown = ProductId::new(NOW, &OsEntropy);
    assert!(
        !tx.products(a.wide)
            .approve_upstream(unknown, &approved)
            .await
            .unwrap()
    );
}

/// Another tenant neither finds, lists, approves nor adds.
pub async fn products_of_another_tenant_are_out_of_reach(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let evil = Upstream {
        origin: "https://evil.test".into(),
        base_path: String::new(),
    };
    let mut tx = begin(store).await;
    assert_eq!(tx.products(b.wide).find(a.product).await.unwrap(), None);
    assert_eq!(
        tx.products(b.wide)
            .find_by_slug("weather")
            .await
            .unwrap()
            .unwrap()
            .id,
        b.product
    );
    let listed = tx.products(b.wide).list(PageRequest::first(50)).await.unwrap();
    assert_eq!(listed.items.iter().map(|p| p.id).collect::<Vec<_>>(), [b.product]);
    assert!(
        !tx.products(b.wide)
            .approve_upstream(a.product, &evil)
            .await
            .unwrap()
    );
    let product = tx.products(a.wide).find(a.product).await.unwrap().unwrap();
    assert_ne!(product.upstream, Some(evil));
    assert!(
        tx.products(b.wide)
            .insert(&sample_product(a.tenant, "x"))
            .await
            .is_err()
    );
}

/// Pages follow the id and miss nothing.
pub async fn pages_of_products_cover_each_once(store: &impl CoreStore) {
    let a = world(store).await;
    let mut expected = vec![a.product];
    let mut tx = begin(store).await;
    for n in 0..6 {
        let product = sample_product(a.tenant, &format!("p{n}"));
        tx.products(a.wide).insert(&product).await.unwrap();
        expected.push(product.id);
    }
    expected.sort_unstable();
    for limit in [1, 3, 7, 50] {
        let all = all_pages(limit, async |page| tx.products(a.wide).list(page).await).await;
        assert_eq!(all.iter().map(|p| p.id).collect::<Vec<_>>(), expected, "{limit}");
    }
}

/// Plans come back as they were inserted, in id order, to their tenant only.
pub async fn plans_are_listed_in_order_for_their_tenant(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let mut second = sample_plan(a.tenant, Vec::new());
    second.auto_subscribe = false;
    let mut tx = begin(store).await;
    tx.plans(a.wide).insert(&second).await.unwrap();
    let first = tx.plans(a.own).find(a.plan).await.unwrap().unwrap();
    assert_eq!(
        (first.products.as_slice(), first.auto_subscribe),
        (&[a.product][..], true)
    );
    assert_eq!(
        tx.plans(a.wide).find(second.id).await.unwrap(),
        Some(second.clone())
    );
    let mut both = [first, second];
    both.sort_unstable_by_key(|p| p.id);
    assert_eq!(tx.plans(a.wide).list().await.unwrap(), both);
    assert_eq!(tx.plans(b.wide).list().await.unwrap().len(), 1);
    assert_eq!(tx.plans(b.wide).find(a.plan).await.unwrap(), None);
    assert_eq!(
        tx.plans(a.wide).find(PlanId::new(NOW, &OsEntropy)).await.unwrap(),
        None
    );
    assert!(
        tx.plans(b.wide)
            .insert(&sample_plan(a.tenant, Vec::new()))
            .await
            .is_err()
    );
}
