//! The one place that builds HTTP clients: bounded in time, TLS by rustls with ring.

use std::sync::Arc;
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A client for our own server and for addresses the operator gives.
///
/// # Errors
/// When the machine has no usable TLS set-up.
pub fn client() -> reqwest::Result<reqwest::Client> {
    builder().build()
}

/// How long a connection to an endpoint may be idle before it is closed: less than the five seconds after which common servers close it
/// themselves, at worst while a message is on its way over it.
const IDLE: Duration = Duration::from_secs(4);
/// Idle connections kept to one endpoint.
const IDLE_EACH: usize = 64;

/// A client for URLs that somebody else gave: names are resolved by `names` alone, each time a connection is made; no proxy, whatever the
/// environment says, since that would resolve them itself; nothing is followed.
///
/// # Errors
/// As [`client`].
pub fn guarded<N: reqwest::dns::Resolve + 'static>(names: Arc<N>) -> reqwest::Result<reqwest::Client> {
    let builder = builder().dns_resolver(names).no_proxy().tcp_nodelay(true).referer(false);
    builder.pool_idle_timeout(IDLE).pool_max_idle_per_host(IDLE_EACH).build()
}

#[expect(clippy::disallowed_methods, reason = "the sole constructor")]
fn builder() -> reqwest::ClientBuilder {
    // The process may have chosen one already; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("syncline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
}
