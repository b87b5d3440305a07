//! Endpoints in the portal: made, watched, changed, ended; deliveries and sending again.

use crate::notify::receiver::{FINE, Receiver, Reply};
use crate::support::TestHub;
use crate::support::browser::{Browser, between, csrf};
use crate::support::wait::until;
use crate::syncs_api_scene::call_as;
use reqwest::Method;
use serde_json::{Value, json};
use syncline_store::Scope;
use syncline_store::notify::deliveries::{self, State};
use syncline_store::notify::endpoints::{self, Endpoint};

/// An endpoint may be on this machine.
pub const HERE: [(&str, &str); 2] = [("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true")];
const PATH: &str = "/portal/endpoints";
const DELIVERIES: &str = "/portal/deliveries";

async fn all(hub: &TestHub) -> Vec<Endpoint> {
    endpoints::list(&hub.cx.store, &Scope::All, &endpoints::Filter::default(), None, 99).await.unwrap()
}

/// Makes an endpoint over the API; its id.
pub async fn make(hub: &TestHub, body: Value) -> String {
    let made = call_as(hub, &hub.key, Method::POST, "/v1/endpoints", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

pub async fn publish(hub: &TestHub, payload: Value) -> String {
    let body = json!({ "org_id": "acme", "type": "invoice.paid", "payload": payload });
    let made = call_as(hub, &hub.key, Method::POST, "/v1/messages", &body).await;
    assert_eq!(made.status, 202, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

pub async fn becomes(hub: &TestHub, message: &str, endpoint: &str, state: State, tried: u32) {
    until("the delivery is so", async || {
        let found = deliveries::get(&hub.cx.store, &Scope::All, message, endpoint).await.unwrap()?;
        (found.state == state && found.tried >= tried && !found.under_way).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_the_page_says_what_they_are_for() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get(PATH).await.text();
    assert!(page.contains("Nobody is told anything yet") && page.contains("/portal/endpoints/new"), "{page}");
    assert!(browser.get(&format!("{PATH}?state=disabled")).await.text().contains("No endpoint matches"));
    assert!(browser.get(&format!("{PATH}?state=x")).await.text().contains("There is no such state"));
    assert_eq!(browser.get(&format!("{PATH}/ep_x")).await.status, 404);
    assert_eq!(browser.get("/portal/deliveries/msg_x/ep_x").await.status, 404);
    let page = browser.get(DELIVERIES).await.text();
    assert!(page.contains("Nothing was sent yet"), "{page}");
    assert!(
        page.contains("href=\"/portal/deliveries\" aria-current=\"page\""),
        "the navigation has it: {page}"
    );
}

/// Messages on a page of deliveries, in their order.
async fn listed(browser: &mut Browser, query: &str) -> Vec<String> {
    let page = browser.get(&format!("{DELIVERIES}?{query}")).await;
    assert_eq!(page.status, 200, "{query}");
    let links = between(&page.text(), "<td class=\"c-kind\"><a href=\"/portal/deliveries/", "\"");
    links.iter().map(|link| link.split('/').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_all_endpoints_are_found_by_whatever_is_known_of_them() {
    let hub = TestHub::start(&HERE).await;
    let up = Receiver::always(FINE).await;
    let down = Receiver::always(Reply::Status(500, "", "")).await;
    let never = json!({ "waits": [] });
    let good = make(&hub, json!({ "org_id": "acme", "url": up.url("/good") })).await;
    let bad = make(&hub, json!({ "url": down.url("/bad"), "schedule": never })).await;
    let first = publish(&hub, json!({})).await;
    hub.clock.advance(std::time::Duration::from_secs(3_600));
    let later = publish(&hub, json!({})).await;
    for message in [&first, &later] {
        becomes(&hub, message, &good, State::Delivered, 1).await;
        becomes(&hub, message, &bad, State::Failed, 1).await;
    }
    let mut browser = Browser::signed_in(&hub).await;
    let (old, new) = (first.as_str(), later.as_str());
    let moment = hub.cx.now().minus(std::time::Duration::from_secs(60));
    for (query, messages) in [
        (String::new(), vec![new, new, old, old]),
        ("state=failed".to_owned(), vec![new, old]),
        (format!("endpoint={good}"), vec![new, old]),
        (format!("endpoint={good}&state=failed"), vec![]),
        (format!("message={old}"), vec![old, old]),
        (format!("message={old}&state=delivered"), vec![old]),
        ("type=invoice.paid&organization=acme&state=delivered".to_owned(), vec![new, old]),
        ("type=invoice".to_owned(), vec![]),
        ("organization=globex".to_owned(), vec![]),
        (format!("from={moment}"), vec![new, new]),
        (format!("to={moment}&state=failed"), vec![old]),
        ("endpoint=a%00b".to_owned(), vec![]),
    ] {
        assert_eq!(listed(&mut browser, &query).await, messages, "{query}");
    }
    let page = browser.get(&format!("{DELIVERIES}?endpoint={bad}")).await.text();
    for part in
        [down.url("/bad").as_str(), &format!("href=\"{PATH}/{bad}\""), "data-label=\"Organization\"", "acme"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    for (query, says) in [
        ("state=odd", "There is no such state."),
        ("from=soon", "From: "),
        ("cursor=nonsense", "none of ours"),
    ] {
        let page = browser.get(&format!("{DELIVERIES}?{query}")).await;
        assert!(page.status == 200 && page.text().contains(says), "{query}: {}", page.text());
        assert!(page.text().contains("These filters cannot be used"), "{query}");
    }
    assert!(browser.get(&format!("{DELIVERIES}?type=none")).await.text().contains("No delivery matches"));
    let token = csrf(&browser.get(PATH).await);
    browser.post(&format!("{PATH}/{bad}/delete"), &[("csrf", &token)]).await;
    let page = browser.get(&format!("{DELIVERIES}?message={old}")).await.text();
    assert!(page.contains("<span class=\"none\">deleted</span>"), "{page}");
    assert_eq!(Browser::new(&hub).get(DELIVERIES).await.status, 303, "it wants a login");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_is_on_one_page_of_the_list() {
    let hub = TestHub::start(&HERE).await;
    let receiver = Receiver::always(FINE).await;
    for path in ["/a", "/b"] {
        make(&hub, json!({ "url": receiver.url(path) })).await;
    }
    let mut all = Vec::new();
    for number in 0..30 {
        all.push(publish(&hub, json!({ "n": number })).await);
    }
    receiver.receives(60).await;
    let mut browser = Browser::signed_in(&hub).await;
    for state in ["", "delivered"] {
        until("all of them are settled", async || {
            let query = format!("state={state}");
            (listed(&mut browser, &query).await.len() == 25).then_some(())
        })
        .await;
        let (mut seen, mut path) = (Vec::new(), format!("{DELIVERIES}?state={state}"));
        loop {
            let page = browser.get(&path).await.text();
            seen.extend(between(&page, "<td class=\"c-kind\"><a href=\"/portal/deliveries/", "\""));
            match between(&page, "rel=\"next\" href=\"", "\"").first() {
                Some(next) => path = next.replace("&#38;", "&"),
                None => break,
            }
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (60, 60), "{state}");
        assert!(all.iter().all(|message| seen.iter().any(|one| one.starts_with(message))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_made_with_its_secret_shown_once_and_changed() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let form = browser.get(&format!("{PATH}/new")).await;
    assert!(form.text().contains("record.created"), "the types there are");
    let token = csrf(&form);
    let typed = [
        ("csrf", token.as_str()),
        ("url", "https://hooks.example.com/a"),
        ("organization", "acme"),
        ("description", "Orders <b>"),
        ("types", "sync.*, invoice.paid"),
        ("headers", "X-Api-Key: s3cret"),
        ("calls", "10"),
        ("per", "1m"),
        ("ordered", "yes"),
        ("waits", "5s 1h"),
        ("scheme", "hmac"),
    ];
    let made = browser.post(&format!("{PATH}/new"), &typed).await;
    assert_eq!(made.status, 200);
    let secret = between(&made.text(), "<code>whsec_", "<").pop().expect("its secret");
    let [endpoint] = all(&hub).await.try_into().expect("one endpoint");
    assert_eq!(endpoint.filter.patterns(), ["sync.*", "invoice.paid"]);
    let path = format!("{PATH}/{}", endpoint.id);
    let page = browser.get(&path).await.text();
    for part in [
        "https://hooks.example.com/a",
        "Orders &#60;b&#62;",
        "x-api-key",
        "10 in 1m",
        "after 5s, 1h",
        "strict",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains(&secret) && !page.contains("s3cret"), "not a second time");

    let edit = browser.get(&format!("{path}/edit")).await;
    assert!(edit.text().contains("x-api-key") && !edit.text().contains("s3cret"));
    assert!(edit.text().contains("value=\"5s 1h\"") && edit.text().contains("value=\"sync.* invoice.paid\""));
    let typed = [("csrf", token.as_str()), ("url", "https://hooks.example.com/b"), ("types", "")];
    let saved = browser.post(&format!("{path}/edit"), &typed).await;
    assert_eq!((saved.status, saved.header("location")), (303, format!("{path}?did=save").as_str()));
    let [changed] = all(&hub).await.try_into().expect("one endpoint");
    assert_eq!(
        (changed.url.as_str(), changed.rate, changed.ordered),
        ("https://hooks.example.com/b", None, false)
    );
    assert!(changed.headers.is_some(), "headers that were not touched stay");
    let typed = [typed[0], typed[1], ("other_headers", "yes")];
    browser.post(&format!("{path}/edit"), &typed).await;
    assert!(all(&hub).await[0].headers.is_none());

    let rotated = browser
        .post(&format!("{path}/rotate"), &[("csrf", &token), ("scheme", "ed25519"), ("overlap", "1h")])
        .await;
    assert!(rotated.text().contains("<code>whpk_"), "{}", rotated.text());
    assert!(browser.get(&path).await.text().contains("used beside the new one until"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_beside_what_was_typed_and_nothing_is_kept() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get(&format!("{PATH}/new")).await);
    for (name, value, says) in [
        ("url", "http://10.0.0.1/", "endpoints are called over https"),
        ("url", "https://user:pw@hooks.example.com/", "user or password"),
        ("types", "sync.completed", "There is no event type `sync.completed`"),
        ("headers", "s3cret", "Line 1 of the headers"),
        ("headers", "Host: x", "Syncline itself"),
        ("calls", "many", "A rate is"),
        ("waits", "soon", "Retries are waits"),
        ("organization", "a\nb", "Organization"),
    ] {
        let mut typed = vec![("csrf", token.as_str()), ("description", "kept as typed"), (name, value)];
        if name != "url" {
            typed.push(("url", "https://hooks.example.com/"));
        }
        let page = browser.post(&format!("{PATH}/new"), &typed).await;
        let text = page.text().replace("&#39;", "'");
        assert!(page.status == 200 && text.contains(says), "{name} {value}: {text}");
        assert!(text.contains("kept as typed"), "{name}");
    }
    assert_eq!(all(&hub).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_shows_its_attempts_and_what_comes_next_and_is_sent_again() {
    let hub = TestHub::start(&HERE).await;
    let receiver = Receiver::always(Reply::Status(500, "x-trace: t1\r\n", "<b>down</b>")).await;
    let body = json!({ "org_id": "acme", "url": receiver.url("/hook"), "schedule": { "waits": [60] } });
    let endpoint = make(&hub, body).await;
    let message = publish(&hub, json!({ "name": "<i>Zoë</i>" })).await;
    becomes(&hub, &message, &endpoint, State::Waiting, 1).await;
    let mut browser = Browser::signed_in(&hub).await;
    let list = browser.get(PATH).await.text();
    assert!(list.contains("Failing") && list.contains(&receiver.url("/hook")), "{list}");
    for (state, there) in [("failing", true), ("enabled", true), ("disabled", false)] {
        let listed = browser.get(&format!("{PATH}?state={state}")).await.text();
        assert_eq!(listed.contains(&receiver.url("/hook")), there, "{state}");
    }
    let page = browser.get(&format!("{PATH}/{endpoint}")).await;
    let text = page.text();
    assert!(text.contains("The last 1 attempt failed") && text.contains("invoice.paid"), "{text}");
    assert!(
        text.contains("role=\"img\" aria-label=\"0 attempts delivered, 1 failed in the last 24h\""),
        "{text}"
    );
    assert!(!text.contains("style=\""), "the policy refuses inline styles");
    let path = format!("/portal/deliveries/{message}/{endpoint}");
    let shown = browser.get(&path).await.text();
    for part in ["Waiting", "The next attempt is due", "500", "x-trace", "&#60;b&#62;down", "Zoë"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("<i>") && !shown.contains("<b>down"), "{shown}");
    let token = csrf(&page);
    receiver.behave(|_, _| FINE);
    hub.clock.advance(std::time::Duration::from_secs(1));
    let again = browser.post(&format!("{path}/resend"), &[("csrf", &token)]).await;
    assert_eq!(again.header("location"), format!("{path}?did=resend"));
    becomes(&hub, &message, &endpoint, State::Delivered, 2).await;
    let shown = browser.get(&path).await.text();
    assert!(shown.contains("Delivered") && !shown.contains("next attempt is due"), "{shown}");
    for (state, there) in [("delivered", true), ("failed", false), ("waiting", false)] {
        // Addresses from before deliveries had a page of their own lead there.
        let old = browser.get(&format!("{PATH}/{endpoint}?state={state}")).await;
        assert_eq!(old.header("location"), format!("{DELIVERIES}?state={state}&endpoint={endpoint}"));
        let page = browser.get(old.header("location")).await.text();
        assert_eq!(page.contains(&format!("/portal/deliveries/{message}")), there, "{state}");
    }

    let tested =
        browser.post(&format!("{PATH}/{endpoint}/test"), &[("csrf", &token), ("type", "sync.paused")]).await;
    let to = tested.header("location").to_owned();
    assert!(to.starts_with("/portal/deliveries/msg_") && to.ends_with("?did=test"), "{to}");
    assert!(browser.get(&to).await.text().contains("sync.paused"));

    let gone = hub.request(Method::DELETE, &format!("/v1/endpoints/{endpoint}")).bearer_auth(&hub.key);
    assert_eq!(hub.send(gone).await.status, 204);
    let left = browser.get(&path).await;
    let text = left.text();
    assert!(
        left.status == 200 && text.contains("The endpoint was deleted") && text.contains("x-trace"),
        "{text}"
    );
    assert!(!text.contains("Send again"), "there is nobody to send it to");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_recovered_and_what_was_missed_replayed() {
    let hub = TestHub::start(&HERE).await;
    let receiver = Receiver::always(Reply::Status(500, "", "")).await;
    let never = json!({ "waits": [] });
    let endpoint = make(&hub, json!({ "url": receiver.url("/"), "schedule": never })).await;
    let message = publish(&hub, json!({})).await;
    becomes(&hub, &message, &endpoint, State::Failed, 1).await;
    receiver.behave(|_, _| FINE);
    let mut browser = Browser::signed_in(&hub).await;
    let path = format!("{PATH}/{endpoint}");
    let token = csrf(&browser.get(&path).await);
    let ask = async |browser: &mut Browser, what: &str, from: &str| {
        let fields = [("csrf", token.as_str()), ("from", from), ("delivered", "yes")];
        browser.post(&format!("{path}/{what}"), &fields).await
    };
    assert_eq!(ask(&mut browser, "recover", "soon").await.status, 400);
    assert_eq!(ask(&mut browser, "replay", "").await.status, 400);
    let done = ask(&mut browser, "recover", "2026-01-01").await;
    assert_eq!(done.header("location"), format!("{path}?did=recover"));
    becomes(&hub, &message, &endpoint, State::Delivered, 2).await;
    assert_eq!(
        ask(&mut browser, "recover", "2026-01-01").await.header("location"),
        format!("{path}?did=nothing")
    );
    assert_eq!(
        ask(&mut browser, "replay", "2026-01-01").await.header("location"),
        format!("{path}?did=replay")
    );
    receiver.receives(3).await;
    assert_eq!(
        browser.post(&format!("{path}/skip"), &[("csrf", &token)]).await.header("location"),
        format!("{path}?did=nothing")
    );
    let off = browser.post(&format!("{path}/disable"), &[("csrf", &token)]).await;
    assert_eq!(off.header("location"), format!("{path}?did=disable"));
    assert!(browser.get(&path).await.text().contains("Disabled: disabled by a person"));
    let refused = browser.post(&format!("{path}/test"), &[("csrf", &token), ("type", "sync.paused")]).await;
    assert_eq!(refused.header("location"), format!("{path}?did=disabled"));
    browser.post(&format!("{path}/enable"), &[("csrf", &token)]).await;
    let gone = browser.post(&format!("{path}/delete"), &[("csrf", &token)]).await;
    assert_eq!(gone.header("location"), "/portal/endpoints?did=delete");
    assert_eq!(all(&hub).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_wants_its_token_and_changes_nothing_without_it() {
    let hub = TestHub::start(&[]).await;
    let endpoint = make(&hub, json!({ "url": "https://hooks.example.com/" })).await;
    let mut browser = Browser::signed_in(&hub).await;
    let verbs = ["edit", "enable", "disable", "delete", "rotate", "test", "recover", "replay", "skip"];
    let mut paths: Vec<String> = verbs.iter().map(|verb| format!("{PATH}/{endpoint}/{verb}")).collect();
    paths.extend([format!("{PATH}/new"), format!("/portal/deliveries/msg_1/{endpoint}/resend")]);
    for path in paths {
        assert_eq!(browser.post(&path, &[("csrf", "wrong")]).await.status, 403, "{path}");
    }
    assert_eq!(all(&hub).await[0].version, 1);
    let mut stranger = Browser::new(&hub);
    for path in
        [PATH.to_owned(), format!("{PATH}/{endpoint}"), format!("/portal/deliveries/msg_1/{endpoint}")]
    {
        assert_eq!(stranger.get(&path).await.status, 303, "{path} wants a login");
    }
}
