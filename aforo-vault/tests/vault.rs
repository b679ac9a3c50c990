//! The vault's rules, on the in-memory store and a clock that stands still until told.

#![allow(clippy::unwrap_used)] // helpers of a test: what they unwrap is what they claim

use std::{sync::Arc, time::Duration};

use aforo_core::{
    Clock, CustomerId, KeyId, ManualClock, OsEntropy, PageRequest, PlanId, ProductId, Store, SubscriptionId,
    TenantId, TenantScope, Timestamp,
    domain::{
        store::CoreTx,
        subscription::{Subscription, SubscriptionStatus},
        tenant::Tenant,
    },
    kernel::audit::{Actor, verify as verify_chain},
};
use aforo_vault::{
    KeyOwner, NewKey, TWIN_LIFETIME, TwinUse, Vault, VaultError, VerifyError,
    kek::KeyRing,
    key::{CredentialFormat, Environment, KeyStatus, Permission},
    store::{CredentialStore, KeyFilter, VaultTx},
    verify::{Presented, Purpose},
};

struct World {
    vault: Vault,
    clock: Arc<ManualClock>,
    store: Arc<aforo_memory::Store>,
    tenant: TenantId,
    customer: CustomerId,
    product: ProductId,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_760_000_000_000)));
        let store = Arc::new(aforo_memory::Store::new());
        let now = clock.now();
        let tenant = TenantId::new(now, &OsEntropy);
        let customer = CustomerId::new(now, &OsEntropy);
        let mut tx = Store::<dyn CoreTx>::begin(&*store).await.unwrap();
        let row = Tenant {
            id: tenant,
            name: "Acme".into(),
            slug: "acme".into(),
            hosts: vec![],
            created_at: now,
        };
        tx.tenants().insert(&row).await.unwrap();
        let row = aforo_core::domain::customer::Customer {
            id: customer,
            tenant,
            name: "C".into(),
            created_at: now,
        };
        tx.customers(TenantScope::tenant_wide(tenant))
            .insert(&row)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let vault = Vault::new(
            store.clone() as Arc<dyn Store<dyn VaultTx>>,
            store.clone() as Arc<dyn CredentialStore>,
            Arc::new(KeyRing::generate(&OsEntropy)),
            clock.clone(),
            Arc::new(OsEntropy),
        );
        let product = ProductId::new(now, &OsEntropy);
        Self {
            vault,
            clock,
            store,
            tenant,
            customer,
            product,
        }
    }

    fn scope(&self) -> TenantScope {
        TenantScope::tenant_wide(self.tenant)
    }

    async fn subscribe(&self, products: &[ProductId]) -> SubscriptionId {
        let now = self.clock.now();
        let subscription = Subscription {
            id: SubscriptionId::new(now, &OsEntropy),
            tenant: self.tenant,
            customer: self.customer,
            plan: PlanId::new(now, &OsEntropy),
            plan_name: "Pro".into(),
            products: products.to_vec(),
            status: SubscriptionStatus::Active,
            created_at: now,
            cancelled_at: None,
        };
        let mut tx = Store::<dyn CoreTx>::begin(&*self.store).await.unwrap();
        let scope = TenantScope::tenant_wide(self.tenant);
        let plan = aforo_core::domain::plan::Plan {
            id: subscription.plan,
            tenant: self.tenant,
            name: "Pro".into(),
            products: products.to_vec(),
            auto_subscribe: false,
            created_at: now,
        };
        tx.plans(scope).insert(&plan).await.unwrap();
        tx.subscriptions(scope).insert(&subscription).await.unwrap();
        tx.commit().await.unwrap();
        subscription.id
    }

    fn settings(&self, subscriptions: Vec<SubscriptionId>) -> NewKey {
        NewKey {
            name: "prod".into(),
            environment: Environment::Live,
            format: CredentialFormat::Bearer,
            created_by: None,
            owner: KeyOwner::Customer {
                customer: self.customer,
                subscriptions,
            },
            products: vec![],
            ip_ranges: vec![],
            rate_limit: None,
            expires_at: None,
            permissions: vec![],
        }
    }

    async fn key(&self, subscription: SubscriptionId) -> (KeyId, String) {
        self.make(self.settings(vec![subscription])).await
    }

    async fn make(&self, settings: NewKey) -> (KeyId, String) {
        let made = self
            .vault
            .create(self.scope(), Actor::Operator, settings)
            .await
            .unwrap();
        (made.key.id, made.secret.expose().clone())
    }

    async fn check(&self, key: &str) -> Result<KeyId, VerifyError> {
        self.check_for(key, Purpose::default()).await
    }

    async fn check_for(&self, key: &str, purpose: Purpose) -> Result<KeyId, VerifyError> {
        self.vault
            .verify(&Presented::bearer(key), purpose)
            .await
            .map(|v| v.key)
    }

    fn after(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }
}

#[tokio::test]
async fn a_rotated_key_works_for_exactly_300_seconds() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let mut settings = w.settings(vec![sub]);
    settings.ip_ranges = vec!["192.0.2.0/24".parse().unwrap()];
    settings.rate_limit = Some(1000);
    settings.products = vec![w.product];
    let (old, old_key) = w.make(settings).await;
    let rotated = w.vault.rotate(w.scope(), Actor::Operator, old).await.unwrap();
    let (new, new_key) = (rotated.created.key, rotated.created.secret.expose().clone());
    // The successor inherits everything.
    assert_eq!(new.ip_ranges, rotated.predecessor.ip_ranges);
    assert_eq!(
        (new.rate_limit, new.lineage, new.name.as_str()),
        (Some(1000), old, "prod")
    );
    assert_eq!(
        (&new.products, rotated.created.subscriptions),
        (&vec![w.product], vec![sub])
    );
    let from = Purpose {
        client: Some("192.0.2.9".parse().unwrap()),
        ..Purpose::default()
    };
    w.after(299_999);
    assert_eq!(w.check_for(&old_key, from).await.unwrap(), old);
    assert_eq!(w.check_for(&new_key, from).await.unwrap(), new.id);
    w.after(1);
    assert!(matches!(
        w.check_for(&old_key, from).await,
        Err(VerifyError::Dead("revoked"))
    ));
    assert_eq!(w.check_for(&new_key, from).await.unwrap(), new.id);
}

#[tokio::test]
async fn at_most_two_keys_of_a_lineage_live() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let (first, first_key) = w.key(sub).await;
    let second = w
        .vault
        .rotate(w.scope(), Actor::Operator, first)
        .await
        .unwrap()
        .created;
    // C3: a key in its grace cannot be rotated again; its successor can, and that ends the grace.
    let again = w.vault.rotate(w.scope(), Actor::Operator, first).await;
    assert!(matches!(again, Err(VaultError::InGrace { successor: Some(id), .. }) if id == second.key.id));
    w.after(1000);
    let third = w
        .vault
        .rotate(w.scope(), Actor::Operator, second.key.id)
        .await
        .unwrap()
        .created;
    assert!(w.check(&first_key).await.is_err());
    assert!(w.check(second.secret.expose()).await.is_ok());
    assert!(w.check(third.secret.expose()).await.is_ok());
}

#[tokio::test]
async fn an_expired_or_revoked_key_is_not_revived_by_rotation() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let mut settings = w.settings(vec![sub]);
    settings.expires_at = Some(w.clock.now() + Duration::from_secs(10));
    let (expiring, key) = w.make(settings).await;
    w.after(9_999);
    assert!(w.check(&key).await.is_ok());
    w.after(1);
    assert!(matches!(w.check(&key).await, Err(VerifyError::Dead("expired"))));
    assert!(matches!(
        w.vault.rotate(w.scope(), Actor::Operator, expiring).await,
        Err(VaultError::NotActive(_))
    ));
    let (revoked, key) = w.key(sub).await;
    w.vault.revoke(w.scope(), Actor::Operator, revoked).await.unwrap();
    assert!(w.check(&key).await.is_err());
    assert!(matches!(
        w.vault.rotate(w.scope(), Actor::Operator, revoked).await,
        Err(VaultError::NotActive(_))
    ));
    assert!(matches!(
        w.vault.revoke(w.scope(), Actor::Operator, revoked).await,
        Err(VaultError::NotActive(_))
    ));
}

#[tokio::test]
async fn cancelling_kills_the_keys_and_the_twins_in_the_same_transaction() {
    let w = World::new().await;
    let (a, b) = (w.subscribe(&[w.product]).await, w.subscribe(&[w.product]).await);
    let (only_a, only_a_key) = w.key(a).await;
    let (both, both_key) = w.make(w.settings(vec![a, b])).await;
    let (_, only_b_key) = w.key(b).await;
    let twin = w
        .vault
        .open_twin(w.scope(), Actor::System, &twin_use(&w, a))
        .await
        .unwrap();
    assert!(w.check(twin.expose()).await.is_ok());

    let cancelled = w
        .vault
        .cancel_subscription(w.scope(), Actor::Operator, a)
        .await
        .unwrap();
    assert_eq!(cancelled.keys, [only_a]);
    assert!(w.check(&only_a_key).await.is_err());
    assert!(w.check(twin.expose()).await.is_err());
    // C6: a key with another live binding goes on, and calls what that one covers.
    assert_eq!(w.check(&both_key).await.unwrap(), both);
    assert!(w.check(&only_b_key).await.is_ok());

    assert!(matches!(
        w.vault
            .open_twin(w.scope(), Actor::System, &twin_use(&w, a))
            .await,
        Err(VaultError::SubscriptionNotActive(_))
    ));
    assert!(matches!(
        w.vault.rotate(w.scope(), Actor::Operator, only_a).await,
        Err(VaultError::NotActive(_))
    ));
    assert!(matches!(
        w.vault
            .create(w.scope(), Actor::Operator, w.settings(vec![a]))
            .await,
        Err(VaultError::SubscriptionNotActive(_))
    ));
    assert!(matches!(
        w.vault.cancel_subscription(w.scope(), Actor::Operator, a).await,
        Err(VaultError::SubscriptionNotActive(_))
    ));
    w.vault
        .cancel_subscription(w.scope(), Actor::Operator, b)
        .await
        .unwrap();
    assert!(w.check(&both_key).await.is_err());
}

fn twin_use(w: &World, subscription: SubscriptionId) -> TwinUse {
    TwinUse {
        subscription,
        environment: Environment::Live,
        product: w.product,
        origin: "https://api.acme.test".into(),
        operation: "translateText".into(),
    }
}

#[tokio::test]
async fn a_twin_is_kept_for_a_day_and_replaced_when_its_origin_changes() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let w = &w;
    let open = |wanted: TwinUse| async move {
        w.vault
            .open_twin(w.scope(), Actor::System, &wanted)
            .await
            .unwrap()
            .expose()
            .clone()
    };
    let first = open(twin_use(w, sub)).await;
    w.after(1000);
    assert_eq!(open(twin_use(w, sub)).await, first);
    // Sealed to its origin: another origin gets another credential, and the old one dies.
    let moved = open(TwinUse {
        origin: "https://api2.acme.test".into(),
        ..twin_use(w, sub)
    })
    .await;
    assert_ne!(moved, first);
    assert!(w.check(&first).await.is_err());
    w.clock.advance(TWIN_LIFETIME);
    assert!(w.check(&moved).await.is_err());
    let fresh = open(TwinUse {
        origin: "https://api2.acme.test".into(),
        ..twin_use(w, sub)
    })
    .await;
    assert_ne!(fresh, moved);
    assert!(w.check(&fresh).await.is_ok());
    // Twins are nobody's to see.
    let page = w
        .vault
        .list(w.scope(), KeyFilter::default(), PageRequest::first(100))
        .await
        .unwrap();
    assert!(page.items.is_empty());
}

#[tokio::test]
async fn twins_of_two_products_of_one_subscription_live_side_by_side() {
    let w = World::new().await;
    let other = ProductId::new(w.clock.now(), &OsEntropy);
    let sub = w.subscribe(&[w.product, other]).await;
    let open = |product, origin: &str| {
        let wanted = TwinUse {
            product,
            origin: origin.into(),
            ..twin_use(&w, sub)
        };
        let w = &w;
        async move {
            w.vault
                .open_twin(w.scope(), Actor::System, &wanted)
                .await
                .unwrap()
                .expose()
                .clone()
        }
    };
    let a = open(w.product, "https://a.test").await;
    let b = open(other, "https://b.test").await;
    assert_eq!(open(w.product, "https://a.test").await, a);
    assert_eq!(open(other, "https://b.test").await, b);
    assert!(
        w.check_for(
            &a,
            Purpose {
                product: Some(other),
                ..Purpose::default()
            }
        )
        .await
        .is_err()
    );
}

#[tokio::test]
async fn a_twin_whose_key_encryption_key_is_gone_is_replaced() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let first = w
        .vault
        .open_twin(w.scope(), Actor::System, &twin_use(&w, sub))
        .await
        .unwrap();
    // Another replica, which was started with a key file of its own.
    let other = Vault::new(
        w.store.clone(),
        w.store.clone(),
        Arc::new(KeyRing::generate(&OsEntropy)),
        w.clock.clone(),
        Arc::new(OsEntropy),
    );
    assert_eq!(other.rewrap(100).await.unwrap(), 0);
    let second = other
        .open_twin(w.scope(), Actor::System, &twin_use(&w, sub))
        .await
        .unwrap();
    assert_ne!(first.expose(), second.expose());
    assert!(w.check(first.expose()).await.is_err());
    assert!(w.check(second.expose()).await.is_ok());
}

#[tokio::test]
async fn a_key_is_known_at_its_own_tenants_door_only() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let (_, key) = w.key(sub).await;
    let own = Purpose {
        tenant: Some(w.tenant),
        ..Purpose::default()
    };
    assert!(w.check_for(&key, own).await.is_ok());
    let other = Purpose {
        tenant: Some(TenantId::new(w.clock.now(), &OsEntropy)),
        ..Purpose::default()
    };
    assert!(matches!(
        w.check_for(&key, other).await,
        Err(VerifyError::Unknown)
    ));
}

#[tokio::test]
async fn scope_environment_addresses_and_presentation_are_checked() {
    let w = World::new().await;
    let other = ProductId::new(w.clock.now(), &OsEntropy);
    let sub = w.subscribe(&[w.product, other]).await;
    let mut settings = w.settings(vec![sub]);
    settings.products = vec![w.product];
    settings.ip_ranges = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let (_, key) = w.make(settings).await;
    let from = |ip: &str| Purpose {
        client: Some(ip.parse().unwrap()),
        ..Purpose::default()
    };
    assert!(w.check_for(&key, from("192.0.2.200")).await.is_ok());
    assert!(w.check_for(&key, from("::ffff:192.0.2.200")).await.is_ok());
    assert!(w.check_for(&key, from("2001:db8:1::1")).await.is_ok());
    for outside in ["192.0.3.1", "2001:db9::1", "::1"] {
        assert!(
            matches!(
                w.check_for(&key, from(outside)).await,
                Err(VerifyError::AddressNotAllowed)
            ),
            "{outside}"
        );
    }
    // An unknown address is not an allowed one.
    assert!(matches!(w.check(&key).await, Err(VerifyError::AddressNotAllowed)));
    let inside = from("192.0.2.1");
    let wrong = Purpose {
        product: Some(other),
        ..inside
    };
    assert!(matches!(
        w.check_for(&key, wrong).await,
        Err(VerifyError::ProductNotCovered)
    ));
    let wrong = Purpose {
        environment: Some(Environment::Test),
        ..inside
    };
    assert!(matches!(
        w.check_for(&key, wrong).await,
        Err(VerifyError::WrongEnvironment)
    ));

    let mut settings = w.settings(vec![sub]);
    settings.format = CredentialFormat::ClientCredentials;
    let made = w
        .vault
        .create(w.scope(), Actor::Operator, settings)
        .await
        .unwrap();
    let secret = made.secret.expose().clone();
    let present = |id: Option<&str>| Presented {
        client_id: id.map(str::to_owned),
        key: secret.clone().into(),
    };
    let id = made.key.client_id.clone().unwrap();
    assert!(
        w.vault
            .verify(&present(Some(&id)), Purpose::default())
            .await
            .is_ok()
    );
    for wrong in [None, Some("client_x"), Some("")] {
        let refused = w.vault.verify(&present(wrong), Purpose::default()).await;
        assert!(
            matches!(refused, Err(VerifyError::WrongPresentation)),
            "{wrong:?}"
        );
    }
}

#[tokio::test]
async fn a_key_has_its_own_rate_limit_and_its_lineage_shares_it() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let mut settings = w.settings(vec![sub]);
    settings.rate_limit = Some(3);
    let (id, key) = w.make(settings).await;
    for _ in 0..2 {
        assert!(w.check(&key).await.is_ok());
    }
    let successor = w
        .vault
        .rotate(w.scope(), Actor::Operator, id)
        .await
        .unwrap()
        .created
        .secret;
    assert!(w.check(successor.expose()).await.is_ok());
    assert!(matches!(
        w.check(&key).await,
        Err(VerifyError::RateLimited { .. })
    ));
    assert!(matches!(
        w.check(successor.expose()).await,
        Err(VerifyError::RateLimited { .. })
    ));
    // Looking does not count.
    assert!(
        w.check_for(
            &key,
            Purpose {
                dry_run: true,
                ..Purpose::default()
            }
        )
        .await
        .is_ok()
    );
    w.after(20_000);
    assert!(w.check(&key).await.is_ok());
}

#[tokio::test]
async fn last_use_is_written_in_batches_and_a_key_unused_for_90_days_is_dormant() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let (id, key) = w.key(sub).await;
    let day = Duration::from_secs(24 * 60 * 60);
    assert_eq!(w.vault.flush_last_used().await.unwrap(), 0);
    w.clock.advance(day * 90 - Duration::from_millis(1));
    assert!(
        !w.vault
            .find(w.scope(), id)
            .await
            .unwrap()
            .is_dormant(w.clock.now())
    );
    w.after(1);
    assert!(
        w.vault
            .find(w.scope(), id)
            .await
            .unwrap()
            .is_dormant(w.clock.now())
    );
    for _ in 0..50 {
        w.check(&key).await.unwrap();
    }
    let used = w.vault.find(w.scope(), id).await.unwrap();
    assert_eq!(used.last_used_at, Some(w.clock.now()));
    assert!(!used.is_dormant(w.clock.now()));
    // Fifty calls, one write.
    assert_eq!(w.vault.flush_last_used().await.unwrap(), 1);
    assert_eq!(
        w.vault.find(w.scope(), id).await.unwrap().last_used_at,
        Some(w.clock.now())
    );
}

#[tokio::test]
async fn a_key_without_a_wish_lives_by_the_newest_subscription() {
    let w = World::new().await;
    let none = w
        .vault
        .create(w.scope(), Actor::Operator, w.settings(vec![]))
        .await;
    assert!(matches!(none, Err(VaultError::NoSubscription)));
    // Two that began at the same moment, as at a sign-up: the one to the older plan.
    let (a, b) = (w.subscribe(&[w.product]).await, w.subscribe(&[w.product]).await);
    let mut tx = Store::<dyn CoreTx>::read(&*w.store).await.unwrap();
    let plan_a = tx.subscriptions(w.scope()).find(a).await.unwrap().unwrap().plan;
    let plan_b = tx.subscriptions(w.scope()).find(b).await.unwrap().unwrap().plan;
    drop(tx);
    let made = w
        .vault
        .create(w.scope(), Actor::Operator, w.settings(vec![]))
        .await
        .unwrap();
    assert_eq!(made.subscriptions, [if plan_a < plan_b { a } else { b }]);
    w.after(5);
    let newest = w.subscribe(&[w.product]).await;
    let made = w
        .vault
        .create(w.scope(), Actor::Operator, w.settings(vec![]))
        .await
        .unwrap();
    assert_eq!(made.subscriptions, [newest]);
    let mut outside = w.settings(vec![newest]);
    outside.products = vec![ProductId::new(w.clock.now(), &OsEntropy)];
    let refused = w.vault.create(w.scope(), Actor::Operator, outside).await;
    assert!(matches!(
        refused,
        Err(VaultError::Invalid {
            field: "productIds",
            ..
        })
    ));
}

#[tokio::test]
async fn an_operator_key_lives_without_a_subscription() {
    let w = World::new().await;
    let mut settings = w.settings(vec![]);
    settings.owner = KeyOwner::Operator;
    settings.permissions = vec![Permission::KeysWrite];
    let (id, key) = w.make(settings).await;
    let verified = w
        .vault
        .verify(&Presented::bearer(&*key), Purpose::default())
        .await
        .unwrap();
    assert_eq!((verified.key, verified.customer), (id, None));
    assert_eq!(verified.permissions, [Permission::KeysWrite]);
    let status = w.vault.find(w.scope(), id).await.unwrap().status(w.clock.now());
    assert_eq!(status, KeyStatus::Active);
    // A customer's scope does not see it.
    let narrow = TenantScope::of_customer(w.tenant, w.customer);
    assert!(matches!(
        w.vault.find(narrow, id).await,
        Err(VaultError::KeyNotFound(_))
    ));
}

#[tokio::test]
async fn another_tenants_key_is_an_unknown_key() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let (id, _) = w.key(sub).await;
    let foreign = TenantScope::tenant_wide(TenantId::new(w.clock.now(), &OsEntropy));
    assert!(matches!(
        w.vault.find(foreign, id).await,
        Err(VaultError::KeyNotFound(_))
    ));
    assert!(matches!(
        w.vault.rotate(foreign, Actor::Operator, id).await,
        Err(VaultError::KeyNotFound(_))
    ));
    assert!(matches!(
        w.vault.revoke(foreign, Actor::Operator, id).await,
        Err(VaultError::KeyNotFound(_))
    ));
    assert!(matches!(
        w.vault.cancel_subscription(foreign, Actor::Operator, sub).await,
        Err(VaultError::SubscriptionNotFound(_))
    ));
    assert!(w.vault.bindings(foreign, id).await.unwrap().is_empty());
}

#[tokio::test]
async fn everything_is_in_the_audit_log_and_no_secret_is() {
    let w = World::new().await;
    let sub = w.subscribe(&[w.product]).await;
    let (id, key) = w.key(sub).await;
    let successor = w
        .vault
        .rotate(w.scope(), Actor::Operator, id)
        .await
        .unwrap()
        .created
        .secret;
    let twin = w
        .vault
        .open_twin(w.scope(), Actor::System, &twin_use(&w, sub))
        .await
        .unwrap();
    w.vault.revoke(w.scope(), Actor::Operator, id).await.unwrap();
    w.vault
        .cancel_subscription(w.scope(), Actor::Operator, sub)
        .await
        .unwrap();
    let store = &*w.store as &dyn Store<dyn aforo_core::domain::store::SubscriptionTx>;
    let mut tx = store.read().await.unwrap();
    let entries = tx
        .audit(w.scope())
        .list(PageRequest::first(100))
        .await
        .unwrap()
        .items;
    drop(tx);
    let mut actions: Vec<_> = entries.iter().map(|e| e.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        [
            "key.created",
            "key.revoked",
            "key.rotated",
            "subscription.cancelled",
            "twin.created",
            "twin.opened"
        ]
    );
    let text = format!("{entries:?}");
    for secret in [&key, successor.expose(), twin.expose()] {
        assert!(!text.contains(&secret[8..24]));
    }
    let head = aforo_core::kernel::audit::seal(store, w.tenant).await.unwrap();
    assert_eq!(head.seq, 6);
    let report = verify_chain(store, w.tenant, Some(head)).await.unwrap();
    assert_eq!((report.broken, report.unsealed, report.head), (None, 0, head));
}
