//! Bodies divided over partitions.

use super::body::any_json;
use super::*;
use crate::{Reading, json};
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::HashMap;

/// The parts of a body.
fn split(body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)> {
    by_id("hubspot").unwrap().split(body, partitions)
}

#[test]
fn partitions_stay_what_they_are() {
    let event = |object: u32| format!(r#"{{"portalId":62515,"objectId":{object}}}"#);
    let body = Bytes::from(format!("[{} , {},{},{}]", event(1), event(2), event(123), event(1)));
    // Computed apart from this code, from the description of the hash.
    let parts = [
        (1, format!("[{}]", event(123))),
        (2, format!("[{}]", event(2))),
        (7, format!("[{},{}]", event(1), event(1))),
    ];
    assert_eq!(split(&body, 12), parts.map(|(partition, body)| (partition, Bytes::from(body))));
}

#[test]
fn bodies_that_need_no_dividing_are_not_copied() {
    for text in [B1, B2, b"not even JSON", b"\xff", b"{}"] {
        let body = Bytes::copy_from_slice(text);
        let [(partition, part)] = &split(&body, 8)[..] else { panic!("divided") };
        assert!(*partition < 8 && part.as_ptr() == body.as_ptr() && part.len() == body.len());
    }
    assert_eq!(split(&Bytes::from_static(b"[]"), 8), []);
    assert_eq!(split(&Bytes::from_static(b"[1,2]"), 0).len(), 1, "0 partitions are 1");
}

#[test]
fn ids_that_read_alike_in_a_column_go_the_same_way() {
    let body =
        Bytes::from_static(br#"[{"portalId":1,"objectId":"\u0000"},{"portalId":1,"objectId":"\ufffd"}]"#);
    assert!((2..40).all(|partitions| split(&body, partitions).len() == 1));
}

/// An event of one of a few objects in one of a few accounts, or something else.
fn element() -> impl Strategy<Value = String> {
    let event = (0..3, 0..4, prop::bool::weighted(0.8), any::<u32>()).prop_map(|(account, object, plain, n)| {
        let field = if plain { "objectId" } else { "fromObjectId" };
        format!(r#"{{"portalId":{account},"{field}":"{object}","eventId":{n},"occurredAt":{n},"subscriptionType":"a.b"}}"#)
    });
    prop_oneof![4 => event, 1 => any_json()]
}

proptest! {
    #[test]
    fn nothing_is_lost_or_changed_and_an_object_stays_together(
        elements in prop::collection::vec(element(), 0..40), partitions in 1u32..20,
    ) {
        let body = Bytes::from(format!("[{}]", elements.join(" , ")));
        let parts = split(&body, partitions);
        prop_assert!(parts.iter().all(|(partition, _)| *partition < partitions));
        prop_assert!(parts.is_sorted_by(|a, b| a.0 < b.0), "a partition has two parts");

        let mut homes: HashMap<(String, String), u32> = HashMap::new();
        let mut left: Vec<&str> = json::elements(&body).unwrap();
        for (partition, part) in &parts {
            for reading in by_id("hubspot").unwrap().events(part).unwrap() {
                if let Reading::Event(event) = reading && !event.object_id.is_empty() {
                    let home = homes.entry((event.account, event.object_id)).or_insert(*partition);
                    prop_assert_eq!(*home, *partition);
                }
            }
            // Each part's elements are a subsequence of what is left of the body: same bytes, same order.
            let mut rest = left.iter();
            let found = json::elements(part).unwrap();
            for element in &found {
                prop_assert!(rest.any(|candidate| candidate == element), "{element} is new or out of order");
            }
            for element in found {
                let place = left.iter().position(|candidate| *candidate == element).unwrap();
                left.remove(place);
            }
        }
        prop_assert!(left.is_empty(), "{left:?} got lost");
        prop_assert_eq!(parts, split(&body, partitions));
    }
}
