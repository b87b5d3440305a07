//! What an account tells about itself (HubSpot facts 8.3, 9).

mod owners;
mod pipelines;

use crate::support::TestSandbox;
use reqwest::Method;
use serde_json::{Value, json};

/// A private app's token: it may do everything.
pub(crate) fn token(sandbox: &TestSandbox, account: usize) -> String {
    let token = &sandbox.credentials()["hubspot"]["accounts"][account]["private_app_token"];
    token.as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn details_tell_where_an_account_is_and_what_time_it_has() {
    let sandbox = TestSandbox::start().await;
    let details = |account: usize, version: &str| {
        let (token, path) = (token(&sandbox, account), format!("/hubspot/account-info/{version}/details"));
        let sandbox = &sandbox;
        async move { sandbox.call(&token, Method::GET, &path, None).await.expect(200) }
    };
    for version in ["v3", "2025-09", "2026-03", "2026-09"] {
        assert_eq!(
            details(1, version).await,
            json!({
                "portalId": 77421, "accountType": "STANDARD", "timeZone": "Europe/Berlin",
                "companyCurrency": "EUR", "additionalCurrencies": [], "utcOffset": "+01:00",
                "utcOffsetMilliseconds": 3_600_000, "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "na1",
            })
        );
    }
    let london: Value = details(0, "v3").await;
    assert_eq!((&london["utcOffset"], &london["utcOffsetMilliseconds"]), (&json!("+00:00"), &json!(0)));
    assert_eq!((&london["portalId"], &london["companyCurrency"]), (&json!(62_515), &json!("GBP")));
}
