//! What an operator may widen, and how long and how large an exchange may be.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use rustls::pki_types::CertificateDer;

use super::{
    address::{AddressClass, canonical, classify},
    error::DenyReason,
};

/// What an operator allows beyond the public internet on port 443.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Private ranges that may be reached, by any scheme and port. A metadata address (169.254.169.254 and
    /// its relatives) opens only when it is listed by itself, as a /32 or /128.
    pub allow: Vec<IpNet>,
    /// Ports besides 443 that public hosts may be reached at, by https.
    pub extra_ports: Vec<u16>,
    /// Certificate authorities trusted besides the public ones.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// How long a name may take to resolve.
    pub dns_timeout: Duration,
    /// How long the TCP connection may take, over all addresses.
    pub connect_timeout: Duration,
    /// How long the TLS handshake may take.
    pub tls_timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            extra_ports: Vec::new(),
            extra_roots: Vec::new(),
            dns_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            tls_timeout: Duration::from_secs(5),
        }
    }
}

/// Whether the ranges that an operator has opened hold this address.
pub(super) fn is_allowed(allow: &[IpNet], address: IpAddr) -> bool {
    let address = canonical(address);
    let class = classify(address);
    let exact = class == AddressClass::Metadata;
    class.can_be_allowed()
        && allow
            .iter()
            .any(|net| net.contains(&address) && (!exact || net.prefix_len() == net.max_prefix_len()))
}

/// Every address must be public or allowed: one bad answer poisons the whole set.
pub(super) fn check_addresses(allow: &[IpNet], addresses: &[IpAddr]) -> Result<(), DenyReason> {
    for &address in addresses {
        let class = classify(address);
        if class != AddressClass::Global && !is_allowed(allow, address) {
            return Err(DenyReason::Address(class));
        }
    }
    Ok(())
}

/// How long and how large one exchange may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the response's head. hyper needs at least 8,192.
    pub head_bytes: usize,
    /// Lines of the response's head.
    pub head_lines: usize,
    /// Bytes of the response's body as they come over the wire.
    pub body_bytes: u64,
    /// From the sent request to the head of the response.
    pub first_byte: Duration,
    /// Between two parts of the body.
    pub idle: Duration,
    /// The whole exchange after name resolution.
    pub total: Duration,
}

impl Default for Limits {
    /// 32 kB and 100 lines of head, 5 MiB of body, 10 s to the head, 5 s between parts, 30 s in all.
    fn default() -> Self {
        Self {
            head_bytes: 32 * 1024,
            head_lines: 100,
            body_bytes: 5 * 1024 * 1024,
            first_byte: Duration::from_secs(10),
            idle: Duration::from_secs(5),
            total: Duration::from_secs(30),
        }
    }
}
