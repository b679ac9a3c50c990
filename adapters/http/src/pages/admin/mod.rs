//! The operator console: what waits for a decision, guides, suggestions, API specifications.

mod chrome;
mod overview;

pub use self::overview::{AdminOverviewView, OriginWaiting, admin_overview};
