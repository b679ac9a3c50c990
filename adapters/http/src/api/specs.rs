//! API descriptions: import by URL or upload, list, and their operations (DOCS-4, DOCS-5).

use std::sync::Arc;

use aforo_core::{ProductId, SpecId, domain::product::Product, kernel::egress};
use aforo_docs::{
    error::DocsError,
    service::{Imported, NewVersion, PublishWhen},
    spec::diagnostic::{Diagnostic, ImportError},
    store::ApiSpec,
};
use axum::extract::{Request, State};
use http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{self, Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    guard::Context,
    problem::{FieldProblem, Problem},
    route::{Plane, Route, RoutesBuilder},
};

/// The largest document that is read (E7), and some room for the form around it.
pub(super) const LIMIT: usize = 16 * 1024 * 1024;

/// A description to import by URL. To upload one, send `multipart/form-data` with the same fields, and a file
/// instead of `sourceUrl`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportInput {
    /// The product it describes.
    product_id: String,
    /// `OPENAPI_3`.
    spec_format: Option<String>,
    /// Where to fetch it.
    source_url: String,
    /// What to remember about this version: at most 500 characters.
    #[serde(default)]
    note: String,
    /// Whether readers see it at once; true if left out.
    publish: Option<bool>,
    /// False stores a version that breaks clients without publishing it; true if left out.
    allow_breaking: Option<bool>,
}

/// An imported description.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportedView {
    /// Its id.
    id: String,
    /// How many operations it has.
    operations: u32,
    /// The product it describes.
    product_id: String,
    /// Counts the versions of the product.
    number: u32,
    /// The document is byte for byte the newest version: none was added.
    unchanged: bool,
    /// Readers see it.
    published: bool,
    /// How many of its changes break clients of the version that readers saw before.
    breaking_changes: u32,
    /// The document's own title.
    title: String,
    /// The document's own version.
    version: String,
    /// An origin that it names and an administrator must approve before calls go there.
    proposed_origin: Option<String>,
    /// What readers will miss.
    warnings: Vec<FieldProblem>,
}

/// A stored description.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SpecView {
    /// Its id.
    id: String,
    /// The product it describes.
    product_id: String,
    /// Counts the versions of the product.
    number: u32,
    /// What its importer says about it; only for administrators.
    note: Option<String>,
    /// Who imported it; only for administrators.
    imported_by: Option<String>,
    /// `OPENAPI_3`.
    spec_format: String,
    /// The document's own title.
    title: String,
    /// The document's own version.
    version: String,
    /// How many operations it has.
    operations: u32,
    /// Where it was fetched from; only for administrators.
    source_url: Option<String>,
    /// When it was imported, RFC 3339.
    created_at: String,
}

/// One operation of a description.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperationLine {
    /// What to name in `playground/try`.
    operation_id: String,
    /// `GET`, `POST`…
    method: &'static str,
    /// The path template.
    path: String,
    /// One line.
    summary: String,
}

const LIST_PARAMETERS: &[(&str, &str)] = &[
    ("after", PAGE_PARAMETERS[0].1),
    ("limit", PAGE_PARAMETERS[1].1),
    ("productId", "Only versions of this product"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListQuery {
    #[serde(alias = "cursor")]
    after: Option<String>,
    limit: Option<u32>,
    product_id: Option<String>,
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/api-specs",
            "Import an API description, and publish it",
        )
        .admin()
        .takes::<ImportInput>()
        .takes_file(LIMIT + 64 * 1024)
        .gives::<ImportedView>(201),
        import,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/api-specs",
            "API descriptions, oldest first",
        )
        .query(LIST_PARAMETERS)
        .gives::<List<SpecView>>(200),
        list,
    );
    routes.add(
        api(Method::GET, "/api/v1/docs/api-specs/{id}", "One API description").gives::<SpecView>(200),
        find,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/api-specs/{id}/operations",
            "Its operations",
        )
        .gives::<List<OperationLine>>(200),
        operations,
    );
}

async fn import(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    request: Request,
) -> Result<(StatusCode, Json<ImportedView>), Problem> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let imported = if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let (fields, document) = extract::upload(request, &shared, LIMIT).await?;
        let field = |name: &str| fields.get(name).map(String::as_str);
        let product = product(field("productId").unwrap_or(""))?;
        format(field("specFormat"))?;
        let source = document.ok_or_else(|| Problem::invalid("/file", "Send the document as a file."))?;
        let flag = |name| match field(name) {
            None | Some("" | "true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(Problem::invalid(format!("/{name}"), "Send true or false.")),
        };
        let version = NewVersion {
            source,
            note: field("note").unwrap_or("").to_owned(),
            publish: when(flag("publish")?, flag("allowBreaking")?),
            ..NewVersion::default()
        };
        import_version(&shared, &context, product, version).await?
    } else {
        let Json(input) =
            <Json<ImportInput> as axum::extract::FromRequest<_>>::from_request(request, &shared).await?;
        let product = product(&input.product_id)?;
        format(input.spec_format.as_deref())?;
        // Nothing is fetched for a product that is not there.
        let found = shared
            .stores
            .core
            .read()
            .await?
            .products(context.tenant_scope())
            .find(product)
            .await?;
        found.ok_or_else(|| Problem::not_found("product"))?;
        let version = NewVersion {
            source: fetch(&shared, &input.source_url).await?,
            source_url: Some(input.source_url),
            note: input.note,
            publish: when(
                input.publish.unwrap_or(true),
                input.allow_breaking.unwrap_or(true),
            ),
            only_new: false,
        };
        import_version(&shared, &context, product, version).await?
    };
    let status = if imported.unchanged {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let view = ImportedView {
        id: imported.spec.id.to_string(),
        number: imported.spec.number,
        unchanged: imported.unchanged,
        published: imported.published,
        breaking_changes: imported.changes.map_or(0, |changes| changes.totals.breaking),
        operations: imported.spec.operations,
        product_id: imported.spec.product.to_string(),
        title: imported.spec.title,
        version: imported.spec.version,
        proposed_origin: imported.proposed.map(|u| u.origin),
        warnings: imported.warnings.iter().map(finding).collect(),
    };
    Ok((status, Json(view)))
}

fn when(publish: bool, allow_breaking: bool) -> PublishWhen {
    match (publish, allow_breaking) {
        (false, _) => PublishWhen::Never,
        (true, false) => PublishWhen::Compatible,
        (true, true) => PublishWhen::Always,
    }
}

/// Adds a version for the caller.
pub(crate) async fn import_version(
    shared: &Shared,
    context: &Context,
    product: ProductId,
    version: NewVersion,
) -> Result<Imported, Problem> {
    let (scope, actor) = (context.tenant_scope(), context.actor());
    Ok(shared
        .specs
        .import_version(scope, actor, product, version)
        .await?)
}

/// Fetches by the egress rules: no private address unless the operator allows it, redirects checked anew, at most 16 MiB (E5, E7).
pub(crate) async fn fetch(shared: &Shared, url: &str) -> Result<Vec<u8>, Problem> {
    let fetched = shared
        .egress
        .fetch(
            url,
            &shared.settings.private_upstreams,
            &egress::FetchLimits::default(),
        )
        .await;
    fetched.map(|document| document.body.to_vec()).map_err(|error| {
        let detail = format!(
            "The document cannot be fetched{}: {error}. Nothing was changed.",
            host_of(url)
        );
        let mut problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "source_unreachable",
            "Not fetched",
            detail.clone(),
        );
        problem.errors.push(FieldProblem {
            pointer: "/sourceUrl".to_owned(),
            detail,
            code: Some(error.code().to_owned()),
            line: None,
            column: None,
        });
        problem
    })
}

/// ` from example.com`, to name what was refused.
pub(crate) fn host_of(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    if host.is_empty() {
        String::new()
    } else {
        format!(" from {host}")
    }
}

fn product(text: &str) -> Result<ProductId, Problem> {
    text.parse().map_err(|_| Problem::not_found("product"))
}

fn format(text: Option<&str>) -> Result<(), Problem> {
    match text {
        None | Some("" | "OPENAPI_3") => Ok(()),
        Some(_) => Err(Problem::invalid("/specFormat", "The only format is OPENAPI_3.")),
    }
}

pub(super) fn finding(diagnostic: &Diagnostic) -> FieldProblem {
    FieldProblem {
        pointer: diagnostic.pointer.clone().unwrap_or_default(),
        detail: diagnostic.message.clone(),
        code: Some(diagnostic.code.to_owned()),
        line: diagnostic.line,
        column: diagnostic.column,
    }
}

impl From<&ImportError> for Problem {
    fn from(error: &ImportError) -> Self {
        let first = error
            .diagnostics()
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        let detail = format!("The document cannot be imported, and nothing was changed. First: {first}");
        let mut problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_document",
            "The document cannot be imported",
            detail,
        );
        problem.errors = error.diagnostics().iter().map(finding).collect();
        problem
    }
}

impl From<DocsError> for Problem {
    fn from(error: DocsError) -> Self {
        match error {
            DocsError::ProductNotFound(_) => Problem::not_found("product"),
            DocsError::SpecNotFound(_) => Problem::not_found("API description"),
            DocsError::Invalid { field, reason } => Problem::invalid(format!("/{field}"), reason),
            DocsError::Import(error) => Problem::from(&error),
            DocsError::PublishedChanged => Problem::conflict(
                "published_changed",
                "Another version was published in the meantime. Compare again, then publish.",
            ),
            DocsError::BreakingChanges(count) => Problem::conflict(
                "breaking_changes",
                format!(
                    "The version has {count} breaking changes. Look at them, then allow them to publish it."
                ),
            )
            .with("breakingChanges", count),
            DocsError::WatchNotFound(_) => Problem::not_found("watched address"),
            DocsError::Store(error) => error.into(),
            other => super::docs::guide_problem(other),
        }
    }
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<SpecView>>, Problem> {
    let (after, limit) = (query.after, query.limit);
    let page = PageQuery { after, limit }.read::<SpecId>()?;
    let of = query.product_id.as_deref().map(product).transpose()?;
    let admin = context.is_admin();
    let mut tx = shared.stores.docs.read().await?;
    let mut specs = tx.specs(context.tenant_scope());
    let found = if admin {
        specs.list(of, page).await?
    } else {
        specs.list_published(of, page).await?
    };
    Ok(Json(List::of(found, |spec| view(spec, admin))))
}

/// A version that the caller may know of, and its product: administrators know all, others those that were published.
pub(super) async fn known_version(
    shared: &Shared,
    context: &Context,
    id: SpecId,
) -> Result<(ApiSpec, Product), Problem> {
    let scope = context.tenant_scope();
    Ok(if context.is_admin() {
        shared.specs.version(scope, id).await?
    } else {
        shared.specs.version_for_readers(scope, id).await?
    })
}

async fn find(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
) -> Result<Json<SpecView>, Problem> {
    let (spec, _) = known_version(&shared, &context, id).await?;
    Ok(Json(view(spec, context.is_admin())))
}

async fn operations(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
) -> Result<Json<List<OperationLine>>, Problem> {
    known_version(&shared, &context, id).await?;
    let description = shared.specs.description(context.tenant_scope(), id).await?;
    let items = description.operations().iter().map(|operation| OperationLine {
        operation_id: operation.id.clone(),
        method: operation.method.as_str(),
        path: operation.path.clone(),
        summary: operation.summary.clone(),
    });
    Ok(Json(List {
        items: items.collect(),
        next: None,
    }))
}

/// The address may hold a token, so only administrators see it.
fn view(spec: ApiSpec, admin: bool) -> SpecView {
    SpecView {
        id: spec.id.to_string(),
        product_id: spec.product.to_string(),
        number: spec.number,
        note: Some(spec.note).filter(|_| admin),
        imported_by: Some(spec.imported_by).filter(|_| admin),
        spec_format: spec.format,
        title: spec.title,
        version: spec.version,
        operations: spec.operations,
        source_url: spec.source_url.filter(|_| admin),
        created_at: spec.created_at.to_rfc3339(),
    }
}
