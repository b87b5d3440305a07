//! The property item endpoint, and what pages show of long lists (Notion facts 7).

use super::account::{Account, error, text, title};
use serde_json::{Value, json};

async fn company_with_people(account: &Account, people: usize) -> Value {
    let company = account.row("Companies", json!({"Name": title("Acme")})).await;
    for number in 0..people {
        let properties = json!({"Name": title(&format!("Person {number}")), "Company": {"relation": [{"id": company["id"]}]}});
        account.row("People", properties).await;
    }
    account.get(&format!("/pages/{}", text(&company["id"]))).await.expect(200)
}

#[tokio::test]
async fn pages_show_25_references_and_the_item_endpoint_all_of_them() {
    let account = Account::start().await;
    let company = company_with_people(&account, 30).await;
    let property = &company["properties"]["People"];
    assert_eq!(property["relation"].as_array().expect("a list").len(), 25);
    assert_eq!(property["has_more"], true);
    let path = format!("/pages/{}/properties/{}", text(&company["id"]), text(&property["id"]));
    let first = account.get(&format!("{path}?page_size=20")).await.expect(200);
    assert_eq!(
        (&first["object"], &first["type"], &first["has_more"]),
        (&json!("list"), &json!("property_item"), &json!(true))
    );
    assert_eq!(
        (&first["property_item"]["id"], &first["property_item"]["type"]),
        (&property["id"], &json!("relation"))
    );
    let item = &first["results"][0];
    assert_eq!((&item["object"], &item["type"]), (&json!("property_item"), &json!("relation")));
    assert_eq!(item["relation"], property["relation"][0]);
    let next = text(&first["next_cursor"]);
    assert!(text(&first["property_item"]["next_url"]).contains(&format!("start_cursor={next}")));
    let second = account.get(&format!("{path}?page_size=20&start_cursor={next}")).await.expect(200);
    assert_eq!(second["results"].as_array().expect("a list").len(), 10);
    assert_eq!(
        (&second["has_more"], &second["next_cursor"], &second["property_item"]["next_url"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    account.sandbox.set(json!({"notion": {"pages": {"shown_references": 30}}})).await;
    let company = account.get(&format!("/pages/{}", text(&company["id"]))).await.expect(200);
    assert_eq!(company["properties"]["People"]["has_more"], false);
}

#[tokio::test]
async fn simple_values_are_single_items_and_texts_are_lists() {
    let account = Account::start().await;
    let page = account.row("People", json!({"Name": {"title": [{"text": {"content": "Ada"}}, {"text": {"content": " L."}, "annotations": {"bold": true}}]}, "Email": {"email": "a@example.com"}})).await;
    let base = format!("/pages/{}/properties", text(&page["id"]));
    let mut email =
        account.get(&format!("{base}/{}", text(&page["properties"]["Email"]["id"]))).await.expect(200);
    email.as_object_mut().expect("an object").remove("request_id");
    assert_eq!(
        email,
        json!({"object": "property_item", "id": page["properties"]["Email"]["id"], "type": "email", "email": "a@example.com"})
    );
    let name = account.get(&format!("{base}/title")).await.expect(200);
    let texts: Vec<String> = name["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| text(&item["title"]["plain_text"]))
        .collect();
    assert_eq!(texts, ["Ada", " L."]);
    assert_eq!(name["property_item"]["title"], json!({}));
    assert_eq!(error(&account.get(&format!("{base}/nope")).await, 400).0, "validation_error");
    let cursor = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        error(&account.get(&format!("{base}/title?start_cursor={cursor}")).await, 400).0,
        "validation_error"
    );
}

#[tokio::test]
async fn rollups_list_what_they_gather() {
    let account = Account::start().await;
    let company = account
        .row("Companies", json!({"Name": title("Acme"), "Domain": {"url": "https://acme.example"}}))
        .await;
    let person = account
        .row("People", json!({"Name": title("Ada"), "Company": {"relation": [{"id": company["id"]}]}}))
        .await;
    let site = &person["properties"]["Company site"];
    assert_eq!(site["rollup"]["array"], json!([{"type": "url", "url": "https://acme.example"}]));
    let path = format!("/pages/{}/properties/{}", text(&person["id"]), text(&site["id"]));
    let items = account.get(&path).await.expect(200);
    assert_eq!(items["results"][0]["url"], "https://acme.example");
    assert_eq!(items["property_item"]["rollup"]["function"], "show_original");
    let count = account.get(&format!("/pages/{}", text(&company["id"]))).await.expect(200)["properties"]["Headcount here"].clone();
    let path = format!("/pages/{}/properties/{}", text(&company["id"]), text(&count["id"]));
    let items = account.get(&path).await.expect(200);
    assert_eq!(items["property_item"]["rollup"], json!({"type": "number", "number": 1, "function": "count"}));
}

#[tokio::test]
async fn a_rollup_of_more_than_a_hundred_is_incomplete_page_by_page() {
    let account = Account::start().await;
    let rollup = json!({"rollup": {"function": "show_original", "relation_property_name": "People", "rollup_property_name": "Email"}});
    let path = format!("/data_sources/{}", account.source("Companies"));
    account.patch(&path, &json!({"properties": {"Addresses": rollup}})).await.expect(200);
    let company = company_with_people(&account, 101).await;
    let path = format!(
        "/pages/{}/properties/{}",
        text(&company["id"]),
        text(&company["properties"]["Addresses"]["id"])
    );
    let items = account.get(&path).await.expect(200);
    assert_eq!((items["results"].as_array().expect("a list").len(), &items["has_more"]), (100, &json!(true)));
    assert_eq!(items["property_item"]["rollup"]["type"], "incomplete");
}
