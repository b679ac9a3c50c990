//! Schemas as nested lists of properties.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use aforo_docs::spec::model::{AlternativeKind, PropertyView, SchemaView};
use maud::{Markup, html};
use serde_json::Value;

use super::{Markdown, prose};

/// Most properties that one page shows, all schemas together: keeps the page of a huge schema loadable.
const MOST_PROPERTIES: usize = 400;
/// Most values of an enumeration that are shown before the rest folds away.
const ENUM_SHOWN: usize = 8;
/// Levels that are open from the start.
const OPEN_LEVELS: usize = 1;

/// Shows schemas of one page, counting what it has shown.
pub(super) struct Schemas {
    markdown: Markdown,
    left: Cell<usize>,
    ids: RefCell<BTreeSet<String>>,
}

impl Schemas {
    pub(super) fn new(markdown: Markdown) -> Self {
        Self {
            markdown,
            left: Cell::new(MOST_PROPERTIES),
            ids: RefCell::default(),
        }
    }

    /// A body: its properties, or its one line when it has none.
    pub(super) fn body(&self, schema: &SchemaView, anchor: &str) -> Markup {
        if schema.items.is_none() && schema.alternatives.is_none() && !schema.properties.is_empty() {
            return html! {
                @if let Some(text) = prose(self.markdown, &schema.description) { div.prose.small { (text) } }
                (self.properties(&schema.properties, anchor, 0))
                (self.additional(schema, anchor, 0))
            };
        }
        html! { div.prop {
            div.head { span.type { (type_label(schema)) } (marks(schema)) }
            (self.details(schema, anchor, 0))
        } }
    }

    /// One named value: property or parameter. `extra` goes into its first line.
    pub(super) fn named(
        &self,
        name: &str,
        required: bool,
        schema: &SchemaView,
        text: &str,
        anchor: &str,
        level: usize,
    ) -> Markup {
        let id = format!("{anchor}-{}", slug(name));
        // Different names can make the same id, such as those in other alphabets: the first has it.
        let own = self.ids.borrow_mut().insert(id.clone());
        html! { div.prop id=[own.then_some(&id)] {
            div.head {
                span.name { (name) }
                span.type { (type_label(schema)) }
                @if required { span.req { "required" } }
                (marks(schema))
                @if own && level == 0 { a.anchor href={ "#" (id) } aria-label={ "Link to " (name) } { "#" } }
            }
            @if let Some(text) = prose(self.markdown, text) { div.prose.small { (text) } }
            (self.details(schema, &id, level))
        } }
    }

    /// Counts one property; false when the page is full.
    fn take(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    fn properties(&self, properties: &[PropertyView], anchor: &str, level: usize) -> Markup {
        html! {
            @for property in properties {
                @if self.take() {
                    (self.named(&property.name, property.required, &property.schema, &property.schema.description, anchor, level))
                }
            }
            @if self.left.get() == 0 { p.fs12.muted { "More in the downloadable specification." } }
        }
    }

    /// Constraints, values, and what is nested inside.
    fn details(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            (chips(schema))
            (self.nested(schema, anchor, level))
        }
    }

    fn nested(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        if schema.cut {
            return html! { p.fs12.muted { @match &schema.name {
                Some(name) => { "Continues as " code { (name) } "." },
                None => "Continues; see the downloadable specification.",
            } } };
        }
        let items = schema.items.as_deref();
        html! {
            @if !schema.properties.is_empty() {
                (self.fold(&fold_label(schema, ""), level, || html! {
                    (self.properties(&schema.properties, anchor, level + 1))
                    (self.additional(schema, anchor, level + 1))
                }))
            } @else { (self.additional(schema, anchor, level)) }
            @if let Some(items) = items {
                @if !items.properties.is_empty() {
                    (self.fold(&fold_label(items, "Each item: "), level, || self.properties(&items.properties, anchor, level + 1)))
                } @else { (chips(items)) (self.nested(items, anchor, level)) }
            }
            @if let Some((kind, alternatives)) = &schema.alternatives {
                @let label = match kind { AlternativeKind::OneOf => "One of", AlternativeKind::AnyOf => "Any of" };
                p.alt { (label) }
                @for (i, alternative) in alternatives.iter().enumerate() {
                    @let name = alternative.name.clone().unwrap_or_else(|| format!("{} {}", type_label(alternative), i + 1));
                    @if has_more(alternative) {
                        (self.fold(&name, level.max(OPEN_LEVELS), || html! {
                            @if let Some(text) = prose(self.markdown, &alternative.description) { div.prose.small { (text) } }
                            (self.details_unfolded(alternative, &format!("{anchor}-{i}"), level + 1))
                        }))
                    } @else { p.fs13.t2 { code { (name) } (chips(alternative)) } }
                }
            }
        }
    }

    /// As `details`, but without a fold of its own: it is inside one already.
    fn details_unfolded(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            (chips(schema))
            @if schema.cut || schema.properties.is_empty() { (self.nested(schema, anchor, level)) }
            @else { (self.properties(&schema.properties, anchor, level)) (self.additional(schema, anchor, level)) }
        }
    }

    fn additional(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! { @if let Some(values) = &schema.additional {
            (self.named("(any other name)", false, values, &values.description, anchor, level.max(1)))
        } }
    }

    fn fold(&self, label: &str, level: usize, inner: impl FnOnce() -> Markup) -> Markup {
        html! { details.nest open[level < OPEN_LEVELS] { summary { (label) } div { (inner()) } } }
    }
}

/// `string (date-time)`, `array of Pet`, `string or null`, `one of 3`.
pub(super) fn type_label(schema: &SchemaView) -> String {
    let mut label = match (&schema.items, &schema.alternatives) {
        (Some(items), _) => format!("array of {}", type_label(items)),
        (None, Some((kind, list))) if schema.types.is_empty() => {
            let word = if *kind == AlternativeKind::OneOf {
                "one of"
            } else {
                "any of"
            };
            format!("{word} {}", list.len())
        }
        _ if schema.types.is_empty() => match (&schema.name, schema.properties.is_empty()) {
            (Some(name), _) => name.clone(),
            (None, false) => "object".to_owned(),
            (None, true) => "any".to_owned(),
        },
        _ => match (&schema.name, schema.types.as_slice()) {
            (Some(name), [only]) if only == "object" => name.clone(),
            (_, types) => types.join(" or "),
        },
    };
    if let Some(format) = &schema.format {
        label.push_str(&format!(" ({format})"));
    }
    if schema.nullable {
        label.push_str(" or null");
    }
    label
}

/// A value as text: strings without quotes, everything else as JSON.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// For ids and anchors.
pub(super) fn slug(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => text.push(c),
            _ if !text.ends_with('-') => text.push('-'),
            _ => {}
        }
    }
    text
}

fn has_more(schema: &SchemaView) -> bool {
    schema.cut
        || !schema.properties.is_empty()
        || schema.items.is_some()
        || schema.alternatives.is_some()
        || schema.additional.is_some()
}

fn fold_label(schema: &SchemaView, before: &str) -> String {
    let count = super::super::format::count(schema.properties.len(), "property", "properties");
    match &schema.name {
        Some(name) => format!("{before}{name}, {count}"),
        None if before.is_empty() => count,
        None => format!("{before}{count}"),
    }
}

fn marks(schema: &SchemaView) -> Markup {
    html! {
        @if schema.deprecated { span.badge.b-warn { "Deprecated" } }
        @if schema.read_only { span.badge.b-line { "Read only" } }
        @if schema.write_only { span.badge.b-line { "Write only" } }
    }
}

fn chips(schema: &SchemaView) -> Markup {
    let values = &schema.enumeration;
    let example = schema
        .example
        .as_ref()
        .filter(|v| !v.is_object() && !v.is_array());
    html! {
        @if !schema.constraints.is_empty() || !values.is_empty() || schema.default.is_some() || example.is_some() {
            div.chips {
                @for text in &schema.constraints { span.chip { (text) } }
                @for value in values.iter().take(ENUM_SHOWN) { span.chip.val { (value_text(value)) } }
                @if values.len() > ENUM_SHOWN {
                    details.rest { summary.chip { "+" (values.len() - ENUM_SHOWN) }
                        div.chips { @for value in values.iter().skip(ENUM_SHOWN) { span.chip.val { (value_text(value)) } } } }
                }
                @if let Some(value) = &schema.default { span.note { "defaults to " code { (value_text(value)) } } }
                @if let Some(value) = example { span.note { "such as " code { (value_text(value)) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_people_say_them() {
        let string = SchemaView {
            types: vec!["string".into()],
            ..SchemaView::default()
        };
        let date = SchemaView {
            format: Some("date".into()),
            nullable: true,
            ..string.clone()
        };
        let pet = SchemaView {
            name: Some("Pet".into()),
            types: vec!["object".into()],
            ..SchemaView::default()
        };
        let pets = SchemaView {
            types: vec!["array".into()],
            items: Some(Box::new(pet)),
            ..SchemaView::default()
        };
        let either = SchemaView {
            alternatives: Some((AlternativeKind::OneOf, vec![string, date.clone()])),
            ..SchemaView::default()
        };
        let labels = [&date, &pets, &either, &SchemaView::default()].map(type_label);
        assert_eq!(
            labels,
            ["string (date) or null", "array of Pet", "one of 2", "any"]
        );
    }

    #[test]
    fn a_huge_schema_stops() {
        let leaf = PropertyView {
            name: "p".into(),
            required: false,
            schema: SchemaView::default(),
        };
        let wide = SchemaView {
            properties: vec![leaf; 5000],
            ..SchemaView::default()
        };
        let html = Schemas::new(super::super::plain_text)
            .body(&wide, "b")
            .into_string();
        assert_eq!(html.matches("class=\"prop\"").count(), MOST_PROPERTIES);
        assert!(html.contains("downloadable specification"));
    }
}
