//! One endpoint.

use super::super::query::Query;
use super::super::session::Session;
use super::super::views::endpoints::{
    Bar, Chart, DeliveryRow, EndpointPage, EndpointRow, NewSecret, SecretRow,
};
use super::super::views::{Choice, Section, text};
use super::super::{Failure, Portal, render};
use super::act::said;
use super::deliveries::{STATES, of_endpoint};
use super::list::row;
use crate::api::notify::{self as api, Span};
use crate::config;
use crate::endpoints;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::notify::kinds;
use syncline_core::notify::schedule::Schedule;
use syncline_store::notify::deliveries::{self, Filter, State as DeliveryState};
use syncline_store::notify::endpoints::Endpoint;

/// Deliveries on it: the latest.
const LATEST: u32 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    span: String,
    /// Of addresses from before deliveries had a page of their own.
    state: String,
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    if !query.state.trim().is_empty() {
        return Ok(Redirect::to(&of_endpoint(&id, query.state.trim())).into_response());
    }
    page(&portal, &session, &id, &query, None).await
}

/// The page, with a secret that was just made.
pub(super) async fn page(
    portal: &Portal,
    session: &Session,
    id: &str,
    query: &ShowQuery,
    new_secret: Option<NewSecret>,
) -> Result<Response, Failure> {
    let (cx, caller) = (&portal.api.cx, session.caller());
    let endpoint = endpoints::get(cx, &caller.scope, id).await?;
    let secrets = endpoints::list_secrets(cx, &caller.scope, id).await?;
    let span = Span::named(&query.span).unwrap_or_default();
    let parts = api::chart(&portal.api, &caller, id, span).await?;
    let (waiting, next_at) = deliveries::waiting(&cx.store, id).await?;
    let (found, older) = api::page(&portal.api, &caller, id, &Filter::All(None), LATEST).await?;
    let facts = facts(portal, &endpoint);
    let now = cx.now();
    let paused_until = endpoint.health.paused_until.filter(|until| *until > now).map(|at| at.to_string());
    let mut shell = session.shell(portal, Section::Endpoints);
    shell.notice = query.did.as_deref().and_then(said);
    Ok(render(&EndpointPage {
        shell,
        row: EndpointRow { waiting, ..row(endpoint) },
        new_secret,
        chart: Chart { span: span.name().to_owned(), bars: parts.iter().map(bar).collect() },
        spans: Span::ALL.map(Span::name).to_vec(),
        secrets: secrets.into_iter().map(secret_row).collect(),
        facts,
        next_at: next_at.map(|at| at.to_string()),
        paused_until,
        types: kinds::all()
            .iter()
            .map(|kind| Choice { value: kind.name.clone(), label: kind.name.clone() })
            .collect(),
        deliveries: found.into_iter().map(delivery_row).collect(),
        more_deliveries: older.is_some(),
        lists: lists(id),
        today: text::day(&now.to_string()).to_owned(),
    }))
}

/// Where all of its deliveries are, and those in each state: word and address.
fn lists(id: &str) -> Vec<(&'static str, String)> {
    let all = ("All", of_endpoint(id, ""));
    let states = STATES.iter().map(|(state, word)| (*word, of_endpoint(id, state)));
    std::iter::once(all).chain(states).collect()
}

fn bar(part: &api::Part) -> Bar {
    let millis = |share: f64| {
        part.tally.quantile(share).map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    };
    Bar {
        from: part.from.to_string(),
        delivered: part.tally.delivered,
        failed: part.tally.failed,
        p50: millis(0.5),
        p99: millis(0.99),
    }
}

fn secret_row(secret: endpoints::SecretView) -> SecretRow {
    use syncline_core::notify::secret::Scheme;
    let scheme = match secret.scheme {
        Some(Scheme::Hmac) => "HMAC-SHA256, a shared secret",
        Some(Scheme::Ed25519) => "Ed25519, a key pair",
        None => "cannot be opened: the key it is sealed with is not there",
    };
    SecretRow {
        scheme: scheme.to_owned(),
        public_key: secret.public_key,
        created_at: secret.created_at.to_string(),
        not_after: secret.not_after.map(|at| at.to_string()),
    }
}

/// A delivery as a row.
pub(super) fn delivery_row(view: api::DeliveryView) -> DeliveryRow {
    let delivery = view.delivery;
    let waits = delivery.state == DeliveryState::Waiting;
    let state = if delivery.under_way { "under way" } else { delivery.state.name() };
    DeliveryRow {
        message_id: delivery.message_id,
        endpoint_id: delivery.endpoint_id,
        endpoint_url: None,
        organization: None,
        kind: view.kind.unwrap_or_default(),
        state: state.to_owned(),
        status: delivery.status,
        tried: delivery.tried,
        next_at: view.next_attempt_at.map(|at| at.to_string()),
        settled_at: (!waits).then(|| delivery.at.to_string()),
        created_at: delivery.created_at.to_string(),
    }
}

/// Waits as people type them: `5s 5m 1h`.
pub(super) fn written(schedule: &Schedule) -> String {
    let wait = |attempts| schedule.wait(attempts);
    let spans = (1..).map_while(wait).map(|wait| {
        config::Span::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)).to_string()
    });
    spans.collect::<Vec<_>>().join(" ")
}

fn facts(portal: &Portal, endpoint: &Endpoint) -> Vec<(String, String)> {
    let cx = &portal.api.cx;
    let headers = match endpoints::headers(cx, endpoint) {
        Ok(headers) => headers.names().join(", "),
        Err(_) => "cannot be opened: the key they are sealed with is not there".to_owned(),
    };
    let rate = endpoint.rate.map_or_else(
        || "as fast as it answers".to_owned(),
        |rate| {
            let (calls, per) = rate.parts();
            let per = config::Span::from_millis(u64::try_from(per.as_millis()).unwrap_or(u64::MAX));
            format!("{calls} in {per}")
        },
    );
    let schedule = endpoint.schedule.as_ref().unwrap_or(&cx.config.notify.schedule);
    let waits = written(schedule);
    let waits =
        if waits.is_empty() { "never".to_owned() } else { format!("after {}", waits.replace(' ', ", ")) };
    let types = endpoint.filter.patterns().join(", ");
    let types = if types.is_empty() { "all that are not opt-in".to_owned() } else { types };
    let none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let order = if endpoint.ordered { "strict, by key" } else { "none: messages may overtake one another" };
    [
        ("Event types", types),
        ("Headers", none(headers)),
        ("Rate", rate),
        ("Order", order.to_owned()),
        ("Tried again", waits),
        ("Made", endpoint.created_at.to_string().replace('T', " ")),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .to_vec()
}
