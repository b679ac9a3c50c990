//! The vault: create, rotate, revoke, and cancel a subscription with its keys (VAULT-7, 11, 12, 13, 15).

use std::sync::Arc;

use aforo_core::{
    Clock, CustomerId, Entropy, KeyId, Page, PageRequest, ProductId, Secret, Store, SubscriptionId,
    TenantScope, Timestamp, UserId,
    domain::subscription::{Subscription, SubscriptionFilter, SubscriptionStatus},
    kernel::{
        audit::{Actor, AuditEntry},
        rate::RateLimiter,
    },
};
use ipnet::IpNet;

use crate::{
    error::VaultError,
    kek::KeyEncryptionKeys,
    key::{ApiKey, CredentialFormat, Environment, KeyOrigin, KeyStatus, Permission, ROTATION_GRACE},
    mint, seal,
    store::{CredentialStore, KeyFilter, VaultTx},
    usage::Uses,
};

/// Keeps API keys. Cheap to share behind an `Arc`; holds no state that correctness needs.
pub struct Vault {
    pub(crate) store: Arc<dyn Store<dyn VaultTx>>,
    pub(crate) credentials: Arc<dyn CredentialStore>,
    pub(crate) keks: Arc<dyn KeyEncryptionKeys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) limits: RateLimiter<KeyId>,
    pub(crate) uses: Uses,
}

/// Settings of a new key.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Sandbox or production.
    pub environment: Environment,
    /// How it will be presented.
    pub format: CredentialFormat,
    /// Who makes it.
    pub created_by: Option<UserId>,
    /// Who it is for, and what it lives by.
    pub owner: KeyOwner,
    /// The products it may call; empty means all that its subscriptions cover.
    pub products: Vec<ProductId>,
    /// Where it may be used from; empty means anywhere.
    pub ip_ranges: Vec<IpNet>,
    /// Calls a minute.
    pub rate_limit: Option<u32>,
    /// When it stops by itself.
    pub expires_at: Option<Timestamp>,
    /// What it may do at the console's own API.
    pub permissions: Vec<Permission>,
}

/// Who a new key is for.
#[derive(Clone, Debug)]
pub enum KeyOwner {
    /// A customer's key. It lives as long as one of these subscriptions; none given means the customer's newest
    /// active one that covers the wanted products.
    Customer {
        /// The customer.
        customer: CustomerId,
        /// What it lives by.
        subscriptions: Vec<SubscriptionId>,
    },
    /// An operator key of the tenant.
    Operator,
}

/// A key that was just made. The secret exists here and nowhere else: show it once and drop it (VAULT-5).
pub struct CreatedKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key itself.
    pub secret: Secret<String>,
    /// The subscriptions it is bound to.
    pub subscriptions: Vec<SubscriptionId>,
}

/// A rotation: the successor, and what it replaces.
pub struct RotatedKey {
    /// The successor with its secret.
    pub created: CreatedKey,
    /// The predecessor, now in grace.
    pub predecessor: ApiKey,
}

/// A cancelled subscription, and the keys that died with it.
#[derive(Clone, Debug)]
pub struct CancelledSubscription {
    /// The subscription.
    pub id: SubscriptionId,
    /// The customer's keys that died. Playground twins died, too, and are not listed.
    pub keys: Vec<KeyId>,
}

impl Vault {
    /// A vault over a store.
    pub fn new(
        store: Arc<dyn Store<dyn VaultTx>>,
        credentials: Arc<dyn CredentialStore>,
        keks: Arc<dyn KeyEncryptionKeys>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            credentials,
            keks,
            clock,
            entropy,
            limits: RateLimiter::default(),
            uses: Uses::default(),
        }
    }

    /// Makes a key, and binds it in the same transaction.
    pub async fn create(
        &self,
        scope: TenantScope,
        actor: Actor,
        new: NewKey,
    ) -> Result<CreatedKey, VaultError> {
        let mut tx = self.store.begin().await?;
        let created = self.create_in(&mut *tx, scope, actor, new).await?;
        tx.commit().await?;
        Ok(created)
    }

    /// As [`create`](Self::create), in the caller's transaction.
    pub async fn create_in(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        actor: Actor,
        new: NewKey,
    ) -> Result<CreatedKey, VaultError> {
        let now = self.clock.now();
        let name = valid_settings(&new, now)?;
        let (customer, origin, subscriptions) = match &new.owner {
            KeyOwner::Operator => (None, KeyOrigin::Operator, Vec::new()),
            KeyOwner::Customer {
                customer,
                subscriptions,
            } => {
                let own = TenantScope::of_customer(scope.tenant(), *customer);
                let bound = bind_to(tx, own, subscriptions, &new.products).await?;
                (Some(*customer), KeyOrigin::Customer, bound)
            }
        };
        let secret = mint::mint(new.environment, &*self.entropy);
        let id = KeyId::new(now, &*self.entropy);
        let key = ApiKey {
            id,
            tenant: scope.tenant(),
            customer,
            created_by: new.created_by,
            origin,
            format: new.format,
            client_id: (new.format == CredentialFormat::ClientCredentials)
                .then(|| mint::mint_client_id(&*self.entropy)),
            environment: new.environment,
            name,
            hash: mint::hash(secret.expose()),
            hint: hint(&secret),
            lineage: id,
            successor: None,
            products: new.products,
            ip_ranges: new.ip_ranges,
            rate_limit: new.rate_limit,
            permissions: new.permissions,
            created_at: now,
            expires_at: new.expires_at,
            grace_until: None,
            revoked_at: None,
            last_used_at: None,
        };
        self.insert(tx, scope, &key, &subscriptions).await?;
        let entry = AuditEntry::new(scope, actor, "key.created", now, &*self.entropy)
            .target(key.id)
            .detail("environment", key.environment)
            .detail("origin", key.origin)
            .detail("name", &key.name);
        tx.audit(scope).append(&entry).await?;
        Ok(CreatedKey {
            key,
            secret,
            subscriptions,
        })
    }

    /// Replaces a key: its successor inherits everything, and both work for 300 seconds (VAULT-13). At most two
    /// keys of a lineage live: rotating a successor during the grace ends its predecessor at once (C3).
    pub async fn rotate(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: KeyId,
    ) -> Result<RotatedKey, VaultError> {
        let mut tx = self.store.begin().await?;
        let rotated = self.rotate_in(&mut *tx, scope, actor, id).await?;
        tx.commit().await?;
        Ok(rotated)
    }

    /// As [`rotate`](Self::rotate), in the caller's transaction.
    pub async fn rotate_in(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        actor: Actor,
        id: KeyId,
    ) -> Result<RotatedKey, VaultError> {
        let now = self.clock.now();
        // Subscriptions first, then the key, as a cancellation does: one order of locks, no deadlock.
        let bound = tx.keys(scope).bindings(id).await?;
        for subscription in &bound {
            let live = tx.subscriptions(scope).lock(*subscription).await?;
            if live.is_none_or(|s| s.status != SubscriptionStatus::Active) {
                return Err(VaultError::SubscriptionNotActive(*subscription));
            }
        }
        // And within a lineage the older key first.
        let found = tx
            .keys(scope)
            .find(id)
            .await?
            .ok_or(VaultError::KeyNotFound(id))?;
        let lineage = tx.keys(scope).unrevoked_in_lineage(found.lineage).await?;
        for earlier in lineage.iter().filter(|k| k.id < id) {
            tx.keys(scope).lock(earlier.id).await?;
        }
        let mut old = tx
            .keys(scope)
            .lock(id)
            .await?
            .ok_or(VaultError::KeyNotFound(id))?;
        match old.status(now) {
            KeyStatus::Active => {}
            KeyStatus::Grace { .. } => {
                return Err(VaultError::InGrace {
                    key: id,
                    successor: old.successor,
                });
            }
            KeyStatus::Expired | KeyStatus::Revoked => return Err(VaultError::NotActive(id)),
        }
        let lineage = tx.keys(scope).unrevoked_in_lineage(old.lineage).await?;
        for earlier in lineage {
            if earlier.id != id && tx.keys(scope).revoke(earlier.id, now).await? {
                let entry = AuditEntry::new(scope, actor, "key.revoked", now, &*self.entropy)
                    .target(earlier.id)
                    .detail("reason", "its successor was rotated");
                tx.audit(scope).append(&entry).await?;
            }
        }
        let secret = mint::mint(old.environment, &*self.entropy);
        let successor = ApiKey {
            id: KeyId::new(now, &*self.entropy),
            hash: mint::hash(secret.expose()),
            hint: hint(&secret),
            client_id: old
                .client_id
                .as_ref()
                .map(|_| mint::mint_client_id(&*self.entropy)),
            created_at: now,
            successor: None,
            last_used_at: None,
            ..old.clone()
        };
        let until = now + ROTATION_GRACE;
        if !tx.keys(scope).begin_grace(id, until, successor.id).await? {
            return Err(VaultError::NotActive(id));
        }
        old.grace_until = Some(until);
        old.successor = Some(successor.id);
        self.insert(tx, scope, &successor, &bound).await?;
        let entry = AuditEntry::new(scope, actor, "key.rotated", now, &*self.entropy)
            .target(id)
            .detail("successor", successor.id)
            .detail("grace_until", until.to_rfc3339());
        tx.audit(scope).append(&entry).await?;
        let created = CreatedKey {
            key: successor,
            secret,
            subscriptions: bound,
        };
        Ok(RotatedKey {
            created,
            predecessor: old,
        })
    }

    /// Revokes a key at once, without grace (VAULT-15). Revoking a dead key again is refused as not active.
    pub async fn revoke(&self, scope: TenantScope, actor: Actor, id: KeyId) -> Result<ApiKey, VaultError> {
        let mut tx = self.store.begin().await?;
        let revoked = self.revoke_in(&mut *tx, scope, actor, id).await?;
        tx.commit().await?;
        Ok(revoked)
    }

    /// As [`revoke`](Self::revoke), in the caller's transaction.
    pub async fn revoke_in(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        actor: Actor,
        id: KeyId,
    ) -> Result<ApiKey, VaultError> {
        let now = self.clock.now();
        let mut key = tx
            .keys(scope)
            .find(id)
            .await?
            .ok_or(VaultError::KeyNotFound(id))?;
        if !tx.keys(scope).revoke(id, now).await? {
            return Err(VaultError::NotActive(id));
        }
        key.revoked_at = Some(now);
        let entry = AuditEntry::new(scope, actor, "key.revoked", now, &*self.entropy).target(id);
        tx.audit(scope).append(&entry).await?;
        Ok(key)
    }

    /// Cancels a subscription. In the same transaction every key dies that no other subscription keeps alive
    /// (VAULT-7).
    pub async fn cancel_subscription(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: SubscriptionId,
    ) -> Result<CancelledSubscription, VaultError> {
        let mut tx = self.store.begin().await?;
        let cancelled = self.cancel_subscription_in(&mut *tx, scope, actor, id).await?;
        tx.commit().await?;
        Ok(cancelled)
    }

    /// As [`cancel_subscription`](Self::cancel_subscription), in the caller's transaction.
    pub async fn cancel_subscription_in(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        actor: Actor,
        id: SubscriptionId,
    ) -> Result<CancelledSubscription, VaultError> {
        let now = self.clock.now();
        if !tx.subscriptions(scope).cancel(id, now).await? {
            return Err(match tx.subscriptions(scope).find(id).await? {
                Some(_) => VaultError::SubscriptionNotActive(id),
                None => VaultError::SubscriptionNotFound(id),
            });
        }
        let dead = tx.keys(scope).end_bindings_to(id, now).await?;
        let keys: Vec<KeyId> = dead
            .iter()
            .filter(|(_, origin)| *origin != KeyOrigin::Playground)
            .map(|(key, _)| *key)
            .collect();
        let entry = AuditEntry::new(scope, actor, "subscription.cancelled", now, &*self.entropy)
            .target(id)
            .detail(
                "keys",
                keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            );
        tx.audit(scope).append(&entry).await?;
        Ok(CancelledSubscription { id, keys })
    }

    /// The key with this id, if the scope covers it.
    pub async fn find(&self, scope: TenantScope, id: KeyId) -> Result<ApiKey, VaultError> {
        let mut tx = self.store.read().await?;
        let key = tx
            .keys(scope)
            .find(id)
            .await?
            .ok_or(VaultError::KeyNotFound(id))?;
        Ok(self.with_recent_use(key))
    }

    /// The subscriptions to which a key is bound now.
    pub async fn bindings(&self, scope: TenantScope, id: KeyId) -> Result<Vec<SubscriptionId>, VaultError> {
        Ok(self.store.read().await?.keys(scope).bindings(id).await?)
    }

    /// Keys in id order.
    pub async fn list(
        &self,
        scope: TenantScope,
        filter: KeyFilter,
        page: PageRequest<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, VaultError> {
        let mut tx = self.store.read().await?;
        let mut page = tx.keys(scope).list(filter, page).await?;
        page.items = page
            .items
            .into_iter()
            .map(|key| self.with_recent_use(key))
            .collect();
        Ok(page)
    }

    /// Wraps up to `limit` data keys by the current key encryption key; returns how many it did. Call it until
    /// it returns 0, then the old key may be retired. The credentials themselves stay closed. A credential that
    /// does not unwrap is logged and left: its twin is replaced at its next use.
    pub async fn rewrap(&self, limit: u32) -> Result<usize, VaultError> {
        let mut done = 0;
        for sealed in self
            .credentials
            .wrapped_by_other(self.keks.current(), limit)
            .await?
        {
            let context = &sealed.context;
            let (kek_id, wrapped) = match seal::rewrap(&sealed, &*self.keks, &*self.entropy) {
                Ok(wrapped) => wrapped,
                Err(error) => {
                    tracing::warn!(key = %context.key, kek = %sealed.kek_id, %error, "a data key cannot be re-wrapped");
                    continue;
                }
            };
            let replaced =
                self.credentials
                    .rewrap(context.tenant, context.key, &sealed.kek_id, &kek_id, &wrapped);
            done += usize::from(replaced.await?);
        }
        Ok(done)
    }

    async fn insert(
        &self,
        tx: &mut dyn VaultTx,
        scope: TenantScope,
        key: &ApiKey,
        subscriptions: &[SubscriptionId],
    ) -> Result<(), VaultError> {
        tx.keys(scope).insert(key).await?;
        for subscription in subscriptions {
            tx.keys(scope).bind(key.id, *subscription).await?;
        }
        Ok(())
    }

    fn with_recent_use(&self, mut key: ApiKey) -> ApiKey {
        key.last_used_at = key.last_used_at.max(self.uses.of(key.id));
        key
    }
}

/// Locks the subscriptions a new key shall live by, and checks that they are active and cover its products.
async fn bind_to(
    tx: &mut dyn VaultTx,
    scope: TenantScope,
    wanted: &[SubscriptionId],
    products: &[ProductId],
) -> Result<Vec<SubscriptionId>, VaultError> {
    let mut ids = wanted.to_vec();
    if ids.is_empty() {
        let newest = newest_subscription(tx, scope, products)
            .await?
            .ok_or(VaultError::NoSubscription)?;
        ids.push(newest.id);
    }
    ids.sort_unstable(); // one order of locks, no deadlock
    ids.dedup();
    let mut covered = Vec::new();
    for id in &ids {
        let locked = tx.subscriptions(scope).lock(*id).await?;
        let subscription = locked.ok_or(VaultError::SubscriptionNotFound(*id))?;
        if subscription.status != SubscriptionStatus::Active {
            return Err(VaultError::SubscriptionNotActive(*id));
        }
        covered.extend(subscription.products);
    }
    if let Some(outside) = products.iter().find(|p| !covered.contains(p)) {
        let reason = format!("{outside} is not covered by the subscription");
        return Err(VaultError::Invalid {
            field: "productIds",
            reason,
        });
    }
    Ok(ids)
}

/// The customer's newest active subscription that covers all of `products`. Those that came with a sign-up
/// began at the same moment: of these, the one to the oldest plan.
async fn newest_subscription(
    tx: &mut dyn VaultTx,
    scope: TenantScope,
    products: &[ProductId],
) -> Result<Option<Subscription>, VaultError> {
    let filter = SubscriptionFilter {
        active_only: true,
        product: products.first().copied(),
    };
    let rank = |s: &Subscription| (s.created_at, std::cmp::Reverse(s.plan));
    let (mut newest, mut after) = (None, None);
    loop {
        let page = tx
            .subscriptions(scope)
            .list(filter, PageRequest { after, limit: 200 })
            .await?;
        let fitting = page
            .items
            .into_iter()
            .filter(|s| products.iter().all(|p| s.products.contains(p)));
        newest = fitting.chain(newest).max_by_key(rank);
        after = page.next;
        if after.is_none() {
            return Ok(newest);
        }
    }
}

fn hint(secret: &Secret<String>) -> String {
    secret.expose()[mint::KEY_LENGTH - 4..].to_owned()
}

fn valid_settings(new: &NewKey, now: Timestamp) -> Result<String, VaultError> {
    let invalid = |field, reason: &str| {
        Err(VaultError::Invalid {
            field,
            reason: reason.to_owned(),
        })
    };
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return invalid("name", "Enter a name of 1 to 100 characters.");
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return invalid("expiresAt", "The end must be in the future.");
    }
    if new.rate_limit == Some(0) {
        return invalid("rateLimit", "The limit must be at least 1 call a minute.");
    }
    if new.ip_ranges.len() > 100 {
        return invalid("ipRanges", "At most 100 ranges.");
    }
    if new.products.len() > 100 {
        return invalid("productIds", "At most 100 products.");
    }
    if matches!(&new.owner, KeyOwner::Customer { subscriptions, .. } if subscriptions.len() > 20) {
        return invalid("subscriptionIds", "At most 20 subscriptions.");
    }
    Ok(name.to_owned())
}
