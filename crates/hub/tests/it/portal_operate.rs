//! What an operator looks after: the overview, provider apps, sealing keys.

use crate::support::browser::{Browser, between, csrf};
use crate::support::rows::{connection, connection_through, running};
use crate::support::wait::until;
use crate::support::{START, TestHub, change};
use crate::syncs_api_scene::call_as;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_hub::dice::Dice;
use syncline_hub::keys::sealing::SETTLES;
use syncline_store::connections;
use syncline_store::runs::{self, State};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_hub_says_what_to_do_first_and_what_of_it_is_done() {
    let hub = TestHub::start(&[("apps.main.client_id", "an-id")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let root = browser.get("/").await;
    assert_eq!((root.status, root.header("location")), (303, "/portal"));
    let page = browser.get("/portal").await.text();
    for part in [
        "what to do first",
        "/portal/connections/new",
        "webhook send",
        "What needs you",
        "Nothing. What somebody has to decide",
        "<h1>Overview</h1>",
        "href=\"/portal\" aria-current=\"page\"",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    // The app `main` is configured and there is a key; the rest is not done.
    assert_eq!(page.matches("<li class=\"done\"").count(), 2, "{page}");
    connection(&hub, "con_1", "acme", "62515").await;
    let page = browser.get("/portal").await.text();
    assert!(!page.contains("what to do first") && page.contains("/portal/connections/con_1"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_person_is_listed_with_a_link_that_leads_there() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for n in 1..=3 {
        connection(&hub, &format!("con_{n}"), "acme", &n.to_string()).await;
    }
    let need = async |id: &str| {
        let mut tx = hub.cx.store.begin().await.unwrap();
        connections::needs_reauthorization(&mut tx, id, 1, "withdrawn", hub.cx.now()).await.unwrap();
        tx.commit().await.unwrap();
    };
    need("con_1").await;
    let page = browser.get("/portal").await.text();
    assert!(page.contains("<li><a href=\"/portal/connections/con_1\">"), "{page}");
    assert!(page.contains("1 account has to be connected again"), "{page}");
    need("con_2").await;
    let page = browser.get("/portal").await.text();
    assert!(page.contains("2 accounts have to be connected again"), "{page}");
    let list = browser.get("/portal/connections?status=needs_reauthorization").await.text();
    assert!(page.contains("/portal/connections?status=needs_reauthorization"), "{page}");
    assert_eq!(list.matches("class=\"c-account\"><a").count(), 2, "the link leads to those");
    assert!(page.contains("1 active, 2 to be connected again"), "{page}");

    let body = json!({ "url": "https://93.184.216.34/hook" });
    let made = call_as(&hub, &hub.key, Method::POST, "/v1/endpoints", &body).await.json();
    let id = made["id"].as_str().unwrap();
    let off = format!("/v1/endpoints/{id}/disable");
    call_as(&hub, &hub.key, Method::POST, &off, &Value::Null).await;
    assert!(!browser.get("/portal").await.text().contains("endpoint is disabled"), "a person wanted it so");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_through_is_counted_by_the_hour_it_was_stored_in() {
    let hub = TestHub::start(&[("portal.session", "7d")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let mut stored = 0;
    for (hours, count) in [(0_u64, 3_u32), (1, 5), (0, 0), (2, 7)] {
        hub.clock.advance(Duration::from_secs(hours * 3_600));
        let at = hub.cx.now();
        let events: Vec<Value> =
            (stored..stored + count).map(|n| change(n, at, n, "firstname", "Zoë")).collect();
        stored += count;
        if count > 0 {
            hub.deliver(&Value::from(events).to_string()).await;
        }
        hub.settled().await;
    }
    let page = until("every hour is counted", async || {
        let page = browser.get("/portal").await.text();
        (!page.contains("still being counted")).then_some(page)
    })
    .await;
    let rows: Vec<&str> = page.split("<tbody>").nth(1).unwrap().split("<tr>").skip(1).collect();
    let counts: Vec<String> = rows
        .iter()
        .map(|row| row.split("data-label=\"Events\">").nth(1).unwrap().split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(counts, ["7", "5", "3"], "the latest first, and no hour without any");
    assert!(
        page.contains("15 in 24 h") && page.contains("aria-label=\"15 events in the last 24 hours\""),
        "{page}"
    );
    assert!(rows[2].contains(&format!("datetime=\"{START}\"")), "{}", rows[2]);
    hub.clock.advance(Duration::from_secs(25 * 3_600));
    let later = until("the hours are others", async || {
        let page = browser.get("/portal").await.text();
        (!page.contains("still being counted")).then_some(page)
    })
    .await;
    assert!(later.contains("aria-label=\"0 events in the last 24 hours\""), "{later}");
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_say_what_to_copy_what_is_missing_and_who_uses_them() {
    let settings = [
        ("apps.notes.provider", "notion"),
        ("apps.notes.client_id", "an-id"),
        ("apps.tables.provider", "airtable"),
        ("apps.tables.client_id", "id"),
        ("apps.tables.client_secret", "s3cret-of-tables"),
    ];
    let hub = TestHub::start(&settings).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/apps").await.text();
    for part in [
        "https://hub.example.com/integrations/hubspot/oauth2callback",
        "https://hub.example.com/webhooks/hubspot/main",
        "https://hub.example.com/webhooks/notion/notes",
        "<code>apps.notes.client_secret</code> is not set: nobody can connect through it",
        "<code>apps.notes.webhook_secret</code> is not set: webhooks are refused",
        "data.records:read",
        "each connection has its own",
        "nobody has connected through it yet",
        "way=oauth%3Atables",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(!page.contains("s3cret-of-tables") && !page.contains("way=oauth%3Anotes"), "{page}");
    assert!(!page.contains("webhooks/airtable"), "that address would be refused");
    for (query, names) in [
        ("search=TAB", &["tables"][..]),
        ("search=an-id", &["notes"]),
        ("provider=hubspot", &["main"]),
        ("state=incomplete&search=s", &["notes"]),
        ("search=nothing", &[]),
    ] {
        let page = browser.get(&format!("/portal/apps?{query}")).await.text();
        let found: Vec<String> = between(&page, "<h2 id=\"app-", "</h2>");
        let found: Vec<&str> = found.iter().filter_map(|title| Some(title.split_once('>')?.1)).collect();
        assert_eq!(found, names, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_leads_to_its_own_connections_by_how_they_are() {
    let hub = TestHub::start(&[("apps.other.provider", "hubspot")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (n, app) in [(1, "main"), (2, "main"), (3, "other")] {
        connection_through(&hub, app, &format!("con_{n}"), "acme", &n.to_string()).await;
    }
    let mut tx = hub.cx.store.begin().await.unwrap();
    connections::needs_reauthorization(&mut tx, "con_1", 1, "withdrawn", hub.cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let page = browser.get("/portal/apps?search=main").await.text();
    for (status, id) in [("active", "con_2"), ("needs_reauthorization", "con_1")] {
        let link = format!("/portal/connections?provider=hubspot&app=main&status={status}");
        assert!(page.contains(&format!("href=\"{}\"", link.replace('&', "&#38;"))), "{page}");
        let list = browser.get(&link).await.text();
        assert_eq!(list.matches("class=\"c-account\"><a").count(), 1, "{list}");
        assert!(list.contains(&format!("href=\"/portal/connections/{id}\"")), "{list}");
        assert!(list.contains("<span>App</span> <bdi>main, HubSpot</bdi>"), "a word and no value: {list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_that_need_somebody_are_those_behind_the_overviews_link() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for (n, state) in [(1, State::Partial), (2, State::Failed), (3, State::Succeeded)] {
        let own = connection(&hub, &format!("con_{n}"), "acme", &n.to_string()).await;
        running(&hub, &own, &format!("run_{n}"), "Contacts").await;
        let mut tx = hub.cx.store.begin().await.unwrap();
        assert!(runs::finish(&mut tx, &format!("run_{n}"), state, Some("x"), hub.cx.now()).await.unwrap());
        tx.commit().await.unwrap();
    }
    let page = browser.get("/portal").await.text();
    assert!(page.contains("2 loads failed, wholly or in part"), "{page}");
    assert!(page.contains("href=\"/portal/runs?state=attention\""), "{page}");
    let list = browser.get("/portal/runs?state=attention").await.text();
    assert_eq!(list.matches("<td class=\"c-state\">").count(), 2, "{list}");
    assert!(list.contains("<span>State</span> <bdi>Needs attention</bdi>"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_keys_are_rotated_and_taken_out_and_that_is_logged() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let first = browser.get("/portal/sealing").await;
    assert!(
        first.text().contains("Seals now") && !first.text().contains("Take out old keys"),
        "{}",
        first.text()
    );
    for forged in ["/portal/sealing/rotate", "/portal/sealing/prune"] {
        assert_eq!(browser.post(forged, &[("csrf", "x")]).await.status, 403);
    }
    let token = csrf(&first);
    let rotated = browser.post("/portal/sealing/rotate", &[("csrf", &token)]).await;
    assert_eq!((rotated.status, rotated.header("location")), (303, "/portal/sealing?did=rotate"));
    let both = browser.get("/portal/sealing?did=rotate").await.text();
    assert!(both.contains("A new key seals from now on") && both.contains(">Not needed</span>"), "{both}");
    for (query, rows) in [("", 2), ("state=idle", 1), ("state=missing", 0), ("search=nothing", 0)] {
        let page = browser.get(&format!("/portal/sealing?{query}")).await.text();
        assert_eq!(page.matches("<td class=\"c-id").count(), rows, "{query}");
    }
    let early = browser.post("/portal/sealing/prune", &[("csrf", &token)]).await;
    assert_eq!(early.header("location"), "/portal/sealing?did=young");
    assert!(browser.get("/portal/sealing?did=young").await.text().contains("less than ten minutes ago"));
    hub.clock.advance(SETTLES);
    let pruned = browser.post("/portal/sealing/prune", &[("csrf", &token)]).await;
    assert_eq!(pruned.header("location"), "/portal/sealing?did=prune");
    assert!(!browser.get("/portal/sealing").await.text().contains(">Not needed</span>"));
    let log = hub.get("/v1/audit?action=sealing_key").await.json();
    let told: Vec<&str> =
        log["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["sealing_key.pruned", "sealing_key.pruned", "sealing_key.rotated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_a_setting_are_changed_there() {
    let key = Dice::seeded(3).with(|rng| syncline_core::seal::new_key(rng));
    let hub = TestHub::start(&[("sealing.keys", key.expose())]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/sealing").await;
    assert!(page.text().contains("<code>sealing.keys</code>"), "{}", page.text());
    let rotated = browser.post("/portal/sealing/rotate", &[("csrf", &csrf(&page))]).await;
    assert_eq!(rotated.header("location"), "/portal/sealing?did=configured");
    assert!(browser.get("/portal/sealing?did=configured").await.text().contains("put a new one in front"));
}
