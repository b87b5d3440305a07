//! What behaviours of runs are written with.

use super::at;
use super::jobs::in_tx;
use syncline_store::runs::{self, Created, LaneRow, LaneState, Mode, NewLane, NewRun, Run, Trigger};
use syncline_store::{Scope, Store};

/// A full load of a connection of acme's, asked for `created` seconds into 2026.
pub fn new_run(id: &str, connection_id: &str, created: i64) -> NewRun {
    NewRun {
        id: id.to_owned(),
        org_id: "acme".to_owned(),
        connection_id: connection_id.to_owned(),
        kind: "load".to_owned(),
        mode: Mode::Full,
        trigger: Trigger::Connect,
        wish: "{\"types\":[]}".to_owned(),
        created_at: at(created),
    }
}

/// Asks for it.
pub async fn create(store: &Store, new: &NewRun) -> Created {
    in_tx(store, async |tx| runs::create(tx, new).await).await
}

/// Asks for it, and takes it up the second after.
pub async fn begin(store: &Store, id: &str, connection_id: &str, created: i64) {
    assert_eq!(create(store, &new_run(id, connection_id, created)).await, Created::New);
    assert!(in_tx(store, async |tx| runs::start(tx, id, at(created + 1)).await).await);
}

/// The run of this id.
pub async fn get(store: &Store, id: &str) -> Run {
    runs::get(store, &Scope::All, id).await.unwrap().expect("the run is there")
}

/// A lane that finds all of a type.
pub fn new_lane(key: &str) -> NewLane {
    NewLane {
        key: key.to_owned(),
        object_type: key.to_owned(),
        collection: String::new(),
        title: key.to_uppercase(),
        complete: true,
        detail: "null".to_owned(),
        since: None,
    }
}

/// Adds lanes of these keys at the moment 2.
pub async fn add_lanes(store: &Store, run_id: &str, keys: &[&str]) {
    let new: Vec<NewLane> = keys.iter().map(|key| new_lane(key)).collect();
    in_tx(store, async |tx| runs::add_lanes(tx, run_id, &new, at(2)).await).await;
}

/// A lane as [`add_lanes`] leaves it.
pub fn fresh_lane(run_id: &str, key: &str) -> LaneRow {
    LaneRow {
        run_id: run_id.to_owned(),
        key: key.to_owned(),
        object_type: key.to_owned(),
        collection: String::new(),
        title: key.to_uppercase(),
        complete: true,
        detail: "null".to_owned(),
        state: LaneState::Waiting,
        since: None,
        saved: None,
        started_at: None,
        high_water: None,
        read: 0,
        created: 0,
        changed: 0,
        unchanged: 0,
        stale: 0,
        gone: 0,
        pages: 0,
        total: None,
        notice: None,
        error: None,
        updated_at: at(2),
    }
}
