//! Gathering: which records belong together, and what is known of them.

use super::Halt;
use super::Place;
use super::engine::Engine;
use super::index::{self, Crowd, Keyed};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::identity::{self, Candidate, Identity};
use syncline_core::sync::{ConflictKind, Ending, Link, Seen, Side, Sides, State};
use syncline_core::time::Timestamp;
use syncline_store::records::{self, Stored};
use syncline_store::syncs::keys;
use syncline_store::syncs::links::{self, LinkRow};

/// Two records, and what is known of them.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The link as it is stored; none for one that was not linked before.
    pub row: Option<LinkRow>,
    /// The link as it is now.
    pub link: Link,
    /// What is known of both.
    pub seen: Sides<Seen>,
    /// What became of it on the way here, for its history: it was linked, or linked anew.
    pub news: Vec<&'static str>,
    /// Of a record that nobody is yet: when it was first heard of as it is.
    pub heard_at: Option<Timestamp>,
}

/// What gathering came to.
#[derive(Default)]
pub struct Gathered {
    /// What can be planned.
    pub pairs: Vec<Pair>,
    /// What a person has to say about records without a link.
    pub questions: Vec<ConflictKind>,
    /// Records about which there is no question (any more).
    pub clear: Vec<Place>,
    /// Records to be looked at again a little later: another of this batch is about to become what they may be.
    pub again: Vec<Place>,
}

/// What gathering goes by.
struct Gathering<'a> {
    engine: &'a Engine,
    /// Records of which is known what there is to know, if only that there is nothing.
    asked: BTreeSet<Place>,
    stored: BTreeMap<Place, Stored>,
    links: BTreeMap<Place, LinkRow>,
    /// Records that are in a pair of this batch, and in which.
    paired: BTreeMap<Place, usize>,
    /// Keys of records that are about to be created in this batch, by the side they are found on.
    coming: BTreeSet<(Side, String)>,
    out: Gathered,
}

/// Gathers the pairs that these records are part of.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn gather(engine: &Engine, places: &[Place]) -> Result<Gathered, Halt> {
    let mut gathering = Gathering {
        engine,
        asked: BTreeSet::new(),
        stored: BTreeMap::new(),
        links: BTreeMap::new(),
        paired: BTreeMap::new(),
        coming: BTreeSet::new(),
        out: Gathered::default(),
    };
    gathering.load(places).await?;
    let partners = gathering.partners();
    gathering.load(&partners).await?;
    let mut strangers = Vec::new();
    for place in places {
        match gathering.links.get(place).cloned() {
            Some(row) => gathering.linked(row).await?,
            None => strangers.push(place.clone()),
        }
    }
    gathering.strangers(strangers).await?;
    Ok(gathering.out)
}

impl Gathering<'_> {
    /// Reads what the mirror and the links know of these.
    async fn load(&mut self, places: &[Place]) -> Result<(), Halt> {
        let (store, sync_id) = (&self.engine.cx.store, &self.engine.sync.id);
        for side in Side::BOTH {
            let new =
                { places.iter() }.filter(|place| place.0 == side && self.asked.insert((*place).clone()));
            let ids: Vec<String> = new.map(|place| place.1.clone()).collect();
            if ids.is_empty() {
                continue;
            }
            let end = &self.engine.ends[side];
            for stored in records::of(store, &end.connection.id, &end.object.object_type, &ids).await? {
                self.stored.insert((side, stored.record_id.clone()), stored);
            }
            for row in links::by_records(store, sync_id, side, &ids).await? {
                self.note(&row);
            }
        }
        Ok(())
    }

    fn note(&mut self, row: &LinkRow) {
        for side in Side::BOTH {
            if let Some(id) = row.link.ids[side].clone() {
                self.links.insert((side, id), row.clone());
            }
        }
    }

    /// The other records of the links that are known.
    fn partners(&self) -> Vec<Place> {
        let both = |row: &LinkRow| {
            Side::BOTH
                .into_iter()
                .filter_map(|side| Some((side, row.link.ids[side].clone()?)))
                .collect::<Vec<_>>()
        };
        let all: BTreeSet<Place> = self.links.values().flat_map(both).collect();
        all.into_iter().filter(|place| !self.stored.contains_key(place)).collect()
    }

    fn seen(&self, side: Side, id: Option<&String>) -> Seen {
        let stored = id.and_then(|id| self.stored.get(&(side, id.clone())));
        stored.map_or(Seen::Never, |stored| self.engine.seen(side, stored))
    }

    /// A record with a link: the pair, once, with whatever its records were merged into.
    async fn linked(&mut self, row: LinkRow) -> Result<(), Halt> {
        let (link, seen) = (row.link.clone(), Sides::of(|_| Seen::Never));
        let mut pair = Pair { link, row: Some(row), seen, news: vec![], heard_at: None };
        if places(&pair.link).any(|place| self.paired.contains_key(&place)) {
            return Ok(());
        }
        for side in Side::BOTH {
            pair.seen[side] = self.seen(side, pair.link.ids[side].as_ref());
        }
        match pair.link.state {
            State::Ended(Ending::Merged { side }) => self.follow(&mut pair, side).await?,
            _ => {
                for side in Side::BOTH {
                    self.follow(&mut pair, side).await?;
                }
            }
        }
        self.take(pair);
        Ok(())
    }

    fn take(&mut self, pair: Pair) {
        for place in places(&pair.link) {
            self.out.clear.push(place.clone());
            self.paired.insert(place, self.out.pairs.len());
        }
        self.out.pairs.push(pair);
    }

    /// A record that became part of another: the link goes over to that one, or ends where that one has its own.
    async fn follow(&mut self, pair: &mut Pair, side: Side) -> Result<(), Halt> {
        if matches!(pair.link.state, State::Creating(_)) {
            // What was created names the old id: it is looked for first.
            return Ok(());
        }
        let was_merged = matches!(pair.link.state, State::Ended(Ending::Merged { .. }));
        if was_merged && !matches!(pair.seen[side.other()], Seen::Here(_)) {
            return Ok(());
        }
        let Some(id) = pair.link.ids[side].clone() else { return Ok(()) };
        let Seen::Gone { merged_into, .. } = &pair.seen[side] else { return Ok(()) };
        let into = match merged_into {
            Some(into) => Some(into.clone()),
            None => self.claimant(pair, side, &id).await?,
        };
        let Some(into) = into.filter(|into| *into != id) else { return Ok(()) };
        self.load(&[(side, into.clone())]).await?;
        if let Some(theirs) = self.linked_with(side, &into) {
            let over = State::Ended(Ending::Merged { side });
            if pair.link.state != over {
                pair.link.state = over;
                pair.news.push("merged");
            }
            self.ask_about_widow(pair, side.other(), &theirs);
            return Ok(());
        }
        pair.news.push("relinked");
        if (was_merged || self.is_deleted_by_us(side, &into)) && self.is_gone(&(side, into.clone())) {
            // What was deleted then was not this pair: it is created again rather than deleted.
            pair.link.widowed(side.other());
            pair.seen[side] = Seen::Never;
            return Ok(());
        }
        pair.link.moved(side, into.clone());
        if was_merged {
            // What is over for another reason, planning revives: it knows whose deletion that was.
            pair.link.state = State::Linked;
        }
        pair.seen[side] = self.seen(side, Some(&into));
        Ok(())
    }

    /// Whether we deleted this record, as the other one of its link was gone.
    fn is_deleted_by_us(&self, side: Side, id: &str) -> bool {
        let state = self.links.get(&(side, id.to_owned())).map(|row| row.link.state.clone());
        matches!(state, Some(State::Ended(Ending::Deleted { side: by })) if by != side)
    }

    /// Whether the record is known to be gone: as the mirror says, or because we deleted it since that was read.
    fn is_gone(&self, place: &Place) -> bool {
        match self.seen(place.0, Some(&place.1)) {
            Seen::Never => false,
            Seen::Gone { .. } => true,
            Seen::Here(there) => {
                self.links.get(place).is_some_and(|row| row.link.buries(place.0, there.read_at))
            }
        }
    }

    /// Of two that became one, the other sides' records are two yet: for as long as both are there, that is a question.
    fn ask_about_widow(&mut self, pair: &Pair, side: Side, theirs: &Link) {
        let here = |id: &String| matches!(self.seen(side, Some(id)), Seen::Here(_));
        let (id, of) = (pair.link.ids[side].clone().filter(here), theirs.ids[side].clone());
        if let (Some(id), Some(of)) = (id, of)
            && id != of
        {
            self.out.questions.push(ConflictKind::Duplicate { side, id, of });
        }
    }

    /// The link that a record has, as it is stored or as it became just now: of several that became one, the first keeps its link.
    fn linked_with(&self, side: Side, id: &str) -> Option<Link> {
        let lives = |link: &&Link| !matches!(link.state, State::Ended(_));
        let mut coming = self.out.pairs.iter().map(|pair| &pair.link);
        let coming = coming.find(|link| lives(link) && link.ids[side].as_deref() == Some(id));
        let stored = || self.links.get(&(side, id.to_owned())).map(|row| &row.link).filter(lives);
        coming.or_else(stored).cloned()
    }

    /// The record that says of itself that it is the other side's record's, as a survivor of a merge at 10to8 does.
    async fn claimant(&mut self, pair: &Pair, side: Side, id: &str) -> Result<Option<String>, Halt> {
        let Some(other) = pair.link.ids[side.other()].clone() else { return Ok(None) };
        // Of one that is gone itself nobody says so in earnest: it is a copy, or was merged before that was deleted.
        let place = (side.other(), other.clone());
        if !matches!(pair.seen[place.0], Seen::Here(_)) || self.is_gone(&place) {
            return Ok(None);
        }
        let named: Vec<Place> =
            { pair.link.named_by(side) }.map(|id| (side.other(), id.to_owned())).collect();
        self.load(&named).await?;
        let became_other = |place: &Place| match self.seen(place.0, Some(&place.1)) {
            Seen::Gone { merged_into, .. } => merged_into.as_ref() == Some(&other),
            Seen::Here(_) | Seen::Never => false,
        };
        let claims: BTreeSet<String> = { named.iter() }
            .filter(|place| place.1 == other || became_other(place))
            .map(|place| identity::claim(&place.1))
            .collect();
        let (store, sync_id) = (&self.engine.cx.store, &self.engine.sync.id);
        let claims = keys::find(store, sync_id, side, &claims).await?;
        let claimants: Vec<String> = claims.into_iter().map(|(_, id)| id).filter(|one| one != id).collect();
        for claimant in claimants {
            self.load(&[(side, claimant.clone())]).await?;
            if matches!(self.seen(side, Some(&claimant)), Seen::Here(_)) {
                return Ok(Some(claimant));
            }
        }
        Ok(None)
    }

    /// Records without a link: who they are.
    async fn strangers(&mut self, places: Vec<Place>) -> Result<(), Halt> {
        for side in Side::BOTH {
            let mut here = Vec::new();
            for (_, id) in places.iter().filter(|place| place.0 == side) {
                if self.paired.contains_key(&(side, id.clone())) {
                    continue;
                }
                match self.seen(side, Some(id)) {
                    Seen::Here(snapshot) => {
                        let own = identity::keys(&self.engine.sync.agreement, side, &snapshot.fields);
                        match self.awaited(side, &own).await? {
                            Some(row) => self.linked(row).await?,
                            None => here.push((id.clone(), own)),
                        }
                    }
                    // What is gone or unknown and was never linked concerns nobody.
                    Seen::Gone { .. } | Seen::Never => self.out.clear.push((side, id.clone())),
                }
            }
            self.identify(side, here).await?;
        }
        Ok(())
    }

    /// The link that is to find a record with these keys, which may be what it created: it names that link's record.
    async fn awaited(&mut self, side: Side, own: &BTreeSet<String>) -> Result<Option<LinkRow>, Halt> {
        let named: Vec<Place> = { own.iter() }
            .filter_map(|key| Some((side.other(), key.strip_prefix("x:")?.to_owned())))
            .collect();
        self.load(&named).await?;
        let waits =
            |row: &&LinkRow| matches!(row.link.state, State::Creating(pending) if pending.side == side);
        Ok(named.iter().filter_map(|place| self.links.get(place)).find(waits).cloned())
    }

    async fn identify(&mut self, side: Side, here: Vec<Keyed>) -> Result<(), Halt> {
        let candidates = self.around(side, &here).await?;
        let mut chosen = BTreeMap::new();
        for (id, own) in &here {
            if let Identity::Is(other) = self.who(side, id, own, &candidates) {
                chosen.insert(other.clone(), candidates.keys_of(&other));
            }
        }
        let rivals = self.around(side.other(), &chosen.iter().map(cloned).collect::<Vec<_>>()).await?;
        for (id, own) in here {
            match self.who(side, &id, &own, &candidates) {
                // Whom one before in this batch left to it: who else could be that one was not asked yet.
                Identity::Is(other) if !chosen.contains_key(&other) => self.out.again.push((side, id)),
                // Whom several could be as well is nobody's before a person has said whose.
                Identity::Is(other) => match self.who(side.other(), &other, &chosen[&other], &rivals) {
                    Identity::Ambiguous(candidates) => {
                        let side = side.other();
                        self.out.questions.push(ConflictKind::Match { side, id: other, candidates });
                    }
                    _ => self.join(side, &id, &other),
                },
                Identity::Nobody => self.lone(side, &id, &own),
                Identity::Ambiguous(candidates) => {
                    self.out.questions.push(ConflictKind::Match { side, id, candidates });
                }
                Identity::Taken { by, .. } if self.is_coming(&by) => {
                    self.out.again.push((side, id));
                }
                Identity::Taken { by, .. } => {
                    self.out.questions.push(ConflictKind::Duplicate { side, id, of: by });
                }
            }
        }
        Ok(())
    }

    /// The records of the other side among which these are to be found, with all that is known of them. By later keys only those look
    /// whom the first does not find: many people share a telephone.
    async fn around(&mut self, side: Side, records: &[Keyed]) -> Result<Crowd, Halt> {
        if records.is_empty() {
            return Ok(Crowd::default());
        }
        let first = index::first(self.engine, side, records).await?;
        self.load_crowd(side.other(), &first).await?;
        let lost = |(id, own): &&Keyed| self.who(side, id, own, &first) == Identity::Nobody;
        let lost: Vec<&Keyed> = records.iter().filter(lost).collect();
        let later = index::later(self.engine, side, &lost).await?;
        self.load_crowd(side.other(), &later).await?;
        Ok(first.and(later))
    }

    async fn load_crowd(&mut self, side: Side, crowd: &Crowd) -> Result<(), Halt> {
        let places: Vec<Place> = crowd.ids().map(|id| (side, id.clone())).collect();
        self.load(&places).await
    }

    /// Who a record is among these of the other side.
    fn who(&self, side: Side, id: &str, own: &BTreeSet<String>, candidates: &Crowd) -> Identity {
        let living: Vec<Candidate> = { candidates.near(id, own).into_iter() }
            .filter_map(|(other, keys)| self.candidate(side, other, keys))
            .collect();
        identity::identify(id, own, &living)
    }

    /// A record of the other side that shares a key with this one, if it is there.
    fn candidate(&self, side: Side, other: &str, keys: &BTreeSet<String>) -> Option<Candidate> {
        let place = (side.other(), other.to_owned());
        if !matches!(self.seen(side.other(), Some(&place.1)), Seen::Here(_)) || self.is_gone(&place) {
            return None;
        }
        let of_batch = self.paired.get(&place).and_then(|number| self.out.pairs.get(*number));
        let linked_to = match of_batch {
            Some(pair) => pair.link.ids[side].clone(),
            None => { self.links.get(&place) }
                .filter(|row| !matches!(row.link.state, State::Ended(_)))
                .and_then(|row| row.link.ids[side].clone()),
        };
        Some(Candidate { id: other.to_owned(), keys: keys.clone(), linked_to })
    }

    /// Whether this record is linked in this batch only, which may come to nothing yet.
    fn is_coming(&self, id: &str) -> bool {
        let new = |pair: &Pair| pair.row.is_none() && places(&pair.link).any(|place| place.1 == id);
        self.out.pairs.iter().any(new)
    }

    fn join(&mut self, side: Side, id: &str, other: &str) {
        // A link that ended long ago may still have the other one's id: it is taken up again.
        let old = self.links.get(&(side.other(), other.to_owned())).cloned();
        let mut ids = Sides::of(|_| String::new());
        ids[side] = id.to_owned();
        ids[side.other()] = other.to_owned();
        let link = Link::joined(ids.left, ids.right);
        let seen = Sides::of(|side| self.seen(side, link.ids[side].as_ref()));
        self.take(Pair { row: old, link, seen, news: vec!["linked"], heard_at: None });
    }

    /// A record that nobody is: it may be created on the other side, unless one of this batch that it may be the same as is about to.
    fn lone(&mut self, side: Side, id: &str, own: &BTreeSet<String>) {
        let matching: Vec<(Side, String)> =
            own.iter().filter(|key| !key.starts_with("x:")).map(|key| (side, key.clone())).collect();
        if matching.iter().any(|key| self.coming.contains(key)) {
            self.out.again.push((side, id.to_owned()));
            return;
        }
        self.coming.extend(matching);
        let link = Link::lone(side, id);
        let seen = Sides::of(|side| self.seen(side, link.ids[side].as_ref()));
        let heard_at = self.stored.get(&(side, id.to_owned())).map(|stored| stored.changed_at);
        self.take(Pair { row: None, link, seen, news: vec![], heard_at });
    }
}

fn cloned((id, keys): (&String, &BTreeSet<String>)) -> Keyed {
    (id.clone(), keys.clone())
}

/// The records of a link.
pub fn places(link: &Link) -> impl Iterator<Item = Place> + use<'_> {
    Side::BOTH.into_iter().filter_map(|side| Some((side, link.ids[side].clone()?)))
}
