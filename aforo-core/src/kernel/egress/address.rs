//! Which addresses the world may be reached at: our own table, because the standard predicates let NAT64,
//! 6to4, Azure's metadata address and multicast through.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for, as far as reaching it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressClass {
    /// Routable on the public internet: the only class that needs no leave.
    Global,
    /// `0.0.0.0/8` and `::`.
    Unspecified,
    /// `127.0.0.0/8` and `::1`.
    Loopback,
    /// RFC 1918.
    Private,
    /// `fc00::/7`.
    UniqueLocal,
    /// `169.254.0.0/16` and `fe80::/10`.
    LinkLocal,
    /// `fec0::/10`, long deprecated and still routed inside some sites.
    SiteLocal,
    /// Carrier-grade NAT, `100.64.0.0/10`.
    SharedNat,
    /// Where clouds serve machine credentials: 169.254.169.254 and its relatives.
    Metadata,
    /// `64:ff9b::/96` and `64:ff9b:1::/48`: an IPv4 address behind a translator.
    Nat64,
    /// `2002::/16` and `192.88.99.0/24`.
    SixToFour,
    /// `2001::/32`.
    Teredo,
    /// Multicast.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// Examples in books.
    Documentation,
    /// `198.18.0.0/15` and `2001:2::/48`.
    Benchmarking,
    /// Everything else that is not handed out for the public internet.
    Reserved,
}

impl AddressClass {
    /// Whether an operator's allow list can open this class. Multicast, broadcast, "this host" and the
    /// translated forms never name one machine that an operator could mean.
    pub fn can_be_allowed(self) -> bool {
        use AddressClass::*;
        !matches!(
            self,
            Unspecified | Multicast | Broadcast | Nat64 | SixToFour | Teredo
        )
    }
    /// A stable lower-case name.
    pub fn as_str(self) -> &'static str {
        use AddressClass::*;
        match self {
            Global => "global",
            Unspecified => "unspecified",
            Loopback => "loopback",
            Private => "private",
            UniqueLocal => "unique-local",
            LinkLocal => "link-local",
            SiteLocal => "site-local",
            SharedNat => "shared-nat",
            Metadata => "metadata",
            Nat64 => "nat64",
            SixToFour => "6to4",
            Teredo => "teredo",
            Multicast => "multicast",
            Broadcast => "broadcast",
            Documentation => "documentation",
            Benchmarking => "benchmarking",
            Reserved => "reserved",
        }
    }
}

/// The class of an address. An IPv4 address inside an IPv6 one (`::ffff:a.b.c.d`, `::a.b.c.d`) is judged by
/// the IPv4 address; the second, deprecated form is never global.
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

/// The IPv4 address that a mapped one stands for; any other address as it is.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    use AddressClass::*;
    match address.octets() {
        // Metadata before the range that holds it: AWS, GCP, Azure (IMDS), OpenStack; ECS tasks; EKS pods;
        // Azure's wire server; Oracle; Alibaba.
        [169, 254, 169, 254]
        | [169, 254, 170, 2]
        | [169, 254, 170, 23]
        | [168, 63, 129, 16]
        | [192, 0, 0, 192]
        | [100, 100, 100, 200] => Metadata,
        [0, ..] => Unspecified,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Private,
        [100, 64..=127, ..] => SharedNat,
        [127, ..] => Loopback,
        [169, 254, ..] => LinkLocal,
        [192, 0, 0, _] => Reserved,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Documentation,
        [192, 88, 99, _] => SixToFour,
        [198, 18..=19, ..] => Benchmarking,
        [224..=239, ..] => Multicast,
        [255, 255, 255, 255] => Broadcast,
        [240..=255, ..] => Reserved,
        _ => Global,
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    use AddressClass::*;
    if let Some(v4) = address.to_ipv4_mapped() {
        return classify_v4(v4);
    }
    let s = address.segments();
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Loopback,
        // ::a.b.c.d, and ::ffff:0:a.b.c.d (RFC 2765).
        [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => {
            let [.., a, b, c, d] = address.octets();
            match classify_v4(Ipv4Addr::new(a, b, c, d)) {
                Global => Reserved,
                inner => inner,
            }
        }
        [0x64, 0xff9b, ..] => Nat64,
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254 | 0x23] => Metadata, // AWS
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Metadata,         // GCP
        [0xfc00..=0xfdff, ..] => UniqueLocal,
        [0xfe80..=0xfebf, ..] => LinkLocal,
        [0xfec0..=0xfeff, ..] => SiteLocal,
        [0xff00..=0xffff, ..] => Multicast,
        [0x2001, 0, ..] => Teredo,
        [0x2001, 2, 0, ..] => Benchmarking,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Documentation,
        [0x2001, 0..=0x1ff, ..] => Reserved, // IETF protocol assignments, ORCHID
        [0x2002, ..] => SixToFour,
        [0x3ffe, ..] => Reserved, // the former 6bone
        [0x2000..=0x3fff, ..] => Global,
        _ => Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AddressClass::*;

    #[test]
    fn every_range_at_its_edges() {
        let table: &[(&str, AddressClass)] = &[
            ("0.0.0.0", Unspecified),
            ("0.255.255.255", Unspecified),
            ("1.0.0.0", Global),
            ("9.255.255.255", Global),
            ("10.0.0.0", Private),
            ("10.255.255.255", Private),
            ("11.0.0.0", Global),
            ("100.63.255.255", Global),
            ("100.64.0.0", SharedNat),
            ("100.100.100.200", Metadata),
            ("100.127.255.255", SharedNat),
            ("100.128.0.0", Global),
            ("126.255.255.255", Global),
            ("127.0.0.0", Loopback),
            ("127.0.0.1", Loopback),
            ("127.255.255.255", Loopback),
            ("128.0.0.0", Global),
            ("168.63.129.15", Global),
            ("168.63.129.16", Metadata),
            ("169.253.255.255", Global),
            ("169.254.0.0", LinkLocal),
            ("169.254.169.254", Metadata),
            ("169.254.170.2", Metadata),
            ("169.254.255.255", LinkLocal),
            ("169.255.0.0", Global),
            ("172.15.255.255", Global),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Global),
            ("192.0.0.0", Reserved),
            ("192.0.0.192", Metadata),
            ("192.0.1.0", Global),
            ("192.0.2.1", Documentation),
            ("192.88.99.1", SixToFour),
            ("192.167.255.255", Global),
            ("192.168.0.0", Private),
            ("192.168.255.255", Private),
            ("192.169.0.0", Global),
            ("198.17.255.255", Global),
            ("198.18.0.0", Benchmarking),
            ("198.19.255.255", Benchmarking),
            ("198.20.0.0", Global),
            ("198.51.100.7", Documentation),
            ("203.0.113.7", Documentation),
            ("223.255.255.255", Global),
            ("224.0.0.0", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.0", Reserved),
            ("255.255.255.254", Reserved),
            ("255.255.255.255", Broadcast),
            ("8.8.8.8", Global),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::2", Unspecified),
            ("::127.0.0.1", Loopback),
            ("::10.0.0.1", Private),
            ("::8.8.8.8", Reserved),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:169.254.169.254", Metadata),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:8.8.8.8", Global),
            ("::ffff:0:10.0.0.1", Private),
            ("::ffff:0:8.8.8.8", Reserved),
            ("64:ff9b::8.8.8.8", Nat64),
            ("64:ff9b::10.0.0.1", Nat64),
            ("64:ff9b:1::1", Nat64),
            ("100::1", Reserved),
            ("1fff::1", Reserved),
            ("2000::1", Global),
            ("2001::1", Teredo),
            ("2001:0:53aa:64c::1", Teredo),
            ("2001:2::1", Benchmarking),
            ("2001:10::1", Reserved),
            ("2001:20::1", Reserved),
            ("2001:1ff::1", Reserved),
            ("2001:200::1", Global),
            ("2001:db8::1", Documentation),
            ("2001:4860:4860::8888", Global),
            ("2002:7f00:1::", SixToFour),
            ("2606:4700::1111", Global),
            ("3ffe::1", Reserved),
            ("3fff::1", Documentation),
            ("3fff:1000::1", Global),
            ("4000::1", Reserved),
            ("5f00::1", Reserved),
            ("fc00::1", UniqueLocal),
            ("fd00:ec2::254", Metadata),
            ("fd12:3456::1", UniqueLocal),
            ("fe00::1", Reserved),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", SiteLocal),
            ("feff::1", SiteLocal),
            ("ff02::1", Multicast),
        ];
        for (text, want) in table {
            assert_eq!(classify(text.parse().unwrap()), *want, "{text}");
        }
    }

    proptest::proptest! {
        /// Against the standard library's own predicates: what they call special must not be global here.
        #[test]
        fn nothing_special_is_global(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            if special {
                proptest::prop_assert_ne!(classify(v4.into()), Global);
            }
            proptest::prop_assert_eq!(classify(v4.to_ipv6_mapped().into()), classify(v4.into()));
            proptest::prop_assert_ne!(classify(v4.to_ipv6_compatible().into()), Global);
        }

        /// Only 2000::/3 and mapped IPv4 can be global.
        #[test]
        fn global_ipv6_lies_in_the_global_unicast_block(bits: u128) {
            let v6 = Ipv6Addr::from(bits);
            if classify(v6.into()) == Global && v6.to_ipv4_mapped().is_none() {
                proptest::prop_assert_eq!(v6.segments()[0] >> 13, 1);
            }
        }
    }
}
