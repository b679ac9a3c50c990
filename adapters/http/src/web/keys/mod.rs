//! Keys: list, detail, rotate and revoke; making one is in [`new`].

mod new;

use std::sync::Arc;

use aforo_core::{KeyId, PageRequest, domain::user::Role};
use aforo_docs::{request::example_inputs, sample::Language};
use aforo_vault::{
    CreatedKey,
    key::{ApiKey, CredentialFormat, KeyStatus, ROTATION_GRACE},
    store::KeyFilter,
};
use axum::{extract::State, response::Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::{
    catalog::{Catalog, Scopes, active_subscriptions, environment, row},
    chrome,
    form::Form,
    page, redirect, takes_form,
};
use crate::{
    api,
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::Context,
    pages::{
        self, FieldError, GraceNote, KeyDetailView, KeyEvent, KeyRow, KeysView, RevealView, RevealedSecret,
        RevokeView,
    },
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// Keys on one page of the list.
const PAGE: u32 = 100;

#[derive(Deserialize)]
struct ListQuery {
    after: Option<String>,
    done: Option<String>,
}

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let session = |method, path, summary| takes_form(Route::page(method, path, Plane::Session, summary));
    routes.add(session(Method::GET, "/keys", "List of keys"), list);
    routes.add(session(Method::GET, "/keys/new", "Form for a new key"), new::form);
    routes.add(
        session(Method::POST, "/keys/new", "Make a key, and show it once"),
        new::create,
    );
    routes.add(session(Method::GET, "/keys/{id}", "One key"), detail);
    routes.add(
        session(Method::GET, "/keys/{id}/rotate", "Leads to the key"),
        back_to_key,
    );
    routes.add(
        session(
            Method::POST,
            "/keys/{id}/rotate",
            "Replace a key, and show its successor once",
        ),
        rotate,
    );
    routes.add(
        session(Method::GET, "/keys/{id}/revoke", "Ask before revoking"),
        ask_revoke,
    );
    routes.add(
        session(Method::POST, "/keys/{id}/revoke", "Revoke a key at once"),
        revoke,
    );
}

/// The keys of the account; of the whole tenant for administrators. Pages follow the age of keys, as the store
/// does; on each page working keys come first, newest first.
async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let person = context.person()?;
    let scope = person.scope();
    let after = match query.after.as_deref() {
        None | Some("") => None,
        Some(text) => Some(text.parse::<KeyId>()?),
    };
    let found = shared
        .vault
        .list(scope, KeyFilter::default(), PageRequest { after, limit: PAGE })
        .await?;
    let now = shared.clock.now();
    let mut tx = shared.stores.console.read().await?;
    let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
    let mut scopes = Scopes::new(&catalog);
    let mut keys = Vec::with_capacity(found.items.len());
    for key in &found.items {
        let label = scopes.of(&mut *tx, scope, key).await?;
        let successor = key
            .successor
            .and_then(|id| found.items.iter().find(|other| other.id == id));
        keys.push((key.status(now).is_live(), key.id, row(key, label, successor, now)));
    }
    keys.sort_by_key(|(live, id, _)| std::cmp::Reverse((*live, *id)));
    let can_create = person.role == Role::Admin
        || !active_subscriptions(&mut *tx, person.own_scope())
            .await?
            .is_empty();
    drop(tx);
    let view = KeysView {
        keys: keys.into_iter().map(|(.., row)| row).collect(),
        next_page: found.next.map(|id| format!("after={id}")),
        can_create,
    };
    let mut chrome = chrome(&shared, &context).await?;
    if query.done.as_deref() == Some("revoked") {
        chrome.notice = Some("Key revoked. It is refused from now on.".to_owned());
        chrome.here = context.urls.keys(); // the notice is not to be seen again
    }
    Ok(page(StatusCode::OK, pages::keys(&chrome, &view)))
}

async fn detail(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
) -> Result<Response, Problem> {
    let scope = context.person()?.scope();
    let key = shared.vault.find(scope, id).await?;
    let successor = match key.successor {
        Some(id) => shared.vault.find(scope, id).await.ok(),
        None => None,
    };
    let now = shared.clock.now();
    let mut tx = shared.stores.console.read().await?;
    let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
    let label = Scopes::new(&catalog).of(&mut *tx, scope, &key).await?;
    let creator = match key.created_by {
        Some(id) => tx
            .users(context.tenant_scope())
            .find(id)
            .await?
            .map(|user| user.name),
        None => None,
    };
    let mut covered = key.products.clone();
    if covered.is_empty() {
        let bindings = tx.keys(scope).bindings(key.id).await?;
        for id in bindings {
            covered.extend(
                tx.subscriptions(scope)
                    .find(id)
                    .await?
                    .into_iter()
                    .flat_map(|s| s.products),
            );
        }
    }
    drop(tx);
    let first_call = match (key.last_used_at, key.format, key.status(now).is_live()) {
        (None, CredentialFormat::Bearer, true) => first_call(&shared, &context, &catalog, &covered).await,
        _ => None,
    };
    let view = KeyDetailView {
        subscription: label.clone(),
        products: catalog.names(&key.products),
        ip_ranges: key.ip_ranges.iter().map(ToString::to_string).collect(),
        rate_limit: key.rate_limit,
        expires: key.expires_at,
        events: events(&key, successor.as_ref(), creator.as_deref(), now),
        first_call,
        key: row(&key, label, successor.as_ref(), now),
    };
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, pages::key_detail(&chrome, &view)))
}

/// What the key itself tells of its life, newest first.
fn events(
    key: &ApiKey,
    successor: Option<&ApiKey>,
    creator: Option<&str>,
    now: aforo_core::Timestamp,
) -> Vec<KeyEvent> {
    let by = match creator {
        Some("") => " by a closed account".to_owned(),
        Some(name) => format!(" by {name}"),
        None => String::new(),
    };
    let how = if key.lineage == key.id {
        "Created"
    } else {
        "Made by rotation"
    };
    let mut events = vec![KeyEvent {
        at: key.created_at,
        text: format!("{how}{by}"),
    }];
    let mut add = |at, text: String| events.push(KeyEvent { at, text });
    if let Some(successor) = successor {
        add(
            successor.created_at,
            format!("Rotated: replaced by {}", successor.display_hint()),
        );
    }
    match (key.revoked_at, key.grace_until, key.expires_at) {
        (Some(at), ..) => add(at, "Revoked".to_owned()),
        (None, Some(at), _) if at <= now => {
            add(
                at,
                format!("Stopped {} s after its rotation", ROTATION_GRACE.as_secs()),
            );
        }
        (None, _, Some(at)) if at <= now => add(at, "Expired".to_owned()),
        _ => {}
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events
}

/// A call that the key can make: an operation without side effects, if its product describes one. No reason to
/// refuse the page if there is none.
async fn first_call(
    shared: &Shared,
    context: &Context,
    catalog: &Catalog,
    covered: &[aforo_core::ProductId],
) -> Option<String> {
    let product = covered
        .iter()
        .filter_map(|id| catalog.find(*id))
        .find(|p| p.published_spec.is_some())?;
    let description = shared
        .specs
        .description(context.tenant_scope(), product.published_spec?)
        .await
        .ok()?;
    let safe = description
        .operations()
        .iter()
        .filter(|o| o.method.is_safe() && !o.deprecated);
    // The fewest variables are the likeliest to work at once.
    let mut candidates: Vec<_> = safe.collect();
    candidates.sort_by_key(|operation| operation.path.matches('{').count());
    candidates.iter().take(5).find_map(|summary| {
        let operation = description.operation(&summary.id)?;
        let samples =
            api::samples_of(&operation, &example_inputs(&operation), product.upstream.as_ref()).ok()?;
        samples
            .into_iter()
            .find(|sample| sample.language == Language::Curl.id())
            .map(|sample| sample.code)
    })
}

/// Where reloading the page of a rotated key by its address leads.
async fn back_to_key(Ctx(context): Ctx, Id(id): Id<KeyId>) -> Result<Response, Problem> {
    redirect(&context.urls.key(&id.to_string()))
}

async fn rotate(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
    _: Form,
) -> Result<Response, Problem> {
    let scope = context.person()?.scope();
    let rotated = shared.vault.rotate(scope, context.actor(), id).await?;
    let until = match rotated.predecessor.status(shared.clock.now()) {
        KeyStatus::Grace { until } => Some(until),
        _ => None,
    };
    let grace = until.map(|until| GraceNote {
        old_name: old_name(&rotated.predecessor),
        until,
    });
    reveal(&shared, &context, rotated.created, grace).await
}

/// Both keys of a rotation have the same name: the hint tells them apart.
fn old_name(key: &ApiKey) -> String {
    format!("{} ({})", key.name, key.display_hint())
}

/// The one page that shows a key. It is the direct answer to the form: there is no address at which it could
/// be seen again.
async fn reveal(
    shared: &Shared,
    context: &Context,
    made: CreatedKey,
    grace: Option<GraceNote>,
) -> Result<Response, Problem> {
    let scope = context.person()?.scope();
    let label = {
        let mut tx = shared.stores.console.read().await?;
        let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
        Scopes::new(&catalog).of(&mut *tx, scope, &made.key).await?
    };
    let mut chrome = chrome(shared, context).await?;
    // Nothing on the page leads back to the form that made the key.
    chrome.here = context.urls.keys();
    let secret = made.secret.expose().clone();
    let view = RevealView {
        secret: match made.key.client_id {
            Some(client_id) => RevealedSecret::ClientCredentials { client_id, secret },
            None => RevealedSecret::ApiKey(secret),
        },
        name: made.key.name,
        environment: environment(made.key.environment),
        scope: label,
        grace,
    };
    let mut response = page(StatusCode::OK, pages::key_revealed(&chrome, &view));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn ask_revoke(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
) -> Result<Response, Problem> {
    let key = key_row(&shared, &context, id).await?;
    if !key.status.can_be_revoked() {
        return redirect(&context.urls.key(&key.id));
    }
    let chrome = chrome(&shared, &context).await?;
    let view = RevokeView {
        key,
        typed: String::new(),
        errors: Vec::new(),
    };
    Ok(page(StatusCode::OK, pages::revoke_key(&chrome, &view)))
}

async fn revoke(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
    form: Form,
) -> Result<Response, Problem> {
    let key = key_row(&shared, &context, id).await?;
    let typed = form.text("confirm");
    if typed.trim() != key.name.trim() {
        let message = format!("Type the key's name, {}, exactly as shown.", key.name);
        let errors = vec![FieldError::new("confirm", message)];
        let view = RevokeView {
            key,
            typed: typed.to_owned(),
            errors,
        };
        let chrome = chrome(&shared, &context).await?;
        return Ok(page(
            StatusCode::UNPROCESSABLE_ENTITY,
            pages::revoke_key(&chrome, &view),
        ));
    }
    shared
        .vault
        .revoke(context.person()?.scope(), context.actor(), id)
        .await?;
    redirect(&format!("{}?done=revoked", context.urls.keys()))
}

async fn key_row(shared: &Shared, context: &Context, id: KeyId) -> Result<KeyRow, Problem> {
    let scope = context.person()?.scope();
    let key = shared.vault.find(scope, id).await?;
    let mut tx = shared.stores.console.read().await?;
    let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
    let label = Scopes::new(&catalog).of(&mut *tx, scope, &key).await?;
    Ok(row(&key, label, None, shared.clock.now()))
}
