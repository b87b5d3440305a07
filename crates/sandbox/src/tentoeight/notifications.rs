//! Notifications: which customers changed, and nothing else (10to8 facts 6). No answer within five seconds, or one that is
//! no success, and it is tried again; the last time half an hour later.

use super::Tentoeight;
use super::model::{State, Subscription};
use super::settings::{Notifications, Settings};
use super::uris;
use crate::house::{Outcome, Webhook, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// The only scope that is notified about.
const CUSTOMER: &str = "customer";

/// Whose notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct To {
    organization: usize,
    subscription: u64,
    era: u64,
}

/// One notification on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parcel {
    to: To,
    /// Numbers of the customers that changed; none: a ping.
    items: Option<Vec<u64>>,
    /// How often it failed.
    failures: usize,
}

#[derive(Serialize)]
struct Body<'a> {
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<String>>,
}

impl To {
    fn find<'a>(&self, state: &'a mut State, now: i64) -> Option<&'a mut Subscription> {
        if state.era != self.era {
            return None;
        }
        let all = &mut state.organizations[self.organization].subscriptions;
        all.iter_mut().find(|one| one.id == self.subscription && one.is_live(now))
    }
}

impl Tentoeight {
    /// Lets all who want to know hear that customer `number` has changed.
    pub(super) fn notify(&self, state: &mut State, number: u64, settings: &Settings) {
        let Some((organization, _)) = uris::locate(number) else { return };
        let (now, era) = (self.house.now(), state.era);
        let together = settings.notifications.coalesce_ms;
        let mut at_once = Vec::new();
        for subscription in &mut state.organizations[organization].subscriptions {
            if subscription.scope != CUSTOMER || !subscription.is_live(now) {
                continue;
            }
            let to = To { organization, subscription: subscription.id, era };
            if together <= 0 {
                at_once.push(to);
            } else if subscription.waiting.add(number) {
                self.house.schedule.at(now.saturating_add(together), flush(self.me.clone(), to));
            }
        }
        for to in at_once {
            self.dispatch_parcel(state, &Parcel { to, items: Some(vec![number]), failures: 0 }, settings);
        }
    }

    /// A notification about nothing, to see whether anybody is there.
    pub(super) fn ping(
        &self,
        state: &mut State,
        organization: usize,
        subscription: u64,
        settings: &Settings,
    ) {
        let to = To { organization, subscription, era: state.era };
        self.dispatch_parcel(state, &Parcel { to, items: None, failures: 0 }, settings);
    }

    fn dispatch_parcel(&self, state: &mut State, parcel: &Parcel, settings: &Settings) {
        let rules = &settings.notifications;
        let copies = 1 + usize::from(state.chance(rules.twice_chance));
        for _ in 0..copies {
            let delay = if rules.jitter_ms > 0 { state.up_to(rules.jitter_ms) } else { 0 };
            self.send_after(delay, parcel.clone());
        }
    }

    fn send_after(&self, delay: i64, parcel: Parcel) {
        let due = self.house.now().saturating_add(delay);
        self.house.schedule.at(due, deliver(self.me.clone(), parcel));
    }

    /// What is posted, and where, unless nobody wants it any more.
    fn webhook(&self, parcel: &Parcel, settings: &Settings) -> Option<Webhook> {
        let mut state = self.state.write();
        let subscription = parcel.to.find(&mut state, self.house.now())?;
        let uris = self.uris(settings);
        let items = parcel.items.as_ref();
        let items = items.map(|items| items.iter().map(|number| uris.customer(*number)).collect());
        let body = serde_json::to_vec(&Body { scope: &subscription.scope, items }).ok()?;
        let headers = headers(&settings.notifications);
        Some(Webhook {
            provider: "tentoeight",
            url: subscription.callback_url.clone(),
            body: Bytes::from(body),
            // There is no signature to be wrong.
            sign: Arc::new(move |_, _| headers.clone()),
            timeout: Duration::from_millis(settings.notifications.timeout_ms),
        })
    }

    /// Tries again later, or gives up.
    fn failed(&self, mut parcel: Parcel, rules: &Notifications) {
        if let Some(delay) = rules.retry_after_ms.get(parcel.failures) {
            parcel.failures += 1;
            self.send_after(*delay, parcel);
        } else if rules.remove_after_last
            && let Some(subscription) = parcel.to.find(&mut self.state.write(), self.house.now())
        {
            subscription.remove();
        }
    }
}

fn headers(rules: &Notifications) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(agent) = rules.user_agent.as_ref().and_then(|agent| HeaderValue::try_from(agent).ok()) {
        headers.insert(header::USER_AGENT, agent);
    }
    headers
}

/// Whether the receiver has taken it.
fn is_taken(outcome: &Outcome, rules: &Notifications) -> bool {
    matches!(outcome, Outcome::Answered { status, .. } if (200..=rules.success_up_to).contains(status))
}

/// What has changed since the first change goes out together.
async fn flush(vendor: Weak<Tentoeight>, to: To) {
    let Some(vendor) = vendor.upgrade() else { return };
    let settings = vendor.settings.get();
    let mut state = vendor.state.write();
    let Some(subscription) = to.find(&mut state, vendor.house.now()) else { return };
    let numbers = subscription.waiting.take();
    for items in numbers.chunks(settings.notifications.max_items.max(1)) {
        let parcel = Parcel { to, items: Some(items.to_vec()), failures: 0 };
        vendor.dispatch_parcel(&mut state, &parcel, &settings);
    }
}

async fn deliver(vendor: Weak<Tentoeight>, parcel: Parcel) {
    let Some(vendor) = vendor.upgrade() else { return };
    let settings = vendor.settings.get();
    let Some(webhook) = vendor.webhook(&parcel, &settings) else { return };
    let outcome = post::send(&vendor.house, webhook).await;
    if !is_taken(&outcome, &settings.notifications) {
        vendor.failed(parcel, &settings.notifications);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_up_to_the_limit_counts_as_taken() {
        let answered = |status| Outcome::Answered { status, body: Bytes::new() };
        let strict = Notifications::default();
        for (status, taken) in
            [(200, true), (204, true), (299, true), (301, false), (404, false), (500, false)]
        {
            assert_eq!(is_taken(&answered(status), &strict), taken, "{status}");
        }
        let lax = Notifications { success_up_to: 499, ..Notifications::default() };
        assert!(is_taken(&answered(404), &lax) && !is_taken(&answered(500), &lax));
        assert!(!is_taken(&Outcome::Failed("gone".to_owned()), &lax));
    }
}
