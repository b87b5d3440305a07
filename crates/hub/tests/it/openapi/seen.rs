//! Answers that no other test reads.

use crate::support::TestHub;
use crate::support::rows::{connection, running};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_gets_a_link_to_choose_a_password() {
    let hub = TestHub::start(&[]).await;
    let made = hub.send(hub.request(Method::POST, "/v1/portal/setup-link").bearer_auth(&hub.key)).await;
    assert_eq!(made.status, 201);
    let url = made.json()["url"].as_str().unwrap().to_owned();
    assert!(url.contains("/portal/setup?"), "{url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_to_stop_says_so() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "acme", "1").await;
    running(&hub, &own, "run_1", "Contacts").await;
    let asked = hub.send(hub.request(Method::POST, "/v1/runs/run_1/cancel").bearer_auth(&hub.key)).await;
    assert_eq!((asked.status, &asked.json()["cancel_requested"]), (202, &true.into()));
}
