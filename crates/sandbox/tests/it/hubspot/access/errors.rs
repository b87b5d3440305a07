//! Every refusal of the token endpoints (HubSpot facts 1.4).

use super::{Client, REDIRECT};
use crate::support::TestSandbox;
use serde_json::{Value, json};

type Fields = Vec<(&'static str, String)>;

/// Fields that are refused with each status, besides those that need more than fields.
async fn refusals(client: &Client<'_>) -> Vec<(&'static str, Fields)> {
    let field = |name: &'static str, value: &str| (name, value.to_owned());
    let mine = [field("client_id", &client.client_id), field("client_secret", &client.client_secret)];
    let with = |more: &[(&'static str, String)]| [&mine[..], more].concat();
    let exchange = |code: &str, redirect: &str| {
        with(&[
            field("grant_type", "authorization_code"),
            field("code", code),
            field("redirect_uri", redirect),
        ])
    };
    let refresh = [field("grant_type", "refresh_token"), field("refresh_token", "na1-nobody")];
    let code = client.code(&[("code_challenge", "v"), ("code_challenge_method", "plain")]).await;
    vec![
        ("BAD_GRANT_TYPE", with(&[])),
        ("BAD_GRANT_TYPE", with(&[field("grant_type", "password")])),
        ("BAD_CLIENT_ID", refresh.to_vec()),
        ("BAD_CLIENT_ID", [&refresh[..], &[field("client_id", "nobody")]].concat()),
        ("BAD_CLIENT_SECRET", [&refresh[..], &[mine[0].clone()]].concat()),
        ("BAD_CLIENT_SECRET", [&refresh[..], &[mine[0].clone(), field("client_secret", "guess")]].concat()),
        ("BAD_AUTH_CODE", with(&[field("grant_type", "authorization_code")])),
        ("BAD_AUTH_CODE", exchange("na1-nobody", REDIRECT)),
        ("BAD_REDIRECT_URI", exchange(&code, "http://localhost:9/other")),
        ("BAD_REDIRECT_URI", exchange(&code, "")),
        ("BAD_CODE_VERIFIER", exchange(&code, REDIRECT)),
        ("BAD_REFRESH_TOKEN", with(&[field("grant_type", "refresh_token")])),
        ("BAD_REFRESH_TOKEN", with(&refresh)),
        ("BAD_SCOPES", with(&[field("grant_type", "client_credentials")])),
        (
            "BAD_SCOPES",
            with(&[field("grant_type", "client_credentials"), field("scope", "crm.objects.contacts.read")]),
        ),
    ]
}

/// RFC 6749's `error` and the text that go with a status.
fn words(status: &str) -> (&'static str, &'static str) {
    match status {
        "BAD_GRANT_TYPE" => ("unsupported_grant_type", "missing or unknown grant type"),
        "BAD_CLIENT_ID" => ("invalid_client", "missing or unknown client id"),
        "BAD_CLIENT_SECRET" => ("invalid_client", "missing or invalid client secret"),
        "BAD_AUTH_CODE" => ("invalid_grant", "missing or unknown auth code"),
        "BAD_REDIRECT_URI" => ("invalid_grant", "redirect URI mismatch"),
        "BAD_CODE_VERIFIER" => ("invalid_grant", "missing or invalid code verifier"),
        "BAD_REFRESH_TOKEN" => ("invalid_grant", "refresh token is invalid, expired or revoked"),
        "BAD_SCOPES" => ("invalid_scope", "missing or unknown scopes"),
        "BAD_HUB" => ("access_denied", "missing or unknown hub id"),
        other => panic!("no words for {other}"),
    }
}

fn borrowed(fields: &Fields) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn every_refusal_has_the_keys_of_both_families() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    for (status, fields) in refusals(&client).await {
        for version in ["v1", "v3", "2026-03", "2026-09", "2026-09-beta"] {
            let answer = client.form(&format!("{version}/token"), &borrowed(&fields)).await;
            let (error, message) = words(status);
            assert_eq!(
                answer.expect(400),
                json!({"error": error, "error_description": message, "status": status, "message": message}),
                "{version} {fields:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_older_shape_has_hubspots_own_keys_only() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"oauth": {"error_shape": "older"}}})).await;
    let client = Client::of(&sandbox);
    for (status, fields) in refusals(&client).await {
        let answer = client.form("v1/token", &borrowed(&fields)).await;
        let message = match status {
            "BAD_REFRESH_TOKEN" => "missing or invalid refresh token",
            other => words(other).1,
        };
        let id = answer.header("x-hubspot-correlation-id").to_owned();
        assert_eq!(id.len(), 36);
        assert_eq!(
            answer.expect(400),
            json!({"status": status, "message": message, "correlationId": id}),
            "{fields:?}"
        );
    }
}

#[tokio::test]
async fn an_uninstalled_account_may_be_told_as_a_bad_hub() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    sandbox.edit("hubspot", json!({"action": "uninstall", "portal_id": 62515})).await;
    let refused = client.refresh("v3/token", &tokens.refresh).await.expect(400);
    assert_eq!(refused["status"], "BAD_REFRESH_TOKEN");
    for status in [400, 403] {
        let settings = json!({"after_uninstall": "bad_hub", "bad_hub_status": status});
        sandbox.set(json!({"hubspot": {"oauth": settings}})).await;
        let (error, message) = words("BAD_HUB");
        assert_eq!(
            client.refresh("v3/token", &tokens.refresh).await.expect(status),
            json!({"error": error, "error_description": message, "status": "BAD_HUB", "message": message})
        );
    }
}

#[tokio::test]
async fn words_that_are_only_guessed_can_be_replaced() {
    let sandbox = TestSandbox::start().await;
    let words = json!({"error": "invalid_request", "message": "no such redirect", "http_status": 401});
    sandbox.set(json!({"hubspot": {"oauth": {"errors": {"BAD_CLIENT_SECRET": words}}}})).await;
    let client = Client::of(&sandbox);
    let fields = [("grant_type", "refresh_token"), ("client_id", &*client.client_id)];
    assert_eq!(
        client.form("v3/token", &fields).await.expect(401),
        json!({
            "error": "invalid_request", "error_description": "no such redirect",
            "status": "BAD_CLIENT_SECRET", "message": "no such redirect",
        })
    );
}

#[tokio::test]
async fn codes_and_refresh_tokens_of_one_app_are_worth_nothing_to_another() {
    let sandbox = TestSandbox::start().await;
    let mine = Client::of(&sandbox);
    let other = sandbox.post("/_sandbox/hubspot/apps", &json!({"name": "Other"})).await.expect(201);
    let other = Client::with(&sandbox, &other);
    let (code, tokens) = (mine.code(&[]).await, mine.connect("").await);
    assert_eq!(other.exchange("v3/token", &code).await.expect(400)["status"], "BAD_AUTH_CODE");
    assert_eq!(other.refresh("v3/token", &tokens.refresh).await.expect(400)["status"], "BAD_REFRESH_TOKEN");
    let inactive = other.signed("v3/token/introspect", &[("token", &tokens.access)]).await.expect(200);
    assert_eq!(inactive, json!({"active": false}));
    assert_eq!(other.signed("v3/token/revoke", &[("token", &tokens.refresh)]).await.status, 200);
    mine.refresh("v3/token", &tokens.refresh).await.expect(200);
    mine.exchange("v3/token", &code).await.expect(200);
}

#[tokio::test]
async fn a_body_that_is_no_form_has_no_fields() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let body = json!({
        "grant_type": "refresh_token", "client_id": client.client_id, "client_secret": client.client_secret,
    });
    let answer = sandbox.post("/hubspot/oauth/v3/token", &body).await.expect(400);
    assert_eq!(answer["status"], "BAD_GRANT_TYPE");
    let wrong_method = sandbox.get("/hubspot/oauth/v3/token").await;
    assert_eq!(wrong_method.status, 405);
    assert_eq!(wrong_method.json()["correlationId"], wrong_method.header("x-hubspot-correlation-id"));
}

#[tokio::test]
async fn introspection_and_revocation_refuse_strangers_in_the_same_words() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    for path in ["v3/token/introspect", "2026-03/token/revoke"] {
        let nobody = client.form(path, &[("token", "x")]).await.expect(400);
        assert_eq!(nobody["status"], "BAD_CLIENT_ID");
        let guess = [("token", "x"), ("client_id", &*client.client_id), ("client_secret", "guess")];
        let refused: Value = client.form(path, &guess).await.expect(400);
        assert_eq!(refused["status"], "BAD_CLIENT_SECRET");
    }
}
