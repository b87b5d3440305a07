//! Connections and runs over the API, connected through the whole of OAuth.

use crate::support::TestHub;
use crate::support::browser::Browser;
use crate::support::rows::connection_through;
use crate::support::scene::{PAGE, Scene};
use crate::support::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_connected_through_the_whole_of_oauth_and_its_records_are_loaded() {
    let scene = Scene::start(&[]).await;
    for (provider, org) in [("hubspot", "acme"), ("notion", "zeta"), ("airtable", "mira")] {
        let page = scene.connect(org, "ada", provider).await;
        assert_eq!(page.status, 200, "{provider}: {}", page.text());
        assert!(page.text().contains("is connected"), "{}", page.text());
        let id = scene.connection_of(org).await;
        let run = scene.loaded(&id).await;
        assert_eq!(run["trigger"], "connect", "{run}");
        let shown = scene.hub.get(&format!("/v1/connections/{id}")).await.json();
        assert_eq!(
            (&shown["provider"], &shown["user_id"], &shown["status"], &shown["method"]),
            (&json!(provider), &json!("ada"), &json!("active"), &json!("oauth")),
        );
        assert_eq!(shown["last_run"]["id"], run["id"], "{shown}");
        assert!(shown["records"].as_array().unwrap().iter().any(|of| of["live"] != 0), "{shown}");
        let text = shown.to_string();
        assert!(!text.contains("credentials") && !text.contains("sealed"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_asked_for_watched_and_there_is_only_one_at_a_time() {
    let scene = Scene::start(&[("load.on_connect", "false")]).await;
    scene.connect("acme", "", "hubspot").await;
    let id = scene.connection_of("acme").await;
    let runs = format!("/v1/connections/{id}/runs");
    let asked = scene.call(Method::POST, &runs, &json!({"mode": "full", "types": ["contacts"]})).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let run = asked.json();
    assert_eq!(asked.header("location"), format!("/v1/runs/{}", run["id"].as_str().unwrap()));
    assert_eq!(
        (&run["trigger"], &run["mode"], &run["wanted"]["types"]),
        (&json!("api"), &json!("full"), &json!(["contacts"]))
    );
    let done = scene.loaded(&id).await;
    assert_eq!((&done["id"], &done["state"]), (&run["id"], &json!("succeeded")), "{done}");
    let shown = scene.hub.get(asked.header("location")).await.json();
    let lanes = shown["lanes"].as_array().unwrap();
    assert!(lanes.iter().any(|lane| lane["object_type"] == "contacts" && lane["created"] != 0), "{shown}");
    assert!(lanes.iter().all(|lane| lane.get("saved").is_none()), "{shown}");

    let over = scene
        .call(Method::POST, &format!("/v1/runs/{}/cancel", run["id"].as_str().unwrap()), &Value::Null)
        .await;
    assert_eq!((over.status, over.code().as_str()), (409, "run_over"));
    // Within one moment of the test's clock nothing tells which of two is the later one.
    scene.hub.clock.advance(Duration::from_secs(1));
    let again = scene.call(Method::POST, &runs, &Value::Null).await;
    assert_eq!((again.status, &again.json()["mode"]), (202, &json!("incremental")));
    let ended = async || scene.hub.get(again.header("location")).await.json()["finished_at"].is_string();
    until("the second run ends", async || ended().await.then_some(())).await;
    let listed = scene.hub.get("/v1/runs?state=succeeded&limit=1").await.json();
    let next = listed["next_cursor"].as_str().expect("there are two");
    let rest = scene.hub.get(&format!("/v1/runs?state=succeeded&limit=1&cursor={next}")).await.json();
    assert_eq!((&listed["data"][0]["id"], &rest["data"][0]["id"]), (&again.json()["id"], &run["id"]));
    let budgets = scene.hub.get("/v1/budgets").await.json();
    assert!(budgets["data"].is_array(), "{budgets}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_cannot_be_is_refused_before_anything_is_asked_of_the_provider() {
    let scene = Scene::start(&[("load.on_connect", "false")]).await;
    scene.connect("acme", "", "hubspot").await;
    let id = scene.connection_of("acme").await;
    let many: Vec<String> = (0..101).map(|number| format!("t{number}")).collect();
    for (body, code) in [
        (json!({"mode": "half"}), "bad_mode"),
        (json!({"types": [""]}), "bad_selection"),
        (json!({"types": ["con tacts"]}), "bad_selection"),
        (json!({"types": many}), "bad_selection"),
        (json!({"properties": {"contacts": ["x".repeat(256)]}}), "bad_selection"),
        (json!({"max_pages": -1}), "bad_body"),
        (json!({"maxPages": 1}), "bad_body"),
        (json!("full"), "bad_body"),
    ] {
        let answer = scene.call(Method::POST, &format!("/v1/connections/{id}/runs"), &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}");
    }
    assert_eq!(scene.hub.get("/v1/runs").await.json()["data"], json!([]));
    for (path, code) in [
        ("/v1/runs?state=done", "bad_state"),
        ("/v1/runs?limit=0", "bad_limit"),
        ("/v1/runs?cursor=x", "bad_cursor"),
    ] {
        let answer = scene.hub.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{path}");
    }
    let nobody = scene.call(Method::POST, "/v1/connections/con_x/runs", &Value::Null).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_see_each_other() {
    let scene = Scene::start(&[]).await;
    scene.connect("acme", "", "hubspot").await;
    let id = scene.connection_of("acme").await;
    let run = scene.loaded(&id).await["id"].as_str().unwrap().to_owned();
    let stranger = scene.key_of("zeta").await;
    for (method, path) in [
        (Method::GET, format!("/v1/connections/{id}")),
        (Method::DELETE, format!("/v1/connections/{id}?data=erase")),
        (Method::GET, format!("/v1/connections/{id}/runs")),
        (Method::POST, format!("/v1/connections/{id}/runs")),
        (Method::GET, format!("/v1/runs/{run}")),
        (Method::POST, format!("/v1/runs/{run}/cancel")),
    ] {
        let answer = scene.call_as(&stranger, method.clone(), &path, &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
    }
    for path in ["/v1/connections", "/v1/runs"] {
        let answer = scene.call_as(&stranger, Method::GET, path, &Value::Null).await;
        assert_eq!(answer.json()["data"], json!([]), "{path}");
    }
    let of_acme = json!({"provider": "hubspot", "org_id": "acme", "key": "pat-x"});
    for (path, body) in [
        ("/v1/connections", &of_acme),
        ("/v1/connections/authorize", &json!({"provider": "hubspot", "org_id": "acme"})),
        ("/v1/connect-tokens", &json!({"org_id": "acme"})),
    ] {
        let answer = scene.call_as(&stranger, Method::POST, path, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "key_of_one_organization"), "{path}");
    }
    let answer = scene.call_as(&stranger, Method::GET, "/v1/connections?org_id=acme", &Value::Null).await;
    assert_eq!(answer.status, 403);
    assert_eq!(scene.call_as(&stranger, Method::GET, "/v1/budgets", &Value::Null).await.status, 403);
    let own = scene.key_of("acme").await;
    assert_eq!(
        scene.call_as(&own, Method::GET, &format!("/v1/connections/{id}"), &Value::Null).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_connects_once_the_provider_takes_it_and_a_connection_ends_with_or_without_its_records() {
    let scene = Scene::start(&[]).await;
    let keys = &scene.sandbox.credentials()["tentoeight"]["organizations"][0];
    let body =
        |key: &Value| json!({"provider": "tentoeight", "org_id": "acme", "user_id": "ada", "key": key});
    let refused = scene.call(Method::POST, "/v1/connections", &body(&json!("wrong-key-0123456789"))).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "key_not_accepted"), "{refused:?}");
    let empty = scene.call(Method::POST, "/v1/connections", &body(&json!(""))).await;
    assert_eq!((empty.status, empty.code().as_str()), (400, "bad_key"), "{empty:?}");
    let made = scene.call(Method::POST, "/v1/connections", &body(&keys["api_key"])).await;
    assert_eq!((made.status, &made.json()["method"]), (201, &json!("key")), "{made:?}");
    let id = scene.connection_of("acme").await;
    scene.loaded(&id).await;
    let odd = scene.call(Method::DELETE, &format!("/v1/connections/{id}?data=some"), &Value::Null).await;
    assert_eq!(odd.code(), "bad_data");
    let ended = scene.call(Method::DELETE, &format!("/v1/connections/{id}"), &Value::Null).await;
    assert_eq!((ended.status, &ended.json()["status"]), (200, &json!("disconnected")));
    let kept = scene.hub.get(&format!("/v1/connections/{id}")).await.json();
    assert!(!kept["records"].as_array().unwrap().is_empty(), "{kept}");
    let run = scene.call(Method::POST, &format!("/v1/connections/{id}/runs"), &Value::Null).await;
    assert_eq!((run.status, run.code().as_str()), (409, "disconnected"));
    let listed = scene.hub.get("/v1/connections?status=disconnected&provider=tentoeight").await.json();
    assert_eq!(listed["data"][0]["id"], id.as_str());
    assert_eq!(scene.hub.get("/v1/connections?status=odd").await.code(), "bad_status");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_found_by_the_app_and_by_a_part_of_their_account() {
    let hub = TestHub::start(&[]).await;
    for (app, id, account) in [("main", "con_1", "4711"), ("second", "con_2", "815"), ("", "con_3", "4712")] {
        connection_through(&hub, app, id, "acme", account).await;
    }
    for (query, expected) in [
        ("app=main", &["con_1"][..]),
        ("app=Main", &[]),
        ("app=second&provider=hubspot", &["con_2"]),
        ("search=471", &["con_1", "con_3"]),
        ("search=ACCOUNT%20OF", &["con_1", "con_2", "con_3"]),
        ("search=471&app=second", &[]),
        ("app=&search=", &["con_1", "con_2", "con_3"]),
    ] {
        let found = hub.get(&format!("/v1/connections?{query}")).await.json();
        let rows = found["data"].as_array().unwrap().iter();
        let ids: BTreeSet<&str> = rows.map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected.iter().copied().collect(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_or_token_that_cannot_work_is_refused_when_it_is_asked_for() {
    let scene = Scene::start(&[("apps.second.provider", "hubspot")]).await;
    let body = |provider: &str| json!({"provider": provider, "org_id": "acme"});
    let with = |provider: &str, key: &str, value: &str| {
        let mut body = body(provider);
        body[key] = json!(value);
        body
    };
    for (body, status, code) in [
        (body("myspace"), 400, "unknown_provider"),
        (body("tentoeight"), 400, "keys_only"),
        (body("hubspot"), 400, "which_app"),
        (with("hubspot", "app", "third"), 400, "no_such_app"),
        (with("hubspot", "app", "second"), 409, "app_not_configured"),
        (with("notion", "origin", "https://evil.example.com"), 403, "origin_not_allowed"),
        (with("notion", "org_id", "a\nb"), 400, "bad_name"),
        (with("notion", "org_id", ""), 400, "bad_name"),
        (with("notion", "color", "red"), 400, "bad_body"),
    ] {
        let answer = scene.call(Method::POST, "/v1/connections/authorize", &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
    }
    for (body, code) in [
        (json!({"org_id": "acme", "ttl": 3601}), "bad_ttl"),
        (json!({"org_id": "acme", "ttl": 1}), "bad_ttl"),
        (json!({"org_id": "acme", "providers": ["myspace"]}), "unknown_provider"),
        (json!({}), "bad_name"),
    ] {
        let answer = scene.call(Method::POST, "/v1/connect-tokens", &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_expires_and_cannot_be_changed_or_taken_for_a_token() {
    let scene = Scene::start(&[]).await;
    let link = scene.link(&json!({"provider": "hubspot", "org_id": "acme"})).await;
    let token = scene.token(&json!({"org_id": "acme"})).await;
    let mut browser = Browser::new(&scene.hub);
    let (head, text) = link.split_at(link.find('=').unwrap() + 1);
    for wrong in ["", "x", &format!("B{}", &text[1..]), &text[..text.len() - 4], &token] {
        let page = browser.get(&format!("{head}{wrong}")).await;
        assert_eq!(page.status, 400, "{wrong}");
        assert!(page.text().contains("This link does not work"), "{}", page.text());
    }
    assert_eq!(browser.get(&format!("/connect?provider=hubspot&token={text}")).await.status, 400);
    assert_eq!(browser.get(&link).await.status, 302);
    scene.hub.clock.advance(Duration::from_secs(600));
    let page = browser.get(&link).await;
    assert_eq!(page.status, 410, "{}", page.text());
    assert_eq!(browser.get(&format!("/connect?provider=hubspot&token={token}")).await.status, 302);
    scene.hub.clock.advance(Duration::from_secs(1_200));
    assert_eq!(browser.get(&format!("/connect?provider=hubspot&token={token}")).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_its_providers_and_for_pages_that_may() {
    let scene = Scene::start(&[]).await;
    let token = scene
        .token(&json!({"org_id": "acme", "user_id": "ada", "providers": ["notion", "tentoeight"]}))
        .await;
    let mut browser = Browser::new(&scene.hub);
    let choice = browser.get(&format!("/connect?token={token}&origin={PAGE}")).await.text();
    assert!(choice.contains("Notion") && choice.contains("10to8") && !choice.contains("HubSpot"), "{choice}");
    let open = async |browser: &mut Browser, rest: &str| {
        browser.get(&format!("/connect?token={token}&{rest}")).await
    };
    assert_eq!(open(&mut browser, "provider=hubspot").await.status, 403);
    assert_eq!(open(&mut browser, "provider=myspace").await.status, 404);
    assert_eq!(open(&mut browser, "provider=notion&origin=https://evil.example.com").await.status, 403);
    let away = open(&mut browser, &format!("provider=notion&origin={PAGE}")).await;
    assert_eq!(away.status, 302, "{}", away.text());
    let cookie = away.header("set-cookie");
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    assert_eq!(open(&mut browser, "provider=notion").await.header("set-cookie"), "", "it has one");
    let form = open(&mut browser, "provider=tentoeight").await;
    assert!(form.status == 200 && form.text().contains("action=\"/connect/key\""), "{form:?}");
    let key =
        scene.sandbox.credentials()["tentoeight"]["organizations"][0]["api_key"].as_str().unwrap().to_owned();
    let fields = [
        ("token", token.as_str()),
        ("provider", "tentoeight"),
        ("origin", PAGE),
        ("key", "wrong-0123456789"),
    ];
    let again = browser.post("/connect/key", &fields).await;
    assert!(again.status == 422 && again.text().contains("does not accept this key"), "{}", again.text());
    assert!(!again.text().contains("wrong-0123456789"));
    let fields =
        [("token", token.as_str()), ("provider", "tentoeight"), ("origin", PAGE), ("key", key.as_str())];
    let done = browser.post("/connect/key", &fields).await;
    assert!(done.status == 200 && done.text().contains("10to8 is connected"), "{}", done.text());
    let fields = [("token", token.as_str()), ("provider", "hubspot"), ("key", key.as_str())];
    assert_eq!(browser.post("/connect/key", &fields).await.status, 403);
    assert_eq!(browser.post("/connect/key", &[("token", token.as_str())]).await.status, 400);
}
