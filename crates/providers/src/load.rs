//! Loading: what there is to read at a provider, page by page, and reading single records again. Pure: a walk says which
//! call comes next and reads what came back; the hub sends, stores, and keeps the walk's state with every page it stored.

use crate::connect::Credential;

use crate::wire::{Call, Fault, Hosts, Reply};
use crate::{airtable, hubspot, notion, tentoeight};
use std::time::Duration;
use syncline_core::record::Record;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Every provider whose records can be loaded, with its id.
pub static LOADERS: &[(&str, &dyn Load)] = &[
    (hubspot::ID, &hubspot::HubSpot),
    (notion::ID, &notion::Notion),
    (airtable::ID, &airtable::Airtable),
    (tentoeight::ID, &tentoeight::TenToEight),
];

/// How to load from the provider that goes by `provider`.
#[must_use]
pub fn load(provider: &str) -> Option<&'static dyn Load> {
    LOADERS.iter().find(|(id, _)| *id == provider).map(|(_, loader)| *loader)
}

/// What every call needs to know.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// Where the provider is.
    pub hosts: &'a Hosts,
    /// The access token or key.
    pub token: &'a Secret,
    /// The present moment.
    pub now: Timestamp,
}

/// One way through an account's records: an object type, or the part of one that is kept in one place. The lanes of a run go
/// side by side; one that fails does not stop the others.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lane {
    /// Names it within its account, the same in every run (`contacts`, `rows/tblA`): what is remembered of it from run to
    /// run goes by this.
    pub key: String,
    /// The type of the records it finds; a lane finds one type.
    pub object_type: String,
    /// Where they are, as [`Record::collection`] says.
    pub collection: String,
    /// For people (`Contacts`, `Projects / Tasks`).
    pub title: String,
    /// Whether its end means that all records of its type and collection were seen: what was not seen is gone.
    pub complete: bool,
    /// What the provider's room needs to know of it, in its own form.
    #[serde(default)]
    pub detail: serde_json::Value,
}

/// What a run wants to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Only these object types; all of the provider's usual ones when empty.
    pub types: Vec<String>,
    /// Properties to read by object type, where the provider has to be told; its usual ones for types not named.
    pub properties: std::collections::BTreeMap<String, Vec<String>>,
}

/// Where a lane begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Everything there is.
    Start,
    /// What changed at or after this moment, by the provider's clock. The overlap for late indexing is already taken off.
    ChangedSince(Timestamp),
}

/// What one page brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Records, as they were when the page was read.
    pub records: Vec<Record>,
    /// Ids of the lane's type of which the page says that they are gone.
    pub gone: Vec<String>,
    /// Lanes that came to light (the tables of a base).
    pub lanes: Vec<Lane>,
    /// How many records the lane has in all, where the provider tells.
    pub total: Option<u64>,
    /// Something for people that the run should say: what was left out and why. A lane that said one has not seen all
    /// records, whatever [`Lane::complete`] promises: what it did not see is not gone.
    pub notice: Option<String>,
}

/// A walk along one lane.
pub trait Walk: Send + Sync {
    /// The next call; none at the end.
    fn next(&self, at: &At<'_>) -> Option<Call>;

    /// Reads the answer to it and moves on. After a fault the walk is where it was, or where it has to begin again (an
    /// iterator that ran out): [`Walk::next`] says.
    ///
    /// # Errors
    /// [`Fault`].
    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault>;

    /// All that [`Load::walk`] needs to go on from here.
    fn save(&self) -> serde_json::Value;
}

/// A record that was asked for by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There it is. Its id may be another than the one asked for: then it was merged, and the other is among its
    /// [`Record::merged_ids`].
    Here(Box<Record>),
    /// There is no such record (any more).
    Gone(String),
}

/// What an event of a provider's webhook means for the mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The type as [`Record::object_type`] has it.
    pub object_type: String,
    /// Where the record is, if the event says; empty otherwise.
    pub collection: String,
    /// Its id.
    pub id: String,
}

/// One of a provider's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// For people, metrics and rows (`burst`, `search`).
    pub name: &'static str,
    /// What it counts.
    pub counts: Counts,
    /// Whether each [`Call::part`] has its own; otherwise the account has one.
    pub per_part: bool,
    /// So many calls …
    pub calls: u32,
    /// … in every span of this length.
    pub span: Duration,
    /// How long to stay away after a refusal that says no time itself.
    pub penalty: Duration,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Calls with [`crate::wire::Cost::Call`].
    Calls,
    /// Calls with [`crate::wire::Cost::Search`].
    Searches,
    /// Both.
    Both,
}

/// Reading records from a provider.
pub trait Load: Sync {
    /// Whether what an event tells is in this body of the mirror already, so that nothing has to be read: the record that was created
    /// is there, the property holds the value. Later changes have events of their own.
    fn is_known(&self, _kind: &str, _raw: &[u8], _body: &str) -> bool {
        false
    }

    /// Whether events tell what became of what changed; where they do not, whether one is news is known only by reading the record.
    fn tells_values(&self) -> bool {
        false
    }

    /// The limits of a connection authorized in this way.
    fn limits(&self, credential: Credential) -> &'static [Limit];

    /// The lanes that a run begins with. More may come to light on the way.
    fn lanes(&self, wish: &Wish) -> Vec<Lane>;

    /// Whether [`From::ChangedSince`] is of use on this lane; where it is not, every run reads the lane from its start.
    fn knows_changes(&self, lane: &Lane) -> bool;

    /// The type of the records that are in a record of this type, each with its id as their collection: they go with it.
    fn children(&self, _object_type: &str) -> Option<&'static str> {
        None
    }

    /// How far before the latest change seen the next run has to begin, because the provider shows changes late or with
    /// coarse times.
    fn overlap(&self) -> Duration;

    /// A walk along `lane`, or one that goes on where `saved` says.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when `saved` is not one of this version's.
    fn walk(
        &self,
        lane: &Lane,
        wish: &Wish,
        from: From,
        saved: Option<&serde_json::Value>,
    ) -> Result<Box<dyn Walk>, Fault>;

    /// How many records [`Load::read`] may be asked for at once.
    fn read_batch(&self) -> usize;

    /// Asks for single records of one type and collection, at most [`Load::read_batch`].
    fn read(&self, at: &At<'_>, wish: &Wish, object_type: &str, collection: &str, ids: &[String]) -> Call;

    /// Reads the answer: one [`Found`] for every id asked for.
    ///
    /// # Errors
    /// [`Fault`].
    fn read_back(
        &self,
        at: &At<'_>,
        object_type: &str,
        collection: &str,
        ids: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<Found>, Fault>;

    /// Which record has to be read again because of this event; none when it is about none. `kind`, `object_type` and
    /// `object_id` as in [`syncline_core::event::Event`].
    fn change(&self, kind: &str, object_type: &str, object_id: &str, raw: &[u8]) -> Vec<Change>;
}
