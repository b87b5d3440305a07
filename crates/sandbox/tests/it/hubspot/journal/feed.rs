//! Reading: offsets, files, how long both last.

use super::super::webhooks::scene::{ACME, GLOBEX, Scene};
use super::reader::{JOURNAL, Reader, SUBSCRIPTIONS};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const JOURNALS: [&str; 8] = [
    "/webhooks/v4/journal",
    "/webhooks/v4/journal-local",
    "/webhooks-journal/journal/2026-03",
    "/webhooks-journal/journal-local/2026-03",
    "/webhooks-journal/journal/2026-09",
    "/webhooks-journal/journal-local/2026-09",
    "/webhooks-journal/journal/2027-03-beta",
    "/webhooks-journal/journal-local/2027-03-beta",
];

/// Three files with one contact each.
async fn three_files() -> Reader {
    let reader = Reader::ready().await;
    reader.subscribe(json!({"objectTypeId": "0-1"})).await;
    for name in ["a", "b", "c"] {
        reader.scene.create("contacts", json!({"firstname": name})).await;
        reader.wait().await;
    }
    reader
}

fn offset(place: &Value) -> String {
    place["currentOffset"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_new_record_is_in_the_next_file() {
    let reader = Reader::ready().await;
    reader.subscribe(json!({"objectTypeId": "0-1"})).await;
    let id = reader.scene.create("contacts", json!({"email": "a@b.example", "firstname": "Ann"})).await;
    let nothing = reader.get(&format!("{JOURNAL}/earliest")).await;
    assert_eq!((nothing.status, nothing.body.as_str()), (204, ""));
    reader.wait().await;
    let place = reader.get(&format!("{JOURNAL}/earliest")).await.expect(200);
    assert_eq!(place["expiresAt"], "2026-01-01T00:15:05.000Z");
    let answer = reader.fetch(&place).await;
    let file = answer.expect(200);
    assert!(answer.header("content-type").starts_with("application/json"));
    assert!(
        answer.body.starts_with("{\"offset\":") && answer.body.contains("\"publishedAt\":"),
        "{}",
        answer.body
    );
    assert_eq!(
        (&file["offset"], &file["publishedAt"]),
        (&place["currentOffset"], &json!("2026-01-01T00:00:05.000Z"))
    );
    let event = &file["journalEvents"][0];
    assert_eq!(event["type"], "crmObject");
    assert_eq!((&event["portalId"], &event["objectId"]), (&json!(ACME), &json!(id)));
    assert_eq!((&event["action"], &event["objectTypeId"]), (&json!("CREATE"), &json!("0-1")));
    assert_eq!(event["occurredAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(event["propertyChanges"]["firstname"], "Ann");
    assert_eq!(file["journalEvents"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn the_journal_is_the_same_at_every_path() {
    let reader = three_files().await;
    let first = offset(&reader.get(&format!("{JOURNAL}/earliest")).await.expect(200));
    for journal in JOURNALS {
        let place = reader.get(&format!("{journal}/earliest")).await.expect(200);
        assert_eq!(offset(&place), first, "{journal}");
        reader.get(&format!("{journal}/offset/{first}/next")).await.expect(200);
        reader.get(&format!("{journal}/batch/{first}/next/2")).await.expect(200);
    }
}

#[tokio::test]
async fn offsets_lead_from_file_to_file_until_there_is_nothing_new() {
    let reader = three_files().await;
    let mut place = reader.get(&format!("{JOURNAL}/earliest")).await.expect(200);
    let mut names = Vec::new();
    loop {
        let file = reader.file(&place).await;
        names.push(file["journalEvents"][0]["propertyChanges"]["firstname"].clone());
        let next = reader.get(&format!("{JOURNAL}/offset/{}/next", offset(&place))).await;
        if next.status == 204 {
            break;
        }
        place = next.expect(200);
    }
    assert_eq!(names, [json!("a"), json!("b"), json!("c")]);
    let latest = reader.get(&format!("{JOURNAL}/latest")).await.expect(200);
    assert_eq!(offset(&latest), offset(&place));
}

#[tokio::test]
async fn several_files_come_at_once() {
    let reader = three_files().await;
    let offsets = async |path: &str| -> Vec<String> {
        let body = reader.get(&format!("{JOURNAL}/batch/{path}")).await.expect(200);
        assert_eq!(body["status"], "COMPLETE");
        body["results"].as_array().expect("a list").iter().map(offset).collect()
    };
    let all = offsets("earliest/100").await;
    assert_eq!(all.len(), 3);
    assert_eq!(offsets("earliest/2").await, all[..2]);
    assert_eq!(offsets("latest/2").await, all[1..]);
    assert_eq!(offsets(&format!("{}/next/5", all[0])).await, all[1..]);
    let nothing = reader.get(&format!("{JOURNAL}/batch/{}/next/5", all[2])).await;
    assert_eq!(nothing.status, 204);
    for wrong in ["earliest/101", "earliest/0", "latest/101"] {
        reader.get(&format!("{JOURNAL}/batch/{wrong}")).await.expect(400);
    }
    reader.get(&format!("{JOURNAL}/batch/earliest/many")).await.expect(404);
}

#[tokio::test]
async fn files_are_read_by_their_offsets_and_missing_ones_are_named() {
    let reader = three_files().await;
    let first = offset(&reader.get(&format!("{JOURNAL}/earliest")).await.expect(200));
    let path = format!("{JOURNAL}/batch/read");
    let read =
        async |inputs: Value| reader.call(Method::POST, &path, Some(&json!({ "inputs": inputs }))).await;
    let body = read(json!([first])).await.expect(200);
    assert_eq!(offset(&body["results"][0]), first);
    let body = read(json!(["00000000-0000-4000-8000-000000000000", first])).await.expect(207);
    assert_eq!((&body["numErrors"], body["results"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    assert_eq!(body["errors"][0]["context"]["ids"], json!(["00000000-0000-4000-8000-000000000000"]));
    read(json!(vec![first.clone(); 101])).await.expect(400);
    read(json!([5])).await.expect(400);
    reader.call(Method::POST, &path, Some(&json!({}))).await.expect(400);
}

#[tokio::test]
async fn an_unknown_offset_is_refused_as_set() {
    let reader = three_files().await;
    reader.get(&format!("{JOURNAL}/offset/nonsense/next")).await.expect(404);
    reader.scene.sandbox.set(json!({"hubspot": {"journal": {"unknown_offset_status": 410}}})).await;
    reader.get(&format!("{JOURNAL}/offset/nonsense/next")).await.expect(410);
}

#[tokio::test]
async fn an_address_is_good_for_a_while_and_only_as_it_is() {
    let reader = three_files().await;
    let place = reader.get(&format!("{JOURNAL}/latest")).await.expect(200);
    let url = place["url"].as_str().expect("an address");
    reader.fetch(&json!({"url": url.replace("expires=1", "expires=2")})).await;
    let forged = reader.fetch(&json!({"url": url.replace("expires=1", "expires=2")})).await;
    assert_eq!(forged.status, 403);
    assert!(forged.body.contains("AccessDenied"), "{}", forged.body);
    reader.scene.sandbox.advance(Duration::from_millis(15 * 60_000 - 1)).await;
    assert_eq!(reader.fetch(&place).await.status, 200);
    reader.scene.sandbox.advance(Duration::from_millis(1)).await;
    assert_eq!(reader.fetch(&place).await.status, 403);
}

#[tokio::test]
async fn files_are_kept_for_three_days() {
    let reader = three_files().await;
    let first = reader.get(&format!("{JOURNAL}/earliest")).await.expect(200);
    let three_days = Duration::from_secs(3 * 86_400);
    reader.scene.sandbox.advance(three_days - Duration::from_secs(10)).await;
    let left = Reader::of(reader.scene).await;
    let earliest = left.get(&format!("{JOURNAL}/earliest")).await.expect(200);
    assert_ne!(offset(&earliest), offset(&first), "the first is gone, the others are not");
    left.get(&format!("{JOURNAL}/offset/{}/next", offset(&first))).await.expect(404);
    left.scene.sandbox.advance(Duration::from_secs(60)).await;
    assert_eq!(left.get(&format!("{JOURNAL}/earliest")).await.status, 204);
}

#[tokio::test]
async fn a_full_file_is_published_at_once() {
    let reader = Reader::ready().await;
    reader.scene.sandbox.set(json!({"hubspot": {"journal": {"file_events": 4}}})).await;
    reader.subscribe(json!({"objectTypeId": "0-1", "actions": ["CREATE"]})).await;
    reader.scene.create_contacts(9).await;
    let count = async || {
        let body = reader.get(&format!("{JOURNAL}/batch/earliest/100")).await.expect(200);
        body["results"].as_array().expect("a list").len()
    };
    assert_eq!(count().await, 2);
    reader.wait().await;
    assert_eq!(count().await, 3);
}

#[tokio::test]
async fn one_accounts_events_can_be_read_alone() {
    let reader = Reader::ready().await;
    reader.scene.install(GLOBEX, "").await;
    for portal in [ACME, GLOBEX] {
        reader.subscribe(json!({"portalId": portal, "actions": ["CREATE"]})).await;
        let properties = json!({"email": format!("n{portal}@b.example")});
        let edit = json!({"action": "create", "portal_id": portal, "properties": properties});
        reader.scene.edit(edit).await;
    }
    reader.wait().await;
    let both = reader.get(&format!("{JOURNAL}/earliest")).await.expect(200);
    assert_eq!(reader.file(&both).await["journalEvents"].as_array().map(Vec::len), Some(2));
    let one = reader.get(&format!("{JOURNAL}/earliest?installPortalId={GLOBEX}")).await.expect(200);
    let events = reader.file(&one).await["journalEvents"].clone();
    assert_eq!((events.as_array().map(Vec::len), &events[0]["portalId"]), (Some(1), &json!(GLOBEX)));
    assert_eq!(reader.get(&format!("{JOURNAL}/earliest?installPortalId=1")).await.status, 204);
    reader.get(&format!("{JOURNAL}/earliest?installPortalId=x")).await.expect(400);
}

#[tokio::test]
async fn only_the_apps_own_token_with_the_scope_reads() {
    let scene = Scene::bare().await;
    let installed = scene.install(ACME, "").await;
    let path = format!("/hubspot{JOURNAL}/earliest");
    scene.sandbox.get(&path).await.expect(401);
    let call = async |token: &str| scene.sandbox.call(token, Method::GET, &path, None).await;
    call("nonsense").await.expect(401);
    let token = installed["access_token"].as_str().expect("a token");
    assert_eq!(call(token).await.expect(403)["category"], "MISSING_SCOPES");
    let other = scene.own_token("developer.webhooks_journal.subscriptions.read").await;
    let refused = call(&other).await.expect(403);
    let needed = &refused["errors"][0]["context"]["requiredGranularScopes"];
    assert_eq!(needed, &json!(["developer.webhooks_journal.read"]));
    let reader = scene.own_token("developer.webhooks_journal.read").await;
    assert_eq!(call(&reader).await.status, 204);
    let write = json!({"subscriptionType": "OBJECT", "portalId": ACME});
    let path = format!("/hubspot{SUBSCRIPTIONS}");
    scene.sandbox.call(&other, Method::POST, &path, Some(&write)).await.expect(403);
}

#[tokio::test]
async fn too_many_reads_in_a_second_are_told_how_long_to_wait() {
    let reader = Reader::ready().await;
    for _ in 0..100 {
        assert_eq!(reader.get(&format!("{JOURNAL}/latest")).await.status, 204);
    }
    let refused = reader.get(&format!("{JOURNAL}/latest")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert_eq!(
        (&refused.json()["policyName"], &refused.json()["errorType"]),
        (&json!("SECONDLY"), &json!("RATE_LIMIT"))
    );
    reader.get(SUBSCRIPTIONS).await.expect(200);
    reader.scene.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(reader.get(&format!("{JOURNAL}/latest")).await.status, 204);
    assert_eq!(refused.header("x-hubspot-ratelimit-max"), "", "the accounts' limits do not count here");
}
