//! What people do on both sides in these tests, and what the tests look at.

use super::scene::Synced;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use syncline_core::sync::{ConflictKind, Side, Sides};
use syncline_hub::sync::{Choice, resolve};
use syncline_store::Scope;
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::history::{self, HistoryRow};
use syncline_store::syncs::links;

/// What HubSpot answers for the properties of a contact when nothing is in them.
pub fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

/// A customer's custom field.
pub fn custom<'a>(customer: &'a Value, name: &str) -> &'a str {
    customer["custom_fields"][name].as_str().unwrap_or_default()
}

impl Synced {
    /// Somebody whom both sides know and who is in step: the contact's id and the customer's URI.
    pub async fn pair(&self, first: &str, email: &str) -> (String, String) {
        let id = self.new_contact(json!({ "firstname": first, "email": email })).await;
        self.run().await;
        let uri = self.contact(&id).await["tte_customer_uri"].as_str().unwrap().to_owned();
        (id, uri)
    }

    /// A contact that is there.
    pub async fn contact(&self, id: &str) -> Value {
        let mut all = self.contacts().await;
        all.remove(id).unwrap_or_else(|| panic!("no contact {id} in {all:#?}"))
    }

    /// A customer that is there.
    pub async fn customer(&self, uri: &str) -> Value {
        let mut all = self.customers().await;
        all.remove(uri).unwrap_or_else(|| panic!("no customer {uri} in {all:#?}"))
    }

    /// How many contacts and customers are there.
    pub async fn heads(&self) -> (usize, usize) {
        (self.contacts().await.len(), self.customers().await.len())
    }

    /// Somebody archives a contact.
    pub async fn archive_contact(&self, id: &str) {
        self.joined.edit("hubspot", json!({ "action": "archive", "id": id })).await;
    }

    /// Somebody takes a contact back.
    pub async fn restore_contact(&self, id: &str) {
        self.joined.edit("hubspot", json!({ "action": "restore", "id": id })).await;
    }

    /// Somebody makes one contact of two; answers the third id that it gets.
    pub async fn merge_contacts(&self, id: &str, other: &str) -> String {
        let merge = json!({ "action": "merge", "id": id, "other_id": other });
        self.joined.edit("hubspot", merge).await["id"].as_str().unwrap().to_owned()
    }

    /// Somebody makes one customer of several; answers the URI that stays.
    pub async fn merge_customers(&self, uris: &[&str]) -> String {
        let done = self.joined.edit("tentoeight", json!({ "action": "merge", "ids": uris })).await;
        done["survivor"]["resource_uri"].as_str().unwrap().to_owned()
    }

    /// From now on nothing is heard of changes.
    pub async fn deaf(&self) {
        self.joined.fault(json!({ "effect": { "kind": "drop" } })).await;
    }

    /// Nothing goes wrong any more.
    pub async fn well(&self) {
        self.joined.control(Method::DELETE, "faults", json!({})).await;
    }

    /// Other guesses about the vendors.
    pub async fn settings(&self, patch: Value) {
        self.joined.control(Method::PATCH, "settings", patch).await;
    }

    /// How many calls that write both providers got.
    pub async fn written(&self) -> (usize, usize) {
        (self.writes("hubspot").await, self.writes("tentoeight").await)
    }

    /// The one conflict that is open.
    pub async fn conflict(&self) -> ConflictRow {
        let mut open = self.conflicts().await;
        assert_eq!(open.len(), 1, "{open:#?}");
        open.remove(0)
    }

    /// Conflicts that are over, and who decided them.
    pub async fn decided(&self) -> Vec<(String, Option<String>)> {
        let filter =
            conflicts::Filter { sync_id: Some(self.sync.id.clone()), ..conflicts::Filter::default() };
        let all = conflicts::page(&self.joined.hub.cx.store, &Scope::All, &filter, None, 500).await.unwrap();
        all.into_iter()
            .filter(|row| row.resolved_at.is_some())
            .map(|row| (row.kind, row.resolved_by))
            .collect()
    }

    /// A person decides; what follows is done.
    pub async fn resolve(&self, conflict: &ConflictRow, choice: Choice) {
        resolve(&self.joined.hub.cx, &Scope::All, &conflict.id, &choice, "ada").await.unwrap();
        self.quiet().await;
    }

    /// The same for one of the sides.
    pub async fn decide(&self, conflict: &ConflictRow, side: Side) {
        self.resolve(conflict, Choice::Side { side, force: false }).await;
    }

    /// The link of a customer, with those that are over.
    pub async fn links_of(&self, id: &str) -> Vec<links::LinkRow> {
        let filter = links::Filter {
            sync_id: self.sync.id.clone(),
            record_id: Some(id.to_owned()),
            ..links::Filter::default()
        };
        links::page(&self.joined.hub.cx.store, &Scope::All, &filter, None, 100).await.unwrap()
    }

    /// Nobody is left out, and nobody has two counterparts.
    pub async fn everybody_is_linked_or_asked_about(&self) {
        let (links, asked) = (self.links().await, self.conflicts().await);
        let asked: BTreeSet<String> = asked
            .iter()
            .flat_map(|row| match &row.conflict.kind {
                ConflictKind::Match { id, candidates, .. } => [vec![id.clone()], candidates.clone()].concat(),
                ConflictKind::Duplicate { id, of, .. } => vec![id.clone(), of.clone()],
                _ => Vec::new(),
            })
            .collect();
        let there = Sides { left: self.contacts().await, right: self.customers().await };
        for (side, records) in there.iter() {
            for (id, record) in records {
                let with = links.iter().filter(|row| row.link.ids[side].as_ref() == Some(id));
                let with: Vec<_> = with.filter_map(|row| row.link.ids[side.other()].as_ref()).collect();
                let is_linked = matches!(with[..], [other] if there[side.other()].contains_key(other));
                let is_asked = with.is_empty() && asked.contains(id);
                assert!(is_linked || is_asked, "{side} {id} {record} is with {with:?}");
            }
        }
    }

    /// Everything that was done about a record.
    pub async fn history(&self, record: Option<(Side, String)>) -> Vec<HistoryRow> {
        let filter = history::Filter { sync_id: self.sync.id.clone(), link_id: None, record };
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let store = &self.joined.hub.cx.store;
            let page = history::page(store, &Scope::All, &filter, before, 500).await.unwrap();
            let Some(last) = page.last() else { return all };
            before = Some(last.seq);
            all.extend(page);
        }
    }
}
