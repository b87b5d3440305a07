//! Pushes of counters: claimed once, told of by who holds them, and never lost.

use crate::support::at;
use crate::support::counters::{
    accepted, change, claim, counter, decide, definition, keys, make, push_through, report, rules, settle,
    shows, under,
};
use crate::support::jobs::in_tx;
use crate::support::notify::acme;
use std::time::Duration;
use syncline_core::counters::change::Change;
use syncline_core::counters::push::{Answer, Next, Parked, Property, Seen, Stage, Told, Way};
use syncline_core::time::Timestamp;
use syncline_store::counters::definitions::{self, State, Stored};
use syncline_store::counters::pushes::{self, Ask, LogFilter, What, Work};
use syncline_store::counters::statistics::{self, Buckets};
use syncline_store::counters::{self, Filter, Waiting};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    a_value_goes_from_changed_to_shown,
    what_changed_meanwhile_is_sent_afterwards,
    what_is_claimed_is_nobody_elses_until_the_lease_ends,
    what_a_dead_sender_may_have_sent_is_looked_for_first,
    who_lost_the_lease_is_not_heard,
    what_was_claimed_before_is_told_too_late_also_by_who_holds_it_again,
    a_lease_is_kept_alive_by_its_holder_alone,
    who_knows_a_definition_as_it_was_claims_nothing,
    what_goes_elsewhere_is_sent_there_and_what_was_under_way_is_not_heard,
    a_value_that_went_and_came_back_is_not_sent,
    lanes_say_what_is_due_of_active_definitions,
    what_waits_longest_is_claimed_first,
    what_is_in_a_stage_is_found_by_how_its_key_begins,
    each_definition_is_claimed_by_itself,
    a_parked_counter_is_listed_and_sent_when_somebody_says_so,
    what_was_sent_is_logged_and_counted,
    an_unknown_counter_is_told_of_in_vain,
);

async fn open(db: &TestDb) -> Store {
    let store = db.store().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    store
}

async fn with(db: &TestDb, value: i64) -> Store {
    let store = open(db).await;
    change(&store, "7", Change::Set(value), at(0)).await;
    store
}

async fn a_value_goes_from_changed_to_shown(db: &TestDb) {
    let store = with(db, 8).await;
    assert_eq!(claim(&store, Stage::Trigger, "w", at(0), 9).await, []);
    let claims = claim(&store, Stage::Trigger, "w", at(1), 9).await;
    assert_eq!((claims[0].work, claims[0].due_at), (Work::Send(8, Way::Trigger), at(1)));
    let settled = settle(&store, "w", &[accepted("7")], at(2)).await;
    assert_eq!(settled[0].next, Some(Next::On));
    assert_eq!(claim(&store, Stage::Trigger, "w", at(99), 9).await, []);
    assert_eq!(claim(&store, Stage::Look, "w", at(4), 9).await[0].work, Work::Look);
    let settled = settle(&store, "w", &[shows("7", 8, at(4))], at(5)).await;
    assert_eq!(settled[0].next, Some(Next::Shown(8)));
    let done = counter(&store, "7").await;
    assert_eq!((done.push.stage, done.waiting_since, done.agreed_at), (Stage::Quiet, None, Some(at(5))));
    assert_eq!((done.lease_owner, done.shown_version), (None, 1));
    assert_eq!(counters::waiting(&store, &acme(), "ctr_1").await.unwrap(), Waiting::default());
}

async fn what_changed_meanwhile_is_sent_afterwards(db: &TestDb) {
    let store = with(db, 8).await;
    // So that seeing 9 is seeing it arrive.
    push_through(&store, "7", 0).await;
    change(&store, "7", Change::Set(9), at(100)).await;
    claim(&store, Stage::Trigger, "w", at(101), 9).await;
    change(&store, "7", Change::Increment(1), at(102)).await;
    settle(&store, "w", &[accepted("7")], at(103)).await;
    change(&store, "7", Change::Increment(1), at(104)).await;
    claim(&store, Stage::Look, "w", at(105), 9).await;
    settle(&store, "w", &[shows("7", 9, at(105))], at(106)).await;
    let next = counter(&store, "7").await;
    // It has waited since it changed, and not since 9 was seen.
    assert_eq!((next.value, next.push.stage, next.waiting_since), (11, Stage::Trigger, Some(at(104))));
    let claims = claim(&store, Stage::Trigger, "w", at(106), 9).await;
    assert_eq!(claims[0].work, Work::Send(11, Way::Trigger));
}

async fn what_is_claimed_is_nobody_elses_until_the_lease_ends(db: &TestDb) {
    let store = with(db, 8).await;
    assert_eq!(claim(&store, Stage::Trigger, "a", at(1), 9).await.len(), 1);
    assert_eq!(claim(&store, Stage::Trigger, "b", at(30), 9).await, []);
    let held = counter(&store, "7").await;
    assert_eq!((held.lease_owner.as_deref(), held.push.due), (Some("a"), at(31)));
    // What it may have sent was written down before.
    assert_eq!(held.push.call.map(|call| (call.value, call.answered_at)), Some((8, None)));
}

async fn what_a_dead_sender_may_have_sent_is_looked_for_first(db: &TestDb) {
    let store = with(db, 8).await;
    claim(&store, Stage::Trigger, "dead", at(1), 9).await;
    change(&store, "7", Change::Set(9), at(5)).await;
    assert_eq!(claim(&store, Stage::Trigger, "b", at(31), 9).await, []);
    assert_eq!(counter(&store, "7").await.lease_owner, None);
    assert_eq!(keys(&claim(&store, Stage::Look, "b", at(33), 9).await), ["7"]);
    settle(&store, "b", &[shows("7", 0, at(33))], at(34)).await;
    // Nothing newer is sent while the first may still take effect, however often somebody looks.
    assert_eq!(counter(&store, "7").await.push.stage, Stage::Look);
    assert_eq!(keys(&claim(&store, Stage::Look, "b", at(95), 9).await), ["7"]);
    settle(&store, "b", &[shows("7", 8, at(95))], at(95)).await;
    let claims = claim(&store, Stage::Trigger, "b", at(99), 9).await;
    assert_eq!(claims[0].work, Work::Send(9, Way::Trigger));
}

async fn who_lost_the_lease_is_not_heard(db: &TestDb) {
    let store = with(db, 8).await;
    claim(&store, Stage::Trigger, "a", at(1), 9).await;
    claim(&store, Stage::Trigger, "b", at(31), 9).await;
    let before = counter(&store, "7").await;
    let settled = settle(&store, "a", &[accepted("7")], at(32)).await;
    assert_eq!((settled[0].next.clone(), counter(&store, "7").await), (None, before));
    // Nor is who has said it already.
    claim(&store, Stage::Look, "b", at(40), 9).await;
    assert!(settle(&store, "b", &[shows("7", 8, at(40))], at(41)).await[0].next.is_some());
    assert!(settle(&store, "b", &[shows("7", 8, at(40))], at(41)).await[0].next.is_none());
}

async fn what_was_claimed_before_is_told_too_late_also_by_who_holds_it_again(db: &TestDb) {
    let store = with(db, 8).await;
    claim(&store, Stage::Trigger, "a's first", at(1), 9).await;
    // Its lease ends, and it is the one who takes the counter up again: to look for 8, and then to send 9.
    claim(&store, Stage::Trigger, "a's second", at(31), 9).await;
    change(&store, "7", Change::Set(9), at(32)).await;
    claim(&store, Stage::Look, "a's third", at(33), 9).await;
    settle(&store, "a's third", &[shows("7", 8, at(96))], at(96)).await;
    assert_eq!(
        claim(&store, Stage::Trigger, "a's fourth", at(99), 9).await[0].work,
        Work::Send(9, Way::Trigger)
    );
    let before = counter(&store, "7").await;
    let told = [report("7", Told::Answer(Answer::Written)), accepted("7")];
    let late = under("a's first", &told[..1]);
    let both: Vec<_> = late.iter().cloned().chain(under("a's fourth", &told[1..])).collect();
    assert_eq!(settle(&store, "a's first", &late, at(100)).await[0].next, None);
    assert_eq!(counter(&store, "7").await, before);
    // Both at once: only what was claimed last is heard.
    let settled = in_tx(&store, async |tx| pushes::settle(tx, &both, decide(at(100)), at(100)).await).await;
    assert_eq!((settled.len(), settled[0].next.clone()), (1, Some(Next::On)));
    assert_eq!(counter(&store, "7").await.push.stage, Stage::Look);
}

async fn a_lease_is_kept_alive_by_its_holder_alone(db: &TestDb) {
    let store = with(db, 8).await;
    let claims = claim(&store, Stage::Trigger, "a", at(1), 9).await;
    let renew = async |claims: &[pushes::Claim]| {
        in_tx(&store, async |tx| pushes::renew(tx, claims, at(60)).await).await
    };
    let theirs = [pushes::Claim { lease: "b".to_owned(), ..claims[0].clone() }];
    assert_eq!((renew(&theirs).await, renew(&claims).await), (0, 1));
    assert_eq!(counter(&store, "7").await.push.due, at(60));
}

async fn who_knows_a_definition_as_it_was_claims_nothing(db: &TestDb) {
    let store = with(db, 8).await;
    let terms = rules(Way::Trigger).push;
    let claims = async |version| {
        let ask = Ask { definition_id: "ctr_1", version, stage: Stage::Trigger, terms: &terms, limit: 9 };
        in_tx(&store, async |tx| pushes::claim(tx, &[ask], "w", at(1), at(2)).await).await.len()
    };
    assert!(in_tx(&store, async |tx| definitions::pause(tx, &acme(), "ctr_1", at(1)).await).await);
    assert_eq!((claims(1).await, claims(2).await), (0, 0), "it rests");
    assert!(in_tx(&store, async |tx| definitions::resume(tx, &acme(), "ctr_1", at(1)).await).await);
    assert_eq!((claims(2).await, counter(&store, "7").await.lease_owner), (0, None));
    assert_eq!(claims(3).await, 1);
    in_tx(&store, async |tx| definitions::delete(tx, &acme(), "ctr_1").await).await;
    assert_eq!(claims(3).await, 0);
}

async fn what_goes_elsewhere_is_sent_there_and_what_was_under_way_is_not_heard(db: &TestDb) {
    let store = with(db, 8).await;
    let terms = rules(Way::Trigger).push;
    let redirect = async |now| {
        in_tx(&store, async |tx| pushes::redirect(tx, "ctr_1", &["7", "8"], &terms, now).await).await
    };
    claim(&store, Stage::Trigger, "old", at(1), 9).await;
    assert_eq!(redirect(at(2)).await, 1);
    let written = [report("7", Told::Answer(Answer::Written))];
    assert_eq!(settle(&store, "old", &written, at(3)).await[0].next, None);
    assert_eq!(claim(&store, Stage::Trigger, "new", at(3), 9).await[0].work, Work::Send(8, Way::Trigger));
    settle(&store, "new", &[accepted("7")], at(4)).await;
    // Nor is what the old place is read to show.
    assert_eq!(keys(&claim(&store, Stage::Look, "old", at(6), 9).await), ["7"]);
    assert_eq!(redirect(at(7)).await, 1);
    assert_eq!(settle(&store, "old", &[shows("7", 8, at(6))], at(8)).await[0].next, None);
    // Another value waits for what was under way: until 31, when its lease would have ended, and as long as calls may act behind that.
    change(&store, "7", Change::Set(9), at(9)).await;
    assert_eq!(claim(&store, Stage::Trigger, "new", at(10), 9).await, []);
    let next = counter(&store, "7").await;
    assert_eq!((next.push.stage, next.push.due, next.push.seen), (Stage::Trigger, at(31 + 64), None));
}

async fn a_value_that_went_and_came_back_is_not_sent(db: &TestDb) {
    let store = with(db, 8).await;
    push_through(&store, "7", 0).await;
    change(&store, "7", Change::Increment(1), at(100)).await;
    change(&store, "7", Change::Decrement(1), at(100)).await;
    assert_eq!(claim(&store, Stage::Trigger, "w", at(101), 9).await, []);
    let quiet = counter(&store, "7").await;
    assert_eq!((quiet.push.stage, quiet.waiting_since, quiet.version), (Stage::Quiet, None, 3));
}

async fn lanes_say_what_is_due_of_active_definitions(db: &TestDb) {
    let store = open(db).await;
    make(&store, &definition("ctr_2", "acme", "orders")).await;
    make(&store, &Stored { state: State::Paused, ..definition("ctr_3", "acme", "paused") }).await;
    for (key, second) in [("1", 5), ("2", 3), ("3", 1)] {
        change(&store, key, Change::Increment(1), at(second)).await;
    }
    claim(&store, Stage::Trigger, "w", at(2), 9).await;
    settle(&store, "w", &[accepted("3")], at(3)).await;
    let lanes = pushes::lanes(&store, None, 9).await.unwrap();
    let ids: Vec<&str> = lanes.iter().map(|lane| lane.definition_id.as_str()).collect();
    assert_eq!(ids, ["ctr_1", "ctr_2"]);
    assert_eq!((lanes[0].trigger, lanes[0].write, lanes[0].look), (Some(at(4)), None, Some(at(5))));
    assert_eq!((lanes[1].trigger, lanes[1].version), (None, 1));
    assert_eq!(pushes::lanes(&store, Some("ctr_1"), 9).await.unwrap(), lanes[1..]);
    in_tx(&store, async |tx| definitions::attention(tx, "ctr_1", 1, "x", at(9)).await).await;
    assert_eq!(pushes::lanes(&store, None, 9).await.unwrap(), lanes[1..]);
}

async fn what_waits_longest_is_claimed_first(db: &TestDb) {
    let store = open(db).await;
    for (key, second) in [("1", 5), ("2", 3), ("3", 1), ("4", 9)] {
        change(&store, key, Change::Increment(1), at(second)).await;
    }
    assert_eq!(keys(&claim(&store, Stage::Trigger, "a", at(8), 2).await), ["3", "2"]);
    assert_eq!(keys(&claim(&store, Stage::Trigger, "b", at(8), 2).await), ["1"]);
    let filter = Filter::In(Stage::Trigger, None);
    let page = async |filter| {
        let page = counters::page(&store, &acme(), "ctr_1", &filter, 2).await.unwrap();
        page.into_iter().map(|one| (one.push.due, one.key)).collect::<Vec<_>>()
    };
    let first = page(filter).await;
    assert_eq!(first, [(at(10), "4".to_owned()), (at(38), "1".to_owned())]);
    let rest = page(Filter::In(Stage::Trigger, Some(first[1].clone()))).await;
    assert_eq!(rest, [(at(38), "2".to_owned()), (at(38), "3".to_owned())]);
}

async fn what_is_in_a_stage_is_found_by_how_its_key_begins(db: &TestDb) {
    let store = open(db).await;
    for (key, second) in [("a1", 9), ("a2", 3), ("a", 5), ("b1", 4), ("ä1", 1), ("a10", 7)] {
        change(&store, key, Change::Increment(1), at(second)).await;
    }
    let found = async |stage, begins: &str, after| {
        let filter = Filter::Beginning(stage, begins.to_owned(), after);
        let page = counters::page(&store, &acme(), "ctr_1", &filter, 2).await.unwrap();
        page.into_iter().map(|one| (one.push.due, one.key)).collect::<Vec<_>>()
    };
    let keys = |page: &[(Timestamp, String)]| page.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>();
    // In the order in which they are due, whatever the keys.
    let first = found(Stage::Trigger, "a", None).await;
    assert_eq!(keys(&first), ["a2", "a"]);
    let rest = found(Stage::Trigger, "a", first.last().cloned()).await;
    assert_eq!(keys(&rest), ["a10", "a1"]);
    assert_eq!(found(Stage::Trigger, "a", rest.last().cloned()).await, []);
    assert_eq!(keys(&found(Stage::Trigger, "a1", None).await), ["a10", "a1"]);
    assert_eq!(keys(&found(Stage::Trigger, "ä", None).await), ["ä1"]);
    assert_eq!(found(Stage::Parked, "a", None).await, []);
    assert_eq!(found(Stage::Trigger, "a\0", None).await, []);
}

async fn each_definition_is_claimed_by_itself(db: &TestDb) {
    let store = open(db).await;
    for key in ["1", "2", "3"] {
        change(&store, key, Change::Increment(1), at(0)).await;
    }
    let rules = rules(Way::Trigger);
    let ask = |definition_id, limit| Ask {
        definition_id,
        version: 1,
        stage: Stage::Trigger,
        terms: &rules.push,
        limit,
    };
    let asks = [ask("ctr_2", 9), ask("ctr_1", 2), ask("ctr_3", 0)];
    let claims = in_tx(&store, async |tx| pushes::claim(tx, &asks, "w", at(1), at(9)).await).await;
    assert_eq!(keys(&claims), ["1", "2"]);
    assert!(claims.iter().all(|claim| claim.definition_id == "ctr_1"));
}

async fn a_parked_counter_is_listed_and_sent_when_somebody_says_so(db: &TestDb) {
    let store = with(db, 8).await;
    claim(&store, Stage::Trigger, "w", at(1), 9).await;
    settle(&store, "w", &[accepted("7")], at(2)).await;
    claim(&store, Stage::Look, "w", at(4), 9).await;
    let gone = Told::Look(Seen { property: Property::NoRecord, at: at(4) });
    let settled = settle(&store, "w", &[report("7", gone)], at(5)).await;
    assert_eq!(settled[0].next, Some(Next::Parked));
    assert_eq!(counters::waiting(&store, &acme(), "ctr_1").await.unwrap().parked, 1);
    let parked = counters::page(&store, &acme(), "ctr_1", &Filter::In(Stage::Parked, None), 9).await.unwrap();
    assert_eq!(parked[0].push.parked, Some(Parked::NoRecord));
    // Counting goes on.
    change(&store, "7", Change::Increment(1), at(10)).await;
    assert_eq!(counter(&store, "7").await.push.stage, Stage::Parked);
    let nudge = async || {
        let terms = rules(Way::Trigger).push;
        in_tx(&store, async |tx| {
            pushes::nudge(tx, "ctr_1", &[("7", None), ("x", None)], &terms, at(200)).await
        })
        .await
    };
    assert_eq!(nudge().await, 1);
    let claims = claim(&store, Stage::Trigger, "w", at(200), 9).await;
    assert_eq!(claims[0].work, Work::Send(9, Way::Trigger));
    // What is under way is left to who is at it.
    nudge().await;
    assert_eq!(counter(&store, "7").await.lease_owner.as_deref(), Some("w"));
}

async fn what_was_sent_is_logged_and_counted(db: &TestDb) {
    let store = with(db, 8).await;
    change(&store, "7", Change::Increment(1), at(0)).await;
    claim(&store, Stage::Trigger, "w", at(1), 9).await;
    settle(&store, "w", &[report("7", Told::Answer(Answer::NotTaken(None)))], at(2)).await;
    claim(&store, Stage::Trigger, "w", at(4), 9).await;
    settle(&store, "w", &[accepted("7")], at(4)).await;
    claim(&store, Stage::Look, "w", at(6), 9).await;
    settle(&store, "w", &[shows("7", 9, at(6))], at(7)).await;
    let log = async |key: Option<&str>, before, limit| {
        let filter = LogFilter { definition_id: "ctr_1", key };
        pushes::log(&store, &acme(), filter, before, limit).await.unwrap()
    };
    let all = log(None, None, 9).await;
    let told: Vec<(What, i64)> = all.iter().map(|one| (one.what, one.value)).collect();
    assert_eq!(told, [(What::Shown, 9), (What::Accepted, 9), (What::NotTaken, 9)]);
    assert_eq!((all[0].latency, all[1].latency), (Duration::from_secs(7), Duration::from_millis(20)));
    assert_eq!(log(Some("7"), Some(all[0].seq), 1).await, all[1..2]);
    assert_eq!(log(Some("8"), None, 9).await, []);
    let theirs = Scope::Organization("globex".to_owned());
    let filter = LogFilter { definition_id: "ctr_1", key: None };
    assert_eq!(pushes::log(&store, &theirs, filter, None, 9).await.unwrap(), []);
    let buckets = Buckets { until: at(59), minutes: 1, count: 2 };
    let chart = statistics::chart(&store, &acme(), "ctr_1", buckets).await.unwrap();
    assert_eq!(chart[0], statistics::Tally::default());
    let minute = &chart[1];
    assert_eq!((minute.changes, minute.accepted, minute.failed, minute.shown), (2, 1, 1, 1));
    assert_eq!((minute.success(), minute.quantile(0.5)), (Some(0.5), Some(Duration::from_secs(7))));
    assert_eq!((minute.call_total, minute.shown_max, minute.spans[3]), (40, 7_000, 1));
    let none = statistics::chart(&store, &theirs, "ctr_1", buckets).await.unwrap();
    assert!(none.iter().all(|minute| *minute == statistics::Tally::default()));
}

async fn an_unknown_counter_is_told_of_in_vain(db: &TestDb) {
    let store = open(db).await;
    let reports = [accepted("7"), accepted("7")];
    let settled = in_tx(&store, async |tx| pushes::settle(tx, &reports, decide(at(1)), at(1)).await).await;
    assert_eq!((settled.len(), settled[0].next.clone()), (1, None));
    assert_eq!(counters::get(&store, &Scope::All, "ctr_1", "7").await.unwrap(), None);
}
