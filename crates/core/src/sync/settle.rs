//! What an answer to a write means for the link.

use super::link::{DELETION, Ending, Held, Link, Pending, State, WHOLE};
use super::plan::{Action, Agreed, Terms, Write};
use super::schema::Refusal;
use super::side::Side;
use super::value::{Fields, Value};
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done {
        /// The record's id.
        id: String,
        /// What the provider says that the fields hold now; those it does not name are as they were sent.
        fields: Fields,
        /// When the answer came.
        at: Timestamp,
    },
    /// The provider refuses these values; nothing was done.
    Refused(Vec<super::Refusal>),
    /// The provider objects to the deletion.
    Objected(String),
    /// There is no such record (any more).
    Gone,
    /// A record that may not be there twice is there already; nothing was done.
    Exists {
        /// Its id, where the provider says.
        id: Option<String>,
        /// What the provider says.
        message: String,
    },
    /// Nobody knows whether it was carried out.
    Unknown,
}

/// The link after `action` at `side` came to `outcome`. `link` is the plan's link, and as the hub has stored it since (with a
/// creation that is pending).
///
/// Nothing is ever sent again as it was refused; nothing counts as agreed that was not answered. A creation that met a record
/// that is there already ([`Outcome::Exists`]) stays pending: who that is, identity decides.
#[must_use]
pub fn settle(terms: &Terms<'_>, mut link: Link, side: Side, action: &Action, outcome: &Outcome) -> Link {
    match action {
        Action::Create(write) => created(terms, &mut link, side, write, outcome),
        Action::Update { write, .. } => updated(terms, &mut link, side, write, outcome),
        Action::Delete { .. } => deleted(terms, &mut link, side, outcome),
    }
    link
}

fn created(terms: &Terms<'_>, link: &mut Link, side: Side, write: &Write, outcome: &Outcome) {
    match outcome {
        Outcome::Done { id, fields, at } => {
            link.ids[side] = Some(id.clone());
            link.state = State::Linked;
            carried_out(terms, link, side, write, fields, *at);
        }
        Outcome::Refused(refusals) => {
            link.state = State::Linked;
            refused(terms, link, side, write, refusals);
        }
        Outcome::Objected(reason) => {
            link.state = State::Linked;
            refused(terms, link, side, write, &[nameless(reason)]);
        }
        Outcome::Gone => link.state = State::Linked,
        Outcome::Exists { .. } => {}
        Outcome::Unknown => {
            if link.state == State::Linked {
                link.state = State::Creating(Pending { side, sent_at: terms.now, open: false });
            }
        }
    }
}

fn updated(terms: &Terms<'_>, link: &mut Link, side: Side, write: &Write, outcome: &Outcome) {
    match outcome {
        Outcome::Done { fields, at, .. } => carried_out(terms, link, side, write, fields, *at),
        Outcome::Refused(refusals) => refused(terms, link, side, write, refusals),
        Outcome::Objected(reason) | Outcome::Exists { message: reason, .. } => {
            refused(terms, link, side, write, &[nameless(reason)]);
        }
        Outcome::Gone | Outcome::Unknown => link.doubted[side] = Some(terms.now),
    }
}

fn deleted(terms: &Terms<'_>, link: &mut Link, side: Side, outcome: &Outcome) {
    let reason = match outcome {
        Outcome::Done { at, .. } => return gone(link, side, *at),
        Outcome::Gone => return gone(link, side, terms.now),
        Outcome::Unknown => {
            link.doubted[side] = Some(terms.now);
            link.deleting[side] = link.deleting[side].or(Some(terms.now));
            return;
        }
        Outcome::Objected(reason) | Outcome::Exists { message: reason, .. } => reason.clone(),
        Outcome::Refused(refusals) => refusals.first().map_or_else(String::new, |one| one.reason.clone()),
    };
    link.deleting[side] = None;
    link.decisions.remove(DELETION);
    link.refused[side].insert(DELETION.to_owned(), Held { value: Value::Empty, reason });
}

/// We deleted it. A reading sent before that does not bring it back.
fn gone(link: &mut Link, side: Side, at: Timestamp) {
    link.state = State::Ended(Ending::Deleted { side: side.other() });
    link.written_at[side] = Some(at);
    link.deleting[side] = None;
    link.decisions.remove(DELETION);
    link.refused[side].remove(DELETION);
}

fn carried_out(terms: &Terms<'_>, link: &mut Link, side: Side, write: &Write, said: &Fields, at: Timestamp) {
    for agreed in &write.rules {
        if agreed.half {
            link.doubted[side] = Some(at);
            continue;
        }
        link.bases.insert(agreed.rule.clone(), answered(terms, side, write, agreed, said, at));
        link.decisions.remove(&agreed.rule);
        link.refused[side].remove(&format!("{WHOLE}{}", agreed.rule));
    }
    link.refused[side].retain(|field, _| {
        let withheld = write.refusals.iter().any(|refusal| refusal.field == *field);
        withheld || !write.fields.contains_key(field)
    });
    if !write.rules.is_empty() {
        link.refused[side].remove(WHOLE);
    }
    if let Some(external) = &write.external {
        link.external[side] = Some(external.clone()).filter(|id| !id.is_empty());
    }
    if let Some(status) = &write.status {
        link.status[side] = Some(status.clone()).filter(|key| !key.is_empty());
    }
    link.written_at[side] = Some(at);
}

/// What was agreed, as the provider wrote it down. Fields that were not sent are as they were seen: what the answer says of them may
/// be somebody's change that has to travel yet.
fn answered(
    terms: &Terms<'_>,
    side: Side,
    write: &Write,
    agreed: &Agreed,
    said: &Fields,
    at: Timestamp,
) -> super::Base {
    let mut base = agreed.base.clone();
    base.known_at[side] = at;
    let rule = terms.agreement.rules.iter().find(|rule| rule.name == agreed.rule);
    let fields = rule.into_iter().flat_map(|rule| &rule.fields[side]);
    for (field, shown) in fields.zip(&mut base.faces[side].0) {
        if let (true, Some(value)) = (write.fields.contains_key(field), said.get(field)) {
            shown.clone_from(value);
        }
    }
    base
}

fn nameless(reason: &str) -> Refusal {
    Refusal { field: WHOLE.to_owned(), value: Value::Empty, reason: reason.to_owned() }
}

/// Remembers what was refused, so that it is not sent again: a field's value where the provider names the field, else all of it.
fn refused(terms: &Terms<'_>, link: &mut Link, side: Side, write: &Write, refusals: &[Refusal]) {
    let unnamed = [nameless("the provider refused this and did not say why")];
    for refusal in if refusals.is_empty() { &unnamed } else { refusals } {
        let (name, value) = blamed(terms, link, side, write, &refusal.field);
        link.refused[side].insert(name, Held { value, reason: refusal.reason.clone() });
    }
}

/// Under which name a refusal is remembered, and what was refused.
fn blamed(terms: &Terms<'_>, link: &Link, side: Side, write: &Write, field: &str) -> (String, Value) {
    let party = &terms.agreement.sides[side];
    let status =
        || write.status.as_ref().zip(party.status.clone()).map(|(key, name)| (name, Value::text(key)));
    let external =
        || write.external.as_ref().zip(party.external.clone()).map(|(id, name)| (name, Value::text(id)));
    if Some(field) == party.status.as_deref()
        && let Some(status) = status()
    {
        return status;
    }
    let content = content(terms, side, write);
    if (Some(field) == party.external.as_deref() || content.is_empty())
        && let Some(own) = external().or_else(status)
    {
        return own;
    }
    // Where a placeholder is refused too, its field's own value is remembered already.
    let withheld = write.refusals.iter().any(|refusal| refusal.field == field);
    match content.get(field) {
        Some(value) if !withheld => (field.to_owned(), value.clone()),
        _ => match write.rules.as_slice() {
            [only] if link.ids[side].is_some() => (format!("{WHOLE}{}", only.rule), fingerprint(&content)),
            _ => (WHOLE.to_owned(), fingerprint(&content)),
        },
    }
}

/// What the write is about: its fields without the other record's id and the status, which has another time whenever it is written.
fn content(terms: &Terms<'_>, side: Side, write: &Write) -> Fields {
    let party = &terms.agreement.sides[side];
    let own = |field: &String| {
        (write.external.is_some() && Some(field) == party.external.as_ref())
            || (write.status.is_some() && Some(field) == party.status.as_ref())
    };
    write
        .fields
        .iter()
        .filter(|(field, _)| !own(field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect()
}

/// Equal for equal fields, short whatever they hold.
#[must_use]
pub fn fingerprint(fields: &Fields) -> Value {
    let mut hash = Sha256::new();
    for (field, value) in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
        hash.update((value.texts().len() as u64).to_be_bytes());
        for text in value.texts() {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    Value::text(data_encoding::HEXLOWER.encode(&hash.finalize()[..16]))
}
