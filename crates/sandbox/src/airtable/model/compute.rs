//! Computed fields, and what formulas see of a cell.

use super::cell::Cell;
use super::field::{Aggregate, Kind};
use super::read::Reader;
use super::table::Row;
use crate::airtable::formula::{Source, Val, evaluate};

/// A chain of computed fields ends after so many, should it ever be a circle.
const DEEPEST: usize = 8;
const DAY: i64 = 86_400_000;

/// A record, where it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::airtable) struct At<'a> {
    pub(in crate::airtable) table: usize,
    pub(in crate::airtable) number: u32,
    pub(in crate::airtable) row: &'a Row,
}

/// A record as a formula sees it.
struct Seen<'a> {
    reader: &'a Reader<'a>,
    at: At<'a>,
    depth: usize,
}

impl Source for Seen<'_> {
    fn field(&self, field: u16) -> Val {
        self.reader.val(self.at, field, self.depth + 1)
    }

    fn record_id(&self) -> String {
        self.at.row.id.to_string()
    }

    fn created(&self) -> i64 {
        self.at.row.created
    }

    fn modified(&self) -> i64 {
        self.at.row.modified
    }

    fn now(&self) -> i64 {
        self.reader.now
    }
}

impl Reader<'_> {
    /// What a formula gives for this record.
    pub(in crate::airtable) fn evaluate(&self, at: At<'_>, expr: &crate::airtable::formula::Expr) -> Val {
        evaluate(expr, &Seen { reader: self, at, depth: 0 })
    }

    /// What a formula sees of a cell.
    pub(in crate::airtable) fn val(&self, at: At<'_>, field: u16, depth: usize) -> Val {
        if depth > DEEPEST {
            return Val::Error;
        }
        let kind = self.base.tables[at.table].kind(field);
        if !self.base.is_valid(at.table, field) {
            return Val::Error;
        }
        match kind {
            Kind::Formula { expr, .. } => evaluate(expr, &Seen { reader: self, at, depth }),
            Kind::Rollup { link, field, how, .. } => self.rollup(at, *link, *field, *how, depth),
            Kind::Count { link } => count(self.linked(at, *link).count()),
            Kind::Lookup { link, field } => Val::List(self.looked_up(at, *link, *field, depth)),
            Kind::AutoNumber => Val::Number(f64::from(at.number) + 1.0),
            Kind::CreatedTime => Val::Time(at.row.created, false),
            Kind::LastModifiedTime => Val::Time(at.row.modified, false),
            Kind::CreatedBy => Val::Text(self.user_name(at.row.created_by)),
            Kind::LastModifiedBy => Val::Text(self.user_name(at.row.modified_by)),
            Kind::Button { label } => Val::text(label.as_str()),
            Kind::AiText => self.summary(at).map_or(Val::Blank, Val::Text),
            kind => at.row.cell(field).map_or(Val::Blank, |cell| self.plain(kind, cell)),
        }
    }

    fn plain(&self, kind: &Kind, cell: &Cell) -> Val {
        match cell {
            Cell::Text(text) => Val::text(&**text),
            Cell::Number(number) => Val::Number(*number),
            Cell::Checked => Val::Bool(true),
            Cell::Date(days) => Val::Time(i64::from(*days) * DAY, true),
            Cell::Time(ms) => Val::Time(*ms, false),
            Cell::Choice(choice) => choice_name(kind, *choice).map_or(Val::Blank, Val::text),
            Cell::Choices(choices) => Val::List(
                choices.iter().filter_map(|choice| choice_name(kind, *choice)).map(Val::text).collect(),
            ),
            Cell::User(user) => Val::Text(self.user_name(*user)),
            Cell::Users(users) => {
                Val::List(users.iter().map(|user| Val::Text(self.user_name(*user))).collect())
            }
            Cell::Links(links) => {
                let table = kind.link().map_or(0, |link| link.table);
                let names = self.rows(table, links).map(|other| Val::Text(self.primary(other)));
                Val::List(names.collect())
            }
            Cell::Files(files) => {
                Val::List(files.iter().map(|file| Val::text(file.filename.as_str())).collect())
            }
            Cell::Barcode(barcode) => Val::text(barcode.0.as_str()),
        }
    }

    /// The rows with these numbers that are still there.
    pub(super) fn rows<'b>(&'b self, table: usize, numbers: &'b [u32]) -> impl Iterator<Item = At<'b>> {
        let rows = numbers.iter().map(move |number| (*number, self.base.tables[table].row(*number)));
        rows.filter_map(move |(number, row)| Some(At { table, number, row: row? }))
    }

    /// The records linked through a field.
    pub(super) fn linked<'b>(&'b self, at: At<'b>, link: u16) -> impl Iterator<Item = At<'b>> {
        let table = self.base.tables[at.table].kind(link).link().map_or(0, |link| link.table);
        self.rows(table, at.row.links(link))
    }

    fn looked_up(&self, at: At<'_>, link: u16, field: u16, depth: usize) -> Vec<Val> {
        let values = self.linked(at, link).map(|other| self.val(other, field, depth + 1));
        values
            .flat_map(|value| match value {
                Val::List(list) => list,
                Val::Blank => Vec::new(),
                other => vec![other],
            })
            .collect()
    }

    fn rollup(&self, at: At<'_>, link: u16, field: u16, how: Aggregate, depth: usize) -> Val {
        let values = self.looked_up(at, link, field, depth);
        let numbers = values.iter().filter_map(|value| match value {
            Val::Number(number) => Some(*number),
            _ => None,
        });
        match how {
            Aggregate::Sum => Val::Number(numbers.sum()),
            Aggregate::Max => values
                .iter()
                .filter_map(|value| match value {
                    Val::Time(ms, date) => Some((*ms, *date)),
                    _ => None,
                })
                .max()
                .map(|(ms, date)| Val::Time(ms, date))
                .or_else(|| numbers.reduce(f64::max).map(Val::Number))
                .unwrap_or(Val::Blank),
            Aggregate::ArrayJoin => Val::Text(Val::List(values).to_text()),
        }
    }

    /// A record's name: the text of its primary field.
    pub(in crate::airtable) fn primary(&self, at: At<'_>) -> String {
        self.val(at, 0, 1).to_text()
    }

    /// What Airtable's model would say about a record.
    pub(super) fn summary(&self, at: At<'_>) -> Option<String> {
        let name = self.primary(at);
        (!name.is_empty()).then(|| format!("A record about {name}."))
    }

    pub(super) fn user_name(&self, user: u32) -> String {
        self.users.get(user as usize).map(|user| user.name.clone()).unwrap_or_default()
    }
}

/// The name of a select's choice.
pub(super) fn choice_name(kind: &Kind, choice: u32) -> Option<&str> {
    kind.choices()?.get(choice as usize).map(|choice| choice.name.as_str())
}

#[expect(clippy::cast_precision_loss, reason = "a record has fewer links than 2^53")]
fn count(number: usize) -> Val {
    Val::Number(number as f64)
}
