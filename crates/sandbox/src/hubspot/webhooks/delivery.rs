//! Sending: so many requests at a time per account, five seconds for an answer, ten more attempts (HubSpot facts 6.5, 6.6).

use super::super::Hubspot;
use super::event::Event;
use super::lane::{LaneKey, wait_after};
use super::settings::Settings;
use super::{Hooks, queue, signature};
use crate::house::{House, Outcome, Webhook, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What became of what was sent.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Counts {
    /// Requests that were answered well.
    delivered_requests: u64,
    /// Events in them.
    delivered_events: u64,
    /// Requests that were not.
    failed_requests: u64,
    /// Events that were not delivered after the last attempt either.
    given_up_events: u64,
    /// Events that had nowhere to go any more: the settings were deleted.
    discarded_events: u64,
}

/// Looks at a lane at `due`.
pub(super) fn look_at(hubspot: &Hubspot, key: LaneKey, generation: u64, due: i64) {
    // Work that waits must not keep alive what it waits in.
    let Some(me) = hubspot.me().as_ref().map(Arc::downgrade) else { return };
    hubspot.house.schedule.at(due, async move {
        if let Some(hubspot) = me.upgrade() {
            look(&hubspot, key, generation);
        }
    });
}

/// Cuts what is ready into requests and sends as many of them as may be under way.
fn look(hubspot: &Arc<Hubspot>, key: LaneKey, generation: u64) {
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let mut hooks = hubspot.webhooks.hooks.lock();
    if hooks.generation != generation {
        return;
    }
    let Hooks { lanes, dice, .. } = &mut *hooks;
    let Some(lane) = lanes.get_mut(&key) else { return };
    let batches = lane.cut(now, &settings.webhooks, dice);
    lane.ready.extend(batches);
    start(hubspot, &mut hooks, key);
}

/// Starts what waits, as far as the app lets it.
fn start(hubspot: &Arc<Hubspot>, hooks: &mut Hooks, key: LaneKey) {
    let now = hubspot.house.now();
    let target = hooks.apps.get(&key.0).and_then(|app| app.target.seen(now).as_ref());
    let most = target.map(|target| target.max_concurrent);
    let generation = hooks.generation;
    let Some(lane) = hooks.lanes.get_mut(&key) else { return };
    let Some(most) = most else {
        let discarded = lane.ready.drain(..).map(|batch| batch.len() as u64).sum::<u64>();
        hooks.counts.discarded_events += discarded;
        return;
    };
    while lane.in_flight < most
        && let Some(batch) = lane.ready.pop_front()
    {
        lane.in_flight += 1;
        let me = Arc::downgrade(hubspot);
        hubspot.house.schedule.at(now, deliver(me, key, generation, batch));
    }
}

async fn deliver(hubspot: Weak<Hubspot>, key: LaneKey, generation: u64, batch: Vec<Event>) {
    let Some(hubspot) = hubspot.upgrade() else { return };
    let Some((url, secret)) = destination(&hubspot, key.0) else {
        discard(&hubspot, key, generation, batch.len());
        return;
    };
    let settings = hubspot.settings.get();
    let body = serde_json::to_vec(&batch).unwrap_or_default();
    let webhook = webhook(&hubspot.house, &url, secret, body.into(), &settings.webhooks);
    let outcome = post::send(&hubspot.house, webhook).await;
    let mut hooks = hubspot.webhooks.hooks.lock();
    if hooks.generation != generation {
        return;
    }
    if let Some(lane) = hooks.lanes.get_mut(&key) {
        lane.in_flight = lane.in_flight.saturating_sub(1);
    }
    if arrived(&outcome, &settings.webhooks) {
        hooks.counts.delivered_requests += 1;
        hooks.counts.delivered_events += batch.len() as u64;
        repeat_some(&hubspot, &mut hooks, key, &batch, &settings.webhooks);
    } else {
        hooks.counts.failed_requests += 1;
        retry(&hubspot, &mut hooks, key, batch, &settings.webhooks);
    }
    start(&hubspot, &mut hooks, key);
}

/// The settings went away just now.
fn discard(hubspot: &Hubspot, key: LaneKey, generation: u64, events: usize) {
    let mut hooks = hubspot.webhooks.hooks.lock();
    if hooks.generation != generation {
        return;
    }
    hooks.counts.discarded_events += events as u64;
    if let Some(lane) = hooks.lanes.get_mut(&key) {
        lane.in_flight = lane.in_flight.saturating_sub(1);
    }
}

/// Where an app is told, and with which secret that is signed. A cache may still know settings that were deleted.
pub(super) fn destination(hubspot: &Hubspot, app_id: u64) -> Option<(String, String)> {
    let secret = {
        let state = hubspot.state.read();
        state.apps.iter().find(|app| app.app_id == app_id).map(|app| app.client_secret.clone())?
    };
    let hooks = hubspot.webhooks.hooks.lock();
    let app = hooks.apps.get(&app_id)?;
    let target = app.target.seen(hubspot.house.now()).as_ref().or(app.target.get().as_ref());
    Some((target?.url.clone(), secret))
}

fn arrived(outcome: &Outcome, settings: &Settings) -> bool {
    match outcome {
        Outcome::Answered { status: 300..=399, .. } => settings.redirect_is_delivered,
        outcome => outcome.is_success(),
    }
}

/// Every notification has a moment of its own for its next attempt: those that failed together may come back apart.
fn retry(hubspot: &Hubspot, hooks: &mut Hooks, key: LaneKey, batch: Vec<Event>, settings: &Settings) {
    let now = hubspot.house.now();
    for mut event in batch {
        let Some(wait) = wait_after(event.attempt_number, settings, &mut hooks.dice) else {
            hooks.counts.given_up_events += 1;
            continue;
        };
        event.attempt_number += 1;
        queue(hubspot, hooks, key, now.saturating_add(wait), event, settings.batch_window_ms);
    }
}

/// An event may come twice although it arrived.
fn repeat_some(hubspot: &Hubspot, hooks: &mut Hooks, key: LaneKey, batch: &[Event], settings: &Settings) {
    if settings.duplicate_chance <= 0.0 {
        return;
    }
    let now = hubspot.house.now();
    for event in batch.iter().filter(|event| !event.is_repeated) {
        if hooks.dice.chance(settings.duplicate_chance) {
            let again = Event { is_repeated: true, ..event.clone() };
            queue(hubspot, hooks, key, now, again, settings.batch_window_ms.max(1));
        }
    }
}

/// A request as HubSpot sends it, signed anew for every attempt.
pub(super) fn webhook(
    house: &Arc<House>,
    url: &str,
    secret: String,
    body: Bytes,
    settings: &Settings,
) -> Webhook {
    let uri = signature::decoded(&as_called(url), settings.decode_lower_case_escapes);
    let (house, agent) = (Arc::clone(house), settings.user_agent.clone());
    let sign = move |body: &[u8], wrong: bool| {
        let secret = if wrong { format!("not-{secret}") } else { secret.clone() };
        headers(&secret, &uri, body, house.now(), &agent)
    };
    Webhook {
        provider: "hubspot",
        url: url.to_owned(),
        body,
        sign: Arc::new(sign),
        timeout: Duration::from_millis(settings.timeout_ms),
    }
}

/// The address as it stands in the request: a bare host gets its slash, and what an address cannot hold is escaped.
fn as_called(url: &str) -> String {
    let Ok(mut url) = url::Url::parse(url) else { return url.to_owned() };
    url.set_fragment(None);
    // Both only fail for addresses without a host, which settings never hold.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

fn headers(secret: &str, uri: &str, body: &[u8], now: i64, agent: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("user-agent", agent);
    put("x-hubspot-signature", &signature::v1(secret, body));
    put("x-hubspot-signature-version", "v1");
    put("x-hubspot-signature-v3", &signature::v3(secret, "POST", uri, body, now));
    put("x-hubspot-request-timestamp", &now.to_string());
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_signed_as_it_is_called() {
        assert_eq!(as_called("https://h.example"), "https://h.example/");
        assert_eq!(as_called("https://me:secret@h.example/a?b=c%3Ad#e"), "https://h.example/a?b=c%3Ad");
        assert_eq!(as_called("https://h.example/a b"), "https://h.example/a%20b");
    }

    #[test]
    fn an_answer_of_two_hundred_and_something_is_an_arrival_and_nothing_else_is() {
        let answered = |status| Outcome::Answered { status, body: Bytes::new() };
        let settings = Settings::default();
        for status in [200, 202, 204, 299] {
            assert!(arrived(&answered(status), &settings), "{status}");
        }
        for status in [301, 307, 400, 404, 410, 429, 500, 503] {
            assert!(!arrived(&answered(status), &settings), "{status}");
        }
        assert!(!arrived(&Outcome::Failed("no answer".to_owned()), &settings));
        let lenient = Settings { redirect_is_delivered: true, ..Settings::default() };
        assert!(arrived(&answered(302), &lenient) && !arrived(&answered(400), &lenient));
    }
}
