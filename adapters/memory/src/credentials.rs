//! What verification and maintenance need, outside of transactions.

use aforo_core::{KeyId, StoreError, TenantId, Timestamp, domain::subscription::SubscriptionStatus};
use aforo_vault::{
    seal::SealedCredential,
    store::{CredentialRecord, CredentialStore},
};
use async_trait::async_trait;

use crate::Store;

#[async_trait]
impl CredentialStore for Store {
    async fn find_credential(&self, hash: &[u8; 32]) -> Result<Option<CredentialRecord>, StoreError> {
        let data = self.snapshot();
        let id = data.key_by_hash.rows().get(hash);
        let Some(key) = id.and_then(|id| data.keys.rows().get(id)) else {
            return Ok(None);
        };
        let subscriptions = data.subscriptions.rows().values().filter(|s| {
            s.status == SubscriptionStatus::Active
                && s.tenant == key.tenant
                && data.bindings.rows().get(&(key.id, s.id)) == Some(&None)
        });
        Ok(Some(CredentialRecord {
            key: key.clone(),
            subscriptions: subscriptions.cloned().collect(),
        }))
    }
    async fn record_use(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError> {
        let mut tx = self.write().await;
        for (id, at) in uses {
            if let Some(key) = tx.data.keys.rows_mut().get_mut(id) {
                key.last_used_at = key.last_used_at.max(Some(*at));
            }
        }
        self.replace(tx.data);
        Ok(())
    }
    async fn wrapped_by_other(
        &self,
        current_kek: &str,
        limit: u32,
    ) -> Result<Vec<SealedCredential>, StoreError> {
        let data = self.snapshot();
        let sealed = data.sealed.rows().values();
        let others = sealed.filter(|s| s.kek_id != current_kek);
        Ok(others.take(limit as usize).cloned().collect())
    }
    async fn rewrap(
        &self,
        tenant: TenantId,
        key: KeyId,
        old_kek: &str,
        new_kek: &str,
        wrapped_dek: &[u8],
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await;
        let still = |s: &SealedCredential| s.context.tenant == tenant && s.kek_id == old_kek;
        let Some(sealed) = tx.data.sealed.find_mut(key, still) else {
            return Ok(false);
        };
        sealed.kek_id = new_kek.to_owned();
        sealed.wrapped_dek = wrapped_dek.to_vec();
        self.replace(tx.data);
        Ok(true)
    }
}
