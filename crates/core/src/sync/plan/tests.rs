mod conflicts;
mod ends;
mod pairs;
mod placeholders;
mod readings;

use super::*;
use crate::sync::agreement::{Deletion, Direction, Party, Policy, StatusPolicy};
use crate::sync::link::{Decision, Held, Pending, WHOLE};
use crate::sync::mapping::{Form, Normalise, Rule, Way};
use crate::sync::schema::{Field, Kind};
use crate::sync::settle::{Outcome, settle};
use crate::sync::value::Value;
use Side::{Left, Right};

/// A pair of a contact and a customer, and what is agreed about such pairs.
struct Pair {
    agreement: Agreement,
    schemas: Sides<Schema>,
    can: Sides<Can>,
    link: Link,
    seen: Sides<Seen>,
    now: i64,
    fresh_after: i64,
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn rule(name: &str, left: &[&str], right: &[&str], form: Form) -> Rule {
    let names = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
    Rule {
        name: name.to_owned(),
        fields: Sides { left: names(left), right: names(right) },
        form,
        way: Way::Both,
        normalise: Normalise::Trim,
        placeholder: Sides::default(),
        policy: None,
    }
}

/// Fields from `a=b` pairs; several values of a list have `|` between them.
fn fields(texts: &[&str]) -> Fields {
    let pair = |text: &&str| {
        let (field, value) = text.split_once('=').expect("field=value");
        let list = matches!(field, "emails");
        let value = if list { Value::list(value.split('|')) } else { Value::text(value) };
        (field.to_owned(), value)
    };
    texts.iter().map(pair).filter(|(_, value)| !value.is_empty()).collect()
}

impl Pair {
    /// Linked, never compared, read at 100 and changed at 50.
    fn new(left: &[&str], right: &[&str]) -> Self {
        let field = |kind: Kind| Field { title: String::new(), kind, writable: true, longest: None };
        let schema = |names: &[&str]| Schema {
            fields: names.iter().map(|name| ((*name).to_owned(), field(Kind::Text))).collect(),
            ..Schema::default()
        };
        let mut schemas = Sides {
            left: schema(&["first", "last", "more", "note", "uri", "status"]),
            right: schema(&["name", "note", "id", "status"]),
        };
        schemas.left.fields.insert("email".to_owned(), field(Kind::Email));
        schemas.right.fields.insert("emails".to_owned(), field(Kind::List));
        let party = |external: &str| Party {
            object_type: "x".to_owned(),
            collection: String::new(),
            external: Some(external.to_owned()),
            status: Some("status".to_owned()),
        };
        let list = Form::List { separator: ",\n".to_owned() };
        let join = Form::Join { separator: " ".to_owned() };
        let mut emails = rule("emails", &["email", "more"], &["emails"], list);
        emails.normalise = Normalise::Email;
        let agreement = Agreement {
            sides: Sides { left: party("uri"), right: party("id") },
            direction: Direction::Both,
            rules: vec![
                rule("name", &["first", "last"], &["name"], join),
                emails,
                rule("note", &["note"], &["note"], Form::Direct),
            ],
            matching: Vec::new(),
            policy: Policy::Newest,
            deletions: Sides::default(),
            guard: crate::sync::guard::Guard::default(),
            status: StatusPolicy::Off,
        };
        let mut pair = Self {
            agreement,
            schemas,
            can: Sides {
                left: Can { undelete: true, objects: false },
                right: Can { undelete: false, objects: true },
            },
            link: Link::joined("L", "R"),
            seen: Sides { left: Seen::Never, right: Seen::Never },
            now: 1_000,
            fresh_after: 0,
        };
        pair.shows(Left, left, 100);
        pair.shows(Right, right, 100);
        pair
    }

    /// In step, with each other's ids.
    fn agreed(left: &[&str], right: &[&str]) -> Self {
        let mut pair = Self::new(left, right);
        let plan = pair.plan();
        assert!(plan.is_quiet(), "they agree: {plan:?}");
        pair.link = plan.link;
        pair
    }

    /// What a side shows, read at this moment and changed just before; with the other's id.
    fn shows(&mut self, side: Side, texts: &[&str], read_at: i64) {
        let id = |side| if side == Left { "L" } else { "R" };
        let mut fields = fields(texts);
        let external = self.agreement.sides[side].external.clone();
        fields.extend(external.map(|field| (field, Value::text(id(side.other())))));
        self.seen[side] = Seen::Here(Snapshot {
            id: id(side).to_owned(),
            fields,
            read_at: at(read_at),
            changed_at: at(read_at - 50),
        });
    }

    fn gone(&mut self, side: Side, since: i64) {
        let id = if side == Left { "L" } else { "R" };
        self.seen[side] = Seen::Gone { id: id.to_owned(), at: at(since), merged_into: None };
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            agreement: &self.agreement,
            schemas: self.schemas.as_ref(),
            can: self.can,
            now: at(self.now),
            fresh_after: Sides::of(|_| at(self.fresh_after)),
        }
    }

    fn plan(&self) -> Plan {
        plan(&self.terms(), &self.link, self.seen.as_ref())
    }

    /// The action came to this; the link is what the plan said.
    fn came_to(&mut self, plan: Plan, side: Side, outcome: &Outcome) {
        let action = plan.actions[side].clone().expect("an action");
        self.link = settle(&self.terms(), plan.link, side, &action, outcome);
    }

    /// Carried out at this moment, as it was sent; the record is read after that.
    fn done(&mut self, plan: Plan, side: Side, moment: i64) {
        let write = written(&plan, side);
        let id = if side == Left { "L" } else { "R" }.to_owned();
        self.came_to(plan, side, &Outcome::Done { id: id.clone(), fields: Fields::new(), at: at(moment) });
        if let Seen::Here(snapshot) = &mut self.seen[side] {
            snapshot.read_at = at(moment + 1);
            for (field, value) in write {
                match value {
                    Value::Empty => snapshot.fields.remove(&field),
                    value => snapshot.fields.insert(field, value),
                };
            }
        }
    }
}

/// The fields that are sent to a side.
fn written(plan: &Plan, side: Side) -> Fields {
    match &plan.actions[side] {
        Some(Action::Create(write) | Action::Update { write, .. }) => write.fields.clone(),
        _ => Fields::new(),
    }
}

fn only(side: Side) -> Sides<bool> {
    Sides::of(|other| other == side)
}
