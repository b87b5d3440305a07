//! Associations between records (HubSpot facts 5).

mod api;
mod batch;
mod edit;
mod kinds;
mod legacy;
mod settings;
mod store;

pub(crate) use api::router;
pub(crate) use edit::{gone, link, merged};
pub(crate) use settings::Settings;
pub(crate) use store::Associations;

use super::state::Portal;
use super::types::TypeId;

/// One record.
pub(crate) type End = (TypeId, u64);

/// One kind of association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// `HUBSPOT_DEFINED`, …
    pub(crate) category: String,
    /// 279, …
    pub(crate) type_id: u64,
}

/// What `from` is associated with of one type: ids ascending, each with its kinds as the API names them
/// (`contact_to_company`, and `contact_to_company_unlabeled` where there is more than one).
pub(crate) fn listed(portal: &Portal, from: End, to_type: TypeId) -> Vec<(u64, Vec<String>)> {
    let name = kinds::name(portal, from.0, to_type);
    let of = portal.associations.of(from, to_type, 0);
    of.map(|(id, kinds)| {
        let mut names = vec![name.clone()];
        if kinds.len() > 1 {
            names.push(format!("{name}_unlabeled"));
        }
        (id, names)
    })
    .collect()
}

/// How many records of a type `from` is associated with.
pub(crate) fn count(portal: &Portal, from: End, to_type: TypeId) -> usize {
    portal.associations.of(from, to_type, 0).count()
}

/// The records of a type that `from` is associated with.
pub(crate) fn ids(portal: &Portal, from: End, to_type: TypeId) -> Vec<u64> {
    portal.associations.of(from, to_type, 0).map(|(id, _)| id).collect()
}
