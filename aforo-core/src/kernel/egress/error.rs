//! What can go wrong on the way out, in kinds that callers and people tell apart.

use super::address::AddressClass;

/// Why a destination is refused before anything is dialled. Never says which address a name resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DenyReason {
    /// Not a URL, or not one that every parser reads alike.
    #[error("the URL is malformed")]
    Malformed,
    /// Neither https nor (inside an allowed private range) http.
    #[error("only https is allowed")]
    Scheme,
    /// Name and password in the URL.
    #[error("the URL must not hold a user name or password")]
    Userinfo,
    /// A `#` part.
    #[error("the URL must not have a fragment")]
    Fragment,
    /// The host is not written in its plain form: `127.1`, `0x7f.1`, full-width digits, upper-case escapes.
    #[error("the host is not written in its plain form")]
    HostSpelling,
    /// A name that is not public: without a dot, or under `localhost`, `internal` and the like.
    #[error("the host is not a public name")]
    HostName,
    /// A port other than 443 that the operator has not opened.
    #[error("the port is not allowed")]
    Port,
    /// At least one of the host's addresses may not be reached.
    #[error("the host leads to an address that is not allowed ({})", .0.as_str())]
    Address(AddressClass),
    /// The machine that answered is not the one that was checked.
    #[error("the peer is not the address that was checked")]
    Peer,
    /// One redirect too many, or one that leaves https.
    #[error("the redirect is not allowed")]
    Redirect,
}

impl DenyReason {
    /// A stable name for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Scheme => "scheme",
            Self::Userinfo => "userinfo",
            Self::Fragment => "fragment",
            Self::HostSpelling => "host_spelling",
            Self::HostName => "host_name",
            Self::Port => "port",
            Self::Address(_) => "address",
            Self::Peer => "peer",
            Self::Redirect => "redirect",
        }
    }
}

/// What was being waited for when time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The answer of the name server.
    Dns,
    /// The TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The head of the response.
    FirstByte,
    /// The next part of the body.
    Idle,
    /// The end of the whole exchange.
    Total,
}

impl Phase {
    /// A stable lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first byte",
            Self::Idle => "idle",
            Self::Total => "total",
        }
    }
}

/// An outbound exchange that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// Refused by our rules; nothing was dialled (except for [`DenyReason::Peer`]).
    #[error("destination refused: {0}")]
    Denied(DenyReason),
    /// The host's name does not resolve.
    #[error("the host's name does not resolve")]
    Dns(#[source] std::io::Error),
    /// No connection could be made.
    #[error("no connection could be made")]
    Connect(#[source] std::io::Error),
    /// The TLS handshake failed: certificate, name or version.
    #[error("the TLS handshake failed")]
    Tls(#[source] std::io::Error),
    /// Too slow.
    #[error("timed out ({})", .0.as_str())]
    Timeout(Phase),
    /// The head or the body of the response is larger than allowed.
    #[error("the response is too large")]
    TooLarge,
    /// The peer does not speak proper HTTP, or closed too early.
    #[error("the peer does not follow HTTP: {0}")]
    Protocol(
        &'static str,
        #[source] Option<Box<dyn std::error::Error + Send + Sync>>,
    ),
    /// The request itself cannot be sent; a fault of the caller.
    #[error("the request cannot be sent: {0}")]
    Request(&'static str),
    /// A fetched document came back with this status instead of 200.
    #[error("the server answered with status {0}")]
    Status(u16),
}

impl EgressError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "egress_denied",
            Self::Dns(_) => "egress_dns",
            Self::Connect(_) => "egress_connect",
            Self::Tls(_) => "egress_tls",
            Self::Timeout(_) => "egress_timeout",
            Self::TooLarge => "egress_too_large",
            Self::Protocol(..) => "egress_protocol",
            Self::Request(_) => "egress_request",
            Self::Status(_) => "egress_status",
        }
    }
    /// Whether the same exchange may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Dns(_) | Self::Connect(_) | Self::Timeout(_) => true,
            Self::Status(status) => matches!(status, 429 | 500..=599),
            _ => false,
        }
    }
}

impl From<DenyReason> for EgressError {
    fn from(reason: DenyReason) -> Self {
        Self::Denied(reason)
    }
}
