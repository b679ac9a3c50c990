//! Sign-up, sign-in, sign-out, and who I am.

use std::sync::Arc;

use aforo_core::PageRequest;
use aforo_core::{
    Secret, TenantScope,
    domain::{
        account::{SignUp, SignedIn, close_account_in},
        subscription::SubscriptionFilter,
        user::Role,
    },
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Json},
    guard::Context,
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// What a new account needs.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignUpInput {
    /// Address, unique in the tenant.
    email: String,
    /// At least 8 characters.
    password: String,
    /// What to call you.
    name: String,
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignInInput {
    /// Address.
    email: String,
    /// Password.
    password: String,
}

/// A session. The same token is set as an HttpOnly cookie.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    /// Send it as `Authorization: Bearer …`.
    token: String,
    /// When it ends, RFC 3339.
    expires_at: String,
    /// Who signed in.
    user: UserView,
}

/// A signed-in person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserView {
    /// Their id.
    id: String,
    /// The account that owns their keys and subscriptions.
    customer_id: String,
    /// The tenant.
    tenant_id: String,
    /// What to call them.
    name: String,
    /// `developer` or `admin`.
    role: String,
}

impl UserView {
    fn of(person: &aforo_core::domain::session::Principal) -> Self {
        Self {
            id: person.user.to_string(),
            customer_id: person.customer.to_string(),
            tenant_id: person.tenant.to_string(),
            name: person.name.clone(),
            role: person.role.to_string(),
        }
    }
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |path, summary| Route::api(Method::POST, path, Plane::Public, summary);
    routes.add(
        api("/api/v1/auth/sign-up", "Make an account and sign in")
            .takes::<SignUpInput>()
            .gives::<SessionView>(201),
        sign_up,
    );
    routes.add(
        api("/api/v1/auth/sign-in", "Sign in")
            .takes::<SignInInput>()
            .gives::<SessionView>(200),
        sign_in,
    );
    let session = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        session(Method::POST, "/api/v1/auth/sign-out", "End this session at once"),
        sign_out,
    );
    routes.add(
        session(Method::GET, "/api/v1/account", "Who is signed in").gives::<UserView>(200),
        me,
    );
    routes.add(
        session(
            Method::DELETE,
            "/api/v1/account",
            "Close the account: its keys die, its audit trail stays",
        ),
        close,
    );
}

async fn sign_up(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<SignUpInput>,
) -> Result<Response, Problem> {
    let form = SignUp {
        email: input.email,
        password: Secret::new(input.password),
        name: input.name,
        role: Role::Developer,
    };
    let signed_in = begin_sign_up(&shared, &context, form).await?;
    Ok((
        StatusCode::CREATED,
        session_response(&shared, &context, signed_in),
    )
        .into_response())
}

async fn sign_in(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<SignInInput>,
) -> Result<Response, Problem> {
    let password = Secret::new(input.password);
    let signed_in = begin_sign_in(&shared, &context, &input.email, password).await?;
    Ok(session_response(&shared, &context, signed_in))
}

/// Signs up, unless the host does that itself.
pub(crate) async fn begin_sign_up(
    shared: &Shared,
    context: &Context,
    form: SignUp,
) -> Result<SignedIn, Problem> {
    local_accounts(shared)?;
    Ok(shared
        .accounts
        .sign_up(context.tenant.id, form, context.client)
        .await?)
}

/// Signs in, unless the host does that itself.
pub(crate) async fn begin_sign_in(
    shared: &Shared,
    context: &Context,
    email: &str,
    password: Secret<String>,
) -> Result<SignedIn, Problem> {
    local_accounts(shared)?;
    Ok(shared
        .accounts
        .sign_in(context.tenant.id, email, password, context.client)
        .await?)
}

fn local_accounts(shared: &Shared) -> Result<(), Problem> {
    match &shared.identity {
        None => Ok(()),
        Some(host) => {
            let detail = "This console takes the sign-in of the application it is part of. Sign in there.";
            let problem = Problem::forbidden("host_sign_in", detail);
            Err(match host.sign_in_url() {
                Some(url) => problem.with("signInUrl", url),
                None => problem,
            })
        }
    }
}

fn session_response(shared: &Shared, _: &Context, signed_in: SignedIn) -> Response {
    let cookie = shared
        .cookie
        .set(&signed_in.token, shared.settings.session_length.as_secs());
    let view = SessionView {
        token: signed_in.token,
        expires_at: signed_in.expires_at.to_rfc3339(),
        user: UserView::of(&signed_in.principal),
    };
    ([(header::SET_COOKIE, cookie)], Json(view)).into_response()
}

async fn sign_out(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    shared.accounts.sign_out(context.person()?).await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, shared.cookie.clear())],
    )
        .into_response())
}

async fn me(Ctx(context): Ctx) -> Result<Json<UserView>, Problem> {
    Ok(Json(UserView::of(context.person()?)))
}

/// Cancels the account's subscriptions with their keys and wipes the person, in one transaction.
async fn close(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let person = context.person()?;
    let (own, actor, now) = (person.own_scope(), context.actor(), shared.clock.now());
    let mut tx = shared.stores.console.begin().await?;
    let filter = SubscriptionFilter {
        active_only: true,
        ..SubscriptionFilter::default()
    };
    // All subscriptions first and in order, then keys: the one order of locks.
    let (mut active, mut after) = (Vec::new(), None);
    loop {
        let page = tx
            .subscriptions(own)
            .list(filter, PageRequest { after, limit: 100 })
            .await?;
        active.extend(page.items.iter().map(|s| s.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for id in &active {
        tx.subscriptions(own).lock(*id).await?;
    }
    for id in active {
        shared
            .vault
            .cancel_subscription_in(&mut *tx, own, actor, id)
            .await?;
    }
    let scope = TenantScope::tenant_wide(person.tenant);
    close_account_in(&mut *tx, scope, person.user, actor, now, &*shared.entropy).await?;
    tx.commit().await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, shared.cookie.clear())],
    )
        .into_response())
}
