//! The page a person sees, and its form (HubSpot facts 1.1).

use super::{Client, parameter, sent_back, text};
use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::json;

async fn sandbox() -> TestSandbox {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"consent": "page"})).await;
    sandbox
}

#[tokio::test]
async fn a_person_connects_an_account_and_the_client_has_tokens_until_it_revokes_them() {
    let sandbox = sandbox().await;
    let client = Client::of(&sandbox);
    let asked = [("optional_scope", "crm.objects.owners.read"), ("state", "s-1")];
    let url = client.authorize_url("/oauth/authorize", &asked);

    let page = sandbox.get(&url).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    for shown in [
        "Connect Syncline sandbox app to a HubSpot account",
        "View owners and their e-mail addresses",
        "crm.objects.owners.read",
        "Ada Lovelace",
        "Konrad Zuse",
        "Globex GmbH",
        "http://localhost:9/callback",
        "Connect app",
        "Cancel",
    ] {
        assert!(page.body.contains(shown), "{shown} is not on the page");
    }

    let form = [("decision", "connect"), ("installer", "77421:7742101")];
    let parameters = sent_back(&client.decide(&url, &form).await);
    assert_eq!(parameter(&parameters, "state").as_deref(), Some("s-1"));
    let code = parameter(&parameters, "code").expect("a code");

    let tokens = client.exchange("v3/token", &code).await.expect(200);
    assert_eq!((&tokens["hub_id"], &tokens["user_id"]), (&json!(77_421), &json!(7_742_101)));
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    assert_eq!(client.details(&access).await.expect(200)["portalId"], 77_421);

    let again = client.refresh("v3/token", &refresh).await.expect(200);
    let latest = text(&again["access_token"]);
    assert_ne!(latest, access);
    let told = client.signed("v3/token/introspect", &[("token", &latest)]).await.expect(200);
    assert_eq!((&told["active"], &told["user"]), (&json!(true), &json!("konrad@globex.example")));

    let revoked = client.signed("v3/token/revoke", &[("token", &refresh)]).await;
    assert_eq!((revoked.status, revoked.body.as_str()), (200, ""));
    let refused = client.refresh("v3/token", &refresh).await.expect(400);
    assert_eq!(refused["status"], "BAD_REFRESH_TOKEN");
    client.details(&latest).await.expect(200);
}

#[tokio::test]
async fn cancelling_tells_the_app_that_access_was_denied() {
    let sandbox = sandbox().await;
    let client = Client::of(&sandbox);
    let url = client.authorize_url("/oauth/authorize", &[("state", "a b&c=d+é")]);
    let parameters = sent_back(&client.decide(&url, &[("decision", "cancel")]).await);
    assert_eq!(parameter(&parameters, "error").as_deref(), Some("access_denied"));
    assert!(parameter(&parameters, "error_description").is_some_and(|text| !text.is_empty()));
    assert_eq!(parameter(&parameters, "state").as_deref(), Some("a b&c=d+é"));
    assert_eq!(parameter(&parameters, "code"), None);
}

#[tokio::test]
async fn the_page_needs_no_script_and_lets_none_in() {
    let sandbox = sandbox().await;
    let name = json!({"name": "<script>alert(1)</script> & \"friends\"", "required_scopes": ["oauth"]});
    let app = sandbox.post("/_sandbox/hubspot/apps", &name).await.expect(201);
    let page = Client::with(&sandbox, &app).authorize(&[]).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(page.body.contains("&#60;script&#62;alert(1)"), "{}", page.body);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    for part in
        ["<html lang=\"en\">", "name=\"viewport\"", "<legend>", "<main>", "prefers-color-scheme: dark"]
    {
        assert!(page.body.contains(part), "{part} is not on the page");
    }
}

#[tokio::test]
async fn the_account_in_the_address_is_the_only_one_offered() {
    let sandbox = sandbox().await;
    let client = Client::of(&sandbox);
    let url = client.authorize_url("/oauth/77421/authorize", &[]);
    let page = sandbox.get(&url).await;
    assert!(page.body.contains("Globex GmbH") && !page.body.contains("Acme Ltd"), "{}", page.body);
    let other = client.decide(&url, &[("decision", "connect"), ("installer", "62515:6251501")]).await;
    assert_eq!(other.status, 400, "{}", other.body);
    let mine = client.decide(&url, &[("decision", "connect"), ("installer", "77421:7742101")]).await;
    assert!(parameter(&sent_back(&mine), "code").is_some());
}

#[tokio::test]
async fn only_super_admins_connect_apps() {
    let sandbox = sandbox().await;
    let client = Client::of(&sandbox);
    let url = client.authorize_url("/oauth/authorize", &[]);
    let form = [("decision", "connect"), ("installer", "62515:6251502")];
    let refused = client.decide(&url, &form).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("Only super admins"), "{}", refused.body);
    sandbox
        .edit(
            "hubspot",
            json!({"action": "set_super_admin", "portal_id": 62515, "user_id": 6_251_502, "super_admin": true}),
        )
        .await;
    assert!(parameter(&sent_back(&client.decide(&url, &form).await), "code").is_some());
}

#[tokio::test]
async fn a_form_that_says_nothing_sensible_connects_nothing() {
    let sandbox = sandbox().await;
    let client = Client::of(&sandbox);
    let url = client.authorize_url("/oauth/authorize", &[]);
    for form in [
        &[][..],
        &[("decision", "perhaps")],
        &[("decision", "connect")],
        &[("decision", "connect"), ("installer", "everybody")],
        &[("decision", "connect"), ("installer", "1:2")],
        &[("decision", "connect"), ("installer", "62515:7742101")],
    ] {
        let answer = client.decide(&url, form).await;
        assert_eq!(answer.status, 400, "{form:?}");
        assert_eq!(answer.header("location"), "");
    }
    let json = send(sandbox.request(Method::POST, &url).json(&json!({"decision": "connect"}))).await;
    assert_eq!(json.status, 400);
}
