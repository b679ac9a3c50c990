//! Sealed items.

use aforo_core::{StoreError, Timestamp};
use aforo_docs::sealed::{SealedItem, SealedItemRepository};
use async_trait::async_trait;

use crate::{Scoped, table::within};

#[async_trait]
impl SealedItemRepository for Scoped<'_> {
    async fn put(&mut self, item: &SealedItem) -> Result<(), StoreError> {
        within(self.scope, item.tenant, self.scope.customer())?;
        let rows = self.data.sealed_items.rows_mut().entry(item.tenant).or_default();
        rows.insert((item.kind.clone(), item.name.clone()), item.clone());
        Ok(())
    }
    async fn find(
        &mut self,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SealedItem>, StoreError> {
        let rows = self.data.sealed_items.rows().get(&self.scope.tenant());
        let found = rows.and_then(|rows| rows.get(&(kind.to_owned(), name.to_owned())));
        Ok(found.filter(|item| is_live(item, now)).cloned())
    }
    async fn take(
        &mut self,
        kind: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SealedItem>, StoreError> {
        let tenant = self.scope.tenant();
        let Some(rows) = self.data.sealed_items.rows_mut().get_mut(&tenant) else {
            return Ok(None);
        };
        let taken = rows.remove(&(kind.to_owned(), name.to_owned()));
        Ok(taken.filter(|item| is_live(item, now)))
    }
    async fn forget(&mut self, kind: &str, beginning: &str) -> Result<u64, StoreError> {
        Ok(self.drop_sealed(|item| item.kind == kind && item.name.starts_with(beginning)))
    }
    async fn purge(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(self.drop_sealed(|item| !is_live(item, now)))
    }
}

impl Scoped<'_> {
    fn drop_sealed(&mut self, goes: impl Fn(&SealedItem) -> bool) -> u64 {
        let tenant = self.scope.tenant();
        let Some(rows) = self.data.sealed_items.rows_mut().get_mut(&tenant) else {
            return 0;
        };
        let before = rows.len();
        rows.retain(|_, item| !goes(item));
        (before - rows.len()) as u64
    }
}

fn is_live(item: &SealedItem, now: Timestamp) -> bool {
    item.expires_at.is_none_or(|end| now < end)
}
