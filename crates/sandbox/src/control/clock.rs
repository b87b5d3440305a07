//! `/_sandbox/clock`: look at simulated time, set it, freeze it, move it.

use super::problem::Problem;
use crate::house::clock::{iso, parse_iso};
use crate::house::{House, schedule};
use crate::sandbox::Rooms;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /_sandbox/clock`
pub(super) async fn show(State(rooms): State<Arc<Rooms>>) -> Json<Value> {
    Json(face(&rooms.house))
}

fn face(house: &House) -> Value {
    let now = house.now();
    json!({
        "now": iso(now), "now_ms": now, "speed": house.clock.speed(),
        "waiting": house.schedule.waiting(), "next_due": house.schedule.next_due().map(iso),
    })
}

/// What to set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Set {
    now: Option<String>,
    now_ms: Option<i64>,
    speed: Option<f64>,
}

/// `PUT /_sandbox/clock`
pub(super) async fn set(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Json<Set>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(set) = body?;
    let wanted = match (set.now_ms, &set.now) {
        (Some(ms), None) => Some(ms),
        (None, Some(text)) => Some(parse_iso(text).ok_or_else(|| {
            Problem::invalid(format!("now is a moment like 2026-01-01T00:00:00Z, not {text}"))
        })?),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(Problem::invalid("give now or now_ms, not both")),
    };
    if set.speed.is_some_and(|speed| !(0.0..=1_000_000.0).contains(&speed)) {
        return Err(Problem::invalid("speed is from 0 (standing still) to 1000000"));
    }
    if let Some(speed) = set.speed {
        rooms.house.clock.set_speed(speed);
    }
    if let Some(ms) = wanted {
        rooms.house.clock.set(ms);
    }
    rooms.house.schedule.wake();
    Ok(Json(face(&rooms.house)))
}

/// How far to move.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    ms: i64,
}

/// `POST /_sandbox/clock/advance`
pub(super) async fn advance(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Json<Advance>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(Advance { ms }) = body?;
    if ms < 0 {
        return Err(Problem::invalid(
            "the clock advances forward only; PUT /_sandbox/clock sets it anywhere",
        ));
    }
    schedule::advance(&rooms.house, ms).await;
    Ok(Json(face(&rooms.house)))
}

/// `POST /_sandbox/settle`
pub(super) async fn settle(State(rooms): State<Arc<Rooms>>) -> Json<Value> {
    schedule::settle(&rooms.house).await;
    Json(face(&rooms.house))
}
