//! Operations by tag: side navigation, previous and next.

use aforo_docs::spec::{model::OperationSummary, openapi::ApiDescription};
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
    /// Calls that the API makes; empty in a document with very many when none of them is open.
    pub webhooks: Vec<OperationSummary>,
    /// Number of webhooks of the document.
    pub webhook_count: usize,
    /// Number of component schemas.
    pub schemas: usize,
}

/// The operations of one tag.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// The tag.
    pub tag: String,
    /// What people call it.
    pub label: String,
    /// The heading that it and the groups after it are under; empty for none.
    pub section: String,
    /// What the document says about it. CommonMark; may be empty.
    pub description: String,
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
            ..Self::default()
        };
        let mut index = std::collections::HashMap::new();
        for operation in operations {
            let tag = Self::tag_of(operation);
            let at = *index.entry(tag).or_insert_with(|| {
                nav.groups.push(NavGroup {
                    tag: tag.to_owned(),
                    label: tag.to_owned(),
                    section: String::new(),
                    description: String::new(),
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
    /// The operations and webhooks of a description, as [`ReferenceNav::new`] groups them, under the names and
    /// headings and in the order that the description gives to its tags.
    pub fn of(description: &ApiDescription, open_tag: Option<&str>) -> Self {
        let mut nav = Self::new(description.operations(), open_tag);
        let tags = description.tags();
        let groups = description.tag_groups();
        let order: Vec<(&str, &str)> = if groups.is_empty() {
            tags.iter().map(|tag| (tag.name.as_str(), "")).collect()
        } else {
            let named = groups
                .iter()
                .map(|group| group.tags.iter().map(|tag| (tag.as_str(), group.name.as_str())));
            named.flatten().collect()
        };
        let place = |tag: &str| {
            order
                .iter()
                .position(|(name, _)| *name == tag)
                .unwrap_or(order.len())
        };
        nav.groups.sort_by_cached_key(|group| place(&group.tag)); // stable: first use
        for group in &mut nav.groups {
            if let Some((_, section)) = order.iter().find(|(name, _)| *name == group.tag) {
                group.section = (*section).to_owned();
            }
            if let Some(tag) = tags.iter().find(|tag| tag.name == group.tag) {
                group.label.clone_from(&tag.display_name);
                group.description.clone_from(&tag.description);
            }
        }
        nav.webhook_count = description.webhooks().len();
        if nav.webhook_count <= PAGE_LIMIT {
            nav.webhooks = description.webhooks().to_vec();
        }
        nav.schemas = description.schemas().count();
        nav
    }
    /// What people call a tag.
    pub(super) fn label_of<'n>(&'n self, tag: &'n str) -> &'n str {
        let group = self.groups.iter().find(|group| group.tag == tag);
        group.map_or(tag, |group| group.label.as_str())
    }

    /// The tag that an operation is listed under.
    pub fn tag_of(operation: &OperationSummary) -> &str {
        operation.tags.first().map_or(NO_TAG, String::as_str)
    }

    /// Operations before and after `id`, as far as they are listed.
    pub(super) fn around(&self, id: &str) -> (Option<&OperationSummary>, Option<&OperationSummary>) {
        let grouped = self.groups.iter().flat_map(|g| &g.operations);
        let listed: Vec<_> = grouped.chain(&self.webhooks).collect();
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
    let is_webhook = current.is_some_and(|now| nav.webhooks.iter().any(|webhook| webhook.id == now.id));
    let current_tag = current.filter(|_| !is_webhook).map(ReferenceNav::tag_of);
    html! {
        nav.side aria-label="API reference" {
            p.sideh { a href=(c.urls.references()) { "All products" } }
            ul { li { a.sidet href=(c.urls.reference(&product.slug)) aria-current=[current.is_none().then_some("page")] {
                span.trunc { (product.name) }
                @if !product.version.is_empty() { span.badge.b-line { "v" (product.version) } }
            } } }
            @if !nav.groups.is_empty() { h2 { "Endpoints" } }
            @for (i, group) in nav.groups.iter().enumerate() {
                @let before = i.checked_sub(1).and_then(|i| nav.groups.get(i)).map_or("", |group| group.section.as_str());
                @if !group.section.is_empty() && group.section != before { h3.navsect { (group.section) } }
                @if group.operations.is_empty() {
                    ul { li { a.closed href=(c.urls.reference_tag(&product.slug, &group.tag)) {
                        (icon_sm(c, "chev")) span.trunc { (group.label) } span.cnt { (group.count) }
                    } } }
                } @else {
                    details open[current_tag.is_none_or(|tag| tag == group.tag) && !is_webhook || nav.groups.len() <= 4] {
                        summary { (icon_sm(c, "chev")) span.trunc { (group.label) } span.cnt { (group.count) } }
                        (links(c, product, &group.operations, current))
                    }
                }
            }
            @if nav.webhook_count > 0 {
                h2 { "Webhooks" }
                @if nav.webhooks.is_empty() {
                    ul { li { a.closed href=(c.urls.reference_webhooks(&product.slug)) {
                        (icon_sm(c, "chev")) span.trunc { "All webhooks" } span.cnt { (nav.webhook_count) }
                    } } }
                } @else {
                    details open[is_webhook || nav.webhook_count <= 8] {
                        summary { (icon_sm(c, "chev")) span.trunc { "Sent by the API" } span.cnt { (nav.webhook_count) } }
                        (links(c, product, &nav.webhooks, current))
                    }
                }
            }
            @if nav.schemas > 0 {
                ul { li { a.closed href=(c.urls.schemas(&product.slug)) {
                    (icon_sm(c, "spec")) span.trunc { "Schemas" } span.cnt { (nav.schemas) }
                } } }
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
    if nav.webhooks.iter().any(|webhook| webhook.id == current.id) {
        return html! {
            h2 { a href=(c.urls.reference(&product.slug)) { (product.name) } " / Webhooks" }
            (links(c, product, &nav.webhooks, Some(current)))
        };
    }
    html! {
        h2 { a href=(c.urls.reference(&product.slug)) { (product.name) } " / " (nav.label_of(tag)) }
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
