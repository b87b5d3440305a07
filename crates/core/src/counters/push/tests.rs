use super::{Answer, Begin, LOOKS, Next, Parked, Property, Push, Seen, Stage, Terms, Told, Way};
use crate::schedule::RetryPolicy;
use crate::time::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::time::Duration;

mod world;

pub(super) fn terms(first: Way, second: Option<Way>) -> Terms {
    let seconds = Duration::from_secs;
    let retries = RetryPolicy { base: seconds(2), factor: 2, cap: seconds(60), max_attempts: 3 };
    Terms { first, second, window: seconds(1), settle: seconds(64), retries, rounds: 3 }
}

fn trigger() -> Terms {
    terms(Way::Trigger, None)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn dice() -> StdRng {
    StdRng::seed_from_u64(7)
}

fn seen(property: Property, seconds: i64) -> Seen {
    Seen { property, at: at(seconds) }
}

fn number(number: i64, seconds: i64) -> Seen {
    seen(Property::Number(number), seconds)
}

/// A push whose property is known to show something else, and whose call of 8 went out at 10.
fn sent(terms: &Terms) -> Push {
    let mut push = Push::new(terms, at(9));
    push.seen = Some(number(7, 0));
    assert_eq!(push.begin(8, terms, at(10)), Begin::Send(8, terms.first));
    push
}

fn answered(terms: &Terms, answer: Answer) -> (Push, Next) {
    let mut push = sent(terms);
    let next = push.answered(8, answer, terms, at(11), &mut dice());
    (push, next)
}

fn stage(push: &Push) -> (Stage, i64) {
    (push.stage, push.due.as_millis() / 1_000)
}

#[test]
fn changes_are_gathered_from_the_first_of_them() {
    let mut push = Push::new(&trigger(), at(10));
    assert_eq!(stage(&push), (Stage::Trigger, 11));
    push.changed(&trigger(), at(11));
    assert_eq!(stage(&push), (Stage::Trigger, 11));
}

#[test]
fn accepted_is_not_done_until_the_property_shows_it() {
    let (mut push, next) = answered(&trigger(), Answer::Accepted);
    assert_eq!((next, stage(&push)), (Next::On, (Stage::Look, 13)));
    let next = push.looked(8, &number(7, 13), &trigger(), at(13), &mut dice());
    assert_eq!((next, stage(&push)), (Next::On, (Stage::Look, 15)));
    let next = push.looked(8, &number(8, 15), &trigger(), at(15), &mut dice());
    assert_eq!((next, stage(&push)), (Next::Shown(8), (Stage::Quiet, 15)));
    assert!(!push.is_in_flight(&trigger(), at(15)));
    assert_eq!(push.begin(8, &trigger(), at(99)), Begin::Nothing);
}

#[test]
fn looks_come_ever_later_until_the_call_is_over() {
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    let mut looks = Vec::new();
    while push.stage == Stage::Look {
        looks.push(push.due.as_millis() / 1_000 - 11);
        let (look, now) = (Seen { property: Property::Number(7), at: push.due }, push.due);
        push.looked(8, &look, &trigger(), now, &mut dice());
    }
    assert_eq!(looks, [2, 4, 8, 16, 32, 64]);
    assert_eq!((looks.len(), push.stage, push.rounds), (LOOKS as usize, Stage::Trigger, 1));
}

#[test]
fn a_newer_value_waits_until_the_older_one_is_seen_or_over() {
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    push.changed(&trigger(), at(12));
    assert_eq!(stage(&push), (Stage::Look, 13));
    assert_eq!(push.looked(9, &number(8, 13), &trigger(), at(14), &mut dice()), Next::Shown(8));
    assert_eq!(stage(&push), (Stage::Trigger, 14));
    assert_eq!(push.begin(9, &trigger(), at(14)), Begin::Send(9, Way::Trigger));
    // Nothing seen: what was sent at 14 is over at 15 + 64.
    push.answered(9, Answer::Lost, &trigger(), at(15), &mut dice());
    push.looked(10, &number(8, 17), &trigger(), at(17), &mut dice());
    assert_eq!(push.stage, Stage::Look);
    push.looked(10, &number(8, 79), &trigger(), at(79), &mut dice());
    assert_eq!(push.stage, Stage::Trigger);
    assert_eq!(push.begin(10, &trigger(), push.due), Begin::Send(10, Way::Trigger));
}

#[test]
fn a_value_that_may_have_been_there_before_proves_nothing() {
    let mut push = Push::new(&trigger(), at(9));
    assert_eq!(push.begin(8, &trigger(), at(10)), Begin::Send(8, Way::Trigger));
    push.answered(8, Answer::Accepted, &trigger(), at(11), &mut dice());
    assert_eq!(push.looked(9, &number(8, 13), &trigger(), at(13), &mut dice()), Next::Shown(8));
    // The call itself may still come, so what is newer waits until it cannot.
    assert_eq!(stage(&push), (Stage::Trigger, 75));
    assert_eq!(push.begin(9, &trigger(), at(20)), Begin::Nothing);
    assert_eq!(push.begin(9, &trigger(), at(75)), Begin::Send(9, Way::Trigger));
}

#[test]
fn a_lost_answer_is_looked_for_and_the_same_value_sent_again() {
    let (mut push, _) = answered(&trigger(), Answer::Lost);
    assert_eq!(stage(&push), (Stage::Look, 13));
    push.looked(8, &number(7, 13), &trigger(), at(13), &mut dice());
    assert_eq!(push.stage, Stage::Trigger);
    assert_eq!(push.begin(8, &trigger(), at(20)), Begin::Send(8, Way::Trigger));
    push.answered(8, Answer::Accepted, &trigger(), at(21), &mut dice());
    // One of the two was seen; the other may still come.
    assert_eq!(push.looked(8, &number(8, 23), &trigger(), at(23), &mut dice()), Next::Shown(8));
    assert_eq!(stage(&push), (Stage::Quiet, 85));
    assert!(push.is_in_flight(&trigger(), at(84)) && !push.is_in_flight(&trigger(), at(85)));
    push.changed(&trigger(), at(30));
    assert_eq!(stage(&push), (Stage::Trigger, 85));
}

#[test]
fn what_was_turned_away_leaves_the_earlier_sending_as_it_was() {
    let (mut push, _) = answered(&trigger(), Answer::Lost);
    push.looked(8, &number(7, 13), &trigger(), at(13), &mut dice());
    assert_eq!(push.begin(8, &trigger(), at(20)), Begin::Send(8, Way::Trigger));
    push.answered(8, Answer::NotTaken(None), &trigger(), at(21), &mut dice());
    assert_eq!(push.begin(9, &trigger(), at(30)), Begin::Nothing);
    assert_eq!(stage(&push), (Stage::Trigger, 75));
    assert_eq!(push.begin(9, &trigger(), at(75)), Begin::Send(9, Way::Trigger));
}

#[test]
fn a_sender_that_died_may_have_sent_it() {
    let mut push = sent(&trigger());
    assert_eq!(push.begin(9, &trigger(), at(40)), Begin::Nothing);
    assert_eq!(stage(&push), (Stage::Look, 42));
    assert_eq!(push.looked(9, &number(8, 42), &trigger(), at(42), &mut dice()), Next::Shown(8));
    assert_eq!(stage(&push), (Stage::Trigger, 42));
}

#[test]
fn who_asks_for_time_is_given_it_and_a_newer_value_may_be_sent_then() {
    let (push, _) = answered(&trigger(), Answer::NotTaken(Some(at(60))));
    assert_eq!(stage(&push), (Stage::Trigger, 60));
    let (mut push, _) = answered(&trigger(), Answer::NotTaken(None));
    assert!((12..=13).contains(&stage(&push).1), "{push:?}");
    assert_eq!(push.begin(9, &trigger(), at(14)), Begin::Send(9, Way::Trigger));
    // However often that happens, it goes on.
    for _ in 0..50 {
        push.answered(9, Answer::NotTaken(None), &trigger(), at(15), &mut dice());
        assert!(push.due > at(15) && push.due <= at(75));
        assert_eq!(push.begin(9, &trigger(), at(16)), Begin::Send(9, Way::Trigger));
    }
}

#[test]
fn who_asks_for_a_day_is_given_the_longest_wait() {
    let tomorrow = Some(at(86_400));
    let (push, _) = answered(&trigger(), Answer::NotTaken(tomorrow));
    assert_eq!(stage(&push), (Stage::Trigger, 11 + 60));
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    push.look_failed(tomorrow, &trigger(), at(13), &mut dice());
    assert_eq!(stage(&push), (Stage::Look, 13 + 60));
}

#[test]
fn what_there_was_no_room_for_was_not_sent_and_has_not_failed() {
    let mut push = sent(&trigger());
    assert_eq!(push.told(8, Told::Unsent(at(12)), &trigger(), at(10), &mut dice()), Next::On);
    assert_eq!((stage(&push), push.failures, push.call.clone()), ((Stage::Trigger, 12), 0, None));
    assert_eq!(push.begin(9, &trigger(), at(12)), Begin::Send(9, Way::Trigger));
}

#[test]
fn what_never_shows_is_sent_again_and_then_a_matter_for_a_person() {
    let (mut push, mut now) = (sent(&trigger()), at(11));
    for round in 1..=3 {
        push.answered(8, Answer::Accepted, &trigger(), now, &mut dice());
        now = now.plus(Duration::from_secs(64));
        let look = Seen { property: Property::Number(7), at: now };
        let next = push.looked(8, &look, &trigger(), now, &mut dice());
        assert_eq!((next == Next::Parked, push.rounds), (round == 3, round));
        if round < 3 {
            now = push.due;
            assert_eq!(push.begin(8, &trigger(), now), Begin::Send(8, Way::Trigger));
        }
    }
    assert_eq!((push.stage, push.parked.clone()), (Stage::Parked, Some(Parked::NeverShown)));
    push.changed(&trigger(), at(999));
    assert_eq!(push.stage, Stage::Parked);
    push.nudge(Some(number(7, 999)), &trigger(), at(1_000));
    assert_eq!((stage(&push), push.rounds, push.parked), ((Stage::Trigger, 1_000), 0, None));
}

#[test]
fn with_a_second_way_it_is_written_instead() {
    let both = terms(Way::Trigger, Some(Way::Write));
    let (mut push, _) = answered(&both, Answer::Accepted);
    push.looked(8, &number(7, 75), &both, at(75), &mut dice());
    assert_eq!(stage(&push), (Stage::Write, 75));
    assert_eq!(push.begin(9, &both, at(76)), Begin::Send(9, Way::Write));
    assert_eq!(push.answered(9, Answer::Written, &both, at(77), &mut dice()), Next::Shown(9));
    assert_eq!((stage(&push), push.rounds), ((Stage::Quiet, 77), 0));
    // The next one tries the trigger first again.
    push.changed(&both, at(80));
    assert_eq!(stage(&push), (Stage::Trigger, 81));
    for answer in [Answer::Refused("no".to_owned()), Answer::Unusable(404)] {
        let (push, next) = answered(&both, answer.clone());
        assert_eq!(stage(&push), (Stage::Write, 11));
        assert_eq!(matches!(next, Next::Attention(_)), answer == Answer::Unusable(404));
    }
}

#[test]
fn a_write_is_done_when_it_is_answered() {
    let write = terms(Way::Write, None);
    let (push, next) = answered(&write, Answer::Written);
    assert_eq!((next, stage(&push)), (Next::Shown(8), (Stage::Quiet, 11)));
    // One without an answer may still come after the one that was answered.
    let (mut push, _) = answered(&write, Answer::Lost);
    push.looked(8, &number(7, 13), &write, at(13), &mut dice());
    assert_eq!(push.begin(8, &write, at(20)), Begin::Send(8, Way::Write));
    assert_eq!(push.answered(9, Answer::Written, &write, at(21), &mut dice()), Next::Shown(8));
    assert_eq!(stage(&push), (Stage::Write, 75));
    assert_eq!(push.begin(9, &write, at(30)), Begin::Nothing);
}

#[test]
fn a_record_that_is_not_there_is_a_matter_for_a_person() {
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    assert_eq!(push.looked(8, &seen(Property::NoRecord, 13), &trigger(), at(13), &mut dice()), Next::Parked);
    assert_eq!(push.parked, Some(Parked::NoRecord));
    // It is there now: what was sent to the one before may still come.
    push.nudge(Some(seen(Property::Empty, 20)), &trigger(), at(20));
    assert_eq!(stage(&push), (Stage::Trigger, 75));
    for (answer, why) in [
        (Answer::NoRecord, Parked::NoRecord),
        (Answer::Refused("x".to_owned()), Parked::Refused("x".to_owned())),
    ] {
        let (push, next) = answered(&terms(Way::Write, None), answer);
        assert_eq!((next, push.parked), (Next::Parked, Some(why)));
    }
}

#[test]
fn a_deleted_trigger_is_told_of_and_the_value_kept() {
    let (mut push, next) = answered(&trigger(), Answer::Unusable(404));
    assert!(matches!(next, Next::Attention(why) if why.contains("deleted")));
    assert_eq!((push.stage, push.call.clone()), (Stage::Trigger, None));
    assert_eq!(push.begin(9, &trigger(), at(90)), Begin::Send(9, Way::Trigger));
}

#[test]
fn a_reading_that_failed_is_repeated_and_one_that_is_too_old_says_nothing() {
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    push.look_failed(Some(at(70)), &trigger(), at(13), &mut dice());
    assert_eq!(stage(&push), (Stage::Look, 70));
    push.looked(8, &number(8, 9), &trigger(), at(20), &mut dice());
    assert_eq!((push.stage, push.seen.clone()), (Stage::Look, Some(number(8, 9))));
    assert_eq!(push.looked(8, &number(8, 100), &trigger(), at(100), &mut dice()), Next::Shown(8));
}

#[test]
fn a_value_that_went_and_came_back_is_not_sent() {
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    push.looked(8, &number(8, 13), &trigger(), at(13), &mut dice());
    push.changed(&trigger(), at(20));
    push.changed(&trigger(), at(20));
    assert_eq!(push.begin(8, &trigger(), at(21)), Begin::Nothing);
    assert_eq!(stage(&push), (Stage::Quiet, 21));
    // Unless somebody has seen that the property shows something else by now.
    push.nudge(Some(number(3, 30)), &trigger(), at(30));
    assert_eq!(push.begin(8, &trigger(), at(30)), Begin::Send(8, Way::Trigger));
}

#[test]
fn a_reading_that_is_older_than_what_is_known_teaches_nothing() {
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    assert_eq!(push.looked(8, &number(8, 13), &trigger(), at(13), &mut dice()), Next::Shown(8));
    // Somebody read 7 before, found that it should be that, and says so only now.
    push.nudge(Some(number(7, 12)), &trigger(), at(20));
    assert_eq!(push.seen, Some(number(8, 13)));
    assert_eq!(push.begin(7, &trigger(), at(21)), Begin::Send(7, Way::Trigger));
    // Of two readings of one moment nobody knows which came last.
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    push.looked(8, &number(8, 13), &trigger(), at(13), &mut dice());
    push.nudge(Some(number(7, 13)), &trigger(), at(20));
    assert_eq!(push.seen, None);
}

#[test]
fn what_goes_elsewhere_is_sent_there_whatever_was_seen_and_another_value_waits_for_what_is_under_way() {
    // Sent to the old place under a lease that ends at 40, and not answered yet.
    let mut push = sent(&trigger());
    push.redirect(Some(at(40)), &trigger(), at(12));
    assert_eq!((stage(&push), push.seen.clone()), ((Stage::Trigger, 12), None));
    let mut other = push.clone();
    assert_eq!(other.begin(9, &trigger(), at(12)), Begin::Nothing);
    assert_eq!(stage(&other), (Stage::Trigger, 40 + 64));
    assert_eq!(push.begin(8, &trigger(), at(12)), Begin::Send(8, Way::Trigger));
    push.answered(8, Answer::Accepted, &trigger(), at(13), &mut dice());
    // That the new place shows it does not say that the first sending is through.
    assert_eq!(push.looked(8, &number(8, 15), &trigger(), at(15), &mut dice()), Next::Shown(8));
    assert!(push.is_in_flight(&trigger(), at(16)));
    // What was seen to show is sent again all the same, and what was parked goes on.
    let (mut push, _) = answered(&trigger(), Answer::Accepted);
    push.looked(8, &number(8, 13), &trigger(), at(13), &mut dice());
    push.redirect(None, &terms(Way::Write, None), at(20));
    assert_eq!(push.begin(8, &terms(Way::Write, None), at(20)), Begin::Send(8, Way::Write));
    let (mut push, _) = answered(&trigger(), Answer::NoRecord);
    push.redirect(None, &trigger(), at(20));
    assert_eq!((stage(&push), push.parked), ((Stage::Trigger, 20), None));
}

#[test]
fn what_may_have_come_unseen_is_not_taken_for_what_was_seen_before() {
    let (mut push, _) = answered(&trigger(), Answer::Lost);
    push.looked(8, &number(7, 13), &trigger(), at(13), &mut dice());
    push.begin(8, &trigger(), at(20));
    push.answered(8, Answer::NotTaken(None), &trigger(), at(21), &mut dice());
    // The 8 that was lost may be there by now, so that 7 was seen says nothing.
    assert_eq!(push.begin(7, &trigger(), at(75)), Begin::Send(7, Way::Trigger));
    assert!(push.call.is_some_and(|call| !call.telling));
}

#[test]
fn statuses_are_read_so_that_nothing_is_lost_or_overtaken() {
    let wait = Some(at(60));
    for (status, answer) in [
        (200, Answer::Accepted),
        (202, Answer::Accepted),
        (429, Answer::NotTaken(wait)),
        (423, Answer::NotTaken(wait)),
        (477, Answer::NotTaken(wait)),
        (500, Answer::Lost),
        (502, Answer::Lost),
        (524, Answer::Lost),
        (408, Answer::Lost),
        (301, Answer::Unusable(301)),
        (404, Answer::Unusable(404)),
        (410, Answer::Unusable(410)),
        (400, Answer::Refused("the trigger answered 400".to_owned())),
        (413, Answer::Refused("the trigger answered 413".to_owned())),
    ] {
        assert_eq!(Answer::of_trigger(status, wait), answer, "{status}");
    }
}

#[test]
fn what_hubspot_shows_is_read_as_the_text_it_is() {
    for (text, property) in [
        (Some("8"), Property::Number(8)),
        (Some("8.0"), Property::Number(8)),
        (Some("-3"), Property::Number(-3)),
        (Some("0"), Property::Number(0)),
        (Some(""), Property::Empty),
        (Some(" "), Property::Empty),
        (None, Property::Empty),
        (Some("8.5"), Property::Other("8.5".to_owned())),
        (Some("many"), Property::Other("many".to_owned())),
        (Some("1e3"), Property::Other("1e3".to_owned())),
        (Some("99999999999999999999"), Property::Other("99999999999999999999".to_owned())),
    ] {
        assert_eq!(Property::of_text(text), property, "{text:?}");
    }
}

#[test]
fn a_push_is_kept_as_json() {
    for answer in [Answer::Accepted, Answer::Lost, Answer::NoRecord, Answer::Refused("x".to_owned())] {
        let (push, _) = answered(&trigger(), answer);
        let text = serde_json::to_string(&push).unwrap();
        assert_eq!(serde_json::from_str::<Push>(&text).unwrap(), push);
    }
}
