//! The guides themselves on every store: whatever authors do at the same time, the tree stays a tree.

use std::{collections::BTreeSet, sync::Arc};

use aforo_core::{
    Entropy, OsEntropy, PageId, PageRequest, SystemClock, TenantScope,
    contract::{CoreStore, world},
    kernel::{audit::Actor, entropy::SeededEntropy},
};
use aforo_docs::{
    error::DocsError,
    guide::{
        Guides,
        draft::PageDraft,
        page::MAX_LEVELS,
        service::{Decision, Edit, Found, NewFeedback, NewPage, NewSuggestion},
        store::SuggestionFilter,
        suggestion::SuggestionStatus,
        tree::{Audience, Tree},
    },
    store::Stores,
};

fn guides(stores: &Stores) -> Arc<Guides> {
    Arc::new(Guides::new(
        stores.docs.clone(),
        Arc::new(SystemClock),
        Arc::new(OsEntropy),
    ))
}

fn page(title: &str, parent: Option<PageId>) -> NewPage {
    NewPage {
        parent,
        title: title.into(),
        body: format!("# {title}\n"),
        publish: true,
        ..NewPage::default()
    }
}

fn assert_sound(tree: &Tree, pages: &BTreeSet<PageId>) {
    let there: BTreeSet<PageId> = tree.nodes().iter().map(|node| node.page.id).collect();
    assert_eq!(&there, pages, "a page was lost or appeared");
    assert!(tree.nodes().iter().all(|node| node.level <= MAX_LEVELS));
    let parents = tree.nodes().iter().map(|node| Some(node.page.id)).chain([None]);
    for parent in parents {
        let order: Vec<i64> = tree.children(parent).map(|node| node.page.sort_order).collect();
        assert_eq!(order, (0..order.len() as i64).collect::<Vec<_>>());
    }
    let paths: BTreeSet<&str> = tree.nodes().iter().map(|node| node.path.as_str()).collect();
    assert_eq!(paths.len(), pages.len(), "two pages at one address");
}

/// Many tasks move, save, delete and bring back at random.
async fn authors_at_once(store: &impl CoreStore, stores: Stores, tasks: u64, steps: usize) {
    let world = world(store).await;
    let guides = guides(&stores);
    let mut ids = Vec::new();
    for n in 0..12 {
        let parent = (n >= 4).then(|| ids[n % 4]);
        let new = page(&format!("Page {n}"), parent);
        ids.push(
            guides
                .create(world.wide, Actor::Operator, new)
                .await
                .unwrap()
                .page
                .id,
        );
    }
    let moving = (0..tasks).map(|task| {
        let (guides, ids, scope) = (guides.clone(), ids.clone(), world.wide);
        tokio::spawn(async move {
            let random = SeededEntropy::new(task);
            let mut done = 0;
            for _ in 0..steps {
                let mut byte = [0; 4];
                random.fill(&mut byte);
                let id = ids[usize::from(byte[0]) % ids.len()];
                let parent = ids.get(usize::from(byte[1]) % (ids.len() + 4)).copied();
                let outcome = match byte[3] % 8 {
                    0 => guides.delete(scope, Actor::Operator, id, true).await.map(drop),
                    1 | 2 => guides.undelete(scope, Actor::Operator, id).await.map(drop),
                    _ => {
                        let position = usize::from(byte[2]) % 8;
                        guides
                            .move_page(scope, Actor::Operator, id, parent, position)
                            .await
                            .map(drop)
                    }
                };
                match outcome {
                    Ok(()) => done += 1,
                    Err(
                        DocsError::PageTooDeep
                        | DocsError::PageCycle
                        | DocsError::PageNotFound(_)
                        | DocsError::ParentDeleted(_),
                    ) => {}
                    Err(DocsError::Store(error)) if error.is_retryable() => {}
                    Err(other) => panic!("task {task}: {other:?}"),
                }
                let tree = guides.tree(scope, Audience::Authors).await.unwrap();
                assert!(tree.nodes().iter().all(|node| node.level <= MAX_LEVELS));
            }
            done
        })
    });
    let mut done = 0;
    for task in moving.collect::<Vec<_>>() {
        done += task.await.unwrap();
    }
    assert!(done > steps, "only {done} changes came through");
    // Bring everything back: nothing is lost.
    while let Some(page) = guides.deleted(world.wide).await.unwrap().first() {
        let root = page.deleted.unwrap().root;
        match guides.undelete(world.wide, Actor::Operator, root).await {
            Ok(_) => {}
            Err(DocsError::ParentDeleted(parent)) => {
                let mut up = parent;
                while let Err(DocsError::ParentDeleted(next)) =
                    guides.undelete(world.wide, Actor::Operator, up).await
                {
                    up = next;
                }
            }
            // Its parent went down a level since: make room for it.
            Err(DocsError::PageTooDeep) => {
                let parent = page_of(&stores, world.wide, root).await.unwrap();
                guides
                    .move_page(world.wide, Actor::Operator, parent, None, 0)
                    .await
                    .unwrap();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    let all: BTreeSet<PageId> = ids.into_iter().collect();
    assert_sound(&guides.tree(world.wide, Audience::Authors).await.unwrap(), &all);
    assert_sound(&guides.tree(world.wide, Audience::Readers).await.unwrap(), &all);
}

/// The page above this one.
async fn page_of(stores: &Stores, scope: TenantScope, id: PageId) -> Option<PageId> {
    let mut tx = stores.docs.read().await.unwrap();
    tx.pages(scope).find(id).await.unwrap().unwrap().parent
}

/// Of several people who save at once one is first; the others are told what that one saved, and lose nothing.
async fn saves_at_once(store: &impl CoreStore, stores: Stores) {
    let world = world(store).await;
    let guides = guides(&stores);
    let id = guides
        .create(world.wide, Actor::Operator, page("Page", None))
        .await
        .unwrap()
        .page
        .id;
    for round in 1..=10 {
        let saves = (0..4).map(|n| {
            let guides = guides.clone();
            let edit = Edit {
                base_version: round,
                title: "Page".into(),
                body: format!("{round} by {n}"),
                publish: n % 2 == 0,
                ..Edit::default()
            };
            tokio::spawn(async move { guides.save(world.wide, Actor::User(world.user), id, edit).await })
        });
        let (mut saved, mut told) = (Vec::new(), Vec::new());
        for save in saves.collect::<Vec<_>>() {
            match save.await.unwrap() {
                Ok(done) => saved.push(done.version),
                Err(DocsError::VersionConflict { latest }) => told.push(*latest),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((saved.len(), told.len()), (1, 3), "round {round}");
        assert!(told.iter().all(|latest| *latest == saved[0]));
        assert_eq!(saved[0].number, round + 1);
    }
    let history = guides
        .history(world.wide, id, PageRequest::first(50))
        .await
        .unwrap();
    assert_eq!(history.items.len(), 11);
}

/// The life of a page with everything around it, as each store keeps it.
async fn a_life(store: &impl CoreStore, stores: Stores) {
    let world = world(store).await;
    let (scope, actor) = (world.wide, Actor::User(world.user));
    let guides = guides(&stores);
    let top = guides
        .create(scope, actor, page("Keys", None))
        .await
        .unwrap()
        .page;
    let id = guides
        .create(scope, actor, page("Rotation", Some(top.id)))
        .await
        .unwrap()
        .page
        .id;
    let draft = PageDraft {
        page: id,
        user: world.user,
        base_version: 1,
        title: "Rot".into(),
        slug: String::new(),
        body: "half".into(),
        saved_at: aforo_core::Timestamp::from_millis(0),
    };
    guides.save_draft(scope, draft).await.unwrap();
    assert_eq!(guides.drafts_of(scope, world.user).await.unwrap(), [id]);
    let edit = Edit {
        base_version: 1,
        title: "Rotating keys".into(),
        slug: Some("rotating".into()),
        body: "one\n\ntwo\n\nthree\n".into(),
        ..Edit::default()
    };
    guides.save(scope, actor, id, edit).await.unwrap();
    assert_eq!(guides.draft(scope, id, world.user).await.unwrap(), None);
    // Readers see the new title and address when they are published.
    let Found::Page(before) = guides.page_by_path(scope, "keys/rotation").await.unwrap() else {
        panic!("the published page is gone");
    };
    assert_eq!(
        (before.page.title.as_str(), before.version.number),
        ("Rotation", 1)
    );
    guides.publish(scope, actor, id, 2).await.unwrap();
    assert!(
        matches!(guides.page_by_path(scope, "keys/rotation").await.unwrap(),
        Found::Moved(path) if path == "keys/rotating")
    );
    // A second move needs one step, and what is below follows.
    let edit = Edit {
        base_version: 1,
        title: "API keys".into(),
        slug: Some("api-keys".into()),
        publish: true,
        ..Edit::default()
    };
    guides.save(scope, actor, top.id, edit).await.unwrap();
    for old in [
        "keys/rotation",
        "keys/rotating",
        "/API-keys/rotating/",
        "Keys/Rotation",
    ] {
        let Found::Moved(path) = guides.page_by_path(scope, old).await.unwrap() else {
            panic!("{old} leads nowhere");
        };
        assert_eq!(path, "api-keys/rotating");
    }
    assert!(matches!(
        guides.page_by_path(scope, "keys/none").await.unwrap(),
        Found::Nothing
    ));
    assert!(matches!(
        guides.page_by_path(scope, "nul\0").await.unwrap(),
        Found::Nothing
    ));

    let visitor = |n: u8, helpful| NewFeedback {
        version: 2,
        visitor: [n; 32],
        helpful,
        comment: String::new(),
    };
    for said in [visitor(1, true), visitor(1, false), visitor(2, true)] {
        guides.give_feedback(scope, id, said).await.unwrap();
    }
    let counts = guides.feedback(scope, id, 9).await.unwrap().0;
    assert_eq!((counts.yes, counts.no), (1, 1));

    let new = NewSuggestion {
        base_version: 2,
        body: "one\n\ntwo\n\nTHREE\n".into(),
        note: "louder".into(),
    };
    let suggestion = guides.suggest(scope, world.user, id, new).await.unwrap();
    let edit = Edit {
        base_version: 2,
        title: "Rotating keys".into(),
        body: "ONE\n\ntwo\n\nthree\n".into(),
        ..Edit::default()
    };
    guides.save(scope, actor, id, edit).await.unwrap();
    let accept = |latest| Decision::Accept {
        latest,
        body: None,
        publish: true,
    };
    let late = guides.review(scope, actor, suggestion.id, accept(2), "").await;
    assert!(matches!(late, Err(DocsError::VersionConflict { latest }) if latest.number == 3));
    let decided = guides
        .review(scope, Actor::Operator, suggestion.id, accept(3), "Thanks")
        .await
        .unwrap();
    assert_eq!(
        (decided.status, decided.accepted_version),
        (SuggestionStatus::Accepted, Some(4))
    );
    let shown = guides.published(scope, id).await.unwrap().version;
    assert_eq!(
        (shown.body.as_str(), shown.author),
        ("ONE\n\ntwo\n\nTHREE\n", Some(world.user))
    );
    let again = guides
        .review(scope, actor, suggestion.id, Decision::Reject, "")
        .await;
    assert!(matches!(again, Err(DocsError::SuggestionDecided)));
    assert_eq!(
        guides
            .count_suggestions(scope, SuggestionFilter::default())
            .await
            .unwrap(),
        1
    );

    // With its parent it goes and comes back.
    assert!(matches!(
        guides.delete(scope, actor, top.id, false).await,
        Err(DocsError::PageHasChildren { count: 1 })
    ));
    assert_eq!(guides.delete(scope, actor, top.id, true).await.unwrap().pages, 2);
    assert!(matches!(
        guides.page_by_path(scope, "api-keys/rotating").await.unwrap(),
        Found::Nothing
    ));
    assert!(guides.tree(scope, Audience::Authors).await.unwrap().is_empty());
    guides.undelete(scope, actor, top.id).await.unwrap();
    assert!(matches!(
        guides.page_by_path(scope, "keys/rotation").await.unwrap(),
        Found::Moved(_)
    ));
    let restored = guides.restore(scope, actor, id, 1).await.unwrap();
    assert_eq!(
        (restored.version.number, restored.version.slug.as_str()),
        (5, "rotation")
    );
    guides.unpublish(scope, actor, top.id).await.unwrap();
    assert!(guides.tree(scope, Audience::Readers).await.unwrap().is_empty());
}

macro_rules! on_every_store {
    ($($name:ident => $scenario:ident ($($size:expr),*);)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            let store = aforo_memory::Store::new();
            $scenario(&store, Stores::of(store.clone()) $(, $size)*).await;
            let (store, _folder) = crate::sqlite().await;
            $scenario(&store, Stores::of(store.clone()) $(, $size)*).await;
            let (store, _database) = crate::postgres().await;
            $scenario(&store, Stores::of(store.clone()) $(, $size)*).await;
        }
    )*};
}
on_every_store! {
    authors_at_once_leave_a_tree => authors_at_once(8, 40);
    of_saves_at_once_one_is_first => saves_at_once();
    a_page_lives_and_moves => a_life();
}
