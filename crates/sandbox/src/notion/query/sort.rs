//! The order of rows (Notion facts 6).

use crate::notion::check::{Fields, short_list, text};
use crate::notion::content::model::{Page, Source};
use crate::notion::content::reading::{Reader, Reading};
use crate::notion::error::Failure;
use crate::notion::settings::Query;
use serde_json::Value;
use std::cmp::Ordering;

/// One criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) by: By,
    pub(crate) descending: bool,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Property(u16),
    Created,
    Edited,
}

/// Reads `sorts`, most important first.
///
/// # Errors
/// What is wrong, with its path.
pub(crate) fn parse(source: &Source, value: Option<&Value>, settings: &Query) -> Result<Vec<Sort>, Failure> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut sorts = Vec::new();
    for (index, sort) in short_list(value, "body.sorts", 100)?.iter().enumerate() {
        sorts.push(one(source, sort, &format!("body.sorts[{index}]"))?);
    }
    if !settings.earlier_sort_wins {
        sorts.reverse();
    }
    Ok(sorts)
}

fn one(source: &Source, value: &Value, path: &str) -> Result<Sort, Failure> {
    let fields = Fields::of(value, path)?;
    let descending = direction(fields)?;
    if let Some(timestamp) = fields.get("timestamp") {
        let by = match text(timestamp, &fields.at("timestamp"))? {
            "created_time" => By::Created,
            "last_edited_time" => By::Edited,
            _ => {
                let what = "`\"created_time\"` or `\"last_edited_time\"`";
                return Err(Failure::expected(&fields.at("timestamp"), what, Some(timestamp)));
            }
        };
        return Ok(Sort { by, descending });
    }
    let Some(key) = fields.text("property")? else {
        return Err(Failure::expected(&fields.at("property"), "defined", None));
    };
    match source.property(key) {
        Some(property) => Ok(Sort { by: By::Property(property.slot), descending }),
        None => Err(Failure::validation(format!("Could not find sort property with name or id: {key}"))),
    }
}

/// Whether the largest comes first.
pub(crate) fn direction(fields: Fields<'_>) -> Result<bool, Failure> {
    match fields.text("direction")? {
        Some("ascending") => Ok(false),
        Some("descending") => Ok(true),
        _ => {
            let what = "`\"ascending\"` or `\"descending\"`";
            Err(Failure::expected(&fields.at("direction"), what, fields.get("direction")))
        }
    }
}

/// Somebody who puts rows in order.
#[derive(Clone, Copy)]
pub(crate) struct Sorter<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) source: &'a Source,
    pub(crate) sorts: &'a [Sort],
    pub(crate) settings: &'a Query,
}

impl<'a> Sorter<'a> {
    /// The readings rows are sorted by.
    pub(crate) fn keys(&self, page: &'a Page) -> Vec<Reading<'a>> {
        let moment = |at| Reading::Date(crate::notion::content::date::Moment { at, day: false });
        let key = |sort: &Sort| match sort.by {
            By::Created => moment(self.reader.created(page)),
            By::Edited => moment(self.reader.edited(page)),
            By::Property(slot) => match self.source.in_slot(slot) {
                Some(property) => self.reader.read(self.source, property, page),
                None => Reading::Empty,
            },
        };
        self.sorts.iter().map(key).collect()
    }

    /// Which of two rows comes first; the older one where nothing else tells.
    pub(crate) fn compare(&self, one: (&[Reading<'_>], u32), other: (&[Reading<'_>], u32)) -> Ordering {
        for (index, sort) in self.sorts.iter().enumerate() {
            let ordering = order(&one.0[index], &other.0[index], sort.descending, self.settings.empty_last);
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        let older = one.1.cmp(&other.1);
        if self.sorts.is_empty() && self.settings.newest_first { older.reverse() } else { older }
    }
}

fn order(one: &Reading<'_>, other: &Reading<'_>, descending: bool, empty_last: bool) -> Ordering {
    match (*one == Reading::Empty, *other == Reading::Empty) {
        (true, true) => return Ordering::Equal,
        (false, false) => {}
        (empty, _) => return if empty == empty_last { Ordering::Greater } else { Ordering::Less },
    }
    let ordering = match (one, other) {
        (Reading::Text(one), Reading::Text(other)) => {
            one.to_lowercase().cmp(&other.to_lowercase()).then_with(|| one.cmp(other))
        }
        (Reading::Number(one), Reading::Number(other)) => one.total_cmp(other),
        (Reading::Flag(one), Reading::Flag(other)) => one.cmp(other),
        // Options sort in the order in which the schema lists them.
        (Reading::Choice(_, one), Reading::Choice(_, other)) => one.cmp(other),
        (Reading::Choices(one), Reading::Choices(other)) => {
            let names = |choices: &[&crate::notion::content::schema::Choice]| -> Vec<String> {
                choices.iter().map(|choice| choice.name.clone()).collect()
            };
            names(one).cmp(&names(other))
        }
        (Reading::Date(one), Reading::Date(other)) => one.cmp(other),
        (Reading::Ids(one), Reading::Ids(other)) => one.len().cmp(&other.len()),
        (Reading::Files(one), Reading::Files(other)) => one.cmp(other),
        (Reading::State(one), Reading::State(other)) => one.cmp(other),
        _ => Ordering::Equal,
    };
    if descending { ordering.reverse() } else { ordering }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_comes_last_either_way() {
        let (one, none) = (Reading::Number(1.0), Reading::Empty);
        for descending in [false, true] {
            assert_eq!(order(&one, &none, descending, true), Ordering::Less);
            assert_eq!(order(&one, &none, descending, false), Ordering::Greater);
        }
        assert_eq!(order(&one, &Reading::Number(2.0), true, true), Ordering::Greater);
        assert_eq!(order(&none, &none, true, true), Ordering::Equal);
    }
}
