//! What `syncline doctor` says of counters: pushes that nobody makes, definitions that need a person, places of theirs that do not answer.

use super::{Finding, PATIENCE};
use crate::app::options;
use crate::config::Config;
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};
use syncline_store::counters::definitions::{self, Filter, State};
use syncline_store::counters::{pushes, waiting};
use syncline_store::outside::Outside;
use syncline_store::{Scope, Store, StoreError};

const WHAT: &str = "counters";
/// What a hub that runs has done long before.
const LATE: Duration = Duration::from_secs(120);
/// Rows in one question.
const PAGE: u32 = 500;

/// How counters are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Look {
    /// Definitions whose counters are pushed.
    active: usize,
    /// Definitions of which something is wrong.
    wrong: usize,
    /// Counters that wait for a person.
    parked: u64,
    /// Since when the oldest push has been due.
    due: Option<Timestamp>,
    /// Places that do not answer: `database "bookings"`.
    away: Vec<String>,
}

/// Looks; nothing where the database is not there or not ready, which is said elsewhere.
pub(super) async fn look(config: &Config) -> Option<Finding> {
    let options = options(config);
    if options.url == "sqlite" && !config.data_dir.exists() {
        return None;
    }
    let store = Store::open(&options).ok()?;
    let mut look = tokio::time::timeout(PATIENCE, ask(&store)).await.ok()?.ok()?;
    look.away = away(config).await;
    Some(finding(&look, SystemClock.now()))
}

async fn ask(store: &Store) -> Result<Look, StoreError> {
    let mut look = Look::default();
    let mut last: Option<String> = None;
    loop {
        let page = pushes::lanes(store, last.as_deref(), PAGE).await?;
        look.active += page.len();
        for lane in &page {
            let due = lane.trigger.into_iter().chain(lane.write).chain(lane.look);
            look.due = look.due.into_iter().chain(due).min();
            look.parked += waiting(store, &Scope::All, &lane.definition_id).await?.parked;
        }
        let more = page.len() == PAGE as usize;
        last = page.into_iter().next_back().map(|lane| lane.definition_id);
        if !more {
            break;
        }
    }
    let attention = Filter { state: Some(State::Attention), ..Filter::default() };
    look.wrong = definitions::list(store, &Scope::All, &attention, None, PAGE).await?.len();
    let active = Filter { state: Some(State::Active), ..Filter::default() };
    let active = definitions::list(store, &Scope::All, &active, None, PAGE).await?;
    look.wrong += active.iter().filter(|one| one.reason.is_some()).count();
    Ok(look)
}

async fn away(config: &Config) -> Vec<String> {
    let mut away = Vec::new();
    for (name, place) in &config.counters.databases {
        let answers = match Outside::open(place.url.expose(), PATIENCE) {
            Ok(database) => database.query("SELECT 1", &[], 1, PATIENCE).await.is_ok(),
            Err(_) => false,
        };
        if !answers {
            away.push(format!("the database {name:?}"));
        }
    }
    for (name, place) in &config.counters.servers {
        let ask = async {
            let client = redis::Client::open(place.url.expose())?;
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("PING").query_async::<String>(&mut connection).await
        };
        if !matches!(tokio::time::timeout(PATIENCE, ask).await, Ok(Ok(_))) {
            away.push(format!("the Redis server {name:?}"));
        }
    }
    away
}

fn finding(look: &Look, now: Timestamp) -> Finding {
    let Look { active, wrong, parked, due, away } = look;
    let found = format!("{active} definitions, {parked} counters parked");
    if let Some(since) = due.filter(|since| now.since(*since) > LATE) {
        return Finding::warning(
            WHAT,
            format!("{found}; the oldest push has been due since {since}"),
            "start a hub with the role worker; if one runs, its log says what the trigger or HubSpot answers",
        );
    }
    if !away.is_empty() {
        let advice = "check counters.databases and counters.servers: what lives there is not compared, or not followed";
        return Finding::warning(WHAT, format!("{found}; {} does not answer", away.join(", ")), advice);
    }
    if *wrong > 0 || *parked > 0 {
        let advice = "the portal's page of counters says which and why; what is mended goes on, or is pushed again there";
        return Finding::warning(WHAT, format!("{found}, {wrong} definitions need a person"), advice);
    }
    Finding::fine(WHAT, found)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    #[test]
    fn what_is_late_comes_before_what_is_away_and_that_before_what_needs_a_person() {
        let ago = |seconds| Some(NOW.minus(Duration::from_secs(seconds)));
        let fine = Look { active: 2, due: ago(60), ..Look::default() };
        assert_eq!(finding(&fine, NOW).verdict, Verdict::Fine);
        let all = Look {
            active: 2,
            wrong: 1,
            parked: 3,
            due: ago(300),
            away: vec!["the database \"b\"".to_owned()],
        };
        let soon = Look { due: None, ..all };
        let away = finding(&soon, NOW).found;
        assert!(away.contains("the database \"b\" does not answer"), "{away}");
        let late = finding(&Look { due: ago(300), ..soon }, NOW);
        assert!(late.verdict == Verdict::Warning && late.found.contains("has been due since"), "{late:?}");
        let parked = finding(&Look { active: 2, wrong: 1, parked: 3, ..Look::default() }, NOW);
        assert!(
            parked.verdict == Verdict::Warning && parked.found.contains("3 counters parked"),
            "{parked:?}"
        );
    }
}
