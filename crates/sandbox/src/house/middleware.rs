//! Around every vendor's hosts: faults on demand, then the record of the request.

use super::clock::Stopwatch;
use super::faults::Effect;
use super::requests::{self, Direction, Exchange};
use super::vendor::{Refusal, Vendor};
use super::{House, json};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

/// The largest body any vendor's door lets in. Vendors refuse smaller ones in their own words.
const LARGEST: usize = 16 << 20;

/// Marks an answer that must not be sent: the listener cuts the connection instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

/// What the middleware needs.
#[derive(Clone)]
pub(crate) struct Door {
    /// The house.
    pub(crate) house: Arc<House>,
    /// Whose hosts these are.
    pub(crate) vendor: Arc<dyn Vendor>,
}

/// A request as it came, kept for the record.
struct Arrival {
    at_ms: i64,
    watch: Stopwatch,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Lets a request through, or makes it go wrong, and notes it.
pub(crate) async fn around(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (at_ms, watch) = (door.house.now(), Stopwatch::start());
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return html(StatusCode::PAYLOAD_TOO_LARGE.as_u16());
    };
    let arrival = Arrival {
        at_ms,
        watch,
        method: parts.method.to_string(),
        path,
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    let effects = door.house.faults.on_request(door.vendor.id(), &arrival.method, parts.uri.path(), at_ms);
    if effects.is_empty() {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        return note(&door, arrival, response, None).await;
    }
    let names: Vec<String> = effects.iter().map(Effect::name).collect();
    for effect in &effects {
        if let Effect::Latency { ms } = effect {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    }
    let response = match effects.iter().find_map(|effect| instead(&door, effect, &parts)) {
        Some(response) => response,
        None => next.run(Request::from_parts(parts, Body::from(body))).await,
    };
    let response = note(&door, arrival, response, Some(names.join(", "))).await;
    if effects.contains(&Effect::LostAnswer) {
        cut()
    } else if effects.contains(&Effect::HalfAnswer) {
        half(response).await
    } else {
        response
    }
}

/// What is answered instead of an answer.
fn instead(door: &Door, effect: &Effect, request: &Parts) -> Option<Response> {
    let refusal = match effect {
        Effect::Cut => return Some(cut()),
        Effect::Status { status, body, headers } => return Some(custom(*status, body, headers)),
        Effect::Html { status } => return Some(html(*status)),
        Effect::ServerError { status } => Refusal::ServerError { status: *status },
        Effect::RateLimited { retry_after } => Refusal::RateLimited { retry_after: *retry_after },
        Effect::ExpiredToken => Refusal::ExpiredToken,
        Effect::RevokedToken => Refusal::RevokedToken,
        _ => return None,
    };
    Some(door.vendor.refuse(&refusal, request))
}

fn cut() -> Response {
    let mut response = json::empty(StatusCode::BAD_GATEWAY);
    response.extensions_mut().insert(Cut);
    response
}

fn custom(status: u16, body: &serde_json::Value, headers: &[(String, String)]) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match body {
        serde_json::Value::Null => json::empty(status),
        serde_json::Value::String(text) => {
            let mut response = json::empty(status);
            *response.body_mut() = Body::from(text.clone());
            response
        }
        body => json::answer(status, body),
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What an edge shows when the service behind it is away.
fn html(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = Response::new(Body::from(format!(
        "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status}</h1><p>The web server reported an error.</p></body></html>\n"
    )));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    response
}

/// Promises the whole answer, sends the first half, and breaks off.
async fn half(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let first = whole.slice(..whole.len() / 2);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let cut = async {
        // Time for the first half to leave: an error at once would take it along.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::other("cut on purpose"))
    };
    let broken = stream::once(ready(Ok(first))).chain(stream::once(cut));
    Response::from_parts(parts, Body::from_stream(broken))
}

async fn note(door: &Door, arrival: Arrival, response: Response, note: Option<String>) -> Response {
    let (parts, body) = response.into_parts();
    let answer = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let sent = parts.extensions.get::<Cut>().is_none();
    door.house.requests.note(Exchange {
        seq: 0,
        at_ms: arrival.at_ms,
        provider: door.vendor.id(),
        direction: Direction::In,
        method: arrival.method,
        path: arrival.path,
        headers: requests::headers(&arrival.headers),
        body: arrival.body,
        status: sent.then(|| parts.status.as_u16()),
        answer: answer.clone(),
        micros: arrival.watch.micros(),
        note,
    });
    Response::from_parts(parts, Body::from(answer))
}
