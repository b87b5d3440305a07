//! Where an endpoint may be: what is looked at when its URL is saved, before its name is resolved.
//!
//! The names' addresses are looked at then and each time they are called ([`address::check`]): a name may lead elsewhere tomorrow.

use super::address::{self, Network, Refused};
use std::net::IpAddr;
use url::{Host, Url};

/// The longest URL, in bytes.
pub const MAX_LENGTH: usize = 2_048;

/// What an operator allows beyond the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether `http:` is fine; else only `https:` is.
    pub plain_http: bool,
    /// Networks that may be called though they are not public, as for development.
    pub networks: Vec<Network>,
}

/// Why a URL is not taken. The texts are for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`MAX_LENGTH`].
    #[error("the URL is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// Spaces, line breaks, backslashes or control characters, which different programs read differently.
    #[error("the URL has a space, a backslash or a control character in it: write it percent-encoded")]
    Characters,
    /// Not a URL.
    #[error("this is not a URL: write it whole, like https://hooks.example.com/syncline")]
    NotAUrl,
    /// Another scheme than http or https.
    #[error("the URL begins with `{0}:`; endpoints are called over https")]
    Scheme(String),
    /// http where https is needed.
    #[error("the URL begins with `http:`; endpoints are called over https, unless notify.plain_http is on")]
    Plain,
    /// A user or password.
    #[error("the URL has a user or password in it: give the endpoint a header for that instead")]
    Credentials,
    /// A fragment.
    #[error("the URL has a fragment (#…), which is never sent: leave it out")]
    Fragment,
    /// An IP address that is not written as four decimal numbers.
    #[error("the URL's host is the address {0} in disguise: write addresses as four decimal numbers")]
    Disguised(IpAddr),
    /// An IP address that is not called.
    #[error(transparent)]
    Address(#[from] Refused),
    /// A name that only means something in some local network.
    #[error("the host `{0}` is a local name; endpoints are called over the internet")]
    LocalName(String),
    /// A port for something else than HTTP.
    #[error("port {0} is used by other protocols: use 443, 80 or one above 1023")]
    Port(u16),
}

/// The URL as it will be called, if it may be.
///
/// # Errors
/// [`Refusal`] with the reason when it may not.
pub fn parse(text: &str, policy: &Policy) -> Result<Url, Refusal> {
    if text.len() > MAX_LENGTH {
        return Err(Refusal::TooLong);
    }
    // The parser would take some of these out in silence.
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(Refusal::Characters);
    }
    let url = Url::parse(text).map_err(|_| Refusal::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if policy.plain_http => {}
        "http" => return Err(Refusal::Plain),
        other => return Err(Refusal::Scheme(other.to_owned())),
    }
    // Without the two slashes the parser would find a host all the same, and others would not.
    let rest = text.get(url.scheme().len()..).and_then(|rest| rest.strip_prefix("://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).filter(|it| !it.is_empty());
    let authority = authority.ok_or(Refusal::NotAUrl)?;
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    if url.fragment().is_some() {
        return Err(Refusal::Fragment);
    }
    check_host(&url.host().ok_or(Refusal::NotAUrl)?, authority, policy)?;
    check_port(url.port_or_known_default())?;
    Ok(url)
}

fn check_host(host: &Host<&str>, authority: &str, policy: &Policy) -> Result<(), Refusal> {
    match host {
        Host::Ipv4(address) => {
            let written = authority.split(':').next().unwrap_or_default();
            if written != address.to_string() {
                return Err(Refusal::Disguised((*address).into()));
            }
            Ok(address::check((*address).into(), &policy.networks)?)
        }
        Host::Ipv6(address) => Ok(address::check((*address).into(), &policy.networks)?),
        Host::Domain(name) => check_name(name, policy),
    }
}

/// Ends of names that lead nowhere in the internet's name system (RFC 6761, 6762, 7686, 8375, and ICANN's `.internal`).
const LOCAL_ENDS: [&str; 9] =
    ["localhost", "local", "internal", "home.arpa", "invalid", "onion", "localdomain", "lan", "intranet"];

fn check_name(name: &str, policy: &Policy) -> Result<(), Refusal> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let ends_in =
        |end: &&str| bare.strip_suffix(*end).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    let local = !bare.contains('.') || LOCAL_ENDS.iter().any(ends_in);
    // Where local networks may be called, so may names for what is in them; their addresses are looked at all the same.
    if local && policy.networks.is_empty() { Err(Refusal::LocalName(name.to_owned())) } else { Ok(()) }
}

/// Ports above 1023 that are known for something else and would take an HTTP request for the beginning of it: the list of the Fetch
/// standard, and databases.
const OTHERS: [u16; 32] = [
    1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432,
    5672, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9092, 10080, 11211, 27017,
];

fn check_port(port: Option<u16>) -> Result<(), Refusal> {
    match port {
        Some(80 | 443) => Ok(()),
        Some(port) if port > 1_023 && !OTHERS.contains(&port) => Ok(()),
        Some(port) => Err(Refusal::Port(port)),
        None => Err(Refusal::NotAUrl),
    }
}

#[cfg(test)]
mod tests;
