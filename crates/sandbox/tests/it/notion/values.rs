//! Values of properties, each type read and written (Notion facts 7 and 10).

use super::account::{Account, error, text, title};
use serde_json::{Value, json};

/// Writes one property of a new row and answers with it as read.
async fn written(account: &Account, property: &str, value: Value) -> Value {
    let mut properties = json!({"Name": title("Ada")});
    properties[property] = value;
    let page = account.row("People", properties).await;
    let read = account.get(&format!("/pages/{}", text(&page["id"]))).await.expect(200);
    assert_eq!(read["properties"][property], page["properties"][property]);
    let mut value = read["properties"][property].clone();
    assert!(value["id"].is_string());
    value.as_object_mut().expect("an object").remove("id");
    value
}

async fn with_place_and_verification() -> Account {
    let account = Account::start().await;
    let properties = json!({"Where": {"place": {}}, "Checked": {"verification": {}}, "Papers": {"files": {}}, "Push": {"button": {}}});
    account
        .patch(&format!("/data_sources/{}", account.source("People")), &json!({"properties": properties}))
        .await
        .expect(200);
    account
}

#[tokio::test]
async fn plain_values_are_read_as_they_were_written() {
    let account = Account::start().await;
    let cases = [
        ("Email", json!({"email": "ada@example.com"}), json!({"type": "email", "email": "ada@example.com"})),
        ("Phone", json!({"phone_number": "555"}), json!({"type": "phone_number", "phone_number": "555"})),
        ("Website", json!({"url": "https://a.example"}), json!({"type": "url", "url": "https://a.example"})),
        ("Website", json!({"url": null}), json!({"type": "url", "url": null})),
        ("Subscribed", json!({"checkbox": true}), json!({"type": "checkbox", "checkbox": true})),
        (
            "Subscribed",
            json!({"type": "checkbox", "checkbox": false}),
            json!({"type": "checkbox", "checkbox": false}),
        ),
        (
            "Last contact",
            json!({"date": {"start": "2026-01-02"}}),
            json!({"type": "date", "date": {"start": "2026-01-02", "end": null, "time_zone": null}}),
        ),
        ("Last contact", json!({"date": null}), json!({"type": "date", "date": null})),
        ("Tags", json!({"multi_select": []}), json!({"type": "multi_select", "multi_select": []})),
        ("Status", json!({"status": null}), json!({"type": "status", "status": null})),
    ];
    for (property, value, expected) in cases {
        assert_eq!(written(&account, property, value).await, expected);
    }
}

#[tokio::test]
async fn numbers_are_read_without_a_point_where_they_are_whole() {
    let account = Account::start().await;
    for (number, expected) in
        [(json!(5), "5"), (json!(2.5), "2.5"), (json!(null), "null"), (json!(-7.0), "-7")]
    {
        let page = account.row("Deals", json!({"Name": title("x"), "Amount": {"number": number}})).await;
        assert_eq!(page["properties"]["Amount"]["number"].to_string(), expected);
    }
}

#[tokio::test]
async fn options_are_written_by_name_or_id_and_made_when_they_are_new() {
    let account = Account::start().await;
    let hot =
        written(&account, "Tags", json!({"multi_select": [{"name": "VIP"}, {"name": "Brand new"}]})).await;
    let tags = hot["multi_select"].as_array().expect("a list");
    assert_eq!(tags.iter().map(|tag| text(&tag["name"])).collect::<Vec<_>>(), ["VIP", "Brand new"]);
    assert_eq!(tags[0]["color"], "red");
    let again = written(&account, "Tags", json!({"multi_select": [{"id": tags[1]["id"]}]})).await;
    assert_eq!(again["multi_select"][0], tags[1]);
    let source = account.get(&format!("/data_sources/{}", account.source("People"))).await.expect(200);
    let options = source["properties"]["Tags"]["multi_select"]["options"].as_array().expect("a list").clone();
    assert!(options.iter().any(|option| option["name"] == "Brand new" && option["description"].is_null()));
    let status = written(&account, "Status", json!({"status": {"name": "Active"}})).await;
    assert_eq!(status["status"]["color"], "blue");
}

#[tokio::test]
async fn people_and_relations_are_lists_of_ids() {
    let account = Account::start().await;
    let user = account.workspace["users"][0]["id"].clone();
    let people = written(&account, "Owner", json!({"people": [{"id": user}]})).await;
    assert_eq!(people["people"][0]["person"]["email"], account.workspace["users"][0]["email"]);
    assert_eq!(
        (&people["people"][0]["object"], &people["people"][0]["type"]),
        (&json!("user"), &json!("person"))
    );
    let company = account.row("Companies", json!({"Name": title("Acme")})).await;
    let page = account
        .row("People", json!({"Name": title("Ada"), "Company": {"relation": [{"id": company["id"]}]}}))
        .await;
    assert_eq!(page["properties"]["Company"]["relation"], json!([{"id": company["id"]}]));
    // The relation is two-way: the company knows its people.
    let path = format!("/pages/{}", text(&company["id"]));
    let acme = account.get(&path).await.expect(200);
    assert_eq!(acme["properties"]["People"]["relation"], json!([{"id": page["id"]}]));
    assert_eq!(
        acme["properties"]["Headcount here"]["rollup"],
        json!({"type": "number", "number": 1, "function": "count"})
    );
    account.patch(&path, &json!({"properties": {"People": {"relation": []}}})).await.expect(200);
    let page = account.get(&format!("/pages/{}", text(&page["id"]))).await.expect(200);
    assert_eq!(page["properties"]["Company"]["relation"], json!([]));
}

#[tokio::test]
async fn files_places_and_verifications_are_kept() {
    let account = with_place_and_verification().await;
    let files = json!({"files": [{"name": "a.pdf", "type": "external", "external": {"url": "https://x.example/a.pdf"}}]});
    assert_eq!(written(&account, "Papers", files.clone()).await["files"], files["files"]);
    let place = json!({"place": {"lat": 52.5, "lon": 13.4, "name": "Berlin"}});
    assert_eq!(written(&account, "Where", place.clone()).await["place"], place["place"]);
    let verified = written(&account, "Checked", json!({"verification": {"state": "verified"}})).await;
    assert_eq!(verified["verification"]["state"], "verified");
    assert_eq!(verified["verification"]["verified_by"]["id"], account.workspace["bot_id"]);
    let unverified = written(&account, "Checked", json!({"verification": {"state": "unverified"}})).await;
    assert_eq!(unverified["verification"], json!({"state": "unverified", "date": null, "verified_by": null}));
    assert_eq!(account.row("People", json!({})).await["properties"]["Push"]["button"], json!({}));
}

#[tokio::test]
async fn a_hosted_file_has_an_address_that_expires() {
    let account = with_place_and_verification().await;
    let id = "0123abcd-4567-4890-abcd-ef0123456789";
    let url = format!("https://prod-files-secure.s3.us-west-2.amazonaws.com/{id}/a.pdf");
    let page =
        account.row("People", json!({"Papers": {"files": [{"name": "a.pdf", "file": {"url": url}}]}})).await;
    let file = &page["properties"]["Papers"]["files"][0];
    assert_eq!(
        (&file["type"], &file["file"]["expiry_time"]),
        (&json!("file"), &json!("2026-01-01T01:00:00.000Z"))
    );
    assert!(text(&file["file"]["url"]).contains("X-Amz-Signature="));
}

#[tokio::test]
async fn computed_values_are_read_only() {
    let account = Account::start().await;
    let page = account.row("People", json!({"Name": title("Ada")})).await;
    let path = format!("/pages/{}", text(&page["id"]));
    for (property, value) in [
        ("Greeting", json!({"formula": {"string": "x"}})),
        ("Company site", json!({"rollup": {}})),
        ("Number", json!({"unique_id": {"number": 5}})),
        ("Created", json!({"created_time": "2026-01-01T00:00:00Z"})),
        ("Edited by", json!({"last_edited_by": {"id": "x"}})),
    ] {
        let mut properties = json!({});
        properties[property] = value;
        let answer = account.patch(&path, &json!({"properties": properties})).await;
        assert_eq!(error(&answer, 400).0, "validation_error", "{property}");
    }
    let read = account.get(&path).await.expect(200);
    assert_eq!(read["properties"]["Created"]["created_time"], read["created_time"]);
    assert_eq!(read["properties"]["Edited by"]["last_edited_by"], read["last_edited_by"]);
    assert_eq!(
        read["properties"]["Company site"]["rollup"],
        json!({"type": "array", "array": [], "function": "show_original"})
    );
}

#[tokio::test]
async fn wrong_values_are_refused_with_their_path_and_change_nothing() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let path = format!("/pages/{id}");
    let cases = [
        (
            "Email",
            json!({"email": 5}),
            "body failed validation: body.properties.Email.email should be a string or `null`, instead was `5`.",
        ),
        ("Email", json!({"number": 5}), "Email is expected to be email."),
        ("Email", json!({"type": "url", "url": "x"}), "Email is expected to be email."),
        ("Email", json!("ada@example.com"), "body.properties.Email should be an object"),
        ("Email", json!(null), "body.properties.Email should be an object"),
        (
            "Email",
            json!({"email": "x".repeat(201)}),
            "body.properties.Email.email.length should be ≤ `200`, instead was `201`",
        ),
        ("Phone", json!({"phone_number": "5".repeat(201)}), "≤ `200`"),
        ("Website", json!({"url": "x".repeat(2001)}), "≤ `2000`"),
        (
            "Name",
            json!({"title": [{"text": {"content": "x".repeat(2001)}}]}),
            "body.properties.Name.title[0].text.content.length should be ≤ `2000`",
        ),
        ("Subscribed", json!({"checkbox": "yes"}), "body.properties.Subscribed.checkbox should be a boolean"),
        ("Status", json!({"status": {"name": "Nope"}}), "Status option \"Nope\" does not exist"),
        ("Tags", json!({"multi_select": [{"name": "a,b"}]}), "commas not allowed"),
        (
            "Tags",
            json!({"multi_select": {"name": "a"}}),
            "body.properties.Tags.multi_select should be an array",
        ),
        (
            "Last contact",
            json!({"date": {"start": "soon"}}),
            "body.properties.Last contact.date.start should be a valid ISO 8601 date string",
        ),
        ("Owner", json!({"people": [{"id": "00000000-0000-4000-8000-000000000000"}]}), "Could not find user"),
        ("Owner", json!({"people": [{}]}), "body.properties.Owner.people[0].id should be defined"),
        ("Shoe size", json!({"number": 5}), "Shoe size is not a property that exists."),
    ];
    for (property, value, expected) in cases {
        let mut properties = json!({"Name": title("Changed")});
        properties[property] = value;
        let (code, message) = error(&account.patch(&path, &json!({"properties": properties})).await, 400);
        assert_eq!(code, "validation_error");
        assert!(message.contains(expected), "{message}");
    }
    let wrong = json!({"properties": {"Name": title("Changed"), "Company": {"relation": [{"id": id}]}}});
    assert_eq!(
        error(&account.patch(&path, &wrong).await, 400).0,
        "validation_error",
        "a person is no company"
    );
    let gone =
        json!({"properties": {"Company": {"relation": [{"id": "00000000-0000-4000-8000-000000000000"}]}}});
    assert_eq!(error(&account.patch(&path, &gone).await, 404).0, "object_not_found");
    assert_eq!(super::account::name(&account.get(&path).await.expect(200)), "Ada");
}

#[tokio::test]
async fn a_request_carries_a_hundred_references_of_a_kind_and_no_more() {
    let account = Account::start().await;
    let tags =
        |count: usize| -> Value { (0..count).map(|tag| json!({"name": format!("tag {tag}")})).collect() };
    account.row("People", json!({"Tags": {"multi_select": tags(100)}})).await;
    let parent = json!({"data_source_id": account.source("People")});
    let many = json!({"parent": parent, "properties": {"Tags": {"multi_select": tags(101)}}});
    assert!(error(&account.post("/pages", &many).await, 400).1.contains("≤ `100`"));
    // Not per property: two lists of 60 are too many together.
    account
        .patch(
            &format!("/data_sources/{}", account.source("People")),
            &json!({"properties": {"More": {"multi_select": {}}}}),
        )
        .await
        .expect(200);
    let both = json!({"parent": parent, "properties": {"Tags": {"multi_select": tags(60)}, "More": {"multi_select": tags(60)}}});
    assert!(error(&account.post("/pages", &both).await, 400).1.contains("instead was `120`"));
}

#[tokio::test]
async fn people_and_relations_are_bounded_too() {
    let account = Account::start().await;
    let ids: Value =
        (0..101).map(|number| json!({"id": format!("00000000-0000-4000-8000-{number:012}")})).collect();
    for (property, value) in [("Owner", json!({"people": ids})), ("Company", json!({"relation": ids}))] {
        let mut properties = json!({});
        properties[property] = value;
        let body = json!({"parent": {"data_source_id": account.source("People")}, "properties": properties});
        assert!(error(&account.post("/pages", &body).await, 400).1.contains("≤ `100`"), "{property}");
    }
}
