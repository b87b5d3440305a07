//! The public integration, authorized: a helper for other tests, and what its tokens do (Notion facts 2).

use super::account::{Account, NEW, error, text};
use crate::support::{Answer, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const CALLBACK: &str = "http://127.0.0.1:9999/callback";

/// What an authorization gave.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Value,
    pub(crate) answer: Value,
}

/// The authorize URL's query.
pub(crate) fn authorize_query(account: &Account) -> Vec<(String, String)> {
    let client_id = text(&account.sandbox.credentials()["notion"]["app"]["client_id"]);
    [
        ("client_id", client_id.as_str()),
        ("response_type", "code"),
        ("owner", "user"),
        ("redirect_uri", CALLBACK),
        ("state", "s 1"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

/// The callback's parameters.
pub(crate) fn callback(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{}", answer.body);
    let url = url::Url::parse(answer.header("location")).expect("an address");
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    url.query_pairs().into_owned().collect()
}

/// A code, consent being given at once.
pub(crate) async fn code(account: &Account) -> String {
    let request = account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize");
    let parameters = callback(&send(request.query(&authorize_query(account))).await);
    assert_eq!(parameters[1], ("state".to_owned(), "s 1".to_owned()));
    parameters[0].1.clone()
}

/// A token call with the integration's credentials.
pub(crate) async fn token_call(account: &Account, call: &str, body: &Value) -> Answer {
    let app = account.sandbox.credentials()["notion"]["app"].clone();
    let request = account.sandbox.request(Method::POST, &format!("/notion/v1/oauth/{call}"));
    send(request.basic_auth(text(&app["client_id"]), Some(text(&app["client_secret"]))).json(body)).await
}

pub(crate) async fn exchange(account: &Account, code: &str) -> Answer {
    token_call(
        account,
        "token",
        &json!({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}),
    )
    .await
}

pub(crate) async fn refresh(account: &Account, token: &Value) -> Answer {
    token_call(account, "token", &json!({"grant_type": "refresh_token", "refresh_token": token})).await
}

/// Tokens of a new authorization.
pub(crate) async fn authorized(account: &Account) -> Tokens {
    let code = code(account).await;
    let answer = exchange(account, &code).await.expect(200);
    Tokens { access: text(&answer["access_token"]), refresh: answer["refresh_token"].clone(), answer }
}

async fn status(account: &Account, token: &str) -> u16 {
    account.call_as(token, NEW, Method::GET, "/users/me", None).await.status
}

#[tokio::test]
async fn a_refresh_gives_both_tokens_anew_and_the_old_ones_are_worth_nothing() {
    let account = Account::start().await;
    let first = authorized(&account).await;
    let second = refresh(&account, &first.refresh).await.expect(200);
    assert_ne!(second["access_token"], first.answer["access_token"]);
    assert_ne!(second["refresh_token"], first.refresh);
    for key in ["token_type", "bot_id", "workspace_id", "workspace_name", "owner", "duplicated_template_id"] {
        assert_eq!(second[key], first.answer[key], "{key}");
    }
    assert_eq!(status(&account, &first.access).await, 401);
    assert_eq!(status(&account, &text(&second["access_token"])).await, 200);
    assert_eq!(error(&refresh(&account, &first.refresh).await, 400).0, "invalid_grant");
    refresh(&account, &second["refresh_token"]).await.expect(200);
}

#[tokio::test]
async fn what_is_unknown_of_a_refresh_can_be_set() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"oauth": {"rotate_refresh_tokens": false, "old_access_token_grace_ms": 60_000}}})).await;
    let first = authorized(&account).await;
    let second = refresh(&account, &first.refresh).await.expect(200);
    assert_eq!(second["refresh_token"], first.refresh);
    assert_eq!(status(&account, &first.access).await, 200);
    account.sandbox.advance(Duration::from_secs(60)).await;
    assert_eq!(status(&account, &first.access).await, 401);
    account
        .sandbox
        .set(json!({"notion": {"oauth": {"rotate_refresh_tokens": true, "reuse_revokes": true}}}))
        .await;
    let third = refresh(&account, &first.refresh).await.expect(200);
    refresh(&account, &first.refresh).await.expect(400);
    assert_eq!(status(&account, &text(&third["access_token"])).await, 401, "reuse was noticed");
}

#[tokio::test]
async fn refresh_tokens_are_null_for_old_integrations() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"oauth": {"refresh_tokens": false}}})).await;
    let tokens = authorized(&account).await;
    assert!(
        tokens.refresh.is_null()
            && tokens.answer.as_object().expect("an object").contains_key("refresh_token")
    );
    assert_eq!(status(&account, &tokens.access).await, 200);
    assert_eq!(error(&refresh(&account, &Value::Null).await, 400).0, "invalid_request");
}

#[tokio::test]
async fn access_tokens_live_for_ever_unless_a_lifetime_is_set() {
    let account = Account::start().await;
    let forever = authorized(&account).await.access;
    account.sandbox.set(json!({"notion": {"oauth": {"access_token_lifetime_ms": 3_600_000}}})).await;
    let tokens = authorized(&account).await;
    assert!(tokens.answer.get("expires_in").is_none());
    account.sandbox.advance(Duration::from_secs(3600)).await;
    let answer = account.call_as(&tokens.access, NEW, Method::GET, "/users/me", None).await;
    assert_eq!(error(&answer, 401), ("unauthorized".to_owned(), "API token is invalid.".to_owned()));
    assert_eq!(status(&account, &forever).await, 200);
    refresh(&account, &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn tokens_are_introspected_and_revoked() {
    let account = Account::start().await;
    let tokens = authorized(&account).await;
    let known = token_call(&account, "introspect", &json!({"token": tokens.access})).await.expect(200);
    assert_eq!((&known["active"], &known["iat"]), (&json!(true), &json!(1_767_225_600)));
    let unknown = token_call(&account, "introspect", &json!({"token": "x"})).await.expect(200);
    assert!(unknown["active"] == false && unknown.get("iat").is_none());
    let revoked = token_call(&account, "revoke", &json!({"token": tokens.access})).await.expect(200);
    assert!(revoked["request_id"].is_string());
    assert_eq!(status(&account, &tokens.access).await, 401);
    let known = token_call(&account, "introspect", &json!({"token": tokens.access})).await.expect(200);
    assert_eq!(known["active"], false);
    assert_eq!(error(&refresh(&account, &tokens.refresh).await, 400).0, "invalid_grant");
    for call in ["introspect", "revoke"] {
        assert_eq!(error(&token_call(&account, call, &json!({})).await, 400).0, "invalid_request");
    }
}

#[tokio::test]
async fn a_public_connection_is_owned_by_the_person_who_let_it_in() {
    let account = Account::start().await;
    let tokens = authorized(&account).await;
    let me = account.call_as(&tokens.access, NEW, Method::GET, "/users/me", None).await.expect(200);
    assert_eq!(me["id"], tokens.answer["bot_id"]);
    assert_eq!(me["bot"]["owner"]["user"]["id"], account.workspace["users"][0]["id"]);
    let page =
        json!({"parent": {"workspace": true}, "properties": {"title": [{"text": {"content": "Mine"}}]}});
    let page = account.call_as(&tokens.access, NEW, Method::POST, "/pages", Some(&page)).await.expect(200);
    assert_eq!(page["parent"], json!({"type": "workspace", "workspace": true}));
    let path = format!("/pages/{}", text(&page["id"]));
    account.call_as(&tokens.access, NEW, Method::GET, &path, None).await.expect(200);
    account.get(&path).await.expect(404);
}
