//! The one place that builds HTTP clients: bounded in time, TLS by rustls with ring.

use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A client for our own server and for addresses the operator gives.
///
/// # Errors
/// When the machine has no usable TLS set-up.
#[expect(clippy::disallowed_methods, reason = "the sole constructor")]
pub fn client() -> reqwest::Result<reqwest::Client> {
    // The process may have chosen one already; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("syncline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
