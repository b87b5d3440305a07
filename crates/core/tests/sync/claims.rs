//! What must hold once it is quiet: all readings arrived, and all work done.

use crate::hub::{Row, Way, World, mapped, texts_of};
use crate::who::names;
use std::collections::BTreeSet;
use syncline_core::sync::mapping::{Rule, alike, convert, face, writes};
use syncline_core::sync::{
    Conflict, ConflictKind, Direction, Ending, Face, Link, Seen, Side, Sides, Snapshot, State, StatusPolicy,
    Value,
};

/// The most passes over everything until it is quiet.
const PASSES: usize = 12;

impl World {
    /// Lets all readings arrive and all work be done, and looks at what came of it; then lets a person decide whatever is asked, and
    /// looks again.
    pub fn quiet_down(&mut self) {
        for reading in std::mem::take(&mut self.in_flight) {
            self.arrive(reading);
        }
        self.quiet();
        let decided = self.decide_all();
        self.quiet();
        for (ids, conflict) in decided {
            self.is_settled(&ids, &conflict);
        }
    }

    fn quiet(&mut self) {
        let mut passes = 0;
        while self.pass(None) {
            passes += 1;
            assert!(passes < PASSES, "no end: {:?}", self.rows);
        }
        self.clock += 86_400_000;
        let before = self.sent;
        let rows: Vec<Link> = self.rows.iter().map(|row| row.link.clone()).collect();
        self.pass(None);
        assert_eq!(self.sent, before, "a second pass writes nothing: {:?}", self.rows);
        assert_eq!(
            rows,
            self.rows.iter().map(|row| row.link.clone()).collect::<Vec<_>>(),
            "nor changes a link"
        );
        self.claims();
    }

    /// Decides everything that is asked about links: now for one side, now for the other, and deletions by force. Answers what was
    /// asked, with who wins.
    fn decide_all(&mut self) -> Vec<(Sides<Option<String>>, Conflict)> {
        let mut decided = Vec::new();
        let open: Vec<usize> =
            (0..self.rows.len()).filter(|at| !self.rows[*at].conflicts.is_empty()).collect();
        for (number, at) in open.into_iter().enumerate() {
            let winner = if number % 2 == 0 { Side::Left } else { Side::Right };
            let row = self.rows[at].clone();
            self.decide_one(at, winner, true);
            let won = |conflict: Conflict| Conflict { winner: Some(winner), ..conflict };
            decided.extend(row.conflicts.into_iter().map(|asked| (row.link.ids.clone(), won(asked))));
        }
        decided
    }

    /// What a person decided is not asked any more, and of a field the winner has what it had. Nothing else changed since.
    fn is_settled(&self, ids: &Sides<Option<String>>, asked: &Conflict) {
        let Some(row) = self.rows.iter().find(|row| row.link.ids == *ids) else { return };
        assert!(
            row.conflicts.iter().all(|open| open.kind != asked.kind),
            "a person decided, and is asked again: {asked:?} {row:?}"
        );
        let (ConflictKind::Field { rule }, Some(winner)) = (&asked.kind, asked.winner) else { return };
        let rule = self.agreement.rules.iter().find(|known| known.name == *rule).expect("a rule");
        if let Seen::Here(there) = self.seen(winner, &row.link) {
            let shown = face(rule, winner, &there.fields);
            assert!(
                alike(rule, winner, &shown, &asked.faces[winner]),
                "who wins keeps it: {asked:?} {row:?}"
            );
        }
    }

    /// Reads everything, links everybody, works on everything, on one link otherwise. Whether something came of it.
    pub fn pass(&mut self, otherwise: Option<(usize, Way)>) -> bool {
        let state =
            |world: &Self| (world.sent, world.rows.iter().map(|row| row.link.clone()).collect::<Vec<_>>());
        let before = state(self);
        for side in Side::BOTH {
            let ids: Vec<String> = self.providers[side].records.keys().cloned().collect();
            for id in ids {
                let reading = self.read(side, &id);
                self.arrive(reading);
            }
        }
        self.identify();
        for at in 0..self.rows.len() {
            let other = otherwise.filter(|(number, _)| number % self.rows.len() == at);
            self.work(at, other.map_or(Way::WHOLE, |(_, way)| way));
        }
        before != state(self)
    }

    fn claims(&self) {
        for row in &self.rows {
            self.ids_are_linked_once(row);
            match (self.seen(Side::Left, &row.link), self.seen(Side::Right, &row.link)) {
                (Seen::Here(left), Seen::Here(right)) => {
                    self.agrees(row, Sides { left: &left, right: &right })
                }
                (Seen::Here(_), Seen::Gone { .. }) => self.is_parted(row, Side::Right),
                (Seen::Gone { .. }, Seen::Here(_)) => self.is_parted(row, Side::Left),
                (Seen::Gone { .. }, Seen::Gone { .. } | Seen::Never) | (Seen::Never, Seen::Gone { .. }) => {
                    assert!(matches!(row.link.state, State::Ended(_)), "both are gone: {row:?}");
                }
                (Seen::Here(alone), Seen::Never) => self.is_alone(row, Side::Left, &alone),
                (Seen::Never, Seen::Here(alone)) => self.is_alone(row, Side::Right, &alone),
                (Seen::Never, Seen::Never) => {}
            }
        }
        self.nobody_is_left_out();
        self.nothing_typed_is_lost();
    }

    fn ids_are_linked_once(&self, row: &Row) {
        if matches!(row.link.state, State::Ended(_)) {
            return;
        }
        for side in Side::BOTH {
            let same = |other: &&Row| {
                other.link.ids[side].is_some()
                    && other.link.ids[side] == row.link.ids[side]
                    && !matches!(other.link.state, State::Ended(_))
            };
            assert!(self.rows.iter().filter(same).count() <= 1, "linked twice: {row:?}");
        }
    }

    /// One is gone: the link is over, or a person is asked.
    fn is_parted(&self, row: &Row, gone: Side) {
        let asked =
            |kind: &ConflictKind| matches!(kind, ConflictKind::Deletion { side, .. } if *side == gone);
        let over = matches!(&row.link.state, State::Ended(Ending::Unlinked { side } | Ending::Merged { side }) if *side == gone)
            || matches!(row.link.state, State::Ended(Ending::Merged { .. }));
        assert!(
            over || row.conflicts.iter().any(|conflict| asked(&conflict.kind)),
            "one is gone, and nobody is asked: {row:?}"
        );
    }

    /// Nobody is on the other side: it may not be, or there is nothing to say there, or it became part of another.
    fn is_alone(&self, row: &Row, side: Side, alone: &Snapshot) {
        if matches!(row.link.state, State::Ended(Ending::Merged { .. })) {
            return;
        }
        let to = side.other();
        let flows = match self.agreement.direction {
            Direction::Both => true,
            Direction::LeftToRight => to == Side::Right,
            Direction::RightToLeft => to == Side::Left,
        };
        let mapped = ["name", "emails", "numbers", "note", "stage", "source"];
        let says = self.agreement.rules.iter().any(|rule| {
            let shown = face(rule, side, &alone.fields);
            let target = convert(rule, side, &shown, &self.schemas[to], None);
            mapped.contains(&rule.name.as_str())
                && writes(&self.agreement, rule, to)
                && !target.is_empty()
                && syncline_core::sync::mapping::refusals(rule, to, &target, &self.schemas[to]).is_empty()
        });
        let refused = !row.link.refused[to].is_empty();
        assert!(!flows || !says || refused, "not created: {row:?} {alone:?}");
    }

    /// Every mapped field agrees, or there is a reason.
    fn agrees(&self, row: &Row, snaps: Sides<&Snapshot>) {
        if matches!(row.link.state, State::Ended(Ending::Merged { .. })) {
            return;
        }
        assert_eq!(row.link.state, State::Linked, "both are there");
        let mut problem =
            row.conflicts.iter().any(|conflict| matches!(conflict.kind, ConflictKind::Field { .. }));
        for rule in &self.agreement.rules {
            problem |= self.rule_agrees(row, rule, snaps);
        }
        for side in Side::BOTH {
            let other = row.link.ids[side.other()].as_deref().unwrap_or_default();
            assert!(names(&snaps[side].fields, other), "each names the other: {row:?}");
            self.status_tells(&row.link, problem, snaps[side]);
        }
    }

    fn status_tells(&self, link: &Link, problem: bool, snap: &Snapshot) {
        if self.agreement.status == StatusPolicy::Off {
            return;
        }
        let status = snap.fields.get("status").map_or("", Value::first);
        assert_eq!(
            status.starts_with("Error"),
            problem,
            "the status says whether something is wrong: {status} {link:?}"
        );
    }

    /// Whether something about this rule is withheld or refused.
    fn rule_agrees(&self, row: &Row, rule: &Rule, snaps: Sides<&Snapshot>) -> bool {
        let faces = Sides::of(|side| face(rule, side, &snaps[side].fields));
        let base = row.link.bases.get(&rule.name);
        let held = Sides::of(|side| base.is_some_and(|base| !base.held[side].is_empty()));
        let refused = Side::BOTH.into_iter().any(|side| {
            row.link.refused[side].contains_key("*")
                || row.link.refused[side].contains_key(&format!("*{}", rule.name))
        });
        let open = row.conflicts.iter().any(
            |conflict| matches!(&conflict.kind, ConflictKind::Field { rule: open } if *open == rule.name),
        );
        let same = self.same(rule, &faces);
        let elsewhere = self.goes_elsewhere(row, rule, &faces);
        assert!(
            same || held.left || held.right || refused || open || elsewhere,
            "{} differs without a reason: {faces:?} {row:?}",
            rule.name
        );
        assert!(!(same && open), "{} agrees, and a person is asked: {row:?}", rule.name);
        let withheld = held.left || held.right;
        let explained = same || open || withheld || elsewhere;
        withheld || (refused && !explained)
    }

    /// Whether it is written to one side only, and what that one has instead stays: the other side says nothing or, where the whole
    /// sync goes one way, has not changed since it was sent.
    fn goes_elsewhere(&self, row: &Row, rule: &Rule, faces: &Sides<Face>) -> bool {
        let Some(from) = Side::BOTH.into_iter().find(|from| !writes(&self.agreement, rule, *from)) else {
            return false;
        };
        if !writes(&self.agreement, rule, from.other()) {
            return true;
        }
        match row.link.bases.get(&rule.name) {
            None => faces[from].is_empty(),
            Some(base) => {
                self.agreement.direction != Direction::Both
                    && alike(rule, from, &faces[from], &base.faces[from])
            }
        }
    }

    fn same(&self, rule: &Rule, faces: &Sides<Face>) -> bool {
        Side::BOTH.into_iter().any(|from| {
            let to = from.other();
            let said = convert(rule, from, &faces[from], &self.schemas[to], Some(&faces[to]));
            alike(rule, to, &said, &faces[to])
        })
    }

    /// What a person typed, and no person removed, is on a side, held, in a conflict, or among what was decided.
    fn nothing_typed_is_lost(&self) {
        let mut kept: BTreeSet<String> = BTreeSet::new();
        for side in Side::BOTH {
            for record in self.providers[side].records.values().filter(|record| record.alive) {
                kept.extend(texts_of(mapped(&record.fields)));
            }
        }
        for row in &self.rows {
            for base in row.link.bases.values() {
                kept.extend(
                    base.held
                        .iter()
                        .flat_map(|(_, held)| held.values())
                        .flat_map(|held| texts_of([&held.value])),
                );
            }
            for conflict in &row.conflicts {
                kept.extend(conflict.faces.iter().flat_map(|(_, face)| texts_of(&face.0)));
            }
        }
        for conflict in &self.decided {
            kept.extend(conflict.faces.iter().flat_map(|(_, face)| texts_of(&face.0)));
        }
        let all = kept.into_iter().collect::<Vec<_>>().join("\n");
        for (token, removed) in &self.typed {
            assert!(*removed || all.contains(token), "{token} is lost: {:?}", self.rows);
        }
    }
}
