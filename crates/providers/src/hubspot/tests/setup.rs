//! Setting up, against a model of the two APIs. Bodies as they stand in the facts, sections 4 and 6.1.

use super::setup_model::{Model, OLD, OURS};
use crate::hubspot::HubSpot;
use crate::load::{At, Wish};
use crate::setup::*;
use crate::testing::*;
use http::Method;
use serde_json::json;
use syncline_core::secret::Secret;

fn topic(event: &str, property: Option<&str>) -> Topic {
    Topic { event: event.to_owned(), object_type: None, property: property.map(str::to_owned) }
}

fn want(topics: &[Topic]) -> Want {
    Want {
        app: Some(AppKeys {
            client_id: "c".to_owned(),
            app_id: Some("54321".to_owned()),
            developer_key: Some(Secret::new("dev-key-1")),
        }),
        notify: Some(Secret::new(OURS)),
        topics: topics.to_vec(),
        ..Want::default()
    }
}

pub fn two_topics() -> Want {
    want(&[topic("contact.creation", None), topic("contact.propertyChange", Some("email"))])
}

/// What a set-up planned, but for what is there already, and what it kept. A dry run leaves the model alone.
fn run(want: &Want, model: &mut Model, dry: bool) -> (Vec<Planned>, Vec<Kept>) {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    let at = At { hosts: &hosts, token: &token, now: NOW };
    let (mut preparation, mut planned, mut kept) = (HubSpot.begin(want), Vec::new(), Vec::new());
    loop {
        let call = match preparation.next(&at) {
            Step::Done => break,
            Step::Look(call) => {
                assert_eq!(call.method, Method::GET);
                call
            }
            Step::Change { call, what } => {
                assert!(!what.what.contains("s3cret"), "{what:?}");
                planned.push(what);
                if dry {
                    preparation.skip();
                    continue;
                }
                call
            }
            Step::Note(note) => {
                assert!(!note.what.contains("s3cret"), "{note:?}");
                planned.push(note);
                preparation.skip();
                continue;
            }
        };
        let (status, body) = model.answer(&call);
        let taken = preparation.take(&at, &Answer::new(status, body.to_string()).reply()).unwrap();
        assert!(taken.gone.is_empty());
        kept.extend(taken.kept);
    }
    planned.retain(|planned| planned.kind != Kind::Unchanged);
    (planned, kept)
}

/// The kinds of what was planned, and that a dry run plans the same and changes nothing, and a second run nothing at all.
fn kinds(want: &Want, model: &mut Model) -> Vec<Kind> {
    let mut untouched = model.clone();
    let (dry, _) = run(want, &mut untouched, true);
    assert_eq!(untouched, *model);
    let (planned, kept) = run(want, model, false);
    assert_eq!(dry, planned);
    let (before, again) = (model.clone(), Want { kept, ..want.clone() });
    let (second, _) = run(&again, model, false);
    let is_said = |planned: &Planned| matches!(planned.kind, Kind::Refused | Kind::ByHand);
    assert!(second.iter().all(is_said), "{second:?}");
    assert_eq!(before, *model);
    planned.into_iter().map(|planned| planned.kind).collect()
}

#[test]
fn properties_are_made_in_a_group_of_their_own_once() {
    let want = Want { properties: customer_properties(), ..Want::default() };
    let mut model = Model::fresh();
    let (planned, kept) = run(&want, &mut model.clone(), false);
    let said: Vec<&str> = planned.iter().map(|planned| planned.what.as_str()).collect();
    assert_eq!(said[0], "Create the group tte_customer for properties of contacts");
    assert_eq!(said[1], "Create the property tte_customer_uri of contacts");
    assert_eq!((said.len(), kept.len()), (5, 0));
    assert_eq!(kinds(&want, &mut model), [Kind::Create; 5]);
    assert_eq!(
        model.properties[1],
        json!({ "name": "tte_customer_uri", "label": "10to8 Customer URI", "groupName": "tte_customer", "type": "string",
            "fieldType": "text", "description": "The customer at 10to8 that this contact is kept in step with." })
    );
    assert_eq!(model.properties[2]["fieldType"], "textarea");
}

#[test]
fn properties_that_are_there_are_left_as_they_are_and_wrong_ones_are_named() {
    let want = Want { properties: customer_properties(), ..Want::default() };
    let mut model = Model::fresh();
    model.groups.push(json!({ "name": "tte_customer", "label": "Theirs" }));
    let own = json!({ "name": "tte_customer_uri", "type": "string", "fieldType": "textarea", "groupName": "other" });
    model.properties.push(own.clone());
    model.properties.push(json!({ "name": "tte_customer_secondary_emails", "type": "enumeration" }));
    let locked = json!({ "name": "tte_customer_secondary_phone", "type": "string", "modificationMetadata": { "readOnlyValue": true } });
    model.properties.push(locked);
    model.properties.push(json!({ "name": "tte_customer_sync_status", "type": "string", "archived": true }));
    assert_eq!(kinds(&want, &mut model.clone()), [Kind::Refused, Kind::Refused, Kind::Create]);
    let (planned, _) = run(&want, &mut model, false);
    assert!(
        planned[0].what.contains("tte_customer_secondary_emails")
            && planned[0].what.contains("`enumeration`")
    );
    assert!(model.properties.contains(&own));
    let mut bad = want;
    bad.properties[0].name = "Bad Name".to_owned();
    bad.properties.truncate(1);
    assert_eq!(kinds(&bad, &mut Model::fresh()), [Kind::Refused]);
}

#[test]
fn an_app_of_which_nothing_was_set_up_gets_a_target_and_subscriptions() {
    let mut model = Model::fresh();
    let (planned, kept) = run(&two_topics(), &mut model.clone(), false);
    let said: Vec<&str> = planned.iter().map(|planned| planned.what.as_str()).collect();
    assert_eq!(
        said,
        [
            "Have the app's webhooks go to hub.example.com",
            "Subscribe to contact.creation",
            "Subscribe to contact.propertyChange email"
        ]
    );
    assert_eq!(kept.iter().map(|kept| kept.remote_id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(kinds(&two_topics(), &mut model), [Kind::Create; 3]);
    assert_eq!(model.told(), ["+contact.creation", "+contact.propertyChange email"]);
    assert_eq!(
        model.target,
        Some(json!({ "targetUrl": OURS, "throttling": { "maxConcurrentRequests": 10 } }))
    );
}

#[test]
fn paused_ones_are_activated_and_those_of_others_stay_as_they_are() {
    let there = [
        ("contact.creation", None, false),
        ("deal.creation", None, true),
        ("contact.propertyChange", Some("phone"), true),
        ("deal.deletion", None, false),
    ];
    let mut model = Model::with(OURS, &there);
    assert_eq!(kinds(&two_topics(), &mut model), [Kind::Activate, Kind::Create]);
    let others = ["+deal.creation", "+contact.propertyChange phone", "-deal.deletion"];
    assert_eq!(
        model.told(),
        [&["+contact.creation"][..], &others[..], &["+contact.propertyChange email"]].concat()
    );
}

#[test]
fn what_we_made_and_nobody_wants_any_more_is_paused() {
    let mut model = Model::with(OURS, &[("contact.creation", None, true), ("deal.creation", None, true)]);
    let kept = Kept { remote_id: "2".to_owned(), part: String::new(), secret: None, expires_at: None };
    let want = Want { kept: vec![kept], ..want(&[topic("contact.creation", None)]) };
    assert_eq!(kinds(&want, &mut model), [Kind::Pause]);
    assert_eq!(model.told(), ["+contact.creation", "-deal.creation"]);
}

#[test]
fn a_new_target_is_set_while_ours_are_paused() {
    let mut model = Model::with(OLD, &[("contact.creation", None, true), ("deal.creation", None, false)]);
    let (planned, _) = run(&two_topics(), &mut model.clone(), false);
    let replaced = "Have the app's webhooks go to hub.example.com instead of old.example.net";
    assert_eq!(planned[1], Planned { kind: Kind::Replace, what: replaced.to_owned() });
    let order = [Kind::Pause, Kind::Replace, Kind::Activate, Kind::Create];
    assert_eq!(kinds(&two_topics(), &mut model), order);
    assert_eq!(model.told(), ["+contact.creation", "-deal.creation", "+contact.propertyChange email"]);
    assert_eq!(model.target.unwrap()["throttling"]["maxConcurrentRequests"], 25, "as it was");
}

#[test]
fn a_target_that_serves_others_is_theirs_unless_a_person_says_otherwise() {
    let there = [("deal.creation", None, true), ("contact.creation", None, true)];
    let mut model = Model::with(OLD, &there);
    let before = model.clone();
    assert_eq!(kinds(&two_topics(), &mut model), [Kind::Refused]);
    assert_eq!(model, before);
    let (planned, _) = run(&two_topics(), &mut model, false);
    assert!(planned[0].what.contains("old.example.net") && planned[0].what.contains("deal.creation"));
    let want = Want { take_over: true, ..two_topics() };
    let order = [Kind::Pause, Kind::Replace, Kind::Activate, Kind::Create];
    assert_eq!(kinds(&want, &mut model), order);
    assert_eq!(model.told()[..2], ["+deal.creation", "+contact.creation"]);
}

#[test]
fn without_the_apps_keys_people_are_told_what_to_do() {
    let full = two_topics();
    let keyless = AppKeys { developer_key: None, ..full.app.clone().unwrap() };
    for (want, words) in [
        (Want { app: None, ..full.clone() }, "private app"),
        (Want { app: Some(keyless), ..full.clone() }, "developer API key"),
        (Want { notify: None, ..full }, "public address"),
    ] {
        let (planned, _) = run(&want, &mut Model::fresh(), false);
        assert_eq!((planned.len(), planned[0].kind), (1, Kind::ByHand));
        assert!(planned[0].what.contains(words) && planned[0].what.ends_with("contact.propertyChange email"));
    }
    assert_eq!(run(&Want::default(), &mut Model::fresh(), false).0, []);
}

#[test]
fn usually_all_that_changes_a_record_is_told() {
    let told = |wish: &Wish| {
        let say = |topic: Topic| {
            let more =
                [topic.object_type, topic.property].into_iter().flatten().collect::<Vec<_>>().join(" ");
            format!("{} {more}", topic.event).trim().to_owned()
        };
        HubSpot.usual(wish).into_iter().map(say).collect::<Vec<_>>()
    };
    let deals = told(&Wish { types: vec!["0-3".to_owned()], ..Wish::default() });
    assert_eq!(
        deals[..5],
        ["deal.creation", "deal.deletion", "deal.merge", "deal.restore", "deal.propertyChange dealname"]
    );
    assert_eq!(deals.len(), 9);
    let all = told(&Wish::default());
    assert!(
        all.contains(&"contact.privacyDeletion".to_owned())
            && !all.iter().any(|one| one.contains("modifieddate"))
    );
    let own = Wish { types: vec!["2-7".to_owned(), "leads".to_owned()], ..Wish::default() };
    let own = told(&own);
    assert_eq!(
        own[..4],
        ["object.creation 2-7", "object.deletion 2-7", "object.merge 2-7", "object.restore 2-7"]
    );
    assert_eq!(
        own[4..],
        [
            "object.creation 0-136",
            "object.deletion 0-136",
            "object.merge 0-136",
            "object.restore 0-136",
            "object.propertyChange 0-136 hs_lead_name"
        ]
    );
    assert!(setup("hubspot").is_some() && setup("nobody").is_none() && HubSpot.renew_before().is_none());
}
