//! Faults on demand: which request or webhook goes wrong, how, and how often.

use super::Dice;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// A rule: what it is about, when it strikes, what it does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Given by the sandbox.
    #[serde(default)]
    pub(crate) id: u64,
    /// `hubspot`, `notion`, `airtable`, `tentoeight`; none: all of them.
    #[serde(default)]
    pub(crate) provider: Option<String>,
    /// Only this method.
    #[serde(default)]
    pub(crate) method: Option<String>,
    /// Only paths like this, `*` standing for anything (below the provider's prefix; for webhooks the receiver's URL).
    #[serde(default)]
    pub(crate) path: Option<String>,
    /// Lets so many matching ones pass first.
    #[serde(default)]
    pub(crate) skip: u64,
    /// Strikes so many times, then never again; none: always.
    #[serde(default)]
    pub(crate) times: Option<u64>,
    /// Strikes with this probability, from 0 to 1.
    #[serde(default = "certain")]
    pub(crate) chance: f64,
    /// Only from this moment on (simulated milliseconds since 1970).
    #[serde(default)]
    pub(crate) from_ms: Option<i64>,
    /// Only before this moment.
    #[serde(default)]
    pub(crate) until_ms: Option<i64>,
    /// What happens.
    pub(crate) effect: Effect,
    /// How often it struck so far.
    #[serde(default)]
    pub(crate) struck: u64,
}

fn certain() -> f64 {
    1.0
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Effect {
    /// The answer takes so much longer, in real milliseconds.
    Latency {
        /// How much.
        ms: u64,
    },
    /// This status and body instead of an answer.
    Status {
        /// The status.
        status: u16,
        /// The body, text or JSON.
        #[serde(default)]
        body: serde_json::Value,
        /// Headers to add.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// A server error as the vendor words it.
    ServerError {
        /// 500 to 599.
        #[serde(default = "internal")]
        status: u16,
    },
    /// The edge answers with a page instead of JSON.
    Html {
        /// The status.
        status: u16,
    },
    /// 429 as the vendor words it.
    RateLimited {
        /// Seconds, where the vendor tells.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// The connection is cut before anything was done.
    Cut,
    /// Everything is done, then the connection is cut.
    LostAnswer,
    /// Everything is done, then the connection is cut in the middle of the answer.
    HalfAnswer,
    /// The vendor says that the access token has expired.
    ExpiredToken,
    /// The vendor says that the access token is not valid.
    RevokedToken,
    /// Webhooks: sent so many times more.
    Duplicate {
        /// How many copies.
        #[serde(default = "one")]
        copies: u64,
    },
    /// Webhooks: sent after the one that follows it.
    Reorder,
    /// Webhooks: sent so many simulated milliseconds later.
    Delay {
        /// How much later.
        ms: i64,
    },
    /// Webhooks: never sent, and the vendor thinks it was.
    Drop,
    /// Webhooks: the body breaks off in the middle; the signature fits it.
    Malformed,
    /// Webhooks: signed with another secret.
    WrongSignature,
}

fn internal() -> u16 {
    500
}

fn one() -> u64 {
    1
}

impl Effect {
    /// Whether it is about webhooks. Latency is about answers only.
    fn is_about_webhooks(&self) -> bool {
        matches!(
            self,
            Self::Duplicate { .. }
                | Self::Reorder
                | Self::Delay { .. }
                | Self::Drop
                | Self::Malformed
                | Self::WrongSignature
        )
    }

    /// For the record of requests.
    pub(crate) fn name(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        json.get("kind").and_then(|kind| kind.as_str()).unwrap_or("fault").to_owned()
    }
}

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Rules>);

#[derive(Debug)]
struct Rules {
    rules: Vec<Rule>,
    last: u64,
    dice: Dice,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Rules { rules: Vec::new(), last: 0, dice: Dice::new(seed, "faults") }))
    }

    /// Adds a rule; returns its id.
    ///
    /// # Errors
    /// When the rule can never strike or means nothing: the reason.
    pub(crate) fn add(&self, mut rule: Rule) -> Result<u64, String> {
        if !(0.0..=1.0).contains(&rule.chance) {
            return Err(format!("chance is a probability from 0 to 1, not {}", rule.chance));
        }
        if let Effect::Status { status, .. } | Effect::Html { status } | Effect::ServerError { status } =
            rule.effect
            && !(200..=599).contains(&status)
        {
            return Err(format!("{status} is no status a server answers with (200 to 599)"));
        }
        let mut rules = self.0.lock();
        rules.last += 1;
        rule.id = rules.last;
        rule.struck = 0;
        rules.rules.push(rule);
        Ok(rules.last)
    }

    /// All rules.
    pub(crate) fn all(&self) -> Vec<Rule> {
        self.0.lock().rules.clone()
    }

    /// Removes one; false when there is none.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut rules = self.0.lock();
        let before = rules.rules.len();
        rules.rules.retain(|rule| rule.id != id);
        rules.rules.len() < before
    }

    /// Removes all of them.
    pub(crate) fn clear(&self) {
        self.0.lock().rules.clear();
    }

    /// As at the start.
    pub(crate) fn reset(&self, seed: u64) {
        *self.0.lock() = Rules { rules: Vec::new(), last: 0, dice: Dice::new(seed, "faults") };
    }

    /// What happens to this request, in the order of the rules.
    pub(crate) fn on_request(&self, provider: &str, method: &str, path: &str, now: i64) -> Vec<Effect> {
        self.strike(false, provider, method, path, now)
    }

    /// What happens to this webhook, in the order of the rules.
    pub(crate) fn on_webhook(&self, provider: &str, url: &str, now: i64) -> Vec<Effect> {
        self.strike(true, provider, "POST", url, now)
    }

    fn strike(&self, webhook: bool, provider: &str, method: &str, path: &str, now: i64) -> Vec<Effect> {
        let mut rules = self.0.lock();
        let Rules { rules, dice, .. } = &mut *rules;
        let mut effects = Vec::new();
        for rule in rules.iter_mut() {
            if rule.effect.is_about_webhooks() == webhook
                && rule.is_about(provider, method, path, now)
                && rule.strikes(dice)
            {
                effects.push(rule.effect.clone());
            }
        }
        effects
    }
}

impl Rule {
    fn is_about(&self, provider: &str, method: &str, path: &str, now: i64) -> bool {
        self.provider.as_deref().is_none_or(|mine| mine == provider)
            && self.method.as_deref().is_none_or(|mine| mine.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|pattern| glob(pattern, path))
            && self.from_ms.is_none_or(|from| now >= from)
            && self.until_ms.is_none_or(|until| now < until)
    }

    fn strikes(&mut self, dice: &mut Dice) -> bool {
        if self.times.is_some_and(|times| self.struck >= times) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        let strikes = self.chance >= 1.0 || dice.chance(self.chance);
        if strikes {
            self.struck += 1;
        }
        strikes
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: serde_json::Value) -> Rule {
        serde_json::from_value(json).expect("a rule")
    }

    #[test]
    fn stars_stand_for_anything() {
        assert!(glob("/crm/*/contacts*", "/crm/v3/objects/contacts/batch/read"));
        assert!(glob("*", ""));
        assert!(glob("/a", "/a"));
        assert!(!glob("/a", "/a/b"));
        assert!(!glob("/crm/*/companies", "/crm/v3/objects/contacts"));
        assert!(!glob("a*a", "a"));
    }

    #[test]
    fn a_rule_skips_then_strikes_so_many_times() {
        let faults = Faults::new(1);
        let id = faults
            .add(rule(
                serde_json::json!({"provider": "hubspot", "skip": 1, "times": 2, "effect": {"kind": "cut"}}),
            ))
            .expect("sensible");
        let strike = |provider| faults.on_request(provider, "GET", "/x", 0).len();
        let struck: Vec<usize> =
            ["hubspot", "notion", "hubspot", "hubspot", "hubspot"].into_iter().map(strike).collect();
        assert_eq!(struck, [0, 0, 1, 1, 0]);
        assert!(faults.remove(id) && !faults.remove(id));
    }

    #[test]
    fn rules_about_webhooks_leave_requests_alone() {
        let faults = Faults::new(1);
        faults.add(rule(serde_json::json!({"effect": {"kind": "drop"}}))).expect("sensible");
        faults.add(rule(serde_json::json!({"effect": {"kind": "latency", "ms": 5}}))).expect("sensible");
        assert_eq!(faults.on_request("notion", "GET", "/", 0), [Effect::Latency { ms: 5 }]);
        assert_eq!(faults.on_webhook("notion", "http://h/", 0), [Effect::Drop]);
    }

    #[test]
    fn nonsense_is_refused() {
        let faults = Faults::new(1);
        assert!(faults.add(rule(serde_json::json!({"chance": 2.0, "effect": {"kind": "cut"}}))).is_err());
        assert!(faults.add(rule(serde_json::json!({"effect": {"kind": "html", "status": 42}}))).is_err());
        assert!(serde_json::from_value::<Rule>(serde_json::json!({"efect": {"kind": "cut"}})).is_err());
    }
}
