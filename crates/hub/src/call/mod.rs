//! Calling providers: every request goes out through here, under the budgets of its account, bounded in time and size.

pub mod budget;
mod send;
mod shared;

pub use send::Answer;

use crate::config::Config;
use crate::hold::Hold;
use budget::{Budgets, Whose};
use send::Sender;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_providers::connect::CONNECTORS;
use syncline_providers::wire::{Call, Fault, Hosts};

/// What all calls of a process share.
#[derive(Debug)]
pub struct Calls {
    hosts: BTreeMap<&'static str, Hosts>,
    sender: Sender,
    /// The budgets, for pages and metrics.
    pub budgets: Budgets,
}

impl Calls {
    /// From the settings.
    ///
    /// # Errors
    /// When Redis' URL cannot be one.
    pub fn new(config: &Config, client: reqwest::Client) -> anyhow::Result<Self> {
        let hosts = CONNECTORS
            .iter()
            .filter_map(|(provider, _)| Some((*provider, config.providers.place(provider)?.hosts())));
        let factors = CONNECTORS
            .iter()
            .filter_map(|(provider, _)| Some((*provider, config.providers.place(provider)?.budget)));
        Ok(Self {
            hosts: hosts.collect(),
            sender: Sender { client, timeout: config.providers.timeout.get() },
            budgets: Budgets::new(factors.collect(), config.redis.url.as_ref())?,
        })
    }

    /// Where this provider is.
    ///
    /// # Panics
    /// When there is no such provider: ids come from the list of providers.
    #[must_use]
    pub fn hosts(&self, provider: &str) -> &Hosts {
        self.hosts.get(provider).expect("a provider of the list")
    }

    /// Sends a call as soon as the account's budgets allow it, once.
    ///
    /// # Errors
    /// [`Fault::Transient`], or [`Fault::MaybeCommitted`] for a call that must not be repeated blindly, when no whole answer
    /// came. An answer of any status is an [`Answer`].
    pub async fn send(&self, whose: &Whose, call: &Call) -> Result<Answer, Fault> {
        let permit = self.budgets.permit(whose, call).await;
        let sent = self.sender.send(whose.provider, call).await;
        permit.answered();
        sent
    }

    /// The same, unless the job that wants it is somebody else's by the time its turn comes: then nothing is sent, and there is no
    /// answer.
    ///
    /// # Errors
    /// As [`Calls::send`].
    pub async fn send_while(&self, hold: &Hold, whose: &Whose, call: &Call) -> Option<Result<Answer, Fault>> {
        let permit = self.budgets.permit(whose, call).await;
        if !hold.is_good() {
            permit.answered();
            return None;
        }
        let sent = self.sender.send(whose.provider, call).await;
        permit.answered();
        Some(sent)
    }

    /// How long an answer may take: what was sent is over by then, one way or the other.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.sender.timeout
    }
}
