//! What the audit chain finds when somebody with access to the database changes the log.

use aforo_core::{
    OsEntropy, TenantId,
    contract::{CoreStore, World, begin, later, world},
    kernel::audit::{Actor, AuditEntry, BrokenChain, ChainHead, seal, verify},
};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::{postgres, sqlite};

/// Runs SQL past the store.
trait Raw {
    async fn run(&self, sql: &str) -> Result<(), sqlx::Error>;
    /// Takes the triggers off that keep the log append-only.
    const DISARM: &str;
}
impl Raw for SqlitePool {
    async fn run(&self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(self).await.map(drop)
    }
    const DISARM: &str = "DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete;
        DROP TRIGGER audit_seals_no_update; DROP TRIGGER audit_seals_no_delete";
}
impl Raw for PgPool {
    async fn run(&self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(self).await.map(drop)
    }
    const DISARM: &str =
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL; ALTER TABLE audit_seals DISABLE TRIGGER ALL";
}

/// Appends entries to a tenant's log and seals them.
async fn sealed_entries(store: &impl CoreStore, world: &World, count: i64) -> ChainHead {
    let mut tx = begin(store).await;
    for n in 0..count {
        let entry = AuditEntry::new(world.wide, Actor::System, "key.revoked", later(n), &OsEntropy)
            .target(format_args!("key_{n}"))
            .detail("n", n);
        tx.audit(world.wide).append(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    seal(store, world.tenant).await.unwrap()
}

async fn append_only(store: &impl CoreStore, raw: &impl Raw, more: &[&str]) {
    let world = world(store).await;
    let head = sealed_entries(store, &world, 3).await;
    let common = [
        "UPDATE audit_entries SET actor = 'nobody'",
        "UPDATE audit_entries SET at = at",
        "DELETE FROM audit_entries",
        "UPDATE audit_seals SET seq = seq + 10",
        "DELETE FROM audit_seals",
    ];
    for statement in common.iter().chain(more) {
        let error = raw.run(statement).await.expect_err(statement);
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
    assert_eq!(
        verify(store, world.tenant, Some(head)).await.unwrap().broken,
        None
    );
}

#[tokio::test]
async fn the_log_is_append_only() {
    let ((lite, folder), (big, database)) = (sqlite().await, postgres().await);
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("console.db"))
        .pragma("recursive_triggers", "ON");
    let raw = SqlitePool::connect_with(options).await.unwrap();
    let replace = "INSERT OR REPLACE INTO audit_entries
        SELECT tenant_id, id, at, 'nobody', action, target, detail FROM audit_entries";
    append_only(&lite, &raw, &[replace]).await;
    let raw = PgPool::connect(&database.url).await.unwrap();
    append_only(&big, &raw, &["TRUNCATE audit_entries", "TRUNCATE audit_seals"]).await;
}

/// The entry that the third link seals.
const THIRD: &str = "(SELECT entry_id FROM audit_seals WHERE seq = 3)";

/// Its name, its SQL, and whether what was found is what should be.
type Attack = (&'static str, String, fn(&BrokenChain) -> bool);

/// What somebody does to a chain of six, and what is found.
fn attacks() -> Vec<Attack> {
    let changed = |broken: &BrokenChain| matches!(broken, BrokenChain::Changed { seq: 3, .. });
    let mut attacks: Vec<Attack> = vec![
        (
            "an entry is deleted",
            format!("DELETE FROM audit_entries WHERE id = {THIRD}"),
            |b| matches!(b, BrokenChain::MissingEntry { seq: 3, .. }),
        ),
        (
            "an entry is deleted with its link",
            format!("DELETE FROM audit_entries WHERE id = {THIRD}; DELETE FROM audit_seals WHERE seq = 3"),
            |b| matches!(b, BrokenChain::MissingLink { expected: 3 }),
        ),
        (
            "an entry is deleted and the links behind it move up",
            format!(
                "DELETE FROM audit_entries WHERE id = {THIRD}; DELETE FROM audit_seals WHERE seq = 3;
                 UPDATE audit_seals SET seq = 3 WHERE seq = 4; UPDATE audit_seals SET seq = 4 WHERE seq = 5;
                 UPDATE audit_seals SET seq = 5 WHERE seq = 6"
            ),
            changed,
        ),
        (
            "two links change places",
            "UPDATE audit_seals SET seq = 99 WHERE seq = 3; UPDATE audit_seals SET seq = 3 WHERE seq = 4;
             UPDATE audit_seals SET seq = 4 WHERE seq = 99"
                .to_owned(),
            changed,
        ),
        (
            "two entries change their content",
            "UPDATE audit_entries SET target = CASE target WHEN 'key_2' THEN 'key_3' ELSE 'key_2' END
             WHERE target IN ('key_2', 'key_3')"
                .to_owned(),
            changed,
        ),
        (
            "a link is changed",
            "UPDATE audit_seals SET hash = (SELECT hash FROM audit_seals WHERE seq = 1) WHERE seq = 3"
                .to_owned(),
            changed,
        ),
        (
            "the first entries are cut off",
            "DELETE FROM audit_seals WHERE seq <= 2".to_owned(),
            |b| matches!(b, BrokenChain::MissingLink { expected: 1 }),
        ),
        (
            "the last entries are cut off",
            "DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE seq > 4);
             DELETE FROM audit_seals WHERE seq > 4"
                .to_owned(),
            |b| matches!(b, BrokenChain::NotAnchored { seq: 6 }),
        ),
        (
            "everything is cut off",
            "DELETE FROM audit_seals; DELETE FROM audit_entries".to_owned(),
            |b| matches!(b, BrokenChain::NotAnchored { seq: 6 }),
        ),
    ];
    for edit in [
        "at = at + 1",
        "actor = 'usr_x'",
        "action = 'key.created'",
        "target = ''",
        "detail = '{}'",
    ] {
        attacks.push((
            "an entry is edited",
            format!("UPDATE audit_entries SET {edit} WHERE id = {THIRD}"),
            changed,
        ));
    }
    attacks
}

async fn found(
    store: &impl CoreStore,
    tenant: TenantId,
    anchor: ChainHead,
    name: &str,
    expected: fn(&BrokenChain) -> bool,
) {
    let report = verify(store, tenant, Some(anchor)).await.unwrap();
    let broken = report.broken.unwrap_or_else(|| panic!("not found: {name}"));
    assert!(expected(&broken), "{name}: {broken}");
}

#[tokio::test]
async fn sqlite_tampering_is_found() {
    for (name, sql, expected) in attacks() {
        let (store, folder) = sqlite().await;
        let world = world(&store).await;
        let anchor = sealed_entries(&store, &world, 6).await;
        let file = folder.path().join("console.db");
        let raw = SqlitePool::connect(&format!("sqlite:{}", file.display()))
            .await
            .unwrap();
        raw.run(SqlitePool::DISARM).await.unwrap();
        assert_eq!(
            verify(&store, world.tenant, Some(anchor)).await.unwrap().broken,
            None
        );
        raw.run(&sql).await.unwrap();
        found(&store, world.tenant, anchor, name, expected).await;
    }
}

#[tokio::test]
async fn postgres_tampering_is_found() {
    for (name, sql, expected) in attacks() {
        let (store, database) = postgres().await;
        let world = world(&store).await;
        let anchor = sealed_entries(&store, &world, 6).await;
        let raw = PgPool::connect(&database.url).await.unwrap();
        raw.run(PgPool::DISARM).await.unwrap();
        assert_eq!(
            verify(&store, world.tenant, Some(anchor)).await.unwrap().broken,
            None
        );
        raw.run(&sql).await.unwrap();
        found(&store, world.tenant, anchor, name, expected).await;
    }
}

/// The limit, stated: who may write to the database can replace the whole chain by another that is whole. Only
/// a head kept elsewhere finds that.
#[tokio::test]
async fn a_rewritten_chain_is_found_by_the_anchor_alone() {
    let (store, folder) = sqlite().await;
    let world = world(&store).await;
    let anchor = sealed_entries(&store, &world, 6).await;
    let file = folder.path().join("console.db");
    let raw = SqlitePool::connect(&format!("sqlite:{}", file.display()))
        .await
        .unwrap();
    raw.run(SqlitePool::DISARM).await.unwrap();
    raw.run("DELETE FROM audit_seals; UPDATE audit_entries SET actor = 'nobody'")
        .await
        .unwrap();
    assert_eq!(seal(&store, world.tenant).await.unwrap().seq, 6);
    assert_eq!(verify(&store, world.tenant, None).await.unwrap().broken, None);
    let broken = verify(&store, world.tenant, Some(anchor)).await.unwrap().broken;
    assert_eq!(broken, Some(BrokenChain::NotAnchored { seq: 6 }));
}
