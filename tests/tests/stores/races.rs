//! The vault itself on several threads: whatever is done at the same time, no key outlives its subscription.

use std::sync::Arc;

use aforo_core::{
    OsEntropy, SystemClock,
    contract::{CoreStore, World, begin, sample_subscription, world},
    kernel::audit::Actor,
};
use aforo_docs::store::Stores;
use aforo_vault::{
    KeyOwner, NewKey, TwinUse, Vault, VaultError,
    kek::KeyRing,
    key::{CredentialFormat, Environment},
    store::KeyFilter,
    verify::{Presented, Purpose},
};

fn new_key(world: &World, subscription: aforo_core::SubscriptionId) -> NewKey {
    NewKey {
        name: "racer".into(),
        environment: Environment::Live,
        format: CredentialFormat::Bearer,
        created_by: Some(world.user),
        owner: KeyOwner::Customer {
            customer: world.customer,
            subscriptions: vec![subscription],
        },
        products: Vec::new(),
        ip_ranges: Vec::new(),
        rate_limit: None,
        expires_at: None,
        permissions: Vec::new(),
    }
}

/// Only "too late" and "in each other's way" are acceptable outcomes of a race.
fn lost(error: &VaultError) -> bool {
    match error {
        VaultError::Store(error) => error.is_retryable(),
        VaultError::SubscriptionNotActive(_) | VaultError::NotActive(_) | VaultError::InGrace { .. } => true,
        _ => false,
    }
}

async fn race(store: &impl CoreStore, stores: Stores, rounds: u32) {
    let world = world(store).await;
    let vault = Arc::new(Vault::new(
        stores.vault.clone(),
        stores.credentials.clone(),
        Arc::new(KeyRing::generate(&OsEntropy)),
        Arc::new(SystemClock),
        Arc::new(OsEntropy),
    ));
    let actor = Actor::User(world.user);
    let mut won = 0;
    for round in 0..rounds {
        let mut tx = begin(store).await;
        let plan = tx.plans(world.wide).find(world.plan).await.unwrap().unwrap();
        let subscription = sample_subscription(&plan, world.customer);
        tx.subscriptions(world.own).insert(&subscription).await.unwrap();
        tx.commit().await.unwrap();
        let id = subscription.id;
        let first = vault.create(world.own, actor, new_key(&world, id)).await.unwrap();
        let second = vault.create(world.own, actor, new_key(&world, id)).await.unwrap();
        let mut secrets = vec![first.secret, second.secret];

        let mut tasks = Vec::new();
        for key in [first.key.id, first.key.id, second.key.id] {
            let vault = vault.clone();
            tasks.push(tokio::spawn(async move {
                let rotated = vault.rotate(world.own, actor, key).await;
                rotated.map(|rotated| rotated.created.secret)
            }));
        }
        for _ in 0..2 {
            let (vault, new) = (vault.clone(), new_key(&world, id));
            tasks.push(tokio::spawn(async move {
                vault
                    .create(world.own, actor, new)
                    .await
                    .map(|created| created.secret)
            }));
        }
        let wanted = TwinUse {
            subscription: id,
            environment: Environment::Test,
            product: world.product,
            origin: "https://api.acme.test".into(),
            operation: "getWeather".into(),
        };
        let (twins, cancels) = (vault.clone(), vault.clone());
        tasks.push(tokio::spawn(async move {
            twins.open_twin(world.own, actor, &wanted).await
        }));
        let cancelled = tokio::spawn(async move {
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            cancels.cancel_subscription(world.own, actor, id).await
        });
        for task in tasks {
            match task.await.unwrap() {
                Ok(secret) => {
                    won += 1;
                    secrets.push(secret);
                }
                Err(error) => assert!(lost(&error), "round {round}: {error:?}"),
            }
        }
        if let Err(error) = cancelled.await.unwrap() {
            assert!(lost(&error), "round {round}: {error:?}");
            vault.cancel_subscription(world.own, actor, id).await.unwrap();
        }

        for secret in secrets {
            let presented = Presented::bearer(secret.expose().clone());
            assert!(
                vault.verify(&presented, Purpose::default()).await.is_err(),
                "round {round}"
            );
        }
        let filter = KeyFilter {
            subscription: Some(id),
            unrevoked_only: true,
            environment: None,
        };
        let page = aforo_core::PageRequest::first(50);
        let alive = vault.list(world.wide, filter, page).await.unwrap();
        assert_eq!(alive.items, [], "round {round}");
        let mut tx = stores.vault.read().await.unwrap();
        assert!(
            tx.keys(world.wide)
                .twin(id, Environment::Test, &world.product.to_string())
                .await
                .unwrap()
                .is_none()
        );
    }
    assert!(won > 0, "everything lost against the cancellation");
}

/// Several first calls at once: each credential that was handed out works, and there is one twin.
async fn first_calls_at_once(store: &impl CoreStore, stores: Stores, rounds: u32) {
    let world = world(store).await;
    let vault = Arc::new(Vault::new(
        stores.vault.clone(),
        stores.credentials.clone(),
        Arc::new(KeyRing::generate(&OsEntropy)),
        Arc::new(SystemClock),
        Arc::new(OsEntropy),
    ));
    let actor = Actor::User(world.user);
    for round in 0..rounds {
        let mut tx = begin(store).await;
        let plan = tx.plans(world.wide).find(world.plan).await.unwrap().unwrap();
        let subscription = sample_subscription(&plan, world.customer);
        tx.subscriptions(world.own).insert(&subscription).await.unwrap();
        tx.commit().await.unwrap();
        let calls = (0..6).map(|_| {
            let vault = vault.clone();
            let wanted = TwinUse {
                subscription: subscription.id,
                environment: Environment::Live,
                product: world.product,
                origin: "https://api.acme.test".into(),
                operation: "getWeather".into(),
            };
            tokio::spawn(async move { vault.open_twin(world.own, actor, &wanted).await.unwrap() })
        });
        let mut handed_out = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            handed_out.push(call.await.unwrap());
        }
        for secret in &handed_out {
            assert_eq!(secret.expose(), handed_out[0].expose(), "round {round}");
            let presented = Presented::bearer(secret.expose().clone());
            vault.verify(&presented, Purpose::default()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_calls_at_once_share_one_twin() {
    let store = aforo_memory::Store::new();
    first_calls_at_once(&store, Stores::of(store.clone()), 10).await;
    let (store, _folder) = crate::sqlite().await;
    first_calls_at_once(&store, Stores::of(store.clone()), 10).await;
    let (store, _database) = crate::postgres().await;
    first_calls_at_once(&store, Stores::of(store.clone()), 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_vault_races_on_memory() {
    let store = aforo_memory::Store::new();
    race(&store, Stores::of(store.clone()), 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_vault_races_on_sqlite() {
    let (store, _folder) = crate::sqlite().await;
    race(&store, Stores::of(store.clone()), 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_vault_races_on_postgres() {
    let (store, _database) = crate::postgres().await;
    race(&store, Stores::of(store.clone()), 60).await;
}
