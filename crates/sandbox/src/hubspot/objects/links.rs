//! Associations given with a new record: `{to:{id}, types:[…]}` names no object type, so the kind has to (HubSpot facts
//! 3.1, 5).

use super::super::associations::{self, End, Kind};
use super::super::change::Change;
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::write::By;

/// An association wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// With which record, as the caller wrote it.
    pub(crate) to: String,
    /// Of which kinds.
    pub(crate) kinds: Vec<Kind>,
}

/// HubSpot's own kinds: their ids, from, to.
const KINDS: &[(&[u64], u64, u64)] = &[
    (&[279, 1], 1, 2),
    (&[280, 2], 2, 1),
    (&[3], 3, 1),
    (&[4], 1, 3),
    (&[341, 5], 3, 2),
    (&[342, 6], 2, 3),
    (&[15], 1, 5),
    (&[16], 5, 1),
    (&[193], 1, 48),
    (&[197], 1, 49),
    (&[199], 1, 47),
    (&[201], 1, 46),
    (&[203], 1, 27),
];

/// Where an association of one of HubSpot's own kinds leads.
fn leads_to(from: TypeId, kinds: &[Kind]) -> Option<TypeId> {
    let kind = kinds.iter().find(|kind| kind.category == "HUBSPOT_DEFINED")?;
    let (.., to) = KINDS
        .iter()
        .find(|(ids, of, _)| from.space == 0 && from.number == *of && ids.contains(&kind.type_id))?;
    Some(TypeId { space: 0, number: *to })
}

/// The types a link may lead to: the one its kind says, or else those that have a record of that id.
pub(super) fn targets(portal: &Portal, from: TypeId, link: &Link) -> Vec<End> {
    let Ok(id) = link.to.parse::<u64>() else { return Vec::new() };
    let there = |object_type: &TypeId| portal.objects.live(*object_type, id).is_some();
    match leads_to(from, &link.kinds) {
        Some(object_type) => Some(object_type).filter(there).map(|to| (to, id)).into_iter().collect(),
        None => portal.objects.types().filter(there).map(|to| (to, id)).collect(),
    }
}

/// Makes the associations of a new record.
///
/// # Errors
/// When a record is not there or a kind does not fit. Those made before stay: the caller takes the record away again.
pub(super) fn make(portal: &mut Portal, from: End, links: &[Link], by: &By) -> Result<Vec<Change>, ApiError> {
    let mut changes = Vec::new();
    for link in links {
        let mut refusal = ApiError::validation(format!("{} is not a valid ID", link.to))
            .sub("crm.associations.INVALID_IDENTIFIER");
        let mut made = None;
        for to in targets(portal, from.0, link) {
            match associations::link(portal, from, to, &link.kinds, by) {
                Ok(done) => {
                    made = Some(done);
                    break;
                }
                Err(error) => refusal = error,
            }
        }
        changes.extend(made.ok_or(refusal)?);
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(category: &str, type_id: u64) -> Kind {
        Kind { category: category.to_owned(), type_id }
    }

    #[test]
    fn a_kind_of_hubspots_own_says_where_it_leads() {
        assert_eq!(leads_to(TypeId::CONTACT, &[kind("HUBSPOT_DEFINED", 279)]), Some(TypeId::COMPANY));
        assert_eq!(leads_to(TypeId::COMPANY, &[kind("HUBSPOT_DEFINED", 2)]), Some(TypeId::CONTACT));
        assert_eq!(leads_to(TypeId::DEAL, &[kind("HUBSPOT_DEFINED", 279)]), None);
        assert_eq!(leads_to(TypeId::CONTACT, &[kind("USER_DEFINED", 279)]), None);
    }
}
