//! What every room of the hub is handed: the database, the time, the dice, the configuration.

use crate::call::Calls;
use crate::config::Config;
use crate::counters::Counters;
use crate::dice::Dice;
use crate::keys::{Addresses, Keys};
use crate::notify::Notify;
use crate::wake::Wake;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use syncline_core::time::{Clock, Timestamp};
use syncline_store::Store;
use syncline_store::audit::Door;
use tokio_util::sync::CancellationToken;

/// The context. Cheap to clone; built once, by the composition root.
#[derive(Clone, Debug)]
pub struct Cx {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<Dice>,
    /// The settings.
    pub config: Arc<Config>,
    /// What seals secrets before they are stored.
    pub keys: Keys,
    /// What proves the addresses that webhooks come to.
    pub addresses: Addresses,
    /// For calls to the providers.
    pub client: reqwest::Client,
    /// Calls to the providers under their budgets.
    pub calls: Arc<Calls>,
    /// What is published on its way to where it is kept, and what was kept on its way to who sends it.
    pub notify: Notify,
    /// Changes of counters on their way to where they are kept, and the places outside that counters and truths live in.
    pub counters: Counters,
    /// "There is something new", between the rooms and between processes.
    pub wake: Wake,
    /// Cancelled once the schema is in place: before that, nothing can be asked of the database.
    pub ready: CancellationToken,
    /// When the log last could not write, in milliseconds since the epoch; 0 when never.
    pub log_failed_at: Arc<AtomicI64>,
    /// Held while this process owns SQLite's files.
    pub owns_files: Option<Arc<std::fs::File>>,
    /// This process, in leases: unique for every start.
    pub me: Arc<str>,
    /// On whose word things are done with this: the hub's own, unless a person or an application asked.
    pub by: By,
}

impl Cx {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The same, for what is done on somebody's word.
    #[must_use]
    pub fn on_word_of(&self, by: &By) -> Self {
        Self { by: by.clone(), ..self.clone() }
    }
}

/// On whose word something is done. Goes with the [`Cx`] that a room is handed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// How they came in.
    pub door: Door,
    /// What they are called: the key's name, the portal's session, the page's origin; empty for the hub itself.
    pub name: Arc<str>,
}

impl By {
    /// The hub by itself.
    #[must_use]
    pub fn hub() -> Self {
        Self { door: Door::Hub, name: Arc::from("") }
    }

    /// Somebody at this door.
    #[must_use]
    pub fn at(door: Door, name: impl Into<Arc<str>>) -> Self {
        Self { door, name: name.into() }
    }

    /// Somebody in a browser on the way to connect an account: the user that the application named, or else the page they came from.
    #[must_use]
    pub fn on_page(user_id: &str, origin: Option<&str>) -> Self {
        Self::at(Door::Page, if user_id.is_empty() { origin.unwrap_or_default() } else { user_id })
    }

    /// Whether somebody is behind it, and not a schedule or a rule.
    #[must_use]
    pub fn is_somebody(&self) -> bool {
        self.door != Door::Hub
    }
}
