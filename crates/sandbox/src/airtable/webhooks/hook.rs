//! A webhook: its life of seven days, its payloads and their cursors.

use super::spec::Spec;
use crate::airtable::settings;
use crate::house::clock::iso;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// How a ping went.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) struct PingResult {
    pub(in crate::airtable) at: i64,
    pub(in crate::airtable) duration_ms: i64,
    /// 0 for the first attempt.
    pub(in crate::airtable) retry: u32,
    /// Why it failed, and whether it will be tried again.
    pub(in crate::airtable) failed: Option<(String, bool)>,
}

impl PingResult {
    fn json(&self) -> Value {
        let mut json = json!({
            "success": self.failed.is_none(), "completionTimestamp": iso(self.at),
            "durationMs": self.duration_ms, "retryNumber": self.retry,
        });
        if let Some((message, again)) = &self.failed {
            json["error"] = json!({ "message": message });
            json["willBeRetried"] = json!(again);
        }
        json
    }
}

/// A webhook.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Hook {
    pub(in crate::airtable) id: String,
    /// The OAuth integration it belongs to; none: made with a personal access token.
    pub(in crate::airtable) integration: Option<usize>,
    pub(in crate::airtable) url: Option<String>,
    pub(in crate::airtable) secret: String,
    pub(in crate::airtable) spec: Spec,
    pub(in crate::airtable) notifications: bool,
    pub(in crate::airtable) expires: i64,
    pub(in crate::airtable) last_success: Option<i64>,
    pub(in crate::airtable) last_result: Option<PingResult>,
    /// Whether a ping that stands for several changes is on its way.
    pub(in crate::airtable) ping_pending: bool,
    /// Whether it was told that its filters no longer fit.
    pub(in crate::airtable) told_broken: bool,
    next_cursor: u64,
    /// Cursor, moment, payload.
    payloads: VecDeque<(u64, i64, Value)>,
}

/// A page of payloads.
#[derive(Debug, PartialEq)]
pub(in crate::airtable) struct PayloadPage {
    pub(in crate::airtable) payloads: Vec<Value>,
    pub(in crate::airtable) cursor: u64,
    pub(in crate::airtable) more: bool,
}

impl Hook {
    pub(in crate::airtable) fn new(
        id: String,
        secret: String,
        integration: Option<usize>,
        url: Option<String>,
        spec: Spec,
        expires: i64,
    ) -> Self {
        Self {
            id,
            integration,
            url,
            secret,
            spec,
            notifications: true,
            expires,
            last_success: None,
            last_result: None,
            ping_pending: false,
            told_broken: false,
            next_cursor: 1,
            payloads: VecDeque::new(),
        }
    }

    /// Whether it still takes note of changes.
    pub(in crate::airtable) fn is_active(&self, now: i64) -> bool {
        now < self.expires
    }

    /// Whether even its payloads can no longer be read.
    pub(in crate::airtable) fn is_gone(&self, now: i64, rules: &settings::Webhooks) -> bool {
        now >= self.expires.saturating_add(rules.afterlife_secs.saturating_mul(1_000))
    }

    /// Gives an active webhook another life.
    pub(in crate::airtable) fn extend(&mut self, now: i64, rules: &settings::Webhooks) {
        if self.is_active(now) {
            self.expires = now.saturating_add(rules.life_secs.saturating_mul(1_000));
        }
    }

    /// Adds payloads; forgets those that are too old. Numbers are never given twice.
    pub(in crate::airtable) fn push(&mut self, payloads: Vec<Value>, now: i64, rules: &settings::Webhooks) {
        for payload in payloads {
            self.payloads.push_back((self.next_cursor, now, payload));
            self.next_cursor += 1;
        }
        self.forget(now, rules);
    }

    fn forget(&mut self, now: i64, rules: &settings::Webhooks) {
        let kept = rules.payload_secs.saturating_mul(1_000);
        while self.payloads.front().is_some_and(|(_, at, _)| now.saturating_sub(*at) >= kept) {
            self.payloads.pop_front();
        }
    }

    /// The payloads from `cursor` on. The cursor to go on with follows the last one, or is the same when there is none.
    pub(in crate::airtable) fn page(
        &mut self,
        cursor: u64,
        limit: usize,
        now: i64,
        rules: &settings::Webhooks,
    ) -> PayloadPage {
        self.forget(now, rules);
        let mut from = self.payloads.iter().filter(|(number, _, _)| *number >= cursor).peekable();
        let (mut payloads, mut next) = (Vec::new(), cursor);
        while let Some((number, _, payload)) = from.next_if(|_| payloads.len() < limit) {
            payloads.push(payload.clone());
            next = number + 1;
        }
        PayloadPage { payloads, cursor: next, more: from.peek().is_some() }
    }

    /// As the list of webhooks shows it.
    pub(in crate::airtable) fn json(&self, now: i64) -> Value {
        json!({
            "id": self.id,
            "areNotificationsEnabled": self.notifications,
            "cursorForNextPayload": self.next_cursor,
            "isHookEnabled": self.is_active(now),
            "expirationTime": iso(self.expires),
            "notificationUrl": self.url,
            "lastSuccessfulNotificationTime": self.last_success.map(iso),
            "lastNotificationResult": self.last_result.as_ref().map(PingResult::json),
            "specification": self.spec.raw,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn hook() -> Hook {
        Hook::new("ach1".to_owned(), String::new(), None, None, Spec::default(), 7 * DAY)
    }

    #[test]
    fn cursors_begin_at_one_and_follow_the_last_payload() {
        let (mut hook, rules) = (hook(), settings::Webhooks::default());
        assert_eq!(hook.page(1, 50, 0, &rules), PayloadPage { payloads: vec![], cursor: 1, more: false });
        hook.push((0..60).map(|n| json!(n)).collect(), 0, &rules);
        let first = hook.page(1, 50, 0, &rules);
        assert_eq!((first.payloads.len(), first.cursor, first.more), (50, 51, true));
        let second = hook.page(51, 50, 0, &rules);
        assert_eq!((second.payloads.len(), second.cursor, second.more), (10, 61, false));
        assert_eq!(hook.page(61, 50, 0, &rules), PayloadPage { payloads: vec![], cursor: 61, more: false });
        assert_eq!(hook.page(99, 50, 0, &rules).cursor, 99);
    }

    #[test]
    fn payloads_are_kept_a_week_and_numbers_never_begin_anew() {
        let (mut hook, rules) = (hook(), settings::Webhooks::default());
        hook.push(vec![json!("old")], 0, &rules);
        hook.push(vec![json!("new")], DAY, &rules);
        let page = hook.page(1, 50, 7 * DAY, &rules);
        assert_eq!((page.payloads, page.cursor), (vec![json!("new")], 3));
        assert!(hook.page(1, 50, 9 * DAY, &rules).payloads.is_empty());
        hook.push(vec![json!("newest")], 9 * DAY, &rules);
        assert_eq!(hook.page(1, 50, 9 * DAY, &rules).cursor, 4);
    }

    #[test]
    fn only_an_active_webhook_is_given_another_life() {
        let (mut hook, rules) = (hook(), settings::Webhooks::default());
        hook.extend(6 * DAY, &rules);
        assert!(hook.is_active(12 * DAY) && !hook.is_active(13 * DAY));
        hook.extend(14 * DAY, &rules);
        assert!(!hook.is_active(14 * DAY));
        assert!(!hook.is_gone(19 * DAY, &rules) && hook.is_gone(20 * DAY, &rules));
    }
}
