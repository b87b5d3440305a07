//! Writing: what a provider takes, and how records are created, changed and deleted there. Pure: calls and what their answers
//! mean; the hub sends, in batches, and takes a batch apart where it is refused as a whole.

pub(crate) mod failure;
pub(crate) mod moment;
pub(crate) mod project;

use crate::load::At;
use crate::wire::{Call, Fault, Reply};
use crate::{airtable, hubspot, notion, tentoeight};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::record::Record;
use syncline_core::sync::{Can, Fields, Outcome, Schema};

/// Every provider that can be written to, with its id.
pub static WRITERS: &[(&str, &dyn Write)] = &[
    (hubspot::ID, &hubspot::HubSpot),
    (notion::ID, &notion::Notion),
    (airtable::ID, &airtable::Airtable),
    (tentoeight::ID, &tentoeight::TenToEight),
];

/// How to write to the provider that goes by `provider`.
#[must_use]
pub fn write(provider: &str) -> Option<&'static dyn Write> {
    WRITERS.iter().find(|(id, _)| *id == provider).map(|(_, writer)| *writer)
}

/// What is written: records of one type, in one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Their type, as [`syncline_core::record::Record::object_type`] has it.
    pub object_type: String,
    /// Where they are, as [`syncline_core::record::Record::collection`] says.
    pub collection: String,
}

/// How many records one call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// To be created.
    pub create: usize,
    /// To be changed.
    pub update: usize,
    /// To be deleted.
    pub delete: usize,
    /// Values to be looked for; 0 where nothing can be looked for, and only a walk through everything shows who is there.
    pub find: usize,
}

/// What is sent in one call.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// New records with these fields.
    Create(&'a [Fields]),
    /// Other values in these fields of these records; [`syncline_core::sync::Value::Empty`] clears. No id is there twice.
    Update(&'a [(String, Fields)]),
    /// These records are to be archived, or deleted where there is no archive; and whether whatever the provider objects. All of
    /// one call say the same of that.
    Delete(&'a [(String, bool)]),
}

impl Sent<'_> {
    /// How many records it is about.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Create(records) => records.len(),
            Self::Update(records) => records.len(),
            Self::Delete(records) => records.len(),
        }
    }

    /// The values that are sent of the one at this place; none where it is a deletion.
    #[must_use]
    pub fn fields(&self, place: usize) -> Option<&Fields> {
        match self {
            Self::Create(records) => records.get(place),
            Self::Update(records) => records.get(place).map(|(_, fields)| fields),
            Self::Delete(_) => None,
        }
    }
}

/// Writing records to a provider.
pub trait Write: Sync {
    /// Whether records of this type can be written at all, and what can be done with them.
    fn can(&self, object: &Object) -> Option<Can>;

    /// How many records one call takes.
    fn batches(&self, object: &Object) -> Batches;

    /// Asks what fields there are; none where that needs no asking.
    fn schema(&self, at: &At<'_>, object: &Object) -> Option<Call>;

    /// Reads the answer, or says what fields there always are.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Gone`] when there is no such object.
    fn schema_back(&self, at: &At<'_>, object: &Object, reply: Option<&Reply<'_>>) -> Result<Schema, Fault>;

    /// The named fields of a record of the mirror, from its body. What cannot be read as its field's kind is its text.
    fn fields(&self, object: &Object, schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields;

    /// The call for a batch of at most [`Write::batches`]. Creations look first when nobody knows what became of them; changes
    /// and deletions may be repeated, and say so ([`Call::repeatable`]).
    fn send(&self, at: &At<'_>, object: &Object, schema: &Schema, sent: &Sent<'_>) -> Call;

    /// Reads the answer: one outcome for every record sent, in their order. Times are `at.now`. Of the fields that were sent
    /// [`Outcome::Done`] names those of which the provider says what they hold, with [`syncline_core::sync::Value::Empty`] where it
    /// says that they hold nothing.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when a batch of several was refused as a whole because of some of them, which the hub then sends apart; a
    /// single record that is refused is [`Outcome::Refused`], with the field where the provider names it and else with `*`. Any other
    /// [`Fault`] is about all of them.
    fn answer(
        &self,
        at: &At<'_>,
        object: &Object,
        schema: &Schema,
        sent: &Sent<'_>,
        reply: &Reply<'_>,
    ) -> Result<Vec<Outcome>, Fault>;

    /// The records that an answer to creations shows as whole as a reading would; none where it does not.
    fn made(&self, _object: &Object, _reply: &Reply<'_>) -> Vec<Record> {
        Vec::new()
    }

    /// A record of the mirror as it is once these fields were written, where that can be told without reading it: nothing else of it
    /// changes, not its times either. So what webhooks tell of our own writes is known already ([`crate::load::Load::is_known`]).
    fn written(&self, _object: &Object, _schema: &Schema, _body: &str, _fields: &Fields) -> Option<Record> {
        None
    }

    /// Looks for records that hold one of these values in this text field, in whatever case where the provider compares so; none
    /// where the provider can only be walked through, or this field cannot be looked into: then nothing is known of who has them.
    fn find(
        &self,
        at: &At<'_>,
        object: &Object,
        schema: &Schema,
        field: &str,
        values: &[String],
    ) -> Option<Call>;

    /// Reads the answer: value and id of every record found, each value of those that were asked for.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when the answer does not tell of each of several values who has it: then each has to be looked for by
    /// itself. Of one alone it is always told whether somebody has it. Any other [`Fault`] is about the call.
    fn found(
        &self,
        at: &At<'_>,
        object: &Object,
        schema: &Schema,
        field: &str,
        values: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<(String, String)>, Fault>;

    /// How long after a write [`Write::find`] may not show it yet.
    fn settles(&self) -> Duration;

    /// What has to be wished for in loads of this type so that these fields are in the records' bodies: the properties' names at a
    /// provider that has to be told, none at one that always gives all.
    fn properties(&self, object: &Object, names: &BTreeSet<String>) -> Vec<String>;
}
