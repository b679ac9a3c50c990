//! The behaviour suite that every storage implementation must pass: one function for each promise that the
//! traits in [`store`](crate::store) make, and for those of the core that need a description.
//!
//! ```ignore
//! aforo_docs::docs_contract!(memory, async { (aforo_memory::Store::new(), ()) });
//! ```
//! makes a module `memory` with one test for each behaviour. The expression makes an empty store, and whatever
//! must live as long as the test. Each behaviour makes tenants of its own.

#![allow(clippy::unwrap_used)] // a suite of tests: what it unwraps is what it claims

mod guides;
mod publishing;
mod sealed;
mod search;

pub use self::{guides::*, publishing::*, sealed::*, search::*};

use std::sync::atomic::{AtomicU32, Ordering};

use aforo_core::{
    OsEntropy, PageRequest, ProductId, SpecId, Store, TenantId,
    contract::{CoreStore, NOW, all_pages, assert_conflict, later, other_customer, sample_product, world},
    domain::product::Upstream,
};

use crate::store::{ApiSpec, DocsTx};

/// A store as this suite asks for it.
pub trait DocsStore: CoreStore + Store<dyn DocsTx> {}
impl<S: CoreStore + Store<dyn DocsTx>> DocsStore for S {}

async fn begin(store: &impl Store<dyn DocsTx>) -> Box<dyn DocsTx> {
    store.begin().await.unwrap()
}
async fn read(store: &impl Store<dyn DocsTx>) -> Box<dyn DocsTx> {
    store.read().await.unwrap()
}

/// Versions of a product have different numbers.
static NUMBER: AtomicU32 = AtomicU32::new(1);

fn sample_spec(tenant: TenantId, product: ProductId) -> ApiSpec {
    ApiSpec {
        id: SpecId::new(NOW, &OsEntropy),
        tenant,
        product,
        number: NUMBER.fetch_add(1, Ordering::Relaxed),
        note: "Für den Winter,\nzweizeilig".into(),
        imported_by: "usr_0".into(),
        format: "OPENAPI_3".into(),
        title: "Wetter für alle".into(),
        version: "1.2.3".into(),
        operations: 481,
        source_url: Some("https://acme.test/openapi.yaml".into()),
        sha256: [0xa5; 32],
        created_at: NOW,
    }
}

/// Every field, and the text byte by byte, whatever bytes it has.
pub async fn a_description_comes_back_with_its_text(store: &impl DocsStore) {
    let a = world(store).await;
    let spec = sample_spec(a.tenant, a.product);
    let bare = ApiSpec {
        source_url: None,
        operations: 0,
        created_at: later(1),
        ..sample_spec(a.tenant, a.product)
    };
    let text: Vec<u8> = (0..=255u8).cycle().take(300_000).collect();
    let mut tx = begin(store).await;
    tx.specs(a.wide).insert(&spec, &text).await.unwrap();
    tx.specs(a.wide).insert(&bare, b"").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    for scope in [a.wide, a.own] {
        assert_eq!(tx.specs(scope).find(spec.id).await.unwrap(), Some(spec.clone()));
        assert!(tx.specs(scope).source(spec.id).await.unwrap() == Some(text.clone()));
        assert_eq!(tx.specs(scope).find(bare.id).await.unwrap(), Some(bare.clone()));
        assert_eq!(tx.specs(scope).source(bare.id).await.unwrap(), Some(Vec::new()));
    }
    let unknown = SpecId::new(NOW, &OsEntropy);
    assert_eq!(tx.specs(a.wide).find(unknown).await.unwrap(), None);
    assert_eq!(tx.specs(a.wide).source(unknown).await.unwrap(), None);
}

/// A description never changes under its id.
pub async fn a_taken_id_is_a_conflict(store: &impl DocsStore) {
    let a = world(store).await;
    let spec = sample_spec(a.tenant, a.product);
    let mut tx = begin(store).await;
    tx.specs(a.wide).insert(&spec, b"one").await.unwrap();
    tx.commit().await.unwrap();
    assert_conflict(begin(store).await.specs(a.wide).insert(&spec, b"two").await);
    assert_eq!(
        read(store).await.specs(a.wide).source(spec.id).await.unwrap(),
        Some(b"one".to_vec())
    );
}

/// A description describes a product of its own tenant.
pub async fn a_description_needs_a_product_of_its_tenant(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    for product in [b.product, ProductId::new(NOW, &OsEntropy)] {
        let spec = sample_spec(a.tenant, product);
        assert_conflict(begin(store).await.specs(a.wide).insert(&spec, b"{}").await);
    }
}

/// Another tenant neither finds, reads, lists, adds nor publishes.
pub async fn descriptions_of_another_tenant_are_out_of_reach(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let spec = sample_spec(a.tenant, a.product);
    let mut tx = begin(store).await;
    tx.specs(a.wide).insert(&spec, b"{}").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    for scope in [b.wide, b.own] {
        assert_eq!(tx.specs(scope).find(spec.id).await.unwrap(), None);
        assert_eq!(tx.specs(scope).source(spec.id).await.unwrap(), None);
        for product in [None, Some(a.product)] {
            let page = tx
                .specs(scope)
                .list(product, PageRequest::first(9))
                .await
                .unwrap();
            assert_eq!(page.items, []);
        }
    }
    drop(tx);
    let planted = sample_spec(a.tenant, a.product);
    assert!(
        begin(store)
            .await
            .specs(b.wide)
            .insert(&planted, b"{}")
            .await
            .is_err()
    );
    let mut tx = begin(store).await;
    assert!(
        !tx.products(b.wide)
            .publish(a.product, spec.id, None)
            .await
            .unwrap()
    );
    assert_conflict(tx.products(b.wide).publish(b.product, spec.id, None).await);
}

/// Pages follow the id and miss nothing, for one product and for all.
pub async fn pages_of_descriptions_cover_each_once(store: &impl DocsStore) {
    let a = world(store).await;
    let other = sample_product(a.tenant, "other");
    let (mut of_product, mut all) = (Vec::new(), Vec::new());
    let mut tx = begin(store).await;
    tx.products(a.wide).insert(&other).await.unwrap();
    for n in 0..9 {
        let spec = sample_spec(a.tenant, if n % 3 == 0 { other.id } else { a.product });
        tx.specs(a.wide).insert(&spec, b"{}").await.unwrap();
        all.push(spec.id);
        of_product.extend((spec.product == a.product).then_some(spec.id));
    }
    all.sort_unstable();
    of_product.sort_unstable();
    for limit in [1, 3, 9, 50] {
        for (product, expected) in [(None, &all), (Some(a.product), &of_product)] {
            let found = all_pages(limit, async |page| tx.specs(a.own).list(product, page).await).await;
            assert_eq!(
                found.iter().map(|s| s.id).collect::<Vec<_>>(),
                *expected,
                "{limit}"
            );
        }
    }
}

/// Publishing shows a description of this product, and notes the origin that it proposes.
pub async fn a_published_description_is_one_of_the_product(store: &impl DocsStore) {
    let a = world(store).await;
    let neighbour = other_customer(store, a.tenant).await;
    let other = sample_product(a.tenant, "other");
    let (first, second) = (sample_spec(a.tenant, a.product), sample_spec(a.tenant, a.product));
    let elsewhere = sample_spec(a.tenant, other.id);
    let mut tx = begin(store).await;
    tx.products(a.wide).insert(&other).await.unwrap();
    for spec in [&first, &second, &elsewhere] {
        tx.specs(a.wide).insert(spec, b"{}").await.unwrap();
    }
    tx.commit().await.unwrap();
    let proposal = Upstream {
        origin: "https://next.acme.test".into(),
        base_path: "/v2".into(),
    };
    let mut tx = begin(store).await;
    for (spec, proposed) in [(&first, Some(&proposal)), (&second, None)] {
        assert!(
            tx.products(a.wide)
                .publish(a.product, spec.id, proposed)
                .await
                .unwrap()
        );
        let product = tx.products(neighbour).find(a.product).await.unwrap().unwrap();
        assert_eq!(
            (product.published_spec, product.proposed_upstream.as_ref()),
            (Some(spec.id), proposed)
        );
        // What is approved stays approved.
        assert!(product.upstream.is_some());
    }
    let unknown = ProductId::new(NOW, &OsEntropy);
    assert!(
        !tx.products(a.wide)
            .publish(unknown, first.id, None)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    for spec in [elsewhere.id, SpecId::new(NOW, &OsEntropy)] {
        assert_conflict(
            begin(store)
                .await
                .products(a.wide)
                .publish(a.product, spec, None)
                .await,
        );
    }
    let product = read(store)
        .await
        .products(a.wide)
        .find(a.product)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(product.published_spec, Some(second.id));
}

/// Makes a module with one `#[tokio::test]` for each behaviour: `docs_contract!(name, async { (store, guard) })`.
#[macro_export]
macro_rules! docs_contract {
    ($module:ident, $fixture:expr) => {
        mod $module {
            use super::*;
            use $crate::contract as suite;
            ::aforo_core::behaviours! { ($fixture)
                a_description_comes_back_with_its_text
                a_taken_id_is_a_conflict
                a_description_needs_a_product_of_its_tenant
                descriptions_of_another_tenant_are_out_of_reach
                pages_of_descriptions_cover_each_once
                a_published_description_is_one_of_the_product
                a_page_comes_back_with_its_version
                siblings_share_no_slug
                a_page_refers_to_its_own_tenant
                pages_of_another_tenant_are_out_of_reach
                versions_are_listed_newest_first
                holding_the_tree_counts
                a_held_tree_keeps_others_waiting
                a_path_leads_to_the_page_that_was_there_last
                purging_forgets_what_was_deleted_long_ago
                unsaved_work_is_one_persons
                a_suggestion_is_decided_once
                a_visitor_counts_once
                an_image_is_kept_once
                versions_are_numbered
                publications_come_newest_first
                a_publication_is_of_its_product
                a_watch_comes_back_whole
                a_watch_has_one_looker_at_a_time
                a_lease_that_is_lost_writes_nothing
                publications_and_watches_of_another_tenant_are_out_of_reach
                a_sealed_item_comes_back
                a_sealed_item_is_taken_once
                sealed_items_are_forgotten
                sealed_items_of_another_tenant_are_out_of_reach
            }
        }
    };
}
