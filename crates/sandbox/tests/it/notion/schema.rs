//! Databases, data sources and their schemas (Notion facts 5 and 6).

use super::account::{Account, NEW, OLD, error, text, title};
use reqwest::Method;
use serde_json::{Value, json};

fn rich(text: &str) -> Value {
    json!([{"text": {"content": text}}])
}

#[tokio::test]
async fn a_database_is_made_with_its_first_data_source() {
    let account = Account::start().await;
    let body = json!({
        "parent": {"type": "page_id", "page_id": account.crm()}, "title": rich("Tasks"), "is_inline": true,
        "initial_data_source": {"properties": {"Task": {"title": {}}, "Done": {"checkbox": {}}}},
    });
    let database = account.post("/databases", &body).await.expect(200);
    assert_eq!((&database["object"], &database["is_inline"]), (&json!("database"), &json!(true)));
    assert_eq!(database["title"][0]["plain_text"], "Tasks");
    let source = text(&database["data_sources"][0]["id"]);
    let source = account.get(&format!("/data_sources/{source}")).await.expect(200);
    assert_eq!(
        source["properties"]["Task"],
        json!({"id": "title", "name": "Task", "description": null, "type": "title", "title": {}})
    );
    assert_eq!(source["properties"]["Done"]["checkbox"], json!({}));
    let children = account.get(&format!("/blocks/{}/children", account.crm())).await.expect(200);
    let titles: Vec<&Value> = children["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|block| &block["child_database"]["title"])
        .collect();
    assert!(titles.contains(&&json!("Tasks")), "{titles:?}");
}

#[tokio::test]
async fn the_old_version_makes_databases_with_properties() {
    let account = Account::start().await;
    let body = json!({"parent": {"page_id": account.crm()}, "title": rich("Tasks"), "properties": {"Task": {"title": {}}}});
    let database = account.call(OLD, Method::POST, "/databases", Some(&body)).await.expect(200);
    assert_eq!(database["properties"]["Task"]["type"], "title");
    let path = format!("/databases/{}", text(&database["id"]));
    let more = json!({"properties": {"Points": {"number": {"format": "number"}}}, "title": rich("Chores")});
    let changed = account.call(OLD, Method::PATCH, &path, Some(&more)).await.expect(200);
    assert_eq!(changed["properties"]["Points"]["number"]["format"], "number");
    assert_eq!(changed["title"][0]["plain_text"], "Chores");
    assert!(
        error(&account.call(NEW, Method::POST, "/databases", Some(&body)).await, 400)
            .1
            .contains("body.properties should be not present")
    );
    assert!(
        error(&account.patch(&path, &more).await, 400).1.contains("body.properties should be not present")
    );
}

#[tokio::test]
async fn a_schema_needs_exactly_one_title() {
    let account = Account::start().await;
    let with = |properties: Value| json!({"parent": {"page_id": account.crm()}, "initial_data_source": {"properties": properties}});
    for wrong in [
        json!({}),
        json!({"A": {"title": {}}, "B": {"title": {}}}),
        json!({"A": {}}),
        json!({"A": {"title": {}}, "B": {"song": {}}}),
        json!({"A": {"type": "song"}}),
        json!([]),
    ] {
        assert_eq!(
            error(&account.post("/databases", &with(wrong.clone())).await, 400).0,
            "validation_error",
            "{wrong}"
        );
    }
    let without = json!({"parent": {"page_id": account.crm()}});
    assert!(
        error(&account.post("/databases", &without).await, 400)
            .1
            .contains("body.initial_data_source should be defined")
    );
}

#[tokio::test]
async fn properties_are_added_renamed_and_deleted() {
    let account = Account::start().await;
    let path = format!("/data_sources/{}", account.source("People"));
    let page =
        account.row("People", json!({"Name": title("Ada"), "Email": {"email": "a@example.com"}})).await;
    let email = text(&page["properties"]["Email"]["id"]);
    let changed = account
        .patch(
            &path,
            &json!({"properties": {"Email": {"name": "Work email"}, "Phone": null, "Size": {"number": {}}}}),
        )
        .await
        .expect(200);
    let properties = &changed["properties"];
    assert_eq!(text(&properties["Work email"]["id"]), email, "a renamed property keeps its id");
    assert!(
        properties.get("Email").is_none()
            && properties.get("Phone").is_none()
            && properties.get("Size").is_some()
    );
    let page = account.get(&format!("/pages/{}", text(&page["id"]))).await.expect(200);
    assert_eq!(page["properties"]["Work email"]["email"], "a@example.com");
    let mut by_id = serde_json::Map::new();
    by_id.insert(email, json!({"name": "Email"}));
    assert!(
        account.patch(&path, &json!({"properties": by_id})).await.expect(200)["properties"]
            .get("Email")
            .is_some()
    );
}

#[tokio::test]
async fn schema_changes_that_make_no_sense_change_nothing() {
    let account = Account::start().await;
    let path = format!("/data_sources/{}", account.source("People"));
    let before = account.get(&path).await.expect(200)["properties"].clone();
    for wrong in [
        json!({"Name": null}),
        json!({"Nobody": null}),
        json!({"Email": {"name": "Phone"}}),
        json!({"Name": {"rich_text": {}}}),
        json!({"Other": {"title": {}}}),
        json!({"New": {"select": {"options": [{"name": "a,b"}]}}}),
        json!({"New": {"select": {"options": [{"name": "a"}, {"name": "a"}]}}}),
        json!({"New": {"select": {"options": [{"name": "a", "color": "mauve"}]}}}),
        json!({"New": {"relation": {}}}),
        json!({"New": {"rollup": {"function": "sum", "relation_property_name": "Email", "rollup_property_name": "Name"}}}),
        json!({"New": {"rollup": {"function": "guess", "relation_property_name": "Company", "rollup_property_name": "Name"}}}),
        json!({"New": {"formula": {}}}),
        json!({"Fine": {"number": {}}, "New": {"song": {}}}),
    ] {
        let answer = account.patch(&path, &json!({"properties": wrong})).await;
        assert_eq!(error(&answer, 400).0, "validation_error", "{wrong}");
    }
    let gone = json!({"properties": {"New": {"relation": {"data_source_id": "00000000-0000-4000-8000-000000000000"}}}});
    assert_eq!(error(&account.patch(&path, &gone).await, 404).0, "object_not_found");
    assert_eq!(account.get(&path).await.expect(200)["properties"], before);
}

#[tokio::test]
async fn options_that_are_written_again_keep_their_ids_and_others_go() {
    let account = Account::start().await;
    let path = format!("/data_sources/{}", account.source("People"));
    let page = account
        .row(
            "People",
            json!({"Name": title("Ada"), "Tags": {"multi_select": [{"name": "VIP"}, {"name": "Speaker"}]}}),
        )
        .await;
    let vip = page["properties"]["Tags"]["multi_select"][0].clone();
    let options = json!({"properties": {"Tags": {"multi_select": {"options": [{"name": "VIP"}, {"name": "Fresh", "color": "green"}]}}}});
    let source = account.patch(&path, &options).await.expect(200);
    let kept = &source["properties"]["Tags"]["multi_select"]["options"];
    assert_eq!((&kept[0]["id"], &kept[1]["color"]), (&vip["id"], &json!("green")));
    let page = account.get(&format!("/pages/{}", text(&page["id"]))).await.expect(200);
    assert_eq!(page["properties"]["Tags"]["multi_select"], json!([vip]));
}

#[tokio::test]
async fn a_status_has_three_groups() {
    let account = Account::start().await;
    let path = format!("/data_sources/{}", account.source("People"));
    let source = account.patch(&path, &json!({"properties": {"Progress": {"status": {}}}})).await.expect(200);
    let status = &source["properties"]["Progress"]["status"];
    let names: Vec<String> =
        status["options"].as_array().expect("a list").iter().map(|option| text(&option["name"])).collect();
    assert_eq!(names, ["Not started", "In progress", "Done"]);
    for (group, option) in [(0, 0), (1, 1), (2, 2)] {
        assert_eq!(status["groups"][group]["option_ids"], json!([status["options"][option]["id"]]));
    }
    assert_eq!(status["groups"][2]["name"], "Complete");
}

#[tokio::test]
async fn two_way_relations_have_an_end_on_either_side_and_lose_both_together() {
    let account = Account::start().await;
    let (people, deals) = (account.source("People"), account.source("Deals"));
    let body = json!({"properties": {"Sponsor": {"relation": {"data_source_id": people, "dual_property": {"synced_property_name": "Sponsors"}}}}});
    let source = account.patch(&format!("/data_sources/{deals}"), &body).await.expect(200);
    let dual = &source["properties"]["Sponsor"]["relation"]["dual_property"];
    let other = account.get(&format!("/data_sources/{people}")).await.expect(200);
    assert_eq!(other["properties"]["Sponsors"]["id"], dual["synced_property_id"]);
    assert_eq!(other["properties"]["Sponsors"]["relation"]["data_source_id"], json!(deals));
    account
        .patch(&format!("/data_sources/{deals}"), &json!({"properties": {"Sponsor": null}}))
        .await
        .expect(200);
    let other = account.get(&format!("/data_sources/{people}")).await.expect(200);
    assert!(other["properties"].get("Sponsors").is_none());
}

#[tokio::test]
async fn data_sources_are_added_to_databases_renamed_and_trashed() {
    let account = Account::start().await;
    let body = json!({"parent": {"type": "database_id", "database_id": account.database("Deals")}, "title": rich("Renewals"), "properties": {"Name": {"title": {}}}});
    let source = account.post("/data_sources", &body).await.expect(200);
    assert_eq!(
        (&source["object"], &source["title"][0]["plain_text"]),
        (&json!("data_source"), &json!("Renewals"))
    );
    let path = format!("/data_sources/{}", text(&source["id"]));
    let old =
        account.call(OLD, Method::GET, &format!("/databases/{}", account.database("Deals")), None).await;
    assert_eq!(old.expect(400)["additional_data"]["error_type"], "multiple_data_sources_for_database");
    let renamed = account.patch(&path, &json!({"title": rich("Upsells")})).await.expect(200);
    assert_eq!(renamed["title"][0]["plain_text"], "Upsells");
    assert_eq!(account.patch(&path, &json!({"in_trash": true})).await.expect(200)["in_trash"], true);
    assert!(error(&account.patch(&path, &json!({"title": rich("x")})).await, 400).1.contains("archived"));
    account
        .call(OLD, Method::GET, &format!("/databases/{}", account.database("Deals")), None)
        .await
        .expect(200);
    assert_eq!(
        error(&account.post("/data_sources", &json!({"properties": {}})).await, 400).0,
        "validation_error"
    );
}

#[tokio::test]
async fn a_database_is_trashed_with_its_rows_and_restored_with_them() {
    let account = Account::start().await;
    let row = text(&account.row("Deals", json!({"Name": title("Big")})).await["id"]);
    let path = format!("/databases/{}", account.database("Deals"));
    account.patch(&path, &json!({"in_trash": true})).await.expect(200);
    assert_eq!(account.get(&format!("/pages/{row}")).await.expect(200)["in_trash"], true);
    assert!(error(&account.patch(&path, &json!({"is_inline": true})).await, 400).1.contains("archived"));
    let create = json!({"parent": {"data_source_id": account.source("Deals")}, "properties": {}});
    assert!(error(&account.post("/pages", &create).await, 400).1.contains("archived"));
    account.patch(&path, &json!({"in_trash": false})).await.expect(200);
    assert_eq!(account.names("Deals", json!({})).await, ["Big"]);
}

#[tokio::test]
async fn databases_move_lock_and_describe_themselves() {
    let account = Account::start().await;
    let page =
        text(&account.post("/pages", &json!({"parent": {"page_id": account.crm()}})).await.expect(200)["id"]);
    let body = json!({"parent": {"page_id": page}, "is_locked": true, "description": rich("All of them"), "icon": {"emoji": "📇"}});
    let database =
        account.patch(&format!("/databases/{}", account.database("Deals")), &body).await.expect(200);
    assert_eq!(database["parent"]["page_id"], json!(page));
    assert_eq!(
        (&database["is_locked"], &database["description"][0]["plain_text"], &database["icon"]["emoji"]),
        (&json!(true), &json!("All of them"), &json!("📇"))
    );
}

#[tokio::test]
async fn there_are_no_templates() {
    let account = Account::start().await;
    let mut answer =
        account.get(&format!("/data_sources/{}/templates", account.source("People"))).await.expect(200);
    answer.as_object_mut().expect("an object").remove("request_id");
    assert_eq!(answer, json!({"templates": [], "has_more": false, "next_cursor": null}));
}
