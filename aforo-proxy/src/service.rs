//! The sandbox: one call of a signed-in person, from the name of an operation to a response without credential
//! (PROXY-1 to PROXY-5).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aforo_core::{
    Clock, PageRequest, SpecId, Store, StoreError, SubscriptionId, TenantId, UserId,
    domain::{product::Product, session::Principal, subscription::SubscriptionFilter, user::Role},
    kernel::{
        audit::Actor,
        egress,
        rate::{Quota, RateLimiter},
    },
};
use aforo_docs::{
    error::DocsError,
    request::{self, InputError, TryInputs},
    service::Specs,
    spec::{
        model::{Method, Operation, ParameterPlace, SecurityScheme},
        openapi::ApiDescription,
    },
    store::ConsoleTx,
};
use aforo_vault::{TwinUse, Vault, VaultError, key::Environment};
use http::HeaderName;
use ipnet::IpNet;

use crate::{
    error::ProxyError,
    in_flight::{HeldStream, InFlight},
    inject::{Credential, Placement},
    request::{ApprovedBase, CleanRequest, clean_path},
    response::{CleanResponse, Reply},
    upstream::{Settings, Upstream},
};

/// How much a person and a tenant may call, and how each call is limited.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// Calls of one person.
    pub per_person: Quota,
    /// Calls of a whole tenant.
    pub per_tenant: Quota,
    /// Calls under way in this process, streams included.
    pub in_flight: usize,
    /// Calls under way of one person.
    pub in_flight_per_person: usize,
    /// Private ranges in which any product may have its upstream; a product may have ranges of its own besides.
    pub private_upstreams: Vec<IpNet>,
    /// Limits of each call.
    pub call: Settings,
}

impl Default for SandboxSettings {
    /// 60 a minute for a person, 600 for a tenant (open budget, security design 2.1); 64 and 256 under way.
    fn default() -> Self {
        Self {
            per_person: Quota::per_minute(60),
            per_tenant: Quota::per_minute(600),
            in_flight: 256,
            in_flight_per_person: 64,
            private_upstreams: Vec::new(),
            call: Settings::default(),
        }
    }
}

/// Which operation is meant.
#[derive(Clone, Debug)]
pub enum OperationName {
    /// By its id.
    Id(String),
    /// By method and path: the template, or a path that fits it.
    MethodAndPath(Method, String),
}

/// A call to make: there is no URL and no credential in it.
#[derive(Clone, Debug)]
pub struct TryRequest {
    /// The stored description.
    pub spec: SpecId,
    /// The operation.
    pub operation: OperationName,
    /// Sandbox or production.
    pub environment: Environment,
    /// Parameters and body.
    pub inputs: TryInputs,
    /// How long it took the caller to find out who is asking, in milliseconds; for the timing.
    pub session_ms: f64,
}

/// What came back.
#[derive(Debug)]
pub enum Outcome {
    /// A whole response.
    Whole(CleanResponse),
    /// Server-sent events.
    Events(HeldStream),
}

/// Why a call was not made, or brought nothing back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// There is no such description, or it is not published.
    #[error("there is no such API description")]
    SpecNotFound,
    /// The description has no such operation.
    #[error("there is no such operation")]
    OperationNotFound,
    /// Another version was published, in which the operation is not what the caller saw.
    #[error("another version was published, and the operation has changed")]
    SpecChanged,
    /// The parameters do not fit.
    #[error("the parameters do not fit the operation")]
    Inputs(Vec<InputError>),
    /// The account has no active subscription to the product.
    #[error("there is no active subscription to this product")]
    NoSubscription,
    /// No administrator has approved an origin for the product.
    #[error("the product has no approved origin")]
    OriginNotApproved,
    /// Too many calls.
    #[error("too many playground calls")]
    BudgetUsedUp {
        /// Until the next one is allowed.
        retry_after: Duration,
    },
    /// The operation wants a credential that a key cannot be.
    #[error("the operation's security cannot be satisfied: {0}")]
    UnsupportedSecurity(String),
    /// The vault refused.
    #[error(transparent)]
    Vault(VaultError),
    /// The description cannot be read.
    #[error(transparent)]
    Docs(DocsError),
    /// The call failed.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SandboxError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SpecNotFound | Self::OperationNotFound => "not_found",
            Self::SpecChanged => "spec_changed",
            Self::Inputs(_) => "invalid_parameters",
            Self::NoSubscription => "no_subscription",
            Self::OriginNotApproved => "origin_not_approved",
            Self::BudgetUsedUp { .. } => "playground_budget",
            Self::UnsupportedSecurity(_) => "unsupported_security",
            Self::Vault(_) => "vault",
            Self::Docs(_) => "invalid_document",
            Self::Proxy(error) => error.code(),
            Self::Store(_) => "storage_unavailable",
        }
    }
}

impl From<DocsError> for SandboxError {
    fn from(error: DocsError) -> Self {
        match error {
            DocsError::SpecNotFound(_) => Self::SpecNotFound,
            other => Self::Docs(other),
        }
    }
}

impl From<VaultError> for SandboxError {
    fn from(error: VaultError) -> Self {
        match error {
            // Cancelled between the grant and the opening.
            VaultError::SubscriptionNotActive(_) | VaultError::SubscriptionNotFound(_) => {
                Self::NoSubscription
            }
            other => Self::Vault(other),
        }
    }
}

/// Makes calls on behalf of people.
pub struct Sandbox {
    store: Arc<dyn Store<dyn ConsoleTx>>,
    vault: Arc<Vault>,
    specs: Arc<Specs>,
    upstream: Upstream,
    clock: Arc<dyn Clock>,
    settings: SandboxSettings,
    by_person: RateLimiter<UserId>,
    by_tenant: RateLimiter<TenantId>,
    in_flight: InFlight,
}

/// That this person may make this call.
struct Grant {
    subscription: SubscriptionId,
    product: Product,
    base: ApprovedBase,
}

impl Sandbox {
    /// The sandbox over a store, a vault and the descriptions.
    pub fn new(
        store: Arc<dyn Store<dyn ConsoleTx>>,
        vault: Arc<Vault>,
        specs: Arc<Specs>,
        client: egress::Client,
        clock: Arc<dyn Clock>,
        settings: SandboxSettings,
    ) -> Self {
        let upstream = Upstream::new(client, settings.call.clone());
        let (by_person, by_tenant, in_flight) = Default::default();
        Self {
            store,
            vault,
            specs,
            upstream,
            clock,
            settings,
            by_person,
            by_tenant,
            in_flight,
        }
    }

    /// Makes one call. The credential is opened last: after the person, the parameters, the subscription, the
    /// origin and its address have been judged, and after the audit entry is committed (P8).
    pub async fn send(&self, person: &Principal, wanted: TryRequest) -> Result<Outcome, SandboxError> {
        let began = Instant::now();
        let now = self.clock.now();
        let over = |retry_after| SandboxError::BudgetUsedUp { retry_after };
        self.by_person
            .take(person.user, self.settings.per_person, now)
            .map_err(over)?;
        self.by_tenant
            .take(person.tenant, self.settings.per_tenant, now)
            .map_err(over)?;

        let (most, most_of_one) = (self.settings.in_flight, self.settings.in_flight_per_person);
        let held = self.in_flight.begin(person.user, most, most_of_one);
        let held = held.ok_or(SandboxError::BudgetUsedUp {
            retry_after: Duration::from_secs(1),
        })?;

        let (product, spec) = self.product_of(person, wanted.spec, &wanted.operation).await?;
        let tenant_wide = aforo_core::TenantScope::tenant_wide(person.tenant);
        let description = self.specs.description(tenant_wide, spec).await?;
        let mut inputs = wanted.inputs;
        let operation = find(&description, &wanted.operation, &mut inputs)?;
        let plain = request::build(&operation, &inputs).map_err(SandboxError::Inputs)?;
        let placement = placement(&description, &operation)?;
        let grant = self.grant(person, product).await?;
        let headers = operation
            .parameters
            .iter()
            .filter(|p| p.place == ParameterPlace::Header);
        let declared: Vec<&str> = headers.map(|p| p.name.as_str()).collect();
        let matrix = request::matrix_parts(&operation, &inputs);
        let clean =
            CleanRequest::with_matrix(plain, &grant.base, &declared, &matrix).map_err(ProxyError::from)?;
        let mut allowed = self.settings.private_upstreams.clone();
        allowed.extend(&grant.product.private_ranges);
        let checked = self.upstream.check(clean, &allowed).await?;
        let granted = began.elapsed();

        let opening = Instant::now();
        let secret = match &placement {
            None => None,
            Some(_) => {
                let wanted = TwinUse {
                    subscription: grant.subscription,
                    environment: wanted.environment,
                    product: grant.product.id,
                    origin: grant.base.origin().to_owned(),
                    operation: operation.summary.id.clone(),
                };
                Some(
                    self.vault
                        .open_twin(person.own_scope(), Actor::User(person.user), &wanted)
                        .await?,
                )
            }
        };
        let opened = opening.elapsed();
        let credential = match (&placement, &secret) {
            (Some(placement), Some(secret)) => Some(Credential { placement, secret }),
            _ => None,
        };
        let mut reply = self.upstream.send(checked, credential).await?;
        let timing = match &mut reply {
            Reply::Whole(response) => response.timing_mut(),
            Reply::Events(stream) => stream.timing_mut(),
        };
        timing.session = wanted.session_ms;
        // Looking the name up was part of the grant, and has a place of its own.
        timing.grant = (crate::response::millis(granted) - timing.dns).max(0.0);
        timing.vault = crate::response::millis(opened);
        timing.total += timing.session + timing.grant + timing.dns + timing.vault;
        Ok(match reply {
            Reply::Whole(response) => Outcome::Whole(response),
            Reply::Events(stream) => Outcome::Events(HeldStream::new(stream, held)),
        })
    }

    /// The product that a description belongs to, and the version to call by. Developers call what is published;
    /// administrators may try a description before. A page that was open while another version was published
    /// goes on as long as its operation is still the same.
    async fn product_of(
        &self,
        person: &Principal,
        spec: SpecId,
        operation: &OperationName,
    ) -> Result<(Product, SpecId), SandboxError> {
        let scope = aforo_core::TenantScope::tenant_wide(person.tenant);
        let mut tx = self.store.read().await?;
        let stored = tx
            .specs(scope)
            .find(spec)
            .await?
            .ok_or(SandboxError::SpecNotFound)?;
        let product = tx
            .products(scope)
            .find(stored.product)
            .await?
            .ok_or(SandboxError::SpecNotFound)?;
        drop(tx);
        if product.published_spec == Some(spec) || person.role == Role::Admin {
            return Ok((product, spec));
        }
        if product.published_spec.is_none() {
            return Err(SandboxError::SpecNotFound);
        }
        let OperationName::Id(id) = operation else {
            return Err(SandboxError::SpecNotFound);
        };
        match self.specs.current_for(scope, spec, id).await? {
            Some(current) => Ok((product, current)),
            None => Err(SandboxError::SpecChanged),
        }
    }

    /// A live subscription of the person's account, and the approved base.
    async fn grant(&self, person: &Principal, product: Product) -> Result<Grant, SandboxError> {
        let filter = SubscriptionFilter {
            active_only: true,
            product: Some(product.id),
        };
        let mut tx = self.store.read().await?;
        let mut subscriptions = tx.subscriptions(person.own_scope());
        let page = subscriptions.list(filter, PageRequest::first(1)).await?;
        let subscription = page.items.first().ok_or(SandboxError::NoSubscription)?.id;
        let approved = product.upstream.as_ref().ok_or(SandboxError::OriginNotApproved)?;
        let base = ApprovedBase::new(&approved.origin, &approved.base_path).map_err(ProxyError::from)?;
        Ok(Grant {
            subscription,
            product,
            base,
        })
    }
}

fn find(
    description: &ApiDescription,
    name: &OperationName,
    inputs: &mut TryInputs,
) -> Result<Operation, SandboxError> {
    let missing = SandboxError::OperationNotFound;
    match name {
        OperationName::Id(id) => description.operation(id).ok_or(missing),
        OperationName::MethodAndPath(method, path) => {
            if let Some(operation) = description.operation_by_method_and_path(*method, path) {
                return Ok(operation);
            }
            clean_path(path).map_err(|error| ProxyError::from(crate::request::RequestError::from(error)))?;
            let (id, values) = request::match_path(description, *method, path).ok_or(missing)?;
            for (name, value) in values {
                inputs.path.entry(name).or_insert(value);
            }
            description.operation(&id).ok_or(SandboxError::OperationNotFound)
        }
    }
}

/// Where the operation wants its credential. Of several ways the first is taken that a key can serve alone.
/// `None` if the operation wants none.
fn placement(description: &ApiDescription, operation: &Operation) -> Result<Option<Placement>, SandboxError> {
    if operation.security.is_empty() {
        // A document that says nothing at all of security leaves it to the gateway, and gateways take bearers.
        let silent = description
            .document()
            .pointer("/components/securitySchemes")
            .is_none();
        return Ok(silent.then_some(Placement::Bearer));
    }
    let single = operation.security.iter().filter_map(|set| match &set[..] {
        [one] => scheme(one),
        _ => None,
    });
    if let Some(placement) = single.into_iter().next() {
        return Ok(Some(placement));
    }
    if operation.security.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    let names = operation
        .security
        .iter()
        .map(|set| format!("{set:?}"))
        .collect::<Vec<_>>()
        .join(" or ");
    Err(SandboxError::UnsupportedSecurity(names))
}

fn scheme(scheme: &SecurityScheme) -> Option<Placement> {
    match scheme {
        SecurityScheme::HttpBearer | SecurityScheme::OAuth2 | SecurityScheme::OpenIdConnect => {
            Some(Placement::Bearer)
        }
        SecurityScheme::HttpBasic => Some(Placement::BasicUser),
        SecurityScheme::ApiKey { place, name } => match place {
            ParameterPlace::Header => {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                Some(Placement::Header {
                    name,
                    prefix: String::new(),
                })
            }
            ParameterPlace::Query => Some(Placement::Query { name: name.clone() }),
            ParameterPlace::Cookie => Some(Placement::Cookie { name: name.clone() }),
            ParameterPlace::Path => None,
        },
        _ => None,
    }
}
