//! The pages' routes: they fill view structs from the services and call [`crate::pages`].
//!
//! Every page works without JavaScript: forms are posted as they are, and answered with a redirect, with the
//! same form and its errors, or with a page that shows the result.

mod account;
mod admin;
mod admin_docs;
mod admin_specs;
mod agents;
mod assets;
mod catalog;
mod changelog;
mod docs;
mod form;
mod home;
mod keys;
mod local;
mod machine;
mod playground;
mod reference;
mod search;
mod subscriptions;
mod theme;

#[cfg(feature = "mcp")]
pub(crate) use self::{catalog::Catalog, docs::titled};

use aforo_core::domain::user::Role;
use aforo_docs::sample::{KEY_VARIABLE, Language};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header, request::Parts};
use maud::Markup;

use crate::{
    api::LIVE_COOKIE,
    console::Shared,
    cookie,
    guard::{Caller, Context, RequestId},
    mount::MountedAt,
    pages::{
        self, Brand, Chrome, Fault, FieldError, LANGUAGE_COOKIE, ProblemView, THEME_COOKIE, Theme, Viewer,
    },
    problem::Problem,
    route::{Route, RoutesBuilder},
};

/// Forms are small; those of the playground carry a body.
const FORM_LIMIT: usize = 64 * 1024;

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    home::routes(routes);
    account::routes(routes);
    agents::routes(routes);
    admin::routes(routes);
    admin_docs::routes(routes);
    admin_specs::routes(routes);
    changelog::routes(routes);
    theme::routes(routes);
    keys::routes(routes);
    subscriptions::routes(routes);
    reference::routes(routes);
    search::routes(routes);
    docs::routes(routes);
    machine::routes(routes);
    playground::routes(routes);
    assets::routes(routes);
}

/// A route that takes a form.
fn takes_form(route: Route) -> Route {
    Route {
        body_limit: FORM_LIMIT,
        ..route
    }
}

/// What pages need to know of a request besides who is asking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visit {
    here: String,
    theme: Theme,
    language: String,
    request_id: Option<String>,
    /// The environment that the playground was last used with.
    environment: Option<pages::Environment>,
    /// What says that calls may go to Live without asking; see [`crate::api::live_mark`].
    live: String,
}

impl Visit {
    pub(crate) fn of(request: &Parts) -> Self {
        let (headers, extensions) = (&request.headers, &request.extensions);
        let uri = extensions.get::<MountedAt>().map_or(&request.uri, |at| &at.full);
        let language = cookie::value(headers, LANGUAGE_COOKIE).and_then(Language::parse);
        Self {
            here: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            theme: cookie::value(headers, THEME_COOKIE)
                .map(Theme::from_cookie)
                .unwrap_or_default(),
            language: language
                .map(|language| language.id().to_owned())
                .unwrap_or_default(),
            request_id: extensions.get::<RequestId>().map(|id| id.0.clone()),
            environment: cookie::value(headers, pages::ENVIRONMENT_COOKIE)
                .and_then(pages::Environment::parse),
            live: cookie::value(headers, LIVE_COOKIE).unwrap_or_default().to_owned(),
        }
    }
}

/// What every page has around its content.
async fn chrome(shared: &Shared, context: &Context) -> Result<Chrome, Problem> {
    let mut chrome = plain_chrome(shared, context);
    if let (Caller::Person(person), Some(viewer)) = (&context.caller, &mut chrome.viewer) {
        let mut tx = shared.stores.core.read().await?;
        let user = tx.users(context.tenant_scope()).find(person.user).await?;
        viewer.email = user.and_then(|user| user.email).unwrap_or_default();
    }
    Ok(chrome)
}

/// The same from what is known already: for pages that say that the storage does not answer.
fn plain_chrome(shared: &Shared, context: &Context) -> Chrome {
    let viewer = match &context.caller {
        Caller::Person(person) => Some(Viewer {
            name: person.name.clone(),
            email: String::new(),
            operator: person.role == Role::Admin,
        }),
        _ => None,
    };
    Chrome {
        brand: Brand {
            name: context.tenant.name.clone(),
            tag: "Developers".to_owned(),
            tagline: "Read the reference, get a key, and send your first call from this page.".to_owned(),
            key_variable: KEY_VARIABLE.to_owned(),
        },
        urls: context.urls.clone(),
        theme: context.visit.theme,
        csrf: shared.csrf.token(&context.csrf_bearer),
        viewer,
        language: context.visit.language.clone(),
        here: context.visit.here.clone(),
        now: shared.clock.now(),
        notice: None,
    }
}

/// A page.
fn page(status: StatusCode, markup: Markup) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], markup.into_string()).into_response()
}

/// Leads on with GET. `to` comes from [`pages::Urls`] or was checked by [`local`].
fn redirect(to: &str) -> Result<Response, Problem> {
    let to = HeaderValue::from_str(to).map_err(Problem::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// What was wrong, by the field names of a form. `field` translates the first segment of a pointer; what it
/// does not know belongs to the whole form.
fn field_errors(problem: &Problem, field: impl Fn(&str) -> &'static str) -> Vec<FieldError> {
    if problem.errors.is_empty() {
        return vec![FieldError::new("", &problem.detail)];
    }
    let error = |e: &crate::problem::FieldProblem| {
        let first = e.pointer.trim_start_matches('/').split('/').next().unwrap_or("");
        FieldError::new(field(first), &e.detail)
    };
    problem.errors.iter().map(error).collect()
}

/// A problem as a page. People who are not signed in are led to the sign-in first.
pub(crate) fn problem_page(shared: &Shared, context: &Context, problem: &Problem, is_get: bool) -> Response {
    let chrome = plain_chrome(shared, context);
    if problem.status == StatusCode::UNAUTHORIZED && is_get {
        let to = match &shared.identity {
            None => Some(chrome.urls.sign_in_then(&chrome.here)),
            Some(host) => host.sign_in_url().map(str::to_owned),
        };
        if let Some(Ok(response)) = to.map(|to| redirect(&to)) {
            return response;
        }
    }
    let view = problem_view(context, problem);
    let mut response = page(problem.status, pages::problem(&chrome, &view));
    if let Some(seconds) = view.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn problem_view(context: &Context, problem: &Problem) -> ProblemView {
    let fault = match problem.extra.get("fault").and_then(|fault| fault.as_str()) {
        Some("upstream") => Fault::Upstream,
        Some("request" | "caller" | "session") => Fault::Request,
        Some(_) => Fault::Console,
        None if problem.status.is_server_error() => Fault::Console,
        None => Fault::Request,
    };
    ProblemView {
        status: problem.status.as_u16(),
        title: problem.title.to_owned(),
        detail: problem.detail.clone(),
        code: problem.code.to_owned(),
        fault,
        request_id: context.visit.request_id.clone(),
        retry_after: problem.retry_seconds(),
    }
}
