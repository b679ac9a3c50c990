//! The console: what a host builds once and mounts.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aforo_core::{
    Clock, Entropy, OsEntropy, Secret, StoreError, SystemClock, TenantId, Timestamp,
    domain::{
        account::{AccountSettings, Accounts},
        tenant::Tenant,
        token::{IdentityProvider, SessionSigner},
    },
    kernel::{egress, rate::RateLimiter},
};
use aforo_docs::{guide::Guides, service::Specs, store::Stores, watch::Watches};
use aforo_proxy::service::{Sandbox, SandboxSettings};
use aforo_vault::{Vault, kek::KeyEncryptionKeys};
use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::{
    cookie::SessionCookie, csrf::CsrfTokens, metrics::Metrics, remote::Remote, route::Routes,
    service::ConsoleService, visitor::Visitors,
};

/// A console: vault, proxy, documentation and pages over one store. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    pub(crate) shared: Arc<Shared>,
    service: ConsoleService,
}

/// What every request needs.
pub(crate) struct Shared {
    pub(crate) stores: Stores,
    pub(crate) vault: Arc<Vault>,
    pub(crate) accounts: Accounts,
    pub(crate) specs: Arc<Specs>,
    pub(crate) watches: Watches,
    pub(crate) guides: Arc<Guides>,
    pub(crate) sandbox: Sandbox,
    pub(crate) egress: egress::Client,
    pub(crate) identity: Option<Arc<dyn IdentityProvider>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) cookie: SessionCookie,
    pub(crate) csrf: CsrfTokens,
    pub(crate) visitors: Visitors,
    pub(crate) searches: RateLimiter<[u8; 32]>,
    /// What visitors say about guides.
    pub(crate) feedback: RateLimiter<[u8; 32]>,
    pub(crate) metrics: Metrics,
    pub(crate) settings: Settings,
    pub(crate) openapi: std::sync::OnceLock<bytes::Bytes>,
    /// Turns for texts that hold everything that is published.
    pub(crate) long_texts: tokio::sync::Semaphore,
    /// Turns for texts that somebody wants to see before they are saved.
    pub(crate) previews: tokio::sync::Semaphore,
    tenants: RwLock<Option<(Timestamp, Arc<[Tenant]>)>>,
}

/// What a host decides about a console.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) tenancy: Tenancy,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) private_upstreams: Vec<IpNet>,
    pub(crate) secure_cookies: bool,
    pub(crate) session_length: Duration,
    pub(crate) public_origin: Option<String>,
    pub(crate) remote_references: bool,
}

/// Which tenant a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// All requests are for this tenant: the usual case of a company that embeds a console.
    Single(TenantId),
    /// The request's host name says which; a name that no tenant claims goes to this one.
    ByHost(TenantId),
}

/// Builds a [`Console`]. Stores, tenant and secrets are required; everything else has a default.
#[must_use]
pub struct ConsoleBuilder {
    stores: Stores,
    keks: Arc<dyn KeyEncryptionKeys>,
    session_secret: Secret<[u8; 32]>,
    settings: Settings,
    accounts: AccountSettings,
    sandbox: SandboxSettings,
    egress: egress::Policy,
    identity: Option<Arc<dyn IdentityProvider>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Console {
    /// Starts building. `session_secret` signs sessions: 32 random bytes that survive restarts and are the same
    /// in every replica.
    pub fn builder(
        stores: Stores,
        tenancy: Tenancy,
        keks: Arc<dyn KeyEncryptionKeys>,
        session_secret: Secret<[u8; 32]>,
    ) -> ConsoleBuilder {
        ConsoleBuilder {
            stores,
            keks,
            session_secret,
            settings: Settings {
                tenancy,
                trusted_proxies: Vec::new(),
                private_upstreams: Vec::new(),
                secure_cookies: true,
                session_length: AccountSettings::default().session_length,
                public_origin: None,
                remote_references: false,
            },
            accounts: AccountSettings::default(),
            sandbox: SandboxSettings::default(),
            egress: egress::Policy::default(),
            identity: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        }
    }

    /// The HTTP service, for `aforo_axum::mount` or `aforo_actix::mount`.
    pub fn service(&self) -> ConsoleService {
        self.service.clone()
    }

    /// The vault, for hosts that verify keys in their own process.
    pub fn vault(&self) -> Arc<Vault> {
        self.shared.vault.clone()
    }
}

impl ConsoleBuilder {
    /// Proxies in front of the host whose `X-Forwarded-For` is believed. None by default.
    pub fn trusted_proxies(mut self, ranges: impl IntoIterator<Item = IpNet>) -> Self {
        self.settings.trusted_proxies = ranges.into_iter().collect();
        self
    }
    /// Private address ranges in which products may have their upstream, and from which documents may be imported.
    /// None by default (E6).
    pub fn private_upstreams(mut self, ranges: impl IntoIterator<Item = IpNet>) -> Self {
        self.settings.private_upstreams = ranges.into_iter().collect();
        self
    }
    /// Whether importing a document fetches the files that its `$ref`s name, by the same rules as the document
    /// itself. Off by default: then such references are warnings.
    pub fn remote_references(mut self, follow: bool) -> Self {
        self.settings.remote_references = follow;
        self
    }
    /// Whether the session cookie demands TLS, as it does by default. Only for evaluation on one machine may
    /// this be switched off.
    pub fn secure_cookies(mut self, secure: bool) -> Self {
        self.settings.secure_cookies = secure;
        self
    }
    /// Where readers find the console, such as `https://dev.acme.com`, for feeds, sitemaps and addresses to copy.
    /// Without it the name that a request is for is taken; a console behind a cache that does not tell names
    /// apart should set it. A path is cut off: the mount says it.
    pub fn public_origin(mut self, origin: &url::Url) -> Self {
        self.settings.public_origin = Some(origin.origin().ascii_serialization());
        self
    }
    /// Session length and limits of sign-in attempts.
    pub fn accounts(mut self, settings: AccountSettings) -> Self {
        self.settings.session_length = settings.session_length;
        self.accounts = settings;
        self
    }
    /// Budgets of the playground.
    pub fn sandbox(mut self, settings: SandboxSettings) -> Self {
        self.sandbox = settings;
        self
    }
    /// Where the console itself may connect to.
    pub fn egress(mut self, policy: egress::Policy) -> Self {
        self.egress = policy;
        self
    }
    /// Lets the host sign people in (PROXY-7). The console's own sign-up and sign-in are closed then.
    pub fn identity(mut self, provider: Arc<dyn IdentityProvider>) -> Self {
        self.identity = Some(provider);
        self
    }
    /// The clock; the machine's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
    /// The random source; the operating system's by default.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// The console.
    ///
    /// # Errors
    /// If the outbound client cannot be set up, or the settings contradict each other.
    pub fn build(self) -> Result<Console, BuildError> {
        if self.identity.is_some() && matches!(self.settings.tenancy, Tenancy::ByHost(_)) {
            return Err(BuildError::IdentityNeedsOneTenant);
        }
        let Self {
            stores,
            keks,
            session_secret,
            settings,
            accounts,
            sandbox,
            egress,
            identity,
            clock,
            entropy,
        } = self;
        let vault = Arc::new(Vault::new(
            stores.vault.clone(),
            stores.credentials.clone(),
            keks,
            clock.clone(),
            entropy.clone(),
        ));
        let egress = egress::Client::with_system_resolver(egress)?;
        let mut specs = Specs::new(stores.docs.clone(), clock.clone(), entropy.clone());
        if settings.remote_references {
            specs = specs.with_remote_references(Arc::new(Remote {
                client: egress.clone(),
                allowed: settings.private_upstreams.clone(),
            }));
        }
        let specs = Arc::new(specs);
        let guides = Arc::new(Guides::new(stores.docs.clone(), clock.clone(), entropy.clone()));
        let visitors = Visitors::new(derive(&session_secret, b"aforo.visitor-key.v1"));
        let csrf = CsrfTokens::new(derive(&session_secret, b"aforo.csrf-key.v1"));
        // A token of one console is no use at another that happens to share the secret.
        let audience = match settings.tenancy {
            Tenancy::Single(tenant) | Tenancy::ByHost(tenant) => tenant.to_string(),
        };
        let signer = SessionSigner::new(&session_secret, audience);
        let watches = Watches::new(stores.docs.clone(), specs.clone(), clock.clone(), entropy.clone());
        let shared = Arc::new(Shared {
            accounts: Accounts::new(
                stores.core.clone(),
                clock.clone(),
                entropy.clone(),
                signer,
                accounts,
            ),
            sandbox: Sandbox::new(
                stores.console.clone(),
                vault.clone(),
                specs.clone(),
                egress.clone(),
                clock.clone(),
                SandboxSettings {
                    private_upstreams: settings.private_upstreams.clone(),
                    ..sandbox
                },
            ),
            cookie: SessionCookie {
                secure: settings.secure_cookies,
            },
            csrf,
            metrics: Metrics::default(),
            openapi: std::sync::OnceLock::new(),
            long_texts: tokio::sync::Semaphore::new(1),
            previews: tokio::sync::Semaphore::new(2),
            tenants: RwLock::default(),
            stores,
            vault,
            specs,
            watches,
            guides,
            visitors,
            searches: RateLimiter::default(),
            feedback: RateLimiter::default(),
            egress,
            identity,
            clock,
            entropy,
            settings,
        });
        let routes = Routes::all(shared.clone());
        let _ = shared.openapi.set(crate::openapi::document(&routes.table).into());
        Ok(Console {
            service: ConsoleService::new(routes.router),
            shared,
        })
    }
}

/// Why a console cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The outbound HTTP client cannot be set up.
    #[error("the outbound HTTP client cannot be set up")]
    Egress(#[from] egress::EgressError),
    /// A host's token does not say for which tenant it is, so it would open every tenant's console.
    #[error("a host's own sign-in needs Tenancy::Single: its tokens name no tenant")]
    IdentityNeedsOneTenant,
}

/// A secret of its own for each use, so that none serves two.
fn derive(secret: &Secret<[u8; 32]>, label: &[u8]) -> Secret<[u8; 32]> {
    let mut hash = Sha256::new();
    hash.update(label);
    hash.update(secret.expose());
    Secret::new(hash.finalize().into())
}

impl Shared {
    /// The tenant that a request for this host name is for.
    pub(crate) async fn tenant(&self, host: Option<&str>) -> Result<Option<Tenant>, StoreError> {
        let tenants = self.tenants().await?;
        let by_id = |id| tenants.iter().find(|t| t.id == id).cloned();
        let (default, by_host) = match self.settings.tenancy {
            Tenancy::Single(id) => (id, None),
            Tenancy::ByHost(id) => (id, host),
        };
        let name = by_host.map(|host| {
            host.rsplit_once(':')
                .map_or(host, |(name, _)| name)
                .to_lowercase()
        });
        let claimed = name.and_then(|name| tenants.iter().find(|t| t.hosts.contains(&name)).cloned());
        Ok(claimed.or_else(|| by_id(default)))
    }

    /// Tenants change rarely: read again after five seconds.
    async fn tenants(&self) -> Result<Arc<[Tenant]>, StoreError> {
        const FRESH: Duration = Duration::from_secs(5);
        let now = self.clock.now();
        let known = self
            .tenants
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((read_at, tenants)) = known
            && now.since(read_at) < FRESH
            && read_at <= now
            && !tenants.is_empty()
        {
            return Ok(tenants);
        }
        let tenants: Arc<[Tenant]> = self.stores.core.read().await?.tenants().list().await?.into();
        *self.tenants.write().unwrap_or_else(PoisonError::into_inner) = Some((now, tenants.clone()));
        Ok(tenants)
    }
}
