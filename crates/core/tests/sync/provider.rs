//! A provider in memory: it writes e-mail addresses down in lower case, refuses some values, objects to some deletions, and makes one
//! record of two.

use std::collections::BTreeMap;
use syncline_core::sync::settle::Outcome;
use syncline_core::sync::{Fields, Refusal, Side, Value};
use syncline_core::time::Timestamp;

/// A record there.
#[derive(Clone, Debug)]
pub struct Record {
    pub fields: Fields,
    pub alive: bool,
    pub changed_at: Timestamp,
    pub merged_into: Option<String>,
    pub merged_ids: Vec<String>,
    /// Whether its deletion is objected to.
    pub booked: bool,
    /// The record that we created it for.
    pub made_for: Option<String>,
    /// Who deleted it last.
    pub deleted_by: Option<By>,
}

/// Who deleted a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Person,
    Us,
}

/// One side's provider.
#[derive(Clone, Debug)]
pub struct Provider {
    pub side: Side,
    pub records: BTreeMap<String, Record>,
    /// Whether it takes an e-mail address only once (HubSpot facts 3.3).
    pub unique: bool,
    next: u32,
}

impl Provider {
    pub fn new(side: Side, unique: bool) -> Self {
        Self { side, records: BTreeMap::new(), unique, next: 1 }
    }

    /// A new record, of a person's or ours.
    pub fn insert(&mut self, fields: Fields, now: Timestamp) -> String {
        let id = format!("{}{}", self.side.name().chars().next().unwrap_or('?'), self.next);
        self.next += 1;
        let record = Record {
            fields: Fields::new(),
            alive: true,
            changed_at: now,
            merged_into: None,
            merged_ids: Vec::new(),
            booked: false,
            made_for: None,
            deleted_by: None,
        };
        self.records.insert(id.clone(), record);
        self.put(&id, fields, now);
        id
    }

    /// Writes these fields down.
    pub fn put(&mut self, id: &str, fields: Fields, now: Timestamp) {
        let Some(record) = self.records.get_mut(id) else { return };
        record.changed_at = now;
        for (field, value) in fields {
            match normalised(&field, value) {
                Value::Empty => record.fields.remove(&field),
                value => record.fields.insert(field, value),
            };
        }
    }

    /// The ids of those that are there.
    pub fn alive(&self) -> Vec<String> {
        self.records.iter().filter(|(_, record)| record.alive).map(|(id, _)| id.clone()).collect()
    }

    /// Why these values are refused.
    fn refusals(&self, fields: &Fields) -> Vec<Refusal> {
        let text = |field: &str| fields.get(field).map_or("", Value::first);
        let refusal = |field: &str, value: &Value| Refusal {
            field: field.to_owned(),
            value: value.clone(),
            reason: format!("no {}", value.first()),
        };
        if self.side == Side::Left && text("note").contains("poison") {
            return vec![refusal("*", &Value::Empty)];
        }
        let refused = |field: &str| match self.side {
            Side::Left => field == "email" && text(field).contains("@refused"),
            Side::Right => field == "source" && text(field).contains("refused"),
        };
        fields
            .iter()
            .filter(|(field, _)| refused(field))
            .map(|(field, value)| refusal(field, value))
            .collect()
    }

    /// Who has the e-mail address among these fields already, where it is taken only once.
    pub fn owner(&self, fields: &Fields) -> Option<String> {
        let address = fields.get("email").filter(|_| self.unique)?.first().to_lowercase();
        let has =
            |record: &Record| record.alive && record.fields.get("email").map(Value::first) == Some(&address);
        self.records.iter().find(|(_, record)| has(record)).map(|(id, _)| id.clone())
    }

    /// Creates a record.
    pub fn create(&mut self, fields: &Fields, now: Timestamp) -> Outcome {
        let refusals = self.refusals(fields);
        if !refusals.is_empty() {
            return Outcome::Refused(refusals);
        }
        if let Some(id) = self.owner(fields) {
            return Outcome::Exists { message: format!("{id} has this address"), id: Some(id) };
        }
        let id = self.insert(fields.clone(), now);
        self.done(&id, now)
    }

    /// Changes a record.
    pub fn update(&mut self, id: &str, fields: &Fields, now: Timestamp) -> Outcome {
        if !self.records.get(id).is_some_and(|record| record.alive) {
            return Outcome::Gone;
        }
        let refusals = self.refusals(fields);
        if !refusals.is_empty() {
            return Outcome::Refused(refusals);
        }
        if let Some(owner) = self.owner(fields).filter(|owner| owner != id) {
            let reason = format!("{owner} has this address");
            return Outcome::Refused(vec![Refusal {
                field: "email".to_owned(),
                value: Value::Empty,
                reason,
            }]);
        }
        self.put(id, fields.clone(), now);
        self.done(id, now)
    }

    /// Deletes a record.
    pub fn delete(&mut self, id: &str, force: bool, now: Timestamp) -> Outcome {
        match self.records.get_mut(id) {
            Some(record) if record.alive && record.booked && !force => {
                Outcome::Objected("has future bookings".to_owned())
            }
            Some(record) if record.alive => {
                (record.alive, record.changed_at, record.deleted_by) = (false, now, Some(By::Us));
                Outcome::Done { id: id.to_owned(), fields: Fields::new(), at: now }
            }
            _ => Outcome::Gone,
        }
    }

    fn done(&self, id: &str, at: Timestamp) -> Outcome {
        let fields = self.records.get(id).map(|record| record.fields.clone()).unwrap_or_default();
        Outcome::Done { id: id.to_owned(), fields, at }
    }

    /// Makes one record of two: a third on the left, which tells of both (HubSpot facts 3.6); the first one on the right, which
    /// names both external ids, and the other is simply gone (10to8 facts 5).
    pub fn merge(&mut self, one: &str, other: &str, now: Timestamp) -> Option<String> {
        let (first, second) = (self.records.get(one)?.clone(), self.records.get(other)?.clone());
        let mut fields = second.fields.clone();
        fields.extend(first.fields.clone());
        let id = match self.side {
            Side::Left => self.insert(fields, now),
            Side::Right => {
                let external =
                    |record: &Record| record.fields.get("external").map(|value| value.first().to_owned());
                let both: Vec<String> = [external(&first), external(&second)].into_iter().flatten().collect();
                fields.insert("external".to_owned(), Value::text(both.join(", ")));
                self.put(one, fields, now);
                one.to_owned()
            }
        };
        let gone: Vec<&str> = [one, other].into_iter().filter(|gone| *gone != id).collect();
        for gone in &gone {
            let record = self.records.get_mut(*gone)?;
            record.alive = false;
            record.merged_into = Some(id.clone());
        }
        if self.side == Side::Left {
            let gone = gone.iter().map(|id| (*id).to_owned()).collect();
            let merged = [first.merged_ids, second.merged_ids, gone];
            self.records.get_mut(&id)?.merged_ids = merged.concat();
        }
        Some(id)
    }
}

fn normalised(field: &str, value: Value) -> Value {
    let address = matches!(field, "email" | "emails");
    match value {
        Value::Text(text) if address => Value::text(text.to_lowercase()),
        Value::List(texts) if address => Value::list(texts.iter().map(|text| text.to_lowercase())),
        other => other,
    }
}
