//! Names to addresses, once for each exchange.

use std::{io, net::IpAddr};

use async_trait::async_trait;

/// Turns a host name into addresses. Asked once for each exchange, and never for an IP literal.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of the name.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0))
            .await?
            .map(|address| address.ip())
            .collect())
    }
}
