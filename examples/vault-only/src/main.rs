//! One crate alone: API keys for an application that has its own storage. `cargo run -p vault-only`.
//!
//! [`store`] is what the application wrote: four small repositories over its own data, here a struct in memory.
//! Everything else (minting, hashing, grace, death with the subscription, verification) is the vault's.

// An example talks to its reader.
#![allow(clippy::print_stdout)]

mod store;

use std::sync::Arc;

use aforo_core::{
    Clock, CustomerId, OsEntropy, PlanId, ProductId, Store, SubscriptionId, SystemClock, TenantId,
    TenantScope,
    domain::subscription::{Subscription, SubscriptionStatus},
    kernel::audit::Actor,
};
use aforo_vault::{
    KeyOwner, NewKey, Vault,
    kek::KeyRing,
    key::{CredentialFormat, Environment},
    store::VaultTx,
    verify::{Presented, Purpose},
};

use store::OwnStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Arc::new(OwnStore::default());
    let keks = Arc::new(KeyRing::generate(&OsEntropy));
    let vault = Vault::new(
        store.clone(),
        store.clone(),
        keks,
        Arc::new(SystemClock),
        Arc::new(OsEntropy),
    );

    // The application's own business: a customer with a subscription.
    let now = SystemClock.now();
    let (tenant, customer) = (TenantId::new(now, &OsEntropy), CustomerId::new(now, &OsEntropy));
    let subscription = Subscription {
        id: SubscriptionId::new(now, &OsEntropy),
        tenant,
        customer,
        plan: PlanId::new(now, &OsEntropy),
        plan_name: "Pro".into(),
        products: vec![ProductId::new(now, &OsEntropy)],
        status: SubscriptionStatus::Active,
        created_at: now,
        cancelled_at: None,
    };
    let scope = TenantScope::tenant_wide(tenant);
    let mut tx = Store::<dyn VaultTx>::begin(&*store).await?;
    tx.subscriptions(scope).insert(&subscription).await?;
    tx.commit().await?;

    // A key, shown once.
    let new = NewKey {
        name: "production".into(),
        environment: Environment::Live,
        format: CredentialFormat::Bearer,
        created_by: None,
        owner: KeyOwner::Customer {
            customer,
            subscriptions: vec![subscription.id],
        },
        products: vec![],
        ip_ranges: vec!["127.0.0.0/8".parse()?],
        rate_limit: Some(600),
        expires_at: None,
        permissions: vec![],
    };
    let made = vault.create(scope, Actor::Operator, new).await?;
    println!("made      {} ({})", made.key.id, made.key.display_hint());

    // A call comes in.
    let presented = Presented {
        client_id: None,
        key: made.secret,
    };
    let purpose = Purpose {
        client: Some([127, 0, 0, 1].into()),
        ..Purpose::default()
    };
    let verified = vault.verify(&presented, purpose).await?;
    println!(
        "accepted  {} for {:?}",
        verified.key,
        verified.customer.map(|id| id.to_string())
    );

    // Rotate: both work for five minutes.
    let rotated = vault.rotate(scope, Actor::Operator, made.key.id).await?;
    println!(
        "rotated   {} replaces it; the old one works until {:?}",
        rotated.created.key.id,
        rotated.predecessor.grace_until.map(|at| at.to_rfc3339())
    );
    assert!(vault.verify(&presented, purpose).await.is_ok());

    // Cancel: both die in the same transaction.
    let cancelled = vault
        .cancel_subscription(scope, Actor::Operator, subscription.id)
        .await?;
    println!(
        "cancelled {} and {} keys with it",
        cancelled.id,
        cancelled.keys.len()
    );
    match vault.verify(&presented, purpose).await {
        Ok(_) => return Err("a dead key was accepted".into()),
        Err(error) => println!("refused   {}: {error}", error.code()),
    }
    Ok(())
}
