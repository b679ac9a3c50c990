//! The schemas of a document: their list, and a page for each.

use aforo_docs::spec::model::SchemaView;
use maud::{Markup, html};
use serde_json::Value;

use super::{
    super::{
        chrome::{Chrome, Page, Section, document},
        format,
        parts::crumbs,
    },
    Markdown, ProductRef, ReferenceNav,
    content::value_block,
    nav::side,
    operation::{heading_row, source},
    prose,
    schema::{Schemas, more_to_read, type_label},
};

/// The list of a document's component schemas.
#[derive(Clone, Debug)]
pub struct SchemasView {
    /// The product.
    pub product: ProductRef,
    /// Operations by tag.
    pub nav: ReferenceNav,
    /// Names in document order.
    pub names: Vec<String>,
}

/// The page of one component schema.
#[derive(Clone, Debug)]
pub struct SchemaPageView<'a> {
    /// The product.
    pub product: ProductRef,
    /// Operations by tag.
    pub nav: ReferenceNav,
    /// Its name.
    pub name: String,
    /// What it is.
    pub schema: &'a SchemaView,
    /// An example of it.
    pub example: Option<Value>,
    /// Renders the texts of the specification.
    pub markdown: Markdown,
}

/// The list of schemas, under their first letters when there are many.
pub fn schemas(c: &Chrome, view: &SchemasView) -> Markup {
    let title = format!("Schemas · {}", view.product.name);
    let mut names: Vec<&String> = view.names.iter().collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    let page = Page {
        title: &title,
        description: None,
        section: Section::Reference,
        module: None,
        sheet: None,
        error: false,
    };
    let body = html! {
        div.ref.ref-index.page {
            (side(c, &view.product, &view.nav, None))
            main #main {
                (crumbs(&[(c.urls.references(), "API reference"), (c.urls.reference(&view.product.slug), &view.product.name)]))
                div.titlerow { h1 { "Schemas" } span.grow {}
                    span.fs12.muted { (format::count(names.len(), "schema", "schemas")) } }
                ul.schemalist role="list" { @for name in names {
                    li { a href=(c.urls.schema(&view.product.slug, name)) { code { (name) } } }
                } }
                (source(c, &view.product))
            }
        }
    };
    document(c, page, &body)
}

/// The page of one schema.
pub fn schema(c: &Chrome, view: &SchemaPageView<'_>) -> Markup {
    let title = format!("{} · {}", view.name, view.product.name);
    let page = Page {
        title: &title,
        description: None,
        section: Section::Reference,
        module: None,
        sheet: None,
        error: false,
    };
    let shown = Schemas::new(c, &view.product.slug, view.markdown);
    let product = &view.product;
    // What the page says at its top is not said again below.
    let inner = SchemaView {
        listed: false,
        description: String::new(),
        external_docs: None,
        ..view.schema.clone()
    };
    let label = type_label(&SchemaView {
        name: None,
        ..inner.clone()
    });
    let body = html! {
        div.ref.ref-index.page {
            (side(c, product, &view.nav, None))
            main #main {
                (crumbs(&[(c.urls.references(), "API reference"), (c.urls.reference(&product.slug), &product.name),
                          (c.urls.schemas(&product.slug), "Schemas")]))
                div.titlerow {
                    h1.schemaname { (view.name) }
                    span.badge.b-line { (label) }
                    @if view.schema.deprecated { span.badge.b-warn { "Deprecated" } }
                }
                @if let Some(text) = prose(view.markdown, &view.schema.description) { div.prose.lede { (text) } }
                (more_to_read(view.markdown, view.schema.external_docs.as_ref()))
                section.sect aria-labelledby="fields" {
                    (heading_row("fields", "Fields", None))
                    (shown.body(&inner, "field"))
                }
                @if let Some(example) = &view.example {
                    section.sect aria-labelledby="example" {
                        (heading_row("example", "Example", None))
                        (value_block(&shown, example, &view.name))
                    }
                }
                (source(c, product))
            }
        }
    };
    document(c, page, &body)
}
