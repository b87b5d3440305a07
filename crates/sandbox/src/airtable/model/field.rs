//! Fields: every type of Airtable facts 6 with its options.

use crate::airtable::formula::Expr;
use serde_json::Value;
use std::sync::Arc;

/// A field of a table. Its number in the table never changes; a deleted one stays, marked.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Field {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) description: Option<String>,
    pub(in crate::airtable) kind: Kind,
    pub(in crate::airtable) gone: bool,
}

/// One choice of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) struct Choice {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) color: Option<String>,
}

/// A format's name and pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) struct Format {
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) format: String,
}

/// A link to records of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) struct Link {
    /// The other table's number.
    pub(in crate::airtable) table: usize,
    /// The field there that mirrors this one.
    pub(in crate::airtable) inverse: Option<u16>,
    pub(in crate::airtable) single: bool,
}

/// How a rollup sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::airtable) enum Aggregate {
    Sum,
    Max,
    ArrayJoin,
}

/// A field's type and options.
#[derive(Debug, Clone)]
pub(in crate::airtable) enum Kind {
    SingleLineText,
    MultilineText,
    RichText,
    Email,
    Url,
    PhoneNumber,
    Number { precision: u8 },
    Currency { precision: u8, symbol: String },
    Percent { precision: u8 },
    Duration { format: String },
    Rating { icon: String, max: u8, color: String },
    Checkbox { icon: String, color: String },
    Date { format: Format },
    DateTime { date: Format, time: Format, zone: String },
    SingleSelect(Vec<Choice>),
    MultipleSelects(Vec<Choice>),
    SingleCollaborator,
    MultipleCollaborators,
    Links(Link),
    Attachments,
    Barcode,
    AiText,
    Formula { text: String, expr: Arc<Expr>, result: Value },
    Rollup { link: u16, field: u16, how: Aggregate, result: Value },
    Count { link: u16 },
    Lookup { link: u16, field: u16 },
    AutoNumber,
    CreatedTime,
    LastModifiedTime,
    CreatedBy,
    LastModifiedBy,
    Button { label: String },
}

impl Kind {
    /// The type's name on the wire.
    pub(in crate::airtable) fn name(&self) -> &'static str {
        match self {
            Self::SingleLineText => "singleLineText",
            Self::MultilineText => "multilineText",
            Self::RichText => "richText",
            Self::Email => "email",
            Self::Url => "url",
            Self::PhoneNumber => "phoneNumber",
            Self::Number { .. } => "number",
            Self::Currency { .. } => "currency",
            Self::Percent { .. } => "percent",
            Self::Duration { .. } => "duration",
            Self::Rating { .. } => "rating",
            Self::Checkbox { .. } => "checkbox",
            Self::Date { .. } => "date",
            Self::DateTime { .. } => "dateTime",
            Self::SingleSelect(_) => "singleSelect",
            Self::MultipleSelects(_) => "multipleSelects",
            Self::SingleCollaborator => "singleCollaborator",
            Self::MultipleCollaborators => "multipleCollaborators",
            Self::Links(_) => "multipleRecordLinks",
            Self::Attachments => "multipleAttachments",
            Self::Barcode => "barcode",
            Self::AiText => "aiText",
            Self::Formula { .. } => "formula",
            Self::Rollup { .. } => "rollup",
            Self::Count { .. } => "count",
            Self::Lookup { .. } => "multipleLookupValues",
            Self::AutoNumber => "autoNumber",
            Self::CreatedTime => "createdTime",
            Self::LastModifiedTime => "lastModifiedTime",
            Self::CreatedBy => "createdBy",
            Self::LastModifiedBy => "lastModifiedBy",
            Self::Button { .. } => "button",
        }
    }

    /// Whether Airtable works it out and nobody can write it.
    pub(in crate::airtable) fn is_computed(&self) -> bool {
        matches!(
            self,
            Self::AiText
                | Self::Formula { .. }
                | Self::Rollup { .. }
                | Self::Count { .. }
                | Self::Lookup { .. }
                | Self::AutoNumber
                | Self::CreatedTime
                | Self::LastModifiedTime
                | Self::CreatedBy
                | Self::LastModifiedBy
                | Self::Button { .. }
        )
    }

    /// Whether a table's first field can be of this type.
    pub(in crate::airtable) fn can_be_primary(&self) -> bool {
        matches!(
            self,
            Self::SingleLineText
                | Self::MultilineText
                | Self::RichText
                | Self::Email
                | Self::Url
                | Self::PhoneNumber
                | Self::Number { .. }
                | Self::Currency { .. }
                | Self::Percent { .. }
                | Self::Duration { .. }
                | Self::Date { .. }
                | Self::DateTime { .. }
                | Self::Barcode
                | Self::Formula { .. }
                | Self::AutoNumber
        )
    }

    /// The choices of a select.
    pub(in crate::airtable) fn choices(&self) -> Option<&Vec<Choice>> {
        match self {
            Self::SingleSelect(choices) | Self::MultipleSelects(choices) => Some(choices),
            _ => None,
        }
    }

    /// The choices of a select, to add some.
    pub(in crate::airtable) fn choices_mut(&mut self) -> Option<&mut Vec<Choice>> {
        match self {
            Self::SingleSelect(choices) | Self::MultipleSelects(choices) => Some(choices),
            _ => None,
        }
    }

    /// The link, when it is one.
    pub(in crate::airtable) fn link(&self) -> Option<&Link> {
        match self {
            Self::Links(link) => Some(link),
            _ => None,
        }
    }
}
