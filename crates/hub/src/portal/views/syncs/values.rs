//! Values of fields, as they stand in a page.

use syncline_core::sync::{Face, Value};

/// The most texts of one value that are shown.
const TEXTS: usize = 4;

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

    pub(in super::super) fn texts(&self) -> &[String] {
        let all = self.value.texts();
        &all[..all.len().min(TEXTS)]
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
    fn long_lists_are_cut() {
        let many = Cell { field: "f".to_owned(), value: Value::list((0..20).map(|n| n.to_string())) };
        assert_eq!((many.texts().len(), many.more()), (TEXTS, 16));
    }
}
