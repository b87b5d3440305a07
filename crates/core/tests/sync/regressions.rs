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
fn merged() {
    holds(
        &PLAIN,
        &[
            Op::Add { side: Right, person: 0 },
            Op::Read { side: Right, record: 0 },
            Op::Arrive { reading: 0, again: false },
            Op::Identify,
            Op::Add { side: Right, person: 0 },
            Op::Type { side: Right, record: 0, field: 1, kind: Kind::Invalid },
            Op::Work { row: 0, steps: 9, lost: Lost::No },
            Op::Merge { side: Right, one: 1, other: 2 },
        ],
    );
}
