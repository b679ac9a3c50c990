//! A store that the user of the vault wrote. A transaction works on a copy and swaps it in when it commits; a
//! database does the same with its own transactions.

use std::{collections::BTreeMap, sync::Arc};

use aforo_core::{
    AuditId, KeyId, Page, PageRequest, Store, StoreError, StoreErrorKind, SubscriptionId, TenantId,
    TenantScope, Timestamp, Transaction,
    domain::{
        store::SubscriptionTx,
        subscription::{Subscription, SubscriptionFilter, SubscriptionRepository, SubscriptionStatus},
    },
    kernel::audit::{AuditEntry, AuditRepository, Seal},
};
use aforo_vault::{
    key::{ApiKey, Environment, KeyOrigin},
    seal::SealedCredential,
    store::{CredentialRecord, CredentialStore, KeyFilter, KeyRepository, VaultTx},
};
use async_trait::async_trait;
use tokio::sync::{Mutex, OwnedMutexGuard};

#[derive(Clone, Default)]
struct Data {
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    keys: BTreeMap<KeyId, ApiKey>,
    /// Key and subscription, and whether the binding is live.
    bindings: BTreeMap<(KeyId, SubscriptionId), bool>,
    sealed: BTreeMap<KeyId, SealedCredential>,
    audit: BTreeMap<AuditId, AuditEntry>,
    seals: BTreeMap<i64, Seal>,
}

/// The store.
#[derive(Default)]
pub(crate) struct OwnStore(Arc<Mutex<Data>>);

/// A transaction: a copy, and the lock on the original.
struct OwnTx {
    copy: Data,
    original: OwnedMutexGuard<Data>,
}

#[async_trait]
impl Store<dyn VaultTx> for OwnStore {
    async fn begin(&self) -> Result<Box<dyn VaultTx>, StoreError> {
        let original = self.0.clone().lock_owned().await;
        Ok(Box::new(OwnTx {
            copy: original.clone(),
            original,
        }))
    }
    async fn read(&self) -> Result<Box<dyn VaultTx>, StoreError> {
        Store::<dyn VaultTx>::begin(self).await
    }
}

#[async_trait]
impl Transaction for OwnTx {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        *self.original = self.copy;
        Ok(())
    }
}

impl SubscriptionTx for OwnTx {
    fn subscriptions(&mut self, scope: TenantScope) -> Box<dyn SubscriptionRepository + '_> {
        Box::new(Rows {
            data: &mut self.copy,
            scope,
        })
    }
    fn audit(&mut self, scope: TenantScope) -> Box<dyn AuditRepository + '_> {
        Box::new(Rows {
            data: &mut self.copy,
            scope,
        })
    }
}

impl VaultTx for OwnTx {
    fn keys(&mut self, scope: TenantScope) -> Box<dyn KeyRepository + '_> {
        Box::new(Rows {
            data: &mut self.copy,
            scope,
        })
    }
}

/// What one scope sees of the data.
struct Rows<'t> {
    data: &'t mut Data,
    scope: TenantScope,
}

fn conflict(what: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, what)
}

#[async_trait]
impl SubscriptionRepository for Rows<'_> {
    async fn insert(&mut self, subscription: &Subscription) -> Result<(), StoreError> {
        self.data
            .subscriptions
            .insert(subscription.id, subscription.clone());
        Ok(())
    }
    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let found = self.data.subscriptions.get(&id);
        Ok(found
            .filter(|s| self.scope.covers(s.tenant, Some(s.customer)))
            .cloned())
    }
    async fn lock(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        SubscriptionRepository::find(self, id).await // one transaction at a time: everything is locked
    }
    async fn list(
        &mut self,
        filter: SubscriptionFilter,
        page: PageRequest<SubscriptionId>,
    ) -> Result<Page<Subscription, SubscriptionId>, StoreError> {
        let rows = self.data.subscriptions.values().filter(|s| {
            self.scope.covers(s.tenant, Some(s.customer))
                && page.after.is_none_or(|after| s.id > after)
                && (!filter.active_only || s.status == SubscriptionStatus::Active)
                && filter.product.is_none_or(|product| s.products.contains(&product))
        });
        let rows = rows.take(page.limit as usize + 1).cloned().collect();
        Ok(Page::from_rows(rows, page.limit, |s| s.id))
    }
    async fn cancel(&mut self, id: SubscriptionId, at: Timestamp) -> Result<bool, StoreError> {
        let scope = self.scope;
        let row = self.data.subscriptions.get_mut(&id);
        let active = row
            .filter(|s| scope.covers(s.tenant, Some(s.customer)) && s.status == SubscriptionStatus::Active);
        Ok(active
            .map(|s| (s.status, s.cancelled_at) = (SubscriptionStatus::Cancelled, Some(at)))
            .is_some())
    }
}

impl Rows<'_> {
    /// A key that the scope covers.
    fn key(&mut self, id: KeyId) -> Option<&mut ApiKey> {
        let scope = self.scope;
        self.data
            .keys
            .get_mut(&id)
            .filter(|k| scope.covers(k.tenant, k.customer))
    }
}

#[async_trait]
impl KeyRepository for Rows<'_> {
    async fn insert(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        if self.data.keys.values().any(|k| k.hash == key.hash) {
            return Err(conflict("a key with this hash exists"));
        }
        self.data.keys.insert(key.id, key.clone());
        Ok(())
    }
    async fn bind(&mut self, key: KeyId, subscription: SubscriptionId) -> Result<(), StoreError> {
        self.data.bindings.entry((key, subscription)).or_insert(true);
        Ok(())
    }
    async fn find(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        Ok(self
            .key(id)
            .filter(|k| k.origin != KeyOrigin::Playground)
            .cloned())
    }
    async fn lock(&mut self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        KeyRepository::find(self, id).await
    }
    async fn list(
        &mut self,
        filter: KeyFilter,
        page: PageRequest<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, StoreError> {
        let rows = self.data.keys.values().filter(|k| {
            self.scope.covers(k.tenant, k.customer)
                && k.origin != KeyOrigin::Playground
                && page.after.is_none_or(|after| k.id > after)
                && (!filter.unrevoked_only || k.revoked_at.is_none())
                && filter.environment.is_none_or(|e| k.environment == e)
                && filter
                    .subscription
                    .is_none_or(|s| self.data.bindings.contains_key(&(k.id, s)))
        });
        let rows = rows.take(page.limit as usize + 1).cloned().collect();
        Ok(Page::from_rows(rows, page.limit, |k| k.id))
    }
    async fn bindings(&mut self, id: KeyId) -> Result<Vec<SubscriptionId>, StoreError> {
        if self.key(id).is_none() {
            return Ok(Vec::new());
        }
        let live = self
            .data
            .bindings
            .iter()
            .filter(|((key, _), live)| *key == id && **live);
        Ok(live.map(|((_, subscription), _)| *subscription).collect())
    }
    async fn unrevoked_in_lineage(&mut self, lineage: KeyId) -> Result<Vec<ApiKey>, StoreError> {
        let scope = self.scope;
        let rows =
            self.data.keys.values().filter(|k| {
                k.lineage == lineage && k.revoked_at.is_none() && scope.covers(k.tenant, k.customer)
            });
        Ok(rows.cloned().collect())
    }
    async fn begin_grace(
        &mut self,
        id: KeyId,
        until: Timestamp,
        successor: KeyId,
    ) -> Result<bool, StoreError> {
        let key = self
            .key(id)
            .filter(|k| k.revoked_at.is_none() && k.grace_until.is_none());
        Ok(key
            .map(|k| (k.grace_until, k.successor) = (Some(until), Some(successor)))
            .is_some())
    }
    async fn revoke(&mut self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let revoked = self
            .key(id)
            .filter(|k| k.revoked_at.is_none())
            .map(|k| k.revoked_at = Some(at))
            .is_some();
        if revoked {
            self.data.sealed.remove(&id);
        }
        Ok(revoked)
    }
    async fn end_bindings_to(
        &mut self,
        subscription: SubscriptionId,
        at: Timestamp,
    ) -> Result<Vec<(KeyId, KeyOrigin)>, StoreError> {
        let ended: Vec<KeyId> = self
            .data
            .bindings
            .iter_mut()
            .filter(|((_, s), live)| *s == subscription && **live)
            .map(|((key, _), live)| {
                *live = false;
                *key
            })
            .collect();
        let mut dead = Vec::new();
        for id in ended {
            let kept = self
                .data
                .bindings
                .iter()
                .any(|((key, _), live)| *key == id && *live);
            if !kept && self.revoke(id, at).await? {
                dead.extend(self.data.keys.get(&id).map(|k| (id, k.origin)));
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
        let scope = self.scope;
        let sealed = self.data.sealed.values().find(|s| {
            let context = &s.context;
            (context.subscription, context.environment) == (subscription, environment)
                && context.integration == integration
        });
        Ok(sealed.and_then(|sealed| {
            let key = self.data.keys.get(&sealed.context.key)?;
            let live = key.revoked_at.is_none() && scope.covers(key.tenant, key.customer);
            live.then(|| (key.clone(), sealed.clone()))
        }))
    }
    async fn revoke_twins_for(&mut self, integration: &str, at: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let sealed = self.data.sealed.values();
        let wanted: Vec<KeyId> = sealed
            .filter(|s| s.context.integration == integration)
            .map(|s| s.context.key)
            .collect();
        let mut revoked = Vec::new();
        for id in wanted {
            if self.revoke(id, at).await? {
                revoked.push(id);
            }
        }
        Ok(revoked)
    }
    async fn insert_sealed(&mut self, sealed: &SealedCredential) -> Result<(), StoreError> {
        match self.data.sealed.insert(sealed.context.key, sealed.clone()) {
            None => Ok(()),
            Some(_) => Err(conflict("this key is sealed already")),
        }
    }
}

#[async_trait]
impl AuditRepository for Rows<'_> {
    async fn append(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.data.audit.insert(entry.id, entry.clone());
        Ok(())
    }
    async fn list(&mut self, page: PageRequest<AuditId>) -> Result<Page<AuditEntry, AuditId>, StoreError> {
        let rows = self
            .data
            .audit
            .values()
            .rev()
            .filter(|e| e.tenant == self.scope.tenant() && page.after.is_none_or(|after| e.id < after));
        let rows = rows.take(page.limit as usize + 1).cloned().collect();
        Ok(Page::from_rows(rows, page.limit, |e| e.id))
    }
    async fn unsealed(&mut self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let sealed = |id: AuditId| self.data.seals.values().any(|s| s.entry == id);
        let rows = self
            .data
            .audit
            .values()
            .filter(|e| e.tenant == self.scope.tenant() && !sealed(e.id));
        Ok(rows.take(limit as usize).cloned().collect())
    }
    async fn head(&mut self) -> Result<Option<Seal>, StoreError> {
        Ok(self.data.seals.values().next_back().cloned())
    }
    async fn seal(&mut self, seal: &Seal) -> Result<(), StoreError> {
        match self.data.seals.insert(seal.seq, seal.clone()) {
            None => Ok(()),
            Some(_) => Err(conflict("this place in the chain is taken")),
        }
    }
    async fn sealed_after(
        &mut self,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<(Seal, Option<AuditEntry>)>, StoreError> {
        let links = self.data.seals.range(seq + 1..).take(limit as usize);
        Ok(links
            .map(|(_, s)| (s.clone(), self.data.audit.get(&s.entry).cloned()))
            .collect())
    }
}

#[async_trait]
impl CredentialStore for OwnStore {
    async fn find_credential(&self, hash: &[u8; 32]) -> Result<Option<CredentialRecord>, StoreError> {
        let data = self.0.lock().await;
        let key = data.keys.values().find(|k| k.hash == *hash);
        Ok(key.map(|key| {
            let live = data
                .bindings
                .iter()
                .filter(|((id, _), live)| *id == key.id && **live);
            let subscriptions = live.filter_map(|((_, s), _)| data.subscriptions.get(s));
            let active = subscriptions.filter(|s| s.status == SubscriptionStatus::Active);
            CredentialRecord {
                key: key.clone(),
                subscriptions: active.cloned().collect(),
            }
        }))
    }
    async fn record_use(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError> {
        let mut data = self.0.lock().await;
        for (id, at) in uses {
            if let Some(key) = data.keys.get_mut(id) {
                key.last_used_at = key.last_used_at.max(Some(*at));
            }
        }
        Ok(())
    }
    async fn wrapped_by_other(
        &self,
        current_kek: &str,
        limit: u32,
    ) -> Result<Vec<SealedCredential>, StoreError> {
        let data = self.0.lock().await;
        Ok(data
            .sealed
            .values()
            .filter(|s| s.kek_id != current_kek)
            .take(limit as usize)
            .cloned()
            .collect())
    }
    async fn rewrap(
        &self,
        _: TenantId,
        key: KeyId,
        old_kek: &str,
        new_kek: &str,
        wrapped_dek: &[u8],
    ) -> Result<bool, StoreError> {
        let mut data = self.0.lock().await;
        let row = data.sealed.get_mut(&key).filter(|s| s.kek_id == old_kek);
        Ok(row
            .map(|s| (s.kek_id, s.wrapped_dek) = (new_kek.to_owned(), wrapped_dek.to_vec()))
            .is_some())
    }
}
