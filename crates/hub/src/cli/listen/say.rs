//! What arrived, as people and programs read it.

use crate::cli::out;
use serde_json::{Value, json};
use syncline_core::notify::verify::Doubt;

/// A message that arrived, genuine or not.
pub(super) struct Arrived<'a> {
    pub(super) id: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) body: &'a [u8],
}

/// Says that a message arrived. What is not genuine goes to standard error: nothing of it is to be believed.
pub(super) fn arrived(arrived: &Arrived<'_>, verdict: Result<(), Doubt>, json: bool) {
    match verdict {
        Ok(()) if json => out::json(&line(arrived).to_string()),
        Ok(()) => out::line(human(arrived)),
        Err(why) => {
            let id = if arrived.id.is_empty() { "a request" } else { arrived.id };
            out::note(format!("refused {}: {why}", out::plain(id)));
        }
    }
}

/// Says what the application answered.
pub(super) fn forwarded(id: &str, answer: Result<u16, String>, json: bool) {
    if json {
        let (status, error) = (answer.as_ref().ok(), answer.as_ref().err());
        return out::json(&json!({ "forwarded": id, "status": status, "error": error }).to_string());
    }
    match answer {
        Ok(status) => out::line(format!("  {} forwarded: {status}", out::plain(id))),
        Err(why) => out::note(format!("  {} not forwarded: {}", out::plain(id), out::plain(&why))),
    }
}

/// The message's body, if it is JSON.
fn payload(arrived: &Arrived<'_>) -> Option<Value> {
    serde_json::from_slice(arrived.body).ok()
}

/// What a message says happened: Syncline's own say it in `webhook_event_type`, applications in whatever they like.
fn kind(payload: &Value) -> &str {
    ["webhook_event_type", "type", "event_type"]
        .iter()
        .find_map(|name| payload[*name].as_str())
        .unwrap_or("-")
}

fn line(arrived: &Arrived<'_>) -> Value {
    let payload = payload(arrived);
    let text = payload.is_none().then(|| String::from_utf8_lossy(arrived.body).into_owned());
    let mut line = json!({
        "id": arrived.id,
        "timestamp": arrived.timestamp.parse::<i64>().ok(),
        "type": payload.as_ref().map(kind),
        "payload": payload,
    });
    if let Some(text) = text {
        line["text"] = text.into();
    }
    line
}

fn human(arrived: &Arrived<'_>) -> String {
    let Some(payload) = payload(arrived) else {
        return format!("{} ({} bytes, not JSON)", out::plain(arrived.id), arrived.body.len());
    };
    let body = serde_json::to_string_pretty(&payload).unwrap_or_default();
    let body: Vec<String> = body.lines().map(|line| format!("  {}", out::plain(line))).collect();
    format!("{} {}\n{}", out::plain(arrived.id), out::plain(kind(&payload)), body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(body: &[u8]) -> Arrived<'_> {
        Arrived { id: "msg_1", timestamp: "7", body }
    }

    #[test]
    fn a_message_is_one_line_of_json_or_a_few_for_people() {
        let one = arrived(br#"{"webhook_event_type":"sync.complete","n":1}"#);
        assert_eq!(
            line(&one),
            json!({ "id": "msg_1", "timestamp": 7, "type": "sync.complete",
                    "payload": { "webhook_event_type": "sync.complete", "n": 1 } })
        );
        assert!(human(&one).starts_with("msg_1 sync.complete\n  {\n"), "{}", human(&one));
        assert_eq!(kind(&json!({ "type": "invoice.paid" })), "invoice.paid");
        assert_eq!(kind(&json!([])), "-");
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_passed_to_it() {
        let one = arrived("{\"type\":\"\u{1b}[31m\",\"a\":\"\u{9b}1m\"}".as_bytes());
        assert!(!human(&one).chars().any(|c| c.is_control() && c != '\n'), "{:?}", human(&one));
        let other = arrived(b"\x1b[31mred");
        assert_eq!(human(&other), "msg_1 (8 bytes, not JSON)");
        assert_eq!(line(&other)["text"], "\u{1b}[31mred");
    }
}
