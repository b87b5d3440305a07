//! A body that passed the signature, taken apart and divided over partitions.
//!
//! Invariants: nothing panics; every element comes out exactly once, as an event or as unreadable, byte for byte; ids
//! stay the same when an event is read again on its own; dividing loses and changes nothing and keeps each object's
//! events in order.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use std::collections::HashMap;
use syncline_core::event::Event;
use syncline_providers::{PROVIDERS, Provider, Reading};

fuzz_target!(|input: &[u8]| {
    let body = Bytes::copy_from_slice(input);
    for provider in PROVIDERS {
        match provider.events(&body) {
            Ok(readings) => {
                every_element_comes_out(&body, &readings);
                ids_are_stable(*provider, &readings);
            }
            Err(unreadable) => assert_eq!(unreadable.raw, body),
        }
        dividing_changes_nothing(*provider, &body);
    }
});

/// The bytes behind a reading.
fn raw(reading: &Reading) -> &Bytes {
    match reading {
        Reading::Event(event) => &event.raw,
        Reading::Unreadable(unreadable) => &unreadable.raw,
    }
}

/// The elements of a body, found without the code under test.
fn elements(body: &Bytes) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body).expect("only arrays can be taken apart");
    elements.into_iter().map(RawValue::get).collect()
}

fn every_element_comes_out(body: &Bytes, readings: &[Reading]) {
    let raw: Vec<&[u8]> = readings.iter().map(|reading| &raw(reading)[..]).collect();
    let elements: Vec<&[u8]> = elements(body).into_iter().map(str::as_bytes).collect();
    assert_eq!(raw, elements);
}

/// The event that `raw` is on its own.
fn alone(provider: &dyn Provider, raw: &Bytes) -> Reading {
    let body = Bytes::from([b" [\n", &raw[..], b"\t]"].concat());
    provider.events(&body).expect("one element is an array").remove(0)
}

fn ids_are_stable(provider: &dyn Provider, readings: &[Reading]) {
    for reading in readings {
        assert_eq!(&alone(provider, raw(reading)), reading);
        if let Reading::Event(Event { account, object_type, object_id, kind, property, .. }) = reading {
            for column in [account, object_type, object_id, kind].into_iter().chain(property) {
                assert!(column.chars().count() <= 255 && !column.contains('\0'));
            }
            assert!(!account.is_empty() && !kind.is_empty());
        }
    }
}

fn dividing_changes_nothing(provider: &dyn Provider, body: &Bytes) {
    let parts = provider.split(body, 5);
    assert!(parts.iter().all(|(partition, _)| *partition < 5) && parts.is_sorted_by(|a, b| a.0 < b.0));
    let Ok(readings) = provider.events(body) else {
        assert!(matches!(&parts[..], [(_, part)] if part == body));
        return;
    };
    let mut before: HashMap<(String, String), Vec<Bytes>> = HashMap::new();
    let mut after = before.clone();
    let mut homes: HashMap<(String, String), u32> = HashMap::new();
    for reading in readings {
        before.entry(key(&reading)).or_default().push(raw(&reading).clone());
    }
    for (partition, part) in &parts {
        for reading in provider.events(part).expect("a part is an array") {
            let home = *homes.entry(key(&reading)).or_insert(*partition);
            assert!(home == *partition || key(&reading).1.is_empty(), "an object is in two partitions");
            after.entry(key(&reading)).or_default().push(raw(&reading).clone());
        }
    }
    // What has no object may be anywhere, so only there the order is not kept.
    for pieces in [&mut before, &mut after] {
        pieces.iter_mut().filter(|(key, _)| key.1.is_empty()).for_each(|(_, raw)| raw.sort());
    }
    assert_eq!(before, after);
}

/// What an event is about; nothing for what cannot be read.
fn key(reading: &Reading) -> (String, String) {
    match reading {
        Reading::Event(event) => (event.account.clone(), event.object_id.clone()),
        Reading::Unreadable(_) => Default::default(),
    }
}
