//! Filters and sorts of queries (Notion facts 6).

use super::account::{Account, OLD, error, text, title};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Three people with a value in every column, and one with a name only.
async fn peopled() -> Account {
    let account = Account::start().await;
    let acme = account
        .row("Companies", json!({"Name": title("Acme"), "Domain": {"url": "https://acme.example"}}))
        .await;
    let owner = account.workspace["users"][0]["id"].clone();
    let people = [
        ("Ada Lovelace", "ada@example.com", "Active", vec!["VIP", "Speaker"], "2026-01-01", true),
        ("Bob Martin", "bob@example.org", "New", vec!["Newsletter"], "2025-12-20", false),
        ("Cleo Adams", "cleo@example.com", "Gone", vec![], "2026-01-05", true),
    ];
    for (name, email, status, tags, contact, vip) in people {
        let tags: Vec<Value> = tags.into_iter().map(|tag| json!({"name": tag})).collect();
        let mut properties = json!({
            "Name": title(name), "Email": {"email": email}, "Status": {"status": {"name": status}},
            "Tags": {"multi_select": tags}, "Last contact": {"date": {"start": contact}}, "Subscribed": {"checkbox": vip},
        });
        if vip {
            properties["Company"] = json!({"relation": [{"id": acme["id"]}]});
            properties["Owner"] = json!({"people": [{"id": owner}]});
        }
        account.row("People", properties).await;
        account.sandbox.advance(Duration::from_secs(3600)).await;
    }
    account.row("People", json!({"Name": title("Dan")})).await;
    account
}

async fn found(account: &Account, filter: Value) -> String {
    let names = account.names("People", json!({"filter": filter})).await;
    names.iter().map(|name| &name[..1]).collect()
}

#[tokio::test]
async fn every_type_is_filtered_by_its_operators() {
    let account = peopled().await;
    let acme = text(&account.query("Companies", json!({})).await.expect(200)["results"][0]["id"]);
    let owner = text(&account.workspace["users"][0]["id"]);
    let bot = text(&account.workspace["bot_id"]);
    let cases = [
        (json!({"property": "Name", "title": {"contains": "ada"}}), "AC"),
        (json!({"property": "Name", "title": {"does_not_contain": "ada"}}), "BD"),
        (json!({"property": "Name", "title": {"starts_with": "Ada"}}), "A"),
        (json!({"property": "Name", "title": {"ends_with": "s"}}), "C"),
        (json!({"property": "Email", "email": {"equals": "bob@example.org"}}), "B"),
        (json!({"property": "Email", "email": {"does_not_equal": "bob@example.org"}}), "ACD"),
        (json!({"property": "Email", "email": {"is_empty": true}}), "D"),
        (json!({"property": "Phone", "phone_number": {"is_not_empty": true}}), ""),
        (json!({"property": "Website", "url": {"is_empty": true}}), "ABCD"),
        (json!({"property": "Status", "status": {"equals": "Active"}}), "A"),
        (json!({"property": "Status", "status": {"equals": ["Active", "New"]}}), "AB"),
        (json!({"property": "Status", "status": {"does_not_equal": "Active"}}), "BCD"),
        (json!({"property": "Tags", "multi_select": {"contains": "VIP"}}), "A"),
        (json!({"property": "Tags", "multi_select": {"contains": ["VIP", "Newsletter"]}}), "AB"),
        (json!({"property": "Tags", "multi_select": {"does_not_contain": "VIP"}}), "BCD"),
        (json!({"property": "Subscribed", "checkbox": {"equals": true}}), "AC"),
        (json!({"property": "Subscribed", "checkbox": {"does_not_equal": true}}), "BD"),
        (json!({"property": "Number", "unique_id": {"less_than_or_equal_to": 2}}), "AB"),
        (json!({"property": "Number", "unique_id": {"greater_than": 3}}), "D"),
        (json!({"property": "Company", "relation": {"contains": acme}}), "AC"),
        (json!({"property": "Company", "relation": {"is_empty": true}}), "BD"),
        (json!({"property": "Owner", "people": {"contains": owner}}), "AC"),
        (json!({"property": "Created by", "created_by": {"contains": bot}}), "ABCD"),
        (json!({"property": "Edited by", "last_edited_by": {"does_not_contain": bot}}), ""),
        (json!({"property": "Last contact", "date": {"equals": "today"}}), "A"),
        (json!({"property": "Last contact", "date": {"before": "2026-01-01"}}), "B"),
        (json!({"property": "Last contact", "date": {"on_or_after": "2026-01-01"}}), "AC"),
        (json!({"property": "Last contact", "date": {"next_week": {}}}), "AC"),
        (json!({"property": "Last contact", "date": {"past_month": {}}}), "AB"),
        (json!({"property": "Last contact", "date": {"is_empty": true}}), "D"),
        (json!({"property": "Created", "created_time": {"after": "2026-01-01T00:30:00Z"}}), "BCD"),
        (json!({"property": "Greeting", "formula": {"string": {"contains": "bob"}}}), "B"),
        (json!({"property": "Company site", "rollup": {"any": {"url": {"contains": "acme"}}}}), "AC"),
        (json!({"property": "Company site", "rollup": {"none": {"url": {"contains": "acme"}}}}), "BD"),
        (
            json!({"timestamp": "created_time", "created_time": {"on_or_before": "2026-01-01T01:00:00Z"}}),
            "AB",
        ),
        (
            json!({"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": "2026-01-01T02:00:00.000Z"}}),
            "CD",
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&account, filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn rollups_and_numbers_and_files_and_verifications() {
    let account = Account::start().await;
    account
        .patch(
            &format!("/data_sources/{}", account.source("Companies")),
            &json!({"properties": {"Checked": {"verification": {}}}}),
        )
        .await
        .expect(200);
    let acme = account.row("Companies", json!({"Name": title("Acme"), "Employees": {"number": 5}, "Checked": {"verification": {"state": "verified"}}, "Documents": {"files": [{"name": "a", "external": {"url": "https://x.example/a"}}]}})).await;
    account.row("Companies", json!({"Name": title("Bolt"), "Employees": {"number": 50}})).await;
    account.row("People", json!({"Name": title("Ada"), "Company": {"relation": [{"id": acme["id"]}]}})).await;
    let cases = [
        (json!({"property": "Employees", "number": {"greater_than_or_equal_to": 50}}), "Bolt"),
        (json!({"property": "Employees", "number": {"equals": 5}}), "Acme"),
        (json!({"property": "Headcount here", "rollup": {"number": {"equals": 1}}}), "Acme"),
        (json!({"property": "Documents", "files": {"is_empty": true}}), "Bolt"),
        (json!({"property": "Documents", "files": {"is_not_empty": true}}), "Acme"),
        (json!({"property": "Checked", "verification": {"status": "verified"}}), "Acme"),
        (json!({"property": "Checked", "verification": {"status": "none"}}), "Bolt"),
    ];
    for (filter, expected) in cases {
        assert_eq!(account.names("Companies", json!({"filter": filter})).await, [expected], "{filter}");
    }
}

#[tokio::test]
async fn conditions_are_joined_two_levels_deep_and_no_deeper() {
    let account = peopled().await;
    let ada = json!({"property": "Name", "title": {"contains": "ada"}});
    let active = json!({"property": "Status", "status": {"equals": "Active"}});
    let bob = json!({"property": "Name", "title": {"starts_with": "bob"}});
    assert_eq!(found(&account, json!({"and": [ada, active]})).await, "A");
    let two = json!({"or": [{"and": [ada, active]}, bob]});
    assert_eq!(found(&account, two.clone()).await, "AB");
    let three = json!({"and": [two]});
    let (code, message) = error(&account.query("People", json!({"filter": three})).await, 400);
    assert_eq!(code, "validation_error");
    assert!(message.contains("body.filter.and[0].or[0].and should be not present"), "{message}");
}

#[tokio::test]
async fn me_is_the_person_a_connection_belongs_to() {
    let account = peopled().await;
    let filter = json!({"property": "Owner", "people": {"contains": "me"}});
    assert_eq!(error(&account.query("People", json!({"filter": filter})).await, 400).0, "validation_error");
    let token = super::tokens::authorized(&account).await.access;
    let path = format!("/data_sources/{}/query", account.source("People"));
    let answer = account
        .call_as(&token, super::account::NEW, Method::POST, &path, Some(&json!({"filter": filter})))
        .await;
    assert_eq!(answer.expect(200)["results"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let account = Account::start().await;
    for (filter, expected) in [
        (json!([]), "body.filter should be an object"),
        (json!({}), "body.filter.property should be defined"),
        (json!({"property": "Name"}), "body.filter should be a filter with a condition"),
        (
            json!({"property": "Nope", "title": {"equals": "x"}}),
            "Could not find property with name or id: Nope",
        ),
        (
            json!({"property": "Email", "number": {"equals": 5}}),
            "database property email does not match filter number",
        ),
        (
            json!({"property": "Email", "email": {"equals": 5}}),
            "body.filter.email.equals should be a string, instead was `5`",
        ),
        (
            json!({"property": "Email", "email": {"is_empty": false}}),
            "body.filter.email.is_empty should be `true`",
        ),
        (
            json!({"property": "Email", "email": {"resembles": "x"}}),
            "body.filter.email.resembles should be not present",
        ),
        (json!({"timestamp": "born", "born": {}}), "body.filter.timestamp"),
        (json!({"timestamp": "created_time"}), "body.filter.created_time should be defined"),
        (json!({"and": {}}), "body.filter.and should be an array"),
    ] {
        let (code, message) = error(&account.query("People", json!({"filter": filter})).await, 400);
        assert_eq!(code, "validation_error");
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn sorts_order_by_values_and_the_first_one_wins() {
    let account = peopled().await;
    let sorted = async |sorts: Value| -> String {
        let names = account.names("People", json!({"sorts": sorts})).await;
        names.iter().map(|name| &name[..1]).collect()
    };
    assert_eq!(sorted(json!([{"property": "Name", "direction": "descending"}])).await, "DCBA");
    assert_eq!(sorted(json!([{"property": "Last contact", "direction": "ascending"}])).await, "BACD");
    assert_eq!(sorted(json!([{"property": "Last contact", "direction": "descending"}])).await, "CABD");
    assert_eq!(
        sorted(json!([{"property": "Status", "direction": "ascending"}])).await,
        "BACD",
        "in the order of the options"
    );
    assert_eq!(sorted(json!([{"timestamp": "created_time", "direction": "descending"}])).await, "DCBA");
    let two = json!([{"property": "Subscribed", "direction": "descending"}, {"property": "Name", "direction": "descending"}]);
    assert_eq!(sorted(two.clone()).await, "CADB");
    account
        .sandbox
        .set(json!({"notion": {"query": {"earlier_sort_wins": false, "empty_last": false}}}))
        .await;
    assert_eq!(sorted(two).await, "DCBA");
    assert_eq!(sorted(json!([{"property": "Last contact", "direction": "ascending"}])).await, "DBAC");
    account.sandbox.set(json!({"notion": {"query": {"newest_first": true}}})).await;
    assert_eq!(sorted(json!([])).await, "DCBA");
    for wrong in [
        json!({}),
        json!([{}]),
        json!([{"property": "Nope", "direction": "ascending"}]),
        json!([{"property": "Name"}]),
        json!([{"property": "Name", "direction": "up"}]),
        json!([{"timestamp": "born", "direction": "ascending"}]),
    ] {
        assert_eq!(
            error(&account.query("People", json!({"sorts": wrong})).await, 400).0,
            "validation_error",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_old_version_queries_databases_with_the_same_filters() {
    let account = peopled().await;
    let path = format!("/databases/{}/query", account.database("People"));
    let body = json!({"filter": {"property": "Subscribed", "checkbox": {"equals": true}}});
    let answer = account.call(OLD, Method::POST, &path, Some(&body)).await.expect(200);
    assert_eq!((&answer["type"], &answer["page_or_database"]), (&json!("page_or_database"), &json!({})));
    assert_eq!(answer["results"].as_array().expect("a list").len(), 2);
    assert_eq!(answer["results"][0]["parent"]["type"], "database_id");
}

#[tokio::test]
async fn text_is_compared_exactly_when_that_is_set() {
    let account = peopled().await;
    account.sandbox.set(json!({"notion": {"query": {"case_sensitive": true}}})).await;
    assert_eq!(found(&account, json!({"property": "Name", "title": {"contains": "ada"}})).await, "");
}
