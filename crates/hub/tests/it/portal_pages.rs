//! Lists are turned forwards and back, with the filters they have, and an address that is passed on turns back, too.

use crate::support::browser::{Browser, between};
use crate::support::{START, TestHub, change};
use reqwest::Method;
use std::collections::BTreeSet;
use syncline_store::jobs::{self, NewJob};

/// Parked jobs of a kind that no worker knows, with so much said about each.
async fn park(hub: &TestHub, count: usize, error: &str) {
    let mut tx = hub.cx.store.begin().await.unwrap();
    for number in 0..count {
        let new = NewJob {
            id: format!("job_{number:03}"),
            kind: "test.read".to_owned(),
            org_id: "acme".to_owned(),
            coalesce_key: None,
            payload: "{}".to_owned(),
            run_at: hub.cx.now(),
        };
        jobs::park_new(&mut tx, &new, error, hub.cx.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Where the button of this kind leads.
fn link(page: &str, rel: &str) -> Option<String> {
    let links = between(page, "<a class=\"button\" ", ">");
    let link = links.into_iter().find(|link| link.contains(&format!("rel=\"{rel}\"")))?;
    Some(between(&link, "href=\"", "\"")[0].replace("&#38;", "&"))
}

fn listed(page: &str) -> BTreeSet<String> {
    let actions = between(page, "formaction=\"/portal/jobs/", "/retry\"");
    actions.into_iter().filter(|id| id.starts_with("job_") && id.len() == 7).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn previous_leads_back_over_the_pages_that_were_seen() {
    let hub = TestHub::start(&[]).await;
    park(&hub, 170, "403 refused").await;
    let mut browser = Browser::signed_in(&hub).await;
    let first = "/portal/jobs?search=refused&kind=test.read".to_owned();
    let (mut seen, mut addresses) = (Vec::new(), vec![first]);
    loop {
        let page = browser.get(addresses.last().unwrap()).await.text();
        seen.push(listed(&page));
        let Some(next) = link(&page, "next") else { break };
        assert!(next.starts_with("/portal/jobs?search=refused&kind=test.read&cursor="), "{next}");
        addresses.push(next);
    }
    assert_eq!(seen.iter().map(BTreeSet::len).collect::<Vec<_>>(), [30, 30, 30, 30, 30, 20]);
    assert_eq!(seen.iter().flatten().collect::<BTreeSet<_>>().len(), 170);
    // Whoever is handed the last address has the same way back.
    let mut other = Browser::signed_in(&hub).await;
    let mut page = other.get(addresses.last().unwrap()).await.text();
    for (address, rows) in addresses.iter().zip(&seen).rev().skip(1) {
        let back = link(&page, "prev").expect("there is a page before");
        assert_eq!(back, *address);
        page = other.get(&back).await.text();
        assert_eq!(listed(&page), *rows);
    }
    assert_eq!(link(&page, "prev"), None, "nothing before the first page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_without_a_way_leads_back_to_the_first_page() {
    let hub = TestHub::start(&[]).await;
    park(&hub, 60, "404 gone").await;
    let mut browser = Browser::signed_in(&hub).await;
    let next = link(&browser.get("/portal/jobs").await.text(), "next").unwrap();
    let page = browser.get(&next).await.text();
    assert_eq!(link(&page, "prev").as_deref(), Some("/portal/jobs"));
    for mended in ["~1~1", "~1x", "%00", "~0~1~0"] {
        assert_eq!(browser.get(&format!("/portal/jobs?cursor={mended}")).await.status, 200, "{mended}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_error_of_a_job_is_behind_a_link() {
    let hub = TestHub::start(&[]).await;
    let error = format!("500 <script>\n{}", "x".repeat(3_000));
    park(&hub, 1, &error).await;
    let mut browser = Browser::signed_in(&hub).await;
    assert!(browser.get("/portal/jobs").await.text().contains("href=\"/portal/jobs/job_000/error\""));
    let whole = browser.get("/portal/jobs/job_000/error").await;
    assert_eq!(whole.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(whole.text(), error);
    assert_eq!(browser.get("/portal/jobs/job_404/error").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crumb_leads_back_to_the_list_as_it_was() {
    let hub = TestHub::start(&[]).await;
    hub.deliver(&serde_json::Value::from(vec![change(1, START, 1, "firstname", "Ada")]).to_string()).await;
    let mut browser = Browser::signed_in(&hub).await;
    let id = between(&browser.get("/portal/events").await.text(), "<tr class=\"ev\" id=\"", "\"").remove(0);
    let own = hub.url("");
    for (referer, crumb) in [
        (
            format!("{own}/portal/events?search=1&cursor=older.x"),
            "/portal/events?search=1&#38;cursor=older.x",
        ),
        (format!("{own}/portal/events"), "/portal/events"),
        (format!("{own}/portal/eventsx?search=1"), "/portal/events"),
        (format!("{own}/portal/records?search=1"), "/portal/events"),
        // It names a page of ours, whoever says it.
        ("https://elsewhere.example/portal/events?search=1".to_owned(), "/portal/events?search=1"),
        ("https://elsewhere.example//portal/events?search=1".to_owned(), "/portal/events"),
        (format!("{own}/portal/events?search={}", "x".repeat(3_000)), "/portal/events"),
        ("nonsense".to_owned(), "/portal/events"),
    ] {
        let request = browser.request(Method::GET, &format!("/portal/events/{id}"));
        let page = request.header("referer", &referer).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(&format!("<p class=\"crumbs\"><a href=\"{crumb}\"")), "{referer}");
    }
}
