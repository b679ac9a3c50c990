//! The colour theme, without JavaScript.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::{HeaderValue, Method, header};

use super::{form::OpenForm, local::local, redirect, takes_form};
use crate::{
    console::Shared,
    extract::Ctx,
    guard::Context,
    pages::{THEME_COOKIE, Theme},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

const A_YEAR: u32 = 365 * 24 * 60 * 60;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(
        takes_form(Route::page(
            Method::POST,
            "/theme",
            Plane::Public,
            "Set the colour theme",
        )),
        set,
    );
}

async fn set(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    form: OpenForm,
) -> Result<Response, Problem> {
    let home = context.urls.home();
    let mut response = redirect(local(&context.urls, form.text("next")).unwrap_or(&home))?;
    let theme = Theme::from_cookie(form.text("theme")).as_str();
    let cookie = kept(&shared, &context, THEME_COOKIE, theme)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// A cookie for what a visitor likes; `None` forgets it. Scripts of our pages set it, too, so it is not
/// HttpOnly.
pub(super) fn kept(
    shared: &Shared,
    context: &Context,
    name: &str,
    value: Option<&str>,
) -> Result<HeaderValue, Problem> {
    let path = context.urls.cookie_path();
    let age = if value.is_some() { A_YEAR } else { 0 };
    let secure = if shared.cookie.secure { "; Secure" } else { "" };
    let value = value.unwrap_or("");
    let text = format!("{name}={value}; Path={path}; Max-Age={age}; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).map_err(Problem::internal)
}
