//! API keys: what is known of one, and the states it goes through.

use std::{fmt, str::FromStr, time::Duration};

use aforo_core::{CustomerId, KeyId, ProductId, TenantId, Timestamp, UserId, domain::user::UnknownWord};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// How long a rotated key still works beside its successor (VAULT-13).
pub const ROTATION_GRACE: Duration = Duration::from_secs(300);

/// A key unused for this long is flagged dormant (VAULT-19).
pub const DORMANT_AFTER: Duration = Duration::from_secs(90 * 24 * 60 * 60);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }
        impl $name {
            /// The word that storage and the API use.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok($name::$variant),)* _ => Err(UnknownWord(word.to_owned())) }
            }
        }
    };
}

words! {
    /// Which world a key works in (VAULT-2). The key's prefix says it.
    Environment {
        /// Sandbox: `sk_test_`, nothing is charged.
        Test = "test",
        /// Production: `sk_live_`.
        Live = "live",
    }
}

words! {
    /// How a key is presented (VAULT-1).
    CredentialFormat {
        /// `Authorization: Bearer sk_…`
        Bearer = "bearer",
        /// `Authorization: Basic client_id:sk_…`
        ClientCredentials = "client_credentials",
    }
}

words! {
    /// Who a key is for.
    KeyOrigin {
        /// A customer made it; it lives as long as its subscription.
        Customer = "customer",
        /// An administrator made it to run the tenant; bound to no subscription (C6).
        Operator = "operator",
        /// The playground's twin: made by the system, sealed, never shown to anyone (C1).
        Playground = "playground",
    }
}

words! {
    /// What a key may do at the console's own API, besides calling its products.
    Permission {
        /// Create, list, rotate and revoke keys: all of the tenant with an operator key, with a customer key
        /// only those of the same subscription.
        KeysWrite = "keys:write",
    }
}

/// What is known of a key. The key itself is not: only its SHA-256 (VAULT-4, C1).
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// The tenant.
    pub tenant: TenantId,
    /// The customer it belongs to; `None` for an operator key.
    pub customer: Option<CustomerId>,
    /// Who made it; `None` for the system.
    pub created_by: Option<UserId>,
    /// Who it is for.
    pub origin: KeyOrigin,
    /// How it is presented.
    pub format: CredentialFormat,
    /// The public half of client credentials.
    pub client_id: Option<String>,
    /// Sandbox or production.
    pub environment: Environment,
    /// What people call it.
    pub name: String,
    /// SHA-256 of all 48 bytes of the key.
    pub hash: [u8; 32],
    /// The last four characters, to tell keys apart.
    pub hint: String,
    /// The first key of the chain of rotations that this one belongs to.
    pub lineage: KeyId,
    /// The key that replaced this one.
    pub successor: Option<KeyId>,
    /// The products it may call; empty means all that its subscriptions cover (VAULT-8).
    pub products: Vec<ProductId>,
    /// Where it may be used from; empty means anywhere (VAULT-8).
    pub ip_ranges: Vec<IpNet>,
    /// Calls a minute; `None` means no limit of its own (VAULT-8).
    pub rate_limit: Option<u32>,
    /// What it may do at the console's own API.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Not valid from this moment on, as its owner chose.
    pub expires_at: Option<Timestamp>,
    /// Not valid from this moment on, since it was rotated (VAULT-13).
    pub grace_until: Option<Timestamp>,
    /// Not valid from this moment on: revoked, or its subscription was cancelled.
    pub revoked_at: Option<Timestamp>,
    /// When it was last accepted; written in batches, so it may lag by half a minute (VAULT-17).
    pub last_used_at: Option<Timestamp>,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("origin", &self.origin)
            .field("environment", &self.environment)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

/// Where a key is in its life. Its subscriptions matter, too: see [`verify`](crate::verify).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// Works.
    Active,
    /// Was rotated; works until then, beside its successor.
    Grace {
        /// The first moment at which it does not work.
        until: Timestamp,
    },
    /// Its time is over.
    Expired,
    /// Was revoked, or its subscription cancelled. Final.
    Revoked,
}

impl KeyStatus {
    /// Whether a key in this state is accepted.
    pub const fn is_live(self) -> bool {
        matches!(self, KeyStatus::Active | KeyStatus::Grace { .. })
    }
    /// The word that the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyStatus::Active => "active",
            KeyStatus::Grace { .. } => "grace",
            KeyStatus::Expired => "expired",
            KeyStatus::Revoked => "revoked",
        }
    }
}

impl ApiKey {
    /// Its state at `now`. Times are exclusive: a key is dead at the very millisecond of its end.
    pub fn status(&self, now: Timestamp) -> KeyStatus {
        if self.revoked_at.is_some() {
            return KeyStatus::Revoked;
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return KeyStatus::Expired;
        }
        match self.grace_until {
            // A rotated key whose grace is over counts as revoked: rotation ends in revocation (VAULT-13).
            Some(until) if until <= now => KeyStatus::Revoked,
            Some(until) => KeyStatus::Grace { until },
            None => KeyStatus::Active,
        }
    }
    /// Live, and unused for 90 days (VAULT-19).
    pub fn is_dormant(&self, now: Timestamp) -> bool {
        self.status(now).is_live() && now.since(self.last_used_at.unwrap_or(self.created_at)) >= DORMANT_AFTER
    }
    /// What may be shown of it: `sk_live_…n3p4`.
    pub fn display_hint(&self) -> String {
        format!("sk_{}_…{}", self.environment, self.hint)
    }
}
