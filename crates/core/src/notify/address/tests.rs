use super::Reason::{
    Benchmarking, Broadcast, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Reserved,
    SharedNetwork, Translated, Unspecified,
};
use super::{IPV4, IPV6, Network, NotANetwork, Reason, check};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first and the last of every range, and what lies beside them.
const TABLE: &[(&str, Option<Reason>)] = &[
    ("0.0.0.0", Some(Unspecified)),
    ("0.0.0.1", Some(Reserved)),
    ("0.255.255.255", Some(Reserved)),
    ("1.0.0.0", None),
    ("1.1.1.1", None),
    ("8.8.8.8", None),
    ("9.255.255.255", None),
    ("10.0.0.0", Some(Private)),
    ("10.255.255.255", Some(Private)),
    ("11.0.0.0", None),
    ("100.63.255.255", None),
    ("100.64.0.0", Some(SharedNetwork)),
    ("100.100.100.200", Some(Metadata)),
    ("100.127.255.255", Some(SharedNetwork)),
    ("100.128.0.0", None),
    ("126.255.255.255", None),
    ("127.0.0.1", Some(Loopback)),
    ("127.255.255.254", Some(Loopback)),
    ("128.0.0.0", None),
    ("168.63.129.16", Some(Metadata)),
    ("169.253.255.255", None),
    ("169.254.0.1", Some(LinkLocal)),
    ("169.254.169.254", Some(Metadata)),
    ("169.254.170.2", Some(Metadata)),
    ("169.254.255.255", Some(LinkLocal)),
    ("169.255.0.0", None),
    ("172.15.255.255", None),
    ("172.16.0.0", Some(Private)),
    ("172.31.255.255", Some(Private)),
    ("172.32.0.0", None),
    ("192.0.0.0", Some(Reserved)),
    ("192.0.0.192", Some(Metadata)),
    ("192.0.1.0", None),
    ("192.0.2.1", Some(Documentation)),
    ("192.31.196.1", Some(Reserved)),
    ("192.52.193.1", Some(Reserved)),
    ("192.88.99.1", Some(Translated)),
    ("192.167.255.255", None),
    ("192.168.0.0", Some(Private)),
    ("192.168.255.255", Some(Private)),
    ("192.169.0.0", None),
    ("192.175.48.1", Some(Reserved)),
    ("198.17.255.255", None),
    ("198.18.0.0", Some(Benchmarking)),
    ("198.19.255.255", Some(Benchmarking)),
    ("198.20.0.0", None),
    ("198.51.100.7", Some(Documentation)),
    ("203.0.113.255", Some(Documentation)),
    ("223.255.255.255", None),
    ("224.0.0.1", Some(Multicast)),
    ("239.255.255.255", Some(Multicast)),
    ("240.0.0.0", Some(Reserved)),
    ("255.255.255.254", Some(Reserved)),
    ("255.255.255.255", Some(Broadcast)),
    ("::", Some(Unspecified)),
    ("::1", Some(Loopback)),
    ("::2", Some(Translated)),
    ("::127.0.0.1", Some(Translated)),
    ("::8.8.8.8", Some(Translated)),
    ("::ffff:127.0.0.1", Some(Translated)),
    ("::ffff:8.8.8.8", Some(Translated)),
    ("::ffff:0:169.254.169.254", Some(Translated)),
    ("64:ff9b::a9fe:a9fe", Some(Translated)),
    ("64:ff9b::8.8.8.8", Some(Translated)),
    ("64:ff9b:1::a00:1", Some(Translated)),
    ("64:ff9b:2::1", Some(Reserved)),
    ("100::1", Some(Reserved)),
    ("1fff:ffff::1", Some(Reserved)),
    ("2000::1", None),
    ("2001::1", Some(Translated)),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Some(Translated)),
    ("2001:1::1", Some(Reserved)),
    ("2001:2::1", Some(Benchmarking)),
    ("2001:10::1", Some(Reserved)),
    ("2001:20::1", Some(Reserved)),
    ("2001:1ff::1", Some(Reserved)),
    ("2001:200::1", None),
    ("2001:4860:4860::8888", None),
    ("2001:db7::1", None),
    ("2001:db8::1", Some(Documentation)),
    ("2001:db9::1", None),
    ("2002:7f00:1::1", Some(Translated)),
    ("2002:808:808::1", Some(Translated)),
    ("2003::1", None),
    ("2606:4700:4700::1111", None),
    ("2606:4700:0:0:0:5efe:a00:1", Some(Translated)),
    ("2606:4700:0:0:200:5efe:a00:1", Some(Translated)),
    ("2620:4f:8000::1", Some(Reserved)),
    ("2620:4f:8001::1", None),
    ("3ffe::1", None),
    ("3fff::1", Some(Documentation)),
    ("3fff:fff::1", Some(Documentation)),
    ("3fff:1000::1", None),
    ("4000::1", Some(Reserved)),
    ("5f00::1", Some(Reserved)),
    ("fc00::1", Some(Private)),
    ("fd00:ec2::254", Some(Metadata)),
    ("fd20:ce::254", Some(Metadata)),
    ("fdff::1", Some(Private)),
    ("fe80::1", Some(LinkLocal)),
    ("febf::1", Some(LinkLocal)),
    ("fec0::1", Some(Private)),
    ("ff02::1", Some(Multicast)),
];

#[test]
fn every_address_is_refused_for_its_reason_or_not_at_all() {
    for (text, expected) in TABLE {
        let address: IpAddr = text.parse().unwrap();
        let found = check(address, &[]).err();
        assert_eq!(found.map(|refused| refused.reason), *expected, "{text}");
    }
}

#[test]
fn a_refusal_says_which_address_and_why() {
    let refused = check("169.254.169.254".parse().unwrap(), &[]).unwrap_err();
    assert_eq!(refused.to_string(), "169.254.169.254 is not called: it is a cloud's metadata service");
}

#[test]
fn what_the_operator_allows_is_called_and_nothing_beside_it() {
    let allowed: Vec<Network> = ["127.0.0.1", "fd00::/8"].map(|text| text.parse().unwrap()).into();
    for (text, fine) in [("127.0.0.1", true), ("127.0.0.2", false), ("fd12::1", true), ("::1", false)] {
        assert_eq!(check(text.parse().unwrap(), &allowed).is_ok(), fine, "{text}");
    }
    // An allowed IPv4 network is no way to its addresses inside IPv6 ones.
    assert!(check("::ffff:127.0.0.1".parse().unwrap(), &allowed).is_err());
}

#[test]
fn what_is_no_network_is_refused() {
    for text in ["", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "all", "10.0.0.0/8/8"] {
        assert_eq!(text.parse::<Network>(), Err(NotANetwork(text.to_owned())));
    }
    for (text, inside) in [("0.0.0.0/0", "8.8.8.8"), ("::/0", "2003::1"), ("8.8.8.8/32", "8.8.8.8")] {
        assert!(text.parse::<Network>().unwrap().contains(inside.parse().unwrap()), "{text}");
    }
}

proptest! {
    /// Chance in all the bits that a prefix leaves free.
    #[test]
    fn no_address_inside_a_range_of_the_tables_is_called(row in any::<prop::sample::Index>(), chance: u128) {
        let (first, prefix, _) = IPV4[row.index(IPV4.len())];
        let free = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let address = Ipv4Addr::from_bits(first.to_bits() | (u32::try_from(chance >> 96).unwrap() & free));
        prop_assert!(check(IpAddr::V4(address), &[]).is_err(), "{}", address);
        let (first, prefix, _) = IPV6[row.index(IPV6.len())];
        let free = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let address = Ipv6Addr::from_bits(first.to_bits() | (chance & free));
        prop_assert!(check(IpAddr::V6(address), &[]).is_err(), "{}", address);
    }

    /// The standard library's opinion, where it has one, is a lower bound.
    #[test]
    fn what_is_called_is_what_the_standard_library_would_call(bits: u32, wide: u128) {
        let address = Ipv4Addr::from_bits(bits);
        if check(IpAddr::V4(address), &[]).is_ok() {
            prop_assert!(!(address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified()
                || address.is_multicast()));
        }
        let address = Ipv6Addr::from_bits(wide);
        if check(IpAddr::V6(address), &[]).is_ok() {
            prop_assert!(!(address.is_loopback() || address.is_unspecified() || address.is_multicast()
                || address.is_unique_local() || address.is_unicast_link_local() || address.to_ipv4().is_some()));
        }
    }
}
