//! What can go wrong in a call, and whose it is.

use aforo_core::kernel::egress::EgressError;
use serde::Serialize;

use crate::{decode::DecodeError, inject::InjectError, request::RequestError, scrub::ScrubError};

/// Who can do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fault {
    /// The person who calls: the request.
    Caller,
    /// The API that was called, or the way to it.
    Upstream,
    /// Whoever runs this console: the integration's settings.
    Console,
}

/// A call that brought back no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The request was refused; nothing was opened or dialled.
    #[error("your request was refused: {0}")]
    Request(#[from] RequestError),
    /// The credential does not fit where the integration says.
    #[error("the gateway integration is not set up properly: {0}")]
    Credential(#[from] InjectError),
    /// The credential's echo could not be removed, so it is not sent.
    #[error("the gateway integration is not set up properly: {0}")]
    Unsafe(ScrubError),
    /// The address may not be called, could not be reached, or did not answer properly.
    #[error("{}", egress_text(.0))]
    Egress(#[from] EgressError),
    /// Status 407: something between here and the API wants credentials of its own.
    #[error("a proxy in front of the API asks for credentials")]
    ProxyAuthentication,
    /// A stream of events that had to be ended: an event could not be checked.
    #[error("the stream was ended: {0}")]
    Stream(ScrubError),
}

fn egress_text(error: &EgressError) -> String {
    match error {
        EgressError::Denied(reason) => format!("the API's address may not be called: {reason}"),
        EgressError::Dns(_) => "the API's name does not resolve".into(),
        EgressError::Connect(_) => "the API cannot be reached".into(),
        EgressError::Tls(_) => "the API's certificate is not trusted, or TLS failed".into(),
        EgressError::Timeout(phase) => format!("the API took too long ({})", phase.as_str()),
        EgressError::TooLarge => "the API's response is too large".into(),
        other => format!("the API's response cannot be used: {other}"),
    }
}

impl ProxyError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "request_refused",
            Self::Credential(_) => "credential_placement",
            Self::Unsafe(_) => "credential_unsafe",
            Self::ProxyAuthentication => "proxy_authentication",
            Self::Stream(_) => "stream_withheld",
            Self::Egress(error) => match error {
                EgressError::Denied(_) => "address_denied",
                EgressError::Dns(_) => "dns_failed",
                EgressError::Connect(_) => "connect_failed",
                EgressError::Tls(_) => "tls_failed",
                EgressError::Timeout(_) => "upstream_timeout",
                EgressError::TooLarge => "response_too_large",
                _ => "protocol_error",
            },
        }
    }
    /// The status that fits.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Request(_) => 400,
            Self::Credential(_) | Self::Unsafe(_) => 500,
            Self::Egress(EgressError::Denied(_)) => 403,
            Self::Egress(EgressError::Timeout(_)) => 504,
            Self::Egress(_) | Self::ProxyAuthentication | Self::Stream(_) => 502,
        }
    }
    /// Whose it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Request(_) => Fault::Caller,
            Self::Credential(_) | Self::Unsafe(_) | Self::Egress(EgressError::Denied(_)) => Fault::Console,
            Self::Egress(_) | Self::ProxyAuthentication | Self::Stream(_) => Fault::Upstream,
        }
    }
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Egress(error) if error.is_retryable())
    }
}

/// Why a response comes without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Withheld {
    /// Two content codings, or an unknown one.
    UnsupportedCoding,
    /// Larger than allowed once decoded.
    TooLarge,
    /// Not what its content coding says, cut short, or followed by something else.
    Malformed,
    /// The credential is in it and cannot be cut out.
    CredentialInside,
    /// It could not be checked in time, or the check failed.
    NotChecked,
}

impl Withheld {
    /// For people.
    pub fn message(self) -> &'static str {
        match self {
            Self::UnsupportedCoding => "the body was withheld: its content coding is not supported",
            Self::TooLarge => "the body was withheld: it is too large",
            Self::Malformed => "the body was withheld: its content coding is malformed",
            Self::CredentialInside => {
                "the body was withheld: it holds the credential in a form that cannot be removed"
            }
            Self::NotChecked => "the body was withheld: it could not be checked for the credential",
        }
    }
}

impl From<DecodeError> for Withheld {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Coding => Self::UnsupportedCoding,
            DecodeError::TooLarge => Self::TooLarge,
            DecodeError::Malformed => Self::Malformed,
        }
    }
}
impl From<ScrubError> for Withheld {
    fn from(error: ScrubError) -> Self {
        match error {
            ScrubError::Unremovable => Self::CredentialInside,
            _ => Self::NotChecked,
        }
    }
}
