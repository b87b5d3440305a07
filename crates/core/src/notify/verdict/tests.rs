use super::{Decision, Disabled, End, LEAST_FAILURES, RETRY_AFTER, Streak, Terms, Verdict, decide};
use crate::notify::answer::Answer;
use crate::notify::schedule::Schedule;
use crate::time::{Clock as _, ManualClock, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::time::Duration;

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const PATIENCE: Duration = Duration::from_secs(5 * 24 * 3_600);

fn status(status: u16) -> Answer {
    Answer::Status { status, not_before: None }
}

fn asking(status: u16, wait: Duration) -> Answer {
    Answer::Status { status, not_before: Some(START.plus(wait)) }
}

fn at_start(schedule: &Schedule, attempts: u32, answer: &Answer) -> Decision {
    let terms = Terms { schedule, disable_after: Some(PATIENCE) };
    decide(terms, attempts, None, answer, START, &mut StdRng::seed_from_u64(1))
}

/// The schedule as it really goes: a clock that is moved to every attempt, and a receiver that is always broken.
#[test]
fn the_whole_schedule_is_gone_through_and_then_given_up() {
    let schedule = Schedule::default();
    let terms = Terms { schedule: &schedule, disable_after: None };
    for seed in 0..50 {
        let mut rng = StdRng::seed_from_u64(seed);
        let clock = ManualClock::at(START);
        let (mut streak, mut waits) = (None, Vec::new());
        for attempt in 1.. {
            let decision = decide(terms, attempt, streak, &status(500), clock.now(), &mut rng);
            streak = decision.streak;
            match decision.verdict {
                Verdict::Retry(at) => {
                    waits.push(at.since(clock.now()));
                    clock.advance(at.since(clock.now()));
                }
                Verdict::Failed(end) => {
                    assert_eq!((attempt, end), (10, End::Exhausted));
                    break;
                }
                Verdict::Delivered => panic!("nothing was delivered"),
            }
        }
        let least = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map(Duration::from_secs);
        assert_eq!(waits.len(), least.len());
        for (wait, least) in waits.iter().zip(least) {
            assert!(*wait >= least && *wait <= least.mul_f64(1.1), "{wait:?} for {least:?}");
        }
        assert_eq!(streak, Some(Streak { since: START, last: clock.now(), failures: 10 }));
        assert!(clock.now().since(START) > DAY);
    }
}

#[test]
fn every_status_means_what_it_should() {
    let schedule = Schedule::default();
    for code in 100..600 {
        let Decision { verdict, streak, slow_down, disable } = at_start(&schedule, 1, &status(code));
        match code {
            200..300 => assert_eq!((verdict, streak), (Verdict::Delivered, None), "{code}"),
            410 => assert_eq!(verdict, Verdict::Failed(End::Gone)),
            _ => assert!(matches!(verdict, Verdict::Retry(_)), "{code}: {verdict:?}"),
        }
        assert_eq!(streak.is_some(), !(200..300).contains(&code), "{code}");
        assert_eq!(slow_down, [429, 503].contains(&code).then_some(None), "{code}");
        assert_eq!(disable, (code == 410).then_some(Disabled::Gone), "{code}");
    }
    for answer in [Answer::TimedOut, Answer::Failed] {
        let decision = at_start(&schedule, 1, &answer);
        assert!(matches!(decision.verdict, Verdict::Retry(_)));
        assert_eq!((decision.slow_down, decision.disable), (None, None));
    }
}

#[test]
fn what_a_receiver_asks_for_is_a_lower_bound_that_nothing_undercuts() {
    let schedule = Schedule::default();
    let hour = Duration::from_secs(3_600);
    for code in [429, 503, 500, 404, 301] {
        for seed in 0..200 {
            let terms = Terms { schedule: &schedule, disable_after: None };
            let mut rng = StdRng::seed_from_u64(seed);
            let decision = decide(terms, 1, None, &asking(code, hour), START, &mut rng);
            let Verdict::Retry(at) = decision.verdict else { panic!("{decision:?}") };
            assert!(at >= START.plus(hour) && at <= START.plus(hour + Duration::from_millis(500)));
            let all = [429, 503].contains(&code).then_some(Some(START.plus(hour)));
            assert_eq!(decision.slow_down, all);
        }
    }
    // Nor is the schedule's own wait, when less is asked for.
    let decision = at_start(&schedule, 2, &asking(429, Duration::from_secs(1)));
    assert!(matches!(decision.verdict, Verdict::Retry(at) if at >= START.plus(Duration::from_secs(300))));
}

#[test]
fn who_asks_to_be_left_alone_for_too_long_is_for_as_long_as_the_schedule_waits_at_most() {
    let short = Schedule::new(vec![Duration::from_secs(5); 3], 0).unwrap();
    for (schedule, most) in [(Schedule::default(), DAY), (short, RETRY_AFTER)] {
        for asked in
            [most, most + Duration::from_secs(1), 99_999_999 * Duration::from_secs(1), 57 * 365 * DAY]
        {
            let decision = at_start(&schedule, 1, &asking(429, asked));
            let Verdict::Retry(at) = decision.verdict else { panic!("{asked:?}: {decision:?}") };
            assert!(at >= START.plus(most) && at <= START.plus(most + Duration::from_secs(1)), "{asked:?}");
            assert_eq!(decision.slow_down, Some(Some(START.plus(most))), "{asked:?}");
        }
    }
}

#[test]
fn a_schedule_without_waits_ends_with_the_first_attempt() {
    let schedule = Schedule::new(Vec::new(), 0).unwrap();
    assert_eq!(at_start(&schedule, 1, &status(500)).verdict, Verdict::Failed(End::Exhausted));
    assert_eq!(at_start(&schedule, 1, &status(204)).verdict, Verdict::Delivered);
}

/// Failures at these hours after the start; when the endpoint is disabled, if it is.
fn disabled_at(patience: Option<Duration>, hours: &[u64], success: Option<u64>) -> Option<u64> {
    let schedule = Schedule::default();
    let terms = Terms { schedule: &schedule, disable_after: patience };
    let mut streak = None;
    for hour in hours {
        let answer = if Some(*hour) == success { status(200) } else { Answer::TimedOut };
        let now = START.plus(Duration::from_secs(hour * 3_600));
        let decision = decide(terms, 1, streak, &answer, now, &mut StdRng::seed_from_u64(1));
        streak = decision.streak;
        if let Some(why) = decision.disable {
            let first = hours.iter().find(|hour| success.is_none_or(|success| **hour > success)).unwrap();
            assert_eq!(why, Disabled::Failing(START.plus(Duration::from_secs(first * 3_600))));
            return Some(*hour);
        }
    }
    None
}

#[test]
fn days_of_nothing_but_failure_disable_an_endpoint() {
    let daily: Vec<u64> = (0..20).map(|day| day * 24).collect();
    assert_eq!(disabled_at(Some(PATIENCE), &daily, None), Some(120));
    assert_eq!(disabled_at(None, &daily, None), None);
    // With a success on the third day, the streak that counts begins on the fourth.
    assert_eq!(disabled_at(Some(PATIENCE), &daily, Some(72)), Some(96 + 120));
}

#[test]
fn few_failures_or_failures_far_apart_disable_nothing() {
    // Four failures are too few, however long.
    assert_eq!(disabled_at(Some(PATIENCE), &[0, 40, 80, 125], None), None);
    assert_eq!(disabled_at(Some(PATIENCE), &[0, 30, 60, 90, 120], None), Some(120));
    // More than half of five days between two of them: the second begins a new streak.
    assert_eq!(disabled_at(Some(PATIENCE), &[0, 61, 61, 61, 61, 121], None), None);
}

#[test]
fn a_wait_of_the_schedule_is_no_silence_that_begins_a_streak_anew() {
    let three_days = Schedule::new(vec![3 * DAY; 9], 100).unwrap();
    let terms = Terms { schedule: &three_days, disable_after: Some(PATIENCE) };
    let (mut rng, mut streak, mut now) = (StdRng::seed_from_u64(1), None, START);
    for attempt in 1..=LEAST_FAILURES {
        let decision = decide(terms, attempt, streak, &Answer::TimedOut, now, &mut rng);
        assert_eq!(decision.disable.is_some(), attempt == LEAST_FAILURES, "{attempt}: {decision:?}");
        let Verdict::Retry(at) = decision.verdict else { panic!("{decision:?}") };
        (streak, now) = (decision.streak, at);
    }
}

#[test]
fn why_an_endpoint_was_disabled_is_said_in_words() {
    assert_eq!(Disabled::Gone.to_string(), "it answered 410 Gone");
    let failing = Disabled::Failing(START).to_string();
    assert_eq!(failing, "every delivery has failed since 2026-01-01T00:00:00.000Z");
}

proptest! {
    #[test]
    fn whatever_happens_the_parts_of_a_decision_fit_together(
        attempts in 1u32..15, code in prop::option::of(100u16..600), wait in prop::option::of(0u64..2_000_000),
        since in prop::option::of(0u64..1_000_000), failures in 1u32..50, seed: u64,
    ) {
        let schedule = Schedule::default();
        let terms = Terms { schedule: &schedule, disable_after: Some(PATIENCE) };
        let not_before = wait.map(|seconds| START.plus(Duration::from_secs(seconds)));
        let answer = code.map_or(Answer::Failed, |status| Answer::Status { status, not_before });
        let streak = since.map(|seconds| {
            let since = START.minus(Duration::from_secs(seconds));
            Streak { since, last: since, failures }
        });
        let decision = decide(terms, attempts, streak, &answer, START, &mut StdRng::seed_from_u64(seed));
        prop_assert_eq!(decision.streak.is_none(), decision.verdict == Verdict::Delivered);
        prop_assert_eq!(decision.disable == Some(Disabled::Gone), decision.verdict == Verdict::Failed(End::Gone));
        if let Some(Disabled::Failing(since)) = decision.disable {
            prop_assert!(START.since(since) >= PATIENCE);
            prop_assert!(decision.streak.is_some_and(|streak| streak.failures >= LEAST_FAILURES));
        }
        if let Verdict::Retry(at) = decision.verdict {
            let asked = not_before.filter(|_| code.is_some()).map(|asked| asked.min(START.plus(DAY)));
            prop_assert!(at > START && asked.is_none_or(|asked| at >= asked));
        }
        if let Some(Some(until)) = decision.slow_down {
            prop_assert!(until <= START.plus(DAY));
        }
    }
}
