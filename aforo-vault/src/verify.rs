//! Verification: one read decides. It joins key, binding and subscription, so that no forgotten step of a
//! cancellation can keep a key alive (VAULT-7).

use std::net::IpAddr;

use aforo_core::{
    CustomerId, KeyId, ProductId, Secret, SubscriptionId, TenantId, Timestamp, kernel::rate::Quota,
};
use ipnet::IpNet;
use subtle::ConstantTimeEq;

use crate::{
    Vault,
    error::VerifyError,
    key::{CredentialFormat, Environment, KeyOrigin, Permission},
    mint,
    store::CredentialRecord,
};

/// A credential as it was presented.
pub struct Presented {
    /// The user name of Basic authentication; `None` for a bearer key.
    pub client_id: Option<String>,
    /// The key.
    pub key: Secret<String>,
}

impl Presented {
    /// A bearer key.
    pub fn bearer(key: impl Into<String>) -> Self {
        Self {
            client_id: None,
            key: Secret::new(key.into()),
        }
    }
}

/// What the call is for. Leave out what is not known; then it is not checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Purpose {
    /// The tenant whose door it knocks at; a key of another one is an unknown key there.
    pub tenant: Option<TenantId>,
    /// The product that is called.
    pub product: Option<ProductId>,
    /// The environment that is called.
    pub environment: Option<Environment>,
    /// Where the call comes from. A key with address ranges is refused when this is not known.
    pub client: Option<IpAddr>,
    /// Only look: neither the rate limit nor the last-used time are touched.
    pub dry_run: bool,
}

/// An accepted key: what a gateway needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The tenant.
    pub tenant: TenantId,
    /// The key.
    pub key: KeyId,
    /// The first key of its chain of rotations: what usage is counted by (VAULT-14).
    pub lineage: KeyId,
    /// Who it is for.
    pub origin: KeyOrigin,
    /// The customer; `None` for an operator key.
    pub customer: Option<CustomerId>,
    /// The active subscriptions that keep it alive.
    pub subscriptions: Vec<SubscriptionId>,
    /// The products it may call now.
    pub products: Vec<ProductId>,
    /// Sandbox or production.
    pub environment: Environment,
    /// What it may do at the console's own API.
    pub permissions: Vec<Permission>,
    /// When it stops by itself.
    pub expires_at: Option<Timestamp>,
    /// Its own rate limit, in calls a minute.
    pub rate_limit: Option<u32>,
    /// The products it was limited to when it was made; empty means no limit of its own.
    pub own_products: Vec<ProductId>,
    /// Where it may be used from; empty means anywhere.
    pub ip_ranges: Vec<IpNet>,
}

impl Vault {
    /// Whether a presented credential is accepted now. There is no cache: a key that was revoked, or whose
    /// subscription was cancelled, by any process, is refused from the moment of that commit (C4).
    pub async fn verify(&self, presented: &Presented, purpose: Purpose) -> Result<Verified, VerifyError> {
        let key = presented.key.expose();
        mint::parse(key).ok_or(VerifyError::Malformed)?;
        let hash = mint::hash(key);
        let record = self
            .credentials
            .find_credential(&hash)
            .await?
            .ok_or(VerifyError::Unknown)?;
        let now = self.clock.now();
        let verified = judge(&record, &hash, presented.client_id.as_deref(), purpose, now)?;
        if !purpose.dry_run {
            if let Some(per_minute) = verified.rate_limit {
                // By lineage: rotating a key must not double its limit.
                let taken = self
                    .limits
                    .take(verified.lineage, Quota::per_minute(per_minute), now);
                taken.map_err(|retry_after| VerifyError::RateLimited { retry_after })?;
            }
            self.uses.note(verified.key, now);
        }
        Ok(verified)
    }
}

/// The rules, in the order in which they are told apart: first whether the key is alive at all.
fn judge(
    record: &CredentialRecord,
    hash: &[u8; 32],
    client_id: Option<&str>,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Verified, VerifyError> {
    let key = &record.key;
    if !bool::from(key.hash.ct_eq(hash)) {
        return Err(VerifyError::Unknown);
    }
    if purpose.tenant.is_some_and(|tenant| tenant != key.tenant) {
        return Err(VerifyError::Unknown);
    }
    let fits = match (key.format, &key.client_id, client_id) {
        (CredentialFormat::Bearer, _, None) => true,
        (CredentialFormat::ClientCredentials, Some(own), Some(given)) => {
            bool::from(own.as_bytes().ct_eq(given.as_bytes()))
        }
        _ => false,
    };
    if !fits {
        return Err(VerifyError::WrongPresentation);
    }
    let status = key.status(now);
    if !status.is_live() {
        return Err(VerifyError::Dead(status.as_str()));
    }
    let alive_by_subscription = key.origin != KeyOrigin::Operator;
    if alive_by_subscription && record.subscriptions.is_empty() {
        return Err(VerifyError::NoSubscription);
    }
    if purpose
        .environment
        .is_some_and(|wanted| wanted != key.environment)
    {
        return Err(VerifyError::WrongEnvironment);
    }
    let products = if alive_by_subscription {
        let mut covered: Vec<ProductId> = record
            .subscriptions
            .iter()
            .flat_map(|s| s.products.clone())
            .collect();
        covered.sort_unstable();
        covered.dedup();
        covered.retain(|p| key.products.is_empty() || key.products.contains(p));
        covered
    } else {
        key.products.clone()
    };
    if let Some(wanted) = purpose.product {
        let everything = !alive_by_subscription && key.products.is_empty();
        if !everything && !products.contains(&wanted) {
            return Err(VerifyError::ProductNotCovered);
        }
    }
    if !key.ip_ranges.is_empty() {
        let client = purpose.client.map(|ip| ip.to_canonical()); // ::ffff:192.0.2.1 is 192.0.2.1
        if !client.is_some_and(|ip| key.ip_ranges.iter().any(|range| range.contains(&ip))) {
            return Err(VerifyError::AddressNotAllowed);
        }
    }
    Ok(Verified {
        tenant: key.tenant,
        key: key.id,
        lineage: key.lineage,
        origin: key.origin,
        customer: key.customer,
        subscriptions: record.subscriptions.iter().map(|s| s.id).collect(),
        products,
        environment: key.environment,
        permissions: key.permissions.clone(),
        expires_at: [key.expires_at, key.grace_until].into_iter().flatten().min(),
        rate_limit: key.rate_limit,
        own_products: key.products.clone(),
        ip_ranges: key.ip_ranges.clone(),
    })
}
