//! The route table: every route says who may call it and what it takes and gives. Authorisation, CSRF
//! protection, body limits, the OpenAPI document and the tests that walk all routes read the same table; a
//! route without an entry cannot be added.

use std::sync::Arc;

use aforo_core::domain::user::Role;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    middleware,
    routing::{MethodFilter, on},
};
use http::Method;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{api, console::Shared, guard, web};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plane {
    /// Anybody, and nobody is looked up: answers while the database is away.
    Open,
    /// Anybody. A session is looked at if there is one.
    Public,
    /// A signed-in person: session cookie, or session token as bearer.
    Session,
    /// A signed-in person, or a program with an API key that has the permission `keys:write`.
    SessionOrKey,
    /// Anybody. A program that acts for a person presents an agent's token; cookies are not looked at.
    Agent,
    /// Programs that present an API key to be checked. Sessions are not looked at.
    Machine,
}

/// What a route answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON, and problem+json when refused.
    Json,
    /// An HTML page, and an error page when refused.
    Page,
    /// A file or plain text.
    File,
    /// Messages of another protocol: not part of the OpenAPI document.
    Protocol,
}

/// A named JSON schema, made when the OpenAPI document is.
pub(crate) type SchemaOf = fn() -> Vec<(String, RefOr<Schema>)>;

/// The schemas of `T`: its own first, then those it refers to.
pub(crate) fn schema<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    all
}

/// One entry of the table.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) plane: Plane,
    pub(crate) role: Role,
    pub(crate) kind: Kind,
    pub(crate) summary: &'static str,
    pub(crate) query: &'static [(&'static str, &'static str)],
    pub(crate) takes: Option<SchemaOf>,
    pub(crate) takes_file: bool,
    pub(crate) gives: Option<(u16, SchemaOf)>,
    pub(crate) body_limit: usize,
}

const JSON_LIMIT: usize = 2 * 1024 * 1024;

impl Route {
    fn new(method: Method, path: &'static str, plane: Plane, kind: Kind, summary: &'static str) -> Self {
        Self {
            method,
            path,
            plane,
            role: Role::Developer,
            kind,
            summary,
            query: &[],
            takes: None,
            takes_file: false,
            gives: None,
            body_limit: JSON_LIMIT,
        }
    }
    /// A route of the JSON API.
    pub(crate) fn api(method: Method, path: &'static str, plane: Plane, summary: &'static str) -> Self {
        Self::new(method, path, plane, Kind::Json, summary)
    }
    /// A page or a form of it.
    pub(crate) fn page(method: Method, path: &'static str, plane: Plane, summary: &'static str) -> Self {
        Self::new(method, path, plane, Kind::Page, summary)
    }
    /// A file or plain text.
    pub(crate) fn file(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, Plane::Public, Kind::File, summary)
    }
    /// Needs neither tenant nor session, nor the database.
    pub(crate) fn open(mut self) -> Self {
        self.plane = Plane::Open;
        self
    }
    /// Takes a body of at most this many bytes.
    pub(crate) fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
    /// Administrators only.
    pub(crate) fn admin(mut self) -> Self {
        self.role = Role::Admin;
        self
    }
    /// Its query parameters, with what they mean.
    pub(crate) fn query(mut self, parameters: &'static [(&'static str, &'static str)]) -> Self {
        self.query = parameters;
        self
    }
    /// Takes a JSON body.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        self.takes = Some(schema::<T>);
        self
    }
    /// Takes a file in `multipart/form-data`, too.
    pub(crate) fn takes_file(mut self, limit: usize) -> Self {
        self.takes_file = true;
        self.body_limit = limit;
        self
    }
    /// Answers with this status and JSON body.
    pub(crate) fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.gives = Some((status, schema::<T>));
        self
    }
}

/// The router and its table, grown together.
pub(crate) struct Routes {
    pub(crate) router: Router,
    pub(crate) table: Vec<Arc<Route>>,
}

/// Collects routes.
pub(crate) struct RoutesBuilder {
    shared: Arc<Shared>,
    router: Router<Arc<Shared>>,
    table: Vec<Arc<Route>>,
}

impl RoutesBuilder {
    /// Adds a route.
    pub(crate) fn add<H, T>(&mut self, route: Route, handler: H)
    where
        H: Handler<T, Arc<Shared>>,
        T: 'static,
    {
        let route = Arc::new(route);
        let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
        let guarded = on(filter, handler)
            .layer(DefaultBodyLimit::max(route.body_limit))
            .layer(middleware::from_fn_with_state(
                (self.shared.clone(), route.clone()),
                guard::guard,
            ));
        self.router = std::mem::take(&mut self.router).route(route.path, guarded);
        self.table.push(route);
    }
}

impl Routes {
    /// Every route of the console.
    pub(crate) fn all(shared: Arc<Shared>) -> Self {
        let mut routes = RoutesBuilder {
            shared: shared.clone(),
            router: Router::new(),
            table: Vec::new(),
        };
        api::routes(&mut routes);
        web::routes(&mut routes);
        #[cfg(feature = "mcp")]
        crate::mcp::routes(&mut routes);
        let router = routes
            .router
            .fallback(guard::unknown_path)
            .method_not_allowed_fallback(guard::wrong_method)
            .layer(middleware::from_fn_with_state(shared.clone(), guard::outermost))
            .with_state(shared);
        Self {
            router,
            table: routes.table,
        }
    }
}
