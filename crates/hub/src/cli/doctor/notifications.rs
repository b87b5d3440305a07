//! What `syncline doctor` says of notifications: news that nobody makes messages of, messages that nobody sends, endpoints that are sent
//! nothing.

use super::Finding;
use crate::app::options;
use crate::config::Config;
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};
use syncline_store::notify::deliveries;
use syncline_store::notify::endpoints::{self, Filter, State};
use syncline_store::notify::messages;
use syncline_store::{Scope, Store, StoreError};

const WHAT: &str = "notifications";
/// What a hub that runs has done long before.
const LATE: Duration = Duration::from_secs(60);
/// Rows in one question.
const PAGE: u32 = 1_000;

/// How notifications are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Look {
    /// Endpoints that are sent what they want.
    enabled: usize,
    /// Endpoints that are sent nothing.
    disabled: usize,
    /// Since when the oldest news has waited for becoming a message.
    news: Option<Timestamp>,
    /// Since when the oldest delivery has been due.
    due: Option<Timestamp>,
}

/// Looks; nothing where the database is not there or not ready, which is said elsewhere.
pub(super) async fn look(config: &Config) -> Option<Finding> {
    let options = options(config);
    if options.url == "sqlite" && !config.data_dir.exists() {
        return None;
    }
    let store = Store::open(&options).ok()?;
    let look = tokio::time::timeout(super::PATIENCE, ask(&store)).await.ok()?.ok()?;
    Some(finding(&look, SystemClock.now()))
}

async fn ask(store: &Store) -> Result<Look, StoreError> {
    let mut look = Look { news: messages::pending(store).await?, ..Look::default() };
    let mut last: Option<String> = None;
    loop {
        let nobody = ("", Timestamp::from_millis(0));
        let page = deliveries::lanes(store, nobody, last.as_deref(), PAGE).await?;
        look.enabled += page.len();
        look.due = look.due.into_iter().chain(page.iter().filter_map(|lane| lane.due_at)).min();
        let more = page.len() == PAGE as usize;
        last = page.into_iter().next_back().map(|lane| lane.endpoint_id);
        if !more {
            break;
        }
    }
    let disabled = Filter { state: Some(State::Disabled), ..Filter::default() };
    look.disabled = endpoints::list(store, &Scope::All, &disabled, None, PAGE).await?.len();
    Ok(look)
}

fn finding(look: &Look, now: Timestamp) -> Finding {
    let late = |since: Option<Timestamp>| since.filter(|since| now.since(*since) > LATE);
    let endpoints = format!("{} endpoints, {} disabled", look.enabled, look.disabled);
    if let Some(since) = late(look.news) {
        return Finding::warning(
            WHAT,
            format!("{endpoints}; news has waited since {since}"),
            "start a hub with the role worker, or look into its log for why it makes no messages of it",
        );
    }
    if let Some(since) = late(look.due) {
        return Finding::warning(
            WHAT,
            format!("{endpoints}; the oldest delivery has been due since {since}"),
            "start a hub with the role worker; if one runs, an endpoint is slower than what is published: see `syncline endpoints list`",
        );
    }
    if look.disabled > 0 {
        return Finding::warning(
            WHAT,
            endpoints,
            "`syncline endpoints list --state disabled` says which and why; enable them when they are mended",
        );
    }
    Finding::fine(WHAT, endpoints)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn ago(seconds: u64) -> Option<Timestamp> {
        Some(NOW.minus(Duration::from_secs(seconds)))
    }

    #[test]
    fn what_is_late_is_said_before_what_is_disabled() {
        let fine = Look { enabled: 3, disabled: 0, news: ago(2), due: ago(59) };
        assert_eq!(finding(&fine, NOW).verdict, Verdict::Fine);
        let look = |news, due, disabled| Look { enabled: 3, disabled, news, due };
        for (look, says) in [
            (look(ago(61), ago(99), 1), "news has waited since 2025-12-31T23:58:59.000Z"),
            (look(ago(59), ago(61), 1), "due since 2025-12-31T23:58:59.000Z"),
            (look(None, Some(NOW.plus(LATE)), 1), "3 endpoints, 1 disabled"),
        ] {
            let finding = finding(&look, NOW);
            assert!(finding.verdict == Verdict::Warning && finding.found.contains(says), "{finding:?}");
            assert!(!finding.advice.is_empty());
        }
    }
}
