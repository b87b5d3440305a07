//! Conflicts in the portal: shown with both values, and decided.

use super::rows::{another, dispute, everything, names_differ};
use crate::support::TestHub;
use crate::support::browser::{Browser, csrf};
use serde_json::json;
use syncline_core::sync::Side;
use syncline_store::Scope;
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::{ConflictState, State, links, marks};

async fn conflict(hub: &TestHub, id: &str) -> ConflictRow {
    conflicts::get(&hub.cx.store, &Scope::All, id).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn open_conflicts_are_listed_with_what_can_be_chosen() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/conflicts").await.text();
    assert_eq!(page.matches("<article class=\"conflict\"").count(), 5);
    for shown in [
        "Lovelace-King",
        "Augusta Ada King",
        "Use HubSpot",
        "Use 10to8",
        "It was deleted at HubSpot. 10to8 objects: the customer has 2 future bookings.",
        "Delete it by force",
        "value=\"is:/customer/4/\"",
        "M. Jackson",
        "Merge the two at 10to8",
        "Keep 1,250 at HubSpot",
        "Delete 1,250 at HubSpot",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_narrowed_to_a_sync_a_kind_and_a_state() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let two = another(&hub, "syn_2", "Another sync", State::Paused).await;
    for n in 0..20 {
        let differ = names_differ(&hub, ["A", "B"], "C", "D");
        let (id, link) = (format!("cnf_2{n:02}"), format!("lnk_2{n:02}"));
        dispute(&hub, &two, &id, Some(&link), (None, None), differ).await;
    }
    let mut browser = Browser::signed_in(&hub).await;
    for (query, count) in [
        ("", 12),
        ("sync=syn_1", 5),
        ("sync=syn_1&kind=match", 1),
        ("sync=syn_1&kind=odd", 0),
        ("kind=guard&state=any", 1),
        ("search=lovelace-K", 1),
        ("search=augusta", 1),
        ("search=180584432889", 1),
        ("search=nobody", 0),
        ("organization=org_other", 0),
        ("sync=syn_none", 0),
        ("state=resolved", 0),
        ("state=odd", 0),
    ] {
        let page = browser.get(&format!("/portal/conflicts?{query}")).await.text();
        assert_eq!(page.matches("<article class=\"conflict\"").count(), count, "{query}");
    }
    let page = browser.get("/portal/conflicts?sync=syn_1").await.text();
    assert!(page.contains("5 open") && page.contains("Contacts and customers"));
    assert!(
        browser
            .get("/portal/conflicts?sync=syn_1&state=resolved")
            .await
            .text()
            .contains("No conflict matches")
    );
    assert!(browser.get("/portal/conflicts?sync=syn_none").await.text().contains("There is no such sync."));
    let page = browser.get("/portal/conflicts?sync=syn_2&search=nobody").await.text();
    assert!(page.contains("No conflict matches") && page.contains("20 open"), "others are open");
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_a_side_is_written_down_for_the_link_and_said() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/conflicts").await);
    let fields = [("csrf", token.as_str()), ("choice", "right"), ("back", "/portal/syncs/syn_1/links/lnk_1")];
    let answer = browser.post("/portal/conflicts/cnf_1", &fields).await;
    assert_eq!(answer.header("location"), "/portal/syncs/syn_1/links/lnk_1?did=decided");
    let page = browser.get("/portal/syncs/syn_1/links/lnk_1?did=decided").await.text();
    assert!(page.contains("Decided. It is carried out at once") && page.contains("as 10to8 has it"));
    let row = conflict(&hub, "cnf_1").await;
    assert_eq!(
        (row.state, row.choice),
        (ConflictState::Resolved, Some(json!({ "choice": "side", "side": "right", "force": false })))
    );
    let link = links::get(&hub.cx.store, &Scope::All, "lnk_1").await.unwrap().unwrap();
    assert_eq!(link.link.decisions["name"].winner, Side::Right);
    assert_eq!(marks::count(&hub.cx.store, "syn_1").await.unwrap(), 2, "both records are looked at");
    let again = browser.post("/portal/conflicts/cnf_1", &fields).await;
    assert_eq!(again.header("location"), "/portal/syncs/syn_1/links/lnk_1?did=settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_decided_in_its_own_way_and_in_no_other() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/conflicts").await);
    let mut send = async |id: &str, choice: &str| {
        let fields = [("csrf", token.as_str()), ("choice", choice)];
        browser.post(&format!("/portal/conflicts/{id}"), &fields).await
    };
    for (id, choice) in [
        ("cnf_1", "leave"),
        ("cnf_1", "force"),
        ("cnf_1", ""),
        ("cnf_2", "leave"),
        ("cnf_3", "left"),
        ("cnf_3", "is:/customer/9/"),
        ("cnf_4", "is:/customer/3/"),
        ("cnf_5", "left"),
    ] {
        assert_eq!(send(id, choice).await.status, 400, "{id} {choice}");
        assert_eq!(conflict(&hub, id).await.state, ConflictState::Open, "{id} {choice}");
    }
    assert_eq!(send("cnf_none", "left").await.status, 404);
    for (id, choice, did) in [
        ("cnf_2", "force", "decided"),
        ("cnf_3", "is:/customer/4/", "decided"),
        ("cnf_4", "leave", "left"),
        ("cnf_5", "keep", "decided"),
    ] {
        let answer = send(id, choice).await;
        assert_eq!(answer.header("location"), format!("/portal/conflicts/{id}?did={did}"));
        assert_eq!(conflict(&hub, id).await.resolved_by.as_deref(), Some("an operator"));
    }
    let ids = ["/customer/4/".to_owned()];
    let link = links::by_records(&hub.cx.store, "syn_1", Side::Right, &ids).await.unwrap().remove(0).link;
    assert_eq!(link.ids.left.as_deref(), Some("180584432889"), "who is the same is linked");
    let page = browser.get("/portal/conflicts/cnf_5").await.text();
    assert!(page.contains("the other side’s records stay") && page.contains("an operator"));
    assert!(!page.contains("name=\"choice\""), "there is nothing to choose any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_is_open_the_list_says_so() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/conflicts").await.text();
    assert!(page.contains("Nothing needs you") && page.contains("/portal/conflicts?state=any"));
    assert_eq!(browser.get("/portal/conflicts/cnf_none").await.status, 404);
}
