//! An endpoint as the API shows it: its terms and how it does, and never a secret.

use crate::config::Span;
use crate::cx::Cx;
use crate::endpoints::{self, SecretView};
use serde::Serialize;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_core::time::Timestamp;
use syncline_store::notify::endpoints::{Endpoint, State};

/// How fast an endpoint is talked to.
#[derive(Debug, Serialize)]
pub struct RateView {
    calls: u32,
    per: String,
}

impl From<Rate> for RateView {
    fn from(rate: Rate) -> Self {
        let (calls, per) = rate.parts();
        let per = Span::from_millis(u64::try_from(per.as_millis()).unwrap_or(u64::MAX)).to_string();
        Self { calls, per }
    }
}

/// An endpoint as the API shows it.
#[derive(Debug, Serialize)]
pub struct EndpointView {
    id: String,
    /// None: it gets every organization's messages.
    org_id: Option<String>,
    url: String,
    description: String,
    /// Empty: everything that is not opt-in.
    event_types: Vec<String>,
    /// The names alone: their values are as good as passwords. None when they cannot be opened.
    header_names: Option<Vec<String>>,
    rate: Option<RateView>,
    ordered: bool,
    /// As it was asked for; none: the usual one.
    schedule: Option<Schedule>,
    state: State,
    /// Why it is disabled.
    reason: Option<String>,
    /// Since when every attempt has failed, and how many that were.
    failing_since: Option<Timestamp>,
    failures: u32,
    /// Until when it asked to be left alone.
    paused_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

impl EndpointView {
    /// The view of an endpoint.
    #[must_use]
    pub fn of(cx: &Cx, endpoint: Endpoint) -> Self {
        let headers = endpoints::headers(cx, &endpoint).ok();
        let streak = endpoint.health.streak;
        Self {
            id: endpoint.id,
            org_id: Some(endpoint.org_id).filter(|org_id| !org_id.is_empty()),
            url: endpoint.url,
            description: endpoint.description,
            event_types: endpoint.filter.patterns(),
            header_names: headers.map(|headers| headers.names()),
            rate: endpoint.rate.map(RateView::from),
            ordered: endpoint.ordered,
            schedule: endpoint.schedule,
            state: endpoint.state,
            reason: endpoint.reason,
            failing_since: streak.map(|streak| streak.since),
            failures: streak.map_or(0, |streak| streak.failures),
            paused_until: endpoint.health.paused_until.filter(|until| *until > cx.now()),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            version: endpoint.version,
        }
    }
}

/// An endpoint with what hangs on it.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub(super) endpoint: EndpointView,
    /// Without what they are.
    pub(super) secrets: Vec<SecretView>,
    /// When it is tried again: the schedule that holds.
    pub(super) retries: Schedule,
    pub(super) waiting: Waiting,
}

/// What waits for an endpoint.
#[derive(Debug, Serialize)]
pub struct Waiting {
    /// Deliveries that wait or are under way.
    pub(super) deliveries: u64,
    /// When the first of them is due.
    pub(super) next_at: Option<Timestamp>,
}
