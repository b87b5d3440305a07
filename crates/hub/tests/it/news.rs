//! News: each is queued in the transaction that makes it true, looks as its schema says, and what is opt-in costs nobody anything who
//! does not hear it.

use crate::support::rows::{connection, contact};
use crate::support::told::told;
use crate::support::{START, TestHub, change};
use crate::syncs_api_scene::{Two, call_as};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_hub::news;
use syncline_store::connections::Connection;
use syncline_store::records::{self, Reading};

/// A hub with an endpoint of `acme` that wants these types. It is nowhere: nothing has to arrive.
async fn listening(types: &[&str]) -> TestHub {
    let hub = TestHub::start(&[]).await;
    listen(&hub, Some("acme"), types).await;
    hub
}

async fn listen(hub: &TestHub, org_id: Option<&str>, types: &[&str]) -> String {
    let body = json!({ "org_id": org_id, "url": "https://hooks.example.com/", "event_types": types });
    let made = call_as(hub, &hub.key, Method::POST, "/v1/endpoints", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Writes, deletes and merges in the mirror as loads and hydration do.
async fn stored(hub: &TestHub, of: &Connection, new: Vec<syncline_core::record::Record>, gone: &[&str]) {
    hub.clock.advance(Duration::from_secs(1));
    let now = hub.cx.now();
    let reading = Reading { connection_id: &of.id, org_id: &of.org_id, read_at: now, now };
    let gone: Vec<String> = gone.iter().map(|id| (*id).to_owned()).collect();
    let mut tx = hub.cx.store.begin().await.unwrap();
    let mut effects = records::write(&mut tx, &reading, new).await.unwrap().effects;
    effects.extend(records::mark_gone(&mut tx, &reading, "contacts", &gone).await.unwrap());
    news::records::changed(&hub.cx, &mut tx, &reading, &effects).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_told_of_with_what_they_say() {
    let hub = listening(&["record.*"]).await;
    let acme = connection(&hub, "con_acme", "acme", "1").await;
    stored(&hub, &acme, vec![contact("7", "Ada"), contact("8", "Bob")], &[]).await;
    let created = told(&hub.cx, "record.created").await;
    assert_eq!(created.len(), 2);
    let ada = created.iter().find(|one| one["record_id"] == "7").unwrap();
    assert_eq!(
        (&ada["connection_id"], &ada["customer_id"], &ada["provider_name"], &ada["object_type"]),
        (&json!("con_acme"), &json!("acme"), &json!("hubspot"), &json!("contacts"))
    );
    assert_eq!((&ada["version"], &ada["modified_at"]), (&json!(1), &json!(START)));
    let shown = hub.get("/v1/records/con_acme/contacts/7").await.json();
    assert_eq!(ada["record"], shown, "as the API shows it");

    let later = |mut record: syncline_core::record::Record| {
        record.modified_at = Some(START.plus(Duration::from_secs(1)));
        record
    };
    stored(&hub, &acme, vec![later(contact("7", "Ada King")), contact("8", "Bob")], &[]).await;
    let updated = told(&hub.cx, "record.updated").await;
    assert_eq!(updated.len(), 1, "what did not change is no news");
    assert_eq!((&updated[0]["record_id"], &updated[0]["version"]), (&json!("7"), &json!(2)));

    stored(&hub, &acme, Vec::new(), &["8"]).await;
    let deleted = told(&hub.cx, "record.deleted").await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(
        (&deleted[0]["record_id"], &deleted[0]["record"], &deleted[0]["merged_into"]),
        (&json!("8"), &Value::Null, &Value::Null)
    );
    stored(&hub, &acme, vec![contact("8", "Bob")], &[]).await;
    assert_eq!(told(&hub.cx, "record.created").await.len(), 3, "what was gone and is there again is new");

    let mut merging = later(contact("7", "Ada Bob"));
    merging.merged_ids = vec!["8".to_owned()];
    stored(&hub, &acme, vec![merging], &[]).await;
    let deleted = told(&hub.cx, "record.deleted").await;
    assert_eq!((&deleted[0]["record_id"], &deleted[0]["merged_into"]), (&json!("8"), &json!("7")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_nobody_hears_of_leave_no_row() {
    let hub = listening(&["sync.*", "record.deleted"]).await;
    let (acme, globex) = (
        connection(&hub, "con_acme", "acme", "1").await,
        connection(&hub, "con_globex", "globex", "2").await,
    );
    stored(&hub, &acme, vec![contact("7", "Ada")], &[]).await;
    stored(&hub, &globex, vec![contact("7", "Ada")], &[]).await;
    stored(&hub, &globex, Vec::new(), &["7"]).await;
    assert!(told(&hub.cx, "record.created").await.is_empty(), "it was not named");
    assert!(
        told(&hub.cx, "record.deleted").await.is_empty(),
        "another organization's endpoint hears nothing"
    );
    stored(&hub, &acme, Vec::new(), &["7"]).await;
    assert_eq!(told(&hub.cx, "record.deleted").await.len(), 1);

    let all = listen(&hub, None, &["record.created"]).await;
    stored(&hub, &globex, vec![contact("9", "Cyd")], &[]).await;
    assert_eq!(told(&hub.cx, "record.created").await.len(), 1, "an endpoint for all hears of everybody's");
    let path = format!("/v1/endpoints/{all}/disable");
    assert_eq!(call_as(&hub, &hub.key, Method::POST, &path, &Value::Null).await.status, 200);
    stored(&hub, &globex, vec![contact("10", "Dee")], &[]).await;
    assert_eq!(told(&hub.cx, "record.created").await.len(), 1, "a disabled endpoint hears nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_too_large_for_a_message_is_told_of_without_itself() {
    let hub = TestHub::start(&[("notify.max_payload", "16KiB")]).await;
    listen(&hub, Some("acme"), &["record.*"]).await;
    let acme = connection(&hub, "con_acme", "acme", "1").await;
    let mut large = contact("7", "Ada");
    large.body = json!({ "id": "7", "properties": { "notes": "n".repeat(20_000) } }).to_string();
    stored(&hub, &acme, vec![large, contact("8", "Bob")], &[]).await;
    let created = told(&hub.cx, "record.created").await;
    let record = |id: &str| created.iter().find(|one| one["record_id"] == id).unwrap()["record"].clone();
    assert_eq!(record("7"), Value::Null);
    assert!(record("8").is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verified_event_is_forwarded_once_to_those_who_hear_it() {
    let hub = listening(&["event.received"]).await;
    let assign = |account: &str, org: &str| {
        let path = format!("/v1/accounts/hubspot/{account}");
        let body = json!({ "org_id": org });
        let hub = &hub;
        async move { call_as(hub, &hub.key, Method::PUT, &path, &body).await.status }
    };
    assert_eq!(assign("62515", "acme").await, 204);
    let event = change(1, START, 7, "firstname", "Zoë");
    let mut foreign = change(2, START, 8, "firstname", "Bob");
    foreign["portalId"] = json!(99);
    hub.deliver(&json!([event, foreign]).to_string()).await;
    let heard = told(&hub.cx, "event.received").await;
    assert_eq!(heard.len(), 1, "an account of nobody's is nobody's news");
    assert_eq!(heard[0]["event"], event, "exactly as it came");
    let stored = hub.get("/v1/events?account=62515").await.json()["data"][0].clone();
    assert_eq!(
        (&heard[0]["event_id"], &heard[0]["kind"], &heard[0]["occurred_at"], &heard[0]["received_at"]),
        (&stored["id"], &stored["kind"], &stored["occurred_at"], &stored["received_at"])
    );
    assert_eq!((&heard[0]["customer_id"], &heard[0]["account"]), (&json!("acme"), &json!("62515")));

    hub.deliver(&json!([event, change(3, START, 7, "lastname", "King")]).to_string()).await;
    assert_eq!(told(&hub.cx, "event.received").await.len(), 2, "the same event is no news the second time");
    assert_eq!(assign("99", "globex").await, 204);
    let mut theirs = change(4, START, 8, "firstname", "Cyd");
    theirs["portalId"] = json!(99);
    hub.deliver(&json!([theirs]).to_string()).await;
    assert_eq!(told(&hub.cx, "event.received").await.len(), 2, "nobody of theirs hears it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_too_large_for_a_message_is_told_of_without_itself() {
    let hub = TestHub::start(&[("notify.max_payload", "16KiB")]).await;
    listen(&hub, Some("acme"), &["event.received"]).await;
    let body = json!({ "org_id": "acme" });
    call_as(&hub, &hub.key, Method::PUT, "/v1/accounts/hubspot/62515", &body).await;
    let large = change(1, START, 7, "notes", &"n".repeat(20_000));
    let small = change(2, START, 8, "notes", "n");
    hub.deliver(&json!([large, small]).to_string()).await;
    let heard = told(&hub.cx, "event.received").await;
    assert_eq!(heard.len(), 2);
    let about = |id: &str| heard.iter().find(|one| one["object_id"] == id).unwrap();
    assert_eq!((&about("7")["event"], &about("8")["event"]), (&Value::Null, &small));
    let path = format!("/v1/events/{}", about("7")["event_id"].as_str().unwrap());
    assert_eq!(hub.get(&path).await.status, 200, "whoever wants it asks for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_anybody_who_names_it_no_event_is_forwarded() {
    let hub = listening(&[]).await;
    let body = json!({ "org_id": "acme" });
    call_as(&hub, &hub.key, Method::PUT, "/v1/accounts/hubspot/62515", &body).await;
    hub.deliver(&json!([change(1, START, 7, "firstname", "Zoë")]).to_string()).await;
    assert!(told(&hub.cx, "event.received").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_rests_is_told_of_once_whoever_stopped_it() {
    let two = Two::start(0, &[]).await;
    let sync = two.sync(json!({ "name": "People" })).await;
    let path = format!("/v1/syncs/{}", sync["id"].as_str().unwrap());
    for _ in 0..2 {
        let paused = two.call(Method::PATCH, &path, &json!({ "state": "paused" })).await;
        assert_eq!(paused.status, 200, "{}", paused.text());
    }
    let told_so = told(&two.hub().cx, "sync.paused").await;
    assert_eq!(told_so.len(), 1, "it was paused once");
    assert_eq!(
        told_so[0],
        json!({
            "webhook_event_type": "sync.paused", "customer_id": "acme", "sync_id": sync["id"],
            "left_connection_id": two.left.id, "right_connection_id": two.right.id,
            "name": "People", "reason": "paused by a person"
        })
    );
    two.call(Method::PATCH, &path, &json!({ "state": "active" })).await;
    assert_eq!(told(&two.hub().cx, "sync.paused").await.len(), 1, "going on is no news of this kind");

    let ended = two.call(Method::DELETE, &format!("/v1/connections/{}", two.right.id), &Value::Null).await;
    assert!((200..300).contains(&ended.status), "{}", ended.text());
    let told_so = told(&two.hub().cx, "sync.paused").await;
    assert_eq!(
        (told_so.len(), &told_so[0]["reason"]),
        (2, &json!("one of its connections was disconnected"))
    );
    let deleted = told(&two.hub().cx, "connection.deleted").await;
    assert_eq!(
        (&deleted[0]["connection_id"], &deleted[0]["reason"]),
        (&json!(two.right.id), &json!("disconnected on request"))
    );
    assert_eq!(told(&two.hub().cx, "connection.created").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_rolled_back_is_told_to_nobody() {
    let hub = listening(&["record.*"]).await;
    let acme = connection(&hub, "con_acme", "acme", "1").await;
    let now = hub.cx.now();
    let reading = Reading { connection_id: &acme.id, org_id: &acme.org_id, read_at: now, now };
    let mut tx = hub.cx.store.begin().await.unwrap();
    let effects = records::write(&mut tx, &reading, vec![contact("7", "Ada")]).await.unwrap().effects;
    news::records::changed(&hub.cx, &mut tx, &reading, &effects).await.unwrap();
    drop(tx);
    assert!(told(&hub.cx, "record.created").await.is_empty());
}
