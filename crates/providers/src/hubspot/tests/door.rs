//! The signatures.

use super::*;
use proptest::prelude::*;
use syncline_core::door::Answer;
use syncline_core::signature::{sha256, to_hex};

/// A signature, and what it was made over.
struct Vector(&'static str, &'static str, &'static str, &'static [u8], &'static str);

const DOCS_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

impl Vector {
    /// The request with the headers that go with the version (the second field).
    fn knock(&self) -> Knock {
        let Self(_, version, target, body, signature) = *self;
        let (method, url) = target.split_once(' ').unwrap();
        let knock = Knock::new(method.parse().unwrap(), url, body);
        match version {
            "v3" => knock
                .with("X-HubSpot-Signature-v3", signature)
                .with("X-HubSpot-Request-Timestamp", SIGNED_AT.to_string()),
            _ => knock.with("X-HubSpot-Signature", signature).with("X-HubSpot-Signature-Version", version),
        }
    }
}

#[rustfmt::skip]
const VECTORS: &[Vector] = &[
    Vector("T1", "v1", "POST https://app.example.com/hubspot/webhooks", B1, "2200054103acd2f171fb52c12535aa11d778d5165f339755d33f0f18e2835f3f"),
    Vector("T12", "v1", "POST https://app.example.com/hubspot/webhooks", B2, "28ab42e31cf1bb0f5137f3823e12da347f84875a2ced73c4d5e589ff64a4ad98"),
    Vector("T2", "v2", "POST https://app.example.com/hubspot/webhooks", B1, "1ebf090aae8036aa2b13cadab5f07a8fd543502ff064fa51150487d5cbe8a7b3"),
    Vector("T3", "v2", "GET https://app.example.com/hubspot/card?portalId=62515&associatedObjectId=123", b"", "41eb8e6954f708e10ae568fbc15df56b80afa717386808698830c3a95061858b"),
    Vector("X1", "v2", "POST https://app.example.com/hubspot/webhooks?tenant=7", B2, "d167c058b17fd5a3cb88870666e627d1e7b907d74dd5e95d638715e000bbdbe6"),
    Vector("T4", "v3", "POST https://app.example.com/hubspot/webhooks", B1, "BYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg="),
    Vector("T5", "v3", "POST https://app.example.com/hubspot/webhooks", B2, "bxFP4Wd0VU/sNaSjCWr9LqEZYnuLhorCGnrUSgHEWFU="),
    Vector("T6", "v3", "POST https://app.example.com/hubspot/webhooks", B3, "iqJ8IfMguDVgM8/DPm/ueaupQXZV2LeoOH7JLqOMY/U="),
    Vector("T8", "v3", "GET https://app.example.com/hubspot/card?userEmail=ann%40example.com&when=09%3A30&name=Ann%20Lee", b"", "geC0FGoirKuDWxO+hjKEaa3XNoYVCJWTcdY3LsJtDX0="),
    Vector("T8, lower-case escapes", "v3", "GET https://app.example.com/hubspot/card?userEmail=ann%40example.com&when=09%3a30&name=Ann%20Lee", b"", "geC0FGoirKuDWxO+hjKEaa3XNoYVCJWTcdY3LsJtDX0="),
    Vector("T8, nothing escaped", "v3", "GET https://app.example.com/hubspot/card?userEmail=ann@example.com&when=09:30&name=Ann%20Lee", b"", "geC0FGoirKuDWxO+hjKEaa3XNoYVCJWTcdY3LsJtDX0="),
    Vector("T9", "v3", "POST https://app.example.com/hubspot/webhooks", b"", "hGKEB2F+nhKTJq6MEqJwgfkJ1ONDM1UFm4ni8P3rVpA="),
    Vector("T10", "v3", "POST https://app.example.com/hubspot/webhooks/", B1, "IXj+HEYdA3Db2Uj8WGK9CBaRx6Nt7tmwchUSCsGDS8c="),
    Vector("T11", "v3", "POST http://app.example.com/hubspot/webhooks", B1, "ywMrq1pmENwF8cOZlndXKDHhrOHBcG4BEBHw9ZfNkok="),
    Vector("T14", "v3", "POST https://app.example.com/h?q=%C3%A9t%C3%A9&r=a%2Bb%3Bc%2Cd&s=%2Fx%3Fy%21", b"{}", "JX+5ITIbGDsidDhJ0aktddPBnsYU7ZfFFoJLIwRIHlU="),
    Vector("T14, lower-case escapes", "v3", "POST https://app.example.com/h?q=%C3%A9t%C3%A9&r=a%2Bb%3bc%2cd&s=%2fx%3fy%21", b"{}", "JX+5ITIbGDsidDhJ0aktddPBnsYU7ZfFFoJLIwRIHlU="),
];

/// Made over what HubSpot does not sign.
#[rustfmt::skip]
const WRONG: &[Vector] = &[
    Vector("T7, escapes not decoded", "v3", "GET https://app.example.com/hubspot/card?userEmail=ann%40example.com&when=09%3A30&name=Ann%20Lee", b"", "mBOheiAbbxidkcIvLTNvjW6mxiFWcQ3wSYhSV6u82cA="),
    Vector("T13, escapes not decoded", "v3", "POST https://app.example.com/h?q=%C3%A9t%C3%A9&r=a%2Bb%3Bc%2Cd&s=%2Fx%3Fy%21", b"{}", "0OOFroPRVFEXwbhx4RZ70v3lXlloIPl4eMs9sdOv33U="),
    Vector("T10, the slash lost", "v3", "POST https://app.example.com/hubspot/webhooks", B1, "IXj+HEYdA3Db2Uj8WGK9CBaRx6Nt7tmwchUSCsGDS8c="),
    Vector("T11, another scheme", "v3", "POST https://app.example.com/hubspot/webhooks", B1, "ywMrq1pmENwF8cOZlndXKDHhrOHBcG4BEBHw9ZfNkok="),
    Vector("T4, another method", "v3", "PUT https://app.example.com/hubspot/webhooks", B1, "BYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg="),
    Vector("T5, the same event escaped", "v3", "POST https://app.example.com/hubspot/webhooks", B3, "bxFP4Wd0VU/sNaSjCWr9LqEZYnuLhorCGnrUSgHEWFU="),
    Vector("X1, the query lost", "v2", "POST https://app.example.com/hubspot/webhooks", B2, "d167c058b17fd5a3cb88870666e627d1e7b907d74dd5e95d638715e000bbdbe6"),
    Vector("T1 as version 2", "v2", "POST https://app.example.com/hubspot/webhooks", B1, "2200054103acd2f171fb52c12535aa11d778d5165f339755d33f0f18e2835f3f"),
];

/// From HubSpot's documentation and the tests of its libraries, under [`DOCS_SECRET`].
#[rustfmt::skip]
const DOCS: &[Vector] = &[
    Vector("docs 1", "v1", "POST https://www.example.com/webhook_uri", b"{'example_field':'example_value'}", "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"),
    Vector("docs 2", "v2", "POST https://www.example.com/webhook_uri", b"{'example_field':'example_value'}", "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
    Vector("docs 3", "v2", "GET https://www.example.com/webhook_uri", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
    Vector("docs 4", "v2", "POST https://www.example.com/webhook_uri", b"{\"example_field\":\"example_value\"}", "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"),
];

#[test]
fn signatures_hubspot_would_send_are_known() {
    for vector in VECTORS {
        let knock = vector.knock();
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Ok(()), "{}", vector.0);
        assert_eq!(knock.verify(&["before", SECRET], SIGNED_AT), Ok(()), "{} after a rotation", vector.0);
        for others in [&["another"][..], &[], &[""]] {
            assert_eq!(knock.verify(others, SIGNED_AT), Err("signature_mismatch"), "{}", vector.0);
        }
    }
    for vector in DOCS {
        assert_eq!(vector.knock().verify(&[DOCS_SECRET], SIGNED_AT), Ok(()), "{}", vector.0);
    }
}

#[test]
fn signatures_over_anything_else_are_not() {
    for vector in WRONG {
        assert_eq!(vector.knock().verify(&[SECRET], SIGNED_AT), Err("signature_mismatch"), "{}", vector.0);
    }
}

#[test]
fn a_secret_nobody_set_signs_nothing() {
    let knock = Knock::signed(B1, "", SIGNED_AT);
    assert_eq!(knock.verify(&["", SECRET], SIGNED_AT), Err("signature_mismatch"));
    let older = Knock::new(Method::POST, URL, B1).with("X-HubSpot-Signature", to_hex(&sha256(&[B1])));
    assert_eq!(older.verify(&["", SECRET], SIGNED_AT), Err("signature_mismatch"));
}

#[test]
fn every_escape_of_the_table_is_decoded_and_no_other() {
    let (all, plain) = ("%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B", ":/?@!$'()*,;");
    let kept = "%20%26%3D%2B%25%23%C3%A9%253A%3%%zz%é";
    for all in [all.to_owned(), all.to_lowercase()] {
        let url = format!("https://a.example/p?x={all}&y={kept}{all}");
        let signed = format!("https://a.example/p?x={plain}&y={kept}{plain}");
        let at = SIGNED_AT.to_string();
        let mac = hmac_sha256(SECRET.as_bytes(), &[b"POST", signed.as_bytes(), b"[]", at.as_bytes()]);
        let knock = Knock::signed(b"[]", SECRET, SIGNED_AT).with("X-HubSpot-Signature-v3", to_base64(&mac));
        assert_eq!(Knock { url, ..knock }.verify(&[SECRET], SIGNED_AT), Ok(()));
    }
}

#[test]
fn a_version_3_signature_is_good_for_five_minutes_either_way() {
    let knock = Knock::signed(B1, SECRET, SIGNED_AT);
    for apart in [-300_000, -1, 0, 1, 300_000] {
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT + apart), Ok(()), "{apart} ms");
    }
    for apart in [-300_001, 300_001, 3_600_000, -3_600_000] {
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT + apart), Err("signature_stale"), "{apart} ms");
    }
}

#[test]
fn a_timestamp_that_is_none_refuses() {
    let knock = Knock::signed(B1, SECRET, SIGNED_AT);
    let mut without = knock.clone();
    without.headers.remove("x-hubspot-request-timestamp");
    assert_eq!(without.verify(&[SECRET], SIGNED_AT), Err("signature_timestamp_unreadable"));
    for garbled in
        ["", "soon", "1767225600000.0", "+1767225600000", "-1", " 1", "99999999999999999999", "1e12", "é"]
    {
        let knock = knock.clone().with("X-HubSpot-Request-Timestamp", garbled);
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Err("signature_timestamp_unreadable"), "{garbled:?}");
    }
    for far in ["0", "1767225600", "9223372036854775807"] {
        let knock = knock.clone().with("X-HubSpot-Request-Timestamp", far);
        assert_eq!(knock.verify(&[SECRET], i64::MIN), Err("signature_stale"), "{far:?}");
    }
}

#[test]
fn what_is_not_a_signature_is_refused() {
    let bare = Knock::new(Method::POST, URL, B1);
    assert_eq!(bare.verify(&[SECRET], SIGNED_AT), Err("signature_missing"));
    let genuine = "BYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg=";
    let unpadded = genuine.trim_end_matches('=');
    let url_safe = genuine.replace('/', "_");
    let trailing_bits = genuine.replace("g=", "h=");
    for garbage in ["", "=", "AAAA", "ünïcode", unpadded, &url_safe, &trailing_bits, &"A".repeat(5000)] {
        let knock = Knock::signed(B1, SECRET, SIGNED_AT).with("X-HubSpot-Signature-v3", garbage);
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Err("signature_mismatch"), "{garbage}");
        let knock = bare.clone().with("X-HubSpot-Signature", garbage);
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Err("signature_mismatch"), "{garbage}");
    }
}

#[test]
fn the_version_header_chooses_between_the_older_two() {
    let [v1, _, v2, ..] = VECTORS else { unreachable!() };
    let mut silent = v1.knock();
    silent.headers.remove("x-hubspot-signature-version");
    assert_eq!(silent.verify(&[SECRET], SIGNED_AT), Ok(()), "no version means version 1");
    for (vector, version) in [(v1, "v2"), (v2, "v1")] {
        let knock = vector.knock().with("X-HubSpot-Signature-Version", version);
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Err("signature_mismatch"));
    }
    for version in ["", "v3", "V1", "1", "v1 v2"] {
        let knock = v1.knock().with("X-HubSpot-Signature-Version", version);
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Err("signature_unknown_version"), "{version}");
    }
}

#[test]
fn version_3_alone_decides_where_it_is_present() {
    let v1 = VECTORS[0].knock();
    let both = v1.with("X-HubSpot-Request-Timestamp", SIGNED_AT.to_string());
    let right = both.clone().with("X-HubSpot-Signature-v3", "BYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg=");
    let wrong = both.with("X-HubSpot-Signature-v3", "AYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg=");
    assert_eq!(right.clone().with("X-HubSpot-Signature", "rubbish").verify(&[SECRET], SIGNED_AT), Ok(()));
    assert_eq!(wrong.verify(&[SECRET], SIGNED_AT), Err("signature_mismatch"));
    assert_eq!(right.verify(&[SECRET], SIGNED_AT + 300_001), Err("signature_stale"));
}

#[test]
fn header_names_have_no_case() {
    for name in ["X-HubSpot-Signature-v3", "x-hubspot-signature-v3", "X-HUBSPOT-SIGNATURE-V3"] {
        let knock = Knock::new(Method::POST, URL, B1)
            .with(name, "BYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg=")
            .with("x-hubspot-request-TIMESTAMP", SIGNED_AT.to_string());
        assert_eq!(knock.verify(&[SECRET], SIGNED_AT), Ok(()), "{name}");
    }
}

#[test]
fn the_signature_is_judged_before_the_body_and_the_answer_is_an_empty_200() {
    let accepted = Knock::signed(B2, SECRET, SIGNED_AT).door(&[SECRET], SIGNED_AT);
    let answer = Answer { status: http::StatusCode::OK, body: bytes::Bytes::new() };
    assert_eq!(accepted, Door::Accept { answer, events: 1, log: None });
    let unsigned = Knock::new(Method::POST, URL, b"rubbish").door(&[SECRET], SIGNED_AT);
    assert_eq!(outcome(&unsigned), Err("signature_missing"));
    let Door::Refuse(refusal) = Knock::signed(b"rubbish", SECRET, SIGNED_AT).door(&[SECRET], SIGNED_AT)
    else {
        panic!("rubbish was accepted")
    };
    assert_eq!((refusal.status.as_u16(), refusal.code), (400, "body_not_json"));
}

proptest! {
    #[test]
    fn no_bit_of_a_signed_request_can_change(
        body in prop::collection::vec(any::<u8>(), 1..200), bit in any::<prop::sample::Index>(), at in 0i64..1 << 47,
    ) {
        let knock = Knock::signed(&body, SECRET, at);
        prop_assert_eq!(knock.verify(&[SECRET], at), Ok(()));
        let mut other = knock.clone();
        let bit = bit.index(body.len() * 8);
        other.body[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(other.verify(&[SECRET], at), Err("signature_mismatch"));
        let later = knock.clone().with("X-HubSpot-Request-Timestamp", (at + 1).to_string());
        prop_assert_eq!(later.verify(&[SECRET], at), Err("signature_mismatch"));
        let elsewhere = Knock { url: format!("{URL}/"), ..knock };
        prop_assert_eq!(elsewhere.verify(&[SECRET], at), Err("signature_mismatch"));
    }

    #[test]
    fn strangers_never_get_in_or_make_it_panic(
        url in ".{0,60}", body in prop::collection::vec(any::<u8>(), 0..60),
        headers in prop::collection::vec((0usize..4, "[ -~é%=]{0,70}"), 0..5), now: i64,
    ) {
        const HEADERS: [&str; 4] =
            ["x-hubspot-signature-v3", "x-hubspot-request-timestamp", "x-hubspot-signature", "x-hubspot-signature-version"];
        let knock = headers
            .iter()
            .fold(Knock::new(Method::POST, &url, &body), |knock, (name, value)| knock.with(HEADERS[*name], value));
        prop_assert!(knock.verify(&[SECRET], now).is_err());
    }
}
