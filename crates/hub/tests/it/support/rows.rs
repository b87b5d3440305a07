//! Connections, records and runs, put straight into a test hub's database.

use super::{START, TestHub};
use serde_json::{Value, json};
use syncline_core::record::{Item, Record};
use syncline_store::connections::{self, Connection, Credentials, Method, Status};
use syncline_store::records::{self, Reading};
use syncline_store::runs::{self, Mode, NewLane, NewRun, Trigger};

/// An active connection of this organization to an account of HubSpot.
pub async fn connection(hub: &TestHub, id: &str, org_id: &str, account: &str) -> Connection {
    connection_through(hub, "", id, org_id, account).await
}

/// The same, authorized through an app; without its name by a key.
pub async fn connection_through(
    hub: &TestHub,
    app: &str,
    id: &str,
    org_id: &str,
    account: &str,
) -> Connection {
    let connection = Connection {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        user_id: "ada".to_owned(),
        provider: "hubspot".to_owned(),
        app: app.to_owned(),
        account: account.to_owned(),
        account_name: format!("Account of {org_id}"),
        method: if app.is_empty() { Method::Key } else { Method::Oauth },
        status: Status::Active,
        reason: None,
        scopes: Vec::new(),
        created_at: START,
        updated_at: START,
    };
    let sealed = Credentials {
        sealed: b"sealed".to_vec(),
        sealed_with: "none".to_owned(),
        expires_at: None,
        refresh_at: None,
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    connections::connect(&mut tx, &connection, &sealed).await.unwrap();
    tx.commit().await.unwrap();
    connection
}

/// A contact with this name.
pub fn contact(id: &str, name: &str) -> Record {
    let properties: Value = json!({ "firstname": name, "email": format!("{id}@example.com"), "fax": null });
    Record {
        object_type: "contacts".to_owned(),
        collection: String::new(),
        id: id.to_owned(),
        modified_at: Some(START),
        archived: false,
        merged_ids: Vec::new(),
        item: Item {
            name: name.to_owned(),
            created_at: Some(START),
            visibility: Some(true),
            ..Item::default()
        },
        body: json!({ "id": id, "properties": properties }).to_string(),
    }
}

/// Mirrors records.
pub async fn mirror(hub: &TestHub, connection: &Connection, new: Vec<Record>) {
    let now = hub.cx.now();
    let reading = Reading { connection_id: &connection.id, org_id: &connection.org_id, read_at: now, now };
    let mut tx = hub.cx.store.begin().await.unwrap();
    records::write(&mut tx, &reading, new).await.unwrap();
    tx.commit().await.unwrap();
}

/// A run under way with one lane; no worker knows of it.
pub async fn running(hub: &TestHub, connection: &Connection, id: &str, lane: &str) {
    let new = NewRun {
        id: id.to_owned(),
        org_id: connection.org_id.clone(),
        connection_id: connection.id.clone(),
        kind: "load".to_owned(),
        mode: Mode::Full,
        trigger: Trigger::Manual,
        wish: r#"{"types":[],"properties":{},"max_pages":0}"#.to_owned(),
        created_at: hub.cx.now(),
    };
    let lane = NewLane {
        key: "contacts".to_owned(),
        object_type: "contacts".to_owned(),
        collection: String::new(),
        title: lane.to_owned(),
        complete: true,
        detail: "{}".to_owned(),
        since: None,
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    runs::create(&mut tx, &new).await.unwrap();
    runs::start(&mut tx, id, hub.cx.now()).await.unwrap();
    runs::add_lanes(&mut tx, id, &[lane], hub.cx.now()).await.unwrap();
    let progress =
        runs::Progress { read: 40, created: 40, pages: 1, total: Some(100), ..runs::Progress::default() };
    runs::checkpoint(&mut tx, id, "contacts", &progress, hub.cx.now()).await.unwrap();
    tx.commit().await.unwrap();
}
