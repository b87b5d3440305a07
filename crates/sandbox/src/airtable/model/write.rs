//! JSON into cells: what each type of field takes, and what `typecast` makes of the rest (Airtable facts 5 and 6).

use super::base::{Base, World};
use super::cell::{Attachment, Cell};
use super::field::{Choice, Field, Kind, Link};
use super::plan::{Fetch, Plan};
use super::zone;
use crate::airtable::ids::{self, RecordId};
use crate::airtable::problem::Problem;
use crate::airtable::settings::Errors;
use crate::house::Dice;
use serde_json::{Map, Value};

/// The longest text of a cell.
const LONGEST: usize = 100_000;

/// Reads the values of a request into a plan.
pub(in crate::airtable) struct Writer<'a> {
    pub(in crate::airtable) world: &'a World,
    pub(in crate::airtable) base: &'a Base,
    pub(in crate::airtable) errors: &'a Errors,
    pub(in crate::airtable) typecast: bool,
    pub(in crate::airtable) plan: &'a mut Plan,
    pub(in crate::airtable) dice: &'a mut Dice,
}

/// Why a value is not taken, before it is put in Airtable's words.
enum Refusal {
    Unfit,
    Told(Problem),
}

type Taken = Result<Option<Cell>, Refusal>;

impl Writer<'_> {
    /// The cells of one record's `fields`. `row` is the number of the row they will be written to, where there is one.
    ///
    /// # Errors
    /// What Airtable answers.
    pub(in crate::airtable) fn cells(
        &mut self,
        fields: &Map<String, Value>,
        row: Option<u32>,
    ) -> Result<Vec<(u16, Option<Cell>)>, Problem> {
        let table = &self.base.tables[self.plan.table];
        let mut cells = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let slot = table.field(name).ok_or_else(|| unknown_field(self.errors, name))?;
            cells.push((slot, self.cell(slot, value, row)?));
        }
        Ok(cells)
    }

    /// One cell.
    ///
    /// # Errors
    /// What Airtable answers.
    pub(in crate::airtable) fn cell(
        &mut self,
        slot: u16,
        value: &Value,
        row: Option<u32>,
    ) -> Result<Option<Cell>, Problem> {
        let field = &self.base.tables[self.plan.table].fields[usize::from(slot)];
        let words = &self.errors.invalid_value;
        let name = &field.name;
        if field.kind.is_computed() {
            let message = format!("Field \"{name}\" cannot accept a value because the field is computed");
            return Err(Problem::worded(words, message));
        }
        if value.is_null() {
            return Ok(None);
        }
        self.take(slot, field, value, row).map_err(|refusal| match refusal {
            Refusal::Unfit => {
                Problem::worded(words, format!("Field \"{name}\" cannot accept the provided value"))
            }
            Refusal::Told(problem) => problem,
        })
    }

    fn take(&mut self, slot: u16, field: &Field, value: &Value, row: Option<u32>) -> Taken {
        match &field.kind {
            Kind::Number { .. } | Kind::Currency { .. } | Kind::Percent { .. } | Kind::Duration { .. } => {
                self.number(&field.kind, value)
            }
            Kind::Rating { max, .. } => match self.number(&field.kind, value)? {
                Some(Cell::Number(stars))
                    if stars.fract() == 0.0 && stars >= 1.0 && stars <= f64::from(*max) =>
                {
                    Ok(Some(Cell::Number(stars)))
                }
                None => Ok(None),
                _ => Err(Refusal::Unfit),
            },
            Kind::Checkbox { .. } => self.checkbox(value),
            Kind::Date { .. } => self.date(value),
            Kind::DateTime { zone, .. } => self.moment(value, zone),
            Kind::SingleSelect(choices) => self.choice(slot, choices, value),
            Kind::MultipleSelects(choices) => self.choices(slot, choices, value),
            Kind::SingleCollaborator => self.user(value).map(|user| user.map(Cell::User)),
            Kind::MultipleCollaborators => self.users(value),
            Kind::Links(link) => self.links(link, value),
            Kind::Attachments => self.attachments(slot, value, row),
            Kind::Barcode => self.barcode(value),
            _ => self.text(value),
        }
    }

    fn text(&self, value: &Value) -> Taken {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) if self.typecast => value.to_string(),
            Value::Array(values) if self.typecast => {
                let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
                texts.ok_or(Refusal::Unfit)?.join(", ")
            }
            _ => return Err(Refusal::Unfit),
        };
        if text.chars().count() > LONGEST {
            return Err(Refusal::Unfit);
        }
        Ok((!text.is_empty()).then(|| Cell::Text(text.into_boxed_str())))
    }

    fn number(&self, kind: &Kind, value: &Value) -> Taken {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if self.typecast => match guess_number(kind, text) {
                None if text.trim().is_empty() => return Ok(None),
                number => number,
            },
            _ => None,
        };
        let number = number.filter(|number| number.is_finite()).ok_or(Refusal::Unfit)?;
        Ok(Some(Cell::Number(number)))
    }

    fn checkbox(&self, value: &Value) -> Taken {
        let checked = match value {
            Value::Bool(checked) => *checked,
            Value::String(text) if self.typecast => {
                matches!(text.trim().to_lowercase().as_str(), "true" | "checked" | "1" | "yes" | "on")
            }
            Value::Number(number) if self.typecast => number.as_f64() != Some(0.0),
            _ => return Err(Refusal::Unfit),
        };
        Ok(checked.then_some(Cell::Checked))
    }

    fn date(&self, value: &Value) -> Taken {
        let text = value.as_str().ok_or(Refusal::Unfit)?;
        if text.trim().is_empty() && self.typecast {
            return Ok(None);
        }
        let date = zone::parse_date(text).or_else(|| zone::guess_date(text).filter(|_| self.typecast));
        date.map(|date| Some(Cell::Date(zone::day_number(date)))).ok_or(Refusal::Unfit)
    }

    fn moment(&self, value: &Value, field_zone: &str) -> Taken {
        let text = value.as_str().ok_or(Refusal::Unfit)?;
        if text.trim().is_empty() && self.typecast {
            return Ok(None);
        }
        let in_zone = zone::zone(field_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let guessed = || {
            let date = zone::guess_date(text).filter(|_| self.typecast)?;
            zone::parse_moment(&date.to_string(), &in_zone)
        };
        zone::parse_moment(text, &in_zone)
            .or_else(guessed)
            .map(|ms| Some(Cell::Time(ms)))
            .ok_or(Refusal::Unfit)
    }

    fn choice(&mut self, slot: u16, choices: &[Choice], value: &Value) -> Taken {
        let name = value.as_str().ok_or(Refusal::Unfit)?;
        if name.is_empty() {
            return Ok(None);
        }
        self.find_choice(slot, choices, name).map(|choice| Some(Cell::Choice(choice)))
    }

    fn choices(&mut self, slot: u16, choices: &[Choice], value: &Value) -> Taken {
        let names: Vec<&str> = match value {
            Value::Array(names) => {
                names.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Refusal::Unfit)?
            }
            Value::String(names) if self.typecast => {
                names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
            }
            _ => return Err(Refusal::Unfit),
        };
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            let choice = self.find_choice(slot, choices, name)?;
            if !found.contains(&choice) {
                found.push(choice);
            }
        }
        Ok((!found.is_empty()).then(|| Cell::Choices(found.into_boxed_slice())))
    }

    /// A choice by its name, one that this request adds included.
    fn find_choice(&mut self, slot: u16, choices: &[Choice], name: &str) -> Result<u32, Refusal> {
        let table = self.plan.table;
        let mut added = self.plan.choices.iter().filter(|choice| (choice.0, choice.1) == (table, slot));
        let known = choices.iter().map(|choice| choice.name.as_str());
        let wanted = if self.typecast { name.trim() } else { name };
        let position =
            known.chain(added.by_ref().map(|choice| choice.2.as_str())).position(|known| known == wanted);
        if let Some(position) = position {
            return Ok(u32::try_from(position).unwrap_or(0));
        }
        if !self.typecast || wanted.is_empty() {
            return Err(Refusal::Told(Problem::typed(
                422,
                "INVALID_MULTIPLE_CHOICE_OPTIONS",
                format!("Insufficient permissions to create new select option \"\"{name}\"\""),
            )));
        }
        let mine = self.plan.choices.iter().filter(|choice| (choice.0, choice.1) == (table, slot)).count();
        self.plan.choices.push((table, slot, wanted.to_owned()));
        Ok(u32::try_from(choices.len() + mine).unwrap_or(0))
    }

    fn user(&self, value: &Value) -> Result<Option<u32>, Refusal> {
        let find = |text: &str| self.world.user(text).and_then(|user| u32::try_from(user).ok());
        let found = match value {
            Value::Object(user) => {
                let key = user.get("id").or_else(|| user.get("email")).and_then(Value::as_str);
                find(key.ok_or(Refusal::Unfit)?)
            }
            Value::String(text) if self.typecast => find(text),
            _ => None,
        };
        found.map(Some).ok_or(Refusal::Unfit)
    }

    fn users(&self, value: &Value) -> Taken {
        let values = value.as_array().ok_or(Refusal::Unfit)?;
        let mut users = Vec::with_capacity(values.len());
        for value in values {
            let user = match value {
                Value::String(text) => self.world.user(text).and_then(|user| u32::try_from(user).ok()),
                value => self.user(value)?,
            };
            let user = user.ok_or(Refusal::Unfit)?;
            if !users.contains(&user) {
                users.push(user);
            }
        }
        Ok((!users.is_empty()).then(|| Cell::Users(users.into_boxed_slice())))
    }

    fn links(&mut self, link: &Link, value: &Value) -> Taken {
        let values: Vec<&Value> = match value {
            Value::Array(values) => values.iter().collect(),
            Value::String(_) if self.typecast => vec![value],
            _ => return Err(Refusal::Unfit),
        };
        let mut numbers = Vec::with_capacity(values.len());
        for value in values {
            let text = value.as_str().or_else(|| value["id"].as_str()).ok_or(Refusal::Unfit)?;
            let number = self.linked(link, text)?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        Ok((!numbers.is_empty()).then(|| Cell::Links(numbers.into_boxed_slice())))
    }

    /// A record of the linked table by its id, or, with `typecast`, by its name: one that is missing is added.
    fn linked(&mut self, link: &Link, text: &str) -> Result<u32, Refusal> {
        let table = &self.base.tables[link.table];
        if let Some(id) = RecordId::parse(text) {
            let told = || Refusal::Told(unknown_record(self.errors, text));
            return table.number(id).ok_or_else(told);
        }
        if !self.typecast || text.trim().is_empty() {
            return Err(Refusal::Unfit);
        }
        let wanted = Cell::Text(text.trim().into());
        let known = table.rows_from(0).find(|(_, row)| row.cell(0) == Some(&wanted));
        if let Some((number, _)) = known {
            return Ok(number);
        }
        let mut added = self.plan.linked.iter().filter(|(other, _)| *other == link.table);
        if let Some(position) = added.position(|(_, cell)| *cell == wanted) {
            return Ok(table.next_number() + u32::try_from(position).unwrap_or(0));
        }
        // A name can only be given to a record whose name is text.
        if !matches!(table.kind(0), Kind::SingleLineText | Kind::MultilineText | Kind::Email | Kind::Url) {
            return Err(Refusal::Unfit);
        }
        let number = self.plan.next_linked(self.base, link.table);
        self.plan.linked.push((link.table, wanted));
        Ok(number)
    }

    fn attachments(&mut self, slot: u16, value: &Value, row: Option<u32>) -> Taken {
        let values = value.as_array().ok_or(Refusal::Unfit)?;
        let row = row.and_then(|row| self.base.tables[self.plan.table].row(row));
        let kept: &[Attachment] = match row.and_then(|row| row.cell(slot)) {
            Some(Cell::Files(files)) => files,
            _ => &[],
        };
        let mut files = Vec::with_capacity(values.len());
        for value in values {
            let (id, url) = (value["id"].as_str(), value["url"].as_str());
            match (id.and_then(|id| kept.iter().find(|file| file.id == id)), url) {
                (Some(file), _) => files.push(file.clone()),
                (None, Some(url)) => files.push(self.fetched(slot, url, value["filename"].as_str())?),
                (None, None) => return Err(Refusal::Unfit),
            }
        }
        Ok((!files.is_empty()).then(|| Cell::Files(files.into_boxed_slice())))
    }

    /// A file that has yet to be fetched.
    fn fetched(&mut self, field: u16, url: &str, filename: Option<&str>) -> Result<Attachment, Refusal> {
        let parsed = url::Url::parse(url).map_err(|_| Refusal::Unfit)?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Refusal::Unfit);
        }
        let last = parsed.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
        let last = percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned();
        let name = filename.map_or(last, str::to_owned);
        let filename = if name.is_empty() { "file".to_owned() } else { name };
        let id = ids::throw(self.dice, "att");
        let write = self.plan.writes.len();
        self.plan.fetches.push(Fetch { attachment: id.clone(), url: url.to_owned(), write, field });
        Ok(Attachment { id, filename, fetched: None })
    }

    fn barcode(&self, value: &Value) -> Taken {
        let (text, kind) = match value {
            Value::Object(barcode) => (barcode.get("text").and_then(Value::as_str), barcode.get("type")),
            Value::String(text) if self.typecast => (Some(text.as_str()), None),
            _ => (None, None),
        };
        let text = text.ok_or(Refusal::Unfit)?;
        let kind = kind.and_then(Value::as_str).map(str::to_owned);
        Ok((!text.is_empty()).then(|| Cell::Barcode(Box::new((text.to_owned(), kind)))))
    }
}

/// There is no such field.
pub(in crate::airtable) fn unknown_field(errors: &Errors, name: &str) -> Problem {
    Problem::worded(&errors.unknown_field, format!("Unknown field name: \"{name}\""))
}

/// There is no such record.
pub(in crate::airtable) fn unknown_record(errors: &Errors, id: &str) -> Problem {
    Problem::worded(&errors.unknown_record, format!("Record ID {id} does not exist"))
}

/// `1,234.5`, `$5`, `50%`, and for durations `1:30`.
fn guess_number(kind: &Kind, text: &str) -> Option<f64> {
    let text = text.trim();
    if let (Kind::Duration { .. }, Some((hours, minutes))) = (kind, text.split_once(':')) {
        let (hours, minutes): (f64, f64) = (hours.parse().ok()?, minutes.parse().ok()?);
        return Some(hours * 3_600.0 + minutes * 60.0);
    }
    let digits: String =
        text.chars().filter(|char| char.is_ascii_digit() || matches!(char, '.' | '-' | 'e' | 'E')).collect();
    let number: f64 = digits.parse().ok()?;
    Some(if text.ends_with('%') && matches!(kind, Kind::Percent { .. }) { number / 100.0 } else { number })
}
