//! The start, seeding, and resets.

use super::account::{Account, NEW, text};
use crate::support::TestSandbox;
use serde_json::{Value, json};

#[tokio::test]
async fn seeded_rows_are_in_the_first_workspace() {
    let account = Account::start().await;
    let counts = account
        .sandbox
        .post("/_sandbox/seed", &json!({"people": 30, "companies": 5, "deals": 8}))
        .await
        .expect(200);
    let counts = &counts["notion"];
    assert_eq!((&counts["companies"], &counts["deals"]), (&json!(5), &json!(8)));
    let people =
        account.query("People", json!({})).await.expect(200)["results"].as_array().expect("a list").clone();
    assert_eq!(json!(people.len()), counts["people"]);
    assert!(!people.is_empty());
    let tables = account.sandbox.get("/_sandbox/notion/records").await.expect(200);
    let titles: Vec<String> =
        tables["tables"].as_array().expect("a list").iter().map(|table| text(&table["title"])).collect();
    assert!(titles.contains(&"Northwind Studio / People".to_owned()), "{titles:?}");
    assert_eq!(titles.len(), 7);
}

#[tokio::test]
async fn rows_can_be_looked_at_page_by_page() {
    let account = Account::start().await;
    account.sandbox.post("/_sandbox/seed", &json!({"companies": 5})).await.expect(200);
    let path = format!("/_sandbox/notion/records?table={}&limit=3", account.source("Companies"));
    let first = account.sandbox.get(&path).await.expect(200);
    assert_eq!(first["rows"].as_array().expect("a list").len(), 3);
    assert!(first["columns"].as_array().expect("a list").contains(&json!("Employees")));
    let second = account.sandbox.get(&format!("{path}&after={}", text(&first["next"]))).await.expect(200);
    assert_eq!((second["rows"].as_array().expect("a list").len(), &second["next"]), (2, &Value::Null));
    account.sandbox.get("/_sandbox/notion/records?table=x").await.expect(404);
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story_and_a_reset_begins_it_anew() {
    let story = async |account: &Account| {
        account.sandbox.post("/_sandbox/seed", &json!({"people": 5, "companies": 2})).await.expect(200);
        account.person("Ada").await;
        account.query("People", json!({})).await.expect(200)
    };
    let one = Account::start().await;
    let first = story(&one).await;
    assert_eq!(story(&Account::start().await).await["results"], first["results"]);
    one.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    one.sandbox.set(json!({"notion": {"limits": {"enabled": false}}})).await;
    assert!(one.names("People", json!({})).await.is_empty());
    assert_eq!(story(&one).await["results"], first["results"]);
}

#[tokio::test]
async fn credentials_name_the_app_and_two_workspaces() {
    let sandbox = TestSandbox::start().await;
    let notion = sandbox.credentials()["notion"].clone();
    assert!(text(&notion["base_url"]).ends_with("/notion"));
    for key in ["client_id", "client_secret"] {
        assert!(notion["app"][key].is_string(), "{key}");
    }
    let workspaces = notion["workspaces"].as_array().expect("a list");
    assert_eq!(workspaces.len(), 2);
    assert_eq!(workspaces[0]["databases"].as_array().expect("a list").len(), 3);
    for workspace in workspaces {
        assert!(text(&workspace["token"]).starts_with("ntn_"));
        let account = Account {
            sandbox: TestSandbox::start().await,
            workspace: workspace.clone(),
            token: text(&workspace["token"]),
        };
        account.call(NEW, reqwest::Method::GET, "/users/me", None).await.expect(200);
    }
}

#[tokio::test]
async fn settings_are_shown_and_wrong_ones_refused() {
    let sandbox = TestSandbox::start().await;
    let settings = sandbox.get("/_sandbox/settings").await.expect(200);
    assert_eq!(settings["notion"]["limits"]["per_minute"], 180);
    let wrong = json!({"notion": {"limits": {"per_minuet": 1}}});
    let answer =
        crate::support::send(sandbox.request(reqwest::Method::PATCH, "/_sandbox/settings").json(&wrong))
            .await;
    assert!(text(&answer.expect(422)["detail"]).contains("per_minuet"));
}

#[tokio::test]
async fn settings_far_from_sense_break_nothing() {
    let account = Account::start().await;
    let most = i64::MAX;
    account.sandbox.set(json!({"notion": {
        "oauth": {"code_ttl_ms": most, "access_token_lifetime_ms": most, "old_access_token_grace_ms": most},
        "limits": {"enabled": true, "workspace_window_s": u64::MAX, "aligned_to_clock": false},
        "query": {"week_starts_on": -128, "ceiling": 0},
        "search": {"index_lag_ms": i64::MIN},
        "pages": {"file_url_ttl_ms": most, "shown_references": 0},
        "timestamps": {"edited_rounding_ms": most, "created_rounding_ms": i64::MIN},
        "webhooks": {"aggregation_ms": most, "jitter_ms": -5, "backoff_s": [most, -1]},
    }})).await;
    let tokens = super::tokens::authorized(&account).await;
    super::tokens::refresh(&account, &tokens.refresh).await.expect(200);
    account.person("Ada").await;
    account.post("/search", &json!({})).await.expect(200);
    let filter = json!({"filter": {"property": "Last contact", "date": {"this_week": {}}}});
    assert!(account.names("People", filter).await.is_empty());
    let path = format!("/_sandbox/notion/records?table={}&after={}", account.source("People"), usize::MAX);
    assert_eq!(account.sandbox.get(&path).await.expect(200)["rows"], json!([]));
}
