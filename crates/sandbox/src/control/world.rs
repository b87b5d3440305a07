//! `/_sandbox/reset` and `/_sandbox/seed`.

use super::problem::Problem;
use crate::sandbox::Rooms;
use crate::world::Cast;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What to go back to.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Reset {
    seed: Option<u64>,
}

/// `POST /_sandbox/reset`: everything as at the start, and nobody known yet.
pub(super) async fn reset(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Option<Json<Reset>>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let reset = body?.map(|Json(reset)| reset).unwrap_or_default();
    let seed = reset.seed.unwrap_or_else(|| rooms.house.seed());
    rooms.reset(seed);
    Ok(Json(json!({ "seed": seed })))
}

/// Whom to make up.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Seed {
    people: usize,
    companies: usize,
    deals: usize,
    seed: Option<u64>,
}

/// More than this at once is a slip of the finger.
const MOST: usize = 5_000_000;

/// `POST /_sandbox/seed`
pub(super) async fn seed(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Json<Seed>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(wanted) = body?;
    if wanted.people.max(wanted.companies).max(wanted.deals) > MOST {
        return Err(Problem::invalid(format!("at most {MOST} of each at once")));
    }
    let seed = wanted.seed.unwrap_or_else(|| rooms.house.seed());
    let cast = Cast { seed, people: wanted.people, companies: wanted.companies, deals: wanted.deals };
    // A million people take seconds: not on a thread that others wait for.
    let seeded = tokio::task::spawn_blocking(move || rooms.seed(&cast)).await;
    seeded.map(Json).map_err(|_| Problem::invalid("seeding failed; POST /_sandbox/reset starts afresh"))
}
