//! The house: what every simulated vendor lives in and none of them owns. A clock that can be moved, dice that can be
//! thrown again, work that falls due, faults on demand, a record of every request, and a post office for webhooks.

pub(crate) mod adjustable;
pub(crate) mod clock;
pub(crate) mod consent;
pub(crate) mod dice;
pub(crate) mod faults;
pub(crate) mod json;
pub(crate) mod listener;
pub(crate) mod middleware;
pub(crate) mod post;
pub(crate) mod requests;
pub(crate) mod schedule;
pub(crate) mod vendor;

pub(crate) use adjustable::Adjustable;
pub(crate) use clock::Clock;
pub(crate) use dice::Dice;
pub(crate) use post::{Outcome, Webhook};
pub(crate) use vendor::{EditError, Page, Refusal, Row, Table, Vendor};

use consent::Consent;
use faults::Faults;
use parking_lot::RwLock;
use requests::Requests;
use schedule::Schedule;
use std::sync::Arc;

/// Everything the vendors share.
pub(crate) struct House {
    /// Simulated time.
    pub(crate) clock: Clock,
    /// Work that falls due in simulated time.
    pub(crate) schedule: Schedule,
    /// What has been asked of the vendors to do wrong.
    pub(crate) faults: Faults,
    /// Who called whom.
    pub(crate) requests: Requests,
    /// How authorize pages answer.
    pub(crate) consent: Adjustable<Consent>,
    held: post::Held,
    client: reqwest::Client,
    base_url: String,
    seed: RwLock<u64>,
}

impl House {
    /// A house reached at `base_url` (no trailing slash).
    pub(crate) fn new(base_url: String, seed: u64, clock: Clock, client: reqwest::Client) -> Arc<Self> {
        Arc::new(Self {
            schedule: Schedule::new(),
            faults: Faults::new(seed),
            requests: Requests::new(),
            consent: Adjustable::default(),
            held: post::Held::default(),
            clock,
            client,
            base_url,
            seed: RwLock::new(seed),
        })
    }

    /// Now, in simulated milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The sandbox's own address, without a trailing slash.
    pub(crate) fn url(&self) -> &str {
        &self.base_url
    }

    /// The address at which `vendor`'s hosts are simulated, without a trailing slash.
    pub(crate) fn url_of(&self, vendor: &str) -> String {
        format!("{}/{vendor}", self.base_url)
    }

    /// Dice of their own for one purpose: what others throw does not change what these show.
    pub(crate) fn dice(&self, purpose: &str) -> Dice {
        Dice::new(*self.seed.read(), purpose)
    }

    /// Everything as at the start, with another seed perhaps.
    pub(crate) fn reset(&self, seed: u64) {
        *self.seed.write() = seed;
        self.schedule.clear();
        self.faults.reset(seed);
        self.requests.clear();
        self.held.clear();
        self.consent.reset();
        self.clock.reset();
    }

    /// The seed in use.
    pub(crate) fn seed(&self) -> u64 {
        *self.seed.read()
    }

    /// The HTTP client webhooks are sent with: no redirects followed.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }
}
