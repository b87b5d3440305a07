//! The door, as strangers meet it and as the provider does.
//!
//! An input reads like an HTTP request: a line with method and URL, lines with headers, an empty line, the body.
//! Invariants: nothing panics; what is accepted can be taken apart, as it stands in the log, into as many events as were
//! counted; a body signed
//! well is never refused for its signature; no changed bit goes through.

#![no_main]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use syncline_core::door::{Door, RawHook};
use syncline_core::secret::Secret;
use syncline_core::signature::{hmac_sha256, sha256, to_base64, to_hex};
use syncline_core::time::Timestamp;
use syncline_providers::address::Address;
use syncline_providers::{DoorKeys, PROVIDERS, Provider};

/// The secret and the moment of HubSpot's test vectors, which are the seeds.
const SECRET: &str = "test-secret-0123456789abcdef";
const NOW: i64 = 1_767_225_600_000;

fuzz_target!(|input: &[u8]| {
    let (head, body) = cut(input, b"\n\n");
    let (first, headers) = cut(head, b"\n");
    let (method, url) = cut(first, b" ");
    let method = Method::from_bytes(method).unwrap_or(Method::POST);
    let url = String::from_utf8_lossy(url);
    let headers = header_map(headers);
    let hook = RawHook { method: &method, url: &url, headers: &headers, body };
    for provider in PROVIDERS {
        let answer = knock(*provider, &hook);
        assert_eq!(answer, knock(*provider, &hook), "two answers to one request");
        is_accepted_only_if_it_can_be_read(*provider, &answer, body);
    }
    signed_as_hubspot_does(&hook);
});

/// What the door says, with the secret in second place.
fn knock(provider: &dyn Provider, hook: &RawHook<'_>) -> Door {
    let (before, current) = (Secret::new("another"), Secret::new(SECRET));
    let address = Some(Address { keys: &[&current], app: "main" });
    provider.door(hook, &DoorKeys { secrets: &[&before, &current], address }, Timestamp::from_millis(NOW))
}

fn is_accepted_only_if_it_can_be_read(provider: &dyn Provider, answer: &Door, body: &[u8]) {
    if let Door::Accept { events, log, .. } = answer {
        let logged = log.clone().unwrap_or_else(|| Bytes::copy_from_slice(body));
        let readings = provider.events(&logged).expect("accepted, and then not an array");
        assert_eq!(readings.len(), *events);
    }
}

/// Signs the request in all three ways and changes a bit of each.
fn signed_as_hubspot_does(hook: &RawHook<'_>) {
    let provider = syncline_providers::by_id("hubspot").expect("HubSpot is a provider");
    let (method, url) = (hook.method.as_str().as_bytes(), hook.url.as_bytes());
    let now = NOW.to_string();
    let mac = hmac_sha256(SECRET.as_bytes(), &[method, url, hook.body, now.as_bytes()]);
    let v1 = sha256(&[SECRET.as_bytes(), hook.body]);
    let v2 = sha256(&[SECRET.as_bytes(), method, url, hook.body]);
    let ways = [
        vec![("x-hubspot-signature-v3", to_base64(&mac)), ("x-hubspot-request-timestamp", now)],
        vec![("x-hubspot-signature", to_hex(&v1))],
        vec![("x-hubspot-signature", to_hex(&v2)), ("x-hubspot-signature-version", "v2".to_owned())],
    ];
    let mut verdicts = Vec::new();
    for (place, way) in ways.iter().enumerate() {
        // Escapes in the URL are decoded before version 3 signs them, which this target does not repeat.
        if place == 0 && hook.url.contains('%') {
            continue;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in way {
            headers
                .insert(*name, HeaderValue::from_str(value).expect("digits and base 64 fit into a header"));
        }
        let answer = knock(provider, &RawHook { headers: &headers, ..*hook });
        is_accepted_only_if_it_can_be_read(provider, &answer, hook.body);
        if let Door::Refuse(refusal) = &answer {
            assert_eq!(refusal.status, 400, "a good signature was refused: {}", refusal.code);
        }
        verdicts.push(answer);

        let mut other = hook.body.to_vec();
        match other.last_mut() {
            Some(byte) => *byte ^= 1,
            None => other.push(0),
        }
        let answer = knock(provider, &RawHook { headers: &headers, body: &other, ..*hook });
        assert!(matches!(answer, Door::Refuse(refusal) if refusal.code == "signature_mismatch"));
    }
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "the verdict depends on how it was signed");
}

/// The lines `name: value` that can be headers.
fn header_map(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let (name, value) = cut(line, b": ");
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    headers
}

/// What comes before the first `mark` and what comes after it.
fn cut<'a>(bytes: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    match bytes.windows(mark.len()).position(|window| window == mark) {
        Some(place) => (&bytes[..place], &bytes[place + mark.len()..]),
        None => (bytes, &[]),
    }
}
