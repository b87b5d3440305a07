//! Records over the API: whole, in order, each tenant's own.

use crate::support::rows::{connection, contact, mirror};
use crate::support::{Answer, START, TestHub, change};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::record::Record;
use syncline_hub::api::access::create_key;
use syncline_store::records::{Reading, mark_gone};

/// The ids on a page.
fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

async fn with_key(hub: &TestHub, key: &str, path: &str) -> Answer {
    hub.send(hub.request(Method::GET, path).bearer_auth(key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_has_the_fields_of_an_integration_item_and_what_the_mirror_knows() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "62515").await;
    mirror(&hub, &own, vec![contact("7", "Zoë")]).await;
    let answer = hub.get("/v1/records/con_1/contacts/7").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut record = answer.json();
    assert_eq!(record["body"]["properties"]["email"], "7@example.com");
    record["body"].take();
    let expected = json!({
        "id": "7", "type": "contacts", "directory": false, "parent_path_or_name": null, "parent_id": null,
        "name": "Zoë", "creation_time": START.to_string(), "last_modified_time": START.to_string(),
        "url": null, "children": null, "mime_type": null, "delta": null, "drive_id": null, "visibility": true,
        "connection_id": "con_1", "org_id": "org_a", "collection": "", "archived": false, "gone_at": null,
        "merged_into": null, "first_seen_at": START.to_string(), "changed_at": START.to_string(),
        "read_at": START.to_string(), "version": 1, "body": null
    });
    assert_eq!(record, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_record_once_and_a_cursor_serves_its_own_query_only() {
    let hub = TestHub::start(&[]).await;
    let mut expected = Vec::new();
    for (id, account) in [("con_1", "1"), ("con_2", "2")] {
        let own = connection(&hub, id, "org_a", account).await;
        mirror(&hub, &own, (10..33).map(|n| contact(&n.to_string(), "Ada")).collect()).await;
        expected.extend((10..33).map(|n| n.to_string()));
    }
    for filter in ["", "&object_type=contacts", "&gone=false&archived=false", "&search=AD", "&org_id=org_a"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = hub.get(&format!("/v1/records?limit=7{filter}&cursor={cursor}")).await.json();
            seen.extend(ids(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(seen, expected, "{filter}");
        let other = hub.get(&format!("/v1/records?limit=7&object_type=deals&cursor={cursor}")).await;
        assert_eq!((other.status, other.code()), (400, "bad_cursor".to_owned()), "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_select() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "1").await;
    let row = Record { object_type: "row".into(), collection: "tblA".into(), ..contact("r1", "100% Zoë_") };
    let archived = Record { archived: true, ..contact("2", "Bea") };
    mirror(&hub, &own, vec![contact("1", "Ada"), archived, contact("3", "Cid"), row]).await;
    hub.clock.advance(Duration::from_secs(1));
    let now = hub.cx.now();
    let reading = Reading { connection_id: "con_1", org_id: "org_a", read_at: now, now };
    let mut tx = hub.cx.store.begin().await.unwrap();
    mark_gone(&mut tx, &reading, "contacts", &["3".to_owned()]).await.unwrap();
    tx.commit().await.unwrap();
    for (query, expected) in [
        ("", vec!["1", "2", "3", "r1"]),
        ("archived=true", vec!["2"]),
        ("archived=false&gone=false", vec!["1", "r1"]),
        ("gone=true", vec!["3"]),
        ("collection=tblA", vec!["r1"]),
        ("search=0%25%20zO%C3%AB_", vec!["r1"]),
        ("search=%25", vec!["r1"]),
        ("connection_id=con_1&object_type=row", vec!["r1"]),
        ("object_type=deals", vec![]),
        ("org_id=org_b", vec![]),
    ] {
        let answer = hub.get(&format!("/v1/records?{query}")).await;
        assert_eq!(
            (answer.status, ids(&answer.json())),
            (200, expected.iter().map(|id| (*id).to_owned()).collect()),
            "{query}"
        );
    }
    for (query, status, code) in [
        ("archived=yes", 400, "bad_flag"),
        ("gone=1", 400, "bad_flag"),
        ("limit=0", 400, "bad_limit"),
        ("limit=501", 400, "bad_limit"),
        ("cursor=nonsense", 400, "bad_cursor"),
        ("nonsense=1", 400, "bad_query"),
        ("connection_id=con_9", 404, "not_found"),
    ] {
        let answer = hub.get(&format!("/v1/records?{query}")).await;
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{query}");
    }
    let answer = hub.get("/v1/records/con_1/contacts/1?events=101").await;
    assert_eq!((answer.status, answer.code()), (400, "bad_limit".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_see_each_others_records() {
    let hub = TestHub::start(&[]).await;
    for (id, org, account) in [("con_a", "org_a", "1"), ("con_b", "org_b", "2")] {
        let own = connection(&hub, id, org, account).await;
        mirror(&hub, &own, vec![contact("7", &format!("secret of {org}"))]).await;
    }
    let (_, key) = create_key(&hub.cx, "a", Some("org_a".to_owned())).await.unwrap();
    let page = with_key(&hub, &key, "/v1/records").await;
    assert!(page.text().contains("secret of org_a") && !page.text().contains("secret of org_b"));
    for (path, status) in [
        ("/v1/records/con_b/contacts/7", 404),
        ("/v1/records?connection_id=con_b", 404),
        ("/v1/records?org_id=org_b", 403),
        ("/v1/records/export?connection_id=con_b", 404),
        ("/v1/records/export?org_id=org_b", 403),
    ] {
        let answer = with_key(&hub, &key, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.text().contains("secret of org_b"), "{path}");
    }
    let export = with_key(&hub, &key, "/v1/records/export").await.text();
    assert!(export.contains("secret of org_a") && !export.contains("secret of org_b"));
    assert_eq!(hub.send(hub.request(Method::GET, "/v1/records")).await.code(), "key_missing");
    assert_eq!(hub.send(hub.request(Method::GET, "/v1/records/export")).await.code(), "key_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_comes_with_the_events_about_it_and_no_others() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "62515").await;
    mirror(&hub, &own, vec![contact("7", "Ada")]).await;
    let mut company = change(3, START, 7, "name", "Namesake Ltd");
    company["subscriptionType"] = "company.propertyChange".into();
    let events = [change(1, START, 7, "firstname", "Ada"), change(2, START, 8, "firstname", "Bea"), company];
    hub.deliver(&Value::from(events.to_vec()).to_string()).await;
    let record = hub.get("/v1/records/con_1/contacts/7?events=10").await.json();
    let found = record["events"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["raw"]["eventId"], 1);
    assert!(hub.get("/v1/records/con_1/contacts/7").await.json().get("events").is_none());
}
