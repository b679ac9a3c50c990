//! The behaviour suite that every storage implementation must pass: one function for each promise that the
//! traits in [`domain`](crate::domain) and [`kernel`](crate::kernel) make.
//!
//! ```ignore
//! aforo_core::core_contract!(memory, async { (aforo_memory::Store::new(), ()) });
//! ```
//! makes a module `memory` with one test for each behaviour. The expression makes an empty store, and whatever
//! must live as long as the test (a temporary folder). Each behaviour makes tenants of its own, so stores may
//! share one database.

#![allow(clippy::unwrap_used)] // a suite of tests: what it unwraps is what it claims

mod accounts;
mod audit;
mod catalog;
mod subscriptions;
mod transactions;

pub use accounts::*;
pub use audit::*;
pub use catalog::*;
pub use subscriptions::*;
pub use transactions::*;

use crate::{
    CustomerId, OsEntropy, Page, PageRequest, PlanId, ProductId, Store, StoreError, StoreErrorKind,
    SubscriptionId, TenantId, TenantScope, Timestamp, UserId,
    domain::{
        customer::Customer,
        plan::Plan,
        product::{Product, Upstream},
        store::{CoreTx, SubscriptionTx},
        subscription::{Subscription, SubscriptionStatus},
        tenant::Tenant,
        user::{Identity, Role, User},
    },
};

/// A store as this suite asks for it.
pub trait CoreStore: Store<dyn CoreTx> + Store<dyn SubscriptionTx> {}
impl<S: Store<dyn CoreTx> + Store<dyn SubscriptionTx>> CoreStore for S {}

/// When the suite happens.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_373_283_123);

/// A moment, `n` milliseconds after [`NOW`].
pub const fn later(n: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + n)
}

/// A tenant with one of everything. Every world uses the same names, addresses and slugs: what one tenant has
/// must be free in another.
#[derive(Clone, Debug)]
pub struct World {
    /// The tenant.
    pub tenant: TenantId,
    /// All of it.
    pub wide: TenantScope,
    /// What its customer sees.
    pub own: TenantScope,
    /// The customer.
    pub customer: CustomerId,
    /// A person of the customer.
    pub user: UserId,
    /// A product.
    pub product: ProductId,
    /// A plan that covers the product.
    pub plan: PlanId,
    /// The customer's subscription to the plan.
    pub subscription: SubscriptionId,
}

/// Makes a tenant with one of everything.
pub async fn world(store: &impl CoreStore) -> World {
    let mut tx = begin(store).await;
    let world = world_in(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    world
}

/// As [`world`], in the caller's transaction.
pub async fn world_in(tx: &mut dyn CoreTx) -> Result<World, StoreError> {
    let tenant = sample_tenant();
    let wide = TenantScope::tenant_wide(tenant.id);
    tx.tenants().insert(&tenant).await?;
    let customer = sample_customer(tenant.id);
    tx.customers(wide).insert(&customer).await?;
    let user = sample_user(&customer);
    tx.users(wide).insert(&user).await?;
    let product = sample_product(tenant.id, "weather");
    tx.products(wide).insert(&product).await?;
    let plan = sample_plan(tenant.id, vec![product.id]);
    tx.plans(wide).insert(&plan).await?;
    let subscription = sample_subscription(&plan, customer.id);
    tx.subscriptions(wide).insert(&subscription).await?;
    Ok(World {
        tenant: tenant.id,
        wide,
        own: TenantScope::of_customer(tenant.id, customer.id),
        customer: customer.id,
        user: user.id,
        product: product.id,
        plan: plan.id,
        subscription: subscription.id,
    })
}

/// Adds another customer to a tenant; returns what it sees.
pub async fn other_customer(store: &impl CoreStore, tenant: TenantId) -> TenantScope {
    let mut tx = begin(store).await;
    let customer = sample_customer(tenant);
    let wide = TenantScope::tenant_wide(tenant);
    tx.customers(wide).insert(&customer).await.unwrap();
    tx.commit().await.unwrap();
    TenantScope::of_customer(tenant, customer.id)
}

/// A tenant whose slug is not taken.
pub fn sample_tenant() -> Tenant {
    let id = TenantId::new(NOW, &OsEntropy);
    Tenant {
        id,
        name: "Acme".into(),
        slug: format!("acme-{}", id.as_uuid().simple()),
        hosts: vec!["developers.acme.test".into(), "acme.test".into()],
        created_at: NOW,
    }
}
/// A customer.
pub fn sample_customer(tenant: TenantId) -> Customer {
    Customer {
        id: CustomerId::new(NOW, &OsEntropy),
        tenant,
        name: "Ünïcode & Söhne".into(),
        created_at: NOW,
    }
}
/// A person with every field set.
pub fn sample_user(customer: &Customer) -> User {
    User {
        id: UserId::new(NOW, &OsEntropy),
        tenant: customer.tenant,
        customer: customer.id,
        email: Some("mara@acme.test".into()),
        name: "Mara".into(),
        role: Role::Developer,
        password_hash: Some("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".into()),
        identity: Some(Identity {
            issuer: "https://host.test".into(),
            subject: "u1".into(),
        }),
        created_at: NOW,
        closed_at: None,
    }
}
/// A product with every field set but the published description.
pub fn sample_product(tenant: TenantId, slug: &str) -> Product {
    let upstream = |host: &str| {
        Some(Upstream {
            origin: format!("https://{host}"),
            base_path: "/v1".into(),
        })
    };
    Product {
        id: ProductId::new(NOW, &OsEntropy),
        tenant,
        name: "Weather".into(),
        slug: slug.into(),
        upstream: upstream("api.acme.test"),
        private_ranges: vec!["10.1.0.0/16".parse().unwrap(), "fd00::/64".parse().unwrap()],
        proposed_upstream: upstream("new.acme.test"),
        published_spec: None,
        created_at: NOW,
    }
}
/// A plan.
pub fn sample_plan(tenant: TenantId, products: Vec<ProductId>) -> Plan {
    Plan {
        id: PlanId::new(NOW, &OsEntropy),
        tenant,
        name: "Free".into(),
        products,
        auto_subscribe: true,
        created_at: NOW,
    }
}
/// An active subscription.
pub fn sample_subscription(plan: &Plan, customer: CustomerId) -> Subscription {
    Subscription {
        id: SubscriptionId::new(NOW, &OsEntropy),
        tenant: plan.tenant,
        customer,
        plan: plan.id,
        plan_name: plan.name.clone(),
        products: plan.products.clone(),
        status: SubscriptionStatus::Active,
        created_at: NOW,
        cancelled_at: None,
    }
}

/// Begins a writing transaction over the core.
pub async fn begin(store: &impl Store<dyn CoreTx>) -> Box<dyn CoreTx> {
    store.begin().await.unwrap()
}
/// Begins a reading transaction over the core.
pub async fn read(store: &impl Store<dyn CoreTx>) -> Box<dyn CoreTx> {
    store.read().await.unwrap()
}

/// Asserts that the outcome is a conflict.
#[track_caller]
pub fn assert_conflict<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    assert_eq!(
        outcome.map_err(|e| e.kind()).unwrap_err(),
        StoreErrorKind::Conflict
    );
}

/// Walks all pages of `limit` items, and asserts that pages are full and end when they say so.
pub async fn all_pages<T, C: Copy>(
    limit: u32,
    mut page: impl AsyncFnMut(PageRequest<C>) -> Result<Page<T, C>, StoreError>,
) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let found = page(PageRequest { after, limit }).await.unwrap();
        assert!(found.next.is_none() || found.items.len() == limit as usize);
        all.extend(found.items);
        after = found.next;
        if after.is_none() {
            return all;
        }
    }
}

/// Makes a module with one `#[tokio::test]` for each behaviour: `core_contract!(name, async { (store, guard) })`.
#[macro_export]
macro_rules! core_contract {
    ($module:ident, $fixture:expr) => {
        mod $module {
            use super::*;
            use $crate::contract as suite;
            $crate::behaviours! { ($fixture)
                what_is_committed_is_seen
                what_is_dropped_leaves_nothing
                nothing_is_seen_before_the_commit
                a_reader_sees_one_snapshot_and_waits_for_no_writer
                a_reading_transaction_writes_nothing
                a_commit_never_forgets_what_it_confirmed
                many_writers_lose_nothing
                tenants_are_found_by_id_and_slug
                a_taken_slug_of_a_tenant_is_a_conflict
                customers_are_seen_by_their_scopes_only
                people_are_found_by_id_address_and_identity
                taken_addresses_and_identities_are_conflicts_within_a_tenant
                people_are_seen_by_their_scopes_only
                closing_an_account_wipes_it_once
                a_session_is_live_until_its_end
                a_session_of_a_closed_account_is_dead
                sessions_of_agents_are_listed_while_they_live
                sessions_end_together_and_are_purged_by_expiry
                sessions_of_another_tenant_are_out_of_reach
                products_are_found_by_id_and_slug
                a_taken_slug_of_a_product_is_a_conflict_within_a_tenant
                approving_an_upstream_drops_the_proposal
                products_of_another_tenant_are_out_of_reach
                pages_of_products_cover_each_once
                plans_are_listed_in_order_for_their_tenant
                subscriptions_are_found_and_locked_by_their_scopes_only
                subscriptions_are_filtered
                pages_of_subscriptions_cover_each_once
                a_subscription_is_cancelled_once
                of_two_concurrent_cancels_one_wins
                a_locked_subscription_keeps_a_cancel_waiting
                the_audit_log_is_read_newest_first
                the_audit_log_is_for_tenant_wide_scopes
                links_are_added_once_and_in_order
                sealing_links_everything_and_verifies
                sealers_at_once_make_one_chain
                an_anchor_finds_a_chain_that_is_not_its_own
            }
        }
    };
}

/// One `#[tokio::test]` for each named behaviour of a suite. The suites' macros use it.
#[doc(hidden)]
#[macro_export]
macro_rules! behaviours {
    (($fixture:expr) $($name:ident)*) => {$(
        #[::tokio::test]
        async fn $name() {
            let (store, _guard) = $fixture.await;
            suite::$name(&store).await;
        }
    )*};
}
