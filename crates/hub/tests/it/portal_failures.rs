//! What goes wrong in the portal is a page that says what happened, and never the framework's bare text.

use crate::support::browser::{Browser, PASSWORD, between, csrf};
use crate::support::child::{Desk, files_below};
use crate::support::{Answer, SECRET, TestHub};
use reqwest::Method;

/// Whether an answer is a page of ours, with everything that belongs to one.
fn is_page(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{what}");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{what}");
    let page = answer.text();
    assert!(page.contains("<main class=\"card\">") && page.contains("<h1>"), "{what}: {page}");
    assert!(page.contains(&format!("<p class=\"status\">{status}</p>")), "{what}: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_page() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (path, status) in [
        ("/portal/events?after=x", 400),
        ("/portal/events/stream?after=x", 400),
        ("/portal/jobs?kind=a&kind=b", 400),
        ("/portal/records/%FF/contacts/1", 400),
        ("/portal/nowhere", 404),
        ("/portal/runs/run_x", 404),
        ("/portal/logout", 405),
        ("/portal/jobs/job_x/retry", 405),
        ("/portal/keys/key_x/revoke", 405),
        ("/portal/connections/con_x/load", 405),
    ] {
        is_page(&browser.get(path).await, status, path);
    }
    let token = csrf(&browser.get("/portal/keys").await);
    for (path, status) in [("/portal/events", 405), ("/portal/nowhere", 404), ("/portal", 405)] {
        is_page(&browser.post(path, &[("csrf", &token)]).await, status, path);
    }
    // What its sender can mend needs no look into the log.
    assert!(!browser.get("/portal/nowhere").await.text().contains("Request <code>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lists_wrong_filter_is_named_beside_it_and_nothing_is_listed() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (path, field) in [
        ("/portal/jobs?state=lost", "state"),
        ("/portal/keys?state=lost", "state"),
        ("/portal/connections?status=lost", "status"),
        ("/portal/connections?provider=lost", "provider"),
        ("/portal/runs?state=lost", "state"),
        ("/portal/records?state=lost", "state"),
        ("/portal/audit?action=lost", "action"),
        ("/portal/audit?door=lost", "door"),
        ("/portal/audit?since=lost", "since"),
        ("/portal/apps?provider=lost", "provider"),
        ("/portal/apps?state=lost", "state"),
        ("/portal/sealing?state=lost", "state"),
    ] {
        let answer = browser.get(path).await;
        let page = answer.text();
        assert_eq!(answer.status, 200, "{path}");
        assert!(page.contains(&format!("id=\"problem-{field}\" role=\"alert\"")), "{path}: {page}");
        assert!(page.contains("These filters cannot be used"), "{path}: {page}");
        assert!(!page.contains("<tbody>") && !page.contains("docs/security.md"), "{path}: {page}");
        // A state of jobs is chosen by tabs, not by a field.
        let tied = format!("aria-invalid=\"true\" aria-describedby=\"problem-{field}\"");
        assert!(path.starts_with("/portal/jobs") || page.contains(&tied), "{path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_after_the_session_ended_leads_back_to_its_page() {
    let hub = TestHub::start(&[]).await;
    Browser::signed_in(&hub).await;
    let stranger = Browser::new(&hub);
    for (referer, next) in [
        (
            "https://hub.example.com/portal/jobs?kind=x&state=parked",
            "%2Fportal%2Fjobs%3Fkind%3Dx%26state%3Dparked",
        ),
        ("https://evil.example/elsewhere", "%2Fportal"),
        ("", "%2Fportal"),
    ] {
        let request = stranger.request(Method::POST, "/portal/jobs/job_x/retry").header("referer", referer);
        let answer =
            Answer::of(request.header("content-type", "application/x-www-form-urlencoded").body("csrf=x"))
                .await;
        let to = format!("/portal/login?next={next}");
        assert_eq!((answer.status, answer.header("location")), (303, to.as_str()), "{referer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_a_page_that_does_not_claim_nothing_was_done() {
    let hub = TestHub::start(&[("server.request_timeout", "1s")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/keys").await);
    // Whoever writes keeps the others waiting.
    let writer = rusqlite::Connection::open(hub.cx.store.sqlite_file().unwrap()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let fields = [("csrf", token.as_str()), ("name", "mine"), ("scope", "all")];
    let answer = browser.post("/portal/keys", &fields).await;
    is_page(&answer, 503, "too slow");
    let page = answer.text();
    assert!(page.contains("may have been done") && page.contains("before you repeat it"), "{page}");
    assert!(!page.contains("Nothing was changed") && answer.header("retry-after") == "5", "{page}");
    drop(writer);
    assert_eq!(browser.get("/portal/keys").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_is_in_the_log_under_the_id_that_the_page_shows() {
    let config =
        format!("data_dir = \"data\"\n[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"{SECRET}\"\n");
    let desk = Desk::configured(&config);
    let hub = desk.serve(&["serve"]).await;
    let mut browser = Browser::at(desk.base());
    let link = desk.run(&["portal-link"]).await.ok();
    let token = link.trim().rsplit_once("token=").unwrap().1.to_owned();
    assert_eq!(browser.choose(&token, PASSWORD, PASSWORD).await.status, 303);
    // A door that there is not, as only a hand in the database makes it.
    let file =
        files_below(&desk.path("data")).into_iter().find(|path| path.ends_with("syncline.db")).unwrap();
    let raw = rusqlite::Connection::open(file).unwrap();
    assert!(raw.execute("UPDATE audit_log SET door = 'roof'", []).unwrap() > 0);

    let answer = browser.get("/portal/audit").await;
    is_page(&answer, 500, "a row nobody can read");
    let id = between(&answer.text(), "Request <code>", "</code>").remove(0);
    assert!(id.starts_with("req_") && id.len() == 30, "{id}");
    hub.err.having(&id).await;
    let cause = |line: &String| line.contains(&id) && line.contains("roof");
    assert!(hub.err.all().iter().any(cause), "what went wrong, too: {:?}", hub.err.all());
    let again = browser.get("/portal/audit").await.text();
    assert!(!again.contains(&id) && again.contains("href=\"/portal\">To the overview"), "{again}");
    let from = browser.request(Method::GET, "/portal/audit");
    let from = Answer::of(from.header("referer", "https://hub.example.com/portal/jobs?kind=x")).await.text();
    assert!(from.contains("href=\"/portal/jobs?kind=x\">Back"), "{from}");
}
