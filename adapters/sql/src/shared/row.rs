//! Rows that several statements read, with their columns.

use aforo_core::{
    CustomerId, KeyId, PlanId, StoreError, SubscriptionId, TenantId, Timestamp, UserId,
    domain::{
        subscription::Subscription,
        user::{Identity, User},
    },
};
use aforo_vault::{
    key::ApiKey,
    seal::{SealContext, SealedCredential},
};
use uuid::Uuid;

use crate::read;

macro_rules! user_columns {
    () => {
        "u.tenant_id, u.id, u.customer_id, u.email, u.name, u.role, u.password_hash, u.identity_issuer,
         u.identity_subject, u.created_at, u.closed_at"
    };
}
pub(super) use user_columns;

#[derive(sqlx::FromRow)]
pub(super) struct UserRow {
    tenant_id: Uuid,
    id: Uuid,
    customer_id: Uuid,
    email: Option<String>,
    name: String,
    role: String,
    password_hash: Option<String>,
    identity_issuer: Option<String>,
    identity_subject: Option<String>,
    created_at: i64,
    closed_at: Option<i64>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;
    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let identity = row.identity_issuer.zip(row.identity_subject);
        Ok(User {
            id: UserId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            customer: CustomerId::from_uuid(row.customer_id),
            email: row.email,
            name: row.name,
            role: read::word("users.role", &row.role)?,
            password_hash: row.password_hash,
            identity: identity.map(|(issuer, subject)| Identity { issuer, subject }),
            created_at: Timestamp::from_millis(row.created_at),
            closed_at: read::time(row.closed_at),
        })
    }
}

macro_rules! subscription_columns {
    () => {
        "s.tenant_id, s.id, s.customer_id, s.plan_id, s.plan_name, s.products, s.status, s.created_at,
         s.cancelled_at"
    };
}
pub(super) use subscription_columns;

#[derive(sqlx::FromRow)]
pub(super) struct SubscriptionRow {
    pub(super) tenant_id: Uuid,
    pub(super) id: Uuid,
    pub(super) customer_id: Uuid,
    pub(super) plan_id: Uuid,
    pub(super) plan_name: String,
    pub(super) products: String,
    pub(super) status: String,
    pub(super) created_at: i64,
    pub(super) cancelled_at: Option<i64>,
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;
    fn try_from(row: SubscriptionRow) -> Result<Self, StoreError> {
        Ok(Subscription {
            id: SubscriptionId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            customer: CustomerId::from_uuid(row.customer_id),
            plan: PlanId::from_uuid(row.plan_id),
            plan_name: row.plan_name,
            products: read::list("subscriptions.products", &row.products)?,
            status: read::word("subscriptions.status", &row.status)?,
            created_at: Timestamp::from_millis(row.created_at),
            cancelled_at: read::time(row.cancelled_at),
        })
    }
}

macro_rules! key_columns {
    () => {
        "k.tenant_id, k.id, k.customer_id, k.created_by, k.origin, k.format, k.client_id, k.environment, k.name,
         k.hash, k.hint, k.lineage_id, k.successor_id, k.products, k.ip_ranges, k.rate_limit, k.permissions,
         k.created_at, k.expires_at, k.grace_until, k.revoked_at, k.last_used_at"
    };
}
pub(super) use key_columns;

#[derive(sqlx::FromRow)]
pub(super) struct KeyRow {
    pub(super) tenant_id: Uuid,
    id: Uuid,
    customer_id: Option<Uuid>,
    created_by: Option<Uuid>,
    origin: String,
    format: String,
    client_id: Option<String>,
    environment: String,
    name: String,
    hash: Vec<u8>,
    hint: String,
    lineage_id: Uuid,
    successor_id: Option<Uuid>,
    products: String,
    ip_ranges: String,
    rate_limit: Option<i64>,
    permissions: String,
    created_at: i64,
    expires_at: Option<i64>,
    grace_until: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StoreError;
    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        Ok(ApiKey {
            id: KeyId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            customer: row.customer_id.map(CustomerId::from_uuid),
            created_by: row.created_by.map(UserId::from_uuid),
            origin: read::word("api_keys.origin", &row.origin)?,
            format: read::word("api_keys.format", &row.format)?,
            client_id: row.client_id,
            environment: read::word("api_keys.environment", &row.environment)?,
            name: row.name,
            hash: read::hash("api_keys.hash", &row.hash)?,
            hint: row.hint,
            lineage: KeyId::from_uuid(row.lineage_id),
            successor: row.successor_id.map(KeyId::from_uuid),
            products: read::list("api_keys.products", &row.products)?,
            ip_ranges: read::list("api_keys.ip_ranges", &row.ip_ranges)?,
            rate_limit: row
                .rate_limit
                .map(|n| read::count("api_keys.rate_limit", n))
                .transpose()?,
            permissions: read::list("api_keys.permissions", &row.permissions)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: read::time(row.expires_at),
            grace_until: read::time(row.grace_until),
            revoked_at: read::time(row.revoked_at),
            last_used_at: read::time(row.last_used_at),
        })
    }
}

macro_rules! sealed_columns {
    () => {
        "c.tenant_id AS sealed_tenant_id, c.key_id AS sealed_key_id, c.subscription_id AS sealed_subscription_id,
         c.purpose AS sealed_purpose, c.environment AS sealed_environment, c.integration AS sealed_integration,
         c.origin AS sealed_origin, c.kek_id, c.wrapped_dek, c.ciphertext"
    };
}
pub(super) use sealed_columns;

#[derive(sqlx::FromRow)]
pub(super) struct SealedRow {
    sealed_tenant_id: Uuid,
    sealed_key_id: Uuid,
    sealed_subscription_id: Uuid,
    sealed_purpose: String,
    sealed_environment: String,
    sealed_integration: String,
    sealed_origin: String,
    kek_id: String,
    wrapped_dek: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl TryFrom<SealedRow> for SealedCredential {
    type Error = StoreError;
    fn try_from(row: SealedRow) -> Result<Self, StoreError> {
        Ok(SealedCredential {
            context: SealContext {
                purpose: row.sealed_purpose,
                tenant: TenantId::from_uuid(row.sealed_tenant_id),
                key: KeyId::from_uuid(row.sealed_key_id),
                subscription: SubscriptionId::from_uuid(row.sealed_subscription_id),
                environment: read::word("sealed_credentials.environment", &row.sealed_environment)?,
                integration: row.sealed_integration,
                origin: row.sealed_origin,
            },
            kek_id: row.kek_id,
            wrapped_dek: row.wrapped_dek,
            ciphertext: row.ciphertext,
        })
    }
}
