//! Sessions of signed-in people, and who is asking.

use async_trait::async_trait;

use super::user::{Role, User};
use crate::{CustomerId, SessionId, StoreError, TenantId, TenantScope, Timestamp, UserId};

/// A signed-in session. The token names it, so that signing out works at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The tenant.
    pub tenant: TenantId,
    /// Who signed in.
    pub user: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Not valid from this moment on.
    pub expires_at: Timestamp,
    /// Set when the person signed out.
    pub ended_at: Option<Timestamp>,
}

/// Who is asking: a person, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// The account the person works for.
    pub customer: CustomerId,
    /// What they may do.
    pub role: Role,
    /// What to call them.
    pub name: String,
    /// Our session; `None` when the host's token was presented.
    pub session: Option<SessionId>,
}

impl Principal {
    /// What this person sees of keys and subscriptions: their own account's.
    pub fn own_scope(&self) -> TenantScope {
        TenantScope::of_customer(self.tenant, self.customer)
    }
    /// The widest scope the role allows: the tenant for an administrator, else the own account.
    pub fn scope(&self) -> TenantScope {
        match self.role {
            Role::Admin => TenantScope::tenant_wide(self.tenant),
            Role::Developer => self.own_scope(),
        }
    }
}

/// Keeps the sessions of one tenant.
#[async_trait]
pub trait SessionRepository: Send {
    /// Adds a session.
    async fn insert(&mut self, session: &Session) -> Result<(), StoreError>;
    /// The session and its person, if it is not ended, not expired at `now`, and the account is open.
    async fn find_live(
        &mut self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<(Session, User)>, StoreError>;
    /// Ends a session. False if it was ended before or does not exist.
    async fn end(&mut self, id: SessionId, at: Timestamp) -> Result<bool, StoreError>;
    /// Ends every session of a person; returns how many.
    async fn end_all_of(&mut self, user: UserId, at: Timestamp) -> Result<u64, StoreError>;
    /// Forgets sessions that expired before `before`; returns how many.
    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
