//! Who a visitor is, so that each one counts once, without keeping who it was: a keyed hash.

use std::net::IpAddr;

use aforo_core::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::guard::Context;

/// Hashes visitors with a key of this console.
pub(crate) struct Visitors(Secret<[u8; 32]>);

impl Visitors {
    pub(crate) fn new(secret: Secret<[u8; 32]>) -> Self {
        Self(secret)
    }
    /// The signed-in person or, of anybody else, the address. People behind one address who are not signed in
    /// count as one.
    pub(crate) fn of(&self, context: &Context) -> [u8; 32] {
        let who = match context.user() {
            Some(user) => user.to_string(),
            None => address(context.client),
        };
        self.hash(&context.tenant.id.to_string(), &who)
    }
    fn hash(&self, tenant: &str, who: &str) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else {
            return [0; 32]; // HMAC takes keys of any length
        };
        mac.update(b"aforo.visitor.v1 ");
        mac.update(tenant.as_bytes());
        mac.update(b" ");
        mac.update(who.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// One household has a whole network of version 6 addresses: its first 64 bits count.
fn address(client: Option<IpAddr>) -> String {
    match client {
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
        Some(IpAddr::V4(ip)) => ip.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_visitor_counts_once() {
        let visitors = Visitors::new(Secret::new([7; 32]));
        let of = |ip: &str| visitors.hash("ten", &address(ip.parse().ok()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_ne!(of("192.0.2.1"), visitors.hash("other", "192.0.2.1"));
        assert_ne!(
            of("192.0.2.1"),
            Visitors::new(Secret::new([8; 32])).hash("ten", "192.0.2.1")
        );
    }
}
