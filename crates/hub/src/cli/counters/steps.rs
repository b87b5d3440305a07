//! The steps in HubSpot's workflow editor for one definition, in words (HubSpot facts 8.1).

use super::payload::Payload;
use crate::cli::out;
use crate::cli::syncs::text::text;
use serde_json::Value;

/// A key and a value to show what is sent.
const EXAMPLE: (&str, i64) = ("40577087837", 8);

/// The steps; `key` is the record to try it with, where one was named.
#[must_use]
pub fn steps(definition: &Value, key: Option<&str>) -> String {
    let name = out::plain(definition["name"].as_str().unwrap_or_default());
    let (object, property) = (text(&definition["object_type"]), text(&definition["property"]));
    if definition["target"]["kind"] == "property" {
        return format!(
            "{name} writes {property} of {object} itself: there is no workflow to set up.\n\
             The connection has to be allowed to write records of that type, and {property} has to be a number property there."
        );
    }
    let payload = Payload::of(definition);
    let example = payload.example(key.map_or(EXAMPLE.0, |key| key), EXAMPLE.1);
    let key_field = payload.key_field.as_deref().map_or("the field with the key", |field| field);
    let value_field = payload.value_field.as_deref().map_or("the field with the number", |field| field);
    let matched = match definition["key"]["property"].as_str() {
        Some(property) => format!("the property {}", out::plain(property)),
        None => "Record ID".to_owned(),
    };
    let trigger = definition["trigger"].as_str().map(out::plain).unwrap_or_default();
    [
        format!("In HubSpot's workflow editor, for {name}:"),
        String::new(),
        format!("1. Automations > Workflows > Create workflow, based on the object {object}."),
        "2. Trigger: \"When a webhook is received\". Give it a name and copy its webhook URL.".to_owned(),
        format!("   Syncline knows it as {trigger}"),
        format!("   Another one: syncline counters update {name} --trigger-url -   (and paste it)"),
        "3. The editor now waits for a test event. Send it with".to_owned(),
        format!("   syncline counters setup {name} --key RECORD --event"),
        "   which is sent as".to_owned(),
        indented(&example),
        "4. Map the fields, with these types:".to_owned(),
        format!("   {key_field}: text (an id is no number: it may be longer than one)"),
        format!("   {value_field}: number"),
        format!("5. Match rule: {key_field} equals {matched}."),
        format!("6. Action: Edit record, property {property}, value: {value_field} from the webhook."),
        "7. Settings: let records re-enroll (without that, the second change of a record is lost)."
            .to_owned(),
        "8. Turn the workflow on, and prove it:".to_owned(),
        format!("   syncline counters setup {name} --key RECORD"),
        String::new(),
        "Whoever knows the webhook URL can call it: it is kept sealed, and shown nowhere.".to_owned(),
    ]
    .join("\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_steps_name_the_fields_as_they_are_sent() {
        let definition = json!({
            "name": "exam-bookings", "object_type": "2-50158913", "property": "total_bookings", "key": "record_id",
            "target": { "kind": "trigger" }, "trigger": "https://api-na1.hubapi.com/automation/v4/webhook-triggers/46814382/…",
            "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" }
        });
        let said = steps(&definition, None);
        for part in [
            "based on the object 2-50158913",
            "\"mock_exam_id\": \"40577087837\"",
            "\"total_bookings\": 8",
            "mock_exam_id: text",
            "total_bookings: number",
            "mock_exam_id equals Record ID",
            "re-enroll",
        ] {
            assert!(said.contains(part), "no {part} in\n{said}");
        }
        let direct = steps(
            &json!({ "name": "x", "object_type": "contacts", "property": "n", "target": { "kind": "property" } }),
            None,
        );
        assert!(direct.contains("no workflow to set up"), "{direct}");
    }
}
