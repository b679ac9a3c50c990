//! Files for the browser.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, header};

use crate::{
    assets,
    problem::Problem,
    route::{Route, RoutesBuilder},
};

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(
        Route::file("/assets/{hash}/{file}", "Styles, modules, icons and the font").open(),
        file,
    );
}

/// The folder's name changes with its contents, so a file may be kept for ever; under any other name there is
/// none, lest an old page gets new files or keeps a wrong one.
async fn file(path: Result<Path<(String, String)>, axum::extract::rejection::PathRejection>) -> Response {
    let found = path.ok().filter(|Path((hash, _))| hash == assets::hash());
    match found.and_then(|Path((_, name))| assets::find(&name)) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, assets::CACHE_CONTROL),
            ];
            (headers, Bytes::from_static(asset.bytes)).into_response()
        }
        None => {
            let mut response = Problem::not_found("file").into_response();
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
    }
}
