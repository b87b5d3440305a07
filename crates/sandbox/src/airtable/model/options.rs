//! A field's options on the wire, out and in (Airtable facts 4 and 6).

use super::base::Base;
use super::field::{Choice, Field, Format, Kind, Link};
use super::plan;
use super::zone;
use crate::house::Dice;
use serde_json::{Value, json};

/// A field as `GET …/tables` shows it.
pub(in crate::airtable) fn field_json(base: &Base, table: usize, field: &Field) -> Value {
    let mut json = json!({ "id": field.id, "name": field.name, "type": field.kind.name() });
    if let Some(description) = &field.description {
        json["description"] = json!(description);
    }
    let mut options = options(base, table, &field.kind);
    if let (Some(valid), Some(slot)) = (options.get_mut("isValid"), base.tables[table].field(&field.id)) {
        *valid = json!(base.is_valid(table, slot));
    }
    if !options.is_null() {
        json["options"] = options;
    }
    json
}

fn options(base: &Base, table: usize, kind: &Kind) -> Value {
    let id = |table: usize, field: u16| base.tables[table].fields[usize::from(field)].id.clone();
    let linked = |link: u16| base.tables[table].kind(link).link().map_or(table, |link| link.table);
    match kind {
        Kind::Number { precision } | Kind::Percent { precision } => json!({ "precision": precision }),
        Kind::Currency { precision, symbol } => json!({ "precision": precision, "symbol": symbol }),
        Kind::Duration { format } => json!({ "durationFormat": format }),
        Kind::Rating { icon, max, color } => json!({ "icon": icon, "max": max, "color": color }),
        Kind::Checkbox { icon, color } => json!({ "icon": icon, "color": color }),
        Kind::Date { format } => json!({ "dateFormat": format_json(format) }),
        Kind::DateTime { date, time, zone } => {
            json!({ "dateFormat": format_json(date), "timeFormat": format_json(time), "timeZone": zone })
        }
        Kind::SingleSelect(choices) | Kind::MultipleSelects(choices) => {
            json!({ "choices": choices.iter().map(choice_json).collect::<Vec<_>>() })
        }
        Kind::Links(link) => link_json(base, link),
        Kind::Attachments => json!({ "isReversed": false }),
        Kind::Formula { text, expr, result } => {
            let referenced: Vec<String> = expr.fields().into_iter().map(|field| id(table, field)).collect();
            json!({ "isValid": true, "formula": text, "referencedFieldIds": referenced, "result": result })
        }
        Kind::Rollup { link, field, result, .. } => json!({
            "isValid": true, "recordLinkFieldId": id(table, *link), "fieldIdInLinkedTable": id(linked(*link), *field),
            "referencedFieldIds": [], "result": result,
        }),
        Kind::Count { link } => json!({ "isValid": true, "recordLinkFieldId": id(table, *link) }),
        Kind::Lookup { link, field } => {
            let other = linked(*link);
            let kind = base.tables[other].kind(*field);
            json!({
                "isValid": true, "recordLinkFieldId": id(table, *link), "fieldIdInLinkedTable": id(other, *field),
                "result": result_json(base, other, kind),
            })
        }
        Kind::CreatedTime => json!({ "result": moment_json() }),
        Kind::LastModifiedTime => {
            json!({ "isValid": true, "referencedFieldIds": [], "result": moment_json() })
        }
        Kind::AiText => json!({ "prompt": ["A sentence about ", { "field": { "fieldId": id(table, 0) } }],
            "referencedFieldIds": [id(table, 0)] }),
        _ => Value::Null,
    }
}

fn result_json(base: &Base, table: usize, kind: &Kind) -> Value {
    let options = options(base, table, kind);
    if options.is_null() {
        json!({ "type": kind.name() })
    } else {
        json!({ "type": kind.name(), "options": options })
    }
}

fn link_json(base: &Base, link: &Link) -> Value {
    let other = &base.tables[link.table];
    let mut json = json!({
        "linkedTableId": other.id, "isReversed": false, "prefersSingleRecordLink": link.single,
    });
    if let Some(inverse) = link.inverse {
        json["inverseLinkFieldId"] = json!(other.fields[usize::from(inverse)].id);
    }
    json
}

fn moment_json() -> Value {
    json!({ "type": "dateTime", "options": {
        "dateFormat": { "name": "local", "format": "l" },
        "timeFormat": { "name": "12hour", "format": "h:mma" }, "timeZone": "client",
    } })
}

fn choice_json(choice: &Choice) -> Value {
    let mut json = json!({ "id": choice.id, "name": choice.name });
    if let Some(color) = &choice.color {
        json["color"] = json!(color);
    }
    json
}

fn format_json(format: &Format) -> Value {
    json!({ "name": format.name, "format": format.format })
}

/// What a field to create is.
#[derive(Debug, Clone)]
pub(in crate::airtable) enum Wanted {
    Plain(Kind),
    /// A link to the table with this number; its other side is created too.
    Link {
        table: usize,
        single: bool,
    },
}

/// Why a field cannot be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) enum Unfit {
    /// The options are wrong: the reason.
    Options(String),
    /// The API does not create fields of this type.
    Unsupported,
}

/// Reads a field's type and options.
///
/// # Errors
/// Why it cannot be created.
pub(in crate::airtable) fn read(
    base: &Base,
    kind: &str,
    options: &Value,
    dice: &mut Dice,
) -> Result<Wanted, Unfit> {
    let precision = |most| number(options, "precision", 0, most);
    let kind = match kind {
        "singleLineText" => Kind::SingleLineText,
        "multilineText" => Kind::MultilineText,
        "richText" => Kind::RichText,
        "email" => Kind::Email,
        "url" => Kind::Url,
        "phoneNumber" => Kind::PhoneNumber,
        "number" => Kind::Number { precision: precision(8)? },
        "percent" => Kind::Percent { precision: precision(8)? },
        "currency" => Kind::Currency { precision: precision(7)?, symbol: text(options, "symbol")? },
        "duration" => Kind::Duration { format: text(options, "durationFormat")? },
        "rating" => Kind::Rating {
            icon: text(options, "icon")?,
            max: number(options, "max", 1, 10)?,
            color: text(options, "color")?,
        },
        "checkbox" => Kind::Checkbox { icon: text(options, "icon")?, color: text(options, "color")? },
        "date" => Kind::Date { format: format(options, "dateFormat")? },
        "dateTime" => Kind::DateTime {
            date: format(options, "dateFormat")?,
            time: format(options, "timeFormat")?,
            zone: text(options, "timeZone").and_then(|name| match zone::zone(&name) {
                Some(_) => Ok(name),
                None => Err(Unfit::Options(format!("{name} is no time zone"))),
            })?,
        },
        "singleSelect" => Kind::SingleSelect(choices(options, dice)?),
        "multipleSelects" => Kind::MultipleSelects(choices(options, dice)?),
        "singleCollaborator" => Kind::SingleCollaborator,
        "multipleCollaborators" => Kind::MultipleCollaborators,
        "multipleAttachments" => Kind::Attachments,
        "barcode" => Kind::Barcode,
        "multipleRecordLinks" => return link(base, options),
        "aiText"
        | "formula"
        | "rollup"
        | "count"
        | "multipleLookupValues"
        | "autoNumber"
        | "createdTime"
        | "lastModifiedTime"
        | "createdBy"
        | "lastModifiedBy"
        | "button"
        | "externalSyncSource" => {
            return Err(Unfit::Unsupported);
        }
        other => return Err(Unfit::Options(format!("{other} is no type of field"))),
    };
    Ok(Wanted::Plain(kind))
}

fn link(base: &Base, options: &Value) -> Result<Wanted, Unfit> {
    let id = text(options, "linkedTableId")?;
    let known = base.live_tables().find(|(_, table)| table.id == id);
    let (table, _) = known.ok_or_else(|| Unfit::Options(format!("There is no table {id}")))?;
    let single = options["prefersSingleRecordLink"].as_bool().unwrap_or(false);
    Ok(Wanted::Link { table, single })
}

fn text(options: &Value, key: &str) -> Result<String, Unfit> {
    options[key]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Unfit::Options(format!("options.{key} is missing")))
}

fn number(options: &Value, key: &str, least: u8, most: u8) -> Result<u8, Unfit> {
    let number = options[key].as_u64().and_then(|number| u8::try_from(number).ok());
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Unfit::Options(format!("options.{key} must be a whole number from {least} to {most}")))
}

/// The formats of dates and times Airtable knows.
const FORMATS: [(&str, &str); 7] = [
    ("local", "l"),
    ("friendly", "LL"),
    ("us", "M/D/YYYY"),
    ("european", "D/M/YYYY"),
    ("iso", "YYYY-MM-DD"),
    ("12hour", "h:mma"),
    ("24hour", "HH:mm"),
];

/// A format by its name.
pub(in crate::airtable) fn known_format(name: &str) -> Option<Format> {
    let (name, format) = FORMATS.into_iter().find(|(known, _)| *known == name)?;
    Some(Format { name: name.to_owned(), format: format.to_owned() })
}

fn format(options: &Value, key: &str) -> Result<Format, Unfit> {
    let wrong = || Unfit::Options(format!("options.{key} must have the name of a format"));
    known_format(options[key]["name"].as_str().ok_or_else(wrong)?).ok_or_else(wrong)
}

fn choices(options: &Value, dice: &mut Dice) -> Result<Vec<Choice>, Unfit> {
    let wrong =
        || Unfit::Options("options.choices must be a list of choices with different names".to_owned());
    let mut choices: Vec<Choice> = Vec::new();
    for value in options["choices"].as_array().ok_or_else(wrong)? {
        let name = value["name"].as_str().filter(|name| !name.is_empty()).ok_or_else(wrong)?;
        if choices.iter().any(|choice| choice.name == name) {
            return Err(wrong());
        }
        let mut choice = plan::choice(name.to_owned(), choices.len(), dice);
        if let Some(color) = value["color"].as_str() {
            choice.color = Some(color.to_owned());
        }
        choices.push(choice);
    }
    Ok(choices)
}
