//! A destination that was checked, with the addresses that were judged.

use std::{fmt, net::SocketAddr, time::Duration};

use http::uri::PathAndQuery;
use ipnet::IpNet;
use rustls::pki_types::ServerName;
use tokio::time::{Instant, timeout};

use super::{
    error::{DenyReason, EgressError, Phase},
    location::{Destination, Location},
    policy::{Policy, check_addresses, is_allowed},
    resolve::Resolver,
};

/// A destination whose form and addresses passed every rule. Only [`Client::target`](super::Client::target)
/// makes one; what it holds is what gets dialled.
#[derive(Clone)]
pub struct Target {
    pub(super) addresses: Vec<SocketAddr>,
    /// The name to ask the certificate for; `None` for plain http.
    pub(super) server_name: Option<ServerName<'static>>,
    /// The Host header.
    pub(super) authority: String,
    pub(super) path_and_query: PathAndQuery,
    pub(super) dns: Duration,
}

impl Target {
    pub(super) async fn resolve(
        policy: &Policy,
        resolver: &dyn Resolver,
        url: &str,
        extra_allow: &[IpNet],
    ) -> Result<Self, EgressError> {
        let location = Location::parse(url)?;
        let allow: Vec<IpNet> = policy.allow.iter().chain(extra_allow).copied().collect();
        // Some forms are fine only towards hosts that the operator has opened by address.
        let needs_leave = if !location.is_https() {
            Some(DenyReason::Scheme)
        } else if !location.has_public_name() {
            Some(DenyReason::HostName)
        } else if location.port != 443 && !policy.extra_ports.contains(&location.port) {
            Some(DenyReason::Port)
        } else {
            None
        };
        if let (Some(reason), true) = (needs_leave, allow.is_empty()) {
            return Err(reason.into());
        }

        let started = Instant::now();
        let addresses = match &location.destination {
            Destination::Address(address) => vec![*address],
            Destination::Name(name) => timeout(policy.dns_timeout, resolver.resolve(name))
                .await
                .map_err(|_| EgressError::Timeout(Phase::Dns))?
                .map_err(EgressError::Dns)?,
        };
        let dns = started.elapsed();
        if addresses.is_empty() {
            return Err(EgressError::Dns(std::io::Error::other("no address")));
        }
        if let Some(reason) = needs_leave
            && !addresses.iter().all(|&address| is_allowed(&allow, address))
        {
            return Err(reason.into());
        }
        check_addresses(&allow, &addresses)?;

        let server_name = location.is_https().then(|| match &location.destination {
            Destination::Address(address) => Ok(ServerName::IpAddress((*address).into())),
            Destination::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|_| EgressError::Denied(DenyReason::HostSpelling))
            }
        });
        let mut authority = match &location.destination {
            Destination::Address(std::net::IpAddr::V6(v6)) => format!("[{v6}]"),
            Destination::Address(v4) => v4.to_string(),
            Destination::Name(name) => name.clone(),
        };
        if location.url.port().is_some() {
            authority.push_str(&format!(":{}", location.port));
        }
        let path = match location.url.query() {
            Some(query) => format!("{}?{query}", location.url.path()),
            None => location.url.path().to_owned(),
        };
        Ok(Self {
            addresses: addresses
                .into_iter()
                .map(|ip| SocketAddr::new(ip, location.port))
                .collect(),
            server_name: server_name.transpose()?,
            authority,
            path_and_query: path
                .parse()
                .map_err(|_| EgressError::Denied(DenyReason::Malformed))?,
            dns,
        })
    }

    /// The host, and the port where it is not the scheme's own: what the Host header says.
    pub fn authority(&self) -> &str {
        &self.authority
    }
    /// Whether the exchange is encrypted.
    pub fn is_https(&self) -> bool {
        self.server_name.is_some()
    }
    /// The addresses that were judged, in the order in which they are tried.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl fmt::Debug for Target {
    /// Without the path: a query may hold what must not be printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}
