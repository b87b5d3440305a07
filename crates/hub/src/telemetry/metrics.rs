//! Prometheus metrics: what is counted, under which names.

use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;
use syncline_store::records::Written;

/// Upper bounds, in seconds, of what latencies are sorted into.
const SECONDS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Installs the process's recorder, once; later calls answer the same handle. `None` when another recorder was there first.
pub fn install() -> Option<PrometheusHandle> {
    RECORDER
        .get_or_init(|| match build() {
            Ok(handle) => {
                describe();
                begin_at_zero();
                Some(handle)
            }
            Err(error) => {
                tracing::warn!(%error, "metrics are off");
                None
            }
        })
        .clone()
}

fn build() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()
}

fn describe() {
    describe_counter!(
        "syncline_intake_deliveries_accepted_total",
        "Webhook deliveries acknowledged as durable"
    );
    describe_counter!("syncline_intake_events_accepted_total", "Events in those deliveries");
    describe_counter!(
        "syncline_intake_deliveries_refused_total",
        "Webhook deliveries turned away, by reason"
    );
    describe_histogram!("syncline_intake_request_seconds", Unit::Seconds, "From request to acknowledgement");
    describe_counter!("syncline_intake_log_failures_total", "Groups of deliveries the log could not commit");
    describe_gauge!("syncline_intake_log_lag_deliveries", "Deliveries in the log not yet stored as events");
    describe_gauge!("syncline_intake_log_lag_seconds", Unit::Seconds, "Age of the oldest of them");
    describe_counter!("syncline_events_stored_total", "Events stored for the first time");
    describe_counter!("syncline_events_duplicate_total", "Events that were stored already");
    describe_counter!("syncline_events_parked_total", "Events that could not be read or stored");
    describe_histogram!("syncline_events_batch_seconds", Unit::Seconds, "Storing one batch of events");
    describe_counter!("syncline_jobs_finished_total", "Runs of jobs, by kind and outcome");
    describe_histogram!("syncline_jobs_run_seconds", Unit::Seconds, "One run of a job");
    describe_gauge!("syncline_jobs", "Jobs by kind and state");
    describe_gauge!(
        "syncline_jobs_oldest_due_seconds",
        Unit::Seconds,
        "How long the oldest due job has waited"
    );
    describe_counter!(
        "syncline_provider_calls_total",
        "Calls to providers, by status; 0: no whole answer came"
    );
    describe_histogram!("syncline_provider_call_seconds", Unit::Seconds, "One call to a provider");
    describe_counter!("syncline_provider_calls_repeated_total", "Calls made again after a failure");
    describe_counter!("syncline_provider_rate_limited_total", "Refusals for too many calls (429)");
    describe_gauge!("syncline_budget_fullest_ratio", "Places taken of the fullest account's limit, 0 to 1");
    describe_gauge!("syncline_budget_waiting_calls", "Calls that wait for a place");
    describe_gauge!("syncline_budget_closed_accounts", "Accounts that a provider wants left alone for now");
    describe_counter!("syncline_records_read_total", "Records read, by what the mirror made of them");
    describe_gauge!("syncline_database_up", "1 when the database answered last time");
    describe_counter!(
        "syncline_connect_returns_total",
        "Authorizations that came back and keys that were tried, by outcome"
    );
    describe_counter!("syncline_connect_refreshes_total", "Renewals of tokens, by outcome");
    describe_counter!("syncline_notify_attempts_total", "Attempts to deliver a message, by outcome");
    describe_histogram!(
        "syncline_notify_attempt_seconds",
        Unit::Seconds,
        "One attempt, to the last byte read"
    );
    describe_histogram!("syncline_notify_lag_seconds", Unit::Seconds, "From due to sent");
    describe_gauge!("syncline_notify_waiting_deliveries", "Deliveries that wait or are under way");
    describe_gauge!("syncline_notify_lanes", "Endpoints that this process sends to");
    describe_gauge!("syncline_notify_under_way", "Requests under way to endpoints");
    describe_gauge!("syncline_notify_claimed", "Deliveries that this process owns and has not settled");
    describe_counter!(
        "syncline_notify_endpoints_disabled_total",
        "Endpoints disabled for their answers or failures"
    );
    describe_counter!(
        "syncline_counter_changes_total",
        "Changes of counters that were asked for, by outcome"
    );
    describe_counter!(
        "syncline_counter_calls_total",
        "Calls for counters (trigger), values written (write) and readings of a hundred (look), by outcome"
    );
    describe_histogram!("syncline_counter_call_seconds", Unit::Seconds, "One of these calls");
    describe_histogram!("syncline_counter_lag_seconds", Unit::Seconds, "From due to claimed");
    describe_counter!("syncline_counter_pushes_total", "Pushes that ended: shown by the property, or parked");
    describe_gauge!("syncline_counter_waiting", "Counters to be sent, to be looked at, and parked");
    describe_counter!("syncline_counter_compared_total", "Counters that were compared, by what was found");
    describe_counter!("syncline_http_requests_total", "API and portal requests, by route and status");
}

/// Has the counters that alerts and the dashboard look at show 0 from the start, as far as their labels are known then: Prometheus sees no
/// increase in a counter that is not there before its first event.
fn begin_at_zero() {
    for name in [
        "syncline_intake_log_failures_total",
        "syncline_events_stored_total",
        "syncline_events_duplicate_total",
        "syncline_events_parked_total",
        "syncline_provider_calls_repeated_total",
        "syncline_notify_endpoints_disabled_total",
    ] {
        counter!(name).increment(0);
    }
    for provider in syncline_providers::PROVIDERS.iter().map(|provider| provider.id()) {
        counter!("syncline_provider_rate_limited_total", "provider" => provider).increment(0);
        for outcome in ["renewed", "refused", "app_refused", "later", "failed"] {
            counter!("syncline_connect_refreshes_total", "provider" => provider, "outcome" => outcome)
                .increment(0);
        }
        records_stored(provider, &Written::default());
    }
    for outcome in ["delivered", "retried", "failed"] {
        counter!("syncline_notify_attempts_total", "outcome" => outcome).increment(0);
    }
    counter_changes(0, 0);
    for outcome in ["shown", "parked"] {
        counter!("syncline_counter_pushes_total", "outcome" => outcome).increment(0);
    }
    for way in ["trigger", "write", "look"] {
        for outcome in ["accepted", "not_taken", "lost", "refused", "unusable"] {
            counter!("syncline_counter_calls_total", "way" => way, "outcome" => outcome).increment(0);
        }
    }
    for found in ["alike", "in_flight", "suspect", "no_truth", "drift"] {
        counters_compared(found, 0);
    }
}

/// Why webhooks are refused that somebody is to hear of: what the log says, and who is not believed.
const REASONS: [&str; 11] = [
    "log_full",
    "log_slow",
    "log_unavailable",
    "signature_mismatch",
    "signature_missing",
    "signature_stale",
    "signature_timestamp_unreadable",
    "signature_unknown_version",
    "url_token_mismatch",
    "url_token_missing",
    "url_token_unavailable",
];

/// Counters of one app's door, looked up once.
#[derive(Clone)]
pub struct Door {
    deliveries: Counter,
    events: Counter,
    latency: Histogram,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    /// The counters of `provider` and `app`. From now on they are there, as are those of what is refused there.
    #[must_use]
    pub fn of(provider: &'static str, app: &str) -> Self {
        for reason in REASONS {
            counter!("syncline_intake_deliveries_refused_total", "provider" => provider, "reason" => reason)
                .increment(0);
        }
        let app = app.to_owned();
        Self {
            deliveries: counter!("syncline_intake_deliveries_accepted_total", "provider" => provider, "app" => app.clone()),
            events: counter!("syncline_intake_events_accepted_total", "provider" => provider, "app" => app),
            latency: histogram!("syncline_intake_request_seconds", "provider" => provider),
        }
    }

    /// One delivery with this many events was acknowledged.
    pub fn accepted(&self, events: usize, latency: Duration) {
        self.deliveries.increment(1);
        self.events.increment(events as u64);
        self.latency.record(latency);
    }
}

/// A delivery was turned away. `provider` is the configured one or `unknown`, never what a stranger sent.
pub fn refused(provider: &'static str, reason: &'static str) {
    counter!("syncline_intake_deliveries_refused_total", "provider" => provider, "reason" => reason)
        .increment(1);
}

/// The log could not commit a group.
pub fn log_failed() {
    counter!("syncline_intake_log_failures_total").increment(1);
}

/// How far the reader is behind.
pub fn log_lag(deliveries: u64, oldest: Duration) {
    gauge!("syncline_intake_log_lag_deliveries").set(deliveries as f64);
    gauge!("syncline_intake_log_lag_seconds").set(oldest.as_secs_f64());
}

/// A batch of events was stored: so many that were new, so many that were there already, so many that were parked.
pub fn stored(new: u64, duplicates: u64, parked: u64, took: Duration) {
    counter!("syncline_events_stored_total").increment(new);
    counter!("syncline_events_duplicate_total").increment(duplicates);
    counter!("syncline_events_parked_total").increment(parked);
    histogram!("syncline_events_batch_seconds").record(took);
}

/// A run of a job ended.
pub fn job_finished(kind: &str, outcome: &'static str, took: Duration) {
    counter!("syncline_jobs_finished_total", "kind" => kind.to_owned(), "outcome" => outcome).increment(1);
    histogram!("syncline_jobs_run_seconds", "kind" => kind.to_owned()).record(took);
}

/// How many jobs of a kind are in a state.
pub fn jobs(kind: &str, state: &'static str, count: u64) {
    gauge!("syncline_jobs", "kind" => kind.to_owned(), "state" => state).set(count as f64);
}

/// How long the oldest due job has waited.
pub fn jobs_oldest_due(age: Duration) {
    gauge!("syncline_jobs_oldest_due_seconds").set(age.as_secs_f64());
}

/// A call to a provider ended. Status 0: no whole answer came.
pub fn call_finished(provider: &'static str, status: u16, took: Duration) {
    counter!("syncline_provider_calls_total", "provider" => provider, "status" => status.to_string())
        .increment(1);
    histogram!("syncline_provider_call_seconds", "provider" => provider).record(took);
}

/// A call to a provider is made again after a failure that passes.
pub fn call_repeated() {
    counter!("syncline_provider_calls_repeated_total").increment(1);
}

/// A provider said that it was too much.
pub fn rate_limited(provider: &'static str) {
    counter!("syncline_provider_rate_limited_total", "provider" => provider).increment(1);
}

/// How the budgets of a provider's limit are, over all accounts: how full the fullest is, how many calls wait, how many accounts are
/// closed.
pub fn budget(provider: &'static str, limit: &'static str, fullest: f64, waiting: usize, closed: usize) {
    gauge!("syncline_budget_fullest_ratio", "provider" => provider, "limit" => limit).set(fullest);
    gauge!("syncline_budget_waiting_calls", "provider" => provider, "limit" => limit).set(waiting as f64);
    gauge!("syncline_budget_closed_accounts", "provider" => provider, "limit" => limit).set(closed as f64);
}

/// A page of records was stored.
pub fn records_stored(provider: &str, written: &Written) {
    for (effect, count) in [
        ("created", written.created),
        ("changed", written.changed),
        ("unchanged", written.unchanged),
        ("stale", written.stale),
    ] {
        counter!("syncline_records_read_total", "provider" => provider.to_owned(), "effect" => effect)
            .increment(count);
    }
}

/// Whether the database answered.
pub fn database_up(up: bool) {
    gauge!("syncline_database_up").set(if up { 1.0 } else { 0.0 });
}

/// An API or portal request was answered.
pub fn http_request(route: &str, status: u16) {
    counter!("syncline_http_requests_total", "route" => route.to_owned(), "status" => status.to_string())
        .increment(1);
}

/// A browser came back from a provider, or a key was tried. `provider` is a known one or `unknown`.
pub fn connect_return(provider: &str, outcome: &'static str) {
    counter!("syncline_connect_returns_total", "provider" => provider.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// A token was to be renewed.
pub fn connect_refresh(provider: &str, outcome: &'static str) {
    counter!("syncline_connect_refreshes_total", "provider" => provider.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// An attempt to deliver a message ended.
pub fn notify_attempt(outcome: &'static str, took: Duration) {
    counter!("syncline_notify_attempts_total", "outcome" => outcome).increment(1);
    histogram!("syncline_notify_attempt_seconds").record(took);
}

/// A message is sent so long after it was due.
pub fn notify_lag(lag: Duration) {
    histogram!("syncline_notify_lag_seconds").record(lag);
}

/// What the engine has in hand.
pub fn notify_engine(lanes: usize, under_way: usize, claimed: usize) {
    gauge!("syncline_notify_lanes").set(lanes as f64);
    gauge!("syncline_notify_under_way").set(under_way as f64);
    gauge!("syncline_notify_claimed").set(claimed as f64);
}

/// How much waits for endpoints.
pub fn notify_waiting(deliveries: u64) {
    gauge!("syncline_notify_waiting_deliveries").set(deliveries as f64);
}

/// An endpoint was disabled.
pub fn endpoint_disabled() {
    counter!("syncline_notify_endpoints_disabled_total").increment(1);
}

/// Changes of counters were made or refused.
pub fn counter_changes(made: u64, refused: u64) {
    counter!("syncline_counter_changes_total", "outcome" => "made").increment(made);
    counter!("syncline_counter_changes_total", "outcome" => "refused").increment(refused);
}

/// A call for a counter ended.
pub fn counter_call(way: &'static str, outcome: &'static str, took: Duration) {
    counter!("syncline_counter_calls_total", "way" => way, "outcome" => outcome).increment(1);
    histogram!("syncline_counter_call_seconds", "way" => way).record(took);
}

/// A counter is worked on so long after it was due.
pub fn counter_lag(lag: Duration) {
    histogram!("syncline_counter_lag_seconds").record(lag);
}

/// A push ended: `shown`, `parked`.
pub fn counter_ended(outcome: &'static str) {
    counter!("syncline_counter_pushes_total", "outcome" => outcome).increment(1);
}

/// How many counters something is to be done with.
pub fn counters_waiting(to_send: u64, to_look_at: u64, parked: u64) {
    for (what, count) in [("to_send", to_send), ("to_look_at", to_look_at), ("parked", parked)] {
        gauge!("syncline_counter_waiting", "what" => what).set(count as f64);
    }
}

/// Counters were compared.
pub fn counters_compared(found: &'static str, count: u64) {
    counter!("syncline_counter_compared_total", "found" => found).increment(count);
}
