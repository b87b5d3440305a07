//! No webhook is lost: whatever a provider delivered, and was answered 2xx for, is an event.

use super::report::Finding;
use crate::cli::demo::stage::Stage;
use anyhow::Result;
use reqwest::Method;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// How far apart looks at what was delivered are: the record of calls is bounded.
const APART: Duration = Duration::from_secs(2);
/// The most calls that are read at once: as many as are recorded.
const MOST: usize = 20_000;
/// How far a moment may lie from what the other side noted, in milliseconds.
const SLACK_MS: i64 = 2_000;

/// What was delivered, past the hub: from the providers' own record of their calls.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    last: u64,
    taken: u64,
    refused: u64,
    /// Of HubSpot: each event without what differs from attempt to attempt.
    hubspot: BTreeSet<String>,
    /// Of Notion: the ids of events.
    notion: BTreeSet<String>,
    /// Of 10to8: which customer was named, and between which moments that was received.
    tentoeight: Vec<(String, i64, i64)>,
}

impl Delivered {
    /// Reads again and again, until it is dropped.
    ///
    /// # Errors
    /// When the simulated providers are gone.
    pub(super) async fn follow(&mut self, stage: &Stage) -> Result<()> {
        loop {
            self.read(stage).await?;
            tokio::time::sleep(APART).await;
        }
    }

    /// Reads what was delivered since the last time.
    ///
    /// # Errors
    /// When the simulated providers are gone.
    pub(super) async fn read(&mut self, stage: &Stage) -> Result<()> {
        let path = format!("requests?direction=out&after={}&limit={MOST}", self.last);
        let calls = stage.world.control(Method::GET, &path, None).await?;
        for call in calls["requests"].as_array().into_iter().flatten() {
            self.last = call["seq"].as_u64().unwrap_or(self.last).max(self.last);
            self.note(call);
        }
        Ok(())
    }

    fn note(&mut self, call: &Value) {
        if !call["path"].as_str().is_some_and(|path| path.contains("/webhooks/")) {
            return;
        }
        if !call["status"].as_u64().is_some_and(|status| (200..300).contains(&status)) {
            self.refused += 1;
            return;
        }
        self.taken += 1;
        let body: Value =
            call["body"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        match call["provider"].as_str() {
            Some("hubspot") => self.hubspot.extend(body.as_array().into_iter().flatten().map(plain)),
            Some("notion") => self.notion.extend(body["id"].as_str().map(str::to_owned)),
            Some("tentoeight") => {
                let ended = call["at_ms"].as_i64().unwrap_or(0);
                let began = ended - call["micros"].as_i64().unwrap_or(0) / 1_000;
                let items = body["items"].as_array().into_iter().flatten().filter_map(Value::as_str);
                self.tentoeight
                    .extend(items.map(|item| (item.to_owned(), began - SLACK_MS, ended + SLACK_MS)));
            }
            _ => {}
        }
    }
}

/// An event of HubSpot's without the number of the attempt.
fn plain(event: &Value) -> String {
    let mut event = event.clone();
    if let Some(event) = event.as_object_mut() {
        event.remove("attemptNumber");
    }
    event.to_string()
}

/// Compares what was delivered with the events there are.
///
/// # Errors
/// When the hub does not answer.
pub(super) async fn prove(stage: &Stage, delivered: &Delivered) -> Result<Finding> {
    let of = async |provider: &str| stage.all(&format!("/v1/events?provider={provider}&order=asc")).await;
    let hubspot = of("hubspot").await?;
    let stored: BTreeSet<String> = hubspot.iter().map(|event| plain(&event["raw"])).collect();
    let mut lost: Vec<String> = missing("HubSpot", &delivered.hubspot, &stored);
    let doubled = hubspot.len().saturating_sub(stored.len());
    if doubled > 0 {
        lost.push(format!("{doubled} events of HubSpot are stored twice"));
    }
    let notion = of("notion").await?;
    let ids = notion.iter().filter_map(|event| event["raw"]["id"].as_str()).map(str::to_owned).collect();
    lost.extend(missing("Notion", &delivered.notion, &ids));
    let tentoeight = of("tentoeight").await?;
    lost.extend(unheard(&delivered.tentoeight, &tentoeight));
    let airtable = of("airtable").await?.len();
    let events = hubspot.len() + notion.len() + tentoeight.len() + airtable;
    let figures = format!(
        "{} deliveries taken, {} refused or unheard and sent again; {events} events",
        delivered.taken, delivered.refused
    );
    Ok(Finding::new("no webhook was lost, none stored twice", figures, lost))
}

fn missing(provider: &str, delivered: &BTreeSet<String>, stored: &BTreeSet<String>) -> Vec<String> {
    delivered
        .difference(stored)
        .map(|event| format!("{provider}: {event} was taken and never stored"))
        .collect()
}

/// The customers that were named in a delivery of 10to8 without an event of that moment: its deliveries have no names of their own.
fn unheard(delivered: &[(String, i64, i64)], events: &[Value]) -> Vec<String> {
    let mut heard: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for event in events {
        let at = event["occurred_at"].as_str().and_then(|at| Timestamp::parse(at).ok());
        if let (Some(id), Some(at)) = (event["object_id"].as_str(), at) {
            heard.entry(id).or_default().push(at.as_millis());
        }
    }
    let is_heard = |(item, from, to): &&(String, i64, i64)| {
        heard.get(item.as_str()).is_some_and(|at| at.iter().any(|at| (from..=to).contains(&at)))
    };
    let lost = delivered.iter().filter(|one| !is_heard(one));
    lost.map(|(item, _, _)| format!("10to8: {item} was named and never heard")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_that_comes_again_is_the_same_and_one_that_is_not_stored_is_named() {
        let mut delivered = Delivered::default();
        for attempt in 0..2 {
            let body = json!([{ "eventId": 1, "attemptNumber": attempt }]).to_string();
            delivered.note(&json!({ "provider": "hubspot", "path": "http://h/webhooks/hubspot/demo", "status": 200, "body": body }));
        }
        delivered.note(&json!({ "provider": "hubspot", "path": "http://h/webhooks/hubspot/demo", "status": null, "body": "[{}]" }));
        assert_eq!((delivered.taken, delivered.refused, delivered.hubspot.len()), (2, 1, 1));
        assert_eq!(missing("HubSpot", &delivered.hubspot, &delivered.hubspot), Vec::<String>::new());
        assert_eq!(missing("HubSpot", &delivered.hubspot, &BTreeSet::new()).len(), 1);
    }

    #[test]
    fn a_customer_is_heard_when_the_moments_agree() {
        let events = [json!({ "object_id": "u/1", "occurred_at": "2026-01-01T00:00:10.000Z" })];
        let at = 1_767_225_610_000;
        let around = |at: i64| ("u/1".to_owned(), at - 1_000, at + 1_000);
        assert!(unheard(&[around(at)], &events).is_empty());
        assert_eq!(unheard(&[around(at + 5_000)], &events).len(), 1);
    }
}
