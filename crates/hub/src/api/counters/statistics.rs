//! How a definition does, over the API: calls, what was shown and how late, and drift, in equal spans of time.

use super::find;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::notify::Span;
use crate::api::paging::some;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::counters::runs::{self, DriftBucket};
use syncline_store::counters::statistics::{self, Buckets, Tally};

/// A part of the chart of pushes.
#[derive(Clone, Debug)]
pub struct Part {
    /// When it begins.
    pub from: Timestamp,
    /// What was counted in it.
    pub tally: Tally,
}

/// A part of the chart of drift.
#[derive(Clone, Debug)]
pub struct DriftPart {
    /// When it begins.
    pub from: Timestamp,
    /// What runs found in it.
    pub drift: DriftBucket,
}

/// How a definition did, the oldest part first: pushes, and drift.
///
/// # Errors
/// 503 when the database is away.
pub async fn charts(
    api: &Api,
    caller: &Caller,
    id: &str,
    span: Span,
) -> Result<(Vec<Part>, Vec<DriftPart>), Problem> {
    const MINUTE: Duration = Duration::from_mins(1);
    let (minutes, count) = span.parts();
    let (store, now) = (&api.cx.store, api.cx.now());
    let buckets = Buckets { until: now, minutes, count };
    let pushes = statistics::chart(store, &caller.scope, id, buckets).await?;
    let drift = runs::drift(store, &caller.scope, id, buckets).await?;
    let minute = i64::try_from(MINUTE.as_millis()).unwrap_or(1);
    let end = Timestamp::from_millis((now.as_millis().div_euclid(minute) + 1) * minute);
    let from = |at: u32| end.minus(MINUTE * minutes * (count - at.min(count)));
    let pushes = (0..).zip(pushes).map(|(at, tally)| Part { from: from(at), tally }).collect();
    let drift = (0..).zip(drift).map(|(at, drift)| DriftPart { from: from(at), drift }).collect();
    Ok((pushes, drift))
}

/// A part as the API shows it.
#[derive(Debug, Serialize)]
struct PartView {
    from: Timestamp,
    /// Changes that were shown.
    changes: u64,
    accepted: u64,
    failed: u64,
    /// Values that were shown.
    shown: u64,
    parked: u64,
    /// From the change to the property, in milliseconds; none when nothing was shown.
    shown_p50_ms: Option<u64>,
    shown_p99_ms: Option<u64>,
    shown_max_ms: Option<u64>,
    drift: DriftBucket,
}

/// A latency of a part in milliseconds.
fn millis(tally: &Tally, part: f64) -> Option<u64> {
    tally.quantile(part).map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

impl PartView {
    fn of((part, drift): (&Part, &DriftPart)) -> Self {
        let tally = &part.tally;
        Self {
            from: part.from,
            changes: tally.changes,
            accepted: tally.accepted,
            failed: tally.failed,
            shown: tally.shown,
            parked: tally.parked,
            shown_p50_ms: millis(tally, 0.5),
            shown_p99_ms: millis(tally, 0.99),
            shown_max_ms: (tally.shown > 0).then_some(tally.shown_max),
            drift: drift.drift,
        }
    }
}

/// Which statistics.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsQuery {
    /// `1h`, `24h` (the default), `7d` or `30d`.
    pub span: Option<String>,
}

/// `GET /v1/counters/{counter}/statistics`.
///
/// # Errors
/// 400 for a span that is none, 404 when there is no such definition for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    query: Result<Query<StatisticsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let say = "`span` is `1h`, `24h`, `7d` or `30d`.";
    let span = match some(checked(query)?.span) {
        None => Span::default(),
        Some(name) => Span::named(&name).ok_or_else(|| Problem::bad_request("bad_span", say))?,
    };
    let definition = find(&api, &caller, &counter).await?;
    let (pushes, drift) = charts(&api, &caller, &definition.id, span).await?;
    let sum = |of: fn(&Tally) -> u64| pushes.iter().map(|part| of(&part.tally)).sum::<u64>();
    let views: Vec<PartView> = pushes.iter().zip(&drift).map(PartView::of).collect();
    Ok(json(&serde_json::json!({
        "span": span.name(),
        "changes": sum(|tally| tally.changes),
        "accepted": sum(|tally| tally.accepted),
        "failed": sum(|tally| tally.failed),
        "shown": sum(|tally| tally.shown),
        "parked": sum(|tally| tally.parked),
        "parts": views,
    })))
}
