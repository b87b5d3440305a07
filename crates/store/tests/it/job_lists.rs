//! Looking at jobs: whose turn it is, how many there are, and what a human does with those that failed.

use crate::support::jobs::{claim, discard_parked, get, ids, in_tx, retry_all_parked, retry_parked};
use crate::support::{at, enqueue, job, job_ids};
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::jobs::{self, Filter, NewJob, State};
use syncline_store::testing::TestDb;

for_each_database!(
    organizations_take_turns,
    counted_by_kind_and_state,
    listed_page_by_page,
    parked_ones_are_retried_and_discarded_by_their_own,
    found_by_a_part_of_their_subject_or_error_as_it_is_written,
    found_whichever_case_its_letters_have,
    what_is_listed_is_what_is_retried_and_discarded_together,
    old_parked_ones_go_in_batches,
);

fn of(kind: Option<&str>) -> Filter<'_> {
    Filter { kind, search: None }
}

async fn organizations_take_turns(db: &TestDb) {
    let store = db.store().await;
    for (org, due) in
        [("", 0), ("Zeta", 0), ("acme", 0), ("acme", 1), ("globex", 0), ("later", 99), ("ömer", 0)]
    {
        let id = format!("{org} {due}");
        enqueue(&store, &NewJob { org_id: org.to_owned(), run_at: at(due), ..job(&id) }, at(0)).await;
    }
    let due = async |after: Option<&str>, limit| {
        in_tx(&store, async |tx| jobs::organizations_due(tx, after, at(10), limit).await).await
    };
    let all = ["", "Zeta", "acme", "globex", "ömer"];
    assert_eq!(due(None, 9).await, all);
    assert_eq!(due(None, 2).await, ["", "Zeta"]);
    assert_eq!(due(Some(""), 9).await, ["Zeta", "acme", "globex", "ömer", ""]);
    assert_eq!(due(Some("acme"), 3).await, ["globex", "ömer", ""]);
    assert_eq!(due(Some("acme"), 9).await, ["globex", "ömer", "", "Zeta", "acme"], "round once, not twice");
    assert_eq!(due(Some("beta"), 9).await, ["globex", "ömer", "", "Zeta", "acme"], "one that is gone");
    assert_eq!(due(Some("zzz"), 1).await, ["ömer"]);
    assert_eq!(due(Some("ömer"), 1).await, [""]);
    assert_eq!(due(None, 0).await, [""; 0]);
    claim(&store, "acme", "me", at(10), 1).await;
    assert_eq!(due(None, 9).await, all, "one of two is claimed");
    claim(&store, "acme", "me", at(10), 1).await;
    assert_eq!(due(Some("acme"), 9).await, ["globex", "ömer", "", "Zeta"]);
}

async fn counted_by_kind_and_state(db: &TestDb) {
    let store = db.store().await;
    for (number, (kind, org, due)) in
        [("b", "", 3), ("a", "", 7), ("a", "acme", 5), ("a", "acme", 6)].into_iter().enumerate()
    {
        let new = NewJob {
            kind: kind.to_owned(),
            org_id: org.to_owned(),
            run_at: at(due),
            ..job(&number.to_string())
        };
        enqueue(&store, &new, at(0)).await;
    }
    claim(&store, "acme", "me", at(5), 1).await;
    let acme = Scope::Organization("acme".to_owned());
    let counts = async |scope: &Scope| -> Vec<(String, State, u64, Timestamp)> {
        let counts = jobs::counts(&store, scope).await.unwrap();
        counts.into_iter().map(|count| (count.kind, count.state, count.jobs, count.oldest_run_at)).collect()
    };
    let of = |kind: &str, state, jobs, due| (kind.to_owned(), state, jobs, at(due));
    let everything =
        [of("a", State::Waiting, 2, 6), of("a", State::Running, 1, 5), of("b", State::Waiting, 1, 3)];
    assert_eq!(counts(&Scope::All).await, everything);
    assert_eq!(counts(&acme).await, [of("a", State::Waiting, 1, 6), of("a", State::Running, 1, 5)]);
    assert_eq!(counts(&Scope::Organization("nobody".to_owned())).await, []);
}

async fn listed_page_by_page(db: &TestDb) {
    let store = db.store().await;
    // Several change at the same moment; of two kinds and organizations.
    for number in 0..20 {
        let mut new = job(&format!("{number:02}"));
        new.kind = ["a", "b"][number % 2].to_owned();
        new.org_id = ["", "acme"][number / 10].to_owned();
        enqueue(&store, &new, at((number / 4) as i64)).await;
    }
    let walk = async |scope: &Scope, kind: Option<&str>, limit| -> Vec<String> {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = jobs::list(&store, scope, State::Waiting, &of(kind), after, limit).await.unwrap();
            let Some(last) = page.last() else { return seen };
            after = Some((last.updated_at, last.id.clone()));
            seen.extend(ids(&page));
        }
    };
    let latest_first: Vec<String> = (0..20).rev().map(|number| format!("{number:02}")).collect();
    let every_second: Vec<String> = latest_first.iter().step_by(2).cloned().collect();
    for limit in [1, 3, 7, 20, 100] {
        assert_eq!(walk(&Scope::All, None, limit).await, latest_first);
        assert_eq!(walk(&Scope::All, Some("b"), limit).await, every_second);
        assert_eq!(walk(&Scope::Organization("acme".to_owned()), None, limit).await, latest_first[..10]);
    }
    let parked = jobs::list(&store, &Scope::All, State::Parked, &of(None), None, 9).await.unwrap();
    assert_eq!(parked, []);
    assert_eq!(jobs::get(&store, &Scope::Organization("acme".to_owned()), "00").await.unwrap(), None);
    assert!(jobs::get(&store, &Scope::Organization("acme".to_owned()), "10").await.unwrap().is_some());
}

async fn parked_ones_are_retried_and_discarded_by_their_own(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    for (id, org, kind) in
        [("a", "acme", "x"), ("b", "acme", "y"), ("c", "globex", "x"), ("d", "globex", "x")]
    {
        let new = NewJob { org_id: org.to_owned(), kind: kind.to_owned(), ..job(id) };
        jobs::park_new(&mut tx, &new, "no use", at(1)).await.unwrap();
    }
    tx.commit().await.unwrap();
    enqueue(&store, &NewJob { org_id: "acme".to_owned(), ..job("waits") }, at(0)).await;
    let parked = get(&store, "a").await;
    assert_eq!((parked.state, parked.last_error.as_deref()), (State::Parked, Some("no use")));
    let [acme, globex] = ["acme", "globex"].map(|org| Scope::Organization(org.to_owned()));
    assert!(!retry_parked(&store, &globex, "a", at(5)).await, "not theirs");
    assert!(!discard_parked(&store, &globex, "a").await, "not theirs");
    assert!(!discard_parked(&store, &acme, "waits").await, "not parked");
    assert!(!retry_parked(&store, &acme, "waits", at(5)).await, "not parked");
    assert!(retry_parked(&store, &acme, "a", at(5)).await);
    let retried = get(&store, "a").await;
    assert_eq!((retried.state, retried.run_at, retried.attempts), (State::Waiting, at(5), 0));
    assert!(!retry_parked(&store, &acme, "a", at(5)).await, "once");
    assert_eq!(retry_all_parked(&store, &acme, &of(Some("x")), at(6)).await, 0);
    assert_eq!(retry_all_parked(&store, &Scope::All, &of(Some("x")), at(6)).await, 2);
    assert!(discard_parked(&store, &Scope::All, "b").await);
    assert_eq!(retry_all_parked(&store, &Scope::All, &of(None), at(7)).await, 0);
    assert_eq!(job_ids(&store).await, ["a", "c", "d", "waits"]);
}

/// Parked jobs: id, organization, kind, payload, error.
async fn parked(store: &syncline_store::Store, rows: &[[&str; 5]]) {
    let mut tx = store.begin().await.unwrap();
    for (second, [id, org_id, kind, payload, error]) in (0..).zip(rows) {
        let new = NewJob {
            org_id: (*org_id).to_owned(),
            kind: (*kind).to_owned(),
            payload: (*payload).to_owned(),
            ..job(id)
        };
        jobs::park_new(&mut tx, &new, error, at(second)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn found_by_a_part_of_their_subject_or_error_as_it_is_written(db: &TestDb) {
    let store = db.store().await;
    let rows = [
        ["a", "acme", "x", "{\"id\":\"con_1\"}", "403: Refused"],
        ["b", "acme", "y", "{\"id\":\"con_2\"}", "100% of 5!"],
        ["c", "globex", "x", "{\"name\":\"Zoë O'Hara\"}", "refused, too"],
        ["d", "globex", "x", "{\"id\":\"conx1\"}", ""],
    ];
    parked(&store, &rows).await;
    // One without an error.
    enqueue(&store, &NewJob { payload: "{\"id\":\"con_1\"}".to_owned(), ..job("waits") }, at(9)).await;
    let acme = Scope::Organization("acme".to_owned());
    for (scope, kind, search, expected) in [
        (&Scope::All, None, "REFUSED", &["c", "a"][..]),
        (&acme, None, "refused", &["a"]),
        (&Scope::All, Some("y"), "refused", &[]),
        (&Scope::All, None, "con_1", &["a"]),
        (&Scope::All, None, "100%", &["b"]),
        (&Scope::All, None, "5!", &["b"]),
        (&Scope::All, None, "zoë o'h", &["c"]),
        (&Scope::All, None, "%", &["b"]),
        (&Scope::All, None, "\0", &[]),
    ] {
        let filter = Filter { kind, search: Some(search) };
        let found = jobs::list(&store, scope, State::Parked, &filter, None, 9).await.unwrap();
        assert_eq!(ids(&found), expected, "{search}");
        let counted = jobs::count(&store, scope, State::Parked, &filter).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{search}");
    }
    let filter = Filter { kind: None, search: Some("con_1") };
    let waiting = jobs::list(&store, &Scope::All, State::Waiting, &filter, None, 9).await.unwrap();
    assert_eq!(ids(&waiting), ["waits"]);
}

async fn found_whichever_case_its_letters_have(db: &TestDb) {
    if db.url.starts_with("postgres") {
        // It folds the letters of its database's locale, and that of the tests has those of ASCII.
        return;
    }
    let store = db.store().await;
    parked(&store, &[["a", "acme", "x", "{\"name\":\"Änne Éluard Ømsk Жанна\"}", ""]]).await;
    for search in ["änne", "ÄNNE É", "øMSK", "жАННА", "éluard"] {
        let filter = Filter { kind: None, search: Some(search) };
        let found = jobs::list(&store, &Scope::All, State::Parked, &filter, None, 9).await.unwrap();
        assert_eq!(ids(&found), ["a"], "{search}");
    }
}

async fn what_is_listed_is_what_is_retried_and_discarded_together(db: &TestDb) {
    let store = db.store().await;
    let rows = [
        ["a", "acme", "x", "{}", "refused"],
        ["b", "acme", "y", "{}", "refused"],
        ["c", "globex", "x", "{}", "refused"],
        ["d", "globex", "x", "{}", "gone"],
    ];
    parked(&store, &rows).await;
    enqueue(&store, &NewJob { kind: "x".to_owned(), ..job("waits") }, at(9)).await;
    let acme = Scope::Organization("acme".to_owned());
    let refused = Filter { kind: None, search: Some("refused") };
    let discard = async |scope: &Scope, filter: &Filter<'_>| {
        in_tx(&store, async |tx| jobs::discard_all_parked(tx, scope, filter).await).await
    };
    assert_eq!(retry_all_parked(&store, &acme, &Filter { kind: Some("y"), ..refused }, at(10)).await, 1);
    assert_eq!(get(&store, "b").await.state, State::Waiting);
    assert_eq!(discard(&acme, &Filter { kind: Some("y"), ..refused }).await, 0, "it is not parked any more");
    assert_eq!(discard(&acme, &refused).await, 1, "only their own");
    assert_eq!(discard(&Scope::All, &Filter { kind: Some("x"), ..refused }).await, 1);
    assert_eq!(job_ids(&store).await, ["b", "d", "waits"]);
    assert_eq!(discard(&Scope::All, &of(None)).await, 1);
    assert_eq!(job_ids(&store).await, ["b", "waits"], "what waits stays");
}

async fn old_parked_ones_go_in_batches(db: &TestDb) {
    let store = db.store().await;
    for number in 0..10 {
        let id = number.to_string();
        in_tx(&store, async |tx| jobs::park_new(tx, &job(&id), "old", at(number)).await).await;
    }
    enqueue(&store, &job("waits"), at(0)).await;
    let discard =
        async |limit| in_tx(&store, async |tx| jobs::discard_parked_before(tx, at(8), limit).await).await;
    assert_eq!(discard(3).await, 3);
    assert_eq!(job_ids(&store).await[0], "3", "the oldest go first");
    assert_eq!([discard(3).await, discard(3).await, discard(3).await], [3, 2, 0]);
    assert_eq!(job_ids(&store).await, ["8", "9", "waits"]);
}
