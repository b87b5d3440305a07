//! The portal's timeline: everything on it, nothing executed by it, and every page of it reachable.

use crate::support::browser::{Browser, between};
use crate::support::sse::SseStream;
use crate::support::wait::until;
use crate::support::{START, TestHub, change};
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

const SCRIPT: &str = "<script>alert(1)</script>\" onload=\"x";

async fn store(hub: &TestHub, numbers: std::ops::Range<u32>) {
    let at = |n: u32| START.minus(Duration::from_secs((1_000 - n).into()));
    let events: Vec<Value> = numbers.map(|n| change(n, at(n), n, "firstname", "Zoë")).collect();
    for delivery in events.chunks(100) {
        hub.deliver(&Value::from(delivery).to_string()).await;
    }
}

/// The ids of the rows on a page, top to bottom.
fn rows(page: &str) -> Vec<String> {
    between(page, "<tr class=\"ev\" id=\"", "\"")
}

/// Where a link of this kind leads.
fn link(page: &str, rel: &str) -> Option<String> {
    let links = between(page, "<a class=\"button\" ", ">");
    let link =
        links.iter().find(|link| link.contains(&format!("rel=\"{rel}\"")) && link.contains("href="))?;
    Some(between(link, "href=\"", "\"")[0].replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_typed_into_their_crm_is_shown_and_never_executed() {
    let hub = TestHub::start(&[]).await;
    let mut event = change(1, START, 1, SCRIPT, SCRIPT);
    event["subscriptionType"] = format!("contact.{SCRIPT}").into();
    event["changeSource"] = SCRIPT.into();
    hub.deliver(&Value::from(vec![event]).to_string()).await;
    let mut browser = Browser::signed_in(&hub).await;
    let list = browser.get("/portal/events").await.text();
    let id = rows(&list)[0].clone();
    let page = browser.get(&format!("/portal/events/{id}")).await.text();
    let encoded = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%20onload%3D%22x";
    let filtered = browser.get(&format!("/portal/events?property={encoded}")).await.text();
    let problem = browser.get(&format!("/portal/events?from={encoded}&kind={encoded}")).await.text();
    assert_eq!(rows(&filtered), std::slice::from_ref(&id));
    for page in [&list, &page, &filtered, &problem] {
        assert!(page.contains("alert(1)"), "it is shown");
        assert!(!page.contains("<script>alert") && !page.contains("\" onload=\"x"), "{page}");
    }
    let mut stream = SseStream::open(browser.request(Method::GET, "/portal/events/stream?after=0")).await;
    let row = stream.next_of("row").await.data;
    assert!(row.contains("alert(1)") && !row.contains("<script>"), "{row}");

    let raw = browser.get(&format!("/portal/events/{id}/raw")).await;
    assert_eq!(raw.header("content-type"), "application/json");
    assert_eq!(raw.header("content-disposition"), format!("attachment; filename=\"{id}.json\""));
    assert_eq!(raw.json()["propertyValue"], SCRIPT);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_and_newer_walk_the_whole_timeline_without_a_gap() {
    let hub = TestHub::start(&[]).await;
    store(&hub, 0..173).await;
    let api = hub.get("/v1/events?limit=500").await.json();
    let all: Vec<String> = api["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    let mut browser = Browser::signed_in(&hub).await;
    for (order, reversed) in [("newest", false), ("oldest", true)] {
        let mut expected = all.clone();
        if reversed {
            expected.reverse();
        }
        let first = format!("/portal/events?order={order}&provider=hubspot");
        let (mut seen, mut page) = (Vec::new(), browser.get(&first).await.text());
        assert_eq!(link(&page, "prev"), None, "nothing before the first page");
        loop {
            seen.extend(rows(&page));
            let Some(next) = link(&page, "next") else { break };
            page = browser.get(&next).await.text();
        }
        assert_eq!(seen, expected, "{order}, forward");
        // And back again.
        let mut back = rows(&page);
        while let Some(previous) = link(&page, "prev") {
            page = browser.get(&previous).await.text();
            back.splice(0..0, rows(&page));
            assert!(back.len() <= all.len(), "{order}: back over the same rows");
        }
        assert_eq!(back, expected, "{order}, back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_and_a_wrong_one_says_so_on_the_page() {
    let hub = TestHub::start(&[]).await;
    store(&hub, 0..5).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (query, count) in [
        ("", 5),
        ("object_id=3", 1),
        ("object_id=%203%20", 1),
        ("property=email", 0),
        ("organization=org_a", 0),
        ("account=62515&object_type=contact", 5),
        ("from=2026-01-01", 0),
        ("cursor=nonsense", 5),
    ] {
        let answer = browser.get(&format!("/portal/events?{query}")).await;
        assert_eq!((answer.status, rows(&answer.text()).len()), (200, count), "{query}");
    }
    let wrong = browser.get("/portal/events?from=yesterday").await;
    assert_eq!((wrong.status, rows(&wrong.text()).len()), (200, 0));
    assert!(wrong.text().contains("yesterday"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_takes_ids_kinds_and_accounts_and_goes_on_live() {
    let hub = TestHub::start(&[]).await;
    store(&hub, 0..120).await;
    let mut browser = Browser::signed_in(&hub).await;
    let all = browser.get("/portal/events").await.text();
    let id = rows(&all)[4].clone();
    for (query, count) in [
        (format!("search={id}"), 1),
        ("search=11".to_owned(), 11),
        ("search=%2011%20".to_owned(), 11),
        ("search=PROPERTY".to_owned(), 50),
        ("search=625".to_owned(), 50),
        ("search=11&object_id=110".to_owned(), 1),
        ("search=nobody".to_owned(), 0),
        ("search=%25".to_owned(), 0),
    ] {
        let page = browser.get(&format!("/portal/events?{query}")).await.text();
        assert_eq!(rows(&page).len(), count, "{query}");
    }
    let page = browser.get("/portal/events?search=property").await.text();
    let mut seen = rows(&page);
    let (mut next, mut last) = (link(&page, "next"), page);
    while let Some(address) = next {
        last = browser.get(&address).await.text();
        seen.extend(rows(&last));
        next = link(&last, "next");
    }
    assert_eq!(seen.len(), 120, "with the search on every page");
    let back = link(&last, "prev").unwrap();
    assert!(back.contains("search=property") && rows(&browser.get(&back).await.text()).len() == 50);
    let cut = browser.get("/portal/events?search=1").await.text();
    assert!(cut.contains("could mean more than 20 records"), "{cut}");
    let none = browser.get("/portal/events?search=nobody").await.text();
    assert!(none.contains("No event matches") && none.contains("href=\"/portal/records\""), "{none}");

    let live = "/portal/events/stream?search=90&after=0";
    let mut stream = SseStream::open(browser.request(Method::GET, live)).await;
    assert!(stream.next_of("row").await.data.contains("90"));
    hub.deliver(&Value::from(vec![change(9_000, START, 9_001, "firstname", "Zoë")]).to_string()).await;
    assert!(stream.next_of("row").await.data.contains("9001"), "what comes later, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_a_page_and_what_is_not_there_has_one_too() {
    let hub = TestHub::start(&[]).await;
    let story = [
        change(1, START, 9, "firstname", "Zoë"),
        change(2, START.minus(Duration::from_secs(9)), 9, "email", "z@x"),
    ];
    hub.deliver(&Value::from(story.to_vec()).to_string()).await;
    let mut browser = Browser::signed_in(&hub).await;
    let ids = rows(&browser.get("/portal/events").await.text());
    for id in &ids {
        let page = browser.get(&format!("/portal/events/{id}")).await.text();
        assert_eq!(rows(&page), ids, "the record's whole story, newest first");
    }
    let missing = format!("/portal/events/evt_{}", "0".repeat(26));
    for path in [missing.as_str(), "/portal/events/nonsense", "/portal/nowhere", &format!("{missing}/raw")] {
        let answer = browser.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.text().contains("Nothing here"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_page_gets_numbers_and_rows() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    store(&hub, 0..2).await;
    let page = browser.get("/portal/events").await.text();
    let stream = between(&page, "data-stream=\"", "\"")[0].replace("&#38;", "&");
    let mut stream = SseStream::open(browser.request(Method::GET, &stream)).await;
    assert!(stream.next_of("stats").await.data.contains("Events stored"));
    store(&hub, 2..4).await;
    let mut live = [stream.next_of("row").await, stream.next_of("row").await];
    assert!(live[0].id < live[1].id);
    let after = rows(&browser.get("/portal/events").await.text());
    live.sort_by_key(|message| std::cmp::Reverse(rows(&message.data)));
    let ids: Vec<String> = live.iter().flat_map(|message| rows(&message.data)).collect();
    assert_eq!(ids, after[..2], "what came live is what the page shows");
    until("the numbers follow", async || {
        stream.next_of("stats").await.data.contains("<dd>4</dd>").then_some(())
    })
    .await;
    hub.stop().await;
    while stream.next().await.is_some() {}
}
