//! API keys: create, list, rotate, revoke (VAULT-11, 12, 13, 15). By session, or by an API key with the
//! permission `keys:write`.

use std::{net::IpAddr, sync::Arc};

use aforo_core::{CustomerId, KeyId, ProductId, SubscriptionId, TenantScope, Timestamp, domain::user::Role};
use aforo_vault::{
    CreatedKey, KeyOwner, NewKey,
    key::{ApiKey, CredentialFormat, Environment, Permission},
    store::KeyFilter,
    verify::Verified,
};
use axum::extract::State;
use http::{Method, StatusCode};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    guard::{Caller, Context},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// A key to make.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewKeyInput {
    /// What people call it: 1 to 100 characters.
    pub(crate) name: String,
    /// `live` or `test`.
    pub(crate) environment: String,
    /// `bearer` (the default) or `client_credentials`.
    pub(crate) format: Option<String>,
    /// The subscription it lives by; your newest active one if left out.
    pub(crate) subscription_id: Option<String>,
    /// Several subscriptions: it lives as long as one of them.
    #[serde(default)]
    pub(crate) subscription_ids: Vec<String>,
    /// The only product it may call.
    pub(crate) product_id: Option<String>,
    /// The products it may call; all that its subscription covers if left out.
    #[serde(default)]
    pub(crate) product_ids: Vec<String>,
    /// Addresses or CIDR ranges from which it may be used; anywhere if left out.
    #[serde(default)]
    pub(crate) ip_ranges: Vec<String>,
    /// Calls a minute; no limit of its own if left out.
    pub(crate) rate_limit: Option<u32>,
    /// When it stops by itself: RFC 3339 in UTC, or milliseconds since 1970.
    pub(crate) expires_at: Option<Moment>,
    /// `keys:write` lets the key manage keys. An administrator's key has it unless this list says otherwise.
    pub(crate) permissions: Option<Vec<String>>,
    /// For administrators: `true` makes an operator key, which no subscription binds.
    #[serde(default)]
    pub(crate) operator: bool,
}

/// RFC 3339 in UTC, or milliseconds since 1970.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Moment {
    /// Milliseconds since 1970.
    Millis(i64),
    /// RFC 3339.
    Text(String),
}

/// What may be seen of a key. The key itself is shown once, when it is made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyView {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// `live` or `test`.
    environment: &'static str,
    /// `bearer` or `client_credentials`.
    format: &'static str,
    /// `customer` or `operator`.
    origin: &'static str,
    /// The public half of client credentials.
    client_id: Option<String>,
    /// Prefix and last four characters.
    hint: String,
    /// `active`, `grace`, `expired` or `revoked`.
    status: &'static str,
    /// Live and unused for 90 days or more.
    dormant: bool,
    /// The products it may call; empty means all that its subscriptions cover.
    product_ids: Vec<String>,
    /// The subscriptions it lives by; only where one key is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_ids: Option<Vec<String>>,
    /// Where it may be used from; empty means anywhere.
    ip_ranges: Vec<String>,
    /// Calls a minute.
    rate_limit: Option<u32>,
    /// What it may do at this API.
    permissions: Vec<&'static str>,
    /// The first key of its chain of rotations.
    lineage_id: String,
    /// The key that replaced it.
    successor_id: Option<String>,
    /// When it was made, RFC 3339.
    created_at: String,
    /// When it stops by itself.
    expires_at: Option<String>,
    /// When a rotated key stops.
    grace_until: Option<String>,
    /// When it was revoked.
    revoked_at: Option<String>,
    /// When it was last accepted.
    last_used_at: Option<String>,
}

/// A new key. `key` is shown here and never again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatedView {
    /// The key itself: 48 characters. With client credentials it is the client's secret.
    key: String,
    /// What may be seen of it later.
    #[serde(flatten)]
    view: KeyView,
    /// The replaced key, now in its grace; only after a rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    predecessor: Option<KeyView>,
}

pub(crate) fn view(key: &ApiKey, now: Timestamp, subscriptions: Option<&[SubscriptionId]>) -> KeyView {
    let text = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    KeyView {
        id: key.id.to_string(),
        name: key.name.clone(),
        environment: key.environment.as_str(),
        format: key.format.as_str(),
        origin: key.origin.as_str(),
        client_id: key.client_id.clone(),
        hint: key.display_hint(),
        status: key.status(now).as_str(),
        dormant: key.is_dormant(now),
        product_ids: key.products.iter().map(ToString::to_string).collect(),
        subscription_ids: subscriptions.map(|ids| ids.iter().map(ToString::to_string).collect()),
        ip_ranges: key.ip_ranges.iter().map(ToString::to_string).collect(),
        rate_limit: key.rate_limit,
        permissions: key.permissions.iter().map(|p| p.as_str()).collect(),
        lineage_id: key.lineage.to_string(),
        successor_id: key.successor.map(|id| id.to_string()),
        created_at: key.created_at.to_rfc3339(),
        expires_at: text(key.expires_at),
        grace_until: text(key.grace_until),
        revoked_at: text(key.revoked_at),
        last_used_at: text(key.last_used_at),
    }
}

fn created(made: CreatedKey, predecessor: Option<&ApiKey>, now: Timestamp) -> CreatedView {
    CreatedView {
        key: made.secret.expose().clone(),
        view: view(&made.key, now, Some(&made.subscriptions)),
        predecessor: predecessor.map(|old| view(old, now, None)),
    }
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::SessionOrKey, summary);
    routes.add(
        api(
            Method::GET,
            "/api/v1/api-keys",
            "Keys, oldest first; all of the tenant for administrators",
        )
        .query(PAGE_PARAMETERS)
        .gives::<List<KeyView>>(200),
        list,
    );
    routes.add(
        api(Method::POST, "/api/v1/api-keys", "Make a key. It is shown once")
            .takes::<NewKeyInput>()
            .gives::<CreatedView>(201),
        create,
    );
    routes.add(
        api(Method::GET, "/api/v1/api-keys/{id}", "One key").gives::<KeyView>(200),
        find,
    );
    routes.add(
        api(
            Method::POST,
            "/api/v1/api-keys/{id}/rotate",
            "Replace a key. The old one works 300 more seconds",
        )
        .gives::<CreatedView>(201),
        rotate,
    );
    routes.add(
        api(
            Method::DELETE,
            "/api/v1/api-keys/{id}",
            "Revoke a key at once, without grace",
        ),
        revoke,
    );
}

/// What a caller may touch: a scope and, for customer keys, their own subscriptions only (security 6.9).
pub(crate) struct KeyAccess {
    pub(crate) scope: TenantScope,
    customer: Option<CustomerId>,
    within: Option<Vec<SubscriptionId>>,
    is_admin: bool,
}

impl KeyAccess {
    pub(crate) fn of(context: &Context) -> Result<Self, Problem> {
        match &context.caller {
            Caller::Person(person) => Ok(Self {
                scope: person.scope(),
                customer: Some(person.customer),
                within: None,
                is_admin: person.role == Role::Admin,
            }),
            Caller::Key(key) => Ok(match key.customer {
                None => Self {
                    scope: TenantScope::tenant_wide(key.tenant),
                    customer: None,
                    within: None,
                    is_admin: true,
                },
                Some(customer) => Self {
                    scope: TenantScope::of_customer(key.tenant, customer),
                    customer: Some(customer),
                    within: Some(key.subscriptions.clone()),
                    is_admin: false,
                },
            }),
            Caller::Nobody => Err(Problem::unauthenticated()),
        }
    }

    /// Refuses a key outside, as if it did not exist.
    async fn check(&self, shared: &Shared, id: KeyId) -> Result<(), Problem> {
        let Some(within) = &self.within else { return Ok(()) };
        let bound = shared.vault.bindings(self.scope, id).await?;
        if bound.is_empty() || !bound.iter().all(|s| within.contains(s)) {
            return Err(Problem::not_found("key"));
        }
        Ok(())
    }
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<KeyView>>, Problem> {
    let access = KeyAccess::of(&context)?;
    let subscription = access.within.as_ref().and_then(|ids| ids.first().copied());
    let filter = KeyFilter {
        subscription,
        ..KeyFilter::default()
    };
    let found = shared.vault.list(access.scope, filter, page.read()?).await?;
    let now = shared.clock.now();
    Ok(Json(List::of(found, |key| view(&key, now, None))))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<NewKeyInput>,
) -> Result<(StatusCode, Json<CreatedView>), Problem> {
    let made = create_key(&shared, &context, input).await?;
    Ok((StatusCode::CREATED, Json(created(made, None, shared.clock.now()))))
}

/// Makes a key from what was entered.
pub(crate) async fn create_key(
    shared: &Shared,
    context: &Context,
    input: NewKeyInput,
) -> Result<CreatedKey, Problem> {
    let access = KeyAccess::of(context)?;
    let environment: Environment = input
        .environment
        .parse()
        .map_err(|_| Problem::invalid("/environment", "Choose `live` or `test`."))?;
    let format = match input.format.as_deref() {
        None | Some("") => CredentialFormat::Bearer,
        Some(word) => word
            .parse()
            .map_err(|_| Problem::invalid("/format", "Choose `bearer` or `client_credentials`."))?,
    };
    // Before anything is looked up: a long list is refused, not worked through.
    for (field, length, most) in [
        ("/productIds", input.product_ids.len(), 100),
        ("/ipRanges", input.ip_ranges.len(), 100),
        ("/subscriptionIds", input.subscription_ids.len(), 20),
        ("/permissions", input.permissions.as_ref().map_or(0, Vec::len), 10),
    ] {
        if length > most {
            return Err(Problem::invalid(field, format!("At most {most} entries.")));
        }
    }
    let mut products = Vec::new();
    for id in input.product_id.iter().chain(&input.product_ids) {
        products.push(
            id.parse::<ProductId>()
                .map_err(|_| Problem::invalid("/productIds", "There is no such product."))?,
        );
    }
    products.sort_unstable();
    products.dedup();
    known_products(shared, context, &products).await?;
    let mut ip_ranges = Vec::new();
    for (at, text) in input.ip_ranges.iter().enumerate() {
        ip_ranges.push(range(text).ok_or_else(|| {
            let detail =
                "Enter an address such as 192.0.2.7, or a range such as 192.0.2.0/24 or 2001:db8::/32.";
            Problem::invalid(format!("/ipRanges/{at}"), detail)
        })?);
    }
    let mut permissions = Vec::new();
    match &input.permissions {
        Some(words) => {
            for (at, word) in words.iter().enumerate() {
                let unknown =
                    || Problem::invalid(format!("/permissions/{at}"), "The only permission is keys:write.");
                permissions.push(word.parse::<Permission>().map_err(|_| unknown())?);
            }
        }
        None if access.is_admin => permissions.push(Permission::KeysWrite),
        None => {}
    }
    permissions.dedup();
    let wanted = input.subscription_id.iter().chain(&input.subscription_ids);
    let owner = owner(shared, context, &access, input.operator, wanted).await?;
    let mut new = NewKey {
        name: input.name,
        environment,
        format,
        created_by: context.user(),
        owner,
        products,
        ip_ranges,
        rate_limit: input.rate_limit,
        expires_at: input.expires_at.as_ref().map(moment).transpose()?,
        permissions,
    };
    if let Caller::Key(parent) = &context.caller {
        within_parent(parent, &mut new)?;
    }
    Ok(shared.vault.create(access.scope, context.actor(), new).await?)
}

/// A key makes keys that can do no more than itself: what is left out it hands down, what goes beyond is refused.
fn within_parent(parent: &Verified, new: &mut NewKey) -> Result<(), Problem> {
    if new.products.is_empty() {
        new.products.clone_from(&parent.own_products);
    }
    if new.ip_ranges.is_empty() {
        new.ip_ranges.clone_from(&parent.ip_ranges);
    }
    new.rate_limit = new.rate_limit.or(parent.rate_limit);
    new.expires_at = new.expires_at.or(parent.expires_at);
    Powers {
        environment: new.environment,
        products: &new.products,
        ip_ranges: &new.ip_ranges,
        rate_limit: new.rate_limit,
        expires_at: new.expires_at,
    }
    .within(parent)
}

/// What a key can do.
struct Powers<'a> {
    environment: Environment,
    products: &'a [ProductId],
    ip_ranges: &'a [IpNet],
    rate_limit: Option<u32>,
    expires_at: Option<Timestamp>,
}

impl<'a> Powers<'a> {
    fn of(key: &'a ApiKey) -> Self {
        Self {
            environment: key.environment,
            products: &key.products,
            ip_ranges: &key.ip_ranges,
            rate_limit: key.rate_limit,
            expires_at: key.expires_at,
        }
    }

    /// Refuses what goes beyond the powers of the key that asks. No limit goes beyond any.
    fn within(&self, parent: &Verified) -> Result<(), Problem> {
        let beyond = |pointer: &str, detail: &str| {
            let mut problem = Problem::forbidden("exceeds_key", detail);
            problem.errors = Problem::invalid(pointer, detail).errors;
            Err(problem)
        };
        if parent.environment == Environment::Test && self.environment == Environment::Live {
            return beyond("/environment", "A sandbox key makes sandbox keys only.");
        }
        let own = &parent.own_products;
        let covered = !self.products.is_empty() && self.products.iter().all(|p| own.contains(p));
        if !own.is_empty() && !covered {
            return beyond(
                "/productIds",
                "The key itself does not cover one of these products.",
            );
        }
        let own = &parent.ip_ranges;
        let inside = |range: &IpNet| own.iter().any(|own| own.contains(range));
        if !own.is_empty() && (self.ip_ranges.is_empty() || !self.ip_ranges.iter().all(inside)) {
            return beyond(
                "/ipRanges",
                "The key itself may not be used from all of these addresses.",
            );
        }
        if let Some(own) = parent.rate_limit
            && self.rate_limit.is_none_or(|wanted| wanted > own)
        {
            return beyond("/rateLimit", "The key itself has a lower limit.");
        }
        if let Some(own) = parent.expires_at
            && self.expires_at.is_none_or(|wanted| wanted > own)
        {
            return beyond("/expiresAt", "The key itself ends before.");
        }
        Ok(())
    }
}

/// Who the new key is for, and what it lives by.
async fn owner(
    shared: &Shared,
    context: &Context,
    access: &KeyAccess,
    operator: bool,
    wanted: impl Iterator<Item = &String>,
) -> Result<KeyOwner, Problem> {
    let mut subscriptions = Vec::new();
    for id in wanted {
        subscriptions.push(
            id.parse::<SubscriptionId>()
                .map_err(|_| Problem::not_found("subscription"))?,
        );
    }
    if operator {
        if !access.is_admin {
            return Err(Problem::forbidden(
                "role_required",
                "Only administrators make operator keys.",
            ));
        }
        if !subscriptions.is_empty() {
            return Err(Problem::invalid(
                "/subscriptionId",
                "An operator key lives by no subscription.",
            ));
        }
        return Ok(KeyOwner::Operator);
    }
    if let Some(within) = &access.within {
        if subscriptions.is_empty() {
            subscriptions.extend(within.first());
        }
        if !subscriptions.iter().all(|s| within.contains(s)) {
            return Err(Problem::not_found("subscription"));
        }
    }
    // An administrator may make a key for the customer whose subscription is named.
    let customer = match (subscriptions.first(), access.is_admin) {
        (Some(first), true) => {
            let mut tx = shared.stores.core.read().await?;
            let found = tx.subscriptions(context.tenant_scope()).find(*first).await?;
            Some(found.ok_or_else(|| Problem::not_found("subscription"))?.customer)
        }
        _ => access.customer,
    };
    match customer {
        Some(customer) => Ok(KeyOwner::Customer {
            customer,
            subscriptions,
        }),
        // An operator key that makes a key without naming a subscription makes another operator key.
        None => Ok(KeyOwner::Operator),
    }
}

async fn known_products(shared: &Shared, context: &Context, products: &[ProductId]) -> Result<(), Problem> {
    let mut tx = shared.stores.core.read().await?;
    for id in products {
        if tx.products(context.tenant_scope()).find(*id).await?.is_none() {
            return Err(Problem::invalid("/productIds", "There is no such product."));
        }
    }
    Ok(())
}

/// An address, or a range with its host bits zero.
fn range(text: &str) -> Option<IpNet> {
    let text = text.trim();
    match text.parse::<IpNet>() {
        Ok(range) => Some(range.trunc()),
        Err(_) => text
            .parse::<IpAddr>()
            .ok()
            .map(|ip| IpNet::from(ip.to_canonical())),
    }
}

/// `2026-12-31T23:59:59Z`, `2026-12-31` or milliseconds.
fn moment(moment: &Moment) -> Result<Timestamp, Problem> {
    match moment {
        Moment::Millis(ms) => Ok(Timestamp::from_millis(*ms)),
        Moment::Text(text) => Timestamp::parse_rfc3339(text).ok_or_else(|| {
            Problem::invalid(
                "/expiresAt",
                "Enter a moment in UTC such as 2026-12-31T23:59:59Z.",
            )
        }),
    }
}

async fn find(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
) -> Result<Json<KeyView>, Problem> {
    let access = KeyAccess::of(&context)?;
    access.check(&shared, id).await?;
    let key = shared.vault.find(access.scope, id).await?;
    let bound = shared.vault.bindings(access.scope, id).await?;
    Ok(Json(view(&key, shared.clock.now(), Some(&bound))))
}

async fn rotate(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
) -> Result<(StatusCode, Json<CreatedView>), Problem> {
    let access = KeyAccess::of(&context)?;
    access.check(&shared, id).await?;
    if let Caller::Key(parent) = &context.caller {
        // Its successor's secret goes to whoever asks, so it is as if the asking key made it.
        let key = shared.vault.find(access.scope, id).await?;
        Powers::of(&key).within(parent)?;
    }
    let rotated = shared.vault.rotate(access.scope, context.actor(), id).await?;
    let view = created(rotated.created, Some(&rotated.predecessor), shared.clock.now());
    Ok((StatusCode::CREATED, Json(view)))
}

async fn revoke(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<KeyId>,
) -> Result<StatusCode, Problem> {
    let access = KeyAccess::of(&context)?;
    access.check(&shared, id).await?;
    shared.vault.revoke(access.scope, context.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let text = |t: &str| range(t).map(|r| r.to_string());
        assert_eq!(text("192.0.2.7").as_deref(), Some("192.0.2.7/32"));
        assert_eq!(text(" 192.0.2.7/24 ").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(text("2001:db8::1/32").as_deref(), Some("2001:db8::/32"));
        assert_eq!(text("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7/32"));
        for bad in ["", "192.0.2", "192.0.2.0/33", "host", "0x7f.1", "192.0.2.0/"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
