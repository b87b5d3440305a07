//! Lanes: they move on with every page while their run runs, and what was done is never counted twice.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::runs::{add_lanes, begin, fresh_lane, get, new_lane};
use syncline_store::Store;
use syncline_store::runs::{self, LaneRow, LaneState, NewLane, Progress, State};
use syncline_store::testing::TestDb;
use tokio::task::JoinSet;

for_each_database!(
    lanes_are_added_once,
    a_lane_moves_on_with_every_page,
    what_a_page_does_not_say_stays,
    a_lane_taken_up_again_keeps_its_beginning,
    a_run_that_does_not_run_lets_no_lane_move_on,
    a_lane_that_is_over_does_not_move_on,
    a_lane_ends_once,
    lanes_side_by_side_add_up,
);

async fn checkpoint(store: &Store, key: &str, progress: &Progress, now: i64) -> bool {
    let mut tx = store.begin().await.unwrap();
    let moved = runs::checkpoint(&mut tx, "run_1", key, progress, at(now)).await.unwrap();
    // As the caller is told to.
    if moved {
        tx.commit().await.unwrap();
    }
    moved
}

async fn start_lane(store: &Store, key: &str, now: i64) -> bool {
    in_tx(store, async |tx| runs::start_lane(tx, "run_1", key, at(now)).await).await
}

async fn lanes(store: &Store) -> Vec<LaneRow> {
    runs::lanes(store, "run_1").await.unwrap()
}

fn page(saved: &str) -> Progress {
    Progress {
        saved: Some(saved.to_owned()),
        read: 10,
        created: 4,
        changed: 3,
        unchanged: 2,
        stale: 1,
        gone: 5,
        pages: 1,
        total: Some(99),
        high_water: Some(at(50)),
        notice: Some("some were left out".to_owned()),
    }
}

async fn lanes_are_added_once(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts", "companies"]).await;
    assert_eq!(lanes(&store).await, [fresh_lane("run_1", "companies"), fresh_lane("run_1", "contacts")]);
    let other = NewLane {
        object_type: "row".to_owned(),
        collection: "app1/tbl1".to_owned(),
        title: "Projects / Tasks".to_owned(),
        complete: false,
        detail: "{\"base\":\"app1\"}".to_owned(),
        since: Some(at(-60)),
        ..new_lane("rows/tbl1")
    };
    let again = NewLane { title: "other".to_owned(), ..new_lane("contacts") };
    let new = [other.clone(), again];
    in_tx(&store, async |tx| runs::add_lanes(tx, "run_1", &new, at(9)).await).await;
    in_tx(&store, async |tx| runs::add_lanes(tx, "run_1", &[], at(9)).await).await;
    let expected = LaneRow {
        object_type: other.object_type,
        collection: other.collection,
        title: other.title,
        complete: false,
        detail: other.detail,
        since: other.since,
        updated_at: at(9),
        ..fresh_lane("run_1", "rows/tbl1")
    };
    let all = [fresh_lane("run_1", "companies"), fresh_lane("run_1", "contacts"), expected];
    assert_eq!(lanes(&store).await, all);
    assert_eq!(in_tx(&store, async |tx| runs::lanes_in(tx, "run_1").await).await, all);
    assert_eq!(runs::lanes(&store, "run_2").await.unwrap(), []);
}

async fn a_lane_moves_on_with_every_page(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts"]).await;
    assert!(start_lane(&store, "contacts", 3).await);
    assert!(checkpoint(&store, "contacts", &page("one"), 4).await);
    assert!(checkpoint(&store, "contacts", &page("two"), 5).await);
    let expected = LaneRow {
        state: LaneState::Running,
        saved: Some("two".to_owned()),
        started_at: Some(at(3)),
        high_water: Some(at(50)),
        read: 20,
        created: 8,
        changed: 6,
        unchanged: 4,
        stale: 2,
        gone: 10,
        pages: 2,
        total: Some(99),
        notice: Some("some were left out".to_owned()),
        updated_at: at(5),
        ..fresh_lane("run_1", "contacts")
    };
    assert_eq!(lanes(&store).await, [expected]);
    let run = get(&store, "run_1").await;
    assert_eq!((run.read, run.changed, run.gone, run.heartbeat_at), (20, 14, 10, Some(at(5))));
}

async fn what_a_page_does_not_say_stays(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts"]).await;
    for (high_water, expected) in [(None, None), (Some(50), Some(50)), (Some(40), Some(50)), (None, Some(50))]
    {
        let progress = Progress { high_water: high_water.map(at), ..page("x") };
        assert!(checkpoint(&store, "contacts", &progress, 4).await);
        assert_eq!(lanes(&store).await[0].high_water, expected.map(at));
    }
    assert!(checkpoint(&store, "contacts", &Progress::default(), 5).await);
    let lane = lanes(&store).await.remove(0);
    assert_eq!((lane.total, lane.notice.as_deref()), (Some(99), Some("some were left out")));
    assert_eq!(lane.saved, None, "a walk that has to begin again says so");
    assert_eq!((lane.started_at, lane.read, lane.pages), (Some(at(4)), 40, 4));
}

async fn a_lane_taken_up_again_keeps_its_beginning(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts"]).await;
    assert!(start_lane(&store, "contacts", 3).await && start_lane(&store, "contacts", 8).await);
    let lane = lanes(&store).await.remove(0);
    assert_eq!((lane.state, lane.started_at, lane.updated_at), (LaneState::Running, Some(at(3)), at(8)));
    assert_eq!(get(&store, "run_1").await.heartbeat_at, Some(at(8)));
    assert!(!start_lane(&store, "none", 9).await);
}

async fn a_run_that_does_not_run_lets_no_lane_move_on(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts"]).await;
    assert!(checkpoint(&store, "contacts", &page("one"), 4).await);
    let before = lanes(&store).await;
    let stays = async || {
        assert!(!checkpoint(&store, "contacts", &page("two"), 5).await);
        assert_eq!((lanes(&store).await, get(&store, "run_1").await.read), (before.clone(), 10));
    };
    in_tx(&store, async |tx| runs::pause(tx, "run_1", "withdrawn", at(5)).await).await;
    stays().await;
    in_tx(&store, async |tx| runs::resume_paused(tx, "con_1", at(6)).await).await;
    stays().await;
    in_tx(&store, async |tx| runs::start(tx, "run_1", at(7)).await).await;
    in_tx(&store, async |tx| runs::request_cancel(tx, &syncline_store::Scope::All, "run_1", at(8)).await)
        .await;
    stays().await;
    let mut tx = store.begin().await.unwrap();
    assert!(!runs::start_lane(&mut tx, "run_1", "contacts", at(8)).await.unwrap());
    drop(tx);
    in_tx(&store, async |tx| runs::finish(tx, "run_1", State::Cancelled, None, at(9)).await).await;
    assert!(!checkpoint(&store, "contacts", &page("two"), 9).await);
    assert_eq!(get(&store, "run_1").await.read, 10);
}

async fn a_lane_that_is_over_does_not_move_on(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    for (key, state) in [
        ("done", LaneState::Done),
        ("failed", LaneState::Failed),
        ("cut", LaneState::Cut),
        ("x", LaneState::Cancelled),
    ] {
        add_lanes(&store, "run_1", &[key]).await;
        in_tx(&store, async |tx| runs::end_lane(tx, "run_1", key, state, None, at(3)).await).await;
        assert!(!checkpoint(&store, key, &page("late"), 4).await && !start_lane(&store, key, 4).await);
    }
    assert!(!checkpoint(&store, "none", &page("x"), 4).await);
    let all = lanes(&store).await;
    assert!(all.iter().all(|lane| lane.read == 0 && lane.updated_at == at(3)), "{all:?}");
    assert_eq!(get(&store, "run_1").await.read, 0);
}

async fn a_lane_ends_once(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts"]).await;
    let end = async |state, error: Option<&'static str>| {
        in_tx(&store, async |tx| runs::end_lane(tx, "run_1", "contacts", state, error, at(6)).await).await
    };
    assert!(checkpoint(&store, "contacts", &page("one"), 4).await);
    assert!(end(LaneState::Failed, Some("the provider refused: 403")).await);
    assert!(!end(LaneState::Done, None).await);
    let lane = lanes(&store).await.remove(0);
    assert_eq!((lane.state, lane.error.as_deref()), (LaneState::Failed, Some("the provider refused: 403")));
    assert_eq!((lane.saved.as_deref(), lane.read, lane.updated_at), (Some("one"), 10, at(6)));
}

async fn lanes_side_by_side_add_up(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    let keys = ["a", "b", "c", "d"];
    add_lanes(&store, "run_1", &keys).await;
    let mut walking = JoinSet::new();
    for key in keys {
        let store = store.clone();
        walking.spawn(async move {
            for number in 0..10 {
                assert!(checkpoint(&store, key, &page(&number.to_string()), number).await);
            }
        });
    }
    while let Some(ended) = walking.join_next().await {
        ended.unwrap();
    }
    let run = get(&store, "run_1").await;
    assert_eq!((run.read, run.changed, run.gone), (400, 280, 200));
    assert!(lanes(&store).await.iter().all(|lane| lane.pages == 10 && lane.saved.as_deref() == Some("9")));
}
