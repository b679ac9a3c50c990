//! All that a database holds, read at one moment by plain SQL: the suite does not trust the code it tests.

use aforo_core::{KeyId, SubscriptionId};
use sqlx::{Connection as _, PgConnection, SqliteConnection, types::Uuid};

/// One moment of a database.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) keys: Vec<Key>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) sealed: Vec<Sealed>,
    pub(crate) audit: Vec<Entry>,
    /// What the database itself finds wrong.
    pub(crate) damage: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) id: SubscriptionId,
    pub(crate) is_cancelled: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: KeyId,
    pub(crate) is_twin: bool,
    pub(crate) environment: String,
    pub(crate) products: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) lineage: KeyId,
    pub(crate) successor: Option<KeyId>,
    pub(crate) in_grace: bool,
    pub(crate) is_revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) key: KeyId,
    pub(crate) subscription: SubscriptionId,
    pub(crate) has_ended: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) key: KeyId,
    pub(crate) subscription: SubscriptionId,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) detail: String,
}

type KeyRow = (
    Uuid,
    String,
    String,
    String,
    Vec<u8>,
    Uuid,
    Option<Uuid>,
    bool,
    bool,
);

/// The tables are the same on both databases; sqlx wants to know at compile time which one it is.
macro_rules! snapshot {
    ($name:ident, $Connection:ty, $begin:literal, $check:expr) => {
        async fn $name(url: &str) -> Result<State, sqlx::Error> {
            let mut db = <$Connection>::connect(url).await?;
            sqlx::raw_sql($begin).execute(&mut db).await?;
            let subscriptions: Vec<(Uuid, bool)> =
                sqlx::query_as("SELECT id, status = 'cancelled' FROM subscriptions")
                    .fetch_all(&mut db)
                    .await?;
            let keys: Vec<KeyRow> = sqlx::query_as(
                "SELECT id, origin, environment, products, hash, lineage_id, successor_id,
                        grace_until IS NOT NULL, revoked_at IS NOT NULL FROM api_keys",
            )
            .fetch_all(&mut db)
            .await?;
            let bindings: Vec<(Uuid, Uuid, bool)> = sqlx::query_as(
                "SELECT key_id, subscription_id, ended_at IS NOT NULL FROM key_subscription_bindings",
            )
            .fetch_all(&mut db)
            .await?;
            let sealed: Vec<(Uuid, Uuid)> =
                sqlx::query_as("SELECT key_id, subscription_id FROM sealed_credentials")
                    .fetch_all(&mut db)
                    .await?;
            let audit: Vec<(String, String, String)> =
                sqlx::query_as("SELECT action, target, detail FROM audit_entries")
                    .fetch_all(&mut db)
                    .await?;
            let damage: Vec<String> = match $check {
                Some(check) => sqlx::query_scalar(check).fetch_all(&mut db).await?,
                None => Vec::new(),
            };
            db.close().await?;
            Ok(State::of(
                subscriptions,
                keys,
                bindings,
                sealed,
                audit,
                damage,
            ))
        }
    };
}

snapshot!(
    sqlite,
    SqliteConnection,
    "BEGIN DEFERRED",
    Some(
        "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'
         UNION ALL SELECT 'foreign key of ' || \"table\" FROM pragma_foreign_key_check"
    )
);
snapshot!(
    postgres,
    PgConnection,
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    None::<&'static str>
);

impl State {
    /// What the database at this address holds now, in one snapshot.
    pub(crate) async fn of_database(url: &str) -> Self {
        let read = match url.strip_prefix("sqlite:") {
            Some(_) => sqlite(url).await,
            None => postgres(url).await,
        };
        read.unwrap()
    }

    fn of(
        subscriptions: Vec<(Uuid, bool)>,
        keys: Vec<KeyRow>,
        bindings: Vec<(Uuid, Uuid, bool)>,
        sealed: Vec<(Uuid, Uuid)>,
        audit: Vec<(String, String, String)>,
        damage: Vec<String>,
    ) -> Self {
        let key = KeyId::from_uuid;
        let subscription = SubscriptionId::from_uuid;
        Self {
            subscriptions: subscriptions
                .into_iter()
                .map(|(id, is_cancelled)| Subscription {
                    id: subscription(id),
                    is_cancelled,
                })
                .collect(),
            keys: keys
                .into_iter()
                .map(
                    |(id, origin, environment, products, hash, lineage, successor, in_grace, is_revoked)| {
                        Key {
                            id: key(id),
                            is_twin: origin == "playground",
                            environment,
                            products,
                            hash,
                            lineage: key(lineage),
                            successor: successor.map(key),
                            in_grace,
                            is_revoked,
                        }
                    },
                )
                .collect(),
            bindings: bindings
                .into_iter()
                .map(|(k, s, has_ended)| Binding {
                    key: key(k),
                    subscription: subscription(s),
                    has_ended,
                })
                .collect(),
            sealed: sealed
                .into_iter()
                .map(|(k, s)| Sealed {
                    key: key(k),
                    subscription: subscription(s),
                })
                .collect(),
            audit: audit
                .into_iter()
                .map(|(action, target, detail)| Entry {
                    action,
                    target,
                    detail,
                })
                .collect(),
            damage,
        }
    }
}
