//! Guides for authors: tree, editor, history, images and suggestions, all behind plain forms.

mod edit;
mod history;
mod images;
mod place;
mod read;
mod suggestions;

use http::Method;

pub(super) use self::suggestions::OPEN;

use crate::route::{Plane, Route, RoutesBuilder};

/// A form with a text of the largest size, each byte of it escaped, and some room for the fields around it.
const TEXT_LIMIT: usize = 3 * aforo_docs::guide::page::MAX_BODY + 64 * 1024;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    edit::routes(routes);
    place::routes(routes);
    history::routes(routes);
    images::routes(routes);
    suggestions::routes(routes);
}

/// A page of the operator console.
fn get(path: &'static str, summary: &'static str) -> Route {
    Route::page(Method::GET, path, Plane::Session, summary).admin()
}

/// A form of the operator console.
fn post(path: &'static str, summary: &'static str) -> Route {
    super::takes_form(Route::page(Method::POST, path, Plane::Session, summary).admin())
}
