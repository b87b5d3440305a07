//! Which kinds of association there are between two types (HubSpot facts 5).

use super::Kind;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use serde_json::{Value, json};

pub(super) const HUBSPOT_DEFINED: &str = "HUBSPOT_DEFINED";
const USER_DEFINED: &str = "USER_DEFINED";

/// A kind of association, seen from one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) category: &'static str,
    pub(super) type_id: u64,
    /// None for the plain one.
    pub(super) label: Option<String>,
    pub(super) primary: bool,
    /// What it is from the other side.
    pub(super) inverse: u64,
}

/// HubSpot's own: type, other type, plain ids there and back, primary ids there and back. A record of the first type has
/// one primary partner of the second at most.
type Own = (u64, u64, [u64; 2], Option<[u64; 2]>);

const OWN: &[Own] = &[
    (1, 2, [279, 280], Some([1, 2])),
    (3, 1, [3, 4], None),
    (3, 2, [341, 342], Some([5, 6])),
    (1, 5, [15, 16], None),
    (1, 48, [193, 194], None),
    (1, 49, [197, 198], None),
    (1, 47, [199, 200], None),
    (1, 46, [201, 202], None),
    (1, 27, [203, 204], None),
];

/// The plain ids there and back, and the primary ones; whether `from` is the side with one primary partner at most.
fn own(from: TypeId, to: TypeId) -> ([u64; 2], Option<[u64; 2]>, bool) {
    if from.space == 0 && to.space == 0 {
        for (one, other, plain, primary) in OWN {
            if (from.number, to.number) == (*one, *other) {
                return (*plain, *primary, true);
            }
            if (to.number, from.number) == (*one, *other) {
                return (turned(*plain), primary.map(turned), false);
            }
        }
    }
    ([made_up(from, to), made_up(to, from)], None, true)
}

fn turned([there, back]: [u64; 2]) -> [u64; 2] {
    [back, there]
}

/// Ids of pairs the facts do not tell: always the same, and far from those they do.
fn made_up(from: TypeId, to: TypeId) -> u64 {
    let code = |id: TypeId| if id.space == 0 { id.number % 500 } else { 500 + id.number % 499 };
    100_000 + code(from) * 1_000 + code(to)
}

/// The plain kind.
pub(super) fn plain(from: TypeId, to: TypeId) -> u64 {
    own(from, to).0[0]
}

/// The primary kind, where a record of type `from` has one such partner at most.
pub(super) fn single_primary(from: TypeId, to: TypeId) -> Option<u64> {
    match own(from, to) {
        (_, Some([there, _]), true) => Some(there),
        _ => None,
    }
}

/// All kinds between two types: HubSpot's own, the plain one last, then the account's.
pub(super) fn all(portal: &Portal, from: TypeId, to: TypeId) -> Vec<Known> {
    let (plain, primary, _) = own(from, to);
    let known = |[type_id, inverse]: [u64; 2], primary: bool| Known {
        category: HUBSPOT_DEFINED,
        type_id,
        label: primary.then(|| "Primary".to_owned()),
        primary,
        inverse,
    };
    let mut kinds: Vec<Known> = primary.map(|ids| known(ids, true)).into_iter().collect();
    kinds.push(known(plain, false));
    for label in &portal.associations.rules.labels {
        let ends = (portal.object_type(&label.from), portal.object_type(&label.to));
        let back = label.inverse_label.as_ref().unwrap_or(&label.label);
        let (ids, text) = if ends == (Some(from), Some(to)) {
            ([label.type_id, label.inverse_type_id], &label.label)
        } else if ends == (Some(to), Some(from)) {
            ([label.inverse_type_id, label.type_id], back)
        } else {
            continue;
        };
        kinds.push(Known {
            category: USER_DEFINED,
            type_id: ids[0],
            label: Some(text.clone()),
            primary: false,
            inverse: ids[1],
        });
    }
    kinds
}

/// The kind a caller means.
///
/// # Errors
/// 400 when there is none such between the two types.
pub(super) fn meant(portal: &Portal, from: TypeId, to: TypeId, kind: &Kind) -> Result<Known, ApiError> {
    let found = all(portal, from, to)
        .into_iter()
        .find(|known| known.type_id == kind.type_id && known.category == kind.category);
    found.ok_or_else(|| {
        let message =
            format!("Association type {} ({}) is not valid from {from} to {to}", kind.type_id, kind.category);
        ApiError::validation(message).context(json!({"type": [kind.type_id.to_string()]}))
    })
}

/// A kind that is kept, by its id.
pub(super) fn kept(portal: &Portal, from: TypeId, to: TypeId, type_id: u64) -> Known {
    let found = all(portal, from, to).into_iter().find(|known| known.type_id == type_id);
    // A label that was taken out of the settings is still on the records that had it.
    found.unwrap_or(Known { category: USER_DEFINED, type_id, label: None, primary: false, inverse: type_id })
}

impl Known {
    /// As lists show it.
    pub(super) fn show(&self) -> Value {
        json!({"category": self.category, "typeId": self.type_id, "label": self.label})
    }
}

/// `contact_to_company`
pub(super) fn name(portal: &Portal, from: TypeId, to: TypeId) -> String {
    let word = |id: TypeId| match (id.singular(), portal.custom_types.get(&id)) {
        (Some(name), _) => name.to_owned(),
        (None, Some(custom)) => format!("p{}_{}", portal.id, custom.name),
        (None, None) => id.to_string(),
    };
    format!("{}_to_{}", word(from), word(to))
}
