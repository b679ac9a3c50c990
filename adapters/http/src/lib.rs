//! The HTTP surface of Aforo Console, written once: JSON API and server-rendered pages as one tower service.
//!
//! Build a [`Console`] over a store, and mount [`Console::service`] with `aforo_axum::mount` or
//! `aforo_actix::mount`. No public item here names a web framework.

mod api;
pub mod assets;
mod client_addr;
mod console;
mod cookie;
mod csrf;
mod extract;
mod guard;
#[cfg(feature = "mcp")]
mod mcp;
mod metrics;
pub mod mount;
mod openapi;
pub mod pages;
mod problem;
mod public_origin;
mod remote;
mod route;
mod service;
mod visitor;
mod web;
mod worker;

pub use console::{BuildError, Console, ConsoleBuilder, Tenancy};
pub use service::ConsoleService;
pub use worker::AuditAnchor;
