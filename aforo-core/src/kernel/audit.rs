//! The audit log: append-only, hash-chained, and independent of the accounts it names.
//!
//! Entries are appended in the transaction of the change they report. Shortly after, [`seal`] links them into
//! one SHA-256 chain for each tenant: an entry's hash covers the entry and the hash before it. The chain is a
//! table of its own, so that no writer waits for another's entry, and both tables only ever grow. [`verify`]
//! finds an entry that was edited, deleted, reordered or added, and, against a head that was kept outside the
//! database ([`ChainHead`]), a chain that was cut or rolled back.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    AuditId, Entropy, KeyId, Page, PageRequest, Store, StoreError, StoreErrorKind, TenantId, TenantScope,
    Timestamp, UserId, domain::store::SubscriptionTx,
};

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// A person.
    User(UserId),
    /// A program that presented this key.
    Key(KeyId),
    /// Somebody with access to the server: the command line.
    Operator,
    /// The console itself.
    System,
}
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(id) => id.fmt(f),
            Actor::Key(id) => id.fmt(f),
            Actor::Operator => f.write_str("operator"),
            Actor::System => f.write_str("system"),
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id; later entries sort later.
    pub id: AuditId,
    /// Whose log it is in.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// Who: see [`Actor`]'s text form.
    pub actor: String,
    /// What, as `noun.verb`: `key.created`.
    pub action: String,
    /// To what: an id, or empty.
    pub target: String,
    /// JSON object with ids and settings; never a secret. Kept as text, since its bytes are hashed.
    pub detail: String,
}

impl AuditEntry {
    /// An entry without target and detail.
    pub fn new(
        scope: TenantScope,
        actor: Actor,
        action: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        Self {
            id: AuditId::new(now, entropy),
            tenant: scope.tenant(),
            at: now,
            actor: actor.to_string(),
            action: action.to_owned(),
            target: String::new(),
            detail: "{}".to_owned(),
        }
    }
    /// Says what was acted on.
    #[must_use]
    pub fn target(mut self, id: impl fmt::Display) -> Self {
        self.target = id.to_string();
        self
    }
    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl fmt::Display) -> Self {
        let mut map: Map<String, Value> = serde_json::from_str(&self.detail).unwrap_or_default();
        map.insert(name.to_owned(), Value::String(value.to_string()));
        self.detail = Value::Object(map).to_string();
        self
    }

    /// This entry's link in the chain, after the link `previous`.
    fn link(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"aforo.audit.v1");
        hash.update(previous);
        let (id, tenant, at) = (
            self.id.as_uuid(),
            self.tenant.as_uuid(),
            self.at.as_millis().to_be_bytes(),
        );
        let fields: [&[u8]; 7] = [
            id.as_bytes(),
            tenant.as_bytes(),
            &at,
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.target.as_bytes(),
            self.detail.as_bytes(),
        ];
        for field in fields {
            // Length first: `a` + `bc` must not hash as `ab` + `c`.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hash.finalize().into()
    }
}

/// One link of a tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Counts from 1 without gaps.
    pub seq: i64,
    /// The entry it seals.
    pub entry: AuditId,
    /// The chain's hash up to here.
    pub hash: [u8; 32],
}

/// How far a chain reached at some moment. Kept outside the database, it proves that nothing before it was
/// cut off or rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Number of sealed entries.
    pub seq: i64,
    /// The chain's hash there.
    #[serde(with = "hex_hash")]
    pub hash: [u8; 32],
}

impl ChainHead {
    const EMPTY: ChainHead = ChainHead {
        seq: 0,
        hash: [0; 32],
    };
}

mod hex_hash {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::hex(hash))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(D::Error::custom("expected 64 hexadecimal digits"));
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(D::Error::custom)?;
            *byte = u8::from_str_radix(pair, 16).map_err(D::Error::custom)?;
        }
        Ok(hash)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}"); // writing to a String cannot fail
        out
    })
}

/// Keeps the audit log of one tenant. Nothing in it is ever changed or deleted.
#[async_trait]
pub trait AuditRepository: Send {
    /// Appends an entry.
    async fn append(&mut self, entry: &AuditEntry) -> Result<(), StoreError>;
    /// Entries, newest first; `after` is the last one seen, so the next page is older. Tenant-wide scopes only
    /// see anything.
    async fn list(&mut self, page: PageRequest<AuditId>) -> Result<Page<AuditEntry, AuditId>, StoreError>;
    /// Up to `limit` entries that have no link yet, oldest first.
    async fn unsealed(&mut self, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
    /// The last link of the chain.
    async fn head(&mut self) -> Result<Option<Seal>, StoreError>;
    /// Adds a link. [`StoreErrorKind::Conflict`] if another sealer was faster.
    async fn seal(&mut self, seal: &Seal) -> Result<(), StoreError>;
    /// Up to `limit` links after `seq`, in order, each with its entry if that still exists.
    async fn sealed_after(
        &mut self,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<(Seal, Option<AuditEntry>)>, StoreError>;
}

/// Links the entries that have no link yet; returns the chain's head. Two sealers at once are harmless: one
/// of them finds the place taken and leaves the rest for its next turn.
pub async fn seal(store: &dyn Store<dyn SubscriptionTx>, tenant: TenantId) -> Result<ChainHead, StoreError> {
    const BATCH: u32 = 500;
    let scope = TenantScope::tenant_wide(tenant);
    loop {
        let mut tx = store.read().await?;
        let head = tx.audit(scope).head().await?;
        let head = head.map_or(ChainHead::EMPTY, |s| ChainHead {
            seq: s.seq,
            hash: s.hash,
        });
        if tx.audit(scope).unsealed(1).await?.is_empty() {
            return Ok(head);
        }
        drop(tx);
        let mut tx = store.begin().await?;
        let head = tx.audit(scope).head().await?;
        let mut head = head.map_or(ChainHead::EMPTY, |s| ChainHead {
            seq: s.seq,
            hash: s.hash,
        });
        let entries = tx.audit(scope).unsealed(BATCH).await?;
        let more = entries.len() == BATCH as usize;
        for entry in entries {
            head = ChainHead {
                seq: head.seq + 1,
                hash: entry.link(&head.hash),
            };
            let link = Seal {
                seq: head.seq,
                entry: entry.id,
                hash: head.hash,
            };
            match tx.audit(scope).seal(&link).await {
                Ok(()) => {}
                Err(error) if error.kind() == StoreErrorKind::Conflict => return current(store, scope).await,
                Err(error) => return Err(error),
            }
        }
        match tx.commit().await {
            Ok(()) if more => {}
            Ok(()) => return Ok(head),
            Err(error) if error.kind() == StoreErrorKind::Conflict => return current(store, scope).await,
            Err(error) => return Err(error),
        }
    }
}

async fn current(store: &dyn Store<dyn SubscriptionTx>, scope: TenantScope) -> Result<ChainHead, StoreError> {
    let head = store.read().await?.audit(scope).head().await?;
    Ok(head.map_or(ChainHead::EMPTY, |s| ChainHead {
        seq: s.seq,
        hash: s.hash,
    }))
}

/// Whether a tenant's chain has this head in it. Ask before a newer head is anchored in its place: a chain that
/// was rolled back and has grown since must not replace the anchor that proves it.
pub async fn contains(
    store: &dyn Store<dyn SubscriptionTx>,
    tenant: TenantId,
    head: ChainHead,
) -> Result<bool, StoreError> {
    if head.seq == 0 {
        return Ok(true);
    }
    let scope = TenantScope::tenant_wide(tenant);
    let link = store
        .read()
        .await?
        .audit(scope)
        .sealed_after(head.seq - 1, 1)
        .await?;
    Ok(link
        .first()
        .is_some_and(|(link, _)| link.seq == head.seq && link.hash == head.hash))
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// How far the chain is whole.
    pub head: ChainHead,
    /// Entries that have no link yet.
    pub unsealed: u64,
    /// The first place where the chain does not hold.
    pub broken: Option<BrokenChain>,
}

/// Where and how a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokenChain {
    /// A link is missing.
    #[error("link {expected} of the audit chain is missing")]
    MissingLink {
        /// The number that should have come next.
        expected: i64,
    },
    /// The entry that a link seals is gone.
    #[error("entry {entry} (link {seq} of the audit chain) was deleted")]
    MissingEntry {
        /// The link's number.
        seq: i64,
        /// The entry.
        entry: AuditId,
    },
    /// An entry or a link was changed.
    #[error("entry {entry} or its link {seq} of the audit chain was changed")]
    Changed {
        /// The link's number.
        seq: i64,
        /// The entry.
        entry: AuditId,
    },
    /// The chain does not contain the head that was kept outside the database.
    #[error(
        "the audit chain ends or differs before link {seq}, which was anchored: entries were cut off or rolled back"
    )]
    NotAnchored {
        /// The anchored number.
        seq: i64,
    },
}

/// Walks a tenant's whole chain. `anchor` is a head that was kept outside the database, if there is one.
pub async fn verify(
    store: &dyn Store<dyn SubscriptionTx>,
    tenant: TenantId,
    anchor: Option<ChainHead>,
) -> Result<ChainReport, StoreError> {
    const BATCH: u32 = 1000;
    let scope = TenantScope::tenant_wide(tenant);
    let mut tx = store.read().await?;
    let mut head = ChainHead::EMPTY;
    let mut anchored = anchor.is_none_or(|a| a.seq == 0);
    let broken = 'chain: loop {
        let links = tx.audit(scope).sealed_after(head.seq, BATCH).await?;
        if links.is_empty() {
            break None;
        }
        for (link, entry) in links {
            if link.seq != head.seq + 1 {
                break 'chain Some(BrokenChain::MissingLink {
                    expected: head.seq + 1,
                });
            }
            let Some(entry) = entry else {
                break 'chain Some(BrokenChain::MissingEntry {
                    seq: link.seq,
                    entry: link.entry,
                });
            };
            if entry.id != link.entry || entry.tenant != tenant || entry.link(&head.hash) != link.hash {
                break 'chain Some(BrokenChain::Changed {
                    seq: link.seq,
                    entry: link.entry,
                });
            }
            head = ChainHead {
                seq: link.seq,
                hash: link.hash,
            };
            anchored |= anchor == Some(head);
        }
    };
    let broken = broken.or(match anchor {
        Some(anchor) if !anchored => Some(BrokenChain::NotAnchored { seq: anchor.seq }),
        _ => None,
    });
    let mut unsealed = 0;
    if broken.is_none() {
        unsealed = tx.audit(scope).unsealed(u32::MAX >> 1).await?.len() as u64;
    }
    Ok(ChainReport {
        head,
        unsealed,
        broken,
    })
}
