//! Changes to associations: made, taken away, moved by a merge. Each is told from both sides (HubSpot facts 5, 6.4).

use super::kinds::{self, Known};
use super::{End, Kind};
use crate::hubspot::change::{Change, What};
use crate::hubspot::error::ApiError;
use crate::hubspot::objects::By;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use http::StatusCode;
use serde_json::json;

/// Associates two records, both ways; without kinds, with the default one. A primary association makes the plain one
/// too, and takes the place of the primary one there was. What was there already is no change.
///
/// # Errors
/// When a kind does not fit the two types, or a record is not there.
pub(crate) fn link(
    portal: &mut Portal,
    from: End,
    to: End,
    wanted: &[Kind],
    by: &By,
) -> Result<Vec<Change>, ApiError> {
    let kinds = fit(portal, from, to, wanted)?;
    let mut changes = Vec::new();
    if kinds.iter().any(|kind| kind.primary) {
        changes.extend(give_up_primary(portal, from, to, by));
        changes.extend(give_up_primary(portal, to, from, by));
    }
    for kind in kinds {
        changes.extend(add(portal, from, to, &kind, by));
    }
    Ok(changes)
}

/// The kinds to add, if they may be.
fn fit(portal: &Portal, from: End, to: End, wanted: &[Kind]) -> Result<Vec<Known>, ApiError> {
    // The same number is told to be the same record, unless it is one of either type.
    if from == to || (from.1 == to.1 && !is_there(portal, to)) {
        return Err(ApiError::validation(format!(
            "Object {} cannot be associated to itself ({})",
            from.1, to.1
        )));
    }
    for end in [from, to] {
        if !is_there(portal, end) {
            return Err(not_there(portal, end));
        }
    }
    let mut kinds = vec![kinds::kept(portal, from.0, to.0, kinds::plain(from.0, to.0))];
    for kind in wanted {
        let kind = kinds::meant(portal, from.0, to.0, kind)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

fn is_there(portal: &Portal, (object_type, id): End) -> bool {
    let view = portal.objects.of(object_type).and_then(|records| records.get(id));
    view.is_some_and(|view| view.record.archived_at.is_none())
}

/// 404 for a record that is not there.
pub(super) fn not_there(portal: &Portal, (object_type, id): End) -> ApiError {
    let message = format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        portal.type_label(object_type)
    );
    ApiError::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
        .context(json!({"ids": [id.to_string()]}))
}

/// A record with one primary partner at most is no longer that of another.
fn give_up_primary(portal: &mut Portal, from: End, to: End, by: &By) -> Vec<Change> {
    let Some(primary) = kinds::single_primary(from.0, to.0) else { return Vec::new() };
    let others: Vec<u64> = portal
        .associations
        .of(from, to.0, 0)
        .filter(|(id, kinds)| *id != to.1 && kinds.contains(&primary))
        .map(|(id, _)| id)
        .collect();
    let primary = kinds::kept(portal, from.0, to.0, primary);
    others.into_iter().flat_map(|id| take(portal, from, (to.0, id), &primary, by)).collect()
}

fn add(portal: &mut Portal, from: End, to: End, kind: &Known, by: &By) -> Vec<Change> {
    let mut there = portal.associations.kinds(from, to).to_vec();
    if there.contains(&kind.type_id) {
        return Vec::new();
    }
    let mut back = portal.associations.kinds(to, from).to_vec();
    there.push(kind.type_id);
    back.push(kind.inverse);
    portal.associations.set(from, to, &there);
    portal.associations.set(to, from, &back);
    told(from, to, kind, false, by)
}

fn take(portal: &mut Portal, from: End, to: End, kind: &Known, by: &By) -> Vec<Change> {
    let mut there = portal.associations.kinds(from, to).to_vec();
    if !there.contains(&kind.type_id) {
        return Vec::new();
    }
    let mut back = portal.associations.kinds(to, from).to_vec();
    there.retain(|id| *id != kind.type_id);
    back.retain(|id| *id != kind.inverse);
    portal.associations.set(from, to, &there);
    portal.associations.set(to, from, &back);
    told(from, to, kind, true, by)
}

/// From both sides.
fn told(from: End, to: End, kind: &Known, removed: bool, by: &By) -> Vec<Change> {
    let change = |(from_type, from): End, (to_type, to): End, type_id: u64| Change {
        at: by.at,
        source: by.source.clone(),
        what: What::Association {
            from_type,
            from,
            to_type,
            to,
            type_id,
            category: kind.category,
            removed,
            primary: kind.primary,
        },
    };
    vec![change(from, to, kind.type_id), change(to, from, kind.inverse)]
}

/// Takes an association away: these kinds of it, or all. The plain one does not go alone: no label stays without it.
///
/// # Errors
/// When there is no such kind between the two types.
pub(super) fn unlink(
    portal: &mut Portal,
    from: End,
    to: End,
    which: Option<&[Kind]>,
    by: &By,
) -> Result<Vec<Change>, ApiError> {
    let there = || -> Vec<Known> {
        let kinds = portal.associations.kinds(from, to).iter();
        kinds.map(|id| kinds::kept(portal, from.0, to.0, *id)).collect()
    };
    let taken = match which {
        None => there(),
        Some(which) => {
            let meant = which
                .iter()
                .map(|kind| kinds::meant(portal, from.0, to.0, kind))
                .collect::<Result<Vec<_>, _>>()?;
            let plain = kinds::plain(from.0, to.0);
            if meant.iter().any(|kind| kind.type_id == plain) { there() } else { meant }
        }
    };
    Ok(taken.iter().flat_map(|kind| take(portal, from, to, kind, by)).collect())
}

/// A record was merged into `new`: it gets what `primary` had, then what `other` had; surplus primary labels are dropped.
pub(crate) fn merged(
    portal: &mut Portal,
    object_type: TypeId,
    primary: u64,
    other: u64,
    new: u64,
    by: &By,
) -> Vec<Change> {
    let mut moved: Vec<(End, Vec<Known>)> = Vec::new();
    for id in [primary, other] {
        for (partner, kinds) in taken_over(portal, (object_type, id), by) {
            // Its own other half is no partner.
            if partner != (object_type, primary) && partner != (object_type, other) {
                moved.push((partner, kinds));
            }
        }
    }
    let mut changes = Vec::new();
    for (partner, kinds) in moved {
        let end = (object_type, new);
        for kind in kinds {
            let single = kinds::single_primary(object_type, partner.0);
            let has_one =
                |id: u64| portal.associations.of(end, partner.0, 0).any(|(_, kinds)| kinds.contains(&id));
            if single == Some(kind.type_id) && single.is_some_and(has_one) {
                continue;
            }
            changes.extend(add(portal, end, partner, &kind, by));
        }
    }
    if portal.associations.rules.tell_when_merged { changes } else { Vec::new() }
}

/// What a record was associated with; it is no longer.
fn taken_over(portal: &mut Portal, end: End, by: &By) -> Vec<(End, Vec<Known>)> {
    let mut all = Vec::new();
    for to_type in portal.associations.types(end.0) {
        let partners: Vec<(u64, Vec<u64>)> =
            portal.associations.of(end, to_type, 0).map(|(id, kinds)| (id, kinds.to_vec())).collect();
        for (id, ids) in partners {
            let kinds: Vec<Known> =
                ids.iter().map(|kind| kinds::kept(portal, end.0, to_type, *kind)).collect();
            for kind in &kinds {
                take(portal, end, (to_type, id), kind, by);
            }
            all.push(((to_type, id), kinds));
        }
    }
    all
}

/// A record is gone (archived or erased): so are its associations.
pub(crate) fn gone(portal: &mut Portal, end: End, by: &By) -> Vec<Change> {
    let taken = taken_over(portal, end, by);
    if !portal.associations.rules.tell_when_gone {
        return Vec::new();
    }
    let told = |(to, kinds): (End, Vec<Known>)| -> Vec<Change> {
        kinds.iter().flat_map(|kind| told(end, to, kind, true, by)).collect()
    };
    taken.into_iter().flat_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hubspot::objects::store::Record;
    use crate::hubspot::properties::testing::{NOW, by, portal};

    const CONTACT: TypeId = TypeId::CONTACT;
    const COMPANY: TypeId = TypeId::COMPANY;

    /// Contacts 1 to 4 and companies 11 to 13.
    fn peopled() -> Portal {
        let mut portal = portal();
        for (object_type, ids) in [(CONTACT, 1..=4), (COMPANY, 11..=13)] {
            for id in ids {
                portal.objects.of_mut(object_type).insert(id, Record::new(NOW));
            }
        }
        portal
    }

    fn own(type_id: u64) -> Kind {
        Kind { category: "HUBSPOT_DEFINED".to_owned(), type_id }
    }

    /// Type id and whether it was removed, of each change.
    fn seen(changes: &[Change]) -> Vec<(u64, bool, bool)> {
        let seen = changes.iter().filter_map(|change| match change.what {
            What::Association { type_id, removed, primary, .. } => Some((type_id, removed, primary)),
            _ => None,
        });
        seen.collect()
    }

    #[test]
    fn an_association_is_told_from_both_sides_and_only_once() {
        let mut portal = peopled();
        let changes = link(&mut portal, (CONTACT, 1), (COMPANY, 11), &[], &by(NOW)).expect("fits");
        assert_eq!(seen(&changes), [(279, false, false), (280, false, false)]);
        assert!(matches!(changes[1].what, What::Association { from: 11, to: 1, from_type: COMPANY, .. }));
        let again = link(&mut portal, (COMPANY, 11), (CONTACT, 1), &[], &by(NOW)).expect("fits");
        assert_eq!(again, []);
    }

    #[test]
    fn a_primary_association_is_two_events_on_each_side() {
        let mut portal = peopled();
        let changes = link(&mut portal, (CONTACT, 1), (COMPANY, 11), &[own(1)], &by(NOW)).expect("fits");
        assert_eq!(
            seen(&changes),
            [(279, false, false), (280, false, false), (1, false, true), (2, false, true)]
        );
        let other = link(&mut portal, (CONTACT, 1), (COMPANY, 12), &[own(1)], &by(NOW)).expect("fits");
        assert_eq!(seen(&other)[..2], [(1, true, true), (2, true, true)]);
        assert_eq!(portal.associations.kinds((CONTACT, 1), (COMPANY, 11)), [279]);
    }

    #[test]
    fn nothing_changes_when_a_kind_does_not_fit() {
        let mut portal = peopled();
        let refused = link(&mut portal, (CONTACT, 1), (COMPANY, 11), &[own(1), own(4)], &by(NOW));
        assert!(refused.is_err());
        assert!(portal.associations.kinds((CONTACT, 1), (COMPANY, 11)).is_empty());
        let missing = link(&mut portal, (CONTACT, 1), (COMPANY, 99), &[], &by(NOW)).expect_err("not there");
        assert_eq!(missing.status.as_u16(), 404);
        let itself = link(&mut portal, (CONTACT, 1), (CONTACT, 1), &[], &by(NOW)).expect_err("itself");
        assert_eq!(itself.message, "Object 1 cannot be associated to itself (1)");
        // Another type's record of the same number, which is not there, is told the same.
        let number = link(&mut portal, (CONTACT, 1), (COMPANY, 1), &[], &by(NOW)).expect_err("not there");
        assert_eq!(number.message, itself.message);
    }

    #[test]
    fn a_label_goes_alone_but_the_plain_kind_takes_all_with_it() {
        let mut portal = peopled();
        link(&mut portal, (CONTACT, 1), (COMPANY, 11), &[own(1)], &by(NOW)).expect("fits");
        let (from, to) = ((CONTACT, 1), (COMPANY, 11));
        let label = unlink(&mut portal, from, to, Some(&[own(1)]), &by(NOW)).expect("known");
        assert_eq!(seen(&label), [(1, true, true), (2, true, true)]);
        link(&mut portal, from, to, &[own(1)], &by(NOW)).expect("fits");
        unlink(&mut portal, from, to, Some(&[own(279)]), &by(NOW)).expect("known");
        assert!(portal.associations.kinds(from, to).is_empty());
    }

    #[test]
    fn a_merged_record_has_the_primarys_associations_and_drops_surplus_primary_labels() {
        let mut portal = peopled();
        link(&mut portal, (CONTACT, 1), (COMPANY, 11), &[own(1)], &by(NOW)).expect("fits");
        link(&mut portal, (CONTACT, 2), (COMPANY, 12), &[own(1)], &by(NOW)).expect("fits");
        link(&mut portal, (CONTACT, 2), (COMPANY, 11), &[], &by(NOW)).expect("fits");
        link(&mut portal, (CONTACT, 1), (CONTACT, 2), &[], &by(NOW)).expect("fits");
        let changes = merged(&mut portal, CONTACT, 1, 2, 4, &by(NOW));
        assert!(seen(&changes).iter().all(|(_, removed, _)| !removed));
        assert_eq!(portal.associations.kinds((CONTACT, 4), (COMPANY, 11)), [1, 279]);
        assert_eq!(portal.associations.kinds((CONTACT, 4), (COMPANY, 12)), [279]);
        assert_eq!(portal.associations.kinds((COMPANY, 12), (CONTACT, 4)), [280]);
        for old in [1, 2] {
            assert_eq!(portal.associations.of((CONTACT, old), COMPANY, 0).count(), 0);
            assert!(portal.associations.kinds((CONTACT, 4), (CONTACT, old)).is_empty());
        }
    }

    #[test]
    fn companies_that_merge_keep_being_each_contacts_primary_one() {
        let mut portal = peopled();
        for (contact, company) in [(1, 11), (2, 12)] {
            link(&mut portal, (CONTACT, contact), (COMPANY, company), &[own(1)], &by(NOW)).expect("fits");
        }
        merged(&mut portal, COMPANY, 11, 12, 13, &by(NOW));
        assert_eq!(portal.associations.kinds((CONTACT, 1), (COMPANY, 13)), [1, 279]);
        assert_eq!(portal.associations.kinds((CONTACT, 2), (COMPANY, 13)), [1, 279]);
    }

    #[test]
    fn a_record_that_goes_takes_its_associations_with_it_and_a_setting_says_whether_it_is_told() {
        let mut portal = peopled();
        for contact in [1, 2] {
            link(&mut portal, (CONTACT, contact), (COMPANY, 11), &[], &by(NOW)).expect("fits");
        }
        let told = gone(&mut portal, (CONTACT, 1), &by(NOW));
        assert_eq!(seen(&told), [(279, true, false), (280, true, false)]);
        let quiet = super::super::Settings { tell_when_gone: false, ..Default::default() };
        portal.associations.rules = std::sync::Arc::new(quiet);
        assert_eq!(gone(&mut portal, (CONTACT, 2), &by(NOW)), []);
        assert_eq!(portal.associations.of((COMPANY, 11), CONTACT, 0).count(), 0);
    }
}
