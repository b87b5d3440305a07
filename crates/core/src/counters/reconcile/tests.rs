use super::{Drift, Known, Numbers, Repair, Suspicion, Terms, Verdict, compare};
use crate::counters::definition::Policy;
use crate::counters::push::Property;
use crate::counters::truth::Truth;
use crate::time::Timestamp;
use proptest::prelude::*;
use std::time::Duration;

const LAG: Terms = Terms { lag: Duration::from_secs(10) };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn numbers(truth: i64, counter: i64, property: i64) -> Numbers {
    Numbers {
        truth: Known::Is(truth),
        counter: Some(counter),
        version: 3,
        property: Property::Number(property),
        in_flight: false,
        agreed_at: Some(at(1)),
    }
}

/// What is found when everything stays as it is for longer than the lag.
fn found_twice(numbers: &Numbers) -> Verdict {
    match compare(numbers, None, LAG, at(100)) {
        Verdict::Suspect(seen) => compare(numbers, Some(&seen), LAG, at(110)),
        other => other,
    }
}

fn drift(numbers: &Numbers) -> Drift {
    match found_twice(numbers) {
        Verdict::Drift(drift) => drift,
        other => panic!("{other:?}"),
    }
}

#[test]
fn three_alike_are_equal() {
    assert_eq!(compare(&numbers(8, 8, 8), None, LAG, at(100)), Verdict::Equal);
    let of_itself = Numbers { truth: Known::Counter, ..numbers(0, 8, 8) };
    assert_eq!(compare(&of_itself, None, LAG, at(100)), Verdict::Equal);
}

#[test]
fn drift_in_each_of_the_places_says_which_by_how_much_and_since_when() {
    let property = drift(&numbers(8, 8, 6));
    assert_eq!((property.counter_wrong, property.property_wrong, property.since), (false, true, Some(at(1))));
    assert_eq!(
        (property.counter_off(), property.property_off(), property.size()),
        (Some(0), Some(-2), Some(2))
    );
    assert_eq!(property.repairs(Policy::Repair), [Repair::Push]);
    let counter = drift(&numbers(8, 11, 8));
    assert_eq!(
        (counter.counter_wrong, counter.property_wrong, counter.counter_off()),
        (true, false, Some(3))
    );
    assert_eq!(counter.repairs(Policy::Repair), [Repair::SetCounter(8)]);
    // The truth moved and nobody counted it: to it, both others are wrong.
    let truth = drift(&numbers(9, 8, 8));
    assert_eq!(truth.repairs(Policy::Repair), [Repair::SetCounter(9), Repair::Push]);
    for found in [property, counter, truth] {
        assert_eq!(found.repairs(Policy::Report), []);
    }
}

#[test]
fn what_is_in_flight_is_no_drift() {
    let flying = Numbers { in_flight: true, ..numbers(8, 8, 6) };
    assert_eq!(compare(&flying, None, LAG, at(100)), Verdict::InFlight);
    let flying = Numbers { in_flight: true, ..numbers(8, 8, 8) };
    assert_eq!(compare(&flying, None, LAG, at(100)), Verdict::Equal);
    // That excuses the property, and nothing else.
    let wrong = drift(&Numbers { in_flight: true, ..numbers(9, 8, 8) });
    assert_eq!(wrong.repairs(Policy::Repair), [Repair::SetCounter(9), Repair::Push]);
}

#[test]
fn a_counter_is_wrong_when_it_was_found_so_twice_without_having_moved() {
    let wrong = numbers(9, 8, 8);
    let Verdict::Suspect(first) = compare(&wrong, None, LAG, at(100)) else { panic!("found at once") };
    assert_eq!(compare(&wrong, Some(&first), LAG, at(109)), Verdict::Suspect(first.clone()));
    assert!(matches!(compare(&wrong, Some(&first), LAG, at(110)), Verdict::Drift(_)));
    for moved in [Numbers { version: 4, ..wrong.clone() }, numbers(10, 8, 8), numbers(9, 7, 8)] {
        let again = compare(&moved, Some(&first), LAG, at(110));
        assert!(matches!(&again, Verdict::Suspect(seen) if seen.at == at(110)), "{again:?}");
    }
    assert_eq!(compare(&numbers(9, 9, 9), Some(&first), LAG, at(110)), Verdict::Equal);
}

#[test]
fn a_vanished_key_is_drift_and_never_zero() {
    let gone = Numbers { counter: None, ..numbers(8, 0, 8) };
    let found = drift(&gone);
    assert_eq!((found.counter, found.counter_wrong, found.property_wrong), (None, true, false));
    assert_eq!(found.repairs(Policy::Repair), [Repair::SetCounter(8)]);
    // Where nothing else knows the number, nothing is made up.
    let found = drift(&Numbers { truth: Known::Counter, ..gone });
    assert_eq!((found.truth, found.property_wrong, found.size()), (None, false, None));
    assert_eq!(found.repairs(Policy::Repair), []);
}

#[test]
fn a_source_that_did_not_answer_is_not_repaired_from() {
    for numbers in [numbers(0, 8, 8), numbers(0, 8, 6), Numbers { counter: None, ..numbers(0, 8, 6) }] {
        let numbers = Numbers { truth: Known::Missing("the database is away".to_owned()), ..numbers };
        assert_eq!(found_twice(&numbers), Verdict::NoTruth("the database is away".to_owned()));
    }
}

#[test]
fn an_empty_property_is_not_zero_and_a_record_that_is_gone_is_not_pushed_to() {
    for (property, repairs) in [
        (Property::Empty, vec![Repair::Push]),
        (Property::Other("8.5".to_owned()), vec![Repair::Push]),
        (Property::NoRecord, Vec::new()),
    ] {
        let found = drift(&Numbers { property, ..numbers(0, 0, 0) });
        assert_eq!((found.property_wrong, found.property_off()), (true, None));
        assert_eq!(found.repairs(Policy::Repair), repairs);
    }
}

#[test]
fn the_lag_is_that_of_the_source() {
    assert_eq!(Terms::of(&Truth::Counter).lag, Duration::ZERO);
    let search = Truth::Search { object_type: "contacts".to_owned(), filter_groups: serde_json::json!([]) };
    assert_eq!(Terms::of(&search).lag, Duration::from_secs(300));
}

/// An application that tells the truth's source first and the counter within the lag, some of whose counts were lost before.
#[derive(Debug, Default)]
struct Application {
    now: i64,
    truth: i64,
    counter: i64,
    version: i64,
    /// Told to the source, not yet to the counter: when it will be.
    on_the_way: Vec<i64>,
}

impl Application {
    fn advance(&mut self, seconds: i64) {
        self.now += seconds;
        let due = self.on_the_way.iter().filter(|at| **at <= self.now).count();
        self.on_the_way.retain(|at| *at > self.now);
        for _ in 0..due {
            (self.counter, self.version) = (self.counter + 1, self.version + 1);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Count {
        takes: i64,
    },
    Wait {
        seconds: i64,
    },
    Compare,
    /// Reads, and carries the repair out only this much later.
    CompareSlowly {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..10i64).prop_map(|takes| Step::Count { takes }),
        3 => (1..15i64).prop_map(|seconds| Step::Wait { seconds }),
        2 => Just(Step::Compare),
        1 => (0..12i64).prop_map(|seconds| Step::CompareSlowly { seconds }),
    ]
}

proptest! {
    /// Reconciling at any time repairs what was lost, and never counts anything twice.
    #[test]
    fn counting_and_reconciling_side_by_side_ends_with_the_truth(
        steps in prop::collection::vec(step(), 0..60), lost in -3..3i64,
    ) {
        let mut app = Application { truth: 10, counter: 10 - lost, ..Application::default() };
        let mut suspicion: Option<Suspicion> = None;
        let quiet = [Step::Wait { seconds: 20 }, Step::Compare, Step::Wait { seconds: 10 }, Step::Compare];
        for step in steps.into_iter().chain(quiet) {
            let slowly = match step {
                Step::Count { takes } => {
                    app.truth += 1;
                    app.on_the_way.push(app.now + takes);
                    app.advance(0);
                    continue;
                }
                Step::Wait { seconds } => {
                    app.advance(seconds);
                    continue;
                }
                Step::Compare => 0,
                Step::CompareSlowly { seconds } => seconds,
            };
            let read = Numbers { version: app.version, ..numbers(app.truth, app.counter, app.counter) };
            let verdict = compare(&read, suspicion.as_ref(), LAG, at(app.now));
            app.advance(slowly);
            suspicion = match verdict {
                Verdict::Suspect(seen) => Some(seen),
                Verdict::Drift(drift) => {
                    for repair in drift.repairs(Policy::Repair) {
                        // Unless it moved since it was read.
                        if let Repair::SetCounter(to) = repair && app.version == read.version {
                            (app.counter, app.version) = (to, app.version + 1);
                        }
                    }
                    None
                }
                _ => None,
            };
        }
        prop_assert!(app.on_the_way.is_empty());
        prop_assert_eq!(app.counter, app.truth);
    }
}
