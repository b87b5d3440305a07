//! A running sandbox.

use crate::house::{Clock, House, Vendor, consent::Consent, listener, middleware, schedule};
use crate::options::{ConsentMode, Options};
use crate::world::Cast;
use crate::{airtable, control, hubspot, notion, tentoeight};
use axum::Router;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there, or the address is not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The settings given do not fit.
    #[error("the sandbox's settings: {0}")]
    Settings(String),
    /// No HTTP client can be made on this machine.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Everything in a sandbox, for its own rooms.
pub(crate) struct Rooms {
    pub(crate) house: Arc<House>,
    pub(crate) vendors: Vec<Arc<dyn Vendor>>,
}

impl Rooms {
    /// Everything as at the start, with nobody known yet.
    pub(crate) fn reset(&self, seed: u64) {
        self.house.reset(seed);
        for vendor in &self.vendors {
            vendor.reset();
        }
    }

    /// Lets the vendors' customers know these people.
    pub(crate) fn seed(&self, cast: &Cast) -> serde_json::Value {
        let counts = self.vendors.iter().map(|vendor| (vendor.id().to_owned(), vendor.seed(cast)));
        serde_json::Value::Object(counts.collect())
    }
}

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    rooms: Arc<Rooms>,
    address: SocketAddr,
    url: String,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<()>,
}

impl Sandbox {
    /// Starts one.
    ///
    /// # Errors
    /// When it cannot listen where it is told to, or the settings do not fit.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|error| StartError::Listen(options.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(options.listen, error))?;
        let url = options.url.clone().unwrap_or_else(|| format!("http://{address}"));
        let house =
            House::new(url.clone(), options.seed, Clock::new(options.epoch_ms, options.speed), client()?);
        let vendors: Vec<Arc<dyn Vendor>> = vec![
            hubspot::Hubspot::new(Arc::clone(&house)),
            notion::Notion::new(Arc::clone(&house)),
            airtable::Airtable::new(Arc::clone(&house)),
            tentoeight::Tentoeight::new(Arc::clone(&house)),
        ];
        let rooms = Arc::new(Rooms { house: Arc::clone(&house), vendors });
        apply_options(&rooms, &options)?;
        let stop = CancellationToken::new();
        tokio::spawn(schedule::run(Arc::clone(&house), stop.clone()));
        let server = tokio::spawn(listener::serve(listener, router(&rooms), stop.clone()));
        Ok(Self { rooms, address, url, stop, server })
    }

    /// The address clients use, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens, whatever it calls itself.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients need to call the vendors: addresses, apps, accounts, tokens. As `GET /_sandbox/credentials`.
    #[must_use]
    pub fn credentials(&self) -> serde_json::Value {
        control::credentials(&self.rooms)
    }

    /// Runs until the server ends, which it only does when it is told to.
    pub async fn wait(mut self) {
        let _ = (&mut self.server).await;
    }

    /// Asks it to stop; requests under way are cut.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn apply_options(rooms: &Rooms, options: &Options) -> Result<(), StartError> {
    let consent = match options.consent {
        ConsentMode::Page => Consent::Page,
        ConsentMode::Approve => Consent::Approve,
        ConsentMode::Deny => Consent::Deny,
    };
    control::settings::change(rooms, &json!({ "consent": consent })).map_err(StartError::Settings)?;
    for settings in &options.settings {
        control::settings::change(rooms, settings).map_err(StartError::Settings)?;
    }
    control::settings::keep(rooms);
    let population = options.population;
    rooms.seed(&Cast {
        seed: options.seed,
        people: population.people,
        companies: population.companies,
        deals: population.deals,
    });
    Ok(())
}

fn router(rooms: &Arc<Rooms>) -> Router {
    let mut router = Router::new().merge(control::router(rooms));
    for vendor in &rooms.vendors {
        let door = middleware::Door { house: Arc::clone(&rooms.house), vendor: Arc::clone(vendor) };
        let hosts =
            Arc::clone(vendor).router().layer(axum::middleware::from_fn_with_state(door, middleware::around));
        router = router.nest(&format!("/{}", vendor.id()), hosts);
    }
    router
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox's sole constructor: it calls only receivers it was told of"
)]
fn client() -> Result<reqwest::Client, reqwest::Error> {
    // The process may have chosen one already; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
