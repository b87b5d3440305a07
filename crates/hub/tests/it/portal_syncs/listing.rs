//! Lists of syncs, links, runs, history and conflicts, and the pages they lead to.

use super::rows::{
    ago, another, connect, did, ended, everything, keep, linked, planned, planned_from, renamed, running,
    sync,
};
use crate::support::TestHub;
use crate::support::browser::{Browser, between};
use serde_json::json;
use syncline_core::event::{Event, EventId};
use syncline_core::sync::Side;
use syncline_store::events::{self, Arrival};
use syncline_store::runs::State as RunState;
use syncline_store::syncs::{Phase, State};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sync_the_list_says_what_to_do_first() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs").await.text();
    assert!(page.contains("Connect both of them first") && page.contains("/portal/connections/new"));
    connect(&hub, "con_1", "org_a", "hubspot", "One").await;
    connect(&hub, "con_2", "org_b", "tentoeight", "Two").await;
    assert!(browser.get("/portal/syncs").await.text().contains("Connect both of them first"), "two tenants");
    connect(&hub, "con_3", "org_a", "tentoeight", "Three").await;
    assert!(browser.get("/portal/syncs").await.text().contains("HubSpot and 10to8 have a mapping ready"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_both_accounts_and_what_needs_somebody() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs").await.text();
    for shown in [
        "Contacts and customers",
        "HubSpot",
        "Acme CRM",
        "10to8",
        "Acme Bookings",
        "Paused",
        "paused by a person",
        "<progress value=\"61240\" max=\"184000\"",
        "<a class=\"count warn\" href=\"/portal/conflicts?sync=syn_1\">5</a>",
        "data-label=\"Linked\"><a href=\"/portal/syncs/syn_1/links\">4</a>",
        "data-label=\"Held\"><a href=\"/portal/syncs/syn_1/links?trouble=held\">1</a>",
        "data-moves",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn syncs_are_narrowed_and_paged() {
    let hub = TestHub::start(&[]).await;
    sync(&hub, State::Active).await;
    for n in 2..=23 {
        another(&hub, &format!("syn_{n:02}"), &format!("Sync {n}"), State::Paused).await;
    }
    let mut browser = Browser::signed_in(&hub).await;
    for (query, count) in [
        ("", 20),
        ("state=active", 1),
        ("organization=org_other", 0),
        ("connection=con_right&state=paused", 20),
        ("connection=con_none", 0),
        ("state=odd", 0),
    ] {
        let page = browser.get(&format!("/portal/syncs?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-name\">").count(), count, "{query}");
    }
    let page = browser.get("/portal/syncs").await.text();
    let next = between(&page, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&");
    assert_eq!(browser.get(&next).await.text().matches("<td class=\"c-name\">").count(), 3);
    assert!(browser.get("/portal/syncs?state=odd").await.text().contains("There is no such state."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_shows_what_an_operator_asks_first() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Active).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1").await.text();
    for shown in [
        "First one, and the rest joined by a comma and a line break",
        "What is deleted at HubSpot: deleted at 10to8, too, unless it objects",
        "Open conflicts",
        "Latest history",
        "Ada King",
        "href=\"/portal/syncs/syn_1/links/lnk_1\"",
        "1,250 deletions wait",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert_eq!(browser.get("/portal/syncs/syn_none").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_found_by_name_by_id_and_by_what_is_wrong() {
    let hub = TestHub::start(&[]).await;
    let sync = everything(&hub, State::Paused).await;
    for n in 100..140 {
        let link = linked(&hub, &format!("2{n}"), &format!("/customer/{n}/"), "Somebody Else", "");
        keep(&hub, &sync, &format!("lnk_{n}"), "Somebody Else", link, false).await;
    }
    let mut browser = Browser::signed_in(&hub).await;
    for (query, count) in [
        ("", 40),
        ("search=lovelace", 1),
        ("search=ADA", 1),
        ("record=180584432882", 1),
        ("record=%2Fcustomer%2F2%2F", 1),
        ("record=18058", 0),
        ("trouble=held", 1),
        ("trouble=conflict", 2),
        ("state=ended", 1),
        ("state=creating", 1),
        ("state=odd", 0),
    ] {
        let page = browser.get(&format!("/portal/syncs/syn_1/links?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-name\">").count(), count, "{query}");
    }
    let page = browser.get("/portal/syncs/syn_1/links").await.text();
    let next = between(&page, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&");
    assert_eq!(browser.get(&next).await.text().matches("<td class=\"c-name\">").count(), 6);
}

/// A webhook event about a record, so many minutes ago.
async fn happened(
    hub: &TestHub,
    (provider, account): (&str, &str),
    about: (&str, &str),
    what: &str,
    minutes: u64,
) {
    let at = ago(hub, minutes);
    let kind = format!("{}.propertyChange", about.0);
    let arrival = Arrival {
        event: Event {
            id: EventId::of(at, &[provider.as_bytes(), what.as_bytes()]),
            account: account.to_owned(),
            object_type: about.0.to_owned(),
            object_id: about.1.to_owned(),
            kind,
            property: Some(what.to_owned()),
            raw: b"{}".to_vec().into(),
        },
        provider: provider.to_owned(),
        app: "main".to_owned(),
        received_at: at,
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    events::store(&mut tx, vec![arrival]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_and_its_link_show_what_syncs_did_and_the_webhook_events_of_both_sides() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let (left, right) = (("hubspot", "hubspot con_left"), ("tentoeight", "tentoeight con_right"));
    happened(&hub, left, ("contact", "180584432881"), "left_new", 1).await;
    happened(&hub, right, ("customer", "/customer/1/"), "right_mid", 2).await;
    happened(&hub, left, ("contact", "180584432881"), "left_old", 3).await;
    happened(&hub, right, ("customer", "/customer/2/"), "of_another", 1).await;
    let mut browser = Browser::signed_in(&hub).await;
    let events = |page: &str| -> Vec<String> {
        let cells = between(page, "<td class=\"c-side\" data-label=\"Side\"><bdi>", "</bdi>");
        let what = between(page, "<td class=\"c-change\"><bdi class=\"mono\">", "</bdi>");
        cells.iter().zip(what).map(|(side, what)| format!("{side}: {what}")).collect()
    };
    let record = browser.get("/portal/records/con_left/contacts/180584432881").await.text();
    assert_eq!(events(&record), ["this record: left_new", "10to8: right_mid", "this record: left_old"]);
    let partner = browser.get("/portal/records/con_right/customer/%2Fcustomer%2F1%2F").await.text();
    assert_eq!(events(&partner), ["HubSpot: left_new", "this record: right_mid", "HubSpot: left_old"]);
    let link = browser.get("/portal/syncs/syn_1/links/lnk_1").await.text();
    assert_eq!(events(&link), ["HubSpot: left_new", "10to8: right_mid", "HubSpot: left_old"]);

    let places = between(&record, "data-label=\"Where\"><bdi>", "</bdi>");
    assert_eq!(places, ["10to8", "this record", "10to8", "both"], "what the sync did, the latest first");
    for part in
        ["What syncs did", "href=\"/portal/syncs/syn_1/links/lnk_1\"", "Contacts and customers", "No answer"]
    {
        assert!(record.contains(part), "{part}");
    }
    let lone = browser.get("/portal/records/con_left/contacts/180584432889").await.text();
    assert!(!lone.contains("What syncs did") && lone.contains("No webhook about it has come in"), "{lone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_both_records_rule_by_rule_and_what_was_done() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1/links/lnk_1").await.text();
    for shown in [
        "href=\"/portal/records/con_left/contacts/180584432881\"",
        "href=\"/portal/records/con_right/customer/%2Fcustomer%2F1%2F\"",
        "href=\"https://app.hubspot.com/contacts/1/record/0-1/180584432881\"",
        "Lovelace-King",
        "Augusta Ada King",
        "Conflict",
        "No answer",
        "Linked",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let held = browser.get("/portal/syncs/syn_1/links/lnk_2").await.text();
    assert!(held.contains("HubSpot does not take <b>email</b>") && held.contains("Invalid email grace@navy"));
    let ended = browser.get("/portal/syncs/syn_1/links/lnk_6").await.text();
    assert!(ended.contains("somebody deleted the record at HubSpot, and the one at 10to8 followed"));
    let creating = browser.get("/portal/syncs/syn_1/links/lnk_5").await.text();
    assert!(creating.contains("Its record at 10to8 is being created") && creating.contains("not mirrored"));
    another(&hub, "syn_2", "Another", State::Paused).await;
    assert_eq!(browser.get("/portal/syncs/syn_2/links/lnk_1").await.status, 404, "another sync's link");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_says_what_it_is_synced_with() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/records/con_right/customer/%2Fcustomer%2F1%2F").await.text();
    assert!(page.contains("Synced with") && page.contains("/portal/syncs/syn_1/links/lnk_1"));
    assert!(page.contains("href=\"/portal/records/con_left/contacts/180584432881\""));
    let alone = browser.get("/portal/records/con_right/customer/%2Fcustomer%2F5%2F").await.text();
    assert!(!alone.contains("Synced with"));
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_narrowed_to_a_record_or_a_link_and_paged() {
    let hub = TestHub::start(&[]).await;
    let sync = everything(&hub, State::Paused).await;
    let renaming = renamed(&["A"], &["B", ""], "B");
    let many = vec![("lnk_3", Some(Side::Right), "updated", renaming); 30];
    did(&hub, &sync, ("180584432883", "/customer/3/"), &many).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (query, count) in [
        ("", 25),
        ("link=lnk_1", 4),
        ("record=180584432881", 4),
        ("record=180584432881&side=right", 0),
        ("record=%2Fcustomer%2F1%2F&side=right", 4),
        ("record=1&side=up", 0),
        ("what=unanswered", 1),
        ("what=odd", 0),
        ("search=grace%40NAVY", 1),
        ("search=180584432883&what=updated", 25),
        ("search=nobody", 0),
    ] {
        let page = browser.get(&format!("/portal/syncs/syn_1/history?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-state\">").count(), count, "{query}");
    }
    let page = browser.get("/portal/syncs/syn_1/history").await.text();
    let next = between(&page, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&");
    assert_eq!(browser.get(&next).await.text().matches("<td class=\"c-state\">").count(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_shows_its_phases_its_counts_and_that_it_moves() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/syn_1/runs/srn_2").await.text();
    for shown in [
        "data-moves",
        "aria-current=\"step\"",
        "Compare HubSpot",
        "<progress class=\"whole\" value=\"61240\" max=\"184000\"",
        "2,310",
        "2,725",
        "and 2 to match",
        "action=\"/portal/syncs/syn_1/runs/srn_2/cancel\"",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("The plan"), "only a dry run has a plan");
    ended(&hub, "srn_2", RunState::Failed, Some("HubSpot did not answer <b>")).await;
    let page = browser.get("/portal/syncs/syn_1/runs/srn_2").await.text();
    assert!(page.contains("HubSpot did not answer &#60;b&#62;") && !page.contains("data-moves"));
    assert_eq!(browser.get("/portal/syncs/syn_1/runs/srn_none").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_dry_run_is_narrowed_and_paged() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    let path = "/portal/syncs/syn_1/runs/srn_1";
    for (query, count) in [
        ("", 25),
        ("what=created", 24),
        ("to=left", 23),
        ("what=deleted&to=left", 0),
        ("search=lovelace&what=created", 24),
        ("search=%2Fcustomer%2F11%2F", 1),
        ("search=nobody", 0),
        ("what=odd", 0),
        ("cursor=49", 20),
    ] {
        let page = browser.get(&format!("{path}?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-state\">").count(), count, "{query}");
    }
    let (mut page, mut seen) = (browser.get(path).await.text(), 25);
    while let Some(next) = between(&page, "rel=\"next\" href=\"", "\"").first() {
        page = browser.get(&next.replace("&#38;", "&")).await.text();
        seen += page.matches("<td class=\"c-state\">").count();
    }
    assert_eq!(seen, 70, "each action once");
    assert!(page.contains("70 actions") && page.contains("3,947 more were counted and not kept"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_looks_through_a_long_plan_page_by_page() {
    let hub = TestHub::start(&[]).await;
    let sync = sync(&hub, State::Paused).await;
    running(&hub, &sync, "srn_9", true, Phase::Done, &json!({})).await;
    planned(&hub, "srn_9", 1_500).await;
    let mut browser = Browser::signed_in(&hub).await;
    let mut page = browser.get("/portal/syncs/syn_1/runs/srn_9?what=updated").await.text();
    let mut seen = page.matches("<td class=\"c-state\">").count();
    while let Some(next) = between(&page, "rel=\"next\" href=\"", "\"").first() {
        page = browser.get(&next.replace("&#38;", "&")).await.text();
        seen += page.matches("<td class=\"c-state\">").count();
    }
    assert_eq!(seen, 500);
    planned_from(&hub, "srn_9", 1_500, 6_000).await;
    let page = browser.get("/portal/syncs/syn_1/runs/srn_9?search=nobody").await.text();
    assert!(page.contains("Next looks further") && page.contains("rel=\"next\""));
    let next = between(&page, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&");
    let page = browser.get(&next).await.text();
    assert!(page.contains("Nothing in the plan fits") && !page.contains("rel=\"next\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_a_sync_are_narrowed() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (query, count) in [
        ("", 2),
        ("dry=yes", 1),
        ("dry=no", 1),
        ("state=succeeded", 1),
        ("state=odd", 0),
        ("search=SRN_1", 1),
        ("search=nothing", 0),
        ("trigger=odd", 0),
        ("trigger=webhook", 0),
    ] {
        let page = browser.get(&format!("/portal/syncs/syn_1/runs?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-state\">").count(), count, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_these_pages_without_signing_in() {
    let hub = TestHub::start(&[]).await;
    everything(&hub, State::Paused).await;
    let mut nobody = Browser::new(&hub);
    for path in [
        "/portal/syncs",
        "/portal/syncs/new",
        "/portal/syncs/syn_1",
        "/portal/syncs/syn_1/settings",
        "/portal/syncs/syn_1/runs",
        "/portal/syncs/syn_1/runs/srn_1",
        "/portal/syncs/syn_1/links",
        "/portal/syncs/syn_1/links/lnk_1",
        "/portal/syncs/syn_1/history",
        "/portal/conflicts",
        "/portal/conflicts/cnf_1",
    ] {
        let answer = nobody.get(path).await;
        assert!(answer.status == 303 && answer.header("location").starts_with("/portal/login"), "{path}");
    }
    for path in [
        "/portal/syncs/new",
        "/portal/syncs/syn_1/run",
        "/portal/syncs/syn_1/pause",
        "/portal/syncs/syn_1/resume",
        "/portal/syncs/syn_1/delete",
        "/portal/syncs/syn_1/settings",
        "/portal/syncs/syn_1/runs/srn_2/cancel",
        "/portal/conflicts/cnf_1",
    ] {
        let answer = nobody.post(path, &[("csrf", "x"), ("choice", "left")]).await;
        assert!(answer.status == 303 && answer.header("location").starts_with("/portal/login"), "{path}");
    }
}
