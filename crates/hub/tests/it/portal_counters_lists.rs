//! What hangs on a definition, as lists: its comparisons and its pushes, narrowed and paged.

use crate::counters_api_scene::Counting;
use crate::portal_counters::{PATH, page_of};
use crate::support::browser::{Browser, between};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use std::time::Duration;
use syncline_core::counters::push::{Answer, Push, Stage, Told};
use syncline_hub::counters::request;
use syncline_store::Scope;
use syncline_store::counters::definitions;
use syncline_store::counters::pushes::{self, Ask, Claim, Report};
use syncline_store::counters::runs::{self, Cause, NewRun, State as RunState};

/// Calls for the counters 1 and 2 that are turned away so often; the last one for 1 is accepted.
async fn pushed(scene: &Counting, id: &str, times: u64) {
    let cx = &scene.hub.cx;
    let stored = definitions::get(&cx.store, &Scope::All, id).await.unwrap().unwrap();
    let (terms, mut dice) = (request::terms(cx, &stored), StdRng::seed_from_u64(7));
    let minute = Duration::from_secs(60);
    for time in 1..=times {
        // Whatever the wait before the next attempt, it is over.
        let now = cx.now().plus(Duration::from_secs(86_400 * time));
        let asks = [Ask {
            definition_id: id,
            version: stored.version,
            stage: Stage::Trigger,
            terms: &terms,
            limit: 9,
        }];
        let mut tx = cx.store.begin().await.unwrap();
        let claims = pushes::claim(&mut tx, &asks, "w", now, now.plus(minute)).await.unwrap();
        assert_eq!(claims.len(), 2, "both are due");
        let answer = |key: &str| match (time == times, key) {
            (true, "1") => Answer::Accepted,
            _ => Answer::NotTaken(None),
        };
        let report = |claim: &Claim| Report {
            definition_id: id.to_owned(),
            key: claim.key.clone(),
            told: Told::Answer(answer(&claim.key)),
            latency: Duration::from_millis(20),
            lease: "w".to_owned(),
        };
        let reports: Vec<Report> = claims.iter().map(report).collect();
        let decide = |_: &str, push: &mut Push, value, told| push.told(value, told, &terms, now, &mut dice);
        pushes::settle(&mut tx, &reports, decide, now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// All rows with this cell of a list, page by page.
async fn walked(browser: &mut Browser, path: &str, cell: &str) -> usize {
    let (mut rows, mut path) = (0, path.to_owned());
    loop {
        let page = browser.get(&path).await.text();
        rows += page.matches(cell).count();
        match between(&page, "rel=\"next\" href=\"", "\"").first() {
            Some(next) => path = next.replace("&#38;", "&"),
            None => return rows,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_comparisons_are_listed_narrowed_and_paged() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let page = page_of(&path);
    let mut browser = Browser::signed_in(&scene.hub).await;
    assert!(browser.get(&format!("{page}/runs")).await.text().contains("No comparison yet"));
    let id = path.rsplit_once('/').unwrap().1;
    let (store, now) = (&scene.hub.cx.store, scene.hub.cx.now());
    let mut tx = store.begin().await.unwrap();
    for number in 0..30 {
        let new = NewRun {
            id: format!("crn_{number:02}"),
            org_id: "acme".to_owned(),
            definition_id: id.to_owned(),
            cause: Cause::Schedule,
            dry_run: number % 3 == 0,
        };
        let state = if number % 10 == 0 { RunState::Failed } else { RunState::Succeeded };
        runs::create(&mut tx, &new, now).await.unwrap();
        runs::finish(&mut tx, &new.id, state, None, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    let definition = browser.get(&page).await.text();
    assert!(definition.contains(&format!("href=\"{page}/runs\"")), "{definition}");
    let cell = "<td class=\"c-what\"><a href=\"/portal/counter-runs/crn_";
    for (query, rows) in [
        ("", 30),
        ("state=failed", 3),
        ("dry=yes", 10),
        ("dry=no", 20),
        ("state=failed&dry=yes", 1),
        ("state=waiting", 0),
    ] {
        assert_eq!(walked(&mut browser, &format!("{page}/runs?{query}"), cell).await, rows, "{query}");
    }
    assert!(
        browser.get(&format!("{page}/runs?state=waiting")).await.text().contains("No comparison matches")
    );
    for query in ["state=odd", "dry=perhaps"] {
        let wrong = browser.get(&format!("{page}/runs?{query}")).await;
        assert!(wrong.status == 200 && wrong.text().contains("These filters cannot be used"), "{query}");
    }
    for room in ["runs", "pushes", "values"] {
        assert_eq!(browser.get(&format!("{PATH}/ctr_x/{room}")).await.status, 404, "{room}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_pushes_are_listed_by_outcome_and_key_and_changes_lead_back() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let (page, id) = (page_of(&path), path.rsplit_once('/').unwrap().1);
    let mut browser = Browser::signed_in(&scene.hub).await;
    assert!(browser.get(&format!("{page}/pushes")).await.text().contains("Nothing was sent yet"));
    for number in 1..=60 {
        scene.post(&format!("{path}/values/{}/set", number % 2 + 1), &json!({ "value": number })).await;
    }
    pushed(&scene, id, 31).await;
    let cell = "<td class=\"c-key\"><a href=\"/portal/counters/";
    for (query, rows) in [
        ("", 62),
        ("key=1", 31),
        ("outcome=not_taken", 61),
        ("outcome=accepted", 1),
        ("outcome=accepted&key=2", 0),
    ] {
        assert_eq!(walked(&mut browser, &format!("{page}/pushes?{query}"), cell).await, rows, "{query}");
    }
    let wrong = browser.get(&format!("{page}/pushes?outcome=odd")).await;
    assert!(wrong.status == 200 && wrong.text().contains("There is no such outcome."));
    let value = browser.get(&format!("{page}/values/1")).await.text();
    assert!(value.contains(&format!("{page}/pushes?key=1")), "{value}");
    let next = between(&value, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&");
    let older = browser.get(&next).await.text();
    assert!(
        older.contains(&format!("<a class=\"button\" href=\"{page}/values/1\">")),
        "back to the latest: {older}"
    );
    let change = "<td class=\"c-by\"";
    assert_eq!(walked(&mut browser, &format!("{page}/values/1"), change).await, 30);
}
