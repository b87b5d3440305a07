//! Creations that may have been carried out: looked for, and only then repeated.

use super::engine::{End, Engine};
use super::pairs::Pair;
use super::{Halt, index, send};
use crate::load;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::identity;
use syncline_core::sync::{Ending, Pending, Seen, Side, State};
use syncline_core::time::Timestamp;
use syncline_providers::wire::Fault;
use syncline_store::positions::{self, Position};
use syncline_store::runs::{Mode, Trigger};
use syncline_store::syncs::{keys, links};
use syncline_store::{Scope, records};

/// Looks for what may have been created. Answers the pairs for which it is too early to say, by their number, with when to look again;
/// all others are `Linked`: with the record that was found, or without, and then it may be created.
///
/// # Errors
/// [`Halt`].
pub async fn pending(
    engine: &Engine,
    purpose: &'static str,
    pairs: &mut [Pair],
) -> Result<BTreeMap<usize, Timestamp>, Halt> {
    let mut early = BTreeMap::new();
    for side in Side::BOTH {
        let open: Vec<(usize, Pending, String)> = { pairs.iter().enumerate() }
            .filter_map(|(number, pair)| match pair.link.state {
                State::Creating(pending) if pending.side == side => {
                    Some((number, pending, pair.link.ids[side.other()].clone()?))
                }
                _ => None,
            })
            .collect();
        if open.is_empty() {
            continue;
        }
        // First whether not finding it would prove anything, and then the look: what shows itself in between is found.
        let mut proofs = BTreeMap::new();
        for (number, pending, _) in &open {
            proofs.insert(*number, proof(engine, side, *pending).await?);
        }
        let since =
            open.iter().filter_map(|(number, ..)| Some(pairs[*number].row.as_ref()?.created_at)).min();
        if let (Some(since), true) = (since, proofs.values().any(|proof| *proof == Proof::Good)) {
            index_since(engine, side, since).await?;
        }
        let found = look(engine, side, purpose, &open).await?;
        for (number, pending, own) in open {
            let pair = &mut pairs[number];
            match (found.get(&own), &proofs[&number]) {
                (Some(None), _) => {
                    // It was created, and is part of one that has its own link by now.
                    pair.link.state = State::Ended(Ending::Merged { side });
                    pair.news.extend(["found", "merged"]);
                }
                (Some(Some(id)), _) => {
                    pair.link.ids[side] = Some(id.clone());
                    pair.link.state = State::Linked;
                    pair.seen[side] = Seen::Never;
                    pair.news.push("found");
                }
                (None, Proof::Open(sent_at)) => {
                    let over = Pending { sent_at: *sent_at, open: false, ..pending };
                    pair.link.state = State::Creating(over);
                    early.insert(number, sent_at.plus(SOON));
                }
                (None, Proof::Early(at)) => {
                    early.insert(number, *at);
                }
                (None, Proof::Good) => {
                    pair.link.ids[side] = None;
                    pair.link.state = State::Linked;
                    pair.seen[side] = Seen::Never;
                }
            }
        }
    }
    Ok(early)
}

/// What not to find a record would prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// Nothing: who sent it may be gone, and its call on its way. It is over by then.
    Open(Timestamp),
    /// Nothing before that.
    Early(Timestamp),
    /// That it is not there.
    Good,
}

/// The mirror's records of a side that changed since then are put into the index: what a walk for a run has shown is marked for nobody.
async fn index_since(engine: &Engine, side: Side, since: Timestamp) -> Result<(), Halt> {
    let (store, end) = (&engine.cx.store, &engine.ends[side]);
    let place = (end.connection.id.as_str(), end.object.object_type.as_str());
    let mut after = String::new();
    loop {
        let ids = records::changed_since(store, place, since, &after, PAGE).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after.clone_from(last);
        let known = records::of(store, place.0, place.1, &ids).await?;
        let mut tx = store.begin().await?;
        index::put(engine, &mut tx, side, &known).await?;
        tx.commit().await?;
    }
}

/// Records indexed in one transaction.
const PAGE: u32 = 500;

/// The records of `side` that name one of these as their own; none where all of them are linked to others.
async fn look(
    engine: &Engine,
    side: Side,
    purpose: &'static str,
    open: &[(usize, Pending, String)],
) -> Result<BTreeMap<String, Option<String>>, Halt> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let own: Vec<String> = open.iter().map(|(_, _, own)| own.clone()).collect();
    in_the_mirror(engine, side, &own, &mut found).await?;
    let missing: Vec<String> = own.iter().filter(|own| !found.contains_key(*own)).cloned().collect();
    at_the_provider(engine, side, purpose, &missing, &mut found).await?;
    let ids: Vec<String> = found.values().flatten().cloned().collect();
    let linked = links::by_records(&engine.cx.store, &engine.sync.id, side, &ids).await?;
    let others: BTreeMap<String, Option<String>> = linked
        .into_iter()
        .filter_map(|row| Some((row.link.ids[side].clone()?, row.link.ids[side.other()].clone())))
        .collect();
    Ok(found
        .into_iter()
        .map(|(own, ids)| {
            let free =
                |id: &String| others.get(id).is_none_or(|other| other.as_deref() == Some(own.as_str()));
            let first = ids.into_iter().find(free);
            (own, first)
        })
        .collect())
}

async fn in_the_mirror(
    engine: &Engine,
    side: Side,
    own: &[String],
    found: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), Halt> {
    let (store, end) = (&engine.cx.store, &engine.ends[side]);
    let claims: BTreeSet<String> = own.iter().map(|own| identity::claim(own)).collect();
    for (claim, id) in keys::find(store, &engine.sync.id, side, &claims).await? {
        let known =
            records::of(store, &end.connection.id, &end.object.object_type, std::slice::from_ref(&id))
                .await?;
        let is_here = known.first().is_some_and(|stored| matches!(engine.seen(side, stored), Seen::Here(_)));
        if let Some(own) = claim.strip_prefix("x:").filter(|_| is_here) {
            found.entry(own.to_owned()).or_default().push(id);
        }
    }
    Ok(())
}

async fn at_the_provider(
    engine: &Engine,
    side: Side,
    purpose: &'static str,
    missing: &[String],
    found: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), Halt> {
    let end = &engine.ends[side];
    let Some(field) = &engine.sync.agreement.sides[side].external else { return Ok(()) };
    let most = end.writer.batches(&end.object).find.max(1);
    for piece in missing.chunks(most) {
        let hits = match send::find(engine, side, purpose, field, piece).await {
            // One page does not show everybody who has one of these values: each is asked for alone.
            Err(Halt::Refused(Fault::Rejected(_))) if piece.len() > 1 => {
                let mut hits = Vec::new();
                for value in piece.chunks(1) {
                    hits.extend(send::find(engine, side, purpose, field, value).await?.unwrap_or_default());
                }
                hits
            }
            hits => hits?.unwrap_or_default(),
        };
        for (own, id) in hits {
            found.entry(own).or_default().push(id);
        }
    }
    Ok(())
}

/// What not to find it would prove. Where the provider can be searched, nothing until its index has settled; where it can only be walked
/// through, nothing until a walk that began after the creation was sent has come to its end, which is asked for.
async fn proof(engine: &Engine, side: Side, pending: Pending) -> Result<Proof, Halt> {
    let (cx, end) = (&engine.cx, &engine.ends[side]);
    let now = cx.now();
    if pending.open {
        return Ok(Proof::Open(now.plus(cx.calls.timeout())));
    }
    let can_search =
        engine.sync.agreement.sides[side].external.is_some() && end.writer.batches(&end.object).find > 0;
    if can_search {
        let settled = pending.sent_at.plus(end.writer.settles());
        return Ok(if now < settled { Proof::Early(settled) } else { Proof::Good });
    }
    let walked = positions::get_all(&cx.store, &end.connection.id).await?;
    if is_proven(end, &walked, pending.sent_at) {
        return Ok(Proof::Good);
    }
    let connection = syncline_store::connections::get(&cx.store, &Scope::All, &end.connection.id).await?;
    if let Some(connection) = connection {
        load::request(cx, &connection, Mode::Full, Trigger::Schedule, &load::Wanted::default()).await?;
    }
    Ok(Proof::Early(now.plus(WALKING)))
}

/// Whether all of the end's records were walked through since then.
fn is_proven(end: &End, walked: &BTreeMap<String, Position>, since: Timestamp) -> bool {
    let is_walked = |at: &Position| at.full_at.is_some_and(|at| at > since);
    let lanes = end.loader.lanes(&syncline_providers::load::Wish::default());
    let mut own = lanes.iter().filter(|lane| lane.object_type == end.object.object_type).peekable();
    // Where the lanes come to light on the way (tables, data sources), all of them must have been walked since.
    match own.peek() {
        Some(_) => own.any(|lane| walked.get(&lane.key).is_some_and(is_walked)),
        None => !walked.is_empty() && walked.values().all(is_walked),
    }
}

/// How long after its call is over what may have been created is looked for.
const SOON: std::time::Duration = std::time::Duration::from_millis(10);
/// How long until the walk is asked about again.
const WALKING: std::time::Duration = std::time::Duration::from_secs(2);
