//! Which addresses a request to a tenant's endpoint may go to: public unicast ones, and nothing that leads back into the network this
//! hub runs in.
//!
//! The tables follow the IANA registries of special-purpose addresses (RFC 6890 and what was added since) and the fixed addresses at
//! which clouds answer with credentials. IPv6 is the other way round: only 2000::/3 is public, and of that some is not. Addresses
//! that carry an IPv4 address inside are refused whatever they carry: a translator in between would reach it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// This machine.
    Loopback,
    /// No machine at all.
    Unspecified,
    /// A private network.
    Private,
    /// The wire this machine is on.
    LinkLocal,
    /// Where a cloud hands out credentials.
    Metadata,
    /// A provider's network behind its address translation (RFC 6598).
    SharedNetwork,
    /// For examples in documents.
    Documentation,
    /// For measuring networks.
    Benchmarking,
    /// Many machines at once.
    Multicast,
    /// All machines of a network.
    Broadcast,
    /// An IPv4 address inside an IPv6 one, which a translator reaches.
    Translated,
    /// Set aside for protocols, or for nothing yet.
    Reserved,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "it is this machine itself (loopback)",
            Self::Unspecified => "it names no machine (unspecified)",
            Self::Private => "it is in a private network",
            Self::LinkLocal => "it is link-local",
            Self::Metadata => "it is a cloud's metadata service",
            Self::SharedNetwork => "it is in a provider's shared network (100.64.0.0/10)",
            Self::Documentation => "it is set aside for documentation",
            Self::Benchmarking => "it is set aside for benchmarking",
            Self::Multicast => "it is a multicast address",
            Self::Broadcast => "it is a broadcast address",
            Self::Translated => "it is an IPv4 address in an IPv6 one, which a translator would reach",
            Self::Reserved => "it is reserved",
        })
    }
}

/// An address that is not called, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not called: {reason}")]
pub struct Refused {
    /// The address.
    pub address: IpAddr,
    /// Why.
    pub reason: Reason,
}

/// A range of addresses, `192.0.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network: write 10.1.0.0/16, fd00::/8 or a single address")]
pub struct NotANetwork(String);

impl Network {
    /// Whether `address` is inside. An IPv4 network has no IPv6 addresses inside, mapped ones included.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => within4(address, first, self.prefix),
            (IpAddr::V6(first), IpAddr::V6(address)) => within6(address, first, self.prefix),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(left, right)| (left, Some(right)));
        let first: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if prefix > most { Err(wrong()) } else { Ok(Self { first, prefix }) }
    }
}

fn within4(address: Ipv4Addr, first: Ipv4Addr, prefix: u8) -> bool {
    let differ = address.to_bits() ^ first.to_bits();
    differ.leading_zeros() >= u32::from(prefix)
}

fn within6(address: Ipv6Addr, first: Ipv6Addr, prefix: u8) -> bool {
    let differ = address.to_bits() ^ first.to_bits();
    differ.leading_zeros() >= u32::from(prefix)
}

/// Whether requests may go to `address`: it is public, or in a network that the operator allows, as for development.
///
/// # Errors
/// [`Refused`] when it is not.
pub fn check(address: IpAddr, allowed: &[Network]) -> Result<(), Refused> {
    if allowed.iter().any(|network| network.contains(address)) {
        return Ok(());
    }
    let reason = match address {
        IpAddr::V4(address) => reason4(address),
        IpAddr::V6(address) => reason6(address),
    };
    reason.map_or(Ok(()), |reason| Err(Refused { address, reason }))
}

type Row<A> = (A, u8, Reason);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, reason: Reason) -> Row<Ipv4Addr> {
    (Ipv4Addr::new(a, b, c, d), prefix, reason)
}

/// Narrow ones first: the first that fits says why.
const IPV4: &[Row<Ipv4Addr>] = &[
    // AWS, Azure, GCP, Oracle, DigitalOcean and most others; then ECS tasks, Alibaba, Oracle Classic, Azure's wire server.
    v4(169, 254, 169, 254, 32, Reason::Metadata),
    v4(169, 254, 170, 2, 32, Reason::Metadata),
    v4(100, 100, 100, 200, 32, Reason::Metadata),
    v4(192, 0, 0, 192, 32, Reason::Metadata),
    v4(168, 63, 129, 16, 32, Reason::Metadata),
    v4(0, 0, 0, 0, 32, Reason::Unspecified),
    v4(255, 255, 255, 255, 32, Reason::Broadcast),
    v4(0, 0, 0, 0, 8, Reason::Reserved),
    v4(10, 0, 0, 0, 8, Reason::Private),
    v4(100, 64, 0, 0, 10, Reason::SharedNetwork),
    v4(127, 0, 0, 0, 8, Reason::Loopback),
    v4(169, 254, 0, 0, 16, Reason::LinkLocal),
    v4(172, 16, 0, 0, 12, Reason::Private),
    v4(192, 0, 0, 0, 24, Reason::Reserved),
    v4(192, 0, 2, 0, 24, Reason::Documentation),
    // AS112, twice, and AMT: answered by whoever is nearest. The relays of 6to4.
    v4(192, 31, 196, 0, 24, Reason::Reserved),
    v4(192, 52, 193, 0, 24, Reason::Reserved),
    v4(192, 175, 48, 0, 24, Reason::Reserved),
    v4(192, 88, 99, 0, 24, Reason::Translated),
    v4(192, 168, 0, 0, 16, Reason::Private),
    v4(198, 18, 0, 0, 15, Reason::Benchmarking),
    v4(198, 51, 100, 0, 24, Reason::Documentation),
    v4(203, 0, 113, 0, 24, Reason::Documentation),
    v4(224, 0, 0, 0, 4, Reason::Multicast),
    v4(240, 0, 0, 0, 4, Reason::Reserved),
];

fn reason4(address: Ipv4Addr) -> Option<Reason> {
    IPV4.iter().find(|(first, prefix, _)| within4(address, *first, *prefix)).map(|(_, _, reason)| *reason)
}

const fn v6(segments: [u16; 8], prefix: u8, reason: Reason) -> Row<Ipv6Addr> {
    let [a, b, c, d, e, f, g, h] = segments;
    (Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix, reason)
}

/// Narrow ones first: the first that fits says why.
const IPV6: &[Row<Ipv6Addr>] = &[
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, Reason::Unspecified),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, Reason::Loopback),
    // AWS, and GCP.
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, Reason::Metadata),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, Reason::Metadata),
    // Mapped, SIIT's translated, and the old compatible ones.
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, Reason::Translated),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, Reason::Translated),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, Reason::Translated),
    // NAT64, everybody's prefix and a network's own; 6to4; Teredo.
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, Reason::Translated),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Reason::Translated),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Reason::Translated),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, Reason::Translated),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, Reason::Benchmarking),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Reason::Documentation),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Reason::Documentation),
    // Protocols' own (AMT, AS112, ORCHID, DRIP), then the other half of AS112.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Reason::Reserved),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, Reason::Reserved),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Reason::Private),
    // What private networks were before.
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Reason::Private),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Reason::LinkLocal),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Reason::Multicast),
];

/// Of IPv6, what IANA gives out to be reached by everybody.
const GLOBAL: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn reason6(address: Ipv6Addr) -> Option<Reason> {
    let known = IPV6.iter().find(|(first, prefix, _)| within6(address, *first, *prefix));
    match known {
        Some((_, _, reason)) => Some(*reason),
        // An interface identifier made of an IPv4 address (ISATAP, RFC 5214): a tunnel would reach that.
        None if matches!(address.segments(), [_, _, _, _, 0 | 0x200, 0x5efe, _, _]) => {
            Some(Reason::Translated)
        }
        None if within6(address, GLOBAL.0, GLOBAL.1) => None,
        None => Some(Reason::Reserved),
    }
}

#[cfg(test)]
mod tests;
