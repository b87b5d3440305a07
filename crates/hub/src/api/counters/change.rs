//! Changes over the API: one, or many at once, each made or refused by itself; each request once, where it has an idempotency key.

use super::bodies::{BatchBody, ByBody, SetBody};
use super::find;
use super::refusals::of_change;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::notify::idempotency;
use crate::api::refusals::sentence;
use crate::counters::change::{self, ChangeError, Changes, Wanted};
use crate::http::{Problem, json, strict};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use syncline_core::counters::change::{Change, Refusal};
use syncline_store::counters::changes::Answer;

/// The header that says that it was asked before, and answered like this.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a counter is now.
#[derive(Debug, Serialize)]
struct Made<'a> {
    key: &'a str,
    value: i64,
    /// How often it changed so far; 0 where it lives in Redis.
    version: i64,
}

/// What became of one change of many.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ItemView<'a> {
    Made(Made<'a>),
    Refused { key: &'a str, error: ErrorView },
}

/// Why it was refused.
#[derive(Debug, Serialize)]
struct ErrorView {
    code: &'static str,
    detail: String,
    /// What the counter is, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
}

impl From<&Refusal> for ErrorView {
    fn from(refusal: &Refusal) -> Self {
        Self { code: of_change(refusal).1, detail: sentence(&refusal.to_string()), value: value_of(refusal) }
    }
}

fn value_of(refusal: &Refusal) -> Option<i64> {
    match refusal {
        Refusal::BelowMinimum { value, .. } | Refusal::Overflow { value } => Some(*value),
        Refusal::Amount | Refusal::Key { .. } | Refusal::Deleted | Refusal::NotANumber => None,
    }
}

/// A request: what it is about, what came with it.
struct Asked<'a> {
    caller: &'a Caller,
    counter: &'a str,
    headers: &'a HeaderMap,
    /// The route's own name, so that a key that came with another route is another request.
    route: &'a str,
    body: &'a [u8],
}

/// Carries it out.
async fn carry_out(
    api: &Api,
    asked: Asked<'_>,
    items: Vec<(String, Change)>,
) -> Result<(Vec<(String, Answer)>, bool), Problem> {
    let definition = find(api, asked.caller, asked.counter).await?;
    let key = items.first().filter(|_| items.len() == 1).map_or("", |(key, _)| key.as_str());
    let request =
        [definition.id.as_bytes(), b"\n", asked.route.as_bytes(), b"\n", key.as_bytes(), b"\n", asked.body];
    let idempotency = idempotency(asked.headers, &request.concat())?;
    let definition_id = definition.id;
    let keys: Vec<String> = items.iter().map(|(key, _)| key.clone()).collect();
    let wanted = |(key, change)| Wanted { definition_id: definition_id.clone(), key, change };
    let items = items.into_iter().map(wanted).collect();
    let changes = Changes { items, idempotency, source: "api" };
    let applied = change::apply(&api.cx, &asked.caller.scope, changes).await?;
    Ok((keys.into_iter().zip(applied.answers).collect(), applied.before))
}

/// An answer, marked where it was given before.
fn answered(view: &impl Serialize, before: bool) -> Response {
    if before { marked(json(view)) } else { json(view) }
}

fn marked(mut answer: Response) -> Response {
    answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    answer
}

async fn one_change(api: &Api, asked: Asked<'_>, key: String, change: Change) -> Result<Response, Problem> {
    let (mut answers, before) = carry_out(api, asked, vec![(key, change)]).await?;
    let nothing = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The change has no answer.");
    match answers.pop().ok_or_else(nothing)? {
        (key, Answer::Made { value, version }) => Ok(answered(&Made { key: &key, value, version }, before)),
        (_, Answer::Refused(refusal)) => {
            let (status, code) = of_change(&refusal);
            let problem = Problem::new(status, code, sentence(&refusal.to_string()));
            let problem = match value_of(&refusal) {
                Some(value) => problem.with("value", value.into()),
                None => problem,
            };
            if before { Ok(marked(problem.into_response())) } else { Err(problem) }
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    strict::from_slice(body)
        .map_err(|error| Problem::bad_request("bad_body", format!("The body cannot be read: {error}.")))
}

fn bytes(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|error| Problem::bad_request("bad_body", error.body_text()))
}

/// A body that may be left out.
fn read_or_default<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() { Ok(T::default()) } else { read(body) }
}

/// `POST /v1/counters/{counter}/values/{key}/increment`: answers what it is then. The same request under the same `Idempotency-Key` counts
/// once, and is answered alike with `Idempotent-Replayed: true`.
///
/// # Errors
/// 400 for a body or a key that cannot be, 404 when there is no such definition for this caller, 409 when it would leave its bounds, 422 for
/// an idempotency key that came with another request, 503 when it cannot be kept now.
pub async fn increment(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = bytes(body)?;
    let change = Change::Increment(read_or_default::<ByBody>(&body)?.by);
    let asked =
        Asked { caller: &caller, counter: &counter, headers: &headers, route: "increment", body: &body };
    one_change(&api, asked, key, change).await
}

/// `POST /v1/counters/{counter}/values/{key}/decrement`.
///
/// # Errors
/// As [`increment`].
pub async fn decrement(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = bytes(body)?;
    let change = Change::Decrement(read_or_default::<ByBody>(&body)?.by);
    let asked =
        Asked { caller: &caller, counter: &counter, headers: &headers, route: "decrement", body: &body };
    one_change(&api, asked, key, change).await
}

/// `POST /v1/counters/{counter}/values/{key}/set`.
///
/// # Errors
/// As [`increment`].
pub async fn set(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = bytes(body)?;
    let change = Change::Set(read::<SetBody>(&body)?.value);
    let asked = Asked { caller: &caller, counter: &counter, headers: &headers, route: "set", body: &body };
    one_change(&api, asked, key, change).await
}

/// `POST /v1/counters/{counter}/changes`: many at once, in one transaction and in their order; each is made or refused by itself.
///
/// # Errors
/// 400 for a body that cannot be or too many changes, 404 when there is no such definition for this caller, 422 for an idempotency key that
/// came with another request, 503 when they cannot be kept now.
pub async fn batch(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = bytes(body)?;
    let items = read::<BatchBody>(&body)?.changes;
    let items = items.into_iter().map(|item| Ok((item.key.clone(), item.change()?)));
    let items = items.collect::<Result<Vec<_>, Problem>>()?;
    let asked =
        Asked { caller: &caller, counter: &counter, headers: &headers, route: "changes", body: &body };
    let (answers, before) = carry_out(&api, asked, items).await?;
    let view = |(key, answer)| match answer {
        &Answer::Made { value, version } => ItemView::Made(Made { key, value, version }),
        Answer::Refused(refusal) => ItemView::Refused { key, error: refusal.into() },
    };
    let results: Vec<ItemView<'_>> = answers.iter().map(|(key, answer)| view((key, answer))).collect();
    let made = answers.iter().filter(|(_, answer)| matches!(answer, Answer::Made { .. })).count();
    let refused = answers.len() - made;
    let view = serde_json::json!({ "made": made, "refused": refused, "results": results });
    Ok(answered(&view, before))
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let say = sentence(&error.to_string());
        match error {
            ChangeError::NoDefinition(_) => Self::not_found("counter"),
            ChangeError::Mixed => Self::bad_request("organizations_differ", say),
            ChangeError::TooMany(_) => Self::bad_request("too_many_items", say),
            ChangeError::AnotherRequest => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", say)
            }
            ChangeError::Busy => Self::unavailable("change_queue_full", say, 1),
            ChangeError::Redis { .. } => Self::unavailable("counter_store_unavailable", say, 2),
            ChangeError::Store(error) => Self::from(&*error),
        }
    }
}
