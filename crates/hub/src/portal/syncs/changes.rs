//! The particulars of histories and plans as the views want them.

use super::super::views::syncs::{Cell, Change, HeldView, cells};
use serde::Deserialize;
use syncline_core::sync::{Agreement, Face, Refusal, Side, Sides};

/// What stands in the particulars of histories and plans. What is missing is empty: older versions wrote less.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    rules: Vec<Written>,
    held: Vec<Refusal>,
    refusals: Vec<Refusal>,
    message: String,
    force: bool,
}

/// What was written of a rule.
#[derive(Debug, Deserialize)]
struct Written {
    rule: String,
    #[serde(default)]
    before: Face,
    faces: Sides<Face>,
}

/// The particulars, ready for a view.
#[derive(Debug, Default)]
pub(super) struct Particulars {
    pub(super) changes: Vec<Change>,
    pub(super) held: Vec<HeldView>,
    pub(super) message: String,
}

/// Reads the particulars of something that was done at `side`.
pub(super) fn read(agreement: &Agreement, side: Option<Side>, detail: &serde_json::Value) -> Particulars {
    let detail: Detail = serde_json::from_value(detail.clone()).unwrap_or_default();
    let written = |written: &Written| {
        let side = side?;
        // A rule that is not in the agreement any more has lost its fields' names, not its values.
        let rule = agreement.rules.iter().find(|rule| rule.name == written.rule);
        let fields = rule.map_or_else(|| unnamed(&written.faces[side]), |rule| rule.fields[side].clone());
        Some(Change {
            rule: written.rule.clone(),
            before: cells(&fields, &written.before),
            after: cells(&fields, &written.faces[side]),
        })
    };
    let held = detail.held.iter().chain(&detail.refusals);
    Particulars {
        changes: detail.rules.iter().filter_map(written).collect(),
        held: held.map(|refusal| held_view("", refusal)).collect(),
        message: if detail.force { "Whatever the provider objects.".to_owned() } else { detail.message },
    }
}

fn unnamed(face: &Face) -> Vec<String> {
    (1..=face.0.len()).map(|place| format!("field {place}")).collect()
}

/// A value that `side` does not take.
pub(super) fn held_view(side: &str, refusal: &Refusal) -> HeldView {
    // A provider that names no field means the record as a whole.
    let field = if refusal.field == "*" { "The record" } else { &refusal.field };
    HeldView {
        side: side.to_owned(),
        field: field.to_owned(),
        value: Cell { field: refusal.field.clone(), value: refusal.value.clone() },
        reason: refusal.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use syncline_core::sync::{Value, defaults};

    fn agreement() -> Agreement {
        defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("it is ready-made")
    }

    #[test]
    fn what_was_written_has_the_names_of_its_fields() {
        let detail = json!({ "rules": [{
            "rule": "name", "before": ["Ada"], "faces": { "left": ["Ada", "King"], "right": ["Ada King"] },
        }], "held": [{ "field": "email", "value": "ada@", "reason": "Invalid email ada@" }] });
        let read = read(&agreement(), Some(Side::Left), &detail);
        let after: Vec<(&str, &Value)> =
            read.changes[0].after.iter().map(|cell| (cell.field.as_str(), &cell.value)).collect();
        assert_eq!(after, [("firstname", &Value::text("Ada")), ("lastname", &Value::text("King"))]);
        assert_eq!(read.changes[0].before[1].value, Value::Empty);
        assert_eq!(
            (read.held[0].field.as_str(), read.held[0].reason.as_str()),
            ("email", "Invalid email ada@")
        );
    }

    #[test]
    fn what_nobody_knows_any_more_is_still_shown() {
        let gone = json!({ "rules": [{ "rule": "old", "faces": { "left": [], "right": ["x"] } }] });
        let read_gone = read(&agreement(), Some(Side::Right), &gone);
        assert_eq!(read_gone.changes[0].after[0].field, "field 1");
        for odd in [json!(null), json!([1]), json!({ "rules": "no" })] {
            assert!(read(&agreement(), Some(Side::Left), &odd).changes.is_empty(), "{odd}");
        }
    }

    #[test]
    fn a_refusal_of_the_whole_record_says_so() {
        let detail = json!({ "refusals": [{ "field": "*", "value": null, "reason": "too old" }] });
        assert_eq!(read(&agreement(), Some(Side::Left), &detail).held[0].field, "The record");
        assert_eq!(read(&agreement(), None, &json!({ "message": "has bookings" })).message, "has bookings");
    }
}
