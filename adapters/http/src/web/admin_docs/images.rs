//! Images for a page: chosen in a form, or pasted and dropped into the editor, which sends the same form.

use std::sync::Arc;

use aforo_core::PageId;
use aforo_docs::{error::DocsError, guide::image::MAX_IMAGE};
use axum::{
    extract::{Request, State},
    response::Response,
};
use http::StatusCode;

use super::{get, post};
use crate::{
    console::Shared,
    extract::{self, Ctx, Id},
    guard::Context,
    pages::{
        FieldError,
        admin::{self, ImageView},
    },
    problem::Problem,
    route::RoutesBuilder,
    web::{chrome, form::Fields, form::Form, page},
};

/// Room for the fields around the image.
const FORM: usize = 64 * 1024;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(get("/admin/docs/{page}/image", "Form for an image"), ask);
    routes.add(
        post("/admin/docs/{page}/image", "Add an image").body_limit(MAX_IMAGE + FORM),
        add,
    );
}

async fn ask(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
) -> Result<Response, Problem> {
    answer(&shared, &context, id, None, None).await
}

async fn add(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    request: Request,
) -> Result<Response, Problem> {
    let (fields, file) = match extract::upload(request, &shared, MAX_IMAGE).await {
        Ok(read) => read,
        Err(problem) if problem.status == StatusCode::PAYLOAD_TOO_LARGE => {
            let error = FieldError::new("file", "The image is larger than 5 MB. Choose a smaller one.");
            return answer(&shared, &context, id, None, Some(error)).await;
        }
        Err(problem) => return Err(problem),
    };
    Form::checked(Fields::of(fields), &context, &shared)?;
    let Some(file) = file.filter(|file| !file.is_empty()) else {
        let error = FieldError::new("file", "Choose an image.");
        return answer(&shared, &context, id, None, Some(error)).await;
    };
    let added = shared
        .guides
        .add_image(context.tenant_scope(), context.actor(), file)
        .await;
    match added {
        Ok(image) => {
            let markdown = format!("![]({})", image.id.reference());
            answer(&shared, &context, id, Some(markdown), None).await
        }
        Err(DocsError::Invalid { reason, .. }) => {
            answer(&shared, &context, id, None, Some(FieldError::new("file", reason))).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn answer(
    shared: &Shared,
    context: &Context,
    id: PageId,
    markdown: Option<String>,
    error: Option<FieldError>,
) -> Result<Response, Problem> {
    let (doc, _) = shared.guides.page(context.tenant_scope(), id).await?;
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let view = ImageView {
        id: id.to_string(),
        title: doc.title,
        markdown,
        errors: error.into_iter().collect(),
    };
    let chrome = chrome(shared, context).await?;
    Ok(page(status, admin::add_image(&chrome, &view)))
}
