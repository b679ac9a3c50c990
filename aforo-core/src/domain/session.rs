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
    /// Set when the token was handed to a program that acts for the person.
    pub agent: Option<AgentGrant>,
}

/// What a person lets an agent do: read the documentation, and call operations in their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentGrant {
    /// What the person calls it: 1 to 100 characters.
    pub name: String,
    /// Whether it may call the Live environment; Sandbox it may always.
    pub live: bool,
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
    /// Set when an agent asks in the person's name. The role is then [`Role::Developer`], whatever the person's is.
    pub agent: Option<AgentGrant>,
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
    /// The live sessions of a person that agents hold, in id order.
    async fn agents_of(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError>;
    /// Ends a session. False if it was ended before or does not exist.
    async fn end(&mut self, id: SessionId, at: Timestamp) -> Result<bool, StoreError>;
    /// Ends every session of a person; returns how many.
    async fn end_all_of(&mut self, user: UserId, at: Timestamp) -> Result<u64, StoreError>;
    /// Forgets sessions that expired before `before`; returns how many.
    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
