//! Webhooks of bases, against a model of them (Airtable facts 7).

use crate::airtable::Airtable;
use crate::load::Wish;
use crate::preparing::{TOKEN, Way, go};
use crate::setup::*;
use crate::testing::*;
use crate::wire::{Again, Call, Fault};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

const OURS: &str = "https://hub.example.com/webhooks/airtable/main?account=con_1&token=s3cret";
const THEIRS: &str = "https://hub.example.com/webhooks/airtable/main?account=con_2&token=s3cret2";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Bases with their webhooks.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    bases: Vec<Value>,
    hooks: Vec<(String, Value)>,
    made: usize,
    /// Calls that change something, by method and the end of the path.
    log: Vec<String>,
}

impl Model {
    fn of(bases: &[(&str, &str)]) -> Self {
        let base = |(id, level): &(&str, &str)| json!({ "id": id, "name": format!("Base {id}"), "permissionLevel": level });
        Self { bases: bases.iter().map(base).collect(), hooks: Vec::new(), made: 0, log: Vec::new() }
    }

    fn add(&mut self, base: &str, id: &str, url: &str, ends: Timestamp) -> &mut Value {
        let types = ["tableData", "tableFields", "tableMetadata"];
        let hook = json!({
            "id": id, "areNotificationsEnabled": true, "cursorForNextPayload": 1, "isHookEnabled": true,
            "expirationTime": ends.to_string(), "notificationUrl": url,
            "specification": { "options": { "filters": { "dataTypes": types } } },
        });
        self.hooks.push((base.to_owned(), hook));
        &mut self.hooks.last_mut().unwrap().1
    }

    fn answer(&mut self, now: Timestamp, call: &Call) -> (u16, Value) {
        let path = call.url.strip_prefix("https://api.example.com/v0/").unwrap().to_owned();
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let parts: Vec<&str> = path.split(['/', '?']).collect();
        if call.method != Method::GET {
            self.log.push(format!("{} {}", call.method, parts[2..].join("/")));
        }
        if parts[..2] == ["meta", "bases"] {
            return match parts.get(2) {
                None if self.bases.len() > 1 => (200, json!({ "bases": self.bases[..1], "offset": "itr1" })),
                None => (200, json!({ "bases": self.bases })),
                Some(offset) => {
                    assert_eq!(*offset, "offset=itr1");
                    (200, json!({ "bases": self.bases[1..] }))
                }
            };
        }
        let base = parts[1].to_owned();
        assert_eq!((parts[0], call.part.as_deref()), ("bases", Some(base.as_str())), "{path}");
        let place =
            parts.get(3).map(|id| self.hooks.iter().position(|(of, hook)| *of == base && hook["id"] == **id));
        match (call.method.clone(), place, parts.get(4).copied()) {
            (Method::GET, None, None) => {
                let of_base = self.hooks.iter().filter(|(of, _)| *of == base).map(|(_, hook)| hook.clone());
                (200, json!({ "webhooks": of_base.collect::<Vec<_>>() }))
            }
            (Method::POST, None, None) => {
                self.made += 1;
                let id = format!("achNew{}", self.made);
                let hook = self.add(&base, &id, body["notificationUrl"].as_str().unwrap(), now.plus(7 * DAY));
                hook["specification"] = body["specification"].clone();
                let end = hook["expirationTime"].clone();
                (200, json!({ "id": id, "macSecretBase64": "c3VwZXIgZHVwZXI=", "expirationTime": end }))
            }
            (_, Some(None), _) => (404, json!({ "error": "NOT_FOUND" })),
            (Method::DELETE, Some(Some(place)), None) => {
                self.hooks.remove(place);
                (200, Value::Null)
            }
            (Method::POST, Some(Some(place)), Some("refresh")) => {
                assert!(call.body.is_empty() && call.again == Again::Always);
                self.hooks[place].1["expirationTime"] = json!(now.plus(7 * DAY).to_string());
                (200, json!({ "expirationTime": now.plus(7 * DAY).to_string() }))
            }
            (Method::POST, Some(Some(place)), Some("enableNotifications")) => {
                assert_eq!(body, json!({ "enable": true }));
                self.hooks[place].1["areNotificationsEnabled"] = json!(true);
                (200, Value::Null)
            }
            other => panic!("{other:?}"),
        }
    }
}

fn want(kept: &[(&str, &str, bool)]) -> Want {
    let kept = kept.iter().map(|(part, id, known)| Kept {
        remote_id: (*id).to_owned(),
        part: (*part).to_owned(),
        secret: known.then(|| Secret::new("c2VjcmV0")),
        expires_at: None,
    });
    Want {
        notify: Some(Secret::new(OURS)),
        topics: Airtable.usual(&Wish::default()),
        kept: kept.collect(),
        ..Want::default()
    }
}

fn run(want: &Want, model: &mut Model, now: Timestamp) -> Way {
    go(&Airtable, want, now, false, "s3cret", &mut |call| model.answer(now, call))
}

/// The kinds of what was planned; that a dry run plans the same and changes nothing, and a second run nothing at all.
fn kinds(want: &Want, model: &mut Model) -> Vec<Kind> {
    let before = model.clone();
    let dry = go(&Airtable, want, NOW, true, "s3cret", &mut |call| model.answer(NOW, call));
    assert_eq!(*model, before);
    let way = run(want, model, NOW);
    assert_eq!(dry.planned, way.planned);
    assert!(way.faults.is_empty(), "{:?}", way.faults);
    let again = Want { kept: way.kept.clone(), ..want.clone() };
    let log = model.log.len();
    let second = run(&again, model, NOW);
    assert!(second.planned.iter().all(|planned| planned.kind == Kind::ByHand), "{:?}", second.planned);
    assert_eq!((model.log.len(), &second.kept), (log, &way.kept));
    way.kinds()
}

/// Changes a webhook as it is listed.
type Alter = fn(&mut Value);

#[test]
fn every_base_gets_one_webhook_whose_secret_and_end_are_kept() {
    let mut model = Model::of(&[("appA", "create"), ("appB", "create"), ("appC", "none")]);
    let way = run(&want(&[]), &mut model.clone(), NOW);
    assert_eq!(way.planned[0].what, "Create a webhook for Base appA");
    let kept: Vec<_> = way.kept.iter().map(|kept| (kept.part.as_str(), kept.remote_id.as_str())).collect();
    assert_eq!(kept, [("appA", "achNew1"), ("appB", "achNew2")]);
    for kept in &way.kept {
        assert_eq!(kept.secret, Some(Secret::new("c3VwZXIgZHVwZXI=")));
        assert_eq!(kept.expires_at, Some(NOW.plus(7 * DAY)));
    }
    assert_eq!(kinds(&want(&[]), &mut model), [Kind::Create; 2]);
    assert_eq!(
        model.hooks[0].1["specification"]["options"]["filters"]["dataTypes"],
        json!(["tableData", "tableFields", "tableMetadata"])
    );
    let only = Want { parts: vec!["appB".to_owned()], ..want(&[]) };
    assert_eq!(
        run(&only, &mut Model::of(&[("appA", "create"), ("appB", "create")]), NOW).kept[0].part,
        "appB"
    );
}

#[test]
fn webhooks_of_others_stay_those_of_our_other_connections_too() {
    let mut model = Model::of(&[("appA", "create")]);
    model.add("appA", "achTheirs", "https://elsewhere.example.com/hook", NOW.plus(DAY));
    model.add("appA", "achOther", THEIRS, NOW.plus(DAY));
    model.add("appA", "achNone", "", NOW.plus(DAY))["notificationUrl"] = Value::Null;
    let before = model.hooks.clone();
    assert_eq!(kinds(&want(&[]), &mut model), [Kind::Create]);
    assert_eq!(model.hooks[..3], before[..]);
}

#[test]
fn a_webhook_that_is_ours_and_of_no_use_is_replaced() {
    let whole = NOW.plus(7 * DAY);
    let cases: [(&str, bool, Timestamp, Alter); 5] = [
        (OURS, false, whole, |_| {}),
        ("https://hub.example.com/webhooks/airtable/main?token=old", true, whole, |_| {}),
        (OURS, true, NOW, |_| {}),
        (OURS, true, whole, |hook| hook["isHookEnabled"] = json!(false)),
        (OURS, true, whole, |hook| {
            hook["specification"]["options"]["filters"]["dataTypes"] = json!(["tableData"])
        }),
    ];
    for (url, known, ends, change) in cases {
        let mut model = Model::of(&[("appA", "create")]);
        change(model.add("appA", "achOld", url, ends));
        assert_eq!(kinds(&want(&[("appA", "achOld", known)]), &mut model), [Kind::Delete, Kind::Create]);
        // Airtable allows two for each integration: the old one has to make room first.
        assert_eq!(model.log, ["DELETE webhooks/achOld", "POST webhooks"]);
        assert_eq!((model.hooks.len(), &model.hooks[0].1["id"]), (1, &json!("achNew1")));
    }
}

#[test]
fn of_two_that_are_good_one_goes() {
    let mut model = Model::of(&[("appA", "create")]);
    model.add("appA", "achA", OURS, NOW.plus(7 * DAY));
    model.add("appA", "achB", OURS, NOW.plus(7 * DAY));
    assert_eq!(kinds(&want(&[("appA", "achA", true), ("appA", "achB", true)]), &mut model), [Kind::Delete]);
    assert_eq!(model.hooks[0].1["id"], "achA");
}

#[test]
fn one_that_is_about_to_end_is_renewed_and_one_that_is_silent_is_enabled() {
    for (left, silent, expected) in [
        (2 * DAY, false, vec![Kind::Renew]),
        (2 * DAY + Duration::from_secs(1), false, vec![]),
        (DAY, true, vec![Kind::Activate, Kind::Renew]),
        (6 * DAY, true, vec![Kind::Activate]),
    ] {
        let mut model = Model::of(&[("appA", "create")]);
        model.add("appA", "achA", OURS, NOW.plus(left))["areNotificationsEnabled"] = json!(!silent);
        let renewed = expected.contains(&Kind::Renew);
        assert_eq!(kinds(&want(&[("appA", "achA", true)]), &mut model), expected);
        let end = NOW.plus(if renewed { 7 * DAY } else { left });
        let way = run(&want(&[("appA", "achA", true)]), &mut model, NOW);
        assert_eq!(way.kept[0].expires_at, Some(end));
    }
}

#[test]
fn what_vanished_is_made_again_and_what_is_gone_is_forgotten() {
    let mut model = Model::of(&[("appA", "create")]);
    let way = run(&want(&[("appA", "achGone", true), ("appLeft", "achLeft", true)]), &mut model, NOW);
    assert_eq!(way.gone.len(), 2);
    assert_eq!((way.kinds(), way.kept.len()), (vec![Kind::Create], 1));
    // It ends between the look and the renewal.
    let mut model = Model::of(&[("appA", "create")]);
    model.add("appA", "achA", OURS, NOW.plus(DAY));
    let mut refused = false;
    let way = go(&Airtable, &want(&[("appA", "achA", true)]), NOW, false, "s3cret", &mut |call| {
        if call.url.ends_with("/refresh") {
            refused = true;
            return (422, json!({ "error": { "type": "INVALID_REQUEST_UNKNOWN", "message": "expired" } }));
        }
        model.answer(NOW, call)
    });
    assert_eq!((refused, way.kinds()), (true, vec![Kind::Renew, Kind::Delete, Kind::Create]));
    assert_eq!(way.gone, ["achA"]);
}

#[test]
fn a_base_where_nobody_lets_us_is_said_and_the_others_go_on() {
    let mut model = Model::of(&[("appA", "edit"), ("appB", "create"), ("appD", "create")]);
    let refusal = json!({ "error": { "type": "INVALID_PERMISSIONS", "message": format!("no {TOKEN}") } });
    let way = go(&Airtable, &want(&[]), NOW, false, "s3cret", &mut |call| {
        let refused = call.url.ends_with("appB/webhooks") && call.method == Method::POST;
        if refused { (403, refusal.clone()) } else { model.answer(NOW, call) }
    });
    assert_eq!(way.kinds(), [Kind::ByHand, Kind::Create, Kind::Create]);
    assert_eq!((way.faults.len(), way.kept.len()), (1, 1));
    assert!(matches!(&way.faults[0], Fault::Forbidden(words) if !words.contains(TOKEN)), "{:?}", way.faults);
}

#[test]
fn without_an_address_a_person_is_told_and_without_a_wish_nothing_is() {
    let nowhere = Want { notify: None, ..want(&[]) };
    let way = go(&Airtable, &nowhere, NOW, false, "s3cret", &mut |call| panic!("{call:?}"));
    assert_eq!(way.kinds(), [Kind::ByHand]);
    let nothing = Want { topics: Vec::new(), ..want(&[]) };
    let way = go(&Airtable, &nothing, NOW, false, "s3cret", &mut |call| panic!("{call:?}"));
    assert!(way.planned.is_empty());
    let rows = Wish { types: vec!["row".to_owned()], ..Wish::default() };
    assert_eq!(Airtable.usual(&rows).len(), 1);
}

#[test]
fn a_ping_names_its_webhook_and_no_other_event_does() {
    let ping = br#"{"base":{"id":"appA"},"webhook":{"id":"achA"},"timestamp":"2022-02-01T21:25:05.663Z"}"#;
    assert_eq!(Airtable.pinged("webhook.ping", ping), Some("achA".to_owned()));
    assert_eq!(Airtable.pinged("record.changed", ping), None);
    assert_eq!(Airtable.pinged("webhook.ping", b"{}"), None);
    assert_eq!(Airtable.pinged("webhook.ping", b"no"), None);
}
