//! Values of fields, as they stand in a page.

use super::super::text;
use syncline_core::sync::{Face, Value};

/// The most texts of one value that are shown.
const TEXTS: usize = 6;
/// The longest text that is shown.
const LONGEST: usize = 160;

/// A field with what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The field.
    pub field: String,
    /// What is in it.
    pub value: Value,
}

impl Cell {
    pub(in super::super) fn is_empty(&self) -> bool {
        self.value.texts().iter().all(String::is_empty)
    }

    pub(in super::super) fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    pub(in super::super) fn texts(&self) -> Vec<String> {
        let shown = self.value.texts().iter().take(TEXTS);
        shown.map(|text| text::preview(text, LONGEST).into_owned()).collect()
    }

    /// About how many bytes of HTML it takes.
    fn weight(&self) -> usize {
        let texts = self.texts().iter().map(|text| 40 + text::escaped(text)).sum::<usize>();
        80 + text::escaped(&text::preview(&self.field, 60)) + texts
    }

    /// How many texts are left out.
    pub(in super::super) fn more(&self) -> usize {
        self.value.texts().len().saturating_sub(TEXTS)
    }
}

/// The fields of a rule on one side, with what the side shows in them.
#[must_use]
pub fn cells(fields: &[String], face: &Face) -> Vec<Cell> {
    let value = |place: usize| face.0.get(place).cloned().unwrap_or_default();
    let of = |(place, field): (usize, &String)| Cell { field: field.clone(), value: value(place) };
    fields.iter().enumerate().map(of).collect()
}

/// What was written, rule by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The rule.
    pub rule: String,
    /// What was there before.
    pub before: Vec<Cell>,
    /// What is there then.
    pub after: Vec<Cell>,
}

impl Change {
    /// About how many bytes of HTML it takes.
    pub(super) fn weight(&self) -> usize {
        let cells = self.before.iter().chain(&self.after).map(Cell::weight).sum::<usize>();
        220 + text::escaped(&text::preview(&self.rule, 60)) + cells
    }
}

impl HeldView {
    /// About how many bytes of HTML it takes.
    pub(super) fn weight(&self) -> usize {
        200 + self.value.weight() + text::escaped(&text::preview(&self.reason, 160))
    }
}

/// A value that a side does not take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldView {
    /// What the side is called.
    pub side: String,
    /// The field there.
    pub field: String,
    /// What belongs there.
    pub value: Cell,
    /// Why it is not there.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_cell_and_what_a_face_lacks_is_empty() {
        let fields = ["first".to_owned(), "last".to_owned()];
        let shown = cells(&fields, &Face(vec![Value::text("Ada")]));
        assert_eq!(shown[0], Cell { field: "first".to_owned(), value: Value::text("Ada") });
        assert!(shown[1].is_empty() && shown[1].field == "last");
    }

    #[test]
    fn long_values_are_cut() {
        let many = Cell { field: "f".to_owned(), value: Value::list((0..20).map(|n| n.to_string())) };
        assert_eq!((many.texts().len(), many.more()), (TEXTS, 14));
        let long = Cell { field: "f".to_owned(), value: Value::text("x".repeat(5_000)) };
        assert_eq!(long.texts()[0].chars().count(), LONGEST + 1);
    }
}
