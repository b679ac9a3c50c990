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
    seal::{self, PURPOSE_INJECT, SealContext, SealedCredential},
    store::VaultTx,
};

/// A twin is replaced after this long (security design 2.1).
pub const TWIN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A twin with less than this left is replaced: the call it is opened for takes a while, too.
const TWIN_MARGIN: Duration = Duration::from_secs(60);

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
    /// is opened. A twin that does not open (its key encryption key is gone, or its row was touched) is replaced.
    pub async fn open_twin(
        &self,
        scope: TenantScope,
        actor: Actor,
        wanted: &TwinUse,
    ) -> Result<Secret<String>, VaultError> {
        match self.open_or_make(scope, actor, wanted, false).await {
            Err(VaultError::Seal(error)) => {
                tracing::warn!(subscription = %wanted.subscription, %error, "a playground twin does not open; it is replaced");
                self.open_or_make(scope, actor, wanted, true).await
            }
            other => other,
        }
    }

    async fn open_or_make(
        &self,
        scope: TenantScope,
        actor: Actor,
        wanted: &TwinUse,
        replace: bool,
    ) -> Result<Secret<String>, VaultError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut found = self.usable_twin(&mut *tx, scope, wanted, replace).await?;
        let mut fresh = None;
        // The key row says it is alive; its subscription must, too.
        let subscription = self
            .live_subscription(&mut *tx, scope, wanted, found.is_none())
            .await?;
        if found.is_none() {
            // Another call may have made one while this one waited for the subscription.
            found = self.usable_twin(&mut *tx, scope, wanted, replace).await?;
        }
        let (key, sealed) = match found {
            Some(found) => found,
            None => {
                let (key, sealed, plain) = self.make_twin(&mut *tx, scope, &subscription, wanted).await?;
                fresh = Some(plain);
                (key, sealed)
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

    /// The twin that is there, if it is alive, has a minute left, and is sealed to the wanted origin.
    async fn usable_twin(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        wanted: &TwinUse,
        replace: bool,
    ) -> Result<Option<(ApiKey, SealedCredential)>, VaultError> {
        if replace {
            return Ok(None);
        }
        let soon = self.clock.now() + TWIN_MARGIN;
        let integration = wanted.product.to_string();
        let found = tx
            .keys(scope)
            .twin(wanted.subscription, wanted.environment, &integration)
            .await?;
        Ok(
            found
                .filter(|(key, sealed)| key.status(soon).is_live() && sealed.context.origin == wanted.origin),
        )
    }

    async fn make_twin(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        subscription: &Subscription,
        wanted: &TwinUse,
    ) -> Result<(ApiKey, SealedCredential, Secret<String>), VaultError> {
        let now = self.clock.now();
        let integration = wanted.product.to_string();
        let stale = tx
            .keys(scope)
            .twin(wanted.subscription, wanted.environment, &integration)
            .await?;
        if let Some((old, _)) = stale
            && tx.keys(scope).revoke(old.id, now).await?
        {
            let entry =
                AuditEntry::new(scope, Actor::System, "twin.revoked", now, &*self.entropy).target(old.id);
            tx.audit(scope).append(&entry).await?;
        }
        let (key, plain) = self.twin_key(subscription, wanted);
        let sealed = seal::seal(context_of(&key, wanted), &plain, &*self.keks, &*self.entropy)?;
        tx.keys(scope).insert(&key).await?;
        tx.keys(scope).bind(key.id, wanted.subscription).await?;
        tx.keys(scope).insert_sealed(&sealed).await?;
        let entry = AuditEntry::new(scope, Actor::System, "twin.created", now, &*self.entropy)
            .target(key.id)
            .detail("subscription", wanted.subscription)
            .detail("environment", wanted.environment)
            .detail("origin", &wanted.origin);
        tx.audit(scope).append(&entry).await?;
        Ok((key, sealed, plain))
    }

    /// Revokes every twin of a product, in the caller's transaction: when its calls go to another server from now
    /// on, what the old one has seen must not work any more. Returns how many.
    pub async fn revoke_twins_in(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
    ) -> Result<usize, VaultError> {
        let now = self.clock.now();
        let revoked = tx.keys(scope).revoke_twins_for(&product.to_string(), now).await?;
        for id in &revoked {
            let entry = AuditEntry::new(scope, actor, "twin.revoked", now, &*self.entropy)
                .target(id)
                .detail("reason", "the product's upstream was changed");
            tx.audit(scope).append(&entry).await?;
        }
        Ok(revoked.len())
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
