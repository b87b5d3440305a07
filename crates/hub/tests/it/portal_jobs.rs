//! The portal's page of jobs: found, and retried or discarded one by one or all that are listed, without losing the list.

use crate::support::TestHub;
use crate::support::browser::{Browser, between, csrf};
use reqwest::Method;
use syncline_store::audit::{self, Filter};
use syncline_store::jobs::{self, NewJob};
use syncline_store::{Scope, Store};

/// Parked jobs of a kind that no worker knows: id, organization, kind, payload, error.
async fn park(store: &Store, hub: &TestHub, rows: &[[&str; 5]]) {
    let mut tx = store.begin().await.unwrap();
    for [id, org_id, kind, payload, error] in rows {
        let new = NewJob {
            id: (*id).to_owned(),
            kind: (*kind).to_owned(),
            org_id: (*org_id).to_owned(),
            coalesce_key: None,
            payload: (*payload).to_owned(),
            run_at: hub.cx.now(),
        };
        jobs::park_new(&mut tx, &new, error, hub.cx.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A hub that leaves its jobs alone, with five parked ones.
async fn five() -> (TestHub, Browser, String) {
    let hub = TestHub::start(&[]).await;
    let rows = [
        ["job_a", "acme", "test.read", "{\"id\":\"con_1\"}", "403 refused"],
        ["job_b", "acme", "test.read", "{\"id\":\"con_2\"}", "404 gone"],
        ["job_c", "globex", "test.read", "{\"id\":\"con_3\"}", "403 refused"],
        ["job_d", "globex", "test.write", "{\"id\":\"con_1\"}", "403 refused"],
        ["job_e", "", "test.write", "{\"id\":\"con_5\"}", "500 <b>"],
    ];
    park(&hub.cx.store, &hub, &rows).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/jobs").await);
    (hub, browser, token)
}

/// The ids of the jobs that a page lists, in their order by id.
async fn listed(browser: &mut Browser, query: &str) -> Vec<String> {
    let page = browser.get(&format!("/portal/jobs?{query}")).await.text();
    let actions = between(&page, "formaction=\"/portal/jobs/", "\"");
    let mut ids: Vec<String> =
        actions.iter().filter_map(|action| action.strip_suffix("/retry")).map(ToOwned::to_owned).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_found_by_kind_organization_and_a_part_of_subject_or_error() {
    let (hub, mut browser, _) = five().await;
    for (query, expected) in [
        ("", &["job_a", "job_b", "job_c", "job_d", "job_e"][..]),
        ("search=REFUSED", &["job_a", "job_c", "job_d"]),
        ("search=con_1", &["job_a", "job_d"]),
        ("search=refused&kind=test.read&organization=globex", &["job_c"]),
        ("organization=acme", &["job_a", "job_b"]),
        ("kind=test.nothing", &[]),
        ("state=waiting&search=refused", &[]),
    ] {
        assert_eq!(listed(&mut browser, query).await, expected, "{query}");
    }
    let page = browser.get("/portal/jobs?kind=test.read&search=x%26y").await.text();
    assert!(page.contains("No job matches") && page.contains("<bdi>test.read</bdi>"), "{page}");
    assert!(page.contains("href=\"/portal/jobs?kind=test.read\" aria-label=\"Remove the filter Contains\""));
    let found = hub.get("/v1/jobs?search=REFUSED&kind=test.write").await.json();
    assert_eq!(found["data"].as_array().unwrap().len(), 1, "the API finds the same: {found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_discarded_and_the_list_is_as_it_was() {
    let (_hub, mut browser, token) = five().await;
    let back = "/portal/jobs?search=refused&kind=test.read";
    let page = browser.get(back).await.text();
    assert!(
        page.contains("name=\"back\" value=\"/portal/jobs?search=refused&#38;kind=test.read\""),
        "{page}"
    );
    assert!(page.contains("aria-label=\"Retry test.read con_1\""), "each button says what it is about");
    let answer = browser.post("/portal/jobs/job_a/discard", &[("csrf", &token), ("back", back)]).await;
    let location = answer.header("location").to_owned();
    assert_eq!(location, "/portal/jobs?search=refused&kind=test.read&did=discarded");
    assert!(browser.get(&location).await.text().contains("The job is gone."));
    assert_eq!(listed(&mut browser, "search=refused&kind=test.read").await, ["job_c"]);
    for elsewhere in ["https://evil.example/", "//evil.example", "/portal/jobs/job_b/discard", "/portal/keys"]
    {
        let answer =
            browser.post("/portal/jobs/job_x/discard", &[("csrf", &token), ("back", elsewhere)]).await;
        assert_eq!(answer.header("location"), "/portal/jobs?did=nothing", "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_is_discarded_and_retried_together_and_it_says_how_many() {
    let (hub, mut browser, token) = five().await;
    let page = browser.get("/portal/jobs").await.text();
    assert!(
        page.contains("Retry all 5") && page.contains("Discard all 5"),
        "several kinds, and no kind chosen"
    );
    let page = browser.get("/portal/jobs?organization=globex&search=refused").await.text();
    assert!(page.contains("Retry all 2") && page.contains("that fit the filters"), "{page}");
    assert!(!browser.get("/portal/jobs?search=gone").await.text().contains("Retry all"), "there is one only");

    let back = "/portal/jobs?search=refused&organization=globex";
    let of_globex = [("csrf", &*token), ("search", "refused"), ("organization", "globex"), ("back", back)];
    let forged = [("csrf", "x"), ("search", ""), ("organization", "")];
    assert_eq!(browser.post("/portal/jobs/discard-all", &forged).await.status, 403);
    let answer = browser.post("/portal/jobs/discard-all", &of_globex).await;
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("{back}&did=discarded-2"));
    assert!(browser.get(&location).await.text().contains("2 jobs are gone."));
    assert_eq!(
        listed(&mut browser, "").await,
        ["job_a", "job_b", "job_e"],
        "nobody else's, and no other error"
    );
    let answer = browser.post("/portal/jobs/discard-all", &of_globex).await;
    let none = browser.get(answer.header("location")).await.text();
    assert!(none.contains("None of these is parked any more."), "{none}");

    let acme = [("csrf", &*token), ("organization", "acme"), ("kind", "test.read")];
    let answer = browser.post("/portal/jobs/retry-all", &acme).await;
    assert_eq!(answer.header("location"), "/portal/jobs?did=retried-2");
    let log = audit::page(&hub.cx.store, &Scope::All, &Filter::default(), None, 9).await.unwrap();
    let done: Vec<(&str, &str, Option<&str>)> = log
        .iter()
        .map(|one| (one.action.as_str(), one.detail.as_str(), one.org_id.as_deref()))
        .take(2)
        .collect();
    assert_eq!(
        done,
        [
            ("job.retried", "2 jobs of test.read", Some("acme")),
            ("job.discarded", "2 jobs of all kinds, found by a search", Some("globex")),
        ]
    );
    let gone = hub.send(hub.request(Method::DELETE, "/v1/jobs/job_c").bearer_auth(&hub.key)).await;
    assert_eq!(gone.status, 404);
}
