//! What behaviours of records are written with.

use super::at;
use super::jobs::in_tx;
use syncline_core::record::{Item, Record};
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection, Credentials, Method, Status};
use syncline_store::records::{self, Effect, EffectKind, Filter, Reading, Stored, Written};
use syncline_store::{Scope, Store};

/// A contact that was modified `modified` seconds into 2026 and says `text`.
pub fn contact(id: &str, modified: Option<i64>, text: &str) -> Record {
    Record {
        object_type: "contacts".to_owned(),
        collection: String::new(),
        id: id.to_owned(),
        modified_at: modified.map(at),
        archived: false,
        merged_ids: Vec::new(),
        item: Item { name: format!("Contact {id}"), ..Item::default() },
        body: format!("{{\"text\":\"{text}\"}}"),
    }
}

/// What acme's connection `con_1` showed to a request that was sent then, and is stored a second later.
pub fn reading(read_at: Timestamp) -> Reading<'static> {
    Reading {
        connection_id: "con_1",
        org_id: "acme",
        read_at,
        now: read_at.plus(std::time::Duration::from_secs(1)),
    }
}

/// Stores what a request showed that was sent `read` seconds into 2026.
pub async fn write(store: &Store, read: i64, records: Vec<Record>) -> Written {
    in_tx(store, async |tx| records::write(tx, &reading(at(read)), records).await).await
}

/// Marks contacts as gone that a request did not find.
pub async fn mark_gone(store: &Store, read: i64, ids: &[&str]) -> Vec<Effect> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    in_tx(store, async |tx| records::mark_gone(tx, &reading(at(read)), "contacts", &ids).await).await
}

/// Ends a walk along all contacts that began `began` seconds into 2026.
pub async fn sweep(store: &Store, began: i64, limit: u32) -> Vec<Effect> {
    let reading = reading(at(began + 100));
    in_tx(store, async |tx| records::sweep(tx, &reading, "contacts", "", at(began), limit).await).await
}

/// A contact as mirrored.
pub async fn stored(store: &Store, id: &str) -> Stored {
    records::get(store, &Scope::All, "con_1", "contacts", id).await.unwrap().expect("it is mirrored")
}

/// All there is, by key.
pub async fn everything(store: &Store) -> Vec<Stored> {
    records::page(store, &Scope::All, &Filter::default(), None, 100_000).await.unwrap()
}

/// What happened to which, in short.
pub fn short(effects: &[Effect]) -> Vec<(&str, EffectKind)> {
    effects.iter().map(|effect| (effect.record_id.as_str(), effect.kind)).collect()
}

/// Connects an account that goes by the connection's id.
pub async fn connect(store: &Store, id: &str, org_id: &str, provider: &str) {
    connect_as(store, id, org_id, provider, &format!("account of {id}"), "Acme Ltd").await;
}

/// The same with the account's id and name.
pub async fn connect_as(store: &Store, id: &str, org_id: &str, provider: &str, account: &str, name: &str) {
    let new = Connection {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        user_id: "ada".to_owned(),
        provider: provider.to_owned(),
        app: "main".to_owned(),
        account: account.to_owned(),
        account_name: name.to_owned(),
        method: Method::Oauth,
        status: Status::Active,
        reason: None,
        scopes: Vec::new(),
        created_at: at(0),
        updated_at: at(0),
    };
    let credentials = Credentials {
        sealed: b"sealed".to_vec(),
        sealed_with: "key-1".to_owned(),
        expires_at: None,
        refresh_at: None,
    };
    in_tx(store, async |tx| connections::connect(tx, &new, &credentials).await).await;
}
