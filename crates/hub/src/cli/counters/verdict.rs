//! Whether a test event moved the property, and in clear words why not.

use super::payload::Payload;
use crate::cli::out;
use crate::cli::syncs::text::text;
use serde_json::Value;

/// What a look showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The property shows the counter.
    Moved,
    /// Not yet; what is known so far.
    Wait(&'static str),
    /// It will not move by itself; why, and what to do.
    Failed(String),
}

/// What was sent, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The definition, as the API shows it.
    pub definition: &'a Value,
    /// The counter, as the API shows it.
    pub counter: &'a Value,
    /// What was sent since the change and what came of it, the latest first.
    pub pushes: &'a [Value],
    /// What the counter was set to.
    pub wanted: i64,
    /// How often it had changed then; 0: not known.
    pub version: i64,
    /// Whether this is the second event for the record.
    pub second: bool,
}

impl Known<'_> {
    /// What it comes to; `late`: nobody wants to wait any longer.
    #[must_use]
    pub fn verdict(&self, late: bool) -> Verdict {
        if self.is_shown() {
            return Verdict::Moved;
        }
        match self.definition["state"].as_str() {
            Some("paused") => {
                let say =
                    "the counter was paused meanwhile, so nothing is sent: resume it and run this again";
                return Verdict::Failed(say.to_owned());
            }
            Some("attention") => return Verdict::Failed(text_of(&self.definition["reason"])),
            _ => {}
        }
        if self.counter["push"]["stage"] == "parked" {
            return Verdict::Failed(self.parked());
        }
        let last = self.pushes.first().and_then(|entry| entry["what"].as_str());
        let is_refused = matches!(last, Some("refused" | "not_taken"));
        if is_refused
            && self.definition["target"]["kind"] == "trigger"
            && self.definition["reason"].is_string()
        {
            // It is tried for as long as it takes; but somebody has to mend it first.
            return Verdict::Failed(text_of(&self.definition["reason"]));
        }
        if !late {
            return Verdict::Wait(match last {
                None => "waiting for its turn",
                Some("accepted") => "accepted by HubSpot; looking at the property",
                Some("not_taken") => "HubSpot turned it away for now; it is sent again",
                Some("lost") => "no answer; looking whether it arrived",
                Some(_) => "on the way",
            });
        }
        Verdict::Failed(self.overdue(last))
    }

    fn is_shown(&self) -> bool {
        let (value, version) = (self.counter["value"].as_i64(), self.counter["version"].as_i64());
        let same = value.is_some() && self.counter["property"]["value"].as_i64() == value;
        // Somebody else may have counted on meanwhile.
        let ours = value == Some(self.wanted) || (self.version > 0 && version > Some(self.version));
        self.counter["shown"] == true && same && ours
    }

    fn parked(&self) -> String {
        let was_accepted = self.pushes.iter().any(|entry| entry["what"] == "accepted");
        match (was_accepted, self.second) {
            (true, true) => re_enrollment().to_owned(),
            (true, false) => self.never_shown(),
            (false, _) => text_of(&self.counter["push"]["reason"]),
        }
    }

    /// Nothing was shown in time.
    fn overdue(&self, last: Option<&str>) -> String {
        let said = self.pushes.first().map(|entry| text_of(&entry["detail"])).unwrap_or_default();
        match last {
            Some("accepted") if self.second => re_enrollment().to_owned(),
            Some("accepted") => self.never_shown(),
            Some("not_taken") => format!(
                "HubSpot turns the calls away ({said}): it is busy, or the account's limit is used up. The hub goes on trying; \
                 run this again later."
            ),
            Some("lost") => format!(
                "the trigger did not answer ({said}): see that this machine reaches HubSpot (syncline doctor), and run this again."
            ),
            Some("refused") => format!("HubSpot refused the value: {said}"),
            _ => {
                let due = text(&self.counter["push"]["due_at"]);
                format!(
                    "nothing was sent yet. It is due at {due}: an earlier value may still take effect until then (settle_ms), or no process \
                     with the role worker runs (syncline status)."
                )
            }
        }
    }

    fn never_shown(&self) -> String {
        if self.definition["target"]["kind"] == "property" {
            return "the property was written and does not show the value: does something else at HubSpot write it too?".to_owned();
        }
        let payload = Payload::of(self.definition);
        let key = payload.key_field.unwrap_or_else(|| "the key's field".to_owned());
        let value = payload.value_field.unwrap_or_else(|| "the number's field".to_owned());
        format!(
            "HubSpot accepted the event, which it always does, and the property did not move. In this order:\n\
             - If the workflow editor was waiting for its test event, it has it now: map the fields, turn the workflow on, and run this again.\n\
             - Is the workflow on?\n\
             - Does its match rule say that {} equals the record's {}?\n\
             - Is {} mapped as a number, and does the action write it to {}?\n\
             - Is there a record {} of the type {}?",
            out::plain(&key),
            match self.definition["key"]["property"].as_str() {
                Some(property) => out::plain(property),
                None => "id".to_owned(),
            },
            out::plain(&value),
            text(&self.definition["property"]),
            text(&self.counter["key"]),
            text(&self.definition["object_type"]),
        )
    }
}

fn re_enrollment() -> &'static str {
    "the first event moved the property, the second one did not: the workflow enrolls a record only once. Turn re-enrollment on in its \
     settings, and run this again."
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| "no reason was given".to_owned(), out::plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition(state: &str) -> Value {
        let (state, reason) = match state {
            "troubled" => ("active", json!("the trigger answered 404")),
            "attention" => (state, json!("the trigger answered 404")),
            _ => (state, Value::Null),
        };
        json!({ "state": state, "reason": reason, "object_type": "2-50158913", "property": "total_bookings",
            "key": "record_id", "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" }, "target": { "kind": "trigger" } })
    }

    fn counter(stage: &str, shown: bool, value: i64, property: i64) -> Value {
        json!({ "key": "40577087837", "value": value, "version": 4, "shown": shown, "property": { "value": property, "is": "number" },
            "push": { "stage": stage, "due_at": "2026-01-31T09:30:00Z", "reason": "HubSpot has no such record" } })
    }

    fn verdict(state: &str, counter: &Value, what: Option<&str>, second: bool, late: bool) -> Verdict {
        let pushes: Vec<Value> = what.iter().map(|what| json!({ "what": what, "detail": "429" })).collect();
        let definition = definition(state);
        Known { definition: &definition, counter, pushes: &pushes, wanted: 9, version: 4, second }
            .verdict(late)
    }

    fn words(verdict: Verdict) -> String {
        match verdict {
            Verdict::Failed(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_moved_when_the_property_shows_the_counter_and_nothing_else_counts() {
        assert_eq!(
            verdict("active", &counter("quiet", true, 9, 9), Some("shown"), false, false),
            Verdict::Moved
        );
        assert_eq!(
            verdict("active", &counter("quiet", true, 9, 9), Some("shown"), false, true),
            Verdict::Moved
        );
        let before = counter("trigger", false, 9, 8);
        assert_eq!(verdict("active", &before, None, false, false), Verdict::Wait("waiting for its turn"));
        let stale = counter("quiet", true, 8, 8);
        assert!(
            matches!(verdict("active", &stale, None, false, false), Verdict::Wait(_)),
            "the change is not seen yet"
        );
        let mut counted_on = counter("quiet", true, 10, 10);
        counted_on["version"] = json!(5);
        assert_eq!(verdict("active", &counted_on, None, false, false), Verdict::Moved);
    }

    #[test]
    fn each_way_it_can_fail_is_told_apart() {
        let on_the_way = counter("look", false, 9, 8);
        for (state, what, second, says) in [
            ("paused", None, false, "paused meanwhile"),
            ("attention", None, false, "answered 404"),
            ("troubled", Some("refused"), false, "answered 404"),
            ("active", None, false, "nothing was sent yet"),
            ("active", Some("not_taken"), false, "turns the calls away (429)"),
            ("active", Some("lost"), false, "did not answer"),
            ("active", Some("refused"), false, "refused the value"),
            ("active", Some("accepted"), false, "mock_exam_id equals the record's id"),
            ("active", Some("accepted"), true, "re-enrollment"),
        ] {
            let said = words(verdict(state, &on_the_way, what, second, true));
            assert!(said.contains(says), "{state} {what:?}: {said}");
        }
        let parked = counter("parked", false, 9, 8);
        assert_eq!(words(verdict("active", &parked, None, false, false)), "HubSpot has no such record");
        assert!(words(verdict("active", &parked, Some("accepted"), true, false)).contains("re-enrollment"));
        assert!(
            words(verdict("active", &parked, Some("accepted"), false, false)).contains("Is the workflow on?")
        );
        let tried = verdict("troubled", &on_the_way, Some("accepted"), false, false);
        assert!(matches!(tried, Verdict::Wait(_)), "what was wrong before is mended: {tried:?}");
    }
}
