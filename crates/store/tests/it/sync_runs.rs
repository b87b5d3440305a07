//! Runs of syncs: one unfinished per sync, moved on only while they run, and what a dry run would do goes with it.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::syncs::{make, new_sync, with_sync};
use syncline_core::sync::{Side, Sides};
use syncline_store::runs::{State, Trigger};
use syncline_store::syncs::plans::{self, Planned};
use syncline_store::syncs::runs::{self, Created, Filter, NewRun, SyncRun};
use syncline_store::syncs::{self, Phase, Reading};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store, StoreError};

for_each_database!(
    a_run_reads_back_as_it_was_asked_for,
    a_sync_has_one_unfinished_run,
    a_run_moves_on_only_while_it_runs,
    a_run_that_is_asked_to_stop_does_not_move_on,
    a_run_that_waits_or_is_paused_stops_at_once,
    a_paused_run_goes_on_when_its_sync_does,
    a_run_ends_once_and_not_as_unfinished,
    runs_are_listed_latest_first_by_what_is_known_of_them,
    syncs_whose_latest_run_failed_are_found,
    tenants_see_and_stop_their_own_only,
    a_plan_is_read_in_its_order,
    old_runs_go_with_their_plans_in_batches,
);

fn new_run(id: &str, sync_id: &str, created: i64) -> NewRun {
    NewRun {
        id: id.to_owned(),
        org_id: "acme".to_owned(),
        sync_id: sync_id.to_owned(),
        towards: Some(Side::Right),
        dry_run: true,
        reading: Reading::Changes,
        trigger: Trigger::Schedule,
        created_at: at(created),
    }
}

async fn create(store: &Store, new: &NewRun) -> Created {
    in_tx(store, async |tx| runs::create(tx, new).await).await
}

async fn begin(store: &Store, id: &str, sync_id: &str, created: i64) {
    assert_eq!(create(store, &new_run(id, sync_id, created)).await, Created::New);
    assert!(in_tx(store, async |tx| runs::start(tx, id, at(created + 1)).await).await);
}

async fn get(store: &Store, id: &str) -> SyncRun {
    runs::get(store, &Scope::All, id).await.unwrap().expect("the run is there")
}

async fn checkpoint(store: &Store, id: &str, saved: &str, total: Option<u64>, now: i64) -> bool {
    let counts = serde_json::json!({ "looked_at": now });
    in_tx(store, async |tx| runs::checkpoint(tx, id, Phase::Left, Some(saved), &counts, total, at(now)).await)
        .await
}

async fn finish(store: &Store, id: &str, state: State, now: i64) -> bool {
    in_tx(store, async |tx| runs::finish(tx, id, state, Some("because"), at(now)).await).await
}

async fn cancel(store: &Store, scope: &Scope, id: &str, now: i64) -> bool {
    in_tx(store, async |tx| runs::request_cancel(tx, scope, id, at(now)).await).await
}

async fn a_run_reads_back_as_it_was_asked_for(db: &TestDb) {
    let store = with_sync(db).await;
    assert_eq!(create(&store, &new_run("a", "syn_1", 1)).await, Created::New);
    let expected = SyncRun {
        id: "a".to_owned(),
        org_id: "acme".to_owned(),
        sync_id: "syn_1".to_owned(),
        towards: Some(Side::Right),
        dry_run: true,
        reading: Reading::Changes,
        trigger: Trigger::Schedule,
        state: State::Waiting,
        phase: Phase::Reading,
        saved: None,
        counts: serde_json::json!({}),
        total: None,
        created_at: at(1),
        started_at: None,
        finished_at: None,
        heartbeat_at: None,
        cancel_requested: false,
        reason: None,
    };
    assert_eq!(get(&store, "a").await, expected);
    let live = NewRun { towards: None, dry_run: false, ..new_run("b", "syn_2", 1) };
    create(&store, &live).await;
    assert_eq!((get(&store, "b").await.towards, get(&store, "b").await.dry_run), (None, false));
}

async fn a_sync_has_one_unfinished_run(db: &TestDb) {
    let store = with_sync(db).await;
    assert_eq!(runs::unfinished(&store, "syn_1").await.unwrap(), None);
    begin(&store, "a", "syn_1", 1).await;
    let own = get(&store, "a").await;
    assert_eq!(create(&store, &new_run("b", "syn_1", 2)).await, Created::Existing(Box::new(own.clone())));
    assert_eq!(create(&store, &new_run("c", "syn_2", 2)).await, Created::New);
    assert_eq!(runs::unfinished(&store, "syn_1").await.unwrap(), Some(own.clone()));
    assert_eq!(in_tx(&store, async |tx| runs::unfinished_in(tx, "syn_1").await).await, Some(own));
    assert!(finish(&store, "a", State::Succeeded, 3).await);
    assert_eq!(runs::unfinished(&store, "syn_1").await.unwrap(), None);
    assert_eq!(create(&store, &new_run("b", "syn_1", 4)).await, Created::New);
}

async fn a_run_moves_on_only_while_it_runs(db: &TestDb) {
    let store = with_sync(db).await;
    create(&store, &new_run("a", "syn_1", 1)).await;
    assert!(!checkpoint(&store, "a", "1", None, 2).await);
    in_tx(&store, async |tx| runs::start(tx, "a", at(3)).await).await;
    assert!(checkpoint(&store, "a", "{\"at\":\"1\0\"}", Some(9), 4).await);
    assert!(checkpoint(&store, "a", "2", None, 5).await);
    let run = get(&store, "a").await;
    assert_eq!((run.phase, run.saved.as_deref(), run.total), (Phase::Left, Some("2"), Some(9)));
    assert_eq!((run.counts, run.heartbeat_at), (serde_json::json!({ "looked_at": 5 }), Some(at(5))));
    // Whoever takes it up again after its worker died finds its checkpoint, and the time it began.
    assert!(in_tx(&store, async |tx| runs::start(tx, "a", at(6)).await).await);
    let run = get(&store, "a").await;
    assert_eq!((run.saved.as_deref(), run.started_at), (Some("2"), Some(at(3))));
    finish(&store, "a", State::Failed, 7).await;
    assert!(!checkpoint(&store, "a", "3", None, 8).await);
    assert!(!in_tx(&store, async |tx| runs::start(tx, "a", at(9)).await).await);
    assert_eq!(get(&store, "a").await.saved.as_deref(), Some("2"));
}

async fn a_run_that_is_asked_to_stop_does_not_move_on(db: &TestDb) {
    let store = with_sync(db).await;
    begin(&store, "a", "syn_1", 1).await;
    assert!(cancel(&store, &Scope::All, "a", 3).await);
    let run = get(&store, "a").await;
    assert_eq!((run.state, run.cancel_requested), (State::Running, true));
    assert!(!checkpoint(&store, "a", "1", None, 4).await);
    assert!(finish(&store, "a", State::Cancelled, 5).await);
    assert!(!cancel(&store, &Scope::All, "a", 6).await);
    assert!(!cancel(&store, &Scope::All, "nobody", 6).await);
}

async fn a_run_that_waits_or_is_paused_stops_at_once(db: &TestDb) {
    let store = with_sync(db).await;
    create(&store, &new_run("a", "syn_1", 1)).await;
    assert!(cancel(&store, &Scope::All, "a", 2).await);
    assert_eq!(
        (get(&store, "a").await.state, get(&store, "a").await.finished_at),
        (State::Cancelled, Some(at(2)))
    );
    begin(&store, "b", "syn_1", 3).await;
    in_tx(&store, async |tx| runs::pause(tx, "syn_1", "signed off", at(4)).await).await;
    assert!(cancel(&store, &Scope::All, "b", 5).await);
    assert_eq!(get(&store, "b").await.state, State::Cancelled);
    assert_eq!(runs::unfinished(&store, "syn_1").await.unwrap(), None);
}

async fn a_paused_run_goes_on_when_its_sync_does(db: &TestDb) {
    let store = with_sync(db).await;
    let pause =
        async |now| in_tx(&store, async |tx| runs::pause(tx, "syn_1", "signed off", at(now)).await).await;
    let resume = async |now| in_tx(&store, async |tx| runs::resume_paused(tx, "syn_1", at(now)).await).await;
    assert_eq!((pause(0).await, resume(0).await), (None, None));
    begin(&store, "a", "syn_1", 1).await;
    assert_eq!(resume(2).await, None);
    checkpoint(&store, "a", "1", None, 3).await;
    assert_eq!(pause(4).await.as_deref(), Some("a"));
    assert_eq!(pause(5).await, None);
    let run = get(&store, "a").await;
    assert_eq!((run.state, run.reason.as_deref()), (State::Paused, Some("signed off")));
    assert!(!checkpoint(&store, "a", "2", None, 6).await);
    assert!(!in_tx(&store, async |tx| runs::start(tx, "a", at(6)).await).await);
    assert_eq!(resume(7).await.as_deref(), Some("a"));
    assert!(in_tx(&store, async |tx| runs::start(tx, "a", at(8)).await).await);
    let run = get(&store, "a").await;
    assert_eq!((run.saved.as_deref(), run.started_at, run.reason), (Some("1"), Some(at(2)), None));
}

async fn a_run_ends_once_and_not_as_unfinished(db: &TestDb) {
    let store = with_sync(db).await;
    begin(&store, "a", "syn_1", 1).await;
    let mut tx = store.begin().await.unwrap();
    let refused = runs::finish(&mut tx, "a", State::Paused, None, at(2)).await;
    assert!(matches!(refused, Err(StoreError::Rejected(_))), "{refused:?}");
    drop(tx);
    assert!(finish(&store, "a", State::Partial, 3).await);
    assert!(!finish(&store, "a", State::Succeeded, 4).await);
    let run = get(&store, "a").await;
    assert_eq!(
        (run.state, run.reason.as_deref(), run.finished_at),
        (State::Partial, Some("because"), Some(at(3)))
    );
}

async fn runs_are_listed_latest_first_by_what_is_known_of_them(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "acme", "con_1", "con_2")).await;
    for (id, created) in [("a", 1), ("b", 5), ("c", 5)] {
        begin(&store, id, "syn_1", created).await;
        finish(&store, id, State::Succeeded, created + 2).await;
    }
    create(&store, &NewRun { dry_run: false, ..new_run("d", "syn_2", 9) }).await;
    let list = async |filter: Filter, before, limit| {
        let found = runs::list(&store, &Scope::All, &filter, before, limit).await.unwrap();
        found.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    let none = Filter::default;
    let of = || Filter { sync_id: Some("syn_1".to_owned()), ..none() };
    assert_eq!(list(none(), None, 9).await, ["d", "c", "b", "a"]);
    assert_eq!(list(of(), None, 2).await, ["c", "b"]);
    assert_eq!(list(of(), Some((at(5), "c".to_owned())), 9).await, ["b", "a"]);
    assert_eq!(list(Filter { state: Some(State::Waiting), ..none() }, None, 9).await, ["d"]);
    assert!(list(Filter { state: Some(State::Waiting), ..of() }, None, 9).await.is_empty());
    assert_eq!(list(Filter { dry_run: Some(true), ..none() }, None, 9).await, ["c", "b", "a"]);
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..of() };
    assert_eq!(list(search("CAUSE"), None, 9).await, ["c", "b", "a"], "why they ended, in whichever case");
    assert_eq!(list(search("b"), Some((at(5), "c".to_owned())), 1).await, ["b"]);
    assert!(list(search("d"), None, 9).await.is_empty(), "another sync's");
    assert!(list(search("%"), None, 9).await.is_empty() && list(search("\0"), None, 9).await.is_empty());
    let begun = |trigger| Filter { trigger: Some(trigger), ..none() };
    let by = new_run("x", "syn_1", 1).trigger;
    assert_eq!(list(begun(by), None, 9).await.len(), 4);
    assert!(list(begun(Trigger::Webhook), None, 9).await.is_empty());
}

async fn syncs_whose_latest_run_failed_are_found(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "acme", "con_1", "con_3")).await;
    make(&store, &new_sync("syn_3", "acme", "con_1", "con_4")).await;
    let failed = async || {
        let filter = syncs::Filter { failed: true, ..syncs::Filter::default() };
        let found = syncs::list(&store, &Scope::All, &filter, None, 9).await.unwrap();
        found.into_iter().map(|sync| sync.id).collect::<Vec<_>>()
    };
    assert!(failed().await.is_empty(), "none has run");
    for (id, sync_id, at, state) in [
        ("a", "syn_1", 1, State::Succeeded),
        ("b", "syn_1", 2, State::Failed),
        ("c", "syn_2", 1, State::Failed),
        ("d", "syn_2", 2, State::Succeeded),
        ("e", "syn_3", 1, State::Partial),
    ] {
        begin(&store, id, sync_id, at).await;
        assert!(finish(&store, id, state, at).await);
    }
    assert_eq!(failed().await, ["syn_1", "syn_3"]);
    begin(&store, "f", "syn_1", 3).await;
    assert_eq!(failed().await, ["syn_3"], "it runs again");
}

async fn tenants_see_and_stop_their_own_only(db: &TestDb) {
    let store = with_sync(db).await;
    begin(&store, "a", "syn_1", 1).await;
    in_tx(&store, async |tx| plans::add(tx, "a", &[planned(0)]).await).await;
    let (acme, globex) = (Scope::Organization("acme".to_owned()), Scope::Organization("globex".to_owned()));
    assert_eq!(runs::get(&store, &globex, "a").await.unwrap(), None);
    for filter in [Filter::default(), Filter { sync_id: Some("syn_1".to_owned()), ..Filter::default() }] {
        assert!(runs::list(&store, &globex, &filter, None, 9).await.unwrap().is_empty());
        assert_eq!(runs::list(&store, &acme, &filter, None, 9).await.unwrap().len(), 1);
    }
    assert!(plans::page(&store, &globex, "a", None, 9).await.unwrap().is_empty());
    assert_eq!(plans::page(&store, &acme, "a", None, 9).await.unwrap().len(), 1);
    assert!(!cancel(&store, &globex, "a", 3).await);
    assert!(!get(&store, "a").await.cancel_requested);
    assert!(cancel(&store, &acme, "a", 3).await);
}

fn planned(n: u64) -> Planned {
    Planned {
        n,
        side: (!n.is_multiple_of(3)).then_some(Side::Left),
        what: "update".to_owned(),
        ids: Sides { left: Some(n.to_string()), right: None },
        detail: serde_json::json!({ "fields": { "email": "nul \0" } }),
    }
}

async fn a_plan_is_read_in_its_order(db: &TestDb) {
    let store = with_sync(db).await;
    begin(&store, "a", "syn_1", 1).await;
    let all: Vec<Planned> = (0..1_200).map(planned).collect();
    in_tx(&store, async |tx| plans::add(tx, "a", &all[..700]).await).await;
    // A page that is planned twice is there once.
    in_tx(&store, async |tx| plans::add(tx, "a", &all[600..]).await).await;
    let page = async |after, limit| plans::page(&store, &Scope::All, "a", after, limit).await.unwrap();
    assert_eq!(page(None, 5_000).await, all);
    assert_eq!(page(None, 2).await, all[..2]);
    assert_eq!(page(Some(1), 2).await, all[2..4]);
    assert!(page(Some(1_199), 2).await.is_empty());
    assert!(page(Some(u64::MAX), 2).await.is_empty());
    assert_eq!(plans::count(&store, "a").await.unwrap(), 1_200);
    assert_eq!(plans::count(&store, "nobody").await.unwrap(), 0);
}

async fn old_runs_go_with_their_plans_in_batches(db: &TestDb) {
    let store = with_sync(db).await;
    for (id, finished) in [("a", 3), ("b", 5), ("c", 9)] {
        begin(&store, id, "syn_1", 1).await;
        let plan: Vec<Planned> = (0..10).map(planned).collect();
        in_tx(&store, async |tx| plans::add(tx, id, &plan).await).await;
        finish(&store, id, State::Succeeded, finished).await;
    }
    begin(&store, "d", "syn_1", 2).await;
    let mut gone = Vec::new();
    while gone.last() != Some(&0) {
        gone.push(in_tx(&store, async |tx| runs::delete_before(tx, at(9), 8).await).await);
        // A run is there as long as its plan.
        for id in ["a", "b"] {
            let run = runs::get(&store, &Scope::All, id).await.unwrap();
            assert!(run.is_some() || plans::count(&store, id).await.unwrap() == 0);
        }
    }
    assert_eq!(gone, [8, 8, 6, 0]);
    let left = runs::list(&store, &Scope::All, &Filter::default(), None, 9).await.unwrap();
    assert_eq!(left.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["d", "c"]);
    assert_eq!(plans::count(&store, "c").await.unwrap(), 10);
}
