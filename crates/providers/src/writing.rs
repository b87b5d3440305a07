//! What the tests of all writers need: records to be sent, calls for them, and the properties that hold for every provider.

use crate::load::At;
use crate::testing::Answer;
use crate::walking::{TOKEN, with_at};
use crate::wire::{Again, Call, Fault};
use crate::write::{Object, Sent, Write};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use syncline_core::sync::{Field, Fields, Kind, Outcome, Refusal, Schema, Value};

/// Records of this type in this place.
pub fn object(object_type: &str, collection: &str) -> Object {
    Object { object_type: object_type.to_owned(), collection: collection.to_owned() }
}

/// Fields that can be written.
pub fn schema(fields: &[(&str, Kind)]) -> Schema {
    let field = |(name, kind): &(&str, Kind)| {
        let field = Field { title: (*name).to_owned(), kind: kind.clone(), writable: true, longest: None };
        ((*name).to_owned(), field)
    };
    Schema { fields: fields.iter().map(field).collect(), ..Schema::default() }
}

/// Values by field; an empty text is nothing.
pub fn fields(values: &[(&str, &str)]) -> Fields {
    values.iter().map(|(name, value)| ((*name).to_owned(), Value::text(*value))).collect()
}

/// Names.
pub fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One refused value.
pub fn refusal(field: &str, value: &str, reason: &str) -> Refusal {
    Refusal { field: field.to_owned(), value: Value::text(value), reason: reason.to_owned() }
}

/// A record that was written, with what the provider says of it.
pub fn done(id: &str, fields: Fields) -> Outcome {
    with_at(|at| Outcome::Done { id: id.to_owned(), fields, at: at.now })
}

/// A writer in one place.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub writer: &'a dyn Write,
    pub object: &'a Object,
    pub schema: &'a Schema,
}

impl Desk<'_> {
    /// The call for these.
    pub fn send(&self, sent: &Sent<'_>) -> Call {
        with_at(|at| self.writer.send(at, self.object, self.schema, sent))
    }

    /// What the answer makes of them.
    pub fn answer(&self, sent: &Sent<'_>, answer: &Answer) -> Result<Vec<Outcome>, Fault> {
        with_at(|at| self.writer.answer(at, self.object, self.schema, sent, &answer.reply()))
    }

    /// What the answer makes of the one that was sent.
    pub fn one(&self, sent: &Sent<'_>, answer: &Answer) -> Result<Outcome, Fault> {
        let mut outcomes = self.answer(sent, answer)?;
        assert_eq!(outcomes.len(), 1);
        Ok(outcomes.remove(0))
    }

    /// The call that looks for these.
    pub fn find(&self, field: &str, values: &[&str]) -> Option<Call> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        assert!(values.len() <= self.writer.batches(self.object).find);
        with_at(|at| self.writer.find(at, self.object, self.schema, field, &values))
    }

    /// What it found.
    pub fn found(
        &self,
        field: &str,
        values: &[&str],
        answer: &Answer,
    ) -> Result<Vec<(String, String)>, Fault> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let reply = answer.reply();
        with_at(|at| self.writer.found(at, self.object, self.schema, field, &values, &reply))
    }

    /// The named fields of a record of the mirror.
    pub fn fields(&self, body: &str, wanted: &[&str]) -> Fields {
        self.writer.fields(self.object, self.schema, body, &names(wanted))
    }

    /// Creations look first, everything else may be repeated, and no URL shows the token.
    pub fn calls_are_safe(&self, create: &Fields, update: &(String, Fields)) {
        let delete = [(update.0.clone(), false)];
        let (create, update) = (std::slice::from_ref(create), std::slice::from_ref(update));
        let sent = [
            (Sent::Create(create), Again::LookFirst),
            (Sent::Update(update), Again::Always),
            (Sent::Delete(&delete), Again::Always),
        ];
        for (sent, again) in sent {
            let call = self.send(&sent);
            assert_eq!(call.again, again, "{call:?}");
            assert!(call.headers["authorization"].is_sensitive() && !call.url.contains(TOKEN));
            assert!(call.url.starts_with("https://api.example.com/"), "{call:?}");
        }
    }

    /// Whatever the provider answers with the token in its words, nobody is told the token.
    pub fn tokens_stay_hidden(&self, create: &[Fields], update: &[(String, Fields)]) {
        let said = format!("bad token {TOKEN}.");
        let echoes = [
            json!({ "message": said, "category": "VALIDATION_ERROR", "detail": said, "emails": [said], "code": "validation_error" }),
            json!({ "message": said, "errors": [{ "message": said, "context": { "propertyName": ["email"] } }], "category": "VALIDATION_ERROR" }),
            json!({ "message": said, "category": "CONFLICT", "error": { "type": "X", "message": said } }),
            json!(said),
        ];
        let delete: Vec<(String, bool)> = update.iter().map(|(id, _)| (id.clone(), true)).collect();
        for status in [200, 207, 400, 403, 404, 409, 422, 500, 503] {
            for body in &echoes {
                let answer = Answer::new(status, body.to_string());
                for sent in [Sent::Create(create), Sent::Update(update), Sent::Delete(&delete)] {
                    let outcomes = self.answer(&sent, &answer);
                    assert!(!format!("{outcomes:?}").contains(TOKEN), "{outcomes:?}");
                }
                let found = self.found("email", &["a"], &answer);
                let read = with_at(|at| self.writer.schema_back(at, self.object, Some(&answer.reply())));
                assert!(!format!("{found:?} {read:?}").contains(TOKEN), "{found:?} {read:?}");
            }
        }
    }

    /// No answer makes a reader panic; there is an outcome for every record that was sent, or a fault; what is no success made
    /// nobody, and a creation never fails as if nothing could have been made when the answer is a success.
    pub fn answers_are_survived(&self, create: &[Fields], update: &[(String, Fields)], answer: &Answer) {
        let delete: Vec<(String, bool)> = update.iter().map(|(id, _)| (id.clone(), true)).collect();
        let reply = answer.reply();
        for sent in [Sent::Create(create), Sent::Update(update), Sent::Delete(&delete)] {
            let outcomes = self.answer(&sent, answer);
            if let Ok(outcomes) = &outcomes {
                assert_eq!(outcomes.len(), sent.count());
            }
            if matches!(sent, Sent::Create(_)) && reply.status.is_success() {
                assert!(
                    !matches!(outcomes, Err(Fault::Unreadable(_) | Fault::Transient { .. })),
                    "{outcomes:?}"
                );
            }
        }
        let _ = self.found("email", &["a", "b"], answer);
        with_at(|at: &At<'_>| {
            let read = self.writer.schema_back(at, self.object, Some(&reply));
            let asks = self.writer.schema(at, self.object).is_some();
            assert!(read.is_err() || !asks || reply.status.is_success());
        });
    }
}

/// Texts as people type them.
pub fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z@. ]{1,20}", "\\PC{1,20}", "[\"\\\\\n\t;,'{}é🙂]{1,9}"]
}
