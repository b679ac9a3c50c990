//! The behaviour suite that every storage implementation must pass: one function for each promise that the
//! traits in [`store`](crate::store) make.
//!
//! ```ignore
//! aforo_vault::vault_contract!(memory, async { (Subject::of(aforo_memory::Store::new()), ()) });
//! ```
//! makes a module `memory` with one test for each behaviour. The expression makes a [`Subject`] over an empty
//! store, and whatever must live as long as the test. Each behaviour makes tenants of its own.

#![allow(clippy::unwrap_used)] // a suite of tests: what it unwraps is what it claims

mod cancel;
mod credentials;
mod keys;
mod race;
mod scope;

use std::sync::Arc;

pub use aforo_core::contract::{NOW, all_pages, assert_conflict, later};
use aforo_core::{
    CustomerId, KeyId, OsEntropy, PlanId, ProductId, Store, StoreError, SubscriptionId, TenantId,
    TenantScope, Timestamp, UserId,
    contract::{CoreStore, sample_customer, sample_plan, sample_product, sample_tenant, sample_user},
    domain::{
        store::CoreTx,
        subscription::{Subscription, SubscriptionStatus},
    },
    kernel::entropy,
};
use futures_util::future::BoxFuture;

pub use self::{cancel::*, credentials::*, keys::*, race::*, scope::*};
use crate::{
    key::{ApiKey, CredentialFormat, Environment, KeyOrigin, Permission},
    seal::{PURPOSE_INJECT, SealContext, SealedCredential},
    store::{CredentialRecord, CredentialStore, VaultTx},
};

/// A store under test.
pub struct Subject {
    /// Where transactions begin.
    pub store: Arc<dyn Store<dyn VaultTx>>,
    /// What verification asks.
    pub credentials: Arc<dyn CredentialStore>,
    /// Makes what the store wants to exist before an owner's subscriptions and keys: rows that foreign keys
    /// name. A store without foreign keys has nothing to do here.
    pub prepare: Box<dyn Fn(Owner) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>,
}

impl Subject {
    /// A store that keeps tenants, customers, people and plans, too.
    pub fn of<S: Store<dyn VaultTx> + CoreStore + CredentialStore + Clone + 'static>(store: S) -> Self {
        let core = Arc::new(store.clone());
        Self {
            store: Arc::new(store.clone()),
            credentials: Arc::new(store),
            prepare: Box::new(move |owner| {
                let core = core.clone();
                Box::pin(async move {
                    let mut tx: Box<dyn CoreTx> = core.begin().await?;
                    insert_owner(&mut *tx, owner).await?;
                    tx.commit().await
                })
            }),
        }
    }
    async fn begin(&self) -> Box<dyn VaultTx> {
        self.store.begin().await.unwrap()
    }
    async fn read(&self) -> Box<dyn VaultTx> {
        self.store.read().await.unwrap()
    }
    /// The key as it is stored now, whoever owns it; twins, too.
    async fn record(&self, key: &ApiKey) -> CredentialRecord {
        let found = self.credentials.find_credential(&key.hash).await;
        found.unwrap().unwrap()
    }
}

/// A customer of a tenant of its own, with what its rows name.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The tenant; it may exist already.
    pub tenant: TenantId,
    /// The customer.
    pub customer: CustomerId,
    /// A person of the customer.
    pub user: UserId,
    /// A product.
    pub product: ProductId,
    /// A plan that covers the product.
    pub plan: PlanId,
}

impl Owner {
    fn wide(&self) -> TenantScope {
        TenantScope::tenant_wide(self.tenant)
    }
    fn own(&self) -> TenantScope {
        TenantScope::of_customer(self.tenant, self.customer)
    }
}

async fn insert_owner(tx: &mut dyn CoreTx, owner: Owner) -> Result<(), StoreError> {
    let wide = owner.wide();
    if tx.tenants().find(owner.tenant).await?.is_none() {
        let mut tenant = sample_tenant();
        tenant.id = owner.tenant;
        tx.tenants().insert(&tenant).await?;
    }
    let mut customer = sample_customer(owner.tenant);
    customer.id = owner.customer;
    tx.customers(wide).insert(&customer).await?;
    let mut user = sample_user(&customer);
    (user.id, user.email, user.identity) = (owner.user, None, None);
    tx.users(wide).insert(&user).await?;
    let mut product = sample_product(owner.tenant, &owner.product.to_string());
    product.id = owner.product;
    tx.products(wide).insert(&product).await?;
    let mut plan = sample_plan(owner.tenant, vec![owner.product]);
    plan.id = owner.plan;
    tx.plans(wide).insert(&plan).await
}

/// A customer of a new tenant.
async fn owner(subject: &Subject) -> Owner {
    customer_of(subject, TenantId::new(NOW, &OsEntropy)).await
}
/// A customer of a tenant.
async fn customer_of(subject: &Subject, tenant: TenantId) -> Owner {
    let owner = Owner {
        tenant,
        customer: CustomerId::new(NOW, &OsEntropy),
        user: UserId::new(NOW, &OsEntropy),
        product: ProductId::new(NOW, &OsEntropy),
        plan: PlanId::new(NOW, &OsEntropy),
    };
    (subject.prepare)(owner).await.unwrap();
    owner
}

fn sample_subscription(owner: &Owner) -> Subscription {
    Subscription {
        id: SubscriptionId::new(NOW, &OsEntropy),
        tenant: owner.tenant,
        customer: owner.customer,
        plan: owner.plan,
        plan_name: "Free".into(),
        products: vec![owner.product],
        status: SubscriptionStatus::Active,
        created_at: NOW,
        cancelled_at: None,
    }
}

/// A key with every field set that a live key can have.
fn sample_key(owner: &Owner) -> ApiKey {
    let id = KeyId::new(NOW, &OsEntropy);
    ApiKey {
        id,
        tenant: owner.tenant,
        customer: Some(owner.customer),
        created_by: Some(owner.user),
        origin: KeyOrigin::Customer,
        format: CredentialFormat::ClientCredentials,
        client_id: Some(format!("client_{}", id.as_uuid().simple())),
        environment: Environment::Live,
        name: "Bäckend ' \" \\ %".into(),
        hash: entropy::bytes(&OsEntropy),
        hint: "n3p4".into(),
        lineage: id,
        successor: None,
        products: vec![owner.product],
        ip_ranges: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        rate_limit: Some(u32::MAX),
        permissions: vec![Permission::KeysWrite],
        created_at: NOW,
        expires_at: Some(later(1_000_000)),
        grace_until: None,
        revoked_at: None,
        last_used_at: None,
    }
}
/// A key with as little as possible.
fn bare_key(owner: &Owner) -> ApiKey {
    ApiKey {
        created_by: None,
        format: CredentialFormat::Bearer,
        client_id: None,
        environment: Environment::Test,
        products: Vec::new(),
        ip_ranges: Vec::new(),
        rate_limit: None,
        permissions: Vec::new(),
        expires_at: None,
        ..sample_key(owner)
    }
}
fn operator_key(owner: &Owner) -> ApiKey {
    ApiKey {
        customer: None,
        origin: KeyOrigin::Operator,
        ..bare_key(owner)
    }
}
/// The integration that the twins of this suite are sealed to.
pub(crate) const INTEGRATION: &str = "prod_a";

fn twin_key(owner: &Owner, environment: Environment) -> ApiKey {
    ApiKey {
        origin: KeyOrigin::Playground,
        environment,
        ..bare_key(owner)
    }
}
fn sealed_for(key: &ApiKey, subscription: SubscriptionId) -> SealedCredential {
    SealedCredential {
        context: SealContext {
            purpose: PURPOSE_INJECT.into(),
            tenant: key.tenant,
            key: key.id,
            subscription,
            environment: key.environment,
            integration: INTEGRATION.into(),
            origin: "https://api.acme.test".into(),
        },
        kek_id: "k1".into(),
        wrapped_dek: entropy::bytes::<60>(&OsEntropy).to_vec(),
        ciphertext: entropy::bytes::<76>(&OsEntropy).to_vec(),
    }
}

async fn subscribe(subject: &Subject, owner: &Owner) -> SubscriptionId {
    let subscription = sample_subscription(owner);
    let mut tx = subject.begin().await;
    tx.subscriptions(owner.own()).insert(&subscription).await.unwrap();
    tx.commit().await.unwrap();
    subscription.id
}
/// Adds a key and binds it to subscriptions.
async fn add(subject: &Subject, owner: &Owner, key: &ApiKey, bound_to: &[SubscriptionId]) {
    let mut tx = subject.begin().await;
    tx.keys(owner.wide()).insert(key).await.unwrap();
    for subscription in bound_to {
        tx.keys(owner.wide()).bind(key.id, *subscription).await.unwrap();
    }
    tx.commit().await.unwrap();
}
/// Adds a twin with its sealed copy.
async fn add_twin(
    subject: &Subject,
    owner: &Owner,
    environment: Environment,
    subscription: SubscriptionId,
) -> (ApiKey, SealedCredential) {
    let key = twin_key(owner, environment);
    let sealed = sealed_for(&key, subscription);
    add(subject, owner, &key, &[subscription]).await;
    let mut tx = subject.begin().await;
    tx.keys(owner.own()).insert_sealed(&sealed).await.unwrap();
    tx.commit().await.unwrap();
    (key, sealed)
}
/// Cancels a subscription with its keys, as the vault does; returns the keys that died.
async fn cancel(
    subject: &Subject,
    scope: TenantScope,
    subscription: SubscriptionId,
    at: Timestamp,
) -> Vec<(KeyId, KeyOrigin)> {
    let mut tx = subject.begin().await;
    assert!(tx.subscriptions(scope).cancel(subscription, at).await.unwrap());
    let dead = tx.keys(scope).end_bindings_to(subscription, at).await.unwrap();
    tx.commit().await.unwrap();
    dead
}

/// Makes a module with one `#[tokio::test]` for each behaviour: `vault_contract!(name, async { (subject, guard) })`.
#[macro_export]
macro_rules! vault_contract {
    ($module:ident, $fixture:expr) => {
        mod $module {
            use super::*;
            use $crate::contract as suite;
            ::aforo_core::behaviours! { ($fixture)
                a_key_comes_back_field_by_field
                a_taken_hash_or_client_id_is_a_conflict
                binding_again_is_harmless_and_bindings_are_in_order
                a_binding_that_ended_stays_ended
                a_key_is_bound_to_subscriptions_of_its_own_customer_only
                keys_are_filtered
                pages_of_keys_cover_each_once
                grace_begins_once
                a_revoked_key_cannot_begin_grace
                a_key_is_revoked_once_with_its_sealed_copy
                a_lineage_shows_its_unrevoked_keys_in_order
                twins_are_found_by_subscription_and_environment_and_never_listed
                a_subscription_has_one_twin_for_each_environment_and_integration
                twins_of_an_integration_are_revoked_together
                keys_are_seen_by_their_scopes_only
                operator_keys_are_for_tenant_wide_scopes
                nothing_of_another_tenant_can_be_touched
                nothing_of_another_customer_can_be_touched
                a_cancel_kills_the_keys_that_nothing_else_keeps_alive
                a_key_with_another_live_binding_survives_until_that_ends
                a_cancel_in_a_scope_that_does_not_cover_it_ends_nothing
                a_cancel_that_is_dropped_kills_nothing
                a_credential_is_found_with_its_active_subscriptions
                a_credential_without_live_subscription_is_found_with_none
                a_cancel_is_seen_at_once
                the_subscription_alone_decides_even_if_the_cascade_was_forgotten
                an_ended_binding_gives_no_subscription
                last_used_times_only_move_forward
                sealed_credentials_are_rewrapped_by_compare_and_set
                no_key_outlives_its_subscription_in_any_interleaving
                two_cancels_that_share_a_key_leave_no_survivor
                of_many_rotations_at_once_one_wins
            }
        }
    };
}
