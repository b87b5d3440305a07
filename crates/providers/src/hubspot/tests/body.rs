//! Which bodies are taken in.

use super::*;
use crate::Reading;
use bytes::Bytes;
use proptest::prelude::*;

/// What the door says to a body that is signed well.
fn take(body: impl AsRef<[u8]>) -> Result<usize, &'static str> {
    outcome(&Knock::signed(body.as_ref(), SECRET, SIGNED_AT).door(&[SECRET], SIGNED_AT))
}

#[test]
fn lists_of_objects_are_taken_in_and_counted() {
    for (body, events) in
        [("[]", 0), (" [ {} ,\n{}\t] ", 2), (r#"[{"portalId":"abc","occurredAt":[],"eventId":null}]"#, 1)]
    {
        assert_eq!(take(body), Ok(events), "{body}");
    }
    for body in [B1, B2, B3] {
        assert_eq!(take(body), Ok(1));
    }
    assert_eq!(take(format!("[{}{{}}]", "{},".repeat(999))), Ok(1000));
    assert_eq!(take(format!("[{}{{}}]", "{},".repeat(1000))), Err("too_many_events"));
}

#[test]
fn anything_else_is_refused_with_its_own_code() {
    for body in [
        "",
        " ",
        "[",
        "[{]",
        "[{}",
        "[{}]]",
        "[{},]",
        "[{}] x",
        "nul",
        "{'a':1}",
        "\u{feff}[]",
        r#"[{"a":01}]"#,
    ] {
        assert_eq!(take(body), Err("body_not_json"), "{body}");
    }
    for body in [&b"[{\"a\":\"\xff\"}]"[..], b"[]\x00", b"\xef\xbb\xbf[]"] {
        assert_eq!(take(body), Err("body_not_json"), "{body:?}");
    }
    for body in ["{}", "null", "1", r#""[]""#, r#"{"a":[{}]}"#] {
        assert_eq!(take(body), Err("body_not_array"), "{body}");
    }
    for body in ["[1]", "[{},null]", "[[]]", r#"["{}"]"#] {
        assert_eq!(take(body), Err("body_not_objects"), "{body}");
    }
}

#[test]
fn a_version_1_signature_cannot_be_extended_to_another_body() {
    // Whoever knows one signature of SHA-256(secret + body) can compute that of the body, the hash's padding and more.
    let mut extended = B1.to_vec();
    extended.push(0x80);
    extended.resize(extended.len() + 50, 0);
    extended.extend(b"[{}]");
    assert_eq!(take(extended), Err("body_not_json"));
}

#[test]
fn an_event_with_a_number_that_its_field_cannot_hold_is_unreadable_apart_from_the_others() {
    let ids = "eventId subscriptionId portalId objectId fromObjectId toObjectId occurredAt";
    let good = std::str::from_utf8(&B1[1..B1.len() - 1]).unwrap();
    let read = |field: &str, number: &str| {
        // Of a key that occurs twice the last one counts.
        let bad = format!(r#"{},"{field}":{number}}}"#, &good.trim_end()[..good.trim_end().len() - 1]);
        let body = format!("[{good},{bad},{good}]");
        assert_eq!(take(&body), Ok(3), "{body}");
        let readings = by_id("hubspot").unwrap().events(&Bytes::from(body)).unwrap();
        readings.iter().map(|reading| matches!(reading, Reading::Event(_))).collect::<Vec<_>>()
    };
    for field in ids.split(' ') {
        for number in ["1e400", "1.5", "-3", "1.0", "1e3", "9223372036854775808", &"9".repeat(30), "-0.0"] {
            assert_eq!(read(field, number), [true, false, true], "{field} {number}");
        }
        for number in ["0", "-0", "281474976710655"] {
            assert_eq!(read(field, number), [true, true, true], "{field} {number}");
        }
    }
    assert_eq!(read("objectId", "9223372036854775807"), [true, true, true]);
    assert_eq!(read("occurredAt", "281474976710656"), [true, false, true]);
    // A key may be written with escapes, and then still is that key.
    assert_eq!(read(r"portal\u0049d", "-1"), [true, false, true]);
    // Fields that do not say which event it is may hold what they like.
    for field in ["attemptNumber", "appId", "propertyValue", "x", "objectTypeId"] {
        assert_eq!(read(field, "-1"), [true, true, true], "{field}");
        assert_eq!(read(field, "1e400"), [true, true, true], "{field}");
    }
}

#[test]
fn depth_does_not_overflow_the_stack() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert_eq!(take(deep(1_000_000)), Err("body_not_objects"));
    for field in ["propertyValue", "portalId"] {
        let body = format!(r#"[{{"{field}":{}}}]"#, deep(1_000_000));
        assert_eq!(take(&body), Ok(1));
        assert_eq!(by_id("hubspot").unwrap().events(&Bytes::from(body)).unwrap().len(), 1);
    }
    assert_eq!(take("[".repeat(1_000_000)), Err("body_not_objects"));
}

/// JSON of every sort, some of it with our field names.
pub(super) fn any_json() -> impl Strategy<Value = String> {
    let number =
        prop_oneof![any::<i64>().prop_map(|n| n.to_string()), any::<f32>().prop_map(|n| format!("{n:e}"))];
    let string = prop_oneof![
        ".{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "[0-9]{1,5}|object\\.creation|contact\\.x|\\\\ud83d|\\\\u0061".prop_map(|text| format!("\"{text}\"")),
    ];
    let word =
        prop::sample::select(vec!["null", "true", "false", "1767225600000", "62515"]).prop_map(String::from);
    let leaf = prop_oneof![number, string, word]
        .prop_filter("JSON has no NaN", |text| !text.contains(['N', 'i']) || text.starts_with('"'));
    let key = prop::sample::select(vec![
        "portalId",
        "occurredAt",
        "subscriptionType",
        "objectId",
        "eventId",
        "x",
        "propertyName",
        "fromObjectId",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|all| {
                let all: Vec<String> =
                    all.into_iter().map(|(key, value)| format!("\"{key}\" : {value}")).collect();
                format!("{{{}}}", all.join(" , "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_taken_in_can_be_taken_apart(elements in prop::collection::vec(any_json(), 0..5)) {
        let body = format!("[{}]", elements.join(" ,"));
        if let Ok(count) = take(&body) {
            prop_assert_eq!(by_id("hubspot").unwrap().events(&Bytes::from(body)).unwrap().len(), count);
        }
    }

    #[test]
    fn bytes_of_any_kind_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let body = Bytes::from(bytes);
        let taken = take(&body);
        let apart = by_id("hubspot").unwrap().events(&body);
        prop_assert!(taken.is_err() || taken.ok() == apart.ok().map(|readings| readings.len()));
    }
}
