//! What a property of a row says, whichever its type: what filters, sorts, formulas and rollups look at.

use super::date::{Moment, Span};
use super::formula;
use super::model::{Page, Source};
use super::schema::{Choice, Kind, Property, Roll};
use super::state::State;
use super::value::Val;
use crate::notion::id::Id;
use crate::notion::settings::Timestamps;
use std::borrow::Cow;

/// How deep formulas and rollups may look into each other.
const DEPTH: u8 = 3;

/// What a property says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading<'a> {
    Empty,
    Text(Cow<'a, str>),
    Number(f64),
    Flag(bool),
    Choice(&'a Choice, usize),
    Choices(Vec<&'a Choice>),
    Date(Moment),
    Ids(Cow<'a, [Id]>),
    Files(usize),
    /// `verified`, `expired` or `unverified`
    State(&'a str),
    /// A rollup of several values.
    List(Vec<Reading<'a>>),
}

/// Somebody who reads rows.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) state: &'a State,
    pub(crate) times: &'a Timestamps,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Reads what is in `state`.
    pub(crate) fn new(state: &'a State, times: &'a Timestamps) -> Self {
        Self { state, times, depth: DEPTH }
    }

    /// When the page was made, as it is reported.
    pub(crate) fn created(&self, page: &Page) -> i64 {
        rounded(page.traces.created, self.times.created_rounding_ms)
    }

    /// When the page was last edited, as it is reported.
    pub(crate) fn edited(&self, page: &Page) -> i64 {
        rounded(page.traces.edited, self.times.edited_rounding_ms)
    }

    /// What `property` of `page` says.
    pub(crate) fn read(&self, source: &'a Source, property: &'a Property, page: &'a Page) -> Reading<'a> {
        let moment = |at| Reading::Date(Moment { at, day: false });
        match &property.kind {
            Kind::CreatedTime => moment(self.created(page)),
            Kind::LastEditedTime => moment(self.edited(page)),
            Kind::CreatedBy => Reading::Ids(Cow::Owned(vec![page.traces.created_by])),
            Kind::LastEditedBy => Reading::Ids(Cow::Owned(vec![page.traces.edited_by])),
            Kind::UniqueId(_) => Reading::Number(f64::from(page.number)),
            Kind::Checkbox => Reading::Flag(page.value(property.slot).is_some()),
            Kind::Button => Reading::Empty,
            Kind::Formula(expression) => match self.deeper() {
                Some(reader) => formula::evaluate(reader, source, page, expression),
                None => Reading::Empty,
            },
            Kind::Rollup(roll) => match self.deeper() {
                Some(reader) => reader.roll(source, page, roll),
                None => Reading::Empty,
            },
            kind => page.value(property.slot).map_or(Reading::Empty, |value| stored(kind, value)),
        }
    }

    fn deeper(&self) -> Option<Self> {
        Some(Self { depth: self.depth.checked_sub(1)?, ..*self })
    }

    /// The values a rollup gathers; none when its relation or its target is gone.
    pub(crate) fn gathered(
        &self,
        source: &'a Source,
        page: &'a Page,
        roll: &Roll,
    ) -> Option<Vec<Reading<'a>>> {
        let relation = source.in_slot(roll.relation)?;
        let Kind::Relation(link) = relation.kind else { return None };
        let other = self.state.sources.get(&link.source)?;
        let target = other.in_slot(roll.target)?;
        let Some(Val::Ids(ids)) = page.value(roll.relation) else { return Some(Vec::new()) };
        let pages = ids.iter().filter_map(|id| self.state.pages.get(id)).filter(|page| !page.in_trash);
        Some(pages.map(|page| self.read(other, target, page)).collect())
    }

    fn roll(&self, source: &'a Source, page: &'a Page, roll: &Roll) -> Reading<'a> {
        let Some(values) = self.gathered(source, page, roll) else { return Reading::Empty };
        rolled(&roll.function, values)
    }
}

/// Rounded down.
pub(crate) fn rounded(ms: i64, to: i64) -> i64 {
    if to <= 1 { ms } else { ms - ms.rem_euclid(to) }
}

fn stored<'a>(kind: &'a Kind, value: &'a Val) -> Reading<'a> {
    let option = |number: &u32| kind.choices().iter().position(|choice| choice.number == *number);
    match value {
        Val::Rich(rich) if rich.is_empty() => Reading::Empty,
        Val::Rich(rich) => Reading::Text(rich.plain()),
        Val::Number(number) => Reading::Number(*number),
        Val::Choice(number) => match option(number) {
            Some(at) => Reading::Choice(&kind.choices()[at], at),
            None => Reading::Empty,
        },
        Val::Choices(numbers) => {
            let chosen: Vec<&Choice> =
                numbers.iter().filter_map(option).map(|at| &kind.choices()[at]).collect();
            if chosen.is_empty() { Reading::Empty } else { Reading::Choices(chosen) }
        }
        Val::Date(span) => span.begins().map_or(Reading::Empty, Reading::Date),
        Val::Ids(ids) if ids.is_empty() => Reading::Empty,
        Val::Ids(ids) => Reading::Ids(Cow::Borrowed(ids)),
        Val::Files(files) => Reading::Files(files.len()),
        Val::Checked => Reading::Flag(true),
        Val::Text(text) => Reading::Text(Cow::Borrowed(text)),
        Val::Json(json) => match json["state"].as_str() {
            Some(state) => Reading::State(state),
            None => Reading::Text(Cow::Borrowed(json["name"].as_str().unwrap_or_default())),
        },
    }
}

/// The functions a rollup may have; those that give a number or a date are computed, the rest show the values.
pub(crate) const FUNCTIONS: [&str; 24] = [
    "average",
    "checked",
    "count",
    "count_per_group",
    "count_values",
    "date_range",
    "earliest_date",
    "empty",
    "latest_date",
    "max",
    "median",
    "min",
    "not_empty",
    "percent_checked",
    "percent_empty",
    "percent_not_empty",
    "percent_per_group",
    "percent_unchecked",
    "range",
    "show_original",
    "show_unique",
    "sum",
    "unchecked",
    "unique",
];

/// What a rollup's function makes of the values it gathered.
pub(crate) fn rolled<'a>(function: &str, values: Vec<Reading<'a>>) -> Reading<'a> {
    let numbers: Vec<f64> = values
        .iter()
        .filter_map(|value| if let Reading::Number(number) = value { Some(*number) } else { None })
        .collect();
    let dates = values
        .iter()
        .filter_map(|value| if let Reading::Date(moment) = value { Some(*moment) } else { None });
    let counted = |count: usize| Reading::Number(count_as_number(count));
    let filled = values.iter().filter(|value| **value != Reading::Empty).count();
    let checked = values.iter().filter(|value| **value == Reading::Flag(true)).count();
    let of_numbers = |number: Option<f64>| number.map_or(Reading::Empty, Reading::Number);
    match function {
        "show_original" | "show_unique" => Reading::List(values),
        "count" => counted(values.len()),
        "count_values" | "not_empty" => counted(filled),
        "empty" => counted(values.len() - filled),
        "checked" => counted(checked),
        "unchecked" => counted(values.len() - checked),
        "sum" => Reading::Number(numbers.iter().sum()),
        "average" if numbers.is_empty() => Reading::Empty,
        "average" => Reading::Number(numbers.iter().sum::<f64>() / count_as_number(numbers.len())),
        "min" => of_numbers(numbers.iter().copied().reduce(f64::min)),
        "max" => of_numbers(numbers.iter().copied().reduce(f64::max)),
        "earliest_date" => dates.min().map_or(Reading::Empty, Reading::Date),
        "latest_date" => dates.max().map_or(Reading::Empty, Reading::Date),
        _ => Reading::Empty,
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 rows")]
fn count_as_number(count: usize) -> f64 {
    count as f64
}

/// A moment as a date value.
pub(crate) fn span(moment: Moment) -> Span {
    if moment.day { Span::day(moment.at) } else { Span::moment(moment.at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rollups_gather() {
        let values = || vec![Reading::Number(1.0), Reading::Empty, Reading::Number(5.0)];
        let number = |function| rolled(function, values());
        assert_eq!(number("sum"), Reading::Number(6.0));
        assert_eq!(number("average"), Reading::Number(3.0));
        assert_eq!(number("count"), Reading::Number(3.0));
        assert_eq!(number("count_values"), Reading::Number(2.0));
        assert_eq!(number("empty"), Reading::Number(1.0));
        assert_eq!(number("max"), Reading::Number(5.0));
        assert_eq!(rolled("min", vec![]), Reading::Empty);
        assert_eq!(number("median"), Reading::Empty);
        assert_eq!(number("show_original"), Reading::List(values()));
    }

    #[test]
    fn times_are_rounded_down() {
        assert_eq!(rounded(119_999, 60_000), 60_000);
        assert_eq!(rounded(119_999, 0), 119_999);
    }
}
