//! Two-way sync over random histories: edits on both sides, deletions, restores, merges, readings that lag, come twice or in another
//! order, lost answers, refused values, and a hub that stops between any two steps.
//!
//! `SYNCLINE_TEST_HISTORIES` says how many; a few seconds' worth when it is not given.

mod claims;
mod history;
mod hub;
mod provider;
mod regressions;
mod terms;

use history::{choice, ops};
use hub::World;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

const HISTORIES: u32 = 2_000;

#[test]
fn once_quiet_both_sides_agree_or_say_why_and_nothing_typed_is_lost() {
    let histories = std::env::var("SYNCLINE_TEST_HISTORIES").ok().and_then(|number| number.parse().ok());
    let config = Config {
        cases: histories.unwrap_or(HISTORIES),
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&(choice(), ops()), |(choice, ops)| {
        let mut world = World::new(&choice);
        for op in ops {
            world.happen(op);
        }
        world.quiet_down();
        Ok::<(), TestCaseError>(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
