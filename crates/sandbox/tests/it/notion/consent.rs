//! The consent page (Notion facts 2): a person chooses the workspace and the pages.

use super::account::{Account, NEW, text};
use super::tokens::{authorize_query, callback, exchange};
use crate::support::{Answer, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn page(account: &Account) -> Answer {
    account.sandbox.set(json!({"consent": "page"})).await;
    let request =
        account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize").query(&authorize_query(account));
    send(request).await
}

async fn submit(account: &Account, more: &[(&str, &str)]) -> Answer {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(authorize_query(account)).extend_pairs(more);
    let request = account.sandbox.request(Method::POST, "/notion/v1/oauth/authorize");
    send(request.header("content-type", "application/x-www-form-urlencoded").body(form.finish())).await
}

#[tokio::test]
async fn the_page_offers_workspaces_and_what_is_in_them() {
    let account = Account::start().await;
    let page = page(&account).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    for shown in [
        "Northwind Studio",
        "Meridian Labs",
        "People",
        "Private notes",
        "Allow access",
        "Cancel",
        "name=\"state\" value=\"s 1\"",
        "lang=\"en\"",
    ] {
        assert!(page.body.contains(shown), "{shown}");
    }
    assert!(!page.body.contains("<script"));
}

#[tokio::test]
async fn what_was_not_chosen_is_not_found() {
    let account = Account::start().await;
    page(&account).await;
    let workspace = text(&account.workspace["workspace_id"]);
    let people = account.database("People");
    let answer =
        submit(&account, &[("workspace", &workspace), ("share", &people), ("decision", "allow")]).await;
    let parameters = callback(&answer);
    assert_eq!((parameters[0].0.as_str(), &parameters[1].1), ("code", &"s 1".to_owned()));
    let token = text(&exchange(&account, &parameters[0].1).await.expect(200)["access_token"]);
    let get = async |path: String| account.call_as(&token, NEW, Method::GET, &path, None).await;
    get(format!("/databases/{people}")).await.expect(200);
    get(format!("/data_sources/{}", account.source("People"))).await.expect(200);
    get(format!("/databases/{}", account.database("Deals"))).await.expect(404);
    get(format!("/pages/{}", account.crm())).await.expect(404);
    let found = account.call_as(&token, NEW, Method::POST, "/search", Some(&json!({}))).await.expect(200);
    let ids: Vec<&Value> =
        found["results"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&json!(account.source("People"))]);
}

#[tokio::test]
async fn pages_of_another_workspace_do_not_count() {
    let account = Account::start().await;
    page(&account).await;
    let other = account.sandbox.credentials()["notion"]["workspaces"][1].clone();
    let share = account.database("People");
    let answer = submit(
        &account,
        &[("workspace", &text(&other["workspace_id"])), ("share", &share), ("decision", "allow")],
    )
    .await;
    let token = text(&exchange(&account, &callback(&answer)[0].1).await.expect(200)["access_token"]);
    let found = account.call_as(&token, NEW, Method::POST, "/search", Some(&json!({}))).await.expect(200);
    assert_eq!(found["results"], json!([]));
}

#[tokio::test]
async fn who_cancels_is_sent_back_and_nothing_is_let_in() {
    let account = Account::start().await;
    page(&account).await;
    let answer =
        submit(&account, &[("workspace", &text(&account.workspace["workspace_id"])), ("decision", "cancel")])
            .await;
    assert_eq!(callback(&answer)[0], ("error".to_owned(), "access_denied".to_owned()));
    assert_eq!(submit(&account, &[("decision", "allow")]).await.status, 400);
    assert_eq!(submit(&account, &[("decision", "allow"), ("workspace", "x")]).await.status, 400);
    assert_eq!(account.get("/users").await.expect(200)["results"].as_array().expect("a list").len(), 3);
}

#[tokio::test]
async fn what_a_link_carries_is_shown_as_text() {
    let account = Account::start().await;
    account.sandbox.set(json!({"consent": "page"})).await;
    let mut query = authorize_query(&account);
    query[4].1 = "\"><script>alert(1)</script>".to_owned();
    let page = send(account.sandbox.request(Method::GET, "/notion/v1/oauth/authorize").query(&query)).await;
    assert!(page.status == 200 && !page.body.contains("<script>"));
}
