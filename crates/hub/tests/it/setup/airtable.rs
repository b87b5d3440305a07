//! Airtable: a webhook in every base, which says that something changed; what, is pulled. It lasts seven days.

use super::scene::*;
use crate::support::joined::Joined;
use crate::support::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::time::Clock as _;
use syncline_store::Scope;
use syncline_store::connections::{Connection, Status};
use syncline_store::runs::{self, Mode, Trigger};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn bases(joined: &Joined) -> Vec<Value> {
    joined.sandbox.credentials()["airtable"]["bases"].as_array().unwrap().clone()
}

fn bearer(joined: &Joined) -> String {
    format!("Bearer {}", joined.sandbox.credentials()["airtable"]["users"][0]["token"].as_str().unwrap())
}

/// The webhooks of all bases, with their base.
async fn webhooks(joined: &Joined) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for base in bases(joined) {
        let id = base["base_id"].as_str().unwrap().to_owned();
        let path = format!("/airtable/v0/bases/{id}/webhooks");
        let page = call(joined, Method::GET, &path, &bearer(joined), Value::Null).await;
        all.extend(page["webhooks"].as_array().unwrap().iter().map(|hook| (id.clone(), hook.clone())));
    }
    all
}

async fn foreign(joined: &Joined, url: &str) -> Value {
    let base = bases(joined)[0]["base_id"].as_str().unwrap().to_owned();
    let body = json!({"notificationUrl": url, "specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}});
    call(joined, Method::POST, &format!("/airtable/v0/bases/{base}/webhooks"), &bearer(joined), body).await
}

/// A table of the first base, and a row of it.
async fn a_row(joined: &Joined, connection: &Connection) -> (String, String, String) {
    let base = bases(joined)[0]["base_id"].as_str().unwrap().to_owned();
    let rows = joined.mirror(connection).await;
    let row =
        rows.values().find(|row| row.object_type == "row" && row.collection.starts_with(&base)).unwrap();
    let table = row.collection.split_once('/').unwrap().1.to_owned();
    (base, table, row.record_id.clone())
}

/// A text field of a table, by its name.
async fn a_field(joined: &Joined, base: &str, table: &str) -> String {
    let path = format!("/airtable/v0/meta/bases/{base}/tables");
    let tables = call(joined, Method::GET, &path, &bearer(joined), Value::Null).await;
    let table = tables["tables"].as_array().unwrap().iter().find(|one| one["id"] == *table).unwrap().clone();
    let fields = table["fields"].as_array().unwrap();
    fields.iter().find(|field| field["type"] == "singleLineText").unwrap()["name"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_base_gets_a_webhook_once_and_those_of_others_stay() {
    let joined = joined(20, &[]).await;
    let connection = joined.connect("airtable").await;
    let theirs = foreign(&joined, "https://elsewhere.example.com/hook").await;
    let before = webhooks(&joined).await;
    let dry = set_up(&joined, &connection, dry()).await;
    assert_eq!(webhooks(&joined).await, before, "a dry run changes nothing");
    assert!(kept(&joined, &connection.id).await.is_empty());
    let first = set_up(&joined, &connection, json!({})).await;
    assert_eq!(kinds(&first), kinds(&dry));
    assert_eq!(kinds(&first), vec!["create"; bases(&joined).len()]);
    let after = webhooks(&joined).await;
    assert_eq!(after.len(), before.len() + bases(&joined).len());
    assert!(before.iter().all(|hook| after.contains(hook)));
    assert!(after.iter().any(|(_, hook)| hook["id"] == theirs["id"]));
    let kept = kept(&joined, &connection.id).await;
    assert_eq!(kept.len(), bases(&joined).len());
    for hook in &kept {
        assert!(
            hook.secret.is_some() && hook.expires_at.is_some() && !hook.url.contains("token"),
            "{hook:?}"
        );
    }
    let second = set_up(&joined, &connection, json!({})).await;
    assert!(kinds(&second).is_empty(), "{second}");
    assert_eq!(webhooks(&joined).await, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_are_pulled_behind_their_ping_become_events_and_change_the_mirror() {
    let joined = joined(20, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    joined.load(&connection, Mode::Full).await;
    let (base, table, row) = a_row(&joined, &connection).await;
    let field = a_field(&joined, &base, &table).await;
    let edit = json!({"action": "update", "base_id": base, "table": table, "id": row, "fields": {field.as_str(): "Zoë"}});
    joined.edit("airtable", edit).await;
    let made = joined
        .edit(
            "airtable",
            json!({"action": "create", "base_id": base, "table": table, "fields": {field.as_str(): "New"}}),
        )
        .await;
    let made = made["id"].as_str().unwrap().to_owned();
    as_time_passes(&joined, "the change and the new row are mirrored", async || {
        let rows = joined.mirrored(&connection, "row").await;
        (rows[&row]["fields"][&field] == "Zoë" && rows.contains_key(&made)).then_some(())
    })
    .await;
    let own = Scope::Organization(connection.org_id.clone());
    let events = events(&joined, &own, "airtable").await;
    let kinds: Vec<(&str, &str)> =
        events.iter().map(|event| (event.kind.as_str(), event.object_id.as_str())).collect();
    assert!(
        kinds.contains(&("record.changed", &row)) && kinds.contains(&("record.created", &made)),
        "{kinds:?}"
    );
    assert!(events.iter().all(|event| event.account == connection.account));
    let cursors: Vec<Option<i64>> =
        kept(&joined, &connection.id).await.iter().map(|hook| hook.cursor).collect();
    assert!(cursors.contains(&Some(3)), "{cursors:?}");
    // A deletion goes the same way.
    joined.edit("airtable", json!({"action": "delete", "base_id": base, "table": table, "id": made})).await;
    as_time_passes(&joined, "the row is gone", async || {
        (!joined.mirrored(&connection, "row").await.contains_key(&made)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_are_renewed_before_their_seven_days_are_over() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    let first: Vec<_> =
        kept(&joined, &connection.id).await.iter().map(|hook| hook.expires_at.unwrap()).collect();
    for _ in 0..3 {
        joined.advance(5 * DAY + Duration::from_secs(60)).await;
        let now = joined.hub.clock.now();
        until("all are renewed", async || {
            let kept = kept(&joined, &connection.id).await;
            kept.iter().all(|hook| hook.expires_at.unwrap() > now.plus(6 * DAY)).then_some(())
        })
        .await;
    }
    let all =
        call(&joined, Method::GET, "/_sandbox/requests?provider=airtable&limit=1000", "", Value::Null).await;
    let renewed = |one: &&Value| one["path"].as_str().unwrap().ends_with("/refresh");
    assert_eq!(all["requests"].as_array().unwrap().iter().filter(renewed).count(), 3 * first.len());
    for (_, hook) in webhooks(&joined).await {
        assert_eq!(hook["isHookEnabled"], true);
    }
    assert_eq!(webhooks(&joined).await.len(), first.len(), "no other one was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_somebody_deleted_is_made_again() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    let gone = webhooks(&joined).await.remove(0);
    let path = format!("/airtable/v0/bases/{}/webhooks/{}", gone.0, gone.1["id"].as_str().unwrap());
    call(&joined, Method::DELETE, &path, &bearer(&joined), Value::Null).await;
    joined.advance(5 * DAY + Duration::from_secs(60)).await;
    until("there is another one", async || {
        let of_base = webhooks(&joined).await.into_iter().filter(|(base, _)| *base == gone.0).count();
        let known = kept(&joined, &connection.id).await;
        (of_base == 1
            && known.len() == bases(&joined).len()
            && known.iter().all(|hook| hook.remote_id != gone.1["id"]))
        .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_whose_secret_is_lost_is_replaced_and_only_it() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    let before = webhooks(&joined).await;
    let lost = kept(&joined, &connection.id).await.remove(0);
    let mut tx = joined.hub.cx.store.begin().await.unwrap();
    syncline_store::hooks::delete(&mut tx, &lost.id).await.unwrap();
    tx.commit().await.unwrap();
    let report = set_up(&joined, &connection, json!({})).await;
    assert_eq!(kinds(&report), ["delete", "create"]);
    let after = webhooks(&joined).await;
    assert_eq!(after.len(), before.len());
    let stayed = before.iter().filter(|hook| after.contains(hook)).count();
    assert_eq!(stayed, before.len() - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_waits_for_a_person_is_renewed_when_it_goes_on() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    joined.fault(json!({"provider": "airtable", "path": "/v0/meta/bases*", "times": 1, "effect": {"kind": "revoked_token"}})).await;
    joined.advance(5 * DAY + Duration::from_secs(60)).await;
    until("a person is needed", async || {
        let now = joined.connection(&connection.id).await;
        (now.status == Status::NeedsReauthorization).then_some(())
    })
    .await;
    let answer = ask(&joined, &joined.hub.key, &connection.id, json!({})).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "needs_reauthorization"));
    joined.control(Method::DELETE, "faults", json!({})).await;
    joined.connect("airtable").await;
    let now = joined.hub.clock.now();
    until("all are renewed", async || {
        let kept = kept(&joined, &connection.id).await;
        kept.iter().all(|hook| hook.expires_at.unwrap() > now.plus(6 * DAY)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_webhook_does_not_tell_any_more_is_loaded() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    let hook = kept(&joined, &connection.id).await.remove(0);
    joined.edit("airtable", json!({"action": "error_payload", "base_id": hook.part, "webhook": hook.remote_id, "code": "INTERNAL_ERROR"})).await;
    as_time_passes(&joined, "everything is loaded", async || {
        let filter = runs::Filter { connection_id: Some(connection.id.clone()), ..runs::Filter::default() };
        let found = runs::list(&joined.hub.cx.store, &Scope::All, &filter, None, 10).await.unwrap();
        found.iter().any(|run| run.trigger == Trigger::Webhook && run.mode == Mode::Full).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_and_the_secrets_of_webhooks_are_sealed_anew() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("airtable").await;
    set_up(&joined, &connection, json!({})).await;
    let before: Vec<_> =
        kept(&joined, &connection.id).await.iter().map(|hook| hook.sealed_with.clone()).collect();
    let rotated = joined.hub.request(Method::POST, "/v1/keys/rotate").bearer_auth(&joined.hub.key);
    assert_eq!(joined.hub.send(rotated).await.status, 200);
    let now_with = joined.hub.cx.keys.current().unwrap().to_string();
    until("all are sealed with the new key", async || {
        let kept = kept(&joined, &connection.id).await;
        kept.iter().all(|hook| hook.sealed_with.as_ref() == Some(&now_with)).then_some(())
    })
    .await;
    assert!(before.iter().all(|key| key.as_ref() != Some(&now_with)));
    let report = set_up(&joined, &connection, json!({})).await;
    assert!(kinds(&report).is_empty(), "the secrets can still be opened: {report}");
}
