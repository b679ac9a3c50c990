//! Lists in pages, by keyset: the next page starts after the last id seen.

/// Which page is wanted.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<C> {
    /// Return only items after this one, in id order.
    pub after: Option<C>,
    /// At most this many items.
    pub limit: u32,
}

impl<C> PageRequest<C> {
    /// The first `limit` items.
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in id order.
    pub items: Vec<T>,
    /// What to ask for next; `None` on the last page.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// `rows` holds up to `limit + 1` items; the surplus one only proves that there is a next page.
    pub fn from_rows(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> C) -> Self {
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = if more { rows.last().map(cursor) } else { None };
        Page { items: rows, next }
    }
}
