//! What a person decides about a conflict, and what follows from it.

use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use syncline_core::sync::link::Decision;
use syncline_core::sync::{ConflictKind, Link, Side, Sides};
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::{ConflictState, marks};
use syncline_store::{Scope, StoreError, Tx};

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "choice", deny_unknown_fields)]
pub enum Choice {
    /// Of a field: what this side has goes to the other. Of a deletion: the state of this side, which is to be deleted too where that
    /// is the side that deleted.
    Side {
        /// Which.
        side: Side,
        /// Of a deletion: whatever the provider objects.
        #[serde(default)]
        force: bool,
    },
    /// Of a match: it is the same as this one.
    Is {
        /// The id of the other side's record.
        id: String,
    },
    /// Of a match or a duplicate: it is nobody's, and is left alone.
    Leave,
    /// Of the guard: the deletions are carried over.
    Delete,
    /// Of the guard: the other side's records stay, and the links end.
    Keep,
}

impl Choice {
    /// In words, without what the records hold.
    #[must_use]
    pub fn described(&self) -> &'static str {
        match self {
            Self::Side { side: Side::Left, force: false } => "for the left side",
            Self::Side { side: Side::Right, force: false } => "for the right side",
            Self::Side { side: Side::Left, force: true } => "for the left side, whatever is objected",
            Self::Side { side: Side::Right, force: true } => "for the right side, whatever is objected",
            Self::Is { .. } => "is the same as one of the candidates",
            Self::Leave => "left alone",
            Self::Delete => "the deletions are carried over",
            Self::Keep => "the other side's records stay",
        }
    }
}

/// Why a decision is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such conflict.
    #[error("there is no such conflict")]
    NoConflict,
    /// It is none any more.
    #[error("the conflict is not open any more")]
    Over,
    /// It cannot be decided like that.
    #[error("{0}")]
    Misfit(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides a conflict; `by` is who did, for people. What follows is carried out at once, in the background.
///
/// # Errors
/// [`Refused`].
pub async fn resolve(
    cx: &Cx,
    scope: &Scope,
    conflict_id: &str,
    choice: &Choice,
    by: &str,
) -> Result<ConflictRow, Refused> {
    let row = conflicts::get(&cx.store, scope, conflict_id).await?.ok_or(Refused::NoConflict)?;
    if row.state != ConflictState::Open {
        return Err(Refused::Over);
    }
    fits(&row, choice)?;
    let mut tx = cx.store.begin().await?;
    let places = follow(cx, &mut tx, &row, choice).await?;
    let chosen = serde_json::to_value(choice).unwrap_or_default();
    let resolved = conflicts::resolve(&mut tx, scope, conflict_id, &chosen, by, cx.now()).await?;
    let resolved = resolved.ok_or(Refused::Over)?;
    let to = To { org_id: &row.org_id, id: conflict_id };
    audit::note(cx, &mut tx, Action::ConflictDecided, to, choice.described()).await?;
    let now = cx.now();
    for side in Side::BOTH {
        let ids: Vec<String> =
            { places.iter() }.filter(|(of, _)| *of == side).map(|(_, id)| id.clone()).collect();
        if !ids.is_empty() {
            marks::mark(&mut tx, &row.sync_id, side, &ids, now, now).await?;
        }
    }
    if matches!(choice, Choice::Delete | Choice::Keep) {
        marks::wake(&mut tx, &row.sync_id, now).await?;
    }
    let work = Payload::SyncWork { sync_id: row.sync_id.clone(), org_id: row.org_id.clone() };
    enqueue(cx, &mut tx, &work, now).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(resolved)
}

fn fits(row: &ConflictRow, choice: &Choice) -> Result<(), Refused> {
    match (&row.conflict.kind, choice) {
        (ConflictKind::Field { .. }, Choice::Side { force: false, .. })
        | (ConflictKind::Deletion { .. }, Choice::Side { .. })
        | (ConflictKind::Match { .. } | ConflictKind::Duplicate { .. }, Choice::Leave)
        | (ConflictKind::Guard { .. }, Choice::Delete | Choice::Keep) => Ok(()),
        (ConflictKind::Match { candidates, .. }, Choice::Is { id }) if candidates.contains(id) => Ok(()),
        (ConflictKind::Match { .. }, Choice::Is { .. }) => {
            Err(Refused::Misfit("it may only be the same as one of the candidates"))
        }
        (ConflictKind::Field { .. }, _) => {
            Err(Refused::Misfit("a field is decided for one side: `left` or `right`"))
        }
        (ConflictKind::Deletion { .. }, _) => Err(Refused::Misfit(
            "a deletion is decided for one side: the one that deleted, or the one that keeps it",
        )),
        (ConflictKind::Match { .. }, _) => Err(Refused::Misfit("say which record it `is`, or `leave` it")),
        (ConflictKind::Duplicate { .. }, _) => {
            Err(Refused::Misfit("duplicates are merged at the provider; here it can only be left alone"))
        }
        (ConflictKind::Guard { .. }, _) => {
            Err(Refused::Misfit("`delete` the other side's records, or `keep` them"))
        }
    }
}

/// Writes down what was decided where the next look at the records finds it; answers which records to look at.
async fn follow(
    cx: &Cx,
    tx: &mut Tx,
    row: &ConflictRow,
    choice: &Choice,
) -> Result<Vec<(Side, String)>, Refused> {
    match (&row.conflict.kind, choice) {
        (ConflictKind::Field { rule }, Choice::Side { side, .. }) => {
            let decision = Decision { winner: *side, faces: row.conflict.faces.clone(), force: false };
            decide(tx, row, rule, decision).await
        }
        (ConflictKind::Deletion { .. }, Choice::Side { side, force }) => {
            let decision = Decision { winner: *side, faces: row.conflict.faces.clone(), force: *force };
            decide(tx, row, "@delete", decision).await
        }
        (ConflictKind::Match { side, id, .. }, Choice::Is { id: other }) => {
            join(cx, tx, row, (*side, id), other).await
        }
        _ => Ok(Vec::new()),
    }
}

async fn decide(
    tx: &mut Tx,
    row: &ConflictRow,
    subject: &str,
    decision: Decision,
) -> Result<Vec<(Side, String)>, Refused> {
    let link_id = row.link_id.as_deref().ok_or(Refused::Over)?;
    let mut link = links::get_in(tx, link_id).await?.ok_or(Refused::Over)?;
    link.link.decisions.insert(subject.to_owned(), decision);
    let places = super::pairs::places(&link.link).collect();
    store(tx, link).await?;
    Ok(places)
}

async fn store(tx: &mut Tx, link: LinkRow) -> Result<(), Refused> {
    let refused = links::update(tx, &[link]).await?;
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Refused::Store(StoreError::unavailable("the link changes just now")))
    }
}

/// Links two records because a person says that they are the same.
async fn join(
    cx: &Cx,
    tx: &mut Tx,
    row: &ConflictRow,
    (side, id): (Side, &str),
    other: &str,
) -> Result<Vec<(Side, String)>, Refused> {
    let mut ids = Sides::of(|_| String::new());
    ids[side] = id.to_owned();
    ids[side.other()] = other.to_owned();
    let link = Link::joined(ids.left, ids.right);
    let now = cx.now();
    let new = LinkRow {
        id: cx.dice.id("lnk", now),
        sync_id: row.sync_id.clone(),
        org_id: row.org_id.clone(),
        name: String::new(),
        link,
        trouble: syncline_store::syncs::Trouble::None,
        ended_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    if !links::insert(tx, &[new]).await?.is_empty() {
        return Err(Refused::Misfit("one of the two is linked to another record already"));
    }
    Ok(vec![(side, id.to_owned()), (side.other(), other.to_owned())])
}
