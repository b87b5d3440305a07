//! One rule with both schemas: how its faces are read, compared, converted and checked.

use crate::sync::mapping::{Form, Normalise, Rule};
use crate::sync::schema::{Refusal, Schema};
use crate::sync::side::{Side, Sides};
use crate::sync::value::{Face, Fields, Value};

/// A rule and the schemas it is applied to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens<'a> {
    pub rule: &'a Rule,
    pub schemas: Sides<&'a Schema>,
}

impl Lens<'_> {
    /// What a side shows in the rule's fields.
    pub fn face(&self, side: Side, fields: &Fields) -> Face {
        Face(self.rule.fields[side].iter().map(|f| fields.get(f).cloned().unwrap_or_default()).collect())
    }

    /// What the other side has to show for this face of `from`.
    pub fn convert(&self, from: Side, face: &Face, present: Option<&Face>) -> Face {
        let _ = present;
        match &self.rule.form {
            Form::Constant { value } => {
                Face(self.rule.fields[from.other()].iter().map(|_| Value::text(value)).collect())
            }
            Form::Direct | Form::Options { .. } | Form::Date => {
                Face(face.0.iter().map(|v| self.written(v)).collect())
            }
            Form::Join { .. } | Form::List { .. } => self
                .components(from, face)
                .map_or_else(Face::default, |parts| self.assemble(from.other(), &parts)),
        }
    }

    fn written(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) if self.rule.normalise == Normalise::Email => {
                Value::text(text.trim().to_lowercase())
            }
            Value::List(texts) if self.rule.normalise == Normalise::Email => {
                Value::list(texts.iter().map(|t| t.trim().to_lowercase()))
            }
            other => other.clone(),
        }
    }

    /// Whether two faces of one side are the same in normal form.
    pub fn alike(&self, side: Side, a: &Face, b: &Face) -> bool {
        let _ = side;
        let plain = |f: &Face| -> Vec<Vec<String>> {
            f.0.iter().map(|v| v.texts().iter().map(|t| self.plain(t)).collect()).collect()
        };
        plain(a) == plain(b)
    }

    fn plain(&self, text: &str) -> String {
        let text = text.trim();
        if self.rule.normalise == Normalise::Email { text.to_lowercase() } else { text.to_owned() }
    }

    /// Whether the field of this number is the same in both faces.
    pub fn alike_at(&self, side: Side, at: usize, a: &Face, b: &Face) -> bool {
        let (Some(one), Some(other)) = (a.0.get(at), b.0.get(at)) else { return false };
        one == other || {
            let mut mixed = b.clone();
            mixed.0[at] = one.clone();
            self.alike(side, &mixed, b)
        }
    }

    /// Why the side would not take this face, by what is known of it.
    pub fn refusals(&self, side: Side, face: &Face) -> Vec<Refusal> {
        let schema = self.schemas[side];
        let mut found = Vec::new();
        for (field, value) in self.rule.fields[side].iter().zip(&face.0) {
            let email = schema.fields.get(field).is_some_and(|f| f.kind == crate::sync::Kind::Email);
            if email && !value.is_empty() && !value.first().contains("@x") {
                found.push(Refusal {
                    field: field.clone(),
                    value: value.clone(),
                    reason: format!("Invalid email {}", value.first()),
                });
            }
        }
        found
    }

    /// The face with the placeholder in the fields that are refused.
    pub fn withheld(&self, side: Side, face: &Face, refusals: &[Refusal]) -> Face {
        let mut face = face.clone();
        for (at, field) in self.rule.fields[side].iter().enumerate() {
            if refusals.iter().any(|r| r.field == *field) {
                face.0[at] = Value::text(self.rule.placeholder[side].clone());
            }
        }
        face
    }

    /// The parts that a face is made of, the same kind of parts for both sides; none where a face is one whole.
    pub fn components(&self, side: Side, face: &Face) -> Option<Vec<Value>> {
        let parts_here = self.rule.fields[side].len() > 1;
        match &self.rule.form {
            Form::Join { .. } if parts_here => Some(face.0.clone()),
            Form::Join { separator } => {
                let n = self.rule.fields[side.other()].len();
                let mut parts: Vec<Value> =
                    face.0.first()?.first().trim().splitn(n, separator.as_str()).map(Value::text).collect();
                parts.resize(n, Value::Empty);
                Some(parts)
            }
            Form::List { separator } if parts_here => Some(vec![
                self.written(&face.0[0]),
                self.written(&Value::list(face.0[1].first().split(separator.as_str()).map(str::trim))),
            ]),
            Form::List { .. } => {
                let texts = face.0.first()?.texts();
                Some(vec![
                    self.written(&Value::text(face.0[0].first())),
                    self.written(&Value::list(texts.iter().skip(1).cloned())),
                ])
            }
            _ => None,
        }
    }

    /// The face of a side that is made of these parts.
    pub fn assemble(&self, side: Side, parts: &[Value]) -> Face {
        let parts_here = self.rule.fields[side].len() > 1;
        match &self.rule.form {
            Form::Join { .. } if parts_here => Face(parts.to_vec()),
            Form::Join { separator } => {
                let texts: Vec<&str> = parts.iter().map(Value::first).filter(|t| !t.is_empty()).collect();
                Face(vec![Value::text(texts.join(separator))])
            }
            Form::List { separator } if parts_here => {
                Face(vec![parts[0].clone(), Value::text(parts[1].texts().join(separator))])
            }
            _ => Face(vec![Value::list(parts.iter().flat_map(|p| p.texts().to_vec()))]),
        }
    }

    /// Whether two texts of the rule are the same in normal form.
    pub fn same_text(&self, a: &str, b: &str) -> bool {
        self.plain(a) == self.plain(b)
    }
}
