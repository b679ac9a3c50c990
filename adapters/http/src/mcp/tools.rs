//! The tools that agents see.

use std::sync::Arc;

use rmcp::{
    ErrorData, ServerHandler,
    handler::server::{common::Extension, wrapper::Parameters},
    model::{CallToolResult, Implementation, ServerCapabilities, ServerConfig},
    schemars::{self, JsonSchema},
    tool, tool_handler, tool_router,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{answer, operations};
use crate::{console::Shared, guard::Context, problem::Problem};

/// The server that one message is for.
#[derive(Clone)]
pub(super) struct DocsServer {
    shared: Arc<Shared>,
}

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct SearchInput {
    /// Words, an operation's name, or a path such as `/v1/translate`.
    query: String,
    /// Only in this product (the slug that `list_products` gives).
    product: Option<String>,
    /// At most this many hits: 1 to 50, 10 if left out.
    limit: Option<u32>,
}

/// A page of the guides.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct PageInput {
    /// The page's path as `search` gives it, such as `getting-started/first-call`. Empty for the list of pages.
    #[serde(default)]
    path: String,
}

/// A product.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct OperationsInput {
    /// The product's slug.
    pub(super) product: String,
    /// Only operations with this tag.
    pub(super) tag: Option<String>,
    /// How many to skip: for the next page.
    pub(super) skip: Option<usize>,
}

/// An operation.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields)]
pub(super) struct OperationInput {
    /// The product's slug.
    pub(super) product: String,
    /// The operation's id.
    pub(super) operation: String,
}

/// A call to make. There is no place for a URL or a credential: the console knows both.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TryToolInput {
    /// The product's slug.
    pub(super) product: String,
    /// The operation's id.
    pub(super) operation: String,
    /// `test` (Sandbox, the default) or `live`. Live needs an agent that was let in for it.
    pub(super) environment: Option<String>,
    /// Path parameters by name.
    #[serde(default)]
    pub(super) path: Map<String, Value>,
    /// Query parameters by name.
    #[serde(default)]
    pub(super) query: Map<String, Value>,
    /// Header parameters by name. Credentials are added by the console.
    #[serde(default)]
    pub(super) header: Map<String, Value>,
    /// The body: a JSON value for JSON bodies, a string for text.
    pub(super) body: Option<Value>,
    /// The body's media type; the operation's first if left out.
    pub(super) content_type: Option<String>,
}

type Answer = Result<CallToolResult, ErrorData>;

#[tool_router]
impl DocsServer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Full-text search over guides, operations and schemas. Gives titles, excerpts and where to read on.
    #[tool(annotations(
        title = "Search the documentation",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn search(
        &self,
        Parameters(input): Parameters<SearchInput>,
        Extension(head): Extension<http::request::Parts>,
    ) -> Answer {
        let context = context(&head)?;
        answered(
            operations::search(
                &self.shared,
                &context,
                &input.query,
                input.product.as_deref(),
                input.limit,
            )
            .await,
        )
    }

    /// A page of the guides as Markdown; without a path, the list of all pages.
    #[tool(annotations(title = "Read a guide", read_only_hint = true, open_world_hint = false))]
    async fn read_page(
        &self,
        Parameters(input): Parameters<PageInput>,
        Extension(head): Extension<http::request::Parts>,
    ) -> Answer {
        let context = context(&head)?;
        answered(operations::page(&self.shared, &context, &input.path).await)
    }

    /// The APIs that are documented here, with their slugs and versions.
    #[tool(annotations(title = "List products", read_only_hint = true, open_world_hint = false))]
    async fn list_products(&self, Extension(head): Extension<http::request::Parts>) -> Answer {
        let context = context(&head)?;
        answered(operations::products(&self.shared, &context).await)
    }

    /// The operations of an API: id, method, path and summary, 200 at a time.
    #[tool(annotations(title = "List operations", read_only_hint = true, open_world_hint = false))]
    async fn list_operations(
        &self,
        Parameters(input): Parameters<OperationsInput>,
        Extension(head): Extension<http::request::Parts>,
    ) -> Answer {
        let context = context(&head)?;
        answered(operations::list(&self.shared, &context, &input).await)
    }

    /// One operation as Markdown: parameters, bodies, responses, and a code sample.
    #[tool(annotations(title = "Read an operation", read_only_hint = true, open_world_hint = false))]
    async fn read_operation(
        &self,
        Parameters(input): Parameters<OperationInput>,
        Extension(head): Extension<http::request::Parts>,
    ) -> Answer {
        let context = context(&head)?;
        answered(operations::read(&self.shared, &context, &input).await)
    }

    /// Calls an operation for the person who let this agent in. The console adds the credential and removes it
    /// from the answer; the agent never sees it. Needs an agent token. Sandbox unless `environment` is `live`.
    #[tool(
        name = "try",
        annotations(
            title = "Call an operation",
            read_only_hint = false,
            destructive_hint = true,
            open_world_hint = true
        )
    )]
    async fn try_operation(
        &self,
        Parameters(input): Parameters<TryToolInput>,
        Extension(head): Extension<http::request::Parts>,
    ) -> Answer {
        let context = context(&head)?;
        answered(operations::call(&self.shared, &context, input).await)
    }
}

#[tool_handler]
impl ServerHandler for DocsServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = Implementation::new("developer-documentation", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(
            "Documentation of this company's APIs. Start with `search` or `list_products`; read an operation before \
             you call it. `try` sends a real request; the API key is added by the server, so never ask for one."
                .to_owned(),
        );
        info
    }
}

/// What the guard found out about the message's request.
fn context(head: &http::request::Parts) -> Result<Arc<Context>, ErrorData> {
    let context = head.extensions.get::<Arc<Context>>().cloned();
    context.ok_or_else(|| ErrorData::internal_error("the endpoint has no guard", None))
}

fn answered(result: Result<CallToolResult, Problem>) -> Answer {
    Ok(result.unwrap_or_else(|problem| answer::problem(&problem)))
}
