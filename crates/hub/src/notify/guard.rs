//! Names of endpoints, resolved: what leads into a network that is not called is left out, each time a connection is made.
//!
//! The client connects to what comes out here and to nothing else, so a name that leads elsewhere a moment after it was looked at (DNS
//! rebinding) gains nothing. Hosts that are addresses never come here; [`super::exchange`] looks at those.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use syncline_core::notify::address::{Network, Reason, check};

/// Addresses that were found for a name.
pub type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Where names are looked up. A parameter, so that a test can move a name.
pub trait Names: Send + Sync {
    /// The addresses of a host.
    fn look_up(&self, host: &str) -> Found;
}

/// The machine's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, host: &str) -> Found {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a name is not called. Does not say what it leads to: that is the operator's network, and a tenant reads this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// All of its addresses are refused.
    #[error("the host leads to an address that is not called: {0}")]
    Address(Reason),
    /// It has none.
    #[error("the host has no address")]
    None,
}

/// The resolver of the guarded client.
pub struct Guard {
    names: Arc<dyn Names>,
    networks: Arc<[Network]>,
}

impl Guard {
    /// Looks up with `names` and lets through what is public or in `networks`.
    #[must_use]
    pub fn new(names: Arc<dyn Names>, networks: &[Network]) -> Self {
        Self { names, networks: networks.into() }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, networks) = (self.names.look_up(name.as_str()), Arc::clone(&self.networks));
        Box::pin(async move {
            let mut why = Blocked::None;
            let mut fine = Vec::new();
            for address in found.await? {
                match check(address, &networks) {
                    Ok(()) => fine.push(SocketAddr::new(address, 0)),
                    Err(refused) => why = Blocked::Address(refused.reason),
                }
            }
            if fine.is_empty() { Err(why.into()) } else { Ok(Box::new(fine.into_iter()) as Addrs) }
        })
    }
}
