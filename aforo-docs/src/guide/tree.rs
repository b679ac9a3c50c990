//! The tree of pages as readers or authors see it, with addresses and order. Pure: made from a list of pages.

use std::collections::HashMap;

use aforo_core::PageId;

use super::page::DocPage;

/// Who looks at the guides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Sees the published versions of pages that are published with all pages above them.
    Readers,
    /// Sees the latest version of every page that is not deleted.
    Authors,
}

/// One page in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The page. For readers, its title and slug are those of the published version.
    pub page: DocPage,
    /// 1 at the root, at most [`MAX_LEVELS`](super::page::MAX_LEVELS).
    pub level: usize,
    /// The slugs from the root to this page, with `/` between them and none around them: `keys/rotation`.
    pub path: String,
    /// Whether readers see it: it and all pages above it are published.
    pub visible: bool,
    /// Where the page above it is in the list.
    parent: Option<usize>,
    /// Where the pages below it end in the list.
    end: usize,
}

/// All pages, in the order in which one would read them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    by_id: HashMap<PageId, usize>,
    by_path: HashMap<String, usize>,
}

impl Tree {
    /// The tree of these pages, as this audience sees it. Deleted pages are left out.
    pub fn of(pages: impl IntoIterator<Item = DocPage>, audience: Audience) -> Self {
        let mut below: HashMap<Option<PageId>, Vec<DocPage>> = HashMap::new();
        for mut page in pages {
            if page.deleted.is_some() {
                continue;
            }
            if audience == Audience::Readers {
                let Some(name) = page.published.clone() else {
                    continue;
                };
                page.title = name.title;
                page.slug = name.slug;
            }
            below.entry(page.parent).or_default().push(page);
        }
        for siblings in below.values_mut() {
            // The last one is taken first.
            siblings.sort_by_key(|page| std::cmp::Reverse((page.sort_order, page.id)));
        }
        let mut tree = Self::default();
        tree.add(None, None, &mut below);
        tree
    }

    fn add(
        &mut self,
        id: Option<PageId>,
        parent: Option<usize>,
        below: &mut HashMap<Option<PageId>, Vec<DocPage>>,
    ) {
        for page in below.remove(&id).unwrap_or_default().into_iter().rev() {
            let above = parent.map(|at| &self.nodes[at]);
            let path = match above {
                Some(above) => format!("{}/{}", above.path, page.slug),
                None => page.slug.clone(),
            };
            let (id, at) = (page.id, self.nodes.len());
            self.by_id.insert(id, at);
            self.by_path.insert(path.clone(), at);
            self.nodes.push(Node {
                level: above.map_or(1, |above| above.level + 1),
                visible: page.published_version.is_some() && above.is_none_or(|above| above.visible),
                path,
                page,
                parent,
                end: 0,
            });
            self.add(Some(id), Some(at), below);
            self.nodes[at].end = self.nodes.len();
        }
    }

    /// All pages, each after the page above it and before its next sibling.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// Whether there is no page.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    /// The page with this id.
    pub fn node(&self, id: PageId) -> Option<&Node> {
        self.by_id.get(&id).map(|at| &self.nodes[*at])
    }
    /// The page at this path: `keys/rotation`.
    pub fn at_path(&self, path: &str) -> Option<&Node> {
        self.by_path.get(path).map(|at| &self.nodes[*at])
    }
    /// The pages right below this one, or those at the root, in order.
    pub fn children(&self, parent: Option<PageId>) -> impl Iterator<Item = &Node> {
        let (mut at, end) = match parent {
            None => (0, self.nodes.len()),
            Some(id) => self
                .by_id
                .get(&id)
                .map_or((0, 0), |at| (at + 1, self.nodes[*at].end)),
        };
        std::iter::from_fn(move || {
            let node = self.nodes[..end].get(at)?;
            at = node.end;
            Some(node)
        })
    }
    /// The page itself and all pages below it, in order.
    pub fn subtree(&self, id: PageId) -> &[Node] {
        self.by_id
            .get(&id)
            .map_or(&[], |at| &self.nodes[*at..self.nodes[*at].end])
    }
    /// The pages above this one, from the root down.
    pub fn ancestors(&self, id: PageId) -> Vec<&Node> {
        let mut above = Vec::new();
        let mut at = self.node(id).and_then(|node| node.parent);
        while let Some(parent) = at {
            above.push(&self.nodes[parent]);
            at = self.nodes[parent].parent;
        }
        above.reverse();
        above
    }
    /// The pages that one would read before and after this one.
    pub fn neighbours(&self, id: PageId) -> (Option<&Node>, Option<&Node>) {
        let Some(&at) = self.by_id.get(&id) else {
            return (None, None);
        };
        (
            at.checked_sub(1).map(|before| &self.nodes[before]),
            self.nodes.get(at + 1),
        )
    }
}

/// Addresses at which readers found a page before and find it no more: the page's id with its old path.
pub(crate) fn left_paths(before: &Tree, after: &Tree) -> Vec<(PageId, String)> {
    let moved = before.nodes.iter().filter(|old| {
        let now = after.node(old.page.id);
        now.is_none_or(|now| now.path != old.path)
    });
    moved.map(|old| (old.page.id, old.path.clone())).collect()
}
