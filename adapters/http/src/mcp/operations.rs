//! What the tools do: the same services, visibility and words as the pages and the JSON API.

use std::time::Duration;

use aforo_core::{SpecId, domain::product::Product};
use aforo_docs::{
    guide::{
        service::Found,
        tree::{Audience, Node},
    },
    machine,
    sample::KEY_VARIABLE,
    search::{Kind, Search, SearchRequest},
    spec::openapi::ApiDescription,
};
use aforo_proxy::service::Outcome;
use aforo_vault::key::Environment;
use futures_util::StreamExt;
use http::StatusCode;
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use super::{
    answer::{self, MOST_TEXT},
    tools::{OperationInput, OperationsInput, TryToolInput},
};
use crate::{
    api::{self, Parameters, TryInput},
    console::Shared,
    guard::{Caller, Context},
    problem::Problem,
    web::{Catalog, titled},
};

/// Operations in one answer.
const PAGE: usize = 200;
/// How long an agent waits for the events of a stream: it cannot watch them come.
const STREAM: Duration = Duration::from_secs(20);

type Result<T> = std::result::Result<T, Problem>;

/// A product with what it has published.
struct Published {
    product: Product,
    spec: SpecId,
    description: ApiDescription,
}

impl Published {
    async fn find(shared: &Shared, context: &Context, slug: &str) -> Result<Self> {
        let mut tx = shared.stores.core.read().await?;
        let product = tx.products(context.tenant_scope()).find_by_slug(slug).await?;
        drop(tx);
        let product = product.ok_or_else(|| Problem::not_found("product"))?;
        let spec = product
            .published_spec
            .ok_or_else(|| Problem::not_found("API description"))?;
        let description = shared.specs.description(context.tenant_scope(), spec).await?;
        Ok(Self {
            product,
            spec,
            description,
        })
    }
}

pub(super) async fn products(shared: &Shared, context: &Context) -> Result<CallToolResult> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let catalog = Catalog::read(&mut *tx.products(scope)).await?;
    let mut found = Vec::new();
    for product in catalog.products() {
        let Some(id) = product.published_spec else {
            continue;
        };
        let spec = tx.specs(scope).find(id).await?;
        found.push(json!({
            "slug": product.slug,
            "name": product.name,
            "version": spec.as_ref().map(|spec| spec.version.clone()),
            "operations": spec.as_ref().map(|spec| spec.operations),
            "url": context.absolute(&context.urls.reference(&product.slug)),
        }));
    }
    Ok(answer::json(json!({ "products": found })))
}

pub(super) async fn list(
    shared: &Shared,
    context: &Context,
    input: &OperationsInput,
) -> Result<CallToolResult> {
    let published = Published::find(shared, context, &input.product).await?;
    let fits = |tags: &[String]| input.tag.as_ref().is_none_or(|tag| tags.contains(tag));
    let all: Vec<_> = published
        .description
        .operations()
        .iter()
        .filter(|operation| fits(&operation.tags))
        .collect();
    let skip = input.skip.unwrap_or(0).min(all.len());
    let shown = &all[skip..all.len().min(skip + PAGE)];
    let end = skip + shown.len();
    Ok(answer::json(json!({
        "product": published.product.slug,
        "version": published.description.version(),
        "total": all.len(),
        "nextSkip": (end < all.len()).then_some(end),
        "operations": shown,
    })))
}

pub(super) async fn call(shared: &Shared, context: &Context, input: TryToolInput) -> Result<CallToolResult> {
    let Caller::Person(_) = &context.caller else {
        let detail = "This tool needs an agent token. Ask the person to let you in on the console's page “Agents”, \
            and to configure the token as `Authorization: Bearer …`.";
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "agent_token_required",
            "No agent token",
            detail,
        ));
    };
    // Sandbox unless the agent says otherwise; whether it may is judged where all calls are sent.
    let environment = input
        .environment
        .filter(|word| !word.is_empty())
        .unwrap_or_else(|| Environment::Test.to_string());
    let published = Published::find(shared, context, &input.product).await?;
    let call = TryInput {
        spec_id: published.spec.to_string(),
        operation_id: Some(input.operation),
        environment: Some(environment),
        parameters: Parameters {
            path: input.path,
            query: input.query,
            header: input.header,
            ..Parameters::default()
        },
        body: input.body,
        content_type: input.content_type,
        ..TryInput::default()
    };
    match api::send(shared, context, call).await? {
        Outcome::Whole(response) => {
            let mut value = serde_json::to_value(&response).map_err(Problem::internal)?;
            if let Some(Value::String(body)) = value.get_mut("body") {
                answer::cut(body);
            }
            Ok(answer::json(value))
        }
        Outcome::Events(mut stream) => {
            let (status, timing) = (stream.status(), *stream.timing());
            let mut body = Vec::new();
            // Whole events only; what comes later is let go.
            let collected = async {
                while let Some(Ok(events)) = stream.next().await {
                    body.extend_from_slice(&events);
                    if body.len() > MOST_TEXT {
                        return false;
                    }
                }
                true
            };
            let complete = tokio::time::timeout(STREAM, collected).await.unwrap_or(false);
            let mut body = String::from_utf8_lossy(&body).into_owned();
            answer::cut(&mut body);
            Ok(answer::json(json!({
                "status": status,
                "contentType": "text/event-stream",
                "body": body,
                "bodyEncoding": "text",
                "truncated": !complete,
                "timing": timing,
            })))
        }
    }
}

pub(super) async fn read(
    shared: &Shared,
    context: &Context,
    input: &OperationInput,
) -> Result<CallToolResult> {
    let published = Published::find(shared, context, &input.product).await?;
    let operation = published
        .description
        .operation(&input.operation)
        .ok_or_else(|| Problem::not_found("operation"))?;
    let named = operation.servers.first().map(|server| server.url.clone());
    let base_url = match &published.product.upstream {
        Some(upstream) => format!("{}{}", upstream.origin, upstream.base_path),
        None => named.unwrap_or_default(),
    };
    let page = context.absolute(&context.urls.operation(&input.product, &input.operation));
    let text = tokio::task::spawn_blocking(move || machine::operation(&operation, &base_url, KEY_VARIABLE));
    let text = text.await.map_err(Problem::internal)?;
    Ok(answer::text(format!("{}\n\nSource: {page}\n", text.trim())))
}

pub(super) async fn page(shared: &Shared, context: &Context, path: &str) -> Result<CallToolResult> {
    let scope = context.tenant_scope();
    // What `search` and the list give is an address; its path is what counts.
    let docs = format!("{}/", context.urls.docs());
    let path = path.strip_prefix(&context.origin).unwrap_or(path);
    let path = path.strip_prefix(&docs).unwrap_or(path);
    let path = path.split('#').next().unwrap_or_default();
    let path = path.trim_matches('/').trim_end_matches(".md");
    if path.is_empty() {
        let tree = shared.guides.tree(scope, Audience::Readers).await?;
        let line = |node: &Node| {
            let indent = "  ".repeat(node.level - 1);
            let address = context.absolute(&context.urls.doc_markdown(&node.path));
            format!("{indent}- [{}]({address})\n", node.page.title)
        };
        let pages: String = tree.nodes().iter().map(line).collect();
        return Ok(answer::text(format!("# Guides\n\n{pages}")));
    }
    let mut found = shared.guides.page_by_path(scope, path).await?;
    if let Found::Moved(now) = &found {
        found = shared.guides.page_by_path(scope, now).await?;
    }
    let Found::Page(reading) = found else {
        return Err(Problem::not_found("page"));
    };
    let page = context.absolute(&context.urls.doc(&reading.path));
    Ok(answer::text(format!(
        "{}\n\nSource: {page}\n",
        titled(&reading.version)
    )))
}

/// Hits in one answer.
const HITS: u32 = 50;

pub(super) async fn search(
    shared: &Shared,
    context: &Context,
    query: &str,
    product: Option<&str>,
    limit: Option<u32>,
) -> Result<CallToolResult> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let catalog = Catalog::read(&mut *tx.products(scope)).await?;
    let product = match product {
        Some(slug) => {
            let found = catalog.products().iter().find(|product| product.slug == slug);
            Some(found.ok_or_else(|| Problem::not_found("product"))?.id)
        }
        None => None,
    };
    let request = SearchRequest {
        text: query.chars().take(500).collect(),
        product,
        limit: limit.unwrap_or(10).clamp(1, HITS) as usize,
        ..SearchRequest::default()
    };
    let found = Search::find_in(&mut *tx, scope, &request).await?;
    drop(tx);
    let hits: Vec<Value> = found
        .hits
        .iter()
        .filter_map(|hit| {
            let slug = hit
                .entry
                .product
                .and_then(|id| catalog.find(id))
                .map(|product| product.slug.as_str());
            let address = match (hit.entry.kind, slug) {
                (Kind::Operation, Some(slug)) => context.urls.operation(slug, &hit.entry.address),
                (Kind::Schema, Some(slug)) => context.urls.schema(slug, &hit.entry.address),
                (Kind::Guide, _) => context.urls.doc(&hit.entry.address),
                _ => return None,
            };
            Some(json!({
                "kind": hit.entry.kind.as_str(),
                "title": hit.title.text,
                "product": slug,
                // What `read_page` and `read_operation` take.
                "id": hit.entry.address,
                "excerpt": hit.excerpt.as_ref().map(|excerpt| &excerpt.text),
                "url": context.absolute(&address),
            }))
        })
        .collect();
    Ok(answer::json(
        json!({ "hits": hits, "didYouMean": found.suggestion }),
    ))
}
