//! Agents: programs that read the documentation and call operations in a person's name, without a key.

use std::time::Duration;

use super::{AccountError, Accounts};
use crate::{
    SessionId, TenantScope,
    domain::{
        session::{AgentGrant, Principal, Session},
        token::TokenUse,
    },
    kernel::audit::{Actor, AuditEntry},
};

/// The longest time that an agent's token may live.
pub const MAX_AGENT_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How many agents a person may have at a time.
pub const MAX_AGENTS: usize = 50;

/// An agent that was just let in.
#[derive(Debug)]
pub struct NewAgent {
    /// Its session.
    pub session: Session,
    /// What it presents as bearer token. Shown once: it is not kept.
    pub token: String,
}

impl Accounts {
    /// Lets an agent act for a person until `lifetime` is over or the person ends it. Its token is good for the
    /// documentation's MCP endpoint only, and never carries the person's role.
    pub async fn add_agent(
        &self,
        principal: &Principal,
        grant: AgentGrant,
        lifetime: Duration,
    ) -> Result<NewAgent, AccountError> {
        let invalid = |field, reason| Err(AccountError::Invalid { field, reason });
        let name = grant.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return invalid("name", "must have 1 to 100 characters, without line breaks");
        }
        if lifetime.is_zero() || lifetime > MAX_AGENT_LIFETIME {
            return invalid("days", "must be 1 to 365");
        }
        let (now, scope) = (self.clock.now(), TenantScope::tenant_wide(principal.tenant));
        let session = Session {
            id: SessionId::new(now, &*self.entropy),
            tenant: principal.tenant,
            user: principal.user,
            created_at: now,
            expires_at: now + lifetime,
            ended_at: None,
            agent: Some(AgentGrant {
                name: name.to_owned(),
                live: grant.live,
            }),
        };
        let mut tx = self.store.begin().await?;
        if tx.sessions(scope).agents_of(principal.user, now).await?.len() >= MAX_AGENTS {
            return invalid("name", "there are 50 agents already; end one first");
        }
        tx.sessions(scope).insert(&session).await?;
        let actor = Actor::User(principal.user);
        let entry = AuditEntry::new(scope, actor, "agent.added", now, &*self.entropy)
            .target(session.id)
            .detail("name", name)
            .detail("live", grant.live);
        tx.audit(scope).append(&entry).await?;
        let token = self.signer.issue(
            TokenUse::Agent,
            principal.user,
            principal.tenant,
            session.id,
            now,
            session.expires_at,
        )?;
        tx.commit().await?;
        Ok(NewAgent { session, token })
    }

    /// The agents that act for a person now, oldest first.
    pub async fn agents(&self, principal: &Principal) -> Result<Vec<Session>, AccountError> {
        let (now, scope) = (self.clock.now(), TenantScope::tenant_wide(principal.tenant));
        let mut tx = self.store.read().await?;
        Ok(tx.sessions(scope).agents_of(principal.user, now).await?)
    }

    /// Ends an agent of this person at once. False if there is none with this id.
    pub async fn end_agent(&self, principal: &Principal, agent: SessionId) -> Result<bool, AccountError> {
        let (now, scope) = (self.clock.now(), TenantScope::tenant_wide(principal.tenant));
        let mut tx = self.store.begin().await?;
        let of = tx.sessions(scope).agents_of(principal.user, now).await?;
        if !of.iter().any(|session| session.id == agent) || !tx.sessions(scope).end(agent, now).await? {
            return Ok(false);
        }
        let actor = Actor::User(principal.user);
        let entry = AuditEntry::new(scope, actor, "agent.ended", now, &*self.entropy).target(agent);
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;
        Ok(true)
    }
}
