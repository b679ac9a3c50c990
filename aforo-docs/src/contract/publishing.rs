//! Versions, publications and watched addresses.

use aforo_core::{
    LeaseId, OsEntropy, PageRequest, ProductId, PublicationId, SpecId, TenantId,
    contract::{NOW, all_pages, assert_conflict, later, sample_product, world},
};

use super::{DocsStore, begin, read, sample_spec};
use crate::{
    publication::Publication,
    spec::diff::{Change, ChangeKind, OperationRef, Severity, SpecDiff, Totals},
    store::ApiSpec,
    watch::{SpecWatch, Validators, WatchPublish},
};

fn sample_publication(spec: &ApiSpec, n: i64) -> Publication {
    let change = Change {
        rule: "operation-removed".into(),
        kind: ChangeKind::Removed,
        severity: Severity::Breaking,
        pointer: "/paths/~1now/get".into(),
        place: String::new(),
        message: "the operation was removed — \"für immer\"".into(),
        operations: vec![OperationRef {
            method: "GET".into(),
            path: "/now".into(),
            id: "now".into(),
        }],
        affected: 1,
    };
    Publication {
        id: PublicationId::new(later(n), &OsEntropy),
        tenant: spec.tenant,
        product: spec.product,
        spec: spec.id,
        previous: None,
        number: spec.number,
        version: spec.version.clone(),
        published_at: later(n),
        published_by: "operator".into(),
        changes: SpecDiff {
            changes: vec![change],
            totals: Totals {
                breaking: 1,
                warnings: 2,
                infos: 3,
            },
        },
    }
}

fn sample_watch(tenant: TenantId, product: ProductId) -> SpecWatch {
    SpecWatch {
        tenant,
        product,
        url: "https://acme.test/openapi.yaml".into(),
        interval_minutes: 5,
        publish: WatchPublish::Compatible,
        created_by: "usr_0".into(),
        created_at: NOW,
        seen: Validators {
            url: Some("https://cdn.acme.test/openapi.yaml".into()),
            etag: Some("W/\"äöü\"".into()),
            last_modified: Some("Sun, 22 Nov 2026 18:48:00 GMT".into()),
        },
        next_at: later(5),
        last_checked: Some(later(1)),
        last_changed: None,
        last_error: Some("the host's name does not resolve".into()),
        failures: 3,
    }
}

/// A product's versions are found by their number; the newest is the one with the greatest.
pub async fn versions_are_numbered(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let numbered = |number| ApiSpec {
        number,
        ..sample_spec(a.tenant, a.product)
    };
    // Ids do not decide: the third was made before the second.
    let (first, third, second) = (numbered(1), numbered(3), numbered(2));
    let mut tx = begin(store).await;
    assert_eq!(tx.specs(a.wide).latest(a.product).await.unwrap(), None);
    for spec in [&first, &third, &second] {
        tx.specs(a.wide).insert(spec, b"{}").await.unwrap();
    }
    assert!(tx.specs(a.wide).lock(a.product).await.unwrap());
    assert!(!tx.specs(b.wide).lock(a.product).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(tx.specs(a.own).latest(a.product).await.unwrap(), Some(third));
    assert_eq!(
        tx.specs(a.own).find_by_number(a.product, 2).await.unwrap(),
        Some(second)
    );
    assert_eq!(tx.specs(a.own).find_by_number(a.product, 4).await.unwrap(), None);
    assert_eq!(tx.specs(b.own).latest(a.product).await.unwrap(), None);
    assert_eq!(tx.specs(b.own).find_by_number(a.product, 1).await.unwrap(), None);
    drop(tx);
    assert_conflict(begin(store).await.specs(a.wide).insert(&numbered(3), b"{}").await);
}

/// Pages go from the newest to the oldest, for one product and for all.
pub async fn publications_come_newest_first(store: &impl DocsStore) {
    let a = world(store).await;
    let other = sample_product(a.tenant, "other");
    let (spec, of_other) = (sample_spec(a.tenant, a.product), sample_spec(a.tenant, other.id));
    let (mut of_product, mut all) = (Vec::new(), Vec::new());
    let mut tx = begin(store).await;
    tx.products(a.wide).insert(&other).await.unwrap();
    tx.specs(a.wide).insert(&spec, b"{}").await.unwrap();
    tx.specs(a.wide).insert(&of_other, b"{}").await.unwrap();
    for n in 0..7 {
        let publication = sample_publication(if n % 3 == 0 { &of_other } else { &spec }, n);
        tx.publications(a.wide).insert(&publication).await.unwrap();
        if publication.product == a.product {
            of_product.push(publication.clone());
        }
        all.push(publication);
    }
    tx.commit().await.unwrap();
    all.reverse();
    of_product.reverse();
    let mut tx = read(store).await;
    assert_eq!(
        tx.publications(a.own).find(all[0].id).await.unwrap().as_ref(),
        Some(&all[0])
    );
    assert!(tx.publications(a.own).is_published(spec.id).await.unwrap());
    let unknown = SpecId::new(NOW, &OsEntropy);
    assert!(!tx.publications(a.own).is_published(unknown).await.unwrap());
    for limit in [1, 3, 7, 50] {
        for (product, expected) in [(None, &all), (Some(a.product), &of_product)] {
            let found = all_pages(limit, async |page| {
                tx.publications(a.own).list(product, page).await
            })
            .await;
            assert_eq!(found, *expected, "{limit}");
        }
    }
}

/// Only a version of this product can have been published for it.
pub async fn a_publication_is_of_its_product(store: &impl DocsStore) {
    let a = world(store).await;
    let other = sample_product(a.tenant, "other");
    let (spec, elsewhere) = (sample_spec(a.tenant, a.product), sample_spec(a.tenant, other.id));
    let mut tx = begin(store).await;
    tx.products(a.wide).insert(&other).await.unwrap();
    tx.specs(a.wide).insert(&spec, b"{}").await.unwrap();
    tx.specs(a.wide).insert(&elsewhere, b"{}").await.unwrap();
    tx.commit().await.unwrap();
    let good = sample_publication(&spec, 1);
    let wrong = [
        Publication {
            spec: elsewhere.id,
            ..good.clone()
        },
        Publication {
            previous: Some(elsewhere.id),
            ..good.clone()
        },
    ];
    for publication in wrong {
        assert_conflict(begin(store).await.publications(a.wide).insert(&publication).await);
    }
    let mut tx = begin(store).await;
    tx.publications(a.wide).insert(&good).await.unwrap();
    tx.commit().await.unwrap();
    assert_conflict(begin(store).await.publications(a.wide).insert(&good).await);
}

/// Every field; setting it again takes its place; removing it ends it.
pub async fn a_watch_comes_back_whole(store: &impl DocsStore) {
    let a = world(store).await;
    let watch = sample_watch(a.tenant, a.product);
    let mut tx = begin(store).await;
    tx.watches(a.wide).set(&watch).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(
        tx.watches(a.own).find(a.product).await.unwrap(),
        Some(watch.clone())
    );
    assert_eq!(
        tx.watches(a.own).list().await.unwrap(),
        std::slice::from_ref(&watch)
    );
    drop(tx);
    let other = SpecWatch {
        url: "https://acme.test/next.yaml".into(),
        interval_minutes: 60,
        publish: WatchPublish::Always,
        seen: Validators::default(),
        last_checked: None,
        last_error: None,
        failures: 0,
        ..watch
    };
    let mut tx = begin(store).await;
    tx.watches(a.wide).set(&other).await.unwrap();
    assert_eq!(tx.watches(a.wide).find(a.product).await.unwrap(), Some(other));
    assert!(tx.watches(a.wide).remove(a.product).await.unwrap());
    assert!(!tx.watches(a.wide).remove(a.product).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(read(store).await.watches(a.own).list().await.unwrap(), []);
    let nowhere = sample_watch(a.tenant, ProductId::new(NOW, &OsEntropy));
    assert_conflict(begin(store).await.watches(a.wide).set(&nowhere).await);
}

/// What is due is given out once, the longest due first, until it is given back or its lease runs out.
pub async fn a_watch_has_one_looker_at_a_time(store: &impl DocsStore) {
    let a = world(store).await;
    let other = sample_product(a.tenant, "other");
    let (first, second) = (
        sample_watch(a.tenant, a.product),
        sample_watch(a.tenant, other.id),
    );
    let second = SpecWatch {
        next_at: later(2),
        ..second
    };
    let mut tx = begin(store).await;
    tx.products(a.wide).insert(&other).await.unwrap();
    tx.watches(a.wide).set(&first).await.unwrap();
    tx.watches(a.wide).set(&second).await.unwrap();
    tx.commit().await.unwrap();
    let lease = || LeaseId::new(NOW, &OsEntropy);
    let claim = async |now: i64, lease| {
        let mut tx = begin(store).await;
        let got = tx
            .watches(a.wide)
            .claim(later(now), lease, later(now + 100))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        got.map(|watch| watch.product)
    };
    assert_eq!(claim(1, lease()).await, None);
    let held = lease();
    assert_eq!(claim(5, held).await, Some(other.id));
    assert_eq!(claim(5, lease()).await, Some(a.product));
    assert_eq!(claim(6, lease()).await, None);
    let done = SpecWatch {
        next_at: later(50),
        last_checked: Some(later(6)),
        last_changed: Some(later(6)),
        last_error: None,
        failures: 0,
        seen: Validators::default(),
        ..second
    };
    let mut tx = begin(store).await;
    assert!(tx.watches(a.wide).finish(held, &done).await.unwrap());
    assert_eq!(tx.watches(a.wide).find(other.id).await.unwrap(), Some(done));
    tx.commit().await.unwrap();
    assert_eq!(claim(49, lease()).await, None);
    assert_eq!(claim(50, lease()).await, Some(other.id));
    // The first was never given back, and its lease has run out.
    assert_eq!(claim(105, lease()).await, Some(a.product));
}

/// A look that took too long, or whose watch was changed meanwhile, writes nothing.
pub async fn a_lease_that_is_lost_writes_nothing(store: &impl DocsStore) {
    let a = world(store).await;
    let watch = sample_watch(a.tenant, a.product);
    let mut tx = begin(store).await;
    tx.watches(a.wide).set(&watch).await.unwrap();
    let (slow, quick) = (LeaseId::new(NOW, &OsEntropy), LeaseId::new(NOW, &OsEntropy));
    assert!(
        tx.watches(a.wide)
            .claim(later(5), slow, later(10))
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        tx.watches(a.wide)
            .claim(later(10), quick, later(20))
            .await
            .unwrap()
            .is_some()
    );
    let late = SpecWatch {
        failures: 99,
        ..watch.clone()
    };
    assert!(!tx.watches(a.wide).finish(slow, &late).await.unwrap());
    tx.watches(a.wide).set(&watch).await.unwrap();
    assert!(!tx.watches(a.wide).finish(quick, &late).await.unwrap());
    assert_eq!(tx.watches(a.wide).find(a.product).await.unwrap(), Some(watch));
    tx.commit().await.unwrap();
}

/// Another tenant neither sees nor changes them.
pub async fn publications_and_watches_of_another_tenant_are_out_of_reach(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let spec = sample_spec(a.tenant, a.product);
    let (publication, watch) = (sample_publication(&spec, 1), sample_watch(a.tenant, a.product));
    let mut tx = begin(store).await;
    tx.specs(a.wide).insert(&spec, b"{}").await.unwrap();
    tx.publications(a.wide).insert(&publication).await.unwrap();
    tx.watches(a.wide).set(&watch).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(store).await;
    assert_eq!(tx.publications(b.wide).find(publication.id).await.unwrap(), None);
    assert!(!tx.publications(b.wide).is_published(spec.id).await.unwrap());
    for product in [None, Some(a.product)] {
        let page = tx
            .publications(b.wide)
            .list(product, PageRequest::first(9))
            .await
            .unwrap();
        assert_eq!(page.items, []);
    }
    assert_eq!(tx.watches(b.wide).find(a.product).await.unwrap(), None);
    assert_eq!(tx.watches(b.wide).list().await.unwrap(), []);
    assert!(!tx.watches(b.wide).remove(a.product).await.unwrap());
    let lease = LeaseId::new(NOW, &OsEntropy);
    assert_eq!(
        tx.watches(b.wide)
            .claim(later(99), lease, later(200))
            .await
            .unwrap(),
        None
    );
    drop(tx);
    let again = sample_publication(&spec, 2);
    assert!(
        begin(store)
            .await
            .publications(b.wide)
            .insert(&again)
            .await
            .is_err()
    );
    assert!(begin(store).await.watches(b.wide).set(&watch).await.is_err());
    assert!(
        begin(store)
            .await
            .watches(b.wide)
            .finish(lease, &watch)
            .await
            .is_err()
    );
}
