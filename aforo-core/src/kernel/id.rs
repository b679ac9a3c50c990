//! Identifiers: one type for each kind of thing, shown with a prefix (ID-1).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{entropy::Entropy, time::Timestamp};

/// The text is not an id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected {expected}_ and 32 lower-case hexadecimal digits")]
pub struct InvalidId {
    /// The prefix the id should carry, without the underscore.
    pub expected: &'static str,
}

/// A version 7 UUID: 48 bits of time, 74 random bits. Later ids sort later, so pages can follow the id.
fn uuid_v7(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(now.as_millis().max(0) as u64, &random).into_uuid()
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; ids made later sort later.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }
            /// The id with these bits, as storage keeps it.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }
            /// The bits that storage keeps.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { expected: $prefix };
                let hex = text.strip_prefix(concat!($prefix, "_")).ok_or_else(|| invalid.clone())?;
                if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                    return Err(invalid);
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| invalid)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id! {
    /// Identifies one tenant: a company that runs a console.
    TenantId = "ten";
    /// Identifies one person who can sign in.
    UserId = "usr";
    /// Identifies one signed-in session.
    SessionId = "ses";
    /// Identifies one customer of a tenant: the account that owns subscriptions and keys.
    CustomerId = "cust";
    /// Identifies one product: an API that customers subscribe to.
    ProductId = "prod";
    /// Identifies one plan of a product.
    PlanId = "plan";
    /// Identifies one subscription of a customer to a plan.
    SubscriptionId = "sub";
    /// Identifies one API key.
    KeyId = "key";
    /// Identifies one imported API description.
    SpecId = "spec";
    /// Identifies one publication of an API description.
    PublicationId = "pub";
    /// Identifies one stretch of background work that a process took on.
    LeaseId = "lease";
    /// Identifies one entry of the audit log.
    AuditId = "aud";
    /// Identifies one page of the guides.
    PageId = "page";
    /// Identifies one suggested edit of a page.
    SuggestionId = "sug";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::OsEntropy;

    #[test]
    fn text_form_round_trips_and_nothing_else_parses() {
        let id = KeyId::new(Timestamp::from_millis(1_760_000_000_000), &OsEntropy);
        assert_eq!(id.to_string().parse::<KeyId>(), Ok(id));
        assert!(id.to_string().parse::<SubscriptionId>().is_err());
        for bad in [
            "",
            "key_",
            "key_0",
            &id.to_string().to_uppercase(),
            &format!("{id} "),
            &format!("key_{}", id.as_uuid()),
        ] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let at = |ms| KeyId::new(Timestamp::from_millis(ms), &OsEntropy);
        assert!(at(1_760_000_000_000) < at(1_760_000_000_001));
    }
}
