//! The audit log and its chain.

use aforo_core::{
    AuditId, Page, PageRequest, StoreError,
    kernel::audit::{AuditEntry, AuditRepository, Seal},
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{conflict, within},
};

impl Scoped<'_> {
    /// The entries that the scope may read: all of the tenant's, or none for a narrower one.
    fn entries(&self) -> impl DoubleEndedIterator<Item = &AuditEntry> {
        let scope = self.scope;
        let entries = self.data.audit.rows().values();
        entries.filter(move |e| scope.covers(e.tenant, None))
    }
    fn links(&self) -> impl DoubleEndedIterator<Item = &Seal> {
        let scope = self.scope;
        let seals = self.data.seals.rows().iter();
        seals
            .filter(move |((tenant, _), _)| scope.covers(*tenant, None))
            .map(|(_, seal)| seal)
    }
}

#[async_trait]
impl AuditRepository for Scoped<'_> {
    async fn append(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        within(self.scope, entry.tenant, self.scope.customer())?;
        self.data.audit.insert(entry.id, entry.clone())
    }
    async fn list(&mut self, page: PageRequest<AuditId>) -> Result<Page<AuditEntry, AuditId>, StoreError> {
        let older = |e: &&AuditEntry| page.after.is_none_or(|after| e.id < after);
        let newest_first = self.entries().rev().filter(older);
        let rows = newest_first.take(page.limit as usize + 1).cloned().collect();
        Ok(Page::from_rows(rows, page.limit, |e: &AuditEntry| e.id))
    }
    async fn unsealed(&mut self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let sealed: std::collections::BTreeSet<AuditId> = self.links().map(|s| s.entry).collect();
        let unsealed = self.entries().filter(|e| !sealed.contains(&e.id));
        Ok(unsealed.take(limit as usize).cloned().collect())
    }
    async fn head(&mut self) -> Result<Option<Seal>, StoreError> {
        Ok(self.links().next_back().cloned())
    }
    async fn seal(&mut self, seal: &Seal) -> Result<(), StoreError> {
        let tenant = self.scope.tenant();
        within(self.scope, tenant, None)?;
        if self.links().any(|s| s.entry == seal.entry) {
            return Err(conflict("this entry has a link"));
        }
        if !self.entries().any(|e| e.id == seal.entry) {
            return Err(conflict("the tenant has no such entry"));
        }
        self.data.seals.insert((tenant, seal.seq), seal.clone())
    }
    async fn sealed_after(
        &mut self,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<(Seal, Option<AuditEntry>)>, StoreError> {
        let entries = self.data.audit.rows();
        let links = self.links().filter(|s| s.seq > seq).take(limit as usize);
        Ok(links
            .map(|s| (s.clone(), entries.get(&s.entry).cloned()))
            .collect())
    }
}
