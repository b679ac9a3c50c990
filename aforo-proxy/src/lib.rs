//! The zero-trust sandbox proxy: it calls an operation of a stored API description with a credential that
//! the browser never sees.
//!
//! In the order of one call: [`request`] reduces what a person asks for to what may be sent, [`inject`] places
//! the credential, [`upstream`] sends it within limits, [`decode`] undoes compression, [`scrub`] removes the
//! credential from whatever comes back, and [`response`] is all that a browser gets.

pub mod decode;
pub mod error;
mod in_flight;
pub mod inject;
pub mod oauth;
pub mod request;
pub mod response;
pub mod scrub;
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod upstream;

pub use error::{Fault, ProxyError, Withheld};
pub use in_flight::HeldStream;
pub use inject::{Credential, Placement};
pub use request::{ApprovedBase, CleanRequest, RequestError};
pub use response::{CleanBody, CleanResponse, CleanStream, Reply, Timing};
pub use upstream::{Checked, Settings, Upstream};
