//! `GET /v1/events/stream`: events as they are stored, as server-sent events. A client that comes back with the last id it saw
//! misses nothing, whichever process it asks.

use super::Api;
use super::access::{Pass, Signed};
use super::events::{EventQuery, EventView, checked};
use crate::cx::Cx;
use crate::http::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use http::HeaderMap;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use syncline_store::events::{self, Filter, StoredEvent};
use syncline_store::{Scope, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Events read at a time.
const CHUNK: u32 = 200;
/// How often to look without being woken: another process may have stored something.
const POLL: Duration = Duration::from_secs(1);
/// How often a silent stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Reads stored events in order, waiting for more at the end.
#[derive(Debug)]
pub struct Tail {
    cx: Cx,
    pass: Pass,
    scope: Scope,
    filter: Filter,
    seq: i64,
    chunk: VecDeque<StoredEvent>,
    stored: watch::Receiver<u64>,
    stop: CancellationToken,
}

impl Tail {
    /// A tail that begins behind `seq`, or with the next event stored.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn behind(
        api: &Api,
        (pass, scope): (Pass, Scope),
        filter: Filter,
        seq: Option<i64>,
    ) -> Result<Self, StoreError> {
        let stored = api.cx.wake.events.subscribe();
        let seq = match seq {
            Some(seq) => seq,
            None => events::last_seq(&api.cx.store).await?,
        };
        let stop = api.stop.clone();
        Ok(Self { cx: api.cx.clone(), pass, scope, filter, seq, chunk: VecDeque::new(), stored, stop })
    }

    /// The next event; `None` when the process stops, or whoever follows may not any more. A database that is away is waited for.
    pub async fn next(&mut self) -> Option<StoredEvent> {
        loop {
            if let Some(event) = self.chunk.pop_front() {
                return Some(event);
            }
            match self.pass.is_good(&self.cx).await {
                Ok(true) => {
                    if let Err(error) = self.fill().await {
                        tracing::debug!(%error, "a stream waits for the database");
                    }
                }
                Ok(false) => return None,
                Err(error) => tracing::debug!(%error, "a stream waits for the database"),
            }
            if self.chunk.is_empty() {
                tokio::select! {
                    _ = self.stored.changed() => {}
                    () = tokio::time::sleep(POLL) => {}
                    () = self.stop.cancelled() => return None,
                }
            }
        }
    }

    /// Skips to the end, leaving out what is more than `most` behind; answers how many places were skipped.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn skip_if_behind(&mut self, most: i64) -> Result<i64, StoreError> {
        let end = events::last_seq(&self.cx.store).await?;
        let from = self.chunk.front().map_or(self.seq, |event| event.seq - 1);
        if end - from <= most {
            return Ok(0);
        }
        self.chunk.clear();
        self.seq = end;
        Ok(end - from)
    }

    async fn fill(&mut self) -> Result<(), StoreError> {
        // Read before the events: with fewer than a whole chunk found, everything up to here was looked at.
        let end = events::last_seq(&self.cx.store).await?;
        if end <= self.seq {
            return Ok(());
        }
        let found = events::since(&self.cx.store, &self.scope, &self.filter, self.seq, CHUNK).await?;
        let whole_chunk = found.len() == CHUNK as usize;
        let last = found.last().map_or(self.seq, |event| event.seq);
        self.seq = if whole_chunk { last } else { last.max(end) };
        self.chunk = found.into();
        Ok(())
    }
}

/// `GET /v1/events/stream`.
///
/// # Errors
/// 400 for a query that makes no sense, 503 when the database is away.
pub async fn stream(
    State(api): State<Api>,
    Signed { caller, pass, .. }: Signed,
    headers: HeaderMap,
    query: Result<Query<EventQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    if query.order.is_some() || query.limit.is_some() || query.cursor.is_some() {
        let say = "`order`, `limit` and `cursor` are for pages; a stream goes on behind `last_event_id`.";
        return Err(Problem::bad_request("bad_query", say));
    }
    let filter = query.filter_for(&caller)?;
    let tail = Tail::behind(&api, (pass, caller.scope), filter, resume_from(&headers, &query)?).await?;
    Ok(sse(tail, |event| {
        let json = serde_json::to_string(&EventView::of(event)).unwrap_or_default();
        // Line breaks in valid JSON are white space between its parts; in a stream they would end the message.
        Sse::default().event("event").data(json.replace(['\r', '\n'], " "))
    }))
}

/// Where a stream goes on: the header browsers send by themselves, or the parameter.
///
/// # Errors
/// 400 when it is not a number.
pub fn resume_from(headers: &HeaderMap, query: &EventQuery) -> Result<Option<i64>, Problem> {
    match headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default()) {
        None | Some("") => Ok(query.last_event_id),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Problem::bad_request(
                "bad_last_event_id",
                "`Last-Event-ID` is the id of a message of this stream.",
            )
        }),
    }
}

/// A tail as server-sent events; each carries its place in the order of storing as its id.
pub fn sse(tail: Tail, show: impl Fn(&StoredEvent) -> Sse + Send + 'static) -> Response {
    let stream = messages(tail, show);
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = axum::response::Sse::new(stream).keep_alive(keep_alive).into_response();
    // Proxies that collect answers before passing them on would hold the stream back.
    response.headers_mut().insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    response
}

fn messages(
    tail: Tail,
    show: impl Fn(&StoredEvent) -> Sse + Send + 'static,
) -> impl Stream<Item = Result<Sse, Infallible>> {
    futures_util::stream::unfold((tail, show), |(mut tail, show)| async move {
        let event = tail.next().await?;
        let message = show(&event).id(event.seq.to_string());
        Some((Ok(message), (tail, show)))
    })
}
