//! Verification beside a bare indexed read of the same row, on SQLite and PostgreSQL.
//!
//! `cargo bench -p aforo-tests --bench vault`. Prints medians and 99th percentiles; asserts nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aforo_core::{Clock, Secret};
use aforo_core::{
    CustomerId, OsEntropy, PlanId, ProductId, SubscriptionId, SystemClock, TenantScope,
    domain::{
        customer::Customer,
        plan::Plan,
        subscription::{Subscription, SubscriptionStatus},
        tenant::ensure_tenant,
    },
    kernel::audit::Actor,
};
use aforo_docs::store::Stores;
use aforo_vault::{
    KeyOwner, NewKey, Vault,
    kek::KeyRing,
    key::{CredentialFormat, Environment},
    mint,
    verify::{Presented, Purpose},
};

const KEYS: usize = 2_000;
const ROUNDS: usize = 20_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("bench.db");
    let url = format!("sqlite:{}", file.display());
    let store = aforo_sql::sqlite::Store::open(&url).await.expect("SQLite opens");
    store.migrate().await.expect("SQLite migrates");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&file)
        .read_only(true);
    let pool = sqlx::sqlite::SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await;
    let pool = pool.expect("SQLite opens again");
    let (vault, keys) = fill(Stores::of(store)).await;
    report("SQLite", &vault, &keys, |hash: Vec<u8>| {
        let pool = pool.clone();
        async move {
            let row = sqlx::query("SELECT * FROM api_keys WHERE hash = $1")
                .bind(hash)
                .fetch_one(&pool)
                .await;
            row.expect("the row is there");
        }
    })
    .await;

    let database = aforo_tests::postgres::Database::new().await;
    let url = database.url.clone();
    let store = aforo_sql::postgres::Store::open(&url)
        .await
        .expect("PostgreSQL opens");
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(2)
        .connect(&url)
        .await;
    let pool = pool.expect("PostgreSQL opens again");
    let (vault, keys) = fill(Stores::of(store)).await;
    report("PostgreSQL", &vault, &keys, |hash: Vec<u8>| {
        let pool = pool.clone();
        async move {
            let row = sqlx::query("SELECT * FROM api_keys WHERE hash = $1")
                .bind(hash)
                .fetch_one(&pool)
                .await;
            row.expect("the row is there");
        }
    })
    .await;
}

/// A vault with keys of one subscription.
async fn fill(stores: Stores) -> (Vault, Vec<Secret<String>>) {
    let now = SystemClock.now();
    let tenant = ensure_tenant(&*stores.core, "acme", "Acme", vec![], &SystemClock, &OsEntropy).await;
    let tenant = tenant.expect("a tenant").id;
    let scope = TenantScope::tenant_wide(tenant);
    let customer = CustomerId::new(now, &OsEntropy);
    let product = ProductId::new(now, &OsEntropy);
    let plan = PlanId::new(now, &OsEntropy);
    let subscription = Subscription {
        id: SubscriptionId::new(now, &OsEntropy),
        tenant,
        customer,
        plan,
        plan_name: "Pro".into(),
        products: vec![product],
        status: SubscriptionStatus::Active,
        created_at: now,
        cancelled_at: None,
    };
    let mut tx = stores.core.begin().await.expect("begin");
    let row = Customer {
        id: customer,
        tenant,
        name: "C".into(),
        created_at: now,
    };
    tx.customers(scope).insert(&row).await.expect("customer");
    let row = Plan {
        id: plan,
        tenant,
        name: "Pro".into(),
        products: vec![product],
        auto_subscribe: false,
        created_at: now,
    };
    tx.plans(scope).insert(&row).await.expect("plan");
    tx.subscriptions(scope)
        .insert(&subscription)
        .await
        .expect("subscription");
    tx.commit().await.expect("commit");
    let vault = Vault::new(
        stores.vault.clone(),
        stores.credentials.clone(),
        Arc::new(KeyRing::generate(&OsEntropy)),
        Arc::new(SystemClock),
        Arc::new(OsEntropy),
    );
    let mut keys = Vec::new();
    let mut tx = stores.vault.begin().await.expect("begin");
    for _ in 0..KEYS {
        let new = NewKey {
            name: "bench".into(),
            environment: Environment::Live,
            format: CredentialFormat::Bearer,
            created_by: None,
            owner: KeyOwner::Customer {
                customer,
                subscriptions: vec![subscription.id],
            },
            products: vec![],
            ip_ranges: vec![],
            rate_limit: None,
            expires_at: None,
            permissions: vec![],
        };
        keys.push(
            vault
                .create_in(&mut *tx, scope, Actor::System, new)
                .await
                .expect("a key")
                .secret,
        );
    }
    tx.commit().await.expect("commit");
    (vault, keys)
}

/// Both in turn, so that the machine's mood is shared.
async fn report<F: Future<Output = ()>>(
    name: &str,
    vault: &Vault,
    keys: &[Secret<String>],
    bare: impl Fn(Vec<u8>) -> F,
) {
    let presented: Vec<Presented> = keys
        .iter()
        .map(|k| Presented::bearer(k.expose().clone()))
        .collect();
    let hashes: Vec<Vec<u8>> = keys.iter().map(|k| mint::hash(k.expose()).to_vec()).collect();
    let (mut verified, mut read) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for round in 0..ROUNDS + 500 {
        let at = round * 7 % keys.len();
        let began = Instant::now();
        vault
            .verify(&presented[at], Purpose::default())
            .await
            .expect("accepted");
        let one = began.elapsed();
        let began = Instant::now();
        bare(hashes[at].clone()).await;
        let other = began.elapsed();
        if round >= 500 {
            verified.push(one);
            read.push(other);
        }
    }
    let (v50, v99) = percentiles(&mut verified);
    let (r50, r99) = percentiles(&mut read);
    let ratio = v50.as_secs_f64() / r50.as_secs_f64();
    eprintln!(
        "{name:10}  verify p50 {v50:?} p99 {v99:?}   bare read p50 {r50:?} p99 {r99:?}   ratio {ratio:.2}"
    );
}

fn percentiles(samples: &mut [Duration]) -> (Duration, Duration) {
    samples.sort_unstable();
    (samples[samples.len() / 2], samples[samples.len() * 99 / 100])
}
