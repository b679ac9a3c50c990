//! Markdown from people we do not trust: what it means, and that it does nothing else.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

mod behaviour;
mod common_mark;
mod cost;
mod dom;
mod extensions;
mod hostile;
