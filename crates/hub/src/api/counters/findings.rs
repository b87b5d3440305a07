//! What a run found, over the API: what was wrong, by how much, since when, and what was done.

use super::runs::run_of;
use super::views::property;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::paging::{cut, limit, some};
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use syncline_core::counters::reconcile::Suspicion;
use syncline_core::time::Timestamp;
use syncline_store::counters::findings::{self, Filter, Finding, Outcome, Verdict};
use syncline_store::{Scope, StoreError};

/// Which findings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingQuery {
    /// `drift`, `suspect` or `no_truth`; left out: all.
    pub verdict: Option<String>,
    /// Only those about counters whose keys begin like this.
    pub search: Option<String>,
    /// Findings on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// Something that a run found, as the API and the portal show it.
#[derive(Debug, Serialize)]
pub struct FindingView {
    /// The counter's key.
    pub key: String,
    /// What was found.
    pub verdict: Verdict,
    /// What became of it.
    pub outcome: Outcome,
    /// The particulars.
    #[serde(flatten)]
    pub found: Found,
    /// When.
    pub found_at: Timestamp,
    /// When it was right again.
    pub settled_at: Option<Timestamp>,
}

/// The particulars of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it should be; none: nobody knows.
    pub expected: Option<i64>,
    /// What the counter was; none: it vanished.
    pub counter: Option<i64>,
    /// What HubSpot showed; none: no number, or it was not read.
    pub property: Option<i64>,
    /// What kind of thing HubSpot showed: `number`, `empty`, `other`, `no_record`; none: it was not read.
    pub property_is: Option<&'static str>,
    /// Whether the counter was wrong.
    pub counter_wrong: bool,
    /// Whether the property was wrong.
    pub property_wrong: bool,
    /// By how much the counter was too high.
    pub counter_off: Option<i64>,
    /// By how much the property was too high.
    pub property_off: Option<i64>,
    /// Since when at most: the last moment at which it was known to be right.
    pub since: Option<Timestamp>,
    /// What the truth's source said instead of a number.
    pub words: Option<String>,
}

impl Found {
    fn of(finding: &Finding) -> Result<Self, StoreError> {
        if let Some(drift) = finding.drift()? {
            let (shown, is) = property(&drift.property);
            return Ok(Self {
                expected: drift.truth,
                counter: drift.counter,
                property: shown,
                property_is: Some(is),
                counter_wrong: drift.counter_wrong,
                property_wrong: drift.property_wrong,
                counter_off: drift.counter_off(),
                property_off: drift.property_off(),
                since: drift.since,
                words: None,
            });
        }
        let suspicion = serde_json::from_str::<Suspicion>(&finding.detail);
        Ok(match (finding.verdict, suspicion) {
            (Verdict::Suspect, Ok(suspicion)) => Self {
                expected: Some(suspicion.truth),
                counter: suspicion.counter,
                counter_wrong: true,
                counter_off: suspicion.counter.map(|counter| counter.saturating_sub(suspicion.truth)),
                ..Self::default()
            },
            _ => Self { words: Some(words(&finding.detail)), ..Self::default() },
        })
    }
}

/// A source's words, which may be kept as a JSON text.
fn words(detail: &str) -> String {
    serde_json::from_str::<String>(detail).unwrap_or_else(|_| detail.to_owned())
}

impl FindingView {
    /// What is shown of a finding.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when its row holds something else.
    pub fn of(finding: Finding) -> Result<Self, StoreError> {
        let found = Found::of(&finding)?;
        let Finding { key, verdict, outcome, found_at, settled_at, .. } = finding;
        Ok(Self { key, verdict, outcome, found, found_at, settled_at })
    }
}

/// What a run found, in the order of the keys, and where the next page begins.
///
/// # Errors
/// 503 when the database is away.
pub async fn page(
    api: &Api,
    scope: &Scope,
    run_id: &str,
    filter: Filter<'_>,
    after: &str,
    limit: u32,
) -> Result<(Vec<FindingView>, Option<String>), Problem> {
    let mut found = findings::page(&api.cx.store, scope, run_id, filter, after, limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.key.clone());
    let views = found.into_iter().map(FindingView::of).collect::<Result<Vec<_>, _>>()?;
    Ok((views, next))
}

/// `GET /v1/counter-runs/{id}/findings`.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such run for this caller.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<FindingQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let say = "`verdict` is `drift`, `suspect` or `no_truth`.";
    let named = |name: String| Verdict::named(&name).ok_or_else(|| Problem::bad_request("bad_verdict", say));
    let verdict = some(query.verdict).map(named).transpose()?;
    let limit = limit(query.limit)?;
    run_of(&api, &caller, &id).await?;
    let after = some(query.cursor).unwrap_or_default();
    let filter = Filter { verdict, begins: query.search.as_deref().unwrap_or_default() };
    let (data, next) = page(&api, &caller.scope, &id, filter, &after, limit).await?;
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}
