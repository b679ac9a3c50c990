//! What the guides ask of storage.

use aforo_core::{
    OsEntropy, PageId, PageRequest, ProductId, StoreError, SuggestionId, TenantScope, Timestamp, UserId,
    contract::{NOW, World, all_pages, assert_conflict, later, sample_customer, sample_user, world},
};

use super::{DocsStore, begin, read};
use crate::{
    guide::{
        draft::PageDraft,
        feedback::{Feedback, FeedbackCounts},
        image::{DocImage, ImageId, ImageType},
        page::{Deletion, DocPage, PageStatus, PublishedName},
        store::SuggestionFilter,
        suggestion::{Suggestion, SuggestionStatus},
        version::PageVersion,
    },
    store::DocsTx,
};

/// A page that nothing is published of, and its first version.
fn sample_page(world: &World, parent: Option<PageId>, slug: &str) -> (DocPage, PageVersion) {
    let id = PageId::new(NOW, &OsEntropy);
    let page = DocPage {
        id,
        tenant: world.tenant,
        product: None,
        parent,
        title: "Schlüssel & 🔑".into(),
        slug: slug.into(),
        sort_order: 3,
        status: PageStatus::Draft,
        latest_version: 1,
        published_version: None,
        published: None,
        created_at: NOW,
        updated_at: later(1),
        published_at: None,
        deleted: None,
    };
    let version = PageVersion {
        page: id,
        number: 1,
        title: page.title.clone(),
        slug: slug.into(),
        body: "# Über\n\n\t`code` \u{202e} 'quotes' \\ % _ $1\r\n\n".into(),
        author: Some(world.user),
        note: "first; DROP TABLE".into(),
        created_at: NOW,
    };
    (page, version)
}

async fn add(tx: &mut dyn DocsTx, world: &World, parent: Option<PageId>, slug: &str) -> DocPage {
    let (page, version) = sample_page(world, parent, slug);
    tx.pages(world.wide).insert(&page, &version).await.unwrap();
    page
}

async fn added(store: &impl DocsStore, world: &World, parent: Option<PageId>, slug: &str) -> DocPage {
    let mut tx = begin(store).await;
    let page = add(&mut *tx, world, parent, slug).await;
    tx.commit().await.unwrap();
    page
}

fn publish(page: &mut DocPage, slug: &str) {
    page.status = PageStatus::Published;
    page.published_version = Some(1);
    page.published = Some(PublishedName {
        title: "For readers".into(),
        slug: slug.into(),
    });
    page.published_at = Some(later(2));
}

fn delete(page: &mut DocPage, at: Timestamp) {
    page.deleted = Some(Deletion { at, root: page.id });
}

/// Writes a page and commits; storage may look at references at either.
async fn update(store: &impl DocsStore, scope: TenantScope, page: &DocPage) -> Result<bool, StoreError> {
    let mut tx = begin(store).await;
    let done = tx.pages(scope).update(page).await?;
    tx.commit().await?;
    Ok(done)
}

async fn another_user(store: &impl DocsStore, world: &World) -> UserId {
    let customer = sample_customer(world.tenant);
    let mut user = sample_user(&customer);
    (user.email, user.identity) = (Some("second@acme.test".into()), None);
    let mut tx = begin(store).await;
    tx.customers(world.wide).insert(&customer).await.unwrap();
    tx.users(world.wide).insert(&user).await.unwrap();
    tx.commit().await.unwrap();
    user.id
}

/// Every field, with any text; for every scope of the tenant.
pub async fn a_page_comes_back_with_its_version(store: &impl DocsStore) {
    let a = world(store).await;
    let (bare, mut version) = sample_page(&a, None, "bare");
    version.author = None;
    let (mut full, second) = sample_page(&a, Some(bare.id), "full");
    full.product = Some(a.product);
    let mut tx = begin(store).await;
    tx.pages(a.wide).insert(&bare, &version).await.unwrap();
    tx.pages(a.wide).insert(&full, &second).await.unwrap();
    publish(&mut full, "as-published");
    delete(&mut full, later(9));
    (full.title, full.slug) = ("Later".into(), "later".into());
    (full.sort_order, full.updated_at) = (70_000, later(8));
    assert!(tx.pages(a.wide).update(&full).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    for scope in [a.wide, a.own] {
        assert_eq!(tx.pages(scope).find(bare.id).await.unwrap(), Some(bare.clone()));
        assert_eq!(tx.pages(scope).find(full.id).await.unwrap(), Some(full.clone()));
        assert_eq!(
            tx.pages(scope).version(bare.id, 1).await.unwrap(),
            Some(version.clone())
        );
        assert_eq!(
            tx.pages(scope).version(full.id, 1).await.unwrap(),
            Some(second.clone())
        );
        assert_eq!(tx.pages(scope).version(full.id, 2).await.unwrap(), None);
        assert_eq!(tx.pages(scope).list().await.unwrap(), std::slice::from_ref(&bare));
        assert_eq!(
            tx.pages(scope).deleted().await.unwrap(),
            std::slice::from_ref(&full)
        );
    }
    drop(tx);
    let (unknown, _) = sample_page(&a, None, "unknown");
    assert!(!update(store, a.wide, &unknown).await.unwrap_or(false));
    assert_eq!(
        read(store).await.pages(a.wide).find(unknown.id).await.unwrap(),
        None
    );
}

/// Among siblings a slug is one page's, in the latest versions and in the published ones; elsewhere, in other
/// tenants and once the page is deleted it is free.
pub async fn siblings_share_no_slug(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let root = added(store, &a, None, "keys").await;
    added(store, &b, None, "keys").await;
    for parent in [None, Some(root.id)] {
        if parent.is_some() {
            added(store, &a, parent, "keys").await;
        }
        let (page, version) = sample_page(&a, parent, "keys");
        assert_conflict(begin(store).await.pages(a.wide).insert(&page, &version).await);
        let mut other = added(store, &a, parent, "other").await;
        publish(&mut other, "shown");
        assert!(update(store, a.wide, &other).await.unwrap());
        let mut third = added(store, &a, parent, "third").await;
        publish(&mut third, "shown");
        assert_conflict(update(store, a.wide, &third).await);
        publish(&mut third, "third");
        third.slug = "keys".into();
        assert_conflict(update(store, a.wide, &third).await);
        delete(&mut third, NOW);
        assert!(update(store, a.wide, &third).await.unwrap());
    }
}

/// Parent, product and author are the tenant's, and a version is the page's.
pub async fn a_page_refers_to_its_own_tenant(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let theirs = added(store, &b, None, "theirs").await;
    let mine = added(store, &a, None, "mine").await;
    let unknown = (PageId::new(NOW, &OsEntropy), ProductId::new(NOW, &OsEntropy));
    for (parent, product, author) in [
        (Some(theirs.id), None, a.user),
        (Some(unknown.0), None, a.user),
        (None, Some(b.product), a.user),
        (None, Some(unknown.1), a.user),
        (None, None, b.user),
    ] {
        let (page, version) = sample_page(&a, parent, "new");
        let (page, version) = (
            DocPage { product, ..page },
            PageVersion {
                author: Some(author),
                ..version
            },
        );
        assert_conflict(begin(store).await.pages(a.wide).insert(&page, &version).await);
        if author == a.user {
            let changed = DocPage {
                parent,
                product,
                ..mine.clone()
            };
            assert_conflict(update(store, a.wide, &changed).await);
        }
    }
    let (page, version) = sample_page(&a, None, "new");
    let of_another = PageVersion {
        page: mine.id,
        ..version
    };
    assert_conflict(begin(store).await.pages(a.wide).insert(&page, &of_another).await);
    assert_conflict(
        update(
            store,
            a.wide,
            &DocPage {
                latest_version: 2,
                ..mine.clone()
            },
        )
        .await,
    );
    let stored = read(store).await.pages(a.wide).find(mine.id).await.unwrap();
    assert_eq!(stored, Some(mine));
}

/// Another tenant neither finds, lists, adds, changes nor purges.
pub async fn pages_of_another_tenant_are_out_of_reach(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let page = added(store, &a, None, "mine").await;
    let mut gone = added(store, &a, None, "gone").await;
    delete(&mut gone, NOW);
    let mut tx = begin(store).await;
    tx.pages(a.wide).update(&gone).await.unwrap();
    tx.pages(a.wide)
        .add_redirect("old/path", page.id, NOW)
        .await
        .unwrap();
    tx.pages(a.wide).lock_tree().await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(store).await;
    for scope in [b.wide, b.own] {
        assert_eq!(tx.pages(scope).find(page.id).await.unwrap(), None);
        assert_eq!(tx.pages(scope).list().await.unwrap(), []);
        assert_eq!(tx.pages(scope).deleted().await.unwrap(), []);
        assert_eq!(tx.pages(scope).version(page.id, 1).await.unwrap(), None);
        assert_eq!(
            tx.pages(scope)
                .versions(page.id, PageRequest::first(9))
                .await
                .unwrap()
                .items,
            []
        );
        assert_eq!(tx.pages(scope).redirect("old/path").await.unwrap(), None);
        assert_eq!(tx.pages(scope).revision().await.unwrap(), 0);
        assert_eq!(tx.pages(scope).purge(later(1)).await.unwrap(), 0);
    }
    drop(tx);
    let (planted, version) = sample_page(&a, None, "planted");
    assert!(
        begin(store)
            .await
            .pages(b.wide)
            .insert(&planted, &version)
            .await
            .is_err()
    );
    let moved = DocPage {
        title: "Taken".into(),
        ..page.clone()
    };
    assert!(!update(store, b.wide, &moved).await.unwrap_or(false));
    let captured = DocPage {
        tenant: b.tenant,
        ..moved
    };
    assert!(!update(store, b.wide, &captured).await.unwrap_or(false));
    let next = PageVersion {
        number: 2,
        author: None,
        ..version
    };
    let next = PageVersion {
        page: page.id,
        ..next
    };
    assert_conflict(begin(store).await.pages(b.wide).add_version(&next).await);
    assert_conflict(
        begin(store)
            .await
            .pages(b.wide)
            .add_redirect("x", page.id, NOW)
            .await,
    );
    assert_eq!(
        read(store).await.pages(a.wide).find(page.id).await.unwrap(),
        Some(page)
    );
}

/// Versions are added once, never change, and are listed newest first in pages.
pub async fn versions_are_listed_newest_first(store: &impl DocsStore) {
    let a = world(store).await;
    let (page, first) = sample_page(&a, None, "page");
    let mut tx = begin(store).await;
    tx.pages(a.wide).insert(&page, &first).await.unwrap();
    for number in 2..=7 {
        let version = PageVersion {
            number,
            note: format!("n{number}"),
            ..first.clone()
        };
        tx.pages(a.wide).add_version(&version).await.unwrap();
    }
    let other = add(&mut *tx, &a, None, "other").await;
    tx.commit().await.unwrap();
    let again = PageVersion {
        number: 7,
        body: "forged".into(),
        ..first.clone()
    };
    assert_conflict(begin(store).await.pages(a.wide).add_version(&again).await);
    let mut tx = read(store).await;
    assert_ne!(
        tx.pages(a.own).version(page.id, 7).await.unwrap().unwrap().body,
        "forged"
    );
    for limit in [1, 3, 7, 50] {
        let all = all_pages(limit, async |request| {
            tx.pages(a.own).versions(page.id, request).await
        })
        .await;
        assert_eq!(
            all.iter().map(|v| v.number).collect::<Vec<_>>(),
            [7, 6, 5, 4, 3, 2, 1],
            "{limit}"
        );
    }
    let newest = tx
        .pages(a.own)
        .versions(page.id, PageRequest::first(1))
        .await
        .unwrap();
    let expected = PageVersion {
        number: 7,
        note: "n7".into(),
        ..first
    };
    assert_eq!(newest.items, [(&expected).into()]);
    assert_eq!(
        tx.pages(a.own)
            .versions(other.id, PageRequest::first(9))
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}

/// The revision counts what was committed, for each tenant.
pub async fn holding_the_tree_counts(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    assert_eq!(read(store).await.pages(a.own).revision().await.unwrap(), 0);
    for n in 1..=3 {
        let mut tx = begin(store).await;
        assert_eq!(tx.pages(a.wide).lock_tree().await.unwrap(), n);
        drop(tx);
        assert_eq!(read(store).await.pages(a.own).revision().await.unwrap(), n - 1);
        let mut tx = begin(store).await;
        assert_eq!(tx.pages(a.wide).lock_tree().await.unwrap(), n);
        tx.commit().await.unwrap();
        assert_eq!(read(store).await.pages(a.own).revision().await.unwrap(), n);
    }
    assert_eq!(read(store).await.pages(b.wide).revision().await.unwrap(), 0);
}

/// Of two that hold the tree one waits, and then sees what the other did; other tenants do not wait.
pub async fn a_held_tree_keeps_others_waiting(store: &impl DocsStore) {
    let a = world(store).await;
    let turns = (0..8).map(|turn| {
        let a = &a;
        async move {
            let mut tx = begin(store).await;
            let revision = tx.pages(a.wide).lock_tree().await.unwrap();
            let there = tx.pages(a.wide).list().await.unwrap().len();
            // Long enough that somebody who does not wait would be seen.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            add(&mut *tx, a, None, &format!("p{turn}")).await;
            tx.commit().await.unwrap();
            (revision, there)
        }
    });
    let mut seen = futures_util::future::join_all(turns).await;
    seen.sort_unstable();
    assert_eq!(seen, (0..8).map(|n| (n as u64 + 1, n)).collect::<Vec<_>>());
}

/// A path leads to the page that was there last.
pub async fn a_path_leads_to_the_page_that_was_there_last(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let (first, second) = (
        added(store, &a, None, "a").await,
        added(store, &a, None, "b").await,
    );
    let theirs = added(store, &b, None, "a").await;
    let mut tx = begin(store).await;
    for (path, page) in [("old", first.id), ("old/below", first.id), ("old", second.id)] {
        tx.pages(a.wide).add_redirect(path, page, NOW).await.unwrap();
    }
    tx.pages(b.wide)
        .add_redirect("old", theirs.id, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(tx.pages(a.own).redirect("old").await.unwrap(), Some(second.id));
    assert_eq!(
        tx.pages(a.own).redirect("old/below").await.unwrap(),
        Some(first.id)
    );
    assert_eq!(tx.pages(b.own).redirect("old").await.unwrap(), Some(theirs.id));
    for nowhere in ["", "Old", "old/", "nul\0", "öl"] {
        assert_eq!(
            tx.pages(a.own).redirect(nowhere).await.unwrap(),
            None,
            "{nowhere:?}"
        );
    }
}

/// Purging forgets the pages that were deleted before, with everything about them, and nothing else.
pub async fn purging_forgets_what_was_deleted_long_ago(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let mut old = added(store, &a, None, "old").await;
    let mut below = added(store, &a, Some(old.id), "below").await;
    let mut recent = added(store, &a, None, "recent").await;
    let kept = added(store, &a, None, "kept").await;
    let mut theirs = added(store, &b, None, "theirs").await;
    delete(&mut theirs, NOW);
    delete(&mut recent, later(5));
    for page in [&mut old, &mut below] {
        delete(page, later(4));
        publish(page, "shown");
    }
    let mut tx = begin(store).await;
    for page in [&old, &below, &recent] {
        tx.pages(a.wide).update(page).await.unwrap();
    }
    tx.pages(b.wide).update(&theirs).await.unwrap();
    for page in [old.id, kept.id] {
        tx.page_drafts(a.wide).put(&sample_draft(&a, page)).await.unwrap();
        tx.suggestions(a.wide)
            .insert(&sample_suggestion(&a, page))
            .await
            .unwrap();
        tx.feedback(a.wide).put(&sample_feedback(page, 1)).await.unwrap();
        tx.pages(a.wide)
            .add_redirect(&page.to_string(), page, NOW)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let deleted = read(store).await.pages(a.wide).deleted().await.unwrap();
    assert_eq!(deleted.len(), 3);
    assert_eq!(deleted[0].id, recent.id);
    let mut tx = begin(store).await;
    assert_eq!(tx.pages(a.wide).purge(later(4)).await.unwrap(), 0);
    assert_eq!(tx.pages(a.wide).purge(later(5)).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    for (page, there) in [(&old, false), (&below, false), (&recent, true), (&kept, true)] {
        assert_eq!(tx.pages(a.wide).find(page.id).await.unwrap().is_some(), there);
        assert_eq!(
            tx.pages(a.wide).version(page.id, 1).await.unwrap().is_some(),
            there
        );
    }
    for (page, there) in [(old.id, false), (kept.id, true)] {
        assert_eq!(
            tx.page_drafts(a.wide).find(page, a.user).await.unwrap().is_some(),
            there
        );
        let wanted = SuggestionFilter {
            page: Some(page),
            ..SuggestionFilter::default()
        };
        assert_eq!(
            tx.suggestions(a.wide).count(wanted).await.unwrap(),
            u64::from(there)
        );
        assert_eq!(
            tx.feedback(a.wide).counts(page).await.unwrap().yes,
            u64::from(there)
        );
        assert_eq!(
            tx.pages(a.wide)
                .redirect(&page.to_string())
                .await
                .unwrap()
                .is_some(),
            there
        );
    }
    assert!(tx.pages(b.wide).find(theirs.id).await.unwrap().is_some());
}

fn sample_draft(world: &World, page: PageId) -> PageDraft {
    PageDraft {
        page,
        user: world.user,
        base_version: 1,
        title: String::new(),
        slug: "Not a slug!".into(),
        body: "half a sen".into(),
        saved_at: NOW,
    }
}

/// Each person has one draft of a page, and nobody else sees it.
pub async fn unsaved_work_is_one_persons(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let second = another_user(store, &a).await;
    let page = added(store, &a, None, "page").await;
    let theirs = added(store, &b, None, "page").await;
    let draft = sample_draft(&a, page.id);
    let later_draft = PageDraft {
        body: "a whole sentence".into(),
        saved_at: later(1),
        ..draft.clone()
    };
    let of_second = PageDraft {
        user: second,
        ..draft.clone()
    };
    let mut tx = begin(store).await;
    for draft in [&draft, &of_second, &later_draft] {
        tx.page_drafts(a.wide).put(draft).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = begin(store).await;
    assert_eq!(
        tx.page_drafts(a.wide).find(page.id, a.user).await.unwrap(),
        Some(later_draft)
    );
    assert_eq!(
        tx.page_drafts(a.wide).find(page.id, second).await.unwrap(),
        Some(of_second)
    );
    assert_eq!(tx.page_drafts(a.wide).pages_of(second).await.unwrap(), [page.id]);
    assert_eq!(tx.page_drafts(b.wide).find(page.id, a.user).await.unwrap(), None);
    assert_eq!(tx.page_drafts(b.wide).pages_of(a.user).await.unwrap(), []);
    assert!(!tx.page_drafts(b.wide).delete(page.id, a.user).await.unwrap());
    assert!(tx.page_drafts(a.wide).delete(page.id, a.user).await.unwrap());
    assert!(!tx.page_drafts(a.wide).delete(page.id, a.user).await.unwrap());
    tx.commit().await.unwrap();
    let mut gone = page.clone();
    delete(&mut gone, NOW);
    assert!(update(store, a.wide, &gone).await.unwrap());
    assert_eq!(
        read(store)
            .await
            .page_drafts(a.wide)
            .pages_of(second)
            .await
            .unwrap(),
        []
    );
    for wrong in [
        PageDraft {
            page: theirs.id,
            ..draft.clone()
        },
        PageDraft {
            user: b.user,
            ..draft.clone()
        },
        PageDraft {
            base_version: 2,
            ..draft
        },
    ] {
        assert_conflict(begin(store).await.page_drafts(a.wide).put(&wrong).await);
    }
}

fn sample_suggestion(world: &World, page: PageId) -> Suggestion {
    Suggestion {
        id: SuggestionId::new(NOW, &OsEntropy),
        tenant: world.tenant,
        page,
        author: world.user,
        base_version: 1,
        body: "better\n".into(),
        note: "a typo".into(),
        status: SuggestionStatus::Open,
        reviewer: None,
        review_note: String::new(),
        accepted_version: None,
        created_at: NOW,
        decided_at: None,
    }
}

/// Suggestions are filtered, paged, and decided once.
pub async fn a_suggestion_is_decided_once(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let second = another_user(store, &a).await;
    let (page, other) = (
        added(store, &a, None, "page").await,
        added(store, &a, None, "other").await,
    );
    let theirs = added(store, &b, None, "page").await;
    let mut tx = begin(store).await;
    let mut sent = Vec::new();
    for n in 0..6 {
        let mut suggestion = sample_suggestion(&a, if n % 2 == 0 { page.id } else { other.id });
        suggestion.author = if n < 4 { a.user } else { second };
        tx.suggestions(a.wide).insert(&suggestion).await.unwrap();
        sent.push(suggestion);
    }
    tx.commit().await.unwrap();
    assert_conflict(begin(store).await.suggestions(a.wide).insert(&sent[0]).await);
    let mut tx = begin(store).await;
    let accepted = Suggestion {
        status: SuggestionStatus::Accepted,
        reviewer: Some(second),
        review_note: "Thanks!".into(),
        accepted_version: Some(1),
        decided_at: Some(later(3)),
        ..sent[0].clone()
    };
    let rejected = Suggestion {
        status: SuggestionStatus::Rejected,
        accepted_version: None,
        ..accepted.clone()
    };
    assert!(!tx.suggestions(b.wide).decide(&rejected).await.unwrap());
    assert!(tx.suggestions(a.wide).decide(&accepted).await.unwrap());
    assert!(!tx.suggestions(a.wide).decide(&rejected).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(
        tx.suggestions(a.own).find(accepted.id).await.unwrap(),
        Some(accepted.clone())
    );
    assert_eq!(tx.suggestions(b.wide).find(accepted.id).await.unwrap(), None);
    let all = SuggestionFilter::default();
    let open = SuggestionFilter {
        status: Some(SuggestionStatus::Open),
        ..all
    };
    for (filter, expected) in [
        (all, 6),
        (open, 5),
        (
            SuggestionFilter {
                page: Some(page.id),
                ..open
            },
            2,
        ),
        (
            SuggestionFilter {
                author: Some(second),
                ..all
            },
            2,
        ),
        (
            SuggestionFilter {
                author: Some(second),
                page: Some(other.id),
                ..open
            },
            1,
        ),
        (
            SuggestionFilter {
                status: Some(SuggestionStatus::Rejected),
                ..all
            },
            0,
        ),
    ] {
        assert_eq!(tx.suggestions(a.wide).count(filter).await.unwrap(), expected);
        assert_eq!(tx.suggestions(b.wide).count(filter).await.unwrap(), 0);
        for limit in [1, 2, 50] {
            let found = all_pages(limit, async |page| {
                tx.suggestions(a.wide).list(filter, page).await
            })
            .await;
            assert_eq!(found.len() as u64, expected);
            assert!(found.is_sorted_by_key(|suggestion| suggestion.id));
        }
        let foreign = tx
            .suggestions(b.wide)
            .list(filter, PageRequest::first(9))
            .await
            .unwrap();
        assert_eq!(foreign.items, []);
    }
    drop(tx);
    let mut gone = page.clone();
    delete(&mut gone, NOW);
    assert!(update(store, a.wide, &gone).await.unwrap());
    assert_eq!(read(store).await.suggestions(a.wide).count(all).await.unwrap(), 3);
    for wrong in [
        Suggestion {
            page: theirs.id,
            ..sample_suggestion(&a, page.id)
        },
        Suggestion {
            author: b.user,
            ..sample_suggestion(&a, page.id)
        },
        Suggestion {
            base_version: 2,
            ..sample_suggestion(&a, page.id)
        },
    ] {
        assert_conflict(begin(store).await.suggestions(a.wide).insert(&wrong).await);
    }
    let planted = sample_suggestion(&a, page.id);
    assert!(
        begin(store)
            .await
            .suggestions(b.wide)
            .insert(&planted)
            .await
            .is_err()
    );
}

fn sample_feedback(page: PageId, visitor: u8) -> Feedback {
    Feedback {
        page,
        version: 1,
        visitor: [visitor; 32],
        helpful: true,
        comment: String::new(),
        at: NOW,
    }
}

/// A visitor counts once for each version, with what was said last.
pub async fn a_visitor_counts_once(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let (page, other) = (
        added(store, &a, None, "page").await,
        added(store, &a, None, "other").await,
    );
    let (_, first) = sample_page(&a, None, "page");
    let mut tx = begin(store).await;
    let second = PageVersion {
        page: page.id,
        number: 2,
        ..first
    };
    tx.pages(a.wide).add_version(&second).await.unwrap();
    let no = |visitor, comment: &str, at| Feedback {
        helpful: false,
        comment: comment.into(),
        at,
        ..sample_feedback(page.id, visitor)
    };
    for said in [
        sample_feedback(page.id, 1),
        no(2, "too short", later(1)),
        no(1, "changed my mind — ünd", later(2)),
        Feedback {
            version: 2,
            ..sample_feedback(page.id, 1)
        },
        sample_feedback(page.id, 3),
    ] {
        tx.feedback(a.wide).put(&said).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    let counts = FeedbackCounts { yes: 2, no: 2 };
    assert_eq!(tx.feedback(a.own).counts(page.id).await.unwrap(), counts);
    assert_eq!(
        tx.feedback(a.own).counts(other.id).await.unwrap(),
        FeedbackCounts::default()
    );
    assert_eq!(
        tx.feedback(a.own).all_counts().await.unwrap(),
        [(page.id, counts)]
    );
    let said = tx.feedback(a.own).find(page.id, 1, &[1; 32]).await.unwrap();
    assert_eq!(said, Some(no(1, "changed my mind — ünd", later(2))));
    let comments = tx.feedback(a.own).comments(page.id, 9).await.unwrap();
    assert_eq!(
        comments,
        [
            no(1, "changed my mind — ünd", later(2)),
            no(2, "too short", later(1))
        ]
    );
    assert_eq!(tx.feedback(a.own).comments(page.id, 1).await.unwrap().len(), 1);
    assert_eq!(
        tx.feedback(b.wide).counts(page.id).await.unwrap(),
        FeedbackCounts::default()
    );
    assert_eq!(tx.feedback(b.wide).all_counts().await.unwrap(), []);
    assert_eq!(
        tx.feedback(b.wide).find(page.id, 1, &[1; 32]).await.unwrap(),
        None
    );
    assert_eq!(tx.feedback(b.wide).comments(page.id, 9).await.unwrap(), []);
    drop(tx);
    assert_conflict(
        begin(store)
            .await
            .feedback(b.wide)
            .put(&sample_feedback(page.id, 1))
            .await,
    );
    let unknown = Feedback {
        version: 3,
        ..sample_feedback(page.id, 1)
    };
    assert_conflict(begin(store).await.feedback(a.wide).put(&unknown).await);
}

/// An image is kept once under its hash, with any bytes.
pub async fn an_image_is_kept_once(store: &impl DocsStore) {
    let (a, b) = (world(store).await, world(store).await);
    let data: Vec<u8> = (0..=255u8).cycle().take(70_000).collect();
    let image = |n: u8, media_type, bytes: usize| DocImage {
        id: ImageId([n; 32]),
        tenant: a.tenant,
        media_type,
        width: 4096,
        height: 1,
        bytes: u32::try_from(bytes).unwrap(),
        created_by: (n > 1).then_some(a.user),
        created_at: NOW,
    };
    let all = [
        image(1, ImageType::Png, data.len()),
        image(2, ImageType::Jpeg, 1),
        image(3, ImageType::Gif, 2),
        image(255, ImageType::Webp, 3),
    ];
    let mut tx = begin(store).await;
    for image in &all {
        let data = &data[..image.bytes as usize];
        assert!(tx.images(a.wide).insert(image, data).await.unwrap());
        assert!(!tx.images(a.wide).insert(image, data).await.unwrap());
    }
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert!(tx.images(a.own).find(all[0].id).await.unwrap() == Some((all[0].clone(), data.clone())));
    assert_eq!(tx.images(a.own).usage().await.unwrap(), (4, 70_006));
    for limit in [1, 3, 50] {
        let found = all_pages(limit, async |page| tx.images(a.own).list(page).await).await;
        assert_eq!(found, all);
    }
    assert!(tx.images(b.wide).find(all[0].id).await.unwrap().is_none());
    assert_eq!(tx.images(b.wide).usage().await.unwrap(), (0, 0));
    assert_eq!(
        tx.images(b.wide).list(PageRequest::first(9)).await.unwrap().items,
        []
    );
    drop(tx);
    let planted = image(9, ImageType::Png, 1);
    assert!(
        begin(store)
            .await
            .images(b.wide)
            .insert(&planted, b"x")
            .await
            .is_err()
    );
    let same = DocImage {
        tenant: b.tenant,
        created_by: None,
        ..all[0].clone()
    };
    let mut tx = begin(store).await;
    assert!(tx.images(b.wide).insert(&same, &data).await.unwrap());
    tx.commit().await.unwrap();
    let stranger = DocImage {
        created_by: Some(b.user),
        ..planted
    };
    assert_conflict(begin(store).await.images(a.wide).insert(&stranger, b"x").await);
}
