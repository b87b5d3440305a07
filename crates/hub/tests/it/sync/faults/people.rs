//! Who does what meanwhile on both sides, and what of it must be found again.

use crate::sync::scene::Synced;
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{Side, Sides};

/// A field of a record of a side.
pub type Place = (Side, String, &'static str);

/// People who type, and what they typed last in every field.
pub struct People<'a> {
    synced: &'a Synced,
    tables: Sides<String>,
    last: u64,
    typed: BTreeMap<Place, String>,
    /// Records made by people.
    pub made: Sides<usize>,
    /// Those.
    pub made_by_people: BTreeSet<(Side, String)>,
    /// Records that people deleted, or made part of another.
    pub removed: BTreeSet<(Side, String)>,
    /// Contacts that became one of two.
    pub merged_contacts: usize,
}

impl<'a> People<'a> {
    pub async fn new(synced: &'a Synced) -> Self {
        let right = synced.joined.tables("tentoeight").await.remove(0);
        let tables = Sides { left: format!("{}:0-1", synced.left.account), right };
        Self {
            synced,
            tables,
            last: 0,
            typed: BTreeMap::new(),
            made: Sides::default(),
            made_by_people: BTreeSet::new(),
            removed: BTreeSet::new(),
            merged_contacts: 0,
        }
    }

    /// All that somebody typed and nobody typed over, deleted or merged away.
    pub fn typed(&self) -> &BTreeMap<Place, String> {
        &self.typed
    }

    fn new_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Who is there, by the names that the edits use.
    async fn there(&self, side: Side) -> Vec<String> {
        let provider = if side == Side::Left { "hubspot" } else { "tentoeight" };
        if !self.synced.joined.tables(provider).await.contains(&self.tables[side]) {
            return Vec::new();
        }
        self.synced.joined.truth(provider, &self.tables[side]).await.into_keys().collect()
    }

    fn types(&mut self, side: Side, id: &str, field: &'static str, word: &str) {
        self.typed.insert((side, id.to_owned(), field), word.to_owned());
    }

    fn forget(&mut self, side: Side, id: &str) {
        self.typed.retain(|(of, one, _), _| *of != side || one != id);
    }

    /// Somebody whom one side knows before anything is synced, or both do.
    pub async fn was_there(&mut self, rng: &mut StdRng) {
        let where_to = rng.random_range(0..5);
        self.arrive(where_to).await;
    }

    /// Somebody new, on one side. (Whoever is made on both at once is found to be one while webhooks come; where they are lost, nobody
    /// can know before the next run, and then it is a question.)
    async fn arrive(&mut self, where_to: u8) {
        let number = self.new_number();
        let (first, last, email) =
            (format!("F{number}x"), format!("L{number}x"), format!("e{number}x@example.org"));
        if where_to != 0 && where_to != 1 {
            let contact = json!({ "firstname": first, "lastname": last, "email": email });
            let id = self.synced.new_contact(contact).await;
            self.made.left += 1;
            self.made_by_people.insert((Side::Left, id.clone()));
            for (field, word) in [("firstname", &first), ("lastname", &last), ("email", &email)] {
                self.types(Side::Left, &id, field, word);
            }
        }
        if where_to != 2 && where_to != 3 {
            let customer = json!({ "name": format!("{first} {last}"), "emails": [email] });
            let made = self.synced.new_customer(customer).await;
            self.made.right += 1;
            let id = number_of(&made);
            self.made_by_people.insert((Side::Right, id.clone()));
            self.types(Side::Right, &id, "name", &first);
            self.types(Side::Right, &id, "emails", &email);
        }
    }

    /// Somebody does something.
    pub async fn act(&mut self, rng: &mut StdRng) {
        match rng.random_range(0..20) {
            0..4 => {
                let where_to = rng.random_range(0..4);
                self.arrive(where_to).await;
            }
            4..10 => self.edit_contact(rng).await,
            10..16 => self.edit_customer(rng).await,
            16 => self.archive_contact(rng).await,
            17 => self.delete_customer(rng).await,
            18 => self.merge_contacts(rng).await,
            _ => self.merge_customers(rng).await,
        }
    }

    async fn one_of(&self, rng: &mut StdRng, side: Side) -> Option<String> {
        self.there(side).await.choose(rng).cloned()
    }

    async fn edit_contact(&mut self, rng: &mut StdRng) {
        let Some(id) = self.one_of(rng, Side::Left).await else { return };
        let number = self.new_number();
        let (field, word) = match rng.random_range(0..5) {
            0 => ("firstname", format!("F{number}x")),
            1 => ("lastname", format!("L{number}x")),
            2 => ("phone", phone(number)),
            3 => ("tte_customer_secondary_emails", format!("s{number}x@example.org")),
            _ => ("email", format!("e{number}x@example.org")),
        };
        let edit = json!({ "action": "update", "id": id, "properties": { field: word } });
        if self.try_edit("hubspot", edit).await.is_some() {
            self.types(Side::Left, &id, field, &word);
        }
    }

    async fn edit_customer(&mut self, rng: &mut StdRng) {
        let Some(id) = self.one_of(rng, Side::Right).await else { return };
        let number = self.new_number();
        let (field, word, value) = match rng.random_range(0..5) {
            0 | 1 => ("name", format!("F{number}x"), json!(format!("F{number}x M{number}x"))),
            2 => ("numbers", phone(number), json!([phone(number)])),
            // What HubSpot does not take for an address.
            3 => ("emails", format!("bad{number}x@"), json!([format!("bad{number}x@")])),
            _ => ("emails", format!("e{number}x@example.org"), json!([format!("e{number}x@example.org")])),
        };
        let number: u64 = id.parse().expect("a number");
        let edit = json!({ "action": "update", "id": number, field: value });
        if self.try_edit("tentoeight", edit).await.is_some() {
            self.types(Side::Right, &id, field, &word);
        }
    }

    async fn archive_contact(&mut self, rng: &mut StdRng) {
        let Some(id) = self.one_of(rng, Side::Left).await else { return };
        if self.try_edit("hubspot", json!({ "action": "archive", "id": id })).await.is_some() {
            self.forget(Side::Left, &id);
            self.removed.insert((Side::Left, id));
        }
    }

    async fn delete_customer(&mut self, rng: &mut StdRng) {
        let Some(id) = self.one_of(rng, Side::Right).await else { return };
        let number: u64 = id.parse().expect("a number");
        if self.try_edit("tentoeight", json!({ "action": "delete", "id": number })).await.is_some() {
            self.forget(Side::Right, &id);
            self.removed.insert((Side::Right, id));
        }
    }

    /// The first one's word counts; what only the other one said, whoever merged them has let go.
    async fn merge_contacts(&mut self, rng: &mut StdRng) {
        let (one, other) = (self.one_of(rng, Side::Left).await, self.one_of(rng, Side::Left).await);
        let (Some(one), Some(other)) = (one, other) else { return };
        if one == other {
            return;
        }
        let merge = json!({ "action": "merge", "id": one, "other_id": other });
        let Some(done) = self.try_edit("hubspot", merge).await else { return };
        self.merged_contacts += 1;
        let new = done["id"].as_str().expect("a new id").to_owned();
        self.forget(Side::Left, &other);
        self.removed.extend([(Side::Left, one.clone()), (Side::Left, other.clone())]);
        let kept: Vec<_> =
            self.typed.keys().filter(|(side, id, _)| *side == Side::Left && *id == one).cloned().collect();
        for place in kept {
            let word = self.typed.remove(&place).expect("it is there");
            self.types(Side::Left, &new, place.2, &word);
        }
    }

    async fn merge_customers(&mut self, rng: &mut StdRng) {
        let (one, other) = (self.one_of(rng, Side::Right).await, self.one_of(rng, Side::Right).await);
        let (Some(one), Some(other)) = (one, other) else { return };
        let numbers: Vec<u64> = [&one, &other].iter().map(|id| id.parse().expect("a number")).collect();
        let merge = json!({ "action": "merge", "ids": numbers });
        if one != other && self.try_edit("tentoeight", merge).await.is_some() {
            self.forget(Side::Right, &other);
            self.removed.insert((Side::Right, other));
        }
    }

    /// What a provider refuses to do did not happen: whom we have just deleted nobody can change.
    async fn try_edit(&self, provider: &str, edit: Value) -> Option<Value> {
        let url = format!("{}/_sandbox/{provider}/edit", self.synced.joined.sandbox.url());
        let client = syncline_hub::http::client::client().expect("a client");
        let answer = client.post(url).json(&edit).send().await.expect("the sandbox answers");
        if !answer.status().is_success() {
            assert!(answer.status().is_client_error(), "{answer:?}");
            return None;
        }
        answer.json().await.ok()
    }
}

/// A number of one's own, as both sides write it.
fn phone(number: u64) -> String {
    format!("+44123456{number:04}")
}

/// The number in a customer's URI.
pub fn number_of(uri: &str) -> String {
    uri.trim_end_matches('/').rsplit('/').next().expect("a URI").to_owned()
}
