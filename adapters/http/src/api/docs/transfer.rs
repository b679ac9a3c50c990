//! Images, and the guides as files.

use std::sync::Arc;

use aforo_docs::guide::{
    image::{DocImage, ImageId, MAX_IMAGE},
    transfer::{ImportOptions, archive},
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::finding;
use crate::{
    console::Shared,
    extract::{self, Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    problem::{FieldProblem, Problem},
    route::{Plane, Route, RoutesBuilder},
};

/// Room for the form around a file.
const FORM: usize = 64 * 1024;

/// An image of the guides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImageView {
    /// The SHA-256 of its content.
    id: String,
    /// How a page refers to it: `/docs/images/…`.
    reference: String,
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    media_type: &'static str,
    /// Pixels across.
    width: u32,
    /// Pixels down.
    height: u32,
    /// Bytes.
    bytes: u32,
}

/// What an import did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportView {
    /// Pages that were not there before.
    created: usize,
    /// Pages that have a new version.
    updated: usize,
    /// Pages that were as their files say.
    unchanged: usize,
    /// Images that the pages refer to.
    images: usize,
    /// What was left out, and links that lead nowhere.
    warnings: Vec<FieldProblem>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary).admin();
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/images",
            "Add an image: PNG, JPEG, GIF or WebP, at most 5 MiB",
        )
        .takes_file(MAX_IMAGE + FORM)
        .gives::<ImageView>(201),
        add_image,
    );
    routes.add(
        api(Method::GET, "/api/v1/docs/images", "All images")
            .query(PAGE_PARAMETERS)
            .gives::<List<ImageView>>(200),
        list_images,
    );
    routes.add(Route::file("/docs/images/{id}", "An image of the guides"), image);
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/export",
            "All pages and their images as Markdown files in a .zip archive",
        ),
        export,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/import",
            "Make pages of the Markdown files of a .zip archive",
        )
        .takes_file(archive::MAX_ARCHIVE + FORM)
        .gives::<ImportView>(200),
        import,
    );
}

async fn add_image(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    request: Request,
) -> Result<(StatusCode, Json<ImageView>), Problem> {
    let (_, file) = extract::upload(request, &shared, MAX_IMAGE).await?;
    let file = file.ok_or_else(|| Problem::invalid("/file", "Send the image as a file."))?;
    let image = shared
        .guides
        .add_image(context.tenant_scope(), context.actor(), file)
        .await?;
    Ok((StatusCode::CREATED, Json(ImageView::of(image))))
}

async fn list_images(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ImageView>>, Problem> {
    let found = shared
        .guides
        .images(context.tenant_scope(), query.read::<ImageId>()?)
        .await?;
    Ok(Json(List::of(found, ImageView::of)))
}

/// An image never changes under its name. It was written by us, and is shown as what it is or not at all.
async fn image(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ImageId>,
) -> Result<Response, Problem> {
    let found = shared.guides.image(context.tenant_scope(), id).await?;
    let (image, data) = found.ok_or_else(|| Problem::not_found("image"))?;
    let headers = [
        (header::CONTENT_TYPE, image.media_type.as_str()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, data).into_response())
}

async fn export(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let files = shared.guides.export(context.tenant_scope()).await?;
    let packed = tokio::task::spawn_blocking(move || archive::pack(&files)).await;
    let packed = packed.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"guides.zip\""),
        ),
    ];
    Ok((headers, packed).into_response())
}

async fn import(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    request: Request,
) -> Result<Json<ImportView>, Problem> {
    let (_, file) = extract::upload(request, &shared, archive::MAX_ARCHIVE).await?;
    let file = file.ok_or_else(|| Problem::invalid("/file", "Send the archive as a file."))?;
    let files = tokio::task::spawn_blocking(move || archive::unpack(&file)).await;
    let files = files.map_err(Problem::internal)?;
    let files = files.map_err(|problems| aforo_docs::error::DocsError::ImportRefused { problems })?;
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let report = shared
        .guides
        .import(scope, actor, files, ImportOptions::default())
        .await?;
    Ok(Json(ImportView {
        created: report.created,
        updated: report.updated,
        unchanged: report.unchanged,
        images: report.images,
        warnings: report.warnings.iter().map(finding).collect(),
    }))
}

impl ImageView {
    fn of(image: DocImage) -> Self {
        Self {
            id: image.id.to_string(),
            reference: image.id.reference(),
            media_type: image.media_type.as_str(),
            width: image.width,
            height: image.height,
            bytes: image.bytes,
        }
    }
}
