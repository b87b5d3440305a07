//! Subscriptions, against a model of them (10to8 facts 6). What the answers look like is the facts' assumption.

use crate::load::Wish;
use crate::preparing::{TOKEN, Way, go};
use crate::setup::*;
use crate::tentoeight::TenToEight;
use crate::testing::*;
use crate::wire::{Call, Fault};
use http::Method;
use serde_json::{Value, json};
use syncline_core::secret::Secret;

const OURS: &str = "https://hub.example.com/webhooks/tentoeight/main?account=key-1&token=s3cret";
const LIST: &str = "https://api.example.com/api/enterprise/v2/subscription/";

/// An organisation's subscriptions, two a page.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    all: Vec<Value>,
    made: usize,
    /// Whether the answer to a new one names it.
    silent: bool,
}

impl Model {
    fn of(callbacks: &[(&str, &str)]) -> Self {
        let mut model = Self::default();
        for (callback, scope) in callbacks {
            model.add(callback, scope);
        }
        model
    }

    fn add(&mut self, callback: &str, scope: &str) -> Value {
        self.made += 1;
        let one = json!({ "resource_uri": format!("{LIST}{}/", self.made), "callback_url": callback, "scope": scope });
        self.all.push(one.clone());
        one
    }

    fn callbacks(&self) -> Vec<&str> {
        self.all.iter().map(|one| one["callback_url"].as_str().unwrap()).collect()
    }

    fn answer(&mut self, call: &Call) -> (u16, Value) {
        assert_eq!(call.headers["authorization"], format!("token {TOKEN}"));
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        match call.method {
            Method::GET => {
                let rest = call.url.strip_prefix(LIST).unwrap();
                let from: usize = rest.strip_prefix("?offset=").map_or(0, |from| from.parse().unwrap());
                let page: Vec<&Value> = self.all.iter().skip(from).take(2).collect();
                let next = (self.all.len() > from + 2).then(|| format!("{LIST}?offset={}", from + 2));
                (200, json!({ "results": page, "next": next }))
            }
            Method::POST => {
                assert_eq!(call.url, LIST);
                let made = self.add(body["callback_url"].as_str().unwrap(), body["scope"].as_str().unwrap());
                (201, if self.silent { json!({}) } else { made })
            }
            Method::DELETE => {
                let before = self.all.len();
                self.all.retain(|one| one["resource_uri"] != *call.url);
                if self.all.len() < before {
                    (204, Value::Null)
                } else {
                    (404, json!({ "detail": "Not found." }))
                }
            }
            _ => panic!("{call:?}"),
        }
    }
}

fn want(kept: &[&str]) -> Want {
    let kept = kept.iter().map(|id| Kept {
        remote_id: format!("{LIST}{id}/"),
        part: String::new(),
        secret: None,
        expires_at: None,
    });
    Want {
        notify: Some(Secret::new(OURS)),
        topics: TenToEight.usual(&Wish::default()),
        kept: kept.collect(),
        ..Want::default()
    }
}

fn run(want: &Want, model: &mut Model, dry: bool) -> Way {
    go(&TenToEight, want, NOW, dry, "s3cret", &mut |call| model.answer(call))
}

/// The kinds of what was planned; that a dry run plans the same and changes nothing, and a second run nothing at all.
fn kinds(want: &Want, model: &mut Model) -> Vec<Kind> {
    let before = model.clone();
    let dry = run(want, model, true);
    assert_eq!(*model, before);
    let way = run(want, model, false);
    assert_eq!((&dry.planned, way.faults.len()), (&way.planned, 0));
    let (after, again) = (model.clone(), Want { kept: way.kept.clone(), ..want.clone() });
    let second = run(&again, model, false);
    assert!(second.planned.is_empty() && second.unchanged == 1, "{second:?}");
    assert_eq!((&*model, &second.kept), (&after, &way.kept));
    way.kinds()
}

#[test]
fn customers_are_subscribed_once() {
    let mut model = Model::default();
    assert_eq!(kinds(&want(&[]), &mut model), [Kind::Create]);
    assert_eq!(
        model.all,
        [json!({ "resource_uri": format!("{LIST}1/"), "callback_url": OURS, "scope": "customer" })]
    );
    let mut silent = Model { silent: true, ..Model::default() };
    let way = run(&want(&[]), &mut silent, false);
    assert_eq!((way.kept[0].remote_id.clone(), silent.all.len()), (format!("{LIST}1/"), 1));
}

#[test]
fn subscriptions_of_others_stay_on_whatever_page_they_are() {
    let others = [
        ("https://elsewhere.example.com/hook", "customer"),
        ("https://hub.example.com/webhooks/tentoeight/other?account=key-1&token=x", "customer"),
        ("https://hub.example.com/webhooks/tentoeight/main?account=key-2&token=x", "customer"),
        ("https://hub.example.com.evil.example/webhooks/tentoeight/main?account=key-1&token=x", "customer"),
        ("not an address", "customer"),
        (OURS, "booking"),
    ];
    let mut model = Model::of(&others);
    assert_eq!(kinds(&want(&[]), &mut model), [Kind::Create]);
    let before: Vec<&str> = others.iter().map(|(callback, _)| *callback).collect();
    assert_eq!(model.callbacks()[..6], before[..]);
}

#[test]
fn our_own_with_an_old_token_and_doubles_go() {
    let old = OURS.replace("s3cret", "0ld");
    let mut model = Model::of(&[
        (&old, "customer"),
        (OURS, "customer"),
        ("https://a.example/", "customer"),
        (OURS, "customer"),
    ]);
    assert_eq!(kinds(&want(&[]), &mut model), [Kind::Delete, Kind::Delete]);
    assert_eq!(model.callbacks(), [OURS, "https://a.example/"]);
    // An earlier set-up made it for another public URL.
    let mut model =
        Model::of(&[("https://old.example.com/webhooks/tentoeight/main?account=key-1&token=x", "customer")]);
    assert_eq!(kinds(&want(&["1"]), &mut model), [Kind::Delete, Kind::Create]);
    assert_eq!(model.callbacks(), [OURS]);
}

#[test]
fn what_somebody_deleted_is_made_again_and_forgotten() {
    let mut model = Model::default();
    let way = run(&want(&["7"]), &mut model, false);
    assert_eq!((way.kinds(), way.gone), (vec![Kind::Create], vec![format!("{LIST}7/")]));
}

#[test]
fn the_key_goes_to_no_other_host() {
    let elsewhere = "https://evil.example.com/api/enterprise/v2/subscription/?offset=2";
    let way = go(&TenToEight, &want(&[]), NOW, false, "s3cret", &mut |call| {
        assert!(call.url.starts_with("https://api.example.com/"), "{call:?}");
        (
            200,
            json!({ "results": [{ "resource_uri": elsewhere, "callback_url": OURS, "scope": "customer" }], "next": elsewhere }),
        )
    });
    assert!(matches!(way.faults[..], [Fault::Unreadable(_)]), "{way:?}");
    // Nor is one deleted that is said to be elsewhere.
    let uri = "https://evil.example.com/api/enterprise/v2/subscription/9/";
    let way = go(&TenToEight, &want(&[]), NOW, false, "s3cret", &mut |call| match call.method {
        Method::GET => (
            200,
            json!({ "results": [{ "resource_uri": uri, "callback_url": OURS, "scope": "customer" }], "next": null }),
        ),
        _ => (400, json!({ "callback_url": ["Enter a valid URL."] })),
    });
    assert_eq!(way.kinds(), [Kind::Create]);
    assert!(
        matches!(&way.faults[..], [Fault::Rejected(words)] if words.contains("Enter a valid URL")),
        "{way:?}"
    );
}

#[test]
fn without_an_address_a_person_is_told() {
    let nowhere = Want { notify: None, ..want(&[]) };
    let way = go(&TenToEight, &nowhere, NOW, false, "s3cret", &mut |call| panic!("{call:?}"));
    assert_eq!(way.kinds(), [Kind::ByHand]);
}
