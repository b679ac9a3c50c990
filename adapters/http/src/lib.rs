//! The HTTP surface of Aforo Console, written once: JSON API and server-rendered pages as one tower service.

pub mod mount;

pub mod assets;
pub mod pages;
