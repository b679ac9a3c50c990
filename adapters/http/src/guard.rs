//! What happens before and after every handler: who is asking, may they, and what every answer carries.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use aforo_core::{
    TenantScope, UserId,
    domain::{account::AccountError, session::Principal, tenant::Tenant, token::TokenUse, user::Role},
    kernel::{
        audit::{Actor, hex},
        entropy,
    },
};
use aforo_vault::{
    key::{KeyOrigin, Permission},
    verify::{Presented, Purpose, Verified},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

use crate::{
    client_addr::client_addr,
    console::Shared,
    cookie, csrf,
    mount::{MountedAt, PeerAddr},
    pages::Urls,
    problem::Problem,
    public_origin::public_origin,
    route::{Kind, Plane, Route},
    web,
};

/// Who is asking.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Nobody,
    Person(Principal),
    Key(Verified),
}

/// What a handler knows of its request.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) tenant: Tenant,
    pub(crate) caller: Caller,
    pub(crate) client: Option<IpAddr>,
    pub(crate) urls: Urls,
    /// Scheme and authority as readers see them, such as `https://dev.acme.com`.
    pub(crate) origin: String,
    /// What CSRF tokens of this request's forms are bound to.
    pub(crate) csrf_bearer: String,
    /// How long finding out who is asking took.
    pub(crate) session_ms: f64,
    /// What pages need besides; empty for other routes.
    pub(crate) visit: web::Visit,
}

impl Context {
    /// The signed-in person. Routes of the session plane always have one.
    pub(crate) fn person(&self) -> Result<&Principal, Problem> {
        match &self.caller {
            Caller::Person(person) => Ok(person),
            _ => Err(Problem::unauthenticated()),
        }
    }
    /// Whether the caller is a signed-in administrator.
    pub(crate) fn is_admin(&self) -> bool {
        self.person().is_ok_and(|person| person.role == Role::Admin)
    }
    /// The whole tenant.
    pub(crate) fn tenant_scope(&self) -> TenantScope {
        TenantScope::tenant_wide(self.tenant.id)
    }
    /// Who is written to the audit log.
    pub(crate) fn actor(&self) -> Actor {
        match &self.caller {
            Caller::Person(person) => Actor::User(person.user),
            Caller::Key(key) => Actor::Key(key.key),
            Caller::Nobody => Actor::System,
        }
    }
    /// The absolute address of a path that [`Urls`] made.
    pub(crate) fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
    /// The person, for `created_by`.
    pub(crate) fn user(&self) -> Option<UserId> {
        match &self.caller {
            Caller::Person(person) => Some(person.user),
            _ => None,
        }
    }
}

/// The host name (and port) that a request is for: HTTP/2 says it in the URI, HTTP/1.1 in a header.
fn host_of(request: &Parts) -> Option<&str> {
    let uri = request
        .extensions
        .get::<MountedAt>()
        .map_or(&request.uri, |at| &at.full);
    let header = || request.headers.get(header::HOST)?.to_str().ok();
    uri.authority()
        .map(|authority| authority.as_str())
        .or_else(header)
}

/// The credentials that a request carries.
enum Credentials<'a> {
    None,
    /// A session token, ours or the host's, and whether a browser sent it by itself.
    Token {
        token: &'a str,
        from_cookie: bool,
    },
    /// An API key.
    Key(Presented),
}

/// Finds a request in the log; among the request's extensions.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Runs before the handler of one route.
pub(crate) async fn guard(
    State((shared, route)): State<(Arc<Shared>, Arc<Route>)>,
    request: Request,
    next: Next,
) -> Response {
    if route.plane == Plane::Open {
        let response = next.run(request).await;
        return finish(&shared, &route, None, response);
    }
    // A body cannot be shared between threads, so only the head is looked at.
    let (head, body) = request.into_parts();
    match admit(&shared, &route, &head).await {
        Ok(context) => {
            let mut request = Request::from_parts(head, body);
            request.extensions_mut().insert(Arc::new(context.clone()));
            let response = next.run(request).await;
            finish(&shared, &route, Some(&context), response)
        }
        Err((context, problem)) => finish(&shared, &route, context.as_deref(), problem.into_response()),
    }
}

type Refused = (Option<Box<Context>>, Problem);

async fn admit(shared: &Shared, route: &Route, request: &Parts) -> Result<Context, Refused> {
    let headers = &request.headers;
    let plain = |problem: Problem| (None, problem);
    let host = host_of(request);
    let tenant = shared.tenant(host).await.map_err(|e| plain(e.into()))?;
    let tenant = tenant.ok_or_else(|| plain(Problem::not_found("tenant")))?;
    let peer = request.extensions.get::<PeerAddr>().map(|peer| peer.0.ip());
    let prefix = request.extensions.get::<MountedAt>().map_or("", |at| &at.prefix);
    let mut context = Context {
        tenant,
        caller: Caller::Nobody,
        client: client_addr(peer, headers, &shared.settings.trusted_proxies),
        urls: Urls::new(prefix),
        origin: public_origin(&shared.settings, peer, headers, host),
        csrf_bearer: String::new(),
        session_ms: 0.0,
        visit: if route.kind == Kind::Page {
            web::Visit::of(request)
        } else {
            web::Visit::default()
        },
    };
    if route.plane == Plane::Machine {
        return Ok(context);
    }
    let refuse = |context: &Context, problem| (Some(Box::new(context.clone())), problem);
    let credentials = credentials(shared, headers, route.plane);
    let from_cookie = matches!(
        credentials,
        Credentials::Token {
            from_cookie: true,
            ..
        }
    );
    let began = Instant::now();
    let found = identify(shared, &context, route.plane, credentials).await;
    context.session_ms = began.elapsed().as_secs_f64() * 1000.0;
    match found {
        Ok((caller, bearer)) => {
            context.caller = caller;
            context.csrf_bearer = bearer;
        }
        // A stale cookie on a public page is no reason to refuse the page.
        Err(problem) if route.plane == Plane::Public && problem.status == StatusCode::UNAUTHORIZED => {}
        Err(problem) => return Err(refuse(&context, problem)),
    }
    // Forms for people who are not signed in change state, too: signing somebody in is a change. A page that
    // lures a browser to an agent's endpoint (DNS rebinding) says where it comes from.
    if (from_cookie || route.plane == Plane::Agent || matches!(context.caller, Caller::Nobody))
        && !csrf::same_origin(&request.method, headers, host_of(request))
    {
        let detail = "The request comes from another site. Send it from the console's own pages.";
        return Err(refuse(&context, Problem::forbidden("cross_site", detail)));
    }
    let allowed = match (&context.caller, route.plane) {
        (_, Plane::Open | Plane::Public | Plane::Machine | Plane::Agent) => Ok(()),
        (Caller::Nobody, _) => Err(Problem::unauthenticated()),
        (Caller::Person(person), _) if person.role < route.role => {
            let detail = format!("This needs the role {}.", Role::Admin);
            Err(Problem::forbidden("role_required", detail))
        }
        (Caller::Person(_), _) => Ok(()),
        (Caller::Key(key), Plane::SessionOrKey) if key.permissions.contains(&Permission::KeysWrite) => Ok(()),
        (Caller::Key(_), Plane::SessionOrKey) => {
            let detail = "The key lacks the permission keys:write. Use a session, or a key that has it.";
            Err(Problem::forbidden("permission_required", detail))
        }
        (Caller::Key(_), Plane::Session) => Err(Problem::unauthenticated()),
    };
    match allowed {
        Ok(()) => Ok(context),
        Err(problem) => Err(refuse(&context, problem)),
    }
}

/// A bearer wins over a cookie, which is then not looked at: what a program says on purpose counts more than
/// what a browser adds by itself.
fn credentials<'a>(shared: &Shared, headers: &'a HeaderMap, plane: Plane) -> Credentials<'a> {
    if let Some(value) = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()) {
        if let Some((scheme, token)) = value.split_once(' ') {
            let token = token.trim();
            if scheme.eq_ignore_ascii_case("bearer") && !token.starts_with("sk_") {
                return Credentials::Token {
                    token,
                    from_cookie: false,
                };
            }
        }
        if plane == Plane::SessionOrKey
            && let Some(presented) = presented_key(headers)
        {
            return Credentials::Key(presented);
        }
        // Something was presented that this plane does not take: not a reason to fall back to the cookie.
        return Credentials::Token {
            token: "",
            from_cookie: false,
        };
    }
    if plane == Plane::Agent {
        return Credentials::None;
    }
    let host_cookie = shared.identity.as_deref().and_then(|host| host.cookie_name());
    let names = [Some(shared.cookie.name()), host_cookie];
    match names
        .into_iter()
        .flatten()
        .find_map(|name| cookie::value(headers, name))
    {
        Some(token) => Credentials::Token {
            token,
            from_cookie: true,
        },
        None => Credentials::None,
    }
}

/// The API key in an `Authorization` header (bearer, or Basic with client id and secret), or in `X-API-Key`.
pub(crate) fn presented_key(headers: &HeaderMap) -> Option<Presented> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        let key = headers.get("x-api-key")?.to_str().ok()?;
        return Some(Presented::bearer(key));
    };
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Presented::bearer(rest));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        // A key as the user name without a password is a bearer key in other clothes.
        if secret.is_empty() && id.starts_with("sk_") {
            return Some(Presented::bearer(id));
        }
        return Some(Presented {
            client_id: Some(id.to_owned()),
            key: secret.to_owned().into(),
        });
    }
    None
}

async fn identify(
    shared: &Shared,
    context: &Context,
    plane: Plane,
    credentials: Credentials<'_>,
) -> Result<(Caller, String), Problem> {
    match credentials {
        Credentials::None => Ok((Caller::Nobody, String::new())),
        Credentials::Key(presented) => {
            let purpose = Purpose {
                tenant: Some(context.tenant.id),
                client: context.client,
                ..Purpose::default()
            };
            let verified = shared.vault.verify(&presented, purpose).await?;
            if verified.origin == KeyOrigin::Playground {
                return Err(aforo_vault::VerifyError::Unknown.into());
            }
            Ok((Caller::Key(verified), String::new()))
        }
        Credentials::Token { token, .. } if plane == Plane::Agent => {
            let tenant = context.tenant.id;
            let person = shared.accounts.authenticate_as(TokenUse::Agent, tenant, token);
            Ok((Caller::Person(person.await?), String::new()))
        }
        Credentials::Token { token, .. } => {
            let person = match (
                shared.accounts.authenticate(context.tenant.id, token).await,
                &shared.identity,
            ) {
                (Ok(person), _) => person,
                (Err(AccountError::Store(error)), _) => return Err(error.into()),
                (Err(error), None) => return Err(error.into()),
                (Err(_), Some(host)) => {
                    let who = host
                        .identify(token, shared.clock.now())
                        .await
                        .map_err(AccountError::from)?;
                    shared.accounts.host_principal(context.tenant.id, &who).await?
                }
            };
            let bearer = person
                .session
                .map_or_else(|| person.user.to_string(), |session| session.to_string());
            Ok((Caller::Person(person), bearer))
        }
    }
}

/// Shapes the answer of a route: pages show problems as pages, and every answer gets its headers.
fn finish(shared: &Shared, route: &Route, context: Option<&Context>, mut response: Response) -> Response {
    let problem = response.extensions().get::<Arc<Problem>>().cloned();
    if route.kind == Kind::Page
        && let (Some(problem), Some(context)) = (&problem, context)
    {
        response = web::problem_page(shared, context, problem, route.method == Method::GET);
    }
    if let (Some(problem), Kind::Page) = (&problem, route.kind)
        && problem.status == StatusCode::UNAUTHORIZED
    {
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
    }
    if route.kind != Kind::File {
        let no_store = HeaderValue::from_static("no-store");
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(no_store);
    }
    shared
        .metrics
        .answered(route.path, &route.method, response.status());
    response
}

/// What every answer of the console carries, also those of unknown paths; and the last catch for a panic.
pub(crate) async fn outermost(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = hex(&entropy::bytes::<8>(&*shared.entropy));
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", request.id = %id);
    let began = Instant::now();
    let run = AssertUnwindSafe(tracing::Instrument::instrument(next.run(request), span)).catch_unwind();
    let mut response = match run.await {
        Ok(response) => response,
        // The panic's message may quote input, so it goes nowhere but to the panic hook.
        Err(_) => Problem::internal("a handler panicked").into_response(),
    };
    shared.metrics.took(began.elapsed());
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    );
    // The strict policy of the pages; harmless on everything else, and the second wall if anything but a page
    // is ever rendered.
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Answers paths that no route has.
pub(crate) async fn unknown_path(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let is_page = request.method() == Method::GET
        && request
            .headers()
            .get(header::ACCEPT)
            .is_some_and(|a| a.to_str().is_ok_and(|a| a.contains("text/html")));
    let kind = if is_page { Kind::Page } else { Kind::Json };
    let route = Route::page(Method::GET, "unknown", Plane::Public, "");
    let route = Route { kind, ..route };
    let problem = Problem::not_found("page or operation").into_response();
    let (head, _) = request.into_parts();
    match admit(&shared, &route, &head).await {
        Ok(context) => finish(&shared, &route, Some(&context), problem),
        Err(_) => finish(&shared, &route, None, problem),
    }
}

/// Answers methods that a path does not have.
pub(crate) async fn wrong_method() -> Problem {
    let detail = "This address does not take that method. See the Allow header and /api/openapi.json.";
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed",
        detail,
    )
}
