//! Operations by tag: side navigation, previous and next.

use aforo_docs::spec::model::OperationSummary;
use maud::{Markup, html};

use super::{
    super::{
        chrome::Chrome,
        parts::{icon_sm, method_badge},
    },
    ProductRef,
};

/// A document with more operations than this shows them tag by tag.
pub const PAGE_LIMIT: usize = 300;

/// Tag of operations without one.
const NO_TAG: &str = "Other";

/// The operations of a document, grouped by first tag.
#[derive(Clone, Debug, Default)]
pub struct ReferenceNav {
    /// Groups in document order.
    pub groups: Vec<NavGroup>,
    /// Number of operations of the document.
    pub total: usize,
}

/// The operations of one tag.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// The tag.
    pub tag: String,
    /// Number of operations.
    pub count: usize,
    /// The operations; empty in a large document when another tag is open.
    pub operations: Vec<OperationSummary>,
}

impl ReferenceNav {
    /// Groups `operations` by their first tag. Beyond [`PAGE_LIMIT`] operations only the group `open_tag`
    /// keeps its operations (the first group, if there is no such tag); the others become links.
    pub fn new(operations: &[OperationSummary], open_tag: Option<&str>) -> Self {
        let mut nav = Self {
            groups: Vec::new(),
            total: operations.len(),
        };
        let mut index = std::collections::HashMap::new();
        for operation in operations {
            let tag = Self::tag_of(operation);
            let at = *index.entry(tag).or_insert_with(|| {
                nav.groups.push(NavGroup {
                    tag: tag.to_owned(),
                    count: 0,
                    operations: Vec::new(),
                });
                nav.groups.len() - 1
            });
            if let Some(group) = nav.groups.get_mut(at) {
                group.count += 1;
                group.operations.push(operation.clone());
            }
        }
        if nav.total > PAGE_LIMIT {
            let open = open_tag
                .and_then(|tag| nav.groups.iter().position(|g| g.tag == tag))
                .unwrap_or(0);
            for (i, group) in nav.groups.iter_mut().enumerate() {
                if i != open {
                    group.operations.clear();
                }
            }
        }
        nav
    }
    /// The tag that an operation is listed under.
    pub fn tag_of(operation: &OperationSummary) -> &str {
        operation.tags.first().map_or(NO_TAG, String::as_str)
    }

    /// Operations before and after `id`, as far as they are listed.
    pub(super) fn around(&self, id: &str) -> (Option<&OperationSummary>, Option<&OperationSummary>) {
        let listed: Vec<_> = self.groups.iter().flat_map(|g| &g.operations).collect();
        match listed.iter().position(|o| o.id == id) {
            Some(at) => (
                at.checked_sub(1).and_then(|i| listed.get(i)).copied(),
                listed.get(at + 1).copied(),
            ),
            None => (None, None),
        }
    }
}

/// The side navigation of a reference page.
pub(super) fn side(
    c: &Chrome,
    product: &ProductRef,
    nav: &ReferenceNav,
    current: Option<&OperationSummary>,
) -> Markup {
    let current_tag = current.map(ReferenceNav::tag_of);
    html! {
        nav.side aria-label="API reference" {
            p.sideh { a href=(c.urls.references()) { "All products" } }
            ul { li { a.sidet href=(c.urls.reference(&product.slug)) aria-current=[current.is_none().then_some("page")] {
                span.trunc { (product.name) }
                @if !product.version.is_empty() { span.badge.b-line { "v" (product.version) } }
            } } }
            h2 { "Endpoints" }
            @for group in &nav.groups {
                @if group.operations.is_empty() {
                    ul { li { a.closed href=(c.urls.reference_tag(&product.slug, &group.tag)) {
                        (icon_sm(c, "chev")) span.trunc { (group.tag) } span.cnt { (group.count) }
                    } } }
                } @else {
                    details open[current_tag.is_none_or(|tag| tag == group.tag) || nav.groups.len() <= 4] {
                        summary { (icon_sm(c, "chev")) span.trunc { (group.tag) } span.cnt { (group.count) } }
                        (links(c, product, &group.operations, current))
                    }
                }
            }
        }
    }
}

/// The current tag's operations, for the navigation sheet of small screens.
pub(super) fn sheet(
    c: &Chrome,
    product: &ProductRef,
    nav: &ReferenceNav,
    current: &OperationSummary,
) -> Markup {
    let tag = ReferenceNav::tag_of(current);
    html! {
        h2 { a href=(c.urls.reference(&product.slug)) { (product.name) } " / " (tag) }
        @if let Some(group) = nav.groups.iter().find(|g| g.tag == tag) {
            (links(c, product, &group.operations, Some(current)))
        }
    }
}

/// Links to the operations before and after this one.
pub(super) fn previous_next(c: &Chrome, product: &ProductRef, nav: &ReferenceNav, id: &str) -> Markup {
    let (previous, next) = nav.around(id);
    html! {
        @if previous.is_some() || next.is_some() {
            nav.pn aria-label="Previous and next" {
                @if let Some(o) = previous {
                    a href=(c.urls.operation(&product.slug, &o.id)) rel="prev" { small { "Previous" } (o.summary) }
                }
                @if let Some(o) = next {
                    a.next href=(c.urls.operation(&product.slug, &o.id)) rel="next" { small { "Next" } (o.summary) }
                }
            }
        }
    }
}

fn links(
    c: &Chrome,
    product: &ProductRef,
    operations: &[OperationSummary],
    current: Option<&OperationSummary>,
) -> Markup {
    html! {
        ul.kids { @for o in operations {
            @let here = current.is_some_and(|now| now.id == o.id);
            li { a href=(c.urls.operation(&product.slug, &o.id)) aria-current=[here.then_some("page")] {
                span.trunc.old[o.deprecated] { (o.summary) } (method_badge(o.method))
            } }
        } }
    }
}

#[cfg(test)]
mod tests {
    use aforo_docs::spec::model::Method;

    use super::*;

    fn operation(i: usize, tag: Option<&str>) -> OperationSummary {
        OperationSummary {
            id: format!("op{i}"),
            method: Method::Get,
            path: format!("/{i}"),
            summary: format!("Operation {i}"),
            tags: tag.map(str::to_owned).into_iter().collect(),
            deprecated: false,
        }
    }

    #[test]
    fn groups_keep_document_order_and_untagged_operations_are_listed() {
        let nav = ReferenceNav::new(
            &[
                operation(0, Some("b")),
                operation(1, None),
                operation(2, Some("b")),
            ],
            None,
        );
        let groups: Vec<_> = nav.groups.iter().map(|g| (g.tag.as_str(), g.count)).collect();
        assert_eq!(groups, [("b", 2), (NO_TAG, 1)]);
        let (previous, next) = nav.around("op2");
        assert_eq!(
            (previous.map(|o| o.id.as_str()), next.map(|o| o.id.as_str())),
            (Some("op0"), Some("op1"))
        );
    }

    #[test]
    fn a_large_document_lists_only_the_open_tag() {
        let all: Vec<_> = (0..301)
            .map(|i| operation(i, Some(if i < 200 { "a" } else { "b" })))
            .collect();
        let listed = |tag| {
            let nav = ReferenceNav::new(&all, tag);
            nav.groups
                .iter()
                .map(|g| (g.count, g.operations.len()))
                .collect::<Vec<_>>()
        };
        assert_eq!(listed(Some("b")), [(200, 0), (101, 101)]);
        assert_eq!(listed(Some("gone")), [(200, 200), (101, 0)]);
    }
}
