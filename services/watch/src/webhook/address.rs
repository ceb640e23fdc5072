//! Which addresses belong to the internet at large, and which to somebody's own network.
//!
//! Whoever may name a webhook must not thereby reach what only this machine can reach. The tables
//! follow IANA's registries of special-purpose addresses (RFC 6890). Names are not looked up here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that no public server has.
const NOT_PUBLIC: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),            // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // shared by a carrier's customers, some metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's host, at a public address
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local, most metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];

/// The only network of IPv6 that public servers have. Loopback, unique-local, link-local, multicast
/// and the like are outside it.
const GLOBAL: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks in [`GLOBAL`] that no public server has.
const NOT_GLOBAL: [(Ipv6Addr, u32); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // Teredo, benchmarks, other protocols
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// IPv4 in IPv6, as mapped by sockets.
const MAPPED: (Ipv6Addr, u32) = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);

/// IPv4 in IPv6, as translated by NAT64.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// IPv4 in IPv6, as carried by 6to4, after these bits.
const SIX_TO_FOUR: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);

/// Whether `address` is one that a server on the internet can have. An IPv4 address within an IPv6
/// address is judged as itself.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => find_carried(address).map_or_else(
            || is_in(address, GLOBAL) && !NOT_GLOBAL.iter().any(|it| is_in(address, *it)),
            is_public_v4,
        ),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, bits): &(Ipv4Addr, u32)| {
        let differ = address.to_bits() ^ network.to_bits();
        differ.leading_zeros() >= *bits
    };
    !NOT_PUBLIC.iter().any(is_in)
}

fn is_in(address: Ipv6Addr, (network, bits): (Ipv6Addr, u32)) -> bool {
    let differ = address.to_bits() ^ network.to_bits();
    differ.leading_zeros() >= bits
}

/// The IPv4 address that packets to `address` end up at.
fn find_carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, first, second, .., before_last, last] = address.segments();
    if is_in(address, MAPPED) || is_in(address, NAT64) {
        Some(joined(before_last, last))
    } else if is_in(address, SIX_TO_FOUR) {
        Some(joined(first, second))
    } else {
        None
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &str, is_expected: bool) {
        for text in addresses.split_whitespace() {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(is_public(address), is_expected, "{address}");
        }
    }

    #[test]
    fn addresses_of_ones_own_network_are_not_public() {
        check(
            "0.0.0.0 0.255.255.255 127.0.0.1 127.255.255.255 :: ::1",
            false,
        );
        check("10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255", false);
        check(
            "192.168.0.0 192.168.255.255 100.64.0.0 100.127.255.255",
            false,
        );
        check("169.254.0.0 169.254.255.255 fe80::1 febf:ffff::1", false);
        check("fc00:: fdff:ffff::1 fec0::1", false);
    }

    #[test]
    fn addresses_of_metadata_are_not_public() {
        check("169.254.169.254 169.254.170.2 100.100.100.200", false);
        check(
            "168.63.129.16 192.0.0.192 fd00:ec2::254 fd20:ce::254",
            false,
        );
    }

    #[test]
    fn addresses_that_no_server_has_are_not_public() {
        check(
            "192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.1",
            false,
        );
        check(
            "198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.255",
            false,
        );
        check("224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255", false);
        check(
            "ff02::1 ff0e::1 2001:db8::1 2001:2::1 2001:10::1 3fff::1",
            false,
        );
        check("100::1 64:ff9b:1::1 5f00::1 4000::1 e000::1", false);
    }

    #[test]
    fn an_address_within_an_address_is_judged_as_itself() {
        check(
            "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254",
            false,
        );
        check(
            "64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::c0a8:1",
            false,
        );
        check("2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101:1::9", false);
        check("::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1", true);
        // Forms that nothing routes, and Teredo, whose carried address is masked.
        check(
            "::127.0.0.1 ::8.8.8.8 ::ffff:0:8.8.8.8 2001:0:808:808::1",
            false,
        );
    }

    #[test]
    fn the_neighbours_of_each_network_are_public() {
        check(
            "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0",
            true,
        );
        check(
            "126.255.255.255 128.0.0.0 168.63.129.15 168.63.129.17",
            true,
        );
        check(
            "169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0",
            true,
        );
        check(
            "191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0",
            true,
        );
        check(
            "192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0",
            true,
        );
        check("198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0", true);
        check(
            "223.255.255.255 2000:: 2001:200::1 2001:db7::1 2001:db9::1",
            true,
        );
        check("2606:4700::1111 3ffe:ffff::1 3fff:1000:: 3fff:ffff::", true);
    }
}
