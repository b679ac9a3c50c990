//! Where a URL leads, read so strictly that no two parsers can disagree about it.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use super::error::DenyReason;

/// A host, as it was written and as it is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Address(IpAddr),
    /// Lower case, without a final dot.
    Name(String),
}

/// A URL whose form is in order; whether its addresses may be reached is not known yet.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) url: Url,
    pub(super) destination: Destination,
    pub(super) port: u16,
}

/// Checks the form of a URL and returns it parsed, without resolving or dialling anything: what to run when
/// an operator types in an address that will be called later.
///
/// # Errors
/// The rule that the text breaks (E2). Private names and addresses, http and unusual ports pass here, since
/// only the allow list decides about them.
pub fn check_url(text: &str) -> Result<Url, DenyReason> {
    Location::parse(text).map(|location| location.url)
}

impl Location {
    pub(super) fn parse(text: &str) -> Result<Self, DenyReason> {
        // The URL standard strips tabs and line ends, reads `\` as `/`, and maps full-width letters; every
        // one of these is a way for two readers to see two hosts.
        if text.len() > 8 * 1024 || text.bytes().any(|b| !(0x21..=0x7e).contains(&b) || b == b'\\') {
            return Err(if text.is_ascii() {
                DenyReason::Malformed
            } else {
                DenyReason::HostSpelling
            });
        }
        let (scheme, rest) = text.split_once("://").ok_or(DenyReason::Malformed)?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(DenyReason::Scheme);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(DenyReason::Userinfo);
        }
        let url = Url::parse(text).map_err(|_| DenyReason::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DenyReason::Userinfo);
        }
        if url.fragment().is_some() || text.contains('#') {
            return Err(DenyReason::Fragment);
        }
        let written = written_host(authority)?;
        let destination = match url.host().ok_or(DenyReason::Malformed)? {
            Host::Ipv4(parsed) => {
                if written != parsed.to_string() {
                    return Err(DenyReason::HostSpelling);
                }
                Destination::Address(parsed.into())
            }
            Host::Ipv6(parsed) => {
                let inner = written.strip_prefix('[').and_then(|w| w.strip_suffix(']'));
                if inner.and_then(|w| w.parse::<Ipv6Addr>().ok()) != Some(parsed) {
                    return Err(DenyReason::HostSpelling);
                }
                Destination::Address(parsed.into())
            }
            Host::Domain(parsed) => {
                let parsed = parsed.strip_suffix('.').unwrap_or(parsed);
                if !written.eq_ignore_ascii_case(parsed) || !is_host_name(parsed) {
                    return Err(DenyReason::HostSpelling);
                }
                Destination::Name(parsed.to_ascii_lowercase())
            }
        };
        let port = url
            .port_or_known_default()
            .filter(|&port| port != 0)
            .ok_or(DenyReason::Port)?;
        Ok(Self {
            url,
            destination,
            port,
        })
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host is a public name or an address, so that only its addresses decide.
    pub(super) fn has_public_name(&self) -> bool {
        match &self.destination {
            Destination::Address(_) => true,
            Destination::Name(name) => is_public_name(name),
        }
    }
}

/// The host as the text has it, without port and without one final dot.
fn written_host(authority: &str) -> Result<&str, DenyReason> {
    let host = if authority.starts_with('[') {
        let end = authority.find(']').ok_or(DenyReason::Malformed)? + 1;
        let (host, port) = authority.split_at(end);
        if !(port.is_empty() || port.starts_with(':')) {
            return Err(DenyReason::Malformed);
        }
        host
    } else {
        authority.split(':').next().unwrap_or_default()
    };
    if host.is_empty() {
        return Err(DenyReason::Malformed);
    }
    Ok(host.strip_suffix('.').unwrap_or(host))
}

/// Letters, digits, hyphens and underscores in labels of at most 63, 253 in all.
fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

/// Top levels and second levels that are never public: RFC 6761, 6762, 8375, 9476, ICANN's `.internal`, and
/// what clusters and home routers use.
const PRIVATE_SUFFIXES: &[&str] = &[
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "svc",
    "home.arpa",
    "test",
    "example",
    "invalid",
    "onion",
    "alt",
    "arpa",
    "consul",
    "docker",
];

fn is_public_name(name: &str) -> bool {
    name.contains('.')
        && !PRIVATE_SUFFIXES.iter().any(|suffix| {
            name.strip_suffix(suffix)
                .is_some_and(|head| head.is_empty() || head.ends_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_for_every_reader() {
        use DenyReason::*;
        let refused: &[(&str, DenyReason)] = &[
            ("", Malformed),
            ("https:/x.example.com/", Malformed),
            ("https:///x.example.com/", Malformed),
            ("https:x.example.com", Malformed),
            ("//x.example.com/", Malformed),
            (" https://x.example.com/", Malformed),
            ("https://x.example.com/ ", Malformed),
            ("https://x.exam\tple.com/", Malformed),
            ("https://x.example.com\\@y.example.com/", Malformed),
            ("https://x.example.com/\n", Malformed),
            ("ftp://x.example.com/", Scheme),
            ("file:///etc/passwd", Scheme),
            ("gopher://x.example.com/", Scheme),
            ("data://x", Scheme),
            ("https://user@x.example.com/", Userinfo),
            ("https://user:pass@x.example.com/", Userinfo),
            ("https://:@x.example.com/", Userinfo),
            ("https://@x.example.com/", Userinfo),
            ("https://x.example.com@127.0.0.1/", Userinfo),
            ("https://x.example.com/#a", Fragment),
            ("https://x.example.com/#", Fragment),
            ("https://127.1/", HostSpelling),
            ("https://127.0.1/", HostSpelling),
            ("https://0x7f.1/", HostSpelling),
            ("https://0x7f000001/", HostSpelling),
            ("https://2130706433/", HostSpelling),
            ("https://0177.0.0.1/", HostSpelling),
            ("https://127.0.0.01/", HostSpelling),
            ("https://%31%32%37.0.0.1/", HostSpelling),
            ("https://１２７.0.0.1/", HostSpelling),
            ("https://127。0。0。1/", HostSpelling),
            ("https://bücher.example.com/", HostSpelling),
            ("https://x%2eexample.com/", HostSpelling),
            ("https://x.example.com:0/", Port),
            ("https://x.example.com:99999/", Malformed),
            ("https://x..example.com/", HostSpelling),
            ("https://x.example.com../", HostSpelling),
            ("https://[::1/", Malformed),
            ("https://[::1]x/", Malformed),
            ("https://[v1.x]/", Malformed),
            ("https://[fe80::1%25eth0]/", Malformed),
            ("https://!x.example.com/", HostSpelling),
        ];
        for (text, want) in refused {
            assert_eq!(Location::parse(text).map(|l| l.url), Err(*want), "{text:?}");
        }
        let accepted = [
            ("https://x.example.com/a?b=c", "x.example.com"),
            ("HTTPS://X.Example.com", "x.example.com"),
            ("https://x.example.com./a", "x.example.com"),
            ("https://xn--bcher-kva.example.com/", "xn--bcher-kva.example.com"),
            ("http://localhost:8081/", "localhost"),
            ("https://a_b.example.com:8443/", "a_b.example.com"),
        ];
        for (text, host) in accepted {
            assert_eq!(
                Location::parse(text).unwrap().destination,
                Destination::Name(host.into()),
                "{text}"
            );
        }
        for (text, ip) in [
            ("https://127.0.0.1/", "127.0.0.1"),
            ("https://127.0.0.1./", "127.0.0.1"),
            ("https://[::1]:8443/", "::1"),
            ("https://[0:0::1]/", "::1"),
            ("https://[::FFFF:127.0.0.1]/", "::ffff:127.0.0.1"),
        ] {
            let want = Destination::Address(ip.parse().unwrap());
            assert_eq!(Location::parse(text).unwrap().destination, want, "{text}");
        }
    }

    #[test]
    fn private_names_are_known() {
        for name in [
            "localhost",
            "a.localhost",
            "db",
            "printer.local",
            "metadata.google.internal",
            "x.svc",
            "x.svc.cluster.local",
            "router.home.arpa",
            "a.test",
            "x.example",
            "x.invalid",
            "1.0.0.127.in-addr.arpa",
        ] {
            assert!(!is_public_name(name), "{name}");
        }
        for name in [
            "example.com",
            "mylocalhost.com",
            "local.example.com",
            "svc.io",
            "contest.org",
        ] {
            assert!(is_public_name(name), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = Location::parse(&text);
            let _ = Location::parse(&format!("https://{text}"));
        }

        /// Whatever passes is read the same way by a second parser.
        #[test]
        fn what_passes_survives_a_second_reading(host in "[a-zA-Z0-9.:%\\[\\]_-]{1,20}", path in "[ -~]{0,20}") {
            if let Ok(location) = Location::parse(&format!("https://{host}/{path}")) {
                let again = Location::parse(location.url.as_str()).unwrap();
                proptest::prop_assert_eq!(again.destination, location.destination);
                proptest::prop_assert_eq!(again.url, location.url);
            }
        }
    }
}
