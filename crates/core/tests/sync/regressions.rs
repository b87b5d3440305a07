//! Histories that once failed, as they were shrunk.

use crate::history::{Kind, Op};
use crate::hub::{Lost, World};
use crate::terms::Choice;
use syncline_core::sync::Side::{Left, Right};
use syncline_core::sync::{Deletion, Direction, Policy, Sides, StatusPolicy};

const PLAIN: Choice = Choice {
    policy: Policy::Newest,
    direction: Direction::Both,
    deletions: Sides { left: Deletion::Propagate, right: Deletion::Propagate },
    status: StatusPolicy::Always,
    tells_time: Sides { left: true, right: false },
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
            Op::Work { row: 0, steps: 2, lost: Lost::Answer },
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
            Op::Work { row: 0, steps: 3, lost: Lost::No },
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
            Op::Work { row: 0, steps: 2, lost: Lost::Answer },
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
            Op::Work { row: 0, steps: 3, lost: Lost::No },
            Op::Type { side: Left, record: 0, field: 8, kind: Kind::Refused },
            Op::Type { side: Right, record: 0, field: 1, kind: Kind::More },
        ],
    );
}
