//! What operators look after: registrations at providers, and the keys that seal credentials.

use super::narrow::Narrow;
use super::shell::{Choice, Shell};
use super::{filters, text};
use askama::Template;

/// Our registrations at the providers.
#[derive(Debug, Template)]
#[template(path = "operate/apps.html")]
pub struct AppsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used.
    pub problem: Option<String>,
    /// The registrations, by name.
    pub rows: Vec<AppRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
    /// Every provider: id and name.
    pub providers: Vec<Choice>,
}

/// What a registration without a key for its own settings at the provider means: somebody does it there.
pub const BY_HAND: &str = "its webhooks have to be set up at the provider by hand";

/// A registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRow {
    /// Its name in the configuration.
    pub name: String,
    /// The provider's id.
    pub provider: String,
    /// The provider's name.
    pub provider_name: String,
    /// The client id, which is no secret.
    pub client_id: Option<String>,
    /// Where the provider sends browsers back to; none for one without OAuth.
    pub redirect_url: Option<String>,
    /// Where its webhooks go, where that is one address for all.
    pub webhook_url: Option<String>,
    /// Scopes that must be granted.
    pub required: Vec<String>,
    /// Scopes that may be granted.
    pub optional: Vec<String>,
    /// Whether the secret before this one is still taken.
    pub rotating: bool,
    /// Settings that are missing, and what does not work without each.
    pub missing: Vec<(String, &'static str)>,
    /// Connections through it that are active.
    pub active: u64,
    /// Connections through it that need a person.
    pub broken: u64,
    /// When somebody last connected through it, RFC 3339.
    pub last_connected_at: Option<String>,
}

/// How a registration can be, with its word.
pub const APP_STATES: [(&str, &str); 3] =
    [("complete", "Complete"), ("usable", "Usable"), ("incomplete", "Incomplete")];

impl AppRow {
    /// How it is, as the filter has it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.lacks(), self.missing.is_empty()) {
            (true, _) => "incomplete",
            (false, true) => "complete",
            (false, false) => "usable",
        }
    }

    fn class(&self) -> &'static str {
        if self.lacks() { "k-warn" } else { "k-create" }
    }

    fn word(&self) -> &'static str {
        APP_STATES.iter().find(|(state, _)| *state == self.state()).map_or("", |(_, word)| word)
    }

    /// Whether something does not work at all.
    fn lacks(&self) -> bool {
        self.missing.iter().any(|(_, without)| *without != BY_HAND)
    }

    fn connect_href(&self) -> String {
        format!("/portal/connections/new?{}", text::query(&[("way", &format!("oauth:{}", self.name))]))
    }

    fn connections_href(&self, status: &str) -> String {
        let parts = [("provider", self.provider.as_str()), ("app", &self.name), ("status", status)];
        format!("/portal/connections?{}", text::query(&parts))
    }

    /// Whether somebody can connect through it.
    fn is_usable(&self) -> bool {
        let stops = |key: &str| key.ends_with(".client_id") || key.ends_with(".client_secret");
        self.redirect_url.is_some() && !self.missing.iter().any(|(key, _)| stops(key))
    }
}

/// The keys that seal credentials.
#[derive(Debug, Template)]
#[template(path = "operate/sealing.html")]
pub struct SealingPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used.
    pub problem: Option<String>,
    /// Whether the keys are in a file that the hub may change.
    pub in_a_file: bool,
    /// The keys, the one that seals first.
    pub keys: Vec<SealingKey>,
    /// Which of them are listed on this page, by their ids.
    pub listed: Vec<String>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

/// A key, by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealingKey {
    /// The id.
    pub id: String,
    /// Whether it seals now.
    pub current: bool,
    /// Whether it is there.
    pub available: bool,
    /// Credentials of connections under it.
    pub connections: u64,
    /// Secrets of endpoints under it.
    pub endpoints: u64,
    /// Secrets of counters under it.
    pub counters: u64,
}

impl SealingKey {
    /// How it is, as the filter has it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.current, self.available, self.sealed()) {
            (true, ..) => "current",
            (_, false, _) => "missing",
            (_, _, 0) => "idle",
            _ => "replaced",
        }
    }

    fn sealed(&self) -> u64 {
        self.connections + self.endpoints + self.counters
    }

    fn word(&self) -> &'static str {
        let known = SEALING_STATES.iter().find(|(state, _)| *state == self.state());
        known.map_or("", |(_, word)| word)
    }

    fn class(&self) -> &'static str {
        match self.state() {
            "current" => "k-create",
            "missing" => "k-delete",
            "idle" => "",
            _ => "k-message",
        }
    }
}

/// How a sealing key can be, with its word.
pub const SEALING_STATES: [(&str, &str); 4] = [
    ("current", "Seals now"),
    ("replaced", "Being replaced"),
    ("idle", "Not needed"),
    ("missing", "Missing"),
];

impl SealingPage {
    fn rows(&self) -> impl Iterator<Item = &SealingKey> {
        self.keys.iter().filter(|key| self.listed.contains(&key.id))
    }

    fn total(&self) -> u64 {
        self.keys.iter().map(SealingKey::sealed).sum()
    }

    /// How much is under the key that seals now.
    fn current(&self) -> u64 {
        self.keys.iter().filter(|key| key.current).map(SealingKey::sealed).sum()
    }

    /// Whether something is still to be sealed anew.
    fn moves(&self) -> bool {
        self.keys.iter().any(|key| !key.current && key.available && key.sealed() > 0)
    }

    fn lost(&self) -> u64 {
        self.keys.iter().filter(|key| !key.available).map(SealingKey::sealed).sum()
    }

    /// Keys that can be taken out.
    fn idle(&self) -> usize {
        self.keys.iter().filter(|key| !key.current && key.available && key.sealed() == 0).count()
    }
}
