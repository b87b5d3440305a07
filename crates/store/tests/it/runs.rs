//! Runs: one at a time per connection; paused, resumed, cancelled and ended; listed and forgotten.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::records::connect_as;
use crate::support::runs::{add_lanes, begin, create, get, new_run};
use syncline_store::runs::{self, Created, Filter, LaneState, Mode, NewRun, Run, State, Trigger};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store, StoreError};
use tokio::task::JoinSet;

for_each_database!(
    a_run_waits_until_a_worker_takes_it_up,
    a_connection_has_one_unfinished_run,
    of_many_who_ask_for_a_run_one_makes_it,
    a_run_taken_up_again_keeps_its_beginning,
    a_paused_run_waits_for_its_connection,
    a_running_run_is_asked_to_stop_and_an_idle_one_ends,
    organizations_cannot_stop_each_others_runs,
    a_run_ends_once_and_gives_its_lanes_up,
    listed_latest_first_in_pages,
    every_filter_finds_its_own,
    found_by_a_part_of_the_accounts_name_or_id,
    what_no_later_run_made_up_for_needs_attention,
    old_runs_are_forgotten_with_their_lanes,
);

async fn finish(store: &Store, id: &str, state: State, now: i64) -> bool {
    in_tx(store, async |tx| runs::finish(tx, id, state, Some("because"), at(now)).await).await
}

async fn pause(store: &Store, id: &str, now: i64) -> bool {
    in_tx(store, async |tx| runs::pause(tx, id, "withdrawn", at(now)).await).await
}

async fn cancel(store: &Store, scope: &Scope, id: &str, now: i64) -> bool {
    in_tx(store, async |tx| runs::request_cancel(tx, scope, id, at(now)).await).await
}

async fn start(store: &Store, id: &str, now: i64) -> bool {
    in_tx(store, async |tx| runs::start(tx, id, at(now)).await).await
}

fn waiting(new: &NewRun) -> Run {
    Run {
        id: new.id.clone(),
        org_id: new.org_id.clone(),
        connection_id: new.connection_id.clone(),
        kind: new.kind.clone(),
        mode: new.mode,
        trigger: new.trigger,
        state: State::Waiting,
        wish: new.wish.clone(),
        created_at: new.created_at,
        started_at: None,
        finished_at: None,
        heartbeat_at: None,
        cancel_requested: false,
        reason: None,
        read: 0,
        changed: 0,
        gone: 0,
    }
}

async fn a_run_waits_until_a_worker_takes_it_up(db: &TestDb) {
    let store = db.store().await;
    let new = NewRun { mode: Mode::Incremental, trigger: Trigger::Schedule, ..new_run("run_1", "con_1", 5) };
    assert_eq!(create(&store, &new).await, Created::New);
    assert_eq!(get(&store, "run_1").await, waiting(&new));
    assert!(start(&store, "run_1", 7).await);
    let expected =
        Run { state: State::Running, started_at: Some(at(7)), heartbeat_at: Some(at(7)), ..waiting(&new) };
    assert_eq!(get(&store, "run_1").await, expected);
    assert!(!start(&store, "none", 7).await);
    assert_eq!(runs::get(&store, &Scope::Organization("globex".to_owned()), "run_1").await.unwrap(), None);
    assert!(runs::get(&store, &Scope::Organization("acme".to_owned()), "run_1").await.unwrap().is_some());
}

async fn a_connection_has_one_unfinished_run(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(runs::unfinished(&store, "con_1").await.unwrap(), None);
    begin(&store, "run_1", "con_1", 0).await;
    let first = get(&store, "run_1").await;
    let again = create(&store, &new_run("run_2", "con_1", 5)).await;
    assert_eq!(again, Created::Existing(Box::new(first.clone())));
    assert_eq!(runs::get(&store, &Scope::All, "run_2").await.unwrap(), None);
    assert_eq!(runs::unfinished(&store, "con_1").await.unwrap(), Some(first.clone()));
    assert_eq!(in_tx(&store, async |tx| runs::unfinished_in(tx, "con_1").await).await, Some(first));
    // Paused is not over; of another connection or kind is another.
    assert!(pause(&store, "run_1", 6).await);
    assert!(matches!(create(&store, &new_run("run_2", "con_1", 7)).await, Created::Existing(_)));
    assert_eq!(create(&store, &new_run("run_3", "con_2", 7)).await, Created::New);
    let other = NewRun { kind: "audit".to_owned(), ..new_run("run_4", "con_1", 7) };
    assert_eq!(create(&store, &other).await, Created::New);
    assert!(finish(&store, "run_1", State::Succeeded, 8).await);
    assert_eq!(runs::unfinished(&store, "con_1").await.unwrap(), None);
    assert_eq!(create(&store, &new_run("run_2", "con_1", 9)).await, Created::New);
}

async fn of_many_who_ask_for_a_run_one_makes_it(db: &TestDb) {
    let store = db.store().await;
    let mut asking = JoinSet::new();
    for number in 0..6 {
        let store = store.clone();
        asking
            .spawn(async move { create(&store, &new_run(&format!("run_{number}"), "con_1", number)).await });
    }
    let (mut made, mut found) = (0, Vec::new());
    while let Some(created) = asking.join_next().await {
        match created.unwrap() {
            Created::New => made += 1,
            Created::Existing(run) => found.push(run.id),
        }
    }
    let one = runs::unfinished(&store, "con_1").await.unwrap().unwrap().id;
    assert_eq!((made, found), (1, vec![one; 5]));
    assert_eq!(runs::list(&store, &Scope::All, &Filter::default(), None, 9).await.unwrap().len(), 1);
}

async fn a_run_taken_up_again_keeps_its_beginning(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    assert!(start(&store, "run_1", 9).await);
    let run = get(&store, "run_1").await;
    assert_eq!((run.started_at, run.heartbeat_at), (Some(at(1)), Some(at(9))));
}

async fn a_paused_run_waits_for_its_connection(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    begin(&store, "run_2", "con_2", 0).await;
    assert!(pause(&store, "run_1", 5).await && pause(&store, "run_2", 5).await);
    assert!(!pause(&store, "run_1", 6).await && !start(&store, "run_1", 6).await);
    let paused = get(&store, "run_1").await;
    assert_eq!((paused.state, paused.reason.as_deref()), (State::Paused, Some("withdrawn")));
    for expected in [vec!["run_1".to_owned()], Vec::new()] {
        assert_eq!(in_tx(&store, async |tx| runs::resume_paused(tx, "con_1", at(7)).await).await, expected);
    }
    let resumed = get(&store, "run_1").await;
    assert_eq!((resumed.state, resumed.reason), (State::Waiting, None));
    assert_eq!(get(&store, "run_2").await.state, State::Paused);
    assert!(start(&store, "run_1", 8).await);
    assert_eq!(get(&store, "run_1").await.started_at, Some(at(1)));
}

async fn a_running_run_is_asked_to_stop_and_an_idle_one_ends(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "running", "con_1", 0).await;
    begin(&store, "paused", "con_2", 0).await;
    pause(&store, "paused", 3).await;
    create(&store, &new_run("waiting", "con_3", 0)).await;
    add_lanes(&store, "paused", &["contacts"]).await;
    for id in ["running", "paused", "waiting"] {
        assert!(cancel(&store, &Scope::All, id, 9).await);
    }
    let running = get(&store, "running").await;
    assert_eq!((running.state, running.cancel_requested, running.finished_at), (State::Running, true, None));
    assert!(cancel(&store, &Scope::All, "running", 10).await, "asking twice is asking");
    for id in ["paused", "waiting"] {
        let ended = get(&store, id).await;
        assert_eq!((ended.state, ended.finished_at), (State::Cancelled, Some(at(9))));
        assert!(!cancel(&store, &Scope::All, id, 11).await && !start(&store, id, 11).await);
    }
    assert_eq!(runs::lanes(&store, "paused").await.unwrap()[0].state, LaneState::Cancelled);
    assert_eq!(runs::unfinished(&store, "con_2").await.unwrap(), None);
    assert!(!cancel(&store, &Scope::All, "none", 11).await);
}

async fn organizations_cannot_stop_each_others_runs(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    assert!(!cancel(&store, &Scope::Organization("globex".to_owned()), "run_1", 9).await);
    assert!(!get(&store, "run_1").await.cancel_requested);
    assert!(cancel(&store, &Scope::Organization("acme".to_owned()), "run_1", 9).await);
    assert!(get(&store, "run_1").await.cancel_requested);
}

async fn a_run_ends_once_and_gives_its_lanes_up(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["a", "b", "c"]).await;
    let end = async |key, state| {
        in_tx(&store, async |tx| runs::end_lane(tx, "run_1", key, state, None, at(3)).await).await
    };
    assert!(end("a", LaneState::Done).await);
    in_tx(&store, async |tx| runs::start_lane(tx, "run_1", "b", at(3)).await).await;
    for state in [State::Waiting, State::Running, State::Paused] {
        let mut tx = store.begin().await.unwrap();
        let refused = runs::finish(&mut tx, "run_1", state, None, at(4)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Rejected(_)), "{refused}");
    }
    assert!(finish(&store, "run_1", State::Partial, 5).await);
    let before = get(&store, "run_1").await;
    assert_eq!((before.state, before.reason.as_deref()), (State::Partial, Some("because")));
    assert_eq!((before.finished_at, before.heartbeat_at), (Some(at(5)), Some(at(5))));
    assert!(!finish(&store, "run_1", State::Failed, 6).await);
    assert!(!pause(&store, "run_1", 6).await && !start(&store, "run_1", 6).await);
    assert_eq!(get(&store, "run_1").await, before);
    let lanes: Vec<_> =
        runs::lanes(&store, "run_1").await.unwrap().into_iter().map(|lane| lane.state).collect();
    assert_eq!(lanes, [LaneState::Done, LaneState::Cancelled, LaneState::Cancelled]);
}

async fn listed_latest_first_in_pages(db: &TestDb) {
    let store = db.store().await;
    for (number, created) in [(1, 5), (2, 5), (3, 9), (4, 1)] {
        create(&store, &new_run(&format!("run_{number}"), &format!("con_{number}"), created)).await;
    }
    for filter in [Filter::default(), Filter { state: Some(State::Waiting), ..Filter::default() }] {
        let (mut ids, mut before) = (Vec::new(), None);
        loop {
            let page = runs::list(&store, &Scope::All, &filter, before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.created_at, last.id.clone()));
            ids.extend(page.into_iter().map(|run| run.id));
        }
        assert_eq!(ids, ["run_3", "run_2", "run_1", "run_4"]);
    }
}

async fn every_filter_finds_its_own(db: &TestDb) {
    let store = db.store().await;
    begin(&store, "run_1", "con_1", 1).await;
    finish(&store, "run_1", State::Failed, 3).await;
    begin(&store, "run_2", "con_1", 4).await;
    create(&store, &NewRun { org_id: "globex".to_owned(), ..new_run("run_3", "con_2", 5) }).await;
    create(&store, &NewRun { kind: "audit".to_owned(), ..new_run("run_4", "con_1", 6) }).await;
    let acme = || Scope::Organization("acme".to_owned());
    let none = Filter::default;
    let of = |connection: &str| Filter { connection_id: Some(connection.to_owned()), ..none() };
    let audits = || Filter { kind: Some("audit".to_owned()), ..none() };
    let questions: [(Scope, Filter, &[&str]); 9] = [
        (Scope::All, none(), &["run_4", "run_3", "run_2", "run_1"]),
        (acme(), none(), &["run_4", "run_2", "run_1"]),
        (acme(), of("con_1"), &["run_4", "run_2", "run_1"]),
        (acme(), of("con_2"), &[]),
        (Scope::All, of("con_2"), &["run_3"]),
        (acme(), Filter { state: Some(State::Failed), ..none() }, &["run_1"]),
        (acme(), Filter { state: Some(State::Running), ..of("con_1") }, &["run_2"]),
        (Scope::All, audits(), &["run_4"]),
        (acme(), Filter { state: Some(State::Waiting), ..audits() }, &["run_4"]),
    ];
    for (scope, filter, expected) in questions {
        let found = runs::list(&store, &scope, &filter, None, 10).await.unwrap();
        let ids: Vec<&str> = found.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, expected, "{scope:?} {filter:?}");
    }
}

async fn listed(store: &Store, filter: &Filter) -> Vec<String> {
    let found = runs::list(store, &Scope::All, filter, None, 10).await.unwrap();
    found.into_iter().map(|run| run.id).collect()
}

async fn found_by_a_part_of_the_accounts_name_or_id(db: &TestDb) {
    let store = db.store().await;
    for (number, name) in [(1, "Acme Ltd"), (2, "100% Wool"), (3, "")] {
        let id = format!("con_{number}");
        connect_as(&store, &id, "acme", "hubspot", &format!("6251{number}"), name).await;
        begin(&store, &format!("run_{number}"), &id, number).await;
    }
    let of = |search: &str| Filter { search: Some(search.to_owned()), ..Filter::default() };
    assert_eq!(listed(&store, &of("ACME")).await, ["run_1"]);
    assert_eq!(listed(&store, &of("0%")).await, ["run_2"]);
    assert_eq!(listed(&store, &of("6251")).await, ["run_3", "run_2", "run_1"]);
    assert_eq!(listed(&store, &of("_")).await, [""; 0], "it stands for itself");
    let narrower = Filter { state: Some(State::Failed), ..of("acme") };
    assert_eq!(listed(&store, &narrower).await, [""; 0]);
}

async fn what_no_later_run_made_up_for_needs_attention(db: &TestDb) {
    let store = db.store().await;
    for (number, (connection, state)) in (1..).zip([
        ("con_1", State::Failed),
        ("con_1", State::Succeeded),
        ("con_2", State::Partial),
        ("con_3", State::Failed),
        ("con_4", State::Cancelled),
    ]) {
        let id = format!("run_{number}");
        begin(&store, &id, connection, number).await;
        finish(&store, &id, state, number).await;
    }
    let attention = || Filter { attention: true, ..Filter::default() };
    assert_eq!(listed(&store, &attention()).await, ["run_4", "run_3"]);
    assert_eq!(
        listed(&store, &Filter { connection_id: Some("con_2".into()), ..attention() }).await,
        ["run_3"]
    );
    begin(&store, "run_6", "con_3", 9).await;
    assert_eq!(listed(&store, &attention()).await, ["run_3"], "it is being read again");
}

async fn old_runs_are_forgotten_with_their_lanes(db: &TestDb) {
    let store = db.store().await;
    for (number, ended) in [(1, Some(10)), (2, Some(30)), (3, Some(20)), (4, None), (5, Some(40))] {
        let id = format!("run_{number}");
        begin(&store, &id, &id, 0).await;
        add_lanes(&store, &id, &["contacts"]).await;
        if let Some(ended) = ended {
            finish(&store, &id, State::Succeeded, ended).await;
        }
    }
    for expected in [2, 1, 0] {
        assert_eq!(in_tx(&store, async |tx| runs::delete_before(tx, at(40), 2).await).await, expected);
        let third = runs::get(&store, &Scope::All, "run_2").await.unwrap();
        assert_eq!(third.is_some(), expected == 2, "the oldest go first");
    }
    let left = runs::list(&store, &Scope::All, &Filter::default(), None, 10).await.unwrap();
    let left: Vec<String> = left.into_iter().map(|run| run.id).collect();
    assert_eq!(left, ["run_5", "run_4"]);
    for number in 1..=5 {
        let lanes = runs::lanes(&store, &format!("run_{number}")).await.unwrap();
        assert_eq!(lanes.len(), usize::from(number > 3));
    }
}
