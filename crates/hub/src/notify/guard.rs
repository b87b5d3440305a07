//! Names of endpoints, resolved: what leads into a network that is not called is left out, each time a connection is made. Whoever saves a
//! URL is told so at once, if its name leads nowhere else already.
//!
//! The client connects to what comes out here and to nothing else, so a name that leads elsewhere a moment after it was looked at (DNS
//! rebinding) gains nothing. Hosts that are addresses never come here; [`super::exchange`] looks at those.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::notify::address::{Network, Reason, check};
use tokio::sync::{Semaphore, watch};
use url::{Host, Url};

/// Addresses that were found for a name.
pub type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Where names are looked up. A parameter, so that a test can move a name.
pub trait Names: Send + Sync {
    /// The addresses of a host.
    fn look_up(&self, host: &str) -> Found;
}

/// Look-ups at the same time: each takes a thread of the machine's resolver for as long as that waits.
const LOOK_UPS: usize = 64;
/// Of these, those of names that did not resolve the last time, or never did yet. So names whose servers say nothing, of which anybody may
/// save as many as he likes, leave room for those that are known.
const UNKNOWN: usize = 48;
/// Names that are remembered to have resolved; when there are more, all are forgotten.
const KNOWN: usize = 10_000;

/// The machine's own resolver, within limits.
pub type SystemNames = Bounded<Machine>;

/// The machine's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

impl Names for Machine {
    fn look_up(&self, host: &str) -> Found {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Names looked up by another, within limits: of several who ask for one name at a time, one does, and no more names than [`LOOK_UPS`] are
/// looked up at a time. Whoever has to wait for a place does so within his own patience.
#[derive(Clone)]
pub struct Bounded<N> {
    names: N,
    state: Arc<Mutex<LookUps>>,
    places: Arc<Semaphore>,
    unknown: Arc<Semaphore>,
}

impl<N: Default> Default for Bounded<N> {
    fn default() -> Self {
        Self::over(N::default())
    }
}

#[derive(Default)]
struct LookUps {
    under_way: HashMap<String, Answered>,
    known: HashSet<String>,
}

/// What comes of a look-up under way; errors as text, because several hear them.
type Answered = watch::Receiver<Option<Result<Vec<IpAddr>, String>>>;

impl<N: Names + Clone + 'static> Names for Bounded<N> {
    fn look_up(&self, host: &str) -> Found {
        let mut answered = self.join(host);
        Box::pin(async move {
            let gone = || std::io::Error::other("the look-up was cut off");
            let found = answered.wait_for(Option::is_some).await.map_err(|_| gone())?.clone();
            found.ok_or_else(gone)?.map_err(std::io::Error::other)
        })
    }
}

impl<N> Bounded<N> {
    /// Looked up by `names`.
    pub fn over(names: N) -> Self {
        let (places, unknown) = (Semaphore::new(LOOK_UPS), Semaphore::new(UNKNOWN));
        Self { names, state: Arc::default(), places: Arc::new(places), unknown: Arc::new(unknown) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, LookUps> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<N: Names + Clone + 'static> Bounded<N> {
    fn join(&self, host: &str) -> Answered {
        let mut state = self.state();
        if let Some(answered) = state.under_way.get(host) {
            return answered.clone();
        }
        let (answer, answered) = watch::channel(None);
        state.under_way.insert(host.to_owned(), answered.clone());
        let known = state.known.contains(host);
        let (all, host) = (self.clone(), host.to_owned());
        // A task of its own: it ends when the resolver does, not when whoever asked loses patience.
        tokio::spawn(async move {
            let found = all.resolve(&host, known).await;
            let mut state = all.state();
            state.under_way.remove(&host);
            if found.is_err() {
                state.known.remove(&host);
            } else {
                if state.known.len() >= KNOWN {
                    state.known.clear();
                }
                state.known.insert(host);
            }
            answer.send_replace(Some(found));
        });
        answered
    }

    async fn resolve(&self, host: &str, known: bool) -> Result<Vec<IpAddr>, String> {
        // Neither is ever closed. In this order: who waits for the first holds none of the second.
        let _unknown = if known { None } else { self.unknown.acquire().await.ok() };
        let _place = self.places.acquire().await;
        self.names.look_up(host).await.map_err(|error| error.to_string())
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

/// Of what was found for a name, what may be called.
fn let_through(found: Vec<IpAddr>, networks: &[Network]) -> Result<Vec<SocketAddr>, Blocked> {
    let mut why = Blocked::None;
    let mut fine = Vec::new();
    for address in found {
        match check(address, networks) {
            Ok(()) => fine.push(SocketAddr::new(address, 0)),
            Err(refused) => why = Blocked::Address(refused.reason),
        }
    }
    if fine.is_empty() { Err(why) } else { Ok(fine) }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, networks) = (self.names.look_up(name.as_str()), Arc::clone(&self.networks));
        Box::pin(async move {
            let fine = let_through(found.await?, &networks)?;
            Ok(Box::new(fine.into_iter()) as Addrs)
        })
    }
}

/// How long whoever saves a URL waits for its name.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks where the host of a URL that is to be saved leads now. A name that cannot be resolved now may be so later, and is looked at
/// again whenever it is called: that is no reason to refuse it.
///
/// # Errors
/// [`Blocked::Address`] when none of its addresses would be called.
pub(super) async fn look(names: &dyn Names, url: &Url, networks: &[Network]) -> Result<(), Blocked> {
    let Some(Host::Domain(host)) = url.host() else { return Ok(()) };
    let found = tokio::time::timeout(PATIENCE, names.look_up(host)).await;
    match let_through(found.map_or_else(|_| Vec::new(), Result::unwrap_or_default), networks) {
        Err(blocked @ Blocked::Address(_)) => Err(blocked),
        Ok(_) | Err(Blocked::None) => Ok(()),
    }
}
