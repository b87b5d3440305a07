//! What the tests of all doors need: webhooks on their way in, and what holds for every provider that sends one.

use crate::address::Address;
use crate::testing::NOW;
use crate::{DoorKeys, Provider, Reading};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::collections::HashMap;
use syncline_core::door::{Answer, Door, RawHook};
use syncline_core::event::Event;
use syncline_core::secret::Secret;

/// The key of the tests' addresses.
pub const ADDRESS_KEY: &str = "a key for addresses";

/// A webhook on its way in.
pub struct Knock {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Knock {
    /// At an address without a token.
    pub fn new(provider: &dyn Provider, body: impl AsRef<[u8]>) -> Self {
        let url = format!("https://hub.example.com/webhooks/{}/main", provider.id());
        Self { url, headers: Vec::new(), body: body.as_ref().to_vec() }
    }

    /// At the app's own address.
    pub fn addressed(provider: &dyn Provider, account: Option<&str>, body: impl AsRef<[u8]>) -> Self {
        let key = Secret::new(ADDRESS_KEY);
        let url =
            Address { keys: &[&key], app: "main" }.url("https://hub.example.com", provider.id(), account);
        Self { url: url.unwrap().expose().to_owned(), ..Self::new(provider, body) }
    }

    /// With a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// What the door says to an app with these secrets.
    pub fn door(&self, provider: &dyn Provider, secrets: &[&str]) -> Door {
        let key = Secret::new(ADDRESS_KEY);
        self.door_with(provider, secrets, Some(Address { keys: &[&key], app: "main" }))
    }

    /// What the door says to an app with these secrets and addresses.
    pub fn door_with(&self, provider: &dyn Provider, secrets: &[&str], address: Option<Address<'_>>) -> Door {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let hook = RawHook { method: &Method::POST, url: &self.url, headers: &headers, body: &self.body };
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        let secrets: Vec<&Secret> = secrets.iter().collect();
        let keys = DoorKeys { secrets: &secrets, address };
        let door = provider.door(&hook, &keys, NOW);
        match provider.knock(&RawHook { body: &[], ..hook }, &keys, NOW) {
            Err(refusal) => assert_eq!(refusal.code, refused(&door), "the head says what the whole would"),
            Ok(most) if self.body.len() > most => {
                assert!(matches!(door, Door::Refuse(_)), "too much is never wanted")
            }
            Ok(_) => {}
        }
        door
    }
}

/// What was accepted: the answer, and what stands in the log.
pub fn accepted(door: Door) -> (Answer, usize, Bytes) {
    match door {
        Door::Accept { answer, events, log: Some(log) } => (answer, events, log),
        other => panic!("not accepted: {other:?}"),
    }
}

/// The code of a refusal.
pub fn refused(door: &Door) -> &'static str {
    match door {
        Door::Refuse(refusal) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// The events in the log, all of which can be read.
pub fn events(provider: &dyn Provider, log: &Bytes) -> Vec<Event> {
    let read = |reading| match reading {
        Reading::Event(event) => event,
        Reading::Unreadable(unreadable) => panic!("{}", unreadable.reason),
    };
    provider.events(log).unwrap().into_iter().map(read).collect()
}

/// Whatever stands in the log, reading and dividing it loses nothing, keeps objects together, and gives the same events again
/// when one is read alone.
pub fn the_log_is_read_and_divided(provider: &dyn Provider, log: &Bytes) {
    let Ok(readings) = provider.events(log) else {
        assert!(matches!(&provider.split(log, 7)[..], [(_, whole)] if whole == log));
        return;
    };
    let raw = |reading: &Reading| match reading {
        Reading::Event(event) => event.raw.clone(),
        Reading::Unreadable(unreadable) => unreadable.raw.clone(),
    };
    for reading in &readings {
        let alone = Bytes::from([b"[", &raw(reading)[..], b"]"].concat());
        assert_eq!(provider.events(&alone).unwrap(), std::slice::from_ref(reading));
    }
    let mut homes: HashMap<(String, String), u32> = HashMap::new();
    let mut parts: Vec<Bytes> = Vec::new();
    for (partition, part) in provider.split(log, 7) {
        for reading in provider.events(&part).unwrap() {
            parts.push(raw(&reading));
            if let Reading::Event(event) = reading {
                let home = *homes.entry((event.account, event.object_id)).or_insert(partition);
                assert_eq!(home, partition, "an object is in two partitions");
            }
        }
    }
    let mut whole: Vec<Bytes> = readings.iter().map(raw).collect();
    whole.sort();
    parts.sort();
    assert_eq!(parts, whole);
}
