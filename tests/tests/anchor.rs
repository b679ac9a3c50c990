//! The anchor of the audit chain moves forward with the chain, and stays where it is once the chain is another one.

#![allow(clippy::unwrap_used)] // helpers of a test: what they unwrap is what they claim

use std::sync::{Arc, Mutex};

use aforo_core::{
    OsEntropy, Secret, SystemClock, TenantId, domain::tenant::ensure_tenant, kernel::audit::ChainHead,
};
use aforo_docs::store::Stores;
use aforo_http::{AuditAnchor, Console, Tenancy};
use aforo_vault::kek::KeyRing;
use async_trait::async_trait;

#[derive(Default)]
struct Kept(Mutex<Option<ChainHead>>);

#[async_trait]
impl AuditAnchor for Kept {
    async fn load(&self, _: TenantId) -> Option<ChainHead> {
        *self.0.lock().unwrap()
    }
    async fn store(&self, _: TenantId, head: ChainHead) {
        *self.0.lock().unwrap() = Some(head);
    }
}

#[tokio::test]
async fn an_anchor_that_is_no_part_of_the_chain_is_kept_as_proof() {
    let stores = Stores::of(aforo_memory::Store::new());
    let tenant = ensure_tenant(&*stores.core, "acme", "Acme", vec![], &SystemClock, &OsEntropy)
        .await
        .unwrap();
    let keks = Arc::new(KeyRing::generate(&OsEntropy));
    let console = Console::builder(
        stores.clone(),
        Tenancy::Single(tenant.id),
        keks,
        Secret::new([7; 32]),
    );
    let console = console.build().unwrap();
    let kept = Kept::default();
    console.seal_audit(Some(&kept)).await.unwrap();
    let first = kept.load(tenant.id).await.unwrap();
    assert_eq!(first.seq, 1);

    // The chain grows: the anchor follows.
    ensure_tenant(
        &*stores.core,
        "globex",
        "Globex",
        vec![],
        &SystemClock,
        &OsEntropy,
    )
    .await
    .unwrap();
    console.seal_audit(Some(&kept)).await.unwrap();

    // The anchor of a chain that was rolled back and has grown again: not replaced, however long the new one is.
    let lost = ChainHead {
        seq: 1,
        hash: [9; 32],
    };
    *kept.0.lock().unwrap() = Some(lost);
    console.seal_audit(Some(&kept)).await.unwrap();
    assert_eq!(kept.load(tenant.id).await, Some(lost));
    let beyond = ChainHead {
        seq: 1000,
        hash: first.hash,
    };
    *kept.0.lock().unwrap() = Some(beyond);
    console.seal_audit(Some(&kept)).await.unwrap();
    assert_eq!(kept.load(tenant.id).await, Some(beyond));
}
