use aforo_core::{PageId, TenantId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::guide::{
    page::{PageStatus, PublishedName},
    tree::{Audience, Tree, left_paths},
};

const NOW: Timestamp = Timestamp::from_millis(0);

fn id(n: u128) -> PageId {
    PageId::from_uuid(Uuid::from_u128(n))
}

fn page(n: u128, parent: Option<PageId>, slug: &str) -> DocPage {
    DocPage {
        id: id(n),
        tenant: TenantId::from_uuid(Uuid::from_u128(0)),
        product: None,
        parent,
        title: slug.to_owned(),
        slug: slug.to_owned(),
        sort_order: 0,
        status: PageStatus::Published,
        latest_version: 1,
        published_version: Some(1),
        published: Some(PublishedName {
            title: slug.to_owned(),
            slug: slug.to_owned(),
        }),
        created_at: NOW,
        updated_at: NOW,
        published_at: Some(NOW),
        deleted: None,
    }
}

/// `a(b(c)) d`
fn sample() -> Forest {
    let mut forest = Forest::of(Vec::new());
    for (n, parent, slug) in [
        (1, None, "a"),
        (2, Some(1), "b"),
        (3, Some(2), "c"),
        (4, None, "d"),
    ] {
        forest.insert(page(n, parent.map(id), slug), None).unwrap();
    }
    forest
}

fn paths(forest: &Forest) -> Vec<String> {
    let tree = Tree::of(forest.pages().cloned(), Audience::Readers);
    tree.nodes().iter().map(|node| node.path.clone()).collect()
}

#[test]
fn a_fourth_level_is_refused_for_pages_and_subtrees() {
    let mut forest = sample();
    assert!(matches!(
        forest.insert(page(9, Some(id(3)), "x"), None),
        Err(DocsError::PageTooDeep)
    ));
    assert!(matches!(
        forest.move_page(id(4), Some(id(3)), 0),
        Err(DocsError::PageTooDeep)
    ));
    // b has c below it: it fits under the root's d, and not one level deeper.
    forest.insert(page(5, Some(id(4)), "e"), None).unwrap();
    assert!(matches!(
        forest.move_page(id(2), Some(id(5)), 0),
        Err(DocsError::PageTooDeep)
    ));
    forest.move_page(id(2), Some(id(4)), 0).unwrap();
    assert_eq!(paths(&forest), ["a", "d", "d/b", "d/b/c", "d/e"]);
}

#[test]
fn a_page_cannot_be_below_itself() {
    for target in [1, 2, 3] {
        let mut forest = sample();
        assert!(matches!(
            forest.move_page(id(1), Some(id(target)), 0),
            Err(DocsError::PageCycle)
        ));
        assert_eq!(paths(&forest), ["a", "a/b", "a/b/c", "d"]);
    }
}

#[test]
fn siblings_share_no_address() {
    let mut forest = sample();
    let Err(DocsError::SlugTaken { slug, by }) = forest.insert(page(9, None, "d"), None) else {
        panic!("the slug was taken twice");
    };
    assert_eq!((slug.as_str(), by), ("d", id(4)));
    assert_eq!(forest.free_slug(None, "D", id(9)), "d-2");
    // The address that readers use is held as well while a new one is in the works.
    forest.page_mut(id(4)).unwrap().slug = "new".into();
    assert!(forest.insert(page(9, None, "d"), None).is_err());
    assert!(forest.insert(page(9, None, "new"), None).is_err());
    // The same slug elsewhere is another address, until the page moves there.
    forest.insert(page(9, Some(id(1)), "d"), None).unwrap();
    assert!(matches!(
        forest.move_page(id(9), None, 0),
        Err(DocsError::SlugTaken { .. })
    ));
}

#[test]
fn only_what_moved_is_changed() {
    let mut forest = Forest::of(Vec::new());
    for n in 1..=9 {
        forest.insert(page(n, None, &format!("p{n}")), None).unwrap();
    }
    let mut forest = Forest::of(forest.pages().cloned().collect());
    forest.move_page(id(4), None, 5).unwrap();
    let changed: Vec<PageId> = forest.changed().map(|page| page.id).collect();
    assert_eq!(changed, [id(4), id(5), id(6)]);
    assert_eq!(
        paths(&forest),
        ["p1", "p2", "p3", "p5", "p6", "p4", "p7", "p8", "p9"]
    );
    let mut same = Forest::of(forest.pages().cloned().collect());
    same.move_page(id(4), None, 5).unwrap();
    assert_eq!(same.changed().count(), 0);
}

#[test]
fn what_was_removed_comes_back_to_its_place() {
    let mut forest = sample();
    let removed = forest.remove(id(1)).unwrap();
    assert_eq!(
        removed.iter().map(|page| page.id).collect::<Vec<_>>(),
        [id(1), id(2), id(3)]
    );
    assert_eq!(paths(&forest), ["d"]);
    forest.put_back(removed.clone()).unwrap();
    assert_eq!(paths(&forest), ["a", "a/b", "a/b/c", "d"]);

    let below = forest.remove(id(2)).unwrap();
    forest.remove(id(1)).unwrap();
    assert!(matches!(forest.put_back(below), Err(DocsError::ParentDeleted(parent)) if parent == id(1)));
    forest.insert(page(9, None, "a"), None).unwrap();
    assert!(matches!(
        forest.put_back(removed),
        Err(DocsError::SlugTaken { .. })
    ));
}

#[test]
fn readers_see_what_is_published_all_the_way_down() {
    let mut forest = sample();
    let before = Tree::of(forest.pages().cloned(), Audience::Readers);
    let hidden = forest.page_mut(id(2)).unwrap();
    (hidden.published, hidden.published_version, hidden.status) = (None, None, PageStatus::Draft);
    hidden.slug = "draft".into();
    let after = Tree::of(forest.pages().cloned(), Audience::Readers);
    assert_eq!(paths(&forest), ["a", "d"]);
    assert_eq!(
        left_paths(&before, &after),
        [(id(2), "a/b".into()), (id(3), "a/b/c".into())]
    );
    let authors = Tree::of(forest.pages().cloned(), Audience::Authors);
    let seen: Vec<(&str, bool)> = authors
        .nodes()
        .iter()
        .map(|n| (n.path.as_str(), n.visible))
        .collect();
    assert_eq!(
        seen,
        [("a", true), ("a/draft", false), ("a/draft/c", false), ("d", true)]
    );
    let names = |nodes: Vec<&crate::guide::tree::Node>| -> Vec<String> {
        nodes.into_iter().map(|n| n.page.slug.clone()).collect()
    };
    assert_eq!(names(authors.ancestors(id(3))), ["a", "draft"]);
    assert_eq!(names(authors.children(None).collect()), ["a", "d"]);
    assert_eq!(names(authors.children(Some(id(1))).collect()), ["draft"]);
    assert_eq!(names(authors.subtree(id(2)).iter().collect()), ["draft", "c"]);
    let (before, after) = authors.neighbours(id(3));
    assert_eq!((before.unwrap().page.id, after.unwrap().page.id), (id(2), id(4)));
    assert!(authors.neighbours(id(4)).1.is_none() && authors.neighbours(id(9)).0.is_none());
}

/// What must hold whatever was done.
fn assert_sound(forest: &Forest) {
    let tree = Tree::of(forest.pages().cloned(), Audience::Authors);
    assert_eq!(
        tree.nodes().len(),
        forest.pages().count(),
        "a page cannot be reached"
    );
    assert!(tree.nodes().iter().all(|node| node.level <= MAX_LEVELS));
    let parents = tree.nodes().iter().map(|node| Some(node.page.id));
    for parent in parents.chain([None]) {
        let order: Vec<i64> = tree.children(parent).map(|node| node.page.sort_order).collect();
        assert_eq!(order, (0..order.len() as i64).collect::<Vec<_>>());
    }
    let paths: std::collections::BTreeSet<&str> = tree.nodes().iter().map(|n| n.path.as_str()).collect();
    assert_eq!(paths.len(), tree.nodes().len(), "two pages at one address");
}

proptest! {
    /// However pages are added, moved, removed and brought back: a forest of three levels, counted without gaps.
    #[test]
    fn the_tree_stays_sound(steps in prop::collection::vec((0..4u8, 0..12u128, 0..13u128, 0..14usize), 1..80)) {
        let mut forest = Forest::of(Vec::new());
        let mut removed: Vec<Vec<DocPage>> = Vec::new();
        for (step, n, target, position) in steps {
            let parent = (target < 12).then(|| id(target));
            match step {
                0 if forest.page(id(n)).is_err() && !removed.iter().flatten().any(|p| p.id == id(n)) => {
                    let slug = forest.free_slug(parent, "page", id(n));
                    let _ = forest.insert(page(n, parent, &slug), Some(position));
                }
                1 => {
                    let before: Vec<DocPage> = forest.pages().cloned().collect();
                    if forest.move_page(id(n), parent, position).is_ok() {
                        prop_assert_eq!(forest.page(id(n)).unwrap().parent, parent);
                    } else {
                        prop_assert_eq!(before, forest.pages().cloned().collect::<Vec<_>>());
                    }
                }
                2 => removed.extend(forest.remove(id(n)).ok()),
                3 => if let Some(pages) = removed.pop() {
                    let mut with = forest.clone();
                    if with.put_back(pages).is_ok() {
                        forest = with;
                    }
                },
                _ => {}
            }
            assert_sound(&forest);
        }
    }
}
