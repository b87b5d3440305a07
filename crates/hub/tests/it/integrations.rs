//! The exercise's routes, as its front end calls them.

use crate::support::browser::Browser;
use crate::support::scene::{PAGE, Scene};
use crate::support::{Answer, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// How a browser encodes a form.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Multipart,
    Urlencoded,
}

fn form(
    request: reqwest::RequestBuilder,
    encoding: Encoding,
    fields: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    match encoding {
        Encoding::Multipart => {
            let part = |(name, value): &(&str, &str)| {
                format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let body = fields.iter().map(part).collect::<String>() + "--XX--\r\n";
            request.header("content-type", "multipart/form-data; boundary=XX").body(body)
        }
        Encoding::Urlencoded => {
            let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            let pair = |(name, value): &(&str, &str)| format!("{}={}", escaped(name), escaped(value));
            let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
            request.header("content-type", "application/x-www-form-urlencoded").body(body)
        }
    }
}

async fn post(scene: &Scene, path: &str, encoding: Encoding, fields: &[(&str, &str)]) -> Answer {
    let request = scene.hub.request(Method::POST, path).header("origin", PAGE);
    Answer::of(form(request, encoding, fields)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_front_end_connects_and_loads_with_either_encoding() {
    let scene = Scene::start(&[]).await;
    for (provider, encoding, org) in [
        ("hubspot", Encoding::Multipart, "TestOrg"),
        ("notion", Encoding::Urlencoded, "OtherOrg"),
        ("airtable", Encoding::Multipart, "ThirdOrg"),
    ] {
        let who = [("user_id", "TestUser"), ("org_id", org)];
        let path = |what: &str| format!("/integrations/{provider}/{what}");
        let none = post(&scene, &path("credentials"), encoding, &who).await;
        assert_eq!((none.status, none.json()), (400, json!({"detail": "No credentials found."})));
        let url = post(&scene, &path("authorize"), encoding, &who).await;
        assert_eq!(url.status, 200, "{url:?}");
        assert_eq!(url.header("access-control-allow-origin"), PAGE);
        let mut browser = Browser::new(&scene.hub);
        let back = scene.consent(&mut browser, &scene.path(url.json().as_str().unwrap())).await;
        assert!(back.starts_with(&path("oauth2callback")), "{back}");
        assert_eq!(browser.get(&back).await.status, 200);
        let credentials = post(&scene, &path("credentials"), encoding, &who).await;
        assert_eq!((credentials.status, &credentials.json()["status"]), (200, &json!("active")));
        let fields: Vec<String> = credentials.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["account_name", "connection_id", "expires_at", "handle", "provider", "status"]);
        let list = post(&scene, &path("load"), encoding, &[("credentials", &credentials.text())]).await;
        assert_eq!(list.status, 200, "{provider}: {}", list.text());
        let items = list.json();
        let items = items.as_array().unwrap();
        assert!(!items.is_empty() && list.header("syncline-partial").is_empty(), "{list:?}");
        for item in items {
            let keys: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
            for key in [
                "id",
                "type",
                "directory",
                "parent_path_or_name",
                "parent_id",
                "name",
                "creation_time",
                "last_modified_time",
                "url",
                "children",
                "mime_type",
                "delta",
                "drive_id",
                "visibility",
            ] {
                assert!(keys.contains(&key), "{key} in {item}");
            }
            assert_eq!(keys.len(), 14, "{item}");
        }
        let names: Vec<&Value> = items.iter().map(|item| &item["name"]).collect();
        assert!(names.iter().any(|name| name.as_str().is_some_and(|name| !name.is_empty())), "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_organization_or_provider_gets_nothing() {
    let scene = Scene::start(&[]).await;
    scene.connect("acme", "ada", "hubspot").await;
    for (provider, user, org) in
        [("hubspot", "bob", "acme"), ("hubspot", "ada", "zeta"), ("notion", "ada", "acme")]
    {
        let who = [("user_id", user), ("org_id", org)];
        let none =
            post(&scene, &format!("/integrations/{provider}/credentials"), Encoding::Multipart, &who).await;
        assert_eq!(none.json()["detail"], "No credentials found.", "{provider} {user} {org}");
    }
    let who = [("user_id", "ada"), ("org_id", "acme")];
    let mine = post(&scene, "/integrations/hubspot/credentials", Encoding::Multipart, &who).await.text();
    let elsewhere =
        post(&scene, "/integrations/notion/load", Encoding::Multipart, &[("credentials", &mine)]).await;
    assert_eq!(
        (elsewhere.status, &elsewhere.json()["detail"]),
        (400, &json!("These credentials are for hubspot, not for notion."))
    );
    let stranger = scene.key_of("zeta").await;
    let with_key = |path: &str, fields: &[(&str, &str)]| {
        form(scene.hub.request(Method::POST, path).bearer_auth(&stranger), Encoding::Urlencoded, fields)
    };
    let asked = Answer::of(with_key("/integrations/hubspot/credentials", &who)).await;
    assert_eq!(asked.status, 403);
    let asked = Answer::of(with_key("/integrations/hubspot/load", &[("credentials", &mine)])).await;
    assert_eq!(asked.status, 401, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_configured_origins_and_keys_are_answered() {
    let scene = Scene::start(&[]).await;
    let path = "/integrations/hubspot/authorize";
    let who = [("user_id", "ada"), ("org_id", "acme")];
    let from = |origin: Option<&str>, key: Option<&str>| {
        let mut request = scene.hub.request(Method::POST, path);
        request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        request = key.into_iter().fold(request, |request, key| request.bearer_auth(key));
        form(request, Encoding::Multipart, &who)
    };
    let key = Some(scene.hub.key.as_str());
    for (origin, key, status, allowed) in [
        (Some(PAGE), None, 200, PAGE),
        (Some("https://evil.example.com"), None, 403, ""),
        (Some("null"), None, 403, ""),
        (Some("https://app.example.com.evil.example"), None, 403, ""),
        (None, None, 401, ""),
        (None, key, 200, ""),
        (None, Some("syn_wrong"), 401, ""),
        (Some(PAGE), Some("syn_wrong"), 401, PAGE),
        (Some("https://evil.example.com"), key, 200, ""),
    ] {
        let answer = Answer::of(from(origin, key)).await;
        assert_eq!(answer.status, status, "{origin:?} {key:?}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin:?} {key:?}");
        assert_eq!(answer.header("vary"), "Origin");
        assert!(status == 200 || answer.json()["detail"].is_string(), "{answer:?}");
    }
    let preflight = |origin: &str| {
        let request = scene.hub.request(Method::OPTIONS, path).header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
    };
    let yes = Answer::of(preflight(PAGE)).await;
    assert_eq!((yes.status, yes.header("access-control-allow-origin")), (204, PAGE));
    assert_eq!(yes.header("access-control-allow-methods"), "POST");
    let no = Answer::of(preflight("https://evil.example.com")).await;
    assert_eq!((no.status, no.header("access-control-allow-origin"), no.header("vary")), (403, "", "Origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_with_a_detail() {
    let scene = Scene::start(&[]).await;
    let who = [("user_id", "ada"), ("org_id", "acme")];
    let twice = [("user_id", "ada"), ("org_id", "acme"), ("org_id", "zeta")];
    let long = "x".repeat(70_000);
    let junk = [("credentials", "{\"handle\":\"AAAA\"}")];
    for (path, fields, status) in [
        ("/integrations/myspace/authorize", &who[..], 404),
        ("/integrations/tentoeight/authorize", &who, 400),
        ("/integrations/hubspot/authorize", &who[..1], 422),
        ("/integrations/hubspot/authorize", &[("user_id", ""), ("org_id", "acme")], 422),
        ("/integrations/hubspot/authorize", &[("user_id", "a\nb"), ("org_id", "acme")], 400),
        ("/integrations/hubspot/authorize", &twice, 400),
        ("/integrations/hubspot/authorize", &[("user_id", long.as_str()), ("org_id", "acme")], 413),
        ("/integrations/hubspot/credentials", &[], 422),
        ("/integrations/hubspot/load", &[("credentials", "not json")], 400),
        ("/integrations/hubspot/load", &[("credentials", "{}")], 400),
        ("/integrations/hubspot/load", &junk, 401),
    ] {
        for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
            let answer = post(&scene, path, encoding, fields).await;
            assert_eq!(answer.status, status, "{path} {encoding:?} {:?}", answer.text());
            assert!(!answer.json()["detail"].as_str().unwrap().is_empty(), "{answer:?}");
        }
    }
    let request = scene.hub.request(Method::POST, "/integrations/hubspot/authorize").header("origin", PAGE);
    for (kind, body, status) in [
        ("application/json", "{}", 415),
        ("text/plain", "x", 415),
        ("multipart/form-data", "x", 400),
        ("multipart/form-data; boundary=XX", "--XX\r\nbroken", 400),
    ] {
        let answer = Answer::of(request.try_clone().unwrap().header("content-type", kind).body(body)).await;
        assert_eq!(answer.status, status, "{kind}: {answer:?}");
        assert!(answer.json()["detail"].is_string(), "{answer:?}");
    }
    let get = scene.hub.request(Method::GET, "/integrations/hubspot/load").header("origin", PAGE);
    assert_eq!(Answer::of(get).await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_end_with_their_connection_and_after_a_month() {
    let scene = Scene::start(&[]).await;
    scene.connect("acme", "ada", "hubspot").await;
    let who = [("user_id", "ada"), ("org_id", "acme")];
    let mine = post(&scene, "/integrations/hubspot/credentials", Encoding::Multipart, &who).await.text();
    let load = async || {
        post(&scene, "/integrations/hubspot/load", Encoding::Multipart, &[("credentials", &mine)]).await
    };
    assert_eq!(load().await.status, 200);
    let id = scene.connection_of("acme").await;
    scene.call(Method::DELETE, &format!("/v1/connections/{id}"), &Value::Null).await;
    assert_eq!(
        (load().await.status, load().await.json()),
        (401, json!({"detail": "The account is not connected any more."}))
    );
    scene.hub.clock.advance(Duration::from_secs(30 * 24 * 3_600));
    let late = load().await;
    assert!(late.status == 401 && late.text().contains("expired"), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_takes_longer_than_an_answer_is_answered_with_what_there_is_and_says_so() {
    let scene = Scene::start(&[("load.on_connect", "false"), ("server.request_timeout", "1s")]).await;
    scene.connect("acme", "ada", "hubspot").await;
    let slow = json!({"provider": "hubspot", "path": "/crm/*", "effect": {"kind": "latency", "ms": 5_000}});
    scene.control(Method::POST, "/_sandbox/faults", &slow).await;
    let who = [("user_id", "ada"), ("org_id", "acme")];
    let mine = post(&scene, "/integrations/hubspot/credentials", Encoding::Multipart, &who).await.text();
    let list =
        post(&scene, "/integrations/hubspot/load", Encoding::Multipart, &[("credentials", &mine)]).await;
    assert_eq!((list.status, list.header("syncline-partial")), (200, "true"), "{list:?}");
    let run = scene.hub.get(&format!("/v1/runs/{}", list.header("syncline-run"))).await.json();
    assert!(["waiting", "running"].contains(&run["state"].as_str().unwrap()), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_without_a_key_are_only_answered_where_the_operator_opened_the_routes() {
    let hub = TestHub::start(&[("connect.allowed_origins", PAGE)]).await;
    for what in ["authorize", "credentials", "load"] {
        let path = format!("/integrations/hubspot/{what}");
        let request = hub.request(Method::POST, &path).header("origin", PAGE);
        let who = [("user_id", "TestUser"), ("org_id", "TestOrg"), ("credentials", "{}")];
        let closed = Answer::of(form(request, Encoding::Urlencoded, &who)).await;
        assert_eq!(closed.status, 401, "{what}: {closed:?}");
        assert!(closed.json()["detail"].as_str().unwrap().contains("connect.open_routes"), "{closed:?}");
        assert_eq!(closed.header("access-control-allow-origin"), PAGE, "the page may read why");
    }
}
