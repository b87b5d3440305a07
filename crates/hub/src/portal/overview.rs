//! The overview: what waits for a person, how the connections are, how much goes through. Nothing here counts a whole table.

use super::connections::{row as connection_row, title};
use super::runs::run_row;
use super::session::Session;
use super::views::overview::{Figures, FlowBar, Need, OverviewPage, Step};
use super::views::{ConnectionRow, Section, text};
use super::{Failure, Portal, render};
use crate::endpoints::BY_A_PERSON;
use crate::program::program;
use axum::extract::State;
use axum::response::Response;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection, Filter, Status};
use syncline_store::counters::definitions;
use syncline_store::overview::{self, Flow, Waiting};
use syncline_store::runs::{self, State as RunState};
use syncline_store::{Scope, StoreError, api_keys, notify};

/// Connections on the page.
const SHOWN: u32 = 12;
/// How far back failures are a matter for somebody.
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long an endpoint may fail before it is one.
const FAILING: Duration = Duration::from_secs(600);

pub(super) async fn show(State(portal): State<Portal>, session: Session) -> Result<Response, Failure> {
    let store = &portal.api.cx.store;
    let counts = overview::connections(store).await?;
    let of =
        |status: Status| counts.iter().find(|(name, _)| name == status.name()).map_or(0, |(_, count)| *count);
    let ended = of(Status::Disconnected);
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let health = portal.api.health.snapshot();
    let (shell, is_new) = (session.shell(&portal, Section::Overview), all == 0);
    Ok(render(&OverviewPage {
        steps: if is_new { steps(&portal, health.stored).await? } else { Vec::new() },
        first_command: format!("{} webhook send", program()),
        needs: needs(&portal).await?,
        connections: health_of(&portal).await?,
        active: of(Status::Active),
        broken: of(Status::NeedsReauthorization),
        more: (all - ended).saturating_sub(u64::from(SHOWN)),
        now: figures(&portal, health.last_minute()).await?,
        hours: portal.throughput.last_day(&portal).await.into_iter().map(bar).collect(),
        shell,
    }))
}

/// What to do first with a new hub, and what of it is done.
async fn steps(portal: &Portal, stored: u64) -> Result<Vec<Step>, StoreError> {
    let store = &portal.api.cx.store;
    let apps = portal.api.cx.config.apps.values().any(|app| app.client_id.is_some());
    let none = notify::endpoints::Filter::default();
    let endpoints = notify::endpoints::list(store, &Scope::All, &none, None, 1).await?;
    let keys = api_keys::list(store).await?;
    // The first key is the command line's own.
    let has_key = keys.iter().filter(|key| key.revoked_at.is_none()).count() > 1;
    let step = |done, title, say, href, link| Step { done, title, say, href, link };
    Ok(vec![
        step(
            apps,
            "Name an app",
            "Your registration at a provider, in the configuration. Keys need none.",
            "/portal/apps",
            "Provider apps",
        ),
        step(
            false,
            "Connect an account",
            "With a consent page or a key. Its records are loaded at once.",
            "/portal/connections/new",
            "Connect",
        ),
        step(
            stored > 0,
            "See a webhook arrive",
            "Send one yourself, or point the provider's webhooks at this hub.",
            "/portal/events",
            "Timeline",
        ),
        step(
            !endpoints.is_empty(),
            "Be told",
            "Say where your application wants to hear what happens.",
            "/portal/endpoints/new",
            "New endpoint",
        ),
        step(
            has_key,
            "Let your application in",
            "An API key of one organization, or of all.",
            "/portal/keys",
            "API keys",
        ),
    ])
}

/// Everything that waits for a person, what stops the most first.
async fn needs(portal: &Portal) -> Result<Vec<Need>, StoreError> {
    let (store, now) = (&portal.api.cx.store, portal.api.cx.now());
    let health = portal.api.health.snapshot();
    let since = now.minus(DAY);
    let mut needs = Vec::new();
    needs.extend(reconnect(portal).await?);
    let one = |what: &str, href: &str, count: u64| {
        (count > 0).then(|| Need::of(count, what, href.to_owned(), String::new()))
    };
    needs.extend(one("conflicts are open", "/portal/conflicts", health.conflicts));
    needs.extend(one("jobs are parked", "/portal/jobs", health.parked));
    let disabled = overview::disabled_endpoints(store, BY_A_PERSON).await?;
    needs.extend(many(
        &disabled,
        "endpoints are disabled because deliveries failed",
        "/portal/endpoints",
        "?state=disabled",
        "",
    ));
    let failing = overview::failing_endpoints(store, now.minus(FAILING)).await?;
    needs.extend(many(&failing, "endpoints are failing", "/portal/endpoints", "?state=failing", ""));
    let given_up = overview::failed_deliveries(store, since).await?;
    needs.extend(sum(
        &given_up,
        "messages were given up in the last day",
        "/portal/endpoints",
        "?state=failed",
    ));
    needs.extend(of_counters(portal, since).await?);
    needs.extend(failed_runs(portal, since).await?);
    Ok(needs)
}

/// What of counters does.
async fn of_counters(portal: &Portal, since: Timestamp) -> Result<Vec<Need>, StoreError> {
    let store = &portal.api.cx.store;
    let parked = overview::parked_counters(store).await?;
    let drifted = overview::drifted_counters(store, since).await?;
    let room = if drifted.len() == 1 { "/portal/counter-runs" } else { "/portal/counters" };
    let needs = [
        attention(portal).await?,
        sum(&parked, "counters are parked", "/portal/counters", "?stage=parked#counters"),
        sum(&drifted, "counters drifted and are not right yet", room, ""),
    ];
    Ok(needs.into_iter().flatten().collect())
}

async fn reconnect(portal: &Portal) -> Result<Option<Need>, StoreError> {
    let filter = Filter { status: Some(Status::NeedsReauthorization), ..Filter::default() };
    let found = connections::list(&portal.api.cx.store, &Scope::All, &filter, overview::MOST).await?;
    let found: Vec<Waiting> =
        found.into_iter().map(|one| Waiting { name: title(&one), id: one.id, count: 1 }).collect();
    Ok(many(
        &found,
        "accounts have to be connected again",
        "/portal/connections",
        "?status=needs_reauthorization",
        "",
    ))
}

async fn attention(portal: &Portal) -> Result<Option<Need>, StoreError> {
    let state = Some(definitions::State::Attention);
    let filter = definitions::Filter { state, ..definitions::Filter::default() };
    let found = definitions::list(&portal.api.cx.store, &Scope::All, &filter, None, overview::MOST).await?;
    let found: Vec<Waiting> =
        found.into_iter().map(|one| Waiting { id: one.id, name: one.definition.name, count: 1 }).collect();
    Ok(many(
        &found,
        "counters need attention, such as a trigger that is gone",
        "/portal/counters",
        "?state=attention",
        "",
    ))
}

async fn failed_runs(portal: &Portal, since: Timestamp) -> Result<Vec<Need>, StoreError> {
    let store = &portal.api.cx.store;
    let mut loads = overview::failed_runs(store, since).await?;
    for load in &mut loads {
        let connection = connections::get(store, &Scope::All, &load.name).await?;
        load.name = connection.as_ref().map_or_else(String::new, title);
    }
    let loads = many(&loads, "loads failed, wholly or in part", "/portal/runs", "?state=attention", "");
    let found = overview::failed_sync_runs(store, since).await?;
    let href = match found.as_slice() {
        [only] => format!("/portal/syncs/{}/runs/{}", text::segment(&only.name), text::segment(&only.id)),
        _ => "/portal/syncs?state=failed".to_owned(),
    };
    let count = found.len() as u64;
    let need = || Need::of(count, "runs of syncs failed, wholly or in part", href, String::new());
    let syncs = (count > 0).then(|| Need { or_more: is_cut(&found), ..need() });
    Ok(loads.into_iter().chain(syncs).collect())
}

/// Things of one kind: a link to the one there is, or else to the list of them.
fn many(found: &[Waiting], what: &str, room: &str, list: &str, on_page: &str) -> Option<Need> {
    let href = match found {
        [] => return None,
        [only] => format!("{room}/{}{on_page}", text::segment(&only.id)),
        _ => format!("{room}{list}"),
    };
    Some(Need { or_more: is_cut(found), ..Need::of(found.len() as u64, what, href, names(found)) })
}

/// Whether there may be more of them than were asked for.
fn is_cut<T>(found: &[T]) -> bool {
    found.len() >= overview::MOST as usize
}

/// The same where each of them is several.
fn sum(found: &[Waiting], what: &str, room: &str, on_page: &str) -> Option<Need> {
    let count = found.iter().map(|one| one.count).sum();
    let need = many(found, what, room, "", on_page)?;
    Some(Need { count, ..need })
}

/// The first few names.
fn names(found: &[Waiting]) -> String {
    let named = found.iter().filter(|one| !one.name.is_empty()).take(3);
    let mut names: Vec<String> = named.map(|one| text::preview(&one.name, 40).into_owned()).collect();
    if found.len() > names.len() && !names.is_empty() {
        let or_more = if is_cut(found) { " or more" } else { " more" };
        names.push(format!("{}{or_more}", found.len() - names.len()));
    }
    names.join(", ")
}

/// The connections with what was read last: first those that a person has to see to.
async fn health_of(portal: &Portal) -> Result<Vec<ConnectionRow>, StoreError> {
    let store = &portal.api.cx.store;
    let mut found: Vec<Connection> = Vec::new();
    for status in [Status::NeedsReauthorization, Status::Active] {
        let filter = Filter { status: Some(status), ..Filter::default() };
        let room = SHOWN.saturating_sub(u32::try_from(found.len()).unwrap_or(SHOWN));
        if room > 0 {
            found.extend(connections::list(store, &Scope::All, &filter, room).await?);
        }
    }
    let mut rows = Vec::new();
    for connection in found {
        let of = runs::Filter { connection_id: Some(connection.id.clone()), ..runs::Filter::default() };
        let last_run = match runs::list(store, &Scope::All, &of, None, 1).await?.pop() {
            Some(run) => Some(run_row(portal, run, Some(&connection)).await?),
            None => None,
        };
        rows.push(ConnectionRow { last_run, ..connection_row(&connection) });
    }
    Ok(rows)
}

/// What goes through just now.
async fn figures(portal: &Portal, events: u64) -> Result<Figures, StoreError> {
    let (store, now) = (&portal.api.cx.store, portal.api.cx.now());
    let minute = Timestamp::from_millis(now.as_millis().div_euclid(60_000) * 60_000);
    let flow =
        overview::flow(store, minute.minus(Duration::from_secs(60)), now.plus(Duration::from_millis(1)))
            .await?;
    let running = runs::Filter { state: Some(RunState::Running), ..runs::Filter::default() };
    let loads = runs::list(store, &Scope::All, &running, None, overview::MOST).await?;
    Ok(Figures {
        events,
        delivered: flow.delivered,
        failed: flow.failed,
        loads: loads.len() as u64,
        more_loads: is_cut(&loads),
        writes: flow.writes,
    })
}

fn bar((from, flow): (Timestamp, Option<Flow>)) -> FlowBar {
    let counted = flow.is_some();
    let Flow { events, delivered, failed, records, pages, writes } = flow.unwrap_or_default();
    FlowBar { from: from.to_string(), counted, events, delivered, failed, records, pages, writes }
}
