//! How an endpoint does, over the API: attempts and latencies in equal spans of time.

use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::paging::some;
use crate::endpoints;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::notify::statistics::{self, Tally};

/// How far back, and in how many parts of how many minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// Sixty parts of a minute.
    Hour,
    /// Forty-eight parts of half an hour.
    #[default]
    Day,
    /// Fifty-six parts of three hours.
    Week,
    /// Sixty parts of twelve hours.
    Month,
}

impl Span {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// As a query names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// The span of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.name() == name)
    }

    /// The minutes of a part, and how many parts.
    #[must_use]
    pub fn parts(self) -> (u32, u32) {
        match self {
            Self::Hour => (1, 60),
            Self::Day => (30, 48),
            Self::Week => (180, 56),
            Self::Month => (720, 60),
        }
    }
}

/// A part of a chart.
#[derive(Clone, Debug)]
pub struct Part {
    /// When it begins.
    pub from: Timestamp,
    /// What was counted in it.
    pub tally: Tally,
}

/// How an endpoint did, the oldest part first.
///
/// # Errors
/// 503 when the database is away.
pub async fn chart(api: &Api, caller: &Caller, id: &str, span: Span) -> Result<Vec<Part>, Problem> {
    const MINUTE: Duration = Duration::from_mins(1);
    let (minutes, parts) = span.parts();
    let now = api.cx.now();
    let found = statistics::chart(&api.cx.store, &caller.scope, id, now, minutes, parts).await?;
    let minute = i64::try_from(MINUTE.as_millis()).unwrap_or(1);
    let end = Timestamp::from_millis((now.as_millis().div_euclid(minute) + 1) * minute);
    let back = |at: usize| MINUTE * minutes * u32::try_from(found.len() - at).unwrap_or(0);
    let part = |(at, tally): (usize, &Tally)| Part { from: end.minus(back(at)), tally: tally.clone() };
    Ok(found.iter().enumerate().map(part).collect())
}

/// A part as the API shows it.
#[derive(Debug, Serialize)]
struct PartView {
    from: Timestamp,
    delivered: u64,
    failed: u64,
    /// Milliseconds; none when there were no attempts.
    latency_p50_ms: Option<u64>,
    latency_p99_ms: Option<u64>,
    latency_max_ms: Option<u64>,
}

impl From<&Part> for PartView {
    fn from(part: &Part) -> Self {
        let tally = &part.tally;
        let millis =
            |part: f64| tally.quantile(part).map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        let some = tally.delivered + tally.failed > 0;
        Self {
            from: part.from,
            delivered: tally.delivered,
            failed: tally.failed,
            latency_p50_ms: millis(0.5),
            latency_p99_ms: millis(0.99),
            latency_max_ms: some.then_some(tally.latency_max),
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

/// `GET /v1/endpoints/{id}/statistics`.
///
/// # Errors
/// 400 for a span that is none, 404 when there is no such endpoint for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<StatisticsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let say = "`span` is `1h`, `24h`, `7d` or `30d`.";
    let span = match some(checked(query)?.span) {
        None => Span::default(),
        Some(name) => Span::named(&name).ok_or_else(|| Problem::bad_request("bad_span", say))?,
    };
    endpoints::get(&api.cx, &caller.scope, &id).await?;
    let parts = chart(&api, &caller, &id, span).await?;
    let (delivered, failed) = parts.iter().fold((0, 0), |(delivered, failed), part| {
        (delivered + part.tally.delivered, failed + part.tally.failed)
    });
    let views: Vec<PartView> = parts.iter().map(PartView::from).collect();
    Ok(json(&serde_json::json!({
        "span": span.name(), "delivered": delivered, "failed": failed, "parts": views
    })))
}
