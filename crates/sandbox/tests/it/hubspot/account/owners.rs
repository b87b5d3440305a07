//! Owners (HubSpot facts 9).

use super::token;
use crate::support::{Answer, TestSandbox};
use reqwest::Method;
use serde_json::{Value, json};

async fn get(sandbox: &TestSandbox, path: &str) -> Answer {
    sandbox.call(&token(sandbox, 0), Method::GET, &format!("/hubspot/crm/{path}"), None).await
}

fn ids(page: &Value) -> Vec<&str> {
    page["results"].as_array().expect("results").iter().filter_map(|owner| owner["id"].as_str()).collect()
}

#[tokio::test]
async fn every_user_is_an_owner_under_another_number() {
    let sandbox = TestSandbox::start().await;
    for path in ["v3/owners", "v3/owners/?limit=5&archived=False", "owners/2026-03", "owners/2026-09/"] {
        let page = get(&sandbox, path).await.expect(200);
        assert_eq!(ids(&page), ["6217501", "6217502"], "{path}");
        assert_eq!(page.get("paging"), None);
        assert_eq!(
            page["results"][0],
            json!({
                "id": "6217501", "email": "ada@acme.example", "type": "PERSON", "firstName": "Ada",
                "lastName": "Lovelace", "userId": 6_251_501, "userIdIncludingInactive": 6_251_501,
                "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
                "archived": false, "teams": [],
            })
        );
    }
}

#[tokio::test]
async fn owners_are_paged_and_found_by_email() {
    let sandbox = TestSandbox::start().await;
    let first = get(&sandbox, "v3/owners?limit=1").await.expect(200);
    assert_eq!(ids(&first), ["6217501"]);
    assert_eq!(first["paging"]["next"]["after"], "6217501");
    let link = first["paging"]["next"]["link"].as_str().expect("a link");
    assert!(
        link.starts_with(&sandbox.url("/hubspot/crm/v3/owners?")) && link.contains("after=6217501"),
        "{link}"
    );
    let second = get(&sandbox, "v3/owners?limit=1&after=6217501").await.expect(200);
    assert_eq!((ids(&second), second.get("paging")), (vec!["6217502"], None));
    let grace = get(&sandbox, "v3/owners?email=Grace@acme.example").await.expect(200);
    assert_eq!(ids(&grace), ["6217502"]);
    let nobody = get(&sandbox, "v3/owners?email=konrad@globex.example").await.expect(200);
    assert_eq!(nobody, json!({"results": []}));
}

#[tokio::test]
async fn an_owner_is_read_by_either_number() {
    let sandbox = TestSandbox::start().await;
    for path in
        ["v3/owners/6217502", "v3/owners/6217502?idProperty=id", "v3/owners/6251502?idProperty=userId"]
    {
        let owner = get(&sandbox, path).await.expect(200);
        assert_eq!(owner["email"], "grace@acme.example", "{path}");
    }
    for path in ["v3/owners/1", "v3/owners/6251502", "v3/owners/6217502?idProperty=userId"] {
        get(&sandbox, path).await.expect(404);
    }
}

#[tokio::test]
async fn whoever_leaves_the_account_is_an_archived_owner() {
    let sandbox = TestSandbox::start().await;
    let edit = json!({"action": "deactivate_user", "portal_id": 62515, "user_id": 6_251_502});
    sandbox.edit("hubspot", edit).await;
    assert_eq!(ids(&get(&sandbox, "v3/owners").await.expect(200)), ["6217501"]);
    let archived = get(&sandbox, "v3/owners?archived=true").await.expect(200);
    assert_eq!(ids(&archived), ["6217502"]);
    let owner = &archived["results"][0];
    assert_eq!((owner.get("userId"), &owner["userIdIncludingInactive"]), (None, &json!(6_251_502)));
    get(&sandbox, "v3/owners/6217502").await.expect(404);
    get(&sandbox, "v3/owners/6217502?archived=True").await.expect(200);
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_refused() {
    let sandbox = TestSandbox::start().await;
    for query in ["limit=0", "limit=501", "limit=many", "after=x", "archived=maybe"] {
        let refused = get(&sandbox, &format!("v3/owners?{query}")).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR", "{query}");
    }
    for path in ["v3/owners/ada", "v3/owners/1?idProperty=email"] {
        assert_eq!(get(&sandbox, path).await.expect(400)["category"], "VALIDATION_ERROR", "{path}");
    }
}
