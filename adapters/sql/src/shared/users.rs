//! People.

use aforo_core::{
    StoreError, Timestamp, UserId,
    domain::user::{Identity, User, UserRepository},
};
use async_trait::async_trait;

use super::{
    Db, Users,
    row::{UserRow, user_columns},
    store_error,
};
use crate::read;

#[async_trait]
impl UserRepository for Users<'_> {
    async fn insert(&mut self, user: &User) -> Result<(), StoreError> {
        self.scope.admit(user.tenant, Some(user.customer))?;
        sqlx::query::<Db>(
            "INSERT INTO users (tenant_id, id, customer_id, email, name, role, password_hash, identity_issuer,
                identity_subject, created_at, closed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(self.scope.tenant)
        .bind(user.id.as_uuid())
        .bind(user.customer.as_uuid())
        .bind(&user.email)
        .bind(&user.name)
        .bind(user.role.as_str())
        .bind(&user.password_hash)
        .bind(user.identity.as_ref().map(|i| &i.issuer))
        .bind(user.identity.as_ref().map(|i| &i.subject))
        .bind(user.created_at.as_millis())
        .bind(user.closed_at.map(Timestamp::as_millis))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        sqlx::query_as::<Db, UserRow>(concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.tenant_id = $1 AND ($2 IS NULL OR u.customer_id = $2) AND u.id = $3"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(User::try_from)
        .transpose()
    }

    async fn find_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError> {
        if !read::is_storable(email) {
            return Ok(None);
        }
        sqlx::query_as::<Db, UserRow>(concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.tenant_id = $1 AND ($2 IS NULL OR u.customer_id = $2)
                AND u.email = $3 AND u.closed_at IS NULL"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(email)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(User::try_from)
        .transpose()
    }

    async fn find_by_identity(&mut self, identity: &Identity) -> Result<Option<User>, StoreError> {
        sqlx::query_as::<Db, UserRow>(concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.tenant_id = $1 AND ($2 IS NULL OR u.customer_id = $2)
                AND u.identity_issuer = $3 AND u.identity_subject = $4 AND u.closed_at IS NULL"
        ))
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(User::try_from)
        .transpose()
    }

    async fn close(&mut self, id: UserId, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE users SET email = NULL, name = '', password_hash = NULL, identity_issuer = NULL,
                identity_subject = NULL, closed_at = $4
             WHERE tenant_id = $1 AND ($2 IS NULL OR customer_id = $2) AND id = $3 AND closed_at IS NULL",
        )
        .bind(self.scope.tenant)
        .bind(self.scope.customer)
        .bind(id.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}
