//! What holds for HubSpot's webhooks. The vectors are those of the facts sheet, section 7.1: computed with HubSpot's
//! own Python library and cross-checked with its Node one, or printed in HubSpot's documentation.

mod body;
mod change;
mod connect;
mod counters;
mod door;
mod errors;
mod events;
mod load;
mod read;
mod search;
mod setup;
mod setup_faults;
mod setup_model;
mod split;
mod write_answer;
mod write_find;
mod write_send;

use crate::{DoorKeys, by_id};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use syncline_core::door::{Door, RawHook, Refusal};
use syncline_core::secret::Secret;
use syncline_core::signature::{hmac_sha256, to_base64};
use syncline_core::time::Timestamp;

/// One event, a creation.
const B1: &[u8] = include_bytes!("fixtures/b1.json");
/// One event, a change, with characters beyond ASCII.
const B2: &[u8] = include_bytes!("fixtures/b2.json");
/// The same with those characters escaped.
const B3: &[u8] = include_bytes!("fixtures/b3.json");
/// The secret of the vectors.
const SECRET: &str = "test-secret-0123456789abcdef";
/// The timestamp of the vectors.
const SIGNED_AT: i64 = 1_767_225_600_000;
/// The webhook URL of the vectors.
const URL: &str = "https://app.example.com/hubspot/webhooks";

/// A request on its way to the door.
#[derive(Clone)]
struct Knock {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Knock {
    /// A request without any header.
    fn new(method: Method, url: &str, body: &[u8]) -> Self {
        Self { method, url: url.to_owned(), headers: HeaderMap::new(), body: body.to_vec() }
    }

    /// The same with one more header, which replaces one of its name.
    fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.insert(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// A delivery of `body`, signed with version 3 as HubSpot would.
    fn signed(body: &[u8], secret: &str, at: i64) -> Self {
        let at = at.to_string();
        let mac = hmac_sha256(secret.as_bytes(), &[b"POST", URL.as_bytes(), body, at.as_bytes()]);
        Self::new(Method::POST, URL, body)
            .with("X-HubSpot-Signature-v3", to_base64(&mac))
            .with("X-HubSpot-Request-Timestamp", at)
    }

    fn hook(&self) -> RawHook<'_> {
        RawHook { method: &self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }

    /// What the signature check alone says at `now`, to an app with these secrets.
    fn verify(&self, secrets: &[&str], now: i64) -> Result<(), &'static str> {
        with_keys(secrets, |keys| super::signature::verify(&self.hook(), keys, Timestamp::from_millis(now)))
            .map_err(|refusal| refusal.code)
    }

    /// What the door says at `now`, to an app with these secrets.
    fn door(&self, secrets: &[&str], now: i64) -> Door {
        let provider = by_id("hubspot").unwrap();
        with_keys(secrets, |keys| provider.door(&self.hook(), keys, Timestamp::from_millis(now)))
    }
}

/// Runs `check` with these secrets as keys.
fn with_keys<T>(secrets: &[&str], check: impl Fn(&DoorKeys<'_>) -> T) -> T {
    let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
    let secrets: Vec<&Secret> = secrets.iter().collect();
    check(&DoorKeys { secrets: &secrets, ..DoorKeys::default() })
}

/// How many events the door found, or the code of its refusal.
fn outcome(door: &Door) -> Result<usize, &'static str> {
    match door {
        Door::Accept { events, .. } => Ok(*events),
        Door::Refuse(Refusal { code, .. }) => Err(code),
        Door::Handshake { .. } => panic!("HubSpot has no handshake"),
    }
}
