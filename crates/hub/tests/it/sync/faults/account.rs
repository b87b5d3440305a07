//! What is there in the end, and whether that is as it should be.

use super::people::{People, number_of};
use crate::sync::acts::{custom, text};
use crate::sync::scene::Synced;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{ConflictKind, Ending, Side, Sides, State};
use syncline_store::Scope;
use syncline_store::events::{self, Order};
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::links::LinkRow;

/// Everything that can be looked at.
pub struct Account {
    contacts: BTreeMap<String, Value>,
    customers: BTreeMap<String, Value>,
    links: Vec<LinkRow>,
    open: Vec<ConflictRow>,
    /// How many records there are or were, by side.
    ever: Sides<usize>,
    /// Everything that is written anywhere.
    all: String,
    history: Vec<syncline_store::syncs::history::HistoryRow>,
}

impl Account {
    pub async fn of(synced: &Synced) -> Self {
        let gone = (gone_contacts(synced).await, every_customer(synced).await);
        let (contacts, customers) = (synced.contacts().await, synced.customers().await);
        let store = &synced.joined.hub.cx.store;
        let filter =
            conflicts::Filter { sync_id: Some(synced.sync.id.clone()), ..conflicts::Filter::default() };
        let decided = conflicts::page(store, &Scope::All, &filter, None, 500).await.unwrap();
        let history = synced.history(None).await;
        let links = synced.links().await;
        let heard = heard(synced).await;
        let ever = Sides { left: contacts.len() + gone.0.len(), right: gone.1.len() };
        let written = [
            serde_json::to_string(&(&contacts, &customers, &gone)).unwrap(),
            serde_json::to_string(&(&decided, &history)).unwrap(),
            links.iter().map(|row| serde_json::to_string(&row.link).unwrap()).collect(),
            heard,
        ];
        let open = synced.conflicts().await;
        Self { contacts, customers, links, open, ever, all: written.concat(), history }
    }

    fn is_open(&self, row: &LinkRow) -> bool {
        self.open.iter().any(|conflict| conflict.link_id.as_deref() == Some(&*row.id))
    }

    /// Linked records show the same, or it is written down why not.
    pub fn agrees(&self, seed: u64) {
        for row in &self.links {
            if row.link.state != State::Linked || self.is_open(row) {
                continue;
            }
            let ids = &row.link.ids;
            let here = |side: Side| ids[side].clone().unwrap_or_default();
            let contact = self.contacts.get(&here(Side::Left));
            let customer = self.customers.get(&here(Side::Right));
            let held = row.link.bases.values().any(|base| base.held.iter().any(|(_, held)| !held.is_empty()));
            let refused = row.link.refused.iter().any(|(_, refused)| !refused.is_empty());
            let (Some(contact), Some(customer)) = (contact, customer) else {
                assert!(refused, "seed {seed}: linked, and one is not there: {row:#?}");
                continue;
            };
            let shown = (shown_by_contact(contact), shown_by_customer(customer));
            if held || refused {
                let status = text(contact, "tte_customer_sync_status");
                assert!(status.starts_with("Error: "), "seed {seed}: held, and not told: {row:#?} {contact}");
                continue;
            }
            assert_eq!(shown.0, shown.1, "seed {seed}: {row:#?} {contact} {customer}");
            assert_eq!(text(contact, "tte_customer_uri"), here(Side::Right), "seed {seed}");
            let named = custom(customer, "External ID").split(',').any(|id| id.trim() == here(Side::Left));
            assert!(named, "seed {seed}: {customer} does not name {}", here(Side::Left));
        }
    }

    /// Everybody has a counterpart, or it is written down why not.
    pub fn misses_nobody(&self, seed: u64) {
        for (side, ids) in [
            (Side::Left, self.contacts.keys().collect::<Vec<_>>()),
            (Side::Right, self.customers.keys().collect::<Vec<_>>()),
        ] {
            for id in ids {
                let rows: Vec<&LinkRow> =
                    self.links.iter().filter(|row| row.link.ids[side].as_ref() == Some(id)).collect();
                let linked = rows.iter().any(|row| {
                    row.link.state == State::Linked
                        && (row.link.ids[side.other()].is_some() || self.is_open(row))
                });
                let told = rows.iter().any(|row| {
                    matches!(row.link.state, State::Ended(Ending::Merged { .. } | Ending::Unlinked { .. }))
                });
                let refused = rows.iter().any(|row| !row.link.refused[side.other()].is_empty());
                let asked = self.open.iter().any(|conflict| {
                    let could_be = match &conflict.conflict.kind {
                        ConflictKind::Match { candidates, .. } => candidates.contains(id),
                        _ => false,
                    };
                    conflict.ids[side].as_ref() == Some(id) || could_be
                });
                assert!(
                    linked || told || refused || asked,
                    "seed {seed}: {id} on the {side} is nobody's: {rows:#?} {:#?}",
                    self.open
                );
            }
        }
    }

    /// We made one record for one whom the other side did not know, whatever became of the answers, and no second one. (Whom the
    /// hub did not know to be gone yet may have got one that goes after them.)
    pub fn has_nobody_twice(&self, people: &People<'_>, seed: u64) {
        // Two contacts that become one are one record less: the two go, the third comes.
        let left = (self.ever.left + people.merged_contacts).checked_sub(people.made.left);
        let right = self.ever.right.checked_sub(people.made.right);
        let ours = left.zip(right).map(|(left, right)| left + right).expect("those of people are there");
        let made = self.history.iter().filter(|entry| ["created", "found"].contains(&&*entry.what));
        let made: Vec<_> = made.map(|entry| &entry.ids).collect();
        // What was made and not answered may be gone again before anybody found it.
        let is_known = |side: Side, id: &String| {
            people.made_by_people.contains(&(side, id.clone()))
                || made.iter().filter_map(|ids| ids[side].as_ref()).any(|known| *id == number_of(known))
        };
        let unknown = people.removed.iter().filter(|(side, id)| !is_known(*side, id)).count();
        let known = made.len();
        assert!(ours <= known + unknown, "seed {seed}: {ours} are ours: {known} known, {unknown} gone");
        for side in Side::BOTH {
            let ids: Vec<&String> = made.iter().filter_map(|ids| ids[side].as_ref()).collect();
            let once: BTreeSet<&String> = ids.iter().copied().collect();
            assert_eq!(once.len(), ids.len(), "seed {seed}: made twice for one on the {side}: {ids:?}");
        }
        for (side, ids) in
            [(Side::Left, self.counterparts(Side::Left)), (Side::Right, self.counterparts(Side::Right))]
        {
            let once: BTreeSet<&String> = ids.iter().copied().collect();
            assert_eq!(once.len(), ids.len(), "seed {seed}: somebody on the {side} is linked twice");
        }
    }

    fn counterparts(&self, side: Side) -> Vec<&String> {
        let linked = self.links.iter().filter(|row| row.link.state == State::Linked);
        linked.filter_map(|row| row.link.ids[side].as_ref()).collect()
    }

    /// What somebody typed is on a side, in a conflict, in the history or in an event.
    pub fn has_all_that_was_typed(&self, people: &People<'_>, seed: u64) {
        for ((side, id, field), word) in people.typed() {
            if !self.all.contains(word) {
                let of = |ids: &Sides<Option<String>>| {
                    ids[*side].as_ref().is_some_and(|one| number_of(one) == *id)
                };
                let links: Vec<&LinkRow> = self.links.iter().filter(|row| of(&row.link.ids)).collect();
                let past: Vec<_> = self.history.iter().filter(|entry| of(&entry.ids)).collect();
                panic!(
                    "seed {seed}: {word}, typed into {field} of {id} on the {side}, is nowhere any more: {links:#?} {past:#?}"
                );
            }
        }
    }
}

/// Name, first address and number, and the others in order of the alphabet.
fn shown_by_contact(contact: &Value) -> (String, Vec<String>, Vec<String>) {
    let list = |first: &str, rest: &str| {
        let rest = text(contact, rest).split([',', '\n']).map(str::trim).filter(|one| !one.is_empty());
        let first = Some(text(contact, first)).filter(|one| !one.is_empty());
        ordered(first.into_iter().chain(rest))
    };
    let names = [text(contact, "firstname"), text(contact, "lastname")];
    let name = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    (name, list("email", "tte_customer_secondary_emails"), list("phone", "tte_customer_secondary_phone"))
}

fn shown_by_customer(customer: &Value) -> (String, Vec<String>, Vec<String>) {
    let list =
        |name: &str| ordered(customer[name].as_array().into_iter().flatten().filter_map(Value::as_str));
    (text(customer, "name").trim().to_owned(), list("emails"), list("numbers"))
}

fn ordered<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut texts: Vec<String> = texts.map(str::to_lowercase).collect();
    if let Some(rest) = texts.get_mut(1..) {
        rest.sort_unstable();
    }
    texts
}

/// Contacts that were archived, with what they had.
async fn gone_contacts(synced: &Synced) -> Vec<Value> {
    let credentials = synced.joined.sandbox.credentials();
    let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().unwrap().to_owned();
    let names = "firstname,lastname,email,phone,tte_customer_secondary_emails,tte_customer_secondary_phone";
    let path = format!("crm/v3/objects/contacts?archived=true&limit=100&properties={names}");
    let url = format!("{}/hubspot/{path}", synced.joined.sandbox.url());
    let client = syncline_hub::http::client::client().unwrap();
    let page: Value = client.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap();
    page["results"].as_array().unwrap_or_else(|| panic!("{page}")).clone()
}

/// Every customer that there ever was.
async fn every_customer(synced: &Synced) -> Vec<Value> {
    synced.customers_with_deleted().await.into_values().collect()
}

/// Every event that came in.
async fn heard(synced: &Synced) -> String {
    let (mut all, mut after) = (String::new(), None);
    loop {
        let store = &synced.joined.hub.cx.store;
        let page =
            events::page(store, &Scope::All, &events::Filter::default(), Order::OldestFirst, after, 500)
                .await
                .unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(last.id);
        for event in &page {
            all.push_str(&String::from_utf8_lossy(&event.raw));
        }
    }
}
