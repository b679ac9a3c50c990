//! The commands that manage a console from its server.

pub(crate) mod audit;
pub(crate) mod docs;
pub(crate) mod import;
pub(crate) mod kek;
pub(crate) mod keys;
pub(crate) mod publish;
pub(crate) mod tenants;
pub(crate) mod users;
