//! Tags and their groups.

use std::collections::HashSet;

use serde_json::Value;

use super::{Tag, TagGroup, external_docs, text};
use crate::spec::model::OperationSummary;

/// The tags that the document describes, in its order, then others in order of first use.
pub(super) fn tags<'a>(root: &Value, operations: impl Iterator<Item = &'a OperationSummary>) -> Vec<Tag> {
    let mut seen = HashSet::new();
    let mut tags = Vec::new();
    for tag in root.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let name = text(tag, "name");
        if !name.is_empty() && seen.insert(name.clone()) {
            let some = |field: &str| Some(text(tag, field)).filter(|text| !text.is_empty());
            tags.push(Tag {
                display_name: some("x-displayName")
                    .or_else(|| some("summary"))
                    .unwrap_or_else(|| name.clone()),
                description: text(tag, "description"),
                parent: some("parent"),
                kind: some("kind"),
                external_docs: tag.get("externalDocs").and_then(external_docs),
                name,
            });
        }
    }
    for name in operations.flat_map(|o| &o.tags) {
        if seen.insert(name.clone()) {
            tags.push(Tag {
                name: name.clone(),
                display_name: name.clone(),
                description: String::new(),
                parent: None,
                kind: None,
                external_docs: None,
            });
        }
    }
    tags
}

/// Groups of tags: those of `x-tagGroups`, or a group for each tag that others name as their parent (OpenAPI 3.2).
/// Tags that no group names follow in a group without a name. Empty when the document groups nothing.
pub(super) fn tag_groups(root: &Value, tags: &[Tag]) -> Vec<TagGroup> {
    let known: HashSet<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    let mut grouped = HashSet::new();
    let mut groups: Vec<TagGroup> = Vec::new();
    for group in root
        .get("x-tagGroups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let names = group.get("tags").and_then(Value::as_array).into_iter().flatten();
        let names = names
            .filter_map(Value::as_str)
            .filter(|name| known.contains(name));
        let names: Vec<String> = names
            .filter(|name| grouped.insert(*name))
            .map(str::to_owned)
            .collect();
        if !names.is_empty() {
            groups.push(TagGroup {
                name: text(group, "name"),
                tags: names,
            });
        }
    }
    if groups.is_empty() {
        let mut names: Vec<(&str, Vec<String>)> = Vec::new();
        for tag in tags {
            let top = outermost(tags, tag);
            match names.iter_mut().find(|(name, _)| *name == top) {
                Some((_, members)) => members.push(tag.name.clone()),
                None => names.push((top, vec![tag.name.clone()])),
            }
        }
        if names.iter().all(|(_, members)| members.len() == 1) {
            return Vec::new();
        }
        let label = |name: &str| {
            let tag = tags.iter().find(|tag| tag.name == name);
            tag.map_or_else(String::new, |tag| tag.display_name.clone())
        };
        return names
            .into_iter()
            .map(|(name, tags)| TagGroup {
                name: label(name),
                tags,
            })
            .collect();
    }
    let rest = tags.iter().filter(|tag| !grouped.contains(tag.name.as_str()));
    let rest: Vec<String> = rest.map(|tag| tag.name.clone()).collect();
    if !rest.is_empty() {
        groups.push(TagGroup {
            name: String::new(),
            tags: rest,
        });
    }
    groups
}

/// The tag that this one is in at last. A circle of parents ends at its first member.
fn outermost<'a>(tags: &'a [Tag], tag: &'a Tag) -> &'a str {
    let mut now = tag;
    for _ in 0..8 {
        let parent = now
            .parent
            .as_ref()
            .and_then(|name| tags.iter().find(|t| t.name == *name));
        match parent {
            Some(parent) if parent.name != tag.name => now = parent,
            _ => break,
        }
    }
    &now.name
}
