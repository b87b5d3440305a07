//! The control interface.

use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_clock_stands_still_until_it_is_moved() {
    let sandbox = TestSandbox::start().await;
    let clock = sandbox.get("/_sandbox/clock").await.expect(200);
    assert_eq!(clock["now"], "2026-01-01T00:00:00.000Z");
    sandbox.advance(Duration::from_secs(90)).await;
    assert_eq!(sandbox.get("/_sandbox/clock").await.expect(200)["now"], "2026-01-01T00:01:30.000Z");
}

#[tokio::test]
async fn settings_that_do_not_fit_change_nothing() {
    let sandbox = TestSandbox::start().await;
    let before = sandbox.get("/_sandbox/settings").await.expect(200);
    let patch = json!({"consent": "deny", "hubspot": {"no_such_setting": 1}});
    let refused = send(sandbox.request(Method::PATCH, "/_sandbox/settings").json(&patch)).await.expect(422);
    assert!(refused["detail"].as_str().expect("text").contains("no_such_setting"), "{refused}");
    assert_eq!(sandbox.get("/_sandbox/settings").await.expect(200), before);
}
