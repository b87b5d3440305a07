//! One rule with both schemas: how its faces are read, compared, converted and checked.

use crate::sync::mapping::{self, Rule};
use crate::sync::schema::{Refusal, Schema};
use crate::sync::side::{Side, Sides};
use crate::sync::value::{Face, Fields, Value};

/// A rule and the schemas it is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens<'a> {
    pub rule: &'a Rule,
    pub schemas: Sides<&'a Schema>,
}

impl Lens<'_> {
    /// What a side shows in the rule's fields.
    pub fn face(&self, side: Side, fields: &Fields) -> Face {
        mapping::face(self.rule, side, fields)
    }

    /// What the other side has to show for this face of `from`.
    pub fn convert(&self, from: Side, face: &Face, present: Option<&Face>) -> Face {
        mapping::convert(self.rule, from, face, self.schemas[from.other()], present)
    }

    /// Whether two faces of one side are the same in normal form.
    pub fn alike(&self, side: Side, a: &Face, b: &Face) -> bool {
        mapping::alike(self.rule, side, a, b)
    }

    /// Whether the field of this number is the same in both faces.
    pub fn alike_at(&self, side: Side, at: usize, a: &Face, b: &Face) -> bool {
        let (Some(one), Some(other)) = (a.0.get(at), b.0.get(at)) else { return false };
        one == other || {
            let mut mixed = b.clone();
            mixed.0[at].clone_from(one);
            self.alike(side, &mixed, b)
        }
    }

    /// Why the side would not take this face, by what is known of it.
    pub fn refusals(&self, side: Side, face: &Face) -> Vec<Refusal> {
        mapping::refusals(self.rule, side, face, self.schemas[side])
    }

    /// The face with the placeholder in the fields that are refused.
    pub fn withheld(&self, side: Side, face: &Face, refusals: &[Refusal]) -> Face {
        mapping::withheld(self.rule, side, face, refusals)
    }

    /// The parts that a face is made of, the same kind of parts for both sides; none where a face is one whole.
    pub fn components(&self, side: Side, face: &Face) -> Option<Vec<Value>> {
        mapping::components(self.rule, side, face)
    }

    /// The face of a side that is made of these parts.
    pub fn assemble(&self, side: Side, parts: &[Value]) -> Face {
        mapping::assemble(self.rule, side, parts)
    }

    /// Whether two values of the rule are the same in normal form.
    pub fn alike_values(&self, a: &Value, b: &Value) -> bool {
        mapping::alike_values(self.rule, a, b)
    }
}
