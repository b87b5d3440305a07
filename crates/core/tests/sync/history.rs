//! Random histories: what people do on both sides, what readings do on their way, and where the hub stops.

use crate::hub::{Lost, Way, World, mapped, texts_of};
use crate::provider::By;
use crate::terms::{Choice, LONGEST};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use syncline_core::sync::link::{DELETION, Decision};
use syncline_core::sync::{
    ConflictKind, Deletion, Direction, Fields, Policy, Side, Sides, StatusPolicy, Value,
};

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    /// A person makes a record.
    Add { side: Side, person: u8 },
    /// A person types something into a field.
    Type { side: Side, record: u8, field: u8, kind: Kind },
    /// A person empties a field.
    Clear { side: Side, record: u8, field: u8 },
    /// A person deletes a record.
    Delete { side: Side, record: u8 },
    /// A person brings one back.
    Restore { side: Side, record: u8 },
    /// A person makes one record of two.
    Merge { side: Side, one: u8, other: u8 },
    /// A person makes a copy of a record, with all that is in it.
    Copy { side: Side, record: u8 },
    /// A person says which record one is the same as, where that is asked.
    Answer { question: u8, candidate: u8 },
    /// Deletions of this customer are objected to from now on, or not any more.
    Book { record: u8 },
    /// A record is read; what it shows is on its way.
    Read { side: Side, record: u8 },
    /// A reading arrives, and once more later where it is repeated.
    Arrive { reading: u8, again: bool },
    /// The hub looks at who is new.
    Identify,
    /// The hub works on a link.
    Work { row: u8, way: Way },
    /// Everything is read, and everything that can be done is done, once; but one link is worked on like this.
    Pass { row: u8, way: Way },
    /// A person decides a conflict.
    Decide { row: u8, winner: Side, force: bool },
}

/// What is typed.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Something that both sides take.
    Plain,
    /// Two words, capitals, blanks around it.
    Odd,
    /// What a rule knows to be refused.
    Invalid,
    /// What only the provider knows to be refused.
    Refused,
    /// One more at the end, where there are several.
    More,
    /// The last one at the front, where there are several.
    Turn,
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Left), Just(Side::Right)]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => Just(Kind::Plain),
        2 => Just(Kind::Odd),
        2 => Just(Kind::Invalid),
        1 => Just(Kind::Refused),
        2 => Just(Kind::More),
        1 => Just(Kind::Turn),
    ]
}

fn lost() -> impl Strategy<Value = Lost> {
    prop_oneof![4 => Just(Lost::No), 1 => Just(Lost::Call), 1 => Just(Lost::Answer)]
}

fn way() -> impl Strategy<Value = Way> {
    let only = prop_oneof![6 => Just(None), 1 => side().prop_map(Some)];
    (1..30_u8, lost(), only).prop_map(|(steps, lost, only)| Way { steps, lost, only })
}

fn op() -> impl Strategy<Value = Op> {
    let record = 0..4_u8;
    let row = 0..4_u8;
    prop_oneof![
        3 => (side(), 0..3_u8).prop_map(|(side, person)| Op::Add { side, person }),
        8 => (side(), record.clone(), any::<u8>(), kind())
            .prop_map(|(side, record, field, kind)| Op::Type { side, record, field, kind }),
        2 => (side(), record.clone(), any::<u8>()).prop_map(|(side, record, field)| Op::Clear { side, record, field }),
        2 => (side(), record.clone()).prop_map(|(side, record)| Op::Delete { side, record }),
        2 => (side(), record.clone()).prop_map(|(side, record)| Op::Restore { side, record }),
        2 => (side(), record.clone(), record.clone()).prop_map(|(side, one, other)| Op::Merge { side, one, other }),
        1 => (side(), record.clone()).prop_map(|(side, record)| Op::Copy { side, record }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(question, candidate)| Op::Answer { question, candidate }),
        2 => record.clone().prop_map(|record| Op::Book { record }),
        6 => (side(), record).prop_map(|(side, record)| Op::Read { side, record }),
        6 => (any::<u8>(), any::<bool>()).prop_map(|(reading, again)| Op::Arrive { reading, again }),
        3 => Just(Op::Identify),
        6 => (any::<u8>(), way()).prop_map(|(row, way)| Op::Pass { row, way }),
        8 => (row.clone(), way()).prop_map(|(row, way)| Op::Work { row, way }),
        3 => (row, side(), any::<bool>()).prop_map(|(row, winner, force)| Op::Decide { row, winner, force }),
    ]
}

fn deletion() -> impl Strategy<Value = Deletion> {
    prop_oneof![
        3 => Just(Deletion::Propagate),
        1 => Just(Deletion::Force),
        1 => Just(Deletion::Archive),
        1 => Just(Deletion::Unlink),
        1 => Just(Deletion::Ask),
    ]
}

/// What a sync may be like.
pub fn choice() -> impl Strategy<Value = Choice> {
    let policy = prop_oneof![
        3 => Just(Policy::Newest),
        1 => Just(Policy::PreferLeft),
        1 => Just(Policy::PreferRight),
        2 => Just(Policy::Ask),
    ];
    let direction = prop_oneof![
        6 => Just(Direction::Both),
        1 => Just(Direction::LeftToRight),
        1 => Just(Direction::RightToLeft),
    ];
    let status = prop_oneof![3 => Just(StatusPolicy::Always), 1 => Just(StatusPolicy::Errors)];
    (policy, direction, deletion(), deletion(), status, any::<bool>(), any::<bool>()).prop_map(
        |(policy, direction, left, right, status, told, unique)| Choice {
            policy,
            direction,
            deletions: Sides { left, right },
            status,
            tells_time: Sides { left: true, right: told },
            unique,
        },
    )
}

/// A history.
pub fn ops() -> impl Strategy<Value = Vec<Op>> {
    let known = (side(), 0..3_u8).prop_map(|(side, person)| Op::Add { side, person });
    let start = prop::collection::vec(known, 0..4).prop_map(|mut start| {
        start.push(Op::Pass { row: 0, way: Way::WHOLE });
        start
    });
    (start, prop::collection::vec(op(), 1..60)).prop_map(|(start, ops)| [start, ops].concat())
}

/// Fields that people fill in.
const FIELDS: Sides<&[&str]> = Sides {
    left: &["first", "last", "email", "more_emails", "phone", "more_phones", "note", "stage", "source"],
    right: &["name", "emails", "numbers", "note", "stage", "source", "origin", "emails", "name"],
};

impl World {
    /// Lets it happen.
    pub fn happen(&mut self, op: Op) {
        match op {
            Op::Add { side, person } => self.add(side, person),
            Op::Type { side, record, field, kind } => {
                if let Some(id) = self.pick(side, record) {
                    let field = FIELDS[side][usize::from(field) % FIELDS[side].len()];
                    let value = self.something(side, &id, field, kind);
                    self.edit(side, &id, field, value);
                }
            }
            Op::Clear { side, record, field } => {
                if let Some(id) = self.pick(side, record) {
                    self.edit(side, &id, FIELDS[side][usize::from(field) % FIELDS[side].len()], Value::Empty);
                }
            }
            Op::Delete { side, record } => {
                if let Some(id) = self.pick(side, record) {
                    self.removed(side, &id);
                    let now = self.tick();
                    if let Some(record) = self.providers[side].records.get_mut(&id) {
                        (record.alive, record.changed_at, record.deleted_by) = (false, now, Some(By::Person));
                    }
                }
            }
            Op::Restore { side, record } => self.restore(side, record),
            Op::Merge { side, one, other } => self.merge(side, one, other),
            Op::Copy { side, record } => {
                if let Some(id) = self.pick(side, record) {
                    let (mut fields, now) = (self.providers[side].records[&id].fields.clone(), self.tick());
                    fields.retain(|field, _| field != "email" || !self.providers[side].unique);
                    self.providers[side].insert(fields, now);
                }
            }
            Op::Answer { question, candidate } => self.answer(question, candidate),
            Op::Book { record } => {
                if let Some(id) = self.pick(Side::Right, record)
                    && let Some(record) = self.providers.right.records.get_mut(&id)
                {
                    record.booked = !record.booked;
                }
            }
            Op::Read { side, record } => {
                let ids: Vec<String> = self.providers[side].records.keys().cloned().collect();
                if let Some(id) = nth(&ids, record) {
                    let reading = self.read(side, &id);
                    self.in_flight.push(reading);
                }
            }
            Op::Arrive { reading, again } => self.arrive_one(reading, again),
            Op::Identify => self.identify(),
            Op::Pass { row, way } => _ = self.pass(Some((usize::from(row), way))),
            Op::Work { row, way } => {
                self.follow_merges();
                if !self.rows.is_empty() {
                    self.work(usize::from(row) % self.rows.len(), way);
                }
            }
            Op::Decide { row, winner, force } => self.decide(row, winner, force),
        }
    }

    fn pick(&self, side: Side, number: u8) -> Option<String> {
        nth(&self.providers[side].alive(), number)
    }

    fn token(&mut self) -> String {
        let token = format!("z{}z", self.typed.len());
        self.typed.insert(token.clone(), false);
        token
    }

    fn add(&mut self, side: Side, person: u8) {
        let (emails, name) = match side {
            Side::Left => ("email", "first"),
            Side::Right => ("emails", "name"),
        };
        let address = format!("person{person}@example.org");
        let address = if side == Side::Left { Value::text(address) } else { Value::list([address]) };
        let token = self.token();
        let fields = Fields::from([(emails.to_owned(), address), (name.to_owned(), Value::text(&token))]);
        if self.providers[side].owner(&fields).is_some() {
            self.typed.insert(token, true);
            return;
        }
        let now = self.tick();
        self.providers[side].insert(fields, now);
    }

    fn something(&mut self, side: Side, id: &str, field: &str, kind: Kind) -> Value {
        let token = self.token();
        let before = self.providers[side].records[id].fields.get(field).cloned().unwrap_or_default();
        match field {
            "stage" => Value::text(match (side, kind) {
                (Side::Left, Kind::Plain | Kind::More) => "new",
                (Side::Left, Kind::Odd | Kind::Turn) => "won",
                (Side::Right, Kind::Plain | Kind::More) => "n",
                (Side::Right, Kind::Odd | Kind::Turn) => "w",
                (_, Kind::Invalid | Kind::Refused) => "lost",
            }),
            "email" | "emails" | "more_emails" | "numbers" | "more_phones" => {
                several(field, &before, &address(&token, kind), kind)
            }
            _ => Value::text(match kind {
                Kind::Odd => format!(" {token} Two "),
                Kind::Invalid => format!("{token}{}", "-".repeat(LONGEST)),
                Kind::Refused if field == "note" => format!("{token}poison"),
                Kind::Refused => format!("{token}refused"),
                Kind::Plain | Kind::More | Kind::Turn => token,
            }),
        }
    }

    fn edit(&mut self, side: Side, id: &str, field: &str, value: Value) {
        let before = self.providers[side].records[id].fields.get(field).cloned().unwrap_or_default();
        let (old, new) = (texts_of([&before]), texts_of([&value]));
        let shows = |texts: &[String], token: &str| texts.iter().any(|text| text.contains(token));
        for (token, removed) in &mut self.typed {
            // What is not in the field in the end was never typed, or is removed.
            *removed |= shows(&old, token) && !shows(&new, token);
        }
        let now = self.tick();
        self.providers[side].put(id, Fields::from([(field.to_owned(), value)]), now);
        self.drop_untyped();
    }

    /// Tokens that were made up and then not used count as removed.
    fn drop_untyped(&mut self) {
        let newest = format!("z{}z", self.typed.len() - 1);
        let shown = Side::BOTH.into_iter().any(|side| {
            self.providers[side]
                .records
                .values()
                .any(|record| texts_of(mapped(&record.fields)).iter().any(|text| text.contains(&newest)))
        });
        if !shown {
            self.typed.insert(newest, true);
        }
    }

    fn restore(&mut self, side: Side, number: u8) {
        let gone: Vec<String> = self.providers[side]
            .records
            .iter()
            .filter(|(_, record)| !record.alive && record.merged_into.is_none())
            .filter(|(_, record)| self.providers[side].owner(&record.fields).is_none())
            .map(|(id, _)| id.clone())
            .collect();
        let now = self.tick();
        if let Some(id) = nth(&gone, number)
            && let Some(record) = self.providers[side].records.get_mut(&id)
        {
            // That it is there (again) is a person's doing from now on.
            (record.alive, record.changed_at, record.made_for) = (true, now, None);
        }
    }

    fn merge(&mut self, side: Side, one: u8, other: u8) {
        let (Some(one), Some(other)) = (self.pick(side, one), self.pick(side, other)) else { return };
        if one == other {
            return;
        }
        let before: Vec<String> =
            [&one, &other].into_iter().flat_map(|id| self.live_texts(side, id)).collect();
        let now = self.tick();
        let Some(into) = self.providers[side].merge(&one, &other, now) else { return };
        let after = self.live_texts(side, &into);
        for token in before {
            if !after.contains(&token) {
                self.typed.insert(token, true);
            }
        }
    }

    fn arrive_one(&mut self, number: u8, again: bool) {
        if self.in_flight.is_empty() {
            return;
        }
        let at = usize::from(number) % self.in_flight.len();
        let reading = if again { self.in_flight[at].clone() } else { self.in_flight.remove(at) };
        self.arrive(reading);
    }

    fn decide(&mut self, row: u8, winner: Side, force: bool) {
        let open: Vec<usize> =
            (0..self.rows.len()).filter(|at| !self.rows[*at].conflicts.is_empty()).collect();
        if let Some(at) = open.get(usize::from(row) % open.len().max(1)) {
            self.decide_one(*at, winner, force);
        }
    }

    /// A person decides whatever is asked about this link.
    pub fn decide_one(&mut self, at: usize, winner: Side, force: bool) {
        let row = &mut self.rows[at];
        for conflict in &row.conflicts {
            let name = match &conflict.kind {
                ConflictKind::Field { rule } => rule.clone(),
                ConflictKind::Deletion { .. } => DELETION.to_owned(),
                _ => continue,
            };
            row.link.decisions.insert(name, Decision { winner, faces: conflict.faces.clone(), force });
        }
        // Whatever a person decides against is remembered with the decision.
        self.decided.extend(row.conflicts.clone());
    }
}

fn nth(ids: &[String], number: u8) -> Option<String> {
    ids.get(usize::from(number) % ids.len().max(1)).cloned()
}

fn address(token: &str, kind: Kind) -> String {
    match kind {
        Kind::Plain | Kind::More | Kind::Turn => format!("{token}@example.org"),
        Kind::Odd => format!("{}@Example.ORG", token.to_uppercase()),
        Kind::Invalid => format!("{token}@"),
        Kind::Refused => format!("{token}@refused.org"),
    }
}

/// Lists are lists on the right, and typed with commas on the left.
fn several(field: &str, before: &Value, new: &str, kind: Kind) -> Value {
    let mut texts: Vec<String> = match before {
        Value::List(texts) => texts.clone(),
        other => other.first().split([',', '\n']).map(|text| text.trim().to_owned()).collect(),
    };
    texts.retain(|text| !text.is_empty());
    match kind {
        Kind::Turn if texts.len() > 1 => texts.rotate_right(1),
        Kind::More if field != "email" => texts.push(new.to_owned()),
        _ if texts.is_empty() || field == "email" => texts = vec![new.to_owned()],
        _ => new.clone_into(&mut texts[0]),
    }
    if matches!(field, "emails" | "numbers") { Value::list(texts) } else { Value::text(texts.join(", ")) }
}
