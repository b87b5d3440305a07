//! Properties of data sources, and how they are answered (Notion facts 6).

use super::state::State;
use crate::notion::id::Id;
use crate::notion::version::Version;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// What is percent-encoded in the ids of properties: what a browser's `encodeURIComponent` encodes.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    /// Where rows keep its values. Never used again.
    pub(crate) slot: u16,
    /// Not percent-encoded.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Title,
    RichText,
    Number(String),
    Select(Vec<Choice>),
    MultiSelect(Vec<Choice>),
    Status(Vec<Choice>, [String; 3]),
    Date,
    People,
    Files,
    Checkbox,
    Url,
    Email,
    PhoneNumber,
    Place,
    Verification,
    Relation(Link),
    Formula(String),
    Rollup(Roll),
    UniqueId(Option<String>),
    CreatedTime,
    CreatedBy,
    LastEditedTime,
    LastEditedBy,
    Button,
}

/// An option of a select, multi-select or status.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    /// What rows remember.
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) color: String,
    pub(crate) description: Option<String>,
    /// Which of a status's three groups.
    pub(crate) group: u8,
}

/// A relation's other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) source: Id,
    /// The slot there that mirrors it, for two-way relations.
    pub(crate) synced: Option<u16>,
}

/// A rollup: what is gathered from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roll {
    pub(crate) function: String,
    /// The slot of the relation.
    pub(crate) relation: u16,
    /// The slot of the property at its other end.
    pub(crate) target: u16,
}

/// The three groups of every status.
pub(crate) const GROUPS: [(&str, &str); 3] =
    [("To-do", "gray"), ("In progress", "blue"), ("Complete", "green")];

impl Kind {
    /// `rich_text`
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::RichText => "rich_text",
            Self::Number(_) => "number",
            Self::Select(_) => "select",
            Self::MultiSelect(_) => "multi_select",
            Self::Status(..) => "status",
            Self::Date => "date",
            Self::People => "people",
            Self::Files => "files",
            Self::Checkbox => "checkbox",
            Self::Url => "url",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::Place => "place",
            Self::Verification => "verification",
            Self::Relation(_) => "relation",
            Self::Formula(_) => "formula",
            Self::Rollup(_) => "rollup",
            Self::UniqueId(_) => "unique_id",
            Self::CreatedTime => "created_time",
            Self::CreatedBy => "created_by",
            Self::LastEditedTime => "last_edited_time",
            Self::LastEditedBy => "last_edited_by",
            Self::Button => "button",
        }
    }

    /// Whether nobody writes it: it is computed.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(
            self,
            Self::Formula(_)
                | Self::Rollup(_)
                | Self::UniqueId(_)
                | Self::CreatedTime
                | Self::CreatedBy
                | Self::LastEditedTime
                | Self::LastEditedBy
                | Self::Button
        )
    }

    /// The options, where it has some.
    pub(crate) fn choices(&self) -> &[Choice] {
        match self {
            Self::Select(choices) | Self::MultiSelect(choices) | Self::Status(choices, _) => choices,
            _ => &[],
        }
    }

    /// The same, to change.
    pub(crate) fn choices_mut(&mut self) -> Option<&mut Vec<Choice>> {
        match self {
            Self::Select(choices) | Self::MultiSelect(choices) | Self::Status(choices, _) => Some(choices),
            _ => None,
        }
    }
}

impl Property {
    /// Its id as it is answered.
    pub(crate) fn written_id(&self) -> String {
        utf8_percent_encode(&self.id, &ENCODED).to_string()
    }

    /// Whether `key` is its id, percent-encoded or not.
    pub(crate) fn is_id(&self, key: &str) -> bool {
        self.id == key || percent_decode_str(key).decode_utf8().is_ok_and(|plain| plain == self.id)
    }

    /// Its configuration as it is answered.
    pub(crate) fn render(&self, state: &State, source: Id, version: Version) -> Value {
        let kind = self.kind.name();
        let mut map = Map::new();
        map.insert("id".to_owned(), self.written_id().into());
        map.insert("name".to_owned(), self.name.as_str().into());
        map.insert("description".to_owned(), json!(self.description));
        map.insert("type".to_owned(), kind.into());
        map.insert(kind.to_owned(), self.configuration(state, source, version));
        Value::Object(map)
    }

    fn configuration(&self, state: &State, source: Id, version: Version) -> Value {
        match &self.kind {
            Kind::Number(format) => json!({ "format": format }),
            Kind::Select(choices) | Kind::MultiSelect(choices) => {
                json!({ "options": choices.iter().map(Choice::render_with_description).collect::<Vec<_>>() })
            }
            Kind::Status(choices, groups) => json!({
                "options": choices.iter().map(Choice::render_with_description).collect::<Vec<_>>(),
                "groups": render_groups(choices, groups),
            }),
            Kind::Formula(expression) => json!({ "expression": expression }),
            Kind::UniqueId(prefix) => json!({ "prefix": prefix }),
            Kind::Relation(link) => render_link(state, *link, version),
            Kind::Rollup(roll) => render_roll(state, source, roll),
            _ => json!({}),
        }
    }
}

impl Choice {
    /// As a value.
    pub(crate) fn render(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "color": self.color })
    }

    fn render_with_description(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "color": self.color, "description": self.description })
    }
}

fn render_groups(choices: &[Choice], ids: &[String; 3]) -> Value {
    let groups = GROUPS.iter().zip(ids).zip(0_u8..).map(|(((name, color), id), group)| {
        let options: Vec<&str> =
            choices.iter().filter(|choice| choice.group == group).map(|choice| choice.id.as_str()).collect();
        json!({ "id": id, "name": name, "color": color, "option_ids": options })
    });
    Value::Array(groups.collect())
}

fn render_link(state: &State, link: Link, version: Version) -> Value {
    let other = state.sources.get(&link.source);
    let mut config = Map::new();
    config.insert("database_id".to_owned(), json!(other.map(|other| other.database)));
    if !version.is_old() {
        config.insert("data_source_id".to_owned(), json!(link.source));
    }
    let synced = link.synced.and_then(|slot| other?.in_slot(slot));
    match synced {
        Some(property) => {
            config.insert("type".to_owned(), "dual_property".into());
            config.insert(
                "dual_property".to_owned(),
                json!({ "synced_property_id": property.written_id(), "synced_property_name": property.name }),
            );
        }
        None => {
            config.insert("type".to_owned(), "single_property".into());
            config.insert("single_property".to_owned(), json!({}));
        }
    }
    Value::Object(config)
}

fn render_roll(state: &State, source: Id, roll: &Roll) -> Value {
    let relation = state.sources.get(&source).and_then(|source| source.in_slot(roll.relation));
    let target = relation.and_then(|relation| match relation.kind {
        Kind::Relation(link) => state.sources.get(&link.source)?.in_slot(roll.target),
        _ => None,
    });
    json!({
        "function": roll.function,
        "relation_property_id": relation.map(Property::written_id),
        "relation_property_name": relation.map(|relation| relation.name.as_str()),
        "rollup_property_id": target.map(Property::written_id),
        "rollup_property_name": target.map(|target| target.name.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_answered_percent_encoded_and_taken_either_way() {
        let property = Property {
            slot: 1,
            id: ":aB?".to_owned(),
            name: "x".to_owned(),
            description: None,
            kind: Kind::Date,
        };
        assert_eq!(property.written_id(), "%3AaB%3F");
        assert!(property.is_id("%3AaB%3F") && property.is_id(":aB?") && !property.is_id("aB"));
    }
}
