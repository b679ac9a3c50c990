//! Keys, what they are bound to, and their sealed copies.

use aforo_core::{KeyId, Page, PageRequest, StoreError, SubscriptionId, Timestamp};
use aforo_vault::{
    key::{ApiKey, Environment, KeyOrigin},
    seal::{PURPOSE_INJECT, SealedCredential},
    store::{KeyFilter, KeyRepository},
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

impl Scoped<'_> {
    fn covers_key(&self, key: &ApiKey) -> bool {
        self.scope.covers(key.tenant, key.customer)
    }
    /// The key whose owner is in the scope and is the subscription's owner, too.
    fn covered_pair(&self, key: KeyId, subscription: SubscriptionId) -> bool {
        let key = self.data.keys.rows().get(&key);
        let subscription = self.data.subscriptions.rows().get(&subscription);
        key.zip(subscription).is_some_and(|(key, subscription)| {
            self.covers_key(key)
                && key.tenant == subscription.tenant
                && key.customer == Some(subscription.customer)
        })
    }
    fn live_bindings(&self, id: KeyId) -> Vec<SubscriptionId> {
        let bindings = self.data.bindings.rows().iter();
        bindings
            .filter(|((key, _), ended)| *key == id && ended.is_none())
            .map(|((_, subscription), _)| *subscription)
            .collect()
    }
}

#[async_trait]
impl KeyRepository for Scoped<'_> {
    async fn insert(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        within(self.scope, key.tenant, key.customer)?;
        let mut keys = self.data.keys.rows().values();
        if key.client_id.is_some() && keys.any(|k| k.tenant == key.tenant && k.client_id == key.client_id) {
            return Err(conflict("this client id is taken"));
        }
        self.data.key_by_hash.insert(key.hash, key.id)?;
        self.data.keys.insert(key.id, key.clone())
    }
    async fn bind(&mut self, key: KeyId, subscription: SubscriptionId) -> Result<(), StoreError> {
        if !self.covered_pair(key, subscription) {
            return Err(conflict(
                "the scope has no such key and subscription of one customer",
            ));
        }
        self.data
            .bindings
            .rows_mut()
            .entry((key, subscription))
            .or_insert(None);
        Ok(())
    }
    async fn find(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        let shown = |k: &ApiKey| self.covers_key(k) && k.origin != KeyOrigin::Playground;
        Ok(self.data.keys.find(id, shown))
    }
    /// Writers take turns, so nothing needs to be held.
    async fn lock(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        self.find(id).await
    }
    async fn list(
        &mut self,
        filter: KeyFilter,
        page: PageRequest<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, StoreError> {
        let bindings = self.data.bindings.rows();
        Ok(self.data.keys.page(page, |k| {
            self.covers_key(k)
                && k.origin != KeyOrigin::Playground
                && filter
                    .subscription
                    .is_none_or(|s| bindings.contains_key(&(k.id, s)))
                && (!filter.unrevoked_only || k.revoked_at.is_none())
                && filter.environment.is_none_or(|e| k.environment == e)
        }))
    }
    async fn bindings(&mut self, id: KeyId) -> Result<Vec<SubscriptionId>, StoreError> {
        let covered = self.data.keys.rows().get(&id).is_some_and(|k| self.covers_key(k));
        Ok(if covered {
            self.live_bindings(id)
        } else {
            Vec::new()
        })
    }
    async fn unrevoked_in_lineage(&mut self, lineage: KeyId) -> Result<Vec<ApiKey>, StoreError> {
        let keys = self.data.keys.rows().values();
        let wanted = |k: &&ApiKey| self.covers_key(k) && k.lineage == lineage && k.revoked_at.is_none();
        Ok(keys.filter(wanted).cloned().collect())
    }
    async fn begin_grace(
        &mut self,
        id: KeyId,
        until: Timestamp,
        successor: KeyId,
    ) -> Result<bool, StoreError> {
        let scope = self.scope;
        let active = |k: &ApiKey| {
            scope.covers(k.tenant, k.customer) && k.revoked_at.is_none() && k.grace_until.is_none()
        };
        let Some(key) = self.data.keys.find_mut(id, active) else {
            return Ok(false);
        };
        key.grace_until = Some(until);
        key.successor = Some(successor);
        Ok(true)
    }
    async fn revoke(&mut self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let scope = self.scope;
        let unrevoked = |k: &ApiKey| scope.covers(k.tenant, k.customer) && k.revoked_at.is_none();
        let Some(key) = self.data.keys.find_mut(id, unrevoked) else {
            return Ok(false);
        };
        key.revoked_at = Some(at);
        self.data.sealed.rows_mut().remove(&id);
        Ok(true)
    }
    async fn end_bindings_to(
        &mut self,
        subscription: SubscriptionId,
        at: Timestamp,
    ) -> Result<Vec<(KeyId, KeyOrigin)>, StoreError> {
        let bound: Vec<KeyId> = self
            .data
            .bindings
            .rows()
            .iter()
            .filter(|((key, bound_to), ended)| {
                *bound_to == subscription && ended.is_none() && self.covered_pair(*key, subscription)
            })
            .map(|((key, _), _)| *key)
            .collect();
        let mut dead = Vec::new();
        for id in bound {
            self.data.bindings.rows_mut().insert((id, subscription), Some(at));
            let origin = self.data.keys.rows().get(&id).map(|k| k.origin);
            if let Some(origin) = origin
                && self.live_bindings(id).is_empty()
                && self.revoke(id, at).await?
            {
                dead.push((id, origin));
            }
        }
        Ok(dead)
    }
    async fn twin(
        &mut self,
        subscription: SubscriptionId,
        environment: Environment,
        integration: &str,
    ) -> Result<Option<(ApiKey, SealedCredential)>, StoreError> {
        let found = self.data.sealed.rows().values().find_map(|sealed| {
            let context = &sealed.context;
            let wanted = context.subscription == subscription
                && context.environment == environment
                && context.integration == integration
                && context.purpose == PURPOSE_INJECT;
            let key = self.data.keys.rows().get(&context.key).filter(|k| {
                wanted && self.covers_key(k) && k.origin == KeyOrigin::Playground && k.revoked_at.is_none()
            })?;
            Some((key.clone(), sealed.clone()))
        });
        Ok(found)
    }
    async fn revoke_twins_for(&mut self, integration: &str, at: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let sealed = self.data.sealed.rows().values();
        let mut wanted: Vec<KeyId> = sealed
            .filter(|s| s.context.integration == integration && s.context.purpose == PURPOSE_INJECT)
            .map(|s| s.context.key)
            .collect();
        wanted.sort_unstable();
        let mut revoked = Vec::new();
        for id in wanted {
            if self.revoke(id, at).await? {
                revoked.push(id);
            }
        }
        Ok(revoked)
    }
    async fn insert_sealed(&mut self, sealed: &SealedCredential) -> Result<(), StoreError> {
        let context = &sealed.context;
        if context.tenant != self.scope.tenant() || !self.covered_pair(context.key, context.subscription) {
            return Err(conflict(
                "the scope has no such key and subscription of one customer",
            ));
        }
        let taken = self.data.sealed.rows().values().any(|other| {
            let other = &other.context;
            other.subscription == context.subscription
                && other.environment == context.environment
                && other.integration == context.integration
                && other.purpose == context.purpose
        });
        if taken {
            return Err(conflict("this subscription has such a sealed credential"));
        }
        self.data.sealed.insert(context.key, sealed.clone())
    }
}
