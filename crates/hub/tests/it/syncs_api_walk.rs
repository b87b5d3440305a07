//! The whole way over the API: a sync is made, planned, run; a conflict arises, is decided, and all of it is in the history.

use crate::support::told::told;
use crate::syncs_api_scene::Two;
use reqwest::Method;
use serde_json::{Value, json};

/// What 10to8 has: the cells of every customer.
async fn customers(two: &Two) -> Vec<Value> {
    let tables = two.joined.tables("tentoeight").await;
    two.joined.truth("tentoeight", &tables[0]).await.into_values().collect()
}

async fn one(two: &Two, path: &str) -> Value {
    let page = two.get(path).await;
    let [one] = page["data"].as_array().unwrap().as_slice() else { panic!("not one at {path}: {page}") };
    one.clone()
}

/// The application was told of the conflict, and of the run's end on both sides.
async fn told_of(two: &Two, sync: &Value, run: &Value, conflict: &Value) {
    let news = told(&two.hub().cx, "sync.conflict").await;
    assert_eq!(news.len(), 1, "told once");
    assert_eq!(
        (&news[0]["conflict_id"], &news[0]["sync_id"], &news[0]["kind"], &news[0]["subject"]),
        (&conflict["id"], &sync["id"], &conflict["kind"], &json!("name"))
    );
    let sides = (&news[0]["left_connection_id"], &news[0]["right_connection_id"]);
    assert_eq!(sides, (&json!(two.left.id), &json!(two.right.id)));
    let ended = told(&two.hub().cx, "sync.complete").await;
    let of_run: Vec<_> = ended.iter().filter(|one| one["history_id"] == run["id"]).collect();
    assert_eq!(of_run.len(), 2, "one for each side");
    assert!(
        of_run.iter().all(|one| one["sync_id"] == sync["id"] && one["result"] == "SUCCESS"),
        "{of_run:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_sync_to_its_runs_links_conflicts_and_history() {
    let two = Two::start(0, &[]).await;
    let person = json!({ "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.com" });
    let contact = two.contact(person).await;
    let mut agreement = two.template().await;
    agreement["policy"] = json!("ask");
    let sync = two.sync(json!({ "agreement": agreement })).await;
    let id = sync["id"].as_str().unwrap();

    let dry = two.ran(id, json!({ "dry_run": true })).await;
    assert_eq!(
        (&dry["state"], &dry["counts"]["created"]["right"]),
        (&json!("succeeded"), &json!(1)),
        "{dry}"
    );
    let planned = one(&two, &format!("/v1/sync-runs/{}/plan", dry["id"].as_str().unwrap())).await;
    assert_eq!(
        (&planned["what"], &planned["side"], &planned["left_id"]),
        (&json!("created"), &json!("right"), &json!(contact)),
    );
    assert_eq!(customers(&two).await, [Value::Null; 0], "a dry run writes nothing");
    assert_eq!(two.get(&format!("/v1/syncs/{id}/links")).await["data"], json!([]));

    let run = two.ran(id, json!({})).await;
    assert_eq!(
        (&run["state"], &run["counts"]["created"]["right"]),
        (&json!("succeeded"), &json!(1)),
        "{run}"
    );
    assert_eq!(customers(&two).await.len(), 1);
    let link = one(&two, &format!("/v1/syncs/{id}/links?state=linked")).await;
    assert_eq!((&link["left_id"], &link["name"]), (&json!(contact), &json!("ada lovelace")), "{link}");
    let link_path = format!("/v1/links/{}", link["id"].as_str().unwrap());
    let shown = two.get(&link_path).await;
    assert_eq!(
        shown["rules"][0]["faces"],
        json!({ "left": ["Ada", "Lovelace"], "right": ["Ada Lovelace"] }),
        "{shown}"
    );
    assert_eq!(shown["rules"][0]["base"], shown["rules"][0]["faces"]);
    let still = two.ran(id, json!({})).await;
    for what in ["created", "updated", "deleted"] {
        assert_eq!(still["counts"][what], json!({ "left": 0, "right": 0 }), "in step: {still}");
    }

    two.joined
        .edit("hubspot", json!({ "action": "update", "id": contact, "properties": { "firstname": "Adah" } }))
        .await;
    let customer = &link["right_id"];
    two.joined
        .edit(
            "tentoeight",
            json!({ "action": "update", "resource_uri": customer, "name": "Augusta Lovelace" }),
        )
        .await;
    let run = two.ran(id, json!({})).await;
    assert_eq!(run["counts"]["conflicts"], 1, "{run}");
    let conflict = one(&two, &format!("/v1/conflicts?sync_id={id}&state=open")).await;
    assert_eq!((&conflict["kind"], &conflict["about"]["rule"]), (&json!("field"), &json!("name")));
    told_of(&two, &sync, &run, &conflict).await;
    assert_eq!(
        conflict["faces"],
        json!({ "left": ["Adah", "Lovelace"], "right": ["Augusta Lovelace"] }),
        "{conflict}"
    );
    assert_eq!(two.get(&format!("/v1/syncs/{id}")).await["counts"]["conflicts_open"], 1);
    let path = format!("/v1/conflicts/{}/resolve", conflict["id"].as_str().unwrap());
    let decided = two.post(&path, &json!({ "choice": "side", "side": "left" })).await;
    assert_eq!(decided.status, 200, "{}", decided.text());
    let mut n = 0;
    two.as_time_passes("the choice is written", async || {
        n += 1;
        if n % 100 == 0 {
            let jobs = two.get("/v1/jobs?state=waiting").await;
            let running = two.get("/v1/jobs?state=running").await;
            let sync = two.get(&format!("/v1/syncs/{id}")).await;
            let link = two.get(&link_path).await;
            let history = two.get(&format!("{link_path}/history?limit=3")).await;
            eprintln!("{n} NOW {:?} COUNTS {} \nWAITING {jobs}\nRUNNING {running}\nLINK {link}\nHISTORY {history}\n", two.hub().cx.now(), sync["counts"]);
        }
        customers(&two).await.iter().any(|cells| cells.to_string().contains("Adah Lovelace")).then_some(())
    })
    .await;

    let history = two
        .as_time_passes("the history says so", async || {
            let page = two.get(&format!("{link_path}/history")).await;
            let first = page["data"][0].clone();
            (first["what"] == "updated" && first["side"] == "right").then_some(page)
        })
        .await;
    let what: Vec<&str> =
        history["data"].as_array().unwrap().iter().map(|entry| entry["what"].as_str().unwrap()).collect();
    assert!(what.contains(&"created"), "{history}");
    let name = &history["data"][0]["detail"]["rules"][0];
    assert_eq!((&name["rule"], &name["before"]), (&json!("name"), &json!(["Augusta Lovelace"])), "{history}");
    let of_record = two.get(&format!("/v1/syncs/{id}/history?side=left&record_id={contact}")).await;
    assert!(of_record["data"].as_array().unwrap().len() >= what.len(), "{of_record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_one_run_at_a_time_and_asking_again_answers_the_one_under_way() {
    let two = Two::start(0, &[]).await;
    two.contact(json!({ "firstname": "Ada", "email": "ada@example.com" })).await;
    let sync = two.sync(json!({ "run": true })).await;
    let path = format!("/v1/syncs/{}", sync["id"].as_str().unwrap());
    let first = two.get(&path).await["last_run"].clone();
    assert_eq!(first["trigger"], "connect", "it runs as soon as it is made: {first}");
    // Time stands still, so the first run waits for its sides to be read.
    let again = two.post(&format!("{path}/runs"), &json!({ "dry_run": true })).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(again.header("location"), format!("/v1/sync-runs/{}", first["id"].as_str().unwrap()));
    let again = again.json();
    assert_eq!(
        (&again["id"], &again["under_way"], &again["dry_run"]),
        (&first["id"], &json!(true), &json!(false))
    );
    let cancel = format!("/v1/sync-runs/{}/cancel", first["id"].as_str().unwrap());
    assert_eq!(two.post(&cancel, &Value::Null).await.status, 202);
    two.as_time_passes("it stops", async || {
        let run = two.get(&format!("/v1/sync-runs/{}", first["id"].as_str().unwrap())).await;
        (run["state"] == "cancelled").then_some(())
    })
    .await;
    for body in [
        json!({ "towards": "up" }),
        json!({ "reading": "some" }),
        json!({ "dry": true }),
        json!({ "dry_run": "yes" }),
        json!([1]),
    ] {
        let answer = two.post(&format!("{path}/runs"), &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_body"), "{body}");
    }
    let right = format!("/v1/connections/{}", two.right.id);
    assert_eq!(two.call(Method::DELETE, &right, &Value::Null).await.status, 200);
    let answer = two.post(&format!("{path}/runs"), &Value::Null).await;
    assert!(answer.status == 409, "{}", answer.text());
}
