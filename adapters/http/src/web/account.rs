//! Sign-up, sign-in and sign-out.

use std::sync::Arc;

use aforo_core::{
    Secret,
    domain::{
        account::{SignUp, SignedIn},
        user::Role,
    },
};
use axum::{extract::State, response::Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::{
    chrome, field_errors,
    form::{Form, OpenForm},
    local::after_sign_in,
    page, plain_chrome, redirect, takes_form,
};
use crate::{
    api,
    console::Shared,
    extract::{Ctx, Query},
    guard::{Caller, Context},
    pages::{self, Chrome, SignInView, SignUpView},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Said in the form; the accounts service judges.
const MINIMUM_PASSWORD: usize = 8;

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let public = |method, path, summary| takes_form(Route::page(method, path, Plane::Public, summary));
    routes.add(public(Method::GET, "/sign-up", "Sign-up form"), sign_up_form);
    routes.add(
        public(Method::POST, "/sign-up", "Make an account and sign in"),
        sign_up,
    );
    routes.add(public(Method::GET, "/sign-in", "Sign-in form"), sign_in_form);
    routes.add(public(Method::POST, "/sign-in", "Sign in"), sign_in);
    routes.add(
        public(Method::POST, "/sign-out", "End this session at once"),
        sign_out,
    );
}

/// A way past the forms: to the host's own sign-in, or onwards for people who are signed in.
fn elsewhere(shared: &Shared, context: &Context, next: Option<&str>) -> Option<Result<Response, Problem>> {
    if matches!(context.caller, Caller::Person(_)) {
        return Some(redirect(next.unwrap_or(&context.urls.keys())));
    }
    let host = shared.identity.as_ref()?;
    Some(match host.sign_in_url() {
        Some(url) => redirect(url),
        None => Err(Problem::forbidden(
            "host_sign_in",
            "This console takes the sign-in of the application it is part of. Sign in there, then come back.",
        )),
    })
}

async fn sign_up_form(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<Next>,
) -> Result<Response, Problem> {
    let next = after_sign_in(&context.urls, query.next.as_deref().unwrap_or(""));
    if let Some(way) = elsewhere(&shared, &context, next.as_deref()) {
        return way;
    }
    let view = SignUpView {
        next: next.unwrap_or_default(),
        minimum_password: MINIMUM_PASSWORD,
        ..SignUpView::default()
    };
    let mut chrome = chrome(&shared, &context).await?;
    chrome.here = context.urls.sign_up_then(&view.next);
    Ok(page(StatusCode::OK, pages::sign_up(&chrome, &view)))
}

async fn sign_up(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    form: OpenForm,
) -> Result<Response, Problem> {
    let next = after_sign_in(&context.urls, form.text("next"));
    let wanted = SignUp {
        email: form.text("email").to_owned(),
        password: Secret::new(form.text("password").to_owned()),
        name: form.text("name").to_owned(),
        role: Role::Developer,
    };
    let problem = match api::begin_sign_up(&shared, &context, wanted).await {
        Ok(signed_in) => return begin(&shared, &context, &signed_in, next),
        Err(problem) => problem,
    };
    let mut view = SignUpView {
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        next: next.unwrap_or_default(),
        minimum_password: MINIMUM_PASSWORD,
        errors: Vec::new(),
    };
    again(&shared, &context, problem, |mut chrome, problem| {
        chrome.here = context.urls.sign_up_then(&view.next);
        view.errors = field_errors(problem, field);
        pages::sign_up(&chrome, &view)
    })
}

async fn sign_in_form(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<Next>,
) -> Result<Response, Problem> {
    let next = after_sign_in(&context.urls, query.next.as_deref().unwrap_or(""));
    if let Some(way) = elsewhere(&shared, &context, next.as_deref()) {
        return way;
    }
    let view = SignInView {
        next: next.unwrap_or_default(),
        ..SignInView::default()
    };
    let mut chrome = chrome(&shared, &context).await?;
    chrome.here = context.urls.sign_in_then(&view.next);
    Ok(page(StatusCode::OK, pages::sign_in(&chrome, &view)))
}

async fn sign_in(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    form: OpenForm,
) -> Result<Response, Problem> {
    let next = after_sign_in(&context.urls, form.text("next"));
    let password = Secret::new(form.text("password").to_owned());
    let problem = match api::begin_sign_in(&shared, &context, form.text("email"), password).await {
        Ok(signed_in) => return begin(&shared, &context, &signed_in, next),
        Err(problem) => problem,
    };
    let mut view = SignInView {
        email: form.text("email").to_owned(),
        next: next.unwrap_or_default(),
        errors: Vec::new(),
    };
    again(&shared, &context, problem, |mut chrome, problem| {
        chrome.here = context.urls.sign_in_then(&view.next);
        view.errors = field_errors(problem, field);
        pages::sign_in(&chrome, &view)
    })
}

fn field(pointer: &str) -> &'static str {
    match pointer {
        "name" => "name",
        "email" => "email",
        "password" => "password",
        _ => "",
    }
}

/// The form once more with what is wrong; or the problem itself, where the form cannot help.
fn again(
    shared: &Shared,
    context: &Context,
    mut problem: Problem,
    form: impl FnOnce(Chrome, &Problem) -> maud::Markup,
) -> Result<Response, Problem> {
    let status = match problem.status {
        // For programs 401 asks for credentials; here a form was filled in wrongly.
        StatusCode::UNAUTHORIZED | StatusCode::UNPROCESSABLE_ENTITY => StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::TOO_MANY_REQUESTS => StatusCode::TOO_MANY_REQUESTS,
        _ => return Err(problem),
    };
    let wait = problem.retry_seconds();
    if let Some(seconds) = wait {
        problem.detail = format!("Too many attempts. Wait {seconds} seconds, then try again.");
    }
    // Whoever is still signed in here was not asked about: the page is that of somebody who signs in.
    let chrome = Chrome {
        viewer: None,
        ..plain_chrome(shared, context)
    };
    let mut response = page(status, form(chrome, &problem));
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

fn begin(
    shared: &Shared,
    context: &Context,
    signed_in: &SignedIn,
    next: Option<String>,
) -> Result<Response, Problem> {
    let mut response = redirect(&next.unwrap_or_else(|| context.urls.keys()))?;
    let cookie = shared
        .cookie
        .set(&signed_in.token, shared.settings.session_length.as_secs());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Public, so that signing out works after the session has ended by itself, too.
async fn sign_out(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    _: Form,
) -> Result<Response, Problem> {
    if let Caller::Person(person) = &context.caller {
        shared.accounts.sign_out(person).await?;
    }
    let mut response = redirect(&context.urls.home())?;
    response
        .headers_mut()
        .append(header::SET_COOKIE, shared.cookie.clear());
    Ok(response)
}
