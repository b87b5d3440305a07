//! Histories that once failed, as they were shrunk.

use crate::history::{Kind, Op};
use crate::hub::{Lost, Way, World};
use crate::terms::Choice;
use syncline_core::sync::Side::{Left, Right};
use syncline_core::sync::{Deletion, Direction, Policy, Sides, StatusPolicy};

const PLAIN: Choice = Choice {
    policy: Policy::Newest,
    direction: Direction::Both,
    deletions: Sides { left: Deletion::Propagate, right: Deletion::Propagate },
    status: StatusPolicy::Always,
    tells_time: Sides { left: true, right: false },
    unique: false,
};

fn holds(choice: &Choice, ops: &[Op]) {
    let mut world = World::new(choice);
    for op in ops {
        world.happen(*op);
    }
    world.quiet_down();
}

#[test]
fn what_was_just_created_for_one_is_not_linked_to_another_with_the_same_address() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Add { side: Left, person: 0 },
            Op::Type { side: Left, record: 1, field: 6, kind: Kind::Invalid },
            Op::Read { side: Left, record: 1 },
            Op::Arrive { reading: 0, again: false },
            Op::Identify,
            Op::Work { row: 0, way: Way { steps: 2, lost: Lost::Answer, only: None } },
            Op::Add { side: Left, person: 0 },
        ],
    );
}

#[test]
fn what_a_placeholder_stood_for_leaves_a_trace_when_it_is_typed_over() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Type { side: Left, record: 0, field: 6, kind: Kind::Invalid },
            Op::Read { side: Left, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Identify,
            Op::Work { row: 0, way: Way { steps: 3, lost: Lost::No, only: None } },
            Op::Type { side: Right, record: 0, field: 3, kind: Kind::Plain },
        ],
    );
}

#[test]
fn an_error_that_a_lost_creation_left_there_is_cleared() {
    holds(
        &Choice { status: StatusPolicy::Errors, ..PLAIN },
        &[
            Op::Add { side: Left, person: 0 },
            Op::Type { side: Left, record: 0, field: 6, kind: Kind::Invalid },
            Op::Read { side: Left, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Identify,
            Op::Work { row: 0, way: Way { steps: 2, lost: Lost::Answer, only: None } },
            Op::Type { side: Right, record: 0, field: 3, kind: Kind::Plain },
        ],
    );
}

#[test]
fn a_refused_value_that_moved_to_the_front_is_not_lost() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Type { side: Left, record: 0, field: 3, kind: Kind::Invalid },
            Op::Read { side: Left, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Identify,
            Op::Clear { side: Left, record: 0, field: 2 },
            Op::Work { row: 0, way: Way { steps: 3, lost: Lost::No, only: None } },
            Op::Type { side: Left, record: 0, field: 8, kind: Kind::Refused },
            Op::Type { side: Right, record: 0, field: 1, kind: Kind::More },
        ],
    );
}

#[test]
fn what_a_creation_made_is_not_taken_for_a_new_record_before_the_creation_is_looked_for() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Read { side: Left, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Delete { side: Left, record: 0 },
            Op::Identify,
            Op::Work { row: 0, way: Way { steps: 2, lost: Lost::No, only: None } },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Restore { side: Left, record: 0 },
        ],
    );
}

#[test]
fn nobody_is_linked_to_a_record_that_we_deleted_since_it_was_read() {
    holds(
        &Choice { policy: Policy::PreferLeft, ..PLAIN },
        &[
            Op::Add { side: Right, person: 0 },
            Op::Read { side: Right, record: 0 },
            Op::Delete { side: Right, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Add { side: Right, person: 0 },
            Op::Read { side: Right, record: 1 },
            Op::Identify,
            Op::Arrive { reading: 0, again: false },
            Op::Work { row: 0, way: Way { steps: 11, lost: Lost::No, only: None } },
            Op::Identify,
            Op::Work { row: 0, way: Way { steps: 6, lost: Lost::No, only: None } },
        ],
    );
}

#[test]
fn records_that_became_one_on_both_sides_at_once_are_not_deleted() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Add { side: Left, person: 0 },
            Op::Add { side: Left, person: 0 },
            Op::Copy { side: Left, record: 0 },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Merge { side: Left, one: 0, other: 1 },
            Op::Merge { side: Right, one: 1, other: 0 },
            Op::Read { side: Left, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Work { row: 3, way: Way { steps: 7, lost: Lost::No, only: None } },
        ],
    );
}

#[test]
fn what_is_restored_while_our_deletion_is_not_known_to_be_done_is_created_again() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Right, person: 0 },
            Op::Read { side: Right, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Delete { side: Right, record: 0 },
            Op::Identify,
            Op::Work { row: 0, way: Way { steps: 5, lost: Lost::No, only: None } },
            Op::Restore { side: Right, record: 0 },
            Op::Work { row: 0, way: Way { steps: 2, lost: Lost::No, only: None } },
        ],
    );
}

#[test]
fn what_is_there_already_for_another_whose_creation_is_not_settled_is_left_to_that_one() {
    holds(
        &Choice { direction: Direction::RightToLeft, unique: true, ..PLAIN },
        &[
            Op::Add { side: Right, person: 1 },
            Op::Delete { side: Right, record: 0 },
            Op::Add { side: Left, person: 2 },
            Op::Type { side: Left, record: 0, field: 0, kind: Kind::Plain },
            Op::Add { side: Right, person: 1 },
            Op::Restore { side: Right, record: 0 },
            Op::Pass { row: 151, way: Way { steps: 2, lost: Lost::Answer, only: None } },
        ],
    );
}

#[test]
fn what_a_creation_made_is_not_made_again_when_it_became_part_of_another() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Add { side: Left, person: 0 },
            Op::Pass { row: 1, way: Way { steps: 2, lost: Lost::No, only: None } },
            Op::Merge { side: Right, one: 1, other: 0 },
        ],
    );
}

#[test]
fn a_link_that_is_over_goes_over_to_a_merged_record_without_deleting_it() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Right, person: 0 },
            Op::Add { side: Left, person: 1 },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Add { side: Left, person: 0 },
            Op::Add { side: Left, person: 0 },
            Op::Delete { side: Left, record: 1 },
            Op::Pass { row: 30, way: Way { steps: 1, lost: Lost::No, only: None } },
            Op::Restore { side: Left, record: 0 },
            Op::Merge { side: Left, one: 1, other: 2 },
        ],
    );
}

#[test]
fn what_we_deleted_is_not_created_again_because_its_counterpart_is_linked_anew() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Left, person: 0 },
            Op::Add { side: Left, person: 0 },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Merge { side: Left, one: 1, other: 0 },
            Op::Delete { side: Left, record: 0 },
            Op::Pass { row: 0, way: Way { steps: 1, lost: Lost::No, only: None } },
            Op::Identify,
            Op::Work { row: 1, way: Way { steps: 3, lost: Lost::No, only: None } },
        ],
    );
}

#[test]
fn a_link_that_a_merge_ended_is_not_deleted_with_what_the_merge_made() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Right, person: 2 },
            Op::Add { side: Left, person: 0 },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Add { side: Left, person: 0 },
            Op::Clear { side: Right, record: 0, field: 0 },
            Op::Clear { side: Left, record: 0, field: 1 },
            Op::Merge { side: Left, one: 0, other: 1 },
            Op::Delete { side: Right, record: 0 },
            Op::Delete { side: Right, record: 0 },
            Op::Pass { row: 65, way: Way { steps: 1, lost: Lost::No, only: None } },
            Op::Restore { side: Right, record: 1 },
            Op::Pass { row: 0, way: Way { steps: 1, lost: Lost::No, only: None } },
            Op::Restore { side: Right, record: 0 },
        ],
    );
}

#[test]
fn a_copy_that_is_deleted_did_not_become_what_it_was_copied_from() {
    let deletions = Sides { left: Deletion::Archive, right: Deletion::Propagate };
    holds(
        &Choice { deletions, unique: true, ..PLAIN },
        &[
            Op::Add { side: Left, person: 0 },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Delete { side: Left, record: 0 },
            Op::Copy { side: Right, record: 0 },
            Op::Pass { row: 103, way: Way { steps: 1, lost: Lost::No, only: None } },
            Op::Delete { side: Right, record: 1 },
            Op::Work { row: 1, way: Way { steps: 9, lost: Lost::No, only: None } },
            Op::Restore { side: Right, record: 0 },
            Op::Type { side: Right, record: 0, field: 28, kind: Kind::Plain },
            Op::Work { row: 0, way: Way { steps: 1, lost: Lost::No, only: None } },
        ],
    );
}

#[test]
fn a_restored_record_whose_creation_was_merged_into_another_is_created_once() {
    let deletions = Sides { left: Deletion::Archive, right: Deletion::Propagate };
    let at_once = Way { steps: 1, lost: Lost::No, only: None };
    holds(
        &Choice { deletions, ..PLAIN },
        &[
            Op::Add { side: Left, person: 1 },
            Op::Add { side: Left, person: 0 },
            Op::Pass { row: 0, way: Way::WHOLE },
            Op::Add { side: Left, person: 1 },
            Op::Type { side: Left, record: 3, field: 47, kind: Kind::Plain },
            Op::Pass { row: 1, way: at_once },
            Op::Pass { row: 92, way: Way { steps: 7, lost: Lost::Call, only: None } },
            Op::Delete { side: Left, record: 2 },
            Op::Pass { row: 0, way: at_once },
            Op::Restore { side: Left, record: 0 },
            Op::Merge { side: Right, one: 2, other: 3 },
            Op::Pass { row: 0, way: at_once },
            Op::Copy { side: Left, record: 1 },
            Op::Merge { side: Left, one: 1, other: 0 },
        ],
    );
}
