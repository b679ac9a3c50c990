//! The audit log and its chain. Entries belong to no customer, so a customer's scope (`$2`) reads nothing.

use aforo_core::{
    AuditId, Page, PageRequest, StoreError, TenantId, Timestamp,
    kernel::audit::{AuditEntry, AuditRepository, Seal},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Audit, Db, store_error};
use crate::{error::outside, read};

#[derive(sqlx::FromRow)]
struct EntryRow {
    tenant_id: Uuid,
    id: Uuid,
    at: i64,
    actor: String,
    action: String,
    target: String,
    detail: String,
}

impl From<EntryRow> for AuditEntry {
    fn from(row: EntryRow) -> Self {
        AuditEntry {
            id: AuditId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            at: Timestamp::from_millis(row.at),
            actor: row.actor,
            action: row.action,
            target: row.target,
            detail: row.detail,
        }
    }
}

/// A link, and its entry if that still exists.
#[derive(sqlx::FromRow)]
struct LinkRow {
    seq: i64,
    entry_id: Uuid,
    hash: Vec<u8>,
    at: Option<i64>,
    actor: Option<String>,
    action: Option<String>,
    target: Option<String>,
    detail: Option<String>,
}

impl LinkRow {
    fn into_parts(self, tenant: Uuid) -> Result<(Seal, Option<AuditEntry>), StoreError> {
        let seal = Seal {
            seq: self.seq,
            entry: AuditId::from_uuid(self.entry_id),
            hash: read::hash("audit_seals.hash", &self.hash)?,
        };
        let entry = match (self.at, self.actor, self.action, self.target, self.detail) {
            (Some(at), Some(actor), Some(action), Some(target), Some(detail)) => Some(AuditEntry {
                id: seal.entry,
                tenant: TenantId::from_uuid(tenant),
                at: Timestamp::from_millis(at),
                actor,
                action,
                target,
                detail,
            }),
            _ => None,
        };
        Ok((seal, entry))
    }
}

#[async_trait]
impl AuditRepository for Audit<'_> {
    async fn append(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.scope.admit_tenant(entry.tenant)?;
        sqlx::query::<Db>(
            "INSERT INTO audit_entries (tenant_id, id, at, actor, action, target, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.scope.tenant)
        .bind(entry.id.as_uuid())
        .bind(entry.at.as_millis())
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.target)
        .bind(&entry.detail)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn list(&mut self, page: PageRequest<AuditId>) -> Result<Page<AuditEntry, AuditId>, StoreError> {
        let rows = sqlx::query_as::<Db, EntryRow>(
            "SELECT tenant_id, id, at, actor, action, target, detail FROM audit_entries
             WHERE tenant_id = $1 AND $2 IS NULL AND ($3 IS NULL OR id < $3)
             ORDER BY id DESC LIMIT $4",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(page.after.map(AuditId::as_uuid))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let entries = rows.into_iter().map(AuditEntry::from).collect();
        Ok(Page::from_rows(entries, page.limit, |e: &AuditEntry| e.id))
    }

    async fn unsealed(&mut self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        // Ids sort by time, and an entry is committed within moments of its id. So only what is younger than the
        // last link, less a generous hour, can lack one: the cost does not grow with the log.
        let since = self
            .head()
            .await?
            .map_or(Uuid::nil(), |link| an_hour_before(link.entry.as_uuid()));
        let rows = sqlx::query_as::<Db, EntryRow>(
            "SELECT e.tenant_id, e.id, e.at, e.actor, e.action, e.target, e.detail FROM audit_entries e
             WHERE e.tenant_id = $1 AND $2 IS NULL AND e.id >= $3
                AND NOT EXISTS (SELECT 1 FROM audit_seals l WHERE l.tenant_id = e.tenant_id AND l.entry_id = e.id)
             ORDER BY e.id LIMIT $4",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }

    async fn head(&mut self) -> Result<Option<Seal>, StoreError> {
        let row = sqlx::query_as::<Db, (i64, Uuid, Vec<u8>)>(
            "SELECT seq, entry_id, hash FROM audit_seals WHERE tenant_id = $1 AND $2 IS NULL
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let Some((seq, entry, hash)) = row else {
            return Ok(None);
        };
        Ok(Some(Seal {
            seq,
            entry: AuditId::from_uuid(entry),
            hash: read::hash("audit_seals.hash", &hash)?,
        }))
    }

    async fn seal(&mut self, seal: &Seal) -> Result<(), StoreError> {
        let done = sqlx::query::<Db>(
            "INSERT INTO audit_seals (tenant_id, seq, entry_id, hash)
             SELECT e.tenant_id, $4, e.id, $5 FROM audit_entries e
             WHERE e.tenant_id = $1 AND $2 IS NULL AND e.id = $3",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(seal.entry.as_uuid())
        .bind(seal.seq)
        .bind(&seal.hash[..])
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        if done.rows_affected() == 0 {
            return Err(outside("the scope has no such entry"));
        }
        Ok(())
    }

    async fn sealed_after(
        &mut self,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<(Seal, Option<AuditEntry>)>, StoreError> {
        let rows = sqlx::query_as::<Db, LinkRow>(
            "SELECT l.seq, l.entry_id, l.hash, e.at, e.actor, e.action, e.target, e.detail
             FROM audit_seals l
             LEFT JOIN audit_entries e ON e.tenant_id = l.tenant_id AND e.id = l.entry_id
             WHERE l.tenant_id = $1 AND $2 IS NULL AND l.seq > $3
             ORDER BY l.seq LIMIT $4",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(seq)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| row.into_parts(self.scope.tenant))
            .collect()
    }
}

/// The first id of an hour before the one in which this (version 7) id was made.
fn an_hour_before(id: Uuid) -> Uuid {
    let millis = id.as_u128() >> 80;
    Uuid::from_u128(millis.saturating_sub(3_600_000) << 80)
}
