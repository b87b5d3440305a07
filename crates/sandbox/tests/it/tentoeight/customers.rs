//! Customers: created, read, changed, deleted (10to8 facts 4 and 5).

use super::{CUSTOMERS, Clinic};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_created_customer_is_where_location_says() {
    let clinic = Clinic::start().await;
    let body = json!({"name": "Ada Lovelace", "emails": ["a@x"], "numbers": ["+441632960123"],
        "custom_fields": {"Sync Status": "Last synced: 2021-10-20T21:33:48.123456", "External ID": "51"}});
    let created = clinic.post(CUSTOMERS, &body).await;
    let shown = created.expect(201);
    let uri = created.header("Location");
    assert_eq!(uri, clinic.sandbox.url("/tentoeight/api/enterprise/v2/customer/123/"));
    assert_eq!(created.header("content-type"), "application/json");
    let mut expected = body.clone();
    expected["resource_uri"] = json!(uri);
    expected["deleted"] = json!(false);
    assert_eq!(shown, expected);
    assert_eq!(clinic.get(uri).await.expect(200), expected);
}

#[tokio::test]
async fn a_customer_may_have_an_empty_name_no_lists_and_an_invalid_address() {
    let clinic = Clinic::start().await;
    let body = json!({"name": "", "custom_fields": {"Sync Status": ""}});
    let shown = clinic.post(CUSTOMERS, &body).await.expect(201);
    assert_eq!((&shown["name"], &shown["emails"], &shown["numbers"]), (&json!(""), &json!([]), &json!([])));
    assert_eq!(shown["custom_fields"], json!({"Sync Status": ""}));
    let body = json!({"name": "Ada", "emails": ["not an address ", "ü@x", ""], "numbers": ["what?"]});
    let shown = clinic.post(CUSTOMERS, &body).await.expect(201);
    assert_eq!(shown["emails"], body["emails"]);
}

#[tokio::test]
async fn the_same_create_twice_makes_two_customers() {
    let clinic = Clinic::start().await;
    let body = json!({"name": "Ada", "custom_fields": {"External ID": "51"}});
    let first = clinic.post(CUSTOMERS, &body).await.expect(201);
    let second = clinic.post(CUSTOMERS, &body).await.expect(201);
    assert_ne!(first["resource_uri"], second["resource_uri"]);
}

#[tokio::test]
async fn an_update_replaces_lists_and_merges_custom_fields_by_name() {
    let clinic = Clinic::start().await;
    let body = json!({"name": "Ada", "emails": ["a@x", "b@x"], "numbers": ["1"], "custom_fields": {"External ID": "51"}});
    let uri = clinic.post(CUSTOMERS, &body).await.header("location").to_owned();
    let patched =
        clinic.patch(&uri, &json!({"custom_fields": {"Sync Status": "Error: x"}})).await.expect(200);
    assert_eq!(patched["custom_fields"], json!({"External ID": "51", "Sync Status": "Error: x"}));
    assert_eq!(patched["emails"], json!(["a@x", "b@x"]));
    let patched = clinic.patch(&uri, &json!({"emails": ["c@x"], "numbers": []})).await.expect(200);
    assert_eq!(
        (&patched["name"], &patched["emails"], &patched["numbers"]),
        (&json!("Ada"), &json!(["c@x"]), &json!([]))
    );
    assert_eq!(clinic.get(&uri).await.expect(200), patched);
    assert_eq!(clinic.patch(&uri, &json!({})).await.expect(200), patched);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field_and_changes_nothing() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    let before = clinic.get(&uri).await.expect(200);
    let body = json!({"name": null, "emails": "a@x", "numbers": [5], "custom_fields": {"External ID": null}});
    let expected = json!({
        "name": ["This field may not be null."],
        "emails": ["Expected a list of items but got type \"str\"."],
        "numbers": ["Not a valid string."],
        "custom_fields": ["External ID: This field may not be null."],
    });
    assert_eq!(clinic.patch(&uri, &body).await.expect(400), expected);
    let half = json!({"name": "Byron", "emails": 5});
    clinic.patch(&uri, &half).await.expect(400);
    assert_eq!(clinic.get(&uri).await.expect(200), before);
    assert_eq!(
        clinic.post(CUSTOMERS, &json!({})).await.expect(400),
        json!({"name": ["This field is required."]})
    );
    clinic.post(CUSTOMERS, &half).await.expect(400);
    assert_eq!(clinic.get(CUSTOMERS).await.expect(200)["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_in_json() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    for (method, to) in [(Method::POST, CUSTOMERS), (Method::PATCH, uri.as_str())] {
        let ask = |media: &'static str, body: &'static str| {
            send(clinic.request(method.clone(), to).header("Content-Type", media).body(body))
        };
        let broken = ask("application/json", "{\"name\": ").await.expect(400);
        assert!(broken["detail"].as_str().expect("text").starts_with("JSON parse error - "), "{broken}");
        let list = ask("application/json; charset=utf-8", "[]").await.expect(400);
        assert_eq!(list["non_field_errors"], json!(["Invalid data. Expected a dictionary, but got list."]));
        let form = ask("application/x-www-form-urlencoded", "name=Ada").await.expect(415);
        assert_eq!(
            form["detail"],
            "Unsupported media type \"application/x-www-form-urlencoded\" in request."
        );
    }
}

#[tokio::test]
async fn a_deleted_customer_is_not_found_in_json_but_listed() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    let gone = clinic.delete(&uri).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    let missing = clinic.get(&uri).await;
    assert_eq!(missing.expect(404), json!({"detail": "Not found."}));
    assert_eq!(missing.header("content-type"), "application/json");
    clinic.patch(&uri, &json!({"name": "Byron"})).await.expect(404);
    clinic.delete(&uri).await.expect(404);
    let listed = clinic.get(&format!("{CUSTOMERS}?include_deleted=True")).await.expect(200);
    assert_eq!(listed["results"][0]["deleted"], json!(true));
    assert_eq!(listed["results"][0]["resource_uri"], json!(uri));
    assert_eq!(listed["results"][0]["name"], json!("Ada"));
}

#[tokio::test]
async fn a_booking_ahead_stands_in_the_way_of_a_delete_without_force() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    clinic.edit(json!({"action": "book", "resource_uri": uri, "in_ms": 60_000})).await;
    let conflict = json!({"detail": "Customer has future bookings."});
    assert_eq!(clinic.delete(&uri).await.expect(409), conflict);
    assert_eq!(clinic.delete(&format!("{uri}?force=False")).await.expect(409), conflict);
    clinic.get(&uri).await.expect(200);
    clinic.delete(&format!("{uri}?force=True")).await.expect(204);
    clinic.get(&uri).await.expect(404);
}

#[tokio::test]
async fn a_booking_that_is_over_or_cancelled_no_longer_stands_in_the_way() {
    let clinic = Clinic::start().await;
    let (ada, byron) = (clinic.customer("Ada").await, clinic.customer("Byron").await);
    clinic.edit(json!({"action": "book", "resource_uri": ada, "starts_at": "2026-01-01T00:01:00Z"})).await;
    clinic.edit(json!({"action": "book", "resource_uri": byron})).await;
    clinic.delete(&ada).await.expect(409);
    clinic.sandbox.advance(Duration::from_secs(60)).await;
    clinic.delete(&ada).await.expect(204);
    clinic.delete(&byron).await.expect(409);
    clinic.edit(json!({"action": "cancel_booking", "resource_uri": byron})).await;
    clinic.delete(&byron).await.expect(204);
}

#[tokio::test]
async fn force_is_a_boolean_and_what_it_is_by_itself_is_set() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    clinic.edit(json!({"action": "book", "resource_uri": uri})).await;
    let wrong = clinic.delete(&format!("{uri}?force=perhaps")).await.expect(400);
    assert_eq!(wrong, json!({"force": ["Must be a valid boolean."]}));
    let settings = json!({"deletion": {"conflict": {"detail": "Busy", "code": 7}, "twice": 204}});
    clinic.set(settings).await;
    assert_eq!(clinic.delete(&uri).await.expect(409), json!({"detail": "Busy", "code": 7}));
    clinic.set(json!({"deletion": {"force_default": true}})).await;
    clinic.delete(&uri).await.expect(204);
    clinic.delete(&uri).await.expect(204);
    clinic.delete(&format!("{CUSTOMERS}999/")).await.expect(404);
}

#[tokio::test]
async fn writes_are_answered_as_set() {
    let clinic = Clinic::start().await;
    let body = json!({"name": "Ada"});
    for reply in ["uri", "empty_object", "no_content"] {
        clinic.set(json!({"customers": {"create_reply": reply, "update_reply": reply}})).await;
        let created = clinic.post(CUSTOMERS, &body).await;
        let uri = created.header("location").to_owned();
        let expected = match reply {
            "uri" => json!({ "resource_uri": uri }),
            "empty_object" => json!({}),
            _ => Value::Null,
        };
        assert_eq!(created.expect(201), expected, "{reply}");
        let updated = clinic.patch(&uri, &body).await;
        assert_eq!(updated.expect(if reply == "no_content" { 204 } else { 200 }), expected, "{reply}");
    }
}

#[tokio::test]
async fn optional_keys_are_left_out_as_set() {
    let clinic = Clinic::start().await;
    let (ada, byron) = (clinic.customer("Ada").await, clinic.customer("Byron").await);
    clinic.delete(&byron).await.expect(204);
    clinic
        .set(json!({"customers": {"deleted_always_present": false, "deleted_keep_fields": false},
            "custom_fields": {"always_present": false}}))
        .await;
    let expected = json!({"resource_uri": ada, "name": "Ada", "emails": [], "numbers": []});
    assert_eq!(clinic.get(&ada).await.expect(200), expected);
    let listed = clinic.get(&format!("{CUSTOMERS}?include_deleted=1")).await.expect(200);
    assert_eq!(listed["results"], json!([expected, {"resource_uri": byron, "deleted": true}]));
}

#[tokio::test]
async fn custom_fields_nobody_defined_and_null_are_treated_as_set() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    let shoe = json!({"custom_fields": {"Shoe size": "42", "External ID": "7"}});
    let shown = clinic.patch(&uri, &shoe).await.expect(200);
    assert_eq!(shown["custom_fields"], shoe["custom_fields"]);
    clinic.set(json!({"custom_fields": {"undefined": "refuse"}})).await;
    let refused = clinic.patch(&uri, &shoe).await.expect(400);
    assert_eq!(refused, json!({"custom_fields": ["Shoe size: There is no such custom field."]}));
    clinic.set(json!({"custom_fields": {"null": "remove"}})).await;
    let shown = clinic.patch(&uri, &json!({"custom_fields": {"External ID": null}})).await.expect(200);
    assert_eq!(shown["custom_fields"], json!({"Shoe size": "42"}));
    clinic.set(json!({"custom_fields": {"null": "keep"}})).await;
    let shown = clinic.patch(&uri, &json!({"custom_fields": {"External ID": null}})).await.expect(200);
    assert_eq!(shown["custom_fields"], json!({"Shoe size": "42", "External ID": null}));
}
