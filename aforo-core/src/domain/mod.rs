//! Tenants, people, customers, products, plans and subscriptions, and the repositories that keep them.

#[cfg(all(feature = "session", feature = "password"))]
pub mod account;
pub mod customer;
#[cfg(all(feature = "session", feature = "egress"))]
pub mod jwks;
#[cfg(feature = "password")]
pub mod password;
pub mod plan;
pub mod product;
pub mod session;
pub mod store;
pub mod subscription;
pub mod tenant;
#[cfg(feature = "session")]
pub mod token;
pub mod user;
