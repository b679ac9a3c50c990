//! Changing the tree: depth, cycles, order and addresses. Pure: the service loads the pages under the tenant's
//! lock, changes them here, and writes those that differ.

use std::collections::{BTreeMap, BTreeSet};

use aforo_core::PageId;

use super::page::{DocPage, MAX_LEVELS, MAX_PAGES, slug_of};
use crate::error::DocsError;

/// The pages of one tenant that are not deleted.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    pages: BTreeMap<PageId, DocPage>,
    changed: BTreeSet<PageId>,
}

impl Forest {
    /// These pages, as they are stored.
    pub(crate) fn of(pages: Vec<DocPage>) -> Self {
        Self {
            pages: pages.into_iter().map(|page| (page.id, page)).collect(),
            changed: BTreeSet::new(),
        }
    }
    /// The pages that are not as they were stored.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &DocPage> {
        self.changed.iter().filter_map(|id| self.pages.get(id))
    }
    /// All pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &DocPage> {
        self.pages.values()
    }
    /// The page with this id.
    pub(crate) fn page(&self, id: PageId) -> Result<&DocPage, DocsError> {
        self.pages.get(&id).ok_or(DocsError::PageNotFound(id))
    }
    /// The page with this id, to be changed. Place and slugs have methods of their own.
    pub(crate) fn page_mut(&mut self, id: PageId) -> Result<&mut DocPage, DocsError> {
        let page = self.pages.get_mut(&id).ok_or(DocsError::PageNotFound(id))?;
        self.changed.insert(id);
        Ok(page)
    }

    /// Adds a page below its parent, at this place among its siblings or as the last one.
    pub(crate) fn insert(&mut self, page: DocPage, position: Option<usize>) -> Result<(), DocsError> {
        if self.pages.len() >= MAX_PAGES {
            return Err(DocsError::TooManyPages);
        }
        if self.level_below(page.parent)? > MAX_LEVELS {
            return Err(DocsError::PageTooDeep);
        }
        self.require_free_slug(page.parent, &page.slug, page.id)?;
        self.put(page, position);
        Ok(())
    }

    /// Moves a page, with all pages below it, under a parent or to the root.
    pub(crate) fn move_page(
        &mut self,
        id: PageId,
        parent: Option<PageId>,
        position: usize,
    ) -> Result<(), DocsError> {
        let page = self.page(id)?.clone();
        let level = self.level_below(parent)?;
        if parent.is_some_and(|parent| self.above(parent).any(|above| above == id)) {
            return Err(DocsError::PageCycle);
        }
        if level + self.height(id) - 1 > MAX_LEVELS {
            return Err(DocsError::PageTooDeep);
        }
        for slug in slugs(&page) {
            self.require_free_slug(parent, slug, id)?;
        }
        let from = page.parent;
        let mut page = self.take(id)?;
        if from != parent {
            self.number(from);
            page.parent = parent;
            self.changed.insert(id);
        }
        self.put(page, Some(position));
        Ok(())
    }

    /// Takes a page out with all pages below it, parents first.
    pub(crate) fn remove(&mut self, id: PageId) -> Result<Vec<DocPage>, DocsError> {
        let parent = self.page(id)?.parent;
        let removed = self.subtree(id);
        let removed: Vec<DocPage> = removed.into_iter().filter_map(|id| self.take(id).ok()).collect();
        self.number(parent);
        Ok(removed)
    }

    /// Puts pages back that were removed together, the topmost first.
    pub(crate) fn put_back(&mut self, removed: Vec<DocPage>) -> Result<(), DocsError> {
        if self.pages.len() + removed.len() > MAX_PAGES {
            return Err(DocsError::TooManyPages);
        }
        let Some(top) = removed.first().cloned() else {
            return Ok(());
        };
        let level = match self.level_below(top.parent) {
            Err(DocsError::PageNotFound(parent)) => return Err(DocsError::ParentDeleted(parent)),
            other => other?,
        };
        for slug in slugs(&top) {
            self.require_free_slug(top.parent, slug, top.id)?;
        }
        let id = top.id;
        let position = usize::try_from(top.sort_order).unwrap_or(0);
        for page in removed {
            self.changed.insert(page.id);
            self.pages.insert(page.id, page);
        }
        if level + self.height(id) - 1 > MAX_LEVELS {
            return Err(DocsError::PageTooDeep);
        }
        let top = self.take(id)?;
        self.put(top, Some(position));
        Ok(())
    }

    /// How many pages are below this one.
    pub(crate) fn descendants(&self, id: PageId) -> usize {
        self.subtree(id).len() - 1
    }

    /// Refuses a slug that a sibling has, in its latest version or for its readers.
    pub(crate) fn require_free_slug(
        &self,
        parent: Option<PageId>,
        slug: &str,
        page: PageId,
    ) -> Result<(), DocsError> {
        match self.holder(parent, slug, page) {
            Some(holder) => Err(DocsError::SlugTaken {
                slug: slug.to_owned(),
                by: holder.id,
            }),
            None => Ok(()),
        }
    }

    /// The slug that this title stands for, with a number behind it if siblings need that.
    pub(crate) fn free_slug(&self, parent: Option<PageId>, title: &str, page: PageId) -> String {
        let base = slug_of(title);
        let mut free = base.clone();
        let mut number = 2;
        while self.holder(parent, &free, page).is_some() {
            let suffix = format!("-{number}");
            let kept = base.len().min(super::page::MAX_SLUG - suffix.len());
            free = format!("{}{suffix}", base[..kept].trim_end_matches('-'));
            number += 1;
        }
        free
    }

    fn holder(&self, parent: Option<PageId>, slug: &str, except: PageId) -> Option<&DocPage> {
        let mut siblings = self
            .pages
            .values()
            .filter(|p| p.parent == parent && p.id != except);
        siblings.find(|p| slugs(p).any(|taken| taken == slug))
    }

    /// The level of a page right below this one.
    fn level_below(&self, parent: Option<PageId>) -> Result<usize, DocsError> {
        let Some(parent) = parent else { return Ok(1) };
        self.page(parent)?;
        Ok(self.above(parent).count() + 1)
    }

    /// The page itself and those above it, to the root.
    fn above(&self, id: PageId) -> impl Iterator<Item = PageId> {
        let next = |id: &PageId| self.pages.get(id).and_then(|page| page.parent);
        // A stored cycle, which nothing here makes, must not hang.
        std::iter::successors(Some(id), next).take(self.pages.len() + 1)
    }

    /// How many levels the page and those below it take.
    fn height(&self, id: PageId) -> usize {
        let levels = self.subtree(id).into_iter().map(|below| {
            let path = self.above(below).take_while(|above| *above != id);
            path.count() + 1
        });
        levels.max().unwrap_or(1)
    }

    /// The page and all below it, parents first.
    fn subtree(&self, id: PageId) -> Vec<PageId> {
        let mut all = vec![id];
        let mut at = 0;
        while let Some(&parent) = all.get(at) {
            all.extend(self.siblings(Some(parent)));
            at += 1;
        }
        all
    }

    fn siblings(&self, parent: Option<PageId>) -> Vec<PageId> {
        let mut found: Vec<&DocPage> = self.pages.values().filter(|page| page.parent == parent).collect();
        found.sort_by_key(|page| (page.sort_order, page.id));
        found.into_iter().map(|page| page.id).collect()
    }

    fn take(&mut self, id: PageId) -> Result<DocPage, DocsError> {
        self.pages.remove(&id).ok_or(DocsError::PageNotFound(id))
    }

    /// Puts a page among its siblings and counts them.
    fn put(&mut self, page: DocPage, position: Option<usize>) {
        let (id, parent) = (page.id, page.parent);
        let mut order = self.siblings(parent);
        let position = position.unwrap_or(order.len()).min(order.len());
        order.insert(position, id);
        self.pages.insert(id, page);
        self.count(&order);
    }

    fn number(&mut self, parent: Option<PageId>) {
        let order = self.siblings(parent);
        self.count(&order);
    }

    fn count(&mut self, order: &[PageId]) {
        for (n, id) in (0i64..).zip(order) {
            if let Some(page) = self.pages.get_mut(id)
                && page.sort_order != n
            {
                page.sort_order = n;
                self.changed.insert(*id);
            }
        }
    }
}

/// The addresses that a page holds among its siblings.
fn slugs(page: &DocPage) -> impl Iterator<Item = &str> {
    let published = page.published.iter().map(|name| name.slug.as_str());
    std::iter::once(page.slug.as_str()).chain(published)
}

#[cfg(test)]
#[path = "forest_tests.rs"]
mod tests;
