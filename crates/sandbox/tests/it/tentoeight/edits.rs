//! What people do at 10to8 with a mouse, and who hears of it.

use super::{CUSTOMERS, Clinic, key};
use crate::support::receiver::Receiver;
use serde_json::{Value, json};
use std::time::Duration;

async fn refused(clinic: &Clinic, edit: Value, status: u16) -> String {
    let answer = clinic.sandbox.post("/_sandbox/tentoeight/edit", &edit).await.expect(status);
    answer["detail"].as_str().expect("text").to_owned()
}

fn uri(of: &Value) -> &str {
    of["resource_uri"].as_str().expect("a URI")
}

#[tokio::test]
async fn a_customer_made_changed_deleted_and_restored_by_hand_is_seen_and_told() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    let made = clinic.edit(json!({"action": "create", "name": "Ada", "emails": ["a@x"]})).await;
    assert_eq!(clinic.get(uri(&made)).await.expect(200)["emails"], json!(["a@x"]));
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    let update = json!({"action": "update", "id": made["id"], "custom_fields": {"External ID": "7"}});
    assert_eq!(clinic.edit(update).await, made);
    assert_eq!(clinic.get(uri(&made)).await.expect(200)["custom_fields"], json!({"External ID": "7"}));
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    clinic.edit(json!({"action": "delete", "resource_uri": uri(&made)})).await;
    clinic.get(uri(&made)).await.expect(404);
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    clinic.edit(json!({"action": "restore", "id": made["id"].to_string()})).await;
    assert_eq!(clinic.get(uri(&made)).await.expect(200)["name"], "Ada");
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    let told = receiver.take();
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|one| one.json()["items"] == json!([uri(&made)])));
}

#[tokio::test]
async fn a_merge_joins_external_ids_deletes_the_others_and_tells_of_all() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    let make = |name: &str, fields: Value| json!({"name": name, "emails": [format!("{name}@x")], "custom_fields": fields});
    let mut uris = Vec::new();
    for (name, fields) in [
        ("ada", json!({"External ID": "7"})),
        ("byron", json!({"External ID": "8", "Sync Status": "s"})),
        ("clara", json!({})),
    ] {
        uris.push(clinic.post(CUSTOMERS, &make(name, fields)).await.header("location").to_owned());
    }
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    receiver.take();
    let merged = clinic.edit(json!({"action": "merge", "ids": uris})).await;
    assert_eq!(uri(&merged["survivor"]), uris[0]);
    let survivor = clinic.get(&uris[0]).await.expect(200);
    assert_eq!(survivor["custom_fields"], json!({"External ID": "7, 8", "Sync Status": "s"}));
    assert_eq!(survivor["emails"], json!(["ada@x", "byron@x", "clara@x"]));
    for loser in &uris[1..] {
        clinic.get(loser).await.expect(404);
    }
    let listed = clinic.get(&format!("{CUSTOMERS}?include_deleted=True")).await.expect(200);
    let deleted: Vec<&Value> =
        listed["results"].as_array().expect("results").iter().map(|one| &one["deleted"]).collect();
    assert_eq!(deleted, [false, true, true]);
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(receiver.take()[0].json()["items"], json!(uris));
}

#[tokio::test]
async fn who_survives_a_merge_and_who_is_told_is_as_set() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    for (survivor, place, notify) in
        [("oldest", 0, "survivor"), ("newest", 1, "losers"), ("first", 1, "none")]
    {
        let uris = [clinic.customer("Ada").await, clinic.customer("Byron").await];
        clinic.sandbox.advance(Duration::from_secs(1)).await;
        receiver.take();
        clinic.set(json!({"merging": {"survivor": survivor, "notify": notify}})).await;
        let merged = clinic.edit(json!({"action": "merge", "ids": [uris[1], uris[0]]})).await;
        assert_eq!(uri(&merged["survivor"]), uris[place], "{survivor}");
        let told = match notify {
            "survivor" => vec![json!([uris[place]])],
            "losers" => vec![json!([uris[1 - place]])],
            _ => vec![],
        };
        clinic.sandbox.advance(Duration::from_secs(1)).await;
        let received: Vec<Value> = receiver.take().iter().map(|one| one.json()["items"].clone()).collect();
        assert_eq!(received, told, "{notify}");
    }
}

#[tokio::test]
async fn a_merge_into_a_new_customer_leaves_none_of_the_old_uris() {
    let clinic = Clinic::start().await;
    let uris = [clinic.customer("Ada").await, clinic.customer("Byron").await];
    clinic.set(json!({"merging": {"survivor": "new", "losers_listed": false}})).await;
    let merged = clinic.edit(json!({"action": "merge", "ids": uris})).await;
    let listed = clinic.get(&format!("{CUSTOMERS}?include_deleted=True")).await.expect(200);
    assert_eq!(listed["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["results"][0]["resource_uri"], merged["survivor"]["resource_uri"]);
    for old in &uris {
        clinic.get(old).await.expect(404);
        assert_ne!(uri(&merged["survivor"]), old);
    }
}

#[tokio::test]
async fn edits_that_make_no_sense_are_refused_and_change_nothing() {
    let clinic = Clinic::start().await;
    let ada = clinic.customer("Ada").await;
    let gone = clinic.customer("Gone").await;
    clinic.delete(&gone).await.expect(204);
    let foreign = Clinic { key: key(&clinic.sandbox, 1), ..clinic };
    let eve = foreign.customer("Eve").await;
    let clinic = Clinic { key: key(&foreign.sandbox, 0), ..foreign };
    let before = clinic.get(&format!("{CUSTOMERS}?include_deleted=True")).await.expect(200);
    for (edit, status) in [
        (json!({}), 422),
        (json!({"action": "explode"}), 422),
        (json!({"action": "update", "name": "x"}), 422),
        (json!({"action": "update", "id": 123, "nmae": "x"}), 422),
        (json!({"action": "update", "id": 123, "emails": "x"}), 422),
        (json!({"action": "update", "id": 999, "name": "x"}), 404),
        (json!({"action": "update", "id": true, "name": "x"}), 422),
        (json!({"action": "update", "resource_uri": gone, "name": "x"}), 422),
        (json!({"action": "update", "id": 123, "organization": "Northgate Studio", "name": "x"}), 404),
        (json!({"action": "create", "organization": "Nowhere", "name": "x"}), 404),
        (json!({"action": "create"}), 422),
        (json!({"action": "restore", "resource_uri": ada}), 422),
        (json!({"action": "merge", "ids": [ada]}), 422),
        (json!({"action": "merge", "ids": [ada, ada]}), 422),
        (json!({"action": "merge", "ids": [ada, gone]}), 422),
        (json!({"action": "merge", "ids": [ada, eve]}), 422),
        (json!({"action": "merge"}), 422),
        (json!({"action": "book", "id": 123, "starts_at": "soon"}), 422),
        (json!({"action": "book", "id": 123, "starts_at": "2026-02-01", "in_ms": 5}), 422),
        (json!({"action": "cancel_booking", "id": 123}), 422),
        (json!({"action": "revoke_key"}), 422),
        (json!({"action": "revoke_key", "api_key": "x"}), 404),
    ] {
        let reason = refused(&clinic, edit.clone(), status).await;
        assert!(!reason.is_empty(), "{edit}");
    }
    assert_eq!(clinic.get(&format!("{CUSTOMERS}?include_deleted=True")).await.expect(200), before);
    clinic.edit(json!({"action": "book", "id": 123})).await;
    assert!(
        refused(&clinic, json!({"action": "delete", "id": 123, "force": false}), 422)
            .await
            .contains("bookings")
    );
}
