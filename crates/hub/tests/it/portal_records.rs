//! The portal's pages of records: found, shown whole, never executed.

use crate::support::browser::{Browser, between};
use crate::support::rows::{connection, contact, mirror};
use crate::support::{START, TestHub, change};
use serde_json::Value;
use syncline_core::record::{Item, Record};

const SCRIPT: &str = "<script>alert(1)</script>\" onload=\"x";

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_on_one_page_of_the_list() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    assert!(browser.get("/portal/records").await.text().contains("No record was loaded yet"));
    let own = connection(&hub, "con_1", "org_a", "1").await;
    mirror(&hub, &own, (100..220).map(|n| contact(&n.to_string(), "Ada")).collect()).await;
    let (mut seen, mut path) =
        (Vec::new(), "/portal/records?search=ada&connection=con_1&state=live".to_owned());
    loop {
        let page = browser.get(&path).await.text();
        seen.extend(between(&page, "<a href=\"/portal/records/con_1/contacts/", "\""));
        match between(&page, "rel=\"next\" href=\"", "\"").first() {
            Some(next) => path = next.replace("&#38;", "&"),
            None => break,
        }
    }
    assert_eq!(seen, (100..220).map(|n| n.to_string()).collect::<Vec<_>>());
    for (query, count) in [("search=bea", 0), ("type=deals", 0), ("state=gone", 0), ("organization=org_b", 0)]
    {
        let page = browser.get(&format!("/portal/records?{query}")).await.text();
        assert_eq!(between(&page, "<a href=\"/portal/records/con_1/", "\"").len(), count, "{query}");
        assert!(page.contains("No record matches"), "{query}");
    }
    for query in ["state=odd", "connection=con_9", "cursor=nonsense"] {
        let answer = browser.get(&format!("/portal/records?{query}")).await;
        assert!(answer.status == 200 && answer.text().contains("These filters cannot be used"), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_record_is_shown_and_does_nothing() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "62515").await;
    let item = Item { name: SCRIPT.into(), url: Some("javascript:alert(1)".into()), ..Item::default() };
    let hostile = Record {
        object_type: "t/../y".into(),
        item,
        body: serde_json::json!({ "properties": { SCRIPT: SCRIPT } }).to_string(),
        ..contact("https://x.example/a/?b=c#d", "")
    };
    mirror(&hub, &own, vec![hostile]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let list = browser.get("/portal/records").await.text();
    let href = between(&list, "<td class=\"c-name\"><a href=\"", "\"")[0].clone();
    let answer = browser.get(&href).await;
    assert_eq!(answer.status, 200, "{href}");
    for page in [&list, &answer.text()] {
        assert!(page.contains("alert(1)") && !page.contains("<script>alert"), "{page}");
        assert!(!page.contains("\" onload=\"x") && !page.contains("href=\"javascript:"), "{page}");
    }
    let raw = browser.get(&format!("{href}/raw")).await;
    assert_eq!(raw.json()["properties"][SCRIPT], SCRIPT);
    assert_eq!(raw.header("content-disposition"), "attachment; filename=\"record.json\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_shows_its_properties_and_its_history() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "62515").await;
    mirror(&hub, &own, vec![contact("7", "Ada")]).await;
    hub.deliver(&Value::from(vec![change(1, START, 7, "firstname", "Grace")]).to_string()).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/records/con_1/contacts/7").await.text();
    for part in ["7@example.com", "Grace", "1 property without a value is not shown", "Account of org_a"] {
        assert!(page.contains(part), "{part}");
    }
    let event = between(&page, "<a href=\"/portal/events/evt_", "\"").remove(0);
    let event = browser.get(&format!("/portal/events/evt_{event}")).await.text();
    assert!(event.contains("<a href=\"/portal/records/con_1/contacts/7\"><bdi>Ada</bdi></a>"), "{event}");
    for path in ["con_1/contacts/8", "con_1/deals/7", "con_2/contacts/7"] {
        assert_eq!(browser.get(&format!("/portal/records/{path}")).await.status, 404, "{path}");
    }
    let export = browser.get("/portal/records/export?format=csv&connection_id=con_1").await;
    assert!(export.status == 200 && export.text().contains("\r\ncon_1,contacts,7,"), "{export:?}");
}
