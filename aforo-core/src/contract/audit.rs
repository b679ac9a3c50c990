//! The audit log and its chain.

use futures_util::future::join_all;

use super::{CoreStore, NOW, World, all_pages, assert_conflict, begin, later, read, world};
use crate::{
    AuditId, OsEntropy, PageRequest, TenantScope,
    kernel::audit::{Actor, AuditEntry, BrokenChain, ChainHead, Seal, seal, verify},
};

fn sample_entry(scope: TenantScope, n: i64) -> AuditEntry {
    AuditEntry::new(scope, Actor::System, "thing.done", later(n), &OsEntropy)
        .target(format_args!("thing_{n}"))
        .detail("n", n)
}
/// Appends `count` entries, one moment apart; returns them.
async fn append(store: &impl CoreStore, world: &World, count: i64) -> Vec<AuditEntry> {
    let entries: Vec<_> = (0..count).map(|n| sample_entry(world.wide, n)).collect();
    let mut tx = begin(store).await;
    for entry in &entries {
        tx.audit(world.wide).append(entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    entries
}

/// Pages go from the newest to the oldest, and miss nothing.
pub async fn the_audit_log_is_read_newest_first(store: &impl CoreStore) {
    let a = world(store).await;
    let mut expected = append(store, &a, 7).await;
    expected.reverse();
    let mut tx = read(store).await;
    for limit in [1, 3, 7, 50] {
        let all = all_pages(limit, async |page| tx.audit(a.wide).list(page).await).await;
        assert_eq!(all, expected, "{limit}");
    }
}

/// Customers append to their tenant's log and read nothing; other tenants do neither.
pub async fn the_audit_log_is_for_tenant_wide_scopes(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let entry = sample_entry(a.own, 0);
    let mut tx = begin(store).await;
    tx.audit(a.own).append(&entry).await.unwrap();
    tx.commit().await.unwrap();
    seal(store, a.tenant).await.unwrap();
    let mut tx = begin(store).await;
    assert_eq!(
        tx.audit(a.wide).list(PageRequest::first(9)).await.unwrap().items,
        std::slice::from_ref(&entry)
    );
    for scope in [a.own, b.wide, b.own] {
        assert_eq!(
            tx.audit(scope).list(PageRequest::first(9)).await.unwrap().items,
            []
        );
        assert_eq!(tx.audit(scope).unsealed(9).await.unwrap(), []);
        assert_eq!(tx.audit(scope).head().await.unwrap(), None);
        assert_eq!(tx.audit(scope).sealed_after(0, 9).await.unwrap(), []);
    }
    for scope in [a.own, b.wide] {
        let link = Seal {
            seq: 2,
            entry: entry.id,
            hash: [1; 32],
        };
        assert!(tx.audit(scope).seal(&link).await.is_err());
        drop(tx);
        tx = begin(store).await;
    }
    assert!(tx.audit(b.wide).append(&sample_entry(a.wide, 1)).await.is_err());
}

/// A place in the chain, and an entry, are taken once; links come back in order with their entries.
pub async fn links_are_added_once_and_in_order(store: &impl CoreStore) {
    let a = world(store).await;
    let entries = append(store, &a, 3).await;
    let link = |seq: i64, entry: AuditId| Seal {
        seq,
        entry,
        hash: [seq as u8; 32],
    };
    let mut tx = begin(store).await;
    assert_eq!(tx.audit(a.wide).head().await.unwrap(), None);
    assert_eq!(tx.audit(a.wide).unsealed(2).await.unwrap(), entries[..2]);
    tx.audit(a.wide).seal(&link(1, entries[0].id)).await.unwrap();
    tx.audit(a.wide).seal(&link(2, entries[1].id)).await.unwrap();
    tx.commit().await.unwrap();
    for taken in [link(2, entries[2].id), link(3, entries[1].id)] {
        assert_conflict(begin(store).await.audit(a.wide).seal(&taken).await);
    }
    let unknown = link(3, AuditId::new(NOW, &OsEntropy));
    assert!(begin(store).await.audit(a.wide).seal(&unknown).await.is_err());
    let mut tx = read(store).await;
    let mut audit = tx.audit(a.wide);
    assert_eq!(audit.head().await.unwrap(), Some(link(2, entries[1].id)));
    assert_eq!(audit.unsealed(9).await.unwrap(), entries[2..]);
    let sealed = |n: usize| (link(n as i64 + 1, entries[n].id), Some(entries[n].clone()));
    assert_eq!(audit.sealed_after(0, 9).await.unwrap(), [sealed(0), sealed(1)]);
    assert_eq!(audit.sealed_after(0, 1).await.unwrap(), [sealed(0)]);
    assert_eq!(audit.sealed_after(1, 9).await.unwrap(), [sealed(1)]);
    assert_eq!(audit.sealed_after(2, 9).await.unwrap(), []);
}

/// More entries than one batch end up in one whole chain; sealing again changes nothing.
pub async fn sealing_links_everything_and_verifies(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    assert_eq!(seal(store, a.tenant).await.unwrap().seq, 0);
    append(store, &a, 503).await;
    append(store, &b, 2).await;
    let report = verify(store, a.tenant, None).await.unwrap();
    assert_eq!((report.head.seq, report.unsealed, report.broken), (0, 503, None));
    let head = seal(store, a.tenant).await.unwrap();
    assert_eq!(head.seq, 503);
    assert_eq!(seal(store, a.tenant).await.unwrap(), head);
    let report = verify(store, a.tenant, Some(head)).await.unwrap();
    assert_eq!((report.head, report.unsealed, report.broken), (head, 0, None));
    assert_eq!(verify(store, b.tenant, None).await.unwrap().unsealed, 2);
}

/// Sealers that run at once, while others append, make one chain without gaps.
pub async fn sealers_at_once_make_one_chain(store: &impl CoreStore) {
    let a = world(store).await;
    for _ in 0..5 {
        append(store, &a, 4).await;
        let heads = join_all((0..4).map(|_| seal(store, a.tenant))).await;
        assert!(heads.into_iter().all(|head| head.is_ok()));
    }
    let head = seal(store, a.tenant).await.unwrap();
    let report = verify(store, a.tenant, Some(head)).await.unwrap();
    assert_eq!((report.head.seq, report.unsealed, report.broken), (20, 0, None));
}

/// An earlier head anchors a longer chain; a head that never was, or lies beyond the end, does not.
pub async fn an_anchor_finds_a_chain_that_is_not_its_own(store: &impl CoreStore) {
    let a = world(store).await;
    append(store, &a, 2).await;
    let early = seal(store, a.tenant).await.unwrap();
    append(store, &a, 2).await;
    let late = seal(store, a.tenant).await.unwrap();
    let broken = async |anchor| verify(store, a.tenant, Some(anchor)).await.unwrap().broken;
    assert_eq!(broken(early).await, None);
    assert_eq!(broken(late).await, None);
    let foreign = ChainHead {
        hash: [7; 32],
        ..early
    };
    assert_eq!(broken(foreign).await, Some(BrokenChain::NotAnchored { seq: 2 }));
    let beyond = ChainHead { seq: 9, ..late };
    assert_eq!(broken(beyond).await, Some(BrokenChain::NotAnchored { seq: 9 }));
}
