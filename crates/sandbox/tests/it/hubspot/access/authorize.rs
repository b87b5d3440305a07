//! What an authorize URL may ask for, and where the browser is sent (HubSpot facts 1.1, 1.6). Consent is given at once.

use super::{Client, REDIRECT, parameter, sent_back, text};
use crate::support::{Answer, TestSandbox};
use serde_json::json;

/// A page that says why not; the browser is sent nowhere.
#[track_caller]
fn refused(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(words), "{words} is not in {}", answer.body);
    assert_eq!(answer.header("location"), "");
}

#[tokio::test]
async fn consent_at_once_connects_the_first_account_and_echoes_the_state() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let parameters = sent_back(&client.authorize(&[("state", "opaque")]).await);
    assert_eq!(parameter(&parameters, "state").as_deref(), Some("opaque"));
    let code = parameter(&parameters, "code").expect("a code");
    assert_eq!(client.exchange("v3/token", &code).await.expect(200)["hub_id"], 62_515);
    let without = sent_back(&client.authorize(&[]).await);
    assert_eq!(parameter(&without, "state"), None);
}

#[tokio::test]
async fn the_account_in_the_address_is_connected() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let answer = sandbox.get(&client.authorize_url("/oauth/77421/authorize", &[])).await;
    let code = parameter(&sent_back(&answer), "code").expect("a code");
    assert_eq!(client.exchange("v3/token", &code).await.expect(200)["hub_id"], 77_421);
    for unknown in ["/oauth/1/authorize", "/oauth/acme/authorize"] {
        refused(&sandbox.get(&client.authorize_url(unknown, &[])).await, 404, "There is no such account");
    }
}

#[tokio::test]
async fn consent_denied_at_once_sends_the_browser_back() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"consent": "deny"})).await;
    let parameters = sent_back(&Client::of(&sandbox).authorize(&[("state", "s")]).await);
    assert_eq!(parameter(&parameters, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&parameters, "state").as_deref(), Some("s"));
}

#[tokio::test]
async fn an_app_nobody_knows_is_refused_in_the_browser() {
    let sandbox = TestSandbox::start().await;
    let mut client = Client::of(&sandbox);
    client.client_id = "00000000-0000-4000-8000-000000000000".to_owned();
    refused(&client.authorize(&[]).await, 400, "HubSpot does not know this app");
    refused(&sandbox.get("/hubspot/oauth/authorize").await, 400, "HubSpot does not know this app");
}

#[tokio::test]
async fn a_redirect_uri_must_be_registered_exactly() {
    let sandbox = TestSandbox::start().await;
    let wanted = json!({"redirect_uris": ["https://hub.example/cb", "http://localhost:3000/cb"]});
    let app = sandbox.post("/_sandbox/hubspot/apps", &wanted).await.expect(201);
    sandbox.set(json!({"hubspot": {"oauth": {"any_loopback_redirect": false}}})).await;
    let mut client = Client::with(&sandbox, &app);
    for good in ["https://hub.example/cb", "http://localhost:3000/cb"] {
        client.redirect_uri = good.to_owned();
        let answer = client.authorize(&[]).await;
        assert!(answer.header("location").starts_with(good), "{}", answer.body);
    }
    for bad in [
        "https://hub.example/cb/",
        "https://hub.example/CB",
        "https://hub.example/cb?x=1",
        "https://evil.example/cb",
        "http://hub.example/cb",
        "http://localhost:3001/cb",
        "http://127.0.0.1:3000/cb",
        "https://192.0.2.7/cb",
        "not a url",
        "",
    ] {
        client.redirect_uri = bad.to_owned();
        refused(&client.authorize(&[("state", "s")]).await, 400, "The redirect URL does not match");
    }
}

#[tokio::test]
async fn addresses_of_this_machine_need_not_be_registered_unless_told_so() {
    let sandbox = TestSandbox::start().await;
    let mut client = Client::of(&sandbox);
    for here in ["http://127.0.0.1:41000/cb", "http://localhost:5/", "http://[::1]:8/x"] {
        client.redirect_uri = here.to_owned();
        assert!(client.authorize(&[]).await.header("location").starts_with(here));
    }
    sandbox.set(json!({"hubspot": {"oauth": {"any_loopback_redirect": false}}})).await;
    refused(&client.authorize(&[]).await, 400, "The redirect URL does not match");
}

#[tokio::test]
async fn the_operator_can_add_redirect_uris_for_all_apps() {
    let sandbox = TestSandbox::start().await;
    let mut client = Client::of(&sandbox);
    client.redirect_uri = "https://hub.example/cb?tenant=7".to_owned();
    refused(&client.authorize(&[]).await, 400, "registered");
    sandbox.set(json!({"hubspot": {"oauth": {"redirect_uris": [client.redirect_uri]}}})).await;
    let answer = client.authorize(&[]).await;
    assert!(answer.header("location").starts_with("https://hub.example/cb?tenant=7&code=na1-"));
}

async fn app_with_classes(sandbox: &TestSandbox) -> serde_json::Value {
    let wanted = json!({
        "required_scopes": ["oauth", "crm.objects.contacts.read"],
        "conditionally_required_scopes": ["tickets"],
        "optional_scopes": ["crm.objects.deals.read", "automation"],
    });
    sandbox.post("/_sandbox/hubspot/apps", &wanted).await.expect(201)
}

#[tokio::test]
async fn every_required_scope_must_be_asked_for() {
    let sandbox = TestSandbox::start().await;
    let client = Client::with(&sandbox, &app_with_classes(&sandbox).await);
    let missing = client.authorize(&[("scope", "oauth")]).await;
    refused(&missing, 400, "crm.objects.contacts.read");
    refused(&client.authorize(&[("scope", "")]).await, 400, "The app requires these scopes");
    let moved = [("scope", "oauth"), ("optional_scope", "crm.objects.contacts.read")];
    refused(&client.authorize(&moved).await, 400, "crm.objects.contacts.read");
    sent_back(&client.authorize(&[("scope", "oauth crm.objects.contacts.read")]).await);
}

#[tokio::test]
async fn scopes_outside_the_apps_settings_or_in_the_wrong_place_are_a_mismatch() {
    let sandbox = TestSandbox::start().await;
    let client = Client::with(&sandbox, &app_with_classes(&sandbox).await);
    let required = "oauth crm.objects.contacts.read";
    for (scope, optional, culprit) in [
        (format!("{required} content"), "", "content"),
        (required.to_owned(), "forms", "forms"),
        (required.to_owned(), "tickets", "tickets"),
        (format!("{required} automation"), "", "automation"),
    ] {
        let answer = client.authorize(&[("scope", &scope), ("optional_scope", optional)]).await;
        refused(&answer, 400, "The scopes do not match");
        assert!(answer.body.contains(culprit), "{}", answer.body);
    }
    let fine = [("scope", "tickets oauth crm.objects.contacts.read"), ("optional_scope", "automation")];
    let code = client.code(&fine).await;
    let granted = client.exchange("v3/token", &code).await.expect(200);
    let scopes = json!(["tickets", "oauth", "crm.objects.contacts.read", "automation"]);
    assert_eq!(granted["scopes"], scopes);
}

#[tokio::test]
async fn classes_of_scopes_can_be_ignored() {
    let sandbox = TestSandbox::start().await;
    let client = Client::with(&sandbox, &app_with_classes(&sandbox).await);
    sandbox.set(json!({"hubspot": {"oauth": {"strict_scope_classes": false}}})).await;
    let asked = [("scope", "oauth crm.objects.contacts.read automation"), ("optional_scope", "tickets")];
    sent_back(&client.authorize(&asked).await);
}

#[tokio::test]
async fn optional_scopes_the_account_lacks_are_dropped_silently_and_others_are_refused() {
    let sandbox = TestSandbox::start().await;
    let client = Client::with(&sandbox, &app_with_classes(&sandbox).await);
    let lacks = |scopes: serde_json::Value| json!({"hubspot": {"oauth": {"account_lacks_scopes": {"62515": scopes}}}});
    sandbox.set(lacks(json!(["automation"]))).await;
    let asked = [
        ("scope", "oauth crm.objects.contacts.read"),
        ("optional_scope", "automation crm.objects.deals.read"),
    ];
    let code = client.code(&asked).await;
    let granted = client.exchange("v3/token", &code).await.expect(200);
    assert_eq!(granted["scopes"], json!(["oauth", "crm.objects.contacts.read", "crm.objects.deals.read"]));
    sandbox.set(lacks(json!(["crm.objects.contacts.read"]))).await;
    refused(&client.authorize(&asked).await, 400, "this account cannot grant them");
}

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn a_challenge_binds_the_code_to_its_verifier() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    for (challenge, method) in [(CHALLENGE, "S256"), (VERIFIER, "plain")] {
        let asked = [("code_challenge", challenge), ("code_challenge_method", method)];
        let code = client.code(&asked).await;
        let base = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", REDIRECT)];
        for verifier in [None, Some("wrong")] {
            let fields: Vec<_> =
                base.iter().copied().chain(verifier.map(|verifier| ("code_verifier", verifier))).collect();
            let refused = client.signed("2026-03/token", &fields).await.expect(400);
            assert_eq!(refused["status"], "BAD_CODE_VERIFIER");
        }
        let fields: Vec<_> = base.iter().copied().chain([("code_verifier", VERIFIER)]).collect();
        client.signed("2026-03/token", &fields).await.expect(200);
    }
}

#[tokio::test]
async fn a_challenge_is_not_required_unless_told_so() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    sent_back(&client.authorize(&[]).await);
    sandbox.set(json!({"hubspot": {"oauth": {"require_pkce": true}}})).await;
    let parameters = sent_back(&client.authorize(&[("state", "s")]).await);
    assert_eq!(parameter(&parameters, "error").as_deref(), Some("invalid_request"));
    assert_eq!(parameter(&parameters, "state").as_deref(), Some("s"));
}

#[tokio::test]
async fn a_challenge_method_nobody_knows_is_told_to_the_app() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    for asked in [
        &[("code_challenge", "x"), ("code_challenge_method", "S512")][..],
        &[("code_challenge_method", "S256")],
    ] {
        let parameters = sent_back(&client.authorize(asked).await);
        assert_eq!(parameter(&parameters, "error").as_deref(), Some("invalid_request"), "{asked:?}");
    }
}

#[tokio::test]
async fn apps_that_authenticate_for_mcp_must_use_s256() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let path = "/oauth/authorize/user";
    for asked in [&[][..], &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")]] {
        let parameters = sent_back(&sandbox.get(&client.authorize_url(path, asked)).await);
        assert_eq!(parameter(&parameters, "error").as_deref(), Some("invalid_request"));
    }
    let asked = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let url = client.authorize_url(path, &asked);
    assert!(parameter(&sent_back(&sandbox.get(&url).await), "code").is_some());
    let form = [("decision", "connect"), ("installer", "62515:6251501")];
    assert!(parameter(&sent_back(&client.decide(&url, &form).await), "code").is_some());
}

#[tokio::test]
async fn an_app_is_installed_by_the_first_exchange_not_by_consent() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let code = client.code(&[]).await;
    let installs =
        || async { sandbox.get("/_sandbox/hubspot/installs").await.expect(200)["installs"].clone() };
    assert_eq!(installs().await, json!([]));
    client.exchange("v3/token", &code).await.expect(200);
    let installed = installs().await;
    assert_eq!(
        installed,
        json!([{
            "app_id": 54321, "portal_id": 62515, "user_id": 6_251_501, "scopes": ["oauth"],
            "installed_at": "2026-01-01T00:00:00.000Z",
        }])
    );
    assert_eq!(text(&installed[0]["installed_at"]).len(), 24);
}
