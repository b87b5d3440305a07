//! Each provider's records, from the first load over edits to the next ones.

use crate::support::joined::Joined;
use serde_json::json;
use std::collections::BTreeSet;
use syncline_store::runs::{LaneState, Mode, State};

const CONTACT: &str = "firstname,lastname,email,phone,company";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_hubspot_is_mirrored_and_then_what_changed() {
    let joined = Joined::start(350, &[]).await;
    let connection = joined.connect("hubspot").await;
    let (run, lanes) = joined.load(&connection, Mode::Full).await;
    assert_eq!(run.state, State::Succeeded, "{run:?} {lanes:?}");
    assert_eq!(lanes.len(), 3);
    assert!(lanes.iter().all(|lane| lane.state == LaneState::Done), "{lanes:?}");
    for object_type in ["companies", "contacts", "deals"] {
        let (mirrored, truth) =
            (joined.mirrored(&connection, object_type).await, joined.hubspot(object_type, "").await);
        assert!(!truth.is_empty());
        assert_eq!(mirrored.keys().collect::<BTreeSet<_>>(), truth.keys().collect::<BTreeSet<_>>());
    }
    assert_contacts_equal(&joined, &connection).await;

    let ids: Vec<String> = joined.mirrored(&connection, "contacts").await.into_keys().collect();
    joined
        .edit("hubspot", json!({"action": "update", "id": ids[0], "properties": {"firstname": "Zoë"}}))
        .await;
    joined.edit("hubspot", json!({"action": "archive", "id": ids[1]})).await;
    joined
        .edit(
            "hubspot",
            json!({"action": "create", "object": "contacts", "properties": {"email": "new@example.com"}}),
        )
        .await;
    joined.advance(std::time::Duration::from_secs(60)).await;
    let (run, lanes) = joined.load(&connection, Mode::Incremental).await;
    assert_eq!(run.state, State::Succeeded, "{run:?} {lanes:?}");
    let contacts = lanes.iter().find(|lane| lane.key == "contacts").unwrap();
    assert!(contacts.read < 20, "an incremental run reads what changed: {contacts:?}");
    assert_contacts_equal(&joined, &connection).await;
}

async fn assert_contacts_equal(joined: &Joined, connection: &syncline_store::connections::Connection) {
    let truth = joined.hubspot("contacts", CONTACT).await;
    let mirrored = joined.mirrored(connection, "contacts").await;
    assert_eq!(mirrored.keys().collect::<BTreeSet<_>>(), truth.keys().collect::<BTreeSet<_>>());
    for (id, properties) in &truth {
        for name in CONTACT.split(',') {
            assert_eq!(mirrored[id]["properties"][name], properties[name], "{name} of contact {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_base_table_and_row_of_airtable_is_mirrored() {
    let joined = Joined::start(150, &[]).await;
    let connection = joined.connect("airtable").await;
    let (run, lanes) = joined.load(&connection, Mode::Full).await;
    assert_eq!(run.state, State::Succeeded, "{run:?} {lanes:?}");
    let mut rows = 0;
    for table in joined.tables("airtable").await {
        rows += joined.truth("airtable", &table).await.len();
    }
    assert!(rows > 100);
    assert_eq!(joined.mirrored(&connection, "row").await.len(), rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_customer_of_10to8_is_mirrored_and_who_is_deleted_there_is_gone_here() {
    let joined = Joined::start(120, &[]).await;
    let connection = joined.connect("tentoeight").await;
    let (run, lanes) = joined.load(&connection, Mode::Full).await;
    assert_eq!(run.state, State::Succeeded, "{run:?} {lanes:?}");
    let customers = joined.mirrored(&connection, "customer").await;
    let table = &joined.tables("tentoeight").await[0];
    assert_eq!(customers.len(), joined.truth("tentoeight", table).await.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_data_sources_of_notion_are_mirrored() {
    let joined = Joined::start(120, &[]).await;
    let connection = joined.connect("notion").await;
    let (run, lanes) = joined.load(&connection, Mode::Full).await;
    assert_eq!(run.state, State::Succeeded, "{run:?} {lanes:?}");
    let mut pages = 0;
    for table in joined.tables("notion").await {
        pages += joined.truth("notion", &table).await.len();
    }
    let in_sources = joined.mirror(&connection).await.into_values();
    let in_sources = in_sources.filter(|row| row.object_type == "page" && !row.collection.is_empty());
    assert_eq!(in_sources.count(), pages);
}
