//! Tenants, customers, people and their sessions.

use aforo_core::{
    CustomerId, SessionId, StoreError, TenantId, Timestamp, UserId,
    domain::{
        customer::{Customer, CustomerRepository},
        session::{Session, SessionRepository},
        tenant::{Tenant, TenantRepository},
        user::{Identity, User, UserRepository},
    },
};
use async_trait::async_trait;

use crate::{
    Scoped,
    table::{Data, conflict, within},
};

pub(crate) struct Tenants<'t>(pub(crate) &'t mut Data);

#[async_trait]
impl TenantRepository for Tenants<'_> {
    async fn insert(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        if self.find_by_slug(&tenant.slug).await?.is_some() {
            return Err(conflict("this slug is taken"));
        }
        self.0.tenants.insert(tenant.id, tenant.clone())
    }
    async fn find(&mut self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        Ok(self.0.tenants.find(id, |_| true))
    }
    async fn find_by_slug(&mut self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        let tenants = self.0.tenants.rows().values();
        Ok(tenants.clone().find(|t| t.slug == slug).cloned())
    }
    async fn list(&mut self) -> Result<Vec<Tenant>, StoreError> {
        let mut all: Vec<Tenant> = self.0.tenants.rows().values().cloned().collect();
        all.sort_by_key(|t| (t.created_at, t.id));
        Ok(all)
    }
}

#[async_trait]
impl CustomerRepository for Scoped<'_> {
    async fn insert(&mut self, customer: &Customer) -> Result<(), StoreError> {
        within(self.scope, customer.tenant, Some(customer.id))?;
        self.data.customers.insert(customer.id, customer.clone())
    }
    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let scope = self.scope;
        Ok(self
            .data
            .customers
            .find(id, |c| scope.covers(c.tenant, Some(c.id))))
    }
}

impl Scoped<'_> {
    fn find_user(&self, wanted: impl Fn(&User) -> bool) -> Option<User> {
        let mut users = self.data.users.rows().values();
        users
            .find(|u| self.scope.covers(u.tenant, Some(u.customer)) && u.closed_at.is_none() && wanted(u))
            .cloned()
    }
}

#[async_trait]
impl UserRepository for Scoped<'_> {
    async fn insert(&mut self, user: &User) -> Result<(), StoreError> {
        within(self.scope, user.tenant, Some(user.customer))?;
        let taken = self.data.users.rows().values().any(|u| {
            u.tenant == user.tenant
                && (u.email.is_some() && u.email == user.email
                    || u.identity.is_some() && u.identity == user.identity)
        });
        if taken {
            return Err(conflict("this address or identity is taken"));
        }
        self.data.users.insert(user.id, user.clone())
    }
    async fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let scope = self.scope;
        Ok(self
            .data
            .users
            .find(id, |u| scope.covers(u.tenant, Some(u.customer))))
    }
    async fn find_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError> {
        Ok(self.find_user(|u| u.email.as_deref() == Some(email)))
    }
    async fn find_by_identity(&mut self, identity: &Identity) -> Result<Option<User>, StoreError> {
        Ok(self.find_user(|u| u.identity.as_ref() == Some(identity)))
    }
    async fn close(&mut self, id: UserId, at: Timestamp) -> Result<bool, StoreError> {
        let scope = self.scope;
        let open = |u: &User| scope.covers(u.tenant, Some(u.customer)) && u.closed_at.is_none();
        let Some(user) = self.data.users.find_mut(id, open) else {
            return Ok(false);
        };
        user.email = None;
        user.name = String::new();
        user.password_hash = None;
        user.identity = None;
        user.closed_at = Some(at);
        Ok(true)
    }
}

#[async_trait]
impl SessionRepository for Scoped<'_> {
    async fn insert(&mut self, session: &Session) -> Result<(), StoreError> {
        within(self.scope, session.tenant, self.scope.customer())?;
        self.data.sessions.insert(session.id, session.clone())
    }
    async fn find_live(
        &mut self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let tenant = self.scope.tenant();
        let session = self.data.sessions.find(id, |s| {
            s.tenant == tenant && s.ended_at.is_none() && s.expires_at > now
        });
        Ok(session.and_then(|session| {
            let user = self
                .data
                .users
                .find(session.user, |u| u.tenant == tenant && u.closed_at.is_none());
            user.map(|user| (session, user))
        }))
    }
    async fn agents_of(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let tenant = self.scope.tenant();
        let sessions = self.data.sessions.rows_mut().values();
        let mut agents: Vec<Session> = sessions
            .filter(|s| s.tenant == tenant && s.user == user && s.agent.is_some())
            .filter(|s| s.ended_at.is_none() && s.expires_at > now)
            .cloned()
            .collect();
        agents.sort_unstable_by_key(|s| s.id);
        Ok(agents)
    }
    async fn end(&mut self, id: SessionId, at: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.scope.tenant();
        let open = |s: &Session| s.tenant == tenant && s.ended_at.is_none();
        let session = self.data.sessions.find_mut(id, open);
        Ok(session.map(|s| s.ended_at = Some(at)).is_some())
    }
    async fn end_all_of(&mut self, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.scope.tenant();
        let mut ended = 0;
        for session in self.data.sessions.rows_mut().values_mut() {
            if session.tenant == tenant && session.user == user && session.ended_at.is_none() {
                session.ended_at = Some(at);
                ended += 1;
            }
        }
        Ok(ended)
    }
    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.scope.tenant();
        let sessions = self.data.sessions.rows_mut();
        let count = sessions.len();
        sessions.retain(|_, s| s.tenant != tenant || s.expires_at >= before);
        Ok((count - sessions.len()) as u64)
    }
}
