//! Schemas as nested lists of properties.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use aforo_docs::spec::model::{AlternativeKind, ExternalDocs, PropertyView, SchemaView};
use maud::{Markup, html};
use serde_json::Value;

use super::{super::chrome::Chrome, Markdown, prose};

/// Most properties that one page shows, all schemas together: keeps the page of a huge schema loadable.
const MOST_PROPERTIES: usize = 400;
/// Most values of an enumeration that are shown before the rest folds away.
const ENUM_SHOWN: usize = 8;
/// Levels that are open from the start.
const OPEN_LEVELS: usize = 1;

/// Characters of examples that one page shows, all together.
const MOST_EXAMPLES: usize = 60_000;

/// Shows schemas of one page, counting what it has shown.
pub(super) struct Schemas<'a> {
    /// The page and the product, for links to the pages of schemas.
    pub(super) links: (&'a Chrome, &'a str),
    pub(super) markdown: Markdown,
    left: Cell<usize>,
    examples: Cell<usize>,
    ids: RefCell<BTreeSet<String>>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(c: &'a Chrome, product: &'a str, markdown: Markdown) -> Self {
        Self {
            links: (c, product),
            markdown,
            left: Cell::new(MOST_PROPERTIES),
            examples: Cell::new(MOST_EXAMPLES),
            ids: RefCell::default(),
        }
    }

    /// Whether there is room for an example of this length; if so, it is taken.
    pub(super) fn room_for(&self, characters: usize) -> bool {
        let left = self.examples.get().checked_sub(characters);
        self.examples.set(left.unwrap_or(self.examples.get()));
        left.is_some()
    }

    /// The name of a schema, as a link if it has a page.
    pub(super) fn link(&self, name: &str, listed: bool) -> Markup {
        let (c, product) = self.links;
        html! { @if listed { a href=(c.urls.schema(product, name)) { (name) } } @else { (name) } }
    }

    /// The type in words, the schema in it as a link.
    fn type_markup(&self, schema: &SchemaView) -> Markup {
        let label = type_label(schema);
        let mut inner = schema;
        while let (false, Some(items)) = (inner.listed, &inner.items) {
            inner = items;
        }
        let found = inner.name.as_deref().filter(|_| inner.listed);
        match found.and_then(|name| Some((name, label.split_once(name)?))) {
            Some((name, (before, after))) => html! { (before) (self.link(name, true)) (after) },
            // A name that the words do not have, such as that of a text with a few values.
            None => {
                html! { (label) @if let Some(name) = found { " " span.muted { (self.link(name, true)) } } }
            }
        }
    }

    /// A body: its properties, or its one line when it has none.
    pub(super) fn body(&self, schema: &SchemaView, anchor: &str) -> Markup {
        if schema.items.is_none() && schema.alternatives.is_none() && !schema.properties.is_empty() {
            return html! {
                @if schema.listed { p.fs12.muted { (self.type_markup(schema)) (marks(schema)) } }
                @if let Some(text) = prose(self.markdown, &schema.description) { div.prose.small { (text) } }
                (more_to_read(self.markdown, schema.external_docs.as_ref()))
                (chips(schema))
                (self.properties(&schema.properties, anchor, 0))
                (self.others(schema, anchor, 0))
            };
        }
        html! { div.prop {
            div.head { span.type { (self.type_markup(schema)) } (marks(schema)) }
            @if let Some(text) = prose(self.markdown, &schema.description) { div.prose.small { (text) } }
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
                span.type { (self.type_markup(schema)) }
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
            (self.meanings(schema))
            (more_to_read(self.markdown, schema.external_docs.as_ref()))
            (self.nested(schema, anchor, level))
        }
    }

    /// What each value of an enumeration means.
    fn meanings(&self, schema: &SchemaView) -> Markup {
        let all: Vec<(&Value, &String)> = schema.enumeration.iter().zip(&schema.enum_descriptions).collect();
        let list = |all: &[(&Value, &String)]| {
            html! { dl.means { @for (value, text) in all {
                dt { code { (value_text(value)) } }
                dd { @match prose(self.markdown, text) { Some(text) => (text), None => "" } }
            } } }
        };
        let (first, rest) = all.split_at(all.len().min(ENUM_SHOWN));
        html! {
            @if !first.is_empty() { (list(first)) }
            @if !rest.is_empty() { details.rest { summary.chip { "+" (rest.len()) } (list(rest)) } }
        }
    }

    fn nested(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        if schema.cut {
            return html! { p.fs12.muted { @match &schema.name {
                Some(name) => { "Continues as " code { (self.link(name, schema.listed)) } "." },
                None => "Continues; see the downloadable specification.",
            } } };
        }
        html! {
            @if !schema.properties.is_empty() {
                (self.fold(&fold_label(schema, ""), level, || html! {
                    (self.properties(&schema.properties, anchor, level + 1))
                    (self.additional(schema, anchor, level + 1))
                }))
            } @else { (self.additional(schema, anchor, level)) }
            @for (i, item) in schema.prefix.iter().enumerate() {
                (self.named(&format!("Item {}", i + 1), false, item, &item.description, anchor, level + 1))
            }
            @if let Some(items) = schema.items.as_deref() { (self.items(items, anchor, level)) }
            (self.alternatives(schema, anchor, level))
            (self.conditions(schema, anchor, level))
        }
    }

    fn items(&self, items: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            @if !items.properties.is_empty() && !items.cut {
                (self.fold(&fold_label(items, "Each item: "), level, || html! {
                    (self.properties(&items.properties, anchor, level + 1))
                    (self.others(items, anchor, level + 1))
                }))
            } @else { (chips(items)) (self.meanings(items)) (self.nested(items, anchor, level)) }
        }
    }

    fn alternatives(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            @if let Some(discriminator) = &schema.discriminator {
                p.fs12.muted { "The property " code { (discriminator.property) } " says which." }
                @if !discriminator.mapping.is_empty() && schema.alternatives.is_none() {
                    dl.means { @for (value, name) in &discriminator.mapping { dt { code { (value) } } dd { (name) } } }
                }
            }
            @if let Some((kind, alternatives)) = &schema.alternatives {
                p.alt { (match kind { AlternativeKind::OneOf => "One of", AlternativeKind::AnyOf => "Any of" }) }
                @for (i, alternative) in alternatives.iter().enumerate() {
                    @let name = alternative.name.clone().unwrap_or_else(|| format!("{} {}", type_label(alternative), i + 1));
                    @let values = discriminated(schema, &name);
                    @if has_more(alternative) {
                        @let label = html! { (name) @for value in values { " " span.muted { (value) } } };
                        (self.fold_with(&label, level.max(OPEN_LEVELS), || html! {
                            @if let Some(text) = prose(self.markdown, &alternative.description) { div.prose.small { (text) } }
                            (self.details_unfolded(alternative, &format!("{anchor}-{i}"), level + 1))
                        }))
                    } @else { p.fs13.t2 { code { (self.link(&name, alternative.listed)) } (chips(alternative)) } }
                }
            }
        }
    }

    /// What must not be, and what must be under a condition.
    fn conditions(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            @for (i, condition) in schema.conditions.iter().enumerate() {
                p.alt { (condition.label) }
                (self.condition(&condition.schema, &format!("{anchor}-if{i}"), level))
            }
            @if let Some(not) = &schema.not { p.alt { "Not" } (self.condition(not, &format!("{anchor}-not"), level)) }
        }
    }

    fn condition(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! { div.prop {
            div.head { span.type { (self.type_markup(schema)) } }
            (self.details(schema, anchor, level.max(OPEN_LEVELS)))
        } }
    }

    /// As `details`, but without a fold of its own: it is inside one already.
    fn details_unfolded(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            (chips(schema))
            @if schema.listed && !schema.cut { p.fs12.muted { (self.type_markup(schema)) } }
            @if schema.cut || schema.properties.is_empty() { (self.meanings(schema)) (self.nested(schema, anchor, level)) }
            @else { (self.properties(&schema.properties, anchor, level)) (self.others(schema, anchor, level)) }
        }
    }

    /// All that stands beside the properties of an object.
    fn others(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            (self.additional(schema, anchor, level))
            (self.alternatives(schema, anchor, level))
            (self.conditions(schema, anchor, level))
        }
    }

    fn additional(&self, schema: &SchemaView, anchor: &str, level: usize) -> Markup {
        html! {
            @for property in &schema.pattern_properties { @if self.take() {
                (self.named(&format!("names like {}", property.name), false, &property.schema, &property.schema.description,
                    anchor, level.max(1)))
            } }
            @if let Some(values) = &schema.additional {
                (self.named("(any other name)", false, values, &values.description, anchor, level.max(1)))
            }
        }
    }

    fn fold(&self, label: &str, level: usize, inner: impl FnOnce() -> Markup) -> Markup {
        self.fold_with(&html! { (label) }, level, inner)
    }

    fn fold_with(&self, label: &Markup, level: usize, inner: impl FnOnce() -> Markup) -> Markup {
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
        || !schema.pattern_properties.is_empty()
        || !schema.prefix.is_empty()
        || !schema.conditions.is_empty()
        || schema.not.is_some()
        || !schema.enum_descriptions.is_empty()
}

/// The values of the discriminator that stand for this alternative.
fn discriminated<'s>(schema: &'s SchemaView, name: &str) -> Vec<&'s str> {
    let mapping = schema.discriminator.iter().flat_map(|d| &d.mapping);
    mapping
        .filter(|(value, to)| to == name && value != name)
        .map(|(value, _)| value.as_str())
        .collect()
}

/// A link to more documentation. Only such addresses as a browser may follow.
pub(super) fn more_to_read(markdown: Markdown, docs: Option<&ExternalDocs>) -> Markup {
    let docs = docs.filter(|docs| is_web(&docs.url));
    html! { @if let Some(docs) = docs {
        div.readmore {
            @if let Some(text) = prose(markdown, &docs.description) { div.prose.small { (text) } }
            a href=(docs.url) rel="nofollow noopener" { "More documentation" }
        }
    } }
}

/// Whether an address is of the web: neither a script nor a path of this host.
pub(super) fn is_web(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
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
        @if schema.closed && !schema.cut && schema.items.is_none() { span.fs12.muted { "no other properties" } }
    }
}

fn chips(schema: &SchemaView) -> Markup {
    // Values with a meaning are listed below.
    let none = Vec::new();
    let values = if schema.enum_descriptions.is_empty() {
        &schema.enumeration
    } else {
        &none
    };
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
        let chrome = crate::pages::samples::chrome("/a/b", crate::pages::Theme::Light);
        let html = Schemas::new(&chrome, "p", super::super::plain_text)
            .body(&wide, "b")
            .into_string();
        assert_eq!(html.matches("class=\"prop\"").count(), MOST_PROPERTIES);
        assert!(html.contains("downloadable specification"));
    }
}
