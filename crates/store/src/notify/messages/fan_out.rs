//! From messages to deliveries: which endpoints want which.

use super::{Brief, Message};
use crate::notify::Handover;
use crate::notify::endpoints::{State, filter_of};
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list};
use crate::{Dialect, Result, Tx};
use std::collections::BTreeSet;
use syncline_core::event::column_text;
use syncline_core::notify::filter::Filter;
use syncline_core::time::Timestamp;

/// A message that goes to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Routed {
    /// The endpoint.
    pub endpoint_id: String,
    /// The message.
    pub message_id: String,
    /// Whether it was handed over to who asked: then nobody else sends it until the lease ends.
    pub leased: bool,
}

/// What of an endpoint decides where messages go.
#[derive(Clone, Debug)]
pub(in crate::notify) struct Place {
    pub(in crate::notify) id: String,
    pub(in crate::notify) org_id: String,
    pub(in crate::notify) filter: Filter,
    pub(in crate::notify) ordered: bool,
}

pub(in crate::notify) const PLACE: &str = "id, org_id, filter, ordered";

pub(in crate::notify) fn place(row: &Row) -> Result<Place> {
    Ok(Place {
        id: row.text(0)?,
        org_id: row.text(1)?,
        filter: filter_of(&row.text(2)?)?,
        ordered: row.int(3)? != 0,
    })
}

/// What of a message its deliveries have.
#[derive(Clone, Copy, Debug)]
pub(in crate::notify) struct Head<'a> {
    pub(in crate::notify) id: &'a str,
    order_key: Option<&'a str>,
    created_at: Timestamp,
}

impl<'a> From<&'a Message> for Head<'a> {
    fn from(message: &'a Message) -> Self {
        Self { id: &message.id, order_key: message.order_key.as_deref(), created_at: message.created_at }
    }
}

impl<'a> From<&'a Brief> for Head<'a> {
    fn from(message: &'a Brief) -> Self {
        Self { id: &message.id, order_key: message.order_key.as_deref(), created_at: message.created_at }
    }
}

const INSERT: Bulk = Bulk {
    table: "deliveries",
    columns: &[
        ("message_id", Kind::Text),
        ("endpoint_id", Kind::Text),
        ("org_id", Kind::Text),
        ("order_key", Kind::Text),
        ("state", Kind::Int),
        ("at", Kind::Int),
        ("attempts", Kind::Int),
        ("tried", Kind::Int),
        ("lease_owner", Kind::Text),
        ("created_at", Kind::Int),
    ],
    unique: "message_id, endpoint_id",
};

pub(in crate::notify) const INSERT_ORDER: Bulk = Bulk {
    table: "delivery_order",
    columns: &[("endpoint_id", Kind::Text), ("order_key", Kind::Text), ("message_id", Kind::Text)],
    unique: "endpoint_id, order_key, message_id",
};

/// Queues every message for every endpoint that is enabled and wants it, due at once.
pub(super) async fn fan_out(
    tx: &mut Tx,
    messages: &[&Message],
    handover: Option<&Handover>,
    now: Timestamp,
) -> Result<Vec<Routed>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let places = places(tx, messages).await?;
    let mut wanted = Vec::new();
    for place in &places {
        for message in messages {
            let theirs = place.org_id.is_empty() || place.org_id == message.org_id;
            if theirs && place.filter.wants(&message.kind) {
                wanted.push((place, Head::from(*message)));
            }
        }
    }
    insert(tx, &wanted, handover, now).await
}

/// The enabled endpoints that messages of these organizations may go to.
async fn places(tx: &mut Tx, messages: &[&Message]) -> Result<Vec<Place>> {
    let orgs: BTreeSet<&str> =
        std::iter::once("").chain(messages.iter().map(|message| message.org_id.as_str())).collect();
    let orgs: Vec<&str> = orgs.into_iter().collect();
    let hide = if tx.dialect() == Dialect::Sqlite { "+" } else { "" };
    let mut found = Vec::new();
    for piece in orgs.chunks(crate::notify::PIECE) {
        let (marks, mut values) = in_list(piece.iter().map(|org| Value::from(*org)).collect());
        values.push(State::Enabled.name().into());
        let sql = format!("SELECT {PLACE} FROM endpoints WHERE org_id IN ({marks}) AND {hide}state = ?");
        for row in tx.query(&sql, values).await? {
            found.push(place(&row)?);
        }
    }
    Ok(found)
}

/// Queues messages for endpoints; those that are queued, or were, stay as they are.
pub(in crate::notify) async fn insert(
    tx: &mut Tx,
    wanted: &[(&Place, Head<'_>)],
    handover: Option<&Handover>,
    now: Timestamp,
) -> Result<Vec<Routed>> {
    // In the order of the primary key, whoever inserts.
    let mut wanted: Vec<&(&Place, Head<'_>)> = wanted.iter().collect();
    wanted.sort_by_key(|(place, message)| (message.id, &place.id));
    let (mut rows, mut orders, mut routed) = (Vec::new(), Vec::new(), Vec::with_capacity(wanted.len()));
    for (place, message) in wanted {
        let order_key = message.order_key.filter(|_| place.ordered).map(column_text);
        let lease = handover.filter(|it| !place.ordered && it.endpoints.contains(&place.id));
        routed.push(Routed {
            endpoint_id: place.id.clone(),
            message_id: message.id.to_owned(),
            leased: lease.is_some(),
        });
        if let Some(key) = &order_key {
            orders.push(args![place.id.as_str(), key.as_str(), message.id]);
        }
        rows.push(args![
            message.id,
            place.id.as_str(),
            place.org_id.as_str(),
            order_key,
            0,
            lease.map_or(now, |lease| lease.until),
            0,
            0,
            lease.map(|lease| lease.owner.as_str()),
            message.created_at
        ]);
    }
    tx.insert_many(&INSERT, rows).await?;
    tx.insert_many(&INSERT_ORDER, orders).await?;
    Ok(routed)
}
