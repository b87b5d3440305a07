//! `/_sandbox/reset` and `/_sandbox/seed`.

use super::problem::Problem;
use crate::sandbox::Rooms;
use crate::world::Cast;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
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

/// `POST /_sandbox/seed`: all vendors' customers.
pub(super) async fn seed(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Json<Seed>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let cast = body?.0.cast(&rooms)?;
    // A million people take seconds: not on a thread that others wait for.
    let seeded = tokio::task::spawn_blocking(move || rooms.seed(&cast)).await;
    seeded.map(Json).map_err(|_| Problem::invalid(FAILED))
}

/// `POST /_sandbox/{provider}/seed`: one vendor's customers.
pub(super) async fn seed_one(
    State(rooms): State<Arc<Rooms>>,
    Path(provider): Path<String>,
    body: Result<Json<Seed>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let cast = body?.0.cast(&rooms)?;
    let vendor = rooms.vendors.iter().find(|vendor| vendor.id() == provider).cloned();
    let vendor = vendor.ok_or_else(|| Problem::not_found(format!("there is no provider {provider}")))?;
    let seeded = tokio::task::spawn_blocking(move || vendor.seed(&cast)).await;
    seeded.map(Json).map_err(|_| Problem::invalid(FAILED))
}

const FAILED: &str = "seeding failed; POST /_sandbox/reset starts afresh";

impl Seed {
    fn cast(&self, rooms: &Rooms) -> Result<Cast, Problem> {
        if self.people.max(self.companies).max(self.deals) > MOST {
            return Err(Problem::invalid(format!("at most {MOST} of each at once")));
        }
        let seed = self.seed.unwrap_or_else(|| rooms.house.seed());
        Ok(Cast { seed, people: self.people, companies: self.companies, deals: self.deals })
    }
}
