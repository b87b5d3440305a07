//! The form of a sync's terms: read, checked, and shown again with what is wrong.

use super::super::views::syncs::{SyncForm, fits};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::sync::{Agreement, Sides};

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    pub(super) csrf: String,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) name: String,
    pub(super) direction: String,
    pub(super) policy: String,
    pub(super) deletions_left: String,
    pub(super) deletions_right: String,
    pub(super) status: String,
    pub(super) guard_percent: String,
    pub(super) guard_at_least: String,
    pub(super) every: String,
    pub(super) run: String,
    pub(super) agreement: String,
    /// `yes` when the agreement was too large for the form, which then says nothing of it.
    pub(super) kept: String,
    pub(super) version: i64,
    #[serde(rename = "do")]
    pub(super) wish: String,
}

/// What the form means.
pub(super) struct Meant {
    pub(super) agreement: Agreement,
    pub(super) every: Option<Duration>,
}

/// The most characters of a name.
const NAME: usize = 200;
/// The longest span between two runs that can be chosen, in seconds: a year.
const LONGEST: u64 = 366 * 24 * 3_600;
/// The shortest, as the setting `sync.every` has it.
const SHORTEST: u64 = 300;

type Problems = Vec<(&'static str, String)>;

impl Sent {
    /// The same, as the view shows it.
    pub(super) fn shown(&self, problems: Problems) -> SyncForm {
        SyncForm {
            connections: Sides { left: self.left.clone(), right: self.right.clone() },
            name: self.name.clone(),
            direction: self.direction.clone(),
            policy: self.policy.clone(),
            deletions: Sides { left: self.deletions_left.clone(), right: self.deletions_right.clone() },
            status: self.status.clone(),
            guard_percent: self.guard_percent.clone(),
            guard_at_least: self.guard_at_least.clone(),
            every: self.every.clone(),
            run: self.run == "yes",
            agreement: self.agreement.clone(),
            kept: self.kept == "yes",
            problems,
        }
    }

    /// What it means, or what cannot be read of it.
    pub(super) fn read(&self) -> Result<Meant, Problems> {
        let mut problems = Vec::new();
        if self.name.trim().chars().count() > NAME {
            problems.push(("name", format!("A name has {NAME} characters at most.")));
        }
        let every = self.every(&mut problems);
        let agreement = self.agreement(&mut problems);
        match (agreement, every) {
            (Some(agreement), Some(every)) if problems.is_empty() => Ok(Meant { agreement, every }),
            _ => Err(problems),
        }
    }

    fn every(&self, problems: &mut Problems) -> Option<Option<Duration>> {
        match (self.every.as_str(), self.every.parse::<u64>()) {
            ("", _) => Some(None),
            (_, Ok(seconds)) if seconds == 0 || (SHORTEST..=LONGEST).contains(&seconds) => {
                Some(Some(Duration::from_secs(seconds)))
            }
            _ => {
                problems.push(("every", "Choose how often, from five minutes to a year.".to_owned()));
                None
            }
        }
    }

    /// Records and mapping from the JSON; the settings from their fields, unless the JSON has them, too.
    fn agreement(&self, problems: &mut Problems) -> Option<Agreement> {
        if !fits(&self.agreement) && self.kept != "yes" {
            let say = "This is more than the form takes, and was not kept here. `syncline syncs create` and `syncline syncs set` \
                       take it with `--agreement FILE`.";
            problems.push(("agreement", say.to_owned()));
            return None;
        }
        let read: Result<Agreement, _> = serde_json::from_str(&self.agreement);
        let (mut agreement, said) = match (read, serde_json::from_str::<Value>(&self.agreement)) {
            (Ok(agreement), Ok(said)) => (agreement, said),
            (Err(error), _) | (_, Err(error)) => {
                problems.push(("agreement", format!("This is not an agreement: {error}.")));
                return None;
            }
        };
        let is_said = |part: &str| said.get(part).is_some();
        if !is_said("direction") {
            set(&mut agreement.direction, "direction", &self.direction, problems);
        }
        if !is_said("policy") {
            set(&mut agreement.policy, "policy", &self.policy, problems);
        }
        if !is_said("deletions") {
            set(&mut agreement.deletions.left, "deletions_left", &self.deletions_left, problems);
            set(&mut agreement.deletions.right, "deletions_right", &self.deletions_right, problems);
        }
        if !is_said("status") {
            set(&mut agreement.status, "status", &self.status, problems);
        }
        if !is_said("guard") {
            number(&mut agreement.guard.percent, "guard_percent", &self.guard_percent, 0..=100, problems);
            let any = 0..=1_000_000;
            number(&mut agreement.guard.at_least, "guard_at_least", &self.guard_at_least, any, problems);
        }
        Some(agreement)
    }

    /// The same with the agreement as it was shown: browsers end its lines with two characters.
    pub(super) fn tidied(self) -> Self {
        Self { agreement: self.agreement.replace("\r\n", "\n"), ..self }
    }

    /// The same with the agreement that is stored, where the form could not show it.
    pub(super) fn with_kept(self, stored: &Agreement) -> Self {
        match self.kept.as_str() {
            "yes" => Self { agreement: Self::of(stored).agreement, ..self },
            _ => self,
        }
    }

    /// The form of an agreement, filled in.
    pub(super) fn of(agreement: &Agreement) -> Self {
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let part = json!({
            "sides": agreement.sides, "rules": agreement.rules, "matching": agreement.matching,
        });
        let json = serde_json::to_string_pretty(&part).unwrap_or_default();
        Self {
            direction: word(json!(agreement.direction)),
            policy: word(json!(agreement.policy)),
            deletions_left: word(json!(agreement.deletions.left)),
            deletions_right: word(json!(agreement.deletions.right)),
            status: word(json!(agreement.status)),
            guard_percent: agreement.guard.percent.to_string(),
            guard_at_least: agreement.guard.at_least.to_string(),
            kept: if fits(&json) { String::new() } else { "yes".to_owned() },
            agreement: json,
            ..Self::default()
        }
    }
}

/// Sets a choice to what was chosen.
fn set<T: DeserializeOwned>(place: &mut T, name: &'static str, word: &str, problems: &mut Problems) {
    match serde_json::from_value(Value::from(word)) {
        Ok(chosen) => *place = chosen,
        Err(_) => problems.push((name, "Choose one of these.".to_owned())),
    }
}

fn number<T: TryFrom<u32>>(
    place: &mut T,
    name: &'static str,
    text: &str,
    range: std::ops::RangeInclusive<u32>,
    problems: &mut Problems,
) {
    let number = text.trim().parse().ok().filter(|number| range.contains(number));
    match number.and_then(|number| T::try_from(number).ok()) {
        Some(number) => *place = number,
        None => problems.push((name, format!("A whole number from {} to {}.", range.start(), range.end()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_core::sync::{Deletion, Direction, Policy, defaults};

    fn seed() -> Agreement {
        defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("it is ready-made")
    }

    fn problems(sent: &Sent) -> Vec<&'static str> {
        sent.read().err().unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_form_that_nobody_touched_means_what_it_was_made_of() {
        let mut agreement = seed();
        agreement.policy = Policy::Ask;
        agreement.direction = Direction::LeftToRight;
        agreement.deletions = Sides { left: Deletion::Force, right: Deletion::Unlink };
        agreement.guard.percent = 3;
        let meant = Sent::of(&agreement).read().unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!((meant.agreement, meant.every), (agreement, None));
    }

    #[test]
    fn what_stands_in_the_json_counts_more_than_its_field() {
        let mut sent = Sent { policy: "ask".to_owned(), ..Sent::of(&seed()) };
        assert_eq!(sent.read().map(|meant| meant.agreement.policy).ok(), Some(Policy::Ask));
        sent.agreement = serde_json::to_string(&seed()).expect("JSON");
        assert_eq!(sent.read().map(|meant| meant.agreement.policy).ok(), Some(Policy::Newest));
    }

    #[test]
    fn what_cannot_be_read_is_named_field_by_field() {
        let form = Sent::of(&seed());
        for (sent, named) in [
            (Sent { agreement: "{".to_owned(), ..form.clone() }, "agreement"),
            (Sent { agreement: "{\"sides\": 1}".to_owned(), ..form.clone() }, "agreement"),
            (Sent { policy: "loudest".to_owned(), ..form.clone() }, "policy"),
            (Sent { deletions_right: String::new(), ..form.clone() }, "deletions_right"),
            (Sent { guard_percent: "101".to_owned(), ..form.clone() }, "guard_percent"),
            (Sent { guard_at_least: "-1".to_owned(), ..form.clone() }, "guard_at_least"),
            (Sent { every: "60".to_owned(), ..form.clone() }, "every"),
            (Sent { every: "soon".to_owned(), ..form.clone() }, "every"),
            (Sent { name: "x".repeat(201), ..form.clone() }, "name"),
        ] {
            assert_eq!(problems(&sent), [named], "{sent:?}");
        }
        let both = Sent { policy: "x".to_owned(), status: "y".to_owned(), ..form };
        assert_eq!(problems(&both), ["policy", "status"]);
    }

    #[test]
    fn never_is_a_schedule_too() {
        let sent = Sent { every: "0".to_owned(), ..Sent::of(&seed()) };
        assert_eq!(sent.read().map(|meant| meant.every).ok(), Some(Some(Duration::ZERO)));
    }
}
