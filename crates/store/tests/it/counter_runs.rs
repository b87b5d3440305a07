//! Runs that compare counters: resumable, repairing what is wrong once, and telling what they found.

use crate::support::at;
use crate::support::counters::{
    accepted, change, claim, counter, definition, make, push_through, report, rules, settle, shows,
};
use crate::support::jobs::in_tx;
use crate::support::notify::acme;
use syncline_core::counters::change::Change;
use syncline_core::counters::definition::Policy;
use syncline_core::counters::push::{Answer, Next, Property, Seen, Stage, Told, Way};
use syncline_core::counters::reconcile::{Drift, Suspicion, Verdict};
use syncline_core::time::Timestamp;
use syncline_store::counters::findings::{self, Outcome, Verdict as Kind};
use syncline_store::counters::runs::{self, Cause, Compared, Created, Filter, Found, Handled, NewRun, State};
use syncline_store::counters::statistics::Buckets;
use syncline_store::counters::{self, changes, definitions};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    a_definition_has_one_unfinished_run,
    a_run_goes_on_from_its_checkpoint_and_each_page_counts_once,
    a_run_that_is_asked_to_stop_does_nothing_more,
    drift_of_the_property_is_repaired_when_it_shows,
    what_somebody_else_mended_is_found_right_by_the_next_run,
    a_repair_that_is_parked_or_taken_over_by_a_later_run_is_not_said_to_be_under_way,
    drift_of_the_counter_is_repaired_at_once_and_pushed,
    what_changed_since_it_was_read_is_left_alone,
    what_a_definition_no_longer_says_is_not_repaired,
    reporting_repairs_nothing,
    what_is_suspected_is_looked_at_again,
    runs_are_listed_latest_first_to_their_own,
    runs_are_listed_by_how_they_are_and_whether_they_only_looked,
    findings_are_listed_by_how_their_keys_begin,
    drift_is_shown_over_time,
    what_was_found_last_about_a_counter_is_told_to_its_own,
    runs_are_forgotten_with_what_they_found,
);

async fn open(db: &TestDb) -> Store {
    let store = db.store().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    store
}

fn new_run(id: &str) -> NewRun {
    NewRun {
        id: id.to_owned(),
        org_id: "acme".to_owned(),
        definition_id: "ctr_1".to_owned(),
        cause: Cause::Schedule,
        dry_run: false,
    }
}

async fn begin(store: &Store, id: &str, now: Timestamp) {
    let new = new_run(id);
    assert_eq!(in_tx(store, async |tx| runs::create(tx, &new, now).await).await, Created::New);
    assert!(in_tx(store, async |tx| runs::start(tx, id, now).await).await);
}

async fn finish(store: &Store, id: &str, now: Timestamp) {
    assert!(in_tx(store, async |tx| runs::finish(tx, id, State::Succeeded, None, now).await).await);
}

async fn get(store: &Store, id: &str) -> runs::Run {
    runs::get(store, &acme(), id).await.unwrap().expect("there is one")
}

fn drift(truth: i64, counter: i64, property: i64) -> Drift {
    Drift {
        truth: Some(truth),
        counter: Some(counter),
        property: Property::Number(property),
        counter_wrong: truth != counter,
        property_wrong: truth != property,
        since: None,
    }
}

/// That a counter of this version was found so, at second 100.
fn found(key: &str, version: i64, verdict: Verdict) -> Found {
    let property = match &verdict {
        Verdict::Drift(drift) => drift.property.clone(),
        _ => Property::Number(0),
    };
    Found { key: key.to_owned(), version, seen: Some(Seen { property, at: at(100) }), verdict }
}

/// A page of a first pass, which ends with its last key, at second 100.
fn page<'a>(run_id: &'a str, found: &'a [Found]) -> Compared<'a> {
    let position = &found.last().unwrap().key;
    let (definition_id, policy) = ("ctr_1", Policy::Repair);
    Compared { run_id, definition_id, version: 1, pass: 1, position, policy, calls: 2, found }
}

async fn compared(store: &Store, page: &Compared<'_>) -> Option<Vec<Handled>> {
    let rules = rules(Way::Trigger);
    let mut tx = store.begin().await.unwrap();
    let handled = runs::compared(&mut tx, page, &rules, at(100)).await.unwrap();
    if handled.is_some() {
        tx.commit().await.unwrap();
    }
    handled
}

async fn a_definition_has_one_unfinished_run(db: &TestDb) {
    let store = open(db).await;
    let mut askers = JoinSet::new();
    for number in 0..6 {
        let (store, new) = (store.clone(), new_run(&format!("crn_{number}")));
        askers.spawn(async move { in_tx(&store, async |tx| runs::create(tx, &new, at(1)).await).await });
    }
    let all = askers.join_all().await;
    assert_eq!(all.iter().filter(|one| **one == Created::New).count(), 1, "{all:?}");
    let run = runs::unfinished(&store, "ctr_1").await.unwrap().unwrap();
    let already = Created::Already { id: run.id.clone(), dry_run: false };
    assert!(all.iter().all(|one| *one == Created::New || *one == already));
    assert!(in_tx(&store, async |tx| runs::start(tx, &run.id, at(2)).await).await);
    finish(&store, &run.id, at(3)).await;
    assert!(!in_tx(&store, async |tx| runs::start(tx, &run.id, at(4)).await).await);
    assert_eq!(runs::unfinished(&store, "ctr_1").await.unwrap(), None);
    begin(&store, "crn_9", at(5)).await;
}

async fn a_run_goes_on_from_its_checkpoint_and_each_page_counts_once(db: &TestDb) {
    let store = open(db).await;
    for key in ["1", "2", "3", "4"] {
        change(&store, key, Change::Set(5), at(1)).await;
    }
    begin(&store, "crn_1", at(99)).await;
    let equal = |key: &str| found(key, 1, Verdict::Equal);
    let first = [equal("1"), found("2", 1, Verdict::InFlight)];
    assert_eq!(compared(&store, &page("crn_1", &first)).await, Some(Vec::new()));
    // A second time, as after a commit whose answer was lost.
    assert_eq!(compared(&store, &page("crn_1", &first)).await, None);
    let run = get(&store, "crn_1").await;
    assert_eq!((run.position.as_str(), run.counts.checked, run.counts.calls), ("2", 2, 2));
    // Whoever takes it up goes on there.
    assert!(in_tx(&store, async |tx| runs::start(tx, "crn_1", at(101)).await).await);
    let rest = counters::to_compare(&store, "ctr_1", &run.position, 9).await.unwrap();
    assert_eq!(rest.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["3", "4"]);
    let second = [equal("3"), found("4", 1, Verdict::NoTruth("away".to_owned()))];
    assert!(compared(&store, &page("crn_1", &second)).await.is_some());
    let counts = get(&store, "crn_1").await.counts;
    assert_eq!((counts.checked, counts.alike, counts.in_flight, counts.unknown), (4, 2, 1, 1));
    assert_eq!(counter(&store, "1").await.agreed_at, Some(at(100)));
    assert_eq!(counter(&store, "2").await.agreed_at, None);
    let found = findings::page(&store, &acme(), "crn_1", findings::Filter::default(), "", 9).await.unwrap();
    assert_eq!((found.len(), found[0].verdict, found[0].detail.as_str()), (1, Kind::NoTruth, "\"away\""));
}

async fn a_run_that_is_asked_to_stop_does_nothing_more(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(5), at(1)).await;
    begin(&store, "crn_1", at(99)).await;
    let cancel = async |scope: &Scope| {
        in_tx(&store, async |tx| runs::request_cancel(tx, scope, "crn_1", at(100)).await).await
    };
    assert!(!cancel(&Scope::Organization("globex".to_owned())).await && cancel(&acme()).await);
    let wrong = [found("7", 1, Verdict::Drift(drift(9, 5, 5)))];
    assert_eq!(compared(&store, &page("crn_1", &wrong)).await, None);
    assert_eq!(counter(&store, "7").await.value, 5);
    assert!(get(&store, "crn_1").await.cancel_requested);
    assert!(
        in_tx(&store, async |tx| runs::finish(tx, "crn_1", State::Cancelled, Some("asked"), at(101)).await)
            .await
    );
    // One that nobody has begun ends at once.
    let new = new_run("crn_2");
    in_tx(&store, async |tx| runs::create(tx, &new, at(102)).await).await;
    assert!(in_tx(&store, async |tx| runs::request_cancel(tx, &acme(), "crn_2", at(103)).await).await);
    let ended = get(&store, "crn_2").await;
    assert_eq!((ended.state, ended.finished_at), (State::Cancelled, Some(at(103))));
}

async fn drift_of_the_property_is_repaired_when_it_shows(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    push_through(&store, "7", 0).await;
    begin(&store, "crn_1", at(99)).await;
    let wrong = [found("7", 1, Verdict::Drift(drift(8, 8, 6)))];
    let handled = compared(&store, &page("crn_1", &wrong)).await.unwrap();
    assert_eq!((handled[0].outcome, handled[0].drift.property_off()), (Outcome::Repairing, Some(-2)));
    let counts = get(&store, "crn_1").await.counts;
    assert_eq!((counts.drifted, counts.repaired, counts.size), (1, 0, 2));
    finish(&store, "crn_1", at(101)).await;
    assert_eq!(claim(&store, Stage::Trigger, "w", at(100), 9).await.len(), 1);
    settle(&store, "w", &[accepted("7")], at(102)).await;
    claim(&store, Stage::Look, "w", at(104), 9).await;
    let settled = settle(&store, "w", &[shows("7", 8, at(104))], at(105)).await;
    assert_eq!(
        (settled[0].next.clone(), settled[0].found_by.as_deref()),
        (Some(Next::Shown(8)), Some("crn_1"))
    );
    let mut tx = store.begin().await.unwrap();
    let finding = findings::get_in(&mut tx, "crn_1", "7").await.unwrap().unwrap();
    assert_eq!((finding.outcome, finding.settled_at), (Outcome::Repaired, Some(at(105))));
    drop(tx);
    assert_eq!(get(&store, "crn_1").await.counts.repaired, 1);
    assert_eq!(counter(&store, "7").await.repairing, None);
}

async fn what_somebody_else_mended_is_found_right_by_the_next_run(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    begin(&store, "crn_1", at(99)).await;
    let wrong = [found("7", 1, Verdict::Drift(drift(8, 8, 6)))];
    compared(&store, &page("crn_1", &wrong)).await.unwrap();
    finish(&store, "crn_1", at(100)).await;
    begin(&store, "crn_2", at(100)).await;
    compared(&store, &page("crn_2", &[found("7", 1, Verdict::Equal)])).await.unwrap();
    assert_eq!(get(&store, "crn_1").await.counts.repaired, 1);
    let past = findings::page(&store, &acme(), "crn_1", findings::Filter::default(), "", 9).await.unwrap();
    assert_eq!((past[0].outcome, past[0].settled_at), (Outcome::Repaired, Some(at(100))));
    assert_eq!(counter(&store, "7").await.repairing, None);
}

async fn a_repair_that_is_parked_or_taken_over_by_a_later_run_is_not_said_to_be_under_way(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    push_through(&store, "7", 0).await;
    let wrong = [found("7", 1, Verdict::Drift(drift(8, 8, 6)))];
    for id in ["crn_1", "crn_2"] {
        begin(&store, id, at(99)).await;
        compared(&store, &page(id, &wrong)).await.unwrap();
        finish(&store, id, at(100)).await;
    }
    let outcome = async |run: &str| {
        let found = findings::page(&store, &acme(), run, findings::Filter::default(), "", 9).await.unwrap();
        (found[0].outcome, found[0].settled_at)
    };
    assert_eq!(
        (outcome("crn_1").await, outcome("crn_2").await),
        ((Outcome::Moved, None), (Outcome::Repairing, None))
    );
    assert_eq!(claim(&store, Stage::Trigger, "w", at(101), 9).await.len(), 1);
    let gone = [report("7", Told::Answer(Answer::NoRecord))];
    let settled = settle(&store, "w", &gone, at(102)).await;
    assert_eq!(
        (settled[0].next.clone(), settled[0].found_by.as_deref()),
        (Some(Next::Parked), Some("crn_2"))
    );
    assert_eq!(outcome("crn_2").await, (Outcome::Open, None));
    assert_eq!(get(&store, "crn_2").await.counts.repaired, 0);
}

async fn drift_of_the_counter_is_repaired_at_once_and_pushed(db: &TestDb) {
    let store = open(db).await;
    for key in ["7", "8"] {
        change(&store, key, Change::Set(8), at(0)).await;
        push_through(&store, key, 0).await;
    }
    begin(&store, "crn_1", at(99)).await;
    // One whose property is right all along, and one where both are wrong.
    let wrong =
        [found("7", 1, Verdict::Drift(drift(9, 8, 9))), found("8", 1, Verdict::Drift(drift(11, 8, 8)))];
    let handled = compared(&store, &page("crn_1", &wrong)).await.unwrap();
    let outcomes: Vec<Outcome> = handled.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Repaired, Outcome::Repairing]);
    assert_eq!(get(&store, "crn_1").await.counts.repaired, 1);
    let (first, second) = (counter(&store, "7").await, counter(&store, "8").await);
    assert_eq!((first.value, first.version, second.value), (9, 2, 11));
    let past = changes::history(&store, &acme(), ("ctr_1", "7"), None, 1).await.unwrap();
    assert_eq!((past[0].op.as_str(), past[0].source.as_str()), ("repair", "reconciliation"));
    // What the property shows was seen, so there is one call only.
    let claims = claim(&store, Stage::Trigger, "w", at(101), 9).await;
    assert_eq!(crate::support::counters::keys(&claims), ["8"]);
    assert_eq!(counter(&store, "7").await.push.stage, Stage::Quiet);
}

async fn what_changed_since_it_was_read_is_left_alone(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    begin(&store, "crn_1", at(99)).await;
    change(&store, "7", Change::Increment(1), at(99)).await;
    let wrong =
        [found("7", 1, Verdict::Drift(drift(9, 8, 8))), found("9", 1, Verdict::Drift(drift(9, 8, 8)))];
    let handled = compared(&store, &page("crn_1", &wrong)).await.unwrap();
    assert!(handled.iter().all(|one| one.outcome == Outcome::Moved), "{handled:?}");
    let left = counter(&store, "7").await;
    assert_eq!((left.value, left.version, left.repairing), (9, 2, None));
}

async fn what_a_definition_no_longer_says_is_not_repaired(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    begin(&store, "crn_1", at(99)).await;
    let before = counter(&store, "7").await;
    let mut changed = definition("ctr_1", "acme", "bookings");
    changed.definition.policy = Policy::Report;
    in_tx(&store, async |tx| definitions::update(tx, &changed).await).await;
    let wrong = [found("7", 1, Verdict::Drift(drift(9, 8, 8)))];
    assert_eq!(compared(&store, &page("crn_1", &wrong)).await, None);
    assert_eq!((counter(&store, "7").await, get(&store, "crn_1").await.counts.checked), (before, 0));
    let again = Compared { version: 2, ..page("crn_1", &wrong) };
    assert_eq!(compared(&store, &again).await.unwrap().len(), 1);
    in_tx(&store, async |tx| definitions::delete(tx, &acme(), "ctr_1").await).await;
    let beyond = [found("8", 1, Verdict::Equal)];
    assert_eq!(compared(&store, &Compared { version: 2, ..page("crn_1", &beyond) }).await, None);
}

async fn reporting_repairs_nothing(db: &TestDb) {
    let store = open(db).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    push_through(&store, "7", 0).await;
    let before = counter(&store, "7").await;
    begin(&store, "crn_1", at(99)).await;
    let wrong = [found("7", 1, Verdict::Drift(drift(9, 8, 7)))];
    let page = Compared { policy: Policy::Report, ..page("crn_1", &wrong) };
    assert_eq!(compared(&store, &page).await.unwrap()[0].outcome, Outcome::Reported);
    assert_eq!(counter(&store, "7").await, before);
    let drifted = findings::Filter { verdict: Some(Kind::Drift), begins: "" };
    let found = findings::page(&store, &acme(), "crn_1", drifted, "", 9).await.unwrap();
    assert_eq!(found[0].drift().unwrap(), Some(drift(9, 8, 7)));
    let theirs = Scope::Organization("globex".to_owned());
    assert_eq!(
        findings::page(&store, &theirs, "crn_1", findings::Filter::default(), "", 9).await.unwrap(),
        []
    );
}

async fn what_is_suspected_is_looked_at_again(db: &TestDb) {
    let store = open(db).await;
    for key in ["7", "8", "9"] {
        change(&store, key, Change::Set(8), at(0)).await;
    }
    begin(&store, "crn_1", at(99)).await;
    let suspicion = Suspicion { truth: 9, counter: Some(8), version: 1, at: at(100) };
    let suspect = || Verdict::Suspect(suspicion.clone());
    let first = [found("7", 1, suspect()), found("8", 1, suspect()), found("9", 1, suspect())];
    compared(&store, &page("crn_1", &first)).await.unwrap();
    assert_eq!(get(&store, "crn_1").await.counts.checked, 0);
    let second = async || in_tx(&store, async |tx| runs::second_pass(tx, "crn_1", at(101)).await).await;
    assert!(second().await && !second().await);
    let again = findings::suspects(&store, "crn_1", "7", 9).await.unwrap();
    assert_eq!(again, [("8".to_owned(), suspicion.clone()), ("9".to_owned(), suspicion.clone())]);
    let found = [
        found("7", 1, Verdict::Equal),
        found("8", 1, Verdict::Drift(drift(9, 8, 8))),
        found("9", 1, suspect()),
    ];
    let page = Compared { pass: 2, ..page("crn_1", &found) };
    assert_eq!(compared(&store, &page).await.unwrap().len(), 1);
    assert_eq!(findings::suspects(&store, "crn_1", "", 9).await.unwrap(), []);
    let kept = findings::page(&store, &acme(), "crn_1", findings::Filter::default(), "", 9).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["8"]);
    let counts = get(&store, "crn_1").await.counts;
    assert_eq!((counts.checked, counts.alike, counts.drifted, counts.in_flight), (3, 1, 1, 1));
}

async fn runs_are_listed_latest_first_to_their_own(db: &TestDb) {
    let store = open(db).await;
    for (id, second) in [("crn_1", 1), ("crn_2", 2), ("crn_3", 2)] {
        begin(&store, id, at(second)).await;
        finish(&store, id, at(second)).await;
    }
    let ids = async |scope: &Scope, before: Option<(Timestamp, String)>| {
        let filter = Filter { definition_id: Some("ctr_1".to_owned()), ..Filter::default() };
        let page = runs::list(&store, scope, &filter, before.as_ref(), 2).await.unwrap();
        page.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&acme(), None).await, ["crn_3", "crn_2"]);
    assert_eq!(ids(&acme(), Some((at(2), "crn_2".to_owned()))).await, ["crn_1"]);
    let theirs = Scope::Organization("globex".to_owned());
    assert_eq!(ids(&theirs, None).await, Vec::<String>::new());
    assert_eq!(runs::get(&store, &theirs, "crn_1").await.unwrap(), None);
    assert_eq!(runs::list(&store, &Scope::All, &Filter::default(), None, 9).await.unwrap().len(), 3);
}

async fn runs_are_listed_by_how_they_are_and_whether_they_only_looked(db: &TestDb) {
    let store = open(db).await;
    for (number, state) in [State::Succeeded, State::Failed, State::Succeeded].into_iter().enumerate() {
        let (id, now) = (format!("crn_{number}"), at(number as i64));
        let new = NewRun { dry_run: number == 0, ..new_run(&id) };
        in_tx(&store, async |tx| runs::create(tx, &new, now).await).await;
        in_tx(&store, async |tx| runs::finish(tx, &id, state, None, now).await).await;
    }
    begin(&store, "crn_3", at(3)).await;
    let ids = async |state, dry_run| {
        let filter = Filter { definition_id: Some("ctr_1".to_owned()), state, dry_run };
        let page = runs::list(&store, &acme(), &filter, None, 9).await.unwrap();
        page.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Some(State::Succeeded), None).await, ["crn_2", "crn_0"]);
    assert_eq!(ids(Some(State::Failed), None).await, ["crn_1"]);
    assert_eq!(ids(Some(State::Running), Some(false)).await, ["crn_3"]);
    assert_eq!(ids(None, Some(true)).await, ["crn_0"]);
    assert_eq!(ids(Some(State::Failed), Some(true)).await, Vec::<String>::new());
}

async fn findings_are_listed_by_how_their_keys_begin(db: &TestDb) {
    let store = open(db).await;
    let keys = ["a", "a1", "a10", "a2", "aé", "b", "ä"];
    for key in keys {
        change(&store, key, Change::Set(5), at(1)).await;
    }
    begin(&store, "crn_1", at(99)).await;
    let all = keys.map(|key| match key {
        "a10" => found(key, 1, Verdict::Drift(drift(4, 5, 5))),
        _ => found(key, 1, Verdict::NoTruth("away".to_owned())),
    });
    assert!(compared(&store, &page("crn_1", &all)).await.is_some());
    let listed = async |verdict, begins: &str, after: &str| {
        let filter = findings::Filter { verdict, begins };
        let page = findings::page(&store, &acme(), "crn_1", filter, after, 9).await.unwrap();
        page.into_iter().map(|one| one.key).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, "", "").await, keys);
    assert_eq!(listed(None, "a", "").await, ["a", "a1", "a10", "a2", "aé"]);
    assert_eq!(listed(None, "a1", "").await, ["a1", "a10"]);
    assert_eq!(listed(None, "a", "a10").await, ["a2", "aé"]);
    assert_eq!(listed(Some(Kind::Drift), "a1", "").await, ["a10"]);
    assert_eq!(listed(Some(Kind::Drift), "b", "").await, Vec::<String>::new());
    assert_eq!(listed(None, "a\0", "").await, Vec::<String>::new());
}

async fn drift_is_shown_over_time(db: &TestDb) {
    let store = open(db).await;
    for (id, minute) in [("crn_1", 0), ("crn_2", 1), ("crn_3", 61)] {
        begin(&store, id, at(minute * 60)).await;
        let wrong = [found("7", 1, Verdict::Drift(drift(9, 8, 5)))];
        let page = Compared { policy: Policy::Report, ..page(id, &wrong) };
        compared(&store, &page).await.unwrap();
        finish(&store, id, at(minute * 60)).await;
    }
    let buckets = Buckets { until: at(119 * 60), minutes: 60, count: 3 };
    let chart = runs::drift(&store, &acme(), "ctr_1", buckets).await.unwrap();
    let told: Vec<(u64, u64, u64)> = chart.iter().map(|one| (one.runs, one.drifted, one.size)).collect();
    assert_eq!(told, [(0, 0, 0), (2, 2, 8), (1, 1, 4)]);
    let theirs = Scope::Organization("globex".to_owned());
    let none = runs::drift(&store, &theirs, "ctr_1", buckets).await.unwrap();
    assert!(none.iter().all(|bucket| bucket.runs == 0));
}

async fn what_was_found_last_about_a_counter_is_told_to_its_own(db: &TestDb) {
    let store = open(db).await;
    let theirs = Scope::Organization("globex".to_owned());
    let latest = async |scope: &Scope, key: &str| {
        let found = findings::latest_of(&store, scope, "ctr_1", key).await.unwrap();
        found.map(|(run, finding)| (run, finding.detail))
    };
    assert_eq!(latest(&acme(), "7").await, None);
    for (id, second, words) in [("crn_1", 1, "away"), ("crn_2", 2, "still away")] {
        begin(&store, id, at(second)).await;
        let words = [found("7", 1, Verdict::NoTruth(words.to_owned())), found("8", 1, Verdict::Equal)];
        compared(&store, &page(id, &words)).await.unwrap();
        finish(&store, id, at(second)).await;
    }
    let (run, detail) = latest(&acme(), "7").await.expect("it was found");
    assert!(run == "crn_2" && detail.contains("still away"), "{run}: {detail}");
    assert_eq!(latest(&acme(), "8").await, None, "nothing was wrong with it");
    assert_eq!(latest(&theirs, "7").await, None);
}

async fn runs_are_forgotten_with_what_they_found(db: &TestDb) {
    let store = open(db).await;
    for id in ["crn_1", "crn_2"] {
        begin(&store, id, at(1)).await;
        let words = [found("7", 1, Verdict::NoTruth("away".to_owned()))];
        compared(&store, &page(id, &words)).await.unwrap();
        finish(&store, id, at(if id == "crn_1" { 2 } else { 99 })).await;
    }
    begin(&store, "crn_3", at(1)).await;
    assert_eq!(in_tx(&store, async |tx| counters::delete_before(tx, at(50), 9).await).await, 1);
    assert_eq!(runs::get(&store, &acme(), "crn_1").await.unwrap(), None);
    assert_eq!(
        findings::page(&store, &Scope::All, "crn_1", findings::Filter::default(), "", 9).await.unwrap(),
        []
    );
    assert_eq!(
        findings::page(&store, &Scope::All, "crn_2", findings::Filter::default(), "", 9).await.unwrap().len(),
        1
    );
    assert!(runs::unfinished(&store, "ctr_1").await.unwrap().is_some());
}
