//! What every Aforo Console crate shares.
//!
//! Two wings: [`kernel`] holds what is independent of any business (ids, time, secrets, transactions, the
//! audit chain, the outbound HTTP client); [`domain`] holds tenants, people, products, plans and
//! subscriptions. Storage and hosts come in through traits.

#[cfg(feature = "contract")]
pub mod contract;
pub mod domain;
pub mod kernel;

pub use kernel::entropy::{Entropy, OsEntropy};
pub use kernel::error::{StoreError, StoreErrorKind};
pub use kernel::id::*;
pub use kernel::page::{Page, PageRequest};
pub use kernel::scope::TenantScope;
pub use kernel::secret::Secret;
pub use kernel::store::{Store, Transaction};
pub use kernel::time::{Clock, ManualClock, SystemClock, Timestamp};
