//! What behaviours of syncs are written with.

use super::at;
use super::jobs::in_tx;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{Agreement, Conflict, ConflictKind, Face, Link, Schema, Side, Sides, Value};
use syncline_store::Store;
use syncline_store::syncs::conflicts::{NewConflict, Whose};
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::{self, State, Sync, Trouble};

/// Whose everything is, unless a behaviour is about others.
pub const WHOSE: Whose<'static> = Whose { sync_id: "syn_1", org_id: "acme" };

/// Contacts of the left connection and customers of the right one.
pub fn new_sync(id: &str, org_id: &str, left: &str, right: &str) -> Sync {
    let agreement = serde_json::json!({
        "sides": { "left": { "object_type": "contacts" }, "right": { "object_type": "customer", "collection": "x" } },
        "rules": [{ "name": "email", "fields": { "left": ["email"], "right": ["email"] } }],
    });
    let agreement: Agreement = serde_json::from_value(agreement).unwrap();
    Sync {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        name: "People".to_owned(),
        connections: Sides { left: left.to_owned(), right: right.to_owned() },
        agreement,
        schemas: Sides { left: Schema::default(), right: Schema { open: true, ..Schema::default() } },
        state: State::Active,
        reason: None,
        every: Some(std::time::Duration::from_millis(900_001)),
        primed_at: None,
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

/// Makes it.
pub async fn make(store: &Store, new: &Sync) {
    in_tx(store, async |tx| syncs::create(tx, new).await).await;
}

/// A database with acme's `syn_1`.
pub async fn with_sync(db: &syncline_store::testing::TestDb) -> Store {
    let store = db.store().await;
    make(&store, &new_sync("syn_1", "acme", "con_1", "con_2")).await;
    store
}

/// A new link of `syn_1` between these; a record that is not there is missing.
pub fn link(id: &str, left: Option<&str>, right: Option<&str>) -> LinkRow {
    let ids = Sides { left: left.map(str::to_owned), right: right.map(str::to_owned) };
    LinkRow {
        id: id.to_owned(),
        sync_id: "syn_1".to_owned(),
        org_id: "acme".to_owned(),
        name: String::new(),
        link: Link { ids, ..Link::joined("", "") },
        trouble: Trouble::None,
        ended_at: None,
        created_at: at(1),
        updated_at: at(1),
        version: 1,
    }
}

/// Stores new ones; answers those that were not.
pub async fn insert(store: &Store, rows: &[LinkRow]) -> Vec<String> {
    in_tx(store, async |tx| links::insert(tx, rows).await).await.into_iter().collect()
}

/// Stores them again; answers those that were not.
pub async fn update(store: &Store, rows: &[LinkRow]) -> Vec<String> {
    in_tx(store, async |tx| links::update(tx, rows).await).await.into_iter().collect()
}

/// These texts, owned.
pub fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// These keys of each record.
pub fn keys_of(of: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    of.iter().map(|(id, keys)| ((*id).to_owned(), owned(keys).into_iter().collect())).collect()
}

/// A conflict of this kind, in which the left shows `left`.
pub fn conflict(kind: ConflictKind, left: &str) -> Conflict {
    Conflict {
        kind,
        faces: Sides { left: Face(vec![Value::text(left)]), right: Face(vec![Value::text("right")]) },
        times: Sides { left: Some(at(1)), right: None },
        base: None,
        winner: None,
    }
}

/// One about a field of a link.
pub fn about_field(id: &str, link_id: &str, rule: &str, left: &str) -> NewConflict {
    NewConflict {
        id: id.to_owned(),
        link_id: Some(link_id.to_owned()),
        ids: Sides { left: Some("1".to_owned()), right: Some("2".to_owned()) },
        conflict: conflict(ConflictKind::Field { rule: rule.to_owned() }, left),
    }
}

/// One about a record of the left that could be several of the right.
pub fn about_match(id: &str, record_id: &str) -> NewConflict {
    let kind =
        ConflictKind::Match { side: Side::Left, id: record_id.to_owned(), candidates: owned(&["8", "9"]) };
    NewConflict {
        id: id.to_owned(),
        link_id: None,
        ids: Sides { left: Some(record_id.to_owned()), right: None },
        conflict: conflict(kind, "left"),
    }
}
