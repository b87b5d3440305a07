//! What the tests of all loaders need: walks driven against answers, put down and taken up again before every call.

use crate::load::{At, Found, From, Lane, Load, Page, Wish};
use crate::testing::{Answer, NOW, hosts};
use crate::wire::{Call, Fault};
use std::collections::BTreeSet;
use syncline_core::secret::Secret;

/// The token of these tests.
pub const TOKEN: &str = "token-of-the-tests-0123456789";

/// Runs `check` at the test's host, with the test's token.
pub fn with_at<T>(check: impl FnOnce(&At<'_>) -> T) -> T {
    let (hosts, token) = (hosts(), Secret::new(TOKEN));
    check(&At { hosts: &hosts, token: &token, now: NOW })
}

/// Goes along a lane to its end. Before every call the walk is saved and restored, and must then want the same; the answer
/// `serve` gives may be a fault, which must leave the walk able to go on.
///
/// # Errors
/// The first fault.
pub fn walk(
    loader: &dyn Load,
    lane: &Lane,
    wish: &Wish,
    from: From,
    mut serve: impl FnMut(&Call) -> Answer,
) -> Result<Vec<Page>, Fault> {
    let mut walk = loader.walk(lane, wish, from, None).unwrap();
    let mut pages = Vec::new();
    with_at(|at| {
        for _ in 0..2_000 {
            let saved = walk.save();
            let text = saved.to_string();
            let again = loader.walk(lane, wish, from, Some(&serde_json::from_str(&text).unwrap())).unwrap();
            let call = walk.next(at);
            assert_eq!(again.next(at), call, "restored from {text}");
            walk = again;
            let Some(call) = call else { return Ok(()) };
            assert!(!call.url.contains(TOKEN) && call.headers.contains_key("authorization"), "{}", call.url);
            pages.push(walk.take(at, &serve(&call).reply())?);
        }
        panic!("the walk does not end");
    })?;
    Ok(pages)
}

/// The ids of all records, each once.
pub fn ids(pages: &[Page]) -> BTreeSet<String> {
    pages.iter().flat_map(|page| &page.records).map(|record| record.id.clone()).collect()
}

/// What reading `ids` gives, with the call for it.
pub fn read(
    loader: &dyn Load,
    place: (&str, &str),
    ids: &[&str],
    answer: &Answer,
) -> (Call, Result<Vec<Found>, Fault>) {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    assert!(ids.len() <= loader.read_batch());
    with_at(|at| {
        let call = loader.read(at, &Wish::default(), place.0, place.1, &ids);
        (call, loader.read_back(at, place.0, place.1, &ids, &answer.reply()))
    })
}

/// No answer makes a walk panic, or lets a walk that failed end as if it had seen everything.
pub fn walks_survive(loader: &dyn Load, lane: &Lane, answer: &Answer) {
    let mut walk = loader.walk(lane, &Wish::default(), From::Start, None).unwrap();
    with_at(|at| {
        let taken = walk.take(at, &answer.reply());
        if taken.is_err() {
            assert!(walk.next(at).is_some(), "ended by a fault");
        }
        loader.walk(lane, &Wish::default(), From::Start, Some(&walk.save())).unwrap();
    });
}

/// A place that another version saved is refused, not guessed at.
pub fn accepts_only_known_places(loader: &dyn Load, lane: &Lane) {
    for saved in ["7", "\"x\"", "[]", r#"{"of":"another version"}"#] {
        let saved = serde_json::from_str(saved).unwrap();
        let walk = loader.walk(lane, &Wish::default(), From::Start, Some(&saved));
        assert!(matches!(walk.err(), Some(Fault::Unreadable(_))), "{saved}");
    }
}
