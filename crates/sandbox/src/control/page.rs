//! The page: each vendor's records on one side, what was called on the other.

use super::callback;
use super::problem::Problem;
use crate::house::requests::{Direction, Exchange, Filter};
use crate::house::{Page, Table, Vendor};
use crate::sandbox::Rooms;
use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::sync::Arc;

/// Rows of a table per page.
const ROWS: usize = 25;
/// Calls shown at first; the script adds what comes.
const CALLS: usize = 40;

/// The page's routes.
pub(super) fn router() -> Router<Arc<Rooms>> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/_sandbox/")))
        .route("/_sandbox", get(async || Redirect::temporary("/_sandbox/")))
        .route("/_sandbox/", get(show))
        .route("/_sandbox/callback", get(callback::show))
        .route(
            "/_sandbox/page.css",
            get(async || asset("text/css; charset=utf-8", include_str!("../../templates/page/page.css"))),
        )
        .route(
            "/_sandbox/page.js",
            get(async || {
                asset("text/javascript; charset=utf-8", include_str!("../../templates/page/page.js"))
            }),
        )
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=60")], text).into_response()
}

/// What to look at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Looking {
    provider: Option<String>,
    table: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "page/page.html")]
struct Face {
    tabs: Vec<Tab>,
    provider: &'static str,
    provider_name: &'static str,
    tables: Vec<Choice>,
    table: Option<Shown>,
    calls: Vec<Call>,
    last: u64,
    now: String,
    speed: f64,
    faults: usize,
    consent: Option<String>,
}

struct Tab {
    name: &'static str,
    link: String,
    rows: usize,
    current: bool,
}

struct Choice {
    title: String,
    rows: usize,
    link: String,
    current: bool,
}

struct Shown {
    page: Page,
    next: Option<String>,
    first: Option<String>,
}

/// One line of the calls.
struct Call {
    out: bool,
    at: String,
    provider: &'static str,
    method: String,
    path: String,
    status: String,
    bad: bool,
    micros: u64,
    note: String,
    body: String,
    answer: String,
}

/// `GET /_sandbox/`
async fn show(
    State(rooms): State<Arc<Rooms>>,
    looking: Result<Query<Looking>, QueryRejection>,
) -> Result<Html<String>, Problem> {
    let Query(looking) = looking?;
    let wanted = looking.provider.as_deref().unwrap_or("hubspot");
    let vendor = rooms
        .vendors
        .iter()
        .find(|vendor| vendor.id() == wanted)
        .ok_or_else(|| Problem::not_found(format!("there is no provider {wanted}")))?;
    let tables = vendor.tables();
    let chosen = match &looking.table {
        Some(table) => Some(table.clone()),
        // What there is most of is what people come to see.
        None => tables.iter().rev().max_by_key(|table| table.rows).map(|table| table.key.clone()),
    };
    let calls = rooms.house.requests.find(&Filter::newest(CALLS));
    let face = Face {
        tabs: rooms.vendors.iter().map(|tab| tab_of(tab.as_ref(), vendor.id())).collect(),
        provider: vendor.id(),
        provider_name: name(vendor.id()),
        tables: tables.iter().map(|table| choice(vendor.id(), table, chosen.as_deref())).collect(),
        table: chosen.as_deref().and_then(|table| shown(vendor.as_ref(), table, looking.after.as_deref())),
        last: calls.last().map_or(0, |call| call.seq),
        calls: calls.iter().rev().map(Call::from).collect(),
        now: crate::house::clock::iso(rooms.house.now()),
        speed: rooms.house.clock.speed(),
        faults: rooms.house.faults.all().len(),
        consent: callback::try_link(&rooms, vendor.id()),
    };
    face.render().map(Html).map_err(|error| Problem::invalid(error.to_string()))
}

fn tab_of(vendor: &dyn Vendor, current: &str) -> Tab {
    Tab {
        name: name(vendor.id()),
        link: link(vendor.id(), None, None),
        rows: vendor.tables().iter().map(|table| table.rows).sum(),
        current: vendor.id() == current,
    }
}

fn choice(provider: &str, table: &Table, chosen: Option<&str>) -> Choice {
    Choice {
        title: table.title.clone(),
        rows: table.rows,
        link: link(provider, Some(&table.key), None),
        current: chosen == Some(&table.key),
    }
}

fn shown(vendor: &dyn Vendor, table: &str, after: Option<&str>) -> Option<Shown> {
    let page = vendor.page(table, after, ROWS)?;
    Some(Shown {
        next: page.next.as_deref().map(|next| link(vendor.id(), Some(table), Some(next))),
        first: after.map(|_| link(vendor.id(), Some(table), None)),
        page,
    })
}

/// How people write it.
fn name(provider: &str) -> &'static str {
    match provider {
        "hubspot" => "HubSpot",
        "notion" => "Notion",
        "airtable" => "Airtable",
        _ => "10to8",
    }
}

fn link(provider: &str, table: Option<&str>, after: Option<&str>) -> String {
    let mut link = format!("/_sandbox/?provider={provider}");
    for (key, value) in [("table", table), ("after", after)] {
        if let Some(value) = value {
            link.push_str(&format!("&{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
    }
    link
}

impl From<&Exchange> for Call {
    fn from(exchange: &Exchange) -> Self {
        let status = exchange.status;
        Self {
            out: exchange.direction == Direction::Out,
            at: crate::house::clock::iso(exchange.at_ms).chars().skip(11).take(8).collect(),
            provider: exchange.provider,
            method: exchange.method.clone(),
            path: exchange.path.clone(),
            status: status.map_or_else(|| "cut".to_owned(), |status| status.to_string()),
            bad: status.is_none_or(|status| status >= 400),
            micros: exchange.micros,
            note: exchange.note.clone().unwrap_or_default(),
            body: beginning(&exchange.body),
            answer: beginning(&exchange.answer),
        }
    }
}

/// As much of a body as a person wants to see.
fn beginning(body: &[u8]) -> String {
    const SHOWN: usize = 1500;
    let text = String::from_utf8_lossy(body);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
