//! What is due, lane by lane, and who sends it.

use super::{PIECE, State, among, hide};
use crate::notify::messages::Message;
use crate::notify::{maybe_time, small};
use crate::value::{Row, args};
use crate::{Result, Scope, Store, Tx};
use std::collections::{BTreeMap, HashMap};
use syncline_core::time::Timestamp;

/// A lane and when something in it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneDue {
    /// The endpoint.
    pub endpoint_id: String,
    /// Whether it wants strict order.
    pub ordered: bool,
    /// Which state of its row this is: who knows another has to read it again.
    pub version: i64,
    /// The earliest moment at which something can be claimed; none: nothing waits.
    pub due_at: Option<Timestamp>,
}

/// Holds back what follows an unsettled message of its own key. Only what was queued for an endpoint that wanted strict order has a key,
/// so no other is looked up: the row says it, and not what whoever asks knows of the endpoint.
const IN_ORDER: &str = "(d.order_key IS NULL OR NOT EXISTS (SELECT 1 FROM delivery_order o JOIN deliveries p \
                        ON p.message_id = o.message_id AND p.endpoint_id = o.endpoint_id AND p.state = 0 \
                        WHERE o.endpoint_id = d.endpoint_id AND o.order_key = d.order_key \
                        AND o.message_id < d.message_id))";

/// When a lane has something for `owner` at a moment: what it holds itself is under way, unless the lease ended.
const DUE: &str = "SELECT d.at FROM deliveries d WHERE d.endpoint_id = e.id AND d.state = 0 \
                   AND (d.lease_owner IS NULL OR d.lease_owner <> ? OR d.at <= ?)";

/// The lanes of enabled endpoints, by id, beginning after the id `after`, at most `limit`, as they are for `owner` at `now`. Each costs
/// one look into the index, however much waits in it: this is what a poll asks.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lanes(
    store: &Store,
    (owner, now): (&str, Timestamp),
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<LaneDue>> {
    let sql = format!(
        "SELECT e.id, e.ordered, e.version, ({DUE} AND {IN_ORDER} ORDER BY d.at, d.message_id LIMIT 1) \
         FROM endpoints e WHERE e.state = 'enabled' AND e.id > ? ORDER BY e.id LIMIT ?"
    );
    store.query(&sql, args![owner, now, after.unwrap_or(""), limit]).await?.iter().map(lane_due).collect()
}

/// The same for these endpoints, whatever their state; those that there are not are left out.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn next_due(
    store: &Store,
    (owner, now): (&str, Timestamp),
    endpoint_ids: &[&str],
) -> Result<Vec<LaneDue>> {
    let mut found = Vec::with_capacity(endpoint_ids.len());
    for piece in endpoint_ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "SELECT e.id, e.ordered, e.version, ({DUE} AND {IN_ORDER} ORDER BY d.at, d.message_id LIMIT 1) \
             FROM endpoints e WHERE e.id IN ({marks})"
        );
        let values = { args![owner, now] }.into_iter().chain(some).collect();
        for row in store.query(&sql, values).await? {
            found.push(lane_due(&row)?);
        }
    }
    Ok(found)
}

fn lane_due(row: &Row) -> Result<LaneDue> {
    Ok(LaneDue {
        endpoint_id: row.text(0)?,
        ordered: row.int(1)? != 0,
        version: row.int(2)?,
        due_at: maybe_time(row, 3)?,
    })
}

/// A lane that has room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The endpoint.
    pub endpoint_id: String,
    /// How many at most.
    pub limit: u32,
}

/// A delivery that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The endpoint.
    pub endpoint_id: String,
    /// The message.
    pub message_id: String,
    /// What it keeps order with, at an endpoint that wants that.
    pub order_key: Option<String>,
    /// How many attempts there were since it was last queued.
    pub attempts: u32,
    /// How many there were in all.
    pub tried: u32,
    /// When it was due.
    pub due_at: Timestamp,
}

/// Claims what is due in these lanes, what has waited longest first, until `until`; what others hold is passed over, unless their lease
/// ended. Of what was queued for strict order, only the first of every key.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn claim(
    tx: &mut Tx,
    asks: &[Ask],
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claim>> {
    let mut asks: Vec<&Ask> = asks.iter().filter(|ask| ask.limit > 0).collect();
    asks.sort_by(|a, b| a.endpoint_id.cmp(&b.endpoint_id));
    let mut claims = Vec::new();
    for ask in asks {
        let found = due(tx, ask, now).await?;
        let ids: Vec<&str> = found.iter().map(|claim| claim.message_id.as_str()).collect();
        lease(tx, &ask.endpoint_id, &ids, owner, until).await?;
        claims.extend(found);
    }
    Ok(claims)
}

async fn due(tx: &mut Tx, ask: &Ask, now: Timestamp) -> Result<Vec<Claim>> {
    let sql = format!(
        "SELECT d.message_id, d.order_key, d.attempts, d.tried, d.at FROM deliveries d \
         WHERE d.endpoint_id = ? AND d.state = 0 AND d.at <= ? AND {IN_ORDER} ORDER BY d.at, d.message_id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let read = |row: &Row| {
        Ok(Claim {
            endpoint_id: ask.endpoint_id.clone(),
            message_id: row.text(0)?,
            order_key: row.maybe_text(1)?,
            attempts: small(row, 2)?,
            tried: small(row, 3)?,
            due_at: row.time(4)?,
        })
    };
    tx.query(&sql, args![ask.endpoint_id.as_str(), now, ask.limit]).await?.iter().map(read).collect()
}

/// Writes the lease to rows that this transaction holds.
async fn lease(tx: &mut Tx, endpoint_id: &str, ids: &[&str], owner: &str, until: Timestamp) -> Result<()> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "UPDATE deliveries SET at = ?, lease_owner = ? WHERE message_id IN ({marks}) AND endpoint_id = ? AND {h}state = 0",
            h = hide(tx)
        );
        let values = { args![until, owner] }.into_iter().chain(some).chain(args![endpoint_id]).collect();
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// By endpoint, the messages.
type Held<'a> = BTreeMap<&'a str, Vec<&'a str>>;

fn held(claims: &[Claim]) -> Held<'_> {
    let mut held = Held::new();
    for claim in claims {
        held.entry(&claim.endpoint_id).or_default().push(&claim.message_id);
    }
    held.values_mut().for_each(|ids| ids.sort_unstable());
    held
}

/// Keeps leases of `owner` alive; answers how many of them it still holds.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn renew(tx: &mut Tx, claims: &[Claim], owner: &str, until: Timestamp) -> Result<u64> {
    change(tx, claims, owner, "at = ?", until).await
}

/// Gives back what `owner` claimed and did not send, due at once; answers how many of them it still held.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn release(tx: &mut Tx, claims: &[Claim], owner: &str, now: Timestamp) -> Result<u64> {
    change(tx, claims, owner, "at = ?, lease_owner = NULL", now).await
}

async fn change(tx: &mut Tx, claims: &[Claim], owner: &str, set: &str, at: Timestamp) -> Result<u64> {
    let mut touched = 0;
    for (endpoint_id, ids) in held(claims) {
        for piece in ids.chunks(PIECE) {
            let (marks, some) = among(piece);
            let sql = format!(
                "UPDATE deliveries SET {set} WHERE message_id IN ({marks}) AND endpoint_id = ? AND {h}state = ? AND lease_owner = ?",
                h = hide(tx)
            );
            let rest = args![endpoint_id, State::Waiting.code(), owner];
            touched += tx.execute(&sql, { args![at] }.into_iter().chain(some).chain(rest).collect()).await?;
        }
    }
    Ok(touched)
}

/// What these messages say, by id.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn contents(store: &Store, ids: &[&str]) -> Result<HashMap<String, Message>> {
    let mut found = HashMap::with_capacity(ids.len());
    for piece in ids.chunks(PIECE) {
        for message in crate::notify::messages::of(store, &Scope::All, piece).await? {
            found.insert(message.id.clone(), message);
        }
    }
    Ok(found)
}
