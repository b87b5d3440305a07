//! The end of a run: what it came to, and who is told.

use crate::cx::Cx;
use crate::jobs::Failure;
use crate::news::{self, News};
use std::collections::BTreeMap;
use syncline_store::connections::Connection;
use syncline_store::jobs::Outcome;
use syncline_store::runs::{self, LaneRow, LaneState, Run, State};
use syncline_store::{Scope, StoreError};

/// Ends a run and tells of it, in one transaction.
///
/// # Errors
/// [`Failure`] as the database says.
pub(super) async fn finish(cx: &Cx, run: &Run, connection: &Connection) -> Result<Outcome, Failure> {
    let lanes = runs::lanes(&cx.store, &run.id).await?;
    let cancelled = runs::get(&cx.store, &Scope::All, &run.id).await?.is_none_or(|run| run.cancel_requested);
    let (state, reason) = if cancelled { (State::Cancelled, None) } else { verdict(&lanes) };
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    runs::finish(&mut tx, &run.id, state, reason.as_deref(), now).await?;
    if state != State::Cancelled {
        let told = completions(run, connection, &lanes).into_iter().map(|payload| News {
            org_id: &run.org_id,
            connection_id: Some(&run.connection_id),
            kind: "sync.complete",
            payload: payload.to_string(),
        });
        news::queue_all(cx, &mut tx, told.collect()).await?;
    }
    tx.commit().await?;
    cx.wake.news();
    tracing::info!(run = run.id, connection = run.connection_id, state = state.name(), reason, "load ended");
    Ok(Outcome::Done)
}

/// Work for the connection rests until a person has connected it again.
pub(super) async fn pause(cx: &Cx, run: &Run, reason: &str) -> Result<(), StoreError> {
    let mut tx = cx.store.begin().await?;
    runs::pause(&mut tx, &run.id, reason, cx.now()).await?;
    tx.commit().await
}

/// What the lanes make of the run.
fn verdict(lanes: &[LaneRow]) -> (State, Option<String>) {
    let of = |state: LaneState| lanes.iter().filter(move |lane| lane.state == state);
    let (failed, cut) = (of(LaneState::Failed).count(), of(LaneState::Cut).count());
    if failed == 0 && cut == 0 {
        return (State::Succeeded, None);
    }
    let why: Vec<String> = of(LaneState::Failed)
        .chain(of(LaneState::Cut))
        .take(MOST_NAMED)
        .map(|lane| format!("{}: {}", lane.title, lane.error.as_deref().unwrap_or("no reason known")))
        .collect();
    let more = (failed + cut).saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let state = if failed == lanes.len() { State::Failed } else { State::Partial };
    (state, Some(format!("{}{more}", why.join("; "))))
}

/// How many lanes a run's reason names.
const MOST_NAMED: usize = 3;

/// One `sync.complete` for every object type, with the fields of the seed's example.
fn completions(run: &Run, connection: &Connection, lanes: &[LaneRow]) -> Vec<serde_json::Value> {
    let mut by_type: BTreeMap<&str, (u64, Vec<String>)> = BTreeMap::new();
    for lane in lanes {
        let (read, errors) = by_type.entry(&lane.object_type).or_default();
        *read += lane.read;
        if lane.state == LaneState::Failed {
            errors.push(format!("{}: {}", lane.title, lane.error.as_deref().unwrap_or("no reason known")));
        }
    }
    by_type
        .into_iter()
        .map(|(object_type, (read, errors))| {
            let (family, object) = named(object_type);
            serde_json::json!({
                "webhook_event_type": "sync.complete",
                "connection_id": run.connection_id,
                "customer_id": run.org_id,
                "provider_name": connection.provider,
                "history_id": run.id,
                "result": if errors.is_empty() { "SUCCESS" } else { "ERROR" },
                "num_records_synced": read,
                "error_message": (!errors.is_empty()).then(|| errors.join("; ")),
                "type": "object",
                "object_type": family,
                "object": object,
            })
        })
        .collect()
}

/// The seed's words: objects that every CRM has are `common` and named in the singular, others go by the provider's name.
#[must_use]
pub fn named(object_type: &str) -> (&'static str, &str) {
    match object_type {
        "contacts" => ("common", "contact"),
        "companies" => ("common", "company"),
        "deals" => ("common", "deal"),
        custom if custom.starts_with("2-") => ("custom", custom),
        other => ("standard", other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_objects_have_the_names_of_the_seed() {
        assert_eq!(named("companies"), ("common", "company"));
        assert_eq!(named("2-50158913"), ("custom", "2-50158913"));
        assert_eq!(named("row"), ("standard", "row"));
    }
}
