//! Publishing: messages that applications send through the API.

use super::fan_out::fan_out;
use super::{Message, Routed, store};
use crate::notify::{Handover, PIECE};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, in_list};
use crate::{Result, StoreError, Tx};
use std::collections::{BTreeMap, HashMap};
use syncline_core::signature::sha256;
use syncline_core::time::Timestamp;

/// What makes publishing twice equal publishing once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    key: String,
    fingerprint: [u8; 16],
}

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

impl Idempotency {
    /// A key as the application chose it, and the request that came with it, byte by byte. None when the key is empty, longer than
    /// [`MAX_KEY`], or has a NUL in it.
    #[must_use]
    pub fn new(key: &str, request: &[u8]) -> Option<Self> {
        let fine = !key.is_empty() && key.chars().count() <= MAX_KEY && !key.contains('\0');
        let digest = sha256(&[request]);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        fine.then(|| Self { key: key.to_owned(), fingerprint })
    }

    /// Where its answer is kept outside the database: a name that says whose it is, and nothing of the key itself.
    #[must_use]
    pub fn place(&self, org_id: &str) -> String {
        let digest = sha256(&[org_id.as_bytes(), &[0], self.key.as_bytes()]);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("syncline:idempotency:{hex}")
    }

    /// The request's fingerprint as text, always as long.
    #[must_use]
    pub fn fingerprint_text(&self) -> String {
        self.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn fingerprint(&self) -> &[u8] {
        &self.fingerprint
    }
}

/// What became of a message that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is on its way.
    New,
    /// The same request came before; this is the message it made.
    Before(String),
    /// The key came before with another request; nothing was published.
    AnotherRequest,
}

/// What came of publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// For every message, in their order.
    pub outcomes: Vec<Published>,
    /// Where the new ones go.
    pub routed: Vec<Routed>,
}

const INSERT_KEY: Bulk = Bulk {
    table: "message_keys",
    columns: &[
        ("org_id", Kind::Text),
        ("idempotency_key", Kind::Text),
        ("message_id", Kind::Text),
        ("fingerprint", Kind::Bytes),
        ("created_at", Kind::Int),
    ],
    unique: "org_id, idempotency_key",
};

/// Keeps messages and queues them for every endpoint that wants them, in one transaction: whoever commits it has published, and what is
/// committed is delivered. Each message comes with its idempotency key, if it has one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn publish(
    tx: &mut Tx,
    messages: &[(Message, Option<Idempotency>)],
    handover: Option<&Handover>,
    now: Timestamp,
) -> Result<Publication> {
    let outcomes = claim_keys(tx, messages, now).await?;
    let new: Vec<&Message> = messages
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| **outcome == Published::New)
        .map(|((message, _), _)| message)
        .collect();
    if !new.is_empty() {
        store(tx, &new).await?;
    }
    let routed = fan_out(tx, &new, handover, now).await?;
    Ok(Publication { outcomes, routed })
}

/// Whoever writes a key first has it; the others wait for that transaction and then see whose it is.
async fn claim_keys(
    tx: &mut Tx,
    messages: &[(Message, Option<Idempotency>)],
    now: Timestamp,
) -> Result<Vec<Published>> {
    let mut keyed: Vec<(&Message, &Idempotency)> =
        messages.iter().filter_map(|(message, key)| key.as_ref().map(|key| (message, key))).collect();
    if keyed.is_empty() {
        return Ok(vec![Published::New; messages.len()]);
    }
    // A stable order: of two in one batch with the same key, the first stays.
    keyed.sort_by_key(|(message, key)| (&message.org_id, &key.key));
    let rows: Vec<Vec<Value>> = keyed.iter().map(|(message, key)| row_of(message, key, now)).collect();
    tx.insert_many(&INSERT_KEY, rows).await?;
    let holders = holders(tx, &keyed).await?;
    let outcome = |(message, key): &(Message, Option<Idempotency>)| {
        let Some(key) = key else { return Ok(Published::New) };
        let holder = holders.get(&(message.org_id.clone(), key.key.clone())).ok_or_else(|| {
            StoreError::Corrupt("message_keys: a key that was just written is gone".to_owned())
        })?;
        Ok(match holder {
            (id, _) if *id == message.id => Published::New,
            (id, fingerprint) if *fingerprint == key.fingerprint => Published::Before(id.clone()),
            _ => Published::AnotherRequest,
        })
    };
    messages.iter().map(outcome).collect()
}

fn row_of(message: &Message, key: &Idempotency, now: Timestamp) -> Vec<Value> {
    args![message.org_id.as_str(), key.key.as_str(), message.id.as_str(), &key.fingerprint[..], now]
}

type Holders = HashMap<(String, String), (String, Vec<u8>)>;

/// Whose the keys are: message and fingerprint.
async fn holders(tx: &mut Tx, keyed: &[(&Message, &Idempotency)]) -> Result<Holders> {
    let mut by_org: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (message, key) in keyed {
        by_org.entry(&message.org_id).or_default().push(&key.key);
    }
    let mut found = Holders::new();
    for (org_id, keys) in by_org {
        for piece in keys.chunks(PIECE) {
            let (marks, some) = in_list(piece.iter().map(|key| Value::from(*key)).collect());
            let sql = format!(
                "SELECT idempotency_key, message_id, fingerprint FROM message_keys WHERE org_id = ? AND idempotency_key IN ({marks})"
            );
            let values = { args![org_id] }.into_iter().chain(some).collect();
            for row in tx.query(&sql, values).await? {
                let holder = (row.text(1)?, row.bytes(2)?.to_vec());
                found.insert((org_id.to_owned(), row.text(0)?), holder);
            }
        }
    }
    Ok(found)
}
