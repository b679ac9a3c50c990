//! Sessions.

use aforo_core::{
    SessionId, StoreError, TenantId, Timestamp, UserId,
    domain::{
        session::{AgentGrant, Session, SessionRepository},
        user::User,
    },
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Db, Sessions,
    row::{UserRow, user_columns},
    store_error,
};
use crate::read;

/// A session with its person.
#[derive(sqlx::FromRow)]
struct Row {
    session_id: Uuid,
    session_created_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    agent_name: Option<String>,
    agent_live: Option<bool>,
    #[sqlx(flatten)]
    user: UserRow,
}

/// A session of an agent.
#[derive(sqlx::FromRow)]
struct AgentRow {
    id: Uuid,
    user_id: Uuid,
    created_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    agent_name: Option<String>,
    agent_live: Option<bool>,
}

fn agent(name: Option<String>, live: Option<bool>) -> Option<AgentGrant> {
    let (name, live) = name.zip(live)?;
    Some(AgentGrant { name, live })
}

#[async_trait]
impl SessionRepository for Sessions<'_> {
    async fn insert(&mut self, session: &Session) -> Result<(), StoreError> {
        self.scope.admit_tenant(session.tenant)?;
        sqlx::query::<Db>(
            "INSERT INTO sessions (tenant_id, id, user_id, created_at, expires_at, ended_at, agent_name, agent_live)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.scope.tenant)
        .bind(session.id.as_uuid())
        .bind(session.user.as_uuid())
        .bind(session.created_at.as_millis())
        .bind(session.expires_at.as_millis())
        .bind(session.ended_at.map(Timestamp::as_millis))
        .bind(session.agent.as_ref().map(|agent| &*agent.name))
        .bind(session.agent.as_ref().map(|agent| agent.live))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find_live(
        &mut self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let row = sqlx::query_as::<Db, Row>(concat!(
            "SELECT s.id AS session_id, s.created_at AS session_created_at, s.expires_at, s.ended_at,
             s.agent_name, s.agent_live, ",
            user_columns!(),
            " FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
              WHERE s.tenant_id = $1 AND s.id = $2 AND s.ended_at IS NULL AND s.expires_at > $3
                AND u.closed_at IS NULL"
        ))
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .bind(now.as_millis())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let user = User::try_from(row.user)?;
        let session = Session {
            id: SessionId::from_uuid(row.session_id),
            tenant: TenantId::from_uuid(self.scope.tenant),
            user: user.id,
            created_at: Timestamp::from_millis(row.session_created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            ended_at: read::time(row.ended_at),
            agent: agent(row.agent_name, row.agent_live),
        };
        Ok(Some((session, user)))
    }

    async fn agents_of(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query_as::<Db, AgentRow>(
            "SELECT id, user_id, created_at, expires_at, ended_at, agent_name, agent_live FROM sessions
             WHERE tenant_id = $1 AND user_id = $2 AND agent_name IS NOT NULL AND ended_at IS NULL
               AND expires_at > $3
             ORDER BY id",
        )
        .bind(self.scope.tenant)
        .bind(user.as_uuid())
        .bind(now.as_millis())
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let session = |row: AgentRow| Session {
            id: SessionId::from_uuid(row.id),
            tenant: TenantId::from_uuid(self.scope.tenant),
            user: UserId::from_uuid(row.user_id),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            ended_at: read::time(row.ended_at),
            agent: agent(row.agent_name, row.agent_live),
        };
        Ok(rows.into_iter().map(session).collect())
    }

    async fn end(&mut self, id: SessionId, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE sessions SET ended_at = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL",
        )
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn end_all_of(&mut self, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE sessions SET ended_at = $3 WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL",
        )
        .bind(self.scope.tenant)
        .bind(user.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected())
    }

    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query::<Db>("DELETE FROM sessions WHERE tenant_id = $1 AND expires_at < $2")
            .bind(self.scope.tenant)
            .bind(before.as_millis())
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}
