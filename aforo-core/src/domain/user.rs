//! People who can sign in.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{CustomerId, StoreError, TenantId, Timestamp, UserId};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works with the keys and subscriptions of their own customer account.
    Developer,
    /// Runs the tenant: products, API descriptions, everything a developer may do, for the whole tenant.
    Admin,
}

impl Role {
    /// The word that storage and tokens use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Developer => "developer",
            Role::Admin => "admin",
        }
    }
}
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for Role {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "developer" => Ok(Role::Developer),
            "admin" => Ok(Role::Admin),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// A word that is none of those a field takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {0:?}")]
pub struct UnknownWord(pub String);

/// A person who can sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The tenant whose console they use.
    pub tenant: TenantId,
    /// The account they work for.
    pub customer: CustomerId,
    /// Lower-case address, unique in the tenant; `None` once the account is closed.
    pub email: Option<String>,
    /// What to call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// PHC string of the password's argon2id hash; `None` for people whom the host signs in.
    pub password_hash: Option<String>,
    /// Issuer and subject at the host that vouches for them (PROXY-7).
    pub identity: Option<Identity>,
    /// When they signed up.
    pub created_at: Timestamp,
    /// When the account was closed; the row stays, so that the audit log keeps its actors (VAULT-21, C8).
    pub closed_at: Option<Timestamp>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Who a person is at the host that signed them in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The token's `iss`.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
}

/// Keeps the people of one tenant.
#[async_trait]
pub trait UserRepository: Send {
    /// Adds a person. [`StoreErrorKind::Conflict`](crate::StoreErrorKind) if the address or identity is taken.
    async fn insert(&mut self, user: &User) -> Result<(), StoreError>;
    /// The person with this id.
    async fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The person with this (lower-case) address whose account is open.
    async fn find_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError>;
    /// The person whom the host knows by this identity and whose account is open.
    async fn find_by_identity(&mut self, identity: &Identity) -> Result<Option<User>, StoreError>;
    /// Closes an account: address, name, password and identity are wiped, the id stays. False if there is no
    /// such open account.
    async fn close(&mut self, id: UserId, at: Timestamp) -> Result<bool, StoreError>;
}
