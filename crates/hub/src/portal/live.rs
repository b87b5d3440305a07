//! The timeline, live: rows and numbers as server-sent events, as HTML the page only has to put in place.

use super::events::{TimelineQuery, stats};
use super::query::Query;
use super::session::Session;
use super::show::row;
use super::views::{EventRowFragment, StatsFragment};
use super::{Failure, Portal};
use crate::api::stream::Tail;
use askama::Template as _;
use axum::extract::State;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse as _, Response};
use futures_util::Stream;
use http::{HeaderMap, HeaderValue};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use syncline_store::Scope;
use tokio::time::{Instant, sleep_until};

/// How often the numbers are sent, asked for or not: it also shows the page that the stream lives.
const STATS_EVERY: Duration = Duration::from_secs(2);
/// The most rows between two sendings of the numbers; nobody reads faster. Whoever falls behind is told how much was left out.
const ROWS_PER_TURN: usize = 100;
/// How far behind a page may be before rows are left out.
const MAX_BEHIND: i64 = 400;

struct Live {
    portal: Portal,
    tail: Tail,
    ready: VecDeque<Sse>,
    next_stats: Instant,
    rows: usize,
}

pub(super) async fn stream(
    State(portal): State<Portal>,
    session: Session,
    headers: HeaderMap,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Failure> {
    let filter = query.filter(&portal).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let tail = Tail::behind(&portal.api, (session.pass(), Scope::All), filter, last.or(query.after)).await?;
    let live = Live { portal, tail, ready: VecDeque::new(), next_stats: Instant::now(), rows: 0 };
    let mut response = axum::response::Sse::new(messages(live)).keep_alive(KeepAlive::new()).into_response();
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn messages(live: Live) -> impl Stream<Item = Result<Sse, Infallible>> {
    futures_util::stream::unfold(live, |mut live| async move {
        let message = live.next().await?;
        Some((Ok(message), live))
    })
}

impl Live {
    /// The next message; `None` when the process stops or the session ends.
    async fn next(&mut self) -> Option<Sse> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            let may_send_rows = self.rows < ROWS_PER_TURN;
            tokio::select! {
                biased;
                () = sleep_until(self.next_stats) => self.turn().await,
                event = self.tail.next(), if may_send_rows => {
                    let event = event?;
                    self.rows += 1;
                    let html = EventRowFragment { row: &row(&event) }.render().unwrap_or_default();
                    let message = Sse::default().event("row").data(html.replace(['\r', '\n'], " "));
                    return Some(message.id(event.seq.to_string()));
                }
            }
        }
    }

    /// Sends the numbers, and skips what the page could not keep up with.
    async fn turn(&mut self) {
        self.next_stats = Instant::now() + STATS_EVERY;
        self.rows = 0;
        if let Ok(skipped) = self.tail.skip_if_behind(MAX_BEHIND).await
            && skipped > 0
        {
            self.ready.push_back(Sse::default().event("gap").data(skipped.to_string()));
        }
        match stats(&self.portal).await {
            Ok(stats) => {
                let html = StatsFragment { stats: &stats }.render().unwrap_or_default();
                self.ready.push_back(Sse::default().event("stats").data(html.replace(['\r', '\n'], " ")));
            }
            Err(error) => tracing::debug!(%error, "a page's numbers wait for the database"),
        }
    }
}
