//! The playground's twin: a key of a subscription that the system makes, seals to one origin, and never shows
//! to anyone (C1). It dies with its subscription like every key.

use std::time::Duration;

use aforo_core::{
    KeyId, ProductId, Secret, SubscriptionId, TenantScope,
    domain::subscription::{Subscription, SubscriptionStatus},
    kernel::audit::{Actor, AuditEntry},
};

use crate::{
    Vault,
    error::VaultError,
    key::{ApiKey, CredentialFormat, Environment, KeyOrigin},
    mint,
    seal::{self, PURPOSE_INJECT, SealContext},
    store::VaultTx,
};

/// A twin is replaced after this long (security design 2.1).
pub const TWIN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a twin is wanted for. It is written to the audit log before the twin is opened.
#[derive(Clone, Debug)]
pub struct TwinUse {
    /// The subscription on whose behalf the call is made.
    pub subscription: SubscriptionId,
    /// Sandbox or production.
    pub environment: Environment,
    /// The product that is called.
    pub product: ProductId,
    /// The product's approved origin: the only server that may receive the credential.
    pub origin: String,
    /// The operation that is called, for the audit log.
    pub operation: String,
}

impl Vault {
    /// Opens the playground twin of a subscription, making one first if there is none or it is too old or was
    /// sealed to another origin. An audit entry that says who opened it for what is committed before anything
    /// is opened.
    pub async fn open_twin(
        &self,
        scope: TenantScope,
        actor: Actor,
        wanted: &TwinUse,
    ) -> Result<Secret<String>, VaultError> {
        let now = self.clock.now();
        let integration = wanted.product.to_string();
        let mut tx = self.store.begin().await?;
        let live = tx
            .keys(scope)
            .twin(wanted.subscription, wanted.environment, &integration)
            .await?
            .filter(|(key, sealed)| {
                key.status(now).is_live()
                    && sealed.context.origin == wanted.origin
            });
        let (key, sealed, fresh) = match live {
            Some((key, sealed)) => {
                // The key row says it is alive; its subscription must, too.
                self.live_subscription(&mut *tx, scope, wanted, false).await?;
                (key, sealed, None)
            }
            None => {
                let subscription = self.live_subscription(&mut *tx, scope, wanted, true).await?;
                let (key, plain) = self.twin_key(&subscription, wanted);
                let stale = tx
                    .keys(scope)
                    .twin(wanted.subscription, wanted.environment, &integration)
                    .await?;
                if let Some((old, _)) = stale {
                    tx.keys(scope).revoke(old.id, now).await?;
                }
                let context = context_of(&key, wanted);
                let sealed = seal::seal(context, &plain, &*self.keks, &*self.entropy)?;
                tx.keys(scope).insert(&key).await?;
                tx.keys(scope).bind(key.id, wanted.subscription).await?;
                tx.keys(scope).insert_sealed(&sealed).await?;
                let entry = AuditEntry::new(scope, Actor::System, "twin.created", now, &*self.entropy)
                    .target(key.id)
                    .detail("subscription", wanted.subscription)
                    .detail("environment", wanted.environment)
                    .detail("origin", &wanted.origin);
                tx.audit(scope).append(&entry).await?;
                (key, sealed, Some(plain))
            }
        };
        let entry = AuditEntry::new(scope, actor, "twin.opened", now, &*self.entropy)
            .target(key.id)
            .detail("subscription", wanted.subscription)
            .detail("environment", wanted.environment)
            .detail("operation", &wanted.operation)
            .detail("origin", &wanted.origin);
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;
        match fresh {
            Some(plain) => Ok(plain),
            // What the caller wants decides what it opens as, not what the row says of itself.
            None => Ok(seal::open(&sealed, &context_of(&key, wanted), &*self.keks)?),
        }
    }

    async fn live_subscription(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        wanted: &TwinUse,
        lock: bool,
    ) -> Result<Subscription, VaultError> {
        let id = wanted.subscription;
        let mut repository = tx.subscriptions(scope);
        let found = if lock {
            repository.lock(id).await?
        } else {
            repository.find(id).await?
        };
        let found = found.ok_or(VaultError::SubscriptionNotFound(id))?;
        if found.status != SubscriptionStatus::Active || !found.products.contains(&wanted.product) {
            return Err(VaultError::SubscriptionNotActive(id));
        }
        Ok(found)
    }

    fn twin_key(&self, subscription: &Subscription, wanted: &TwinUse) -> (ApiKey, Secret<String>) {
        let now = self.clock.now();
        let plain = mint::mint(wanted.environment, &*self.entropy);
        let id = KeyId::new(now, &*self.entropy);
        let key = ApiKey {
            id,
            tenant: subscription.tenant,
            customer: Some(subscription.customer),
            created_by: None,
            origin: KeyOrigin::Playground,
            format: CredentialFormat::Bearer,
            client_id: None,
            environment: wanted.environment,
            name: "Playground".to_owned(),
            hash: mint::hash(plain.expose()),
            // No part of a twin is shown, not even its last characters.
            hint: String::new(),
            lineage: id,
            successor: None,
            products: vec![wanted.product],
            ip_ranges: Vec::new(),
            rate_limit: None,
            permissions: Vec::new(),
            created_at: now,
            expires_at: Some(now + TWIN_LIFETIME),
            grace_until: None,
            revoked_at: None,
            last_used_at: None,
        };
        (key, plain)
    }
}

fn context_of(key: &ApiKey, wanted: &TwinUse) -> SealContext {
    SealContext {
        purpose: PURPOSE_INJECT.to_owned(),
        tenant: key.tenant,
        key: key.id,
        subscription: wanted.subscription,
        environment: wanted.environment,
        integration: wanted.product.to_string(),
        origin: wanted.origin.clone(),
    }
}
