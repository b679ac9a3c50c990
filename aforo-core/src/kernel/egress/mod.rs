//! The one way out: an HTTP client that cannot be led to a place it was not meant to reach.
//!
//! Spec import, webhooks, OAuth, health checks, gateways and the sandbox proxy all call through [`Client`].
//! It is built for addresses that somebody else chose, so (rules E1 to E6):
//!
//! - a URL is https, port 443 (the operator may open more), without user name, password or fragment, its host
//!   written in the one spelling that every parser reads alike;
//! - a name is resolved once, *all* its addresses are judged by our own table ([`classify`]), one bad address
//!   refuses them all, and the address that was judged is the one that is dialled, while Host and SNI keep
//!   the name; so a name that changes its address between check and use gains nothing;
//! - redirects are not followed, except by [`Client::fetch`], which checks every hop from the start;
//! - there is no proxy from the environment, no cookie store, no decompression, no connection shared between
//!   two requests, and every part has a limit in bytes and time;
//! - what an operator allows beyond that ([`Policy`], or ranges given for one call) is explicit.
//!
//! It speaks HTTP/1.1 straight over hyper, one connection for each request. Building a pinned client of a
//! general library for every request took about half as much CPU again (measured, test server included) and
//! hides how long connect and TLS take.

mod address;
mod client;
mod connect;
mod error;
mod fetch;
mod location;
mod policy;
mod resolve;
mod response;
mod target;
#[cfg(test)]
mod tests;

pub use address::{AddressClass, classify};
pub use client::{Client, Request};
pub use error::{DenyReason, EgressError, Phase};
pub use fetch::{FetchLimits, Fetched, Known};
pub use location::check_url;
pub use policy::{Limits, Policy};
pub use resolve::{Resolver, SystemResolver};
pub use response::{Body, Response, Timings};
pub use target::Target;
