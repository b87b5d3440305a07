//! A counter's definition, as data: what is counted, where it is shown, how it gets there, and where the truth is.
//!
//! What is secret in it, the trigger's address above all, is read and never written: whoever keeps a definition keeps its [`Secrets`]
//! apart, sealed, and puts them back ([`Definition::fill`]).

use super::payload::Template;
use super::redis_key::RedisKey;
use super::trigger::{self, Allowed};
use super::truth::{Truth, is_object_type};
use crate::event::MAX_COLUMN_CHARS;
use crate::notify::target;
use crate::secret::Secret;
use std::time::Duration;

mod check;

pub use check::{Problem, Rules};

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name, unique in its organization: small letters, digits, `-` and `_`.
    pub name: String,
    /// The HubSpot connection it belongs to.
    pub connection_id: String,
    /// The type of the records that show it (`2-50158913`).
    pub object_type: String,
    /// The property of theirs that shows it.
    pub property: String,
    /// What its keys are.
    #[serde(default)]
    pub key: KeyBy,
    /// What a trigger is sent; none: the usual ([`Definition::template`]).
    #[serde(default)]
    pub payload: Option<Template>,
    /// How the value gets to the property.
    pub target: Target,
    /// How long changes are gathered before the first of them is pushed, in milliseconds.
    #[serde(default = "usual_window")]
    pub window_ms: u64,
    /// How long after its answer a call may still take effect, in milliseconds: a newer value waits so long for one whose effect was not
    /// seen.
    #[serde(default = "usual_settle")]
    pub settle_ms: u64,
    /// The least a counter may be.
    #[serde(default)]
    pub minimum: i64,
    /// How often all three numbers are compared, in minutes; none: when somebody asks.
    #[serde(default = "usual_interval")]
    pub reconcile_minutes: Option<u32>,
    /// What is done about drift.
    #[serde(default)]
    pub policy: Policy,
    /// Where the number lives.
    #[serde(default)]
    pub store: Keep,
    /// Where it is known what it should be.
    #[serde(default)]
    pub truth: Truth,
}

fn usual_window() -> u64 {
    1_000
}

fn usual_settle() -> u64 {
    60_000
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the field it is the default of")]
fn usual_interval() -> Option<u32> {
    Some(60)
}

/// What the keys of a definition's counters are.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyBy {
    /// The record's id.
    #[default]
    RecordId,
    /// A unique property of the record's.
    Property(String),
}

/// How a value gets to the property.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Target {
    /// Through a workflow's webhook trigger.
    Trigger {
        /// Its address, a secret.
        #[serde(default, skip_serializing)]
        url: Option<Secret>,
    },
    /// By writing the property, a hundred records at a time.
    Property,
    /// Through a trigger, and where that shows nothing, by writing.
    TriggerThenProperty {
        /// The trigger's address, a secret.
        #[serde(default, skip_serializing)]
        url: Option<Secret>,
    },
}

impl Target {
    /// The trigger's address, where there is a trigger and its address is known here.
    #[must_use]
    pub fn url(&self) -> Option<&Secret> {
        match self {
            Self::Trigger { url } | Self::TriggerThenProperty { url } => url.as_ref(),
            Self::Property => None,
        }
    }

    /// Whether there is a trigger.
    #[must_use]
    pub fn has_trigger(&self) -> bool {
        !matches!(self, Self::Property)
    }

    /// Whether the property is ever written directly.
    #[must_use]
    pub fn writes(&self) -> bool {
        !matches!(self, Self::Trigger { .. })
    }
}

/// What is done about drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The truth wins: what differs from it is set to it.
    #[default]
    Repair,
    /// It is reported, and nothing else.
    Report,
}

/// Where the number lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Keep {
    /// In Syncline's database.
    #[default]
    Database,
    /// In a Redis server, where the application itself may count.
    Redis {
        /// The server's name in the configuration.
        server: String,
        /// Which Redis key holds which counter (`exam:{key}:bookings`).
        key: RedisKey,
        /// How long a key lives that Syncline sets, in days.
        #[serde(default = "usual_ttl")]
        ttl_days: u32,
    },
}

fn usual_ttl() -> u32 {
    90
}

/// What of a definition is sealed before it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Secrets {
    /// The trigger's address.
    #[serde(default)]
    pub trigger_url: Option<Secret>,
    /// What authorizes at the truth's endpoint.
    #[serde(default)]
    pub authorization: Option<Secret>,
}

impl Secrets {
    /// As text, to be sealed; none when there is nothing to seal.
    #[must_use]
    pub fn to_text(&self) -> Option<Secret> {
        let shown = |secret: &Option<Secret>| secret.as_ref().map(|it| it.expose().to_owned());
        let json = serde_json::json!({
            "trigger_url": shown(&self.trigger_url), "authorization": shown(&self.authorization),
        });
        (self != &Self::default()).then(|| Secret::new(json.to_string()))
    }

    /// Reads what [`Self::to_text`] wrote; none when it is something else.
    #[must_use]
    pub fn of_text(text: &Secret) -> Option<Self> {
        serde_json::from_str(text.expose()).ok()
    }
}

impl Definition {
    /// What of it is secret.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let authorization = match &self.truth {
            Truth::Http { authorization, .. } => authorization.clone(),
            _ => None,
        };
        Secrets { trigger_url: self.target.url().cloned(), authorization }
    }

    /// Puts secrets where there are none yet, as when it was read from where it is kept, or when a change of it does not repeat them.
    pub fn fill(&mut self, secrets: Secrets) {
        if let Target::Trigger { url } | Target::TriggerThenProperty { url } = &mut self.target
            && url.is_none()
        {
            *url = secrets.trigger_url;
        }
        if let Truth::Http { authorization, .. } = &mut self.truth
            && authorization.is_none()
        {
            *authorization = secrets.authorization;
        }
    }

    /// What the trigger is sent.
    #[must_use]
    pub fn template(&self) -> Template {
        let field = match &self.key {
            KeyBy::RecordId => "record_id",
            KeyBy::Property(name) => name,
        };
        self.payload.clone().unwrap_or_else(|| Template::usual(field, &self.property))
    }

    /// How long changes are gathered.
    #[must_use]
    pub fn window(&self) -> Duration {
        Duration::from_millis(self.window_ms)
    }

    /// How long after its answer a call may still take effect.
    #[must_use]
    pub fn settle(&self) -> Duration {
        Duration::from_millis(self.settle_ms)
    }

    /// How long a Redis key lives that Syncline sets.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        match &self.store {
            Keep::Database => None,
            Keep::Redis { ttl_days, .. } => Some(Duration::from_secs(u64::from(*ttl_days) * 86_400)),
        }
    }

    /// Whether a text may be the key of one of its counters.
    ///
    /// # Errors
    /// What a key is, for whoever sent it.
    pub fn check_key(&self, key: &str) -> Result<(), &'static str> {
        match &self.key {
            KeyBy::RecordId => {
                let fine = (1..=20).contains(&key.len()) && key.bytes().all(|c| c.is_ascii_digit());
                if fine { Ok(()) } else { Err("a key is a record's id: digits, at most 20") }
            }
            KeyBy::Property(_) => {
                let plain = key.trim() == key && !key.is_empty() && !key.chars().any(char::is_control);
                let fine = plain && key.chars().count() <= MAX_COLUMN_CHARS;
                let say = "a key is what the property holds: 1 to 255 characters, no blanks around them, no control characters";
                if fine { Ok(()) } else { Err(say) }
            }
        }
    }

    /// Everything that is wrong with it, each with the field it is about; nothing when it can be used.
    #[must_use]
    pub fn check(&self, rules: &Rules<'_>) -> Vec<Problem> {
        check::all(self, rules)
    }
}

#[cfg(test)]
mod tests;
