//! The ping: sent, tried again for about a day, then given up and notifications disabled.

use super::hook::{Hook, PingResult};
use super::mac;
use crate::airtable::{Airtable, settings};
use crate::house::clock::iso;
use crate::house::{Outcome, Webhook, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;
use std::time::Duration;

/// Which webhook to ping.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Target {
    pub(in crate::airtable) base: String,
    pub(in crate::airtable) hook: String,
    /// Whether the ping is about nothing: no other one follows it.
    pub(in crate::airtable) spurious: bool,
}

/// How long to wait before the retry with this number (from 1).
fn wait_before(retry: u32, rules: &settings::Webhooks) -> i64 {
    let doubled = 2i64.saturating_pow(retry.saturating_sub(1));
    rules.first_retry_secs.saturating_mul(1_000).saturating_mul(doubled)
}

/// Whether the receiver took it; otherwise why not.
fn verdict(outcome: &Outcome, rules: &settings::Webhooks) -> Result<(), String> {
    match outcome {
        Outcome::Failed(reason) => Err(reason.clone()),
        Outcome::Answered { status: 200 | 204, body } if body.is_empty() || !rules.empty_answer => Ok(()),
        Outcome::Answered { status: 200 | 204, .. } => Err("The response body was not empty".to_owned()),
        Outcome::Answered { status, .. } => Err(format!("The HTTP request returned a {status} status code")),
    }
}

fn webhook(hook: &Hook, base: &str, now: i64, rules: &settings::Webhooks) -> Option<Webhook> {
    let (id, at) = (&hook.id, iso(now));
    let ping = format!(r#"{{"base":{{"id":"{base}"}},"webhook":{{"id":"{id}"}},"timestamp":"{at}"}}"#);
    let secret = hook.secret.clone();
    Some(Webhook {
        provider: "airtable",
        url: hook.url.clone()?,
        body: Bytes::from(ping),
        sign: Arc::new(move |body, wrong| {
            let mac = if wrong { mac::mac("d3Jvbmc=", body) } else { mac::mac(&secret, body) };
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if let Ok(value) = HeaderValue::from_str(&mac) {
                headers.insert(mac::HEADER, value);
            }
            headers
        }),
        timeout: Duration::from_secs(rules.timeout_secs),
    })
}

impl Airtable {
    /// Has a webhook pinged at `due`.
    pub(in crate::airtable) fn ping_at(&self, due: i64, target: Target, retry: u32) {
        let me = self.me.clone();
        self.house.schedule.at(due, async move {
            if let Some(airtable) = me.upgrade() {
                airtable.ping(target, retry).await;
            }
        });
    }

    async fn ping(self: Arc<Self>, target: Target, retry: u32) {
        let settings = self.settings.get();
        let rules = &settings.webhooks;
        let now = self.house.now();
        let webhook = self.with_hook(&target, |hook| {
            hook.ping_pending = false;
            if !hook.notifications || !hook.is_active(now) {
                return None;
            }
            webhook(hook, &target.base, now, rules)
        });
        let Some(webhook) = webhook.flatten() else { return };
        let outcome = post::send(&self.house, webhook).await;
        let done = self.house.now();
        let failed = verdict(&outcome, rules).err();
        let again = failed.is_some() && retry < rules.retries;
        let good = failed.is_none();
        self.with_hook(&target, |hook| {
            if good {
                hook.last_success = Some(done);
            } else if !again {
                // The ping is dropped. Payloads go on to be collected.
                hook.notifications = false;
            }
            let failed = failed.map(|reason| (reason, again));
            hook.last_result = Some(PingResult { at: done, duration_ms: done - now, retry, failed });
        });
        if again {
            self.ping_at(done.saturating_add(wait_before(retry + 1, rules)), target, retry + 1);
        } else if good && !target.spurious && self.dice.lock().chance(rules.spurious_chance) {
            self.ping_at(done, Target { spurious: true, ..target }, 0);
        }
    }

    fn with_hook<T>(&self, target: &Target, work: impl FnOnce(&mut Hook) -> T) -> Option<T> {
        let mut world = self.world.write();
        let base = world.base(&target.base)?;
        let hook = world.bases[base].hooks.iter_mut().find(|hook| hook.id == target.hook)?;
        Some(work(hook))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_retries_take_about_a_day() {
        let rules = settings::Webhooks::default();
        assert_eq!((wait_before(1, &rules), wait_before(2, &rules)), (10_000, 20_000));
        let all: i64 = (1..=rules.retries).map(|retry| wait_before(retry, &rules)).sum();
        assert_eq!(all, 81_910_000);
    }

    #[test]
    fn a_ping_is_taken_with_200_or_204_and_an_empty_body() {
        let rules = settings::Webhooks::default();
        let answered = |status, body: &'static str| Outcome::Answered {
            status,
            body: Bytes::from_static(body.as_bytes()),
        };
        assert_eq!(verdict(&answered(200, ""), &rules), Ok(()));
        assert_eq!(verdict(&answered(204, ""), &rules), Ok(()));
        assert!(verdict(&answered(200, "ok"), &rules).is_err());
        assert!(verdict(&answered(201, ""), &rules).is_err());
        assert!(verdict(&answered(302, ""), &rules).is_err());
        let relaxed = settings::Webhooks { empty_answer: false, ..rules };
        assert_eq!(verdict(&answered(200, "ok"), &relaxed), Ok(()));
    }
}
