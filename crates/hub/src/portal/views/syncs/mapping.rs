//! The mapping of a sync as a table people can read, with what is wrong with it beside the rule it is about.

use super::super::text;
use super::ends::{self, End};
use syncline_core::sync::mapping::{Mistake, writes};
use syncline_core::sync::{
    Agreement, Deletion, Direction, Form, Normalise, Policy, Rule, Schema, Side, Sides, StatusPolicy,
};

/// The most rules of a mapping that are drawn as a table.
pub(super) const MAPPED: usize = 20;

/// Which way a rule goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrow {
    /// Both.
    #[default]
    Both,
    /// From the left to the right.
    Right,
    /// From the right to the left.
    Left,
    /// Nowhere: the sync's direction and the rule's own exclude each other.
    Nowhere,
}

impl Arrow {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Both => "↔",
            Self::Right => "→",
            Self::Left => "←",
            Self::Nowhere => "×",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Both => "both ways",
            Self::Right => "from left to right",
            Self::Left => "from right to left",
            Self::Nowhere => "neither way",
        }
    }
}

/// A field, by the name in mappings and as people see it at the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldName {
    /// The name in mappings.
    pub name: String,
    /// The title at the provider; empty where it is the name, or is not known.
    pub title: String,
}

/// Something wrong with an agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MistakeView {
    /// Where, as in the agreement.
    pub at: String,
    /// The field it is about; empty: something else.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl MistakeView {
    /// As a view wants it.
    #[must_use]
    pub fn of(mistake: &Mistake) -> Self {
        Self {
            at: mistake.at.clone(),
            field: mistake.field.clone().unwrap_or_default(),
            message: mistake.message.clone(),
        }
    }

    /// Which rule it is about.
    #[must_use]
    pub fn rule(&self) -> Option<usize> {
        self.at.strip_prefix("rules[")?.split_once(']')?.0.parse().ok()
    }

    /// Whether it is about this part of the agreement.
    pub(super) fn is_at(&self, part: &str) -> bool {
        let rest = self.at.strip_prefix(part);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

/// A rule of the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingRow {
    /// Its name.
    pub name: String,
    /// The fields of each side.
    pub fields: Sides<Vec<FieldName>>,
    /// Which way it goes.
    pub arrow: Arrow,
    /// How one becomes the other.
    pub form: String,
    /// What else is agreed about it.
    pub notes: Vec<String>,
    /// What is wrong with it.
    pub mistakes: Vec<MistakeView>,
}

/// The mapping of an agreement, with the titles of fields as far as they are known.
#[must_use]
pub fn mapping(
    agreement: &Agreement,
    schemas: Sides<&Schema>,
    ends: &Sides<End>,
    mistakes: &[MistakeView],
) -> Vec<MappingRow> {
    let names = ends::names(ends);
    let row = |(place, rule): (usize, &Rule)| MappingRow {
        name: rule.name.clone(),
        fields: Sides::of(|side| rule.fields[side].iter().map(|name| field(schemas[side], name)).collect()),
        arrow: arrow(agreement, rule),
        form: form(rule),
        notes: notes(agreement, rule, &names),
        mistakes: mistakes.iter().filter(|mistake| mistake.rule() == Some(place)).cloned().collect(),
    };
    let mut rows: Vec<MappingRow> = agreement.rules.iter().enumerate().map(row).collect();
    if rows.len() > MAPPED {
        // Those that something is wrong with are seen in any case.
        rows.sort_by_key(|row| row.mistakes.is_empty());
    }
    rows
}

fn field(schema: &Schema, name: &str) -> FieldName {
    let title = schema.get(name).map_or("", |field| field.title.as_str());
    let title = if title == name { "" } else { title };
    FieldName { name: name.to_owned(), title: title.to_owned() }
}

fn arrow(agreement: &Agreement, rule: &Rule) -> Arrow {
    // A constant stands on one side only, and is written there.
    match (writes(agreement, rule, Side::Left), writes(agreement, rule, Side::Right)) {
        (true, true) => Arrow::Both,
        (false, true) => Arrow::Right,
        (true, false) => Arrow::Left,
        (false, false) => Arrow::Nowhere,
    }
}

/// A separator as people read it.
fn between(separator: &str) -> String {
    match separator {
        " " => "a space".to_owned(),
        "\n" => "a line break".to_owned(),
        ",\n" => "a comma and a line break".to_owned(),
        other => format!("“{other}”"),
    }
}

fn form(rule: &Rule) -> String {
    let several = if rule.fields.right.len() > 1 { Side::Right } else { Side::Left };
    match &rule.form {
        Form::Direct => "As it is".to_owned(),
        Form::Join { separator } => {
            format!("{} parts joined by {}", rule.fields[several].len(), between(separator))
        }
        Form::List { separator } => format!("First one, and the rest joined by {}", between(separator)),
        Form::Constant { value } => format!("Always “{value}”"),
        Form::Options { pairs } => match pairs.as_slice() {
            [(left, right)] => format!("“{left}” is “{right}”"),
            pairs => format!("{} choices translated", pairs.len()),
        },
        Form::Date => "As days".to_owned(),
    }
}

fn notes(agreement: &Agreement, rule: &Rule, names: &Sides<String>) -> Vec<String> {
    let mut notes = Vec::new();
    match &rule.normalise {
        Normalise::Trim => {}
        Normalise::Email => notes.push("E-mail addresses, whatever their case".to_owned()),
        Normalise::Phone { region } => {
            notes.push(format!("Phone numbers, without a country code those of {region}"))
        }
    }
    if let Some(place) = agreement.matching.iter().position(|key| key.rule == rule.name) {
        notes.push(format!("Finds the same record, as key {}", place + 1));
    }
    for (side, placeholder) in rule.placeholder.iter().filter(|(_, placeholder)| !placeholder.is_empty()) {
        notes.push(format!("“{placeholder}” stands at {} for what it does not take", names[side]));
    }
    if let Some(policy) = rule.policy {
        notes.push(format!("Both changed: {}", policy_word(policy, names)));
    }
    notes
}

/// Who wins, in words.
pub(super) fn policy_word(policy: Policy, names: &Sides<String>) -> String {
    match policy {
        Policy::Newest => "the later change wins".to_owned(),
        Policy::PreferLeft => format!("{} wins", names.left),
        Policy::PreferRight => format!("{} wins", names.right),
        Policy::Ask => "a person decides".to_owned(),
    }
}

/// What is agreed beside the mapping: label and words.
#[must_use]
pub fn terms(agreement: &Agreement, ends: &Sides<End>, every: &str) -> Vec<(&'static str, String)> {
    let names = ends::names(ends);
    let Sides { left, right } = &names;
    let guard = &agreement.guard;
    let mut terms = vec![
        (
            "Direction",
            match agreement.direction {
                Direction::Both => "Both ways".to_owned(),
                Direction::LeftToRight => format!("Only from {left} to {right}"),
                Direction::RightToLeft => format!("Only from {right} to {left}"),
            },
        ),
        ("Both changed", text::capital(&policy_word(agreement.policy, &names))),
        ("Deleted, left", deletion_word(agreement.deletions.left, left, right)),
        ("Deleted, right", deletion_word(agreement.deletions.right, right, left)),
        (
            "Guard",
            format!(
                "Asks beyond {} % of the linked records within a day, but lets {} pass",
                guard.percent, guard.at_least
            ),
        ),
        (
            "Sync status",
            match agreement.status {
                StatusPolicy::Always => "Written after every sync, and with every error".to_owned(),
                StatusPolicy::Errors => "Written when an error comes or goes".to_owned(),
                StatusPolicy::Off => "Not written".to_owned(),
            },
        ),
        ("Compares all", text::capital(every)),
    ];
    for side in Side::BOTH {
        let party = &agreement.sides[side];
        let named: Vec<String> = [("id of the other", &party.external), ("sync status", &party.status)]
            .into_iter()
            .filter_map(|(what, field)| Some(format!("{what} in {}", field.as_deref()?)))
            .collect();
        let label = if side == Side::Left { "Fields, left" } else { "Fields, right" };
        terms.push((
            label,
            if named.is_empty() { "None of its own".to_owned() } else { text::capital(&named.join(", ")) },
        ));
    }
    terms
}

fn deletion_word(deletion: Deletion, here: &str, there: &str) -> String {
    let then = match deletion {
        Deletion::Propagate => format!("deleted at {there}, too, unless it objects"),
        Deletion::Force => format!("deleted at {there}, too, even if it objects"),
        Deletion::Archive => format!("archived at {there} if that can be undone"),
        Deletion::Unlink => format!("kept at {there}, not synced any more"),
        Deletion::Ask => "a person decides".to_owned(),
    };
    format!("What is deleted at {here}: {then}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_core::sync::{Way, defaults};

    fn seed() -> Agreement {
        defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("it is ready-made")
    }

    fn rows(agreement: &Agreement, mistakes: &[MistakeView]) -> Vec<MappingRow> {
        let (schema, ends) = (Schema::default(), Sides::default());
        mapping(agreement, Sides { left: &schema, right: &schema }, &ends, mistakes)
    }

    #[test]
    fn the_ready_made_mapping_reads_as_sentences() {
        let rows = rows(&seed(), &[]);
        let said: Vec<(&str, &str)> = rows.iter().map(|row| (row.name.as_str(), row.form.as_str())).collect();
        let list = "First one, and the rest joined by a comma and a line break";
        assert_eq!(said, [("name", "2 parts joined by a space"), ("emails", list), ("numbers", list)]);
        assert_eq!(
            rows[1].notes,
            ["E-mail addresses, whatever their case", "Finds the same record, as key 1"]
        );
    }

    #[test]
    fn an_arrow_says_where_something_is_written() {
        let mut agreement = seed();
        let arrow = |agreement: &Agreement| rows(agreement, &[])[0].arrow;
        assert_eq!(arrow(&agreement), Arrow::Both);
        agreement.rules[0].way = Way::RightToLeft;
        assert_eq!(arrow(&agreement), Arrow::Left);
        agreement.direction = Direction::LeftToRight;
        assert_eq!(arrow(&agreement), Arrow::Nowhere);
        agreement.rules[0].way = Way::Both;
        assert_eq!(arrow(&agreement), Arrow::Right);
    }

    #[test]
    fn a_mistake_stands_beside_the_rule_it_is_about() {
        let at = |at: &str| MistakeView { at: at.to_owned(), ..MistakeView::default() };
        let mistakes = [at("rules[1].fields.left[0]"), at("rules[10]"), at("matching[0].rule"), at("rules")];
        let counts: Vec<usize> = rows(&seed(), &mistakes).iter().map(|row| row.mistakes.len()).collect();
        assert_eq!(counts, [0, 1, 0]);
        assert!(
            mistakes[2].is_at("matching") && !mistakes[2].is_at("match") && !mistakes[0].is_at("matching")
        );
    }

    #[test]
    fn of_many_rules_those_with_mistakes_come_first() {
        let mut agreement = seed();
        let rule = agreement.rules[0].clone();
        agreement.rules = (0..MAPPED + 5).map(|n| Rule { name: n.to_string(), ..rule.clone() }).collect();
        let mistake = MistakeView { at: format!("rules[{}]", MAPPED + 2), ..MistakeView::default() };
        let names: Vec<String> = rows(&agreement, &[mistake]).into_iter().map(|row| row.name).collect();
        assert_eq!(names[..3], [(MAPPED + 2).to_string(), "0".to_owned(), "1".to_owned()]);
    }

    #[test]
    fn titles_stand_beside_names_that_differ_from_them() {
        let schema: Schema = serde_json::from_value(serde_json::json!({ "fields": {
            "firstname": { "title": "First name", "kind": "text", "writable": true },
            "lastname": { "title": "lastname", "kind": "text", "writable": true },
        } }))
        .expect("a schema");
        assert_eq!(field(&schema, "firstname").title, "First name");
        assert_eq!(field(&schema, "lastname").title, "");
        assert_eq!(field(&schema, "nothing").title, "");
    }
}
