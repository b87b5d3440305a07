//! Deliveries to send: ten HubSpot events each, signed as HubSpot signs, no event twice.

use data_encoding::{BASE64, HEXLOWER};
use std::fmt::Write as _;
use syncline_core::signature::{hmac_sha256, sha256};
use syncline_core::time::Timestamp;

/// Events in a delivery.
pub const EVENTS: usize = 10;

/// The app's secret in benchmarks.
pub const SECRET: &str = "bench-secret-0123456789abcdef0123456789";

/// Records that a delivery's events are about: HubSpot sends what happened to one record together.
const RECORDS: u64 = 3;

/// A place among a million records, scattered.
fn record(number: u64) -> u64 {
    number * 7_919 % 1_000_003
}

/// A body of ten events about three records, about 3.5 KB; `number` makes its events different from every other delivery's.
#[must_use]
pub fn body(number: u64, occurred_at: Timestamp) -> String {
    let mut body = String::with_capacity(3_700);
    body.push('[');
    for index in 0..EVENTS as u64 {
        let event = number * EVENTS as u64 + index;
        if index > 0 {
            body.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            "{{\"eventId\":{event},\"subscriptionId\":{},\"portalId\":{},\"appId\":54321,\"occurredAt\":{},\
             \"subscriptionType\":\"contact.propertyChange\",\"attemptNumber\":0,\"objectId\":{},\
             \"propertyName\":\"lifecyclestage\",\"propertyValue\":\"marketingqualifiedlead {event}\",\"changeSource\":\"AUTOMATION_PLATFORM\",\
             \"sourceId\":\"enrollmentId:{event};actionExecutionIndex:0\",\"isSensitive\":false}}",
            index + 7,
            62_515 + number % 40,
            occurred_at.as_millis(),
            180_000_000_000 + record(number * RECORDS + index % RECORDS),
        );
    }
    body.push(']');
    body
}

/// A whole HTTP request with that body.
#[must_use]
pub fn request(host: &str, public_url: &str, path: &str, body: &str, now: Timestamp) -> Vec<u8> {
    let timestamp = now.as_millis().to_string();
    let url = format!("{public_url}{path}");
    let v1 = HEXLOWER.encode(&sha256(&[SECRET.as_bytes(), body.as_bytes()]));
    let signed = [b"POST", url.as_bytes(), body.as_bytes(), timestamp.as_bytes()];
    let v3 = BASE64.encode(&hmac_sha256(SECRET.as_bytes(), &signed));
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nUser-Agent: HubSpot Connect\r\n\
         X-HubSpot-Signature: {v1}\r\nX-HubSpot-Signature-Version: v1\r\nX-HubSpot-Signature-v3: {v3}\r\n\
         X-HubSpot-Request-Timestamp: {timestamp}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
