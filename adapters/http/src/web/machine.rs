//! What machines read: `llms.txt`, everything in one text, the sitemap, operations as Markdown. Each answer is made
//! from one read of the guides, so that it never mixes two moments.

use std::{fmt::Write as _, sync::Arc};

use aforo_core::{SpecId, Timestamp, domain::product::Product};
use aforo_docs::{
    guide::{
        tree::{Audience, Node, Tree},
        version::PageVersion,
    },
    machine, markdown,
    sample::KEY_VARIABLE,
    spec::openapi::ApiDescription,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};

use super::{catalog::Catalog, docs::titled};
use crate::{
    console::Shared,
    extract::Ctx,
    guard::Context,
    problem::Problem,
    route::{Route, RoutesBuilder},
};

/// Operations that `llms.txt` lists of one product; its reference lists all.
const MOST_OPERATIONS: usize = 1_000;
/// The longest text of all guides and operations, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;
/// Addresses in one sitemap, by its own specification.
const MOST_ADDRESSES: usize = 50_000;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(
        Route::file("/llms.txt", "What there is to read, for language models"),
        llms,
    );
    routes.add(
        Route::file("/llms-full.txt", "All guides and operations in one Markdown text"),
        llms_full,
    );
    routes.add(Route::file("/sitemap.xml", "Every public page"), sitemap);
}

/// One published guide.
struct Guide {
    title: String,
    path: String,
    level: usize,
    updated: Timestamp,
    /// The published version, where texts were asked for.
    version: Option<PageVersion>,
}

/// One product with its published description.
struct Reference {
    product: Product,
    published: Timestamp,
    description: ApiDescription,
}

impl Reference {
    /// Where calls go.
    fn base_url(&self) -> String {
        match &self.product.upstream {
            Some(upstream) => format!("{}{}", upstream.origin, upstream.base_path),
            None => {
                let servers = self.description.servers();
                let absolute = servers.into_iter().find(|server| server.url.starts_with("http"));
                absolute.map(|server| server.url).unwrap_or_default()
            }
        }
    }
}

/// Everything that is published, from one moment.
struct Everything {
    guides: Vec<Guide>,
    references: Vec<Reference>,
}

impl Everything {
    async fn read(shared: &Shared, context: &Context, texts: bool) -> Result<Self, Problem> {
        let scope = context.tenant_scope();
        let mut tx = shared.stores.docs.read().await?;
        let tree = Tree::of(tx.pages(scope).list().await?, Audience::Readers);
        let mut guides = Vec::with_capacity(tree.nodes().len());
        let mut length = 0;
        for node in tree.nodes() {
            let mut guide = Guide::of(node);
            if let (true, Some(number), true) = (texts, node.page.published_version, length < LONGEST) {
                guide.version = tx.pages(scope).version(node.page.id, number).await?;
                length += guide.version.as_ref().map_or(0, |version| version.body.len());
            }
            guides.push(guide);
        }
        let catalog = Catalog::read(&mut *tx.products(scope)).await?;
        let mut published: Vec<(Product, SpecId, Timestamp)> = Vec::new();
        for product in catalog.products() {
            if let Some(id) = product.published_spec
                && let Some(spec) = tx.specs(scope).find(id).await?
            {
                published.push((product.clone(), id, spec.created_at));
            }
        }
        drop(tx);
        // A stored description never changes, so it may be read later.
        let mut references = Vec::new();
        for (product, spec, published) in published {
            let description = shared.specs.description(scope, spec).await?;
            references.push(Reference {
                product,
                published,
                description,
            });
        }
        Ok(Self { guides, references })
    }
}

impl Guide {
    fn of(node: &Node) -> Self {
        Self {
            title: node.page.title.clone(),
            path: node.path.clone(),
            level: node.level,
            updated: node.page.published_at.unwrap_or(node.page.updated_at),
            version: None,
        }
    }
}

/// A text is put together beside the event loop, one at a time: it costs as much as all pages together.
async fn made(
    shared: &Shared,
    kind: &'static str,
    make: impl FnOnce() -> String + Send + 'static,
) -> Result<Response, Problem> {
    let _turn = shared.long_texts.acquire().await.map_err(Problem::internal)?;
    let text = tokio::task::spawn_blocking(make)
        .await
        .map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, text).into_response())
}

async fn llms(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let everything = Everything::read(&shared, &context, true).await?;
    made(&shared, "text/plain; charset=utf-8", move || {
        let (urls, mut out) = (&context.urls, String::new());
        let full = context.absolute(&urls.llms_full());
        let _ = write!(
            out,
            "# {}\n\n> API documentation: guides and reference. Everything in one text: {full}\n\n",
            one_line(&context.tenant.name),
        );
        if !everything.guides.is_empty() {
            out.push_str("## Guides\n\n");
            for guide in &everything.guides {
                let indent = "  ".repeat(guide.level - 1);
                let address = context.absolute(&urls.doc_markdown(&guide.path));
                let body = guide.version.as_ref().map_or("", |version| &version.body);
                item(
                    &mut out,
                    &indent,
                    &guide.title,
                    &address,
                    &markdown::excerpt(body, 200),
                );
            }
            out.push('\n');
        }
        for reference in &everything.references {
            let product = &reference.product;
            let _ = write!(out, "## {} API reference\n\n", one_line(&product.name));
            let document = context.absolute(&urls.spec_document(&product.slug));
            item(&mut out, "", "OpenAPI document", &document, "");
            let operations = reference.description.operations();
            for operation in operations.iter().take(MOST_OPERATIONS) {
                let call = format!("{} {}", operation.method.as_str(), operation.path);
                let address = context.absolute(&urls.operation_markdown(&product.slug, &operation.id));
                item(&mut out, "", &call, &address, &operation.summary);
            }
            if operations.len() > MOST_OPERATIONS {
                let more = format!("{} more operations", operations.len() - MOST_OPERATIONS);
                let address = context.absolute(&urls.reference(&product.slug));
                item(&mut out, "", &more, &address, "");
            }
            out.push('\n');
        }
        out
    })
    .await
}

async fn llms_full(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let everything = Everything::read(&shared, &context, true).await?;
    made(&shared, "text/plain; charset=utf-8", move || {
        let mut out = format!("# {}\n\n", one_line(&context.tenant.name));
        let mut left_out = 0_usize;
        let mut add = |text: String, address: String| {
            if out.len() + text.len() > LONGEST {
                left_out += 1;
                false
            } else {
                let _ = write!(
                    out,
                    "---\n\nSource: {}\n\n{}\n\n",
                    context.absolute(&address),
                    text.trim()
                );
                true
            }
        };
        for guide in everything.guides {
            if let Some(version) = &guide.version {
                add(titled(version), context.urls.doc(&guide.path));
            }
        }
        let mut operations_left = 0;
        for reference in &everything.references {
            let (slug, base_url) = (&reference.product.slug, reference.base_url());
            for summary in reference.description.operations() {
                // The text is full: what follows is only counted.
                if operations_left > 0 {
                    operations_left += 1;
                } else if let Some(operation) = reference.description.operation(&summary.id) {
                    let text = machine::operation(&operation, &base_url, KEY_VARIABLE);
                    if !add(text, context.urls.operation(slug, &summary.id)) {
                        operations_left = 1;
                    }
                }
            }
        }
        // The first of them is counted by `add` as well.
        left_out += usize::saturating_sub(operations_left, 1);
        if left_out > 0 {
            let list = context.absolute(&context.urls.llms());
            let _ = writeln!(
                out,
                "---\n\n{left_out} more texts are left out here. All are listed in {list}"
            );
        }
        out
    })
    .await
}

async fn sitemap(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let everything = Everything::read(&shared, &context, false).await?;
    made(
        &shared,
        "application/xml; charset=utf-8", move || {
        let urls = &context.urls;
        let mut pages: Vec<(String, Option<Timestamp>)> = vec![(urls.home(), None)];
        if !everything.guides.is_empty() {
            pages.push((urls.docs(), None));
        }
        pages.extend(everything.guides.iter().map(|guide| (urls.doc(&guide.path), Some(guide.updated))));
        if !everything.references.is_empty() {
            pages.push((urls.references(), None));
        }
        for reference in &everything.references {
            let slug = &reference.product.slug;
            pages.push((urls.reference(slug), Some(reference.published)));
            let operations = reference.description.operations().iter();
            pages.extend(operations.map(|o| (urls.operation(slug, &o.id), Some(reference.published))));
        }
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
        );
        for (page, at) in pages.into_iter().take(MOST_ADDRESSES) {
            let address = maud::html! { (context.absolute(&page)) }.into_string();
            let _ = write!(out, "<url><loc>{address}</loc>");
            if let Some(at) = at {
                let _ = write!(out, "<lastmod>{}</lastmod>", at.to_rfc3339());
            }
            out.push_str("</url>\n");
        }
        out.push_str("</urlset>\n");
        out
    })
    .await
}

/// One operation of a published description.
pub(super) async fn operation(
    shared: &Shared,
    context: &Context,
    product: Product,
    id: &str,
) -> Result<Response, Problem> {
    let spec = product
        .published_spec
        .ok_or_else(|| Problem::not_found("API description"))?;
    let description = shared.specs.description(context.tenant_scope(), spec).await?;
    let operation = description.operation(id).or_else(|| description.webhook(id));
    let operation = operation.ok_or_else(|| Problem::not_found("operation"))?;
    let page = context.absolute(&context.urls.operation(&product.slug, id));
    let reference = Reference {
        product,
        published: shared.clock.now(),
        description,
    };
    made(shared, "text/markdown; charset=utf-8", move || {
        let text = machine::operation(&operation, &reference.base_url(), KEY_VARIABLE);
        format!("{}\n\nSource: {page}\n", text.trim())
    })
    .await
}

/// `- [title](address): text`
fn item(out: &mut String, indent: &str, title: &str, address: &str, text: &str) {
    let title = one_line(title).replace('[', "(").replace(']', ")");
    let text = one_line(text);
    let colon = if text.is_empty() { "" } else { ": " };
    let _ = writeln!(out, "{indent}- [{title}]({address}){colon}{text}");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
