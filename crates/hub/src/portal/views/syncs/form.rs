//! Making a sync, and its settings: the common terms as fields, records and mapping as a table and as JSON.

use super::super::filters;
use super::super::shell::{Choice, Shell};
use super::super::text;
use super::ends::{self, End};
use super::list::SyncRow;
use super::mapping::{FieldName, MAPPED, MappingRow, MistakeView};
use askama::Template;
use syncline_core::sync::Sides;

/// The first step: which two connections.
#[derive(Debug, Template)]
#[template(path = "syncs/choose.html")]
pub struct ChooseConnections {
    /// The surroundings.
    pub shell: Shell,
    /// Active connections, by organization.
    pub groups: Vec<ConnectionGroup>,
    /// The connections as they were chosen last.
    pub chosen: Sides<String>,
    /// What is wrong.
    pub problem: Option<String>,
}

impl ChooseConnections {
    /// Whether there are two to choose.
    fn is_possible(&self) -> bool {
        self.groups.iter().any(|group| group.connections.len() > 1)
    }

    fn sides(&self) -> [(&'static str, &'static str, &String); 2] {
        [("left", "Left", &self.chosen.left), ("right", "Right", &self.chosen.right)]
    }
}

/// The connections of one organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionGroup {
    /// The organization.
    pub organization: String,
    /// Its active connections.
    pub connections: Vec<Choice>,
}

/// What the form holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncForm {
    /// The connections.
    pub connections: Sides<String>,
    /// What people call it.
    pub name: String,
    /// Which way changes go (`both`).
    pub direction: String,
    /// Who wins (`newest`).
    pub policy: String,
    /// What a deletion on each side means (`propagate`).
    pub deletions: Sides<String>,
    /// When the status is written (`always`).
    pub status: String,
    /// So many of a hundred deletions within a day …
    pub guard_percent: String,
    /// … but so many are always carried over.
    pub guard_at_least: String,
    /// Seconds between two runs of its own; empty: as the settings say; `0`: never.
    pub every: String,
    /// Whether it runs at once.
    pub run: bool,
    /// Records and mapping, JSON.
    pub agreement: String,
    /// Whether that is what is stored and too large to be shown: then it stays as it is.
    pub kept: bool,
    /// What is wrong: which field, and why.
    pub problems: Vec<(&'static str, String)>,
}

/// The most bytes of an agreement in a page, as HTML writes it: its form would outgrow what a page may weigh.
pub const MOST_JSON: usize = 25_000;

/// Whether an agreement can be shown in a form.
#[must_use]
pub fn fits(agreement: &str) -> bool {
    // What a quotation mark takes, `&#34;`.
    let written = |letter: char| if "\"'&<>".contains(letter) { 5 } else { letter.len_utf8() };
    agreement.chars().map(written).sum::<usize>() <= MOST_JSON
}

impl SyncForm {
    /// The agreement, as far as it can be shown.
    fn shown_agreement(&self) -> &str {
        if fits(&self.agreement) { &self.agreement } else { "" }
    }

    fn problem(&self, field: &str) -> Option<&String> {
        self.problems.iter().find(|(name, _)| *name == field).map(|(_, problem)| problem)
    }
}

/// The terms of a sync, as its form shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The two sides.
    pub ends: Sides<End>,
    /// The form.
    pub form: SyncForm,
    /// What is wrong as a whole.
    pub problem: Option<String>,
    /// The mapping.
    pub mapping: Vec<MappingRow>,
    /// What is wrong with something else than a rule.
    pub mistakes: Vec<MistakeView>,
    /// What fields each side has, as far as that is known: the field, and what it holds.
    pub fields: Sides<Vec<(FieldName, String)>>,
    /// Whether it was just checked and nothing is wrong.
    pub fine: bool,
    /// What the settings say about the schedule.
    pub usual: String,
    /// Whether there is a ready-made mapping.
    pub ready_made: bool,
}

/// A select of the form, ready to draw.
struct Select {
    name: &'static str,
    label: String,
    hint: &'static str,
    choices: Vec<Choice>,
    value: String,
}

/// Fields of a side: whose, how many there are, and those that are listed.
type ShownFields<'a> = (String, usize, &'a [(FieldName, String)]);

/// The most fields of a side that are listed.
const FIELDS: usize = 90;

fn choices(all: &[(&str, String)]) -> Vec<Choice> {
    all.iter().map(|(value, label)| Choice { value: (*value).to_owned(), label: label.clone() }).collect()
}

impl Terms {
    fn names(&self) -> Sides<String> {
        ends::names(&self.ends)
    }

    /// How many mistakes there are in all.
    fn wrong(&self) -> usize {
        self.mistakes.len() + self.mapping.iter().map(|row| row.mistakes.len()).sum::<usize>()
    }

    /// Mistakes that stand at no field of the form and no rule.
    fn elsewhere(&self) -> Vec<&MistakeView> {
        let own = ["direction", "policy", "deletions", "status", "guard"];
        self.mistakes.iter().filter(|mistake| !own.iter().any(|part| mistake.is_at(part))).collect()
    }

    /// What is wrong with a field of the form.
    fn wrong_with(&self, field: &str) -> Option<&String> {
        let part = match field {
            "deletions_left" => "deletions.left",
            "deletions_right" => "deletions.right",
            "guard_percent" => "guard.percent",
            "guard_at_least" => "guard.at_least",
            other => other,
        };
        let mistake = self.mistakes.iter().find(|mistake| mistake.is_at(part));
        self.form.problem(field).or(mistake.map(|mistake| &mistake.message))
    }

    /// Whether the JSON has to be seen.
    fn is_open(&self) -> bool {
        self.form.problem("agreement").is_some() || self.mapping.is_empty() || !self.elsewhere().is_empty()
    }

    /// What fields each side has, as far as they are listed: whose, how many there are, and the first of them.
    fn shown(&self) -> [ShownFields<'_>; 2] {
        let names = self.names();
        let of = |name: String, all: &'_ [(FieldName, String)]| (name, all.len());
        let (left, right) = (of(names.left, &self.fields.left), of(names.right, &self.fields.right));
        [
            (left.0, left.1, &self.fields.left[..left.1.min(FIELDS)]),
            (right.0, right.1, &self.fields.right[..right.1.min(FIELDS)]),
        ]
    }

    fn selects(&self) -> Vec<Select> {
        vec![
            self.direction(),
            self.policy(),
            self.deletion(false),
            self.deletion(true),
            self.status(),
            self.every(),
        ]
    }

    fn direction(&self) -> Select {
        let Sides { left, right } = self.names();
        Select {
            name: "direction",
            label: "Direction".to_owned(),
            hint: "Within it, rules of the mapping can go one way only.",
            choices: choices(&[
                ("both", "Both ways".to_owned()),
                ("left_to_right", format!("Only from {left} to {right}")),
                ("right_to_left", format!("Only from {right} to {left}")),
            ]),
            value: self.form.direction.clone(),
        }
    }

    fn policy(&self) -> Select {
        let Sides { left, right } = self.names();
        Select {
            name: "policy",
            label: "When both sides changed a field".to_owned(),
            hint: "What it decides by itself stands among the resolved conflicts.",
            choices: choices(&[
                ("newest", "The later change wins".to_owned()),
                ("prefer_left", format!("{left} wins")),
                ("prefer_right", format!("{right} wins")),
                ("ask", "Ask a person".to_owned()),
            ]),
            value: self.form.policy.clone(),
        }
    }

    fn deletion(&self, of_right: bool) -> Select {
        let Sides { left, right } = self.names();
        let (name, here, there, value) = match of_right {
            false => ("deletions_left", left, right, &self.form.deletions.left),
            true => ("deletions_right", right, left, &self.form.deletions.right),
        };
        Select {
            name,
            label: format!("When a record is deleted at {here}"),
            hint: "",
            choices: choices(&[
                ("propagate", format!("Delete it at {there}, ask if it objects")),
                ("force", format!("Delete it at {there}, even if it objects")),
                ("archive", format!("Archive it at {there}, if that can be undone")),
                ("unlink", format!("Keep it at {there}")),
                ("ask", "Ask a person".to_owned()),
            ]),
            value: value.clone(),
        }
    }

    fn status(&self) -> Select {
        Select {
            name: "status",
            label: "Sync status on the records".to_owned(),
            hint: "Written to the status field of each side, where it has one.",
            choices: choices(&[
                ("always", "After every sync, and with every error".to_owned()),
                ("errors", "When an error comes or goes".to_owned()),
                ("off", "Never".to_owned()),
            ]),
            value: self.form.status.clone(),
        }
    }

    fn every(&self) -> Select {
        let mut all = vec![
            (String::new(), format!("As the settings say ({})", self.usual)),
            ("3600".to_owned(), "Every hour".to_owned()),
            ("21600".to_owned(), "Every 6 hours".to_owned()),
            ("86400".to_owned(), "Every day".to_owned()),
            ("604800".to_owned(), "Every week".to_owned()),
            ("0".to_owned(), "Only when asked".to_owned()),
        ];
        let value = &self.form.every;
        if let (false, Ok(seconds)) = (all.iter().any(|(known, _)| known == value), value.parse::<u64>()) {
            all.push((value.clone(), format!("Every {}", text::span(seconds.saturating_mul(1_000)))));
        }
        Select {
            name: "every",
            label: "Compare everything".to_owned(),
            hint: "A safety net: webhooks carry changes over at once.",
            choices: all.into_iter().map(|(value, label)| Choice { value, label }).collect(),
            value: value.clone(),
        }
    }
}

/// The second step: on which terms.
#[derive(Debug, Template)]
#[template(path = "syncs/new.html")]
pub struct TermsPage {
    /// The surroundings.
    pub shell: Shell,
    /// The terms.
    pub terms: Terms,
}

impl TermsPage {
    fn most_rules(&self) -> usize {
        MAPPED
    }
}

/// The settings of a sync.
#[derive(Debug, Template)]
#[template(path = "syncs/settings.html")]
pub struct SettingsPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// The terms.
    pub terms: Terms,
    /// The version that the form was made from.
    pub version: i64,
}

impl SettingsPage {
    fn most_rules(&self) -> usize {
        MAPPED
    }
}
