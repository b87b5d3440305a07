//! Taking back what a batch did before one of its inputs was refused: all or nothing (HubSpot facts 3.3).

use super::super::associations;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::record::Record;
use super::write::By;

/// One thing done.
#[derive(Debug)]
pub(super) enum Step {
    /// This record was made.
    Created(u64),
    /// This record was as it says.
    Changed(u64, Box<Record>),
}

/// Takes everything back, the last thing first. Nobody was told of any of it.
pub(super) fn all(portal: &mut Portal, object_type: TypeId, steps: Vec<Step>, by: &By) {
    for step in steps.into_iter().rev() {
        match step {
            Step::Created(id) => created(portal, object_type, id, by),
            Step::Changed(id, record) => portal.objects.of_mut(object_type).insert(id, *record),
        }
    }
}

/// Takes a record away that was only just made.
pub(super) fn created(portal: &mut Portal, object_type: TypeId, id: u64, by: &By) {
    // What associations say about their end concerns nobody: nobody knows of their beginning.
    let _ = associations::gone(portal, (object_type, id), by);
    portal.objects.of_mut(object_type).remove(id);
}
