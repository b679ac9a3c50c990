//! Tenants, customers, people, sessions.

use super::{
    CoreStore, NOW, World, assert_conflict, begin, later, other_customer, read, sample_customer,
    sample_tenant, sample_user, world,
};
use crate::{
    OsEntropy, SessionId, TenantId,
    domain::{
        session::{AgentGrant, Session},
        user::{Identity, Role, User},
    },
};

/// `find`, `find_by_slug` and `list` give back what was inserted.
pub async fn tenants_are_found_by_id_and_slug(store: &impl CoreStore) {
    let (mut older, newer) = (sample_tenant(), sample_tenant());
    older.created_at = later(-1);
    older.hosts.clear();
    let mut tx = begin(store).await;
    tx.tenants().insert(&newer).await.unwrap();
    tx.tenants().insert(&older).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(tx.tenants().find(newer.id).await.unwrap(), Some(newer.clone()));
    assert_eq!(
        tx.tenants().find_by_slug(&older.slug).await.unwrap(),
        Some(older.clone())
    );
    assert_eq!(tx.tenants().find_by_slug("nobody").await.unwrap(), None);
    let unknown = TenantId::new(NOW, &OsEntropy);
    assert_eq!(tx.tenants().find(unknown).await.unwrap(), None);
    let mut all = tx.tenants().list().await.unwrap();
    all.retain(|t| t.id == older.id || t.id == newer.id);
    assert_eq!(all, [older, newer]);
}

/// A slug belongs to one tenant.
pub async fn a_taken_slug_of_a_tenant_is_a_conflict(store: &impl CoreStore) {
    let (first, mut second) = (sample_tenant(), sample_tenant());
    second.slug = first.slug.clone();
    let mut tx = begin(store).await;
    tx.tenants().insert(&first).await.unwrap();
    tx.commit().await.unwrap();
    assert_conflict(begin(store).await.tenants().insert(&second).await);
}

/// A customer is seen by the tenant and by itself.
pub async fn customers_are_seen_by_their_scopes_only(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let neighbour = other_customer(store, a.tenant).await;
    let mut tx = begin(store).await;
    for scope in [a.wide, a.own] {
        let found = tx.customers(scope).find(a.customer).await.unwrap().unwrap();
        assert_eq!(
            (found.id, found.tenant, found.created_at),
            (a.customer, a.tenant, NOW)
        );
        assert_eq!(found.name, sample_customer(a.tenant).name);
    }
    for scope in [b.wide, b.own, neighbour] {
        assert_eq!(tx.customers(scope).find(a.customer).await.unwrap(), None);
    }
    for scope in [b.wide, a.own] {
        assert!(
            tx.customers(scope)
                .insert(&sample_customer(a.tenant))
                .await
                .is_err()
        );
    }
}

async fn the_user(store: &impl CoreStore, world: &World) -> User {
    let found = read(store).await.users(world.wide).find(world.user).await;
    found.unwrap().unwrap()
}

/// `find`, `find_by_email` and `find_by_identity` give back what was inserted, field by field.
pub async fn people_are_found_by_id_address_and_identity(store: &impl CoreStore) {
    let a = world(store).await;
    let user = the_user(store, &a).await;
    let customer = sample_customer(a.tenant);
    let expected = User {
        id: a.user,
        customer: a.customer,
        ..sample_user(&customer)
    };
    assert_eq!(user, expected);
    let bare = User {
        email: None,
        identity: None,
        password_hash: None,
        role: Role::Admin,
        ..User {
            id: crate::UserId::new(NOW, &OsEntropy),
            ..expected.clone()
        }
    };
    let mut tx = begin(store).await;
    // Nothing is unique about what is not there.
    tx.users(a.wide).insert(&bare).await.unwrap();
    tx.users(a.wide)
        .insert(&User {
            id: crate::UserId::new(NOW, &OsEntropy),
            ..bare.clone()
        })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(tx.users(a.own).find(bare.id).await.unwrap(), Some(bare));
    assert_eq!(
        tx.users(a.wide).find_by_email("mara@acme.test").await.unwrap(),
        Some(expected.clone())
    );
    assert_eq!(
        tx.users(a.wide).find_by_email("other@acme.test").await.unwrap(),
        None
    );
    let identity = expected.identity.clone().unwrap();
    assert_eq!(
        tx.users(a.wide).find_by_identity(&identity).await.unwrap(),
        Some(expected)
    );
    for (issuer, subject) in [("https://host.test", "u2"), ("https://other.test", "u1")] {
        let other = Identity {
            issuer: issuer.into(),
            subject: subject.into(),
        };
        assert_eq!(tx.users(a.wide).find_by_identity(&other).await.unwrap(), None);
    }
}

/// An address or identity is taken within its tenant, and free in every other.
pub async fn taken_addresses_and_identities_are_conflicts_within_a_tenant(store: &impl CoreStore) {
    let a = world(store).await;
    world(store).await; // the same address and identity in another tenant
    let known = the_user(store, &a).await;
    let fresh = || User {
        id: crate::UserId::new(NOW, &OsEntropy),
        ..known.clone()
    };
    let same_email = User {
        identity: None,
        ..fresh()
    };
    assert_conflict(begin(store).await.users(a.wide).insert(&same_email).await);
    let same_identity = User {
        email: None,
        ..fresh()
    };
    assert_conflict(begin(store).await.users(a.wide).insert(&same_identity).await);
}

/// A person is seen, and closed, by the tenant and by their own customer.
pub async fn people_are_seen_by_their_scopes_only(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let neighbour = other_customer(store, a.tenant).await;
    let user = the_user(store, &a).await;
    let (email, identity) = (user.email.clone().unwrap(), user.identity.clone().unwrap());
    let mut tx = begin(store).await;
    for scope in [b.wide, b.own, neighbour] {
        assert_eq!(tx.users(scope).find(a.user).await.unwrap(), None);
        assert!(!tx.users(scope).close(a.user, NOW).await.unwrap());
    }
    assert_eq!(
        tx.users(b.wide).find_by_email(&email).await.unwrap().unwrap().id,
        b.user
    );
    assert_eq!(
        tx.users(b.wide)
            .find_by_identity(&identity)
            .await
            .unwrap()
            .unwrap()
            .id,
        b.user
    );
    assert_eq!(tx.users(neighbour).find_by_email(&email).await.unwrap(), None);
    assert_eq!(
        tx.users(neighbour).find_by_identity(&identity).await.unwrap(),
        None
    );
    assert_eq!(tx.users(a.own).find(a.user).await.unwrap(), Some(user.clone()));
    let stranger = User {
        id: crate::UserId::new(NOW, &OsEntropy),
        email: None,
        identity: None,
        ..user
    };
    for scope in [b.wide, neighbour] {
        assert!(tx.users(scope).insert(&stranger).await.is_err());
    }
}

/// Closing wipes what is personal, keeps the row, frees address and identity, and happens once.
pub async fn closing_an_account_wipes_it_once(store: &impl CoreStore) {
    let a = world(store).await;
    let before = the_user(store, &a).await;
    let mut tx = begin(store).await;
    assert!(tx.users(a.wide).close(a.user, later(5)).await.unwrap());
    assert!(!tx.users(a.wide).close(a.user, later(6)).await.unwrap());
    tx.commit().await.unwrap();
    let expected = User {
        email: None,
        name: String::new(),
        password_hash: None,
        identity: None,
        closed_at: Some(later(5)),
        ..before.clone()
    };
    assert_eq!(the_user(store, &a).await, expected);
    let mut tx = begin(store).await;
    assert_eq!(
        tx.users(a.wide).find_by_email("mara@acme.test").await.unwrap(),
        None
    );
    assert_eq!(
        tx.users(a.wide)
            .find_by_identity(before.identity.as_ref().unwrap())
            .await
            .unwrap(),
        None
    );
    let again = User {
        id: crate::UserId::new(NOW, &OsEntropy),
        ..before
    };
    tx.users(a.wide).insert(&again).await.unwrap();
    tx.commit().await.unwrap();
}

fn sample_session(world: &World, expires: i64) -> Session {
    Session {
        id: SessionId::new(NOW, &OsEntropy),
        tenant: world.tenant,
        user: world.user,
        created_at: NOW,
        expires_at: later(expires),
        ended_at: None,
        agent: None,
    }
}
async fn add_sessions(store: &impl CoreStore, world: &World, sessions: &[&Session]) {
    let mut tx = begin(store).await;
    for session in sessions {
        tx.sessions(world.wide).insert(session).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A session is live with its person until it expires, to the millisecond, or is ended, once.
pub async fn a_session_is_live_until_its_end(store: &impl CoreStore) {
    let a = world(store).await;
    let session = sample_session(&a, 1000);
    add_sessions(store, &a, &[&session]).await;
    let user = the_user(store, &a).await;
    let mut tx = begin(store).await;
    let mut sessions = tx.sessions(a.wide);
    assert_eq!(
        sessions.find_live(session.id, later(999)).await.unwrap(),
        Some((session.clone(), user))
    );
    assert_eq!(sessions.find_live(session.id, later(1000)).await.unwrap(), None);
    let unknown = SessionId::new(NOW, &OsEntropy);
    assert_eq!(sessions.find_live(unknown, NOW).await.unwrap(), None);
    assert!(!sessions.end(unknown, NOW).await.unwrap());
    assert!(sessions.end(session.id, later(1)).await.unwrap());
    assert!(!sessions.end(session.id, later(2)).await.unwrap());
    assert_eq!(sessions.find_live(session.id, later(1)).await.unwrap(), None);
}

/// A session dies with its person's account.
pub async fn a_session_of_a_closed_account_is_dead(store: &impl CoreStore) {
    let a = world(store).await;
    let session = sample_session(&a, 1000);
    add_sessions(store, &a, &[&session]).await;
    let mut tx = begin(store).await;
    assert!(tx.users(a.wide).close(a.user, later(1)).await.unwrap());
    assert_eq!(
        tx.sessions(a.wide).find_live(session.id, later(2)).await.unwrap(),
        None
    );
}

/// `end_all_of` counts what it ended; `purge` forgets what expired before.
pub async fn sessions_end_together_and_are_purged_by_expiry(store: &impl CoreStore) {
    let a = world(store).await;
    let (x, y, z) = (
        sample_session(&a, 10),
        sample_session(&a, 20),
        sample_session(&a, 30),
    );
    add_sessions(store, &a, &[&x, &y, &z]).await;
    let mut tx = begin(store).await;
    let mut sessions = tx.sessions(a.wide);
    assert!(sessions.end(x.id, later(1)).await.unwrap());
    assert_eq!(sessions.end_all_of(a.user, later(2)).await.unwrap(), 2);
    assert_eq!(sessions.end_all_of(a.user, later(3)).await.unwrap(), 0);
    assert_eq!(sessions.find_live(z.id, later(3)).await.unwrap(), None);
    assert_eq!(sessions.purge(later(20)).await.unwrap(), 1); // x; y expires at that very moment
    assert_eq!(sessions.purge(later(31)).await.unwrap(), 2);
    assert_eq!(sessions.purge(later(31)).await.unwrap(), 0);
}

/// Sessions of agents keep what they were granted, and are listed while they live, for their person alone.
pub async fn sessions_of_agents_are_listed_while_they_live(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let of_agent = |expires, live| Session {
        agent: Some(AgentGrant {
            name: "Robot".into(),
            live,
        }),
        ..sample_session(&a, expires)
    };
    let (x, mut y, browser) = (of_agent(10, true), of_agent(20, false), sample_session(&a, 30));
    // Ids of one millisecond are in no order.
    while y.id < x.id {
        y.id = SessionId::new(NOW, &OsEntropy);
    }
    add_sessions(store, &a, &[&x, &y, &browser]).await;
    let mut tx = begin(store).await;
    let mut sessions = tx.sessions(a.wide);
    let (found, _) = sessions.find_live(x.id, NOW).await.unwrap().unwrap();
    assert_eq!(found, x);
    assert_eq!(sessions.agents_of(a.user, NOW).await.unwrap(), [x, y.clone()]);
    assert_eq!(
        sessions.agents_of(a.user, later(10)).await.unwrap(),
        std::slice::from_ref(&y)
    );
    assert_eq!(sessions.agents_of(b.user, NOW).await.unwrap(), []);
    assert!(sessions.end(y.id, later(11)).await.unwrap());
    assert_eq!(sessions.agents_of(a.user, later(12)).await.unwrap(), []);
    drop(sessions);
    assert_eq!(tx.sessions(b.wide).agents_of(a.user, NOW).await.unwrap(), []);
}

/// Another tenant neither finds, ends nor purges a session.
pub async fn sessions_of_another_tenant_are_out_of_reach(store: &impl CoreStore) {
    let (a, b) = (world(store).await, world(store).await);
    let session = sample_session(&a, 1000);
    add_sessions(store, &a, &[&session]).await;
    let mut tx = begin(store).await;
    assert_eq!(
        tx.sessions(b.wide).find_live(session.id, NOW).await.unwrap(),
        None
    );
    assert!(!tx.sessions(b.wide).end(session.id, NOW).await.unwrap());
    assert_eq!(tx.sessions(b.wide).end_all_of(a.user, NOW).await.unwrap(), 0);
    assert_eq!(tx.sessions(b.wide).purge(later(5000)).await.unwrap(), 0);
    assert!(
        tx.sessions(a.wide)
            .find_live(session.id, NOW)
            .await
            .unwrap()
            .is_some()
    );
    assert!(tx.sessions(b.wide).insert(&sample_session(&a, 1)).await.is_err());
}
