//! Set-ups in which something goes wrong. Bodies as they stand in the facts, sections 1.5, 4 and 6.1.

use super::setup::two_topics;
use super::setup_model::{Model, OLD, OURS};
use crate::hubspot::HubSpot;
use crate::load::At;
use crate::setup::{Preparation, Setup as _, Step, Taken, Want, customer_properties};
use crate::testing::*;
use crate::wire::Fault;
use http::Method;
use syncline_core::secret::Secret;

/// Goes to the first call of this method on this path, everything before it answered by the model.
fn up_to(want: &Want, model: &mut Model, method: &Method, end: &str) -> Box<dyn Preparation> {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    let at = At { hosts: &hosts, token: &token, now: NOW };
    let mut preparation = HubSpot.begin(want);
    loop {
        let call = match preparation.next(&at) {
            Step::Look(call) | Step::Change { call, .. } => call,
            other => panic!("{other:?}"),
        };
        if call.method == *method && call.url.ends_with(end) {
            return preparation;
        }
        let (status, body) = model.answer(&call);
        preparation.take(&at, &Answer::new(status, body.to_string()).reply()).unwrap();
    }
}

fn answer(preparation: &mut dyn Preparation, status: u16, body: &str) -> Result<Taken, Fault> {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    preparation.take(&At { hosts: &hosts, token: &token, now: NOW }, &Answer::new(status, body).reply())
}

/// What comes next, as a line.
fn next(preparation: &dyn Preparation) -> String {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    match preparation.next(&At { hosts: &hosts, token: &token, now: NOW }) {
        Step::Look(call) => format!("{call:?}"),
        Step::Change { what, .. } | Step::Note(what) => what.what,
        Step::Done => "done".to_owned(),
    }
}

#[test]
fn a_subscription_that_turns_out_to_be_there_is_activated() {
    let mut setup = up_to(&two_topics(), &mut Model::fresh(), &Method::POST, "/subscriptions");
    let body = r#"{"status":"error","message":"exists","context":{"subscriptionIds":["[77]"]}}"#;
    assert_eq!(answer(&mut *setup, 409, body), Ok(Taken::default()));
    assert_eq!(next(&*setup), "Activate the subscription to contact.creation");
    let taken = answer(&mut *setup, 200, r#"{"id":"77","active":true}"#).unwrap();
    assert_eq!(taken.kept[0].remote_id, "77");
    assert_eq!(next(&*setup), "Subscribe to contact.propertyChange email");
    let full = r#"{"status":"error","message":"Couldn't create another subscription. You've reached the maximum number allowed per application (1000)."}"#;
    assert!(matches!(answer(&mut *setup, 400, full), Err(Fault::Rejected(said)) if said.contains("1000")));
}

#[test]
fn a_subscription_that_was_deleted_meanwhile_is_made_again() {
    let mut model = Model::with(OURS, &[("contact.creation", None, false)]);
    let mut setup = up_to(&two_topics(), &mut model, &Method::PATCH, "/1");
    assert_eq!(answer(&mut *setup, 404, "{}").unwrap().gone, ["1"]);
    assert_eq!(next(&*setup), "Subscribe to contact.creation");
}

#[test]
fn a_property_that_somebody_made_meanwhile_is_looked_at_again_once() {
    let want = Want { properties: customer_properties(), ..Want::default() };
    let mut setup = up_to(&want, &mut Model::fresh(), &Method::POST, "/contacts");
    let body = r#"{"status":"error","message":"A property named 'tte_customer_uri' already exists.","category":"OBJECT_ALREADY_EXISTS"}"#;
    assert_eq!(answer(&mut *setup, 409, body), Ok(Taken::default()));
    assert_eq!(next(&*setup), "GET https://api.example.com/crm/properties/2026-09/contacts");
    let other = r#"{"results":[{"name":"tte_customer_uri","type":"number"}]}"#;
    answer(&mut *setup, 200, other).unwrap();
    assert!(next(&*setup).contains("`number`"));
    setup.skip();
    answer(&mut *setup, 200, r#"{"results":[{"name":"tte_customer"}]}"#).unwrap();
    assert_eq!(next(&*setup), "Create the property tte_customer_secondary_emails of contacts");
    assert!(matches!(answer(&mut *setup, 409, body), Err(Fault::Rejected(_))), "not a third time");
    setup.give_up();
    assert_eq!(next(&*setup), "Create the property tte_customer_secondary_phone of contacts");
}

#[test]
fn after_a_fault_a_set_up_is_where_it_was_and_what_is_given_up_takes_only_what_depends_on_it() {
    let want = Want { properties: customer_properties(), ..two_topics() };
    let mut setup = up_to(&want, &mut Model::fresh(), &Method::GET, "/contacts");
    let forbidden = r#"{"category":"MISSING_SCOPES","context":{"requiredGranularScopes":["crm.schemas.contacts.write"]}}"#;
    let before = next(&*setup);
    assert!(matches!(answer(&mut *setup, 403, forbidden), Err(Fault::Forbidden(_))));
    assert_eq!(answer(&mut *setup, 401, ""), Err(Fault::Unauthorized));
    assert_eq!(next(&*setup), before);
    setup.give_up();
    assert_eq!(next(&*setup), "GET https://api.example.com/app-webhooks/2026-09/54321/settings");
    setup.give_up();
    assert_eq!(next(&*setup), "done");
    let mut setup = up_to(&want, &mut Model::fresh(), &Method::POST, "/groups");
    setup.give_up();
    assert!(next(&*setup).ends_with("/settings"));
    let mut model = Model::with(
        OLD,
        &[("contact.creation", None, true), ("contact.propertyChange", Some("email"), false)],
    );
    let mut setup = up_to(&two_topics(), &mut model, &Method::PUT, "/settings");
    setup.give_up();
    assert_eq!(next(&*setup), "Activate the subscription to contact.creation", "it was active before");
    setup.skip();
    assert_eq!(next(&*setup), "done");
}

#[test]
fn a_refused_developer_key_says_nothing_of_the_connections_token_and_shows_nowhere() {
    let want = two_topics();
    let mut setup = up_to(&want, &mut Model::fresh(), &Method::GET, "/settings");
    for (status, body) in [
        (401, r#"{"category":"INVALID_AUTHENTICATION","message":"Authentication credentials not found."}"#),
        (401, r#"{"message":"A developer API key must be given in hapikey, not dev-key-1"}"#),
        (403, r#"{"message":"dev-key-1 may not"}"#),
    ] {
        let fault = answer(&mut *setup, status, body).unwrap_err();
        assert!(matches!(&fault, Fault::Forbidden(said) if !said.contains("dev-key-1")), "{fault}");
    }
    setup.skip();
    assert_eq!(
        answer(&mut *setup, 404, "{}"),
        Err(Fault::Rejected("HubSpot knows no app with the app's id".to_owned()))
    );
    for shown in [format!("{want:?}"), next(&*setup)] {
        assert!(!shown.contains("dev-key-1") && !shown.contains("s3cret-path"), "{shown}");
    }
}
