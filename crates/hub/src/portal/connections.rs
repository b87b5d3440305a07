//! Connections: listed, shown, loaded, cancelled, ended.

use super::form::{check_csrf, read};
use super::query::Query;
use super::runs::run_row;
use super::session::Session;
use super::show::{provider_name, said};
use super::suggest;
use super::views::{
    BudgetRow, ConnectionPage, ConnectionRow, ConnectionsPage, Filter, HookRow, LanePosition, Narrow,
    RecordCount, Section, Turn,
};
use super::{Failure, Portal, render};
use crate::api::connections::find;
use crate::api::jobs::read_cursor;
use crate::api::paging::next_cursor;
use crate::api::runs::check_usable;
use crate::connect::{Data, disconnect};
use crate::http::Problem;
use crate::load::{self, Wanted};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use syncline_providers::connect::Credential;
use syncline_store::connections::{self, Connection, Method, Status};
use syncline_store::runs::{self, LaneRow, Mode, Run, Trigger};
use syncline_store::{Scope, StoreError, hooks, positions, stale};

/// Connections on a page.
const PAGE: u32 = 20;
/// Runs on a connection's page.
const RUNS: u32 = 5;
/// Types, lanes and scopes on a connection's page: the page stays small with an account of a thousand tables.
const MOST: usize = 40;
/// Limits on a connection's page.
const BUDGETS: usize = 12;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    provider: String,
    app: String,
    status: String,
    cursor: Turn,
}

/// What a connection can be, with its word.
const STATUSES: [(&str, &str); 3] = [
    ("active", "Active"),
    ("needs_reauthorization", "Needs reauthorization"),
    ("disconnected", "Disconnected"),
];

/// The filter of the database for what somebody typed; nothing is no filter.
pub(super) fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let store = &portal.api.cx.store;
    let narrow = narrow(&portal, &query).await?;
    let filter = connections::Filter {
        org_id: some(&query.organization),
        provider: some(&query.provider),
        app: some(&query.app),
        account: None,
        status: Status::named(query.status.trim()),
        search: some(&query.search),
        before: some(&query.cursor).and_then(|cursor| read_cursor(&cursor).ok()),
    };
    let mut found = match narrow.is_wrong() {
        true => Vec::new(),
        false => connections::list(store, &Scope::All, &filter, PAGE + 1).await?,
    };
    let older = next_cursor(&mut found, PAGE, |last| (last.created_at, &last.id));
    let mut rows = Vec::new();
    for connection in &found {
        let last = latest(&portal, &connection.id, 1).await?.pop();
        rows.push(ConnectionRow {
            last_run: match last {
                Some(run) => Some(run_row(&portal, run, Some(connection)).await?),
                None => None,
            },
            records: portal.counts.total(&portal, &connection.id).await,
            ..row(connection)
        });
    }
    let shell = session.shell(&portal, Section::Connections);
    Ok(render(&ConnectionsPage { shell, narrow, problem: None, rows, older }))
}

async fn narrow(portal: &Portal, query: &ListQuery) -> Result<Narrow, StoreError> {
    Ok(Narrow {
        base: "/portal/connections".into(),
        filters: vec![
            Filter::search("search", "Account contains", query.search.trim()).hinted("Name or ID"),
            suggest::organization(portal, &query.organization).await?,
            suggest::provider(&query.provider),
            suggest::app(portal, &query.app),
            Filter::of("status", "Status", query.status.trim(), &STATUSES),
        ],
        cursor: query.cursor.clone(),
    })
}

async fn latest(portal: &Portal, connection_id: &str, limit: u32) -> Result<Vec<Run>, StoreError> {
    let filter = runs::Filter { connection_id: Some(connection_id.to_owned()), ..runs::Filter::default() };
    runs::list(&portal.api.cx.store, &Scope::All, &filter, None, limit).await
}

/// What people call a connection.
pub(super) fn title(connection: &Connection) -> String {
    let name =
        if connection.account_name.is_empty() { &connection.account } else { &connection.account_name };
    name.clone()
}

pub(super) fn row(connection: &Connection) -> ConnectionRow {
    ConnectionRow {
        id: connection.id.clone(),
        provider: connection.provider.clone(),
        provider_name: provider_name(&connection.provider).to_owned(),
        account: connection.account.clone(),
        account_name: connection.account_name.clone(),
        organization: connection.org_id.clone(),
        user: connection.user_id.clone(),
        app: connection.app.clone(),
        by_oauth: connection.method == Method::Oauth,
        status: connection.status.name().to_owned(),
        reason: connection.reason.clone(),
        created_at: connection.created_at.to_string(),
        last_run: None,
        records: None,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    /// What the last action did, to be said once.
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    let connection = find(&portal.api, &session.caller(), &id).await?;
    let store = &portal.api.cx.store;
    let recent = latest(&portal, &id, RUNS).await?;
    // The titles of lanes and collections: a run that just began has none yet, the one before it has.
    let mut lanes = Vec::new();
    for run in recent.iter().take(2) {
        lanes.extend(runs::lanes(store, &run.id).await?);
    }
    let mut rows = Vec::new();
    for run in recent {
        rows.push(run_row(&portal, run, Some(&connection)).await?);
    }
    let counted = portal.counts.of(&portal, &id).await;
    let mut counts = counted.map(|counted| record_counts(&counted, &lanes));
    let more_records = counts.as_mut().map_or(0, cut);
    let mut positions = lane_positions(positions::get_all(store, &id).await?, &lanes);
    let more_lanes = cut(&mut positions);
    let mut shell = session.shell(&portal, Section::Connections);
    shell.notice = query.did.as_deref().and_then(said);
    let mut hooks: Vec<HookRow> = hooks::list(store, &id).await?.into_iter().map(hook_row).collect();
    let more_hooks = cut(&mut hooks);
    let mut scopes = connection.scopes.clone();
    let more_scopes = cut(&mut scopes);
    let (budgets, more_budgets) = budgets(&portal, &connection);
    Ok(render(&ConnectionPage {
        shell,
        row: row(&connection),
        scopes,
        more_scopes,
        updated_at: connection.updated_at.to_string(),
        records: counts,
        more_records,
        stale: stale::count(store, &id).await?,
        lanes: positions,
        more_lanes,
        budgets,
        more_budgets,
        runs: rows,
        hooks,
        more_hooks,
    }))
}

/// Cuts a list to what a page shows; answers how many were left out.
fn cut<T>(list: &mut Vec<T>) -> usize {
    let more = list.len().saturating_sub(MOST);
    list.truncate(MOST);
    more
}

fn record_counts(counted: &[syncline_store::records::TypeCount], lanes: &[LaneRow]) -> Vec<RecordCount> {
    let title = |object_type: &str, collection: &str| {
        let mut of_it = lanes.iter().filter(|lane| lane.object_type == object_type);
        of_it.find(|lane| lane.collection == collection).map(|lane| lane.title.clone()).unwrap_or_default()
    };
    let rows = counted.iter().map(|count| RecordCount {
        title: title(&count.object_type, &count.collection),
        object_type: count.object_type.clone(),
        collection: count.collection.clone(),
        live: count.live,
        archived: count.archived,
        gone: count.gone,
    });
    rows.collect()
}

fn lane_positions(known: BTreeMap<String, positions::Position>, lanes: &[LaneRow]) -> Vec<LanePosition> {
    let title = |key: &String| lanes.iter().find(|lane| lane.key == *key).map(|lane| lane.title.clone());
    let rows = known.into_iter().map(|(key, position)| LanePosition {
        title: title(&key).unwrap_or(key),
        high_water: position.high_water.map(|at| at.to_string()),
        full_at: position.full_at.map(|at| at.to_string()),
    });
    rows.collect()
}

fn hook_row(hook: hooks::Hook) -> HookRow {
    HookRow {
        remote_id: hook.remote_id,
        part: hook.part,
        url: hook.url,
        expires_at: hook.expires_at.map(|at| at.to_string()),
    }
}

/// The limits of the connection's account, the fullest first, and how many more there are than a page shows.
fn budgets(portal: &Portal, connection: &Connection) -> (Vec<BudgetRow>, usize) {
    let credential = match connection.method {
        Method::Oauth => Credential::OAuth,
        Method::Key => Credential::Key,
    };
    let budgets = &portal.api.cx.calls.budgets;
    let own = budgets.of_account(&connection.provider, &connection.account, credential).into_iter();
    let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mut rows: Vec<BudgetRow> = own
        .map(|view| BudgetRow {
            limit: view.limit.to_owned(),
            part: view.part,
            used: whole(view.used),
            calls: whole(view.calls),
            span_ms: view.span_ms,
            waiting: whole(view.waiting),
            closed_ms: view.closed_ms,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.closed_ms, row.waiting, row.used)));
    let more = rows.len().saturating_sub(BUDGETS);
    rows.truncate(BUDGETS);
    (rows, more)
}

#[derive(Debug, Deserialize)]
pub(super) struct LoadForm {
    csrf: String,
    #[serde(default)]
    mode: String,
}

pub(super) async fn load(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<LoadForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let connection = find(&portal.api, &session.caller(), &id).await?;
    check_usable(&connection)?;
    let mode = Mode::named(&form.mode)
        .ok_or_else(|| Problem::bad_request("bad_mode", "A load reads `full` or `incremental`."))?;
    let cx = &session.cx(&portal);
    let asked = load::request(cx, &connection, mode, Trigger::Manual, &Wanted::default()).await?;
    let did = match asked {
        load::Asked::New(_) => "load",
        load::Asked::UnderWay(_) => "under-way",
    };
    Ok(back(&id, did))
}

#[derive(Debug, Deserialize)]
pub(super) struct CancelForm {
    csrf: String,
    #[serde(default)]
    run: String,
}

/// Cancels the run the page showed, and no later one.
pub(super) async fn cancel(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CancelForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let run = runs::get(&portal.api.cx.store, &Scope::All, &form.run).await?;
    run.filter(|run| run.connection_id == id).ok_or_else(|| Problem::not_found("run"))?;
    let done = load::cancel(&session.cx(&portal), &Scope::All, &form.run).await?;
    Ok(back(&id, if done { "cancel" } else { "over" }))
}

#[derive(Debug, Deserialize)]
pub(super) struct DisconnectForm {
    csrf: String,
    #[serde(default)]
    data: String,
}

pub(super) async fn end(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<DisconnectForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let (data, did) = match form.data.as_str() {
        "keep" => (Data::Keep, "disconnect"),
        "erase" => (Data::Erase, "erase"),
        _ => {
            return Err(
                Problem::bad_request("bad_data", "Records are kept (`keep`) or erased (`erase`).").into()
            );
        }
    };
    disconnect(&session.cx(&portal), &Scope::All, &id, data).await.map_err(Problem::from)?;
    Ok(back(&id, did))
}

fn back(id: &str, did: &str) -> Response {
    let id = super::views::text::segment(id);
    Redirect::to(&format!("/portal/connections/{id}?did={did}")).into_response()
}
