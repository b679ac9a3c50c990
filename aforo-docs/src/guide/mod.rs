//! The guides: pages of Markdown in a tree, with versions, suggestions and feedback (DOCS-1 to 3, 7 to 9, 11).
//!
//! [`Guides`] is what callers use. A page ([`page::DocPage`]) has its place in the tree; what it says is in its
//! versions ([`version::PageVersion`]), of which readers see the published one. Title and slug belong to the
//! version, so that readers see a new title, and find a page at a new address, when it is published and not
//! before. Addresses that readers used lead to the page for ever.

pub mod draft;
pub mod feedback;
mod forest;
pub mod image;
pub mod page;
#[cfg(feature = "images")]
pub mod picture;
pub mod service;
pub mod store;
pub mod suggestion;
pub mod transfer;
pub mod tree;
pub mod version;

pub use service::Guides;
