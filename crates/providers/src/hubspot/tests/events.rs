//! From bodies to events, and what makes two deliveries of one event one.

use super::*;
use crate::{Reading, Unreadable};
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::BTreeSet;
use syncline_core::event::{Event, EventId};

/// What a body is read as.
fn readings(body: impl Into<Bytes>) -> Vec<Reading> {
    by_id("hubspot").unwrap().events(&body.into()).unwrap()
}

/// The one event of a body.
fn event(body: impl Into<Bytes>) -> Event {
    match <[Reading; 1]>::try_from(readings(body)) {
        Ok([Reading::Event(event)]) => event,
        other => panic!("not one event: {other:?}"),
    }
}

/// A creation with the given fields put in or, when empty, taken out.
fn body(changes: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("eventId", "100"),
        ("subscriptionId", "7"),
        ("portalId", "62515"),
        ("occurredAt", "1767225600000"),
        ("subscriptionType", r#""contact.creation""#),
        ("attemptNumber", "0"),
        ("objectId", "123"),
    ];
    for change in changes {
        fields.retain(|(name, _)| *name != change.0);
        fields.push(*change);
    }
    render(&fields, "")
}

/// One event as a body; fields without a value are left out.
fn render<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)], space: &str) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()))
        .filter(|(_, value)| !value.is_empty());
    let fields: Vec<String> =
        fields.map(|(name, value)| format!("{space}\"{name}\"{space}:{space}{value}")).collect();
    format!("[{space}{{{}}}{space}]", fields.join(","))
}

#[test]
fn a_creation_is_read() {
    let event = event(B1);
    assert_eq!(event.account, "62515");
    assert_eq!((event.object_type.as_str(), event.object_id.as_str()), ("contact", "123"));
    assert_eq!((event.kind.as_str(), event.property), ("contact.creation", None));
    assert_eq!(event.id.occurred_at().as_millis(), SIGNED_AT);
    assert_eq!(event.raw, &B1[1..B1.len() - 1]);
}

#[test]
fn a_change_of_a_custom_object_is_read() {
    let live = br#"[{"eventId":2464804026,"subscriptionId":7,"portalId":62515,"appId":54321,"occurredAt":1751276050977,
        "subscriptionType":"object.propertyChange","attemptNumber":0,"objectId":180584432881,"objectTypeId":"2-9000001",
        "propertyName":"titel","propertyValue":"x","changeSource":"CRM_UI","sourceId":"userId:1","isSensitive":false}]"#;
    let event = event(&live[..]);
    assert_eq!((event.object_type.as_str(), event.object_id.as_str()), ("2-9000001", "180584432881"));
    assert_eq!((event.kind.as_str(), event.property.as_deref()), ("object.propertyChange", Some("titel")));
}

#[test]
fn an_association_is_read_as_about_the_object_it_comes_from() {
    let event = event(ASSOCIATION);
    assert_eq!((event.object_type.as_str(), event.object_id.as_str()), ("company", "1"));
    assert_eq!(event.property, None);
}

const ASSOCIATION: &[u8] = br#"[{"eventId":102,"subscriptionId":9,"portalId":62515,"occurredAt":1767225600000,
    "subscriptionType":"company.associationChange","attemptNumber":0,"changeSource":"USER","associationType":"COMPANY_TO_DEAL",
    "fromObjectId":1,"toObjectId":2,"associationRemoved":true,"isPrimaryAssociation":false,"sourceId":"userId:2"}]"#;

/// Computed apart from this code, from the description of the key. If one of these changes, every event stored so
/// far would come in again under another id.
#[test]
fn ids_stay_what_they_are() {
    for (body, id) in [
        (B1, "evt_01KDVDNA00SZCMH85HTYKEQ044"),
        (B2, "evt_01KDVDNA002C2A51VZGKAKAYY1"),
        (B3, "evt_01KDVDNA002C2A51VZGKAKAYY1"),
        (ASSOCIATION, "evt_01KDVDNA00MQ3NN60QGMCKH002"),
    ] {
        assert_eq!(event(body).id.to_string(), id);
    }
}

#[test]
fn numbers_in_quotes_are_the_numbers() {
    let quoted = body(&[("eventId", r#""100""#), ("portalId", r#""62515""#), ("objectId", r#""\u003123""#)]);
    let event_quoted = event(quoted);
    assert_eq!(event_quoted.id, event(body(&[])).id);
    assert_eq!((event_quoted.account.as_str(), event_quoted.object_id.as_str()), ("62515", "123"));
    for other in [
        r#""0100""#,
        r#""+100""#,
        r#"" 100""#,
        r#""100.0""#,
        r#""100000000000000000000""#,
        "[100]",
        "true",
        "",
    ] {
        assert_ne!(event(body(&[("eventId", other)])).id, event(body(&[])).id, "{other}");
    }
}

#[test]
fn zero_has_one_identity_and_null_is_absent() {
    let id = |field, value| event(body(&[(field, value)])).id;
    assert_eq!(id("eventId", "-0"), id("eventId", "0"));
    for field in ["eventId", "subscriptionId", "objectId", "propertyName"] {
        assert_eq!(id(field, "null"), id(field, ""), "{field}");
    }
}

#[test]
fn without_a_subscription_its_type_tells_events_apart() {
    let id =
        |subscription, kind| event(body(&[("subscriptionId", subscription), ("subscriptionType", kind)])).id;
    assert_ne!(id("", r#""contact.creation""#), id("", r#""contact.deletion""#));
    assert_eq!(id("7", r#""contact.creation""#), id("7", r#""contact.deletion""#));
}

#[test]
fn what_lacks_time_account_or_type_is_unreadable() {
    let about = |field: &str| match field {
        "occurredAt" => "occurredAt is missing or not a time in milliseconds",
        "portalId" => "portalId is missing or not a number",
        _ => "subscriptionType is missing or not a word",
    };
    for field in ["occurredAt", "portalId", "subscriptionType"] {
        for value in
            ["", "null", "true", "[1]", "{}", "1.5", "-1", "\"\"", r#""\ud800""#, "9223372036854775808"]
        {
            let body = Bytes::from(body(&[(field, value)]));
            let raw = body.slice(1..body.len() - 1);
            let unreadable = Unreadable { reason: about(field), raw };
            assert_eq!(readings(body), [Reading::Unreadable(unreadable)], "{field} {value}");
        }
    }
    assert_eq!(
        event(body(&[("occurredAt", "281474976710655")])).id.occurred_at().as_millis(),
        Timestamp::MAX_MILLIS
    );
    assert!(matches!(&readings(body(&[("occurredAt", "281474976710656")]))[..], [Reading::Unreadable(_)]));
    assert!(
        matches!(&readings(body(&[("portalId", r#""062515""#)]))[..], [Reading::Unreadable(_)]),
        "two accounts of one"
    );
    let [Reading::Unreadable(number), Reading::Event(_)] = &readings(format!("[7,{}", &body(&[])[1..]))[..]
    else {
        panic!("one bad element holds up the others")
    };
    assert_eq!((number.reason, &number.raw[..]), ("not a JSON object", &b"7"[..]));
}

#[test]
fn odd_fields_do_no_harm() {
    let odd = event(body(&[("objectId", "[1]"), ("propertyName", "{}"), ("eventId", "")]));
    assert_eq!((odd.object_id.as_str(), odd.property), ("", None));
    assert_eq!(event(body(&[("subscriptionType", r#""object.merge""#)])).object_type, "object");
    assert_eq!(event(body(&[("subscriptionType", r#""nodot""#)])).object_type, "");
    let long = format!("\"{}\"", "ü\\u0000".repeat(300));
    let long = event(body(&[("propertyName", &long)])).property.unwrap();
    assert_eq!((long.chars().count(), long.contains('\0')), (255, false));
    let twice = r#"[{"portalId":1,"portalId":2,"occurredAt":1,"subscriptionType":"a.b"}]"#;
    assert_eq!(event(twice).account, "2", "of a key that occurs twice the last one counts");
}

#[test]
fn a_body_that_is_no_list_is_unreadable_as_a_whole() {
    for bytes in [&b"{}"[..], b"", b"[{}", b"[\xff]"] {
        let body = Bytes::copy_from_slice(bytes);
        let error = by_id("hubspot").unwrap().events(&body).unwrap_err();
        assert_eq!(error, Unreadable { reason: "not a JSON array", raw: body });
    }
}

/// Fields as HubSpot might send them, those of the key first; an association's when `association`.
fn fields(association: bool) -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let whole = || (0..=i64::MAX).prop_map(|n| n.to_string());
    let word = || "[a-z_]{1,12}".prop_map(|word| format!("\"{word}\""));
    let common = (whole(), whole(), whole(), 0..Timestamp::MAX_MILLIS, any::<u8>(), ".{0,9}");
    (common, whole(), whole(), word(), whole(), any::<bool>(), any::<bool>()).prop_map(
        move |(
            (portal, subscription, event, occurred_at, attempt, value),
            one,
            two,
            name,
            type_id,
            removed,
            primary,
        )| {
            let mut fields = vec![
                ("portalId", portal),
                ("subscriptionId", subscription),
                ("eventId", event),
                ("occurredAt", occurred_at.to_string()),
            ];
            if association {
                fields.extend([("fromObjectId", one), ("toObjectId", two), ("associationType", name)]);
                fields.extend([("associationTypeId", type_id), ("associationRemoved", removed.to_string())]);
                fields.extend([("isPrimaryAssociation", primary.to_string())]);
            } else {
                fields.extend([("objectId", one), ("propertyName", name)]);
            }
            fields.extend([
                ("subscriptionType", "\"contact.any\"".to_owned()),
                ("attemptNumber", attempt.to_string()),
            ]);
            fields.push(("propertyValue", serde_json::to_string(&value).unwrap()));
            fields
        },
    )
}

/// How many of [`fields`] belong to the key.
fn key_fields(association: bool) -> usize {
    if association { 10 } else { 6 }
}

proptest! {
    #[test]
    fn the_way_an_event_is_written_and_how_often_it_was_tried_do_not_matter(
        (fields, shuffled) in any::<bool>().prop_flat_map(fields).prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        space in "[ \n\t\r]{0,3}", attempt: u8, quote: bool,
    ) {
        let retold: Vec<(&str, String)> = shuffled
            .into_iter()
            .map(|(name, value)| match name {
                "attemptNumber" => (name, attempt.to_string()),
                "eventId" | "objectId" | "subscriptionId" if quote => (name, format!("\"{value}\"")),
                _ => (name, value),
            })
            .collect();
        let (told, retold) = (event(render(&fields, "")), event(render(&retold, &space)));
        prop_assert_eq!(told.id, retold.id);
        prop_assert_eq!((told.account, told.object_id, told.property), (retold.account, retold.object_id, retold.property));
    }

    #[test]
    fn every_part_of_the_key_matters_and_nothing_else(
        (association, fields) in any::<bool>().prop_flat_map(|a| (Just(a), fields(a))),
        place in any::<prop::sample::Index>(),
    ) {
        let id = event(render(&fields, "")).id;
        let mut changed = fields.clone();
        let place = place.index(fields.len());
        let value = &mut changed[place].1;
        *value = match value.as_str() {
            "true" => "false".to_owned(),
            "false" => "true".to_owned(),
            text if text.starts_with('"') => format!("\"x{}", &text[1..]),
            number => (number.parse::<i64>().unwrap() ^ 1).to_string(),
        };
        let is_key = place < key_fields(association);
        prop_assert_eq!(event(render(&changed, "")).id != id, is_key, "changing {}", changed[place].0);
        if is_key && !["portalId", "occurredAt"].contains(&changed[place].0) {
            changed[place].1 = String::new();
            prop_assert_ne!(event(render(&changed, "")).id, id);
        }
    }

    #[test]
    fn deliveries_shuffled_and_repeated_give_the_same_events(
        (once, again) in prop::collection::vec(any::<bool>().prop_flat_map(fields), 1..12).prop_flat_map(|all| {
            let twice: Vec<_> = all.iter().chain(&all).cloned().collect();
            (Just(all), Just(twice).prop_shuffle())
        }),
        cut in any::<prop::sample::Index>(),
    ) {
        let ids = |events: &[Vec<(&'static str, String)>]| -> BTreeSet<EventId> {
            let bodies: Vec<String> = events.iter().map(|fields| render(fields, "")).collect();
            let elements: Vec<&str> = bodies.iter().map(|body| &body[1..body.len() - 1]).collect();
            readings(format!("[{}]", elements.join(",")))
                .into_iter()
                .map(|reading| match reading {
                    Reading::Event(event) => event.id,
                    Reading::Unreadable(unreadable) => panic!("{unreadable:?}"),
                })
                .collect()
        };
        let (first, second) = again.split_at(cut.index(again.len()));
        let mut seen = ids(first);
        seen.extend(ids(second));
        prop_assert_eq!(seen, ids(&once));
    }
}
