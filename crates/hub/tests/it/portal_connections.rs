//! The portal's pages of connections and runs: what is shown, what can be done, and by whom.

use crate::support::TestHub;
use crate::support::browser::{Browser, between, csrf};
use crate::support::rows::{connection, contact, mirror, running};
use std::time::Duration;
use syncline_store::Scope;
use syncline_store::connections::{self, Status};
use syncline_store::runs::{self, Filter};

const SCRIPT: &str = "<script>alert(1)</script>\" onload=\"x";

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_every_connection_with_its_run_and_its_records() {
    let hub = TestHub::start(&[("jobs.workers", "1")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let empty = browser.get("/portal/connections").await.text();
    assert!(empty.contains("No account is connected yet"));
    for n in 0..30 {
        connection(&hub, &format!("con_{n:02}"), &format!("org_{}", n % 2), &n.to_string()).await;
    }
    let own = connections::get(&hub.cx.store, &Scope::All, "con_29").await.unwrap().unwrap();
    mirror(&hub, &own, vec![contact("1", "Ada"), contact("2", "Bea")]).await;
    running(&hub, &own, "run_1", "Contacts").await;
    let page = browser.get("/portal/connections").await.text();
    assert_eq!(page.matches("class=\"c-account\"><a").count(), 20);
    assert!(page.contains("<progress value=\"40\" max=\"100\""), "the run under way");
    assert!(page.contains("data-moves"), "and so the page is asked for again");
    let next = between(&page, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&");
    assert_eq!(browser.get(&next).await.text().matches("class=\"c-account\"><a").count(), 10);
    for (query, count) in [
        ("organization=org_1", 15),
        ("provider=notion", 0),
        ("status=active&organization=org_0", 15),
        ("status=disconnected", 0),
        ("status=odd", 0),
        ("search=29", 1),
        ("app=main", 0),
    ] {
        let page = browser.get(&format!("/portal/connections?{query}")).await.text();
        assert_eq!(page.matches("class=\"c-account\"><a").count(), count, "{query}");
    }
    assert!(browser.get("/portal/connections?status=odd").await.text().contains("no such status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_needs_a_person_says_why_and_offers_to_reconnect() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org a&b", "1").await;
    let mut tx = hub.cx.store.begin().await.unwrap();
    connections::needs_reauthorization(&mut tx, "con_1", 1, SCRIPT, hub.cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = Browser::signed_in(&hub).await;
    for path in ["/portal/connections", "/portal/connections/con_1"] {
        let page = browser.get(path).await.text();
        assert!(page.contains("Needs reauthorization") && page.contains("alert(1)"), "{path}");
        assert!(!page.contains("<script>alert") && !page.contains("\" onload=\"x"), "{path}");
        assert!(page.contains("href=\"/portal/connections/new?again=con_1\""), "{path}");
    }
    let form = browser.get("/portal/connections/new?again=con_1").await.text();
    assert!(
        form.contains("value=\"org a&#38;b\"") && form.contains("value=\"key:hubspot\" selected"),
        "{form}"
    );
    assert!(form.contains("<h1>Connect <bdi>Account of org a&#38;b</bdi> again</h1>"), "{form}");
    let refused = browser.get("/portal/connections/con_1").await;
    let csrf = csrf(&refused);
    let answer = browser.post("/portal/connections/con_1/load", &[("csrf", &csrf), ("mode", "full")]).await;
    assert_eq!(answer.status, 409, "nothing is loaded through it");
    assert_eq!(own.status, Status::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_asked_for_once_and_cancelled() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "1").await;
    running(&hub, &own, "run_1", SCRIPT).await;
    hub.clock.advance(Duration::from_secs(10));
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/runs/run_1").await;
    let text = page.text();
    assert!(text.contains("alert(1)") && !text.contains("<script>alert"), "a lane's title");
    assert!(text.contains("<progress value=\"40\" max=\"100\"") && text.contains("4 a second"), "{text}");
    let csrf = csrf(&page);
    let answer = browser.post("/portal/connections/con_1/load", &[("csrf", &csrf), ("mode", "full")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/portal/connections/con_1?did=under-way"));
    let odd = browser.post("/portal/connections/con_1/load", &[("csrf", &csrf), ("mode", "odd")]).await;
    assert_eq!(odd.status, 400);
    let wrong = browser.post("/portal/runs/run_1/cancel", &[("csrf", "wrong")]).await;
    assert_eq!(wrong.status, 403);
    let run = async || runs::get(&hub.cx.store, &Scope::All, "run_1").await.unwrap().unwrap();
    assert!(!run().await.cancel_requested);
    let answer = browser.post("/portal/runs/run_1/cancel", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/portal/runs/run_1?did=cancel"));
    assert!(run().await.cancel_requested);
    assert!(browser.get("/portal/runs/run_1").await.text().contains("Stopping"));
    let other = browser.post("/portal/connections/con_2/cancel", &[("csrf", &csrf), ("run", "run_1")]).await;
    assert_eq!(other.status, 404, "a run of another connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_ended_by_its_own_form_only() {
    let hub = TestHub::start(&[]).await;
    connection(&hub, "con_1", "org_a", "1").await;
    let mut browser = Browser::signed_in(&hub).await;
    let csrf = csrf(&browser.get("/portal/connections/con_1").await);
    let status =
        async || connections::get(&hub.cx.store, &Scope::All, "con_1").await.unwrap().unwrap().status;
    let path = "/portal/connections/con_1/disconnect";
    assert_eq!(browser.post(path, &[("csrf", "wrong"), ("data", "keep")]).await.status, 403);
    assert_eq!(browser.post(path, &[("csrf", &csrf), ("data", "burn")]).await.status, 400);
    assert_eq!(status().await, Status::Active);
    let answer = browser.post(path, &[("csrf", &csrf), ("data", "keep")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/portal/connections/con_1?did=disconnect"));
    assert_eq!(status().await, Status::Disconnected);
    let page = browser.get("/portal/connections/con_1").await.text();
    assert!(page.contains("Erase its records") && !page.contains("Load everything"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_to_connect_says_what_is_wrong_and_never_repeats_a_key() {
    let hub = TestHub::start(&[("apps.main.client_id", "client-1")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/connections/new?organization=org_a&way=key%3Ahubspot").await;
    assert!(page.text().contains("value=\"key:hubspot\" selected") && page.text().contains("oauth:main"));
    let csrf = csrf(&page);
    for (way, key, says) in [
        ("", "", "Choose a provider"),
        ("key:hubspot", "", "needs a key"),
        ("key:hubspot", "canary-key no token", "no key"),
        ("oauth:main", "canary-key", "takes no key"),
        ("oauth:nowhere", "", "No app"),
        ("key:nowhere", "canary-key", "no such provider"),
    ] {
        let fields = [("csrf", csrf.as_str()), ("organization", "org_a"), ("way", way), ("key", key)];
        let answer = browser.post("/portal/connections/new", &fields).await;
        let text = answer.text();
        assert!(
            answer.status == 200 && text.to_lowercase().contains(&says.to_lowercase()),
            "{way} {key}: {text}"
        );
        assert!(!text.contains("canary-key"), "{way}");
    }
    let fields = [("csrf", csrf.as_str()), ("organization", "org_a"), ("way", "oauth:main")];
    let link = browser.post("/portal/connections/new", &fields).await.text();
    assert!(link.contains("https://hub.example.com/connect/start?ticket="), "{link}");
    assert!(runs::list(&hub.cx.store, &Scope::All, &Filter::default(), None, 9).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_these_pages_without_signing_in() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "1").await;
    mirror(&hub, &own, vec![contact("1", "Ada")]).await;
    let mut nobody = Browser::new(&hub);
    for path in [
        "/portal/connections",
        "/portal/connections/new",
        "/portal/connections/con_1",
        "/portal/runs",
        "/portal/records",
        "/portal/records/export?format=csv",
        "/portal/records/con_1/contacts/1",
        "/portal/records/con_1/contacts/1/raw",
    ] {
        let answer = nobody.get(path).await;
        assert!(answer.status == 303 && answer.header("location").starts_with("/portal/login"), "{path}");
    }
    for path in
        ["/portal/connections/new", "/portal/connections/con_1/load", "/portal/connections/con_1/disconnect"]
    {
        let answer = nobody.post(path, &[("csrf", "x"), ("mode", "full"), ("data", "erase")]).await;
        assert!(answer.status == 303 && answer.header("location").starts_with("/portal/login"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_and_narrowed() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    assert!(browser.get("/portal/runs").await.text().contains("Nothing was loaded yet"));
    for n in 0..32 {
        let own = connection(&hub, &format!("con_{n}"), &format!("org_{}", n % 2), &n.to_string()).await;
        running(&hub, &own, &format!("run_{n}"), "Contacts").await;
    }
    for (query, count) in [
        ("", 30),
        ("organization=org_1", 16),
        ("connection=con_3", 1),
        ("state=running&organization=org_0", 16),
        ("state=failed", 0),
        ("state=odd", 0),
        ("search=ORG_1", 16),
        ("search=org_1&connection=con_2", 0),
        ("state=attention", 0),
    ] {
        let page = browser.get(&format!("/portal/runs?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-state\">").count(), count, "{query}");
    }
    let chosen = browser.get("/portal/runs?connection=con_3").await.text();
    assert!(chosen.contains("<span>Connection</span> <bdi>Account of org_1, HubSpot</bdi>"), "{chosen}");
    assert!(chosen.contains("<option value=\"con_4\">Account of org_0, HubSpot</option>"), "{chosen}");
    let wrong = browser.get("/portal/runs?state=odd").await.text();
    assert!(wrong.contains("aria-invalid=\"true\" aria-describedby=\"problem-state\""), "{wrong}");
    assert!(wrong.contains("id=\"problem-state\"") && wrong.contains("There is no such state."), "{wrong}");
}
