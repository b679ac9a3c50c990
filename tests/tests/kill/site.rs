//! A database with one customer on it, and everything that is known of it from outside.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use aforo_core::{
    CustomerId, OsEntropy, PlanId, Secret, SystemClock, TenantId, TenantScope,
    contract::{sample_customer, sample_plan, sample_product, sample_tenant},
    domain::store::CoreTx,
    domain::subscription::SubscriptionFilter,
    kernel::audit::{self, Actor},
};
use aforo_docs::store::Stores;
use aforo_tests::postgres::Database;
use aforo_vault::{
    Vault,
    kek::KeyRing,
    key::Environment,
    mint,
    verify::{Presented, Purpose},
};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use crate::{
    child::Victim,
    invariants::violations,
    protocol::{Derived, Line},
    state::State,
    told::{Tally, Told},
};

/// Draws of one child that are tried to find a key. A child makes a handful with each operation.
const DRAWS: u64 = 100_000;

/// Where the data is.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(Database),
    /// A database of a server that the test owns.
    PostgresAt(String),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("console.db").display()),
            Self::Postgres(database) => database.url.clone(),
            Self::PostgresAt(url) => url.clone(),
        }
    }

    /// Waits until the sessions of killed programs are over: PostgreSQL finishes the statement it is at.
    pub(crate) async fn settle(&self) {
        if matches!(self, Self::Sqlite(_)) {
            return;
        }
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        for _ in 0..1000 {
            let others: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            )
            .fetch_one(&mut connection)
            .await
            .unwrap();
            if others == 0 {
                return connection.close().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("sessions of killed programs do not end");
    }
}

/// One database through many kills.
pub(crate) struct Site {
    pub(crate) place: Place,
    folder: TempDir,
    keys: Arc<KeyRing>,
    tenant: TenantId,
    customer: CustomerId,
    plan: PlanId,
    told: Told,
    /// The seeds of the children since the last inspection.
    seeds: Vec<u64>,
    /// Every key that is stored, by its hash.
    secrets: HashMap<Vec<u8>, Secret<String>>,
    /// Those that were refused once. Death is final.
    buried: HashSet<Vec<u8>>,
}

impl Site {
    /// Makes the tables, if they are missing, and a customer with a plan of two products.
    pub(crate) async fn new(place: Place) -> Self {
        let store = aforo_sql::connect(&place.url()).await.unwrap();
        store.migrate().await.unwrap();
        let tenant = sample_tenant();
        let customer = sample_customer(tenant.id);
        let products = [
            sample_product(tenant.id, "weather"),
            sample_product(tenant.id, "maps"),
        ];
        let plan = sample_plan(tenant.id, products.iter().map(|p| p.id).collect());
        let wide = TenantScope::tenant_wide(tenant.id);
        let mut tx: Box<dyn CoreTx> = store.stores().core.begin().await.unwrap();
        tx.tenants().insert(&tenant).await.unwrap();
        tx.customers(wide).insert(&customer).await.unwrap();
        for product in &products {
            tx.products(wide).insert(product).await.unwrap();
        }
        tx.plans(wide).insert(&plan).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;

        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::generate(&OsEntropy);
        keys.write(&folder.path().join("keys.json")).unwrap();
        Self {
            place,
            folder,
            keys: Arc::new(keys),
            tenant: tenant.id,
            customer: customer.id,
            plan: plan.id,
            told: Told::default(),
            seeds: Vec::new(),
            secrets: HashMap::new(),
            buried: HashSet::new(),
        }
    }

    /// Starts a child on this database.
    pub(crate) fn start(&mut self, seed: u64) -> Victim {
        self.start_as("work", seed)
    }

    /// Starts a child that cancels in two steps.
    pub(crate) fn start_careless(&mut self, seed: u64) -> Victim {
        self.start_as("work-carelessly", seed)
    }

    fn start_as(&mut self, command: &str, seed: u64) -> Victim {
        self.seeds.push(seed);
        Victim::start(&[
            command.to_owned(),
            self.place.url(),
            self.folder.path().join("keys.json").display().to_string(),
            seed.to_string(),
            self.tenant.to_string(),
            self.customer.to_string(),
            self.plan.to_string(),
        ])
    }

    /// Takes in what a child said until it was killed.
    pub(crate) fn hear(&mut self, lines: &[Line], tally: &mut Tally) {
        self.told.hear(lines, tally);
    }

    /// Checks one moment of the database, while others may be at work on it. `heard` is what one of them said
    /// before.
    pub(crate) async fn glance(&self, heard: &[Line]) -> State {
        let mut told = self.told.clone();
        told.hear(heard, &mut Tally::default());
        let state = State::of_database(&self.place.url()).await;
        let found = violations(&state, &told);
        assert!(found.is_empty(), "{found:#?}");
        state
    }

    /// What is wrong with the database now.
    pub(crate) async fn violations(&self) -> Vec<String> {
        violations(&State::of_database(&self.place.url()).await, &self.told)
    }

    /// Checks everything, when nobody is at work: the rows, the audit chain, and every key.
    pub(crate) async fn inspect(&mut self) {
        self.place.settle().await;
        let state = self.glance(&[]).await;
        let store = aforo_sql::connect(&self.place.url()).await.unwrap();
        let stores = store.stores();
        self.check_chain(&stores, &state).await;
        self.present_keys(&stores, &state).await;
        store.close().await;
    }

    /// The chain holds what it held when a child was told of its head, and takes up all that came after.
    async fn check_chain(&mut self, stores: &Stores, state: &State) {
        let head = audit::seal(&*stores.subscriptions, self.tenant).await.unwrap();
        let report = audit::verify(&*stores.subscriptions, self.tenant, self.told.head)
            .await
            .unwrap();
        assert_eq!(report.broken, None);
        assert_eq!((report.head, report.unsealed), (head, 0));
        assert_eq!(head.seq, i64::try_from(state.audit.len()).unwrap());
        self.told.head = Some(head);
    }

    /// Presents every key, twins too, as a customer's program would.
    async fn present_keys(&mut self, stores: &Stores, state: &State) {
        self.mint_again(state);
        let vault = self.vault(stores);
        let look = Purpose {
            dry_run: true,
            ..Purpose::default()
        };
        for key in &state.keys {
            if self.buried.contains(&key.hash) {
                continue;
            }
            let presented = Presented::bearer(self.secrets[&key.hash].expose().clone());
            let answer = vault.verify(&presented, look).await;
            let is_bound_to_cancelled = state.bindings.iter().filter(|b| b.key == key.id).all(|b| {
                state
                    .subscriptions
                    .iter()
                    .any(|s| s.id == b.subscription && s.is_cancelled)
            });
            match answer {
                Ok(verified) => {
                    assert!(
                        !key.is_revoked && !is_bound_to_cancelled,
                        "{} is accepted",
                        key.id
                    );
                    assert_eq!(verified.key, key.id);
                }
                Err(error) => {
                    assert!(key.is_revoked, "{} is refused: {error}", key.id);
                    assert_eq!(error.code(), "key_invalid");
                    self.buried.insert(key.hash.clone());
                }
            }
        }
    }

    /// Repeats what children did to mint the keys that are stored and not known yet.
    fn mint_again(&mut self, state: &State) {
        let stored = state.keys.iter().map(|key| key.hash.clone());
        let mut missing: HashSet<Vec<u8>> = stored.filter(|hash| !self.secrets.contains_key(hash)).collect();
        for draw in 0..DRAWS {
            if missing.is_empty() {
                break;
            }
            for seed in &self.seeds {
                for environment in [Environment::Test, Environment::Live] {
                    let secret = mint::mint(environment, &Derived::new(*seed, draw));
                    let hash = mint::hash(secret.expose()).to_vec();
                    if missing.remove(&hash) {
                        self.secrets.insert(hash, secret);
                    }
                }
            }
        }
        self.seeds.clear();
        assert!(missing.is_empty(), "{} keys that no child made", missing.len());
    }

    fn vault(&self, stores: &Stores) -> Vault {
        Vault::new(
            stores.vault.clone(),
            stores.credentials.clone(),
            self.keys.clone(),
            Arc::new(SystemClock),
            Arc::new(OsEntropy),
        )
    }

    /// Cancels what is left, and presents every key that there ever was.
    pub(crate) async fn bury(mut self) {
        self.inspect().await;
        let store = aforo_sql::connect(&self.place.url()).await.unwrap();
        let stores = store.stores();
        let vault = self.vault(&stores);
        let scope = TenantScope::of_customer(self.tenant, self.customer);
        let filter = SubscriptionFilter {
            active_only: true,
            product: None,
        };
        let mut tx = stores.vault.read().await.unwrap();
        let first = aforo_core::PageRequest::first(200);
        let active = tx.subscriptions(scope).list(filter, first).await.unwrap();
        drop(tx);
        for subscription in active.items {
            vault
                .cancel_subscription(scope, Actor::Operator, subscription.id)
                .await
                .unwrap();
        }
        store.close().await;
        self.buried.clear();
        self.inspect().await;
        assert_eq!(
            self.buried.len(),
            self.secrets.len(),
            "a key outlived all subscriptions"
        );
    }
}
