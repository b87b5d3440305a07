//! What is due, lane by lane, and who sends it.

use super::lost::forget;
use super::order::{HELD_BY, HeldBack, put_off};
use super::{PIECE, State, among, by_primary};
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
    /// The earliest moment at which something is to be looked at; none: nothing waits.
    pub due_at: Option<Timestamp>,
}

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
        "SELECT e.id, e.ordered, e.version, ({DUE} ORDER BY d.at, d.message_id LIMIT 1) \
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
            "SELECT e.id, e.ordered, e.version, ({DUE} ORDER BY d.at, d.message_id LIMIT 1) \
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
    /// About how many bytes their messages may have together. One is always claimed, however large.
    pub bytes: u64,
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
/// ended. Of what was queued for strict order, only the first of every key; what that holds back is put off. Costs as many rows as were
/// asked for and a few pages, however much waits. What has no message any more, which nothing does by itself, is forgotten.
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
        claims.extend(claim_in(tx, ask, owner, now, until).await?);
    }
    Ok(claims)
}

/// Rows in one look at a lane where some are held back.
const LOOK: u32 = 256;
/// Looks at one lane in one claim. Where that was not all, the next claim goes on: nobody waits for the whole of a long backlog.
const LOOKS: u32 = 4;

async fn claim_in(
    tx: &mut Tx,
    ask: &Ask,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claim>> {
    let mut looked = Looked::default();
    let mut limit = ask.limit;
    for _ in 0..LOOKS {
        let found = due(tx, &ask.endpoint_id, limit, now).await?;
        let all = found.len() < limit as usize;
        let before = looked.claims.len();
        found.into_iter().for_each(|one| looked.sort(one, ask));
        let ids: Vec<&str> = looked.claims[before..].iter().map(|claim| claim.message_id.as_str()).collect();
        lease(tx, &ask.endpoint_id, &ids, owner, until).await?;
        let (held, lost) = (std::mem::take(&mut looked.held), std::mem::take(&mut looked.lost));
        put_off(tx, &ask.endpoint_id, &held, now).await?;
        forget(tx, &ask.endpoint_id, &lost).await?;
        if all || looked.full || held.len() + lost.len() == 0 {
            break;
        }
        limit = LOOK;
    }
    Ok(looked.claims)
}

/// What a claim came upon in a lane.
#[derive(Default)]
struct Looked {
    claims: Vec<Claim>,
    /// What their messages have.
    bytes: u64,
    /// Whether there was more than was asked for.
    full: bool,
    held: Vec<HeldBack>,
    lost: Vec<Claim>,
}

impl Looked {
    fn sort(&mut self, Due { claim, by, size }: Due, ask: &Ask) {
        match (by, size) {
            (_, None) => self.lost.push(claim),
            (Some(by), Some(_)) => {
                let key = claim.order_key.unwrap_or_default();
                self.held.push(HeldBack { message_id: claim.message_id, key, by });
            }
            (None, Some(size)) => {
                let count = self.claims.len();
                let fits = count == 0 || self.bytes + size <= ask.bytes;
                self.full |= count >= ask.limit as usize || !fits;
                if !self.full {
                    self.bytes += size;
                    self.claims.push(claim);
                }
            }
        }
    }
}

/// A delivery that is due.
struct Due {
    claim: Claim,
    /// The message that holds it back.
    by: Option<String>,
    /// How many bytes its message has; none when there is no message.
    size: Option<u64>,
}

async fn due(tx: &mut Tx, endpoint_id: &str, limit: u32, now: Timestamp) -> Result<Vec<Due>> {
    let sql = format!(
        "SELECT d.message_id, d.order_key, d.attempts, d.tried, d.at, {HELD_BY}, \
         (SELECT OCTET_LENGTH(m.payload) FROM messages m WHERE m.id = d.message_id) FROM deliveries d \
         WHERE d.endpoint_id = ? AND d.state = 0 AND d.at <= ? ORDER BY d.at, d.message_id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let read = |row: &Row| {
        Ok(Due {
            claim: Claim {
                endpoint_id: endpoint_id.to_owned(),
                message_id: row.text(0)?,
                order_key: row.maybe_text(1)?,
                attempts: small(row, 2)?,
                tried: small(row, 3)?,
                due_at: row.time(4)?,
            },
            by: row.maybe_text(5)?,
            size: row.maybe_int(6)?.map(|size| u64::try_from(size).unwrap_or(0)),
        })
    };
    tx.query(&sql, args![endpoint_id, now, limit]).await?.iter().map(read).collect()
}

/// Writes the lease to rows that this transaction holds.
async fn lease(tx: &mut Tx, endpoint_id: &str, ids: &[&str], owner: &str, until: Timestamp) -> Result<()> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "UPDATE deliveries{primary} SET at = ?, lease_owner = ? WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = 0",
            primary = by_primary(tx)
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
                "UPDATE deliveries{primary} SET {set} WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = ? AND lease_owner = ?",
                primary = by_primary(tx)
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
