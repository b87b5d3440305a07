//! Calling providers: every request goes out through here, under the budgets of its account, bounded in time and size.

pub mod budget;
pub mod line;
mod send;
mod shared;

pub use line::{Line, Patience, Trouble};
pub use send::Answer;

use crate::config::{Config, Provider};
use budget::{Budgets, Whose};
use send::Sender;
use std::collections::BTreeMap;
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
    /// When the machine has no usable TLS set-up, or Redis' URL cannot be one.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let hosts = Provider::ALL.iter().map(|provider| (provider.as_str(), config.hosts(*provider)));
        let budgets = Budgets::new(config.redis.url.as_ref())?;
        Ok(Self { hosts: hosts.collect(), sender: Sender::new()?, budgets })
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
}
