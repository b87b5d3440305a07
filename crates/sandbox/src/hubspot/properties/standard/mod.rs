//! The definitions every account has. Their names, types and options are HubSpot's; the facts name the ones clients rely
//! on, the rest make the lists as long and as mixed as real ones.

mod companies;
mod contacts;
mod deals;
mod others;

use super::definition::{Choice, Definition, Format, Group, Sensitivity, Type};
use super::table::Table;
use crate::hubspot::state::CustomType;
use crate::hubspot::types::TypeId;
use Shape::{Number, Text};
use std::collections::BTreeMap;

/// Type and field type of a standard property, with its options.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Text,
    Area,
    Html,
    Phone,
    Number,
    /// Counted by HubSpot.
    Rollup,
    Date,
    Datetime,
    Bool,
    Select(Options),
    Radio(Options),
    Checks(Options),
    Email,
    Emails,
    Domain,
    Owner,
}

/// Value and label of each option.
type Options = &'static [(&'static str, &'static str)];

/// Who writes the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    Open,
    ReadOnly,
}

/// Name, label, shape, and who writes it.
type Row = (&'static str, &'static str, Shape, Rights);

/// Groups: name, label, and what is in them.
type Groups = &'static [(&'static str, &'static str, &'static [Row])];

/// The definitions of HubSpot's own types.
pub(super) fn tables(now: i64) -> BTreeMap<TypeId, Table> {
    let mut tables = BTreeMap::from([
        (TypeId::CONTACT, table(now, contacts::GROUPS)),
        (TypeId::COMPANY, table(now, companies::GROUPS)),
        (TypeId::DEAL, table(now, deals::GROUPS)),
    ]);
    for (name, groups) in others::TYPES {
        if let Some(id) = TypeId::named(name) {
            tables.insert(id, table(now, groups));
        }
    }
    tables
}

/// The definitions an account's own type begins with.
pub(super) fn of_custom(now: i64, kind: &CustomType) -> Table {
    let mut table = table(now, others::COMMON);
    let group = format!("{}_information", kind.name);
    table.groups.insert(
        group.clone(),
        Group { name: group.clone(), label: format!("{} information", kind.singular), display_order: -1 },
    );
    if kind.name == "mock_exams" {
        for row in others::MOCK_EXAM {
            let mut made = definition(now, &group, row);
            made.hubspot_defined = false;
            made.unique = row.0 == "mock_exam_id";
            table.live.insert(made.name.clone(), made);
        }
    }
    table
}

fn table(now: i64, groups: Groups) -> Table {
    let mut table = Table::default();
    for (order, (name, label, rows)) in (0..).zip(groups) {
        let group = Group { name: (*name).to_owned(), label: (*label).to_owned(), display_order: order };
        table.groups.insert(group.name.clone(), group);
        for row in *rows {
            let made = definition(now, name, row);
            table.live.insert(made.name.clone(), made);
        }
    }
    table
}

fn definition(now: i64, group: &str, (name, label, shape, rights): &Row) -> Definition {
    let (kind, field_type, format) = wire(*shape);
    let owner = format == Format::Owner;
    Definition {
        name: (*name).to_owned(),
        label: (*label).to_owned(),
        description: String::new(),
        group: group.to_owned(),
        kind,
        field_type: field_type.to_owned(),
        options: options(*shape),
        format,
        display_order: -1,
        unique: *name == "hs_object_id",
        hidden: false,
        form_field: *rights == Rights::Open && !owner,
        external_options: owner || format == Format::Emails,
        formula: None,
        referenced_type: owner.then(|| "OWNER".to_owned()),
        sensitivity: Sensitivity::NonSensitive,
        hubspot_defined: true,
        read_only_value: *rights == Rights::ReadOnly,
        created_at: now,
        updated_at: now,
        archived_at: None,
        readable_at: now,
        created_by: 0,
        updated_by: 0,
    }
}

fn wire(shape: Shape) -> (Type, &'static str, Format) {
    match shape {
        Text => (Type::Text, "text", Format::Plain),
        Shape::Area => (Type::Text, "textarea", Format::Plain),
        Shape::Html => (Type::Text, "html", Format::Plain),
        Shape::Phone => (Type::Text, "phonenumber", Format::Plain),
        Number => (Type::Number, "number", Format::Plain),
        Shape::Rollup => (Type::Number, "calculation_rollup", Format::Plain),
        Shape::Date => (Type::Date, "date", Format::Plain),
        Shape::Datetime => (Type::Datetime, "date", Format::Plain),
        Shape::Bool => (Type::Bool, "booleancheckbox", Format::Plain),
        Shape::Select(_) => (Type::Enumeration, "select", Format::Plain),
        Shape::Radio(_) => (Type::Enumeration, "radio", Format::Plain),
        Shape::Checks(_) => (Type::Enumeration, "checkbox", Format::Plain),
        Shape::Email => (Type::Text, "text", Format::Email),
        Shape::Emails => (Type::Enumeration, "checkbox", Format::Emails),
        Shape::Domain => (Type::Text, "text", Format::Domain),
        Shape::Owner => (Type::Enumeration, "select", Format::Owner),
    }
}

fn options(shape: Shape) -> Vec<Choice> {
    let list = match shape {
        Shape::Select(list) | Shape::Radio(list) | Shape::Checks(list) => list,
        Shape::Bool => &[("true", "Yes"), ("false", "No")],
        _ => &[],
    };
    (0..)
        .zip(list)
        .map(|(display_order, (value, label))| Choice {
            label: (*label).to_owned(),
            value: (*value).to_owned(),
            description: String::new(),
            display_order,
            hidden: false,
        })
        .collect()
}
