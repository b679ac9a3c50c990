//! Where a request comes from. A header is believed only when a trusted proxy sent it (VAULT-8, threat 25).

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// The client's address: the connection's peer or, when that is a trusted proxy, the last address in
/// `X-Forwarded-For` that is not a trusted proxy itself. Addresses further left were written by that client
/// and are worth nothing.
pub(crate) fn client_addr(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|range| range.contains(ip));
    let mut client = peer?.to_canonical();
    if !is_trusted(&client) {
        return Some(client);
    }
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    for hop in hops.iter().rev() {
        let Some(ip) = parse(hop) else { break };
        client = ip;
        if !is_trusted(&client) {
            break;
        }
    }
    Some(client)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn parse(hop: &str) -> Option<IpAddr> {
    let ip = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<std::net::SocketAddr>().map(|a| a.ip()))
        .or_else(|_| {
            hop.trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<IpAddr>()
        });
    ip.ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        client_addr(Some(peer.parse().unwrap()), &headers, &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn the_header_is_believed_from_trusted_proxies_only() {
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(addr("203.0.113.9", &["10.0.0.1"], &[]), some("203.0.113.9"));
        assert_eq!(
            addr("203.0.113.9", &["10.0.0.1"], &["10.0.0.0/8"]),
            some("203.0.113.9")
        );
        assert_eq!(
            addr("10.0.0.2", &["198.51.100.7"], &["10.0.0.0/8"]),
            some("198.51.100.7")
        );
        // What the client itself wrote stands further left.
        assert_eq!(
            addr("10.0.0.2", &["1.1.1.1, 198.51.100.7, 10.0.0.3"], &["10.0.0.0/8"]),
            some("198.51.100.7")
        );
        assert_eq!(
            addr("10.0.0.2", &["1.1.1.1", "198.51.100.7"], &["10.0.0.0/8"]),
            some("198.51.100.7")
        );
        assert_eq!(
            addr("10.0.0.2", &["198.51.100.7, junk"], &["10.0.0.0/8"]),
            some("10.0.0.2")
        );
        assert_eq!(addr("10.0.0.2", &[], &["10.0.0.0/8"]), some("10.0.0.2"));
        assert_eq!(
            addr("::ffff:10.0.0.2", &["[2001:db8::1]:443"], &["10.0.0.0/8"]),
            some("2001:db8::1")
        );
    }
}
