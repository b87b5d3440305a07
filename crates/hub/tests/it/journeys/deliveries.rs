//! A delivery that failed is read and sent again.

use super::Person;
use crate::notify::receiver::{FINE, Receiver, Reply};
use crate::portal_endpoints::{HERE, becomes, make, publish};
use crate::support::TestHub;
use crate::support::chromium::Chromium;
use serde_json::json;
use std::time::Duration;
use syncline_store::notify::deliveries::State;

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delivery_tells_what_the_receiver_answered_and_is_sent_again() {
    let Some(browser) = Chromium::start("journeys: deliveries").await else { return };
    let hub = TestHub::start(&HERE).await;
    let receiver = Receiver::always(Reply::Status(500, "x-trace: t1\r\n", "the stock room is locked")).await;
    let url = receiver.url("/hook");
    let endpoint = make(&hub, json!({ "org_id": "acme", "url": url, "schedule": { "waits": [] } })).await;
    let message = publish(&hub, json!({ "invoice": 7 })).await;
    becomes(&hub, &message, &endpoint, State::Failed, 1).await;

    let person = Person::signed_in(browser, &hub).await;
    person.clicks("nav a[href=\"/portal/endpoints\"]").await;
    person.clicks(&format!("a[href=\"/portal/endpoints/{endpoint}\"]")).await;
    person.sees_at(".deliveries .k", "Failed").await;
    person.clicks(".deliveries td.c-kind a").await;
    person.sees_at("h1 + .k", "Failed").await;
    person.sees_at(".attempts .k", "500").await;
    person.clicks(".attempts summary").await;
    person.sees_at(".attempts dl", "x-trace").await;
    person.sees_at(".attempts pre", "the stock room is locked").await;

    receiver.behave(|_, _| FINE);
    hub.clock.advance(Duration::from_secs(1));
    person.clicks("form[action$=\"/resend\"] button").await;
    person.sees("It is sent again now.").await;
    person.sees_at("h1 + .k", "Delivered").await;
    person.sees_at(".attempts .k", "204").await;
    assert_eq!(receiver.count(), 2);
    person.had_nothing_to_complain_about().await;
}
