//! Values, sides and counts as people read them in a terminal.

use crate::cli::out;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

/// The longest text of a value that is shown whole.
const LONGEST: usize = 60;

/// A table of this program: no lines, as wide as the terminal.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

/// Text of an answer as one may show it; a dash where there is none.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => tame(text),
        other => tame(&other.to_string()),
    }
}

/// A text on one line, cut where it is long.
fn tame(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = out::plain(&line.join(" "));
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// What a field holds.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "(empty)".to_owned(),
        Value::Array(texts) => texts.iter().map(text).collect::<Vec<_>>().join(", "),
        other => text(other),
    }
}

/// What a side shows in the fields of a rule.
pub fn face(face: &Value) -> String {
    let Some(values) = face.as_array() else { return "(not there)".to_owned() };
    if values.iter().all(Value::is_null) {
        return "(empty)".to_owned();
    }
    values.iter().map(value).collect::<Vec<_>>().join(" | ")
}

/// What an action was or would be about: of every rule what was there and what comes, what is held, what the provider said.
pub fn detail(row: &Value) -> String {
    let detail = &row["detail"];
    let side = row["side"].as_str().unwrap_or("left");
    let list = |name: &str| detail[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut parts: Vec<String> = Vec::new();
    for rule in list("rules") {
        let (before, after) = (face(&rule["before"]), face(&rule["faces"][side]));
        let name = text(&rule["rule"]);
        let was_nothing = before == "(not there)" || before == "(empty)";
        parts.push(match was_nothing {
            true => format!("{name}: {after}"),
            false => format!("{name}: {before} → {after}"),
        });
    }
    for held in list("held").iter().chain(list("refusals")) {
        parts.push(format!("{} not taken: {}", text(&held["field"]), text(&held["reason"])));
    }
    if detail["force"] == true {
        parts.push("by force".to_owned());
    }
    if detail["message"].is_string() {
        parts.push(text(&detail["message"]));
    }
    parts.join("; ")
}

/// `1 conflict`, `2 conflicts`.
pub fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// What a run did, or would do.
pub fn tally(counts: &Value) -> String {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let mut parts = vec![format!("{} looked at", number(&counts["looked_at"]))];
    if number(&counts["linked"]) > 0 {
        parts.push(format!("{} found to be the same", number(&counts["linked"])));
    }
    for side in ["left", "right"] {
        let done: Vec<String> = ["created", "updated", "deleted"]
            .into_iter()
            .map(|what| (what, number(&counts[what][side])))
            .filter(|(_, number)| *number > 0)
            .map(|(what, number)| format!("{number} {what}"))
            .collect();
        if !done.is_empty() {
            parts.push(format!("{side}: {}", done.join(", ")));
        }
    }
    let questions = number(&counts["conflicts"]) + number(&counts["questions"]);
    if questions > 0 {
        parts.push(count(questions, "conflict"));
    }
    if number(&counts["refused"]) > 0 {
        parts.push(format!("{} not taken", count(number(&counts["refused"]), "value")));
    }
    if number(&counts["later"]) > 0 {
        parts.push(format!("{} put off", number(&counts["later"])));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_face_tells_nothing_from_not_being_there() {
        assert_eq!(face(&Value::Null), "(not there)");
        assert_eq!(face(&json!([null, null])), "(empty)");
        assert_eq!(face(&json!(["Ada", null])), "Ada | (empty)");
        assert_eq!(face(&json!([["a@x.org", "b@x.org"]])), "a@x.org, b@x.org");
        assert_eq!(face(&json!(["a,\nb"])), "a, b", "on one line");
    }

    #[test]
    fn an_action_says_what_was_there_and_what_comes() {
        let row = json!({"side": "right", "detail": {
            "rules": [
                {"rule": "name", "before": ["Ada"], "faces": {"left": ["A", "L"], "right": ["Ada Lovelace"]}},
                {"rule": "emails", "before": [null], "faces": {"left": ["a@x.org"], "right": [["a@x.org"]]}},
            ],
            "held": [{"field": "phone", "value": "1", "reason": "too short"}],
        }});
        assert_eq!(detail(&row), "name: Ada → Ada Lovelace; emails: a@x.org; phone not taken: too short");
        assert_eq!(detail(&json!({"side": "left", "detail": {"force": true}})), "by force");
        assert_eq!(
            detail(&json!({"detail": {"message": "future\u{1b}[2J bookings"}})),
            "future\u{fffd}[2J bookings"
        );
    }

    #[test]
    fn a_tally_leaves_out_what_did_not_happen() {
        assert_eq!(tally(&json!({"looked_at": 3})), "3 looked at");
        let counts = json!({"looked_at": 9, "linked": 6, "created": {"left": 1, "right": 2}, "updated": {"left": 0, "right": 4},
            "conflicts": 1, "questions": 1, "refused": 1, "later": 2});
        assert_eq!(
            tally(&counts),
            "9 looked at; 6 found to be the same; left: 1 created; right: 2 created, 4 updated; 2 conflicts; \
             1 value not taken; 2 put off"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(text(&json!("ä".repeat(61))), format!("{}…", "ä".repeat(60)));
        assert_eq!(text(&json!("ä".repeat(60))), "ä".repeat(60));
    }
}
