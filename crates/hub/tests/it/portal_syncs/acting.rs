//! What can be done with a sync by hand.

use super::rows::{connect, ended, everything, sync};
use crate::support::TestHub;
use crate::support::browser::{Browser, between, csrf};
use syncline_core::sync::{Policy, Rule, Side};
use syncline_store::Scope;
use syncline_store::connections;
use syncline_store::runs::State as RunState;
use syncline_store::syncs::{self, State, runs};

async fn state(hub: &TestHub) -> Option<State> {
    syncs::get(&hub.cx.store, &Scope::All, "syn_1").await.unwrap().map(|sync| sync.state)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_wants_its_token_and_changes_nothing_without_it() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    for path in ["run", "pause", "resume", "delete", "settings", "runs/srn_2/cancel"] {
        let answer = browser.post(&format!("/portal/syncs/syn_1/{path}"), &[("csrf", "wrong")]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let answer = browser.post("/portal/conflicts/cnf_1", &[("csrf", "wrong"), ("choice", "left")]).await;
    assert_eq!(answer.status, 403);
    assert_eq!(browser.post("/portal/syncs/new", &[("csrf", "wrong")]).await.status, 403);
    assert_eq!(state(&hub).await, Some(State::Paused));
    let run = runs::get(&hub.cx.store, &Scope::All, "srn_2").await.unwrap().unwrap();
    assert!(!run.cancel_requested);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_paused_and_resumed() {
    let hub = TestHub::start(&[]).await;
    sync(&hub, State::Active).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/syncs/syn_1").await);
    for (verb, then, says) in [
        ("pause", State::Paused, "The sync is paused"),
        ("pause", State::Paused, "The sync is paused"),
        ("resume", State::Active, "The sync goes on"),
    ] {
        let answer = browser.post(&format!("/portal/syncs/syn_1/{verb}"), &[("csrf", &token)]).await;
        assert_eq!((answer.status, state(&hub).await), (303, Some(then)), "{verb}");
        let page = browser.get(answer.header("location")).await.text();
        assert!(page.contains(says), "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_whose_connection_needs_a_person_says_so_and_does_not_go_on() {
    let hub = TestHub::start(&[]).await;
    sync(&hub, State::Paused).await;
    let mut tx = hub.cx.store.begin().await.unwrap();
    connections::needs_reauthorization(&mut tx, "con_left", 1, "withdrawn", hub.cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1").await;
    assert!(page.text().contains("Acme CRM (HubSpot) has to be connected again by a person"));
    let answer = browser.post("/portal/syncs/syn_1/resume", &[("csrf", &csrf(&page))]).await;
    assert_eq!(answer.header("location"), "/portal/syncs/syn_1?did=stuck");
    assert_eq!(state(&hub).await, Some(State::Paused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_asked_for_as_the_form_says() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/syncs/syn_1").await);
    let path = "/portal/syncs/syn_1/run";
    let paused = browser.post(path, &[("csrf", &token)]).await;
    assert_eq!(paused.header("location"), "/portal/syncs/syn_1?did=paused");
    for bad in [("towards", "up"), ("reading", "some")] {
        assert_eq!(browser.post(path, &[("csrf", &token), bad]).await.status, 400, "{bad:?}");
    }
    browser.post("/portal/syncs/syn_1/resume", &[("csrf", &token)]).await;
    let under_way = browser.post(path, &[("csrf", &token)]).await;
    assert_eq!(under_way.header("location"), "/portal/syncs/syn_1/runs/srn_2?did=under-way");
    ended(&hub, "srn_2", RunState::Succeeded, None).await;
    let wanted = [("csrf", token.as_str()), ("towards", "right"), ("dry", "yes"), ("reading", "none")];
    let answer = browser.post(path, &wanted).await;
    let location = answer.header("location").to_owned();
    let id = location.trim_start_matches("/portal/syncs/syn_1/runs/").trim_end_matches("?did=run");
    let run = runs::get(&hub.cx.store, &Scope::All, id).await.unwrap().expect("the run is there");
    assert_eq!((run.towards, run.dry_run, run.reading), (Some(Side::Right), true, syncs::Reading::None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_once() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/syncs/syn_1/runs/srn_2").await);
    let cancel = async |browser: &mut Browser, path: &str| {
        browser.post(path, &[("csrf", &token)]).await.header("location").to_owned()
    };
    let path = "/portal/syncs/syn_1/runs/srn_2/cancel";
    assert_eq!(cancel(&mut browser, path).await, "/portal/syncs/syn_1/runs/srn_2?did=cancel");
    assert!(runs::get(&hub.cx.store, &Scope::All, "srn_2").await.unwrap().unwrap().cancel_requested);
    let over = cancel(&mut browser, "/portal/syncs/syn_1/runs/srn_1/cancel").await;
    assert_eq!(over, "/portal/syncs/syn_1/runs/srn_1?did=over");
    let other = browser.post("/portal/syncs/syn_2/runs/srn_2/cancel", &[("csrf", &token)]).await;
    assert_eq!(other.status, 404, "another sync's run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_deleted_and_its_records_stay() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1").await;
    assert!(page.text().contains("The records stay as they are on both sides."), "said before it is done");
    let answer = browser.post("/portal/syncs/syn_1/delete", &[("csrf", &csrf(&page))]).await;
    assert_eq!(answer.header("location"), "/portal/syncs?did=delete");
    assert_eq!(state(&hub).await, None);
    assert!(browser.get("/portal/syncs?did=delete").await.text().contains("The sync is deleted."));
    assert_eq!(browser.get("/portal/records/con_right/customer/%2Fcustomer%2F1%2F").await.status, 200);
    assert_eq!(browser.get("/portal/conflicts").await.status, 200, "while the rest is being erased");
}

/// A hundred rules do not fit in a form: the settings beside them are changed all the same, and they stay.
#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_is_too_large_for_the_form_stays_as_it_is() {
    let hub = TestHub::start(&[]).await;
    let mut sync = sync(&hub, State::Paused).await;
    let like = sync.agreement.rules[0].clone();
    let more = (0..100).map(|n| Rule { name: format!("rule {n}"), ..like.clone() });
    sync.agreement.rules.extend(more);
    let mut tx = hub.cx.store.begin().await.unwrap();
    assert!(syncs::update(&mut tx, &sync).await.unwrap());
    tx.commit().await.unwrap();
    let (percent, at_least) =
        (sync.agreement.guard.percent.to_string(), sync.agreement.guard.at_least.to_string());
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1/settings").await;
    let text = page.text();
    assert!(text.contains("too large for a form") && !text.contains("<textarea"), "{text}");
    let (token, version) = (csrf(&page), between(&text, "name=\"version\" value=\"", "\"").remove(0));
    let fields = [
        ("csrf", token.as_str()),
        ("version", &version),
        ("kept", "yes"),
        ("do", "save"),
        ("direction", "both"),
        ("policy", "ask"),
        ("deletions_left", "propagate"),
        ("deletions_right", "propagate"),
        ("status", "always"),
        ("guard_percent", &percent),
        ("guard_at_least", &at_least),
        ("name", "Another name"),
    ];
    let checked = browser.post("/portal/syncs/syn_1/settings", &[&fields[..3], &fields[4..]].concat()).await;
    assert!(checked.text().contains("name=\"kept\""), "{}", checked.text());
    let much = "x".repeat(40_000);
    let typed = [&fields[..2], &[("agreement", much.as_str())], &fields[3..]].concat();
    let refused = browser.post("/portal/syncs/syn_1/settings", &typed).await;
    assert!(refused.text().contains("more than the form takes") && refused.text().len() < 77_000);
    let unchanged = [&fields[..5], &[("policy", "newest")], &fields[6..]].concat();
    let saved = browser.post("/portal/syncs/syn_1/settings", &unchanged).await;
    assert_eq!(saved.header("location"), "/portal/syncs/syn_1?did=save", "{}", saved.text());
    let now = syncs::get(&hub.cx.store, &Scope::All, "syn_1").await.unwrap().unwrap();
    assert_eq!((now.agreement, now.version > sync.version), (sync.agreement, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_saved_unless_somebody_else_was_quicker() {
    let hub = TestHub::start(&[]).await;
    let sync = sync(&hub, State::Paused).await;
    connect(&hub, "con_other", "org_other", "hubspot", "Other").await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1/settings").await;
    let token = csrf(&page);
    assert!(page.text().contains("name=\"version\" value=\"1\""));
    let agreement = serde_json::to_string(&serde_json::json!({
        "sides": sync.agreement.sides, "rules": sync.agreement.rules, "matching": sync.agreement.matching,
    }))
    .unwrap();
    let fields = |version: &'static str, name: &'static str, every: &'static str| {
        [
            ("csrf", token.clone()),
            ("version", version.to_owned()),
            ("do", "save".to_owned()),
            ("name", name.to_owned()),
            ("direction", "both".to_owned()),
            ("policy", "newest".to_owned()),
            ("deletions_left", "propagate".to_owned()),
            ("deletions_right", "propagate".to_owned()),
            ("status", "always".to_owned()),
            ("guard_percent", "10".to_owned()),
            ("guard_at_least", "20".to_owned()),
            ("every", every.to_owned()),
            ("agreement", agreement.clone()),
        ]
    };
    let mut send = async |fields: [(&'static str, String); 13]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/portal/syncs/syn_1/settings", &fields).await
    };
    assert_eq!(send(fields("1", "People", "3600")).await.header("location"), "/portal/syncs/syn_1?did=save");
    let late = send(fields("1", "Too late", "0")).await;
    assert!(late.status == 200 && late.text().contains("Somebody else changed the sync meanwhile"));
    assert!(late.text().contains("value=\"Too late\""), "what was typed is still there");
    let bad = send(fields("2", "Bad", "7")).await;
    assert!(bad.text().contains("Choose how often") && bad.text().contains("aria-invalid=\"true\""));
    let now = syncs::get(&hub.cx.store, &Scope::All, "syn_1").await.unwrap().unwrap();
    assert_eq!((now.name.as_str(), now.every.map(|every| every.as_secs())), ("People", Some(3_600)));
    assert_eq!(now.agreement.policy, Policy::Newest);
}
