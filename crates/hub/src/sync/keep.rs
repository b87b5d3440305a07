//! Keeping what a step learnt: links, conflicts, keys and history, in one transaction.

use super::Halt;
use super::engine::Engine;
use super::pairs::Pair;
use super::tell;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::identity;
use syncline_core::sync::plan::Write;
use syncline_core::sync::{Action, Conflict, ConflictKind, Link, Outcome, Seen, Side, State};
use syncline_store::syncs::conflicts::{self, About, NewConflict, Whose};
use syncline_store::syncs::history::{self, HistoryRow};
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::{ConflictState, Trouble, keys};
use syncline_store::{StoreError, Tx};

/// Something that happened to a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    what: &'static str,
    side: Option<Side>,
    detail: Json,
}

impl Entry {
    /// Something that needs no particulars.
    pub fn news(what: &'static str) -> Self {
        Self { what, side: None, detail: json!({}) }
    }

    /// What an action came to. A status that was written alone is none of anybody's history.
    pub fn of(side: Side, action: &Action, outcome: &Outcome) -> Option<Self> {
        let what = match (action, outcome) {
            (Action::Update { write, .. }, Outcome::Done { .. })
                if write.rules.is_empty() && write.external.is_none() && write.refusals.is_empty() =>
            {
                return None;
            }
            (_, Outcome::Done { .. }) => word(action),
            (_, Outcome::Refused(_)) => "refused",
            (_, Outcome::Objected(_)) => "objected",
            (_, Outcome::Gone) => "missing",
            (_, Outcome::Exists { .. }) => "exists",
            (_, Outcome::Unknown) => "unanswered",
        };
        let detail = match outcome {
            Outcome::Refused(refusals) => json!({ "refusals": refusals }),
            Outcome::Objected(message) => json!({ "message": message }),
            _ => detail(action),
        };
        Some(Self { what, side: Some(side), detail })
    }
}

/// What an action is, in a word.
pub fn word(action: &Action) -> &'static str {
    match action {
        Action::Create(_) => "created",
        Action::Update { .. } => "updated",
        Action::Delete { .. } => "deleted",
    }
}

/// What an action is about: of every rule what was there before and what is there then.
pub fn detail(action: &Action) -> Json {
    let rules = |write: &Write| -> Json {
        let rules = write.rules.iter().map(
            |agreed| json!({ "rule": agreed.rule, "before": agreed.before, "faces": agreed.base.faces }),
        );
        json!({ "rules": rules.collect::<Vec<_>>(), "held": write.refusals })
    };
    match action {
        Action::Create(write) | Action::Update { write, .. } => rules(write),
        Action::Delete { force, .. } => json!({ "force": force }),
    }
}

/// A pair, and what is to be kept of it.
pub struct Kept<'a> {
    pub pair: &'a mut Pair,
    /// Whether the link differs from its row.
    pub dirty: bool,
    /// All its conflicts, where they are known.
    pub conflicts: Option<Vec<Conflict>>,
    /// Conflicts that the policy decided.
    pub decided: Vec<Conflict>,
    pub questions: Vec<ConflictKind>,
    pub history: Vec<Entry>,
}

/// Keeps these.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error; then nothing was kept.
pub async fn keep(engine: &Engine, mut kept: Vec<Kept<'_>>) -> Result<(), Halt> {
    kept.retain(|one| one.is_something());
    if kept.is_empty() {
        return Ok(());
    }
    let mut tx = engine.cx.store.begin().await?;
    store_links(engine, &mut tx, &mut kept).await?;
    store_keys(engine, &mut tx, &kept).await?;
    store_conflicts(engine, &mut tx, &kept).await?;
    store_history(engine, &mut tx, &kept).await?;
    tx.commit().await?;
    Ok(())
}

impl Kept<'_> {
    fn is_something(&self) -> bool {
        let conflicts = self.conflicts.as_ref().is_some_and(|now| !now.is_empty() || self.had_conflicts());
        self.dirty
            || conflicts
            || !self.decided.is_empty()
            || !self.questions.is_empty()
            || !self.history.is_empty()
    }

    fn had_conflicts(&self) -> bool {
        self.pair.row.as_ref().is_some_and(|row| row.trouble == Trouble::Conflict)
    }

    /// Whether the link says more than that one record is alone.
    fn is_worth_keeping(&self) -> bool {
        let link = &self.pair.link;
        let both = link.ids.left.is_some() && link.ids.right.is_some();
        both || link.state != State::Linked || link.refused.iter().any(|(_, refused)| !refused.is_empty())
    }

    fn trouble(&self) -> Trouble {
        let conflict = match &self.conflicts {
            Some(conflicts) => !conflicts.is_empty(),
            None => self.had_conflicts(),
        };
        Trouble::of(&self.pair.link, conflict)
    }
}

async fn store_links(engine: &Engine, tx: &mut Tx, kept: &mut [Kept<'_>]) -> Result<(), StoreError> {
    let now = engine.cx.now();
    let (mut new, mut old, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for one in kept.iter_mut() {
        let trouble = one.trouble();
        let stays = one.is_worth_keeping();
        match &one.pair.row {
            Some(row) if !stays => over.push(row.id.clone()),
            Some(row) if one.dirty || row.trouble != trouble => {
                let name =
                    name_of(engine, &one.pair.seen, &one.pair.link).unwrap_or_else(|| row.name.clone());
                let link = one.pair.link.clone();
                old.push(LinkRow { link, trouble, name, updated_at: now, ..row.clone() });
            }
            None if stays => {
                let row = LinkRow {
                    id: engine.cx.dice.id("lnk", now),
                    sync_id: engine.sync.id.clone(),
                    org_id: engine.sync.org_id.clone(),
                    name: name_of(engine, &one.pair.seen, &one.pair.link).unwrap_or_default(),
                    link: one.pair.link.clone(),
                    trouble,
                    ended_at: None,
                    created_at: now,
                    updated_at: now,
                    version: 1,
                };
                one.pair.row = Some(row.clone());
                new.push(row);
            }
            _ => {}
        }
        if !stays {
            one.pair.row = None;
        }
    }
    links::remove(tx, &engine.sync.id, &over).await?;
    let mut refused = links::update(tx, &old).await?;
    refused.extend(links::insert(tx, &new).await?);
    if !refused.is_empty() {
        // A person decided something meanwhile, or the sync is being deleted: what is marked is looked at again.
        return Err(StoreError::unavailable("links changed while they were worked on"));
    }
    for (one, row) in kept.iter_mut().filter_map(|one| {
        let id = one.pair.row.as_ref()?.id.clone();
        let row = old.iter().find(|row| row.id == id)?;
        Some((one, row))
    }) {
        one.pair.row = Some(LinkRow { version: row.version + 1, ..row.clone() });
    }
    Ok(())
}

/// What people call the records: the first text of a rule that either side shows.
fn name_of(engine: &Engine, seen: &syncline_core::sync::Sides<Seen>, link: &Link) -> Option<String> {
    let rules = &engine.sync.agreement.rules;
    let of = |side: Side| match &seen[side] {
        Seen::Here(snapshot) => rules.iter().find_map(|rule| {
            let words: Vec<&str> = { rule.fields[side].iter() }
                .filter_map(|field| snapshot.fields.get(field))
                .map(syncline_core::sync::Value::first)
                .filter(|word| !word.is_empty())
                .collect();
            (!words.is_empty()).then(|| words.join(" "))
        }),
        Seen::Gone { .. } | Seen::Never => None,
    };
    let name = of(Side::Left).or_else(|| of(Side::Right))?;
    let _ = link;
    Some(name.to_lowercase().chars().take(200).collect())
}

/// Records that are linked newly, and were perhaps never read, are found by what they hold.
async fn store_keys(engine: &Engine, tx: &mut Tx, kept: &[Kept<'_>]) -> Result<(), StoreError> {
    for side in Side::BOTH {
        let mut now: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for one in kept.iter().filter(|one| one.history.iter().any(|entry| entry.side == Some(side))) {
            if let Seen::Here(snapshot) = &one.pair.seen[side] {
                let own = identity::keys(&engine.sync.agreement, side, &snapshot.fields);
                now.insert(snapshot.id.clone(), own);
            }
        }
        if !now.is_empty() {
            keys::replace(tx, &engine.sync.id, side, &now).await?;
        }
    }
    Ok(())
}

async fn store_conflicts(engine: &Engine, tx: &mut Tx, kept: &[Kept<'_>]) -> Result<(), StoreError> {
    let (mut open, mut decided) = (Vec::new(), Vec::new());
    let mut left: BTreeMap<About, BTreeSet<String>> = BTreeMap::new();
    for one in kept {
        let link_id = one.pair.row.as_ref().map(|row| row.id.clone());
        let new = |conflict: &Conflict| NewConflict {
            id: engine.cx.dice.id("cnf", engine.cx.now()),
            link_id: link_id.clone(),
            ids: one.pair.link.ids.clone(),
            conflict: conflict.clone(),
        };
        decided.extend(one.decided.iter().map(new));
        open.extend(one.questions.iter().map(|kind| tell::asked(engine, kind)));
        if let (Some(conflicts), Some(link_id)) = (&one.conflicts, &link_id) {
            let conflicts: Vec<NewConflict> = conflicts.iter().map(new).collect();
            if !conflicts.is_empty() || one.had_conflicts() {
                let keys = conflicts.iter().map(NewConflict::open_key).collect();
                left.insert(About::Link(link_id.clone()), keys);
            }
            open.extend(conflicts);
        }
    }
    let now = engine.cx.now();
    let whose = Whose { sync_id: &engine.sync.id, org_id: &engine.sync.org_id };
    conflicts::record_decided(tx, whose, &decided, now).await?;
    conflicts::close(tx, &engine.sync.id, &left, ConflictState::Passed, now).await?;
    tell::open(&engine.cx, tx, &engine.sync, &open).await
}

async fn store_history(engine: &Engine, tx: &mut Tx, kept: &[Kept<'_>]) -> Result<(), StoreError> {
    let at = engine.cx.now();
    let rows: Vec<HistoryRow> = kept
        .iter()
        .flat_map(|one| {
            one.history.iter().map(|entry| HistoryRow {
                seq: 0,
                sync_id: engine.sync.id.clone(),
                org_id: engine.sync.org_id.clone(),
                link_id: one.pair.row.as_ref().map(|row| row.id.clone()),
                at,
                side: entry.side,
                what: entry.what.to_owned(),
                ids: one.pair.link.ids.clone(),
                detail: entry.detail.clone(),
            })
        })
        .collect();
    history::add(tx, &rows).await
}
