//! Authorize and exchange (Notion facts 2).

use super::account::{Account, error, text};
use super::tokens::{CALLBACK, authorize_query, authorized, callback, code, exchange, token_call};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn an_exchange_answers_every_key_and_no_lifetime() {
    let account = Account::start().await;
    let answer = authorized(&account).await.answer;
    let mut keys: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "access_token",
            "bot_id",
            "duplicated_template_id",
            "owner",
            "refresh_token",
            "request_id",
            "token_type",
            "workspace_icon",
            "workspace_id",
            "workspace_name"
        ]
    );
    assert_eq!(
        (&answer["token_type"], &answer["workspace_id"]),
        (&json!("bearer"), &account.workspace["workspace_id"])
    );
    let user = &answer["owner"]["user"];
    assert_eq!(
        (&answer["owner"]["type"], &user["object"], &user["type"]),
        (&json!("user"), &json!("user"), &json!("person"))
    );
    assert_eq!(user["person"]["email"], account.workspace["users"][0]["email"]);
    for (owner, expected) in [
        ("workspace", json!({"type": "workspace", "workspace": true})),
        ("partial_user", json!({"type": "user", "user": {"object": "user", "id": user["id"]}})),
    ] {
        account.sandbox.set(json!({"notion": {"oauth": {"owner": owner}}})).await;
        assert_eq!(authorized(&account).await.answer["owner"], expected);
    }
}

#[tokio::test]
async fn the_token_call_needs_no_version_but_takes_one() {
    let account = Account::start().await;
    let app = account.sandbox.credentials()["notion"]["app"].clone();
    let code = code(&account).await;
    let request = account
        .sandbox
        .request(Method::POST, "/notion/v1/oauth/token")
        .header("notion-version", "2025-09-03");
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "external_account": {"key": "k", "name": "n"}});
    send(request.basic_auth(text(&app["client_id"]), Some(text(&app["client_secret"]))).json(&body))
        .await
        .expect(200);
}

#[tokio::test]
async fn clients_that_do_not_prove_who_they_are_are_refused() {
    let account = Account::start().await;
    let id = text(&account.sandbox.credentials()["notion"]["app"]["client_id"]);
    let body = json!({"grant_type": "authorization_code", "code": "x"});
    for call in ["token", "introspect", "revoke"] {
        let path = format!("/notion/v1/oauth/{call}");
        for request in [
            account.sandbox.request(Method::POST, &path),
            account.sandbox.request(Method::POST, &path).basic_auth(&id, Some("wrong")),
            account.sandbox.request(Method::POST, &path).bearer_auth(&account.token),
        ] {
            assert_eq!(error(&send(request.json(&body)).await, 401).0, "invalid_client");
        }
    }
}

#[tokio::test]
async fn grants_that_make_no_sense_are_refused() {
    let account = Account::start().await;
    let good = code(&account).await;
    let cases = [
        (json!({}), "invalid_request"),
        (json!({"grant_type": "password"}), "unsupported_grant_type"),
        (json!({"grant_type": "authorization_code"}), "invalid_request"),
        (json!({"grant_type": "authorization_code", "code": 5}), "invalid_request"),
        (json!({"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}), "invalid_grant"),
        (json!({"grant_type": "authorization_code", "code": good}), "invalid_request"),
        (
            json!({"grant_type": "authorization_code", "code": good, "redirect_uri": "http://127.0.0.1:9999/other"}),
            "invalid_grant",
        ),
        (json!({"grant_type": "refresh_token"}), "invalid_request"),
        (json!({"grant_type": "refresh_token", "refresh_token": "x"}), "invalid_grant"),
        (json!([]), "invalid_request"),
    ];
    for (body, expected) in cases {
        assert_eq!(error(&token_call(&account, "token", &body).await, 400).0, expected, "{body}");
    }
    exchange(&account, &good).await.expect(200);
    assert_eq!(error(&exchange(&account, &good).await, 400).0, "invalid_grant", "a code is good once");
    let late = code(&account).await;
    account.sandbox.advance(Duration::from_secs(600)).await;
    assert_eq!(error(&exchange(&account, &late).await, 400).0, "invalid_grant");
}

#[tokio::test]
async fn errors_take_the_other_shape_when_that_is_set() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"oauth": {"error_shape": "oauth"}}})).await;
    let refused = exchange(&account, "x").await.expect(400);
    assert_eq!(refused["error"], "invalid_grant");
    assert!(refused["error_description"].is_string() && refused.get("code").is_none());
}

#[tokio::test]
async fn form_bodies_are_taken_only_when_that_is_set() {
    let account = Account::start().await;
    let app = account.sandbox.credentials()["notion"]["app"].clone();
    let form = async |code: &str| {
        let request = account.sandbox.request(Method::POST, "/notion/v1/oauth/token");
        let request = request.basic_auth(text(&app["client_id"]), Some(text(&app["client_secret"])));
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2F127.0.0.1%3A9999%2Fcallback"
        );
        send(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    };
    let code = code(&account).await;
    assert_eq!(error(&form(&code).await, 400).0, "invalid_request");
    account.sandbox.set(json!({"notion": {"oauth": {"accept_form": true}}})).await;
    form(&code).await.expect(200);
}

#[tokio::test]
async fn the_redirect_uri_may_be_left_out_when_exactly_one_is_registered() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"oauth": {"redirect_uris": [CALLBACK]}}})).await;
    let mut query = authorize_query(&account);
    query.retain(|(key, _)| key != "redirect_uri");
    let authorize = async || {
        let request = account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize").query(&query);
        callback(&send(request).await)[0].1.clone()
    };
    let code = authorize().await;
    assert_eq!(error(&exchange(&account, &code).await, 400).0, "invalid_request", "not allowed");
    let bare = json!({"grant_type": "authorization_code", "code": code});
    token_call(&account, "token", &bare).await.expect(200);
}

#[tokio::test]
async fn links_that_make_no_sense_show_a_page_and_send_nobody_anywhere() {
    let account = Account::start().await;
    let change = |key: &str, value: Option<&str>| {
        let mut query = authorize_query(&account);
        query.retain(|(name, _)| name != key);
        query.extend(value.map(|value| (key.to_owned(), value.to_owned())));
        query
    };
    for query in [
        change("client_id", Some("x")),
        change("client_id", None),
        change("response_type", Some("token")),
        change("owner", None),
        change("redirect_uri", Some("https://evil.example/")),
        change("redirect_uri", None),
    ] {
        let answer =
            send(account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize").query(&query)).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{query:?}");
        assert!(
            answer.header("content-type").starts_with("text/html")
                && answer.body.contains("This link does not work")
        );
    }
    account.sandbox.set(json!({"notion": {"oauth": {"require_owner": false, "any_loopback_redirect": false, "redirect_uris": [CALLBACK]}}})).await;
    let answer = send(
        account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize").query(&change("owner", None)),
    )
    .await;
    callback(&answer);
}

#[tokio::test]
async fn who_refuses_is_sent_back_with_an_error() {
    let account = Account::start().await;
    account.sandbox.set(json!({"consent": "deny"})).await;
    let request =
        account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize").query(&authorize_query(&account));
    let parameters = callback(&send(request).await);
    assert_eq!(
        parameters,
        [("error".to_owned(), "access_denied".to_owned()), ("state".to_owned(), "s 1".to_owned())]
    );
}

#[tokio::test]
async fn any_workspace_can_be_the_one_that_is_approved() {
    let account = Account::start().await;
    let other = account.sandbox.credentials()["notion"]["workspaces"][1].clone();
    account.sandbox.set(json!({"notion": {"oauth": {"approve_workspace": other["name"]}}})).await;
    let answer = authorized(&account).await.answer;
    assert_eq!(
        (&answer["workspace_id"], &answer["workspace_name"]),
        (&other["workspace_id"], &other["name"])
    );
    account.sandbox.set(json!({"notion": {"oauth": {"approve_workspace": other["workspace_id"]}}})).await;
    assert_eq!(authorized(&account).await.answer["bot_id"], answer["bot_id"], "the same authorization again");
    account.sandbox.set(json!({"notion": {"oauth": {"approve_workspace": Value::Null}}})).await;
    assert_ne!(authorized(&account).await.answer["bot_id"], answer["bot_id"]);
}
