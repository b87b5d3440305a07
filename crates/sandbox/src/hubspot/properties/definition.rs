//! Definitions and groups as they are kept, and as the API shows them (HubSpot facts 4).

use crate::house::clock::iso;
use serde_json::{Map, Value, json};

/// What a property's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Enumeration,
    Date,
    Datetime,
    Text,
    Number,
    PhoneNumber,
}

impl Type {
    /// Every type, by the name it has on the wire.
    const NAMES: [(Self, &'static str); 7] = [
        (Self::Bool, "bool"),
        (Self::Enumeration, "enumeration"),
        (Self::Date, "date"),
        (Self::Datetime, "datetime"),
        (Self::Text, "string"),
        (Self::Number, "number"),
        (Self::PhoneNumber, "phone_number"),
    ];

    /// The type with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// `string`, …
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("string", |(_, name)| name)
    }

    /// All names.
    pub(crate) fn all_names() -> Vec<&'static str> {
        Self::NAMES.iter().map(|(_, name)| *name).collect()
    }

    /// How its values may be entered.
    pub(crate) fn field_types(self) -> &'static [&'static str] {
        match self {
            Self::Bool => &["booleancheckbox", "calculation_equation"],
            Self::Enumeration => &["booleancheckbox", "checkbox", "radio", "select", "calculation_equation"],
            Self::Date | Self::Datetime => &["date"],
            Self::Text => &["text", "textarea", "file", "html", "phonenumber", "calculation_equation"],
            Self::Number => &["number", "calculation_equation"],
            Self::PhoneNumber => &["phonenumber"],
        }
    }
}

/// How careful one must be with the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sensitivity {
    NonSensitive,
    Sensitive,
    HighlySensitive,
}

impl Sensitivity {
    const NAMES: [(Self, &'static str); 3] = [
        (Self::NonSensitive, "non_sensitive"),
        (Self::Sensitive, "sensitive"),
        (Self::HighlySensitive, "highly_sensitive"),
    ];

    /// The one with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(level, _)| *level)
    }

    /// `non_sensitive`, …
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(level, _)| *level == self).map_or("non_sensitive", |(_, name)| name)
    }
}

/// One option of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) description: String,
    pub(crate) display_order: i64,
    pub(crate) hidden: bool,
}

/// Rules that only some of the text properties have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Whatever the type lets in.
    Plain,
    /// An e-mail address.
    Email,
    /// E-mail addresses with `;` between them.
    Emails,
    /// A company's domain.
    Domain,
    /// The id of an owner.
    Owner,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the vendor's own")]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) group: String,
    pub(crate) kind: Type,
    pub(crate) field_type: String,
    pub(crate) options: Vec<Choice>,
    pub(crate) format: Format,
    pub(crate) display_order: i64,
    pub(crate) unique: bool,
    pub(crate) hidden: bool,
    pub(crate) form_field: bool,
    pub(crate) external_options: bool,
    pub(crate) formula: Option<String>,
    pub(crate) referenced_type: Option<String>,
    pub(crate) sensitivity: Sensitivity,
    /// Whether HubSpot made it, not the account.
    pub(crate) hubspot_defined: bool,
    /// Whether its values are HubSpot's to write.
    pub(crate) read_only_value: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) archived_at: Option<i64>,
    /// Since when it is to be read: a new definition is not at once.
    pub(crate) readable_at: i64,
    pub(crate) created_by: u64,
    pub(crate) updated_by: u64,
}

impl Definition {
    /// Whether its values follow from others.
    pub(crate) fn calculated(&self) -> bool {
        self.field_type.starts_with("calculation_")
    }

    /// Whether a value may be several options with `;` between them.
    pub(crate) fn is_multiple(&self) -> bool {
        self.kind == Type::Enumeration && self.field_type == "checkbox"
    }

    /// As the API shows it; results of a batch create have no timestamps.
    pub(crate) fn show(&self, timestamps: bool) -> Value {
        let mut shown = self.shown();
        if timestamps {
            shown.insert("createdAt".to_owned(), json!(iso(self.created_at)));
            shown.insert("updatedAt".to_owned(), json!(iso(self.updated_at)));
        }
        if let Some(at) = self.archived_at {
            shown.insert("archivedAt".to_owned(), json!(iso(at)));
        }
        if self.hubspot_defined {
            shown.insert("hubspotDefined".to_owned(), json!(true));
        } else {
            shown.insert("createdUserId".to_owned(), json!(self.created_by.to_string()));
            shown.insert("updatedUserId".to_owned(), json!(self.updated_by.to_string()));
        }
        if let Some(formula) = &self.formula {
            shown.insert("calculationFormula".to_owned(), json!(formula));
        }
        if let Some(referenced) = &self.referenced_type {
            shown.insert("referencedObjectType".to_owned(), json!(referenced));
        }
        Value::Object(shown)
    }

    fn shown(&self) -> Map<String, Value> {
        let options: Vec<Value> = self.options.iter().map(Choice::show).collect();
        let shown = json!({
            "name": self.name, "label": self.label, "type": self.kind.name(), "fieldType": self.field_type,
            "description": self.description, "groupName": self.group, "options": options,
            "displayOrder": self.display_order, "calculated": self.calculated(),
            "externalOptions": self.external_options, "archived": self.archived_at.is_some(),
            "hasUniqueValue": self.unique, "hidden": self.hidden,
            "modificationMetadata": {
                "archivable": !self.hubspot_defined, "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.read_only_value || self.calculated(),
            },
            "formField": self.form_field, "dataSensitivity": self.sensitivity.name(),
        });
        match shown {
            Value::Object(shown) => shown,
            _ => Map::new(),
        }
    }
}

impl Choice {
    fn show(&self) -> Value {
        json!({
            "label": self.label, "value": self.value, "description": self.description,
            "displayOrder": self.display_order, "hidden": self.hidden,
        })
    }
}

/// A group of definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) display_order: i64,
}

impl Group {
    /// As the API shows it. Archived groups are never shown.
    pub(crate) fn show(&self) -> Value {
        json!({
            "name": self.name, "label": self.label, "displayOrder": self.display_order, "archived": false,
        })
    }
}
